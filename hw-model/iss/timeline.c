// SPDX-License-Identifier: MIT
/*
 * When commands start and end: a discrete-event simulation of the command processor and
 * three in-order engines.  Loads and stores share the memory's bytes a cycle equally; the
 * memory answers reads in order, so that fetches of commands wait behind data.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

#define ENGINES 3
#define QUEUE_DEPTH 16
#define NEVER UINT64_MAX

/* From the job's start to its first words, beside three trips to memory. */
#define FIRST_FETCH 73
/* Cycles from one dispatched command to the next. */
#define DISPATCH_CONTROL 10
#define DISPATCH_DMA 13
#define DISPATCH_COMPUTE 20
/* Commands are fetched ahead, in blocks. */
#define FETCH_BLOCK 256
#define FETCH_AHEAD 1024
/* A compute command is prepared while its predecessor runs. */
#define PREPARE 14
/* DMA: commands that are inside, cycles from one to the next, reads and writes under way. */
#define DMA_COMMANDS 3
#define DMA_SETUP 4
#define DMA_REQUESTS 16
/* From the start to the first byte, beside a trip to memory, and from the last one to the end. */
#define LOAD_LEAD 10
#define LOAD_TAIL 3
#define STORE_LEAD 12
#define STORE_TAIL 6
#define FILL_LEAD 4
#define FILL_TAIL 1
/* Each page costs a beat of its table, and where nobody foresees it a trip to memory. */
#define PAGE 4096
#define TABLE_BYTES 16
#define WALK 5
/* Commands of an engine that run, or whose record has not been taken. */
#define RING 4
/* A record's words, those without an answer, and cycles of an answer beside a trip to memory. */
#define RECORD_WORDS 3
#define RECORD_OPEN 6
#define RECORD_ANSWER 10

struct item {
	uint32_t engine;		/* enum onpu_engine */
	bool traced;
	uint32_t dispatch;		/* cycles to check it */
	uint64_t stream_end;		/* bytes of the stream up to its end */
	uint64_t busy, bytes, lead, tail;
	uint64_t ahead;			/* bytes that a load has asked for before they come */
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
	/* Pages of each region that were looked up: the first, and behind the last. */
	uint64_t first_page[ONPU_REGIONS], end_page[ONPU_REGIONS];
	/* Lower bounds of what the next item meets. */
	uint64_t dispatched_at, free_at[ENGINES], soonest;
	uint64_t fetched;	/* bytes of the stream */
};

/* The stream's page is looked up before. */
static uint64_t first_fetch(const struct onpu_memory_model *memory)
{
	return 3ull * memory->latency + FIRST_FETCH;
}

struct onpu_timeline *onpu_timeline_new(const struct onpu_memory_model *memory, uint64_t start)
{
	struct onpu_timeline *timeline = calloc(1, sizeof(*timeline));

	if (!timeline)
		return NULL;
	timeline->memory = *memory;
	timeline->begin = start;
	timeline->dispatched_at = start + first_fetch(memory);
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
		for (int w = 0; w < ENGINES; w++) {
			const struct item *last;

			if (!item->wait[w])
				continue;
			last = &timeline->items[timeline->order[w][item->wait[w] - 1]];
			if (start <= last->soonest)
				start = last->soonest + 1;
		}
		start += item->lead;
		if (start < timeline->free_at[e])
			start = timeline->free_at[e];
		item->soonest = start + transfer_cycles(timeline, item->bytes) + item->busy;
		timeline->free_at[e] = item->soonest + (e == ONPU_ENGINE_COMPUTE);
		item->soonest += item->tail;
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

/*
 * Trips to memory for translations: for the first page, if it is neither known nor behind one
 * that is, and then for the next, which is not looked up early enough.
 */
static uint64_t walks(struct onpu_timeline *timeline, const struct onpu_cost *cost)
{
	uint64_t first = cost->offset / PAGE, end = (cost->offset + cost->extent - 1) / PAGE + 1;
	uint64_t *known = &timeline->first_page[cost->region];
	uint64_t *known_end = &timeline->end_page[cost->region];

	if (first < *known || first > *known_end || !*known_end) {
		*known = first;
		*known_end = end;
		return end - first > 1 ? 2 : 1;
	}
	if (*known_end < end)
		*known_end = end;
	return 0;
}

static void set_dma(struct onpu_timeline *timeline, const struct onpu_cost *cost,
		    struct item *item)
{
	uint64_t latency = timeline->memory.latency;
	uint64_t late = cost->requests > DMA_REQUESTS ? cost->requests - DMA_REQUESTS : 0;
	uint64_t least = late * (latency + 10) / DMA_REQUESTS;
	uint64_t cycles = transfer_cycles(timeline, cost->bytes);

	if (least < cost->pieces)
		least = cost->pieces;
	item->dispatch = DISPATCH_DMA;
	if (!cost->bytes) {
		item->lead = FILL_LEAD;
		item->tail = FILL_TAIL;
		return;
	}
	if (item->engine == ONPU_ENGINE_LOAD) {
		item->lead = LOAD_LEAD + latency;
		item->tail = LOAD_TAIL;
	} else {
		item->lead = STORE_LEAD;
		item->tail = STORE_TAIL + latency;
	}
	item->bytes += cost->bytes / PAGE * TABLE_BYTES;
	item->lead += walks(timeline, cost) * (latency + WALK);
	item->busy += least > cycles ? least - cycles : 0;
	item->ahead = cost->requests ? cost->bytes / cost->requests * DMA_REQUESTS : 0;
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
	item->traced = cost->traced;
	item->busy = cost->busy;
	item->bytes = cost->bytes;
	timeline->fetched += cost->fetch_bytes;
	item->stream_end = timeline->fetched;
	if (e >= ENGINES) {
		item->dispatch = DISPATCH_CONTROL;
	} else if (e == ONPU_ENGINE_COMPUTE) {
		item->dispatch = DISPATCH_COMPUTE;
		item->lead = PREPARE + cost->prepare;
	} else {
		set_dma(timeline, cost, item);
	}
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

enum phase {
	NOTHING,		/* to do */
	LEADING,		/* the first byte comes at `at` */
	MOVING,			/* until there are no bytes left */
	WORKING,		/* until `at` */
};

struct engine {
	/* Of its items.  Before `begun` are those that compute or move bytes, or have. */
	size_t dispatched, started, begun, done, left;	/* left: no record is to be taken */
	uint64_t accepts_at;	/* the next one can start */
	uint64_t at;
	uint64_t halves;	/* of a byte, left to transfer */
	enum phase phase;
};

struct sim {
	struct onpu_timeline *timeline;
	uint64_t now;
	struct engine engine[ENGINES];
	size_t next;		/* item to dispatch */
	uint64_t next_at;
	uint64_t asked;		/* bytes of the stream that were asked for */
	uint64_t owed;		/* of them, those that the next load waits for */
	uint64_t block_at[FETCH_AHEAD / FETCH_BLOCK];	/* when blocks of it come */
	/* Words of records: all, of the record that is being written, when the last one has gone. */
	size_t words;
	uint32_t words_left;
	uint64_t word_at, answer_at[RECORD_OPEN];
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

/* ---- fetch and dispatch ---- */

/* When the memory has moved what an engine has asked for. */
static uint64_t moved_at(const struct sim *sim, uint32_t e)
{
	const struct engine *engine = &sim->engine[e];
	uint64_t from = sim->now, ahead, asked;
	size_t i = engine->begun;

	if (i == engine->started)
		return 0;
	ahead = item_of(sim, e, i)->ahead;
	asked = item_of(sim, e, i)->bytes;
	if (engine->phase == MOVING)
		asked = engine->halves / 2;
	else if (engine->phase == WORKING)
		asked = 0;
	else if (engine->phase == LEADING)
		from = engine->at;
	for (i++; i < engine->started && asked < ahead; i++)
		asked += item_of(sim, e, i)->bytes;
	if (asked > ahead)
		asked = ahead;
	return from + 2 * asked / transfer_rate(sim);
}

static void fetch_block(struct sim *sim)
{
	const struct onpu_memory_model *memory = &sim->timeline->memory;
	uint32_t blocks = FETCH_AHEAD / FETCH_BLOCK, block = sim->asked / FETCH_BLOCK % blocks;
	struct engine *load = &sim->engine[ONPU_ENGINE_LOAD];
	uint64_t before = sim->block_at[(block + blocks - 1) % blocks];
	uint64_t at = sim->now + memory->latency, answered = moved_at(sim, ONPU_ENGINE_LOAD);

	if (!sim->asked)
		at = sim->now + first_fetch(memory);
	else if (at < before + FETCH_BLOCK / memory->bytes_per_cycle)
		at = before + FETCH_BLOCK / memory->bytes_per_cycle;
	if (at < answered)
		at = answered;
	sim->block_at[block] = at;
	sim->asked += FETCH_BLOCK;
	if (load->halves)
		load->halves += 2 * FETCH_BLOCK;
	else if (load->begun < load->started)
		sim->owed += FETCH_BLOCK;
}

/* The next command is put together; when it will have been checked. */
static void fetch_next(struct sim *sim)
{
	const struct onpu_timeline *timeline = sim->timeline;
	const struct item *item = &timeline->items[sim->next];
	uint64_t last = item->stream_end - 1, at;

	while (sim->asked < timeline->fetched &&
	       sim->asked + FETCH_BLOCK <= item->stream_end + FETCH_AHEAD)
		fetch_block(sim);
	at = sim->block_at[last % FETCH_AHEAD / FETCH_BLOCK] +
	     last % FETCH_BLOCK / timeline->memory.bytes_per_cycle;
	sim->next_at = (at < sim->now ? sim->now : at) + item->dispatch;
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
		fetch_next(sim);
	return true;
}

/* ---- engines ---- */

/* Others see in the cycle behind it that a command has completed. */
static bool retire(struct sim *sim, uint32_t e)
{
	struct engine *engine = &sim->engine[e];
	bool progress = false;

	while (engine->done < engine->begun && item_of(sim, e, engine->done)->end < sim->now) {
		engine->done++;
		progress = true;
	}
	return progress;
}

static void later(uint64_t *at, uint64_t t)
{
	if (*at < t)
		*at = t;
}

/* The record of the earliest end is taken. */
static bool take_record(struct sim *sim)
{
	uint32_t pick = ENGINES;
	uint64_t end = NEVER;

	for (uint32_t e = 0; e < ENGINES; e++) {
		struct engine *engine = &sim->engine[e];

		while (engine->left < engine->done && !item_of(sim, e, engine->left)->traced)
			engine->left++;
		if (engine->left < engine->done && item_of(sim, e, engine->left)->end < end) {
			end = item_of(sim, e, engine->left)->end;
			pick = e;
		}
	}
	if (pick == ENGINES || sim->words_left || sim->now < sim->word_at)
		return false;
	sim->engine[pick].left++;
	sim->words_left = RECORD_WORDS;
	return true;
}

/* Each word is asked for when the one before has gone, and goes behind what stores have asked for. */
static bool write_record(struct sim *sim)
{
	uint64_t *answer_at = &sim->answer_at[sim->words % RECORD_OPEN];

	if (!sim->words_left || sim->now < sim->word_at)
		return false;
	sim->word_at = sim->now;
	later(&sim->word_at, moved_at(sim, ONPU_ENGINE_STORE));
	later(&sim->word_at, *answer_at);
	sim->word_at++;
	*answer_at = sim->word_at + sim->timeline->memory.latency + RECORD_ANSWER;
	sim->words++;
	sim->words_left--;
	return true;
}

static bool start(struct sim *sim, uint32_t e)
{
	struct engine *engine = &sim->engine[e];
	size_t inside = e == ONPU_ENGINE_COMPUTE ? 1 : DMA_COMMANDS;
	struct item *item;

	if (engine->started == engine->dispatched || sim->now < engine->accepts_at ||
	    engine->started - engine->begun >= inside || engine->started - engine->left >= RING)
		return false;
	item = item_of(sim, e, engine->started);
	for (int w = 0; w < ENGINES; w++)
		if (sim->engine[w].done < item->wait[w])
			return false;
	item->start = sim->now;
	engine->started++;
	engine->accepts_at = sim->now + DMA_SETUP;
	return true;
}

/* What has started is prepared; it runs when its predecessor has completed. */
static bool compute(struct sim *sim)
{
	struct engine *engine = &sim->engine[ONPU_ENGINE_COMPUTE];
	struct item *item;
	uint64_t at = engine->phase == WORKING ? engine->at + 1 : 0;

	if (engine->begun == engine->started)
		return false;
	item = item_of(sim, ONPU_ENGINE_COMPUTE, engine->begun);
	if (sim->now < item->start + item->lead || sim->now < at)
		return false;
	item->end = sim->now + item->busy;
	engine->at = item->end;
	engine->phase = WORKING;
	engine->begun++;
	engine->accepts_at = sim->now + 1;
	return true;
}

static void set_end(struct sim *sim, uint32_t e, size_t i, uint64_t end)
{
	item_of(sim, e, i)->end = end;
	if (i && item_of(sim, e, i - 1)->end > end)
		item_of(sim, e, i)->end = item_of(sim, e, i - 1)->end;
}

/* The first of what has started moves its bytes, those behind it have asked for theirs. */
static bool move(struct sim *sim, uint32_t e)
{
	struct engine *engine = &sim->engine[e];
	struct item *item;

	if (engine->begun == engine->started)
		return false;
	item = item_of(sim, e, engine->begun);
	switch (engine->phase) {
	case NOTHING:
		engine->phase = LEADING;
		engine->at = item->start + item->lead;
		return true;
	case LEADING:
		if (sim->now < engine->at)
			return false;
		engine->halves = 2 * item->bytes;
		if (e == ONPU_ENGINE_LOAD && item->bytes) {
			engine->halves += 2 * sim->owed;
			sim->owed = 0;
		}
		engine->phase = MOVING;
		return true;
	case MOVING:
		if (engine->halves)
			return false;
		engine->at = sim->now + item->busy;
		engine->phase = WORKING;
		return true;
	default:
		if (sim->now < engine->at)
			return false;
		set_end(sim, e, engine->begun, sim->now + item->tail);
		engine->begun++;
		engine->phase = NOTHING;
		return true;
	}
}

static bool step(struct sim *sim)
{
	bool progress = false;

	for (uint32_t e = 0; e < ENGINES; e++)
		progress |= e == ONPU_ENGINE_COMPUTE ? compute(sim) : move(sim, e);
	for (uint32_t e = 0; e < ENGINES; e++)
		progress |= retire(sim, e);
	progress |= take_record(sim);
	progress |= write_record(sim);
	progress |= dispatch(sim);
	for (uint32_t e = 0; e < ENGINES; e++)
		progress |= start(sim, e);
	return progress;
}

static void earlier(const struct sim *sim, uint64_t *at, uint64_t t)
{
	if (t > sim->now && t < *at)
		*at = t;
}

/* The next cycle in which something may change. */
static uint64_t next_event(const struct sim *sim)
{
	uint64_t rate = transfer_rate(sim), at = NEVER;

	if (sim->next < sim->timeline->num_items)
		earlier(sim, &at, sim->next_at);
	earlier(sim, &at, sim->word_at);
	for (uint32_t e = 0; e < ENGINES; e++) {
		const struct engine *engine = &sim->engine[e];

		if (engine->started < engine->dispatched)
			earlier(sim, &at, engine->accepts_at);
		if (engine->done < engine->begun)
			earlier(sim, &at, item_of(sim, e, engine->done)->end + 1);
		if (engine->begun == engine->started)
			continue;
		if (e == ONPU_ENGINE_COMPUTE) {
			const struct item *item = item_of(sim, e, engine->begun);

			earlier(sim, &at, item->start + item->lead);
			earlier(sim, &at, engine->at + 1);
		} else if (engine->halves) {
			earlier(sim, &at, sim->now + (engine->halves + rate - 1) / rate);
		} else {
			earlier(sim, &at, engine->at);
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

	if (!timeline->num_items)
		return last;
	fetch_next(&sim);
	do {
		while (step(&sim))
			;
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
