// SPDX-License-Identifier: MIT
/* ELTWISE, POOL, RESIZE: the post-processor fed straight from SRAM. */
#include <stdlib.h>
#include <string.h>

#include "engines.h"
#include "post.h"

/* Channels that are held together. */
#define CHUNK 256

struct resize_entry {
	uint16_t first, second, fraction, zero;
};

/* Computes acc of channels [first, first + n) of output pixel (y, x). */
typedef void (*vector_fn)(const uint8_t *sram, const void *command, uint32_t y, uint32_t x,
			  uint32_t first, uint32_t n, uint32_t *acc);

static void run_vectors(uint8_t *sram, const void *command, vector_fn fn,
			const struct onpu_fmap *out, const struct onpu_post *post, uint32_t out_h,
			uint32_t out_w, uint32_t out_c)
{
	struct onpu_post_unit unit = { .sram = sram, .out = out, .post = post };
	uint32_t acc[CHUNK];

	for (uint32_t y = 0; y < out_h; y++)
		for (uint32_t x = 0; x < out_w; x++)
			for (uint32_t first = 0; first < out_c; first += CHUNK) {
				uint32_t n = out_c - first < CHUNK ? out_c - first : CHUNK;

				fn(sram, command, y, x, first, n, acc);
				onpu_post_store(&unit, y, x, first, n, acc);
			}
}

/* ---- ELTWISE ------------------------------------------------------------------- */

static void eltwise_pixel(const uint8_t *sram, const void *command, uint32_t y, uint32_t x,
			  uint32_t first, uint32_t n, uint32_t *acc)
{
	const struct onpu_cmd_eltwise *c = command;
	const uint8_t *in = sram + onpu_row_addr(&c->in, y) + x * c->in.pix_pitch + first;

	for (uint32_t i = 0; i < n; i++)
		acc[i] = (uint32_t)onpu_element(in[i], c->mode & ONPU_CONV_IN_UNSIGNED);
}

enum onpu_fault onpu_exec_eltwise(struct onpu_machine *machine, const struct onpu_cmd_eltwise *c)
{
	run_vectors(machine->sram, c, eltwise_pixel, &c->out, &c->post, c->out_h, c->out_w,
		    c->out_c);
	return ONPU_FAULT_NONE;
}

/* ---- POOL ---------------------------------------------------------------------- */

static void pool_max(const uint8_t *in, uint32_t n, int is_unsigned, uint32_t *acc)
{
	for (uint32_t i = 0; i < n; i++) {
		int32_t v = onpu_element(in[i], is_unsigned);

		if (v > (int32_t)acc[i])
			acc[i] = (uint32_t)v;
	}
}

static void pool_sum(const uint8_t *in, uint32_t n, int is_unsigned, uint32_t *acc)
{
	for (uint32_t i = 0; i < n; i++)
		acc[i] += (uint32_t)onpu_element(in[i], is_unsigned);
}

static void pool_pixel(const uint8_t *sram, const void *command, uint32_t y, uint32_t x,
		       uint32_t first, uint32_t n, uint32_t *acc)
{
	const struct onpu_cmd_pool *c = command;
	int is_unsigned = c->mode & ONPU_CONV_IN_UNSIGNED;
	uint32_t identity = c->op == ONPU_POOL_MAX ? (uint32_t)INT32_MIN : 0;

	for (uint32_t i = 0; i < n; i++)
		acc[i] = identity;
	for (uint32_t i = 0; i < c->kernel_h; i++) {
		const uint8_t *in = sram + onpu_row_addr(&c->in, y * c->stride_h + i) +
				    x * c->stride_w * c->in.pix_pitch + first;

		for (uint32_t j = 0; j < c->kernel_w; j++) {
			const uint8_t *p = in + (size_t)j * c->in.pix_pitch;

			if (c->op == ONPU_POOL_MAX)
				pool_max(p, n, is_unsigned, acc);
			else
				pool_sum(p, n, is_unsigned, acc);
		}
	}
}

enum onpu_fault onpu_exec_pool(struct onpu_machine *machine, const struct onpu_cmd_pool *c)
{
	run_vectors(machine->sram, c, pool_pixel, &c->out, &c->post, c->out_h, c->out_w,
		    c->out_c);
	return ONPU_FAULT_NONE;
}

/* ---- RESIZE -------------------------------------------------------------------- */

/* The tables are copies: output that overlaps them must not lead out of SRAM. */
struct resize {
	const struct onpu_cmd_resize *c;
	struct resize_entry *rows, *columns;
};

static struct resize_entry entry_at(const uint8_t *sram, uint32_t table, uint32_t i)
{
	struct resize_entry entry;

	memcpy(&entry, sram + table + i * sizeof(entry), sizeof(entry));
	return entry;
}

static void resize_pixel(const uint8_t *sram, const void *command, uint32_t y, uint32_t x,
			 uint32_t first, uint32_t n, uint32_t *acc)
{
	const struct resize *resize = command;
	const struct onpu_cmd_resize *c = resize->c;
	int is_unsigned = c->mode & ONPU_CONV_IN_UNSIGNED;
	struct resize_entry row = resize->rows[y], column = resize->columns[x];
	const uint8_t *upper = sram + onpu_row_addr(&c->in, row.first) + first;
	const uint8_t *lower = sram + onpu_row_addr(&c->in, row.second) + first;
	size_t left = (size_t)column.first * c->in.pix_pitch;
	size_t right = (size_t)column.second * c->in.pix_pitch;
	int32_t fx = column.fraction, fy = row.fraction;

	for (uint32_t i = 0; i < n; i++) {
		int32_t u = onpu_element(upper[left + i], is_unsigned) * (1024 - fx) +
			    onpu_element(upper[right + i], is_unsigned) * fx;
		int32_t l = onpu_element(lower[left + i], is_unsigned) * (1024 - fx) +
			    onpu_element(lower[right + i], is_unsigned) * fx;

		acc[i] = (uint32_t)(u * (1024 - fy) + l * fy);
	}
}

static bool table_ok(const uint8_t *sram, uint32_t table, uint32_t count, uint32_t limit)
{
	for (uint32_t i = 0; i < count; i++) {
		struct resize_entry e = entry_at(sram, table, i);

		if (e.first >= limit || e.second >= limit || e.fraction > 1024 || e.zero)
			return false;
	}
	return true;
}

static struct resize_entry *copy_table(const uint8_t *sram, uint32_t table, uint32_t count)
{
	struct resize_entry *entries = malloc(count * sizeof(*entries));

	if (entries)
		memcpy(entries, sram + table, count * sizeof(*entries));
	return entries;
}

enum onpu_fault onpu_exec_resize(struct onpu_machine *machine, const struct onpu_cmd_resize *c)
{
	struct resize resize = { .c = c, .rows = copy_table(machine->sram, c->rows, c->out_h),
				 .columns = copy_table(machine->sram, c->columns, c->out_w) };
	enum onpu_fault fault = ONPU_FAULT_FIRMWARE;

	if (resize.rows && resize.columns) {
		run_vectors(machine->sram, &resize, resize_pixel, &c->out, &c->post, c->out_h,
			    c->out_w, c->out_c);
		fault = ONPU_FAULT_NONE;
	}
	free(resize.rows);
	free(resize.columns);
	return fault;
}

/* ---- tables and weights before a command runs ------------------------------------ */

enum onpu_fault onpu_check_contents(const struct onpu_machine *machine,
				    const union onpu_command *command)
{
	const uint8_t *sram = machine->sram;
	struct onpu_weight_shape shape;
	struct onpu_weight_reach reach;

	switch (command->head.opcode) {
	case ONPU_OPCODE_CONV:
		shape = onpu_conv_shape(machine->preset, &command->conv);
		return onpu_weights_check_conv(&shape, sram + command->conv.weights,
					       command->conv.weights_size, &reach) ?
		       ONPU_FAULT_NONE : ONPU_FAULT_BAD_WEIGHTS;
	case ONPU_OPCODE_DWCONV:
		shape = onpu_dwconv_shape(machine->preset, &command->dwconv);
		return onpu_weights_check_dwconv(&shape, sram + command->dwconv.weights,
						 command->dwconv.weights_size,
						 command->dwconv.kernel_h *
						 command->dwconv.kernel_w) ?
		       ONPU_FAULT_NONE : ONPU_FAULT_BAD_WEIGHTS;
	case ONPU_OPCODE_RESIZE:
		return table_ok(sram, command->resize.rows, command->resize.out_h,
				command->resize.in_h) &&
		       table_ok(sram, command->resize.columns, command->resize.out_w,
				command->resize.in_w) ? ONPU_FAULT_NONE : ONPU_FAULT_FIELD;
	default:
		return ONPU_FAULT_NONE;
	}
}
