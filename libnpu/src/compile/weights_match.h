/* SPDX-License-Identifier: MIT */
/*
 * Which slot takes which byte: the bipartite matching behind the gathering modes of
 * the weight stream.
 *
 * Slot t of a lane sees the 16 bytes from 4t of a circle of 4V bytes, so four
 * neighbouring bytes (a cell) are seen by the same four slots.  In mode G2 the window's
 * 2V bytes lie on the circle twice, which makes slots t and t + V/2 equal.  Both modes
 * are therefore circles of "seats", each seat being all slots that are equal times the
 * steps: V seats (G4) or V/2 seats (G2), cell c being seen by seats c - 3 .. c.
 */
#ifndef NPU_COMPILE_WEIGHTS_MATCH_H
#define NPU_COMPILE_WEIGHTS_MATCH_H

#include <stdint.h>

#include "isa/onpu_isa.h"

#define WEIGHT_MAX_LANES 32
#define WEIGHT_MAX_WINDOW (4 * WEIGHT_MAX_LANES)	/* bytes */
#define WEIGHT_MAX_STEPS 3
#define WEIGHT_EMPTY 0xff		/* a slot that is not occupied */

/* A bit for each byte of a window. */
struct weight_window {
	uint64_t bits[WEIGHT_MAX_WINDOW / 64];
};

static inline uint32_t weight_window_bytes(uint32_t v, enum onpu_block mode)
{
	return mode == ONPU_BLOCK_G4 ? 4 * v : mode == ONPU_BLOCK_G2 ? 2 * v : v;
}

static inline uint32_t weight_window_count(const struct weight_window *window)
{
	return (uint32_t)(__builtin_popcountll(window->bits[0]) +
			  __builtin_popcountll(window->bits[1]));
}

/*
 * The fewest steps of the mode (G2 or G4) that take the windows of all lanes, by Hall's
 * theorem; 4 if more than 3 are needed, 0 if the windows are empty.
 */
uint32_t npu_weight_match_steps(uint32_t v, enum onpu_block mode,
				const struct weight_window *windows, uint32_t lanes);

/*
 * Places as many bytes of a lane's window as the steps can take; which bytes, if not all, is
 * decided in favour of the first.  place[step * step_pitch + slot] becomes the byte's
 * index in the window, or WEIGHT_EMPTY; *placed tells what was placed.
 */
void npu_weight_match_lane(uint32_t v, enum onpu_block mode, uint32_t steps,
			   const struct weight_window *window, uint8_t *place,
			   uint32_t step_pitch, struct weight_window *placed);

/* The select with which the slot takes the byte. */
uint32_t npu_weight_match_select(uint32_t v, enum onpu_block mode, uint32_t slot, uint32_t byte);

#endif
