/* SPDX-License-Identifier: MIT */
#include "compile/rescale.h"

#include <math.h>
#include <stddef.h>

#define MULT_BITS 31
#define SHIFT_MIN (-31)
#define SHIFT_MAX 30

int32_t npu_rescale_d(int32_t x, struct npu_rescale rescale)
{
	int left = rescale.shift > 0 ? rescale.shift : 0;
	int right = rescale.shift < 0 ? -rescale.shift : 0;
	int32_t shifted = (int32_t)((uint32_t)x << left), mask;
	int64_t product = (int64_t)shifted * rescale.mult;
	int32_t t;

	product += product >= 0 ? (int64_t)1 << 30 : 1 - ((int64_t)1 << 30);
	t = (int32_t)(product / ((int64_t)1 << MULT_BITS));
	mask = (int32_t)(((int64_t)1 << right) - 1);
	return (t >> right) + ((t & mask) > (mask >> 1) + (t < 0));
}

int32_t npu_rescale_a(int32_t x, struct npu_rescale rescale)
{
	uint64_t magnitude = x < 0 ? (uint64_t)-(int64_t)x : (uint64_t)x;
	int shift = MULT_BITS - rescale.shift;

	magnitude = (magnitude * (uint32_t)rescale.mult + ((uint64_t)1 << (shift - 1))) >> shift;
	if (x < 0)
		return magnitude > (uint64_t)1 << 31 ? INT32_MIN : (int32_t)-(int64_t)magnitude;
	return magnitude > INT32_MAX ? INT32_MAX : (int32_t)magnitude;
}

bool npu_rescale_from_double(double scale, struct npu_rescale *rescale)
{
	int64_t mult;
	int shift;

	if (!(scale >= 0) || isinf(scale))
		return false;
	*rescale = (struct npu_rescale){ 0, 0 };
	if (scale == 0)
		return true;
	mult = (int64_t)round(frexp(scale, &shift) * 2147483648.0);
	if (mult == (int64_t)1 << MULT_BITS) {
		mult /= 2;
		shift++;
	}
	if (shift > SHIFT_MAX)
		return false;
	if (shift >= SHIFT_MIN) {
		rescale->mult = (int32_t)mult;
		rescale->shift = (int8_t)shift;
	}
	return true;
}

/* What the output of an accumulator is to be, without zero point: a double, as TFLite has it. */
static double reference(double scale, int64_t acc)
{
	return round((double)acc * scale);
}

/*
 * The smallest accumulator above low, up to high, whose reference reaches step; the one at low
 * does not, the one at high does.  The quotient is almost always it.
 */
static int64_t threshold(double scale, int64_t low, int64_t high, double step)
{
	double quotient = (step - 0.5) / scale;
	/* A tie above zero rounds up and so reaches the step; below, it does not. */
	double guess = step > 0 ? ceil(quotient) : floor(quotient) + 1;

	if (guess > (double)low && guess < (double)high) {
		int64_t near = (int64_t)guess;

		if (reference(scale, near) >= step)
			high = near;
		else
			low = near;
		if (reference(scale, near - 1) < step)
			low = near - 1 > low ? near - 1 : low;
	}
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (reference(scale, middle) >= step)
			high = middle;
		else
			low = middle;
	}
	return high;
}

static int64_t limit(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

bool npu_rescale_prove_away(double scale, int64_t acc_min, int64_t acc_max, int zero, int min,
			    int max, struct npu_rescale *rescale)
{
	static const int8_t offsets[] = { 0, 1, -1, 2, -2, 3, -3 };
	/* In units of the rescaled accumulator, before the zero point. */
	int64_t bottom = (int64_t)min - zero, top = (int64_t)max - zero, first, last;
	struct npu_rescale nearest;
	double low, high;

	if (!npu_rescale_from_double(scale, &nearest) || min > max)
		return false;
	/* Accumulators have 32 bits: what overflows them becomes any other, here and there. */
	if (acc_min < INT32_MIN || acc_max > INT32_MAX) {
		acc_min = INT32_MIN;
		acc_max = INT32_MAX;
	}
	if (acc_min > acc_max)
		return false;
	low = reference(scale, acc_min);
	high = reference(scale, acc_max);
	/* What TFLite makes of a double that an integer cannot hold is nothing to be equal to. */
	if (low < INT32_MIN || high > INT32_MAX ||
	    low + zero < INT32_MIN || high + zero > INT32_MAX)
		return false;
	first = limit((int64_t)low, bottom, top);
	last = limit((int64_t)high, bottom, top);

	for (size_t i = 0; i < sizeof(offsets); i++) {
		int64_t mult = (int64_t)nearest.mult + offsets[i];
		struct npu_rescale try = { (int32_t)mult, nearest.shift };
		int64_t step = first + 1;

		if (mult < 0 || mult > INT32_MAX ||
		    limit(npu_rescale_a((int32_t)acc_min, try), bottom, top) != first ||
		    limit(npu_rescale_a((int32_t)acc_max, try), bottom, top) != last)
			continue;
		/* Neither side ever falls: equal if they reach every step at the same place. */
		for (; step <= last; step++) {
			int64_t at = threshold(scale, acc_min, acc_max, (double)step);

			if (npu_rescale_a((int32_t)at, try) < step ||
			    npu_rescale_a((int32_t)(at - 1), try) >= step)
				break;
		}
		if (step > last) {
			*rescale = try;
			return true;
		}
	}
	return false;
}

bool npu_rescale_average(uint32_t n, struct npu_rescale *rescale)
{
	int bits;
	uint64_t mult;

	/* By a power of two it is a shift: always exact. */
	if (n == 0 || n > 65536 || (n > 4096 && n & (n - 1)))
		return false;
	/*
	 * Rounded up, the factor is too large by less than 1 / 2^bits and the result by less
	 * than 255 n / 2^bits: below the distance 1 / 2n of an average from the tie above it.
	 */
	bits = MULT_BITS + 31 - __builtin_clz(n) - ((n & (n - 1)) == 0);
	mult = (((uint64_t)1 << bits) + n - 1) / n;
	*rescale = (struct npu_rescale){ (int32_t)mult, (int8_t)(MULT_BITS - bits) };
	return true;
}
