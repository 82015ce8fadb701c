// SPDX-License-Identifier: MIT
//
// Checks a whole command whose header is right, and calculates what DMA commands need beyond their
// words.  In the first cycle everything is examined that needs no product, and the shapes of what
// the command accesses are laid out in registers; then products follow, one a cycle, through one
// multiplier with two registers.  A slot of `step_q` names the product, `tag` says two cycles later
// what to do with it.
module onpu_command_check
  import onpu_isa_pkg::*;
  import onpu_pkg::*;
#(
  parameter int unsigned SramBytes = 524288
) (
  input logic clk_i,
  input logic rst_ni,
  input logic abort_i,

  input logic start_i,  // command and the rest are stable until done_o
  input logic [MaxWords*32-1:0] cmd_i,
  input logic [2:0][31:0] dispatched_i,
  input region_t [Regions-1:0] region_i,
  input logic last_i,  // the stream ends behind the command

  output logic done_o,  // pulse
  output logic [7:0] fault_o,  // FaultNone: good
  output dma_t dma_o
);

  localparam logic [32:0] SramLimit = 33'(SramBytes);

  // Of the views of a command only some fields are read.
  // verilator lint_off UNUSEDSIGNAL

  // ---- relations between fields: FIELD ------------------------------------------------------

  // Outside of a signed, or else unsigned, byte.
  function automatic logic not_byte(logic signed [15:0] value, logic is_unsigned);
    return is_unsigned ? value[15:8] != '0 : !(value[15:7] == '0 || value[15:7] == '1);
  endfunction

  // Differences that the post-processor's multipliers cannot take (9 bits signed): FIELD.
  function automatic logic spread_bad(logic signed [15:0] high, logic signed [15:0] low,
                                      logic signed [15:0] zero);
    logic signed [16:0] above, below;
    above = {high[15], high} - {zero[15], zero};
    below = {low[15], low} - {zero[15], zero};
    return above > 17'sd255 || below < -17'sd256;
  endfunction

  function automatic logic operands_bad(post_t p);
    logic scaled, product, bad;
    logic signed [15:0] high, low;
    scaled = p.op2_op == 8'(Op2Add) || p.op2_op == 8'(Op2Sub) || p.op2_op == 8'(Op2Rsub);
    product = p.op2_op == 8'(Op2Mul);
    bad = 1'b0;
    if (scaled || product)
      bad = spread_bad(p.max, p.min, p.zero) ||
          not_byte(p.op2_zero, p.flags[PostOp2UnsignedBit]);
    if (scaled && (p.shift_v > 8'sd0 || p.shift_x > 8'sd0)) bad = 1'b1;
    high = p.op2_op != 8'(Op2None) ? p.max_o : p.max;
    low = p.op2_op != 8'(Op2None) ? p.min_o : p.min;
    if (p.act == 8'(ActPrelu) && (spread_bad(high, low, p.act_zero) ||
                                  not_byte(p.alpha_zero, p.flags[PostAlphaUnsignedBit])))
      bad = 1'b1;
    return bad;
  endfunction

  function automatic logic ring_bad(fmap_t m);
    return m.ring != '0 && m.row >= m.ring;
  endfunction

  function automatic logic post_bad(post_t p, logic [15:0] out_c);
    logic used, scaled, scales, bad;
    used = p.op2_op != 8'(Op2None);
    scaled = p.op2_op == 8'(Op2Add) || p.op2_op == 8'(Op2Sub) || p.op2_op == 8'(Op2Rsub);
    scales = scaled || p.op2_op == 8'(Op2Mul);
    bad = 1'b0;
    if ((p.flags[PostPerChannelBit] || p.round == 8'(RoundN)) &&
        (p.mult != '0 || p.shift != '0)) bad = 1'b1;
    if (p.flags[PostPerChannelBit] && p.bias != '0) bad = 1'b1;
    if (p.max < p.min || p.max_o < p.min_o || p.max_a < p.min_a) bad = 1'b1;
    if (!scaled && (p.left_shift != '0 || p.shift_v != '0 || p.shift_x != '0 ||
                    p.mult_v != '0 || p.mult_x != '0)) bad = 1'b1;
    if (!scales && (p.shift_o != '0 || p.mult_o != '0 || p.zero_o != '0)) bad = 1'b1;
    if (!used && (p.op2_zero != '0 || p.min_o != '0 || p.max_o != '0 || p.op2_channels != '0 ||
                  p.flags[PostOp2UnsignedBit] || p.flags[PostOp2OneChannelBit] ||
                  p.op2 != '0)) bad = 1'b1;
    if (p.act == 8'(ActNone) && p.act_addr != '0) bad = 1'b1;
    if (p.act != 8'(ActPrelu) &&
        (p.shift_p != '0 || p.shift_n != '0 || p.mult_p != '0 || p.mult_n != '0 ||
         p.act_zero != '0 || p.alpha_zero != '0 || p.zero_a != '0 || p.min_a != '0 ||
         p.max_a != '0 || p.flags[PostAlphaUnsignedBit])) bad = 1'b1;
    if (p.op2_channels > out_c) bad = 1'b1;
    if (p.flags[PostOp2OneChannelBit] && p.op2_channels != 16'd1) bad = 1'b1;
    return bad || ring_bad(p.op2) || operands_bad(p);
  endfunction

  // ---- what a command accesses --------------------------------------------------------------

  typedef struct packed {
    fmap_t out;  // of DMA: the SRAM side
    fmap_t in;
    fmap_t second;  // of DMA: the region's side
    logic in_used;
    logic second_used;
    logic [15:0] rows;  // of out and second, less one
    logic [15:0] pixels;
    logic [31:0] bytes;
    logic [31:0] second_bytes;
    // Of in: from the first to the last row out_rows * stride_h + kernel_h * dilation_h.
    logic [15:0] out_rows;
    logic [15:0] stride_h;
    logic [15:0] kernel_h;  // less one
    logic [15:0] dilation_h;
    logic [15:0] out_pixels;
    logic [15:0] stride_w;
    logic [15:0] kernel_w;
    logic [15:0] dilation_w;
    // A product that is a field's relation.
    logic [15:0] area_h;
    logic [15:0] area_w;
    logic [16:0] area_max;
  } shape_t;

  function automatic logic outside(logic [31:0] addr, logic [31:0] size);
    return {1'b0, addr} + {1'b0, size} > SramLimit;
  endfunction

  typedef struct packed {
    logic flags_bad;
    logic field_bad;
    logic token_bad;
    logic sram_bad;
    logic dma;
    logic compute;
    shape_t shape;
  } first_t;

  // What all compute commands share.
  function automatic shape_t compute_shape(fmap_t in, fmap_t out, post_t post, logic [15:0] out_h,
                                           logic [15:0] out_w, logic [15:0] out_c);
    shape_t s;
    s = '0;
    s.out = out;
    s.in = in;
    s.second = post.op2;
    s.in_used = 1'b1;
    s.second_used = post.op2_channels != '0;
    s.rows = out_h - 16'd1;
    s.pixels = out_w - 16'd1;
    s.bytes = {16'b0, out_c};
    s.second_bytes = {16'b0, post.op2_channels};
    s.out_rows = s.rows;
    s.stride_h = 16'd1;
    s.out_pixels = s.pixels;
    s.stride_w = 16'd1;
    s.area_max = '1;
    return s;
  endfunction

  function automatic first_t first_check(logic [MaxWords*32-1:0] words,
                                         logic [2:0][31:0] dispatched);
    first_t f;
    cmd_end_t c_end;
    cmd_preempt_t preempt;
    cmd_load_t load;
    cmd_conv_t conv;
    cmd_dwconv_t dwconv;
    cmd_eltwise_t eltwise;
    cmd_pool_t pool;
    cmd_resize_t resize;
    post_t post;
    logic [15:0] out_c;
    logic weights_used;
    logic [31:0] weights, weights_size;

    c_end = words[EndWords*32-1:0];
    preempt = words[PreemptWords*32-1:0];
    load = words[LoadWords*32-1:0];
    conv = words[ConvWords*32-1:0];
    dwconv = words[DwconvWords*32-1:0];
    eltwise = words[EltwiseWords*32-1:0];
    pool = words[PoolWords*32-1:0];
    resize = words[ResizeWords*32-1:0];
    f = '0;
    post = '0;
    out_c = '0;
    weights_used = 1'b0;
    weights = '0;
    weights_size = '0;
    f.token_bad = c_end.head.wait_load > dispatched[0] ||
        c_end.head.wait_compute > dispatched[1] || c_end.head.wait_store > dispatched[2];
    case (c_end.head.opcode)
      OpcodeEnd: begin
        f.flags_bad = !end_flags_ok(c_end);
        f.field_bad = !end_ranges_ok(c_end);
      end
      OpcodePreempt: begin
        f.flags_bad = !preempt_flags_ok(preempt);
        f.field_bad = !preempt_ranges_ok(preempt);
        for (int unsigned i = 0; i < PreemptRanges; i++) begin
          if (preempt.live[i].size == '0 && preempt.live[i].addr != '0) f.field_bad = 1'b1;
          if (outside(preempt.live[i].addr, preempt.live[i].size)) f.sram_bad = 1'b1;
        end
      end
      OpcodeLoad, OpcodeFill, OpcodeStore: begin
        f.dma = 1'b1;
        f.flags_bad = !load_flags_ok(load);
        f.field_bad = !load_ranges_ok(load) || (load.ring != '0 && load.row >= load.ring);
        if (c_end.head.opcode == OpcodeFill)
          f.field_bad = f.field_bad || load.region != '0 || load.offset != '0 ||
              load.ext_stride1 != '0 || load.ext_stride2 != '0;
        else
          f.field_bad = f.field_bad || load.value != '0;
        f.shape.out.addr = load.addr;
        f.shape.out.row_pitch = load.sram_stride2;
        f.shape.out.pix_pitch = load.sram_stride1;
        f.shape.out.ring = load.ring;
        f.shape.out.row = load.row;
        f.shape.second.addr = load.offset;
        f.shape.second.row_pitch = load.ext_stride2;
        f.shape.second.pix_pitch = load.ext_stride1;
        f.shape.second_used = c_end.head.opcode != OpcodeFill;
        f.shape.rows = load.n2 - 16'd1;
        f.shape.pixels = load.n1 - 16'd1;
        f.shape.bytes = load.n0;
        f.shape.second_bytes = load.n0;
      end
      OpcodeConv: begin
        f.compute = 1'b1;
        f.flags_bad = !conv_flags_ok(conv);
        f.field_bad = !conv_ranges_ok(conv) ||
            (conv.weight_zero != '0 && !conv.mode[ConvWeightUnsignedBit]);
        post = conv.post;
        out_c = conv.out_c;
        f.shape = compute_shape(conv.in, conv.out, post, conv.out_h, conv.out_w, out_c);
        f.shape.in_used = 1'b0;  // its window reads are taken modulo the SRAM's size
        f.shape.area_h = conv.tile_h;
        f.shape.area_w = conv.tile_w;
        f.shape.area_max = 17'(PMax);
        weights_used = 1'b1;
        weights = conv.weights;
        weights_size = conv.weights_size;
      end
      OpcodeDwconv: begin
        f.compute = 1'b1;
        f.flags_bad = !dwconv_flags_ok(dwconv);
        f.field_bad = !dwconv_ranges_ok(dwconv) ||
            (dwconv.weight_zero != '0 && !dwconv.mode[ConvWeightUnsignedBit]);
        post = dwconv.post;
        out_c = dwconv.out_c;
        f.shape = compute_shape(dwconv.in, dwconv.out, post, dwconv.out_h, dwconv.out_w, out_c);
        f.shape.stride_h = {8'b0, dwconv.stride_h};
        f.shape.stride_w = {8'b0, dwconv.stride_w};
        f.shape.kernel_h = {8'b0, dwconv.kernel_h} - 16'd1;
        f.shape.kernel_w = {8'b0, dwconv.kernel_w} - 16'd1;
        f.shape.dilation_h = {8'b0, dwconv.dilation_h};
        f.shape.dilation_w = {8'b0, dwconv.dilation_w};
        f.shape.area_h = dwconv.tile_h;
        f.shape.area_w = dwconv.tile_w;
        f.shape.area_max = 17'(PMax);
        weights_used = 1'b1;
        weights = dwconv.weights;
        weights_size = dwconv.weights_size;
      end
      OpcodeEltwise: begin
        f.compute = 1'b1;
        f.flags_bad = !eltwise_flags_ok(eltwise);
        f.field_bad = !eltwise_ranges_ok(eltwise);
        post = eltwise.post;
        out_c = eltwise.out_c;
        f.shape = compute_shape(eltwise.in, eltwise.out, post, eltwise.out_h, eltwise.out_w, out_c);
      end
      OpcodePool: begin
        f.compute = 1'b1;
        f.flags_bad = !pool_flags_ok(pool);
        f.field_bad = !pool_ranges_ok(pool);
        post = pool.post;
        out_c = pool.out_c;
        f.shape = compute_shape(pool.in, pool.out, post, pool.out_h, pool.out_w, out_c);
        f.shape.stride_h = pool.stride_h;
        f.shape.stride_w = pool.stride_w;
        f.shape.kernel_h = pool.kernel_h - 16'd1;
        f.shape.kernel_w = pool.kernel_w - 16'd1;
        f.shape.dilation_h = 16'd1;
        f.shape.dilation_w = 16'd1;
        f.shape.area_h = pool.kernel_h;
        f.shape.area_w = pool.kernel_w;
        f.shape.area_max = 17'd65536;
      end
      OpcodeResize: begin
        f.compute = 1'b1;
        f.flags_bad = !resize_flags_ok(resize);
        f.field_bad = !resize_ranges_ok(resize);
        post = resize.post;
        out_c = resize.out_c;
        f.shape = compute_shape(resize.in, resize.out, post, resize.out_h, resize.out_w, out_c);
        f.shape.out_rows = resize.in_h - 16'd1;
        f.shape.out_pixels = resize.in_w - 16'd1;
        f.sram_bad = outside(resize.rows, {13'b0, resize.out_h, 3'b0}) ||
            outside(resize.columns, {13'b0, resize.out_w, 3'b0});
      end
      default: f.flags_bad = 1'b1;  // the header's check has met it
    endcase
    if (f.compute) begin
      if (ring_bad(f.shape.in) || ring_bad(f.shape.out) || post_bad(post, out_c))
        f.field_bad = 1'b1;
      if (weights_used && outside(weights, weights_size)) f.sram_bad = 1'b1;
      if (post.act == 8'(ActTable) && outside(post.act_addr, 32'd256)) f.sram_bad = 1'b1;
      if (post.act == 8'(ActPrelu) && outside(post.act_addr, {16'b0, out_c})) f.sram_bad = 1'b1;
    end
    return f;
  endfunction
  // verilator lint_on UNUSEDSIGNAL

  // ---- products ------------------------------------------------------------------------------

  typedef enum logic [3:0] {
    TagNone, TagRows, TagRowsMore, TagPixels, TagPixelsMore, TagMapRows, TagMapPixels,
    TagArea, TagAddr, TagRing
  } tag_e;

  typedef enum logic [1:0] {MapOut, MapIn, MapSecond} map_e;

  localparam logic [3:0] StepDma = 4'd5;
  localparam logic [3:0] StepLast = 4'd14;

  logic [3:0] step_q;
  logic flags_bad_q, field_bad_q, token_bad_q, sram_bad_q, region_bad_q, dma_q;
  shape_t shape_q;
  logic [32:0] region_limit_q;
  logic [31:0] va_q;
  sram_addr_t addr_q, ring_bytes_q;

  // Last row and last pixel of the input, counted from its addr.
  logic [33:0] in_row_q, in_pixel_q;

  logic [31:0] a_q;
  logic [20:0] b_q;
  logic [52:0] p_q;
  tag_e tag_a_q, tag_p_q;
  map_e map_a_q, map_p_q;
  logic [35:0] sum_q;
  logic over_q;

  // Of n rows less one from map.row: the last in memory.
  function automatic logic [33:0] last_row(logic [33:0] row, logic [15:0] ring);
    return ring != '0 && row >= {18'b0, ring} ? {18'b0, ring} - 34'd1 : row;
  endfunction

  // Above 2^20 each value is as bad as another, where the pitch is not 0.
  function automatic logic [20:0] saturate(logic [33:0] value);
    return value[33:21] != '0 ? '1 : value[20:0];
  endfunction

  tag_e tag;
  map_e map;
  logic [31:0] a;
  logic [20:0] b;

  always_comb begin
    tag = TagNone;
    map = MapOut;
    a = '0;
    b = '0;
    if (step_q != '0) begin
      case (step_q)
        4'd1: begin
          tag = TagRows;
          a = {16'b0, shape_q.out_rows};
          b = {5'b0, shape_q.stride_h};
        end
        4'd2: begin
          tag = TagRowsMore;
          a = {16'b0, shape_q.kernel_h};
          b = {5'b0, shape_q.dilation_h};
        end
        4'd3: begin
          tag = TagPixels;
          a = {16'b0, shape_q.out_pixels};
          b = {5'b0, shape_q.stride_w};
        end
        4'd4: begin
          tag = TagPixelsMore;
          a = {16'b0, shape_q.kernel_w};
          b = {5'b0, shape_q.dilation_w};
        end
        4'd5: begin
          tag = TagMapRows;
          a = shape_q.out.row_pitch;
          b = saturate(last_row({18'b0, shape_q.out.row} + {18'b0, shape_q.rows},
                                shape_q.out.ring));
        end
        4'd6: begin
          tag = TagMapPixels;
          a = shape_q.out.pix_pitch;
          b = {5'b0, shape_q.pixels};
        end
        4'd7: begin
          tag = TagMapRows;
          map = MapSecond;
          a = shape_q.second.row_pitch;
          b = saturate(last_row({18'b0, shape_q.second.row} + {18'b0, shape_q.rows},
                                shape_q.second.ring));
        end
        4'd8: begin
          tag = shape_q.second_used ? TagMapPixels : TagNone;
          map = MapSecond;
          a = shape_q.second.pix_pitch;
          b = {5'b0, shape_q.pixels};
        end
        4'd9: begin
          tag = dma_q ? TagAddr : TagMapRows;
          map = MapIn;
          a = dma_q ? shape_q.out.row_pitch : shape_q.in.row_pitch;
          b = dma_q ? {5'b0, shape_q.out.row} : saturate(last_row(in_row_q, shape_q.in.ring));
        end
        4'd10: begin
          tag = dma_q ? TagRing : shape_q.in_used ? TagMapPixels : TagNone;
          map = MapIn;
          a = dma_q ? shape_q.out.row_pitch : shape_q.in.pix_pitch;
          b = dma_q ? {5'b0, shape_q.out.ring} : saturate(in_pixel_q);
        end
        4'd11: begin
          tag = dma_q ? TagNone : TagArea;
          a = {16'b0, shape_q.area_h};
          b = {5'b0, shape_q.area_w};
        end
        default: tag = TagNone;
      endcase
    end
  end

  // The map whose product arrives.
  logic [31:0] map_addr, map_bytes;
  logic [32:0] map_limit;
  logic [35:0] map_end;
  logic p_over;
  logic in_region;

  assign in_region = dma_q && map_p_q == MapSecond;
  assign map_addr = map_p_q == MapOut ? shape_q.out.addr :
      map_p_q == MapIn ? shape_q.in.addr : shape_q.second.addr;
  assign map_bytes = map_p_q == MapSecond ? shape_q.second_bytes : shape_q.bytes;
  assign map_limit = in_region ? region_limit_q : SramLimit;
  assign p_over = p_q > {20'b0, map_limit};
  assign map_end = sum_q + {2'b0, p_q[33:0]} + {4'b0, map_bytes};

  logic [7:0] fault;
  assign fault = flags_bad_q ? 8'(FaultFlags) : field_bad_q ? 8'(FaultField) :
      token_bad_q ? 8'(FaultBadToken) : sram_bad_q ? 8'(FaultSramRange) :
      region_bad_q ? 8'(FaultRegionRange) :
      cmd_i[7:0] == OpcodeEnd && !last_i ? 8'(FaultStream) : 8'(FaultNone);

  region_t region;
  logic [32:0] beyond;  // from the region's begin to the end of the address space
  assign region = region_i[cmd_i[8*LoadRegionAt +: 4]];
  assign beyond = 33'h1_0000_0000 - {1'b0, region.va};

  first_t first;

  // `first` is a variable of the first cycle only.
  /* verilator lint_off BLKSEQ */
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      step_q <= '0;
      done_o <= 1'b0;
      tag_a_q <= TagNone;
      tag_p_q <= TagNone;
    end else begin
      done_o <= 1'b0;
      if (start_i) begin
        first = first_check(cmd_i, dispatched_i);
        flags_bad_q <= first.flags_bad;
        field_bad_q <= first.field_bad;
        token_bad_q <= first.token_bad;
        sram_bad_q <= first.sram_bad;
        region_bad_q <= 1'b0;
        dma_q <= first.dma;
        shape_q <= first.shape;
        region_limit_q <= {1'b0, region.size} > beyond ? beyond : {1'b0, region.size};
        va_q <= region.va + cmd_i[8*LoadOffsetAt +: 32];
        step_q <= first.dma ? StepDma : first.compute ? 4'd1 : StepLast;
      end else if (step_q != '0) begin
        // A DMA command ends one product earlier.
        step_q <= step_q == StepLast ? '0 : dma_q && step_q == 4'd10 ? 4'd12 : step_q + 4'd1;
        done_o <= step_q == StepLast;
        fault_o <= fault;
        a_q <= a;
        b_q <= b;
        tag_a_q <= tag;
        map_a_q <= map;
        tag_p_q <= tag_a_q;
        map_p_q <= map_a_q;
        p_q <= {21'b0, a_q} * {32'b0, b_q};
        case (tag_p_q)
          TagRows: in_row_q <= {18'b0, shape_q.in.row} + p_q[33:0];
          TagRowsMore: in_row_q <= in_row_q + p_q[33:0];
          TagPixels: in_pixel_q <= p_q[33:0];
          TagPixelsMore: in_pixel_q <= in_pixel_q + p_q[33:0];
          TagMapRows: begin
            sum_q <= {4'b0, map_addr} + {2'b0, p_q[33:0]};
            over_q <= p_over;
          end
          TagMapPixels:
            if (over_q || p_over || map_end > {3'b0, map_limit}) begin
              if (in_region) region_bad_q <= 1'b1;
              else sram_bad_q <= 1'b1;
            end
          TagArea: if (p_q > {36'b0, shape_q.area_max}) field_bad_q <= 1'b1;
          TagAddr: addr_q <= shape_q.out.addr[SramAddrBits-1:0] + p_q[SramAddrBits-1:0];
          TagRing: ring_bytes_q <= p_q[SramAddrBits-1:0];
          default: ;
        endcase
      end
      if (abort_i) begin
        step_q <= '0;
        done_o <= 1'b0;
        tag_a_q <= TagNone;
        tag_p_q <= TagNone;
      end
    end
  end
  /* verilator lint_on BLKSEQ */

  always_comb begin
    dma_o = '0;
    dma_o.fill = cmd_i[7:0] == OpcodeFill;
    dma_o.value = cmd_i[8*LoadValueAt +: 8];
    dma_o.va = va_q;
    dma_o.n0 = cmd_i[8*LoadN0At +: 32];
    dma_o.n1 = cmd_i[8*LoadN1At +: 16];
    dma_o.n2 = cmd_i[8*LoadN2At +: 16];
    dma_o.ext_stride1 = cmd_i[8*LoadExtStride1At +: 32];
    dma_o.ext_stride2 = cmd_i[8*LoadExtStride2At +: 32];
    dma_o.addr = addr_q;
    dma_o.sram_stride1 = shape_q.out.pix_pitch[SramAddrBits-1:0];
    dma_o.sram_stride2 = shape_q.out.row_pitch[SramAddrBits-1:0];
    dma_o.ring_bytes = ring_bytes_q;
    dma_o.ring = shape_q.out.ring;
    dma_o.row = shape_q.out.row;
  end

endmodule
