// SPDX-License-Identifier: MIT
//
// V lanes of V multipliers, the weights that they use and those of the next steps, and two banks of
// accumulators.  Weight-stationary: a step's weights are taken over from their slot with its first
// window; then a window a cycle passes.
//
//   window granted, two cycles of SRAM | window register | select, multiply | sum | accumulate
//
// The window register of CONV holds 4V bytes; slot t of a lane picks byte (4t + select) mod 4V.
// Dense windows are spread so that select 0 picks byte t (in the other half of a pair: select 1),
// and windows of 2V bytes are held twice.  DWCONV has a window register of V vectors of V channels,
// which a kernel column enters behind the others: tap t of a lane is its channel of vector t.
//
// An accumulator row is read while the window's products are summed.  If the window of the cycle
// before belongs to the same row, that one is not written yet, and its result is used instead.

module onpu_array #(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  input logic rst_ni,

  input logic start_i,
  input logic abort_i,
  input logic depthwise_i,
  input logic in_unsigned_i,

  // Weights of the next steps; what was written is there in the next cycle.  Clearing is first.
  // Lanes and taps are below V: their upper bits are 0.
  // verilator lint_off UNUSEDSIGNAL
  input logic w_clear_i,
  input logic [1:0] w_clear_slot_i,
  input logic [1:0] w_row_valid_i,
  input logic [1:0][1:0] w_row_slot_i,
  input logic [1:0][5:0] w_row_lane_i,
  input logic [1:0][V-1:0][8:0] w_row_value_i,
  input logic [3:0] w_sel_valid_i,
  input logic [3:0][1:0] w_sel_slot_i,
  input logic [3:0][5:0] w_sel_lane_i,
  input logic [3:0][V-1:0][3:0] w_sel_value_i,
  input logic w_tap_valid_i,
  input logic [1:0] w_tap_slot_i,
  input logic [5:0] w_tap_i,
  input logic [V-1:0][8:0] w_tap_value_i,
  // verilator lint_on UNUSEDSIGNAL
  output logic slot_free_o,

  // From the feeder, in the cycle of the window's grant.
  input logic issue_i,
  input logic issue_fire_i,
  input logic issue_load_i,
  input onpu_isa_pkg::block_e issue_mode_i,
  input logic issue_pair_i,
  input logic [2:0] issue_rows_i,
  input logic [5:0] issue_entry_i,
  input logic issue_bank_i,
  input logic [7:0] issue_acc_i,
  input logic issue_first_i,
  input logic issue_last_i,
  output logic busy_o,
  output logic last_o,
  output logic last_bank_o,

  // The window, two cycles later; the tag says when.
  // verilator lint_off UNUSEDSIGNAL
  input logic win_rvalid_i,
  // verilator lint_on UNUSEDSIGNAL
  input logic [3:0][V-1:0][7:0] win_rdata_i,

  input logic acc_bank_i,
  input logic acc_rd_en_i,
  input logic [7:0] acc_rd_addr_i,
  output logic [V-1:0][31:0] acc_rd_data_o,

  input logic scrub_i,
  output logic scrub_busy_o
);

  localparam int unsigned LaneBits = $clog2(V);
  localparam int unsigned Slots = onpu_pkg::WeightSlots;
  localparam int unsigned PMax = onpu_isa_pkg::PMax;
  localparam int unsigned Macs = V * V;
  localparam int unsigned Bytes = 4 * V;

  // Simulators are fast with integers; the values fit the widths of hardware.  They are also faster
  // when dense windows do without selects: these are 0 or 1 as said above, and the result is the
  // same.
`ifdef SYNTHESIS
  typedef logic signed [8:0] operand_t;
  typedef logic signed [17:0] product_t;
  typedef logic signed [17+LaneBits:0] sum_t;
  localparam bit Shortcut = 1'b0;
`else
  typedef int operand_t;
  typedef int product_t;
  typedef int sum_t;
  localparam bit Shortcut = 1'b1;
`endif

  // ---- scrub -------------------------------------------------------------------------------

  logic scrub_q;
  logic [7:0] scrub_row_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      scrub_q <= 1'b0;
      scrub_row_q <= '0;
    end else if (scrub_i) begin
      scrub_q <= 1'b1;
      scrub_row_q <= '0;
    end else if (scrub_q) begin
      scrub_q <= scrub_row_q != 8'(PMax - 1);
      scrub_row_q <= scrub_row_q + 8'd1;
    end
  end
  assign scrub_busy_o = scrub_q;

  // ---- weight slots ------------------------------------------------------------------------

  // A word holds a lane's weights, or selects.
  logic [9*V-1:0] slot_w[Slots*V];
  logic [4*V-1:0] slot_s[Slots*V];

  always_ff @(posedge clk_i) begin
    if (w_clear_i || scrub_q) begin
      for (int unsigned l = 0; l < V; l++) begin
        slot_w[{scrub_q ? scrub_row_q[1:0] : w_clear_slot_i, l[LaneBits-1:0]}] <= '0;
        slot_s[{scrub_q ? scrub_row_q[1:0] : w_clear_slot_i, l[LaneBits-1:0]}] <= '0;
      end
    end
    for (int unsigned i = 0; i < 2; i++) begin
      if (w_row_valid_i[i]) begin
        slot_w[{w_row_slot_i[i], w_row_lane_i[i][LaneBits-1:0]}] <= w_row_value_i[i];
      end
    end
    for (int unsigned i = 0; i < 4; i++) begin
      if (w_sel_valid_i[i]) begin
        slot_s[{w_sel_slot_i[i], w_sel_lane_i[i][LaneBits-1:0]}] <= w_sel_value_i[i];
      end
    end
    if (w_tap_valid_i) begin
      for (int unsigned l = 0; l < V; l++) begin
        slot_w[{w_tap_slot_i, l[LaneBits-1:0]}][9*w_tap_i[LaneBits-1:0]+:9] <= w_tap_value_i[l];
      end
    end
  end

  // ---- tags --------------------------------------------------------------------------------

  typedef struct packed {
    logic fire;
    logic load;
    onpu_isa_pkg::block_e mode;
    logic pair;
    logic [2:0] rows;
    logic [5:0] entry;
    logic bank;
    logic [7:0] acc;
    logic first;
    logic last;
  } tag_t;

  // t: SRAM; w: window register, p: products, s: sums are there.
  logic t1_valid_q, t2_valid_q, w_valid_q, p_valid_q, s_valid_q;
  tag_t t1_q, t2_q;
  logic w_dense_q, w_pair_q, w_bank_q, w_first_q, w_last_q;
  logic [7:0] w_acc_q;
  logic p_bank_q, p_first_q, p_last_q, s_bank_q, s_first_q, s_last_q, s_bypass_q;
  logic [7:0] p_acc_q, s_acc_q;
  logic [1:0] slot_q;
  logic take;

  assign take = t2_valid_q && t2_q.load;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {t1_valid_q, t2_valid_q, w_valid_q, p_valid_q, s_valid_q, slot_free_o} <= '0;
      slot_q <= '0;
    end else begin
      {t1_valid_q, t2_valid_q, w_valid_q, p_valid_q, s_valid_q, slot_free_o} <= abort_i ? '0 :
          {issue_i, t1_valid_q, t2_valid_q && t2_q.fire, w_valid_q, p_valid_q, take};
      if (start_i || abort_i) slot_q <= '0;
      else if (take) slot_q <= slot_q + 2'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (issue_i) begin
      t1_q.fire <= issue_fire_i;
      t1_q.load <= issue_load_i;
      t1_q.mode <= issue_mode_i;
      t1_q.pair <= issue_pair_i;
      t1_q.rows <= issue_rows_i;
      t1_q.entry <= issue_entry_i;
      t1_q.bank <= issue_bank_i;
      t1_q.acc <= issue_acc_i;
      t1_q.first <= issue_first_i;
      t1_q.last <= issue_last_i;
    end
    if (t1_valid_q) t2_q <= t1_q;
    if (t2_valid_q) begin
      w_dense_q <= t2_q.mode == onpu_isa_pkg::BlockD;
      w_pair_q <= t2_q.pair;
      w_bank_q <= t2_q.bank;
      w_acc_q <= t2_q.acc;
      w_first_q <= t2_q.first;
      w_last_q <= t2_q.last;
    end
    if (w_valid_q) begin
      p_bank_q <= w_bank_q;
      p_acc_q <= w_acc_q;
      p_first_q <= w_first_q;
      p_last_q <= w_last_q;
    end
    if (p_valid_q) begin
      s_bank_q <= p_bank_q;
      s_acc_q <= p_acc_q;
      s_first_q <= p_first_q;
      s_last_q <= p_last_q;
      s_bypass_q <= s_valid_q && s_bank_q == p_bank_q && s_acc_q == p_acc_q;
    end
  end

  assign busy_o = t1_valid_q || t2_valid_q || w_valid_q || p_valid_q || s_valid_q;
  assign last_o = s_valid_q && s_last_q;
  assign last_bank_o = s_bank_q;

  // ---- accumulator ports -------------------------------------------------------------------

  // The array's bank and the post-processor's are never the same one.
  logic [1:0] acc_re, acc_we;
  logic [1:0][7:0] acc_ra;
  logic [7:0] acc_wa;
  always_comb begin
    for (int unsigned b = 0; b < 2; b++) begin
      acc_ra[b] = acc_rd_addr_i;
      acc_re[b] = acc_rd_en_i && acc_bank_i == b[0];
      if (p_valid_q && p_bank_q == b[0]) begin
        acc_ra[b] = p_acc_q;
        acc_re[b] = acc_re[b] || !p_first_q;
      end
      acc_we[b] = scrub_q || (s_valid_q && s_bank_q == b[0]);
    end
    acc_wa = scrub_q ? scrub_row_q : s_acc_q;
  end

  // ---- the datapath ------------------------------------------------------------------------

  // Sign extension is by assignment.
  // verilator lint_off WIDTH
  function automatic operand_t extend(logic is_unsigned, logic [7:0] value);
    return $signed({value[7] && !is_unsigned, value});
  endfunction
  // verilator lint_on WIDTH

  // Window registers, weights and selects, indexed by tap * V + lane; products; sums; the result of
  // the last accumulation.
  operand_t window[Bytes];
  operand_t columns[Macs];
  operand_t weight[Macs];
  logic [3:0] select[Macs];
  product_t product[Macs];
  sum_t sum[V];
  logic [32*V-1:0] result;

  logic [32*V-1:0] acc0[PMax];
  logic [32*V-1:0] acc1[PMax];
  logic [32*V-1:0] acc0_q, acc1_q;

  // A lane's row of the slot that is next.
  logic [9*V-1:0] row_w;
  logic [4*V-1:0] row_s;

  // Blocking assignments, the last stage first: each stage takes the registers of the one before it
  // while they are unchanged.  They are used nowhere else.
  // verilator lint_off BLKSEQ
  // verilator lint_off WIDTH
  always_ff @(posedge clk_i) begin
    // Accumulate.
    if (scrub_q) begin
      result = '0;
    end else if (s_valid_q) begin
      if (s_first_q) begin
        for (int unsigned l = 0; l < V; l++) result[32*l+:32] = 32'(sum[l]);
      end else if (s_bypass_q) begin
        for (int unsigned l = 0; l < V; l++) result[32*l+:32] = result[32*l+:32] + 32'(sum[l]);
      end else if (!s_bank_q) begin
        for (int unsigned l = 0; l < V; l++) result[32*l+:32] = acc0_q[32*l+:32] + 32'(sum[l]);
      end else begin
        for (int unsigned l = 0; l < V; l++) result[32*l+:32] = acc1_q[32*l+:32] + 32'(sum[l]);
      end
    end
    if (acc_re[0]) acc0_q <= acc0[acc_ra[0]];
    if (acc_re[1]) acc1_q <= acc1[acc_ra[1]];
    if (acc_we[0]) acc0[acc_wa] <= result;
    if (acc_we[1]) acc1[acc_wa] <= result;

    // Sum.
    if (p_valid_q) begin
      for (int unsigned l = 0; l < V; l++) sum[l] = product[l];
      for (int unsigned t = 1; t < V; t++) begin
        for (int unsigned l = 0; l < V; l++) sum[l] = sum[l] + product[t*V+l];
      end
    end

    // Select and multiply.
    if (w_valid_q) begin
      if (depthwise_i) begin
        for (int unsigned i = 0; i < Macs; i++) product[i] = columns[i] * weight[i];
      end else if (Shortcut && w_dense_q && !w_pair_q) begin
        for (int unsigned t = 0; t < V; t++) begin
          for (int unsigned l = 0; l < V; l++) product[t*V+l] = window[4*t] * weight[t*V+l];
        end
      end else if (Shortcut && w_dense_q) begin
        for (int unsigned t = 0; t < V; t++) begin
          for (int unsigned l = 0; l < V / 2; l++) begin
            product[t*V+l] = window[4*t] * weight[t*V+l];
            product[t*V+l+V/2] = window[4*t+1] * weight[t*V+l+V/2];
          end
        end
      end else begin
        for (int unsigned t = 0; t < V; t++) begin
          for (int unsigned l = 0; l < V; l++) begin
            product[t*V+l] = window[(4*t+{28'b0, select[t*V+l]})%Bytes] * weight[t*V+l];
          end
        end
      end
    end

    // Window registers.
    if (t2_valid_q) begin
      if (depthwise_i) begin
        case (t2_q.rows)
          3'd1: for (int unsigned i = 0; i < Macs - V; i++) columns[i] = columns[i+V];
          3'd2: for (int unsigned i = 0; i < Macs - 2 * V; i++) columns[i] = columns[i+2*V];
          3'd3: for (int unsigned i = 0; i < Macs - 3 * V; i++) columns[i] = columns[i+3*V];
          default: for (int unsigned i = 0; i < Macs - 4 * V; i++) columns[i] = columns[i+4*V];
        endcase
        for (int unsigned r = 0; r < 4; r++) begin
          if (r[2:0] < t2_q.rows) begin
            for (int unsigned l = 0; l < V; l++) begin
              columns[{t2_q.entry[LaneBits-1:0]+r[LaneBits-1:0], l[LaneBits-1:0]}] =
                  extend(in_unsigned_i, win_rdata_i[r][l]);
            end
          end
        end
      end else begin
        case (t2_q.mode)
          onpu_isa_pkg::BlockD: begin
            for (int unsigned i = 0; i < V; i++) begin
              window[4*i] = extend(in_unsigned_i, win_rdata_i[0][i]);
            end
            if (t2_q.pair) begin
              for (int unsigned i = 0; i < V; i++) begin
                window[4*i+1] = extend(in_unsigned_i, win_rdata_i[1][i]);
              end
            end
          end
          onpu_isa_pkg::BlockG2: begin
            for (int unsigned i = 0; i < 2 * V; i++) begin
              window[i] = extend(in_unsigned_i, win_rdata_i[i/V][i%V]);
              window[i+2*V] = window[i];
            end
          end
          default: begin
            for (int unsigned r = 0; r < 4; r++) begin
              for (int unsigned i = 0; i < V; i++) begin
                window[r*V+i] = extend(in_unsigned_i, win_rdata_i[r][i]);
              end
            end
          end
        endcase
      end
    end

    // Weights.  The second pixel of a pair has those of the first one.
    if (take) begin
      for (int unsigned l = 0; l < V; l++) begin
        row_w = slot_w[{slot_q, l[LaneBits-1:0]}];
        if (l >= V / 2 && t2_q.pair) row_w = slot_w[{slot_q, l[LaneBits-1:0] ^ LaneBits'(V/2)}];
        for (int unsigned t = 0; t < V; t++) weight[t*V+l] = $signed(row_w[9*t+:9]);
      end
      if (!depthwise_i && t2_q.mode == onpu_isa_pkg::BlockD) begin
        if (!Shortcut) begin
          for (int unsigned t = 0; t < V; t++) begin
            for (int unsigned l = 0; l < V; l++) begin
              select[t*V+l] = {3'b0, t2_q.pair && l >= V / 2};
            end
          end
        end
      end else if (!depthwise_i) begin
        for (int unsigned l = 0; l < V; l++) begin
          row_s = slot_s[{slot_q, l[LaneBits-1:0]}];
          for (int unsigned t = 0; t < V; t++) select[t*V+l] = row_s[4*t+:4];
        end
      end
    end
  end
  // verilator lint_on BLKSEQ
  // verilator lint_on WIDTH

  // The post-processor's data stay, also when the array reads that bank again.
  logic fresh_q, fresh_bank_q;
  logic [32*V-1:0] kept_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fresh_q <= 1'b0;
    else fresh_q <= acc_rd_en_i;
  end
  always_ff @(posedge clk_i) begin
    if (acc_rd_en_i) fresh_bank_q <= acc_bank_i;
    if (fresh_q) kept_q <= acc_rd_data_o;
  end
  assign acc_rd_data_o = !fresh_q ? kept_q : fresh_bank_q ? acc1_q : acc0_q;

`ifndef SYNTHESIS
  logic [7:0] lanes;
  assign lanes = 8'(V);
  always_ff @(posedge clk_i) begin
    if (!abort_i) begin
      assert (!t2_valid_q || win_rvalid_i);
      assert (!(acc_rd_en_i && p_valid_q && p_bank_q == acc_bank_i));
      assert (!(scrub_q && (busy_o || acc_rd_en_i)));
      for (int unsigned i = 0; i < 2; i++) begin
        assert (!w_row_valid_i[i] || {2'b0, w_row_lane_i[i]} < lanes);
      end
      for (int unsigned i = 0; i < 4; i++) begin
        assert (!w_sel_valid_i[i] || {2'b0, w_sel_lane_i[i]} < lanes);
      end
      assert (!w_tap_valid_i || {2'b0, w_tap_i} < lanes);
    end
  end
`endif

endmodule
