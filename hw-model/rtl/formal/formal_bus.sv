// SPDX-License-Identifier: MIT
//
// onpu_bus between clients and a memory that do what they like, even answer what was not asked: the
// rules of AXI for what the bus offers, addresses that are those of the request, data and answers that
// go to the client of their ID, turns, fences.  The MMU is a stand-in whose answers are any.  There is no engine reset.
module onpu_mmu #(
  parameter int unsigned V = 8
) (
  input logic clk_i,
  input logic rst_ni,
  input logic [63:0] ctx_table_i,
  input logic [7:0] active_ctx_i,
  input logic root_req_i,
  output logic root_done_o,
  output logic root_error_o,
  output logic root_bus_o,
  input logic inv_i,
  input logic [7:0] inv_ctx_i,
  input logic inv_all_i,
  input logic engines_reset_i,
  input logic fence_i,
  input logic lk_valid_i,
  input logic [2:0] lk_owner_i,
  input logic lk_zero_i,
  input logic [31:12] lk_va_i,
  output logic lk_hit_o,
  output logic lk_fault_o,
  output logic lk_bus_o,
  output logic [39:0] lk_page_o,
  input logic lk_take_i,
  output logic [7:0] wait_o,
  output logic ar_req_o,
  output logic [63:0] ar_addr_o,
  input logic ar_gnt_i,
  input logic r_valid_i,
  input logic [8*V-1:0] r_data_i,
  input logic r_err_i,
  output logic busy_o,
  output logic reading_o,
  output logic walk_o
);

  // ctx_table_i, which nothing else in the bus reads, brings any answer in any cycle.
  logic any_hit, any_fault, any_ask, any_busy;
  assign {any_hit, any_fault, any_ask, any_busy, lk_bus_o, wait_o, lk_page_o} = ctx_table_i[52:0];
  assign ar_addr_o = {ctx_table_i[63:3], 3'd0};
  assign {root_done_o, root_error_o, root_bus_o, walk_o} = ctx_table_i[56:53];
  logic reading_q = 1'b0;
  assign lk_hit_o = lk_valid_i && any_hit;
  assign lk_fault_o = lk_valid_i && !any_hit && any_fault;
  assign ar_req_o = any_ask && !fence_i && !reading_q;
  assign reading_o = reading_q;
  assign busy_o = any_busy || reading_q;
  always_ff @(posedge clk_i) reading_q <= ar_gnt_i || (reading_q && !r_valid_i);

endmodule

module formal_bus (
  input logic clk_i,
  // What clients that do not wait may ask for next.
  input logic [2:0] rd_req_i,
  input logic [2:0][31:0] rd_va_i,
  input logic [2:0][9:0] rd_bytes_i,
  input logic [2:0] rd_ctx0_i,
  input logic [2:0] rd_ready_i,
  input logic [2:0] wr_req_i,
  input logic [2:0][31:0] wr_va_i,
  input logic [2:0][9:0] wr_bytes_i,
  input logic [2:0] wr_ctx0_i,
  input logic [2:0] wd_valid_i,
  input logic [2:0][61:0] wd_data_i,
  input logic [2:0][7:0] wd_strb_i,
  input logic ar_ready_i,
  input logic r_valid_i,
  input logic [1:0] r_id_i,
  input logic [61:0] r_data_i,
  input logic [1:0] r_resp_i,
  input logic r_last_i,
  input logic aw_ready_i,
  input logic w_ready_i,
  input logic b_valid_i,
  input logic [1:0] b_id_i,
  input logic [1:0] b_resp_i,
  input logic [7:0] active_ctx_i,
  input logic inv_i,
  input logic fence_engines_i,
  input logic fence_all_i,
  input logic [63:0] mmu_i
);

  localparam int unsigned V = 8;

  logic started = 1'b0;
  always_ff @(posedge clk_i) started <= 1'b1;

  // ---- clients: a request stays until it is granted, within 512 bytes ---------------------

  logic [2:0] rd_req_q = '0, wr_req_q = '0, rd_ctx0_q, wr_ctx0_q, rd_gnt, wr_gnt, rd_valid, wb_valid;
  logic [2:0][31:0] rd_va_q, wr_va_q;
  logic [2:0][9:0] rd_bytes_q, wr_bytes_q;
  function automatic logic fits(logic [31:0] va, logic [9:0] bytes);
    return bytes != '0 && {1'b0, va[8:0]} + bytes <= 10'd512 && bytes <= 10'd512;
  endfunction
  always_ff @(posedge clk_i) begin
    for (int c = 0; c < 3; c++) begin
      if (!rd_req_q[c] || rd_gnt[c]) begin
        rd_req_q[c] <= started && rd_req_i[c] && fits(rd_va_i[c], rd_bytes_i[c]);
        rd_va_q[c] <= rd_va_i[c];
        rd_bytes_q[c] <= rd_bytes_i[c];
        rd_ctx0_q[c] <= rd_ctx0_i[c];
      end
      if (!wr_req_q[c] || wr_gnt[c]) begin
        wr_req_q[c] <= started && wr_req_i[c] && fits(wr_va_i[c], wr_bytes_i[c]);
        wr_va_q[c] <= wr_va_i[c];
        wr_bytes_q[c] <= wr_bytes_i[c];
        wr_ctx0_q[c] <= wr_ctx0_i[c];
      end
    end
  end

  // ---- memory: answers table reads that are under way, and anything to clients --------------

  logic ar_valid, r_ready, aw_valid, w_valid, w_last, b_ready, rd_last, rd_err, drained_all, drained_engines;
  logic [2:0] ar_id, ar_size, aw_id, aw_size;
  logic [63:0] ar_addr, aw_addr;
  logic [7:0] ar_len, aw_len;
  logic [1:0] ar_burst, aw_burst;
  logic [63:0] w_data, rd_data;
  logic [7:0] w_strb;
  logic r_valid, b_valid;
  assign r_valid = started && r_valid_i && (r_id_i != 2'd3 || (u_bus.mmu_reading && r_last_i));
  assign b_valid = started && b_valid_i && b_id_i != 2'd3;

  // Low bits of the data say whose they are.
  onpu_bus #(.V(V)) u_bus (
    .clk_i,
    .rst_ni(started),
    .rd_req_i(rd_req_q),
    .rd_ctx0_i(rd_ctx0_q),
    .rd_va_i(rd_va_q),
    .rd_bytes_i(rd_bytes_q),
    .rd_gnt_o(rd_gnt),
    .rd_valid_o(rd_valid),
    .rd_data_o(rd_data),
    .rd_last_o(rd_last),
    .rd_err_o(rd_err),
    .rd_bus_o(),
    .rd_va_o(),
    .rd_ready_i,
    .wr_req_i(wr_req_q),
    .wr_ctx0_i(wr_ctx0_q),
    .wr_va_i(wr_va_q),
    .wr_bytes_i(wr_bytes_q),
    .wr_gnt_o(wr_gnt),
    .wd_valid_i,
    .wd_data_i({wd_data_i[2], 2'd2, wd_data_i[1], 2'd1, wd_data_i[0], 2'd0}),
    .wd_strb_i,
    .wd_last_i('0),
    .wd_ready_o(),
    .wb_valid_o(wb_valid),
    .wb_err_o(),
    .wb_bus_o(),
    .wb_va_o(),
    .axi_ar_valid_o(ar_valid),
    .axi_ar_ready_i(ar_ready_i),
    .axi_ar_id_o(ar_id),
    .axi_ar_addr_o(ar_addr),
    .axi_ar_len_o(ar_len),
    .axi_ar_size_o(ar_size),
    .axi_ar_burst_o(ar_burst),
    .axi_r_valid_i(r_valid),
    .axi_r_ready_o(r_ready),
    .axi_r_id_i({1'b0, r_id_i}),
    .axi_r_data_i({r_data_i, r_id_i}),
    .axi_r_resp_i(r_resp_i),
    .axi_r_last_i(r_last_i),
    .axi_aw_valid_o(aw_valid),
    .axi_aw_ready_i(aw_ready_i),
    .axi_aw_id_o(aw_id),
    .axi_aw_addr_o(aw_addr),
    .axi_aw_len_o(aw_len),
    .axi_aw_size_o(aw_size),
    .axi_aw_burst_o(aw_burst),
    .axi_w_valid_o(w_valid),
    .axi_w_ready_i(w_ready_i),
    .axi_w_data_o(w_data),
    .axi_w_strb_o(w_strb),
    .axi_w_last_o(w_last),
    .axi_b_valid_i(b_valid),
    .axi_b_ready_o(b_ready),
    .axi_b_id_i({1'b0, b_id_i}),
    .axi_b_resp_i(b_resp_i),
    .ctx_table_i(mmu_i),
    .active_ctx_i,
    .root_req_i(1'b0),
    .root_done_o(),
    .root_error_o(),
    .inv_i,
    .inv_ctx_i('0),
    .inv_all_i(1'b0),
    .inv_done_o(),
    .fence_engines_i,
    .drained_engines_o(drained_engines),
    .fence_all_i,
    .drained_all_o(drained_all),
    .engines_reset_i(1'b0),
    .idle_o(),
    .boot_i(1'b0),
    .mem_fault_o(),
    .mem_fault_info_o(),
    .walks_o(),
    .stall_mmu_o()
  );

  // ---- what is looked up is what the client still asks for -----------------------------------

  always_ff @(posedge clk_i) begin
    if (started) begin
      assert (!u_bus.look_q || u_bus.look_client_q != 2'd3);
      if (u_bus.look_q && !u_bus.look_write_q) begin
        assert (rd_req_q[u_bus.look_client_q]);
        assert (u_bus.look_va_q == rd_va_q[u_bus.look_client_q]);
        assert (u_bus.look_bytes_q == rd_bytes_q[u_bus.look_client_q]);
      end
      if (u_bus.look_q && u_bus.look_write_q) begin
        assert (wr_req_q[u_bus.look_client_q]);
        assert (u_bus.look_va_q == wr_va_q[u_bus.look_client_q]);
        assert (u_bus.look_bytes_q == wr_bytes_q[u_bus.look_client_q]);
      end
      for (int unsigned c = 0; c < 3; c++) begin
        assert (!rd_req_q[c] || fits(rd_va_q[c], rd_bytes_q[c]));
        assert (!wr_req_q[c] || fits(wr_va_q[c], wr_bytes_q[c]));
      end
    end
  end

  // ---- valid stays, and with it what it is about -------------------------------------------

  logic ar_held_q = 1'b0, aw_held_q = 1'b0, w_held_q = 1'b0, fence_q = 1'b0;
  logic [82:0] ar_q, aw_q;
  logic [72:0] w_q;
  always_ff @(posedge clk_i) begin
    ar_held_q <= started && ar_valid && !ar_ready_i;
    aw_held_q <= started && aw_valid && !aw_ready_i;
    w_held_q <= started && w_valid && !w_ready_i;
    fence_q <= fence_all_i;
    ar_q <= {ar_id, ar_addr, ar_len, ar_size, ar_burst};
    aw_q <= {aw_id, aw_addr, aw_len, aw_size, aw_burst};
    w_q <= {w_data, w_strb, w_last};
    if (started) begin
      assert (!ar_held_q || (ar_valid && ar_q == {ar_id, ar_addr, ar_len, ar_size, ar_burst}));
      assert (!aw_held_q || (aw_valid && aw_q == {aw_id, aw_addr, aw_len, aw_size, aw_burst}));
      assert (!w_held_q || (w_valid && w_q == {w_data, w_strb, w_last}));
      // Whole words, within 512 bytes; table entries are single.
      assert (!aw_valid || (aw_addr[2:0] == '0 && 8'(aw_addr[8:3]) + aw_len < 8'd64 && aw_id < 3'd3));
      assert (!ar_valid || ar_id == 3'd3 || (ar_addr[2:0] == '0 && 8'(ar_addr[8:3]) + ar_len < 8'd64));
      assert (!ar_valid || ar_id < 3'd3 || (ar_id == 3'd3 && ar_len == '0));
      assert (ar_burst == 2'd1 && aw_burst == 2'd1);
    end
  end

  // ---- an address is that of the request that was granted last ------------------------------

  typedef struct packed {
    logic [1:0] client;
    logic [5:0] len;
    logic [8:0] offset;  // in 4 KiB, of words
  } burst_t;
  function automatic burst_t burst(logic [2:0] gnt, logic [2:0][31:0] va, logic [2:0][9:0] bytes);
    logic [1:0] client;
    logic [9:0] last;
    client = gnt[0] ? 2'd0 : gnt[1] ? 2'd1 : 2'd2;
    last = {1'b0, va[client][8:0]} + bytes[client] - 10'd1;
    return '{client: client, len: last[8:3] - va[client][8:3], offset: va[client][11:3]};
  endfunction

  burst_t ar_burst_q, aw_burst_q;
  logic ar_due_q = 1'b0, aw_due_q = 1'b0;
  always_ff @(posedge clk_i) begin
    ar_due_q <= rd_gnt != '0 && !u_bus.fault;
    aw_due_q <= wr_gnt != '0 && !u_bus.fault;
    if (rd_gnt != '0 && !u_bus.fault) ar_burst_q <= burst(rd_gnt, rd_va_q, rd_bytes_q);
    if (wr_gnt != '0 && !u_bus.fault) aw_burst_q <= burst(wr_gnt, wr_va_q, wr_bytes_q);
    if (started) begin
      // A grant whose translation is good is followed by its address.
      assert (!ar_due_q || (ar_valid && ar_id != 3'd3));
      assert (!aw_due_q || aw_valid);
      assert (!ar_valid || ar_id == 3'd3 || {ar_id, ar_len, ar_addr[11:3]} ==
              {1'b0, ar_burst_q.client, 2'b0, ar_burst_q.len, ar_burst_q.offset});
      assert (!aw_valid || {aw_id, aw_len, aw_addr[11:3]} ==
              {1'b0, aw_burst_q.client, 2'b0, aw_burst_q.len, aw_burst_q.offset});
    end
  end

  // ---- reads and answers --------------------------------------------------------------------

  logic b_take_q = 1'b0;
  logic [1:0] b_id_q;
  logic [2:0] w_head_fail_q;
  logic [2:0][4:0] rd_open_q = '0, wr_open_q = '0;  // granted and not answered, modulo 32
  always_ff @(posedge clk_i) begin
    b_take_q <= b_valid && b_ready;
    b_id_q <= b_id_i;
    w_head_fail_q <= u_bus.w_head_fail;
    if (started) begin
      for (int unsigned c = 0; c < 3; c++) begin
        rd_open_q[c] <= rd_open_q[c] + 5'(rd_gnt[c]) - 5'(rd_valid[c] && rd_ready_i[c] && rd_last);
        wr_open_q[c] <= wr_open_q[c] + 5'(wr_gnt[c]) - 5'(wb_valid[c]);
        assert (!rd_valid[c] || rd_err || rd_data[1:0] == 2'(c));
        assert (!wb_valid[c] || (b_take_q && b_id_q == 2'(c)) || w_head_fail_q[c]);
        assert (rd_open_q[c] ==
                5'(u_bus.r_count_q[c] + (u_bus.out_valid_q && u_bus.out_client_q == 2'(c) && u_bus.out_last_q)));
        assert (wr_open_q[c] == 5'(u_bus.w_count_q[c] + u_bus.wb_valid_q[c]));
      end
      assert ($onehot0(rd_valid) && $onehot0(wb_valid) && $onehot0({rd_gnt, wr_gnt}));
      assert ((rd_gnt & ~rd_req_q) == '0 && (wr_gnt & ~wr_req_q) == '0);
      // What makes that inductive.
      assert (u_bus.w_dead_data_q == '0 && u_bus.r_dead_q == '0 && u_bus.w_dead_q == '0);
      assert (!u_bus.out_valid_q || u_bus.out_client_q != 2'd3);
      assert (!u_bus.skid_valid_q || u_bus.skid_client_q != 2'd3);
      assert (!u_bus.skid_valid_q || u_bus.skid_data_q[1:0] == u_bus.skid_client_q);
      assert (u_bus.store_count_q != 2'd3);
    end
  end

  // ---- turns ---------------------------------------------------------------------------------

  // Choices of others while a client could have been chosen.
  logic [1:0] load_lost_q = '0;
  logic [2:0][1:0] w_lost_q = '0;
  logic reads_q = 1'b0;  // a read was chosen though a write could have been
  always_ff @(posedge clk_i) begin
    if (started) begin
      if (u_bus.choose_read) load_lost_q <= u_bus.r_candidate[0] && u_bus.r_choice != '0 ? load_lost_q + 2'd1 : '0;
      for (int unsigned c = 0; c < 3; c++) begin
        if (u_bus.choose_write)
          w_lost_q[c] <= u_bus.w_candidate[c] && u_bus.w_choice != 2'(c) ? w_lost_q[c] + 2'd1 : '0;
        // After two choices of others it is this one's turn.
        assert (w_lost_q[c] != 2'd3);
        assert (w_lost_q[c] == '0 || u_bus.w_turn_q != 2'(c));
        assert (w_lost_q[c] != 2'd2 || u_bus.w_turn_q == 2'((c + 2) % 3));
      end
      reads_q <= u_bus.choose_read && u_bus.w_candidate != '0;
      assert (load_lost_q == u_bus.r_lost_q);
      assert (!(u_bus.choose_read && u_bus.r_candidate[0] && load_lost_q == '1) || u_bus.r_choice == '0);
      // Never two reads in a row, so that a write has every other turn.
      assert (!(reads_q && u_bus.choose_read));
      assert (!u_bus.choose_read || u_bus.r_candidate[u_bus.r_choice]);
      assert (!u_bus.choose_write || u_bus.w_candidate[u_bus.w_choice]);
      assert (u_bus.w_turn_q != 2'd3);
      assert (!reads_q || (u_bus.look_q && !u_bus.look_write_q));
    end
  end

  // ---- fences --------------------------------------------------------------------------------

  always_ff @(posedge clk_i) begin
    if (started) begin
      assert (!fence_all_i || (rd_gnt == '0 && wr_gnt == '0));
      assert (!fence_engines_i || (rd_gnt[1:0] == '0 && wr_gnt[1:0] == '0));
      // The address that was there stays; none comes.
      assert (!(fence_q && ar_valid) || ar_held_q);
      assert (!(fence_q && aw_valid) || aw_held_q);
      assert (!drained_all || !u_bus.u_mmu.reading_q);
      assert (!drained_all || (fence_all_i && rd_valid == '0 && wb_valid == '0));
      for (int unsigned c = 0; c < 3; c++) begin
        assert (!drained_all || (rd_open_q[c] == '0 && wr_open_q[c] == '0));
        assert (c == 2 || !drained_engines ||
                (rd_open_q[c] == '0 && wr_open_q[c] == '0));
      end
    end
  end

endmodule
