/* SPDX-License-Identifier: MIT */
/* PAD, PADV2, MIRROR_PAD: input 1 is [rank][before, after]. */
#include <string.h>

#include "kernels/move.h"

/* How many elements come before each dimension's own. */
static npu_status read_padding(const struct kernel *k, int64_t *before)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	int64_t pads[KERNEL_MAX_INTS], dims[NPU_MAX_RANK];
	npu_status status;
	int n;

	status = npu_kernel_ints(k, 1, pads, &n);
	if (status != NPU_OK)
		return status;
	if (n != 2 * in->rank)
		return npu_kernel_refuse(k, "it has %d paddings for rank %d", n, in->rank);
	for (int d = 0; d < in->rank; d++) {
		int64_t most = INT32_MAX;

		if (k->node->op == NPU_OP_MIRROR_PAD)
			most = in->dims[d] - k->node->p.mirror.reflect;
		before[d] = pads[2 * d];
		if (pads[2 * d] < 0 || pads[2 * d + 1] < 0 || pads[2 * d] > most ||
		    pads[2 * d + 1] > most)
			return npu_kernel_refuse(k, "paddings %lld and %lld of dimension %d",
						 (long long)pads[2 * d],
						 (long long)pads[2 * d + 1], d);
		dims[d] = in->dims[d] + pads[2 * d] + pads[2 * d + 1];
	}
	return npu_kernel_expect_dims(k, 0, in->rank, dims);
}

static npu_status check(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *value = npu_kernel_in(k, 2);
	int64_t before[NPU_MAX_RANK];

	if (k->node->op == NPU_OP_PADV2 && (!value || npu_tensor_elements(value) != 1 ||
					    value->dtype != in->dtype))
		return npu_kernel_refuse(k, "its value is not one %s", npu_dtype_name(in->dtype));
	return read_padding(k, before);
}

static npu_status run_pad(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	int64_t before[NPU_MAX_RANK];
	uint8_t value[8] = { 0 };
	struct kernel_move move;
	uint8_t *to = npu_kernel_out_data(k, 0);
	npu_status status;

	status = read_padding(k, before);
	if (status != NPU_OK)
		return status;
	if (k->node->op == NPU_OP_PADV2)
		memcpy(value, npu_kernel_in_data(k, 2), npu_dtype_size(in->dtype));
	else if (in->dtype == NPU_INT8 || in->dtype == NPU_UINT8)
		store_byte(value, in->dtype, 0, tensor_zero(out));
	npu_kernel_fill(out, to, value);
	npu_kernel_move_init(&move, in);
	npu_kernel_strides(out, move.dst_stride);
	for (int d = 0; d < in->rank; d++)
		to += before[d] * move.dst_stride[d] * (int64_t)move.size;
	npu_kernel_move(&move, to, npu_kernel_in_data(k, 0));
	return NPU_OK;
}

static npu_status run_mirror(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	int64_t before[NPU_MAX_RANK], stride[NPU_MAX_RANK], index[NPU_MAX_RANK] = { 0 };
	size_t n = npu_tensor_elements(out), size = npu_dtype_size(in->dtype);
	/* SYMMETRIC repeats the edge, REFLECT does not. */
	int64_t edge = k->node->p.mirror.reflect ? 0 : 1;
	const uint8_t *src = npu_kernel_in_data(k, 0);
	uint8_t *dst = npu_kernel_out_data(k, 0);
	npu_status status;

	status = read_padding(k, before);
	if (status != NPU_OK)
		return status;
	npu_kernel_strides(in, stride);
	for (size_t i = 0; i < n; i++) {
		int64_t from = 0;

		for (int d = 0; d < out->rank; d++) {
			int64_t x = index[d] - before[d];

			if (x < 0)
				x = -x - edge;
			else if (x >= in->dims[d])
				x = 2 * (int64_t)(in->dims[d] - 1) - x + edge;
			from += x * stride[d];
		}
		memcpy(dst + i * size, src + (size_t)from * size, size);
		for (int d = out->rank - 1; d >= 0 && ++index[d] == out->dims[d]; d--)
			index[d] = 0;
	}
	return NPU_OK;
}

const struct kernel_ops npu_kernel_PAD = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check, run_pad
};
const struct kernel_ops npu_kernel_PADV2 = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check, run_pad
};
const struct kernel_ops npu_kernel_MIRROR_PAD = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check, run_mirror
};
