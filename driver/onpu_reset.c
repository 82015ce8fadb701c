// SPDX-License-Identifier: GPL-2.0-only
/* What is done when the device does not do what it should. */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/workqueue.h>
#include <drm/drm_print.h>

#include "onpu_device.h"
#include "onpu_job.h"
#include "onpu_queue.h"
#include "onpu_reset.h"
#include "onpu_slot.h"
#include "onpu_trace.h"

/**
 * DOC: reset
 *
 * A job that fails, that exceeds its budget, even one that hangs the engines, is firmware's
 * business.  The reset here is for firmware that does not answer, that crashed, or that wrote
 * what cannot be.  Schedulers stop; no job gets to a ring; the bus is fenced, so that memory
 * stands still; what is in it is dumped and looked at; the device is reset and firmware boots.
 *
 * One job at most is guilty: the one that a crash record or the last heartbeat names, or the only
 * one that had started.  Nothing that firmware wrote is believed beyond that: it must be a job
 * that can be running.  Others that had started (preempted ones) run again if user space allowed
 * it, and all that had not started do, with the same fences, from a ring that is written anew.
 *
 * If that goes wrong repeatedly: a boot is tried twice, then the device is dead.  Resets with no
 * job in between that ends well come more and more slowly; after some of them no job is tried
 * again, and in the end the device is dead, too.
 */

#define HEALTH_MS	500
#define GIVE_UP_JOBS	3
#define GIVE_UP_DEVICE	10
#define BACKOFF_MS	50

/* ---- asking ---------------------------------------------------------------------- */

void onpu_reset(struct onpu_device *onpu, const char *format, ...)
{
	unsigned long flags;
	va_list args;

	spin_lock_irqsave(&onpu->reset_lock, flags);
	if (!onpu->reset_off && !onpu->reset_pending && READ_ONCE(onpu->state) != ONPU_DEAD) {
		va_start(args, format);
		vsnprintf(onpu->reset_reason, sizeof(onpu->reset_reason), format, args);
		va_end(args);
		WRITE_ONCE(onpu->reset_pending, true);
		queue_work(onpu->reset_wq, &onpu->reset_work);
	}
	spin_unlock_irqrestore(&onpu->reset_lock, flags);
}

void onpu_reset_flush(struct onpu_device *onpu)
{
	flush_work(&onpu->reset_work);
}

/* What was asked for until now is, or was, done. */
static void forget_requests(struct onpu_device *onpu)
{
	spin_lock_irq(&onpu->reset_lock);
	WRITE_ONCE(onpu->reset_pending, false);
	spin_unlock_irq(&onpu->reset_lock);
}

/* ---- whose fault ----------------------------------------------------------------- */

/*
 * The job of a slot that is on the engines, or preempted; slot->lock held.  Firmware runs a slot's
 * jobs in order, so that it can only be the oldest; a count that cannot be is taken for the worst.
 */
static struct onpu_job *started_job(struct onpu_slot *slot)
{
	const struct onpu_fw_queue_fw *line = &slot->onpu->shared->queue[slot->index].fw;

	lockdep_assert_held(&slot->lock);
	if (!slot->enabled || slot->head == slot->told ||
	    le32_to_cpu(READ_ONCE(line->enable_ack)) != slot->enable ||
	    le32_to_cpu(READ_ONCE(line->started)) == slot->head)
		return NULL;
	return slot->in_flight[slot->head % ONPU_FW_DEPTH_MAX];
}

/* Takes a reference if the job that firmware names can be one that runs. */
static struct onpu_job *named_job(struct onpu_device *onpu, u32 index, u32 seq)
{
	struct onpu_job *job = NULL;
	struct onpu_slot *slot;

	if (index >= ONPU_FW_SLOTS)
		return NULL;
	slot = &onpu->slots[index];
	spin_lock(&slot->lock);
	if (slot->first_seq + slot->head == seq)
		job = started_job(slot);
	if (job)
		onpu_job_get(job);
	spin_unlock(&slot->lock);
	return job;
}

/* Takes a reference if there is exactly one. */
static struct onpu_job *only_started_job(struct onpu_device *onpu)
{
	struct onpu_job *job, *only = NULL;
	u32 i;

	for (i = 0; i < ONPU_FW_SLOTS; i++) {
		spin_lock(&onpu->slots[i].lock);
		job = started_job(&onpu->slots[i]);
		if (job && !only)
			onpu_job_get(job);
		spin_unlock(&onpu->slots[i].lock);
		if (job && only) {
			onpu_job_put(only);
			return NULL;
		}
		if (job)
			only = job;
	}
	return only;
}

static struct onpu_job *find_guilty(struct onpu_device *onpu)
{
	struct onpu_fw_heartbeat beat;
	struct onpu_fw_crash crash;
	struct onpu_job *job = NULL;

	memcpy(&crash, &onpu->shared->crash, sizeof(crash));
	memcpy(&beat, &onpu->shared->heartbeat, sizeof(beat));
	if (le32_to_cpu(crash.magic) == ONPU_FW_CRASH_MAGIC)
		job = named_job(onpu, le32_to_cpu(crash.slot), le32_to_cpu(crash.seq));
	if (!job) {
		job = named_job(onpu, le32_to_cpu(beat.slot), le32_to_cpu(beat.seq));
		if (job)
			job->record.stream_offset = beat.stream_offset;
	}
	return job ?: only_started_job(onpu);
}

/* ---- who goes on ----------------------------------------------------------------- */

static void end_oldest(struct onpu_slot *slot, s32 status, u32 fault, u32 state,
		       struct list_head *ended)
{
	struct onpu_job *job = onpu_slot_take(slot);
	struct onpu_queue *queue = job->queue;

	if (queue->flags & DRM_ONPU_QUEUE_LOST_ON_FAULT)
		state |= DRM_ONPU_QUEUE_STATE_LOST;
	job->status = status;
	job->fault = fault;
	list_add_tail(&job->link, ended);
	onpu_queue_set_state(queue, state);
}

static void sort_slot(struct onpu_slot *slot, const struct onpu_job *guilty, bool give_up,
		      struct list_head *ended)
{
	struct onpu_job *job = started_job(slot);

	lockdep_assert_held(&slot->lock);
	if (job && job == guilty)
		end_oldest(slot, -ETIME, DRM_ONPU_FAULT_GUILTY, DRM_ONPU_QUEUE_STATE_GUILTY,
			   ended);
	else if (job && !(job->flags & DRM_ONPU_JOB_RESTARTABLE))
		end_oldest(slot, -ECANCELED, DRM_ONPU_FAULT_INNOCENT,
			   DRM_ONPU_QUEUE_STATE_INNOCENT, ended);
	if (slot->queue && onpu_queue_is_lost(slot->queue))
		while (slot->head != slot->tail)
			end_oldest(slot, -ECANCELED, DRM_ONPU_FAULT_QUEUE_LOST, 0, ended);
	if (give_up)
		while (slot->head != slot->tail)
			end_oldest(slot, -ECANCELED, DRM_ONPU_FAULT_INNOCENT,
				   DRM_ONPU_QUEUE_STATE_INNOCENT, ended);
}

static void sort_jobs(struct onpu_device *onpu, const struct onpu_job *guilty, bool give_up,
		      struct list_head *ended)
{
	u32 i;

	for (i = 0; i < ONPU_FW_SLOTS; i++) {
		spin_lock(&onpu->slots[i].lock);
		sort_slot(&onpu->slots[i], guilty, give_up, ended);
		spin_unlock(&onpu->slots[i].lock);
	}
}

/* ---- reset ----------------------------------------------------------------------- */

static void stop_schedulers(struct onpu_device *onpu)
{
	u32 i;

	for (i = 0; i < ONPU_FW_SLOTS; i++)
		drm_sched_wqueue_stop(&onpu->slots[i].sched);
}

static void start_schedulers(struct onpu_device *onpu)
{
	u32 i;

	for (i = 0; i < ONPU_FW_SLOTS; i++)
		drm_sched_wqueue_start(&onpu->slots[i].sched);
}

/* What is in memory stays as it is, and records are taken. */
static void stand_still(struct onpu_device *onpu)
{
	onpu_slots_stop(onpu);
	if (onpu_fence_bus(onpu))
		drm_warn(&onpu->drm, "reset: the bus does not drain\n");
	onpu_slots_drain(onpu);
}

/* A dump is made, jobs are sorted. */
static void look_back(struct onpu_device *onpu, const char *reason, unsigned int fruitless,
		      struct list_head *ended)
{
	struct onpu_job *guilty;

	stand_still(onpu);
	guilty = find_guilty(onpu);
	onpu_coredump_capture(onpu, reason, guilty);
	sort_jobs(onpu, guilty, fruitless >= GIVE_UP_JOBS, ended);
	onpu_job_put(guilty);
}

static int boot_again(struct onpu_device *onpu)
{
	int err = onpu_boot(onpu);

	return err ? onpu_boot(onpu) : 0;
}

static void count_reset(struct onpu_device *onpu, const char *reason, struct list_head *ended,
			int err)
{
	atomic64_inc(&onpu->stats.resets);
	atomic_inc(&onpu->resets);
	trace_onpu_reset(reason, list_count_nodes(ended), err);
}

static int reset_device(struct onpu_device *onpu, const char *reason)
{
	unsigned int fruitless = atomic_inc_return(&onpu->fruitless);
	LIST_HEAD(ended);
	int err;

	lockdep_assert_held(&onpu->power_lock);
	drm_err(&onpu->drm, "reset: %s\n", reason);
	look_back(onpu, reason, fruitless, &ended);
	WRITE_ONCE(onpu->state, ONPU_RESETTING);
	if (fruitless > GIVE_UP_DEVICE) {
		onpu_stop(onpu);
		err = -EIO;
	} else {
		err = boot_again(onpu);
	}
	count_reset(onpu, reason, &ended, err);
	/* The old firmware cannot write into what they free. */
	onpu_job_end_all(&ended);
	forget_requests(onpu);
	if (!err)
		onpu_slots_start(onpu);
	return err;
}

static void back_off(struct onpu_device *onpu)
{
	unsigned int fruitless = atomic_read(&onpu->fruitless);

	if (fruitless)
		msleep(BACKOFF_MS << min(fruitless - 1, 6u));
}

static void reset_work(struct work_struct *work)
{
	struct onpu_device *onpu = container_of(work, struct onpu_device, reset_work);
	bool cookie = dma_fence_begin_signalling();
	bool done = false;
	char reason[sizeof(onpu->reset_reason)];
	int err = 0;

	spin_lock_irq(&onpu->reset_lock);
	strscpy(reason, onpu->reset_reason, sizeof(reason));
	spin_unlock_irq(&onpu->reset_lock);

	back_off(onpu);
	stop_schedulers(onpu);
	mutex_lock(&onpu->power_lock);
	/* Off or dead, nothing of it is left that could be reset. */
	if (onpu->state == ONPU_ON || onpu->state == ONPU_RESETTING) {
		err = reset_device(onpu, reason);
		done = true;
	} else {
		forget_requests(onpu);
	}
	mutex_unlock(&onpu->power_lock);
	dma_fence_end_signalling(cookie);

	if (err)
		onpu_device_dead(onpu, "it does not come back from a reset");
	else if (done)
		onpu_device_wedged(onpu, "none");
	start_schedulers(onpu);
	wake_up_all(&onpu->fw_wait);
}

/* ---- by somebody else ------------------------------------------------------------ */

bool onpu_reset_hold(struct onpu_device *onpu, const char *reason)
{
	bool cookie = dma_fence_begin_signalling();
	LIST_HEAD(ended);
	bool held = false;

	lockdep_assert_held(&onpu->power_lock);
	if (onpu->state == ONPU_ON || onpu->state == ONPU_RESETTING) {
		drm_info(&onpu->drm, "reset: %s\n", reason);
		stand_still(onpu);
		/* Nobody is guilty, and there is nothing to find out from a dump. */
		sort_jobs(onpu, NULL, false, &ended);
		onpu_stop(onpu);
		WRITE_ONCE(onpu->state, ONPU_OFF);
		count_reset(onpu, reason, &ended, 0);
		onpu_job_end_all(&ended);
		forget_requests(onpu);
		held = true;
	}
	dma_fence_end_signalling(cookie);
	return held;
}

/* ---- death ----------------------------------------------------------------------- */

static void take_all(struct onpu_device *onpu, struct list_head *ended)
{
	struct onpu_job *job;
	u32 i;

	for (i = 0; i < ONPU_FW_SLOTS; i++) {
		struct onpu_slot *slot = &onpu->slots[i];

		spin_lock(&slot->lock);
		while ((job = onpu_slot_take(slot))) {
			job->status = -ENODEV;
			job->fault = DRM_ONPU_FAULT_DEVICE_GONE;
			list_add_tail(&job->link, ended);
		}
		spin_unlock(&slot->lock);
	}
}

/* Who waits for a job that did not get to a ring waits no more. */
static void mark_dead(struct onpu_device *onpu)
{
	u32 i;

	for (i = 0; i < ONPU_FW_SLOTS; i++) {
		spin_lock(&onpu->slots[i].lock);
		if (onpu->slots[i].queue)
			onpu_queue_set_state(onpu->slots[i].queue, DRM_ONPU_QUEUE_STATE_DEAD);
		spin_unlock(&onpu->slots[i].lock);
	}
}

void onpu_device_dead(struct onpu_device *onpu, const char *why)
{
	LIST_HEAD(ended);
	bool first, cookie;

	mutex_lock(&onpu->power_lock);
	first = onpu->state != ONPU_DEAD;
	if (onpu->state == ONPU_ON || onpu->state == ONPU_RESETTING)
		onpu_stop(onpu);
	WRITE_ONCE(onpu->state, ONPU_DEAD);
	onpu_slots_stop(onpu);
	mutex_unlock(&onpu->power_lock);

	/* User space loses the memory before it learns that nobody writes it any more. */
	unmap_mapping_range(onpu->drm.anon_inode->i_mapping, 0, 0, 1);

	cookie = dma_fence_begin_signalling();
	take_all(onpu, &ended);
	onpu_job_end_all(&ended);
	dma_fence_end_signalling(cookie);
	mark_dead(onpu);
	wake_up_all(&onpu->fw_wait);
	if (first) {
		drm_err(&onpu->drm, "dead: %s\n", why);
		onpu_device_wedged(onpu, "rebind");
	}
}

/* ---- health ---------------------------------------------------------------------- */

void onpu_health_start(struct onpu_device *onpu)
{
	unsigned long flags;

	spin_lock_irqsave(&onpu->reset_lock, flags);
	if (!onpu->reset_off)
		queue_delayed_work(onpu->reset_wq, &onpu->health_work,
				   msecs_to_jiffies(HEALTH_MS));
	spin_unlock_irqrestore(&onpu->reset_lock, flags);
}

static void check_heartbeat(struct onpu_device *onpu)
{
	u64 now = onpu_cycle(onpu);
	u64 beat;

	/* The heartbeat last: nobody knows how long we sleep in between. */
	rmb();
	beat = le64_to_cpu(READ_ONCE(onpu->shared->heartbeat.cycle));
	if (beat < now && now - beat > ONPU_FW_HEARTBEATS_DEAD * ONPU_FW_HEARTBEAT_CYCLES)
		onpu_reset(onpu, "no heartbeat for %llu cycles", now - beat);
}

static void check_progress(struct onpu_device *onpu)
{
	unsigned int ms = READ_ONCE(onpu_param_hang_timeout_ms);
	unsigned long deadline = READ_ONCE(onpu->progress) + msecs_to_jiffies(ms);

	if (ms && time_after(jiffies, deadline))
		onpu_reset(onpu, "no job has ended for %u ms", ms);
}

static void health_work(struct work_struct *work)
{
	struct onpu_device *onpu = container_of(to_delayed_work(work), struct onpu_device,
						health_work);

	/* The last job to come starts it again. */
	if (!atomic_read(&onpu->in_flight))
		return;
	mutex_lock(&onpu->power_lock);
	/* An interrupt that was lost has left the line up, and it would never rise again. */
	if (onpu->state == ONPU_ON)
		onpu_write(onpu, ONPU_HOST_IRQ_ACK, ONPU_HOST_IRQ_ACK_FIRMWARE);
	mutex_unlock(&onpu->power_lock);
	/* Its records. */
	onpu_slots_drain(onpu);
	mutex_lock(&onpu->power_lock);
	if (onpu->state == ONPU_ON) {
		onpu_slots_check(onpu);
		check_heartbeat(onpu);
		check_progress(onpu);
	}
	mutex_unlock(&onpu->power_lock);
	if (atomic_read(&onpu->in_flight) && READ_ONCE(onpu->state) != ONPU_DEAD)
		onpu_health_start(onpu);
}

/* ---- probe ----------------------------------------------------------------------- */

void onpu_reset_init(struct onpu_device *onpu)
{
	INIT_WORK(&onpu->reset_work, reset_work);
	INIT_DELAYED_WORK(&onpu->health_work, health_work);
}

void onpu_reset_fini(struct onpu_device *onpu)
{
	spin_lock_irq(&onpu->reset_lock);
	onpu->reset_off = true;
	spin_unlock_irq(&onpu->reset_lock);
	cancel_delayed_work_sync(&onpu->health_work);
	cancel_work_sync(&onpu->reset_work);
}
