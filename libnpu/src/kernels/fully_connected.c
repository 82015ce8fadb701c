/* SPDX-License-Identifier: MIT */
/* FULLY_CONNECTED: the last dimensions of the input against rows of weights. */
#include <stdlib.h>

#include "kernels/conv.h"
#include "kernels/dot.h"

static npu_status check(const struct kernel *k)
{
	return npu_kernel_conv_check(k, 0, 1, 2);
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *w = npu_kernel_in(k, 1);
	const struct npu_tensor *out = npu_kernel_out(k, 0);
	size_t outs = (size_t)w->dims[0], ins = (size_t)w->dims[1];
	size_t rows = npu_tensor_elements(in) / ins;
	int32_t zero = w->quant.n == 1 ? tensor_zero(w) : 0;
	int16_t *image, *weights;
	struct kernel_clamp clamp = npu_kernel_clamp(k->node->p.fc.act, out);
	const int32_t *bias = npu_kernel_in_data(k, 2);
	void *dst = npu_kernel_out_data(k, 0);
	npu_status status = NPU_OK;

	image = npu_kernel_widen(npu_kernel_in_data(k, 0), in->dtype, npu_tensor_elements(in),
				 tensor_zero(in));
	weights = npu_kernel_widen(npu_kernel_in_data(k, 1), w->dtype, npu_tensor_elements(w), zero);
	if (!image || !weights) {
		status = npu_kernel_nomem(k);
		goto done;
	}
	for (size_t row = 0; row < rows; row++) {
		for (size_t c = 0; c < outs; c++) {
			int32_t acc = npu_kernel_dot(image + row * ins, weights + c * ins, ins);
			float sw = w->quant.scale[w->quant.n == 1 ? 0 : c];
			double real;

			acc = add_wrap(acc, bias ? bias[c] : 0);
			real = round_fully_connected(acc, tensor_scale(in), sw, tensor_scale(out),
						     out->dtype == NPU_UINT8);
			acc = add_wrap(double_to_int(real), tensor_zero(out));
			store_byte(dst, out->dtype, row * outs + c, clamp32(acc, clamp));
		}
	}
done:
	free(weights);
	free(image);
	return status;
}

const struct kernel_ops npu_kernel_FULLY_CONNECTED = {
	KERNEL_BYTES, KERNEL_BYTES, 0, KERNEL_SAME_OUT, check, run
};
