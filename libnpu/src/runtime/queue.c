// SPDX-License-Identifier: MIT
/* Queues of the in-process host: submission, completion, kill. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "ir/error.h"
#include "isa/onpu_isa.h"
#include "regs/onpu_regs.h"

/* A slot's ring and save area in context 0. */
#define QUEUE_VA(slot) (0x10000000u + (slot) * 0x400000u)
#define SAVE_VA(slot) (QUEUE_VA(slot) + 0x200000u)

/* Cycles for which the device runs between two looks at the completion ring. */
#define SLICE 200000

static struct onpu_fw_queue_host *host_line(const struct npu_queue *queue)
{
	return &queue->host->shared->queue[queue->slot].host;
}

/* The device runs in calls of this thread, so a compiler barrier is all that order needs. */
static void ring(struct npu_queue *queue)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	npu_host_write(queue->host, ONPU_HOST_DOORBELL, queue->slot);
}

static npu_status wait_ack(struct npu_queue *queue)
{
	struct npu_host *host = queue->host;
	const volatile struct onpu_fw_queue_fw *line = &host->shared->queue[queue->slot].fw;
	uint32_t enable = host_line(queue)->enable;
	int i;

	for (i = 0; i < 1000 && line->enable_ack != enable && !host->dead; i++)
		onpu_model_run(host->model, 1000);
	if (line->enable_ack != enable)
		return npu_fail(NPU_ERR_DEVICE, "the firmware does not answer for queue %u",
				queue->slot);
	if (enable && line->state != ONPU_FW_QUEUE_ON)
		return npu_fail(NPU_ERR_DEVICE, "the firmware refused queue %u: reason %u",
				queue->slot, line->reason);
	return NPU_OK;
}

npu_status npu_queue_enable(struct npu_queue *queue)
{
	struct onpu_fw_queue_host *line = host_line(queue);

	memset(line, 0, sizeof(*line));
	queue->first_seq = queue->next_seq;
	queue->head = 0;
	queue->tail = 0;
	line->ring = QUEUE_VA(queue->slot);
	line->depth = queue->depth;
	line->first_seq = queue->first_seq;
	line->priority = queue->priority;
	line->save = SAVE_VA(queue->slot);
	line->save_size = (uint32_t)queue->save->size;
	line->enable = ++queue->host->enables;
	ring(queue);
	return wait_ack(queue);
}

static void release(struct npu_queue *queue)
{
	struct npu_host *host = queue->host;

	host->queue[queue->slot] = NULL;
	if (queue->ring) {
		npu_vm_unmap_locked(host->vm[0], QUEUE_VA(queue->slot), queue->ring->size);
		npu_dram_free(&host->dram, queue->ring);
	}
	if (queue->save) {
		npu_vm_unmap_locked(host->vm[0], SAVE_VA(queue->slot), queue->save->size);
		npu_dram_free(&host->dram, queue->save);
	}
	free(queue);
}

static npu_status open_queue(struct npu_queue *queue)
{
	struct npu_host *host = queue->host;
	npu_status status;

	status = npu_dram_alloc(&host->dram, ONPU_FW_RING_SIZE(queue->depth), &queue->ring);
	if (!status)
		status = npu_vm_map_locked(host->vm[0], QUEUE_VA(queue->slot), queue->ring, true);
	if (!status)
		status = npu_dram_alloc(&host->dram, host->shared->hello.save_bytes, &queue->save);
	if (!status)
		status = npu_vm_map_locked(host->vm[0], SAVE_VA(queue->slot), queue->save, true);
	if (!status)
		status = npu_queue_enable(queue);
	return status;
}

npu_status npu_queue_new(struct npu_vm *vm, uint32_t priority, uint32_t depth,
			 struct npu_queue **result)
{
	struct npu_host *host = vm->host;
	struct npu_queue *queue = calloc(1, sizeof(*queue));
	npu_status status;
	uint32_t slot;

	*result = NULL;
	if (!queue)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a queue");
	pthread_mutex_lock(&host->lock);
	for (slot = 0; slot < ONPU_FW_SLOTS; slot++)
		if (!host->queue[slot])
			break;
	if (slot == ONPU_FW_SLOTS) {
		free(queue);
		status = npu_fail(NPU_ERR_LIMIT, "the device has %d queues, all in use",
				  ONPU_FW_SLOTS);
	} else {
		queue->host = host;
		queue->vm = vm;
		queue->slot = slot;
		queue->depth = depth;
		queue->priority = priority;
		queue->next_seq = 1;
		host->queue[slot] = queue;
		status = open_queue(queue);
		if (status)
			release(queue);
		else
			*result = queue;
	}
	pthread_mutex_unlock(&host->lock);
	return status;
}

void npu_queue_free(struct npu_queue *queue)
{
	struct npu_host *host;

	if (!queue)
		return;
	host = queue->host;
	pthread_mutex_lock(&host->lock);
	/* Again if what was read made a reset necessary: that turns the queue on anew. */
	while (!host->dead && host_line(queue)->enable) {
		host_line(queue)->enable = 0;
		ring(queue);
		if (wait_ack(queue)) {
			host->queue[queue->slot] = NULL;
			npu_host_lost(host, "queue %u could not be turned off", queue->slot);
			break;
		}
		/* Records of jobs that ended before: once the slot is nobody's, they would be wrong. */
		npu_queue_drain(host);
	}
	release(queue);
	pthread_mutex_unlock(&host->lock);
}

static void write_entry(struct npu_queue *queue, const struct npu_job *job)
{
	uint32_t entry = queue->tail & (queue->depth - 1);
	struct onpu_fw_descriptor desc = {
		.seq = queue->next_seq,
		.ctx = queue->vm->ctx,
		.region_count = (uint8_t)job->region_count,
		.flags = (uint16_t)job->flags,
		.entry = job->entry,
		.stream_size = job->stream_size,
		.trace = job->trace,
		.trace_size = job->trace_size,
		.max_cycles = job->max_cycles,
	};

	if (queue->host->shared->control.minor >= 1) {
		desc.warm_entry = job->warm_entry;
		desc.warm_size = job->warm_size;
		desc.warm_key = job->warm_key;
	}
	memcpy(queue->ring->data + entry * sizeof(desc), &desc, sizeof(desc));
	memcpy(queue->ring->data + queue->depth * sizeof(desc) + entry * sizeof(job->region),
	       job->region, sizeof(job->region));
}

npu_status npu_queue_submit(struct npu_queue *queue, const struct npu_job *job, uint32_t *seq)
{
	struct npu_host *host = queue->host;
	npu_status status = NPU_OK;

	pthread_mutex_lock(&host->lock);
	if (host->dead) {
		status = npu_fail(NPU_ERR_DEVICE, "the device is lost: %s", host->trouble);
	} else if (queue->tail - queue->head == queue->depth) {
		status = npu_fail(NPU_ERR_LIMIT, "queue %u is full: %u jobs", queue->slot,
				  queue->depth);
	} else {
		write_entry(queue, job);
		*seq = queue->next_seq++;
		queue->result[*seq % ONPU_FW_DEPTH_MAX].done = false;
		queue->tail++;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		host_line(queue)->tail = queue->tail;
		ring(queue);
	}
	pthread_mutex_unlock(&host->lock);
	return status;
}

void npu_queue_kill(struct npu_queue *queue, uint32_t seq)
{
	pthread_mutex_lock(&queue->host->lock);
	host_line(queue)->kill_seq = seq;
	host_line(queue)->kill = 1;
	ring(queue);
	pthread_mutex_unlock(&queue->host->lock);
}

/* Nothing that firmware wrote is used before it was checked. */
static const char *check_record(struct npu_host *host, const struct onpu_fw_completion *record)
{
	const struct npu_queue *queue;

	if (record->index != host->completion_head)
		return "index";
	if (record->slot >= ONPU_FW_SLOTS || !host->queue[record->slot])
		return "slot";
	queue = host->queue[record->slot];
	if (queue->head == queue->tail || record->seq != queue->first_seq + queue->head)
		return "sequence number";
	if (record->status >= ONPU_FW_STATUS_COUNT || record->fault > ONPU_FAULT_FIRMWARE ||
	    record->engine > ONPU_ENGINE_CONTROL)
		return "status";
	if (record->start_cycle > record->end_cycle || record->end_cycle > record->done_cycle ||
	    record->queued_cycle > record->done_cycle)
		return "cycles";
	return NULL;
}

void npu_queue_drain(struct npu_host *host)
{
	const struct onpu_fw_completion *records = (const void *)(host->shared + 1);
	struct onpu_fw_completion record;
	struct npu_queue *queue;
	const char *wrong;
	uint32_t tail;

	for (;;) {
		tail = __atomic_load_n(&host->shared->completion_fw.tail, __ATOMIC_ACQUIRE);
		if (tail - host->completion_head > NPU_HOST_COMPLETIONS) {
			npu_host_lost(host, "the firmware's completion index %u is impossible",
				      tail);
			return;
		}
		if (tail == host->completion_head)
			return;
		while (host->completion_head != tail) {
			record = records[host->completion_head % NPU_HOST_COMPLETIONS];
			wrong = check_record(host, &record);
			if (wrong) {
				npu_host_lost(host, "the firmware wrote a completion with a wrong %s",
					      wrong);
				return;
			}
			queue = host->queue[record.slot];
			queue->result[record.seq % ONPU_FW_DEPTH_MAX] =
				(struct npu_job_result){ .done = true, .record = record };
			queue->head++;
			host->completion_head++;
			if (host_line(queue)->kill &&
			    (int32_t)(record.seq - host_line(queue)->kill_seq) >= 0)
				host_line(queue)->kill = 0;
		}
		host->shared->completion_host.head = host->completion_head;
		host->shared->completion_host.arm = host->completion_head;
		/* Armed: what came before firmware could see it is found by looking again. */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	}
}

/* A queue that firmware has given up gets no records any more. */
static void check_state(const struct npu_queue *queue)
{
	const struct onpu_fw_queue_fw *line = &queue->host->shared->queue[queue->slot].fw;

	if (!queue->host->dead && line->enable_ack == host_line(queue)->enable &&
	    line->state == ONPU_FW_QUEUE_BROKEN)
		npu_host_lost(queue->host, "the firmware gave up queue %u: reason %u", queue->slot,
			      line->reason);
}

npu_status npu_queue_wait(struct npu_queue *queue, uint32_t seq, struct onpu_fw_completion *record)
{
	struct npu_host *host = queue->host;
	const struct npu_job_result *result = &queue->result[seq % ONPU_FW_DEPTH_MAX];
	npu_status status = NPU_OK;

	pthread_mutex_lock(&host->lock);
	for (;;) {
		npu_queue_drain(host);
		if (result->done || host->dead)
			break;
		npu_host_step(host, SLICE);
		check_state(queue);
		/* Let others submit: their jobs are served by whoever runs the device. */
		pthread_mutex_unlock(&host->lock);
		sched_yield();
		pthread_mutex_lock(&host->lock);
	}
	if (!result->done || result->lost)
		status = npu_fail(NPU_ERR_DEVICE, "%s", host->trouble);
	else
		*record = result->record;
	pthread_mutex_unlock(&host->lock);
	return status;
}
