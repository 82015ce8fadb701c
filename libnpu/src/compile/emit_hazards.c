// SPDX-License-Identifier: MIT
/*
 * A write comes after everything that touched its bytes before, so whoever comes after the
 * write comes after that as well.  What a byte must remember is therefore its last write, and
 * the last read by each engine since then.
 */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

struct state {
	uint32_t read[NPU_ENGINES];	/* since the write; 0: none */
	uint32_t write, writer;		/* command and engine; 0: none */
};

/* Ends where the next one starts; the last one never. */
struct npu_hazard_piece {
	uint64_t start;
	struct state state;
};

void npu_hazards_clear(struct npu_hazards *hazards)
{
	free(hazards->pieces);
	free(hazards->spare);
	memset(hazards, 0, sizeof(*hazards));
}

static bool reserve(struct npu_hazard_piece **pieces, size_t *max, size_t count)
{
	struct npu_hazard_piece *larger;

	if (count <= *max)
		return true;
	count += count / 2 + 64;
	larger = realloc(*pieces, count * sizeof(**pieces));
	if (!larger)
		return false;
	*pieces = larger;
	*max = count;
	return true;
}

/* The last piece that starts at or before `at`. */
static size_t find(const struct npu_hazards *hazards, uint64_t at)
{
	size_t low = 0, high = hazards->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (hazards->pieces[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* A command that touches bytes. */
struct touch {
	bool write;
	uint32_t engine, seq;
	uint32_t *wait;
};

static void raise(uint32_t *value, uint32_t to)
{
	if (*value < to)
		*value = to;
}

static struct state touch_state(const struct touch *t, const struct state *before)
{
	struct state after = *before;

	if (before->write && before->writer != t->engine)
		raise(&t->wait[before->writer], before->write);
	if (!t->write) {
		after.read[t->engine] = t->seq;
		return after;
	}
	for (uint32_t e = 0; e < NPU_ENGINES; e++)
		if (e != t->engine)
			raise(&t->wait[e], before->read[e]);
	memset(&after, 0, sizeof(after));
	after.write = t->seq;
	after.writer = t->engine;
	return after;
}

static size_t push(struct npu_hazard_piece *pieces, size_t n, uint64_t start,
		   const struct state *state)
{
	if (n && memcmp(&pieces[n - 1].state, state, sizeof(*state)) == 0)
		return n;
	pieces[n].start = start;
	pieces[n].state = *state;
	return n + 1;
}

/* Makes pieces [low, high) anew in spare; returns how many they are. */
static size_t rebuild(struct npu_hazards *hazards, size_t low, size_t high,
		      const struct npu_ranges *ranges, const struct touch *t)
{
	const struct npu_range *range = ranges->list, *end = range + ranges->count;
	size_t n = 0;

	for (size_t i = low; i < high; i++) {
		const struct npu_hazard_piece *piece = &hazards->pieces[i];
		uint64_t at = piece->start;
		uint64_t to = i + 1 < hazards->count ? piece[1].start : UINT64_MAX;

		while (at < to) {
			uint64_t next = to;

			while (range < end && range->to <= at)
				range++;
			if (range < end && range->from <= at) {
				struct state state = touch_state(t, &piece->state);

				next = range->to < to ? range->to : to;
				n = push(hazards->spare, n, at, &state);
			} else {
				if (range < end && range->from < to)
					next = range->from;
				n = push(hazards->spare, n, at, &piece->state);
			}
			at = next;
		}
	}
	return n;
}

npu_status npu_hazards_touch(struct npu_hazards *hazards, const struct npu_ranges *ranges,
			     bool write, uint32_t engine, uint32_t seq,
			     uint32_t wait[NPU_ENGINES])
{
	struct touch t = { .write = write, .engine = engine, .seq = seq, .wait = wait };
	size_t low, high, n, count;

	if (!ranges->count)
		return NPU_OK;
	if (!reserve(&hazards->pieces, &hazards->max, 1))
		return npu_fail(NPU_ERR_NOMEM, "out of memory for hazards");
	if (!hazards->count) {
		memset(hazards->pieces, 0, sizeof(*hazards->pieces));
		hazards->count = 1;
	}
	low = find(hazards, ranges->list[0].from);
	high = find(hazards, ranges->list[ranges->count - 1].to - 1) + 1;
	/* With their neighbours, so that equal ones join. */
	low -= low > 0;
	high += high < hazards->count;
	count = high - low + 2 * ranges->count;
	if (!reserve(&hazards->spare, &hazards->max_spare, count) ||
	    !reserve(&hazards->pieces, &hazards->max, hazards->count + count))
		return npu_fail(NPU_ERR_NOMEM, "out of memory for hazards");
	n = rebuild(hazards, low, high, ranges, &t);
	memmove(hazards->pieces + low + n, hazards->pieces + high,
		(hazards->count - high) * sizeof(*hazards->pieces));
	memcpy(hazards->pieces + low, hazards->spare, n * sizeof(*hazards->pieces));
	hazards->count += n;
	hazards->count -= high - low;
	return NPU_OK;
}
