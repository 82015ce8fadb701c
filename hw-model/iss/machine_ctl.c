// SPDX-License-Identifier: MIT
/* The control core's page, and the HAL over it on which the native firmware runs. */
#include <string.h>

#include "lie.h"
#include "machine_state.h"

static uint32_t job_status(const struct onpu_iss_ctl_page *ctl)
{
	return ctl->job_state << ONPU_CTL_JOB_STATUS_STATE_SHIFT |
	       (ctl->fault.write ? ONPU_CTL_JOB_STATUS_WRITE : 0) |
	       (uint32_t)ctl->fault.engine << ONPU_CTL_JOB_STATUS_ENGINE_SHIFT |
	       (uint32_t)ctl->fault.code << ONPU_CTL_JOB_STATUS_FAULT_SHIFT;
}

static uint32_t event(const struct onpu_iss *iss)
{
	const struct onpu_iss_ctl_page *ctl = &iss->ctl;
	uint32_t bits = 0;

	if (ctl->doorbells)
		bits |= ONPU_CTL_EVENT_DOORBELL;
	if (ctl->job_state != ONPU_CTL_JOB_STATUS_STATE_IDLE &&
	    ctl->job_state != ONPU_CTL_JOB_STATUS_STATE_RUNNING)
		bits |= ONPU_CTL_EVENT_JOB;
	if (iss->now >= ctl->timer)
		bits |= ONPU_CTL_EVENT_TIMER;
	return bits;
}

/* Regions and live ranges; false if the offset is another register's. */
static bool read_array(const struct onpu_iss *iss, uint32_t offset, uint32_t *value)
{
	const struct onpu_range *live = onpu_core_live_ranges(iss->core);
	uint32_t n;

	if (offset >= ONPU_CTL_REGION_VA(0) && offset < ONPU_CTL_REGION_VA(ONPU_CTL_REGION_COUNT)) {
		n = (offset - ONPU_CTL_REGION_VA(0)) / 8;
		*value = offset % 8 ? iss->ctl.job.region[n].size : iss->ctl.job.region[n].va;
		return true;
	}
	if (offset >= ONPU_CTL_LIVE_ADDR(0) && offset < ONPU_CTL_LIVE_ADDR(ONPU_CTL_LIVE_COUNT)) {
		n = (offset - ONPU_CTL_LIVE_ADDR(0)) / 8;
		*value = 0;
		if (iss->ctl.job_state == ONPU_CTL_JOB_STATUS_STATE_PREEMPTED)
			*value = offset % 8 ? live[n].size : live[n].addr;
		return true;
	}
	return false;
}

static uint32_t reg_read(void *ctx, uint32_t offset)
{
	const struct onpu_iss *iss = ctx;
	const struct onpu_iss_ctl_page *ctl = &iss->ctl;
	struct onpu_iss_work work = onpu_iss_job_work(iss);
	uint32_t value;

	if (read_array(iss, offset, &value))
		return value;
	switch (offset) {
	case ONPU_CTL_CONFIG:
		return onpu_iss_config(iss);
	case ONPU_CTL_SRAM_SIZE:
		return iss->preset->sram_bytes;
	case ONPU_CTL_SHARED_VA:
		return iss->page.shared_va;
	case ONPU_CTL_STATE_SIZE:
		return onpu_iss_state_size();
	case ONPU_CTL_DOORBELL_LO:
		return (uint32_t)ctl->doorbells;
	case ONPU_CTL_DOORBELL_HI:
		return (uint32_t)(ctl->doorbells >> 32);
	case ONPU_CTL_EVENT:
		return event(iss);
	case ONPU_CTL_CYCLE_LO:
		return (uint32_t)iss->now;
	case ONPU_CTL_CYCLE_HI:
		return (uint32_t)(iss->now >> 32);
	case ONPU_CTL_TIMER_LO:
		return (uint32_t)ctl->timer;
	case ONPU_CTL_TIMER_HI:
		return ctl->timer_hi;
	case ONPU_CTL_ACTIVE_CTX:
		return ctl->active_ctx;
	case ONPU_CTL_CTX_STATUS:
		return (ctl->ctx_error ? ONPU_CTL_CTX_STATUS_ERROR : 0) |
		       ctl->ctx_cycles << ONPU_CTL_CTX_STATUS_CYCLES_SHIFT;
	case ONPU_CTL_JOB_ENTRY:
		return ctl->job.entry;
	case ONPU_CTL_JOB_SIZE:
		return ctl->job.stream_size;
	case ONPU_CTL_TRACE_VA:
		return ctl->job.trace_va;
	case ONPU_CTL_TRACE_SIZE:
		return ctl->job.trace_size;
	case ONPU_CTL_MAX_CYCLES_LO:
		return (uint32_t)ctl->job.max_cycles;
	case ONPU_CTL_MAX_CYCLES_HI:
		return (uint32_t)(ctl->job.max_cycles >> 32);
	case ONPU_CTL_JOB_STATUS:
		return job_status(ctl);
	case ONPU_CTL_JOB_OFFSET:
		return ctl->offset;
	case ONPU_CTL_JOB_FAULT_VA:
		return ctl->fault.va;
	case ONPU_CTL_JOB_START_LO:
		return (uint32_t)ctl->start;
	case ONPU_CTL_JOB_START_HI:
		return (uint32_t)(ctl->start >> 32);
	case ONPU_CTL_JOB_END_LO:
		return (uint32_t)ctl->end;
	case ONPU_CTL_JOB_END_HI:
		return (uint32_t)(ctl->end >> 32);
	case ONPU_CTL_BUSY_LO:
		return (uint32_t)work.busy;
	case ONPU_CTL_BUSY_HI:
		return (uint32_t)(work.busy >> 32);
	case ONPU_CTL_READ_BYTES_LO:
		return (uint32_t)work.read_bytes;
	case ONPU_CTL_READ_BYTES_HI:
		return (uint32_t)(work.read_bytes >> 32);
	case ONPU_CTL_WRITE_BYTES_LO:
		return (uint32_t)work.write_bytes;
	case ONPU_CTL_WRITE_BYTES_HI:
		return (uint32_t)(work.write_bytes >> 32);
	case ONPU_CTL_DMA_VA:
		return ctl->dma_va;
	case ONPU_CTL_DMA_SRAM:
		return ctl->dma_sram;
	case ONPU_CTL_DMA_SIZE:
		return ctl->dma_size;
	case ONPU_CTL_DMA_STATUS:
		return ctl->dma_error ? ONPU_CTL_DMA_STATUS_ERROR : 0;
	case ONPU_CTL_FENCE:
		return (ctl->fence ? ONPU_CTL_FENCE_SET : 0) |
		       (ctl->fence && !iss->inject[ONPU_INJECT_STUCK_BUS] ?
			ONPU_CTL_FENCE_DRAINED : 0);
	case ONPU_CTL_CRASH:
		return ctl->crash;
	}
	return 0;
}

static void set_low(uint64_t *value, uint32_t word)
{
	*value = (*value & 0xffffffff00000000ull) | word;
}

static void set_high(uint64_t *value, uint32_t word)
{
	*value = (*value & 0xffffffffull) | (uint64_t)word << 32;
}

static void reg_write(void *ctx, uint32_t offset, uint32_t value)
{
	struct onpu_iss *iss = ctx;
	struct onpu_iss_ctl_page *ctl = &iss->ctl;
	uint32_t n;

	if (offset >= ONPU_CTL_REGION_VA(0) && offset < ONPU_CTL_REGION_VA(ONPU_CTL_REGION_COUNT)) {
		n = (offset - ONPU_CTL_REGION_VA(0)) / 8;
		if (offset % 8)
			ctl->job.region[n].size = value;
		else
			ctl->job.region[n].va = value;
		return;
	}
	switch (offset) {
	case ONPU_CTL_DOORBELL_LO:
		ctl->doorbells &= ~(uint64_t)value;
		break;
	case ONPU_CTL_DOORBELL_HI:
		ctl->doorbells &= ~((uint64_t)value << 32);
		break;
	case ONPU_CTL_HOST_IRQ:
		if (value & ONPU_CTL_HOST_IRQ_FIRMWARE)
			onpu_iss_raise(iss, ONPU_HOST_IRQ_STATUS_FIRMWARE);
		if (value & ONPU_CTL_HOST_IRQ_FATAL)
			onpu_iss_raise(iss, ONPU_HOST_IRQ_STATUS_FATAL);
		break;
	case ONPU_CTL_TIMER_HI:
		ctl->timer_hi = value;
		break;
	case ONPU_CTL_TIMER_LO:
		ctl->timer = (uint64_t)ctl->timer_hi << 32 | value;
		break;
	case ONPU_CTL_ACTIVE_CTX:
		onpu_iss_set_context(iss, (uint8_t)value);
		break;
	case ONPU_CTL_JOB_ENTRY:
		ctl->job.entry = value;
		break;
	case ONPU_CTL_JOB_SIZE:
		ctl->job.stream_size = value;
		break;
	case ONPU_CTL_TRACE_VA:
		ctl->job.trace_va = value;
		break;
	case ONPU_CTL_TRACE_SIZE:
		ctl->job.trace_size = value;
		break;
	case ONPU_CTL_MAX_CYCLES_LO:
		set_low(&ctl->job.max_cycles, value);
		break;
	case ONPU_CTL_MAX_CYCLES_HI:
		set_high(&ctl->job.max_cycles, value);
		break;
	case ONPU_CTL_JOB_COMMAND:
		onpu_iss_job_command(iss, value);
		break;
	case ONPU_CTL_DMA_VA:
		ctl->dma_va = value;
		break;
	case ONPU_CTL_DMA_SRAM:
		ctl->dma_sram = value;
		break;
	case ONPU_CTL_DMA_SIZE:
		ctl->dma_size = value;
		break;
	case ONPU_CTL_DMA_COMMAND:
		onpu_iss_dma(iss, value);
		break;
	case ONPU_CTL_FENCE:
		ctl->fence = value & ONPU_CTL_FENCE_SET;
		break;
	case ONPU_CTL_CRASH:
		ctl->crash = value;
		break;
	}
}

static int core_fault(struct onpu_iss *iss, int code, uint32_t va, bool write)
{
	if (code)
		onpu_iss_latch_fault(iss, iss->mmu.table_failed ?
				     ONPU_HOST_FAULT_STATUS_SOURCE_TABLE :
				     ONPU_HOST_FAULT_STATUS_SOURCE_CORE, 0, code, va, write);
	return code;
}

static int mem_read(void *ctx, uint32_t va, void *data, uint32_t size)
{
	struct onpu_iss *iss = ctx;
	uint32_t fault_va = va;
	int code = ONPU_FAULT_BUS;

	iss->mmu.table_failed = false;
	if (!onpu_iss_strikes(iss, ONPU_INJECT_CORE_BUS_ERROR))
		code = onpu_mmu_read(&iss->mmu, 0, va, data, size, &fault_va);
	return core_fault(iss, code, fault_va, false);
}

static int mem_write(void *ctx, uint32_t va, const void *data, uint32_t size)
{
	struct onpu_iss *iss = ctx;
	uint32_t offset = va - iss->page.shared_va;
	struct onpu_fw_completion copy;
	struct onpu_fw_hello hello;
	const void *lie = onpu_lie_tell(iss->inject[ONPU_INJECT_LIE], offset, data, size, &copy);
	uint32_t fault_va = va;
	int code = ONPU_FAULT_BUS;

	if (lie) {
		data = lie;
		iss->inject[ONPU_INJECT_LIE] = 0;
	}
	if (iss->inject[ONPU_INJECT_INTERFACE] &&
	    offset == offsetof(struct onpu_fw_shared, hello) && size == sizeof(hello)) {
		memcpy(&hello, data, sizeof(hello));
		hello.major = (uint16_t)iss->inject[ONPU_INJECT_INTERFACE];
		data = &hello;
	}
	iss->mmu.table_failed = false;
	if (!onpu_iss_strikes(iss, ONPU_INJECT_CORE_BUS_ERROR))
		code = onpu_mmu_write(&iss->mmu, 0, va, data, size, &fault_va);
	return core_fault(iss, code, fault_va, true);
}

/* Writes of the model are never posted. */
static void barrier(void *ctx)
{
	(void)ctx;
}

const struct onpu_hal onpu_iss_hal = {
	.reg_read = reg_read,
	.reg_write = reg_write,
	.mem_read = mem_read,
	.mem_write = mem_write,
	.barrier = barrier,
};

void onpu_iss_ctl_reset(struct onpu_iss *iss)
{
	memset(&iss->ctl, 0, sizeof(iss->ctl));
	iss->ctl.timer = UINT64_MAX;
	iss->ctl.timer_hi = UINT32_MAX;
}
