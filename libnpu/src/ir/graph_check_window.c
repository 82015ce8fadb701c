// SPDX-License-Identifier: MIT
/* Rules of convolutions, FULLY_CONNECTED and pools. */
#include "ir/graph_check.h"

/*
 * Far above what any network has, and small enough that the coordinates of a
 * window cannot overflow 32 bits: in + window < 2^25.
 */
#define MAX_STEP	INT16_MAX
#define MAX_WINDOW	(1 << 20)
#define MAX_SIDE	(1 << 24)

struct window {
	const char *axis;
	int64_t in, filter, stride, dilation;
};

/* The number of positions of the window along one axis. */
static npu_status positions(const struct npu_check *c, const struct window *w,
			    enum npu_padding padding, int64_t *out)
{
	int64_t extent;

	if (w->stride < 1 || w->stride > MAX_STEP)
		return npu_check_fail(c, NPU_ERR_FORMAT, "stride_%s is %lld", w->axis,
				      (long long)w->stride);
	if (w->dilation < 1 || w->dilation > MAX_STEP)
		return npu_check_fail(c, NPU_ERR_FORMAT, "dilation_%s is %lld", w->axis,
				      (long long)w->dilation);
	if (w->filter < 1)
		return npu_check_fail(c, NPU_ERR_FORMAT, "filter_%s is %lld", w->axis,
				      (long long)w->filter);
	extent = (w->filter - 1) * w->dilation + 1;
	if (extent > MAX_WINDOW || w->in > MAX_SIDE)
		return npu_check_fail(c, NPU_ERR_LIMIT,
				      "along %s, a window of %lld over %lld elements", w->axis,
				      (long long)extent, (long long)w->in);
	if (padding == NPU_PAD_SAME) {
		*out = (w->in + w->stride - 1) / w->stride;
	} else if (padding == NPU_PAD_VALID) {
		if (w->in < extent)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "along %s, the window of %lld does not fit into the input's %lld",
					      w->axis, (long long)extent, (long long)w->in);
		*out = (w->in - extent) / w->stride + 1;
	} else {
		return npu_check_fail(c, NPU_ERR_FORMAT, "unknown padding %d", (int)padding);
	}
	return NPU_OK;
}

/*
 * Types and quantization of a multiply-accumulate operator; weights are quantized
 * per tensor or along channel_axis.  What TFLite knows beyond this (float
 * activations with int8 weights, 16-bit results of 8-bit operands) nothing here
 * runs.
 */
static npu_status check_macs(const struct npu_check *c, const struct npu_tensor *in,
			     const struct npu_tensor *w, const struct npu_tensor *bias,
			     int channel_axis)
{
	const struct npu_tensor *out = npu_check_out(c, 0);
	npu_dtype weight_type = in->dtype == NPU_INT16 ? NPU_INT8 : in->dtype;
	int i;

	NPU_TRY(npu_check_activation(c, in, "the input", NPU_T_REAL));
	NPU_TRY(npu_check_activation(c, out, "the output", NPU_T_REAL));
	NPU_TRY(npu_check_same_type(c, out, in, "the output"));
	if (in->dtype == NPU_FLOAT32 && w->dtype != NPU_FLOAT32)
		return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
				      "float32 input with %s weights (tensor '%.120s'): dynamic-range "
				      "quantization is not supported, full integer quantization is",
				      npu_dtype_name(w->dtype), w->name);
	NPU_TRY(npu_check_type(c, w, "the weights", NPU_T(weight_type)));
	if (bias) {
		unsigned int types = NPU_T(NPU_INT32);

		if (in->dtype == NPU_FLOAT32)
			types = NPU_T(NPU_FLOAT32);
		else if (in->dtype == NPU_INT16)
			types |= NPU_T(NPU_INT64);
		NPU_TRY(npu_check_type(c, bias, "the bias", types));
		if (npu_tensor_elements(bias) != (size_t)w->dims[channel_axis])
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "the bias (tensor '%.120s') has %zu values for %d channels",
					      bias->name, npu_tensor_elements(bias),
					      w->dims[channel_axis]);
	}
	if (in->dtype == NPU_FLOAT32)
		return NPU_OK;

	if (!w->quant.n)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "the weights (tensor '%.120s') have no quantization", w->name);
	if (w->quant.n > 1 && w->quant.axis != channel_axis)
		return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
				      "the weights (tensor '%.120s') are quantized along axis %d, not %d",
				      w->name, w->quant.axis, channel_axis);
	if (w->quant.n > 1 && in->dtype == NPU_UINT8)
		return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
				      "the uint8 weights (tensor '%.120s') are quantized per channel",
				      w->name);
	for (i = 0; i < w->quant.n; i++) {
		/* Only uint8, and FULLY_CONNECTED per tensor, have asymmetric weights. */
		if (w->quant.zero_point[i] && in->dtype != NPU_UINT8 &&
		    (c->node->op != NPU_OP_FULLY_CONNECTED || w->quant.n > 1))
			return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
					      "the weights (tensor '%.120s') have zero point %d, not 0",
					      w->name, w->quant.zero_point[i]);
		NPU_TRY(npu_check_factor(c, (double)in->quant.scale[0] * w->quant.scale[i] /
					 out->quant.scale[0]));
	}
	return NPU_OK;
}

npu_status npu_check_conv(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *w = npu_check_in(c, 1);
	const struct npu_tensor *bias = npu_check_in(c, 2);
	bool depthwise = c->node->op == NPU_OP_DEPTHWISE_CONV_2D;
	struct npu_shape shape = { .rank = 4 };

	NPU_TRY(npu_check_rank(c, in, "the input", 4, 4));
	NPU_TRY(npu_check_rank(c, w, "the weights", 4, 4));
	if (depthwise) {
		if (w->dims[0] != 1)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "the first dimension of the weights is %d, not 1",
					      w->dims[0]);
		if (w->dims[3] % in->dims[3])
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "%d output channels are no multiple of %d input channels",
					      w->dims[3], in->dims[3]);
	} else {
		if (in->dims[3] % w->dims[3])
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "%d input channels do not go with weights for %d",
					      in->dims[3], w->dims[3]);
		if (w->dims[0] % (in->dims[3] / w->dims[3]))
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "%d output channels do not divide into %d groups",
					      w->dims[0], in->dims[3] / w->dims[3]);
	}
	NPU_TRY(positions(c, &(struct window){ "h", in->dims[1], w->dims[1],
					       c->node->p.conv.stride_h,
					       c->node->p.conv.dilation_h },
			  c->node->p.conv.padding, &shape.dims[1]));
	NPU_TRY(positions(c, &(struct window){ "w", in->dims[2], w->dims[2],
					       c->node->p.conv.stride_w,
					       c->node->p.conv.dilation_w },
			  c->node->p.conv.padding, &shape.dims[2]));
	NPU_TRY(check_macs(c, in, w, bias, depthwise ? 3 : 0));
	NPU_TRY(npu_check_act(c, c->node->p.conv.act, npu_check_out(c, 0)));
	shape.dims[0] = in->dims[0];
	shape.dims[3] = depthwise ? w->dims[3] : w->dims[0];
	return npu_check_shape(c, 0, &shape);
}

/* The convolution whose gradient this is has the output as its input. */
npu_status npu_check_transpose_conv(const struct npu_check *c)
{
	const struct npu_tensor *w = npu_check_in(c, 1), *in = npu_check_in(c, 2);
	const struct npu_tensor *bias = npu_check_in(c, 3);
	static const char *const axis_name[] = { "", "h", "w" };
	struct npu_shape shape = { .rank = 4 };
	int count, i;

	NPU_TRY(npu_check_rank(c, in, "the input", 4, 4));
	NPU_TRY(npu_check_rank(c, w, "the weights", 4, 4));
	NPU_TRY(npu_check_ints(c, 0, "the output shape", 4, shape.dims, &count));
	if (count != 4)
		return npu_check_fail(c, NPU_ERR_FORMAT, "the output shape has %d values", count);
	if (w->dims[3] != in->dims[3])
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "%d input channels do not go with weights for %d",
				      in->dims[3], w->dims[3]);
	if (shape.dims[0] != in->dims[0] || shape.dims[3] != w->dims[0])
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "the output shape asks for a batch of %lld with %lld channels; "
				      "input and weights make %d with %d",
				      (long long)shape.dims[0], (long long)shape.dims[3],
				      in->dims[0], w->dims[0]);
	for (i = 1; i <= 2; i++) {
		struct window window = { axis_name[i], shape.dims[i], w->dims[i],
					 i == 1 ? c->node->p.conv.stride_h :
						  c->node->p.conv.stride_w, 1 };
		int64_t expected;

		NPU_TRY(positions(c, &window, c->node->p.conv.padding, &expected));
		if (expected != in->dims[i])
			return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
					      "along %s, an output of %lld does not come from an input of %d",
					      axis_name[i], (long long)shape.dims[i], in->dims[i]);
	}
	if (c->node->p.conv.dilation_h != 1 || c->node->p.conv.dilation_w != 1)
		return npu_check_fail(c, NPU_ERR_FORMAT, "it has a dilation");
	NPU_TRY(check_macs(c, in, w, bias, 0));
	NPU_TRY(npu_check_act(c, c->node->p.conv.act, npu_check_out(c, 0)));
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_fully_connected(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *w = npu_check_in(c, 1);
	const struct npu_tensor *bias = npu_check_in(c, 2);
	struct npu_shape shape = { .rank = 2 };
	size_t elements = npu_tensor_elements(in);

	NPU_TRY(npu_check_rank(c, w, "the weights", 2, 2));
	if (elements % (size_t)w->dims[1])
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "an input of %zu elements does not go with weights for %d",
				      elements, w->dims[1]);
	NPU_TRY(check_macs(c, in, w, bias, 0));
	NPU_TRY(npu_check_act(c, c->node->p.fc.act, npu_check_out(c, 0)));
	if (c->node->p.fc.keep_num_dims) {
		NPU_TRY(npu_check_rank(c, in, "the input", 1, NPU_MAX_RANK));
		if (in->dims[in->rank - 1] != w->dims[1])
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "the input's last dimension is %d, the weights are for %d",
					      in->dims[in->rank - 1], w->dims[1]);
		shape = npu_check_shape_of(in);
		shape.dims[shape.rank - 1] = w->dims[0];
	} else {
		shape.dims[0] = (int64_t)(elements / (size_t)w->dims[1]);
		shape.dims[1] = w->dims[0];
	}
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_pool(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	struct npu_shape shape = { .rank = 4 };
	int64_t filter_h = c->node->p.pool.filter_h, filter_w = c->node->p.pool.filter_w;

	NPU_TRY(npu_check_rank(c, in, "the input", 4, 4));
	NPU_TRY(npu_check_activation(c, in, "the input", NPU_T_REAL));
	NPU_TRY(npu_check_activation(c, out, "the output", NPU_T_REAL));
	NPU_TRY(npu_check_same_type(c, out, in, "the output"));
	NPU_TRY(npu_check_act(c, c->node->p.pool.act, out));
	NPU_TRY(positions(c, &(struct window){ "h", in->dims[1], filter_h,
					       c->node->p.pool.stride_h, 1 },
			  c->node->p.pool.padding, &shape.dims[1]));
	NPU_TRY(positions(c, &(struct window){ "w", in->dims[2], filter_w,
					       c->node->p.pool.stride_w, 1 },
			  c->node->p.pool.padding, &shape.dims[2]));
	if (filter_h > in->dims[1])
		filter_h = in->dims[1];
	if (filter_w > in->dims[2])
		filter_w = in->dims[2];
	if (npu_check_quantized(in) &&
	    filter_h * filter_w > (in->dtype == NPU_INT16 ? NPU_MAX_SUM >> 8 : NPU_MAX_SUM))
		return npu_check_fail(c, NPU_ERR_LIMIT, "the window has %lld elements",
				      (long long)(filter_h * filter_w));
	shape.dims[0] = in->dims[0];
	shape.dims[3] = in->dims[3];
	return npu_check_shape(c, 0, &shape);
}
