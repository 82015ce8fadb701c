/* SPDX-License-Identifier: MIT */
#include "compile/weights_cover.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

static const enum onpu_block gathers[] = { ONPU_BLOCK_G2, ONPU_BLOCK_G4 };

#define NUM_GATHERS (sizeof(gathers) / sizeof(*gathers))

/* Everything before the node's byte is taken, at this cost, by a last block from `from`. */
struct weight_node {
	struct weight_cost cost;
	uint32_t from;
	struct weight_block block;
};

static bool cheaper(const struct weight_cost *a, const struct weight_cost *b)
{
	return a->cycles != b->cycles ? a->cycles < b->cycles : a->bytes < b->bytes;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* What the decoder takes for a block, by the cycle model. */
static uint32_t decoder_cycles(uint32_t lanes, const struct weight_block *block)
{
	uint32_t step = (lanes + 1) / 2;

	if (block->mode != ONPU_BLOCK_D)
		step += (lanes + 3) / 4;
	if (block->bitmap)
		return 3 + block->steps * (step + (lanes > 16 ? 2 : 1));
	return 1 + block->steps * step;
}

static uint64_t block_cycles(const struct weight_rules *rules, uint32_t lanes,
			     const struct weight_block *block)
{
	uint64_t cycles = most((uint64_t)block->steps * rules->pixels,
			       decoder_cycles(lanes, block));

	if (rules->load_rate)
		cycles = most(cycles, (block->bytes + rules->load_rate - 1) / rules->load_rate);
	return cycles;
}

uint32_t npu_weight_block_bytes(uint32_t v, uint32_t lanes, const struct weight_block *block)
{
	uint32_t slots = block->steps * lanes * v;
	uint32_t count = block->bitmap ? block->occupied : slots;
	uint32_t bytes = block->nibble ? (count + 1) / 2 : count;

	if (block->bitmap)
		bytes += (slots + 7) / 8;
	if (block->mode != ONPU_BLOCK_D)
		bytes += (count + 1) / 2;
	return 4 + ((bytes + 3) & ~3u);
}

/* Chooses the cheaper payload: with or without a bitmap. */
static void choose_form(const struct weight_rules *rules, uint32_t lanes,
			struct weight_block *block)
{
	struct weight_block full = *block;
	struct weight_cost with, without;

	full.bitmap = false;
	full.bytes = npu_weight_block_bytes(rules->v, lanes, &full);
	without = (struct weight_cost){ block_cycles(rules, lanes, &full), full.bytes };
	block->bitmap = true;
	block->bytes = npu_weight_block_bytes(rules->v, lanes, block);
	with = (struct weight_cost){ block_cycles(rules, lanes, block), block->bytes };
	if (!cheaper(&with, &without))
		*block = full;
}

static struct weight_window window_at(const uint64_t *bitmap, uint32_t start, uint32_t bytes)
{
	const uint64_t *word = bitmap + start / 64;
	uint32_t shift = start % 64;
	struct weight_window window = { { word[0], 0 } };

	if (shift)
		window.bits[0] = word[0] >> shift | word[1] << (64 - shift);
	if (bytes < 64)
		window.bits[0] &= ((uint64_t)1 << bytes) - 1;
	else if (bytes > 64)
		window.bits[1] = shift ? word[1] >> shift | word[2] << (64 - shift) : word[1];
	return window;
}

struct weight_window npu_weight_block_window(const struct weight_line *line,
					     const uint64_t *bitmaps, uint32_t lane, uint32_t v,
					     const struct weight_block *block)
{
	struct weight_window window = window_at(bitmaps + (size_t)lane * line->words, block->start,
						weight_window_bytes(v, block->mode));
	uint32_t taken = block->taken;

	if (taken >= 64) {
		window.bits[0] = 0;
		window.bits[1] &= ~(uint64_t)0 << (taken - 64);
	} else {
		window.bits[0] &= ~(uint64_t)0 << taken;
	}
	return window;
}

static void remove_window(uint64_t *bitmap, uint32_t start, const struct weight_window *window)
{
	uint64_t *word = bitmap + start / 64;
	uint32_t shift = start % 64;

	word[0] &= ~(window->bits[0] << shift);
	word[1] &= ~(window->bits[1] << shift);
	if (shift) {
		word[1] &= ~(window->bits[0] >> (64 - shift));
		word[2] &= ~(window->bits[1] >> (64 - shift));
	}
}

/* The first byte from start that is set in any lane; the line's length if there is none. */
static uint32_t next_byte(const struct weight_line *line, const uint64_t *bitmaps, uint32_t start)
{
	for (uint32_t w = start / 64; w * 64 < line->length; w++) {
		uint64_t any = 0;

		for (uint32_t l = 0; l < line->lanes; l++)
			any |= bitmaps[(size_t)l * line->words + w];
		if (w == start / 64)
			any &= ~(uint64_t)0 << (start % 64);
		if (any)
			return w * 64 + (uint32_t)__builtin_ctzll(any);
	}
	return line->length;
}

static bool meets(const struct weight_window *a, const struct weight_window *b)
{
	return ((a->bits[0] & b->bits[0]) | (a->bits[1] & b->bits[1])) != 0;
}

/*
 * Completes a block (start, taken, mode) that takes all that is left in its windows.  False if
 * it cannot, or where mode D is as good.
 */
static bool whole_block(const struct weight_line *line, const struct weight_rules *rules,
			struct weight_block *block)
{
	struct weight_window windows[WEIGHT_MAX_LANES];
	/* Two steps of G2 take no more than two of D; three of G4 take less than four of D. */
	uint32_t limit = (block->mode == ONPU_BLOCK_G4 ? 3 : 1) * rules->v;

	block->steps = 1;
	block->occupied = 0;
	block->place = WEIGHT_NO_PLACE;
	block->nibble = true;
	for (uint32_t l = 0; l < line->lanes; l++) {
		uint32_t count;

		windows[l] = npu_weight_block_window(line, line->occupied, l, rules->v, block);
		count = weight_window_count(&windows[l]);
		if (count > limit)
			return false;
		block->occupied += count;
	}
	if (block->mode != ONPU_BLOCK_D) {
		uint32_t steps = npu_weight_match_steps(rules->v, block->mode, windows,
							line->lanes);

		if (steps > WEIGHT_MAX_STEPS)
			return false;
		block->steps = (uint8_t)steps;
	}
	for (uint32_t l = 0; l < line->lanes && block->nibble; l++) {
		struct weight_window wide;

		wide = npu_weight_block_window(line, line->wide, l, rules->v, block);
		block->nibble = !(wide.bits[0] | wide.bits[1]);
	}
	choose_form(rules, line->lanes, block);
	return true;
}

/* Tries a block from byte `first` whose window begins at start, at or before it. */
static void relax(struct weight_cover *cover, const struct weight_line *line,
		  const struct weight_rules *rules, enum onpu_block mode, uint32_t first,
		  uint32_t start)
{
	struct weight_block block = { .start = start, .taken = first - start,
				      .mode = (uint8_t)mode };
	struct weight_cost cost = cover->nodes[first].cost;
	uint32_t to = start + weight_window_bytes(rules->v, mode);
	struct weight_node *node;

	if (!whole_block(line, rules, &block))
		return;
	cost.cycles += block_cycles(rules, line->lanes, &block);
	cost.bytes += block.bytes;
	to = to < line->length ? next_byte(line, line->occupied, to) : line->length;
	node = &cover->nodes[to];
	if (cheaper(&cost, &node->cost)) {
		node->cost = cost;
		node->from = first;
		node->block = block;
	}
}

static npu_status add_block(struct weight_plan *plan, const struct weight_block *block)
{
	if (plan->count == plan->capacity) {
		size_t capacity = plan->capacity ? 2 * plan->capacity : 64;
		struct weight_block *grown = realloc(plan->blocks, capacity * sizeof(*grown));

		if (!grown)
			return npu_fail(NPU_ERR_NOMEM, "out of memory for weight blocks");
		plan->blocks = grown;
		plan->capacity = capacity;
	}
	plan->blocks[plan->count++] = *block;
	return NPU_OK;
}

static void empty_plan(struct weight_plan *plan)
{
	plan->count = plan->places_size = 0;
	plan->cost = (struct weight_cost){ 0, 0 };
}

/* Blocks whose windows do not overlap: a shortest path over the bytes where one can begin. */
static npu_status cover_whole(struct weight_cover *cover, const struct weight_line *line,
			      const struct weight_rules *rules)
{
	struct weight_plan *plan = &cover->plan;
	uint32_t first = next_byte(line, line->occupied, 0);
	npu_status status;

	empty_plan(plan);
	if (first == line->length)
		return NPU_OK;
	for (uint32_t p = first; p <= line->length; p++)
		cover->nodes[p].cost = (struct weight_cost){ UINT64_MAX, UINT64_MAX };
	cover->nodes[first].cost = (struct weight_cost){ 0, 0 };

	for (uint32_t p = first; p < line->length; p++) {
		if (cover->nodes[p].cost.cycles == UINT64_MAX)
			continue;
		relax(cover, line, rules, ONPU_BLOCK_D, p, p);
		for (size_t m = 0; m < NUM_GATHERS && !rules->dense_only; m++) {
			uint32_t mask = weight_window_bytes(rules->v, gathers[m]) - 1;

			relax(cover, line, rules, gathers[m], p, p);
			/* Another division into cells may fit better. */
			if (p & mask)
				relax(cover, line, rules, gathers[m], p, p & ~mask);
		}
	}

	plan->cost = cover->nodes[line->length].cost;
	for (uint32_t p = line->length; p != first; p = cover->nodes[p].from) {
		status = add_block(plan, &cover->nodes[p].block);
		if (status)
			return status;
	}
	for (size_t a = 0, b = plan->count - 1; a < b; a++, b--) {
		struct weight_block swap = plan->blocks[a];

		plan->blocks[a] = plan->blocks[b];
		plan->blocks[b] = swap;
	}
	return NPU_OK;
}

/* The fewest steps that can take what is left. */
static uint64_t steps_left(const struct weight_line *line, const struct weight_rules *rules,
			   const uint64_t *bitmaps, uint32_t start)
{
	uint32_t high = 0, windows = 0;

	for (uint32_t l = 0; l < line->lanes; l++) {
		const uint64_t *bitmap = bitmaps + (size_t)l * line->words;
		uint32_t count = 0;

		for (uint32_t w = start / 64; w * 64 < line->length; w++)
			count += (uint32_t)__builtin_popcountll(bitmap[w]);
		high = count > high ? count : high;
	}
	while (start < line->length) {
		windows++;
		start += 4 * rules->v;
		if (start < line->length)
			start = next_byte(line, bitmaps, start);
	}
	return most((high + rules->v - 1) / rules->v, windows);
}

/* Appends a step to a plan, in the last block if that is cheaper. */
static npu_status add_step(struct weight_plan *plan, const struct weight_line *line,
			   const struct weight_rules *rules, struct weight_block *step)
{
	choose_form(rules, line->lanes, step);
	if (plan->count) {
		struct weight_block *last = &plan->blocks[plan->count - 1], both = *last;

		both.steps++;
		both.occupied += step->occupied;
		both.nibble = last->nibble && step->nibble;
		choose_form(rules, line->lanes, &both);
		if (both.steps <= WEIGHT_MAX_STEPS && both.start == step->start &&
		    both.bytes <= last->bytes + step->bytes) {
			plan->cost.cycles += block_cycles(rules, line->lanes, &both);
			plan->cost.cycles -= block_cycles(rules, line->lanes, last);
			plan->cost.bytes += both.bytes - last->bytes;
			*last = both;
			return NPU_OK;
		}
	}
	plan->cost.cycles += block_cycles(rules, line->lanes, step);
	plan->cost.bytes += step->bytes;
	return add_block(plan, step);
}

/*
 * Steps whose windows overlap.  Each begins at the first byte that is left and takes from
 * every lane as much as it can, the first bytes first; what it leaves falls to the next.  So lanes
 * with many weights here and few there do not hold up the others at every window's end, and
 * the steps come near to the fullest lane's weights / V.  False in *better where that is no gain.
 */
static npu_status cover_sliding(struct weight_cover *cover, const struct weight_line *line,
				const struct weight_rules *rules, enum onpu_block mode,
				bool *better)
{
	struct weight_plan *plan = &cover->trial;
	uint32_t bytes = weight_window_bytes(rules->v, mode), start = 0;
	size_t step_size = (size_t)line->lanes * rules->v;
	npu_status status;

	*better = false;
	empty_plan(plan);
	memcpy(cover->left, line->occupied,
	       (size_t)line->lanes * line->words * sizeof(*cover->left));
	while ((start = next_byte(line, cover->left, start)) < line->length) {
		struct weight_block step = { .start = start, .mode = (uint8_t)mode, .steps = 1,
					     .nibble = true };

		if (plan->cost.cycles + steps_left(line, rules, cover->left, start) *
		    rules->pixels >= cover->plan.cost.cycles)
			return NPU_OK;
		if (plan->places_capacity - plan->places_size < step_size) {
			size_t capacity = 2 * plan->places_capacity + 16 * step_size;
			uint8_t *grown = realloc(plan->places, capacity);

			if (!grown)
				return npu_fail(NPU_ERR_NOMEM, "out of memory for weight blocks");
			plan->places = grown;
			plan->places_capacity = capacity;
		}
		step.place = (uint32_t)plan->places_size;
		for (uint32_t l = 0; l < line->lanes; l++) {
			uint64_t *left = cover->left + (size_t)l * line->words;
			struct weight_window window, placed, wide;

			window = window_at(left, start, bytes);
			npu_weight_match_lane(rules->v, mode, 1, &window,
					      plan->places + plan->places_size, rules->v, &placed);
			plan->places_size += rules->v;
			remove_window(left, start, &placed);
			step.occupied += weight_window_count(&placed);
			wide = window_at(line->wide + (size_t)l * line->words, start, bytes);
			step.nibble = step.nibble && !meets(&placed, &wide);
		}
		status = add_step(plan, line, rules, &step);
		if (status)
			return status;
	}
	*better = cheaper(&plan->cost, &cover->plan.cost);
	return NPU_OK;
}

npu_status npu_weight_cover_line(struct weight_cover *cover, const struct weight_line *line,
				 const struct weight_rules *rules)
{
	npu_status status = cover_whole(cover, line, rules);
	uint64_t bound;

	if (status || rules->dense_only || !cover->plan.count)
		return status;
	bound = steps_left(line, rules, line->occupied, next_byte(line, line->occupied, 0));
	if (bound * rules->pixels >= cover->plan.cost.cycles)
		return NPU_OK;
	for (size_t m = 0; m < NUM_GATHERS; m++) {
		bool better;

		status = cover_sliding(cover, line, rules, gathers[m], &better);
		if (status)
			return status;
		if (better) {
			struct weight_plan swap = cover->plan;

			cover->plan = cover->trial;
			cover->trial = swap;
		}
	}
	return NPU_OK;
}

npu_status npu_weight_cover_init(struct weight_cover *cover, uint32_t length, uint32_t words)
{
	*cover = (struct weight_cover){ .plan = { .count = 0 } };
	cover->nodes = calloc((size_t)length + 1, sizeof(*cover->nodes));
	cover->left = calloc((size_t)WEIGHT_MAX_LANES * words, sizeof(*cover->left));
	if (cover->nodes && cover->left)
		return NPU_OK;
	npu_weight_cover_clear(cover);
	return npu_fail(NPU_ERR_NOMEM, "out of memory for weight blocks");
}

void npu_weight_cover_clear(struct weight_cover *cover)
{
	free(cover->plan.blocks);
	free(cover->plan.places);
	free(cover->trial.blocks);
	free(cover->trial.places);
	free(cover->nodes);
	free(cover->left);
	*cover = (struct weight_cover){ .plan = { .count = 0 } };
}
