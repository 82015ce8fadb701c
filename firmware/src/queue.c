// SPDX-License-Identifier: MIT
/* Queues: doorbells, parameters, descriptors, whose turn it is. */
#include "fw.h"

void onpu_queue_publish(struct onpu_firmware *fw, uint32_t slot)
{
	const struct onpu_queue *queue = &fw->queue[slot];
	struct onpu_fw_queue_fw line = {
		.enable_ack = queue->enable,
		.state = queue->state,
		.reason = queue->reason,
		.head = queue->head,
		.preempted = queue->preempted,
		.started = queue->started,
		.busy_cycles = queue->busy_cycles,
		.run_cycles = queue->run_cycles,
	};

	onpu_shared_write(fw, SHARED_QUEUE(fw, slot) + offsetof(struct onpu_fw_queue, fw), &line,
			  sizeof(line));
}

void onpu_queue_update(struct onpu_firmware *fw, uint32_t slot)
{
	const struct onpu_queue *queue = &fw->queue[slot];
	uint32_t waiting = queue->tail - queue->head;

	if (fw->running && fw->job.slot == slot && !fw->drop)
		waiting--;
	onpu_set_bit(fw->ready, slot, queue->state == ONPU_FW_QUEUE_ON && waiting);
}

void onpu_queue_break(struct onpu_firmware *fw, uint32_t slot, uint32_t reason, uint32_t value)
{
	struct onpu_queue *queue = &fw->queue[slot];

	queue->state = ONPU_FW_QUEUE_BROKEN;
	queue->reason = (uint8_t)reason;
	queue->suspended = false;
	onpu_queue_update(fw, slot);
	if (fw->next_valid && fw->next.slot == slot)
		fw->next_valid = false;
	onpu_log(fw, ONPU_FW_LOG_QUEUE_BROKEN, slot, reason, value, 0);
	onpu_queue_publish(fw, slot);
	onpu_interrupt(fw);
}

static uint32_t check_parameters(const struct onpu_firmware *fw, uint32_t slot,
				 const struct onpu_fw_queue_host *line, uint32_t *value)
{
	uint32_t sum = 0;
	uint32_t i;

	*value = line->depth;
	if (!line->depth || line->depth > ONPU_FW_DEPTH_MAX || line->depth & (line->depth - 1))
		return ONPU_FW_QUEUE_BAD_DEPTH;
	*value = line->ring;
	if (line->ring % 64 || line->ring > UINT32_MAX - ONPU_FW_RING_SIZE(line->depth))
		return ONPU_FW_QUEUE_BAD_RING;
	*value = line->priority;
	if (line->priority >= ONPU_FW_PRIORITIES)
		return ONPU_FW_QUEUE_BAD_PRIORITY;
	*value = line->save;
	if (line->save % 64 || line->save_size % 64 || line->save > UINT32_MAX - line->save_size)
		return ONPU_FW_QUEUE_BAD_SAVE;
	for (i = 0; i < 6; i++) {
		*value = line->reserved[i];
		if (line->reserved[i])
			return ONPU_FW_QUEUE_BAD_RESERVED;
	}
	for (i = 0; i < ONPU_FW_SLOTS; i++)
		if (i != slot && fw->queue[i].state == ONPU_FW_QUEUE_ON)
			sum += fw->queue[i].depth;
	*value = sum;
	if (sum + line->depth > fw->completion_count)
		return ONPU_FW_QUEUE_NO_ROOM;
	return ONPU_FW_QUEUE_GOOD;
}

/* The host turned the slot on, off, or off and on again. */
static void set_enable(struct onpu_firmware *fw, uint32_t slot,
		       const struct onpu_fw_queue_host *line)
{
	struct onpu_queue *queue = &fw->queue[slot];
	uint32_t reason, value;

	onpu_zero(queue, sizeof(*queue));
	onpu_queue_update(fw, slot);
	if (fw->next_valid && fw->next.slot == slot)
		fw->next_valid = false;
	queue->enable = line->enable;
	/*
	 * With its last queue an address space may end, and its number be another's next: that
	 * one's first job switches, and finds nothing in SRAM.
	 */
	fw->active_ctx = 0;
	if (!line->enable) {
		onpu_log(fw, ONPU_FW_LOG_QUEUE_OFF, slot, 0, 0, 0);
		onpu_queue_publish(fw, slot);
		onpu_interrupt(fw);
		return;
	}
	reason = check_parameters(fw, slot, line, &value);
	if (reason) {
		onpu_queue_break(fw, slot, reason, value);
		return;
	}
	queue->state = ONPU_FW_QUEUE_ON;
	queue->ring = line->ring;
	queue->depth = line->depth;
	queue->first_seq = line->first_seq;
	queue->priority = (uint8_t)line->priority;
	queue->save = line->save;
	queue->save_size = line->save_size;
	onpu_log(fw, ONPU_FW_LOG_QUEUE_ON, slot, line->enable, line->depth, 0);
	onpu_queue_publish(fw, slot);
	onpu_interrupt(fw);
}

/* With `ask` also what the host requests; the two reads share a latency. */
static void read_queue(struct onpu_firmware *fw, uint32_t slot, bool ask)
{
	struct onpu_queue *queue = &fw->queue[slot];
	struct onpu_fw_queue_host line;
	bool runs = fw->running && fw->job.slot == slot && !fw->drop;

	if (ask) {
		uint32_t request;

		if (onpu_read_two(fw, SHARED(fw, control.request), &request, sizeof(request),
				  SHARED_QUEUE(fw, slot), &line, sizeof(line))) {
			onpu_crash(fw, ONPU_FW_CRASH_SHARED, 0, SHARED_QUEUE(fw, slot));
			return;
		}
		fw->halting = request == ONPU_FW_REQUEST_HALT;
	} else if (!onpu_shared_read(fw, SHARED_QUEUE(fw, slot), &line, sizeof(line))) {
		return;
	}
	onpu_set_bit(fw->dirty, slot, false);
	if (line.enable != queue->enable) {
		if (runs) {
			/* Its memory may go with the queue: stop it before answering. */
			fw->drop = true;
			onpu_job_kill(fw, ONPU_FAULT_KILLED);
		}
		if (fw->running && fw->job.slot == slot) {
			queue->state = ONPU_FW_QUEUE_OFF;
			onpu_queue_update(fw, slot);
			onpu_set_bit(fw->dirty, slot, true);	/* answered when the job is gone */
			return;
		}
		set_enable(fw, slot, &line);
		if (queue->state != ONPU_FW_QUEUE_ON)
			return;
	}
	if (queue->state != ONPU_FW_QUEUE_ON)
		return;
	if (line.tail - queue->head > queue->depth || line.tail - queue->tail > queue->depth) {
		onpu_queue_break(fw, slot, ONPU_FW_QUEUE_BAD_TAIL, line.tail);
		return;
	}
	if (line.tail != queue->tail)
		queue->seen = onpu_cycle(fw);
	queue->tail = line.tail;
	onpu_queue_update(fw, slot);
	queue->kill = line.kill;
	queue->kill_seq = line.kill_seq;
	if (runs && onpu_queue_killed(queue, fw->job.desc.seq))
		onpu_job_kill(fw, ONPU_FAULT_KILLED);
}

bool onpu_queue_doorbells(struct onpu_firmware *fw)
{
	static const uint32_t reg[2] = { ONPU_CTL_DOORBELL_LO, ONPU_CTL_DOORBELL_HI };
	bool any = false, ask = !fw->halting;
	uint32_t half, slot, request;

	for (half = 0; half < 2; half++) {
		uint32_t bits = onpu_reg(fw, reg[half]);

		if (!bits)
			continue;
		any = true;
		onpu_set_reg(fw, reg[half], bits);
		/* The bits are clear before the tails are read: later stores ring anew. */
		onpu_barrier(fw);
		fw->dirty[half] |= bits;
	}
	for (half = 0; half < 2; half++) {
		uint32_t bits;

		for (bits = fw->dirty[half]; bits; bits &= bits - 1) {
			slot = half * 32 + onpu_lowest(bits);
			/* A slot that waits for its job to stop is looked at when it has. */
			if (fw->running && fw->drop && fw->job.slot == slot)
				continue;
			read_queue(fw, slot, ask);
			if (fw->state != ONPU_FW_STATE_RUNNING)
				return true;
			ask = false;
			any = true;
		}
	}
	if (any && ask) {
		if (!onpu_shared_read(fw, SHARED(fw, control.request), &request, sizeof(request)))
			return true;
		fw->halting = request == ONPU_FW_REQUEST_HALT;
	}
	return any;
}

bool onpu_queue_killed(const struct onpu_queue *queue, uint32_t seq)
{
	return queue->kill == 1 && (int32_t)(queue->kill_seq - seq) >= 0;
}

uint32_t onpu_queue_pick(const struct onpu_firmware *fw, uint32_t least)
{
	uint32_t best = ONPU_FW_NO_SLOT, best_distance = 0;
	uint32_t low = fw->ready[0], high = fw->ready[1];
	uint32_t half, slot;

	/* Most often nobody competes. */
	if (!(low | high))
		return ONPU_FW_NO_SLOT;
	if (!least && !fw->halting && !(low && high) && !((low | high) & ((low | high) - 1)))
		return low ? onpu_lowest(low) : 32 + onpu_lowest(high);
	for (half = 0; half < 2; half++) {
		uint32_t bits;

		for (bits = fw->ready[half]; bits; bits &= bits - 1) {
			const struct onpu_queue *queue;
			uint32_t distance;

			slot = half * 32 + onpu_lowest(bits);
			queue = &fw->queue[slot];
			if (queue->priority < least || (fw->halting && !queue->suspended))
				continue;
			/* The slot whose turn was last comes last. */
			distance = (slot - fw->last_slot[queue->priority] - 1) % ONPU_FW_SLOTS;
			if (best == ONPU_FW_NO_SLOT || queue->priority > fw->queue[best].priority ||
			    (queue->priority == fw->queue[best].priority &&
			     distance < best_distance)) {
				best = slot;
				best_distance = distance;
				/* What is below it need not be looked at. */
				least = queue->priority;
			}
		}
	}
	return best;
}

static bool wraps(uint32_t va, uint32_t size)
{
	return size && va > UINT32_MAX - (size - 1);
}

static bool bad_stream(uint32_t entry, uint32_t size)
{
	return entry % 4 || !size || size % 4 || wraps(entry, size);
}

/* Without a key, or in an interface without warm starts, what belongs to them is reserved. */
static uint32_t check_warm(const struct onpu_fw_descriptor *desc, uint32_t minor)
{
	if (!desc->warm_key || minor < 1)
		return desc->warm_key | desc->warm_entry | desc->warm_size ? ONPU_FW_BAD_RESERVED :
									     ONPU_FW_BAD_NOTHING;
	if (bad_stream(desc->warm_entry, desc->warm_size) || desc->warm_entry < desc->entry ||
	    desc->warm_entry - desc->entry < desc->stream_size)
		return ONPU_FW_BAD_STREAM;
	return ONPU_FW_BAD_NOTHING;
}

static uint32_t check_job(const struct onpu_job *job, uint32_t seq, uint32_t minor)
{
	const struct onpu_fw_descriptor *desc = &job->desc;
	uint32_t i;

	if (desc->seq != seq)
		return ONPU_FW_BAD_SEQ;
	if (!desc->ctx)
		return ONPU_FW_BAD_CTX;
	if (desc->flags & ~ONPU_FW_JOB_NO_PREEMPT)
		return ONPU_FW_BAD_FLAGS;
	if (desc->region_count > ONPU_FW_REGIONS)
		return ONPU_FW_BAD_REGIONS;
	for (i = 0; i < desc->region_count && i < ONPU_FW_REGIONS; i++)
		if (wraps(job->region[i].va, job->region[i].size))
			return ONPU_FW_BAD_REGIONS;
	if (bad_stream(desc->entry, desc->stream_size))
		return ONPU_FW_BAD_STREAM;
	if (desc->trace_size && (desc->trace % 8 || wraps(desc->trace, desc->trace_size)))
		return ONPU_FW_BAD_TRACE;
	if (desc->reserved[0] | desc->reserved[1] | desc->reserved[2])
		return ONPU_FW_BAD_RESERVED;
	return check_warm(desc, minor);
}

bool onpu_queue_fetch(struct onpu_firmware *fw, uint32_t slot, uint32_t index,
		      struct onpu_job *job)
{
	const struct onpu_queue *queue = &fw->queue[slot];
	uint32_t entry = index & (queue->depth - 1);
	uint32_t at = queue->ring + entry * (uint32_t)sizeof(job->desc);
	uint32_t regions = queue->ring + queue->depth * (uint32_t)sizeof(job->desc) +
			   entry * (uint32_t)sizeof(job->region);
	uint32_t seq = queue->first_seq + index;

	job->slot = (uint8_t)slot;
	job->switch_cycles = 0;
	if (onpu_read_two(fw, at, &job->desc, sizeof(job->desc), regions, job->region,
			  sizeof(job->region))) {
		onpu_queue_break(fw, slot, ONPU_FW_QUEUE_NO_MEMORY, at);
		return false;
	}
	job->reason = (uint8_t)check_job(job, seq, fw->minor);
	/* The record of a bad job must still tell which one it was. */
	job->desc.seq = seq;
	job->queued = queue->seen;
	return true;
}
