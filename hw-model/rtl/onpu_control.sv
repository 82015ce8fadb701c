// SPDX-License-Identifier: MIT

// Control core subsystem: both register pages, the control core with its memory, boot, copy port,
// interrupt, time, doorbells, events, context switch, TLB commands and the latch of the first
// memory fault.
//
// Registers that only hold a value are in the generated blocks; what has a meaning is here.  The
// block of the core's page has its own gated clock: while nobody uses it nothing in it moves.
module onpu_control #(
    parameter int unsigned V = 16,
    parameter int unsigned SramBytes = 524288
) (
    input logic clk_i,
    // The generated blocks are reset synchronously.
    // verilator lint_off SYNCASYNCNET
    input logic rst_ni,
    // verilator lint_on SYNCASYNCNET

    // Host page, AXI4-Lite.
    output logic s_axil_awready,
    input logic s_axil_awvalid,
    input logic [11:0] s_axil_awaddr,
    input logic [2:0] s_axil_awprot,
    output logic s_axil_wready,
    input logic s_axil_wvalid,
    input logic [31:0] s_axil_wdata,
    input logic [3:0] s_axil_wstrb,
    input logic s_axil_bready,
    output logic s_axil_bvalid,
    output logic [1:0] s_axil_bresp,
    output logic s_axil_arready,
    input logic s_axil_arvalid,
    input logic [11:0] s_axil_araddr,
    input logic [2:0] s_axil_arprot,
    input logic s_axil_rready,
    output logic s_axil_rvalid,
    output logic [31:0] s_axil_rdata,
    output logic [1:0] s_axil_rresp,
    output logic irq_o,

    // Bus, context 0.
    output logic rd_req_o,
    output logic [31:0] rd_va_o,
    output logic [9:0] rd_bytes_o,
    input logic rd_gnt_i,
    input logic rd_valid_i,
    input logic [V-1:0][7:0] rd_data_i,
    input logic rd_last_i,
    input logic rd_err_i,
    input logic rd_bus_i,
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
    input logic wb_bus_i,
    input logic [31:0] wb_va_i,
    output logic boot_o,

    // Command processor.
    output onpu_pkg::job_t job_o,
    output onpu_pkg::job_command_t job_command_o,
    input onpu_pkg::job_status_t job_status_i,
    output onpu_pkg::move_t move_o,
    input logic move_busy_i,
    input logic move_error_i,
    output logic engines_reset_o,
    output logic [63:0] cycle_o,

    // Context switch.
    output logic [7:0] active_ctx_o,
    output logic root_req_o,
    input logic root_done_i,
    input logic root_error_i,
    output logic scrub_o,
    input logic scrub_busy_i,
    input logic engines_busy_i,

    // MMU.
    output logic [63:0] ctx_table_o,
    output logic inv_o,
    output logic [7:0] inv_ctx_o,
    output logic inv_all_o,
    input logic inv_done_i,

    // Fences.
    output logic fence_engines_o,
    input logic drained_engines_i,
    output logic fence_all_o,
    input logic drained_all_i,

    input logic mem_fault_i,
    input onpu_pkg::memory_fault_t mem_fault_info_i,
    output logic full_reset_o
);

  import onpu_isa_pkg::*;
  import onpu_pkg::*;

  localparam logic [7:0] Preset = V == 8 ? 8'd1 : V == 16 ? 8'd2 : 8'd3;
  localparam logic [31:0] TcmBytes = 32'd65536;

  logic rst;
  assign rst = !rst_ni;

  // The bits of structures that are not packed cannot be counted by Verilator 5.006.
  // verilator coverage_off
  onpu_host_regs_pkg::onpu_host__in_t host_in;
  onpu_host_regs_pkg::onpu_host__out_t host;
  onpu_ctl_regs_pkg::onpu_ctl__in_t ctl_in;
  onpu_ctl_regs_pkg::onpu_ctl__out_t ctl;
  // verilator coverage_on

  logic unused;
  assign unused = ^{rd_bus_i, wb_bus_i, s_axil_awprot, s_axil_arprot};

  onpu_host_regs u_host_regs (
      .clk(clk_i),
      .rst,
      .s_axil_awready,
      .s_axil_awvalid,
      .s_axil_awaddr,
      .s_axil_awprot,
      .s_axil_wready,
      .s_axil_wvalid,
      .s_axil_wdata,
      .s_axil_wstrb,
      .s_axil_bready,
      .s_axil_bvalid,
      .s_axil_bresp,
      .s_axil_arready,
      .s_axil_arvalid,
      .s_axil_araddr,
      .s_axil_arprot,
      .s_axil_rready,
      .s_axil_rvalid,
      .s_axil_rdata,
      .s_axil_rresp,
      .hwif_in(host_in),
      .hwif_out(host)
  );

  // ---- time ----------------------------------------------------------------------------

  logic [63:0] timer;
  logic timer_write, timer_event;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cycle_o <= '0;
      timer <= '1;
      timer_write <= 1'b0;
      timer_event <= 1'b0;
    end else begin
      cycle_o <= cycle_o + 64'd1;
      timer_write <= ctl.TIMER_LO.value.swmod;
      if (timer_write) timer <= {ctl.TIMER_HI.value.value, ctl.TIMER_LO.value.value};
      timer_event <= !timer_write && cycle_o >= timer;
    end
  end

  // ---- doorbells and events ------------------------------------------------------------

  logic bell;
  logic [63:0] bells, bell_set, bell_clear;
  logic [31:0] reg_wdata;
  logic job_event, any_event;

  assign bells = {ctl.DOORBELL_HI.bits.value, ctl.DOORBELL_LO.bits.value};
  // One that rings while firmware clears must not be lost.
  assign bell_set = 64'd1 << host.DOORBELL.slot.value;
  assign bell_clear = {
    ctl.DOORBELL_HI.bits.swmod ? reg_wdata : 32'd0, ctl.DOORBELL_LO.bits.swmod ? reg_wdata : 32'd0
  };
  assign job_event = job_status_i.state == JobDone || job_status_i.state == JobFault ||
      job_status_i.state == JobPreempted;
  assign any_event = bells != '0 || job_event || timer_event ||
      ctl.COPY_STATUS.store_error.value;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) bell <= 1'b0;
    else bell <= host.DOORBELL.slot.swmod;
  end

  // ---- interrupt -----------------------------------------------------------------------

  logic irq_firmware, irq_fatal, boot_fatal;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      irq_firmware <= 1'b0;
      irq_fatal <= 1'b0;
      irq_o <= 1'b0;
    end else begin
      irq_firmware <= ctl.HOST_IRQ.firmware.value || (irq_firmware && !host.IRQ_ACK.firmware.value);
      irq_fatal <= ctl.HOST_IRQ.fatal.value || boot_fatal ||
          (irq_fatal && !host.IRQ_ACK.fatal.value);
      irq_o <= (irq_firmware && host.IRQ_ENABLE.firmware.value) ||
          (irq_fatal && host.IRQ_ENABLE.fatal.value);
    end
  end

  // ---- resets and fences ---------------------------------------------------------------

  logic reset_wanted, reset_done;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      reset_wanted <= 1'b0;
      reset_done <= 1'b0;
      full_reset_o <= 1'b0;
    end else begin
      if (host.CONTROL.full_reset.value) reset_wanted <= 1'b1;
      // The host has its answer before the registers that give it are reset.
      full_reset_o <= reset_wanted && !reset_done && !s_axil_bvalid && !s_axil_rvalid;
      if (reset_wanted && !s_axil_bvalid && !s_axil_rvalid) reset_done <= 1'b1;
    end
  end

  assign engines_reset_o = host.CONTROL.engine_reset.value || ctl.JOB_COMMAND.reset.value;
  assign fence_engines_o = ctl.FENCE.set_.value;
  assign fence_all_o = host.CONTROL.fence.value;
  assign ctx_table_o = {
    host.CTX_TABLE_HI.address.value, host.CTX_TABLE_LO.address.value, 11'd0
  };

  // ---- TLB commands --------------------------------------------------------------------

  // One at a time, of three sources; the answer to a pulse is looked at two cycles later.
  logic host_write, host_want, switch_want, all_want;
  logic [7:0] host_ctx, switch_ctx;
  logic inv_host;  // the host's is under way
  logic [1:0] inv_wait;
  logic inv_busy, boot_inv, switch_inv;

  assign inv_busy = boot_inv || switch_inv || host_want || switch_want || all_want || inv_o ||
      inv_all_o || inv_wait != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      host_write <= 1'b0;
      host_want <= 1'b0;
      host_ctx <= '0;
      switch_want <= 1'b0;
      all_want <= 1'b0;
      inv_host <= 1'b0;
      inv_wait <= '0;
      inv_o <= 1'b0;
      inv_all_o <= 1'b0;
      inv_ctx_o <= '0;
    end else begin
      host_write <= host.TLB_INV.ctx.swmod;
      inv_o <= 1'b0;
      inv_all_o <= 1'b0;
      if (inv_wait == 2'd3) inv_wait <= 2'd2;
      else if (inv_wait == 2'd2) inv_wait <= 2'd1;
      else if (inv_wait == 2'd1 && inv_done_i) begin
        inv_wait <= 2'd0;
        inv_host <= 1'b0;
      end
      if (inv_wait == 2'd0 && (all_want || host_want || switch_want)) begin
        inv_wait <= 2'd3;
        inv_all_o <= all_want;
        inv_o <= !all_want;
        inv_ctx_o <= host_want ? host_ctx : switch_ctx;
        inv_host <= host_want;
        all_want <= 1'b0;
        // Everything includes all that is wanted.
        host_want <= 1'b0;
        if (all_want || !host_want) switch_want <= 1'b0;
      end
      if (host_write) begin
        host_want <= 1'b1;
        host_ctx <= host.TLB_INV.ctx.value;
        // The host did not wait for the last one, whose context would be lost.
        if (host_want && host_ctx != host.TLB_INV.ctx.value) all_want <= 1'b1;
      end
      if (boot_inv) all_want <= 1'b1;
      if (switch_inv) switch_want <= 1'b1;
    end
  end

  // ---- context switch ------------------------------------------------------------------

  typedef enum logic [2:0] {
    SwitchIdle,
    SwitchEngines,
    SwitchDrop,
    SwitchDropping,
    SwitchRoot,
    SwitchWait
  } switch_e;

  switch_e switch_state;
  logic switch_start, switch_busy, switch_error, root_seen, may_switch;
  logic [15:0] switch_cycles;
  logic [7:0] next_ctx;

  assign switch_busy = switch_start || switch_state != SwitchIdle;
  assign may_switch = job_status_i.state != JobRunning && !switch_busy;
  assign switch_inv = switch_state == SwitchDrop;
  assign switch_ctx = active_ctx_o;
  assign root_req_o = switch_state == SwitchRoot;
  assign scrub_o = switch_state == SwitchRoot;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      switch_state <= SwitchIdle;
      switch_start <= 1'b0;
      switch_error <= 1'b0;
      switch_cycles <= '0;
      root_seen <= 1'b0;
      active_ctx_o <= '0;
      next_ctx <= '0;
    end else begin
      switch_start <= ctl.ACTIVE_CTX.ctx.swmod && may_switch;
      if (switch_start) begin
        next_ctx <= ctl.ACTIVE_CTX.ctx.value;
        switch_cycles <= '0;
        switch_error <= 1'b0;
        switch_state <= SwitchEngines;
      end else if (switch_state != SwitchIdle && switch_cycles != '1) begin
        switch_cycles <= switch_cycles + 16'd1;
      end
      case (switch_state)
        SwitchEngines: if (!engines_busy_i && !move_busy_i) switch_state <= SwitchDrop;
        SwitchDrop: switch_state <= SwitchDropping;
        SwitchDropping:
        if (!switch_want && inv_wait == '0) begin
          // The pulses below find the new context in place.
          active_ctx_o <= next_ctx;
          switch_state <= SwitchRoot;
          root_seen <= 1'b0;
        end
        SwitchRoot: switch_state <= SwitchWait;
        SwitchWait: begin
          if (root_done_i) begin
            root_seen <= 1'b1;
            switch_error <= root_error_i;
          end
          // A cycle after the scrub began it is busy at the latest.
          if (root_seen && !scrub_busy_i) switch_state <= SwitchIdle;
        end
        default: ;
      endcase
    end
  end

  // ---- first memory fault --------------------------------------------------------------

  memory_fault_t fault;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fault <= '0;
    else if (mem_fault_i && !host.FAULT_STATUS.valid.value) fault <= mem_fault_info_i;
  end

  // ---- control core --------------------------------------------------------------------

  logic [3:0] boot_state;
  logic [15:0] entry;
  logic core_run, asleep;
  logic boot_start, flush;
  logic [31:0] boot_va;
  logic [15:0] boot_addr;
  logic [16:0] boot_bytes;

  logic core_req, core_we, core_gnt, core_rvalid;
  logic [3:0] core_be;
  logic [11:0] core_addr;
  logic [31:0] core_wdata;
  logic regs_err;
  logic [31:0] regs_rdata;

  logic tcm_req, tcm_we, tcm_gnt;
  logic [13:0] tcm_addr;
  logic [3:0] tcm_be;
  logic [31:0] tcm_wdata, tcm_rdata;

  logic copy_swmod, copy_write, load_ready, store_ready, loading, storing, gathering;
  logic load_error, store_error;
  logic [31:0] copy_fault_va;

  onpu_control_boot u_boot (
      .clk_i,
      .rst_ni,
      .run_i(host.CONTROL.run.value),
      .va_i(host.BOOT_VA.va.value),
      .size_i(host.BOOT_SIZE.bytes.value),
      .state_o(boot_state),
      .fatal_o(boot_fatal),
      .boot_o,
      .core_run_o(core_run),
      .entry_o(entry),
      .inv_all_o(boot_inv),
      .inv_busy_i(inv_busy),
      .start_o(boot_start),
      .copy_va_o(boot_va),
      .copy_addr_o(boot_addr),
      .copy_bytes_o(boot_bytes),
      .flush_o(flush),
      .copy_busy_i(loading || storing || copy_write || copy_swmod),
      .load_error_i(load_error),
      .tap_valid_i(tcm_req && tcm_we && tcm_gnt),
      .tap_word_i(tcm_addr[3:0]),
      .tap_be_i(tcm_be[3:1]),
      .tap_data_i(tcm_wdata)
  );

  onpu_control_core u_core (
      .clk_i,
      .rst_ni,
      .run_i(core_run),
      .entry_i(entry),
      .event_i(any_event),
      .asleep_o(asleep),
      .reg_req_o(core_req),
      .reg_we_o(core_we),
      .reg_be_o(core_be),
      .reg_addr_o(core_addr),
      .reg_wdata_o(core_wdata),
      .reg_gnt_i(core_gnt),
      .reg_rvalid_i(core_rvalid),
      .reg_rdata_i(regs_rdata),
      .reg_err_i(regs_err),
      .copy_req_i(tcm_req),
      .copy_we_i(tcm_we),
      .copy_addr_i(tcm_addr),
      .copy_be_i(tcm_be),
      .copy_wdata_i(tcm_wdata),
      .copy_gnt_o(tcm_gnt),
      .copy_rdata_o(tcm_rdata)
  );

  assign copy_swmod = ctl.COPY_COMMAND.bytes.swmod;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) copy_write <= 1'b0;
    else copy_write <= copy_swmod;
  end

  onpu_control_copy #(
      .V(V)
  ) u_copy (
      .clk_i,
      .rst_ni,
      .start_i(boot_start || copy_write),
      .store_i(!boot_start && ctl.COPY_COMMAND.store.value),
      .va_i(boot_start ? boot_va : ctl.COPY_VA.va.value),
      .addr_i(boot_start ? boot_addr : ctl.COPY_TCM.addr.value),
      .bytes_i(boot_start ? boot_bytes : {4'd0, ctl.COPY_COMMAND.bytes.value}),
      .load_ready_o(load_ready),
      .store_ready_o(store_ready),
      .flush_i(flush),
      .loading_o(loading),
      .storing_o(storing),
      .gathering_o(gathering),
      .load_error_o(load_error),
      .store_error_o(store_error),
      .fault_va_o(copy_fault_va),
      .tcm_req_o(tcm_req),
      .tcm_we_o(tcm_we),
      .tcm_addr_o(tcm_addr),
      .tcm_be_o(tcm_be),
      .tcm_wdata_o(tcm_wdata),
      .tcm_gnt_i(tcm_gnt),
      .tcm_rdata_i(tcm_rdata),
      .rd_req_o,
      .rd_va_o,
      .rd_bytes_o,
      .rd_gnt_i,
      .rd_valid_i,
      .rd_data_i,
      .rd_last_i,
      .rd_err_i,
      .rd_va_i,
      .rd_ready_o,
      .wr_req_o,
      .wr_va_o,
      .wr_bytes_o,
      .wr_gnt_i,
      .wd_valid_o,
      .wd_data_o,
      .wd_strb_o,
      .wd_last_o,
      .wd_ready_i,
      .wb_valid_i,
      .wb_err_i,
      .wb_va_i
  );

  // ---- the core's way to its registers -------------------------------------------------

  // An access is taken in one cycle and done and answered in the next.  Those of COPY_* that must
  // wait do so before they are taken, but for a store's COPY_COMMAND, which is answered when its
  // source may be overwritten.  After a command to engines reads wait until it shows.
  localparam logic [11:0] JobCommand = 12'h060;
  localparam logic [11:0] DmaCommand = 12'h12c;
  localparam logic [11:0] CopyCommand = 12'h188;
  localparam logic [11:0] CopyLoaded = 12'h190;
  localparam logic [11:0] CopyStored = 12'h194;

  logic regs_req, regs_after, regs_we, regs_clk, regs_clk_en, accept, wait_copy, hold;
  logic [11:0] regs_addr;
  logic [31:0] regs_biten;
  logic [2:0] settle;
  logic regs_rd_err, regs_wr_err;

  assign hold = core_we ? (core_addr == CopyCommand && (copy_swmod || copy_write ||
      (core_wdata[16] ? !store_ready : !load_ready))) :
      (settle != '0 || (core_addr == CopyLoaded && (copy_swmod || copy_write || loading)) ||
       (core_addr == CopyStored && storing));
  assign accept = core_req && !hold;
  assign core_gnt = accept;
  assign core_rvalid = (regs_req && !wait_copy) ||
      (wait_copy && !regs_req && !copy_write && !gathering);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      regs_req <= 1'b0;
      regs_after <= 1'b0;
      regs_we <= 1'b0;
      regs_addr <= '0;
      regs_biten <= '0;
      reg_wdata <= '0;
      wait_copy <= 1'b0;
      settle <= '0;
    end else begin
      regs_req <= accept;
      regs_after <= regs_req;
      if (core_rvalid) wait_copy <= 1'b0;
      if (settle != '0) settle <= settle - 3'd1;
      if (accept) begin
        regs_we <= core_we;
        regs_addr <= core_addr;
        regs_biten <= {{8{core_be[3]}}, {8{core_be[2]}}, {8{core_be[1]}}, {8{core_be[0]}}};
        reg_wdata <= core_wdata;
        wait_copy <= core_we && core_addr == CopyCommand && core_wdata[16];
        if (core_we && (core_addr == JobCommand || core_addr == DmaCommand)) settle <= 3'd4;
      end
      // The core was reset: nobody waits.
      if (!core_run) begin
        regs_req <= 1'b0;
        wait_copy <= 1'b0;
      end
    end
  end

  // The clock runs for an access, for its pulses that follow, and for what hardware writes.
  assign regs_clk_en = regs_req || regs_after || bell || load_error || store_error || rst;

  onpu_control_clock_gate u_regs_gate (
      .clk_i,
      .en_i (regs_clk_en),
      .clk_o(regs_clk)
  );

  assign regs_err = regs_we ? regs_wr_err : regs_rd_err;

  // verilator lint_off PINCONNECTEMPTY
  onpu_ctl_regs u_ctl_regs (
      .clk(regs_clk),
      .rst,
      .s_cpuif_req(regs_req),
      .s_cpuif_req_is_wr(regs_we),
      .s_cpuif_addr(regs_addr),
      .s_cpuif_wr_data(reg_wdata),
      .s_cpuif_wr_biten(regs_biten),
      .s_cpuif_req_stall_wr(),
      .s_cpuif_req_stall_rd(),
      .s_cpuif_rd_ack(),
      .s_cpuif_rd_err(regs_rd_err),
      .s_cpuif_rd_data(regs_rdata),
      .s_cpuif_wr_ack(),
      .s_cpuif_wr_err(regs_wr_err),
      .hwif_in(ctl_in),
      .hwif_out(ctl)
  );
  // verilator lint_on PINCONNECTEMPTY

  // ---- what registers show -------------------------------------------------------------

  always_comb begin
    host_in.CONFIG.preset.next = Preset;
    host_in.CONFIG.lanes.next = V[7:0];
    host_in.CONFIG.axi_bytes.next = V[7:0];
    host_in.CONFIG.isa_major.next = IsaMajor[7:0];
    host_in.SRAM_SIZE.bytes.next = SramBytes;
    host_in.TCM_SIZE.bytes.next = TcmBytes;
    host_in.IRQ_STATUS.firmware.next = irq_firmware;
    host_in.IRQ_STATUS.fatal.next = irq_fatal;
    host_in.STATUS.boot.next = boot_state;
    host_in.STATUS.drained.next = fence_all_o && drained_all_i;
    host_in.STATUS.busy.next = engines_busy_i || job_status_i.state == JobRunning;
    host_in.STATUS.asleep.next = asleep;
    host_in.TLB_STATUS.done.next = !host_write && !host_want && !inv_host;
    host_in.CYCLE_LO.value.next = cycle_o[31:0];
    host_in.CYCLE_HI.value.next = cycle_o[63:32];
    host_in.FAULT_STATUS.valid.next = 1'b1;
    host_in.FAULT_STATUS.valid.we = mem_fault_i;
    host_in.FAULT_STATUS.write.next = fault.write && host.FAULT_STATUS.valid.value;
    host_in.FAULT_STATUS.source.next = host.FAULT_STATUS.valid.value ? fault.source : '0;
    host_in.FAULT_STATUS.code.next = !host.FAULT_STATUS.valid.value ? '0 :
        fault.bus ? FaultBus : FaultMmu;
    host_in.FAULT_STATUS.ctx.next = host.FAULT_STATUS.valid.value ? fault.ctx : '0;
    host_in.FAULT_VA.va.next = fault.va;
    host_in.FW_CRASH.code.next = ctl.CRASH.code.value;
  end

  always_comb begin
    ctl_in.CONFIG.preset.next = Preset;
    ctl_in.CONFIG.lanes.next = V[7:0];
    ctl_in.CONFIG.axi_bytes.next = V[7:0];
    ctl_in.CONFIG.isa_major.next = IsaMajor[7:0];
    ctl_in.SRAM_SIZE.bytes.next = SramBytes;
    ctl_in.SHARED_VA.va.next = host.SHARED_VA.va.value;
    ctl_in.STATE_SIZE.bytes.next = StateBytes;
    ctl_in.DOORBELL_LO.bits.next = (bells[31:0] & ~bell_clear[31:0]) | bell_set[31:0];
    ctl_in.DOORBELL_LO.bits.we = bell && !host.DOORBELL.slot.value[5];
    ctl_in.DOORBELL_HI.bits.next = (bells[63:32] & ~bell_clear[63:32]) | bell_set[63:32];
    ctl_in.DOORBELL_HI.bits.we = bell && host.DOORBELL.slot.value[5];
    ctl_in.EVENT.doorbell.next = bells != '0;
    ctl_in.EVENT.job.next = job_event;
    ctl_in.EVENT.timer.next = timer_event;
    ctl_in.EVENT.copy.next = ctl.COPY_STATUS.store_error.value;
    ctl_in.CYCLE_LO.value.next = cycle_o[31:0];
    ctl_in.CYCLE_HI.value.next = cycle_o[63:32];
    ctl_in.ACTIVE_CTX.ctx.swwe = may_switch;
    ctl_in.CTX_STATUS.busy.next = switch_busy;
    ctl_in.CTX_STATUS.error.next = switch_error;
    ctl_in.CTX_STATUS.cycles.next = switch_cycles;
    ctl_in.JOB_STATUS.state.next = job_status_i.state;
    ctl_in.JOB_STATUS.write.next = job_status_i.write;
    ctl_in.JOB_STATUS.engine.next = job_status_i.engine;
    ctl_in.JOB_STATUS.fault.next = job_status_i.fault;
    ctl_in.JOB_OFFSET.bytes.next = job_status_i.offset;
    ctl_in.JOB_FAULT_VA.va.next = job_status_i.fault_va;
    ctl_in.JOB_START_LO.value.next = job_status_i.start[31:0];
    ctl_in.JOB_START_HI.value.next = job_status_i.start[63:32];
    ctl_in.JOB_END_LO.value.next = job_status_i.ending[31:0];
    ctl_in.JOB_END_HI.value.next = job_status_i.ending[63:32];
    ctl_in.BUSY_LO.value.next = job_status_i.busy[31:0];
    ctl_in.BUSY_HI.value.next = job_status_i.busy[63:32];
    ctl_in.READ_BYTES_LO.value.next = job_status_i.read_bytes[31:0];
    ctl_in.READ_BYTES_HI.value.next = job_status_i.read_bytes[63:32];
    ctl_in.WRITE_BYTES_LO.value.next = job_status_i.write_bytes[31:0];
    ctl_in.WRITE_BYTES_HI.value.next = job_status_i.write_bytes[63:32];
    ctl_in.DMA_STATUS.busy.next = move_busy_i;
    ctl_in.DMA_STATUS.error.next = move_error_i;
    ctl_in.FENCE.drained.next = fence_engines_o && drained_engines_i;
    ctl_in.LIVE0.ADDR.addr.next = job_status_i.live[0].addr;
    ctl_in.LIVE0.SIZE.bytes.next = job_status_i.live[0].size;
    ctl_in.LIVE1.ADDR.addr.next = job_status_i.live[1].addr;
    ctl_in.LIVE1.SIZE.bytes.next = job_status_i.live[1].size;
    ctl_in.LIVE2.ADDR.addr.next = job_status_i.live[2].addr;
    ctl_in.LIVE2.SIZE.bytes.next = job_status_i.live[2].size;
    ctl_in.LIVE3.ADDR.addr.next = job_status_i.live[3].addr;
    ctl_in.LIVE3.SIZE.bytes.next = job_status_i.live[3].size;
    ctl_in.LIVE4.ADDR.addr.next = job_status_i.live[4].addr;
    ctl_in.LIVE4.SIZE.bytes.next = job_status_i.live[4].size;
    ctl_in.LIVE5.ADDR.addr.next = job_status_i.live[5].addr;
    ctl_in.LIVE5.SIZE.bytes.next = job_status_i.live[5].size;
    ctl_in.LIVE6.ADDR.addr.next = job_status_i.live[6].addr;
    ctl_in.LIVE6.SIZE.bytes.next = job_status_i.live[6].size;
    ctl_in.LIVE7.ADDR.addr.next = job_status_i.live[7].addr;
    ctl_in.LIVE7.SIZE.bytes.next = job_status_i.live[7].size;
    ctl_in.COPY_STATUS.loading.next = loading;
    ctl_in.COPY_STATUS.storing.next = storing;
    // The boot's errors are in STATUS.boot.
    ctl_in.COPY_STATUS.load_error.hwset = load_error && core_run;
    ctl_in.COPY_STATUS.store_error.hwset = store_error && core_run;
    ctl_in.COPY_LOADED.error.next = ctl.COPY_STATUS.load_error.value;
    ctl_in.COPY_STORED.error.next = ctl.COPY_STATUS.store_error.value;
    ctl_in.COPY_FAULT_VA.va.next = copy_fault_va;
  end

  // ---- to the command processor --------------------------------------------------------

  always_comb begin
    job_o.entry = ctl.JOB_ENTRY.va.value;
    job_o.size = ctl.JOB_SIZE.bytes.value;
    job_o.trace_va = ctl.TRACE_VA.va.value;
    job_o.trace_size = ctl.TRACE_SIZE.bytes.value;
    job_o.max_cycles = {ctl.MAX_CYCLES_HI.value.value, ctl.MAX_CYCLES_LO.value.value};
    job_o.region[0].va = ctl.REGION0.VA.va.value;
    job_o.region[0].size = ctl.REGION0.SIZE.bytes.value;
    job_o.region[1].va = ctl.REGION1.VA.va.value;
    job_o.region[1].size = ctl.REGION1.SIZE.bytes.value;
    job_o.region[2].va = ctl.REGION2.VA.va.value;
    job_o.region[2].size = ctl.REGION2.SIZE.bytes.value;
    job_o.region[3].va = ctl.REGION3.VA.va.value;
    job_o.region[3].size = ctl.REGION3.SIZE.bytes.value;
    job_o.region[4].va = ctl.REGION4.VA.va.value;
    job_o.region[4].size = ctl.REGION4.SIZE.bytes.value;
    job_o.region[5].va = ctl.REGION5.VA.va.value;
    job_o.region[5].size = ctl.REGION5.SIZE.bytes.value;
    job_o.region[6].va = ctl.REGION6.VA.va.value;
    job_o.region[6].size = ctl.REGION6.SIZE.bytes.value;
    job_o.region[7].va = ctl.REGION7.VA.va.value;
    job_o.region[7].size = ctl.REGION7.SIZE.bytes.value;
    job_o.region[8].va = ctl.REGION8.VA.va.value;
    job_o.region[8].size = ctl.REGION8.SIZE.bytes.value;
    job_o.region[9].va = ctl.REGION9.VA.va.value;
    job_o.region[9].size = ctl.REGION9.SIZE.bytes.value;
    job_o.region[10].va = ctl.REGION10.VA.va.value;
    job_o.region[10].size = ctl.REGION10.SIZE.bytes.value;
    job_o.region[11].va = ctl.REGION11.VA.va.value;
    job_o.region[11].size = ctl.REGION11.SIZE.bytes.value;
    job_o.region[12].va = ctl.REGION12.VA.va.value;
    job_o.region[12].size = ctl.REGION12.SIZE.bytes.value;
    job_o.region[13].va = ctl.REGION13.VA.va.value;
    job_o.region[13].size = ctl.REGION13.SIZE.bytes.value;
    job_o.region[14].va = ctl.REGION14.VA.va.value;
    job_o.region[14].size = ctl.REGION14.SIZE.bytes.value;
    job_o.region[15].va = ctl.REGION15.VA.va.value;
    job_o.region[15].size = ctl.REGION15.SIZE.bytes.value;
    job_command_o.start = ctl.JOB_COMMAND.start.value;
    job_command_o.resume = ctl.JOB_COMMAND.resume.value;
    job_command_o.kill = ctl.JOB_COMMAND.kill.value;
    job_command_o.preempt = ctl.JOB_COMMAND.preempt.value;
    job_command_o.no_preempt = ctl.JOB_COMMAND.no_preempt.value;
    job_command_o.ack = ctl.JOB_COMMAND.ack.value;
    move_o.save = ctl.DMA_COMMAND.save.value;
    move_o.restore = ctl.DMA_COMMAND.restore.value;
    move_o.save_state = ctl.DMA_COMMAND.save_state.value;
    move_o.restore_state = ctl.DMA_COMMAND.restore_state.value;
    move_o.va = ctl.DMA_VA.va.value;
    move_o.addr = ctl.DMA_SRAM.addr.value;
    move_o.size = ctl.DMA_SIZE.bytes.value;
  end

`ifndef SYNTHESIS
  OneInvalidation :
  assert property (@(posedge clk_i) disable iff (!rst_ni) !(inv_o && inv_all_o));
  StableContext :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      $past(active_ctx_o) != active_ctx_o |-> root_req_o);
  OnePulse :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      $past(job_command_o.start) |-> !job_command_o.start);
`endif

endmodule
