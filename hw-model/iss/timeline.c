// SPDX-License-Identifier: MIT
/*
 * When commands start and end: a discrete-event simulation of the command processor and
 * three in-order engines.  Loads and stores share the memory's bytes a cycle equally.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

#define ENGINES 3
#define QUEUE_DEPTH 16
#define NEVER UINT64_MAX

struct item {
	uint32_t engine;		/* enum onpu_engine */
	uint32_t dispatch;		/* cycles to fetch and check it */
	uint64_t busy, tail, bytes;
	uint32_t wait[ENGINES];
	uint64_t start, end;
	uint64_t soonest;		/* lower bound of end */
};

struct onpu_timeline {
	struct onpu_memory_model memory;
	uint64_t begin;
	struct item *items;
	size_t num_items, max_items;
	/* Indices of each engine's items. */
	size_t *order[ENGINES];
	size_t num_order[ENGINES], max_order[ENGINES];
	/* Lower bounds of what the next item meets. */
	uint64_t dispatched_at, free_at[ENGINES], soonest;
};

struct onpu_timeline *onpu_timeline_new(const struct onpu_memory_model *memory, uint64_t start)
{
	struct onpu_timeline *timeline = calloc(1, sizeof(*timeline));

	if (!timeline)
		return NULL;
	timeline->memory = *memory;
	timeline->begin = start;
	timeline->dispatched_at = start + memory->latency;
	timeline->soonest = start;
	return timeline;
}

void onpu_timeline_free(struct onpu_timeline *timeline)
{
	if (!timeline)
		return;
	for (int e = 0; e < ENGINES; e++)
		free(timeline->order[e]);
	free(timeline->items);
	free(timeline);
}

static void *grow(void *array, size_t count, size_t *max, size_t size)
{
	void *larger;

	if (count < *max)
		return array;
	larger = realloc(array, (*max ? 2 * *max : 64) * size);
	if (larger)
		*max = *max ? 2 * *max : 64;
	return larger;
}

static bool make_room(struct onpu_timeline *timeline, uint32_t engine)
{
	void *array = grow(timeline->items, timeline->num_items, &timeline->max_items,
			   sizeof(*timeline->items));

	if (!array)
		return false;
	timeline->items = array;
	if (engine >= ENGINES)
		return true;
	array = grow(timeline->order[engine], timeline->num_order[engine],
		     &timeline->max_order[engine], sizeof(*timeline->order[engine]));
	if (!array)
		return false;
	timeline->order[engine] = array;
	return true;
}

static bool is_dma(uint32_t engine)
{
	return engine == ONPU_ENGINE_LOAD || engine == ONPU_ENGINE_STORE;
}

static uint64_t transfer_cycles(const struct onpu_timeline *timeline, uint64_t bytes)
{
	uint32_t rate = timeline->memory.bytes_per_cycle;

	return bytes / rate + (bytes % rate != 0);
}

/* As if every transfer had the memory to itself and no queue were ever full. */
static void bound(struct onpu_timeline *timeline, struct item *item)
{
	uint32_t e = item->engine;
	uint64_t start;

	timeline->dispatched_at += item->dispatch;
	start = timeline->dispatched_at;
	if (e >= ENGINES) {
		item->soonest = start;
	} else {
		if (start < timeline->free_at[e])
			start = timeline->free_at[e];
		for (int w = 0; w < ENGINES; w++) {
			const struct item *last;

			if (!item->wait[w])
				continue;
			last = &timeline->items[timeline->order[w][item->wait[w] - 1]];
			if (start < last->soonest)
				start = last->soonest;
		}
		timeline->free_at[e] = start + item->busy +
				       transfer_cycles(timeline, item->bytes);
		item->soonest = timeline->free_at[e] + item->tail;
		/* Completions of an engine are in order. */
		if (timeline->num_order[e]) {
			size_t before = timeline->order[e][timeline->num_order[e] - 1];

			if (item->soonest < timeline->items[before].soonest)
				item->soonest = timeline->items[before].soonest;
		}
	}
	if (timeline->soonest < item->soonest)
		timeline->soonest = item->soonest;
}

int onpu_timeline_add(struct onpu_timeline *timeline, const struct onpu_cost *cost,
		      const uint32_t wait[3])
{
	uint32_t e = cost->engine;
	struct item *item;

	if (!make_room(timeline, e))
		return -1;
	item = &timeline->items[timeline->num_items];
	memset(item, 0, sizeof(*item));
	item->engine = e;
	item->dispatch = (cost->fetch_bytes + 15) / 16;
	item->busy = cost->busy;
	item->bytes = cost->bytes;
	item->tail = is_dma(e) ? cost->bytes ? timeline->memory.latency : 0 : cost->tail;
	/* The command processor refuses waits for what is not dispatched before. */
	for (int w = 0; w < ENGINES; w++)
		item->wait[w] = wait[w] < timeline->num_order[w] ? wait[w] :
				(uint32_t)timeline->num_order[w];
	bound(timeline, item);
	if (e < ENGINES)
		timeline->order[e][timeline->num_order[e]++] = timeline->num_items;
	timeline->num_items++;
	return 0;
}

uint64_t onpu_timeline_now(const struct onpu_timeline *timeline)
{
	return timeline->soonest;
}

/* ---- simulation -------------------------------------------------------------------- */

struct engine {
	size_t dispatched, started, done;	/* of its items */
	bool active;
	uint64_t free_at;	/* NEVER while a transfer runs */
	uint64_t halves;	/* of a byte, left to transfer */
};

struct sim {
	struct onpu_timeline *timeline;
	uint64_t now;
	struct engine engine[ENGINES];
	size_t next;		/* item to dispatch */
	uint64_t next_at;
};

static struct item *item_of(const struct sim *sim, uint32_t e, size_t i)
{
	return &sim->timeline->items[sim->timeline->order[e][i]];
}

/* Half bytes that one transfer moves in a cycle. */
static uint64_t transfer_rate(const struct sim *sim)
{
	bool shared = sim->engine[ONPU_ENGINE_LOAD].halves && sim->engine[ONPU_ENGINE_STORE].halves;

	return (uint64_t)sim->timeline->memory.bytes_per_cycle * (shared ? 1 : 2);
}

static void set_end(struct sim *sim, uint32_t e, size_t i, uint64_t end)
{
	item_of(sim, e, i)->end = end;
	if (i && item_of(sim, e, i - 1)->end > end)
		item_of(sim, e, i)->end = item_of(sim, e, i - 1)->end;
}

/* Ends what ends by now. */
static bool retire(struct sim *sim, uint32_t e)
{
	struct engine *engine = &sim->engine[e];
	bool progress = false;

	if (engine->active && engine->free_at == NEVER && !engine->halves) {
		struct item *item = item_of(sim, e, engine->started - 1);

		engine->free_at = sim->now + item->busy;
		set_end(sim, e, engine->started - 1, engine->free_at + item->tail);
	}
	if (engine->active && engine->free_at <= sim->now) {
		engine->active = false;
		progress = true;
	}
	while (engine->done < engine->started - (engine->active && engine->free_at == NEVER) &&
	       item_of(sim, e, engine->done)->end <= sim->now) {
		engine->done++;
		progress = true;
	}
	return progress;
}

static bool dispatch(struct sim *sim)
{
	struct onpu_timeline *timeline = sim->timeline;
	struct item *item;

	if (sim->next == timeline->num_items || sim->next_at > sim->now)
		return false;
	item = &timeline->items[sim->next];
	if (item->engine < ENGINES) {
		struct engine *engine = &sim->engine[item->engine];

		if (engine->dispatched - engine->started >= QUEUE_DEPTH)
			return false;
		engine->dispatched++;
	} else {
		item->start = sim->now;
		item->end = sim->now;
	}
	sim->next++;
	if (sim->next < timeline->num_items)
		sim->next_at = sim->now + timeline->items[sim->next].dispatch;
	return true;
}

static bool start(struct sim *sim, uint32_t e)
{
	struct engine *engine = &sim->engine[e];
	struct item *item;

	if (engine->active || engine->started == engine->dispatched)
		return false;
	item = item_of(sim, e, engine->started);
	for (int w = 0; w < ENGINES; w++)
		if (sim->engine[w].done < item->wait[w])
			return false;
	item->start = sim->now;
	engine->active = true;
	engine->started++;
	engine->halves = 2 * item->bytes;
	engine->free_at = NEVER;
	return true;
}

static uint64_t next_event(const struct sim *sim)
{
	uint64_t rate = transfer_rate(sim), at = NEVER;

	if (sim->next < sim->timeline->num_items && sim->next_at > sim->now)
		at = sim->next_at;
	for (uint32_t e = 0; e < ENGINES; e++) {
		const struct engine *engine = &sim->engine[e];
		uint64_t t = NEVER;

		if (engine->active && engine->halves)
			t = sim->now + (engine->halves + rate - 1) / rate;
		else if (engine->active)
			t = engine->free_at;
		at = t < at ? t : at;
		if (engine->done < engine->started - (engine->active && engine->halves)) {
			t = item_of(sim, e, engine->done)->end;
			at = t < at ? t : at;
		}
	}
	return at;
}

static void advance(struct sim *sim, uint64_t to)
{
	uint64_t moved = transfer_rate(sim) * (to - sim->now);

	for (uint32_t e = 0; e < ENGINES; e++)
		sim->engine[e].halves -= moved < sim->engine[e].halves ? moved :
					 sim->engine[e].halves;
	sim->now = to;
}

uint64_t onpu_timeline_finish(struct onpu_timeline *timeline)
{
	struct sim sim = { .timeline = timeline, .now = timeline->begin };
	uint64_t last = timeline->begin, at;
	bool progress;

	if (!timeline->num_items)
		return last;
	sim.next_at = timeline->begin + timeline->memory.latency + timeline->items[0].dispatch;
	do {
		do {
			progress = false;
			for (uint32_t e = 0; e < ENGINES; e++)
				progress |= retire(&sim, e);
			progress |= dispatch(&sim);
			for (uint32_t e = 0; e < ENGINES; e++)
				progress |= start(&sim, e);
		} while (progress);
		at = next_event(&sim);
		if (at != NEVER)
			advance(&sim, at);
	} while (at != NEVER);
	for (size_t i = 0; i < timeline->num_items; i++)
		if (timeline->items[i].end > last)
			last = timeline->items[i].end;
	return last;
}

void onpu_timeline_times(const struct onpu_timeline *timeline, size_t i, uint64_t *start_cycle,
			 uint64_t *end_cycle)
{
	*start_cycle = timeline->items[i].start;
	*end_cycle = timeline->items[i].end;
}
