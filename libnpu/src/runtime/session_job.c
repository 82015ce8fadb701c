// SPDX-License-Identifier: MIT
/* One step of a program: a job on the device, or a node on the CPU. */
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "kernels/kernels.h"
#include "session.h"

/* A stream without a budget of its own. */
#define DEFAULT_CYCLES (1ull << 32)

/* What a session calls the weights that its job leaves in SRAM; its address space is its own. */
#define WARM_KEY 1

/* Of one stream; how many commands those are. */
static uint32_t mark_stream(uint8_t *stream, uint32_t size)
{
	uint32_t at = 0, count = 0;

	/* A malformed stream ends here early, and with a fault on the device. */
	while (size - at >= 4) {
		struct onpu_head *head = (struct onpu_head *)(stream + at);

		if (!head->length || head->length * 4u > size - at)
			break;
		if (head->opcode >= ONPU_OPCODE_LOAD) {
			head->flags |= ONPU_CMD_PROFILE;
			count++;
		}
		at += head->length * 4u;
	}
	return count;
}

uint32_t npu_session_mark_commands(const npu_program *program, uint8_t *code)
{
	uint32_t most = mark_stream(code + program->warm.entry, program->warm.size);
	int i;

	for (i = 0; i < program->num_steps; i++) {
		const struct npu_step *step = &program->steps[i];
		uint32_t count = step->node < 0 ? mark_stream(code + step->entry, step->size) : 0;

		if (count > most)
			most = count;
	}
	return most;
}

/* Everything but the code, which stays as it is. */
static npu_status sync_all(const npu_session *session, bool to_device)
{
	npu_status status = npu_session_sync(session, &session->trace, to_device);
	int i;

	for (i = NPU_REGION_CODE + 1; i < session->num_regions && !status; i++)
		status = npu_session_sync(session, &session->region[i], to_device);
	return status;
}

static npu_status job_failed(const npu_session *session, int s,
			     const struct onpu_fw_completion *record)
{
	const npu_program *program = session->program;
	int layer = npu_session_layer_at(program, s,
					 program->steps[s].entry + record->stream_offset);
	char text[192];

	npu_host_describe(record, text, sizeof(text));
	/* Its firmware has no faults of its own: the functional model says so when it lacks memory. */
	if (session->device->host && !session->device->host->rtl &&
	    record->fault == ONPU_FAULT_FIRMWARE)
		return npu_fail(NPU_ERR_NOMEM,
				"job %u (step %d), layer '%.120s': out of memory for the model of the device",
				record->seq, s, layer < 0 ? "?" : program->layers[layer].name);
	return npu_fail(NPU_ERR_DEVICE, "job %u (step %d), layer '%.120s': %s", record->seq, s,
			layer < 0 ? "?" : program->layers[layer].name, text);
}

npu_status npu_session_job(npu_session *session, int s)
{
	const struct npu_step *step = &session->program->steps[s];
	struct npu_job job = {
		.entry = session->region[NPU_REGION_CODE].va + step->entry,
		.stream_size = step->size,
		.trace = session->trace.va,
		.trace_size = session->trace.size,
		.max_cycles = step->max_cycles ? step->max_cycles : DEFAULT_CYCLES,
		.region_count = session->num_regions,
	};
	const struct npu_warm *warm = &session->program->warm;
	const struct npu_backend *backend = session->device->backend;
	struct onpu_fw_completion record;
	npu_status status;
	uint64_t seq;
	int i;

	if (warm->size && warm->step == s) {
		job.warm_entry = session->region[NPU_REGION_CODE].va + warm->entry;
		job.warm_size = warm->size;
		job.warm_key = WARM_KEY;
	}
	if (session->num_regions > ONPU_FW_REGIONS)
		return npu_fail(NPU_ERR_LIMIT, "%d inputs and outputs, a job can have %d",
				session->num_regions - NPU_REGION_IO,
				ONPU_FW_REGIONS - NPU_REGION_IO);
	for (i = 0; i < session->num_regions; i++)
		job.region[i] = (struct onpu_fw_region){ session->region[i].va,
							 session->region[i].size };
	if (session->trace.size)
		memset(session->trace.memory.data, 0, session->trace.size);
	status = sync_all(session, true);
	if (!status)
		status = backend->submit(session->queue, &job, &seq);
	if (!status)
		status = backend->wait(session->queue, seq, &record);
	if (!status)
		status = sync_all(session, false);
	if (status)
		return npu_fail_context(status, "step %d", s);
	if (record.status != ONPU_FW_OK)
		return job_failed(session, s, &record);
	npu_session_profile_job(session, s, &record);
	return NPU_OK;
}

/* ---- on the CPU ------------------------------------------------------------------- */

static bool overlap(const void *a, size_t a_size, const void *b, size_t b_size)
{
	uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;

	return x < y + b_size && y < x + a_size;
}

/*
 * Kernels want aligned buffers, and outputs apart from inputs.  A program may bind tensors
 * otherwise; then the kernel works on a copy.
 */
static bool needs_copy(const npu_session *session, const struct npu_node *node, int t, bool output)
{
	const struct npu_tensor *tensors = session->program->graph.tensors;
	size_t size = npu_tensor_bytes(&tensors[t]);
	int k;

	if ((uintptr_t)session->data[t] % 16)
		return true;
	for (k = 0; k < node->num_inputs && output; k++)
		if (node->inputs[k] >= 0 &&
		    overlap(session->data[t], size, session->data[node->inputs[k]],
			    npu_tensor_bytes(&tensors[node->inputs[k]])))
			return true;
	for (k = 0; k < node->num_outputs && output; k++)
		if (node->outputs[k] != t &&
		    overlap(session->data[t], size, session->data[node->outputs[k]],
			    npu_tensor_bytes(&tensors[node->outputs[k]])))
			return true;
	return false;
}

static npu_status prepare(npu_session *session, const struct npu_node *node, int t, bool output)
{
	size_t size = npu_tensor_bytes(&session->program->graph.tensors[t]);

	if (!needs_copy(session, node, t, output)) {
		session->step_data[t] = session->data[t];
		return NPU_OK;
	}
	session->step_data[t] = aligned_alloc(16, (size + 15) & ~(size_t)15);
	if (!session->step_data[t])
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a tensor of %zu bytes", size);
	if (!output)
		memcpy(session->step_data[t], session->data[t], size);
	return NPU_OK;
}

static void release(npu_session *session, int t, bool write_back)
{
	size_t size = npu_tensor_bytes(&session->program->graph.tensors[t]);
	void *copy = session->step_data[t];

	session->step_data[t] = NULL;
	if (!copy || copy == session->data[t])
		return;
	if (write_back)
		memcpy(session->data[t], copy, size);
	free(copy);
}

npu_status npu_session_cpu_step(npu_session *session, int s)
{
	const struct npu_graph *graph = &session->program->graph;
	const struct npu_node *node = &graph->nodes[session->program->steps[s].node];
	npu_status status = NPU_OK;
	int k;

	for (k = 0; k < node->num_inputs && !status; k++)
		if (node->inputs[k] >= 0 && !session->step_data[node->inputs[k]])
			status = prepare(session, node, node->inputs[k], false);
	for (k = 0; k < node->num_outputs && !status; k++)
		status = prepare(session, node, node->outputs[k], true);
	if (!status)
		status = npu_kernel_run(graph, node, session->step_data);
	for (k = 0; k < node->num_outputs; k++)
		release(session, node->outputs[k], !status);
	for (k = 0; k < node->num_inputs; k++)
		if (node->inputs[k] >= 0)
			release(session, node->inputs[k], false);
	npu_session_profile_cpu(session, s);
	return status;
}
