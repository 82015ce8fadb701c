/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "kernels/move.h"

void npu_kernel_strides(const struct npu_tensor *t, int64_t *stride)
{
	int64_t n = 1;

	for (int d = t->rank - 1; d >= 0; d--) {
		stride[d] = n;
		n *= t->dims[d];
	}
}

void npu_kernel_move_init(struct kernel_move *move, const struct npu_tensor *t)
{
	memset(move, 0, sizeof(*move));
	move->rank = t->rank;
	move->size = npu_dtype_size(t->dtype);
	for (int d = 0; d < t->rank; d++)
		move->dims[d] = t->dims[d];
	npu_kernel_strides(t, move->src_stride);
	npu_kernel_strides(t, move->dst_stride);
}

/* One run with constant strides. */
static void move_run(uint8_t *dst, int64_t dst_step, const uint8_t *src, int64_t src_step,
		     int64_t n, size_t size)
{
	if (size == 1)
		for (int64_t i = 0; i < n; i++)
			dst[i * dst_step] = src[i * src_step];
	else
		for (int64_t i = 0; i < n; i++)
			memcpy(dst + i * dst_step, src + i * src_step, size);
}

void npu_kernel_move(const struct kernel_move *move, void *dst, const void *src)
{
	int64_t index[KERNEL_MOVE_RANK] = { 0 };
	size_t block = move->size;
	int64_t size = (int64_t)move->size, run = 1, src_step = 0, dst_step = 0;
	uint8_t *to = dst;
	const uint8_t *from = src;
	int rank = move->rank;

	/* Inner dimensions that are dense on both sides are one block. */
	while (rank > 0 && move->src_stride[rank - 1] * size == (int64_t)block &&
	       move->dst_stride[rank - 1] * size == (int64_t)block)
		block *= (size_t)move->dims[--rank];
	/* The next one is a run of blocks. */
	if (rank > 0) {
		rank--;
		run = move->dims[rank];
		src_step = move->src_stride[rank] * size;
		dst_step = move->dst_stride[rank] * size;
	}
	for (;;) {
		int d = rank - 1;

		move_run(to, dst_step, from, src_step, run, block);
		for (; d >= 0; d--) {
			to += move->dst_stride[d] * size;
			from += move->src_stride[d] * size;
			if (++index[d] < move->dims[d])
				break;
			to -= move->dst_stride[d] * size * move->dims[d];
			from -= move->src_stride[d] * size * move->dims[d];
			index[d] = 0;
		}
		if (d < 0)
			return;
	}
}

void npu_kernel_fill(const struct npu_tensor *t, void *data, const void *value)
{
	size_t size = npu_dtype_size(t->dtype), n = npu_tensor_elements(t);
	uint8_t *to = data;

	for (size_t i = 0; i < n; i++)
		memcpy(to + i * size, value, size);
}
