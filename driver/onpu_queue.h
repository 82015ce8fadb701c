/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_QUEUE_H_
#define _ONPU_QUEUE_H_

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <drm/gpu_scheduler.h>

#include "drm/onpu_drm.h"

struct onpu_bo;
struct onpu_device;
struct onpu_file;
struct onpu_slot;
struct onpu_usage;
struct onpu_vm;

#define ONPU_FILE_QUEUES	8
#define ONPU_RESULTS		256
/* Waits, and also signals, of a SUBMIT; objects that it names. */
#define ONPU_SUBMIT_SYNCS	64
#define ONPU_SUBMIT_OBJECTS	64

/** struct onpu_result - how a job ended */
struct onpu_result {
	/** @seqno: whose; 0: nobody's */
	u64 seqno;
	u64 queued_cycle, start_cycle, end_cycle, done_cycle, busy_cycles;
	u32 switch_cycles, stream_offset;
	s32 status;
	u32 fault;
};

/** struct onpu_queue - what user space submits to */
struct onpu_queue {
	struct kref refcount;
	/** @free_work: the last reference may go where nothing can wait */
	struct work_struct free_work;
	/** @onpu: held, so that jobs can be freed long after the file was closed */
	struct onpu_device *onpu;
	/** @vm: held */
	struct onpu_vm *vm;
	struct onpu_usage *usage;
	/** @client_id: of the file, for the scheduler's tracepoints */
	u64 client_id;
	u32 priority, flags, depth;
	/** @save: kernel-owned memory for preempted state, mapped in context 0, or NULL */
	struct onpu_bo *save;
	/** @slot: borrowed until it is @dead; after that only its number means something */
	struct onpu_slot *slot;
	struct drm_sched_entity entity;
	u64 fence_context;

	/** @lock: SUBMIT from its check that the queue lives to the last push; destroy */
	struct mutex lock;
	/** @dead: destroyed, or its file closed; under @lock */
	bool dead;
	/** @submitted: newest seqno; under @lock, and @result_lock for writing */
	u64 submitted;

	/** @result_lock: protects the rest; innermost, irq-safe */
	spinlock_t result_lock;
	/** @completed: all jobs up to this one have ended */
	u64 completed;
	/** @state: DRM_ONPU_QUEUE_STATE_* */
	u32 state;
	/** @resets: &onpu_device.resets when the queue was made */
	u32 resets;
	struct drm_onpu_fault fault;
	struct onpu_result results[ONPU_RESULTS];
	/** @wait: @completed or @state changed */
	wait_queue_head_t wait;
};

/* The workqueue where queues and fences are freed; module init and exit. */
int onpu_queue_module_init(void);
void onpu_queue_module_exit(void);
void onpu_queue_free_later(struct work_struct *work);

struct onpu_queue *onpu_queue_get(struct onpu_queue *queue);
void onpu_queue_put(struct onpu_queue *queue);
/* By id, with a reference, or NULL. */
struct onpu_queue *onpu_queue_lookup(struct onpu_file *ofile, u32 id);
/* File close: cancels and kills. */
void onpu_queue_close_all(struct onpu_file *ofile);
/* Enters how a job ended, advances completed, wakes; fault may be NULL. */
void onpu_queue_result(struct onpu_queue *queue, const struct onpu_result *result,
		       const struct drm_onpu_fault *fault);
/* Jobs that have not ended. */
u64 onpu_queue_unfinished(struct onpu_queue *queue);
bool onpu_queue_is_lost(struct onpu_queue *queue);
/* Adds bits to state and wakes. */
void onpu_queue_set_state(struct onpu_queue *queue, u32 bits);

int onpu_ioctl_queue_create(struct drm_device *drm, void *data, struct drm_file *file);
int onpu_ioctl_queue_destroy(struct drm_device *drm, void *data, struct drm_file *file);
int onpu_ioctl_queue_state(struct drm_device *drm, void *data, struct drm_file *file);
int onpu_ioctl_job_wait(struct drm_device *drm, void *data, struct drm_file *file);
int onpu_ioctl_submit(struct drm_device *drm, void *data, struct drm_file *file);

#endif
