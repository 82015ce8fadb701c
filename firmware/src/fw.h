/* SPDX-License-Identifier: MIT */
/* Between the files of the firmware. */
#ifndef ONPU_SRC_FW_H
#define ONPU_SRC_FW_H

#include "isa/onpu_isa.h"
#include "onpu_firmware.h"
#include "regs/onpu_regs.h"

/* VA of a member of the shared block. */
#define SHARED(fw, member) ((fw)->shared + (uint32_t)offsetof(struct onpu_fw_shared, member))
#define SHARED_QUEUE(fw, slot) \
	(SHARED(fw, queue) + (uint32_t)(slot) * (uint32_t)sizeof(struct onpu_fw_queue))

static inline uint32_t onpu_reg(struct onpu_firmware *fw, uint32_t offset)
{
	return fw->hal.reg_read(fw->hal.ctx, offset);
}

static inline void onpu_set_reg(struct onpu_firmware *fw, uint32_t offset, uint32_t value)
{
	fw->hal.reg_write(fw->hal.ctx, offset, value);
}

static inline void onpu_barrier(struct onpu_firmware *fw)
{
	fw->hal.barrier(fw->hal.ctx);
}

/* hal.c */
void onpu_zero(void *data, uint32_t size);
uint64_t onpu_reg64(struct onpu_firmware *fw, uint32_t lo);
uint64_t onpu_cycle(struct onpu_firmware *fw);
/* Of the shared block; failure is a crash.  False then. */
bool onpu_shared_read(struct onpu_firmware *fw, uint32_t va, void *data, uint32_t size);
bool onpu_shared_write(struct onpu_firmware *fw, uint32_t va, const void *data, uint32_t size);

/* report.c */
void onpu_crash(struct onpu_firmware *fw, uint32_t code, uint32_t detail, uint32_t address);
void onpu_log(struct onpu_firmware *fw, uint32_t code, uint32_t slot, uint32_t a, uint32_t b,
	      uint32_t c);
void onpu_set_state(struct onpu_firmware *fw, uint32_t state);
void onpu_interrupt(struct onpu_firmware *fw);
void onpu_heartbeat(struct onpu_firmware *fw);
void onpu_hello(struct onpu_firmware *fw, const char *build);
/* Room for a record?  If not, no job may begin. */
bool onpu_completion_room(struct onpu_firmware *fw);
/* Writes a record and the queue's line. */
void onpu_complete(struct onpu_firmware *fw, struct onpu_fw_completion *record);

/* queue.c */
/* Answers doorbells; true if there was one. */
bool onpu_queue_doorbells(struct onpu_firmware *fw);
void onpu_queue_break(struct onpu_firmware *fw, uint32_t slot, uint32_t reason, uint32_t value);
void onpu_queue_publish(struct onpu_firmware *fw, uint32_t slot);
/* Jobs that wait in a queue, beyond the one on the engines. */
uint32_t onpu_queue_waiting(const struct onpu_firmware *fw, uint32_t slot);
/* The slot whose turn it is among priorities >= least, or ONPU_FW_NO_SLOT. */
uint32_t onpu_queue_pick(const struct onpu_firmware *fw, uint32_t least);
/* Reads and checks the job at a ring index.  False if the queue broke. */
bool onpu_queue_fetch(struct onpu_firmware *fw, uint32_t slot, uint32_t index,
		      struct onpu_job *job);
bool onpu_queue_killed(const struct onpu_queue *queue, uint32_t seq);

/* job.c */
/* Looks after the job on the engines; true if something happened. */
bool onpu_job_watch(struct onpu_firmware *fw);
/* Starts what should run; true if something happened. */
bool onpu_job_schedule(struct onpu_firmware *fw);
void onpu_job_kill(struct onpu_firmware *fw, uint32_t fault);
/* When the job on the engines began. */
uint64_t onpu_job_start(struct onpu_firmware *fw);
/* Next cycle at which onpu_job_watch() must look, even without an event. */
uint64_t onpu_job_deadline(const struct onpu_firmware *fw);

/* preempt.c */
/* The job stands at a PREEMPT: saves it.  True if it is suspended now. */
bool onpu_preempt_save(struct onpu_firmware *fw);
/* Brings the suspended job of fw->job.slot back; false if it could not be. */
bool onpu_preempt_restore(struct onpu_firmware *fw);

#endif
