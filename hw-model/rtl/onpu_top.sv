// SPDX-License-Identifier: MIT
//
// The NPU: an AXI4-Lite slave for the host's page, an AXI4 master, an interrupt.

module onpu_top
  import onpu_isa_pkg::*;
  import onpu_pkg::*;
#(
  parameter int unsigned V = 16,
  parameter int unsigned SramBytes = 524288
) (
  input  logic clk_i,
  input  logic rst_ni,

  // Host page
  output logic        s_axil_awready_o,
  input  logic        s_axil_awvalid_i,
  input  logic [11:0] s_axil_awaddr_i,
  output logic        s_axil_wready_o,
  input  logic        s_axil_wvalid_i,
  input  logic [31:0] s_axil_wdata_i,
  input  logic [3:0]  s_axil_wstrb_i,
  input  logic        s_axil_bready_i,
  output logic        s_axil_bvalid_o,
  output logic [1:0]  s_axil_bresp_o,
  output logic        s_axil_arready_o,
  input  logic        s_axil_arvalid_i,
  input  logic [11:0] s_axil_araddr_i,
  input  logic        s_axil_rready_i,
  output logic        s_axil_rvalid_o,
  output logic [31:0] s_axil_rdata_o,
  output logic [1:0]  s_axil_rresp_o,

  output logic irq_o,

  // Memory
  output logic           axi_ar_valid_o,
  input  logic           axi_ar_ready_i,
  output logic [2:0]     axi_ar_id_o,
  output logic [63:0]    axi_ar_addr_o,
  output logic [7:0]     axi_ar_len_o,
  output logic [2:0]     axi_ar_size_o,
  output logic [1:0]     axi_ar_burst_o,
  input  logic           axi_r_valid_i,
  output logic           axi_r_ready_o,
  input  logic [2:0]     axi_r_id_i,
  input  logic [8*V-1:0] axi_r_data_i,
  input  logic [1:0]     axi_r_resp_i,
  input  logic           axi_r_last_i,
  output logic           axi_aw_valid_o,
  input  logic           axi_aw_ready_i,
  output logic [2:0]     axi_aw_id_o,
  output logic [63:0]    axi_aw_addr_o,
  output logic [7:0]     axi_aw_len_o,
  output logic [2:0]     axi_aw_size_o,
  output logic [1:0]     axi_aw_burst_o,
  output logic           axi_w_valid_o,
  input  logic           axi_w_ready_i,
  output logic [8*V-1:0] axi_w_data_o,
  output logic [V-1:0]   axi_w_strb_o,
  output logic           axi_w_last_o,
  input  logic           axi_b_valid_i,
  output logic           axi_b_ready_o,
  input  logic [2:0]     axi_b_id_i,
  input  logic [1:0]     axi_b_resp_i,

  // What happens in this cycle, for profiles; nothing else depends on it.
  output profile_t profile_o
);

  // ---- resets -----------------------------------------------------------------------------------
  // A full reset acts as the pin does, for one cycle.

  logic full_reset, full_reset_q, rst_n;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) full_reset_q <= 1'b1;
    else full_reset_q <= full_reset;
  end
  assign rst_n = rst_ni && !full_reset_q;

  // ---- control core and registers ---------------------------------------------------------------

  logic [2:0] rd_req, rd_ctx0, rd_gnt, rd_valid, rd_ready;
  logic [2:0][31:0] rd_va;
  logic [2:0][9:0] rd_bytes;
  logic [V-1:0][7:0] rd_data;
  logic rd_last, rd_err, rd_bus;
  logic [31:0] rd_fault_va;
  logic [2:0] wr_req, wr_ctx0, wr_gnt, wd_valid, wd_last, wd_ready, wb_valid;
  logic [2:0][31:0] wr_va;
  logic [2:0][9:0] wr_bytes;
  logic [2:0][V-1:0][7:0] wd_data;
  logic [2:0][V-1:0] wd_strb;
  logic wb_err, wb_bus;
  logic [31:0] wb_va;

  logic boot, engines_reset, root_req, root_done, root_error;
  logic inv, inv_all, inv_done, fence_engines, drained_engines, fence_all, drained_all;
  logic [7:0] active_ctx, inv_ctx;
  logic [63:0] ctx_table, cycle;
  logic mem_fault;
  memory_fault_t mem_fault_info;
  job_t job;
  job_command_t job_command;
  job_status_t job_status;
  move_t move;
  logic move_busy, move_error;
  logic scrub, scrub_ctx, sram_scrub_busy, mac_scrub_busy;
  logic engines_busy, compute_busy;

  // What arrives during a reset waits for its end.
  logic awready, wready, arready;
  assign s_axil_awready_o = awready && rst_n;
  assign s_axil_wready_o = wready && rst_n;
  assign s_axil_arready_o = arready && rst_n;

  onpu_control #(.V(V), .SramBytes(SramBytes)) u_control (
    .clk_i,
    .rst_ni(rst_n),
    .s_axil_awready(awready),
    .s_axil_awvalid(s_axil_awvalid_i),
    .s_axil_awaddr(s_axil_awaddr_i),
    .s_axil_awprot('0),
    .s_axil_wready(wready),
    .s_axil_wvalid(s_axil_wvalid_i),
    .s_axil_wdata(s_axil_wdata_i),
    .s_axil_wstrb(s_axil_wstrb_i),
    .s_axil_bready(s_axil_bready_i),
    .s_axil_bvalid(s_axil_bvalid_o),
    .s_axil_bresp(s_axil_bresp_o),
    .s_axil_arready(arready),
    .s_axil_arvalid(s_axil_arvalid_i),
    .s_axil_araddr(s_axil_araddr_i),
    .s_axil_arprot('0),
    .s_axil_rready(s_axil_rready_i),
    .s_axil_rvalid(s_axil_rvalid_o),
    .s_axil_rdata(s_axil_rdata_o),
    .s_axil_rresp(s_axil_rresp_o),
    .irq_o,
    .rd_req_o(rd_req[2]),
    .rd_va_o(rd_va[2]),
    .rd_bytes_o(rd_bytes[2]),
    .rd_gnt_i(rd_gnt[2]),
    .rd_valid_i(rd_valid[2]),
    .rd_data_i(rd_data),
    .rd_last_i(rd_last),
    .rd_err_i(rd_err),
    .rd_bus_i(rd_bus),
    .rd_va_i(rd_fault_va),
    .rd_ready_o(rd_ready[2]),
    .wr_req_o(wr_req[2]),
    .wr_va_o(wr_va[2]),
    .wr_bytes_o(wr_bytes[2]),
    .wr_gnt_i(wr_gnt[2]),
    .wd_valid_o(wd_valid[2]),
    .wd_data_o(wd_data[2]),
    .wd_strb_o(wd_strb[2]),
    .wd_last_o(wd_last[2]),
    .wd_ready_i(wd_ready[2]),
    .wb_valid_i(wb_valid[2]),
    .wb_err_i(wb_err),
    .wb_bus_i(wb_bus),
    .wb_va_i(wb_va),
    .boot_o(boot),
    .job_o(job),
    .job_command_o(job_command),
    .job_status_i(job_status),
    .move_o(move),
    .move_busy_i(move_busy),
    .move_error_i(move_error),
    .engines_reset_o(engines_reset),
    .cycle_o(cycle),
    .active_ctx_o(active_ctx),
    .root_req_o(root_req),
    .root_done_i(root_done),
    .root_error_i(root_error),
    .scrub_o(scrub_ctx),
    .scrub_busy_i(sram_scrub_busy || mac_scrub_busy),
    .engines_busy_i(engines_busy),
    .ctx_table_o(ctx_table),
    .inv_o(inv),
    .inv_ctx_o(inv_ctx),
    .inv_all_o(inv_all),
    .inv_done_i(inv_done),
    .fence_engines_o(fence_engines),
    .drained_engines_i(drained_engines),
    .fence_all_o(fence_all),
    .drained_all_i(drained_all),
    .mem_fault_i(mem_fault),
    .mem_fault_info_i(mem_fault_info),
    .full_reset_o(full_reset)
  );
  assign rd_ctx0[2] = 1'b1;
  assign wr_ctx0[2] = 1'b1;

  // Memories keep their contents over a reset: they are cleared after it.
  logic scrub_reset_q;
  always_ff @(posedge clk_i or negedge rst_n) begin
    if (!rst_n) scrub_reset_q <= 1'b1;
    else scrub_reset_q <= 1'b0;
  end
  assign scrub = scrub_ctx || scrub_reset_q;

  // ---- command processor --------------------------------------------------------------------------

  logic abort;
  logic load_valid, load_ready, load_done, load_fault;
  logic store_valid, store_ready, store_done, store_fault;
  dma_t load_cmd, store_cmd;
  access_fault_t load_fault_info, store_fault_info;
  logic compute_valid, compute_ready, compute_done, compute_fault;
  logic [MaxWords*32-1:0] compute_cmd;
  logic [7:0] compute_fault_code;
  logic [9:0] load_bytes, store_bytes;
  logic [2:0] evt_start, evt_done;
  logic [2:0][31:0] evt_offset, evt_done_offset;

  onpu_command #(.V(V), .SramBytes(SramBytes)) u_command (
    .clk_i,
    .rst_ni(rst_n),
    .job_i(job),
    .job_command_i(job_command),
    .status_o(job_status),
    .reset_i(engines_reset),
    .move_i(move),
    .move_busy_o(move_busy),
    .move_error_o(move_error),
    .cycle_i(cycle),
    .engines_idle_i(!compute_busy),
    .rd_req_o(rd_req[1]),
    .rd_ctx0_o(rd_ctx0[1]),
    .rd_va_o(rd_va[1]),
    .rd_bytes_o(rd_bytes[1]),
    .rd_gnt_i(rd_gnt[1]),
    .rd_valid_i(rd_valid[1]),
    .rd_data_i(rd_data),
    .rd_last_i(rd_last),
    .rd_err_i(rd_err),
    .rd_bus_i(rd_bus),
    .rd_va_i(rd_fault_va),
    .rd_ready_o(rd_ready[1]),
    .wr_req_o(wr_req[1]),
    .wr_ctx0_o(wr_ctx0[1]),
    .wr_va_o(wr_va[1]),
    .wr_bytes_o(wr_bytes[1]),
    .wr_gnt_i(wr_gnt[1]),
    .wd_valid_o(wd_valid[1]),
    .wd_data_o(wd_data[1]),
    .wd_strb_o(wd_strb[1]),
    .wd_last_o(wd_last[1]),
    .wd_ready_i(wd_ready[1]),
    .wb_valid_i(wb_valid[1]),
    .wb_err_i(wb_err),
    .wb_bus_i(wb_bus),
    .wb_va_i(wb_va),
    .load_valid_o(load_valid),
    .load_cmd_o(load_cmd),
    .load_ready_i(load_ready),
    .load_done_i(load_done),
    .load_fault_i(load_fault),
    .load_fault_info_i(load_fault_info),
    .store_valid_o(store_valid),
    .store_cmd_o(store_cmd),
    .store_ready_i(store_ready),
    .store_done_i(store_done),
    .store_fault_i(store_fault),
    .store_fault_info_i(store_fault_info),
    .compute_valid_o(compute_valid),
    .compute_cmd_o(compute_cmd),
    .compute_ready_i(compute_ready),
    .compute_done_i(compute_done),
    .compute_fault_i(compute_fault),
    .compute_fault_code_i(compute_fault_code),
    .abort_o(abort),
    .load_bytes_i(load_bytes),
    .store_bytes_i(store_bytes),
    .compute_busy_i(compute_busy),
    .evt_start_o(evt_start),
    .evt_done_o(evt_done),
    .evt_offset_o(evt_offset),
    .evt_done_offset_o(evt_done_offset),
    .evt_wait_load_o(profile_o.wait_load),
    .evt_wait_store_o(profile_o.wait_store)
  );
  assign engines_busy = job_status.state == JobRunning || move_busy || compute_busy;

  // ---- SRAM and engines -----------------------------------------------------------------------------

  logic win_req, win_gnt, win_rvalid, op2_req, op2_gnt, op2_rvalid, res_req, res_gnt;
  logic dec_req, dec_gnt, dec_rvalid, ld_req, ld_gnt, st_req, st_gnt, st_rvalid, fill_req, fill_gnt;
  logic [3:0] win_valid;
  sram_addr_t [3:0] win_addr;
  sram_addr_t op2_addr, res_addr, dec_addr, ld_addr, st_addr, fill_addr;
  logic [3:0][V-1:0][7:0] win_rdata;
  logic [V-1:0][7:0] op2_rdata, res_data, ld_data, st_rdata;
  logic [V-1:0] res_strb, ld_strb;
  logic [2*V-1:0][7:0] dec_rdata;
  logic [4*V-1:0] fill_strb;
  logic [7:0] fill_value;

  onpu_sram #(.V(V), .SramBytes(SramBytes)) u_sram (
    .clk_i,
    .rst_ni(rst_n),
    .scrub_i(scrub),
    .scrub_busy_o(sram_scrub_busy),
    .win_req_i(win_req),
    .win_valid_i(win_valid),
    .win_addr_i(win_addr),
    .win_gnt_o(win_gnt),
    .win_rvalid_o(win_rvalid),
    .win_rdata_o(win_rdata),
    .op2_req_i(op2_req),
    .op2_addr_i(op2_addr),
    .op2_gnt_o(op2_gnt),
    .op2_rvalid_o(op2_rvalid),
    .op2_rdata_o(op2_rdata),
    .wr_req_i(res_req),
    .wr_addr_i(res_addr),
    .wr_strb_i(res_strb),
    .wr_data_i(res_data),
    .wr_gnt_o(res_gnt),
    .dec_req_i(dec_req),
    .dec_addr_i(dec_addr),
    .dec_gnt_o(dec_gnt),
    .dec_rvalid_o(dec_rvalid),
    .dec_rdata_o(dec_rdata),
    .ld_req_i(ld_req),
    .ld_addr_i(ld_addr),
    .ld_strb_i(ld_strb),
    .ld_data_i(ld_data),
    .ld_gnt_o(ld_gnt),
    .st_req_i(st_req),
    .st_addr_i(st_addr),
    .st_gnt_o(st_gnt),
    .st_rvalid_o(st_rvalid),
    .st_rdata_o(st_rdata),
    .fill_req_i(fill_req),
    .fill_addr_i(fill_addr),
    .fill_strb_i(fill_strb),
    .fill_value_i(fill_value),
    .fill_gnt_o(fill_gnt)
  );

  onpu_compute #(.V(V)) u_compute (
    .clk_i,
    .rst_ni(rst_n),
    .abort_i(abort),
    .cmd_valid_i(compute_valid),
    .cmd_i(compute_cmd),
    .cmd_ready_o(compute_ready),
    .done_o(compute_done),
    .fault_o(compute_fault),
    .fault_code_o(compute_fault_code),
    .busy_o(compute_busy),
    .win_req_o(win_req),
    .win_valid_o(win_valid),
    .win_addr_o(win_addr),
    .win_gnt_i(win_gnt),
    .win_rvalid_i(win_rvalid),
    .win_rdata_i(win_rdata),
    .op2_req_o(op2_req),
    .op2_addr_o(op2_addr),
    .op2_gnt_i(op2_gnt),
    .op2_rvalid_i(op2_rvalid),
    .op2_rdata_i(op2_rdata),
    .wr_req_o(res_req),
    .wr_addr_o(res_addr),
    .wr_strb_o(res_strb),
    .wr_data_o(res_data),
    .wr_gnt_i(res_gnt),
    .dec_req_o(dec_req),
    .dec_addr_o(dec_addr),
    .dec_gnt_i(dec_gnt),
    .dec_rvalid_i(dec_rvalid),
    .dec_rdata_i(dec_rdata),
    .scrub_i(scrub),
    .scrub_busy_o(mac_scrub_busy),
    .evt_active_o(profile_o.active),
    .evt_stall_weights_o(profile_o.stall_weights),
    .evt_stall_acc_o(profile_o.stall_acc),
    .evt_stall_bank_o(profile_o.stall_bank),
    .evt_stall_write_o(profile_o.stall_write),
    .evt_stall_op2_o(profile_o.stall_op2),
    .evt_mode_o(profile_o.mode),
    .evt_block_o(profile_o.block),
    .evt_block_mode_o(profile_o.block_mode)
  );

  onpu_load #(.V(V)) u_load (
    .clk_i,
    .rst_ni(rst_n),
    .abort_i(abort),
    .cmd_valid_i(load_valid),
    .cmd_i(load_cmd),
    .cmd_ready_o(load_ready),
    .done_o(load_done),
    .fault_o(load_fault),
    .fault_info_o(load_fault_info),
    .rd_req_o(rd_req[0]),
    .rd_ctx0_o(rd_ctx0[0]),
    .rd_va_o(rd_va[0]),
    .rd_bytes_o(rd_bytes[0]),
    .rd_gnt_i(rd_gnt[0]),
    .rd_valid_i(rd_valid[0]),
    .rd_data_i(rd_data),
    .rd_last_i(rd_last),
    .rd_err_i(rd_err),
    .rd_bus_i(rd_bus),
    .rd_va_i(rd_fault_va),
    .rd_ready_o(rd_ready[0]),
    .ld_req_o(ld_req),
    .ld_addr_o(ld_addr),
    .ld_strb_o(ld_strb),
    .ld_data_o(ld_data),
    .ld_gnt_i(ld_gnt),
    .fill_req_o(fill_req),
    .fill_addr_o(fill_addr),
    .fill_strb_o(fill_strb),
    .fill_value_o(fill_value),
    .fill_gnt_i(fill_gnt),
    .bytes_o(load_bytes)
  );

  onpu_store #(.V(V)) u_store (
    .clk_i,
    .rst_ni(rst_n),
    .abort_i(abort),
    .cmd_valid_i(store_valid),
    .cmd_i(store_cmd),
    .cmd_ready_o(store_ready),
    .done_o(store_done),
    .fault_o(store_fault),
    .fault_info_o(store_fault_info),
    .st_req_o(st_req),
    .st_addr_o(st_addr),
    .st_gnt_i(st_gnt),
    .st_rvalid_i(st_rvalid),
    .st_rdata_i(st_rdata),
    .wr_req_o(wr_req[0]),
    .wr_ctx0_o(wr_ctx0[0]),
    .wr_va_o(wr_va[0]),
    .wr_bytes_o(wr_bytes[0]),
    .wr_gnt_i(wr_gnt[0]),
    .wd_valid_o(wd_valid[0]),
    .wd_data_o(wd_data[0]),
    .wd_strb_o(wd_strb[0]),
    .wd_last_o(wd_last[0]),
    .wd_ready_i(wd_ready[0]),
    .wb_valid_i(wb_valid[0]),
    .wb_err_i(wb_err),
    .wb_bus_i(wb_bus),
    .wb_va_i(wb_va),
    .bytes_o(store_bytes)
  );

  // ---- bus ------------------------------------------------------------------------------------------

  onpu_bus #(.V(V)) u_bus (
    .clk_i,
    .rst_ni(rst_n),
    .rd_req_i(rd_req),
    .rd_ctx0_i(rd_ctx0),
    .rd_va_i(rd_va),
    .rd_bytes_i(rd_bytes),
    .rd_gnt_o(rd_gnt),
    .rd_valid_o(rd_valid),
    .rd_data_o(rd_data),
    .rd_last_o(rd_last),
    .rd_err_o(rd_err),
    .rd_bus_o(rd_bus),
    .rd_va_o(rd_fault_va),
    .rd_ready_i(rd_ready),
    .wr_req_i(wr_req),
    .wr_ctx0_i(wr_ctx0),
    .wr_va_i(wr_va),
    .wr_bytes_i(wr_bytes),
    .wr_gnt_o(wr_gnt),
    .wd_valid_i(wd_valid),
    .wd_data_i(wd_data),
    .wd_strb_i(wd_strb),
    .wd_last_i(wd_last),
    .wd_ready_o(wd_ready),
    .wb_valid_o(wb_valid),
    .wb_err_o(wb_err),
    .wb_bus_o(wb_bus),
    .wb_va_o(wb_va),
    .axi_ar_valid_o,
    .axi_ar_ready_i,
    .axi_ar_id_o,
    .axi_ar_addr_o,
    .axi_ar_len_o,
    .axi_ar_size_o,
    .axi_ar_burst_o,
    .axi_r_valid_i,
    .axi_r_ready_o,
    .axi_r_id_i,
    .axi_r_data_i,
    .axi_r_resp_i,
    .axi_r_last_i,
    .axi_aw_valid_o,
    .axi_aw_ready_i,
    .axi_aw_id_o,
    .axi_aw_addr_o,
    .axi_aw_len_o,
    .axi_aw_size_o,
    .axi_aw_burst_o,
    .axi_w_valid_o,
    .axi_w_ready_i,
    .axi_w_data_o,
    .axi_w_strb_o,
    .axi_w_last_o,
    .axi_b_valid_i,
    .axi_b_ready_o,
    .axi_b_id_i,
    .axi_b_resp_i,
    .ctx_table_i(ctx_table),
    .active_ctx_i(active_ctx),
    .boot_i(boot),
    .mem_fault_o(mem_fault),
    .mem_fault_info_o(mem_fault_info),
    .root_req_i(root_req),
    .root_done_o(root_done),
    .root_error_o(root_error),
    .inv_i(inv),
    .inv_ctx_i(inv_ctx),
    .inv_all_i(inv_all),
    .inv_done_o(inv_done),
    .fence_engines_i(fence_engines),
    .drained_engines_o(drained_engines),
    .fence_all_i(fence_all),
    .drained_all_o(drained_all),
    .engines_reset_i(engines_reset),
    // verilator lint_off PINCONNECTEMPTY
    .idle_o(),
    // verilator lint_on PINCONNECTEMPTY
    .walks_o(profile_o.walk),
    .stall_mmu_o(profile_o.stall_mmu)
  );

  assign profile_o.start = evt_start;
  assign profile_o.done = evt_done;
  assign profile_o.offset = evt_offset;
  assign profile_o.load_bytes = load_bytes;
  assign profile_o.store_bytes = store_bytes;
  assign profile_o.ctx = active_ctx;
  assign profile_o.stopped = job_status.state != JobRunning;
  assign profile_o.boot = boot;

  // Completions are in order: who starts tells enough.
  logic unused;
  assign unused = ^evt_done_offset;

endmodule
