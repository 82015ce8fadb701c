// SPDX-License-Identifier: MIT
/* The in-process device, as sessions see it. */
#include <stdio.h>

#include "backend.h"
#include "host.h"
#include "ir/error.h"

static void host_close(void *device)
{
	npu_host_close(device);
}

static npu_status host_describe(void *device, npu_device_info *info)
{
	struct npu_host *host = device;

	pthread_mutex_lock(&host->lock);
	snprintf(info->firmware, sizeof(info->firmware), "%.*s",
		 (int)sizeof(host->shared->hello.build), (const char *)host->shared->hello.build);
	pthread_mutex_unlock(&host->lock);
	return NPU_OK;
}

static npu_status host_alloc(void *device, size_t size, struct npu_memory *memory)
{
	struct npu_buffer *buffer;
	npu_status status = npu_host_alloc(device, size, &buffer);

	if (!status)
		*memory = (struct npu_memory){ buffer, buffer->data, buffer->size };
	return status;
}

static void host_free(void *device, struct npu_memory *memory)
{
	npu_host_free(device, memory->object);
}

static npu_status space_new(void *device, void **space)
{
	struct npu_vm *vm;
	npu_status status = npu_vm_new(device, &vm);

	*space = vm;
	return status;
}

static void space_free(void *space)
{
	npu_vm_free(space);
}

static npu_status space_map(void *space, uint32_t va, const struct npu_memory *memory,
			    bool writable)
{
	return npu_vm_map(space, va, memory->object, writable);
}

static void space_unmap(void *space, uint32_t va, size_t size)
{
	npu_vm_unmap(space, va, size);
}

static npu_status queue_new(void *space, void **result)
{
	struct npu_queue *queue;
	npu_status status = npu_queue_new(space, 1, NPU_HOST_DEPTH, &queue);

	*result = queue;
	return status;
}

static void queue_free(void *queue)
{
	npu_queue_free(queue);
}

static npu_status submit(void *queue, const struct npu_job *job, uint64_t *seq)
{
	struct npu_vm *vm = ((struct npu_queue *)queue)->vm;
	uint32_t number;
	npu_status status;

	vm->num_times = 0;
	vm->times_lost = false;
	status = npu_queue_submit(queue, job, &number);
	*seq = number;
	return status;
}

static npu_status wait(void *queue, uint64_t seq, struct onpu_fw_completion *record)
{
	const struct npu_vm *vm = ((struct npu_queue *)queue)->vm;
	npu_status status = npu_queue_wait(queue, (uint32_t)seq, record);

	if (!status && vm->times_lost)
		status = npu_fail(NPU_ERR_NOMEM, "out of memory for what a job costs");
	return status;
}

static size_t work(void *space, const struct onpu_command_time **times)
{
	const struct npu_vm *vm = space;

	*times = vm->times;
	return vm->num_times;
}

static bool cycles(void *device, struct onpu_rtl_cycles *result)
{
	struct npu_host *host = device;

	if (!host->rtl)
		return false;
	pthread_mutex_lock(&host->lock);
	host->rtl->cycles(host->model, result);
	pthread_mutex_unlock(&host->lock);
	return true;
}

const struct npu_backend npu_host_backend = {
	.close = host_close,
	.describe = host_describe,
	.alloc = host_alloc,
	.free = host_free,
	.space_new = space_new,
	.space_free = space_free,
	.map = space_map,
	.unmap = space_unmap,
	.queue_new = queue_new,
	.queue_free = queue_free,
	.submit = submit,
	.wait = wait,
	.work = work,
	.cycles = cycles,
};
