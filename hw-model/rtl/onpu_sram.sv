// SPDX-License-Identifier: MIT
//
// The SRAM: 32 single-ported banks of V bytes, interleaved vector by vector, and the crossbar from
// seven clients.  A request is granted when every bank that it needs is free in that cycle; clients
// are asked in a fixed order: window, op2, results, decoder, DMA load, DMA store, fill; but results and
// DMA loads that were refused often go before all others for some vectors.  Only the window's four
// vectors are served one by one, and share banks that they need for the same row.
//
// Cycle t: grant, row and write data to the banks.  t+1: banks' outputs, turned to the alignment
// that was asked for.  t+2: read data at the client.  A write changes its bank at the end of t.

module onpu_sram #(
  parameter int unsigned V = 16,
  parameter int unsigned SramBytes = 524288
) (
  input logic clk_i,
  input logic rst_ni,

  // Pulse: clear everything.  No grants while it is busy.
  input logic scrub_i,
  output logic scrub_busy_o,

  // Address bits beyond the SRAM and below an alignment are ignored.
  // verilator lint_off UNUSEDSIGNAL
  input logic win_req_i,
  input logic [3:0] win_valid_i,
  input onpu_pkg::sram_addr_t [3:0] win_addr_i,
  output logic win_gnt_o,
  output logic win_rvalid_o,
  output logic [3:0][V-1:0][7:0] win_rdata_o,

  input logic op2_req_i,
  input onpu_pkg::sram_addr_t op2_addr_i,
  output logic op2_gnt_o,
  output logic op2_rvalid_o,
  output logic [V-1:0][7:0] op2_rdata_o,

  input logic wr_req_i,
  input onpu_pkg::sram_addr_t wr_addr_i,
  input logic [V-1:0] wr_strb_i,
  input logic [V-1:0][7:0] wr_data_i,
  output logic wr_gnt_o,

  input logic dec_req_i,
  input onpu_pkg::sram_addr_t dec_addr_i,  // multiple of 2V
  output logic dec_gnt_o,
  output logic dec_rvalid_o,
  output logic [2*V-1:0][7:0] dec_rdata_o,

  input logic ld_req_i,
  input onpu_pkg::sram_addr_t ld_addr_i,
  input logic [V-1:0] ld_strb_i,
  input logic [V-1:0][7:0] ld_data_i,
  output logic ld_gnt_o,

  input logic st_req_i,
  input onpu_pkg::sram_addr_t st_addr_i,
  output logic st_gnt_o,
  output logic st_rvalid_o,
  output logic [V-1:0][7:0] st_rdata_o,

  input logic fill_req_i,
  input onpu_pkg::sram_addr_t fill_addr_i,  // multiple of V
  input logic [4*V-1:0] fill_strb_i,
  input logic [7:0] fill_value_i,
  // verilator lint_on UNUSEDSIGNAL
  output logic fill_gnt_o
);

  localparam int unsigned Banks = 32;
  localparam int unsigned Rows = SramBytes / (Banks * V);
  localparam int unsigned OffBits = $clog2(V);
  localparam int unsigned RowBits = $clog2(Rows);
  localparam int unsigned VecBits = 5 + RowBits;  // {row, bank}: number of a vector

  typedef logic [VecBits-1:0] vec_t;
  typedef logic [Banks-1:0] mask_t;

  // Banks that V bytes from vector `vec` on need.
  function automatic mask_t banks_of(logic [4:0] bank, logic use_lo, logic use_hi);
    mask_t lo, hi;
    lo = {31'd0, use_lo} << bank;
    hi = {31'd0, use_hi} << (bank + 5'd1);
    return lo | hi;
  endfunction

  // ---- scrub ----------------------------------------------------------------

  logic scrub_q;
  logic [RowBits-1:0] scrub_row_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      scrub_q <= 1'b0;
      scrub_row_q <= '0;
    end else if (scrub_i) begin
      scrub_q <= 1'b1;
      scrub_row_q <= '0;
    end else if (scrub_q) begin
      scrub_q <= scrub_row_q != RowBits'(Rows - 1);
      scrub_row_q <= scrub_row_q + 1'b1;
    end
  end

  assign scrub_busy_o = scrub_q;

  // ---- patience -------------------------------------------------------------

  // Results and loads that move on faster than the windows catch up with them and would stay behind
  // them for a whole command.  Who is refused more often than every third time goes first, until it has
  // written so many vectors that it is ahead of them.
  localparam logic [3:0] PatienceEnd = 4'd15;
  localparam logic [3:0] PatienceBack = 4'd7;
  mask_t wr_need, ld_need;  // banks
  mask_t wr_first, ld_first;  // the same of who goes first
  logic [3:0] wr_wait_q, ld_wait_q;
  logic wr_first_q, ld_first_q;
  assign wr_first = wr_req_i && wr_first_q ? wr_need : '0;
  assign ld_first = ld_req_i && ld_first_q ? ld_need : '0;

  // {goes first, waits} after a request.
  function automatic logic [4:0] patience(logic first, logic [3:0] waits, logic gnt);
    if (gnt) return {first && waits > PatienceBack, waits == '0 ? 4'd0 : waits - 4'd1};
    if (waits >= PatienceEnd - 4'd2) return {1'b1, PatienceEnd};
    return {first, waits + 4'd2};
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {wr_first_q, wr_wait_q} <= '0;
      {ld_first_q, ld_wait_q} <= '0;
    end else begin
      if (wr_req_i) {wr_first_q, wr_wait_q} <= patience(wr_first_q, wr_wait_q, wr_gnt_o);
      if (ld_req_i) {ld_first_q, ld_wait_q} <= patience(ld_first_q, ld_wait_q, ld_gnt_o);
    end
  end

  // ---- window ---------------------------------------------------------------

  vec_t win_lo [4];
  vec_t win_hi [4];
  logic [3:0] win_two;  // the vector reaches into a second bank
  for (genvar k = 0; k < 4; k++) begin : gen_win
    assign win_lo[k] = win_addr_i[k][OffBits+:VecBits];
    assign win_hi[k] = win_lo[k] + 1'b1;
    assign win_two[k] = |win_addr_i[k][OffBits-1:0];
  end

  // Two vectors need different rows of one bank.
  logic win_clash [4][4];
  for (genvar k = 0; k < 4; k++) begin : gen_clash
    for (genvar j = 0; j < k; j++) begin : gen_pair
      vec_t d, e, f;
      // Equal banks are a difference of vector numbers that is 0 modulo 32.
      assign d = win_lo[k] - win_lo[j];
      assign e = d - 1'b1;  // this one's first against that one's second
      assign f = d + 1'b1;
      assign win_clash[k][j] =
          (d[4:0] == '0 && d != '0) ||
          (win_two[j] && e[4:0] == '0 && e != '0) ||
          (win_two[k] && f[4:0] == '0 && f != '0);
    end
    for (genvar j = k; j < 4; j++) begin : gen_none
      assign win_clash[k][j] = 1'b0;
    end
  end

  logic [3:0] win_done_q;  // served in earlier cycles
  logic [3:0] win_serve;
  logic [3:0] win_held;  // by who goes first
  mask_t win_mask;

  for (genvar k = 0; k < 4; k++) begin : gen_held
    assign win_held[k] =
        (banks_of(win_lo[k][4:0], 1'b1, win_two[k]) & (wr_first | ld_first)) != '0;
  end

  always_comb begin
    win_serve = '0;
    win_mask = '0;
    if (win_req_i && !scrub_q) begin
      win_serve = win_valid_i & ~win_done_q & ~win_held;
      if (win_serve[0] && win_clash[1][0]) win_serve[1] = 1'b0;
      for (int unsigned j = 0; j < 2; j++) begin
        if (win_serve[j] && win_clash[2][j]) win_serve[2] = 1'b0;
      end
      for (int unsigned j = 0; j < 3; j++) begin
        if (win_serve[j] && win_clash[3][j]) win_serve[3] = 1'b0;
      end
      for (int unsigned k = 0; k < 4; k++) begin
        if (win_serve[k]) win_mask |= banks_of(win_lo[k][4:0], 1'b1, win_two[k]);
      end
    end
  end

  assign win_gnt_o = win_req_i && !scrub_q && (win_valid_i & ~win_done_q & ~win_serve) == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) win_done_q <= '0;
    else if (!win_req_i || win_gnt_o) win_done_q <= '0;
    else win_done_q <= win_done_q | win_serve;
  end

  // ---- the other clients: one process each, so that no false loops arise -------------

  vec_t op2_lo, op2_hi;
  mask_t op2_need, op2_mask, op2_busy;
  assign op2_lo = op2_addr_i[OffBits+:VecBits];
  assign op2_hi = op2_lo + 1'b1;
  assign op2_need = banks_of(op2_lo[4:0], 1'b1, |op2_addr_i[OffBits-1:0]);
  assign op2_gnt_o =
      op2_req_i && !scrub_q && (op2_need & (win_mask | wr_first | ld_first)) == '0;
  assign op2_mask = op2_gnt_o ? op2_need : '0;
  assign op2_busy = win_mask | op2_mask;

  vec_t wr_lo, wr_hi;
  logic [2*V-1:0] wr_strb;
  logic wr_use_lo, wr_use_hi;
  mask_t wr_mask, wr_busy;
  assign wr_lo = wr_addr_i[OffBits+:VecBits];
  assign wr_hi = wr_lo + 1'b1;
  assign wr_strb = {{V{1'b0}}, wr_strb_i} << wr_addr_i[OffBits-1:0];
  assign wr_use_lo = |wr_strb[V-1:0];
  assign wr_use_hi = |wr_strb[2*V-1:V];
  assign wr_need = banks_of(wr_lo[4:0], wr_use_lo, wr_use_hi);
  assign wr_gnt_o = wr_req_i && !scrub_q &&
      (wr_need & (op2_busy | (wr_first != '0 ? '0 : ld_first))) == '0;
  assign wr_mask = wr_gnt_o ? wr_need : '0;
  assign wr_busy = op2_busy | wr_mask;

  vec_t dec_lo, dec_hi;
  mask_t dec_need, dec_mask, dec_busy;
  assign dec_lo = {dec_addr_i[OffBits+1+:VecBits-1], 1'b0};
  assign dec_hi = {dec_addr_i[OffBits+1+:VecBits-1], 1'b1};
  assign dec_need = banks_of(dec_lo[4:0], 1'b1, 1'b1);
  assign dec_gnt_o = dec_req_i && !scrub_q && (dec_need & (wr_busy | wr_first | ld_first)) == '0;
  assign dec_mask = dec_gnt_o ? dec_need : '0;
  assign dec_busy = wr_busy | dec_mask;

  vec_t ld_lo, ld_hi;
  logic [2*V-1:0] ld_strb;
  logic ld_use_lo, ld_use_hi;
  mask_t ld_mask, ld_busy;
  assign ld_lo = ld_addr_i[OffBits+:VecBits];
  assign ld_hi = ld_lo + 1'b1;
  assign ld_strb = {{V{1'b0}}, ld_strb_i} << ld_addr_i[OffBits-1:0];
  assign ld_use_lo = |ld_strb[V-1:0];
  assign ld_use_hi = |ld_strb[2*V-1:V];
  assign ld_need = banks_of(ld_lo[4:0], ld_use_lo, ld_use_hi);
  assign ld_gnt_o = ld_req_i && !scrub_q && (ld_need & dec_busy) == '0;
  assign ld_mask = ld_gnt_o ? ld_need : '0;
  assign ld_busy = dec_busy | ld_mask;

  vec_t st_lo, st_hi;
  mask_t st_need, st_mask, st_busy;
  assign st_lo = st_addr_i[OffBits+:VecBits];
  assign st_hi = st_lo + 1'b1;
  assign st_need = banks_of(st_lo[4:0], 1'b1, |st_addr_i[OffBits-1:0]);
  assign st_gnt_o = st_req_i && !scrub_q && (st_need & ld_busy) == '0;
  assign st_mask = st_gnt_o ? st_need : '0;
  assign st_busy = ld_busy | st_mask;

  vec_t fill_vec [4];
  logic [3:0] fill_use;
  mask_t fill_need, fill_mask;
  for (genvar k = 0; k < 4; k++) begin : gen_fill
    assign fill_vec[k] = fill_addr_i[OffBits+:VecBits] + VecBits'(k);
    assign fill_use[k] = |fill_strb_i[V*k+:V];
  end
  assign fill_need = banks_of(fill_vec[0][4:0], fill_use[0], fill_use[1])
                   | banks_of(fill_vec[2][4:0], fill_use[2], fill_use[3]);
  assign fill_gnt_o = fill_req_i && !scrub_q && (fill_need & st_busy) == '0;
  assign fill_mask = fill_gnt_o ? fill_need : '0;

  // ---- to the banks ------------------------------------------------------------

  // Bytes in the order of their bank's bytes: the part that runs over starts again at 0.
  logic [8*V-1:0] wr_data, ld_data;
  logic [16*V-1:0] wr_wide, ld_wide;
  always_comb begin
    wr_wide = '0;
    if (wr_req_i) wr_wide = {{8*V{1'b0}}, wr_data_i} << {wr_addr_i[OffBits-1:0], 3'd0};
  end
  always_comb begin
    ld_wide = '0;
    if (ld_req_i) ld_wide = {{8*V{1'b0}}, ld_data_i} << {ld_addr_i[OffBits-1:0], 3'd0};
  end
  assign wr_data = wr_wide[8*V-1:0] | wr_wide[16*V-1:8*V];
  assign ld_data = ld_wide[8*V-1:0] | ld_wide[16*V-1:8*V];

  // Where a bank's strobes and data come from.
  typedef enum logic [2:0] {
    SrcFill0 = 3'd0,
    SrcFill1 = 3'd1,
    SrcFill2 = 3'd2,
    SrcFill3 = 3'd3,
    SrcWrLo = 3'd4,
    SrcWrHi = 3'd5,
    SrcLdLo = 3'd6,
    SrcLdHi = 3'd7
  } src_e;

  mask_t bank_en, bank_we;
  logic [RowBits-1:0] bank_row [Banks];
  src_e bank_src [Banks];

  assign bank_we = wr_mask | ld_mask | fill_mask | {Banks{scrub_q}};
  assign bank_en = bank_we | win_mask | op2_mask | dec_mask | st_mask;

  always_comb begin
    for (int unsigned b = 0; b < Banks; b++) bank_row[b] = scrub_row_q;
    for (int unsigned k = 0; k < 4; k++) begin
      if (win_serve[k]) begin
        bank_row[win_lo[k][4:0]] = win_lo[k][VecBits-1:5];
        if (win_two[k]) bank_row[win_hi[k][4:0]] = win_hi[k][VecBits-1:5];
      end
    end
    if (op2_gnt_o) begin
      bank_row[op2_lo[4:0]] = op2_lo[VecBits-1:5];
      if (op2_mask[op2_hi[4:0]]) bank_row[op2_hi[4:0]] = op2_hi[VecBits-1:5];
    end
    if (wr_gnt_o) begin
      if (wr_use_lo) bank_row[wr_lo[4:0]] = wr_lo[VecBits-1:5];
      if (wr_use_hi) bank_row[wr_hi[4:0]] = wr_hi[VecBits-1:5];
    end
    if (dec_gnt_o) begin
      bank_row[dec_lo[4:0]] = dec_lo[VecBits-1:5];
      bank_row[dec_hi[4:0]] = dec_hi[VecBits-1:5];
    end
    if (ld_gnt_o) begin
      if (ld_use_lo) bank_row[ld_lo[4:0]] = ld_lo[VecBits-1:5];
      if (ld_use_hi) bank_row[ld_hi[4:0]] = ld_hi[VecBits-1:5];
    end
    if (st_gnt_o) begin
      bank_row[st_lo[4:0]] = st_lo[VecBits-1:5];
      if (st_mask[st_hi[4:0]]) bank_row[st_hi[4:0]] = st_hi[VecBits-1:5];
    end
    if (fill_gnt_o) begin
      for (int unsigned k = 0; k < 4; k++) begin
        if (fill_use[k]) bank_row[fill_vec[k][4:0]] = fill_vec[k][VecBits-1:5];
      end
    end
  end

  always_comb begin
    for (int unsigned b = 0; b < Banks; b++) bank_src[b] = SrcFill0;
    if (wr_gnt_o) begin
      if (wr_use_lo) bank_src[wr_lo[4:0]] = SrcWrLo;
      if (wr_use_hi) bank_src[wr_hi[4:0]] = SrcWrHi;
    end
    if (ld_gnt_o) begin
      if (ld_use_lo) bank_src[ld_lo[4:0]] = SrcLdLo;
      if (ld_use_hi) bank_src[ld_hi[4:0]] = SrcLdHi;
    end
    if (fill_gnt_o) begin
      if (fill_use[1]) bank_src[fill_vec[1][4:0]] = SrcFill1;
      if (fill_use[2]) bank_src[fill_vec[2][4:0]] = SrcFill2;
      if (fill_use[3]) bank_src[fill_vec[3][4:0]] = SrcFill3;
    end
  end

  logic [8*V-1:0] bank_rdata [Banks];

  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    logic [V-1:0] strb;
    logic [8*V-1:0] data;
    always_comb begin
      strb = '1;
      data = '0;
      if (bank_we[b] && !scrub_q) begin
        data = {V{fill_value_i}};
        case (bank_src[b])
          SrcFill1: strb = fill_strb_i[2*V-1:V];
          SrcFill2: strb = fill_strb_i[3*V-1:2*V];
          SrcFill3: strb = fill_strb_i[4*V-1:3*V];
          SrcWrLo: begin
            strb = wr_strb[V-1:0];
            data = wr_data;
          end
          SrcWrHi: begin
            strb = wr_strb[2*V-1:V];
            data = wr_data;
          end
          SrcLdLo: begin
            strb = ld_strb[V-1:0];
            data = ld_data;
          end
          SrcLdHi: begin
            strb = ld_strb[2*V-1:V];
            data = ld_data;
          end
          default: strb = fill_strb_i[V-1:0];
        endcase
      end
    end

    onpu_sram_bank #(
      .V(V),
      .Rows(Rows)
    ) u_bank (
      .clk_i,
      .en_i(bank_en[b]),
      .we_i(bank_we[b]),
      .row_i(bank_row[b]),
      .strb_i(strb),
      .data_i(data),
      .rdata_o(bank_rdata[b])
    );
  end

  // ---- read data ---------------------------------------------------------------

  // Ports of V bytes at any address: the window's four, op2, store.
  localparam int unsigned Ports = 6;
  logic [Ports-1:0] take;
  logic [OffBits+4:0] take_at [Ports];  // bank and byte
  assign take = {st_gnt_o, op2_gnt_o, win_serve};
  for (genvar k = 0; k < 4; k++) begin : gen_take
    assign take_at[k] = win_addr_i[k][OffBits+4:0];
  end
  assign take_at[4] = op2_addr_i[OffBits+4:0];
  assign take_at[5] = st_addr_i[OffBits+4:0];

  logic [8*V-1:0] port_data [Ports];
  for (genvar p = 0; p < Ports; p++) begin : gen_port
    logic take_q;
    logic [4:0] bank_q, next_bank;
    logic [OffBits-1:0] off_q;
    logic [8*V-1:0] data_q;
    logic [16*V-1:0] turned;

    assign next_bank = bank_q + 5'd1;
    always_comb begin
      turned = '0;
      if (take_q) begin
        turned = {bank_rdata[next_bank], bank_rdata[bank_q]} >> {off_q, 3'd0};
      end
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) take_q <= 1'b0;
      else take_q <= take[p];
    end

    always_ff @(posedge clk_i) begin
      if (take[p]) {bank_q, off_q} <= take_at[p];
      // Vectors of a window that were served early are held here.
      if (take_q) data_q <= turned[8*V-1:0];
    end

    // The half above is what was not asked for.
    logic unused_turned;
    assign unused_turned = ^turned[16*V-1:8*V];
    assign port_data[p] = data_q;
  end

  assign win_rdata_o = {port_data[3], port_data[2], port_data[1], port_data[0]};
  assign op2_rdata_o = port_data[4];
  assign st_rdata_o = port_data[5];

  logic dec_take_q;
  logic [3:0] dec_bank_q;
  logic [16*V-1:0] dec_data_q;
  always_ff @(posedge clk_i) begin
    if (dec_gnt_o) dec_bank_q <= dec_lo[4:1];
    if (dec_take_q) dec_data_q <= {bank_rdata[{dec_bank_q, 1'b1}], bank_rdata[{dec_bank_q, 1'b0}]};
  end
  assign dec_rdata_o = dec_data_q;

  logic win_take_q, op2_take_q, st_take_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {win_take_q, op2_take_q, dec_take_q, st_take_q} <= '0;
      {win_rvalid_o, op2_rvalid_o, dec_rvalid_o, st_rvalid_o} <= '0;
    end else begin
      {win_take_q, op2_take_q, dec_take_q, st_take_q} <=
          {win_gnt_o, op2_gnt_o, dec_gnt_o, st_gnt_o};
      {win_rvalid_o, op2_rvalid_o, dec_rvalid_o, st_rvalid_o} <=
          {win_take_q, op2_take_q, dec_take_q, st_take_q};
    end
  end

`ifndef SYNTHESIS
  // During reset there are no requests.
  // A request stays as it is until it is granted, unless it is withdrawn.
  assert property (@(posedge clk_i)
      win_req_i && $past(win_req_i && !win_gnt_o)
      |-> win_addr_i == $past(win_addr_i) && win_valid_i == $past(win_valid_i))
    else $error("window request changed");
  assert property (@(posedge clk_i)
      op2_req_i && $past(op2_req_i && !op2_gnt_o) |-> op2_addr_i == $past(op2_addr_i))
    else $error("op2 request changed");
  assert property (@(posedge clk_i)
      wr_req_i && $past(wr_req_i && !wr_gnt_o)
      |-> wr_addr_i == $past(wr_addr_i) && wr_strb_i == $past(wr_strb_i))
    else $error("result write changed");
  assert property (@(posedge clk_i)
      dec_req_i && $past(dec_req_i && !dec_gnt_o) |-> dec_addr_i == $past(dec_addr_i))
    else $error("decoder request changed");
  assert property (@(posedge clk_i)
      ld_req_i && $past(ld_req_i && !ld_gnt_o)
      |-> ld_addr_i == $past(ld_addr_i) && ld_strb_i == $past(ld_strb_i))
    else $error("DMA write changed");
  assert property (@(posedge clk_i)
      st_req_i && $past(st_req_i && !st_gnt_o) |-> st_addr_i == $past(st_addr_i))
    else $error("DMA read changed");
  assert property (@(posedge clk_i)
      fill_req_i && $past(fill_req_i && !fill_gnt_o)
      |-> fill_addr_i == $past(fill_addr_i) && fill_strb_i == $past(fill_strb_i))
    else $error("fill changed");
  // Alignment.
  assert property (@(posedge clk_i)
      dec_req_i |-> dec_addr_i[OffBits:0] == '0) else $error("decoder address not aligned");
  assert property (@(posedge clk_i)
      fill_req_i |-> fill_addr_i[OffBits-1:0] == '0) else $error("fill address not aligned");
  // A bank has one user, but for window vectors of one row.
  assert property (@(posedge clk_i)
      (win_mask & op2_mask) == '0 && (op2_busy & wr_mask) == '0 && (wr_busy & dec_mask) == '0 &&
      (dec_busy & ld_mask) == '0 && (ld_busy & st_mask) == '0 && (st_busy & fill_mask) == '0)
    else $error("bank conflict");
  // Nobody goes first for ever.
  assert property (@(posedge clk_i)
      (!wr_first_q || wr_wait_q >= PatienceBack) && (!ld_first_q || ld_wait_q >= PatienceBack))
    else $error("patience");
  initial begin
    assert (SramBytes == 32 * V * Rows && Rows == (1 << RowBits) && V == (1 << OffBits));
  end
`endif

endmodule
