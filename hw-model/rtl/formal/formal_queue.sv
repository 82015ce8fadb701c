// SPDX-License-Identifier: MIT
//
// onpu_command_queue against a list: same order, nothing lost or made up, for ever, whoever pushes
// and pops when; and room for Depth commands and the one in the register.
module formal_queue #(
  parameter int unsigned Width = 2,
  parameter int unsigned Depth = 4
) (
  input logic clk_i,
  input logic clear_i,
  input logic push_i,
  input logic [Width-1:0] data_i,
  input logic pop_i
);

  logic started = 1'b0;
  logic ready, valid, empty;
  logic [Width-1:0] data;

  onpu_command_queue #(.Width(Width), .Depth(Depth)) u_queue (
    .clk_i,
    .rst_ni(started),
    .clear_i,
    .push_i,
    .data_i,
    .ready_o(ready),
    .valid_o(valid),
    .data_o(data),
    .pop_i(pop_i && valid),
    .empty_o(empty)
  );

  // The list: element 0 is the oldest.
  logic [Depth:0][Width-1:0] list_q;
  logic [$clog2(Depth)+1:0] count_q = '0, left;
  logic push, pop;
  assign push = push_i && ready;
  assign pop = pop_i && valid;
  assign left = count_q - ($clog2(Depth) + 2)'(pop);

  always_ff @(posedge clk_i) begin
    started <= 1'b1;
    if (!started || clear_i) begin
      count_q <= '0;
    end else begin
      count_q <= left + ($clog2(Depth) + 2)'(push);
      if (pop) list_q <= list_q >> Width;
      if (push) list_q[left] <= data_i;
    end
  end

  // A command needs a cycle in the memory, so that valid comes late, but not for ever.
  logic waited_q = 1'b0;
  always_ff @(posedge clk_i) waited_q <= started && !clear_i && count_q != '0 && !valid;

  always_ff @(posedge clk_i) begin
    if (started) begin
      assert (empty == (count_q == '0));
      assert (!valid || count_q != '0);
      assert (!valid || data == list_q[0]);
      assert (!(waited_q && count_q != '0 && !valid && !clear_i));
      assert (ready || count_q >= ($clog2(Depth) + 2)'(Depth));
      assert (count_q <= ($clog2(Depth) + 2)'(Depth + 1));
    end
  end

endmodule
