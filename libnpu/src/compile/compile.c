// SPDX-License-Identifier: MIT
/* npu_compile(): the whole way from a model to a program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "channels.h"
#include "ir/error.h"
#include "ir/options.h"

/* Commands and weights are loaded in bursts of this. */
#define ALIGN 64u

/* Offsets in a region stay below this, so that 32-bit sums of offset and size do not wrap. */
#define REGION_MAX 0x7fffff00u

struct compile {
	npu_compile_options options;
	const struct onpu_preset *preset;
	struct npu_program *program;
	struct npu_graph chosen;	/* the program's graph without channels that need no computing */
	struct npu_lowered lowered;
	char **forced;		/* of each node: why it must not run on the NPU, or NULL */
};

/* ---- what build.h promises -------------------------------------------------------- */

npu_status npu_build_code(struct npu_build *build, const void *data, uint32_t size, uint32_t *offset)
{
	struct npu_program *program = build->program;
	uint64_t begin = ((uint64_t)program->code_size + ALIGN - 1) / ALIGN * ALIGN;
	uint64_t end = begin + size, capacity = build->code_capacity;
	uint8_t *code;

	if (end > REGION_MAX)
		return npu_fail(NPU_ERR_LIMIT, "commands and weights take more than %u bytes",
				REGION_MAX);
	if (end > capacity) {
		capacity = capacity ? 2 * capacity : 1 << 16;
		if (capacity < end)
			capacity = end;
		code = realloc(program->code, capacity);
		if (!code)
			return npu_fail(NPU_ERR_NOMEM, "out of memory for %llu bytes of code",
					(unsigned long long)capacity);
		program->code = code;
		build->code_capacity = (uint32_t)capacity;
	}
	if (begin > program->code_size)
		memset(program->code + program->code_size, 0, begin - program->code_size);
	if (size)
		memcpy(program->code + begin, data, size);
	program->code_size = (uint32_t)end;
	*offset = (uint32_t)begin;
	return NPU_OK;
}

npu_status npu_build_scratch(struct npu_build *build, uint32_t size, uint32_t *offset)
{
	struct npu_program *program = build->program;
	uint64_t begin = ((uint64_t)program->scratch_size + ALIGN - 1) / ALIGN * ALIGN;

	if (begin + size > REGION_MAX)
		return npu_fail(NPU_ERR_LIMIT,
				"tensors in external memory take more than %u bytes", REGION_MAX);
	program->scratch_size = (uint32_t)(begin + size);
	*offset = (uint32_t)begin;
	return NPU_OK;
}

/* ---- options ---------------------------------------------------------------------- */

static npu_status read_options(struct compile *c, const npu_compile_options *options)
{
	const char *name;

	if (options) {
		npu_status status = npu_options_check("npu_compile", options, sizeof(*options));

		if (status)
			return status;
		c->options = *options;
	}
	name = c->options.preset ? c->options.preset : "base";
	if (strcmp(name, "base") == 0 || strcmp(name, "nano") == 0)
		c->preset = onpu_preset_by_name(name);
	if (!c->preset)
		return npu_fail(NPU_ERR_INVALID,
				"npu_compile: there is no preset '%.40s': choose base or nano", name);
	return NPU_OK;
}

/* ---- placement -------------------------------------------------------------------- */

static npu_status force(struct compile *c, int node, const char *reason)
{
	char label[256];

	if (c->forced[node])
		return npu_fail(NPU_ERR_INTERNAL, "%s is on the CPU and still fails to fit the NPU",
				npu_node_label(&c->program->graph, &c->program->graph.nodes[node], label,
					       sizeof(label)));
	c->forced[node] = strdup(reason);
	return c->forced[node] ? NPU_OK : npu_fail(NPU_ERR_NOMEM, "out of memory");
}

/* A job reaches a limited number of inputs and outputs; a network with more has no jobs. */
static npu_status force_ports(struct compile *c)
{
	const struct npu_graph *graph = &c->program->graph;
	int ports = graph->num_inputs + graph->num_outputs, i;
	npu_status status = NPU_OK;
	char reason[120];

	if (ports <= ONPU_REGIONS - NPU_REGION_IO)
		return NPU_OK;
	snprintf(reason, sizeof(reason), "the network has %d inputs and outputs, the NPU reaches %d",
		 ports, ONPU_REGIONS - NPU_REGION_IO);
	for (i = 0; i < graph->num_nodes && !status; i++)
		status = force(c, i, reason);
	return status;
}

static npu_status check_strict(const struct compile *c)
{
	const struct npu_graph *graph = &c->program->graph;
	char label[256];
	int i;

	for (i = 0; i < graph->num_nodes; i++)
		if (!c->lowered.placement[i].on_npu)
			return npu_fail(NPU_ERR_STRICT, "%s does not run on the NPU: %s",
					npu_node_label(graph, &graph->nodes[i], label, sizeof(label)),
					c->lowered.placement[i].detail);
	return NPU_OK;
}

/* ---- bindings --------------------------------------------------------------------- */

/* Every tensor that must be visible between steps gets a place. */
static npu_status bind_tensors(struct npu_build *build)
{
	struct npu_program *program = build->program;
	const struct npu_graph *graph = &program->graph;
	npu_status status = NPU_OK;
	int i;

	for (i = 0; i < graph->num_tensors; i++)
		program->binding[i] = (struct npu_binding){ .region = -1 };
	for (i = 0; i < graph->num_inputs; i++)
		program->binding[graph->inputs[i]].region = NPU_REGION_IO + i;
	for (i = 0; i < graph->num_outputs; i++) {
		struct npu_binding *binding = &program->binding[graph->outputs[i]];

		/* The runtime copies from one place to every output that repeats it. */
		if (binding->region < 0 && !graph->tensors[graph->outputs[i]].data)
			binding->region = NPU_REGION_IO + graph->num_inputs + i;
	}
	for (i = 0; i < graph->num_tensors && !status; i++) {
		struct npu_binding *binding = &program->binding[i];

		if (!build->lowered->external[i] || binding->region >= 0)
			continue;
		binding->region = NPU_REGION_SCRATCH;
		status = npu_build_scratch(build, (uint32_t)npu_tensor_bytes(&graph->tensors[i]),
					   &binding->offset);
	}
	return status;
}

/* ---- steps ------------------------------------------------------------------------ */

static npu_status add_cpu_step(struct npu_program *program, int node)
{
	const struct npu_graph *graph = &program->graph;
	const struct npu_node *n = &graph->nodes[node];
	const char *op = npu_op_name(n->op), *name = n->num_outputs ? graph->tensors[n->outputs[0]].name : NULL;
	size_t size = strlen(op) + (name ? strlen(name) : 0) + 2;
	void *p;

	p = realloc(program->steps, ((size_t)program->num_steps + 1) * sizeof(*program->steps));
	if (!p)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	program->steps = p;
	program->steps[program->num_steps++] = (struct npu_step){ .node = node };

	p = realloc(program->layers, ((size_t)program->num_layers + 1) * sizeof(*program->layers));
	if (!p)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	program->layers = p;
	p = malloc(size);
	if (!p)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	snprintf(p, size, "%s %s", op, name ? name : "");
	program->layers[program->num_layers++] = (struct npu_layer){
		.name = p, .node = node, .step = program->num_steps - 1 };
	return NPU_OK;
}

static npu_status add_steps(struct npu_build *build)
{
	const struct npu_lowered *lowered = build->lowered;
	int first = 0, last = -1, level, i, lop = 0;
	npu_status status = NPU_OK;

	for (i = 0; i < lowered->graph->num_nodes; i++) {
		if (!i || lowered->level[i] < first)
			first = lowered->level[i];
		if (!i || lowered->level[i] > last)
			last = lowered->level[i];
	}
	for (level = first; level <= last && !status; level++) {
		if (level & 1) {
			for (i = 0; i < lowered->graph->num_nodes && !status; i++)
				if (lowered->level[i] == level)
					status = add_cpu_step(build->program, i);
			continue;
		}
		while (lop < lowered->num_lops && lowered->lops[lop].level < level)
			lop++;
		if (lop < lowered->num_lops && lowered->lops[lop].level == level)
			status = npu_schedule(build, level);
	}
	return status;
}

/* Back to a program with nothing but a graph. */
static void clear_attempt(struct compile *c)
{
	struct npu_program *program = c->program;
	int i;

	npu_lowered_clear(&c->lowered);
	npu_graph_clear(&c->chosen);
	for (i = 0; i < program->num_layers; i++)
		free(program->layers[i].name);
	free(program->code);
	free(program->steps);
	free(program->layers);
	free(program->parts);
	free(program->warm.parts);
	program->code = NULL;
	program->steps = NULL;
	program->layers = NULL;
	program->parts = NULL;
	program->num_steps = program->num_layers = program->num_parts = 0;
	program->code_size = program->scratch_size = 0;
	program->sram_bytes = 0;
	program->warm = (struct npu_warm){ .size = 0 };
}

/* Tells in the placement of a node how many of its output channels are left out. */
static npu_status tell_channels(struct compile *c, const struct npu_channel_plan *plan)
{
	const struct npu_graph *graph = &c->program->graph;
	npu_status status = NPU_OK;
	int i, kept;

	for (i = 0; !status && i < graph->num_nodes; i++) {
		int out = graph->nodes[i].num_outputs ? graph->nodes[i].outputs[0] : -1;

		if (plan->role[i] != NPU_CHANNELS_MIX && plan->role[i] != NPU_CHANNELS_SCALE)
			continue;
		npu_channels_order(plan, out, &kept);
		if (kept == plan->of[out].count)
			continue;
		status = npu_placement_add(&c->lowered.placement[i], "; %d of %d channels are constant or unread",
					   plan->of[out].count - kept, plan->of[out].count);
	}
	return status;
}

/* Lowers the graph with the channels that need computing. */
static npu_status lower(struct compile *c)
{
	const struct npu_graph *graph = &c->program->graph;
	bool all = c->options.keep_all || c->options.dense, *on_npu;
	struct npu_channel_plan plan = { .graph = NULL };
	npu_status status;
	char reason[160];
	int i;

	if (all)
		return npu_lower(&c->lowered, graph, graph, c->preset, c->options.keep_all != 0,
				 c->options.dense != 0, c->forced);
	on_npu = calloc((size_t)graph->num_nodes + 1, sizeof(*on_npu));
	if (!on_npu)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	for (i = 0; i < graph->num_nodes; i++)
		on_npu[i] = !c->forced[i] &&
			npu_place_node(graph, &graph->nodes[i], reason, sizeof(reason));
	status = npu_channels_plan(&plan, graph, c->preset, on_npu);
	if (!status)
		status = npu_channels_sort(&plan, c->preset);
	if (!status && npu_channels_changed(&plan))
		status = npu_channels_apply(&plan, &c->chosen);
	if (!status)
		status = npu_lower(&c->lowered, c->chosen.num_nodes ? &c->chosen : graph, graph, c->preset,
				   false, false, c->forced);
	if (!status)
		status = tell_channels(c, &plan);
	npu_channels_clear(&plan);
	free(on_npu);
	return status;
}

/* *again: a node was found not to fit, and is forced to the CPU from now on. */
static npu_status attempt(struct compile *c, bool *again)
{
	struct npu_build build = { .program = c->program, .lowered = &c->lowered };
	char reason[256];
	npu_status status;

	*again = false;
	clear_attempt(c);
	status = lower(c);
	if (!status && c->options.strict)
		status = check_strict(c);
	if (!status)
		status = bind_tensors(&build);
	if (!status)
		status = add_steps(&build);
	if (status != NPU_ERR_LIMIT || c->lowered.failed_node < 0)
		return status;
	*again = true;
	snprintf(reason, sizeof(reason), "%s", npu_error());
	return force(c, c->lowered.failed_node, reason);
}

static npu_status finish(struct compile *c)
{
	struct npu_program *program = c->program;
	npu_status status = NPU_OK;

	program->placement = c->lowered.placement;
	c->lowered.placement = NULL;
	if (c->options.strip)
		status = npu_program_strip(program);
	if (status)
		return status;
	status = npu_program_check(program);
	if (status && status != NPU_ERR_NOMEM)
		status = npu_fail_context(NPU_ERR_INTERNAL, "the compiler made an invalid program");
	return status;
}

static npu_status compile(struct compile *c, const struct npu_graph *graph)
{
	struct npu_program *program = c->program;
	npu_status status;
	bool again;

	status = npu_graph_copy(&program->graph, graph);
	if (status) {
		memset(&program->graph, 0, sizeof(program->graph));
		return status;
	}
	program->preset = c->preset;
	program->keep_all = c->options.keep_all != 0;
	program->binding = calloc((size_t)program->graph.num_tensors + 1, sizeof(*program->binding));
	c->forced = calloc((size_t)program->graph.num_nodes + 1, sizeof(*c->forced));
	if (!program->binding || !c->forced)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	status = force_ports(c);
	/* Each time round one more node is on the CPU, so this ends. */
	for (again = !status; again && !status;)
		status = attempt(c, &again);
	return status ? status : finish(c);
}

npu_program *npu_compile(const npu_model *model, const npu_compile_options *options)
{
	struct compile c = { .program = NULL };
	npu_status status;
	int i;

	if (!model) {
		npu_fail(NPU_ERR_INVALID, "npu_compile: model is NULL");
		return NULL;
	}
	if (read_options(&c, options))
		return NULL;
	c.program = calloc(1, sizeof(*c.program));
	if (!c.program) {
		npu_fail(NPU_ERR_NOMEM, "out of memory for a program");
		return NULL;
	}
	status = compile(&c, &model->graph);
	for (i = 0; c.forced && i < c.program->graph.num_nodes; i++)
		free(c.forced[i]);
	free(c.forced);
	npu_lowered_clear(&c.lowered);
	npu_graph_clear(&c.chosen);
	if (status == NPU_ERR_NOMEM)
		npu_fail_context(status, "compilation");
	if (status) {
		npu_program_free(c.program);
		return NULL;
	}
	return c.program;
}
