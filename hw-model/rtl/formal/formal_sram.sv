// SPDX-License-Identifier: MIT
//
// Arbitration of onpu_sram, in a small SRAM, against byte addresses: a bank, any one, has at most
// one client in a cycle; it is given that client's row, strobes and direction, and it is left alone
// when no granted client needs it.  Each of the window's vectors is served once before the grant,
// with it at the latest; some vector is served in each cycle in which nobody goes before the window.
// Who goes first is granted at once, and it does so for a bounded number of grants.  All clients ask
// whatever they want.
module formal_sram #(
  parameter int unsigned V = 4,
  parameter int unsigned Rows = 4
) (
  input logic clk_i,
  input logic scrub_i,
  input logic win_req_i,
  input logic [3:0] win_valid_i,
  input onpu_pkg::sram_addr_t [3:0] win_addr_i,
  input logic op2_req_i,
  input onpu_pkg::sram_addr_t op2_addr_i,
  input logic wr_req_i,
  input onpu_pkg::sram_addr_t wr_addr_i,
  input logic [V-1:0] wr_strb_i,
  input logic [V-1:0][7:0] wr_data_i,
  input logic dec_req_i,
  input onpu_pkg::sram_addr_t dec_addr_i,
  input logic ld_req_i,
  input onpu_pkg::sram_addr_t ld_addr_i,
  input logic [V-1:0] ld_strb_i,
  input logic [V-1:0][7:0] ld_data_i,
  input logic st_req_i,
  input onpu_pkg::sram_addr_t st_addr_i,
  input logic fill_req_i,
  input onpu_pkg::sram_addr_t fill_addr_i,
  input logic [4*V-1:0] fill_strb_i,
  input logic [7:0] fill_value_i,
  // Any bank, and any byte of it.
  input logic [4:0] bank_i,
  input logic [$clog2(V)-1:0] byte_i
);

  localparam int unsigned Size = 32 * V * Rows;
  localparam int unsigned AddrBits = $clog2(Size);
  localparam int unsigned ByteBits = $clog2(V);
  localparam int unsigned RowBits = $clog2(Rows);
  typedef logic [AddrBits-1:0] addr_t;
  typedef logic [RowBits-1:0] row_t;

  logic started = 1'b0;
  logic scrub_busy, win_gnt, op2_gnt, wr_gnt, dec_gnt, ld_gnt, st_gnt, fill_gnt;
  always_ff @(posedge clk_i) started <= 1'b1;

  onpu_sram #(.V(V), .SramBytes(Size)) u_sram (
    .clk_i,
    .rst_ni(started),
    .scrub_i,
    .scrub_busy_o(scrub_busy),
    .win_req_i,
    .win_valid_i,
    .win_addr_i,
    .win_gnt_o(win_gnt),
    .win_rvalid_o(),
    .win_rdata_o(),
    .op2_req_i,
    .op2_addr_i,
    .op2_gnt_o(op2_gnt),
    .op2_rvalid_o(),
    .op2_rdata_o(),
    .wr_req_i,
    .wr_addr_i,
    .wr_strb_i,
    .wr_data_i,
    .wr_gnt_o(wr_gnt),
    .dec_req_i,
    .dec_addr_i,
    .dec_gnt_o(dec_gnt),
    .dec_rvalid_o(),
    .dec_rdata_o(),
    .ld_req_i,
    .ld_addr_i,
    .ld_strb_i,
    .ld_data_i,
    .ld_gnt_o(ld_gnt),
    .st_req_i,
    .st_addr_i,
    .st_gnt_o(st_gnt),
    .st_rvalid_o(),
    .st_rdata_o(),
    .fill_req_i,
    .fill_addr_i,
    .fill_strb_i,
    .fill_value_i,
    .fill_gnt_o(fill_gnt)
  );

  // Whether `count` bytes from `addr` on touch the bank, and the row of it that they need.
  function automatic logic [RowBits:0] touch(addr_t addr, int unsigned count, logic [4*V-1:0] strb, logic [4:0] bank);
    addr_t at;
    touch = '0;
    for (int unsigned i = 0; i < count; i++) begin
      at = addr + addr_t'(i);
      if (strb[i] && at[ByteBits+:5] == bank) touch = {1'b1, at[AddrBits-1-:RowBits]};
    end
  endfunction
  // Whether the byte of the row of the bank is written.
  function automatic logic hits(addr_t addr, int unsigned count, logic [4*V-1:0] strb, row_t row, logic [4:0] bank,
                                logic [ByteBits-1:0] index);
    hits = 1'b0;
    for (int unsigned i = 0; i < count; i++) begin
      if (strb[i] && addr_t'(addr + addr_t'(i)) == {row, bank, index}) hits = 1'b1;
    end
  endfunction

  // Users: 0 window, 1 op2, 2 results, 3 decoder, 4 load, 5 store, 6 fill.
  logic [6:0] use_bank;
  row_t [6:0] row;
  logic [3:0] win_use, served;
  row_t [3:0] win_row;
  logic same_row, written, byte_written;
  row_t need_row;

  logic first;  // somebody goes before the window
  assign served = u_sram.win_serve;
  assign first = (wr_req_i && u_sram.wr_first_q) || (ld_req_i && u_sram.ld_first_q);

  always_comb begin
    for (int unsigned k = 0; k < 4; k++) begin
      {win_use[k], win_row[k]} = touch(addr_t'(win_addr_i[k]), V, '1, bank_i);
      win_use[k] = win_use[k] && served[k];
    end
    use_bank = '0;
    row = '0;
    same_row = 1'b1;
    for (int unsigned k = 0; k < 4; k++) begin
      if (win_use[k]) begin
        if (use_bank[0] && row[0] != win_row[k]) same_row = 1'b0;
        use_bank[0] = 1'b1;
        row[0] = win_row[k];
      end
    end
    {use_bank[1], row[1]} = touch(addr_t'(op2_addr_i), V, '1, bank_i);
    {use_bank[2], row[2]} = touch(addr_t'(wr_addr_i), V, (4 * V)'(wr_strb_i), bank_i);
    {use_bank[3], row[3]} = touch({dec_addr_i[AddrBits-1:ByteBits+1], (ByteBits + 1)'(0)}, 2 * V, '1, bank_i);
    {use_bank[4], row[4]} = touch(addr_t'(ld_addr_i), V, (4 * V)'(ld_strb_i), bank_i);
    {use_bank[5], row[5]} = touch(addr_t'(st_addr_i), V, '1, bank_i);
    {use_bank[6], row[6]} = touch({fill_addr_i[AddrBits-1:ByteBits], ByteBits'(0)}, 4 * V, fill_strb_i, bank_i);
    use_bank &= {fill_gnt, st_gnt, ld_gnt, dec_gnt, wr_gnt, op2_gnt, 1'b1};
    need_row = '0;
    for (int unsigned c = 0; c < 7; c++) if (use_bank[c]) need_row = row[c];
    written = use_bank[2] || use_bank[4] || use_bank[6];
    byte_written =
        (wr_gnt && hits(addr_t'(wr_addr_i), V, (4 * V)'(wr_strb_i), need_row, bank_i, byte_i)) ||
        (ld_gnt && hits(addr_t'(ld_addr_i), V, (4 * V)'(ld_strb_i), need_row, bank_i, byte_i)) ||
        (fill_gnt && hits({fill_addr_i[AddrBits-1:ByteBits], ByteBits'(0)}, 4 * V, fill_strb_i, need_row, bank_i,
                          byte_i));
  end

  // Vectors of the window's request that were served in earlier cycles, as the client counts.
  logic [3:0] done_q = '0;
  always_ff @(posedge clk_i) begin
    if (!started || !win_req_i || win_gnt) done_q <= '0;
    else done_q <= done_q | served;
  end

  logic [V-1:0] strb;
  logic en, we;
  row_t bank_row;
  assign en = u_sram.bank_en[bank_i];
  assign we = u_sram.bank_we[bank_i];
  assign bank_row = u_sram.bank_row[bank_i];
  logic [31:0][V-1:0] strbs;
  for (genvar b = 0; b < 32; b++) begin : gen_strb
    assign strbs[b] = u_sram.gen_bank[b].strb;
  end
  assign strb = strbs[bank_i];

  always_ff @(posedge clk_i) begin
    if (started && scrub_busy) begin
      assert ({win_gnt, op2_gnt, wr_gnt, dec_gnt, ld_gnt, st_gnt, fill_gnt, served} == '0);
      assert (en && we && strb == '1);
    end
    if (started && !scrub_busy) begin
      assert ($onehot0(use_bank));
      assert (same_row);
      assert (en == (use_bank != '0));
      assert (!en || bank_row == need_row);
      assert (!en || we == written);
      assert (!we || strb[byte_i] == byte_written);
      // The window.
      assert ((served & ~win_valid_i) == '0);
      assert ((served & done_q) == '0);
      assert (!win_req_i || win_gnt == ((done_q | served | ~win_valid_i) == '1));
      assert (!win_req_i || win_gnt || served != '0 || first);
      // Who is asked first is granted if no bank that it needs is taken.
      assert (!(op2_req_i && !win_req_i && !first) || op2_gnt);
      // Results go first before loads that do.
      assert (!(wr_req_i && u_sram.wr_first_q) || wr_gnt);
      assert (!(ld_req_i && u_sram.ld_first_q && !wr_req_i) || ld_gnt);
    end
    if (started) begin
      // A grant takes one of the waits, a refusal that ends the patience makes them 15.
      assert (!u_sram.wr_first_q || u_sram.wr_wait_q >= 4'd7);
      assert (!u_sram.ld_first_q || u_sram.ld_wait_q >= 4'd7);
    end
  end

endmodule
