// SPDX-License-Identifier: MIT
// Made by hw-model/regs/gen.py from onpu.rdl; do not edit.
package onpu_ctl_regs_pkg;

    localparam ONPU_CTL_REGS_DATA_WIDTH = 32;
    localparam ONPU_CTL_REGS_MIN_ADDR_WIDTH = 12;
    localparam ONPU_CTL_REGS_SIZE = 'h19c;

    typedef struct {
        logic [7:0] next;
    } onpu_ctl__CONFIG__preset__in_t;

    typedef struct {
        logic [7:0] next;
    } onpu_ctl__CONFIG__lanes__in_t;

    typedef struct {
        logic [7:0] next;
    } onpu_ctl__CONFIG__axi_bytes__in_t;

    typedef struct {
        logic [7:0] next;
    } onpu_ctl__CONFIG__isa_major__in_t;

    typedef struct {
        onpu_ctl__CONFIG__preset__in_t preset;
        onpu_ctl__CONFIG__lanes__in_t lanes;
        onpu_ctl__CONFIG__axi_bytes__in_t axi_bytes;
        onpu_ctl__CONFIG__isa_major__in_t isa_major;
    } onpu_ctl__CONFIG__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__SRAM_SIZE__bytes__in_t;

    typedef struct {
        onpu_ctl__SRAM_SIZE__bytes__in_t bytes;
    } onpu_ctl__SRAM_SIZE__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__SHARED_VA__va__in_t;

    typedef struct {
        onpu_ctl__SHARED_VA__va__in_t va;
    } onpu_ctl__SHARED_VA__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__STATE_SIZE__bytes__in_t;

    typedef struct {
        onpu_ctl__STATE_SIZE__bytes__in_t bytes;
    } onpu_ctl__STATE_SIZE__in_t;

    typedef struct {
        logic [31:0] next;
        logic we;
    } onpu_ctl__DOORBELL_LO__bits__in_t;

    typedef struct {
        onpu_ctl__DOORBELL_LO__bits__in_t bits;
    } onpu_ctl__DOORBELL_LO__in_t;

    typedef struct {
        logic [31:0] next;
        logic we;
    } onpu_ctl__DOORBELL_HI__bits__in_t;

    typedef struct {
        onpu_ctl__DOORBELL_HI__bits__in_t bits;
    } onpu_ctl__DOORBELL_HI__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__EVENT__doorbell__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__EVENT__job__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__EVENT__timer__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__EVENT__copy__in_t;

    typedef struct {
        onpu_ctl__EVENT__doorbell__in_t doorbell;
        onpu_ctl__EVENT__job__in_t job;
        onpu_ctl__EVENT__timer__in_t timer;
        onpu_ctl__EVENT__copy__in_t copy;
    } onpu_ctl__EVENT__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__CYCLE_LO__value__in_t;

    typedef struct {
        onpu_ctl__CYCLE_LO__value__in_t value;
    } onpu_ctl__CYCLE_LO__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__CYCLE_HI__value__in_t;

    typedef struct {
        onpu_ctl__CYCLE_HI__value__in_t value;
    } onpu_ctl__CYCLE_HI__in_t;

    typedef struct {
        logic swwe;
    } onpu_ctl__ACTIVE_CTX__ctx__in_t;

    typedef struct {
        onpu_ctl__ACTIVE_CTX__ctx__in_t ctx;
    } onpu_ctl__ACTIVE_CTX__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__CTX_STATUS__busy__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__CTX_STATUS__error__in_t;

    typedef struct {
        logic [15:0] next;
    } onpu_ctl__CTX_STATUS__cycles__in_t;

    typedef struct {
        onpu_ctl__CTX_STATUS__busy__in_t busy;
        onpu_ctl__CTX_STATUS__error__in_t error;
        onpu_ctl__CTX_STATUS__cycles__in_t cycles;
    } onpu_ctl__CTX_STATUS__in_t;

    typedef struct {
        logic [2:0] next;
    } onpu_ctl__JOB_STATUS__state__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__JOB_STATUS__write__in_t;

    typedef struct {
        logic [2:0] next;
    } onpu_ctl__JOB_STATUS__engine__in_t;

    typedef struct {
        logic [7:0] next;
    } onpu_ctl__JOB_STATUS__fault__in_t;

    typedef struct {
        onpu_ctl__JOB_STATUS__state__in_t state;
        onpu_ctl__JOB_STATUS__write__in_t write;
        onpu_ctl__JOB_STATUS__engine__in_t engine;
        onpu_ctl__JOB_STATUS__fault__in_t fault;
    } onpu_ctl__JOB_STATUS__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__JOB_OFFSET__bytes__in_t;

    typedef struct {
        onpu_ctl__JOB_OFFSET__bytes__in_t bytes;
    } onpu_ctl__JOB_OFFSET__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__JOB_FAULT_VA__va__in_t;

    typedef struct {
        onpu_ctl__JOB_FAULT_VA__va__in_t va;
    } onpu_ctl__JOB_FAULT_VA__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__JOB_START_LO__value__in_t;

    typedef struct {
        onpu_ctl__JOB_START_LO__value__in_t value;
    } onpu_ctl__JOB_START_LO__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__JOB_START_HI__value__in_t;

    typedef struct {
        onpu_ctl__JOB_START_HI__value__in_t value;
    } onpu_ctl__JOB_START_HI__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__JOB_END_LO__value__in_t;

    typedef struct {
        onpu_ctl__JOB_END_LO__value__in_t value;
    } onpu_ctl__JOB_END_LO__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__JOB_END_HI__value__in_t;

    typedef struct {
        onpu_ctl__JOB_END_HI__value__in_t value;
    } onpu_ctl__JOB_END_HI__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__BUSY_LO__value__in_t;

    typedef struct {
        onpu_ctl__BUSY_LO__value__in_t value;
    } onpu_ctl__BUSY_LO__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__BUSY_HI__value__in_t;

    typedef struct {
        onpu_ctl__BUSY_HI__value__in_t value;
    } onpu_ctl__BUSY_HI__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__READ_BYTES_LO__value__in_t;

    typedef struct {
        onpu_ctl__READ_BYTES_LO__value__in_t value;
    } onpu_ctl__READ_BYTES_LO__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__READ_BYTES_HI__value__in_t;

    typedef struct {
        onpu_ctl__READ_BYTES_HI__value__in_t value;
    } onpu_ctl__READ_BYTES_HI__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__WRITE_BYTES_LO__value__in_t;

    typedef struct {
        onpu_ctl__WRITE_BYTES_LO__value__in_t value;
    } onpu_ctl__WRITE_BYTES_LO__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__WRITE_BYTES_HI__value__in_t;

    typedef struct {
        onpu_ctl__WRITE_BYTES_HI__value__in_t value;
    } onpu_ctl__WRITE_BYTES_HI__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__DMA_STATUS__busy__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__DMA_STATUS__error__in_t;

    typedef struct {
        onpu_ctl__DMA_STATUS__busy__in_t busy;
        onpu_ctl__DMA_STATUS__error__in_t error;
    } onpu_ctl__DMA_STATUS__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__FENCE__drained__in_t;

    typedef struct {
        onpu_ctl__FENCE__drained__in_t drained;
    } onpu_ctl__FENCE__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__LIVE0__ADDR__addr__in_t;

    typedef struct {
        onpu_ctl__LIVE0__ADDR__addr__in_t addr;
    } onpu_ctl__LIVE0__ADDR__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__LIVE0__SIZE__bytes__in_t;

    typedef struct {
        onpu_ctl__LIVE0__SIZE__bytes__in_t bytes;
    } onpu_ctl__LIVE0__SIZE__in_t;

    typedef struct {
        onpu_ctl__LIVE0__ADDR__in_t ADDR;
        onpu_ctl__LIVE0__SIZE__in_t SIZE;
    } onpu_ctl__LIVE0__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__COPY_STATUS__loading__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__COPY_STATUS__storing__in_t;

    typedef struct {
        logic hwset;
    } onpu_ctl__COPY_STATUS__load_error__in_t;

    typedef struct {
        logic hwset;
    } onpu_ctl__COPY_STATUS__store_error__in_t;

    typedef struct {
        onpu_ctl__COPY_STATUS__loading__in_t loading;
        onpu_ctl__COPY_STATUS__storing__in_t storing;
        onpu_ctl__COPY_STATUS__load_error__in_t load_error;
        onpu_ctl__COPY_STATUS__store_error__in_t store_error;
    } onpu_ctl__COPY_STATUS__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__COPY_LOADED__error__in_t;

    typedef struct {
        onpu_ctl__COPY_LOADED__error__in_t error;
    } onpu_ctl__COPY_LOADED__in_t;

    typedef struct {
        logic next;
    } onpu_ctl__COPY_STORED__error__in_t;

    typedef struct {
        onpu_ctl__COPY_STORED__error__in_t error;
    } onpu_ctl__COPY_STORED__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_ctl__COPY_FAULT_VA__va__in_t;

    typedef struct {
        onpu_ctl__COPY_FAULT_VA__va__in_t va;
    } onpu_ctl__COPY_FAULT_VA__in_t;

    typedef struct {
        onpu_ctl__CONFIG__in_t CONFIG;
        onpu_ctl__SRAM_SIZE__in_t SRAM_SIZE;
        onpu_ctl__SHARED_VA__in_t SHARED_VA;
        onpu_ctl__STATE_SIZE__in_t STATE_SIZE;
        onpu_ctl__DOORBELL_LO__in_t DOORBELL_LO;
        onpu_ctl__DOORBELL_HI__in_t DOORBELL_HI;
        onpu_ctl__EVENT__in_t EVENT;
        onpu_ctl__CYCLE_LO__in_t CYCLE_LO;
        onpu_ctl__CYCLE_HI__in_t CYCLE_HI;
        onpu_ctl__ACTIVE_CTX__in_t ACTIVE_CTX;
        onpu_ctl__CTX_STATUS__in_t CTX_STATUS;
        onpu_ctl__JOB_STATUS__in_t JOB_STATUS;
        onpu_ctl__JOB_OFFSET__in_t JOB_OFFSET;
        onpu_ctl__JOB_FAULT_VA__in_t JOB_FAULT_VA;
        onpu_ctl__JOB_START_LO__in_t JOB_START_LO;
        onpu_ctl__JOB_START_HI__in_t JOB_START_HI;
        onpu_ctl__JOB_END_LO__in_t JOB_END_LO;
        onpu_ctl__JOB_END_HI__in_t JOB_END_HI;
        onpu_ctl__BUSY_LO__in_t BUSY_LO;
        onpu_ctl__BUSY_HI__in_t BUSY_HI;
        onpu_ctl__READ_BYTES_LO__in_t READ_BYTES_LO;
        onpu_ctl__READ_BYTES_HI__in_t READ_BYTES_HI;
        onpu_ctl__WRITE_BYTES_LO__in_t WRITE_BYTES_LO;
        onpu_ctl__WRITE_BYTES_HI__in_t WRITE_BYTES_HI;
        onpu_ctl__DMA_STATUS__in_t DMA_STATUS;
        onpu_ctl__FENCE__in_t FENCE;
        onpu_ctl__LIVE0__in_t LIVE0;
        onpu_ctl__LIVE0__in_t LIVE1;
        onpu_ctl__LIVE0__in_t LIVE2;
        onpu_ctl__LIVE0__in_t LIVE3;
        onpu_ctl__LIVE0__in_t LIVE4;
        onpu_ctl__LIVE0__in_t LIVE5;
        onpu_ctl__LIVE0__in_t LIVE6;
        onpu_ctl__LIVE0__in_t LIVE7;
        onpu_ctl__COPY_STATUS__in_t COPY_STATUS;
        onpu_ctl__COPY_LOADED__in_t COPY_LOADED;
        onpu_ctl__COPY_STORED__in_t COPY_STORED;
        onpu_ctl__COPY_FAULT_VA__in_t COPY_FAULT_VA;
    } onpu_ctl__in_t;

    typedef struct {
        logic [31:0] value;
        logic swmod;
    } onpu_ctl__DOORBELL_LO__bits__out_t;

    typedef struct {
        onpu_ctl__DOORBELL_LO__bits__out_t bits;
    } onpu_ctl__DOORBELL_LO__out_t;

    typedef struct {
        logic [31:0] value;
        logic swmod;
    } onpu_ctl__DOORBELL_HI__bits__out_t;

    typedef struct {
        onpu_ctl__DOORBELL_HI__bits__out_t bits;
    } onpu_ctl__DOORBELL_HI__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__HOST_IRQ__firmware__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__HOST_IRQ__fatal__out_t;

    typedef struct {
        onpu_ctl__HOST_IRQ__firmware__out_t firmware;
        onpu_ctl__HOST_IRQ__fatal__out_t fatal;
    } onpu_ctl__HOST_IRQ__out_t;

    typedef struct {
        logic [31:0] value;
        logic swmod;
    } onpu_ctl__TIMER_LO__value__out_t;

    typedef struct {
        onpu_ctl__TIMER_LO__value__out_t value;
    } onpu_ctl__TIMER_LO__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__TIMER_HI__value__out_t;

    typedef struct {
        onpu_ctl__TIMER_HI__value__out_t value;
    } onpu_ctl__TIMER_HI__out_t;

    typedef struct {
        logic [7:0] value;
        logic swmod;
    } onpu_ctl__ACTIVE_CTX__ctx__out_t;

    typedef struct {
        onpu_ctl__ACTIVE_CTX__ctx__out_t ctx;
    } onpu_ctl__ACTIVE_CTX__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__JOB_ENTRY__va__out_t;

    typedef struct {
        onpu_ctl__JOB_ENTRY__va__out_t va;
    } onpu_ctl__JOB_ENTRY__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__JOB_SIZE__bytes__out_t;

    typedef struct {
        onpu_ctl__JOB_SIZE__bytes__out_t bytes;
    } onpu_ctl__JOB_SIZE__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__TRACE_VA__va__out_t;

    typedef struct {
        onpu_ctl__TRACE_VA__va__out_t va;
    } onpu_ctl__TRACE_VA__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__TRACE_SIZE__bytes__out_t;

    typedef struct {
        onpu_ctl__TRACE_SIZE__bytes__out_t bytes;
    } onpu_ctl__TRACE_SIZE__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__MAX_CYCLES_LO__value__out_t;

    typedef struct {
        onpu_ctl__MAX_CYCLES_LO__value__out_t value;
    } onpu_ctl__MAX_CYCLES_LO__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__MAX_CYCLES_HI__value__out_t;

    typedef struct {
        onpu_ctl__MAX_CYCLES_HI__value__out_t value;
    } onpu_ctl__MAX_CYCLES_HI__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__JOB_COMMAND__start__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__JOB_COMMAND__resume__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__JOB_COMMAND__kill__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__JOB_COMMAND__preempt__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__JOB_COMMAND__no_preempt__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__JOB_COMMAND__ack__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__JOB_COMMAND__reset__out_t;

    typedef struct {
        onpu_ctl__JOB_COMMAND__start__out_t start;
        onpu_ctl__JOB_COMMAND__resume__out_t resume;
        onpu_ctl__JOB_COMMAND__kill__out_t kill;
        onpu_ctl__JOB_COMMAND__preempt__out_t preempt;
        onpu_ctl__JOB_COMMAND__no_preempt__out_t no_preempt;
        onpu_ctl__JOB_COMMAND__ack__out_t ack;
        onpu_ctl__JOB_COMMAND__reset__out_t reset;
    } onpu_ctl__JOB_COMMAND__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__REGION0__VA__va__out_t;

    typedef struct {
        onpu_ctl__REGION0__VA__va__out_t va;
    } onpu_ctl__REGION0__VA__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__REGION0__SIZE__bytes__out_t;

    typedef struct {
        onpu_ctl__REGION0__SIZE__bytes__out_t bytes;
    } onpu_ctl__REGION0__SIZE__out_t;

    typedef struct {
        onpu_ctl__REGION0__VA__out_t VA;
        onpu_ctl__REGION0__SIZE__out_t SIZE;
    } onpu_ctl__REGION0__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__DMA_VA__va__out_t;

    typedef struct {
        onpu_ctl__DMA_VA__va__out_t va;
    } onpu_ctl__DMA_VA__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__DMA_SRAM__addr__out_t;

    typedef struct {
        onpu_ctl__DMA_SRAM__addr__out_t addr;
    } onpu_ctl__DMA_SRAM__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__DMA_SIZE__bytes__out_t;

    typedef struct {
        onpu_ctl__DMA_SIZE__bytes__out_t bytes;
    } onpu_ctl__DMA_SIZE__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__DMA_COMMAND__save__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__DMA_COMMAND__restore__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__DMA_COMMAND__save_state__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__DMA_COMMAND__restore_state__out_t;

    typedef struct {
        onpu_ctl__DMA_COMMAND__save__out_t save;
        onpu_ctl__DMA_COMMAND__restore__out_t restore;
        onpu_ctl__DMA_COMMAND__save_state__out_t save_state;
        onpu_ctl__DMA_COMMAND__restore_state__out_t restore_state;
    } onpu_ctl__DMA_COMMAND__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__FENCE__set___out_t;

    typedef struct {
        onpu_ctl__FENCE__set___out_t set_;
    } onpu_ctl__FENCE__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__CRASH__code__out_t;

    typedef struct {
        onpu_ctl__CRASH__code__out_t code;
    } onpu_ctl__CRASH__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_ctl__COPY_VA__va__out_t;

    typedef struct {
        onpu_ctl__COPY_VA__va__out_t va;
    } onpu_ctl__COPY_VA__out_t;

    typedef struct {
        logic [15:0] value;
    } onpu_ctl__COPY_TCM__addr__out_t;

    typedef struct {
        onpu_ctl__COPY_TCM__addr__out_t addr;
    } onpu_ctl__COPY_TCM__out_t;

    typedef struct {
        logic [12:0] value;
        logic swmod;
    } onpu_ctl__COPY_COMMAND__bytes__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__COPY_COMMAND__store__out_t;

    typedef struct {
        onpu_ctl__COPY_COMMAND__bytes__out_t bytes;
        onpu_ctl__COPY_COMMAND__store__out_t store;
    } onpu_ctl__COPY_COMMAND__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__COPY_STATUS__load_error__out_t;

    typedef struct {
        logic value;
    } onpu_ctl__COPY_STATUS__store_error__out_t;

    typedef struct {
        onpu_ctl__COPY_STATUS__load_error__out_t load_error;
        onpu_ctl__COPY_STATUS__store_error__out_t store_error;
    } onpu_ctl__COPY_STATUS__out_t;

    typedef struct {
        onpu_ctl__DOORBELL_LO__out_t DOORBELL_LO;
        onpu_ctl__DOORBELL_HI__out_t DOORBELL_HI;
        onpu_ctl__HOST_IRQ__out_t HOST_IRQ;
        onpu_ctl__TIMER_LO__out_t TIMER_LO;
        onpu_ctl__TIMER_HI__out_t TIMER_HI;
        onpu_ctl__ACTIVE_CTX__out_t ACTIVE_CTX;
        onpu_ctl__JOB_ENTRY__out_t JOB_ENTRY;
        onpu_ctl__JOB_SIZE__out_t JOB_SIZE;
        onpu_ctl__TRACE_VA__out_t TRACE_VA;
        onpu_ctl__TRACE_SIZE__out_t TRACE_SIZE;
        onpu_ctl__MAX_CYCLES_LO__out_t MAX_CYCLES_LO;
        onpu_ctl__MAX_CYCLES_HI__out_t MAX_CYCLES_HI;
        onpu_ctl__JOB_COMMAND__out_t JOB_COMMAND;
        onpu_ctl__REGION0__out_t REGION0;
        onpu_ctl__REGION0__out_t REGION1;
        onpu_ctl__REGION0__out_t REGION2;
        onpu_ctl__REGION0__out_t REGION3;
        onpu_ctl__REGION0__out_t REGION4;
        onpu_ctl__REGION0__out_t REGION5;
        onpu_ctl__REGION0__out_t REGION6;
        onpu_ctl__REGION0__out_t REGION7;
        onpu_ctl__REGION0__out_t REGION8;
        onpu_ctl__REGION0__out_t REGION9;
        onpu_ctl__REGION0__out_t REGION10;
        onpu_ctl__REGION0__out_t REGION11;
        onpu_ctl__REGION0__out_t REGION12;
        onpu_ctl__REGION0__out_t REGION13;
        onpu_ctl__REGION0__out_t REGION14;
        onpu_ctl__REGION0__out_t REGION15;
        onpu_ctl__DMA_VA__out_t DMA_VA;
        onpu_ctl__DMA_SRAM__out_t DMA_SRAM;
        onpu_ctl__DMA_SIZE__out_t DMA_SIZE;
        onpu_ctl__DMA_COMMAND__out_t DMA_COMMAND;
        onpu_ctl__FENCE__out_t FENCE;
        onpu_ctl__CRASH__out_t CRASH;
        onpu_ctl__COPY_VA__out_t COPY_VA;
        onpu_ctl__COPY_TCM__out_t COPY_TCM;
        onpu_ctl__COPY_COMMAND__out_t COPY_COMMAND;
        onpu_ctl__COPY_STATUS__out_t COPY_STATUS;
    } onpu_ctl__out_t;

    typedef enum logic [2:0] {
        onpu_job_state__IDLE = 'h0,
        onpu_job_state__RUNNING = 'h1,
        onpu_job_state__DONE = 'h2,
        onpu_job_state__FAULT = 'h3,
        onpu_job_state__PREEMPTED = 'h4
    } onpu_job_state_e;
endpackage
