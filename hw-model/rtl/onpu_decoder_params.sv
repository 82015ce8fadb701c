// SPDX-License-Identifier: MIT
//
// Parameters of the output-channel blocks that are ahead of the post-processor.  The stream's lists
// come in pieces of 2V bytes: two halves of the biases, two of the multipliers, the shifts.

module onpu_decoder_params
  import onpu_pkg::*;
#(
    parameter int unsigned V = 16
) (
    input logic clk_i,
    input logic rst_ni,
    input logic flush_i,  // also at start

    input logic check_i,  // PER_CHANNEL: the values must be in range
    // A piece: bytes_i has what valid_i tells of.
    input logic valid_i,
    input logic [1:0] list_i,  // 0: biases, 1: multipliers, 2: shifts
    input logic half_i,
    input logic [5:0] n_i,  // lanes
    input logic [16*V-1:0] bytes_i,
    output logic bad_o,

    output logic [2:0] held_o,  // complete and not freed
    output logic [V-1:0][31:0] bias_o,
    output logic [V-1:0][31:0] mult_o,
    output logic [V-1:0][7:0] shift_o,
    input logic free_i
);

  localparam int unsigned SlotBits = $clog2(ParamSlots);
  localparam int unsigned Half = 16 * V;  // bits

  logic [Half-1:0] bias_low_q[ParamSlots], bias_high_q[ParamSlots];
  logic [Half-1:0] mult_low_q[ParamSlots], mult_high_q[ParamSlots];
  logic [8*V-1:0] shift_q[ParamSlots];
  logic [SlotBits-1:0] write_q, read_q;
  logic complete;

  assign complete = valid_i && list_i == 2'd2;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_q <= '0;
      read_q <= '0;
      held_o <= '0;
    end else if (flush_i) begin
      write_q <= '0;
      read_q <= '0;
      held_o <= '0;
    end else begin
      if (complete) write_q <= write_q + 1'b1;
      if (free_i) read_q <= read_q + 1'b1;
      held_o <= held_o + {2'b0, complete} - {2'b0, free_i};
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      case (list_i)
        2'd0: begin
          if (half_i) bias_high_q[write_q] <= bytes_i;
          else bias_low_q[write_q] <= bytes_i;
        end
        2'd1: begin
          if (half_i) mult_high_q[write_q] <= bytes_i;
          else mult_low_q[write_q] <= bytes_i;
        end
        default: shift_q[write_q] <= bytes_i[8*V-1:0];
      endcase
    end
  end

  assign bias_o = {bias_high_q[read_q], bias_low_q[read_q]};
  assign mult_o = {mult_high_q[read_q], mult_low_q[read_q]};
  assign shift_o = shift_q[read_q];

  // Multipliers below 0, shifts outside of -31 to 30.
  logic [5:0] words;
  logic bad_mult, bad_shift;

  assign words = half_i ? n_i - 6'(V / 2) : n_i;

  always_comb begin
    bad_mult = 1'b0;
    bad_shift = 1'b0;
    if (valid_i) begin
      for (int unsigned i = 0; i < V / 2; i++) begin
        if (6'(i) < words && bytes_i[32*i+31]) bad_mult = 1'b1;
      end
      for (int unsigned i = 0; i < V; i++) begin
        if (6'(i) < n_i && ($signed(bytes_i[8*i+:8]) < -8'sd31 || $signed(bytes_i[8*i+:8]) > 8'sd30)
            ) begin
          bad_shift = 1'b1;
        end
      end
    end
  end

  assign bad_o = valid_i && check_i && (list_i == 2'd1 ? bad_mult : list_i == 2'd2 && bad_shift);

endmodule
