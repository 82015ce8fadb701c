// SPDX-License-Identifier: MIT

// The post-processor: takes the accumulators of a compute command, V at a time, does the stages of
// `post` in the command manual, and writes bytes to SRAM.
//
// Three walks over the output run one after the other: of the second operand, whose vectors are
// read ahead into a queue; of the vectors that enter; of those that leave.  Between the latter two
// is a pipeline (onpu_post_lane, V or V / 2 times) that stalls as a whole when the queue of results
// is full or an operand is late.  With V / 2 lanes a vector enters in two parts, or in one if that is
// all it has; the queues at both ends hold whole vectors.  Each lane has one big multiplier, which a
// part passes k = 0 to 3 times; parts enter in every max(1, k)-th cycle, and the way from pass to
// pass is such that they do not meet.  Everything here is control: which stage holds what.
module onpu_post
  import onpu_pkg::*;
  import onpu_isa_pkg::*;
#(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  input logic rst_ni,
  input logic start_i,
  input logic abort_i,
  input logic scrub_i,  // clears what is left of a table
  // A command has more than is needed here.
  /* verilator lint_off UNUSEDSIGNAL */
  input compute_t cmd_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic done_o,
  // Accumulators of CONV and DWCONV
  input logic acc_ready_i,
  input logic acc_zero_i,
  input logic acc_pair_i,
  output logic acc_rd_en_o,
  output logic [7:0] acc_rd_addr_o,
  input logic [V-1:0][31:0] acc_rd_data_i,
  output logic acc_free_o,
  // Their parameters.  A multiplier is not negative, a shift is -31 to 30.
  input logic param_valid_i,
  input logic [V-1:0][31:0] bias_i,
  /* verilator lint_off UNUSEDSIGNAL */
  input logic [V-1:0][31:0] mult_i,
  input logic [V-1:0][7:0] shift_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic param_free_o,
  // Accumulators of ELTWISE, POOL and RESIZE
  input logic vec_valid_i,
  input logic [V-1:0][31:0] vec_acc_i,
  output logic vec_ready_o,
  // Reads of the second operand, of slopes, of a table
  output logic op2_req_o,
  output sram_addr_t op2_addr_o,
  input logic op2_gnt_i,
  // Data come a fixed time after the grant, so this is only checked.
  /* verilator lint_off UNUSEDSIGNAL */
  input logic op2_rvalid_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input logic [V-1:0][7:0] op2_rdata_i,
  // Results
  output logic wr_req_o,
  output sram_addr_t wr_addr_o,
  output logic [V-1:0] wr_strb_o,
  output logic [V-1:0][7:0] wr_data_o,
  input logic wr_gnt_i,
  // Events, one bit a cycle
  output logic stall_write_o,
  output logic stall_op2_o
);

  localparam int unsigned Lanes = post_lanes(V);
  localparam bit Parts = Lanes < V;  // two of them
  localparam int unsigned TableRows = 256 / V;
  localparam int unsigned TableRowBits = $clog2(TableRows);
  // Operand vectors held or under way: enough for the 5 cycles from credit to credit and for a few
  // conflicts.
  localparam int unsigned OperandDepth = 8;
  localparam int unsigned OutDepth = 4;

  typedef enum logic [1:0] {
    ReadOperand = 2'd0,
    ReadSlopes = 2'd1,
    ReadTable = 2'd2
  } read_e;

  // ---- Configuration: the command, decoded when it starts ------------------------------------

  logic conv_q, per_channel_q, round_n_q, round_a_q;
  logic op_q, op_pass_q, scaled_q, extreme_q, maximum_q, minus_v_q, minus_x_q;
  logic x_unsigned_q, x_one_q, table_q, prelu_q, slope_unsigned_q;
  logic [1:0] passes_q;  // less 1; 0 also without any
  logic [4:0] left_k_q, right_v_q, right_x_q;
  logic [31:0] bias_q;
  logic [30:0] mult_q, mult_v_q, mult_x_q, mult_o_q, mult_p_q, mult_n_q;
  logic signed [5:0] shift_q, shift_o_q, shift_p_q, shift_n_q;
  logic signed [15:0] zero_q, min_q, max_q, x_zero_q, zero_o_q, min_o_q, max_o_q;
  logic signed [15:0] act_zero_q, slope_zero_q, zero_a_q, min_a_q, max_a_q;
  logic [15:0] x_channels_q;

  logic start_scaled, start_op_pass, start_prelu;
  logic [1:0] start_passes;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      conv_q <= 1'b0;
      per_channel_q <= 1'b0;
      round_n_q <= 1'b0;
      round_a_q <= 1'b0;
      op_q <= 1'b0;
      op_pass_q <= 1'b0;
      scaled_q <= 1'b0;
      extreme_q <= 1'b0;
      maximum_q <= 1'b0;
      minus_v_q <= 1'b0;
      minus_x_q <= 1'b0;
      x_unsigned_q <= 1'b0;
      x_one_q <= 1'b0;
      table_q <= 1'b0;
      prelu_q <= 1'b0;
      slope_unsigned_q <= 1'b0;
      passes_q <= '0;
      left_k_q <= 5'd31;
      right_v_q <= '0;
      right_x_q <= '0;
      bias_q <= '0;
      mult_q <= '0;
      mult_v_q <= '0;
      mult_x_q <= '0;
      mult_o_q <= '0;
      mult_p_q <= '0;
      mult_n_q <= '0;
      shift_q <= '0;
      shift_o_q <= '0;
      shift_p_q <= '0;
      shift_n_q <= '0;
      zero_q <= '0;
      min_q <= '0;
      max_q <= '0;
      x_zero_q <= '0;
      zero_o_q <= '0;
      min_o_q <= '0;
      max_o_q <= '0;
      act_zero_q <= '0;
      slope_zero_q <= '0;
      zero_a_q <= '0;
      min_a_q <= '0;
      max_a_q <= '0;
      x_channels_q <= '0;
    end else if (start_i) begin
      conv_q <= cmd_i.opcode == OpcodeConv || cmd_i.opcode == OpcodeDwconv;
      per_channel_q <= cmd_i.post.flags[PostPerChannelBit];
      round_n_q <= cmd_i.post.round[1:0] == RoundN;
      round_a_q <= cmd_i.post.round[1:0] == RoundA;
      op_q <= cmd_i.post.op2_op[2:0] != Op2None;
      op_pass_q <= start_op_pass;
      scaled_q <= start_scaled;
      extreme_q <= cmd_i.post.op2_op[2:0] == Op2Max || cmd_i.post.op2_op[2:0] == Op2Min;
      maximum_q <= cmd_i.post.op2_op[2:0] == Op2Max;
      minus_v_q <= cmd_i.post.op2_op[2:0] == Op2Rsub;
      minus_x_q <= cmd_i.post.op2_op[2:0] == Op2Sub;
      x_unsigned_q <= cmd_i.post.flags[PostOp2UnsignedBit];
      x_one_q <= cmd_i.post.flags[PostOp2OneChannelBit];
      table_q <= cmd_i.post.act[1:0] == ActTable;
      prelu_q <= start_prelu;
      slope_unsigned_q <= cmd_i.post.flags[PostAlphaUnsignedBit];
      passes_q <= (start_passes == 2'd0) ? 2'd0 : start_passes - 2'd1;
      left_k_q <= 5'd31 - cmd_i.post.left_shift[4:0];
      right_v_q <= -cmd_i.post.shift_v[4:0];
      right_x_q <= -cmd_i.post.shift_x[4:0];
      bias_q <= cmd_i.post.bias;
      mult_q <= cmd_i.post.mult[30:0];
      mult_v_q <= cmd_i.post.mult_v[30:0];
      mult_x_q <= cmd_i.post.mult_x[30:0];
      mult_o_q <= cmd_i.post.mult_o[30:0];
      mult_p_q <= cmd_i.post.mult_p[30:0];
      mult_n_q <= cmd_i.post.mult_n[30:0];
      shift_q <= cmd_i.post.shift[5:0];
      shift_o_q <= cmd_i.post.shift_o[5:0];
      shift_p_q <= cmd_i.post.shift_p[5:0];
      shift_n_q <= cmd_i.post.shift_n[5:0];
      zero_q <= cmd_i.post.zero;
      min_q <= cmd_i.post.min;
      max_q <= cmd_i.post.max;
      x_zero_q <= cmd_i.post.op2_zero;
      zero_o_q <= cmd_i.post.zero_o;
      min_o_q <= cmd_i.post.min_o;
      max_o_q <= cmd_i.post.max_o;
      act_zero_q <= cmd_i.post.act_zero;
      slope_zero_q <= cmd_i.post.alpha_zero;
      zero_a_q <= cmd_i.post.zero_a;
      min_a_q <= cmd_i.post.min_a;
      max_a_q <= cmd_i.post.max_a;
      x_channels_q <= cmd_i.post.op2_channels;
    end
  end

  assign start_scaled = cmd_i.post.op2_op[2:0] == Op2Add || cmd_i.post.op2_op[2:0] == Op2Sub ||
      cmd_i.post.op2_op[2:0] == Op2Rsub;
  assign start_op_pass = start_scaled || cmd_i.post.op2_op[2:0] == Op2Mul;
  assign start_prelu = cmd_i.post.act[1:0] == ActPrelu;
  assign start_passes = {1'b0, cmd_i.post.round[1:0] != RoundN} + {1'b0, start_op_pass} +
      {1'b0, start_prelu};

  // Each walk needs a part of what onpu_post_walk shows.
  /* verilator lint_off PINCONNECTEMPTY */

  // ---- Entry ---------------------------------------------------------------------------------

  logic busy_q, more_q;
  logic en;  // the pipeline moves

  logic enter;
  logic [5:0] enter_lanes;
  logic [7:0] pixel;
  logic enter_end, enter_block_last, enter_last;

  onpu_post_walk #(.V(V)) u_enter (
    .clk_i,
    .rst_ni,
    .start_i,
    .next_i(enter),
    .out_h_i(cmd_i.out_h),
    .out_w_i(cmd_i.out_w),
    .out_c_i(cmd_i.out_c),
    .tile_h_i(cmd_i.tile_h),
    .tile_w_i(cmd_i.tile_w),
    .map_i('0),
    .tile_bytes_i('0),
    .one_channel_i(1'b1),
    .addr_o(),
    .channel_o(),
    .lanes_o(enter_lanes),
    .pixel_o(pixel),
    .block_end_o(enter_end),
    .block_last_o(enter_block_last),
    .last_o(enter_last)
  );

  // The vector whose accumulators are there, or being read
  logic head_q, head_zero_q, head_high_q, head_end_q, head_two_q;
  logic part_q, head_last;  // its part that is next, and whether that is the last one
  logic [1:0] phase_q;
  logic go, go_last;

  logic slopes_ready, table_ready;

  // With the last vector of a bank at the head, the bank is freed only now.
  assign enter = more_q && (!head_q || go_last) &&
      (!conv_q || (acc_ready_i && !(head_q && head_end_q))) && slopes_ready && table_ready;
  assign go = head_q && en && phase_q == '0 && (conv_q ? param_valid_i : vec_valid_i);
  assign head_last = !Parts || part_q || !head_two_q;
  assign go_last = go && head_last;

  assign acc_rd_en_o = enter && conv_q && !acc_zero_i;
  assign acc_rd_addr_o = acc_pair_i ? {1'b0, pixel[7:1]} : pixel;
  assign acc_free_o = go_last && conv_q && head_end_q;
  assign param_free_o = acc_free_o;
  assign vec_ready_o = head_q && en && phase_q == '0 && !conv_q && head_last;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q <= 1'b0;
      head_zero_q <= 1'b0;
      head_high_q <= 1'b0;
      head_end_q <= 1'b0;
      head_two_q <= 1'b0;
      part_q <= 1'b0;
      phase_q <= '0;
      more_q <= 1'b0;
    end else if (abort_i) begin
      head_q <= 1'b0;
      more_q <= 1'b0;
    end else if (start_i) begin
      more_q <= 1'b1;
      part_q <= 1'b0;
      phase_q <= '0;
    end else if (busy_q) begin
      if (en) phase_q <= (phase_q == passes_q) ? '0 : phase_q + 2'd1;
      if (go) part_q <= !head_last;
      if (go_last) head_q <= 1'b0;
      if (enter) begin
        head_q <= 1'b1;
        head_zero_q <= conv_q && acc_zero_i;
        head_high_q <= conv_q && acc_pair_i && pixel[0];
        head_end_q <= enter_end;
        head_two_q <= Parts && enter_lanes > 6'(Lanes);
        if (enter_last) more_q <= 1'b0;
      end
    end
  end

  // ---- Reads: operand, slopes, table ---------------------------------------------------------

  logic x_more_q;
  logic x_next;
  sram_addr_t x_addr;
  logic [15:0] x_channel;
  logic x_last;
  logic [5:0] x_cover;  // lanes that have an operand

  onpu_post_walk #(.V(V)) u_operand (
    .clk_i,
    .rst_ni,
    .start_i,
    .next_i(x_next),
    .out_h_i(cmd_i.out_h),
    .out_w_i(cmd_i.out_w),
    .out_c_i(cmd_i.out_c),
    .tile_h_i(cmd_i.tile_h),
    .tile_w_i(cmd_i.tile_w),
    .map_i(cmd_i.op2),
    .tile_bytes_i(cmd_i.tile_op2_bytes),
    .one_channel_i(x_one_q),
    .addr_o(x_addr),
    .channel_o(x_channel),
    .lanes_o(),
    .pixel_o(),
    .block_end_o(),
    .block_last_o(),
    .last_o(x_last)
  );

  always_comb begin
    if (x_one_q) x_cover = 6'(V);
    else if (x_channel >= x_channels_q) x_cover = '0;
    else if (x_channels_q - x_channel >= 16'(V)) x_cover = 6'(V);
    else x_cover = x_channels_q[5:0] - x_channel[5:0];
  end

  // The request, which is held until granted.  A vector that has no operand in any lane goes the
  // same way without a read, to keep the order.
  logic req_q, req_read_q;
  read_e req_kind_q;
  sram_addr_t req_addr_q;
  logic [5:0] req_cover_q;
  logic req_done, req_free;
  // Under way in SRAM: granted one and two cycles before
  logic [1:0] way_q;
  read_e way_kind0_q, way_kind1_q;
  logic [5:0] way_cover0_q, way_cover1_q;

  logic want_slopes, want_table, want_x;
  logic [3:0] x_credit_q;
  logic [5:0] table_left_q, table_due_q;
  logic [TableRowBits-1:0] table_row_q;  // next V bytes of the table to arrive
  sram_addr_t table_addr_q;
  sram_addr_t slope_addr_q;
  logic [15:0] slope_rest_q;
  logic slope_write_q, slope_sel_q;
  // Blocks whose slopes were asked for, or are there, and that have not entered completely; and
  // those that have not passed the slopes' stage completely.
  logic [1:0] slope_ahead_q, slope_there_q, slope_live_q;
  logic slope_retire;
  logic x_pop, x_push;

  assign req_done = req_q && (!req_read_q || op2_gnt_i);
  assign req_free = busy_q && (!req_q || req_done);
  assign want_slopes = prelu_q && more_q && slope_live_q != 2'd2 &&
      (slope_ahead_q == '0 || (slope_ahead_q == 2'd1 && !enter_block_last));
  assign want_table = table_left_q != '0;
  assign want_x = x_more_q && x_credit_q != '0;
  assign x_next = req_free && !want_slopes && !want_table && want_x;

  assign slopes_ready = !prelu_q || slope_there_q != '0;
  assign table_ready = table_due_q == '0;

  assign op2_req_o = req_q && req_read_q;
  assign op2_addr_o = req_addr_q;

  logic slope_push, slope_ask, slope_enter, table_push;
  assign x_push = way_q[1] && way_kind1_q == ReadOperand;
  assign slope_push = way_q[1] && way_kind1_q == ReadSlopes;
  assign table_push = way_q[1] && way_kind1_q == ReadTable;
  assign slope_ask = req_free && want_slopes;
  assign slope_enter = prelu_q && enter && enter_end;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      req_q <= 1'b0;
      req_read_q <= 1'b0;
      req_kind_q <= ReadOperand;
      req_addr_q <= '0;
      req_cover_q <= '0;
      way_q <= '0;
      way_kind0_q <= ReadOperand;
      way_kind1_q <= ReadOperand;
      way_cover0_q <= '0;
      way_cover1_q <= '0;
      x_more_q <= 1'b0;
      x_credit_q <= 4'(OperandDepth);
      table_left_q <= '0;
      table_due_q <= '0;
      table_row_q <= '0;
      table_addr_q <= '0;
      slope_addr_q <= '0;
      slope_rest_q <= '0;
      slope_write_q <= 1'b0;
      slope_sel_q <= 1'b0;
      slope_ahead_q <= '0;
      slope_there_q <= '0;
      slope_live_q <= '0;
    end else if (abort_i) begin
      req_q <= 1'b0;
      way_q <= '0;
      x_more_q <= 1'b0;
      table_left_q <= '0;
      table_due_q <= '0;
    end else if (start_i) begin
      req_q <= 1'b0;
      way_q <= '0;
      x_more_q <= cmd_i.post.op2_op[2:0] != Op2None;
      x_credit_q <= 4'(OperandDepth);
      if (cmd_i.post.act[1:0] == ActTable) begin
        table_left_q <= 6'(TableRows);
        table_due_q <= 6'(TableRows);
      end
      table_row_q <= '0;
      table_addr_q <= cmd_i.post.act_addr[SramAddrBits-1:0];
      slope_addr_q <= cmd_i.post.act_addr[SramAddrBits-1:0];
      slope_rest_q <= cmd_i.out_c;
      slope_write_q <= 1'b0;
      slope_sel_q <= 1'b0;
      slope_ahead_q <= '0;
      slope_there_q <= '0;
      slope_live_q <= '0;
    end else if (busy_q) begin
      way_q <= {way_q[0], req_done};
      way_kind0_q <= req_kind_q;
      way_kind1_q <= way_kind0_q;
      way_cover0_q <= req_cover_q;
      way_cover1_q <= way_cover0_q;
      if (req_free) begin
        req_q <= want_slopes || want_table || want_x;
        if (want_slopes) begin
          req_read_q <= 1'b1;
          req_kind_q <= ReadSlopes;
          req_addr_q <= slope_addr_q;
          if (slope_rest_q <= 16'(V)) begin
            slope_addr_q <= cmd_i.post.act_addr[SramAddrBits-1:0];
            slope_rest_q <= cmd_i.out_c;
          end else begin
            slope_addr_q <= slope_addr_q + SramAddrBits'(V);
            slope_rest_q <= slope_rest_q - 16'(V);
          end
        end else if (want_table) begin
          req_read_q <= 1'b1;
          req_kind_q <= ReadTable;
          req_addr_q <= table_addr_q;
          table_addr_q <= table_addr_q + SramAddrBits'(V);
          table_left_q <= table_left_q - 6'd1;
        end else if (want_x) begin
          req_read_q <= x_cover != '0;
          req_kind_q <= ReadOperand;
          req_addr_q <= x_addr;
          req_cover_q <= x_cover;
          if (x_last) x_more_q <= 1'b0;
        end
      end
      if (x_next != x_pop) x_credit_q <= x_pop ? x_credit_q + 4'd1 : x_credit_q - 4'd1;
      if (table_push) begin
        table_due_q <= table_due_q - 6'd1;
        table_row_q <= table_row_q + TableRowBits'(1);
      end
      if (slope_push) slope_write_q <= !slope_write_q;
      if (slope_retire) slope_sel_q <= !slope_sel_q;
      slope_ahead_q <= slope_ahead_q + {1'b0, slope_ask} - {1'b0, slope_enter};
      slope_there_q <= slope_there_q + {1'b0, slope_push} - {1'b0, slope_enter};
      slope_live_q <= slope_live_q + {1'b0, slope_ask} - {1'b0, slope_retire};
    end
  end

  // Operand vectors that have arrived
  logic [V-1:0][7:0] x_data_q[OperandDepth];
  logic [5:0] x_cover_q[OperandDepth];
  logic [2:0] x_wr_q, x_rd_q;
  logic [3:0] x_count_q;

  always_ff @(posedge clk_i) begin
    if (x_push) begin
      x_data_q[x_wr_q] <= x_one_q ? {V{op2_rdata_i[0]}} : op2_rdata_i;
      x_cover_q[x_wr_q] <= way_cover1_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      x_wr_q <= '0;
      x_rd_q <= '0;
      x_count_q <= '0;
    end else if (abort_i) begin
      x_count_q <= '0;
      x_wr_q <= x_rd_q;
    end else if (busy_q) begin
      if (x_push) x_wr_q <= x_wr_q + 3'd1;
      if (x_pop) x_rd_q <= x_rd_q + 3'd1;
      if (x_push != x_pop) x_count_q <= x_push ? x_count_q + 4'd1 : x_count_q - 4'd1;
    end
  end

  // ---- Where vectors are ---------------------------------------------------------------------
  // For each stage of onpu_post_lane: whether a part of a vector is there, in the shared ones for
  // which pass (op2, PRELU, or neither: stage 2), whether it is the vector's last part, and whether
  // also the last of its channel block.

  logic a_v_q, a_end_q, s_v_q, s_end_q, in_v_q, in_op_q, in_prelu_q, in_end_q;
  logic [6:0] m_v_q, m_op_q, m_prelu_q, m_end_q;
  logic x_v_q, x_end_q, y_v_q, y_op_q, y_end_q;
  logic [3:0] p_v_q, p_op_q, p_end_q;
  logic byte_v_q;
  logic a_last_q, s_last_q, in_last_q, x_last_q, y_last_q, byte_last_q;
  logic [6:0] m_last_q;
  logic [3:0] p_last_q;
  logic x_in_last, p_in_last, byte_in_last;
  // Which part of an operand, of slopes, of a result is next
  logic x_part_q, slope_part_q, byte_part_q;
  logic x_in, y_in, x_to_p, y_to_p, byte_in, scaled_in;
  logic active;
  logic out_full;

  assign scaled_in = go && !round_n_q;
  assign x_in = round_n_q ? s_v_q : m_v_q[6] && !m_op_q[6] && !m_prelu_q[6];
  assign y_in = m_v_q[6] && (m_op_q[6] || m_prelu_q[6]);
  assign x_to_p = x_v_q && (op_pass_q || prelu_q);
  assign y_to_p = y_v_q && y_op_q && prelu_q;
  assign byte_in = (x_v_q && !x_to_p) || (y_v_q && !y_to_p);

  assign stall_op2_o = x_in && op_q && x_count_q == '0;
  assign en = !(byte_v_q && out_full) && !stall_op2_o;
  assign x_in_last = round_n_q ? s_last_q : m_last_q[6];
  assign byte_in_last = (y_v_q && !y_to_p) ? y_last_q : x_last_q;
  assign p_in_last = y_to_p ? y_last_q : x_last_q;
  assign x_pop = en && x_in && op_q && x_in_last;
  assign slope_retire = en && ((x_to_p && !op_pass_q && x_end_q) || (y_to_p && y_end_q));
  assign active = go || a_v_q || s_v_q || in_v_q || m_v_q != '0 || x_v_q || y_v_q || p_v_q != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      a_v_q <= 1'b0;
      a_end_q <= 1'b0;
      s_v_q <= 1'b0;
      s_end_q <= 1'b0;
      in_v_q <= 1'b0;
      in_op_q <= 1'b0;
      in_prelu_q <= 1'b0;
      in_end_q <= 1'b0;
      m_v_q <= '0;
      m_op_q <= '0;
      m_prelu_q <= '0;
      m_end_q <= '0;
      x_v_q <= 1'b0;
      x_end_q <= 1'b0;
      y_v_q <= 1'b0;
      y_op_q <= 1'b0;
      y_end_q <= 1'b0;
      p_v_q <= '0;
      p_op_q <= '0;
      p_end_q <= '0;
      byte_v_q <= 1'b0;
      a_last_q <= 1'b1;
      s_last_q <= 1'b1;
      in_last_q <= 1'b1;
      m_last_q <= '1;
      x_last_q <= 1'b1;
      y_last_q <= 1'b1;
      p_last_q <= '1;
      byte_last_q <= 1'b1;
      x_part_q <= 1'b0;
      slope_part_q <= 1'b0;
      byte_part_q <= 1'b0;
    end else if (abort_i) begin
      a_v_q <= 1'b0;
      s_v_q <= 1'b0;
      in_v_q <= 1'b0;
      m_v_q <= '0;
      x_v_q <= 1'b0;
      y_v_q <= 1'b0;
      p_v_q <= '0;
      byte_v_q <= 1'b0;
      x_part_q <= 1'b0;
      slope_part_q <= 1'b0;
      byte_part_q <= 1'b0;
    end else if (busy_q && en) begin
      a_v_q <= go && round_n_q;
      a_end_q <= head_end_q && head_last;
      s_v_q <= a_v_q;
      s_end_q <= a_end_q;
      in_v_q <= scaled_in || p_v_q[3];
      in_op_q <= p_v_q[3] && p_op_q[3];
      in_prelu_q <= p_v_q[3] && !p_op_q[3];
      in_end_q <= p_v_q[3] ? p_end_q[3] : head_end_q && head_last;
      m_v_q <= {m_v_q[5:0], in_v_q};
      m_op_q <= {m_op_q[5:0], in_op_q};
      m_prelu_q <= {m_prelu_q[5:0], in_prelu_q};
      m_end_q <= {m_end_q[5:0], in_end_q};
      x_v_q <= x_in;
      x_end_q <= round_n_q ? s_end_q : m_end_q[6];
      y_v_q <= y_in;
      y_op_q <= m_op_q[6];
      y_end_q <= m_end_q[6];
      p_v_q <= {p_v_q[2:0], x_to_p || y_to_p};
      p_op_q <= {p_op_q[2:0], x_to_p && op_pass_q};
      p_end_q <= {p_end_q[2:0], y_to_p ? y_end_q : x_end_q};
      byte_v_q <= byte_in;
      a_last_q <= head_last;
      s_last_q <= a_last_q;
      in_last_q <= p_v_q[3] ? p_last_q[3] : head_last;
      m_last_q <= {m_last_q[5:0], in_last_q};
      x_last_q <= x_in_last;
      y_last_q <= m_last_q[6];
      p_last_q <= {p_last_q[2:0], p_in_last};
      byte_last_q <= byte_in_last;
      if (x_in && op_q) x_part_q <= !x_in_last;
      if (y_to_p || (x_to_p && !op_pass_q)) slope_part_q <= !p_in_last;
      if (byte_v_q) byte_part_q <= !byte_last_q;
    end
  end

  // ---- Lanes ---------------------------------------------------------------------------------

  logic signed [15:0] v_zero, v_min, v_max;
  logic [39:0] left_half;
  logic [1:0] slope_load;
  logic lane_en;
  logic [Lanes-1:0][7:0] bytes;
  logic [V-1:0][7:0] slope0_q, slope1_q, slopes;
  logic [V-1:0][31:0] acc;
  logic [V-1:0][7:0] x_head;
  logic [5:0] x_head_cover;

  // Of the pass that is in front of the clamp
  assign v_zero = m_op_q[5] ? zero_o_q : m_prelu_q[5] ? zero_a_q : zero_q;
  assign v_min = m_op_q[5] ? min_o_q : m_prelu_q[5] ? min_a_q : min_q;
  assign v_max = m_op_q[5] ? max_o_q : m_prelu_q[5] ? max_a_q : max_q;
  assign left_half = (40'd1 << left_k_q) >> 1;
  assign slope_load = slope_push ? {slope_write_q, !slope_write_q} : 2'b00;
  assign lane_en = en && active;
  assign x_head = x_data_q[x_rd_q];
  assign x_head_cover = x_cover_q[x_rd_q];

  always_ff @(posedge clk_i) begin
    if (slope_load[0]) slope0_q <= op2_rdata_i;
    if (slope_load[1]) slope1_q <= op2_rdata_i;
  end
  assign slopes = slope_sel_q ? slope1_q : slope0_q;

  for (genvar l = 0; l < V; l++) begin : gen_acc
    // In pairs an odd pixel is in the upper half of the lanes.
    if (l < V / 2) begin : gen_pair
      assign acc[l] = !conv_q ? vec_acc_i[l] : head_zero_q ? '0 :
          head_high_q ? acc_rd_data_i[l+V/2] : acc_rd_data_i[l];
    end else begin : gen_single
      assign acc[l] = !conv_q ? vec_acc_i[l] : head_zero_q ? '0 : acc_rd_data_i[l];
    end
  end

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    localparam int unsigned Second = l + V - Lanes;  // the element in the second part

    onpu_post_lane u_lane (
      .clk_i,
      .en_i(lane_en),
      .acc_load_i(go),
      .s_load_i(a_v_q),
      .m_load_i({m_v_q[5:0], in_v_q}),
      .x_load_i(x_in),
      .y_load_i(y_in),
      .p_load_i({p_v_q[2:0], x_to_p || y_to_p}),
      .in_load_i(p_v_q[3]),
      .byte_load_i(byte_in),
      .p_from_y_i(y_to_p),
      .byte_from_y_i(y_v_q && !y_to_p),
      .p_op0_i(op_pass_q),
      .p_op_i(p_op_q),
      .v_zero_i(v_zero),
      .v_min_i(v_min),
      .v_max_i(v_max),
      .round_n_i(round_n_q),
      .round_a_i(round_a_q),
      .acc_i(part_q ? acc[Second] : acc[l]),
      .bias_i(!per_channel_q ? bias_q : part_q ? bias_i[Second] : bias_i[l]),
      .mult_i(!per_channel_q ? mult_q : part_q ? mult_i[Second][30:0] : mult_i[l][30:0]),
      .shift_i(!per_channel_q ? shift_q : part_q ? shift_i[Second][5:0] : shift_i[l][5:0]),
      .zero_i(zero_q),
      .min_i(min_q),
      .max_i(max_q),
      .x_valid_i(x_head_cover > (x_part_q ? 6'(Second) : 6'(l))),
      .x_i(x_part_q ? x_head[Second] : x_head[l]),
      .x_unsigned_i(x_unsigned_q),
      .x_zero_i(x_zero_q),
      .extreme_i(extreme_q),
      .maximum_i(maximum_q),
      .scaled_i(scaled_q),
      .minus_v_i(minus_v_q),
      .minus_x_i(minus_x_q),
      .left_k_i(left_k_q),
      .left_half_i(left_half),
      .mult_v_i(mult_v_q),
      .mult_x_i(mult_x_q),
      .right_v_i(right_v_q),
      .right_x_i(right_x_q),
      .mult_o_i(mult_o_q),
      .shift_o_i(shift_o_q),
      .min_o_i(min_o_q),
      .max_o_i(max_o_q),
      .slope_i(slope_part_q ? slopes[Second] : slopes[l]),
      .slope_unsigned_i(slope_unsigned_q),
      .slope_zero_i(slope_zero_q),
      .act_zero_i(act_zero_q),
      .mult_p_i(mult_p_q),
      .mult_n_i(mult_n_q),
      .shift_p_i(shift_p_q),
      .shift_n_i(shift_n_q),
      .byte_o(bytes[l])
    );
  end

  // ---- Exit: table, queue of results ---------------------------------------------------------

  logic [7:0] table_data_q[256];
  logic [V-1:0][7:0] out_data_q[OutDepth];
  logic [V-1:0] out_strb_q[OutDepth];
  sram_addr_t out_addr_q[OutDepth];
  logic [OutDepth-1:0] out_last_q;
  logic [1:0] out_wr_q, out_rd_q;
  logic [2:0] out_count_q;
  logic out_part, out_push, out_pop;
  sram_addr_t leave_addr;
  logic [5:0] leave_lanes;
  logic leave_last;

  onpu_post_walk #(.V(V)) u_leave (
    .clk_i,
    .rst_ni,
    .start_i,
    .next_i(out_push),
    .out_h_i(cmd_i.out_h),
    .out_w_i(cmd_i.out_w),
    .out_c_i(cmd_i.out_c),
    .tile_h_i(cmd_i.tile_h),
    .tile_w_i(cmd_i.tile_w),
    .map_i(cmd_i.out),
    .tile_bytes_i(cmd_i.tile_out_bytes),
    .one_channel_i(1'b0),
    .addr_o(leave_addr),
    .channel_o(),
    .lanes_o(leave_lanes),
    .pixel_o(),
    .block_end_o(),
    .block_last_o(),
    .last_o(leave_last)
  );
  /* verilator lint_on PINCONNECTEMPTY */

  assign out_full = out_count_q == 3'(OutDepth);
  assign out_part = busy_q && en && byte_v_q;
  assign out_push = out_part && byte_last_q;
  assign out_pop = wr_req_o && wr_gnt_i;
  assign wr_req_o = out_count_q != '0;
  assign wr_addr_o = out_addr_q[out_rd_q];
  assign wr_strb_o = out_strb_q[out_rd_q];
  assign wr_data_o = out_data_q[out_rd_q];
  assign stall_write_o = wr_req_o && !wr_gnt_i;

  // The table is read in this process only, before it is assigned, so blocking assignments do.
  /* verilator lint_off BLKSEQ */
  always_ff @(posedge clk_i) begin
    if (out_push) begin
      out_addr_q[out_wr_q] <= leave_addr;
      for (int unsigned l = 0; l < V; l++) out_strb_q[out_wr_q][l] <= leave_lanes > 6'(l);
    end
    if (out_part) begin
      for (int unsigned l = 0; l < Lanes; l++) begin
        out_data_q[out_wr_q][byte_part_q ? l + V - Lanes : l] <=
            table_q ? table_data_q[bytes[l]] : bytes[l];
      end
    end
    if (scrub_i) begin
      for (int unsigned i = 0; i < 256; i++) table_data_q[i] = '0;
    end else if (table_push) begin
      for (int unsigned l = 0; l < V; l++) begin
        table_data_q[{table_row_q, l[$clog2(V)-1:0]}] = op2_rdata_i[l];
      end
    end
  end
  /* verilator lint_on BLKSEQ */

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      done_o <= 1'b0;
      out_wr_q <= '0;
      out_rd_q <= '0;
      out_count_q <= '0;
      out_last_q <= '0;
    end else if (abort_i) begin
      busy_q <= 1'b0;
      done_o <= 1'b0;
      out_count_q <= '0;
      out_wr_q <= out_rd_q;
    end else if (start_i) begin
      busy_q <= 1'b1;
      done_o <= 1'b0;
    end else if (busy_q) begin
      if (out_push) begin
        out_wr_q <= out_wr_q + 2'd1;
        out_last_q[out_wr_q] <= leave_last;
      end
      if (out_pop) begin
        out_rd_q <= out_rd_q + 2'd1;
        if (out_last_q[out_rd_q]) begin
          busy_q <= 1'b0;
          done_o <= 1'b1;
        end
      end
      if (out_push != out_pop) out_count_q <= out_push ? out_count_q + 3'd1 : out_count_q - 3'd1;
    end else begin
      done_o <= 1'b0;
    end
  end

  // ---- Assertions ----------------------------------------------------------------------------

`ifndef SYNTHESIS
  // Immediate ones: concurrent ones would sample the whole command in every cycle of a simulation.
  logic signed [16:0] check_high, check_low;
  logic wr_held_q, op2_held_q;
  sram_addr_t wr_held_addr_q, op2_held_addr_q;
  logic [V-1:0] wr_held_strb_q;
  logic [V-1:0][7:0] wr_held_data_q;

  assign check_high = {cmd_i.post.max[15], cmd_i.post.max} -
      {cmd_i.post.zero[15], cmd_i.post.zero};
  assign check_low = {cmd_i.post.min[15], cmd_i.post.min} -
      {cmd_i.post.zero[15], cmd_i.post.zero};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wr_held_q <= 1'b0;
      op2_held_q <= 1'b0;
      wr_held_addr_q <= '0;
      wr_held_strb_q <= '0;
      wr_held_data_q <= '0;
      op2_held_addr_q <= '0;
    end else begin
      if (start_i) begin
        assert (!busy_q) else $error("start of a command while one runs");
        if (start_op_pass) begin
          assert (check_high <= 17'sd255 && check_low >= -17'sd256)
          else $error("first operand does not fit 9 bits");
        end
        if (start_scaled) begin
          assert (cmd_i.post.shift_v <= 8'sd0 && cmd_i.post.shift_x <= 8'sd0 &&
                  cmd_i.post.left_shift <= 8'd22)
          else $error("operand rescale out of range");
        end
      end
      if (busy_q) begin
        if (x_push) begin
          assert (way_cover1_q == '0 || op2_rvalid_i) else $error("operand without data");
          assert (x_count_q != 4'(OperandDepth)) else $error("operand queue overflows");
        end
        if (slope_push || table_push) begin
          assert (op2_rvalid_i) else $error("slopes or table without data");
        end
        assert (!(enter && conv_q && acc_pair_i && enter_lanes > 6'(V / 2)))
        else $error("pairs of more than half of the lanes");
        assert (!(scaled_in && p_v_q[3])) else $error("passes meet before the multiplier");
        assert (!(x_to_p && y_to_p)) else $error("passes meet behind the multiplier");
      end
      wr_held_q <= wr_req_o && !wr_gnt_i && !abort_i;
      if (wr_held_q) begin
        assert (wr_req_o && wr_addr_o == wr_held_addr_q && wr_strb_o == wr_held_strb_q &&
                wr_data_o == wr_held_data_q)
        else $error("write request not held");
      end
      if (wr_req_o) begin
        wr_held_addr_q <= wr_addr_o;
        wr_held_strb_q <= wr_strb_o;
        wr_held_data_q <= wr_data_o;
      end
      op2_held_q <= op2_req_o && !op2_gnt_i && !abort_i;
      if (op2_held_q) begin
        assert (op2_req_o && op2_addr_o == op2_held_addr_q) else $error("read request not held");
      end
      if (op2_req_o) op2_held_addr_q <= op2_addr_o;
    end
  end
`endif

endmodule
