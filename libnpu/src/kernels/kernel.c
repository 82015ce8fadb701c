/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdarg.h>

#include "kernels/kernel.h"
#include "kernels/rounding.h"

const struct npu_tensor *npu_kernel_in(const struct kernel *k, int i)
{
	if (i >= k->node->num_inputs || k->node->inputs[i] < 0)
		return NULL;
	return &k->graph->tensors[k->node->inputs[i]];
}

const struct npu_tensor *npu_kernel_out(const struct kernel *k, int i)
{
	return &k->graph->tensors[k->node->outputs[i]];
}

const void *npu_kernel_in_data(const struct kernel *k, int i)
{
	const struct npu_tensor *t = npu_kernel_in(k, i);

	if (!t)
		return NULL;
	return t->data ? t->data : k->data[k->node->inputs[i]];
}

void *npu_kernel_out_data(const struct kernel *k, int i)
{
	return k->data[k->node->outputs[i]];
}

npu_status npu_kernel_refuse(const struct kernel *k, const char *why, ...)
{
	char label[256], reason[256];
	va_list args;

	va_start(args, why);
	vsnprintf(reason, sizeof(reason), why, args);
	va_end(args);
	return npu_fail(NPU_ERR_UNSUPPORTED, "no reference kernel for %s: %s",
			npu_node_label(k->graph, k->node, label, sizeof(label)), reason);
}

npu_status npu_kernel_nomem(const struct kernel *k)
{
	char label[256];

	return npu_fail(NPU_ERR_NOMEM, "out of memory in %s",
			npu_node_label(k->graph, k->node, label, sizeof(label)));
}

npu_status npu_kernel_ints(const struct kernel *k, int i, int64_t *values, int *n)
{
	const struct npu_tensor *t = npu_kernel_in(k, i);
	size_t count;

	if (!t)
		return npu_kernel_refuse(k, "input %d is absent", i);
	if (!t->data)
		return npu_kernel_refuse(k, "input %d ('%s') is not constant", i, t->name);
	if (t->dtype != NPU_INT32 && t->dtype != NPU_INT64)
		return npu_kernel_refuse(k, "input %d ('%s') is %s, not an integer", i, t->name,
					 npu_dtype_name(t->dtype));
	count = npu_tensor_elements(t);
	if (count > KERNEL_MAX_INTS)
		return npu_kernel_refuse(k, "input %d ('%s') has %zu values, not at most %d", i,
					 t->name, count, KERNEL_MAX_INTS);
	*n = (int)count;
	for (size_t j = 0; j < count; j++) {
		values[j] = t->dtype == NPU_INT32 ? ((const int32_t *)t->data)[j]
						  : ((const int64_t *)t->data)[j];
		/* So that nobody has to fear overflows. */
		if (values[j] < INT32_MIN || values[j] > INT32_MAX)
			return npu_kernel_refuse(k, "input %d ('%s') has the value %lld", i,
						 t->name, (long long)values[j]);
	}
	return NPU_OK;
}

npu_status npu_kernel_expect_dims(const struct kernel *k, int i, int rank, const int64_t *dims)
{
	const struct npu_tensor *t = npu_kernel_out(k, i);

	if (t->rank != rank)
		return npu_kernel_refuse(k, "output '%s' has rank %d, not %d", t->name, t->rank,
					 rank);
	for (int d = 0; d < rank; d++)
		if (t->dims[d] != dims[d])
			return npu_kernel_refuse(k, "dimension %d of output '%s' is %d, not %lld",
						 d, t->name, (int)t->dims[d], (long long)dims[d]);
	return NPU_OK;
}

struct kernel_clamp npu_kernel_limits(npu_dtype dtype)
{
	switch (dtype) {
	case NPU_INT8:
		return (struct kernel_clamp){ INT8_MIN, INT8_MAX };
	case NPU_UINT8:
		return (struct kernel_clamp){ 0, UINT8_MAX };
	case NPU_INT16:
		return (struct kernel_clamp){ INT16_MIN, INT16_MAX };
	default:
		return (struct kernel_clamp){ INT32_MIN, INT32_MAX };
	}
}

int32_t npu_kernel_stored(float real, const struct npu_tensor *t)
{
	return add_wrap(float_to_int(roundf(real / tensor_scale(t))), tensor_zero(t));
}

struct kernel_clamp npu_kernel_clamp(enum npu_act act, const struct npu_tensor *out)
{
	struct kernel_clamp clamp = npu_kernel_limits(out->dtype);
	float lo, hi;

	if (act == NPU_ACT_NONE)
		return clamp;
	npu_kernel_clamp_float(act, &lo, &hi);
	if (out->dtype != NPU_INT8 && out->dtype != NPU_UINT8) {
		clamp.lo = (int32_t)lo;
		if (act != NPU_ACT_RELU)
			clamp.hi = (int32_t)hi;
		return clamp;
	}
	if (npu_kernel_stored(lo, out) > clamp.lo)
		clamp.lo = npu_kernel_stored(lo, out);
	if (act != NPU_ACT_RELU && npu_kernel_stored(hi, out) < clamp.hi)
		clamp.hi = npu_kernel_stored(hi, out);
	return clamp;
}

void npu_kernel_clamp_float(enum npu_act act, float *lo, float *hi)
{
	/* TFLite clamps infinities to what is finite even without an activation. */
	*lo = act == NPU_ACT_NONE ? -FLT_MAX : act == NPU_ACT_RELU_N1_TO_1 ? -1.0f : 0.0f;
	*hi = act == NPU_ACT_RELU_N1_TO_1 ? 1.0f : act == NPU_ACT_RELU6 ? 6.0f : FLT_MAX;
}
