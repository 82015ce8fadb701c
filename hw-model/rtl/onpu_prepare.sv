// SPDX-License-Identifier: MIT
//
// Unpacks a compute command and calculates the products that the engines' walks need, one a cycle
// with one multiplier.  The command is held until it is taken, so that the next one is prepared while
// its predecessor runs.

module onpu_prepare
  import onpu_isa_pkg::*;
  import onpu_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic abort_i,

  input  logic                   cmd_valid_i,
  input  logic [MaxWords*32-1:0] cmd_i,
  output logic                   cmd_ready_o,

  output logic     valid_o,
  output compute_t compute_o,
  input  logic     ready_i
);

  cmd_conv_t conv;
  cmd_dwconv_t dwconv;
  cmd_eltwise_t eltwise;
  cmd_pool_t pool;
  cmd_resize_t resize;

  assign conv = cmd_i[ConvWords*32-1:0];
  assign dwconv = cmd_i[DwconvWords*32-1:0];
  assign eltwise = cmd_i[EltwiseWords*32-1:0];
  assign pool = cmd_i[PoolWords*32-1:0];
  assign resize = cmd_i[ResizeWords*32-1:0];

  function automatic map_t unpack_map(fmap_t f);
    map_t m;
    m = '0;
    m.base = f.addr[SramAddrBits-1:0];
    m.row_pitch = f.row_pitch[SramAddrBits-1:0];
    m.pix_pitch = f.pix_pitch[SramAddrBits-1:0];
    m.ring = f.ring;
    m.row = f.row;
    return m;
  endfunction

  // ---- fields -------------------------------------------------------------------------------

  compute_t unpacked;
  logic [15:0] mode;
  logic [15:0] dilation_w;

  always_comb begin
    unpacked = '0;
    unpacked.opcode = eltwise.head.opcode;
    unpacked.kernel_h = 16'd1;
    unpacked.kernel_w = 16'd1;
    unpacked.stride_row = 16'd1;
    unpacked.stride_w = 16'd1;
    unpacked.dilation_row = 16'd1;
    dilation_w = 16'd1;
    // Sizes are at the same place in every command.
    unpacked.out_h = eltwise.out_h;
    unpacked.out_w = eltwise.out_w;
    unpacked.out_c = eltwise.out_c;
    unpacked.tile_h = eltwise.out_h;
    unpacked.tile_w = eltwise.out_w;
    mode = eltwise.mode;
    case (eltwise.head.opcode)
      OpcodeConv: begin
        mode = conv.mode;
        unpacked.tile_h = conv.tile_h;
        unpacked.tile_w = conv.tile_w;
        unpacked.weight_zero = conv.weight_zero;
        unpacked.weights = conv.weights[SramAddrBits-1:0];
        unpacked.weights_size = conv.weights_size[20:0];
        unpacked.stride_row = {8'h0, conv.stride_h};
        unpacked.stride_w = {8'h0, conv.stride_w};
        unpacked.in = unpack_map(conv.in);
        unpacked.out = unpack_map(conv.out);
        unpacked.post = conv.post;
      end
      OpcodeDwconv: begin
        mode = dwconv.mode;
        unpacked.tile_h = dwconv.tile_h;
        unpacked.tile_w = dwconv.tile_w;
        unpacked.weight_zero = dwconv.weight_zero;
        unpacked.weights = dwconv.weights[SramAddrBits-1:0];
        unpacked.weights_size = dwconv.weights_size[20:0];
        unpacked.kernel_h = {8'h0, dwconv.kernel_h};
        unpacked.kernel_w = {8'h0, dwconv.kernel_w};
        unpacked.stride_row = {8'h0, dwconv.stride_h};
        unpacked.stride_w = {8'h0, dwconv.stride_w};
        unpacked.dilation_row = {8'h0, dwconv.dilation_h};
        dilation_w = {8'h0, dwconv.dilation_w};
        unpacked.in = unpack_map(dwconv.in);
        unpacked.out = unpack_map(dwconv.out);
        unpacked.post = dwconv.post;
      end
      OpcodePool: begin
        mode = pool.mode;
        unpacked.kernel_h = pool.kernel_h;
        unpacked.kernel_w = pool.kernel_w;
        unpacked.stride_row = pool.stride_h;
        unpacked.stride_w = pool.stride_w;
        unpacked.pool_sum = pool.op[0];
        unpacked.in = unpack_map(pool.in);
        unpacked.out = unpack_map(pool.out);
        unpacked.post = pool.post;
      end
      OpcodeResize: begin
        mode = resize.mode;
        unpacked.in_h = resize.in_h;
        unpacked.in_w = resize.in_w;
        unpacked.rows = resize.rows[SramAddrBits-1:0];
        unpacked.columns = resize.columns[SramAddrBits-1:0];
        unpacked.in = unpack_map(resize.in);
        unpacked.out = unpack_map(resize.out);
        unpacked.post = resize.post;
      end
      default: begin
        unpacked.in = unpack_map(eltwise.in);
        unpacked.out = unpack_map(eltwise.out);
        unpacked.post = eltwise.post;
      end
    endcase
    unpacked.in_unsigned = mode[ConvInUnsignedBit];
    unpacked.weight_unsigned = mode[ConvWeightUnsignedBit];
    unpacked.pair = mode[ConvPairBit];
    unpacked.dilated = dilation_w > 16'd1;
    unpacked.op2 = unpack_map(unpacked.post.op2);
  end

  // ---- products -----------------------------------------------------------------------------

  typedef enum logic [3:0] {
    Empty, InRow, InRing, OutRow, OutRing, Op2Row, Op2Ring, StridePix, TileIn, TileOut, TileOp2,
    StrideRow, DilationRow, DilationPix, Full
  } state_e;

  state_e state_q;
  compute_t q;
  logic [15:0] dilation_w_q;
  logic [15:0] factor;
  sram_addr_t size, product;
  // Larger than the ring: reduced first, by repeated subtraction, which is rare and short.
  logic stride_over, dilation_over;

  assign stride_over = q.in.ring != '0 && q.stride_row >= q.in.ring;
  assign dilation_over = q.in.ring != '0 && q.dilation_row >= q.in.ring;

  always_comb begin
    factor = '0;
    size = '0;
    case (state_q)
      InRow: begin factor = q.in.row; size = q.in.row_pitch; end
      InRing: begin factor = q.in.ring; size = q.in.row_pitch; end
      OutRow: begin factor = q.out.row; size = q.out.row_pitch; end
      OutRing: begin factor = q.out.ring; size = q.out.row_pitch; end
      Op2Row: begin factor = q.op2.row; size = q.op2.row_pitch; end
      Op2Ring: begin factor = q.op2.ring; size = q.op2.row_pitch; end
      StridePix: begin factor = q.stride_w; size = q.in.pix_pitch; end
      TileIn: begin factor = q.tile_w; size = q.stride_pix_bytes; end
      TileOut: begin factor = q.tile_w; size = q.out.pix_pitch; end
      TileOp2: begin factor = q.tile_w; size = q.op2.pix_pitch; end
      StrideRow: begin factor = q.stride_row; size = q.in.row_pitch; end
      DilationRow: begin factor = q.dilation_row; size = q.in.row_pitch; end
      DilationPix: begin factor = dilation_w_q; size = q.in.pix_pitch; end
      default: ;
    endcase
  end

  assign product = {{(SramAddrBits - 16) {1'b0}}, factor} * size;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Empty;
    end else if (abort_i) begin
      state_q <= Empty;
    end else begin
      case (state_q)
        Empty: if (cmd_valid_i) state_q <= InRow;
        StrideRow: if (!stride_over) state_q <= DilationRow;
        DilationRow: if (!dilation_over) state_q <= DilationPix;
        Full: if (ready_i) state_q <= Empty;
        default: state_q <= state_e'(state_q + 4'd1);
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    case (state_q)
      Empty: if (cmd_valid_i) begin
        q <= unpacked;
        dilation_w_q <= dilation_w;
      end
      InRow: q.in.base <= q.in.base + product;
      InRing: q.in.ring_bytes <= product;
      OutRow: q.out.base <= q.out.base + product;
      OutRing: q.out.ring_bytes <= product;
      Op2Row: q.op2.base <= q.op2.base + product;
      Op2Ring: q.op2.ring_bytes <= product;
      StridePix: q.stride_pix_bytes <= product;
      TileIn: q.tile_in_bytes <= product;
      TileOut: q.tile_out_bytes <= product;
      TileOp2: q.tile_op2_bytes <= product;
      StrideRow: begin
        if (stride_over) q.stride_row <= q.stride_row - q.in.ring;
        else q.stride_row_bytes <= product;
      end
      DilationRow: begin
        if (dilation_over) q.dilation_row <= q.dilation_row - q.in.ring;
        else q.dilation_row_bytes <= product;
      end
      DilationPix: q.dilation_pix_bytes <= product;
      default: ;
    endcase
  end

  assign cmd_ready_o = state_q == Empty && !abort_i;
  assign valid_o = state_q == Full;
  assign compute_o = q;

  // Fields that no engine needs.
  logic unused;
  assign unused = ^{conv, dwconv, eltwise, pool, resize, mode, unpacked.post.op2};

endmodule
