// SPDX-License-Identifier: MIT
// Made by hw-model/isa/gen.py from commands.yaml; do not edit.

// A package offers more than one design uses.
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */

package onpu_isa_pkg;

  parameter int unsigned IsaMajor = 1;
  parameter int unsigned IsaMinor = 0;
  // pixels of a tile of CONV or DWCONV
  parameter int unsigned PMax = 256;
  // external regions of a job
  parameter int unsigned Regions = 16;
  // largest kernel height and width of DWCONV
  parameter int unsigned MaxKernel = 16;
  // live SRAM ranges that a PREEMPT can name
  parameter int unsigned PreemptRanges = 8;

  // First byte of a command.
  typedef enum logic [7:0] {
    OpcodeEnd = 8'h1,  // end of the job
    OpcodePreempt = 8'h2,  // a place where the job may be preempted
    OpcodeLoad = 8'h10,  // external memory to SRAM
    OpcodeFill = 8'h11,  // a byte to SRAM
    OpcodeStore = 8'h20,  // SRAM to external memory
    OpcodeConv = 8'h30,  // convolution on the MAC array
    OpcodeDwconv = 8'h31,  // depthwise convolution
    OpcodeEltwise = 8'h32,  // each element by itself, or with a second operand
    OpcodePool = 8'h33,  // maximum or sum over a window
    OpcodeResize = 8'h34  // interpolation between two rows and two columns
  } opcode_e;

  // Engines, as tokens, faults and trace records name them.
  typedef enum logic [1:0] {
    EngineLoad = 2'h0,  // LOAD and FILL
    EngineCompute = 2'h1,  // CONV, DWCONV, ELTWISE, POOL, RESIZE
    EngineStore = 2'h2,  // STORE
    EngineControl = 2'h3  // the command processor itself: END, PREEMPT
  } engine_e;

  // Why a job failed; 0 is no fault.
  typedef enum logic [7:0] {
    FaultNone = 8'h0,  // no fault
    FaultOpcode = 8'h1,  // unknown opcode
    FaultLength = 8'h2,  // length is not the opcode's
    FaultFlags = 8'h3,  // a reserved bit, byte or enumerator is set
    FaultField = 8'h4,  // a field is outside its documented range
    FaultBadToken = 8'h5,  // wait for a command that was not dispatched before
    FaultSramRange = 8'h6,  // an access outside the SRAM
    FaultRegionRange = 8'h7,  // an access outside its region, or an absent region
    FaultStream = 8'h8,  // the stream ended without END, or inside a command, or went on behind END
    FaultBadWeights = 8'h9,  // a malformed weight stream, or one that exceeds its size
    FaultMmu = 8'ha,  // no translation, or no permission
    FaultBus = 8'hb,  // the bus answered with an error
    FaultWatchdog = 8'hc,  // the job used up its cycle budget
    FaultKilled = 8'hd,  // the host asked for it
    FaultEngineHang = 8'he,  // an engine did not stop and was reset
    FaultFirmware = 8'hf  // the firmware failed
  } fault_e;

  // How a rescale rounds, see Integers.
  typedef enum logic [1:0] {
    RoundN = 2'h0,  // no rescale
    RoundD = 2'h1,  // high multiply, rounded half up, then right shift, rounded half away from zero
    RoundA = 2'h2  // rounded once, half away from zero
  } round_e;

  // What the post-processor does with the second operand.
  typedef enum logic [2:0] {
    Op2None = 3'h0,  // nothing
    Op2Add = 3'h1,  // v + x
    Op2Sub = 3'h2,  // v - x
    Op2Rsub = 3'h3,  // x - v
    Op2Mul = 3'h4,  // v * x
    Op2Max = 3'h5,  // larger of v and x, as stored
    Op2Min = 3'h6  // smaller of v and x, as stored
  } op2_e;

  // The post-processor's last stage before the store.
  typedef enum logic [1:0] {
    ActNone = 2'h0,  // nothing
    ActTable = 2'h1,  // 256-entry table, indexed by the low byte
    ActPrelu = 2'h2  // a slope for each channel below zero
  } act_e;

  // Reduction of POOL.
  typedef enum logic [0:0] {
    PoolMax = 1'h0,  // maximum
    PoolSum = 1'h1  // sum
  } pool_e;

  // Mode of a weight block.
  typedef enum logic [1:0] {
    BlockD = 2'h0,  // V window bytes, dense: slot t of a lane multiplies byte t
    BlockG2 = 2'h1,  // 2V window bytes, seen twice: slot t picks byte ((4t + select) mod 4V) mod 2V
    BlockG4 = 2'h2,  // 4V window bytes: slot t picks byte (4t + select) mod 4V
    BlockNone = 2'h3  // no weights: an output-channel block that is all zero
  } block_e;

  // `flags` of every command; other bits must be 0.
  parameter int unsigned CmdProfileBit = 0;  // write a trace record when the command completes

  // `mode` of CONV, DWCONV, ELTWISE, POOL and RESIZE; other bits must be 0.
  parameter int unsigned ConvInUnsignedBit = 0;  // input bytes are uint8, else int8
  parameter int unsigned ConvWeightUnsignedBit = 1;  // 8-bit weights are uint8 minus weight_zero (CONV, DWCONV only)
  parameter int unsigned ConvPairBit = 2;  // output-channel blocks of at most V/2 lanes work on two pixels at once (CONV only); their blocks must be of mode D or NONE

  // `flags` of the post-processor; other bits must be 0.
  parameter int unsigned PostPerChannelBit = 0;  // bias, multiplier and shift come from the weight stream (CONV, DWCONV only)
  parameter int unsigned PostOp2UnsignedBit = 1;  // second operand is uint8, else int8
  parameter int unsigned PostOp2OneChannelBit = 2;  // second operand has one channel, which serves all
  parameter int unsigned PostAlphaUnsignedBit = 3;  // PRELU slopes are uint8, else int8

  // Header word of a weight block.
  typedef struct packed {
    logic last;  // the output-channel block ends here
    logic reserved;  // 0
    logic nibble;  // values have 4 bits
    logic bitmap;  // only occupied slots have a value
    logic [1:0] steps;  // steps - 1; 0 in mode D and NONE, 0 to 2 in G2 and G4
    logic [1:0] mode;  // enum block
    logic [7:0] row;  // row of the window, from the pixel's first row (kernel row * dilation)
    logic [15:0] offset;  // byte offset of the window from the pixel's first byte in its row
  } block_header_t;

  typedef struct packed {
    logic [31:0] wait_store;
    logic [31:0] wait_compute;
    logic [31:0] wait_load;
    logic [15:0] flags;
    logic [7:0] length;
    logic [7:0] opcode;
  } head_t;

  typedef struct packed {
    logic [15:0] row;
    logic [15:0] ring;
    logic [31:0] pix_pitch;
    logic [31:0] row_pitch;
    logic [31:0] addr;
  } fmap_t;

  typedef struct packed {
    fmap_t op2;
    logic [31:0] act_addr;
    logic [15:0] reserved;
    logic signed [15:0] max_a;
    logic signed [15:0] min_a;
    logic signed [15:0] zero_a;
    logic signed [15:0] alpha_zero;
    logic signed [15:0] act_zero;
    logic [15:0] op2_channels;
    logic signed [15:0] max_o;
    logic signed [15:0] min_o;
    logic signed [15:0] zero_o;
    logic signed [15:0] op2_zero;
    logic signed [15:0] max;
    logic signed [15:0] min;
    logic signed [15:0] zero;
    logic signed [31:0] mult_n;
    logic signed [31:0] mult_p;
    logic signed [31:0] mult_o;
    logic signed [31:0] mult_x;
    logic signed [31:0] mult_v;
    logic signed [31:0] mult;
    logic signed [31:0] bias;
    logic signed [7:0] shift_n;
    logic signed [7:0] shift_p;
    logic signed [7:0] shift_o;
    logic signed [7:0] shift_x;
    logic signed [7:0] shift_v;
    logic signed [7:0] shift;
    logic [7:0] left_shift;
    logic [7:0] act;
    logic [7:0] op2_op;
    logic [7:0] round;
    logic [15:0] flags;
  } post_t;

  typedef struct packed {
    logic [31:0] size;
    logic [31:0] addr;
  } range_t;

  typedef struct packed {
    logic [31:0] end_hi;
    logic [31:0] end_lo;
    logic [31:0] start_hi;
    logic [31:0] start_lo;
    logic [31:0] engine;
    logic [31:0] stream_offset;
  } trace_record_t;

  typedef struct packed {
    head_t head;
  } cmd_end_t;

  typedef struct packed {
    range_t [7:0] live;
    head_t head;
  } cmd_preempt_t;

  typedef struct packed {
    logic [15:0] reserved;
    logic [15:0] row;
    logic [15:0] ring;
    logic [15:0] n2;
    logic [31:0] sram_stride2;
    logic [31:0] sram_stride1;
    logic [31:0] addr;
    logic [31:0] ext_stride2;
    logic [31:0] ext_stride1;
    logic [31:0] n0;
    logic [31:0] offset;
    logic [15:0] n1;
    logic [7:0] value;
    logic [7:0] region;
    head_t head;
  } cmd_load_t;

  typedef struct packed {
    logic [15:0] reserved;
    logic [15:0] row;
    logic [15:0] ring;
    logic [15:0] n2;
    logic [31:0] sram_stride2;
    logic [31:0] sram_stride1;
    logic [31:0] addr;
    logic [31:0] ext_stride2;
    logic [31:0] ext_stride1;
    logic [31:0] n0;
    logic [31:0] offset;
    logic [15:0] n1;
    logic [7:0] value;
    logic [7:0] region;
    head_t head;
  } cmd_fill_t;

  typedef struct packed {
    logic [15:0] reserved;
    logic [15:0] row;
    logic [15:0] ring;
    logic [15:0] n2;
    logic [31:0] sram_stride2;
    logic [31:0] sram_stride1;
    logic [31:0] addr;
    logic [31:0] ext_stride2;
    logic [31:0] ext_stride1;
    logic [31:0] n0;
    logic [31:0] offset;
    logic [15:0] n1;
    logic [7:0] value;
    logic [7:0] region;
    head_t head;
  } cmd_store_t;

  typedef struct packed {
    post_t post;
    fmap_t out;
    fmap_t in;
    logic [31:0] weights_size;
    logic [31:0] weights;
    logic [7:0] reserved;
    logic [7:0] weight_zero;
    logic [7:0] stride_w;
    logic [7:0] stride_h;
    logic [15:0] mode;
    logic [15:0] tile_w;
    logic [15:0] tile_h;
    logic [15:0] out_c;
    logic [15:0] out_w;
    logic [15:0] out_h;
    head_t head;
  } cmd_conv_t;

  typedef struct packed {
    post_t post;
    fmap_t out;
    fmap_t in;
    logic [31:0] weights_size;
    logic [31:0] weights;
    logic [7:0] reserved;
    logic [7:0] dilation_w;
    logic [7:0] dilation_h;
    logic [7:0] kernel_w;
    logic [7:0] kernel_h;
    logic [7:0] weight_zero;
    logic [7:0] stride_w;
    logic [7:0] stride_h;
    logic [15:0] mode;
    logic [15:0] tile_w;
    logic [15:0] tile_h;
    logic [15:0] out_c;
    logic [15:0] out_w;
    logic [15:0] out_h;
    head_t head;
  } cmd_dwconv_t;

  typedef struct packed {
    post_t post;
    fmap_t out;
    fmap_t in;
    logic [15:0] mode;
    logic [15:0] out_c;
    logic [15:0] out_w;
    logic [15:0] out_h;
    head_t head;
  } cmd_eltwise_t;

  typedef struct packed {
    post_t post;
    fmap_t out;
    fmap_t in;
    logic [15:0] reserved;
    logic [15:0] op;
    logic [15:0] stride_w;
    logic [15:0] stride_h;
    logic [15:0] kernel_w;
    logic [15:0] kernel_h;
    logic [15:0] mode;
    logic [15:0] out_c;
    logic [15:0] out_w;
    logic [15:0] out_h;
    head_t head;
  } cmd_pool_t;

  typedef struct packed {
    post_t post;
    fmap_t out;
    fmap_t in;
    logic [31:0] columns;
    logic [31:0] rows;
    logic [15:0] in_w;
    logic [15:0] in_h;
    logic [15:0] mode;
    logic [15:0] out_c;
    logic [15:0] out_w;
    logic [15:0] out_h;
    head_t head;
  } cmd_resize_t;

  // Commands in words.
  parameter int unsigned EndWords = 4;
  parameter int unsigned PreemptWords = 20;
  parameter int unsigned LoadWords = 14;
  parameter int unsigned FillWords = 14;
  parameter int unsigned StoreWords = 14;
  parameter int unsigned ConvWords = 40;
  parameter int unsigned DwconvWords = 41;
  parameter int unsigned EltwiseWords = 36;
  parameter int unsigned PoolWords = 39;
  parameter int unsigned ResizeWords = 39;
  parameter int unsigned MaxWords = 41;

  // 0 for an unknown opcode.
  function automatic logic [7:0] command_words(logic [7:0] opcode);
    unique case (opcode)
      OpcodeEnd: return 8'd4;
      OpcodePreempt: return 8'd20;
      OpcodeLoad: return 8'd14;
      OpcodeFill: return 8'd14;
      OpcodeStore: return 8'd14;
      OpcodeConv: return 8'd40;
      OpcodeDwconv: return 8'd41;
      OpcodeEltwise: return 8'd36;
      OpcodePool: return 8'd39;
      OpcodeResize: return 8'd39;
      default: return 8'd0;
    endcase
  endfunction

  function automatic engine_e command_engine(logic [7:0] opcode);
    unique case (opcode)
      OpcodeEnd: return EngineControl;
      OpcodePreempt: return EngineControl;
      OpcodeLoad: return EngineLoad;
      OpcodeFill: return EngineLoad;
      OpcodeStore: return EngineStore;
      OpcodeConv: return EngineCompute;
      OpcodeDwconv: return EngineCompute;
      OpcodeEltwise: return EngineCompute;
      OpcodePool: return EngineCompute;
      OpcodeResize: return EngineCompute;
      default: return EngineControl;
    endcase
  endfunction

  // Byte offsets of the scalars of each command.
  parameter int unsigned HeadOpcodeAt = 0;
  parameter int unsigned HeadLengthAt = 1;
  parameter int unsigned HeadFlagsAt = 2;
  parameter int unsigned HeadWaitLoadAt = 4;
  parameter int unsigned HeadWaitComputeAt = 8;
  parameter int unsigned HeadWaitStoreAt = 12;
  parameter int unsigned PreemptLive0AddrAt = 16;
  parameter int unsigned PreemptLive0SizeAt = 20;
  parameter int unsigned PreemptLive1AddrAt = 24;
  parameter int unsigned PreemptLive1SizeAt = 28;
  parameter int unsigned PreemptLive2AddrAt = 32;
  parameter int unsigned PreemptLive2SizeAt = 36;
  parameter int unsigned PreemptLive3AddrAt = 40;
  parameter int unsigned PreemptLive3SizeAt = 44;
  parameter int unsigned PreemptLive4AddrAt = 48;
  parameter int unsigned PreemptLive4SizeAt = 52;
  parameter int unsigned PreemptLive5AddrAt = 56;
  parameter int unsigned PreemptLive5SizeAt = 60;
  parameter int unsigned PreemptLive6AddrAt = 64;
  parameter int unsigned PreemptLive6SizeAt = 68;
  parameter int unsigned PreemptLive7AddrAt = 72;
  parameter int unsigned PreemptLive7SizeAt = 76;
  parameter int unsigned LoadRegionAt = 16;
  parameter int unsigned LoadValueAt = 17;
  parameter int unsigned LoadN1At = 18;
  parameter int unsigned LoadOffsetAt = 20;
  parameter int unsigned LoadN0At = 24;
  parameter int unsigned LoadExtStride1At = 28;
  parameter int unsigned LoadExtStride2At = 32;
  parameter int unsigned LoadAddrAt = 36;
  parameter int unsigned LoadSramStride1At = 40;
  parameter int unsigned LoadSramStride2At = 44;
  parameter int unsigned LoadN2At = 48;
  parameter int unsigned LoadRingAt = 50;
  parameter int unsigned LoadRowAt = 52;
  parameter int unsigned LoadReservedAt = 54;
  parameter int unsigned FillRegionAt = 16;
  parameter int unsigned FillValueAt = 17;
  parameter int unsigned FillN1At = 18;
  parameter int unsigned FillOffsetAt = 20;
  parameter int unsigned FillN0At = 24;
  parameter int unsigned FillExtStride1At = 28;
  parameter int unsigned FillExtStride2At = 32;
  parameter int unsigned FillAddrAt = 36;
  parameter int unsigned FillSramStride1At = 40;
  parameter int unsigned FillSramStride2At = 44;
  parameter int unsigned FillN2At = 48;
  parameter int unsigned FillRingAt = 50;
  parameter int unsigned FillRowAt = 52;
  parameter int unsigned FillReservedAt = 54;
  parameter int unsigned StoreRegionAt = 16;
  parameter int unsigned StoreValueAt = 17;
  parameter int unsigned StoreN1At = 18;
  parameter int unsigned StoreOffsetAt = 20;
  parameter int unsigned StoreN0At = 24;
  parameter int unsigned StoreExtStride1At = 28;
  parameter int unsigned StoreExtStride2At = 32;
  parameter int unsigned StoreAddrAt = 36;
  parameter int unsigned StoreSramStride1At = 40;
  parameter int unsigned StoreSramStride2At = 44;
  parameter int unsigned StoreN2At = 48;
  parameter int unsigned StoreRingAt = 50;
  parameter int unsigned StoreRowAt = 52;
  parameter int unsigned StoreReservedAt = 54;
  parameter int unsigned ConvOutHAt = 16;
  parameter int unsigned ConvOutWAt = 18;
  parameter int unsigned ConvOutCAt = 20;
  parameter int unsigned ConvTileHAt = 22;
  parameter int unsigned ConvTileWAt = 24;
  parameter int unsigned ConvModeAt = 26;
  parameter int unsigned ConvStrideHAt = 28;
  parameter int unsigned ConvStrideWAt = 29;
  parameter int unsigned ConvWeightZeroAt = 30;
  parameter int unsigned ConvReservedAt = 31;
  parameter int unsigned ConvWeightsAt = 32;
  parameter int unsigned ConvWeightsSizeAt = 36;
  parameter int unsigned ConvInAddrAt = 40;
  parameter int unsigned ConvInRowPitchAt = 44;
  parameter int unsigned ConvInPixPitchAt = 48;
  parameter int unsigned ConvInRingAt = 52;
  parameter int unsigned ConvInRowAt = 54;
  parameter int unsigned ConvOutAddrAt = 56;
  parameter int unsigned ConvOutRowPitchAt = 60;
  parameter int unsigned ConvOutPixPitchAt = 64;
  parameter int unsigned ConvOutRingAt = 68;
  parameter int unsigned ConvOutRowAt = 70;
  parameter int unsigned ConvPostFlagsAt = 72;
  parameter int unsigned ConvPostRoundAt = 74;
  parameter int unsigned ConvPostOp2OpAt = 75;
  parameter int unsigned ConvPostActAt = 76;
  parameter int unsigned ConvPostLeftShiftAt = 77;
  parameter int unsigned ConvPostShiftAt = 78;
  parameter int unsigned ConvPostShiftVAt = 79;
  parameter int unsigned ConvPostShiftXAt = 80;
  parameter int unsigned ConvPostShiftOAt = 81;
  parameter int unsigned ConvPostShiftPAt = 82;
  parameter int unsigned ConvPostShiftNAt = 83;
  parameter int unsigned ConvPostBiasAt = 84;
  parameter int unsigned ConvPostMultAt = 88;
  parameter int unsigned ConvPostMultVAt = 92;
  parameter int unsigned ConvPostMultXAt = 96;
  parameter int unsigned ConvPostMultOAt = 100;
  parameter int unsigned ConvPostMultPAt = 104;
  parameter int unsigned ConvPostMultNAt = 108;
  parameter int unsigned ConvPostZeroAt = 112;
  parameter int unsigned ConvPostMinAt = 114;
  parameter int unsigned ConvPostMaxAt = 116;
  parameter int unsigned ConvPostOp2ZeroAt = 118;
  parameter int unsigned ConvPostZeroOAt = 120;
  parameter int unsigned ConvPostMinOAt = 122;
  parameter int unsigned ConvPostMaxOAt = 124;
  parameter int unsigned ConvPostOp2ChannelsAt = 126;
  parameter int unsigned ConvPostActZeroAt = 128;
  parameter int unsigned ConvPostAlphaZeroAt = 130;
  parameter int unsigned ConvPostZeroAAt = 132;
  parameter int unsigned ConvPostMinAAt = 134;
  parameter int unsigned ConvPostMaxAAt = 136;
  parameter int unsigned ConvPostReservedAt = 138;
  parameter int unsigned ConvPostActAddrAt = 140;
  parameter int unsigned ConvPostOp2AddrAt = 144;
  parameter int unsigned ConvPostOp2RowPitchAt = 148;
  parameter int unsigned ConvPostOp2PixPitchAt = 152;
  parameter int unsigned ConvPostOp2RingAt = 156;
  parameter int unsigned ConvPostOp2RowAt = 158;
  parameter int unsigned DwconvOutHAt = 16;
  parameter int unsigned DwconvOutWAt = 18;
  parameter int unsigned DwconvOutCAt = 20;
  parameter int unsigned DwconvTileHAt = 22;
  parameter int unsigned DwconvTileWAt = 24;
  parameter int unsigned DwconvModeAt = 26;
  parameter int unsigned DwconvStrideHAt = 28;
  parameter int unsigned DwconvStrideWAt = 29;
  parameter int unsigned DwconvWeightZeroAt = 30;
  parameter int unsigned DwconvKernelHAt = 31;
  parameter int unsigned DwconvKernelWAt = 32;
  parameter int unsigned DwconvDilationHAt = 33;
  parameter int unsigned DwconvDilationWAt = 34;
  parameter int unsigned DwconvReservedAt = 35;
  parameter int unsigned DwconvWeightsAt = 36;
  parameter int unsigned DwconvWeightsSizeAt = 40;
  parameter int unsigned DwconvInAddrAt = 44;
  parameter int unsigned DwconvInRowPitchAt = 48;
  parameter int unsigned DwconvInPixPitchAt = 52;
  parameter int unsigned DwconvInRingAt = 56;
  parameter int unsigned DwconvInRowAt = 58;
  parameter int unsigned DwconvOutAddrAt = 60;
  parameter int unsigned DwconvOutRowPitchAt = 64;
  parameter int unsigned DwconvOutPixPitchAt = 68;
  parameter int unsigned DwconvOutRingAt = 72;
  parameter int unsigned DwconvOutRowAt = 74;
  parameter int unsigned DwconvPostFlagsAt = 76;
  parameter int unsigned DwconvPostRoundAt = 78;
  parameter int unsigned DwconvPostOp2OpAt = 79;
  parameter int unsigned DwconvPostActAt = 80;
  parameter int unsigned DwconvPostLeftShiftAt = 81;
  parameter int unsigned DwconvPostShiftAt = 82;
  parameter int unsigned DwconvPostShiftVAt = 83;
  parameter int unsigned DwconvPostShiftXAt = 84;
  parameter int unsigned DwconvPostShiftOAt = 85;
  parameter int unsigned DwconvPostShiftPAt = 86;
  parameter int unsigned DwconvPostShiftNAt = 87;
  parameter int unsigned DwconvPostBiasAt = 88;
  parameter int unsigned DwconvPostMultAt = 92;
  parameter int unsigned DwconvPostMultVAt = 96;
  parameter int unsigned DwconvPostMultXAt = 100;
  parameter int unsigned DwconvPostMultOAt = 104;
  parameter int unsigned DwconvPostMultPAt = 108;
  parameter int unsigned DwconvPostMultNAt = 112;
  parameter int unsigned DwconvPostZeroAt = 116;
  parameter int unsigned DwconvPostMinAt = 118;
  parameter int unsigned DwconvPostMaxAt = 120;
  parameter int unsigned DwconvPostOp2ZeroAt = 122;
  parameter int unsigned DwconvPostZeroOAt = 124;
  parameter int unsigned DwconvPostMinOAt = 126;
  parameter int unsigned DwconvPostMaxOAt = 128;
  parameter int unsigned DwconvPostOp2ChannelsAt = 130;
  parameter int unsigned DwconvPostActZeroAt = 132;
  parameter int unsigned DwconvPostAlphaZeroAt = 134;
  parameter int unsigned DwconvPostZeroAAt = 136;
  parameter int unsigned DwconvPostMinAAt = 138;
  parameter int unsigned DwconvPostMaxAAt = 140;
  parameter int unsigned DwconvPostReservedAt = 142;
  parameter int unsigned DwconvPostActAddrAt = 144;
  parameter int unsigned DwconvPostOp2AddrAt = 148;
  parameter int unsigned DwconvPostOp2RowPitchAt = 152;
  parameter int unsigned DwconvPostOp2PixPitchAt = 156;
  parameter int unsigned DwconvPostOp2RingAt = 160;
  parameter int unsigned DwconvPostOp2RowAt = 162;
  parameter int unsigned EltwiseOutHAt = 16;
  parameter int unsigned EltwiseOutWAt = 18;
  parameter int unsigned EltwiseOutCAt = 20;
  parameter int unsigned EltwiseModeAt = 22;
  parameter int unsigned EltwiseInAddrAt = 24;
  parameter int unsigned EltwiseInRowPitchAt = 28;
  parameter int unsigned EltwiseInPixPitchAt = 32;
  parameter int unsigned EltwiseInRingAt = 36;
  parameter int unsigned EltwiseInRowAt = 38;
  parameter int unsigned EltwiseOutAddrAt = 40;
  parameter int unsigned EltwiseOutRowPitchAt = 44;
  parameter int unsigned EltwiseOutPixPitchAt = 48;
  parameter int unsigned EltwiseOutRingAt = 52;
  parameter int unsigned EltwiseOutRowAt = 54;
  parameter int unsigned EltwisePostFlagsAt = 56;
  parameter int unsigned EltwisePostRoundAt = 58;
  parameter int unsigned EltwisePostOp2OpAt = 59;
  parameter int unsigned EltwisePostActAt = 60;
  parameter int unsigned EltwisePostLeftShiftAt = 61;
  parameter int unsigned EltwisePostShiftAt = 62;
  parameter int unsigned EltwisePostShiftVAt = 63;
  parameter int unsigned EltwisePostShiftXAt = 64;
  parameter int unsigned EltwisePostShiftOAt = 65;
  parameter int unsigned EltwisePostShiftPAt = 66;
  parameter int unsigned EltwisePostShiftNAt = 67;
  parameter int unsigned EltwisePostBiasAt = 68;
  parameter int unsigned EltwisePostMultAt = 72;
  parameter int unsigned EltwisePostMultVAt = 76;
  parameter int unsigned EltwisePostMultXAt = 80;
  parameter int unsigned EltwisePostMultOAt = 84;
  parameter int unsigned EltwisePostMultPAt = 88;
  parameter int unsigned EltwisePostMultNAt = 92;
  parameter int unsigned EltwisePostZeroAt = 96;
  parameter int unsigned EltwisePostMinAt = 98;
  parameter int unsigned EltwisePostMaxAt = 100;
  parameter int unsigned EltwisePostOp2ZeroAt = 102;
  parameter int unsigned EltwisePostZeroOAt = 104;
  parameter int unsigned EltwisePostMinOAt = 106;
  parameter int unsigned EltwisePostMaxOAt = 108;
  parameter int unsigned EltwisePostOp2ChannelsAt = 110;
  parameter int unsigned EltwisePostActZeroAt = 112;
  parameter int unsigned EltwisePostAlphaZeroAt = 114;
  parameter int unsigned EltwisePostZeroAAt = 116;
  parameter int unsigned EltwisePostMinAAt = 118;
  parameter int unsigned EltwisePostMaxAAt = 120;
  parameter int unsigned EltwisePostReservedAt = 122;
  parameter int unsigned EltwisePostActAddrAt = 124;
  parameter int unsigned EltwisePostOp2AddrAt = 128;
  parameter int unsigned EltwisePostOp2RowPitchAt = 132;
  parameter int unsigned EltwisePostOp2PixPitchAt = 136;
  parameter int unsigned EltwisePostOp2RingAt = 140;
  parameter int unsigned EltwisePostOp2RowAt = 142;
  parameter int unsigned PoolOutHAt = 16;
  parameter int unsigned PoolOutWAt = 18;
  parameter int unsigned PoolOutCAt = 20;
  parameter int unsigned PoolModeAt = 22;
  parameter int unsigned PoolKernelHAt = 24;
  parameter int unsigned PoolKernelWAt = 26;
  parameter int unsigned PoolStrideHAt = 28;
  parameter int unsigned PoolStrideWAt = 30;
  parameter int unsigned PoolOpAt = 32;
  parameter int unsigned PoolReservedAt = 34;
  parameter int unsigned PoolInAddrAt = 36;
  parameter int unsigned PoolInRowPitchAt = 40;
  parameter int unsigned PoolInPixPitchAt = 44;
  parameter int unsigned PoolInRingAt = 48;
  parameter int unsigned PoolInRowAt = 50;
  parameter int unsigned PoolOutAddrAt = 52;
  parameter int unsigned PoolOutRowPitchAt = 56;
  parameter int unsigned PoolOutPixPitchAt = 60;
  parameter int unsigned PoolOutRingAt = 64;
  parameter int unsigned PoolOutRowAt = 66;
  parameter int unsigned PoolPostFlagsAt = 68;
  parameter int unsigned PoolPostRoundAt = 70;
  parameter int unsigned PoolPostOp2OpAt = 71;
  parameter int unsigned PoolPostActAt = 72;
  parameter int unsigned PoolPostLeftShiftAt = 73;
  parameter int unsigned PoolPostShiftAt = 74;
  parameter int unsigned PoolPostShiftVAt = 75;
  parameter int unsigned PoolPostShiftXAt = 76;
  parameter int unsigned PoolPostShiftOAt = 77;
  parameter int unsigned PoolPostShiftPAt = 78;
  parameter int unsigned PoolPostShiftNAt = 79;
  parameter int unsigned PoolPostBiasAt = 80;
  parameter int unsigned PoolPostMultAt = 84;
  parameter int unsigned PoolPostMultVAt = 88;
  parameter int unsigned PoolPostMultXAt = 92;
  parameter int unsigned PoolPostMultOAt = 96;
  parameter int unsigned PoolPostMultPAt = 100;
  parameter int unsigned PoolPostMultNAt = 104;
  parameter int unsigned PoolPostZeroAt = 108;
  parameter int unsigned PoolPostMinAt = 110;
  parameter int unsigned PoolPostMaxAt = 112;
  parameter int unsigned PoolPostOp2ZeroAt = 114;
  parameter int unsigned PoolPostZeroOAt = 116;
  parameter int unsigned PoolPostMinOAt = 118;
  parameter int unsigned PoolPostMaxOAt = 120;
  parameter int unsigned PoolPostOp2ChannelsAt = 122;
  parameter int unsigned PoolPostActZeroAt = 124;
  parameter int unsigned PoolPostAlphaZeroAt = 126;
  parameter int unsigned PoolPostZeroAAt = 128;
  parameter int unsigned PoolPostMinAAt = 130;
  parameter int unsigned PoolPostMaxAAt = 132;
  parameter int unsigned PoolPostReservedAt = 134;
  parameter int unsigned PoolPostActAddrAt = 136;
  parameter int unsigned PoolPostOp2AddrAt = 140;
  parameter int unsigned PoolPostOp2RowPitchAt = 144;
  parameter int unsigned PoolPostOp2PixPitchAt = 148;
  parameter int unsigned PoolPostOp2RingAt = 152;
  parameter int unsigned PoolPostOp2RowAt = 154;
  parameter int unsigned ResizeOutHAt = 16;
  parameter int unsigned ResizeOutWAt = 18;
  parameter int unsigned ResizeOutCAt = 20;
  parameter int unsigned ResizeModeAt = 22;
  parameter int unsigned ResizeInHAt = 24;
  parameter int unsigned ResizeInWAt = 26;
  parameter int unsigned ResizeRowsAt = 28;
  parameter int unsigned ResizeColumnsAt = 32;
  parameter int unsigned ResizeInAddrAt = 36;
  parameter int unsigned ResizeInRowPitchAt = 40;
  parameter int unsigned ResizeInPixPitchAt = 44;
  parameter int unsigned ResizeInRingAt = 48;
  parameter int unsigned ResizeInRowAt = 50;
  parameter int unsigned ResizeOutAddrAt = 52;
  parameter int unsigned ResizeOutRowPitchAt = 56;
  parameter int unsigned ResizeOutPixPitchAt = 60;
  parameter int unsigned ResizeOutRingAt = 64;
  parameter int unsigned ResizeOutRowAt = 66;
  parameter int unsigned ResizePostFlagsAt = 68;
  parameter int unsigned ResizePostRoundAt = 70;
  parameter int unsigned ResizePostOp2OpAt = 71;
  parameter int unsigned ResizePostActAt = 72;
  parameter int unsigned ResizePostLeftShiftAt = 73;
  parameter int unsigned ResizePostShiftAt = 74;
  parameter int unsigned ResizePostShiftVAt = 75;
  parameter int unsigned ResizePostShiftXAt = 76;
  parameter int unsigned ResizePostShiftOAt = 77;
  parameter int unsigned ResizePostShiftPAt = 78;
  parameter int unsigned ResizePostShiftNAt = 79;
  parameter int unsigned ResizePostBiasAt = 80;
  parameter int unsigned ResizePostMultAt = 84;
  parameter int unsigned ResizePostMultVAt = 88;
  parameter int unsigned ResizePostMultXAt = 92;
  parameter int unsigned ResizePostMultOAt = 96;
  parameter int unsigned ResizePostMultPAt = 100;
  parameter int unsigned ResizePostMultNAt = 104;
  parameter int unsigned ResizePostZeroAt = 108;
  parameter int unsigned ResizePostMinAt = 110;
  parameter int unsigned ResizePostMaxAt = 112;
  parameter int unsigned ResizePostOp2ZeroAt = 114;
  parameter int unsigned ResizePostZeroOAt = 116;
  parameter int unsigned ResizePostMinOAt = 118;
  parameter int unsigned ResizePostMaxOAt = 120;
  parameter int unsigned ResizePostOp2ChannelsAt = 122;
  parameter int unsigned ResizePostActZeroAt = 124;
  parameter int unsigned ResizePostAlphaZeroAt = 126;
  parameter int unsigned ResizePostZeroAAt = 128;
  parameter int unsigned ResizePostMinAAt = 130;
  parameter int unsigned ResizePostMaxAAt = 132;
  parameter int unsigned ResizePostReservedAt = 134;
  parameter int unsigned ResizePostActAddrAt = 136;
  parameter int unsigned ResizePostOp2AddrAt = 140;
  parameter int unsigned ResizePostOp2RowPitchAt = 144;
  parameter int unsigned ResizePostOp2PixPitchAt = 148;
  parameter int unsigned ResizePostOp2RingAt = 152;
  parameter int unsigned ResizePostOp2RowAt = 154;

  // False is the fault FLAGS.
  function automatic logic end_flags_ok(cmd_end_t c);
    return ((c.head.flags & ~16'h1) == '0);
  endfunction

  // False is the fault FIELD, as far as one field tells.
  function automatic logic end_ranges_ok(cmd_end_t c);
    logic unused;
    unused = ^c;
    return 1'b1;
  endfunction

  // False is the fault FLAGS.
  function automatic logic preempt_flags_ok(cmd_preempt_t c);
    return ((c.head.flags & ~16'h1) == '0);
  endfunction

  // False is the fault FIELD, as far as one field tells.
  function automatic logic preempt_ranges_ok(cmd_preempt_t c);
    logic unused;
    unused = ^c;
    return 1'b1;
  endfunction

  // False is the fault FLAGS.
  function automatic logic load_flags_ok(cmd_load_t c);
    return ((c.head.flags & ~16'h1) == '0) &&
        ((c.reserved & ~16'h0) == '0);
  endfunction

  // False is the fault FIELD, as far as one field tells.
  function automatic logic load_ranges_ok(cmd_load_t c);
    return (c.region <= 8'd15) &&
        (c.n1 >= 16'd1) &&
        (c.n0 >= 32'd1) &&
        (c.n2 >= 16'd1);
  endfunction

  // False is the fault FLAGS.
  function automatic logic fill_flags_ok(cmd_fill_t c);
    return ((c.head.flags & ~16'h1) == '0) &&
        ((c.reserved & ~16'h0) == '0);
  endfunction

  // False is the fault FIELD, as far as one field tells.
  function automatic logic fill_ranges_ok(cmd_fill_t c);
    return (c.region <= 8'd15) &&
        (c.n1 >= 16'd1) &&
        (c.n0 >= 32'd1) &&
        (c.n2 >= 16'd1);
  endfunction

  // False is the fault FLAGS.
  function automatic logic store_flags_ok(cmd_store_t c);
    return ((c.head.flags & ~16'h1) == '0) &&
        ((c.reserved & ~16'h0) == '0);
  endfunction

  // False is the fault FIELD, as far as one field tells.
  function automatic logic store_ranges_ok(cmd_store_t c);
    return (c.region <= 8'd15) &&
        (c.n1 >= 16'd1) &&
        (c.n0 >= 32'd1) &&
        (c.n2 >= 16'd1);
  endfunction

  // False is the fault FLAGS.
  function automatic logic conv_flags_ok(cmd_conv_t c);
    return ((c.head.flags & ~16'h1) == '0) &&
        ((c.mode & ~16'h7) == '0) &&
        ((c.reserved & ~8'h0) == '0) &&
        ((c.post.flags & ~16'hf) == '0) &&
        (c.post.round inside {8'd0, 8'd1, 8'd2}) &&
        (c.post.op2_op inside {8'd0, 8'd1, 8'd2, 8'd3, 8'd4, 8'd5, 8'd6}) &&
        (c.post.act inside {8'd0, 8'd1, 8'd2}) &&
        ((c.post.reserved & ~16'h0) == '0);
  endfunction

  // False is the fault FIELD, as far as one field tells.
  function automatic logic conv_ranges_ok(cmd_conv_t c);
    return (c.out_h >= 16'd1) &&
        (c.out_w >= 16'd1) &&
        (c.out_c >= 16'd1) &&
        (c.tile_h >= 16'd1) &&
        (c.tile_w >= 16'd1) &&
        (c.stride_h >= 8'd1) &&
        (c.stride_h <= 8'd16) &&
        (c.stride_w >= 8'd1) &&
        (c.stride_w <= 8'd16) &&
        ((c.weights & 32'd3) == '0) &&
        ((c.weights_size & 32'd3) == '0) &&
        (c.post.left_shift <= 8'd22) &&
        (c.post.shift >= -8'sd31) &&
        (c.post.shift <= 8'sd30) &&
        (c.post.shift_v >= -8'sd31) &&
        (c.post.shift_v <= 8'sd30) &&
        (c.post.shift_x >= -8'sd31) &&
        (c.post.shift_x <= 8'sd30) &&
        (c.post.shift_o >= -8'sd31) &&
        (c.post.shift_o <= 8'sd30) &&
        (c.post.shift_p >= -8'sd31) &&
        (c.post.shift_p <= 8'sd30) &&
        (c.post.shift_n >= -8'sd31) &&
        (c.post.shift_n <= 8'sd30) &&
        (c.post.mult >= 32'sd0) &&
        (c.post.mult_v >= 32'sd0) &&
        (c.post.mult_x >= 32'sd0) &&
        (c.post.mult_o >= 32'sd0) &&
        (c.post.mult_p >= 32'sd0) &&
        (c.post.mult_n >= 32'sd0);
  endfunction

  // False is the fault FLAGS.
  function automatic logic dwconv_flags_ok(cmd_dwconv_t c);
    return ((c.head.flags & ~16'h1) == '0) &&
        ((c.mode & ~16'h3) == '0) &&
        ((c.reserved & ~8'h0) == '0) &&
        ((c.post.flags & ~16'hf) == '0) &&
        (c.post.round inside {8'd0, 8'd1, 8'd2}) &&
        (c.post.op2_op inside {8'd0, 8'd1, 8'd2, 8'd3, 8'd4, 8'd5, 8'd6}) &&
        (c.post.act inside {8'd0, 8'd1, 8'd2}) &&
        ((c.post.reserved & ~16'h0) == '0);
  endfunction

  // False is the fault FIELD, as far as one field tells.
  function automatic logic dwconv_ranges_ok(cmd_dwconv_t c);
    return (c.out_h >= 16'd1) &&
        (c.out_w >= 16'd1) &&
        (c.out_c >= 16'd1) &&
        (c.tile_h >= 16'd1) &&
        (c.tile_w >= 16'd1) &&
        (c.stride_h >= 8'd1) &&
        (c.stride_h <= 8'd16) &&
        (c.stride_w >= 8'd1) &&
        (c.stride_w <= 8'd16) &&
        (c.kernel_h >= 8'd1) &&
        (c.kernel_h <= 8'd16) &&
        (c.kernel_w >= 8'd1) &&
        (c.kernel_w <= 8'd16) &&
        (c.dilation_h >= 8'd1) &&
        (c.dilation_w >= 8'd1) &&
        ((c.weights & 32'd3) == '0) &&
        ((c.weights_size & 32'd3) == '0) &&
        (c.post.left_shift <= 8'd22) &&
        (c.post.shift >= -8'sd31) &&
        (c.post.shift <= 8'sd30) &&
        (c.post.shift_v >= -8'sd31) &&
        (c.post.shift_v <= 8'sd30) &&
        (c.post.shift_x >= -8'sd31) &&
        (c.post.shift_x <= 8'sd30) &&
        (c.post.shift_o >= -8'sd31) &&
        (c.post.shift_o <= 8'sd30) &&
        (c.post.shift_p >= -8'sd31) &&
        (c.post.shift_p <= 8'sd30) &&
        (c.post.shift_n >= -8'sd31) &&
        (c.post.shift_n <= 8'sd30) &&
        (c.post.mult >= 32'sd0) &&
        (c.post.mult_v >= 32'sd0) &&
        (c.post.mult_x >= 32'sd0) &&
        (c.post.mult_o >= 32'sd0) &&
        (c.post.mult_p >= 32'sd0) &&
        (c.post.mult_n >= 32'sd0);
  endfunction

  // False is the fault FLAGS.
  function automatic logic eltwise_flags_ok(cmd_eltwise_t c);
    return ((c.head.flags & ~16'h1) == '0) &&
        ((c.mode & ~16'h1) == '0) &&
        ((c.post.flags & ~16'he) == '0) &&
        (c.post.round inside {8'd0, 8'd1, 8'd2}) &&
        (c.post.op2_op inside {8'd0, 8'd1, 8'd2, 8'd3, 8'd4, 8'd5, 8'd6}) &&
        (c.post.act inside {8'd0, 8'd1, 8'd2}) &&
        ((c.post.reserved & ~16'h0) == '0);
  endfunction

  // False is the fault FIELD, as far as one field tells.
  function automatic logic eltwise_ranges_ok(cmd_eltwise_t c);
    return (c.out_h >= 16'd1) &&
        (c.out_w >= 16'd1) &&
        (c.out_c >= 16'd1) &&
        (c.post.left_shift <= 8'd22) &&
        (c.post.shift >= -8'sd31) &&
        (c.post.shift <= 8'sd30) &&
        (c.post.shift_v >= -8'sd31) &&
        (c.post.shift_v <= 8'sd30) &&
        (c.post.shift_x >= -8'sd31) &&
        (c.post.shift_x <= 8'sd30) &&
        (c.post.shift_o >= -8'sd31) &&
        (c.post.shift_o <= 8'sd30) &&
        (c.post.shift_p >= -8'sd31) &&
        (c.post.shift_p <= 8'sd30) &&
        (c.post.shift_n >= -8'sd31) &&
        (c.post.shift_n <= 8'sd30) &&
        (c.post.mult >= 32'sd0) &&
        (c.post.mult_v >= 32'sd0) &&
        (c.post.mult_x >= 32'sd0) &&
        (c.post.mult_o >= 32'sd0) &&
        (c.post.mult_p >= 32'sd0) &&
        (c.post.mult_n >= 32'sd0);
  endfunction

  // False is the fault FLAGS.
  function automatic logic pool_flags_ok(cmd_pool_t c);
    return ((c.head.flags & ~16'h1) == '0) &&
        ((c.mode & ~16'h1) == '0) &&
        (c.op inside {16'd0, 16'd1}) &&
        ((c.reserved & ~16'h0) == '0) &&
        ((c.post.flags & ~16'he) == '0) &&
        (c.post.round inside {8'd0, 8'd1, 8'd2}) &&
        (c.post.op2_op inside {8'd0, 8'd1, 8'd2, 8'd3, 8'd4, 8'd5, 8'd6}) &&
        (c.post.act inside {8'd0, 8'd1, 8'd2}) &&
        ((c.post.reserved & ~16'h0) == '0);
  endfunction

  // False is the fault FIELD, as far as one field tells.
  function automatic logic pool_ranges_ok(cmd_pool_t c);
    return (c.out_h >= 16'd1) &&
        (c.out_w >= 16'd1) &&
        (c.out_c >= 16'd1) &&
        (c.kernel_h >= 16'd1) &&
        (c.kernel_w >= 16'd1) &&
        (c.stride_h >= 16'd1) &&
        (c.stride_w >= 16'd1) &&
        (c.post.left_shift <= 8'd22) &&
        (c.post.shift >= -8'sd31) &&
        (c.post.shift <= 8'sd30) &&
        (c.post.shift_v >= -8'sd31) &&
        (c.post.shift_v <= 8'sd30) &&
        (c.post.shift_x >= -8'sd31) &&
        (c.post.shift_x <= 8'sd30) &&
        (c.post.shift_o >= -8'sd31) &&
        (c.post.shift_o <= 8'sd30) &&
        (c.post.shift_p >= -8'sd31) &&
        (c.post.shift_p <= 8'sd30) &&
        (c.post.shift_n >= -8'sd31) &&
        (c.post.shift_n <= 8'sd30) &&
        (c.post.mult >= 32'sd0) &&
        (c.post.mult_v >= 32'sd0) &&
        (c.post.mult_x >= 32'sd0) &&
        (c.post.mult_o >= 32'sd0) &&
        (c.post.mult_p >= 32'sd0) &&
        (c.post.mult_n >= 32'sd0);
  endfunction

  // False is the fault FLAGS.
  function automatic logic resize_flags_ok(cmd_resize_t c);
    return ((c.head.flags & ~16'h1) == '0) &&
        ((c.mode & ~16'h1) == '0) &&
        ((c.post.flags & ~16'he) == '0) &&
        (c.post.round inside {8'd0, 8'd1, 8'd2}) &&
        (c.post.op2_op inside {8'd0, 8'd1, 8'd2, 8'd3, 8'd4, 8'd5, 8'd6}) &&
        (c.post.act inside {8'd0, 8'd1, 8'd2}) &&
        ((c.post.reserved & ~16'h0) == '0);
  endfunction

  // False is the fault FIELD, as far as one field tells.
  function automatic logic resize_ranges_ok(cmd_resize_t c);
    return (c.out_h >= 16'd1) &&
        (c.out_w >= 16'd1) &&
        (c.out_c >= 16'd1) &&
        (c.in_h >= 16'd1) &&
        (c.in_w >= 16'd1) &&
        ((c.rows & 32'd7) == '0) &&
        ((c.columns & 32'd7) == '0) &&
        (c.post.left_shift <= 8'd22) &&
        (c.post.shift >= -8'sd31) &&
        (c.post.shift <= 8'sd30) &&
        (c.post.shift_v >= -8'sd31) &&
        (c.post.shift_v <= 8'sd30) &&
        (c.post.shift_x >= -8'sd31) &&
        (c.post.shift_x <= 8'sd30) &&
        (c.post.shift_o >= -8'sd31) &&
        (c.post.shift_o <= 8'sd30) &&
        (c.post.shift_p >= -8'sd31) &&
        (c.post.shift_p <= 8'sd30) &&
        (c.post.shift_n >= -8'sd31) &&
        (c.post.shift_n <= 8'sd30) &&
        (c.post.mult >= 32'sd0) &&
        (c.post.mult_v >= 32'sd0) &&
        (c.post.mult_x >= 32'sd0) &&
        (c.post.mult_o >= 32'sd0) &&
        (c.post.mult_p >= 32'sd0) &&
        (c.post.mult_n >= 32'sd0);
  endfunction

endpackage

/* verilator lint_on UNUSEDSIGNAL */
/* verilator lint_on UNUSEDPARAM */
