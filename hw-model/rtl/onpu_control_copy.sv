// SPDX-License-Identifier: MIT

// Copy port of the control core: moves bytes between external memory and the core's memory, at any
// alignment of both.  A command is cut at multiples of SpanBytes into bus requests.  Loads and
// stores are independent of each other.
//
// Load: requests go out ahead of their data (up to Spans of them); a beat is taken apart into
// pieces that lie in one word of the core's memory, one a cycle.  Store: pieces are collected into
// beats, which wait in a queue of Beats until the bus has granted their request, so that the source
// is free again long before the bus has answered.
module onpu_control_copy #(
    parameter int unsigned V = 16
) (
    input logic clk_i,
    // Assertions look at it at clock edges.
    // verilator lint_off SYNCASYNCNET
    input logic rst_ni,
    // verilator lint_on SYNCASYNCNET

    // Commands: accepted where start and the direction's ready are 1.
    input logic start_i,
    input logic store_i,
    input logic [31:0] va_i,
    input logic [15:0] addr_i,
    input logic [16:0] bytes_i,
    output logic load_ready_o,
    output logic store_ready_o,
    // Ends commands at the end of their current bus request.
    input logic flush_i,
    output logic loading_o,
    output logic storing_o,
    // Bytes of a store are still in the core's memory.
    output logic gathering_o,
    output logic load_error_o,
    output logic store_error_o,
    output logic [31:0] fault_va_o,

    // The core's memory.
    output logic tcm_req_o,
    output logic tcm_we_o,
    output logic [13:0] tcm_addr_o,
    output logic [3:0] tcm_be_o,
    output logic [31:0] tcm_wdata_o,
    input logic tcm_gnt_i,
    input logic [31:0] tcm_rdata_i,

    // Bus.
    output logic rd_req_o,
    output logic [31:0] rd_va_o,
    output logic [9:0] rd_bytes_o,
    input logic rd_gnt_i,
    input logic rd_valid_i,
    input logic [V-1:0][7:0] rd_data_i,
    input logic rd_last_i,
    input logic rd_err_i,
    input logic [31:0] rd_va_i,
    output logic rd_ready_o,
    output logic wr_req_o,
    output logic [31:0] wr_va_o,
    output logic [9:0] wr_bytes_o,
    input logic wr_gnt_i,
    output logic wd_valid_o,
    output logic [V-1:0][7:0] wd_data_o,
    output logic [V-1:0] wd_strb_o,
    output logic wd_last_o,
    input logic wd_ready_i,
    input logic wb_valid_i,
    input logic wb_err_i,
    input logic [31:0] wb_va_i
);

  import onpu_pkg::*;

  localparam int unsigned Spans = 4;
  localparam int unsigned Beats = 16;
  localparam int unsigned PosBits = $clog2(V);
  localparam int unsigned HaveBits = PosBits + 1;

  // Bytes up to the next multiple of SpanBytes, or all that are left.
  function automatic logic [9:0] span(logic [8:0] offset, logic [16:0] bytes);
    logic [9:0] room;
    room = 10'd512 - {1'b0, offset};
    return bytes < {7'd0, room} ? bytes[9:0] : room;
  endfunction

  // Bytes of a piece: up to the end of the word, of the beat, of the span.
  function automatic logic [2:0] piece(logic [1:0] off, logic [HaveBits-1:0] have,
                                       logic [9:0] left);
    logic [2:0] bytes;
    bytes = 3'd4 - {1'b0, off};
    if (have < HaveBits'(bytes)) bytes = have[2:0];
    if (left < {7'd0, bytes}) bytes = left[2:0];
    return bytes;
  endfunction

  function automatic logic [3:0] mask(logic [2:0] bytes);
    return {bytes == 3'd4, bytes >= 3'd3, bytes >= 3'd2, bytes >= 3'd1};
  endfunction

  // ---- load: requests ------------------------------------------------------------------

  typedef struct packed {
    logic [15:0] addr;
    logic [PosBits-1:0] pos;
    logic [9:0] bytes;
  } load_span_t;

  logic l_valid;
  logic [31:0] l_va;
  logic [15:0] l_addr;
  logic [16:0] l_bytes;
  load_span_t l_span[Spans];
  logic [2:0] l_count;
  logic [1:0] l_wptr, l_rptr;
  logic l_pop;
  logic [9:0] l_now;
  load_span_t l_head;

  assign l_now = span(l_va[8:0], l_bytes);
  assign load_ready_o = !l_valid;
  assign rd_req_o = l_valid && l_count != 3'(Spans);
  assign rd_va_o = l_va;
  assign rd_bytes_o = l_now;
  assign l_head = l_span[l_rptr];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      l_valid <= 1'b0;
      l_va <= '0;
      l_addr <= '0;
      l_bytes <= '0;
      l_count <= '0;
      l_wptr <= '0;
      l_rptr <= '0;
      for (int i = 0; i < Spans; i++) l_span[i] <= '0;
    end else begin
      if (start_i && !store_i && !l_valid && bytes_i != '0) begin
        l_valid <= 1'b1;
        l_va <= va_i;
        l_addr <= addr_i;
        l_bytes <= bytes_i;
      end
      if (rd_req_o && rd_gnt_i) begin
        l_span[l_wptr] <= '{addr: l_addr, pos: l_va[PosBits-1:0], bytes: l_now};
        l_wptr <= l_wptr + 2'd1;
        l_va <= l_va + {22'd0, l_now};
        l_addr <= l_addr + {6'd0, l_now};
        l_bytes <= l_bytes - {7'd0, l_now};
        l_valid <= l_bytes != {7'd0, l_now} && !flush_i;
      end
      if (l_pop) l_rptr <= l_rptr + 2'd1;
      l_count <= l_count + {2'd0, rd_req_o && rd_gnt_i} - {2'd0, l_pop};
    end
  end

  // ---- load: data ----------------------------------------------------------------------

  logic [8*V-1:0] beat;
  logic [HaveBits-1:0] have;  // bytes in the beat
  logic first;  // the next beat is a span's first
  logic [15:0] at;
  logic [9:0] left;  // of the span, without the beat
  logic [2:0] k;
  logic put, take;
  logic [PosBits-1:0] pos_in;
  logic [9:0] left_in;
  logic [HaveBits-1:0] have_in;

  assign k = piece(at[1:0], have, 10'd4);
  assign put = have != '0;
  assign rd_ready_o = !put || (tcm_gnt_i && have == HaveBits'(k));
  assign take = rd_valid_i && rd_ready_o;
  assign l_pop = take && rd_last_i;
  assign pos_in = first ? l_head.pos : '0;
  assign left_in = first ? l_head.bytes : left;
  assign have_in = left_in < (10'(V) - 10'(pos_in)) ? left_in[HaveBits-1:0] :
      HaveBits'(V) - HaveBits'(pos_in);
  assign loading_o = l_valid || l_count != '0 || put;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beat <= '0;
      have <= '0;
      first <= 1'b1;
      at <= '0;
      left <= '0;
      load_error_o <= 1'b0;
    end else begin
      load_error_o <= take && rd_err_i;
      if (put && tcm_gnt_i) begin
        have <= have - HaveBits'(k);
        at <= at + {13'd0, k};
        case (k)
          3'd1: beat <= beat >> 8;
          3'd2: beat <= beat >> 16;
          3'd3: beat <= beat >> 24;
          default: beat <= beat >> 32;
        endcase
      end
      if (take) begin
        first <= rd_last_i;
        have <= rd_err_i ? '0 : have_in;
        left <= left_in - 10'(have_in);
        beat <= rd_data_i >> {pos_in, 3'd0};
        // Without an error the spans of one command follow each other anyway.
        if (first) at <= l_head.addr;
      end
    end
  end

  // ---- store: pieces to beats ----------------------------------------------------------

  logic s_valid, s_open;
  logic [31:0] s_va;  // of the next byte
  logic [15:0] s_addr;
  logic [16:0] s_bytes;
  logic [9:0] s_left;  // of the open span
  logic [9:0] s_now;
  logic [2:0] s_k;
  logic s_get;
  // The piece that the memory is reading.
  logic p_valid, p_end, p_last;
  logic [2:0] p_k;
  logic [1:0] p_off;
  logic [PosBits-1:0] p_pos;
  logic [8*V-1:0] acc, acc_next;
  logic [V-1:0] strb, strb_next;

  typedef struct packed {
    logic [31:0] va;
    logic [9:0] bytes;
  } store_span_t;
  typedef struct packed {
    logic last;
    logic [V-1:0] strb;
    logic [8*V-1:0] data;
  } store_beat_t;

  store_span_t s_span[Spans];
  logic [2:0] s_count;
  logic [1:0] s_wptr, s_rptr;
  logic s_push;
  store_beat_t b_beat[Beats];
  logic [4:0] b_count;
  logic [3:0] b_wptr, b_rptr;
  logic b_push, b_pop;
  logic [3:0] granted;  // spans whose data the bus may have
  logic [3:0] unanswered;
  logic [HaveBits-1:0] s_room;

  assign s_now = span(s_va[8:0], s_bytes);
  assign s_room = HaveBits'(V) - HaveBits'(s_va[PosBits-1:0]);
  assign s_k = piece(s_addr[1:0], s_room, s_left);
  assign store_ready_o = !s_valid;
  // No more spans than the counters hold.
  assign s_push = s_valid && !s_open && s_count != 3'(Spans) && unanswered < 4'd8;
  assign s_get = s_valid && s_open && b_count < 5'(Beats - 1) && !put;
  assign gathering_o = s_valid || p_valid;
  assign storing_o = s_valid || p_valid || s_count != '0 || unanswered != '0;

  always_comb begin
    acc_next = acc;
    strb_next = strb;
    if (p_valid) begin
      acc_next = acc | ({{(8 * V - 32) {1'b0}},
          (tcm_rdata_i >> {p_off, 3'd0}) & {{8{p_k == 3'd4}}, {8{p_k >= 3'd3}},
          {8{p_k >= 3'd2}}, 8'hff}} << {p_pos, 3'd0});
      strb_next = strb | ({{(V - 4) {1'b0}}, mask(p_k)} << p_pos);
    end
  end

  assign b_push = p_valid && p_end;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      s_valid <= 1'b0;
      s_open <= 1'b0;
      s_va <= '0;
      s_addr <= '0;
      s_bytes <= '0;
      s_left <= '0;
      s_wptr <= '0;
      p_valid <= 1'b0;
      p_end <= 1'b0;
      p_last <= 1'b0;
      p_k <= '0;
      p_off <= '0;
      p_pos <= '0;
      acc <= '0;
      strb <= '0;
    end else begin
      if (start_i && store_i && !s_valid && bytes_i != '0) begin
        s_valid <= 1'b1;
        s_va <= va_i;
        s_addr <= addr_i;
        s_bytes <= bytes_i;
      end
      if (s_push) begin
        s_open <= 1'b1;
        s_left <= s_now;
        s_wptr <= s_wptr + 2'd1;
      end
      p_valid <= s_get && tcm_gnt_i;
      if (s_get && tcm_gnt_i) begin
        p_k <= s_k;
        p_off <= s_addr[1:0];
        p_pos <= s_va[PosBits-1:0];
        p_end <= s_left == {7'd0, s_k} || s_room == HaveBits'(s_k);
        p_last <= s_left == {7'd0, s_k};
        s_va <= s_va + {29'd0, s_k};
        s_addr <= s_addr + {13'd0, s_k};
        s_bytes <= s_bytes - {14'd0, s_k};
        s_left <= s_left - {7'd0, s_k};
        if (s_left == {7'd0, s_k}) begin
          s_open <= 1'b0;
          s_valid <= s_bytes != {14'd0, s_k} && !flush_i;
        end
      end
      if (p_valid) begin
        acc <= p_end ? '0 : acc_next;
        strb <= p_end ? '0 : strb_next;
      end
    end
  end

  // ---- store: bus ----------------------------------------------------------------------

  assign wr_req_o = s_count != '0;
  assign wr_va_o = s_span[s_rptr].va;
  assign wr_bytes_o = s_span[s_rptr].bytes;
  assign wd_valid_o = b_count != '0 && granted != '0;
  assign wd_data_o = b_beat[b_rptr].data;
  assign wd_strb_o = b_beat[b_rptr].strb;
  assign wd_last_o = b_beat[b_rptr].last;
  assign b_pop = wd_valid_o && wd_ready_i;

  always_ff @(posedge clk_i) begin
    if (s_push) s_span[s_wptr] <= '{va: s_va, bytes: s_now};
    if (b_push) b_beat[b_wptr] <= '{last: p_last, strb: strb_next, data: acc_next};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      s_count <= '0;
      s_rptr <= '0;
      b_count <= '0;
      b_wptr <= '0;
      b_rptr <= '0;
      granted <= '0;
      unanswered <= '0;
      store_error_o <= 1'b0;
      fault_va_o <= '0;
    end else begin
      s_count <= s_count + {2'd0, s_push} - {2'd0, wr_req_o && wr_gnt_i};
      if (wr_req_o && wr_gnt_i) s_rptr <= s_rptr + 2'd1;
      b_count <= b_count + {4'd0, b_push} - {4'd0, b_pop};
      if (b_push) b_wptr <= b_wptr + 4'd1;
      if (b_pop) b_rptr <= b_rptr + 4'd1;
      granted <= granted + {3'd0, wr_req_o && wr_gnt_i} - {3'd0, b_pop && wd_last_o};
      unanswered <= unanswered + {3'd0, s_push} - {3'd0, wb_valid_i};
      store_error_o <= wb_valid_i && wb_err_i;
      if (wb_valid_i && wb_err_i) fault_va_o <= wb_va_i;
      if (take && rd_err_i) fault_va_o <= rd_va_i;
    end
  end

  // ---- the core's memory: loads first --------------------------------------------------

  assign tcm_req_o = put || s_get;
  assign tcm_we_o = put;
  assign tcm_addr_o = put ? at[15:2] : s_addr[15:2];
  assign tcm_be_o = mask(k) << at[1:0];
  assign tcm_wdata_o = beat[31:0] << {at[1:0], 3'd0};

`ifndef SYNTHESIS
  NoAnswerUnasked :
  assert property (@(posedge clk_i) disable iff (!rst_ni) wb_valid_i |-> unanswered != '0);
  NoDataUnasked :
  assert property (@(posedge clk_i) disable iff (!rst_ni) rd_valid_i |-> l_count != '0);
  InOneSpan :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      rd_req_o |-> {23'd0, l_va[8:0]} + {22'd0, rd_bytes_o} <= SpanBytes);
  ReadHeld :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      $past(rd_req_o && !rd_gnt_i) |-> rd_req_o && $stable(rd_va_o) && $stable(rd_bytes_o));
  WriteHeld :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      $past(wr_req_o && !wr_gnt_i) |-> wr_req_o && $stable(wr_va_o) && $stable(wr_bytes_o));
`endif

endmodule
