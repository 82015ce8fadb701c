/* SPDX-License-Identifier: MIT */
/* AVERAGE_POOL_2D and MAX_POOL_2D: padding neither counts nor competes. */
#include <float.h>

#include "kernels/conv.h"

struct window {
	int top, bottom, left, right;	/* of the input, bottom and right excluded */
};

static int at_least(int x, int lo)
{
	return x < lo ? lo : x;
}

static int at_most(int64_t x, int hi)
{
	return x > hi ? hi : (int)x;
}

static struct window window_at(const struct npu_node *node, const struct npu_tensor *in,
			       const struct npu_tensor *out, int y, int x)
{
	int pad_h = npu_kernel_pad_before(node->p.pool.padding, in->dims[1], out->dims[1],
					  node->p.pool.filter_h, node->p.pool.stride_h, 1);
	int pad_w = npu_kernel_pad_before(node->p.pool.padding, in->dims[2], out->dims[2],
					  node->p.pool.filter_w, node->p.pool.stride_w, 1);
	int top = y * node->p.pool.stride_h - pad_h, left = x * node->p.pool.stride_w - pad_w;

	return (struct window){
		at_least(top, 0), at_most((int64_t)top + node->p.pool.filter_h, in->dims[1]),
		at_least(left, 0), at_most((int64_t)left + node->p.pool.filter_w, in->dims[2]),
	};
}

static int32_t pool_bytes(const struct npu_tensor *in, const void *data, struct window w, bool max,
			  size_t frame, size_t c)
{
	size_t row = (size_t)in->dims[2] * (size_t)in->dims[3];
	int32_t best = INT32_MIN, sum = 0;

	for (int y = w.top; y < w.bottom; y++) {
		for (int x = w.left; x < w.right; x++) {
			int32_t v = load_byte(data, in->dtype, frame + (size_t)y * row +
					      (size_t)x * (size_t)in->dims[3] + c);

			best = v > best ? v : best;
			sum += v;
		}
	}
	return max ? best : average(sum, (w.bottom - w.top) * (w.right - w.left));
}

static float pool_float(const struct npu_tensor *in, const float *data, struct window w, bool max,
			size_t frame, size_t c)
{
	size_t row = (size_t)in->dims[2] * (size_t)in->dims[3];
	float best = -FLT_MAX, sum = 0.0f;

	for (int y = w.top; y < w.bottom; y++) {
		for (int x = w.left; x < w.right; x++) {
			float v = data[frame + (size_t)y * row +
				       (size_t)x * (size_t)in->dims[3] + c];

			best = best < v ? v : best;
			sum += v;
		}
	}
	return max ? best : sum / (float)((w.bottom - w.top) * (w.right - w.left));
}

static npu_status check(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);

	/* TFLite adds what it averages in an int32. */
	if (k->node->op == NPU_OP_AVERAGE_POOL_2D && in->dtype != NPU_FLOAT32 &&
	    tensor_span(in, 1, 3) > 1 << 23)
		return npu_kernel_refuse(k, "its input '%s' has more than 2^23 pixels", in->name);
	return NPU_OK;
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	size_t channels = (size_t)in->dims[3], image = tensor_span(in, 1, 4), at = 0;
	struct kernel_clamp clamp = { 0, 0 };
	const void *data = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);
	bool max = k->node->op == NPU_OP_MAX_POOL_2D, real = in->dtype == NPU_FLOAT32;
	float lo, hi;

	npu_kernel_clamp_float(k->node->p.pool.act, &lo, &hi);
	if (!real)
		clamp = npu_kernel_clamp(k->node->p.pool.act, out);
	for (int n = 0; n < out->dims[0]; n++)
	for (int y = 0; y < out->dims[1]; y++)
	for (int x = 0; x < out->dims[2]; x++) {
		struct window w = window_at(k->node, in, out, y, x);

		for (size_t c = 0; c < channels; c++, at++) {
			size_t frame = (size_t)n * image;
			float v;

			if (!real) {
				store_byte(dst, out->dtype, at, clamp32(pool_bytes(in, data, w, max,
										   frame, c),
									clamp));
				continue;
			}
			v = pool_float(in, data, w, max, frame, c);
			v = v < lo ? lo : v;
			((float *)dst)[at] = hi < v ? hi : v;
		}
	}
	return NPU_OK;
}

const struct kernel_ops npu_kernel_AVERAGE_POOL_2D = {
	KERNEL_BYTES | KERNEL_FLOAT32, KERNEL_BYTES, 0, KERNEL_SAME_OUT, check, run
};
const struct kernel_ops npu_kernel_MAX_POOL_2D = {
	KERNEL_BYTES | KERNEL_FLOAT32, KERNEL_BYTES, 0, KERNEL_SAME_OUT, check, run
};
