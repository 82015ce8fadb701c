// SPDX-License-Identifier: MIT
#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

void npu_program_clear(struct npu_program *program)
{
	int i;

	for (i = 0; i < program->graph.num_nodes && program->placement; i++)
		free(program->placement[i].detail);
	for (i = 0; i < program->num_layers && program->layers; i++)
		free(program->layers[i].name);
	free(program->placement);
	free(program->binding);
	free(program->code);
	free(program->steps);
	free(program->layers);
	free(program->parts);
	free(program->warm.parts);
	npu_graph_clear(&program->graph);
	memset(program, 0, sizeof(*program));
}

void npu_program_free(npu_program *program)
{
	if (!program)
		return;
	npu_program_clear(program);
	free(program);
}

int npu_program_num_inputs(const npu_program *program)
{
	return program ? program->graph.num_inputs : 0;
}

int npu_program_num_outputs(const npu_program *program)
{
	return program ? program->graph.num_outputs : 0;
}

static npu_status describe_tensor(const struct npu_graph *graph, const int *list, int count,
				  int index, const char *what, npu_tensor_info *info)
{
	const struct npu_tensor *tensor;
	int i;

	if (index < 0 || index >= count)
		return npu_fail(NPU_ERR_INVALID, "%s %d of a program that has %d", what, index,
				count);
	tensor = &graph->tensors[list[index]];
	memset(info, 0, sizeof(*info));
	info->name = tensor->name;
	info->dtype = tensor->dtype;
	info->rank = tensor->rank;
	for (i = 0; i < tensor->rank; i++)
		info->dims[i] = tensor->dims[i];
	info->bytes = npu_tensor_bytes(tensor);
	if (tensor->quant.n == 1) {
		info->scale = tensor->quant.scale[0];
		info->zero_point = tensor->quant.zero_point[0];
	}
	return NPU_OK;
}

npu_status npu_program_input(const npu_program *program, int index, npu_tensor_info *info)
{
	if (!program || !info)
		return npu_fail(NPU_ERR_INVALID, "npu_program_input: program or info is NULL");
	return describe_tensor(&program->graph, program->graph.inputs,
			       program->graph.num_inputs, index, "input", info);
}

npu_status npu_program_output(const npu_program *program, int index, npu_tensor_info *info)
{
	if (!program || !info)
		return npu_fail(NPU_ERR_INVALID, "npu_program_output: program or info is NULL");
	return describe_tensor(&program->graph, program->graph.outputs,
			       program->graph.num_outputs, index, "output", info);
}

npu_status npu_program_describe(const npu_program *program, npu_program_info *info)
{
	int i;

	if (!program || !info)
		return npu_fail(NPU_ERR_INVALID, "npu_program_describe: program or info is NULL");
	memset(info, 0, sizeof(*info));
	info->preset = program->preset->name;
	info->sram_bytes = program->sram_bytes;
	info->code_bytes = program->code_size;
	info->scratch_bytes = program->scratch_size;
	for (i = 0; i < program->num_steps; i++)
		if (program->steps[i].node < 0)
			info->cycles += program->steps[i].cycles;
	for (i = 0; i < program->num_layers; i++) {
		const struct npu_layer *layer = &program->layers[i];

		if (program->steps[layer->step].node >= 0)
			continue;
		info->macs += layer->macs;
		info->read_bytes += layer->read_bytes;
		info->write_bytes += layer->write_bytes;
	}
	info->warm_cycles = program->warm.size ? program->warm.cycles : info->cycles;
	info->warm_read_bytes = program->warm.size ? program->warm.read_bytes : info->read_bytes;
	info->nodes = program->graph.num_nodes;
	for (i = 0; i < info->nodes; i++)
		info->nodes_npu += program->placement[i].on_npu;
	info->nodes_cpu = info->nodes - info->nodes_npu;
	return NPU_OK;
}

npu_status npu_program_placement(const npu_program *program, int index, npu_placement *placement)
{
	const struct npu_graph *graph;
	const struct npu_node *node;

	if (!program || !placement)
		return npu_fail(NPU_ERR_INVALID,
				"npu_program_placement: program or placement is NULL");
	graph = &program->graph;
	if (index < 0 || index >= graph->num_nodes)
		return npu_fail(NPU_ERR_INVALID, "node %d of a program that has %d", index,
				graph->num_nodes);
	node = &graph->nodes[index];
	placement->node = node->index;
	placement->op = npu_op_name(node->op);
	placement->name = node->num_outputs ? graph->tensors[node->outputs[0]].name : "";
	placement->on_npu = program->placement[index].on_npu;
	placement->detail = program->placement[index].detail;
	return NPU_OK;
}

int npu_program_num_layers(const npu_program *program)
{
	return program ? program->num_layers : 0;
}

npu_status npu_program_layer(const npu_program *program, int index, npu_layer_profile *info)
{
	const struct npu_layer *layer;

	if (!program || !info)
		return npu_fail(NPU_ERR_INVALID, "npu_program_layer: program or layer is NULL");
	if (index < 0 || index >= program->num_layers)
		return npu_fail(NPU_ERR_INVALID, "layer %d of a program that has %d", index,
				program->num_layers);
	layer = &program->layers[index];
	*info = (npu_layer_profile){
		.name = layer->name,
		.node = program->graph.nodes[layer->node].index,
		.on_npu = program->steps[layer->step].node < 0,
		.start_cycle = layer->start_cycle,
		.end_cycle = layer->end_cycle,
		.macs = layer->macs,
		.read_bytes = layer->read_bytes,
		.write_bytes = layer->write_bytes,
	};
	return NPU_OK;
}
