// SPDX-License-Identifier: MIT
#include "ir/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

static const char *const op_names[NPU_OP_COUNT] = {
#define X(name) #name,
	NPU_OPS(X)
#undef X
};

const char *npu_op_name(enum npu_op op)
{
	return (unsigned int)op < NPU_OP_COUNT ? op_names[op] : "?";
}

size_t npu_tensor_elements(const struct npu_tensor *tensor)
{
	size_t n = 1;
	int i;

	for (i = 0; i < tensor->rank; i++)
		n *= (size_t)tensor->dims[i];
	return n;
}

size_t npu_tensor_bytes(const struct npu_tensor *tensor)
{
	return npu_tensor_elements(tensor) * npu_dtype_size(tensor->dtype);
}

/*
 * Names of fused layers run to hundreds of characters; a message keeps the start.
 * This has to work on a graph that has not been checked, too.
 */
const char *npu_node_label(const struct npu_graph *graph, const struct npu_node *node,
			   char *buf, size_t size)
{
	const int longest = 120;
	const char *name = NULL;
	int t = node->num_outputs > 0 ? node->outputs[0] : -1;

	if (t >= 0 && t < graph->num_tensors)
		name = graph->tensors[t].name;
	if (name)
		snprintf(buf, size, "%s node %d (tensor '%.*s%s')", npu_op_name(node->op),
			 node->index, longest, name,
			 strlen(name) > (size_t)longest ? "..." : "");
	else
		snprintf(buf, size, "%s node %d", npu_op_name(node->op), node->index);
	return buf;
}

void npu_graph_clear(struct npu_graph *graph)
{
	int i;

	for (i = 0; i < graph->num_tensors && graph->tensors; i++) {
		struct npu_tensor *tensor = &graph->tensors[i];

		free(tensor->name);
		free(tensor->quant.scale);
		free(tensor->quant.zero_point);
		free(tensor->data);
	}
	for (i = 0; i < graph->num_nodes && graph->nodes; i++) {
		free(graph->nodes[i].inputs);
		free(graph->nodes[i].outputs);
	}
	free(graph->tensors);
	free(graph->nodes);
	free(graph->inputs);
	free(graph->outputs);
	memset(graph, 0, sizeof(*graph));
}

/* Copies count * size bytes; an array that is not there stays not there. */
static void *duplicate(const void *src, size_t count, size_t size, bool *failed)
{
	size_t bytes = count * size;
	void *dst;

	if (!src)
		return NULL;
	/* malloc(0) may return NULL, which would look like a failure. */
	dst = malloc(bytes > 0 ? bytes : 1);
	if (!dst)
		*failed = true;
	else
		memcpy(dst, src, bytes);
	return dst;
}

static void copy_tensor(struct npu_tensor *dst, const struct npu_tensor *src, bool *failed)
{
	*dst = *src;
	dst->name = duplicate(src->name, src->name ? strlen(src->name) + 1 : 0, 1, failed);
	dst->quant.scale = duplicate(src->quant.scale, (size_t)src->quant.n,
				     sizeof(*src->quant.scale), failed);
	dst->quant.zero_point = duplicate(src->quant.zero_point, (size_t)src->quant.n,
					  sizeof(*src->quant.zero_point), failed);
	dst->data = duplicate(src->data, npu_tensor_bytes(src), 1, failed);
}

npu_status npu_graph_copy(struct npu_graph *dst, const struct npu_graph *src)
{
	bool failed = false;
	int i;

	memset(dst, 0, sizeof(*dst));
	dst->tensors = calloc((size_t)src->num_tensors + 1, sizeof(*dst->tensors));
	dst->nodes = calloc((size_t)src->num_nodes + 1, sizeof(*dst->nodes));
	dst->inputs = duplicate(src->inputs, (size_t)src->num_inputs, sizeof(int), &failed);
	dst->outputs = duplicate(src->outputs, (size_t)src->num_outputs, sizeof(int), &failed);
	dst->num_inputs = src->num_inputs;
	dst->num_outputs = src->num_outputs;
	for (i = 0; dst->tensors && i < src->num_tensors; i++) {
		copy_tensor(&dst->tensors[i], &src->tensors[i], &failed);
		dst->num_tensors = i + 1;
	}
	for (i = 0; dst->nodes && i < src->num_nodes; i++) {
		const struct npu_node *node = &src->nodes[i];

		dst->nodes[i] = *node;
		dst->nodes[i].inputs = duplicate(node->inputs, (size_t)node->num_inputs,
						 sizeof(int), &failed);
		dst->nodes[i].outputs = duplicate(node->outputs, (size_t)node->num_outputs,
						  sizeof(int), &failed);
		dst->num_nodes = i + 1;
	}
	if (failed || !dst->tensors || !dst->nodes) {
		npu_graph_clear(dst);
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a copy of the network");
	}
	return NPU_OK;
}
