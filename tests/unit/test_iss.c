// SPDX-License-Identifier: MIT
/* Faults: what the functional core refuses, and how it says so. */
#include <stdbool.h>

#include "iss_commands.h"

static void test_presets(void **state)
{
	static const char *const names[] = { "nano", "base", "wide" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		const struct onpu_preset *preset = onpu_preset_by_name(names[i]);

		assert_non_null(preset);
		assert_ptr_equal(onpu_preset_by_id(preset->id), preset);
		assert_int_equal(preset->lanes, 8 << i);
		assert_int_equal(preset->sram_bytes & (preset->sram_bytes - 1), 0);
	}
	assert_null(onpu_preset_by_name("none"));
	assert_null(onpu_preset_by_id(0xffff));
}

/* Runs c behind a legal FILL; SRAM must not change where the command is refused. */
static void expect(struct iss *iss, union any *c, size_t size, enum onpu_fault fault,
		   enum onpu_engine engine)
{
	struct onpu_cmd_load first = dma(ONPU_OPCODE_FILL, 0x100, 0, 16);
	uint8_t *sram = onpu_core_sram(iss->core), *before = malloc(iss->preset->sram_bytes);
	const struct onpu_fault_info *info;

	iss->stream_size = 0;
	iss_put(iss, &first, sizeof(first));
	iss_put(iss, c, size);
	iss_put_end(iss);
	memset(sram + 0x100, 0, 16);
	memcpy(before, sram, iss->preset->sram_bytes);
	iss_run(iss);
	info = onpu_core_fault(iss->core);
	assert_int_equal(info->code, fault);
	if (fault != ONPU_FAULT_NONE) {
		assert_int_equal(onpu_core_state(iss->core), ONPU_CORE_FAULT);
		assert_int_equal(info->engine, engine);
		assert_int_equal(info->stream_offset, sizeof(first));
		assert_memory_equal(sram, before, iss->preset->sram_bytes);
	} else {
		assert_int_equal(onpu_core_state(iss->core), ONPU_CORE_DONE);
	}
	free(before);
}

/* Sets a field of a legal command; expects a fault of the command processor. */
#define REFUSED(opcode, member, value, code) do { \
	union any c_; \
	size_t size_ = legal(&iss, opcode, &c_); \
	c_.member = (value); \
	expect(&iss, &c_, size_, code, ONPU_ENGINE_CONTROL); \
} while (0)

static const uint8_t all_opcodes[] = {
	ONPU_OPCODE_PREEMPT, ONPU_OPCODE_LOAD, ONPU_OPCODE_FILL, ONPU_OPCODE_STORE,
	ONPU_OPCODE_CONV, ONPU_OPCODE_DWCONV, ONPU_OPCODE_ELTWISE, ONPU_OPCODE_POOL,
	ONPU_OPCODE_RESIZE,
};

static void test_legal_commands(void **state)
{
	struct iss iss;
	union any c;

	(void)state;
	iss_init(&iss, "base");
	for (size_t i = 0; i < sizeof(all_opcodes); i++) {
		size_t size = legal(&iss, all_opcodes[i], &c);

		expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
	}
	iss_free(&iss);
}

static void test_bad_headers(void **state)
{
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	for (unsigned int opcode = 0; opcode < 256; opcode++) {
		bool known = opcode == ONPU_OPCODE_END;

		for (size_t i = 0; i < sizeof(all_opcodes); i++)
			known |= opcode == all_opcodes[i];
		if (!known)
			REFUSED(ONPU_OPCODE_LOAD, head.opcode, (uint8_t)opcode, ONPU_FAULT_OPCODE);
	}
	/* iss_put() takes the length from the size. */
	for (size_t i = 0; i < sizeof(all_opcodes); i++) {
		union any c;
		size_t size = legal(&iss, all_opcodes[i], &c);

		expect(&iss, &c, size - 4, ONPU_FAULT_LENGTH, ONPU_ENGINE_CONTROL);
		REFUSED(all_opcodes[i], head.flags, 2, ONPU_FAULT_FLAGS);
		REFUSED(all_opcodes[i], head.flags, 0x8000, ONPU_FAULT_FLAGS);
		REFUSED(all_opcodes[i], head.wait_load, 2, ONPU_FAULT_BAD_TOKEN);
		REFUSED(all_opcodes[i], head.wait_compute, 1, ONPU_FAULT_BAD_TOKEN);
		REFUSED(all_opcodes[i], head.wait_store, 0xffffffff, ONPU_FAULT_BAD_TOKEN);
		REFUSED(all_opcodes[i], head.wait_load, 1, ONPU_FAULT_NONE);
	}
	iss_free(&iss);
}

static void test_bad_flags(void **state)
{
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	REFUSED(ONPU_OPCODE_CONV, conv.mode, 8, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_CONV, conv.reserved, 1, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_DWCONV, dwconv.mode, ONPU_CONV_PAIR, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_DWCONV, dwconv.reserved, 1, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.mode, ONPU_CONV_PAIR, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_POOL, pool.mode, ONPU_CONV_WEIGHT_UNSIGNED, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_POOL, pool.reserved, 0x100, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_POOL, pool.op, 2, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_RESIZE, resize.mode, 2, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_LOAD, load.reserved, 1, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.post.flags, ONPU_POST_PER_CHANNEL, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.post.flags, 16, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.post.round, 3, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.post.op2_op, 7, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.post.act, 3, ONPU_FAULT_FLAGS);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.post.reserved, 1, ONPU_FAULT_FLAGS);
	iss_free(&iss);
}

static void test_bad_fields(void **state)
{
	static const struct onpu_range unused_live = { .addr = 4, .size = 0 };
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	REFUSED(ONPU_OPCODE_PREEMPT, preempt.live[7], unused_live, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_LOAD, load.region, 16, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_LOAD, load.value, 1, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_STORE, load.value, 1, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_FILL, load.value, 1, ONPU_FAULT_NONE);
	REFUSED(ONPU_OPCODE_FILL, load.region, 1, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_FILL, load.offset, 1, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_FILL, load.ext_stride1, 1, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_FILL, load.ext_stride2, 1, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_LOAD, load.n0, 0, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_LOAD, load.n1, 0, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_STORE, load.n2, 0, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_LOAD, load.row, 1, ONPU_FAULT_NONE);
	REFUSED(ONPU_OPCODE_LOAD, load.ring, 1, ONPU_FAULT_NONE);
	{
		union any c;
		size_t size = legal(&iss, ONPU_OPCODE_LOAD, &c);

		c.load.ring = 3;
		c.load.row = 3;
		expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_CONTROL);
		size = legal(&iss, ONPU_OPCODE_CONV, &c);
		c.conv.tile_h = 16;
		c.conv.tile_w = 16;
		expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
		c.conv.tile_w = 17;
		expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_CONTROL);
		size = legal(&iss, ONPU_OPCODE_POOL, &c);
		c.pool.kernel_h = 257;
		c.pool.kernel_w = 256;
		expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_CONTROL);
		size = legal(&iss, ONPU_OPCODE_ELTWISE, &c);
		c.eltwise.in.ring = 2;
		c.eltwise.in.row = 2;
		expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_CONTROL);
	}
	REFUSED(ONPU_OPCODE_CONV, conv.out_h, 0, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_CONV, conv.tile_w, 0, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_CONV, conv.stride_h, 0, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_CONV, conv.stride_w, 17, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_CONV, conv.weights, ADDR_WEIGHTS + 2, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_CONV, conv.weights_size, 7, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_CONV, conv.weight_zero, 1, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_DWCONV, dwconv.weight_zero, 1, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_DWCONV, dwconv.kernel_h, 17, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_DWCONV, dwconv.kernel_w, 0, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_DWCONV, dwconv.dilation_w, 0, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_POOL, pool.stride_w, 0, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_RESIZE, resize.rows, ADDR_TABLE + 4, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_RESIZE, resize.in_w, 0, ONPU_FAULT_FIELD);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.out_c, 0, ONPU_FAULT_FIELD);
	iss_free(&iss);
}

static void test_bad_post_fields(void **state)
{
	struct iss iss;
	union any c;
	size_t size;

	(void)state;
	iss_init(&iss, "base");
#define POST(member, value) REFUSED(ONPU_OPCODE_ELTWISE, eltwise.post.member, value, \
				    ONPU_FAULT_FIELD)
	size = legal(&iss, ONPU_OPCODE_ELTWISE, &c);
	c.eltwise.post.min = 5;
	c.eltwise.post.max = 4;
	expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_CONTROL);
	c.eltwise.post.max = 5;
	expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
	POST(shift, 31);
	POST(shift, -32);
	POST(left_shift, 23);
	POST(mult, -1);
	/* Stages that are not used: each of their fields. */
	POST(mult, 1);
	POST(shift, 1);
	POST(left_shift, 1);
	POST(shift_v, 1);
	POST(shift_x, 1);
	POST(shift_o, 1);
	POST(mult_v, 1);
	POST(mult_x, 1);
	POST(mult_o, 1);
	POST(op2_zero, 1);
	POST(zero_o, 1);
	POST(max_o, 1);
	POST(min_o, -1);
	POST(op2_channels, 1);
	POST(op2.addr, 1);
	POST(op2.row_pitch, 1);
	POST(op2.pix_pitch, 1);
	POST(op2.ring, 1);
	POST(op2.row, 1);
	POST(flags, ONPU_POST_OP2_UNSIGNED);
	POST(flags, ONPU_POST_OP2_ONE_CHANNEL);
	POST(act_addr, 1);
	POST(shift_p, 1);
	POST(shift_n, 1);
	POST(mult_p, 1);
	POST(mult_n, 1);
	POST(act_zero, 1);
	POST(alpha_zero, 1);
	POST(zero_a, 1);
	POST(max_a, 1);
	POST(min_a, -1);
	POST(flags, ONPU_POST_ALPHA_UNSIGNED);
#undef POST
	iss_free(&iss);
}

/* What MUL, MAX, TABLE and PER_CHANNEL do not use. */
static void test_bad_post_combinations(void **state)
{
	struct iss iss;
	union any c;
	size_t size;

	(void)state;
	iss_init(&iss, "base");
#define WITH(op, member, value, code) do { \
	size = legal(&iss, ONPU_OPCODE_ELTWISE, &c); \
	c.eltwise.post.min = -128; \
	c.eltwise.post.max = 127; \
	c.eltwise.post.op2_op = (op); \
	c.eltwise.post.op2_channels = 4; \
	c.eltwise.post.op2 = dense(ADDR_IN, 3, 4); \
	c.eltwise.post.member = (value); \
	expect(&iss, &c, size, code, ONPU_ENGINE_CONTROL); \
} while (0)
	WITH(ONPU_OP2_ADD, left_shift, 22, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_RSUB, mult_x, 5, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_ADD, op2_channels, 5, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_ADD, op2_channels, 0, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_ADD, flags, ONPU_POST_OP2_ONE_CHANNEL, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_ADD, max_o, -1, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_MUL, mult_o, 5, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_MUL, left_shift, 1, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_MUL, mult_v, 1, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_MUL, shift_x, 1, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_MAX, op2_zero, 1, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_MAX, zero_o, 1, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_MIN, mult_o, 1, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_MIN, op2.ring, 0, ONPU_FAULT_NONE);
	/* Narrow operands. */
	WITH(ONPU_OP2_ADD, max, 255, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_ADD, max, 256, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_MUL, max, 256, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_MAX, max, 256, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_SUB, min, -256, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_SUB, min, -257, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_MIN, min, -257, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_ADD, op2_zero, 127, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_ADD, op2_zero, 128, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_MUL, op2_zero, -129, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_ADD, shift_v, -1, ONPU_FAULT_NONE);
	WITH(ONPU_OP2_ADD, shift_v, 1, ONPU_FAULT_FIELD);
	WITH(ONPU_OP2_RSUB, shift_x, 1, ONPU_FAULT_FIELD);
#undef WITH
	size = legal(&iss, ONPU_OPCODE_ELTWISE, &c);
	c.eltwise.post.act = ONPU_ACT_TABLE;
	c.eltwise.post.act_addr = ADDR_TABLE;
	expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
	c.eltwise.post.mult_p = 1;
	expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_CONTROL);
	c.eltwise.post.act = ONPU_ACT_PRELU;
	c.eltwise.post.min = -128;
	c.eltwise.post.max = 127;
	expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
	c.eltwise.post.act_zero = -128;
	expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
	c.eltwise.post.act_zero = -129;
	expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_CONTROL);
	c.eltwise.post.act_zero = 0;
	c.eltwise.post.alpha_zero = 128;
	expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_CONTROL);
	c.eltwise.post.flags = ONPU_POST_ALPHA_UNSIGNED;
	expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
	c.eltwise.post.flags = 0;
	c.eltwise.post.alpha_zero = 0;
	size = legal(&iss, ONPU_OPCODE_CONV, &c);
	c.conv.post.flags = ONPU_POST_PER_CHANNEL;
	expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
	c.conv.post.bias = 1;
	expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_CONTROL);
	iss_free(&iss);
}

static void test_sram_ranges(void **state)
{
	const uint32_t s = 512 << 10;
	static const struct onpu_range beyond = { .addr = 512 << 10, .size = 1 };
	static const struct onpu_range huge = { .addr = 0xffffffff, .size = 0xffffffff };
	struct iss iss;
	union any c;
	size_t size;

	(void)state;
	iss_init(&iss, "base");
	REFUSED(ONPU_OPCODE_PREEMPT, preempt.live[0], beyond, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_PREEMPT, preempt.live[0], huge, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_LOAD, load.addr, s - 64, ONPU_FAULT_NONE);
	REFUSED(ONPU_OPCODE_LOAD, load.addr, s - 63, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_STORE, load.addr, 0xffffffc0, ONPU_FAULT_SRAM_RANGE);
	/* 2 * 0x80000000 is 0 modulo 2^32. */
	size = legal(&iss, ONPU_OPCODE_FILL, &c);
	c.load.n2 = 3;
	c.load.sram_stride2 = 0x80000000;
	expect(&iss, &c, size, ONPU_FAULT_SRAM_RANGE, ONPU_ENGINE_CONTROL);
	/* In a ring of one row the stride does not matter. */
	c.load.ring = 1;
	expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
	c.load.ring = 2;
	expect(&iss, &c, size, ONPU_FAULT_SRAM_RANGE, ONPU_ENGINE_CONTROL);
	/* 2 rows of 3 pixels of 4 bytes: 24 bytes */
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.in.addr, s - 24, ONPU_FAULT_NONE);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.in.addr, s - 23, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.out.addr, s - 24, ONPU_FAULT_NONE);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.out.addr, s - 23, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.out.row, 0xffff, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.out.pix_pitch, 0x80000000, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_ELTWISE, eltwise.in.row_pitch, 0xffffffff, ONPU_FAULT_SRAM_RANGE);
	/* A ring that wraps reaches its last row. */
	size = legal(&iss, ONPU_OPCODE_ELTWISE, &c);
	c.eltwise.in.ring = 5;
	c.eltwise.in.row = 4;
	c.eltwise.in.addr = s - 5 * 12;
	expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
	c.eltwise.in.addr++;
	expect(&iss, &c, size, ONPU_FAULT_SRAM_RANGE, ONPU_ENGINE_CONTROL);
	/* Input of 4 x 5 pixels of 4 bytes. */
	REFUSED(ONPU_OPCODE_DWCONV, dwconv.in.addr, s - 80, ONPU_FAULT_NONE);
	REFUSED(ONPU_OPCODE_DWCONV, dwconv.in.addr, s - 79, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_DWCONV, dwconv.dilation_h, 255, ONPU_FAULT_NONE);
	REFUSED(ONPU_OPCODE_DWCONV, dwconv.weights, s - 4, ONPU_FAULT_SRAM_RANGE);
	/* Input of 3 x 4 pixels of 4 bytes. */
	REFUSED(ONPU_OPCODE_POOL, pool.in.addr, s - 48, ONPU_FAULT_NONE);
	REFUSED(ONPU_OPCODE_POOL, pool.in.addr, s - 47, ONPU_FAULT_SRAM_RANGE);
	size = legal(&iss, ONPU_OPCODE_POOL, &c);
	c.pool.out_h = 0xffff;
	c.pool.stride_h = 0xffff;
	c.pool.in.row_pitch = 0xffffffff;
	expect(&iss, &c, size, ONPU_FAULT_SRAM_RANGE, ONPU_ENGINE_CONTROL);
	REFUSED(ONPU_OPCODE_CONV, conv.weights_size, s, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_CONV, conv.out.addr, s, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_CONV, conv.in.addr, 0xfffffff0, ONPU_FAULT_NONE);
	REFUSED(ONPU_OPCODE_RESIZE, resize.columns, s, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_RESIZE, resize.rows, s, ONPU_FAULT_SRAM_RANGE);
	REFUSED(ONPU_OPCODE_RESIZE, resize.in.addr, s - 15, ONPU_FAULT_SRAM_RANGE);
	size = legal(&iss, ONPU_OPCODE_ELTWISE, &c);
	c.eltwise.post.act = ONPU_ACT_TABLE;
	c.eltwise.post.act_addr = s - 255;
	expect(&iss, &c, size, ONPU_FAULT_SRAM_RANGE, ONPU_ENGINE_CONTROL);
	c.eltwise.post.min = -128;
	c.eltwise.post.max = 127;
	c.eltwise.post.act = ONPU_ACT_PRELU;
	c.eltwise.post.act_addr = s - 3;
	expect(&iss, &c, size, ONPU_FAULT_SRAM_RANGE, ONPU_ENGINE_CONTROL);
	size = legal(&iss, ONPU_OPCODE_ELTWISE, &c);
	c.eltwise.post.min = -128;
	c.eltwise.post.max = 127;
	c.eltwise.post.op2_op = ONPU_OP2_ADD;
	c.eltwise.post.op2_channels = 4;
	c.eltwise.post.op2 = dense(s - 23, 3, 4);
	expect(&iss, &c, size, ONPU_FAULT_SRAM_RANGE, ONPU_ENGINE_CONTROL);
	c.eltwise.post.op2_channels = 3;
	expect(&iss, &c, size, ONPU_FAULT_NONE, ONPU_ENGINE_CONTROL);
	iss_free(&iss);
}

static void test_regions(void **state)
{
	struct iss iss;
	union any c;
	size_t size;

	(void)state;
	iss_init(&iss, "base");
	iss.job.region[1].size = 1000;
	REFUSED(ONPU_OPCODE_LOAD, load.offset, 936, ONPU_FAULT_NONE);
	REFUSED(ONPU_OPCODE_LOAD, load.offset, 937, ONPU_FAULT_REGION_RANGE);
	REFUSED(ONPU_OPCODE_STORE, load.offset, 937, ONPU_FAULT_REGION_RANGE);
	REFUSED(ONPU_OPCODE_LOAD, load.offset, 0xfffffff0, ONPU_FAULT_REGION_RANGE);
	REFUSED(ONPU_OPCODE_STORE, load.region, 2, ONPU_FAULT_REGION_RANGE);
	size = legal(&iss, ONPU_OPCODE_LOAD, &c);
	c.load.n1 = 3;
	c.load.ext_stride1 = 0x80000000;
	expect(&iss, &c, size, ONPU_FAULT_REGION_RANGE, ONPU_ENGINE_CONTROL);
	/* The end of the address space ends a region. */
	iss.job.region[2].va = 0xffffffc1;
	iss.job.region[2].size = 4096;
	REFUSED(ONPU_OPCODE_LOAD, load.region, 2, ONPU_FAULT_REGION_RANGE);
	iss_free(&iss);
}

/* Of several faults, the one with the lowest number. */
static void test_fault_order(void **state)
{
	struct iss iss;
	union any c;
	size_t size;

	(void)state;
	iss_init(&iss, "base");
	size = legal(&iss, ONPU_OPCODE_LOAD, &c);
	c.load.reserved = 1;
	c.load.n1 = 0;
	c.load.addr = 0x80000000;
	c.head.wait_store = 9;
	c.load.region = 5;
	expect(&iss, &c, size, ONPU_FAULT_FLAGS, ONPU_ENGINE_CONTROL);
	c.load.reserved = 0;
	expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_CONTROL);
	c.load.n1 = 1;
	expect(&iss, &c, size, ONPU_FAULT_BAD_TOKEN, ONPU_ENGINE_CONTROL);
	c.head.wait_store = 0;
	expect(&iss, &c, size, ONPU_FAULT_SRAM_RANGE, ONPU_ENGINE_CONTROL);
	c.load.addr = 0;
	expect(&iss, &c, size, ONPU_FAULT_REGION_RANGE, ONPU_ENGINE_CONTROL);
	iss_free(&iss);
}

static void expect_stream(struct iss *iss, uint32_t size, enum onpu_fault fault, uint32_t offset)
{
	iss->stream_size = size;
	iss_run(iss);
	assert_int_equal(onpu_core_fault(iss->core)->code, fault);
	assert_int_equal(onpu_core_fault(iss->core)->stream_offset, offset);
}

static void test_streams(void **state)
{
	struct onpu_cmd_load c = dma(ONPU_OPCODE_FILL, 0, 0, 4);
	uint32_t whole;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	iss_put(&iss, &c, sizeof(c));
	iss_put_end(&iss);
	whole = iss.stream_size;
	expect_stream(&iss, whole, ONPU_FAULT_NONE, 0);
	assert_int_equal(onpu_core_stream_offset(iss.core), whole);
	expect_stream(&iss, 0, ONPU_FAULT_STREAM, 0);
	expect_stream(&iss, 52, ONPU_FAULT_STREAM, 0);
	expect_stream(&iss, 56, ONPU_FAULT_STREAM, 56);
	expect_stream(&iss, whole - 4, ONPU_FAULT_STREAM, 56);
	expect_stream(&iss, whole + 4, ONPU_FAULT_STREAM, 56);
	expect_stream(&iss, whole + 2, ONPU_FAULT_STREAM, 0);
	iss.job.entry += 2;
	expect_stream(&iss, whole, ONPU_FAULT_STREAM, 0);
	/* Fetches that fail. */
	iss.job.entry = STREAM_VA;
	iss.bus_error = STREAM_VA + 56 + 8;
	expect_stream(&iss, whole, ONPU_FAULT_BUS, 56);
	assert_int_equal(onpu_core_fault(iss.core)->va, iss.bus_error);
	assert_int_equal(onpu_core_fault(iss.core)->engine, ONPU_ENGINE_CONTROL);
	assert_false(onpu_core_fault(iss.core)->write);
	iss.job.entry = MEMORY_BYTES;
	expect_stream(&iss, whole, ONPU_FAULT_MMU, 0);
	iss_free(&iss);
}

static void test_access_faults(void **state)
{
	struct onpu_cmd_load load = dma(ONPU_OPCODE_LOAD, 0, 0, 64);
	struct onpu_cmd_load store = dma(ONPU_OPCODE_STORE, 0, 4096, 64);
	const struct onpu_fault_info *fault;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	iss_put(&iss, &load, sizeof(load));
	iss_put(&iss, &store, sizeof(store));
	iss_put_end(&iss);
	fault = onpu_core_fault(iss.core);
	iss.bus_error = DATA_VA + 10;
	assert_int_equal(iss_run(&iss), ONPU_CORE_FAULT);
	assert_int_equal(fault->code, ONPU_FAULT_BUS);
	assert_int_equal(fault->engine, ONPU_ENGINE_LOAD);
	assert_int_equal(fault->stream_offset, 0);
	assert_int_equal(fault->va, iss.bus_error);
	assert_false(fault->write);
	iss.bus_error = DATA_VA + 4096 + 63;
	assert_int_equal(iss_run(&iss), ONPU_CORE_FAULT);
	assert_int_equal(fault->code, ONPU_FAULT_BUS);
	assert_int_equal(fault->engine, ONPU_ENGINE_STORE);
	assert_int_equal(fault->stream_offset, sizeof(load));
	assert_true(fault->write);
	iss.bus_error = 0;
	iss.job.region[1].va = MEMORY_BYTES - 4096 - 32;
	iss.job.region[1].size = 8192;
	assert_int_equal(iss_run(&iss), ONPU_CORE_FAULT);
	assert_int_equal(fault->code, ONPU_FAULT_MMU);
	assert_int_equal(fault->engine, ONPU_ENGINE_STORE);
	assert_int_equal(fault->va, MEMORY_BYTES);
	iss_free(&iss);
}

static void test_watchdog(void **state)
{
	struct onpu_cmd_eltwise c = eltwise(60, 60, 16);
	struct iss iss;
	uint64_t cycles;

	(void)state;
	iss_init(&iss, "base");
	c.out.addr = 0x20000;
	iss_put(&iss, &c, sizeof(c));
	iss_put_end(&iss);
	assert_int_equal(iss_run(&iss), ONPU_CORE_DONE);
	cycles = onpu_core_cycle(iss.core);
	assert_true(cycles > 3600 && cycles < 4200);
	iss.job.max_cycles = cycles;
	assert_int_equal(iss_run(&iss), ONPU_CORE_DONE);
	iss.job.max_cycles = cycles - 1;
	assert_int_equal(iss_run(&iss), ONPU_CORE_FAULT);
	assert_int_equal(onpu_core_fault(iss.core)->code, ONPU_FAULT_WATCHDOG);
	assert_int_equal(onpu_core_cycle(iss.core), cycles - 1);
	iss_free(&iss);
}

static void test_bad_weights(void **state)
{
	struct onpu_cmd_conv c = conv(1, 1, 1);
	const uint32_t last = ONPU_BLOCK_LAST_MASK;
	struct weights w;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
#define STREAM(code, ...) do { \
	w = weights_at(&iss); \
	put_params(&w, 1, 0, 1, 0); \
	__VA_ARGS__; \
	assert_int_equal(run_weights(&iss, &c, &w), code); \
} while (0)
	STREAM(ONPU_FAULT_NONE, put_dense(&w, 1, 0, 1, last));
	STREAM(ONPU_FAULT_NONE, put_dense(&w, 1, 0, 1, 0), put_dense(&w, 1, 16, 1, last));
	STREAM(ONPU_FAULT_NONE, put_single(&w, ONPU_BLOCK_G2, 0, 0, 0, 0, 1, last));
	STREAM(ONPU_FAULT_NONE, put_word(&w, header(ONPU_BLOCK_NONE, 0, 0, 1, last)));
	/* Too short, too long, not last. */
	STREAM(ONPU_FAULT_BAD_WEIGHTS, (void)0);
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_dense(&w, 1, 0, 1, 0));
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_dense(&w, 1, 0, 1, last), w.at -= 4);
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_dense(&w, 1, 0, 1, last), put_word(&w, 0));
	/* A bitmap that the stream does not hold. */
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_word(&w, header(ONPU_BLOCK_G4, 0, 0, 3,
							   last | ONPU_BLOCK_BITMAP_MASK)));
	/* Reserved bit, steps, NONE. */
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_dense(&w, 1, 0, 1, last | ONPU_BLOCK_RESERVED_MASK));
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_dense(&w, 1, 0, 1, last | 1 << ONPU_BLOCK_STEPS_SHIFT),
	       put_dense(&w, 1, 0, 1, 0), w.at -= 4);
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_single(&w, ONPU_BLOCK_G2, 0, 0, 0, 0, 1,
						  last | 3 << ONPU_BLOCK_STEPS_SHIFT));
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_word(&w, header(ONPU_BLOCK_NONE, 0, 0, 1, 0)));
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_word(&w, header(ONPU_BLOCK_NONE, 0, 1, 1, last)));
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_word(&w, header(ONPU_BLOCK_NONE, 1, 0, 1, last)));
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_word(&w, header(ONPU_BLOCK_NONE, 0, 0, 2, last)));
	STREAM(ONPU_FAULT_BAD_WEIGHTS,
	       put_word(&w, header(ONPU_BLOCK_NONE, 0, 0, 1, last | ONPU_BLOCK_NIBBLE_MASK)));
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_dense(&w, 1, 0, 1, 0),
	       put_word(&w, header(ONPU_BLOCK_NONE, 0, 0, 1, last)));
	/* With PAIR only D where half of the lanes suffice. */
	c.mode = ONPU_CONV_PAIR;
	STREAM(ONPU_FAULT_NONE, put_dense(&w, 1, 0, 1, last));
	STREAM(ONPU_FAULT_NONE, put_word(&w, header(ONPU_BLOCK_NONE, 0, 0, 1, last)));
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_single(&w, ONPU_BLOCK_G2, 0, 0, 0, 0, 1, last));
	STREAM(ONPU_FAULT_BAD_WEIGHTS, put_single(&w, ONPU_BLOCK_G4, 0, 0, 0, 0, 1, last));
	c.mode = 0;
#undef STREAM
	/* Parameters count only with PER_CHANNEL. */
	for (int per_channel = 0; per_channel < 2; per_channel++) {
		enum onpu_fault bad = per_channel ? ONPU_FAULT_BAD_WEIGHTS : ONPU_FAULT_NONE;
		static const struct {
			int32_t mult;
			int shift;
			bool ok;
		} params[] = { { 1, 30, true }, { 1, -31, true }, { 1, 31, false },
			       { 1, -32, false }, { -1, 0, false }, { INT32_MAX, 0, true } };

		c.post.flags = per_channel ? ONPU_POST_PER_CHANNEL : 0;
		for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
			w = weights_at(&iss);
			put_params(&w, 1, 0, params[i].mult, params[i].shift);
			put_dense(&w, 1, 0, 1, last);
			assert_int_equal(run_weights(&iss, &c, &w),
					 params[i].ok ? ONPU_FAULT_NONE : bad);
		}
	}
	iss_free(&iss);
}

static void test_bad_depthwise_weights(void **state)
{
	struct iss iss;
	union any c;
	size_t size;

	(void)state;
	iss_init(&iss, "base");
	size = legal(&iss, ONPU_OPCODE_DWCONV, &c);
	c.dwconv.weights_size -= 4;
	expect(&iss, &c, size, ONPU_FAULT_BAD_WEIGHTS, ONPU_ENGINE_COMPUTE);
	c.dwconv.weights_size += 8;
	expect(&iss, &c, size, ONPU_FAULT_BAD_WEIGHTS, ONPU_ENGINE_COMPUTE);
	iss_free(&iss);
}

static void test_bad_resize_tables(void **state)
{
	static const uint16_t bad[4][4] = {
		{ 2, 0, 0, 0 }, { 0, 2, 0, 0 }, { 0, 0, 1025, 0 }, { 0, 0, 0, 1 },
	};
	struct iss iss;
	union any c;

	(void)state;
	iss_init(&iss, "base");
	for (int table = 0; table < 2; table++) {
		for (int i = 0; i < 4; i++) {
			size_t size = legal(&iss, ONPU_OPCODE_RESIZE, &c);

			memcpy(onpu_core_sram(iss.core) +
			       (table ? c.resize.columns : c.resize.rows), bad[i], 8);
			expect(&iss, &c, size, ONPU_FAULT_FIELD, ONPU_ENGINE_COMPUTE);
		}
	}
	iss_free(&iss);
}

/* Output that overlaps the tables: undefined bytes, but no way out of SRAM. */
static void test_resize_over_its_tables(void **state)
{
	struct onpu_cmd_resize c = resize(4, 4, 64);
	struct iss iss;

	(void)state;
	iss_init(&iss, "nano");
	memset(onpu_core_sram(iss.core) + ADDR_IN, 0xff, 256);
	c.out.addr = ADDR_TABLE;
	c.in.pix_pitch = 0x10000;
	c.in.row_pitch = 0x8000;
	iss_put(&iss, &c, sizeof(c));
	iss_put_end(&iss);
	assert_int_equal(iss_run(&iss), ONPU_CORE_DONE);
	iss_free(&iss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presets),
		cmocka_unit_test(test_legal_commands),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_bad_flags),
		cmocka_unit_test(test_bad_fields),
		cmocka_unit_test(test_bad_post_fields),
		cmocka_unit_test(test_bad_post_combinations),
		cmocka_unit_test(test_sram_ranges),
		cmocka_unit_test(test_regions),
		cmocka_unit_test(test_fault_order),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_access_faults),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_bad_weights),
		cmocka_unit_test(test_bad_depthwise_weights),
		cmocka_unit_test(test_bad_resize_tables),
		cmocka_unit_test(test_resize_over_its_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
