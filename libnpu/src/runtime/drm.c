// SPDX-License-Identifier: MIT
/* The kernel's driver, as sessions see it: memory, address spaces, queues. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "drm.h"
#include "drm_ioctl.h"
#include "ir/error.h"
#include "isa/onpu_isa.h"

/* Jobs of one session in flight: it waits for each. */
#define DEPTH 8

struct drm_space {
	struct npu_drm *drm;
	uint32_t id;
};

struct drm_queue {
	struct npu_drm *drm;
	uint32_t id;
};

struct drm_buffer {
	uint32_t handle;
	bool sync_needed;
};

static npu_status failed(const struct npu_drm *drm, const char *what)
{
	npu_status status = errno == ENOMEM ? NPU_ERR_NOMEM :
			    errno == ENOSPC ? NPU_ERR_LIMIT : NPU_ERR_DEVICE;

	return npu_fail(status, "%s: %s: %s", drm->path, what, strerror(errno));
}

static void drm_close(void *device)
{
	struct npu_drm *drm = device;

	if (drm->fd >= 0)
		close(drm->fd);
	free(drm);
}

static npu_status drm_describe(void *device, npu_device_info *info)
{
	struct npu_drm *drm = device;
	struct drm_onpu_fw_info fw = { 0 };
	npu_status status = npu_drm_query(drm, DRM_ONPU_QUERY_FW_INFO, &fw, sizeof(fw));

	_Static_assert(sizeof(info->node) == sizeof(drm->path), "the path fits");
	memcpy(info->node, drm->path, sizeof(info->node));
	snprintf(info->firmware, sizeof(info->firmware), "%.*s, interface %u.%u",
		 (int)sizeof(fw.build), (const char *)fw.build, fw.major, fw.minor);
	return status;
}

/* ---- memory ----------------------------------------------------------------------- */

static void close_handle(const struct npu_drm *drm, uint32_t handle)
{
	struct drm_gem_close args = { .handle = handle };

	npu_drm_ioctl(drm->fd, DRM_IOCTL_GEM_CLOSE, &args);
}

static npu_status map_here(struct npu_drm *drm, struct drm_buffer *buffer, size_t size,
			   uint8_t **data)
{
	struct drm_onpu_bo_info info = { .handle = buffer->handle };
	void *at;

	if (npu_drm_ioctl(drm->fd, DRM_IOCTL_ONPU_BO_INFO, &info))
		return failed(drm, "memory cannot be asked about");
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, drm->fd,
		  (off_t)info.mmap_offset);
	if (at == MAP_FAILED)
		return failed(drm, "memory cannot be mapped");
	buffer->sync_needed = info.sync_needed;
	*data = at;
	return NPU_OK;
}

static npu_status drm_alloc(void *device, size_t size, struct npu_memory *memory)
{
	struct npu_drm *drm = device;
	struct drm_onpu_bo_create args = { .size = size };
	struct drm_buffer *buffer = calloc(1, sizeof(*buffer));
	npu_status status;

	*memory = (struct npu_memory){ 0 };
	if (!buffer)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a buffer");
	if (npu_drm_ioctl(drm->fd, DRM_IOCTL_ONPU_BO_CREATE, &args)) {
		status = failed(drm, "no memory for the device");
		free(buffer);
		return status;
	}
	buffer->handle = args.handle;
	memory->size = args.size;
	status = map_here(drm, buffer, args.size, &memory->data);
	if (status) {
		close_handle(drm, args.handle);
		free(buffer);
		*memory = (struct npu_memory){ 0 };
		return status;
	}
	memory->object = buffer;
	return NPU_OK;
}

static void drm_free(void *device, struct npu_memory *memory)
{
	struct drm_buffer *buffer = memory->object;

	munmap(memory->data, memory->size);
	close_handle(device, buffer->handle);
	free(buffer);
	*memory = (struct npu_memory){ 0 };
}

static npu_status drm_sync(void *device, const struct npu_memory *memory, bool to_device)
{
	struct npu_drm *drm = device;
	const struct drm_buffer *buffer = memory->object;
	struct drm_onpu_bo_sync args = {
		.handle = buffer->handle,
		.dir = to_device ? DRM_ONPU_SYNC_TO_DEVICE : DRM_ONPU_SYNC_FROM_DEVICE,
		.size = memory->size,
	};

	if (buffer->sync_needed && npu_drm_ioctl(drm->fd, DRM_IOCTL_ONPU_BO_SYNC, &args))
		return failed(drm, "caches cannot be synchronised");
	return NPU_OK;
}

/* ---- address spaces --------------------------------------------------------------- */

static npu_status space_new(void *device, void **result)
{
	struct npu_drm *drm = device;
	struct drm_onpu_vm_create args = { 0 };
	struct drm_space *space = calloc(1, sizeof(*space));

	*result = NULL;
	if (!space)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for an address space");
	if (npu_drm_ioctl(drm->fd, DRM_IOCTL_ONPU_VM_CREATE, &args)) {
		npu_status status = failed(drm, "no address space");

		free(space);
		return status;
	}
	space->drm = drm;
	space->id = args.vm_id;
	*result = space;
	return NPU_OK;
}

static void space_free(void *handle)
{
	struct drm_space *space = handle;
	struct drm_onpu_vm_destroy args = { .vm_id = space->id };

	npu_drm_ioctl(space->drm->fd, DRM_IOCTL_ONPU_VM_DESTROY, &args);
	free(space);
}

static int one_op(const struct drm_space *space, struct drm_onpu_vm_op *op)
{
	struct drm_onpu_vm_map args = {
		.vm_id = space->id,
		.ops = { .ptr = (uintptr_t)op, .count = 1, .stride = sizeof(*op) },
	};

	return npu_drm_ioctl(space->drm->fd, DRM_IOCTL_ONPU_VM_MAP, &args);
}

static npu_status space_map(void *handle, uint32_t va, const struct npu_memory *memory,
			    bool writable)
{
	struct drm_space *space = handle;
	const struct drm_buffer *buffer = memory->object;
	struct drm_onpu_vm_op op = {
		.op = DRM_ONPU_VM_OP_MAP,
		.flags = writable ? 0 : DRM_ONPU_MAP_READONLY,
		.handle = buffer->handle,
		.va = va,
		.size = memory->size,
	};

	return one_op(space, &op) ? failed(space->drm, "memory cannot be mapped for the device") :
				    NPU_OK;
}

static void space_unmap(void *handle, uint32_t va, size_t size)
{
	struct drm_onpu_vm_op op = { .op = DRM_ONPU_VM_OP_UNMAP, .va = va, .size = size };

	one_op(handle, &op);
}

/* ---- jobs ------------------------------------------------------------------------- */

static npu_status queue_new(void *handle, void **result)
{
	struct drm_space *space = handle;
	struct drm_onpu_queue_create args = {
		.vm_id = space->id,
		.priority = DRM_ONPU_PRIORITY_NORMAL,
		.depth = DEPTH,
	};
	struct drm_queue *queue = calloc(1, sizeof(*queue));

	*result = NULL;
	if (!queue)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a queue");
	if (npu_drm_ioctl(space->drm->fd, DRM_IOCTL_ONPU_QUEUE_CREATE, &args)) {
		npu_status status = failed(space->drm, "no queue");

		free(queue);
		return status;
	}
	queue->drm = space->drm;
	queue->id = args.queue_id;
	*result = queue;
	return NPU_OK;
}

static void queue_free(void *handle)
{
	struct drm_queue *queue = handle;
	struct drm_onpu_queue_destroy args = { .queue_id = queue->id };

	npu_drm_ioctl(queue->drm->fd, DRM_IOCTL_ONPU_QUEUE_DESTROY, &args);
	free(queue);
}

static npu_status submit(void *handle, const struct npu_job *job, uint64_t *seq)
{
	struct drm_queue *queue = handle;
	struct drm_onpu_job args = {
		.regions = {
			.ptr = (uintptr_t)job->region,
			.count = (uint32_t)job->region_count,
			.stride = sizeof(job->region[0]),
		},
		.entry = job->entry,
		.stream_size = job->stream_size,
		.trace_va = job->trace_size ? job->trace : 0,
		.trace_size = job->trace_size,
		.max_cycles = job->max_cycles,
		.flags = job->flags & ONPU_FW_JOB_NO_PREEMPT ? DRM_ONPU_JOB_NO_PREEMPT : 0,
	};
	struct drm_onpu_submit batch = {
		.queue_id = queue->id,
		.jobs = { .ptr = (uintptr_t)&args, .count = 1, .stride = sizeof(args) },
	};
	uint64_t most = queue->drm->limits.max_cycles;

	_Static_assert(sizeof(struct onpu_fw_region) == sizeof(struct drm_onpu_region),
		       "regions are handed on as they are");
	/* An older driver takes no element that says more than it knows. */
	if (queue->drm->minor >= 1) {
		args.warm_key = job->warm_key;
		args.warm_entry = job->warm_entry;
		args.warm_size = job->warm_size;
	}
	if (most && args.max_cycles > most)
		args.max_cycles = most;
	if (npu_drm_ioctl(queue->drm->fd, DRM_IOCTL_ONPU_SUBMIT, &batch))
		return failed(queue->drm, "a job was not taken");
	*seq = batch.first_seqno;
	return NPU_OK;
}

static const char *fate(uint32_t fault)
{
	switch (fault) {
	case DRM_ONPU_FAULT_GUILTY:
		return "it made the device hang, which was reset";
	case DRM_ONPU_FAULT_INNOCENT:
		return "the device was reset because of another job";
	case DRM_ONPU_FAULT_QUEUE_LOST:
		return "an earlier job of its queue failed";
	case DRM_ONPU_FAULT_DEVICE_GONE:
		return "the device is gone";
	case DRM_ONPU_FAULT_CANCELLED:
		return "its queue was destroyed";
	}
	return NULL;
}

/* Where it failed, if the queue still knows: the last fault is the last one only. */
static void add_fault(const struct drm_queue *queue, uint64_t seq,
		      struct onpu_fw_completion *record)
{
	struct drm_onpu_queue_state state = { .queue_id = queue->id };

	if (npu_drm_ioctl(queue->drm->fd, DRM_IOCTL_ONPU_QUEUE_STATE, &state) ||
	    state.fault.seqno != seq)
		return;
	record->engine = (uint8_t)state.fault.engine;
	record->stream_offset = state.fault.stream_offset;
	record->va = (uint32_t)state.fault.va;
	record->write = (uint8_t)state.fault.access;
}

static npu_status wait(void *handle, uint64_t seq, struct onpu_fw_completion *record)
{
	struct drm_queue *queue = handle;
	struct drm_onpu_job_wait args = {
		.queue_id = queue->id, .seqno = seq, .timeout_ns = INT64_MAX,
	};

	if (npu_drm_ioctl(queue->drm->fd, DRM_IOCTL_ONPU_JOB_WAIT, &args))
		return failed(queue->drm, "a job cannot be waited for");
	*record = (struct onpu_fw_completion){
		.seq = (uint32_t)seq,
		.queued_cycle = args.queued_cycle,
		.start_cycle = args.start_cycle,
		.end_cycle = args.end_cycle,
		.done_cycle = args.done_cycle,
		.busy_cycles = args.busy_cycles,
		.switch_cycles = (uint16_t)args.switch_cycles,
		.stream_offset = args.stream_offset,
	};
	if (fate(args.fault))
		return npu_fail(NPU_ERR_DEVICE, "%s: the job was lost: %s", queue->drm->path,
				fate(args.fault));
	switch (args.fault) {
	case DRM_ONPU_FAULT_NONE:
		return NPU_OK;
	case DRM_ONPU_FAULT_ENGINE_RESET:
		record->status = ONPU_FW_ENGINE_RESET;
		break;
	case DRM_ONPU_FAULT_REFUSED:
		record->status = ONPU_FW_BAD_DESCRIPTOR;
		break;
	case DRM_ONPU_FAULT_RESTORE:
		record->status = ONPU_FW_SAVE_FAILED;
		break;
	default:
		record->status = ONPU_FW_FAULT;
		record->fault = (uint8_t)args.fault;
	}
	add_fault(queue, seq, record);
	return NPU_OK;
}

const struct npu_backend npu_drm_backend = {
	.close = drm_close,
	.describe = drm_describe,
	.alloc = drm_alloc,
	.free = drm_free,
	.sync = drm_sync,
	.space_new = space_new,
	.space_free = space_free,
	.map = space_map,
	.unmap = space_unmap,
	.queue_new = queue_new,
	.queue_free = queue_free,
	.submit = submit,
	.wait = wait,
};
