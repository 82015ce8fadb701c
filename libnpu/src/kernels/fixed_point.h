/* SPDX-License-Identifier: MIT */
/*
 * The fixed-point functions that TFLite's integer SOFTMAX, LOG_SOFTMAX, DIV and RSQRT
 * are made of.  Qn.m: n integer bits and m fractional bits in an int32, beside the
 * sign.  Constants, and the order of operations, are part of the result.
 */
#ifndef NPU_KERNELS_FIXED_POINT_H
#define NPU_KERNELS_FIXED_POINT_H

#include <stdint.h>

/* x * 2^n, saturated; n in [0, 31]. */
int32_t npu_kernel_shift_saturated(int32_t x, int n);
/* exp(x) in Q0.31 of x <= 0 in Q5.26. */
int32_t npu_kernel_exp(int32_t x);
/*
 * 1 / x of x > 0 with so many integer bits: a Q0.31 in (1/2, 1], to be divided by
 * 2^*bits_over_unit.
 */
int32_t npu_kernel_reciprocal(int32_t x, int integer_bits, int *bits_over_unit);
/* log(x) in Q5.26 of x >= 1 in Q12.19. */
int32_t npu_kernel_log(int32_t x);
/* 1 / sqrt(x) of x > 0 as a Q0.31, to be multiplied by 2^*shift. */
int32_t npu_kernel_inverse_sqrt(int32_t x, int *shift);

#endif
