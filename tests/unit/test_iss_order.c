// SPDX-License-Identifier: MIT
/* The order checker finds missing tokens, and nothing else. */
#include "iss_commands.h"

/* Runs with the checker; expects a hazard that says all of the texts, or none. */
static void expect_hazard(struct iss *iss, const char *a, const char *b)
{
	iss_put_end(iss);
	onpu_core_check_order(iss->core, true);
	iss_run(iss);
	if (!a) {
		assert_string_equal(onpu_core_hazard(iss->core), "");
		assert_int_equal(onpu_core_state(iss->core), ONPU_CORE_DONE);
	} else {
		assert_int_equal(onpu_core_fault(iss->core)->code, ONPU_FAULT_BAD_TOKEN);
		if (!strstr(onpu_core_hazard(iss->core), a) ||
		    !strstr(onpu_core_hazard(iss->core), b))
			fail_msg("%s", onpu_core_hazard(iss->core));
	}
	onpu_core_check_order(iss->core, false);
	iss->stream_size = 0;
}

static void test_order_sram(void **state)
{
	struct onpu_cmd_load load = dma(ONPU_OPCODE_LOAD, ADDR_IN, 0, 64);
	struct onpu_cmd_load reload = load;
	struct onpu_cmd_eltwise c = eltwise(1, 4, 16);
	struct onpu_cmd_load store = dma(ONPU_OPCODE_STORE, ADDR_OUT, 4096, 64);
	struct onpu_cmd_load fill = dma(ONPU_OPCODE_FILL, ADDR_OUT, 0, 64);
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	/* All tokens there: no hazard, also where the order is known only through others. */
	c.head.wait_load = 1;
	store.head.wait_compute = 1;
	reload.head.wait_compute = 1;
	fill.head.wait_store = 1;
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &c, sizeof(c));
	iss_put(&iss, &store, sizeof(store));
	iss_put(&iss, &fill, sizeof(fill));	/* store was after compute */
	reload.head.wait_compute = 0;		/* and this is after fill */
	iss_put(&iss, &reload, sizeof(reload));
	expect_hazard(&iss, NULL, NULL);
	/* A read before the load has completed. */
	c.head.wait_load = 0;
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &c, sizeof(c));
	expect_hazard(&iss, "eltwise at 0x38 (engine COMPUTE) reads SRAM byte 0x1000",
		      "load at 0x0 (engine LOAD) writes");
	c.head.wait_load = 1;
	/* A store before the compute has completed. */
	store.head.wait_compute = 0;
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &c, sizeof(c));
	iss_put(&iss, &store, sizeof(store));
	expect_hazard(&iss, "store at 0xc8", "eltwise at 0x38 (engine COMPUTE) writes");
	store.head.wait_compute = 1;
	/* A load over what may still be read. */
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &c, sizeof(c));
	iss_put(&iss, &reload, sizeof(reload));
	expect_hazard(&iss, "load at 0xc8 (engine LOAD) writes SRAM byte 0x1000",
		      "eltwise at 0x38 (engine COMPUTE) reads");
	/* A fill of what compute writes: write after write. */
	fill.head.wait_store = 0;
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &c, sizeof(c));
	iss_put(&iss, &fill, sizeof(fill));
	expect_hazard(&iss, "fill at 0xc8 (engine LOAD) writes SRAM byte 0x4000", "writes");
	/* The neighbours of what is read and written may be loaded. */
	reload = dma(ONPU_OPCODE_LOAD, ADDR_IN + 64, 0, 64);
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &c, sizeof(c));
	iss_put(&iss, &reload, sizeof(reload));
	reload.addr = ADDR_OUT - 64;
	iss_put(&iss, &reload, sizeof(reload));
	reload.addr = ADDR_OUT + 64;
	iss_put(&iss, &reload, sizeof(reload));
	expect_hazard(&iss, NULL, NULL);
	/* One byte of them not. */
	reload.addr = ADDR_OUT + 63;
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &c, sizeof(c));
	iss_put(&iss, &reload, sizeof(reload));
	expect_hazard(&iss, "writes SRAM byte 0x403f", "writes");
	/* What nothing has written. */
	load.n0 = 60;
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &c, sizeof(c));
	expect_hazard(&iss, "reads SRAM byte 0x103c", "nothing has written");
	iss_free(&iss);
}

static void test_order_external(void **state)
{
	struct onpu_cmd_load fill = dma(ONPU_OPCODE_FILL, 0, 0, 64);
	struct onpu_cmd_load store = dma(ONPU_OPCODE_STORE, 0, 4096, 64);
	struct onpu_cmd_load load = dma(ONPU_OPCODE_LOAD, 4096, 4096 + 63, 4);
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	store.head.wait_load = 1;
	iss_put(&iss, &fill, sizeof(fill));
	iss_put(&iss, &store, sizeof(store));
	iss_put(&iss, &load, sizeof(load));
	expect_hazard(&iss, "load at 0x70 (engine LOAD) reads external byte 0x9103f",
		      "store at 0x38 (engine STORE) writes");
	load.offset++;
	iss_put(&iss, &fill, sizeof(fill));
	iss_put(&iss, &store, sizeof(store));
	iss_put(&iss, &load, sizeof(load));
	expect_hazard(&iss, NULL, NULL);
	load.offset--;
	load.head.wait_store = 1;
	iss_put(&iss, &fill, sizeof(fill));
	iss_put(&iss, &store, sizeof(store));
	iss_put(&iss, &load, sizeof(load));
	expect_hazard(&iss, NULL, NULL);
	/* A store over what a load may still read; runs that interleave do not touch. */
	load.head.wait_store = 0;
	load.offset = 4096;
	load.n1 = 3;
	load.ext_stride1 = 16;
	load.sram_stride1 = 4;
	store.n0 = 12;
	store.n1 = 3;
	store.ext_stride1 = 16;
	store.sram_stride1 = 12;
	store.offset = 4096 + 4;
	iss_put(&iss, &fill, sizeof(fill));
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &store, sizeof(store));
	expect_hazard(&iss, NULL, NULL);
	store.offset--;
	iss_put(&iss, &fill, sizeof(fill));
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &store, sizeof(store));
	expect_hazard(&iss, "store at 0x70 (engine STORE) writes external byte 0x91003", "reads");
	iss_free(&iss);
}

/* Window bytes count only where some channel has a weight for them. */
static void test_order_windows(void **state)
{
	struct onpu_cmd_conv c = conv(1, 2, 1);
	struct onpu_cmd_load stream = dma(ONPU_OPCODE_LOAD, ADDR_WEIGHTS, 0, 0);
	struct onpu_cmd_load in = dma(ONPU_OPCODE_FILL, ADDR_IN, 0, 0);
	struct weights w;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	w = weights_at(&iss);
	put_params(&w, 1, 0, 0, 0);
	put_single(&w, ONPU_BLOCK_D, 0, 0, 2, 0, 1, 0);
	put_single(&w, ONPU_BLOCK_G4, 1, 0, 0, 5, 0, ONPU_BLOCK_LAST_MASK);
	c.weights_size = w.at - w.start;
	memcpy(iss.memory + DATA_VA, w.sram + w.start, c.weights_size);
	stream.n0 = c.weights_size;
	c.head.wait_load = 3;
	c.in.pix_pitch = 3;
	/* Bytes 2 and 5 of the row are read, with a weight; 4V others are not. */
	in.n0 = 1;
	in.addr = ADDR_IN + 2;
	for (int bytes = 2; bytes >= 1; bytes--) {
		iss_put(&iss, &stream, sizeof(stream));
		in.addr = ADDR_IN + 2;
		iss_put(&iss, &in, sizeof(in));
		if (bytes == 2)
			in.addr = ADDR_IN + 5;
		iss_put(&iss, &in, sizeof(in));
		iss_put(&iss, &c, sizeof(c));
		expect_hazard(&iss, bytes == 2 ? NULL : "reads SRAM byte 0x1005",
			      "nothing has written");
	}
	iss_free(&iss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_sram),
		cmocka_unit_test(test_order_external),
		cmocka_unit_test(test_order_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
