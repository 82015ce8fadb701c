/* SPDX-License-Identifier: MIT */
/* Whose weights the bytes of a constant are. */
#ifndef NPU_PRUNE_SHARE_H
#define NPU_PRUNE_SHARE_H

#include "frontend/tflite.h"

struct npu_share {
	/*
	 * The first tensor with the same bytes, itself if there is no other; all of them are
	 * weights of the same kind of operator, with the same shape and quantization.  -1: the
	 * bytes mean something else too, or are not in the file.
	 */
	int owner;
	size_t pos;		/* in the file */
	char why[140];		/* owner is -1: what else they are */
};

/* The operators whose weights can be pruned: those are input 1. */
bool npu_has_weights(enum npu_op op);

/* shares has an entry for each tensor of the graph. */
npu_status npu_find_shares(const struct npu_graph *graph, const void *data, size_t size,
			   struct npu_share *shares);

#endif
