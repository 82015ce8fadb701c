// SPDX-License-Identifier: MIT
/* First fit over allocations sorted by address; they are few thousand at most. */
#include "build.h"

#include <stdlib.h>
#include <string.h>

#define ALIGN 64u

struct npu_allocator {
	uint32_t size;
	int phases;
	uint64_t peak;
	struct npu_alloc *allocs;	/* by address */
	size_t count, max;
	bool failed;			/* for lack of memory */
};

/* Gaps between what is live in an interval, from low to high. */
struct walk {
	const struct npu_allocator *allocator;
	struct npu_alloc when;		/* first, last */
	size_t next;
	uint64_t from;		/* aligned end of what is below */
	bool done;
};

struct gap {
	uint64_t from, to;	/* from is aligned */
};

static bool live_at(const struct npu_alloc *a, int phase)
{
	bool from = phase >= a->first, to = phase <= a->last;

	return a->first <= a->last ? from && to : from || to;
}

/* Whether there is a phase in which both are live: then it is the first one of either. */
static bool meet(const struct npu_alloc *a, const struct npu_alloc *b)
{
	return live_at(a, b->first) || live_at(b, a->first);
}

struct npu_allocator *npu_allocator_new(uint32_t size, int phases)
{
	struct npu_allocator *allocator = calloc(1, sizeof(*allocator));

	if (!allocator)
		return NULL;
	allocator->size = size;
	allocator->phases = phases;
	return allocator;
}

void npu_allocator_free(struct npu_allocator *allocator)
{
	if (!allocator)
		return;
	free(allocator->allocs);
	free(allocator);
}

static bool next_gap(struct walk *walk, struct gap *gap)
{
	const struct npu_allocator *a = walk->allocator;

	while (walk->next < a->count) {
		const struct npu_alloc *alloc = &a->allocs[walk->next++];
		uint64_t end = ((uint64_t)alloc->addr + alloc->size + ALIGN - 1) / ALIGN * ALIGN;

		if (!meet(alloc, &walk->when))
			continue;
		*gap = (struct gap){ walk->from, alloc->addr };
		if (walk->from < end)
			walk->from = end;
		if (gap->from < gap->to)
			return true;
	}
	if (walk->done)
		return false;
	walk->done = true;
	*gap = (struct gap){ walk->from, a->size };
	return gap->from < gap->to;
}

/* The index at which something at addr goes. */
static size_t find(const struct npu_allocator *allocator, uint32_t addr)
{
	size_t low = 0, high = allocator->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (allocator->allocs[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void record(struct npu_allocator *allocator, const struct npu_alloc *alloc)
{
	size_t i = find(allocator, alloc->addr);

	memmove(&allocator->allocs[i + 1], &allocator->allocs[i],
		(allocator->count - i) * sizeof(*alloc));
	allocator->allocs[i] = *alloc;
	allocator->count++;
	if (allocator->peak < (uint64_t)alloc->addr + alloc->size)
		allocator->peak = (uint64_t)alloc->addr + alloc->size;
}

static bool make_room(struct npu_allocator *allocator)
{
	size_t max = 2 * allocator->max + 64;
	struct npu_alloc *larger;

	if (allocator->count < allocator->max)
		return true;
	larger = realloc(allocator->allocs, max * sizeof(*larger));
	if (!larger) {
		allocator->failed = true;
		return false;
	}
	allocator->allocs = larger;
	allocator->max = max;
	return true;
}

static bool interval_ok(const struct npu_allocator *allocator, int first, int last)
{
	return first >= 0 && first < allocator->phases && last >= 0 && last < allocator->phases;
}

static bool place(struct npu_allocator *allocator, struct npu_alloc *alloc, bool high)
{
	struct walk walk = { .allocator = allocator, .when = *alloc };
	bool found = false;
	struct gap gap;

	if (!interval_ok(allocator, alloc->first, alloc->last) || !make_room(allocator))
		return false;
	if (!alloc->size) {	/* takes no space: anywhere */
		alloc->addr = 0;
		return true;
	}
	while ((high || !found) && next_gap(&walk, &gap)) {
		if (gap.to - gap.from < alloc->size)
			continue;
		alloc->addr = (uint32_t)(high ? (gap.to - alloc->size) / ALIGN * ALIGN : gap.from);
		found = true;
	}
	if (found)
		record(allocator, alloc);
	return found;
}

bool npu_allocator_place(struct npu_allocator *allocator, struct npu_alloc *alloc)
{
	return place(allocator, alloc, false);
}

bool npu_allocator_place_high(struct npu_allocator *allocator, struct npu_alloc *alloc)
{
	return place(allocator, alloc, true);
}

bool npu_allocator_claim(struct npu_allocator *allocator, const struct npu_alloc *alloc)
{
	struct walk walk = { .allocator = allocator, .when = *alloc };
	struct gap gap;

	if (!interval_ok(allocator, alloc->first, alloc->last) || !make_room(allocator))
		return false;
	while (next_gap(&walk, &gap)) {
		if (alloc->addr < gap.from || alloc->addr + (uint64_t)alloc->size > gap.to)
			continue;
		record(allocator, alloc);
		return true;
	}
	return false;
}

/* The record of an allocation, NULL if there is none. */
static struct npu_alloc *recorded(struct npu_allocator *allocator, const struct npu_alloc *alloc)
{
	size_t i;

	for (i = 0; i < allocator->count; i++) {
		struct npu_alloc *other = &allocator->allocs[i];

		if (other->addr == alloc->addr && other->size == alloc->size &&
		    other->first == alloc->first && other->last == alloc->last)
			return other;
	}
	return NULL;
}

void npu_allocator_remove(struct npu_allocator *allocator, const struct npu_alloc *alloc)
{
	struct npu_alloc *self = recorded(allocator, alloc);
	size_t i;

	if (!self)
		return;
	i = self - allocator->allocs;
	allocator->count--;
	memmove(self, self + 1, (allocator->count - i) * sizeof(*self));
}

bool npu_allocator_extend(struct npu_allocator *allocator, struct npu_alloc *alloc)
{
	struct npu_alloc *self = recorded(allocator, alloc);
	size_t i;

	if (!self || alloc->first <= 0)
		return false;
	for (i = 0; i < allocator->count; i++) {
		const struct npu_alloc *other = &allocator->allocs[i];

		if (other != self && live_at(other, alloc->first - 1) &&
		    other->addr < alloc->addr + alloc->size && alloc->addr < other->addr + other->size)
			return false;
	}
	self->first--;
	alloc->first--;
	return true;
}

bool npu_allocator_failed(const struct npu_allocator *allocator)
{
	return allocator->failed;
}

uint32_t npu_allocator_largest(const struct npu_allocator *allocator, int first, int last)
{
	struct walk walk = { .allocator = allocator, .when = { .first = first, .last = last } };
	uint64_t largest = 0;
	struct gap gap;

	while (next_gap(&walk, &gap))
		if (gap.to - gap.from > largest)
			largest = gap.to - gap.from;
	return (uint32_t)largest;
}

uint32_t npu_allocator_peak(const struct npu_allocator *allocator)
{
	return (uint32_t)allocator->peak;
}
