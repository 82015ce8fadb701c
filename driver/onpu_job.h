/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_JOB_H_
#define _ONPU_JOB_H_

#include <linux/dma-fence.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/workqueue.h>
#include <drm/gpu_scheduler.h>

#include "onpu_fw.h"

struct drm_onpu_job;
struct onpu_device;
struct onpu_queue;

/**
 * struct onpu_fence - "the device has done it"; lives as long as somebody looks at it
 *
 * It holds module and device: its operations are in the one, and the scheduler that its
 * scheduler fence names is in the other.
 */
struct onpu_fence {
	/** @base: what others hold and wait for */
	struct dma_fence base;
	/** @lock: @base's; one fence must not see another's */
	spinlock_t lock;
	/** @onpu: held */
	struct onpu_device *onpu;
	/** @free_work: what it holds cannot be let go where the last reference goes */
	struct work_struct free_work;
};

/** struct onpu_job - from SUBMIT until its fences are signalled and it left the ring */
struct onpu_job {
	struct drm_sched_job base;
	/** @refcount: the scheduler's reference, and the ring's */
	struct kref refcount;
	/** @queue: held */
	struct onpu_queue *queue;
	/** @done: the scheduler's parent fence; initialised by onpu_job_number() */
	struct onpu_fence *done;
	u64 seqno;
	u64 cookie;
	/** @flags: DRM_ONPU_JOB_* */
	u32 flags;
	/** @powered: it holds a runtime PM reference */
	bool powered;
	/** @ended: onpu_job_end() was called */
	bool ended;
	/** @desc: for the ring; seq is set when it gets there */
	struct onpu_fw_descriptor desc;
	struct onpu_fw_region region[ONPU_FW_REGIONS];

	/** @link: in a list of jobs that left a ring and will be ended, see the next three */
	struct list_head link;
	s32 status;
	u32 fault;
	/** @record: firmware's, checked; zeros if there is none */
	struct onpu_fw_completion record;
};

static inline struct onpu_job *to_onpu_job(struct drm_sched_job *base)
{
	return container_of(base, struct onpu_job, base);
}

extern const struct drm_sched_backend_ops onpu_sched_ops;

/* Allocates everything that the job will ever need, or an ERR_PTR. */
struct onpu_job *onpu_job_new(struct onpu_queue *queue, const struct drm_onpu_job *args);
/* Its place in the queue: now it has a fence. */
void onpu_job_number(struct onpu_job *job, u64 seqno);
/* It will not be armed. */
void onpu_job_abort(struct onpu_job *job);
struct onpu_job *onpu_job_get(struct onpu_job *job);
void onpu_job_put(struct onpu_job *job);
/* What a checked record says: 0 or a negative errno, and enum drm_onpu_fault_code. */
s32 onpu_job_outcome(const struct onpu_fw_completion *record, u32 *fault);
/*
 * The job has ended: result and fault go to its queue, its fence signals, power may go.  Once,
 * no spinlock held.  status: 0 or a negative errno.
 */
void onpu_job_end(struct onpu_job *job, s32 status, u32 fault);
/* Ends and lets go jobs of a list, in its order. */
void onpu_job_end_all(struct list_head *jobs);

#endif
