/* SPDX-License-Identifier: MIT */
/*
 * The in-process host: what a kernel driver does, for a model of the device that lives in
 * this process.  Boots the firmware, owns page tables and rings, submits and waits.
 *
 * Functions may be called from several threads; each takes the host's lock.  Time passes
 * in the device only while somebody waits.
 */
#ifndef NPU_RUNTIME_HOST_H
#define NPU_RUNTIME_HOST_H

#include <pthread.h>

#include "backend.h"
#include "dram.h"
#include "iss/machine_iss.h"
#include "onpu_fw.h"
#include "rtl.h"

struct npu_host;

/* An address space of the device: one context. */
struct npu_vm {
	struct npu_host *host;
	uint8_t ctx;
	struct npu_buffer *l1;
	struct npu_buffer *l2[2048];
	/* What the commands of the last job cost, from the model (onpu_iss_watch). */
	struct onpu_command_time *times;
	size_t num_times, max_times;
	bool times_lost;		/* no memory for them */
};

struct npu_job_result {
	bool done;
	bool lost;			/* the device was reset under it: nothing else is valid */
	struct onpu_fw_completion record;
};

struct npu_queue {
	struct npu_host *host;
	struct npu_vm *vm;
	uint32_t slot, depth, priority;
	uint32_t tail, head;		/* submitted, completed */
	uint32_t next_seq, first_seq;	/* first_seq: since it was last enabled */
	struct npu_buffer *ring, *save;
	struct npu_job_result result[ONPU_FW_DEPTH_MAX];
};

struct npu_host {
	pthread_mutex_t lock;
	const struct onpu_preset *preset;
	struct onpu_model *model;
	struct npu_rtl *rtl;		/* NULL: the functional model */
	struct npu_dram dram;
	struct npu_buffer *contexts, *image, *shared_memory;
	size_t image_size;
	struct npu_vm *vm[ONPU_FW_CONTEXTS];	/* [0] is the host's own */
	struct npu_queue *queue[ONPU_FW_SLOTS];
	struct onpu_fw_shared *shared;
	uint32_t completion_head;
	uint32_t enables;
	bool interrupted;		/* the line rose */
	bool dead;			/* even a full reset did not help */
	char trouble[256];		/* why the device was last reset, or is dead */
	unsigned int resets;
	unsigned int interrupts;
};

/* Device memory for completions. */
#define NPU_HOST_COMPLETIONS 1024
#define NPU_HOST_DEPTH 8

/* rtl: whose model it is, or NULL for the functional one; closed with the host, or on failure. */
npu_status npu_host_open(const struct onpu_preset *preset, struct npu_rtl *rtl,
			 struct npu_host **host);
/* All VMs and queues must be gone. */
void npu_host_close(struct npu_host *host);

npu_status npu_host_alloc(struct npu_host *host, size_t size, struct npu_buffer **buffer);
void npu_host_free(struct npu_host *host, struct npu_buffer *buffer);

npu_status npu_vm_new(struct npu_host *host, struct npu_vm **vm);
void npu_vm_free(struct npu_vm *vm);
/* va and the buffer's address: multiples of a page.  What was mapped there is replaced. */
npu_status npu_vm_map(struct npu_vm *vm, uint32_t va, const struct npu_buffer *buffer,
		      bool writable);
/* Returns when the device cannot reach the pages any more. */
void npu_vm_unmap(struct npu_vm *vm, uint32_t va, size_t size);

npu_status npu_queue_new(struct npu_vm *vm, uint32_t priority, uint32_t depth,
			 struct npu_queue **queue);
/* Running jobs are killed. */
void npu_queue_free(struct npu_queue *queue);
/* NPU_ERR_LIMIT if depth jobs are there already. */
npu_status npu_queue_submit(struct npu_queue *queue, const struct npu_job *job, uint32_t *seq);
/*
 * Until the job has ended, however it did.  NPU_ERR_DEVICE: the device was lost; each
 * job's result can be had until depth further ones were submitted.
 */
npu_status npu_queue_wait(struct npu_queue *queue, uint32_t seq, struct onpu_fw_completion *record);
/* All jobs up to seq. */
void npu_queue_kill(struct npu_queue *queue, uint32_t seq);

/* Lets cycles pass, and takes note of what happened; for tests. */
void npu_host_run(struct npu_host *host, uint64_t cycles);
/* Stops the firmware in an orderly way, as before power-off; NPU_ERR_DEVICE if it does not. */
npu_status npu_host_halt(struct npu_host *host);
uint64_t npu_host_cycle(struct npu_host *host);

/* "MMU fault reading 0x00401000, command at offset 64 of the stream, engine LOAD" */
void npu_host_describe(const struct onpu_fw_completion *record, char *text, size_t size);

/* Between host.c, vm.c and queue.c; the lock is held. */
uint32_t npu_host_read(struct npu_host *host, uint32_t offset);
void npu_host_write(struct npu_host *host, uint32_t offset, uint32_t value);
void npu_host_step(struct npu_host *host, uint64_t cycles);
npu_status npu_host_lost(struct npu_host *host, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
npu_status npu_vm_new_locked(struct npu_host *host, uint8_t ctx, struct npu_vm **vm);
npu_status npu_vm_map_locked(struct npu_vm *vm, uint32_t va, const struct npu_buffer *buffer,
			     bool writable);
void npu_vm_unmap_locked(struct npu_vm *vm, uint32_t va, size_t size);
void npu_vm_free_locked(struct npu_vm *vm);
npu_status npu_queue_enable(struct npu_queue *queue);
void npu_queue_drain(struct npu_host *host);

#endif
