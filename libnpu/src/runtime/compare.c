// SPDX-License-Identifier: MIT
/* npu_compare(): every tensor that a device leaves in memory against the reference kernels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "kernels/kernels.h"
#include "session.h"

/* All tensors of the graph, computed by the reference kernels. */
struct reference {
	void **data;
	void *memory;
};

static void free_reference(struct reference *reference)
{
	free(reference->data);
	free(reference->memory);
}

static npu_status run_reference(const struct npu_graph *graph, const void *const *inputs,
				struct reference *reference)
{
	size_t total = 64;
	int i;

	for (i = 0; i < graph->num_inputs; i++)
		if (!inputs || !inputs[i])
			return npu_fail(NPU_ERR_INVALID, "npu_compare: input %d is NULL", i);
	for (i = 0; i < graph->num_tensors; i++)
		total += (npu_tensor_bytes(&graph->tensors[i]) + 63) & ~(size_t)63;
	reference->data = calloc((size_t)graph->num_tensors + 1, sizeof(*reference->data));
	reference->memory = aligned_alloc(64, total);
	if (!reference->data || !reference->memory)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for reference tensors of %zu bytes",
				total);
	total = 0;
	for (i = 0; i < graph->num_tensors; i++) {
		reference->data[i] = graph->tensors[i].data;
		if (reference->data[i])
			continue;
		reference->data[i] = (uint8_t *)reference->memory + total;
		total += (npu_tensor_bytes(&graph->tensors[i]) + 63) & ~(size_t)63;
	}
	for (i = 0; i < graph->num_inputs; i++)
		memcpy(reference->data[graph->inputs[i]], inputs[i],
		       npu_tensor_bytes(&graph->tensors[graph->inputs[i]]));
	return npu_kernel_run_graph(graph, reference->data);
}

/* A place that a later tensor has taken over tells nothing about this one. */
static bool was_overwritten(const npu_session *session, int tensor)
{
	const npu_program *program = session->program;
	const struct npu_graph *graph = &program->graph;
	const struct npu_binding *binding = &program->binding[tensor];
	uint64_t end = binding->offset + (uint64_t)npu_tensor_bytes(&graph->tensors[tensor]);
	int i;

	if (!session->device->backend)
		return false;
	for (i = 0; i < graph->num_tensors; i++) {
		const struct npu_binding *other = &program->binding[i];
		uint64_t other_end = other->offset +
				     (uint64_t)npu_tensor_bytes(&graph->tensors[i]);

		if (i == tensor || other->region != binding->region || graph->tensors[i].data ||
		    graph->tensors[i].producer < graph->tensors[tensor].producer)
			continue;
		/* Outputs of one node, or of a later one. */
		if (other->offset < end && binding->offset < other_end)
			return true;
	}
	return false;
}

static double element(const struct npu_tensor *tensor, const void *data, size_t index)
{
	switch (tensor->dtype) {
	case NPU_INT8:
		return ((const int8_t *)data)[index];
	case NPU_UINT8:
	case NPU_BOOL:
		return ((const uint8_t *)data)[index];
	case NPU_INT16:
		return ((const int16_t *)data)[index];
	case NPU_INT32:
		return ((const int32_t *)data)[index];
	case NPU_INT64:
		return (double)((const int64_t *)data)[index];
	case NPU_FLOAT32:
		return (double)((const float *)data)[index];
	default:
		return 0;
	}
}

static void compare_tensor(const struct npu_tensor *tensor, const void *expected,
			   const void *actual, npu_comparison *result)
{
	size_t size = npu_dtype_size(tensor->dtype), count = npu_tensor_elements(tensor);
	size_t i;

	result->tensors++;
	result->elements += count;
	if (memcmp(expected, actual, count * size) == 0)
		return;
	if (result->tensors_different++)
		return;
	for (i = 0; i < count; i++)
		if (memcmp((const uint8_t *)expected + i * size, (const uint8_t *)actual + i * size,
			   size))
			break;
	snprintf(result->first_tensor, sizeof(result->first_tensor), "%s", tensor->name);
	result->first_element = i;
	result->expected = element(tensor, expected, i);
	result->actual = element(tensor, actual, i);
}

/* The same tensor in the model's graph, should compilation have renumbered them; or -1. */
static int find_tensor(const struct npu_graph *model, const struct npu_graph *graph, int t)
{
	const char *name = graph->tensors[t].name;
	int i;

	if (t < model->num_tensors && strcmp(model->tensors[t].name, name) == 0)
		return t;
	for (i = 0; i < model->num_tensors; i++)
		if (strcmp(model->tensors[i].name, name) == 0 &&
		    npu_tensor_bytes(&model->tensors[i]) == npu_tensor_bytes(&graph->tensors[t]))
			return i;
	return -1;
}

static npu_status compare_all(const npu_session *session, const struct npu_graph *model,
			      const struct reference *reference, npu_comparison *result)
{
	const struct npu_graph *graph = &session->program->graph;
	npu_status status = NPU_OK;
	int n, k;

	for (n = 0; n < graph->num_nodes && !status; n++) {
		const struct npu_node *node = &graph->nodes[n];

		for (k = 0; k < node->num_outputs && !status; k++) {
			int t = node->outputs[k];
			int same = find_tensor(model, graph, t);
			size_t bytes = npu_tensor_bytes(&graph->tensors[t]);
			void *actual;

			if (same < 0 || !session->data[t] || graph->tensors[t].data ||
			    was_overwritten(session, t))
				continue;
			actual = malloc(bytes);
			if (!actual)
				return npu_fail(NPU_ERR_NOMEM, "out of memory for a tensor of %zu bytes",
						bytes);
			status = npu_session_read_tensor(session, t, actual);
			if (!status)
				compare_tensor(&graph->tensors[t], reference->data[same], actual,
					       result);
			free(actual);
		}
	}
	return status;
}

static npu_status run_session(npu_session *session, const void *const *inputs)
{
	const struct npu_graph *graph = &session->program->graph;
	void **outputs = calloc((size_t)graph->num_outputs + 1, sizeof(*outputs));
	npu_status status = NPU_OK;
	int i;

	if (!outputs)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for outputs");
	for (i = 0; i < graph->num_outputs && !status; i++) {
		outputs[i] = malloc(npu_tensor_bytes(&graph->tensors[graph->outputs[i]]));
		if (!outputs[i])
			status = npu_fail(NPU_ERR_NOMEM, "out of memory for output %d", i);
	}
	if (!status)
		status = npu_session_run(session, inputs, outputs);
	for (i = 0; i < graph->num_outputs; i++)
		free(outputs[i]);
	free(outputs);
	return status;
}

npu_status npu_compare_session(npu_session *session, const struct npu_graph *model,
			       const void *const *inputs, npu_comparison *result)
{
	struct reference reference = { 0 };
	npu_status status;

	memset(result, 0, sizeof(*result));
	status = run_reference(model, inputs, &reference);
	if (!status)
		status = run_session(session, inputs);
	if (!status)
		status = compare_all(session, model, &reference, result);
	free_reference(&reference);
	if (!status && result->tensors_different)
		status = npu_fail(NPU_ERR_MISMATCH,
				  "%d of %d tensors differ; the first is '%s', element %llu: expected %g, got %g",
				  result->tensors_different, result->tensors, result->first_tensor,
				  (unsigned long long)result->first_element, result->expected,
				  result->actual);
	return status;
}

npu_status npu_compare(npu_device *device, const npu_model *model,
		       const npu_compile_options *options, const void *const *inputs,
		       npu_comparison *result)
{
	npu_program *program;
	npu_session *session;
	npu_status status;

	if (!device || !model || !result)
		return npu_fail(NPU_ERR_INVALID, "npu_compare: device, model or result is NULL");
	memset(result, 0, sizeof(*result));
	program = npu_compile(model, options);
	if (!program)
		return npu_error_status();
	session = npu_session_create(device, program);
	status = session ? npu_compare_session(session, &model->graph, inputs, result) :
			   npu_error_status();
	npu_session_free(session);
	npu_program_free(program);
	return status;
}
