// SPDX-License-Identifier: MIT
#include <stdbool.h>

#include "post.h"
#include "rescale.h"

/* Channels that pass the stages together. */
#define CHUNK 64

/* Element channels that one stage works on. */
struct part {
	const struct onpu_post_unit *unit;
	uint32_t y, x, first, n;
};

static int32_t rescale(uint32_t round, int32_t x, int32_t mult, int shift)
{
	switch (round) {
	case ONPU_ROUND_D:
		return onpu_rescale_d(x, mult, shift);
	case ONPU_ROUND_A:
		return onpu_rescale_a(x, mult, shift);
	default:
		return x;
	}
}

/* Stages 1 and 2 */
static void scale_per_channel(const struct part *part, const uint32_t *acc, int32_t *v)
{
	const struct onpu_post *p = part->unit->post;
	const int32_t *bias = part->unit->bias + part->first;
	const int32_t *mult = part->unit->mult + part->first;
	const int8_t *shift = part->unit->shift + part->first;

	for (uint32_t i = 0; i < part->n; i++) {
		int32_t a = (int32_t)(acc[i] + (uint32_t)bias[i]);

		v[i] = onpu_clamp((int64_t)rescale(p->round, a, mult[i], shift[i]) + p->zero,
				  p->min, p->max);
	}
}

static void scale(const struct part *part, const uint32_t *acc, int32_t *v)
{
	const struct onpu_post *p = part->unit->post;

	for (uint32_t i = 0; i < part->n; i++) {
		int32_t a = (int32_t)(acc[i] + (uint32_t)p->bias);

		v[i] = onpu_clamp((int64_t)rescale(p->round, a, p->mult, p->shift) + p->zero,
				  p->min, p->max);
	}
}

/* Stage 3 */
static void load_operand(const struct part *part, int32_t *x)
{
	const struct onpu_post *p = part->unit->post;
	bool is_unsigned = p->flags & ONPU_POST_OP2_UNSIGNED;
	bool one = p->flags & ONPU_POST_OP2_ONE_CHANNEL;
	uint32_t addr = onpu_row_addr(&p->op2, part->y) + part->x * p->op2.pix_pitch;

	for (uint32_t i = 0; i < part->n; i++) {
		uint32_t c = one ? 0 : part->first + i;

		x[i] = c < p->op2_channels ?
		       onpu_element(part->unit->sram[addr + c], is_unsigned) : p->op2_zero;
	}
}

static int32_t scale_operand(int32_t v, uint32_t left_shift, int32_t mult, int shift)
{
	return onpu_rescale_d((int32_t)((uint32_t)v << left_shift), mult, shift);
}

static uint32_t combine(const struct onpu_post *p, int32_t v, int32_t x)
{
	uint32_t a, b;

	if (p->op2_op == ONPU_OP2_MUL)
		return (uint32_t)(v - p->zero) * (uint32_t)(x - p->op2_zero);
	a = (uint32_t)scale_operand(v - p->zero, p->left_shift, p->mult_v, p->shift_v);
	b = (uint32_t)scale_operand(x - p->op2_zero, p->left_shift, p->mult_x, p->shift_x);
	return p->op2_op == ONPU_OP2_ADD ? a + b : p->op2_op == ONPU_OP2_SUB ? a - b : b - a;
}

static void apply_operand(const struct part *part, int32_t *v)
{
	const struct onpu_post *p = part->unit->post;
	int32_t x[CHUNK];

	load_operand(part, x);
	for (uint32_t i = 0; i < part->n; i++) {
		int64_t r;

		if (p->op2_op == ONPU_OP2_MAX)
			r = v[i] > x[i] ? v[i] : x[i];
		else if (p->op2_op == ONPU_OP2_MIN)
			r = v[i] < x[i] ? v[i] : x[i];
		else
			r = (int64_t)onpu_rescale_d((int32_t)combine(p, v[i], x[i]), p->mult_o,
						    p->shift_o) + p->zero_o;
		v[i] = onpu_clamp(r, p->min_o, p->max_o);
	}
}

/* Stage 4 */
static void look_up(const struct part *part, int32_t *v)
{
	const uint8_t *table = part->unit->sram + part->unit->post->act_addr;

	for (uint32_t i = 0; i < part->n; i++)
		v[i] = table[v[i] & 255];
}

static void prelu(const struct part *part, int32_t *v)
{
	const struct onpu_post *p = part->unit->post;
	const uint8_t *alpha = part->unit->sram + p->act_addr + part->first;
	bool is_unsigned = p->flags & ONPU_POST_ALPHA_UNSIGNED;

	for (uint32_t i = 0; i < part->n; i++) {
		int32_t u = v[i] - p->act_zero;

		if (u >= 0) {
			u = onpu_rescale_d(u, p->mult_p, p->shift_p);
		} else {
			int32_t slope = onpu_element(alpha[i], is_unsigned) - p->alpha_zero;

			u = onpu_rescale_d((int32_t)((uint32_t)u * (uint32_t)slope), p->mult_n,
					   p->shift_n);
		}
		v[i] = onpu_clamp((int64_t)u + p->zero_a, p->min_a, p->max_a);
	}
}

static void store_part(const struct part *part, const uint32_t *acc)
{
	const struct onpu_post_unit *unit = part->unit;
	uint8_t *out = unit->sram + onpu_row_addr(unit->out, part->y) +
		       part->x * unit->out->pix_pitch + part->first;
	int32_t v[CHUNK];

	if (unit->post->flags & ONPU_POST_PER_CHANNEL)
		scale_per_channel(part, acc, v);
	else
		scale(part, acc, v);
	if (unit->post->op2_op != ONPU_OP2_NONE)
		apply_operand(part, v);
	if (unit->post->act == ONPU_ACT_TABLE)
		look_up(part, v);
	else if (unit->post->act == ONPU_ACT_PRELU)
		prelu(part, v);
	for (uint32_t i = 0; i < part->n; i++)
		out[i] = (uint8_t)v[i];
}

void onpu_post_store(const struct onpu_post_unit *unit, uint32_t y, uint32_t x, uint32_t first,
		     uint32_t n, const uint32_t *acc)
{
	for (uint32_t i = 0; i < n; i += CHUNK) {
		struct part part = { unit, y, x, first + i, n - i < CHUNK ? n - i : CHUNK };

		store_part(&part, acc + i);
	}
}
