// SPDX-License-Identifier: MIT
//
// One bank of the SRAM: a single-ported memory of Rows rows of V bytes, byte-enable writes, read
// data in the next cycle and held until the next read.  A memory macro replaces the body.

module onpu_sram_bank #(
  parameter int unsigned V = 16,
  parameter int unsigned Rows = 1024
) (
  input logic clk_i,

  input logic en_i,
  input logic we_i,
  input logic [$clog2(Rows)-1:0] row_i,
  input logic [V-1:0] strb_i,
  input logic [8*V-1:0] data_i,
  output logic [8*V-1:0] rdata_o
);

  logic [8*V-1:0] mem_q [Rows];
  logic [8*V-1:0] rdata_q;

  assign rdata_o = rdata_q;

`ifdef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (en_i && we_i) begin
      for (int unsigned i = 0; i < V; i++) begin
        if (strb_i[i]) mem_q[row_i][8*i+:8] <= data_i[8*i+:8];
      end
    end
    if (en_i && !we_i) rdata_q <= mem_q[row_i];
  end
`else
  function automatic logic [31:0] spread(logic [3:0] strb);
    return {{8{strb[3]}}, {8{strb[2]}}, {8{strb[1]}}, {8{strb[0]}}};
  endfunction

  // The same, several times as fast in simulation, for which synthesis does not find a memory: no
  // other process sees mem_q, so that it may change at once.
  // verilator lint_off BLKSEQ
  always_ff @(posedge clk_i) begin
    if (en_i) begin
      if (!we_i) rdata_q <= mem_q[row_i];
      else if (&strb_i) mem_q[row_i] = data_i;
      else begin
        for (int unsigned i = 0; i < V / 4; i++) begin
          mem_q[row_i][32*i+:32] = (mem_q[row_i][32*i+:32] & ~spread(strb_i[4*i+:4]))
                                 | (data_i[32*i+:32] & spread(strb_i[4*i+:4]));
        end
      end
    end
  end
  // verilator lint_on BLKSEQ
`endif

`ifdef ONPU_BACKDOOR
  // For tests: a row, behind the hardware's back.
  export "DPI-C" function onpu_sram_peek;
  export "DPI-C" function onpu_sram_poke;

  function automatic void onpu_sram_peek(input int row, output bit [8*V-1:0] data);
    data = mem_q[row[$clog2(Rows)-1:0]];
  endfunction

  function automatic void onpu_sram_poke(input int row, input bit [8*V-1:0] data);
    mem_q[row[$clog2(Rows)-1:0]] = data;
  endfunction
`endif

endmodule
