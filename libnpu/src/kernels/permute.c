/* SPDX-License-Identifier: MIT */
/* TRANSPOSE, TILE, BROADCAST_TO, REVERSE_V2. */
#include "kernels/move.h"

static npu_status transpose_move(const struct kernel *k, struct kernel_move *move)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	int64_t perm[KERNEL_MAX_INTS], stride[NPU_MAX_RANK], dims[NPU_MAX_RANK];
	npu_status status;
	bool used[NPU_MAX_RANK] = { false };
	int n;

	status = npu_kernel_ints(k, 1, perm, &n);
	if (status != NPU_OK)
		return status;
	if (n != in->rank)
		return npu_kernel_refuse(k, "it permutes %d dimensions, not %d", n, in->rank);
	npu_kernel_move_init(move, npu_kernel_out(k, 0));
	npu_kernel_strides(in, stride);
	for (int d = 0; d < n; d++) {
		int64_t from = perm[d] < 0 ? perm[d] + n : perm[d];

		if (from < 0 || from >= n || used[from])
			return npu_kernel_refuse(k, "its permutation is none");
		used[from] = true;
		dims[d] = in->dims[from];
		move->src_stride[d] = stride[from];
	}
	return npu_kernel_expect_dims(k, 0, n, dims);
}

static npu_status check_transpose(const struct kernel *k)
{
	struct kernel_move move;

	return transpose_move(k, &move);
}

static npu_status run_transpose(const struct kernel *k)
{
	struct kernel_move move;
	npu_status status = transpose_move(k, &move);

	if (status == NPU_OK)
		npu_kernel_move(&move, npu_kernel_out_data(k, 0), npu_kernel_in_data(k, 0));
	return status;
}

/* Every output dimension must be a multiple of the input's. */
static npu_status check_tile(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);

	if (in->rank != out->rank)
		return npu_kernel_refuse(k, "its input has rank %d, its output %d", in->rank,
					 out->rank);
	for (int d = 0; d < in->rank; d++)
		if (out->dims[d] % in->dims[d])
			return npu_kernel_refuse(k, "dimension %d is %d, no multiple of %d", d,
						 (int)out->dims[d], (int)in->dims[d]);
	return NPU_OK;
}

static npu_status run_tile(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	struct kernel_move move = { .rank = 2 * in->rank, .size = npu_dtype_size(in->dtype) };
	int64_t from[NPU_MAX_RANK], to[NPU_MAX_RANK];

	npu_kernel_strides(in, from);
	npu_kernel_strides(out, to);
	/* Each dimension is a pair: which copy, and where in the copy. */
	for (int d = 0; d < in->rank; d++) {
		move.dims[2 * d] = out->dims[d] / in->dims[d];
		move.dims[2 * d + 1] = in->dims[d];
		move.src_stride[2 * d] = 0;
		move.src_stride[2 * d + 1] = from[d];
		move.dst_stride[2 * d] = to[d] * in->dims[d];
		move.dst_stride[2 * d + 1] = to[d];
	}
	npu_kernel_move(&move, npu_kernel_out_data(k, 0), npu_kernel_in_data(k, 0));
	return NPU_OK;
}

static npu_status check_broadcast(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);

	if (in->rank > out->rank)
		return npu_kernel_refuse(k, "its input has rank %d, its output %d", in->rank,
					 out->rank);
	for (int d = 0; d < in->rank; d++)
		if (in->dims[d] != 1 && in->dims[d] != out->dims[d + out->rank - in->rank])
			return npu_kernel_refuse(k, "dimension %d of its input is %d", d,
						 (int)in->dims[d]);
	return NPU_OK;
}

static npu_status run_broadcast(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	int64_t from[NPU_MAX_RANK];
	struct kernel_move move;
	int missing = out->rank - in->rank;

	npu_kernel_move_init(&move, out);
	npu_kernel_strides(in, from);
	for (int d = 0; d < out->rank; d++)
		move.src_stride[d] = d < missing || in->dims[d - missing] == 1 ? 0
									       : from[d - missing];
	npu_kernel_move(&move, npu_kernel_out_data(k, 0), npu_kernel_in_data(k, 0));
	return NPU_OK;
}

static npu_status reverse_move(const struct kernel *k, struct kernel_move *move, int64_t *first)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	int64_t axes[KERNEL_MAX_INTS];
	npu_status status;
	int n;

	status = npu_kernel_ints(k, 1, axes, &n);
	if (status != NPU_OK)
		return status;
	npu_kernel_move_init(move, in);
	*first = 0;
	for (int i = 0; i < n; i++) {
		int64_t axis = axes[i] < 0 ? axes[i] + in->rank : axes[i];

		if (axis < 0 || axis >= in->rank)
			return npu_kernel_refuse(k, "there is no axis %lld", (long long)axes[i]);
		if (move->src_stride[axis] < 0)
			return npu_kernel_refuse(k, "axis %lld is there twice", (long long)axis);
		*first += move->src_stride[axis] * (in->dims[axis] - 1);
		move->src_stride[axis] = -move->src_stride[axis];
	}
	return NPU_OK;
}

static npu_status check_reverse(const struct kernel *k)
{
	struct kernel_move move;
	int64_t first;

	return reverse_move(k, &move, &first);
}

static npu_status run_reverse(const struct kernel *k)
{
	struct kernel_move move;
	int64_t first;
	npu_status status = reverse_move(k, &move, &first);

	if (status == NPU_OK)
		npu_kernel_move(&move, npu_kernel_out_data(k, 0),
				(const uint8_t *)npu_kernel_in_data(k, 0) +
				first * (int64_t)move.size);
	return status;
}

#define PERMUTE(name, check, run) \
	const struct kernel_ops npu_kernel_##name = { \
		KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check, run \
	};

PERMUTE(TRANSPOSE, check_transpose, run_transpose)
PERMUTE(TILE, check_tile, run_tile)
PERMUTE(BROADCAST_TO, check_broadcast, run_broadcast)
PERMUTE(REVERSE_V2, check_reverse, run_reverse)
