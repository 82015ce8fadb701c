/* SPDX-License-Identifier: MIT */
/* QUANTIZE, DEQUANTIZE, CAST. */
#include "kernels/kernel.h"
#include "kernels/rounding.h"

static npu_status check_quantize(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);

	if (out->dtype != NPU_INT8 && (out->dtype != NPU_UINT8 || in->dtype == NPU_INT32))
		return npu_kernel_refuse(k, "from %s to %s", npu_dtype_name(in->dtype),
					 npu_dtype_name(out->dtype));
	if (in->quant.n > 1 || out->quant.n > 1)
		return npu_kernel_refuse(k, "it has a scale per channel");
	if (in->dtype == NPU_INT32 && in->quant.n < 1)
		return npu_kernel_refuse(k, "its input '%s' has no scale", in->name);
	return NPU_OK;
}

static npu_status run_quantize(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	struct kernel_clamp clamp = npu_kernel_limits(out->dtype);
	struct kernel_scale scale = npu_kernel_scale_of((double)tensor_scale(in) /
							(double)tensor_scale(out));
	size_t n = npu_tensor_elements(in);
	const void *data = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);

	for (size_t i = 0; i < n; i++) {
		int32_t x;

		if (in->dtype == NPU_FLOAT32) {
			float real = ((const float *)data)[i] / tensor_scale(out);

			x = float_to_int(round_quantize_float(real));
		} else {
			x = in->dtype == NPU_INT32 ? ((const int32_t *)data)[i]
						   : load_byte(data, in->dtype, i);
			x = round_quantize((int32_t)((uint32_t)x - (uint32_t)tensor_zero(in)),
					   scale);
		}
		store_byte(dst, out->dtype, i, clamp32(add_wrap(x, tensor_zero(out)), clamp));
	}
	return NPU_OK;
}

static npu_status check_dequantize(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);

	if (out->dtype != NPU_FLOAT32)
		return npu_kernel_refuse(k, "its output is %s", npu_dtype_name(out->dtype));
	if (in->quant.n < 1)
		return npu_kernel_refuse(k, "its input '%s' has no scale", in->name);
	if (in->quant.n > 1 && (in->quant.axis < 0 || in->quant.axis >= in->rank ||
				in->quant.n != in->dims[in->quant.axis]))
		return npu_kernel_refuse(k, "its input '%s' has %d scales", in->name, in->quant.n);
	return NPU_OK;
}

static npu_status run_dequantize(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	size_t n = npu_tensor_elements(in), inner = n, channels = 1;
	const void *data = npu_kernel_in_data(k, 0);
	float *dst = npu_kernel_out_data(k, 0);

	if (in->quant.n > 1) {
		channels = (size_t)in->quant.n;
		inner = tensor_span(in, in->quant.axis + 1, in->rank);
	}
	for (size_t i = 0; i < n; i++) {
		size_t c = i / inner % channels;
		int32_t x = in->dtype == NPU_INT16 ? ((const int16_t *)data)[i]
						   : load_byte(data, in->dtype, i);

		dst[i] = in->quant.scale[c] * (float)(x - in->quant.zero_point[c]);
	}
	return NPU_OK;
}

static npu_status check_cast(const struct kernel *k)
{
	const struct npu_tensor *out = npu_kernel_out(k, 0);

	if (!(KERNEL_ALL & KERNEL_TYPE(out->dtype)))
		return npu_kernel_refuse(k, "its output is %s", npu_dtype_name(out->dtype));
	return NPU_OK;
}

static int64_t load_int(const void *data, npu_dtype dtype, size_t i)
{
	switch (dtype) {
	case NPU_INT8:
		return ((const int8_t *)data)[i];
	case NPU_INT16:
		return ((const int16_t *)data)[i];
	case NPU_INT32:
		return ((const int32_t *)data)[i];
	case NPU_INT64:
		return ((const int64_t *)data)[i];
	case NPU_BOOL:
		return ((const uint8_t *)data)[i] != 0;
	default:
		return ((const uint8_t *)data)[i];
	}
}

/* Modulo the size of the type; a bool is whether x is not 0. */
static void store_int(void *data, npu_dtype dtype, size_t i, int64_t x)
{
	switch (dtype) {
	case NPU_INT16:
		((uint16_t *)data)[i] = (uint16_t)x;
		break;
	case NPU_INT32:
		((uint32_t *)data)[i] = (uint32_t)x;
		break;
	case NPU_INT64:
		((int64_t *)data)[i] = x;
		break;
	case NPU_BOOL:
		((uint8_t *)data)[i] = x != 0;
		break;
	default:
		((uint8_t *)data)[i] = (uint8_t)x;
		break;
	}
}

/* Towards zero, saturated; what is no number becomes the greatest. */
static int64_t integer_of(float x, npu_dtype dtype)
{
	int bits = 8 * (int)npu_dtype_size(dtype) - (dtype != NPU_UINT8);
	int64_t max = dtype == NPU_INT64 ? INT64_MAX : ((int64_t)1 << bits) - 1;
	int64_t min = dtype == NPU_UINT8 ? 0 : -max - 1;

	if (!(x < ldexpf(1.0f, bits)))
		return max;
	return x < (float)min ? min : (int64_t)x;
}

static npu_status run_cast(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0), *out = npu_kernel_out(k, 0);
	size_t n = npu_tensor_elements(in);
	const void *data = npu_kernel_in_data(k, 0);
	void *dst = npu_kernel_out_data(k, 0);

	for (size_t i = 0; i < n; i++) {
		bool from_float = in->dtype == NPU_FLOAT32;
		float real = from_float ? ((const float *)data)[i] : 0.0f;

		if (out->dtype == NPU_FLOAT32)
			((float *)dst)[i] = from_float ? real
						       : (float)load_int(data, in->dtype, i);
		else if (from_float && out->dtype == NPU_BOOL)
			((uint8_t *)dst)[i] = real != 0.0f;
		else
			store_int(dst, out->dtype, i, from_float ? integer_of(real, out->dtype)
								 : load_int(data, in->dtype, i));
	}
	return NPU_OK;
}

const struct kernel_ops npu_kernel_QUANTIZE = {
	KERNEL_BYTES | KERNEL_INT32 | KERNEL_FLOAT32, KERNEL_BYTES, 0, KERNEL_ANY, check_quantize,
	run_quantize
};
const struct kernel_ops npu_kernel_DEQUANTIZE = {
	KERNEL_BYTES | KERNEL_INT16, KERNEL_BYTES, 0, KERNEL_ANY, check_dequantize, run_dequantize
};
const struct kernel_ops npu_kernel_CAST = {
	KERNEL_ALL, 0, 0, KERNEL_ANY, check_cast, run_cast
};
