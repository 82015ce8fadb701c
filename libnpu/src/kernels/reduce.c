/* SPDX-License-Identifier: MIT */
/* MEAN, SUM, REDUCE_MAX, REDUCE_MIN: the axes are input 1. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernel.h"
#include "kernels/rounding.h"

struct reduction {
	bool reduced[NPU_MAX_RANK];
	int64_t count;			/* input elements per output element */
};

static npu_status read_axes(const struct kernel *k, struct reduction *r)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	int64_t axes[KERNEL_MAX_INTS], dims[NPU_MAX_RANK];
	npu_status status;
	int n, rank = 0;

	memset(r, 0, sizeof(*r));
	status = npu_kernel_ints(k, 1, axes, &n);
	if (status != NPU_OK)
		return status;
	r->count = 1;
	for (int i = 0; i < n && in->rank > 0; i++) {
		int64_t axis = axes[i] < 0 ? axes[i] + in->rank : axes[i];

		if (axis < 0 || axis >= in->rank)
			return npu_kernel_refuse(k, "there is no axis %lld", (long long)axes[i]);
		if (!r->reduced[axis])
			r->count *= in->dims[axis];
		r->reduced[axis] = true;
	}
	for (int d = 0; d < in->rank; d++)
		if (!r->reduced[d])
			dims[rank++] = in->dims[d];
		else if (k->node->p.reduce.keep_dims)
			dims[rank++] = 1;
	return npu_kernel_expect_dims(k, 0, rank, dims);
}

/* Walks the input in order and says which output element each element belongs to. */
struct walk {
	int rank;
	size_t index[NPU_MAX_RANK], dims[NPU_MAX_RANK], stride[NPU_MAX_RANK], to;
};

static void walk_start(struct walk *w, const struct npu_tensor *in, const struct reduction *r)
{
	size_t stride = 1;

	memset(w, 0, sizeof(*w));
	w->rank = in->rank;
	for (int d = in->rank - 1; d >= 0; d--) {
		w->dims[d] = (size_t)in->dims[d];
		if (r->reduced[d])
			continue;
		w->stride[d] = stride;
		stride *= w->dims[d];
	}
}

static void walk_next(struct walk *w)
{
	for (int d = w->rank - 1; d >= 0; d--) {
		w->to += w->stride[d];
		if (++w->index[d] < w->dims[d])
			return;
		w->to -= w->stride[d] * w->dims[d];
		w->index[d] = 0;
	}
}

/* The extreme of each group; lowest and highest elements are the starting values. */
#define EXTREME(type, lowest, highest) do { \
	const type *src = npu_kernel_in_data(k, 0); \
	type *dst = npu_kernel_out_data(k, 0); \
	\
	for (size_t i = 0; i < outs; i++) \
		dst[i] = max ? (lowest) : (highest); \
	for (size_t i = 0; i < ins; i++, walk_next(&w)) \
		if (max ? src[i] > dst[w.to] : src[i] < dst[w.to]) \
			dst[w.to] = src[i]; \
} while (0)

static npu_status run_extreme(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	size_t ins = npu_tensor_elements(in), outs = npu_tensor_elements(npu_kernel_out(k, 0));
	bool max = k->node->op == NPU_OP_REDUCE_MAX;
	struct reduction r;
	npu_status status = read_axes(k, &r);
	struct walk w;

	if (status != NPU_OK)
		return status;
	walk_start(&w, in, &r);
	switch (in->dtype) {
	case NPU_INT8:
		EXTREME(int8_t, INT8_MIN, INT8_MAX);
		break;
	case NPU_UINT8:
		EXTREME(uint8_t, 0, UINT8_MAX);
		break;
	case NPU_INT32:
		EXTREME(int32_t, INT32_MIN, INT32_MAX);
		break;
	case NPU_INT64:
		EXTREME(int64_t, INT64_MIN, INT64_MAX);
		break;
	default:
		EXTREME(float, -FLT_MAX, FLT_MAX);
		break;
	}
	return NPU_OK;
}

/*
 * LiteRT's reference SUM takes the bytes of int8 tensors for uint8, on both sides, and
 * leaves the zero points as they are.  Its results are what must be reproduced.
 */
static npu_dtype sum_type(npu_dtype dtype, bool mean)
{
	return mean ? dtype : NPU_UINT8;
}

static npu_status sum_bytes(const struct kernel *k, const struct reduction *r, bool mean)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	size_t ins = npu_tensor_elements(in), outs = npu_tensor_elements(out);
	npu_dtype dtype = sum_type(in->dtype, mean);
	struct kernel_clamp clamp = npu_kernel_limits(dtype);
	double ratio = (double)tensor_scale(in) / (double)tensor_scale(out);
	uint32_t zero = (uint32_t)tensor_zero(in) * (uint32_t)r->count;
	uint32_t *sum = calloc(outs, sizeof(*sum));
	const void *src = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);
	struct kernel_scale scale;
	struct walk w;

	if (!sum)
		return npu_kernel_nomem(k);
	walk_start(&w, in, r);
	for (size_t i = 0; i < ins; i++, walk_next(&w))
		sum[w.to] += (uint32_t)load_byte(src, dtype, i);
	scale = mean ? mean_scale(ratio, r->count) : npu_kernel_scale_of(ratio);
	for (size_t i = 0; i < outs; i++) {
		int32_t x = (int32_t)(sum[i] - zero);

		x = mean ? round_mean(x, scale) : round_sum(x, scale);
		store_byte(dst, dtype, i, clamp32(add_wrap(x, tensor_zero(out)), clamp));
	}
	free(sum);
	return NPU_OK;
}

static void sum_float(const struct kernel *k, const struct reduction *r, bool mean)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	size_t ins = npu_tensor_elements(in), outs = npu_tensor_elements(npu_kernel_out(k, 0));
	const float *src = npu_kernel_in_data(k, 0);
	float *dst = npu_kernel_out_data(k, 0);
	struct walk w;

	for (size_t i = 0; i < outs; i++)
		dst[i] = 0.0f;
	walk_start(&w, in, r);
	for (size_t i = 0; i < ins; i++, walk_next(&w))
		dst[w.to] += src[i];
	for (size_t i = 0; i < outs && mean; i++)
		dst[i] /= (float)r->count;
}

static npu_status sum_int(const struct kernel *k, const struct reduction *r, bool mean)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	size_t ins = npu_tensor_elements(in), outs = npu_tensor_elements(npu_kernel_out(k, 0));
	bool wide = in->dtype == NPU_INT64;
	uint64_t *sum = calloc(outs, sizeof(*sum));
	const void *src = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);
	struct walk w;

	if (!sum)
		return npu_kernel_nomem(k);
	walk_start(&w, in, r);
	for (size_t i = 0; i < ins; i++, walk_next(&w))
		sum[w.to] += wide ? ((const uint64_t *)src)[i]
				  : (uint64_t)(int64_t)((const int32_t *)src)[i];
	for (size_t i = 0; i < outs; i++) {
		int64_t x = mean ? (int64_t)sum[i] / r->count : (int64_t)sum[i];

		if (wide)
			((int64_t *)dst)[i] = x;
		else
			((int32_t *)dst)[i] = wrap32(x);
	}
	free(sum);
	return NPU_OK;
}

static npu_status run_sum(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	bool mean = k->node->op == NPU_OP_MEAN;
	struct reduction r;
	npu_status status = read_axes(k, &r);

	if (status != NPU_OK)
		return status;
	if (in->dtype == NPU_INT8 || in->dtype == NPU_UINT8)
		return sum_bytes(k, &r, mean);
	if (in->dtype != NPU_FLOAT32)
		return sum_int(k, &r, mean);
	sum_float(k, &r, mean);
	return NPU_OK;
}

static npu_status check(const struct kernel *k)
{
	struct reduction r;

	return read_axes(k, &r);
}

#define REDUCE(name, quantized, run) \
	const struct kernel_ops npu_kernel_##name = { \
		KERNEL_BYTES | KERNEL_INT32 | KERNEL_INT64 | KERNEL_FLOAT32, quantized, 0, \
		KERNEL_SAME_OUT, check, run \
	};

REDUCE(MEAN, KERNEL_BYTES, run_sum)
REDUCE(SUM, KERNEL_BYTES, run_sum)
REDUCE(REDUCE_MAX, 0, run_extreme)
REDUCE(REDUCE_MIN, 0, run_extreme)
