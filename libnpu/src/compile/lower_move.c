// SPDX-License-Identifier: MIT
/* Nodes that only move bytes, where the bytes could not stay where they are: copies by ELTWISE. */
#include "lower_move.h"

#include "ir/error.h"

#define DIM_MAX 65535
/* Bytes of a row when it does not matter what a row is. */
#define RUN_BYTES 4096
#define LONG_RUN_BYTES 32768

static bool same_shape(struct npu_hwc a, struct npu_hwc b)
{
	return a.h == b.h && a.w == b.w && a.c == b.c;
}

static struct npu_hwc view_shape(const struct npu_view *v)
{
	return (struct npu_hwc){ v->h, v->w, v->c };
}

/* Bytes from the buffer's first to the view's, as if the buffer were dense. */
static uint32_t view_offset(const struct npu_lower *s, const struct npu_view *v)
{
	const struct npu_buf *b = &s->out->bufs[v->buf];

	return v->flat ? v->offset : ((uint32_t)v->y * b->w + v->x) * b->c + v->ch;
}

static uint32_t view_row_pitch(const struct npu_lower *s, const struct npu_view *v)
{
	const struct npu_buf *b = &s->out->bufs[v->buf];

	return v->flat ? v->row_pitch : (uint32_t)b->w * b->c;
}

bool npu_view_contiguous(const struct npu_lower *s, const struct npu_view *v)
{
	const struct npu_buf *b = &s->out->bufs[v->buf];

	if (!v->flat && (s->alias[b->tensor].halo || v->y < 0 || v->x < 0 || v->ch < 0 ||
			 v->y + v->h > b->h || v->x + v->w > b->w || v->ch + v->c > b->c))
		return false;
	return ((v->w == 1 && v->h == 1) || npu_view_pix_pitch(s->out, v) == (uint32_t)v->c) &&
	       (v->h == 1 || view_row_pitch(s, v) == (uint32_t)v->w * v->c);
}

struct npu_view npu_view_reshape(struct npu_lower *s, const struct npu_view *v, struct npu_hwc shape)
{
	struct npu_view flat = { .buf = v->buf, .h = shape.h, .w = shape.w, .c = shape.c, .flat = true,
				 .offset = view_offset(s, v),
				 .row_pitch = (uint32_t)shape.w * shape.c, .pix_pitch = shape.c };

	s->out->bufs[v->buf].dense = true;
	return flat;
}

/* The part of a view that begins at (y, x, c). */
static struct npu_view sub_view(const struct npu_view *v, int y, int x, int c, struct npu_hwc shape)
{
	struct npu_view sub = *v;

	sub.h = shape.h;
	sub.w = shape.w;
	sub.c = shape.c;
	if (v->flat) {
		sub.offset += y * v->row_pitch + x * v->pix_pitch + c;
	} else {
		sub.y += y;
		sub.x += x;
		sub.ch += c;
	}
	return sub;
}

/* Whether two views are the same bytes. */
static bool same_place(const struct npu_lower *s, const struct npu_view *a, const struct npu_view *b)
{
	if (a->buf != b->buf || !same_shape(view_shape(a), view_shape(b)))
		return false;
	if (!a->flat && !b->flat)
		return a->y == b->y && a->x == b->x && a->ch == b->ch;
	return view_offset(s, a) == view_offset(s, b) &&
	       (a->h == 1 || view_row_pitch(s, a) == view_row_pitch(s, b)) &&
	       (a->w == 1 || npu_view_pix_pitch(s->out, a) == npu_view_pix_pitch(s->out, b));
}

static struct npu_box whole_box(struct npu_hwc shape)
{
	return (struct npu_box){ { 0, 0, 0 }, { 1, 1, 1 }, { shape.h, shape.w, shape.c } };
}

/* A layer that copies a box of one view to another view of the box's size. */
static npu_status copy_box(struct npu_lower *s, const struct npu_node *n, const struct npu_view *in,
			   const struct npu_box *box, const struct npu_view *out)
{
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_ELTWISE, n);
	struct npu_part *part;

	if (!lop)
		return NPU_ERR_NOMEM;
	if (out->h > DIM_MAX || out->w > DIM_MAX || out->c > DIM_MAX)
		return npu_limit(s, n, "dimension above 65535");
	lop->in = *in;
	lop->out = *out;
	part = npu_part_whole(lop);
	if (!part)
		return NPU_ERR_NOMEM;
	part->in_y = box->first[0];
	part->in_x = box->first[1];
	part->in_c = box->first[2];
	part->in_ystep = box->step[0];
	part->in_xstep = box->step[1];
	/* The maximum of one pixel: POOL steps over rows that a ring holds, ELTWISE does not. */
	if (box->step[0] > 1 && box->step[0] <= DIM_MAX && box->step[1] <= DIM_MAX) {
		lop->kind = ONPU_OPCODE_POOL;
		lop->pool = ONPU_POOL_MAX;
	}
	return NPU_OK;
}

/* Copies contiguous bytes.  What does not fill a row is a layer of its own: views hold whole rows. */
static npu_status copy_bytes(struct npu_lower *s, const struct npu_node *n, const struct npu_view *in,
			     const struct npu_view *out)
{
	uint32_t bytes = (uint32_t)in->h * in->w * in->c;
	uint32_t run = bytes / RUN_BYTES > DIM_MAX ? LONG_RUN_BYTES : RUN_BYTES;
	struct npu_hwc shape = { (int)(bytes / run), 1, (int)run };
	npu_status status = NPU_OK;
	struct npu_view from, to;
	struct npu_box box;

	if (shape.h) {
		from = npu_view_reshape(s, in, shape);
		to = npu_view_reshape(s, out, shape);
		box = whole_box(shape);
		status = copy_box(s, n, &from, &box, &to);
	}
	shape = (struct npu_hwc){ 1, 1, (int)(bytes % run) };
	if (status || !shape.c)
		return status;
	from = npu_view_reshape(s, in, shape);
	from.offset += bytes - shape.c;
	to = npu_view_reshape(s, out, shape);
	to.offset += bytes - shape.c;
	box = whole_box(shape);
	return copy_box(s, n, &from, &box, &to);
}

/* Copies a box of the view in to all of out, whose shape may be another one. */
static npu_status copy(struct npu_lower *s, const struct npu_node *n, const struct npu_view *in,
		       const struct npu_box *box, const struct npu_view *out)
{
	struct npu_hwc shape = { box->size[0], box->size[1], box->size[2] };
	struct npu_view from = sub_view(in, box->first[0], box->first[1], box->first[2], shape), to;
	bool in_bytes, out_bytes = npu_view_contiguous(s, out);
	struct npu_box all;

	if (same_shape(shape, view_shape(out)))
		return copy_box(s, n, in, box, out);
	in_bytes = box->step[0] == 1 && box->step[1] == 1 && npu_view_contiguous(s, &from);
	if (in_bytes && out_bytes)
		return copy_bytes(s, n, &from, out);
	if (out_bytes) {
		to = npu_view_reshape(s, out, shape);
		return copy_box(s, n, in, box, &to);
	}
	if (in_bytes) {
		from = npu_view_reshape(s, &from, view_shape(out));
		all = whole_box(view_shape(out));
		return copy_box(s, n, &from, &all, out);
	}
	return npu_limit(s, n, "neither the input's nor the output's bytes are contiguous");
}

static npu_status lower_reshape(struct npu_lower *s, const struct npu_node *n)
{
	struct npu_view in = npu_tensor_view(s, n->inputs[0]), out = npu_tensor_view(s, n->outputs[0]);
	struct npu_box box = whole_box(view_shape(&in));

	return copy(s, n, &in, &box, &out);
}

static npu_status lower_slice(struct npu_lower *s, const struct npu_node *n)
{
	int from = n->inputs[n->op == NPU_OP_SPLIT], i;
	npu_status status = NPU_OK;

	for (i = 0; !status && i < n->num_outputs; i++) {
		int t = n->outputs[i];
		struct npu_view in, out;
		struct npu_box box;

		/* A box of the input, or nobody's. */
		if ((s->alias[t].kind != NPU_ALIAS_NONE && s->alias[t].parent == from) ||
		    (!s->num_uses[t] && !s->out->external[t]))
			continue;
		if (!npu_slice_box(s->graph, n, i, &box))
			return npu_limit(s, n, "what it takes is no box of height, width and channels");
		in = npu_tensor_view(s, from);
		out = npu_tensor_view(s, t);
		status = copy(s, n, &in, &box, &out);
	}
	return status;
}

static npu_status lower_pad(struct npu_lower *s, const struct npu_node *n)
{
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_ELTWISE, n);
	int before[3], after[3];
	struct npu_part *part;

	if (!lop)
		return NPU_ERR_NOMEM;
	if (!npu_pad_amounts(s, n, before, after))
		return npu_limit(s, n, "pads a leading dimension, or by amounts that are not constant");
	lop->in = npu_tensor_view(s, n->inputs[0]);
	lop->out = npu_tensor_view(s, n->outputs[0]);
	lop->prefill = true;
	lop->fill = n->op == NPU_OP_PAD ? (uint8_t)npu_zero(npu_out(s, n)) :
		*(const uint8_t *)npu_in(s, n, 2)->data;
	part = npu_part_new(lop);
	if (!part)
		return NPU_ERR_NOMEM;
	part->h = lop->in.h;
	part->w = lop->in.w;
	part->c = lop->in.c;
	part->out_y = before[0];
	part->out_x = before[1];
	part->out_c = before[2];
	return NPU_OK;
}

/* Input i of a concatenation to where it belongs in the output. */
static npu_status place_input(struct npu_lower *s, const struct npu_node *n, int i,
			      const struct npu_view *to)
{
	const struct npu_tensor *in = npu_in(s, n, i), *out = npu_out(s, n);
	struct npu_view from = npu_tensor_view(s, n->inputs[i]);
	struct npu_box box = whole_box(view_shape(&from));
	bool same = npu_scale(in) == npu_scale(out) && npu_zero(in) == npu_zero(out);
	struct npu_node one = *n;
	struct npu_lop *lop;
	npu_status status;

	if (same_place(s, &from, to))
		return NPU_OK;
	status = copy_box(s, n, &from, &box, to);
	/* As the kernel has it: no quantization, no rescale. */
	if (status || same || !in->quant.n || !out->quant.n)
		return status;
	lop = &s->out->lops[s->out->num_lops - 1];
	if (in->dtype == NPU_UINT8)
		lop->mode |= ONPU_CONV_IN_UNSIGNED;
	one.inputs = &n->inputs[i];
	one.num_inputs = 1;
	return npu_post_act(s, lop, &one);
}

static npu_status lower_concat(struct npu_lower *s, const struct npu_node *n)
{
	int axis = npu_concat_axis(s->graph, n), at[3] = { 0, 0, 0 }, i;
	struct npu_view out = npu_tensor_view(s, n->outputs[0]);
	npu_status status = NPU_OK;

	if (axis < 0)
		return npu_limit(s, n, "joins a leading dimension");
	if (n->p.axis.act != NPU_ACT_NONE)
		return npu_limit(s, n, "fused activation");
	for (i = 0; !status && i < n->num_inputs; i++) {
		struct npu_hwc shape = npu_tensor_hwc(npu_in(s, n, i));
		struct npu_view to = sub_view(&out, at[0], at[1], at[2], shape);

		status = place_input(s, n, i, &to);
		at[axis] += axis == 0 ? shape.h : axis == 1 ? shape.w : shape.c;
	}
	return status;
}

static npu_status lower_depth_to_space(struct npu_lower *s, const struct npu_node *n)
{
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_ELTWISE, n);
	int block = n->p.block.block_size, dy, dx, channels;
	bool joined;

	if (!lop)
		return NPU_ERR_NOMEM;
	lop->in = npu_tensor_view(s, n->inputs[0]);
	lop->out = npu_tensor_view(s, n->outputs[0]);
	channels = lop->out.c;
	/* A row of a block is one run of bytes on both sides. */
	joined = npu_view_pix_pitch(s->out, &lop->out) == (uint32_t)channels &&
		 (int64_t)block * channels <= DIM_MAX;
	for (dy = 0; dy < block; dy++) {
		for (dx = 0; dx < (joined ? 1 : block); dx++) {
			struct npu_part *part = npu_part_new(lop);

			if (!part)
				return NPU_ERR_NOMEM;
			part->h = lop->in.h;
			part->w = lop->in.w;
			part->c = joined ? block * channels : channels;
			part->out_y = dy;
			part->out_x = dx;
			part->out_ystep = part->out_xstep = block;
			part->in_c = (dy * block + dx) * channels;
		}
	}
	return NPU_OK;
}

npu_status npu_lower_move(struct npu_lower *s, const struct npu_node *n)
{
	switch (n->op) {
	case NPU_OP_SLICE:
	case NPU_OP_STRIDED_SLICE:
	case NPU_OP_SPLIT:
	case NPU_OP_SPLIT_V:
		return lower_slice(s, n);
	case NPU_OP_PAD:
	case NPU_OP_PADV2:
		return lower_pad(s, n);
	case NPU_OP_CONCATENATION:
		return lower_concat(s, n);
	case NPU_OP_DEPTH_TO_SPACE:
		return lower_depth_to_space(s, n);
	case NPU_OP_RESHAPE:
	case NPU_OP_SQUEEZE:
	case NPU_OP_EXPAND_DIMS:
	case NPU_OP_QUANTIZE:
		return lower_reshape(s, n);
	default:
		return npu_limit(s, n, "no such operator on the NPU");
	}
}
