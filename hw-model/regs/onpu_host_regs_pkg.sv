// SPDX-License-Identifier: MIT
// Made by hw-model/regs/gen.py from onpu.rdl; do not edit.
package onpu_host_regs_pkg;

    localparam ONPU_HOST_REGS_DATA_WIDTH = 32;
    localparam ONPU_HOST_REGS_MIN_ADDR_WIDTH = 12;
    localparam ONPU_HOST_REGS_SIZE = 'h8c;

    typedef struct {
        logic [7:0] next;
    } onpu_host__CONFIG__preset__in_t;

    typedef struct {
        logic [7:0] next;
    } onpu_host__CONFIG__lanes__in_t;

    typedef struct {
        logic [7:0] next;
    } onpu_host__CONFIG__axi_bytes__in_t;

    typedef struct {
        logic [7:0] next;
    } onpu_host__CONFIG__isa_major__in_t;

    typedef struct {
        onpu_host__CONFIG__preset__in_t preset;
        onpu_host__CONFIG__lanes__in_t lanes;
        onpu_host__CONFIG__axi_bytes__in_t axi_bytes;
        onpu_host__CONFIG__isa_major__in_t isa_major;
    } onpu_host__CONFIG__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_host__SRAM_SIZE__bytes__in_t;

    typedef struct {
        onpu_host__SRAM_SIZE__bytes__in_t bytes;
    } onpu_host__SRAM_SIZE__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_host__TCM_SIZE__bytes__in_t;

    typedef struct {
        onpu_host__TCM_SIZE__bytes__in_t bytes;
    } onpu_host__TCM_SIZE__in_t;

    typedef struct {
        logic next;
    } onpu_host__IRQ_STATUS__firmware__in_t;

    typedef struct {
        logic next;
    } onpu_host__IRQ_STATUS__fatal__in_t;

    typedef struct {
        onpu_host__IRQ_STATUS__firmware__in_t firmware;
        onpu_host__IRQ_STATUS__fatal__in_t fatal;
    } onpu_host__IRQ_STATUS__in_t;

    typedef struct {
        logic [3:0] next;
    } onpu_host__STATUS__boot__in_t;

    typedef struct {
        logic next;
    } onpu_host__STATUS__drained__in_t;

    typedef struct {
        logic next;
    } onpu_host__STATUS__busy__in_t;

    typedef struct {
        logic next;
    } onpu_host__STATUS__asleep__in_t;

    typedef struct {
        onpu_host__STATUS__boot__in_t boot;
        onpu_host__STATUS__drained__in_t drained;
        onpu_host__STATUS__busy__in_t busy;
        onpu_host__STATUS__asleep__in_t asleep;
    } onpu_host__STATUS__in_t;

    typedef struct {
        logic next;
    } onpu_host__TLB_STATUS__done__in_t;

    typedef struct {
        onpu_host__TLB_STATUS__done__in_t done;
    } onpu_host__TLB_STATUS__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_host__CYCLE_LO__value__in_t;

    typedef struct {
        onpu_host__CYCLE_LO__value__in_t value;
    } onpu_host__CYCLE_LO__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_host__CYCLE_HI__value__in_t;

    typedef struct {
        onpu_host__CYCLE_HI__value__in_t value;
    } onpu_host__CYCLE_HI__in_t;

    typedef struct {
        logic next;
        logic we;
    } onpu_host__FAULT_STATUS__valid__in_t;

    typedef struct {
        logic next;
    } onpu_host__FAULT_STATUS__write__in_t;

    typedef struct {
        logic [1:0] next;
    } onpu_host__FAULT_STATUS__source__in_t;

    typedef struct {
        logic [7:0] next;
    } onpu_host__FAULT_STATUS__code__in_t;

    typedef struct {
        logic [7:0] next;
    } onpu_host__FAULT_STATUS__ctx__in_t;

    typedef struct {
        onpu_host__FAULT_STATUS__valid__in_t valid;
        onpu_host__FAULT_STATUS__write__in_t write;
        onpu_host__FAULT_STATUS__source__in_t source;
        onpu_host__FAULT_STATUS__code__in_t code;
        onpu_host__FAULT_STATUS__ctx__in_t ctx;
    } onpu_host__FAULT_STATUS__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_host__FAULT_VA__va__in_t;

    typedef struct {
        onpu_host__FAULT_VA__va__in_t va;
    } onpu_host__FAULT_VA__in_t;

    typedef struct {
        logic [31:0] next;
    } onpu_host__FW_CRASH__code__in_t;

    typedef struct {
        onpu_host__FW_CRASH__code__in_t code;
    } onpu_host__FW_CRASH__in_t;

    typedef struct {
        onpu_host__CONFIG__in_t CONFIG;
        onpu_host__SRAM_SIZE__in_t SRAM_SIZE;
        onpu_host__TCM_SIZE__in_t TCM_SIZE;
        onpu_host__IRQ_STATUS__in_t IRQ_STATUS;
        onpu_host__STATUS__in_t STATUS;
        onpu_host__TLB_STATUS__in_t TLB_STATUS;
        onpu_host__CYCLE_LO__in_t CYCLE_LO;
        onpu_host__CYCLE_HI__in_t CYCLE_HI;
        onpu_host__FAULT_STATUS__in_t FAULT_STATUS;
        onpu_host__FAULT_VA__in_t FAULT_VA;
        onpu_host__FW_CRASH__in_t FW_CRASH;
    } onpu_host__in_t;

    typedef struct {
        logic [5:0] value;
        logic swmod;
    } onpu_host__DOORBELL__slot__out_t;

    typedef struct {
        onpu_host__DOORBELL__slot__out_t slot;
    } onpu_host__DOORBELL__out_t;

    typedef struct {
        logic value;
    } onpu_host__IRQ_ENABLE__firmware__out_t;

    typedef struct {
        logic value;
    } onpu_host__IRQ_ENABLE__fatal__out_t;

    typedef struct {
        onpu_host__IRQ_ENABLE__firmware__out_t firmware;
        onpu_host__IRQ_ENABLE__fatal__out_t fatal;
    } onpu_host__IRQ_ENABLE__out_t;

    typedef struct {
        logic value;
    } onpu_host__IRQ_ACK__firmware__out_t;

    typedef struct {
        logic value;
    } onpu_host__IRQ_ACK__fatal__out_t;

    typedef struct {
        onpu_host__IRQ_ACK__firmware__out_t firmware;
        onpu_host__IRQ_ACK__fatal__out_t fatal;
    } onpu_host__IRQ_ACK__out_t;

    typedef struct {
        logic value;
    } onpu_host__CONTROL__run__out_t;

    typedef struct {
        logic value;
    } onpu_host__CONTROL__fence__out_t;

    typedef struct {
        logic value;
    } onpu_host__CONTROL__engine_reset__out_t;

    typedef struct {
        logic value;
    } onpu_host__CONTROL__full_reset__out_t;

    typedef struct {
        onpu_host__CONTROL__run__out_t run;
        onpu_host__CONTROL__fence__out_t fence;
        onpu_host__CONTROL__engine_reset__out_t engine_reset;
        onpu_host__CONTROL__full_reset__out_t full_reset;
    } onpu_host__CONTROL__out_t;

    typedef struct {
        logic [20:0] value;
    } onpu_host__CTX_TABLE_LO__address__out_t;

    typedef struct {
        onpu_host__CTX_TABLE_LO__address__out_t address;
    } onpu_host__CTX_TABLE_LO__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_host__CTX_TABLE_HI__address__out_t;

    typedef struct {
        onpu_host__CTX_TABLE_HI__address__out_t address;
    } onpu_host__CTX_TABLE_HI__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_host__BOOT_VA__va__out_t;

    typedef struct {
        onpu_host__BOOT_VA__va__out_t va;
    } onpu_host__BOOT_VA__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_host__BOOT_SIZE__bytes__out_t;

    typedef struct {
        onpu_host__BOOT_SIZE__bytes__out_t bytes;
    } onpu_host__BOOT_SIZE__out_t;

    typedef struct {
        logic [31:0] value;
    } onpu_host__SHARED_VA__va__out_t;

    typedef struct {
        onpu_host__SHARED_VA__va__out_t va;
    } onpu_host__SHARED_VA__out_t;

    typedef struct {
        logic [7:0] value;
        logic swmod;
    } onpu_host__TLB_INV__ctx__out_t;

    typedef struct {
        onpu_host__TLB_INV__ctx__out_t ctx;
    } onpu_host__TLB_INV__out_t;

    typedef struct {
        logic value;
    } onpu_host__FAULT_STATUS__valid__out_t;

    typedef struct {
        onpu_host__FAULT_STATUS__valid__out_t valid;
    } onpu_host__FAULT_STATUS__out_t;

    typedef struct {
        onpu_host__DOORBELL__out_t DOORBELL;
        onpu_host__IRQ_ENABLE__out_t IRQ_ENABLE;
        onpu_host__IRQ_ACK__out_t IRQ_ACK;
        onpu_host__CONTROL__out_t CONTROL;
        onpu_host__CTX_TABLE_LO__out_t CTX_TABLE_LO;
        onpu_host__CTX_TABLE_HI__out_t CTX_TABLE_HI;
        onpu_host__BOOT_VA__out_t BOOT_VA;
        onpu_host__BOOT_SIZE__out_t BOOT_SIZE;
        onpu_host__SHARED_VA__out_t SHARED_VA;
        onpu_host__TLB_INV__out_t TLB_INV;
        onpu_host__FAULT_STATUS__out_t FAULT_STATUS;
    } onpu_host__out_t;

    typedef enum logic [2:0] {
        onpu_boot_state__HELD = 'h0,
        onpu_boot_state__LOADING = 'h1,
        onpu_boot_state__RUNNING = 'h2,
        onpu_boot_state__BAD_HEADER = 'h3,
        onpu_boot_state__BAD_CRC = 'h4,
        onpu_boot_state__BAD_MEMORY = 'h5
    } onpu_boot_state_e;

    typedef enum logic [1:0] {
        onpu_fault_source__ENGINE = 'h0,
        onpu_fault_source__CORE = 'h1,
        onpu_fault_source__BOOT = 'h2,
        onpu_fault_source__TABLE = 'h3
    } onpu_fault_source_e;
endpackage
