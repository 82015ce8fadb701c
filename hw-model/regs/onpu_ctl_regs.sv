// SPDX-License-Identifier: MIT
// Made by hw-model/regs/gen.py from onpu.rdl; do not edit.
module onpu_ctl_regs (
        input wire clk,
        input wire rst,

        input wire s_cpuif_req,
        input wire s_cpuif_req_is_wr,
        input wire [11:0] s_cpuif_addr,
        input wire [31:0] s_cpuif_wr_data,
        input wire [31:0] s_cpuif_wr_biten,
        output wire s_cpuif_req_stall_wr,
        output wire s_cpuif_req_stall_rd,
        output wire s_cpuif_rd_ack,
        output wire s_cpuif_rd_err,
        output wire [31:0] s_cpuif_rd_data,
        output wire s_cpuif_wr_ack,
        output wire s_cpuif_wr_err,

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

    assign cpuif_req = s_cpuif_req;
    assign cpuif_req_is_wr = s_cpuif_req_is_wr;
    assign cpuif_addr = s_cpuif_addr;
    assign cpuif_wr_data = s_cpuif_wr_data;
    assign cpuif_wr_biten = s_cpuif_wr_biten;
    assign s_cpuif_req_stall_wr = cpuif_req_stall_wr;
    assign s_cpuif_req_stall_rd = cpuif_req_stall_rd;
    assign s_cpuif_rd_ack = cpuif_rd_ack;
    assign s_cpuif_rd_err = cpuif_rd_err;
    assign s_cpuif_rd_data = cpuif_rd_data;
    assign s_cpuif_wr_ack = cpuif_wr_ack;
    assign s_cpuif_wr_err = cpuif_wr_err;

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
        } REGION0;
        struct {
            logic VA;
            logic SIZE;
        } REGION1;
        struct {
            logic VA;
            logic SIZE;
        } REGION2;
        struct {
            logic VA;
            logic SIZE;
        } REGION3;
        struct {
            logic VA;
            logic SIZE;
        } REGION4;
        struct {
            logic VA;
            logic SIZE;
        } REGION5;
        struct {
            logic VA;
            logic SIZE;
        } REGION6;
        struct {
            logic VA;
            logic SIZE;
        } REGION7;
        struct {
            logic VA;
            logic SIZE;
        } REGION8;
        struct {
            logic VA;
            logic SIZE;
        } REGION9;
        struct {
            logic VA;
            logic SIZE;
        } REGION10;
        struct {
            logic VA;
            logic SIZE;
        } REGION11;
        struct {
            logic VA;
            logic SIZE;
        } REGION12;
        struct {
            logic VA;
            logic SIZE;
        } REGION13;
        struct {
            logic VA;
            logic SIZE;
        } REGION14;
        struct {
            logic VA;
            logic SIZE;
        } REGION15;
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
        } LIVE0;
        struct {
            logic ADDR;
            logic SIZE;
        } LIVE1;
        struct {
            logic ADDR;
            logic SIZE;
        } LIVE2;
        struct {
            logic ADDR;
            logic SIZE;
        } LIVE3;
        struct {
            logic ADDR;
            logic SIZE;
        } LIVE4;
        struct {
            logic ADDR;
            logic SIZE;
        } LIVE5;
        struct {
            logic ADDR;
            logic SIZE;
        } LIVE6;
        struct {
            logic ADDR;
            logic SIZE;
        } LIVE7;
        logic COPY_VA;
        logic COPY_TCM;
        logic COPY_COMMAND;
        logic COPY_STATUS;
        logic COPY_LOADED;
        logic COPY_STORED;
        logic COPY_FAULT_VA;
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
        decoded_reg_strb.REGION0.VA = cpuif_req_masked & (cpuif_addr == 12'h80);
        decoded_reg_strb.REGION0.SIZE = cpuif_req_masked & (cpuif_addr == 12'h84);
        decoded_reg_strb.REGION1.VA = cpuif_req_masked & (cpuif_addr == 12'h88);
        decoded_reg_strb.REGION1.SIZE = cpuif_req_masked & (cpuif_addr == 12'h8c);
        decoded_reg_strb.REGION2.VA = cpuif_req_masked & (cpuif_addr == 12'h90);
        decoded_reg_strb.REGION2.SIZE = cpuif_req_masked & (cpuif_addr == 12'h94);
        decoded_reg_strb.REGION3.VA = cpuif_req_masked & (cpuif_addr == 12'h98);
        decoded_reg_strb.REGION3.SIZE = cpuif_req_masked & (cpuif_addr == 12'h9c);
        decoded_reg_strb.REGION4.VA = cpuif_req_masked & (cpuif_addr == 12'ha0);
        decoded_reg_strb.REGION4.SIZE = cpuif_req_masked & (cpuif_addr == 12'ha4);
        decoded_reg_strb.REGION5.VA = cpuif_req_masked & (cpuif_addr == 12'ha8);
        decoded_reg_strb.REGION5.SIZE = cpuif_req_masked & (cpuif_addr == 12'hac);
        decoded_reg_strb.REGION6.VA = cpuif_req_masked & (cpuif_addr == 12'hb0);
        decoded_reg_strb.REGION6.SIZE = cpuif_req_masked & (cpuif_addr == 12'hb4);
        decoded_reg_strb.REGION7.VA = cpuif_req_masked & (cpuif_addr == 12'hb8);
        decoded_reg_strb.REGION7.SIZE = cpuif_req_masked & (cpuif_addr == 12'hbc);
        decoded_reg_strb.REGION8.VA = cpuif_req_masked & (cpuif_addr == 12'hc0);
        decoded_reg_strb.REGION8.SIZE = cpuif_req_masked & (cpuif_addr == 12'hc4);
        decoded_reg_strb.REGION9.VA = cpuif_req_masked & (cpuif_addr == 12'hc8);
        decoded_reg_strb.REGION9.SIZE = cpuif_req_masked & (cpuif_addr == 12'hcc);
        decoded_reg_strb.REGION10.VA = cpuif_req_masked & (cpuif_addr == 12'hd0);
        decoded_reg_strb.REGION10.SIZE = cpuif_req_masked & (cpuif_addr == 12'hd4);
        decoded_reg_strb.REGION11.VA = cpuif_req_masked & (cpuif_addr == 12'hd8);
        decoded_reg_strb.REGION11.SIZE = cpuif_req_masked & (cpuif_addr == 12'hdc);
        decoded_reg_strb.REGION12.VA = cpuif_req_masked & (cpuif_addr == 12'he0);
        decoded_reg_strb.REGION12.SIZE = cpuif_req_masked & (cpuif_addr == 12'he4);
        decoded_reg_strb.REGION13.VA = cpuif_req_masked & (cpuif_addr == 12'he8);
        decoded_reg_strb.REGION13.SIZE = cpuif_req_masked & (cpuif_addr == 12'hec);
        decoded_reg_strb.REGION14.VA = cpuif_req_masked & (cpuif_addr == 12'hf0);
        decoded_reg_strb.REGION14.SIZE = cpuif_req_masked & (cpuif_addr == 12'hf4);
        decoded_reg_strb.REGION15.VA = cpuif_req_masked & (cpuif_addr == 12'hf8);
        decoded_reg_strb.REGION15.SIZE = cpuif_req_masked & (cpuif_addr == 12'hfc);
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
        decoded_reg_strb.LIVE0.ADDR = cpuif_req_masked & (cpuif_addr == 12'h140) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE0.SIZE = cpuif_req_masked & (cpuif_addr == 12'h144) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE1.ADDR = cpuif_req_masked & (cpuif_addr == 12'h148) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE1.SIZE = cpuif_req_masked & (cpuif_addr == 12'h14c) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE2.ADDR = cpuif_req_masked & (cpuif_addr == 12'h150) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE2.SIZE = cpuif_req_masked & (cpuif_addr == 12'h154) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE3.ADDR = cpuif_req_masked & (cpuif_addr == 12'h158) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE3.SIZE = cpuif_req_masked & (cpuif_addr == 12'h15c) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE4.ADDR = cpuif_req_masked & (cpuif_addr == 12'h160) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE4.SIZE = cpuif_req_masked & (cpuif_addr == 12'h164) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE5.ADDR = cpuif_req_masked & (cpuif_addr == 12'h168) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE5.SIZE = cpuif_req_masked & (cpuif_addr == 12'h16c) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE6.ADDR = cpuif_req_masked & (cpuif_addr == 12'h170) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE6.SIZE = cpuif_req_masked & (cpuif_addr == 12'h174) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE7.ADDR = cpuif_req_masked & (cpuif_addr == 12'h178) & !cpuif_req_is_wr;
        decoded_reg_strb.LIVE7.SIZE = cpuif_req_masked & (cpuif_addr == 12'h17c) & !cpuif_req_is_wr;
        decoded_reg_strb.COPY_VA = cpuif_req_masked & (cpuif_addr == 12'h180);
        decoded_reg_strb.COPY_TCM = cpuif_req_masked & (cpuif_addr == 12'h184);
        decoded_reg_strb.COPY_COMMAND = cpuif_req_masked & (cpuif_addr == 12'h188);
        decoded_reg_strb.COPY_STATUS = cpuif_req_masked & (cpuif_addr == 12'h18c);
        decoded_reg_strb.COPY_LOADED = cpuif_req_masked & (cpuif_addr == 12'h190) & !cpuif_req_is_wr;
        decoded_reg_strb.COPY_STORED = cpuif_req_masked & (cpuif_addr == 12'h194) & !cpuif_req_is_wr;
        decoded_reg_strb.COPY_FAULT_VA = cpuif_req_masked & (cpuif_addr == 12'h198) & !cpuif_req_is_wr;
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
        } REGION0;
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
        } REGION1;
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
        } REGION2;
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
        } REGION3;
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
        } REGION4;
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
        } REGION5;
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
        } REGION6;
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
        } REGION7;
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
        } REGION8;
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
        } REGION9;
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
        } REGION10;
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
        } REGION11;
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
        } REGION12;
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
        } REGION13;
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
        } REGION14;
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
        } REGION15;
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
            } set_;
        } FENCE;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } code;
        } CRASH;
        struct {
            struct {
                logic [31:0] next;
                logic load_next;
            } va;
        } COPY_VA;
        struct {
            struct {
                logic [15:0] next;
                logic load_next;
            } addr;
        } COPY_TCM;
        struct {
            struct {
                logic [12:0] next;
                logic load_next;
            } bytes;
            struct {
                logic next;
                logic load_next;
            } store;
        } COPY_COMMAND;
        struct {
            struct {
                logic next;
                logic load_next;
            } load_error;
            struct {
                logic next;
                logic load_next;
            } store_error;
        } COPY_STATUS;
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
        } REGION0;
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
        } REGION1;
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
        } REGION2;
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
        } REGION3;
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
        } REGION4;
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
        } REGION5;
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
        } REGION6;
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
        } REGION7;
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
        } REGION8;
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
        } REGION9;
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
        } REGION10;
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
        } REGION11;
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
        } REGION12;
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
        } REGION13;
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
        } REGION14;
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
        } REGION15;
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
            } set_;
        } FENCE;
        struct {
            struct {
                logic [31:0] value;
            } code;
        } CRASH;
        struct {
            struct {
                logic [31:0] value;
            } va;
        } COPY_VA;
        struct {
            struct {
                logic [15:0] value;
            } addr;
        } COPY_TCM;
        struct {
            struct {
                logic [12:0] value;
            } bytes;
            struct {
                logic value;
            } store;
        } COPY_COMMAND;
        struct {
            struct {
                logic value;
            } load_error;
            struct {
                logic value;
            } store_error;
        } COPY_STATUS;
    } field_storage_t;
    field_storage_t field_storage;

    // Field: onpu_ctl.DOORBELL_LO.bits
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DOORBELL_LO.bits.value;
        load_next_c = '0;
        if(hwif_in.DOORBELL_LO.bits.we) begin // HW Write - we
            next_c = hwif_in.DOORBELL_LO.bits.next;
            load_next_c = '1;
        end else if(decoded_reg_strb.DOORBELL_LO && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage.DOORBELL_LO.bits.value & ~(decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
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
    assign hwif_out.DOORBELL_LO.bits.swmod = decoded_reg_strb.DOORBELL_LO && decoded_req_is_wr && |(decoded_wr_biten[31:0]);
    // Field: onpu_ctl.DOORBELL_HI.bits
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.DOORBELL_HI.bits.value;
        load_next_c = '0;
        if(hwif_in.DOORBELL_HI.bits.we) begin // HW Write - we
            next_c = hwif_in.DOORBELL_HI.bits.next;
            load_next_c = '1;
        end else if(decoded_reg_strb.DOORBELL_HI && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage.DOORBELL_HI.bits.value & ~(decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
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
    assign hwif_out.DOORBELL_HI.bits.swmod = decoded_reg_strb.DOORBELL_HI && decoded_req_is_wr && |(decoded_wr_biten[31:0]);
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
        if(decoded_reg_strb.ACTIVE_CTX && decoded_req_is_wr && hwif_in.ACTIVE_CTX.ctx.swwe) begin // SW write
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
    // Field: onpu_ctl.REGION0.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION0.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION0.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION0.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION0.VA.va.next = next_c;
        field_combo.REGION0.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION0.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION0.VA.va.load_next) begin
                field_storage.REGION0.VA.va.value <= field_combo.REGION0.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION0.VA.va.value = field_storage.REGION0.VA.va.value;
    // Field: onpu_ctl.REGION0.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION0.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION0.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION0.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION0.SIZE.bytes.next = next_c;
        field_combo.REGION0.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION0.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION0.SIZE.bytes.load_next) begin
                field_storage.REGION0.SIZE.bytes.value <= field_combo.REGION0.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION0.SIZE.bytes.value = field_storage.REGION0.SIZE.bytes.value;
    // Field: onpu_ctl.REGION1.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION1.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION1.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION1.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION1.VA.va.next = next_c;
        field_combo.REGION1.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION1.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION1.VA.va.load_next) begin
                field_storage.REGION1.VA.va.value <= field_combo.REGION1.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION1.VA.va.value = field_storage.REGION1.VA.va.value;
    // Field: onpu_ctl.REGION1.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION1.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION1.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION1.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION1.SIZE.bytes.next = next_c;
        field_combo.REGION1.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION1.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION1.SIZE.bytes.load_next) begin
                field_storage.REGION1.SIZE.bytes.value <= field_combo.REGION1.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION1.SIZE.bytes.value = field_storage.REGION1.SIZE.bytes.value;
    // Field: onpu_ctl.REGION2.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION2.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION2.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION2.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION2.VA.va.next = next_c;
        field_combo.REGION2.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION2.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION2.VA.va.load_next) begin
                field_storage.REGION2.VA.va.value <= field_combo.REGION2.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION2.VA.va.value = field_storage.REGION2.VA.va.value;
    // Field: onpu_ctl.REGION2.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION2.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION2.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION2.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION2.SIZE.bytes.next = next_c;
        field_combo.REGION2.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION2.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION2.SIZE.bytes.load_next) begin
                field_storage.REGION2.SIZE.bytes.value <= field_combo.REGION2.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION2.SIZE.bytes.value = field_storage.REGION2.SIZE.bytes.value;
    // Field: onpu_ctl.REGION3.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION3.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION3.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION3.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION3.VA.va.next = next_c;
        field_combo.REGION3.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION3.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION3.VA.va.load_next) begin
                field_storage.REGION3.VA.va.value <= field_combo.REGION3.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION3.VA.va.value = field_storage.REGION3.VA.va.value;
    // Field: onpu_ctl.REGION3.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION3.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION3.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION3.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION3.SIZE.bytes.next = next_c;
        field_combo.REGION3.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION3.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION3.SIZE.bytes.load_next) begin
                field_storage.REGION3.SIZE.bytes.value <= field_combo.REGION3.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION3.SIZE.bytes.value = field_storage.REGION3.SIZE.bytes.value;
    // Field: onpu_ctl.REGION4.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION4.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION4.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION4.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION4.VA.va.next = next_c;
        field_combo.REGION4.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION4.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION4.VA.va.load_next) begin
                field_storage.REGION4.VA.va.value <= field_combo.REGION4.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION4.VA.va.value = field_storage.REGION4.VA.va.value;
    // Field: onpu_ctl.REGION4.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION4.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION4.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION4.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION4.SIZE.bytes.next = next_c;
        field_combo.REGION4.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION4.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION4.SIZE.bytes.load_next) begin
                field_storage.REGION4.SIZE.bytes.value <= field_combo.REGION4.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION4.SIZE.bytes.value = field_storage.REGION4.SIZE.bytes.value;
    // Field: onpu_ctl.REGION5.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION5.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION5.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION5.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION5.VA.va.next = next_c;
        field_combo.REGION5.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION5.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION5.VA.va.load_next) begin
                field_storage.REGION5.VA.va.value <= field_combo.REGION5.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION5.VA.va.value = field_storage.REGION5.VA.va.value;
    // Field: onpu_ctl.REGION5.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION5.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION5.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION5.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION5.SIZE.bytes.next = next_c;
        field_combo.REGION5.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION5.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION5.SIZE.bytes.load_next) begin
                field_storage.REGION5.SIZE.bytes.value <= field_combo.REGION5.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION5.SIZE.bytes.value = field_storage.REGION5.SIZE.bytes.value;
    // Field: onpu_ctl.REGION6.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION6.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION6.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION6.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION6.VA.va.next = next_c;
        field_combo.REGION6.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION6.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION6.VA.va.load_next) begin
                field_storage.REGION6.VA.va.value <= field_combo.REGION6.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION6.VA.va.value = field_storage.REGION6.VA.va.value;
    // Field: onpu_ctl.REGION6.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION6.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION6.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION6.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION6.SIZE.bytes.next = next_c;
        field_combo.REGION6.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION6.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION6.SIZE.bytes.load_next) begin
                field_storage.REGION6.SIZE.bytes.value <= field_combo.REGION6.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION6.SIZE.bytes.value = field_storage.REGION6.SIZE.bytes.value;
    // Field: onpu_ctl.REGION7.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION7.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION7.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION7.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION7.VA.va.next = next_c;
        field_combo.REGION7.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION7.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION7.VA.va.load_next) begin
                field_storage.REGION7.VA.va.value <= field_combo.REGION7.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION7.VA.va.value = field_storage.REGION7.VA.va.value;
    // Field: onpu_ctl.REGION7.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION7.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION7.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION7.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION7.SIZE.bytes.next = next_c;
        field_combo.REGION7.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION7.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION7.SIZE.bytes.load_next) begin
                field_storage.REGION7.SIZE.bytes.value <= field_combo.REGION7.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION7.SIZE.bytes.value = field_storage.REGION7.SIZE.bytes.value;
    // Field: onpu_ctl.REGION8.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION8.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION8.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION8.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION8.VA.va.next = next_c;
        field_combo.REGION8.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION8.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION8.VA.va.load_next) begin
                field_storage.REGION8.VA.va.value <= field_combo.REGION8.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION8.VA.va.value = field_storage.REGION8.VA.va.value;
    // Field: onpu_ctl.REGION8.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION8.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION8.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION8.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION8.SIZE.bytes.next = next_c;
        field_combo.REGION8.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION8.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION8.SIZE.bytes.load_next) begin
                field_storage.REGION8.SIZE.bytes.value <= field_combo.REGION8.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION8.SIZE.bytes.value = field_storage.REGION8.SIZE.bytes.value;
    // Field: onpu_ctl.REGION9.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION9.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION9.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION9.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION9.VA.va.next = next_c;
        field_combo.REGION9.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION9.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION9.VA.va.load_next) begin
                field_storage.REGION9.VA.va.value <= field_combo.REGION9.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION9.VA.va.value = field_storage.REGION9.VA.va.value;
    // Field: onpu_ctl.REGION9.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION9.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION9.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION9.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION9.SIZE.bytes.next = next_c;
        field_combo.REGION9.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION9.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION9.SIZE.bytes.load_next) begin
                field_storage.REGION9.SIZE.bytes.value <= field_combo.REGION9.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION9.SIZE.bytes.value = field_storage.REGION9.SIZE.bytes.value;
    // Field: onpu_ctl.REGION10.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION10.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION10.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION10.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION10.VA.va.next = next_c;
        field_combo.REGION10.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION10.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION10.VA.va.load_next) begin
                field_storage.REGION10.VA.va.value <= field_combo.REGION10.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION10.VA.va.value = field_storage.REGION10.VA.va.value;
    // Field: onpu_ctl.REGION10.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION10.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION10.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION10.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION10.SIZE.bytes.next = next_c;
        field_combo.REGION10.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION10.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION10.SIZE.bytes.load_next) begin
                field_storage.REGION10.SIZE.bytes.value <= field_combo.REGION10.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION10.SIZE.bytes.value = field_storage.REGION10.SIZE.bytes.value;
    // Field: onpu_ctl.REGION11.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION11.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION11.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION11.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION11.VA.va.next = next_c;
        field_combo.REGION11.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION11.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION11.VA.va.load_next) begin
                field_storage.REGION11.VA.va.value <= field_combo.REGION11.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION11.VA.va.value = field_storage.REGION11.VA.va.value;
    // Field: onpu_ctl.REGION11.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION11.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION11.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION11.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION11.SIZE.bytes.next = next_c;
        field_combo.REGION11.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION11.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION11.SIZE.bytes.load_next) begin
                field_storage.REGION11.SIZE.bytes.value <= field_combo.REGION11.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION11.SIZE.bytes.value = field_storage.REGION11.SIZE.bytes.value;
    // Field: onpu_ctl.REGION12.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION12.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION12.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION12.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION12.VA.va.next = next_c;
        field_combo.REGION12.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION12.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION12.VA.va.load_next) begin
                field_storage.REGION12.VA.va.value <= field_combo.REGION12.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION12.VA.va.value = field_storage.REGION12.VA.va.value;
    // Field: onpu_ctl.REGION12.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION12.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION12.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION12.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION12.SIZE.bytes.next = next_c;
        field_combo.REGION12.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION12.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION12.SIZE.bytes.load_next) begin
                field_storage.REGION12.SIZE.bytes.value <= field_combo.REGION12.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION12.SIZE.bytes.value = field_storage.REGION12.SIZE.bytes.value;
    // Field: onpu_ctl.REGION13.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION13.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION13.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION13.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION13.VA.va.next = next_c;
        field_combo.REGION13.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION13.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION13.VA.va.load_next) begin
                field_storage.REGION13.VA.va.value <= field_combo.REGION13.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION13.VA.va.value = field_storage.REGION13.VA.va.value;
    // Field: onpu_ctl.REGION13.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION13.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION13.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION13.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION13.SIZE.bytes.next = next_c;
        field_combo.REGION13.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION13.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION13.SIZE.bytes.load_next) begin
                field_storage.REGION13.SIZE.bytes.value <= field_combo.REGION13.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION13.SIZE.bytes.value = field_storage.REGION13.SIZE.bytes.value;
    // Field: onpu_ctl.REGION14.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION14.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION14.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION14.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION14.VA.va.next = next_c;
        field_combo.REGION14.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION14.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION14.VA.va.load_next) begin
                field_storage.REGION14.VA.va.value <= field_combo.REGION14.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION14.VA.va.value = field_storage.REGION14.VA.va.value;
    // Field: onpu_ctl.REGION14.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION14.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION14.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION14.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION14.SIZE.bytes.next = next_c;
        field_combo.REGION14.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION14.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION14.SIZE.bytes.load_next) begin
                field_storage.REGION14.SIZE.bytes.value <= field_combo.REGION14.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION14.SIZE.bytes.value = field_storage.REGION14.SIZE.bytes.value;
    // Field: onpu_ctl.REGION15.VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION15.VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION15.VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION15.VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION15.VA.va.next = next_c;
        field_combo.REGION15.VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION15.VA.va.value <= 32'h0;
        end else begin
            if(field_combo.REGION15.VA.va.load_next) begin
                field_storage.REGION15.VA.va.value <= field_combo.REGION15.VA.va.next;
            end
        end
    end
    assign hwif_out.REGION15.VA.va.value = field_storage.REGION15.VA.va.value;
    // Field: onpu_ctl.REGION15.SIZE.bytes
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.REGION15.SIZE.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.REGION15.SIZE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.REGION15.SIZE.bytes.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.REGION15.SIZE.bytes.next = next_c;
        field_combo.REGION15.SIZE.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.REGION15.SIZE.bytes.value <= 32'h0;
        end else begin
            if(field_combo.REGION15.SIZE.bytes.load_next) begin
                field_storage.REGION15.SIZE.bytes.value <= field_combo.REGION15.SIZE.bytes.next;
            end
        end
    end
    assign hwif_out.REGION15.SIZE.bytes.value = field_storage.REGION15.SIZE.bytes.value;
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
    // Field: onpu_ctl.FENCE.set_
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.FENCE.set_.value;
        load_next_c = '0;
        if(decoded_reg_strb.FENCE && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.FENCE.set_.value & ~decoded_wr_biten[0:0]) | (decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end
        field_combo.FENCE.set_.next = next_c;
        field_combo.FENCE.set_.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.FENCE.set_.value <= 1'h0;
        end else begin
            if(field_combo.FENCE.set_.load_next) begin
                field_storage.FENCE.set_.value <= field_combo.FENCE.set_.next;
            end
        end
    end
    assign hwif_out.FENCE.set_.value = field_storage.FENCE.set_.value;
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
    // Field: onpu_ctl.COPY_VA.va
    always_comb begin
        automatic logic [31:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.COPY_VA.va.value;
        load_next_c = '0;
        if(decoded_reg_strb.COPY_VA && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.COPY_VA.va.value & ~decoded_wr_biten[31:0]) | (decoded_wr_data[31:0] & decoded_wr_biten[31:0]);
            load_next_c = '1;
        end
        field_combo.COPY_VA.va.next = next_c;
        field_combo.COPY_VA.va.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.COPY_VA.va.value <= 32'h0;
        end else begin
            if(field_combo.COPY_VA.va.load_next) begin
                field_storage.COPY_VA.va.value <= field_combo.COPY_VA.va.next;
            end
        end
    end
    assign hwif_out.COPY_VA.va.value = field_storage.COPY_VA.va.value;
    // Field: onpu_ctl.COPY_TCM.addr
    always_comb begin
        automatic logic [15:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.COPY_TCM.addr.value;
        load_next_c = '0;
        if(decoded_reg_strb.COPY_TCM && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.COPY_TCM.addr.value & ~decoded_wr_biten[15:0]) | (decoded_wr_data[15:0] & decoded_wr_biten[15:0]);
            load_next_c = '1;
        end
        field_combo.COPY_TCM.addr.next = next_c;
        field_combo.COPY_TCM.addr.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.COPY_TCM.addr.value <= 16'h0;
        end else begin
            if(field_combo.COPY_TCM.addr.load_next) begin
                field_storage.COPY_TCM.addr.value <= field_combo.COPY_TCM.addr.next;
            end
        end
    end
    assign hwif_out.COPY_TCM.addr.value = field_storage.COPY_TCM.addr.value;
    // Field: onpu_ctl.COPY_COMMAND.bytes
    always_comb begin
        automatic logic [12:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.COPY_COMMAND.bytes.value;
        load_next_c = '0;
        if(decoded_reg_strb.COPY_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.COPY_COMMAND.bytes.value & ~decoded_wr_biten[12:0]) | (decoded_wr_data[12:0] & decoded_wr_biten[12:0]);
            load_next_c = '1;
        end
        field_combo.COPY_COMMAND.bytes.next = next_c;
        field_combo.COPY_COMMAND.bytes.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.COPY_COMMAND.bytes.value <= 13'h0;
        end else begin
            if(field_combo.COPY_COMMAND.bytes.load_next) begin
                field_storage.COPY_COMMAND.bytes.value <= field_combo.COPY_COMMAND.bytes.next;
            end
        end
    end
    assign hwif_out.COPY_COMMAND.bytes.value = field_storage.COPY_COMMAND.bytes.value;
    assign hwif_out.COPY_COMMAND.bytes.swmod = decoded_reg_strb.COPY_COMMAND && decoded_req_is_wr && |(decoded_wr_biten[12:0]);
    // Field: onpu_ctl.COPY_COMMAND.store
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.COPY_COMMAND.store.value;
        load_next_c = '0;
        if(decoded_reg_strb.COPY_COMMAND && decoded_req_is_wr) begin // SW write
            next_c = (field_storage.COPY_COMMAND.store.value & ~decoded_wr_biten[16:16]) | (decoded_wr_data[16:16] & decoded_wr_biten[16:16]);
            load_next_c = '1;
        end
        field_combo.COPY_COMMAND.store.next = next_c;
        field_combo.COPY_COMMAND.store.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.COPY_COMMAND.store.value <= 1'h0;
        end else begin
            if(field_combo.COPY_COMMAND.store.load_next) begin
                field_storage.COPY_COMMAND.store.value <= field_combo.COPY_COMMAND.store.next;
            end
        end
    end
    assign hwif_out.COPY_COMMAND.store.value = field_storage.COPY_COMMAND.store.value;
    // Field: onpu_ctl.COPY_STATUS.load_error
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.COPY_STATUS.load_error.value;
        load_next_c = '0;
        if(hwif_in.COPY_STATUS.load_error.hwset) begin // HW Set
            next_c = '1;
            load_next_c = '1;
        end else if(decoded_reg_strb.COPY_STATUS && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage.COPY_STATUS.load_error.value & ~(decoded_wr_data[8:8] & decoded_wr_biten[8:8]);
            load_next_c = '1;
        end
        field_combo.COPY_STATUS.load_error.next = next_c;
        field_combo.COPY_STATUS.load_error.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.COPY_STATUS.load_error.value <= 1'h0;
        end else begin
            if(field_combo.COPY_STATUS.load_error.load_next) begin
                field_storage.COPY_STATUS.load_error.value <= field_combo.COPY_STATUS.load_error.next;
            end
        end
    end
    assign hwif_out.COPY_STATUS.load_error.value = field_storage.COPY_STATUS.load_error.value;
    // Field: onpu_ctl.COPY_STATUS.store_error
    always_comb begin
        automatic logic [0:0] next_c;
        automatic logic load_next_c;
        next_c = field_storage.COPY_STATUS.store_error.value;
        load_next_c = '0;
        if(hwif_in.COPY_STATUS.store_error.hwset) begin // HW Set
            next_c = '1;
            load_next_c = '1;
        end else if(decoded_reg_strb.COPY_STATUS && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage.COPY_STATUS.store_error.value & ~(decoded_wr_data[9:9] & decoded_wr_biten[9:9]);
            load_next_c = '1;
        end
        field_combo.COPY_STATUS.store_error.next = next_c;
        field_combo.COPY_STATUS.store_error.load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage.COPY_STATUS.store_error.value <= 1'h0;
        end else begin
            if(field_combo.COPY_STATUS.store_error.load_next) begin
                field_storage.COPY_STATUS.store_error.value <= field_combo.COPY_STATUS.store_error.next;
            end
        end
    end
    assign hwif_out.COPY_STATUS.store_error.value = field_storage.COPY_STATUS.store_error.value;

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
            readback_data_var[3] = hwif_in.EVENT.copy.next;
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
        if(rd_mux_addr == 12'h80) begin
            readback_data_var[31:0] = field_storage.REGION0.VA.va.value;
        end
        if(rd_mux_addr == 12'h84) begin
            readback_data_var[31:0] = field_storage.REGION0.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'h88) begin
            readback_data_var[31:0] = field_storage.REGION1.VA.va.value;
        end
        if(rd_mux_addr == 12'h8c) begin
            readback_data_var[31:0] = field_storage.REGION1.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'h90) begin
            readback_data_var[31:0] = field_storage.REGION2.VA.va.value;
        end
        if(rd_mux_addr == 12'h94) begin
            readback_data_var[31:0] = field_storage.REGION2.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'h98) begin
            readback_data_var[31:0] = field_storage.REGION3.VA.va.value;
        end
        if(rd_mux_addr == 12'h9c) begin
            readback_data_var[31:0] = field_storage.REGION3.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'ha0) begin
            readback_data_var[31:0] = field_storage.REGION4.VA.va.value;
        end
        if(rd_mux_addr == 12'ha4) begin
            readback_data_var[31:0] = field_storage.REGION4.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'ha8) begin
            readback_data_var[31:0] = field_storage.REGION5.VA.va.value;
        end
        if(rd_mux_addr == 12'hac) begin
            readback_data_var[31:0] = field_storage.REGION5.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'hb0) begin
            readback_data_var[31:0] = field_storage.REGION6.VA.va.value;
        end
        if(rd_mux_addr == 12'hb4) begin
            readback_data_var[31:0] = field_storage.REGION6.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'hb8) begin
            readback_data_var[31:0] = field_storage.REGION7.VA.va.value;
        end
        if(rd_mux_addr == 12'hbc) begin
            readback_data_var[31:0] = field_storage.REGION7.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'hc0) begin
            readback_data_var[31:0] = field_storage.REGION8.VA.va.value;
        end
        if(rd_mux_addr == 12'hc4) begin
            readback_data_var[31:0] = field_storage.REGION8.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'hc8) begin
            readback_data_var[31:0] = field_storage.REGION9.VA.va.value;
        end
        if(rd_mux_addr == 12'hcc) begin
            readback_data_var[31:0] = field_storage.REGION9.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'hd0) begin
            readback_data_var[31:0] = field_storage.REGION10.VA.va.value;
        end
        if(rd_mux_addr == 12'hd4) begin
            readback_data_var[31:0] = field_storage.REGION10.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'hd8) begin
            readback_data_var[31:0] = field_storage.REGION11.VA.va.value;
        end
        if(rd_mux_addr == 12'hdc) begin
            readback_data_var[31:0] = field_storage.REGION11.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'he0) begin
            readback_data_var[31:0] = field_storage.REGION12.VA.va.value;
        end
        if(rd_mux_addr == 12'he4) begin
            readback_data_var[31:0] = field_storage.REGION12.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'he8) begin
            readback_data_var[31:0] = field_storage.REGION13.VA.va.value;
        end
        if(rd_mux_addr == 12'hec) begin
            readback_data_var[31:0] = field_storage.REGION13.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'hf0) begin
            readback_data_var[31:0] = field_storage.REGION14.VA.va.value;
        end
        if(rd_mux_addr == 12'hf4) begin
            readback_data_var[31:0] = field_storage.REGION14.SIZE.bytes.value;
        end
        if(rd_mux_addr == 12'hf8) begin
            readback_data_var[31:0] = field_storage.REGION15.VA.va.value;
        end
        if(rd_mux_addr == 12'hfc) begin
            readback_data_var[31:0] = field_storage.REGION15.SIZE.bytes.value;
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
            readback_data_var[0] = field_storage.FENCE.set_.value;
            readback_data_var[1] = hwif_in.FENCE.drained.next;
        end
        if(rd_mux_addr == 12'h138) begin
            readback_data_var[31:0] = field_storage.CRASH.code.value;
        end
        if(rd_mux_addr == 12'h140) begin
            readback_data_var[31:0] = hwif_in.LIVE0.ADDR.addr.next;
        end
        if(rd_mux_addr == 12'h144) begin
            readback_data_var[31:0] = hwif_in.LIVE0.SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h148) begin
            readback_data_var[31:0] = hwif_in.LIVE1.ADDR.addr.next;
        end
        if(rd_mux_addr == 12'h14c) begin
            readback_data_var[31:0] = hwif_in.LIVE1.SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h150) begin
            readback_data_var[31:0] = hwif_in.LIVE2.ADDR.addr.next;
        end
        if(rd_mux_addr == 12'h154) begin
            readback_data_var[31:0] = hwif_in.LIVE2.SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h158) begin
            readback_data_var[31:0] = hwif_in.LIVE3.ADDR.addr.next;
        end
        if(rd_mux_addr == 12'h15c) begin
            readback_data_var[31:0] = hwif_in.LIVE3.SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h160) begin
            readback_data_var[31:0] = hwif_in.LIVE4.ADDR.addr.next;
        end
        if(rd_mux_addr == 12'h164) begin
            readback_data_var[31:0] = hwif_in.LIVE4.SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h168) begin
            readback_data_var[31:0] = hwif_in.LIVE5.ADDR.addr.next;
        end
        if(rd_mux_addr == 12'h16c) begin
            readback_data_var[31:0] = hwif_in.LIVE5.SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h170) begin
            readback_data_var[31:0] = hwif_in.LIVE6.ADDR.addr.next;
        end
        if(rd_mux_addr == 12'h174) begin
            readback_data_var[31:0] = hwif_in.LIVE6.SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h178) begin
            readback_data_var[31:0] = hwif_in.LIVE7.ADDR.addr.next;
        end
        if(rd_mux_addr == 12'h17c) begin
            readback_data_var[31:0] = hwif_in.LIVE7.SIZE.bytes.next;
        end
        if(rd_mux_addr == 12'h180) begin
            readback_data_var[31:0] = field_storage.COPY_VA.va.value;
        end
        if(rd_mux_addr == 12'h184) begin
            readback_data_var[15:0] = field_storage.COPY_TCM.addr.value;
        end
        if(rd_mux_addr == 12'h188) begin
            readback_data_var[12:0] = field_storage.COPY_COMMAND.bytes.value;
            readback_data_var[16] = field_storage.COPY_COMMAND.store.value;
        end
        if(rd_mux_addr == 12'h18c) begin
            readback_data_var[0] = hwif_in.COPY_STATUS.loading.next;
            readback_data_var[1] = hwif_in.COPY_STATUS.storing.next;
            readback_data_var[8] = field_storage.COPY_STATUS.load_error.value;
            readback_data_var[9] = field_storage.COPY_STATUS.store_error.value;
        end
        if(rd_mux_addr == 12'h190) begin
            readback_data_var[0] = hwif_in.COPY_LOADED.error.next;
        end
        if(rd_mux_addr == 12'h194) begin
            readback_data_var[0] = hwif_in.COPY_STORED.error.next;
        end
        if(rd_mux_addr == 12'h198) begin
            readback_data_var[31:0] = hwif_in.COPY_FAULT_VA.va.next;
        end
        readback_data = readback_data_var;
        readback_done = decoded_req & ~decoded_req_is_wr;
        readback_err = '0;
    end

    assign cpuif_rd_ack = readback_done;
    assign cpuif_rd_data = readback_data;
    assign cpuif_rd_err = readback_err;
endmodule
