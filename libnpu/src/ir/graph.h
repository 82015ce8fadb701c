/* SPDX-License-Identifier: MIT */
/*
 * The graph: libnpu's own picture of a network, made by a front-end, executed by
 * the reference kernels, and lowered by the compiler.
 *
 * Invariants, established by npu_graph_check() before anything else sees a
 * graph, so that nothing behind it has to look again:
 *   - every tensor and node index is in range; tensors have at most one producer;
 *   - nodes are in execution order;
 *   - network inputs are distinct and no constants; network outputs may repeat, and
 *     may be inputs or constants;
 *   - every dimension is > 0, and the byte size of every tensor fits in 2^31 - 1;
 *   - constants have exactly npu_tensor_bytes() bytes of data;
 *   - the operator's own rules: number, type and shape of inputs and outputs,
 *     strides and dilations > 0, axes in range, quantization present where the
 *     operator's arithmetic needs it; output shapes agree with the inputs'.
 */
#ifndef NPU_IR_GRAPH_H
#define NPU_IR_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npu.h"

/*
 * X(enumerator, TFLite name).  The order is part of the .npu file format: append only.
 */
#define NPU_OPS(X) \
	X(CONV_2D) X(DEPTHWISE_CONV_2D) X(FULLY_CONNECTED) X(TRANSPOSE_CONV) \
	X(ADD) X(SUB) X(MUL) X(MAXIMUM) X(MINIMUM) \
	X(AVERAGE_POOL_2D) X(MAX_POOL_2D) X(MEAN) X(SUM) \
	X(PAD) X(PADV2) X(CONCATENATION) X(RESHAPE) X(SQUEEZE) X(EXPAND_DIMS) \
	X(SLICE) X(STRIDED_SLICE) X(SPLIT) X(SPLIT_V) X(PACK) X(UNPACK) X(TRANSPOSE) \
	X(QUANTIZE) X(DEQUANTIZE) X(CAST) \
	X(DEPTH_TO_SPACE) X(SPACE_TO_DEPTH) X(BATCH_TO_SPACE_ND) X(SPACE_TO_BATCH_ND) \
	X(RESIZE_BILINEAR) X(RESIZE_NEAREST_NEIGHBOR) \
	X(RELU) X(RELU6) X(RELU_N1_TO_1) X(RELU_0_TO_1) X(PRELU) X(LEAKY_RELU) \
	X(LOGISTIC) X(TANH) X(HARD_SWISH) X(SOFTMAX) X(LOG_SOFTMAX) \
	X(ARG_MAX) X(ARG_MIN) X(SHAPE) X(GATHER) X(REDUCE_MAX) X(REDUCE_MIN) \
	X(ABS) X(NEG) X(RSQRT) X(EXP) X(ELU) X(GELU) X(DIV) X(SQUARED_DIFFERENCE) \
	X(TILE) X(MIRROR_PAD) X(BROADCAST_TO) X(REVERSE_V2)

enum npu_op {
#define X(name) NPU_OP_##name,
	NPU_OPS(X)
#undef X
	NPU_OP_COUNT
};

/* "CONV_2D"; never NULL. */
const char *npu_op_name(enum npu_op op);

enum npu_padding { NPU_PAD_SAME, NPU_PAD_VALID };

/* A fused activation: a clamp on the output's stored values. */
enum npu_act { NPU_ACT_NONE, NPU_ACT_RELU, NPU_ACT_RELU_N1_TO_1, NPU_ACT_RELU6 };

/* real = scale[i] * (stored - zero_point[i]); n is 0 (not quantized), 1, or dims[axis]. */
struct npu_quant {
	float *scale;
	int32_t *zero_point;
	int n;
	int axis;
};

struct npu_tensor {
	char *name;
	npu_dtype dtype;
	int rank;			/* 0 is a scalar: one element */
	int32_t dims[NPU_MAX_RANK];
	struct npu_quant quant;
	void *data;			/* constants: npu_tensor_bytes() bytes, else NULL */
	int producer;			/* node index, -1 for graph inputs and constants */
};

/* What an operator needs beyond its tensors; the member is named by the operator. */
union npu_params {
	struct {			/* CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV */
		enum npu_padding padding;
		enum npu_act act;
		int32_t stride_h, stride_w, dilation_h, dilation_w;
	} conv;				/* weights as TFLite has them: OHWI, 1HWO, OHWI */
	struct {			/* AVERAGE_POOL_2D, MAX_POOL_2D */
		enum npu_padding padding;
		enum npu_act act;
		int32_t filter_h, filter_w, stride_h, stride_w;
	} pool;
	struct {
		enum npu_act act;
		bool keep_num_dims;
	} fc;				/* weights [out][in] */
	struct {
		enum npu_act act;	/* ADD, SUB, MUL, DIV */
	} arith;
	struct {
		bool keep_dims;		/* MEAN, SUM, REDUCE_MAX, REDUCE_MIN: axes are input 1 */
	} reduce;
	struct {
		int32_t axis;		/* CONCATENATION, PACK, UNPACK, GATHER, ARG_MAX, SPLIT: */
		enum npu_act act;	/* normalised to [0, rank) by the front-end */
		int32_t batch_dims;	/* GATHER */
	} axis;
	struct {			/* STRIDED_SLICE: begin, end, strides are inputs 1..3 */
		int32_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask;
		bool offset;
	} strided_slice;
	struct {
		int32_t block_size;	/* DEPTH_TO_SPACE, SPACE_TO_DEPTH */
	} block;
	struct {
		bool align_corners, half_pixel_centers;
	} resize;			/* size is input 1 */
	struct {
		float beta;
	} softmax;
	struct {
		float alpha;
	} leaky;
	struct {
		bool reflect;		/* MIRROR_PAD: REFLECT, else SYMMETRIC */
	} mirror;
	struct {
		bool approximate;
	} gelu;
};

struct npu_node {
	enum npu_op op;
	int index;			/* of the operator in the source file, for messages */
	int num_inputs;
	int *inputs;			/* tensor index, or -1 for an absent optional input */
	int num_outputs;
	int *outputs;
	union npu_params p;
};

struct npu_graph {
	int num_tensors;
	struct npu_tensor *tensors;
	int num_nodes;
	struct npu_node *nodes;
	int num_inputs;
	int *inputs;
	int num_outputs;
	int *outputs;
};

/* npu_model is the public handle of a graph. */
struct npu_model {
	struct npu_graph graph;
};

/* Number of elements, 1 for a scalar. */
size_t npu_tensor_elements(const struct npu_tensor *tensor);
size_t npu_tensor_bytes(const struct npu_tensor *tensor);
/* "CONV_2D node 12 (tensor 'block/Relu6')": how messages name a node. buf is returned. */
const char *npu_node_label(const struct npu_graph *graph, const struct npu_node *node,
			   char *buf, size_t size);
/* Everything that the top of this file promises; names what is violated and where. */
npu_status npu_graph_check(const struct npu_graph *graph);
/* Frees what the graph owns, not the struct. */
void npu_graph_clear(struct npu_graph *graph);
/* Deep copy; dst is overwritten. */
npu_status npu_graph_copy(struct npu_graph *dst, const struct npu_graph *src);

/*
 * Front-end: builds a checked graph from a TFLite flatbuffer.  Survives any
 * input.  graph is only valid on NPU_OK.
 */
npu_status npu_tflite_read(struct npu_graph *graph, const void *data, size_t size);

#endif
