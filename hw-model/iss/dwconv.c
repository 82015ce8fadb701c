// SPDX-License-Identifier: MIT
/* DWCONV: like CONV, without tiles; all channels of a pixel at once. */
#include <stdlib.h>
#include <string.h>

#include "channels.h"
#include "engines.h"

/* Channels whose sums are held together. */
#define CHUNK 256

struct onpu_weight_shape onpu_dwconv_shape(const struct onpu_preset *preset,
					   const struct onpu_cmd_dwconv *c)
{
	struct onpu_weight_shape shape = {
		.lanes = preset->lanes, .out_c = c->out_c,
		.is_unsigned = c->mode & ONPU_CONV_WEIGHT_UNSIGNED, .zero = c->weight_zero,
		.per_channel = c->post.flags & ONPU_POST_PER_CHANNEL,
	};

	return shape;
}

/* The stream's bytes as weights[tap][channel]. */
static int read_weights(const struct onpu_weight_shape *shape, const uint8_t *stream,
			uint32_t size, uint32_t taps, struct onpu_channels *channels,
			int16_t *weights)
{
	struct onpu_weight_reader reader = { .data = stream, .size = size,
					     .lanes = shape->lanes };

	for (uint32_t first = 0; first < shape->out_c; first += shape->lanes) {
		uint32_t left = shape->out_c - first;
		uint32_t n = left < shape->lanes ? left : shape->lanes;
		struct onpu_weight_params params;
		const uint8_t *bytes = NULL;

		if (onpu_weights_params(&reader, n, &params))
			bytes = onpu_weights_taps(&reader, n, taps);
		if (!bytes)
			return -1;
		onpu_channels_set(channels, first, n, &params);
		for (uint32_t t = 0; t < taps; t++) {
			int16_t *to = weights + (size_t)t * shape->out_c + first;

			for (uint32_t lane = 0; lane < n; lane++, bytes++)
				to[lane] = (int16_t)(onpu_element(*bytes, shape->is_unsigned) -
						     shape->zero);
		}
	}
	return 0;
}

static void multiply_signed(const int8_t *restrict in, const int16_t *restrict w, uint32_t n,
			    uint32_t *restrict acc)
{
	for (uint32_t i = 0; i < n; i++)
		acc[i] += (uint32_t)(in[i] * w[i]);
}

static void multiply_unsigned(const uint8_t *restrict in, const int16_t *restrict w, uint32_t n,
			      uint32_t *restrict acc)
{
	for (uint32_t i = 0; i < n; i++)
		acc[i] += (uint32_t)(in[i] * w[i]);
}

/* Channels [first, first + n) of pixel (y, x). */
static void window(const struct onpu_cmd_dwconv *c, const uint8_t *sram, const int16_t *weights,
		   uint32_t y, uint32_t x, uint32_t first, uint32_t n, uint32_t *acc)
{
	const int16_t *w = weights + first;

	memset(acc, 0, n * sizeof(*acc));
	for (uint32_t i = 0; i < c->kernel_h; i++) {
		const uint8_t *in = sram + onpu_row_addr(&c->in, y * c->stride_h +
							 i * c->dilation_h) +
				    x * c->stride_w * c->in.pix_pitch + first;

		for (uint32_t j = 0; j < c->kernel_w; j++, w += c->out_c) {
			const uint8_t *p = in + j * c->dilation_w * c->in.pix_pitch;

			if (c->mode & ONPU_CONV_IN_UNSIGNED)
				multiply_unsigned(p, w, n, acc);
			else
				multiply_signed((const int8_t *)p, w, n, acc);
		}
	}
}

static void run_dwconv(const struct onpu_cmd_dwconv *c, uint8_t *sram, const int16_t *weights,
		       const struct onpu_post_unit *post)
{
	uint32_t acc[CHUNK];

	for (uint32_t y = 0; y < c->out_h; y++)
		for (uint32_t x = 0; x < c->out_w; x++)
			for (uint32_t first = 0; first < c->out_c; first += CHUNK) {
				uint32_t left = c->out_c - first, n = left < CHUNK ? left : CHUNK;

				window(c, sram, weights, y, x, first, n, acc);
				onpu_post_store(post, y, x, first, n, acc);
			}
}

enum onpu_fault onpu_exec_dwconv(struct onpu_machine *machine, const struct onpu_cmd_dwconv *c)
{
	struct onpu_weight_shape shape = onpu_dwconv_shape(machine->preset, c);
	const uint8_t *stream = machine->sram + c->weights;
	uint32_t taps = (uint32_t)c->kernel_h * c->kernel_w;
	struct onpu_channels channels = { 0 };
	enum onpu_fault fault = ONPU_FAULT_FIRMWARE;
	int16_t *weights;

	if (!onpu_weights_check_dwconv(&shape, stream, c->weights_size, taps))
		return ONPU_FAULT_BAD_WEIGHTS;
	weights = malloc((size_t)taps * c->out_c * sizeof(*weights));
	if (weights && !onpu_channels_init(&channels, c->out_c) &&
	    !read_weights(&shape, stream, c->weights_size, taps, &channels, weights)) {
		struct onpu_post_unit post = onpu_channels_post(&channels, machine->sram, &c->out,
								&c->post);

		run_dwconv(c, machine->sram, weights, &post);
		fault = ONPU_FAULT_NONE;
	}
	onpu_channels_free(&channels);
	free(weights);
	return fault;
}
