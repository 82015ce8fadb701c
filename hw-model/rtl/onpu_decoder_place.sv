// SPDX-License-Identifier: MIT
//
// Puts the packed values, selects and taps of the stream into lane rows and writes these into the
// array's slots.  Two stages: the cycle in which the bytes are taken calculates how they spread;
// the next one, when they are in the queue's register, spreads them and makes values of 9 bits.
//
// Where slots are missing, the i-th occupied slot takes the i-th element.  The elements move up in
// log2 steps, the largest first; an element's distance is the number of free slots below it, whose
// bits are found for all slots at once with prefix parities (Hacker's Delight, "expand").

module onpu_decoder_place #(
    parameter int unsigned V = 16
) (
    input logic clk_i,
    input logic rst_ni,
    input logic flush_i,

    input logic is_unsigned_i,
    input logic [7:0] zero_i,

    // Pulses: what is being taken.
    input logic values_i,  // two lane rows
    input logic selects_i,  // four lane rows
    input logic tap_i,
    input logic clear_i,  // together with tap_i: the slot's first
    input logic [1:0] slot_i,
    input logic [5:0] lane_i,  // of the first row
    input logic [3:0] rows_i,  // which of the rows exist
    input logic [5:0] tap_index_i,
    input logic sparse_i,  // not all slots of the rows are occupied
    input logic nibble_i,
    input logic [4*V-1:0] occupied_i,  // of two rows or four
    // In the cycle after that.
    input logic [16*V-1:0] bytes_i,

    output logic [1:0] w_row_valid_o,
    output logic [1:0][1:0] w_row_slot_o,
    output logic [1:0][5:0] w_row_lane_o,
    output logic [1:0][V-1:0][8:0] w_row_value_o,
    output logic [3:0] w_sel_valid_o,
    output logic [3:0][1:0] w_sel_slot_o,
    output logic [3:0][5:0] w_sel_lane_o,
    output logic [3:0][V-1:0][3:0] w_sel_value_o,
    output logic w_clear_o,
    output logic [1:0] w_clear_slot_o,
    output logic w_tap_valid_o,
    output logic [1:0] w_tap_slot_o,
    output logic [5:0] w_tap_o,
    output logic [V-1:0][8:0] w_tap_value_o
);

  localparam int unsigned N = 4 * V;
  localparam int unsigned Levels = $clog2(N);

  typedef logic [Levels-1:0][N-1:0] moves_t;

  // Elements that arrive at a place from 2^level places below.
  function automatic moves_t spread(logic [N-1:0] occupied);
    logic [N-1:0] at, free, parity;
    moves_t moves;
    at = occupied;
    free = ~occupied << 1;
    for (int unsigned level = 0; level < Levels; level++) begin
      parity = free;
      for (int unsigned i = 0; i < Levels; i++) parity = parity ^ (parity << (1 << i));
      moves[level] = parity & at;
      at = (at ^ moves[level]) | (moves[level] >> (1 << level));
      free = free & ~parity;
    end
    return moves;
  endfunction

  function automatic logic [8:0] weight(logic [7:0] byte_value, logic is_unsigned,
                                        logic [7:0] zero);
    return is_unsigned ? {1'b0, byte_value} - {1'b0, zero} : {byte_value[7], byte_value};
  endfunction

  // ---- Taken ------------------------------------------------------------------------------------

  logic values_q, selects_q, tap_q, sparse_q, nibble_q;
  logic [1:0] slot_q;
  logic [5:0] lane_q, tap_index_q;
  logic [3:0] rows_q;
  logic [N-1:0] occupied_q;
  moves_t moves_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {values_q, selects_q, tap_q} <= '0;
      {w_clear_o, w_tap_valid_o, w_row_valid_o, w_sel_valid_o} <= '0;
    end else begin
      {values_q, selects_q, tap_q} <= flush_i ? '0 : {values_i, selects_i, tap_i};
      // The clear is a cycle before the first tap.
      {w_clear_o, w_tap_valid_o, w_row_valid_o, w_sel_valid_o} <= flush_i ? '0 :
          {clear_i, tap_q, rows_q[1:0] & {2{values_q}}, rows_q & {4{selects_q}}};
    end
  end

  always_ff @(posedge clk_i) begin
    if (values_i || selects_i || tap_i) begin
      slot_q <= slot_i;
      lane_q <= lane_i;
      rows_q <= rows_i;
      tap_index_q <= tap_index_i;
      sparse_q <= sparse_i;
      nibble_q <= nibble_i;
      w_clear_slot_o <= slot_i;
    end
    if (values_i) occupied_q <= occupied_i;
    if (sparse_i && (values_i || selects_i)) moves_q <= spread(occupied_i);
  end

  // ---- Placed -----------------------------------------------------------------------------------

  // Blocking assignments to variables that nothing else reads: in place, from level to level.
  // verilator lint_off BLKSEQ
  logic [7:0] value[2*V];
  logic [3:0] select[N];
  logic [1:0][V-1:0][8:0] row_value;
  logic [3:0][V-1:0][3:0] sel_value;
  logic [V-1:0][8:0] tap_value;

  always_ff @(posedge clk_i) begin
    if (values_q) begin
      if (nibble_q) begin
        for (int unsigned i = 0; i < 2 * V; i++) begin
          value[i] = {{4{bytes_i[4*i+3]}}, bytes_i[4*i+:4]};
        end
      end else begin
        for (int unsigned i = 0; i < 2 * V; i++) value[i] = bytes_i[8*i+:8];
      end
      if (sparse_q) begin
        // Two rows have half of the slots, and one level less.
        for (int unsigned k = 1; k < Levels; k++) begin
          for (int unsigned j = 0; j < 2 * V - (1 << (Levels - 1 - k)); j++) begin
            if (moves_q[Levels-1-k][2*V-1-j]) begin
              value[2*V-1-j] = value[2*V-1-j-(1<<(Levels-1-k))];
            end
          end
        end
      end
      for (int unsigned i = 0; i < 2 * V; i++) begin
        row_value[i/V][i%V] = occupied_q[i] ?
            weight(value[i], is_unsigned_i && !nibble_q, zero_i) : '0;
      end
      w_row_value_o <= row_value;
      w_row_slot_o <= {2{slot_q}};
      w_row_lane_o <= {lane_q + 6'd1, lane_q};
    end
    if (selects_q) begin
      for (int unsigned i = 0; i < N; i++) select[i] = bytes_i[4*i+:4];
      if (sparse_q) begin
        for (int unsigned k = 0; k < Levels; k++) begin
          for (int unsigned j = 0; j < N - (1 << (Levels - 1 - k)); j++) begin
            if (moves_q[Levels-1-k][N-1-j]) begin
              select[N-1-j] = select[N-1-j-(1<<(Levels-1-k))];
            end
          end
        end
      end
      for (int unsigned i = 0; i < N; i++) sel_value[i/V][i%V] = select[i];
      w_sel_value_o <= sel_value;
      w_sel_slot_o <= {4{slot_q}};
      w_sel_lane_o <= {lane_q + 6'd3, lane_q + 6'd2, lane_q + 6'd1, lane_q};
    end
    if (tap_q) begin
      for (int unsigned i = 0; i < V; i++) begin
        tap_value[i] = weight(bytes_i[8*i+:8], is_unsigned_i, zero_i);
      end
      w_tap_value_o <= tap_value;
      w_tap_slot_o <= slot_q;
      w_tap_o <= tap_index_q;
    end
  end
  // verilator lint_on BLKSEQ

endmodule
