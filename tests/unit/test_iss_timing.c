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
	struct onpu_cost cost;
	struct weights w;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	/* 16 bytes from byte 8 touch two beats of 16. */
	cost = price(&iss, &load, sizeof(load));
	assert_int_equal(cost.bytes, 32);
	assert_int_equal(cost.requests, 1);
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
	assert_int_equal(cost.busy, 4 + 1);
	load.sram_stride1 = 41;
	assert_int_equal(price(&iss, &load, sizeof(load)).busy, 6 + 1);

	/*
	 * The decoder begins at 5; parameters 5, header 1, values 8: 19, the first window at 22.
	 * 7 cycles behind the last one the post-processor takes 16 pixels; round N: 6 to the write.
	 */
	w = weights_at(&iss);
	put_params(&w, V, 0, 0, 0);
	put_dense(&w, V, 0, 1, ONPU_BLOCK_LAST_MASK);
	c.weights_size = w.at - w.start;
	cost = price(&iss, &c, sizeof(c));
	assert_int_equal(cost.busy, 37 + 7 + 16 + 6);
	/* A rescale takes 6 cycles more; with an operand each pixel takes two. */
	c.post.round = ONPU_ROUND_D;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 37 + 7 + 16 + 12);
	c.post.op2_op = ONPU_OP2_ADD;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 37 + 7 + 32 + 25);
	c.post.op2_op = ONPU_OP2_NONE;
	c.post.round = ONPU_ROUND_N;
	/*
	 * In tiles of 3 x 3: 9, 3, 3, 1 pixels, all bound by 15 cycles of the decoder.  The last
	 * window is that of the fourth tile, 45 later than the first one's.
	 */
	c.tile_h = 3;
	c.tile_w = 3;
	cost = price(&iss, &c, sizeof(c));
	assert_int_equal(cost.busy, 22 + 45 + 7 + 1 + 6);
	assert_int_equal(cost.work.weight_bytes, 4 * 404);
	assert_int_equal(cost.work.steps_d, 16);
	/*
	 * 100 equal tiles of 16 pixels: one is behind the first, and then two take 39 cycles, in
	 * which a bank is filled in 16 and, 7 later, read in 16.
	 */
	c = conv(40, 40, V);
	c.tile_h = 4;
	c.tile_w = 4;
	c.weights_size = w.at - w.start;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 37 + 7 + 16 + 17 + 49 * 39 + 6);
	/* Half the channels: parameters 3, header 1, values 4; pairs of 16 pixels take 8. */
	c = conv(4, 4, V / 2);
	w = weights_at(&iss);
	put_params(&w, V / 2, 0, 0, 0);
	put_dense(&w, V / 2, 0, 1, ONPU_BLOCK_LAST_MASK);
	c.weights_size = w.at - w.start;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 13 + 3 + 15 + 7 + 16 + 6);
	c.mode = ONPU_CONV_PAIR;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 13 + 3 + 7 + 7 + 16 + 6);
	/* No weights at all: what is stored takes a cycle a pixel. */
	w = weights_at(&iss);
	put_params(&w, V / 2, 0, 0, 0);
	put_word(&w, header(ONPU_BLOCK_NONE, 0, 0, 1, ONPU_BLOCK_LAST_MASK));
	c.weights_size = w.at - w.start;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 9 + 3 + 7 + 16 + 6);
	c.out_h = 40000;
	c.out_w = 160;
	c.tile_h = 1;
	c.tile_w = 160;
	assert_in_range(price(&iss, &c, sizeof(c)).busy, 40000 * 160, 40000 * 162);
	/* Three steps on three pixels: two bitmaps' cycles beside three, a row of each, selects. */
	c = conv(1, 3, 1);
	w = weights_at(&iss);
	put_params(&w, 1, 0, 0, 0);
	put_word(&w, header(ONPU_BLOCK_G4, 0, 0, 3,
			    ONPU_BLOCK_BITMAP_MASK | ONPU_BLOCK_LAST_MASK));
	put_word(&w, 0);
	put_word(&w, 0);
	c.weights_size = w.at - w.start;
	assert_int_equal(price(&iss, &c, sizeof(c)).busy, 5 + 3 + 1 + 5 + 3 + 1 + 3 + 8 + 7 + 3 + 6);

	/*
	 * Parameters and nine taps: 19; one pass; each row refills two columns.  The rows of the
	 * window lie in different banks.
	 */
	cost = price(&iss, &d, sizeof(d));
	assert_int_equal(cost.busy, 21 + 4 * (4 + 2) + 7 + 16 + 6);
	assert_int_equal(cost.work.steps_depthwise, 24);
	d.stride_w = 2;
	assert_int_equal(price(&iss, &d, sizeof(d)).busy, 21 + 4 * (8 + 1) + 7 + 16 + 6);
	d.stride_w = 1;
	/* All three rows in one bank. */
	d.in.row_pitch = 32 * V;
	assert_int_equal(price(&iss, &d, sizeof(d)).busy, 21 + 3 * 24 + 7 + 16 + 6);
	d.in.row_pitch += V;
	d.kernel_h = 5;
	d.kernel_w = 5;		/* rows of 3: two passes; 15 taps before the first */
	assert_int_equal(price(&iss, &d, sizeof(d)).busy, 27 + 4 * 2 * (4 + 4) + 7 + 16 + 6);
	d.dilation_w = 2;	/* each pixel has its own columns */
	cost = price(&iss, &d, sizeof(d));
	assert_int_equal(cost.busy, 27 + 2 * 5 * 16 + 7 + 16 + 6);
	assert_int_equal(cost.work.steps_depthwise, 160);

	iss_free(&iss);
}

static void test_vectors(void **state)
{
	struct onpu_cmd_eltwise e = eltwise(3, 5, 17);
	struct onpu_cmd_pool p = pool(3, 5, 16, 3);
	struct onpu_cmd_resize r = resize(4, 4, 16);
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	/* Results are not in the windows' banks. */
	e.out.addr += 5 * V;
	/* The first window 3 cycles behind the start, its vector 4 later, its write 5 behind that. */
	assert_int_equal(price(&iss, &e, sizeof(e)).busy, 12 + 15 * 2);
	assert_int_equal(price(&iss, &e, sizeof(e)).work.steps_vector, 30);
	/* A rescale takes 6 cycles more; one of a product too, 7 behind the operand. */
	e.post.round = ONPU_ROUND_D;
	assert_int_equal(price(&iss, &e, sizeof(e)).busy, 18 + 15 * 2);
	e.post.round = ONPU_ROUND_N;
	e.post.op2_op = ONPU_OP2_MUL;
	e.post.op2 = e.in;
	e.post.op2.addr += 0x1000 + 9 * V;
	e.post.op2_channels = 17;
	assert_int_equal(price(&iss, &e, sizeof(e)).busy, 25 + 15 * 2);
	/* Twice through the multiplier: every other cycle, the first one is a cycle late. */
	e.post.round = ONPU_ROUND_D;
	assert_int_equal(price(&iss, &e, sizeof(e)).busy, 31 + 15 * 4);
	e.post.round = ONPU_ROUND_N;
	e.post.op2_op = ONPU_OP2_NONE;
	e.post.act = ONPU_ACT_TABLE;
	assert_int_equal(price(&iss, &e, sizeof(e)).busy, 27 + 15 * 2);
	/* Rows that go around the ring more often than once are taken off before. */
	assert_int_equal(price(&iss, &p, sizeof(p)).prepare, 0);
	p.in.ring = 3;
	p.stride_h = 65535;
	assert_int_equal(price(&iss, &p, sizeof(p)).prepare, 21845);
	p.in.ring = 0;
	p.stride_h = 1;
	/* Nine taps are three windows. */
	assert_int_equal(price(&iss, &p, sizeof(p)).busy, 12 + 15 * 3);
	/* The tables come 11 cycles later, and three times a row's entry comes before columns. */
	assert_int_equal(price(&iss, &r, sizeof(r)).busy, 12 + 11 + 4 * 4 + 3);
	iss_free(&iss);
}

/* Maps whose vectors are each all of one bank. */
static struct onpu_cmd_eltwise in_banks(uint16_t h, uint32_t in, uint32_t op2, uint32_t out)
{
	struct onpu_cmd_eltwise e = eltwise(h, 16, V);

	e.in = (struct onpu_fmap){ .addr = in * V, .row_pitch = 512 * V, .pix_pitch = 32 * V };
	e.post.op2_op = ONPU_OP2_MAX;
	e.post.op2_channels = V;
	e.post.op2 = e.in;
	e.post.op2.addr = op2 * V;
	e.out = e.in;
	e.out.addr = out * V;
	return e;
}

/* Who shares a bank takes turns; of a long command that holds for what is not simulated, too. */
static void test_ports(void **state)
{
	const uint32_t banks[][4] = {
		/* in, op2, out, cycles for each vector */
		{ 1, 2, 3, 1 }, { 1, 1, 3, 2 }, { 1, 2, 1, 2 }, { 1, 2, 2, 2 }, { 1, 1, 1, 3 },
	};
	struct onpu_cmd_eltwise e;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		for (uint16_t h = 16; h <= 1024; h *= 4) {
			uint64_t least = (uint64_t)banks[i][3] * h * 16, busy;

			e = in_banks(h, banks[i][0], banks[i][1], banks[i][2]);
			busy = price(&iss, &e, sizeof(e)).busy;
			assert_in_range(busy, least - 40, least + 40);
		}
	}
	e = eltwise(300, 300, V);
	assert_int_equal(price(&iss, &e, sizeof(e)).busy, 12 + 90000);
	iss_free(&iss);
}

/* Two blocks of one step on 192 pixels; maps whose vectors are each all of one bank. */
static struct onpu_cmd_conv conv_in_banks(struct iss *iss, uint16_t h, uint32_t in, uint32_t out)
{
	struct onpu_cmd_conv c = conv(h, 16, 2 * V);
	struct weights w = weights_at(iss);

	for (int i = 0; i < 2; i++) {
		put_params(&w, V, 0, 0, 0);
		put_dense(&w, V, 0, 1, ONPU_BLOCK_LAST_MASK);
	}
	c.weights_size = w.at - w.start;
	c.tile_h = 12;
	c.in = (struct onpu_fmap){ .addr = in * V, .row_pitch = 512 * V, .pix_pitch = 32 * V };
	c.out = c.in;
	c.out.addr = out * V;
	return c;
}

static void test_conv_ports(void **state)
{
	struct onpu_cmd_conv c;
	uint64_t alone, tiles;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	/* Windows of two blocks, results of the second one, and a cycle between those of both. */
	c = conv_in_banks(&iss, 12, 1, 4);
	alone = price(&iss, &c, sizeof(c)).busy;
	assert_int_equal(alone, 22 + 2 * 192 - 1 + 7 + 192 + 6 + 1);
	/* The first block's results, but for a queue, are written when the second one's windows end. */
	c = conv_in_banks(&iss, 12, 1, 1);
	assert_in_range(price(&iss, &c, sizeof(c)).busy, alone + 100, alone + 192);
	/*
	 * Of 100 tiles some are simulated.  In each a bank is filled and, 7 later, read; weights
	 * wait for windows where both are of one bank.
	 */
	c = conv_in_banks(&iss, 1200, 1, 4);
	tiles = price(&iss, &c, sizeof(c)).busy;
	assert_in_range(tiles, alone + 99 * (192 + 7 + 192), alone + 99 * (192 + 7 + 192 + 30));
	/* A stream that ends too early is found by others. */
	c = conv_in_banks(&iss, 12, 1, 4);
	c.weights_size -= 8;
	assert_true(price(&iss, &c, sizeof(c)).busy < alone);
	iss_free(&iss);
}

static struct onpu_cost transfer(enum onpu_engine engine, uint64_t bytes)
{
	struct onpu_cost cost = { .engine = engine, .bytes = bytes, .extent = bytes,
				  .requests = (bytes + 511) / 512, .fetch_bytes = 56 };

	return cost;
}

static struct onpu_cost work(uint64_t busy)
{
	struct onpu_cost cost = { .engine = ONPU_ENGINE_COMPUTE, .busy = busy,
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
	/* First words arrive at 1373, the last of the command 6 later; it is checked in 13. */
	add(t, transfer(ONPU_ENGINE_LOAD, 800), 0, 0, 0);
	add(t, transfer(ONPU_ENGINE_LOAD, 801), 0, 0, 0);
	add(t, work(50), 2, 0, 0);
	add(t, work(10), 0, 0, 0);
	add(t, transfer(ONPU_ENGINE_STORE, 80), 0, 1, 0);
	assert_int_equal(onpu_timeline_now(t), 1999);
	assert_int_equal(onpu_timeline_finish(t), 2005);
	check_time(t, 0, 1392, 1607 + 100 + 3);	/* the first page is looked up in 105 */
	check_time(t, 1, 1405, 1707 + 101 + 3);	/* behind the first one's bytes */
	check_time(t, 2, 1812, 1826 + 50);
	check_time(t, 3, 1827, 1877 + 10);	/* prepared meanwhile */
	check_time(t, 4, 1877, 1889 + 10 + 106);
	onpu_timeline_free(t);
}

static void test_timeline_sharing(void **state)
{
	struct onpu_timeline *t = timeline();

	(void)state;
	add(t, transfer(ONPU_ENGINE_LOAD, 800), 0, 0, 0);
	add(t, transfer(ONPU_ENGINE_STORE, 4000), 0, 0, 0);
	/* Alone from 1417 to 1607, then half each until 1807, and the last 1680 bytes alone. */
	assert_int_equal(onpu_timeline_finish(t), 2017 + 106);
	check_time(t, 0, 1392, 1810);
	check_time(t, 1, 1405, 2123);
	assert_true(onpu_timeline_now(t) <= 2123);
	onpu_timeline_free(t);
}

static void test_timeline_transfers(void **state)
{
	struct onpu_cost runs = transfer(ONPU_ENGINE_LOAD, 800), far = runs, pieces = runs;
	struct onpu_timeline *t = timeline();

	(void)state;
	/* 16 requests are under way in the 110 cycles that each takes; 34 more take 233. */
	runs.requests = 50;
	add(t, runs, 0, 0, 0);
	/* An access to SRAM is a cycle; the page is another one: known only after a trip. */
	pieces.pieces = 200;
	pieces.offset = 40960;
	add(t, pieces, 1, 0, 0);
	/* Behind the page that was used last. */
	far.offset = 45056;
	add(t, far, 2, 0, 0);
	onpu_timeline_finish(t);
	check_time(t, 0, 1392, 1607 + 233 + 3);
	check_time(t, 1, 1844, 1844 + 215 + 200 + 3);
	check_time(t, 2, 2263, 2263 + 110 + 100 + 3);
	onpu_timeline_free(t);
}

/* Fetching waits behind what loads have asked for. */
static void test_timeline_fetch(void **state)
{
	struct onpu_timeline *t = timeline();

	(void)state;
	add(t, transfer(ONPU_ENGINE_LOAD, 8192), 0, 0, 0);
	add(t, transfer(ONPU_ENGINE_LOAD, 8192), 0, 0, 0);
	for (int i = 0; i < 12; i++)
		add(t, work(1), 0, 0, 0);
	onpu_timeline_finish(t);
	/*
	 * The loads' data come from 1392 + 320 on, two pages being looked up, and 8 KiB of them
	 * were asked for before bytes 1024 on of the stream, in which the sixth ends.
	 */
	check_time(t, 6, 1373 + 911 / 8 + 20, 1506 + 14 + 1);
	check_time(t, 7, 1712 + 1024 + 5 + 20, 2761 + 14 + 1);
	onpu_timeline_free(t);
}

static void test_timeline_queue(void **state)
{
	struct onpu_timeline *t = timeline();

	(void)state;
	for (int i = 0; i < 20; i++)
		add(t, work(1000), 0, 0, 0);
	add(t, transfer(ONPU_ENGINE_LOAD, 8), 0, 0, 0);
	/*
	 * The first starts at 1412, and runs from 1426; the second one starts behind that, and
	 * then one every 1001 cycles.  The last enters the queue with the fourth start.
	 */
	assert_int_equal(onpu_timeline_finish(t), 1426 + 20 * 1000 + 19);
	check_time(t, 0, 1412, 2426);
	check_time(t, 3, 3429, 5429);
	check_time(t, 19, 19445, 21445);
	check_time(t, 20, 3442, 3657 + 1 + 3);
	onpu_timeline_free(t);
}

static uint64_t start_of(struct onpu_timeline *t, size_t i)
{
	uint64_t start, end;

	onpu_timeline_times(t, i, &start, &end);
	return start;
}

/* Records hold up commands: two are written while their words' answers are out. */
static void test_timeline_records(void **state)
{
	struct onpu_timeline *t = timeline();
	struct onpu_cost cost = work(1), store = transfer(ONPU_ENGINE_STORE, 8192);

	(void)state;
	cost.traced = true;
	for (int i = 0; i < 40; i++)
		add(t, cost, 0, 0, 0);
	onpu_timeline_finish(t);
	/* Six words in 110 cycles of their answers, and 1 to the next one. */
	for (size_t i = 20; i < 38; i++)
		assert_int_equal(start_of(t, i + 2) - start_of(t, i), 111);
	onpu_timeline_free(t);
	/*
	 * The sixth one waits until the first one's three words have gone, the last two behind the
	 * store's 8192 bytes, and two pages' beats, from 1392 + 222 on.
	 */
	t = timeline();
	add(t, store, 0, 0, 0);
	for (int i = 0; i < 6; i++)
		add(t, cost, 0, 0, 0);
	onpu_timeline_finish(t);
	assert_int_equal(start_of(t, 6), 1614 + 1028 + 2);
	onpu_timeline_free(t);
}

static void test_timeline_prepare(void **state)
{
	struct onpu_timeline *t = timeline();
	struct onpu_cost cost = work(50);

	(void)state;
	cost.prepare = 1000;
	add(t, cost, 0, 0, 0);
	add(t, cost, 0, 0, 0);
	onpu_timeline_finish(t);
	/* The second one is prepared from where the first one runs. */
	check_time(t, 0, 1412, 2426 + 50);
	check_time(t, 1, 2427, 3441 + 50);
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
				add(t, work(iss_between(&random, 0, 300)), w[0], w[1], w[2]);
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
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_conv_ports),
		cmocka_unit_test(test_timeline_chain),
		cmocka_unit_test(test_timeline_sharing),
		cmocka_unit_test(test_timeline_transfers),
		cmocka_unit_test(test_timeline_fetch),
		cmocka_unit_test(test_timeline_queue),
		cmocka_unit_test(test_timeline_records),
		cmocka_unit_test(test_timeline_prepare),
		cmocka_unit_test(test_timeline_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
