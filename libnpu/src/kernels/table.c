/* SPDX-License-Identifier: MIT */
/*
 * Functions of one variable that TFLite evaluates in float once for each of the 256
 * stored values, and functions of floats.
 */
#include "kernels/kernel.h"
#include "kernels/rounding.h"

typedef float (*real_function)(float x);

static float logistic(float x)
{
	return 1.0f / (1.0f + expf(-x));
}

/* LOGISTIC of float tensors: saturated at both ends. */
static float logistic_float(float x)
{
	const float upper = 16.619047164916992188f, lower = -9.0f;

	return x > upper ? 1.0f : x < lower ? expf(x) : logistic(x);
}

static float elu(float x)
{
	return x < 0.0f ? expm1f(x) : x;
}

static float gelu(float x)
{
	return 0.5f * x * erfcf(x * -0.707106781186547524401f);
}

static float gelu_approximate(float x)
{
	const float sqrt_2_pi = (float)(1.12837916709551257390 * 0.70710678118654752440);

	return 0.5f * x * (1.0f + tanhf(sqrt_2_pi * (x + 0.044715f * x * x * x)));
}

static real_function function_of(const struct npu_node *node)
{
	switch (node->op) {
	case NPU_OP_LOGISTIC:
		return logistic;
	case NPU_OP_TANH:
		return tanhf;
	case NPU_OP_EXP:
		return expf;
	case NPU_OP_ELU:
		return elu;
	default:
		return node->p.gelu.approximate ? gelu_approximate : gelu;
	}
}

static void fill_table(uint8_t table[256], const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	struct kernel_clamp clamp = npu_kernel_limits(in->dtype);
	real_function function = function_of(k->node);
	float inverse = 1.0f / tensor_scale(out);

	for (int32_t x = clamp.lo; x <= clamp.hi; x++) {
		float real = tensor_scale(in) * (float)(x - tensor_zero(in));
		float y = round_table(function(real) * inverse) + (float)tensor_zero(out);

		table[(uint8_t)x] = (uint8_t)clamp32(float_to_int(y), clamp);
	}
}

static npu_status check(const struct kernel *k)
{
	const struct npu_tensor *out = npu_kernel_out(k, 0);

	if (k->node->op == NPU_OP_LOGISTIC && out->dtype != NPU_FLOAT32 &&
	    tensor_scale(out) != 1.0f / 256.0f)
		return npu_kernel_refuse(k, "the scale of its output '%s' is %g, not 1/256",
					 out->name, (double)tensor_scale(out));
	return NPU_OK;
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	size_t n = npu_tensor_elements(in);
	const void *data = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);
	uint8_t table[256];

	if (in->dtype == NPU_FLOAT32) {
		real_function function = k->node->op == NPU_OP_LOGISTIC ? logistic_float
									: function_of(k->node);

		for (size_t i = 0; i < n; i++)
			((float *)dst)[i] = function(((const float *)data)[i]);
		return NPU_OK;
	}
	fill_table(table, k);
	for (size_t i = 0; i < n; i++)
		((uint8_t *)dst)[i] = table[((const uint8_t *)data)[i]];
	return NPU_OK;
}

#define TABLE(name, types) \
	const struct kernel_ops npu_kernel_##name = { \
		types, KERNEL_BYTES, 0, KERNEL_SAME_OUT, check, run \
	};

TABLE(LOGISTIC, KERNEL_BYTES | KERNEL_FLOAT32)
TABLE(TANH, KERNEL_BYTES | KERNEL_FLOAT32)
TABLE(EXP, KERNEL_INT8 | KERNEL_FLOAT32)
TABLE(ELU, KERNEL_INT8)
TABLE(GELU, KERNEL_BYTES)
