/* SPDX-License-Identifier: MIT */
/* What the convolutions and FULLY_CONNECTED have in common. */
#ifndef NPU_KERNELS_CONV_H
#define NPU_KERNELS_CONV_H

#include "kernels/kernel.h"
#include "kernels/rounding.h"

/* From int32 accumulators to stored values. */
struct kernel_requant {
	struct kernel_scale *scale;	/* per channel */
	const int32_t *bias;		/* per channel, or NULL */
	struct kernel_clamp clamp;
	int32_t zero;
	npu_dtype dtype;
};

/* The types and the quantization of input, weights, bias and output. */
npu_status npu_kernel_conv_check(const struct kernel *k, int input, int weights, int bias);
/*
 * Scales of every output channel.  r->scale is NULL afterwards if out of memory;
 * free() it.
 */
void npu_kernel_requant(struct kernel_requant *r, const struct kernel *k, int input, int weights,
			int bias, int channels, enum npu_act act);
/* What is taken from weights before they are multiplied. */
int32_t npu_kernel_weight_zero(const struct npu_tensor *weights);

/* Rows or columns of padding before the first: what output positions need, halved. */
int npu_kernel_pad_before(enum npu_padding padding, int in, int out, int filter, int stride,
			  int dilation);

/* Bias and zero point around the operator's own rounding. */
#define REQUANT(r, round, acc, c) \
	clamp32(add_wrap(round(add_wrap((int32_t)(acc), (r)->bias ? (r)->bias[c] : 0), \
			       (r)->scale[c]), (r)->zero), (r)->clamp)

#endif
