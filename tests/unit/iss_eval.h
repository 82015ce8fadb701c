/* SPDX-License-Identifier: MIT */
/*
 * Evaluates one command straight from the command manual, one element at a time: slow,
 * and with nothing in common with the functional core.
 */
#ifndef ISS_EVAL_H
#define ISS_EVAL_H

#include <stdbool.h>

#include "iss_util.h"

union command {
	struct onpu_head head;
	struct onpu_cmd_load load;
	struct onpu_cmd_conv conv;
	struct onpu_cmd_dwconv dwconv;
	struct onpu_cmd_eltwise eltwise;
	struct onpu_cmd_pool pool;
	struct onpu_cmd_resize resize;
};

/* ---- the manual's arithmetic --------------------------------------------------- */

static inline int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return q - (a % b != 0 && (a < 0) != (b < 0));
}

static inline int64_t half_away(__int128 a, unsigned int n)
{
	__int128 half = n ? (__int128)1 << (n - 1) : 0;

	return (int64_t)(a < 0 ? -((-a + half) >> n) : (a + half) >> n);
}

static inline int64_t eval_d(int64_t x, int64_t q, int s)
{
	int64_t left = s > 0 ? s : 0, t;

	x = (int32_t)(uint32_t)(uint64_t)((__int128)x * ((__int128)1 << left));
	t = floor_div(x * q + (1ll << 30), 1ll << 31);
	return half_away(t, s < 0 ? (unsigned int)-s : 0);
}

static inline int64_t eval_a(int64_t x, int64_t q, int s)
{
	int64_t y = half_away((__int128)x * q, (unsigned int)(31 - s));

	return y > INT32_MAX ? INT32_MAX : y < INT32_MIN ? INT32_MIN : y;
}

static inline int64_t clip(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

static inline int64_t wrap(int64_t v)
{
	return (int32_t)(uint32_t)(uint64_t)v;
}

static inline int64_t byte_value(uint8_t byte, bool is_unsigned)
{
	return is_unsigned || byte < 128 ? byte : (int64_t)byte - 256;
}

/* ---- evaluator -------------------------------------------------------------------- */

struct eval {
	uint8_t *sram;
	uint8_t *memory;
	uint32_t size;		/* of SRAM */
	uint32_t lanes;
	const struct onpu_core_job *job;
};

static inline uint64_t place(const struct onpu_fmap *map, uint64_t y, uint64_t x, uint64_t c)
{
	uint64_t r = map->ring ? (map->row + y) % map->ring : map->row + y;

	return map->addr + r * map->row_pitch + x * map->pix_pitch + c;
}

struct params {
	int64_t bias, mult;
	int shift;
};

static inline void eval_post(struct eval *e, const struct onpu_post *p, const struct onpu_fmap *out,
		      const struct params *params, uint32_t y, uint32_t x, uint32_t c, int64_t acc)
{
	int64_t bias = params ? params->bias : p->bias, mult = params ? params->mult : p->mult;
	int shift = params ? params->shift : p->shift;
	int64_t a = wrap(acc + bias), v;

	v = p->round == ONPU_ROUND_N ? a : p->round == ONPU_ROUND_D ? eval_d(a, mult, shift) :
	    eval_a(a, mult, shift);
	v = clip(v + p->zero, p->min, p->max);
	if (p->op2_op != ONPU_OP2_NONE) {
		uint32_t k = p->flags & ONPU_POST_OP2_ONE_CHANNEL ? 0 : c;
		int64_t operand = p->op2_zero, s = 0, vs, xs;

		if (k < p->op2_channels)
			operand = byte_value(e->sram[place(&p->op2, y, x, k)],
					     p->flags & ONPU_POST_OP2_UNSIGNED);
		vs = eval_d(wrap((v - p->zero) * (1ll << p->left_shift)), p->mult_v, p->shift_v);
		xs = eval_d(wrap((operand - p->op2_zero) * (1ll << p->left_shift)), p->mult_x,
			    p->shift_x);
		switch (p->op2_op) {
		case ONPU_OP2_ADD:
			s = vs + xs;
			break;
		case ONPU_OP2_SUB:
			s = vs - xs;
			break;
		case ONPU_OP2_RSUB:
			s = xs - vs;
			break;
		case ONPU_OP2_MUL:
			s = (v - p->zero) * (operand - p->op2_zero);
			break;
		}
		if (p->op2_op == ONPU_OP2_MAX)
			v = v > operand ? v : operand;
		else if (p->op2_op == ONPU_OP2_MIN)
			v = v < operand ? v : operand;
		else
			v = eval_d(wrap(s), p->mult_o, p->shift_o) + p->zero_o;
		v = clip(v, p->min_o, p->max_o);
	}
	if (p->act == ONPU_ACT_TABLE) {
		v = e->sram[p->act_addr + (uint64_t)(v & 255)];
	} else if (p->act == ONPU_ACT_PRELU) {
		int64_t alpha = byte_value(e->sram[p->act_addr + c],
					   p->flags & ONPU_POST_ALPHA_UNSIGNED);
		int64_t u = v - p->act_zero;

		u = u >= 0 ? eval_d(u, p->mult_p, p->shift_p) :
		    eval_d(wrap(u * (alpha - p->alpha_zero)), p->mult_n, p->shift_n);
		v = clip(u + p->zero_a, p->min_a, p->max_a);
	}
	e->sram[place(out, y, x, c)] = (uint8_t)(v & 255);
}

static inline int64_t get_i32(const uint8_t *p)
{
	return (int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
			 (uint32_t)p[3] << 24);
}

/* One weight of a CONV: everything that the manual says of an occupied slot. */
struct slot {
	uint32_t channel, row, byte;	/* byte: in the row of the window */
	int64_t weight;
};

static inline size_t eval_slots(const struct eval *e, const struct onpu_cmd_conv *c,
			 struct params *params, struct slot *slots)
{
	const uint8_t *p = e->sram + c->weights, *base = p;
	size_t count = 0;

	for (uint32_t first = 0; first < c->out_c; first += e->lanes) {
		uint32_t n = c->out_c - first < e->lanes ? c->out_c - first : e->lanes;
		bool last = false;

		for (uint32_t i = 0; i < n; i++) {
			params[first + i].bias = get_i32(p + 4 * i);
			params[first + i].mult = get_i32(p + 4 * n + 4 * i);
			params[first + i].shift = (int8_t)p[8 * n + i];
		}
		p += (9 * n + 3) / 4 * 4;
		while (!last) {
			uint32_t h = (uint32_t)get_i32(p), mode = h >> 24 & 3;
			uint32_t steps = (h >> 26 & 3) + 1, total = steps * n * e->lanes;
			uint32_t occupied = 0, k = 0;
			const uint8_t *map, *values, *selects;

			last = h >> 31;
			p += 4;
			if (mode == ONPU_BLOCK_NONE)
				continue;
			map = p;
			for (uint32_t i = 0; i < total; i++)
				occupied += !(h >> 28 & 1) || map[i / 8] >> i % 8 & 1;
			values = map + (h >> 28 & 1 ? (total + 7) / 8 : 0);
			selects = values + (h >> 29 & 1 ? (occupied + 1) / 2 : occupied);
			for (uint32_t i = 0; i < total; i++) {
				uint32_t t = i % e->lanes, select = 0, byte = t;
				int64_t weight;

				if (h >> 28 & 1 && !(map[i / 8] >> i % 8 & 1))
					continue;
				if (mode != ONPU_BLOCK_D)
					select = selects[k / 2] >> (k % 2 * 4) & 15;
				if (mode == ONPU_BLOCK_G2)
					byte = (4 * t + select) % (4 * e->lanes) % (2 * e->lanes);
				if (mode == ONPU_BLOCK_G4)
					byte = (4 * t + select) % (4 * e->lanes);
				if (h >> 29 & 1) {
					weight = values[k / 2] >> (k % 2 * 4) & 15;
					weight = weight > 7 ? weight - 16 : weight;
				} else if (c->mode & ONPU_CONV_WEIGHT_UNSIGNED) {
					weight = (int64_t)values[k] - c->weight_zero;
				} else {
					weight = byte_value(values[k], false);
				}
				slots[count++] = (struct slot){
					first + i / e->lanes % n, h >> 16 & 255,
					(h & 0xffff) + byte, weight
				};
				k++;
			}
			p = selects + (mode == ONPU_BLOCK_D ? 0 : (occupied + 1) / 2);
			p += -(size_t)(p - base) % 4;
		}
	}
	assert_int_equal(p - base, c->weights_size);
	return count;
}

static inline void eval_conv(struct eval *e, const struct onpu_cmd_conv *c)
{
	struct params *params = calloc(c->out_c, sizeof(*params));
	struct slot *slots = calloc(16 * (size_t)c->weights_size + 1, sizeof(*slots));
	int64_t *acc = calloc(c->out_c, sizeof(*acc));
	size_t count = eval_slots(e, c, params, slots);

	for (uint32_t y = 0; y < c->out_h; y++) {
		for (uint32_t x = 0; x < c->out_w; x++) {
			memset(acc, 0, c->out_c * sizeof(*acc));
			for (size_t i = 0; i < count; i++) {
				uint64_t at = place(&c->in, y * c->stride_h + slots[i].row,
						    x * c->stride_w, slots[i].byte) % e->size;

				acc[slots[i].channel] += slots[i].weight *
					byte_value(e->sram[at], c->mode & ONPU_CONV_IN_UNSIGNED);
			}
			for (uint32_t k = 0; k < c->out_c; k++)
				eval_post(e, &c->post, &c->out,
					  c->post.flags & ONPU_POST_PER_CHANNEL ? &params[k] :
					  NULL, y, x, k, acc[k]);
		}
	}
	free(params);
	free(slots);
	free(acc);
}

static inline void eval_dwconv(struct eval *e, const struct onpu_cmd_dwconv *c)
{
	uint32_t taps = (uint32_t)c->kernel_h * c->kernel_w;

	for (uint32_t k = 0; k < c->out_c; k++) {
		uint32_t first = k / e->lanes * e->lanes, lane = k - first;
		uint32_t n = c->out_c - first < e->lanes ? c->out_c - first : e->lanes;
		uint32_t whole = (9 * e->lanes + 3) / 4 * 4 + (taps * e->lanes + 3) / 4 * 4;
		const uint8_t *p = e->sram + c->weights + k / e->lanes * whole;
		struct params params = { get_i32(p + 4 * lane), get_i32(p + 4 * n + 4 * lane),
					 (int8_t)p[8 * n + lane] };

		p += (9 * n + 3) / 4 * 4;
		for (uint32_t y = 0; y < c->out_h; y++) {
			for (uint32_t x = 0; x < c->out_w; x++) {
				int64_t acc = 0;

				for (uint32_t t = 0; t < taps; t++) {
					uint32_t i = t / c->kernel_w, j = t % c->kernel_w;
					uint8_t in = e->sram[place(&c->in, y * c->stride_h +
						i * c->dilation_h, x * c->stride_w +
						j * c->dilation_w, k)];
					uint8_t w = p[t * n + lane];
					bool u = c->mode & ONPU_CONV_WEIGHT_UNSIGNED;

					acc += byte_value(in, c->mode & ONPU_CONV_IN_UNSIGNED) *
					       (byte_value(w, u) - c->weight_zero);
				}
				eval_post(e, &c->post, &c->out,
					  c->post.flags & ONPU_POST_PER_CHANNEL ? &params : NULL,
					  y, x, k, acc);
			}
		}
	}
}

static inline int64_t input(const struct eval *e, const struct onpu_fmap *map, uint32_t mode,
		     uint64_t y, uint64_t x, uint64_t c)
{
	return byte_value(e->sram[place(map, y, x, c)], mode & ONPU_CONV_IN_UNSIGNED);
}

static inline void eval_eltwise(struct eval *e, const struct onpu_cmd_eltwise *c)
{
	for (uint32_t y = 0; y < c->out_h; y++)
		for (uint32_t x = 0; x < c->out_w; x++)
			for (uint32_t k = 0; k < c->out_c; k++)
				eval_post(e, &c->post, &c->out, NULL, y, x, k,
					  input(e, &c->in, c->mode, y, x, k));
}

static inline int64_t eval_window(const struct eval *e, const struct onpu_cmd_pool *c, uint32_t y,
			   uint32_t x, uint32_t k)
{
	int64_t best = -1000, sum = 0;

	for (uint32_t i = 0; i < c->kernel_h; i++)
		for (uint32_t j = 0; j < c->kernel_w; j++) {
			int64_t v = input(e, &c->in, c->mode, y * c->stride_h + i,
					  x * c->stride_w + j, k);

			best = v > best ? v : best;
			sum += v;
		}
	return c->op == ONPU_POOL_MAX ? best : sum;
}

static inline void eval_pool(struct eval *e, const struct onpu_cmd_pool *c)
{
	for (uint32_t y = 0; y < c->out_h; y++)
		for (uint32_t x = 0; x < c->out_w; x++)
			for (uint32_t k = 0; k < c->out_c; k++)
				eval_post(e, &c->post, &c->out, NULL, y, x, k,
					  eval_window(e, c, y, x, k));
}

static inline int64_t get_u16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static inline void eval_resize(struct eval *e, const struct onpu_cmd_resize *c)
{
	for (uint32_t y = 0; y < c->out_h; y++) {
		for (uint32_t x = 0; x < c->out_w; x++) {
			const uint8_t *r = e->sram + c->rows + 8 * y;
			const uint8_t *q = e->sram + c->columns + 8 * x;
			uint64_t y0 = (uint64_t)get_u16(r), y1 = (uint64_t)get_u16(r + 2);
			uint64_t x0 = (uint64_t)get_u16(q), x1 = (uint64_t)get_u16(q + 2);
			int64_t fy = get_u16(r + 4), fx = get_u16(q + 4);

			for (uint32_t k = 0; k < c->out_c; k++) {
				int64_t a = input(e, &c->in, c->mode, y0, x0, k) * (1024 - fx) +
					    input(e, &c->in, c->mode, y0, x1, k) * fx;
				int64_t b = input(e, &c->in, c->mode, y1, x0, k) * (1024 - fx) +
					    input(e, &c->in, c->mode, y1, x1, k) * fx;

				eval_post(e, &c->post, &c->out, NULL, y, x, k,
					  a * (1024 - fy) + b * fy);
			}
		}
	}
}

static inline void eval_dma(struct eval *e, const struct onpu_cmd_load *c)
{
	for (uint64_t k = 0; k < c->n2; k++)
		for (uint64_t j = 0; j < c->n1; j++)
			for (uint64_t i = 0; i < c->n0; i++) {
				uint64_t r = c->ring ? (c->row + k) % c->ring : c->row + k;
				uint8_t *sram = e->sram + c->addr + r * c->sram_stride2 +
						j * c->sram_stride1 + i;
				uint8_t *external = e->memory + e->job->region[c->region].va +
						    c->offset + k * c->ext_stride2 +
						    j * c->ext_stride1 + i;

				if (c->head.opcode == ONPU_OPCODE_FILL)
					*sram = c->value;
				else if (c->head.opcode == ONPU_OPCODE_LOAD)
					*sram = *external;
				else
					*external = *sram;
			}
}

static inline void evaluate(struct eval *e, const union command *c)
{
	switch (c->head.opcode) {
	case ONPU_OPCODE_CONV:
		eval_conv(e, &c->conv);
		break;
	case ONPU_OPCODE_DWCONV:
		eval_dwconv(e, &c->dwconv);
		break;
	case ONPU_OPCODE_ELTWISE:
		eval_eltwise(e, &c->eltwise);
		break;
	case ONPU_OPCODE_POOL:
		eval_pool(e, &c->pool);
		break;
	case ONPU_OPCODE_RESIZE:
		eval_resize(e, &c->resize);
		break;
	default:
		eval_dma(e, &c->load);
		break;
	}
}

#endif
