// SPDX-License-Identifier: MIT
/* Every byte that a command accesses, for the order checker. */
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "weights.h"

struct touch {
	struct onpu_order *order;
	const struct onpu_machine *machine;
};

/* ---- feature maps ---------------------------------------------------------------- */

static void touch_pixel(const struct touch *t, const struct onpu_fmap *map, uint32_t y,
			uint32_t x, uint32_t c, bool write)
{
	uint32_t addr = onpu_row_addr(map, y) + x * map->pix_pitch;

	if (write)
		onpu_order_write(t->order, addr, c);
	else
		onpu_order_read(t->order, addr, c);
}

static void touch_map(const struct touch *t, const struct onpu_fmap *map, uint32_t h, uint32_t w,
		      uint32_t c, bool write)
{
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			touch_pixel(t, map, y, x, c, write);
}

static void touch_output(const struct touch *t, const struct onpu_fmap *out,
			 const struct onpu_post *post, uint32_t h, uint32_t w, uint32_t c)
{
	touch_map(t, out, h, w, c, true);
	if (post->op2_channels)
		touch_map(t, &post->op2, h, w, post->op2_channels, false);
	if (post->act == ONPU_ACT_TABLE)
		onpu_order_read(t->order, post->act_addr, 256);
	else if (post->act == ONPU_ACT_PRELU)
		onpu_order_read(t->order, post->act_addr, c);
}

/* ---- CONV ------------------------------------------------------------------------- */

/* Bytes of a window that some output channel has a weight for, one row of the window. */
struct window_row {
	uint8_t *used;
	uint32_t size, max;
};

static int mark_block(const struct onpu_weight_shape *shape,
		      const struct onpu_weight_block *block, uint32_t n, int16_t *dense,
		      struct window_row *row)
{
	uint32_t size = block->offset + block->window;

	if (size > row->max) {
		uint8_t *used = realloc(row->used, 2 * size);

		if (!used)
			return -1;
		memset(used + row->max, 0, 2 * size - row->max);
		row->used = used;
		row->max = 2 * size;
	}
	if (size > row->size)
		row->size = size;
	memset(dense, 0, n * block->window * sizeof(*dense));
	onpu_weights_expand(shape, block, n, dense, block->window);
	for (uint32_t lane = 0; lane < n; lane++)
		for (uint32_t i = 0; i < block->window; i++)
			row->used[block->offset + i] |= dense[lane * block->window + i] != 0;
	return 0;
}

static int mark_windows(const struct onpu_weight_shape *shape, const uint8_t *data,
			uint32_t size, int16_t *dense, struct window_row *rows)
{
	struct onpu_weight_reader reader = { .data = data, .size = size, .lanes = shape->lanes };
	struct onpu_weight_params params;
	struct onpu_weight_block block;

	for (uint32_t c = 0; c < shape->out_c; c += shape->lanes) {
		uint32_t left = shape->out_c - c, n = left < shape->lanes ? left : shape->lanes;

		if (!onpu_weights_params(&reader, n, &params))
			return -1;
		do {
			if (!onpu_weights_block(&reader, n, &block))
				return -1;
			if (block.window &&
			    mark_block(shape, &block, n, dense, &rows[block.row]))
				return -1;
		} while (!block.last);
	}
	return 0;
}

/* size bytes of SRAM from addr, around its end. */
static void read_around(const struct touch *t, uint32_t addr, uint32_t size)
{
	uint32_t sram = t->machine->preset->sram_bytes;

	while (size) {
		uint32_t part;

		addr &= sram - 1;
		part = size < sram - addr ? size : sram - addr;
		onpu_order_read(t->order, addr, part);
		addr += part;
		size -= part;
	}
}

/* Bytes [from, from + size) of row `row` of every pixel's window. */
static void touch_windows(const struct touch *t, const struct onpu_cmd_conv *c, uint32_t row,
			  uint32_t from, uint32_t size)
{
	for (uint32_t y = 0; y < c->out_h; y++) {
		uint32_t addr = onpu_row_addr(&c->in, y * c->stride_h + row) + from;

		for (uint32_t x = 0; x < c->out_w; x++)
			read_around(t, addr + x * c->stride_w * c->in.pix_pitch, size);
	}
}

static void touch_window_row(const struct touch *t, const struct onpu_cmd_conv *c, uint32_t row,
			     const struct window_row *window)
{
	for (uint32_t i = 0; i < window->size; i++) {
		uint32_t from = i;

		while (i < window->size && window->used[i])
			i++;
		if (i > from)
			touch_windows(t, c, row, from, i - from);
	}
}

static void touch_conv(const struct touch *t, const struct onpu_cmd_conv *c)
{
	struct onpu_weight_shape shape = onpu_conv_shape(t->machine->preset, c);
	const uint8_t *data = t->machine->sram + c->weights;
	struct window_row *rows = calloc(256, sizeof(*rows));
	int16_t *dense = malloc(4 * shape.lanes * shape.lanes * sizeof(*dense));
	bool ok = rows && dense && !mark_windows(&shape, data, c->weights_size, dense, rows);

	onpu_order_read(t->order, c->weights, c->weights_size);
	touch_output(t, &c->out, &c->post, c->out_h, c->out_w, c->out_c);
	for (uint32_t row = 0; ok && row < 256; row++)
		touch_window_row(t, c, row, &rows[row]);
	for (uint32_t row = 0; rows && row < 256; row++)
		free(rows[row].used);
	free(rows);
	free(dense);
	if (!ok)
		onpu_order_fail(t->order);
}

/* ---- the others ---------------------------------------------------------------------- */

static void touch_dwconv(const struct touch *t, const struct onpu_cmd_dwconv *c)
{
	onpu_order_read(t->order, c->weights, c->weights_size);
	touch_output(t, &c->out, &c->post, c->out_h, c->out_w, c->out_c);
	for (uint32_t y = 0; y < c->out_h; y++)
		for (uint32_t i = 0; i < c->kernel_h; i++)
			for (uint32_t x = 0; x < c->out_w; x++)
				for (uint32_t j = 0; j < c->kernel_w; j++)
					touch_pixel(t, &c->in, y * c->stride_h + i * c->dilation_h,
						    x * c->stride_w + j * c->dilation_w, c->out_c,
						    false);
}

static void touch_pool(const struct touch *t, const struct onpu_cmd_pool *c)
{
	touch_output(t, &c->out, &c->post, c->out_h, c->out_w, c->out_c);
	for (uint32_t y = 0; y < c->out_h; y++)
		for (uint32_t i = 0; i < c->kernel_h; i++)
			for (uint32_t x = 0; x < c->out_w; x++)
				for (uint32_t j = 0; j < c->kernel_w; j++)
					touch_pixel(t, &c->in, y * c->stride_h + i,
						    x * c->stride_w + j, c->out_c, false);
}

static uint32_t table_entry(const struct touch *t, uint32_t table, uint32_t i, uint32_t which)
{
	uint16_t value;

	memcpy(&value, t->machine->sram + table + 8 * i + 2 * which, sizeof(value));
	return value;
}

static void touch_resize(const struct touch *t, const struct onpu_cmd_resize *c)
{
	onpu_order_read(t->order, c->rows, 8 * c->out_h);
	onpu_order_read(t->order, c->columns, 8 * c->out_w);
	touch_output(t, &c->out, &c->post, c->out_h, c->out_w, c->out_c);
	for (uint32_t y = 0; y < c->out_h; y++)
		for (uint32_t x = 0; x < c->out_w; x++)
			for (uint32_t i = 0; i < 4; i++)
				touch_pixel(t, &c->in, table_entry(t, c->rows, y, i / 2),
					    table_entry(t, c->columns, x, i % 2), c->out_c,
					    false);
}

static void touch_dma(const struct touch *t, const struct onpu_cmd_load *c)
{
	for (uint32_t k = 0; k < c->n2; k++) {
		uint32_t row = c->ring ? (c->row + k) % c->ring : c->row + k;

		for (uint32_t j = 0; j < c->n1; j++) {
			uint32_t addr = c->addr + row * c->sram_stride2 + j * c->sram_stride1;

			if (c->head.opcode == ONPU_OPCODE_STORE)
				onpu_order_read(t->order, addr, c->n0);
			else
				onpu_order_write(t->order, addr, c->n0);
			if (c->head.opcode != ONPU_OPCODE_FILL)
				onpu_order_external(t->order,
						    t->machine->job->region[c->region].va +
						    c->offset + k * c->ext_stride2 +
						    j * c->ext_stride1, c->n0);
		}
	}
}

void onpu_touch_command(struct onpu_order *order, const struct onpu_machine *machine,
			const union onpu_command *command)
{
	struct touch t = { order, machine };

	switch (command->head.opcode) {
	case ONPU_OPCODE_CONV:
		touch_conv(&t, &command->conv);
		break;
	case ONPU_OPCODE_DWCONV:
		touch_dwconv(&t, &command->dwconv);
		break;
	case ONPU_OPCODE_ELTWISE:
		touch_map(&t, &command->eltwise.in, command->eltwise.out_h,
			  command->eltwise.out_w, command->eltwise.out_c, false);
		touch_output(&t, &command->eltwise.out, &command->eltwise.post,
			     command->eltwise.out_h, command->eltwise.out_w,
			     command->eltwise.out_c);
		break;
	case ONPU_OPCODE_POOL:
		touch_pool(&t, &command->pool);
		break;
	case ONPU_OPCODE_RESIZE:
		touch_resize(&t, &command->resize);
		break;
	default:
		touch_dma(&t, &command->load);
		break;
	}
}
