// SPDX-License-Identifier: MIT

// Rescale D or A of the command manual ("Integers"), one lane, in six pipeline stages with one
// 32 x 31 multiplier.  Both are floor((p + c) >> k) of the exact product p: half away from zero is
// c = 2^(k-1), less 1 where p's factor is negative.  D shifts its input left before the product
// and has a second rounding right shift behind the fixed one by 31; A has one shift by 31 - s,
// split in the same two places, with its rounding constant before the first, and saturates.
// Stage i takes its input where load_i[i] is 1, so a stall is load_i = 0.
module onpu_rescale (
  input logic clk_i,
  input logic [5:0] load_i,
  input logic single_i,  // A, else D
  input logic signed [31:0] x_i,
  input logic [30:0] mult_i,
  input logic signed [5:0] shift_i,  // -31 to 30
  output logic signed [31:0] y_o
);

  // 0: left shift of D
  logic signed [31:0] x0;
  logic [30:0] mult0;
  logic signed [5:0] shift0;
  logic single0;
  // 1: product, in two halves of the multiplier
  logic signed [47:0] low1;
  logic signed [47:0] high1;
  logic signed [5:0] shift1;
  logic single1;
  logic negative1;
  // 2: first rounding
  logic signed [63:0] sum2;
  logic signed [5:0] shift2;
  logic single2;
  // 3: first right shift, saturation
  logic signed [32:0] t3;
  logic [4:0] right3;
  logic single3;
  // 4: second rounding
  logic signed [32:0] t4;
  logic [4:0] right4;

  // Only for one evaluation of the process
  logic [5:0] exponent;
  logic [63:0] ones;
  logic one;
  logic signed [63:0] t;
  logic [4:0] left;

  // Last stage first with blocking assignments: each stage reads what the one before it had, and
  // nothing is copied in simulation.  What other processes read, y_o, is assigned nonblocking.
  /* verilator lint_off BLKSEQ */
  always_ff @(posedge clk_i) begin
    if (load_i[5]) begin
      y_o <= 32'(t4 >>> right4);
    end
    if (load_i[4]) begin
      t4 = t3;
      if (!single3 && right3 != '0) begin
        t4 = t3 + $signed((33'd1 << right3) >> 1) - $signed({32'b0, t3[32]});
      end
      right4 = right3;
    end
    if (load_i[3]) begin
      // For A a negative s is a right shift of the second kind, without a rounding of its own.
      left = (single2 && !shift2[5]) ? shift2[4:0] : 5'd0;
      t = sum2 >>> (5'd31 - left);
      if (left != '0 && t > 64'sh7fff_ffff) t3 = 33'sh0_7fff_ffff;
      else if (left != '0 && t < -64'sh8000_0000) t3 = -33'sh0_8000_0000;
      else t3 = t[32:0];
      right3 = shift2[5] ? -shift2[4:0] : 5'd0;
      single3 = single2;
    end
    if (load_i[2]) begin
      // 2^exponent, or less 1, as ones below it and a carry
      exponent = single1 ? 6'd30 - $unsigned(shift1) : 6'd30;
      ones = ~(~64'd0 << exponent);
      one = !(single1 && negative1);
      sum2 = $signed({high1, 16'b0}) + $signed({{16{low1[47]}}, low1}) + $signed(ones) +
          $signed({63'b0, one});
      shift2 = shift1;
      single2 = single1;
    end
    if (load_i[1]) begin
      low1 = x0 * $signed({1'b0, mult0[15:0]});
      high1 = x0 * $signed({1'b0, mult0[30:16]});
      shift1 = shift0;
      single1 = single0;
      negative1 = x0[31];
    end
    if (load_i[0]) begin
      x0 = (!single_i && !shift_i[5]) ? x_i <<< shift_i[4:0] : x_i;
      mult0 = mult_i;
      shift0 = shift_i;
      single0 = single_i;
    end
  end
  /* verilator lint_on BLKSEQ */

endmodule
