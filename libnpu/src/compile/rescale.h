/* SPDX-License-Identifier: MIT */
/* Multipliers and shifts that make the post-processor's rescales equal to TFLite's arithmetic. */
#ifndef NPU_COMPILE_RESCALE_H
#define NPU_COMPILE_RESCALE_H

#include <stdbool.h>
#include <stdint.h>

struct npu_rescale {
	int32_t mult;		/* [0, 2^31) */
	int8_t shift;		/* [-31, 30]; the value is mult * 2^(shift - 31) */
};

/*
 * TFLite's QuantizeMultiplier: 31-bit multiplier of a real scale >= 0.  False if the hardware's range of
 * shifts cannot hold it (scale of 2^30 and more); scales below 2^-32 become 0.
 */
bool npu_rescale_from_double(double scale, struct npu_rescale *rescale);

/*
 * A (mult, shift) whose rounding A equals round(double(acc) * scale), half away from zero, for every acc in
 * [acc_min, acc_max] as far as clamp(result + zero, min, max) can tell: each threshold between neighbouring
 * outputs is checked.  Tries the rounded multiplier and its neighbours up to +-3.  False if none is equal.
 * (FULLY_CONNECTED int8, ARITHMETIC: docs/numerics.md.)
 */
bool npu_rescale_prove_away(double scale, int64_t acc_min, int64_t acc_max, int zero, int min, int max,
			    struct npu_rescale *rescale);

/*
 * AVERAGE_POOL: A with this equals sign(acc) * ((|acc| + n / 2) / n) for |acc| <= 255 * n.  False if n > 4096,
 * unless it is a power of two up to 65536.
 */
bool npu_rescale_average(uint32_t n, struct npu_rescale *rescale);

/* The hardware's rescales, as the command manual defines them. */
int32_t npu_rescale_d(int32_t x, struct npu_rescale rescale);
int32_t npu_rescale_a(int32_t x, struct npu_rescale rescale);

#endif
