// SPDX-License-Identifier: MIT
//
// Reads a piece of memory ahead: a job's stream, or a saved state.  Requests end at multiples of
// 256 bytes, up to four are outstanding, and each is made only when its beats have room in the
// FIFO, so that data are always taken.  What has been read comes out beat by beat.  After a request
// that failed nothing more is asked for, and what later requests deliver is thrown away.
module onpu_command_fetch #(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  input logic rst_ni,
  // Engine reset: forgets everything, the bus has dropped what was outstanding.
  input logic abort_i,

  // Only while idle.
  input logic start_i,
  input logic ctx0_i,
  input logic [31:0] va_i,  // a multiple of 4
  input logic [31:0] bytes_i,
  // Stops: no further requests, data are thrown away.
  input logic flush_i,
  output logic idle_o,  // nothing is outstanding

  output logic valid_o,
  output logic [V-1:0][7:0] beat_o,
  input logic pop_i,
  // All good beats have been taken, and the next one does not come.
  output logic fail_o,
  output logic fail_bus_o,
  output logic [31:0] fail_va_o,

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
  output logic rd_ready_o
);

  localparam int unsigned BlockBytes = 256;
  localparam int unsigned Beats = 1024 / V;
  localparam int unsigned BlockBeats = BlockBytes / V;
  localparam int unsigned BeatBits = $clog2(V);
  localparam int unsigned PtrBits = $clog2(Beats);
  localparam int unsigned Outstanding = 4;

  logic [31:0] va_q, left_q;
  logic ctx0_q, req_q;
  logic [31:0] req_va_q;
  logic [9:0] req_bytes_q;
  logic [2:0] outstanding_q;
  logic dead_q;  // what arrives is thrown away
  logic failed_q, fail_bus_q;
  logic [31:0] fail_va_q;

  logic [V-1:0][7:0] mem [Beats];
  logic [V-1:0][7:0] head_q;
  logic head_valid_q;
  logic [PtrBits-1:0] wptr_q, rptr_q;
  logic [PtrBits:0] count_q;  // in the memory
  logic [PtrBits:0] room_q;  // neither in the memory nor asked for

  // ---- requests ----------------------------------------------------------------------------

  logic [8:0] to_block;  // bytes to the next multiple of BlockBytes
  logic [8:0] size;
  // verilator lint_off UNUSEDSIGNAL
  logic [7:0] end_low;  // only its beat counts
  // verilator lint_on UNUSEDSIGNAL
  logic [7-BeatBits:0] end_beat;
  logic [PtrBits:0] beats;
  logic issue;

  assign to_block = 9'd256 - {1'b0, va_q[7:0]};
  assign size = left_q < {23'b0, to_block} ? left_q[8:0] : to_block;
  assign end_low = va_q[7:0] + size[7:0] - 8'd1;
  assign end_beat = end_low[7:BeatBits];
  // Of one block: the difference of beat numbers in it.
  assign beats = (PtrBits + 1)'(end_beat) - (PtrBits + 1)'(va_q[7:BeatBits]) +
      (PtrBits + 1)'(1);
  assign issue = left_q != '0 && !dead_q && !failed_q && (!req_q || rd_gnt_i) &&
      outstanding_q + 3'(req_q) < 3'(Outstanding) && room_q >= (PtrBits + 1)'(BlockBeats);

  assign rd_req_o = req_q;
  assign rd_ctx0_o = ctx0_q;
  assign rd_va_o = req_va_q;
  assign rd_bytes_o = req_bytes_q;
  assign rd_ready_o = 1'b1;
  assign idle_o = !req_q && outstanding_q == '0;

  logic refill, push;
  assign refill = count_q != '0 && (!head_valid_q || pop_i);
  assign push = rd_valid_i && !rd_err_i && !dead_q && !failed_q;

  assign valid_o = head_valid_q;
  assign beat_o = head_q;
  assign fail_o = failed_q && !head_valid_q && count_q == '0;
  assign fail_bus_o = fail_bus_q;
  assign fail_va_o = fail_va_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      va_q <= '0;
      left_q <= '0;
      ctx0_q <= 1'b0;
      req_q <= 1'b0;
      req_va_q <= '0;
      req_bytes_q <= '0;
      outstanding_q <= '0;
      dead_q <= 1'b0;
      failed_q <= 1'b0;
      fail_bus_q <= 1'b0;
      fail_va_q <= '0;
      head_valid_q <= 1'b0;
      wptr_q <= '0;
      rptr_q <= '0;
      count_q <= '0;
      room_q <= (PtrBits + 1)'(Beats);
    end else if (abort_i) begin
      left_q <= '0;
      req_q <= 1'b0;
      outstanding_q <= '0;
      head_valid_q <= 1'b0;
      count_q <= '0;
      failed_q <= 1'b0;
    end else if (start_i) begin
      va_q <= va_i;
      left_q <= bytes_i;
      ctx0_q <= ctx0_i;
      dead_q <= 1'b0;
      failed_q <= 1'b0;
      head_valid_q <= 1'b0;
      wptr_q <= '0;
      rptr_q <= '0;
      count_q <= '0;
      room_q <= (PtrBits + 1)'(Beats);
    end else begin
      if (issue) begin
        req_q <= 1'b1;
        req_va_q <= va_q;
        req_bytes_q <= {1'b0, size};
        va_q <= va_q + {23'b0, size};
        left_q <= left_q - {23'b0, size};
      end else if (rd_gnt_i) begin
        req_q <= 1'b0;
      end
      if ((req_q && rd_gnt_i) != (rd_valid_i && rd_last_i))
        outstanding_q <= rd_valid_i && rd_last_i ? outstanding_q - 3'd1 : outstanding_q + 3'd1;
      room_q <= room_q - (issue ? beats : '0) + (PtrBits + 1)'(refill);
      count_q <= count_q + (PtrBits + 1)'(push) - (PtrBits + 1)'(refill);
      if (push) begin
        mem[wptr_q] <= rd_data_i;
        wptr_q <= wptr_q + PtrBits'(1);
      end
      if (refill) begin
        head_q <= mem[rptr_q];
        rptr_q <= rptr_q + PtrBits'(1);
      end
      if (refill) head_valid_q <= 1'b1;
      else if (pop_i) head_valid_q <= 1'b0;
      if (rd_valid_i && rd_err_i && !dead_q && !failed_q) begin
        failed_q <= 1'b1;
        fail_bus_q <= rd_bus_i;
        fail_va_q <= rd_va_i;
      end
      if (flush_i) begin
        dead_q <= 1'b1;
        left_q <= '0;
        failed_q <= 1'b0;
        head_valid_q <= 1'b0;
        count_q <= '0;
      end
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) start_i |-> idle_o);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   rd_valid_i && !abort_i |-> outstanding_q != '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) pop_i |-> head_valid_q);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   push && !abort_i |-> count_q != (PtrBits + 1)'(Beats));
  assert property (@(posedge clk_i) disable iff (!rst_ni) rd_valid_i && rd_err_i |-> rd_last_i);
`endif

endmodule
