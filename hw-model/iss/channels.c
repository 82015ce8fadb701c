// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "channels.h"

int onpu_channels_init(struct onpu_channels *channels, uint32_t count)
{
	channels->bias = calloc(count, sizeof(*channels->bias));
	channels->mult = calloc(count, sizeof(*channels->mult));
	channels->shift = calloc(count, sizeof(*channels->shift));
	return channels->bias && channels->mult && channels->shift ? 0 : -1;
}

void onpu_channels_set(struct onpu_channels *channels, uint32_t first, uint32_t n,
		       const struct onpu_weight_params *params)
{
	memcpy(channels->bias + first, params->bias, 4 * n);
	memcpy(channels->mult + first, params->mult, 4 * n);
	memcpy(channels->shift + first, params->shift, n);
}

void onpu_channels_free(struct onpu_channels *channels)
{
	free(channels->bias);
	free(channels->mult);
	free(channels->shift);
}

struct onpu_post_unit onpu_channels_post(const struct onpu_channels *channels, uint8_t *sram,
					 const struct onpu_fmap *out,
					 const struct onpu_post *post)
{
	struct onpu_post_unit unit = {
		.sram = sram, .out = out, .post = post, .bias = channels->bias,
		.mult = channels->mult, .shift = channels->shift,
	};

	return unit;
}
