/* SPDX-License-Identifier: MIT */
/* ARG_MAX, ARG_MIN, SHAPE, GATHER. */
#include <math.h>
#include <string.h>

#include "kernels/kernel.h"

static void store_index(void *data, npu_dtype dtype, size_t i, int64_t x)
{
	if (dtype == NPU_INT64)
		((int64_t *)data)[i] = x;
	else
		((int32_t *)data)[i] = (int32_t)x;
}

static bool is_index(const struct npu_tensor *t)
{
	return t->dtype == NPU_INT32 || t->dtype == NPU_INT64;
}

static npu_status check_arg(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	int axis = k->node->p.axis.axis;

	if (!is_index(out))
		return npu_kernel_refuse(k, "its output is %s", npu_dtype_name(out->dtype));
	if (axis < 0 || axis >= in->rank)
		return npu_kernel_refuse(k, "there is no axis %d", axis);
	return NPU_OK;
}

/* Whether x replaces best: the first of equals stays, a number replaces what is none. */
#define BETTER(x, best)	(max ? (x) > (best) : (x) < (best))

#define ARG(type, better) do { \
	const type *src = npu_kernel_in_data(k, 0); \
	\
	for (size_t o = 0; o < outer; o++) \
		for (size_t i = 0; i < inner; i++) { \
			const type *from = src + o * n * inner + i; \
			type best = from[0]; \
			size_t at = 0; \
			\
			for (size_t j = 1; j < n; j++) { \
				type x = from[j * inner]; \
				\
				if (better) { \
					best = x; \
					at = j; \
				} \
			} \
			store_index(dst, out->dtype, o * inner + i, (int64_t)at); \
		} \
} while (0)

static npu_status run_arg(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	int axis = k->node->p.axis.axis;
	size_t outer = tensor_span(in, 0, axis), n = (size_t)in->dims[axis];
	size_t inner = tensor_span(in, axis + 1, in->rank);
	bool max = k->node->op == NPU_OP_ARG_MAX;
	void *dst = npu_kernel_out_data(k, 0);

	switch (in->dtype) {
	case NPU_INT8:
		ARG(int8_t, BETTER(x, best));
		break;
	case NPU_UINT8:
	case NPU_BOOL:
		ARG(uint8_t, BETTER(x, best));
		break;
	case NPU_INT32:
		ARG(int32_t, BETTER(x, best));
		break;
	default:
		ARG(float, !isnan(x) && (isnan(best) || BETTER(x, best)));
		break;
	}
	return NPU_OK;
}

static npu_status check_shape(const struct kernel *k)
{
	const struct npu_tensor *out = npu_kernel_out(k, 0);

	if (!is_index(out))
		return npu_kernel_refuse(k, "its output is %s", npu_dtype_name(out->dtype));
	return NPU_OK;
}

static npu_status run_shape(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);

	for (int d = 0; d < in->rank; d++)
		store_index(npu_kernel_out_data(k, 0), out->dtype, (size_t)d, in->dims[d]);
	return NPU_OK;
}

static npu_status check_gather(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *where = npu_kernel_in(k, 1);
	int axis = k->node->p.axis.axis, batch = k->node->p.axis.batch_dims;
	int64_t dims[2 * NPU_MAX_RANK];
	int rank = 0;

	if (!where || !is_index(where))
		return npu_kernel_refuse(k, "its indices are no integers");
	if (axis < 0 || axis >= in->rank || batch < 0 || batch > axis || batch > where->rank)
		return npu_kernel_refuse(k, "axis %d, %d batch dimensions", axis, batch);
	for (int d = 0; d < batch; d++)
		if (in->dims[d] != where->dims[d])
			return npu_kernel_refuse(k, "batch dimension %d is %d and %d", d,
						 (int)in->dims[d], (int)where->dims[d]);
	for (int d = 0; d < axis; d++)
		dims[rank++] = in->dims[d];
	for (int d = batch; d < where->rank; d++)
		dims[rank++] = where->dims[d];
	for (int d = axis + 1; d < in->rank; d++)
		dims[rank++] = in->dims[d];
	return npu_kernel_expect_dims(k, 0, rank, dims);
}

static npu_status run_gather(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *where = npu_kernel_in(k, 1);
	int axis = k->node->p.axis.axis, batch_dims = k->node->p.axis.batch_dims;
	size_t batches = tensor_span(in, 0, batch_dims), outer = tensor_span(in, batch_dims, axis);
	size_t size = tensor_span(in, axis + 1, in->rank) * npu_dtype_size(in->dtype);
	size_t picks = tensor_span(where, batch_dims, where->rank);
	const void *indices = npu_kernel_in_data(k, 1);
	const uint8_t *src = npu_kernel_in_data(k, 0);
	uint8_t *dst = npu_kernel_out_data(k, 0);

	for (size_t b = 0; b < batches; b++)
	for (size_t o = 0; o < outer; o++)
	for (size_t p = 0; p < picks; p++, dst += size) {
		size_t at = b * picks + p;
		int64_t i = where->dtype == NPU_INT64 ? ((const int64_t *)indices)[at]
						      : ((const int32_t *)indices)[at];

		if (i < 0 || i >= in->dims[axis])
			return npu_kernel_refuse(k, "index %lld is out of range", (long long)i);
		memcpy(dst, src + ((b * outer + o) * (size_t)in->dims[axis] + (size_t)i) * size,
		       size);
	}
	return NPU_OK;
}

const struct kernel_ops npu_kernel_ARG_MAX = {
	KERNEL_BYTES | KERNEL_INT32 | KERNEL_FLOAT32 | KERNEL_BOOL, 0, 0, KERNEL_ANY, check_arg,
	run_arg
};
const struct kernel_ops npu_kernel_ARG_MIN = {
	KERNEL_BYTES | KERNEL_INT32 | KERNEL_FLOAT32 | KERNEL_BOOL, 0, 0, KERNEL_ANY, check_arg,
	run_arg
};
const struct kernel_ops npu_kernel_SHAPE = {
	KERNEL_ALL, 0, 0, KERNEL_ANY, check_shape, run_shape
};
const struct kernel_ops npu_kernel_GATHER = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check_gather, run_gather
};
