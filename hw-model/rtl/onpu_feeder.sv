// SPDX-License-Identifier: MIT
//
// Walks the windows of CONV and DWCONV: tiles, output-channel blocks, steps, pixels and, in DWCONV,
// the kernel columns of a pixel; and asks the SRAM for one window a cycle.  Two stages: the walker
// holds a pixel and the step's byte offsets; the request holds finished addresses.  The walker's
// next place is known in each cycle, so that nothing is lost between pixels, steps or tiles.
//
// A window row is an offset {row, bytes} from the pixel's row, for CONV the step's own, for DWCONV
// up to four of the pass; adding it wraps at most once.  Of the tiles only the base is kept: the
// row behind the last one of a tile is where the next row of tiles begins.
//
// Also keeps account of the two accumulator banks.

module onpu_feeder #(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  input logic rst_ni,

  input logic start_i,
  input logic abort_i,
  // Not every field belongs to CONV and DWCONV, nor to addresses.
  // verilator lint_off UNUSEDSIGNAL
  input onpu_pkg::compute_t cmd_i,
  // verilator lint_on UNUSEDSIGNAL
  output logic done_o,

  input logic step_valid_i,
  input onpu_pkg::step_t step_i,
  output logic step_ready_o,

  output logic win_req_o,
  output logic [3:0] win_valid_o,
  output onpu_pkg::sram_addr_t [3:0] win_addr_o,
  input logic win_gnt_i,

  // To the array, with the grant of a window.
  output logic issue_o,
  output logic issue_fire_o,  // a pixel's window is complete: multiply
  output logic issue_load_o,  // first window of a step: take over its weights
  output onpu_isa_pkg::block_e issue_mode_o,
  output logic issue_pair_o,
  output logic [2:0] issue_rows_o,  // DWCONV: vectors of a kernel column
  output logic [5:0] issue_entry_o,  // DWCONV: where they enter the window
  output logic issue_bank_o,
  output logic [7:0] issue_acc_o,  // accumulator row
  output logic issue_first_o,  // overwrites
  output logic issue_last_o,  // completes the bank
  input logic array_busy_i,  // windows on their way
  input logic array_last_i,  // pulse: a bank is complete
  input logic array_bank_i,  // that bank

  output logic acc_ready_o,
  output logic acc_zero_o,
  output logic acc_pair_o,
  output logic acc_bank_o,  // bank of the post-processor
  input logic acc_free_i,

  output logic stall_weights_o,
  output logic stall_acc_o,
  output logic stall_bank_o,
  output logic active_o
);

  localparam logic [15:0] Lanes = 16'(V);
  localparam logic [15:0] HalfLanes = 16'(V / 2);
  localparam int unsigned LaneBits = $clog2(V);

  // ---- constants of the command ------------------------------------------------------------

  logic depthwise, reuse;
  logic [15:0] ring;
  onpu_pkg::sram_addr_t ring_bytes, pix_bytes, col_bytes;

  assign depthwise = cmd_i.opcode == onpu_isa_pkg::OpcodeDwconv;
  assign ring = cmd_i.in.ring;
  assign ring_bytes = cmd_i.in.ring_bytes;
  assign pix_bytes = cmd_i.stride_pix_bytes;
  assign col_bytes = cmd_i.dilation_pix_bytes;

  logic [2:0] group;
  assign group = onpu_pkg::dwconv_rows(cmd_i.kernel_w[4:0], V);

  // Offsets of kernel rows 2, 3 and `group`; those of 0 and 1 are 0 and the dilation.  Two cycles.
  logic prepare_q, run_q, ending_q;
  logic [15:0] k2_row_q, k3_row_q, kg_row_q, k3_row, kg_row;
  onpu_pkg::sram_addr_t k2_bytes_q, k3_bytes_q, kg_bytes_q, k3_bytes, kg_bytes;

  always_comb begin
    k3_row = onpu_pkg::ring_row(k2_row_q, cmd_i.dilation_row, ring);
    k3_bytes = onpu_pkg::ring_addr(k2_bytes_q, cmd_i.dilation_row_bytes, k2_row_q,
                                   cmd_i.dilation_row, ring, ring_bytes);
    case (group)
      3'd1: begin
        kg_row = cmd_i.dilation_row;
        kg_bytes = cmd_i.dilation_row_bytes;
      end
      3'd2: begin
        kg_row = k2_row_q;
        kg_bytes = k2_bytes_q;
      end
      3'd3: begin
        kg_row = k3_row;
        kg_bytes = k3_bytes;
      end
      default: begin
        kg_row = onpu_pkg::ring_row(k2_row_q, k2_row_q, ring);
        kg_bytes = onpu_pkg::ring_addr(k2_bytes_q, k2_bytes_q, k2_row_q, k2_row_q, ring,
                                       ring_bytes);
      end
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      k2_row_q <= onpu_pkg::ring_row(cmd_i.dilation_row, cmd_i.dilation_row, ring);
      k2_bytes_q <= onpu_pkg::ring_addr(cmd_i.dilation_row_bytes, cmd_i.dilation_row_bytes,
                                        cmd_i.dilation_row, cmd_i.dilation_row, ring, ring_bytes);
    end
    if (prepare_q) begin
      k3_row_q <= k3_row;
      k3_bytes_q <= k3_bytes;
      kg_row_q <= kg_row;
      kg_bytes_q <= kg_bytes;
    end
  end

  // ---- what the next step is ---------------------------------------------------------------

  // Channels from its output-channel block on; DWCONV: kernel rows and columns from its pass on,
  // and its offsets.
  logic [15:0] np_c_q;
  logic [4:0] np_h_q, np_w_q;
  onpu_pkg::sram_addr_t np_col_q, np_block_q;
  logic [3:0][15:0] np_row_q;
  onpu_pkg::sram_addr_t [3:0] np_bytes_q;
  logic np_last_block;
  logic [2:0] np_rows;
  logic [5:0] np_cols;

  logic accept;
  assign accept = step_valid_i && step_ready_o;
  assign np_last_block = np_c_q <= Lanes;
  assign np_rows = np_h_q < {2'b0, group} ? np_h_q[2:0] : group;
  assign np_cols = {11'b0, np_w_q} > Lanes ? Lanes[5:0] : {1'b0, np_w_q};

  always_ff @(posedge clk_i) begin
    if (prepare_q) begin
      np_c_q <= cmd_i.out_c;
      np_block_q <= '0;
    end else if (accept && step_i.last) begin
      np_c_q <= np_last_block ? cmd_i.out_c : np_c_q - Lanes;
      np_block_q <= np_last_block ? '0 : np_block_q + {4'b0, Lanes};
    end
    if (prepare_q || (accept && depthwise && step_i.last)) begin
      np_h_q <= cmd_i.kernel_h[4:0];
      np_w_q <= cmd_i.kernel_w[4:0];
      np_col_q <= '0;
      np_row_q[0] <= '0;
      np_bytes_q[0] <= '0;
      np_row_q[1] <= cmd_i.dilation_row;
      np_bytes_q[1] <= cmd_i.dilation_row_bytes;
      np_row_q[2] <= k2_row_q;
      np_bytes_q[2] <= k2_bytes_q;
      np_row_q[3] <= prepare_q ? k3_row : k3_row_q;
      np_bytes_q[3] <= prepare_q ? k3_bytes : k3_bytes_q;
    end else if (accept && depthwise) begin
      if ({11'b0, np_w_q} > Lanes) begin
        np_w_q <= np_w_q - Lanes[4:0];
        np_col_q <= np_col_q + (col_bytes << LaneBits);
      end else begin
        np_w_q <= cmd_i.kernel_w[4:0];
        np_col_q <= '0;
        np_h_q <= np_h_q - {2'b0, group};
        for (int unsigned i = 0; i < 4; i++) begin
          np_row_q[i] <= onpu_pkg::ring_row(np_row_q[i], kg_row_q, ring);
          np_bytes_q[i] <= onpu_pkg::ring_addr(np_bytes_q[i], kg_bytes_q, np_row_q[i], kg_row_q,
                                               ring, ring_bytes);
        end
      end
    end
  end

  // ---- walker ------------------------------------------------------------------------------

  // The step.
  logic a_valid_q, a_first_q, a_last_q, a_none_q, a_last_block_q, a_pair_q, a_load_q;
  onpu_isa_pkg::block_e a_mode_q;
  logic [3:0][15:0] a_off_row_q;
  onpu_pkg::sram_addr_t [3:0] a_off_bytes_q;
  logic [2:0] a_rows_q;
  logic [5:0] a_cols_q, a_entry_q, a_reload_q;  // columns: of a first pixel, of others
  logic a_reuse_q;
  // The pixel: its row, where the tile's part of that begins, itself, and its kernel column; pixels
  // left in the row, rows left, columns left.
  logic [15:0] a_row_q, a_x_q, a_y_q;
  onpu_pkg::sram_addr_t a_row_addr_q, a_addr_q, a_col_addr_q;
  logic [5:0] a_col_q;
  logic [7:0] a_acc_q;
  // The tile: base, size, output rows and pixels from it on; whether it is the first one of a row
  // of tiles; where the next row of tiles begins.
  logic [15:0] t_row_q, t_h_q, t_w_q, t_left_h_q, t_left_w_q, t_next_row_q;
  onpu_pkg::sram_addr_t t_addr_q, t_next_addr_q;
  logic t_first_q;

  // The pixel behind the walker's, and what is behind that one: a pair is two steps of the walk.
  logic last_x, b_none, b_last_x;
  logic [15:0] n1_row, b_row, b_x, b_y, n2_row;
  onpu_pkg::sram_addr_t n1_addr, b_row_addr, b_addr, n2_addr;

  always_comb begin
    last_x = a_x_q == 16'd1;
    n1_row = onpu_pkg::ring_row(a_row_q, cmd_i.stride_row, ring);
    n1_addr = onpu_pkg::ring_addr(a_row_addr_q, cmd_i.stride_row_bytes, a_row_q, cmd_i.stride_row,
                                  ring, ring_bytes);
    b_none = last_x && a_y_q == 16'd1;
    b_row = last_x ? n1_row : a_row_q;
    b_row_addr = last_x ? n1_addr : a_row_addr_q;
    b_addr = last_x ? n1_addr : a_addr_q + pix_bytes;
    b_x = last_x ? t_w_q : a_x_q - 16'd1;
    b_y = last_x ? a_y_q - 16'd1 : a_y_q;
    b_last_x = b_x == 16'd1;
    n2_row = onpu_pkg::ring_row(b_row, cmd_i.stride_row, ring);
    n2_addr = onpu_pkg::ring_addr(b_row_addr, cmd_i.stride_row_bytes, b_row, cmd_i.stride_row,
                                  ring, ring_bytes);
  end

  // Ends of the column loop, the walk, the step, the tile.
  logic req_ready, bank_ok, advance, col_last, walk_last, step_end, tile_end, command_end;
  logic last_tile_w, last_tile_h;
  logic req_valid_q, wr_bank_q, rd_bank_q;
  logic [1:0] bank_busy_q, bank_ready_q, bank_zero_q, bank_pair_q;

  assign req_ready = !req_valid_q || win_gnt_i;
  assign bank_ok = !bank_busy_q[wr_bank_q];
  assign advance = a_valid_q && !a_none_q && bank_ok && req_ready;
  assign col_last = a_col_q == 6'd1;
  assign walk_last = col_last && (b_none || (a_pair_q && b_last_x && b_y == 16'd1));
  assign step_end = a_valid_q && bank_ok && (a_none_q || (req_ready && walk_last));
  assign tile_end = step_end && a_last_q && a_last_block_q;
  assign last_tile_w = t_left_w_q <= cmd_i.tile_w;
  assign last_tile_h = t_left_h_q <= cmd_i.tile_h;
  assign command_end = tile_end && last_tile_w && last_tile_h;
  assign step_ready_o = run_q && (!a_valid_q || (step_end && !command_end));

  // The next row of tiles begins behind the walk.  A tile without a walk is all zero, as then all
  // tiles are, and their places do not matter.
  logic after_save;
  logic [15:0] after_row;
  onpu_pkg::sram_addr_t after_addr;
  assign after_save = t_first_q && step_end && !a_none_q;
  assign after_row = after_save ? (a_pair_q && !b_none ? n2_row : n1_row) : t_next_row_q;
  assign after_addr = after_save ? (a_pair_q && !b_none ? n2_addr : n1_addr) : t_next_addr_q;

  // The tile of the next step.
  logic [15:0] t_row, t_h, t_w, t_left_h, t_left_w;
  onpu_pkg::sram_addr_t t_addr;
  logic t_first;
  always_comb begin
    t_row = t_row_q;
    t_addr = t_addr_q;
    t_left_h = t_left_h_q;
    t_left_w = t_left_w_q;
    t_first = t_first_q;
    t_h = t_h_q;
    t_w = t_w_q;
    if (tile_end) begin
      if (!last_tile_w) begin
        t_addr = t_addr_q + cmd_i.tile_in_bytes;
        t_left_w = t_left_w_q - cmd_i.tile_w;
        t_first = 1'b0;
      end else begin
        t_row = after_row;
        t_addr = after_addr;
        t_left_h = t_left_h_q - cmd_i.tile_h;
        t_left_w = cmd_i.out_w;
        t_first = 1'b1;
      end
      t_h = t_left_h < cmd_i.tile_h ? t_left_h : cmd_i.tile_h;
      t_w = t_left_w < cmd_i.tile_w ? t_left_w : cmd_i.tile_w;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      t_row_q <= cmd_i.in.row;
      t_addr_q <= cmd_i.in.base;
      t_left_h_q <= cmd_i.out_h;
      t_left_w_q <= cmd_i.out_w;
      t_first_q <= 1'b1;
      t_h_q <= cmd_i.out_h < cmd_i.tile_h ? cmd_i.out_h : cmd_i.tile_h;
      t_w_q <= cmd_i.out_w < cmd_i.tile_w ? cmd_i.out_w : cmd_i.tile_w;
    end else if (step_end) begin
      t_row_q <= t_row;
      t_addr_q <= t_addr;
      t_left_h_q <= t_left_h;
      t_left_w_q <= t_left_w;
      t_first_q <= t_first;
      t_h_q <= t_h;
      t_w_q <= t_w;
      t_next_row_q <= after_row;
      t_next_addr_q <= after_addr;
    end
  end

  // Columns that a pixel behind another one needs where it can use the other one's.
  logic np_reuse;
  assign np_reuse = depthwise && !cmd_i.dilated && cmd_i.stride_w < {10'b0, np_cols};
  assign reuse = a_reuse_q && !last_x;

  always_ff @(posedge clk_i) begin
    if (accept) begin
      a_first_q <= step_i.first;
      a_last_q <= step_i.last;
      a_none_q <= step_i.none;
      a_mode_q <= step_i.mode;
      a_last_block_q <= np_last_block;
      a_pair_q <= cmd_i.pair && !depthwise && np_c_q <= HalfLanes;
      a_load_q <= 1'b1;
      if (depthwise) begin
        for (int unsigned i = 0; i < 4; i++) begin
          a_off_row_q[i] <= np_row_q[i];
          a_off_bytes_q[i] <= np_bytes_q[i] + np_col_q + np_block_q;
        end
        a_rows_q <= np_rows;
        a_cols_q <= np_cols;
        a_reload_q <= np_reuse ? cmd_i.stride_w[5:0] : np_cols;
        a_reuse_q <= np_reuse;
        // np_rows * (np_cols - 1)
        a_entry_q <= (np_rows[0] ? np_cols - 6'd1 : 6'd0) +
            (np_rows[1] ? (np_cols - 6'd1) << 1 : 6'd0) +
            (np_rows[2] ? (np_cols - 6'd1) << 2 : 6'd0);
        a_col_q <= np_cols;
      end else begin
        for (int unsigned i = 0; i < 4; i++) begin
          a_off_row_q[i] <= step_i.row;
          a_off_bytes_q[i] <= step_i.offset;
          if (step_i.mode != onpu_isa_pkg::BlockD) begin
            a_off_bytes_q[i] <= step_i.offset + onpu_pkg::SramAddrBits'(i * V);
          end
        end
        a_rows_q <= 3'd1;
        a_cols_q <= 6'd1;
        a_reload_q <= 6'd1;
        a_reuse_q <= 1'b0;
        a_entry_q <= 6'd0;
        a_col_q <= 6'd1;
      end
      a_row_q <= t_row;
      a_row_addr_q <= t_addr;
      a_addr_q <= t_addr;
      a_col_addr_q <= t_addr;
      a_x_q <= t_w;
      a_y_q <= t_h;
      a_acc_q <= '0;
    end else if (advance) begin
      a_load_q <= 1'b0;
      if (!col_last) begin
        a_col_q <= a_col_q - 6'd1;
        a_col_addr_q <= a_col_addr_q + col_bytes;
      end else begin
        a_acc_q <= a_acc_q + 8'd1;
        a_col_q <= last_x ? a_cols_q : a_reload_q;
        if (!a_pair_q) begin
          a_row_q <= b_row;
          a_row_addr_q <= b_row_addr;
          a_addr_q <= b_addr;
          a_col_addr_q <= reuse ? a_col_addr_q + col_bytes : b_addr;
          a_x_q <= b_x;
          a_y_q <= b_y;
        end else begin
          a_row_q <= b_last_x ? n2_row : b_row;
          a_row_addr_q <= b_last_x ? n2_addr : b_row_addr;
          a_addr_q <= b_last_x ? n2_addr : b_addr + pix_bytes;
          a_col_addr_q <= b_last_x ? n2_addr : b_addr + pix_bytes;
          a_x_q <= b_last_x ? t_w_q : b_x - 16'd1;
          a_y_q <= b_last_x ? b_y - 16'd1 : b_y;
        end
      end
    end
  end

  // ---- request -----------------------------------------------------------------------------

  logic [3:0] vectors;
  always_comb begin
    vectors = 4'b0001;
    if (depthwise) begin
      vectors[1] = a_rows_q >= 3'd2;
      vectors[2] = a_rows_q >= 3'd3;
      vectors[3] = a_rows_q == 3'd4;
    end else if (a_mode_q == onpu_isa_pkg::BlockD) begin
      vectors[1] = a_pair_q && !b_none;
    end else begin
      vectors[1] = 1'b1;
      vectors[3:2] = {2{a_mode_q == onpu_isa_pkg::BlockG4}};
    end
  end

  always_ff @(posedge clk_i) begin
    if (advance) begin
      for (int unsigned i = 0; i < 4; i++) begin
        if (i == 1 && a_pair_q) begin
          win_addr_o[i] <= onpu_pkg::ring_addr(b_addr, a_off_bytes_q[i], b_row, a_off_row_q[i],
                                               ring, ring_bytes);
        end else begin
          win_addr_o[i] <= onpu_pkg::ring_addr(a_col_addr_q, a_off_bytes_q[i], a_row_q,
                                               a_off_row_q[i], ring, ring_bytes);
        end
      end
      win_valid_o <= vectors;
      issue_fire_o <= col_last;
      issue_load_o <= a_load_q;
      issue_mode_o <= a_mode_q;
      issue_pair_o <= a_pair_q;
      issue_rows_o <= a_rows_q;
      issue_entry_o <= a_entry_q;
      issue_bank_o <= wr_bank_q;
      issue_acc_o <= a_acc_q;
      issue_first_o <= a_first_q;
      issue_last_o <= a_last_q && walk_last;
    end
  end

  assign win_req_o = req_valid_q;
  assign issue_o = req_valid_q && win_gnt_i;

  // ---- control -----------------------------------------------------------------------------

  logic block_end;
  assign block_end = step_end && a_last_q;
  assign done_o = ending_q && !req_valid_q && !array_busy_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      prepare_q <= 1'b0;
      run_q <= 1'b0;
      ending_q <= 1'b0;
      a_valid_q <= 1'b0;
      req_valid_q <= 1'b0;
    end else if (abort_i) begin
      prepare_q <= 1'b0;
      run_q <= 1'b0;
      ending_q <= 1'b0;
      a_valid_q <= 1'b0;
      req_valid_q <= 1'b0;
    end else begin
      prepare_q <= start_i;
      if (prepare_q) run_q <= 1'b1;
      if (command_end) run_q <= 1'b0;
      if (command_end) ending_q <= 1'b1;
      else if (done_o) ending_q <= 1'b0;
      if (accept) a_valid_q <= 1'b1;
      else if (step_end) a_valid_q <= 1'b0;
      if (advance) req_valid_q <= 1'b1;
      else if (win_gnt_i) req_valid_q <= 1'b0;
    end
  end

  // A bank is busy from when all of its windows are asked for to when the post-processor is
  // finished with it; in between it becomes ready.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wr_bank_q <= 1'b0;
      rd_bank_q <= 1'b0;
      bank_busy_q <= '0;
      bank_ready_q <= '0;
      bank_zero_q <= '0;
      bank_pair_q <= '0;
    end else if (abort_i) begin
      wr_bank_q <= 1'b0;
      rd_bank_q <= 1'b0;
      bank_busy_q <= '0;
      bank_ready_q <= '0;
    end else begin
      if (acc_free_i) begin
        rd_bank_q <= !rd_bank_q;
        bank_busy_q[rd_bank_q] <= 1'b0;
        bank_ready_q[rd_bank_q] <= 1'b0;
      end
      if (block_end) begin
        wr_bank_q <= !wr_bank_q;
        bank_busy_q[wr_bank_q] <= 1'b1;
        bank_zero_q[wr_bank_q] <= a_none_q;
        bank_pair_q[wr_bank_q] <= a_pair_q;
        if (a_none_q) bank_ready_q[wr_bank_q] <= 1'b1;
      end
      if (array_last_i) bank_ready_q[array_bank_i] <= 1'b1;
    end
  end

  assign acc_bank_o = rd_bank_q;
  assign acc_ready_o = bank_ready_q[rd_bank_q];
  assign acc_zero_o = bank_zero_q[rd_bank_q];
  assign acc_pair_o = bank_pair_q[rd_bank_q];

  assign active_o = issue_o;
  assign stall_bank_o = req_valid_q && !win_gnt_i;
  assign stall_acc_o = !req_valid_q && a_valid_q && !bank_ok;
  assign stall_weights_o = !req_valid_q && run_q && !a_valid_q;

`ifndef SYNTHESIS
  // A window that is not granted stays.
  logic held_q;
  onpu_pkg::sram_addr_t held_addr_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q <= 1'b0;
    end else begin
      held_q <= win_req_o && !win_gnt_i && !abort_i;
      held_addr_q <= win_addr_o[0];
      if (held_q) assert (win_req_o && win_addr_o[0] == held_addr_q);
      if (start_i) begin
        assert (!prepare_q && !run_q && !ending_q && !array_busy_i);
        assert (ring == '0 || cmd_i.in.row < ring);
        assert ({16'b0, cmd_i.tile_h} * {16'b0, cmd_i.tile_w} <= onpu_isa_pkg::PMax);
      end
      if (acc_free_i && !abort_i) assert (acc_ready_o);
      if (accept && !abort_i) begin
        if (depthwise) begin
          // Both sides count the passes.
          assert (step_i.last == (np_h_q <= {2'b0, group} && {11'b0, np_w_q} <= Lanes));
          assert (!step_i.none);
        end else begin
          assert (step_i.none || step_i.mode != onpu_isa_pkg::BlockNone);
          assert (!step_i.none || (step_i.first && step_i.last));
          assert (step_i.none || step_i.mode == onpu_isa_pkg::BlockD || !cmd_i.pair ||
                  np_c_q > HalfLanes);
          assert (ring == '0 || step_i.row < ring);
        end
      end
    end
  end
`endif

endmodule
