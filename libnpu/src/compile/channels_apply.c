// SPDX-License-Identifier: MIT
/* The graph that a plan of channels describes: smaller tensors and weights, and biases with what is left out. */
#include "channels.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

/* A choice of the elements of an axis; order NULL: all. */
struct choice {
	const int *order;
	int count;
};

static struct choice choice_of(const struct npu_channel_plan *plan, int tensor)
{
	struct choice c;

	c.order = npu_channels_order(plan, tensor, &c.count);
	return c;
}

/* Keeps the chosen elements of an axis of a constant, with their scales. */
static npu_status gather(struct npu_tensor *t, int axis, const struct choice *choice)
{
	size_t inner = npu_dtype_size(t->dtype), outer = 1, o;
	uint8_t *data;
	int i;

	if (!choice->order)
		return NPU_OK;
	for (i = 0; i < axis; i++)
		outer *= (size_t)t->dims[i];
	for (i = axis + 1; i < t->rank; i++)
		inner *= (size_t)t->dims[i];
	data = malloc(outer * choice->count * inner);
	if (!data)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for tensor '%s'", t->name);
	for (o = 0; o < outer; o++)
		for (i = 0; i < choice->count; i++)
			memcpy(data + (o * choice->count + i) * inner, (uint8_t *)t->data +
			       (o * t->dims[axis] + choice->order[i]) * inner, inner);
	free(t->data);
	t->data = data;
	/* Choices can be permutations, so that values are not moved in place. */
	if (t->quant.n > 1 && t->quant.axis == axis) {
		float *scale = malloc(choice->count * sizeof(*scale));
		int32_t *zero = malloc(choice->count * sizeof(*zero));

		if (!scale || !zero) {
			free(scale);
			free(zero);
			return npu_fail(NPU_ERR_NOMEM, "out of memory for tensor '%s'", t->name);
		}
		for (i = 0; i < choice->count; i++) {
			scale[i] = t->quant.scale[choice->order[i]];
			zero[i] = t->quant.zero_point[choice->order[i]];
		}
		free(t->quant.scale);
		free(t->quant.zero_point);
		t->quant.scale = scale;
		t->quant.zero_point = zero;
		t->quant.n = choice->count;
	}
	t->dims[axis] = choice->count;
	return NPU_OK;
}

/* Adds to the bias what the constant channels that are left out contribute. */
static void fold_bias(const struct npu_channel_plan *plan, const struct npu_node *n, struct npu_tensor *bias)
{
	const struct npu_tensor *in = &plan->graph->tensors[n->inputs[0]];
	const struct npu_channels *of = &plan->of[n->inputs[0]];
	const bool *kept = npu_channels_kept(plan, n->inputs[0]);
	struct npu_channel_weights k = npu_channel_weights(plan->graph, n);
	int zero = in->quant.n ? in->quant.zero_point[0] : 0, o, i, t;
	int32_t *values = bias->data;

	for (i = 0; kept && i < of->count; i++) {
		if (kept[i] || !of->constant[i])
			continue;
		for (o = 0; o < k.outputs; o++)
			for (t = 0; t < k.taps; t++)
				values[o] = (int32_t)((uint32_t)values[o] + (uint32_t)
					(npu_channel_weight(&k, o, t, i) * (of->value[i] - zero)));
	}
}

static npu_status apply_node(const struct npu_channel_plan *plan, const struct npu_node *n,
			     struct npu_graph *out)
{
	const struct choice from = choice_of(plan, n->inputs[0]), to = choice_of(plan, n->outputs[0]);
	bool scale = plan->role[n - plan->graph->nodes] == NPU_CHANNELS_SCALE;
	struct npu_tensor *w = &out->tensors[n->inputs[1]], *bias = NULL;
	npu_status status;

	if (n->num_inputs > 2 && n->inputs[2] >= 0)
		bias = &out->tensors[n->inputs[2]];
	if (bias && !scale)
		fold_bias(plan, n, bias);
	status = gather(w, scale ? w->rank - 1 : 0, &to);
	if (!status && !scale)
		status = gather(w, w->rank - 1, &from);
	if (!status && bias)
		status = gather(bias, 0, &to);
	return status;
}

npu_status npu_channels_apply(const struct npu_channel_plan *plan, struct npu_graph *out)
{
	const struct npu_graph *g = plan->graph;
	npu_status status = npu_graph_copy(out, g);
	int i;

	for (i = 0; !status && i < g->num_nodes; i++)
		if (plan->role[i] == NPU_CHANNELS_MIX || plan->role[i] == NPU_CHANNELS_SCALE)
			status = apply_node(plan, &g->nodes[i], out);
	for (i = 0; !status && i < g->num_tensors; i++) {
		struct npu_tensor *t = &out->tensors[i];
		const struct choice choice = choice_of(plan, i);

		if (choice.order)
			t->dims[t->rank - 1] = choice.count;
	}
	if (status)
		npu_graph_clear(out);
	return status;
}
