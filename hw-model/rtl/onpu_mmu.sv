// SPDX-License-Identifier: MIT
//
// Translates a 32-bit VA of context 0 or of the active context to a bus address.  Two
// direct-mapped TLBs (64 pages of 4 KiB, 32 of 2 MiB), both roots, and eight L1 entries that name
// L2 tables are cached, so that a miss normally costs one read.  A lookup is answered in its own
// cycle; one that misses starts the only walker, or waits for its end, and is then repeated by
// its owner, while other lookups go on.  A second use of a 4 KiB page by client 0 has the next
// page walked when nothing else wants the walker.
//
// No other context than these two can ever hit, because a context that becomes active starts
// with nothing cached; so a TLB entry needs a single bit for its context, and to forget a context
// is to clear a vector.
//
// Owners are {write, client}.

module onpu_mmu #(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  input logic rst_ni,

  input logic [63:0] ctx_table_i,
  input logic [7:0] active_ctx_i,
  // Fetch the root of the active context anew, and forget its translations.
  input logic root_req_i,
  output logic root_done_o,
  output logic root_error_o,
  output logic root_bus_o,  // pulse: it could not be read
  input logic inv_i,
  input logic [7:0] inv_ctx_i,
  input logic inv_all_i,

  input logic engines_reset_i,  // what clients 0 and 1 waited for is not wanted any more
  input logic fence_i,  // no new reads

  // Lookup.  At most one of hit, fault and miss; none: ask again.
  input logic lk_valid_i,
  input logic [2:0] lk_owner_i,
  input logic lk_zero_i,  // in context 0
  input logic [31:12] lk_va_i,
  output logic lk_hit_o,
  output logic lk_fault_o,
  output logic lk_bus_o,  // a table could not be read
  output logic [39:0] lk_page_o,  // bus address of the 4 KiB
  input logic lk_take_i,  // hit or fault was used
  output logic [7:0] wait_o,  // owners that need not ask before a walk has ended

  output logic ar_req_o,
  output logic [63:0] ar_addr_o,
  input logic ar_gnt_i,
  input logic r_valid_i,
  input logic [8*V-1:0] r_data_i,
  input logic r_err_i,

  output logic busy_o,
  output logic reading_o,  // a read was granted and not answered
  output logic walk_o  // pulse: a walk for a request begins
);

  localparam int unsigned Words = V / 8;

  typedef enum logic [1:0] {
    Idle = 2'd0,
    Ask = 2'd1,
    Wait = 2'd2,
    End = 2'd3
  } state_e;

  // Cached translations; {context 0, active context} of what is valid.
  logic [63:0] page_zero_q, page_act_q;
  logic [13:0] page_tag_q [64];
  logic [41:0] page_pte_q [64];  // address, write, read
  logic [31:0] large_zero_q, large_act_q;
  logic [5:0] large_tag_q [32];
  logic [32:0] large_pte_q [32];
  logic [7:0] table_zero_q, table_act_q;
  logic [7:0] table_tag_q [8];
  logic [39:0] table_base_q [8];
  logic root_zero_valid_q, root_act_valid_q;
  logic [39:0] root_zero_q, root_act_q;
  logic [7:0] act_ctx_q;

  // The walk.
  state_e state_q;
  logic [1:0] level_q;  // 0: context table
  logic stale_q;  // what it knows may be out of date
  logic want_root_q;  // it fetches the root for root_req_i
  logic demand_q;  // an owner waits
  logic [2:0] owner_q;
  logic zero_q;
  logic [19:0] page_q;
  logic [39:0] base_q;  // of the table that is read

  logic root_pending_q, root_done_q, root_error_q, root_bus_q, walk_q;
  logic [7:0] wait_q, fail_q, fail_bus_q;

  // The last 4 KiB page of each of client 0's streams (reads, writes).
  logic [1:0] last_valid_q, last_zero_q, ahead_q, asked_q;
  logic [1:0][19:0] last_page_q;
  logic [1:0] rest_q;  // cycles for those who wait to ask again before a prefetch may begin

  // ---- what is forgotten ---------------------------------------------------------------

  logic drop_zero, drop_act, dropped;
  assign drop_zero = inv_all_i || (inv_i && inv_ctx_i == '0) || (root_req_i && active_ctx_i == '0);
  assign drop_act = inv_all_i || (inv_i && inv_ctx_i == active_ctx_i) || root_req_i ||
                    active_ctx_i != act_ctx_q;
  assign dropped = drop_zero || drop_act;

  // ---- lookup --------------------------------------------------------------------------

  logic [5:0] lk_page;
  logic [4:0] lk_large;
  logic page_hit, large_hit, lk_miss, permitted;
  logic [41:0] lk_pte;

  assign lk_page = lk_va_i[17:12];
  assign lk_large = lk_va_i[25:21];
  always_comb begin
    page_hit = (lk_zero_i ? page_zero_q[lk_page] : page_act_q[lk_page]) &&
               page_tag_q[lk_page] == lk_va_i[31:18];
    large_hit = !page_hit && (lk_zero_i ? large_zero_q[lk_large] : large_act_q[lk_large]) &&
                large_tag_q[lk_large] == lk_va_i[31:26];
    lk_pte = page_pte_q[lk_page];
    if (!page_hit)
      lk_pte = {large_pte_q[lk_large][32:2], lk_va_i[20:12], large_pte_q[lk_large][1:0]};
  end

  assign permitted = lk_owner_i[2] ? lk_pte[1] : lk_pte[0];
  assign lk_hit_o = lk_valid_i && !dropped && (page_hit || large_hit) && permitted;
  assign lk_fault_o = lk_valid_i && !dropped &&
                      (page_hit || large_hit ? !permitted : fail_q[lk_owner_i]);
  assign lk_bus_o = !page_hit && !large_hit && fail_bus_q[lk_owner_i];
  assign lk_page_o = lk_pte[41:2];
  assign lk_miss = lk_valid_i && !dropped && !page_hit && !large_hit && !fail_q[lk_owner_i];
  assign wait_o = wait_q;

  // ---- what to walk next ---------------------------------------------------------------

  logic ahead_dir, ahead_zero, ahead_present, start;
  logic [19:0] ahead_page;
  logic start_zero;
  logic [19:0] start_page;
  logic root_valid, table_valid;
  logic [39:0] root;

  always_comb begin
    ahead_dir = !ahead_q[0];
    ahead_zero = last_zero_q[ahead_dir];
    ahead_page = last_page_q[ahead_dir] + 20'd1;
    ahead_present = ((ahead_zero ? page_zero_q[ahead_page[5:0]] : page_act_q[ahead_page[5:0]]) &&
                     page_tag_q[ahead_page[5:0]] == ahead_page[19:6]) ||
                    ((ahead_zero ? large_zero_q[ahead_page[13:9]] :
                                   large_act_q[ahead_page[13:9]]) &&
                     large_tag_q[ahead_page[13:9]] == ahead_page[19:14]);
    start = lk_miss || (ahead_q != '0 && rest_q == '0 && !ahead_present);
    start_zero = lk_miss ? lk_zero_i : ahead_zero;
    start_page = lk_miss ? lk_va_i[31:12] : ahead_page;
    root_valid = start_zero ? root_zero_valid_q : root_act_valid_q;
    root = start_zero ? root_zero_q : root_act_q;
    table_valid = (start_zero ? table_zero_q[start_page[11:9]] : table_act_q[start_page[11:9]]) &&
                  table_tag_q[start_page[11:9]] == start_page[19:12];
  end

  // ---- the entry that was read ---------------------------------------------------------

  logic [40:0] l1_page;
  assign l1_page = {1'b0, base_q} + {39'd0, page_q[19:18]};
  always_comb begin
    case (level_q)
      2'd0: ar_addr_o = {ctx_table_i[63:11], zero_q ? 8'd0 : act_ctx_q, 3'd0};
      2'd1: ar_addr_o = {11'd0, l1_page, page_q[17:9], 3'd0};
      default: ar_addr_o = {12'd0, base_q, page_q[8:0], 3'd0};
    endcase
  end
  assign ar_req_o = state_q == Ask && !stale_q && !fence_i;

  logic [63:0] entry;
  logic named, is_table, is_page, is_large, stale;
  generate
    if (Words == 1) begin : gen_word
      assign entry = r_data_i;
    end else begin : gen_words
      localparam int unsigned WordBits = $clog2(Words);
      logic [Words-1:0][63:0] words;
      assign words = r_data_i;
      assign entry = words[ar_addr_o[3+:WordBits]];
    end
  endgenerate
  assign named = entry[0] && entry[63:52] == '0 && entry[11:4] == '0;
  assign is_table = named && entry[3:1] == '0;
  assign is_page = named && !entry[3];
  assign is_large = named && entry[3] && entry[20:12] == '0;
  assign stale = stale_q || (zero_q ? drop_zero : drop_act);

  logic found, found_large, further, failed;
  always_comb begin
    found = 1'b0;
    found_large = 1'b0;
    further = 1'b0;
    if (!r_err_i) begin
      case (level_q)
        2'd0: further = is_table;
        2'd1: begin
          further = is_table;
          found_large = is_large;
        end
        default: found = is_page;
      endcase
    end
    failed = !found && !found_large && !further;
  end

  logic unused;
  assign unused = ^ctx_table_i[10:0];

  assign root_done_o = root_done_q;
  assign root_error_o = root_error_q;
  assign root_bus_o = root_bus_q;
  assign walk_o = walk_q;
  assign reading_o = state_q == Wait;
  assign busy_o = state_q != Idle || root_pending_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      act_ctx_q <= '0;
      state_q <= Idle;
      level_q <= '0;
      stale_q <= 1'b0;
      want_root_q <= 1'b0;
      demand_q <= 1'b0;
      owner_q <= '0;
      zero_q <= 1'b0;
      page_q <= '0;
      base_q <= '0;
      root_pending_q <= 1'b0;
      root_done_q <= 1'b0;
      root_error_q <= 1'b0;
      root_bus_q <= 1'b0;
      walk_q <= 1'b0;
      wait_q <= '0;
      fail_q <= '0;
      fail_bus_q <= '0;
      rest_q <= '0;
    end else begin
      act_ctx_q <= active_ctx_i;
      root_done_q <= 1'b0;
      root_bus_q <= 1'b0;
      walk_q <= 1'b0;
      if (rest_q != '0) rest_q <= rest_q - 2'd1;

      if (lk_miss && (state_q == Ask || state_q == Wait)) wait_q[lk_owner_i] <= 1'b1;
      if (lk_take_i) fail_q[lk_owner_i] <= 1'b0;

      case (state_q)
        Idle: begin
          if (!fence_i && root_pending_q) begin
            state_q <= Ask;
            level_q <= 2'd0;
            want_root_q <= 1'b1;
            demand_q <= 1'b0;
            zero_q <= active_ctx_i == '0;
            // In this cycle something may be dropped.
            stale_q <= dropped;
          end else if (!fence_i && start) begin
            state_q <= Ask;
            level_q <= !root_valid ? 2'd0 : !table_valid ? 2'd1 : 2'd2;
            base_q <= table_valid ? table_base_q[start_page[11:9]] : root;
            want_root_q <= 1'b0;
            demand_q <= lk_miss;
            owner_q <= lk_owner_i;
            zero_q <= start_zero;
            page_q <= start_page;
            stale_q <= dropped;
            walk_q <= lk_miss;
            if (lk_miss) wait_q[lk_owner_i] <= 1'b1;
          end
        end
        Ask: begin
          if (stale) stale_q <= 1'b1;
          if (ar_gnt_i) state_q <= Wait;
          else if (stale_q) state_q <= End;
        end
        Wait: begin
          if (stale) stale_q <= 1'b1;
          if (r_valid_i) begin
            state_q <= End;
            if (!stale) begin
              if (want_root_q) begin
                root_pending_q <= 1'b0;
                root_done_q <= 1'b1;
                root_error_q <= failed;
                root_bus_q <= r_err_i;
              end else if (further) begin
                state_q <= Ask;
                level_q <= level_q + 2'd1;
                base_q <= entry[51:12];
              end else if (failed && demand_q) begin
                fail_q[owner_q] <= 1'b1;
                fail_bus_q[owner_q] <= r_err_i;
              end
            end
          end
        end
        default: begin
          // Who waited asks again: hits, fails, or starts the next walk.
          state_q <= Idle;
          wait_q <= '0;
          rest_q <= 2'd3;
        end
      endcase

      if (dropped) fail_q <= '0;
      if (root_req_i) root_pending_q <= 1'b1;
      if (engines_reset_i) begin
        wait_q[0] <= 1'b0;
        wait_q[1] <= 1'b0;
        wait_q[4] <= 1'b0;
        wait_q[5] <= 1'b0;
        fail_q[0] <= 1'b0;
        fail_q[1] <= 1'b0;
        fail_q[4] <= 1'b0;
        fail_q[5] <= 1'b0;
        if (!owner_q[1] && (state_q == Ask || state_q == Wait)) demand_q <= 1'b0;
      end
    end
  end

  // ---- caches --------------------------------------------------------------------------

  logic install;
  assign install = state_q == Wait && r_valid_i && !stale;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      page_zero_q <= '0;
      page_act_q <= '0;
      large_zero_q <= '0;
      large_act_q <= '0;
      table_zero_q <= '0;
      table_act_q <= '0;
      root_zero_valid_q <= 1'b0;
      root_act_valid_q <= 1'b0;
      root_zero_q <= '0;
      root_act_q <= '0;
    end else begin
      if (install) begin
        if (found) begin
          page_zero_q[page_q[5:0]] <= zero_q;
          page_act_q[page_q[5:0]] <= !zero_q;
        end
        if (found_large) begin
          large_zero_q[page_q[13:9]] <= zero_q;
          large_act_q[page_q[13:9]] <= !zero_q;
        end
        if (further && level_q == 2'd1) begin
          table_zero_q[page_q[11:9]] <= zero_q;
          table_act_q[page_q[11:9]] <= !zero_q;
        end
        if (further && level_q == 2'd0) begin
          if (zero_q) begin
            root_zero_valid_q <= 1'b1;
            root_zero_q <= entry[51:12];
          end else begin
            root_act_valid_q <= 1'b1;
            root_act_q <= entry[51:12];
          end
        end
      end
      // What is installed in this cycle is of the other context.
      if (drop_zero) begin
        page_zero_q <= '0;
        large_zero_q <= '0;
        table_zero_q <= '0;
        root_zero_valid_q <= 1'b0;
      end
      if (drop_act) begin
        page_act_q <= '0;
        large_act_q <= '0;
        table_act_q <= '0;
        root_act_valid_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (install && found) begin
      page_tag_q[page_q[5:0]] <= page_q[19:6];
      page_pte_q[page_q[5:0]] <= {entry[51:12], entry[2:1]};
    end
    if (install && found_large) begin
      large_tag_q[page_q[13:9]] <= page_q[19:14];
      large_pte_q[page_q[13:9]] <= {entry[51:21], entry[2:1]};
    end
    if (install && further && level_q == 2'd1) begin
      table_tag_q[page_q[11:9]] <= page_q[19:12];
      table_base_q[page_q[11:9]] <= entry[51:12];
    end
  end

  // ---- next pages ----------------------------------------------------------------------

  logic stream, stream_dir, stream_same;
  assign stream = lk_take_i && lk_owner_i[1:0] == '0 && lk_hit_o && page_hit;
  assign stream_dir = lk_owner_i[2];
  assign stream_same = last_valid_q[stream_dir] && last_zero_q[stream_dir] == lk_zero_i &&
                       last_page_q[stream_dir] == lk_va_i[31:12];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      last_valid_q <= '0;
      last_zero_q <= '0;
      last_page_q <= '0;
      asked_q <= '0;
      ahead_q <= '0;
    end else begin
      // Started, or nothing to do; a page that has none is asked for once.
      if (state_q == Idle && !fence_i && !root_pending_q && !lk_miss && rest_q == '0 &&
          ahead_q != '0)
        ahead_q[ahead_dir] <= 1'b0;
      if (stream) begin
        if (!stream_same) begin
          last_valid_q[stream_dir] <= 1'b1;
          last_zero_q[stream_dir] <= lk_zero_i;
          last_page_q[stream_dir] <= lk_va_i[31:12];
          asked_q[stream_dir] <= 1'b0;
          ahead_q[stream_dir] <= 1'b0;
        end else if (!asked_q[stream_dir] && lk_va_i[31:12] != '1) begin
          asked_q[stream_dir] <= 1'b1;
          ahead_q[stream_dir] <= 1'b1;
        end
      end
      if (dropped) begin
        last_valid_q <= '0;
        ahead_q <= '0;
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      assert (!(r_valid_i && state_q != Wait)) else $error("answer without a read");
      assert ((page_zero_q & page_act_q) == '0) else $error("a page of two contexts");
      assert ((large_zero_q & large_act_q) == '0) else $error("a large page of two contexts");
      assert (wait_q == '0 || state_q != Idle) else $error("waiting for nothing");
      assert (!(lk_take_i && !lk_hit_o && !lk_fault_o)) else $error("nothing to take");
    end
  end
`endif

endmodule
