// SPDX-License-Identifier: MIT

// Walk over the vectors of a feature map as a compute command stores them: tiles row by row, in
// each the blocks of V channels, in each the tile's pixels row by row.  Shows one vector; next_i
// goes to the next one.  The address is that of the row in the whole map (which a ring folds) plus
// an offset in the row, so that tiles and channel blocks need no ring arithmetic of their own.
module onpu_post_walk
  import onpu_pkg::*;
#(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  input logic rst_ni,
  input logic start_i,
  input logic next_i,
  input logic [15:0] out_h_i,
  input logic [15:0] out_w_i,
  input logic [15:0] out_c_i,
  input logic [15:0] tile_h_i,
  input logic [15:0] tile_w_i,
  input map_t map_i,
  input sram_addr_t tile_bytes_i,  // from a tile to the next in its row
  input logic one_channel_i,  // all channel blocks have the same address
  output sram_addr_t addr_o,
  output logic [15:0] channel_o,  // first of the vector
  output logic [5:0] lanes_o,
  output logic [7:0] pixel_o,  // of the tile, modulo 256
  output logic block_end_o,  // last vector of the tile's channel block
  output logic block_last_o,  // last tile and channel block
  output logic last_o
);

  localparam logic [15:0] Lanes = 16'(V);

  // Rows, pixels and channels that are left, from the tile's or the block's first on
  logic [15:0] rest_h_q, rest_w_q, rest_c_q;
  logic [15:0] tile_h_q, tile_w_q;  // of this tile
  logic [15:0] y_left_q, x_left_q;
  logic [15:0] channel_q;
  logic [7:0] pixel_q;
  sram_addr_t first_q, line_q;  // address of the tile's first row, and of this row
  logic [15:0] first_row_q, line_row_q;
  sram_addr_t tile_off_q, block_off_q, off_q;

  logic c_last, w_last, h_last;
  assign c_last = rest_c_q <= Lanes;
  assign w_last = rest_w_q <= tile_w_i;
  assign h_last = rest_h_q <= tile_h_i;

  assign addr_o = line_q + off_q;
  assign channel_o = channel_q;
  assign lanes_o = c_last ? rest_c_q[5:0] : Lanes[5:0];
  assign pixel_o = pixel_q;
  assign block_end_o = x_left_q == 16'd1 && y_left_q == 16'd1;
  assign block_last_o = c_last && w_last && h_last;
  assign last_o = block_end_o && block_last_o;

  function automatic logic [15:0] min16(logic [15:0] a, logic [15:0] b);
    min16 = a < b ? a : b;
  endfunction

  // Only for one evaluation of the process
  logic [15:0] left, row;
  sram_addr_t line, off;

  // Blocking assignments to what no other process reads
  /* verilator lint_off BLKSEQ */
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rest_h_q <= 16'd1;
      rest_w_q <= 16'd1;
      rest_c_q <= 16'd1;
      tile_h_q <= 16'd1;
      tile_w_q <= 16'd1;
      y_left_q <= 16'd1;
      x_left_q <= 16'd1;
      channel_q <= '0;
      pixel_q <= '0;
      first_q <= '0;
      line_q <= '0;
      first_row_q <= '0;
      line_row_q <= '0;
      tile_off_q <= '0;
      block_off_q <= '0;
      off_q <= '0;
    end else if (start_i) begin
      rest_h_q <= out_h_i;
      rest_w_q <= out_w_i;
      rest_c_q <= out_c_i;
      left = min16(tile_h_i, out_h_i);
      tile_h_q <= left;
      y_left_q <= left;
      left = min16(tile_w_i, out_w_i);
      tile_w_q <= left;
      x_left_q <= left;
      channel_q <= '0;
      pixel_q <= '0;
      first_q <= map_i.base;
      line_q <= map_i.base;
      first_row_q <= map_i.row;
      line_row_q <= map_i.row;
      tile_off_q <= '0;
      block_off_q <= '0;
      off_q <= '0;
    end else if (next_i) begin
      pixel_q <= block_end_o ? '0 : pixel_q + 8'd1;
      if (x_left_q != 16'd1) begin
        x_left_q <= x_left_q - 16'd1;
        off_q <= off_q + map_i.pix_pitch;
      end else begin
        x_left_q <= tile_w_q;
        line = ring_addr(line_q, map_i.row_pitch, line_row_q, 16'd1, map_i.ring, map_i.ring_bytes);
        row = ring_row(line_row_q, 16'd1, map_i.ring);
        if (y_left_q != 16'd1) begin
          y_left_q <= y_left_q - 16'd1;
          line_q <= line;
          line_row_q <= row;
          off_q <= block_off_q;
        end else if (!c_last) begin
          y_left_q <= tile_h_q;
          line_q <= first_q;
          line_row_q <= first_row_q;
          rest_c_q <= rest_c_q - Lanes;
          channel_q <= channel_q + Lanes;
          off = one_channel_i ? block_off_q : block_off_q + {4'b0, Lanes};
          block_off_q <= off;
          off_q <= off;
        end else begin
          rest_c_q <= out_c_i;
          channel_q <= '0;
          if (!w_last) begin
            y_left_q <= tile_h_q;
            line_q <= first_q;
            line_row_q <= first_row_q;
            left = rest_w_q - tile_w_i;
            rest_w_q <= left;
            off = tile_off_q + tile_bytes_i;
          end else begin
            left = rest_h_q - tile_h_i;
            rest_h_q <= left;
            left = min16(tile_h_i, left);
            tile_h_q <= left;
            y_left_q <= left;
            first_q <= line;
            first_row_q <= row;
            line_q <= line;
            line_row_q <= row;
            left = out_w_i;
            rest_w_q <= left;
            off = '0;
          end
          left = min16(tile_w_i, left);
          tile_w_q <= left;
          x_left_q <= left;
          tile_off_q <= off;
          block_off_q <= off;
          off_q <= off;
        end
      end
    end
  end
  /* verilator lint_on BLKSEQ */

endmodule
