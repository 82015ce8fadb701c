// SPDX-License-Identifier: MIT
/* Rules of operators that move values without changing them. */
#include "ir/graph_check.h"

#include <string.h>

/* The operators below all keep the type; TFLite copies stored values blindly. */
static npu_status same_type(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	int i;

	for (i = 0; i < c->node->num_outputs; i++)
		NPU_TRY(npu_check_same_type(c, npu_check_out(c, i), in, "the output"));
	return NPU_OK;
}

/* Amounts in front of and behind each axis, as pairs. */
static npu_status pairs(const struct npu_check *c, int input, const char *what, int rank,
			int64_t *values)
{
	int count, i;

	NPU_TRY(npu_check_ints(c, input, what, 2 * NPU_MAX_RANK, values, &count));
	if (count != 2 * rank)
		return npu_check_fail(c, NPU_ERR_FORMAT, "%s: %d values for %d dimensions", what,
				      count, rank);
	for (i = 0; i < count; i++)
		if (values[i] < 0 || values[i] > INT32_MAX)
			return npu_check_fail(c, NPU_ERR_FORMAT, "%s: value %d is %lld", what, i,
					      (long long)values[i]);
	return NPU_OK;
}

npu_status npu_check_pad(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	struct npu_shape shape = npu_check_shape_of(in);
	int64_t pads[2 * NPU_MAX_RANK];
	int i;

	NPU_TRY(npu_check_type(c, in, "the input", NPU_T_ANY));
	NPU_TRY(same_type(c));
	NPU_TRY(pairs(c, 1, "the paddings", in->rank, pads));
	if (c->node->op == NPU_OP_PADV2) {
		const struct npu_tensor *value = npu_check_in(c, 2);

		NPU_TRY(npu_check_same_type(c, value, in, "the value"));
		NPU_TRY(npu_check_equal_quant(c, value, out, "the value"));
		if (npu_tensor_elements(value) != 1)
			return npu_check_fail(c, NPU_ERR_FORMAT, "the value has %zu elements",
					      npu_tensor_elements(value));
	} else if (c->node->op == NPU_OP_PAD) {
		/* Filled with the stored value of real 0. */
		NPU_TRY(npu_check_activation(c, out, "the output", NPU_T_ANY));
	} else {
		NPU_TRY(npu_check_equal_quant(c, in, out, "the input"));
	}
	for (i = 0; i < in->rank; i++) {
		int64_t most = INT32_MAX;

		if (c->node->op == NPU_OP_MIRROR_PAD)
			most = in->dims[i] - (c->node->p.mirror.reflect ? 1 : 0);
		if (pads[2 * i] > most || pads[2 * i + 1] > most)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "mirrored paddings of %lld and %lld for axis %d of size %d",
					      (long long)pads[2 * i], (long long)pads[2 * i + 1],
					      i, in->dims[i]);
		shape.dims[i] += pads[2 * i] + pads[2 * i + 1];
	}
	return npu_check_shape(c, 0, &shape);
}

static npu_status axis_in(const struct npu_check *c, int rank)
{
	if (c->node->p.axis.axis >= 0 && c->node->p.axis.axis < rank)
		return NPU_OK;
	return npu_check_fail(c, NPU_ERR_FORMAT, "axis %d of %d dimensions", c->node->p.axis.axis,
			      rank);
}

/* uint8 inputs are rescaled where their scales differ, others must not need it. */
static npu_status concatenation_scales(const struct npu_check *c, const struct npu_tensor *in,
				       const struct npu_tensor *out)
{
	if (in->dtype != NPU_UINT8 || npu_check_same_quant(in, out))
		return npu_check_equal_quant(c, in, out, "an input");
	NPU_TRY(npu_check_activation(c, in, "an input", NPU_T_ANY));
	NPU_TRY(npu_check_activation(c, out, "the output", NPU_T_ANY));
	return npu_check_factor(c, 256.0 * (double)in->quant.scale[0] / out->quant.scale[0]);
}

npu_status npu_check_concatenation(const struct npu_check *c)
{
	const struct npu_tensor *first = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	struct npu_shape shape = npu_check_shape_of(first);
	int axis = c->node->p.axis.axis;
	int i, d;

	NPU_TRY(axis_in(c, first->rank));
	NPU_TRY(same_type(c));
	if (c->node->p.axis.act != NPU_ACT_NONE)
		return npu_check_fail(c, NPU_ERR_UNSUPPORTED, "it has a fused activation");
	for (i = 0; i < c->node->num_inputs; i++) {
		const struct npu_tensor *in = npu_check_in(c, i);

		NPU_TRY(npu_check_same_type(c, in, first, "an input"));
		NPU_TRY(concatenation_scales(c, in, out));
		if (in->rank != first->rank)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "input %d has %d dimensions, input 0 has %d", i,
					      in->rank, first->rank);
		for (d = 0; d < in->rank; d++)
			if (d != axis && in->dims[d] != first->dims[d])
				return npu_check_fail(c, NPU_ERR_FORMAT,
						      "input %d has size %d along axis %d, input 0 has %d",
						      i, in->dims[d], d, first->dims[d]);
		if (i)
			shape.dims[axis] += in->dims[axis];
	}
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_reshape(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	const struct npu_tensor *sizes = npu_check_in(c, 1);
	struct npu_shape shape = npu_check_shape_of(out);
	int64_t elements = (int64_t)npu_tensor_elements(in), n = 1;
	int i, open = -1;

	NPU_TRY(same_type(c));
	/* As in TFLite, without a usable shape among the inputs, what is declared holds. */
	if (sizes && sizes->rank == 1 && sizes->dtype == NPU_INT32)
		NPU_TRY(npu_check_ints(c, 1, "the shape", NPU_MAX_RANK, shape.dims, &shape.rank));
	for (i = 0; i < shape.rank; i++) {
		if (shape.dims[i] == -1 && open < 0) {
			open = i;
			continue;
		}
		if (shape.dims[i] < 1 || n > NPU_MAX_TENSOR_BYTES / shape.dims[i])
			return npu_check_fail(c, NPU_ERR_FORMAT, "size %d of the shape is %lld", i,
					      (long long)shape.dims[i]);
		n *= shape.dims[i];
	}
	if (open >= 0 && elements % n == 0) {
		shape.dims[open] = elements / n;
		n = elements;
	}
	if (n != elements)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "an input of %lld elements does not make an output of %lld",
				      (long long)elements, (long long)n);
	return npu_check_shape(c, 0, &shape);
}

/* The output is the input without some of its dimensions of size 1. */
npu_status npu_check_squeeze(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	int i, kept = 0;

	NPU_TRY(same_type(c));
	for (i = 0; i < in->rank; i++) {
		if (kept < out->rank && in->dims[i] == out->dims[kept])
			kept++;
		else if (in->dims[i] != 1)
			break;
	}
	if (i < in->rank || kept < out->rank)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "its output is not its input without dimensions of size 1");
	return NPU_OK;
}

npu_status npu_check_expand_dims(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	struct npu_shape shape = npu_check_shape_of(in);
	int64_t axis;

	NPU_TRY(same_type(c));
	NPU_TRY(npu_check_int(c, 1, "the axis", &axis));
	if (axis < 0)
		axis += in->rank + 1;
	if (axis < 0 || axis > in->rank)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "its axis is out of range for an input with %d dimensions",
				      in->rank);
	memmove(&shape.dims[axis + 1], &shape.dims[axis],
		(size_t)(in->rank - axis) * sizeof(shape.dims[0]));
	shape.dims[axis] = 1;
	shape.rank++;
	return npu_check_shape(c, 0, &shape);
}

/* The part sizes of SPLIT_V; one may be -1, for what is left. */
static npu_status split_sizes(const struct npu_check *c, int64_t whole, int64_t *sizes)
{
	const struct npu_tensor *t = npu_check_in(c, 1);
	int64_t sum = 0;
	int count, i, open = -1;

	/* Bounded by the number of outputs, for which the caller has room. */
	NPU_TRY(npu_check_ints(c, 1, "the sizes", c->node->num_outputs, sizes, &count));
	if (count != c->node->num_outputs)
		return npu_check_fail(c, NPU_ERR_FORMAT, "the sizes (tensor '%.120s') are %d, "
				      "the outputs %d", t->name, count, c->node->num_outputs);
	for (i = 0; i < count; i++) {
		if (sizes[i] == -1 && open < 0) {
			open = i;
			continue;
		}
		if (sizes[i] < 1 || sizes[i] > whole - sum)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "size %d is %lld, with %lld of %lld left", i,
					      (long long)sizes[i], (long long)(whole - sum),
					      (long long)whole);
		sum += sizes[i];
	}
	if (open >= 0)
		sizes[open] = whole - sum;
	else if (sum != whole)
		return npu_check_fail(c, NPU_ERR_FORMAT, "its sizes make %lld, not %lld",
				      (long long)sum, (long long)whole);
	return NPU_OK;
}

/* Networks split into a handful of parts; more than this would be a broken file. */
#define MAX_PARTS	1024

npu_status npu_check_split(const struct npu_check *c)
{
	bool sized = c->node->op == NPU_OP_SPLIT_V;
	const struct npu_tensor *in = npu_check_in(c, sized ? 0 : 1);
	struct npu_shape shape = npu_check_shape_of(in);
	int64_t sizes[MAX_PARTS];
	int64_t axis;
	int i, n = c->node->num_outputs;

	if (n > MAX_PARTS)
		return npu_check_fail(c, NPU_ERR_LIMIT, "%d outputs; at most %d are supported", n,
				      MAX_PARTS);
	for (i = 0; i < n; i++)
		NPU_TRY(npu_check_same_type(c, npu_check_out(c, i), in, "the output"));
	NPU_TRY(npu_check_int(c, sized ? 2 : 0, "the axis", &axis));
	if (axis < 0)
		axis += in->rank;
	if (axis < 0 || axis >= in->rank)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "its axis is out of range for an input with %d dimensions",
				      in->rank);
	if (axis != c->node->p.axis.axis)
		return npu_check_fail(c, NPU_ERR_INVALID, "its axis is %d, its input says %lld",
				      c->node->p.axis.axis, (long long)axis);
	if (sized) {
		NPU_TRY(split_sizes(c, in->dims[axis], sizes));
	} else {
		if (in->dims[axis] % n)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "axis %lld of size %d does not divide into %d parts",
					      (long long)axis, in->dims[axis], n);
		for (i = 0; i < n; i++)
			sizes[i] = in->dims[axis] / n;
	}
	for (i = 0; i < n; i++) {
		shape.dims[axis] = sizes[i];
		NPU_TRY(npu_check_shape(c, i, &shape));
	}
	return NPU_OK;
}

npu_status npu_check_pack(const struct npu_check *c)
{
	const struct npu_tensor *first = npu_check_in(c, 0), *out = npu_check_out(c, 0);
	struct npu_shape shape = npu_check_shape_of(first);
	int axis = c->node->p.axis.axis;
	int i, d;

	NPU_TRY(axis_in(c, first->rank + 1));
	NPU_TRY(same_type(c));
	for (i = 0; i < c->node->num_inputs; i++) {
		const struct npu_tensor *in = npu_check_in(c, i);

		NPU_TRY(npu_check_same_type(c, in, first, "an input"));
		NPU_TRY(npu_check_equal_quant(c, in, out, "an input"));
		for (d = 0; d < first->rank; d++)
			if (in->rank != first->rank || in->dims[d] != first->dims[d])
				break;
		if (in->rank != first->rank || d < first->rank)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "inputs 0 and %d have different shapes", i);
	}
	memmove(&shape.dims[axis + 1], &shape.dims[axis],
		(size_t)(first->rank - axis) * sizeof(shape.dims[0]));
	shape.dims[axis] = c->node->num_inputs;
	shape.rank++;
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_unpack(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	struct npu_shape shape = npu_check_shape_of(in);
	int axis = c->node->p.axis.axis;
	int i;

	NPU_TRY(npu_check_rank(c, in, "the input", 1, NPU_MAX_RANK));
	NPU_TRY(axis_in(c, in->rank));
	NPU_TRY(same_type(c));
	if (in->dims[axis] != c->node->num_outputs)
		return npu_check_fail(c, NPU_ERR_FORMAT, "%d outputs for axis %d of size %d",
				      c->node->num_outputs, axis, in->dims[axis]);
	memmove(&shape.dims[axis], &shape.dims[axis + 1],
		(size_t)(in->rank - axis - 1) * sizeof(shape.dims[0]));
	shape.rank--;
	for (i = 0; i < c->node->num_outputs; i++) {
		NPU_TRY(npu_check_equal_quant(c, in, npu_check_out(c, i), "the input"));
		NPU_TRY(npu_check_shape(c, i, &shape));
	}
	return NPU_OK;
}

npu_status npu_check_transpose(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	struct npu_shape shape = { .rank = in->rank };
	int64_t perm[NPU_MAX_RANK];
	unsigned int seen = 0;
	int count, i;

	NPU_TRY(same_type(c));
	NPU_TRY(npu_check_ints(c, 1, "the permutation", NPU_MAX_RANK, perm, &count));
	if (count != in->rank)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "a permutation of %d for an input with %d dimensions", count,
				      in->rank);
	for (i = 0; i < count; i++) {
		int64_t axis = perm[i] < 0 ? perm[i] + count : perm[i];

		if (axis < 0 || axis >= count || seen & 1u << axis)
			return npu_check_fail(c, NPU_ERR_FORMAT, "entry %d of the permutation is %lld",
					      i, (long long)perm[i]);
		seen |= 1u << axis;
		shape.dims[i] = in->dims[axis];
	}
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_block(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	struct npu_shape shape = npu_check_shape_of(in);
	int64_t block = c->node->p.block.block_size;

	NPU_TRY(npu_check_rank(c, in, "the input", 4, 4));
	NPU_TRY(same_type(c));
	if (block < 1 || block > INT16_MAX)
		return npu_check_fail(c, NPU_ERR_FORMAT, "its block size is %lld",
				      (long long)block);
	if (c->node->op == NPU_OP_DEPTH_TO_SPACE) {
		if (in->dims[3] % (block * block))
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "%d channels do not divide into blocks of %lld x %lld",
					      in->dims[3], (long long)block, (long long)block);
		shape.dims[1] *= block;
		shape.dims[2] *= block;
		shape.dims[3] /= block * block;
	} else {
		if (in->dims[1] % block || in->dims[2] % block)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "%d x %d do not divide into blocks of %lld x %lld",
					      in->dims[1], in->dims[2], (long long)block,
					      (long long)block);
		shape.dims[1] /= block;
		shape.dims[2] /= block;
		shape.dims[3] *= block * block;
	}
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_batch(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	bool to_batch = c->node->op == NPU_OP_SPACE_TO_BATCH_ND;
	const char *what = to_batch ? "the paddings" : "the crops";
	struct npu_shape shape = npu_check_shape_of(in);
	int64_t block[2], pads[2 * NPU_MAX_RANK];
	int count, i;

	NPU_TRY(npu_check_rank(c, in, "the input", 3, 4));
	NPU_TRY(same_type(c));
	NPU_TRY(npu_check_equal_quant(c, in, npu_check_out(c, 0), "the input"));
	if (to_batch)	/* Filled with the stored value of real 0. */
		NPU_TRY(npu_check_activation(c, npu_check_out(c, 0), "the output", NPU_T_ANY));
	NPU_TRY(npu_check_ints(c, 1, "the block shape", 2, block, &count));
	if (count != in->rank - 2)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "a block shape of %d for an input with %d dimensions", count,
				      in->rank);
	NPU_TRY(pairs(c, 2, what, count, pads));
	for (i = 0; i < count; i++) {
		int64_t *side = &shape.dims[i + 1];

		if (block[i] < 1 || block[i] > INT16_MAX)
			return npu_check_fail(c, NPU_ERR_FORMAT, "block size %d is %lld", i,
					      (long long)block[i]);
		if (to_batch) {
			*side += pads[2 * i] + pads[2 * i + 1];
			if (*side % block[i])
				return npu_check_fail(c, NPU_ERR_FORMAT,
						      "a side of %lld does not divide into blocks of %lld",
						      (long long)*side, (long long)block[i]);
			*side /= block[i];
			shape.dims[0] *= block[i];
		} else {
			if (shape.dims[0] % block[i])
				return npu_check_fail(c, NPU_ERR_FORMAT,
						      "a batch of %lld does not divide into blocks of %lld",
						      (long long)shape.dims[0],
						      (long long)block[i]);
			shape.dims[0] /= block[i];
			*side = *side * block[i] - pads[2 * i] - pads[2 * i + 1];
		}
	}
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_resize(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	struct npu_shape shape = npu_check_shape_of(in);
	/* Coordinates are 32-bit fixed point with 10 or 16 fractional bits. */
	const int64_t most = 1 << 15;
	int64_t size[2];
	int count, i;

	NPU_TRY(npu_check_rank(c, in, "the input", 4, 4));
	NPU_TRY(npu_check_type(c, in, "the input", NPU_T_NUMBER));
	NPU_TRY(same_type(c));
	if (c->node->p.resize.align_corners && c->node->p.resize.half_pixel_centers)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "both align_corners and half_pixel_centers are set");
	NPU_TRY(npu_check_ints(c, 1, "the size", 2, size, &count));
	if (count != 2)
		return npu_check_fail(c, NPU_ERR_FORMAT, "the size has %d values", count);
	for (i = 0; i < 2; i++) {
		if (size[i] < 1)
			return npu_check_fail(c, NPU_ERR_FORMAT, "it resizes to %lld x %lld",
					      (long long)size[0], (long long)size[1]);
		if (size[i] > most || in->dims[i + 1] > most)
			return npu_check_fail(c, NPU_ERR_LIMIT,
					      "it resizes %d to %lld; at most %lld are supported",
					      in->dims[i + 1], (long long)size[i], (long long)most);
		shape.dims[i + 1] = size[i];
	}
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_shape_op(const struct npu_check *c)
{
	struct npu_shape shape = { .rank = 1, .dims = { npu_check_in(c, 0)->rank } };

	NPU_TRY(npu_check_type(c, npu_check_out(c, 0), "the output", NPU_T_INDEX));
	return npu_check_shape(c, 0, &shape);
}

/* Constant indices are checked here, so that only computed ones can be out of range. */
static npu_status check_indices(const struct npu_check *c, const struct npu_tensor *t, int64_t dim)
{
	size_t i, n = t->data ? npu_tensor_elements(t) : 0;

	for (i = 0; i < n; i++) {
		int64_t wide;
		int32_t narrow;

		if (t->dtype == NPU_INT64) {
			memcpy(&wide, (const char *)t->data + 8 * i, 8);
		} else {
			memcpy(&narrow, (const char *)t->data + 4 * i, 4);
			wide = narrow;
		}
		if (wide < 0 || wide >= dim)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "index %lld (tensor '%.120s') is outside an axis of size %lld",
					      (long long)wide, t->name, (long long)dim);
	}
	return NPU_OK;
}

npu_status npu_check_gather(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0), *indices = npu_check_in(c, 1);
	int axis = c->node->p.axis.axis, batch = c->node->p.axis.batch_dims;
	struct npu_shape shape = { 0 };
	int i;

	NPU_TRY(npu_check_rank(c, in, "the input", 1, NPU_MAX_RANK));
	NPU_TRY(axis_in(c, in->rank));
	NPU_TRY(same_type(c));
	NPU_TRY(npu_check_type(c, indices, "the indices", NPU_T_INDEX));
	if (batch < 0 || batch > axis || batch > indices->rank)
		return npu_check_fail(c, NPU_ERR_FORMAT, "batch_dims is %d", batch);
	for (i = 0; i < batch; i++)
		if (in->dims[i] != indices->dims[i])
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "input and indices differ in batch dimension %d", i);
	for (i = 0; i < axis; i++)
		shape.dims[shape.rank++] = in->dims[i];
	for (i = batch; i < indices->rank; i++)
		shape.dims[shape.rank++] = indices->dims[i];
	for (i = axis + 1; i < in->rank; i++)
		shape.dims[shape.rank++] = in->dims[i];
	NPU_TRY(check_indices(c, indices, in->dims[axis]));
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_tile(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	struct npu_shape shape = npu_check_shape_of(in);
	int64_t times[NPU_MAX_RANK];
	int count, i;

	NPU_TRY(same_type(c));
	NPU_TRY(npu_check_ints(c, 1, "the multiples", NPU_MAX_RANK, times, &count));
	if (count != in->rank)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "%d multiples for an input with %d dimensions", count,
				      in->rank);
	for (i = 0; i < count; i++) {
		if (times[i] < 1 || times[i] > INT32_MAX)
			return npu_check_fail(c, NPU_ERR_FORMAT, "multiple %d is %lld", i,
					      (long long)times[i]);
		shape.dims[i] *= times[i];
	}
	return npu_check_shape(c, 0, &shape);
}

npu_status npu_check_broadcast_to(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	struct npu_shape shape = { 0 };
	int i;

	NPU_TRY(same_type(c));
	NPU_TRY(npu_check_ints(c, 1, "the shape", NPU_MAX_RANK, shape.dims, &shape.rank));
	if (shape.rank < in->rank)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "a shape of %d for an input with %d dimensions", shape.rank,
				      in->rank);
	for (i = 0; i < in->rank; i++) {
		int64_t to = shape.dims[shape.rank - in->rank + i];

		if (in->dims[i] != 1 && in->dims[i] != to)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "size %d of the input cannot become %lld",
					      in->dims[i], (long long)to);
	}
	return npu_check_shape(c, 0, &shape);
}
