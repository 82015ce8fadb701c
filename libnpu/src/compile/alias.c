// SPDX-License-Identifier: MIT
/*
 * Which tensors share memory.  A group of tensors has one root, which has a buffer;
 * every other tensor of the group is a box of its parent, or contiguous bytes of it.
 * Reshapes, slices and pads point at their input; inputs of a concatenation point at
 * its output.  Where a group cannot be joined (a halo would be needed inside of it, or
 * two tensors of it must be visible outside), the node becomes a copy instead.
 */
#include "lower_state.h"

#include <string.h>

#include "ir/error.h"

int npu_alias_root(const struct npu_lower *s, int t)
{
	while (s->alias[t].kind != NPU_ALIAS_NONE)
		t = s->alias[t].parent;
	return t;
}

/* View relative to the root, without a buffer. */
static struct npu_view relative_view(const struct npu_lower *s, int t)
{
	const struct npu_alias *a = &s->alias[t];
	struct npu_hwc shape = npu_tensor_hwc(&s->graph->tensors[t]);
	struct npu_view v = { .buf = -1 };

	if (a->kind != NPU_ALIAS_NONE) {
		v = relative_view(s, a->parent);
		if (a->kind == NPU_ALIAS_FLAT) {
			int root = npu_alias_root(s, t);
			struct npu_hwc r = npu_tensor_hwc(&s->graph->tensors[root]);

			if (!v.flat)
				v.offset = (uint32_t)v.y * r.w * r.c;
			v.flat = true;
			v.offset += a->offset;
			v.row_pitch = (uint32_t)shape.w * shape.c;
			v.pix_pitch = shape.c;
			v.y = v.x = v.ch = 0;
		} else if (v.flat) {
			v.offset += a->y * v.row_pitch + a->x * v.pix_pitch + a->c;
		} else {
			v.y += a->y;
			v.x += a->x;
			v.ch += a->c;
		}
	}
	v.h = shape.h;
	v.w = shape.w;
	v.c = shape.c;
	if (s->short_channels[t])
		v.c = npu_tensor_hwc(&s->graph->tensors[a->parent]).c;
	return v;
}

/* Whether the tensor's bytes are contiguous once its root is dense. */
static bool contiguous(const struct npu_lower *s, int t)
{
	struct npu_view v = relative_view(s, t);
	struct npu_hwc r = npu_tensor_hwc(&s->graph->tensors[npu_alias_root(s, t)]);

	if (s->short_channels[t])
		return false;
	if (v.flat)
		return v.pix_pitch == (uint32_t)v.c && v.row_pitch == (uint32_t)v.w * v.c;
	return v.y >= 0 && !v.x && !v.ch && v.w == r.w && v.c == r.c && v.y + v.h <= r.h;
}

static bool same_quant(const struct npu_tensor *a, const struct npu_tensor *b)
{
	return a->dtype == b->dtype && npu_scale(a) == npu_scale(b) && npu_zero(a) == npu_zero(b);
}

static bool same_level(const struct npu_lower *s, int t, int node)
{
	int producer = s->graph->tensors[t].producer;

	return producer >= 0 && s->out->level[producer] == s->out->level[node];
}

/* Which tensors a convolution reads around. */
static void find_padded(struct npu_lower *s)
{
	const struct npu_graph *g = s->graph;
	int i;

	for (i = 0; i < g->num_nodes; i++) {
		const struct npu_node *n = &g->nodes[i];

		if (s->out->level[i] & 1)
			continue;
		if ((n->op == NPU_OP_CONV_2D || n->op == NPU_OP_DEPTHWISE_CONV_2D) &&
		    n->p.conv.padding == NPU_PAD_SAME)
			s->padded[n->inputs[0]] = true;
		if (n->op == NPU_OP_TRANSPOSE_CONV)
			s->padded[n->inputs[2]] = true;
	}
}

/* Which tensors are read as rows of bytes that are not their pixels: no halo may come between. */
static void find_flat(struct npu_lower *s)
{
	const struct npu_graph *g = s->graph;
	int i;

	for (i = 0; i < g->num_nodes; i++) {
		const struct npu_node *n = &g->nodes[i];

		if (!(s->out->level[i] & 1) && n->op == NPU_OP_FULLY_CONNECTED && !s->padded[n->inputs[0]] &&
		    npu_tensor_hwc(npu_in(s, n, 0)).c != npu_in(s, n, 1)->dims[1])
			s->alias[n->inputs[0]].dense = true;
	}
}

/* out is the same bytes as in. */
static bool alias_reshape(struct npu_lower *s, const struct npu_node *n)
{
	int in = n->inputs[n->op == NPU_OP_SPLIT], out = n->outputs[0], root = npu_alias_root(s, in);
	struct npu_hwc a = npu_tensor_hwc(&s->graph->tensors[in]);
	struct npu_hwc b = npu_tensor_hwc(&s->graph->tensors[out]);
	struct npu_alias *r = &s->alias[root];
	bool same = a.h == b.h && a.w == b.w && a.c == b.c;

	if (s->out->external[out]) {
		/* One place outside for the bytes of the whole group. */
		if (r->home >= 0 || s->given[root] || !contiguous(s, in) ||
		    npu_tensor_bytes(&s->graph->tensors[in]) !=
		    npu_tensor_bytes(&s->graph->tensors[root]) || r->halo || s->padded[out])
			return false;
		r->home = out;
		r->dense = true;
		s->alias[out] = (struct npu_alias){ .kind = NPU_ALIAS_FLAT, .parent = in };
		return true;
	}
	if (same && !s->short_channels[in]) {
		if (s->alias[out].dense) {
			if (r->halo || !contiguous(s, in))
				return false;
			r->dense = true;
		}
		if (s->padded[out]) {
			struct npu_view v = relative_view(s, in);
			struct npu_hwc rs = npu_tensor_hwc(&s->graph->tensors[root]);

			if (r->dense || v.flat || v.y || v.x || v.h != rs.h || v.w != rs.w)
				return false;
			r->halo = true;
		}
		s->alias[out] = (struct npu_alias){ .kind = NPU_ALIAS_BOX, .parent = in };
		return true;
	}
	if (!contiguous(s, in) || r->halo || s->padded[out])
		return false;
	r->dense = true;
	s->alias[out] = (struct npu_alias){ .kind = NPU_ALIAS_FLAT, .parent = in };
	return true;
}

/* out is a box of in. */
static bool alias_slice(struct npu_lower *s, const struct npu_node *n, int i)
{
	int in = n->inputs[n->op == NPU_OP_SPLIT], out = n->outputs[i], root = npu_alias_root(s, in);
	struct npu_hwc a = npu_tensor_hwc(&s->graph->tensors[in]);
	struct npu_hwc b = npu_tensor_hwc(&s->graph->tensors[out]);
	struct npu_alias *r = &s->alias[root];
	struct npu_box box;

	npu_slice_box(s->graph, n, i, &box);
	if (s->out->external[out] || box.step[0] != 1 || box.step[1] != 1 || s->short_channels[in])
		return false;
	/* An axis that went away may have changed what height and width are. */
	if (box.size[0] != b.h || box.size[1] != b.w || box.size[2] != b.c)
		return false;
	if (s->alias[out].dense) {
		if (r->halo || !contiguous(s, in) || b.w != a.w || b.c != a.c)
			return false;
		r->dense = true;
	}
	if (s->padded[out]) {
		struct npu_view v = relative_view(s, in);
		struct npu_hwc rs = npu_tensor_hwc(&s->graph->tensors[root]);

		if (r->dense || v.flat || v.y || v.x || v.h != rs.h || v.w != rs.w || box.first[0] ||
		    box.first[1] || b.h != a.h || b.w != a.w)
			return false;
		r->halo = true;
	}
	s->alias[out] = (struct npu_alias){ .kind = NPU_ALIAS_BOX, .parent = in, .y = box.first[0],
					    .x = box.first[1], .c = box.first[2] };
	return true;
}

static int pad_value(const struct npu_lower *s, const struct npu_node *n)
{
	const struct npu_tensor *value;

	if (n->op == NPU_OP_PAD)
		return npu_zero(npu_out(s, n));
	value = npu_in(s, n, 2);
	return value->dtype == NPU_UINT8 ? *(uint8_t *)value->data : *(int8_t *)value->data;
}

/* out reaches into the halo of in; or, in front of an ADD, lacks channels that read as zero. */
static bool alias_pad(struct npu_lower *s, const struct npu_node *n)
{
	int in = n->inputs[0], out = n->outputs[0], root = npu_alias_root(s, in);
	struct npu_hwc rs = npu_tensor_hwc(&s->graph->tensors[root]);
	struct npu_view v = relative_view(s, in);
	int before[3], after[3], i, k;

	npu_pad_amounts(s, n, before, after);
	if (s->out->external[out] || !same_quant(npu_in(s, n, 0), npu_out(s, n)) ||
	    pad_value(s, n) != npu_zero(npu_in(s, n, 0)) || s->short_channels[in])
		return false;
	if (!before[0] && !before[1] && !after[0] && !after[1] && !before[2]) {
		for (i = 0; i < s->graph->num_nodes; i++) {
			const struct npu_node *user = &s->graph->nodes[i];

			for (k = 0; k < user->num_inputs; k++)
				if (user->inputs[k] == out &&
				    (user->op != NPU_OP_ADD || user->inputs[!k] == out ||
				     npu_in(s, user, !k)->data ||
				     npu_tensor_elements(npu_in(s, user, !k)) !=
				     npu_tensor_elements(npu_out(s, n))))
					return false;
		}
		s->alias[out] = (struct npu_alias){ .kind = NPU_ALIAS_BOX, .parent = in };
		s->short_channels[out] = true;
		return true;
	}
	if (before[2] || after[2] || s->alias[root].dense || s->alias[out].dense || v.flat || v.y || v.x ||
	    v.h != rs.h || v.w != rs.w)
		return false;
	s->alias[root].halo = true;
	s->alias[out] = (struct npu_alias){ .kind = NPU_ALIAS_BOX, .parent = in, .y = -before[0],
					    .x = -before[1] };
	return true;
}

/* in becomes a part of out at position at on the joined axis. */
static bool alias_concat_input(struct npu_lower *s, const struct npu_node *n, int i, int axis, int at)
{
	int in = n->inputs[i], out = n->outputs[0], r = npu_alias_root(s, in), q = npu_alias_root(s, out);
	struct npu_hwc a = npu_tensor_hwc(&s->graph->tensors[in]);
	struct npu_hwc o = npu_tensor_hwc(&s->graph->tensors[out]);
	struct npu_alias *ra = &s->alias[r], *qa = &s->alias[q];
	struct npu_view v;

	if (s->given[r] || ra->home >= 0 || r == q || !same_level(s, r, (int)(n - s->graph->nodes)) ||
	    !same_quant(&s->graph->tensors[in], &s->graph->tensors[out]) || s->short_channels[in])
		return false;
	v = relative_view(s, in);
	if (!v.flat && in != r) {
		struct npu_hwc rs = npu_tensor_hwc(&s->graph->tensors[r]);

		/* Same shape under another name (a squeeze): treat the root itself. */
		if (v.y || v.x || v.ch || rs.h != a.h || rs.w != a.w || rs.c != a.c)
			return false;
	}
	if (!v.flat && !ra->dense) {
		if (ra->halo && (axis != 2 || qa->dense))
			return false;
		*ra = (struct npu_alias){ .kind = NPU_ALIAS_BOX, .parent = out, .y = axis == 0 ? at : 0,
					  .x = axis == 1 ? at : 0, .c = axis == 2 ? at : 0,
					  .halo = ra->halo };
		qa->halo |= ra->halo;
		return true;
	}
	/* Contiguous bytes of the result: nothing but ones in front of the joined axis. */
	if (ra->halo || qa->halo || !contiguous(s, in) || !contiguous(s, out) ||
	    npu_tensor_bytes(&s->graph->tensors[in]) != npu_tensor_bytes(&s->graph->tensors[r]) ||
	    s->padded[out] || (axis > 0 && o.h != 1) || (axis > 1 && o.w != 1))
		return false;
	*ra = (struct npu_alias){ .kind = NPU_ALIAS_FLAT, .parent = out,
				  .offset = (uint32_t)at * (axis == 0 ? o.w * o.c : axis == 1 ? o.c : 1) };
	qa->dense = true;
	return true;
}

static void alias_concat(struct npu_lower *s, const struct npu_node *n)
{
	int axis = npu_concat_axis(s->graph, n), at = 0, i;

	for (i = 0; i < n->num_inputs; i++) {
		struct npu_hwc a = npu_tensor_hwc(npu_in(s, n, i));

		alias_concat_input(s, n, i, axis, at);
		at += axis == 0 ? a.h : axis == 1 ? a.w : a.c;
	}
}

npu_status npu_alias_graph(struct npu_lower *s)
{
	const struct npu_graph *g = s->graph;
	int i, k;

	find_padded(s);
	for (i = 0; i < g->num_tensors; i++) {
		s->alias[i].kind = NPU_ALIAS_NONE;
		s->alias[i].buf = -1;
		s->alias[i].home = s->out->external[i] ? i : -1;
		s->alias[i].halo = s->padded[i];
	}
	find_flat(s);
	if (s->out->keep_all)
		return NPU_OK;
	for (i = 0; i < g->num_nodes; i++) {
		const struct npu_node *n = &g->nodes[i];

		if (s->out->level[i] & 1)
			continue;
		switch (n->op) {
		case NPU_OP_RESHAPE:
		case NPU_OP_SQUEEZE:
		case NPU_OP_EXPAND_DIMS:
			s->done[i] = alias_reshape(s, n);
			break;
		case NPU_OP_QUANTIZE:
			s->done[i] = same_quant(npu_in(s, n, 0), npu_out(s, n)) && alias_reshape(s, n);
			break;
		case NPU_OP_SLICE:
		case NPU_OP_STRIDED_SLICE:
		case NPU_OP_SPLIT:
		case NPU_OP_SPLIT_V:
			for (k = 0; k < n->num_outputs; k++)
				alias_slice(s, n, k);
			break;
		case NPU_OP_PAD:
		case NPU_OP_PADV2:
			s->done[i] = alias_pad(s, n);
			break;
		case NPU_OP_CONCATENATION:
			alias_concat(s, n);
			break;
		default:
			break;
		}
	}
	return NPU_OK;
}

struct npu_view npu_tensor_view(struct npu_lower *s, int t)
{
	struct npu_lowered *out = s->out;
	int root = npu_alias_root(s, t);
	struct npu_alias *r = &s->alias[root];
	struct npu_view v = relative_view(s, t);

	if (r->buf < 0) {
		const struct npu_tensor *tensor = &s->graph->tensors[root];
		struct npu_hwc shape = npu_tensor_hwc(tensor);

		if (out->num_bufs == out->cap_bufs)
			return (struct npu_view){ .buf = -1 };	/* sized for every tensor: unreachable */
		r->buf = out->num_bufs++;
		out->bufs[r->buf] = (struct npu_buf){
			.h = shape.h, .w = shape.w, .c = shape.c, .pad = (uint8_t)npu_zero(tensor),
			.dense = r->dense, .tensor = root, .home = r->home, .given = s->given[root],
		};
	}
	v.buf = r->buf;
	return v;
}

uint32_t npu_view_pix_pitch(const struct npu_lowered *lowered, const struct npu_view *view)
{
	return view->flat ? view->pix_pitch : (uint32_t)lowered->bufs[view->buf].c;
}
