// SPDX-License-Identifier: MIT
//
// Everything that the device does outside of itself: the MMU and the AXI4 master.  A client's
// request is one access of at most 512 bytes, and one burst.  Requests are looked up while the
// client still holds them, and granted once they are translated and the address register is
// free, so that one that misses waits at its client and stops nobody else; one that fails is
// granted too, and answered in its place in the client's order.
//
// Read data pass through a skid register and an output register; write data follow the order of
// the write addresses, through two registers.  The AXI IDs are the client's numbers, and 3 for
// table reads.

module onpu_bus
  import onpu_pkg::*;
#(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  input logic rst_ni,

  // Read clients: 0 load, 1 command fetch, 2 control core and boot.
  input logic [2:0] rd_req_i,
  input logic [2:0] rd_ctx0_i,
  input logic [2:0][31:0] rd_va_i,
  input logic [2:0][9:0] rd_bytes_i,
  output logic [2:0] rd_gnt_o,
  output logic [2:0] rd_valid_o,
  output logic [V-1:0][7:0] rd_data_o,
  output logic rd_last_o,
  output logic rd_err_o,
  output logic rd_bus_o,
  output logic [31:0] rd_va_o,
  input logic [2:0] rd_ready_i,

  // Write clients: 0 store, 1 trace and state, 2 control core.
  input logic [2:0] wr_req_i,
  input logic [2:0] wr_ctx0_i,
  input logic [2:0][31:0] wr_va_i,
  input logic [2:0][9:0] wr_bytes_i,
  output logic [2:0] wr_gnt_o,
  input logic [2:0] wd_valid_i,
  input logic [2:0][V-1:0][7:0] wd_data_i,
  input logic [2:0][V-1:0] wd_strb_i,
  input logic [2:0] wd_last_i,
  output logic [2:0] wd_ready_o,
  output logic [2:0] wb_valid_o,
  output logic wb_err_o,
  output logic wb_bus_o,
  output logic [31:0] wb_va_o,

  output logic axi_ar_valid_o,
  input logic axi_ar_ready_i,
  output logic [2:0] axi_ar_id_o,
  output logic [63:0] axi_ar_addr_o,
  output logic [7:0] axi_ar_len_o,
  output logic [2:0] axi_ar_size_o,
  output logic [1:0] axi_ar_burst_o,
  input logic axi_r_valid_i,
  output logic axi_r_ready_o,
  input logic [2:0] axi_r_id_i,
  input logic [8*V-1:0] axi_r_data_i,
  input logic [1:0] axi_r_resp_i,
  input logic axi_r_last_i,
  output logic axi_aw_valid_o,
  input logic axi_aw_ready_i,
  output logic [2:0] axi_aw_id_o,
  output logic [63:0] axi_aw_addr_o,
  output logic [7:0] axi_aw_len_o,
  output logic [2:0] axi_aw_size_o,
  output logic [1:0] axi_aw_burst_o,
  output logic axi_w_valid_o,
  input logic axi_w_ready_i,
  output logic [8*V-1:0] axi_w_data_o,
  output logic [V-1:0] axi_w_strb_o,
  output logic axi_w_last_o,
  input logic axi_b_valid_i,
  output logic axi_b_ready_o,
  input logic [2:0] axi_b_id_i,
  input logic [1:0] axi_b_resp_i,

  // MMU.
  input logic [63:0] ctx_table_i,
  input logic [7:0] active_ctx_i,
  input logic root_req_i,
  output logic root_done_o,
  output logic root_error_o,
  input logic inv_i,
  input logic [7:0] inv_ctx_i,
  input logic inv_all_i,
  output logic inv_done_o,

  input logic fence_engines_i,
  output logic drained_engines_o,
  input logic fence_all_i,
  output logic drained_all_o,
  input logic engines_reset_i,
  output logic idle_o,

  input logic boot_i,
  output logic mem_fault_o,
  output memory_fault_t mem_fault_info_o,
  output logic walks_o,
  output logic stall_mmu_o
);

  localparam int unsigned LaneBits = $clog2(V);
  // Outstanding requests of client 0, in each direction, and of each other client.
  localparam logic [4:0] Depth0 = 5'd16;
  // Beats that client 0 may have asked for: 2 KiB, and 128 at least, which hide a latency of 100
  // cycles.  With more of the stream ahead of it in the memory a table entry would come too late.
  localparam logic [11:0] Ahead = V < 16 ? 12'(2048 / V) : 12'd128;
  localparam logic [4:0] DepthN = 5'd4;

  // Queue entries of client 0 are 0 to 15, of client 1 are 16 to 19, of client 2 are 20 to 23.
  function automatic logic [4:0] place(logic [1:0] client, logic [3:0] pointer);
    return client == 2'd0 ? {1'b0, pointer} : {2'b10, client[1], pointer[1:0]};
  endfunction

  // Beats of a request, less one.
  function automatic logic [5:0] beats(logic [LaneBits-1:0] offset, logic [9:0] bytes);
    logic [10:0] last;
    last = {{(11 - LaneBits) {1'b0}}, offset} + {1'b0, bytes} - 11'd1;
    last = last >> LaneBits;
    return last[5:0];
  endfunction

  // Clients that an engine reset concerns.
  logic [2:0] engine_reset;
  assign engine_reset = {1'b0, {2{engines_reset_i}}};

  // ---- choice of a request, and its lookup in the next cycle -----------------------------

  logic [2:0][4:0] r_count_q, w_count_q;
  logic [7:0] mmu_wait;
  logic ar_valid_q, aw_valid_q;
  logic look_q, look_write_q, look_zero_q;
  logic [1:0] look_client_q;
  logic [31:0] look_va_q;
  logic [9:0] look_bytes_q;
  logic [11:0] r_beats_q;  // that read client 0 has asked for and not received
  logic [1:0] r_lost_q;  // times that read client 0 was passed over
  logic [1:0] w_turn_q;  // write client that was last chosen

  logic [2:0] fenced, r_candidate, w_candidate;
  logic choose_read, choose_write;
  logic [1:0] r_choice, w_choice;

  always_comb begin
    fenced = {3{fence_all_i}} | {1'b0, {2{fence_engines_i}}} | engine_reset;
    r_candidate[0] = r_count_q[0] != Depth0 && r_beats_q < Ahead;
    r_candidate[1] = r_count_q[1] != DepthN;
    r_candidate[2] = r_count_q[2] != DepthN;
    w_candidate[0] = w_count_q[0] != Depth0;
    w_candidate[1] = w_count_q[1] != DepthN;
    w_candidate[2] = w_count_q[2] != DepthN;
    r_candidate = r_candidate & rd_req_i & ~fenced & ~mmu_wait[2:0];
    w_candidate = w_candidate & wr_req_i & ~fenced & ~mmu_wait[6:4];
    // One direction a cycle: what is looked up now may take the place or the register.
    choose_read = r_candidate != '0 && !(look_q && !look_write_q) &&
                  (!ar_valid_q || axi_ar_ready_i);
    choose_write = !choose_read && w_candidate != '0 && !(look_q && look_write_q) &&
                   (!aw_valid_q || axi_aw_ready_i);
    if (r_candidate[0] && (r_candidate[2:1] == '0 || r_lost_q == '1)) r_choice = 2'd0;
    else r_choice = r_candidate[1] ? 2'd1 : 2'd2;
    case (w_turn_q)
      2'd0: w_choice = w_candidate[1] ? 2'd1 : w_candidate[2] ? 2'd2 : 2'd0;
      2'd1: w_choice = w_candidate[2] ? 2'd2 : w_candidate[0] ? 2'd0 : 2'd1;
      default: w_choice = w_candidate[0] ? 2'd0 : w_candidate[1] ? 2'd1 : 2'd2;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      look_q <= 1'b0;
      look_write_q <= 1'b0;
      look_zero_q <= 1'b0;
      look_client_q <= '0;
      look_va_q <= '0;
      look_bytes_q <= '0;
      r_lost_q <= '0;
      w_turn_q <= '0;
    end else begin
      look_q <= choose_read || choose_write;
      if (choose_read) begin
        look_write_q <= 1'b0;
        look_client_q <= r_choice;
        look_va_q <= rd_va_i[r_choice];
        look_bytes_q <= rd_bytes_i[r_choice];
        look_zero_q <= r_choice == 2'd2 || rd_ctx0_i[r_choice] || active_ctx_i == '0;
        r_lost_q <= r_choice == 2'd0 || !r_candidate[0] ? '0 : r_lost_q + 2'd1;
      end
      if (choose_write) begin
        look_write_q <= 1'b1;
        look_client_q <= w_choice;
        look_va_q <= wr_va_i[w_choice];
        look_bytes_q <= wr_bytes_i[w_choice];
        look_zero_q <= w_choice == 2'd2 || wr_ctx0_i[w_choice] || active_ctx_i == '0;
        w_turn_q <= w_choice;
      end
    end
  end

  logic look, hit, fault, fault_bus, free, take, table_req, table_gnt, table_valid;
  logic [39:0] look_page;
  logic [63:0] table_addr;
  logic root_bus, mmu_busy, mmu_reading;
  logic [2:0] look_1hot, r_push, w_push;

  assign look_1hot = 3'b001 << look_client_q;
  assign look = look_q && (look_1hot & fenced) == '0;
  always_comb begin
    // Tables first: somebody waits for them.
    free = look_write_q ? !aw_valid_q : !ar_valid_q && !table_req;
    take = fault || (hit && free);
    r_push = take && !look_write_q ? look_1hot : '0;
    w_push = take && look_write_q ? look_1hot : '0;
  end
  assign rd_gnt_o = r_push;
  assign wr_gnt_o = w_push;
  assign table_gnt = table_req && !ar_valid_q;
  assign table_valid = axi_r_valid_i && axi_r_id_i == 3'd3;
  // Whose earlier requests still bring data does not suffer yet.
  logic [2:0] r_none, w_none;
  always_comb begin
    for (int c = 0; c < 3; c++) begin
      r_none[c] = r_count_q[c] == '0;
      w_none[c] = w_count_q[c] == '0;
    end
  end
  assign stall_mmu_o = (mmu_wait & {1'b0, w_none, 1'b0, r_none}) != '0;

  onpu_mmu #(.V(V)) u_mmu (
    .clk_i,
    .rst_ni,
    .ctx_table_i,
    .active_ctx_i,
    .root_req_i,
    .root_done_o,
    .root_error_o,
    .root_bus_o(root_bus),
    .inv_i,
    .inv_ctx_i,
    .inv_all_i,
    .engines_reset_i,
    .fence_i(fence_all_i),
    .lk_valid_i(look),
    .lk_owner_i({look_write_q, look_client_q}),
    .lk_zero_i(look_zero_q),
    .lk_va_i(look_va_q[31:12]),
    .lk_hit_o(hit),
    .lk_fault_o(fault),
    .lk_bus_o(fault_bus),
    .lk_page_o(look_page),
    .lk_take_i(take),
    .wait_o(mmu_wait),
    .ar_req_o(table_req),
    .ar_addr_o(table_addr),
    .ar_gnt_i(table_gnt),
    .r_valid_i(table_valid),
    .r_data_i(axi_r_data_i),
    .r_err_i(axi_r_resp_i != '0),
    .busy_o(mmu_busy),
    .reading_o(mmu_reading),
    .walk_o(walks_o)
  );

  // ---- addresses -----------------------------------------------------------------------

  logic [2:0] ar_id_q, ar_size_q;
  logic [63:0] ar_addr_q;
  logic [5:0] ar_len_q, aw_len_q;
  logic [1:0] aw_id_q;
  logic [51:0] aw_addr_q;
  logic [51:0] burst_addr;
  logic [5:0] burst_len;

  assign burst_addr = {look_page, look_va_q[11:LaneBits], {LaneBits{1'b0}}};
  assign burst_len = beats(look_va_q[LaneBits-1:0], look_bytes_q);

  logic r_sent;
  assign r_sent = axi_r_valid_i && axi_r_ready_o && axi_r_id_i == 3'd0;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      r_beats_q <= '0;
    end else begin
      r_beats_q <= r_beats_q + (r_push[0] && !fault ? {6'd0, burst_len} + 12'd1 : 12'd0) -
          {11'd0, r_sent};
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ar_valid_q <= 1'b0;
      ar_id_q <= '0;
      ar_size_q <= '0;
      ar_addr_q <= '0;
      ar_len_q <= '0;
      aw_valid_q <= 1'b0;
      aw_id_q <= '0;
      aw_addr_q <= '0;
      aw_len_q <= '0;
    end else begin
      if (ar_valid_q) begin
        if (axi_ar_ready_i) ar_valid_q <= 1'b0;
      end else if (table_req) begin
        ar_valid_q <= 1'b1;
        ar_id_q <= 3'd3;
        ar_size_q <= 3'd3;
        ar_addr_q <= table_addr;
        ar_len_q <= '0;
      end else if (r_push != '0 && !fault) begin
        ar_valid_q <= 1'b1;
        ar_id_q <= {1'b0, look_client_q};
        ar_size_q <= LaneBits[2:0];
        ar_addr_q <= {12'd0, burst_addr};
        ar_len_q <= burst_len;
      end
      if (aw_valid_q) begin
        if (axi_aw_ready_i) aw_valid_q <= 1'b0;
      end else if (w_push != '0 && !fault) begin
        aw_valid_q <= 1'b1;
        aw_id_q <= look_client_q;
        aw_addr_q <= burst_addr;
        aw_len_q <= burst_len;
      end
    end
  end

  assign axi_ar_valid_o = ar_valid_q;
  assign axi_ar_id_o = ar_id_q;
  assign axi_ar_addr_o = ar_addr_q;
  assign axi_ar_len_o = {2'd0, ar_len_q};
  assign axi_ar_size_o = ar_size_q;
  assign axi_ar_burst_o = 2'b01;
  assign axi_aw_valid_o = aw_valid_q;
  assign axi_aw_id_o = {1'b0, aw_id_q};
  assign axi_aw_addr_o = {12'd0, aw_addr_q};
  assign axi_aw_len_o = {2'd0, aw_len_q};
  assign axi_aw_size_o = LaneBits[2:0];
  assign axi_aw_burst_o = 2'b01;

  // ---- reads: one queue a client of what is outstanding ----------------------------------

  logic [33:0] r_entry_q [24];  // failed in a table read, context 0, va
  logic [23:0] r_fail_q;  // not on the bus
  logic [2:0][3:0] r_head_q, r_tail_q;
  logic [2:0][4:0] r_dead_q;  // of the oldest ones: nobody wants them
  logic [2:0] r_error_q;  // an earlier beat of this burst failed

  logic skid_valid_q, skid_last_q, skid_bad_q;
  logic [1:0] skid_client_q;
  logic [8*V-1:0] skid_data_q;
  logic out_valid_q, out_last_q, out_err_q, out_bus_q;
  logic [1:0] out_client_q;
  logic [2:0] out_1hot;
  logic [31:0] out_va_q;
  logic [8*V-1:0] out_data_q;

  logic r_in, out_free, r_failing, r_use, r_last, r_bad, r_dead, r_give, r_lost;
  logic [1:0] r_client;
  logic [2:0] r_1hot, r_pop, r_head_fail;
  logic [33:0] r_entry;
  logic [4:0] r_place;

  always_comb begin
    for (int c = 0; c < 3; c++)
      r_head_fail[c] = r_count_q[c] != '0 && r_fail_q[place(c[1:0], r_head_q[c])];
    out_1hot = 3'b001 << out_client_q;
    r_in = axi_r_valid_i && !axi_r_id_i[1] || axi_r_valid_i && axi_r_id_i == 3'd2;
    out_free = !out_valid_q || (out_1hot & (rd_ready_i | engine_reset)) != '0;
    // Failed requests whose turn it is, then beats.
    r_failing = r_head_fail != '0;
    if (r_failing) r_client = r_head_fail[0] ? 2'd0 : r_head_fail[1] ? 2'd1 : 2'd2;
    else r_client = skid_valid_q ? skid_client_q : axi_r_id_i[1:0];
    r_use = out_free && (r_failing || skid_valid_q || r_in);
    r_last = r_failing || (skid_valid_q ? skid_last_q : axi_r_last_i);
    r_bad = !r_failing && (skid_valid_q ? skid_bad_q : axi_r_resp_i != '0);
    r_1hot = 3'b001 << r_client;
    r_lost = r_bad || (r_1hot & r_error_q) != '0;
    r_dead = (r_1hot & engine_reset) != '0 || r_dead_q[r_client] != '0;
    r_give = r_use && !r_dead && (r_last || !r_lost);
    r_pop = r_use && r_last ? r_1hot : '0;
    r_entry = r_entry_q[place(r_client, r_head_q[r_client])];
    r_place = place(look_client_q, r_tail_q[look_client_q]);
  end

  assign axi_r_ready_o = !skid_valid_q || axi_r_id_i == 3'd3;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      r_fail_q <= '0;
      r_head_q <= '0;
      r_tail_q <= '0;
      r_error_q <= '0;
      skid_valid_q <= 1'b0;
      skid_client_q <= '0;
      skid_last_q <= 1'b0;
      skid_bad_q <= 1'b0;
      out_valid_q <= 1'b0;
      out_client_q <= '0;
      out_last_q <= 1'b0;
      out_err_q <= 1'b0;
      out_bus_q <= 1'b0;
      out_va_q <= '0;
    end else begin
      if (r_push != '0) begin
        r_fail_q[r_place] <= fault;
        r_tail_q[look_client_q] <= r_tail_q[look_client_q] + 4'd1;
      end
      if (r_use) begin
        if (r_last) begin
          r_head_q[r_client] <= r_head_q[r_client] + 4'd1;
          r_error_q[r_client] <= 1'b0;
        end else if (r_bad) begin
          r_error_q[r_client] <= 1'b1;
        end
      end
      if (out_free) begin
        out_valid_q <= r_give;
        if (r_give) begin
          out_client_q <= r_client;
          out_last_q <= r_last;
          out_err_q <= r_failing || r_lost;
          out_bus_q <= r_failing ? r_entry[33] : r_lost;
          if (r_failing || r_lost) out_va_q <= r_entry[31:0];
        end
      end
      if (skid_valid_q) begin
        if (r_use && !r_failing) skid_valid_q <= 1'b0;
      end else if (r_in && (!r_use || r_failing)) begin
        skid_valid_q <= 1'b1;
        skid_client_q <= axi_r_id_i[1:0];
        skid_last_q <= axi_r_last_i;
        skid_bad_q <= axi_r_resp_i != '0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (r_push != '0)
      r_entry_q[r_place] <= {fault_bus, look_zero_q, look_va_q};
    if (out_free && r_give) out_data_q <= skid_valid_q ? skid_data_q : axi_r_data_i;
    if (!skid_valid_q && r_in) skid_data_q <= axi_r_data_i;
  end

  assign rd_valid_o = out_valid_q ? out_1hot : '0;
  assign rd_data_o = out_data_q;
  assign rd_last_o = out_last_q;
  assign rd_err_o = out_err_q;
  assign rd_bus_o = out_bus_q;
  assign rd_va_o = out_va_q;

  // ---- write data, in the order of the addresses -----------------------------------------

  logic [8:0] o_entry_q [32];  // failed, client, beats less one
  logic [4:0] o_head_q, o_tail_q;
  logic [5:0] o_beat_q;
  logic [2:0][4:0] w_dead_data_q;  // of the oldest ones: their data will not come
  logic [8:0] o_entry;
  logic o_valid, o_dead, o_room, o_beat, o_last, o_put;
  logic [1:0] o_client;
  logic [2:0] o_1hot, w_filled;
  logic [1:0] store_count_q;
  logic [1:0] store_last_q;  // {second, first}
  logic [8*V-1:0] store_data0_q, store_data1_q;
  logic [V-1:0] store_strb0_q, store_strb1_q;

  always_comb begin
    o_entry = o_entry_q[o_head_q];
    o_valid = o_head_q != o_tail_q;
    o_client = o_entry[7:6];
    o_1hot = 3'b001 << o_client;
    o_dead = w_dead_data_q[o_client] != '0;
    o_room = o_entry[8] || !store_count_q[1];
    o_beat = o_valid && o_room && (o_dead || (o_1hot & wd_valid_i) != '0);
    o_last = o_beat_q == o_entry[5:0] || (o_dead && o_entry[8]);
    o_put = o_beat && !o_entry[8];
    w_filled = o_beat && o_last ? o_1hot : '0;
    wd_ready_o = o_valid && o_room && !o_dead ? o_1hot : '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      o_head_q <= '0;
      o_tail_q <= '0;
      o_beat_q <= '0;
      store_count_q <= '0;
      store_last_q <= '0;
      store_strb0_q <= '0;
      store_strb1_q <= '0;
      store_data0_q <= '0;
      store_data1_q <= '0;
    end else begin
      if (w_push != '0) begin
        o_entry_q[o_tail_q] <= {fault, look_client_q, burst_len};
        o_tail_q <= o_tail_q + 5'd1;
      end
      if (o_beat) begin
        o_beat_q <= o_last ? '0 : o_beat_q + 6'd1;
        if (o_last) o_head_q <= o_head_q + 5'd1;
      end
      if (store_count_q != '0 && axi_w_ready_i) begin
        store_count_q <= o_put ? store_count_q : store_count_q - 2'd1;
        store_last_q[0] <= store_last_q[1];
        store_data0_q <= store_data1_q;
        store_strb0_q <= store_strb1_q;
      end else if (o_put) begin
        store_count_q <= store_count_q + 2'd1;
      end
      if (o_put) begin
        if (store_count_q == '0 || axi_w_ready_i) begin
          store_last_q[0] <= o_last;
          store_data0_q <= wd_data_i[o_client];
          store_strb0_q <= o_dead ? '0 : wd_strb_i[o_client];
        end else begin
          store_last_q[1] <= o_last;
          store_data1_q <= wd_data_i[o_client];
          store_strb1_q <= o_dead ? '0 : wd_strb_i[o_client];
        end
      end
    end
  end

  assign axi_w_valid_o = store_count_q != '0;
  assign axi_w_data_o = store_data0_q;
  assign axi_w_strb_o = store_strb0_q;
  assign axi_w_last_o = store_last_q[0];

  // ---- write responses -------------------------------------------------------------------

  logic [33:0] w_entry_q [24];
  logic [23:0] w_fail_q;
  logic [2:0][3:0] w_head_q, w_tail_q;
  logic [2:0][4:0] w_filled_q;  // whose data have all been taken
  logic [2:0][4:0] w_dead_q;
  logic [2:0][4:0] inv_wait_q;  // that may be under translations that were dropped
  logic [2:0] w_head_fail, w_1hot, w_pop, wb_valid_q;
  logic wb_err_q, wb_bus_q;
  logic [31:0] wb_va_q;
  logic w_failing, w_bad, w_dead;
  logic [1:0] w_client;
  logic [33:0] w_entry;
  logic [4:0] w_place;

  always_comb begin
    for (int c = 0; c < 3; c++)
      w_head_fail[c] = w_filled_q[c] != '0 && w_fail_q[place(c[1:0], w_head_q[c])];
    w_failing = w_head_fail != '0;
    if (w_failing) w_client = w_head_fail[0] ? 2'd0 : w_head_fail[1] ? 2'd1 : 2'd2;
    else w_client = axi_b_id_i[1:0];
    w_1hot = 3'b001 << w_client;
    w_pop = w_failing || axi_b_valid_i ? w_1hot : '0;
    w_bad = !w_failing && axi_b_resp_i != '0;
    w_dead = (w_1hot & engine_reset) != '0 || w_dead_q[w_client] != '0;
    w_entry = w_entry_q[place(w_client, w_head_q[w_client])];
    w_place = place(look_client_q, w_tail_q[look_client_q]);
  end
  assign axi_b_ready_o = !w_failing;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      w_fail_q <= '0;
      w_head_q <= '0;
      w_tail_q <= '0;
      wb_valid_q <= '0;
      wb_err_q <= 1'b0;
      wb_bus_q <= 1'b0;
      wb_va_q <= '0;
    end else begin
      if (w_push != '0) begin
        w_fail_q[w_place] <= fault;
        w_tail_q[look_client_q] <= w_tail_q[look_client_q] + 4'd1;
      end
      wb_valid_q <= w_dead ? '0 : w_pop;
      if (w_pop != '0) begin
        w_head_q[w_client] <= w_head_q[w_client] + 4'd1;
        wb_err_q <= w_failing || w_bad;
        wb_bus_q <= w_failing ? w_entry[33] : w_bad;
        if (w_failing || w_bad) wb_va_q <= w_entry[31:0];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (w_push != '0)
      w_entry_q[w_place] <= {fault_bus, look_zero_q, look_va_q};
  end

  assign wb_valid_o = wb_valid_q & ~engine_reset;
  assign wb_err_o = wb_err_q;
  assign wb_bus_o = wb_bus_q;
  assign wb_va_o = wb_va_q;

  // ---- what is outstanding ---------------------------------------------------------------

  logic inv_any;
  assign inv_any = inv_i || inv_all_i;

  generate
    for (genvar c = 0; c < 3; c++) begin : gen_client
      logic [4:0] r_count, w_count, w_filled_count;
      assign r_count = r_count_q[c] + {4'd0, r_push[c]} - {4'd0, r_pop[c]};
      assign w_count = w_count_q[c] + {4'd0, w_push[c]} - {4'd0, w_pop[c]};
      assign w_filled_count = w_filled_q[c] + {4'd0, w_filled[c]} - {4'd0, w_pop[c]};

      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          r_count_q[c] <= '0;
          w_count_q[c] <= '0;
          w_filled_q[c] <= '0;
          r_dead_q[c] <= '0;
          w_dead_q[c] <= '0;
          w_dead_data_q[c] <= '0;
          inv_wait_q[c] <= '0;
        end else begin
          r_count_q[c] <= r_count;
          w_count_q[c] <= w_count;
          w_filled_q[c] <= w_filled_count;
          if (r_pop[c] && r_dead_q[c] != '0) r_dead_q[c] <= r_dead_q[c] - 5'd1;
          if (w_pop[c] && w_dead_q[c] != '0) w_dead_q[c] <= w_dead_q[c] - 5'd1;
          if (w_filled[c] && w_dead_data_q[c] != '0) w_dead_data_q[c] <= w_dead_data_q[c] - 5'd1;
          if (w_pop[c] && inv_wait_q[c] != '0) inv_wait_q[c] <= inv_wait_q[c] - 5'd1;
          if (inv_any) inv_wait_q[c] <= w_count;
          if (engine_reset[c]) begin
            r_dead_q[c] <= r_count;
            w_dead_q[c] <= w_count;
            w_dead_data_q[c] <= w_count - w_filled_count;
          end
        end
      end
    end
  endgenerate

  logic engines_quiet, core_quiet;
  assign engines_quiet = r_count_q[1:0] == '0 && w_count_q[1:0] == '0 &&
                         !(out_valid_q && !out_client_q[1]) && wb_valid_q[1:0] == '0;
  assign core_quiet = r_count_q[2] == '0 && w_count_q[2] == '0 &&
                      !(out_valid_q && out_client_q[1]) && !wb_valid_q[2];
  assign drained_engines_o = fence_engines_i && engines_quiet;
  assign drained_all_o = fence_all_i && engines_quiet && core_quiet && !mmu_reading;
  assign idle_o = engines_quiet && core_quiet && !mmu_busy && !look_q;
  assign inv_done_o = !inv_any && inv_wait_q == '0;

  // ---- for the host's fault register: the first one is enough ----------------------------

  logic mem_fault_q;
  memory_fault_t mem_fault_info_q;
  logic r_report, w_report;
  assign r_report = r_give && r_last && r_lost && !r_failing;
  assign w_report = w_pop != '0 && w_bad && !w_dead;

  function automatic fault_source_e source_of(logic core, logic boot);
    return !core ? SourceEngine : boot ? SourceBoot : SourceCore;
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mem_fault_q <= 1'b0;
      mem_fault_info_q <= '0;
    end else begin
      mem_fault_q <= fault || r_report || w_report || root_bus;
      if (fault) begin
        mem_fault_info_q.write <= look_write_q;
        mem_fault_info_q.source <= fault_bus ? SourceTable : source_of(look_client_q[1], boot_i);
        mem_fault_info_q.bus <= fault_bus;
        mem_fault_info_q.ctx <= look_zero_q ? '0 : active_ctx_i;
        mem_fault_info_q.va <= look_va_q;
      end else if (r_report) begin
        mem_fault_info_q.write <= 1'b0;
        mem_fault_info_q.source <= source_of(r_client[1], boot_i);
        mem_fault_info_q.bus <= 1'b1;
        mem_fault_info_q.ctx <= r_entry[32] ? '0 : active_ctx_i;
        mem_fault_info_q.va <= r_entry[31:0];
      end else if (w_report) begin
        mem_fault_info_q.write <= 1'b1;
        mem_fault_info_q.source <= source_of(w_client[1], boot_i);
        mem_fault_info_q.bus <= 1'b1;
        mem_fault_info_q.ctx <= w_entry[32] ? '0 : active_ctx_i;
        mem_fault_info_q.va <= w_entry[31:0];
      end else if (root_bus) begin
        mem_fault_info_q.write <= 1'b0;
        mem_fault_info_q.source <= SourceTable;
        mem_fault_info_q.bus <= 1'b1;
        mem_fault_info_q.ctx <= active_ctx_i;
        mem_fault_info_q.va <= '0;
      end
    end
  end
  assign mem_fault_o = mem_fault_q;
  assign mem_fault_info_o = mem_fault_info_q;

`ifndef SYNTHESIS
  // What the clients and the memory must keep to.
  logic [2:0] rd_hold_q, wr_hold_q;
  logic [2:0][31:0] rd_va_q, wr_va_q;
  logic [2:0][9:0] rd_bytes_q, wr_bytes_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rd_hold_q <= '0;
      wr_hold_q <= '0;
    end else begin
      rd_hold_q <= rd_req_i & ~rd_gnt_o & ~engine_reset;
      wr_hold_q <= wr_req_i & ~wr_gnt_o & ~engine_reset;
      if (rd_req_i != '0) begin
        rd_va_q <= rd_va_i;
        rd_bytes_q <= rd_bytes_i;
      end
      if (wr_req_i != '0) begin
        wr_va_q <= wr_va_i;
        wr_bytes_q <= wr_bytes_i;
      end
      for (int c = 0; c < 3; c++) begin
        if (rd_hold_q[c] && !engine_reset[c])
          assert (rd_req_i[c] && rd_va_i[c] == rd_va_q[c] && rd_bytes_i[c] == rd_bytes_q[c])
          else $error("read client %0d changes its request", c);
        if (wr_hold_q[c] && !engine_reset[c])
          assert (wr_req_i[c] && wr_va_i[c] == wr_va_q[c] && wr_bytes_i[c] == wr_bytes_q[c])
          else $error("write client %0d changes its request", c);
        if (rd_gnt_o[c])
          assert (rd_bytes_i[c] != '0 && {1'b0, rd_va_i[c][8:0]} + rd_bytes_i[c] <= 10'd512)
          else $error("read client %0d crosses a span", c);
        if (wr_gnt_o[c])
          assert (wr_bytes_i[c] != '0 && {1'b0, wr_va_i[c][8:0]} + wr_bytes_i[c] <= 10'd512)
          else $error("write client %0d crosses a span", c);
        if (r_pop[c]) assert (r_count_q[c] != '0) else $error("a read of nobody");
        if (w_pop[c]) assert (w_filled_q[c] != '0) else $error("a response before its data");
        if (wd_ready_o[c] && wd_valid_i[c])
          assert (wd_last_i[c] == o_last) else $error("write client %0d: wrong last", c);
      end
      if (axi_r_valid_i)
        assert (axi_r_id_i < 3'd3 || (axi_r_id_i == 3'd3 && axi_r_last_i))
        else $error("a read that nobody asked for");
      if (axi_b_valid_i) assert (axi_b_id_i < 3'd3) else $error("a response for nobody");
    end
  end
`else
  logic unused;
  assign unused = ^{wd_last_i, axi_b_id_i[2]};
`endif

endmodule
