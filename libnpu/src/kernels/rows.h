/* SPDX-License-Identifier: MIT */
/*
 * Two operands broadcast against each other, as rows: runs of elements in which
 * each operand either advances by one or stands still.
 */
#ifndef NPU_KERNELS_ROWS_H
#define NPU_KERNELS_ROWS_H

#include "kernels/kernel.h"

struct kernel_rows {
	size_t n;			/* elements of a row */
	size_t step[2];			/* of the operands within a row: 0 or 1 */
	size_t at[2];			/* first element of the row in each operand */
	size_t out;			/* and in the output */
	/* private: the outer dimensions, outermost first */
	int rank;
	size_t dims[NPU_MAX_RANK], stride[2][NPU_MAX_RANK], index[NPU_MAX_RANK];
};

/* The first row; there is always one. */
void npu_kernel_rows_first(struct kernel_rows *rows, const struct npu_tensor *a,
			   const struct npu_tensor *b, const struct npu_tensor *out);
/* The next; false after the last. */
bool npu_kernel_rows_next(struct kernel_rows *rows);
/* Whether a and b broadcast to out. */
bool npu_kernel_rows_fit(const struct npu_tensor *a, const struct npu_tensor *b,
			 const struct npu_tensor *out);

#endif
