// SPDX-License-Identifier: GPL-2.0-only
/* Firmware's queues: rings, what is in them, completion. */
#include <linux/dma-mapping.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <drm/drm_print.h>

#include "onpu_device.h"
#include "onpu_gem.h"
#include "onpu_job.h"
#include "onpu_queue.h"
#include "onpu_reset.h"
#include "onpu_slot.h"
#include "onpu_trace.h"

#define SAVE_VA_SIZE	ONPU_LARGE_PAGE_SIZE
#define RING_VA_SIZE	(64u << 10)

/* Until firmware turned a slot off: kill, drain, and as much again for what else it does. */
#define OFF_CYCLES	(4 * (ONPU_FW_KILL_CYCLES + ONPU_FW_DRAIN_CYCLES))
/* And at least so long, as a model of the device may make great steps; the most, if none. */
#define OFF_LEAST_MS	3000
#define OFF_MOST_MS	10000

static struct onpu_fw_queue_host *host_line(const struct onpu_slot *slot)
{
	return &slot->onpu->shared->queue[slot->index].host;
}

static const struct onpu_fw_queue_fw *fw_line(const struct onpu_slot *slot)
{
	return &slot->onpu->shared->queue[slot->index].fw;
}

static size_t ring_bytes(void)
{
	return round_up(ONPU_FW_RING_SIZE(ONPU_FW_DEPTH_MAX), ONPU_GRANULE);
}

static u32 ring_va(const struct onpu_slot *slot)
{
	return ONPU_CTX0_RINGS + slot->index * RING_VA_SIZE;
}

static u32 save_va(const struct onpu_slot *slot)
{
	return ONPU_CTX0_SAVES + slot->index * SAVE_VA_SIZE;
}

/* ---- telling firmware ------------------------------------------------------------ */

/* Orders everything before it: writel() is behind the writes to memory. */
static void ring_doorbell(struct onpu_slot *slot)
{
	atomic64_inc(&slot->onpu->stats.doorbells);
	onpu_write(slot->onpu, ONPU_HOST_DOORBELL, slot->index);
}

/*
 * The oldest job in the ring gets index 0, with a sequence number that no firmware has seen.  The
 * tail follows, and with it the doorbell.
 */
static void tell_queue(struct onpu_slot *slot)
{
	struct onpu_fw_queue_host *line = host_line(slot);
	const struct onpu_queue *queue = slot->queue;
	struct onpu_job *jobs[ONPU_FW_DEPTH_MAX];
	u32 i, count = slot->tail - slot->head;

	lockdep_assert_held(&slot->lock);
	for (i = 0; i < count; i++)
		jobs[i] = slot->in_flight[(slot->head + i) % ONPU_FW_DEPTH_MAX];
	memset(slot->in_flight, 0, sizeof(slot->in_flight));
	memcpy(slot->in_flight, jobs, count * sizeof(*jobs));
	slot->head = 0;
	slot->told = 0;
	slot->tail = count;
	slot->first_seq = slot->next_seq;
	slot->killing = false;
	if (!++slot->enable)
		slot->enable = 1;

	line->tail = 0;
	line->kill = 0;
	line->ring = cpu_to_le32(ring_va(slot));
	line->depth = cpu_to_le32(queue->depth);
	line->first_seq = cpu_to_le32(slot->first_seq);
	line->priority = cpu_to_le32(queue->priority);
	line->save = cpu_to_le32(queue->save ? save_va(slot) : 0);
	line->save_size = cpu_to_le32(queue->save ? queue->save->base.base.size : 0);
	/* Firmware may look because of a doorbell of before. */
	dma_wmb();
	WRITE_ONCE(line->enable, cpu_to_le32(slot->enable));
	slot->enabled = true;
}

static void write_entry(struct onpu_slot *slot, struct onpu_job *job, u32 index)
{
	u32 depth = slot->queue->depth;
	u32 entry = index & (depth - 1);
	void *desc = slot->ring + entry * sizeof(job->desc);
	void *region = slot->ring + depth * sizeof(job->desc) + entry * sizeof(job->region);

	job->desc.seq = cpu_to_le32(slot->first_seq + index);
	memcpy(desc, &job->desc, sizeof(job->desc));
	memcpy(region, job->region, sizeof(job->region));
}

static void kill_jobs(struct onpu_slot *slot)
{
	struct onpu_fw_queue_host *line = host_line(slot);
	u32 seq = slot->first_seq + slot->told - 1;

	lockdep_assert_held(&slot->lock);
	if (!slot->live || !slot->enabled || slot->head == slot->told)
		return;
	WRITE_ONCE(line->kill_seq, cpu_to_le32(seq));
	dma_wmb();
	WRITE_ONCE(line->kill, cpu_to_le32(1));
	slot->killing = true;
	trace_onpu_kill(slot->index, seq, slot->told - slot->head);
	ring_doorbell(slot);
}

/* What run_job took and firmware does not know. */
static void tell_jobs(struct onpu_slot *slot)
{
	lockdep_assert_held(&slot->lock);
	if (slot->told == slot->tail)
		return;
	if (!slot->enabled)
		tell_queue(slot);
	for (; slot->told != slot->tail; slot->told++)
		write_entry(slot, slot->in_flight[slot->told % ONPU_FW_DEPTH_MAX], slot->told);
	slot->next_seq = slot->first_seq + slot->tail;
	dma_wmb();
	WRITE_ONCE(host_line(slot)->tail, cpu_to_le32(slot->tail));
	if (onpu_queue_is_lost(slot->queue))
		kill_jobs(slot);
	else
		ring_doorbell(slot);
}

int onpu_slot_push(struct onpu_slot *slot, struct onpu_job *job)
{
	struct onpu_device *onpu = slot->onpu;
	int err = 0;

	spin_lock(&slot->lock);
	if (READ_ONCE(onpu->state) == ONPU_DEAD) {
		err = -ENODEV;
	} else if (onpu_queue_is_lost(slot->queue) && slot->head == slot->tail) {
		/* With others before it, it ends behind them: firmware kills it in its turn. */
		err = -ECANCELED;
	} else if (WARN_ON_ONCE(slot->tail - slot->head == ONPU_FW_DEPTH_MAX)) {
		err = -ECANCELED;
	} else {
		trace_onpu_job_run(job);
		slot->in_flight[slot->tail++ % ONPU_FW_DEPTH_MAX] = onpu_job_get(job);
		if (atomic_inc_return(&onpu->in_flight) == 1) {
			WRITE_ONCE(onpu->progress, jiffies);
			onpu_health_start(onpu);
		}
		if (slot->live)
			tell_jobs(slot);
	}
	spin_unlock(&slot->lock);
	return err;
}

struct onpu_job *onpu_slot_take(struct onpu_slot *slot)
{
	struct onpu_job **place = &slot->in_flight[slot->head % ONPU_FW_DEPTH_MAX];
	struct onpu_job *job = *place;

	lockdep_assert_held(&slot->lock);
	if (slot->head == slot->tail)
		return NULL;
	*place = NULL;
	/* A job that firmware was never told of leaves no hole. */
	if (slot->told == slot->head)
		slot->told++;
	slot->head++;
	atomic_dec(&slot->onpu->in_flight);
	return job;
}

/* ---- completion ------------------------------------------------------------------ */

/* Why it cannot be a record, or NULL; the slot's part is take_recorded()'s. */
static const char *check_record(struct onpu_device *onpu, const struct onpu_fw_completion *record)
{
	u64 start = le64_to_cpu(record->start_cycle);
	u64 end = le64_to_cpu(record->end_cycle);
	u64 done = le64_to_cpu(record->done_cycle);
	u32 reasons = record->status == ONPU_FW_ENGINE_RESET ? ONPU_FAULT_FIRMWARE + 1 :
							       ONPU_FW_BAD_COUNT;

	if (le32_to_cpu(record->index) != onpu->completion_head)
		return "index";
	if (record->slot >= ONPU_FW_SLOTS)
		return "slot";
	if (record->status >= ONPU_FW_STATUS_COUNT)
		return "status";
	if (record->fault > ONPU_FAULT_FIRMWARE ||
	    (record->status == ONPU_FW_OK && record->fault) ||
	    (record->status == ONPU_FW_FAULT && !record->fault))
		return "fault";
	if (record->engine > ONPU_ENGINE_CONTROL || record->write > 1 || record->reason >= reasons)
		return "detail";
	if (start > end || end > done || le64_to_cpu(record->queued_cycle) > done)
		return "order of cycles";
	return NULL;
}

/* The job that the record is of, or NULL if it is of none. */
static struct onpu_job *take_recorded(struct onpu_slot *slot,
				      const struct onpu_fw_completion *record)
{
	struct onpu_job *job;
	struct onpu_queue *queue;

	lockdep_assert_held(&slot->lock);
	if (!slot->enabled || slot->head == slot->told ||
	    le32_to_cpu(record->seq) != slot->first_seq + slot->head)
		return NULL;
	job = onpu_slot_take(slot);
	queue = job->queue;
	job->record = *record;
	job->status = onpu_job_outcome(record, &job->fault);
	if (onpu_queue_is_lost(queue)) {
		/* Even if it ran: it was let go before the failure was known. */
		job->status = -ECANCELED;
		job->fault = DRM_ONPU_FAULT_QUEUE_LOST;
	} else if (job->status && queue->flags & DRM_ONPU_QUEUE_LOST_ON_FAULT) {
		onpu_queue_set_state(queue, DRM_ONPU_QUEUE_STATE_LOST);
		kill_jobs(slot);
	}
	if (slot->killing && slot->head == slot->told) {
		slot->killing = false;
		if (slot->live)
			WRITE_ONCE(host_line(slot)->kill, 0);
	}
	return job;
}

static void bad_record(struct onpu_device *onpu, const char *what, u32 value)
{
	/* In a reset it is known already. */
	if (READ_ONCE(onpu->state) != ONPU_ON || READ_ONCE(onpu->reset_pending))
		return;
	atomic64_inc(&onpu->stats.bad_records);
	onpu_reset(onpu, "completion %u has a wrong %s (%u)", onpu->completion_head, what, value);
}

static bool take_record(struct onpu_device *onpu, struct list_head *ended)
{
	struct onpu_fw_completion record;
	struct onpu_job *job;
	const char *wrong;

	/* Once: what firmware does to it from now on is not seen. */
	memcpy(&record, &onpu->records[onpu->completion_head % ONPU_COMPLETIONS],
	       sizeof(record));
	barrier();
	if (onpu_fail(ONPU_FAIL_RECORD))
		le32_add_cpu(&record.seq, 1);
	wrong = check_record(onpu, &record);
	if (wrong) {
		bad_record(onpu, wrong, record.slot);
		return false;
	}
	spin_lock(&onpu->slots[record.slot].lock);
	job = take_recorded(&onpu->slots[record.slot], &record);
	spin_unlock(&onpu->slots[record.slot].lock);
	if (!job) {
		bad_record(onpu, "sequence number", le32_to_cpu(record.seq));
		return false;
	}
	list_add_tail(&job->link, ended);
	return true;
}

static void take_records(struct onpu_device *onpu, struct list_head *ended)
{
	struct onpu_fw_shared *shared = onpu->shared;
	u32 head = onpu->completion_head, tail;

	lockdep_assert_held(&onpu->completion_lock);
	/* The driver was unbound. */
	if (!shared)
		return;
	for (;;) {
		tail = le32_to_cpu(READ_ONCE(shared->completion_fw.tail));
		if (tail == head)
			return;
		if (tail - head > ONPU_COMPLETIONS) {
			bad_record(onpu, "tail", tail);
			return;
		}
		/* Records behind the tail that says they are there. */
		dma_rmb();
		while (head != tail) {
			if (!take_record(onpu, ended))
				return;
			WRITE_ONCE(onpu->completion_head, ++head);
		}
		WRITE_ONCE(onpu->progress, jiffies);
		WRITE_ONCE(shared->completion_host.head, cpu_to_le32(head));
		WRITE_ONCE(shared->completion_host.arm, cpu_to_le32(head));
		/* Either we see a later tail, or firmware sees that we want an interrupt. */
		mb();
	}
}

void onpu_slots_drain(struct onpu_device *onpu)
{
	bool cookie = dma_fence_begin_signalling();
	LIST_HEAD(ended);

	mutex_lock(&onpu->completion_lock);
	take_records(onpu, &ended);
	mutex_unlock(&onpu->completion_lock);
	onpu_job_end_all(&ended);
	dma_fence_end_signalling(cookie);
}

/* Its ring could not be read, or it does not like what it read there. */
static bool given_up(struct onpu_slot *slot)
{
	bool result;

	spin_lock(&slot->lock);
	result = slot->live && slot->enabled && slot->head != slot->told &&
		 le32_to_cpu(READ_ONCE(fw_line(slot)->enable_ack)) == slot->enable &&
		 le32_to_cpu(READ_ONCE(fw_line(slot)->state)) == ONPU_FW_QUEUE_BROKEN;
	spin_unlock(&slot->lock);
	return result;
}

void onpu_slots_check(struct onpu_device *onpu)
{
	u32 i;

	lockdep_assert_held(&onpu->power_lock);
	for (i = 0; i < ONPU_FW_SLOTS; i++)
		if (given_up(&onpu->slots[i]))
			onpu_reset(onpu, "firmware has given up slot %u, reason %u", i,
				   le32_to_cpu(READ_ONCE(fw_line(&onpu->slots[i])->reason)));
}

/* ---- boot, halt, reset ----------------------------------------------------------- */

void onpu_slots_stop(struct onpu_device *onpu)
{
	u32 i;

	lockdep_assert_held(&onpu->power_lock);
	for (i = 0; i < ONPU_FW_SLOTS; i++) {
		struct onpu_slot *slot = &onpu->slots[i];

		spin_lock(&slot->lock);
		slot->live = false;
		spin_unlock(&slot->lock);
	}
}

static void start_slot(struct onpu_slot *slot)
{
	u32 expected;

	spin_lock(&slot->lock);
	expected = slot->asked ? 0 : slot->enable;
	/* It is cleared before a boot, and still there if firmware refused to halt. */
	if (le32_to_cpu(READ_ONCE(host_line(slot)->enable)) != expected)
		slot->enabled = false;
	slot->live = true;
	if (!slot->enabled)
		slot->told = slot->head;
	if (slot->queue && !slot->closing)
		tell_jobs(slot);
	spin_unlock(&slot->lock);
}

void onpu_slots_start(struct onpu_device *onpu)
{
	u32 i;

	lockdep_assert_held(&onpu->power_lock);
	for (i = 0; i < ONPU_FW_SLOTS; i++)
		start_slot(&onpu->slots[i]);
	if (atomic_read(&onpu->in_flight)) {
		WRITE_ONCE(onpu->progress, jiffies);
		onpu_health_start(onpu);
	}
}

/* ---- giving and taking back ------------------------------------------------------ */

static struct onpu_slot *find_free(struct onpu_device *onpu)
{
	u32 i;

	lockdep_assert_held(&onpu->slot_lock);
	for (i = 0; i < ONPU_FW_SLOTS; i++)
		if (!onpu->slots[i].queue)
			return &onpu->slots[i];
	return NULL;
}

static size_t save_bytes(struct onpu_device *onpu)
{
	size_t bytes = le32_to_cpu(onpu->hello.save_bytes);

	if (bytes <= SAVE_VA_SIZE)
		return bytes;
	drm_warn_once(&onpu->drm, "firmware wants %zu bytes to save a job: none is preempted\n",
		      bytes);
	return 0;
}

static int map_save(struct onpu_slot *slot, struct onpu_bo *save)
{
	struct onpu_device *onpu = slot->onpu;

	lockdep_assert_held(&onpu->slot_lock);
	if (!save)
		return 0;
	return onpu_mmu_map_sgt(&onpu->ctx0, save_va(slot), save->sgt, 0, save->base.base.size,
				true);
}

static int give_slot(struct onpu_queue *queue)
{
	struct onpu_device *onpu = queue->onpu;
	struct onpu_slot *slot;
	int err;

	lockdep_assert_held(&onpu->slot_lock);
	slot = find_free(onpu);
	if (!slot)
		return -ENOSPC;
	err = map_save(slot, queue->save);
	if (err)
		return err;
	spin_lock(&slot->lock);
	slot->queue = queue;
	slot->closing = false;
	spin_unlock(&slot->lock);
	queue->slot = slot;
	return 0;
}

int onpu_slot_acquire(struct onpu_queue *queue)
{
	struct onpu_device *onpu = queue->onpu;
	size_t bytes = save_bytes(onpu);
	struct onpu_bo *save = NULL;
	int err;

	if (bytes) {
		save = onpu_bo_new(onpu, round_up(bytes, ONPU_GRANULE), DRM_ONPU_BO_NO_MMAP);
		if (IS_ERR(save))
			return PTR_ERR(save);
	}
	queue->save = save;
	mutex_lock(&onpu->slot_lock);
	err = give_slot(queue);
	mutex_unlock(&onpu->slot_lock);
	if (err && save) {
		queue->save = NULL;
		drm_gem_object_put(&save->base.base);
	}
	return err;
}

/* What firmware answers next. */
static bool acknowledged(const struct onpu_slot *slot)
{
	u32 expected = slot->asked ? 0 : slot->enable;

	return le32_to_cpu(READ_ONCE(fw_line(slot)->enable_ack)) == expected;
}

/* While a slot is live, and only then, there is memory that firmware answers in. */
static bool answered(struct onpu_slot *slot)
{
	bool result;

	spin_lock(&slot->lock);
	result = !slot->live || acknowledged(slot);
	spin_unlock(&slot->lock);
	return result;
}

enum off { OFF_DONE, OFF_WAIT, OFF_LATE };

/*
 * Turning a slot off is acknowledged with 0, which is also there before firmware saw it turned on:
 * that is waited for first.  A device that has been off meanwhile, or was reset, does not run jobs
 * of the slot either.
 */
static enum off step_off(struct onpu_slot *slot)
{
	enum off result = OFF_WAIT;

	lockdep_assert_held(&slot->onpu->power_lock);
	spin_lock(&slot->lock);
	slot->closing = true;
	if (slot->onpu->state != ONPU_ON || !slot->live || !slot->enabled) {
		result = OFF_DONE;
	} else if (acknowledged(slot) && slot->asked) {
		result = OFF_DONE;
	} else if (acknowledged(slot)) {
		slot->asked = true;
		WRITE_ONCE(host_line(slot)->enable, 0);
		ring_doorbell(slot);
	}
	spin_unlock(&slot->lock);
	return result;
}

/* Time is the device's, as long as it passes; it is looked at before the answer. */
static enum off look_off(struct onpu_slot *slot, u64 *start, unsigned long begin)
{
	struct onpu_device *onpu = slot->onpu;
	enum off result;
	u64 now = 0;

	mutex_lock(&onpu->power_lock);
	if (onpu->state == ONPU_ON)
		now = onpu_cycle(onpu);
	if (!*start)
		*start = now;
	result = step_off(slot);
	if (result == OFF_WAIT &&
	    time_after(jiffies, begin + msecs_to_jiffies(now - *start > OFF_CYCLES ?
							 OFF_LEAST_MS : OFF_MOST_MS)))
		result = OFF_LATE;
	mutex_unlock(&onpu->power_lock);
	return result;
}

static void turn_off(struct onpu_slot *slot)
{
	struct onpu_device *onpu = slot->onpu;
	unsigned long begin = jiffies;
	enum off result;
	u64 start = 0;

	for (;;) {
		result = look_off(slot, &start, begin);
		if (result != OFF_WAIT)
			break;
		wait_event_timeout(onpu->fw_wait, answered(slot), msecs_to_jiffies(50));
	}
	if (result == OFF_LATE) {
		onpu_reset(onpu, "firmware does not turn slot %u off", slot->index);
		onpu_reset_flush(onpu);
	}
}

static void cancel_jobs(struct onpu_slot *slot)
{
	struct onpu_job *job;
	LIST_HEAD(ended);

	spin_lock(&slot->lock);
	while ((job = onpu_slot_take(slot))) {
		job->status = -ECANCELED;
		job->fault = DRM_ONPU_FAULT_CANCELLED;
		list_add_tail(&job->link, &ended);
	}
	slot->enabled = false;
	slot->asked = false;
	slot->killing = false;
	slot->head = 0;
	slot->tail = 0;
	slot->told = 0;
	spin_unlock(&slot->lock);
	onpu_job_end_all(&ended);
}

void onpu_slot_release(struct onpu_slot *slot)
{
	struct onpu_device *onpu = slot->onpu;
	struct onpu_queue *queue = slot->queue;

	turn_off(slot);
	/* Records from before it was off; there are no others. */
	onpu_slots_drain(onpu);
	cancel_jobs(slot);

	mutex_lock(&onpu->slot_lock);
	if (queue->save && onpu->ctx0.l1)
		onpu_mmu_unmap(&onpu->ctx0, save_va(slot), queue->save->base.base.size);
	spin_lock(&slot->lock);
	slot->queue = NULL;
	spin_unlock(&slot->lock);
	mutex_unlock(&onpu->slot_lock);
	if (queue->save)
		drm_gem_object_put(&queue->save->base.base);
	queue->save = NULL;
}

/* ---- probe ----------------------------------------------------------------------- */

static void ring_free(void *data)
{
	struct onpu_slot *slot = data;

	dma_free_coherent(slot->onpu->dev, ring_bytes(), slot->ring, slot->ring_dma);
	slot->ring = NULL;
}

static int slot_init(struct onpu_device *onpu, u32 index)
{
	struct onpu_slot *slot = &onpu->slots[index];
	const struct drm_sched_init_args args = {
		.ops = &onpu_sched_ops,
		.submit_wq = onpu->submit_wq,
		.num_rqs = 1,
		.credit_limit = ONPU_FW_DEPTH_MAX,
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.name = "onpu",
		.dev = onpu->dev,
	};
	int err;

	slot->onpu = onpu;
	slot->index = index;
	slot->next_seq = 1;
	spin_lock_init(&slot->lock);
	slot->ring = dma_alloc_coherent(onpu->dev, ring_bytes(), &slot->ring_dma, GFP_KERNEL);
	if (!slot->ring)
		return -ENOMEM;
	err = devm_add_action_or_reset(onpu->dev, ring_free, slot);
	if (!err)
		err = onpu_mmu_map_dma(&onpu->ctx0, ring_va(slot), slot->ring_dma, ring_bytes(),
				       false);
	return err ?: onpu_sched_init(&slot->sched, &args);
}

int onpu_slots_init(struct onpu_device *onpu)
{
	u32 i;
	int err;

	BUILD_BUG_ON(ONPU_CTX0_RINGS + ONPU_FW_SLOTS * RING_VA_SIZE > ONPU_CTX0_SAVES);
	BUILD_BUG_ON(ONPU_FW_RING_SIZE(ONPU_FW_DEPTH_MAX) > RING_VA_SIZE);
	/* One thread for all: run_job writes a few lines of memory and one register. */
	onpu->submit_wq = alloc_ordered_workqueue("onpu_submit", WQ_MEM_RECLAIM);
	if (!onpu->submit_wq)
		return -ENOMEM;
	onpu->reset_wq = alloc_ordered_workqueue("onpu_reset", WQ_MEM_RECLAIM);
	if (!onpu->reset_wq) {
		destroy_workqueue(onpu->submit_wq);
		return -ENOMEM;
	}
	for (i = 0; i < ONPU_FW_SLOTS; i++) {
		err = slot_init(onpu, i);
		if (err)
			goto undo;
	}
	return 0;

undo:
	while (i--)
		drm_sched_fini(&onpu->slots[i].sched);
	destroy_workqueue(onpu->reset_wq);
	destroy_workqueue(onpu->submit_wq);
	return err;
}

void onpu_slots_fini(struct onpu_device *onpu)
{
	u32 i;

	for (i = 0; i < ONPU_FW_SLOTS; i++)
		drm_sched_fini(&onpu->slots[i].sched);
	destroy_workqueue(onpu->reset_wq);
	destroy_workqueue(onpu->submit_wq);
}
