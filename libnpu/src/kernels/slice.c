/* SPDX-License-Identifier: MIT */
/* SLICE, STRIDED_SLICE, SPLIT, SPLIT_V, UNPACK: boxes of the input. */
#include "kernels/move.h"

/* A box of the input: where it starts, and its extents and strides, in elements. */
struct box {
	int64_t offset;
	int rank;
	int64_t dims[NPU_MAX_RANK], stride[NPU_MAX_RANK];
};

static void copy_box(const struct kernel *k, int input, int output, const struct box *box)
{
	const struct npu_tensor *out = npu_kernel_out(k, output);
	struct kernel_move move;

	npu_kernel_move_init(&move, out);
	for (int d = 0; d < out->rank; d++)
		move.src_stride[d] = box->stride[d];
	npu_kernel_move(&move, npu_kernel_out_data(k, output),
			(const uint8_t *)npu_kernel_in_data(k, input) +
			box->offset * (int64_t)move.size);
}

/* The box of a SLICE. */
static npu_status slice_box(const struct kernel *k, struct box *box)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	int64_t begin[KERNEL_MAX_INTS], size[KERNEL_MAX_INTS];
	npu_status status;
	int n_begin, n_size;

	status = npu_kernel_ints(k, 1, begin, &n_begin);
	if (status == NPU_OK)
		status = npu_kernel_ints(k, 2, size, &n_size);
	if (status != NPU_OK)
		return status;
	if (n_begin != in->rank || n_size != in->rank)
		return npu_kernel_refuse(k, "%d begins and %d sizes for rank %d", n_begin, n_size,
					 in->rank);
	box->offset = 0;
	box->rank = in->rank;
	npu_kernel_strides(in, box->stride);
	for (int d = 0; d < in->rank; d++) {
		int64_t n = size[d] == -1 ? in->dims[d] - begin[d] : size[d];

		if (begin[d] < 0 || begin[d] > in->dims[d] || n < 0 ||
		    n > in->dims[d] - begin[d])
			return npu_kernel_refuse(k, "dimension %d has %d elements, not [%lld, %lld)",
						 d, (int)in->dims[d], (long long)begin[d],
						 (long long)begin[d] + (long long)n);
		box->offset += begin[d] * box->stride[d];
		box->dims[d] = n;
	}
	return npu_kernel_expect_dims(k, 0, box->rank, box->dims);
}

static int64_t clamp64(int64_t x, int64_t lo, int64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

struct range {
	int64_t begin, end, stride;
	bool begin_masked, end_masked, shrink, offset;
};

/* First index and number of elements of a range over size elements, as Python counts. */
static void resolve_range(const struct range *r, int64_t size, int64_t *first, int64_t *n)
{
	int64_t lo = r->stride > 0 ? 0 : -1, hi = r->stride > 0 ? size : size - 1;
	int64_t begin = r->begin < 0 ? r->begin + size : r->begin, end = r->end;

	begin = r->begin_masked ? (r->stride > 0 ? lo : hi) : clamp64(begin, lo, hi);
	*first = begin;
	*n = 1;
	if (r->shrink)
		return;
	if (r->offset)
		end += begin;
	if (end < 0)
		end += size;
	end = r->end_masked ? (r->stride > 0 ? hi : lo) : clamp64(end, lo, hi);
	*n = r->stride > 0 ? (end - begin + r->stride - 1) / r->stride
			   : (begin - end - r->stride - 1) / -r->stride;
}

/* Begins, ends and strides of a STRIDED_SLICE. */
struct entries {
	int n;
	int64_t value[3][KERNEL_MAX_INTS];
	int new_axis_mask, ellipsis_mask;
	int added;			/* how many entries add a dimension */
};

static npu_status read_entries(const struct kernel *k, struct entries *e)
{
	int n[3];

	for (int i = 0; i < 3; i++) {
		npu_status status = npu_kernel_ints(k, 1 + i, e->value[i], &n[i]);

		if (status != NPU_OK)
			return status;
	}
	if (n[1] != n[0] || n[2] != n[0])
		return npu_kernel_refuse(k, "%d begins, %d ends and %d strides", n[0], n[1], n[2]);
	e->n = n[0];
	e->ellipsis_mask = k->node->p.strided_slice.ellipsis_mask & ((1 << n[0]) - 1);
	e->new_axis_mask = k->node->p.strided_slice.new_axis_mask & ((1 << n[0]) - 1) &
			   ~e->ellipsis_mask;
	e->added = __builtin_popcount((unsigned int)e->new_axis_mask);
	return NPU_OK;
}

/* What entry i selects; an ellipsis and what lies behind the last entry is taken whole. */
static struct range range_of(const struct kernel *k, const struct entries *e, int i)
{
	if (i >= e->n || e->ellipsis_mask >> i & 1)
		return (struct range){ .stride = 1, .begin_masked = true, .end_masked = true };
	return (struct range){
		.begin = e->value[0][i], .end = e->value[1][i], .stride = e->value[2][i],
		.begin_masked = k->node->p.strided_slice.begin_mask >> i & 1,
		.end_masked = k->node->p.strided_slice.end_mask >> i & 1,
		.shrink = k->node->p.strided_slice.shrink_axis_mask >> i & 1,
		.offset = k->node->p.strided_slice.offset,
	};
}

/* Dimension d of the input, as an entry selects from it, becomes the box's next one. */
static npu_status add_range(const struct kernel *k, struct box *box, const struct range *r, int d,
			    const int64_t *stride)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	int64_t first, count;

	if (d >= in->rank || r->stride == 0)
		return npu_kernel_refuse(k, "too many entries for rank %d, or a stride of 0",
					 in->rank);
	resolve_range(r, in->dims[d], &first, &count);
	if (count < 1 || first < 0 || first >= in->dims[d])
		return npu_kernel_refuse(k, "it takes nothing of dimension %d", d);
	box->offset += first * stride[d];
	if (r->shrink)
		return NPU_OK;
	if (box->rank == NPU_MAX_RANK)
		return npu_kernel_refuse(k, "its result has too many dimensions");
	box->dims[box->rank] = count;
	box->stride[box->rank++] = stride[d] * r->stride;
	return NPU_OK;
}

static npu_status strided_box(const struct kernel *k, struct box *box)
{
	const struct npu_tensor *in = npu_kernel_in(k, 0);
	int64_t stride[NPU_MAX_RANK];
	struct entries e;
	npu_status status = read_entries(k, &e);
	int d = 0;

	box->offset = 0;
	box->rank = 0;
	npu_kernel_strides(in, stride);
	for (int i = 0; status == NPU_OK && (i < e.n || d < in->rank); i++) {
		struct range r = range_of(k, &e, i);
		/* An ellipsis stands for all dimensions that no other entry names. */
		int span = e.ellipsis_mask >> i & 1 ? in->rank - (e.n - e.added - 1) : 1;

		/* TFLite then takes another dimension for it, and the rest moves. */
		if (span < 1)
			return npu_kernel_refuse(k, "its ellipsis stands for no dimension");
		if (e.new_axis_mask >> i & 1) {
			if (box->rank == NPU_MAX_RANK)
				return npu_kernel_refuse(k, "its result has too many dimensions");
			box->dims[box->rank] = 1;
			box->stride[box->rank++] = 0;
			continue;
		}
		for (; span > 0 && status == NPU_OK; span--)
			status = add_range(k, box, &r, d++, stride);
	}
	if (status != NPU_OK)
		return status;
	return npu_kernel_expect_dims(k, 0, box->rank, box->dims);
}

static npu_status check_slice(const struct kernel *k)
{
	struct box box;

	return slice_box(k, &box);
}

static npu_status run_slice(const struct kernel *k)
{
	struct box box;
	npu_status status = slice_box(k, &box);

	if (status == NPU_OK)
		copy_box(k, 0, 0, &box);
	return status;
}

static npu_status check_strided(const struct kernel *k)
{
	struct box box;

	return strided_box(k, &box);
}

static npu_status run_strided(const struct kernel *k)
{
	struct box box;
	npu_status status = strided_box(k, &box);

	if (status == NPU_OK)
		copy_box(k, 0, 0, &box);
	return status;
}

static int split_input(const struct kernel *k)
{
	return k->node->op == NPU_OP_SPLIT ? 1 : 0;
}

/* The parts must cover the axis exactly. */
static npu_status check_split(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, split_input(k));
	int axis = k->node->p.axis.axis;
	bool unpack = k->node->op == NPU_OP_UNPACK;
	int64_t total = 0;

	if (axis < 0 || axis >= in->rank)
		return npu_kernel_refuse(k, "there is no axis %d", axis);
	for (int i = 0; i < k->node->num_outputs; i++) {
		int64_t dims[NPU_MAX_RANK];
		npu_status status;
		int rank = 0;

		for (int d = 0; d < in->rank; d++)
			if (d != axis || !unpack)
				dims[rank++] = in->dims[d];
		if (!unpack && npu_kernel_out(k, i)->rank == in->rank)
			dims[axis] = npu_kernel_out(k, i)->dims[axis];
		status = npu_kernel_expect_dims(k, i, rank, dims);
		if (status != NPU_OK)
			return status;
		total += unpack ? 1 : dims[axis];
	}
	if (total != in->dims[axis])
		return npu_kernel_refuse(k, "its outputs have %lld of %d elements along axis %d",
					 (long long)total, (int)in->dims[axis], axis);
	return NPU_OK;
}

static npu_status run_split(const struct kernel *k)
{
	const struct npu_tensor *in = npu_kernel_in(k, split_input(k));
	int axis = k->node->p.axis.axis;
	bool unpack = k->node->op == NPU_OP_UNPACK;
	struct box box = { .rank = in->rank };
	int64_t stride[NPU_MAX_RANK];

	npu_kernel_strides(in, stride);
	for (int d = 0, to = 0; d < in->rank; d++)
		if (d != axis || !unpack)
			box.stride[to++] = stride[d];
	for (int i = 0; i < k->node->num_outputs; i++) {
		copy_box(k, split_input(k), i, &box);
		box.offset += stride[axis] * (unpack ? 1 : npu_kernel_out(k, i)->dims[axis]);
	}
	return NPU_OK;
}

const struct kernel_ops npu_kernel_SLICE = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check_slice, run_slice
};
const struct kernel_ops npu_kernel_STRIDED_SLICE = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check_strided, run_strided
};
const struct kernel_ops npu_kernel_SPLIT = {
	KERNEL_ALL, 0, 1, KERNEL_SAME_OUT, check_split, run_split
};
const struct kernel_ops npu_kernel_SPLIT_V = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check_split, run_split
};
const struct kernel_ops npu_kernel_UNPACK = {
	KERNEL_ALL, 0, 0, KERNEL_SAME_OUT, check_split, run_split
};
