// SPDX-License-Identifier: MIT
//
// One engine as the command processor sees it: tokens decide when the head of its queue may start,
// started commands stand in a ring until they have completed and, with PROFILE, their trace record
// has been taken.  The ring has four places; an engine completes in order.  Loads and stores drop
// what they hold behind a command that fails, and say nothing more of it.
module onpu_command_engine #(
  parameter bit Drops = 1'b0
) (
  input logic clk_i,
  input logic rst_ni,
  input logic clear_i,  // no command stands here any more; counts stay
  input logic [63:0] cycle_i,

  // Commands that have completed since the job began.
  input logic set_i,
  input logic [31:0] set_count_i,
  output logic [31:0] completed_o,

  // Head of the queue.
  input logic head_valid_i,
  input logic [31:0] head_offset_i,
  input logic head_profile_i,
  input logic [2:0][31:0] head_wait_i,
  output logic pop_o,
  input logic [2:0][31:0] completed_i,  // of all engines

  // Nothing starts; or nothing behind the command at stop_offset_i.
  input logic hold_i,
  input logic stop_i,
  input logic [31:0] stop_offset_i,

  // The engine.  An offer that was not taken may be withdrawn.
  output logic valid_o,
  input logic ready_i,
  input logic done_i,
  input logic fault_i,

  output logic busy_o,  // a command runs
  output logic [31:0] offset_o,  // of the oldest that runs

  output logic record_o,
  output logic [31:0] record_offset_o,
  output logic [63:0] record_start_o,
  output logic [63:0] record_end_o,
  input logic record_pop_i,
  output logic records_o  // records stand here, or may come
);

  logic [31:0] offset_q [4];
  logic [63:0] start_q [4];
  logic [63:0] end_q [4];
  logic [3:0] profile_q;
  logic [2:0] alloc_q, done_q, retire_q;
  logic [31:0] completed_q;
  logic tokens, stopped, full, retired, finish;

  assign tokens = head_wait_i[0] <= completed_i[0] && head_wait_i[1] <= completed_i[1] &&
      head_wait_i[2] <= completed_i[2];
  assign stopped = hold_i || (stop_i && head_offset_i > stop_offset_i);
  assign full = alloc_q == {!retire_q[2], retire_q[1:0]};
  assign valid_o = head_valid_i && tokens && !stopped && !full;
  assign pop_o = valid_o && ready_i;
  assign finish = done_i || fault_i;

  assign completed_o = completed_q;
  assign busy_o = alloc_q != done_q;
  assign offset_o = offset_q[done_q[1:0]];

  assign record_o = retire_q != done_q && profile_q[retire_q[1:0]];
  assign record_offset_o = offset_q[retire_q[1:0]];
  assign record_start_o = start_q[retire_q[1:0]];
  assign record_end_o = end_q[retire_q[1:0]];
  assign records_o = alloc_q != retire_q;
  assign retired = retire_q != done_q && (!profile_q[retire_q[1:0]] || record_pop_i);

  always_ff @(posedge clk_i) begin
    if (pop_o) begin
      offset_q[alloc_q[1:0]] <= head_offset_i;
      start_q[alloc_q[1:0]] <= cycle_i;
    end
    if (finish) end_q[done_q[1:0]] <= cycle_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      alloc_q <= '0;
      done_q <= '0;
      retire_q <= '0;
      profile_q <= '0;
      completed_q <= '0;
    end else begin
      if (set_i) completed_q <= set_count_i;
      else if (done_i) completed_q <= completed_q + 32'd1;
      if (pop_o) profile_q[alloc_q[1:0]] <= head_profile_i;
      // A command that failed leaves no record.
      if (fault_i) profile_q[done_q[1:0]] <= 1'b0;
      if (clear_i) begin
        alloc_q <= '0;
        done_q <= '0;
        retire_q <= '0;
      end else begin
        if (fault_i && Drops) alloc_q <= done_q + 3'd1;
        else if (pop_o) alloc_q <= alloc_q + 3'd1;
        if (finish) done_q <= done_q + 3'd1;
        if (retired) retire_q <= retire_q + 3'd1;
      end
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) finish && !clear_i |-> busy_o);
  assert property (@(posedge clk_i) disable iff (!rst_ni) !(done_i && fault_i));
`endif

endmodule
