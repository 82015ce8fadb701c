// SPDX-License-Identifier: MIT
/* Rules of SLICE and STRIDED_SLICE. */
#include "ir/graph_check.h"

npu_status npu_check_slice(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	int64_t begin[NPU_MAX_RANK], size[NPU_MAX_RANK];
	struct npu_shape shape = { .rank = in->rank };
	int begins, sizes, i;

	NPU_TRY(npu_check_same_type(c, npu_check_out(c, 0), in, "the output"));
	NPU_TRY(npu_check_ints(c, 1, "the begins", NPU_MAX_RANK, begin, &begins));
	NPU_TRY(npu_check_ints(c, 2, "the sizes", NPU_MAX_RANK, size, &sizes));
	if (begins != in->rank || sizes != in->rank)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "%d begins and %d sizes for an input with %d dimensions",
				      begins, sizes, in->rank);
	for (i = 0; i < in->rank; i++) {
		if (begin[i] < 0 || begin[i] >= in->dims[i])
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "begin %lld is outside axis %d of size %d",
					      (long long)begin[i], i, in->dims[i]);
		shape.dims[i] = size[i] == -1 ? in->dims[i] - begin[i] : size[i];
		if (shape.dims[i] < 1 || shape.dims[i] > in->dims[i] - begin[i])
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "size %lld from %lld on is outside axis %d of size %d",
					      (long long)size[i], (long long)begin[i], i,
					      in->dims[i]);
	}
	return npu_check_shape(c, 0, &shape);
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* One axis of size dim with begin, end and stride as given. */
static npu_status resolve(const struct npu_check *c, int spec, int64_t dim, int64_t begin,
			  int64_t end, int64_t stride, struct npu_slice_axis *axis)
{
	int32_t bit = (int32_t)1 << spec;
	bool up = stride > 0;
	/* What a position may be clamped to: up to one past the end, in stride's direction. */
	int64_t low = up ? 0 : -1, high = up ? dim : dim - 1;

	if (!stride)
		return npu_check_fail(c, NPU_ERR_FORMAT, "stride %d is 0", spec);
	axis->stride = stride;
	if (c->node->p.strided_slice.begin_mask & bit)
		axis->begin = up ? 0 : dim - 1;
	else
		axis->begin = clamp(begin < 0 ? begin + dim : begin, low, high);
	if (c->node->p.strided_slice.shrink_axis_mask & bit) {
		/* One element; where a range would be clamped to nothing, this is an error. */
		if (axis->begin < 0 || axis->begin >= dim)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "begin %lld is outside an axis of size %lld",
					      (long long)begin, (long long)dim);
		axis->count = 1;
		axis->dropped = true;
		return NPU_OK;
	}
	if (c->node->p.strided_slice.offset)
		end += axis->begin;
	if (c->node->p.strided_slice.end_mask & bit)
		end = up ? dim : -1;
	else
		end = clamp(end < 0 ? end + dim : end, low, high);
	axis->count = up ? (end - axis->begin + stride - 1) / stride :
			   (axis->begin - end - stride - 1) / -stride;
	if (axis->count < 1 || (up ? end <= axis->begin : axis->begin <= end))
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "slice %d of an axis of size %lld is empty", spec,
				      (long long)dim);
	return NPU_OK;
}

/*
 * The specification has one entry per axis, or per new axis; one entry may be an
 * ellipsis, which stands for all axes that no other entry speaks of, as does the
 * end of the specification.
 */
npu_status npu_check_strided_slice_axes(const struct npu_check *c, struct npu_slice_axis *axes,
					int *count)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	const int max = NPU_MAX_RANK + 2;
	int64_t begin[NPU_MAX_RANK + 2], end[NPU_MAX_RANK + 2], stride[NPU_MAX_RANK + 2];
	int32_t ellipsis = c->node->p.strided_slice.ellipsis_mask;
	int32_t added = c->node->p.strided_slice.new_axis_mask & ~ellipsis;
	int n, ends, strides, spec, axis = 0, consumed = 0;

	NPU_TRY(npu_check_ints(c, 1, "the begins", max, begin, &n));
	NPU_TRY(npu_check_ints(c, 2, "the ends", max, end, &ends));
	NPU_TRY(npu_check_ints(c, 3, "the strides", max, stride, &strides));
	if (ends != n || strides != n)
		return npu_check_fail(c, NPU_ERR_FORMAT, "%d begins, %d ends and %d strides",
				      n, ends, strides);
	for (spec = 0; spec < n; spec++) {
		int64_t least = -((int64_t)1 << 40), most = (int64_t)1 << 40;

		/* Far outside of any axis, so that sums cannot overflow. */
		begin[spec] = clamp(begin[spec], least, most);
		end[spec] = clamp(end[spec], least, most);
		stride[spec] = clamp(stride[spec], least, most);
		if (!((ellipsis | added) >> spec & 1))
			consumed++;
	}
	*count = 0;
	for (spec = 0; spec < n; spec++) {
		struct npu_slice_axis *a = &axes[*count];

		if (ellipsis >> spec & 1) {
			int rest = in->rank - axis - consumed;

			/* A second ellipsis finds nothing left. */
			for (; rest > 0; rest--, axis++)
				axes[(*count)++] = (struct npu_slice_axis){
					.stride = 1, .count = in->dims[axis] };
			continue;
		}
		*a = (struct npu_slice_axis){ .stride = 1, .count = 1 };
		(*count)++;
		if (added >> spec & 1) {
			a->added = true;
			continue;
		}
		if (axis >= in->rank)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "%d slices for an input with %d dimensions", n,
					      in->rank);
		NPU_TRY(resolve(c, spec, in->dims[axis], begin[spec], end[spec], stride[spec], a));
		axis++;
		consumed--;
	}
	for (; axis < in->rank; axis++)
		axes[(*count)++] = (struct npu_slice_axis){ .stride = 1, .count = in->dims[axis] };
	return NPU_OK;
}

npu_status npu_check_strided_slice(const struct npu_check *c)
{
	const struct npu_tensor *in = npu_check_in(c, 0);
	struct npu_slice_axis axes[2 * NPU_MAX_RANK + 2];
	struct npu_shape shape = { 0 };
	int count, i;

	NPU_TRY(npu_check_same_type(c, npu_check_out(c, 0), in, "the output"));
	NPU_TRY(npu_check_strided_slice_axes(c, axes, &count));
	for (i = 0; i < count; i++) {
		if (axes[i].dropped)
			continue;
		if (shape.rank >= NPU_MAX_RANK)
			return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
					      "its result has more than %d dimensions",
					      NPU_MAX_RANK);
		shape.dims[shape.rank++] = axes[i].count;
	}
	return npu_check_shape(c, 0, &shape);
}
