// SPDX-License-Identifier: MIT
//
// Queue of one engine's commands: a memory with one write and one read port, and behind it the
// oldest command in a register.
module onpu_command_queue #(
  parameter int unsigned Width = 32,
  parameter int unsigned Depth = 16  // a power of two; the register is not counted
) (
  input logic clk_i,
  input logic rst_ni,
  input logic clear_i,

  input logic push_i,
  input logic [Width-1:0] data_i,
  output logic ready_o,

  output logic valid_o,
  output logic [Width-1:0] data_o,
  input logic pop_i,

  output logic empty_o
);

  localparam int unsigned PtrBits = $clog2(Depth);

  logic [Width-1:0] mem [Depth];
  logic [Width-1:0] head_q;
  logic head_valid_q;
  logic [PtrBits-1:0] wptr_q, rptr_q;
  logic [PtrBits:0] count_q;
  logic push, refill;

  assign ready_o = !count_q[PtrBits];
  assign valid_o = head_valid_q;
  assign data_o = head_q;
  assign empty_o = !head_valid_q && count_q == '0;
  assign push = push_i && ready_o;
  assign refill = count_q != '0 && (!head_valid_q || pop_i);

  always_ff @(posedge clk_i) begin
    if (push) mem[wptr_q] <= data_i;
    if (refill) head_q <= mem[rptr_q];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_valid_q <= 1'b0;
      wptr_q <= '0;
      rptr_q <= '0;
      count_q <= '0;
    end else if (clear_i) begin
      head_valid_q <= 1'b0;
      wptr_q <= '0;
      rptr_q <= '0;
      count_q <= '0;
    end else begin
      if (push) wptr_q <= wptr_q + PtrBits'(1);
      if (refill) rptr_q <= rptr_q + PtrBits'(1);
      count_q <= count_q + (PtrBits + 1)'(push) - (PtrBits + 1)'(refill);
      if (refill) head_valid_q <= 1'b1;
      else if (pop_i) head_valid_q <= 1'b0;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) pop_i |-> head_valid_q);
`endif

endmodule
