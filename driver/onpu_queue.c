// SPDX-License-Identifier: GPL-2.0-only
/* Queues of user space: life, results, waiting. */
#include <linux/capability.h>
#include <linux/hrtimer.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <drm/drm_drv.h>

#include "onpu_device.h"
#include "onpu_queue.h"
#include "onpu_slot.h"
#include "onpu_vm.h"

/**
 * DOC: the end of queues, jobs and fences
 *
 * The last reference of a queue goes with its last job, in the scheduler's free_job, and that of
 * a fence anywhere.  With it may go the device, whose release waits for the schedulers' work: so
 * all of this ends on a workqueue of the module.  Whoever has something here holds the module,
 * and lets it go as the last thing on that workqueue, which module exit waits for.
 */
static struct workqueue_struct *free_wq;

int onpu_queue_module_init(void)
{
	free_wq = alloc_workqueue("onpu_free", WQ_UNBOUND, 0);
	return free_wq ? 0 : -ENOMEM;
}

void onpu_queue_module_exit(void)
{
	/* Fences come to the workqueue by way of RCU. */
	rcu_barrier();
	destroy_workqueue(free_wq);
}

void onpu_queue_free_later(struct work_struct *work)
{
	queue_work(free_wq, work);
}

/* ---- life ------------------------------------------------------------------------ */

static void queue_free(struct work_struct *work)
{
	struct onpu_queue *queue = container_of(work, struct onpu_queue, free_work);
	struct onpu_device *onpu = queue->onpu;

	onpu_vm_put(queue->vm);
	onpu_usage_put(queue->usage);
	mutex_destroy(&queue->lock);
	kvfree(queue);
	atomic_dec(&onpu->stats.queues);
	drm_dev_put(&onpu->drm);
	module_put(THIS_MODULE);
}

static void queue_release(struct kref *refcount)
{
	struct onpu_queue *queue = container_of(refcount, struct onpu_queue, refcount);

	onpu_queue_free_later(&queue->free_work);
}

struct onpu_queue *onpu_queue_get(struct onpu_queue *queue)
{
	kref_get(&queue->refcount);
	return queue;
}

void onpu_queue_put(struct onpu_queue *queue)
{
	if (queue)
		kref_put(&queue->refcount, queue_release);
}

struct onpu_queue *onpu_queue_lookup(struct onpu_file *ofile, u32 id)
{
	struct onpu_queue *queue;

	xa_lock(&ofile->queues);
	queue = xa_load(&ofile->queues, id);
	if (queue)
		onpu_queue_get(queue);
	xa_unlock(&ofile->queues);
	return queue;
}

/*
 * Jobs that wait for their fences will be freed without having run.  A scheduler that takes a job
 * from an entity sorts the entity by its next job into a tree, even if the entity has just been
 * taken out there to be killed: it would stay there, freed, for the slot's next queue to find.
 */
static void entity_fini(struct onpu_queue *queue)
{
	struct work_struct *run = &queue->slot->sched.work_run_job;

	disable_work_sync(run);
	drm_sched_entity_fini(&queue->entity);
	enable_work(run);
}

/* When it returns no job of the queue runs, and none will; the caller has the only way to it. */
static void queue_destroy(struct onpu_queue *queue)
{
	mutex_lock(&queue->lock);
	WRITE_ONCE(queue->dead, true);
	entity_fini(queue);
	onpu_slot_release(queue->slot);
	mutex_unlock(&queue->lock);
	wake_up_all(&queue->wait);
	onpu_queue_put(queue);
}

void onpu_queue_close_all(struct onpu_file *ofile)
{
	struct onpu_queue *queue;
	unsigned long id;

	xa_for_each(&ofile->queues, id, queue) {
		xa_erase(&ofile->queues, id);
		queue_destroy(queue);
	}
}

static struct onpu_queue *queue_new(struct onpu_file *ofile, struct drm_file *file,
				    struct onpu_vm *vm, const struct drm_onpu_queue_create *args)
{
	struct drm_gpu_scheduler *sched;
	struct onpu_queue *queue = kvzalloc(sizeof(*queue), GFP_KERNEL);
	int err;

	if (!queue)
		return ERR_PTR(-ENOMEM);
	__module_get(THIS_MODULE);
	kref_init(&queue->refcount);
	INIT_WORK(&queue->free_work, queue_free);
	mutex_init(&queue->lock);
	spin_lock_init(&queue->result_lock);
	init_waitqueue_head(&queue->wait);
	queue->onpu = ofile->onpu;
	drm_dev_get(&queue->onpu->drm);
	atomic_inc(&queue->onpu->stats.queues);
	queue->vm = onpu_vm_get(vm);
	queue->usage = onpu_usage_get(ofile->usage);
	queue->client_id = file->client_id;
	queue->priority = args->priority;
	queue->flags = args->flags;
	queue->depth = roundup_pow_of_two(args->depth);
	queue->fence_context = dma_fence_context_alloc(1);
	queue->resets = atomic_read(&queue->onpu->resets);

	err = onpu_slot_acquire(queue);
	if (err)
		goto put;
	sched = &queue->slot->sched;
	err = drm_sched_entity_init(&queue->entity, DRM_SCHED_PRIORITY_KERNEL, &sched, 1, NULL);
	if (err)
		goto release;
	return queue;

release:
	onpu_slot_release(queue->slot);
put:
	onpu_queue_put(queue);
	return ERR_PTR(err);
}

static int check_create(const struct drm_onpu_queue_create *args)
{
	if (args->flags & ~DRM_ONPU_QUEUE_LOST_ON_FAULT || args->pad)
		return -EINVAL;
	if (!args->depth || args->depth > ONPU_FW_DEPTH_MAX)
		return -EINVAL;
	if (args->priority > DRM_ONPU_PRIORITY_HIGH)
		return -EINVAL;
	if (args->priority == DRM_ONPU_PRIORITY_HIGH && !capable(CAP_SYS_NICE))
		return -EACCES;
	return 0;
}

int onpu_ioctl_queue_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_queue_create *args = data;
	struct onpu_file *ofile = file->driver_priv;
	struct onpu_queue *queue;
	struct onpu_vm *vm;
	int err, idx;
	u32 id;

	err = check_create(args);
	if (err)
		return err;
	vm = onpu_vm_lookup(ofile, args->vm_id);
	if (!vm)
		return -ENOENT;
	/* The save area is mapped for a device that is there. */
	if (READ_ONCE(ofile->onpu->state) != ONPU_DEAD && drm_dev_enter(drm, &idx)) {
		queue = queue_new(ofile, file, vm, args);
		drm_dev_exit(idx);
	} else {
		queue = ERR_PTR(-ENODEV);
	}
	onpu_vm_put(vm);
	if (IS_ERR(queue))
		return PTR_ERR(queue);

	/* From here on another thread can destroy it: nothing touches it any more. */
	err = xa_alloc(&ofile->queues, &id, queue, XA_LIMIT(1, ONPU_FILE_QUEUES), GFP_KERNEL);
	if (err) {
		queue_destroy(queue);
		return err == -EBUSY ? -ENOSPC : err;
	}
	args->queue_id = id;
	return 0;
}

int onpu_ioctl_queue_destroy(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_queue_destroy *args = data;
	struct onpu_file *ofile = file->driver_priv;
	struct onpu_queue *queue;

	if (args->pad)
		return -EINVAL;
	queue = xa_erase(&ofile->queues, args->queue_id);
	if (!queue)
		return -ENOENT;
	queue_destroy(queue);
	return 0;
}

/* ---- results --------------------------------------------------------------------- */

void onpu_queue_result(struct onpu_queue *queue, const struct onpu_result *result,
		       const struct drm_onpu_fault *fault)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->result_lock, flags);
	queue->results[result->seqno % ONPU_RESULTS] = *result;
	/* Those that never ran may have ended before those that did. */
	while (queue->results[(queue->completed + 1) % ONPU_RESULTS].seqno == queue->completed + 1)
		queue->completed++;
	if (fault)
		queue->fault = *fault;
	spin_unlock_irqrestore(&queue->result_lock, flags);
	wake_up_all(&queue->wait);
}

void onpu_queue_set_state(struct onpu_queue *queue, u32 bits)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->result_lock, flags);
	queue->state |= bits;
	spin_unlock_irqrestore(&queue->result_lock, flags);
	wake_up_all(&queue->wait);
}

bool onpu_queue_is_lost(struct onpu_queue *queue)
{
	return READ_ONCE(queue->state) & DRM_ONPU_QUEUE_STATE_LOST;
}

u64 onpu_queue_unfinished(struct onpu_queue *queue)
{
	unsigned long flags;
	u64 count;

	spin_lock_irqsave(&queue->result_lock, flags);
	count = queue->submitted - queue->completed;
	spin_unlock_irqrestore(&queue->result_lock, flags);
	return count;
}

int onpu_ioctl_queue_state(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_queue_state *args = data;
	struct onpu_file *ofile = file->driver_priv;
	struct onpu_queue *queue;

	if (args->pad)
		return -EINVAL;
	queue = onpu_queue_lookup(ofile, args->queue_id);
	if (!queue)
		return -ENOENT;
	spin_lock_irq(&queue->result_lock);
	args->state = queue->state;
	args->submitted = queue->submitted;
	args->completed = queue->completed;
	args->fault = queue->fault;
	spin_unlock_irq(&queue->result_lock);
	args->resets = atomic_read(&queue->onpu->resets) - queue->resets;
	/* Of queues that were made when it was dead already, too. */
	if (READ_ONCE(queue->onpu->state) == ONPU_DEAD)
		args->state |= DRM_ONPU_QUEUE_STATE_DEAD;
	onpu_queue_put(queue);
	return 0;
}

/* ---- waiting --------------------------------------------------------------------- */

static void fill_result(struct drm_onpu_job_wait *args, const struct onpu_result *result)
{
	args->status = result->status;
	args->fault = result->fault;
	args->queued_cycle = result->queued_cycle;
	args->start_cycle = result->start_cycle;
	args->end_cycle = result->end_cycle;
	args->done_cycle = result->done_cycle;
	args->busy_cycles = result->busy_cycles;
	args->switch_cycles = result->switch_cycles;
	args->stream_offset = result->stream_offset;
}

/* -EAGAIN: the job has not ended. */
static int look(struct onpu_queue *queue, u64 seqno, struct drm_onpu_job_wait *args)
{
	const struct onpu_result *result = &queue->results[seqno % ONPU_RESULTS];
	int err = 0;

	spin_lock_irq(&queue->result_lock);
	if (!seqno || seqno > queue->submitted)
		err = -ENOENT;
	else if (result->seqno == seqno)
		fill_result(args, result);
	else if (seqno <= queue->completed)
		err = -ENODATA;
	else if (READ_ONCE(queue->dead))
		err = -ECANCELED;
	else
		err = queue->state & DRM_ONPU_QUEUE_STATE_DEAD ? -ENODEV : -EAGAIN;
	spin_unlock_irq(&queue->result_lock);
	return err;
}

static int wait_for_job(struct onpu_queue *queue, struct drm_onpu_job_wait *args)
{
	ktime_t deadline = args->timeout_ns;
	DEFINE_WAIT(wait);
	int err;

	for (;;) {
		prepare_to_wait(&queue->wait, &wait, TASK_INTERRUPTIBLE);
		err = look(queue, args->seqno, args);
		if (err != -EAGAIN)
			break;
		if (ktime_compare(ktime_get(), deadline) >= 0) {
			err = -ETIME;
			break;
		}
		/* The deadline is absolute, so that the call can just be made again. */
		if (signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		schedule_hrtimeout_range(&deadline, current->timer_slack_ns, HRTIMER_MODE_ABS);
	}
	finish_wait(&queue->wait, &wait);
	return err;
}

int onpu_ioctl_job_wait(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_job_wait *args = data;
	struct onpu_file *ofile = file->driver_priv;
	struct onpu_queue *queue;
	int err;

	if (args->flags || args->pad || args->end_pad)
		return -EINVAL;
	queue = onpu_queue_lookup(ofile, args->queue_id);
	if (!queue)
		return -ENOENT;
	err = wait_for_job(queue, args);
	onpu_queue_put(queue);
	return err;
}
