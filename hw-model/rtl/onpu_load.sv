// SPDX-License-Identifier: MIT
//
// LOAD and FILL: external memory to SRAM.  The front end asks for data; what was asked for waits
// in a queue of requests, by which arriving beats are cut.  A beat in the register is written
// piece by piece: as many bytes as the beat and the run in SRAM both still have.  A piece keeps
// its place within the vector, the address is moved down instead: the SRAM port shifts.  After a
// fault all requests that are under way are swallowed before it is reported.

module onpu_load
  import onpu_pkg::*;
#(
  parameter int unsigned V = 16,
  parameter int unsigned Requests = 16  // that may be under way; a power of two
) (
  input logic clk_i,
  // Assertions look at the reset too.
  // verilator lint_off SYNCASYNCNET
  input logic rst_ni,
  // verilator lint_on SYNCASYNCNET
  input logic abort_i,

  input logic cmd_valid_i,
  input dma_t cmd_i,
  output logic cmd_ready_o,
  output logic done_o,
  output logic fault_o,
  output access_fault_t fault_info_o,
  output logic [9:0] bytes_o,  // moved, in the cycle before

  output logic rd_req_o,
  output logic rd_ctx0_o,
  output logic [31:0] rd_va_o,
  output logic [9:0] rd_bytes_o,
  input logic rd_gnt_i,
  input logic rd_valid_i,
  input logic [V-1:0][7:0] rd_data_i,
  input logic rd_last_i,
  input logic rd_err_i,
  input logic rd_bus_i,
  input logic [31:0] rd_va_i,
  output logic rd_ready_o,

  output logic ld_req_o,
  output sram_addr_t ld_addr_o,
  output logic [V-1:0] ld_strb_o,
  output logic [V-1:0][7:0] ld_data_o,
  input logic ld_gnt_i,

  output logic fill_req_o,
  output sram_addr_t fill_addr_o,
  output logic [4*V-1:0] fill_strb_o,
  output logic [7:0] fill_value_o,
  input logic fill_gnt_i
);

  localparam int unsigned Log = $clog2(V);
  localparam int unsigned Ptr = $clog2(Requests);

  logic drain_q;
  logic fault, fault_q;  // drained
  logic clear, stop;

  logic pending;
  logic run_valid, run_fill, ends, step;
  sram_addr_t run_addr;
  logic [SramAddrBits:0] run_left;
  logic [9:0] step_bytes;

  assign clear = abort_i || fault;
  // No command in the cycle of the report either: it comes too late to hold one back.
  assign stop = drain_q || fault_q;

  // ---- Requests under way ----

  logic [Log+9:0] queue_q[Requests];  // first byte within its beat, bytes
  logic [Ptr:0] wptr_q, rptr_q;
  logic push, pop, full, empty;
  logic [Log+9:0] head;

  assign full = wptr_q[Ptr-1:0] == rptr_q[Ptr-1:0] && wptr_q[Ptr] != rptr_q[Ptr];
  assign empty = wptr_q == rptr_q;
  assign push = rd_req_o && rd_gnt_i;
  assign head = queue_q[rptr_q[Ptr-1:0]];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wptr_q <= '0;
      rptr_q <= '0;
    end else if (abort_i) begin
      wptr_q <= '0;
      rptr_q <= '0;
    end else begin
      if (push) wptr_q <= wptr_q + 1'b1;
      if (pop) rptr_q <= rptr_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) queue_q[wptr_q[Ptr-1:0]] <= {rd_va_o[Log-1:0], rd_bytes_o};
  end

  logic unused_last;

  onpu_dma_front u_front (
    .clk_i,
    .rst_ni,
    .clear_i(clear),
    .stop_i(stop),
    .cmd_valid_i,
    .cmd_i,
    .cmd_ready_o,
    .space_i(!full),
    .req_o(rd_req_o),
    .ctx0_o(rd_ctx0_o),
    .va_o(rd_va_o),
    .bytes_o(rd_bytes_o),
    .last_o(unused_last),
    .gnt_i(rd_gnt_i),
    .pending_o(pending),
    .run_valid_o(run_valid),
    .run_fill_o(run_fill),
    .run_value_o(fill_value_o),
    .run_addr_o(run_addr),
    .run_left_o(run_left),
    .step_i(step),
    .step_bytes_i(step_bytes),
    .ends_o(ends)
  );

  // ---- Beats ----

  logic take;
  logic first_q;  // beat of a request
  logic [9:0] left_q;
  logic [9:0] left, first_room, room, count;

  logic beat_valid_q, beat_err_q;
  logic [V-1:0][7:0] beat_q;
  logic [Log-1:0] pos_q;  // of the next byte
  logic [Log:0] count_q;  // bytes from there on
  logic beat_ends, ld_done;
  access_fault_t info_q;

  assign left = first_q ? head[9:0] : left_q;
  assign first_room = V[9:0] - {{(10 - Log) {1'b0}}, head[Log+9:10]};
  assign room = first_q ? first_room : V[9:0];
  assign count = left < room ? left : room;

  assign ld_done = ld_req_o && ld_gnt_i;
  assign beat_ends = ld_done && step_bytes[Log:0] == count_q;
  assign rd_ready_o = drain_q || !beat_valid_q || beat_ends;
  assign take = rd_valid_i && rd_ready_o;
  assign pop = take && rd_last_i;
  assign fault = drain_q && empty && !pending;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beat_valid_q <= 1'b0;
      beat_err_q <= 1'b0;
      first_q <= 1'b1;
      drain_q <= 1'b0;
    end else if (clear) begin
      beat_valid_q <= 1'b0;
      beat_err_q <= 1'b0;
      first_q <= 1'b1;
      drain_q <= 1'b0;
    end else begin
      if (take) first_q <= rd_last_i;
      if (take && !drain_q) begin
        beat_valid_q <= 1'b1;
        beat_err_q <= rd_err_i;
      end else if (beat_ends) begin
        beat_valid_q <= 1'b0;
      end
      // Not before its command has come to the front: it is the command that fails.
      if (beat_valid_q && beat_err_q && run_valid && !run_fill) drain_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) left_q <= left - count;
    if (take && !drain_q) begin
      beat_q <= rd_data_i;
      pos_q <= first_q ? head[Log+9:10] : '0;
      count_q <= count[Log:0];
      if (rd_err_i) begin
        info_q.bus <= rd_bus_i;
        info_q.va <= rd_va_i;
      end
    end else if (ld_done) begin
      pos_q <= pos_q + step_bytes[Log-1:0];
      count_q <= count_q - step_bytes[Log:0];
    end
  end

  // ---- Writes ----

  logic [Log+2:0] fill_room, fill_count;
  logic [Log:0] ld_count;
  logic [V-1:0] ld_ones;
  logic [4*V-1:0] fill_ones;

  assign ld_req_o = beat_valid_q && !beat_err_q && run_valid && !run_fill && !drain_q;
  assign ld_count = run_left[SramAddrBits:Log+1] != '0 || run_left[Log:0] > count_q ?
      count_q : run_left[Log:0];
  assign ld_addr_o = run_addr - {{(SramAddrBits - Log) {1'b0}}, pos_q};
  assign ld_ones = ~({V{1'b1}} << ld_count);
  assign ld_strb_o = ld_ones << pos_q;
  assign ld_data_o = beat_q;

  assign fill_req_o = run_valid && run_fill && !drain_q;
  assign fill_room = {1'b1, {(Log + 2) {1'b0}}} - {3'b0, run_addr[Log-1:0]};
  assign fill_count = run_left[SramAddrBits:Log+3] != '0 || run_left[Log+2:0] > fill_room ?
      fill_room : run_left[Log+2:0];
  assign fill_addr_o = {run_addr[SramAddrBits-1:Log], {Log{1'b0}}};
  assign fill_ones = ~({(4 * V) {1'b1}} << fill_count);
  assign fill_strb_o = fill_ones << run_addr[Log-1:0];

  assign step = ld_done || (fill_req_o && fill_gnt_i);
  assign step_bytes = run_fill ? {{(7 - Log) {1'b0}}, fill_count} : {{(9 - Log) {1'b0}}, ld_count};

  // ---- Reports ----

  logic done_q;
  logic [9:0] bytes_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      done_q <= 1'b0;
      fault_q <= 1'b0;
      bytes_q <= '0;
    end else begin
      done_q <= ends && !abort_i;
      fault_q <= fault && !abort_i;
      bytes_q <= ld_done && !abort_i ? step_bytes : '0;
    end
  end

  assign done_o = done_q;
  assign fault_o = fault_q;
  assign fault_info_o = info_q;
  assign bytes_o = bytes_q;

  logic unused;
  assign unused = unused_last;

`ifndef SYNTHESIS
  // No data that were not asked for, and as many as were asked for, or less with an error at the end.
  assert property (@(posedge clk_i) disable iff (!rst_ni) rd_valid_i && !abort_i |-> !empty);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      rd_valid_i && !abort_i |->
      (rd_err_i ? rd_last_i : rd_last_i == (left == count)));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      ld_req_o && !ld_gnt_i && !abort_i |=> ld_req_o && $stable(ld_addr_o) && $stable(ld_strb_o) &&
      $stable(ld_data_o));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      fill_req_o && !fill_gnt_i && !abort_i |=> fill_req_o && $stable(fill_addr_o) &&
      $stable(fill_strb_o) && $stable(fill_value_o));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      rd_valid_i && !rd_ready_o && !abort_i |=> rd_valid_i && $stable(rd_data_i) &&
      $stable(rd_last_i) && $stable(rd_err_i));
`endif

endmodule
