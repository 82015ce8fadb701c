// SPDX-License-Identifier: MIT

// The control core: Ibex (RV32IMC), its clock gate, its memory and its local bus.
//
//   0x00000000  memory (TCM), instructions and data
//   0x10000000  registers, the control core's page
//   0x20000000  two instructions that jump to the image's entry; the core starts there
//
// Everything else answers with an error.  The core has the memory's data port first; `copy` is the
// way of the copy port to it.  While the core sleeps in WFI its clock stands.
module onpu_control_core (
    input logic clk_i,
    // Assertions look at it at clock edges.
    // verilator lint_off SYNCASYNCNET
    input logic rst_ni,
    // verilator lint_on SYNCASYNCNET
    // 0: the core is in reset.
    input logic run_i,
    input logic [15:0] entry_i,
    input logic event_i,
    output logic asleep_o,

    // Registers: rvalid one cycle or more after the grant.
    output logic reg_req_o,
    output logic reg_we_o,
    output logic [3:0] reg_be_o,
    output logic [11:0] reg_addr_o,
    output logic [31:0] reg_wdata_o,
    input logic reg_gnt_i,
    input logic reg_rvalid_i,
    input logic [31:0] reg_rdata_i,
    input logic reg_err_i,

    // Copy port: granted in the same cycle, read data in the next.
    input logic copy_req_i,
    input logic copy_we_i,
    input logic [13:0] copy_addr_i,
    input logic [3:0] copy_be_i,
    input logic [31:0] copy_wdata_i,
    output logic copy_gnt_o,
    output logic [31:0] copy_rdata_o
);

  import ibex_pkg::*;

  localparam logic [31:0] RomBase = 32'h2000_0000;

  // ---- reset and clock -----------------------------------------------------------------

  logic core_rst_n, busy, irq_pending, clock_en, clk;
  ibex_mubi_t core_busy;
  // Nothing wakes the core: it does nothing from its next sleep on, or does not leave its reset.
  logic stopped;

`ifdef ONPU_BACKDOOR
  // For tests.
  export "DPI-C" function onpu_stop_core;
  bit stop = 0;

  function automatic void onpu_stop_core(input bit on);
    stop = on;
  endfunction

  always_ff @(posedge clk_i) stopped <= stop;
`else
  assign stopped = 1'b0;
`endif

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      core_rst_n <= 1'b0;
      busy <= 1'b0;
    end else begin
      core_rst_n <= run_i && (core_rst_n || !stopped);
      busy <= core_rst_n && core_busy[0];
    end
  end

  // One edge before the reset ends: a simulator without an edge of the reset needs it.
  assign clock_en = core_rst_n ? busy | irq_pending : run_i;
  assign asleep_o = core_rst_n & ~clock_en;

  onpu_control_clock_gate u_clock_gate (
      .clk_i,
      .en_i (clock_en),
      .clk_o(clk)
  );

  // ---- core ----------------------------------------------------------------------------

  logic instr_req, instr_rvalid, instr_err;
  logic [31:0] instr_addr, instr_rdata;
  logic data_req, data_gnt, data_rvalid, data_we, data_err;
  logic [3:0] data_be;
  logic [31:0] data_addr, data_wdata, data_rdata;
  logic [4:0] raddr_a, raddr_b, waddr;
  logic [31:0] rdata_a, rdata_b, wdata;
  logic we;

  // The register file: two asynchronous reads, one write; register 0 is never written.
  logic [31:0] register[32];

  always_ff @(posedge clk or negedge core_rst_n) begin
    if (!core_rst_n) begin
      for (int i = 0; i < 32; i++) register[i] <= '0;
    end else if (we && waddr != '0) begin
      register[waddr] <= wdata;
    end
  end

  assign rdata_a = register[raddr_a];
  assign rdata_b = register[raddr_b];

  // Ibex names its parts by this instance's name.
  // verilator lint_off PINCONNECTEMPTY
  ibex_core #(
      .RV32M(RV32MSingleCycle),
      .BranchTargetALU(1'b1),
      .WritebackStage(1'b1)
  ) u_ibex_core (
      .clk_i(clk),
      .rst_ni(core_rst_n),
      .hart_id_i('0),
      .boot_addr_i(RomBase),
      .instr_req_o(instr_req),
      .instr_gnt_i(instr_req),
      .instr_rvalid_i(instr_rvalid),
      .instr_addr_o(instr_addr),
      .instr_rdata_i(instr_rdata),
      .instr_err_i(instr_err),
      .data_req_o(data_req),
      .data_gnt_i(data_gnt),
      .data_rvalid_i(data_rvalid),
      .data_we_o(data_we),
      .data_be_o(data_be),
      .data_addr_o(data_addr),
      .data_wdata_o(data_wdata),
      .data_rdata_i(data_rdata),
      .data_err_i(data_err),
      .dummy_instr_id_o(),
      .dummy_instr_wb_o(),
      .rf_raddr_a_o(raddr_a),
      .rf_raddr_b_o(raddr_b),
      .rf_waddr_wb_o(waddr),
      .rf_we_wb_o(we),
      .rf_wdata_wb_ecc_o(wdata),
      .rf_rdata_a_ecc_i(rdata_a),
      .rf_rdata_b_ecc_i(rdata_b),
      .ic_tag_req_o(),
      .ic_tag_write_o(),
      .ic_tag_addr_o(),
      .ic_tag_wdata_o(),
      .ic_tag_rdata_i('{default: '0}),
      .ic_data_req_o(),
      .ic_data_write_o(),
      .ic_data_addr_o(),
      .ic_data_wdata_o(),
      .ic_data_rdata_i('{default: '0}),
      .ic_scr_key_valid_i(1'b0),
      .ic_scr_key_req_o(),
      .irq_software_i(1'b0),
      .irq_timer_i(1'b0),
      .irq_external_i(event_i && !stopped),
      .irq_fast_i('0),
      .irq_nm_i(1'b0),
      .irq_pending_o(irq_pending),
      .debug_req_i(1'b0),
      .crash_dump_o(),
      .double_fault_seen_o(),
      .fetch_enable_i(IbexMuBiOn),
      .alert_minor_o(),
      .alert_major_internal_o(),
      .alert_major_bus_o(),
      .core_busy_o(core_busy)
  );
  // verilator lint_on PINCONNECTEMPTY

  logic unused;
  assign unused = ^{core_busy[$bits(core_busy)-1:1], instr_addr[1:0], data_addr[1:0], upper[11:0]};

  // ---- local bus -----------------------------------------------------------------------

  logic instr_tcm, data_tcm, data_reg, data_none, tcm_req;
  logic [31:0] tcm_a_rdata, tcm_b_rdata, rom_rdata;
  // Where the answer in the next cycle comes from.
  logic instr_rom_q, tcm_rvalid, none_rvalid;
  // lui sign-extends nothing, but jalr's offset is signed.
  logic [31:0] upper;

  assign instr_tcm = instr_addr[31:16] == '0;
  assign data_tcm = data_addr[31:16] == '0;
  assign data_reg = data_addr[31:12] == 20'h1_0000;
  assign data_none = !data_tcm && !data_reg;

  assign upper = {16'd0, entry_i} + 32'h800;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      instr_rvalid <= 1'b0;
      instr_err <= 1'b0;
      instr_rom_q <= 1'b0;
      rom_rdata <= '0;
      tcm_rvalid <= 1'b0;
      none_rvalid <= 1'b0;
    end else begin
      instr_rvalid <= instr_req;
      tcm_rvalid <= data_req && data_tcm;
      none_rvalid <= data_req && data_none;
      if (instr_req) begin
        instr_rom_q <= !instr_tcm;
        instr_err <= !instr_tcm && instr_addr[31:8] != RomBase[31:8];
        case (instr_addr[7:2])
          6'h20: rom_rdata <= {upper[31:12], 5'd5, 7'h37};  // lui t0
          6'h21: rom_rdata <= {entry_i[11:0], 5'd5, 3'd0, 5'd0, 7'h67};  // jalr x0, t0
          default: rom_rdata <= 32'h0000_006f;  // j .
        endcase
      end
    end
  end

  assign instr_rdata = instr_rom_q ? rom_rdata : tcm_a_rdata;

  assign reg_req_o = data_req && data_reg;
  assign reg_we_o = data_we;
  assign reg_be_o = data_be;
  assign reg_addr_o = data_addr[11:0];
  assign reg_wdata_o = data_wdata;

  assign data_gnt = data_reg ? reg_gnt_i : data_req;
  // One access at a time is unanswered, so at most one of these is set.
  assign data_rvalid = tcm_rvalid | none_rvalid | reg_rvalid_i;
  assign data_rdata = reg_rvalid_i ? reg_rdata_i : tcm_b_rdata;
  assign data_err = none_rvalid | (reg_rvalid_i & reg_err_i);

  assign tcm_req = data_req && data_tcm;
  assign copy_gnt_o = copy_req_i && !tcm_req;
  assign copy_rdata_o = tcm_b_rdata;

  onpu_control_tcm #(
      .Words(16384)
  ) u_tcm (
      .clk_i,
      .a_req_i(instr_req && instr_tcm),
      .a_addr_i(instr_addr[15:2]),
      .a_rdata_o(tcm_a_rdata),
      .b_req_i(tcm_req || copy_req_i),
      .b_we_i(tcm_req ? data_we : copy_we_i),
      .b_addr_i(tcm_req ? data_addr[15:2] : copy_addr_i),
      .b_be_i(tcm_req ? data_be : copy_be_i),
      .b_wdata_i(tcm_req ? data_wdata : copy_wdata_i),
      .b_rdata_o(tcm_b_rdata)
  );

`ifndef SYNTHESIS
  OneAnswer :
  assert property (@(posedge clk_i) disable iff (!rst_ni)
      {1'b0, tcm_rvalid} + {1'b0, none_rvalid} + {1'b0, reg_rvalid_i} <= 2'd1);
`endif

endmodule
