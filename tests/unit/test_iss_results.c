// SPDX-License-Identifier: MIT
/* What commands compute, and what they count, on streams made by hand. */
#include <stdbool.h>

#include "iss_commands.h"
#include "rescale.h"

/* One lane, one pixel: which window byte does a slot of a mode see? */
static void check_select(uint32_t mode, uint32_t slot, uint32_t select, uint32_t byte)
{
	struct onpu_cmd_conv c = conv(1, 1, 1);
	struct weights w;
	struct iss iss;
	uint8_t *sram;

	iss_init(&iss, "base");
	sram = onpu_core_sram(iss.core);
	for (uint32_t i = 0; i < 4 * V; i++)
		sram[ADDR_IN + 3 + i] = (uint8_t)(i + 1);
	w = weights_at(&iss);
	put_params(&w, 1, 0, 0, 0);
	put_single(&w, mode, 0, 3, slot, select, -1, ONPU_BLOCK_LAST_MASK);
	assert_int_equal(run_weights(&iss, &c, &w), ONPU_FAULT_NONE);
	assert_int_equal((int8_t)sram[ADDR_OUT], -(int)(byte + 1));
	iss_free(&iss);
}

static void test_selects(void **state)
{
	(void)state;
	check_select(ONPU_BLOCK_D, 0, 0, 0);
	check_select(ONPU_BLOCK_D, 15, 0, 15);
	check_select(ONPU_BLOCK_G4, 0, 0, 0);
	check_select(ONPU_BLOCK_G4, 0, 15, 15);
	check_select(ONPU_BLOCK_G4, 12, 15, 63);
	check_select(ONPU_BLOCK_G4, 13, 11, 63);
	check_select(ONPU_BLOCK_G4, 13, 12, 0);
	check_select(ONPU_BLOCK_G4, 15, 3, 63);
	check_select(ONPU_BLOCK_G4, 15, 4, 0);
	check_select(ONPU_BLOCK_G4, 15, 15, 11);
	check_select(ONPU_BLOCK_G2, 0, 15, 15);
	check_select(ONPU_BLOCK_G2, 4, 15, 31);
	check_select(ONPU_BLOCK_G2, 5, 11, 31);
	check_select(ONPU_BLOCK_G2, 5, 12, 0);
	check_select(ONPU_BLOCK_G2, 8, 0, 0);
	check_select(ONPU_BLOCK_G2, 12, 15, 31);
	check_select(ONPU_BLOCK_G2, 13, 12, 0);
	check_select(ONPU_BLOCK_G2, 15, 15, 11);
}

/* Many blocks on the same bytes: sums wrap, and no intermediate type is too narrow. */
static void test_sums_wrap(void **state)
{
	struct onpu_cmd_conv c = conv(1, 1, 1);
	uint32_t blocks = 20000, sum;
	struct weights w;
	struct iss iss;
	uint8_t *sram;

	(void)state;
	iss_init(&iss, "base");
	sram = onpu_core_sram(iss.core);
	memset(sram + ADDR_IN, 255, V);
	w = weights_at(&iss);
	put_params(&w, 1, 0, 0, 0);
	for (uint32_t i = 0; i < blocks; i++)
		put_dense(&w, 1, 0, 255, i + 1 == blocks ? ONPU_BLOCK_LAST_MASK : 0);
	c.mode = ONPU_CONV_IN_UNSIGNED | ONPU_CONV_WEIGHT_UNSIGNED;
	c.post.round = ONPU_ROUND_A;
	c.post.mult = 1 << 30;
	c.post.shift = -15;
	sum = blocks * V * 255u * 255u;
	assert_int_equal(run_weights(&iss, &c, &w), ONPU_FAULT_NONE);
	assert_int_equal(sram[ADDR_OUT],
			 (uint8_t)onpu_rescale_a((int32_t)sum, 1 << 30, -15));
	iss_free(&iss);
}

static void test_pairs(void **state)
{
	struct onpu_cmd_conv c = conv(3, 5, V + V / 2);
	const struct onpu_counters *counters;
	uint64_t random = 77;
	uint8_t plain[15 * (V + V / 2)];
	struct weights w;
	struct iss iss;
	uint8_t *sram;

	(void)state;
	iss_init(&iss, "base");
	sram = onpu_core_sram(iss.core);
	iss_fill_random(&random, sram + ADDR_IN, 4096);
	c.tile_h = 3;
	c.tile_w = 5;
	c.post.round = ONPU_ROUND_D;
	c.post.mult = 1 << 30;
	c.post.shift = -3;
	w = weights_at(&iss);
	put_params(&w, V, 0, 0, 0);
	put_dense(&w, V, 0, 1, 0);
	put_dense(&w, V, 16, -2, ONPU_BLOCK_LAST_MASK);
	put_params(&w, V / 2, 0, 0, 0);
	put_dense(&w, V / 2, 0, 3, ONPU_BLOCK_LAST_MASK);
	assert_int_equal(run_weights(&iss, &c, &w), ONPU_FAULT_NONE);
	counters = onpu_core_counters(iss.core);
	assert_int_equal(counters->steps_d, 45);
	assert_int_equal(counters->steps_pair, 0);
	assert_int_equal(counters->blocks_d, 3);
	assert_int_equal(counters->weight_bytes, c.weights_size);
	memcpy(plain, sram + ADDR_OUT, sizeof(plain));
	memset(sram + ADDR_OUT, 0, sizeof(plain));
	onpu_core_reset(iss.core);
	c.mode = ONPU_CONV_PAIR;
	assert_int_equal(run_weights(&iss, &c, &w), ONPU_FAULT_NONE);
	assert_memory_equal(sram + ADDR_OUT, plain, sizeof(plain));
	/* The block of V / 2 channels takes ceil(15 / 2) steps, that of V none less. */
	assert_int_equal(counters->steps_d, 45 + 30);
	assert_int_equal(counters->steps_pair, 8);
	/* In tiles of one row: 3 * ceil(5 / 2), and the stream is decoded three times. */
	c.tile_h = 1;
	assert_int_equal(run_weights(&iss, &c, &w), ONPU_FAULT_NONE);
	assert_memory_equal(sram + ADDR_OUT, plain, sizeof(plain));
	assert_int_equal(counters->steps_pair, 8 + 9);
	assert_int_equal(counters->blocks_d, 3 + 3 + 9);
	onpu_core_scrub(iss.core);
	assert_int_equal(counters->blocks_d, 0);
	assert_int_equal(sram[ADDR_OUT], 0);
	iss_free(&iss);
}

static void test_mode_counters(void **state)
{
	struct onpu_cmd_conv c = conv(2, 4, 1);
	const struct onpu_counters *counters;
	struct weights w;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	w = weights_at(&iss);
	put_params(&w, 1, 0, 0, 0);
	put_single(&w, ONPU_BLOCK_G2, 0, 0, 0, 0, 1, 0);
	put_word(&w, header(ONPU_BLOCK_G4, 0, 32, 3, ONPU_BLOCK_BITMAP_MASK));
	put_word(&w, 0);
	put_word(&w, 0x8000);	/* 48 slots, the last one is occupied */
	w.at -= 2;
	put_byte(&w, 5);
	put_byte(&w, 15);
	put_dense(&w, 1, 0, 1, ONPU_BLOCK_LAST_MASK);
	assert_int_equal(run_weights(&iss, &c, &w), ONPU_FAULT_NONE);
	counters = onpu_core_counters(iss.core);
	assert_int_equal(counters->steps_g2, 8);
	assert_int_equal(counters->steps_g4, 24);
	assert_int_equal(counters->steps_d, 8);
	assert_int_equal(counters->blocks_g2, 1);
	assert_int_equal(counters->blocks_g4, 1);
	assert_int_equal(counters->blocks_d, 1);
	assert_int_equal(counters->commands, 2);
	assert_int_equal(counters->fetch_bytes, sizeof(c) + 16);
	w = weights_at(&iss);
	put_params(&w, 1, 0, 0, 0);
	put_word(&w, header(ONPU_BLOCK_NONE, 0, 0, 1, ONPU_BLOCK_LAST_MASK));
	assert_int_equal(run_weights(&iss, &c, &w), ONPU_FAULT_NONE);
	assert_int_equal(counters->blocks_none, 1);
	assert_int_equal(counters->blocks_d, 1);
	iss_free(&iss);
}

static void test_rings(void **state)
{
	struct onpu_cmd_load load = dma(ONPU_OPCODE_LOAD, ADDR_IN, 0, 4);
	struct onpu_cmd_eltwise c = eltwise(4, 1, 4);
	struct onpu_cmd_load store = dma(ONPU_OPCODE_STORE, ADDR_OUT, 1024, 4);
	static const uint8_t rows[16] = { 8, 9, 10, 11, 12, 13, 14, 15, 4, 5, 6, 7 };
	struct iss iss;
	uint8_t *sram;

	(void)state;
	iss_init(&iss, "base");
	sram = onpu_core_sram(iss.core);
	for (int i = 0; i < 16; i++)
		iss.memory[DATA_VA + i] = (uint8_t)i;
	/* Rows 0 to 3 into a ring of 3 from its row 2: row 3 replaces row 0. */
	load.n2 = 4;
	load.ext_stride2 = 4;
	load.sram_stride2 = 8;
	load.ring = 3;
	load.row = 1;
	c.head.wait_load = 1;
	c.in.row_pitch = 8;
	c.in.ring = 3;
	c.in.row = 2;
	c.out.ring = 5;
	c.out.row = 3;
	store.head.wait_compute = 1;
	store.n2 = 4;
	store.ring = 5;
	store.row = 3;
	store.sram_stride2 = 4;
	store.ext_stride2 = 6;
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &c, sizeof(c));
	iss_put(&iss, &store, sizeof(store));
	iss_put_end(&iss);
	assert_int_equal(iss_run(&iss), ONPU_CORE_DONE);
	/* Ring rows 0, 1, 2 hold input rows 2, 3, 1. */
	assert_memory_equal(sram + ADDR_IN, rows, 4);
	assert_memory_equal(sram + ADDR_IN + 8, rows + 4, 4);
	assert_memory_equal(sram + ADDR_IN + 16, rows + 8, 4);
	/* Output rows are ring rows 2, 0, 1, 2, and lie in rows 3, 4, 0, 1. */
	assert_memory_equal(sram + ADDR_OUT + 12, rows + 8, 4);
	assert_memory_equal(sram + ADDR_OUT + 16, rows, 4);
	assert_memory_equal(sram + ADDR_OUT, rows + 4, 4);
	assert_memory_equal(sram + ADDR_OUT + 4, rows + 8, 4);
	assert_memory_equal(iss.memory + DATA_VA + 1024, rows + 8, 4);
	assert_memory_equal(iss.memory + DATA_VA + 1024 + 6, rows, 4);
	assert_memory_equal(iss.memory + DATA_VA + 1024 + 12, rows + 4, 4);
	assert_memory_equal(iss.memory + DATA_VA + 1024 + 18, rows + 8, 4);
	assert_int_equal(onpu_core_counters(iss.core)->read_bytes, 16);
	assert_int_equal(onpu_core_counters(iss.core)->write_bytes, 16);
	iss_free(&iss);
}

/* ---- rescales ----------------------------------------------------------------------------- */

/* Half away from zero of a / 2^n. */
static int64_t away(__int128 a, int n)
{
	__int128 half = n ? (__int128)1 << (n - 1) : 0;

	return (int64_t)(a < 0 ? -((-a + half) >> n) : (a + half) >> n);
}

static int32_t plain_a(int32_t x, int32_t q, int s)
{
	int64_t y = away((__int128)x * q, 31 - s);

	return y > INT32_MAX ? INT32_MAX : y < INT32_MIN ? INT32_MIN : (int32_t)y;
}

/* The high multiply rounds half up: a floor. */
static int32_t plain_d(int32_t x, int32_t q, int s)
{
	int64_t t = (int32_t)((uint32_t)x << (s > 0 ? s : 0));
	int64_t sum = t * q + (1ll << 30);

	t = sum >> 31;
	return (int32_t)away(t, s < 0 ? -s : 0);
}

static void test_rescales(void **state)
{
	static const int32_t extremes[] = { 0, 1, -1, 2, -2, 3, -3, INT32_MAX, INT32_MIN,
					    INT32_MAX - 1, INT32_MIN + 1, 1 << 30, -(1 << 30) };
	const size_t count = sizeof(extremes) / sizeof(extremes[0]);
	uint64_t random = 4711;

	(void)state;
	/* 3/2, 5/2 and their negatives: D takes the first half up, the second away. */
	assert_int_equal(onpu_rescale_d(3, 1 << 30, 0), 2);
	assert_int_equal(onpu_rescale_d(-3, 1 << 30, 0), -1);
	assert_int_equal(onpu_rescale_d(5, 1 << 30, 0), 3);
	assert_int_equal(onpu_rescale_d(-5, 1 << 30, 0), -2);
	assert_int_equal(onpu_rescale_d(6, 1 << 30, -1), 2);
	assert_int_equal(onpu_rescale_d(-6, 1 << 30, -1), -2);
	/* 3/2 rounds to 2, and 2/4 to 1; once only, 3/8 is 0. */
	assert_int_equal(onpu_rescale_d(3, 1 << 30, -2), 1);
	assert_int_equal(onpu_rescale_a(3, 1 << 30, -2), 0);
	assert_int_equal(onpu_rescale_a(3, 1 << 30, 0), 2);
	assert_int_equal(onpu_rescale_a(-3, 1 << 30, 0), -2);
	assert_int_equal(onpu_rescale_a(INT32_MIN, INT32_MAX, 30), INT32_MIN);
	assert_int_equal(onpu_rescale_a(INT32_MAX, INT32_MAX, 30), INT32_MAX);
	assert_int_equal(onpu_rescale_d(1 << 30, 1 << 30, 2), 0);
	assert_int_equal(onpu_rescale_d(INT32_MIN, INT32_MAX, -31), -1);
	for (int s = -31; s <= 30; s++) {
		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < count; j++) {
				int32_t q = extremes[j] & INT32_MAX;

				assert_int_equal(onpu_rescale_d(extremes[i], q, s),
						 plain_d(extremes[i], q, s));
				assert_int_equal(onpu_rescale_a(extremes[i], q, s),
						 plain_a(extremes[i], q, s));
			}
		for (int i = 0; i < 2000; i++) {
			int32_t x = (int32_t)iss_random(&random) >> iss_between(&random, 0, 31);
			/* Few bits: many ties. */
			int32_t q = (int32_t)(iss_random(&random) >> 1 &
					      (0xffffffffu << iss_between(&random, 0, 31)));

			assert_int_equal(onpu_rescale_d(x, q, s), plain_d(x, q, s));
			assert_int_equal(onpu_rescale_a(x, q, s), plain_a(x, q, s));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selects),
		cmocka_unit_test(test_sums_wrap),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_mode_counters),
		cmocka_unit_test(test_rings),
		cmocka_unit_test(test_rescales),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
