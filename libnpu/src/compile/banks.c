// SPDX-License-Identifier: MIT
/*
 * How far it must be from row to row in SRAM, so that vectors which a layer reads in one cycle lie in different
 * banks.  A vector of V bytes touches two banks unless it is aligned; vector v is in bank v mod 32.
 */
#include "schedule.h"

#define BANKS 32
#define PORTS 4		/* vectors that are read at once */
#define GROUPS 64	/* of the vectors of a window: the others repeat what these do */

static int min_int(int a, int b)
{
	return a < b ? a : b;
}

/* Whether vectors so far apart may want different rows of one bank. */
static bool clash(uint64_t lanes, uint64_t from, uint64_t to)
{
	uint64_t distance = from < to ? to - from : from - to, place = distance % (BANKS * lanes);

	return distance >= 2 * lanes && (place < 2 * lanes || place > (BANKS - 2) * lanes);
}

static int clashes(uint64_t lanes, const uint64_t *at, int n)
{
	int i, k, sum = 0;

	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			sum += clash(lanes, at[k], at[i]);
	return sum;
}

/* Of the vectors that a layer reads of its first operand: pairs in one cycle and in one bank. */
static int layer_clashes(int lanes, const struct npu_lop *lop, uint64_t row, uint64_t pixel)
{
	const struct npu_part *p = &lop->parts[0];
	uint64_t at[PORTS];
	int i, n, tap, taps, sum = 0;

	for (i = 1; i < lop->num_parts; i++)
		if (lop->parts[i].h * lop->parts[i].w > p->h * p->w)
			p = &lop->parts[i];
	switch (lop->kind) {
	case ONPU_OPCODE_DWCONV:
		n = min_int(min_int(PORTS, p->kernel_h), lanes / p->kernel_w);
		for (i = 0; i < n; i++)
			at[i] = i * lop->dilation_h * row;
		return clashes(lanes, at, n);
	case ONPU_OPCODE_POOL:
		taps = min_int(p->kernel_h * p->kernel_w, GROUPS * PORTS);
		for (tap = 0; tap < taps; tap += n) {
			n = min_int(PORTS, taps - tap);
			for (i = 0; i < n; i++)
				at[i] = (tap + i) / p->kernel_w * row + (tap + i) % p->kernel_w * pixel;
			sum += clashes(lanes, at, n);
		}
		return sum;
	case ONPU_OPCODE_RESIZE:
		return clashes(lanes, (uint64_t[]){ 0, pixel, row, row + pixel }, 4);
	default:
		return 0;
	}
}

uint32_t npu_bank_pitch(const struct npu_plan *plan, int buf, uint32_t pitch)
{
	const struct npu_lowered *l = plan->lowered;
	uint32_t v = l->preset->lanes, best = pitch, k;
	int fewest = -1, sum, i;

	for (k = 0; k < BANKS && fewest; k++) {
		sum = 0;
		for (i = 0; i < plan->num_lops; i++) {
			const struct npu_lop *lop = &l->lops[plan->first_lop + i];

			if (lop->in.buf == buf && !lop->in.flat)
				sum += layer_clashes((int)v, lop, pitch + k * v, l->bufs[buf].c);
		}
		if (fewest < 0 || sum < fewest) {
			fewest = sum;
			best = pitch + k * v;
		}
	}
	return best;
}
