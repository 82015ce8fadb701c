/* SPDX-License-Identifier: MIT */
#include "kernels/rounding.h"

struct kernel_scale npu_kernel_scale_of(double real)
{
	struct kernel_scale scale = { 0, 0 };
	int64_t mult;

	if (real == 0.0 || !isfinite(real))
		return scale;
	mult = (int64_t)round(frexp(real, &scale.shift) * 2147483648.0);
	if (mult == (int64_t)1 << 31) {
		mult /= 2;
		scale.shift++;
	}
	/* Every product would be shifted out: TFLite calls that zero. */
	if (scale.shift < -31)
		return (struct kernel_scale){ 0, 0 };
	scale.mult = (int32_t)mult;
	return scale;
}
