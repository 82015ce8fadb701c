// SPDX-License-Identifier: MIT
// Made by hw-model/regs/gen.py from onpu.rdl; do not edit.
module onpu_ctl_regs #(
        parameter ID_WIDTH = 1
    ) (
        input wire clk,
        input wire rst,

        input wire s_obi_req,
        output logic s_obi_gnt,
        input wire [11:0] s_obi_addr,
        input wire s_obi_we,
        input wire [3:0] s_obi_be,
        input wire [31:0] s_obi_wdata,
        input wire [ID_WIDTH-1:0] s_obi_aid,
        output logic s_obi_rvalid,
        input wire s_obi_rready,
        output logic [31:0] s_obi_rdata,
        output logic s_obi_err,
        output logic [ID_WIDTH-1:0] s_obi_rid,

        input onpu_ctl_regs_pkg::onpu_ctl__in_t hwif_in,
        output onpu_ctl_regs_pkg::onpu_ctl__out_t hwif_out
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

    // State & holding regs
    logic is_active; // A request is being served (not yet fully responded)
    logic gnt_q; // one-cycle grant for A-channel
    logic rsp_pending; // response ready but not yet accepted by manager
    logic [31:0] rsp_rdata_q;
    logic rsp_err_q;
    logic [$bits(s_obi_rid)-1:0] rid_q;

    // Latch AID on accept to echo back the response
    always_ff @(posedge clk) begin
        if (rst) begin
            is_active <= 1'b0;
            gnt_q <= 1'b0;
            rsp_pending <= 1'b0;
            rsp_rdata_q <= '0;
            rsp_err_q <= 1'b0;
            rid_q <= '0;

            cpuif_req <= '0;
            cpuif_req_is_wr <= '0;
            cpuif_addr <= '0;
            cpuif_wr_data <= '0;
            cpuif_wr_biten <= '0;
        end else begin
            // defaults
            cpuif_req <= 1'b0;
            gnt_q <= s_obi_req & ~is_active;

            // Accept new request when idle
            if (~is_active) begin
                if (s_obi_req) begin
                    is_active <= 1'b1;
                    cpuif_req <= 1'b1;
                    cpuif_req_is_wr <= s_obi_we;
                    cpuif_addr <= {s_obi_addr[11:2], 2'b0};
                    cpuif_wr_data <= s_obi_wdata;
                    rid_q <= s_obi_aid;
                    for (int i = 0; i < 4; i++) begin
                        cpuif_wr_biten[i*8 +: 8] <= {8{ s_obi_be[i] }};
                    end
                end
            end

            // Capture response
            if (is_active && (cpuif_rd_ack || cpuif_wr_ack)) begin
                rsp_pending <= 1'b1;
                rsp_rdata_q <= cpuif_rd_data;
                rsp_err_q <= cpuif_rd_err | cpuif_wr_err;
                // NOTE: Keep 'is_active' asserted until the external R handshake completes
            end

            // Complete external R-channel handshake only if manager ready
            if (rsp_pending && s_obi_rvalid && s_obi_rready) begin
                rsp_pending <= 1'b0;
                is_active <= 1'b0; // free to accept the next request
            end
        end
    end

    // R-channel outputs (held stable while rsp_pending=1)
    assign s_obi_rvalid = rsp_pending;
    assign s_obi_rdata = rsp_rdata_q;
    assign s_obi_err = rsp_err_q;
    assign s_obi_rid = rid_q;

    // A-channel grant (registered one-cycle pulse when we accept a request)
    assign s_obi_gnt = gnt_q;

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
        logic CONFIG;
        logic SRAM_SIZE;
        logic SHARED_VA;
        logic STATE_SIZE;
        logic DOORBELL_LO;
        logic DOORBELL_HI;
        logic EVENT;
        logic HOST_IRQ;
        logic CYCLE_LO;
        logic CYCLE_HI;
        logic TIMER_LO;
        logic TIMER_HI;
        logic ACTIVE_CTX;
        logic CTX_STATUS;
        logic JOB_ENTRY;
        logic JOB_SIZE;
        logic TRACE_VA;
        logic TRACE_SIZE;
        logic MAX_CYCLES_LO;
        logic MAX_CYCLES_HI;
        logic JOB_COMMAND;
        logic JOB_STATUS;
        logic JOB_OFFSET;
        logic JOB_FAULT_VA;
        logic JOB_START_LO;
        logic JOB_START_HI;
        logic JOB_END_LO;
        logic JOB_END_HI;
        struct {
            logic VA;
            logic SIZE;
        } REGION[16];
        logic BUSY_LO;
        logic BUSY_HI;
        logic READ_BYTES_LO;
        logic READ_BYTES_HI;
        logic WRITE_BYTES_LO;
        logic WRITE_BYTES_HI;
        logic DMA_VA;
        logic DMA_SRAM;
        logic DMA_SIZE;
        logic DMA_COMMAND;
        logic DMA_STATUS;
        logic FENCE;
        logic CRASH;
        struct {
            logic ADDR;
            logic SIZE;
        } LIVE[8];
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
        decoded_reg_strb.CONFIG = cpuif_req_masked & (cpuif_addr == 12'h0) & !cpuif_req_is_wr;
        decoded_reg_strb.SRAM_SIZE = cpuif_req_masked & (cpuif_addr == 12'h4) & !cpuif_req_is_wr;
        decoded_reg_strb.SHARED_VA = cpuif_req_masked & (cpuif_addr == 12'h8) & !cpuif_req_is_wr;
        decoded_reg_strb.STATE_SIZE = cpuif_req_masked & (cpuif_addr == 12'hc) & !cpuif_req_is_wr;
        decoded_reg_strb.DOORBELL_LO = cpuif_req_masked & (cpuif_addr == 12'h10);
        decoded_reg_strb.DOORBELL_HI = cpuif_req_masked & (cpuif_addr == 12'h14);
        decoded_reg_strb.EVENT = cpuif_req_masked & (cpuif_addr == 12'h18) & !cpuif_req_is_wr;
        decoded_reg_strb.HOST_IRQ = cpuif_req_masked & (cpuif_addr == 12'h1c) & cpuif_req_is_wr;
        decoded_reg_strb.CYCLE_LO = cpuif_req_masked & (cpuif_addr == 12'h20) & !cpuif_req_is_wr;
        decoded_reg_strb.CYCLE_HI = cpuif_req_masked & (cpuif_addr == 12'h24) & !cpuif_req_is_wr;
        decoded_reg_strb.TIMER_LO = cpuif_req_masked & (cpuif_addr == 12'h28);
        decoded_reg_strb.TIMER_HI = cpuif_req_masked & (cpuif_addr == 12'h2c);
        decoded_reg_strb.ACTIVE_CTX = cpuif_req_masked & (cpuif_addr == 12'h30);
        decoded_reg_strb.CTX_STATUS = cpuif_req_masked & (cpuif_addr == 12'h34) & !cpuif_req_is_wr;
        decoded_reg_strb.JOB_ENTRY = cpuif_req_masked & (cpuif_addr == 12'h40);
        decoded_reg_strb.JOB_SIZE = cpuif_req_masked & (cpuif_addr == 12'h44);
        decoded_reg_strb.TRACE_VA = cpuif_req_masked & (cpuif_addr == 12'h48);
        decoded_reg_strb.TRACE_SIZE = cpuif_req_masked & (cpuif_addr == 12'h4c);
        decoded_reg_strb.MAX_CYCLES_LO = cpuif_req_masked & (cpuif_addr == 12'h50);
        decoded_reg_strb.MAX_CYCLES_HI = cpuif_req_masked & (cpuif_addr == 12'h54);
        decoded_reg_strb.JOB_COMMAND = cpuif_req_masked & (cpuif_addr == 12'h60) & cpuif_req_is_wr;
        decoded_reg_strb.JOB_STATUS = cpuif_req_masked & (cpuif_addr == 12'h64) & !cpuif_req_is_wr;
        decoded_reg_strb.JOB_OFFSET = cpuif_req_masked & (cpuif_addr == 12'h68) & !cpuif_req_is_wr;
        decoded_reg_strb.JOB_FAULT_VA = cpuif_req_masked & (cpuif_addr == 12'h6c) & !cpuif_req_is_wr;
        decoded_reg_strb.JOB_START_LO = cpuif_req_masked & (cpuif_addr == 12'h70) & !cpuif_req_is_wr;
        decoded_reg_strb.JOB_START_HI = cpuif_req_masked & (cpuif_addr == 12'h74) & !cpuif_req_is_wr;
        decoded_reg_strb.JOB_END_LO = cpuif_req_masked & (cpuif_addr == 12'h78) & !cpuif_req_is_wr;
        decoded_reg_strb.JOB_END_HI = cpuif_req_masked & (cpuif_addr == 12'h7c) & !cpuif_req_is_wr;
        for(int i0=0; i0<16; i0++) begin
            decoded_reg_strb.REGION[i0].VA = cpuif_req_masked & (cpuif_addr == 12'h80 + (12)'(i0) * 12'h8);
            decoded_reg_strb.REGION[i0].SIZE = cpuif_req_masked & (cpuif_addr == 12'h84 + (12)'(i0) * 12'h8);
        end
        decoded_reg_strb.BUSY_LO = cpuif_req_masked & (cpuif_addr == 12'h100) & !cpuif_req_is_wr;
        decoded_reg_strb.BUSY_HI = cpuif_req_masked & (cpuif_addr == 12'h104) & !cpuif_req_is_wr;
        decoded_reg_strb.READ_BYTES_LO = cpuif_req_masked & (cpuif_addr == 12'h108) & !cpuif_req_is_wr;
        decoded_reg_strb.READ_BYTES_HI = cpuif_req_masked & (cpuif_addr == 12'h10c) & !cpuif_req_is_wr;
        decoded_reg_strb.WRITE_BYTES_LO = cpuif_req_masked & (cpuif_addr == 12'h110) & !cpuif_req_is_wr;
        decoded_reg_strb.WRITE_BYTES_HI = cpuif_req_masked & (cpuif_addr == 12'h114) & !cpuif_req_is_wr;
        decoded_reg_strb.DMA_VA = cpuif_req_masked & (cpuif_addr == 12'h120);
        decoded_reg_strb.DMA_SRAM = cpuif_req_masked & (cpuif_addr == 12'h124);
        decoded_reg_strb.DMA_SIZE = cpuif_req_masked & (cpuif_addr == 12'h128);
        decoded_reg_strb.DMA_COMMAND = cpuif_req_masked & (cpuif_addr == 12'h12c) & cpuif_req_is_wr;
        decoded_reg_strb.DMA_STATUS = cpuif_req_masked & (cpuif_addr == 12'h130) & !cpuif_req_is_wr;
        decoded_reg_strb.FENCE = cpuif_req_masked & (cpuif_addr == 12'h134);
        decoded_reg_strb.CRASH = cpuif_req_masked & (cpuif_addr == 12'h138);
        for(int i0=0; i0<8; i0++) begin
            decoded_reg_strb.LIVE[i0].ADDR = cpuif_req_masked & (cpuif_addr == 12'h140 + (12)'(i0) * 12'h8) & !cpuif_req_is_wr;
            decoded_reg_strb.LIVE[i0].SIZE = cpuif_req_masked & (cpuif_addr == 12'h144 + (12)'(i0) * 12'h8) & !cpuif_req_is_wr;
        end
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
                logic [31:0] next;
                logic load_next;
            } bits;
        } DOORBELL_LO;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } bits;
        } DOORBELL_HI;
        struct {
            struct {
                logic next;
                logic load_next;
            } firmware;
            struct {
                logic next;
                logic load_next;
            } fatal;
        } HOST_IRQ;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } value;
        } TIMER_LO;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } value;
        } TIMER_HI;
        struct {
            struct {
                logic [7:0] next;
                logic load_next;
            } ctx;
        } ACTIVE_CTX;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } va;
        } JOB_ENTRY;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } bytes;
        } JOB_SIZE;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } va;
        } TRACE_VA;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } bytes;
        } TRACE_SIZE;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } value;
        } MAX_CYCLES_LO;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } value;
        } MAX_CYCLES_HI;
        struct {
            struct {
                logic next;
                logic load_next;
            } start;
            struct {
                logic next;
                logic load_next;
            } resume;
            struct {
                logic next;
                logic load_next;
            } kill;
            struct {
                logic next;
                logic load_next;
            } preempt;
            struct {
                logic next;
                logic load_next;
            } no_preempt;
            struct {
                logic next;
                logic load_next;
            } ack;
            struct {
                logic next;
                logic load_next;
            } reset;
        } JOB_COMMAND;
        struct {
            struct {
                struct {
                    logic [31:0] next;
                    logic load_next;
                } va;
            } VA;
            struct {
                struct {
                    logic [31:0] next;
                    logic load_next;
                } bytes;
            } SIZE;
        } REGION[16];
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } va;
        } DMA_VA;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } addr;
        } DMA_SRAM;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } bytes;
        } DMA_SIZE;
        struct {
            struct {
                logic next;
                logic load_next;
            } save;
            struct {
                logic next;
                logic load_next;
            } restore;
            struct {
                logic next;
                logic load_next;
            } save_state;
            struct {
                logic next;
                logic load_next;
            } restore_state;
        } DMA_COMMAND;
        struct {
            struct {
                logic next;
                logic load_next;
            } set;
        } FENCE;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } code;
        } CRASH;
    } field_combo_t;
    field_combo_t field_combo;

    typedef struct {
        struct {
            struct {
                logic [31:0] value;
            } bits;
        } DOORBELL_LO;
        struct {
            struct {
                logic [31:0] value;
            } bits;
        } DOORBELL_HI;
        struct {
            struct {
                logic value;
            } firmware;
            struct {
                logic value;
            } fatal;
        } HOST_IRQ;
        struct {
            struct {
                logic [31:0] value;
            } value;
        } TIMER_LO;
        struct {
            struct {
                logic [31:0] value;
            } value;
        } TIMER_HI;
        struct {
            struct {
                logic [7:0] value;
            } ctx;
        } ACTIVE_CTX;
        struct {
            struct {
                logic [31:0] value;
            } va;
        } JOB_ENTRY;
        struct {
            struct {
                logic [31:0] value;
            } bytes;
        } JOB_SIZE;
        struct {
            struct {
                logic [31:0] value;
            } va;
        } TRACE_VA;
        struct {
            struct {
                logic [31:0] value;
            } bytes;
        } TRACE_SIZE;
        struct {
            struct {
                logic [31:0] value;
            } value;
        } MAX_CYCLES_LO;
        struct {
            struct {
                logic [31:0] value;
            } value;
        } MAX_CYCLES_HI;
        struct {
            struct {
                logic value;
            } start;
            struct {
                logic value;
            } resume;
            struct {
                logic value;
            } kill;
            struct {
                logic value;
            } preempt;
            struct {
                logic value;
            } no_preempt;
            struct {
                logic value;
            } ack;
            struct {
                logic value;
            } reset;
        } JOB_COMMAND;
        struct {
            struct {
                struct {
                    logic [31:0] value;
                } va;
            } VA;
            struct {
                struct {
                    logic [31:0] value;
                } bytes;
            } SIZE;
        } REGION[16];
        struct {
            struct {
                logic [31:0] value;
            } va;
        } DMA_VA;
        struct {
            struct {
                logic [31:0] value;
            } addr;
        } DMA_SRAM;
        struct {
            struct {
                logic [31:0] value;
            } bytes;
        } DMA_SIZE;
        struct {
            struct {
                logic value;
            } save;
            struct {
                logic value;
            } restore;
            struct {
                logic value;
            } save_state;
            struct {
                logic value;
            } restore_state;
        } DMA_COMMAND;
        struct {
            struct {
                logic value;
            } set;
        } FENCE;
        struct {
            struct {
                logic [31:0] value;
            } code;
        } CRASH;
    } field_storage_t;
    field_storage_t field_storage;

    // Field: onpu_ctl.DOORBELL_LO.bits
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DOORBELL_LO.bits.value;
        load_next_c = '0;
        if(decoded_reg_strb.DOORBELL_LO && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage.DOORBELL_LO.bits.value & ~(decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end else if(hwif_in.DOORBELL_LO.bits.hwset) begin // HW Set
            next_c = '1;
            load_next_c = '1;
        end
        field_combo.DOORBELL_LO.bits.next = next_c;
        field_combo.DOORBELL_LO.bits.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.DOORBELL_LO.bits.value <= 32'h0;
        end else begin
            if(field_combo.DOORBELL_LO.bits.load_next) begin
                field_storage.DOORBELL_LO.bits.value <= field_combo.DOORBELL_LO.bits.next;
            end
        end
    end
    assign hwif_out.DOORBELL_LO.bits.value = field_storage.DOORBELL_LO.bits.value;
    // Field: onpu_ctl.DOORBELL_HI.bits
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DOORBELL_HI.bits.value;
        load_next_c = '0;
        if(decoded_reg_strb.DOORBELL_HI && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage.DOORBELL_HI.bits.value & ~(decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end else if(hwif_in.DOORBELL_HI.bits.hwset) begin // HW Set
            next_c = '1;
            load_next_c = '1;
        end
        field_combo.DOORBELL_HI.bits.next = next_c;
        field_combo.DOORBELL_HI.bits.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.DOORBELL_HI.bits.value <= 32'h0;
        end else begin
            if(field_combo.DOORBELL_HI.bits.load_next) begin
                field_storage.DOORBELL_HI.bits.value <= field_combo.DOORBELL_HI.bits.next;
            end
        end
    end
    assign hwif_out.DOORBELL_HI.bits.value = field_storage.DOORBELL_HI.bits.value;
    // Field: onpu_ctl.HOST_IRQ.firmware
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.HOST_IRQ.firmware.value;
        load_next_c = '0;
        if(decoded_reg_strb.HOST_IRQ && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.HOST_IRQ.firmware.value & ~decoded_wr_biten[0:0]) | (decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.HOST_IRQ.firmware.next = next_c;
        field_combo.HOST_IRQ.firmware.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.HOST_IRQ.firmware.value <= 1'h0;
        end else begin
            if(field_combo.HOST_IRQ.firmware.load_next) begin
                field_storage.HOST_IRQ.firmware.value <= field_combo.HOST_IRQ.firmware.next;
            end
        end
    end
    assign hwif_out.HOST_IRQ.firmware.value = field_storage.HOST_IRQ.firmware.value;
    // Field: onpu_ctl.HOST_IRQ.fatal
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.HOST_IRQ.fatal.value;
        load_next_c = '0;
        if(decoded_reg_strb.HOST_IRQ && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.HOST_IRQ.fatal.value & ~decoded_wr_biten[1:1]) | (decoded_wr_data[1:1] & decoded_wr_biten[1:1]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.HOST_IRQ.fatal.next = next_c;
        field_combo.HOST_IRQ.fatal.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.HOST_IRQ.fatal.value <= 1'h0;
        end else begin
            if(field_combo.HOST_IRQ.fatal.load_next) begin
                field_storage.HOST_IRQ.fatal.value <= field_combo.HOST_IRQ.fatal.next;
            end
        end
    end
    assign hwif_out.HOST_IRQ.fatal.value = field_storage.HOST_IRQ.fatal.value;
    // Field: onpu_ctl.TIMER_LO.value
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.TIMER_LO.value.value;
        load_next_c = '0;
        if(decoded_reg_strb.TIMER_LO && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.TIMER_LO.value.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.TIMER_LO.value.next = next_c;
        field_combo.TIMER_LO.value.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.TIMER_LO.value.value <= 32'hffffffff;
        end else begin
            if(field_combo.TIMER_LO.value.load_next) begin
                field_storage.TIMER_LO.value.value <= field_combo.TIMER_LO.value.next;
            end
        end
    end
    assign hwif_out.TIMER_LO.value.value = field_storage.TIMER_LO.value.value;
    assign hwif_out.TIMER_LO.value.swmod = decoded_reg_strb.TIMER_LO && decoded_req_is_wr && |(decoded_wr_biten[31:0]);
    // Field: onpu_ctl.TIMER_HI.value
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.TIMER_HI.value.value;
        load_next_c = '0;
        if(decoded_reg_strb.TIMER_HI && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.TIMER_HI.value.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.TIMER_HI.value.next = next_c;
        field_combo.TIMER_HI.value.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.TIMER_HI.value.value <= 32'hffffffff;
        end else begin
            if(field_combo.TIMER_HI.value.load_next) begin
                field_storage.TIMER_HI.value.value <= field_combo.TIMER_HI.value.next;
            end
        end
    end
    assign hwif_out.TIMER_HI.value.value = field_storage.TIMER_HI.value.value;
    // Field: onpu_ctl.ACTIVE_CTX.ctx
    always_comb begin
        automatic logic [7:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.ACTIVE_CTX.ctx.value;
        load_next_c = '0;
        if(decoded_reg_strb.ACTIVE_CTX && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.ACTIVE_CTX.ctx.value & ~decoded_wr_biten[7:0]) | (decoded_wr_data[7:0] & decoded_wr_biten[7:0]);
            load_next_c = '1;
        end
        field_combo.ACTIVE_CTX.ctx.next = next_c;
        field_combo.ACTIVE_CTX.ctx.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.ACTIVE_CTX.ctx.value <= 8'h0;
        end else begin
            if(field_combo.ACTIVE_CTX.ctx.load_next) begin
                field_storage.ACTIVE_CTX.ctx.value <= field_combo.ACTIVE_CTX.ctx.next;
            end
        end
    end
    assign hwif_out.ACTIVE_CTX.ctx.value = field_storage.ACTIVE_CTX.ctx.value;
    assign hwif_out.ACTIVE_CTX.ctx.swmod = decoded_reg_strb.ACTIVE_CTX && decoded_req_is_wr && |(decoded_wr_biten[7:0]);
    // Field: onpu_ctl.JOB_ENTRY.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.JOB_ENTRY.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.JOB_ENTRY && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.JOB_ENTRY.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.JOB_ENTRY.va.next = next_c;
        field_combo.JOB_ENTRY.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.JOB_ENTRY.va.value <= 32'h0;
        end else begin
            if(field_combo.JOB_ENTRY.va.load_next) begin
                field_storage.JOB_ENTRY.va.value <= field_combo.JOB_ENTRY.va.next;
            end
        end
    end
    assign hwif_out.JOB_ENTRY.va.value = field_storage.JOB_ENTRY.va.value;
    // Field: onpu_ctl.JOB_SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.JOB_SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.JOB_SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.JOB_SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.JOB_SIZE.bytes.next = next_c;
        field_combo.JOB_SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.JOB_SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.JOB_SIZE.bytes.load_next) begin
                field_storage.JOB_SIZE.bytes.value <= field_combo.JOB_SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.JOB_SIZE.bytes.value = field_storage.JOB_SIZE.bytes.value;
    // Field: onpu_ctl.TRACE_VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.TRACE_VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.TRACE_VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.TRACE_VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.TRACE_VA.va.next = next_c;
        field_combo.TRACE_VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.TRACE_VA.va.value <= 32'h0;
        end else begin
            if(field_combo.TRACE_VA.va.load_next) begin
                field_storage.TRACE_VA.va.value <= field_combo.TRACE_VA.va.next;
            end
        end
    end
    assign hwif_out.TRACE_VA.va.value = field_storage.TRACE_VA.va.value;
    // Field: onpu_ctl.TRACE_SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.TRACE_SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.TRACE_SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.TRACE_SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.TRACE_SIZE.bytes.next = next_c;
        field_combo.TRACE_SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.TRACE_SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.TRACE_SIZE.bytes.load_next) begin
                field_storage.TRACE_SIZE.bytes.value <= field_combo.TRACE_SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.TRACE_SIZE.bytes.value = field_storage.TRACE_SIZE.bytes.value;
    // Field: onpu_ctl.MAX_CYCLES_LO.value
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.MAX_CYCLES_LO.value.value;
        load_next_c = '0;
        if(decoded_reg_strb.MAX_CYCLES_LO && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.MAX_CYCLES_LO.value.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.MAX_CYCLES_LO.value.next = next_c;
        field_combo.MAX_CYCLES_LO.value.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.MAX_CYCLES_LO.value.value <= 32'h0;
        end else begin
            if(field_combo.MAX_CYCLES_LO.value.load_next) begin
                field_storage.MAX_CYCLES_LO.value.value <= field_combo.MAX_CYCLES_LO.value.next;
            end
        end
    end
    assign hwif_out.MAX_CYCLES_LO.value.value = field_storage.MAX_CYCLES_LO.value.value;
    // Field: onpu_ctl.MAX_CYCLES_HI.value
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.MAX_CYCLES_HI.value.value;
        load_next_c = '0;
        if(decoded_reg_strb.MAX_CYCLES_HI && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.MAX_CYCLES_HI.value.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.MAX_CYCLES_HI.value.next = next_c;
        field_combo.MAX_CYCLES_HI.value.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.MAX_CYCLES_HI.value.value <= 32'h0;
        end else begin
            if(field_combo.MAX_CYCLES_HI.value.load_next) begin
                field_storage.MAX_CYCLES_HI.value.value <= field_combo.MAX_CYCLES_HI.value.next;
            end
        end
    end
    assign hwif_out.MAX_CYCLES_HI.value.value = field_storage.MAX_CYCLES_HI.value.value;
    // Field: onpu_ctl.JOB_COMMAND.start
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.JOB_COMMAND.start.value;
        load_next_c = '0;
        if(decoded_reg_strb.JOB_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.JOB_COMMAND.start.value & ~decoded_wr_biten[0:0]) | (decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.JOB_COMMAND.start.next = next_c;
        field_combo.JOB_COMMAND.start.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.JOB_COMMAND.start.value <= 1'h0;
        end else begin
            if(field_combo.JOB_COMMAND.start.load_next) begin
                field_storage.JOB_COMMAND.start.value <= field_combo.JOB_COMMAND.start.next;
            end
        end
    end
    assign hwif_out.JOB_COMMAND.start.value = field_storage.JOB_COMMAND.start.value;
    // Field: onpu_ctl.JOB_COMMAND.resume
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.JOB_COMMAND.resume.value;
        load_next_c = '0;
        if(decoded_reg_strb.JOB_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.JOB_COMMAND.resume.value & ~decoded_wr_biten[1:1]) | (decoded_wr_data[1:1] & decoded_wr_biten[1:1]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.JOB_COMMAND.resume.next = next_c;
        field_combo.JOB_COMMAND.resume.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.JOB_COMMAND.resume.value <= 1'h0;
        end else begin
            if(field_combo.JOB_COMMAND.resume.load_next) begin
                field_storage.JOB_COMMAND.resume.value <= field_combo.JOB_COMMAND.resume.next;
            end
        end
    end
    assign hwif_out.JOB_COMMAND.resume.value = field_storage.JOB_COMMAND.resume.value;
    // Field: onpu_ctl.JOB_COMMAND.kill
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.JOB_COMMAND.kill.value;
        load_next_c = '0;
        if(decoded_reg_strb.JOB_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.JOB_COMMAND.kill.value & ~decoded_wr_biten[2:2]) | (decoded_wr_data[2:2] & decoded_wr_biten[2:2]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.JOB_COMMAND.kill.next = next_c;
        field_combo.JOB_COMMAND.kill.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.JOB_COMMAND.kill.value <= 1'h0;
        end else begin
            if(field_combo.JOB_COMMAND.kill.load_next) begin
                field_storage.JOB_COMMAND.kill.value <= field_combo.JOB_COMMAND.kill.next;
            end
        end
    end
    assign hwif_out.JOB_COMMAND.kill.value = field_storage.JOB_COMMAND.kill.value;
    // Field: onpu_ctl.JOB_COMMAND.preempt
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.JOB_COMMAND.preempt.value;
        load_next_c = '0;
        if(decoded_reg_strb.JOB_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.JOB_COMMAND.preempt.value & ~decoded_wr_biten[3:3]) | (decoded_wr_data[3:3] & decoded_wr_biten[3:3]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.JOB_COMMAND.preempt.next = next_c;
        field_combo.JOB_COMMAND.preempt.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.JOB_COMMAND.preempt.value <= 1'h0;
        end else begin
            if(field_combo.JOB_COMMAND.preempt.load_next) begin
                field_storage.JOB_COMMAND.preempt.value <= field_combo.JOB_COMMAND.preempt.next;
            end
        end
    end
    assign hwif_out.JOB_COMMAND.preempt.value = field_storage.JOB_COMMAND.preempt.value;
    // Field: onpu_ctl.JOB_COMMAND.no_preempt
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.JOB_COMMAND.no_preempt.value;
        load_next_c = '0;
        if(decoded_reg_strb.JOB_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.JOB_COMMAND.no_preempt.value & ~decoded_wr_biten[4:4]) | (decoded_wr_data[4:4] & decoded_wr_biten[4:4]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.JOB_COMMAND.no_preempt.next = next_c;
        field_combo.JOB_COMMAND.no_preempt.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.JOB_COMMAND.no_preempt.value <= 1'h0;
        end else begin
            if(field_combo.JOB_COMMAND.no_preempt.load_next) begin
                field_storage.JOB_COMMAND.no_preempt.value <= field_combo.JOB_COMMAND.no_preempt.next;
            end
        end
    end
    assign hwif_out.JOB_COMMAND.no_preempt.value = field_storage.JOB_COMMAND.no_preempt.value;
    // Field: onpu_ctl.JOB_COMMAND.ack
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.JOB_COMMAND.ack.value;
        load_next_c = '0;
        if(decoded_reg_strb.JOB_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.JOB_COMMAND.ack.value & ~decoded_wr_biten[5:5]) | (decoded_wr_data[5:5] & decoded_wr_biten[5:5]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.JOB_COMMAND.ack.next = next_c;
        field_combo.JOB_COMMAND.ack.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.JOB_COMMAND.ack.value <= 1'h0;
        end else begin
            if(field_combo.JOB_COMMAND.ack.load_next) begin
                field_storage.JOB_COMMAND.ack.value <= field_combo.JOB_COMMAND.ack.next;
            end
        end
    end
    assign hwif_out.JOB_COMMAND.ack.value = field_storage.JOB_COMMAND.ack.value;
    // Field: onpu_ctl.JOB_COMMAND.reset
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.JOB_COMMAND.reset.value;
        load_next_c = '0;
        if(decoded_reg_strb.JOB_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.JOB_COMMAND.reset.value & ~decoded_wr_biten[6:6]) | (decoded_wr_data[6:6] & decoded_wr_biten[6:6]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.JOB_COMMAND.reset.next = next_c;
        field_combo.JOB_COMMAND.reset.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.JOB_COMMAND.reset.value <= 1'h0;
        end else begin
            if(field_combo.JOB_COMMAND.reset.load_next) begin
                field_storage.JOB_COMMAND.reset.value <= field_combo.JOB_COMMAND.reset.next;
            end
        end
    end
    assign hwif_out.JOB_COMMAND.reset.value = field_storage.JOB_COMMAND.reset.value;
    for(genvar i0=0; i0<16; i0++) begin
        // Field: onpu_ctl.REGION[].VA.va
        always_comb begin
            automatic logic [31:0] next_c;
            automatic logic load_next_c;
            next_c = field_storage.REGION[i0].VA.va.value;
            load_next_c = '0;
            if(decoded_reg_strb.REGION[i0].VA && decoded_req_is_wr) begin // SW write
                next_c = (field_storage.REGION[i0].VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
                load_next_c = '1;
            end
            field_combo.REGION[i0].VA.va.next = next_c;
            field_combo.REGION[i0].VA.va.load_next = load_next_c;
        end
        always_ff @(posedge clk) begin
            if(rst) begin
                field_storage.REGION[i0].VA.va.value <= 32'h0;
            end else begin
                if(field_combo.REGION[i0].VA.va.load_next) begin
                    field_storage.REGION[i0].VA.va.value <= field_combo.REGION[i0].VA.va.next;
                end
            end
        end
        assign hwif_out.REGION[i0].VA.va.value = field_storage.REGION[i0].VA.va.value;
        // Field: onpu_ctl.REGION[].SIZE.bytes
        always_comb begin
            automatic logic [31:0] next_c;
            automatic logic load_next_c;
            next_c = field_storage.REGION[i0].SIZE.bytes.value;
            load_next_c = '0;
            if(decoded_reg_strb.REGION[i0].SIZE && decoded_req_is_wr) begin // SW write
                next_c = (field_storage.REGION[i0].SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
                load_next_c = '1;
            end
            field_combo.REGION[i0].SIZE.bytes.next = next_c;
            field_combo.REGION[i0].SIZE.bytes.load_next = load_next_c;
        end
        always_ff @(posedge clk) begin
            if(rst) begin
                field_storage.REGION[i0].SIZE.bytes.value <= 32'h0;
            end else begin
                if(field_combo.REGION[i0].SIZE.bytes.load_next) begin
                    field_storage.REGION[i0].SIZE.bytes.value <= field_combo.REGION[i0].SIZE.bytes.next;
                end
            end
        end
        assign hwif_out.REGION[i0].SIZE.bytes.value = field_storage.REGION[i0].SIZE.bytes.value;
    end
    // Field: onpu_ctl.DMA_VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DMA_VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.DMA_VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.DMA_VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.DMA_VA.va.next = next_c;
        field_combo.DMA_VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.DMA_VA.va.value <= 32'h0;
        end else begin
            if(field_combo.DMA_VA.va.load_next) begin
                field_storage.DMA_VA.va.value <= field_combo.DMA_VA.va.next;
            end
        end
    end
    assign hwif_out.DMA_VA.va.value = field_storage.DMA_VA.va.value;
    // Field: onpu_ctl.DMA_SRAM.addr
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DMA_SRAM.addr.value;
        load_next_c = '0;
        if(decoded_reg_strb.DMA_SRAM && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.DMA_SRAM.addr.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.DMA_SRAM.addr.next = next_c;
        field_combo.DMA_SRAM.addr.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.DMA_SRAM.addr.value <= 32'h0;
        end else begin
            if(field_combo.DMA_SRAM.addr.load_next) begin
                field_storage.DMA_SRAM.addr.value <= field_combo.DMA_SRAM.addr.next;
            end
        end
    end
    assign hwif_out.DMA_SRAM.addr.value = field_storage.DMA_SRAM.addr.value;
    // Field: onpu_ctl.DMA_SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DMA_SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.DMA_SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.DMA_SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.DMA_SIZE.bytes.next = next_c;
        field_combo.DMA_SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.DMA_SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.DMA_SIZE.bytes.load_next) begin
                field_storage.DMA_SIZE.bytes.value <= field_combo.DMA_SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.DMA_SIZE.bytes.value = field_storage.DMA_SIZE.bytes.value;
    // Field: onpu_ctl.DMA_COMMAND.save
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DMA_COMMAND.save.value;
        load_next_c = '0;
        if(decoded_reg_strb.DMA_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.DMA_COMMAND.save.value & ~decoded_wr_biten[0:0]) | (decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.DMA_COMMAND.save.next = next_c;
        field_combo.DMA_COMMAND.save.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.DMA_COMMAND.save.value <= 1'h0;
        end else begin
            if(field_combo.DMA_COMMAND.save.load_next) begin
                field_storage.DMA_COMMAND.save.value <= field_combo.DMA_COMMAND.save.next;
            end
        end
    end
    assign hwif_out.DMA_COMMAND.save.value = field_storage.DMA_COMMAND.save.value;
    // Field: onpu_ctl.DMA_COMMAND.restore
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DMA_COMMAND.restore.value;
        load_next_c = '0;
        if(decoded_reg_strb.DMA_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.DMA_COMMAND.restore.value & ~decoded_wr_biten[1:1]) | (decoded_wr_data[1:1] & decoded_wr_biten[1:1]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.DMA_COMMAND.restore.next = next_c;
        field_combo.DMA_COMMAND.restore.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.DMA_COMMAND.restore.value <= 1'h0;
        end else begin
            if(field_combo.DMA_COMMAND.restore.load_next) begin
                field_storage.DMA_COMMAND.restore.value <= field_combo.DMA_COMMAND.restore.next;
            end
        end
    end
    assign hwif_out.DMA_COMMAND.restore.value = field_storage.DMA_COMMAND.restore.value;
    // Field: onpu_ctl.DMA_COMMAND.save_state
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DMA_COMMAND.save_state.value;
        load_next_c = '0;
        if(decoded_reg_strb.DMA_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.DMA_COMMAND.save_state.value & ~decoded_wr_biten[2:2]) | (decoded_wr_data[2:2] & decoded_wr_biten[2:2]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.DMA_COMMAND.save_state.next = next_c;
        field_combo.DMA_COMMAND.save_state.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.DMA_COMMAND.save_state.value <= 1'h0;
        end else begin
            if(field_combo.DMA_COMMAND.save_state.load_next) begin
                field_storage.DMA_COMMAND.save_state.value <= field_combo.DMA_COMMAND.save_state.next;
            end
        end
    end
    assign hwif_out.DMA_COMMAND.save_state.value = field_storage.DMA_COMMAND.save_state.value;
    // Field: onpu_ctl.DMA_COMMAND.restore_state
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DMA_COMMAND.restore_state.value;
        load_next_c = '0;
        if(decoded_reg_strb.DMA_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.DMA_COMMAND.restore_state.value & ~decoded_wr_biten[3:3]) | (decoded_wr_data[3:3] & decoded_wr_biten[3:3]);
            load_next_c = '1;
        end else begin // singlepulse clears back to 0
            next_c = '0;
            load_next_c = '1;
        end
        field_combo.DMA_COMMAND.restore_state.next = next_c;
        field_combo.DMA_COMMAND.restore_state.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.DMA_COMMAND.restore_state.value <= 1'h0;
        end else begin
            if(field_combo.DMA_COMMAND.restore_state.load_next) begin
                field_storage.DMA_COMMAND.restore_state.value <= field_combo.DMA_COMMAND.restore_state.next;
            end
        end
    end
    assign hwif_out.DMA_COMMAND.restore_state.value = field_storage.DMA_COMMAND.restore_state.value;
    // Field: onpu_ctl.FENCE.set
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.FENCE.set.value;
        load_next_c = '0;
        if(decoded_reg_strb.FENCE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.FENCE.set.value & ~decoded_wr_biten[0:0]) | (decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end
        field_combo.FENCE.set.next = next_c;
        field_combo.FENCE.set.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.FENCE.set.value <= 1'h0;
        end else begin
            if(field_combo.FENCE.set.load_next) begin
                field_storage.FENCE.set.value <= field_combo.FENCE.set.next;
            end
        end
    end
    assign hwif_out.FENCE.set.value = field_storage.FENCE.set.value;
    // Field: onpu_ctl.CRASH.code
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.CRASH.code.value;
        load_next_c = '0;
        if(decoded_reg_strb.CRASH && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.CRASH.code.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.CRASH.code.next = next_c;
        field_combo.CRASH.code.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.CRASH.code.value <= 32'h0;
        end else begin
            if(field_combo.CRASH.code.load_next) begin
                field_storage.CRASH.code.value <= field_combo.CRASH.code.next;
            end
        end
    end
    assign hwif_out.CRASH.code.value = field_storage.CRASH.code.value;

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
            readback_data_var[7:0] = hwif_in.CONFIG.preset.next;
            readback_data_var[15:8] = hwif_in.CONFIG.lanes.next;
            readback_data_var[23:16] = hwif_in.CONFIG.axi_bytes.next;
            readback_data_var[31:24] = hwif_in.CONFIG.isa_major.next;
        end
        if(rd_mux_addr == 12'h4) begin
            readback_data_var[31:0] = hwif_in.SRAM_SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h8) begin
            readback_data_var[31:0] = hwif_in.SHARED_VA.va.next;
        end
        if(rd_mux_addr == 12'hc) begin
            readback_data_var[31:0] = hwif_in.STATE_SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h10) begin
            readback_data_var[31:0] = field_storage.DOORBELL_LO.bits.value;
        end
        if(rd_mux_addr == 12'h14) begin
            readback_data_var[31:0] = field_storage.DOORBELL_HI.bits.value;
        end
        if(rd_mux_addr == 12'h18) begin
            readback_data_var[0] = hwif_in.EVENT.doorbell.next;
            readback_data_var[1] = hwif_in.EVENT.job.next;
            readback_data_var[2] = hwif_in.EVENT.timer.next;
        end
        if(rd_mux_addr == 12'h20) begin
            readback_data_var[31:0] = hwif_in.CYCLE_LO.value.next;
        end
        if(rd_mux_addr == 12'h24) begin
            readback_data_var[31:0] = hwif_in.CYCLE_HI.value.next;
        end
        if(rd_mux_addr == 12'h28) begin
            readback_data_var[31:0] = field_storage.TIMER_LO.value.value;
        end
        if(rd_mux_addr == 12'h2c) begin
            readback_data_var[31:0] = field_storage.TIMER_HI.value.value;
        end
        if(rd_mux_addr == 12'h30) begin
            readback_data_var[7:0] = field_storage.ACTIVE_CTX.ctx.value;
        end
        if(rd_mux_addr == 12'h34) begin
            readback_data_var[0] = hwif_in.CTX_STATUS.busy.next;
            readback_data_var[1] = hwif_in.CTX_STATUS.error.next;
            readback_data_var[31:16] = hwif_in.CTX_STATUS.cycles.next;
        end
        if(rd_mux_addr == 12'h40) begin
            readback_data_var[31:0] = field_storage.JOB_ENTRY.va.value;
        end
        if(rd_mux_addr == 12'h44) begin
            readback_data_var[31:0] = field_storage.JOB_SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'h48) begin
            readback_data_var[31:0] = field_storage.TRACE_VA.va.value;
        end
        if(rd_mux_addr == 12'h4c) begin
            readback_data_var[31:0] = field_storage.TRACE_SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'h50) begin
            readback_data_var[31:0] = field_storage.MAX_CYCLES_LO.value.value;
        end
        if(rd_mux_addr == 12'h54) begin
            readback_data_var[31:0] = field_storage.MAX_CYCLES_HI.value.value;
        end
        if(rd_mux_addr == 12'h64) begin
            readback_data_var[2:0] = hwif_in.JOB_STATUS.state.next;
            readback_data_var[4] = hwif_in.JOB_STATUS.write.next;
            readback_data_var[10:8] = hwif_in.JOB_STATUS.engine.next;
            readback_data_var[23:16] = hwif_in.JOB_STATUS.fault.next;
        end
        if(rd_mux_addr == 12'h68) begin
            readback_data_var[31:0] = hwif_in.JOB_OFFSET.bytes.next;
        end
        if(rd_mux_addr == 12'h6c) begin
            readback_data_var[31:0] = hwif_in.JOB_FAULT_VA.va.next;
        end
        if(rd_mux_addr == 12'h70) begin
            readback_data_var[31:0] = hwif_in.JOB_START_LO.value.next;
        end
        if(rd_mux_addr == 12'h74) begin
            readback_data_var[31:0] = hwif_in.JOB_START_HI.value.next;
        end
        if(rd_mux_addr == 12'h78) begin
            readback_data_var[31:0] = hwif_in.JOB_END_LO.value.next;
        end
        if(rd_mux_addr == 12'h7c) begin
            readback_data_var[31:0] = hwif_in.JOB_END_HI.value.next;
        end
        for(int i0=0; i0<16; i0++) begin
            if(rd_mux_addr == 12'h80 + (12)'(i0) * 12'h8) begin
                readback_data_var[31:0] = field_storage.REGION[i0].VA.va.value;
            end
            if(rd_mux_addr == 12'h84 + (12)'(i0) * 12'h8) begin
                readback_data_var[31:0] = field_storage.REGION[i0].SIZE.bytes.value;
            end
        end
        if(rd_mux_addr == 12'h100) begin
            readback_data_var[31:0] = hwif_in.BUSY_LO.value.next;
        end
        if(rd_mux_addr == 12'h104) begin
            readback_data_var[31:0] = hwif_in.BUSY_HI.value.next;
        end
        if(rd_mux_addr == 12'h108) begin
            readback_data_var[31:0] = hwif_in.READ_BYTES_LO.value.next;
        end
        if(rd_mux_addr == 12'h10c) begin
            readback_data_var[31:0] = hwif_in.READ_BYTES_HI.value.next;
        end
        if(rd_mux_addr == 12'h110) begin
            readback_data_var[31:0] = hwif_in.WRITE_BYTES_LO.value.next;
        end
        if(rd_mux_addr == 12'h114) begin
            readback_data_var[31:0] = hwif_in.WRITE_BYTES_HI.value.next;
        end
        if(rd_mux_addr == 12'h120) begin
            readback_data_var[31:0] = field_storage.DMA_VA.va.value;
        end
        if(rd_mux_addr == 12'h124) begin
            readback_data_var[31:0] = field_storage.DMA_SRAM.addr.value;
        end
        if(rd_mux_addr == 12'h128) begin
            readback_data_var[31:0] = field_storage.DMA_SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'h130) begin
            readback_data_var[0] = hwif_in.DMA_STATUS.busy.next;
            readback_data_var[1] = hwif_in.DMA_STATUS.error.next;
        end
        if(rd_mux_addr == 12'h134) begin
            readback_data_var[0] = field_storage.FENCE.set.value;
            readback_data_var[1] = hwif_in.FENCE.drained.next;
        end
        if(rd_mux_addr == 12'h138) begin
            readback_data_var[31:0] = field_storage.CRASH.code.value;
        end
        for(int i0=0; i0<8; i0++) begin
            if(rd_mux_addr == 12'h140 + (12)'(i0) * 12'h8) begin
                readback_data_var[31:0] = hwif_in.LIVE[i0].ADDR.addr.next;
            end
            if(rd_mux_addr == 12'h144 + (12)'(i0) * 12'h8) begin
                readback_data_var[31:0] = hwif_in.LIVE[i0].SIZE.bytes.next;
            end
        end
        readback_data = readback_data_var;
        readback_done = decoded_req & ~decoded_req_is_wr;
        readback_err = '0;
    end

    assign cpuif_rd_ack = readback_done;
    assign cpuif_rd_data = readback_data;
    assign cpuif_rd_err = readback_err;
endmodule
