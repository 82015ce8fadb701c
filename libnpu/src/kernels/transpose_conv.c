/* SPDX-License-Identifier: MIT */
/* TRANSPOSE_CONV: every input pixel is scattered over the output through the filter. */
#include <stdlib.h>
#include <string.h>

#include "kernels/conv.h"
#include "kernels/dot.h"

enum { SHAPE, WEIGHTS, INPUT, BIAS };

static npu_status check(const struct kernel *k)
{
	return npu_kernel_conv_check(k, INPUT, WEIGHTS, BIAS);
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, INPUT), *w = npu_kernel_in(k, WEIGHTS);
	const struct npu_tensor *out = npu_kernel_out(k, 0);
	int in_h = in->dims[1], in_w = in->dims[2], filter_h = w->dims[1], filter_w = w->dims[2];
	int out_h = out->dims[1], out_w = out->dims[2], stride_h = k->node->p.conv.stride_h;
	int stride_w = k->node->p.conv.stride_w;
	/* Its padding is that of the convolution that it transposes. */
	int pad_h = npu_kernel_pad_before(k->node->p.conv.padding, out_h, in_h, filter_h, stride_h,
					  1);
	int pad_w = npu_kernel_pad_before(k->node->p.conv.padding, out_w, in_w, filter_w, stride_w,
					  1);
	size_t out_c = (size_t)out->dims[3], in_c = (size_t)in->dims[3];
	size_t frame = tensor_span(out, 1, 4);
	int16_t *image, *weights;
	void *dst = npu_kernel_out_data(k, 0);
	struct kernel_requant rq;
	npu_status status = NPU_OK;
	uint32_t *acc;

	npu_kernel_requant(&rq, k, INPUT, WEIGHTS, BIAS, out->dims[3], k->node->p.conv.act);
	image = npu_kernel_widen(npu_kernel_in_data(k, INPUT), in->dtype, npu_tensor_elements(in),
				 tensor_zero(in));
	weights = npu_kernel_widen(npu_kernel_in_data(k, WEIGHTS), w->dtype,
				   npu_tensor_elements(w), npu_kernel_weight_zero(w));
	acc = malloc(frame * sizeof(*acc));
	if (!rq.scale || !image || !weights || !acc) {
		status = npu_kernel_nomem(k);
		goto done;
	}
	for (int n = 0; n < out->dims[0]; n++) {
		memset(acc, 0, frame * sizeof(*acc));
		for (int y = 0; y < in_h; y++)
		for (int x = 0; x < in_w; x++)
		for (int ky = 0; ky < filter_h; ky++)
		for (int kx = 0; kx < filter_w; kx++) {
			const int16_t *pixel = image + ((size_t)(n * (int64_t)in_h + y) *
							(size_t)in_w + (size_t)x) * in_c;
			int64_t to_y = (int64_t)y * stride_h + ky - pad_h;
			int64_t to_x = (int64_t)x * stride_w + kx - pad_w;
			uint32_t *sum;

			if (to_y < 0 || to_y >= out_h || to_x < 0 || to_x >= out_w)
				continue;
			sum = acc + (size_t)(to_y * out_w + to_x) * out_c;
			for (size_t c = 0; c < out_c; c++)
				sum[c] += (uint32_t)npu_kernel_dot(pixel, weights +
					((c * (size_t)filter_h + (size_t)ky) * (size_t)filter_w +
					 (size_t)kx) * in_c, in_c);
		}
		for (size_t i = 0; i < frame; i++)
			store_byte(dst, rq.dtype, (size_t)n * frame + i,
				   REQUANT(&rq, round_transpose_conv, acc[i], i % out_c));
	}
done:
	free(acc);
	free(weights);
	free(image);
	free(rq.scale);
	return status;
}

const struct kernel_ops npu_kernel_TRANSPOSE_CONV = {
	KERNEL_BYTES, KERNEL_BYTES, INPUT, KERNEL_SAME_OUT, check, run
};
