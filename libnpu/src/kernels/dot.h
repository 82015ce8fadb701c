/* SPDX-License-Identifier: MIT */
/*
 * The inner loops of convolutions.  Operands are stored values minus their zero
 * points, widened to int16 once per node so that these loops can be vectorised.
 */
#ifndef NPU_KERNELS_DOT_H
#define NPU_KERNELS_DOT_H

#include <stddef.h>
#include <stdint.h>

#include "npu.h"

/* data[i] - zero of n int8 or uint8 values; NULL if out of memory; free() it. */
int16_t *npu_kernel_widen(const void *data, npu_dtype dtype, size_t n, int32_t zero);
/* The sum of a[i] * b[i] modulo 2^32. */
int32_t npu_kernel_dot(const int16_t *a, const int16_t *b, size_t n);
/* sum[i] += a[i] * b[i] modulo 2^32. */
void npu_kernel_mac(uint32_t *sum, const int16_t *a, const int16_t *b, size_t n);

#endif
