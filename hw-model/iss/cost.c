// SPDX-License-Identifier: MIT
#include <string.h>

#include "command.h"
#include "timing.h"
#include "weights.h"

/* From an idle engine to its first step, and from a step's operands to stored bytes. */
#define START 20
#define PIPELINE 16

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t div_up(uint64_t a, uint64_t b)
{
	return (a + b - 1) / b;
}

/* Every counter is a uint64_t. */
static void add_work(struct onpu_counters *to, const struct onpu_counters *work, uint64_t times)
{
	uint64_t *a = (uint64_t *)to;
	const uint64_t *b = (const uint64_t *)work;

	for (size_t i = 0; i < sizeof(*to) / sizeof(*a); i++)
		a[i] += times * b[i];
}

/* Tiles of one size along one axis. */
struct split {
	uint32_t size, count;
};

/* Whole tiles, then the smaller last one, if any. */
static int split_axis(uint32_t extent, uint32_t tile, struct split split[2])
{
	int n = 0;

	if (extent >= tile)
		split[n++] = (struct split){ tile, extent / tile };
	if (extent % tile)
		split[n++] = (struct split){ extent % tile, 1 };
	return n;
}

/* ---- CONV ---------------------------------------------------------------------- */

static void count_block(const struct onpu_weight_block *block, uint64_t steps, bool paired,
			struct onpu_counters *work)
{
	switch (block->mode) {
	case ONPU_BLOCK_D:
		work->blocks_d++;
		if (paired)
			work->steps_pair += steps;
		else
			work->steps_d += steps;
		break;
	case ONPU_BLOCK_G2:
		work->blocks_g2++;
		work->steps_g2 += steps;
		break;
	case ONPU_BLOCK_G4:
		work->blocks_g4++;
		work->steps_g4 += steps;
		break;
	default:
		work->blocks_none++;
		break;
	}
}

/* One output-channel block of n lanes; false at the stream's end. */
static bool price_channels(struct onpu_weight_reader *reader, uint32_t n, uint32_t pixels,
			   bool pair, struct onpu_counters *work, uint64_t *cycles)
{
	bool paired = pair && n <= reader->lanes / 2;
	uint64_t slots = paired ? div_up(pixels, 2) : pixels, sum = 0;
	uint32_t start = reader->pos;
	struct onpu_weight_params params;
	struct onpu_weight_block block;

	if (!onpu_weights_params(reader, n, &params))
		return false;
	do {
		uint64_t steps, decode;

		if (!onpu_weights_block(reader, n, &block))
			return false;
		steps = block.steps * slots;
		decode = div_up(reader->pos - start, 2 * reader->lanes);
		start = reader->pos;
		sum += max_u64(steps, decode);
		count_block(&block, steps, paired, work);
	} while (!block.last);
	*cycles += max_u64(sum, slots);
	return true;
}

uint64_t onpu_cost_conv_tile(const struct onpu_preset *preset, const uint8_t *weights,
			     uint32_t size, uint32_t out_c, uint32_t pixels, bool pair,
			     struct onpu_counters *work)
{
	struct onpu_weight_reader reader = { .data = weights, .size = size,
					     .lanes = preset->lanes };
	uint64_t cycles = 0;

	for (uint32_t c = 0; c < out_c; c += preset->lanes) {
		uint32_t n = (uint32_t)min_u64(out_c - c, preset->lanes);

		if (!price_channels(&reader, n, pixels, pair, work, &cycles))
			break;
	}
	work->weight_bytes += reader.pos;
	return cycles;
}

static void price_conv(const struct onpu_preset *preset, const struct onpu_cmd_conv *c,
		       const uint8_t *weights, struct onpu_cost *cost)
{
	struct split h[2], w[2];
	int nh = split_axis(c->out_h, c->tile_h, h), nw = split_axis(c->out_w, c->tile_w, w);

	for (int i = 0; i < nh; i++) {
		for (int j = 0; j < nw; j++) {
			uint64_t times = (uint64_t)h[i].count * w[j].count;
			struct onpu_counters work = { 0 };

			cost->busy += times *
				onpu_cost_conv_tile(preset, weights, c->weights_size, c->out_c,
						    h[i].size * w[j].size,
						    c->mode & ONPU_CONV_PAIR, &work);
			add_work(&cost->work, &work, times);
		}
	}
	cost->tail = h[nh - 1].size * w[nw - 1].size + PIPELINE;
}

/* ---- DWCONV -------------------------------------------------------------------- */

/* Array cycles of one row of a tile and one vector of channels. */
static uint64_t depthwise_row(const struct onpu_preset *preset, const struct onpu_cmd_dwconv *c,
			      uint64_t width)
{
	uint64_t rows = max_u64(1, min_u64(4, preset->lanes / c->kernel_w));
	uint64_t passes = div_up(c->kernel_h, rows);
	uint64_t refill = c->kernel_w > c->stride_w ? c->kernel_w - c->stride_w : 0;

	if (c->dilation_w > 1)
		return width * div_up((uint64_t)c->kernel_h * c->kernel_w, 4);
	return passes * (width * min_u64(c->stride_w, c->kernel_w) + refill);
}

static void price_dwconv(const struct onpu_preset *preset, const struct onpu_cmd_dwconv *c,
			 struct onpu_cost *cost)
{
	uint64_t vectors = div_up(c->out_c, preset->lanes);
	uint64_t bytes = min_u64(c->out_c, preset->lanes) *
			 (9 + (uint64_t)c->kernel_h * c->kernel_w);
	uint64_t decode = div_up(bytes, 2 * preset->lanes);
	struct split h[2], w[2];
	int nh = split_axis(c->out_h, c->tile_h, h), nw = split_axis(c->out_w, c->tile_w, w);

	for (int i = 0; i < nh; i++) {
		for (int j = 0; j < nw; j++) {
			uint64_t tiles = (uint64_t)h[i].count * w[j].count;
			uint64_t array = h[i].size * depthwise_row(preset, c, w[j].size);

			cost->busy += tiles * vectors * max_u64(array, decode);
			cost->work.steps_depthwise += tiles * vectors * array;
			cost->work.weight_bytes += tiles * c->weights_size;
		}
	}
	cost->tail = PIPELINE;
}

/* ---- vector commands ------------------------------------------------------------- */

static void price_vectors(const struct onpu_preset *preset, uint64_t h, uint64_t w, uint64_t c,
			  uint64_t cycles_each, struct onpu_cost *cost)
{
	uint64_t vectors = h * w * div_up(c, preset->lanes);

	cost->work.steps_vector = vectors;
	cost->busy += vectors * cycles_each;
	cost->tail = PIPELINE;
}

static void price_resize(const struct onpu_preset *preset, const struct onpu_cmd_resize *c,
			 struct onpu_cost *cost)
{
	/* The rows' table is read once, the columns' for each row. */
	cost->busy += div_up(8ull * c->out_h, preset->lanes) +
		      c->out_h * div_up(8ull * c->out_w, preset->lanes);
	price_vectors(preset, c->out_h, c->out_w, c->out_c, 1, cost);
}

/* ---- DMA ------------------------------------------------------------------------- */

/* Bytes of the beats that runs of size bytes at (offset + k * stride2 + j * stride1) touch. */
static uint64_t beat_bytes(uint32_t beat, uint64_t offset, uint64_t size, uint32_t n1,
			   uint32_t stride1, uint32_t n2, uint32_t stride2)
{
	uint64_t count1[64] = { 0 }, count2[64] = { 0 }, bytes = 0;

	for (uint32_t j = 0; j < n1; j++)
		count1[j * stride1 % beat]++;
	for (uint32_t k = 0; k < n2; k++)
		count2[k * stride2 % beat]++;
	for (uint32_t a = 0; a < beat; a++) {
		for (uint32_t b = 0; b < beat; b++) {
			uint64_t start = (offset + a + b) % beat;

			bytes += count1[a] * count2[b] * div_up(start + size, beat) * beat;
		}
	}
	return bytes;
}

static void price_transfer(const struct onpu_preset *preset, const struct onpu_cmd_load *c,
			   struct onpu_cost *cost)
{
	uint64_t size = c->n0;
	uint32_t n1 = c->n1, n2 = c->n2;

	if (c->ext_stride1 == size) {
		size *= n1;
		n1 = 1;
	}
	if (n1 == 1 && c->ext_stride2 == size) {
		size *= n2;
		n2 = 1;
	}
	cost->bytes = beat_bytes(preset->axi_bytes, c->offset, size, n1, c->ext_stride1, n2,
				 c->ext_stride2);
}

static void price_dma(const struct onpu_preset *preset, const struct onpu_cmd_load *c,
		      struct onpu_cost *cost)
{
	uint64_t total = (uint64_t)c->n0 * c->n1 * c->n2;

	switch (c->head.opcode) {
	case ONPU_OPCODE_LOAD:
		cost->work.read_bytes = total;
		price_transfer(preset, c, cost);
		break;
	case ONPU_OPCODE_STORE:
		cost->work.write_bytes = total;
		price_transfer(preset, c, cost);
		break;
	default:	/* four banks a cycle, one run a cycle */
		cost->busy = c->sram_stride1 == c->n0 ?
			     c->n2 * div_up((uint64_t)c->n0 * c->n1, 4 * preset->lanes) :
			     (uint64_t)c->n1 * c->n2 * div_up(c->n0, 4 * preset->lanes);
		break;
	}
}

/* ---- all --------------------------------------------------------------------------- */

static void price_table(const struct onpu_preset *preset, const struct onpu_post *post,
			struct onpu_cost *cost)
{
	if (post->act == ONPU_ACT_TABLE)
		cost->busy += 256 / preset->lanes;
}

static void price_compute(const struct onpu_preset *preset, const union onpu_command *c,
			  const uint8_t *weights, struct onpu_cost *cost)
{
	cost->engine = ONPU_ENGINE_COMPUTE;
	cost->busy = START;
	switch (c->head.opcode) {
	case ONPU_OPCODE_CONV:
		price_conv(preset, &c->conv, weights, cost);
		price_table(preset, &c->conv.post, cost);
		break;
	case ONPU_OPCODE_DWCONV:
		price_dwconv(preset, &c->dwconv, cost);
		price_table(preset, &c->dwconv.post, cost);
		break;
	case ONPU_OPCODE_ELTWISE:
		price_vectors(preset, c->eltwise.out_h, c->eltwise.out_w, c->eltwise.out_c, 1,
			      cost);
		price_table(preset, &c->eltwise.post, cost);
		break;
	case ONPU_OPCODE_POOL:
		price_vectors(preset, c->pool.out_h, c->pool.out_w, c->pool.out_c,
			      div_up((uint64_t)c->pool.kernel_h * c->pool.kernel_w, 4), cost);
		price_table(preset, &c->pool.post, cost);
		break;
	default:
		price_resize(preset, &c->resize, cost);
		price_table(preset, &c->resize.post, cost);
		break;
	}
	cost->work.compute_cycles = cost->busy;
}

void onpu_cost_command(const struct onpu_preset *preset, const uint32_t *command,
		       const uint8_t *weights, struct onpu_cost *cost)
{
	uint32_t bytes = 4 * (command[0] >> 8 & 0xff);
	union onpu_command c = { { 0 } };

	memset(cost, 0, sizeof(*cost));
	memcpy(&c, command, bytes < sizeof(c) ? bytes : sizeof(c));
	cost->fetch_bytes = bytes;
	cost->work.fetch_bytes = bytes;
	cost->work.commands = 1;
	switch (c.head.opcode) {
	case ONPU_OPCODE_END:
	case ONPU_OPCODE_PREEMPT:
		cost->engine = ONPU_ENGINE_CONTROL;
		break;
	case ONPU_OPCODE_LOAD:
	case ONPU_OPCODE_FILL:
		cost->engine = ONPU_ENGINE_LOAD;
		price_dma(preset, &c.load, cost);
		break;
	case ONPU_OPCODE_STORE:
		cost->engine = ONPU_ENGINE_STORE;
		price_dma(preset, &c.load, cost);
		break;
	default:
		price_compute(preset, &c, weights, cost);
		break;
	}
}
