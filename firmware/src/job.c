// SPDX-License-Identifier: MIT
/* The job on the engines: start, end, kill, and what comes next. */
#include "fw.h"

/* Reads of a status register before the hardware counts as broken. */
#define SPIN 100000
/* Cycles between looks at a fence. */
#define LOOK 256

static void command(struct onpu_firmware *fw, uint32_t bit)
{
	onpu_set_reg(fw, ONPU_CTL_JOB_COMMAND, bit);
}

static uint32_t job_state(uint32_t status)
{
	return (status & ONPU_CTL_JOB_STATUS_STATE) >> ONPU_CTL_JOB_STATUS_STATE_SHIFT;
}

uint64_t onpu_job_deadline(const struct onpu_firmware *fw)
{
	if (fw->running == ONPU_RUN_DRAINING)
		return fw->look;
	return fw->running ? fw->deadline : UINT64_MAX;
}

uint64_t onpu_job_start(struct onpu_firmware *fw)
{
	return fw->job_start ? fw->job_start : onpu_reg64(fw, ONPU_CTL_JOB_START_LO);
}

uint32_t onpu_job_offset(struct onpu_firmware *fw)
{
	uint32_t offset = onpu_reg(fw, ONPU_CTL_JOB_OFFSET);

	return fw->warm ? fw->job.desc.warm_entry - fw->job.desc.entry + offset : offset;
}

/* What a record says of the job itself. */
static void name_job(const struct onpu_job *job, struct onpu_fw_completion *record)
{
	record->seq = job->desc.seq;
	record->slot = job->slot;
	record->switch_cycles = job->switch_cycles;
	record->queued_cycle = job->queued;
}

/* Takes the job of the record off its queue, and tells the host. */
static void record_job(struct onpu_firmware *fw, struct onpu_fw_completion *record)
{
	struct onpu_queue *queue = &fw->queue[record->slot];

	queue->head++;
	/* One that was refused. */
	if ((int32_t)(queue->head - queue->started) > 0)
		queue->started = queue->head;
	queue->suspended = false;
	queue->busy_cycles += record->busy_cycles;
	queue->run_cycles += record->end_cycle - record->start_cycle;
	onpu_queue_update(fw, record->slot);
	onpu_complete(fw, record);
}

static void write_registers(struct onpu_firmware *fw, const struct onpu_job *job)
{
	const struct onpu_fw_descriptor *desc = &job->desc;
	uint32_t count = desc->region_count, old = fw->regions_set;
	uint32_t i;

	onpu_set_reg(fw, ONPU_CTL_JOB_ENTRY, fw->warm ? desc->warm_entry : desc->entry);
	onpu_set_reg(fw, ONPU_CTL_JOB_SIZE, fw->warm ? desc->warm_size : desc->stream_size);
	onpu_set_reg(fw, ONPU_CTL_TRACE_VA, desc->trace_size ? desc->trace : 0);
	onpu_set_reg(fw, ONPU_CTL_TRACE_SIZE, desc->trace_size);
	onpu_set_reg(fw, ONPU_CTL_MAX_CYCLES_LO, (uint32_t)desc->max_cycles);
	onpu_set_reg(fw, ONPU_CTL_MAX_CYCLES_HI, (uint32_t)(desc->max_cycles >> 32));
	for (i = 0; i < count && i < ONPU_FW_REGIONS; i++) {
		onpu_set_reg(fw, ONPU_CTL_REGION_VA(i), job->region[i].va);
		onpu_set_reg(fw, ONPU_CTL_REGION_SIZE(i), job->region[i].size);
	}
	/* What an earlier job left. */
	for (; i < old && i < ONPU_FW_REGIONS; i++) {
		onpu_set_reg(fw, ONPU_CTL_REGION_VA(i), 0);
		onpu_set_reg(fw, ONPU_CTL_REGION_SIZE(i), 0);
	}
	fw->regions_set = count;
}

/* The job of this key is about to use SRAM: does it find there what one like it has left? */
static bool take_held(struct onpu_firmware *fw, uint32_t key)
{
	bool warm = key && key == fw->held;

	fw->held = 0;
	return warm;
}

/* Firmware's own budget, behind the hardware's; without one the host's kill is the bound. */
static uint64_t budget_deadline(struct onpu_firmware *fw)
{
	uint64_t start = onpu_cycle(fw);
	uint64_t max = fw->job.desc.max_cycles;

	if (!max || max > UINT64_MAX / 2)
		return UINT64_MAX;
	return start + max + ONPU_FW_BUDGET_GRACE;
}

/* fw->job is on the engines from now on. */
static void job_runs(struct onpu_firmware *fw, bool resume)
{
	struct onpu_queue *queue = &fw->queue[fw->job.slot];

	queue->suspended = false;
	fw->running = ONPU_RUN_JOB;
	fw->kill_fault = 0;
	fw->drop = false;
	fw->preempting = false;
	fw->deadline = budget_deadline(fw);
	fw->job_start = resume ? queue->start : 0;
	onpu_queue_update(fw, fw->job.slot);
}

/*
 * What the host goes by after a full reset: it must not be behind what the engines do, and
 * nothing is written by them before they are told to.
 */
static bool mark_started(struct onpu_firmware *fw, uint32_t slot, uint32_t index)
{
	fw->queue[slot].started = index + 1;
	return onpu_shared_write(fw, SHARED_QUEUE(fw, slot) +
				 offsetof(struct onpu_fw_queue, fw.started),
				 &fw->queue[slot].started, sizeof(fw->queue[slot].started));
}

/*
 * The job is done, the engines are free, and its queue and the host do not know yet: if the next
 * job is here, in order, and needs nothing but its registers, it starts now.  Everything else takes
 * the long way, which is onpu_job_schedule().
 */
static void start_next(struct onpu_firmware *fw)
{
	const struct onpu_job *next = &fw->next;
	struct onpu_queue *queue = &fw->queue[next->slot];
	uint32_t index = queue->head + (next->slot == fw->job.slot);

	if (!fw->next_valid || next->reason || next->desc.ctx != fw->active_ctx)
		return;
	if (next->desc.seq != queue->first_seq + index ||
	    (queue->suspended && next->slot != fw->job.slot) ||
	    onpu_queue_killed(queue, next->desc.seq))
		return;
	/* Room for two records: one is not written yet. */
	if (fw->completion_tail + 1 - fw->completion_head >= fw->completion_count ||
	    onpu_queue_pick(fw, 0) != next->slot)
		return;
	if (!mark_started(fw, next->slot, index))
		return;
	fw->warm = take_held(fw, next->desc.warm_key);
	write_registers(fw, next);
	command(fw, ONPU_CTL_JOB_COMMAND_START);
	onpu_copy_job(&fw->job, next);
	fw->next_valid = false;
	fw->last_slot[queue->priority] = next->slot;
	if (fw->last_end > fw->job.queued)
		fw->job.queued = fw->last_end;
	job_runs(fw, false);
}

/* The job has left the engines, and all is well. */
static void end_well(struct onpu_firmware *fw)
{
	struct onpu_fw_completion record;
	uint64_t start = onpu_job_start(fw);
	uint64_t end = onpu_reg64(fw, ONPU_CTL_JOB_END_LO);
	uint64_t busy = onpu_reg64(fw, ONPU_CTL_BUSY_LO);
	uint32_t offset = onpu_job_offset(fw);
	struct onpu_job ended;

	command(fw, ONPU_CTL_JOB_COMMAND_ACK);
	fw->running = ONPU_RUN_NONE;
	fw->last_end = onpu_cycle(fw);
	if (fw->drop) {
		fw->drop = false;
		onpu_queue_update(fw, fw->job.slot);
		return;
	}
	ended.slot = fw->job.slot;
	ended.desc.seq = fw->job.desc.seq;
	ended.switch_cycles = fw->job.switch_cycles;
	ended.queued = fw->job.queued;
	/* What a resumed job had in SRAM beside the live ranges was another's in between. */
	if (!fw->job_start)
		fw->held = fw->job.desc.warm_key;
	/* The engines do not wait for the paperwork. */
	start_next(fw);
	onpu_zero(&record, sizeof(record));
	name_job(&ended, &record);
	record.status = ONPU_FW_OK;
	record.stream_offset = offset;
	record.start_cycle = start;
	record.end_cycle = end;
	record.busy_cycles = busy;
	record_job(fw, &record);
}

/* The job has left the engines, or will be made to. */
static void end_job(struct onpu_firmware *fw, uint32_t status, uint32_t job_status)
{
	struct onpu_fw_completion record = { .status = (uint8_t)status };
	bool drop = fw->drop;

	record.start_cycle = onpu_job_start(fw);
	record.end_cycle = onpu_reg64(fw, ONPU_CTL_JOB_END_LO);
	record.busy_cycles = onpu_reg64(fw, ONPU_CTL_BUSY_LO);
	record.stream_offset = onpu_job_offset(fw);
	record.fault = (job_status & ONPU_CTL_JOB_STATUS_FAULT) >> ONPU_CTL_JOB_STATUS_FAULT_SHIFT;
	record.engine = (job_status & ONPU_CTL_JOB_STATUS_ENGINE) >>
			ONPU_CTL_JOB_STATUS_ENGINE_SHIFT;
	record.va = onpu_reg(fw, ONPU_CTL_JOB_FAULT_VA);
	record.write = !!(job_status & ONPU_CTL_JOB_STATUS_WRITE);
	if (status == ONPU_FW_ENGINE_RESET) {
		record.fault = ONPU_FAULT_ENGINE_HANG;
		record.reason = fw->kill_fault;
		record.end_cycle = onpu_cycle(fw);
		/* Only then may the host reuse the job's memory. */
		command(fw, ONPU_CTL_JOB_COMMAND_RESET);
		onpu_barrier(fw);
		onpu_set_reg(fw, ONPU_CTL_FENCE, 0);
		if (job_state(onpu_reg(fw, ONPU_CTL_JOB_STATUS)) !=
		    ONPU_CTL_JOB_STATUS_STATE_IDLE) {
			onpu_crash(fw, ONPU_FW_CRASH_ENGINE, job_status, 0);
			return;
		}
	} else {
		/* The hardware stops before a command; why it had to is known here. */
		if (record.fault == ONPU_FAULT_KILLED && fw->kill_fault)
			record.fault = fw->kill_fault;
		command(fw, ONPU_CTL_JOB_COMMAND_ACK);
	}
	if (record.status == ONPU_FW_FAULT && record.fault == ONPU_FAULT_KILLED)
		record.status = ONPU_FW_KILLED;
	fw->running = ONPU_RUN_NONE;
	fw->drop = false;
	fw->last_end = onpu_cycle(fw);
	if (drop) {
		onpu_queue_update(fw, fw->job.slot);
		return;
	}
	if (record.status == ONPU_FW_FAULT)
		onpu_log(fw, ONPU_FW_LOG_FAULT, fw->job.slot, fw->job.desc.seq, record.fault,
			 record.stream_offset);
	name_job(&fw->job, &record);
	record_job(fw, &record);
}

/* A job that never gets to the engines. */
static void refuse_job(struct onpu_firmware *fw, const struct onpu_job *job, uint32_t status,
		       uint32_t reason)
{
	struct onpu_fw_completion record = { .status = (uint8_t)status, .reason = (uint8_t)reason };

	record.start_cycle = onpu_cycle(fw);
	record.end_cycle = record.start_cycle;
	if (status == ONPU_FW_KILLED)
		record.fault = ONPU_FAULT_KILLED;
	if (reason)
		onpu_log(fw, ONPU_FW_LOG_BAD_JOB, job->slot, job->desc.seq, reason, 0);
	name_job(job, &record);
	record_job(fw, &record);
}

void onpu_job_kill(struct onpu_firmware *fw, uint32_t fault)
{
	if (fw->running != ONPU_RUN_JOB)
		return;
	onpu_log(fw, ONPU_FW_LOG_KILL, fw->job.slot, fw->job.desc.seq, fault, 0);
	fw->running = ONPU_RUN_KILLING;
	fw->kill_fault = (uint8_t)fault;
	fw->deadline = onpu_cycle(fw) + ONPU_FW_KILL_CYCLES;
	command(fw, ONPU_CTL_JOB_COMMAND_KILL);
}

/* The job did not stop: the engines go, but not with bursts on the bus. */
static bool drain_and_reset(struct onpu_firmware *fw)
{
	bool drained = onpu_reg(fw, ONPU_CTL_FENCE) & ONPU_CTL_FENCE_DRAINED;
	uint32_t status;

	if (!drained && onpu_cycle(fw) < fw->deadline) {
		if (onpu_cycle(fw) >= fw->look)
			fw->look = onpu_cycle(fw) + LOOK;
		return false;
	}
	status = onpu_reg(fw, ONPU_CTL_JOB_STATUS);
	onpu_log(fw, ONPU_FW_LOG_ENGINE_RESET, fw->job.slot, fw->job.desc.seq, drained, 0);
	end_job(fw, ONPU_FW_ENGINE_RESET, status);
	return true;
}

/* Stopped at a PREEMPT. */
static void preempted(struct onpu_firmware *fw)
{
	fw->preempting = false;
	if (fw->queue[fw->job.slot].state == ONPU_FW_QUEUE_ON && onpu_preempt_save(fw)) {
		fw->running = ONPU_RUN_NONE;
		fw->last_end = onpu_cycle(fw);
		onpu_queue_update(fw, fw->job.slot);
		return;
	}
	if (fw->state == ONPU_FW_STATE_CRASHED)
		return;
	/* It does not fit, or nobody would resume it: go on, and do not try again. */
	fw->job.desc.flags |= ONPU_FW_JOB_NO_PREEMPT;
	command(fw, ONPU_CTL_JOB_COMMAND_RESUME);
}

bool onpu_job_watch(struct onpu_firmware *fw)
{
	uint32_t status;

	if (fw->running == ONPU_RUN_NONE)
		return false;
	if (fw->running == ONPU_RUN_DRAINING)
		return drain_and_reset(fw);
	status = onpu_reg(fw, ONPU_CTL_JOB_STATUS);
	switch (job_state(status)) {
	case ONPU_CTL_JOB_STATUS_STATE_RUNNING:
		break;
	case ONPU_CTL_JOB_STATUS_STATE_DONE:
		end_well(fw);
		return true;
	case ONPU_CTL_JOB_STATUS_STATE_FAULT:
		end_job(fw, ONPU_FW_FAULT, status);
		return true;
	case ONPU_CTL_JOB_STATUS_STATE_PREEMPTED:
		if (fw->running == ONPU_RUN_KILLING)
			end_job(fw, ONPU_FW_FAULT,
				ONPU_FAULT_KILLED << ONPU_CTL_JOB_STATUS_FAULT_SHIFT);
		else
			preempted(fw);
		return true;
	default:
		onpu_crash(fw, ONPU_FW_CRASH_STATE, 1, status);
		return true;
	}
	if (onpu_cycle(fw) < fw->deadline)
		return false;
	if (fw->running == ONPU_RUN_JOB) {
		onpu_job_kill(fw, ONPU_FAULT_WATCHDOG);
	} else {
		fw->running = ONPU_RUN_DRAINING;
		fw->look = onpu_cycle(fw);
		fw->deadline = fw->look + ONPU_FW_DRAIN_CYCLES;
		onpu_set_reg(fw, ONPU_CTL_FENCE, ONPU_CTL_FENCE_SET);
	}
	return true;
}

/* False: the context has no page table. */
static bool switch_context(struct onpu_firmware *fw, struct onpu_job *job)
{
	uint32_t status = 0;
	uint32_t i;

	if (job->desc.ctx != fw->active_ctx) {
		onpu_set_reg(fw, ONPU_CTL_ACTIVE_CTX, job->desc.ctx);
		onpu_barrier(fw);
		for (i = 0; i < SPIN; i++) {
			status = onpu_reg(fw, ONPU_CTL_CTX_STATUS);
			if (!(status & ONPU_CTL_CTX_STATUS_BUSY))
				break;
		}
		if (status & ONPU_CTL_CTX_STATUS_BUSY) {
			onpu_crash(fw, ONPU_FW_CRASH_CONTEXT, job->desc.ctx, status);
			return false;
		}
		fw->active_ctx = job->desc.ctx;
		fw->held = 0;
		job->switch_cycles = (uint16_t)(status >> ONPU_CTL_CTX_STATUS_CYCLES_SHIFT);
		if (status & ONPU_CTL_CTX_STATUS_ERROR) {
			/* Try again next time: the host may have made the table by then. */
			fw->active_ctx = 0;
			return false;
		}
	}
	return true;
}

/* fw->job holds the job. */
static void start_job(struct onpu_firmware *fw)
{
	struct onpu_job *job = &fw->job;
	struct onpu_queue *queue = &fw->queue[job->slot];
	bool resume = queue->suspended;

	if (fw->last_end > job->queued)
		job->queued = fw->last_end;
	if (resume) {
		job->queued = queue->queued;
		job->switch_cycles = queue->switch_cycles;
	}
	if (onpu_queue_killed(queue, job->desc.seq)) {
		refuse_job(fw, job, ONPU_FW_KILLED, 0);
		return;
	}
	if (job->reason) {
		refuse_job(fw, job, ONPU_FW_BAD_DESCRIPTOR, job->reason);
		return;
	}
	if (resume && onpu_preempt_sum(job) != queue->sum) {
		refuse_job(fw, job, ONPU_FW_SAVE_FAILED, 0);
		return;
	}
	if (!switch_context(fw, job)) {
		if (fw->state != ONPU_FW_STATE_CRASHED)
			refuse_job(fw, job, ONPU_FW_BAD_CONTEXT, 0);
		return;
	}
	if (!resume && !mark_started(fw, job->slot, queue->head))
		return;
	fw->warm = take_held(fw, resume ? 0 : job->desc.warm_key) || (resume && queue->warm);
	write_registers(fw, job);
	if (resume && !onpu_preempt_restore(fw)) {
		if (fw->state != ONPU_FW_STATE_CRASHED)
			refuse_job(fw, job, ONPU_FW_SAVE_FAILED, 0);
		return;
	}
	command(fw, resume ? ONPU_CTL_JOB_COMMAND_RESUME : ONPU_CTL_JOB_COMMAND_START);
	job_runs(fw, resume);
}

static bool begin(struct onpu_firmware *fw, uint32_t slot)
{
	struct onpu_queue *queue;

	if (slot == ONPU_FW_NO_SLOT || !onpu_completion_room(fw))
		return false;
	queue = &fw->queue[slot];
	if (fw->next_valid && fw->next.slot == slot &&
	    fw->next.desc.seq == queue->first_seq + queue->head && !queue->suspended) {
		onpu_copy_job(&fw->job, &fw->next);
	} else if (!onpu_queue_fetch(fw, slot, queue->head, &fw->job)) {
		return true;
	}
	fw->next_valid = false;
	fw->last_slot[queue->priority] = (uint8_t)slot;
	start_job(fw);
	return true;
}

/* Reads the job that will follow, so that it starts without a trip to memory. */
static void read_ahead(struct onpu_firmware *fw, uint32_t slot)
{
	const struct onpu_queue *queue;
	uint32_t index;

	if (slot == ONPU_FW_NO_SLOT)
		return;
	queue = &fw->queue[slot];
	index = queue->head + (fw->job.slot == slot && !fw->drop);
	if (queue->suspended || (fw->next_valid && fw->next.slot == slot &&
				 fw->next.desc.seq == queue->first_seq + index))
		return;
	fw->next_valid = onpu_queue_fetch(fw, slot, index, &fw->next);
}

bool onpu_job_schedule(struct onpu_firmware *fw)
{
	const struct onpu_queue *queue;
	uint32_t slot = onpu_queue_pick(fw, 0);

	if (fw->running == ONPU_RUN_NONE)
		return begin(fw, slot);
	read_ahead(fw, slot);
	queue = &fw->queue[fw->job.slot];
	if (fw->running == ONPU_RUN_JOB && !fw->preempting && queue->save_size && !fw->halting &&
	    !(fw->job.desc.flags & ONPU_FW_JOB_NO_PREEMPT) &&
	    onpu_queue_pick(fw, queue->priority + 1u) != ONPU_FW_NO_SLOT) {
		fw->preempting = true;
		command(fw, ONPU_CTL_JOB_COMMAND_PREEMPT);
		return true;
	}
	return false;
}
