// SPDX-License-Identifier: GPL-2.0-only
/* Jobs: what user space asked for, the fence that says "done", how they end. */
#include <linux/module.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "onpu_array.h"
#include "onpu_device.h"
#include "onpu_job.h"
#include "onpu_queue.h"
#include "onpu_slot.h"
#include "onpu_vm.h"

#define CREATE_TRACE_POINTS
#include "onpu_trace.h"

/* ---- the device's fence ---------------------------------------------------------- */

static const char *fence_driver_name(struct dma_fence *base)
{
	return "onpu";
}

static const char *fence_timeline_name(struct dma_fence *base)
{
	return "onpu queue";
}

static void fence_free(struct work_struct *work)
{
	struct onpu_fence *fence = container_of(work, struct onpu_fence, free_work);
	struct onpu_device *onpu = fence->onpu;

	kfree(fence);
	drm_dev_put(&onpu->drm);
	/* We return from here: module exit waits for the workqueue. */
	module_put(THIS_MODULE);
}

static void fence_free_rcu(struct rcu_head *rcu)
{
	struct dma_fence *base = container_of(rcu, struct dma_fence, rcu);
	struct onpu_fence *fence = container_of(base, struct onpu_fence, base);

	onpu_queue_free_later(&fence->free_work);
}

static void fence_release(struct dma_fence *base)
{
	call_rcu(&base->rcu, fence_free_rcu);
}

static const struct dma_fence_ops fence_ops = {
	.get_driver_name = fence_driver_name,
	.get_timeline_name = fence_timeline_name,
	.release = fence_release,
};

/* ---- making ---------------------------------------------------------------------- */

static bool wraps(u32 va, u32 size)
{
	return size && va > U32_MAX - (size - 1);
}

static bool bad_stream(u32 entry, u32 size)
{
	return entry % 4 || !size || size % 4 || wraps(entry, size);
}

static int check_warm(const struct drm_onpu_job *args)
{
	if (args->warm_pad)
		return -EINVAL;
	if (!args->warm_key)
		return args->warm_entry || args->warm_size ? -EINVAL : 0;
	if (bad_stream(args->warm_entry, args->warm_size) || args->warm_entry < args->entry ||
	    args->warm_entry - args->entry < args->stream_size)
		return -EINVAL;
	return 0;
}

/* What would be refused anyway is refused here, where user space learns of it. */
static int check_args(const struct drm_onpu_job *args)
{
	if (args->flags & ~(DRM_ONPU_JOB_RESTARTABLE | DRM_ONPU_JOB_NO_PREEMPT) || args->pad)
		return -EINVAL;
	if (bad_stream(args->entry, args->stream_size))
		return -EINVAL;
	if (args->trace_size && (args->trace_va % 8 || wraps(args->trace_va, args->trace_size)))
		return -EINVAL;
	return check_warm(args);
}

static int copy_regions(struct onpu_job *job, const struct drm_onpu_array *array)
{
	struct drm_onpu_region *regions;
	int err = 0;
	u32 i;

	regions = onpu_array_copy(array, sizeof(*regions), ONPU_FW_REGIONS);
	if (IS_ERR(regions))
		return PTR_ERR(regions);
	for (i = 0; i < array->count; i++) {
		if (wraps(regions[i].va, regions[i].size)) {
			err = -EINVAL;
			break;
		}
		job->region[i].va = cpu_to_le32(regions[i].va);
		job->region[i].size = cpu_to_le32(regions[i].size);
	}
	job->desc.region_count = array->count;
	kvfree(regions);
	return err;
}

static u64 budget(u64 wanted)
{
	u64 limit = READ_ONCE(onpu_param_max_cycles);

	if (!limit)
		return wanted;
	return wanted ? min(wanted, limit) : limit;
}

static void fill_descriptor(struct onpu_job *job, const struct drm_onpu_job *args)
{
	struct onpu_fw_descriptor *desc = &job->desc;

	desc->ctx = job->queue->vm->mmu.ctx;
	desc->flags = cpu_to_le16(args->flags & DRM_ONPU_JOB_NO_PREEMPT ?
				  ONPU_FW_JOB_NO_PREEMPT : 0);
	desc->entry = cpu_to_le32(args->entry);
	desc->stream_size = cpu_to_le32(args->stream_size);
	desc->trace = cpu_to_le32(args->trace_size ? args->trace_va : 0);
	desc->trace_size = cpu_to_le32(args->trace_size);
	desc->max_cycles = cpu_to_le64(budget(args->max_cycles));
	desc->cookie = cpu_to_le64(args->cookie);
	/* Older firmware would refuse it; the first stream does the same. */
	if (job->queue->onpu->minor < 1)
		return;
	desc->warm_entry = cpu_to_le32(args->warm_entry);
	desc->warm_size = cpu_to_le32(args->warm_size);
	desc->warm_key = cpu_to_le32(args->warm_key);
}

struct onpu_job *onpu_job_new(struct onpu_queue *queue, const struct drm_onpu_job *args)
{
	struct onpu_job *job;
	int err;

	err = check_args(args);
	if (err)
		return ERR_PTR(err);
	job = kzalloc(sizeof(*job), GFP_KERNEL);
	if (!job)
		return ERR_PTR(-ENOMEM);
	job->done = kzalloc(sizeof(*job->done), GFP_KERNEL);
	if (!job->done) {
		kfree(job);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&job->refcount);
	INIT_LIST_HEAD(&job->link);
	job->queue = onpu_queue_get(queue);
	job->cookie = args->cookie;
	job->flags = args->flags;
	atomic_inc(&queue->onpu->stats.jobs);

	err = copy_regions(job, &args->regions);
	if (err)
		goto put;
	fill_descriptor(job, args);
	err = onpu_sched_job_init(&job->base, &queue->entity, 1, queue, queue->client_id);
	if (err)
		goto put;
	return job;

put:
	onpu_job_put(job);
	return ERR_PTR(err);
}

void onpu_job_number(struct onpu_job *job, u64 seqno)
{
	struct onpu_fence *fence = job->done;

	job->seqno = seqno;
	spin_lock_init(&fence->lock);
	INIT_WORK(&fence->free_work, fence_free);
	fence->onpu = job->queue->onpu;
	drm_dev_get(&fence->onpu->drm);
	__module_get(THIS_MODULE);
	dma_fence_init(&fence->base, &fence_ops, &fence->lock, job->queue->fence_context, seqno);
}

static void power_put(struct onpu_job *job)
{
	struct device *dev = job->queue->onpu->dev;

	if (!job->powered)
		return;
	job->powered = false;
	pm_runtime_mark_last_busy(dev);
	pm_runtime_put_autosuspend(dev);
}

void onpu_job_abort(struct onpu_job *job)
{
	power_put(job);
	drm_sched_job_cleanup(&job->base);
	onpu_job_put(job);
}

static void job_release(struct kref *refcount)
{
	struct onpu_job *job = container_of(refcount, struct onpu_job, refcount);
	struct onpu_queue *queue = job->queue;

	if (dma_fence_was_initialized(&job->done->base))
		dma_fence_put(&job->done->base);
	else
		kfree(job->done);
	kfree(job);
	atomic_dec(&queue->onpu->stats.jobs);
	onpu_queue_put(queue);
}

struct onpu_job *onpu_job_get(struct onpu_job *job)
{
	kref_get(&job->refcount);
	return job;
}

void onpu_job_put(struct onpu_job *job)
{
	if (job)
		kref_put(&job->refcount, job_release);
}

/* ---- ending ---------------------------------------------------------------------- */

static s32 fault_status(u32 fault)
{
	switch (fault) {
	case ONPU_FAULT_MMU:
		return -EFAULT;
	case ONPU_FAULT_BUS:
	case ONPU_FAULT_FIRMWARE:
		return -EIO;
	case ONPU_FAULT_WATCHDOG:
	case ONPU_FAULT_ENGINE_HANG:
		return -ETIME;
	case ONPU_FAULT_KILLED:
		return -ECANCELED;
	default:
		return -EINVAL;
	}
}

s32 onpu_job_outcome(const struct onpu_fw_completion *record, u32 *fault)
{
	switch (record->status) {
	case ONPU_FW_OK:
		*fault = DRM_ONPU_FAULT_NONE;
		return 0;
	case ONPU_FW_FAULT:
		*fault = record->fault;
		return fault_status(record->fault);
	case ONPU_FW_KILLED:
		*fault = ONPU_FAULT_KILLED;
		return -ECANCELED;
	case ONPU_FW_ENGINE_RESET:
		*fault = DRM_ONPU_FAULT_ENGINE_RESET;
		return -ETIME;
	case ONPU_FW_SAVE_FAILED:
		*fault = DRM_ONPU_FAULT_RESTORE;
		return -EIO;
	default:
		*fault = DRM_ONPU_FAULT_REFUSED;
		return -EINVAL;
	}
}

/* Its own doing, as opposed to what befell it. */
static bool is_fault(u32 fault)
{
	switch (fault) {
	case DRM_ONPU_FAULT_NONE:
	case ONPU_FAULT_KILLED:
	case DRM_ONPU_FAULT_INNOCENT:
	case DRM_ONPU_FAULT_QUEUE_LOST:
	case DRM_ONPU_FAULT_DEVICE_GONE:
	case DRM_ONPU_FAULT_CANCELLED:
		return false;
	}
	return true;
}

static void tell_fault(const struct onpu_job *job, const struct drm_onpu_fault *fault)
{
	struct onpu_device *onpu = job->queue->onpu;

	atomic64_inc(&onpu->stats.faults);
	trace_onpu_job_fault(job, fault->code);
	dev_info_ratelimited(onpu->drm.dev,
			     "job %llu (cookie %#llx) of slot %u failed: fault %u, engine %u, stream offset %u, address %#llx\n",
			     job->seqno, job->cookie, job->queue->slot->index, fault->code,
			     fault->engine, fault->stream_offset, fault->va);
}

static void fill_fault(const struct onpu_job *job, u32 code, struct drm_onpu_fault *fault)
{
	const struct onpu_fw_completion *record = &job->record;

	*fault = (struct drm_onpu_fault){
		.seqno = job->seqno,
		.cookie = job->cookie,
		.va = le32_to_cpu(record->va),
		.cycle = le64_to_cpu(record->end_cycle),
		.code = code,
		.engine = record->engine,
		.stream_offset = le32_to_cpu(record->stream_offset),
		.access = record->write,
	};
}

static void count_usage(struct onpu_usage *usage, const struct onpu_result *result)
{
	atomic64_inc(&usage->completed);
	if (result->status)
		atomic64_inc(&usage->failed);
	atomic64_add(result->end_cycle - result->start_cycle, &usage->run_cycles);
	atomic64_add(result->busy_cycles, &usage->busy_cycles);
}

void onpu_job_end(struct onpu_job *job, s32 status, u32 code)
{
	const struct onpu_fw_completion *record = &job->record;
	struct onpu_result result = {
		.seqno = job->seqno,
		.queued_cycle = le64_to_cpu(record->queued_cycle),
		.start_cycle = le64_to_cpu(record->start_cycle),
		.end_cycle = le64_to_cpu(record->end_cycle),
		.done_cycle = le64_to_cpu(record->done_cycle),
		.busy_cycles = le64_to_cpu(record->busy_cycles),
		.switch_cycles = le16_to_cpu(record->switch_cycles),
		.stream_offset = le32_to_cpu(record->stream_offset),
		.status = status,
		.fault = code,
	};
	struct drm_onpu_fault fault;
	bool bad = is_fault(code);

	if (WARN_ON_ONCE(job->ended))
		return;
	job->ended = true;
	if (!status)
		atomic_set(&job->queue->onpu->fruitless, 0);
	if (bad) {
		fill_fault(job, code, &fault);
		tell_fault(job, &fault);
	}
	trace_onpu_job_done(job, status);
	count_usage(job->queue->usage, &result);
	/* Who waits for the fence finds the result. */
	onpu_queue_result(job->queue, &result, bad ? &fault : NULL);
	if (status)
		dma_fence_set_error(&job->done->base, status);
	dma_fence_signal(&job->done->base);
	power_put(job);
}

void onpu_job_end_all(struct list_head *jobs)
{
	struct onpu_job *job, *next;

	list_for_each_entry_safe(job, next, jobs, link) {
		list_del_init(&job->link);
		onpu_job_end(job, job->status, job->fault);
		onpu_job_put(job);
	}
}

/* ---- scheduler ------------------------------------------------------------------- */

static struct dma_fence *job_run(struct drm_sched_job *base)
{
	struct onpu_job *job = to_onpu_job(base);
	bool cookie = dma_fence_begin_signalling();
	int err;

	err = onpu_slot_push(job->queue->slot, job);
	if (err)
		onpu_job_end(job, err, err == -ENODEV ? DRM_ONPU_FAULT_DEVICE_GONE :
							DRM_ONPU_FAULT_QUEUE_LOST);
	dma_fence_end_signalling(cookie);
	return err ? ERR_PTR(err) : dma_fence_get(&job->done->base);
}

/* The scheduler has no timeout; should it think otherwise, firmware and health know better. */
static enum drm_gpu_sched_stat job_timedout(struct drm_sched_job *base)
{
#ifndef ONPU_HAVE_SCHED_NO_HANG
	struct drm_gpu_scheduler *sched = base->sched;

	spin_lock(&sched->job_list_lock);
	list_add(&base->list, &sched->pending_list);
	spin_unlock(&sched->job_list_lock);
	/* It may have ended while it was not on the list. */
	queue_work(sched->submit_wq, &sched->work_free_job);
#endif
	return ONPU_SCHED_NO_HANG;
}

/* Also called for jobs that never ran: their entity went. */
static void job_free(struct drm_sched_job *base)
{
	struct onpu_job *job = to_onpu_job(base);

	if (!job->ended)
		onpu_job_end(job, -ECANCELED, DRM_ONPU_FAULT_CANCELLED);
	/* The scheduler's fence must keep module and scheduler even if it never got a parent. */
	if (!base->s_fence->parent) {
		/* Initialised before others see it, as the scheduler itself does it. */
		smp_store_release(&base->s_fence->parent, dma_fence_get(&job->done->base));
	}
	drm_sched_job_cleanup(base);
	onpu_job_put(job);
}

const struct drm_sched_backend_ops onpu_sched_ops = {
	.run_job = job_run,
	.timedout_job = job_timedout,
	.free_job = job_free,
};
