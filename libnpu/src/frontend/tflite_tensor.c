// SPDX-License-Identifier: MIT
/* Tensors of a TFLite file: shapes, types, quantization, constants. */
#include "frontend/tflite.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "ir/graph_check.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "constants are used as the file has them, little-endian"
#endif

/* TensorType of the schema, as far as graphs have the type. */
static bool find_dtype(int8_t type, npu_dtype *dtype)
{
	switch (type) {
	case 0: *dtype = NPU_FLOAT32; return true;
	case 2: *dtype = NPU_INT32; return true;
	case 3: *dtype = NPU_UINT8; return true;
	case 4: *dtype = NPU_INT64; return true;
	case 6: *dtype = NPU_BOOL; return true;
	case 7: *dtype = NPU_INT16; return true;
	case 9: *dtype = NPU_INT8; return true;
	default: return false;
	}
}

static npu_status read_type(const struct npu_tensor *t, int index, int8_t type, npu_dtype *dtype)
{
	const char *name = npu_tflite_type_name(type);

	if (find_dtype(type, dtype))
		return NPU_OK;
	if (!name)
		return npu_fail(NPU_ERR_VERSION, "tensor %d '%s': unknown type number %d", index,
				t->name, type);
	return npu_fail(NPU_ERR_UNSUPPORTED, "tensor %d '%s': type %s is not supported", index,
			t->name, name);
}

static npu_status read_shape(struct npu_tflite *f, const struct npu_fb_vec *shape,
			     struct npu_tensor *t, int index)
{
	uint64_t bytes = npu_dtype_size(t->dtype);
	uint32_t i;

	if (shape->count > NPU_MAX_RANK)
		return npu_fail(NPU_ERR_UNSUPPORTED,
				"tensor %d '%s': %u dimensions; at most %d are supported", index,
				t->name, shape->count, NPU_MAX_RANK);
	for (i = 0; i < shape->count; i++) {
		int32_t dim = npu_fb_vec_i32(&f->fb, shape, i);

		if (dim < 0)
			return npu_fail(NPU_ERR_UNSUPPORTED,
					"tensor %d '%s': dimension %u is open (%d); "
					"only fixed shapes are supported", index, t->name, i, dim);
		if (!dim)
			return npu_fail(NPU_ERR_UNSUPPORTED,
					"tensor %d '%s': dimension %u is 0: an empty tensor",
					index, t->name, i);
		bytes *= (uint64_t)dim;
		if (bytes > NPU_MAX_TENSOR_BYTES)
			return npu_fail(NPU_ERR_LIMIT, "tensor %d '%s': larger than 2 GiB", index,
					t->name);
		t->dims[i] = dim;
	}
	t->rank = (int)shape->count;
	return NPU_OK;
}

static npu_status read_scales(struct npu_tflite *f, const struct npu_fb_vec *scales,
			      const struct npu_fb_vec *zeros, struct npu_tensor *t, int index)
{
	struct npu_quant *q = &t->quant;
	uint32_t i;

	f->scales += scales->count;
	if (f->scales > f->scale_limit)
		return npu_fail(NPU_ERR_LIMIT, "tensor %d '%s': too many scales", index, t->name);
	q->scale = malloc(scales->count * sizeof(*q->scale));
	q->zero_point = malloc(scales->count * sizeof(*q->zero_point));
	if (!q->scale || !q->zero_point)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for tensor '%s'", t->name);
	for (i = 0; i < scales->count; i++) {
		int64_t zero = 0;

		/* No zero points are zeros, a single one is everybody's. */
		if (zeros->count)
			zero = npu_fb_vec_i64(&f->fb, zeros, zeros->count == 1 ? 0 : i);
		if (zero != (int32_t)zero)
			return npu_fail(NPU_ERR_FORMAT, "tensor %d '%s': zero point %lld", index,
					t->name, (long long)zero);
		q->scale[i] = npu_fb_vec_f32(&f->fb, scales, i);
		q->zero_point[i] = (int32_t)zero;
	}
	q->n = (int)scales->count;
	return NPU_OK;
}

static npu_status read_quant(struct npu_tflite *f, const struct npu_fb_table *table,
			     struct npu_tensor *t, int index)
{
	struct npu_fb_table quant = npu_fb_table(&f->fb, table, TENSOR_QUANTIZATION);
	struct npu_fb_vec scales = npu_fb_vec(&f->fb, &quant, QUANT_SCALE, 4);
	struct npu_fb_vec zeros = npu_fb_vec(&f->fb, &quant, QUANT_ZERO_POINT, 8);
	int32_t axis = npu_fb_i32(&f->fb, &quant, QUANT_AXIS, 0);
	uint8_t details = npu_fb_u8(&f->fb, &quant, QUANT_DETAILS, 0);

	NPU_TRY(npu_tflite_ok(f, "tensor", index));
	/* Training leaves ranges and scales on float tensors; they mean nothing. */
	if (t->dtype == NPU_FLOAT32 || t->dtype == NPU_BOOL)
		return NPU_OK;
	if (details)
		return npu_fail(NPU_ERR_UNSUPPORTED,
				"tensor %d '%s': quantization of another kind (%u) than scales and "
				"zero points", index, t->name, details);
	if (!scales.count)
		return NPU_OK;
	if (zeros.count > 1 && zeros.count != scales.count)
		return npu_fail(NPU_ERR_FORMAT, "tensor %d '%s': %u scales, %u zero points", index,
				t->name, scales.count, zeros.count);
	/* The axis of a single scale does not matter; old converters write anything there. */
	if (scales.count > 1) {
		/* So does a bias's, which has no choice. */
		if (t->rank == 1)
			axis = 0;
		if (axis < 0 || axis >= t->rank)
			return npu_fail(NPU_ERR_FORMAT,
					"tensor %d '%s': quantized along axis %d, which it does not have",
					index, t->name, axis);
		if (scales.count != (uint32_t)t->dims[axis])
			return npu_fail(NPU_ERR_FORMAT,
					"tensor %d '%s': %u scales along axis %d of size %d",
					index, t->name, scales.count, axis, t->dims[axis]);
		t->quant.axis = axis;
	}
	return read_scales(f, &scales, &zeros, t, index);
}

npu_status npu_tflite_find_data(struct npu_tflite *f, uint32_t buffer, const char *name, int index,
				size_t *pos, uint64_t *bytes)
{
	struct npu_fb_table table = npu_fb_vec_table(&f->fb, &f->buffers, buffer);
	struct npu_fb_vec data = npu_fb_vec(&f->fb, &table, BUFFER_DATA, 1);
	uint64_t offset = npu_fb_u64(&f->fb, &table, BUFFER_OFFSET, 0);
	uint64_t size = npu_fb_u64(&f->fb, &table, BUFFER_SIZE, 0);

	NPU_TRY(npu_tflite_ok(f, "buffer", (int)buffer));
	*pos = data.pos;
	*bytes = data.count;
	/* Converters mark an unused offset by 1. */
	if (data.count || offset <= 1 || !size)
		return NPU_OK;
	if (offset > f->fb.size || size > f->fb.size - offset)
		return npu_fail(NPU_ERR_FORMAT,
				"tensor %d '%s': its data, %llu bytes at %llu, lie outside the file",
				index, name, (unsigned long long)size,
				(unsigned long long)offset);
	*pos = (size_t)offset;
	*bytes = size;
	return NPU_OK;
}

static npu_status read_data(struct npu_tflite *f, const struct npu_fb_table *table,
			    struct npu_tensor *t, int index)
{
	uint32_t buffer = npu_fb_u32(&f->fb, table, TENSOR_BUFFER, 0);
	uint64_t bytes, want = npu_tensor_bytes(t);
	size_t pos;

	NPU_TRY(npu_tflite_ok(f, "tensor", index));
	if (npu_fb_u32(&f->fb, table, TENSOR_EXTERNAL_BUFFER, 0))
		return npu_fail(NPU_ERR_UNSUPPORTED,
				"tensor %d '%s': its data are in another file", index, t->name);
	/* Buffer 0 is by convention the empty one. */
	if (!buffer)
		return NPU_OK;
	if (buffer >= f->buffers.count)
		return npu_fail(NPU_ERR_FORMAT, "tensor %d '%s': there is no buffer %u", index,
				t->name, buffer);
	NPU_TRY(npu_tflite_find_data(f, buffer, t->name, index, &pos, &bytes));
	if (!bytes)
		return NPU_OK;
	/* As in TFLite, there may be more than the shape needs. */
	if (bytes < want)
		return npu_fail(NPU_ERR_FORMAT,
				"tensor %d '%s': %llu bytes of data, but its shape needs %llu",
				index, t->name, (unsigned long long)bytes,
				(unsigned long long)want);
	f->constant_bytes += want;
	if (f->constant_bytes > f->constant_limit)
		return npu_fail(NPU_ERR_LIMIT,
				"tensor %d '%s': too many tensors share their constants", index,
				t->name);
	t->data = malloc((size_t)want);
	if (!t->data)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for tensor '%s'", t->name);
	memcpy(t->data, f->fb.data + pos, (size_t)want);
	return NPU_OK;
}

static npu_status read_tensor(struct npu_tflite *f, const struct npu_fb_table *table,
			      struct npu_tensor *t, int index)
{
	struct npu_fb_vec shape = npu_fb_vec(&f->fb, table, TENSOR_SHAPE, 4);
	int8_t type = npu_fb_i8(&f->fb, table, TENSOR_TYPE, 0);

	NPU_TRY(npu_tflite_ok(f, "tensor", index));
	NPU_TRY(read_type(t, index, type, &t->dtype));
	if (npu_fb_u8(&f->fb, table, TENSOR_IS_VARIABLE, 0))
		return npu_fail(NPU_ERR_UNSUPPORTED,
				"tensor %d '%s' is a variable: networks with state are not supported",
				index, t->name);
	if (npu_fb_has(&f->fb, table, TENSOR_SPARSITY))
		return npu_fail(NPU_ERR_UNSUPPORTED,
				"tensor %d '%s' is stored sparse; convert the network with dense "
				"weights, zeros are found here", index, t->name);
	NPU_TRY(read_shape(f, &shape, t, index));
	NPU_TRY(read_quant(f, table, t, index));
	return read_data(f, table, t, index);
}

npu_status npu_tflite_read_tensors(struct npu_tflite *f)
{
	struct npu_graph *graph = f->graph;
	uint32_t i;

	graph->tensors = calloc((size_t)f->tensors.count + 1, sizeof(*graph->tensors));
	if (!graph->tensors)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the network");
	graph->num_tensors = (int)f->tensors.count;
	for (i = 0; i < f->tensors.count; i++) {
		struct npu_fb_table table = npu_fb_vec_table(&f->fb, &f->tensors, i);
		struct npu_fb_vec name = npu_fb_vec(&f->fb, &table, TENSOR_NAME, 1);
		struct npu_tensor *t = &graph->tensors[i];

		NPU_TRY(npu_tflite_ok(f, "tensor", (int)i));
		NPU_TRY(npu_tflite_string(f, &name, &t->name));
		/*
		 * Converters leave tensors behind that nothing uses any more, of types
		 * and shapes that graphs do not have; they keep only their name.
		 */
		if (f->used[i])
			NPU_TRY(read_tensor(f, &table, t, (int)i));
	}
	return NPU_OK;
}
