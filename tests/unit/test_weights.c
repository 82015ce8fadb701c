// SPDX-License-Identifier: MIT
/*
 * The weight encoder against the decoder, and its steps against what matching theory
 * and the design's model of the array allow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compile/weights.h"
#include "compile/weights_match.h"
#include "isa/onpu_isa.h"
#include "iss/weights.h"

#define SEED 20260u

static uint64_t random_state;

static uint32_t random32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)((uint64_t)random32() * n >> 32);
}

static int seed(void **state)
{
	(void)state;
	random_state = SEED * 0x9e3779b97f4a7c15ull;
	print_message("seed %u\n", SEED);
	return 0;
}

static const char *const presets[] = { "nano", "base", "wide" };

static const struct onpu_preset *preset_of(uint32_t v)
{
	const struct onpu_preset *preset = onpu_preset_by_name(v == 8 ? "nano" : v == 16 ? "base" :
							       "wide");

	assert_non_null(preset);
	assert_int_equal(preset->lanes, v);
	return preset;
}

/* ---- the matching, against Kuhn's algorithm on the graph that the manual draws ---- */

struct graph {
	uint32_t v, steps, bytes, slots;
	bool edge[WEIGHT_MAX_WINDOW][WEIGHT_MAX_LANES];	/* byte, slot of a step */
	int owner[WEIGHT_MAX_STEPS * WEIGHT_MAX_LANES];
	bool seen[WEIGHT_MAX_STEPS * WEIGHT_MAX_LANES];
};

static void draw(struct graph *g, uint32_t v, enum onpu_block mode, uint32_t steps)
{
	memset(g, 0, sizeof(*g));
	g->v = v;
	g->steps = steps;
	g->bytes = mode == ONPU_BLOCK_G4 ? 4 * v : 2 * v;
	g->slots = steps * v;
	for (uint32_t t = 0; t < v; t++)
		for (uint32_t select = 0; select < 16; select++)
			g->edge[(4 * t + select) % (4 * v) % g->bytes][t] = true;
	for (uint32_t s = 0; s < g->slots; s++)
		g->owner[s] = -1;
}

static bool augment(struct graph *g, uint32_t byte)
{
	for (uint32_t s = 0; s < g->slots; s++) {
		if (!g->edge[byte][s % g->v] || g->seen[s])
			continue;
		g->seen[s] = true;
		if (g->owner[s] < 0 || augment(g, (uint32_t)g->owner[s])) {
			g->owner[s] = (int)byte;
			return true;
		}
	}
	return false;
}

/* Places bytes in order, each if it can be added to those before it. */
static struct weight_window kuhn(struct graph *g, const struct weight_window *window)
{
	struct weight_window placed = { { 0, 0 } };

	for (uint32_t b = 0; b < g->bytes; b++) {
		memset(g->seen, 0, sizeof(g->seen));
		if (window->bits[b / 64] >> b % 64 & 1 && augment(g, b))
			placed.bits[b / 64] |= (uint64_t)1 << b % 64;
	}
	return placed;
}

/* Random bytes, of an even density or with crowded places. */
static struct weight_window random_window(uint32_t bytes)
{
	struct weight_window window = { { 0, 0 } };
	uint32_t density = below(101), crowd = below(bytes), width = below(24), mixed = below(2);

	for (uint32_t b = 0; b < bytes; b++) {
		bool in = mixed && (b - crowd) % bytes < width;

		if (below(100) < (in ? 90 : density))
			window.bits[b / 64] |= (uint64_t)1 << b % 64;
	}
	return window;
}

static void check_place(const struct graph *g, uint32_t v, enum onpu_block mode,
			const uint8_t *place, const struct weight_window *placed)
{
	struct weight_window found = { { 0, 0 } };

	for (uint32_t s = 0; s < g->slots; s++) {
		uint32_t byte = place[s], t = s % v, select;

		if (byte == WEIGHT_EMPTY)
			continue;
		assert_true(byte < g->bytes);
		assert_false(found.bits[byte / 64] >> byte % 64 & 1);
		found.bits[byte / 64] |= (uint64_t)1 << byte % 64;
		select = npu_weight_match_select(v, mode, t, byte);
		assert_true(select < 16);
		assert_int_equal((4 * t + select) % (4 * v) % g->bytes, byte);
	}
	assert_memory_equal(&found, placed, sizeof(found));
}

static void test_matching(void **state)
{
	static const enum onpu_block modes[] = { ONPU_BLOCK_G2, ONPU_BLOCK_G4 };
	uint32_t partial = 0, whole[WEIGHT_MAX_STEPS + 2] = { 0 };
	static struct graph g;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		uint32_t v = 8u << below(3), least;
		enum onpu_block mode = modes[below(2)];
		struct weight_window window = random_window(weight_window_bytes(v, mode));
		uint32_t count = weight_window_count(&window);

		/* Hall's bound is where Kuhn begins to place all. */
		for (least = count ? 1 : 0; count && least <= WEIGHT_MAX_STEPS; least++) {
			struct weight_window all;

			draw(&g, v, mode, least);
			all = kuhn(&g, &window);
			if (!memcmp(&all, &window, sizeof(all)))
				break;
		}
		assert_int_equal(npu_weight_match_steps(v, mode, &window, 1), least);
		whole[least]++;

		for (uint32_t steps = 1; steps <= WEIGHT_MAX_STEPS; steps++) {
			uint8_t place[WEIGHT_MAX_STEPS * WEIGHT_MAX_LANES];
			struct weight_window expected, placed;

			draw(&g, v, mode, steps);
			expected = kuhn(&g, &window);
			npu_weight_match_lane(v, mode, steps, &window, place, v, &placed);
			assert_memory_equal(&placed, &expected, sizeof(placed));
			check_place(&g, v, mode, place, &placed);
			partial += memcmp(&placed, &window, sizeof(placed)) != 0;
		}
	}
	assert_true(partial > 400);
	for (uint32_t k = 1; k <= WEIGHT_MAX_STEPS + 1; k++)
		assert_true(whole[k] > 100);
}

static void test_matching_lanes(void **state)
{
	(void)state;
	for (int round = 0; round < 500; round++) {
		uint32_t v = 8u << below(3), lanes = 1 + below(v), most = 0;
		enum onpu_block mode = below(2) ? ONPU_BLOCK_G2 : ONPU_BLOCK_G4;
		struct weight_window windows[WEIGHT_MAX_LANES];

		for (uint32_t l = 0; l < lanes; l++) {
			uint32_t steps;

			windows[l] = random_window(weight_window_bytes(v, mode));
			steps = npu_weight_match_steps(v, mode, &windows[l], 1);
			most = steps > most ? steps : most;
		}
		assert_int_equal(npu_weight_match_steps(v, mode, windows, lanes), most);
	}
}

/* ---- jobs ---- */

struct test_job {
	struct npu_weight_job job;
	int16_t *weights;
	struct npu_channel_params *params;
	struct npu_weight_run *runs;
};

/* Weights are to be filled in.  One run for each of rows, of length bytes. */
static struct test_job new_job(uint32_t v, int out_c, int rows, uint32_t length)
{
	struct test_job t;
	size_t per_channel = (size_t)rows * length;

	t.weights = calloc((size_t)out_c * per_channel + 1, sizeof(*t.weights));
	t.params = calloc((size_t)out_c, sizeof(*t.params));
	t.runs = calloc((size_t)rows + 1, sizeof(*t.runs));
	assert_true(t.weights && t.params && t.runs);
	for (int c = 0; c < out_c; c++) {
		t.params[c].bias = (int32_t)random32();
		t.params[c].mult = (int32_t)(random32() >> 1);
		t.params[c].shift = (int8_t)((int)below(62) - 31);
	}
	for (int r = 0; r < rows; r++) {
		t.runs[r].row = (uint8_t)r;
		t.runs[r].length = length;
		t.runs[r].first = (uint32_t)r * length;
	}
	t.job = (struct npu_weight_job){
		.preset = preset_of(v), .out_c = out_c, .weights = t.weights,
		.per_channel = per_channel, .params = t.params, .num_runs = rows, .runs = t.runs,
		.pixels = 256,
	};
	return t;
}

static void free_job(struct test_job *t)
{
	free(t->weights);
	free(t->params);
	free(t->runs);
}

/* A weight that is not zero. */
static int16_t random_weight(const struct npu_weight_job *job, bool narrow)
{
	int value;

	do {
		value = narrow ? (int)below(16) - 8 : (int)below(256) - 128;
		if (job->weight_unsigned && !narrow)
			value = (int)below(256) - job->weight_zero;
		if (job->weight_unsigned && (value + job->weight_zero < 0 ||
					     value + job->weight_zero > 255))
			value = 0;
	} while (!value);
	return (int16_t)value;
}

/* density in percent; narrow: percentage of weights that fit a nibble. */
static void fill(struct test_job *t, uint32_t density, uint32_t narrow)
{
	for (size_t i = 0; i < (size_t)t->job.out_c * t->job.per_channel; i++)
		t->weights[i] = below(100) < density ?
			random_weight(&t->job, below(100) < narrow) : 0;
}

static uint64_t steps_of(const struct npu_weight_stream *stream)
{
	uint64_t steps = 0;

	for (int b = 0; b < stream->num_blocks; b++)
		steps += stream->block_steps[b];
	return steps;
}

/* Headers of a stream, read without the library. */
struct census {
	uint32_t blocks[4], bitmaps, nibbles, bytes, steps;
};

static uint32_t word_at(const uint8_t *data, uint32_t at)
{
	return (uint32_t)data[at] | (uint32_t)data[at + 1] << 8 | (uint32_t)data[at + 2] << 16 |
		(uint32_t)data[at + 3] << 24;
}

static struct census count_blocks(const struct npu_weight_job *job,
				  const struct npu_weight_stream *stream)
{
	uint32_t v = job->preset->lanes;
	struct census census = { .bytes = stream->size };

	for (int b = 0; b < stream->num_blocks; b++) {
		uint32_t n = (uint32_t)job->out_c - (uint32_t)b * v, header;
		uint32_t at = stream->block_offset[b];

		n = n < v ? n : v;
		at += (9 * n + 3) & ~3u;
		do {
			uint32_t mode, slots, count, payload = 0;

			assert_true(at + 4 <= stream->block_offset[b + 1]);
			header = word_at(stream->data, at);
			mode = header >> 24 & 3;
			census.blocks[mode]++;
			at += 4;
			if (mode == 3)
				continue;
			census.steps += (header >> 26 & 3) + 1;
			slots = count = ((header >> 26 & 3) + 1) * n * v;
			if (header >> 28 & 1) {
				payload = (slots + 7) / 8;
				count = 0;
				for (uint32_t i = 0; i < payload; i++)
					count += (uint32_t)__builtin_popcount(stream->data[at + i]);
				census.bitmaps++;
			}
			census.nibbles += header >> 29 & 1;
			payload += header >> 29 & 1 ? (count + 1) / 2 : count;
			payload += mode ? (count + 1) / 2 : 0;
			at += (payload + 3) & ~3u;
		} while (!(header >> 31));
		assert_int_equal(at, stream->block_offset[b + 1]);
	}
	return census;
}

/* Encodes, and requires that decoding gives the same and the headers say the same. */
static struct npu_weight_stream encode(const struct test_job *t)
{
	const struct npu_weight_job *job = &t->job;
	size_t count = (size_t)job->out_c * job->per_channel;
	int16_t *weights = malloc((count + 1) * sizeof(*weights));
	struct npu_channel_params *params = malloc((size_t)job->out_c * sizeof(*params));
	struct npu_weight_stream stream;
	struct census census;

	assert_true(weights && params);
	assert_int_equal(npu_weights_encode(job, &stream), NPU_OK);
	assert_int_equal(stream.size % 4, 0);
	assert_int_equal(stream.num_blocks,
			 ((uint32_t)job->out_c + job->preset->lanes - 1) / job->preset->lanes);
	assert_int_equal(stream.block_offset[0], 0);
	assert_int_equal(stream.block_offset[stream.num_blocks], stream.size);
	if (npu_weights_decode(job, stream.data, stream.size, weights, params))
		fail_msg("%s", npu_error());
	if (count)
		assert_memory_equal(weights, job->weights, count * sizeof(*weights));
	for (int c = 0; c < job->out_c; c++) {
		assert_int_equal(params[c].bias, job->params[c].bias);
		assert_int_equal(params[c].mult, job->params[c].mult);
		assert_int_equal(params[c].shift, job->params[c].shift);
	}
	census = count_blocks(job, &stream);
	assert_int_equal(census.steps, steps_of(&stream));
	free(weights);
	free(params);
	return stream;
}

static uint64_t encoded_steps(const struct test_job *t)
{
	struct npu_weight_stream stream = encode(t);
	uint64_t steps = steps_of(&stream);

	npu_weights_clear(&stream);
	return steps;
}

/* ---- what the design's paper model gives, written from its description ---- */

static bool is_zero(const struct test_job *t, uint32_t channel, uint32_t lanes, uint32_t first,
		    uint32_t count)
{
	for (uint32_t l = 0; l < lanes; l++)
		for (uint32_t i = 0; i < count; i++)
			if (t->weights[(channel + l) * t->job.per_channel + first + i])
				return false;
	return true;
}

static uint32_t paper_dense(const struct test_job *t, uint32_t channel, uint32_t lanes,
			    uint32_t first, uint32_t count)
{
	uint32_t v = t->job.preset->lanes, steps = 0;

	for (uint32_t i = 0; i < count; i += v)
		steps += !is_zero(t, channel, lanes, first + i, count - i < v ? count - i : v);
	return steps;
}

static uint32_t paper_gather(const struct test_job *t, enum onpu_block mode, uint32_t channel,
			     uint32_t lanes, uint32_t first, uint32_t count)
{
	struct weight_window windows[WEIGHT_MAX_LANES] = { { { 0, 0 } } };

	for (uint32_t l = 0; l < lanes; l++)
		for (uint32_t i = 0; i < count; i++)
			if (t->weights[(channel + l) * t->job.per_channel + first + i])
				windows[l].bits[i / 64] |= (uint64_t)1 << i % 64;
	return npu_weight_match_steps(t->job.preset->lanes, mode, windows, lanes);
}

/* Fixed slabs of 4V, halves of 2V and windows of V bytes, whichever is fewest; 4: dense. */
static uint64_t paper_steps(const struct test_job *t)
{
	uint32_t v = t->job.preset->lanes, out_c = (uint32_t)t->job.out_c;
	uint64_t total = 0;

	for (uint32_t c = 0; c < out_c; c += v) {
		uint32_t lanes = out_c - c < v ? out_c - c : v;

		for (int r = 0; r < t->job.num_runs; r++) {
			const struct npu_weight_run *run = &t->runs[r];

			for (uint32_t s = 0; s < run->length; s += 4 * v) {
				uint32_t n = run->length - s < 4 * v ? run->length - s : 4 * v;
				uint32_t first = run->first + s, halves = 0, best, k;

				best = paper_dense(t, c, lanes, first, n);
				k = paper_gather(t, ONPU_BLOCK_G4, c, lanes, first, n);
				best = k < best && k <= 3 ? k : best;
				for (uint32_t h = 0; h < n; h += 2 * v) {
					uint32_t m = n - h < 2 * v ? n - h : 2 * v, d;

					d = paper_dense(t, c, lanes, first + h, m);
					k = paper_gather(t, ONPU_BLOCK_G2, c, lanes, first + h, m);
					halves += k < d ? k : d;
				}
				total += halves < best ? halves : best;
			}
		}
	}
	return total;
}

/* ---- tests of the encoder ---- */

static void test_round_trip(void **state)
{
	uint32_t seen[4] = { 0 }, bitmaps = 0, nibbles = 0;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		static const uint32_t pixels[] = { 1, 2, 9, 49, 196, 256 };
		uint32_t v = 8u << below(3);
		uint32_t length = 1 + below(below(4) ? 100 : 500);
		int out_c = 1 + (int)below(2 * v + 3), rows = 1 + (int)below(3);
		struct test_job t = new_job(v, out_c, rows, length);
		uint32_t density = below(3) ? below(101) : below(2) * 100;
		struct npu_weight_stream stream, dense;
		struct census census;

		t.job.pixels = pixels[below(6)];
		t.job.load_rate = below(3) ? 0 : 8;
		t.job.pair = below(3) == 0;
		t.job.weight_unsigned = below(3) == 0;
		t.job.weight_zero = t.job.weight_unsigned ? (uint8_t)below(256) : 0;
		fill(&t, density, below(3) ? below(101) : 100);

		stream = encode(&t);
		census = count_blocks(&t.job, &stream);
		for (int m = 0; m < 4; m++)
			seen[m] += census.blocks[m];
		bitmaps += census.bitmaps;
		nibbles += census.nibbles;
		t.job.dense = true;
		dense = encode(&t);
		assert_int_equal(steps_of(&dense), (uint64_t)dense.num_blocks *
				 (uint32_t)t.job.num_runs * ((length + v - 1) / v));
		for (int b = 0; b < stream.num_blocks; b++)
			assert_true(t.job.pixels < 9 ||
				    stream.block_steps[b] <= dense.block_steps[b]);
		census = count_blocks(&t.job, &dense);
		assert_int_equal(census.blocks[1] + census.blocks[2] + census.blocks[3] +
				 census.bitmaps + census.nibbles, 0);
		npu_weights_clear(&dense);
		npu_weights_clear(&stream);
		free_job(&t);
	}
	for (int m = 0; m < 4; m++)
		assert_true(seen[m] > 50);
	assert_true(bitmaps > 1000);
	assert_true(nibbles > 1000);
}

/* Where the array is the limit, never more steps than the paper model, and mostly fewer. */
static void test_not_above_paper(void **state)
{
	uint64_t ours = 0, paper = 0;

	(void)state;
	for (int round = 0; round < 500; round++) {
		uint32_t v = 8u << below(3), length = 1 + below(700);
		struct test_job t = new_job(v, 1 + (int)below(2 * v), 1, length);
		uint64_t mine, theirs;

		t.job.pixels = 65536;
		fill(&t, below(101), 0);
		mine = encoded_steps(&t);
		theirs = paper_steps(&t);
		if (mine > theirs)
			fail_msg("round %d: %d steps, paper %d", round, (int)mine, (int)theirs);
		ours += mine;
		paper += theirs;
		free_job(&t);
	}
	print_message("steps %llu, paper model %llu\n", (unsigned long long)ours,
		      (unsigned long long)paper);
	assert_true(ours * 100 < paper * 95);
}

static double gain(uint32_t zeros_percent, uint32_t length, uint32_t v)
{
	struct test_job t = new_job(v, 8 * (int)v, 1, length);
	size_t count = (size_t)t.job.out_c * t.job.per_channel;
	uint64_t dense, sparse;

	/* Exactly so many zeros, as magnitude pruning leaves them. */
	for (size_t i = 0; i < count; i++)
		t.weights[i] = i < count * zeros_percent / 100 ? 0 : random_weight(&t.job, false);
	for (size_t i = count - 1; i > 0; i--) {
		size_t k = below((uint32_t)i + 1);
		int16_t swap = t.weights[i];

		t.weights[i] = t.weights[k];
		t.weights[k] = swap;
	}
	sparse = encoded_steps(&t);
	t.job.dense = true;
	dense = encoded_steps(&t);
	free_job(&t);
	return (double)dense / (double)sparse;
}

static void test_random_sparsity(void **state)
{
	static const struct {
		uint32_t zeros;
		double least;
	} rows[] = {
		{ 0, 1.0 }, { 50, 1.6 }, { 65, 2.05 }, { 70, 2.2 }, { 85, 3.2 }, { 90, 3.8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		double measured = gain(rows[i].zeros, 1024, 16);

		print_message("%u %% zeros: %.2f x\n", rows[i].zeros, measured);
		assert_true(measured >= rows[i].least);
		assert_true(measured <= 4.0);
	}
}

/* keep of every four neighbours are not zero. */
static void check_pattern(uint32_t v, uint32_t keep, uint32_t length)
{
	struct test_job t = new_job(v, 2 * (int)v, 1, length);
	uint32_t windows = length / (4 * v);

	for (size_t i = 0; i < (size_t)t.job.out_c * length; i += 4) {
		uint32_t mask = 0;

		while ((uint32_t)__builtin_popcount(mask) < keep)
			mask |= 1u << below(4);
		for (uint32_t k = 0; k < 4; k++)
			t.weights[i + k] = mask >> k & 1 ? random_weight(&t.job, false) : 0;
	}
	assert_int_equal(encoded_steps(&t), 2 * keep * windows);
	free_job(&t);
}

static void test_structured_sparsity(void **state)
{
	(void)state;
	for (uint32_t v = 8; v <= 32; v *= 2) {
		for (uint32_t windows = 1; windows <= 9; windows++) {
			check_pattern(v, 1, 4 * v * windows);
			check_pattern(v, 2, 4 * v * windows);
		}
	}
}

static void test_zero_blocks(void **state)
{
	(void)state;
	for (size_t p = 0; p < sizeof(presets) / sizeof(*presets); p++) {
		uint32_t v = onpu_preset_by_name(presets[p])->lanes;
		struct test_job t = new_job(v, 3 * (int)v, 2, 300);
		struct npu_weight_stream stream = encode(&t);
		struct census census = count_blocks(&t.job, &stream);

		/* Nothing but parameters and one header a block. */
		assert_int_equal(steps_of(&stream), 0);
		assert_int_equal(census.blocks[ONPU_BLOCK_NONE], 3);
		assert_int_equal(stream.size, 3 * (9 * v + 4));
		npu_weights_clear(&stream);

		/* One dense window anywhere, at any byte, is one step. */
		for (uint32_t at = 0; at + v <= 300; at += 7) {
			memset(t.weights, 0, 3 * v * t.job.per_channel * sizeof(*t.weights));
			for (uint32_t l = 0; l < v; l++)
				for (uint32_t i = 0; i < v; i++)
					t.weights[(v + l) * t.job.per_channel + at + i] = 100;
			stream = encode(&t);
			assert_int_equal(steps_of(&stream), 1);
			assert_int_equal(stream.block_steps[1], 1);
			npu_weights_clear(&stream);
		}
		free_job(&t);
	}
}

/*
 * Cycles of a stream that is there in time, by docs/cycle-model.md: a block takes what the array or what the
 * decoder takes, whichever is more.
 */
static uint64_t cycles_of(const struct test_job *t, const struct npu_weight_stream *stream)
{
	struct onpu_weight_reader reader = { .data = stream->data, .size = stream->size,
					     .lanes = t->job.preset->lanes };
	uint64_t cycles = 0;

	for (uint32_t at = 0, n; at < (uint32_t)t->job.out_c; at += n) {
		struct onpu_weight_params params;
		struct onpu_weight_block block = { .last = false };

		n = (uint32_t)t->job.out_c - at < reader.lanes ? (uint32_t)t->job.out_c - at : reader.lanes;
		assert_true(onpu_weights_params(&reader, n, &params));
		while (!block.last) {
			uint64_t array, decoder = 1;

			assert_true(onpu_weights_block(&reader, n, &block));
			array = block.mode == ONPU_BLOCK_NONE ? 0 : block.steps * t->job.pixels;
			if (block.bitmap)
				decoder += 2 + block.steps * (n > 16 ? 2 : 1);
			if (block.mode != ONPU_BLOCK_NONE)
				decoder += block.steps * ((n + 1) / 2);
			if (block.mode == ONPU_BLOCK_G2 || block.mode == ONPU_BLOCK_G4)
				decoder += block.steps * ((n + 3) / 4);
			cycles += array > decoder ? array : decoder;
		}
	}
	return cycles;
}

/* Layers of a few pixels wait for the decoder: zeros must not make it slower than dense windows do. */
static void test_few_pixels(void **state)
{
	uint64_t sparse = 0, dense = 0;

	(void)state;
	for (int round = 0; round < 400; round++) {
		uint32_t v = 8u << below(3), length = 1 + below(400), density = below(101);
		struct test_job t = new_job(v, 1 + (int)below(2 * v), 1, length);
		struct npu_weight_stream few, all;
		uint64_t fewer, most;

		t.job.pixels = 1 + below(16);
		t.job.load_rate = 0;
		fill(&t, density, below(2) * 100);
		few = encode(&t);
		t.job.dense = true;
		all = encode(&t);
		fewer = cycles_of(&t, &few);
		most = cycles_of(&t, &all);
		assert_true(fewer <= most);
		sparse += fewer;
		dense += most;
		npu_weights_clear(&few);
		npu_weights_clear(&all);
		free_job(&t);
	}
	assert_true(sparse * 4 < dense * 3);
}

/* Where bytes are what counts, never more of them than dense windows take. */
static void test_sizes(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		uint32_t v = 8u << below(3), length = 1 + below(400), density = below(101);
		struct test_job t = new_job(v, 1 + (int)below(2 * v), 1, length);
		struct npu_weight_stream one, many, dense;
		uint32_t blocks, slack;

		t.job.pixels = 1;
		t.job.load_rate = 1;
		t.job.weight_unsigned = below(2);
		t.job.weight_zero = t.job.weight_unsigned ? 120 : 0;
		fill(&t, density, below(2) * 100);
		one = encode(&t);
		t.job.pixels = 256;
		t.job.load_rate = 0;
		many = encode(&t);
		t.job.dense = true;
		dense = encode(&t);
		assert_true(one.size <= dense.size);
		/* A select for each weight at most, and headers. */
		blocks = (uint32_t)dense.num_blocks * ((length + v - 1) / v);
		slack = 12 * blocks;
		assert_true(many.size <= dense.size + dense.size / 2 + slack);
		npu_weights_clear(&one);
		npu_weights_clear(&many);
		npu_weights_clear(&dense);
		free_job(&t);
	}
}

/* Written out by hand from the manual: 8 lanes a block, so 8 channels and the ninth alone. */
static void test_layout(void **state)
{
	struct test_job t = new_job(8, 1, 1, 8);
	static const uint8_t wide[] = {
		0x04, 0x03, 0x02, 0x01, 0x00, 0x00, 0x00, 0x40, 0xfb, 0, 0, 0,
		0x00, 0x00, 0x00, 0x80, 100, 0x9c, 1, 2, 3, 4, 5, 6,
	};
	static const uint8_t narrow[] = {
		0x04, 0x03, 0x02, 0x01, 0x00, 0x00, 0x00, 0x40, 0xfb, 0, 0, 0,
		0x00, 0x00, 0x00, 0xa0, 0x87, 0x21, 0x43, 0x65,
	};
	static const uint8_t with_zero[] = {
		0x04, 0x03, 0x02, 0x01, 0x00, 0x00, 0x00, 0x40, 0xfb, 0, 0, 0,
		0x00, 0x00, 0x00, 0x80, 228, 0, 128, 130, 131, 132, 133, 134,
	};
	static const uint8_t none[] = {
		0x04, 0x03, 0x02, 0x01, 0x00, 0x00, 0x00, 0x40, 0xfb, 0, 0, 0,
		0x00, 0x00, 0x00, 0x83,
	};
	static const uint8_t bitmap[] = {
		0x04, 0x03, 0x02, 0x01, 0x00, 0x00, 0x00, 0x40, 0xfb, 0, 0, 0,
		0x01, 0x00, 0x00, 0x90, 0x41, 99, 0x9d, 0,
	};
	struct npu_weight_stream stream;

	(void)state;
	t.params[0] = (struct npu_channel_params){ 0x01020304, 0x40000000, -5 };
	memcpy(t.weights, (int16_t[]){ 100, -100, 1, 2, 3, 4, 5, 6 }, 16);
	stream = encode(&t);
	assert_int_equal(stream.size, sizeof(wide));
	assert_memory_equal(stream.data, wide, sizeof(wide));
	npu_weights_clear(&stream);

	memcpy(t.weights, (int16_t[]){ 7, -8, 1, 2, 3, 4, 5, 6 }, 16);
	stream = encode(&t);
	assert_int_equal(stream.size, sizeof(narrow));
	assert_memory_equal(stream.data, narrow, sizeof(narrow));
	npu_weights_clear(&stream);

	t.job.weight_unsigned = true;
	t.job.weight_zero = 128;
	memcpy(t.weights, (int16_t[]){ 100, -128, 0, 2, 3, 4, 5, 6 }, 16);
	stream = encode(&t);
	assert_int_equal(stream.size, sizeof(with_zero));
	assert_memory_equal(stream.data, with_zero, sizeof(with_zero));
	npu_weights_clear(&stream);
	t.job.weight_unsigned = false;
	t.job.weight_zero = 0;

	memset(t.weights, 0, 16);
	stream = encode(&t);
	assert_int_equal(stream.size, sizeof(none));
	assert_memory_equal(stream.data, none, sizeof(none));
	npu_weights_clear(&stream);

	/* The window begins at the first weight. */
	memcpy(t.weights, (int16_t[]){ 0, 99, 0, 0, 0, 0, 0, -99 }, 16);
	stream = encode(&t);
	assert_int_equal(stream.size, sizeof(bitmap));
	assert_memory_equal(stream.data, bitmap, sizeof(bitmap));
	npu_weights_clear(&stream);
	free_job(&t);
}

/* A gathering stream by hand: slot, select and step, in both modes. */
static void test_decode_gather(void **state)
{
	struct test_job t = new_job(8, 1, 1, 32);
	uint8_t data[12 + 4 + 4 + 4] = { 0 };
	struct npu_channel_params params;
	int16_t weights[32];

	(void)state;
	/* G4, 2 steps, bitmap: step 0 slots 0 and 7, step 1 slot 3. */
	data[15] = 0x80 | 0x10 | 1 << 2 | 2;
	data[16] = 0x81;
	data[17] = 0x08;
	data[18] = 50;
	data[19] = 0xce;
	data[20] = 7;
	data[21] = 0xaf;
	data[22] = 0x01;
	assert_int_equal(npu_weights_decode(&t.job, data, sizeof(data), weights, &params), NPU_OK);
	for (int i = 0; i < 32; i++)
		assert_int_equal(weights[i], i == 15 ? 50 : i == (28 + 10) % 32 ? -50 :
				 i == 13 ? 7 : 0);
	/* The same in G2: bytes modulo 16. */
	data[15] = 0x80 | 0x10 | 1 << 2 | 1;
	assert_int_equal(npu_weights_decode(&t.job, data, sizeof(data), weights, &params), NPU_OK);
	for (int i = 0; i < 32; i++)
		assert_int_equal(weights[i], i == 15 ? 50 : i == (28 + 10) % 16 ? -50 :
				 i == 13 ? 7 : 0);
	free_job(&t);
}

/* Taps of dilated kernels and of groups: runs apart from each other in one row. */
static void test_runs_in_a_row(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		uint32_t v = 8u << below(3), length = 1 + below(20), gap = below(40);
		int taps = 1 + (int)below(5), rows = 1 + (int)below(3);
		struct test_job t = new_job(v, 1 + (int)below(v), rows * taps, length);
		uint64_t steps, apart;

		for (int i = 0; i < rows * taps; i++) {
			/* Not in order. */
			int k = rows * taps - 1 - i;

			t.runs[i].row = (uint8_t)(k / taps * 3);
			t.runs[i].offset = (uint16_t)(5 + (uint32_t)(k % taps) * (length + gap));
		}
		fill(&t, 1 + below(100), 0);
		steps = encoded_steps(&t);
		t.job.dense = true;
		apart = encoded_steps(&t);
		assert_int_equal(apart, (uint32_t)(rows * taps) * ((length + v - 1) / v));
		assert_true(steps <= apart);
		free_job(&t);
	}
	/* Five taps of three channels, dilation 2, are 15 of 27 bytes: one step, not five. */
	struct test_job t = new_job(16, 16, 5, 3);

	for (int i = 0; i < 5; i++) {
		t.runs[i].row = 0;
		t.runs[i].offset = (uint16_t)(i * 6);
	}
	fill(&t, 100, 0);
	assert_int_equal(encoded_steps(&t), 1);
	free_job(&t);
}

static void test_pairs(void **state)
{
	(void)state;
	for (int round = 0; round < 100; round++) {
		uint32_t v = 8u << below(3), tail = 1 + below(v - 1), n = v + tail;
		struct test_job t = new_job(v, (int)n, 1, 8 * v);
		struct npu_weight_stream stream, single;

		fill(&t, 15, 0);
		single = encode(&t);
		t.job.pair = true;
		/* The decoder refuses a block for pairs that gathers. */
		stream = encode(&t);
		assert_int_equal(stream.block_steps[0], single.block_steps[0]);
		if (tail > v / 2)
			assert_int_equal(stream.block_steps[1], single.block_steps[1]);
		else
			assert_true(stream.block_steps[1] >= single.block_steps[1]);
		npu_weights_clear(&stream);
		npu_weights_clear(&single);
		free_job(&t);
	}
}

static void test_depthwise(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		uint32_t v = 8u << below(3);
		int taps = 1 + (int)below(25), out_c = 1 + (int)below(3 * v);
		struct test_job t = new_job(v, out_c, taps, 1);
		size_t count = (size_t)taps * (size_t)out_c;
		int16_t *weights = calloc(count, sizeof(*weights));
		struct npu_channel_params *params = calloc((size_t)out_c, sizeof(*params));
		struct npu_weight_stream stream;
		uint32_t expected = 0;

		assert_true(weights && params);
		t.job.weight_unsigned = below(2);
		t.job.weight_zero = t.job.weight_unsigned ? (uint8_t)below(256) : 0;
		fill(&t, 80, 0);
		assert_int_equal(npu_weights_encode_depthwise(&t.job, taps, &stream), NPU_OK);
		for (int b = 0; b < stream.num_blocks; b++) {
			uint32_t n = (uint32_t)out_c - (uint32_t)b * v;

			n = n < v ? n : v;
			assert_int_equal(stream.block_offset[b], expected);
			expected += ((9 * n + 3) & ~3u) + (((uint32_t)taps * n + 3) & ~3u);
		}
		assert_int_equal(stream.size, expected);
		/* Row, column, lane. */
		assert_int_equal(stream.data[(9 * (v < (uint32_t)out_c ? v : (uint32_t)out_c) + 3) &
					     ~3u],
				 (uint8_t)(t.weights[0] + t.job.weight_zero));
		assert_int_equal(npu_weights_decode_depthwise(&t.job, taps, stream.data,
							      stream.size, weights, params),
				 NPU_OK);
		assert_memory_equal(weights, t.weights, count * sizeof(*weights));
		for (int c = 0; c < out_c; c++)
			assert_int_equal(params[c].shift, t.params[c].shift);
		assert_int_equal(npu_weights_decode_depthwise(&t.job, taps, stream.data,
							      stream.size - 4, weights, params),
				 NPU_ERR_FORMAT);
		npu_weights_clear(&stream);
		free(weights);
		free(params);
		free_job(&t);
	}
}

static void test_limits(void **state)
{
	struct test_job t = new_job(16, 3, 1, 100);
	struct npu_weight_stream stream;

	(void)state;
	fill(&t, 50, 0);
	t.runs[0].offset = 65535 - 98;
	assert_int_equal(npu_weights_encode(&t.job, &stream), NPU_ERR_LIMIT);
	assert_non_null(strstr(npu_error(), "65536"));
	assert_null(stream.data);
	t.runs[0].offset = 65535 - 99;
	t.weights[99] = 1;
	stream = encode(&t);
	npu_weights_clear(&stream);
	t.runs[0].offset = 0;

	t.weights[42] = 128;
	assert_int_equal(npu_weights_encode(&t.job, &stream), NPU_ERR_LIMIT);
	assert_non_null(strstr(npu_error(), "128"));
	t.job.weight_unsigned = true;
	t.job.weight_zero = 127;
	for (int i = 0; i < 300; i++)
		t.weights[i] = t.weights[i] < -127 ? -127 : t.weights[i];
	stream = encode(&t);
	npu_weights_clear(&stream);
	t.weights[42] = -128;
	assert_int_equal(npu_weights_encode(&t.job, &stream), NPU_ERR_LIMIT);
	assert_int_equal(npu_weights_encode_depthwise(&t.job, 100, &stream), NPU_ERR_LIMIT);
	t.weights[42] = 0;

	/* No window at all. */
	t.job.num_runs = 0;
	t.job.per_channel = 0;
	stream = encode(&t);
	assert_int_equal(steps_of(&stream), 0);
	npu_weights_clear(&stream);
	free_job(&t);
}

/* Streams that were cut or damaged: an error or other weights, and nothing worse. */
static void test_malformed(void **state)
{
	uint32_t refused = 0, accepted = 0;

	(void)state;
	for (int round = 0; round < 40; round++) {
		uint32_t v = 8u << below(3);
		struct test_job t = new_job(v, 1 + (int)below(v + 4), 2, 70);
		size_t count = (size_t)t.job.out_c * t.job.per_channel;
		int16_t *weights = malloc(count * sizeof(*weights));
		struct npu_channel_params *params = malloc((size_t)t.job.out_c * sizeof(*params));
		struct npu_weight_stream stream;

		assert_true(weights && params);
		t.job.pair = below(2);
		fill(&t, 5 + below(90), round % 2 * 100);
		stream = encode(&t);
		for (uint32_t size = 0; size < stream.size; size += 1 + below(7)) {
			/* Exactly so large, for the sanitizer to see a read behind it. */
			uint8_t *cut = malloc(size + !size);

			assert_non_null(cut);
			memcpy(cut, stream.data, size);
			assert_int_equal(npu_weights_decode(&t.job, cut, size, weights, params),
					 NPU_ERR_FORMAT);
			free(cut);
		}
		for (int k = 0; k < 300; k++) {
			uint32_t bit = below(8 * stream.size);
			npu_status status;

			stream.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			status = npu_weights_decode(&t.job, stream.data, stream.size, weights,
						    params);
			assert_true(status == NPU_OK || status == NPU_ERR_FORMAT);
			refused += status != NPU_OK;
			accepted += status == NPU_OK;
			stream.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		npu_weights_clear(&stream);
		free(weights);
		free(params);
		free_job(&t);
	}
	assert_true(refused > 500);
	assert_true(accepted > 500);
}

static void check_refused(const struct test_job *t, const uint8_t *data, uint32_t size,
			  const char *why)
{
	struct npu_channel_params params;
	int16_t weights[32];

	assert_int_equal(npu_weights_decode(&t->job, data, size, weights, &params), NPU_ERR_FORMAT);
	if (!strstr(npu_error(), why))
		fail_msg("\"%s\" does not say \"%s\"", npu_error(), why);
}

static void test_malformed_headers(void **state)
{
	struct test_job t = new_job(8, 1, 1, 32);
	uint8_t data[64] = { 0 };

	(void)state;
	data[15] = 0x80 | 0x40;
	check_refused(&t, data, 24, "reserved");
	data[15] = 0x80 | 1 << 2;
	check_refused(&t, data, 32, "steps");
	data[15] = 0x80 | 3 << 2 | 2;
	check_refused(&t, data, 64, "steps");
	data[15] = 3;
	check_refused(&t, data, 24, "alone");
	data[15] = 0x83;
	check_refused(&t, data, 20, "too many");
	data[15] = 0;
	data[24] = 0;
	data[27] = 0x83;
	check_refused(&t, data, 28, "alone");
	data[27] = 0;
	/* A weight for a byte behind the run, and in a row that there is not. */
	data[15] = 0x80;
	data[12] = 31;
	data[16] = data[17] = 1;
	check_refused(&t, data, 24, "outside");
	data[12] = 0;
	data[14] = 1;
	check_refused(&t, data, 24, "outside");
	data[14] = 0;
	/* Padding of the parameters. */
	data[9] = 1;
	check_refused(&t, data, 24, "padding");
	data[9] = 0;
	t.job.pair = true;
	data[15] = 0x81;
	check_refused(&t, data, 28, "pairs");
	free_job(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_matching, seed),
		cmocka_unit_test_setup(test_matching_lanes, seed),
		cmocka_unit_test_setup(test_layout, seed),
		cmocka_unit_test_setup(test_decode_gather, seed),
		cmocka_unit_test_setup(test_round_trip, seed),
		cmocka_unit_test_setup(test_not_above_paper, seed),
		cmocka_unit_test_setup(test_random_sparsity, seed),
		cmocka_unit_test_setup(test_structured_sparsity, seed),
		cmocka_unit_test_setup(test_zero_blocks, seed),
		cmocka_unit_test_setup(test_few_pixels, seed),
		cmocka_unit_test_setup(test_sizes, seed),
		cmocka_unit_test_setup(test_runs_in_a_row, seed),
		cmocka_unit_test_setup(test_pairs, seed),
		cmocka_unit_test_setup(test_depthwise, seed),
		cmocka_unit_test_setup(test_limits, seed),
		cmocka_unit_test_setup(test_malformed, seed),
		cmocka_unit_test_setup(test_malformed_headers, seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
