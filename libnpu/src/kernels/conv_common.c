/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "kernels/conv.h"

npu_status npu_kernel_conv_check(const struct kernel *k, int input, int weights, int bias)
{
	const struct npu_tensor *in = npu_kernel_in(k, input);
	const struct npu_tensor *w = npu_kernel_in(k, weights);
	const struct npu_tensor *b = npu_kernel_in(k, bias);

	if (!w)
		return npu_kernel_refuse(k, "it has no weights");
	if (w->dtype != in->dtype)
		return npu_kernel_refuse(k, "its weights '%s' are %s and its input is %s", w->name,
					 npu_dtype_name(w->dtype), npu_dtype_name(in->dtype));
	if (w->dtype == NPU_UINT8 && w->quant.n != 1)
		return npu_kernel_refuse(k, "its uint8 weights '%s' have a scale per channel",
					 w->name);
	if (b && b->dtype != NPU_INT32)
		return npu_kernel_refuse(k, "its bias '%s' is %s", b->name,
					 npu_dtype_name(b->dtype));
	return NPU_OK;
}

void npu_kernel_requant(struct kernel_requant *r, const struct kernel *k, int input, int weights,
			int bias, int channels, enum npu_act act)
{
	const struct npu_tensor *in = npu_kernel_in(k, input);
	const struct npu_tensor *w = npu_kernel_in(k, weights);
	const struct npu_tensor *out = npu_kernel_out(k, 0);

	r->bias = npu_kernel_in_data(k, bias);
	r->clamp = npu_kernel_clamp(act, out);
	r->zero = tensor_zero(out);
	r->dtype = out->dtype;
	r->scale = malloc((size_t)channels * sizeof(*r->scale));
	if (!r->scale)
		return;
	for (int c = 0; c < channels; c++) {
		float sw = w->quant.scale[w->quant.n == channels ? c : 0];
		double real = w->dtype == NPU_UINT8
			? conv_scale_uint8(tensor_scale(in), sw, tensor_scale(out))
			: conv_scale_int8(tensor_scale(in), sw, tensor_scale(out));

		r->scale[c] = npu_kernel_scale_of(real);
	}
}

int32_t npu_kernel_weight_zero(const struct npu_tensor *weights)
{
	/* TFLite takes int8 weights of convolutions as symmetric, whatever they say. */
	return weights->dtype == NPU_UINT8 ? tensor_zero(weights) : 0;
}

int npu_kernel_pad_before(enum npu_padding padding, int in, int out, int filter, int stride,
			  int dilation)
{
	int64_t needed = (int64_t)(out - 1) * stride + (int64_t)(filter - 1) * dilation + 1 - in;

	return padding == NPU_PAD_SAME && needed > 0 ? (int)(needed / 2) : 0;
}
