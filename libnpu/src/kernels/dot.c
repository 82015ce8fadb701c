/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "kernels/dot.h"

/* So many products of two 9-bit values fit in an int32. */
#define DOT_RUN 32768

int16_t *npu_kernel_widen(const void *data, npu_dtype dtype, size_t n, int32_t zero)
{
	int16_t *wide = malloc(n * sizeof(*wide));
	const uint8_t *u8 = data;
	const int8_t *s8 = data;

	if (!wide)
		return NULL;
	if (dtype == NPU_INT8)
		for (size_t i = 0; i < n; i++)
			wide[i] = (int16_t)(s8[i] - zero);
	else
		for (size_t i = 0; i < n; i++)
			wide[i] = (int16_t)(u8[i] - zero);
	return wide;
}

int32_t npu_kernel_dot(const int16_t *a, const int16_t *b, size_t n)
{
	uint32_t total = 0;

	while (n > 0) {
		size_t run = n < DOT_RUN ? n : DOT_RUN;
		int32_t sum = 0;

		for (size_t i = 0; i < run; i++)
			sum += (int32_t)a[i] * b[i];
		total += (uint32_t)sum;
		a += run;
		b += run;
		n -= run;
	}
	return (int32_t)total;
}

void npu_kernel_mac(uint32_t *sum, const int16_t *a, const int16_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += (uint32_t)((int32_t)a[i] * b[i]);
}
