// SPDX-License-Identifier: MIT
/* Where in a file the constants are, for who wants to change them there. */
#include "frontend/tflite.h"

#include <stdlib.h>

#include "ir/error.h"
#include "ir/graph_check.h"

struct places {
	struct npu_tflite_place *list;
	size_t count, room;
};

static npu_status append(struct places *places, int tensor, size_t pos, uint64_t bytes)
{
	if (places->count == places->room) {
		size_t room = places->room ? 2 * places->room : 64;
		void *larger = realloc(places->list, room * sizeof(*places->list));

		if (!larger)
			return npu_fail(NPU_ERR_NOMEM, "out of memory for the network");
		places->list = larger;
		places->room = room;
	}
	places->list[places->count++] = (struct npu_tflite_place){ tensor, pos, bytes };
	return NPU_OK;
}

/* A tensor that inference has made a constant has no buffer: it is nowhere. */
static npu_status find_own(struct npu_tflite *f, struct places *places)
{
	uint32_t i;

	for (i = 0; i < f->tensors.count; i++) {
		const struct npu_tensor *t = &f->graph->tensors[i];
		struct npu_fb_table table = npu_fb_vec_table(&f->fb, &f->tensors, i);
		uint32_t buffer = npu_fb_u32(&f->fb, &table, TENSOR_BUFFER, 0);
		uint64_t bytes, want = npu_tensor_bytes(t);
		size_t pos;

		if (!t->data || !buffer || buffer >= f->buffers.count)
			continue;
		NPU_TRY(npu_tflite_find_data(f, buffer, t->name, (int)i, &pos, &bytes));
		if (bytes >= want)
			NPU_TRY(append(places, (int)i, pos, want));
	}
	return npu_tflite_ok(f, "subgraph", 0);
}

static npu_status find_others(struct npu_tflite *f, uint32_t subgraph, uint64_t *seen,
			      struct places *places)
{
	struct npu_fb_table table = npu_fb_vec_table(&f->fb, &f->subgraphs, subgraph);
	struct npu_fb_vec tensors = npu_fb_vec(&f->fb, &table, SUBGRAPH_TENSORS, 4);
	uint64_t bytes;
	size_t pos;
	uint32_t i;

	NPU_TRY(npu_tflite_ok(f, "subgraph", (int)subgraph));
	/* Many subgraphs may name the same vector. */
	*seen += (uint64_t)tensors.count + 1;
	if (*seen > NPU_MAX_EDGES)
		return npu_fail(NPU_ERR_LIMIT, "the subgraphs have more than %d tensors",
				NPU_MAX_EDGES);
	for (i = 0; i < tensors.count; i++) {
		struct npu_fb_table tensor = npu_fb_vec_table(&f->fb, &tensors, i);
		uint32_t buffer = npu_fb_u32(&f->fb, &tensor, TENSOR_BUFFER, 0);

		NPU_TRY(npu_tflite_ok(f, "tensors of subgraph", (int)subgraph));
		if (!buffer || buffer >= f->buffers.count)
			continue;
		NPU_TRY(npu_tflite_find_data(f, buffer, "of another subgraph", (int)i, &pos,
					     &bytes));
		if (bytes)
			NPU_TRY(append(places, -1, pos, bytes));
	}
	return NPU_OK;
}

static int by_position(const void *a, const void *b)
{
	const struct npu_tflite_place *x = a, *y = b;

	if (x->pos != y->pos)
		return x->pos < y->pos ? -1 : 1;
	return x->tensor < y->tensor ? -1 : x->tensor > y->tensor;
}

npu_status npu_tflite_find_places(const struct npu_graph *graph, const void *data, size_t size,
				  struct npu_tflite_place **list, size_t *count)
{
	struct npu_tflite f = { .graph = (struct npu_graph *)graph };	/* only read here */
	struct places places = { 0 };
	struct npu_fb_table subgraph;
	uint64_t seen = 0;
	npu_status status;
	uint32_t i;

	NPU_TRY(npu_tflite_open(&f, data, size, &subgraph));
	if ((uint64_t)graph->num_tensors != f.tensors.count)
		return npu_fail(NPU_ERR_INVALID, "the graph is not the file's");
	status = find_own(&f, &places);
	for (i = 1; i < f.subgraphs.count && !status; i++)
		status = find_others(&f, i, &seen, &places);
	if (status) {
		free(places.list);
		return status;
	}
	if (places.count)
		qsort(places.list, places.count, sizeof(*places.list), by_position);
	*list = places.list;
	*count = places.count;
	return NPU_OK;
}
