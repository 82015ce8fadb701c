// SPDX-License-Identifier: MIT
//
// onpu_command_engine: a command starts only when every engine has completed as many commands as it
// waits for, never under a hold, nor behind the command that failed; no more than four are in the
// ring; what runs and what has completed is what a counter says.  Counts of all engines are free.
// With Drops nothing runs any more behind a command that failed, what starts in that cycle included.
module formal_tokens #(
  parameter bit Drops = 1'b0
) (
  input logic clk_i,
  input logic clear_i,
  input logic set_i,
  input logic [31:0] set_count_i,
  input logic head_valid_i,
  input logic [31:0] head_offset_i,
  input logic head_profile_i,
  input logic [2:0][31:0] head_wait_i,
  input logic [2:0][31:0] completed_i,
  input logic hold_i,
  input logic stop_i,
  input logic [31:0] stop_offset_i,
  input logic ready_i,
  input logic done_i,
  input logic fault_i,
  input logic record_pop_i
);

  logic started = 1'b0;
  logic pop, valid, busy, record, records, done, fault;
  logic [31:0] completed, offset, record_offset;
  assign done = done_i && busy;
  assign fault = fault_i && busy && !done_i;

  onpu_command_engine #(.Drops(Drops)) u_engine (
    .clk_i,
    .rst_ni(started),
    .clear_i,
    .cycle_i('0),
    .set_i,
    .set_count_i,
    .completed_o(completed),
    .head_valid_i,
    .head_offset_i,
    .head_profile_i,
    .head_wait_i,
    .pop_o(pop),
    .completed_i,
    .hold_i,
    .stop_i,
    .stop_offset_i,
    .valid_o(valid),
    .ready_i,
    .done_i(done),
    .fault_i(fault),
    .busy_o(busy),
    .offset_o(offset),
    .record_o(record),
    .record_offset_o(record_offset),
    .record_start_o(),
    .record_end_o(),
    .record_pop_i(record_pop_i && record),
    .records_o(records)
  );

  // Commands in the ring, oldest first: offset, profile, completed.
  typedef struct packed {
    logic complete;
    logic failed;
    logic profile;
    logic [31:0] offset;
  } entry_t;
  entry_t [3:0] ring_q, ring;
  logic [2:0] count_q = '0, run_q = '0, count, first_run;
  logic [31:0] completed_q = '0;
  logic retire, drop;

  assign drop = fault && Drops;

  assign first_run = count_q - run_q;
  assign retire = count_q != '0 && first_run != '0 &&
      (!(ring_q[0].profile && !ring_q[0].failed) || record_pop_i);

  always_comb begin
    ring = ring_q;
    count = count_q;
    if (done || fault) begin
      ring[first_run[1:0]].complete = 1'b1;
      ring[first_run[1:0]].failed = fault;
    end
    if (drop) count = first_run + 3'd1;
    if (retire) begin
      ring = ring >> $bits(entry_t);
      count = count - 3'd1;
    end
    if (pop && !drop) begin
      ring[count[1:0]] = '{complete: 1'b0, failed: 1'b0, profile: head_profile_i, offset: head_offset_i};
      count = count + 3'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    started <= 1'b1;
    if (started) begin
      ring_q <= ring;
      count_q <= clear_i ? '0 : count;
      run_q <= clear_i || drop ? '0 : run_q + 3'(pop) - 3'(done || fault);
      if (set_i) completed_q <= set_count_i;
      else if (done) completed_q <= completed_q + 32'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (started) begin
      for (int unsigned e = 0; e < 3; e++) assert (!valid || head_wait_i[e] <= completed_i[e]);
      assert (!valid || head_valid_i);
      assert (!valid || !hold_i);
      assert (!valid || !stop_i || head_offset_i <= stop_offset_i);
      assert (pop == (valid && ready_i));
      // Nothing but that keeps a command back.
      assert (valid || !head_valid_i || hold_i || (stop_i && head_offset_i > stop_offset_i) || count_q == 3'd4 ||
              head_wait_i[0] > completed_i[0] || head_wait_i[1] > completed_i[1] ||
              head_wait_i[2] > completed_i[2]);
      assert (completed == completed_q);
      assert (count_q <= 3'd4 && run_q <= count_q);
      assert (busy == (run_q != '0));
      assert (!busy || offset == ring_q[first_run[1:0]].offset);
      assert (records == (count_q != '0));
      // Where the ring's places are: what makes all of this inductive.
      assert (u_engine.alloc_q == 3'(u_engine.retire_q + count_q));
      assert (u_engine.alloc_q == 3'(u_engine.done_q + run_q));
      for (int unsigned i = 0; i < 4; i++) begin
        if (3'(i) < count_q) begin
          assert (u_engine.offset_q[2'(u_engine.retire_q + 3'(i))] == ring_q[i].offset);
          assert (u_engine.profile_q[2'(u_engine.retire_q + 3'(i))] == (ring_q[i].profile && !ring_q[i].failed));
          assert (3'(i) < first_run || !ring_q[i].failed);
        end
      end
      // A record is of the oldest that has completed, and of none that failed.
      assert (record == (count_q != '0 && first_run != '0 && ring_q[0].profile && !ring_q[0].failed));
      assert (!record || record_offset == ring_q[0].offset);
    end
  end

endmodule
