// SPDX-License-Identifier: MIT
/* npu_prune(): a .tflite with smaller weights made zero; nothing else in the file changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/tflite.h"
#include "ir/error.h"
#include "ir/options.h"
#include "ir/graph_check.h"
#include "ir/save.h"
#include "prune/magnitude.h"
#include "prune/share.h"

struct layer {
	int node;		/* of the graph */
	int weights;		/* tensor */
	int owner;		/* the first layer with these weights, itself if there is no other */
	bool keep;		/* left as it is, */
	char why[160];		/* because of this */
	uint64_t zeros_before, zeros_after;
};

struct npu_pruned {
	npu_prune_options options;
	uint8_t *data;
	size_t size;
	struct npu_graph graph;		/* before pruning */
	int num_layers;
	struct layer *layers;
};

static npu_status check_options(npu_prune_options *copy, const npu_prune_options *options)
{
	if (!options)
		return npu_fail(NPU_ERR_INVALID, "npu_prune: options is NULL");
	NPU_TRY(npu_options_check("npu_prune", options, sizeof(*options)));
	*copy = *options;
	if (!options->group) {
		if (options->keep)
			return npu_fail(NPU_ERR_INVALID, "npu_prune: %d of how many are to be kept?",
					options->keep);
		if (!(options->fraction > 0 && options->fraction < 1))
			return npu_fail(NPU_ERR_INVALID,
					"npu_prune: the fraction is %g, not between 0 and 1",
					options->fraction);
	} else if (options->group > NPU_PRUNE_MAX_GROUP || options->keep < 1 ||
		   options->keep >= options->group) {
		return npu_fail(NPU_ERR_INVALID,
				"npu_prune: %d of %d: keep at least 1 and fewer than all of at most %d",
				options->keep, options->group, NPU_PRUNE_MAX_GROUP);
	} else if (options->fraction != 0) {
		return npu_fail(NPU_ERR_INVALID, "npu_prune: both a fraction and groups");
	} else if (options->global) {
		return npu_fail(NPU_ERR_INVALID,
				"npu_prune: a pattern holds in each group, not over the network");
	} else if (options->depthwise) {
		return npu_fail(NPU_ERR_INVALID,
				"npu_prune: groups are of input channels, of which the weights of a depthwise convolution have one");
	}
	if (options->skip_first < 0)
		return npu_fail(NPU_ERR_INVALID, "npu_prune: skip_first is %d", options->skip_first);
	return NPU_OK;
}

static const struct npu_tensor *weights_of(const struct npu_pruned *p, const struct layer *layer)
{
	return &p->graph.tensors[layer->weights];
}

static struct npu_prune_weights bytes_of(const struct npu_pruned *p, const struct layer *layer,
					 const struct npu_share *shares)
{
	return (struct npu_prune_weights){
		weights_of(p, layer), p->data + shares[layer->weights].pos
	};
}

/* What keeps the layer from being pruned, apart from its place in the network. */
static void find_reason(const struct npu_pruned *p, struct layer *layer,
			const struct npu_share *share)
{
	const struct npu_tensor *w = weights_of(p, layer);
	const npu_prune_options *options = &p->options;
	size_t weights = npu_tensor_elements(w);

	layer->keep = true;
	if (w->dtype != NPU_INT8 && w->dtype != NPU_UINT8)
		snprintf(layer->why, sizeof(layer->why), "its weights are %s, not int8 or uint8",
			 npu_dtype_name(w->dtype));
	else if (!w->data)
		snprintf(layer->why, sizeof(layer->why), "its weights are computed");
	else if (p->graph.nodes[layer->node].op == NPU_OP_DEPTHWISE_CONV_2D && !options->depthwise)
		snprintf(layer->why, sizeof(layer->why), "depthwise: its zeros save no cycles");
	else if (share->owner < 0)
		snprintf(layer->why, sizeof(layer->why), "%s", share->why);
	else if (weights < options->skip_smaller)
		snprintf(layer->why, sizeof(layer->why), "it has only %zu weights", weights);
	else if (options->group && w->dims[w->rank - 1] <= options->keep)
		snprintf(layer->why, sizeof(layer->why), "all of its %d input channels are kept",
			 w->dims[w->rank - 1]);
	else
		layer->keep = false;
}

static npu_status find_layers(struct npu_pruned *p, const struct npu_share *shares)
{
	int *first = malloc(((size_t)p->graph.num_tensors + 1) * sizeof(*first));
	int left = p->options.skip_first;
	int i, n;

	p->layers = calloc((size_t)p->graph.num_nodes + 1, sizeof(*p->layers));
	if (!first || !p->layers) {
		free(first);
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the layers to prune");
	}
	for (i = 0; i < p->graph.num_tensors; i++)
		first[i] = -1;
	for (n = 0; n < p->graph.num_nodes; n++) {
		const struct npu_node *node = &p->graph.nodes[n];
		struct layer *layer = &p->layers[p->num_layers];
		int tensor;

		if (!npu_has_weights(node->op))
			continue;
		layer->node = n;
		layer->weights = node->inputs[1];
		find_reason(p, layer, &shares[layer->weights]);
		if (!layer->keep && left) {
			left--;
			layer->keep = true;
			snprintf(layer->why, sizeof(layer->why), "one of the first layers");
		}
		/* Bytes that cannot be pruned may still be those of several nodes. */
		tensor = shares[layer->weights].owner < 0 ? layer->weights :
							    shares[layer->weights].owner;
		if (first[tensor] < 0)
			first[tensor] = p->num_layers;
		layer->owner = first[tensor];
		p->num_layers++;
	}
	free(first);
	return NPU_OK;
}

/* Weights of several layers are pruned for all of them or for none. */
static void join_layers(struct npu_pruned *p)
{
	int i;

	for (i = 0; i < p->num_layers; i++) {
		struct layer *owner = &p->layers[p->layers[i].owner];

		if (p->layers[i].keep && !owner->keep) {
			owner->keep = true;
			snprintf(owner->why, sizeof(owner->why),
				 "its weights are also node %d's, which is left as it is",
				 p->graph.nodes[p->layers[i].node].index);
		}
	}
	for (i = 0; i < p->num_layers; i++) {
		struct layer *layer = &p->layers[i];
		const struct layer *owner = &p->layers[layer->owner];

		if (owner->keep && !layer->keep) {
			layer->keep = true;
			snprintf(layer->why, sizeof(layer->why),
				 "its weights are also node %d's, which is left as it is",
				 p->graph.nodes[owner->node].index);
		}
	}
}

static npu_status check_any(const struct npu_pruned *p)
{
	char label[256];
	int i;

	if (!p->num_layers)
		return npu_fail(NPU_ERR_UNSUPPORTED,
				"nothing can be pruned: the network has no CONV_2D and no FULLY_CONNECTED");
	for (i = 0; i < p->num_layers; i++)
		if (!p->layers[i].keep)
			return NPU_OK;
	return npu_fail(NPU_ERR_UNSUPPORTED, "nothing can be pruned; the first layer, %s: %s",
			npu_node_label(&p->graph, &p->graph.nodes[p->layers[0].node], label,
				       sizeof(label)), p->layers[0].why);
}

static npu_status prune_layers(struct npu_pruned *p, const struct npu_share *shares)
{
	const npu_prune_options *options = &p->options;
	struct npu_prune_weights *list = calloc((size_t)p->num_layers + 1, sizeof(*list));
	npu_status status = NPU_OK;
	int i, num = 0;

	if (!list)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the layers to prune");
	for (i = 0; i < p->num_layers; i++)
		if (!p->layers[i].keep && p->layers[i].owner == i)
			list[num++] = bytes_of(p, &p->layers[i], shares);
	if (options->global)
		status = npu_prune_fraction(list, num, options->fraction);
	for (i = 0; i < num && !options->global && !status; i++) {
		if (options->group)
			npu_prune_groups(&list[i], options->keep, options->group);
		else
			status = npu_prune_fraction(&list[i], 1, options->fraction);
	}
	free(list);
	return status;
}

/* Only of weights that libnpu can read as such: others count no zeros. */
static void count_zeros(struct npu_pruned *p, const struct npu_share *shares)
{
	int i;

	for (i = 0; i < p->num_layers; i++) {
		struct layer *layer = &p->layers[i];
		const struct npu_tensor *w = weights_of(p, layer);
		struct npu_prune_weights old = { w, w->data };
		struct npu_prune_weights now = bytes_of(p, layer, shares);

		if (!w->data || (w->dtype != NPU_INT8 && w->dtype != NPU_UINT8))
			continue;
		layer->zeros_before = npu_prune_zeros(&old);
		layer->zeros_after = layer->keep ? layer->zeros_before : npu_prune_zeros(&now);
	}
}

static npu_status prune(struct npu_pruned *p, const void *data, size_t size)
{
	struct npu_share *shares;
	npu_status status;

	NPU_TRY(npu_tflite_read(&p->graph, data, size));
	p->data = malloc(size);
	shares = calloc((size_t)p->graph.num_tensors + 1, sizeof(*shares));
	if (!p->data || !shares) {
		free(shares);
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a network of %zu bytes", size);
	}
	memcpy(p->data, data, size);
	p->size = size;
	status = npu_find_shares(&p->graph, data, size, shares);
	if (!status)
		status = find_layers(p, shares);
	if (!status) {
		join_layers(p);
		status = check_any(p);
	}
	if (!status)
		status = prune_layers(p, shares);
	if (!status)
		count_zeros(p, shares);
	free(shares);
	return status;
}

npu_pruned *npu_prune_memory(const void *data, size_t size, const npu_prune_options *options)
{
	npu_pruned *p;

	if (!data && size) {
		npu_fail(NPU_ERR_INVALID, "npu_prune_memory: data is NULL");
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		npu_fail(NPU_ERR_NOMEM, "out of memory for a pruned network");
		return NULL;
	}
	if (check_options(&p->options, options) || prune(p, data, size)) {
		npu_pruned_free(p);
		return NULL;
	}
	return p;
}

npu_pruned *npu_prune(const char *path, const npu_prune_options *options)
{
	npu_pruned *p;
	void *data = NULL;
	size_t size = 0;

	if (!path) {
		npu_fail(NPU_ERR_INVALID, "npu_prune: path is NULL");
		return NULL;
	}
	if (npu_tflite_read_file(path, &data, &size))
		return NULL;
	p = npu_prune_memory(data, size, options);
	if (!p)
		npu_fail_context(npu_error_status(), "%s", path);
	free(data);
	return p;
}

const void *npu_pruned_data(const npu_pruned *pruned, size_t *size)
{
	if (size)
		*size = pruned ? pruned->size : 0;
	return pruned ? pruned->data : NULL;
}

npu_status npu_pruned_save(const npu_pruned *pruned, const char *path)
{
	if (!pruned || !path)
		return npu_fail(NPU_ERR_INVALID, "npu_pruned_save: pruned or path is NULL");
	if (!*path)
		return npu_fail(NPU_ERR_INVALID, "the name of the pruned network is empty");
	return npu_save(path, pruned->data, pruned->size);
}

int npu_pruned_num_layers(const npu_pruned *pruned)
{
	return pruned ? pruned->num_layers : 0;
}

npu_status npu_pruned_describe(const npu_pruned *pruned, int index, npu_pruned_layer *info)
{
	const struct npu_node *node;
	const struct layer *layer;

	if (!pruned || !info)
		return npu_fail(NPU_ERR_INVALID, "npu_pruned_describe: pruned or layer is NULL");
	if (index < 0 || index >= pruned->num_layers)
		return npu_fail(NPU_ERR_INVALID, "layer %d of a network that has %d", index,
				pruned->num_layers);
	layer = &pruned->layers[index];
	node = &pruned->graph.nodes[layer->node];
	*info = (npu_pruned_layer){
		.node = node->index,
		.op = npu_op_name(node->op),
		.name = pruned->graph.tensors[node->outputs[0]].name,
		.weights = npu_tensor_elements(weights_of(pruned, layer)),
		.zeros_before = layer->zeros_before,
		.zeros_after = layer->zeros_after,
		.same_as = pruned->graph.nodes[pruned->layers[layer->owner].node].index,
		.kept = layer->keep ? layer->why : NULL,
	};
	return NPU_OK;
}

void npu_pruned_free(npu_pruned *pruned)
{
	if (!pruned)
		return;
	npu_graph_clear(&pruned->graph);
	free(pruned->layers);
	free(pruned->data);
	free(pruned);
}
