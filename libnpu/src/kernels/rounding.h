/* SPDX-License-Identifier: MIT */
/*
 * How the kernels round.  Every rounding of every operator goes through a function
 * of this header, because this is what implementations of TFLite disagree about.
 *
 * A mutation test builds the kernels with one of these defined and requires that
 * the golden tests notice:
 *
 *	NPU_MUTATE_CONV			CONV_2D rounds once, half up
 *	NPU_MUTATE_DEPTHWISE		DEPTHWISE_CONV_2D, likewise
 *	NPU_MUTATE_TRANSPOSE_CONV	TRANSPOSE_CONV, likewise
 *	NPU_MUTATE_FULLY_CONNECTED	int8 FULLY_CONNECTED rounds twice, as convolutions do
 *	NPU_MUTATE_FULLY_CONNECTED_UINT8 uint8 FULLY_CONNECTED, likewise
 *	NPU_MUTATE_CONV_UINT8_SCALE	uint8 convolutions form si * sw in double
 *	NPU_MUTATE_CONV_INT8_SCALE	int8 convolutions form si * sw in float
 *	NPU_MUTATE_ADD			ADD rounds its sum once, half up
 *	NPU_MUTATE_SUB			SUB, likewise
 *	NPU_MUTATE_MUL			MUL rounds once, half up
 *	NPU_MUTATE_MUL_SCALE		MUL forms its scale in double
 *	NPU_MUTATE_AVERAGE_POOL		AVERAGE_POOL_2D rounds half up
 *	NPU_MUTATE_MEAN			MEAN rounds once, half up
 *	NPU_MUTATE_MEAN_SCALE		MEAN rounds the scale divided by the count
 *	NPU_MUTATE_SUM			SUM rounds once, half up
 *	NPU_MUTATE_RESIZE_BILINEAR	int8 RESIZE_BILINEAR rounds half up
 *	NPU_MUTATE_RESIZE_BILINEAR_UINT8 uint8 RESIZE_BILINEAR in integers
 *	NPU_MUTATE_PRELU		PRELU rounds once, half up
 *	NPU_MUTATE_PRELU_SCALE		PRELU forms its scales in double
 *	NPU_MUTATE_QUANTIZE		QUANTIZE of integers rounds once, half up
 *	NPU_MUTATE_QUANTIZE_FLOAT	QUANTIZE of floats rounds half up
 *	NPU_MUTATE_RELU			RELU, RELU6, ... round once, half up
 *	NPU_MUTATE_LEAKY_RELU		LEAKY_RELU rounds once, half up
 *	NPU_MUTATE_HARD_SWISH		HARD_SWISH truncates its last shift
 *	NPU_MUTATE_TABLE		LOGISTIC, TANH and the other tables truncate
 *	NPU_MUTATE_SOFTMAX		SOFTMAX truncates its last shift
 *	NPU_MUTATE_LOG_SOFTMAX		LOG_SOFTMAX truncates its last shift
 *	NPU_MUTATE_CONCATENATION	uint8 CONCATENATION rescales half up
 *	NPU_MUTATE_DIV			DIV rounds its quotient half up
 *	NPU_MUTATE_SQUARED_DIFFERENCE	SQUARED_DIFFERENCE rounds half up
 *	NPU_MUTATE_ABS			ABS rounds once, half up
 */
#ifndef NPU_KERNELS_ROUNDING_H
#define NPU_KERNELS_ROUNDING_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* A real factor as TFLite stores it: mult * 2^(shift - 31), |mult| in [2^30, 2^31) or 0. */
struct kernel_scale {
	int32_t mult;
	int shift;
};

/* The nearest kernel_scale; 0 where real is below 2^-32, or not finite. */
struct kernel_scale npu_kernel_scale_of(double real);

static inline int32_t wrap32(int64_t x)
{
	return (int32_t)(uint32_t)(uint64_t)x;
}

/* x * 2^n modulo 2^32. */
static inline int32_t shift_left(int32_t x, int n)
{
	return n > 31 ? 0 : (int32_t)((uint32_t)x << n);
}

/* x / 2^n to nearest, half away from zero; n in [0, 62]. */
static inline int32_t shift_away(int32_t x, int n)
{
	int64_t half = n > 0 ? (int64_t)1 << (n - 1) : 0;
	int64_t wide = x;

	return (int32_t)(wide < 0 ? -((half - wide) >> n) : (wide + half) >> n);
}

/* a * b / 2^31 to nearest, half up; -2^31 * -2^31 saturates. */
static inline int32_t high_mul(int32_t a, int32_t b)
{
	if (a == INT32_MIN && b == INT32_MIN)
		return INT32_MAX;
	return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/*
 * x * scale, rounded twice: half up after the multiplication, and half away from zero
 * after the shift.  A left shift comes first, and wraps.
 */
static inline int32_t round_twice(int32_t x, struct kernel_scale scale)
{
	int left = scale.shift > 0 ? scale.shift : 0;
	int right = scale.shift < 0 ? -scale.shift : 0;

	return shift_away(high_mul(shift_left(x, left), scale.mult), right);
}

/* x * scale, rounded once, half up: what TFLite does elsewhere, here only a mutation. */
static inline int32_t round_half_up(int32_t x, struct kernel_scale scale)
{
	int64_t product = (int64_t)x * scale.mult;
	int shift = 31 - scale.shift;

	if (shift < 1)
		return shift_left(wrap32(product), -shift);
	return wrap32((product + ((int64_t)1 << (shift - 1))) >> shift);
}

/* To int32 as the x86 on which TFLite runs converts it: INT32_MIN if it is out of range. */
static inline int32_t float_to_int(float x)
{
	return x >= -2147483648.0f && x < 2147483648.0f ? (int32_t)x : INT32_MIN;
}

static inline int32_t double_to_int(double x)
{
	return x > -2147483649.0 && x < 2147483648.0 ? (int32_t)x : INT32_MIN;
}

#ifdef NPU_MUTATE_CONV
#define round_conv round_half_up
#else
#define round_conv round_twice
#endif

#ifdef NPU_MUTATE_DEPTHWISE
#define round_depthwise round_half_up
#else
#define round_depthwise round_twice
#endif

#ifdef NPU_MUTATE_TRANSPOSE_CONV
#define round_transpose_conv round_half_up
#else
#define round_transpose_conv round_twice
#endif

static inline double conv_scale_int8(float si, float sw, float so)
{
#ifdef NPU_MUTATE_CONV_INT8_SCALE
	return (double)(si * sw) / so;
#else
	return (double)si * (double)sw / (double)so;
#endif
}

static inline double conv_scale_uint8(float si, float sw, float so)
{
#ifdef NPU_MUTATE_CONV_UINT8_SCALE
	return (double)si * (double)sw / (double)so;
#else
	float product = si * sw;

	return (double)product / (double)so;
#endif
}

/* FULLY_CONNECTED multiplies in double, and so rounds only once, half away from zero. */
static inline double round_fully_connected(int32_t acc, float si, float sw, float so, bool uint8)
{
#ifdef NPU_MUTATE_FULLY_CONNECTED
	if (!uint8)
		return round_twice(acc, npu_kernel_scale_of(conv_scale_int8(si, sw, so)));
#endif
#ifdef NPU_MUTATE_FULLY_CONNECTED_UINT8
	if (uint8)
		return round_twice(acc, npu_kernel_scale_of(conv_scale_uint8(si, sw, so)));
#endif
	(void)uint8;
	return round((double)acc * ((double)si * (double)sw / (double)so));
}

#ifdef NPU_MUTATE_ADD
#define round_add round_half_up
#else
#define round_add round_twice
#endif

#ifdef NPU_MUTATE_SUB
#define round_sub round_half_up
#else
#define round_sub round_twice
#endif

#ifdef NPU_MUTATE_MUL
#define round_mul round_half_up
#else
#define round_mul round_twice
#endif

static inline double mul_scale(float s1, float s2, float so)
{
#ifdef NPU_MUTATE_MUL_SCALE
	return (double)s1 * (double)s2 / (double)so;
#else
	float product = s1 * s2;
	float ratio = product / so;

	return ratio;
#endif
}

/* sum / n, half away from zero; n > 0. */
static inline int32_t average(int32_t sum, int32_t n)
{
#ifdef NPU_MUTATE_AVERAGE_POOL
	int32_t biased = sum + n / 2;

	return biased / n - (biased % n < 0);
#else
	return sum < 0 ? -((-sum + n / 2) / n) : (sum + n / 2) / n;
#endif
}

#ifdef NPU_MUTATE_MEAN
#define round_mean round_half_up
#else
#define round_mean round_twice
#endif

#ifdef NPU_MUTATE_SUM
#define round_sum round_half_up
#else
#define round_sum round_twice
#endif

/*
 * The scale of a mean over n elements: the multiplier is divided, truncating, after
 * as many fractional bits were appended as n has bits behind its leading one.
 */
static inline struct kernel_scale mean_scale(double ratio, int64_t n)
{
#ifdef NPU_MUTATE_MEAN_SCALE
	return npu_kernel_scale_of(ratio / (double)n);
#else
	struct kernel_scale scale = npu_kernel_scale_of(ratio);
	int bits = 63 - __builtin_clzll((unsigned long long)n);

	if (bits > 32)
		bits = 32;
	if (bits > 31 + scale.shift)
		bits = 31 + scale.shift;
	scale.mult = (int32_t)(((int64_t)scale.mult << bits) / n);
	scale.shift -= bits;
	return scale;
#endif
}

/* A sum of 10-bit by 10-bit weighted samples back to a sample. */
static inline int32_t round_bilinear(int32_t sum)
{
#ifdef NPU_MUTATE_RESIZE_BILINEAR
	return (sum + (1 << 19)) >> 20;
#else
	return shift_away(sum, 20);
#endif
}

#ifdef NPU_MUTATE_PRELU
#define round_prelu round_half_up
#else
#define round_prelu round_twice
#endif

static inline double prelu_scale(float si, float sa, float so)
{
#ifdef NPU_MUTATE_PRELU_SCALE
	return (double)si * (double)sa / (double)so;
#else
	float product = si * sa;
	float ratio = product / so;

	return ratio;
#endif
}

#ifdef NPU_MUTATE_QUANTIZE
#define round_quantize round_half_up
#else
#define round_quantize round_twice
#endif

static inline float round_quantize_float(float x)
{
#ifdef NPU_MUTATE_QUANTIZE_FLOAT
	return floorf(x + 0.5f);
#else
	return roundf(x);
#endif
}

#ifdef NPU_MUTATE_RELU
#define round_relu round_half_up
#else
#define round_relu round_twice
#endif

/* A negative slope is taken from the rounded product with its magnitude. */
static inline int32_t round_leaky_relu(int32_t x, struct kernel_scale scale)
{
	bool negative = scale.mult < 0;

	scale.mult = negative ? -scale.mult : scale.mult;
#ifdef NPU_MUTATE_LEAKY_RELU
	x = round_half_up(x, scale);
#else
	x = round_twice(x, scale);
#endif
	return negative ? -x : x;
}

static inline int32_t round_hard_swish(int32_t x, int n)
{
#ifdef NPU_MUTATE_HARD_SWISH
	return x >> n;
#else
	return shift_away(x, n);
#endif
}

static inline float round_table(float x)
{
#ifdef NPU_MUTATE_TABLE
	return truncf(x);
#else
	return roundf(x);
#endif
}

static inline int32_t round_softmax(int32_t x, int n)
{
#ifdef NPU_MUTATE_SOFTMAX
	return (int32_t)((int64_t)x >> n);
#else
	return shift_away(x, n);
#endif
}

static inline int32_t round_log_softmax(int32_t x, int n)
{
#ifdef NPU_MUTATE_LOG_SOFTMAX
	return x >> n;
#else
	return shift_away(x, n);
#endif
}

static inline float round_concatenation(float x)
{
#ifdef NPU_MUTATE_CONCATENATION
	return floorf(x + 0.5f);
#else
	return roundf(x);
#endif
}

/*
 * The last rounding of DIV.  Small quotients ask for shifts of more than 31 bits, which
 * TFLite leaves to the processor: x86 then shifts by what is above 32, and the correction
 * for rounding down is always made.
 */
static inline int32_t round_div(int32_t x, struct kernel_scale scale)
{
	int32_t high;

#ifdef NPU_MUTATE_DIV
	if (scale.shift >= -31)
		return round_half_up(x, scale);
#endif
	if (scale.shift >= -31)
		return round_twice(x, scale);
	high = high_mul(x, scale.mult);
	return (high >> (-scale.shift & 31)) + (high >= 0);
}

#ifdef NPU_MUTATE_SQUARED_DIFFERENCE
#define round_squared_difference round_half_up
#else
#define round_squared_difference round_twice
#endif

#ifdef NPU_MUTATE_ABS
#define round_abs round_half_up
#else
#define round_abs round_twice
#endif

#endif
