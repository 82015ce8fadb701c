/* SPDX-License-Identifier: MIT */
/* One command, and addresses of what it names. */
#ifndef ONPU_COMMAND_H
#define ONPU_COMMAND_H

#include <stdint.h>

#include "isa/onpu_isa.h"

/* Fields are read in place. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the stream is little-endian");

#define ONPU_MAX_WORDS 41

union onpu_command {
	uint32_t words[ONPU_MAX_WORDS];
	struct onpu_head head;
	struct onpu_cmd_preempt preempt;
	struct onpu_cmd_load load;	/* FILL and STORE too */
	struct onpu_cmd_conv conv;
	struct onpu_cmd_dwconv dwconv;
	struct onpu_cmd_eltwise eltwise;
	struct onpu_cmd_pool pool;
	struct onpu_cmd_resize resize;
};
_Static_assert(sizeof(union onpu_command) == 4 * ONPU_MAX_WORDS, "longest command");

/* Address of pixel 0 of row y of an access, modulo 2^32. */
static inline uint32_t onpu_row_addr(const struct onpu_fmap *map, uint32_t y)
{
	uint32_t row = map->row + y;

	if (map->ring)
		row %= map->ring;
	return map->addr + row * map->row_pitch;
}

/* A byte as the element that it is. */
static inline int32_t onpu_element(uint8_t byte, int is_unsigned)
{
	return is_unsigned ? byte : (int8_t)byte;
}

static inline uint32_t onpu_div_up(uint32_t a, uint32_t b)
{
	return a / b + (a % b != 0);
}

#endif
