// SPDX-License-Identifier: MIT
/*
 * CONV.  The result does not depend on tiles, so that there are none here: the weight
 * blocks of an output-channel block become dense runs of 16-bit weights, once, and every
 * pixel's window is multiplied with them.
 */
#include <stdlib.h>
#include <string.h>

#include "channels.h"
#include "engines.h"
#include "weights.h"

/* Longest run; what is beyond goes into another. */
#define MAX_RUN 4096
/* Runs are multiplied in steps of this many bytes. */
#define STEP 8
/* Lanes that are multiplied together. */
#define GROUP 4
/* Pixels between reading the weights and post-processing. */
#define PIXELS 64

/* Contiguous window bytes of a pixel, and the weights of every lane for them. */
struct run {
	uint32_t row, offset;
	uint32_t length;	/* multiple of STEP; the rest of the weights is 0 */
	size_t stride;		/* weights of a lane */
	size_t at;		/* first weight, in conv.weights */
	uint32_t first_block, num_blocks;
};

struct conv {
	const struct onpu_cmd_conv *c;
	struct onpu_weight_shape shape;
	struct onpu_weight_reach reach;
	uint32_t mask;			/* SRAM size - 1 */
	int16_t *input;			/* SRAM, widened, and then its start again */
	struct onpu_weight_block *blocks;
	size_t num_blocks, max_blocks;
	struct run *runs;
	size_t num_runs;
	int16_t *weights;
	size_t num_weights, max_weights;
	uint32_t *acc;			/* [PIXELS][lanes] */
};

struct onpu_weight_shape onpu_conv_shape(const struct onpu_preset *preset,
					 const struct onpu_cmd_conv *c)
{
	struct onpu_weight_shape shape = {
		.lanes = preset->lanes, .out_c = c->out_c,
		.is_unsigned = c->mode & ONPU_CONV_WEIGHT_UNSIGNED, .zero = c->weight_zero,
		.pair = c->mode & ONPU_CONV_PAIR,
		.per_channel = c->post.flags & ONPU_POST_PER_CHANNEL,
	};

	return shape;
}

/* ---- input ------------------------------------------------------------------- */

static void widen(const uint8_t *bytes, int16_t *wide, size_t n, bool is_unsigned)
{
	if (is_unsigned)
		for (size_t i = 0; i < n; i++)
			wide[i] = bytes[i];
	else
		for (size_t i = 0; i < n; i++)
			wide[i] = (int8_t)bytes[i];
}

/*
 * The part of SRAM that windows reach, as 16-bit elements; where it wraps around the end,
 * all of it and a copy of the start behind it.
 */
static int widen_input(struct conv *conv, const uint8_t *sram)
{
	const struct onpu_cmd_conv *c = conv->c;
	bool is_unsigned = c->mode & ONPU_CONV_IN_UNSIGNED;
	uint64_t size = (uint64_t)conv->mask + 1;
	uint64_t last_row = c->in.row + (c->out_h - 1ull) * c->stride_h + conv->reach.rows;
	uint64_t from, to;

	if (c->in.ring && last_row >= c->in.ring)
		last_row = c->in.ring - 1;
	from = c->in.addr & conv->mask;
	/* Cannot overflow: rows are below 2^21, pixels below 2^20. */
	to = from + last_row * c->in.row_pitch +
	     (c->out_w - 1ull) * c->stride_w * c->in.pix_pitch + conv->reach.bytes + STEP;
	conv->input = malloc((size + MAX_RUN + STEP) * sizeof(*conv->input));
	if (!conv->input)
		return -1;
	if (to <= size) {
		widen(sram + from, conv->input + from, to - from, is_unsigned);
		return 0;
	}
	widen(sram, conv->input, size, is_unsigned);
	memcpy(conv->input + size, conv->input, (MAX_RUN + STEP) * sizeof(*conv->input));
	return 0;
}

/* ---- weights ------------------------------------------------------------------- */

static int add_block(struct conv *conv, const struct onpu_weight_block *block)
{
	if (conv->num_blocks == conv->max_blocks) {
		size_t max = conv->max_blocks ? 2 * conv->max_blocks : 256;
		struct onpu_weight_block *blocks = realloc(conv->blocks, max * sizeof(*blocks));
		struct run *runs;

		if (!blocks)
			return -1;
		conv->blocks = blocks;
		runs = realloc(conv->runs, max * sizeof(*runs));
		if (!runs)
			return -1;
		conv->runs = runs;
		conv->max_blocks = max;
	}
	conv->blocks[conv->num_blocks++] = *block;
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct onpu_weight_block *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/*
 * Blocks whose windows join exactly make one run.  Overlapping ones do not, so that a
 * weight is the sum of at most a block's slots, and a run's dot product fits 32 bits.
 */
static void join_blocks(struct conv *conv, uint32_t n)
{
	uint32_t rows = (n + GROUP - 1) / GROUP * GROUP;
	struct run *run = NULL;

	conv->num_runs = 0;
	conv->num_weights = 0;
	if (conv->num_blocks)
		qsort(conv->blocks, conv->num_blocks, sizeof(*conv->blocks), by_place);
	for (size_t i = 0; i < conv->num_blocks; i++) {
		const struct onpu_weight_block *b = &conv->blocks[i];

		if (!run || run->row != b->row || run->offset + run->length != b->offset ||
		    run->length + b->window > MAX_RUN) {
			run = &conv->runs[conv->num_runs++];
			*run = (struct run){ .row = b->row, .offset = b->offset,
					     .first_block = (uint32_t)i };
		}
		run->length += b->window;
		run->num_blocks++;
	}
	for (size_t i = 0; i < conv->num_runs; i++) {
		run = &conv->runs[i];
		run->stride = run->length + STEP;
		run->at = conv->num_weights;
		conv->num_weights += run->stride * rows;
	}
}

/* Without bytes at both ends that no lane has a weight for. */
static void trim_run(struct conv *conv, struct run *run, uint32_t n)
{
	const int16_t *weights = conv->weights + run->at;
	uint32_t first = run->length, end = 0;

	for (uint32_t lane = 0; lane < n; lane++, weights += run->stride) {
		uint32_t low = 0, high = run->length;

		while (low < first && !weights[low])
			low++;
		while (high > end && !weights[high - 1])
			high--;
		first = low < first ? low : first;
		end = high > end ? high : end;
	}
	if (first >= end) {
		run->length = 0;
		return;
	}
	run->offset += first;
	run->at += first;
	run->length = (end - first + STEP - 1) / STEP * STEP;
}

static int expand_runs(struct conv *conv, uint32_t n)
{
	if (conv->num_weights > conv->max_weights) {
		free(conv->weights);
		conv->weights = malloc(conv->num_weights * sizeof(*conv->weights));
		if (!conv->weights) {
			conv->max_weights = 0;
			return -1;
		}
		conv->max_weights = conv->num_weights;
	}
	if (conv->num_weights)
		memset(conv->weights, 0, conv->num_weights * sizeof(*conv->weights));
	for (size_t i = 0; i < conv->num_runs; i++) {
		struct run *run = &conv->runs[i];

		for (uint32_t b = 0; b < run->num_blocks; b++) {
			const struct onpu_weight_block *block = &conv->blocks[run->first_block + b];

			onpu_weights_expand(&conv->shape, block, n, conv->weights + run->at +
					    (block->offset - run->offset), run->stride);
		}
		trim_run(conv, run, n);
	}
	return 0;
}

/* The runs of one output-channel block of n lanes. */
static int read_runs(struct conv *conv, struct onpu_weight_reader *reader, uint32_t n)
{
	struct onpu_weight_block block;

	conv->num_blocks = 0;
	do {
		if (!onpu_weights_block(reader, n, &block))
			return -1;
		if (block.mode != ONPU_BLOCK_NONE && add_block(conv, &block))
			return -1;
	} while (!block.last);
	join_blocks(conv, n);
	return expand_runs(conv, n);
}

/* ---- products -------------------------------------------------------------------- */

static void dot_group(const int16_t *x, const int16_t *w, size_t stride, uint32_t length,
		      uint32_t *acc)
{
	const int16_t *w0 = w, *w1 = w + stride, *w2 = w1 + stride, *w3 = w2 + stride;
	int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0;

	for (uint32_t i = 0; i < length; i++) {
		a0 += x[i] * w0[i];
		a1 += x[i] * w1[i];
		a2 += x[i] * w2[i];
		a3 += x[i] * w3[i];
	}
	acc[0] += (uint32_t)a0;
	acc[1] += (uint32_t)a1;
	acc[2] += (uint32_t)a2;
	acc[3] += (uint32_t)a3;
}

/* Pixels [x, x + count) of row y. */
static void multiply(struct conv *conv, uint32_t n, uint32_t y, uint32_t x, uint32_t count)
{
	const struct onpu_cmd_conv *c = conv->c;
	uint32_t lanes = conv->shape.lanes, step = c->stride_w * c->in.pix_pitch;

	memset(conv->acc, 0, count * lanes * sizeof(*conv->acc));
	for (size_t i = 0; i < conv->num_runs; i++) {
		const struct run *run = &conv->runs[i];
		uint32_t addr = onpu_row_addr(&c->in, y * c->stride_h + run->row) + run->offset +
				x * step;
		uint32_t *acc = conv->acc;

		for (uint32_t p = 0; p < count; p++, addr += step, acc += lanes) {
			const int16_t *in = conv->input + (addr & conv->mask);

			for (uint32_t lane = 0; lane < n; lane += GROUP)
				dot_group(in, conv->weights + run->at + lane * run->stride,
					  run->stride, run->length, acc + lane);
		}
	}
}

static void convolve(struct conv *conv, const struct onpu_post_unit *post, uint32_t first,
		     uint32_t n)
{
	const struct onpu_cmd_conv *c = conv->c;

	for (uint32_t y = 0; y < c->out_h; y++) {
		for (uint32_t x = 0; x < c->out_w; x += PIXELS) {
			uint32_t count = c->out_w - x < PIXELS ? c->out_w - x : PIXELS;

			multiply(conv, n, y, x, count);
			for (uint32_t p = 0; p < count; p++)
				onpu_post_store(post, y, x + p, first, n,
						conv->acc + p * conv->shape.lanes);
		}
	}
}

/*
 * An output-channel block is finished before the next one begins, but a command's output
 * may not overlap what it reads: all weights are read from a copy.
 */
static int run_conv(struct conv *conv, uint8_t *sram, const uint8_t *stream,
		    struct onpu_channels *channels)
{
	const struct onpu_cmd_conv *c = conv->c;
	struct onpu_weight_reader reader = { .data = stream, .size = c->weights_size,
					     .lanes = conv->shape.lanes };
	struct onpu_post_unit post = onpu_channels_post(channels, sram, &c->out, &c->post);

	conv->acc = calloc(PIXELS * conv->shape.lanes, sizeof(*conv->acc));
	if (!conv->acc || widen_input(conv, sram))
		return -1;
	for (uint32_t first = 0; first < c->out_c; first += conv->shape.lanes) {
		uint32_t left = c->out_c - first;
		uint32_t n = left < conv->shape.lanes ? left : conv->shape.lanes;
		struct onpu_weight_params params;

		if (!onpu_weights_params(&reader, n, &params))
			return -1;
		onpu_channels_set(channels, first, n, &params);
		if (read_runs(conv, &reader, n))
			return -1;
		convolve(conv, &post, first, n);
	}
	return 0;
}

enum onpu_fault onpu_exec_conv(struct onpu_machine *machine, const struct onpu_cmd_conv *c)
{
	struct conv conv = { .c = c, .shape = onpu_conv_shape(machine->preset, c),
			     .mask = machine->preset->sram_bytes - 1 };
	struct onpu_channels channels = { 0 };
	uint8_t *stream = malloc(c->weights_size + 1u);
	enum onpu_fault fault = ONPU_FAULT_FIRMWARE;

	if (stream && !onpu_channels_init(&channels, c->out_c)) {
		memcpy(stream, machine->sram + c->weights, c->weights_size);
		if (!onpu_weights_check_conv(&conv.shape, stream, c->weights_size, &conv.reach))
			fault = ONPU_FAULT_BAD_WEIGHTS;
		else if (!run_conv(&conv, machine->sram, stream, &channels))
			fault = ONPU_FAULT_NONE;
	}
	onpu_channels_free(&channels);
	free(stream);
	free(conv.input);
	free(conv.blocks);
	free(conv.runs);
	free(conv.weights);
	free(conv.acc);
	return fault;
}
