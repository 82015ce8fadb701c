/* SPDX-License-Identifier: MIT */
/* ABS, NEG, RSQRT. */
#include "kernels/fixed_point.h"
#include "kernels/kernel.h"
#include "kernels/rounding.h"

/* int8 ABS and RSQRT by a table; NEG of int8 negates the stored value, as TFLite does. */
static void fill_table(const struct kernel *k, int8_t table[256], bool *legal)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	struct kernel_clamp clamp = npu_kernel_limits(NPU_INT8);
	float si = tensor_scale(in), so = tensor_scale(out);
	double inverse = 1.0 / (double)(sqrtf(si) * so);
	struct kernel_scale scale = npu_kernel_scale_of(
		k->node->op == NPU_OP_ABS ? (double)(si / so) : inverse);

	for (int32_t i = -128; i < 128; i++) {
		int32_t x = i - tensor_zero(in), y;
		struct kernel_scale root, rest = scale;

		legal[(uint8_t)i] = true;
		if (k->node->op == NPU_OP_ABS) {
			y = x < 0 ? -x : x;
			if (si != so)
				y = round_abs(y, scale);
		} else if (x <= 0) {
			legal[(uint8_t)i] = x == 0;
			table[(uint8_t)i] = INT8_MAX;
			continue;
		} else {
			/* 20 more bits, so that 1 / sqrt(x) is an integer. */
			root.mult = npu_kernel_inverse_sqrt(x, &root.shift);
			root.shift += 20;
			rest.shift -= 20;
			y = round_twice(round_twice(1, root), rest);
		}
		table[(uint8_t)i] = (int8_t)clamp32(add_wrap(y, tensor_zero(out)), clamp);
	}
}

static npu_status run_table(const struct kernel *k, size_t n)
{
	const int8_t *in = npu_kernel_in_data(k, 0);
	int8_t *out = npu_kernel_out_data(k, 0), table[256];
	bool legal[256];

	fill_table(k, table, legal);
	for (size_t i = 0; i < n; i++) {
		if (!legal[(uint8_t)in[i]])
			return npu_kernel_refuse(k, "square root of a negative number");
		out[i] = table[(uint8_t)in[i]];
	}
	return NPU_OK;
}

static float unary_float(enum npu_op op, float x)
{
	return op == NPU_OP_ABS ? fabsf(x) : op == NPU_OP_NEG ? -x : 1.0f / sqrtf(x);
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	size_t n = npu_tensor_elements(in);
	const void *data = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);
	bool neg = k->node->op == NPU_OP_NEG;

	if (in->dtype == NPU_INT8 && !neg)
		return run_table(k, n);
	for (size_t i = 0; i < n; i++) {
		if (in->dtype == NPU_INT8) {
			((uint8_t *)dst)[i] = (uint8_t)-((const uint8_t *)data)[i];
		} else if (in->dtype == NPU_INT32) {
			uint32_t x = ((const uint32_t *)data)[i];

			((uint32_t *)dst)[i] = neg || x >> 31 ? -x : x;
		} else if (in->dtype == NPU_INT64) {
			((uint64_t *)dst)[i] = -((const uint64_t *)data)[i];
		} else {
			((float *)dst)[i] = unary_float(k->node->op, ((const float *)data)[i]);
		}
	}
	return NPU_OK;
}

const struct kernel_ops npu_kernel_ABS = {
	KERNEL_INT8 | KERNEL_INT32 | KERNEL_FLOAT32, KERNEL_BYTES, 0, KERNEL_SAME_OUT, NULL, run
};
const struct kernel_ops npu_kernel_NEG = {
	KERNEL_INT8 | KERNEL_INT32 | KERNEL_INT64 | KERNEL_FLOAT32, 0, 0, KERNEL_SAME_OUT, NULL, run
};
const struct kernel_ops npu_kernel_RSQRT = {
	KERNEL_INT8 | KERNEL_FLOAT32, KERNEL_BYTES, 0, KERNEL_SAME_OUT, NULL, run
};
