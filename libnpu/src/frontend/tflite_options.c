// SPDX-License-Identifier: MIT
/* The options table of each operator, with the defaults of TFLite's schema. */
#include "frontend/tflite.h"

#include "ir/graph_check.h"

/* One options table being read. */
struct options {
	struct npu_fb *fb;
	const struct npu_fb_table *table;
	const struct npu_node *node;
	struct npu_check where;		/* for messages */
};

static int32_t number(const struct options *o, unsigned int field, int32_t otherwise)
{
	return npu_fb_i32(o->fb, o->table, field, otherwise);
}

static bool flag(const struct options *o, unsigned int field)
{
	return npu_fb_u8(o->fb, o->table, field, 0) != 0;
}

static npu_status read_act(const struct options *o, unsigned int field, enum npu_act *act)
{
	static const enum npu_act acts[] = {
		NPU_ACT_NONE, NPU_ACT_RELU, NPU_ACT_RELU_N1_TO_1, NPU_ACT_RELU6,
	};
	static const char *const others[] = { "TANH", "SIGN_BIT" };
	int8_t value = npu_fb_i8(o->fb, o->table, field, 0);

	if (value >= 0 && value < 4) {
		*act = acts[value];
		return NPU_OK;
	}
	if (value == 4 || value == 5)
		return npu_check_fail(&o->where, NPU_ERR_UNSUPPORTED,
				      "fused activation %s is not supported", others[value - 4]);
	return npu_check_fail(&o->where, NPU_ERR_FORMAT, "unknown fused activation %d", value);
}

static npu_status read_padding(const struct options *o, unsigned int field,
			       enum npu_padding *padding)
{
	int8_t value = npu_fb_i8(o->fb, o->table, field, 0);

	if (value != 0 && value != 1)
		return npu_check_fail(&o->where, NPU_ERR_FORMAT, "unknown padding %d", value);
	*padding = value ? NPU_PAD_VALID : NPU_PAD_SAME;
	return NPU_OK;
}

static npu_status read_conv(const struct options *o, union npu_params *p)
{
	NPU_TRY(read_padding(o, 0, &p->conv.padding));
	p->conv.stride_w = number(o, 1, 0);
	p->conv.stride_h = number(o, 2, 0);
	p->conv.dilation_w = 1;
	p->conv.dilation_h = 1;
	switch (o->node->op) {
	case NPU_OP_CONV_2D:
		p->conv.dilation_w = number(o, 4, 1);
		p->conv.dilation_h = number(o, 5, 1);
		return read_act(o, 3, &p->conv.act);
	case NPU_OP_DEPTHWISE_CONV_2D:	/* the multiplier, field 3, follows from the shapes */
		p->conv.dilation_w = number(o, 5, 1);
		p->conv.dilation_h = number(o, 6, 1);
		return read_act(o, 4, &p->conv.act);
	default:
		return read_act(o, 3, &p->conv.act);
	}
}

static npu_status read_pool(const struct options *o, union npu_params *p)
{
	NPU_TRY(read_padding(o, 0, &p->pool.padding));
	p->pool.stride_w = number(o, 1, 0);
	p->pool.stride_h = number(o, 2, 0);
	p->pool.filter_w = number(o, 3, 0);
	p->pool.filter_h = number(o, 4, 0);
	return read_act(o, 5, &p->pool.act);
}

static npu_status read_fully_connected(const struct options *o, union npu_params *p)
{
	if (npu_fb_i8(o->fb, o->table, 1, 0))
		return npu_check_fail(&o->where, NPU_ERR_UNSUPPORTED,
				      "shuffled weights are not supported");
	p->fc.keep_num_dims = flag(o, 2);
	return read_act(o, 0, &p->fc.act);
}

static npu_status read_mirror(const struct options *o, union npu_params *p)
{
	int8_t mode = npu_fb_i8(o->fb, o->table, 0, 0);

	if (mode != 0 && mode != 1)
		return npu_check_fail(&o->where, NPU_ERR_FORMAT, "unknown mode %d", mode);
	p->mirror.reflect = mode == 0;
	return NPU_OK;
}

static npu_status read_by_op(const struct options *o, union npu_params *p)
{
	switch (o->node->op) {
	case NPU_OP_CONV_2D:
	case NPU_OP_DEPTHWISE_CONV_2D:
	case NPU_OP_TRANSPOSE_CONV:
		return read_conv(o, p);
	case NPU_OP_AVERAGE_POOL_2D:
	case NPU_OP_MAX_POOL_2D:
		return read_pool(o, p);
	case NPU_OP_FULLY_CONNECTED:
		return read_fully_connected(o, p);
	case NPU_OP_ADD:
	case NPU_OP_SUB:
	case NPU_OP_MUL:
	case NPU_OP_DIV:
		return read_act(o, 0, &p->arith.act);
	case NPU_OP_MEAN:
	case NPU_OP_SUM:
	case NPU_OP_REDUCE_MAX:
	case NPU_OP_REDUCE_MIN:
		p->reduce.keep_dims = flag(o, 0);
		return NPU_OK;
	case NPU_OP_CONCATENATION:
		p->axis.axis = number(o, 0, 0);
		return read_act(o, 1, &p->axis.act);
	case NPU_OP_GATHER:
		p->axis.axis = number(o, 0, 0);
		p->axis.batch_dims = number(o, 1, 0);
		return NPU_OK;
	case NPU_OP_PACK:
	case NPU_OP_UNPACK:	/* their number of tensors, field 0, follows from the node */
		p->axis.axis = number(o, 1, 0);
		return NPU_OK;
	case NPU_OP_STRIDED_SLICE:
		p->strided_slice.begin_mask = number(o, 0, 0);
		p->strided_slice.end_mask = number(o, 1, 0);
		p->strided_slice.ellipsis_mask = number(o, 2, 0);
		p->strided_slice.new_axis_mask = number(o, 3, 0);
		p->strided_slice.shrink_axis_mask = number(o, 4, 0);
		p->strided_slice.offset = flag(o, 5);
		return NPU_OK;
	case NPU_OP_DEPTH_TO_SPACE:
	case NPU_OP_SPACE_TO_DEPTH:
		p->block.block_size = number(o, 0, 0);
		return NPU_OK;
	case NPU_OP_RESIZE_BILINEAR:	/* two fields of old held the size */
		p->resize.align_corners = flag(o, 2);
		p->resize.half_pixel_centers = flag(o, 3);
		return NPU_OK;
	case NPU_OP_RESIZE_NEAREST_NEIGHBOR:
		p->resize.align_corners = flag(o, 0);
		p->resize.half_pixel_centers = flag(o, 1);
		return NPU_OK;
	case NPU_OP_SOFTMAX:
		p->softmax.beta = npu_fb_f32(o->fb, o->table, 0, 0);
		return NPU_OK;
	case NPU_OP_LEAKY_RELU:
		p->leaky.alpha = npu_fb_f32(o->fb, o->table, 0, 0);
		return NPU_OK;
	case NPU_OP_MIRROR_PAD:
		return read_mirror(o, p);
	case NPU_OP_GELU:
		p->gelu.approximate = flag(o, 0);
		return NPU_OK;
	default:
		return NPU_OK;
	}
}

npu_status npu_tflite_read_options(struct npu_tflite *f, const struct npu_fb_table *options,
				   struct npu_node *node)
{
	struct options o = {
		.fb = &f->fb, .table = options, .node = node,
		.where = { .graph = f->graph, .node = node },
	};

	NPU_TRY(read_by_op(&o, &node->p));
	return npu_tflite_ok(f, "options of node", node->index);
}
