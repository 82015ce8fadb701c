// SPDX-License-Identifier: MIT

// Clock gate of the control core: a latch that is open while the clock is low, and an AND.  A
// technology's own cell replaces this module.
module onpu_control_clock_gate (
    input logic clk_i,
    input logic en_i,
    output logic clk_o
);

  logic en;

  always_latch begin
    if (!clk_i) en = en_i;
  end

  assign clk_o = clk_i & en;

endmodule
