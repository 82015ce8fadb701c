/* SPDX-License-Identifier: MIT */
/*
 * Which channels of a network are computed, and in which order.  A channel that is the same for every
 * input, or that nobody reads, is left out of the tensors between layers of the NPU: its weights are neither
 * fetched nor multiplied, and what it added to later layers is in their bias.  See
 * docs/decisions/040-channels-are-chosen-first.md.
 */
#ifndef NPU_COMPILE_CHANNELS_H
#define NPU_COMPILE_CHANNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "iss/preset.h"
#include "ir/graph.h"

enum npu_channel_role {
	NPU_CHANNELS_FIXED,	/* all channels of what it reads and writes stay where they are */
	NPU_CHANNELS_MIX,	/* each output channel is made from any input channels: CONV_2D, FULLY_CONNECTED */
	NPU_CHANNELS_SCALE,	/* DEPTHWISE_CONV_2D: of the same one, with weights */
	NPU_CHANNELS_CARRY	/* of the same one, without */
};

/* The channels (elements of the last axis) of a tensor that a node writes. */
struct npu_channels {
	int count;		/* 0: nothing is known about this tensor */
	int root;		/* tensor that has the same choice of channels, perhaps itself; -1: all of them stay */
	bool *constant;		/* is `value` at every pixel, for every input */
	int16_t *value;		/* as stored */
	bool *needed;		/* somebody reads it who cannot do with its value */
	int kept;		/* channels of `order` */
	int *order;		/* NULL: all, as they are; only roots have one */
};

struct npu_channel_plan {
	const struct npu_graph *graph;
	enum npu_channel_role *role;	/* of each node */
	struct npu_channels *of;	/* of each tensor */
};

/*
 * on_npu: of each node; graph must stay valid.  NPU_ERR_NOMEM.  npu_channels_clear() frees the plan, also after a
 * failure.
 */
npu_status npu_channels_plan(struct npu_channel_plan *plan, const struct npu_graph *graph,
			     const struct onpu_preset *preset, const bool *on_npu);
void npu_channels_clear(struct npu_channel_plan *plan);

/* The order of a tensor's channels and their number, NULL: as they are. */
const int *npu_channels_order(const struct npu_channel_plan *plan, int tensor, int *kept);

/* Of each channel whether it is kept, NULL: all are. */
const bool *npu_channels_kept(const struct npu_channel_plan *plan, int tensor);
/* Whether anything changes at all. */
bool npu_channels_changed(const struct npu_channel_plan *plan);

/* channels_order.c: another order of what is kept, where it takes fewer steps of the array. */
npu_status npu_channels_sort(struct npu_channel_plan *plan, const struct onpu_preset *preset);

/* channels_apply.c: the graph with the planned channels; nodes and tensors keep their numbers. */
npu_status npu_channels_apply(const struct npu_channel_plan *plan, struct npu_graph *out);

/* What a node multiplies: weights of MIX as [outputs][taps][inputs]. */
struct npu_channel_weights {
	const struct npu_tensor *tensor;
	int outputs, taps, inputs;
	int zero;		/* stored value that stands for no weight */
};

struct npu_channel_weights npu_channel_weights(const struct npu_graph *graph, const struct npu_node *node);
/* A weight without its zero point. */
int npu_channel_weight(const struct npu_channel_weights *weights, int output, int tap, int input);

#endif
