// SPDX-License-Identifier: MIT
//
// Weight decoder: reads the weight stream of CONV or DWCONV from SRAM, 2V bytes a cycle, once for
// every tile, and delivers the parameters of output-channel blocks, and steps of weights, into the
// array's weight slots.
//
// A byte queue of four aligned reads feeds one state machine, which consumes up to 2V bytes a
// cycle.  Pieces of the stream end at multiples of 4 bytes; the last piece of a payload takes its
// padding with it.

module onpu_decoder
  import onpu_isa_pkg::*;
  import onpu_pkg::*;
#(
  parameter int unsigned V = 16
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic start_i,
  input  logic abort_i,
  // Not every field belongs to weights.
  // verilator lint_off UNUSEDSIGNAL
  input  compute_t cmd_i,
  // verilator lint_on UNUSEDSIGNAL
  output logic done_o,
  output logic fault_o,

  output logic                dec_req_o,
  output sram_addr_t          dec_addr_o,
  input  logic                dec_gnt_i,
  input  logic                dec_rvalid_i,
  input  logic [2*V-1:0][7:0] dec_rdata_i,

  output logic               param_valid_o,
  output logic [V-1:0][31:0] bias_o,
  output logic [V-1:0][31:0] mult_o,
  output logic [V-1:0][7:0]  shift_o,
  input  logic               param_free_i,

  output logic  step_valid_o,
  output step_t step_o,
  input  logic  step_ready_i,

  output logic [1:0]             w_row_valid_o,
  output logic [1:0][1:0]        w_row_slot_o,
  output logic [1:0][5:0]        w_row_lane_o,
  output logic [1:0][V-1:0][8:0] w_row_value_o,
  output logic [3:0]             w_sel_valid_o,
  output logic [3:0][1:0]        w_sel_slot_o,
  output logic [3:0][5:0]        w_sel_lane_o,
  output logic [3:0][V-1:0][3:0] w_sel_value_o,
  output logic                   w_clear_o,
  output logic [1:0]             w_clear_slot_o,
  output logic                   w_tap_valid_o,
  output logic [1:0]             w_tap_slot_o,
  output logic [5:0]             w_tap_o,
  output logic [V-1:0][8:0]      w_tap_value_o,
  input  logic                   slot_free_i
);

  localparam int unsigned Block = 2 * V;  // bytes of a read
  localparam int unsigned Queue = 4 * Block;
  localparam int unsigned QueueBits = $clog2(Queue);
  localparam int unsigned BlockBits = $clog2(Block);
  localparam int unsigned Fifo = 8;

  typedef enum logic [3:0] {
    Idle, Block0, Bias, Mult, Shift, Header, Bitmap, Size, Values, Selects, Push, Clear, Taps, Tile
  } state_e;

  state_e state_q;

  logic depthwise, is_unsigned;
  assign depthwise = cmd_i.opcode == OpcodeDwconv;
  assign is_unsigned = cmd_i.weight_unsigned;

  // ---- byte queue ------------------------------------------------------------------------------

  logic [7:0] bytes_q [Queue];
  logic [QueueBits-1:0] read_q;  // first byte
  logic [QueueBits:0] avail_q;  // bytes
  logic [1:0] write_q;  // next block
  logic [2:0] flying_q;  // reads granted, data not here yet
  logic [2:0] drop_q;  // of them, those before a restart
  logic [BlockBits-1:0] skip_q;  // of the first block
  logic first_block_q;
  logic [21:0] fetch_left_q;  // bytes not requested yet
  sram_addr_t fetch_q;
  logic restart;
  logic [QueueBits:0] consume;
  logic arrives;

  // Blocks in the queue, counted by what is not consumed, rounded up.
  logic [QueueBits:0] occupied;
  assign occupied = avail_q + {{(QueueBits + 1 - BlockBits) {1'b0}}, read_q[BlockBits-1:0]};
  assign dec_req_o = state_q != Idle && fetch_left_q != '0 && !abort_i && !restart &&
      drop_q == '0 && {2'b0, occupied} + (({{QueueBits{1'b0}}, flying_q} + 1) << BlockBits) <=
      (QueueBits + 3)'(Queue);
  assign dec_addr_o = fetch_q;
  assign arrives = dec_rvalid_i && drop_q == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      flying_q <= '0;
      drop_q <= '0;
    end else begin
      flying_q <= flying_q + {2'b0, dec_req_o && dec_gnt_i} -
          {2'b0, dec_rvalid_i && flying_q != '0};
      if (abort_i || restart) drop_q <= flying_q - {2'b0, dec_rvalid_i && flying_q != '0};
      else if (dec_rvalid_i && drop_q != '0) drop_q <= drop_q - 3'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (restart) begin
      fetch_q <= cmd_i.weights & ~sram_addr_t'(Block - 1);
      fetch_left_q <= {1'b0, cmd_i.weights_size} + 22'(cmd_i.weights[BlockBits-1:0]);
      skip_q <= cmd_i.weights[BlockBits-1:0];
      first_block_q <= 1'b1;
      read_q <= {{(QueueBits - BlockBits) {1'b0}}, cmd_i.weights[BlockBits-1:0]};
      avail_q <= '0;
      write_q <= '0;
    end else begin
      if (dec_req_o && dec_gnt_i) begin
        fetch_q <= fetch_q + sram_addr_t'(Block);
        fetch_left_q <= fetch_left_q > 22'(Block) ? fetch_left_q - 22'(Block) : '0;
      end
      read_q <= read_q + consume[QueueBits-1:0];
      avail_q <= avail_q - consume;
      if (arrives) begin
        for (int unsigned i = 0; i < Block; i++) begin
          bytes_q[QueueBits'(write_q) * QueueBits'(Block) + QueueBits'(i)] <= dec_rdata_i[i];
        end
        write_q <= write_q + 2'd1;
        first_block_q <= 1'b0;
        avail_q <= avail_q - consume + (QueueBits + 1)'(Block) -
            (first_block_q ? (QueueBits + 1)'(skip_q) : '0);
      end
    end
  end

  // The next 2V bytes, and one more for selects that begin in the middle of a byte.
  logic [7:0] head [Block+1];
  always_comb begin
    for (int unsigned i = 0; i <= Block; i++) head[i] = bytes_q[read_q + QueueBits'(i)];
  end

  // ---- place in the command --------------------------------------------------------------------

  logic [15:0] tile_y_q, tile_x_q, first_lane_q;
  logic [16:0] tile_y_next, tile_x_next;
  logic [21:0] left_q;  // bytes of the stream
  logic [15:0] channels_left;
  logic [5:0] n;
  logic paired, last_channels;

  assign channels_left = cmd_i.out_c - first_lane_q;
  assign n = channels_left > 16'(V) ? 6'(V) : channels_left[5:0];
  assign last_channels = channels_left <= 16'(V);
  assign paired = cmd_i.pair && n <= 6'(V / 2);
  assign tile_y_next = {1'b0, tile_y_q} + {1'b0, cmd_i.tile_h};
  assign tile_x_next = {1'b0, tile_x_q} + {1'b0, cmd_i.tile_w};

  // ---- parameters ------------------------------------------------------------------------------

  logic [31:0] bias_q [ParamSlots][V];
  logic [31:0] mult_q [ParamSlots][V];
  logic [7:0] shift_q [ParamSlots][V];
  logic [1:0] param_write_q, param_read_q;
  logic [2:0] params_q;  // complete, not freed
  logic half_q;  // of a list of words
  logic [QueueBits:0] words_now;
  logic param_bad;

  // A list of n words goes in pieces of V / 2.
  always_comb begin
    if (half_q) words_now = (QueueBits + 1)'(n) - (QueueBits + 1)'(V / 2);
    else words_now = n > 6'(V / 2) ? (QueueBits + 1)'(V / 2) : (QueueBits + 1)'(n);
  end

  assign param_valid_o = params_q != '0;
  always_comb begin
    for (int unsigned i = 0; i < V; i++) begin
      bias_o[i] = bias_q[param_read_q][i];
      mult_o[i] = mult_q[param_read_q][i];
      shift_o[i] = shift_q[param_read_q][i];
    end
  end

  always_comb begin
    param_bad = 1'b0;
    if (cmd_i.post.flags[PostPerChannelBit]) begin
      for (int unsigned i = 0; i < V / 2; i++) begin
        if (state_q == Mult && (QueueBits + 1)'(i) < words_now && head[4*i+3][7]) param_bad = 1'b1;
      end
      for (int unsigned i = 0; i < V; i++) begin
        if (state_q == Shift && 6'(i) < n &&
            ($signed(head[i]) < -8'sd31 || $signed(head[i]) > 8'sd30)) param_bad = 1'b1;
      end
    end
  end

  // ---- block -----------------------------------------------------------------------------------

  block_header_t header, block_q;
  assign header = {head[3], head[2], head[1], head[0]};

  logic [1:0] steps_q;  // minus 1
  logic [15:0] row_q;
  sram_addr_t offset_q;
  logic place_q;
  logic first_step_q;
  logic [7:0] rows_q;  // lane rows of the block, and how many are done
  logic [7:0] row_at_q;
  logic [5:0] lane_q;
  logic [1:0] slot_at_q;
  logic odd_q;  // the next value or select is the high nibble of the first byte
  logic [3*V*V-1:0] map_q;
  logic [11:0] map_left_q, map_bytes, occupied_q, map_at_q;
  logic [1:0] slot_next_q;
  logic [2:0] slots_free_q;
  logic [1:0] push_q;
  logic header_bad;

  assign map_bytes = 12'(({6'b0, n} * (12'(header.steps) + 12'd1)) * 12'(V / 8));

  always_comb begin
    header_bad = header.reserved;
    case (header.mode)
      BlockNone: header_bad = header_bad || !first_step_q || !header.last || header.nibble ||
          header.bitmap || header.steps != '0 || header.row != '0 || header.offset != '0;
      BlockD: header_bad = header_bad || header.steps != '0;
      default: header_bad = header_bad || header.steps == 2'd3 || paired;
    endcase
  end

  // Two lane rows of values, four of selects.
  logic [1:0] value_rows;
  logic [2:0] select_rows;
  logic [1:0][V-1:0] value_map;
  logic [3:0][V-1:0] select_map;
  logic [7:0] rows_left;
  logic [9:0] value_nibbles, select_nibbles;  // half bytes from the first byte's low half
  logic [QueueBits:0] value_bytes, select_bytes, tap_bytes;
  logic values_last, selects_last, sparse;

  assign sparse = block_q.mode != BlockD;
  assign rows_left = rows_q - row_at_q;
  assign values_last = rows_left <= 8'd2;
  assign selects_last = rows_left <= 8'd4;
  assign value_rows = rows_left >= 8'd2 ? 2'd2 : 2'd1;
  assign select_rows = rows_left >= 8'd4 ? 3'd4 : rows_left[2:0];

  function automatic logic [V-1:0] map_row(logic [3*V*V-1:0] map, logic bitmap, logic [7:0] row);
    return bitmap ? map[32'(row) * V +: V] : '1;
  endfunction

  always_comb begin
    for (int unsigned r = 0; r < 2; r++)
      value_map[r] = r < 32'(value_rows) ? map_row(map_q, block_q.bitmap, row_at_q + 8'(r)) : '0;
    for (int unsigned r = 0; r < 4; r++)
      select_map[r] = r < 32'(select_rows) ? map_row(map_q, block_q.bitmap, row_at_q + 8'(r)) : '0;
  end

  function automatic logic [QueueBits:0] padded(logic [QueueBits:0] size, logic [1:0] from);
    logic [QueueBits:0] sum;
    sum = size + (QueueBits + 1)'(from) + (QueueBits + 1)'(3);
    sum[1:0] = '0;
    return sum - (QueueBits + 1)'(from);
  endfunction

  always_comb begin
    logic [9:0] at;
    logic [7:0] two;
    logic [3:0] half;
    at = {9'b0, odd_q};
    for (int unsigned r = 0; r < 2; r++) begin
      for (int unsigned t = 0; t < V; t++) begin
        two = head[block_q.nibble ? {1'b0, at[BlockBits:1]} : {1'b0, at[BlockBits-1:0]}];
        half = at[0] ? two[7:4] : two[3:0];
        if (!value_map[r][t]) w_row_value_o[r][t] = '0;
        else if (block_q.nibble) w_row_value_o[r][t] = {{5{half[3]}}, half};
        else if (is_unsigned) w_row_value_o[r][t] = {1'b0, two} - {1'b0, cmd_i.weight_zero};
        else w_row_value_o[r][t] = {two[7], two};
        if (value_map[r][t]) at = at + 10'd1;
      end
    end
    value_nibbles = at;
  end

  always_comb begin
    logic [9:0] at;
    logic [7:0] two;
    at = {9'b0, odd_q};
    for (int unsigned r = 0; r < 4; r++) begin
      for (int unsigned t = 0; t < V; t++) begin
        two = head[at[BlockBits+1:1]];
        w_sel_value_o[r][t] = at[0] ? two[7:4] : two[3:0];
        if (select_map[r][t]) at = at + 10'd1;
      end
    end
    select_nibbles = at;
  end

  // A nibble that begins in a byte leaves it in the queue for the next one.
  always_comb begin
    if (!block_q.nibble) value_bytes = (QueueBits + 1)'(value_nibbles);
    else if (values_last) value_bytes = (QueueBits + 1)'((value_nibbles + 10'd1) >> 1);
    else value_bytes = (QueueBits + 1)'(value_nibbles >> 1);
    if (values_last && !sparse) value_bytes = padded(value_bytes, read_q[1:0]);
    if (selects_last)
      select_bytes = padded((QueueBits + 1)'((select_nibbles + 10'd1) >> 1), read_q[1:0]);
    else select_bytes = (QueueBits + 1)'(select_nibbles >> 1);
  end

  function automatic logic [11:0] popcount(logic [Block*8-1:0] bits, logic [11:0] count);
    logic [11:0] sum;
    sum = '0;
    for (int unsigned i = 0; i < Block * 8; i++) if (12'(i) < count && bits[i]) sum = sum + 12'd1;
    return sum;
  endfunction

  logic [Block*8-1:0] head_bits;
  always_comb begin
    for (int unsigned i = 0; i < Block; i++) head_bits[8*i +: 8] = head[i];
  end
  logic [11:0] map_now;
  assign map_now = map_left_q > 12'(Block) ? 12'(Block) : map_left_q;

  // Padded size of the payload, for the check that it lies in the stream.
  logic [21:0] payload;
  always_comb begin
    payload = block_q.bitmap ? 22'(rows_q) * 22'(V / 8) : '0;
    payload = payload + {10'b0, block_q.nibble ? (occupied_q + 12'd1) >> 1 : occupied_q};
    if (sparse) payload = payload + {10'b0, (occupied_q + 12'd1) >> 1};
    payload = (payload + 22'd3) & ~22'd3;
  end

  // ---- depthwise -------------------------------------------------------------------------------

  logic [4:0] group, group_rows, pass_cols;
  logic [4:0] dw_row_q, dw_col_q;  // first of the pass
  logic [4:0] tap_row_q, tap_col_q;
  logic [21:0] taps_bytes;
  logic tap_last_col, tap_last, pass_last;
  logic wide;

  assign wide = cmd_i.kernel_w > 16'(V);
  always_comb begin
    if (cmd_i.kernel_w * 16'd4 <= 16'(V)) group = 5'd4;
    else if (cmd_i.kernel_w * 16'd3 <= 16'(V)) group = 5'd3;
    else if (cmd_i.kernel_w * 16'd2 <= 16'(V)) group = 5'd2;
    else group = 5'd1;
    group_rows = cmd_i.kernel_h[4:0] - dw_row_q < group ? cmd_i.kernel_h[4:0] - dw_row_q : group;
    pass_cols = wide && cmd_i.kernel_w[5:0] - {1'b0, dw_col_q} > 6'(V) ? 5'(V) :
        cmd_i.kernel_w[4:0] - dw_col_q;
  end
  assign taps_bytes =
      (22'(cmd_i.kernel_h[4:0]) * 22'(cmd_i.kernel_w[4:0]) * 22'(n) + 22'd3) & ~22'd3;
  assign tap_last_col = tap_col_q + 5'd1 == pass_cols;
  assign tap_last = tap_last_col && tap_row_q + 5'd1 == group_rows;
  assign pass_last = dw_row_q + group_rows == cmd_i.kernel_h[4:0] &&
      dw_col_q + pass_cols == cmd_i.kernel_w[4:0];
  assign tap_bytes = tap_last && pass_last ? padded((QueueBits + 1)'(n), read_q[1:0]) :
      (QueueBits + 1)'(n);

  // ---- steps -----------------------------------------------------------------------------------

  step_t fifo_q [Fifo];
  logic [2:0] fifo_write_q, fifo_read_q;
  logic [3:0] fifo_count_q;
  logic push, pop;
  step_t pushed;

  assign step_valid_o = fifo_count_q != '0;
  assign step_o = fifo_q[fifo_read_q];
  assign pop = step_valid_o && step_ready_i;

  logic block_last;
  assign block_last = depthwise ? pass_last : block_q.last;

  always_comb begin
    pushed = '0;
    pushed.none = !depthwise && block_q.mode == BlockNone;
    if (!depthwise && block_q.mode == BlockG2) pushed.mode = BlockG2;
    else if (!depthwise && block_q.mode == BlockG4) pushed.mode = BlockG4;
    else pushed.mode = BlockD;
    pushed.first = first_step_q && push_q == '0;
    pushed.last = block_last && push_q == steps_q;
    pushed.row = depthwise ? '0 : row_q;
    pushed.offset = depthwise ? '0 : offset_q;
  end
  // A dense block is shown with its last values.
  assign push = fifo_count_q != 4'(Fifo) && place_q &&
      (state_q == Push || (state_q == Values && !sparse && values_last && w_row_valid_o[0]));

  // ---- state machine ---------------------------------------------------------------------------

  logic have_words, fail;
  logic [21:0] taken;
  logic slots_ready;

  assign slots_ready = {1'b0, header.steps} < slots_free_q;

  always_comb begin
    consume = '0;
    fail = 1'b0;
    restart = 1'b0;
    taken = '0;
    have_words = avail_q >= (words_now << 2);
    w_row_valid_o = '0;
    w_sel_valid_o = '0;
    w_clear_o = 1'b0;
    w_tap_valid_o = 1'b0;
    case (state_q)
      Idle: restart = start_i;
      Block0: begin
        fail = {12'b0, ({4'b0, n} * 10'd9 + 10'd3) & ~10'd3} > left_q;
      end
      Bias, Mult: if (have_words) begin
        consume = words_now << 2;
        fail = param_bad;
      end
      Shift: if (avail_q >= padded((QueueBits + 1)'(n), 2'd0)) begin
        consume = padded((QueueBits + 1)'(n), 2'd0);
        fail = param_bad;
      end
      Header: begin
        if (depthwise) begin
          fail = taps_bytes > left_q;
        end else if (left_q < 22'd4) begin
          fail = 1'b1;
        end else if (avail_q >= (QueueBits + 1)'(4)) begin
          if (header_bad) fail = 1'b1;
          else if (header.bitmap && 22'(map_bytes) > left_q - 22'd4) fail = 1'b1;
          else if (header.mode == BlockNone || slots_ready) consume = (QueueBits + 1)'(4);
        end
      end
      Bitmap: if (avail_q >= (QueueBits + 1)'(map_now)) consume = (QueueBits + 1)'(map_now);
      Size: fail = payload > left_q + (block_q.bitmap ? 22'(rows_q) * 22'(V / 8) : '0);
      // Without a bitmap the size is known now; it is looked at before anything is delivered.
      Values: if (!block_q.bitmap && row_at_q == '0 && payload > left_q) fail = 1'b1;
      else if (avail_q >= value_bytes &&
               avail_q >= (QueueBits + 1)'((value_nibbles + 10'd1) >> 1)) begin
        consume = value_bytes;
        w_row_valid_o = {value_rows == 2'd2, 1'b1};
      end
      Selects: if (avail_q >= select_bytes &&
                   avail_q >= (QueueBits + 1)'((select_nibbles + 10'd1) >> 1)) begin
        consume = select_bytes;
        for (int unsigned r = 0; r < 4; r++) w_sel_valid_o[r] = r < 32'(select_rows);
      end
      Clear: w_clear_o = slots_free_q != '0;
      Taps: if (avail_q >= tap_bytes) begin
        consume = tap_bytes;
        w_tap_valid_o = 1'b1;
      end
      Tile: begin
        fail = left_q != '0;
        restart = tile_x_next < {1'b0, cmd_i.out_w} || tile_y_next < {1'b0, cmd_i.out_h};
      end
      default: ;
    endcase
    taken = 22'(consume);
  end

  assign fault_o = fail && !abort_i;

  // Lane and slot of the following rows.
  logic [5:0] row_lane [5];
  logic [1:0] row_slot [5];
  always_comb begin
    row_lane[0] = lane_q;
    row_slot[0] = slot_at_q;
    for (int unsigned r = 0; r < 4; r++) begin
      if (row_lane[r] + 6'd1 == n) begin
        row_lane[r+1] = '0;
        row_slot[r+1] = row_slot[r] + 2'd1;
      end else begin
        row_lane[r+1] = row_lane[r] + 6'd1;
        row_slot[r+1] = row_slot[r];
      end
    end
    for (int unsigned r = 0; r < 2; r++) begin
      w_row_lane_o[r] = row_lane[r];
      w_row_slot_o[r] = row_slot[r];
    end
    for (int unsigned r = 0; r < 4; r++) begin
      w_sel_lane_o[r] = row_lane[r];
      w_sel_slot_o[r] = row_slot[r];
    end
  end
  assign w_clear_slot_o = slot_next_q;
  assign w_tap_slot_o = slot_next_q;
  assign w_tap_o = 6'(tap_col_q * group_rows + tap_row_q);
  always_comb begin
    for (int unsigned i = 0; i < V; i++) begin
      if (is_unsigned) w_tap_value_o[i] = {1'b0, head[i]} - {1'b0, cmd_i.weight_zero};
      else w_tap_value_o[i] = {head[i][7], head[i]};
    end
  end

  logic slot_taken;
  assign slot_taken = w_clear_o ||
      (state_q == Header && !depthwise && consume != '0 && header.mode != BlockNone);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      done_o <= 1'b0;
      params_q <= '0;
      fifo_count_q <= '0;
      slots_free_q <= 3'd4;
    end else if (abort_i || fail) begin
      state_q <= Idle;
      done_o <= 1'b0;
      params_q <= '0;
      fifo_count_q <= '0;
      slots_free_q <= 3'd4;
    end else begin
      done_o <= 1'b0;
      params_q <= params_q + {2'b0, state_q == Shift && consume != '0} - {2'b0, param_free_i};
      fifo_count_q <= fifo_count_q + {3'b0, push} - {3'b0, pop};
      slots_free_q <= slots_free_q + {2'b0, slot_free_i} -
          (slot_taken ? (depthwise ? 3'd1 : {1'b0, header.steps} + 3'd1) : 3'd0);
      case (state_q)
        Idle: if (start_i) begin
          state_q <= Block0;
          slots_free_q <= 3'd4;
        end
        Block0: if (params_q != 3'(ParamSlots)) state_q <= Bias;
        Bias: if (consume != '0 && (half_q || n <= 6'(V / 2))) state_q <= Mult;
        Mult: if (consume != '0 && (half_q || n <= 6'(V / 2))) state_q <= Shift;
        Shift: if (consume != '0) state_q <= Header;
        Header: begin
          if (depthwise) state_q <= Clear;
          else if (consume != '0) begin
            if (header.mode == BlockNone) state_q <= Push;
            else state_q <= header.bitmap ? Bitmap : Values;
          end
        end
        Bitmap: if (consume != '0 && map_left_q == map_now) state_q <= Size;
        Size: state_q <= Values;
        Values: if (w_row_valid_o[0] && values_last) begin
          if (sparse) state_q <= Selects;
          else if (!push) state_q <= Push;
          else if (!block_last) state_q <= Header;
          else state_q <= last_channels ? Tile : Block0;
        end
        Selects: if (w_sel_valid_o[0] && selects_last) state_q <= Push;
        Push: if (push && push_q == steps_q) begin
          if (!block_last) state_q <= depthwise ? Clear : Header;
          else state_q <= last_channels ? Tile : Block0;
        end
        Clear: if (w_clear_o) state_q <= Taps;
        Taps: if (w_tap_valid_o && tap_last) state_q <= Push;
        Tile: begin
          if (restart) begin
            state_q <= Block0;
          end else begin
            state_q <= Idle;
            done_o <= 1'b1;
          end
        end
        default: state_q <= Idle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i && state_q == Idle) begin
      tile_y_q <= '0;
      tile_x_q <= '0;
      slot_next_q <= '0;
      param_write_q <= '0;
      param_read_q <= '0;
      fifo_write_q <= '0;
      fifo_read_q <= '0;
    end
    if (restart) begin
      first_lane_q <= '0;
      left_q <= {1'b0, cmd_i.weights_size};
      half_q <= 1'b0;
    end else begin
      left_q <= left_q - taken;
    end
    // Ring and pitch of the window's row, beside the values: they are ready long before, except
    // where the row is far beyond the ring.
    if (!place_q) begin
      if (cmd_i.in.ring != '0 && row_q >= cmd_i.in.ring) begin
        row_q <= row_q - cmd_i.in.ring;
      end else begin
        place_q <= 1'b1;
        offset_q <= sram_addr_t'({4'b0, row_q} * cmd_i.in.row_pitch) + {4'b0, block_q.offset};
      end
    end
    if (param_free_i) param_read_q <= param_read_q + 2'd1;
    if (pop) fifo_read_q <= fifo_read_q + 3'd1;
    if (push) begin
      fifo_q[fifo_write_q] <= pushed;
      fifo_write_q <= fifo_write_q + 3'd1;
    end
    case (state_q)
      Bias, Mult: if (consume != '0) begin
        for (int unsigned i = 0; i < V / 2; i++) begin
          if (state_q == Bias) begin
            bias_q[param_write_q][i + (half_q ? V / 2 : 0)] <=
                {head[4*i+3], head[4*i+2], head[4*i+1], head[4*i]};
          end else begin
            mult_q[param_write_q][i + (half_q ? V / 2 : 0)] <=
                {head[4*i+3], head[4*i+2], head[4*i+1], head[4*i]};
          end
        end
        half_q <= !half_q && n > 6'(V / 2);
      end
      Shift: if (consume != '0) begin
        for (int unsigned i = 0; i < V; i++) shift_q[param_write_q][i] <= head[i];
        param_write_q <= param_write_q + 2'd1;
        first_step_q <= 1'b1;
      end
      Header: begin
        push_q <= '0;
        steps_q <= depthwise ? 2'd0 : header.steps;
        place_q <= depthwise;
        dw_row_q <= '0;
        dw_col_q <= '0;
        if (!depthwise) begin
          block_q <= header;
          row_q <= {8'h0, header.row};
          rows_q <= 8'(({2'b0, n}) * (8'(header.steps) + 8'd1));
          map_left_q <= map_bytes;
          map_at_q <= '0;
          occupied_q <= header.bitmap ? '0 :
              12'(({6'b0, n}) * (12'(header.steps) + 12'd1) * 12'(V));
          row_at_q <= '0;
          lane_q <= '0;
          slot_at_q <= slot_next_q;
          odd_q <= 1'b0;
        end
      end
      Bitmap: if (consume != '0) begin
        map_left_q <= map_left_q - map_now;
        map_at_q <= map_at_q + map_now;
        occupied_q <= occupied_q + popcount(head_bits, map_now << 3);
        for (int unsigned i = 0; i < Block; i++) begin
          if (12'(i) < map_now) map_q[(32'(map_at_q) + i) * 8 +: 8] <= head[i];
        end
      end
      Values: if (w_row_valid_o[0]) begin
        odd_q <= block_q.nibble && !values_last && value_nibbles[0];
        row_at_q <= values_last ? '0 : row_at_q + 8'd2;
        lane_q <= values_last ? '0 : row_lane[2];
        slot_at_q <= values_last ? slot_next_q : row_slot[2];
      end
      Selects: if (w_sel_valid_o[0]) begin
        odd_q <= !selects_last && select_nibbles[0];
        row_at_q <= row_at_q + 8'd4;
        lane_q <= row_lane[4];
        slot_at_q <= row_slot[4];
      end
      Clear: begin
        tap_row_q <= '0;
        tap_col_q <= '0;
      end
      Taps: if (w_tap_valid_o) begin
        tap_col_q <= tap_last_col ? '0 : tap_col_q + 5'd1;
        if (tap_last_col) tap_row_q <= tap_row_q + 5'd1;
      end
      Tile: begin
        if (tile_x_next < {1'b0, cmd_i.out_w}) begin
          tile_x_q <= tile_x_next[15:0];
        end else begin
          tile_x_q <= '0;
          tile_y_q <= tile_y_next[15:0];
        end
      end
      default: ;
    endcase
    if (push) begin
      push_q <= push_q == steps_q ? '0 : push_q + 2'd1;
      if (push_q == steps_q) first_step_q <= 1'b0;
      if (!pushed.none) slot_next_q <= slot_next_q + 2'd1;
      if (push_q == steps_q && depthwise) begin
        if (dw_col_q + pass_cols == cmd_i.kernel_w[4:0]) begin
          dw_col_q <= '0;
          dw_row_q <= dw_row_q + group_rows;
        end else begin
          dw_col_q <= dw_col_q + pass_cols;
        end
      end
      if (push_q == steps_q && block_last && !last_channels) first_lane_q <= first_lane_q + 16'(V);
    end
  end

  // Row and steps have registers of their own.
  logic unused;
  assign unused = ^{block_q.reserved, block_q.steps, block_q.row};

endmodule
