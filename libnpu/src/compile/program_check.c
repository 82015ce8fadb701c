// SPDX-License-Identifier: MIT
/* What the runtime relies on in a program that came from outside. */
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "isa/onpu_isa.h"
#include "program.h"

/*
 * npu_graph_check() wants data in every constant.  In a stripped program some are absent on
 * purpose; they get a stand-in, which is safe because only weights and biases may be
 * stripped, and the check of a graph does not look at their values.
 */
static npu_status check_stripped_nodes(const struct npu_program *program, const bool *is_input,
				       struct npu_graph *graph)
{
	static uint8_t stand_in;
	char label[256];
	int i, k;

	for (i = 0; i < graph->num_nodes; i++) {
		const struct npu_node *node = &graph->nodes[i];

		for (k = 0; k < node->num_inputs; k++) {
			int t = node->inputs[k];

			if (t < 0 || program->graph.tensors[t].data || is_input[t] ||
			    program->graph.tensors[t].producer >= 0)
				continue;
			if (!npu_program_may_strip(program, i, k))
				return npu_fail(NPU_ERR_FORMAT,
						"malformed program: %s needs tensor '%.80s', which was stripped",
						npu_node_label(graph, node, label, sizeof(label)),
						graph->tensors[t].name);
			graph->tensors[t].data = &stand_in;
		}
	}
	return npu_graph_check(graph);
}

static npu_status check_stripped_graph(const struct npu_program *program)
{
	struct npu_graph graph = program->graph;
	bool *is_input = calloc((size_t)graph.num_tensors + 1, sizeof(*is_input));
	npu_status status;
	int i;

	graph.tensors = malloc(((size_t)graph.num_tensors + 1) * sizeof(*graph.tensors));
	if (graph.tensors && is_input) {
		if (graph.num_tensors)
			memcpy(graph.tensors, program->graph.tensors,
			       (size_t)graph.num_tensors * sizeof(*graph.tensors));
		for (i = 0; i < graph.num_inputs; i++)
			is_input[graph.inputs[i]] = true;
		status = check_stripped_nodes(program, is_input, &graph);
	} else {
		status = npu_fail(NPU_ERR_NOMEM, "out of memory for the check of a program");
	}
	free(graph.tensors);
	free(is_input);
	return status;
}

/* Size of a region that a tensor may be bound to; 0 for others, which fit nothing. */
static uint64_t region_size(const struct npu_program *program, int region)
{
	const struct npu_graph *graph = &program->graph;

	switch (region) {
	case NPU_REGION_CODE:
		return program->code_size;
	case NPU_REGION_SCRATCH:
		return program->scratch_size;
	}
	if (region < NPU_REGION_IO)
		return 0;
	region -= NPU_REGION_IO;
	if (region < graph->num_inputs)
		return npu_tensor_bytes(&graph->tensors[graph->inputs[region]]);
	region -= graph->num_inputs;
	if (region < graph->num_outputs)
		return npu_tensor_bytes(&graph->tensors[graph->outputs[region]]);
	return 0;
}

static npu_status check_binding(const struct npu_program *program, int t)
{
	const struct npu_graph *graph = &program->graph;
	const struct npu_tensor *tensor = &graph->tensors[t];
	const struct npu_binding *binding = &program->binding[t];
	uint64_t size;

	if (binding->region == -1)
		return NPU_OK;
	size = region_size(program, binding->region);
	if ((uint64_t)binding->offset + npu_tensor_bytes(tensor) > size)
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: tensor '%.80s' is not inside region %d",
				tensor->name, binding->region);
	if (binding->offset % npu_dtype_size(tensor->dtype))
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: offset %u of tensor '%.80s' is not aligned to its type",
				binding->offset, tensor->name);
	/* What is computed must not land among the read-only code, nor in an input. */
	if (tensor->producer >= 0 &&
	    (binding->region == NPU_REGION_CODE ||
	     (binding->region >= NPU_REGION_IO &&
	      binding->region < NPU_REGION_IO + graph->num_inputs)))
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: tensor '%.80s' is computed into region %d, which is read-only",
				tensor->name, binding->region);
	return NPU_OK;
}

/* Has a place that the runtime can read or write between steps. */
static bool is_reachable(const struct npu_program *program, int tensor)
{
	return program->graph.tensors[tensor].data || program->binding[tensor].region >= 0;
}

static npu_status check_ports(const struct npu_program *program)
{
	const struct npu_graph *graph = &program->graph;
	int i;

	for (i = 0; i < graph->num_inputs; i++) {
		const struct npu_binding *binding = &program->binding[graph->inputs[i]];

		/* A tensor that is an input twice has one binding; an unused one may have none. */
		if (binding->region != -1 &&
		    (binding->offset || binding->region < NPU_REGION_IO ||
		     binding->region >= NPU_REGION_IO + graph->num_inputs ||
		     graph->inputs[binding->region - NPU_REGION_IO] != graph->inputs[i]))
			return npu_fail(NPU_ERR_FORMAT,
					"malformed program: input %d is bound to region %d, offset %u",
					i, binding->region, binding->offset);
	}
	for (i = 0; i < graph->num_outputs; i++)
		if (!is_reachable(program, graph->outputs[i]))
			return npu_fail(NPU_ERR_FORMAT,
					"malformed program: output %d ('%.80s') is bound nowhere",
					i, graph->tensors[graph->outputs[i]].name);
	return NPU_OK;
}

static npu_status check_cpu_step(const struct npu_program *program, int s)
{
	const struct npu_graph *graph = &program->graph;
	const struct npu_node *node;
	char label[256];
	int k;

	if (program->steps[s].node >= graph->num_nodes)
		return npu_fail(NPU_ERR_FORMAT, "malformed program: step %d runs node %d of %d", s,
				program->steps[s].node, graph->num_nodes);
	node = &graph->nodes[program->steps[s].node];
	npu_node_label(graph, node, label, sizeof(label));
	if (program->placement[program->steps[s].node].on_npu)
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: step %d runs %s on the CPU, its placement says NPU",
				s, label);
	for (k = 0; k < node->num_inputs; k++)
		if (node->inputs[k] >= 0 && !is_reachable(program, node->inputs[k]))
			return npu_fail(NPU_ERR_FORMAT,
					"malformed program: step %d: input %d of %s is bound nowhere",
					s, k, label);
	for (k = 0; k < node->num_outputs; k++)
		if (program->binding[node->outputs[k]].region < 0)
			return npu_fail(NPU_ERR_FORMAT,
					"malformed program: step %d: output %d of %s is bound nowhere",
					s, k, label);
	return NPU_OK;
}

static npu_status check_job(const struct npu_program *program, int s)
{
	const struct npu_step *step = &program->steps[s];
	int ports = program->graph.num_inputs + program->graph.num_outputs;

	if (step->node != -1)
		return npu_fail(NPU_ERR_FORMAT, "malformed program: step %d runs node %d", s,
				step->node);
	if (step->entry % 4 || step->size % 4 || !step->size ||
	    (uint64_t)step->entry + step->size > program->code_size)
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: stream of step %d (offset %u, %u bytes) "
				"does not fit the code of %u bytes",
				s, step->entry, step->size, program->code_size);
	if (ports > ONPU_REGIONS - NPU_REGION_IO)
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: %d inputs and outputs, a job can have %d",
				ports, ONPU_REGIONS - NPU_REGION_IO);
	return NPU_OK;
}

static npu_status check_warm(const struct npu_program *program)
{
	const struct npu_warm *warm = &program->warm;
	const struct npu_step *step;

	if (!warm->size)
		return NPU_OK;
	if (warm->step < 0 || warm->step >= program->num_steps || program->steps[warm->step].node >= 0)
		return npu_fail(NPU_ERR_FORMAT, "malformed program: step %d has a warm stream and is not a job",
				warm->step);
	step = &program->steps[warm->step];
	if (warm->entry % 4 || warm->size % 4 || warm->entry < step->entry + step->size ||
	    (uint64_t)warm->entry + warm->size > program->code_size)
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: warm stream of step %d (offset %u, %u bytes) "
				"is not behind its other one in the code of %u bytes",
				warm->step, warm->entry, warm->size, program->code_size);
	return NPU_OK;
}

static npu_status check_layers(const struct npu_program *program)
{
	int i;

	for (i = 0; i < program->num_layers; i++) {
		const struct npu_layer *layer = &program->layers[i];

		if (layer->node < 0 || layer->node >= program->graph.num_nodes ||
		    layer->step < 0 || layer->step >= program->num_steps)
			return npu_fail(NPU_ERR_FORMAT,
					"malformed program: layer %d has node %d of %d and step %d of %d",
					i, layer->node, program->graph.num_nodes, layer->step,
					program->num_steps);
		if (layer->start_cycle > layer->end_cycle)
			return npu_fail(NPU_ERR_FORMAT,
					"malformed program: layer %d ends before it starts", i);
	}
	return NPU_OK;
}

static npu_status check_parts(const struct npu_program *program)
{
	int i;

	for (i = 0; i < program->num_parts; i++) {
		const struct npu_layer_part *part = &program->parts[i];
		const struct npu_step *step;

		if (part->layer < 0 || part->layer >= program->num_layers)
			return npu_fail(NPU_ERR_FORMAT,
					"malformed program: part %d belongs to layer %d of %d", i,
					part->layer, program->num_layers);
		step = &program->steps[program->layers[part->layer].step];
		if (step->node >= 0 || part->offset % 4 || part->offset < step->entry ||
		    part->offset - step->entry >= step->size)
			return npu_fail(NPU_ERR_FORMAT,
					"malformed program: part %d is not in the stream of its layer's job",
					i);
		if (i && part->offset <= program->parts[i - 1].offset)
			return npu_fail(NPU_ERR_FORMAT,
					"malformed program: part %d is out of order", i);
	}
	return NPU_OK;
}

static npu_status check_warm_parts(const struct npu_program *program)
{
	const struct npu_warm *warm = &program->warm;
	int i;

	for (i = 0; i < warm->num_parts; i++) {
		const struct npu_layer_part *part = &warm->parts[i];

		if (part->layer < 0 || part->layer >= program->num_layers ||
		    program->layers[part->layer].step != warm->step || part->offset % 4 ||
		    part->offset < warm->entry || part->offset - warm->entry >= warm->size ||
		    (i && part->offset <= warm->parts[i - 1].offset))
			return npu_fail(NPU_ERR_FORMAT,
					"malformed program: part %d of the warm stream is not in it, out of order, "
					"or of another job's layer", i);
	}
	return NPU_OK;
}

npu_status npu_program_check(const struct npu_program *program)
{
	const struct npu_graph *graph = &program->graph;
	npu_status status;
	int i;

	status = program->stripped ? check_stripped_graph(program) : npu_graph_check(graph);
	if (status)
		return status;
	if (program->sram_bytes > program->preset->sram_bytes)
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: needs %llu bytes of SRAM, preset %s has %u",
				(unsigned long long)program->sram_bytes, program->preset->name,
				program->preset->sram_bytes);
	for (i = 0; i < graph->num_tensors && !status; i++)
		status = check_binding(program, i);
	if (!status)
		status = check_ports(program);
	for (i = 0; i < program->num_steps && !status; i++)
		status = program->steps[i].node >= 0 ? check_cpu_step(program, i) :
						       check_job(program, i);
	if (!status)
		status = check_warm(program);
	if (!status)
		status = check_layers(program);
	if (!status)
		status = check_parts(program);
	if (!status)
		status = check_warm_parts(program);
	return status;
}
