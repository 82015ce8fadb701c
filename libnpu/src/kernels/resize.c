/* SPDX-License-Identifier: MIT */
/* RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR. */
#include <stdlib.h>
#include <string.h>

#include "kernels/kernel.h"
#include "kernels/rounding.h"

/* Where an output row or column lies between two of the input. */
struct sample {
	int low, high;
	int32_t fraction;		/* of the way from low to high, in 1/1024 */
	float real;			/* the same, for the float form */
};

/* In 1/1024 of a pixel, as the int8 kernel counts. */
static struct sample sample_fixed(const struct npu_node *node, int at, int in, int out)
{
	int64_t step = (1024 * (int64_t)in + out / 2) / out, pos;
	struct sample s = { 0 };

	if (node->p.resize.align_corners && out > 1)
		step = (1024 * (int64_t)(in - 1) + (out - 1) / 2) / (out - 1);
	pos = at * step;
	if (node->p.resize.half_pixel_centers)
		pos += step / 2 - 512;
	s.low = pos < 0 ? 0 : (int)(pos / 1024);
	s.high = (int)((pos + 1023) / 1024);
	if (s.high > in - 1)
		s.high = in - 1;
	/* Rounded steps may lead past the end. */
	if (s.low > in - 1)
		s.low = in - 1;
	s.fraction = (int32_t)(pos - 1024 * (int64_t)s.low);
	return s;
}

static struct sample sample_float(const struct npu_node *node, int at, int in, int out)
{
	float step = (float)in / (float)out, pos;
	struct sample s = { 0 };

	if (node->p.resize.align_corners && out > 1)
		step = (float)(in - 1) / (float)(out - 1);
	pos = node->p.resize.half_pixel_centers ? ((float)at + 0.5f) * step - 0.5f
						: (float)at * step;
	s.low = (int)floorf(pos);
	if (s.low < 0)
		s.low = 0;
	s.high = (int)ceilf(pos);
	if (s.high > in - 1)
		s.high = in - 1;
	if (s.low > in - 1)
		s.low = in - 1;
	s.real = pos - (float)s.low;
	return s;
}

/* The fixed form also serves to show that the float form of uint8 differs from it. */
static bool fixed_form(npu_dtype dtype)
{
#ifdef NPU_MUTATE_RESIZE_BILINEAR_UINT8
	return dtype != NPU_FLOAT32;
#else
	return dtype == NPU_INT8;
#endif
}

static float blend_float(const float v[4], const struct sample *y, const struct sample *x)
{
	return v[0] * (1.0f - y->real) * (1.0f - x->real) +
	       v[1] * y->real * (1.0f - x->real) +
	       v[2] * (1.0f - y->real) * x->real +
	       v[3] * y->real * x->real;
}

static int32_t blend_fixed(const int32_t v[4], const struct sample *y, const struct sample *x)
{
	return round_bilinear(v[0] * (1024 - y->fraction) * (1024 - x->fraction) +
			      v[1] * y->fraction * (1024 - x->fraction) +
			      v[2] * (1024 - y->fraction) * x->fraction +
			      v[3] * y->fraction * x->fraction);
}

/* One output pixel; corners are the element offsets of its four neighbours. */
static void blend_pixel(const struct npu_tensor *in, const void *src, void *dst, size_t at,
			const size_t corner[4], const struct sample *y, const struct sample *x)
{
	for (size_t c = 0; c < (size_t)in->dims[3]; c++) {
		float real[4];
		int32_t fixed[4];

		for (int i = 0; i < 4; i++) {
			if (in->dtype == NPU_FLOAT32) {
				real[i] = ((const float *)src)[corner[i] + c];
				continue;
			}
			fixed[i] = load_byte(src, in->dtype, corner[i] + c);
			real[i] = (float)fixed[i];
		}
		if (in->dtype == NPU_FLOAT32)
			((float *)dst)[at + c] = blend_float(real, y, x);
		else if (fixed_form(in->dtype))
			store_byte(dst, in->dtype, at + c, blend_fixed(fixed, y, x));
		else
			store_byte(dst, in->dtype, at + c,
				   (int32_t)(blend_float(real, y, x) + 0.5f));
	}
}

static npu_status run_bilinear(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	struct sample (*sample)(const struct npu_node *, int, int, int) =
		fixed_form(in->dtype) ? sample_fixed : sample_float;
	size_t channels = (size_t)in->dims[3], row = tensor_span(in, 2, 4);
	size_t image = tensor_span(in, 1, 4), at = 0;
	const void *src = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);

	for (int n = 0; n < out->dims[0]; n++)
	for (int oy = 0; oy < out->dims[1]; oy++) {
		struct sample y = sample(k->node, oy, in->dims[1], out->dims[1]);
		size_t low = (size_t)n * image + (size_t)y.low * row;
		size_t high = (size_t)n * image + (size_t)y.high * row;

		for (int ox = 0; ox < out->dims[2]; ox++, at += channels) {
			struct sample x = sample(k->node, ox, in->dims[2], out->dims[2]);
			size_t corner[4] = {
				low + (size_t)x.low * channels, high + (size_t)x.low * channels,
				low + (size_t)x.high * channels, high + (size_t)x.high * channels,
			};

			blend_pixel(in, src, dst, at, corner, &y, &x);
		}
	}
	return NPU_OK;
}

static int nearest(const struct npu_node *node, int at, int in, int out)
{
	bool corners = node->p.resize.align_corners;
	float step = corners && out > 1 ? (float)(in - 1) / (float)(out - 1)
					: (float)in / (float)out;
	float pos = ((float)at + (node->p.resize.half_pixel_centers ? 0.5f : 0.0f)) * step;
	int i = (int)(corners ? roundf(pos) : floorf(pos));

	return i < 0 ? 0 : i > in - 1 ? in - 1 : i;
}

static npu_status run_nearest(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	size_t pixel = (size_t)in->dims[3] * npu_dtype_size(in->dtype);
	const uint8_t *src = npu_kernel_in_data(k, 0);
	uint8_t *dst = npu_kernel_out_data(k, 0);

	for (int n = 0; n < out->dims[0]; n++)
	for (int oy = 0; oy < out->dims[1]; oy++)
	for (int ox = 0; ox < out->dims[2]; ox++, dst += pixel) {
		size_t y = (size_t)nearest(k->node, oy, in->dims[1], out->dims[1]);
		size_t x = (size_t)nearest(k->node, ox, in->dims[2], out->dims[2]);

		memcpy(dst, src + (((size_t)n * (size_t)in->dims[1] + y) * (size_t)in->dims[2] + x) *
		       pixel, pixel);
	}
	return NPU_OK;
}

const struct kernel_ops npu_kernel_RESIZE_BILINEAR = {
	KERNEL_BYTES | KERNEL_FLOAT32, 0, 0, KERNEL_SAME_OUT, NULL, run_bilinear
};
const struct kernel_ops npu_kernel_RESIZE_NEAREST_NEIGHBOR = {
	KERNEL_NUMBERS, 0, 0, KERNEL_SAME_OUT, NULL, run_nearest
};
