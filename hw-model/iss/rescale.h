/* SPDX-License-Identifier: MIT */
/* The integers of the command manual: rescales D and A. */
#ifndef ONPU_RESCALE_H
#define ONPU_RESCALE_H

#include <stdint.h>

/* 0 <= q, -31 <= s <= 30. */
static inline int32_t onpu_rescale_d(int32_t x, int32_t q, int s)
{
	int left = s > 0 ? s : 0;
	int right = s < 0 ? -s : 0;
	int64_t product = (int64_t)(int32_t)((uint32_t)x << left) * q;
	int64_t t = (product + (product >= 0 ? 1ll << 30 : 1 - (1ll << 30))) / (1ll << 31);
	int64_t mask = (1ll << right) - 1;

	return (int32_t)((t >> right) + ((t & mask) > (mask >> 1) + (t < 0)));
}

/* 0 <= q, -31 <= s <= 30. */
static inline int32_t onpu_rescale_a(int32_t x, int32_t q, int s)
{
	uint64_t magnitude = x < 0 ? (uint64_t)-(int64_t)x : (uint64_t)x;
	uint64_t y = (magnitude * (uint64_t)q + (1ull << (30 - s))) >> (31 - s);

	if (x >= 0)
		return y > INT32_MAX ? INT32_MAX : (int32_t)y;
	return y > 1ull << 31 ? INT32_MIN : (int32_t)-(int64_t)y;
}

static inline int32_t onpu_clamp(int64_t v, int32_t min, int32_t max)
{
	return v < min ? min : v > max ? max : (int32_t)v;
}

#endif
