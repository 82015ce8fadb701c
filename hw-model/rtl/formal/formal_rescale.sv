// SPDX-License-Identifier: MIT
//
// onpu_rescale against the command manual's D and A, all at once, with every register a wire: the
// pipeline only feeds forward.  Two proofs make one: with Cut the two halves of the product are any
// numbers, within the range of products, and the rest is compared for every shift; without it the
// multiplier is the constant Mult, the product is calculated here too, and nothing is left out.
module formal_rescale #(
  parameter bit Cut = 1'b1,
  parameter logic [30:0] Mult = '0
) (
  input logic clk_i,
  input logic single_i,
  input logic signed [31:0] x_i,
  input logic [30:0] mult_i,
  input logic signed [5:0] shift_i
);

  logic signed [31:0] y;
  logic [30:0] mult;
  assign mult = Cut ? mult_i : Mult;

  onpu_rescale u_rescale (
    .clk_i,
    .load_i('1),
    .single_i,
    .x_i,
    .mult_i(mult),
    .shift_i,
    .y_o(y)
  );

  // x as D's left shift leaves it, and the exact product with it.
  logic signed [31:0] x;
  logic signed [63:0] p;
  logic [5:0] left, right;
  assign left = shift_i[5] ? 6'd0 : shift_i;
  assign right = shift_i[5] ? -shift_i : 6'd0;
  assign x = single_i ? x_i : x_i << left;
  if (Cut) begin : gen_cut
    assign p = (64'(u_rescale.high1) << 16) + 64'(u_rescale.low1);
  end else begin : gen_whole
    assign p = 64'(x) * $signed({33'd0, Mult});
  end

  // D
  logic signed [63:0] sum, t, mask, d;
  assign sum = p + (p >= 0 ? 64'sh4000_0000 : 64'sd1 - 64'sh4000_0000);
  assign t = (sum + (sum < 0 ? 64'sh7fff_ffff : 64'sd0)) >>> 31;  // towards zero
  assign mask = (64'sd1 << right) - 64'sd1;
  assign d = (t >>> right) + 64'((t & mask) > (mask >>> 1) + 64'(t < 0));

  // A
  logic [63:0] magnitude, size;
  logic signed [31:0] a, want;
  assign magnitude = x_i[31] ? -p : p;
  assign size = (magnitude + (64'd1 << (6'd30 - shift_i))) >> (6'd31 - shift_i);
  always_comb begin
    if (x_i[31]) a = size > 64'h8000_0000 ? 32'sh8000_0000 : -size[31:0];
    else a = size > 64'h7fff_ffff ? 32'sh7fff_ffff : size[31:0];
  end
  assign want = single_i ? a : d[31:0];

  // Shifts that are allowed, and what is true of every product of x and a multiplier below 2^31.
  logic allowed;
  assign allowed = shift_i >= -6'sd31 && shift_i <= 6'sd30 && (x != 0 || p == 0) && (p == 0 || p[63] == x[31]) &&
      p <= 64'sh3fff_ffff_8000_0000 && p >= -64'sh3fff_ffff_8000_0000;

  always_comb assert (!allowed || y == want);

endmodule
