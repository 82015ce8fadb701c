/* SPDX-License-Identifier: MIT */
/*
 * The firmware as a whole.  All of its state is in one structure, so that several models
 * can live in one process; it allocates nothing and calls nothing but its HAL.
 */
#ifndef ONPU_FIRMWARE_H
#define ONPU_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "onpu_fw.h"
#include "onpu_hal.h"

/* A job that was read from a ring and checked. */
struct onpu_job {
	struct onpu_fw_descriptor desc;
	struct onpu_fw_region region[ONPU_FW_REGIONS];
	uint8_t slot;
	uint8_t reason;			/* enum onpu_fw_bad */
	uint16_t switch_cycles;
	uint64_t queued;
};

/* A queue, as it was when its doorbell was last answered. */
struct onpu_queue {
	uint32_t enable, ring, depth, first_seq;
	uint32_t save, save_size;
	uint32_t tail, head;
	uint32_t started;		/* index behind the newest job that began to run */
	uint32_t kill, kill_seq;
	uint32_t preempted;
	uint64_t busy_cycles, run_cycles;
	uint64_t seen;			/* cycle at which work was last found here */
	uint8_t state, reason;
	uint8_t priority;
	bool suspended;			/* the job at head stands at a PREEMPT, in the save area */
	uint32_t sum;			/* of the suspended job's descriptor and regions */
	uint32_t live_addr[8], live_size[8];
	bool warm;			/* the suspended job started warm */
	uint64_t start;			/* of the suspended job */
	uint64_t queued;
	uint16_t switch_cycles;
};

enum onpu_running {
	ONPU_RUN_NONE,			/* nothing is on the engines */
	ONPU_RUN_JOB,
	ONPU_RUN_KILLING,		/* asked to stop, not there yet */
	ONPU_RUN_DRAINING		/* fenced, will be reset */
};

struct onpu_firmware {
	struct onpu_hal hal;
	uint32_t shared;		/* VA of struct onpu_fw_shared */
	uint8_t state;			/* enum onpu_fw_state */
	bool halting;
	uint8_t minor;			/* of the interface, as the host chose */
	uint32_t completion_count;
	uint32_t completion_va;
	uint32_t completion_tail;
	uint32_t completion_head;	/* as the host last said */
	bool ring_full;
	uint32_t log_head;
	uint32_t beat;
	uint64_t next_beat;
	uint64_t timer;			/* what TIMER was set to */
	uint32_t state_size;

	enum onpu_running running;
	uint8_t kill_fault;		/* why it is being killed: enum onpu_fault */
	bool drop;			/* its queue is gone: no record */
	bool preempting;
	uint64_t deadline;		/* of a kill or drain, or of the budget */
	uint64_t look;			/* while draining: when to look again */
	struct onpu_job job;		/* on the engines */
	uint64_t job_start;		/* its first start, if it was resumed; else 0 */
	bool warm;			/* it runs its warm stream */
	uint32_t held;			/* warm_key of the job that has left SRAM as it is; 0: nobody's */
	bool next_valid;
	struct onpu_job next;		/* read ahead */
	uint8_t active_ctx;
	uint8_t last_slot[ONPU_FW_PRIORITIES];
	uint64_t last_end;		/* when the engines became free */

	uint32_t regions_set;		/* REGION registers that may not be 0 */
	/* Sets of slots, 32 in a word. */
	uint32_t dirty[2];		/* the host line must be read again */
	uint32_t ready[2];		/* ON, and jobs wait, beyond the one on the engines */
	struct onpu_queue queue[ONPU_FW_SLOTS];
};

/* After reset.  build is a text of at most 32 bytes. */
void onpu_firmware_init(struct onpu_firmware *fw, const struct onpu_hal *hal, const char *build);
/*
 * A bounded amount of work.  True if there is nothing to do until an EVENT comes on: then
 * the core may sleep; with an EVENT already there it must call again.
 */
bool onpu_firmware_poll(struct onpu_firmware *fw);

/* Nothing but a reset changes this: the core sleeps for good, whatever the events. */
static inline bool onpu_firmware_stopped(const struct onpu_firmware *fw)
{
	return fw->state != ONPU_FW_STATE_HELLO && fw->state != ONPU_FW_STATE_RUNNING;
}

#endif
