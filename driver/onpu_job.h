/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_JOB_H_
#define _ONPU_JOB_H_

#include <linux/dma-fence.h>
#include <linux/kref.h>
#include <drm/gpu_scheduler.h>

#include "onpu_fw.h"

struct onpu_queue;

/** struct onpu_fence - "the device has done it"; lives as long as somebody looks at it */
struct onpu_fence {
	struct dma_fence base;
	spinlock_t lock;
};

/** struct onpu_job - from SUBMIT until its fences are signalled and it left the ring */
struct onpu_job {
	struct drm_sched_job base;
	/** @refcount: the scheduler's reference, and the ring's */
	struct kref refcount;
	/** @queue: held */
	struct onpu_queue *queue;
	/** @done: made at SUBMIT, initialised in run_job; the scheduler's parent fence */
	struct onpu_fence *done;
	u64 seqno;
	u64 cookie;
	/** @flags: DRM_ONPU_JOB_* */
	u32 flags;
	/** @powered: it holds a runtime PM reference */
	bool powered;
	/** @desc: for the ring; seq is set when it gets there */
	struct onpu_fw_descriptor desc;
	struct onpu_fw_region region[ONPU_FW_REGIONS];
};

extern const struct drm_sched_backend_ops onpu_sched_ops;

/* Allocates everything that the job will ever need. */
struct onpu_job *onpu_job_new(struct onpu_queue *queue, const struct drm_onpu_job *args);
struct onpu_job *onpu_job_get(struct onpu_job *job);
void onpu_job_put(struct onpu_job *job);
/*
 * The job has ended: result and fault go to its queue, its fence signals, power may go.  No
 * spinlock held.  status: 0 or a negative errno.
 */
void onpu_job_end(struct onpu_job *job, s32 status, u32 fault,
		  const struct onpu_fw_completion *record);

#endif
