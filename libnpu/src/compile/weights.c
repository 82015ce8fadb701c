/* SPDX-License-Identifier: MIT */
#include "compile/weights.h"

#include <stdlib.h>
#include <string.h>

#include "compile/weights_cover.h"
#include "ir/error.h"

#define MAX_OFFSET 65536u	/* window offsets have 16 bits */
#define MAX_ROW 255

/* A stream that grows. */
struct output {
	uint8_t *data;
	size_t size, capacity;
};

static npu_status reserve(struct output *out, size_t bytes)
{
	size_t capacity = 2 * out->capacity + bytes;
	uint8_t *grown;

	if (bytes <= out->capacity - out->size)
		return NPU_OK;
	grown = realloc(out->data, capacity);
	if (!grown)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a weight stream");
	out->data = grown;
	out->capacity = capacity;
	return NPU_OK;
}

/* The writers below count on reserve(). */
static void put8(struct output *out, uint32_t value)
{
	out->data[out->size++] = (uint8_t)value;
}

static void put32(struct output *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		put8(out, value >> 8 * i);
}

static void put_padding(struct output *out)
{
	while (out->size % 4)
		put8(out, 0);
}

static void put_nibble(struct output *out, uint32_t index, uint32_t value)
{
	if (index % 2 == 0)
		put8(out, value & 15);
	else
		out->data[out->size - 1] |= (uint8_t)(value << 4);
}

/* The slots of a block in the order of the stream; one that is not occupied has value 0. */
struct slots {
	uint32_t count;
	int16_t value[WEIGHT_MAX_STEPS * WEIGHT_MAX_LANES * WEIGHT_MAX_LANES];
	uint8_t select[WEIGHT_MAX_STEPS * WEIGHT_MAX_LANES * WEIGHT_MAX_LANES];
};

/* A kernel row as a line of bytes: runs in order, with bytes between them that have no weight. */
struct row {
	uint32_t row, offset, length;
	uint32_t first, count;		/* in the encoder's list of runs */
	bool holes;
};

struct encoder {
	const struct npu_weight_job *job;
	uint32_t v;
	struct npu_weight_run *runs;	/* in order of rows and offsets */
	struct row *rows;
	uint32_t num_rows;
	struct weight_line line;
	struct weight_cover cover;
	struct slots slots;
	struct output out;
	size_t header;			/* of the block put last, 0: none yet in these channels */
};

static int compare_runs(const void *a, const void *b)
{
	const struct npu_weight_run *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/*
 * Runs of a kernel row (taps of a dilated kernel, or of a group) share windows, unless they
 * overlap: then a byte has several weights.
 */
static npu_status find_rows(struct encoder *e)
{
	const struct npu_weight_job *job = e->job;
	size_t count = job->num_runs > 0 ? (size_t)job->num_runs : 0;

	e->runs = malloc((count + 1) * sizeof(*e->runs));
	e->rows = malloc((count + 1) * sizeof(*e->rows));
	if (!e->runs || !e->rows)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a weight stream");
	if (count)
		memcpy(e->runs, job->runs, count * sizeof(*e->runs));
	qsort(e->runs, count, sizeof(*e->runs), compare_runs);
	for (uint32_t i = 0; i < count; i++) {
		const struct npu_weight_run *run = &e->runs[i];
		struct row *row = e->num_rows ? &e->rows[e->num_rows - 1] : NULL;

		if (run->length > MAX_OFFSET - run->offset)
			return npu_fail(NPU_ERR_LIMIT, "weights: %u bytes from byte %u of a row "
					"end beyond byte 65536", run->length, run->offset);
		if (!job->dense && row && row->row == run->row &&
		    run->offset >= row->offset + row->length) {
			row->holes = row->holes || run->offset > row->offset + row->length;
			row->length = run->offset - row->offset + run->length;
			row->count++;
		} else {
			e->rows[e->num_rows++] = (struct row){ .row = run->row,
				.offset = run->offset, .length = run->length, .first = i,
				.count = 1 };
		}
	}
	return NPU_OK;
}

static npu_status init_line(struct encoder *e)
{
	struct weight_line *line = &e->line;
	uint32_t length = 0;

	for (uint32_t r = 0; r < e->num_rows; r++)
		length = e->rows[r].length > length ? e->rows[r].length : length;
	line->pitch = length + 4 * e->v;
	line->words = line->pitch / 64 + 3;
	line->values = calloc((size_t)e->v * line->pitch, sizeof(*line->values));
	line->occupied = calloc((size_t)e->v * line->words, sizeof(*line->occupied));
	line->wide = calloc((size_t)e->v * line->words, sizeof(*line->wide));
	if (!line->values || !line->occupied || !line->wide)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a weight stream");
	return npu_weight_cover_init(&e->cover, length, line->words);
}

static void scan_lane(struct weight_line *line, uint32_t lane)
{
	const int16_t *values = line->values + (size_t)lane * line->pitch;
	uint64_t *occupied = line->occupied + (size_t)lane * line->words;
	uint64_t *wide = line->wide + (size_t)lane * line->words;

	for (uint32_t w = 0; w < line->words; w++) {
		uint32_t count = line->length > w * 64 ? line->length - w * 64 : 0;

		occupied[w] = wide[w] = 0;
		count = count < 64 ? count : 64;
		for (uint32_t i = 0; i < count; i++) {
			int16_t value = values[w * 64 + i];

			occupied[w] |= (uint64_t)(value != 0) << i;
			wide[w] |= (uint64_t)((uint16_t)(value + 8) > 15) << i;
		}
	}
}

static void fill_line(struct encoder *e, const struct row *row, uint32_t channel, uint32_t lanes)
{
	const struct npu_weight_job *job = e->job;
	struct weight_line *line = &e->line;

	line->lanes = lanes;
	line->length = row->length;
	for (uint32_t l = 0; l < lanes; l++) {
		const int16_t *weights = job->weights + (channel + l) * job->per_channel;
		int16_t *values = line->values + (size_t)l * line->pitch;

		if (row->holes)
			memset(values, 0, row->length * sizeof(*values));
		for (uint32_t i = row->first; i < row->first + row->count; i++) {
			const struct npu_weight_run *run = &e->runs[i];

			memcpy(values + run->offset - row->offset, weights + run->first,
			       run->length * sizeof(*values));
		}
		memset(values + row->length, 0, 4 * e->v * sizeof(*values));
		scan_lane(line, l);
	}
}

/* The slots of mode D, or of one that places what closed windows hold. */
static void fill_slots(struct encoder *e, const struct weight_block *block)
{
	const struct weight_line *line = &e->line;
	uint32_t v = e->v, lanes = line->lanes;
	uint8_t own[WEIGHT_MAX_STEPS * WEIGHT_MAX_LANES];
	struct slots *slots = &e->slots;

	slots->count = block->steps * lanes * v;
	for (uint32_t l = 0; l < lanes; l++) {
		const int16_t *values = line->values + (size_t)l * line->pitch + block->start;

		if (block->mode == ONPU_BLOCK_D) {
			memcpy(slots->value + l * v, values, v * sizeof(*values));
			continue;
		}
		if (block->place == WEIGHT_NO_PLACE) {
			struct weight_window window, placed;

			window = npu_weight_block_window(line, line->occupied, l, v, block);
			npu_weight_match_lane(v, block->mode, block->steps, &window, own, v,
					      &placed);
		}
		for (uint32_t s = 0; s < block->steps; s++) {
			uint32_t slot = (s * lanes + l) * v;
			const uint8_t *place = block->place == WEIGHT_NO_PLACE ? own + s * v :
				e->cover.plan.places + block->place + slot;

			for (uint32_t t = 0; t < v; t++) {
				bool empty = place[t] == WEIGHT_EMPTY;

				slots->value[slot + t] = empty ? 0 : values[place[t]];
				slots->select[slot + t] = empty ? 0 : (uint8_t)
					npu_weight_match_select(v, block->mode, t, place[t]);
			}
		}
	}
}

static npu_status put_block(struct encoder *e, const struct row *row,
			    const struct weight_block *block)
{
	const struct slots *slots = &e->slots;
	struct output *out = &e->out;
	uint32_t zero = e->job->weight_unsigned ? e->job->weight_zero : 0, n = 0;
	npu_status status = reserve(out, block->bytes);

	if (status)
		return status;
	fill_slots(e, block);
	e->header = out->size;
	put32(out, (row->offset + block->start) << ONPU_BLOCK_OFFSET_SHIFT |
	      row->row << ONPU_BLOCK_ROW_SHIFT |
	      (uint32_t)block->mode << ONPU_BLOCK_MODE_SHIFT |
	      (block->steps - 1u) << ONPU_BLOCK_STEPS_SHIFT |
	      (uint32_t)block->bitmap << ONPU_BLOCK_BITMAP_SHIFT |
	      (uint32_t)block->nibble << ONPU_BLOCK_NIBBLE_SHIFT);
	if (block->bitmap) {
		for (uint32_t i = 0; i < slots->count; i += 8) {
			uint32_t bits = 0;

			for (uint32_t k = 0; k < 8 && i + k < slots->count; k++)
				bits |= (uint32_t)(slots->value[i + k] != 0) << k;
			put8(out, bits);
		}
	}
	for (uint32_t i = 0; i < slots->count; i++) {
		if (block->bitmap && !slots->value[i])
			continue;
		if (block->nibble)
			put_nibble(out, n++, (uint32_t)slots->value[i]);
		else
			put8(out, (uint32_t)slots->value[i] + zero);
	}
	if (block->mode != ONPU_BLOCK_D) {
		n = 0;
		for (uint32_t i = 0; i < slots->count; i++) {
			if (!block->bitmap || slots->value[i])
				put_nibble(out, n++, slots->select[i]);
		}
	}
	put_padding(out);
	return NPU_OK;
}

static npu_status put_params(struct output *out, const struct npu_weight_job *job,
			     uint32_t channel, uint32_t lanes)
{
	npu_status status = reserve(out, 9 * (size_t)lanes + 3);

	if (status)
		return status;
	for (uint32_t l = 0; l < lanes; l++)
		put32(out, (uint32_t)job->params[channel + l].bias);
	for (uint32_t l = 0; l < lanes; l++)
		put32(out, (uint32_t)job->params[channel + l].mult);
	for (uint32_t l = 0; l < lanes; l++)
		put8(out, (uint8_t)job->params[channel + l].shift);
	put_padding(out);
	return NPU_OK;
}

/* All windows of a row side by side, whatever they hold. */
static npu_status put_dense_row(struct encoder *e, const struct row *row, uint32_t lanes)
{
	for (uint32_t start = 0; start < row->length; start += e->v) {
		struct weight_block block = { .start = start, .mode = ONPU_BLOCK_D, .steps = 1,
					      .place = WEIGHT_NO_PLACE };
		npu_status status;

		block.bytes = npu_weight_block_bytes(e->v, lanes, &block);
		status = put_block(e, row, &block);
		if (status)
			return status;
	}
	return NPU_OK;
}

static npu_status put_channels(struct encoder *e, uint32_t channel, uint32_t lanes,
			       uint32_t *steps)
{
	const struct npu_weight_job *job = e->job;
	bool pair = job->pair && lanes <= e->v / 2;
	uint32_t pixels = pair ? job->pixels / 2 + job->pixels % 2 : job->pixels;
	const struct weight_rules rules = {
		.v = e->v, .pixels = pixels ? pixels : 1, .load_rate = job->load_rate,
		.dense_only = pair,
	};
	npu_status status = put_params(&e->out, job, channel, lanes);

	e->header = 0;
	*steps = 0;
	for (uint32_t r = 0; r < e->num_rows && !status; r++) {
		const struct row *row = &e->rows[r];
		const struct weight_plan *plan = &e->cover.plan;

		fill_line(e, row, channel, lanes);
		if (job->dense) {
			status = put_dense_row(e, row, lanes);
			*steps += (row->length + e->v - 1) / e->v;
			continue;
		}
		status = npu_weight_cover_line(&e->cover, &e->line, &rules);
		for (size_t i = 0; i < plan->count && !status; i++) {
			status = put_block(e, row, &plan->blocks[i]);
			*steps += plan->blocks[i].steps;
		}
	}
	if (status)
		return status;
	if (!e->header) {
		status = reserve(&e->out, 4);
		if (status)
			return status;
		e->header = e->out.size;
		put32(&e->out, (uint32_t)ONPU_BLOCK_NONE << ONPU_BLOCK_MODE_SHIFT);
	}
	e->out.data[e->header + 3] |= (uint8_t)(ONPU_BLOCK_LAST_MASK >> 24);
	return NPU_OK;
}

static npu_status check_weights(const struct npu_weight_job *job, size_t count)
{
	int zero = job->weight_unsigned ? job->weight_zero : 0;
	int min = job->weight_unsigned ? -zero : -128, max = min + 255, low = 0, high = 0;

	for (size_t i = 0; i < count; i++) {
		low = job->weights[i] < low ? job->weights[i] : low;
		high = job->weights[i] > high ? job->weights[i] : high;
	}
	if (low < min || high > max)
		return npu_fail(NPU_ERR_LIMIT, "weights: %d to %d, but bytes hold %d to %d", low,
				high, min, max);
	return NPU_OK;
}

static npu_status init_stream(struct npu_weight_stream *stream, const struct npu_weight_job *job)
{
	uint32_t v = job->preset->lanes;

	*stream = (struct npu_weight_stream){ .data = NULL };
	if (v < 8 || v > WEIGHT_MAX_LANES || (v & (v - 1)) || job->out_c < 1)
		return npu_fail(NPU_ERR_INVALID, "weights: %u lanes, %d channels", v, job->out_c);
	stream->num_blocks = (int)(((uint32_t)job->out_c + v - 1) / v);
	stream->block_offset = calloc((size_t)stream->num_blocks + 1,
				      sizeof(*stream->block_offset));
	stream->block_steps = calloc((size_t)stream->num_blocks, sizeof(*stream->block_steps));
	if (stream->block_offset && stream->block_steps)
		return NPU_OK;
	return npu_fail(NPU_ERR_NOMEM, "out of memory for a weight stream");
}

static npu_status end_block(struct npu_weight_stream *stream, int block, const struct output *out)
{
	if (out->size > INT32_MAX)
		return npu_fail(NPU_ERR_LIMIT, "weights: a stream of more than 2 GiB");
	stream->block_offset[block + 1] = (uint32_t)out->size;
	return NPU_OK;
}

/* Hands the output over, or frees everything. */
static npu_status finish(struct npu_weight_stream *stream, struct output *out, npu_status status)
{
	stream->data = out->data;
	stream->size = (uint32_t)out->size;
	if (status)
		npu_weights_clear(stream);
	return status;
}

npu_status npu_weights_encode(const struct npu_weight_job *job, struct npu_weight_stream *stream)
{
	uint32_t out_c = (uint32_t)job->out_c, v = job->preset->lanes;
	npu_status status = init_stream(stream, job);
	struct encoder *e = calloc(1, sizeof(*e));
	struct output out;

	if (!e && !status)
		status = npu_fail(NPU_ERR_NOMEM, "out of memory for a weight stream");
	if (status) {
		free(e);
		return finish(stream, &(struct output){ NULL, 0, 0 }, status);
	}
	e->job = job;
	e->v = v;
	status = check_weights(job, out_c * job->per_channel);
	if (!status)
		status = find_rows(e);
	if (!status)
		status = init_line(e);
	for (int b = 0; b < stream->num_blocks && !status; b++) {
		uint32_t channel = (uint32_t)b * v;

		status = put_channels(e, channel, out_c - channel < v ? out_c - channel : v,
				      &stream->block_steps[b]);
		if (!status)
			status = end_block(stream, b, &e->out);
	}
	out = e->out;
	npu_weight_cover_clear(&e->cover);
	free(e->line.values);
	free(e->line.occupied);
	free(e->line.wide);
	free(e->runs);
	free(e->rows);
	free(e);
	return finish(stream, &out, status);
}

npu_status npu_weights_encode_depthwise(const struct npu_weight_job *job, int taps,
					struct npu_weight_stream *stream)
{
	uint32_t out_c = (uint32_t)job->out_c, v = job->preset->lanes;
	uint32_t zero = job->weight_unsigned ? job->weight_zero : 0;
	struct output out = { NULL, 0, 0 };
	npu_status status = init_stream(stream, job);

	if (!status)
		status = check_weights(job, (size_t)taps * out_c);
	for (int b = 0; b < stream->num_blocks && !status; b++) {
		uint32_t channel = (uint32_t)b * v;
		uint32_t lanes = out_c - channel < v ? out_c - channel : v;

		status = put_params(&out, job, channel, lanes);
		if (!status)
			status = reserve(&out, (size_t)taps * lanes + 3);
		if (status)
			break;
		for (uint32_t t = 0; t < (uint32_t)taps; t++) {
			const int16_t *weights = job->weights + (size_t)t * out_c + channel;

			for (uint32_t l = 0; l < lanes; l++)
				put8(&out, (uint32_t)weights[l] + zero);
		}
		put_padding(&out);
		status = end_block(stream, b, &out);
	}
	return finish(stream, &out, status);
}

void npu_weights_clear(struct npu_weight_stream *stream)
{
	free(stream->data);
	free(stream->block_offset);
	free(stream->block_steps);
	*stream = (struct npu_weight_stream){ .data = NULL };
}
