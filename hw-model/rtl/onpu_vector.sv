// SPDX-License-Identifier: MIT
//
// Reads the input of ELTWISE, POOL and RESIZE through the SRAM's window port and makes accumulators
// of it: a vector of V channels of one output pixel at a time, channel block outermost, then row,
// then pixel.  ELTWISE is a POOL with a kernel of one tap.  POOL reads four taps a cycle; RESIZE
// its four pixels, at addresses that onpu_vector_table calculates.
//
// Stages: walk - request - two cycles of SRAM - s1: reduction or interpolation of four vectors -
// s2: accumulation or interpolation of rows, into the output queue.  A vector gets its place in the
// queue when the walk asks for its first taps, so that nothing behind the request ever waits.

module onpu_vector #(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  // The assertions sample it.
  // verilator lint_off SYNCASYNCNET
  input logic rst_ni,
  // verilator lint_on SYNCASYNCNET

  input logic start_i,
  input logic abort_i,
  // Not every field belongs to these commands.
  // verilator lint_off UNUSEDSIGNAL
  input onpu_pkg::compute_t cmd_i,
  // verilator lint_on UNUSEDSIGNAL
  output logic done_o,  // pulse: everything is delivered
  output logic fault_o,  // pulse: bad entry in a table of RESIZE

  output logic win_req_o,
  output logic [3:0] win_valid_o,
  output onpu_pkg::sram_addr_t [3:0] win_addr_o,
  input logic win_gnt_i,
  // Replies come at a fixed time; replies to what was aborted must not count.
  // verilator lint_off UNUSEDSIGNAL
  input logic win_rvalid_i,
  // verilator lint_on UNUSEDSIGNAL
  input logic [3:0][V-1:0][7:0] win_rdata_i,

  output logic dec_req_o,
  output onpu_pkg::sram_addr_t dec_addr_o,
  input logic dec_gnt_i,
  input logic dec_rvalid_i,
  input logic [2*V-1:0][7:0] dec_rdata_i,

  output logic vec_valid_o,
  output logic [V-1:0][31:0] vec_acc_o,
  input logic vec_ready_i,

  output logic stall_bank_o
);

  import onpu_pkg::sram_addr_t;
  import onpu_pkg::ring_row;
  import onpu_pkg::ring_addr;

  localparam int unsigned Depth = 8;  // output queue; covers the way from walk to queue

  // What goes along with a request.
  typedef struct packed {
    logic first;  // of its vector
    logic last;
    logic [3:0] valid;
    logic [10:0] fx;
    logic [10:0] fy;
  } meta_t;

  logic is_resize, is_pool;
  assign is_resize = cmd_i.opcode == onpu_isa_pkg::OpcodeResize;
  assign is_pool = cmd_i.opcode == onpu_isa_pkg::OpcodePool;

  logic clear, table_fault;
  assign clear = abort_i || table_fault;
  assign fault_o = table_fault;

  logic run_q;  // between start and done
  logic walk_q;  // there is more to ask for
  logic [3:0] places_q;  // of the output queue that are not promised

  // ---- tables of RESIZE --------------------------------------------------------------

  logic row_valid, row_pop, col_valid, col_pop;
  sram_addr_t row_addr0, row_addr1, col_off0, col_off1;
  logic [10:0] row_fraction, col_fraction;

  onpu_vector_table #(
    .V(V)
  ) u_table (
    .clk_i,
    .rst_ni,
    .start_i(start_i && is_resize),
    .clear_i(clear),
    .cmd_i,
    .fault_o(table_fault),
    .dec_req_o,
    .dec_addr_o,
    .dec_gnt_i,
    .dec_rvalid_i,
    .dec_rdata_i,
    .row_valid_o(row_valid),
    .row_addr0_o(row_addr0),
    .row_addr1_o(row_addr1),
    .row_fraction_o(row_fraction),
    .row_pop_i(row_pop),
    .col_valid_o(col_valid),
    .col_off0_o(col_off0),
    .col_off1_o(col_off1),
    .col_fraction_o(col_fraction),
    .col_pop_i(col_pop)
  );

  // ---- walk ------------------------------------------------------------------------

  logic [15:0] x_q, y_q;
  logic [16:0] chan_q;  // channels before the block
  sram_addr_t base_q;  // of the block, in the first row
  logic [15:0] row_q;  // of the output row's first kernel row
  sram_addr_t row_addr_q;
  sram_addr_t pix_addr_q;  // of the output pixel's first tap
  logic [15:0] i_q, j_q;  // of the next tap
  sram_addr_t tap_q;
  logic [15:0] krow_q;  // of its kernel row
  sram_addr_t krow_addr_q;  // its first tap

  logic req_q;
  logic [3:0] req_valid_q;
  sram_addr_t [3:0] req_addr_q;
  logic first_q;
  meta_t req_meta_q;

  logic step, x_end, y_end, chan_end;
  assign step = walk_q && !(first_q && places_q == '0) && (!req_q || win_gnt_i) &&
                (!is_resize || (row_valid && col_valid));
  assign x_end = x_q == cmd_i.out_w - 16'd1;
  assign y_end = y_q == cmd_i.out_h - 16'd1;
  assign chan_end = chan_q + 17'(V) >= {1'b0, cmd_i.out_c};
  assign col_pop = step && is_resize;
  assign row_pop = col_pop && x_end;

  // Kernel, less one.
  logic [15:0] kernel_h1, kernel_w1;
  assign kernel_h1 = is_pool ? cmd_i.kernel_h - 16'd1 : '0;
  assign kernel_w1 = is_pool ? cmd_i.kernel_w - 16'd1 : '0;

  // The next places in the walk: used only where it steps, hence in the process itself.
  // verilator lint_off BLKSEQ
  logic fin;  // the vector ends here
  logic [3:0] valid;
  sram_addr_t [3:0] addr;
  logic [15:0] i, j, krow, row;
  sram_addr_t tap, krow_addr, pix_addr, row_addr, base;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      walk_q <= 1'b0;
      req_q <= 1'b0;
      {x_q, y_q, chan_q} <= '0;
      {base_q, row_q, row_addr_q, pix_addr_q} <= '0;
      {i_q, j_q, tap_q, krow_q, krow_addr_q} <= '0;
      first_q <= 1'b0;
      req_valid_q <= '0;
      req_addr_q <= '0;
      req_meta_q <= '0;
    end else if (clear) begin
      walk_q <= 1'b0;
      req_q <= 1'b0;
    end else if (start_i) begin
      walk_q <= 1'b1;
      first_q <= 1'b1;
      {x_q, y_q, chan_q, i_q, j_q} <= '0;
      row_q <= cmd_i.in.row;
      krow_q <= cmd_i.in.row;
      base_q <= cmd_i.in.base;
      row_addr_q <= cmd_i.in.base;
      pix_addr_q <= cmd_i.in.base;
      tap_q <= cmd_i.in.base;
      krow_addr_q <= cmd_i.in.base;
    end else if (step) begin
      i = i_q;
      j = j_q;
      tap = tap_q;
      krow = krow_q;
      krow_addr = krow_addr_q;
      fin = is_resize;
      valid = 4'b1111;
      addr[0] = row_addr0 + col_off0;
      addr[1] = row_addr0 + col_off1;
      addr[2] = row_addr1 + col_off0;
      addr[3] = row_addr1 + col_off1;
      if (!is_resize) begin
        for (int unsigned k = 0; k < 4; k++) begin
          valid[k] = !fin;
          addr[k] = tap;
          if (j != kernel_w1) begin
            j = j + 16'd1;
            tap = tap + cmd_i.dilation_pix_bytes;
          end else if (i != kernel_h1) begin
            i = i + 16'd1;
            j = '0;
            krow_addr = ring_addr(krow_addr, cmd_i.dilation_row_bytes, krow, cmd_i.dilation_row,
                                  cmd_i.in.ring, cmd_i.in.ring_bytes);
            krow = ring_row(krow, cmd_i.dilation_row, cmd_i.in.ring);
            tap = krow_addr;
          end else begin
            fin = 1'b1;
          end
        end
      end
      if (fin) begin
        base = base_q;
        row = row_q;
        row_addr = row_addr_q;
        pix_addr = pix_addr_q + cmd_i.stride_pix_bytes;
        x_q <= x_q + 16'd1;
        if (x_end) begin
          x_q <= '0;
          y_q <= y_q + 16'd1;
          row_addr = ring_addr(row_addr_q, cmd_i.stride_row_bytes, row_q, cmd_i.stride_row,
                               cmd_i.in.ring, cmd_i.in.ring_bytes);
          row = ring_row(row_q, cmd_i.stride_row, cmd_i.in.ring);
          if (y_end) begin
            y_q <= '0;
            chan_q <= chan_q + 17'(V);
            base = base_q + 20'(V);
            row = cmd_i.in.row;
            row_addr = base;
            if (chan_end) walk_q <= 1'b0;
          end
          pix_addr = row_addr;
        end
        base_q <= base;
        row_q <= row;
        row_addr_q <= row_addr;
        pix_addr_q <= pix_addr;
        i = '0;
        j = '0;
        tap = pix_addr;
        krow = row;
        krow_addr = pix_addr;
      end
      i_q <= i;
      j_q <= j;
      tap_q <= tap;
      krow_q <= krow;
      krow_addr_q <= krow_addr;
      first_q <= fin;
      req_q <= 1'b1;
      req_valid_q <= valid;
      req_addr_q <= addr;
      req_meta_q <= '{first: first_q, last: fin, valid: valid, fx: col_fraction, fy: row_fraction};
    end else if (win_gnt_i) begin
      req_q <= 1'b0;
    end
  end
  // verilator lint_on BLKSEQ

  assign win_req_o = req_q;
  assign win_valid_o = req_valid_q;
  assign win_addr_o = req_addr_q;
  assign stall_bank_o = req_q && !win_gnt_i;

  // ---- on the way --------------------------------------------------------------------

  logic fly1_q, fly2_q, s1_q;
  meta_t fly1_meta_q, fly2_meta_q;
  logic s1_first_q, s1_last_q;
  logic [10:0] s1_fy_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {fly1_q, fly2_q, s1_q} <= '0;
    else if (clear || start_i) {fly1_q, fly2_q, s1_q} <= '0;
    else {fly1_q, fly2_q, s1_q} <= {req_q && win_gnt_i, fly1_q, fly2_q};
  end

  always_ff @(posedge clk_i) begin
    if (run_q) begin
      fly1_meta_q <= req_meta_q;
      fly2_meta_q <= fly1_meta_q;
      s1_first_q <= fly2_meta_q.first;
      s1_last_q <= fly2_meta_q.last;
      s1_fy_q <= fly2_meta_q.fy;
    end
  end

  // ---- arithmetic ----------------------------------------------------------------------

  logic is_sum, is_unsigned;
  assign is_sum = is_pool && cmd_i.pool_sum;
  assign is_unsigned = cmd_i.in_unsigned;

  logic [2:0] head_q, tail_q;
  logic signed [19:0] s1_upper_q [V];  // sum or maximum of four taps; or upper row of RESIZE
  logic signed [19:0] s1_lower_q [V];
  logic signed [31:0] acc_q [V];
  logic [V-1:0][31:0] queue_q [Depth];

  // Intermediate values of one lane; s2 before s1, which overwrites its operands.
  // verilator lint_off BLKSEQ
  logic signed [8:0] t0, t1, t2, t3;
  logic signed [8:0] m01, m23;
  logic signed [19:0] left, right, upper, lower;
  logic signed [11:0] fx, fy;
  logic signed [31:0] acc, fine;
  logic [V-1:0][31:0] accs;
  always_ff @(posedge clk_i) begin
    if (s1_q) begin
      fy = signed'({1'b0, s1_fy_q});
      for (int unsigned n = 0; n < V; n++) begin
        acc = 32'(s1_upper_q[n]);
        if (is_resize) begin
          fine = 32'(s1_lower_q[n]) - acc;
          acc = (acc <<< 10) + fine * 32'(fy);
        end else if (is_sum) begin
          if (!s1_first_q) acc = acc + acc_q[n];
        end else if (!s1_first_q && acc_q[n] > acc) begin
          acc = acc_q[n];
        end
        acc_q[n] <= acc;
        accs[n] = acc;
      end
      if (s1_last_q) queue_q[tail_q] <= accs;
    end
    if (fly2_q) begin
      fx = signed'({1'b0, fly2_meta_q.fx});
      for (int unsigned n = 0; n < V; n++) begin
        t0 = {!is_unsigned && win_rdata_i[0][n][7], win_rdata_i[0][n]};
        t1 = {!is_unsigned && win_rdata_i[1][n][7], win_rdata_i[1][n]};
        t2 = {!is_unsigned && win_rdata_i[2][n][7], win_rdata_i[2][n]};
        t3 = {!is_unsigned && win_rdata_i[3][n][7], win_rdata_i[3][n]};
        if (is_resize) begin
          left = 20'(t0);
          right = 20'(t1);
          upper = (left <<< 10) + (right - left) * 20'(fx);
          left = 20'(t2);
          right = 20'(t3);
          lower = (left <<< 10) + (right - left) * 20'(fx);
          s1_lower_q[n] <= lower;
        end else if (is_sum) begin
          upper = 20'(t0);
          if (fly2_meta_q.valid[1]) upper = upper + 20'(t1);
          if (fly2_meta_q.valid[2]) upper = upper + 20'(t2);
          if (fly2_meta_q.valid[3]) upper = upper + 20'(t3);
        end else begin
          m01 = fly2_meta_q.valid[1] && t1 > t0 ? t1 : t0;
          m23 = fly2_meta_q.valid[3] && t3 > t2 ? t3 : t2;
          if (fly2_meta_q.valid[2] && m23 > m01) m01 = m23;
          upper = 20'(m01);
        end
        s1_upper_q[n] <= upper;
      end
    end
  end
  // verilator lint_on BLKSEQ

  // ---- output queue --------------------------------------------------------------------

  logic [3:0] count_q;
  logic push, pop, promise;
  assign push = s1_q && s1_last_q;
  assign pop = vec_valid_o && vec_ready_i;
  assign promise = step && first_q;

  assign vec_valid_o = count_q != '0;
  assign vec_acc_o = queue_q[head_q];
  assign done_o = run_q && !walk_q && places_q == 4'(Depth);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      run_q <= 1'b0;
      places_q <= '0;
      count_q <= '0;
      head_q <= '0;
      tail_q <= '0;
    end else if (clear || start_i) begin
      run_q <= start_i && !clear;
      places_q <= 4'(Depth);
      count_q <= '0;
      head_q <= '0;
      tail_q <= '0;
    end else if (run_q) begin
      if (done_o) run_q <= 1'b0;
      places_q <= places_q - {3'd0, promise} + {3'd0, pop};
      count_q <= count_q + {3'd0, push} - {3'd0, pop};
      if (push) tail_q <= tail_q + 3'd1;
      if (pop) head_q <= head_q + 3'd1;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) start_i |-> !run_q)
    else $error("started while it runs");
  // Not concurrent: that would sample all of the command in each cycle.
  always_ff @(posedge clk_i) begin
    if (rst_ni && start_i) begin
      assert (cmd_i.out_h != '0 && cmd_i.out_w != '0 && cmd_i.out_c != '0)
        else $error("empty command");
    end
  end
  assert property (@(posedge clk_i) disable iff (!rst_ni) fly2_q |-> win_rvalid_i)
    else $error("no reply two cycles after the grant");
  assert property (@(posedge clk_i) disable iff (!rst_ni) push |-> count_q != 4'(Depth))
    else $error("queue overflows");
  assert property (@(posedge clk_i) disable iff (!rst_ni) run_q && !start_i |->
      places_q <= 4'(Depth) && {1'b0, places_q} + {1'b0, count_q} <= 5'(Depth))
    else $error("places of the queue");
`endif

endmodule
