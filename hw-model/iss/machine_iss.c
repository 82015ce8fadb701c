// SPDX-License-Identifier: MIT
/* The functional machine: its host page, its time, and what can be made to go wrong. */
#include <stdlib.h>
#include <string.h>

#include "machine_state.h"
#include "timing.h"

/* Polls of firmware at one point in time; it never needs that many. */
#define MAX_POLLS 1000
/* Cycles charged when it nevertheless does. */
#define POLL_CYCLES 100

bool onpu_iss_strikes(struct onpu_iss *iss, enum onpu_inject what)
{
	return iss->inject[what] && --iss->inject[what] == 0;
}

int onpu_iss_inject(struct onpu_model *model, enum onpu_inject what, uint64_t n)
{
	if ((unsigned int)what >= ONPU_INJECT_COUNT)
		return -1;
	((struct onpu_iss *)model)->inject[what] = n;
	return 0;
}

void onpu_iss_set_watch(struct onpu_model *model, onpu_iss_watch watch, void *ctx)
{
	struct onpu_iss *iss = (struct onpu_iss *)model;

	iss->watch = watch;
	iss->watch_ctx = ctx;
}

struct onpu_core *onpu_iss_core(struct onpu_model *model)
{
	return ((struct onpu_iss *)model)->core;
}

static uint32_t version(const struct onpu_iss *iss, enum onpu_inject of, uint32_t own)
{
	return iss->inject[of] ? (uint32_t)iss->inject[of] : own;
}

uint32_t onpu_iss_config(const struct onpu_iss *iss)
{
	return iss->preset->id << ONPU_HOST_CONFIG_PRESET_SHIFT |
	       iss->preset->lanes << ONPU_HOST_CONFIG_LANES_SHIFT |
	       iss->preset->axi_bytes << ONPU_HOST_CONFIG_AXI_BYTES_SHIFT |
	       version(iss, ONPU_INJECT_COMMANDS, ONPU_ISA_MAJOR)
		       << ONPU_HOST_CONFIG_ISA_MAJOR_SHIFT;
}

/* The line follows status and enable. */
static void update_line(struct onpu_iss *iss)
{
	bool level = iss->page.irq_status & iss->page.irq_enable;

	if (level == iss->page.line)
		return;
	iss->page.line = level;
	if (level && onpu_iss_strikes(iss, ONPU_INJECT_LOST_INTERRUPT))
		return;
	if (iss->host.interrupt)
		iss->host.interrupt(iss->host.ctx, level);
}

void onpu_iss_raise(struct onpu_iss *iss, uint32_t causes)
{
	iss->page.irq_status |= causes;
	update_line(iss);
}

void onpu_iss_latch_fault(struct onpu_iss *iss, uint32_t source, uint8_t ctx, int code,
			  uint32_t va, bool write)
{
	if (iss->page.fault_status & ONPU_HOST_FAULT_STATUS_VALID)
		return;
	iss->page.fault_status = ONPU_HOST_FAULT_STATUS_VALID |
				 (write ? ONPU_HOST_FAULT_STATUS_WRITE : 0) |
				 source << ONPU_HOST_FAULT_STATUS_SOURCE_SHIFT |
				 (uint32_t)code << ONPU_HOST_FAULT_STATUS_CODE_SHIFT |
				 (uint32_t)ctx << ONPU_HOST_FAULT_STATUS_CTX_SHIFT;
	iss->page.fault_va = va;
}

static void full_reset(struct onpu_iss *iss)
{
	memset(&iss->page, 0, offsetof(struct onpu_iss_host_page, line));
	iss->page.run = false;
	iss->page.fence = false;
	iss->page.boot_state = ONPU_HOST_STATUS_BOOT_HELD;
	iss->page.ctx_table_lo = 0;
	iss->page.ctx_table_hi = 0;
	iss->page.boot_va = 0;
	iss->page.boot_size = 0;
	iss->page.shared_va = 0;
	iss->page.fault_status = 0;
	iss->page.fault_va = 0;
	update_line(iss);
	iss->fw_up = false;
	iss->now = 0;
	iss->ready = 0;
	onpu_iss_ctl_reset(iss);
	onpu_iss_job_reset(iss);
	onpu_core_scrub(iss->core);
	onpu_mmu_invalidate(&iss->mmu, -1);
}

static bool removed(const struct onpu_iss *iss)
{
	return iss->inject[ONPU_INJECT_REMOVED];
}

static uint32_t status(const struct onpu_iss *iss)
{
	uint32_t value = iss->page.boot_state << ONPU_HOST_STATUS_BOOT_SHIFT;

	if (iss->page.fence && !iss->inject[ONPU_INJECT_STUCK_BUS])
		value |= ONPU_HOST_STATUS_DRAINED;
	if (iss->ctl.job_state == ONPU_CTL_JOB_STATUS_STATE_RUNNING)
		value |= ONPU_HOST_STATUS_BUSY;
	if (iss->fw_up && iss->asleep)
		value |= ONPU_HOST_STATUS_ASLEEP;
	return value;
}

static uint32_t host_read(struct onpu_model *model, uint32_t offset)
{
	struct onpu_iss *iss = (struct onpu_iss *)model;

	if (removed(iss))
		return UINT32_MAX;
	switch (offset) {
	case ONPU_HOST_ID:
		return ONPU_HOST_ID_VALUE;
	case ONPU_HOST_VERSION:
		return version(iss, ONPU_INJECT_REGISTERS, ONPU_HOST_VERSION_MAJOR_VALUE)
			       << ONPU_HOST_VERSION_MAJOR_SHIFT |
		       ONPU_HOST_VERSION_MINOR_VALUE << ONPU_HOST_VERSION_MINOR_SHIFT;
	case ONPU_HOST_CONFIG:
		return onpu_iss_config(iss);
	case ONPU_HOST_SRAM_SIZE:
		return iss->preset->sram_bytes;
	case ONPU_HOST_TCM_SIZE:
		return ONPU_ISS_TCM_BYTES;
	case ONPU_HOST_IRQ_STATUS:
		return iss->page.irq_status;
	case ONPU_HOST_IRQ_ENABLE:
		return iss->page.irq_enable;
	case ONPU_HOST_CONTROL:
		return (iss->page.run ? ONPU_HOST_CONTROL_RUN : 0) |
		       (iss->page.fence ? ONPU_HOST_CONTROL_FENCE : 0);
	case ONPU_HOST_STATUS:
		return status(iss);
	case ONPU_HOST_CTX_TABLE_LO:
		return iss->page.ctx_table_lo;
	case ONPU_HOST_CTX_TABLE_HI:
		return iss->page.ctx_table_hi;
	case ONPU_HOST_BOOT_VA:
		return iss->page.boot_va;
	case ONPU_HOST_BOOT_SIZE:
		return iss->page.boot_size;
	case ONPU_HOST_SHARED_VA:
		return iss->page.shared_va;
	case ONPU_HOST_TLB_STATUS:
		return ONPU_HOST_TLB_STATUS_DONE;
	case ONPU_HOST_CYCLE_LO:
		return (uint32_t)iss->now;
	case ONPU_HOST_CYCLE_HI:
		return (uint32_t)(iss->now >> 32);
	case ONPU_HOST_FAULT_STATUS:
		return iss->page.fault_status;
	case ONPU_HOST_FAULT_VA:
		return iss->page.fault_va;
	case ONPU_HOST_FW_CRASH:
		return iss->ctl.crash;
	}
	return 0;
}

static void write_control(struct onpu_iss *iss, uint32_t value)
{
	bool run = value & ONPU_HOST_CONTROL_RUN;

	if (value & ONPU_HOST_CONTROL_FULL_RESET) {
		full_reset(iss);
		return;
	}
	if (value & ONPU_HOST_CONTROL_ENGINE_RESET)
		onpu_iss_job_reset(iss);
	iss->page.fence = value & ONPU_HOST_CONTROL_FENCE;
	if (run && !iss->page.run) {
		iss->page.run = true;
		iss->page.boot_state = ONPU_HOST_STATUS_BOOT_LOADING;
	} else if (!run) {
		iss->page.run = false;
		iss->fw_up = false;
		iss->page.boot_state = ONPU_HOST_STATUS_BOOT_HELD;
	}
}

static void host_write(struct onpu_model *model, uint32_t offset, uint32_t value)
{
	struct onpu_iss *iss = (struct onpu_iss *)model;

	if (removed(iss))
		return;
	switch (offset) {
	case ONPU_HOST_DOORBELL:
		iss->ctl.doorbells |= 1ull << (value & ONPU_HOST_DOORBELL_SLOT);
		iss->ready = iss->now + ONPU_JOB_START_CYCLES;
		break;
	case ONPU_HOST_IRQ_ENABLE:
		iss->page.irq_enable = value & (ONPU_HOST_IRQ_ENABLE_FIRMWARE |
						ONPU_HOST_IRQ_ENABLE_FATAL);
		update_line(iss);
		break;
	case ONPU_HOST_IRQ_ACK:
		iss->page.irq_status &= ~value;
		update_line(iss);
		break;
	case ONPU_HOST_CONTROL:
		write_control(iss, value);
		break;
	case ONPU_HOST_CTX_TABLE_LO:
		iss->page.ctx_table_lo = value & ~2047u;
		break;
	case ONPU_HOST_CTX_TABLE_HI:
		iss->page.ctx_table_hi = value;
		break;
	case ONPU_HOST_BOOT_VA:
		iss->page.boot_va = value;
		break;
	case ONPU_HOST_BOOT_SIZE:
		iss->page.boot_size = value;
		break;
	case ONPU_HOST_SHARED_VA:
		iss->page.shared_va = value;
		break;
	case ONPU_HOST_TLB_INV:
		onpu_mmu_invalidate(&iss->mmu, value & ONPU_HOST_TLB_INV_CTX);
		break;
	case ONPU_HOST_FAULT_STATUS:
		if (value & ONPU_HOST_FAULT_STATUS_VALID)
			iss->page.fault_status = 0;
		break;
	}
}

/* Firmware takes no time of its own; what it costs is in the start and end of jobs. */
static bool run_firmware(struct onpu_iss *iss)
{
	if (iss->page.boot_state == ONPU_HOST_STATUS_BOOT_LOADING)
		onpu_iss_boot(iss);
	iss->asleep = true;
	if (!iss->fw_up || iss->inject[ONPU_INJECT_STOPPED_FIRMWARE])
		return true;
	for (int i = 0; i < MAX_POLLS; i++)
		if (onpu_firmware_poll(&iss->fw))
			return true;
	iss->asleep = false;
	return false;
}

/* When firmware's timer goes off, or UINT64_MAX. */
static uint64_t next_timer(const struct onpu_iss *iss)
{
	if (!iss->fw_up || onpu_firmware_stopped(&iss->fw) || iss->ctl.timer <= iss->now ||
	    iss->inject[ONPU_INJECT_STOPPED_FIRMWARE])
		return UINT64_MAX;
	return iss->ctl.timer;
}

static uint64_t run(struct onpu_model *model, uint64_t cycles)
{
	struct onpu_iss *iss = (struct onpu_iss *)model;
	uint64_t begin = iss->now, target = begin + cycles;
	bool line = iss->page.line;
	uint64_t next;

	if (removed(iss))
		return cycles;
	if (target < begin)
		target = UINT64_MAX;
	for (;;) {
		bool asleep = run_firmware(iss);

		if (iss->page.line && !line)
			break;
		line = iss->page.line;
		if (iss->now >= target)
			break;
		next = next_timer(iss);
		if (next > onpu_iss_job_next(iss))
			next = onpu_iss_job_next(iss);
		if (!asleep)
			iss->now += POLL_CYCLES;
		else if (onpu_iss_job_can_step(iss))
			onpu_iss_job_step(iss);
		else
			iss->now = next < target ? next : target;
	}
	return iss->now - begin;
}

static void iss_free(struct onpu_model *model)
{
	struct onpu_iss *iss = (struct onpu_iss *)model;

	onpu_core_free(iss->core);
	free(iss);
}

static const struct onpu_model_ops ops = {
	.name = "iss",
	.free = iss_free,
	.read = host_read,
	.write = host_write,
	.run = run,
};

struct onpu_model *onpu_iss_new(const struct onpu_preset *preset,
				const struct onpu_model_host *host)
{
	struct onpu_iss *iss = calloc(1, sizeof(*iss));
	struct onpu_core_bus bus = onpu_iss_bus;

	if (!iss)
		return NULL;
	iss->model.ops = &ops;
	iss->preset = preset;
	iss->host = *host;
	iss->mmu.host = &iss->host;
	bus.ctx = iss;
	iss->core = onpu_core_new(preset, &bus);
	if (!iss->core) {
		free(iss);
		return NULL;
	}
	full_reset(iss);
	return &iss->model;
}
