// SPDX-License-Identifier: MIT
//
// Compute engine: takes checked commands in order and runs each on the weight decoder, the MAC array
// and the post-processor (CONV, DWCONV), or on the vector reader and the post-processor (ELTWISE,
// POOL, RESIZE).  A command is prepared while its predecessor runs.

module onpu_compute
  import onpu_isa_pkg::*;
  import onpu_pkg::*;
#(
  parameter int unsigned V = 16
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic abort_i,

  input  logic                   cmd_valid_i,
  input  logic [MaxWords*32-1:0] cmd_i,
  output logic                   cmd_ready_o,
  output logic                   done_o,
  output logic                   fault_o,
  output logic [7:0]             fault_code_o,
  output logic                   busy_o,

  // SRAM
  output logic                   win_req_o,
  output logic [3:0]             win_valid_o,
  output sram_addr_t [3:0]       win_addr_o,
  input  logic                   win_gnt_i,
  input  logic                   win_rvalid_i,
  input  logic [3:0][V-1:0][7:0] win_rdata_i,
  output logic                   op2_req_o,
  output sram_addr_t             op2_addr_o,
  input  logic                   op2_gnt_i,
  input  logic                   op2_rvalid_i,
  input  logic [V-1:0][7:0]      op2_rdata_i,
  output logic                   wr_req_o,
  output sram_addr_t             wr_addr_o,
  output logic [V-1:0]           wr_strb_o,
  output logic [V-1:0][7:0]      wr_data_o,
  input  logic                   wr_gnt_i,
  output logic                   dec_req_o,
  output sram_addr_t             dec_addr_o,
  input  logic                   dec_gnt_i,
  input  logic                   dec_rvalid_i,
  input  logic [2*V-1:0][7:0]    dec_rdata_i,

  input  logic scrub_i,
  output logic scrub_busy_o,

  // One bit a cycle, for profiles.
  output logic evt_active_o,
  output logic evt_stall_weights_o,
  output logic evt_stall_acc_o,
  output logic evt_stall_bank_o,
  output logic evt_stall_write_o,
  output logic evt_stall_op2_o,
  output logic [2:0] evt_mode_o,
  output logic evt_block_o,
  output logic [1:0] evt_block_mode_o
);

  logic prepared, take;
  compute_t next, cmd_q;

  onpu_prepare u_prepare (
    .clk_i,
    .rst_ni,
    .abort_i,
    .cmd_valid_i,
    .cmd_i,
    .cmd_ready_o,
    .valid_o(prepared),
    .compute_o(next),
    .ready_i(take)
  );

  // ---- one command at a time ------------------------------------------------------------------

  logic running_q, start_q;
  // A fault found in the stream's or the table's bytes stops everything a cycle later.
  logic flush, bad_weights, bad_table, bad_weights_q, bad_table_q;
  logic dec_done, mac_done, vec_done, post_done;
  logic dec_done_q, src_done_q, post_done_q;
  logic conv_op;

  assign conv_op = cmd_q.opcode == OpcodeConv || cmd_q.opcode == OpcodeDwconv;
  assign take = prepared && !running_q && !start_q && !scrub_busy_o;
  assign flush = abort_i || bad_weights_q || bad_table_q;
  assign busy_o = running_q;
  assign done_o = running_q && !flush && !bad_weights && !bad_table && (post_done || post_done_q) &&
      (mac_done || vec_done || src_done_q) && (dec_done || dec_done_q || !conv_op);
  assign fault_o = (bad_weights_q || bad_table_q) && !abort_i;
  assign fault_code_o = bad_weights_q ? FaultBadWeights : FaultField;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bad_weights_q <= 1'b0;
      bad_table_q <= 1'b0;
      running_q <= 1'b0;
      start_q <= 1'b0;
      dec_done_q <= 1'b0;
      src_done_q <= 1'b0;
      post_done_q <= 1'b0;
    end else if (flush) begin
      bad_weights_q <= 1'b0;
      bad_table_q <= 1'b0;
      running_q <= 1'b0;
      start_q <= 1'b0;
    end else begin
      start_q <= take;
      bad_weights_q <= bad_weights;
      bad_table_q <= bad_table;
      if (take) begin
        running_q <= 1'b1;
        dec_done_q <= 1'b0;
        src_done_q <= 1'b0;
        post_done_q <= 1'b0;
      end else begin
        if (dec_done) dec_done_q <= 1'b1;
        if (mac_done || vec_done) src_done_q <= 1'b1;
        if (post_done) post_done_q <= 1'b1;
        if (done_o) running_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      cmd_q <= next;
    end
  end

  // ---- engines --------------------------------------------------------------------------------

  logic param_valid, param_free, step_valid, step_ready, slot_free;
  step_t step;
  logic [V-1:0][31:0] bias, mult;
  logic [V-1:0][7:0] shift;
  logic [1:0] w_row_valid;
  logic [1:0][1:0] w_row_slot;
  logic [1:0][5:0] w_row_lane;
  logic [1:0][V-1:0][8:0] w_row_value;
  logic [3:0] w_sel_valid;
  logic [3:0][1:0] w_sel_slot;
  logic [3:0][5:0] w_sel_lane;
  logic [3:0][V-1:0][3:0] w_sel_value;
  logic w_clear, w_tap_valid;
  logic [1:0] w_clear_slot, w_tap_slot;
  logic [5:0] w_tap;
  logic [V-1:0][8:0] w_tap_value;

  logic weights_req, table_req;
  sram_addr_t weights_addr, table_addr;

  onpu_decoder #(.V(V)) u_decoder (
    .clk_i,
    .rst_ni,
    .start_i(start_q && conv_op),
    .abort_i(flush),
    .cmd_i(cmd_q),
    .done_o(dec_done),
    .fault_o(bad_weights),
    .dec_req_o(weights_req),
    .dec_addr_o(weights_addr),
    .dec_gnt_i(dec_gnt_i && conv_op),
    .dec_rvalid_i(dec_rvalid_i && conv_op),
    .dec_rdata_i,
    .param_valid_o(param_valid),
    .bias_o(bias),
    .mult_o(mult),
    .shift_o(shift),
    .param_free_i(param_free),
    .step_valid_o(step_valid),
    .step_o(step),
    .step_ready_i(step_ready),
    .w_row_valid_o(w_row_valid),
    .w_row_slot_o(w_row_slot),
    .w_row_lane_o(w_row_lane),
    .w_row_value_o(w_row_value),
    .w_sel_valid_o(w_sel_valid),
    .w_sel_slot_o(w_sel_slot),
    .w_sel_lane_o(w_sel_lane),
    .w_sel_value_o(w_sel_value),
    .w_clear_o(w_clear),
    .w_clear_slot_o(w_clear_slot),
    .w_tap_valid_o(w_tap_valid),
    .w_tap_slot_o(w_tap_slot),
    .w_tap_o(w_tap),
    .w_tap_value_o(w_tap_value),
    .slot_free_i(slot_free),
    .block_o(evt_block_o),
    .block_mode_o(evt_block_mode_o)
  );

  logic acc_ready, acc_zero, acc_pair, acc_rd_en, acc_free;
  logic [7:0] acc_rd_addr;
  logic [V-1:0][31:0] acc_rd_data;
  logic mac_win_req, vec_win_req;
  logic [3:0] mac_win_valid, vec_win_valid;
  sram_addr_t [3:0] mac_win_addr, vec_win_addr;
  logic mac_stall_acc, mac_stall_bank, vec_stall_bank, mac_active, mac_pair;
  block_e mac_mode;

  onpu_mac #(.V(V)) u_mac (
    .clk_i,
    .rst_ni,
    .start_i(start_q && conv_op),
    .abort_i(flush),
    .cmd_i(cmd_q),
    .done_o(mac_done),
    .step_valid_i(step_valid),
    .step_i(step),
    .step_ready_o(step_ready),
    .w_row_valid_i(w_row_valid),
    .w_row_slot_i(w_row_slot),
    .w_row_lane_i(w_row_lane),
    .w_row_value_i(w_row_value),
    .w_sel_valid_i(w_sel_valid),
    .w_sel_slot_i(w_sel_slot),
    .w_sel_lane_i(w_sel_lane),
    .w_sel_value_i(w_sel_value),
    .w_clear_i(w_clear),
    .w_clear_slot_i(w_clear_slot),
    .w_tap_valid_i(w_tap_valid),
    .w_tap_slot_i(w_tap_slot),
    .w_tap_i(w_tap),
    .w_tap_value_i(w_tap_value),
    .slot_free_o(slot_free),
    .win_req_o(mac_win_req),
    .win_valid_o(mac_win_valid),
    .win_addr_o(mac_win_addr),
    .win_gnt_i(win_gnt_i && conv_op),
    .win_rvalid_i(win_rvalid_i && conv_op),
    .win_rdata_i,
    .acc_ready_o(acc_ready),
    .acc_zero_o(acc_zero),
    .acc_pair_o(acc_pair),
    .acc_rd_en_i(acc_rd_en),
    .acc_rd_addr_i(acc_rd_addr),
    .acc_rd_data_o(acc_rd_data),
    .acc_free_i(acc_free),
    .scrub_i,
    .scrub_busy_o,
    .stall_weights_o(evt_stall_weights_o),
    .stall_acc_o(mac_stall_acc),
    .stall_bank_o(mac_stall_bank),
    .active_o(mac_active),
    .active_mode_o(mac_mode),
    .active_pair_o(mac_pair)
  );

  logic vec_valid, vec_ready;
  logic [V-1:0][31:0] vec_acc;

  onpu_vector #(.V(V)) u_vector (
    .clk_i,
    .rst_ni,
    .start_i(start_q && !conv_op),
    .abort_i(flush),
    .cmd_i(cmd_q),
    .done_o(vec_done),
    .fault_o(bad_table),
    .win_req_o(vec_win_req),
    .win_valid_o(vec_win_valid),
    .win_addr_o(vec_win_addr),
    .win_gnt_i(win_gnt_i && !conv_op),
    .win_rvalid_i(win_rvalid_i && !conv_op),
    .win_rdata_i,
    .dec_req_o(table_req),
    .dec_addr_o(table_addr),
    .dec_gnt_i(dec_gnt_i && !conv_op),
    .dec_rvalid_i(dec_rvalid_i && !conv_op),
    .dec_rdata_i,
    .vec_valid_o(vec_valid),
    .vec_acc_o(vec_acc),
    .vec_ready_i(vec_ready),
    .stall_bank_o(vec_stall_bank)
  );

  // What a read is for.
  assign evt_active_o = conv_op ? mac_active : vec_win_req && win_gnt_i;
  always_comb begin
    if (!conv_op) evt_mode_o = 3'd6;
    else if (cmd_q.opcode == OpcodeDwconv) evt_mode_o = 3'd5;
    else if (mac_pair) evt_mode_o = 3'd4;
    else evt_mode_o = {1'b0, mac_mode};
  end

  assign win_req_o = conv_op ? mac_win_req : vec_win_req;
  assign win_valid_o = conv_op ? mac_win_valid : vec_win_valid;
  assign win_addr_o = conv_op ? mac_win_addr : vec_win_addr;
  assign dec_req_o = conv_op ? weights_req : table_req;
  assign dec_addr_o = conv_op ? weights_addr : table_addr;
  // The post-processor is behind: no accumulators are free, or the vector reader's queue is full.
  assign evt_stall_acc_o = conv_op ? mac_stall_acc : vec_valid && !vec_ready && !vec_win_req;
  assign evt_stall_bank_o = conv_op ? mac_stall_bank : vec_stall_bank;

  onpu_post #(.V(V)) u_post (
    .clk_i,
    .rst_ni,
    .start_i(start_q),
    .abort_i(flush),
    .cmd_i(cmd_q),
    .done_o(post_done),
    .acc_ready_i(acc_ready),
    .acc_zero_i(acc_zero),
    .acc_pair_i(acc_pair),
    .acc_rd_en_o(acc_rd_en),
    .acc_rd_addr_o(acc_rd_addr),
    .acc_rd_data_i(acc_rd_data),
    .acc_free_o(acc_free),
    .param_valid_i(param_valid),
    .bias_i(bias),
    .mult_i(mult),
    .shift_i(shift),
    .param_free_o(param_free),
    .vec_valid_i(vec_valid),
    .vec_acc_i(vec_acc),
    .vec_ready_o(vec_ready),
    .op2_req_o,
    .op2_addr_o,
    .op2_gnt_i,
    .op2_rvalid_i,
    .op2_rdata_i,
    .wr_req_o,
    .wr_addr_o,
    .wr_strb_o,
    .wr_data_o,
    .wr_gnt_i,
    .stall_write_o(evt_stall_write_o),
    .stall_op2_o(evt_stall_op2_o),
    .scrub_i
  );

endmodule
