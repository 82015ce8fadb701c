/* SPDX-License-Identifier: MIT */
/* CONCATENATION and PACK. */
#include <string.h>

#include "kernels/move.h"
#include "kernels/rounding.h"

static bool same_scale(const struct npu_tensor *a, const struct npu_tensor *b)
{
	return tensor_scale(a) == tensor_scale(b) && tensor_zero(a) == tensor_zero(b);
}

static npu_status check(const struct kernel *k)
{
	const struct npu_tensor *out = npu_kernel_out(k, 0);
	int axis = k->node->p.axis.axis;
	bool pack = k->node->op == NPU_OP_PACK;
	int64_t total = 0;

	if (axis < 0 || axis >= out->rank)
		return npu_kernel_refuse(k, "there is no axis %d", axis);
	if (!pack && k->node->p.axis.act != NPU_ACT_NONE)
		return npu_kernel_refuse(k, "it has a fused activation");
	for (int i = 0; i < k->node->num_inputs; i++) {
		const struct npu_tensor *in = npu_kernel_in(k, i);

		if (!in)
			return npu_kernel_refuse(k, "input %d is absent", i);
		if (in->rank != out->rank - pack)
			return npu_kernel_refuse(k, "input '%s' has rank %d", in->name, in->rank);
		for (int d = 0, from = 0; d < out->rank; d++) {
			if (d == axis) {
				total += pack ? 1 : in->dims[from];
				from += !pack;
			} else if (in->dims[from++] != out->dims[d]) {
				return npu_kernel_refuse(k, "input '%s' differs along axis %d",
							 in->name, d);
			}
		}
		if (!pack && in->dtype == NPU_INT8 && !same_scale(in, out))
			return npu_kernel_refuse(k, "the scale of its int8 input '%s' is not that "
						 "of its output", in->name);
	}
	if (total != out->dims[axis])
		return npu_kernel_refuse(k, "its inputs have %lld of %d elements along axis %d",
					 (long long)total, (int)out->dims[axis], axis);
	return NPU_OK;
}

/* uint8 inputs on another scale than the output are converted in float. */
static void rescale_table(uint8_t table[256], const struct npu_tensor *in,
			  const struct npu_tensor *out)
{
	float scale = tensor_scale(in) * (1.0f / tensor_scale(out));
	float bias = (float)-tensor_zero(in) * scale;
	struct kernel_clamp limits = npu_kernel_limits(NPU_UINT8);

	for (int i = 0; i < 256; i++) {
		float x = round_concatenation((float)i * scale + bias);

		table[i] = (uint8_t)clamp32(add_wrap(float_to_int(x), tensor_zero(out)), limits);
	}
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *out = npu_kernel_out(k, 0);
	size_t size = npu_dtype_size(out->dtype), axis = (size_t)k->node->p.axis.axis;
	size_t outer = tensor_span(out, 0, (int)axis);
	size_t row = tensor_span(out, (int)axis, out->rank), at = 0;
	uint8_t *dst = npu_kernel_out_data(k, 0);

	for (int i = 0; i < k->node->num_inputs; i++) {
		const struct npu_tensor *in = npu_kernel_in(k, i);
		const uint8_t *src = npu_kernel_in_data(k, i);
		size_t run = npu_tensor_elements(in) / outer;
		bool rescale = in->dtype == NPU_UINT8 && k->node->op == NPU_OP_CONCATENATION &&
			       in->quant.n > 0 && out->quant.n > 0 && !same_scale(in, out);
		uint8_t table[256];

		if (rescale)
			rescale_table(table, in, out);
		for (size_t o = 0; o < outer; o++) {
			uint8_t *to = dst + (o * row + at) * size;

			memcpy(to, src + o * run * size, run * size);
			for (size_t j = 0; rescale && j < run; j++)
				to[j] = table[to[j]];
		}
		at += run;
	}
	return NPU_OK;
}

const struct kernel_ops npu_kernel_CONCATENATION = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_ALL, check, run
};
const struct kernel_ops npu_kernel_PACK = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_ALL, check, run
};
