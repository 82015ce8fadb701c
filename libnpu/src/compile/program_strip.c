// SPDX-License-Identifier: MIT
#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

bool npu_program_may_strip(const struct npu_program *program, int node, int input)
{
	if (!program->placement[node].on_npu)
		return false;
	switch (program->graph.nodes[node].op) {
	case NPU_OP_CONV_2D:
	case NPU_OP_DEPTHWISE_CONV_2D:
	case NPU_OP_FULLY_CONNECTED:
		return input == 1 || input == 2;
	case NPU_OP_TRANSPOSE_CONV:
		return input == 1 || input == 3;
	default:
		return false;
	}
}

npu_status npu_program_strip(struct npu_program *program)
{
	struct npu_graph *graph = &program->graph;
	bool *keep = calloc((size_t)graph->num_tensors + 1, sizeof(*keep));
	int i, k;

	if (!keep)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	for (i = 0; i < graph->num_nodes; i++) {
		const struct npu_node *node = &graph->nodes[i];

		for (k = 0; k < node->num_inputs; k++)
			if (node->inputs[k] >= 0 && !npu_program_may_strip(program, i, k))
				keep[node->inputs[k]] = true;
	}
	for (i = 0; i < graph->num_outputs; i++)
		keep[graph->outputs[i]] = true;
	for (i = 0; i < graph->num_tensors; i++) {
		if (keep[i])
			continue;
		free(graph->tensors[i].data);
		graph->tensors[i].data = NULL;
	}
	free(keep);
	program->stripped = true;
	return NPU_OK;
}
