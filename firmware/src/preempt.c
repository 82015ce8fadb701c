// SPDX-License-Identifier: MIT
/*
 * Save and restore of a preempted job.  Save area: processor state, then the live ranges
 * one after the other, each at a multiple of 64 bytes.
 */
#include "fw.h"

#define SPIN 100000

static uint32_t round_up(uint32_t size)
{
	return (size + 63) & ~63u;
}

static bool dma(struct onpu_firmware *fw, uint32_t va, uint32_t sram, uint32_t size, uint32_t bit)
{
	uint32_t status = ONPU_CTL_DMA_STATUS_BUSY;
	uint32_t i;

	onpu_set_reg(fw, ONPU_CTL_DMA_VA, va);
	onpu_set_reg(fw, ONPU_CTL_DMA_SRAM, sram);
	onpu_set_reg(fw, ONPU_CTL_DMA_SIZE, size);
	onpu_set_reg(fw, ONPU_CTL_DMA_COMMAND, bit);
	for (i = 0; i < SPIN && status & ONPU_CTL_DMA_STATUS_BUSY; i++)
		status = onpu_reg(fw, ONPU_CTL_DMA_STATUS);
	if (status & ONPU_CTL_DMA_STATUS_BUSY)
		onpu_crash(fw, ONPU_FW_CRASH_STATE, 2, va);
	return !status;
}

/* A structure, as words. */
typedef uint32_t __attribute__((may_alias)) word;

static uint32_t add(uint32_t sum, const void *data, uint32_t count)
{
	const word *words = data;
	uint32_t i;

	for (i = 0; i < count && i < sizeof(struct onpu_job) / 4; i++)
		sum = (sum ^ words[i]) * 16777619;
	return sum;
}

uint32_t onpu_preempt_sum(const struct onpu_job *job)
{
	uint32_t sum = add(2166136261, &job->desc, sizeof(job->desc) / 4);

	return add(sum, job->region, job->desc.region_count * (uint32_t)sizeof(job->region[0]) / 4);
}

bool onpu_preempt_save(struct onpu_firmware *fw)
{
	struct onpu_queue *queue = &fw->queue[fw->job.slot];
	uint32_t sram_bytes = onpu_reg(fw, ONPU_CTL_SRAM_SIZE);
	uint64_t need = fw->state_size;
	uint32_t at = queue->save;
	uint32_t i;

	for (i = 0; i < ONPU_CTL_LIVE_COUNT; i++) {
		uint32_t addr = onpu_reg(fw, ONPU_CTL_LIVE_ADDR(i));
		uint32_t size = onpu_reg(fw, ONPU_CTL_LIVE_SIZE(i));

		/* Checked by the hardware already; a sum that wraps would be ours to answer for. */
		if (size > sram_bytes || addr > sram_bytes - size)
			return false;
		queue->live_addr[i] = addr;
		queue->live_size[i] = size;
		need += round_up(size);
	}
	if (need > queue->save_size) {
		onpu_log(fw, ONPU_FW_LOG_NOT_PREEMPTED, fw->job.slot, fw->job.desc.seq,
			 (uint32_t)need, 0);
		return false;
	}
	if (!dma(fw, at, 0, fw->state_size, ONPU_CTL_DMA_COMMAND_SAVE_STATE))
		return false;
	at += fw->state_size;
	for (i = 0; i < ONPU_CTL_LIVE_COUNT; i++) {
		if (!queue->live_size[i])
			continue;
		if (!dma(fw, at, queue->live_addr[i], queue->live_size[i],
			 ONPU_CTL_DMA_COMMAND_SAVE))
			return false;
		at += round_up(queue->live_size[i]);
	}
	queue->suspended = true;
	queue->preempted++;
	queue->sum = onpu_preempt_sum(&fw->job);
	queue->warm = fw->warm;
	queue->start = onpu_job_start(fw);
	queue->queued = fw->job.queued;
	queue->switch_cycles = fw->job.switch_cycles;
	onpu_set_reg(fw, ONPU_CTL_JOB_COMMAND, ONPU_CTL_JOB_COMMAND_ACK);
	onpu_log(fw, ONPU_FW_LOG_PREEMPT, fw->job.slot, fw->job.desc.seq, (uint32_t)need, 0);
	onpu_queue_publish(fw, fw->job.slot);
	return true;
}

bool onpu_preempt_restore(struct onpu_firmware *fw)
{
	struct onpu_queue *queue = &fw->queue[fw->job.slot];
	uint32_t at = queue->save + fw->state_size;
	uint32_t i;

	for (i = 0; i < ONPU_CTL_LIVE_COUNT; i++) {
		if (!queue->live_size[i])
			continue;
		if (!dma(fw, at, queue->live_addr[i], queue->live_size[i],
			 ONPU_CTL_DMA_COMMAND_RESTORE))
			return false;
		at += round_up(queue->live_size[i]);
	}
	if (!dma(fw, queue->save, 0, fw->state_size, ONPU_CTL_DMA_COMMAND_RESTORE_STATE))
		return false;
	onpu_log(fw, ONPU_FW_LOG_RESUME, fw->job.slot, fw->job.desc.seq, 0, 0);
	return true;
}
