/* SPDX-License-Identifier: MIT */
/* Operators that only move elements are one strided copy each. */
#ifndef NPU_KERNELS_MOVE_H
#define NPU_KERNELS_MOVE_H

#include "kernels/kernel.h"

#define KERNEL_MOVE_RANK (2 * NPU_MAX_RANK)

/*
 * dims[] elements of size bytes each, outermost dimension first; strides are in
 * elements and may be 0 or negative in the source.  What source and destination
 * point to is the element with all indices 0.
 */
struct kernel_move {
	int rank;
	size_t size;
	int64_t dims[KERNEL_MOVE_RANK], src_stride[KERNEL_MOVE_RANK], dst_stride[KERNEL_MOVE_RANK];
};

void npu_kernel_move(const struct kernel_move *move, void *dst, const void *src);
/* Strides of a dense tensor, in elements. */
void npu_kernel_strides(const struct npu_tensor *t, int64_t *stride);
/* The move that copies all of t to a dense tensor of the same shape. */
void npu_kernel_move_init(struct kernel_move *move, const struct npu_tensor *t);
/* All elements of t set to the element at value. */
void npu_kernel_fill(const struct npu_tensor *t, void *data, const void *value);

#endif
