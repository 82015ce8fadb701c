// SPDX-License-Identifier: MIT
/* Which channels are constant, and which are needed: forth and back through the graph. */
#include "channels.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "kernels/kernels.h"
#include "lower_state.h"

static int last_dim(const struct npu_tensor *t)
{
	return t->rank ? t->dims[t->rank - 1] : 1;
}

struct npu_channel_weights npu_channel_weights(const struct npu_graph *graph, const struct npu_node *node)
{
	const struct npu_tensor *in = &graph->tensors[node->inputs[0]];
	const struct npu_tensor *w = &graph->tensors[node->inputs[1]];
	struct npu_channel_weights k = { .tensor = w, .outputs = w->dims[0], .taps = 1,
					 .inputs = last_dim(w) };

	if (node->op != NPU_OP_FULLY_CONNECTED)
		k.taps = w->dims[1] * w->dims[2];
	/* As in lower_conv.c: TFLite takes int8 weights of convolutions as symmetric. */
	if ((node->op == NPU_OP_FULLY_CONNECTED || in->dtype == NPU_UINT8) && w->quant.n == 1)
		k.zero = w->quant.zero_point[0];
	return k;
}

int npu_channel_weight(const struct npu_channel_weights *k, int output, int tap, int input)
{
	size_t i = ((size_t)output * k->taps + tap) * k->inputs + input;

	return (k->tensor->dtype == NPU_UINT8 ? ((const uint8_t *)k->tensor->data)[i] :
						((const int8_t *)k->tensor->data)[i]) - k->zero;
}

/* ---- what nodes do with channels -------------------------------------------------- */

/* Weights and bias can be replaced: they are constants of this node alone, and of a kind that one channel can have. */
static bool owns_constants(const struct npu_graph *g, const struct npu_node *n, const int *uses)
{
	const struct npu_quant *q = &g->tensors[n->inputs[1]].quant;
	int i;

	for (i = 0; q->n > 1 && i < q->n; i++)
		if (q->zero_point[i])
			return false;
	for (i = 1; i < n->num_inputs; i++)
		if (n->inputs[i] >= 0 && (!g->tensors[n->inputs[i]].data || uses[n->inputs[i]] != 1))
			return false;
	return true;
}

static bool pads_channels(const struct npu_tensor *in, const struct npu_tensor *amounts)
{
	int last = in->rank - 1;

	return !amounts->data || npu_const_int(amounts, 2 * last) || npu_const_int(amounts, 2 * last + 1);
}

static enum npu_channel_role role_of(const struct npu_graph *g, const struct npu_node *n, const int *uses)
{
	const struct npu_tensor *in, *out, *w;

	if (n->num_inputs < 1 || n->num_outputs != 1 || n->inputs[0] < 0)
		return NPU_CHANNELS_FIXED;
	in = &g->tensors[n->inputs[0]];
	out = &g->tensors[n->outputs[0]];
	if (!npu_is_8bit(in) || !npu_is_8bit(out) || in->data)
		return NPU_CHANNELS_FIXED;
	w = n->num_inputs > 1 && n->inputs[1] >= 0 ? &g->tensors[n->inputs[1]] : NULL;
	switch (n->op) {
	case NPU_OP_CONV_2D:
	case NPU_OP_FULLY_CONNECTED:
		if (!owns_constants(g, n, uses) || last_dim(w) != last_dim(in) || w->dims[0] != last_dim(out))
			return NPU_CHANNELS_FIXED;
		return NPU_CHANNELS_MIX;
	case NPU_OP_DEPTHWISE_CONV_2D:
		if (!owns_constants(g, n, uses) || last_dim(in) != last_dim(out))
			return NPU_CHANNELS_FIXED;
		return NPU_CHANNELS_SCALE;
	case NPU_OP_PAD:
		return pads_channels(in, w) ? NPU_CHANNELS_FIXED : NPU_CHANNELS_CARRY;
	case NPU_OP_AVERAGE_POOL_2D:
	case NPU_OP_MAX_POOL_2D:
	case NPU_OP_MEAN:
	case NPU_OP_RESIZE_BILINEAR:
	case NPU_OP_RESIZE_NEAREST_NEIGHBOR:
	case NPU_OP_RESHAPE:
	case NPU_OP_SQUEEZE:
	case NPU_OP_EXPAND_DIMS:
		return last_dim(in) == last_dim(out) ? NPU_CHANNELS_CARRY : NPU_CHANNELS_FIXED;
	default:
		return npu_is_unary(n->op) ? NPU_CHANNELS_CARRY : NPU_CHANNELS_FIXED;
	}
}

/* ---- constants, from inputs to outputs -------------------------------------------- */

/* Whether windows of a convolution reach around its input. */
static bool reads_padding(const struct npu_graph *g, const struct npu_node *n)
{
	const struct npu_tensor *in = &g->tensors[n->inputs[0]], *w = &g->tensors[n->inputs[1]];
	const struct npu_tensor *out = &g->tensors[n->outputs[0]];

	if (n->op == NPU_OP_FULLY_CONNECTED || n->p.conv.padding != NPU_PAD_SAME)
		return false;
	return (out->dims[1] - 1) * n->p.conv.stride_h + (w->dims[1] - 1) * n->p.conv.dilation_h + 1 >
	       in->dims[1] ||
	       (out->dims[2] - 1) * n->p.conv.stride_w + (w->dims[2] - 1) * n->p.conv.dilation_w + 1 >
	       in->dims[2];
}

static const int32_t *bias_of(const struct npu_graph *g, const struct npu_node *n)
{
	return n->num_inputs > 2 && n->inputs[2] >= 0 ? g->tensors[n->inputs[2]].data : NULL;
}

/* Whether a node can do without an input channel that is constant. */
static bool folds(const struct npu_channel_plan *plan, const struct npu_node *n, int channel)
{
	const struct npu_channels *in = &plan->of[n->inputs[0]];

	if (!in->count || !in->constant[channel])
		return false;
	return in->value[channel] == npu_zero(&plan->graph->tensors[n->inputs[0]]) ||
	       (!reads_padding(plan->graph, n) && (bias_of(plan->graph, n) ||
						   plan->role[n - plan->graph->nodes] == NPU_CHANNELS_SCALE));
}

static bool reads_channel(const struct npu_channel_weights *k, int output, int input)
{
	int t;

	for (t = 0; t < k->taps; t++)
		if (npu_channel_weight(k, output, t, input))
			return true;
	return false;
}

/* What the node stores for these accumulators, by its reference kernel with no weight and one pixel. */
static npu_status store_accumulators(const struct npu_graph *g, const struct npu_node *n, int32_t *acc,
				     int16_t *value)
{
	bool fc = n->op == NPU_OP_FULLY_CONNECTED, scale = n->op == NPU_OP_DEPTHWISE_CONV_2D;
	struct npu_tensor t[4] = { g->tensors[n->inputs[0]], g->tensors[n->inputs[1]],
				   { .dtype = NPU_INT32, .rank = 1 }, g->tensors[n->outputs[0]] };
	int inputs[3] = { 0, 1, 2 }, outputs[1] = { 3 }, count = last_dim(&t[3]), i;
	struct npu_node one = *n;
	struct npu_graph small = { .num_tensors = 4, .tensors = t, .num_nodes = 1, .nodes = &one };
	struct npu_channel_weights k = npu_channel_weights(g, n);
	uint8_t *bytes = malloc(3 * (size_t)count);
	void *data[4] = { bytes, NULL, acc, NULL };
	npu_status status;

	if (!bytes)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	for (i = 0; i < 4; i++) {
		static const int32_t ones[NPU_MAX_RANK] = { 1, 1, 1, 1 };

		if (i == 2)
			continue;
		t[i].rank = fc ? 2 : 4;
		memcpy(t[i].dims, ones, sizeof(t[i].dims));
	}
	t[0].dims[fc ? 1 : 3] = scale ? count : 1;
	t[1].dims[scale ? 3 : 0] = t[2].dims[0] = t[3].dims[fc ? 1 : 3] = count;
	memset(bytes, (uint8_t)npu_zero(&t[0]), count);
	memset(bytes + count, (uint8_t)k.zero, count);
	t[1].data = data[1] = bytes + count;
	t[2].data = acc;
	data[3] = bytes + 2 * (size_t)count;
	one.inputs = inputs;
	one.num_inputs = 3;
	one.outputs = outputs;
	if (!fc) {
		one.p.conv.padding = NPU_PAD_VALID;
		one.p.conv.stride_h = one.p.conv.stride_w = 1;
		one.p.conv.dilation_h = one.p.conv.dilation_w = 1;
	}
	status = npu_kernel_supports(&small, &one);
	if (!status)
		status = npu_kernel_run(&small, &one, data);
	for (i = 0; !status && i < count; i++) {
		uint8_t byte = ((uint8_t *)data[3])[i];

		value[i] = t[3].dtype == NPU_UINT8 ? byte : (int8_t)byte;
	}
	free(bytes);
	return status;
}

/* Output channels of a convolution whose inputs are all constant, or without weight. */
static npu_status find_constants(struct npu_channel_plan *plan, const struct npu_node *n)
{
	const struct npu_graph *g = plan->graph;
	struct npu_channels *out = &plan->of[n->outputs[0]];
	const struct npu_channels *in = &plan->of[n->inputs[0]];
	struct npu_channel_weights k = npu_channel_weights(g, n);
	bool scale = plan->role[n - g->nodes] == NPU_CHANNELS_SCALE, any = false;
	const int32_t *bias = bias_of(g, n);
	int zero = npu_zero(&g->tensors[n->inputs[0]]), o, i, t;
	int32_t *acc = calloc(out->count, sizeof(*acc));
	npu_status status = NPU_OK;

	if (!acc)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	for (o = 0; o < out->count; o++) {
		uint32_t sum = bias ? (uint32_t)bias[o] : 0;
		int first = scale ? o : 0, end = scale ? o + 1 : k.inputs;

		out->constant[o] = true;
		for (i = first; i < end && out->constant[o]; i++) {
			/* [1][taps][channels] is what [output][taps][inputs] is with one output. */
			bool read = reads_channel(&k, scale ? 0 : o, i), known = read && folds(plan, n, i);

			out->constant[o] = !read || known;
			for (t = 0; known && t < k.taps; t++)
				sum += (uint32_t)(npu_channel_weight(&k, scale ? 0 : o, t, i) *
						  (in->value[i] - zero));
		}
		acc[o] = (int32_t)sum;
		any = any || out->constant[o];
	}
	if (any)
		status = store_accumulators(g, n, acc, out->value);
	free(acc);
	return status;
}

static bool same_quant(const struct npu_tensor *a, const struct npu_tensor *b)
{
	return a->dtype == b->dtype && npu_scale(a) == npu_scale(b) && npu_zero(a) == npu_zero(b);
}

/* Constants that a node hands on as they are; others are not followed any further. */
static void carry_constants(struct npu_channel_plan *plan, const struct npu_node *n)
{
	const struct npu_tensor *x = &plan->graph->tensors[n->inputs[0]];
	const struct npu_tensor *y = &plan->graph->tensors[n->outputs[0]];
	const struct npu_channels *in = &plan->of[n->inputs[0]];
	struct npu_channels *out = &plan->of[n->outputs[0]];
	int min = npu_type_min(y), max = npu_type_max(y), c;

	if (!in->count || !same_quant(x, y))
		return;
	switch (n->op) {
	case NPU_OP_AVERAGE_POOL_2D:
	case NPU_OP_MAX_POOL_2D:
		npu_act_range(n->p.pool.act, y, &min, &max);
		break;
	case NPU_OP_PAD:
	case NPU_OP_RESHAPE:
	case NPU_OP_SQUEEZE:
	case NPU_OP_EXPAND_DIMS:
		break;
	default:
		return;
	}
	for (c = 0; c < in->count; c++) {
		int v = in->value[c];

		out->constant[c] = in->constant[c] && (n->op != NPU_OP_PAD || v == npu_zero(x));
		out->value[c] = (int16_t)(v < min ? min : v > max ? max : v);
	}
}

/* ---- needs, from outputs to inputs ------------------------------------------------ */

static void need_all(struct npu_channel_plan *plan, int tensor)
{
	struct npu_channels *c = &plan->of[tensor];

	c->root = -1;
	if (c->count)
		memset(c->needed, true, c->count * sizeof(*c->needed));
}

static void find_needs(struct npu_channel_plan *plan, const struct npu_node *n)
{
	struct npu_channels *out = &plan->of[n->outputs[0]], *in = &plan->of[n->inputs[0]];
	struct npu_channel_weights k;
	int i, o;

	switch (plan->role[n - plan->graph->nodes]) {
	case NPU_CHANNELS_FIXED:
		for (i = 0; i < n->num_inputs; i++)
			if (n->inputs[i] >= 0)
				need_all(plan, n->inputs[i]);
		break;
	case NPU_CHANNELS_MIX:
		/* A tensor has at least one. */
		for (o = 0; o < out->count && !out->needed[o]; o++)
			;
		if (o == out->count)
			out->needed[0] = true;
		k = npu_channel_weights(plan->graph, n);
		for (o = 0; o < out->count; o++)
			for (i = 0; out->needed[o] && i < in->count; i++)
				if (!in->needed[i] && !folds(plan, n, i))
					in->needed[i] = reads_channel(&k, o, i);
		break;
	default:
		if (out->root < 0 && in->count)
			need_all(plan, n->inputs[0]);
		for (i = 0; i < in->count; i++)
			in->needed[i] |= out->needed[i];
		break;
	}
}

/* ---- the plan --------------------------------------------------------------------- */

static npu_status make_room(struct npu_channels *c, int count)
{
	c->constant = calloc(count, sizeof(*c->constant));
	c->value = calloc(count, sizeof(*c->value));
	c->needed = calloc(count, sizeof(*c->needed));
	if (!c->constant || !c->value || !c->needed)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the channels of a tensor");
	c->count = count;
	return NPU_OK;
}

/* Roles, and of each tensor whether its channels can be chosen as far as its producer is concerned. */
static npu_status find_roots(struct npu_channel_plan *plan, const bool *on_npu)
{
	const struct npu_graph *g = plan->graph;
	int *uses = calloc((size_t)g->num_tensors + 1, sizeof(*uses)), i, k;
	npu_status status = uses ? NPU_OK : npu_fail(NPU_ERR_NOMEM, "out of memory");

	for (i = 0; !status && i < g->num_nodes; i++)
		for (k = 0; k < g->nodes[i].num_inputs; k++)
			if (g->nodes[i].inputs[k] >= 0)
				uses[g->nodes[i].inputs[k]]++;
	for (i = 0; i < g->num_tensors; i++)
		plan->of[i].root = -1;
	for (i = 0; !status && i < g->num_nodes; i++) {
		const struct npu_node *n = &g->nodes[i];

		plan->role[i] = on_npu[i] ? role_of(g, n, uses) : NPU_CHANNELS_FIXED;
		if (plan->role[i] == NPU_CHANNELS_FIXED)
			continue;
		plan->of[n->outputs[0]].root = plan->role[i] == NPU_CHANNELS_MIX ? n->outputs[0] :
					       plan->of[n->inputs[0]].root;
		status = make_room(&plan->of[n->outputs[0]], last_dim(&g->tensors[n->outputs[0]]));
	}
	free(uses);
	return status;
}

/* Leaves out what is not needed. */
static npu_status choose(struct npu_channels *c, const struct onpu_preset *preset)
{
	int i, kept = 0, v = (int)preset->lanes, half = v / 2;

	for (i = 0; i < c->count; i++)
		kept += c->needed[i];
	/* Pixels of a single vector gain nothing from a few bytes less, but lose their alignment. */
	if (c->count <= v && (kept + half - 1) / half == (c->count + half - 1) / half) {
		memset(c->needed, true, c->count * sizeof(*c->needed));
		kept = c->count;
	}
	c->kept = kept;
	if (kept == c->count)
		return NPU_OK;
	c->order = malloc(kept * sizeof(*c->order));
	if (!c->order)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	for (i = kept = 0; i < c->count; i++)
		if (c->needed[i])
			c->order[kept++] = i;
	return NPU_OK;
}

npu_status npu_channels_plan(struct npu_channel_plan *plan, const struct npu_graph *g,
			     const struct onpu_preset *preset, const bool *on_npu)
{
	npu_status status;
	int i;

	*plan = (struct npu_channel_plan){ .graph = g };
	plan->role = calloc((size_t)g->num_nodes + 1, sizeof(*plan->role));
	plan->of = calloc((size_t)g->num_tensors + 1, sizeof(*plan->of));
	if (!plan->role || !plan->of)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the channels of a network");
	status = find_roots(plan, on_npu);
	for (i = 0; !status && i < g->num_nodes; i++) {
		if (plan->role[i] == NPU_CHANNELS_MIX || plan->role[i] == NPU_CHANNELS_SCALE)
			status = find_constants(plan, &g->nodes[i]);
		else if (plan->role[i] == NPU_CHANNELS_CARRY)
			carry_constants(plan, &g->nodes[i]);
	}
	for (i = 0; !status && i < g->num_outputs; i++)
		need_all(plan, g->outputs[i]);
	for (i = g->num_nodes - 1; !status && i >= 0; i--)
		find_needs(plan, &g->nodes[i]);
	for (i = 0; !status && i < g->num_tensors; i++)
		if (plan->of[i].root == i)
			status = choose(&plan->of[i], preset);
	return status;
}

void npu_channels_clear(struct npu_channel_plan *plan)
{
	int i;

	for (i = 0; plan->of && plan->graph && i < plan->graph->num_tensors; i++) {
		free(plan->of[i].constant);
		free(plan->of[i].value);
		free(plan->of[i].needed);
		free(plan->of[i].order);
	}
	free(plan->of);
	free(plan->role);
	*plan = (struct npu_channel_plan){ .graph = NULL };
}

/* The tensor that decides, -1: all channels stay, perhaps for the sake of another tensor of that root. */
static int root_of(const struct npu_channel_plan *plan, int tensor)
{
	int root = plan->of[tensor].root;

	return root >= 0 && plan->of[root].root == root && plan->of[root].order ? root : -1;
}

const int *npu_channels_order(const struct npu_channel_plan *plan, int tensor, int *kept)
{
	int root = root_of(plan, tensor);

	*kept = root < 0 ? plan->of[tensor].count : plan->of[root].kept;
	return root < 0 ? NULL : plan->of[root].order;
}

const bool *npu_channels_kept(const struct npu_channel_plan *plan, int tensor)
{
	int root = root_of(plan, tensor);

	return root < 0 ? NULL : plan->of[root].needed;
}

bool npu_channels_changed(const struct npu_channel_plan *plan)
{
	int i;

	for (i = 0; i < plan->graph->num_tensors; i++)
		if (root_of(plan, i) >= 0)
			return true;
	return false;
}
