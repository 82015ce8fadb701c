/* SPDX-License-Identifier: MIT */
/*
 * Compiles networks and proves, from the commands alone, that no byte is overwritten before
 * its last reader has read it: every byte of SRAM and of external memory is traced to the
 * layer, CPU node, network input or constant that its value came from, and whoever reads it
 * must be a consumer of just that.
 *
 *	replay PRESET JOBS TRIES
 *		each line of JOBS: a .tflite file; each is compiled fused and with all tensors
 *		kept; prints for each a line of "ok" and name=value pairs, or "error " and what
 *		is wrong.  TRIES times each program is spoiled: one command runs once more, but
 *		writes over a byte that another layer has yet to read.
 *
 * Of commands only the addresses matter, so that nothing is computed; bytes from the code
 * region are moved, because what a CONV reads depends on its weights.
 *
 * This program has its own onpu_order_*(): the walk over a command's bytes calls them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/program.h"
#include "ir/error.h"
#include "iss/isa_fields.h"
#include "iss/order.h"

/*
 * Where a byte's value came from: 0 is nowhere; then 1 + layer, 1 + layers + CPU node,
 * 1 + layers + nodes + tensor (a network's input); or one of these kinds.
 */
#define ORIGIN_FILL 0x40000000u		/* + the layer of the FILL */
#define ORIGIN_CODE 0x80000000u		/* + offset in the code region */

#define ALIGN 64u

struct write {
	uint32_t addr, size;
};

/* A byte that a command reads which an earlier one, not the one before, has written. */
struct victim {
	uint32_t addr, written, read, layer;
	bool data;			/* of a feature map, not parameters */
};

struct command {
	uint32_t step, at, layer;
	uint32_t origin;		/* of the first byte that it writes in an honest replay */
};

struct onpu_order {
	const struct npu_program *program;
	/* By [layer * origins + origin] and [layer * layers + layer of the FILL]. */
	uint8_t *legal, *fill_legal;
	uint8_t *cpu_legal;		/* of what is no layer: CPU nodes, results */
	uint32_t num_origins;
	int *group;			/* of tensors that may share memory: one of them */
	int *head;			/* of nodes: that which has their layer, or -1 */

	uint8_t *sram;
	uint32_t *origin;		/* of each byte of SRAM */
	uint32_t *written;		/* command that wrote it */
	uint32_t *external;		/* origin of each external byte */
	struct {
		int tensor;
		uint32_t from, to;
	} constant;			/* that was last found in the code region */
	struct onpu_core_job job;	/* regions: "VAs" are indices in external */
	uint32_t external_size;
	struct command *commands;
	uint32_t num_commands, max_commands;

	/* The current command. */
	const union onpu_command *command;
	uint32_t layer, seq, last;
	struct write *writes;
	size_t num_writes, max_writes;
	bool spoiling;
	char error[400];

	/* For spoiling. */
	uint64_t random, bytes;
	struct victim *victims;
	uint32_t num_victims, max_victims;
	uint64_t seen;
};

static uint32_t draw(struct onpu_order *r, uint32_t below)
{
	r->random = r->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((r->random >> 33) % below);
}

static const char *layer_name(const struct onpu_order *r, uint32_t layer)
{
	return r->program->layers[layer].name;
}

static void describe(const struct onpu_order *r, uint32_t origin, char *text, size_t size)
{
	uint32_t layers = (uint32_t)r->program->num_layers, nodes = (uint32_t)r->program->graph.num_nodes;

	if (!origin)
		snprintf(text, size, "nothing");
	else if (origin & ORIGIN_CODE)
		snprintf(text, size, "byte 0x%" PRIx32 " of the code", origin & ~ORIGIN_CODE);
	else if (origin & ORIGIN_FILL)
		snprintf(text, size, "a FILL of '%.100s'", layer_name(r, origin & ~ORIGIN_FILL));
	else if (origin <= layers)
		snprintf(text, size, "layer '%.100s'", layer_name(r, origin - 1));
	else if (origin <= layers + nodes)
		snprintf(text, size, "CPU node %" PRIu32, origin - 1 - layers);
	else
		snprintf(text, size, "input '%.100s'",
			 r->program->graph.tensors[origin - 1 - layers - nodes].name);
}

static void blame(struct onpu_order *r, const char *reader, uint64_t addr, uint32_t origin,
		  const char *space)
{
	char text[160];

	if (*r->error)
		return;
	describe(r, origin, text, sizeof(text));
	snprintf(r->error, sizeof(r->error), "%.140s reads %s byte 0x%" PRIx64 " that comes from %s",
		 reader, space, addr, text);
}

static void blame_layer(struct onpu_order *r, uint32_t addr, uint32_t origin)
{
	char reader[160];

	snprintf(reader, sizeof(reader), "%s %" PRIu32 " of '%.100s'",
		 onpu_isa_find(r->command->head.opcode)->name, r->seq, layer_name(r, r->layer));
	blame(r, reader, addr, origin, "SRAM");
}

/* ---- who may read what ------------------------------------------------------------------ */

/* Nodes that may be no more than a matter of addresses. */
static bool only_moves(enum npu_op op)
{
	switch (op) {
	case NPU_OP_CONCATENATION:
	case NPU_OP_RESHAPE:
	case NPU_OP_SQUEEZE:
	case NPU_OP_EXPAND_DIMS:
	case NPU_OP_QUANTIZE:
	case NPU_OP_SLICE:
	case NPU_OP_STRIDED_SLICE:
	case NPU_OP_SPLIT:
	case NPU_OP_SPLIT_V:
	case NPU_OP_PAD:
	case NPU_OP_PADV2:
		return true;
	default:
		return false;
	}
}

/* Nodes of which some inputs or outputs may share memory while others are copied. */
static bool moves_in_part(enum npu_op op)
{
	return op == NPU_OP_CONCATENATION || op == NPU_OP_SPLIT || op == NPU_OP_SPLIT_V;
}

static int group_of(const struct onpu_order *r, int t)
{
	while (r->group[t] != t)
		t = r->group[t];
	return t;
}

static void find_groups(struct onpu_order *r)
{
	const struct npu_graph *g = &r->program->graph;
	int i, k;

	for (i = 0; i < g->num_tensors; i++)
		r->group[i] = i;
	for (i = 0; i < g->num_nodes && !r->program->keep_all; i++) {
		const struct npu_node *n = &g->nodes[i];

		if (!r->program->placement[i].on_npu || !only_moves(n->op))
			continue;
		for (k = 0; k < n->num_inputs; k++)
			if (n->inputs[k] >= 0 && !g->tensors[n->inputs[k]].data)
				r->group[group_of(r, n->inputs[k])] = group_of(r, n->outputs[0]);
		for (k = 1; k < n->num_outputs; k++)
			r->group[group_of(r, n->outputs[k])] = group_of(r, n->outputs[0]);
	}
}

/* The node whose layer a node belongs to; what placements say about fusion is what counts. */
static void find_heads(struct onpu_order *r)
{
	const struct npu_graph *g = &r->program->graph;
	int i, k;

	for (i = 0; i < g->num_nodes; i++) {
		const char *detail = r->program->placement[i].detail;
		const char *at = strstr(detail, " node ");

		r->head[i] = -1;
		if (!r->program->placement[i].on_npu)
			continue;
		if (strncmp(detail, "fused into ", 11) == 0 && at) {
			for (k = 0; k < g->num_nodes; k++)
				if (g->nodes[k].index == atoi(at + 6))
					r->head[i] = k;
		} else {
			for (k = 0; k < r->program->num_layers; k++)
				if (r->program->layers[k].node == i)
					r->head[i] = i;
		}
	}
}

/* Marks the origins that the bytes of a tensor may have. */
static void mark_sources(const struct onpu_order *r, int t, uint8_t *legal)
{
	const struct npu_program *p = r->program;
	const struct npu_graph *g = &p->graph;
	int n = g->tensors[t].producer, k, i;

	if (n < 0) {
		legal[1 + p->num_layers + g->num_nodes + t] = 1;
		return;
	}
	if (!p->placement[n].on_npu) {
		legal[1 + p->num_layers + n] = 1;
		return;
	}
	for (i = 0; i < p->num_layers && r->head[n] >= 0; i++)
		if (p->layers[i].node == r->head[n])
			legal[1 + i] = 1;
	if (r->head[n] >= 0 && !(moves_in_part(g->nodes[n].op) && !p->keep_all))
		return;
	for (k = 0; k < g->nodes[n].num_inputs; k++)
		if (g->nodes[n].inputs[k] >= 0)
			mark_sources(r, g->nodes[n].inputs[k], legal);
}

/* Whether node n is computed by layer l. */
static bool in_layer(const struct onpu_order *r, int n, int l)
{
	return r->head[n] >= 0 && r->program->layers[l].node == r->head[n];
}

/* touched[group of a tensor]: layer l reads it (1) or writes it (2). */
static void mark_touched(const struct onpu_order *r, int l, uint8_t *touched)
{
	const struct npu_graph *g = &r->program->graph;
	int n, k;

	for (n = 0; n < g->num_nodes; n++) {
		if (!in_layer(r, n, l))
			continue;
		for (k = 0; k < g->nodes[n].num_inputs; k++)
			if (g->nodes[n].inputs[k] >= 0)
				touched[group_of(r, g->nodes[n].inputs[k])] |= 1;
		for (k = 0; k < g->nodes[n].num_outputs; k++)
			touched[group_of(r, g->nodes[n].outputs[k])] |= 2;
	}
}

static int find_legal(struct onpu_order *r)
{
	const struct npu_program *p = r->program;
	const struct npu_graph *g = &p->graph;
	size_t layers = (size_t)p->num_layers, tensors = (size_t)g->num_tensors;
	uint8_t *touched = calloc(layers * tensors + 1, 1);
	int l, f, n, k;
	size_t t;

	if (!touched)
		return -1;
	for (l = 0; l < p->num_layers; l++) {
		uint8_t *legal = r->legal + (size_t)l * r->num_origins;

		for (n = 0; n < g->num_nodes; n++)
			for (k = 0; in_layer(r, n, l) && k < g->nodes[n].num_inputs; k++)
				if (g->nodes[n].inputs[k] >= 0)
					mark_sources(r, g->nodes[n].inputs[k], legal);
		for (f = 0; f < p->num_layers; f++)
			legal[1 + f] |= p->layers[f].node == p->layers[l].node;
		mark_touched(r, l, touched + (size_t)l * tensors);
	}
	for (l = 0; l < p->num_layers; l++)
		for (f = 0; f < p->num_layers; f++) {
			uint8_t *ok = &r->fill_legal[(size_t)l * layers + (size_t)f];

			*ok = p->layers[f].node == p->layers[l].node;
			for (t = 0; t < tensors && !*ok; t++)
				*ok = touched[(size_t)l * tensors + t] & 1 &&
				      touched[(size_t)f * tensors + t];
		}
	free(touched);
	return 0;
}

/* Whether the code region holds a constant tensor there. */
static bool holds(const struct onpu_order *r, uint32_t at, int t)
{
	size_t size = npu_tensor_bytes(&r->program->graph.tensors[t]);

	return at < r->program->code_size && size <= r->program->code_size - at &&
	       !memcmp(r->program->code + at, r->program->graph.tensors[t].data, size);
}

/*
 * Whether a byte of the code region is of a constant tensor that the origins contain.  Where
 * constants are is not recorded: what counts is that all of it is around that byte.
 */
static bool legal_constant(struct onpu_order *r, uint32_t offset, const uint8_t *legal)
{
	const struct npu_graph *g = &r->program->graph;
	const uint8_t *constants = legal + 1 + r->program->num_layers + g->num_nodes;
	uint32_t at;
	int t;

	if (offset >= r->constant.from && offset < r->constant.to && constants[r->constant.tensor])
		return true;
	for (t = 0; t < g->num_tensors; t++) {
		size_t size = npu_tensor_bytes(&g->tensors[t]);

		if (!constants[t] || !g->tensors[t].data)
			continue;
		for (at = offset / ALIGN * ALIGN; offset - at < size; at -= ALIGN) {
			if (holds(r, at, t)) {
				r->constant.tensor = t;
				r->constant.from = at;
				r->constant.to = at + (uint32_t)size;
				return true;
			}
			if (!at)
				break;
		}
	}
	return false;
}

static bool may_read(struct onpu_order *r, uint32_t layer, uint32_t origin)
{
	const uint8_t *legal = r->legal + (size_t)layer * r->num_origins;

	if (origin & ORIGIN_CODE)
		return legal_constant(r, origin & ~ORIGIN_CODE, legal);
	if (origin & ORIGIN_FILL)
		return r->fill_legal[(size_t)layer * (size_t)r->program->num_layers +
				     (origin & ~ORIGIN_FILL)];
	return origin && legal[origin];
}

/* ---- accesses --------------------------------------------------------------------------- */

/* What is no feature map: it must be bytes of the code region that are neighbours there too. */
static bool is_parameter(const union onpu_command *c, uint32_t addr, uint32_t size)
{
	const struct onpu_post *post = NULL;

	switch (c->head.opcode) {
	case ONPU_OPCODE_CONV:
		if (addr == c->conv.weights && size == c->conv.weights_size)
			return true;
		post = &c->conv.post;
		break;
	case ONPU_OPCODE_DWCONV:
		if (addr == c->dwconv.weights && size == c->dwconv.weights_size)
			return true;
		post = &c->dwconv.post;
		break;
	case ONPU_OPCODE_RESIZE:
		if ((addr == c->resize.rows && size == 8u * c->resize.out_h) ||
		    (addr == c->resize.columns && size == 8u * c->resize.out_w))
			return true;
		post = &c->resize.post;
		break;
	case ONPU_OPCODE_ELTWISE:
		post = &c->eltwise.post;
		break;
	case ONPU_OPCODE_POOL:
		post = &c->pool.post;
		break;
	default:
		return false;
	}
	return (post->act == ONPU_ACT_TABLE || post->act == ONPU_ACT_PRELU) && addr == post->act_addr;
}

/* A sample of all bytes that wait for their reader. */
static void note_victim(struct onpu_order *r, uint32_t addr, bool data)
{
	struct victim victim = { addr, r->written[addr], r->seq, r->layer, data };
	uint64_t at = r->seen;

	if (!r->max_victims || r->spoiling || victim.read < victim.written + 2)
		return;
	r->seen++;
	if (r->num_victims < r->max_victims)
		at = r->num_victims++;
	else
		at = draw(r, at < UINT32_MAX ? (uint32_t)at + 1 : UINT32_MAX);
	if (at < r->max_victims)
		r->victims[at] = victim;
}

/* Only what was moved in order to spoil may reach behind the end. */
static bool within(struct onpu_order *r, uint32_t addr, uint32_t size)
{
	uint32_t end = r->program->preset->sram_bytes;

	if (addr <= end && size <= end - addr)
		return true;
	if (!r->spoiling && !*r->error)
		snprintf(r->error, sizeof(r->error), "command %" PRIu32 " reaches behind the SRAM", r->seq);
	return false;
}

void onpu_order_read(struct onpu_order *r, uint32_t addr, uint32_t size)
{
	bool parameter = is_parameter(r->command, addr, size);
	uint32_t known = 0, i;

	r->last = addr;
	if (!within(r, addr, size))
		return;
	/* What STORE brings out is judged where it is read. */
	if (!size || r->spoiling || r->command->head.opcode == ONPU_OPCODE_STORE)
		return;
	r->bytes += size;
	for (i = 0; i < size; i++) {
		uint32_t origin = r->origin[addr + i];

		if (parameter && (!(origin & ORIGIN_CODE) || origin != r->origin[addr] + i)) {
			blame_layer(r, addr + i, origin);
			return;
		}
		if (!parameter && origin != known && !may_read(r, r->layer, origin)) {
			blame_layer(r, addr + i, origin);
			return;
		}
		known = origin;
	}
	note_victim(r, addr + draw(r, size), !parameter);
}

/* A command reads all that it reads before it writes. */
void onpu_order_write(struct onpu_order *r, uint32_t addr, uint32_t size)
{
	struct write *last = r->num_writes ? &r->writes[r->num_writes - 1] : NULL;

	r->last = addr;
	if (r->command->head.opcode == ONPU_OPCODE_LOAD)
		return;
	if (last && last->addr + last->size == addr) {
		last->size += size;
		return;
	}
	if (r->num_writes == r->max_writes) {
		size_t max = r->max_writes ? 2 * r->max_writes : 256;
		struct write *more = realloc(r->writes, max * sizeof(*more));

		if (!more) {
			onpu_order_fail(r);
			return;
		}
		r->writes = more;
		r->max_writes = max;
	}
	r->writes[r->num_writes++] = (struct write){ addr, size };
}

static void set_origin(struct onpu_order *r, uint32_t addr, uint32_t origin)
{
	if (!within(r, addr, 1))
		return;
	r->origin[addr] = origin;
	r->written[addr] = r->seq;
}

/* Follows the call for its side in SRAM. */
void onpu_order_external(struct onpu_order *r, uint32_t va, uint32_t size)
{
	uint32_t code = r->job.region[NPU_REGION_CODE].size, i;

	if (va > r->external_size || size > r->external_size - va) {
		if (!*r->error)
			snprintf(r->error, sizeof(r->error), "command %" PRIu32 " leaves its region", r->seq);
		return;
	}
	if (r->command->head.opcode == ONPU_OPCODE_STORE) {
		if (!within(r, r->last, size))
			return;
		memcpy(&r->external[va], &r->origin[r->last], size * sizeof(*r->external));
		return;
	}
	for (i = 0; i < size; i++)
		set_origin(r, r->last + i, r->external[va + i]);
	if (va < code && !r->spoiling && within(r, r->last, size))
		memcpy(r->sram + r->last, r->program->code + va, size);
}

void onpu_order_fail(struct onpu_order *r)
{
	if (!*r->error)
		snprintf(r->error, sizeof(r->error), "out of memory");
}

/* ---- the replay ------------------------------------------------------------------------- */

static uint32_t origin_of_load(const struct onpu_order *r, const struct onpu_cmd_load *c)
{
	uint64_t at = (uint64_t)r->job.region[c->region % ONPU_REGIONS].va + c->offset;

	return at < r->external_size ? r->external[at] : 0;
}

static void execute(struct onpu_order *r, const union onpu_command *command)
{
	struct onpu_machine machine = { .preset = r->program->preset, .sram = r->sram, .job = &r->job };
	uint32_t origin = 1 + r->layer, i;
	size_t w;

	if (command->head.opcode == ONPU_OPCODE_FILL)
		origin = ORIGIN_FILL + r->layer;
	if (command->head.opcode == ONPU_OPCODE_LOAD)
		origin = origin_of_load(r, &command->load);
	if (r->max_victims)
		r->commands[r->seq].origin = origin;
	r->command = command;
	r->num_writes = 0;
	onpu_touch_command(r, &machine, command);
	for (w = 0; w < r->num_writes; w++)
		for (i = 0; i < r->writes[w].size; i++)
			set_origin(r, r->writes[w].addr + i, origin);
}

/* After a preemption only what the command says is in SRAM. */
static void preempt(struct onpu_order *r, const struct onpu_cmd_preempt *c)
{
	uint32_t size = r->program->preset->sram_bytes, at = 0;

	while (at < size) {
		uint32_t next = size;
		bool live = false;

		for (int i = 0; i < ONPU_PREEMPT_RANGES; i++) {
			if (!c->live[i].size)
				continue;
			if (at >= c->live[i].addr && at < c->live[i].addr + c->live[i].size) {
				live = true;
				next = c->live[i].addr + c->live[i].size;
				break;
			}
			if (c->live[i].addr > at && c->live[i].addr < next)
				next = c->live[i].addr;
		}
		if (!live)
			memset(&r->origin[at], 0, (next - at) * sizeof(*r->origin));
		at = next;
	}
}

static uint32_t layer_at(const struct npu_program *p, uint32_t offset)
{
	int i = 0;

	while (i + 1 < p->num_parts && p->parts[i + 1].offset <= offset)
		i++;
	return (uint32_t)p->parts[i].layer;
}

static int add_command(struct onpu_order *r, const struct command *command)
{
	if (r->num_commands == r->max_commands) {
		uint32_t max = r->max_commands ? 2 * r->max_commands : 1024;
		struct command *more = realloc(r->commands, max * sizeof(*more));

		if (!more)
			return -1;
		r->commands = more;
		r->max_commands = max;
	}
	r->commands[r->num_commands++] = *command;
	return 0;
}

static int list_commands(struct onpu_order *r)
{
	const struct npu_program *p = r->program;
	int i;

	for (i = 0; i < p->num_steps; i++) {
		const struct npu_step *step = &p->steps[i];
		struct command command = { .step = (uint32_t)i };
		uint32_t at = 0;

		while (step->node < 0 && step->size - at >= sizeof(struct onpu_head)) {
			const struct onpu_head *head = (const void *)(p->code + step->entry + at);

			if (!head->length || head->length * 4u > step->size - at)
				break;
			command.at = step->entry + at;
			command.layer = layer_at(p, command.at);
			if (add_command(r, &command))
				return -1;
			at += head->length * 4u;
		}
	}
	return 0;
}

static bool read_outside(struct onpu_order *r, int t, const char *reader)
{
	const struct npu_program *p = r->program;
	const struct npu_binding *b = &p->binding[t];
	size_t bytes = npu_tensor_bytes(&p->graph.tensors[t]), i;
	uint8_t *touched;
	uint32_t known = 0;

	if (p->graph.tensors[t].data || b->region < 0)
		return true;
	touched = malloc((size_t)p->graph.num_tensors);
	if (!touched) {
		onpu_order_fail(r);
		return false;
	}
	memset(r->cpu_legal, 0, r->num_origins);
	mark_sources(r, t, r->cpu_legal);
	for (i = 0; i < bytes && !*r->error; i++) {
		uint32_t at = r->job.region[b->region].va + b->offset + (uint32_t)i;
		uint32_t origin = r->external[at];
		bool ok = origin == known && origin;

		if (!ok && origin & ORIGIN_CODE) {
			ok = legal_constant(r, origin & ~ORIGIN_CODE, r->cpu_legal);
		} else if (!ok && origin & ORIGIN_FILL) {
			memset(touched, 0, (size_t)p->graph.num_tensors);
			mark_touched(r, (int)(origin & ~ORIGIN_FILL), touched);
			ok = touched[group_of(r, t)] != 0;
		} else if (!ok) {
			ok = origin && r->cpu_legal[origin];
		}
		if (!ok)
			blame(r, reader, i, origin, p->graph.tensors[t].name);
		known = origin;
	}
	r->bytes += bytes;
	free(touched);
	return !*r->error;
}

static void write_outside(struct onpu_order *r, int t, uint32_t origin)
{
	const struct npu_binding *b = &r->program->binding[t];
	size_t bytes = npu_tensor_bytes(&r->program->graph.tensors[t]), i;

	for (i = 0; i < bytes && b->region >= 0 && !r->program->graph.tensors[t].data; i++)
		r->external[r->job.region[b->region].va + b->offset + i] = origin;
}

static void run_node(struct onpu_order *r, int node)
{
	const struct npu_node *n = &r->program->graph.nodes[node];
	char name[64];
	int k;

	snprintf(name, sizeof(name), "CPU node %d (%s)", node, npu_op_name(n->op));
	for (k = 0; k < n->num_inputs; k++)
		if (n->inputs[k] >= 0 && !read_outside(r, n->inputs[k], name))
			return;
	for (k = 0; k < n->num_outputs; k++)
		write_outside(r, n->outputs[k], (uint32_t)(1 + r->program->num_layers + node));
}

static void start(struct onpu_order *r)
{
	const struct npu_program *p = r->program;
	const struct npu_graph *g = &p->graph;
	uint32_t i;
	int t;

	memset(r->external, 0, r->external_size * sizeof(*r->external));
	for (i = 0; i < p->code_size; i++)
		r->external[i] = ORIGIN_CODE + i;
	for (t = 0; t < g->num_inputs; t++)
		write_outside(r, g->inputs[t], (uint32_t)(1 + p->num_layers + g->num_nodes + g->inputs[t]));
	r->error[0] = 0;
}

static union onpu_command fetch(const struct onpu_order *r, uint32_t seq)
{
	const uint8_t *at = r->program->code + r->commands[seq].at;
	union onpu_command command = { 0 };

	memcpy(&command, at, ((const struct onpu_head *)at)->length * 4u);
	return command;
}

/* Where in SRAM a command begins to write; NULL if nowhere. */
static uint32_t *destination(union onpu_command *c)
{
	switch (c->head.opcode) {
	case ONPU_OPCODE_LOAD:
	case ONPU_OPCODE_FILL:
		return &c->load.addr;
	case ONPU_OPCODE_CONV:
		return &c->conv.out.addr;
	case ONPU_OPCODE_DWCONV:
		return &c->dwconv.out.addr;
	case ONPU_OPCODE_ELTWISE:
		return &c->eltwise.out.addr;
	case ONPU_OPCODE_POOL:
		return &c->pool.out.addr;
	case ONPU_OPCODE_RESIZE:
		return &c->resize.out.addr;
	default:
		return NULL;
	}
}

/* The same once more, but its row 0 begins at the victim. */
static void spoil(struct onpu_order *r, union onpu_command *command, uint32_t addr)
{
	if (command->head.opcode == ONPU_OPCODE_LOAD || command->head.opcode == ONPU_OPCODE_FILL)
		command->load.row = 0;
	else if (command->head.opcode == ONPU_OPCODE_CONV)
		command->conv.out.row = 0;
	else if (command->head.opcode == ONPU_OPCODE_DWCONV)
		command->dwconv.out.row = 0;
	else if (command->head.opcode == ONPU_OPCODE_ELTWISE)
		command->eltwise.out.row = 0;
	else if (command->head.opcode == ONPU_OPCODE_POOL)
		command->pool.out.row = 0;
	else
		command->resize.out.row = 0;
	*destination(command) = addr;
	r->spoiling = true;
	execute(r, command);
	r->spoiling = false;
}

/* The whole program; behind command `spoiler` another one writes to addr.  False: r->error. */
static bool replay(struct onpu_order *r, uint32_t spoiler, uint32_t addr)
{
	const struct npu_graph *g = &r->program->graph;
	uint32_t seq = 0;
	int s, k;

	start(r);
	for (s = 0; s < r->program->num_steps && !*r->error; s++) {
		if (r->program->steps[s].node >= 0) {
			run_node(r, r->program->steps[s].node);
			continue;
		}
		memset(r->origin, 0, r->program->preset->sram_bytes * sizeof(*r->origin));
		for (; seq < r->num_commands && r->commands[seq].step == (uint32_t)s && !*r->error; seq++) {
			union onpu_command command = fetch(r, seq);

			r->seq = seq;
			r->layer = r->commands[seq].layer;
			if (command.head.opcode == ONPU_OPCODE_PREEMPT)
				preempt(r, &command.preempt);
			else if (command.head.opcode >= ONPU_OPCODE_LOAD)
				execute(r, &command);
			if (seq == spoiler)
				spoil(r, &command, addr);
		}
	}
	for (k = 0; k < g->num_outputs && !*r->error; k++)
		read_outside(r, g->outputs[k], "the result");
	return !*r->error;
}

/* ---- one program ------------------------------------------------------------------------ */

/* A command between the victim's writer and reader whose bytes the reader must not see; or none. */
static bool choose_spoiler(struct onpu_order *r, const struct victim *v, uint32_t *seq)
{
	int tries;

	for (tries = 0; tries < 64; tries++) {
		uint32_t at = v->written + 1 + draw(r, v->read - v->written - 1);
		union onpu_command c = fetch(r, at);

		if (r->commands[at].step != r->commands[v->read].step || !destination(&c))
			continue;
		if (v->data && may_read(r, v->layer, r->commands[at].origin))
			continue;
		*seq = at;
		return true;
	}
	return false;
}

static int spoil_some(struct onpu_order *r, uint32_t tries, uint32_t *done, char *why, size_t size)
{
	uint32_t n = r->num_victims, i, seq;

	r->max_victims = 0;
	for (i = 0; i < n && tries; i++) {
		struct victim v = r->victims[i];

		if (!choose_spoiler(r, &v, &seq))
			continue;
		if (replay(r, seq, v.addr)) {
			snprintf(why, size, "command %" PRIu32 " once more, writing over SRAM byte 0x%" PRIx32
				 " that command %" PRIu32 " has yet to read, is not noticed", seq, v.addr, v.read);
			return -1;
		}
		++*done;
		tries--;
	}
	return 0;
}

static void place_regions(struct onpu_order *r)
{
	const struct npu_program *p = r->program;
	const struct npu_graph *g = &p->graph;
	uint32_t at = 0;
	int i;

	for (i = 0; i < NPU_REGION_IO + g->num_inputs + g->num_outputs; i++) {
		int io = i - NPU_REGION_IO;
		uint32_t size = i == NPU_REGION_CODE ? p->code_size :
			i == NPU_REGION_SCRATCH ? p->scratch_size :
			(uint32_t)npu_tensor_bytes(&g->tensors[io < g->num_inputs ? g->inputs[io] :
							       g->outputs[io - g->num_inputs]]);

		r->job.region[i].va = at;
		r->job.region[i].size = size;
		at = (at + size + ALIGN - 1) / ALIGN * ALIGN;
	}
	r->external_size = at;
}

static void *zeroes(size_t count, size_t size)
{
	return calloc(count + 1, size);
}

static int set_up(struct onpu_order *r, uint32_t tries)
{
	const struct npu_program *p = r->program;
	const struct npu_graph *g = &p->graph;
	size_t layers = (size_t)p->num_layers;
	uint32_t sram = p->preset->sram_bytes;

	if (NPU_REGION_IO + g->num_inputs + g->num_outputs > ONPU_REGIONS)
		return -1;
	place_regions(r);
	r->num_origins = (uint32_t)(1 + p->num_layers + g->num_nodes + g->num_tensors);
	r->max_victims = 16 * tries;
	r->legal = zeroes(layers * r->num_origins, 1);
	r->fill_legal = zeroes(layers * layers, 1);
	r->cpu_legal = zeroes(r->num_origins, 1);
	r->group = zeroes((size_t)g->num_tensors, sizeof(*r->group));
	r->head = zeroes((size_t)g->num_nodes, sizeof(*r->head));
	r->sram = zeroes(sram, 1);
	r->origin = zeroes(sram, sizeof(*r->origin));
	r->written = zeroes(sram, sizeof(*r->written));
	r->external = zeroes(r->external_size, sizeof(*r->external));
	r->victims = zeroes(r->max_victims, sizeof(*r->victims));
	if (!r->legal || !r->fill_legal || !r->cpu_legal || !r->group || !r->head || !r->sram ||
	    !r->origin || !r->written || !r->external || !r->victims)
		return -1;
	find_groups(r);
	find_heads(r);
	return find_legal(r) || list_commands(r) ? -1 : 0;
}

static void clean_up(struct onpu_order *r)
{
	free(r->legal);
	free(r->fill_legal);
	free(r->cpu_legal);
	free(r->group);
	free(r->head);
	free(r->sram);
	free(r->origin);
	free(r->written);
	free(r->external);
	free(r->victims);
	free(r->writes);
	free(r->commands);
}

struct totals {
	uint64_t commands, bytes;
	uint32_t spoiled;
};

static int check(const struct npu_program *program, uint32_t tries, struct totals *totals,
		 char *why, size_t size)
{
	struct onpu_order r = { .program = program, .random = 1 };
	int status = -1;

	if (set_up(&r, tries)) {
		snprintf(why, size, "out of memory, or too many inputs and outputs");
	} else if (!replay(&r, UINT32_MAX, 0)) {
		snprintf(why, size, "%s", r.error);
	} else {
		totals->commands += r.num_commands;
		totals->bytes += r.bytes;
		status = spoil_some(&r, tries, &totals->spoiled, why, size);
	}
	clean_up(&r);
	return status;
}

static int run(const char *preset, const char *net, uint32_t tries)
{
	npu_model *model = npu_model_load(net);
	struct totals totals = { 0 };
	char why[512] = "";
	int keep_all, failed = !model;

	for (keep_all = 0; keep_all < 2 && !failed; keep_all++) {
		npu_compile_options options = { .size = sizeof(options), .preset = preset,
						.keep_all = keep_all };
		npu_program *program = npu_compile(model, &options);

		failed = !program || check(program, tries, &totals, why, sizeof(why));
		npu_program_free(program);
		if (failed)
			printf("error %s: %s\n", keep_all ? "keep-all" : "fused", *why ? why : npu_error());
	}
	if (!model)
		printf("error model: %s\n", npu_error());
	if (!failed)
		printf("ok commands=%" PRIu64 " bytes=%" PRIu64 " spoiled=%" PRIu32 "\n", totals.commands,
		       totals.bytes, totals.spoiled);
	npu_model_free(model);
	return failed;
}

int main(int argc, char **argv)
{
	char line[8192];
	int bad = 0;
	FILE *jobs;

	if (argc != 4) {
		fprintf(stderr, "usage: replay PRESET JOBS TRIES\n");
		return 2;
	}
	jobs = fopen(argv[2], "r");
	if (!jobs) {
		fprintf(stderr, "replay: %s cannot be read\n", argv[2]);
		return 2;
	}
	while (fgets(line, sizeof(line), jobs)) {
		char *net = strtok(line, "\t\n");

		if (net)
			bad |= run(argv[1], net, (uint32_t)strtoul(argv[3], NULL, 10));
		fflush(stdout);
	}
	fclose(jobs);
	return bad;
}
