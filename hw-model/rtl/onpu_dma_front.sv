// SPDX-License-Identifier: MIT
//
// What loads and stores have in common.  Three stages, each with a command of its own, so that
// the external side works ahead of the SRAM side:
//   - setup merges runs, and then rows, that touch each other, for each side on its own.  The
//     lengths n0 * n1 and n0 * n1 * n2 that this needs come from a shift-and-add multiplier, which
//     runs only if something merges;
//   - the external walk cuts what is to be moved into requests, at multiples of 512.  It passes
//     over fills;
//   - the SRAM walk follows the data.  A register before it holds the command that is next.

module onpu_dma_front
  import onpu_pkg::*;
(
  input logic clk_i,
  input logic rst_ni,
  input logic clear_i,  // drops everything
  input logic stop_i,  // no more commands and requests, but for a request already shown

  input logic cmd_valid_i,
  input dma_t cmd_i,
  output logic cmd_ready_o,

  input logic space_i,  // for a request; once there, it stays until the grant
  output logic req_o,
  output logic ctx0_o,
  output logic [31:0] va_o,
  output logic [9:0] bytes_o,
  output logic last_o,  // of the command
  input logic gnt_i,
  output logic pending_o,  // a request was shown, and is not granted yet

  output logic run_valid_o,
  output logic run_fill_o,
  output logic [7:0] run_value_o,
  output sram_addr_t run_addr_o,
  output logic [SramAddrBits:0] run_left_o,
  input logic step_i,
  input logic [9:0] step_bytes_i,
  output logic ends_o  // the command, with this step
);

  localparam int unsigned LenBits = SramAddrBits + 1;
  localparam logic [9:0] Span = SpanBytes[9:0];

  // ---- Setup ----

  typedef enum logic [2:0] {
    SetupRuns,
    SetupRunsMul,
    SetupRows,
    SetupRowsMul,
    SetupReady
  } setup_e;

  logic setup_valid_q;
  setup_e setup_q;
  dma_t cmd_q;
  // Merged: of the external side, of the SRAM side.
  logic ext1_q, ext2_q, sram1_q, sram2_q;
  logic [31:0] ext_len_q;
  logic [31:0] sram_len_q;
  logic [31:0] sum_q;
  logic [31:0] factor_q;
  logic [15:0] count_q;

  logic setup_done;
  logic accept;
  logic one_run, one_row;
  logic ext_touch1, sram_touch1, ext_touch2, sram_touch2;
  logic [16:0] row_end;
  logic [31:0] sum;

  assign cmd_ready_o = !setup_valid_q && !stop_i;
  assign accept = cmd_valid_i && cmd_ready_o;

  assign one_run = cmd_q.n1 == 16'd1;
  assign one_row = cmd_q.n2 == 16'd1;
  assign ext_touch1 = !cmd_q.fill && (one_run || cmd_q.ext_stride1 == cmd_q.n0);
  assign sram_touch1 = one_run || {{(32 - SramAddrBits) {1'b0}}, cmd_q.sram_stride1} == cmd_q.n0;
  // Rows of a ring touch as long as it does not wrap.
  assign row_end = {1'b0, cmd_q.row} + {1'b0, cmd_q.n2};
  assign ext_touch2 = ext1_q && (one_row || cmd_q.ext_stride2 == ext_len_q);
  assign sram_touch2 = sram1_q && (one_row ||
      ({{(32 - SramAddrBits) {1'b0}}, cmd_q.sram_stride2} == sram_len_q &&
       (cmd_q.ring == '0 || row_end <= {1'b0, cmd_q.ring})));
  assign sum = sum_q + (count_q[0] ? factor_q : '0);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) setup_valid_q <= 1'b0;
    else if (clear_i) setup_valid_q <= 1'b0;
    else if (accept) setup_valid_q <= 1'b1;
    else if (setup_done) setup_valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (accept) begin
      cmd_q <= cmd_i;
      setup_q <= SetupRuns;
      ext_len_q <= cmd_i.n0;
      sram_len_q <= cmd_i.n0;
      ext2_q <= 1'b0;
      sram2_q <= 1'b0;
    end else if (setup_valid_q) begin
      case (setup_q)
        SetupRuns: begin
          ext1_q <= ext_touch1;
          sram1_q <= sram_touch1;
          sum_q <= '0;
          factor_q <= cmd_q.n0;
          count_q <= cmd_q.n1;
          if (!ext_touch1 && !sram_touch1) setup_q <= SetupReady;
          else if (one_run) setup_q <= SetupRows;
          else setup_q <= SetupRunsMul;
        end
        SetupRows: begin
          ext2_q <= ext_touch2;
          sram2_q <= sram_touch2;
          sum_q <= '0;
          factor_q <= ext1_q ? ext_len_q : sram_len_q;
          count_q <= cmd_q.n2;
          setup_q <= !one_row && (ext_touch2 || sram_touch2) ? SetupRowsMul : SetupReady;
        end
        SetupRunsMul, SetupRowsMul: begin
          sum_q <= sum;
          factor_q <= {factor_q[30:0], 1'b0};
          count_q <= {1'b0, count_q[15:1]};
          if (count_q[15:1] == '0) begin
            if (setup_q == SetupRunsMul) begin
              if (ext1_q) ext_len_q <= sum;
              if (sram1_q) sram_len_q <= sum;
              setup_q <= SetupRows;
            end else begin
              if (ext2_q) ext_len_q <= sum;
              if (sram2_q) sram_len_q <= sum;
              setup_q <= SetupReady;
            end
          end
        end
        default: ;
      endcase
    end
  end

  // ---- External walk ----

  logic ext_valid, ext_last, ext_ends, ext_step;
  logic [31:0] ext_left;
  logic [9:0] room;
  logic ctx0_q;
  logic pending_q;

  logic next_valid_q;

  assign setup_done = setup_valid_q && setup_q == SetupReady && !stop_i && !next_valid_q &&
      (cmd_q.fill || !ext_valid);

  onpu_dma_walk #(
    .AddrBits(32),
    .LenBits(32)
  ) u_ext (
    .clk_i,
    .rst_ni,
    .clear_i,
    .load_i(setup_done && !cmd_q.fill),
    .addr_i(cmd_q.va),
    .len_i(ext_len_q),
    .n1_i(ext1_q ? 16'd1 : cmd_q.n1),
    .n2_i(ext2_q ? 16'd1 : cmd_q.n2),
    .stride1_i(cmd_q.ext_stride1),
    .stride2_i(cmd_q.ext_stride2),
    .ring_bytes_i('0),
    .ring_i('0),
    .row_i('0),
    .valid_o(ext_valid),
    .addr_o(va_o),
    .left_o(ext_left),
    .last_o(ext_last),
    .step_i(ext_step),
    .bytes_i(bytes_o),
    .ends_o(ext_ends)
  );

  assign room = Span - {1'b0, va_o[8:0]};
  assign bytes_o = ext_left[31:10] != '0 || ext_left[9:0] > room ? room : ext_left[9:0];
  assign last_o = ext_last && ext_left == {22'b0, bytes_o};
  assign req_o = ext_valid && (pending_q || (space_i && !stop_i));
  assign ext_step = req_o && gnt_i;
  assign ctx0_o = ctx0_q;
  assign pending_o = pending_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) pending_q <= 1'b0;
    else if (clear_i) pending_q <= 1'b0;
    else pending_q <= req_o && !gnt_i;
  end

  always_ff @(posedge clk_i) begin
    if (setup_done && !cmd_q.fill) ctx0_q <= cmd_q.ctx0;
  end

  // ---- SRAM walk ----

  logic next_fill_q;
  logic [7:0] next_value_q;
  sram_addr_t next_addr_q, next_stride1_q, next_stride2_q, next_ring_bytes_q;
  logic [15:0] next_n1_q, next_n2_q, next_ring_q, next_row_q;
  logic [LenBits-1:0] next_len_q;
  logic take;
  logic fill_q;
  logic [7:0] value_q;
  logic run_last;

  assign take = next_valid_q && (!run_valid_o || ends_o);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) next_valid_q <= 1'b0;
    else if (clear_i) next_valid_q <= 1'b0;
    else if (setup_done) next_valid_q <= 1'b1;
    else if (take) next_valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (setup_done) begin
      next_fill_q <= cmd_q.fill;
      next_value_q <= cmd_q.value;
      next_addr_q <= cmd_q.addr;
      next_stride1_q <= cmd_q.sram_stride1;
      next_stride2_q <= cmd_q.sram_stride2;
      next_ring_bytes_q <= cmd_q.ring_bytes;
      next_ring_q <= cmd_q.ring;
      next_row_q <= cmd_q.row;
      next_len_q <= sram_len_q[LenBits-1:0];
      next_n1_q <= sram1_q ? 16'd1 : cmd_q.n1;
      next_n2_q <= sram2_q ? 16'd1 : cmd_q.n2;
    end
    if (take) begin
      fill_q <= next_fill_q;
      value_q <= next_value_q;
    end
  end

  onpu_dma_walk #(
    .AddrBits(SramAddrBits),
    .LenBits(LenBits)
  ) u_sram (
    .clk_i,
    .rst_ni,
    .clear_i,
    .load_i(take),
    .addr_i(next_addr_q),
    .len_i(next_len_q),
    .n1_i(next_n1_q),
    .n2_i(next_n2_q),
    .stride1_i(next_stride1_q),
    .stride2_i(next_stride2_q),
    .ring_bytes_i(next_ring_bytes_q),
    .ring_i(next_ring_q),
    .row_i(next_row_q),
    .valid_o(run_valid_o),
    .addr_o(run_addr_o),
    .left_o(run_left_o),
    .last_o(run_last),
    .step_i,
    .bytes_i(step_bytes_i),
    .ends_o
  );

  assign run_fill_o = fill_q;
  assign run_value_o = value_q;

  logic unused;
  assign unused = ^{ext_ends, run_last};

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      req_o |-> bytes_o != '0 && bytes_o <= Span && {1'b0, va_o[8:0]} + bytes_o <= Span);
  // What lies inside the SRAM has a length that fits.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      setup_done |-> sram_len_q[31:LenBits] == '0);
  // A request stands until its grant.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      req_o && !gnt_i && !clear_i |=> req_o && $stable(va_o) && $stable(bytes_o));
`endif

endmodule
