// SPDX-License-Identifier: MIT
#include "prune/share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "ir/graph_check.h"

/* What a tensor is read as: nothing, ROLE_OTHER, or weights of ROLE_WEIGHTS + operator. */
enum { ROLE_NONE, ROLE_OTHER, ROLE_WEIGHTS };

bool npu_has_weights(enum npu_op op)
{
	return op == NPU_OP_CONV_2D || op == NPU_OP_DEPTHWISE_CONV_2D || op == NPU_OP_FULLY_CONNECTED;
}

static void find_roles(const struct npu_graph *graph, int *roles)
{
	int n, i;

	for (n = 0; n < graph->num_nodes; n++) {
		const struct npu_node *node = &graph->nodes[n];

		for (i = 0; i < node->num_inputs; i++) {
			int t = node->inputs[i];
			int role = i == 1 && npu_has_weights(node->op) ?
				   ROLE_WEIGHTS + (int)node->op : ROLE_OTHER;

			if (t >= 0)
				roles[t] = roles[t] == ROLE_NONE || roles[t] == role ? role :
										       ROLE_OTHER;
		}
	}
	for (i = 0; i < graph->num_outputs; i++)
		roles[graph->outputs[i]] = ROLE_OTHER;
}

/* Whether the same bytes mean the same in both. */
static bool alike(const struct npu_tensor *a, const struct npu_tensor *b)
{
	return a->dtype == b->dtype && a->rank == b->rank &&
	       !memcmp(a->dims, b->dims, (size_t)a->rank * sizeof(*a->dims)) &&
	       (a->quant.n <= 1 || a->quant.axis == b->quant.axis) &&
	       npu_check_same_quant(a, b);
}

/* Places that overlap, directly or through others; *other is one that does not mean the same. */
static bool one_meaning(const struct npu_graph *graph, const int *roles,
			const struct npu_tflite_place *places, size_t count, int *other)
{
	int first = places[0].tensor;
	size_t i;

	for (i = 0; i < count; i++) {
		int t = places[i].tensor;

		*other = t;
		if (t < 0 || first < 0 || roles[t] < ROLE_WEIGHTS || roles[t] != roles[first] ||
		    places[i].pos != places[0].pos ||
		    !alike(&graph->tensors[t], &graph->tensors[first]))
			return false;
	}
	return true;
}

static void describe(const struct npu_graph *graph, const struct npu_tflite_place *places,
		     size_t count, int tensor, int other, char *why, size_t size)
{
	size_t i;

	/* The one at which the difference was found may be the tensor itself. */
	for (i = 0; i < count && other == tensor; i++)
		other = places[i].tensor;
	if (other < 0)
		snprintf(why, size, "another subgraph uses its weights too");
	else if (other == tensor)
		snprintf(why, size, "its weights are read as something else too");
	else
		snprintf(why, size, "tensor %d '%.60s' has the same bytes, but is read differently",
			 other, graph->tensors[other].name);
}

static void find_owners(const struct npu_graph *graph, const int *roles,
			const struct npu_tflite_place *places, size_t count,
			struct npu_share *shares)
{
	size_t i, k, n;
	uint64_t end;
	int other;

	for (i = 0; i < count; i += n) {
		bool good;

		end = places[i].pos + places[i].bytes;
		for (n = 1; i + n < count && places[i + n].pos < end; n++)
			if (places[i + n].pos + places[i + n].bytes > end)
				end = places[i + n].pos + places[i + n].bytes;
		good = one_meaning(graph, roles, &places[i], n, &other);
		for (k = i; k < i + n; k++) {
			int t = places[k].tensor;

			if (t < 0)
				continue;
			shares[t].pos = places[k].pos;
			if (good)
				shares[t].owner = places[i].tensor;
			else
				describe(graph, &places[i], n, t, other, shares[t].why,
					 sizeof(shares[t].why));
		}
	}
}

npu_status npu_find_shares(const struct npu_graph *graph, const void *data, size_t size,
			   struct npu_share *shares)
{
	struct npu_tflite_place *places = NULL;
	npu_status status;
	size_t count = 0;
	int *roles;
	int i;

	for (i = 0; i < graph->num_tensors; i++) {
		shares[i] = (struct npu_share){ .owner = -1 };
		snprintf(shares[i].why, sizeof(shares[i].why), "its weights are not in the file");
	}
	roles = calloc((size_t)graph->num_tensors + 1, sizeof(*roles));
	if (!roles)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the layers to prune");
	find_roles(graph, roles);
	status = npu_tflite_find_places(graph, data, size, &places, &count);
	if (!status)
		find_owners(graph, roles, places, count, shares);
	free(places);
	free(roles);
	return status;
}
