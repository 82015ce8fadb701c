// SPDX-License-Identifier: MIT
/* What a front-end leaves to be worked out: axes, shapes, arithmetic on shapes. */
#include "ir/graph_check.h"

#include <stdlib.h>
#include <string.h>

/* Which input holds the axis, -1 if it is a parameter already; false without an axis. */
static bool find_axis(enum npu_op op, int *holder)
{
	*holder = -1;
	switch (op) {
	case NPU_OP_CONCATENATION:
	case NPU_OP_PACK:
	case NPU_OP_UNPACK:
	case NPU_OP_GATHER:
		return true;
	case NPU_OP_SPLIT:
		*holder = 0;
		return true;
	case NPU_OP_SPLIT_V:
		*holder = 2;
		return true;
	case NPU_OP_ARG_MAX:
	case NPU_OP_ARG_MIN:
		*holder = 1;
		return true;
	default:
		return false;
	}
}

/* What cannot be normalised is left for the operator's rule to complain about. */
static npu_status normalise_axis(const struct npu_check *c, struct npu_node *node)
{
	const struct npu_tensor *in;
	int holder, rank;
	int64_t axis;

	if (!find_axis(node->op, &holder) || node->num_inputs <= (holder < 0 ? 0 : holder))
		return NPU_OK;
	axis = node->p.axis.axis;
	if (holder >= 0)
		NPU_TRY(npu_check_int(c, holder, "the axis", &axis));
	in = npu_check_in(c, node->op == NPU_OP_SPLIT ? 1 : 0);
	if (!in)
		return NPU_OK;
	rank = in->rank + (node->op == NPU_OP_PACK ? 1 : 0);
	if (axis < 0)
		axis += rank;
	if (axis >= 0 && axis < rank)
		node->p.axis.axis = (int32_t)axis;
	if (node->op == NPU_OP_GATHER && node->p.axis.batch_dims < 0) {
		in = npu_check_in(c, 1);
		if (in && node->p.axis.batch_dims >= -in->rank)
			node->p.axis.batch_dims += in->rank;
	}
	return NPU_OK;
}

static npu_status infer_nodes(struct npu_graph *graph, const unsigned char *is_output)
{
	struct npu_check c = { .graph = graph, .infer = graph->tensors, .is_output = is_output };
	int total = graph->num_nodes;
	int i, j, kept = 0;
	npu_status status = NPU_OK;

	for (i = 0; i < total && status == NPU_OK; i++) {
		struct npu_node *node = &graph->nodes[kept];
		bool folded = false;

		/* Every node stays owned exactly once, whatever happens. */
		if (i != kept) {
			*node = graph->nodes[i];
			memset(&graph->nodes[i], 0, sizeof(*node));
		}
		c.node = node;
		status = normalise_axis(&c, node);
		if (status == NPU_OK)
			status = npu_check_node(&c);
		if (status == NPU_OK)
			status = npu_graph_fold(&c, &folded);
		for (j = 0; j < node->num_outputs; j++)
			graph->tensors[node->outputs[j]].producer = folded ? -1 : kept;
		if (folded) {
			free(node->inputs);
			free(node->outputs);
			memset(node, 0, sizeof(*node));
		} else {
			kept++;
		}
	}
	if (status == NPU_OK)
		graph->num_nodes = kept;
	return status;
}

npu_status npu_graph_infer(struct npu_graph *graph)
{
	unsigned char *is_output;
	npu_status status;
	int i;

	NPU_TRY(npu_check_structure(graph));
	is_output = calloc((size_t)graph->num_tensors + 1, 1);
	if (!is_output)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the network");
	for (i = 0; i < graph->num_outputs; i++)
		is_output[graph->outputs[i]] = 1;
	status = infer_nodes(graph, is_output);
	free(is_output);
	return status;
}
