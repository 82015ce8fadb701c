/* SPDX-License-Identifier: MIT */
/* Small legal commands and weight streams, to be altered by tests; for preset base. */
#ifndef ISS_COMMANDS_H
#define ISS_COMMANDS_H

#include "iss_util.h"

#define ADDR_IN 0x1000u
#define ADDR_OUT 0x4000u
#define ADDR_WEIGHTS 0x8000u
#define ADDR_TABLE 0x200u
#define V 16u		/* of preset base */

/* ---- commands --------------------------------------------------------------------- */

/* Stores the low byte of the accumulator. */
static inline struct onpu_post plain_post(void)
{
	struct onpu_post post = { .min = -32768, .max = 32767 };

	return post;
}

/* Dense rows of w pixels of c bytes. */
static inline struct onpu_fmap dense(uint32_t addr, uint32_t w, uint32_t c)
{
	struct onpu_fmap map = { .addr = addr, .row_pitch = w * c, .pix_pitch = c };

	return map;
}

static inline struct onpu_cmd_load dma(uint8_t opcode, uint32_t addr, uint32_t offset,
				       uint32_t size)
{
	struct onpu_cmd_load c = {
		.head = { .opcode = opcode }, .n0 = size, .n1 = 1, .n2 = 1, .addr = addr,
	};

	if (opcode != ONPU_OPCODE_FILL) {
		c.region = 1;
		c.offset = offset;
	}
	return c;
}

static inline struct onpu_cmd_eltwise eltwise(uint16_t h, uint16_t w, uint16_t c)
{
	struct onpu_cmd_eltwise e = {
		.head = { .opcode = ONPU_OPCODE_ELTWISE }, .out_h = h, .out_w = w, .out_c = c,
		.in = dense(ADDR_IN, w, c), .out = dense(ADDR_OUT, w, c), .post = plain_post(),
	};

	return e;
}

static inline struct onpu_cmd_conv conv(uint16_t h, uint16_t w, uint16_t c)
{
	struct onpu_cmd_conv e = {
		.head = { .opcode = ONPU_OPCODE_CONV }, .out_h = h, .out_w = w, .out_c = c,
		.tile_h = h, .tile_w = w, .stride_h = 1, .stride_w = 1, .weights = ADDR_WEIGHTS,
		.in = dense(ADDR_IN, w, V), .out = dense(ADDR_OUT, w, c), .post = plain_post(),
	};

	return e;
}

static inline struct onpu_cmd_dwconv dwconv(uint16_t h, uint16_t w, uint16_t c, uint8_t k)
{
	struct onpu_cmd_dwconv e = {
		.head = { .opcode = ONPU_OPCODE_DWCONV }, .out_h = h, .out_w = w, .out_c = c,
		.tile_h = h, .tile_w = w, .stride_h = 1, .stride_w = 1, .kernel_h = k,
		.kernel_w = k, .dilation_h = 1, .dilation_w = 1, .weights = ADDR_WEIGHTS,
		.in = dense(ADDR_IN, (uint32_t)w + k - 1, c), .out = dense(ADDR_OUT, w, c),
		.post = plain_post(),
	};

	return e;
}

static inline struct onpu_cmd_pool pool(uint16_t h, uint16_t w, uint16_t c, uint16_t k)
{
	struct onpu_cmd_pool e = {
		.head = { .opcode = ONPU_OPCODE_POOL }, .out_h = h, .out_w = w, .out_c = c,
		.kernel_h = k, .kernel_w = k, .stride_h = 1, .stride_w = 1,
		.in = dense(ADDR_IN, (uint32_t)w + k - 1, c), .out = dense(ADDR_OUT, w, c),
		.post = plain_post(),
	};

	return e;
}

static inline struct onpu_cmd_resize resize(uint16_t h, uint16_t w, uint16_t c)
{
	struct onpu_cmd_resize e = {
		.head = { .opcode = ONPU_OPCODE_RESIZE }, .out_h = h, .out_w = w, .out_c = c,
		.in_h = 2, .in_w = 2, .rows = ADDR_TABLE, .columns = ADDR_TABLE + 0x100,
		.in = dense(ADDR_IN, 2, c), .out = dense(ADDR_OUT, w, c), .post = plain_post(),
	};

	return e;
}

/* ---- weight streams --------------------------------------------------------------- */

struct weights {
	uint8_t *sram;
	uint32_t start, at;
};

static inline struct weights weights_at(struct iss *iss)
{
	struct weights w = { onpu_core_sram(iss->core), ADDR_WEIGHTS, ADDR_WEIGHTS };

	return w;
}

static inline void put_bytes(struct weights *w, const void *bytes, size_t size)
{
	memcpy(w->sram + w->at, bytes, size);
	w->at += (uint32_t)size;
}

static inline void put_word(struct weights *w, uint32_t word)
{
	put_bytes(w, &word, 4);
}

static inline void put_byte(struct weights *w, int value)
{
	w->sram[w->at++] = (uint8_t)value;
}

static inline void pad(struct weights *w)
{
	while ((w->at - w->start) % 4)
		put_byte(w, 0);
}

static inline void put_params(struct weights *w, uint32_t n, int32_t bias, int32_t mult, int shift)
{
	for (uint32_t i = 0; i < n; i++)
		put_word(w, (uint32_t)bias);
	for (uint32_t i = 0; i < n; i++)
		put_word(w, (uint32_t)mult);
	for (uint32_t i = 0; i < n; i++)
		put_byte(w, shift);
	pad(w);
}

static inline uint32_t header(uint32_t mode, uint32_t row, uint32_t offset, uint32_t steps,
			      uint32_t more)
{
	return offset | row << ONPU_BLOCK_ROW_SHIFT | mode << ONPU_BLOCK_MODE_SHIFT |
	       (steps - 1) << ONPU_BLOCK_STEPS_SHIFT | more;
}

/* A dense D block, all weights equal, of n lanes. */
static inline void put_dense(struct weights *w, uint32_t n, uint32_t offset, int value,
			     uint32_t more)
{
	put_word(w, header(ONPU_BLOCK_D, 0, offset, 1, more));
	for (uint32_t i = 0; i < n * V; i++)
		put_byte(w, value);
}

/* A block of one lane with one occupied slot. */
static inline void put_single(struct weights *w, uint32_t mode, uint32_t row, uint32_t offset,
			      uint32_t slot, uint32_t select, int value, uint32_t more)
{
	uint8_t map[V / 8] = { 0 };

	map[slot / 8] = (uint8_t)(1 << slot % 8);
	put_word(w, header(mode, row, offset, 1, more | ONPU_BLOCK_BITMAP_MASK));
	put_bytes(w, map, sizeof(map));
	put_byte(w, value);
	if (mode != ONPU_BLOCK_D)
		put_byte(w, (int)select);
	pad(w);
}

/* ---- one of each ------------------------------------------------------------------ */

union any {
	struct onpu_head head;
	struct onpu_cmd_preempt preempt;
	struct onpu_cmd_load load;
	struct onpu_cmd_conv conv;
	struct onpu_cmd_dwconv dwconv;
	struct onpu_cmd_eltwise eltwise;
	struct onpu_cmd_pool pool;
	struct onpu_cmd_resize resize;
};

/* A legal command of each opcode; its weights and tables are in SRAM. */
static inline size_t legal(struct iss *iss, uint8_t opcode, union any *c)
{
	struct weights w = weights_at(iss);
	uint16_t entry[4] = { 0, 1, 512, 0 };

	memset(c, 0, sizeof(*c));
	switch (opcode) {
	case ONPU_OPCODE_PREEMPT:
		c->head.opcode = opcode;
		return sizeof(c->preempt);
	case ONPU_OPCODE_CONV:
		c->conv = conv(2, 3, 4);
		put_params(&w, 4, 1, 1 << 30, -2);
		put_dense(&w, 4, 0, 3, ONPU_BLOCK_LAST_MASK);
		c->conv.weights_size = w.at - w.start;
		return sizeof(c->conv);
	case ONPU_OPCODE_DWCONV:
		c->dwconv = dwconv(2, 3, 4, 3);
		put_params(&w, 4, 1, 1 << 30, -2);
		for (int i = 0; i < 36; i++)
			put_byte(&w, i);
		c->dwconv.weights_size = w.at - w.start;
		return sizeof(c->dwconv);
	case ONPU_OPCODE_ELTWISE:
		c->eltwise = eltwise(2, 3, 4);
		return sizeof(c->eltwise);
	case ONPU_OPCODE_POOL:
		c->pool = pool(2, 3, 4, 2);
		return sizeof(c->pool);
	case ONPU_OPCODE_RESIZE:
		c->resize = resize(1, 1, 4);
		memcpy(w.sram + c->resize.rows, entry, sizeof(entry));
		memcpy(w.sram + c->resize.columns, entry, sizeof(entry));
		return sizeof(c->resize);
	default:
		c->load = dma(opcode, ADDR_OUT, 0, 64);
		return sizeof(c->load);
	}
}

/* Runs CONV on the stream; BAD_WEIGHTS or not. */
static inline enum onpu_fault run_weights(struct iss *iss, struct onpu_cmd_conv *c,
					  struct weights *w)
{
	c->weights_size = w->at - w->start;
	iss->stream_size = 0;
	iss_put(iss, c, sizeof(*c));
	iss_put_end(iss);
	iss_run(iss);
	if (onpu_core_fault(iss->core)->code != ONPU_FAULT_NONE)
		assert_int_equal(onpu_core_fault(iss->core)->engine, ONPU_ENGINE_COMPUTE);
	return onpu_core_fault(iss->core)->code;
}

#endif
