/* SPDX-License-Identifier: MIT */
/* What the kernels share among themselves. */
#ifndef NPU_KERNELS_KERNEL_H
#define NPU_KERNELS_KERNEL_H

#include "ir/error.h"
#include "ir/graph.h"

/* One call of a kernel. */
struct kernel {
	const struct npu_graph *graph;
	const struct npu_node *node;
	void *const *data;		/* NULL while npu_kernel_supports() only asks */
};

#define KERNEL_TYPE(t)	(1u << (t))
#define KERNEL_INT8	KERNEL_TYPE(NPU_INT8)
#define KERNEL_UINT8	KERNEL_TYPE(NPU_UINT8)
#define KERNEL_INT16	KERNEL_TYPE(NPU_INT16)
#define KERNEL_INT32	KERNEL_TYPE(NPU_INT32)
#define KERNEL_INT64	KERNEL_TYPE(NPU_INT64)
#define KERNEL_FLOAT32	KERNEL_TYPE(NPU_FLOAT32)
#define KERNEL_BOOL	KERNEL_TYPE(NPU_BOOL)
#define KERNEL_BYTES	(KERNEL_INT8 | KERNEL_UINT8)
#define KERNEL_NUMBERS	(KERNEL_BYTES | KERNEL_INT16 | KERNEL_INT32 | KERNEL_INT64 | KERNEL_FLOAT32)
#define KERNEL_ALL	(KERNEL_NUMBERS | KERNEL_BOOL)

/* How the types of a node's tensors must agree with that of its main input. */
enum kernel_agree {
	KERNEL_SAME_OUT,		/* all outputs have it */
	KERNEL_SAME_ALL,		/* all outputs and present inputs have it */
	KERNEL_ANY			/* check() decides */
};

/* One operator. */
struct kernel_ops {
	unsigned int types;		/* KERNEL_* that the main input may have */
	unsigned int quantized;		/* those for which every tensor of that type needs a scale */
	int main_input;
	enum kernel_agree agree;
	npu_status (*check)(const struct kernel *k);	/* what is left to check; may be NULL */
	npu_status (*run)(const struct kernel *k);
};

/* NULL if op has no kernel. */
const struct kernel_ops *npu_kernel_ops(enum npu_op op);

/* The tensor, NULL if the input is absent. */
const struct npu_tensor *npu_kernel_in(const struct kernel *k, int i);
const struct npu_tensor *npu_kernel_out(const struct kernel *k, int i);
/* Its bytes; NULL if the input is absent. */
const void *npu_kernel_in_data(const struct kernel *k, int i);
void *npu_kernel_out_data(const struct kernel *k, int i);

/* NPU_ERR_UNSUPPORTED: "no reference kernel for <node>: <why>". */
npu_status npu_kernel_refuse(const struct kernel *k, const char *why, ...)
	__attribute__((format(printf, 2, 3)));
/* NPU_ERR_NOMEM, naming the node. */
npu_status npu_kernel_nomem(const struct kernel *k);

#define KERNEL_MAX_INTS 16

/*
 * Values of input i, a constant int32 or int64 tensor of at most KERNEL_MAX_INTS
 * elements (axes, paddings, sizes).
 */
npu_status npu_kernel_ints(const struct kernel *k, int i, int64_t *values, int *n);
/* Refuses unless output i has exactly these dimensions. */
npu_status npu_kernel_expect_dims(const struct kernel *k, int i, int rank, const int64_t *dims);

/* Bounds of a fused activation on stored values, or on floats. */
struct kernel_clamp {
	int32_t lo, hi;
};
struct kernel_clamp npu_kernel_clamp(enum npu_act act, const struct npu_tensor *out);
/* The bounds of the type alone. */
struct kernel_clamp npu_kernel_limits(npu_dtype dtype);
/* The stored value of a real bound. */
int32_t npu_kernel_stored(float real, const struct npu_tensor *t);
void npu_kernel_clamp_float(enum npu_act act, float *lo, float *hi);

static inline int32_t clamp32(int32_t x, struct kernel_clamp clamp)
{
	return x < clamp.lo ? clamp.lo : x > clamp.hi ? clamp.hi : x;
}

/* x + y as TFLite adds a zero point, without the undefined overflow. */
static inline int32_t add_wrap(int32_t x, int32_t y)
{
	return (int32_t)((uint32_t)x + (uint32_t)y);
}

/* Of a tensor quantized as a whole; zero point 0 if it is not quantized. */
static inline float tensor_scale(const struct npu_tensor *t)
{
	return t->quant.n > 0 ? t->quant.scale[0] : 0.0f;
}

static inline int32_t tensor_zero(const struct npu_tensor *t)
{
	return t->quant.n > 0 ? t->quant.zero_point[0] : 0;
}

/* Product of dims[from..to). */
static inline size_t tensor_span(const struct npu_tensor *t, int from, int to)
{
	size_t n = 1;

	for (int i = from; i < to; i++)
		n *= (size_t)t->dims[i];
	return n;
}

/* Element i of an int8 or uint8 tensor. */
static inline int32_t load_byte(const void *data, npu_dtype dtype, size_t i)
{
	return dtype == NPU_INT8 ? ((const int8_t *)data)[i] : ((const uint8_t *)data)[i];
}

static inline void store_byte(void *data, npu_dtype dtype, size_t i, int32_t value)
{
	if (dtype == NPU_INT8)
		((int8_t *)data)[i] = (int8_t)value;
	else
		((uint8_t *)data)[i] = (uint8_t)value;
}

#define X(name) extern const struct kernel_ops npu_kernel_##name;
NPU_OPS(X)
#undef X

#endif
