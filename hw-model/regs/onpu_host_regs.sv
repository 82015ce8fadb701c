// SPDX-License-Identifier: MIT
// Made by hw-model/regs/gen.py from onpu.rdl; do not edit.
module onpu_host_regs (
        input wire clk,
        input wire rst,

        output logic s_axil_awready,
        input wire s_axil_awvalid,
        input wire [11:0] s_axil_awaddr,
        input wire [2:0] s_axil_awprot,
        output logic s_axil_wready,
        input wire s_axil_wvalid,
        input wire [31:0] s_axil_wdata,
        input wire [3:0]s_axil_wstrb,
        input wire s_axil_bready,
        output logic s_axil_bvalid,
        output logic [1:0] s_axil_bresp,
        output logic s_axil_arready,
        input wire s_axil_arvalid,
        input wire [11:0] s_axil_araddr,
        input wire [2:0] s_axil_arprot,
        input wire s_axil_rready,
        output logic s_axil_rvalid,
        output logic [31:0] s_axil_rdata,
        output logic [1:0] s_axil_rresp,

        input onpu_host_regs_pkg::onpu_host__in_t hwif_in,
        output onpu_host_regs_pkg::onpu_host__out_t hwif_out
    );

    //--------------------------------------------------------------------------
    // CPU Bus interface logic
    //--------------------------------------------------------------------------
    logic cpuif_req;
    logic cpuif_req_is_wr;
    logic [11:0] cpuif_addr;
    logic [31:0] cpuif_wr_data;
    logic [31:0] cpuif_wr_biten;
    logic cpuif_req_stall_wr;
    logic cpuif_req_stall_rd;

    logic cpuif_rd_ack;
    logic cpuif_rd_err;
    logic [31:0] cpuif_rd_data;

    logic cpuif_wr_ack;
    logic cpuif_wr_err;

    // Max Outstanding Transactions: 2
    logic [1:0] axil_n_in_flight;
    logic axil_prev_was_rd;
    logic axil_arvalid;
    logic [11:0] axil_araddr;
    logic axil_ar_accept;
    logic axil_awvalid;
    logic [11:0] axil_awaddr;
    logic axil_wvalid;
    logic [31:0] axil_wdata;
    logic [3:0] axil_wstrb;
    logic axil_aw_accept;
    logic axil_resp_acked;

    // Transaction request acceptance
    always_ff @(posedge clk) begin
        if(rst) begin
            axil_prev_was_rd <= '0;
            axil_arvalid <= '0;
            axil_araddr <= '0;
            axil_awvalid <= '0;
            axil_awaddr <= '0;
            axil_wvalid <= '0;
            axil_wdata <= '0;
            axil_wstrb <= '0;
            axil_n_in_flight <= '0;
        end else begin
            // AR* acceptance register
            if(axil_ar_accept) begin
                axil_prev_was_rd <= '1;
                axil_arvalid <= '0;
            end
            if(s_axil_arvalid && s_axil_arready) begin
                axil_arvalid <= '1;
                axil_araddr <= s_axil_araddr;
            end

            // AW* & W* acceptance registers
            if(axil_aw_accept) begin
                axil_prev_was_rd <= '0;
                axil_awvalid <= '0;
                axil_wvalid <= '0;
            end
            if(s_axil_awvalid && s_axil_awready) begin
                axil_awvalid <= '1;
                axil_awaddr <= s_axil_awaddr;
            end
            if(s_axil_wvalid && s_axil_wready) begin
                axil_wvalid <= '1;
                axil_wdata <= s_axil_wdata;
                axil_wstrb <= s_axil_wstrb;
            end

            // Keep track of in-flight transactions
            if((axil_ar_accept || axil_aw_accept) && !axil_resp_acked) begin
                axil_n_in_flight <= axil_n_in_flight + 1'b1;
            end else if(!(axil_ar_accept || axil_aw_accept) && axil_resp_acked) begin
                axil_n_in_flight <= axil_n_in_flight - 1'b1;
            end
        end
    end

    always_comb begin
        s_axil_arready = (!axil_arvalid || axil_ar_accept);
        s_axil_awready = (!axil_awvalid || axil_aw_accept);
        s_axil_wready = (!axil_wvalid || axil_aw_accept);
    end

    // Request dispatch
    always_comb begin
        cpuif_wr_data = axil_wdata;
        for(int i=0; i<4; i++) begin
            cpuif_wr_biten[i*8 +: 8] = {8{axil_wstrb[i]}};
        end
        cpuif_req = '0;
        cpuif_req_is_wr = '0;
        cpuif_addr = '0;
        axil_ar_accept = '0;
        axil_aw_accept = '0;

        if(axil_n_in_flight < 2'd2) begin
            // Can safely issue more transactions without overwhelming response buffer
            if(axil_arvalid && !axil_prev_was_rd) begin
                cpuif_req = '1;
                cpuif_req_is_wr = '0;
                cpuif_addr = {axil_araddr[11:2], 2'b0};
                if(!cpuif_req_stall_rd) axil_ar_accept = '1;
            end else if(axil_awvalid && axil_wvalid) begin
                cpuif_req = '1;
                cpuif_req_is_wr = '1;
                cpuif_addr = {axil_awaddr[11:2], 2'b0};
                if(!cpuif_req_stall_wr) axil_aw_accept = '1;
            end else if(axil_arvalid) begin
                cpuif_req = '1;
                cpuif_req_is_wr = '0;
                cpuif_addr = {axil_araddr[11:2], 2'b0};
                if(!cpuif_req_stall_rd) axil_ar_accept = '1;
            end
        end
    end


    // AXI4-Lite Response Logic
    logic axil_resp_buffer_is_wr[2];
    logic axil_resp_buffer_err[2];
    logic [31:0] axil_resp_buffer_rdata[2];

    logic [1:0] axil_resp_wptr;
    logic [1:0] axil_resp_rptr;

    always_ff @(posedge clk) begin
        if(rst) begin
            for(int i=0; i<2; i++) begin
                axil_resp_buffer_is_wr[i] <= '0;
                axil_resp_buffer_err[i] <= '0;
                axil_resp_buffer_rdata[i] <= '0;
            end
            axil_resp_wptr <= '0;
            axil_resp_rptr <= '0;
        end else begin
            // Store responses in buffer until AXI response channel accepts them
            if(cpuif_rd_ack || cpuif_wr_ack) begin
                if(cpuif_rd_ack) begin
                    axil_resp_buffer_is_wr[axil_resp_wptr[0:0]] <= '0;
                    axil_resp_buffer_err[axil_resp_wptr[0:0]] <= cpuif_rd_err;
                    axil_resp_buffer_rdata[axil_resp_wptr[0:0]] <= cpuif_rd_data;

                end else if(cpuif_wr_ack) begin
                    axil_resp_buffer_is_wr[axil_resp_wptr[0:0]] <= '1;
                    axil_resp_buffer_err[axil_resp_wptr[0:0]] <= cpuif_wr_err;
                end
                axil_resp_wptr <= axil_resp_wptr + 1'b1;
            end

            // Advance read pointer when acknowledged
            if(axil_resp_acked) begin
                axil_resp_rptr <= axil_resp_rptr + 1'b1;
            end
        end
    end

    always_comb begin
        axil_resp_acked = '0;
        s_axil_bvalid = '0;
        s_axil_rvalid = '0;
        if(axil_resp_rptr != axil_resp_wptr) begin
            if(axil_resp_buffer_is_wr[axil_resp_rptr[0:0]]) begin
                s_axil_bvalid = '1;
                if(s_axil_bready) axil_resp_acked = '1;
            end else begin
                s_axil_rvalid = '1;
                if(s_axil_rready) axil_resp_acked = '1;
            end
        end

        s_axil_rdata = axil_resp_buffer_rdata[axil_resp_rptr[0:0]];
        if(axil_resp_buffer_err[axil_resp_rptr[0:0]]) begin
            s_axil_bresp = 2'b10;
            s_axil_rresp = 2'b10;
        end else begin
            s_axil_bresp = 2'b00;
            s_axil_rresp = 2'b00;
        end
    end

    logic cpuif_req_masked;

    // Read & write latencies are balanced. Stalls not required
    assign cpuif_req_stall_rd = '0;
    assign cpuif_req_stall_wr = '0;
    assign cpuif_req_masked = cpuif_req
                            & !(!cpuif_req_is_wr & cpuif_req_stall_rd)
                            & !(cpuif_req_is_wr & cpuif_req_stall_wr);

    //--------------------------------------------------------------------------
    // Address Decode
    //--------------------------------------------------------------------------
    typedef struct {
        logic ID;
        logic VERSION;
        logic CONFIG;
        logic SRAM_SIZE;
        logic TCM_SIZE;
        logic DOORBELL;
        logic IRQ_STATUS;
        logic IRQ_ENABLE;
        logic IRQ_ACK;
        logic CONTROL;
        logic STATUS;
        logic CTX_TABLE_LO;
        logic CTX_TABLE_HI;
        logic BOOT_VA;
        logic BOOT_SIZE;
        logic SHARED_VA;
        logic TLB_INV;
        logic TLB_STATUS;
        logic CYCLE_LO;
        logic CYCLE_HI;
        logic FAULT_STATUS;
        logic FAULT_VA;
        logic FW_CRASH;
    } decoded_reg_strb_t;
    decoded_reg_strb_t decoded_reg_strb;
    logic decoded_err;
    logic [11:0] decoded_addr;
    logic decoded_req;
    logic decoded_req_is_wr;
    logic [31:0] decoded_wr_data;
    logic [31:0] decoded_wr_biten;

    always_comb begin
        automatic logic is_valid_addr;
        automatic logic is_valid_rw;
        is_valid_addr = '1; // No valid address check
        is_valid_rw = '1; // No valid RW check
        decoded_reg_strb.ID = cpuif_req_masked & (cpuif_addr == 12'h0) & !cpuif_req_is_wr;
        decoded_reg_strb.VERSION = cpuif_req_masked & (cpuif_addr == 12'h4) & !cpuif_req_is_wr;
        decoded_reg_strb.CONFIG = cpuif_req_masked & (cpuif_addr == 12'h8) & !cpuif_req_is_wr;
        decoded_reg_strb.SRAM_SIZE = cpuif_req_masked & (cpuif_addr == 12'hc) & !cpuif_req_is_wr;
        decoded_reg_strb.TCM_SIZE = cpuif_req_masked & (cpuif_addr == 12'h10) & !cpuif_req_is_wr;
        decoded_reg_strb.DOORBELL = cpuif_req_masked & (cpuif_addr == 12'h20) & cpuif_req_is_wr;
        decoded_reg_strb.IRQ_STATUS = cpuif_req_masked & (cpuif_addr == 12'h24) & !cpuif_req_is_wr;
        decoded_reg_strb.IRQ_ENABLE = cpuif_req_masked & (cpuif_addr == 12'h28);
        decoded_reg_strb.IRQ_ACK = cpuif_req_masked & (cpuif_addr == 12'h2c) & cpuif_req_is_wr;
        decoded_reg_strb.CONTROL = cpuif_req_masked & (cpuif_addr == 12'h30);
        decoded_reg_strb.STATUS = cpuif_req_masked & (cpuif_addr == 12'h34) & !cpuif_req_is_wr;
        decoded_reg_strb.CTX_TABLE_LO = cpuif_req_masked & (cpuif_addr == 12'h40);
        decoded_reg_strb.CTX_TABLE_HI = cpuif_req_masked & (cpuif_addr == 12'h44);
        decoded_reg_strb.BOOT_VA = cpuif_req_masked & (cpuif_addr == 12'h48);
        decoded_reg_strb.BOOT_SIZE = cpuif_req_masked & (cpuif_addr == 12'h4c);
        decoded_reg_strb.SHARED_VA = cpuif_req_masked & (cpuif_addr == 12'h50);
        decoded_reg_strb.TLB_INV = cpuif_req_masked & (cpuif_addr == 12'h60) & cpuif_req_is_wr;
        decoded_reg_strb.TLB_STATUS = cpuif_req_masked & (cpuif_addr == 12'h64) & !cpuif_req_is_wr;
        decoded_reg_strb.CYCLE_LO = cpuif_req_masked & (cpuif_addr == 12'h70) & !cpuif_req_is_wr;
        decoded_reg_strb.CYCLE_HI = cpuif_req_masked & (cpuif_addr == 12'h74) & !cpuif_req_is_wr;
        decoded_reg_strb.FAULT_STATUS = cpuif_req_masked & (cpuif_addr == 12'h80);
        decoded_reg_strb.FAULT_VA = cpuif_req_masked & (cpuif_addr == 12'h84) & !cpuif_req_is_wr;
        decoded_reg_strb.FW_CRASH = cpuif_req_masked & (cpuif_addr == 12'h88) & !cpuif_req_is_wr;
        decoded_err = '0;
    end

    // Pass down signals to next stage
    assign decoded_addr = cpuif_addr;
    assign decoded_req = cpuif_req_masked;
    assign decoded_req_is_wr = cpuif_req_is_wr;
    assign decoded_wr_data = cpuif_wr_data;
    assign decoded_wr_biten = cpuif_wr_biten;

    //--------------------------------------------------------------------------
    // Field logic
    //--------------------------------------------------------------------------
    typedef struct {
        struct {
            struct {
                logic [5:0] next;
                logic load_next;
            } slot;
        } DOORBELL;
        struct {
            struct {
                logic next;
                logic load_next;
            } firmware;
            struct {
                logic next;
                logic load_next;
            } fatal;
        } IRQ_ENABLE;
        struct {
            struct {
                logic next;
                logic load_next;
            } firmware;
            struct {
                logic next;
                logic load_next;
            } fatal;
        } IRQ_ACK;
        struct {
            struct {
                logic next;
                logic load_next;
            } run;
            struct {
                logic next;
                logic load_next;
            } fence;
            struct {
                logic next;
                logic load_next;
            } engine_reset;
            struct {
                logic next;
                logic load_next;
            } full_reset;
        } CONTROL;
        struct {
            struct {
                logic [20:0] next;
                logic load_next;
            } address;
        } CTX_TABLE_LO;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } address;
        } CTX_TABLE_HI;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } va;
        } BOOT_VA;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } bytes;
        } BOOT_SIZE;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } va;
        } SHARED_VA;
        struct {
            struct {
                logic [7:0] next;
                logic load_next;
            } ctx;
        } TLB_INV;
        struct {
            struct {
                logic next;
                logic load_next;
            } valid;
        } FAULT_STATUS;
    } field_combo_t;
    field_combo_t field_combo;

    typedef struct {
        struct {
            struct {
                logic [5:0] value;
            } slot;
        } DOORBELL;
        struct {
            struct {
                logic value;
            } firmware;
            struct {
                logic value;
            } fatal;
        } IRQ_ENABLE;
        struct {
            struct {
                logic value;
            } firmware;
            struct {
                logic value;
            } fatal;
        } IRQ_ACK;
        struct {
            struct {
                logic value;
            } run;
            struct {
                logic value;
            } fence;
            struct {
                logic value;
            } engine_reset;
            struct {
                logic value;
            } full_reset;
        } CONTROL;
        struct {
            struct {
                logic [20:0] value;
            } address;
        } CTX_TABLE_LO;
        struct {
            struct {
                logic [31:0] value;
            } address;
        } CTX_TABLE_HI;
        struct {
            struct {
                logic [31:0] value;
            } va;
        } BOOT_VA;
        struct {
            struct {
                logic [31:0] value;
            } bytes;
        } BOOT_SIZE;
        struct {
            struct {
                logic [31:0] value;
            } va;
        } SHARED_VA;
        struct {
            struct {
                logic [7:0] value;
            } ctx;
        } TLB_INV;
        struct {
            struct {
                logic value;
            } valid;
        } FAULT_STATUS;
    } field_storage_t;
    field_storage_t field_storage;

    // Field: onpu_host.DOORBELL.slot
    always_comb begin
        automatic logic [5:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DOORBELL.slot.value;
        load_next_c = '0;
        if(decoded_reg_strb.DOORBELL && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.DOORBELL.slot.value & ~decoded_wr_biten[5:0]) | (decoded_wr_data[5:0] & decoded_wr_biten[5:0]);
            load_next_c = '1;
        end
        field_combo.DOORBELL.slot.next = next_c;
        field_combo.DOORBELL.slot.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.DOORBELL.slot.value <= 6'h0;
        end else begin
            if(field_combo.DOORBELL.slot.load_next) begin
                field_storage.DOORBELL.slot.value <= field_combo.DOORBELL.slot.next;
            end
        end
    end
    assign hwif_out.DOORBELL.slot.value = field_storage.DOORBELL.slot.value;
    assign hwif_out.DOORBELL.slot.swmod = decoded_reg_strb.DOORBELL && decoded_req_is_wr && |(decoded_wr_biten[5:0]);
    // Field: onpu_host.IRQ_ENABLE.firmware
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.IRQ_ENABLE.firmware.value;
        load_next_c = '0;
        if(decoded_reg_strb.IRQ_ENABLE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.IRQ_ENABLE.firmware.value & ~decoded_wr_biten[0:0]) | (decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end
        field_combo.IRQ_ENABLE.firmware.next = next_c;
        field_combo.IRQ_ENABLE.firmware.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.IRQ_ENABLE.firmware.value <= 1'h0;
        end else begin
            if(field_combo.IRQ_ENABLE.firmware.load_next) begin
                field_storage.IRQ_ENABLE.firmware.value <= field_combo.IRQ_ENABLE.firmware.next;
            end
        end
    end
    assign hwif_out.IRQ_ENABLE.firmware.value = field_storage.IRQ_ENABLE.firmware.value;
    // Field: onpu_host.IRQ_ENABLE.fatal
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.IRQ_ENABLE.fatal.value;
        load_next_c = '0;
        if(decoded_reg_strb.IRQ_ENABLE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.IRQ_ENABLE.fatal.value & ~decoded_wr_biten[1:1]) | (decoded_wr_data[1:1] & decoded_wr_biten[1:1]);
            load_next_c = '1;
        end
        field_combo.IRQ_ENABLE.fatal.next = next_c;
        field_combo.IRQ_ENABLE.fatal.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.IRQ_ENABLE.fatal.value <= 1'h0;
        end else begin
            if(field_combo.IRQ_ENABLE.fatal.load_next) begin
                field_storage.IRQ_ENABLE.fatal.value <= field_combo.IRQ_ENABLE.fatal.next;
            end
        end
    end
    assign hwif_out.IRQ_ENABLE.fatal.value = field_storage.IRQ_ENABLE.fatal.value;
    // Field: onpu_host.IRQ_ACK.firmware
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.IRQ_ACK.firmware.value;
        load_next_c = '0;
        if(decoded_reg_strb.IRQ_ACK && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.IRQ_ACK.firmware.value & ~decoded_wr_biten[0:0]) | (decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.IRQ_ACK.firmware.next = next_c;
        field_combo.IRQ_ACK.firmware.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.IRQ_ACK.firmware.value <= 1'h0;
        end else begin
            if(field_combo.IRQ_ACK.firmware.load_next) begin
                field_storage.IRQ_ACK.firmware.value <= field_combo.IRQ_ACK.firmware.next;
            end
        end
    end
    assign hwif_out.IRQ_ACK.firmware.value = field_storage.IRQ_ACK.firmware.value;
    // Field: onpu_host.IRQ_ACK.fatal
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.IRQ_ACK.fatal.value;
        load_next_c = '0;
        if(decoded_reg_strb.IRQ_ACK && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.IRQ_ACK.fatal.value & ~decoded_wr_biten[1:1]) | (decoded_wr_data[1:1] & decoded_wr_biten[1:1]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.IRQ_ACK.fatal.next = next_c;
        field_combo.IRQ_ACK.fatal.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.IRQ_ACK.fatal.value <= 1'h0;
        end else begin
            if(field_combo.IRQ_ACK.fatal.load_next) begin
                field_storage.IRQ_ACK.fatal.value <= field_combo.IRQ_ACK.fatal.next;
            end
        end
    end
    assign hwif_out.IRQ_ACK.fatal.value = field_storage.IRQ_ACK.fatal.value;
    // Field: onpu_host.CONTROL.run
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.CONTROL.run.value;
        load_next_c = '0;
        if(decoded_reg_strb.CONTROL && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.CONTROL.run.value & ~decoded_wr_biten[0:0]) | (decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end
        field_combo.CONTROL.run.next = next_c;
        field_combo.CONTROL.run.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.CONTROL.run.value <= 1'h0;
        end else begin
            if(field_combo.CONTROL.run.load_next) begin
                field_storage.CONTROL.run.value <= field_combo.CONTROL.run.next;
            end
        end
    end
    assign hwif_out.CONTROL.run.value = field_storage.CONTROL.run.value;
    // Field: onpu_host.CONTROL.fence
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.CONTROL.fence.value;
        load_next_c = '0;
        if(decoded_reg_strb.CONTROL && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.CONTROL.fence.value & ~decoded_wr_biten[1:1]) | (decoded_wr_data[1:1] & decoded_wr_biten[1:1]);
            load_next_c = '1;
        end
        field_combo.CONTROL.fence.next = next_c;
        field_combo.CONTROL.fence.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.CONTROL.fence.value <= 1'h0;
        end else begin
            if(field_combo.CONTROL.fence.load_next) begin
                field_storage.CONTROL.fence.value <= field_combo.CONTROL.fence.next;
            end
        end
    end
    assign hwif_out.CONTROL.fence.value = field_storage.CONTROL.fence.value;
    // Field: onpu_host.CONTROL.engine_reset
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.CONTROL.engine_reset.value;
        load_next_c = '0;
        if(decoded_reg_strb.CONTROL && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.CONTROL.engine_reset.value & ~decoded_wr_biten[8:8]) | (decoded_wr_data[8:8] & decoded_wr_biten[8:8]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.CONTROL.engine_reset.next = next_c;
        field_combo.CONTROL.engine_reset.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.CONTROL.engine_reset.value <= 1'h0;
        end else begin
            if(field_combo.CONTROL.engine_reset.load_next) begin
                field_storage.CONTROL.engine_reset.value <= field_combo.CONTROL.engine_reset.next;
            end
        end
    end
    assign hwif_out.CONTROL.engine_reset.value = field_storage.CONTROL.engine_reset.value;
    // Field: onpu_host.CONTROL.full_reset
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.CONTROL.full_reset.value;
        load_next_c = '0;
        if(decoded_reg_strb.CONTROL && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.CONTROL.full_reset.value & ~decoded_wr_biten[9:9]) | (decoded_wr_data[9:9] & decoded_wr_biten[9:9]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.CONTROL.full_reset.next = next_c;
        field_combo.CONTROL.full_reset.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.CONTROL.full_reset.value <= 1'h0;
        end else begin
            if(field_combo.CONTROL.full_reset.load_next) begin
                field_storage.CONTROL.full_reset.value <= field_combo.CONTROL.full_reset.next;
            end
        end
    end
    assign hwif_out.CONTROL.full_reset.value = field_storage.CONTROL.full_reset.value;
    // Field: onpu_host.CTX_TABLE_LO.address
    always_comb begin
        automatic logic [20:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.CTX_TABLE_LO.address.value;
        load_next_c = '0;
        if(decoded_reg_strb.CTX_TABLE_LO && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.CTX_TABLE_LO.address.value & ~decoded_wr_biten[31:11]) | (decoded_wr_data[31:11] & decoded_wr_biten[31:11]);
            load_next_c = '1;
        end
        field_combo.CTX_TABLE_LO.address.next = next_c;
        field_combo.CTX_TABLE_LO.address.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.CTX_TABLE_LO.address.value <= 21'h0;
        end else begin
            if(field_combo.CTX_TABLE_LO.address.load_next) begin
                field_storage.CTX_TABLE_LO.address.value <= field_combo.CTX_TABLE_LO.address.next;
            end
        end
    end
    assign hwif_out.CTX_TABLE_LO.address.value = field_storage.CTX_TABLE_LO.address.value;
    // Field: onpu_host.CTX_TABLE_HI.address
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.CTX_TABLE_HI.address.value;
        load_next_c = '0;
        if(decoded_reg_strb.CTX_TABLE_HI && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.CTX_TABLE_HI.address.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.CTX_TABLE_HI.address.next = next_c;
        field_combo.CTX_TABLE_HI.address.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.CTX_TABLE_HI.address.value <= 32'h0;
        end else begin
            if(field_combo.CTX_TABLE_HI.address.load_next) begin
                field_storage.CTX_TABLE_HI.address.value <= field_combo.CTX_TABLE_HI.address.next;
            end
        end
    end
    assign hwif_out.CTX_TABLE_HI.address.value = field_storage.CTX_TABLE_HI.address.value;
    // Field: onpu_host.BOOT_VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.BOOT_VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.BOOT_VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.BOOT_VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.BOOT_VA.va.next = next_c;
        field_combo.BOOT_VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.BOOT_VA.va.value <= 32'h0;
        end else begin
            if(field_combo.BOOT_VA.va.load_next) begin
                field_storage.BOOT_VA.va.value <= field_combo.BOOT_VA.va.next;
            end
        end
    end
    assign hwif_out.BOOT_VA.va.value = field_storage.BOOT_VA.va.value;
    // Field: onpu_host.BOOT_SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.BOOT_SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.BOOT_SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.BOOT_SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.BOOT_SIZE.bytes.next = next_c;
        field_combo.BOOT_SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.BOOT_SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.BOOT_SIZE.bytes.load_next) begin
                field_storage.BOOT_SIZE.bytes.value <= field_combo.BOOT_SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.BOOT_SIZE.bytes.value = field_storage.BOOT_SIZE.bytes.value;
    // Field: onpu_host.SHARED_VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.SHARED_VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.SHARED_VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.SHARED_VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.SHARED_VA.va.next = next_c;
        field_combo.SHARED_VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.SHARED_VA.va.value <= 32'h0;
        end else begin
            if(field_combo.SHARED_VA.va.load_next) begin
                field_storage.SHARED_VA.va.value <= field_combo.SHARED_VA.va.next;
            end
        end
    end
    assign hwif_out.SHARED_VA.va.value = field_storage.SHARED_VA.va.value;
    // Field: onpu_host.TLB_INV.ctx
    always_comb begin
        automatic logic [7:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.TLB_INV.ctx.value;
        load_next_c = '0;
        if(decoded_reg_strb.TLB_INV && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.TLB_INV.ctx.value & ~decoded_wr_biten[7:0]) | (decoded_wr_data[7:0] & decoded_wr_biten[7:0]);
            load_next_c = '1;
        end
        field_combo.TLB_INV.ctx.next = next_c;
        field_combo.TLB_INV.ctx.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.TLB_INV.ctx.value <= 8'h0;
        end else begin
            if(field_combo.TLB_INV.ctx.load_next) begin
                field_storage.TLB_INV.ctx.value <= field_combo.TLB_INV.ctx.next;
            end
        end
    end
    assign hwif_out.TLB_INV.ctx.value = field_storage.TLB_INV.ctx.value;
    assign hwif_out.TLB_INV.ctx.swmod = decoded_reg_strb.TLB_INV && decoded_req_is_wr && |(decoded_wr_biten[7:0]);
    // Field: onpu_host.FAULT_STATUS.valid
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.FAULT_STATUS.valid.value;
        load_next_c = '0;
        if(hwif_in.FAULT_STATUS.valid.we) begin // HW Write - we
            next_c = hwif_in.FAULT_STATUS.valid.next;
            load_next_c = '1;
        end else if(decoded_reg_strb.FAULT_STATUS && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage.FAULT_STATUS.valid.value & ~(decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end
        field_combo.FAULT_STATUS.valid.next = next_c;
        field_combo.FAULT_STATUS.valid.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.FAULT_STATUS.valid.value <= 1'h0;
        end else begin
            if(field_combo.FAULT_STATUS.valid.load_next) begin
                field_storage.FAULT_STATUS.valid.value <= field_combo.FAULT_STATUS.valid.next;
            end
        end
    end
    assign hwif_out.FAULT_STATUS.valid.value = field_storage.FAULT_STATUS.valid.value;

    //--------------------------------------------------------------------------
    // Write response
    //--------------------------------------------------------------------------
    assign cpuif_wr_ack = decoded_req & decoded_req_is_wr;
    // Writes are always granted with no error response
    assign cpuif_wr_err = '0;

    //--------------------------------------------------------------------------
    // Readback
    //--------------------------------------------------------------------------

    logic [11:0] rd_mux_addr;
    assign rd_mux_addr = decoded_addr;

    logic readback_err;
    logic readback_done;
    logic [31:0] readback_data;
    always_comb begin
        automatic logic [31:0] readback_data_var;
        readback_data_var = '0;
        if(rd_mux_addr == 12'h0) begin
            readback_data_var[31:0] = 32'h55504e4f;
        end
        if(rd_mux_addr == 12'h4) begin
            readback_data_var[15:0] = 16'h1;
            readback_data_var[31:16] = 16'h1;
        end
        if(rd_mux_addr == 12'h8) begin
            readback_data_var[7:0] = hwif_in.CONFIG.preset.next;
            readback_data_var[15:8] = hwif_in.CONFIG.lanes.next;
            readback_data_var[23:16] = hwif_in.CONFIG.axi_bytes.next;
            readback_data_var[31:24] = hwif_in.CONFIG.isa_major.next;
        end
        if(rd_mux_addr == 12'hc) begin
            readback_data_var[31:0] = hwif_in.SRAM_SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h10) begin
            readback_data_var[31:0] = hwif_in.TCM_SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h24) begin
            readback_data_var[0] = hwif_in.IRQ_STATUS.firmware.next;
            readback_data_var[1] = hwif_in.IRQ_STATUS.fatal.next;
        end
        if(rd_mux_addr == 12'h28) begin
            readback_data_var[0] = field_storage.IRQ_ENABLE.firmware.value;
            readback_data_var[1] = field_storage.IRQ_ENABLE.fatal.value;
        end
        if(rd_mux_addr == 12'h30) begin
            readback_data_var[0] = field_storage.CONTROL.run.value;
            readback_data_var[1] = field_storage.CONTROL.fence.value;
        end
        if(rd_mux_addr == 12'h34) begin
            readback_data_var[3:0] = hwif_in.STATUS.boot.next;
            readback_data_var[8] = hwif_in.STATUS.drained.next;
            readback_data_var[9] = hwif_in.STATUS.busy.next;
            readback_data_var[10] = hwif_in.STATUS.asleep.next;
        end
        if(rd_mux_addr == 12'h40) begin
            readback_data_var[31:11] = field_storage.CTX_TABLE_LO.address.value;
        end
        if(rd_mux_addr == 12'h44) begin
            readback_data_var[31:0] = field_storage.CTX_TABLE_HI.address.value;
        end
        if(rd_mux_addr == 12'h48) begin
            readback_data_var[31:0] = field_storage.BOOT_VA.va.value;
        end
        if(rd_mux_addr == 12'h4c) begin
            readback_data_var[31:0] = field_storage.BOOT_SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'h50) begin
            readback_data_var[31:0] = field_storage.SHARED_VA.va.value;
        end
        if(rd_mux_addr == 12'h64) begin
            readback_data_var[0] = hwif_in.TLB_STATUS.done.next;
        end
        if(rd_mux_addr == 12'h70) begin
            readback_data_var[31:0] = hwif_in.CYCLE_LO.value.next;
        end
        if(rd_mux_addr == 12'h74) begin
            readback_data_var[31:0] = hwif_in.CYCLE_HI.value.next;
        end
        if(rd_mux_addr == 12'h80) begin
            readback_data_var[0] = field_storage.FAULT_STATUS.valid.value;
            readback_data_var[1] = hwif_in.FAULT_STATUS.write.next;
            readback_data_var[5:4] = hwif_in.FAULT_STATUS.source.next;
            readback_data_var[15:8] = hwif_in.FAULT_STATUS.code.next;
            readback_data_var[23:16] = hwif_in.FAULT_STATUS.ctx.next;
        end
        if(rd_mux_addr == 12'h84) begin
            readback_data_var[31:0] = hwif_in.FAULT_VA.va.next;
        end
        if(rd_mux_addr == 12'h88) begin
            readback_data_var[31:0] = hwif_in.FW_CRASH.code.next;
        end
        readback_data = readback_data_var;
        readback_done = decoded_req & ~decoded_req_is_wr;
        readback_err = '0;
    end

    assign cpuif_rd_ack = readback_done;
    assign cpuif_rd_data = readback_data;
    assign cpuif_rd_err = readback_err;
endmodule
