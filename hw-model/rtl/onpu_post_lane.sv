// SPDX-License-Identifier: MIT

// One lane of the post-processor: the arithmetic of its stages, each under an enable from
// onpu_post, which knows what is where.  A value goes
//   acc -> `a` -> `s` (round N) or acc -> `in` -> rescale -> `v` (else): the end of stage 2
//   -> `x` (MAX and MIN happen here) -> p0 .. p3 -> `in` -> rescale -> `v` -> `y` (ADD .. MUL)
//   -> p0 .. p3 -> `in` -> rescale -> `v` -> `y` (PRELU) -> byte
// so that all passes share one big multiplier.  The way round, 13 stages, is prime to 2 and to 3:
// passes of vectors that enter 2 or 3 cycles apart never meet.
module onpu_post_lane (
  input logic clk_i,
  input logic en_i,  // without it no stage loads
  input logic acc_load_i,
  input logic s_load_i,
  input logic [6:0] m_load_i,  // six of the rescale, and `v`
  input logic x_load_i,
  input logic y_load_i,
  input logic [3:0] p_load_i,
  input logic in_load_i,  // from p3
  input logic byte_load_i,
  input logic p_from_y_i,
  input logic byte_from_y_i,
  input logic p_op0_i,  // what p0 loads from `x` belongs to op2, else to PRELU
  input logic [3:0] p_op_i,  // likewise what p0 .. p3 hold
  input logic signed [15:0] v_zero_i,  // of the pass whose result `v` loads
  input logic signed [15:0] v_min_i,
  input logic signed [15:0] v_max_i,
  // Stage 1
  input logic round_n_i,
  input logic round_a_i,
  input logic [31:0] acc_i,
  input logic [31:0] bias_i,
  input logic [30:0] mult_i,
  input logic signed [5:0] shift_i,
  input logic signed [15:0] zero_i,
  input logic signed [15:0] min_i,
  input logic signed [15:0] max_i,
  // Second operand
  input logic x_valid_i,  // the lane has one, else it reads x_zero_i
  input logic [7:0] x_i,
  input logic x_unsigned_i,
  input logic signed [15:0] x_zero_i,
  input logic extreme_i,  // MAX or MIN
  input logic maximum_i,
  input logic scaled_i,  // ADD, SUB or RSUB
  input logic minus_v_i,  // RSUB
  input logic minus_x_i,  // SUB
  input logic [4:0] left_k_i,  // 31 - left_shift
  input logic [39:0] left_half_i,  // 2^(left_k - 1)
  input logic [30:0] mult_v_i,
  input logic [30:0] mult_x_i,
  input logic [4:0] right_v_i,
  input logic [4:0] right_x_i,
  input logic [30:0] mult_o_i,
  input logic signed [5:0] shift_o_i,
  input logic signed [15:0] min_o_i,
  input logic signed [15:0] max_o_i,
  // PRELU
  input logic [7:0] slope_i,  // of what p0 loads
  input logic slope_unsigned_i,
  input logic signed [15:0] slope_zero_i,
  input logic signed [15:0] act_zero_i,
  input logic [30:0] mult_p_i,
  input logic [30:0] mult_n_i,
  input logic signed [5:0] shift_p_i,
  input logic signed [5:0] shift_n_i,
  output logic [7:0] byte_o
);

  logic signed [31:0] in_x;
  logic [30:0] in_mult;
  logic signed [5:0] in_shift;
  logic in_single;
  logic signed [31:0] rescaled;

  onpu_rescale u_rescale (
    .clk_i,
    .load_i(en_i ? m_load_i[5:0] : 6'd0),
    .single_i(in_single),
    .x_i(in_x),
    .mult_i(in_mult),
    .shift_i(in_shift),
    .y_o(rescaled)
  );

  // Registers of the stages
  logic signed [31:0] a;
  logic signed [15:0] s;
  logic signed [15:0] v;
  logic signed [15:0] x;
  logic signed [8:0] x_diff;
  logic signed [15:0] y;
  logic signed [8:0] dv0, dx0;
  logic signed [39:0] pv1, px1;
  logic negative0, negative1, negative2, negative3;
  logic signed [31:0] tv2, tx2;
  logic signed [31:0] rv3, rx3;

  // Only for one evaluation of the process
  logic signed [15:0] from, element;
  logic signed [31:0] sum, factor;

  // The difference of two values of which the command processor has checked that it fits.
  function automatic logic signed [8:0] diff9(logic signed [15:0] p, logic signed [15:0] q);
    diff9 = 9'(p - q);
  endfunction

  function automatic logic signed [15:0] byte_value(logic [7:0] value, logic is_unsigned);
    byte_value = {{8{value[7] && !is_unsigned}}, value};
  endfunction

  function automatic logic signed [15:0] clamp(logic signed [31:0] value,
                                               logic signed [15:0] offset,
                                               logic signed [15:0] low,
                                               logic signed [15:0] high);
    logic signed [32:0] exact;
    exact = {value[31], value} + {{17{offset[15]}}, offset};
    if (exact < $signed({{17{low[15]}}, low})) clamp = low;
    else if (exact > $signed({{17{high[15]}}, high})) clamp = high;
    else clamp = exact[15:0];
  endfunction

  // Right shift, rounded half away from zero; the value is small enough for the sum.
  function automatic logic signed [31:0] round_right(logic signed [31:0] value, logic [4:0] n);
    logic signed [31:0] half;
    half = $signed((32'd1 << n) >> 1);
    if (n != '0) half = half - $signed({31'b0, value[31]});
    round_right = (value + half) >>> n;
  endfunction

  // Last stage first with blocking assignments: each stage reads what the one before it had, and
  // nothing is copied in simulation.  What other processes read is assigned nonblocking.
  /* verilator lint_off BLKSEQ */
  always_ff @(posedge clk_i) begin
    if (en_i) begin
      if (byte_load_i) byte_o <= byte_from_y_i ? y[7:0] : x[7:0];
      if (in_load_i) begin
        in_single <= 1'b0;
        if (p_op_i[3]) begin
          if (minus_x_i) in_x <= rv3 - rx3;
          else if (minus_v_i) in_x <= rx3 - rv3;
          else if (scaled_i) in_x <= rv3 + rx3;
          else in_x <= rv3;
          in_mult <= mult_o_i;
          in_shift <= shift_o_i;
        end else begin
          in_x <= rv3;
          in_mult <= negative3 ? mult_n_i : mult_p_i;
          in_shift <= negative3 ? shift_n_i : shift_p_i;
        end
      end
      if (p_load_i[3]) begin
        rv3 = tv2;
        if (scaled_i && p_op_i[2]) begin
          rv3 = round_right(tv2, right_v_i);
          rx3 = round_right(tx2, right_x_i);
        end
        negative3 = negative2;
      end
      if (p_load_i[2]) begin
        tv2 = pv1[31:0];
        if (scaled_i && p_op_i[1]) begin
          // The left shift and the shift by 31 in one: exact, as nothing is lost on the left.
          tv2 = 32'((pv1 + $signed(left_half_i)) >>> left_k_i);
          tx2 = 32'((px1 + $signed(left_half_i)) >>> left_k_i);
        end
        negative2 = negative1;
      end
      if (p_load_i[1]) begin
        // One small multiplier for (v - zero) * mult_v, (v - zero) * (x - op2_zero) and u * slope
        if (scaled_i && p_op_i[0]) factor = $signed({1'b0, mult_v_i});
        else if (!p_op_i[0] && !dv0[8]) factor = 32'sd1;
        else factor = {{23{dx0[8]}}, dx0};
        pv1 = dv0 * factor;
        if (scaled_i) px1 = dx0 * $signed({1'b0, mult_x_i});
        negative1 = negative0;
      end
      if (p_load_i[0]) begin
        from = p_from_y_i ? y : x;
        if (p_from_y_i || !p_op0_i) begin
          dv0 = diff9(from, act_zero_i);
          dx0 = diff9(byte_value(slope_i, slope_unsigned_i), slope_zero_i);
        end else begin
          dv0 = diff9(from, zero_i);
          dx0 = x_diff;
        end
        negative0 = dv0[8];
      end
      if (y_load_i) y = v;
      if (x_load_i) begin
        x = round_n_i ? s : v;
        element = x_valid_i ? byte_value(x_i, x_unsigned_i) : x_zero_i;
        x_diff = diff9(element, x_zero_i);
        if (extreme_i) begin
          if ((x > element) != maximum_i) x = element;
          if (x < min_o_i) x = min_o_i;
          else if (x > max_o_i) x = max_o_i;
        end
      end
      if (m_load_i[6]) v = clamp(rescaled, v_zero_i, v_min_i, v_max_i);
      if (s_load_i) s = clamp(a, zero_i, min_i, max_i);
      if (acc_load_i) begin
        sum = $signed(acc_i + bias_i);
        if (round_n_i) begin
          a = sum;
        end else begin
          in_x <= sum;
          in_mult <= mult_i;
          in_shift <= shift_i;
          in_single <= round_a_i;
        end
      end
    end
  end
  /* verilator lint_on BLKSEQ */

endmodule
