/* SPDX-License-Identifier: MIT */
/* Between the files of the functional machine. */
#ifndef ONPU_MACHINE_STATE_H
#define ONPU_MACHINE_STATE_H

#include "machine_iss.h"
#include "machine_mmu.h"
#include "onpu_firmware.h"
#include "regs/onpu_regs.h"

#define ONPU_ISS_TCM_BYTES (64u << 10)

struct onpu_iss_host_page {
	uint32_t irq_status, irq_enable;
	bool line;
	bool run, fence;
	uint32_t boot_state;
	uint32_t ctx_table_lo, ctx_table_hi, boot_va, boot_size, shared_va;
	uint32_t fault_status, fault_va;
};

/* What a preempted job has cost so far; goes with the core's state. */
struct onpu_iss_work {
	uint64_t busy, read_bytes, write_bytes;
};

struct onpu_iss_ctl_page {
	uint64_t doorbells;
	uint64_t timer;
	uint32_t timer_hi;
	uint8_t active_ctx;
	bool ctx_error;
	uint32_t ctx_cycles;
	struct onpu_core_job job;
	uint32_t job_state;
	struct onpu_fault_info fault;
	uint32_t offset;
	uint64_t start, end;
	bool kill;
	struct onpu_iss_work before;	/* of the job, before the core's counters began to count */
	struct onpu_counters base;	/* the core's counters at START or RESUME */
	uint32_t dma_va, dma_sram, dma_size;
	bool dma_error;
	bool fence;
	uint32_t crash;
};

struct onpu_iss {
	struct onpu_model model;
	const struct onpu_preset *preset;
	struct onpu_model_host host;
	struct onpu_mmu mmu;
	struct onpu_core *core;
	struct onpu_firmware fw;
	bool fw_up;
	bool asleep;
	uint64_t now;
	uint64_t ready;			/* firmware's preparations after the last doorbell end */
	bool hung;
	struct onpu_iss_host_page page;
	struct onpu_iss_ctl_page ctl;
	uint64_t inject[ONPU_INJECT_COUNT];
	onpu_iss_watch watch;
	void *watch_ctx;
};

/* machine_iss.c */
/* Counts one event; true if it is the one that was chosen. */
bool onpu_iss_strikes(struct onpu_iss *iss, enum onpu_inject what);
void onpu_iss_raise(struct onpu_iss *iss, uint32_t causes);
/* Latches the first memory fault for the host's page. */
void onpu_iss_latch_fault(struct onpu_iss *iss, uint32_t source, uint8_t ctx, int code,
			  uint32_t va, bool write);
uint32_t onpu_iss_config(const struct onpu_iss *iss);

/* machine_boot.c */
void onpu_iss_boot(struct onpu_iss *iss);

/* machine_ctl.c: the control core's page, and the firmware's HAL */
extern const struct onpu_hal onpu_iss_hal;
void onpu_iss_ctl_reset(struct onpu_iss *iss);
uint32_t onpu_iss_state_size(void);

/* machine_job.c: the command processor */
extern const struct onpu_core_bus onpu_iss_bus;
void onpu_iss_job_command(struct onpu_iss *iss, uint32_t command);
void onpu_iss_job_step(struct onpu_iss *iss);
bool onpu_iss_job_can_step(const struct onpu_iss *iss);
/* When the time of what the job last did is over, or UINT64_MAX. */
uint64_t onpu_iss_job_next(const struct onpu_iss *iss);
void onpu_iss_job_reset(struct onpu_iss *iss);
struct onpu_iss_work onpu_iss_job_work(const struct onpu_iss *iss);
void onpu_iss_set_context(struct onpu_iss *iss, uint8_t ctx);
void onpu_iss_dma(struct onpu_iss *iss, uint32_t command);

#endif
