// SPDX-License-Identifier: MIT
//
// Walks over the runs of a transfer on one side: n2 rows of n1 runs of `len` bytes.  Shows the
// address of the next byte and how many bytes the run still has; the user takes up to that many
// at once.  A load may coincide with the step that ends the walk before.

module onpu_dma_walk #(
  parameter int unsigned AddrBits = 20,
  parameter int unsigned LenBits = 21
) (
  input logic clk_i,
  input logic rst_ni,
  input logic clear_i,

  input logic load_i,
  input logic [AddrBits-1:0] addr_i,
  input logic [LenBits-1:0] len_i,
  input logic [15:0] n1_i,
  input logic [15:0] n2_i,
  input logic [AddrBits-1:0] stride1_i,
  input logic [AddrBits-1:0] stride2_i,
  input logic [AddrBits-1:0] ring_bytes_i,
  input logic [15:0] ring_i,
  input logic [15:0] row_i,

  output logic valid_o,
  output logic [AddrBits-1:0] addr_o,
  output logic [LenBits-1:0] left_o,
  output logic last_o,  // the run is the last one
  input logic step_i,
  input logic [9:0] bytes_i,  // at most left_o
  output logic ends_o  // with this step
);

  logic valid_q;
  logic [AddrBits-1:0] addr_q;
  logic [AddrBits-1:0] run_q;  // where the run began
  logic [AddrBits-1:0] row_addr_q;
  logic [LenBits-1:0] left_q;
  logic [15:0] runs_q;  // behind this one, in the row
  logic [15:0] rows_q;  // behind this one
  logic [15:0] ring_row_q;

  logic [LenBits-1:0] len_q;
  logic [15:0] n1_q;
  logic [AddrBits-1:0] stride1_q;
  logic [AddrBits-1:0] stride2_q;
  logic [AddrBits-1:0] ring_bytes_q;
  logic [15:0] ring_q;

  logic [LenBits-1:0] bytes;
  logic run_ends;
  logic [AddrBits-1:0] next_run;
  logic [AddrBits-1:0] next_row;
  logic wraps;

  assign bytes = {{(LenBits - 10) {1'b0}}, bytes_i};
  assign run_ends = left_q == bytes;
  assign last_o = runs_q == '0 && rows_q == '0;
  assign ends_o = step_i && run_ends && last_o;
  assign valid_o = valid_q;
  assign addr_o = addr_q;
  assign left_o = left_q;

  assign wraps = ring_q != '0 && ring_row_q == ring_q - 16'd1;
  assign next_run = run_q + stride1_q;
  assign next_row = row_addr_q + stride2_q - (wraps ? ring_bytes_q : '0);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (clear_i) valid_q <= 1'b0;
    else if (load_i) valid_q <= 1'b1;
    else if (ends_o) valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      addr_q <= addr_i;
      run_q <= addr_i;
      row_addr_q <= addr_i;
      left_q <= len_i;
      len_q <= len_i;
      runs_q <= n1_i - 16'd1;
      rows_q <= n2_i - 16'd1;
      n1_q <= n1_i - 16'd1;
      ring_row_q <= row_i;
      stride1_q <= stride1_i;
      stride2_q <= stride2_i;
      ring_bytes_q <= ring_bytes_i;
      ring_q <= ring_i;
    end else if (step_i) begin
      if (!run_ends) begin
        addr_q <= addr_q + {{(AddrBits - 10) {1'b0}}, bytes_i};
        left_q <= left_q - bytes;
      end else begin
        left_q <= len_q;
        if (runs_q != '0) begin
          runs_q <= runs_q - 16'd1;
          addr_q <= next_run;
          run_q <= next_run;
        end else begin
          runs_q <= n1_q;
          rows_q <= rows_q - 16'd1;
          addr_q <= next_row;
          run_q <= next_row;
          row_addr_q <= next_row;
          ring_row_q <= wraps ? '0 : ring_row_q + 16'd1;
        end
      end
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      step_i |-> valid_q && bytes != '0 && bytes <= left_q);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      load_i |-> !valid_q || ends_o || clear_i);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      load_i |-> len_i != '0 && n1_i != '0 && n2_i != '0);
`endif

endmodule
