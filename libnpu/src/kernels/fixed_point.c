/* SPDX-License-Identifier: MIT */
#include "kernels/fixed_point.h"
#include "kernels/rounding.h"

static int32_t add(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a + (uint32_t)b);
}

static int32_t sub(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a - (uint32_t)b);
}

static int32_t saturate(int64_t x)
{
	return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int32_t)x;
}

int32_t npu_kernel_shift_saturated(int32_t x, int n)
{
	int32_t limit = (int32_t)(((int64_t)1 << (31 - n)) - 1);

	if (n == 0)
		return x;
	return x > limit ? INT32_MAX : x < -limit ? INT32_MIN : shift_left(x, n);
}

/* exp(x) in Q0.31 of x in [-1/4, 0) in Q0.31: a series around -1/8. */
static int32_t exp_quarter(int32_t x)
{
	const int32_t exp_eighth = 1895147668;		/* exp(-1/8) */
	const int32_t third = 715827883;		/* 1/3 */
	int32_t d = add(x, 1 << 28);
	int32_t d2 = high_mul(d, d);
	int32_t d3 = high_mul(d2, d);
	int32_t d4_4 = shift_away(high_mul(d2, d2), 2);
	int32_t tail = shift_away(add(high_mul(add(d4_4, d3), third), d2), 1);

	return add(exp_eighth, high_mul(exp_eighth, add(d, tail)));
}

int32_t npu_kernel_exp(int32_t x)
{
	/* exp(-2^i) in Q0.31, i = -2 .. 4 */
	static const int32_t power[] = {
		1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242
	};
	const int32_t quarter = 1 << 24;
	int32_t in_quarter = (x & (quarter - 1)) - quarter;
	int32_t rest = sub(in_quarter, x);
	int32_t result = exp_quarter(npu_kernel_shift_saturated(in_quarter, 5));

	if (x == 0)
		return INT32_MAX;
	for (int i = 0; i < 7; i++)
		if (rest & (quarter << i))
			result = high_mul(result, power[i]);
	return result;
}

/* 1 / (1 + x) in Q0.31 of x in [0, 1) in Q0.31: Newton's method in Q2.29. */
static int32_t inverse_one_plus(int32_t x)
{
	const int32_t c48_17 = 1515870810, c32_17 = 1010580540;
	int64_t sum = (int64_t)x + INT32_MAX;
	int32_t half = (int32_t)((sum + (sum < 0 ? -1 : 1)) / 2);
	int32_t y = add(c48_17, high_mul(half, -c32_17));

	for (int i = 0; i < 3; i++) {
		int32_t error = sub(1 << 29, high_mul(half, y));

		y = add(y, npu_kernel_shift_saturated(high_mul(y, error), 2));
	}
	return npu_kernel_shift_saturated(y, 1);
}

int32_t npu_kernel_reciprocal(int32_t x, int integer_bits, int *bits_over_unit)
{
	int zeros = __builtin_clz((uint32_t)x);

	*bits_over_unit = integer_bits - zeros;
	return inverse_one_plus(sub(shift_left(x, zeros), INT32_MIN));
}

/*
 * The logarithm as r * 2^k with r near sqrt(1/sqrt(2)), in the better of two
 * normalisations, and a rational function of r.  Q6.25 inside.
 */
int32_t npu_kernel_log(int32_t x)
{
	const int32_t log_2 = 1488522236, sqrt_half = 1518500250, root4_half = 1805811301;
	const int32_t alpha_n = 117049297, alpha_d = 127690142;
	const int32_t alpha_i = 1057819769, alpha_f = 638450708;
	const int32_t quarter = 1 << 23;
	int zeros_a = __builtin_clz((uint32_t)x), zeros_b;
	int32_t a, b, power_a, power_b, r, power, p, q, q2, num, denom, scaled;

	a = npu_kernel_shift_saturated(x, zeros_a - 1);
	a = npu_kernel_shift_saturated(high_mul(a, sqrt_half), 1);
	power_a = saturate((int64_t)npu_kernel_shift_saturated(12 - zeros_a, 25) + quarter);

	zeros_b = __builtin_clz((uint32_t)high_mul(x, sqrt_half)) - 1;
	b = npu_kernel_shift_saturated(x, zeros_b);
	power_b = saturate((int64_t)npu_kernel_shift_saturated(12 - zeros_b, 25) - quarter);

	r = a < b ? a : b;
	power = power_a > power_b ? power_a : power_b;

	p = (int32_t)(((int64_t)r + root4_half + 1) / 2);
	q = sub(r, root4_half);
	q = add(q, q);
	q2 = high_mul(q, q);
	num = add(high_mul(q, r), high_mul(high_mul(q, q2), alpha_n));
	denom = add(high_mul(p, add(add(alpha_i, q), high_mul(alpha_d, q2))),
		    high_mul(alpha_f, q));
	scaled = high_mul(shift_away(num, 6), inverse_one_plus(denom));
	return npu_kernel_shift_saturated(add(high_mul(power, log_2), scaled), 1);
}

int32_t npu_kernel_inverse_sqrt(int32_t x, int *shift)
{
	const int32_t three_halves = (1 << 28) + (1 << 27);	/* Q3.28 */
	const int32_t half_sqrt_2 = 1518500250;			/* Q0.31 */
	int32_t half, y = 1 << 28;
	int pairs;

	*shift = 0;
	if (x <= 1)
		return INT32_MAX;
	*shift = 11;
	while (x >= 1 << 29) {
		x /= 4;
		(*shift)++;
	}
	pairs = (__builtin_clz((uint32_t)x) - 1) / 2 - 1;
	*shift -= pairs;
	x <<= 2 * pairs;
	half = shift_away(x >> 1, 1);
	/* Newton's method in Q3.28; a product of three is Q9, of two Q6. */
	for (int i = 0; i < 5; i++) {
		int32_t y3 = npu_kernel_shift_saturated(high_mul(high_mul(y, y), y), 6);

		y = npu_kernel_shift_saturated(sub(high_mul(three_halves, y), high_mul(half, y3)),
					       3);
	}
	y = high_mul(y, half_sqrt_2);
	if (*shift < 0) {
		y = shift_left(y, -*shift);
		*shift = 0;
	}
	*shift = -*shift;
	return y;
}
