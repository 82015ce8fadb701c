// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa_fields.h"
#include "order.h"

#define ENGINES 3

#define MARK_READ 1
#define MARK_WRITE 2

/* Of a byte: the last command of each engine, counted from 1, that did this to it. */
struct history {
	uint32_t read[ENGINES], write[ENGINES];
};

struct interval {
	uint64_t from, to;
};

/* One command. */
struct event {
	uint32_t stream_offset;
	uint8_t opcode;
	uint32_t known[ENGINES];	/* commands that had surely completed when it started */
	struct interval *external;	/* sorted, apart */
	size_t num_external, max_external;
};

struct events {
	struct event *events;
	size_t count, max;
};

struct onpu_order {
	uint32_t size;
	struct history *history;
	uint8_t *mark;			/* by the current command */
	uint8_t *restored;		/* an earlier job wrote it, or it was live at the preemption */
	uint32_t low, high;		/* bounds of marks */
	uint32_t base[ENGINES];		/* commands before the last resumption */
	struct events of[ENGINES];
	uint32_t engine;		/* of the current command, the last of its events */
	bool failed;			/* no memory */
	char hazard[256];
};

struct onpu_order *onpu_order_new(uint32_t sram_bytes)
{
	struct onpu_order *order = calloc(1, sizeof(*order));

	if (!order)
		return NULL;
	order->size = sram_bytes;
	order->history = calloc(sram_bytes, sizeof(*order->history));
	order->mark = calloc(sram_bytes, 1);
	order->restored = calloc(sram_bytes, 1);
	if (!order->history || !order->mark || !order->restored) {
		onpu_order_free(order);
		return NULL;
	}
	return order;
}

static void drop_events(struct onpu_order *order)
{
	for (int e = 0; e < ENGINES; e++) {
		for (size_t i = 0; i < order->of[e].count; i++)
			free(order->of[e].events[i].external);
		order->of[e].count = 0;
	}
}

void onpu_order_free(struct onpu_order *order)
{
	if (!order)
		return;
	drop_events(order);
	for (int e = 0; e < ENGINES; e++)
		free(order->of[e].events);
	free(order->history);
	free(order->mark);
	free(order->restored);
	free(order);
}

static void forget(struct onpu_order *order)
{
	memset(order->history, 0, order->size * sizeof(*order->history));
	memset(order->restored, 0, order->size);
}

/* A job may read what an earlier one has left. */
static void keep_written(struct onpu_order *order)
{
	for (uint32_t i = 0; i < order->size; i++)
		for (int e = 0; e < ENGINES; e++)
			order->restored[i] |= order->history[i].write[e] != 0;
	memset(order->history, 0, order->size * sizeof(*order->history));
}

void onpu_order_scrub(struct onpu_order *order)
{
	forget(order);
}

void onpu_order_start(struct onpu_order *order)
{
	keep_written(order);
	drop_events(order);
	memset(order->base, 0, sizeof(order->base));
	order->hazard[0] = 0;
	order->failed = false;
}

void onpu_order_resume(struct onpu_order *order, const struct onpu_range *live)
{
	forget(order);
	for (int e = 0; e < ENGINES; e++)
		order->base[e] = (uint32_t)order->of[e].count;
	for (int i = 0; i < ONPU_PREEMPT_RANGES; i++)
		if (live[i].size)
			memset(order->restored + live[i].addr, 1, live[i].size);
}

/* ---- one command ----------------------------------------------------------------- */

static struct event *current(struct onpu_order *order)
{
	struct events *events = &order->of[order->engine];

	return &events->events[events->count - 1];
}

static void raise(uint32_t *value, uint32_t to)
{
	if (*value < to)
		*value = to;
}

/* What completed before the event started had also completed before what waits for it. */
static void learn(struct event *event, const struct event *from)
{
	for (int e = 0; e < ENGINES; e++)
		raise(&event->known[e], from->known[e]);
}

void onpu_order_begin(struct onpu_order *order, uint32_t engine, uint32_t stream_offset,
		      const struct onpu_head *head)
{
	const uint32_t wait[ENGINES] = { head->wait_load, head->wait_compute, head->wait_store };
	struct events *events = &order->of[engine];
	struct event *event;

	order->engine = engine;
	order->low = order->size;
	order->high = 0;
	if (events->count == events->max) {
		size_t max = events->max ? 2 * events->max : 64;
		struct event *more = realloc(events->events, max * sizeof(*more));

		if (!more) {
			order->failed = true;
			return;
		}
		events->events = more;
		events->max = max;
	}
	event = &events->events[events->count++];
	memset(event, 0, sizeof(*event));
	event->stream_offset = stream_offset;
	event->opcode = head->opcode;
	memcpy(event->known, order->base, sizeof(event->known));
	if (events->count > 1)
		learn(event, event - 1);
	for (int e = 0; e < ENGINES; e++) {
		if (!wait[e])
			continue;
		raise(&event->known[e], wait[e]);
		learn(event, &order->of[e].events[wait[e] - 1]);
	}
}

static void mark(struct onpu_order *order, uint32_t addr, uint32_t size, uint8_t what)
{
	for (uint32_t i = addr; i < addr + size; i++)
		order->mark[i] |= what;
	if (size && addr < order->low)
		order->low = addr;
	if (size && addr + size > order->high)
		order->high = addr + size;
}

void onpu_order_read(struct onpu_order *order, uint32_t addr, uint32_t size)
{
	mark(order, addr, size, MARK_READ);
}

void onpu_order_write(struct onpu_order *order, uint32_t addr, uint32_t size)
{
	mark(order, addr, size, MARK_WRITE);
}

void onpu_order_external(struct onpu_order *order, uint32_t va, uint32_t size)
{
	struct event *event;

	if (order->failed)
		return;
	event = current(order);
	if (event->num_external && event->external[event->num_external - 1].to == va) {
		event->external[event->num_external - 1].to += size;
		return;
	}
	if (event->num_external == event->max_external) {
		size_t max = event->max_external ? 2 * event->max_external : 4;
		struct interval *more = realloc(event->external, max * sizeof(*more));

		if (!more) {
			order->failed = true;
			return;
		}
		event->external = more;
		event->max_external = max;
	}
	event->external[event->num_external++] = (struct interval){ va, (uint64_t)va + size };
}

/* ---- hazards ------------------------------------------------------------------------ */

static const char *engine_name(uint32_t engine)
{
	return onpu_isa_name(onpu_isa_engine_names, engine);
}

static void report(struct onpu_order *order, uint32_t other, uint32_t seq, bool writes,
		   bool other_writes, const char *space, uint64_t addr)
{
	const struct event *a = &order->of[other].events[seq - 1], *b = current(order);

	snprintf(order->hazard, sizeof(order->hazard),
		 "%s at 0x%" PRIx32 " (engine %s) %s %s byte 0x%" PRIx64 " that %s at 0x%" PRIx32
		 " (engine %s) %s, and no token orders them",
		 onpu_isa_find(b->opcode)->name, b->stream_offset, engine_name(order->engine),
		 writes ? "writes" : "reads", space, addr, onpu_isa_find(a->opcode)->name,
		 a->stream_offset, engine_name(other), other_writes ? "writes" : "reads");
}

static bool check_byte(struct onpu_order *order, const uint32_t *known, uint32_t addr)
{
	const struct history *h = &order->history[addr];
	bool writes = order->mark[addr] & MARK_WRITE;
	bool written = order->restored[addr];

	for (uint32_t e = 0; e < ENGINES; e++) {
		written |= h->write[e] != 0;
		if (e == order->engine)
			continue;
		if (h->write[e] > known[e]) {
			report(order, e, h->write[e], writes, true, "SRAM", addr);
			return false;
		}
		if (writes && h->read[e] > known[e]) {
			report(order, e, h->read[e], true, false, "SRAM", addr);
			return false;
		}
	}
	if (order->mark[addr] & MARK_READ && !written) {
		snprintf(order->hazard, sizeof(order->hazard),
			 "%s at 0x%" PRIx32 " (engine %s) reads SRAM byte 0x%" PRIx32
			 " that nothing has written",
			 onpu_isa_find(current(order)->opcode)->name,
			 current(order)->stream_offset, engine_name(order->engine), addr);
		return false;
	}
	return true;
}

static bool check_sram(struct onpu_order *order)
{
	const uint32_t *known = current(order)->known;
	uint32_t e = order->engine, seq = (uint32_t)order->of[e].count;
	bool ok = true;

	for (uint32_t i = order->low; i < order->high; i++) {
		uint8_t marks = order->mark[i];

		if (!marks)
			continue;
		if (ok)
			ok = check_byte(order, known, i);
		order->mark[i] = 0;
		if (marks & MARK_READ)
			order->history[i].read[e] = seq;
		if (marks & MARK_WRITE)
			order->history[i].write[e] = seq;
	}
	return ok;
}

static int by_start(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static void sort_external(struct event *event)
{
	size_t n = 0;

	if (!event->num_external)
		return;
	qsort(event->external, event->num_external, sizeof(*event->external), by_start);
	for (size_t i = 1; i < event->num_external; i++) {
		struct interval *last = &event->external[n], *next = &event->external[i];

		if (next->from > last->to)
			event->external[++n] = *next;
		else if (next->to > last->to)
			last->to = next->to;
	}
	event->num_external = n + 1;
}

/* A byte of both, or UINT64_MAX. */
static uint64_t common_byte(const struct event *a, const struct event *b)
{
	size_t i = 0, j = 0;

	while (i < a->num_external && j < b->num_external) {
		const struct interval *x = &a->external[i], *y = &b->external[j];

		if (x->to <= y->from)
			i++;
		else if (y->to <= x->from)
			j++;
		else
			return x->from > y->from ? x->from : y->from;
	}
	return UINT64_MAX;
}

static bool check_external(struct onpu_order *order)
{
	struct event *event = current(order);
	bool writes = order->engine == ONPU_ENGINE_STORE;
	uint32_t other = writes ? ONPU_ENGINE_LOAD : ONPU_ENGINE_STORE;

	sort_external(event);
	if (!event->num_external)
		return true;
	for (size_t i = order->of[other].count; i > event->known[other]; i--) {
		uint64_t byte = common_byte(event, &order->of[other].events[i - 1]);

		if (byte != UINT64_MAX) {
			report(order, other, (uint32_t)i, writes, !writes, "external", byte);
			return false;
		}
	}
	return true;
}

void onpu_order_fail(struct onpu_order *order)
{
	order->failed = true;
}

bool onpu_order_end(struct onpu_order *order)
{
	bool ok;

	if (order->failed) {
		snprintf(order->hazard, sizeof(order->hazard), "out of memory");
		return false;
	}
	ok = check_sram(order);
	return ok && check_external(order);
}

const char *onpu_order_hazard(const struct onpu_order *order)
{
	return order->hazard;
}
