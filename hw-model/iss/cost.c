// SPDX-License-Identifier: MIT
#include <string.h>

#include "command.h"
#include "cost_conv.h"
#include "cost_vector.h"
#include "ports.h"
#include "timing.h"
#include "weights.h"

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

/* ---- SRAM banks ------------------------------------------------------------------ */

/* Cycles in which the SRAM serves up to four vectors: in order, but for those that clash. */
static uint64_t serve(uint32_t lanes, const uint64_t *at, unsigned int n)
{
	unsigned int left = (1u << n) - 1;
	uint64_t cycles = 0;

	for (; left; cycles++) {
		unsigned int served = 0;

		for (unsigned int k = 0; k < n; k++) {
			bool free = left >> k & 1;

			for (unsigned int j = 0; j < k && free; j++)
				free = !(served >> j & 1) || !onpu_banks_clash(lanes, at[k], at[j]);
			served |= (unsigned int)free << k;
		}
		left &= ~served;
	}
	return cycles;
}

/*
 * Cycles in which vectors at so many distances from places `step` apart are served, on the
 * average, times V: only the place within a vector counts.
 */
static uint64_t serve_all(uint32_t lanes, uint64_t addr, uint64_t step, const uint64_t *distance,
			  unsigned int n)
{
	uint64_t sum = 0, at[4];

	if (step % lanes == 0) {
		for (unsigned int i = 0; i < n; i++)
			at[i] = addr + distance[i];
		return lanes * serve(lanes, at, n);
	}
	for (uint64_t k = 0; k < lanes; k++) {
		for (unsigned int i = 0; i < n; i++)
			at[i] = addr + k * step + distance[i];
		sum += serve(lanes, at, n);
	}
	return sum;
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

/* What one tile does; false: the stream is malformed. */
static bool count_tile(const struct onpu_preset *preset, const struct onpu_cmd_conv *c,
		       const uint8_t *weights, uint64_t pixels, struct onpu_counters *work)
{
	struct onpu_weight_reader reader = { .data = weights, .size = c->weights_size,
					     .lanes = preset->lanes };

	for (uint32_t at = 0; at < c->out_c; at += preset->lanes) {
		uint32_t n = (uint32_t)min_u64(c->out_c - at, preset->lanes);
		bool paired = c->mode & ONPU_CONV_PAIR && n <= preset->lanes / 2;
		uint64_t windows = paired ? div_up(pixels, 2) : pixels;
		struct onpu_weight_params params;
		struct onpu_weight_block block;

		if (!onpu_weights_params(&reader, n, &params))
			return false;
		do {
			if (!onpu_weights_block(&reader, n, &block))
				return false;
			count_block(&block, block.steps * windows, paired, work);
		} while (!block.last);
	}
	work->weight_bytes += reader.pos;
	return true;
}

static void price_conv(const struct onpu_preset *preset, const struct onpu_cmd_conv *c,
		       const uint8_t *weights, struct onpu_cost *cost)
{
	struct onpu_counters *all = &cost->work;
	struct split h[2], w[2];
	int nh = split_axis(c->out_h, c->tile_h, h), nw = split_axis(c->out_w, c->tile_w, w);

	for (int i = 0; i < nh; i++) {
		for (int j = 0; j < nw; j++) {
			struct onpu_counters work = { 0 };

			if (!count_tile(preset, c, weights, (uint64_t)h[i].size * w[j].size, &work))
				return;
			add_work(all, &work, (uint64_t)h[i].count * w[j].count);
		}
	}
	cost->busy = onpu_cost_conv(preset, c, weights, all->steps_d + all->steps_pair +
							all->steps_g2 + all->steps_g4);
}

/* ---- post-processor --------------------------------------------------------------- */

struct passes {
	uint64_t rate;		/* times that a vector's part passes the big multiplier */
	uint64_t delay;		/* from its read to its write */
	uint64_t start;		/* from when a command is taken */
};

static struct passes passes_of(const struct onpu_preset *preset, const struct onpu_post *post)
{
	uint64_t k = onpu_post_passes(post);

	return (struct passes){
		.rate = max_u64(1, k),
		.delay = post->round == ONPU_ROUND_N ? 6 + 13 * k : 13 * k - 1,
		.start = post->act == ONPU_ACT_TABLE ? 256 / preset->lanes + 4 :
			 post->act == ONPU_ACT_PRELU ? 5 : 1,
	};
}

/* Cycles between vectors of n lanes: where V is 8 there are lanes for half of a vector. */
static uint64_t vector_rate(const struct onpu_preset *preset, const struct passes *passes,
			    uint64_t n)
{
	return passes->rate * (preset->lanes <= 8 && n > preset->lanes / 2 ? 2 : 1);
}

/* ---- DWCONV -------------------------------------------------------------------- */

/*
 * Decoder, array and post-processor work at the same time.  All are times, from when the
 * command is taken: of what is due next, and of when places in rings are free again.
 */
struct flow {
	uint64_t decoder;	/* takes its next piece */
	uint64_t array;		/* the last window of the step before was walked to */
	uint64_t post;		/* has taken the last vector of the block before */
	uint64_t slot[4], params[4], bank[2];
	uint32_t steps, blocks;
};

/* When the decoder begins, from when the command is taken. */
#define FLOW_START 5

/* Parameters of an output-channel block of n lanes. */
static void flow_params(struct flow *flow, uint32_t lanes, uint32_t n)
{
	flow->decoder = max_u64(flow->decoder, flow->params[flow->blocks % 4]) +
			(n > lanes / 2 ? 5 : 3);
}

/* The decoder writes a slot for some cycles, with which a step of windows can begin. */
static void flow_step(struct flow *flow, uint64_t cycles, uint64_t windows, bool first)
{
	uint64_t *slot = &flow->slot[flow->steps++ % 4], at;

	flow->decoder = max_u64(flow->decoder, *slot) + cycles;
	at = max_u64(flow->array, flow->decoder + 2) + 1;
	if (first)
		at = max_u64(at, flow->bank[flow->blocks % 2]);
	flow->array = at + windows - 1;
	*slot = at + 5;
}

static void flow_block_end(struct flow *flow, uint64_t pixels, const struct passes *passes,
			   uint64_t rate)
{
	uint64_t ready = flow->array + 7;

	flow->post = max_u64(flow->post + (passes->rate == 1), ready) + pixels * rate;
	flow->bank[flow->blocks % 2] = flow->post + 1;
	flow->params[flow->blocks % 4] = flow->post + 1;
	flow->blocks++;
}

static void flow_shift(struct flow *flow, uint64_t cycles)
{
	flow->decoder += cycles;
	flow->array += cycles;
	flow->post += cycles;
	for (int i = 0; i < 4; i++) {
		flow->slot[i] += cycles;
		flow->params[i] += cycles;
	}
	for (int i = 0; i < 2; i++)
		flow->bank[i] += cycles;
}

/* Windows of one row of a tile for some kernel columns: a pixel reuses its neighbour's. */
static uint64_t row_windows(const struct onpu_cmd_dwconv *c, uint64_t width, uint64_t columns)
{
	if (c->dilation_w > 1 || c->stride_w >= columns)
		return width * columns;
	return columns + (width - 1) * c->stride_w;
}

/* Cycles of a window of so many kernel rows, times V. */
static uint64_t window_cycles(const struct onpu_preset *preset, const struct onpu_cmd_dwconv *c,
			      uint32_t rows)
{
	uint64_t distance[4];

	for (uint32_t i = 0; i < rows; i++)
		distance[i] = (uint64_t)i * c->dilation_h * c->in.row_pitch;
	return serve_all(preset->lanes, c->in.addr, c->in.pix_pitch, distance, rows);
}

static void dwconv_tile(const struct onpu_preset *preset, const struct onpu_cmd_dwconv *c,
			uint32_t h, uint32_t w, const struct passes *passes, struct flow *flow,
			struct onpu_counters *work)
{
	uint32_t lanes = preset->lanes;
	uint32_t group = (uint32_t)max_u64(1, min_u64(4, lanes / c->kernel_w));

	for (uint32_t at = 0; at < c->out_c; at += lanes) {
		uint32_t n = (uint32_t)min_u64(c->out_c - at, lanes);

		flow_params(flow, lanes, n);
		for (uint32_t y = 0; y < c->kernel_h; y += group) {
			uint32_t rows = (uint32_t)min_u64(c->kernel_h - y, group);
			uint64_t each = window_cycles(preset, c, rows);

			for (uint32_t x = 0; x < c->kernel_w; x += lanes) {
				uint64_t columns = min_u64(c->kernel_w - x, lanes);
				uint64_t windows = h * row_windows(c, w, columns);

				flow_step(flow, rows * columns, windows * each / lanes, !y && !x);
				work->steps_depthwise += windows;
			}
		}
		flow_block_end(flow, (uint64_t)h * w, passes, vector_rate(preset, passes, n));
	}
	work->weight_bytes += c->weights_size;
}

/* After so many equal tiles each two, with a bank each, take as long as the two before. */
#define EQUAL_TILES 4

static void price_dwconv(const struct onpu_preset *preset, const struct onpu_cmd_dwconv *c,
			 struct onpu_cost *cost)
{
	struct passes passes = passes_of(preset, &c->post);
	struct flow flow = { .decoder = FLOW_START, .post = passes.start };
	struct split h[2], w[2];
	int nh = split_axis(c->out_h, c->tile_h, h);
	int nw = split_axis(c->out_w, c->tile_w, w);

	for (int i = 0; i < nh; i++) {
		for (int j = 0; j < nw; j++) {
			uint64_t times = (uint64_t)h[i].count * w[j].count, before[2] = { 0 };
			uint64_t n = min_u64(times, EQUAL_TILES);
			struct onpu_counters work = { 0 };

			for (uint64_t k = 0; k < n; k++) {
				before[k % 2] = flow.post;
				memset(&work, 0, sizeof(work));
				dwconv_tile(preset, c, h[i].size, w[j].size, &passes, &flow, &work);
				flow.decoder++;
			}
			flow_shift(&flow, (times - n) * (flow.post - before[n % 2]) / 2);
			add_work(&cost->work, &work, times);
		}
	}
	cost->busy = flow.post + passes.delay;
}

/* ---- vector commands ------------------------------------------------------------- */

/* Sizes are at the same place in every command. */
static void price_vectors(const struct onpu_preset *preset, const union onpu_command *c,
			  struct onpu_cost *cost)
{
	const struct onpu_cmd_eltwise *sizes = &c->eltwise;

	cost->work.steps_vector = (uint64_t)sizes->out_h * sizes->out_w *
				  div_up(sizes->out_c, preset->lanes);
	cost->busy = onpu_cost_vector(preset, c);
}

/* ---- DMA ------------------------------------------------------------------------- */

#define REQUEST_BYTES 512

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
	uint32_t beat = preset->axi_bytes;
	uint64_t size = c->n0;
	uint32_t n1 = c->n1, n2 = c->n2;

	cost->region = c->region;
	cost->offset = c->offset;
	cost->extent = (n1 - 1ull) * c->ext_stride1 + (n2 - 1ull) * c->ext_stride2 + size;
	/* A piece is what a beat and a run in SRAM have in common. */
	cost->pieces = beat_bytes(beat, c->offset, size, n1, c->ext_stride1, n2,
				  c->ext_stride2) / beat;
	if (c->ext_stride1 == size) {
		size *= n1;
		n1 = 1;
	}
	if (n1 == 1 && c->ext_stride2 == size) {
		size *= n2;
		n2 = 1;
	}
	cost->bytes = beat_bytes(beat, c->offset, size, n1, c->ext_stride1, n2, c->ext_stride2);
	if (c->sram_stride1 == c->n0)
		cost->pieces = cost->bytes / beat;
	cost->requests = n1 * (uint64_t)n2 * div_up(size, REQUEST_BYTES);
}

static void price_fill(const struct onpu_preset *preset, const struct onpu_cmd_load *c,
		       struct onpu_cost *cost)
{
	uint64_t size = c->n0, runs = (uint64_t)c->n1 * c->n2;

	if (c->sram_stride1 == size || c->n1 == 1) {
		size *= c->n1;
		runs = c->n2;
		if (c->sram_stride2 == size) {
			size *= runs;
			runs = 1;
		}
	}
	/* Four banks a cycle, from the first vector of the run on. */
	cost->busy = runs * div_up(c->addr % preset->lanes + size, 4ull * preset->lanes) + 1;
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
	default:
		price_fill(preset, c, cost);
		break;
	}
}

/* ---- all --------------------------------------------------------------------------- */

/* Rows of a stride or dilation around the ring are taken off one time around after another. */
static uint64_t rings(const struct onpu_fmap *in, uint32_t stride, uint32_t dilation)
{
	return in->ring ? stride / in->ring + dilation / in->ring : 0;
}

static void price_compute(const struct onpu_preset *preset, const union onpu_command *c,
			  const uint8_t *weights, struct onpu_cost *cost)
{
	cost->engine = ONPU_ENGINE_COMPUTE;
	switch (c->head.opcode) {
	case ONPU_OPCODE_CONV:
		price_conv(preset, &c->conv, weights, cost);
		cost->prepare = rings(&c->conv.in, c->conv.stride_h, 1);
		break;
	case ONPU_OPCODE_DWCONV:
		price_dwconv(preset, &c->dwconv, cost);
		cost->prepare = rings(&c->dwconv.in, c->dwconv.stride_h, c->dwconv.dilation_h);
		break;
	case ONPU_OPCODE_POOL:
		price_vectors(preset, c, cost);
		cost->prepare = rings(&c->pool.in, c->pool.stride_h, 1);
		break;
	case ONPU_OPCODE_RESIZE:
		price_vectors(preset, c, cost);
		cost->prepare = rings(&c->resize.in, 1, 1);
		break;
	default:
		price_vectors(preset, c, cost);
		cost->prepare = rings(&c->eltwise.in, 1, 1);
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
	cost->traced = c.head.flags & ONPU_CMD_PROFILE;
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
