// SPDX-License-Identifier: MIT
/*
 * The order of channels.  The lanes of a weight block wait for the fullest of them, so output channels with many
 * weights are put together, and those with few.  The layers that read them see their weights moved, which may cost
 * there what it gained here, as with weights that were pruned two of four: both are encoded to find out.
 */
#include "channels.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "isa/onpu_isa.h"
#include "weights.h"

/* A gain of the producer below 1/32 is not worth encoding for. */
#define WORTH 32

struct counted {
	int channel;
	uint32_t weights;
};

static int by_weights(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	if (x->weights != y->weights)
		return x->weights > y->weights ? -1 : 1;
	return x->channel < y->channel ? -1 : 1;
}

static struct npu_tensor *output_of(const struct npu_channel_plan *plan, const struct npu_node *n)
{
	return &plan->graph->tensors[n->outputs[0]];
}

/* Weights of each kept output channel that are not zero, in the present order. */
static void count_weights(const struct npu_channel_plan *plan, const struct npu_node *n, struct counted *list)
{
	const struct npu_channels *out = &plan->of[n->outputs[0]];
	struct npu_channel_weights k = npu_channel_weights(plan->graph, n);
	const bool *kept = npu_channels_kept(plan, n->inputs[0]);
	int i, t, c;

	for (i = 0; i < out->kept; i++) {
		list[i] = (struct counted){ out->order ? out->order[i] : i, 0 };
		for (t = 0; t < k.taps; t++)
			for (c = 0; c < k.inputs; c++)
				list[i].weights += (!kept || kept[c]) &&
					npu_channel_weight(&k, list[i].channel, t, c);
	}
}

/* The sum of the fullest lanes of all blocks. */
static uint64_t fullest(const struct counted *list, int count, int v)
{
	uint64_t sum = 0;
	uint32_t most = 0;
	int i;

	for (i = 0; i < count; i++) {
		most = list[i].weights > most ? list[i].weights : most;
		if ((i + 1) % v == 0 || i + 1 == count) {
			sum += most;
			most = 0;
		}
	}
	return sum;
}

static npu_status encode_steps(const struct npu_channel_plan *plan, const struct npu_node *n,
			       const struct onpu_preset *preset, int16_t *weights,
			       struct npu_channel_params *params, struct npu_weight_run *runs,
			       uint64_t *cycles)
{
	struct npu_channel_weights k = npu_channel_weights(plan->graph, n);
	const struct npu_tensor *out = output_of(plan, n);
	int ins, outs, rows = n->op == NPU_OP_FULLY_CONNECTED ? 1 : k.tensor->dims[1], i, t, c, b;
	const int *from = npu_channels_order(plan, n->inputs[0], &ins);
	const int *to = npu_channels_order(plan, n->outputs[0], &outs);
	uint64_t pixels = npu_tensor_elements(out) / (size_t)out->dims[out->rank - 1];
	struct npu_weight_job job = {
		.preset = preset, .weights = weights, .params = params, .runs = runs, .num_runs = rows,
		.pixels = pixels < ONPU_P_MAX ? (uint32_t)pixels : ONPU_P_MAX,
	};
	struct npu_weight_stream stream;
	npu_status status;

	if (!ins)	/* of a tensor without a plan */
		ins = k.inputs;
	job.out_c = outs;
	job.per_channel = (size_t)k.taps * ins;
	for (i = 0; i < outs; i++)
		for (t = 0; t < k.taps; t++)
			for (c = 0; c < ins; c++)
				weights[((size_t)i * k.taps + t) * ins + c] = 0 !=
					npu_channel_weight(&k, to ? to[i] : i, t, from ? from[c] : c);
	for (i = 0; i < rows; i++) {
		uint32_t length = (uint32_t)(k.taps / rows * ins);

		runs[i] = (struct npu_weight_run){ .row = (uint8_t)i, .length = length,
						   .first = (uint32_t)i * length };
	}
	status = npu_weights_encode(&job, &stream);
	if (status)
		return status;
	for (b = 0; b < stream.num_blocks; b++)
		*cycles += stream.block_steps[b] * pixels;
	npu_weights_clear(&stream);
	return NPU_OK;
}

/* Adds the array's cycles of a layer with the present orders, as if its input were no part of another tensor. */
static npu_status add_steps(const struct npu_channel_plan *plan, const struct npu_node *n,
			    const struct onpu_preset *preset, uint64_t *cycles)
{
	struct npu_channel_weights k = npu_channel_weights(plan->graph, n);
	int16_t *weights = malloc((size_t)k.outputs * k.taps * k.inputs * sizeof(*weights));
	struct npu_channel_params *params = calloc(k.outputs, sizeof(*params));
	struct npu_weight_run *runs = calloc(k.taps, sizeof(*runs));
	npu_status status;

	if (weights && params && runs)
		status = encode_steps(plan, n, preset, weights, params, runs, cycles);
	else
		status = npu_fail(NPU_ERR_NOMEM, "out of memory for the weights of a layer");
	free(weights);
	free(params);
	free(runs);
	return status;
}

/* Cycles of the layer that makes a tensor and of all that read its channels. */
static npu_status all_steps(const struct npu_channel_plan *plan, int tensor, const struct onpu_preset *preset,
			    uint64_t *cycles)
{
	const struct npu_graph *g = plan->graph;
	npu_status status = add_steps(plan, &g->nodes[g->tensors[tensor].producer], preset, cycles);
	int i;

	for (i = 0; !status && i < g->num_nodes; i++)
		if (plan->role[i] == NPU_CHANNELS_MIX && plan->of[g->nodes[i].inputs[0]].root == tensor)
			status = add_steps(plan, &g->nodes[i], preset, cycles);
	return status;
}

static npu_status sort_outputs(struct npu_channel_plan *plan, const struct npu_node *n,
			       const struct onpu_preset *preset)
{
	struct npu_channels *out = &plan->of[n->outputs[0]];
	struct counted *list = calloc(out->kept, sizeof(*list));
	int *sorted = malloc(out->kept * sizeof(*sorted)), *before = out->order, i;
	uint64_t most, cycles = 0, cycles_sorted = 0;
	npu_status status = NPU_OK;

	if (!list || !sorted) {
		status = npu_fail(NPU_ERR_NOMEM, "out of memory for an order of channels");
		goto done;
	}
	count_weights(plan, n, list);
	most = fullest(list, out->kept, (int)preset->lanes);
	qsort(list, out->kept, sizeof(*list), by_weights);
	if (fullest(list, out->kept, (int)preset->lanes) > most - most / WORTH)
		goto done;
	for (i = 0; i < out->kept; i++)
		sorted[i] = list[i].channel;
	status = all_steps(plan, n->outputs[0], preset, &cycles);
	out->order = sorted;
	if (!status)
		status = all_steps(plan, n->outputs[0], preset, &cycles_sorted);
	if (!status && cycles_sorted < cycles)
		sorted = before;
	else
		out->order = before;
	/* Windows that are too wide for the encoder are left alone; the layer's own will say so. */
	if (status == NPU_ERR_LIMIT)
		status = NPU_OK;
done:
	free(sorted);
	free(list);
	return status;
}

npu_status npu_channels_sort(struct npu_channel_plan *plan, const struct onpu_preset *preset)
{
	const struct npu_graph *g = plan->graph;
	npu_status status = NPU_OK;
	int i;

	for (i = 0; !status && i < g->num_nodes; i++)
		if (plan->role[i] == NPU_CHANNELS_MIX &&
		    plan->of[g->nodes[i].outputs[0]].root == g->nodes[i].outputs[0])
			status = sort_outputs(plan, &g->nodes[i], preset);
	return status;
}
