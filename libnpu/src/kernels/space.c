/* SPDX-License-Identifier: MIT */
/* DEPTH_TO_SPACE, SPACE_TO_DEPTH, BATCH_TO_SPACE_ND, SPACE_TO_BATCH_ND. */
#include <string.h>

#include "kernels/move.h"

/* The tensor with its pixels in blocks, [n][h][by][w][bx][c], beside [n][h][w][by][bx][c]. */
static npu_status run_depth(const struct kernel *k)
{
	bool to_space = k->node->op == NPU_OP_DEPTH_TO_SPACE;
	const struct npu_tensor *deep = to_space ? npu_kernel_in(k, 0) : npu_kernel_out(k, 0);
	int64_t b = k->node->p.block.block_size, h = deep->dims[1], w = deep->dims[2];
	int64_t c = deep->dims[3] / (b * b);
	int64_t wide[6] = { h * w * b * b * c, w * b * b * c, w * b * c, b * c, c, 1 };
	int64_t blocks[6] = { h * w * b * b * c, w * b * b * c, b * c, b * b * c, c, 1 };
	struct kernel_move move = { .rank = 6, .size = npu_dtype_size(deep->dtype),
				    .dims = { deep->dims[0], h, b, w, b, c } };

	memcpy(move.src_stride, to_space ? blocks : wide, sizeof(wide));
	memcpy(move.dst_stride, to_space ? wide : blocks, sizeof(wide));
	npu_kernel_move(&move, npu_kernel_out_data(k, 0), npu_kernel_in_data(k, 0));
	return NPU_OK;
}

static npu_status check_depth(const struct kernel *k)
{
	bool to_space = k->node->op == NPU_OP_DEPTH_TO_SPACE;
	const struct npu_tensor *deep = to_space ? npu_kernel_in(k, 0) : npu_kernel_out(k, 0);
	const struct npu_tensor *wide = to_space ? npu_kernel_out(k, 0) : npu_kernel_in(k, 0);
	int64_t b = k->node->p.block.block_size;

	if (deep->rank != 4 || wide->rank != 4 || b < 1 || b > INT16_MAX)
		return npu_kernel_refuse(k, "rank %d, block size %lld", deep->rank, (long long)b);
	if (wide->dims[0] != deep->dims[0] || wide->dims[1] != b * deep->dims[1] ||
	    wide->dims[2] != b * deep->dims[2] || deep->dims[3] != b * b * wide->dims[3])
		return npu_kernel_refuse(k, "its shapes do not go with a block size of %lld",
					 (long long)b);
	return NPU_OK;
}

/* Two spatial dimensions, of which a tensor of rank 3 has only the first. */
struct blocks {
	int64_t block[2], before[2], after[2];
};

static npu_status read_blocks(const struct kernel *k, struct blocks *b)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	bool to_space = k->node->op == NPU_OP_BATCH_TO_SPACE_ND;
	int64_t block[KERNEL_MAX_INTS], pads[KERNEL_MAX_INTS], dims[NPU_MAX_RANK], batch;
	npu_status status;
	int n_block, n_pads;

	if (in->rank != 3 && in->rank != 4)
		return npu_kernel_refuse(k, "its input has rank %d", in->rank);
	status = npu_kernel_ints(k, 1, block, &n_block);
	if (status == NPU_OK)
		status = npu_kernel_ints(k, 2, pads, &n_pads);
	if (status != NPU_OK)
		return status;
	if (n_block != in->rank - 2 || n_pads != 2 * n_block)
		return npu_kernel_refuse(k, "it has %d block sizes for rank %d", n_block, in->rank);
	*b = (struct blocks){ { 1, 1 }, { 0, 0 }, { 0, 0 } };
	batch = in->dims[0];
	for (int i = 0; i < n_block; i++) {
		int64_t size = in->dims[1 + i];

		b->block[i] = block[i];
		b->before[i] = pads[2 * i];
		b->after[i] = pads[2 * i + 1];
		if (block[i] < 1 || block[i] > INT16_MAX || pads[2 * i] < 0 ||
		    pads[2 * i + 1] < 0 || pads[2 * i] > INT32_MAX || pads[2 * i + 1] > INT32_MAX)
			return npu_kernel_refuse(k, "block size %lld, paddings %lld and %lld",
						 (long long)block[i], (long long)pads[2 * i],
						 (long long)pads[2 * i + 1]);
		if (to_space) {
			dims[1 + i] = size * block[i] - b->before[i] - b->after[i];
			batch = batch % block[i] ? 0 : batch / block[i];
		} else {
			size += b->before[i] + b->after[i];
			dims[1 + i] = size % block[i] ? 0 : size / block[i];
			batch *= block[i];
		}
	}
	dims[0] = batch;
	dims[in->rank - 1] = in->dims[in->rank - 1];
	return npu_kernel_expect_dims(k, 0, in->rank, dims);
}

static npu_status check_batch(const struct kernel *k)
{
	struct blocks b;

	return read_blocks(k, &b);
}

/*
 * Pixel (y, x) of image n is pixel ((y + before) / block) of the image whose number
 * is n plus the number of images times the place in the block.
 */
static npu_status run_batch(const struct kernel *k)
{
	bool to_space = k->node->op == NPU_OP_BATCH_TO_SPACE_ND;
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	const struct npu_tensor *wide = to_space ? out : in, *many = to_space ? in : out;
	int64_t wide_w = wide->rank == 4 ? wide->dims[2] : 1;
	int64_t many_w = many->rank == 4 ? many->dims[2] : 1;
	size_t size = (size_t)in->dims[in->rank - 1] * npu_dtype_size(in->dtype);
	const uint8_t *src = npu_kernel_in_data(k, 0);
	uint8_t *dst = npu_kernel_out_data(k, 0), zero[8] = { 0 };
	npu_status status;
	struct blocks b;

	status = read_blocks(k, &b);
	if (status != NPU_OK)
		return status;
	if (!to_space) {
		if (in->dtype == NPU_INT8 || in->dtype == NPU_UINT8)
			store_byte(zero, in->dtype, 0, tensor_zero(out));
		npu_kernel_fill(out, dst, zero);
	}
	for (int64_t n = 0; n < wide->dims[0]; n++)
	for (int64_t y = 0; y < wide->dims[1]; y++)
	for (int64_t x = 0; x < wide_w; x++) {
		int64_t from_y = y + b.before[0], from_x = x + b.before[1];
		int64_t place = from_y % b.block[0] * b.block[1] + from_x % b.block[1];
		int64_t image = place * wide->dims[0] + n;
		size_t in_wide = (size_t)((n * wide->dims[1] + y) * wide_w + x) * size;
		size_t in_many = (size_t)((image * many->dims[1] + from_y / b.block[0]) * many_w +
					  from_x / b.block[1]) * size;

		if (to_space)
			memcpy(dst + in_wide, src + in_many, size);
		else
			memcpy(dst + in_many, src + in_wide, size);
	}
	return NPU_OK;
}

const struct kernel_ops npu_kernel_DEPTH_TO_SPACE = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check_depth, run_depth
};
const struct kernel_ops npu_kernel_SPACE_TO_DEPTH = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check_depth, run_depth
};
const struct kernel_ops npu_kernel_BATCH_TO_SPACE_ND = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check_batch, run_batch
};
const struct kernel_ops npu_kernel_SPACE_TO_BATCH_ND = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check_batch, run_batch
};
