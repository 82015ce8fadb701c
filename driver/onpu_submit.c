// SPDX-License-Identifier: GPL-2.0-only
/* SUBMIT: from what user space wrote to jobs that cannot fail any more. */
#include <linux/dma-fence-chain.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <drm/drm_drv.h>
#include <drm/drm_exec.h>
#include <drm/drm_syncobj.h>

#include "onpu_array.h"
#include "onpu_device.h"
#include "onpu_gem.h"
#include "onpu_job.h"
#include "onpu_queue.h"
#include "onpu_trace.h"
#include "onpu_vm.h"

/**
 * DOC: SUBMIT
 *
 * A batch is taken as a whole or not at all, so everything that can fail comes before the first
 * job is armed.  Outside of locks: copies of user space's arrays, jobs, fences to wait for,
 * syncobjs and what they need to be signalled, objects.  With &onpu_queue.lock held: is the queue
 * alive, is there room, power.  With dma_resv locks: what the batch has to wait for there, and
 * room for its fence.  From the first armed job on nothing is allocated and nothing is asked.
 */

/** struct submit_signal - a syncobj that signals when the batch is done */
struct submit_signal {
	struct drm_syncobj *syncobj;
	/** @chain: of a timeline, or NULL */
	struct dma_fence_chain *chain;
	u64 point;
};

/** struct submit_bo - an object with implicit synchronisation */
struct submit_bo {
	struct drm_gem_object *obj;
	bool write;
};

/** struct submit - a SUBMIT on its way; counts are of what is there */
struct submit {
	struct drm_file *file;
	struct onpu_queue *queue;
	struct onpu_job **jobs;
	u32 num_jobs;
	struct submit_signal *signals;
	u32 num_signals;
	struct submit_bo *bos;
	u32 num_bos;
	struct drm_exec exec;
};

/* ---- what user space wrote ------------------------------------------------------- */

static int get_jobs(struct submit *s, const struct drm_onpu_array *array)
{
	struct drm_onpu_job *args;
	struct onpu_job *job;
	int err = 0;
	u32 i;

	if (!array->count)
		return -EINVAL;
	args = onpu_array_copy(array, sizeof(*args), s->queue->depth);
	if (IS_ERR(args))
		return PTR_ERR(args);
	s->jobs = kcalloc(array->count, sizeof(*s->jobs), GFP_KERNEL);
	if (!s->jobs)
		err = -ENOMEM;
	for (i = 0; !err && i < array->count; i++) {
		job = onpu_job_new(s->queue, &args[i]);
		if (IS_ERR(job))
			err = PTR_ERR(job);
		else
			s->jobs[s->num_jobs++] = job;
	}
	kvfree(args);
	return err;
}

static int check_sync(const struct drm_onpu_sync *sync)
{
	if (sync->flags & ~DRM_ONPU_SYNC_TIMELINE)
		return -EINVAL;
	/* Point 0 of a timeline is no point. */
	return !!(sync->flags & DRM_ONPU_SYNC_TIMELINE) == !!sync->point ? 0 : -EINVAL;
}

static int add_wait(struct submit *s, const struct drm_onpu_sync *sync)
{
	struct dma_fence *fence;
	int err = check_sync(sync);

	if (!err)
		err = drm_syncobj_find_fence(s->file, sync->handle, sync->point, 0, &fence);
	/* It takes the reference, whatever it returns. */
	if (!err)
		err = drm_sched_job_add_dependency(&s->jobs[0]->base, fence);
	return err;
}

static int get_waits(struct submit *s, const struct drm_onpu_array *array)
{
	struct drm_onpu_sync *syncs;
	int err = 0;
	u32 i;

	syncs = onpu_array_copy(array, sizeof(*syncs), ONPU_SUBMIT_SYNCS);
	if (IS_ERR(syncs))
		return PTR_ERR(syncs);
	for (i = 0; !err && i < array->count; i++)
		err = add_wait(s, &syncs[i]);
	kvfree(syncs);
	return err;
}

static int add_signal(struct submit *s, const struct drm_onpu_sync *sync)
{
	struct submit_signal *signal = &s->signals[s->num_signals];
	int err = check_sync(sync);

	if (err)
		return err;
	signal->syncobj = drm_syncobj_find(s->file, sync->handle);
	if (!signal->syncobj)
		return -ENOENT;
	s->num_signals++;
	signal->point = sync->point;
	if (!sync->point)
		return 0;
	signal->chain = dma_fence_chain_alloc();
	return signal->chain ? 0 : -ENOMEM;
}

static int get_signals(struct submit *s, const struct drm_onpu_array *array)
{
	struct drm_onpu_sync *syncs;
	int err = 0;
	u32 i;

	syncs = onpu_array_copy(array, sizeof(*syncs), ONPU_SUBMIT_SYNCS);
	if (IS_ERR_OR_NULL(syncs))
		return PTR_ERR_OR_ZERO(syncs);
	s->signals = kcalloc(array->count, sizeof(*s->signals), GFP_KERNEL);
	if (!s->signals)
		err = -ENOMEM;
	for (i = 0; !err && i < array->count; i++)
		err = add_signal(s, &syncs[i]);
	kvfree(syncs);
	return err;
}

static int add_bo(struct submit *s, const struct drm_onpu_bo_use *use)
{
	struct submit_bo *bo = &s->bos[s->num_bos];

	if (!use->flags || use->flags & ~(DRM_ONPU_BO_USE_READ | DRM_ONPU_BO_USE_WRITE))
		return -EINVAL;
	bo->obj = drm_gem_object_lookup(s->file, use->handle);
	if (!bo->obj)
		return -ENOENT;
	bo->write = use->flags & DRM_ONPU_BO_USE_WRITE;
	s->num_bos++;
	return 0;
}

static int get_bos(struct submit *s, const struct drm_onpu_array *array)
{
	struct drm_onpu_bo_use *uses;
	int err = 0;
	u32 i;

	uses = onpu_array_copy(array, sizeof(*uses), ONPU_SUBMIT_OBJECTS);
	if (IS_ERR_OR_NULL(uses))
		return PTR_ERR_OR_ZERO(uses);
	s->bos = kcalloc(array->count, sizeof(*s->bos), GFP_KERNEL);
	if (!s->bos)
		err = -ENOMEM;
	for (i = 0; !err && i < array->count; i++)
		err = add_bo(s, &uses[i]);
	kvfree(uses);
	return err;
}

static int get_all(struct submit *s, const struct drm_onpu_submit *args)
{
	int err;

	err = get_jobs(s, &args->jobs);
	if (!err)
		err = get_waits(s, &args->waits);
	if (!err)
		err = get_signals(s, &args->signals);
	if (!err)
		err = get_bos(s, &args->bos);
	return err;
}

/* Jobs that were not pushed, and whatever else is still held. */
static void put_all(struct submit *s)
{
	u32 i;

	for (i = 0; i < s->num_jobs; i++)
		onpu_job_abort(s->jobs[i]);
	kfree(s->jobs);
	for (i = 0; i < s->num_signals; i++) {
		drm_syncobj_put(s->signals[i].syncobj);
		dma_fence_chain_free(s->signals[i].chain);
	}
	kfree(s->signals);
	for (i = 0; i < s->num_bos; i++)
		drm_gem_object_put(s->bos[i].obj);
	kfree(s->bos);
}

/* ---- what must be so ------------------------------------------------------------- */

static int check_queue(struct submit *s)
{
	struct onpu_queue *queue = s->queue;

	lockdep_assert_held(&queue->lock);
	if (queue->dead)
		return -ENOENT;
	if (READ_ONCE(queue->onpu->state) == ONPU_DEAD)
		return -ENODEV;
	if (onpu_queue_is_lost(queue))
		return -EIO;
	if (onpu_queue_unfinished(queue) + s->num_jobs > queue->depth)
		return -EAGAIN;
	return 0;
}

/* Each job holds power until it has ended. */
static int power_up(struct submit *s)
{
	struct device *dev = s->queue->onpu->dev;
	int err;
	u32 i;

	err = pm_runtime_resume_and_get(dev);
	if (err < 0)
		return err;
	for (i = 0; i < s->num_jobs; i++) {
		if (i)
			pm_runtime_get_noresume(dev);
		s->jobs[i]->powered = true;
	}
	return 0;
}

static int lock_resvs(struct submit *s)
{
	int err = 0;
	u32 i;

	drm_exec_until_all_locked(&s->exec) {
		err = onpu_vm_lock_resvs(s->queue->vm, &s->exec, 1);
		drm_exec_retry_on_contention(&s->exec);
		for (i = 0; !err && i < s->num_bos; i++) {
			/* One for the mapping, should it be another object's dma_resv. */
			err = drm_exec_prepare_obj(&s->exec, s->bos[i].obj, 2);
			drm_exec_retry_on_contention(&s->exec);
		}
		if (err)
			break;
	}
	return err;
}

static int wait_for_objects(struct submit *s)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < s->num_bos; i++)
		err = drm_sched_job_add_implicit_dependencies(&s->jobs[0]->base, s->bos[i].obj,
							      s->bos[i].write);
	return err;
}

/* ---- what cannot fail ------------------------------------------------------------ */

static void arm_jobs(struct submit *s)
{
	struct onpu_queue *queue = s->queue;
	u32 i;

	for (i = 0; i < s->num_jobs; i++) {
		onpu_job_number(s->jobs[i], queue->submitted + 1 + i);
		drm_sched_job_arm(&s->jobs[i]->base);
	}
	spin_lock_irq(&queue->result_lock);
	queue->submitted += s->num_jobs;
	spin_unlock_irq(&queue->result_lock);
}

static void publish_fence(struct submit *s, struct dma_fence *fence)
{
	struct drm_gem_object *obj;
	struct submit_signal *signal;
	u32 i;

	drm_exec_for_each_locked_object(&s->exec, obj)
		dma_resv_add_fence(obj->resv, fence, DMA_RESV_USAGE_BOOKKEEP);
	for (i = 0; i < s->num_bos; i++)
		dma_resv_add_fence(s->bos[i].obj->resv, fence,
				   s->bos[i].write ? DMA_RESV_USAGE_WRITE : DMA_RESV_USAGE_READ);
	for (i = 0; i < s->num_signals; i++) {
		signal = &s->signals[i];
		if (signal->chain)
			drm_syncobj_add_point(signal->syncobj, signal->chain, fence,
					      signal->point);
		else
			drm_syncobj_replace_fence(signal->syncobj, fence);
		signal->chain = NULL;
	}
}

static void push_jobs(struct submit *s)
{
	struct onpu_queue *queue = s->queue;
	struct onpu_job *job;
	u32 i;

	for (i = 0; i < s->num_jobs; i++) {
		job = s->jobs[i];
		trace_onpu_job_submit(job);
		atomic64_inc(&queue->usage->submitted);
		/* It is the scheduler's from here on. */
		drm_sched_entity_push_job(&job->base);
	}
	s->num_jobs = 0;
	atomic64_inc(&queue->onpu->stats.submits);
}

static void commit(struct submit *s)
{
	struct dma_fence *last;

	arm_jobs(s);
	last = dma_fence_get(&s->jobs[s->num_jobs - 1]->base.s_fence->finished);
	publish_fence(s, last);
	push_jobs(s);
	dma_fence_put(last);
}

static int lock_and_commit(struct submit *s)
{
	struct onpu_vm *vm = s->queue->vm;
	int err;

	err = mutex_lock_interruptible(&vm->lock);
	if (err)
		return err;
	drm_exec_init(&s->exec, DRM_EXEC_INTERRUPTIBLE_WAIT | DRM_EXEC_IGNORE_DUPLICATES, 0);
	err = lock_resvs(s);
	if (!err)
		err = wait_for_objects(s);
	if (!err)
		commit(s);
	drm_exec_fini(&s->exec);
	mutex_unlock(&vm->lock);
	return err;
}

static int submit(struct submit *s, u64 *first_seqno)
{
	struct onpu_queue *queue = s->queue;
	int err, idx;

	err = mutex_lock_interruptible(&queue->lock);
	if (err)
		return err;
	err = check_queue(s);
	if (err)
		goto unlock;
	/* Power is nobody's any more when the driver was unbound. */
	if (!drm_dev_enter(&queue->onpu->drm, &idx)) {
		err = -ENODEV;
		goto unlock;
	}
	*first_seqno = queue->submitted + 1;
	err = power_up(s);
	if (!err)
		err = lock_and_commit(s);
	drm_dev_exit(idx);
unlock:
	mutex_unlock(&queue->lock);
	return err;
}

int onpu_ioctl_submit(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_submit *args = data;
	struct submit s = { .file = file };
	u64 first_seqno;
	int err;

	if (args->flags)
		return -EINVAL;
	s.queue = onpu_queue_lookup(file->driver_priv, args->queue_id);
	if (!s.queue)
		return -ENOENT;
	err = get_all(&s, args);
	if (!err)
		err = submit(&s, &first_seqno);
	put_all(&s);
	onpu_queue_put(s.queue);
	/*
	 * Should it not reach user space, the jobs are there nevertheless: QUEUE_STATE tells their
	 * numbers.
	 */
	if (!err)
		args->first_seqno = first_seqno;
	return err;
}
