/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "kernels/rows.h"

/* Dimension d of the output in an operand whose missing outer dimensions are 1. */
static size_t operand_dim(const struct npu_tensor *t, int rank, int d)
{
	int at = d - (rank - t->rank);

	return at < 0 ? 1 : (size_t)t->dims[at];
}

bool npu_kernel_rows_fit(const struct npu_tensor *a, const struct npu_tensor *b,
			 const struct npu_tensor *out)
{
	if (a->rank > out->rank || b->rank > out->rank)
		return false;
	for (int d = 0; d < out->rank; d++) {
		size_t from_a = operand_dim(a, out->rank, d), from_b = operand_dim(b, out->rank, d);
		size_t want = (size_t)out->dims[d];

		if ((from_a != want && from_a != 1) || (from_b != want && from_b != 1))
			return false;
	}
	return true;
}

void npu_kernel_rows_first(struct kernel_rows *rows, const struct npu_tensor *a,
			   const struct npu_tensor *b, const struct npu_tensor *out)
{
	const struct npu_tensor *operand[2] = { a, b };
	size_t size[2] = { 1, 1 };
	int first = NPU_MAX_RANK;

	memset(rows, 0, sizeof(*rows));
	/* From the innermost dimension outwards, merging neighbours that behave alike. */
	for (int d = out->rank - 1; d >= 0; d--) {
		size_t n = (size_t)out->dims[d], stride[2];
		bool merges = first < NPU_MAX_RANK;

		if (n == 1)
			continue;
		for (int i = 0; i < 2; i++) {
			size_t own = operand_dim(operand[i], out->rank, d);

			stride[i] = own == 1 ? 0 : size[i];
			size[i] *= own;
			merges = merges &&
				 stride[i] == rows->stride[i][first] * rows->dims[first];
		}
		if (merges) {
			rows->dims[first] *= n;
			continue;
		}
		first--;
		rows->dims[first] = n;
		rows->stride[0][first] = stride[0];
		rows->stride[1][first] = stride[1];
	}
	rows->n = 1;
	if (first == NPU_MAX_RANK)
		return;
	/* The innermost one becomes the row, the others move to the front. */
	rows->n = rows->dims[NPU_MAX_RANK - 1];
	rows->step[0] = rows->stride[0][NPU_MAX_RANK - 1];
	rows->step[1] = rows->stride[1][NPU_MAX_RANK - 1];
	rows->rank = NPU_MAX_RANK - 1 - first;
	for (int d = 0; d < rows->rank; d++) {
		rows->dims[d] = rows->dims[first + d];
		rows->stride[0][d] = rows->stride[0][first + d];
		rows->stride[1][d] = rows->stride[1][first + d];
	}
}

bool npu_kernel_rows_next(struct kernel_rows *rows)
{
	for (int d = rows->rank - 1; d >= 0; d--) {
		if (++rows->index[d] < rows->dims[d]) {
			rows->at[0] += rows->stride[0][d];
			rows->at[1] += rows->stride[1][d];
			rows->out += rows->n;
			return true;
		}
		rows->at[0] -= (rows->dims[d] - 1) * rows->stride[0][d];
		rows->at[1] -= (rows->dims[d] - 1) * rows->stride[1][d];
		rows->index[d] = 0;
	}
	return false;
}
