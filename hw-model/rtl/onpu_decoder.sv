// SPDX-License-Identifier: MIT
//
// Weight decoder: reads the weight stream of a CONV or DWCONV, once for each tile, and delivers the
// parameters of its output-channel blocks, the weights, into the array's slots, and the steps.
//
// One state machine cuts the stream into pieces of at most 2V bytes, one a cycle; where the next
// piece ends is known from registers (what the header says, and the number of occupied slots).
// onpu_decoder_queue has the bytes in a register in the cycle after, onpu_decoder_place has them in
// lane rows one later, and when these are in the slots, another one later, their step is shown.

module onpu_decoder
  import onpu_isa_pkg::*;
  import onpu_pkg::*;
#(
    parameter int unsigned V = 16
) (
    input logic clk_i,
    // Assertions read it, too.
    // verilator lint_off SYNCASYNCNET
    input logic rst_ni,
    // verilator lint_on SYNCASYNCNET

    input logic start_i,
    input logic abort_i,
    // Many fields are not about weights.
    // verilator lint_off UNUSEDSIGNAL
    input compute_t cmd_i,
    // verilator lint_on UNUSEDSIGNAL
    output logic done_o,
    output logic fault_o,

    output logic dec_req_o,
    output sram_addr_t dec_addr_o,
    input logic dec_gnt_i,
    input logic dec_rvalid_i,
    input logic [2*V-1:0][7:0] dec_rdata_i,

    output logic param_valid_o,
    output logic [V-1:0][31:0] bias_o,
    output logic [V-1:0][31:0] mult_o,
    output logic [V-1:0][7:0] shift_o,
    input logic param_free_i,

    output logic step_valid_o,
    output step_t step_o,
    input logic step_ready_i,

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
    output logic [V-1:0][8:0] w_tap_value_o,
    input logic slot_free_i,

    // For profiles: the header of a weight block is taken.
    output logic block_o,
    output logic [1:0] block_mode_o
);

  localparam int unsigned NibBits = $clog2(4 * V);
  localparam int unsigned Quads = V / 4;  // groups of four lane rows
  // Occupancy comes 16 rows at a time; more lanes need more pieces for a step.
  localparam int unsigned MapRows = V < 16 ? V : 16;
  localparam int unsigned MapPieces = V / MapRows;
  localparam logic [5:0] Lanes = 6'(V);
  localparam logic [5:0] HalfLanes = 6'(V / 2);

  typedef enum logic [3:0] {
    Idle,
    Params,
    Header,
    Reduce,  // brings the window's row below the ring
    Map,
    Settle,  // until the last piece of the map is in its register
    Values,
    Selects,
    Taps,
    Check,  // the stream is at its end
    Drain
  } state_e;

  typedef enum logic [1:0] {
    RoundNone,
    RoundByte,
    RoundWord
  } round_e;

  // ---- State ------------------------------------------------------------------------------------

  state_e state_q, state_d;
  logic [22:0] pos_q;  // in the stream, in nibbles
  logic [15:0] left_q, left_d;  // channels, of this output-channel block and behind it
  logic [5:0] n_q, n_d;
  logic first_q, first_d;  // no step of the output-channel block yet
  logic [1:0] list_q, list_d;  // Params: bias, multiplier, shift
  logic half_q, half_d;
  block_header_t block_q, block_d;
  logic [1:0] step_q, step_d;
  logic [3:0] index_q, index_d;  // Map: pieces; Values: pairs of rows; Selects: groups of four
  logic settle_q;
  logic [1:0] slot_q, slot_d;  // of the block's first step
  logic [4*V-1:0] occupied_q;  // slots of the rows that are next
  logic [NibBits:0] count_q;  // of them
  // DWCONV: rows and columns from the pass's first on, and the tap that is next.
  logic [4:0] rows_left_q, rows_left_d, columns_left_q, columns_left_d;
  logic [2:0] row_q, row_d;
  logic [5:0] column_q, column_d, tap_q, tap_d;
  logic [2:0] group_q;

  logic depthwise;
  logic [2:0] params_q, params_held;  // taken or held, held
  logic [2:0] slots_q;
  logic [3:0] steps_q;  // on their way or shown

  logic fire, fault, flush, rewind, last_tile;
  logic [16*V-1:0] bytes;
  logic [31:0] word;

  assign depthwise = cmd_i.opcode == OpcodeDwconv;
  assign flush = abort_i || fault;

  // ---- The piece that is next -------------------------------------------------------------------

  logic last_pair, last_quad, last_step, last_of_step;
  logic [2:0] pass_rows;
  logic [5:0] pass_columns;
  logic last_column, pass_end, kernel_end;
  logic [5:0] words, map_rows;
  logic piece, room, enough, too_short;
  logic push;  // the piece completes a step
  logic slot_first;  // the piece is a slot's first
  logic [NibBits:0] nibbles;
  logic [2:0] low, padding;
  logic [NibBits+1:0] amount;
  logic [22:0] pos_end;
  round_e round;

  assign last_pair = {1'b0, index_q, 1'b0} + 6'd2 >= n_q;
  assign last_quad = {index_q, 2'b0} + 6'd4 >= n_q;
  assign last_step = step_q == block_q.steps;
  assign last_of_step = state_q == Values ? last_pair : last_quad;

  assign pass_rows = rows_left_q < {2'b0, group_q} ? rows_left_q[2:0] : group_q;
  assign pass_columns = {1'b0, columns_left_q} > Lanes ? Lanes : {1'b0, columns_left_q};
  assign last_column = column_q + 6'd1 == pass_columns;
  assign pass_end = last_column && row_q + 3'd1 == pass_rows;
  assign kernel_end = pass_end && rows_left_q == {2'b0, pass_rows} &&
      {1'b0, columns_left_q} == pass_columns;

  assign words = half_q ? n_q - HalfLanes : n_q > HalfLanes ? HalfLanes : n_q;
  always_comb begin
    map_rows = n_q - (index_q[0] ? 6'(MapRows) : 6'd0);
    if (map_rows > 6'(MapRows)) map_rows = 6'(MapRows);
  end

  always_comb begin
    piece = 1'b1;
    room = 1'b1;
    push = 1'b0;
    slot_first = 1'b0;
    round = RoundNone;
    nibbles = '0;
    case (state_q)
      Params: begin
        room = list_q != 2'd0 || half_q || params_q != 3'(ParamSlots);
        if (list_q == 2'd2) begin
          nibbles = (NibBits + 1)'({n_q, 1'b0});
          round = RoundWord;
        end else begin
          nibbles = (NibBits + 1)'({words, 3'b0});
        end
      end
      // Its step, if it is NONE.
      Header: begin
        room = steps_q != 4'd8;
        nibbles = (NibBits + 1)'(8);
      end
      Map: nibbles = (NibBits + 1)'({4'b0, map_rows} * 10'(V / 4));
      Values: begin
        slot_first = index_q == '0;
        push = last_pair && block_q.mode == BlockD;
        nibbles = block_q.nibble ? count_q : {count_q[NibBits-1:0], 1'b0};
        if (last_pair && last_step) round = block_q.mode == BlockD ? RoundWord : RoundByte;
      end
      Selects: begin
        push = last_quad;
        nibbles = count_q;
        if (last_quad && last_step) round = RoundWord;
      end
      Taps: begin
        slot_first = row_q == '0 && column_q == '0;
        push = pass_end;
        nibbles = (NibBits + 1)'({n_q, 1'b0});
        if (kernel_end) round = RoundWord;
      end
      default: piece = 1'b0;
    endcase
    if (push && steps_q == 4'd8) room = 1'b0;
    if (slot_first && slots_q == 3'(WeightSlots)) room = 1'b0;
  end

  assign low = pos_q[2:0] + nibbles[2:0];
  assign padding = round == RoundWord ? -low : round == RoundByte ? {2'b0, low[0]} : 3'd0;
  assign amount = {1'b0, nibbles} + (NibBits + 2)'(padding);
  assign pos_end = pos_q + 23'(amount);
  assign too_short = pos_end > {1'b0, cmd_i.weights_size, 1'b0};
  assign fire = piece && room && enough && !too_short && !flush;

  // ---- Header -----------------------------------------------------------------------------------

  block_header_t header;
  logic header_bad;

  assign header = word;

  always_comb begin
    header_bad = header.reserved;
    case (header.mode)
      BlockNone: begin
        if (!first_q || !header.last || {header.nibble, header.bitmap, header.steps, header.row,
            header.offset} != '0) begin
          header_bad = 1'b1;
        end
      end
      BlockD: if (header.steps != 2'd0) header_bad = 1'b1;
      default: begin
        if (header.steps == 2'd3 || (cmd_i.pair && n_q <= HalfLanes)) header_bad = 1'b1;
      end
    endcase
  end

  assign block_o = state_q == Header && fire;
  assign block_mode_o = header.mode;

  // ---- What comes after it ----------------------------------------------------------------------

  logic block_end;  // of an output-channel block

  always_comb begin
    state_d = state_q;
    left_d = left_q;
    n_d = n_q;
    first_d = first_q;
    list_d = list_q;
    half_d = half_q;
    block_d = block_q;
    step_d = step_q;
    index_d = index_q;
    slot_d = slot_q;
    rows_left_d = rows_left_q;
    columns_left_d = columns_left_q;
    row_d = row_q;
    column_d = column_q;
    tap_d = tap_q;
    block_end = 1'b0;
    rewind = 1'b0;

    case (state_q)
      Idle: begin
        if (start_i) begin
          slot_d = '0;
          state_d = Params;
        end
      end
      Params: begin
        if (fire) begin
          if (list_q == 2'd2) begin
            state_d = depthwise ? Taps : Header;
          end else if (!half_q && n_q > HalfLanes) begin
            half_d = 1'b1;
          end else begin
            half_d = 1'b0;
            list_d = list_q + 2'd1;
          end
        end
      end
      Header, Reduce: begin
        if (state_q == Reduce) block_d.row = block_q.row - cmd_i.in.ring[7:0];
        else block_d = header;
        if (fire || state_q == Reduce) begin
          step_d = '0;
          index_d = '0;
          if (block_d.mode == BlockNone) block_end = 1'b1;
          else if (cmd_i.in.ring != '0 && {8'b0, block_d.row} >= cmd_i.in.ring) state_d = Reduce;
          else state_d = block_d.bitmap ? Map : Values;
        end else begin
          block_d = block_q;
        end
      end
      Map: begin
        if (fire) begin
          if (index_q == '0 && MapPieces > 1 && n_q > 6'(MapRows)) begin
            index_d = 4'd1;
          end else begin
            index_d = '0;
            step_d = step_q + 2'd1;
            if (last_step) begin
              step_d = '0;
              state_d = Settle;
            end
          end
        end
      end
      Settle: if (settle_q) state_d = Values;
      Values, Selects: begin
        if (fire) begin
          index_d = index_q + 4'd1;
          if (last_of_step) begin
            index_d = '0;
            step_d = step_q + 2'd1;
            if (last_step) begin
              step_d = '0;
              if (state_q == Values && block_q.mode != BlockD) begin
                state_d = Selects;
              end else begin
                slot_d = slot_q + block_q.steps + 2'd1;
                first_d = 1'b0;
                state_d = Header;
                block_end = block_q.last;
              end
            end
          end
        end
      end
      Taps: begin
        if (fire) begin
          column_d = column_q + 6'd1;
          tap_d = tap_q + {3'b0, pass_rows};
          if (last_column) begin
            column_d = '0;
            row_d = row_q + 3'd1;
            tap_d = {3'b0, row_q} + 6'd1;
          end
          if (pass_end) begin
            row_d = '0;
            tap_d = '0;
            slot_d = slot_q + 2'd1;
            first_d = 1'b0;
            if ({1'b0, columns_left_q} != pass_columns) begin
              columns_left_d = columns_left_q - pass_columns[4:0];
            end else begin
              columns_left_d = cmd_i.kernel_w[4:0];
              rows_left_d = rows_left_q - {2'b0, pass_rows};
            end
            block_end = kernel_end;
          end
        end
      end
      Check: begin
        rewind = 1'b1;
        state_d = last_tile ? Drain : Params;
      end
      Drain: if (steps_q == '0) state_d = Idle;
      default: ;
    endcase

    if (block_end) begin
      state_d = left_q > 16'(V) ? Params : Check;
      left_d = left_q - 16'(V);
    end
    // To the next output-channel block.
    if ((state_q == Idle && start_i) || rewind || block_end) begin
      if (!block_end) left_d = cmd_i.out_c;
      n_d = left_d > 16'(V) ? Lanes : left_d[5:0];
      list_d = '0;
      half_d = 1'b0;
      first_d = 1'b1;
      rows_left_d = cmd_i.kernel_h[4:0];
      columns_left_d = cmd_i.kernel_w[4:0];
      row_d = '0;
      column_d = '0;
      tap_d = '0;
    end
  end

  logic [2:0] group;
  assign group = dwconv_rows(cmd_i.kernel_w[4:0], V);

  logic params_bad;
  // Like fire, but a fault may follow from it.
  logic fire_header;

  assign fire_header = room && enough && !too_short;
  assign fault = (piece && too_short) || (state_q == Header && fire_header && header_bad) ||
      (state_q == Check && pos_q != {1'b0, cmd_i.weights_size, 1'b0}) || params_bad;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      fault_o <= 1'b0;
      done_o <= 1'b0;
      params_q <= '0;
      slots_q <= '0;
      steps_q <= '0;
    end else begin
      fault_o <= fault && !abort_i;
      done_o <= state_q == Drain && steps_q == '0 && !flush;
      if (flush || (state_q == Idle && start_i)) begin
        state_q <= flush ? Idle : state_d;
        params_q <= '0;
        slots_q <= '0;
        steps_q <= '0;
      end else begin
        state_q <= state_d;
        params_q <= params_q - {2'b0, param_free_i} +
            {2'b0, fire && state_q == Params && list_q == 2'd0 && !half_q};
        slots_q <= slots_q + {2'b0, fire && slot_first} - {2'b0, slot_free_i};
        steps_q <= steps_q - {3'b0, step_valid_o && step_ready_i} +
            {3'b0, fire && (push || (state_q == Header && header.mode == BlockNone))};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i && state_q == Idle) group_q <= group;
    if (state_q != Idle || start_i) begin
      left_q <= left_d;
      n_q <= n_d;
      first_q <= first_d;
      list_q <= list_d;
      half_q <= half_d;
      block_q <= block_d;
      step_q <= step_d;
      index_q <= index_d;
      slot_q <= slot_d;
      rows_left_q <= rows_left_d;
      columns_left_q <= columns_left_d;
      row_q <= row_d;
      column_q <= column_d;
      tap_q <= tap_d;
      settle_q <= state_q == Settle;
      if (state_q == Idle || rewind) pos_q <= '0;
      else if (fire) pos_q <= pos_end;
    end
  end

  // ---- Occupied slots ---------------------------------------------------------------------------

  localparam int unsigned MapWidth = 4 * V * Quads;

  logic [MapWidth-1:0] map_q[3];  // of the steps; row r from bit r * V on
  logic map_write_q, map_piece_q;
  logic [1:0] map_step_q;
  logic [4*V-1:0] quad_map, quad, occupied_d;
  logic [NibBits:0] count_d;
  logic [3:0] quad_index;
  logic [5:0] quad_rows;  // from the group's first on
  logic [3:0] rows_exist;

  assign quad_index = state_d == Values ? {1'b0, index_d[3:1]} : index_d;
  assign quad_rows = n_q - {quad_index, 2'b0};
  assign quad_map = map_q[step_d][{quad_index[$clog2(Quads)-1:0], {NibBits{1'b0}}}+:4*V];

  always_comb begin
    for (int unsigned i = 0; i < 4; i++) begin
      rows_exist[i] = quad_rows > 6'(i);
      quad[V*i+:V] = (block_d.bitmap ? quad_map[V*i+:V] : {V{1'b1}}) & {V{rows_exist[i]}};
    end
    occupied_d = quad;
    if (state_d == Values) begin
      occupied_d = {{2 * V{1'b0}}, index_d[0] ? quad[4*V-1:2*V] : quad[2*V-1:0]};
    end
    count_d = (NibBits + 1)'($countones(occupied_d));
  end

  logic [3:0] rows_exist_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) map_write_q <= 1'b0;
    else map_write_q <= fire && state_q == Map;
  end

  always_ff @(posedge clk_i) begin
    map_step_q <= step_q;
    map_piece_q <= index_q[0];
    if (map_write_q) begin
      for (int unsigned i = 0; i < MapPieces; i++) begin
        if (map_piece_q == i[0]) begin
          map_q[map_step_q][i*MapRows*V+:MapRows*V] <= bytes[MapRows*V-1:0];
        end
      end
    end
    if ((state_d == Values || state_d == Selects) && (fire || state_q != state_d)) begin
      occupied_q <= occupied_d;
      count_q <= count_d;
      rows_exist_q <= state_d == Values && index_d[0] ? {2'b0, rows_exist[3:2]} : rows_exist;
    end
  end

  // ---- Bytes ------------------------------------------------------------------------------------

  onpu_decoder_queue #(
      .V(V)
  ) u_queue (
      .clk_i,
      .rst_ni,
      .start_i(start_i && state_q == Idle),
      .flush_i(flush),
      .weights_i(cmd_i.weights),
      .weights_size_i(cmd_i.weights_size),
      .out_h_i(cmd_i.out_h),
      .out_w_i(cmd_i.out_w),
      .tile_h_i(cmd_i.tile_h),
      .tile_w_i(cmd_i.tile_w),
      .dec_req_o,
      .dec_addr_o,
      .dec_gnt_i,
      .dec_rvalid_i,
      .dec_rdata_i,
      .nibbles_i(amount),
      .enough_o(enough),
      .take_i(fire),
      .taken_o(bytes),
      .word_o(word),
      .rewind_i(rewind)
  );

  onpu_decoder_tiles u_tiles (
      .clk_i,
      .rst_ni,
      .start_i(start_i && state_q == Idle),
      .next_i(rewind),
      .out_h_i(cmd_i.out_h),
      .out_w_i(cmd_i.out_w),
      .tile_h_i(cmd_i.tile_h),
      .tile_w_i(cmd_i.tile_w),
      .last_o(last_tile)
  );

  // ---- Parameters -------------------------------------------------------------------------------

  logic params_take_q, params_half_q;
  logic [1:0] params_list_q;
  logic [5:0] params_n_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) params_take_q <= 1'b0;
    else params_take_q <= fire && state_q == Params;
  end

  always_ff @(posedge clk_i) begin
    if (state_q == Params) begin
      params_list_q <= list_q;
      params_half_q <= half_q;
      params_n_q <= n_q;
    end
  end

  onpu_decoder_params #(
      .V(V)
  ) u_params (
      .clk_i,
      .rst_ni,
      .flush_i(flush || (state_q == Idle && start_i)),
      .check_i(cmd_i.post.flags[PostPerChannelBit]),
      .valid_i(params_take_q),
      .list_i(params_list_q),
      .half_i(params_half_q),
      .n_i(params_n_q),
      .bytes_i(bytes),
      .bad_o(params_bad),
      .held_o(params_held),
      .bias_o,
      .mult_o,
      .shift_o,
      .free_i(param_free_i)
  );

  assign param_valid_o = params_held != '0;

  // ---- Weights ----------------------------------------------------------------------------------

  logic [5:0] lane;

  assign lane = state_q == Values ? {1'b0, index_q, 1'b0} : {index_q, 2'b0};

  onpu_decoder_place #(
      .V(V)
  ) u_place (
      .clk_i,
      .rst_ni,
      .flush_i(flush),
      .is_unsigned_i(cmd_i.weight_unsigned),
      .zero_i(cmd_i.weight_zero),
      .values_i(fire && state_q == Values),
      .selects_i(fire && state_q == Selects),
      .tap_i(fire && state_q == Taps),
      .clear_i(fire && state_q == Taps && slot_first),
      .slot_i(state_q == Taps ? slot_q : slot_q + step_q),
      .lane_i(lane),
      .rows_i(rows_exist_q),
      .tap_index_i(tap_q),
      .sparse_i(block_q.bitmap),
      .nibble_i(block_q.nibble),
      .occupied_i(occupied_q),
      .bytes_i(bytes),
      .w_row_valid_o,
      .w_row_slot_o,
      .w_row_lane_o,
      .w_row_value_o,
      .w_sel_valid_o,
      .w_sel_slot_o,
      .w_sel_lane_o,
      .w_sel_value_o,
      .w_clear_o,
      .w_clear_slot_o,
      .w_tap_valid_o,
      .w_tap_slot_o,
      .w_tap_o,
      .w_tap_value_o
  );

  // ---- Steps ------------------------------------------------------------------------------------

  // Beside the weights' two stages; then into a queue, which is never full, because steps_q counts.
  step_t taken_d, taken_q, placed_q, shown_q[8];
  logic taken_valid_q, placed_valid_q;
  sram_addr_t row_bytes_q;
  logic [2:0] shown_write_q, shown_read_q;

  always_comb begin
    taken_d.first = first_q && (depthwise || step_q == '0);
    taken_d.last = kernel_end;
    taken_d.none = 1'b0;
    taken_d.mode = BlockD;
    taken_d.row = '0;
    taken_d.offset = '0;
    if (state_q == Header) begin
      taken_d.first = 1'b1;
      taken_d.last = 1'b1;
      taken_d.none = 1'b1;
    end else if (!depthwise) begin
      taken_d.last = block_q.last && last_step;
      if (block_q.mode == BlockG2) taken_d.mode = BlockG2;
      if (block_q.mode == BlockG4) taken_d.mode = BlockG4;
      taken_d.row = {8'b0, block_q.row};
      taken_d.offset = {4'b0, block_q.offset};
    end
  end

  logic shown_full_q;

  assign step_valid_o = shown_write_q != shown_read_q || shown_full_q;
  assign step_o = shown_q[shown_read_q];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      taken_valid_q <= 1'b0;
      placed_valid_q <= 1'b0;
      shown_write_q <= '0;
      shown_read_q <= '0;
      shown_full_q <= 1'b0;
    end else if (flush) begin
      taken_valid_q <= 1'b0;
      placed_valid_q <= 1'b0;
      shown_write_q <= '0;
      shown_read_q <= '0;
      shown_full_q <= 1'b0;
    end else begin
      taken_valid_q <= fire && (push || (state_q == Header && header.mode == BlockNone));
      placed_valid_q <= taken_valid_q;
      if (placed_valid_q) shown_write_q <= shown_write_q + 3'd1;
      if (step_valid_o && step_ready_i) shown_read_q <= shown_read_q + 3'd1;
      if (placed_valid_q != (step_valid_o && step_ready_i)) begin
        shown_full_q <= placed_valid_q && shown_write_q + 3'd1 == shown_read_q;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (fire) begin
      taken_q <= taken_d;
      row_bytes_q <= {12'b0, taken_d.row[7:0]} * cmd_i.in.row_pitch;
    end
    if (taken_valid_q) begin
      placed_q <= taken_q;
      placed_q.offset <= taken_q.offset + row_bytes_q;
    end
    if (placed_valid_q) shown_q[shown_write_q] <= placed_q;
  end

`ifndef SYNTHESIS
  logic faulted_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) faulted_q <= 1'b0;
    else if (abort_i || start_i) faulted_q <= 1'b0;
    else if (fault) faulted_q <= 1'b1;
  end

  StartIdle :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   start_i && !abort_i |-> state_q == Idle && (faulted_q || params_q == '0));
  FreeSlot :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   slot_free_i && !faulted_q && !abort_i |-> slots_q != '0);
  FreeParam :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   param_free_i && !faulted_q && !abort_i |-> param_valid_o);
  StepRoom :
  assert property (@(posedge clk_i) disable iff (!rst_ni) placed_valid_q |-> !shown_full_q);
  Request :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   dec_req_o && !dec_gnt_i && !flush |=> dec_req_o && $stable(dec_addr_o));
  StepStable :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   step_valid_o && !step_ready_i && !flush |=> step_valid_o && $stable(step_o));
`endif

endmodule
