/* SPDX-License-Identifier: MIT */
/* CONV_2D, also grouped: fewer input channels in the weights than in the input. */
#include <stdlib.h>
#include <string.h>

#include "kernels/conv.h"
#include "kernels/dot.h"

struct conv {
	int in_h, in_w, in_c, filter_h, filter_w, filter_c;
	int pad_h, pad_w, dilation_h, dilation_w;
};

static npu_status check(const struct kernel *k)
{
	return npu_kernel_conv_check(k, 0, 1, 2);
}

/* The input that one output pixel sees, channels [first_c, first_c + filter_c), zero outside. */
static void gather_window(int16_t *window, const struct conv *cv, const int16_t *image,
			  int64_t top, int64_t left, int first_c)
{
	size_t pixel = (size_t)cv->filter_c;

	for (int ky = 0; ky < cv->filter_h; ky++) {
		int64_t y = top + (int64_t)ky * cv->dilation_h;

		for (int kx = 0; kx < cv->filter_w; kx++, window += pixel) {
			int64_t x = left + (int64_t)kx * cv->dilation_w;

			if (y < 0 || y >= cv->in_h || x < 0 || x >= cv->in_w)
				memset(window, 0, pixel * sizeof(*window));
			else
				memcpy(window, image + (size_t)(y * cv->in_w + x) *
				       (size_t)cv->in_c + first_c, pixel * sizeof(*window));
		}
	}
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *w = npu_kernel_in(k, 1);
	const struct npu_tensor *out = npu_kernel_out(k, 0);
	int out_h = out->dims[1], out_w = out->dims[2], out_c = out->dims[3];
	struct conv cv = {
		in->dims[1], in->dims[2], in->dims[3], w->dims[1], w->dims[2], w->dims[3], 0, 0,
		k->node->p.conv.dilation_h, k->node->p.conv.dilation_w,
	};
	int stride_h = k->node->p.conv.stride_h, stride_w = k->node->p.conv.stride_w;
	int groups = cv.in_c / cv.filter_c, group_c = out_c / groups;
	size_t taps = tensor_span(w, 1, 4), image_size = tensor_span(in, 1, 4);
	bool direct = cv.filter_h == 1 && cv.filter_w == 1;
	int16_t *image, *weights, *window;
	void *dst = npu_kernel_out_data(k, 0);
	struct kernel_requant rq;
	npu_status status = NPU_OK;
	size_t at = 0;

	cv.pad_h = npu_kernel_pad_before(k->node->p.conv.padding, cv.in_h, out_h, cv.filter_h,
					 stride_h, cv.dilation_h);
	cv.pad_w = npu_kernel_pad_before(k->node->p.conv.padding, cv.in_w, out_w, cv.filter_w,
					 stride_w, cv.dilation_w);
	npu_kernel_requant(&rq, k, 0, 1, 2, out_c, k->node->p.conv.act);
	image = npu_kernel_widen(npu_kernel_in_data(k, 0), in->dtype, npu_tensor_elements(in),
				 tensor_zero(in));
	weights = npu_kernel_widen(npu_kernel_in_data(k, 1), w->dtype, npu_tensor_elements(w),
				   npu_kernel_weight_zero(w));
	window = malloc(taps * sizeof(*window));
	if (!rq.scale || !image || !weights || !window) {
		status = npu_kernel_nomem(k);
		goto done;
	}
	for (int n = 0; n < out->dims[0]; n++)
	for (int y = 0; y < out_h; y++)
	for (int x = 0; x < out_w; x++) {
		const int16_t *frame = image + (size_t)n * image_size;
		int64_t top = (int64_t)y * stride_h - cv.pad_h;
		int64_t left = (int64_t)x * stride_w - cv.pad_w;

		for (int c = 0; c < out_c; c++, at++) {
			int first_c = c / group_c * cv.filter_c;
			const int16_t *seen = window;
			int32_t acc;

			if (direct)
				seen = frame + (size_t)(top * cv.in_w + left) *
				       (size_t)cv.in_c + first_c;
			else if (c % group_c == 0)
				gather_window(window, &cv, frame, top, left, first_c);
			acc = npu_kernel_dot(seen, weights + (size_t)c * taps, taps);
			store_byte(dst, rq.dtype, at, REQUANT(&rq, round_conv, acc, c));
		}
	}
done:
	free(window);
	free(weights);
	free(image);
	free(rq.scale);
	return status;
}

const struct kernel_ops npu_kernel_CONV_2D = {
	KERNEL_BYTES, KERNEL_BYTES, 0, KERNEL_SAME_OUT, check, run
};
