/* SPDX-License-Identifier: MIT */
/*
 * Functional model of the NPU below the control core: command processor, engines,
 * SRAM.  Bit-exact to docs/command-manual.md; time comes from the cycle model
 * (timing.h).  One command at a time, in stream order.
 */
#ifndef ONPU_CORE_H
#define ONPU_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "isa/onpu_isa.h"
#include "preset.h"

/*
 * External memory as the core sees it: device virtual addresses of the current
 * context.  Returns 0, or ONPU_FAULT_MMU / ONPU_FAULT_BUS with *fault_va set to
 * the first byte that failed.
 */
struct onpu_core_bus {
	void *ctx;
	int (*read)(void *ctx, uint32_t va, void *data, size_t size, uint32_t *fault_va);
	int (*write)(void *ctx, uint32_t va, const void *data, size_t size, uint32_t *fault_va);
};

/* What the firmware writes into the command processor's registers to start a job. */
struct onpu_core_job {
	uint32_t entry;			/* VA of the stream */
	uint32_t stream_size;		/* bytes */
	uint32_t trace_va, trace_size;	/* 0: no trace */
	uint64_t max_cycles;		/* 0: no limit */
	struct {
		uint32_t va, size;	/* size 0: region absent */
	} region[ONPU_REGIONS];
};

enum onpu_core_state {
	ONPU_CORE_IDLE,			/* no job since reset */
	ONPU_CORE_RUNNING,
	ONPU_CORE_DONE,
	ONPU_CORE_FAULT,
	ONPU_CORE_PREEMPTED		/* stopped at a PREEMPT; resume continues behind it */
};

/* Work of a job, by cause; see docs/command-manual.md for the modes. */
struct onpu_counters {
	uint64_t commands;
	uint64_t read_bytes, write_bytes;	/* by LOAD and STORE */
	uint64_t fetch_bytes;			/* command words */
	uint64_t steps_d, steps_g2, steps_g4;	/* array steps times pixels, not in pairs */
	uint64_t steps_pair;			/* array steps, each of two pixels */
	uint64_t steps_depthwise;
	uint64_t steps_vector;			/* vectors of ELTWISE, POOL, RESIZE */
	uint64_t blocks_d, blocks_g2, blocks_g4, blocks_none;	/* decoded, per tile */
	uint64_t weight_bytes;			/* decoded, per tile */
	uint64_t compute_cycles;		/* compute engine busy, by the cycle model */
};

struct onpu_fault_info {
	enum onpu_fault code;
	enum onpu_engine engine;
	uint32_t stream_offset;		/* of the command */
	uint32_t va;			/* MMU and BUS */
	bool write;			/* MMU and BUS */
};

struct onpu_core;

/* NULL if out of memory. */
struct onpu_core *onpu_core_new(const struct onpu_preset *preset, const struct onpu_core_bus *bus);
void onpu_core_free(struct onpu_core *core);

/* Engine reset: the job is dropped, SRAM and counters stay. */
void onpu_core_reset(struct onpu_core *core);
/* Clears SRAM, accumulators and counters: at a context switch. */
void onpu_core_scrub(struct onpu_core *core);

/* start_cycle: when the command processor starts.  The core must not be RUNNING. */
void onpu_core_start(struct onpu_core *core, const struct onpu_core_job *job, uint64_t start_cycle);
/* Stop at the next PREEMPT (or cancel that wish). */
void onpu_core_request_preempt(struct onpu_core *core, bool request);
/* Continues a PREEMPTED job whose state (onpu_core_save) was restored, at start_cycle. */
void onpu_core_resume(struct onpu_core *core, uint64_t start_cycle);

/* Executes the next command; returns the state after it. */
enum onpu_core_state onpu_core_step(struct onpu_core *core);
enum onpu_core_state onpu_core_state(const struct onpu_core *core);
const struct onpu_fault_info *onpu_core_fault(const struct onpu_core *core);
/* Cycle up to which the model has come; the job's end once it is DONE. */
uint64_t onpu_core_cycle(const struct onpu_core *core);
/* Offset of the command that is next. */
uint32_t onpu_core_stream_offset(const struct onpu_core *core);
const struct onpu_counters *onpu_core_counters(const struct onpu_core *core);

/*
 * Cycles of a job, each counted once and at one command: the compute command that ran, or else
 * what the next one waited for.  0 where the time comes from the cycle model.
 */
struct onpu_command_cycles {
	/* Of a compute command, while it ran: */
	uint64_t active;		/* operands were read */
	uint64_t decoder;		/* the array waited for decoded weights */
	uint64_t bank;			/* operands waited for SRAM banks */
	uint64_t post;			/* the post-processor was behind */
	uint64_t fill;			/* none of these: its begin and its end */
	/* Of a LOAD, FILL or STORE, while no compute command ran: */
	uint64_t waited;		/* its bytes were waited for */
	uint64_t walk;			/* the same, and they for a page-table walk */
	/* Of any command, while none ran: */
	uint64_t commands;		/* the command processor was waited for */
};

/* Each command since the last start or resumption, in stream order; times once it has stopped. */
struct onpu_command_time {
	uint32_t stream_offset;
	uint64_t start, end;
	struct onpu_counters work;	/* of this command */
	struct onpu_command_cycles cycles;
};
size_t onpu_core_command_times(const struct onpu_core *core,
			       const struct onpu_command_time **times);

/* Direct access for firmware's save and restore, and for tests. */
uint8_t *onpu_core_sram(struct onpu_core *core);
/* Live ranges of the PREEMPT at which the core stopped. */
const struct onpu_range *onpu_core_live_ranges(const struct onpu_core *core);
/* Opaque, fixed-size state of a preempted job, beside the live ranges. */
size_t onpu_core_state_size(void);
void onpu_core_save(const struct onpu_core *core, void *state);
void onpu_core_restore(struct onpu_core *core, const void *state);

/*
 * Order checker, for tests: with it on, every SRAM and external byte that a command
 * touches is checked against earlier commands of other engines that touched it, and an
 * order that tokens do not guarantee ends the job with ONPU_FAULT_NONE's opposite: the
 * core goes to FAULT with code BAD_TOKEN and onpu_core_hazard() describes the pair.  Also
 * reads of SRAM that nothing wrote since the job began (excess window bytes aside) are reported.
 */
void onpu_core_check_order(struct onpu_core *core, bool on);
/* "" if there was none. */
const char *onpu_core_hazard(const struct onpu_core *core);

#endif
