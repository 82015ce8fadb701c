// SPDX-License-Identifier: MIT
/* Sessions: a program made resident, and inferences with it. */
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "kernels/kernels.h"
#include "session.h"

/* Buffers of kernels are aligned to this. */
#define ALIGN 64u

/* Where the first region is, and what is left free between two. */
#define FIRST_VA 0x00100000u
#define GUARD 65536u
/* What the device maps faster. */
#define LARGE_PAGE (2u << 20)

/* ---- "cpu" ------------------------------------------------------------------------ */

static size_t padded_bytes(const struct npu_tensor *tensor)
{
	return (npu_tensor_bytes(tensor) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static npu_status make_cpu(npu_session *session)
{
	const struct npu_graph *graph = &session->program->graph;
	size_t total = 0;
	int i;

	if (session->program->stripped)
		return npu_fail(NPU_ERR_INVALID,
				"the program was compiled with strip: it lacks what device cpu needs");
	for (i = 0; i < graph->num_tensors; i++)
		if (!graph->tensors[i].data)
			total += padded_bytes(&graph->tensors[i]);
	/* Untouched until a kernel writes it. */
	session->memory = aligned_alloc(ALIGN, total ? total : ALIGN);
	if (!session->memory)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for tensors of %zu bytes", total);
	total = 0;
	for (i = 0; i < graph->num_tensors; i++) {
		if (graph->tensors[i].data)
			continue;
		session->data[i] = (uint8_t *)session->memory + total;
		total += padded_bytes(&graph->tensors[i]);
	}
	return NPU_OK;
}

/* ---- on the device ---------------------------------------------------------------- */

npu_status npu_session_sync(const npu_session *session, const struct npu_session_region *region,
			    bool to_device)
{
	const npu_device *device = session->device;

	if (!region->memory.object || !device->backend->sync)
		return NPU_OK;
	return device->backend->sync(device->handle, &region->memory, to_device);
}

static npu_status place(npu_session *session, struct npu_session_region *region, size_t size,
			bool writable, uint64_t *next_va)
{
	npu_device *device = session->device;
	npu_status status;
	uint64_t va = *next_va;

	region->size = (uint32_t)size;
	if (!size)
		return NPU_OK;
	status = device->backend->alloc(device->handle, size, &region->memory);
	if (status)
		return status;
	if (region->memory.size >= LARGE_PAGE)
		va = (va + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	if (va + region->memory.size + GUARD > 0x100000000ull)
		return npu_fail(NPU_ERR_LIMIT,
				"the program's memory does not fit the device's 32-bit addresses");
	status = device->backend->map(session->space, (uint32_t)va, &region->memory, writable);
	if (status)
		return status;
	region->va = (uint32_t)va;
	*next_va = va + region->memory.size + GUARD;
	return NPU_OK;
}

static size_t region_bytes(const npu_program *program, int region)
{
	const struct npu_graph *graph = &program->graph;

	if (region == NPU_REGION_CODE)
		return program->code_size;
	if (region == NPU_REGION_SCRATCH)
		return program->scratch_size;
	region -= NPU_REGION_IO;
	if (region < graph->num_inputs)
		return npu_tensor_bytes(&graph->tensors[graph->inputs[region]]);
	return npu_tensor_bytes(&graph->tensors[graph->outputs[region - graph->num_inputs]]);
}

static npu_status make_regions(npu_session *session)
{
	const npu_program *program = session->program;
	struct npu_session_region *region = session->region;
	uint64_t va = FIRST_VA;
	npu_status status = NPU_OK;
	uint32_t commands;
	int i;

	for (i = 0; i < session->num_regions && !status; i++)
		status = place(session, &region[i], region_bytes(program, i),
			       i == NPU_REGION_SCRATCH ||
			       i >= NPU_REGION_IO + program->graph.num_inputs, &va);
	if (status || !program->code_size)
		return status;
	memcpy(region[NPU_REGION_CODE].memory.data, program->code, program->code_size);
	commands = npu_session_mark_commands(program, region[NPU_REGION_CODE].memory.data);
	status = npu_session_sync(session, &region[NPU_REGION_CODE], true);
	if (status)
		return status;
	return place(session, &session->trace, commands * sizeof(struct onpu_trace_record), true,
		     &va);
}

static npu_status bind_tensors(npu_session *session)
{
	const npu_program *program = session->program;
	int i;

	for (i = 0; i < program->graph.num_tensors; i++) {
		const struct npu_binding *binding = &program->binding[i];

		if (binding->region < 0 || program->graph.tensors[i].data)
			continue;
		if (binding->region >= session->num_regions ||
		    (uint64_t)binding->offset + npu_tensor_bytes(&program->graph.tensors[i]) >
		    session->region[binding->region].size)
			return npu_fail(NPU_ERR_INVALID, "tensor '%.80s' is bound outside of region %d",
					program->graph.tensors[i].name, binding->region);
		session->data[i] = session->region[binding->region].memory.data + binding->offset;
	}
	return NPU_OK;
}

/* What steps on the CPU and the outputs need must be somewhere. */
static npu_status check_reachable(const npu_session *session)
{
	const npu_program *program = session->program;
	const struct npu_graph *graph = &program->graph;
	int i, k;

	for (i = 0; i < program->num_steps; i++) {
		const struct npu_node *node;

		if (program->steps[i].node < 0)
			continue;
		node = &graph->nodes[program->steps[i].node];
		for (k = 0; k < node->num_inputs + node->num_outputs; k++) {
			int t = k < node->num_inputs ? node->inputs[k] :
				node->outputs[k - node->num_inputs];

			if (t >= 0 && !session->data[t])
				return npu_fail(NPU_ERR_INVALID,
						"step %d: tensor '%.80s' of a node on the CPU is nowhere in memory",
						i, graph->tensors[t].name);
		}
	}
	for (i = 0; i < graph->num_outputs; i++)
		if (!session->data[graph->outputs[i]])
			return npu_fail(NPU_ERR_INVALID, "output '%.80s' is nowhere in memory",
					graph->tensors[graph->outputs[i]].name);
	return NPU_OK;
}

static npu_status make_device(npu_session *session)
{
	const npu_program *program = session->program;
	npu_device *device = session->device;
	npu_status status;

	if (program->preset->id != device->preset->id)
		return npu_fail(NPU_ERR_INVALID,
				"the program was compiled for preset %s, the device is %s: compile it for %s",
				program->preset->name, device->preset->name, device->preset->name);
	session->num_regions = NPU_REGION_IO + program->graph.num_inputs +
			       program->graph.num_outputs;
	session->region = calloc((size_t)session->num_regions, sizeof(*session->region));
	if (!session->region)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a session");
	status = device->backend->space_new(device->handle, &session->space);
	if (!status)
		status = make_regions(session);
	if (!status)
		status = bind_tensors(session);
	if (!status)
		status = check_reachable(session);
	if (!status)
		status = device->backend->queue_new(session->space, &session->queue);
	return status;
}

/* ---- life ------------------------------------------------------------------------- */

npu_session *npu_session_create(npu_device *device, const npu_program *program)
{
	npu_session *session;
	npu_status status;
	int i;

	if (!device || !program) {
		npu_fail(NPU_ERR_INVALID, "npu_session_create: device or program is NULL");
		return NULL;
	}
	session = calloc(1, sizeof(*session));
	if (!session) {
		npu_fail(NPU_ERR_NOMEM, "out of memory for a session");
		return NULL;
	}
	session->device = device;
	session->program = program;
	session->data = calloc((size_t)program->graph.num_tensors + 1, sizeof(*session->data));
	session->step_data = calloc((size_t)program->graph.num_tensors + 1,
				    sizeof(*session->step_data));
	session->layers = calloc((size_t)program->num_layers + 1, sizeof(*session->layers));
	if (!session->data || !session->step_data || !session->layers) {
		npu_fail(NPU_ERR_NOMEM, "out of memory for a session");
		npu_session_free(session);
		return NULL;
	}
	for (i = 0; i < program->graph.num_tensors; i++)
		session->data[i] = program->graph.tensors[i].data;
	status = device->backend ? make_device(session) : make_cpu(session);
	if (status) {
		npu_session_free(session);
		return NULL;
	}
	return session;
}

static void free_region(npu_session *session, struct npu_session_region *region)
{
	const npu_device *device = session->device;

	if (!region->memory.object)
		return;
	if (region->va)
		device->backend->unmap(session->space, region->va, region->memory.size);
	device->backend->free(device->handle, &region->memory);
}

void npu_session_free(npu_session *session)
{
	int i;

	if (!session)
		return;
	if (session->queue)
		session->device->backend->queue_free(session->queue);
	for (i = 0; i < session->num_regions && session->region; i++)
		free_region(session, &session->region[i]);
	free_region(session, &session->trace);
	if (session->space)
		session->device->backend->space_free(session->space);
	free(session->region);
	free(session->memory);
	free(session->layers);
	free(session->data);
	free(session->step_data);
	free(session);
}

/* ---- inference -------------------------------------------------------------------- */

static npu_status run_steps(npu_session *session)
{
	const npu_program *program = session->program;
	npu_status status = NPU_OK;
	int i;

	npu_session_profile_reset(session);
	if (!session->device->backend)
		return npu_kernel_run_graph(&program->graph, session->data);
	for (i = 0; i < program->num_steps && !status; i++)
		status = program->steps[i].node < 0 ? npu_session_job(session, i) :
						      npu_session_cpu_step(session, i);
	return status;
}

static void *input_place(const npu_session *session, int i)
{
	if (!session->device->backend)
		return session->data[session->program->graph.inputs[i]];
	return session->region[NPU_REGION_IO + i].memory.data;
}

npu_status npu_session_run(npu_session *session, const void *const *inputs, void *const *outputs)
{
	const struct npu_graph *graph;
	npu_status status;
	int i;

	if (!session)
		return npu_fail(NPU_ERR_INVALID, "npu_session_run: session is NULL");
	graph = &session->program->graph;
	session->ran = false;
	for (i = 0; i < graph->num_inputs; i++)
		if (!inputs || !inputs[i])
			return npu_fail(NPU_ERR_INVALID, "npu_session_run: input %d is NULL", i);
	for (i = 0; i < graph->num_outputs; i++)
		if (!outputs || !outputs[i])
			return npu_fail(NPU_ERR_INVALID, "npu_session_run: output %d is NULL", i);
	for (i = 0; i < graph->num_inputs; i++)
		memcpy(input_place(session, i), inputs[i],
		       npu_tensor_bytes(&graph->tensors[graph->inputs[i]]));
	status = run_steps(session);
	if (status)
		return status;
	session->ran = true;
	npu_session_profile_finish(session);
	for (i = 0; i < graph->num_outputs; i++)
		memcpy(outputs[i], session->data[graph->outputs[i]],
		       npu_tensor_bytes(&graph->tensors[graph->outputs[i]]));
	return NPU_OK;
}

npu_status npu_session_read_tensor(const npu_session *session, int tensor, void *buf)
{
	const struct npu_graph *graph = &session->program->graph;

	if (!session->ran)
		return npu_fail(NPU_ERR_INVALID, "no inference was run in this session");
	if (tensor < 0 || tensor >= graph->num_tensors)
		return npu_fail(NPU_ERR_INVALID, "tensor %d of a network that has %d", tensor,
				graph->num_tensors);
	if (!session->data[tensor])
		return npu_fail(NPU_ERR_INVALID, "tensor '%.80s' is not kept in memory",
				graph->tensors[tensor].name);
	memcpy(buf, session->data[tensor], npu_tensor_bytes(&graph->tensors[tensor]));
	return NPU_OK;
}
