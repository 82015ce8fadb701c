// SPDX-License-Identifier: MIT
#include "emit.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "iss/engines.h"
#include "iss/weights.h"

/* More runs than this are taken with the gaps between them. */
#define MAX_RUNS 1024

/* ---- lists of ranges --------------------------------------------------------------- */

void npu_ranges_clear(struct npu_ranges *ranges)
{
	free(ranges->list);
	memset(ranges, 0, sizeof(*ranges));
}

static void restart(struct npu_ranges *ranges)
{
	ranges->count = 0;
	ranges->unsorted = false;
	ranges->failed = false;
}

static void add(struct npu_ranges *ranges, uint64_t from, uint64_t size)
{
	struct npu_range *last = ranges->count ? &ranges->list[ranges->count - 1] : NULL;

	if (!size)
		return;
	if (last && from >= last->from && from <= last->to) {
		if (last->to < from + size)
			last->to = from + size;
		return;
	}
	if (ranges->count == ranges->max) {
		size_t max = ranges->max ? 2 * ranges->max : 64;
		struct npu_range *list = realloc(ranges->list, max * sizeof(*list));

		if (!list) {
			ranges->failed = true;
			return;
		}
		last = ranges->count ? &list[ranges->count - 1] : NULL;
		ranges->list = list;
		ranges->max = max;
	}
	if (last && from < last->from)
		ranges->unsorted = true;
	ranges->list[ranges->count++] = (struct npu_range){ from, from + size };
}

static int by_start(const void *a, const void *b)
{
	const struct npu_range *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

void npu_ranges_sort(struct npu_ranges *ranges)
{
	size_t n = 0;

	if (!ranges->unsorted)
		return;
	qsort(ranges->list, ranges->count, sizeof(*ranges->list), by_start);
	for (size_t i = 1; i < ranges->count; i++) {
		struct npu_range *last = &ranges->list[n], *next = &ranges->list[i];

		if (next->from > last->to)
			ranges->list[++n] = *next;
		else if (next->to > last->to)
			last->to = next->to;
	}
	ranges->count = n + 1;
	ranges->unsorted = false;
}

/* ---- rows of runs -------------------------------------------------------------------- */

struct box {
	uint64_t addr, row_pitch, pitch;
	uint64_t row, rows, ring;
	uint64_t runs, size;		/* in a row; bytes of each */
	uint64_t wrap;			/* addresses are modulo this; 0: exact */
};

static void add_around(struct npu_ranges *ranges, uint64_t from, uint64_t size, uint64_t wrap)
{
	uint64_t part;

	if (!wrap) {
		add(ranges, from, size);
		return;
	}
	if (size >= wrap) {
		add(ranges, 0, wrap);
		return;
	}
	from %= wrap;
	part = size < wrap - from ? size : wrap - from;
	add(ranges, from, part);
	add(ranges, 0, size - part);
}

static void add_box(struct npu_ranges *ranges, const struct box *b)
{
	uint64_t rows = b->ring && b->ring < b->rows ? b->ring : b->rows;
	uint64_t runs = b->runs, size = b->size;

	if (b->pitch <= b->size || rows * runs > MAX_RUNS) {
		size += (runs - 1) * b->pitch;
		runs = 1;
	}
	for (uint64_t y = 0; y < rows; y++) {
		uint64_t row = b->row + y;
		uint64_t addr = b->addr + (b->ring ? row % b->ring : row) * b->row_pitch;

		for (uint64_t x = 0; x < runs; x++)
			add_around(ranges, addr + x * b->pitch, size, b->wrap);
	}
}

static void add_map(struct npu_ranges *ranges, const struct onpu_fmap *map, uint64_t h,
		    uint64_t w, uint64_t c)
{
	struct box b = {
		.addr = map->addr, .row_pitch = map->row_pitch, .pitch = map->pix_pitch,
		.row = map->row, .rows = h, .ring = map->ring, .runs = w, .size = c,
	};

	add_box(ranges, &b);
}

/* ---- reach of a weight stream ---------------------------------------------------------- */

/* Bytes of the block's window, from the first to the last that some lane has a weight for. */
static void used_bytes(const struct onpu_weight_shape *shape,
		       const struct onpu_weight_block *block, uint32_t n, int16_t *dense,
		       uint32_t *first, uint32_t *end)
{
	*first = block->window;
	*end = 0;
	memset(dense, 0, (size_t)n * block->window * sizeof(*dense));
	onpu_weights_expand(shape, block, n, dense, block->window);
	for (uint32_t lane = 0; lane < n; lane++, dense += block->window) {
		for (uint32_t i = 0; i < *first; i++)
			if (dense[i])
				*first = i;
		for (uint32_t i = block->window; i > *end; i--)
			if (dense[i - 1])
				*end = i;
	}
}

static void reach_block(const struct onpu_weight_shape *shape,
			const struct onpu_weight_block *block, uint32_t n, int16_t *dense,
			struct npu_reach *reach)
{
	uint32_t first, end;

	/* Only blocks that may reach farther than all before need a look at their weights. */
	if (block->row >= reach->first_row && block->row < reach->first_row + reach->rows &&
	    block->offset >= reach->from && block->offset + block->window <= reach->to)
		return;
	used_bytes(shape, block, n, dense, &first, &end);
	if (first >= end)
		return;
	if (!reach->rows) {
		*reach = (struct npu_reach){ block->row, 1, block->offset + first,
					     block->offset + end };
		return;
	}
	if (block->row < reach->first_row) {
		reach->rows += reach->first_row - block->row;
		reach->first_row = block->row;
	}
	if (block->row >= reach->first_row + reach->rows)
		reach->rows = block->row - reach->first_row + 1;
	if (block->offset + first < reach->from)
		reach->from = block->offset + first;
	if (block->offset + end > reach->to)
		reach->to = block->offset + end;
}

npu_status npu_reach_of(const struct onpu_preset *preset, const struct onpu_cmd_conv *c,
			const uint8_t *weights, struct npu_reach *reach)
{
	struct onpu_weight_shape shape = onpu_conv_shape(preset, c);
	struct onpu_weight_reader reader = {
		.data = weights, .size = c->weights_size, .lanes = shape.lanes,
	};
	int16_t *dense = malloc(4ull * shape.lanes * shape.lanes * sizeof(*dense));
	struct onpu_weight_params params;
	struct onpu_weight_block block;
	bool ok = true;

	*reach = (struct npu_reach){ 0 };
	if (!dense)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a weight block");
	for (uint32_t first = 0; ok && first < c->out_c; first += shape.lanes) {
		uint32_t left = c->out_c - first, n = left < shape.lanes ? left : shape.lanes;

		ok = onpu_weights_params(&reader, n, &params);
		do {
			ok = ok && onpu_weights_block(&reader, n, &block);
			if (ok && block.window)
				reach_block(&shape, &block, n, dense, reach);
		} while (ok && !block.last);
	}
	free(dense);
	if (ok && reader.pos == reader.size)
		return NPU_OK;
	return npu_fail(NPU_ERR_INTERNAL, "weight stream of a CONV is not %u bytes, or malformed",
			(unsigned int)c->weights_size);
}

/* ---- commands ---------------------------------------------------------------------------- */

static void touch_output(struct npu_touches *t, const struct onpu_fmap *out,
			 const struct onpu_post *post, uint32_t h, uint32_t w, uint32_t c)
{
	add_map(&t->write, out, h, w, c);
	if (post->op2_channels)
		add_map(&t->read, &post->op2, h, w, post->op2_channels);
	if (post->act == ONPU_ACT_TABLE)
		add(&t->read, post->act_addr, 256);
	else if (post->act == ONPU_ACT_PRELU)
		add(&t->read, post->act_addr, c);
}

static void touch_conv(const struct onpu_preset *preset, const struct onpu_cmd_conv *c,
		       const struct npu_reach *reach, struct npu_touches *t)
{
	struct box b = {
		.addr = (uint64_t)c->in.addr + reach->from, .row_pitch = c->in.row_pitch,
		.pitch = (uint64_t)c->stride_w * c->in.pix_pitch,
		.row = (uint64_t)c->in.row + reach->first_row,
		.rows = (c->out_h - 1ull) * c->stride_h + reach->rows, .ring = c->in.ring,
		.runs = c->out_w, .size = reach->to - reach->from, .wrap = preset->sram_bytes,
	};

	add(&t->read, c->weights, c->weights_size);
	touch_output(t, &c->out, &c->post, c->out_h, c->out_w, c->out_c);
	if (reach->rows)
		add_box(&t->read, &b);
}

static void touch_dwconv(const struct onpu_cmd_dwconv *c, struct npu_touches *t)
{
	add(&t->read, c->weights, c->weights_size);
	add_map(&t->read, &c->in,
		(c->out_h - 1ull) * c->stride_h + (c->kernel_h - 1ull) * c->dilation_h + 1,
		(c->out_w - 1ull) * c->stride_w + (c->kernel_w - 1ull) * c->dilation_w + 1,
		c->out_c);
	touch_output(t, &c->out, &c->post, c->out_h, c->out_w, c->out_c);
}

static void touch_eltwise(const struct onpu_cmd_eltwise *c, struct npu_touches *t)
{
	add_map(&t->read, &c->in, c->out_h, c->out_w, c->out_c);
	touch_output(t, &c->out, &c->post, c->out_h, c->out_w, c->out_c);
}

static void touch_pool(const struct onpu_cmd_pool *c, struct npu_touches *t)
{
	add_map(&t->read, &c->in, (c->out_h - 1ull) * c->stride_h + c->kernel_h,
		(c->out_w - 1ull) * c->stride_w + c->kernel_w, c->out_c);
	touch_output(t, &c->out, &c->post, c->out_h, c->out_w, c->out_c);
}

static void touch_resize(const struct onpu_cmd_resize *c, struct npu_touches *t)
{
	add(&t->read, c->rows, 8ull * c->out_h);
	add(&t->read, c->columns, 8ull * c->out_w);
	add_map(&t->read, &c->in, c->in_h, c->in_w, c->out_c);
	touch_output(t, &c->out, &c->post, c->out_h, c->out_w, c->out_c);
}

static void touch_dma(const struct onpu_cmd_load *c, struct npu_touches *t)
{
	struct box sram = {
		.addr = c->addr, .row_pitch = c->sram_stride2, .pitch = c->sram_stride1,
		.row = c->row, .rows = c->n2, .ring = c->ring, .runs = c->n1, .size = c->n0,
	};
	struct box external = {
		.addr = c->offset, .row_pitch = c->ext_stride2, .pitch = c->ext_stride1,
		.rows = c->n2, .runs = c->n1, .size = c->n0,
	};

	add_box(c->head.opcode == ONPU_OPCODE_STORE ? &t->read : &t->write, &sram);
	if (c->head.opcode != ONPU_OPCODE_FILL)
		add_box(&t->external, &external);
}

npu_status npu_touches_of(const struct onpu_preset *preset, const union onpu_command *c,
			  const struct npu_reach *reach, struct npu_touches *t)
{
	restart(&t->read);
	restart(&t->write);
	restart(&t->external);
	switch (c->head.opcode) {
	case ONPU_OPCODE_LOAD:
	case ONPU_OPCODE_FILL:
	case ONPU_OPCODE_STORE:
		touch_dma(&c->load, t);
		break;
	case ONPU_OPCODE_CONV:
		touch_conv(preset, &c->conv, reach, t);
		break;
	case ONPU_OPCODE_DWCONV:
		touch_dwconv(&c->dwconv, t);
		break;
	case ONPU_OPCODE_ELTWISE:
		touch_eltwise(&c->eltwise, t);
		break;
	case ONPU_OPCODE_POOL:
		touch_pool(&c->pool, t);
		break;
	case ONPU_OPCODE_RESIZE:
		touch_resize(&c->resize, t);
		break;
	default:
		break;
	}
	if (t->read.failed || t->write.failed || t->external.failed)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a command's ranges");
	npu_ranges_sort(&t->read);
	npu_ranges_sort(&t->write);
	npu_ranges_sort(&t->external);
	return NPU_OK;
}
