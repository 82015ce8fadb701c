/* SPDX-License-Identifier: MIT */
/*
 * Which weight blocks a row of window bytes is made of: the cheapest sequence of
 * windows and modes that takes every weight that is not zero.
 */
#ifndef NPU_COMPILE_WEIGHTS_COVER_H
#define NPU_COMPILE_WEIGHTS_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compile/weights_match.h"
#include "npu.h"

/*
 * The weights of an output-channel block for contiguous bytes of one row of the window.
 * Behind its length a line has room for a window, all zero.
 */
struct weight_line {
	uint32_t lanes;
	uint32_t length;	/* bytes */
	uint32_t pitch;		/* values of a lane */
	uint32_t words;		/* of a lane's bitmaps */
	int16_t *values;	/* [lanes][pitch] */
	uint64_t *occupied;	/* [lanes][words], a bit a byte: not zero */
	uint64_t *wide;		/* [lanes][words]: does not fit a nibble */
};

struct weight_rules {
	uint32_t v;
	uint32_t pixels;	/* cycles of a step */
	uint32_t load_rate;	/* external bytes a cycle, 0: no matter */
	bool dense_only;	/* mode D only */
};

struct weight_block {
	uint32_t start;		/* of the window, in the line */
	uint32_t taken;		/* bytes of the window that earlier blocks took */
	uint32_t bytes;		/* encoded, with its header */
	uint32_t occupied;	/* slots */
	uint32_t place;		/* index of its placement, or WEIGHT_NO_PLACE: all of the window */
	uint8_t mode;
	uint8_t steps;
	bool bitmap;
	bool nibble;
};

#define WEIGHT_NO_PLACE UINT32_MAX

struct weight_cost {
	uint64_t cycles;
	uint64_t bytes;
};

struct weight_plan {
	struct weight_block *blocks;
	size_t count, capacity;
	uint8_t *places;	/* [step][lane][V], as npu_weight_match_lane() makes them */
	size_t places_size, places_capacity;
	struct weight_cost cost;
};

struct weight_node;

struct weight_cover {
	struct weight_plan plan;	/* the result */
	struct weight_plan trial;
	struct weight_node *nodes;
	uint64_t *left;
};

/* Room for lines of up to length bytes.  NPU_ERR_NOMEM. */
npu_status npu_weight_cover_init(struct weight_cover *cover, uint32_t length, uint32_t words);
void npu_weight_cover_clear(struct weight_cover *cover);

/* Leaves the cheapest blocks in cover->plan, none if the line is all zero.  NPU_ERR_NOMEM. */
npu_status npu_weight_cover_line(struct weight_cover *cover, const struct weight_line *line,
				 const struct weight_rules *rules);

/* Bytes of a weight block with its header. */
uint32_t npu_weight_block_bytes(uint32_t v, uint32_t lanes, const struct weight_block *block);

/*
 * Bits of a lane's bitmap (line->occupied or line->wide) in a block's window, without those that
 * earlier blocks took.
 */
struct weight_window npu_weight_block_window(const struct weight_line *line,
					     const uint64_t *bitmaps, uint32_t lane, uint32_t v,
					     const struct weight_block *block);

#endif
