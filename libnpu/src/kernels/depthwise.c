/* SPDX-License-Identifier: MIT */
/* DEPTHWISE_CONV_2D: output channel c reads input channel c / multiplier. */
#include <stdlib.h>
#include <string.h>

#include "kernels/conv.h"
#include "kernels/dot.h"

static npu_status check(const struct kernel *k)
{
	return npu_kernel_conv_check(k, 0, 1, 2);
}

/* The image with every channel repeated, so that both operands have the same channels. */
static int16_t *repeat_channels(int16_t *image, size_t n, int multiplier)
{
	int16_t *wide;

	if (multiplier == 1 || !image)
		return image;
	wide = malloc(n * (size_t)multiplier * sizeof(*wide));
	if (wide)
		for (size_t i = 0; i < n; i++)
			for (int m = 0; m < multiplier; m++)
				wide[i * (size_t)multiplier + (size_t)m] = image[i];
	free(image);
	return wide;
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *w = npu_kernel_in(k, 1);
	const struct npu_tensor *out = npu_kernel_out(k, 0);
	int in_h = in->dims[1], in_w = in->dims[2], filter_h = w->dims[1], filter_w = w->dims[2];
	int out_h = out->dims[1], out_w = out->dims[2], stride_h = k->node->p.conv.stride_h;
	int stride_w = k->node->p.conv.stride_w, dilation_h = k->node->p.conv.dilation_h;
	int dilation_w = k->node->p.conv.dilation_w;
	int pad_h = npu_kernel_pad_before(k->node->p.conv.padding, in_h, out_h, filter_h, stride_h,
					  dilation_h);
	int pad_w = npu_kernel_pad_before(k->node->p.conv.padding, in_w, out_w, filter_w, stride_w,
					  dilation_w);
	size_t channels = (size_t)out->dims[3], at = 0;
	int16_t *image, *weights;
	void *dst = npu_kernel_out_data(k, 0);
	struct kernel_requant rq;
	npu_status status = NPU_OK;
	uint32_t *acc;

	npu_kernel_requant(&rq, k, 0, 1, 2, out->dims[3], k->node->p.conv.act);
	image = npu_kernel_widen(npu_kernel_in_data(k, 0), in->dtype, npu_tensor_elements(in),
				 tensor_zero(in));
	image = repeat_channels(image, npu_tensor_elements(in), out->dims[3] / in->dims[3]);
	weights = npu_kernel_widen(npu_kernel_in_data(k, 1), w->dtype, npu_tensor_elements(w),
				   npu_kernel_weight_zero(w));
	acc = malloc(channels * sizeof(*acc));
	if (!rq.scale || !image || !weights || !acc) {
		status = npu_kernel_nomem(k);
		goto done;
	}
	for (int n = 0; n < out->dims[0]; n++)
	for (int y = 0; y < out_h; y++)
	for (int x = 0; x < out_w; x++) {
		memset(acc, 0, channels * sizeof(*acc));
		for (int ky = 0; ky < filter_h; ky++)
		for (int kx = 0; kx < filter_w; kx++) {
			int64_t from_y = (int64_t)y * stride_h + (int64_t)ky * dilation_h - pad_h;
			int64_t from_x = (int64_t)x * stride_w + (int64_t)kx * dilation_w - pad_w;

			/* What is outside is the zero point, and adds nothing. */
			if (from_y < 0 || from_y >= in_h || from_x < 0 || from_x >= in_w)
				continue;
			npu_kernel_mac(acc, image + ((size_t)(n * (int64_t)in_h + from_y) *
						     (size_t)in_w + (size_t)from_x) * channels,
				       weights + ((size_t)ky * (size_t)filter_w + (size_t)kx) *
				       channels, channels);
		}
		for (size_t c = 0; c < channels; c++, at++)
			store_byte(dst, rq.dtype, at, REQUANT(&rq, round_depthwise, acc[c], c));
	}
done:
	free(acc);
	free(weights);
	free(image);
	free(rq.scale);
	return status;
}

const struct kernel_ops npu_kernel_DEPTHWISE_CONV_2D = {
	KERNEL_BYTES, KERNEL_BYTES, 0, KERNEL_SAME_OUT, check, run
};
