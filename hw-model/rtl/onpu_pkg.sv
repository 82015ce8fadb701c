// SPDX-License-Identifier: MIT
//
// Types that blocks share.  V, the number of lanes, of taps and of bytes in a vector, and the
// SRAM size are parameters of every module.

// A package offers more than one block uses.
/* verilator lint_off UNUSEDPARAM */

package onpu_pkg;

  import onpu_isa_pkg::*;

  // Largest SRAM of all presets.  Addresses are calculated modulo 2^20, and the SRAM takes them
  // modulo its size: what the command processor let pass lies inside.
  parameter int unsigned SramAddrBits = 20;
  typedef logic [SramAddrBits-1:0] sram_addr_t;

  // Steps of weights that the decoder may be ahead of the array.
  parameter int unsigned WeightSlots = 4;
  // Output-channel blocks whose parameters are held.
  parameter int unsigned ParamSlots = 4;
  // A request on the engines' bus never crosses a multiple of this.
  parameter int unsigned SpanBytes = 512;

  // A feature map for walking row by row; products are modulo 2^20.
  typedef struct packed {
    sram_addr_t base;  // of row `row`, pixel 0, channel 0
    sram_addr_t row_pitch;
    sram_addr_t pix_pitch;
    sram_addr_t ring_bytes;  // ring * row_pitch
    logic [15:0] ring;  // 0: none
    logic [15:0] row;  // below ring, if there is one
  } map_t;

  // A checked compute command, unpacked, with products that the engines need.
  typedef struct packed {
    logic [7:0] opcode;
    logic [15:0] out_h;
    logic [15:0] out_w;
    logic [15:0] out_c;
    logic [15:0] tile_h;  // CONV, DWCONV; else out_h
    logic [15:0] tile_w;  // CONV, DWCONV; else out_w
    logic in_unsigned;
    logic weight_unsigned;
    logic pair;
    logic pool_sum;
    logic [7:0] weight_zero;
    logic [15:0] kernel_h;  // DWCONV, POOL
    logic [15:0] kernel_w;
    logic [15:0] in_h;  // RESIZE
    logic [15:0] in_w;
    sram_addr_t rows;  // RESIZE, tables
    sram_addr_t columns;
    sram_addr_t weights;  // CONV, DWCONV
    logic [20:0] weights_size;
    map_t in;
    map_t out;
    map_t op2;
    // Of the input, from one output row to the next: stride_h modulo ring, and the bytes of that.
    logic [15:0] stride_row;
    sram_addr_t stride_row_bytes;
    // From one output pixel to the next: stride_w * pix_pitch.
    sram_addr_t stride_pix_bytes;
    logic [15:0] stride_w;
    // From one kernel row to the next: dilation_h modulo ring, and its bytes (DWCONV; POOL: 1).
    logic [15:0] dilation_row;
    sram_addr_t dilation_row_bytes;
    // From one kernel column to the next: dilation_w * pix_pitch (DWCONV; POOL: pix_pitch).
    sram_addr_t dilation_pix_bytes;
    logic dilated;  // dilation_w > 1
    // From one tile to the next in a row of tiles.
    sram_addr_t tile_in_bytes;  // tile_w * stride_w * in.pix_pitch
    sram_addr_t tile_out_bytes;  // tile_w * out.pix_pitch
    sram_addr_t tile_op2_bytes;  // tile_w * op2.pix_pitch
    post_t post;
  } compute_t;

  // A step of the array: a step of a weight block of CONV, or a pass of DWCONV.  Presented when all
  // of its weights are in the array's weight slots, in order.
  typedef struct packed {
    logic first;  // of its output-channel block
    logic last;  // of its output-channel block
    logic none;  // the output-channel block is all zero: no weights, no slot
    block_e mode;  // D, G2, G4
    logic [15:0] row;  // window row, modulo ring
    sram_addr_t offset;  // row * row_pitch + offset, modulo 2^20
  } step_t;

  // A checked LOAD, FILL or STORE, or a move of the save and restore commands.
  typedef struct packed {
    logic fill;
    logic [7:0] value;
    logic ctx0;  // in context 0, else in the active one
    logic [31:0] va;  // of the first external byte
    logic [31:0] n0;
    logic [15:0] n1;
    logic [15:0] n2;
    logic [31:0] ext_stride1;
    logic [31:0] ext_stride2;
    sram_addr_t addr;  // of the first byte, row included: addr + row * sram_stride2
    sram_addr_t sram_stride1;
    sram_addr_t sram_stride2;
    sram_addr_t ring_bytes;  // ring * sram_stride2
    logic [15:0] ring;
    logic [15:0] row;
  } dma_t;

  // Why an access failed.
  typedef struct packed {
    logic bus;  // the bus, else the MMU
    logic [31:0] va;
  } access_fault_t;

  typedef struct packed {
    logic [31:0] va;
    logic [31:0] size;
  } region_t;

  // What firmware wrote into the JOB registers.
  typedef struct packed {
    logic [31:0] entry;
    logic [31:0] size;
    logic [31:0] trace_va;
    logic [31:0] trace_size;
    logic [63:0] max_cycles;
    region_t [Regions-1:0] region;
  } job_t;

  // JOB_COMMAND: pulses.
  typedef struct packed {
    logic start;
    logic resume;
    logic kill;
    logic preempt;
    logic no_preempt;
    logic ack;
  } job_command_t;

  typedef enum logic [2:0] {
    JobIdle = 3'd0,
    JobRunning = 3'd1,
    JobDone = 3'd2,
    JobFault = 3'd3,
    JobPreempted = 3'd4
  } job_state_e;

  // JOB_STATUS and what else firmware reads of a job.
  typedef struct packed {
    job_state_e state;
    logic write;
    logic [2:0] engine;
    logic [7:0] fault;
    logic [31:0] offset;
    logic [31:0] fault_va;
    logic [63:0] start;
    logic [63:0] ending;
    logic [63:0] busy;
    logic [63:0] read_bytes;
    logic [63:0] write_bytes;
    range_t [PreemptRanges-1:0] live;
  } job_status_t;

  // DMA_COMMAND: pulses, and their operands.
  typedef struct packed {
    logic save;
    logic restore;
    logic save_state;
    logic restore_state;
    logic [31:0] va;
    logic [31:0] addr;
    logic [31:0] size;
  } move_t;

  // Bytes of the command processor's state in memory.
  parameter int unsigned StateBytes = 192;

  // FAULT_STATUS.source.
  typedef enum logic [1:0] {
    SourceEngine = 2'd0,
    SourceCore = 2'd1,
    SourceBoot = 2'd2,
    SourceTable = 2'd3
  } fault_source_e;

  typedef struct packed {
    logic write;
    fault_source_e source;
    logic bus;  // BUS, else MMU
    logic [7:0] ctx;
    logic [31:0] va;
  } memory_fault_t;

  // What happens in a cycle.
  typedef struct packed {
    logic wait_store;  // what comes next of compute commands waits for STORE commands
    logic wait_load;  // ... for LOAD and FILL commands
    logic block;  // the decoder took the header of a weight block
    logic [1:0] block_mode;  // of it: block_e
    logic [2:0][31:0] offset;  // of the command that starts or completes, by engine
    logic [2:0] start;
    logic [2:0] done;
    logic [9:0] load_bytes;
    logic [9:0] store_bytes;
    logic [7:0] ctx;
    logic stopped;  // no job runs
    logic boot;  // reads of the control core are the boot hardware's
    logic walk;
    logic stall_mmu;
    logic active;  // a window or a vector was read
    logic [2:0] mode;  // of it: block_e of CONV, 4: pair, 5: DWCONV, 6: vector commands
    logic stall_weights;
    logic stall_acc;  // the post-processor is behind
    logic stall_bank;
    logic stall_write;
    logic stall_op2;
  } profile_t;

  // Kernel rows of a DWCONV pass: as many as fit V taps, at most the four that the window port reads.
  function automatic logic [2:0] dwconv_rows(logic [4:0] kernel_w, int unsigned v);
    dwconv_rows = 3'd1;
    for (int unsigned i = 2; i <= 4; i++) if (kernel_w <= 5'(v / i)) dwconv_rows = 3'(i);
  endfunction

  // Lanes of arithmetic in the post-processor, V or V / 2.  The array needs a cycle for V bytes of a
  // vector's inputs: with V = 8 it seldom delivers a vector in less than two, and full width would
  // make the post-processor larger than the array.
  function automatic int unsigned post_lanes(int unsigned v);
    return v > 8 ? v : v / 2;
  endfunction

  // Next row of a walk, `rows` (below ring) further: the row and its address.
  function automatic logic [15:0] ring_row(logic [15:0] row, logic [15:0] rows, logic [15:0] ring);
    logic [16:0] sum;
    sum = {1'b0, row} + {1'b0, rows};
    if (ring != '0 && sum >= {1'b0, ring}) sum = sum - {1'b0, ring};
    return sum[15:0];
  endfunction

  function automatic sram_addr_t ring_addr(sram_addr_t addr, sram_addr_t bytes, logic [15:0] row,
                                           logic [15:0] rows, logic [15:0] ring,
                                           sram_addr_t ring_bytes);
    logic [16:0] sum;
    sum = {1'b0, row} + {1'b0, rows};
    if (ring != '0 && sum >= {1'b0, ring}) return addr + bytes - ring_bytes;
    return addr + bytes;
  endfunction

endpackage
