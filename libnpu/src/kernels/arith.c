/* SPDX-License-Identifier: MIT */
/* ADD, SUB, MUL, DIV, SQUARED_DIFFERENCE: two operands, numpy broadcasting, a fused activation. */
#include "kernels/fixed_point.h"
#include "kernels/rounding.h"
#include "kernels/rows.h"

struct arith {
	struct kernel_scale scale_a, scale_b, scale_out;
	int32_t zero_a, zero_b, zero_out;
	int left_shift;
	struct kernel_clamp clamp;
};

typedef int32_t (*quantized_op)(const struct arith *p, int32_t a, int32_t b);

/* Both operands on one scale, with left_shift more fractional bits. */
static void align(const struct arith *p, int32_t *a, int32_t *b)
{
	*a = round_twice((*a - p->zero_a) * (1 << p->left_shift), p->scale_a);
	*b = round_twice((*b - p->zero_b) * (1 << p->left_shift), p->scale_b);
}

static int32_t add_quantized(const struct arith *p, int32_t a, int32_t b)
{
	align(p, &a, &b);
	return round_add(add_wrap(a, b), p->scale_out);
}

static int32_t sub_quantized(const struct arith *p, int32_t a, int32_t b)
{
	align(p, &a, &b);
	return round_sub(add_wrap(a, -b), p->scale_out);
}

static int32_t mul_quantized(const struct arith *p, int32_t a, int32_t b)
{
	return round_mul((a - p->zero_a) * (b - p->zero_b), p->scale_out);
}

static int32_t squared_difference_quantized(const struct arith *p, int32_t a, int32_t b)
{
	int32_t difference;

	align(p, &a, &b);
	difference = add_wrap(a, -b);
	return round_squared_difference(wrap32((int64_t)difference * difference), p->scale_out);
}

/* a / b by multiplication with the reciprocal of b. */
static int32_t div_quantized(const struct arith *p, int32_t a, int32_t b)
{
	struct kernel_scale reciprocal, scale = p->scale_out;
	int headroom, bits;
	int32_t quotient;

	a -= p->zero_a;
	b -= p->zero_b;
	if (b < 0) {
		a = -a;
		b = -b;
	}
	reciprocal.mult = npu_kernel_reciprocal(b, 31, &bits);
	/* As many bits as a can be shifted left by without losing its sign. */
	headroom = __builtin_clrsb(a);
	reciprocal.shift = headroom;
	quotient = round_twice(a, reciprocal);
	scale.shift -= bits + headroom;
	return round_div(quotient, scale);
}

static double max_scale(float a, float b)
{
	return a > b ? a : b;
}

static void set_aligned(struct arith *p, float sa, float sb, double out, int left_shift)
{
	double twice_max = 2 * max_scale(sa, sb);

	p->scale_a = npu_kernel_scale_of(sa / twice_max);
	p->scale_b = npu_kernel_scale_of(sb / twice_max);
	p->scale_out = npu_kernel_scale_of(out);
	p->left_shift = left_shift;
}

static npu_status run_quantized(const struct kernel *k)
{
	const struct npu_tensor *ta = npu_kernel_in(k, 0), *tb = npu_kernel_in(k, 1);
	const struct npu_tensor *out = npu_kernel_out(k, 0);
	const void *a = npu_kernel_in_data(k, 0), *b = npu_kernel_in_data(k, 1);
	float sa = tensor_scale(ta), sb = tensor_scale(tb), so = tensor_scale(out);
	double twice_max = 2 * max_scale(sa, sb);
	struct arith p = { .zero_a = tensor_zero(ta), .zero_b = tensor_zero(tb),
			   .zero_out = tensor_zero(out) };
	void *dst = npu_kernel_out_data(k, 0);
	quantized_op op = NULL;
	struct kernel_rows rows;

	p.clamp = npu_kernel_clamp(k->node->p.arith.act, out);
	switch (k->node->op) {
	case NPU_OP_MUL:
		op = mul_quantized;
		p.scale_out = npu_kernel_scale_of(mul_scale(sa, sb, so));
		break;
	case NPU_OP_DIV:
		op = div_quantized;
		p.scale_out = npu_kernel_scale_of(sa / (sb * so));
		break;
	case NPU_OP_SQUARED_DIFFERENCE:
		op = squared_difference_quantized;
		p.clamp = npu_kernel_limits(out->dtype);
		set_aligned(&p, sa, sb, twice_max * twice_max / ((1 << 14) * so), 7);
		break;
	case NPU_OP_SUB:
		op = sub_quantized;
		set_aligned(&p, sa, sb, twice_max / ((1 << 20) * (double)so), 20);
		break;
	default:
		op = add_quantized;
		set_aligned(&p, sa, sb, twice_max / ((1 << 20) * (double)so), 20);
		break;
	}
	npu_kernel_rows_first(&rows, ta, tb, out);
	do {
		for (size_t i = 0; i < rows.n; i++) {
			int32_t from_a = load_byte(a, ta->dtype, rows.at[0] + i * rows.step[0]);
			int32_t from_b = load_byte(b, tb->dtype, rows.at[1] + i * rows.step[1]);

			if (k->node->op == NPU_OP_DIV && from_b == p.zero_b)
				return npu_kernel_refuse(k, "division by zero");
			store_byte(dst, out->dtype, rows.out + i,
				   clamp32(add_wrap(op(&p, from_a, from_b), p.zero_out), p.clamp));
		}
	} while (npu_kernel_rows_next(&rows));
	return NPU_OK;
}

static float float_op(enum npu_op op, float a, float b)
{
	switch (op) {
	case NPU_OP_MUL:
		return a * b;
	case NPU_OP_DIV:
		return a / b;
	case NPU_OP_SUB:
		return a - b;
	case NPU_OP_SQUARED_DIFFERENCE:
		return (a - b) * (a - b);
	default:
		return a + b;
	}
}

static void run_float(const struct kernel *k, struct kernel_rows *rows)
{
	const float *a = npu_kernel_in_data(k, 0), *b = npu_kernel_in_data(k, 1);
	float *dst = npu_kernel_out_data(k, 0), lo, hi;

	npu_kernel_clamp_float(k->node->p.arith.act, &lo, &hi);
	if (k->node->op == NPU_OP_SQUARED_DIFFERENCE) {
		lo = -HUGE_VALF;
		hi = HUGE_VALF;
	}
	do {
		for (size_t i = 0; i < rows->n; i++) {
			float x = float_op(k->node->op, a[rows->at[0] + i * rows->step[0]],
					   b[rows->at[1] + i * rows->step[1]]);

			x = x < lo ? lo : x;
			dst[rows->out + i] = hi < x ? hi : x;
		}
	} while (npu_kernel_rows_next(rows));
}

/* Modulo 2^64; of int32 operands only the lower half is kept. */
static uint64_t int_op(enum npu_op op, int64_t a, int64_t b)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b;

	switch (op) {
	case NPU_OP_MUL:
		return x * y;
	case NPU_OP_DIV:
		/* The one quotient that overflows wraps. */
		return b == -1 ? 0 - x : (uint64_t)(a / b);
	case NPU_OP_SUB:
		return x - y;
	case NPU_OP_SQUARED_DIFFERENCE:
		return (x - y) * (x - y);
	default:
		return x + y;
	}
}

static npu_status run_int(const struct kernel *k, struct kernel_rows *rows, npu_dtype dtype)
{
	const void *a = npu_kernel_in_data(k, 0), *b = npu_kernel_in_data(k, 1);
	void *dst = npu_kernel_out_data(k, 0);
	bool wide = dtype == NPU_INT64;
	enum npu_act act = k->node->op == NPU_OP_SQUARED_DIFFERENCE ? NPU_ACT_NONE
								    : k->node->p.arith.act;
	int64_t lo = wide ? INT64_MIN : INT32_MIN, hi = wide ? INT64_MAX : INT32_MAX;
	float lo_real, hi_real;

	npu_kernel_clamp_float(act, &lo_real, &hi_real);
	if (act != NPU_ACT_NONE)
		lo = (int64_t)lo_real;
	if (act == NPU_ACT_RELU6 || act == NPU_ACT_RELU_N1_TO_1)
		hi = (int64_t)hi_real;
	do {
		for (size_t i = 0; i < rows->n; i++) {
			size_t at_a = rows->at[0] + i * rows->step[0];
			size_t at_b = rows->at[1] + i * rows->step[1];
			int64_t from_a = wide ? ((const int64_t *)a)[at_a]
					      : ((const int32_t *)a)[at_a];
			int64_t from_b = wide ? ((const int64_t *)b)[at_b]
					      : ((const int32_t *)b)[at_b];
			uint64_t bits;
			int64_t x;

			if (k->node->op == NPU_OP_DIV && from_b == 0)
				return npu_kernel_refuse(k, "division by zero");
			bits = int_op(k->node->op, from_a, from_b);
			x = wide ? (int64_t)bits : (int32_t)(uint32_t)bits;
			x = x < lo ? lo : x > hi ? hi : x;
			if (wide)
				((int64_t *)dst)[rows->out + i] = x;
			else
				((int32_t *)dst)[rows->out + i] = (int32_t)x;
		}
	} while (npu_kernel_rows_next(rows));
	return NPU_OK;
}

static npu_status check(const struct kernel *k)
{
	const struct npu_tensor *a = npu_kernel_in(k, 0), *b = npu_kernel_in(k, 1);

	if (!b)
		return npu_kernel_refuse(k, "its second operand is absent");
	if (!npu_kernel_rows_fit(a, b, npu_kernel_out(k, 0)))
		return npu_kernel_refuse(k, "'%s' and '%s' do not broadcast to its output",
					 a->name, b->name);
	return NPU_OK;
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *out = npu_kernel_out(k, 0);
	struct kernel_rows rows;

	if (out->dtype == NPU_INT8 || out->dtype == NPU_UINT8)
		return run_quantized(k);
	npu_kernel_rows_first(&rows, npu_kernel_in(k, 0), npu_kernel_in(k, 1), out);
	if (out->dtype != NPU_FLOAT32)
		return run_int(k, &rows, out->dtype);
	run_float(k, &rows);
	return NPU_OK;
}

#define ARITH(name, types) \
	const struct kernel_ops npu_kernel_##name = { \
		types, KERNEL_BYTES, 0, KERNEL_SAME_ALL, check, run \
	};

ARITH(ADD, KERNEL_BYTES | KERNEL_FLOAT32 | KERNEL_INT32 | KERNEL_INT64)
ARITH(SUB, KERNEL_BYTES | KERNEL_FLOAT32 | KERNEL_INT32 | KERNEL_INT64)
ARITH(MUL, KERNEL_BYTES | KERNEL_FLOAT32 | KERNEL_INT32 | KERNEL_INT64)
ARITH(DIV, KERNEL_BYTES | KERNEL_FLOAT32 | KERNEL_INT32)
ARITH(SQUARED_DIFFERENCE, KERNEL_INT8 | KERNEL_FLOAT32 | KERNEL_INT32)
