/* SPDX-License-Identifier: MIT */
/*
 * The reference kernels on cases small enough to be computed by hand: how each
 * operator rounds, saturates and refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir/graph.h"
#include "kernels/fixed_point.h"
#include "kernels/kernels.h"
#include "kernels/rounding.h"

#define MAX_TENSORS 8
#define MAX_BYTES 4096
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A graph of one node, whose tensors are added one by one: inputs first, then outputs. */
struct one {
	struct npu_graph graph;
	struct npu_node node;
	struct npu_tensor tensors[MAX_TENSORS];
	int indices[MAX_TENSORS];
	char names[MAX_TENSORS][8];
	float scales[MAX_TENSORS];
	int32_t zeros[MAX_TENSORS];
	void *data[MAX_TENSORS];
	_Alignas(16) uint8_t bytes[MAX_TENSORS][MAX_BYTES];
};

static void start(struct one *o, enum npu_op op)
{
	memset(o, 0, sizeof(*o));
	o->node.op = op;
	o->node.index = 7;
	o->node.inputs = o->indices;
	o->graph.nodes = &o->node;
	o->graph.num_nodes = 1;
	o->graph.tensors = o->tensors;
}

static int add_tensor(struct one *o, npu_dtype dtype, int rank, const int32_t *dims)
{
	int i = o->graph.num_tensors++;
	struct npu_tensor *t = &o->tensors[i];

	snprintf(o->names[i], sizeof(o->names[i]), "t%d", i);
	t->name = o->names[i];
	t->dtype = dtype;
	t->rank = rank;
	if (rank)
		memcpy(t->dims, dims, (size_t)rank * sizeof(*dims));
	t->producer = -1;
	o->indices[i] = i;
	o->data[i] = o->bytes[i];
	assert_true(npu_tensor_bytes(t) <= MAX_BYTES);
	return i;
}

static void quantize(struct one *o, int i, float scale, int32_t zero)
{
	o->scales[i] = scale;
	o->zeros[i] = zero;
	o->tensors[i].quant = (struct npu_quant){ &o->scales[i], &o->zeros[i], 1, 0 };
}

#define DIMS(...) (int)COUNT(((int32_t[]){ __VA_ARGS__ })), (int32_t[]){ __VA_ARGS__ }

static int input(struct one *o, npu_dtype dtype, int rank, const int32_t *dims, const void *data)
{
	int i = add_tensor(o, dtype, rank, dims);

	memcpy(o->bytes[i], data, npu_tensor_bytes(&o->tensors[i]));
	o->node.num_inputs++;
	return i;
}

static int constant(struct one *o, npu_dtype dtype, int rank, const int32_t *dims, const void *data)
{
	int i = input(o, dtype, rank, dims, data);

	o->tensors[i].data = o->bytes[i];
	return i;
}

static int output(struct one *o, npu_dtype dtype, int rank, const int32_t *dims)
{
	int i = add_tensor(o, dtype, rank, dims);

	if (!o->node.num_outputs)
		o->node.outputs = &o->indices[i];
	o->node.num_outputs++;
	o->tensors[i].producer = 0;
	return i;
}

static int input_q(struct one *o, npu_dtype dtype, int n, const void *data, float scale,
		   int32_t zero)
{
	int i = input(o, dtype, DIMS(1, 1, 1, n), data);

	quantize(o, i, scale, zero);
	return i;
}

static int output_q(struct one *o, npu_dtype dtype, int n, float scale, int32_t zero)
{
	int i = output(o, dtype, DIMS(1, 1, 1, n));

	quantize(o, i, scale, zero);
	return i;
}

static void run(struct one *o)
{
	npu_status status = npu_kernel_run_graph(&o->graph, o->data);

	if (status != NPU_OK)
		print_error("%s\n", npu_error());
	assert_int_equal(status, NPU_OK);
}

static void expect(const struct one *o, int i, const void *want)
{
	assert_memory_equal(o->bytes[i], want, npu_tensor_bytes(&o->tensors[i]));
}

static void expect_refusal(struct one *o, const char *word)
{
	assert_int_equal(npu_kernel_supports(&o->graph, &o->node), NPU_ERR_UNSUPPORTED);
	assert_non_null(strstr(npu_error(), npu_op_name(o->node.op)));
	assert_non_null(strstr(npu_error(), "7"));
	if (!strstr(npu_error(), word))
		fail_msg("'%s' is not in: %s", word, npu_error());
	/* And running it does not get past that. */
	assert_int_equal(npu_kernel_run(&o->graph, &o->node, o->data), NPU_ERR_UNSUPPORTED);
}

/* ---- rounding ---------------------------------------------------------------- */

static void test_shift_away(void **state)
{
	static const struct {
		int32_t x, n, want;
	} cases[] = {
		{ 0, 1, 0 }, { 1, 1, 1 }, { -1, 1, -1 }, { 3, 1, 2 }, { -3, 1, -2 }, { 5, 2, 1 },
		{ 6, 2, 2 }, { -6, 2, -2 }, { -5, 2, -1 }, { 7, 0, 7 }, { INT32_MAX, 31, 1 },
		{ INT32_MIN, 31, -1 }, { INT32_MAX, 32, 0 }, { INT32_MIN, 33, 0 }, { 1, 62, 0 },
		{ INT32_MIN, 0, INT32_MIN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(shift_away(cases[i].x, cases[i].n), cases[i].want);
}

static void test_high_mul(void **state)
{
	(void)state;
	/* Ties go up, whatever the sign. */
	assert_int_equal(high_mul(1, 1 << 30), 1);
	assert_int_equal(high_mul(-1, 1 << 30), 0);
	assert_int_equal(high_mul(-3, 1 << 30), -1);
	assert_int_equal(high_mul(1, (1 << 30) - 1), 0);
	assert_int_equal(high_mul(INT32_MAX, INT32_MAX), INT32_MAX - 1);
	assert_int_equal(high_mul(INT32_MIN, INT32_MAX), -INT32_MAX);
	assert_int_equal(high_mul(INT32_MIN, INT32_MIN), INT32_MAX);
}

static void test_scale_of(void **state)
{
	static const struct {
		double real;
		int32_t mult;
		int shift;
	} cases[] = {
		{ 0.0, 0, 0 }, { 1.0, 1 << 30, 1 }, { 0.5, 1 << 30, 0 }, { 0.75, 1610612736, 0 },
		{ -0.25, -(1 << 30), -1 }, { 3.0, 1610612736, 2 },
		/* The mantissa rounds up to the next power of two. */
		{ 0.9999999999, 1 << 30, 1 },
		/* The smallest one, and what is called zero. */
		{ 0x1p-32, 1 << 30, -31 }, { 0x1p-33, 0, 0 },
		{ HUGE_VAL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kernel_scale s = npu_kernel_scale_of(cases[i].real);

		assert_int_equal(s.mult, cases[i].mult);
		assert_int_equal(s.shift, cases[i].shift);
	}
}

static void test_round_twice(void **state)
{
	struct kernel_scale quarter = npu_kernel_scale_of(0.25), four = npu_kernel_scale_of(4.0);

	(void)state;
	/* A quarter becomes a half, and that becomes one. */
	assert_int_equal(round_twice(1, quarter), 1);
	assert_int_equal(round_half_up(1, quarter), 0);
	assert_int_equal(round_twice(-1, quarter), 0);
	assert_int_equal(round_twice(-2, quarter), -1);
	assert_int_equal(round_half_up(-2, quarter), 0);
	assert_int_equal(round_twice(5, quarter), 2);
	assert_int_equal(round_twice(7, four), 28);
	/* The left shift wraps: 2^29 * 8 is 0, 2^28 * 8 is -2^31. */
	assert_int_equal(round_twice(1 << 29, four), 0);
	assert_int_equal(round_twice(1 << 28, four), -(1 << 30));
}

static void test_conversions(void **state)
{
	(void)state;
	assert_int_equal(float_to_int(-2147483648.0f), INT32_MIN);
	assert_int_equal(float_to_int(2147483648.0f), INT32_MIN);
	assert_int_equal(float_to_int(-3e9f), INT32_MIN);
	assert_int_equal(float_to_int(HUGE_VALF - HUGE_VALF), INT32_MIN);
	assert_int_equal(float_to_int(-1.9f), -1);
	assert_int_equal(double_to_int(2147483647.0), INT32_MAX);
	assert_int_equal(double_to_int(2147483648.0), INT32_MIN);
	assert_int_equal(double_to_int(-2147483648.0), INT32_MIN);
}

static void test_average(void **state)
{
	(void)state;
	assert_int_equal(average(3, 2), 2);
	assert_int_equal(average(-3, 2), -2);
	assert_int_equal(average(-1, 2), -1);
	assert_int_equal(average(4, 3), 1);
	assert_int_equal(average(5, 3), 2);
	assert_int_equal(average(-5, 3), -2);
}

static void test_mean_scale(void **state)
{
	/* 2^30 * 2^1 / 3 truncated, one bit more behind the point. */
	struct kernel_scale s = mean_scale(1.0, 3);

	(void)state;
	assert_int_equal(s.mult, 715827882);
	assert_int_equal(s.shift, 0);
	s = mean_scale(0.5, 8);
	assert_int_equal(s.mult, 1 << 30);
	assert_int_equal(s.shift, -3);
}

/* ---- fixed point ------------------------------------------------------------- */

static void test_fixed_point(void **state)
{
	int bits, shift;
	int32_t x;

	(void)state;
	assert_int_equal(npu_kernel_exp(0), INT32_MAX);
	/* exp(-1) = 0.36787944 */
	assert_in_range(npu_kernel_exp(-(1 << 26)), 790014600, 790015500);
	assert_int_equal(npu_kernel_exp(INT32_MIN), 0);
	/* 1 / 3 of Q12: 2/3 / 2 */
	x = npu_kernel_reciprocal(3 << 19, 12, &bits);
	assert_int_equal(bits, 1);
	assert_in_range(x, 1431655700, 1431655830);
	/* log(1) and log(2) in Q5.26 */
	assert_in_range(npu_kernel_log(1 << 19) + 100, 0, 200);
	assert_in_range(npu_kernel_log(2 << 19), 46516300, 46516330);
	/* 1 / sqrt(4) = 0.5 */
	x = npu_kernel_inverse_sqrt(4, &shift);
	assert_int_equal(round_twice(1 << 20, (struct kernel_scale){ x, shift }), 1 << 19);
	assert_int_equal(npu_kernel_shift_saturated(1 << 20, 11), INT32_MAX);
	assert_int_equal(npu_kernel_shift_saturated(-(1 << 20), 12), INT32_MIN);
	assert_int_equal(npu_kernel_shift_saturated(-5, 2), -20);
}

/* ---- operators --------------------------------------------------------------- */

static void conv_common(struct one *o, enum npu_op op, npu_dtype dtype, const void *in,
			const void *weights, float scale)
{
	start(o, op);
	o->node.p.conv.stride_h = o->node.p.conv.stride_w = 1;
	o->node.p.conv.dilation_h = o->node.p.conv.dilation_w = 1;
	quantize(o, input(o, dtype, DIMS(1, 1, 4, 1), in), 1.0f, dtype == NPU_UINT8 ? 10 : 0);
	quantize(o, constant(o, dtype, DIMS(1, 1, 1, 1), weights), scale,
		 dtype == NPU_UINT8 ? 2 : 0);
}

static void test_conv_ties(void **state)
{
	static const enum npu_op ops[] = { NPU_OP_CONV_2D, NPU_OP_DEPTHWISE_CONV_2D };
	struct one o;

	(void)state;
	for (size_t i = 0; i < COUNT(ops); i++) {
		int y;

		conv_common(&o, ops[i], NPU_INT8, (int8_t[]){ 1, -1, 3, -3 }, (int8_t[]){ 1 },
			    0.5f);
		y = output(&o, NPU_INT8, DIMS(1, 1, 4, 1));
		quantize(&o, y, 1.0f, 0);
		run(&o);
		expect(&o, y, (int8_t[]){ 1, 0, 2, -1 });

		conv_common(&o, ops[i], NPU_UINT8, (uint8_t[]){ 11, 9, 8, 15 }, (uint8_t[]){ 3 },
			    0.25f);
		y = output(&o, NPU_UINT8, DIMS(1, 1, 4, 1));
		quantize(&o, y, 1.0f, 100);
		run(&o);
		expect(&o, y, (uint8_t[]){ 101, 100, 99, 102 });
	}
}

/* Padding is the zero point; the bias counts; the activation clamps. */
static void test_conv_window(void **state)
{
	static const int8_t in[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	static const int8_t ones[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_CONV_2D);
	o.node.p.conv.padding = NPU_PAD_SAME;
	o.node.p.conv.act = NPU_ACT_RELU6;
	o.node.p.conv.stride_h = o.node.p.conv.stride_w = 2;
	o.node.p.conv.dilation_h = o.node.p.conv.dilation_w = 1;
	quantize(&o, input(&o, NPU_INT8, DIMS(1, 3, 3, 1), in), 1.0f, 1);
	quantize(&o, constant(&o, NPU_INT8, DIMS(1, 3, 3, 1), ones), 1.0f, 0);
	constant(&o, NPU_INT32, DIMS(1), (int32_t[]){ -9 });
	y = output(&o, NPU_INT8, DIMS(1, 2, 2, 1));
	quantize(&o, y, 0.5f, -20);
	run(&o);
	/* Sums of (x - 1): 8, 12, 20, 24; minus 9: -1, 3, 11, 15; in halves -2, 6, 22, 30. */
	expect(&o, y, (int8_t[]){ -20, -14, -8, -8 });
}

static void test_conv_groups(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_CONV_2D);
	o.node.p.conv.padding = NPU_PAD_VALID;
	o.node.p.conv.stride_h = o.node.p.conv.stride_w = 1;
	o.node.p.conv.dilation_h = 1;
	o.node.p.conv.dilation_w = 2;
	/* Two channels in two groups, taps two pixels apart. */
	quantize(&o, input(&o, NPU_INT8, DIMS(1, 1, 3, 2), (int8_t[]){ 1, 2, 50, 60, 3, 4 }), 1.0f,
		 0);
	quantize(&o, constant(&o, NPU_INT8, DIMS(2, 1, 2, 1), (int8_t[]){ 1, 10, 2, 1 }), 1.0f, 0);
	y = output(&o, NPU_INT8, DIMS(1, 1, 1, 2));
	quantize(&o, y, 1.0f, 0);
	run(&o);
	expect(&o, y, (int8_t[]){ 31, 8 });
}

static void test_depthwise_multiplier(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_DEPTHWISE_CONV_2D);
	o.node.p.conv.stride_h = o.node.p.conv.stride_w = 1;
	o.node.p.conv.dilation_h = o.node.p.conv.dilation_w = 1;
	quantize(&o, input(&o, NPU_INT8, DIMS(1, 1, 1, 2), (int8_t[]){ 3, 5 }), 1.0f, 0);
	quantize(&o, constant(&o, NPU_INT8, DIMS(1, 1, 1, 4), (int8_t[]){ 1, 2, 3, -4 }), 1.0f, 0);
	y = output(&o, NPU_INT8, DIMS(1, 1, 1, 4));
	quantize(&o, y, 1.0f, 0);
	run(&o);
	expect(&o, y, (int8_t[]){ 3, 6, 15, -20 });
}

static void test_transpose_conv(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_TRANSPOSE_CONV);
	o.node.p.conv.padding = NPU_PAD_SAME;
	o.node.p.conv.stride_h = 1;
	o.node.p.conv.stride_w = 2;
	o.node.p.conv.dilation_h = o.node.p.conv.dilation_w = 1;
	constant(&o, NPU_INT32, DIMS(4), (int32_t[]){ 1, 1, 4, 1 });
	quantize(&o, constant(&o, NPU_INT8, DIMS(1, 1, 3, 1), (int8_t[]){ 1, 2, 3 }), 0.5f, 0);
	quantize(&o, input(&o, NPU_INT8, DIMS(1, 1, 2, 1), (int8_t[]){ 1, -1 }), 1.0f, 0);
	y = output(&o, NPU_INT8, DIMS(1, 1, 4, 1));
	quantize(&o, y, 1.0f, 0);
	run(&o);
	/* Columns 0..3 get 1, 2, 3 - 1, -2 (the 3 of the second pixel falls off), halved. */
	expect(&o, y, (int8_t[]){ 1, 1, 1, -1 });
}

/* Once, half away from zero: not as the convolutions. */
static void test_fully_connected_ties(void **state)
{
	static const npu_dtype types[] = { NPU_INT8, NPU_UINT8 };
	struct one o;

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		int32_t zero = types[i] == NPU_INT8 ? 0 : 128, y;

		start(&o, NPU_OP_FULLY_CONNECTED);
		quantize(&o, input(&o, types[i], DIMS(4, 1), types[i] == NPU_INT8 ?
				   (const void *)(int8_t[]){ 1, 2, -2, -1 } :
				   (const void *)(uint8_t[]){ 129, 130, 126, 127 }), 1.0f, zero);
		quantize(&o, constant(&o, types[i], DIMS(1, 1), (uint8_t[]){ 4 }), 0.25f, 3);
		y = output(&o, types[i], DIMS(4, 1));
		quantize(&o, y, 1.0f, zero);
		run(&o);
		if (types[i] == NPU_INT8)
			expect(&o, y, (int8_t[]){ 0, 1, -1, 0 });
		else
			expect(&o, y, (uint8_t[]){ 128, 129, 127, 128 });
	}
}

static void test_accumulator_wraps(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_CONV_2D);
	o.node.p.conv.stride_h = o.node.p.conv.stride_w = 1;
	o.node.p.conv.dilation_h = o.node.p.conv.dilation_w = 1;
	quantize(&o, input(&o, NPU_INT8, DIMS(1, 1, 1, 1), (int8_t[]){ 127 }), 1.0f, 0);
	quantize(&o, constant(&o, NPU_INT8, DIMS(1, 1, 1, 1), (int8_t[]){ 127 }), 1.0f, 0);
	constant(&o, NPU_INT32, DIMS(1), (int32_t[]){ INT32_MAX });
	y = output(&o, NPU_INT8, DIMS(1, 1, 1, 1));
	quantize(&o, y, 0x1p25f, 0);
	run(&o);
	expect(&o, y, (int8_t[]){ -64 });
}

static void binary(struct one *o, enum npu_op op, const int8_t *a, const int8_t *b, float sa,
		   float sb)
{
	start(o, op);
	input_q(o, NPU_INT8, 4, a, sa, 0);
	input_q(o, NPU_INT8, 4, b, sb, 0);
}

static void test_add_sub(void **state)
{
	struct one o;
	int y;

	(void)state;
	binary(&o, NPU_OP_ADD, (int8_t[]){ 1, -1, 127, -128 }, (int8_t[]){ 2, -2, 127, -128 }, 1.0f,
	       1.0f);
	y = output_q(&o, NPU_INT8, 4, 2.0f, 0);
	run(&o);
	/* 1.5, -1.5, 127, -128 */
	expect(&o, y, (int8_t[]){ 2, -2, 127, -128 });

	binary(&o, NPU_OP_SUB, (int8_t[]){ 100, -100, 1, 0 }, (int8_t[]){ -100, 100, 2, 1 }, 1.0f,
	       0.5f);
	o.node.p.arith.act = NPU_ACT_RELU_N1_TO_1;
	y = output_q(&o, NPU_INT8, 4, 1.0f, 5);
	run(&o);
	/* 150, -150, 0, -0.5 and the clamp to [-1, 1] around 5 */
	expect(&o, y, (int8_t[]){ 6, 4, 5, 4 });
}

static void test_mul(void **state)
{
	struct one o;
	int y;

	(void)state;
	binary(&o, NPU_OP_MUL, (int8_t[]){ 1, -1, 2, 127 }, (int8_t[]){ 1, 1, -1, -128 }, 0.5f,
	       0.5f);
	y = output_q(&o, NPU_INT8, 4, 1.0f, 0);
	run(&o);
	/* 0.25 becomes 1 by way of a half, -0.25 becomes 0, -0.5 becomes -1. */
	expect(&o, y, (int8_t[]){ 1, 0, -1, -128 });
}

static void test_broadcast(void **state)
{
	static const int32_t a[] = { 1, 2, 3, 4, 5, 6 };
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_ADD);
	input(&o, NPU_INT32, DIMS(2, 1, 3), a);
	input(&o, NPU_INT32, DIMS(2, 1), (int32_t[]){ 10, INT32_MAX });
	y = output(&o, NPU_INT32, DIMS(2, 2, 3));
	run(&o);
	expect(&o, y, (int32_t[]){ 11, 12, 13, INT32_MIN, INT32_MIN + 1, INT32_MIN + 2, 14, 15, 16,
				   INT32_MIN + 3, INT32_MIN + 4, INT32_MIN + 5 });
}

static void test_pools(void **state)
{
	static const int8_t in[] = { -1, -2, -3, -128 };
	static const enum npu_op ops[] = { NPU_OP_AVERAGE_POOL_2D, NPU_OP_MAX_POOL_2D };
	struct one o;

	(void)state;
	for (size_t i = 0; i < COUNT(ops); i++) {
		int y;

		start(&o, ops[i]);
		o.node.p.pool.filter_h = o.node.p.pool.filter_w = 2;
		o.node.p.pool.stride_h = o.node.p.pool.stride_w = 1;
		o.node.p.pool.padding = NPU_PAD_SAME;
		quantize(&o, input(&o, NPU_INT8, DIMS(1, 1, 4, 1), in), 1.0f, 5);
		y = output(&o, NPU_INT8, DIMS(1, 1, 4, 1));
		quantize(&o, y, 1.0f, 5);
		run(&o);
		if (ops[i] == NPU_OP_MAX_POOL_2D)
			expect(&o, y, (int8_t[]){ -1, -2, -3, -128 });
		else	/* -1.5, -2.5, -65.5, and the last one alone */
			expect(&o, y, (int8_t[]){ -2, -3, -66, -128 });
	}
}

static void test_mean(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_MEAN);
	o.node.p.reduce.keep_dims = true;
	quantize(&o, input(&o, NPU_INT8, DIMS(2, 2), (int8_t[]){ 1, 2, -1, -2 }), 1.0f, 0);
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ -1, 1 });
	y = output(&o, NPU_INT8, DIMS(2, 1));
	quantize(&o, y, 1.0f, 0);
	run(&o);
	expect(&o, y, (int8_t[]){ 2, -1 });
}

static void test_resize(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_RESIZE_BILINEAR);
	o.node.p.resize.half_pixel_centers = true;
	quantize(&o, input(&o, NPU_INT8, DIMS(1, 1, 2, 1), (int8_t[]){ -2, 0 }), 1.0f, 0);
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ 1, 4 });
	y = output(&o, NPU_INT8, DIMS(1, 1, 4, 1));
	quantize(&o, y, 1.0f, 0);
	run(&o);
	/* -2, -1.5, -0.5, 0 */
	expect(&o, y, (int8_t[]){ -2, -2, -1, 0 });
}

static void test_prelu_leaky(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_PRELU);
	input_q(&o, NPU_INT8, 4, (int8_t[]){ -3, -3, 3, -128 }, 1.0f, 0);
	quantize(&o, constant(&o, NPU_INT8, DIMS(4), (int8_t[]){ 1, 2, 1, -127 }), 0.5f, 0);
	y = output_q(&o, NPU_INT8, 4, 1.0f, 0);
	run(&o);
	expect(&o, y, (int8_t[]){ -1, -3, 3, 127 });

	start(&o, NPU_OP_LEAKY_RELU);
	o.node.p.leaky.alpha = -0.5f;
	input_q(&o, NPU_INT8, 4, (int8_t[]){ -3, -1, 3, -128 }, 1.0f, 0);
	y = output_q(&o, NPU_INT8, 4, 1.0f, 0);
	run(&o);
	/* The negative slope's magnitude rounds -1.5 to -1 and -0.5 to 0. */
	expect(&o, y, (int8_t[]){ 1, 0, 3, 64 });
}

static void test_relu(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_RELU6);
	input_q(&o, NPU_UINT8, 4, (uint8_t[]){ 0, 128, 129, 255 }, 0.1f, 128);
	y = output_q(&o, NPU_UINT8, 4, 0.1f, 3);
	run(&o);
	expect(&o, y, (uint8_t[]){ 3, 3, 4, 63 });
}

static void test_tables(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_LOGISTIC);
	input_q(&o, NPU_INT8, 4, (int8_t[]){ 0, 127, -128, 1 }, 1.0f, 0);
	y = output_q(&o, NPU_INT8, 4, 1.0f / 256, -128);
	run(&o);
	/* 0.5, 1 (saturated), 0, 0.7311 * 256 = 187.2 */
	expect(&o, y, (int8_t[]){ 0, 127, -128, 59 });

	start(&o, NPU_OP_HARD_SWISH);
	input_q(&o, NPU_INT8, 4, (int8_t[]){ 0, 64, -64, 32 }, 1.0f / 16, 0);
	y = output_q(&o, NPU_INT8, 4, 1.0f / 16, 0);
	run(&o);
	/* 0, 4, 0, 2 * 5 / 6 * 16 = 26.7 */
	expect(&o, y, (int8_t[]){ 0, 64, 0, 27 });
}

static void test_softmax(void **state)
{
	static const int8_t flat[1001];
	int8_t lowest[1001];
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_SOFTMAX);
	o.node.p.softmax.beta = 1.0f;
	input_q(&o, NPU_INT8, 4, (int8_t[]){ 5, 5, 5, -128 }, 1.0f, 0);
	y = output_q(&o, NPU_INT8, 4, 1.0f / 256, -128);
	run(&o);
	expect(&o, y, (int8_t[]){ -43, -43, -43, -128 });

	/* 1001 equal logits, where TFLite aborts: each is below half a step. */
	start(&o, NPU_OP_SOFTMAX);
	o.node.p.softmax.beta = 1.0f;
	input_q(&o, NPU_INT8, 1001, flat, 1.0f, 0);
	y = output_q(&o, NPU_INT8, 1001, 1.0f / 256, -128);
	run(&o);
	memset(lowest, -128, sizeof(lowest));
	expect(&o, y, lowest);
}

/* More equal logits than the sum has bits for. */
static void test_softmax_saturates(void **state)
{
	const int n = 9000;
	int8_t *in = calloc((size_t)n, 1), *out = calloc((size_t)n, 1);
	struct one o;

	(void)state;
	start(&o, NPU_OP_SOFTMAX);
	o.node.p.softmax.beta = 1.0f;
	input_q(&o, NPU_INT8, 1, in, 1.0f, 0);
	output_q(&o, NPU_INT8, 1, 1.0f / 256, -128);
	o.tensors[0].dims[3] = o.tensors[1].dims[3] = n;
	o.data[0] = in;
	o.data[1] = out;
	run(&o);
	for (int i = 0; i < n; i++)
		assert_int_equal(out[i], -128);
	free(in);
	free(out);
}

static void test_quantize(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_QUANTIZE);
	input_q(&o, NPU_UINT8, 4, (uint8_t[]){ 129, 127, 255, 0 }, 1.0f, 128);
	y = output_q(&o, NPU_INT8, 4, 2.0f, 0);
	run(&o);
	/* 0.5, -0.5, 63.5, -64 */
	expect(&o, y, (int8_t[]){ 1, 0, 64, -64 });

	start(&o, NPU_OP_QUANTIZE);
	input(&o, NPU_FLOAT32, DIMS(1, 1, 1, 4), (float[]){ 0.5f, -0.5f, 1e30f, 300.0f });
	y = output_q(&o, NPU_INT8, 4, 1.0f, 3);
	run(&o);
	/* What does not fit in an int32 becomes its minimum first. */
	expect(&o, y, (int8_t[]){ 4, 2, -128, 127 });

	start(&o, NPU_OP_DEQUANTIZE);
	input_q(&o, NPU_INT8, 4, (int8_t[]){ 0, 3, -128, 127 }, 0.5f, 3);
	y = output(&o, NPU_FLOAT32, DIMS(1, 1, 1, 4));
	run(&o);
	expect(&o, y, (float[]){ -1.5f, 0.0f, -65.5f, 62.0f });
}

static void test_cast(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_CAST);
	input(&o, NPU_FLOAT32, DIMS(4), (float[]){ -1.9f, 300.0f, -300.0f, 127.9f });
	y = output(&o, NPU_INT8, DIMS(4));
	run(&o);
	expect(&o, y, (int8_t[]){ -1, 127, -128, 127 });
}

static void test_concatenation(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_CONCATENATION);
	o.node.p.axis.axis = 1;
	quantize(&o, input(&o, NPU_UINT8, DIMS(2, 1), (uint8_t[]){ 10, 20 }), 1.0f, 0);
	quantize(&o, input(&o, NPU_UINT8, DIMS(2, 2), (uint8_t[]){ 4, 5, 3, 255 }), 0.5f, 4);
	y = output(&o, NPU_UINT8, DIMS(2, 3));
	quantize(&o, y, 1.0f, 0);
	run(&o);
	/* 0, 0.5, -0.5, 125.5 */
	expect(&o, y, (uint8_t[]){ 10, 0, 1, 20, 0, 126 });
}

static void test_pad(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_PAD);
	quantize(&o, input(&o, NPU_INT8, DIMS(1, 2), (int8_t[]){ 1, 2 }), 1.0f, -7);
	constant(&o, NPU_INT32, DIMS(2, 2), (int32_t[]){ 1, 0, 0, 1 });
	y = output(&o, NPU_INT8, DIMS(2, 3));
	quantize(&o, y, 1.0f, -7);
	run(&o);
	expect(&o, y, (int8_t[]){ -7, -7, -7, 1, 2, -7 });

	start(&o, NPU_OP_MIRROR_PAD);
	o.node.p.mirror.reflect = true;
	quantize(&o, input(&o, NPU_INT8, DIMS(3), (int8_t[]){ 1, 2, 3 }), 1.0f, 0);
	constant(&o, NPU_INT32, DIMS(1, 2), (int32_t[]){ 2, 1 });
	y = output(&o, NPU_INT8, DIMS(6));
	quantize(&o, y, 1.0f, 0);
	run(&o);
	expect(&o, y, (int8_t[]){ 3, 2, 1, 2, 3, 2 });
}

static void test_moves(void **state)
{
	static const int8_t in[] = { 0, 1, 2, 3, 4, 5 };
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_TRANSPOSE);
	input(&o, NPU_INT8, DIMS(2, 3), in);
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ 1, 0 });
	y = output(&o, NPU_INT8, DIMS(3, 2));
	run(&o);
	expect(&o, y, (int8_t[]){ 0, 3, 1, 4, 2, 5 });

	start(&o, NPU_OP_STRIDED_SLICE);
	o.node.p.strided_slice.begin_mask = 2;
	o.node.p.strided_slice.end_mask = 2;
	o.node.p.strided_slice.shrink_axis_mask = 1;
	input(&o, NPU_INT8, DIMS(2, 3), in);
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ -1, 0 });
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ 0, 0 });
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ 1, -2 });
	y = output(&o, NPU_INT8, DIMS(2));
	run(&o);
	expect(&o, y, (int8_t[]){ 5, 3 });

	start(&o, NPU_OP_SPLIT);
	o.node.p.axis.axis = 1;
	constant(&o, NPU_INT32, 0, NULL, (int32_t[]){ 1 });
	input(&o, NPU_INT8, DIMS(2, 3), in);
	for (int i = 0; i < 3; i++)
		y = output(&o, NPU_INT8, DIMS(2, 1));
	run(&o);
	expect(&o, y - 1, (int8_t[]){ 1, 4 });
	expect(&o, y, (int8_t[]){ 2, 5 });

	start(&o, NPU_OP_TILE);
	input(&o, NPU_INT8, DIMS(1, 2), in);
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ 2, 2 });
	y = output(&o, NPU_INT8, DIMS(2, 4));
	run(&o);
	expect(&o, y, (int8_t[]){ 0, 1, 0, 1, 0, 1, 0, 1 });

	start(&o, NPU_OP_DEPTH_TO_SPACE);
	o.node.p.block.block_size = 2;
	input(&o, NPU_INT8, DIMS(1, 1, 1, 4), in);
	y = output(&o, NPU_INT8, DIMS(1, 2, 2, 1));
	run(&o);
	expect(&o, y, (int8_t[]){ 0, 1, 2, 3 });

	start(&o, NPU_OP_SPACE_TO_BATCH_ND);
	quantize(&o, input(&o, NPU_INT8, DIMS(1, 1, 3, 1), in), 1.0f, -1);
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ 1, 2 });
	constant(&o, NPU_INT32, DIMS(2, 2), (int32_t[]){ 0, 0, 1, 0 });
	y = output(&o, NPU_INT8, DIMS(2, 1, 2, 1));
	quantize(&o, y, 1.0f, -1);
	run(&o);
	expect(&o, y, (int8_t[]){ -1, 1, 0, 2 });
}

static void test_indices(void **state)
{
	static const int8_t in[] = { 1, 5, 5, 0 };
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_ARG_MAX);
	o.node.p.axis.axis = 0;
	input(&o, NPU_INT8, DIMS(4), in);
	constant(&o, NPU_INT32, 0, NULL, (int32_t[]){ 0 });
	y = output(&o, NPU_INT64, 0, NULL);
	run(&o);
	expect(&o, y, (int64_t[]){ 1 });

	start(&o, NPU_OP_GATHER);
	input(&o, NPU_INT8, DIMS(2, 2), in);
	input(&o, NPU_INT32, DIMS(1), (int32_t[]){ 1 });
	y = output(&o, NPU_INT8, DIMS(1, 2));
	run(&o);
	expect(&o, y, (int8_t[]){ 5, 0 });
	/* Indices are data: only running shows that they are wrong. */
	o.bytes[1][0] = 2;
	assert_int_equal(npu_kernel_supports(&o.graph, &o.node), NPU_OK);
	assert_int_equal(npu_kernel_run_graph(&o.graph, o.data), NPU_ERR_UNSUPPORTED);
	assert_non_null(strstr(npu_error(), "GATHER"));
}

static void test_division(void **state)
{
	struct one o;
	int y;

	(void)state;
	start(&o, NPU_OP_DIV);
	input(&o, NPU_INT32, DIMS(2), (int32_t[]){ -7, INT32_MIN });
	input(&o, NPU_INT32, DIMS(2), (int32_t[]){ 2, -1 });
	y = output(&o, NPU_INT32, DIMS(2));
	run(&o);
	expect(&o, y, (int32_t[]){ -3, INT32_MIN });
	memset(o.bytes[1], 0, 4);
	assert_int_equal(npu_kernel_run_graph(&o.graph, o.data), NPU_ERR_UNSUPPORTED);
	assert_non_null(strstr(npu_error(), "zero"));
}

static void test_refusals(void **state)
{
	static const int16_t words[4];
	static const int8_t bytes[4];
	struct one o;

	(void)state;
	start(&o, NPU_OP_CONV_2D);
	quantize(&o, input(&o, NPU_INT16, DIMS(1, 1, 1, 1), words), 1.0f, 0);
	quantize(&o, constant(&o, NPU_INT8, DIMS(1, 1, 1, 1), bytes), 1.0f, 0);
	quantize(&o, output(&o, NPU_INT16, DIMS(1, 1, 1, 1)), 1.0f, 0);
	expect_refusal(&o, "int16");

	start(&o, NPU_OP_ADD);
	input_q(&o, NPU_INT8, 1, bytes, 1.0f, 0);
	input(&o, NPU_INT8, DIMS(1), bytes);
	output_q(&o, NPU_INT8, 1, 1.0f, 0);
	expect_refusal(&o, "t1");

	start(&o, NPU_OP_ADD);
	input_q(&o, NPU_INT8, 1, bytes, 1.0f, 0);
	input_q(&o, NPU_UINT8, 1, bytes, 1.0f, 0);
	output_q(&o, NPU_INT8, 1, 1.0f, 0);
	expect_refusal(&o, "uint8");

	start(&o, NPU_OP_RELU);
	input_q(&o, NPU_INT8, 1, bytes, 0.0f, 0);
	output_q(&o, NPU_INT8, 1, 1.0f, 0);
	expect_refusal(&o, "scale");

	start(&o, NPU_OP_RELU);
	input_q(&o, NPU_INT8, 1, bytes, 1.0f, 128);
	output_q(&o, NPU_INT8, 1, 1.0f, 0);
	expect_refusal(&o, "zero point");

	start(&o, NPU_OP_LOGISTIC);
	input_q(&o, NPU_INT8, 1, bytes, 1.0f, 0);
	output_q(&o, NPU_INT8, 1, 1.0f / 128, -128);
	expect_refusal(&o, "1/256");

	start(&o, NPU_OP_SOFTMAX);
	o.node.p.softmax.beta = 1.0f;
	input_q(&o, NPU_INT8, 1, bytes, 1.0f, 0);
	output_q(&o, NPU_INT8, 1, 1.0f / 256, 0);
	expect_refusal(&o, "zero point");

	start(&o, NPU_OP_CONCATENATION);
	input_q(&o, NPU_INT8, 1, bytes, 1.0f, 0);
	input_q(&o, NPU_INT8, 1, bytes, 2.0f, 0);
	output_q(&o, NPU_INT8, 2, 1.0f, 0);
	o.node.p.axis.axis = 3;
	expect_refusal(&o, "t1");

	start(&o, NPU_OP_TRANSPOSE);
	input(&o, NPU_INT8, DIMS(2, 2), bytes);
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ 0, 0 });
	output(&o, NPU_INT8, DIMS(2, 2));
	expect_refusal(&o, "permutation");

	start(&o, NPU_OP_SLICE);
	input(&o, NPU_INT8, DIMS(4), bytes);
	constant(&o, NPU_INT32, DIMS(1), (int32_t[]){ 2 });
	constant(&o, NPU_INT32, DIMS(1), (int32_t[]){ 3 });
	output(&o, NPU_INT8, DIMS(3));
	expect_refusal(&o, "dimension 0");

	start(&o, NPU_OP_STRIDED_SLICE);
	o.node.p.strided_slice.ellipsis_mask = 1;
	input(&o, NPU_INT8, DIMS(4), bytes);
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ 0, 0 });
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ 0, 2 });
	constant(&o, NPU_INT32, DIMS(2), (int32_t[]){ 1, 1 });
	output(&o, NPU_INT8, DIMS(2));
	expect_refusal(&o, "ellipsis");

	start(&o, NPU_OP_MEAN);
	quantize(&o, input(&o, NPU_INT8, DIMS(4), bytes), 1.0f, 0);
	input(&o, NPU_INT32, DIMS(1), (int32_t[]){ 0 });
	quantize(&o, output(&o, NPU_INT8, DIMS(1)), 1.0f, 0);
	expect_refusal(&o, "constant");
}

/* Every operator has a kernel, and none accepts a node without inputs. */
static void test_all_operators(void **state)
{
	struct one o;

	(void)state;
	for (int op = 0; op < NPU_OP_COUNT; op++) {
		start(&o, (enum npu_op)op);
		output(&o, NPU_INT8, DIMS(1));
		expect_refusal(&o, "absent");
	}
}

/* Two nodes: y = relu(x), z = -y. */
static void test_graph(void **state)
{
	struct npu_tensor tensors[3];
	int indices[] = { 0, 1, 2 };
	struct npu_node nodes[] = {
		{ .op = NPU_OP_RELU, .num_inputs = 1, .inputs = &indices[0], .num_outputs = 1,
		  .outputs = &indices[1] },
		{ .op = NPU_OP_NEG, .num_inputs = 1, .inputs = &indices[1], .num_outputs = 1,
		  .outputs = &indices[2] },
	};
	struct npu_graph graph = { .num_tensors = 3, .tensors = tensors, .num_nodes = 2,
				   .nodes = nodes };
	float x[] = { -1.0f, 2.0f }, y[2], z[2];
	void *data[] = { x, y, z };

	(void)state;
	for (int i = 0; i < 3; i++)
		tensors[i] = (struct npu_tensor){ .name = (char *)"t", .dtype = NPU_FLOAT32,
						  .rank = 1, .dims = { 2 }, .producer = i - 1 };
	assert_int_equal(npu_kernel_run_graph(&graph, data), NPU_OK);
	assert_memory_equal(z, ((float[]){ -0.0f, -2.0f }), sizeof(z));
	/* The second node has no kernel for its new type: the run fails there. */
	tensors[2].dtype = NPU_INT8;
	assert_int_equal(npu_kernel_run_graph(&graph, data), NPU_ERR_UNSUPPORTED);
	assert_non_null(strstr(npu_error(), "NEG"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shift_away),
		cmocka_unit_test(test_high_mul),
		cmocka_unit_test(test_scale_of),
		cmocka_unit_test(test_round_twice),
		cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_average),
		cmocka_unit_test(test_mean_scale),
		cmocka_unit_test(test_fixed_point),
		cmocka_unit_test(test_conv_ties),
		cmocka_unit_test(test_conv_window),
		cmocka_unit_test(test_conv_groups),
		cmocka_unit_test(test_depthwise_multiplier),
		cmocka_unit_test(test_transpose_conv),
		cmocka_unit_test(test_fully_connected_ties),
		cmocka_unit_test(test_accumulator_wraps),
		cmocka_unit_test(test_add_sub),
		cmocka_unit_test(test_mul),
		cmocka_unit_test(test_broadcast),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_mean),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_prelu_leaky),
		cmocka_unit_test(test_relu),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_softmax),
		cmocka_unit_test(test_softmax_saturates),
		cmocka_unit_test(test_quantize),
		cmocka_unit_test(test_cast),
		cmocka_unit_test(test_concatenation),
		cmocka_unit_test(test_pad),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_indices),
		cmocka_unit_test(test_division),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_all_operators),
		cmocka_unit_test(test_graph),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
