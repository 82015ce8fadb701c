// SPDX-License-Identifier: MIT
//
// The weight stream as a queue of nibbles.  Fetches the stream from SRAM in lines of 2V bytes, once
// for each tile, ahead of its use: eight lines cover a line cut by the read position, the turn of a
// freed line (request, two cycles of SRAM, write) and a few lost grants.  The reader takes any
// number of nibbles up to a line, and the padding behind them; the taken bytes are in a register in
// the next cycle, the first nibble lowest.

module onpu_decoder_queue
  import onpu_pkg::*;
#(
    parameter int unsigned V = 16,
    localparam int unsigned NibBits = $clog2(4 * V)
) (
    input logic clk_i,
    input logic rst_ni,
    input logic start_i,
    input logic flush_i,

    // The command.
    input sram_addr_t weights_i,
    input logic [20:0] weights_size_i,
    input logic [15:0] out_h_i,
    input logic [15:0] out_w_i,
    input logic [15:0] tile_h_i,
    input logic [15:0] tile_w_i,

    output logic dec_req_o,
    output sram_addr_t dec_addr_o,
    input logic dec_gnt_i,
    input logic dec_rvalid_i,
    input logic [2*V-1:0][7:0] dec_rdata_i,

    // The reader.  `nibbles_i` may be asked about without taking.
    input logic [NibBits+1:0] nibbles_i,
    output logic enough_o,
    input logic take_i,
    output logic [16*V-1:0] taken_o,
    // The word at the read position, which must be a multiple of a word, if enough_o.
    output logic [31:0] word_o,
    // All of the stream is taken: go to its start.
    input logic rewind_i
);

  localparam int unsigned Lines = 8;
  localparam int unsigned LineBits = 16 * V;
  localparam int unsigned ByteBits = NibBits - 1;
  localparam int unsigned IndexBits = SramAddrBits - ByteBits;

  // ---- Fetch ------------------------------------------------------------------------------------

  logic active_q;
  logic [IndexBits-1:0] fetch_q, first_q, last_q;
  logic [3:0] held_q;  // lines asked for and not freed
  logic [1:0] reads_q;  // granted, one and two cycles ago
  logic last_tile, granted;
  logic [1:0] freed;

  assign dec_req_o = active_q && held_q < 4'd8;
  assign dec_addr_o = {fetch_q, {ByteBits{1'b0}}};
  assign granted = dec_req_o && dec_gnt_i;

  onpu_decoder_tiles u_tiles (
      .clk_i,
      .rst_ni,
      .start_i,
      .next_i(granted && fetch_q == last_q),
      .out_h_i,
      .out_w_i,
      .tile_h_i,
      .tile_w_i,
      .last_o(last_tile)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      fetch_q <= '0;
      first_q <= '0;
      last_q <= '0;
      held_q <= '0;
      reads_q <= '0;
    end else if (flush_i) begin
      // What was granted comes yet, and nobody waits for it.
      active_q <= 1'b0;
      held_q <= '0;
      reads_q <= '0;
    end else if (start_i) begin
      active_q <= weights_size_i != '0;
      fetch_q <= weights_i[SramAddrBits-1:ByteBits];
      first_q <= weights_i[SramAddrBits-1:ByteBits];
      last_q <= IndexBits'(({1'b0, weights_i} + weights_size_i - 21'd1) >> ByteBits);
      held_q <= '0;
      reads_q <= '0;
    end else begin
      reads_q <= {reads_q[0], granted};
      held_q <= held_q + {3'b0, granted} - {2'b0, freed};
      if (granted) begin
        if (fetch_q == last_q) begin
          fetch_q <= first_q;
          if (last_tile) active_q <= 1'b0;
        end else begin
          fetch_q <= fetch_q + 1'b1;
        end
      end
    end
  end

  // ---- Lines ------------------------------------------------------------------------------------

  logic [LineBits-1:0] line_q[Lines];
  logic [2:0] write_q, read_q;
  logic [3:0] lines_q;  // filled and not freed
  logic [NibBits-1:0] head_q;  // nibble of line read_q
  logic [NibBits+1:0] next;
  logic filled;
  logic [2:0] read_next;
  logic [LineBits-1:0] taken_q;

  assign filled = reads_q[1];
  assign next = {2'b0, head_q} + nibbles_i;
  // With padding, next may be two whole lines.
  assign enough_o = {2'b0, next} <= {lines_q, {NibBits{1'b0}}};
  assign read_next = read_q + 3'd1;
  assign word_o = line_q[read_q][{head_q[NibBits-1:3], 5'd0}+:32];
  assign taken_o = taken_q;

  always_comb begin
    freed = 2'd0;
    if (take_i) freed = next[NibBits+:2];
    else if (rewind_i) freed = {1'b0, head_q != '0};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_q <= '0;
      read_q <= '0;
      lines_q <= '0;
      head_q <= '0;
    end else if (flush_i || start_i) begin
      write_q <= '0;
      read_q <= '0;
      lines_q <= '0;
      head_q <= {weights_i[ByteBits-1:0], 1'b0};
    end else begin
      lines_q <= lines_q + {3'b0, filled} - {2'b0, freed};
      read_q <= read_q + {1'b0, freed};
      if (filled) write_q <= write_q + 3'd1;
      if (take_i) head_q <= next[NibBits-1:0];
      else if (rewind_i) head_q <= {weights_i[ByteBits-1:0], 1'b0};
    end
  end

  always_ff @(posedge clk_i) begin
    if (filled) line_q[write_q] <= dec_rdata_i;
    if (take_i) begin
      taken_q <= LineBits'({line_q[read_next], line_q[read_q]} >> {head_q, 2'b00});
    end
  end

`ifndef SYNTHESIS
  ReadData :
  assert property (@(posedge clk_i) disable iff (!rst_ni) filled |-> dec_rvalid_i);
  TakeEnough :
  assert property (@(posedge clk_i) disable iff (!rst_ni) take_i |-> enough_o);
  LineRoom :
  assert property (@(posedge clk_i) disable iff (!rst_ni) filled |-> lines_q != 4'd8);
  LineHeld :
  assert property (@(posedge clk_i) disable iff (!rst_ni || start_i || flush_i)
                   held_q >= lines_q);
`endif

endmodule
