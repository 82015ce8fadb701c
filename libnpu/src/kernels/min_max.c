/* SPDX-License-Identifier: MIT */
/* MAXIMUM and MINIMUM, on stored values: TFLite does not rescale here. */
#include "kernels/rows.h"

/* As TFLite compares: the second operand where they are equal or not ordered. */
#define SELECT(type) do { \
	const type *a = npu_kernel_in_data(k, 0), *b = npu_kernel_in_data(k, 1); \
	type *dst = npu_kernel_out_data(k, 0); \
	do { \
		for (size_t i = 0; i < rows.n; i++) { \
			type x = a[rows.at[0] + i * rows.step[0]]; \
			type y = b[rows.at[1] + i * rows.step[1]]; \
			\
			dst[rows.out + i] = (max ? x > y : x < y) ? x : y; \
		} \
	} while (npu_kernel_rows_next(&rows)); \
} while (0)

static npu_status check(const struct kernel *k)
{
	const struct npu_tensor *a = npu_kernel_in(k, 0), *b = npu_kernel_in(k, 1);

	if (!b)
		return npu_kernel_refuse(k, "its second operand is absent");
	if (!npu_kernel_rows_fit(a, b, npu_kernel_out(k, 0)))
		return npu_kernel_refuse(k, "'%s' and '%s' do not broadcast to its output",
					 a->name, b->name);
	return NPU_OK;
}

static npu_status run(const struct kernel *k)
{
	const struct npu_tensor *out = npu_kernel_out(k, 0);
	bool max = k->node->op == NPU_OP_MAXIMUM;
	struct kernel_rows rows;

	npu_kernel_rows_first(&rows, npu_kernel_in(k, 0), npu_kernel_in(k, 1), out);
	switch (out->dtype) {
	case NPU_INT8:
		SELECT(int8_t);
		break;
	case NPU_UINT8:
		SELECT(uint8_t);
		break;
	case NPU_INT16:
		SELECT(int16_t);
		break;
	case NPU_INT32:
		SELECT(int32_t);
		break;
	case NPU_INT64:
		SELECT(int64_t);
		break;
	default:
		SELECT(float);
		break;
	}
	return NPU_OK;
}

const struct kernel_ops npu_kernel_MAXIMUM = {
	KERNEL_NUMBERS, 0, 0, KERNEL_SAME_ALL, check, run
};
const struct kernel_ops npu_kernel_MINIMUM = {
	KERNEL_NUMBERS, 0, 0, KERNEL_SAME_ALL, check, run
};
