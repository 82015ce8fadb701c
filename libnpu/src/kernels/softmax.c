/* SPDX-License-Identifier: MIT */
/* SOFTMAX and LOG_SOFTMAX over the last dimension. */
#include <float.h>
#include <math.h>

#include "kernels/fixed_point.h"
#include "kernels/kernel.h"
#include "kernels/rounding.h"

/* A row's differences to its maximum, scaled to Q5.26. */
struct scaling {
	struct kernel_scale scale;	/* of a difference */
	int32_t min;			/* smaller differences have an exponential of 0 */
	int32_t exp[256];		/* in Q0.31, by the difference's magnitude */
};

static void set_scaling(struct scaling *s, double beta, float input_scale)
{
	double real = beta * (double)input_scale * (1 << 26);

	s->scale = npu_kernel_scale_of(real < 2147483647.0 ? real : 2147483647.0);
	s->min = -(int32_t)(31.0 * (1 << 26) / (double)((int64_t)1 << s->scale.shift));
	for (int i = 0; i < 256; i++)
		s->exp[i] = -i < s->min ? 0 : npu_kernel_exp(round_twice(-i, s->scale));
}

static int32_t row_max(const void *data, npu_dtype dtype, size_t first, size_t n)
{
	int32_t max = load_byte(data, dtype, first);

	for (size_t i = 1; i < n; i++)
		if (load_byte(data, dtype, first + i) > max)
			max = load_byte(data, dtype, first + i);
	return max;
}

/*
 * The sum of a row's exponentials in Q12.19.  TFLite's would wrap above 4096, but
 * that is far above the 512 where its SOFTMAX aborts; here it saturates.
 */
static int32_t sum_exp(const struct scaling *s, const void *data, npu_dtype dtype, size_t first,
		       size_t n, int32_t max)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		int32_t difference = load_byte(data, dtype, first + i) - max;

		if (difference >= s->min)
			sum += shift_away(s->exp[-difference], 12);
	}
	return sum < INT32_MAX ? (int32_t)sum : INT32_MAX;
}

static void softmax_quantized(const struct kernel *k, size_t rows, size_t n)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	const void *data = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);
	struct kernel_clamp clamp = npu_kernel_limits(in->dtype);
	struct scaling s;

	set_scaling(&s, (double)k->node->p.softmax.beta, tensor_scale(in));
	for (size_t first = 0; first < rows * n; first += n) {
		int32_t max = row_max(data, in->dtype, first, n);
		int bits;
		int32_t scale = npu_kernel_reciprocal(sum_exp(&s, data, in->dtype, first, n, max),
						      12, &bits);

		for (size_t i = 0; i < n; i++) {
			int32_t difference = load_byte(data, in->dtype, first + i) - max, x;

			if (difference < s.min) {
				store_byte(dst, in->dtype, first + i, clamp.lo);
				continue;
			}
			x = high_mul(scale, s.exp[-difference]);
			/* Where TFLite aborts, bits > 8, all is below half a step: 0. */
			x = round_softmax(x, bits + 31 - 8) + clamp.lo;
			store_byte(dst, in->dtype, first + i, clamp32(x, clamp));
		}
	}
}

static void log_softmax_quantized(const struct kernel *k, size_t rows, size_t n)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	const void *data = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);
	struct kernel_clamp clamp = npu_kernel_limits(in->dtype);
	struct kernel_scale inverse;
	struct scaling s;

	set_scaling(&s, 1.0, tensor_scale(in));
	/* Back from Q5.26 to a difference of stored values. */
	inverse = npu_kernel_scale_of((double)((int64_t)1 << (31 - s.scale.shift)) /
				      (double)s.scale.mult);
	for (size_t first = 0; first < rows * n; first += n) {
		int32_t max = row_max(data, in->dtype, first, n);
		int32_t log_sum = npu_kernel_log(sum_exp(&s, data, in->dtype, first, n, max));
		int32_t min = round_twice(add_wrap(log_sum, INT32_MIN), inverse);

		if (min < s.min - 1)
			min = s.min - 1;
		for (size_t i = 0; i < n; i++) {
			int32_t x = load_byte(data, in->dtype, first + i) - max;

			if (x > min) {
				x = add_wrap(round_twice(x, s.scale), -log_sum);
				x = clamp32(round_log_softmax(x, 22) + clamp.hi, clamp);
			} else {
				x = clamp.lo;
			}
			store_byte(dst, in->dtype, first + i, x);
		}
	}
}

static float row_max_float(const float *x, size_t n)
{
	float max = -FLT_MAX;

	for (size_t i = 0; i < n; i++)
		max = max < x[i] ? x[i] : max;
	return max;
}

static void softmax_float(const struct kernel *k, size_t rows, size_t n)
{
	const float *in = npu_kernel_in_data(k, 0);
	float *out = npu_kernel_out_data(k, 0);
	float beta = k->node->p.softmax.beta;

	for (size_t row = 0; row < rows; row++, in += n, out += n) {
		float max = row_max_float(in, n), sum = 0.0f;

		for (size_t i = 0; i < n; i++) {
			out[i] = expf((in[i] - max) * beta);
			sum += out[i];
		}
		for (size_t i = 0; i < n; i++)
			out[i] /= sum;
	}
}

static void log_softmax_float(const struct kernel *k, size_t rows, size_t n)
{
	const float *in = npu_kernel_in_data(k, 0);
	float *out = npu_kernel_out_data(k, 0);

	for (size_t row = 0; row < rows; row++, in += n, out += n) {
		float max = row_max_float(in, n), sum = 0.0f, log_sum;

		for (size_t i = 0; i < n; i++)
			sum += expf(in[i] - max);
		log_sum = logf(sum);
		for (size_t i = 0; i < n; i++)
			out[i] = in[i] - max - log_sum;
	}
}

static npu_status check(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	bool log = k->node->op == NPU_OP_LOG_SOFTMAX;
	struct kernel_clamp limits = npu_kernel_limits(out->dtype);
	float scale = tensor_scale(out), want = log ? 1.0f / 16.0f : 1.0f / 256.0f;
	double beta = log ? 1.0 : (double)k->node->p.softmax.beta;

	if (in->rank < 1)
		return npu_kernel_refuse(k, "its input '%s' is a scalar", in->name);
	if (in->dtype == NPU_FLOAT32)
		return NPU_OK;
	/* TFLite's fixed point needs a factor of at least one in front of the exponential. */
	if (!(beta * (double)tensor_scale(in) * (1 << 26) > 1.0))
		return npu_kernel_refuse(k, "beta %g times input scale %g is too small", beta,
					 (double)tensor_scale(in));
	if (fabsf(scale - want) > 0.001f * want ||
	    tensor_zero(out) != (log ? limits.hi : limits.lo))
		return npu_kernel_refuse(k, "output '%s' has scale %g and zero point %d", out->name,
					 (double)scale, (int)tensor_zero(out));
	return NPU_OK;
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	bool log = k->node->op == NPU_OP_LOG_SOFTMAX;
	size_t n = (size_t)in->dims[in->rank - 1], rows = npu_tensor_elements(in) / n;

	if (in->dtype == NPU_FLOAT32)
		(log ? log_softmax_float : softmax_float)(k, rows, n);
	else
		(log ? log_softmax_quantized : softmax_quantized)(k, rows, n);
	return NPU_OK;
}

const struct kernel_ops npu_kernel_SOFTMAX = {
	KERNEL_BYTES | KERNEL_FLOAT32, KERNEL_BYTES, 0, KERNEL_SAME_OUT, check, run
};
const struct kernel_ops npu_kernel_LOG_SOFTMAX = {
	KERNEL_BYTES | KERNEL_FLOAT32, KERNEL_BYTES, 0, KERNEL_SAME_OUT, check, run
};
