// SPDX-License-Identifier: MIT
/* SRAM allocation by intervals of time. */
#include <stdio.h>

#include "compile/build.h"
#include "iss_util.h"

#define SEED 0x616c6c6fu
#define ROUNDS 60
#define TRIES 400
#define PHASES 40

static struct npu_alloc request(uint32_t size, int first, int last)
{
	return (struct npu_alloc){ .size = size, .first = first, .last = last, .addr = 1 };
}

static void test_fit(void **state)
{
	struct npu_allocator *a = npu_allocator_new(1024, 4);
	struct npu_alloc first = request(100, 0, 1), second = request(64, 1, 2);
	struct npu_alloc reuse = request(200, 2, 3), top = request(65, 0, 3);
	struct npu_alloc late = request(700, 3, 3), large = request(577, 1, 1);
	struct npu_alloc fits = request(576, 0, 0);

	(void)state;
	assert_non_null(a);
	assert_int_equal(npu_allocator_peak(a), 0);
	assert_int_equal(npu_allocator_largest(a, 0, 3), 1024);
	assert_true(npu_allocator_place(a, &first));
	assert_int_equal(first.addr, 0);
	assert_true(npu_allocator_place(a, &second));
	assert_int_equal(second.addr, 128);
	assert_int_equal(npu_allocator_peak(a), 192);
	/* The first one is gone by then, but the second one is in the way. */
	assert_true(npu_allocator_place(a, &reuse));
	assert_int_equal(reuse.addr, 192);
	assert_true(npu_allocator_place_high(a, &top));
	assert_int_equal(top.addr, 896);
	assert_int_equal(npu_allocator_peak(a), 961);
	assert_int_equal(npu_allocator_largest(a, 0, 0), 896 - 128);
	assert_int_equal(npu_allocator_largest(a, 1, 1), 896 - 192);
	assert_int_equal(npu_allocator_largest(a, 2, 3), 896 - 448);
	assert_int_equal(npu_allocator_largest(a, 3, 3), 896 - 448);
	assert_false(npu_allocator_place(a, &late));
	assert_false(npu_allocator_place_high(a, &late));
	large.size = 896 - 192 + 1;
	assert_false(npu_allocator_place(a, &large));
	large.size--;
	assert_true(npu_allocator_place_high(a, &large));
	assert_int_equal(large.addr, 192);
	assert_true(npu_allocator_place_high(a, &fits));
	assert_int_equal(fits.addr, 320);
	/* Phases that do not exist. */
	fits = request(1, 3, 4);
	assert_false(npu_allocator_place(a, &fits));
	fits = request(1, 4, 1);
	assert_false(npu_allocator_place(a, &fits));
	fits = request(1, -1, 1);
	assert_false(npu_allocator_place(a, &fits));
	npu_allocator_free(a);
	npu_allocator_free(NULL);
}

static void test_extend_and_remove(void **state)
{
	struct npu_allocator *a = npu_allocator_new(256, 4);
	struct npu_alloc early = request(64, 0, 1), same = request(64, 2, 3), beside = request(64, 2, 2);
	struct npu_alloc other = request(64, 1, 1), never = request(64, 1, 2);

	(void)state;
	assert_non_null(a);
	assert_true(npu_allocator_place(a, &early));
	assert_true(npu_allocator_place(a, &same));
	assert_true(npu_allocator_place(a, &beside));
	assert_int_equal(same.addr, early.addr);
	/* Its place is taken in the phase before. */
	assert_false(npu_allocator_extend(a, &same));
	assert_int_equal(same.first, 2);
	assert_true(npu_allocator_extend(a, &beside));
	assert_int_equal(beside.first, 1);
	/* The allocator knows: the place is no longer free then. */
	assert_true(npu_allocator_place(a, &other));
	assert_int_equal(other.addr, 128);
	npu_allocator_remove(a, &early);
	assert_true(npu_allocator_extend(a, &same));
	assert_true(npu_allocator_extend(a, &same));
	assert_int_equal(same.first, 0);
	/* There is no phase before the first, and what was never placed stays unknown. */
	assert_false(npu_allocator_extend(a, &same));
	assert_false(npu_allocator_extend(a, &never));
	npu_allocator_remove(a, &never);
	assert_false(npu_allocator_place(a, &(struct npu_alloc){ .size = 256, .first = 3, .last = 3 }));
	npu_allocator_remove(a, &same);
	assert_true(npu_allocator_place(a, &(struct npu_alloc){ .size = 256, .first = 3, .last = 3 }));
	npu_allocator_free(a);
}

static void test_claim(void **state)
{
	struct npu_allocator *a = npu_allocator_new(256, 4);
	struct npu_alloc middle = request(64, 1, 2), round = request(64, 3, 0), at = request(64, 0, 3);

	(void)state;
	assert_non_null(a);
	at.addr = 128;
	assert_true(npu_allocator_claim(a, &at));
	assert_false(npu_allocator_claim(a, &at));
	at.addr = 200;
	assert_false(npu_allocator_claim(a, &at));
	assert_true(npu_allocator_place(a, &middle));
	assert_int_equal(middle.addr, 0);
	/* Round the end there is room where the middle is used. */
	assert_true(npu_allocator_place(a, &round));
	assert_int_equal(round.addr, 0);
	round.first = 2;
	assert_true(npu_allocator_place(a, &round));
	assert_int_equal(round.addr, 64);
	npu_allocator_free(a);
}

static bool live(const struct npu_alloc *a, int phase)
{
	return a->first <= a->last ? a->first <= phase && phase <= a->last :
				     phase >= a->first || phase <= a->last;
}

static bool collide(const struct npu_alloc *a, const struct npu_alloc *b)
{
	if (a->addr >= b->addr + b->size || b->addr >= a->addr + a->size)
		return false;
	for (int phase = 0; phase < PHASES; phase++)
		if (live(a, phase) && live(b, phase))
			return true;
	return false;
}

static bool is_free(const struct npu_alloc *all, int n, const struct npu_alloc *at)
{
	for (int i = 0; i < n; i++)
		if (collide(&all[i], at))
			return false;
	return true;
}

/* The address that first fit must find, by trying all; false: none. */
static bool search(const struct npu_alloc *all, int n, struct npu_alloc *alloc, uint32_t size,
		   bool high)
{
	for (uint32_t i = 0; i * 64 + alloc->size <= size; i++) {
		alloc->addr = high ? ((size - alloc->size) / 64 - i) * 64 : i * 64;
		if (is_free(all, n, alloc))
			return true;
	}
	return false;
}

static void test_random(void **state)
{
	static struct npu_alloc all[TRIES];
	uint64_t random = SEED;
	int placed = 0, refused = 0;

	(void)state;
	print_message("seed 0x%x\n", SEED);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t size = iss_between(&random, 1000, 20000), peak = 0;
		int phases = (int)iss_between(&random, 1, PHASES), n = 0;
		struct npu_allocator *a = npu_allocator_new(size, phases);

		assert_non_null(a);
		for (int i = 0; i < TRIES; i++) {
			int first = (int)iss_between(&random, 0, (uint32_t)phases - 1);
			bool wraps = iss_between(&random, 0, 7) == 0;
			int last = (int)iss_between(&random, wraps ? 0 : (uint32_t)first, (uint32_t)phases - 1);
			struct npu_alloc alloc, expected;
			bool high = iss_between(&random, 0, 1), fits;
			uint32_t largest = npu_allocator_largest(a, first, last);

			alloc = request(iss_between(&random, 1, size / 8), first, last);
			expected = alloc;
			fits = search(all, n, &expected, size, high);
			assert_int_equal(fits, alloc.size <= largest);
			assert_int_equal(fits, high ? npu_allocator_place_high(a, &alloc) :
					       npu_allocator_place(a, &alloc));
			if (!fits) {
				refused++;
				continue;
			}
			assert_int_equal(alloc.addr, expected.addr);
			assert_int_equal(alloc.addr % 64, 0);
			assert_true(alloc.addr + alloc.size <= size);
			assert_true(is_free(all, n, &alloc));
			all[n++] = alloc;
			placed++;
			if (alloc.addr + alloc.size > peak)
				peak = alloc.addr + alloc.size;
			assert_int_equal(npu_allocator_peak(a), peak);
		}
		npu_allocator_free(a);
	}
	print_message("%d placed, %d refused\n", placed, refused);
	assert_true(placed > 1000 && refused > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_extend_and_remove),
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
