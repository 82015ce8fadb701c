/* SPDX-License-Identifier: MIT */
/* Which weights become zero: those that are smallest in real values. */
#ifndef NPU_PRUNE_MAGNITUDE_H
#define NPU_PRUNE_MAGNITUDE_H

#include "ir/graph.h"

/* Weights of one or more operators: bytes that are a tensor's data, in a copy of its own. */
struct npu_prune_weights {
	const struct npu_tensor *tensor;	/* int8 or uint8, quantized; not its data */
	uint8_t *bytes;
};

uint64_t npu_prune_zeros(const struct npu_prune_weights *weights);

/*
 * Makes the smallest weights of all in the list zero, until this fraction of them is; among equals
 * they are spread evenly.
 */
npu_status npu_prune_fraction(const struct npu_prune_weights *list, int num, double fraction);

/*
 * Keeps the largest ones in every group of so many neighbours along the last dimension; among
 * equals the first ones.  A last group that is shorter keeps as many.
 */
void npu_prune_groups(const struct npu_prune_weights *weights, int keep, int group);

#endif
