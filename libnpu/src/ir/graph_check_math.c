// SPDX-License-Identifier: MIT
/* Rules of elementwise operators, softmax, reductions and conversions. */
#include "ir/graph_check.h"

#include <math.h>

npu_status npu_check_arith(const struct npu_check *c)
{
	const struct npu_tensor *a = npu_check_in(c, 0), *b = npu_check_in(c, 1);
	const struct npu_tensor *out = npu_check_out(c, 0);
	struct npu_shape shape = { 0 };
	double sa, sb, so;

	NPU_TRY(npu_check_activation(c, a, "input 0", NPU_T_NUMBER));
	NPU_TRY(npu_check_activation(c, b, "input 1", NPU_T_NUMBER));
	NPU_TRY(npu_check_activation(c, out, "the output", NPU_T_NUMBER));
	NPU_TRY(npu_check_same_type(c, b, a, "input 1"));
	NPU_TRY(npu_check_same_type(c, out, a, "the output"));
	NPU_TRY(npu_check_broadcast(c, a, b, &shape));
	if (npu_check_quantized(a)) {
		sa = a->quant.scale[0];
		sb = b->quant.scale[0];
		so = out->quant.scale[0];
	} else {
		sa = sb = so = 1;
	}
	switch (c->node->op) {
	case NPU_OP_ADD:
	case NPU_OP_SUB:
		NPU_TRY(npu_check_act(c, c->node->p.arith.act, out));
		NPU_TRY(npu_check_factor(c, 2 * fmax(sa, sb) / so / (1 << 20)));
		break;
	case NPU_OP_MUL:
		NPU_TRY(npu_check_act(c, c->node->p.arith.act, out));
		NPU_TRY(npu_check_factor(c, sa * sb / so));
		break;
	case NPU_OP_DIV:
		NPU_TRY(npu_check_act(c, c->node->p.arith.act, out));
		NPU_TRY(npu_check_factor(c, sa / sb / so));
		break;
	case NPU_OP_SQUARED_DIFFERENCE:
		NPU_TRY(npu_check_factor(c, fmax(sa, sb) * fmax(sa, sb) / so));
		break;
	default:	/* MAXIMUM and MINIMUM compare stored values */
		NPU_TRY(npu_check_equal_quant(c, a, out, "input 0"));
		NPU_TRY(npu_check_equal_quant(c, b, out, "input 1"));
		break;
	}
	return npu_check_shape(c, 0, &shape);
}

/* The output scale of a function with a fixed range, where TFLite insists on it. */
static npu_status fixed_scale(const struct npu_check *c, const struct npu_tensor *out,
			      double scale, double tolerance)
{
	if (fabs((double)out->quant.scale[0] - scale) <= tolerance * scale)
		return NPU_OK;
	return npu_check_fail(c, NPU_ERR_FORMAT, "the output's scale is %.9g, not %.9g",
			      (double)out->quant.scale[0], scale);
}

static npu_status fixed_zero(const struct npu_check *c, const struct npu_tensor *out, int zero)
{
	if (out->quant.zero_point[0] == zero)
		return NPU_OK;
	return npu_check_fail(c, NPU_ERR_FORMAT, "the output's zero point is %d, not %d",
			      out->quant.zero_point[0], zero);
}

npu_status npu_check_unary(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	bool numbers = c->node->op == NPU_OP_ABS || c->node->op == NPU_OP_NEG;
	unsigned int mask = numbers ? NPU_T_NUMBER : NPU_T_REAL;
	struct npu_shape shape = npu_check_shape_of(in);
	double si, so;

	NPU_TRY(npu_check_activation(c, in, "the input", mask));
	NPU_TRY(npu_check_activation(c, out, "the output", mask));
	NPU_TRY(npu_check_same_type(c, out, in, "the output"));
	if (c->node->op == NPU_OP_LEAKY_RELU && !isfinite(c->node->p.leaky.alpha))
		return npu_check_fail(c, NPU_ERR_FORMAT, "alpha is %g",
				      (double)c->node->p.leaky.alpha);
	if (!npu_check_quantized(in))
		return npu_check_shape(c, 0, &shape);

	si = in->quant.scale[0];
	so = out->quant.scale[0];
	switch (c->node->op) {
	case NPU_OP_RELU6:
	case NPU_OP_RELU_N1_TO_1:
	case NPU_OP_RELU_0_TO_1:
	case NPU_OP_RELU:
		NPU_TRY(npu_check_factor(c, si / so));
		NPU_TRY(npu_check_act(c, NPU_ACT_RELU6, out));
		break;
	case NPU_OP_LEAKY_RELU:
		NPU_TRY(npu_check_factor(c, si / so));
		NPU_TRY(npu_check_factor(c, si * c->node->p.leaky.alpha / so));
		break;
	case NPU_OP_LOGISTIC:
		NPU_TRY(fixed_scale(c, out, out->dtype == NPU_INT16 ? 1.0 / 32768 : 1.0 / 256, 0));
		break;
	case NPU_OP_TANH:
		if (out->dtype == NPU_INT16)
			NPU_TRY(fixed_scale(c, out, 1.0 / 32768, 0));
		break;
	case NPU_OP_HARD_SWISH:
		/* TFLite's 16-bit arithmetic cannot shift left at its end. */
		if ((float)(1.0f / 128 * (float)si) / (float)so >= 1)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "the input's scale %g is too large for the output's %g",
					      si, so);
		NPU_TRY(npu_check_factor(c, si / 128 / (3.0 / 32768)));
		break;
	case NPU_OP_ABS:
	case NPU_OP_NEG:
		NPU_TRY(npu_check_factor(c, si / so));
		break;
	default:
		break;
	}
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_prelu(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *alpha = npu_check_in(c, 1);
	const struct npu_tensor *out = npu_check_out(c, 0);
	struct npu_shape shape = { 0 };
	int i;

	NPU_TRY(npu_check_activation(c, in, "the input", NPU_T_REAL));
	NPU_TRY(npu_check_activation(c, alpha, "alpha", NPU_T_REAL));
	NPU_TRY(npu_check_activation(c, out, "the output", NPU_T_REAL));
	NPU_TRY(npu_check_same_type(c, alpha, in, "alpha"));
	NPU_TRY(npu_check_same_type(c, out, in, "the output"));
	NPU_TRY(npu_check_broadcast(c, in, alpha, &shape));
	for (i = 0; i < shape.rank; i++)
		if (shape.rank != in->rank || shape.dims[i] != in->dims[i])
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "alpha (tensor '%.120s') is larger than the input",
					      alpha->name);
	if (npu_check_quantized(in)) {
		double ratio = (double)in->quant.scale[0] / out->quant.scale[0];

		NPU_TRY(npu_check_factor(c, ratio));
		NPU_TRY(npu_check_factor(c, ratio * alpha->quant.scale[0]));
	}
	return npu_check_shape(c, 0, &shape);
}

/* The fixed-point exponential needs its input scaled up by more than 1. */
static npu_status check_exponent(const struct npu_check *c, const struct npu_tensor *in,
				 double beta)
{
	if (in->dtype == NPU_INT16 || beta * in->quant.scale[0] * (1 << 26) > 1)
		return NPU_OK;
	return npu_check_fail(c, NPU_ERR_UNSUPPORTED, "the input's scale %g is too small",
			      (double)in->quant.scale[0]);
}

npu_status npu_check_softmax(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	bool logarithm = c->node->op == NPU_OP_LOG_SOFTMAX;
	double beta = logarithm ? 1 : (double)c->node->p.softmax.beta;
	struct npu_shape shape = npu_check_shape_of(in);

	NPU_TRY(npu_check_rank(c, in, "the input", 1, NPU_MAX_RANK));
	NPU_TRY(npu_check_activation(c, in, "the input", NPU_T_REAL));
	NPU_TRY(npu_check_activation(c, out, "the output", NPU_T_REAL));
	NPU_TRY(npu_check_same_type(c, out, in, "the output"));
	if (!isfinite(beta) || beta < 0)
		return npu_check_fail(c, NPU_ERR_FORMAT, "beta is %g", beta);
	if (npu_check_quantized(in)) {
		NPU_TRY(check_exponent(c, in, beta));
		if (logarithm) {
			if (out->dtype != NPU_INT16) {
				NPU_TRY(fixed_scale(c, out, 16.0 / 256, 0));
				NPU_TRY(fixed_zero(c, out, out->dtype == NPU_INT8 ? 127 : 255));
			}
		} else if (out->dtype == NPU_INT8) {
			NPU_TRY(fixed_zero(c, out, -128));
			NPU_TRY(fixed_scale(c, out, 1.0 / 256, 0.00101));
		} else if (out->dtype == NPU_INT16) {
			NPU_TRY(fixed_scale(c, out, 1.0 / 32768, 0.00101));
		}
	}
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_convert(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	struct npu_shape shape = npu_check_shape_of(in);

	switch (c->node->op) {
	case NPU_OP_QUANTIZE:
		NPU_TRY(npu_check_activation(c, in, "the input", NPU_T_REAL | NPU_T(NPU_INT32)));
		NPU_TRY(npu_check_activation(c, out, "the output", NPU_T_QUANT));
		if (in->dtype == NPU_INT32 && in->quant.n != 1)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "the input (tensor '%.120s') has no quantization",
					      in->name);
		if (in->dtype != NPU_FLOAT32)
			NPU_TRY(npu_check_factor(c, (double)in->quant.scale[0] /
						 out->quant.scale[0]));
		break;
	case NPU_OP_DEQUANTIZE:
		NPU_TRY(npu_check_type(c, in, "the input", NPU_T_QUANT | NPU_T(NPU_INT32)));
		NPU_TRY(npu_check_type(c, out, "the output", NPU_T(NPU_FLOAT32)));
		if (!in->quant.n)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "the input (tensor '%.120s') has no quantization",
					      in->name);
		break;
	default:	/* CAST takes stored values as they are */
		break;
	}
	return npu_check_shape(c, 0, &shape);
}

/* Marks the axes that a reduction or reversal names, by mask. */
static npu_status axis_mask(const struct npu_check *c, int rank, unsigned int *mask)
{
	int64_t axes[64];
	int count, i;

	NPU_TRY(npu_check_ints(c, 1, "the axes", 64, axes, &count));
	*mask = 0;
	for (i = 0; i < count; i++) {
		int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];

		if (axis < 0 || axis >= rank)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "axis %lld of a tensor with %d dimensions",
					      (long long)axes[i], rank);
		*mask |= 1u << axis;
	}
	return NPU_OK;
}

npu_status npu_check_reduce(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	bool compares = c->node->op == NPU_OP_REDUCE_MAX || c->node->op == NPU_OP_REDUCE_MIN;
	struct npu_shape shape = { 0 };
	unsigned int mask;
	int64_t n = 1;
	int i;

	NPU_TRY(npu_check_rank(c, in, "the input", 1, NPU_MAX_RANK));
	NPU_TRY(npu_check_activation(c, in, "the input", NPU_T_NUMBER));
	NPU_TRY(npu_check_activation(c, out, "the output", NPU_T_NUMBER));
	NPU_TRY(npu_check_same_type(c, out, in, "the output"));
	NPU_TRY(axis_mask(c, in->rank, &mask));
	for (i = 0; i < in->rank; i++) {
		if (!(mask & 1u << i)) {
			shape.dims[shape.rank++] = in->dims[i];
			continue;
		}
		n *= in->dims[i];
		if (c->node->p.reduce.keep_dims)
			shape.dims[shape.rank++] = 1;
	}
	if (compares) {
		NPU_TRY(npu_check_equal_quant(c, in, out, "the input"));
	} else if (npu_check_quantized(in)) {
		NPU_TRY(npu_check_factor(c, (double)in->quant.scale[0] / out->quant.scale[0]));
		if (n > (in->dtype == NPU_INT16 ? NPU_MAX_SUM >> 8 : NPU_MAX_SUM))
			return npu_check_fail(c, NPU_ERR_LIMIT, "it sums up %lld elements",
					      (long long)n);
	}
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_reverse(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	struct npu_shape shape = npu_check_shape_of(in);
	unsigned int mask;

	NPU_TRY(npu_check_same_type(c, out, in, "the output"));
	NPU_TRY(npu_check_rank(c, in, "the input", 1, NPU_MAX_RANK));
	NPU_TRY(axis_mask(c, in->rank, &mask));
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_arg(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	struct npu_shape shape = { 0 };
	int64_t axis;
	int i;

	NPU_TRY(npu_check_rank(c, in, "the input", 1, NPU_MAX_RANK));
	NPU_TRY(npu_check_type(c, in, "the input", NPU_T_ANY));
	NPU_TRY(npu_check_type(c, out, "the output", NPU_T_INDEX));
	NPU_TRY(npu_check_int(c, 1, "the axis", &axis));
	if (axis < 0)
		axis += in->rank;
	if (axis < 0 || axis >= in->rank)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "its axis is out of range for an input with %d dimensions",
				      in->rank);
	if (c->node->p.axis.axis != axis)
		return npu_check_fail(c, NPU_ERR_INVALID, "its axis is %d, its input says %lld",
				      c->node->p.axis.axis, (long long)axis);
	for (i = 0; i < in->rank; i++)
		if (i != axis)
			shape.dims[shape.rank++] = in->dims[i];
	return npu_check_shape(c, 0, &shape);
}
