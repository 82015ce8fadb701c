/* SPDX-License-Identifier: MIT */
/* The post-processor. */
#ifndef ONPU_POST_H
#define ONPU_POST_H

#include "command.h"

struct onpu_post_unit {
	uint8_t *sram;
	const struct onpu_fmap *out;
	const struct onpu_post *post;
	/* With PER_CHANNEL, of each channel of the command. */
	const int32_t *bias, *mult;
	const int8_t *shift;
};

/* Stores channels [first, first + n) of output pixel (y, x). */
void onpu_post_store(const struct onpu_post_unit *unit, uint32_t y, uint32_t x, uint32_t first,
		     uint32_t n, const uint32_t *acc);

#endif
