// SPDX-License-Identifier: MIT
/* The cycle model, against sums made by hand. */
#include "iss_commands.h"

static struct onpu_cost price(struct iss *iss, const void *command, size_t size)
{
	uint32_t words[64] = { 0 };
	struct onpu_cost cost;

	memcpy(words, command, size);
	words[0] = (words[0] & ~0xff00u) | (uint32_t)(size / 4) << 8;
	onpu_cost_command(iss->preset, words, onpu_core_sram(iss->core) + ADDR_WEIGHTS, &cost);
	return cost;
}

static void test_costs(void **state)
{
	struct onpu_cmd_load load = dma(ONPU_OPCODE_LOAD, 0, 8, 16);
	struct onpu_cmd_conv c = conv(4, 4, V);
	struct onpu_cmd_dwconv d = dwconv(4, 4, V, 3);
	struct onpu_cmd_eltwise e = eltwise(3, 5, 17);
	struct onpu_cmd_pool p = pool(3, 5, 16, 3);
	struct onpu_cmd_resize r = resize(4, 4, 16);
	struct onpu_cost cost;
	struct weights w;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	/* 16 bytes from byte 8 touch two beats of 16. */
	assert_int_equal(price(&iss, &load, sizeof(load)).bytes, 32);
	/* Runs at 8, 108, 208. */
	load.n1 = 3;
	load.ext_stride1 = 100;
	cost = price(&iss, &load, sizeof(load));
	assert_int_equal(cost.bytes, 80);
	assert_int_equal(cost.engine, ONPU_ENGINE_LOAD);
	assert_int_equal(cost.work.read_bytes, 48);
	assert_int_equal(cost.fetch_bytes, 56);
	/* Runs, and rows, that join: 96 bytes from byte 8. */
	load.ext_stride1 = 16;
	load.n2 = 2;
	load.ext_stride2 = 48;
	assert_int_equal(price(&iss, &load, sizeof(load)).bytes, 112);
	load.ext_stride2 = 64;
	assert_int_equal(price(&iss, &load, sizeof(load)).bytes, 128);
	load.head.opcode = ONPU_OPCODE_STORE;
	assert_int_equal(price(&iss, &load, sizeof(load)).engine, ONPU_ENGINE_STORE);
	/* Two rows of 3 * 40 bytes, 64 a cycle; apart, a run a cycle. */
	load = dma(ONPU_OPCODE_FILL, 0, 0, 40);
	load.n1 = 3;
	load.n2 = 2;
	load.sram_stride1 = 40;
	cost = price(&iss, &load, sizeof(load));
	assert_int_equal(cost.bytes, 0);
	assert_int_equal(cost.busy, 4);
	load.sram_stride1 = 41;
	assert_int_equal(price(&iss, &load, sizeof(load)).busy, 6);

	/* 144 + 260 bytes at 32 a cycle: 13, less than 16 pixels. */
	w = weights_at(&iss);
	put_params(&w, V, 0, 0, 0);
	put_dense(&w, V, 0, 1, ONPU_BLOCK_LAST_MASK);
	c.weights_size = w.at - w.start;
	cost = price(&iss, &c, sizeof(c));
	assert_int_equal(cost.busy, 20 + 16);
	assert_int_equal(cost.tail, 16 + 16);
	/* In tiles of 3 x 3: 9, 3, 3, 1 pixels, all bound by the 13 cycles. */
	c.tile_h = 3;
	c.tile_w = 3;
	cost = price(&iss, &c, sizeof(c));
	assert_int_equal(cost.busy, 20 + 4 * 13);
	assert_int_equal(cost.tail, 1 + 16);
	assert_int_equal(cost.work.weight_bytes, 4 * 404);
	assert_int_equal(cost.work.steps_d, 16);
	/* Half the channels: 72 + 132 bytes are 7 cycles; pairs of 16 pixels take 8. */
	c = conv(4, 4, V / 2);
	w = weights_at(&iss);
	put_params(&w, V / 2, 0, 0, 0);
	put_dense(&w, V / 2, 0, 1, ONPU_BLOCK_LAST_MASK);
	c.weights_size = w.at - w.start;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 20 + 16);
	c.mode = ONPU_CONV_PAIR;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 20 + 8);
	/* No weights at all: what is stored takes a cycle a pixel. */
	w = weights_at(&iss);
	put_params(&w, V / 2, 0, 0, 0);
	put_word(&w, header(ONPU_BLOCK_NONE, 0, 0, 1, ONPU_BLOCK_LAST_MASK));
	c.weights_size = w.at - w.start;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 20 + 8);
	c.mode = 0;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 20 + 16);
	/* Three steps on three pixels. */
	c = conv(1, 3, 1);
	w = weights_at(&iss);
	put_params(&w, 1, 0, 0, 0);
	put_word(&w, header(ONPU_BLOCK_G4, 0, 0, 3,
			    ONPU_BLOCK_BITMAP_MASK | ONPU_BLOCK_LAST_MASK));
	put_word(&w, 0);
	put_word(&w, 0);
	c.weights_size = w.at - w.start;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 20 + 9);

	/* One pass; each row refills two columns. */
	cost = price(&iss, &d, sizeof(d));
	assert_int_equal(cost.busy, 20 + 4 * (4 + 2));
	assert_int_equal(cost.work.steps_depthwise, 24);
	d.stride_w = 2;
	assert_int_equal(price(&iss, &d, sizeof(d)).busy, 20 + 4 * (8 + 1));
	d.stride_w = 1;
	d.kernel_h = 5;
	d.kernel_w = 5;		/* rows of 3: two passes; 16 * 34 bytes take 17 cycles */
	assert_int_equal(price(&iss, &d, sizeof(d)).busy, 20 + 4 * 2 * (4 + 4));
	d.dilation_w = 2;	/* ceil(25 / 4) a pixel */
	assert_int_equal(price(&iss, &d, sizeof(d)).busy, 20 + 16 * 7);

	assert_int_equal(price(&iss, &e, sizeof(e)).busy, 20 + 15 * 2);
	e.post.act = ONPU_ACT_TABLE;
	assert_int_equal(price(&iss, &e, sizeof(e)).busy, 20 + 15 * 2 + 16);
	assert_int_equal(price(&iss, &p, sizeof(p)).busy, 20 + 15 * 3);
	assert_int_equal(price(&iss, &r, sizeof(r)).busy, 20 + 16 + 2 + 4 * 2);
	iss_free(&iss);
}

static struct onpu_cost transfer(enum onpu_engine engine, uint64_t bytes)
{
	struct onpu_cost cost = { .engine = engine, .bytes = bytes, .fetch_bytes = 56 };

	return cost;
}

static struct onpu_cost work(uint64_t busy, uint64_t tail)
{
	struct onpu_cost cost = { .engine = ONPU_ENGINE_COMPUTE, .busy = busy, .tail = tail,
				  .fetch_bytes = 160 };

	return cost;
}

static void add(struct onpu_timeline *t, struct onpu_cost cost, uint32_t load, uint32_t compute,
		uint32_t store)
{
	uint32_t wait[3] = { load, compute, store };

	assert_int_equal(onpu_timeline_add(t, &cost, wait), 0);
}

static void check_time(struct onpu_timeline *t, size_t i, uint64_t start, uint64_t end)
{
	uint64_t a, b;

	onpu_timeline_times(t, i, &a, &b);
	assert_int_equal(a, start);
	assert_int_equal(b, end);
}

static struct onpu_timeline *timeline(void)
{
	struct onpu_memory_model memory = ONPU_MEMORY_DEFAULT;
	struct onpu_timeline *t = onpu_timeline_new(&memory, 1000);

	assert_non_null(t);
	return t;
}

static void test_timeline_chain(void **state)
{
	struct onpu_timeline *t = timeline();

	(void)state;
	/* First words arrive after the latency; 56 bytes are fetched in 4 cycles, 160 in 10. */
	add(t, transfer(ONPU_ENGINE_LOAD, 800), 0, 0, 0);
	add(t, transfer(ONPU_ENGINE_LOAD, 801), 0, 0, 0);
	add(t, work(50, 20), 2, 0, 0);
	add(t, work(10, 5), 0, 0, 0);
	add(t, transfer(ONPU_ENGINE_STORE, 80), 0, 1, 0);
	assert_int_equal(onpu_timeline_now(t), 1585);
	assert_int_equal(onpu_timeline_finish(t), 1585);
	check_time(t, 0, 1104, 1304);
	check_time(t, 1, 1204, 1405);	/* behind the first one's transfer, not its latency */
	check_time(t, 2, 1405, 1475);
	check_time(t, 3, 1455, 1475);	/* completes in order */
	check_time(t, 4, 1475, 1585);
	onpu_timeline_free(t);
}

static void test_timeline_sharing(void **state)
{
	struct onpu_timeline *t = timeline();

	(void)state;
	add(t, transfer(ONPU_ENGINE_LOAD, 800), 0, 0, 0);
	add(t, transfer(ONPU_ENGINE_STORE, 400), 0, 0, 0);
	/* Alone until 1108, then half each until 1208, and the last 368 bytes alone. */
	assert_int_equal(onpu_timeline_finish(t), 1354);
	check_time(t, 0, 1104, 1354);
	check_time(t, 1, 1108, 1308);
	assert_true(onpu_timeline_now(t) <= 1354);
	onpu_timeline_free(t);
}

static void test_timeline_queue(void **state)
{
	struct onpu_timeline *t = timeline();

	(void)state;
	for (int i = 0; i < 20; i++)
		add(t, work(1000, 0), 0, 0, 0);
	add(t, transfer(ONPU_ENGINE_LOAD, 8), 0, 0, 0);
	/*
	 * One runs from 1110, 16 are queued at 1270; the next three enter when one starts, at
	 * 2110, 3110, 4110.
	 */
	assert_int_equal(onpu_timeline_finish(t), 1110 + 20 * 1000);
	check_time(t, 20, 4114, 4215);
	check_time(t, 19, 20110, 21110);
	onpu_timeline_free(t);
}

static void test_timeline_random(void **state)
{
	uint64_t random = 99;

	(void)state;
	for (int run = 0; run < 50; run++) {
		struct onpu_timeline *t = timeline();
		uint32_t count[3] = { 0 };
		uint64_t now = 0, end;

		for (int i = 0; i < 100; i++) {
			uint32_t e = iss_between(&random, 0, 2);
			uint32_t w[3];

			for (int k = 0; k < 3; k++)
				w[k] = iss_between(&random, 0, 3) ? 0 :
				       iss_between(&random, 0, count[k]);
			if (e == ONPU_ENGINE_COMPUTE)
				add(t, work(iss_between(&random, 0, 300),
					    iss_between(&random, 0, 50)), w[0], w[1], w[2]);
			else
				add(t, transfer((enum onpu_engine)e,
						iss_between(&random, 1, 3000)), w[0], w[1], w[2]);
			count[e]++;
			/* Grows, and never beyond what comes out. */
			assert_true(onpu_timeline_now(t) >= now);
			now = onpu_timeline_now(t);
		}
		end = onpu_timeline_finish(t);
		assert_true(now <= end);
		assert_int_equal(onpu_timeline_finish(t), end);
		for (size_t i = 0; i < 100; i++) {
			uint64_t a, b;

			onpu_timeline_times(t, i, &a, &b);
			assert_true(a > 1000 && b >= a && b <= end);
		}
		onpu_timeline_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_costs),
		cmocka_unit_test(test_timeline_chain),
		cmocka_unit_test(test_timeline_sharing),
		cmocka_unit_test(test_timeline_queue),
		cmocka_unit_test(test_timeline_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
