// SPDX-License-Identifier: MIT
/* The command processor: jobs, contexts, save and restore, around the core. */
#include <stdlib.h>
#include <string.h>

#include "machine_state.h"
#include "timing.h"

#define IDLE ONPU_CTL_JOB_STATUS_STATE_IDLE
#define RUNNING ONPU_CTL_JOB_STATUS_STATE_RUNNING
#define DONE ONPU_CTL_JOB_STATUS_STATE_DONE
#define FAULT ONPU_CTL_JOB_STATUS_STATE_FAULT
#define PREEMPTED ONPU_CTL_JOB_STATUS_STATE_PREEMPTED

/* Scrub: every bank clears one of its vectors a cycle. */
#define BANKS 32
/* Two reads, of the root and of the first table, when a context becomes active. */
#define ROOT_CYCLES 200
#define DMA_LATENCY 100
#define DMA_BYTES 8

/* ---- the engines' way to memory --------------------------------------------------- */

static int engine_fault(struct onpu_iss *iss, int code, uint32_t va, bool write)
{
	if (code)
		onpu_iss_latch_fault(iss, iss->mmu.table_failed ?
				     ONPU_HOST_FAULT_STATUS_SOURCE_TABLE :
				     ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE,
				     iss->ctl.active_ctx, code, va, write);
	return code;
}

static int bus_read(void *ctx, uint32_t va, void *data, size_t size, uint32_t *fault_va)
{
	struct onpu_iss *iss = ctx;
	int code = ONPU_FAULT_BUS;

	*fault_va = va;
	iss->mmu.table_failed = false;
	if (!onpu_iss_strikes(iss, ONPU_INJECT_BUS_ERROR))
		code = onpu_mmu_read(&iss->mmu, iss->ctl.active_ctx, va, data, size, fault_va);
	return engine_fault(iss, code, *fault_va, false);
}

static int bus_write(void *ctx, uint32_t va, const void *data, size_t size, uint32_t *fault_va)
{
	struct onpu_iss *iss = ctx;
	int code = ONPU_FAULT_BUS;

	*fault_va = va;
	iss->mmu.table_failed = false;
	if (!onpu_iss_strikes(iss, ONPU_INJECT_BUS_ERROR))
		code = onpu_mmu_write(&iss->mmu, iss->ctl.active_ctx, va, data, size, fault_va);
	return engine_fault(iss, code, *fault_va, true);
}

const struct onpu_core_bus onpu_iss_bus = { .read = bus_read, .write = bus_write };

/* ---- jobs ------------------------------------------------------------------------- */

struct onpu_iss_work onpu_iss_job_work(const struct onpu_iss *iss)
{
	const struct onpu_counters *now = onpu_core_counters(iss->core);
	const struct onpu_counters *base = &iss->ctl.base;
	struct onpu_iss_work work = iss->ctl.before;

	work.busy += now->compute_cycles - base->compute_cycles;
	work.read_bytes += now->read_bytes - base->read_bytes;
	work.write_bytes += now->write_bytes - base->write_bytes;
	return work;
}

/* The counters are read through ctl.before from here on. */
static void fold_work(struct onpu_iss *iss)
{
	iss->ctl.before = onpu_iss_job_work(iss);
	iss->ctl.base = *onpu_core_counters(iss->core);
}

static void stop(struct onpu_iss *iss, uint32_t state)
{
	const struct onpu_command_time *times;
	size_t count = onpu_core_command_times(iss->core, &times);

	iss->ctl.job_state = state;
	iss->ctl.kill = false;
	iss->ctl.offset = onpu_core_stream_offset(iss->core);
	if (iss->watch)
		iss->watch(iss->watch_ctx, iss->ctl.active_ctx, times, count);
	if (iss->now < onpu_core_cycle(iss->core))
		iss->now = onpu_core_cycle(iss->core);
	iss->ctl.end = iss->now;
	/* Firmware hears of it and has its record written. */
	iss->now += ONPU_JOB_END_CYCLES;
}

void onpu_iss_job_reset(struct onpu_iss *iss)
{
	onpu_core_reset(iss->core);
	iss->hung = false;
	iss->ctl.job_state = IDLE;
	iss->ctl.kill = false;
	memset(&iss->ctl.fault, 0, sizeof(iss->ctl.fault));
}

void onpu_iss_job_command(struct onpu_iss *iss, uint32_t command)
{
	struct onpu_iss_ctl_page *ctl = &iss->ctl;

	if (command & ONPU_CTL_JOB_COMMAND_RESET) {
		onpu_iss_job_reset(iss);
		return;
	}
	if (command & ONPU_CTL_JOB_COMMAND_ACK && ctl->job_state != RUNNING)
		ctl->job_state = IDLE;
	if (command & ONPU_CTL_JOB_COMMAND_START && ctl->job_state == IDLE) {
		memset(&ctl->fault, 0, sizeof(ctl->fault));
		memset(&ctl->before, 0, sizeof(ctl->before));
		ctl->base = *onpu_core_counters(iss->core);
		ctl->start = iss->now > iss->ready ? iss->now : iss->ready;
		iss->now = ctl->start;
		ctl->job_state = RUNNING;
		onpu_core_request_preempt(iss->core, false);
		onpu_core_start(iss->core, &ctl->job, ctl->start);
	}
	if (command & ONPU_CTL_JOB_COMMAND_RESUME &&
	    (ctl->job_state == IDLE || ctl->job_state == PREEMPTED) &&
	    onpu_core_state(iss->core) == ONPU_CORE_PREEMPTED) {
		ctl->base = *onpu_core_counters(iss->core);
		ctl->start = iss->now;
		ctl->job_state = RUNNING;
		onpu_core_request_preempt(iss->core, false);
		onpu_core_resume(iss->core, ctl->start);
	}
	if (ctl->job_state != RUNNING)
		return;
	if (command & ONPU_CTL_JOB_COMMAND_KILL)
		ctl->kill = true;
	if (command & ONPU_CTL_JOB_COMMAND_PREEMPT)
		onpu_core_request_preempt(iss->core, true);
	if (command & ONPU_CTL_JOB_COMMAND_NO_PREEMPT)
		onpu_core_request_preempt(iss->core, false);
}

static bool under_way(const struct onpu_iss *iss)
{
	return iss->ctl.job_state == RUNNING && !iss->hung && !iss->ctl.fence && !iss->page.fence &&
	       !iss->inject[ONPU_INJECT_STUCK_BUS];
}

/* Whether an engine will begin the next command, as far as its opcode says. */
static bool is_for_engine(struct onpu_iss *iss)
{
	uint32_t va = iss->ctl.job.entry + onpu_core_stream_offset(iss->core), fault_va;
	struct onpu_head head;

	return !onpu_mmu_read(&iss->mmu, iss->ctl.active_ctx, va, &head, 4, &fault_va) &&
	       head.opcode != ONPU_OPCODE_END && head.opcode != ONPU_OPCODE_PREEMPT;
}

bool onpu_iss_job_can_step(const struct onpu_iss *iss)
{
	return under_way(iss) && onpu_core_cycle(iss->core) <= iss->now;
}

uint64_t onpu_iss_job_next(const struct onpu_iss *iss)
{
	return under_way(iss) ? onpu_core_cycle(iss->core) : UINT64_MAX;
}

/* A job that has come to its end, and whose time has not, is killed at END. */
static void kill_job(struct onpu_iss *iss)
{
	uint32_t offset = onpu_core_stream_offset(iss->core);

	if (onpu_core_state(iss->core) == ONPU_CORE_DONE)
		offset -= sizeof(struct onpu_cmd_end);
	iss->ctl.fault = (struct onpu_fault_info){
		.code = ONPU_FAULT_KILLED, .engine = ONPU_ENGINE_CONTROL, .stream_offset = offset,
	};
	fold_work(iss);
	stop(iss, FAULT);
	iss->ctl.offset = offset;
	onpu_core_reset(iss->core);
}

void onpu_iss_job_step(struct onpu_iss *iss)
{
	enum onpu_core_state state;

	if (iss->ctl.kill) {
		kill_job(iss);
		return;
	}
	state = onpu_core_state(iss->core);
	if (state == ONPU_CORE_RUNNING && iss->inject[ONPU_INJECT_HANG] && is_for_engine(iss) &&
	    onpu_iss_strikes(iss, ONPU_INJECT_HANG)) {
		iss->hung = true;
		return;
	}
	if (state == ONPU_CORE_RUNNING)
		state = onpu_core_step(iss->core);
	iss->ctl.offset = onpu_core_stream_offset(iss->core);
	/* What it did is done, but its time has to pass: firmware can be asked to kill it. */
	if (iss->now < onpu_core_cycle(iss->core))
		return;
	switch (state) {
	case ONPU_CORE_DONE:
		fold_work(iss);
		stop(iss, DONE);
		break;
	case ONPU_CORE_PREEMPTED:
		fold_work(iss);
		stop(iss, PREEMPTED);
		break;
	case ONPU_CORE_FAULT:
		iss->ctl.fault = *onpu_core_fault(iss->core);
		fold_work(iss);
		stop(iss, FAULT);
		iss->ctl.offset = iss->ctl.fault.stream_offset;
		break;
	default:
		break;
	}
}

/* ---- contexts --------------------------------------------------------------------- */

void onpu_iss_set_context(struct onpu_iss *iss, uint8_t ctx)
{
	uint64_t root;
	uint32_t cycles;
	int code;

	if (iss->ctl.job_state == RUNNING)
		return;
	onpu_mmu_invalidate(&iss->mmu, iss->ctl.active_ctx);
	onpu_mmu_invalidate(&iss->mmu, ctx);
	iss->ctl.active_ctx = ctx;
	iss->mmu.table_failed = false;
	code = onpu_mmu_root(&iss->mmu, ctx, &root);
	iss->ctl.ctx_error = code != 0;
	if (code == ONPU_FAULT_BUS)
		onpu_iss_latch_fault(iss, ONPU_HOST_FAULT_STATUS_SOURCE_TABLE, ctx, code, 0,
				     false);
	onpu_core_reset(iss->core);
	onpu_core_scrub(iss->core);
	memset(&iss->ctl.base, 0, sizeof(iss->ctl.base));
	memset(&iss->ctl.before, 0, sizeof(iss->ctl.before));
	cycles = iss->preset->sram_bytes / (BANKS * iss->preset->lanes);
	if (cycles < ROOT_CYCLES)
		cycles = ROOT_CYCLES;
	iss->ctl.ctx_cycles = cycles;
	iss->now += cycles;
	iss->ready += cycles;
}

/* ---- save and restore ------------------------------------------------------------- */

/* A preempted job in memory, rounded up to whole lines. */
struct saved {
	uint32_t magic;
	uint32_t sum;			/* over work and the core's state */
	struct onpu_iss_work work;
};

#define SAVED_MAGIC 0x53415645

uint32_t onpu_iss_state_size(void)
{
	return (uint32_t)(sizeof(struct saved) + onpu_core_state_size() + 63) / 64 * 64;
}

static uint32_t checksum(const uint8_t *data, size_t size)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ data[i]) * 16777619u;
	return sum;
}

static bool save_state(struct onpu_iss *iss, uint8_t *buffer, size_t size)
{
	struct saved saved = { .magic = SAVED_MAGIC, .work = iss->ctl.before };
	size_t skip = offsetof(struct saved, work);
	uint32_t fault_va;

	if (iss->ctl.job_state != PREEMPTED)
		return false;
	memcpy(buffer, &saved, sizeof(saved));
	onpu_core_save(iss->core, buffer + sizeof(saved));
	saved.sum = checksum(buffer + skip, size - skip);
	memcpy(buffer, &saved, sizeof(saved));
	return !onpu_mmu_write(&iss->mmu, 0, iss->ctl.dma_va, buffer, size, &fault_va);
}

static bool restore_state(struct onpu_iss *iss, uint8_t *buffer, size_t size)
{
	size_t skip = offsetof(struct saved, work);
	struct saved saved;
	uint32_t fault_va;

	if (onpu_mmu_read(&iss->mmu, 0, iss->ctl.dma_va, buffer, size, &fault_va))
		return false;
	memcpy(&saved, buffer, sizeof(saved));
	if (saved.magic != SAVED_MAGIC || saved.sum != checksum(buffer + skip, size - skip))
		return false;
	iss->ctl.before = saved.work;
	onpu_core_restore(iss->core, buffer + sizeof(saved));
	return true;
}

static bool move_state(struct onpu_iss *iss, bool save)
{
	size_t size = onpu_iss_state_size();
	uint8_t *buffer = calloc(1, size);
	bool good = false;

	if (buffer)
		good = save ? save_state(iss, buffer, size) : restore_state(iss, buffer, size);
	free(buffer);
	return good;
}

static bool move_sram(struct onpu_iss *iss, bool save)
{
	uint32_t size = iss->ctl.dma_size, addr = iss->ctl.dma_sram, fault_va;
	uint8_t *sram = onpu_core_sram(iss->core);

	if (size > iss->preset->sram_bytes || addr > iss->preset->sram_bytes - size)
		return false;
	if (save)
		return !onpu_mmu_write(&iss->mmu, 0, iss->ctl.dma_va, sram + addr, size,
				       &fault_va);
	return !onpu_mmu_read(&iss->mmu, 0, iss->ctl.dma_va, sram + addr, size, &fault_va);
}

void onpu_iss_dma(struct onpu_iss *iss, uint32_t command)
{
	uint32_t size = iss->ctl.dma_size;
	bool good = false;

	if (iss->ctl.job_state == RUNNING)
		command = 0;
	switch (command) {
	case ONPU_CTL_DMA_COMMAND_SAVE:
		good = move_sram(iss, true);
		break;
	case ONPU_CTL_DMA_COMMAND_RESTORE:
		good = move_sram(iss, false);
		break;
	case ONPU_CTL_DMA_COMMAND_SAVE_STATE:
		size = onpu_iss_state_size();
		good = move_state(iss, true);
		break;
	case ONPU_CTL_DMA_COMMAND_RESTORE_STATE:
		size = onpu_iss_state_size();
		good = move_state(iss, false);
		break;
	}
	iss->ctl.dma_error = !good;
	iss->now += DMA_LATENCY + size / DMA_BYTES;
}
