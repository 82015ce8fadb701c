/* SPDX-License-Identifier: MIT */
/* What the files that lower a graph share. */
#ifndef NPU_COMPILE_LOWER_STATE_H
#define NPU_COMPILE_LOWER_STATE_H

#include "lower.h"
#include "rescale.h"

enum npu_alias_kind {
	NPU_ALIAS_NONE,		/* a root: has a buffer of its own */
	NPU_ALIAS_BOX,		/* a box of the parent at (y, x, c) */
	NPU_ALIAS_FLAT		/* contiguous bytes of the parent from offset on */
};

struct npu_alias {
	enum npu_alias_kind kind;
	int parent;
	int y, x, c;
	uint32_t offset;
	/* Of a root, for everything that has become part of it: */
	bool halo, dense;
	int home;		/* the tensor of the group that is external, or -1 */
	int buf;
};

/* Elements of an input in height, width, channels of its npu_hwc. */
struct npu_box {
	int first[3], step[3], size[3];
};

struct npu_lower {
	struct npu_lowered *out;
	const struct npu_graph *graph;
	int *num_uses;		/* of each tensor, by nodes; graph outputs count one more */
	int *last_user;		/* node */
	bool *given;		/* tensor comes from outside: input, CPU, constant, lower level */
	struct npu_alias *alias;
	bool *padded;		/* a convolution reads around the tensor */
	bool *done;		/* node needs no layer of its own any more */
	bool *short_channels;	/* tensor's view lacks the channels that a PAD appends */
	uint64_t ahead;		/* bytes that memory has time for beside the layers so far, and SRAM room */
};

static inline const struct npu_tensor *npu_in(const struct npu_lower *s, const struct npu_node *n, int i)
{
	return &s->graph->tensors[n->inputs[i]];
}

static inline const struct npu_tensor *npu_out(const struct npu_lower *s, const struct npu_node *n)
{
	return &s->graph->tensors[n->outputs[0]];
}

static inline bool npu_is_8bit(const struct npu_tensor *t)
{
	return t->dtype == NPU_INT8 || t->dtype == NPU_UINT8;
}

static inline float npu_scale(const struct npu_tensor *t)
{
	return t->quant.n ? t->quant.scale[0] : 1.0f;
}

static inline int npu_zero(const struct npu_tensor *t)
{
	return t->quant.n ? t->quant.zero_point[0] : 0;
}

static inline int npu_type_min(const struct npu_tensor *t)
{
	return t->dtype == NPU_UINT8 ? 0 : -128;
}

static inline int npu_type_max(const struct npu_tensor *t)
{
	return t->dtype == NPU_UINT8 ? 255 : 127;
}

/* place.c: integer i of a constant int32 or int64 tensor. */
int64_t npu_const_int(const struct npu_tensor *t, size_t i);
/* Padding in front of a convolution or pool (TFLite's formula). */
int npu_pad_before(enum npu_padding padding, int in, int out, int kernel, int stride, int dilation);
bool npu_is_unary(enum npu_op op);
bool npu_is_binary(enum npu_op op);
/* A PAD's amounts: before and after of height, width, channels of npu_hwc; false if not expressible. */
bool npu_pad_amounts(const struct npu_lower *s, const struct npu_node *n, int before[3], int after[3]);
/* SLICE, STRIDED_SLICE, SPLIT, SPLIT_V output i: its which elements of the input it takes. */
bool npu_slice_box(const struct npu_graph *graph, const struct npu_node *n, int i, struct npu_box *box);
/* CONCATENATION: which of height, width, channels (0, 1, 2) it joins; -1 if not expressible. */
int npu_concat_axis(const struct npu_graph *graph, const struct npu_node *n);
/* The input of a binary node that has the output's shape and can be the first operand; -1 if neither. */
int npu_binary_main(const struct npu_graph *graph, const struct npu_node *n);
/* Whether operand `in` of shape npu_hwc broadcasts to out; steps 0 or 1. */
bool npu_broadcasts(const struct npu_tensor *in, const struct npu_tensor *out, int *ystep, int *xstep,
		    bool *one_channel);

/* alias.c */
npu_status npu_alias_graph(struct npu_lower *s);
int npu_alias_root(const struct npu_lower *s, int tensor);
/* Final only when npu_alias_graph() has returned; makes the root's buffer. */
struct npu_view npu_tensor_view(struct npu_lower *s, int tensor);

/* lower.c */
struct npu_lop *npu_lop_new(struct npu_lower *s, enum onpu_opcode kind, const struct npu_node *node);
struct npu_part *npu_part_new(struct npu_lop *lop);
/* A part that covers the whole output one to one. */
struct npu_part *npu_part_whole(struct npu_lop *lop);
void npu_act_range(enum npu_act act, const struct npu_tensor *out, int *min, int *max);
/* Fuses what follows tensor t into the layer's post-processor; returns the tensor that the layer writes. */
npu_status npu_fuse_tail(struct npu_lower *s, struct npu_lop *lop, int t, bool allow_d2s, int *result,
			 const struct npu_node **d2s);
/* Stage 3 of the post-processor: node's other operand. v_input: which input the layer computes. */
npu_status npu_post_binary(struct npu_lower *s, struct npu_lop *lop, const struct npu_node *n,
			   int v_input);
/* Stage 4: table of a unary node, slopes of a PRELU. */
npu_status npu_post_act(struct npu_lower *s, struct npu_lop *lop, const struct npu_node *n);
npu_status npu_limit(struct npu_lower *s, const struct npu_node *n, const char *reason);

/* lower_conv.c, lower_vector.c: one node each, which the NPU runs. */
npu_status npu_lower_conv(struct npu_lower *s, const struct npu_node *n);
npu_status npu_lower_depthwise(struct npu_lower *s, const struct npu_node *n);
npu_status npu_lower_fully_connected(struct npu_lower *s, const struct npu_node *n);
npu_status npu_lower_transpose_conv(struct npu_lower *s, const struct npu_node *n);
npu_status npu_lower_binary(struct npu_lower *s, const struct npu_node *n);
npu_status npu_lower_unary(struct npu_lower *s, const struct npu_node *n);
npu_status npu_lower_pool(struct npu_lower *s, const struct npu_node *n);
npu_status npu_lower_mean(struct npu_lower *s, const struct npu_node *n);
npu_status npu_lower_resize(struct npu_lower *s, const struct npu_node *n);
npu_status npu_lower_move(struct npu_lower *s, const struct npu_node *n);

#endif
