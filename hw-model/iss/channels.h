/* SPDX-License-Identifier: MIT */
/* Parameters of a command's channels, out of its weight stream. */
#ifndef ONPU_CHANNELS_H
#define ONPU_CHANNELS_H

#include "post.h"
#include "weights.h"

struct onpu_channels {
	int32_t *bias, *mult;
	int8_t *shift;
};

/* 0, or -1 if there is no memory. */
int onpu_channels_init(struct onpu_channels *channels, uint32_t count);
void onpu_channels_set(struct onpu_channels *channels, uint32_t first, uint32_t n,
		       const struct onpu_weight_params *params);
void onpu_channels_free(struct onpu_channels *channels);
struct onpu_post_unit onpu_channels_post(const struct onpu_channels *channels, uint8_t *sram,
					 const struct onpu_fmap *out,
					 const struct onpu_post *post);

#endif
