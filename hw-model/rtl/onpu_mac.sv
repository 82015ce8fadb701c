// SPDX-License-Identifier: MIT
//
// The MAC array with what feeds it: onpu_feeder asks the SRAM for windows, onpu_array multiplies
// them.  Only wires.

module onpu_mac #(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  input logic rst_ni,

  input logic start_i,
  input logic abort_i,
  input onpu_pkg::compute_t cmd_i,
  output logic done_o,  // pulse: the last accumulators are complete

  input logic step_valid_i,
  input onpu_pkg::step_t step_i,
  output logic step_ready_o,

  // Weights into slots, in ring order, slot 0 first after start_i.
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
  output logic slot_free_o,  // pulse: the oldest slot has been taken over

  output logic win_req_o,
  output logic [3:0] win_valid_o,
  output onpu_pkg::sram_addr_t [3:0] win_addr_o,
  input logic win_gnt_i,
  input logic win_rvalid_i,
  input logic [3:0][V-1:0][7:0] win_rdata_i,

  // The oldest complete accumulator bank.
  output logic acc_ready_o,
  output logic acc_zero_o,  // it is all zero; what it holds is not
  output logic acc_pair_o,  // made in pairs
  input logic acc_rd_en_i,
  input logic [7:0] acc_rd_addr_i,
  output logic [V-1:0][31:0] acc_rd_data_o,
  input logic acc_free_i,

  input logic scrub_i,
  output logic scrub_busy_o,

  output logic stall_weights_o,
  output logic stall_acc_o,
  output logic stall_bank_o,
  output logic active_o,
  output onpu_isa_pkg::block_e active_mode_o,
  output logic active_pair_o
);

  logic issue, issue_fire, issue_load, issue_pair, issue_bank, issue_first, issue_last;
  onpu_isa_pkg::block_e issue_mode;
  logic [2:0] issue_rows;
  logic [5:0] issue_entry;
  logic [7:0] issue_acc;
  logic array_busy, array_last, array_bank, acc_bank;

  assign active_mode_o = issue_mode;
  assign active_pair_o = issue_pair;

  onpu_feeder #(
    .V(V)
  ) u_feeder (
    .clk_i,
    .rst_ni,
    .start_i,
    .abort_i,
    .cmd_i,
    .done_o,
    .step_valid_i,
    .step_i,
    .step_ready_o,
    .win_req_o,
    .win_valid_o,
    .win_addr_o,
    .win_gnt_i,
    .issue_o(issue),
    .issue_fire_o(issue_fire),
    .issue_load_o(issue_load),
    .issue_mode_o(issue_mode),
    .issue_pair_o(issue_pair),
    .issue_rows_o(issue_rows),
    .issue_entry_o(issue_entry),
    .issue_bank_o(issue_bank),
    .issue_acc_o(issue_acc),
    .issue_first_o(issue_first),
    .issue_last_o(issue_last),
    .array_busy_i(array_busy),
    .array_last_i(array_last),
    .array_bank_i(array_bank),
    .acc_ready_o,
    .acc_zero_o,
    .acc_pair_o,
    .acc_bank_o(acc_bank),
    .acc_free_i,
    .stall_weights_o,
    .stall_acc_o,
    .stall_bank_o,
    .active_o
  );

  onpu_array #(
    .V(V)
  ) u_array (
    .clk_i,
    .rst_ni,
    .start_i,
    .abort_i,
    .depthwise_i(cmd_i.opcode == onpu_isa_pkg::OpcodeDwconv),
    .in_unsigned_i(cmd_i.in_unsigned),
    .w_clear_i,
    .w_clear_slot_i,
    .w_row_valid_i,
    .w_row_slot_i,
    .w_row_lane_i,
    .w_row_value_i,
    .w_sel_valid_i,
    .w_sel_slot_i,
    .w_sel_lane_i,
    .w_sel_value_i,
    .w_tap_valid_i,
    .w_tap_slot_i,
    .w_tap_i,
    .w_tap_value_i,
    .slot_free_o,
    .issue_i(issue),
    .issue_fire_i(issue_fire),
    .issue_load_i(issue_load),
    .issue_mode_i(issue_mode),
    .issue_pair_i(issue_pair),
    .issue_rows_i(issue_rows),
    .issue_entry_i(issue_entry),
    .issue_bank_i(issue_bank),
    .issue_acc_i(issue_acc),
    .issue_first_i(issue_first),
    .issue_last_i(issue_last),
    .busy_o(array_busy),
    .last_o(array_last),
    .last_bank_o(array_bank),
    .win_rvalid_i,
    .win_rdata_i,
    .acc_bank_i(acc_bank),
    .acc_rd_en_i,
    .acc_rd_addr_i,
    .acc_rd_data_o,
    .scrub_i,
    .scrub_busy_o
  );

endmodule
