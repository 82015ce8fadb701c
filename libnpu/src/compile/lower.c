// SPDX-License-Identifier: MIT
/* From graph to layers: order, fusion, and what is common to all kinds of layers. */
#include "lower_state.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "kernels/kernels.h"

npu_status npu_limit(struct npu_lower *s, const struct npu_node *n, const char *reason)
{
	s->out->failed_node = (int)(n - s->graph->nodes);
	return npu_fail(NPU_ERR_LIMIT, "%s", reason);
}

void npu_act_range(enum npu_act act, const struct npu_tensor *out, int *min, int *max)
{
	float scale = npu_scale(out);
	int zero = npu_zero(out);
	float lo = act == NPU_ACT_RELU || act == NPU_ACT_RELU6 ? 0.0f : -1.0f;
	float hi = act == NPU_ACT_RELU6 ? 6.0f : 1.0f;

	*min = npu_type_min(out);
	*max = npu_type_max(out);
	if (act == NPU_ACT_NONE)
		return;
	/* TFLite quantizes the bounds in float32, half away from zero. */
	lo = roundf(lo / scale) + (float)zero;
	hi = roundf(hi / scale) + (float)zero;
	if (lo > (float)*min)
		*min = lo > (float)*max ? *max : (int)lo;
	if (act != NPU_ACT_RELU && hi < (float)*max)
		*max = hi < (float)*min ? *min : (int)hi;
}

static npu_status grow(void *array, int *capacity, int count, size_t size)
{
	void **p = array, *bigger;
	int wanted = *capacity ? 2 * *capacity : 8;

	if (count < *capacity)
		return NPU_OK;
	bigger = realloc(*p, (size_t)wanted * size);
	if (!bigger)
		return npu_fail(NPU_ERR_NOMEM, "out of memory while lowering the graph");
	*p = bigger;
	*capacity = wanted;
	return NPU_OK;
}

struct npu_lop *npu_lop_new(struct npu_lower *s, enum onpu_opcode kind, const struct npu_node *n)
{
	struct npu_lowered *out = s->out;
	struct npu_lop *lop;
	int index = (int)(n - s->graph->nodes);

	if (grow(&out->lops, &out->cap_lops, out->num_lops, sizeof(*out->lops)))
		return NULL;
	lop = &out->lops[out->num_lops++];
	memset(lop, 0, sizeof(*lop));
	lop->kind = kind;
	lop->node = index;
	lop->tensor = n->outputs[0];
	lop->level = out->level[index];
	lop->in.buf = lop->op2.buf = lop->out.buf = -1;
	lop->dilation_h = lop->dilation_w = 1;
	lop->post.min = -128;
	lop->post.max = 255;
	return lop;
}

struct npu_part *npu_part_new(struct npu_lop *lop)
{
	struct npu_part *part;

	if (grow(&lop->parts, &lop->cap_parts, lop->num_parts, sizeof(*part)))
		return NULL;
	part = &lop->parts[lop->num_parts++];
	memset(part, 0, sizeof(*part));
	part->out_ystep = part->out_xstep = part->in_ystep = part->in_xstep = 1;
	part->win_h = part->win_w = part->kernel_h = part->kernel_w = 1;
	return part;
}

struct npu_part *npu_part_whole(struct npu_lop *lop)
{
	struct npu_part *part = npu_part_new(lop);

	if (part) {
		part->h = lop->out.h;
		part->w = lop->out.w;
		part->c = lop->out.c;
	}
	return part;
}

static npu_status set_detail(struct npu_lower *s, int node, const char *format, int arg)
{
	struct npu_node_placement *p = &s->out->placement[node];
	char text[160];

	snprintf(text, sizeof(text), format, npu_op_name(s->graph->nodes[arg].op),
		 s->graph->nodes[arg].index);
	free(p->detail);
	p->detail = strdup(text);
	return p->detail ? NPU_OK : npu_fail(NPU_ERR_NOMEM, "out of memory");
}

npu_status npu_placement_add(struct npu_node_placement *placement, const char *format, ...)
{
	char text[160], *detail;
	va_list args;
	size_t size;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	size = strlen(placement->detail) + strlen(text) + 1;
	detail = malloc(size);
	if (!detail)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	snprintf(detail, size, "%s%s", placement->detail, text);
	free(placement->detail);
	placement->detail = detail;
	return NPU_OK;
}

static npu_status set_rescale(struct npu_lower *s, const struct npu_node *n, double scale,
			      int32_t *mult, int8_t *shift)
{
	struct npu_rescale r;

	if (!npu_rescale_from_double(scale, &r))
		return npu_limit(s, n, "a ratio of scales is too large for the post-processor");
	*mult = r.mult;
	*shift = r.shift;
	return NPU_OK;
}

npu_status npu_post_binary(struct npu_lower *s, struct npu_lop *lop, const struct npu_node *n,
			   int v_input)
{
	const struct npu_tensor *v = npu_in(s, n, v_input), *x = npu_in(s, n, !v_input);
	const struct npu_tensor *out = npu_out(s, n);
	struct onpu_post *p = &lop->post;
	bool one_channel;
	npu_status status;
	int min, max;

	lop->op2 = npu_tensor_view(s, n->inputs[!v_input]);
	npu_broadcasts(x, out, &lop->op2_ystep, &lop->op2_xstep, &one_channel);
	if (one_channel)
		p->flags |= ONPU_POST_OP2_ONE_CHANNEL;
	if (x->dtype == NPU_UINT8)
		p->flags |= ONPU_POST_OP2_UNSIGNED;
	p->op2_channels = (uint16_t)lop->op2.c;
	p->op2_zero = (int16_t)npu_zero(x);
	npu_act_range(npu_is_binary(n->op) && n->op != NPU_OP_MAXIMUM && n->op != NPU_OP_MINIMUM ?
		      n->p.arith.act : NPU_ACT_NONE, out, &min, &max);
	p->min_o = (int16_t)min;
	p->max_o = (int16_t)max;

	switch (n->op) {
	case NPU_OP_MAXIMUM:
	case NPU_OP_MINIMUM:
		p->op2_op = n->op == NPU_OP_MAXIMUM ? ONPU_OP2_MAX : ONPU_OP2_MIN;
		p->op2_zero = 0;
		return NPU_OK;
	case NPU_OP_MUL:
		p->op2_op = ONPU_OP2_MUL;
		p->zero_o = (int16_t)npu_zero(out);
		/* TFLite forms this scale in float32. */
		return set_rescale(s, n, npu_scale(&s->graph->tensors[n->inputs[0]]) *
				   npu_scale(&s->graph->tensors[n->inputs[1]]) / npu_scale(out),
				   &p->mult_o, &p->shift_o);
	default: {
		double sv = npu_scale(v), sx = npu_scale(x), twice = 2.0 * (sv > sx ? sv : sx);

		p->op2_op = n->op == NPU_OP_ADD ? ONPU_OP2_ADD : v_input ? ONPU_OP2_RSUB : ONPU_OP2_SUB;
		p->left_shift = 20;
		p->zero_o = (int16_t)npu_zero(out);
		status = set_rescale(s, n, sv / twice, &p->mult_v, &p->shift_v);
		if (!status)
			status = set_rescale(s, n, sx / twice, &p->mult_x, &p->shift_x);
		if (!status)
			status = set_rescale(s, n, twice / ((double)(1 << 20) * npu_scale(out)), &p->mult_o,
					     &p->shift_o);
		return status;
	}
	}
}

/*
 * The table of a unary operator is what its reference kernel makes of the 256 values, each at the place of
 * its byte.
 */
static npu_status unary_table(struct npu_lower *s, const struct npu_node *n, uint8_t *table)
{
	struct npu_tensor t[2] = { s->graph->tensors[n->inputs[0]], s->graph->tensors[n->outputs[0]] };
	int inputs[1] = { 0 }, outputs[1] = { 1 };
	struct npu_node one = *n;
	struct npu_graph g = { .num_tensors = 2, .tensors = t, .num_nodes = 1, .nodes = &one };
	uint8_t values[256] __attribute__((aligned(16))), results[256] __attribute__((aligned(16)));
	void *data[2] = { values, results };
	npu_status status;
	int i;

	for (i = 0; i < 2; i++) {
		t[i].rank = 1;
		t[i].dims[0] = 256;
	}
	t[0].data = NULL;
	one.inputs = inputs;
	one.num_inputs = 1;
	one.outputs = outputs;
	one.num_outputs = 1;
	if (n->op == NPU_OP_CONCATENATION) {
		one.p.axis.axis = 0;
		one.p.axis.act = NPU_ACT_NONE;
	}
	for (i = 0; i < 256; i++)
		values[i] = (uint8_t)i;
	status = npu_kernel_supports(&g, &one);
	if (!status)
		status = npu_kernel_run(&g, &one, data);
	if (!status)
		memcpy(table, results, 256);
	return status;
}

npu_status npu_post_act(struct npu_lower *s, struct npu_lop *lop, const struct npu_node *n)
{
	const struct npu_tensor *in = npu_in(s, n, 0), *out = npu_out(s, n);
	struct npu_blob *blob = &lop->blob[NPU_BLOB_ACT];
	struct onpu_post *p = &lop->post;
	const struct npu_tensor *alpha;
	npu_status status;
	int channels, i;
	size_t count;

	if (n->op != NPU_OP_PRELU) {
		p->act = ONPU_ACT_TABLE;
		blob->size = 256;
		blob->data = malloc(256);
		return blob->data ? unary_table(s, n, blob->data) : npu_fail(NPU_ERR_NOMEM, "out of memory");
	}
	alpha = npu_in(s, n, 1);
	channels = npu_tensor_hwc(out).c;
	count = npu_tensor_elements(alpha);
	p->act = ONPU_ACT_PRELU;
	p->act_zero = (int16_t)npu_zero(in);
	p->alpha_zero = (int16_t)npu_zero(alpha);
	p->zero_a = (int16_t)npu_zero(out);
	p->min_a = (int16_t)npu_type_min(out);
	p->max_a = (int16_t)npu_type_max(out);
	if (alpha->dtype == NPU_UINT8)
		p->flags |= ONPU_POST_ALPHA_UNSIGNED;
	/* Both scales in float32, as TFLite forms them. */
	status = set_rescale(s, n, npu_scale(in) / npu_scale(out), &p->mult_p, &p->shift_p);
	if (!status)
		status = set_rescale(s, n, npu_scale(in) * npu_scale(alpha) / npu_scale(out), &p->mult_n,
				     &p->shift_n);
	if (status)
		return status;
	blob->size = (uint32_t)channels;
	blob->data = malloc(channels);
	if (!blob->data)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	for (i = 0; i < channels; i++)
		blob->data[i] = ((const uint8_t *)alpha->data)[count == 1 ? 0 : i];
	return NPU_OK;
}

/* Whether tensor t is written by layers that come before the one for node `head`. */
static bool ready(const struct npu_lower *s, int t, int head)
{
	for (;;) {
		int producer = s->graph->tensors[t].producer, k;
		const struct npu_node *n = &s->graph->nodes[producer < 0 ? 0 : producer];

		if (producer < head)
			return true;
		if (!s->done[producer])
			return false;
		if (s->alias[t].kind == NPU_ALIAS_NONE)
			return true;
		/* A view of the producer's input: what matters is who writes that. */
		for (k = 0; k < n->num_inputs && n->inputs[k] != s->alias[t].parent; k++)
			;
		if (k == n->num_inputs)
			return false;
		t = s->alias[t].parent;
	}
}

static npu_status note_fused(struct npu_lower *s, struct npu_lop *lop, const struct npu_node *n)
{
	s->done[n - s->graph->nodes] = true;
	return set_detail(s, (int)(n - s->graph->nodes), "fused into %s node %d", lop->node);
}

npu_status npu_fuse_tail(struct npu_lower *s, struct npu_lop *lop, int t, bool allow_d2s, int *result,
			 const struct npu_node **d2s)
{
	const struct npu_graph *g = s->graph;

	*result = t;
	while (!s->out->keep_all && !s->out->external[t] && s->num_uses[t] == 1 &&
	       s->alias[t].kind == NPU_ALIAS_NONE) {
		int user = s->last_user[t], v;
		const struct npu_node *n = &g->nodes[user];
		npu_status status = NPU_OK;

		if (s->out->level[user] != lop->level || s->done[user] || (d2s && *d2s))
			break;
		if (npu_is_binary(n->op) && lop->post.op2_op == ONPU_OP2_NONE &&
		    lop->post.act == ONPU_ACT_NONE) {
			const struct npu_tensor *out = npu_out(s, n);
			int ystep, xstep;
			bool one;

			v = n->inputs[0] == t ? 0 : 1;
			if (n->inputs[0] == n->inputs[1] || !ready(s, n->inputs[!v], lop->node) ||
			    npu_tensor_elements(&g->tensors[t]) != npu_tensor_elements(out) ||
			    !npu_broadcasts(npu_in(s, n, !v), out, &ystep, &xstep, &one) ||
			    npu_tensor_hwc(&g->tensors[t]).w != npu_tensor_hwc(out).w ||
			    npu_tensor_hwc(&g->tensors[t]).c != npu_tensor_hwc(out).c)
				break;
			status = npu_post_binary(s, lop, n, v);
		} else if ((npu_is_unary(n->op) || n->op == NPU_OP_PRELU) &&
			   lop->post.act == ONPU_ACT_NONE) {
			status = npu_post_act(s, lop, n);
		} else if (n->op == NPU_OP_DEPTH_TO_SPACE && allow_d2s && lop->post.op2_op == ONPU_OP2_NONE &&
			   lop->post.act != ONPU_ACT_PRELU &&
			   s->alias[n->outputs[0]].kind == NPU_ALIAS_NONE) {
			*d2s = n;
		} else {
			break;
		}
		if (!status)
			status = note_fused(s, lop, n);
		if (status)
			return status;
		t = n->outputs[0];
		*result = t;
		lop->tensor = t;
	}
	return NPU_OK;
}

static npu_status lower_node(struct npu_lower *s, const struct npu_node *n)
{
	if (npu_is_unary(n->op) || n->op == NPU_OP_PRELU)
		return npu_lower_unary(s, n);
	if (npu_is_binary(n->op))
		return npu_lower_binary(s, n);
	switch (n->op) {
	case NPU_OP_CONV_2D: return npu_lower_conv(s, n);
	case NPU_OP_DEPTHWISE_CONV_2D: return npu_lower_depthwise(s, n);
	case NPU_OP_FULLY_CONNECTED: return npu_lower_fully_connected(s, n);
	case NPU_OP_TRANSPOSE_CONV: return npu_lower_transpose_conv(s, n);
	case NPU_OP_AVERAGE_POOL_2D:
	case NPU_OP_MAX_POOL_2D: return npu_lower_pool(s, n);
	case NPU_OP_MEAN: return npu_lower_mean(s, n);
	case NPU_OP_RESIZE_BILINEAR:
	case NPU_OP_RESIZE_NEAREST_NEIGHBOR: return npu_lower_resize(s, n);
	default: return npu_lower_move(s, n);
	}
}

/* Places every node and gives it the level in which it runs. */
static npu_status place(struct npu_lower *s, char *const *forced)
{
	const struct npu_graph *g = s->graph;
	char reason[160];
	int i, k;

	for (i = 0; i < g->num_nodes; i++) {
		const struct npu_node *n = &g->nodes[i];
		struct npu_node_placement *p = &s->out->placement[i];
		int level, from;

		p->on_npu = !forced[i] && npu_place_node(g, n, reason, sizeof(reason));
		if (!p->on_npu) {
			npu_status status = npu_kernel_supports(g, n);

			if (status)
				return status;
		}
		p->detail = strdup(p->on_npu ? "" : forced[i] ? forced[i] : reason);
		if (!p->detail)
			return npu_fail(NPU_ERR_NOMEM, "out of memory");
		level = p->on_npu ? 0 : -1;
		for (k = 0; k < n->num_inputs; k++) {
			if (n->inputs[k] < 0 || g->tensors[n->inputs[k]].producer < 0)
				continue;
			from = s->out->level[g->tensors[n->inputs[k]].producer];
			if ((from ^ level) & 1)
				from++;
			if (from > level)
				level = from;
		}
		s->out->level[i] = level;
	}
	return NPU_OK;
}

/* Which tensors come from outside of the layers, and which must be visible there. */
static void find_external(struct npu_lower *s)
{
	const struct npu_graph *g = s->graph;
	int i, k;

	for (i = 0; i < g->num_tensors; i++) {
		int p = g->tensors[i].producer;

		s->given[i] = p < 0 || (s->out->level[p] & 1);
		s->out->external[i] = !g->tensors[i].data &&
			(s->out->keep_all || (p >= 0 && (s->out->level[p] & 1)));
	}
	for (i = 0; i < g->num_inputs; i++)
		s->out->external[g->inputs[i]] = true;
	for (i = 0; i < g->num_outputs; i++) {
		s->out->external[g->outputs[i]] = !g->tensors[g->outputs[i]].data;
		s->num_uses[g->outputs[i]]++;
	}
	for (i = 0; i < g->num_nodes; i++) {
		for (k = 0; k < g->nodes[i].num_inputs; k++) {
			int t = g->nodes[i].inputs[k];
			const struct npu_tensor *tensor;

			if (t < 0)
				continue;
			tensor = &g->tensors[t];
			s->num_uses[t]++;
			s->last_user[t] = i;
			if (!tensor->data && (tensor->producer < 0 || s->out->level[tensor->producer] !=
					      s->out->level[i] || s->out->level[i] & 1))
				s->out->external[t] = true;
		}
	}
}

static npu_status name_layers(struct npu_lower *s)
{
	struct npu_lowered *out = s->out;
	int i;

	for (i = 0; i < out->num_lops; i++) {
		struct npu_lop *lop = &out->lops[i];
		const struct npu_node *n = &s->graph->nodes[lop->node];
		const struct npu_tensor *t = &s->graph->tensors[lop->tensor];
		size_t size = strlen(t->name ? t->name : "") + 64;

		lop->name = malloc(size);
		if (!lop->name)
			return npu_fail(NPU_ERR_NOMEM, "out of memory");
		snprintf(lop->name, size, "%s%s%s %s", npu_op_name(n->op),
			 lop->post.op2_op != ONPU_OP2_NONE && !npu_is_binary(n->op) ? "+arith" : "",
			 lop->post.act == ONPU_ACT_NONE || npu_is_unary(n->op) ? "" :
			 lop->post.act == ONPU_ACT_TABLE ? "+table" : "+prelu", t->name ? t->name : "");
	}
	return NPU_OK;
}

static int by_level(const void *a, const void *b)
{
	const struct npu_lop *x = *(struct npu_lop *const *)a, *y = *(struct npu_lop *const *)b;

	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	return x < y ? -1 : x > y;
}

static npu_status sort_layers(struct npu_lowered *out)
{
	struct npu_lop **order, *sorted;
	int i;

	if (!out->num_lops)
		return NPU_OK;
	order = malloc(out->num_lops * sizeof(*order));
	sorted = malloc(out->num_lops * sizeof(*sorted));
	if (!order || !sorted) {
		free(order);
		free(sorted);
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	}
	for (i = 0; i < out->num_lops; i++)
		order[i] = &out->lops[i];
	qsort(order, out->num_lops, sizeof(*order), by_level);
	for (i = 0; i < out->num_lops; i++)
		sorted[i] = *order[i];
	free(order);
	free(out->lops);
	out->lops = sorted;
	out->cap_lops = out->num_lops;
	return NPU_OK;
}

static int64_t bytes_of(const struct npu_lowered *out, int buf)
{
	return buf < 0 ? 0 : (int64_t)out->bufs[buf].h * out->bufs[buf].w * out->bufs[buf].c;
}

/* The first layer behind i that touches what i writes; i if i is not the only one of its level to write it. */
static int first_user(const struct npu_lowered *out, int i)
{
	const struct npu_lop *lop = &out->lops[i];
	int first = i, k;

	for (k = 0; k < out->num_lops; k++) {
		const struct npu_lop *other = &out->lops[k];

		if (k != i && other->out.buf == lop->out.buf)
			return i;
		if (k > i && first == i && other->level == lop->level &&
		    (other->in.buf == lop->out.buf || other->op2.buf == lop->out.buf))
			first = k;
	}
	return first;
}

/* A layer whose result is larger than what it is made of runs just before the one that uses it: less is live. */
static void delay_layers(struct npu_lowered *out)
{
	int i, to;

	for (i = out->num_lops - 2; i >= 0; i--) {
		struct npu_lop lop = out->lops[i];

		if (out->bufs[lop.out.buf].home >= 0 ||
		    bytes_of(out, lop.out.buf) <= bytes_of(out, lop.in.buf) + bytes_of(out, lop.op2.buf))
			continue;
		to = first_user(out, i) - 1;
		if (to <= i)
			continue;
		memmove(&out->lops[i], &out->lops[i + 1], (to - i) * sizeof(lop));
		out->lops[to] = lop;
	}
}

static npu_status lower_all(struct npu_lower *s, char *const *forced)
{
	npu_status status = place(s, forced);
	int i;

	if (status)
		return status;
	find_external(s);
	status = npu_alias_graph(s);
	for (i = 0; !status && i < s->graph->num_nodes; i++) {
		int before = s->out->num_lops;

		if (s->out->level[i] & 1)
			continue;
		if (s->done[i]) {
			if (!*s->out->placement[i].detail)
				status = set_detail(s, i, "no work: shares memory", i);
			continue;
		}
		status = lower_node(s, &s->graph->nodes[i]);
		s->done[i] = true;
		if (!status && !*s->out->placement[i].detail)
			status = set_detail(s, i, s->out->num_lops > before ? "a layer of its own" :
					    "no work: shares memory", i);
	}
	if (!status)
		status = name_layers(s);
	if (!status)
		status = sort_layers(s->out);
	if (!status)
		delay_layers(s->out);
	return status;
}

npu_status npu_lower(struct npu_lowered *out, const struct npu_graph *g, const struct npu_graph *source,
		     const struct onpu_preset *preset, bool keep_all, bool dense, char *const *forced)
{
	struct npu_lower s = { .out = out, .graph = g };
	npu_status status = NPU_ERR_NOMEM;

	memset(out, 0, sizeof(*out));
	out->graph = g;
	out->source = source;
	out->preset = preset;
	out->keep_all = keep_all;
	out->dense = dense;
	out->failed_node = -1;
	out->cap_bufs = g->num_tensors;
	out->bufs = calloc(g->num_tensors + 1, sizeof(*out->bufs));
	out->level = calloc(g->num_nodes + 1, sizeof(*out->level));
	out->external = calloc(g->num_tensors + 1, sizeof(*out->external));
	out->placement = calloc(g->num_nodes + 1, sizeof(*out->placement));
	s.num_uses = calloc(g->num_tensors + 1, sizeof(*s.num_uses));
	s.last_user = calloc(g->num_tensors + 1, sizeof(*s.last_user));
	s.given = calloc(g->num_tensors + 1, sizeof(*s.given));
	s.alias = calloc(g->num_tensors + 1, sizeof(*s.alias));
	s.padded = calloc(g->num_tensors + 1, sizeof(*s.padded));
	s.short_channels = calloc(g->num_tensors + 1, sizeof(*s.short_channels));
	s.done = calloc(g->num_nodes + 1, sizeof(*s.done));
	if (out->bufs && out->level && out->external && out->placement && s.num_uses && s.last_user &&
	    s.given && s.alias && s.padded && s.short_channels && s.done)
		status = lower_all(&s, forced);
	else
		npu_fail(status, "out of memory");
	free(s.num_uses);
	free(s.last_user);
	free(s.given);
	free(s.alias);
	free(s.padded);
	free(s.short_channels);
	free(s.done);
	return status;
}

void npu_lowered_clear(struct npu_lowered *out)
{
	int i, k;

	for (i = 0; i < out->num_lops; i++) {
		struct npu_lop *lop = &out->lops[i];

		free(lop->name);
		free(lop->parts);
		for (k = 0; k < lop->num_streams; k++)
			npu_weights_clear(&lop->streams[k]);
		free(lop->streams);
		for (k = 0; k < NPU_BLOB_USES; k++)
			free(lop->blob[k].data);
	}
	for (i = 0; out->placement && i < out->graph->num_nodes; i++)
		free(out->placement[i].detail);
	free(out->lops);
	free(out->bufs);
	free(out->level);
	free(out->external);
	free(out->placement);
	memset(out, 0, sizeof(*out));
}
