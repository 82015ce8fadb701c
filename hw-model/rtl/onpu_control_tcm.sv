// SPDX-License-Identifier: MIT

// Memory of the control core, for instructions and data: 32-bit words, two ports, read data one
// cycle later.  Port a only reads (instruction fetch); port b reads or writes bytes.
module onpu_control_tcm #(
    parameter int unsigned Words = 16384
) (
    input logic clk_i,
    input logic a_req_i,
    input logic [$clog2(Words)-1:0] a_addr_i,
    output logic [31:0] a_rdata_o,
    input logic b_req_i,
    input logic b_we_i,
    input logic [$clog2(Words)-1:0] b_addr_i,
    input logic [3:0] b_be_i,
    input logic [31:0] b_wdata_i,
    output logic [31:0] b_rdata_o
);

  logic [31:0] mem[Words];

  always_ff @(posedge clk_i) begin
    if (a_req_i) a_rdata_o <= mem[a_addr_i];
  end

  always_ff @(posedge clk_i) begin
    if (b_req_i) begin
      if (b_we_i) begin
        if (b_be_i[0]) mem[b_addr_i][7:0] <= b_wdata_i[7:0];
        if (b_be_i[1]) mem[b_addr_i][15:8] <= b_wdata_i[15:8];
        if (b_be_i[2]) mem[b_addr_i][23:16] <= b_wdata_i[23:16];
        if (b_be_i[3]) mem[b_addr_i][31:24] <= b_wdata_i[31:24];
      end else begin
        b_rdata_o <= mem[b_addr_i];
      end
    end
  end

endmodule
