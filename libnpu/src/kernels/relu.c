/* SPDX-License-Identifier: MIT */
/* Piecewise linear functions: the RELU family, LEAKY_RELU, PRELU, HARD_SWISH. */
#include "kernels/rounding.h"
#include "kernels/rows.h"

static void relu_bounds(enum npu_op op, float *lo, float *hi)
{
	*lo = op == NPU_OP_RELU_N1_TO_1 ? -1.0f : 0.0f;
	*hi = op == NPU_OP_RELU6 ? 6.0f : op == NPU_OP_RELU ? HUGE_VALF : 1.0f;
}

static npu_status run_relu(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	struct kernel_clamp clamp = npu_kernel_limits(out->dtype);
	size_t n = npu_tensor_elements(in);
	const void *data = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);
	struct kernel_scale scale;
	float lo, hi;

	relu_bounds(k->node->op, &lo, &hi);
	if (in->dtype == NPU_FLOAT32) {
		for (size_t i = 0; i < n; i++) {
			float x = ((const float *)data)[i];

			x = x < lo ? lo : x;
			((float *)dst)[i] = x > hi ? hi : x;
		}
		return NPU_OK;
	}
	if (npu_kernel_stored(lo, out) > clamp.lo)
		clamp.lo = npu_kernel_stored(lo, out);
	if (hi < HUGE_VALF && npu_kernel_stored(hi, out) < clamp.hi)
		clamp.hi = npu_kernel_stored(hi, out);
	scale = npu_kernel_scale_of((double)(tensor_scale(in) / tensor_scale(out)));
	for (size_t i = 0; i < n; i++) {
		int32_t x = load_byte(data, in->dtype, i) - tensor_zero(in);

		x = add_wrap(round_relu(x, scale), tensor_zero(out));
		store_byte(dst, out->dtype, i, clamp32(x, clamp));
	}
	return NPU_OK;
}

static npu_status run_leaky_relu(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	struct kernel_clamp clamp = npu_kernel_limits(out->dtype);
	float alpha = k->node->p.leaky.alpha;
	size_t n = npu_tensor_elements(in);
	const void *data = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);
	struct kernel_scale positive, negative;

	if (in->dtype == NPU_FLOAT32) {
		for (size_t i = 0; i < n; i++) {
			float x = ((const float *)data)[i];

			((float *)dst)[i] = x > 0.0f ? x : x * alpha;
		}
		return NPU_OK;
	}
	positive = npu_kernel_scale_of((double)(tensor_scale(in) / tensor_scale(out)));
	negative = npu_kernel_scale_of(prelu_scale(tensor_scale(in), alpha, tensor_scale(out)));
	for (size_t i = 0; i < n; i++) {
		int32_t x = load_byte(data, in->dtype, i) - tensor_zero(in);

		x = add_wrap(round_leaky_relu(x, x < 0 ? negative : positive), tensor_zero(out));
		store_byte(dst, out->dtype, i, clamp32(x, clamp));
	}
	return NPU_OK;
}

static npu_status check_prelu(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *alpha = npu_kernel_in(k, 1);

	if (!alpha)
		return npu_kernel_refuse(k, "its slopes are absent");
	if (!npu_kernel_rows_fit(in, alpha, npu_kernel_out(k, 0)))
		return npu_kernel_refuse(k, "its slopes '%s' do not broadcast to its output",
					 alpha->name);
	return NPU_OK;
}

static npu_status run_prelu(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *alpha = npu_kernel_in(k, 1);
	const struct npu_tensor *out = npu_kernel_out(k, 0);
	struct kernel_clamp clamp = npu_kernel_limits(out->dtype);
	const void *data = npu_kernel_in_data(k, 0), *slopes = npu_kernel_in_data(k, 1);
	float si = tensor_scale(in), so = tensor_scale(out);
	void *dst = npu_kernel_out_data(k, 0);
	struct kernel_scale positive, negative;
	struct kernel_rows rows;

	positive = npu_kernel_scale_of(prelu_scale(si, 1.0f, so));
	negative = npu_kernel_scale_of(prelu_scale(si, tensor_scale(alpha), so));
	npu_kernel_rows_first(&rows, in, alpha, out);
	do {
		for (size_t i = 0; i < rows.n; i++) {
			size_t at = rows.at[0] + i * rows.step[0];
			size_t slope_at = rows.at[1] + i * rows.step[1];
			int32_t x, slope;

			if (in->dtype == NPU_FLOAT32) {
				float real = ((const float *)data)[at];

				((float *)dst)[rows.out + i] = real >= 0.0f ? real
					: real * ((const float *)slopes)[slope_at];
				continue;
			}
			x = load_byte(data, in->dtype, at) - tensor_zero(in);
			slope = load_byte(slopes, alpha->dtype, slope_at) - tensor_zero(alpha);
			x = x >= 0 ? round_prelu(x, positive) : round_prelu(x * slope, negative);
			store_byte(dst, out->dtype, rows.out + i,
				   clamp32(add_wrap(x, tensor_zero(out)), clamp));
		}
	} while (npu_kernel_rows_next(&rows));
	return NPU_OK;
}

static int32_t saturate16(int32_t x)
{
	return x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x;
}

/* a * b / 2^15 of 16-bit values, half up. */
static int32_t high_mul16(int32_t a, int32_t b)
{
	return saturate16((a * b + (1 << 14)) >> 15);
}

/* The multiplier of a scale with 16 bits. */
static int32_t narrow_multiplier(int32_t mult)
{
	return mult >= INT32_MAX - (1 << 15) ? INT16_MAX : (mult + (1 << 15)) >> 16;
}

static double hard_swish_out_scale(const struct kernel *k)
{
	float fine = 1.0f / 128.0f * tensor_scale(npu_kernel_in(k, 0));

	return (double)(fine / tensor_scale(npu_kernel_out(k, 0)));
}

static npu_status check_hard_swish(const struct kernel *k)
{
	const struct npu_tensor *out = npu_kernel_out(k, 0);

	if (out->dtype != NPU_FLOAT32 && npu_kernel_scale_of(hard_swish_out_scale(k)).shift > 0)
		return npu_kernel_refuse(k, "the scale %g of its output '%s' is below 1/128 of "
					 "its input's", (double)tensor_scale(out), out->name);
	return NPU_OK;
}

/* x * relu6(x + 3) / 6 with 16-bit intermediates; x has 7 more fractional bits than stored. */
static int32_t hard_swish(int32_t x, struct kernel_scale out_scale, struct kernel_scale gate_scale)
{
	int32_t pre = high_mul16(x, narrow_multiplier(out_scale.mult));
	int32_t gate = x, product;

	/* The gate: x / 3 in Q0.15, saturated, then mapped from [-1, 1] to [0, 1]. */
	if (gate_scale.shift > 0)
		gate = saturate16(shift_left(gate, gate_scale.shift > 16 ? 16
								: gate_scale.shift - 1));
	gate = high_mul16(gate, narrow_multiplier(gate_scale.mult));
	if (gate_scale.shift > 0)
		gate = saturate16(gate * 2);
	if (gate_scale.shift < 0)
		gate = shift_away(gate, -gate_scale.shift);
	gate = (gate + (1 << 15)) >> 1;
	product = gate * pre / (1 << 15);
	return round_hard_swish(product, -out_scale.shift);
}

static npu_status run_hard_swish(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	struct kernel_clamp clamp = npu_kernel_limits(out->dtype);
	size_t n = npu_tensor_elements(in);
	const void *data = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);
	struct kernel_scale out_scale, gate_scale;
	float fine = 1.0f / 128.0f * tensor_scale(in);
	uint8_t table[256];

	if (in->dtype == NPU_FLOAT32) {
		for (size_t i = 0; i < n; i++) {
			float x = ((const float *)data)[i], gate = x + 3.0f;

			gate = gate < 0.0f ? 0.0f : gate;
			((float *)dst)[i] = x * (gate > 6.0f ? 6.0f : gate) / 6.0f;
		}
		return NPU_OK;
	}
	out_scale = npu_kernel_scale_of(hard_swish_out_scale(k));
	gate_scale = npu_kernel_scale_of((double)(fine / (3.0f / 32768.0f)));
	for (int32_t x = clamp.lo; x <= clamp.hi; x++) {
		int32_t y = hard_swish((x - tensor_zero(in)) * 128, out_scale, gate_scale);

		table[(uint8_t)x] = (uint8_t)clamp32(y + tensor_zero(out), clamp);
	}
	for (size_t i = 0; i < n; i++)
		((uint8_t *)dst)[i] = table[((const uint8_t *)data)[i]];
	return NPU_OK;
}

#define ACTIVATION(name, agree, check, run) \
	const struct kernel_ops npu_kernel_##name = { \
		KERNEL_BYTES | KERNEL_FLOAT32, KERNEL_BYTES, 0, agree, check, run \
	};

ACTIVATION(RELU, KERNEL_SAME_OUT, NULL, run_relu)
ACTIVATION(RELU6, KERNEL_SAME_OUT, NULL, run_relu)
ACTIVATION(RELU_N1_TO_1, KERNEL_SAME_OUT, NULL, run_relu)
ACTIVATION(RELU_0_TO_1, KERNEL_SAME_OUT, NULL, run_relu)
ACTIVATION(LEAKY_RELU, KERNEL_SAME_OUT, NULL, run_leaky_relu)
ACTIVATION(PRELU, KERNEL_SAME_ALL, check_prelu, run_prelu)
ACTIVATION(HARD_SWISH, KERNEL_SAME_OUT, check_hard_swish, run_hard_swish)
