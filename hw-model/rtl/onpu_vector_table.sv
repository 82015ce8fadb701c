// SPDX-License-Identifier: MIT
//
// The tables of RESIZE: reads entries through the decoder's SRAM port, checks them, and turns them
// into addresses.  For each channel block and output row there is one entry of the row table and
// the whole column table.  The stream of entries is: first row, second row, columns, third row,
// columns and so on, so that the addresses of a row are ready before its pixels begin.
//
// Stages: request - chunks of 2V bytes - entry - product - columns' queue, or for rows: modulo the
// ring (a cycle if it wraps at most once, else a division bit by bit) - next row - current row.

module onpu_vector_table #(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  input logic rst_ni,

  input logic start_i,
  input logic clear_i,
  // Only some fields matter here.
  // verilator lint_off UNUSEDSIGNAL
  input onpu_pkg::compute_t cmd_i,
  // verilator lint_on UNUSEDSIGNAL
  output logic fault_o,  // pulse

  output logic dec_req_o,
  output onpu_pkg::sram_addr_t dec_addr_o,
  input logic dec_gnt_i,
  // Replies come at a fixed time; replies to what was aborted must not count.
  // verilator lint_off UNUSEDSIGNAL
  input logic dec_rvalid_i,
  // verilator lint_on UNUSEDSIGNAL
  input logic [2*V-1:0][7:0] dec_rdata_i,

  // Addresses of channel 0 of the channel block, pixel 0, of two input rows.
  output logic row_valid_o,
  output onpu_pkg::sram_addr_t row_addr0_o,
  output onpu_pkg::sram_addr_t row_addr1_o,
  output logic [10:0] row_fraction_o,
  input logic row_pop_i,

  // Bytes from pixel 0 to two input pixels.
  output logic col_valid_o,
  output onpu_pkg::sram_addr_t col_off0_o,
  output onpu_pkg::sram_addr_t col_off1_o,
  output logic [10:0] col_fraction_o,
  input logic col_pop_i
);

  import onpu_pkg::sram_addr_t;

  localparam int unsigned PerChunk = V / 4;  // entries of 8 bytes
  localparam int unsigned IdxBits = $clog2(PerChunk);
  localparam int unsigned Chunks = 4;  // covers the port's latency at one entry a cycle

  typedef struct packed {
    logic row;
    logic [IdxBits-1:0] first;  // entry of the chunk
    logic [IdxBits:0] count;
  } chunk_t;

  typedef struct packed {
    logic [15:0] zero;
    logic [15:0] fraction;
    logic [15:0] second;
    logic [15:0] first;
  } entry_t;

  logic active_q;
  logic fault_q;

  // ---- requests ------------------------------------------------------------------

  logic want_q;  // more requests
  logic want_row_q;  // the next one is of the row table
  logic rows_end_q;  // no more of them
  logic [1:0] lead_q;  // rows asked for whose columns are not
  logic [15:0] row_y_q;
  logic [16:0] row_chan_q;  // channels before the block
  logic [15:0] col_left_q;
  sram_addr_t row_at_q, col_at_q;
  logic dec_req_q;
  sram_addr_t dec_addr_q;
  chunk_t dec_chunk_q;
  logic [2:0] room_q;  // chunks that may be asked for

  assign dec_req_o = dec_req_q;
  assign dec_addr_o = dec_addr_q;

  logic ask;
  assign ask = want_q && room_q != '0 && (!dec_req_q || dec_gnt_i);

  // Entries are aligned.
  // verilator lint_off UNUSEDSIGNAL
  sram_addr_t at;
  // verilator lint_on UNUSEDSIGNAL
  logic [IdxBits-1:0] at_idx;
  logic [IdxBits:0] at_most, at_count;
  logic cols_end;
  assign at = want_row_q ? row_at_q : col_at_q;
  assign at_idx = at[3+:IdxBits];
  assign at_most = (IdxBits + 1)'(PerChunk) - {1'b0, at_idx};
  assign cols_end = col_left_q <= {{(15 - IdxBits){1'b0}}, at_most};
  assign at_count = want_row_q ? (IdxBits + 1)'(1) : cols_end ? col_left_q[IdxBits:0] : at_most;

  logic row_wraps, row_last;  // last row of the block; last of all
  assign row_wraps = row_y_q == cmd_i.out_h - 16'd1;
  assign row_last = row_wraps && row_chan_q + 17'(V) >= {1'b0, cmd_i.out_c};

  logic chunk_pop;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      want_q <= 1'b0;
      dec_req_q <= 1'b0;
      room_q <= '0;
      want_row_q <= 1'b0;
      rows_end_q <= 1'b0;
      lead_q <= '0;
      row_y_q <= '0;
      row_chan_q <= '0;
      col_left_q <= '0;
      row_at_q <= '0;
      col_at_q <= '0;
      dec_addr_q <= '0;
      dec_chunk_q <= '0;
    end else if (clear_i) begin
      want_q <= 1'b0;
      dec_req_q <= 1'b0;
    end else if (start_i) begin
      want_q <= 1'b1;
      want_row_q <= 1'b1;
      rows_end_q <= 1'b0;
      lead_q <= '0;
      row_y_q <= '0;
      row_chan_q <= '0;
      row_at_q <= cmd_i.rows;
      col_at_q <= cmd_i.columns;
      col_left_q <= cmd_i.out_w;
      room_q <= 3'(Chunks);
    end else if (active_q) begin
      room_q <= room_q - {2'd0, ask} + {2'd0, chunk_pop};
      if (ask) begin
        dec_req_q <= 1'b1;
        dec_addr_q <= {at[19:3+IdxBits], {(3 + IdxBits){1'b0}}};
        dec_chunk_q <= '{row: want_row_q, first: at_idx, count: at_count};
        if (want_row_q) begin
          want_row_q <= lead_q == '0 && !row_last;
          lead_q <= lead_q + 2'd1;
          rows_end_q <= row_last;
          row_y_q <= row_wraps ? '0 : row_y_q + 16'd1;
          row_at_q <= row_wraps ? cmd_i.rows : row_at_q + 20'd8;
          if (row_wraps) row_chan_q <= row_chan_q + 17'(V);
        end else if (cols_end) begin
          col_at_q <= cmd_i.columns;
          col_left_q <= cmd_i.out_w;
          lead_q <= lead_q - 2'd1;
          want_row_q <= !rows_end_q;
          want_q <= !rows_end_q || lead_q != 2'd1;
        end else begin
          col_at_q <= col_at_q + {{(16 - IdxBits){1'b0}}, at_count, 3'd0};
          col_left_q <= col_left_q - {{(15 - IdxBits){1'b0}}, at_count};
        end
      end else if (dec_gnt_i) begin
        dec_req_q <= 1'b0;
      end
    end
  end

  // ---- chunks, entries -------------------------------------------------------------

  logic fly1_q, fly2_q;  // granted one and two cycles ago
  chunk_t fly1_chunk_q, fly2_chunk_q;
  logic [16*V-1:0] data_q [Chunks];
  chunk_t chunk_q [Chunks];
  logic [2:0] write_q, read_q;  // one bit more than an index
  logic [IdxBits:0] taken_q;  // entries of the first chunk

  chunk_t head;
  logic head_valid, take_entry;
  entry_t head_entry;
  logic [IdxBits-1:0] head_idx;
  assign head = chunk_q[read_q[1:0]];
  assign head_valid = write_q != read_q;
  assign head_idx = head.first + taken_q[IdxBits-1:0];
  always_comb begin
    head_entry = '0;
    if (head_valid) head_entry = data_q[read_q[1:0]][64*head_idx+:64];
  end

  logic entry_valid_q, entry_row_q;
  entry_t entry_q;
  logic entry_ready, entry_bad;
  assign take_entry = head_valid && (!entry_valid_q || entry_ready);
  assign chunk_pop = take_entry && taken_q + 1'b1 == head.count;

  logic [15:0] limit;
  assign limit = entry_row_q ? cmd_i.in_h : cmd_i.in_w;
  assign entry_bad = entry_q.first >= limit || entry_q.second >= limit ||
                     entry_q.fraction > 16'd1024 || entry_q.zero != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      fault_q <= 1'b0;
      fly1_q <= 1'b0;
      fly2_q <= 1'b0;
      fly1_chunk_q <= '0;
      fly2_chunk_q <= '0;
      write_q <= '0;
      read_q <= '0;
      taken_q <= '0;
      entry_valid_q <= 1'b0;
      entry_row_q <= 1'b0;
      entry_q <= '0;
    end else if (clear_i || start_i) begin
      active_q <= start_i && !clear_i;
      fault_q <= 1'b0;
      fly1_q <= 1'b0;
      fly2_q <= 1'b0;
      write_q <= '0;
      read_q <= '0;
      taken_q <= '0;
      entry_valid_q <= 1'b0;
    end else if (active_q) begin
      fly1_q <= dec_req_q && dec_gnt_i;
      fly1_chunk_q <= dec_chunk_q;
      fly2_q <= fly1_q;
      fly2_chunk_q <= fly1_chunk_q;
      if (fly2_q) write_q <= write_q + 3'd1;
      if (take_entry) begin
        entry_row_q <= head.row;
        entry_q <= head_entry;
        taken_q <= chunk_pop ? '0 : taken_q + 1'b1;
        if (chunk_pop) read_q <= read_q + 3'd1;
      end
      if (take_entry) entry_valid_q <= 1'b1;
      else if (entry_ready) entry_valid_q <= 1'b0;
      fault_q <= entry_valid_q && entry_bad;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fly2_q) begin
      data_q[write_q[1:0]] <= dec_rdata_i;
      chunk_q[write_q[1:0]] <= fly2_chunk_q;
    end
  end

  assign fault_o = fault_q;

  // ---- products ------------------------------------------------------------------

  logic prod_valid_q, prod_row_q;
  sram_addr_t prod0_q, prod1_q;
  logic [16:0] prod_sum0_q, prod_sum1_q;  // rows of the map, before modulo
  logic [10:0] prod_fraction_q;

  logic div_valid_q, col_room;
  logic prod_ready;
  assign prod_ready = !prod_valid_q || (prod_row_q ? !div_valid_q : col_room);
  assign entry_ready = prod_ready && !entry_bad;

  sram_addr_t pitch;
  assign pitch = entry_row_q ? cmd_i.in.row_pitch : cmd_i.in.pix_pitch;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) prod_valid_q <= 1'b0;
    else if (clear_i || start_i) prod_valid_q <= 1'b0;
    else if (prod_ready) prod_valid_q <= entry_valid_q && entry_ready;
  end

  always_ff @(posedge clk_i) begin
    if (entry_valid_q && prod_ready) begin
      prod_row_q <= entry_row_q;
      prod0_q <= {4'd0, entry_q.first} * pitch;
      prod1_q <= {4'd0, entry_q.second} * pitch;
      prod_sum0_q <= {1'b0, entry_q.first} + {1'b0, cmd_i.in.row};
      prod_sum1_q <= {1'b0, entry_q.second} + {1'b0, cmd_i.in.row};
      prod_fraction_q <= entry_q.fraction[10:0];
    end
  end

  // ---- columns' queue ----------------------------------------------------------------

  sram_addr_t col_off0_q [4];
  sram_addr_t col_off1_q [4];
  logic [10:0] col_fraction_q [4];
  logic [2:0] col_write_q, col_read_q;
  logic col_push;

  assign col_room = (col_write_q ^ col_read_q) != 3'd4;
  assign col_push = prod_valid_q && !prod_row_q && col_room;
  assign col_valid_o = col_write_q != col_read_q;
  assign col_off0_o = col_off0_q[col_read_q[1:0]];
  assign col_off1_o = col_off1_q[col_read_q[1:0]];
  assign col_fraction_o = col_fraction_q[col_read_q[1:0]];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      col_write_q <= '0;
      col_read_q <= '0;
    end else if (clear_i || start_i) begin
      col_write_q <= '0;
      col_read_q <= '0;
    end else begin
      if (col_push) col_write_q <= col_write_q + 3'd1;
      if (col_pop_i) col_read_q <= col_read_q + 3'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (col_push) begin
      col_off0_q[col_write_q[1:0]] <= prod0_q;
      col_off1_q[col_write_q[1:0]] <= prod1_q;
      col_fraction_q[col_write_q[1:0]] <= prod_fraction_q;
    end
  end

  // ---- rows ------------------------------------------------------------------------

  // Address of row (row + y) mod ring: base + y * row_pitch, less ring_bytes for each time around.
  // The long way is Horner's scheme over the bits of row + y: remainder, and product of the
  // quotient and ring_bytes.
  logic [15:0] div_y_q;  // output row
  sram_addr_t div_base_q;  // of the channel block
  sram_addr_t div_addr0_q, div_addr1_q;
  logic [10:0] div_fraction_q;
  logic div_long_q, div_done_q;
  logic [4:0] div_left_q;
  logic [16:0] div_num0_q, div_num1_q;
  logic [15:0] div_rem0_q, div_rem1_q;
  sram_addr_t div_sub0_q, div_sub1_q;

  logic div_load, next_valid_q, cur_valid_q;
  logic div_take, next_take;
  assign div_load = prod_valid_q && prod_row_q && !div_valid_q;
  assign next_take = next_valid_q && (!cur_valid_q || row_pop_i);
  assign div_take = div_valid_q && div_done_q && (!next_valid_q || next_take);

  logic over0, over1, twice;  // at least a ring; at least two
  assign over0 = cmd_i.in.ring != '0 && div_num0_q >= {1'b0, cmd_i.in.ring};
  assign over1 = cmd_i.in.ring != '0 && div_num1_q >= {1'b0, cmd_i.in.ring};
  assign twice = cmd_i.in.ring != '0 && (div_num0_q >= {cmd_i.in.ring, 1'b0} ||
                                         div_num1_q >= {cmd_i.in.ring, 1'b0});

  logic [16:0] bit0, bit1;
  logic fits0, fits1;
  assign bit0 = {div_rem0_q, div_num0_q[16]};
  assign bit1 = {div_rem1_q, div_num1_q[16]};
  assign fits0 = bit0 >= {1'b0, cmd_i.in.ring};
  assign fits1 = bit1 >= {1'b0, cmd_i.in.ring};
  // Below the ring, so that 16 bits do.
  logic [15:0] rest0, rest1;
  assign rest0 = fits0 ? bit0[15:0] - cmd_i.in.ring : bit0[15:0];
  assign rest1 = fits1 ? bit1[15:0] - cmd_i.in.ring : bit1[15:0];

  sram_addr_t next_addr0_q, next_addr1_q, cur_addr0_q, cur_addr1_q;
  logic [10:0] next_fraction_q, cur_fraction_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      div_valid_q <= 1'b0;
      next_valid_q <= 1'b0;
      cur_valid_q <= 1'b0;
      div_y_q <= '0;
      div_base_q <= '0;
    end else if (clear_i || start_i) begin
      div_valid_q <= 1'b0;
      next_valid_q <= 1'b0;
      cur_valid_q <= 1'b0;
      div_y_q <= '0;
      div_base_q <= cmd_i.in.base;
    end else if (active_q) begin
      if (div_load) begin
        div_valid_q <= 1'b1;
        div_y_q <= div_y_q + 16'd1;
        if (div_y_q == cmd_i.out_h - 16'd1) begin
          div_y_q <= '0;
          div_base_q <= div_base_q + 20'(V);
        end
      end else if (div_take) begin
        div_valid_q <= 1'b0;
      end
      if (div_take) next_valid_q <= 1'b1;
      else if (next_take) next_valid_q <= 1'b0;
      if (next_take) cur_valid_q <= 1'b1;
      else if (row_pop_i) cur_valid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (active_q) begin
      if (div_load) begin
        div_addr0_q <= div_base_q + prod0_q;
        div_addr1_q <= div_base_q + prod1_q;
        div_num0_q <= prod_sum0_q;
        div_num1_q <= prod_sum1_q;
        div_fraction_q <= prod_fraction_q;
        div_long_q <= 1'b0;
        div_done_q <= 1'b0;
      end else if (div_valid_q && !div_done_q) begin
        if (div_long_q) begin
          div_num0_q <= {div_num0_q[15:0], 1'b0};
          div_num1_q <= {div_num1_q[15:0], 1'b0};
          div_rem0_q <= rest0;
          div_rem1_q <= rest1;
          div_sub0_q <= {div_sub0_q[18:0], 1'b0} + (fits0 ? cmd_i.in.ring_bytes : '0);
          div_sub1_q <= {div_sub1_q[18:0], 1'b0} + (fits1 ? cmd_i.in.ring_bytes : '0);
          div_left_q <= div_left_q - 5'd1;
          if (div_left_q == '0) begin
            div_addr0_q <= div_addr0_q - div_sub0_q;
            div_addr1_q <= div_addr1_q - div_sub1_q;
            div_done_q <= 1'b1;
          end
        end else if (twice) begin
          div_long_q <= 1'b1;
          div_left_q <= 5'd17;  // bits, and a cycle to subtract
          div_rem0_q <= '0;
          div_rem1_q <= '0;
          div_sub0_q <= '0;
          div_sub1_q <= '0;
        end else begin
          if (over0) div_addr0_q <= div_addr0_q - cmd_i.in.ring_bytes;
          if (over1) div_addr1_q <= div_addr1_q - cmd_i.in.ring_bytes;
          div_done_q <= 1'b1;
        end
      end
      if (div_take) begin
        next_addr0_q <= div_addr0_q;
        next_addr1_q <= div_addr1_q;
        next_fraction_q <= div_fraction_q;
      end
      if (next_take) begin
        cur_addr0_q <= next_addr0_q;
        cur_addr1_q <= next_addr1_q;
        cur_fraction_q <= next_fraction_q;
      end
    end
  end

  assign row_valid_o = cur_valid_q;
  assign row_addr0_o = cur_addr0_q;
  assign row_addr1_o = cur_addr1_q;
  assign row_fraction_o = cur_fraction_q;

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) fly2_q |-> dec_rvalid_i)
    else $error("no reply two cycles after the grant");
  assert property (@(posedge clk_i) row_pop_i |-> cur_valid_q) else $error("no row");
  assert property (@(posedge clk_i) col_pop_i |-> col_valid_o) else $error("no column");
  assert property (@(posedge clk_i) active_q |-> room_q <= 3'(Chunks)) else $error("chunks");
`endif

endmodule
