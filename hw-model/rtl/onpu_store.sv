// SPDX-License-Identifier: MIT
//
// STORE: SRAM to external memory.  The front end shows the requests; each granted one waits in a
// queue until its data have been read, and goes on waiting there until its response.  Data are
// read piece by piece: as many bytes as the beat and the run in SRAM both still have, at an
// address moved down so that they arrive at their place within the beat.  Pieces of a beat meet
// in its slot of a small buffer, whose slots are reserved before the read, because read data
// cannot wait.

module onpu_store
  import onpu_pkg::*;
#(
  parameter int unsigned V = 16,
  parameter int unsigned Requests = 16  // that may be under way; a power of two
) (
  input logic clk_i,
  // Assertions look at the reset too.
  // verilator lint_off SYNCASYNCNET
  input logic rst_ni,
  // verilator lint_on SYNCASYNCNET
  input logic abort_i,

  input logic cmd_valid_i,
  input dma_t cmd_i,
  output logic cmd_ready_o,
  output logic done_o,
  output logic fault_o,
  output access_fault_t fault_info_o,
  output logic [9:0] bytes_o,  // read from SRAM, in the cycle before

  output logic st_req_o,
  output sram_addr_t st_addr_o,
  input logic st_gnt_i,
  input logic st_rvalid_i,
  input logic [V-1:0][7:0] st_rdata_i,

  output logic wr_req_o,
  output logic wr_ctx0_o,
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
  input logic wb_bus_i,
  input logic [31:0] wb_va_i
);

  localparam int unsigned Log = $clog2(V);
  localparam int unsigned Ptr = $clog2(Requests);

  logic drain_q;
  logic fault, fault_q;  // drained
  logic clear, stop;

  logic pending;
  logic run_valid, step;
  sram_addr_t run_addr;
  logic [SramAddrBits:0] run_left;
  logic [9:0] step_bytes;
  logic last_request;

  assign clear = abort_i || fault;
  // No command in the cycle of the report either: it comes too late to hold one back.
  assign stop = drain_q || fault_q;

  // ---- Requests under way ----

  logic [Log+9:0] queue_q[Requests];  // first byte within its beat, bytes
  logic [Requests-1:0] last_q;  // of their command
  logic [Ptr:0] wptr_q, dptr_q, rptr_q;  // granted, data being read, answered
  logic push, full, next_valid, take_next;
  logic [Log+9:0] next;

  assign full = wptr_q[Ptr-1:0] == rptr_q[Ptr-1:0] && wptr_q[Ptr] != rptr_q[Ptr];
  assign next_valid = wptr_q != dptr_q;
  assign push = wr_req_o && wr_gnt_i;
  assign next = queue_q[dptr_q[Ptr-1:0]];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wptr_q <= '0;
      dptr_q <= '0;
      rptr_q <= '0;
    end else if (clear) begin
      wptr_q <= '0;
      dptr_q <= '0;
      rptr_q <= '0;
    end else begin
      if (push) wptr_q <= wptr_q + 1'b1;
      if (take_next) dptr_q <= dptr_q + 1'b1;
      if (wb_valid_i) rptr_q <= rptr_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) begin
      queue_q[wptr_q[Ptr-1:0]] <= {wr_va_o[Log-1:0], wr_bytes_o};
      last_q[wptr_q[Ptr-1:0]] <= last_request;
    end
  end

  logic unused_fill, unused_ends;
  logic [7:0] unused_value;

  onpu_dma_front u_front (
    .clk_i,
    .rst_ni,
    .clear_i(clear),
    .stop_i(stop),
    .cmd_valid_i,
    .cmd_i,
    .cmd_ready_o,
    .space_i(!full),
    .req_o(wr_req_o),
    .ctx0_o(wr_ctx0_o),
    .va_o(wr_va_o),
    .bytes_o(wr_bytes_o),
    .last_o(last_request),
    .gnt_i(wr_gnt_i),
    .pending_o(pending),
    .run_valid_o(run_valid),
    .run_fill_o(unused_fill),
    .run_value_o(unused_value),
    .run_addr_o(run_addr),
    .run_left_o(run_left),
    .step_i(step),
    .step_bytes_i(step_bytes),
    .ends_o(unused_ends)
  );

  // ---- Reads ----

  logic cur_valid_q;  // a request whose data are being read
  logic [9:0] left_q;
  logic [Log-1:0] pos_q;  // of the next byte in its beat
  logic fresh_q;  // nothing of the beat was read yet
  logic [2:0] used_q;  // slots
  logic [Log:0] room, beat_left, count;
  logic beat_ends, request_ends;
  logic [V-1:0] ones, mask;

  assign room = {1'b1, {Log{1'b0}}} - {1'b0, pos_q};
  assign beat_left = left_q[9:Log+1] != '0 || left_q[Log:0] > room ? room : left_q[Log:0];
  assign count = run_left[SramAddrBits:Log+1] != '0 || run_left[Log:0] > beat_left ?
      beat_left : run_left[Log:0];
  assign beat_ends = count == beat_left;
  assign request_ends = left_q == step_bytes;
  assign st_req_o = cur_valid_q && run_valid && (!fresh_q || !used_q[2]);
  assign st_addr_o = run_addr - {{(SramAddrBits - Log) {1'b0}}, pos_q};
  assign step = st_req_o && st_gnt_i;
  assign step_bytes = {{(9 - Log) {1'b0}}, count};
  assign take_next = next_valid && (!cur_valid_q || (step && request_ends));
  assign ones = ~({V{1'b1}} << count);
  assign mask = ones << pos_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cur_valid_q <= 1'b0;
      fresh_q <= 1'b1;
      used_q <= '0;
    end else if (clear) begin
      cur_valid_q <= 1'b0;
      fresh_q <= 1'b1;
      used_q <= '0;
    end else begin
      if (take_next) cur_valid_q <= 1'b1;
      else if (step && request_ends) cur_valid_q <= 1'b0;
      if (step) fresh_q <= beat_ends;
      used_q <= used_q + {2'b0, step && fresh_q} - {2'b0, wd_valid_o && wd_ready_i};
    end
  end

  always_ff @(posedge clk_i) begin
    if (take_next) begin
      left_q <= next[9:0];
      pos_q <= next[Log+9:10];
    end else if (step) begin
      left_q <= left_q - step_bytes;
      pos_q <= pos_q + count[Log-1:0];
    end
  end

  // ---- Slots ----

  typedef struct packed {
    logic first;  // of its beat
    logic last;  // of its beat
    logic request_last;
    logic [V-1:0] mask;
  } piece_t;

  // Beside the data, which take two cycles.
  logic piece1_valid_q, piece2_valid_q;
  piece_t piece1_q, piece2_q;

  logic [V-1:0][7:0] data_q[4];
  logic [V-1:0] strb_q[4];
  logic [3:0] slot_last_q;
  logic [1:0] fill_q, out_q;
  logic [2:0] ready_q;  // complete slots
  logic complete;

  assign complete = piece2_valid_q && piece2_q.last;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      piece1_valid_q <= 1'b0;
      piece2_valid_q <= 1'b0;
      fill_q <= '0;
      out_q <= '0;
      ready_q <= '0;
    end else if (clear) begin
      piece1_valid_q <= 1'b0;
      piece2_valid_q <= 1'b0;
      fill_q <= '0;
      out_q <= '0;
      ready_q <= '0;
    end else begin
      piece1_valid_q <= step;
      piece2_valid_q <= piece1_valid_q;
      if (complete) fill_q <= fill_q + 1'b1;
      if (wd_valid_o && wd_ready_i) out_q <= out_q + 1'b1;
      ready_q <= ready_q + {2'b0, complete} - {2'b0, wd_valid_o && wd_ready_i};
    end
  end

  always_ff @(posedge clk_i) begin
    if (step) begin
      piece1_q.first <= fresh_q;
      piece1_q.last <= beat_ends;
      piece1_q.request_last <= request_ends;
      piece1_q.mask <= mask;
    end
    if (piece1_valid_q) piece2_q <= piece1_q;
    if (piece2_valid_q) begin
      for (int unsigned i = 0; i < V; i++) begin
        if (piece2_q.mask[i]) data_q[fill_q][i] <= st_rdata_i[i];
      end
      strb_q[fill_q] <= piece2_q.mask | (piece2_q.first ? '0 : strb_q[fill_q]);
      slot_last_q[fill_q] <= piece2_q.request_last;
    end
  end

  assign wd_valid_o = ready_q != '0;
  assign wd_data_o = data_q[out_q];
  assign wd_strb_o = strb_q[out_q];
  assign wd_last_o = slot_last_q[out_q];

  // ---- Responses and reports ----

  logic done_q;
  logic [9:0] bytes_q;
  access_fault_t info_q;

  // The data of a request that has failed are still taken, maybe after its response.
  assign fault = drain_q && !pending && wptr_q == rptr_q && wptr_q == dptr_q && !cur_valid_q &&
      used_q == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      drain_q <= 1'b0;
      done_q <= 1'b0;
      fault_q <= 1'b0;
      bytes_q <= '0;
    end else begin
      drain_q <= !clear && (drain_q || (wb_valid_i && wb_err_i));
      done_q <= wb_valid_i && !wb_err_i && !drain_q && !abort_i && last_q[rptr_q[Ptr-1:0]];
      fault_q <= fault && !abort_i;
      bytes_q <= step && !abort_i ? step_bytes : '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (wb_valid_i && wb_err_i && !drain_q) begin
      info_q.bus <= wb_bus_i;
      info_q.va <= wb_va_i;
    end
  end

  assign done_o = done_q;
  assign fault_o = fault_q;
  assign fault_info_o = info_q;
  assign bytes_o = bytes_q;

  logic unused;
  assign unused = ^{unused_fill, unused_value, unused_ends, st_rvalid_i};

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) wb_valid_i && !abort_i |->
      wptr_q != rptr_q);
  assert property (@(posedge clk_i) disable iff (!rst_ni) piece2_valid_q |-> st_rvalid_i);
  assert property (@(posedge clk_i) disable iff (!rst_ni) used_q <= 3'd4 && ready_q <= used_q);
  assert property (@(posedge clk_i) disable iff (!rst_ni) cmd_valid_i |-> !cmd_i.fill);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      st_req_o && !st_gnt_i && !abort_i |=> st_req_o && $stable(st_addr_o));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      wd_valid_o && !wd_ready_i && !abort_i |=> wd_valid_o && $stable(wd_data_o) &&
      $stable(wd_strb_o) && $stable(wd_last_o));
`endif

endmodule
