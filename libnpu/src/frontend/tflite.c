// SPDX-License-Identifier: MIT
/* A TFLite file becomes a graph: the model's tables, and the order of it all. */
#include "frontend/tflite.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "ir/graph_check.h"

/* Longer names say nothing more; many tensors may share one. */
#define MAX_NAME 1023

/* The length of the UTF-8 sequence at p, 0 if it is not one, or a control character. */
static size_t printable(const uint8_t *p, size_t left)
{
	size_t i, n;
	uint32_t code;

	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f;
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > left)
		return 0;
	code = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3fu);
	}
	/* Overlong forms, surrogates, and the control characters U+0080 to U+009F. */
	if ((n == 2 && code < 0xa0) || (n == 3 && code < 0x800) || (n == 4 && code < 0x10000) ||
	    (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
		return 0;
	return n;
}

npu_status npu_tflite_string(struct npu_tflite *f, const struct npu_fb_vec *text, char **copy)
{
	const uint8_t *p = f->fb.data + text->pos;
	size_t length = text->count < MAX_NAME ? text->count : MAX_NAME;
	size_t i = 0;
	char *out = malloc(length + 1);

	if (!out)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a name");
	while (i < length) {
		size_t n = printable(p + i, length - i);

		if (n)
			memcpy(out + i, p + i, n);
		else
			out[i] = '?';
		i += n ? n : 1;
	}
	out[length] = '\0';
	*copy = out;
	return NPU_OK;
}

npu_status npu_tflite_ok(const struct npu_tflite *f, const char *what, int index)
{
	if (!f->fb.bad)
		return NPU_OK;
	if (index >= 0)
		return npu_fail(NPU_ERR_FORMAT, "%s %d: %s (at byte %zu)", what, index, f->fb.bad,
				f->fb.bad_at);
	return npu_fail(NPU_ERR_FORMAT, "%s: %s (at byte %zu)", what, f->fb.bad, f->fb.bad_at);
}

npu_status npu_tflite_indices(struct npu_tflite *f, const struct npu_fb_vec *vec, int **indices,
			      int *count)
{
	uint32_t i;

	/* Many nodes may name the same vector, so its length is no bound for their sum. */
	f->edges += vec->count;
	if (f->edges > NPU_MAX_EDGES)
		return npu_fail(NPU_ERR_LIMIT, "the nodes use more than %d tensors", NPU_MAX_EDGES);
	*indices = malloc(((size_t)vec->count + 1) * sizeof(**indices));
	if (!*indices)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the network");
	for (i = 0; i < vec->count; i++)
		(*indices)[i] = npu_fb_vec_i32(&f->fb, vec, i);
	*count = (int)vec->count;
	return NPU_OK;
}

static npu_status check_identifier(const void *data, size_t size)
{
	static const char known[4] = "TFL3";
	const char *id;

	if (size < 8)
		return npu_fail(NPU_ERR_FORMAT, "not a TFLite file: only %zu bytes", size);
	if (size > NPU_TFLITE_MAX_FILE)
		return npu_fail(NPU_ERR_LIMIT, "the file has %zu bytes; at most %zu are supported",
				size, NPU_TFLITE_MAX_FILE);
	id = (const char *)data + 4;
	if (!memcmp(id, known, 4))
		return NPU_OK;
	if (!memcmp(id, known, 3) && id[3] >= '0' && id[3] <= '9')
		return npu_fail(NPU_ERR_VERSION,
				"a TFLite file of schema version %c; only version 3 is supported",
				id[3]);
	return npu_fail(NPU_ERR_FORMAT, "not a TFLite file: it has no \"TFL3\" at byte 4");
}

/* The operators of other subgraphs are reached through control flow only, which is refused. */
npu_status npu_tflite_open(struct npu_tflite *f, const void *data, size_t size,
			   struct npu_fb_table *subgraph)
{
	struct npu_fb_table model;
	uint32_t version;

	NPU_TRY(check_identifier(data, size));
	npu_fb_init(&f->fb, data, size);
	model = npu_fb_root(&f->fb);
	version = npu_fb_u32(&f->fb, &model, MODEL_VERSION, 0);
	NPU_TRY(npu_tflite_ok(f, "model", -1));
	if (version != 3)
		return npu_fail(NPU_ERR_VERSION,
				"a TFLite model of version %u; only version 3 is supported",
				version);
	f->opcodes = npu_fb_vec(&f->fb, &model, MODEL_OPCODES, 4);
	f->buffers = npu_fb_vec(&f->fb, &model, MODEL_BUFFERS, 4);
	f->subgraphs = npu_fb_vec(&f->fb, &model, MODEL_SUBGRAPHS, 4);
	NPU_TRY(npu_tflite_ok(f, "model", -1));
	if (!f->subgraphs.count)
		return npu_fail(NPU_ERR_FORMAT, "the model has no subgraph");
	*subgraph = npu_fb_vec_table(&f->fb, &f->subgraphs, 0);
	f->tensors = npu_fb_vec(&f->fb, subgraph, SUBGRAPH_TENSORS, 4);
	f->operators = npu_fb_vec(&f->fb, subgraph, SUBGRAPH_OPERATORS, 4);
	NPU_TRY(npu_tflite_ok(f, "subgraph", 0));
	if (f->tensors.count > NPU_MAX_TENSORS)
		return npu_fail(NPU_ERR_LIMIT, "%u tensors; at most %d are supported",
				f->tensors.count, NPU_MAX_TENSORS);
	if (f->operators.count > NPU_MAX_NODES)
		return npu_fail(NPU_ERR_LIMIT, "%u operators; at most %d are supported",
				f->operators.count, NPU_MAX_NODES);
	return NPU_OK;
}

/* Tensors that nothing uses may be of any kind; see npu_tflite_read_tensors(). */
static void mark_used(struct npu_tflite *f)
{
	const struct npu_graph *graph = f->graph;
	int i, j;

	for (i = 0; i < graph->num_inputs; i++)
		if ((unsigned int)graph->inputs[i] < f->tensors.count)
			f->used[graph->inputs[i]] = 1;
	for (i = 0; i < graph->num_outputs; i++)
		if ((unsigned int)graph->outputs[i] < f->tensors.count)
			f->used[graph->outputs[i]] = 1;
	for (i = 0; i < graph->num_nodes; i++) {
		const struct npu_node *node = &graph->nodes[i];

		for (j = 0; j < node->num_inputs; j++)
			if ((unsigned int)node->inputs[j] < f->tensors.count)
				f->used[node->inputs[j]] = 1;
		for (j = 0; j < node->num_outputs; j++)
			if ((unsigned int)node->outputs[j] < f->tensors.count)
				f->used[node->outputs[j]] = 1;
	}
}

/* The first node that computes a tensor; npu_graph_infer() finds a second one. */
static void set_producers(struct npu_graph *graph)
{
	int i, j;

	for (i = 0; i < graph->num_tensors; i++)
		graph->tensors[i].producer = -1;
	for (i = 0; i < graph->num_nodes; i++) {
		const struct npu_node *node = &graph->nodes[i];

		for (j = 0; j < node->num_outputs; j++) {
			int t = node->outputs[j];

			if (t >= 0 && t < graph->num_tensors && graph->tensors[t].producer < 0)
				graph->tensors[t].producer = i;
		}
	}
}

static npu_status read_subgraph(struct npu_tflite *f, const struct npu_fb_table *subgraph,
				struct npu_tflite_op *ops)
{
	struct npu_graph *graph = f->graph;
	struct npu_fb_vec inputs, outputs;

	inputs = npu_fb_vec(&f->fb, subgraph, SUBGRAPH_INPUTS, 4);
	outputs = npu_fb_vec(&f->fb, subgraph, SUBGRAPH_OUTPUTS, 4);
	NPU_TRY(npu_tflite_ok(f, "subgraph", 0));
	if (inputs.count > NPU_MAX_TENSORS || outputs.count > NPU_MAX_TENSORS)
		return npu_fail(NPU_ERR_LIMIT, "%u inputs and %u outputs", inputs.count,
				outputs.count);
	NPU_TRY(npu_tflite_indices(f, &inputs, &graph->inputs, &graph->num_inputs));
	NPU_TRY(npu_tflite_indices(f, &outputs, &graph->outputs, &graph->num_outputs));
	NPU_TRY(npu_tflite_find_ops(f, ops));
	NPU_TRY(npu_tflite_read_nodes(f, ops));
	mark_used(f);
	NPU_TRY(npu_tflite_read_tensors(f));
	NPU_TRY(npu_tflite_read_params(f, ops));
	set_producers(graph);
	NPU_TRY(npu_graph_infer(graph));
	return npu_graph_check(graph);
}

npu_status npu_tflite_read(struct npu_graph *graph, const void *data, size_t size)
{
	struct npu_tflite f = { .graph = graph };
	struct npu_tflite_op *ops = NULL;
	struct npu_fb_table subgraph;
	npu_status status;

	memset(graph, 0, sizeof(*graph));
	/* Generous for tensors that share constants, but no small file makes large ones. */
	f.constant_limit = ((uint64_t)64 << 20) + 4 * (uint64_t)size;
	f.scale_limit = ((uint64_t)1 << 20) + size;
	NPU_TRY(npu_tflite_open(&f, data, size, &subgraph));
	ops = calloc((size_t)f.operators.count + 1, sizeof(*ops));
	f.used = calloc((size_t)f.tensors.count + 1, 1);
	if (ops && f.used)
		status = read_subgraph(&f, &subgraph, ops);
	else
		status = npu_fail(NPU_ERR_NOMEM, "out of memory for the network");
	free(ops);
	free(f.used);
	if (status != NPU_OK)
		npu_graph_clear(graph);
	return status;
}
