/* SPDX-License-Identifier: MIT */
/*
 * The rules of single operators, behind npu_graph_check().
 *
 * Every rule computes the shapes of its node's outputs from the inputs, and hands
 * them to npu_check_shape(), which either compares them with the graph's (checking)
 * or writes them into the graph (inference: TFLite's interpreter ignores the output
 * shapes that a file declares, and files exist that declare placeholders).
 */
#ifndef NPU_IR_GRAPH_CHECK_H
#define NPU_IR_GRAPH_CHECK_H

#include "ir/error.h"
#include "ir/graph.h"

#define NPU_MAX_TENSORS		65536
#define NPU_MAX_NODES		65536
/* Inputs and outputs of all nodes together. */
#define NPU_MAX_EDGES		(1 << 20)
#define NPU_MAX_TENSOR_BYTES	INT32_MAX
#define NPU_MAX_GRAPH_BYTES	((uint64_t)8 << 30)
/* Elements that an operator may sum up in 32 bits: 255 * 2^23 < 2^31. */
#define NPU_MAX_SUM		(1 << 23)

/* Sets of types, as masks. */
#define NPU_T(dtype)	(1u << (dtype))
#define NPU_T_QUANT	(NPU_T(NPU_INT8) | NPU_T(NPU_UINT8) | NPU_T(NPU_INT16))
#define NPU_T_REAL	(NPU_T_QUANT | NPU_T(NPU_FLOAT32))
#define NPU_T_INDEX	(NPU_T(NPU_INT32) | NPU_T(NPU_INT64))
#define NPU_T_NUMBER	(NPU_T_REAL | NPU_T_INDEX)
#define NPU_T_ANY	(NPU_T_NUMBER | NPU_T(NPU_BOOL))

struct npu_check {
	const struct npu_graph *graph;
	const struct npu_node *node;
	struct npu_tensor *infer;	/* the graph's tensors while inferring, else NULL */
	const unsigned char *is_output;	/* by tensor, while inferring */
};

struct npu_shape {
	int rank;
	int64_t dims[2 * NPU_MAX_RANK];
};

/* Records "CONV_2D node 3 (tensor 'x'): message" and returns status. */
npu_status npu_check_fail(const struct npu_check *c, npu_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* NULL for an absent optional input; i must be below the number of inputs. */
const struct npu_tensor *npu_check_in(const struct npu_check *c, int i);
const struct npu_tensor *npu_check_out(const struct npu_check *c, int i);

/* "input 1 has type float32, ..." unless the type is in the mask. */
npu_status npu_check_type(const struct npu_check *c, const struct npu_tensor *t,
			  const char *what, unsigned int mask);
npu_status npu_check_same_type(const struct npu_check *c, const struct npu_tensor *t,
			       const struct npu_tensor *like, const char *what);
/* Type in the mask, and one scale and zero point if it is a quantized type. */
npu_status npu_check_activation(const struct npu_check *c, const struct npu_tensor *t,
				const char *what, unsigned int mask);
bool npu_check_quantized(const struct npu_tensor *t);
bool npu_check_same_quant(const struct npu_tensor *a, const struct npu_tensor *b);
/* For operators that move stored values without rescaling. */
npu_status npu_check_equal_quant(const struct npu_check *c, const struct npu_tensor *t,
				 const struct npu_tensor *like, const char *what);
/* The real factor of a rescale; 31-bit multipliers with shifts up to 30 represent it. */
npu_status npu_check_factor(const struct npu_check *c, double factor);
/* A clamp at 6 must be representable in the output's stored values. */
npu_status npu_check_act(const struct npu_check *c, enum npu_act act, const struct npu_tensor *out);

npu_status npu_check_rank(const struct npu_check *c, const struct npu_tensor *t, const char *what,
			  int least, int most);
npu_status npu_check_shape(const struct npu_check *c, int output, const struct npu_shape *shape);
struct npu_shape npu_check_shape_of(const struct npu_tensor *t);
/* Shape of elementwise operators; fails if the inputs' shapes do not go together. */
npu_status npu_check_broadcast(const struct npu_check *c, const struct npu_tensor *a,
			       const struct npu_tensor *b, struct npu_shape *shape);

/*
 * Values of an int32 or int64 constant with at most max elements; what names it:
 * "the paddings".  An absent or computed tensor is NPU_ERR_UNSUPPORTED.
 */
npu_status npu_check_ints(const struct npu_check *c, int input, const char *what, int max,
			  int64_t *values, int *count);
/* A single such value. */
npu_status npu_check_int(const struct npu_check *c, int input, const char *what, int64_t *value);

/* What STRIDED_SLICE does to each axis of its input, new axes included. */
struct npu_slice_axis {
	int64_t begin, stride, count;
	bool added, dropped;	/* new_axis_mask, shrink_axis_mask */
};
npu_status npu_check_strided_slice_axes(const struct npu_check *c, struct npu_slice_axis *axes,
					int *count);

/* One function per family of operators. */
npu_status npu_check_conv(const struct npu_check *c);
npu_status npu_check_transpose_conv(const struct npu_check *c);
npu_status npu_check_fully_connected(const struct npu_check *c);
npu_status npu_check_pool(const struct npu_check *c);
npu_status npu_check_arith(const struct npu_check *c);
npu_status npu_check_unary(const struct npu_check *c);
npu_status npu_check_prelu(const struct npu_check *c);
npu_status npu_check_softmax(const struct npu_check *c);
npu_status npu_check_convert(const struct npu_check *c);
npu_status npu_check_reduce(const struct npu_check *c);
npu_status npu_check_arg(const struct npu_check *c);
npu_status npu_check_pad(const struct npu_check *c);
npu_status npu_check_concatenation(const struct npu_check *c);
npu_status npu_check_reshape(const struct npu_check *c);
npu_status npu_check_squeeze(const struct npu_check *c);
npu_status npu_check_expand_dims(const struct npu_check *c);
npu_status npu_check_slice(const struct npu_check *c);
npu_status npu_check_strided_slice(const struct npu_check *c);
npu_status npu_check_split(const struct npu_check *c);
npu_status npu_check_pack(const struct npu_check *c);
npu_status npu_check_unpack(const struct npu_check *c);
npu_status npu_check_transpose(const struct npu_check *c);
npu_status npu_check_block(const struct npu_check *c);
npu_status npu_check_batch(const struct npu_check *c);
npu_status npu_check_resize(const struct npu_check *c);
npu_status npu_check_shape_op(const struct npu_check *c);
npu_status npu_check_gather(const struct npu_check *c);
npu_status npu_check_tile(const struct npu_check *c);
npu_status npu_check_broadcast_to(const struct npu_check *c);
npu_status npu_check_reverse(const struct npu_check *c);

/* Counts of inputs and outputs, then the operator's rule. */
npu_status npu_check_node(const struct npu_check *c);

/* All that npu_graph_check() promises except for the operators' own rules. */
npu_status npu_check_structure(const struct npu_graph *graph);

/*
 * Prepares a front-end's graph for npu_graph_check():
 *   - axes in npu_params.axis may be negative, and are normalised; SPLIT, SPLIT_V,
 *     ARG_MAX and ARG_MIN get theirs from the input that holds it;
 *   - the declared shape of every tensor that a node produces is replaced by what
 *     the operator computes;
 *   - integer arithmetic on shapes (SHAPE, STRIDED_SLICE, PACK in front of a
 *     RESHAPE) becomes constants, and its nodes go.
 */
npu_status npu_graph_infer(struct npu_graph *graph);
/* Whether the node was evaluated: its outputs are constants now. */
npu_status npu_graph_fold(const struct npu_check *c, bool *folded);

/* Leaves the caller with the status of a failed expression. */
#define NPU_TRY(expression) do { \
	npu_status try_status_ = (expression); \
	if (try_status_ != NPU_OK) \
		return try_status_; \
} while (0)

#endif
