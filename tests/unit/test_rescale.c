// SPDX-License-Identifier: MIT
/*
 * Multipliers against the arithmetic that they stand for: TFLite's decomposition of a scale,
 * FULLY_CONNECTED's rounding in double, AVERAGE_POOL's division, all done here anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <math.h>
#include <time.h>

#include <cmocka.h>

#include "compile/rescale.h"

#define SEED 20261u

static uint64_t random_state;

static uint32_t random32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)((uint64_t)random32() * n >> 32);
}

static int seed(void **state)
{
	(void)state;
	random_state = SEED * 0x9e3779b97f4a7c15ull;
	print_message("seed %u\n", SEED);
	return 0;
}

/* In [2^low, 2^high), with 53 random bits. */
static double random_scale(int low, int high)
{
	double mantissa = 1.0 + random32() * 0x1p-32;

	mantissa += random32() * 0x1p-64;

	return ldexp(mantissa, low + (int)below((uint32_t)(high - low)));
}

/* Any magnitude is as likely as any other. */
static int32_t random_acc(void)
{
	int32_t x = (int32_t)random32() >> below(32);

	switch (below(16)) {
	case 0:
		return INT32_MIN + (int32_t)below(3);
	case 1:
		return INT32_MAX - (int32_t)below(3);
	default:
		return x;
	}
}

/* plain: a multiplier of few bits, so that ties are frequent. */
static struct npu_rescale random_rescale(bool plain)
{
	struct npu_rescale r = { .shift = (int8_t)((int)below(62) - 31) };

	r.mult = (int32_t)(random32() >> 1);
	if (plain)
		r.mult = ((r.mult & 7) + 1) << below(28);
	return r;
}

/* a / 2^n to nearest, half away from zero, without limits that matter here. */
static __int128 round_away(__int128 a, int n)
{
	__int128 unit = (__int128)1 << n, magnitude = a < 0 ? -a : a;
	__int128 quotient = magnitude / unit;

	if (2 * (magnitude % unit) >= unit)
		quotient++;
	return a < 0 ? -quotient : quotient;
}

static void test_rescale_a(void **state)
{
	uint32_t saturated = 0, ties = 0;

	(void)state;
	for (int i = 0; i < 2000000; i++) {
		struct npu_rescale r = random_rescale(i % 2);
		int32_t x = random_acc();
		__int128 unit = (__int128)1 << (31 - r.shift), product = (__int128)x * r.mult;
		__int128 expected = round_away(product, 31 - r.shift);

		ties += (product & (unit - 1)) == unit / 2;
		saturated += expected > INT32_MAX || expected < INT32_MIN;
		expected = expected > INT32_MAX ? INT32_MAX : expected;
		expected = expected < INT32_MIN ? INT32_MIN : expected;
		if (npu_rescale_a(x, r) != (int32_t)expected)
			fail_msg("A(%d * %d, shift %d)", x, r.mult, r.shift);
	}
	assert_true(saturated > 10000);
	assert_true(ties > 10000);
}

static void test_rescale_d(void **state)
{
	uint32_t ties = 0, wrapped = 0;

	(void)state;
	for (int i = 0; i < 2000000; i++) {
		struct npu_rescale r = random_rescale(i % 2);
		int left, right;
		int32_t x = random_acc(), t;
		__int128 product, expected;
		int64_t shifted;

		left = r.shift > 0 ? r.shift : 0;
		right = r.shift < 0 ? -r.shift : 0;
		shifted = (int64_t)x * ((int64_t)1 << left);
		t = (int32_t)(uint32_t)((uint64_t)shifted & 0xffffffffu);
		wrapped += t != shifted;
		product = (__int128)t * r.mult;
		/*
		 * The high multiply adds 1 - 2^30 to what is negative and truncates: a negative tie
		 * goes towards zero.
		 */
		expected = product >= 0 ? (product + (1 << 30)) / ((__int128)1 << 31) :
			-((-product + (1 << 30) - 1) / ((__int128)1 << 31));
		ties += (expected & (((__int128)1 << right) - 1)) == ((__int128)1 << right) / 2 &&
			right;
		expected = round_away(expected, right);
		if (npu_rescale_d(x, r) != (int32_t)expected)
			fail_msg("D(%d * %d, shift %d)", x, r.mult, r.shift);
	}
	assert_true(ties > 1000);
	assert_true(wrapped > 1000);
}

static void test_from_double(void **state)
{
	struct npu_rescale r;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		double scale = random_scale(-32, 29), error;

		assert_true(npu_rescale_from_double(scale, &r));
		if (r.mult < 1 << 30)
			fail_msg("%a: multiplier %d", scale, r.mult);
		error = fabs(ldexp((double)r.mult, r.shift - 31) - scale);
		assert_true(error <= ldexp(0.5, r.shift - 31));
	}
	assert_true(npu_rescale_from_double(0.0, &r));
	assert_int_equal(r.mult, 0);
	assert_int_equal(r.shift, 0);
	assert_true(npu_rescale_from_double(1.0, &r));
	assert_int_equal(r.mult, 1 << 30);
	assert_int_equal(r.shift, 1);
	/* A multiplier that rounds up to 2^31 is halved. */
	assert_true(npu_rescale_from_double(nextafter(0.5, 0.0), &r));
	assert_int_equal(r.mult, 1 << 30);
	assert_int_equal(r.shift, 0);
	/* The smallest that is not 0, and what is too small. */
	assert_true(npu_rescale_from_double(0x1p-32, &r));
	assert_int_equal(r.mult, 1 << 30);
	assert_int_equal(r.shift, -31);
	assert_true(npu_rescale_from_double(0x1.fp-33, &r));
	assert_int_equal(r.mult, 0);
	assert_int_equal(r.shift, 0);
	assert_true(npu_rescale_from_double(nextafter(0x1p-32, 0.0), &r));
	assert_int_equal(r.mult, 1 << 30);
	assert_int_equal(r.shift, -31);
	assert_true(npu_rescale_from_double(5e-324, &r));
	assert_int_equal(r.mult, 0);
	/* The largest shift, and what is too large. */
	assert_true(npu_rescale_from_double(0x1.fp29, &r));
	assert_int_equal(r.shift, 30);
	assert_false(npu_rescale_from_double(0x1p30, &r));
	assert_false(npu_rescale_from_double(nextafter(0x1p30, 0.0), &r));
	assert_false(npu_rescale_from_double(1e300, &r));
	assert_false(npu_rescale_from_double(INFINITY, &r));
	assert_false(npu_rescale_from_double(NAN, &r));
	assert_false(npu_rescale_from_double(-1.0, &r));
}

/* ---- FULLY_CONNECTED ---- */

static int clamped(double v, int min, int max)
{
	return v < min ? min : v > max ? max : (int)v;
}

static int in_double(double scale, int32_t acc, int zero, int min, int max)
{
	return clamped(round((double)acc * scale) + zero, min, max);
}

static int in_hardware(struct npu_rescale r, int32_t acc, int zero, int min, int max)
{
	int64_t v = (int64_t)npu_rescale_a(acc, r) + zero;

	return v < min ? min : v > max ? max : (int)v;
}

static bool equal_everywhere(double scale, struct npu_rescale r, int32_t low, int32_t high,
			     int zero, int min, int max)
{
	for (int64_t acc = low; acc <= high; acc++)
		if (in_double(scale, (int32_t)acc, zero, min, max) !=
		    in_hardware(r, (int32_t)acc, zero, min, max))
			return false;
	return true;
}

/* On small ranges every accumulator is tried: of what was proven, and of all that was refused. */
static void test_prove_exhaustive(void **state)
{
	uint32_t proven = 0, refused = 0, moved = 0;

	(void)state;
	for (int round = 0; round < 2500; round++) {
		int zero = (int)below(256) - 128, min = -128, max = 127;
		int32_t low = -(int32_t)below(30000), high = (int32_t)below(30000);
		/* Scales with few bits give ties; those just beside move all to one side. */
		double scale = round % 4 == 0 ? random_scale(-15, 1) :
			1 + 2 * below(1000);
		struct npu_rescale nearest, r;

		if (round % 4)
			scale = ldexp(scale, -(int)below(16) - 1);
		if (round % 4 == 2)
			scale = nextafter(scale, below(2) ? 0.0 : 1e9);
		if (round % 4 == 3)
			scale /= 1 + 2 * below(500);
		if (round % 50 == 0) {
			/* Steps enough for 31 bits to miss one. */
			min = -(1 << 20);
			max = 1 << 20;
			low = -250000;
			high = 250000;
			scale = random_scale(-3, 0);
		} else if (below(4) == 0) {
			min = (int)below(128) - 128;
			max = min + (int)below((uint32_t)(128 - min));
		} else if (below(8) == 0) {
			low = high - (int32_t)below(10);
		}
		assert_true(npu_rescale_from_double(scale, &nearest));
		if (npu_rescale_prove_away(scale, low, high, zero, min, max, &r)) {
			if (!equal_everywhere(scale, r, low, high, zero, min, max))
				fail_msg("%a * [%d, %d]: multiplier %d shift %d is not equal",
					 scale, low, high, r.mult, r.shift);
			proven++;
			moved += r.mult != nearest.mult;
			continue;
		}
		refused++;
		for (int k = -3; k <= 3; k++) {
			r = nearest;
			if ((int64_t)r.mult + k < 0 || (int64_t)r.mult + k > INT32_MAX)
				continue;
			r.mult += k;
			if (equal_everywhere(scale, r, low, high, zero, min, max))
				fail_msg("%a * [%d, %d]: %d shift %d was refused", scale, low, high,
					 r.mult, r.shift);
		}
	}
	print_message("%u proven, %u by a neighbour; %u refused\n", proven, moved, refused);
	assert_true(proven > 1000);
	assert_true(moved > 20);
	assert_true(refused > 10);
}

/* The places where the double function steps, found by bisection; high if there is none. */
static int32_t step_at(double scale, int32_t low, int32_t high, int zero, int value)
{
	int64_t a = low, b = high;

	while (b - a > 1) {
		int64_t m = (a + b) / 2;

		if (in_double(scale, (int32_t)m, zero, -128, 127) >= value)
			b = m;
		else
			a = m;
	}
	return (int32_t)b;
}

static bool equal_at_steps(double scale, struct npu_rescale r, int32_t low, int32_t high, int zero,
			   uint32_t *compared)
{
	for (int v = -127; v <= 127; v++) {
		int32_t at = step_at(scale, low, high, zero, v);

		for (int64_t acc = (int64_t)at - 2; acc <= (int64_t)at + 2; acc++) {
			if (acc < low || acc > high)
				continue;
			++*compared;
			if (in_double(scale, (int32_t)acc, zero, -128, 127) !=
			    in_hardware(r, (int32_t)acc, zero, -128, 127))
				return false;
		}
	}
	return true;
}

static void test_prove_large(void **state)
{
	uint32_t proven = 0, likely = 0, likely_proven = 0, compared = 0;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		double scale = random_scale(-22, -1);
		int64_t limit = round % 3 ? (int64_t)1 << (8 + below(23)) : (int64_t)1 << 40;
		int32_t low = (int32_t)(limit > INT32_MAX ? INT32_MIN : -limit);
		int32_t high = (int32_t)(limit > INT32_MAX ? INT32_MAX : limit);
		int zero = (int)below(256) - 128;
		struct npu_rescale r;
		bool ok;

		if (round % 7 == 0)
			scale = (float)scale;
		ok = npu_rescale_prove_away(scale, -limit, limit, zero, -128, 127, &r);
		/* Scales as networks have them. */
		likely += scale > 0x1p-14;
		likely_proven += ok && scale > 0x1p-14;
		proven += ok;
		if (!ok) {
			struct npu_rescale nearest;

			assert_true(npu_rescale_from_double(scale, &nearest));
			for (int k = -3; k <= 3; k++) {
				r = nearest;
				if ((int64_t)r.mult + k > INT32_MAX)
					continue;
				r.mult += k;
				assert_false(equal_at_steps(scale, r, low, high, zero, &compared));
			}
			continue;
		}
		assert_true(equal_at_steps(scale, r, low, high, zero, &compared));
		for (int i = 0; i < 500; i++) {
			int32_t acc = random_acc();

			if (acc < low || acc > high)
				continue;
			compared++;
			assert_int_equal(in_double(scale, acc, zero, -128, 127),
					 in_hardware(r, acc, zero, -128, 127));
		}
	}
	print_message("%u of 3000 scales proven, of likely ones %u of %u; %u outputs compared\n",
		      proven, likely_proven, likely, compared);
	assert_true(likely_proven >= likely - likely / 200);
	assert_true(proven < 3000);
	assert_true(compared > 2000000);
}

static void test_prove_edges(void **state)
{
	struct npu_rescale r;

	(void)state;
	/* Exact ties: both round away from zero. */
	assert_true(npu_rescale_prove_away(0.5, -1000, 1000, 0, -128, 127, &r));
	assert_int_equal(npu_rescale_a(1, r), 1);
	assert_int_equal(npu_rescale_a(-1, r), -1);
	assert_int_equal(npu_rescale_a(3, r), 2);
	/* Just below ties, all of which then round down: a smaller multiplier does that. */
	assert_true(npu_rescale_prove_away(nextafter(0.5, 0.0), -255, 255, 0, -128, 127, &r));
	assert_int_equal(r.mult, (1 << 30) - 1);
	assert_int_equal(npu_rescale_a(1, r), 0);
	assert_int_equal(npu_rescale_a(-3, r), -1);
	/* But it moves what is far from zero, where the nearest one is right about all but ties. */
	assert_false(npu_rescale_prove_away(nextafter(0.5, 0.0), INT32_MIN, INT32_MAX, 0,
					    INT32_MIN, INT32_MAX / 2, &r));
	/* Nothing to prove. */
	assert_true(npu_rescale_prove_away(0.0, -1000000, 1000000, 5, -128, 127, &r));
	assert_int_equal(npu_rescale_a(INT32_MIN, r), 0);
	assert_true(npu_rescale_prove_away(0x1p-40, INT32_MIN, INT32_MAX, 0, -128, 127, &r));
	assert_false(npu_rescale_prove_away(1.0, 1, 0, 0, -128, 127, &r));
	assert_false(npu_rescale_prove_away(1.0, 0, 1, 0, 127, -128, &r));
	assert_false(npu_rescale_prove_away(-1.0, 0, 1, 0, -128, 127, &r));
	assert_false(npu_rescale_prove_away(NAN, 0, 1, 0, -128, 127, &r));
	/* Beyond 32 bits there is no integer to be equal to. */
	assert_false(npu_rescale_prove_away(2.0, INT32_MIN, INT32_MAX, 0, -128, 127, &r));
	assert_true(npu_rescale_prove_away(2.0, -1000, 1000, 0, -128, 127, &r));
	assert_true(npu_rescale_prove_away(1.0, INT64_MIN, INT64_MAX, 0, -128, 127, &r));
}

static void test_prove_time(void **state)
{
	struct npu_rescale r;
	uint32_t proven = 0;
	clock_t start = clock();
	double each;

	(void)state;
	for (int i = 0; i < 5000; i++)
		proven += npu_rescale_prove_away(random_scale(-14, -6), -(1 << 23), 1 << 23,
						 (int)below(256) - 128, -128, 127, &r);
	each = (double)(clock() - start) / CLOCKS_PER_SEC / 5000;
	print_message("%.1f us a channel, %u of 5000 proven\n", each * 1e6, proven);
	/* Bisection alone would take over ten times as long; loose for a busy machine. */
	assert_true(each < 2e-3);
	assert_true(proven > 4900);
}

static void test_average(void **state)
{
	struct npu_rescale r;

	(void)state;
	assert_false(npu_rescale_average(0, &r));
	assert_false(npu_rescale_average(4097, &r));
	assert_false(npu_rescale_average(131072, &r));
	/* Above 4096 only the powers of two. */
	for (uint32_t n = 1; n <= 65536; n = n < 4096 ? n + 1 : 2 * n) {
		assert_true(npu_rescale_average(n, &r));
		/* All sums of small pools; of large ones those around every step. */
		for (uint32_t q = 0; q <= 255; q++) {
			int32_t tie = (int32_t)(q * n + (n + 1) / 2);
			int32_t first = n <= 64 ? (int32_t)(q * n) : tie - 2;
			int32_t last = n <= 64 ? (int32_t)(q * n + n) : tie + 2;

			for (int32_t sum = first; sum <= last && sum <= 255 * (int32_t)n; sum++) {
				int32_t average = (sum + (int32_t)n / 2) / (int32_t)n;

				if (npu_rescale_a(sum, r) != average ||
				    npu_rescale_a(-sum, r) != -average)
					fail_msg("%d / %u", sum, n);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rescale_a, seed),
		cmocka_unit_test_setup(test_rescale_d, seed),
		cmocka_unit_test_setup(test_from_double, seed),
		cmocka_unit_test_setup(test_prove_exhaustive, seed),
		cmocka_unit_test_setup(test_prove_large, seed),
		cmocka_unit_test_setup(test_prove_edges, seed),
		cmocka_unit_test_setup(test_prove_time, seed),
		cmocka_unit_test_setup(test_average, seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
