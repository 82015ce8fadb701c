/* SPDX-License-Identifier: MIT */
/*
 * The SRAM's ports that a compute command uses, cycle by cycle: windows and the tables or weights
 * beside them, and the post-processor with its operands and results.  What the windows are is for
 * cost_conv.c and cost_vector.c.
 */
#ifndef ONPU_PORTS_H
#define ONPU_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"

#define ONPU_BANKS 32
/* Queues' vectors: operands and results of onpu_post. */
#define ONPU_OPERANDS 8
#define ONPU_RESULTS 4

/* From when the command is taken to the first cycle here, with what passes behind the last one. */
#define ONPU_PORTS_START 2

/* Two vectors of V bytes need different rows of one bank. */
static inline bool onpu_banks_clash(uint32_t lanes, uint64_t a, uint64_t b)
{
	for (uint64_t i = a / lanes; i <= (a + lanes - 1) / lanes; i++)
		for (uint64_t j = b / lanes; j <= (b + lanes - 1) / lanes; j++)
			if (i != j && i % ONPU_BANKS == j % ONPU_BANKS)
				return true;
	return false;
}

/* A vector's part passes the post-processor's big multiplier so many times. */
static inline uint32_t onpu_post_passes(const struct onpu_post *post)
{
	return (post->round != ONPU_ROUND_N) +
	       (post->op2_op >= ONPU_OP2_ADD && post->op2_op <= ONPU_OP2_MUL) +
	       (post->act == ONPU_ACT_PRELU);
}

/* Sizes of what is walked: by tiles, in them by blocks of channels, in these by pixels. */
struct onpu_area {
	uint32_t h, w, tile_h, tile_w, blocks;
};

struct onpu_walk {
	const struct onpu_area *area;
	const struct onpu_fmap *map;
	uint32_t pixel, stride;		/* bytes and rows from pixel to pixel */
	uint32_t channels;		/* bytes from block to block */
	uint32_t tile_y, tile_x, block, y, x;
	uint32_t addr;
};

struct onpu_walk onpu_walk_begin(const struct onpu_area *area, const struct onpu_fmap *map,
				 uint32_t channels);
/* To the next pixel; true, and to the first one again, behind the last one of a block. */
bool onpu_walk_pixel(struct onpu_walk *walk);
/* To the next block, or the first one of the next tile. */
void onpu_walk_block(struct onpu_walk *walk);
/* A row of the walk's map, from its pixel's on: that pixel's byte there. */
uint32_t onpu_walk_row(const struct onpu_walk *walk, uint32_t row);

struct onpu_window {
	uint32_t lanes, count, left;
	uint32_t vector[4], mask[4];
	uint32_t clash[4];		/* of earlier ones, those that need another row of a bank */
	bool asked;
};

void onpu_window_add(struct onpu_window *window, uint32_t addr);

struct onpu_ports {
	const struct onpu_post *post;
	struct onpu_area area;
	uint32_t lanes, channels;
	bool conv;
	uint64_t now;

	struct onpu_window window;
	/* The decoder's port: banks that it asks for, 0: none. */
	uint32_t dec;

	/* Vectors, or with CONV blocks, that the post-processor can take. */
	uint32_t ready;
	struct onpu_walk enter, op2, out;
	uint64_t to_enter, operands;	/* vectors that have not */
	uint64_t enter_at, operands_at;	/* behind tables of values */
	bool head, two, part, block_end;
	uint32_t phase, last_phase;
	uint64_t pipe, pipe_last;	/* parts by their age, and which are their vectors' last */
	uint32_t operand_age, result_age;
	uint32_t op2_mask, op2_way, op2_count, credit;
	bool has_op2, op2_asked;
	uint32_t result[ONPU_RESULTS], result_at, results, waits;
	bool results_first;
	uint64_t written;
};

/* What happened in a cycle. */
struct onpu_granted {
	bool window, dec;
	bool taken;			/* a vector, or with CONV the last one of a block */
};

/* p->area, lanes, channels and conv are set, all else is 0. */
void onpu_ports_begin(struct onpu_ports *p, const struct onpu_post *post,
		      const struct onpu_fmap *out);
struct onpu_granted onpu_ports_step(struct onpu_ports *p);
uint32_t onpu_ports_banks(const struct onpu_ports *p, uint32_t addr, uint32_t bytes);

#endif
