/* SPDX-License-Identifier: MIT */
/*
 * What a session needs of a device, whatever that is: a model in this process behind host.h, or
 * the kernel's driver behind drm.h.  Objects are the backend's own; a session passes them back.
 */
#ifndef NPU_RUNTIME_BACKEND_H
#define NPU_RUNTIME_BACKEND_H

#include <stdbool.h>

#include "iss/machine_iss.h"
#include "npu.h"
#include "onpu_fw.h"

struct onpu_rtl_cycles;

/* Memory of the device that this process sees. */
struct npu_memory {
	void *object;			/* NULL: none */
	uint8_t *data;
	size_t size;			/* whole pages */
};

struct npu_job {
	uint32_t entry, stream_size;
	uint32_t trace, trace_size;
	uint64_t max_cycles;
	uint32_t flags;			/* ONPU_FW_JOB_* */
	/* As in a descriptor; a device that knows no warm starts goes by the other stream. */
	uint32_t warm_entry, warm_size, warm_key;
	int region_count;
	struct onpu_fw_region region[ONPU_FW_REGIONS];
};

struct npu_backend {
	void (*close)(void *device);
	/* Fills in what only it knows: node, firmware. */
	npu_status (*describe)(void *device, npu_device_info *info);
	/* Zeroed. */
	npu_status (*alloc)(void *device, size_t size, struct npu_memory *memory);
	void (*free)(void *device, struct npu_memory *memory);
	/* May be NULL.  Who comes next: the device, or this process. */
	npu_status (*sync)(void *device, const struct npu_memory *memory, bool to_device);

	npu_status (*space_new)(void *device, void **space);
	void (*space_free)(void *space);
	npu_status (*map)(void *space, uint32_t va, const struct npu_memory *memory, bool writable);
	/* When it returns the device cannot reach the memory. */
	void (*unmap)(void *space, uint32_t va, size_t size);

	npu_status (*queue_new)(void *space, void **queue);
	/* Jobs that still run are killed. */
	void (*queue_free)(void *queue);
	npu_status (*submit)(void *queue, const struct npu_job *job, uint64_t *seq);
	/*
	 * Until the job has ended, however it did: that is in the record.  NPU_ERR_DEVICE: it was
	 * lost with the device, or cancelled.
	 */
	npu_status (*wait)(void *queue, uint64_t seq, struct onpu_fw_completion *record);

	/* May be NULL: what only a model can tell.  Work of each command of the last job. */
	size_t (*work)(void *space, const struct onpu_command_time **times);
	/* May be NULL.  False if it does not count.  Since it was opened. */
	bool (*cycles)(void *device, struct onpu_rtl_cycles *cycles);
};

extern const struct npu_backend npu_host_backend;
extern const struct npu_backend npu_drm_backend;

#endif
