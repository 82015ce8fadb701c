/* SPDX-License-Identifier: MIT */
/* What ELTWISE, POOL and RESIZE cost: they read, post-process and write a vector at a time. */
#ifndef ONPU_COST_VECTOR_H
#define ONPU_COST_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "preset.h"

#define ONPU_BANKS 32

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

/* Cycles from when the command is taken to its completion. */
uint64_t onpu_cost_vector(const struct onpu_preset *preset, const union onpu_command *command);

#endif
