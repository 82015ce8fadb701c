// SPDX-License-Identifier: MIT
#include "build.h"

#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "ir/error.h"
#include "iss/check.h"
#include "iss/isa_fields.h"
#include "iss/timing.h"

#define MAX_STREAM (1u << 30)
/* Weight streams whose reach is remembered: stripes use the same one again and again. */
#define MEMO 64

struct record {
	uint32_t offset;	/* in the stream */
	int layer;
	const uint8_t *weights;
};

struct memo {
	const uint8_t *weights;	/* NULL: empty */
	uint32_t size;
	uint16_t out_c, mode;
	uint8_t weight_zero;
	struct npu_reach reach;
};

struct npu_emitter {
	const struct onpu_preset *preset;
	uint8_t *stream;
	uint32_t size, max;
	struct record *records;
	size_t num_records, max_records;
	struct npu_layer_part *parts;
	int num_parts, max_parts;
	uint32_t count[NPU_ENGINES];	/* commands so far */
	struct npu_touches touches;
	struct npu_hazards sram, external[ONPU_REGIONS];
	struct memo memo[MEMO];
	struct npu_emitted_layer *layers;
	bool finished;
};

struct npu_emitter *npu_emitter_new(const struct onpu_preset *preset)
{
	struct npu_emitter *emitter = calloc(1, sizeof(*emitter));

	if (emitter)
		emitter->preset = preset;
	return emitter;
}

void npu_emitter_free(struct npu_emitter *emitter)
{
	if (!emitter)
		return;
	npu_ranges_clear(&emitter->touches.read);
	npu_ranges_clear(&emitter->touches.write);
	npu_ranges_clear(&emitter->touches.external);
	npu_hazards_clear(&emitter->sram);
	for (int i = 0; i < ONPU_REGIONS; i++)
		npu_hazards_clear(&emitter->external[i]);
	free(emitter->stream);
	free(emitter->records);
	free(emitter->parts);
	free(emitter->layers);
	free(emitter);
}

/* ---- waits --------------------------------------------------------------------------- */

static npu_status find_reach(struct npu_emitter *emitter, const struct onpu_cmd_conv *c,
			     const uint8_t *weights, struct npu_reach *reach)
{
	struct memo key = {
		.weights = weights, .size = c->weights_size, .out_c = c->out_c, .mode = c->mode,
		.weight_zero = c->weight_zero,
	};
	struct memo *memo = &emitter->memo[(uintptr_t)weights / 64 % MEMO];

	if (!weights)
		return npu_fail(NPU_ERR_INTERNAL, "CONV without its weight stream");
	if (memo->weights != key.weights || memo->size != key.size || memo->out_c != key.out_c ||
	    memo->mode != key.mode || memo->weight_zero != key.weight_zero) {
		npu_status status = npu_reach_of(emitter->preset, c, weights, &key.reach);

		if (status)
			return status;
		*memo = key;
	}
	*reach = memo->reach;
	return NPU_OK;
}

/* Adds what the command touches to the history, and its waits to the command. */
static npu_status order_command(struct npu_emitter *emitter, uint32_t engine,
				union onpu_command *c, const uint8_t *weights)
{
	struct npu_touches *t = &emitter->touches;
	uint32_t seq = emitter->count[engine] + 1, wait[NPU_ENGINES] = { 0 };
	struct npu_reach reach = { 0 };
	npu_status status = NPU_OK;

	if (c->head.opcode == ONPU_OPCODE_CONV)
		status = find_reach(emitter, &c->conv, weights, &reach);
	if (status == NPU_OK)
		status = npu_touches_of(emitter->preset, c, &reach, t);
	if (status == NPU_OK)
		status = npu_hazards_touch(&emitter->sram, &t->read, false, engine, seq, wait);
	if (status == NPU_OK)
		status = npu_hazards_touch(&emitter->sram, &t->write, true, engine, seq, wait);
	if (status == NPU_OK && t->external.count)
		status = npu_hazards_touch(&emitter->external[c->load.region], &t->external,
					   engine == ONPU_ENGINE_STORE, engine, seq, wait);
	if (status != NPU_OK)
		return status;
	c->head.wait_load = wait[ONPU_ENGINE_LOAD];
	c->head.wait_compute = wait[ONPU_ENGINE_COMPUTE];
	c->head.wait_store = wait[ONPU_ENGINE_STORE];
	emitter->count[engine] = seq;
	return NPU_OK;
}

/* ---- the stream ------------------------------------------------------------------------ */

static npu_status make_room(struct npu_emitter *emitter, uint32_t bytes)
{
	void *larger;

	if (bytes > MAX_STREAM - emitter->size)
		return npu_fail(NPU_ERR_LIMIT, "command stream larger than %u bytes", MAX_STREAM);
	if (emitter->max - emitter->size < bytes) {
		uint32_t max = 2 * emitter->max + 4096;

		larger = realloc(emitter->stream, max);
		if (!larger)
			return npu_fail(NPU_ERR_NOMEM, "out of memory for the command stream");
		emitter->stream = larger;
		emitter->max = max;
	}
	if (emitter->num_records == emitter->max_records) {
		size_t max = 2 * emitter->max_records + 64;

		larger = realloc(emitter->records, max * sizeof(*emitter->records));
		if (!larger)
			return npu_fail(NPU_ERR_NOMEM, "out of memory for the command stream");
		emitter->records = larger;
		emitter->max_records = max;
	}
	if (emitter->num_parts == emitter->max_parts) {
		int max = 2 * emitter->max_parts + 64;

		larger = realloc(emitter->parts, (size_t)max * sizeof(*emitter->parts));
		if (!larger)
			return npu_fail(NPU_ERR_NOMEM, "out of memory for the command stream");
		emitter->parts = larger;
		emitter->max_parts = max;
	}
	return NPU_OK;
}

static void append(struct npu_emitter *emitter, int layer, const union onpu_command *c,
		   const uint8_t *weights)
{
	uint32_t bytes = 4u * c->head.length;
	int n = emitter->num_parts;

	/* END belongs to whatever is before it. */
	if (c->head.opcode != ONPU_OPCODE_END &&
	    (!n || emitter->parts[n - 1].layer != layer)) {
		emitter->parts[n] = (struct npu_layer_part){ layer, emitter->size };
		emitter->num_parts++;
	}
	emitter->records[emitter->num_records++] =
		(struct record){ emitter->size, layer, weights };
	memcpy(emitter->stream + emitter->size, c, bytes);
	emitter->size += bytes;
}

static npu_status emit(struct npu_emitter *emitter, int layer, const void *command,
		       const uint8_t *weights)
{
	struct onpu_check check = { .preset = emitter->preset };
	const struct onpu_isa_command *isa;
	union onpu_command c = { { 0 } };
	const char *what = NULL;
	npu_status status;
	enum onpu_fault fault;

	memcpy(&c.head, command, sizeof(c.head));
	isa = onpu_isa_find(c.head.opcode);
	if (!isa)
		return npu_fail(NPU_ERR_INTERNAL, "layer %d: no opcode 0x%02x", layer,
				c.head.opcode);
	memcpy(&c, command, 4u * isa->words);
	c.head.length = isa->words;
	c.head.wait_load = 0;
	c.head.wait_compute = 0;
	c.head.wait_store = 0;
	fault = onpu_check_command(&check, &c, &what);
	if (fault != ONPU_FAULT_NONE)
		return npu_fail(NPU_ERR_INTERNAL, "layer %d: illegal %s command: %s, %s", layer,
				isa->name, onpu_isa_name(onpu_isa_fault_names, fault),
				what ? what : "?");
	status = make_room(emitter, 4u * isa->words);
	if (status == NPU_OK && isa->engine < NPU_ENGINES)
		status = order_command(emitter, isa->engine, &c, weights);
	if (status != NPU_OK)
		return npu_fail_context(status, "layer %d", layer);
	append(emitter, layer, &c, weights);
	return NPU_OK;
}

npu_status npu_emit(struct npu_emitter *emitter, int layer, const void *command,
		    const uint8_t *weights)
{
	struct onpu_head head;

	memcpy(&head, command, sizeof(head));
	if (emitter->finished || head.opcode == ONPU_OPCODE_END || layer < 0)
		return npu_fail(NPU_ERR_INTERNAL,
				"layer %d: opcode 0x%02x cannot be emitted here", layer,
				head.opcode);
	return emit(emitter, layer, command, weights);
}

/* ---- figures ---------------------------------------------------------------------------- */

/* A command of the stream, and what it costs. */
static void price(const struct npu_emitter *emitter, size_t i, union onpu_command *c,
		  struct onpu_cost *cost)
{
	const struct record *record = &emitter->records[i];
	const uint8_t *at = emitter->stream + record->offset;

	memset(c, 0, sizeof(*c));
	memcpy(c, at, sizeof(c->head));
	memcpy(c, at, 4u * c->head.length);
	onpu_cost_command(emitter->preset, c->words, record->weights, cost);
}

/* What is known of a layer's time. */
struct span {
	bool any;		/* some command */
	bool works;		/* one that computes or stores */
};

static void add_time(struct npu_emitted_layer *layer, struct span *span, uint32_t engine,
		     uint64_t start, uint64_t end)
{
	bool works = engine != ONPU_ENGINE_LOAD;

	/* A load may run far ahead of its layer: its start counts only if there is no other. */
	if (!span->any || (works && !span->works) ||
	    (works == span->works && start < layer->start_cycle))
		layer->start_cycle = start;
	if (!span->any || end > layer->end_cycle)
		layer->end_cycle = end;
	span->any = true;
	span->works |= works;
}

static npu_status add_costs(struct npu_emitter *emitter, struct onpu_timeline *timeline,
			    int num_layers)
{
	for (size_t i = 0; i < emitter->num_records; i++) {
		int layer = emitter->records[i].layer;
		union onpu_command c;
		struct onpu_cost cost;
		uint32_t wait[NPU_ENGINES];

		price(emitter, i, &c, &cost);
		wait[ONPU_ENGINE_LOAD] = c.head.wait_load;
		wait[ONPU_ENGINE_COMPUTE] = c.head.wait_compute;
		wait[ONPU_ENGINE_STORE] = c.head.wait_store;
		if (onpu_timeline_add(timeline, &cost, wait))
			return npu_fail(NPU_ERR_NOMEM, "out of memory for the cycle model");
		if (layer >= num_layers)
			return npu_fail(NPU_ERR_INTERNAL, "layer %d of %d emitted", layer,
					num_layers);
		if (layer < 0)
			continue;
		emitter->layers[layer].read_bytes += cost.work.read_bytes;
		emitter->layers[layer].write_bytes += cost.work.write_bytes;
		emitter->layers[layer].busy += cost.work.compute_cycles;
	}
	return NPU_OK;
}

static void add_times(struct npu_emitter *emitter, const struct onpu_timeline *timeline,
		      struct span *spans)
{
	uint64_t computed = 0;

	for (size_t i = 0; i < emitter->num_records; i++) {
		const struct record *record = &emitter->records[i];
		uint32_t engine = onpu_isa_find(emitter->stream[record->offset])->engine;
		uint64_t start, end;

		if (engine >= NPU_ENGINES)
			continue;
		onpu_timeline_times(timeline, i, &start, &end);
		/* A compute command is taken, and prepared, while the one before runs. */
		if (engine == ONPU_ENGINE_COMPUTE) {
			start = start < computed ? computed : start;
			computed = end;
		}
		if (record->layer < 0)
			continue;
		add_time(&emitter->layers[record->layer], &spans[record->layer], engine, start,
			 end);
	}
}

npu_status npu_emitter_finish(struct npu_emitter *emitter, int num_layers,
			      struct npu_emitted *emitted)
{
	struct onpu_cmd_end end = { .head = { .opcode = ONPU_OPCODE_END } };
	struct onpu_timeline *timeline;
	struct span *spans;
	npu_status status;
	uint64_t cycles = 0;

	if (emitter->finished)
		return npu_fail(NPU_ERR_INTERNAL, "command stream finished twice");
	status = emit(emitter, -1, &end, NULL);
	if (status != NPU_OK)
		return status;
	emitter->finished = true;
	emitter->layers = calloc((size_t)num_layers + 1, sizeof(*emitter->layers));
	spans = calloc((size_t)num_layers + 1, sizeof(*spans));
	timeline = onpu_timeline_new(&ONPU_MEMORY_DEFAULT, ONPU_JOB_START_CYCLES);
	if (!emitter->layers || !spans || !timeline)
		status = npu_fail(NPU_ERR_NOMEM, "out of memory for the cycle model");
	if (status == NPU_OK)
		status = add_costs(emitter, timeline, num_layers);
	if (status == NPU_OK) {
		cycles = onpu_timeline_finish(timeline) + ONPU_JOB_END_CYCLES;
		add_times(emitter, timeline, spans);
		*emitted = (struct npu_emitted){
			.stream = emitter->stream, .size = emitter->size,
			.num_parts = emitter->num_parts, .parts = emitter->parts,
			.layers = emitter->layers, .cycles = cycles,
		};
	}
	onpu_timeline_free(timeline);
	free(spans);
	return status;
}
