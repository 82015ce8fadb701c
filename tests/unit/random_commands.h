/* SPDX-License-Identifier: MIT */
/* Random legal commands with their operands in SRAM, for who runs them in two ways. */
#ifndef TESTS_RANDOM_COMMANDS_H
#define TESTS_RANDOM_COMMANDS_H

#include <stdbool.h>

#include "iss_eval.h"

/* SRAM below is only read, by windows that go around the end. */
#define FIRST 26000

/* SRAM is handed out from the front, so that nothing overlaps. */
struct gen {
	uint64_t random;
	const struct onpu_preset *preset;
	uint8_t *sram;
	uint32_t top;		/* first free byte */
};

static uint32_t between(struct gen *g, uint32_t low, uint32_t high)
{
	return iss_between(&g->random, low, high);
}

static bool chance(struct gen *g, uint32_t percent)
{
	return between(g, 0, 99) < percent;
}

static uint32_t take(struct gen *g, uint64_t size, uint32_t align)
{
	uint32_t addr = (g->top + between(g, 0, 20) + align - 1) / align * align;

	assert_true(addr + size <= g->preset->sram_bytes);
	g->top = (uint32_t)(addr + size);
	return addr;
}

/* A map of h rows with w pixels of c bytes; distinct: no two elements share a byte. */
static void random_map(struct gen *g, struct onpu_fmap *map, uint32_t h, uint32_t w, uint32_t c,
		       bool distinct)
{
	uint32_t last;

	map->pix_pitch = c + (chance(g, 40) ? between(g, 0, 9) : 0);
	map->row_pitch = w * map->pix_pitch + (chance(g, 40) ? between(g, 0, 40) : 0);
	map->ring = chance(g, 30) ? (uint16_t)(distinct ? h + between(g, 0, 2) :
					       between(g, 1, h + 2)) : 0;
	map->row = map->ring ? (uint16_t)between(g, 0, map->ring - 1u) : (uint16_t)between(g, 0, 2);
	last = map->row + h - 1;
	if (map->ring && last >= map->ring)
		last = map->ring - 1u;
	if (!distinct && chance(g, 5))
		map->row_pitch = 0;
	if (!distinct && chance(g, 5))
		map->pix_pitch = 0;
	map->addr = take(g, (uint64_t)last * map->row_pitch +
			 (uint64_t)(w - 1) * map->pix_pitch + c, 1);
}

static int32_t random_mult(struct gen *g)
{
	switch (between(g, 0, 9)) {
	case 0:
		return 0x40000000;
	case 1:
		return 0x7fffffff;
	case 2:
		return (int32_t)(iss_random(&g->random) >> 1);
	default:
		return (int32_t)(0x40000000u | iss_random(&g->random) >> 2);
	}
}

/* Most often one that brings values of `bits` bits down to 7. */
static int8_t random_shift(struct gen *g, int bits)
{
	int shift = 7 - bits + (int)between(g, 0, 2);

	if (chance(g, 10))
		shift = (int)between(g, 0, 61) - 31;
	return (int8_t)(shift < -31 ? -31 : shift > 30 ? 30 : shift);
}

static int16_t random_zero(struct gen *g)
{
	if (chance(g, 5))
		return (int16_t)iss_random(&g->random);
	return (int16_t)((int)between(g, 0, 255) - 128);
}

static void random_clamp(struct gen *g, int16_t *min, int16_t *max)
{
	bool is_unsigned = chance(g, 30);

	*min = is_unsigned ? 0 : -128;
	*max = is_unsigned ? 255 : 127;
	if (chance(g, 20))
		*min = (int16_t)((int)between(g, 0, 127) - 128);
	if (chance(g, 5)) {
		*min = -32768;
		*max = 32767;
	}
}

static void random_op2(struct gen *g, struct onpu_post *p, uint32_t h, uint32_t w, uint32_t c)
{
	static const uint8_t ops[] = { ONPU_OP2_ADD, ONPU_OP2_SUB, ONPU_OP2_RSUB, ONPU_OP2_MUL,
				       ONPU_OP2_MAX, ONPU_OP2_MIN };

	p->op2_op = ops[between(g, 0, 5)];
	p->op2_zero = random_zero(g);
	random_clamp(g, &p->min_o, &p->max_o);
	p->op2_channels = (uint16_t)(chance(g, 70) ? c : between(g, 0, c));
	if (chance(g, 30))
		p->flags |= ONPU_POST_OP2_UNSIGNED;
	if (chance(g, 20)) {
		p->flags |= ONPU_POST_OP2_ONE_CHANNEL;
		p->op2_channels = 1;
	}
	if (p->op2_channels)
		random_map(g, &p->op2, h, w, p->op2_channels, false);
	if (p->op2_op <= ONPU_OP2_MUL) {
		p->mult_o = random_mult(g);
		p->zero_o = random_zero(g);
		p->shift_o = random_shift(g, p->op2_op == ONPU_OP2_MUL ? 14 : 27);
	}
	if (p->op2_op <= ONPU_OP2_RSUB) {
		p->left_shift = (uint8_t)(chance(g, 80) ? 20 : between(g, 0, 22));
		p->mult_v = random_mult(g);
		p->mult_x = random_mult(g);
		p->shift_v = (int8_t)-(int)between(g, 0, 2);
		p->shift_x = (int8_t)-(int)between(g, 0, 2);
	}
}

static void random_act(struct gen *g, struct onpu_post *p, uint32_t c)
{
	if (chance(g, 50)) {
		p->act = ONPU_ACT_TABLE;
		p->act_addr = take(g, 256, 1);
		return;
	}
	p->act = ONPU_ACT_PRELU;
	p->act_addr = take(g, c, 1);
	p->act_zero = random_zero(g);
	p->alpha_zero = random_zero(g);
	p->zero_a = random_zero(g);
	p->mult_p = random_mult(g);
	p->mult_n = random_mult(g);
	p->shift_p = random_shift(g, 8);
	p->shift_n = random_shift(g, 14);
	random_clamp(g, &p->min_a, &p->max_a);
	if (chance(g, 30))
		p->flags |= ONPU_POST_ALPHA_UNSIGNED;
}

/* What the narrow multipliers take, see the command manual. */
static void narrow_clamp(int16_t *min, int16_t *max, int zero)
{
	if (*min < zero - 256)
		*min = (int16_t)(zero - 256);
	if (*max > zero + 255)
		*max = (int16_t)(zero + 255);
	if (*max < *min)
		*max = *min;
	if (*min > zero + 255)
		*max = *min = (int16_t)(zero + 255);
}

static int16_t random_byte(struct gen *g, bool is_unsigned)
{
	return (int16_t)((int)between(g, 0, 255) - (is_unsigned ? 0 : 128));
}

static void narrow_operands(struct gen *g, struct onpu_post *p)
{
	bool op2 = p->op2_op != ONPU_OP2_NONE;

	if (op2 && p->op2_op <= ONPU_OP2_MUL) {
		narrow_clamp(&p->min, &p->max, p->zero);
		p->op2_zero = random_byte(g, p->flags & ONPU_POST_OP2_UNSIGNED);
	}
	if (p->act != ONPU_ACT_PRELU)
		return;
	p->alpha_zero = random_byte(g, p->flags & ONPU_POST_ALPHA_UNSIGNED);
	if (op2)
		narrow_clamp(&p->min_o, &p->max_o, p->act_zero);
	else
		narrow_clamp(&p->min, &p->max, p->act_zero);
}

/* bits: of the accumulators */
static void random_post(struct gen *g, struct onpu_post *p, uint32_t h, uint32_t w, uint32_t c,
			int bits, bool weights)
{
	p->round = (uint8_t)(chance(g, 10) ? ONPU_ROUND_N : between(g, 1, 2));
	if (weights && chance(g, 70)) {
		p->flags |= ONPU_POST_PER_CHANNEL;
	} else {
		p->bias = chance(g, 10) ? (int32_t)iss_random(&g->random) :
			  (int32_t)between(g, 0, 200) - 100;
		if (p->round != ONPU_ROUND_N) {
			p->mult = random_mult(g);
			p->shift = random_shift(g, bits);
		}
	}
	p->zero = random_zero(g);
	random_clamp(g, &p->min, &p->max);
	if (chance(g, 40))
		random_op2(g, p, h, w, c);
	if (chance(g, 40))
		random_act(g, p, c);
	narrow_operands(g, p);
}

static void put_params(struct gen *g, uint32_t n, int bits)
{
	uint8_t *p = g->sram + g->top;
	int32_t value;

	for (uint32_t i = 0; i < n; i++, p += 4) {
		value = (int32_t)between(g, 0, 2000) - 1000;
		if (chance(g, 3))
			value = (int32_t)iss_random(&g->random);
		memcpy(p, &value, 4);
	}
	for (uint32_t i = 0; i < n; i++, p += 4) {
		value = random_mult(g);
		memcpy(p, &value, 4);
	}
	for (uint32_t i = 0; i < n; i++)
		*p++ = (uint8_t)random_shift(g, bits);
	g->top += (9 * n + 3) / 4 * 4;
}

/* A weight block of n lanes; values, selects and padding are the random bytes in SRAM. */
static void put_block(struct gen *g, uint32_t n, bool dense, uint32_t offset, uint32_t row,
		      bool last, uint32_t *window)
{
	uint32_t mode = dense ? ONPU_BLOCK_D : between(g, ONPU_BLOCK_D, ONPU_BLOCK_G4);
	uint32_t steps = mode == ONPU_BLOCK_D ? 1 : between(g, 1, 3);
	uint32_t slots = steps * n * g->preset->lanes, occupied = slots, size = 0;
	bool bitmap = chance(g, 50), nibble = chance(g, 30);
	uint32_t header = offset | row << 16 | mode << 24 | (steps - 1) << 26 |
			  (uint32_t)bitmap << 28 | (uint32_t)nibble << 29 | (uint32_t)last << 31;
	uint8_t *p = g->sram + g->top;

	memcpy(p, &header, 4);
	if (bitmap) {
		uint32_t density = between(g, 0, 100);

		occupied = 0;
		size = (slots + 7) / 8;
		memset(p + 4, 0, size);
		for (uint32_t i = 0; i < slots; i++)
			if (chance(g, density)) {
				p[4 + i / 8] |= (uint8_t)(1 << i % 8);
				occupied++;
			}
	}
	size += nibble ? (occupied + 1) / 2 : occupied;
	size += mode == ONPU_BLOCK_D ? 0 : (occupied + 1) / 2;
	g->top += 4 + (size + 3) / 4 * 4;
	*window = g->preset->lanes << (mode == ONPU_BLOCK_D ? 0 : mode);
}

static void random_conv_weights(struct gen *g, struct onpu_cmd_conv *c, uint32_t *reach)
{
	uint32_t lanes = g->preset->lanes;

	c->weights = take(g, 0, 4);
	for (uint32_t first = 0; first < c->out_c; first += lanes) {
		uint32_t n = c->out_c - first < lanes ? c->out_c - first : lanes;
		uint32_t blocks = between(g, 1, 5), offset = between(g, 0, 40), row = 0;
		bool dense = c->mode & ONPU_CONV_PAIR && n <= lanes / 2;

		put_params(g, n, 15);
		if (chance(g, 10)) {
			uint32_t header = ONPU_BLOCK_LAST_MASK |
					  ONPU_BLOCK_NONE << ONPU_BLOCK_MODE_SHIFT;

			memcpy(g->sram + g->top, &header, 4);
			g->top += 4;
			continue;
		}
		for (uint32_t b = 0; b < blocks; b++) {
			uint32_t window;

			put_block(g, n, dense, offset, row, b + 1 == blocks, &window);
			if (offset + window > *reach)
				*reach = offset + window;
			/* The next one joins, overlaps, or is elsewhere. */
			if (chance(g, 50))
				offset += window;
			else if (chance(g, 50))
				offset = between(g, 0, 60);
			else
				row = between(g, 0, 4);
		}
	}
	c->weights_size = g->top - c->weights;
}

static void random_conv(struct gen *g, struct onpu_cmd_conv *c)
{
	uint32_t reach = 0;

	c->head.opcode = ONPU_OPCODE_CONV;
	c->out_h = (uint16_t)between(g, 1, 5);
	c->out_w = (uint16_t)between(g, 1, 9);
	c->out_c = (uint16_t)between(g, 1, 2 * g->preset->lanes + 3);
	c->tile_h = (uint16_t)between(g, 1, 6);
	c->tile_w = (uint16_t)between(g, 1, 20);
	c->mode = (uint16_t)between(g, 0, 7);
	c->stride_h = (uint8_t)between(g, 1, 3);
	c->stride_w = (uint8_t)between(g, 1, 3);
	if (c->mode & ONPU_CONV_WEIGHT_UNSIGNED)
		c->weight_zero = (uint8_t)between(g, 0, 255);
	random_post(g, &c->post, c->out_h, c->out_w, c->out_c, 15, true);
	random_map(g, &c->out, c->out_h, c->out_w, c->out_c, true);
	random_conv_weights(g, c, &reach);
	random_map(g, &c->in, (c->out_h - 1u) * c->stride_h + 5, (c->out_w - 1u) * c->stride_w + 1,
		   between(g, 1, 40), false);
	take(g, reach, 1);
	/* Around the end of SRAM; what is at its start is free. */
	if (chance(g, 15))
		c->in.addr = g->preset->sram_bytes - between(g, 1, 400);
	if (chance(g, 5))
		c->in.addr += g->preset->sram_bytes * between(g, 1, 7);
}

static void random_dwconv(struct gen *g, struct onpu_cmd_dwconv *c)
{
	uint32_t lanes = g->preset->lanes, taps;

	c->head.opcode = ONPU_OPCODE_DWCONV;
	c->out_h = (uint16_t)between(g, 1, 4);
	c->out_w = (uint16_t)between(g, 1, 5);
	c->out_c = (uint16_t)between(g, 1, 2 * lanes + 3);
	c->tile_h = (uint16_t)between(g, 1, 4);
	c->tile_w = (uint16_t)between(g, 1, 9);
	c->mode = (uint16_t)between(g, 0, 3);
	c->stride_h = (uint8_t)between(g, 1, 3);
	c->stride_w = (uint8_t)between(g, 1, 3);
	c->kernel_h = (uint8_t)between(g, 1, 5);
	c->kernel_w = (uint8_t)between(g, 1, 5);
	c->dilation_h = (uint8_t)between(g, 1, 2);
	c->dilation_w = (uint8_t)between(g, 1, 2);
	if (c->mode & ONPU_CONV_WEIGHT_UNSIGNED)
		c->weight_zero = (uint8_t)between(g, 0, 255);
	random_post(g, &c->post, c->out_h, c->out_w, c->out_c, 16, true);
	random_map(g, &c->out, c->out_h, c->out_w, c->out_c, true);
	taps = (uint32_t)c->kernel_h * c->kernel_w;
	c->weights = take(g, 0, 4);
	for (uint32_t first = 0; first < c->out_c; first += lanes) {
		uint32_t n = c->out_c - first < lanes ? c->out_c - first : lanes;

		put_params(g, n, 16);
		g->top += (n * taps + 3) / 4 * 4;
	}
	c->weights_size = g->top - c->weights;
	random_map(g, &c->in,
		   (c->out_h - 1u) * c->stride_h + (c->kernel_h - 1u) * c->dilation_h + 1,
		   (c->out_w - 1u) * c->stride_w + (c->kernel_w - 1u) * c->dilation_w + 1,
		   c->out_c, false);
}

static void random_eltwise(struct gen *g, struct onpu_cmd_eltwise *c)
{
	bool in_place = chance(g, 20);

	c->head.opcode = ONPU_OPCODE_ELTWISE;
	c->out_h = (uint16_t)between(g, 1, 5);
	c->out_w = (uint16_t)between(g, 1, 6);
	c->out_c = (uint16_t)(chance(g, 10) ? between(g, 250, 600) : between(g, 1, 70));
	c->mode = (uint16_t)between(g, 0, 1);
	random_post(g, &c->post, c->out_h, c->out_w, c->out_c, 8, false);
	random_map(g, &c->out, c->out_h, c->out_w, c->out_c, true);
	random_map(g, &c->in, c->out_h, c->out_w, c->out_c, false);
	if (in_place)
		c->in = c->out;
	else if (c->post.op2_channels == c->out_c && chance(g, 20))
		c->post.op2 = c->out;
}

static void random_pool(struct gen *g, struct onpu_cmd_pool *c)
{
	c->head.opcode = ONPU_OPCODE_POOL;
	c->out_h = (uint16_t)between(g, 1, 4);
	c->out_w = (uint16_t)between(g, 1, 4);
	c->out_c = (uint16_t)(chance(g, 10) ? between(g, 250, 300) : between(g, 1, 40));
	c->mode = (uint16_t)between(g, 0, 1);
	c->kernel_h = (uint16_t)between(g, 1, 5);
	c->kernel_w = (uint16_t)between(g, 1, 5);
	c->stride_h = (uint16_t)between(g, 1, 2);
	c->stride_w = (uint16_t)between(g, 1, 3);
	c->op = (uint16_t)between(g, 0, 1);
	random_post(g, &c->post, c->out_h, c->out_w, c->out_c,
		    c->op == ONPU_POOL_MAX ? 8 : 11, false);
	random_map(g, &c->out, c->out_h, c->out_w, c->out_c, true);
	random_map(g, &c->in, (c->out_h - 1u) * c->stride_h + c->kernel_h,
		   (c->out_w - 1u) * c->stride_w + c->kernel_w, c->out_c, false);
}

static void random_table(struct gen *g, uint32_t *table, uint32_t count, uint32_t limit)
{
	*table = take(g, 8 * count, 8);
	for (uint32_t i = 0; i < count; i++) {
		uint16_t entry[4] = { (uint16_t)between(g, 0, limit - 1),
				      (uint16_t)between(g, 0, limit - 1),
				      (uint16_t)between(g, 0, 1024), 0 };

		memcpy(g->sram + *table + 8 * i, entry, 8);
	}
}

static void random_resize(struct gen *g, struct onpu_cmd_resize *c)
{
	c->head.opcode = ONPU_OPCODE_RESIZE;
	c->out_h = (uint16_t)between(g, 1, 5);
	c->out_w = (uint16_t)between(g, 1, 6);
	c->out_c = (uint16_t)between(g, 1, 40);
	c->mode = (uint16_t)between(g, 0, 1);
	c->in_h = (uint16_t)between(g, 1, 5);
	c->in_w = (uint16_t)between(g, 1, 5);
	random_post(g, &c->post, c->out_h, c->out_w, c->out_c, 28, false);
	random_map(g, &c->out, c->out_h, c->out_w, c->out_c, true);
	random_table(g, &c->rows, c->out_h, c->in_h);
	random_table(g, &c->columns, c->out_w, c->in_w);
	random_map(g, &c->in, c->in_h, c->in_w, c->out_c, false);
}

static void random_dma(struct gen *g, struct onpu_cmd_load *c, uint8_t opcode)
{
	struct onpu_fmap map = { 0 };

	c->head.opcode = opcode;
	c->n0 = between(g, 1, 50);
	c->n1 = (uint16_t)between(g, 1, 6);
	c->n2 = (uint16_t)between(g, 1, 5);
	random_map(g, &map, c->n2, c->n1, c->n0, true);
	c->addr = map.addr;
	c->sram_stride1 = map.pix_pitch;
	c->sram_stride2 = map.row_pitch;
	c->ring = map.ring;
	c->row = map.row;
	if (opcode == ONPU_OPCODE_FILL) {
		c->value = (uint8_t)between(g, 0, 255);
		return;
	}
	c->region = (uint8_t)between(g, 0, 1);
	c->offset = between(g, 0, 100000);
	c->ext_stride1 = c->n0 + (chance(g, 50) ? 0 : between(g, 0, 30));
	c->ext_stride2 = c->n1 * c->ext_stride1 + (chance(g, 50) ? 0 : between(g, 0, 90));
}

static size_t random_command(struct gen *g, union command *c)
{
	memset(c, 0, sizeof(*c));
	switch (between(g, 0, 10)) {
	case 0:
	case 1:
	case 2:
		random_conv(g, &c->conv);
		return sizeof(c->conv);
	case 3:
	case 4:
		random_dwconv(g, &c->dwconv);
		return sizeof(c->dwconv);
	case 5:
		random_pool(g, &c->pool);
		return sizeof(c->pool);
	case 6:
		random_resize(g, &c->resize);
		return sizeof(c->resize);
	case 7:
		random_dma(g, &c->load, ONPU_OPCODE_LOAD);
		return sizeof(c->load);
	case 8:
		random_dma(g, &c->load, ONPU_OPCODE_STORE);
		return sizeof(c->load);
	case 9:
		random_dma(g, &c->load, ONPU_OPCODE_FILL);
		return sizeof(c->load);
	default:
		random_eltwise(g, &c->eltwise);
		return sizeof(c->eltwise);
	}
}

#endif
