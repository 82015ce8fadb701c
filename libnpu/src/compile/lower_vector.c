// SPDX-License-Identifier: MIT
/* Layers without weights: ELTWISE, POOL and RESIZE with arithmetic of the post-processor. */
#include "lower_move.h"

#include <math.h>
#include <stdlib.h>

#include "ir/error.h"

#define DIM_MAX 65535
#define TABLE_ENTRY 8

static void set_input(struct npu_lower *s, struct npu_lop *lop, const struct npu_node *n, int i)
{
	lop->in = npu_tensor_view(s, n->inputs[i]);
	if (npu_in(s, n, i)->dtype == NPU_UINT8)
		lop->mode |= ONPU_CONV_IN_UNSIGNED;
}

/* No rescale, and stored values stay what they are; stage 3 finds the zero point that it needs. */
static void set_identity(struct npu_lop *lop, const struct npu_tensor *t)
{
	lop->post.round = ONPU_ROUND_N;
	lop->post.bias = -npu_zero(t);
	lop->post.zero = (int16_t)npu_zero(t);
	lop->post.min = (int16_t)npu_type_min(t);
	lop->post.max = (int16_t)npu_type_max(t);
}

/* Fuses what follows node n, and sets the layer's output. */
static npu_status fuse_output(struct npu_lower *s, struct npu_lop *lop, const struct npu_node *n)
{
	int result;
	npu_status status = npu_fuse_tail(s, lop, n->outputs[0], false, &result, NULL);

	lop->out = npu_tensor_view(s, result);
	return status;
}

/*
 * The same for a layer that rescales stored values, zero point and all: its post.zero is 0, and arithmetic
 * with a second operand would take that for the zero point.
 */
static npu_status fuse_raw_output(struct npu_lower *s, struct npu_lop *lop, const struct npu_node *n)
{
	int t = n->outputs[0];

	if (s->num_uses[t] != 1 || !npu_zero(npu_out(s, n)) ||
	    !npu_is_binary(s->graph->nodes[s->last_user[t]].op))
		return fuse_output(s, lop, n);
	lop->out = npu_tensor_view(s, t);
	return NPU_OK;
}

npu_status npu_lower_binary(struct npu_lower *s, const struct npu_node *n)
{
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_ELTWISE, n);
	int v = npu_binary_main(s->graph, n);
	npu_status status;

	if (!lop)
		return NPU_ERR_NOMEM;
	if (v < 0)
		return npu_limit(s, n, "both operands are broadcast");
	/* The first operand must be there in all channels, the second one not. */
	if (s->short_channels[n->inputs[v]]) {
		v = !v;
		if (s->short_channels[n->inputs[v]])
			return npu_limit(s, n, "both operands are padded in channels");
	}
	set_input(s, lop, n, v);
	set_identity(lop, npu_in(s, n, v));
	if (n->op == NPU_OP_MAXIMUM || n->op == NPU_OP_MINIMUM)
		lop->post.bias = lop->post.zero = 0;
	status = npu_post_binary(s, lop, n, v);
	if (!status)
		status = fuse_output(s, lop, n);
	if (status)
		return status;
	return npu_part_whole(lop) ? NPU_OK : NPU_ERR_NOMEM;
}

npu_status npu_lower_unary(struct npu_lower *s, const struct npu_node *n)
{
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_ELTWISE, n);
	struct npu_hwc in = npu_tensor_hwc(npu_in(s, n, 0)), out = npu_tensor_hwc(npu_out(s, n));
	npu_status status;

	if (!lop)
		return NPU_ERR_NOMEM;
	if (in.h != out.h || in.w != out.w || in.c != out.c)
		return npu_limit(s, n, "the input is broadcast");
	set_input(s, lop, n, 0);
	set_identity(lop, npu_in(s, n, 0));
	lop->post.bias = lop->post.zero = 0;
	status = npu_post_act(s, lop, n);
	if (!status)
		status = fuse_output(s, lop, n);
	if (status)
		return status;
	return npu_part_whole(lop) ? NPU_OK : NPU_ERR_NOMEM;
}

/* ---- POOL ---------------------------------------------------------------------- */

/* Neighbouring output rows, or columns, whose windows lose the same to the border. */
struct span {
	int first, count;	/* outputs */
	int in;			/* first input of the first one's window */
	int size;		/* of the windows */
};

static struct span pool_span(int first, int outs, int ins, int kernel, int stride, int pad)
{
	struct span s = { .first = first };
	int lost = 0, i;

	for (i = first; i < outs; i++) {
		int from = i * stride - pad, skip = from < 0 ? -from : 0;
		int to = from + kernel > ins ? ins : from + kernel, size = to - from - skip;

		if (i == first) {
			s.in = from + skip;
			s.size = size;
			lost = skip;
		} else if (size != s.size || skip != lost) {
			break;
		}
		s.count++;
	}
	return s;
}

static npu_status pool_part(struct npu_lower *s, const struct npu_node *n, struct npu_lop *lop,
			    const struct span *y, const struct span *x)
{
	struct npu_part *part;
	struct npu_rescale r;

	if (y->size < 1 || x->size < 1)
		return npu_limit(s, n, "a window lies outside of the input");
	if (y->size > DIM_MAX || x->size > DIM_MAX || n->p.pool.stride_h > DIM_MAX ||
	    n->p.pool.stride_w > DIM_MAX)
		return npu_limit(s, n, "window or stride above 65535");
	part = npu_part_new(lop);
	if (!part)
		return NPU_ERR_NOMEM;
	part->h = y->count;
	part->w = x->count;
	part->c = lop->out.c;
	part->out_y = y->first;
	part->out_x = x->first;
	part->in_y = y->in;
	part->in_x = x->in;
	part->in_ystep = n->p.pool.stride_h;
	part->in_xstep = n->p.pool.stride_w;
	part->win_h = part->kernel_h = y->size;
	part->win_w = part->kernel_w = x->size;
	if (lop->pool == ONPU_POOL_MAX)
		return NPU_OK;
	if (!npu_rescale_average((uint32_t)y->size * x->size, &r))
		return npu_limit(s, n, "an average over more than 4096 pixels");
	part->mult = r.mult;
	part->shift = r.shift;
	return NPU_OK;
}

npu_status npu_lower_pool(struct npu_lower *s, const struct npu_node *n)
{
	const struct npu_tensor *in = npu_in(s, n, 0), *out = npu_out(s, n);
	struct npu_hwc is = npu_tensor_hwc(in), os = npu_tensor_hwc(out);
	int kh = n->p.pool.filter_h, kw = n->p.pool.filter_w, min, max;
	int sh = n->p.pool.stride_h, sw = n->p.pool.stride_w;
	int pad_h = npu_pad_before(n->p.pool.padding, is.h, os.h, kh, sh, 1);
	int pad_w = npu_pad_before(n->p.pool.padding, is.w, os.w, kw, sw, 1);
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_POOL, n);
	struct span y = { 0 }, x;
	npu_status status;

	if (!lop)
		return NPU_ERR_NOMEM;
	set_input(s, lop, n, 0);
	npu_act_range(n->p.pool.act, out, &min, &max);
	if (n->op == NPU_OP_MAX_POOL_2D) {
		lop->pool = ONPU_POOL_MAX;
		set_identity(lop, out);
	} else {
		lop->pool = ONPU_POOL_SUM;
		lop->post.round = ONPU_ROUND_A;
	}
	lop->post.min = (int16_t)min;
	lop->post.max = (int16_t)max;
	if (n->op == NPU_OP_MAX_POOL_2D)
		status = fuse_output(s, lop, n);
	else
		status = fuse_raw_output(s, lop, n);
	while (!status && y.first + y.count < os.h) {
		y = pool_span(y.first + y.count, os.h, is.h, kh, sh, pad_h);
		x = (struct span){ 0 };
		while (!status && x.first + x.count < os.w) {
			x = pool_span(x.first + x.count, os.w, is.w, kw, sw, pad_w);
			status = pool_part(s, n, lop, &y, &x);
		}
	}
	return status;
}

/* ---- MEAN ---------------------------------------------------------------------- */

/* Which of height and width a mean goes over. */
static void mean_axes(const struct npu_lower *s, const struct npu_node *n, bool *over_h, bool *over_w)
{
	const struct npu_tensor *in = npu_in(s, n, 0), *axes = npu_in(s, n, 1);
	size_t i;

	*over_h = *over_w = false;
	for (i = 0; i < npu_tensor_elements(axes); i++) {
		int64_t axis = npu_const_int(axes, i);

		axis += axis < 0 ? in->rank : 0;
		if (axis == in->rank - 2)
			*over_w = true;
		else
			*over_h = true;
	}
}

/* TFLite divides the multiplier, not the scale, with as many more bits as the quotient can hold. */
static bool mean_rescale(double scale, int count, struct npu_rescale *r)
{
	int bits = 31 - __builtin_clz((unsigned)count);

	if (!npu_rescale_from_double(scale, r))
		return false;
	if (bits > 31 + r->shift)
		bits = 31 + r->shift;
	r->mult = (int32_t)(((int64_t)r->mult << bits) / count);
	r->shift = (int8_t)(r->shift - bits);
	return true;
}

npu_status npu_lower_mean(struct npu_lower *s, const struct npu_node *n)
{
	const struct npu_tensor *in = npu_in(s, n, 0), *out = npu_out(s, n);
	struct npu_hwc is = npu_tensor_hwc(in), os = npu_tensor_hwc(out), shape = is;
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_POOL, n);
	struct npu_part *part;
	struct npu_rescale r;
	npu_status status;
	bool over_h, over_w;
	int count;

	if (!lop)
		return NPU_ERR_NOMEM;
	mean_axes(s, n, &over_h, &over_w);
	shape.h = over_h ? 1 : is.h;
	shape.w = over_w ? 1 : is.w;
	count = (over_h ? is.h : 1) * (over_w ? is.w : 1);
	if (is.h > DIM_MAX || is.w > DIM_MAX)
		return npu_limit(s, n, "dimension above 65535");
	if (!mean_rescale((double)npu_scale(in) / (double)npu_scale(out), count, &r))
		return npu_limit(s, n, "a ratio of scales is too large for the post-processor");
	set_input(s, lop, n, 0);
	lop->pool = ONPU_POOL_SUM;
	lop->post.round = ONPU_ROUND_D;
	lop->post.bias = -count * npu_zero(in);
	lop->post.mult = r.mult;
	lop->post.shift = r.shift;
	lop->post.zero = (int16_t)npu_zero(out);
	lop->post.min = (int16_t)npu_type_min(out);
	lop->post.max = (int16_t)npu_type_max(out);
	if (os.h == shape.h && os.w == shape.w && os.c == shape.c) {
		status = fuse_output(s, lop, n);
		if (status)
			return status;
	} else {
		/* Without the dimension that went away, height and width are others. */
		struct npu_view v = npu_tensor_view(s, n->outputs[0]);

		if (!npu_view_contiguous(s, &v))
			return npu_limit(s, n, "the output's bytes are not contiguous");
		lop->out = npu_view_reshape(s, &v, shape);
	}
	part = npu_part_whole(lop);
	if (!part)
		return NPU_ERR_NOMEM;
	part->win_h = part->kernel_h = over_h ? is.h : 1;
	part->win_w = part->kernel_w = over_w ? is.w : 1;
	return NPU_OK;
}

/* ---- RESIZE -------------------------------------------------------------------- */

/* Where an output row or column lies, between two of the input. */
struct sample {
	int first, second, fraction;	/* fraction in 1/1024 */
};

static struct sample bilinear_sample(const struct npu_node *n, int at, int ins, int outs)
{
	int64_t step = (1024 * (int64_t)ins + outs / 2) / outs, pos;
	struct sample s;

	if (n->p.resize.align_corners && outs > 1)
		step = (1024 * (int64_t)(ins - 1) + (outs - 1) / 2) / (outs - 1);
	pos = at * step;
	if (n->p.resize.half_pixel_centers)
		pos += step / 2 - 512;
	s.first = pos > 0 ? (int)(pos / 1024) : 0;
	s.second = (int)((pos + 1023) / 1024);
	if (s.first > ins - 1)
		s.first = ins - 1;
	if (s.second > ins - 1)
		s.second = ins - 1;
	/* In front of the first and behind the last, TFLite's fraction is any: both samples are the same. */
	s.fraction = s.first == s.second ? 0 : (int)(pos - 1024 * (int64_t)s.first);
	return s;
}

static struct sample nearest_sample(const struct npu_node *n, int at, int ins, int outs)
{
	bool corners = n->p.resize.align_corners;
	/* In float32, as TFLite does it. */
	float step = corners && outs > 1 ? (float)(ins - 1) / (float)(outs - 1) : (float)ins / (float)outs;
	float pos = ((float)at + (n->p.resize.half_pixel_centers ? 0.5f : 0.0f)) * step;
	int i = (int)(corners ? roundf(pos) : floorf(pos));

	if (i > ins - 1)
		i = ins - 1;
	return (struct sample){ i, i, 0 };
}

static npu_status resize_table(const struct npu_node *n, struct npu_blob *blob, int ins, int outs)
{
	int i;

	blob->data = calloc(outs, TABLE_ENTRY);
	if (!blob->data)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	blob->size = (uint32_t)outs * TABLE_ENTRY;
	for (i = 0; i < outs; i++) {
		struct sample s = n->op == NPU_OP_RESIZE_BILINEAR ? bilinear_sample(n, i, ins, outs) :
				  nearest_sample(n, i, ins, outs);
		uint8_t *entry = blob->data + (size_t)i * TABLE_ENTRY;

		entry[0] = (uint8_t)s.first;
		entry[1] = (uint8_t)(s.first >> 8);
		entry[2] = (uint8_t)s.second;
		entry[3] = (uint8_t)(s.second >> 8);
		entry[4] = (uint8_t)s.fraction;
		entry[5] = (uint8_t)(s.fraction >> 8);
	}
	return NPU_OK;
}

npu_status npu_lower_resize(struct npu_lower *s, const struct npu_node *n)
{
	const struct npu_tensor *in = npu_in(s, n, 0), *out = npu_out(s, n);
	struct npu_hwc is = npu_tensor_hwc(in), os = npu_tensor_hwc(out);
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_RESIZE, n);
	npu_status status;

	if (!lop)
		return NPU_ERR_NOMEM;
	if (is.h > DIM_MAX || is.w > DIM_MAX)
		return npu_limit(s, n, "dimension above 65535");
	set_input(s, lop, n, 0);
	/* Products have 20 fractional bits. */
	lop->post.round = ONPU_ROUND_A;
	lop->post.mult = 1 << 30;
	lop->post.shift = -19;
	lop->post.min = (int16_t)npu_type_min(out);
	lop->post.max = (int16_t)npu_type_max(out);
	status = resize_table(n, &lop->blob[NPU_BLOB_ROWS], is.h, os.h);
	if (!status)
		status = resize_table(n, &lop->blob[NPU_BLOB_COLUMNS], is.w, os.w);
	if (!status)
		status = fuse_raw_output(s, lop, n);
	if (status)
		return status;
	return npu_part_whole(lop) ? NPU_OK : NPU_ERR_NOMEM;
}
