// SPDX-License-Identifier: MIT
/* Which nodes the NPU runs, and why not the others. */
#include "lower_state.h"

#include <stdio.h>
#include <string.h>

struct npu_hwc npu_tensor_hwc(const struct npu_tensor *t)
{
	struct npu_hwc s = { 1, 1, 1 };
	int i;

	if (t->rank > 0)
		s.c = t->dims[t->rank - 1];
	if (t->rank > 1)
		s.w = t->dims[t->rank - 2];
	for (i = 0; i < t->rank - 2; i++)
		s.h *= t->dims[i];
	return s;
}

int64_t npu_const_int(const struct npu_tensor *t, size_t i)
{
	int64_t wide;
	int32_t narrow;

	if (t->dtype == NPU_INT64) {
		memcpy(&wide, (const char *)t->data + 8 * i, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, (const char *)t->data + 4 * i, sizeof(narrow));
	return narrow;
}

int npu_pad_before(enum npu_padding padding, int in, int out, int kernel, int stride, int dilation)
{
	int total = (out - 1) * stride + (kernel - 1) * dilation + 1 - in;

	return padding == NPU_PAD_SAME && total > 0 ? total / 2 : 0;
}

bool npu_is_unary(enum npu_op op)
{
	switch (op) {
	case NPU_OP_QUANTIZE:
	case NPU_OP_RELU:
	case NPU_OP_RELU6:
	case NPU_OP_RELU_N1_TO_1:
	case NPU_OP_RELU_0_TO_1:
	case NPU_OP_LEAKY_RELU:
	case NPU_OP_LOGISTIC:
	case NPU_OP_TANH:
	case NPU_OP_HARD_SWISH:
	case NPU_OP_ABS:
	case NPU_OP_NEG:
	case NPU_OP_EXP:
	case NPU_OP_ELU:
	case NPU_OP_GELU:
		return true;
	default:
		return false;
	}
}

bool npu_is_binary(enum npu_op op)
{
	return op == NPU_OP_ADD || op == NPU_OP_SUB || op == NPU_OP_MUL || op == NPU_OP_MAXIMUM ||
	       op == NPU_OP_MINIMUM;
}

static int product(const struct npu_tensor *t, int end)
{
	int i, p = 1;

	for (i = 0; i < end; i++)
		p *= t->dims[i];
	return p;
}

bool npu_pad_amounts(const struct npu_lower *s, const struct npu_node *n, int before[3], int after[3])
{
	const struct npu_tensor *in = npu_in(s, n, 0), *amounts = npu_in(s, n, 1);
	int i;

	memset(before, 0, 3 * sizeof(*before));
	memset(after, 0, 3 * sizeof(*after));
	if (!amounts->data)
		return false;
	for (i = 0; i < in->rank; i++) {
		int64_t b = npu_const_int(amounts, 2 * i), a = npu_const_int(amounts, 2 * i + 1);
		int axis = i - in->rank + 3;

		if (!a && !b)
			continue;
		if (axis < 0 || (axis == 0 && product(in, i) != 1))
			return false;
		before[axis] = (int)b;
		after[axis] = (int)a;
	}
	return true;
}

/* Takes `size` elements of an axis from `begin` on, every step-th; only the last three axes can be cut. */
static bool cut_axis(const struct npu_tensor *in, int axis, int64_t begin, int64_t step, int size,
		     struct npu_box *box)
{
	int k = axis - in->rank + 3, i, inner = 1;

	box->size[k < 0 ? 0 : k] *= size;
	if (begin == 0 && step == 1 && size == in->dims[axis])
		return true;
	/* One of several: a step says nothing. */
	if (size == 1)
		step = 1;
	if (k > 0 || (k == 0 && product(in, axis) == 1)) {
		box->first[k] += (int)begin;
		box->step[k] = (int)step;
		return true;
	}
	/* A leading axis of which one element stays, and all before it are 1: an offset in rows. */
	if (product(in, axis) != 1 || size != 1)
		return false;
	for (i = axis + 1; i < in->rank - 2; i++)
		inner *= in->dims[i];
	box->first[0] += (int)begin * inner;
	return true;
}

static int64_t clamp64(int64_t v, int64_t lo, int64_t hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

static bool strided_box(const struct npu_graph *graph, const struct npu_node *n, struct npu_box *box)
{
	const struct npu_tensor *in = &graph->tensors[n->inputs[0]];
	const struct npu_tensor *begins = &graph->tensors[n->inputs[1]];
	const struct npu_tensor *ends = &graph->tensors[n->inputs[2]];
	const struct npu_tensor *strides = &graph->tensors[n->inputs[3]];
	int i, given = (int)npu_tensor_elements(begins);

	if (!begins->data || !ends->data || !strides->data || n->p.strided_slice.ellipsis_mask ||
	    n->p.strided_slice.new_axis_mask || n->p.strided_slice.offset)
		return false;
	for (i = 0; i < in->rank; i++) {
		int64_t dim = in->dims[i], stride = 1, b = 0, e = dim, size;

		if (i < given) {
			stride = npu_const_int(strides, i);
			b = npu_const_int(begins, i);
			e = npu_const_int(ends, i);
			if (stride < 1)
				return false;
			b = n->p.strided_slice.begin_mask >> i & 1 ? 0 :
				clamp64(b < 0 ? b + dim : b, 0, dim);
			e = n->p.strided_slice.end_mask >> i & 1 ? dim :
				clamp64(e < 0 ? e + dim : e, 0, dim);
			if (n->p.strided_slice.shrink_axis_mask >> i & 1)
				e = b + 1;
		}
		size = (e - b + stride - 1) / stride;
		if (size < 1 || b >= dim || !cut_axis(in, i, b, stride, (int)size, box))
			return false;
	}
	return true;
}

bool npu_slice_box(const struct npu_graph *graph, const struct npu_node *n, int i, struct npu_box *box)
{
	const struct npu_tensor *in = &graph->tensors[n->inputs[n->op == NPU_OP_SPLIT]];
	const struct npu_tensor *out = &graph->tensors[n->outputs[i]];
	int k, j, axis = n->op == NPU_OP_SLICE ? -1 : n->p.axis.axis, begin = 0;

	*box = (struct npu_box){ { 0, 0, 0 }, { 1, 1, 1 }, { 1, 1, 1 } };
	if (n->op == NPU_OP_STRIDED_SLICE)
		return strided_box(graph, n, box);
	if (n->op == NPU_OP_SLICE && !graph->tensors[n->inputs[1]].data)
		return false;
	for (k = 0; k < in->rank; k++) {
		begin = 0;
		if (n->op == NPU_OP_SLICE)
			begin = (int)npu_const_int(&graph->tensors[n->inputs[1]], k);
		else if (k == axis)
			for (j = 0; j < i; j++)
				begin += graph->tensors[n->outputs[j]].dims[axis];
		if (!cut_axis(in, k, begin, 1, out->dims[k], box))
			return false;
	}
	return true;
}

int npu_concat_axis(const struct npu_graph *graph, const struct npu_node *n)
{
	const struct npu_tensor *out = &graph->tensors[n->outputs[0]];
	int k = n->p.axis.axis - out->rank + 3;

	if (k > 0)
		return k;
	return product(out, n->p.axis.axis) == 1 ? 0 : -1;
}

bool npu_broadcasts(const struct npu_tensor *in, const struct npu_tensor *out, int *ystep, int *xstep,
		    bool *one_channel)
{
	struct npu_hwc a = npu_tensor_hwc(in), o = npu_tensor_hwc(out);

	if ((a.h != o.h && a.h != 1) || (a.w != o.w && a.w != 1) || (a.c != o.c && a.c != 1))
		return false;
	/* Folded leading dimensions must not be mixed: [2,1,..] against [1,3,..]. */
	*ystep = a.h == o.h && o.h > 1;
	*xstep = a.w == o.w && o.w > 1;
	*one_channel = a.c == 1 && o.c > 1;
	return true;
}

static bool same_hwc(const struct npu_tensor *a, const struct npu_tensor *b)
{
	struct npu_hwc x = npu_tensor_hwc(a), y = npu_tensor_hwc(b);

	return x.h == y.h && x.w == y.w && x.c == y.c && npu_tensor_elements(a) == npu_tensor_elements(b);
}

int npu_binary_main(const struct npu_graph *graph, const struct npu_node *n)
{
	const struct npu_tensor *out = &graph->tensors[n->outputs[0]];
	int i, k, y, x, later = graph->tensors[n->inputs[1]].producer > graph->tensors[n->inputs[0]].producer;
	bool one;

	/*
	 * A constant is better as the second operand: it stays in SRAM for all pixels; and so is what was there before,
	 * since layers take turns over first operands.
	 */
	for (i = 0; i < 4; i++) {
		const struct npu_tensor *a, *b;

		k = (i & 1) != later;
		a = &graph->tensors[n->inputs[k]];
		b = &graph->tensors[n->inputs[!k]];
		if (i < 2 && a->data)
			continue;
		if (same_hwc(a, out) && npu_broadcasts(b, out, &y, &x, &one))
			return k;
	}
	return -1;
}

#define NO(...) return snprintf(buf, size, __VA_ARGS__), false

static bool place_conv(const struct npu_graph *g, const struct npu_node *n, char *buf, size_t size)
{
	bool transpose = n->op == NPU_OP_TRANSPOSE_CONV;
	const struct npu_tensor *in = &g->tensors[n->inputs[transpose ? 2 : 0]];
	const struct npu_tensor *w = &g->tensors[n->inputs[1]];
	int b = transpose ? 3 : 2;

	if (!w->data)
		NO("weights are not constant");
	if (w->dtype != in->dtype)
		NO("weights of type %s with input of type %s", npu_dtype_name(w->dtype),
		   npu_dtype_name(in->dtype));
	if (b < n->num_inputs && n->inputs[b] >= 0 &&
	    (!g->tensors[n->inputs[b]].data || g->tensors[n->inputs[b]].dtype != NPU_INT32))
		NO("bias is not a constant of type int32");
	if (n->op == NPU_OP_FULLY_CONNECTED)
		return true;
	if (in->dims[0] != 1)
		NO("batch of %d", in->dims[0]);
	if (w->dims[1] > 16 || w->dims[2] > 16)
		NO("kernel of %d x %d, at most 16 x 16", w->dims[1], w->dims[2]);
	if (n->p.conv.stride_h > 16 || n->p.conv.stride_w > 16)
		NO("stride above 16");
	if (!transpose && ((w->dims[1] - 1) * n->p.conv.dilation_h > 255 ||
			   n->p.conv.dilation_w > 255 || n->p.conv.dilation_h > 255))
		NO("dilated kernel above 256 rows");
	if (transpose && in->dtype == NPU_UINT8)
		NO("type uint8");
	return true;
}

static bool place_pool(const struct npu_graph *g, const struct npu_node *n, char *buf, size_t size)
{
	const struct npu_tensor *in = &g->tensors[n->inputs[0]];
	int64_t window = (int64_t)n->p.pool.filter_h * n->p.pool.filter_w;

	if (in->dims[0] != 1)
		NO("batch of %d", in->dims[0]);
	/* A quotient by more than 4096 is exact only by a shift. */
	if (window > 65536 || (n->op == NPU_OP_AVERAGE_POOL_2D && window > 4096 && window & (window - 1)))
		NO("window of %lld pixels", (long long)window);
	return true;
}

static bool place_mean(const struct npu_graph *g, const struct npu_node *n, char *buf, size_t size)
{
	const struct npu_tensor *in = &g->tensors[n->inputs[0]];
	const struct npu_tensor *axes = &g->tensors[n->inputs[1]];
	int h_axis = in->rank - 3, w_axis = in->rank - 2, i;
	struct npu_hwc s = npu_tensor_hwc(in);

	if (!axes->data)
		NO("axes are not constant");
	for (i = 0; i < (int)npu_tensor_elements(axes); i++) {
		int axis = (int)npu_const_int(axes, i);

		axis = axis < 0 ? axis + in->rank : axis;
		if (axis != w_axis && !(axis == h_axis && product(in, h_axis) == 1))
			NO("mean over an axis that is not height or width");
	}
	if ((int64_t)s.h * s.w > 65536)
		NO("mean over more than 65536 pixels");
	return true;
}

static bool place_resize(const struct npu_graph *g, const struct npu_node *n, char *buf, size_t size)
{
	const struct npu_tensor *in = &g->tensors[n->inputs[0]], *out = &g->tensors[n->outputs[0]];
	int axis;

	if (in->dims[0] != 1)
		NO("batch of %d", in->dims[0]);
	if (n->op == NPU_OP_RESIZE_BILINEAR && in->dtype == NPU_UINT8)
		/* TFLite computes this in float32: only equal to integers where the fractions are short. */
		for (axis = 1; axis <= 2; axis++) {
			int f = out->dims[axis] / in->dims[axis];

			if (n->p.resize.align_corners || out->dims[axis] % in->dims[axis] || f & (f - 1) ||
			    f > 64)
				NO("type uint8 with a factor that is not a power of two");
		}
	return true;
}

bool npu_place_node(const struct npu_graph *g, const struct npu_node *n, char *buf, size_t size)
{
	struct npu_lower s = { .graph = g };
	const struct npu_tensor *in, *out;
	struct npu_box box;
	int i;
	int data = n->op == NPU_OP_TRANSPOSE_CONV ? 2 : n->op == NPU_OP_SPLIT ? 1 : 0;

	if (data >= n->num_inputs || n->inputs[data] < 0)
		NO("no input");
	in = &g->tensors[n->inputs[data]];
	out = &g->tensors[n->outputs[0]];
	for (i = 0; i < n->num_outputs; i++) {
		struct npu_hwc o = npu_tensor_hwc(&g->tensors[n->outputs[i]]);

		if (!npu_is_8bit(&g->tensors[n->outputs[i]]))
			NO("output of type %s", npu_dtype_name(g->tensors[n->outputs[i]].dtype));
		if (o.h > 65535 || o.w > 65535 || o.c > 65535)
			NO("dimension above 65535");
	}
	if (!npu_is_8bit(in))
		NO("input of type %s", npu_dtype_name(in->dtype));
	if (in->dtype != out->dtype && n->op != NPU_OP_QUANTIZE)
		NO("input of type %s, output of type %s", npu_dtype_name(in->dtype),
		   npu_dtype_name(out->dtype));
	if (in->data && !npu_is_binary(n->op) && n->op != NPU_OP_CONCATENATION)
		NO("constant input");
	if (npu_is_unary(n->op))
		return true;

	switch (n->op) {
	case NPU_OP_CONV_2D:
	case NPU_OP_DEPTHWISE_CONV_2D:
	case NPU_OP_FULLY_CONNECTED:
	case NPU_OP_TRANSPOSE_CONV:
		return place_conv(g, n, buf, size);
	case NPU_OP_ADD:
	case NPU_OP_SUB:
	case NPU_OP_MUL:
	case NPU_OP_MAXIMUM:
	case NPU_OP_MINIMUM:
		if (g->tensors[n->inputs[0]].dtype != g->tensors[n->inputs[1]].dtype)
			NO("operands of different types");
		if (g->tensors[n->inputs[0]].data && g->tensors[n->inputs[1]].data)
			NO("constant inputs");
		if (npu_binary_main(g, n) < 0)
			NO("both operands are broadcast, or over several leading dimensions");
		return true;
	case NPU_OP_AVERAGE_POOL_2D:
	case NPU_OP_MAX_POOL_2D:
		return place_pool(g, n, buf, size);
	case NPU_OP_MEAN:
		return place_mean(g, n, buf, size);
	case NPU_OP_RESIZE_BILINEAR:
	case NPU_OP_RESIZE_NEAREST_NEIGHBOR:
		return place_resize(g, n, buf, size);
	case NPU_OP_PRELU: {
		const struct npu_tensor *alpha = npu_in(&s, n, 1);

		if (!alpha->data || alpha->dtype != in->dtype)
			NO("slopes are not a constant of the input's type");
		if (npu_tensor_hwc(alpha).h != 1 || npu_tensor_hwc(alpha).w != 1)
			NO("slopes differ over space");
		return true;
	}
	case NPU_OP_PAD:
	case NPU_OP_PADV2: {
		int before[3], after[3];

		if (!npu_pad_amounts(&s, n, before, after))
			NO("pads a leading dimension, or by amounts that are not constant");
		if (n->op == NPU_OP_PADV2 && !npu_in(&s, n, 2)->data)
			NO("pad value is not constant");
		return true;
	}
	case NPU_OP_CONCATENATION:
		if (npu_concat_axis(g, n) < 0)
			NO("joins a leading dimension");
		for (i = 0; i < n->num_inputs; i++)
			if (g->tensors[n->inputs[i]].dtype != out->dtype)
				NO("inputs of different types");
		return true;
	case NPU_OP_RESHAPE:
	case NPU_OP_SQUEEZE:
	case NPU_OP_EXPAND_DIMS:
		return true;
	case NPU_OP_SLICE:
	case NPU_OP_STRIDED_SLICE:
	case NPU_OP_SPLIT:
	case NPU_OP_SPLIT_V:
		for (i = 0; i < n->num_outputs; i++)
			if (!npu_slice_box(g, n, i, &box) || box.step[2] != 1)
				NO("cuts a leading dimension, steps over channels, or backwards");
		return true;
	case NPU_OP_DEPTH_TO_SPACE:
		if (in->dims[0] != 1)
			NO("batch of %d", in->dims[0]);
		return true;
	default:
		NO("no such operator on the NPU");
	}
}
