// SPDX-License-Identifier: MIT
/* Structure of a graph, and the dispatch to the operators' rules. */
#include "ir/graph_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many inputs and outputs an operator has (0 as most: any number), and its rule. */
static const struct rule {
	unsigned char least_in, most_in, least_out, most_out;
	npu_status (*check)(const struct npu_check *c);
} rules[NPU_OP_COUNT] = {
	[NPU_OP_CONV_2D] = { 2, 3, 1, 1, npu_check_conv },
	[NPU_OP_DEPTHWISE_CONV_2D] = { 2, 3, 1, 1, npu_check_conv },
	[NPU_OP_FULLY_CONNECTED] = { 2, 3, 1, 1, npu_check_fully_connected },
	[NPU_OP_TRANSPOSE_CONV] = { 3, 4, 1, 1, npu_check_transpose_conv },
	[NPU_OP_ADD] = { 2, 2, 1, 1, npu_check_arith },
	[NPU_OP_SUB] = { 2, 2, 1, 1, npu_check_arith },
	[NPU_OP_MUL] = { 2, 2, 1, 1, npu_check_arith },
	[NPU_OP_DIV] = { 2, 2, 1, 1, npu_check_arith },
	[NPU_OP_MAXIMUM] = { 2, 2, 1, 1, npu_check_arith },
	[NPU_OP_MINIMUM] = { 2, 2, 1, 1, npu_check_arith },
	[NPU_OP_SQUARED_DIFFERENCE] = { 2, 2, 1, 1, npu_check_arith },
	[NPU_OP_AVERAGE_POOL_2D] = { 1, 1, 1, 1, npu_check_pool },
	[NPU_OP_MAX_POOL_2D] = { 1, 1, 1, 1, npu_check_pool },
	[NPU_OP_MEAN] = { 2, 2, 1, 1, npu_check_reduce },
	[NPU_OP_SUM] = { 2, 2, 1, 1, npu_check_reduce },
	[NPU_OP_REDUCE_MAX] = { 2, 2, 1, 1, npu_check_reduce },
	[NPU_OP_REDUCE_MIN] = { 2, 2, 1, 1, npu_check_reduce },
	[NPU_OP_PAD] = { 2, 2, 1, 1, npu_check_pad },
	[NPU_OP_PADV2] = { 3, 3, 1, 1, npu_check_pad },
	[NPU_OP_MIRROR_PAD] = { 2, 2, 1, 1, npu_check_pad },
	[NPU_OP_CONCATENATION] = { 1, 0, 1, 1, npu_check_concatenation },
	[NPU_OP_RESHAPE] = { 1, 2, 1, 1, npu_check_reshape },
	[NPU_OP_SQUEEZE] = { 1, 1, 1, 1, npu_check_squeeze },
	[NPU_OP_EXPAND_DIMS] = { 2, 2, 1, 1, npu_check_expand_dims },
	[NPU_OP_SLICE] = { 3, 3, 1, 1, npu_check_slice },
	[NPU_OP_STRIDED_SLICE] = { 4, 4, 1, 1, npu_check_strided_slice },
	[NPU_OP_SPLIT] = { 2, 2, 1, 0, npu_check_split },
	[NPU_OP_SPLIT_V] = { 3, 3, 1, 0, npu_check_split },
	[NPU_OP_PACK] = { 1, 0, 1, 1, npu_check_pack },
	[NPU_OP_UNPACK] = { 1, 1, 1, 0, npu_check_unpack },
	[NPU_OP_TRANSPOSE] = { 2, 2, 1, 1, npu_check_transpose },
	[NPU_OP_QUANTIZE] = { 1, 1, 1, 1, npu_check_convert },
	[NPU_OP_DEQUANTIZE] = { 1, 1, 1, 1, npu_check_convert },
	[NPU_OP_CAST] = { 1, 1, 1, 1, npu_check_convert },
	[NPU_OP_DEPTH_TO_SPACE] = { 1, 1, 1, 1, npu_check_block },
	[NPU_OP_SPACE_TO_DEPTH] = { 1, 1, 1, 1, npu_check_block },
	[NPU_OP_BATCH_TO_SPACE_ND] = { 3, 3, 1, 1, npu_check_batch },
	[NPU_OP_SPACE_TO_BATCH_ND] = { 3, 3, 1, 1, npu_check_batch },
	[NPU_OP_RESIZE_BILINEAR] = { 2, 2, 1, 1, npu_check_resize },
	[NPU_OP_RESIZE_NEAREST_NEIGHBOR] = { 2, 2, 1, 1, npu_check_resize },
	[NPU_OP_RELU] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_RELU6] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_RELU_N1_TO_1] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_RELU_0_TO_1] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_LEAKY_RELU] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_LOGISTIC] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_TANH] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_HARD_SWISH] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_ABS] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_NEG] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_RSQRT] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_EXP] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_ELU] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_GELU] = { 1, 1, 1, 1, npu_check_unary },
	[NPU_OP_PRELU] = { 2, 2, 1, 1, npu_check_prelu },
	[NPU_OP_SOFTMAX] = { 1, 1, 1, 1, npu_check_softmax },
	[NPU_OP_LOG_SOFTMAX] = { 1, 1, 1, 1, npu_check_softmax },
	[NPU_OP_ARG_MAX] = { 2, 2, 1, 1, npu_check_arg },
	[NPU_OP_ARG_MIN] = { 2, 2, 1, 1, npu_check_arg },
	[NPU_OP_SHAPE] = { 1, 1, 1, 1, npu_check_shape_op },
	[NPU_OP_GATHER] = { 2, 2, 1, 1, npu_check_gather },
	[NPU_OP_TILE] = { 2, 2, 1, 1, npu_check_tile },
	[NPU_OP_BROADCAST_TO] = { 2, 2, 1, 1, npu_check_broadcast_to },
	[NPU_OP_REVERSE_V2] = { 2, 2, 1, 1, npu_check_reverse },
};

npu_status npu_check_node(const struct npu_check *c)
{
	const struct npu_node *node = c->node;
	const struct rule *rule = &rules[node->op];
	int i;

	if (node->num_inputs < rule->least_in ||
	    (rule->most_in && node->num_inputs > rule->most_in))
		return npu_check_fail(c, NPU_ERR_FORMAT, "has %d inputs", node->num_inputs);
	if (node->num_outputs < rule->least_out ||
	    (rule->most_out && node->num_outputs > rule->most_out))
		return npu_check_fail(c, NPU_ERR_FORMAT, "has %d outputs", node->num_outputs);
	for (i = 0; i < node->num_inputs; i++)
		if (node->inputs[i] < 0 && (i < rule->least_in || !rule->most_in))
			return npu_check_fail(c, NPU_ERR_FORMAT, "input %d is missing", i);
	return rule->check(c);
}

static npu_status check_quant(const struct npu_tensor *t, const char *name, int index)
{
	static const struct { int32_t low, high; } range[NPU_DTYPE_COUNT] = {
		[NPU_INT8] = { INT8_MIN, INT8_MAX }, [NPU_UINT8] = { 0, UINT8_MAX },
		[NPU_INT16] = { INT16_MIN, INT16_MAX }, [NPU_INT32] = { INT32_MIN, INT32_MAX },
		[NPU_INT64] = { INT32_MIN, INT32_MAX },
	};
	const struct npu_quant *q = &t->quant;
	int i;

	if (!q->n)
		return NPU_OK;
	if (t->dtype == NPU_FLOAT32 || t->dtype == NPU_BOOL)
		return npu_fail(NPU_ERR_FORMAT, "tensor %d '%s': quantization of type %s", index,
				name, npu_dtype_name(t->dtype));
	if (q->n < 0 || !q->scale || !q->zero_point)
		return npu_fail(NPU_ERR_INVALID, "tensor %d '%s': incomplete quantization",
				index, name);
	if (q->n > 1 && (q->axis < 0 || q->axis >= t->rank))
		return npu_fail(NPU_ERR_FORMAT,
				"tensor %d '%s': quantized along axis %d, which it does not have",
				index, name, q->axis);
	if (q->n > 1 && q->n != t->dims[q->axis])
		return npu_fail(NPU_ERR_FORMAT,
				"tensor %d '%s': %d scales along axis %d of size %d",
				index, name, q->n, q->axis, t->dims[q->axis]);
	for (i = 0; i < q->n; i++) {
		if (!isfinite(q->scale[i]) || q->scale[i] <= 0)
			return npu_fail(NPU_ERR_FORMAT, "tensor %d '%s': scale %d is %g",
					index, name, i, (double)q->scale[i]);
		if (q->zero_point[i] < range[t->dtype].low ||
		    q->zero_point[i] > range[t->dtype].high)
			return npu_fail(NPU_ERR_FORMAT,
					"tensor %d '%s': zero point %d is out of range for %s",
					index, name, q->zero_point[i], npu_dtype_name(t->dtype));
	}
	return NPU_OK;
}

static npu_status check_tensor(const struct npu_graph *graph, int index, uint64_t *total)
{
	const struct npu_tensor *t = &graph->tensors[index];
	uint64_t bytes;
	int i;

	if (!t->name)
		return npu_fail(NPU_ERR_INVALID, "tensor %d has no name", index);
	if ((unsigned int)t->dtype >= NPU_DTYPE_COUNT)
		return npu_fail(NPU_ERR_FORMAT, "tensor %d '%s': unknown type %d", index, t->name,
				(int)t->dtype);
	if (t->rank < 0 || t->rank > NPU_MAX_RANK)
		return npu_fail(NPU_ERR_UNSUPPORTED,
				"tensor %d '%s': %d dimensions; at most %d are supported",
				index, t->name, t->rank, NPU_MAX_RANK);
	bytes = npu_dtype_size(t->dtype);
	for (i = 0; i < t->rank; i++) {
		if (t->dims[i] <= 0)
			return npu_fail(NPU_ERR_UNSUPPORTED, "tensor %d '%s': dimension %d is %d",
					index, t->name, i, t->dims[i]);
		bytes *= (uint64_t)t->dims[i];
		if (bytes > NPU_MAX_TENSOR_BYTES)
			return npu_fail(NPU_ERR_LIMIT,
					"tensor %d '%s': larger than 2 GiB", index, t->name);
	}
	*total += bytes;
	if (*total > NPU_MAX_GRAPH_BYTES)
		return npu_fail(NPU_ERR_LIMIT, "all tensors together are larger than 8 GiB");
	return check_quant(t, t->name, index);
}

/* What is known of a tensor when the nodes are walked in order. */
enum state { UNSET, INPUT, CONSTANT, PRODUCED };

static npu_status check_inputs(const struct npu_graph *graph, unsigned char *state)
{
	int i;

	for (i = 0; i < graph->num_tensors; i++)
		if (graph->tensors[i].data)
			state[i] = CONSTANT;
	for (i = 0; i < graph->num_inputs; i++) {
		int t = graph->inputs[i];

		if (t < 0 || t >= graph->num_tensors)
			return npu_fail(NPU_ERR_FORMAT, "network input %d: there is no tensor %d",
					i, t);
		if (state[t] == CONSTANT)
			return npu_fail(NPU_ERR_UNSUPPORTED,
					"network input %d (tensor '%s') is a constant", i,
					graph->tensors[t].name);
		if (state[t] == INPUT)
			return npu_fail(NPU_ERR_FORMAT, "tensor '%s' is a network input twice",
					graph->tensors[t].name);
		state[t] = INPUT;
	}
	return NPU_OK;
}

static npu_status check_edges(const struct npu_check *c, int index, unsigned char *state,
			      int64_t *edges)
{
	const struct npu_graph *graph = c->graph;
	const struct npu_node *node = c->node;
	int i;

	if ((unsigned int)node->op >= NPU_OP_COUNT)
		return npu_fail(NPU_ERR_FORMAT, "node %d: unknown operator %d", node->index,
				(int)node->op);
	if (node->num_inputs < 0 || node->num_outputs < 0)
		return npu_fail(NPU_ERR_INVALID, "node %d has a negative number of tensors",
				node->index);
	*edges += (int64_t)node->num_inputs + node->num_outputs;
	if (*edges > NPU_MAX_EDGES)
		return npu_check_fail(c, NPU_ERR_LIMIT,
				      "all nodes up to here use more than %d tensors",
				      NPU_MAX_EDGES);
	for (i = 0; i < node->num_inputs; i++) {
		int t = node->inputs[i];

		if (t == -1)
			continue;
		if (t < 0 || t >= graph->num_tensors)
			return npu_check_fail(c, NPU_ERR_FORMAT, "input %d: there is no tensor %d",
					      i, t);
		if (state[t] == UNSET)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "input %d (tensor '%s') is not computed before it is used",
					      i, graph->tensors[t].name);
	}
	for (i = 0; i < node->num_outputs; i++) {
		int t = node->outputs[i];

		if (t < 0 || t >= graph->num_tensors)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "output %d: there is no tensor %d", i, t);
		if (state[t] != UNSET)
			return npu_check_fail(c, NPU_ERR_FORMAT, "output %d (tensor '%s') is %s", i,
					      graph->tensors[t].name,
					      state[t] == INPUT ? "a network input" :
					      state[t] == CONSTANT ? "a constant" :
					      "computed twice");
		if (graph->tensors[t].producer != index)
			return npu_check_fail(c, NPU_ERR_INVALID,
					      "tensor '%s' names another producer",
					      graph->tensors[t].name);
		state[t] = PRODUCED;
	}
	return NPU_OK;
}

static npu_status check_outputs(const struct npu_graph *graph, const unsigned char *state)
{
	int i;

	if (graph->num_outputs < 1)
		return npu_fail(NPU_ERR_UNSUPPORTED, "the network has no outputs");
	for (i = 0; i < graph->num_outputs; i++) {
		int t = graph->outputs[i];

		if (t < 0 || t >= graph->num_tensors)
			return npu_fail(NPU_ERR_FORMAT, "network output %d: there is no tensor %d",
					i, t);
		if (state[t] == UNSET)
			return npu_fail(NPU_ERR_FORMAT,
					"network output %d (tensor '%s') is not computed", i,
					graph->tensors[t].name);
	}
	for (i = 0; i < graph->num_tensors; i++)
		if ((state[i] == PRODUCED) != (graph->tensors[i].producer >= 0))
			return npu_fail(NPU_ERR_INVALID, "tensor '%s' names a wrong producer",
					graph->tensors[i].name);
	return NPU_OK;
}

static npu_status check_counts(const struct npu_graph *graph)
{
	if (graph->num_tensors < 0 || graph->num_nodes < 0 || graph->num_inputs < 0 ||
	    graph->num_outputs < 0)
		return npu_fail(NPU_ERR_INVALID, "a count of the network is negative");
	if (graph->num_tensors > NPU_MAX_TENSORS)
		return npu_fail(NPU_ERR_LIMIT, "%d tensors; at most %d are supported",
				graph->num_tensors, NPU_MAX_TENSORS);
	if (graph->num_nodes > NPU_MAX_NODES)
		return npu_fail(NPU_ERR_LIMIT, "%d operators; at most %d are supported",
				graph->num_nodes, NPU_MAX_NODES);
	if (graph->num_inputs > graph->num_tensors || graph->num_outputs > NPU_MAX_TENSORS)
		return npu_fail(NPU_ERR_LIMIT, "too many network inputs or outputs");
	if (!graph->num_nodes)
		return npu_fail(NPU_ERR_UNSUPPORTED, "the network has no operators");
	return NPU_OK;
}

static npu_status check_structure(const struct npu_graph *graph, unsigned char *state)
{
	struct npu_check c = { .graph = graph };
	uint64_t total = 0;
	int64_t edges = 0;
	int i;

	for (i = 0; i < graph->num_tensors; i++)
		NPU_TRY(check_tensor(graph, i, &total));
	NPU_TRY(check_inputs(graph, state));
	for (i = 0; i < graph->num_nodes; i++) {
		c.node = &graph->nodes[i];
		NPU_TRY(check_edges(&c, i, state, &edges));
	}
	return check_outputs(graph, state);
}

npu_status npu_check_structure(const struct npu_graph *graph)
{
	unsigned char *state;
	npu_status status;

	NPU_TRY(check_counts(graph));
	state = calloc((size_t)graph->num_tensors + 1, 1);
	if (!state)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the check of the network");
	status = check_structure(graph, state);
	free(state);
	return status;
}

npu_status npu_graph_check(const struct npu_graph *graph)
{
	struct npu_check c = { .graph = graph };
	int i;

	NPU_TRY(npu_check_structure(graph));
	for (i = 0; i < graph->num_nodes; i++) {
		c.node = &graph->nodes[i];
		NPU_TRY(npu_check_node(&c));
	}
	return NPU_OK;
}
