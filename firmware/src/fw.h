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

#ifdef ONPU_REGS_BASE
/*
 * On the control core registers are memory, and there is one HAL: a call through a pointer
 * would be most of the cost of an access.  firmware/rv32/main.c has the functions.
 */
static inline volatile uint32_t *onpu_reg_at(uint32_t offset)
{
	return (volatile uint32_t *)(ONPU_REGS_BASE + offset);
}

int onpu_core_read(void *ctx, uint32_t va, void *data, uint32_t size);
void onpu_core_read_ahead(void *ctx, uint32_t va, void *data, uint32_t size);
int onpu_core_write(void *ctx, uint32_t va, const void *data, uint32_t size);
void onpu_core_barrier(void *ctx);
uint32_t onpu_core_stack_used(void);

#define ONPU_HAL_READ(fw) onpu_core_read
#define ONPU_HAL_WRITE(fw) onpu_core_write
#define ONPU_HAL_READ_AHEAD(fw) onpu_core_read_ahead
#define ONPU_HAL_CAN_READ_AHEAD(fw) true
#define ONPU_HAL_BARRIER(fw) onpu_core_barrier
#define ONPU_HAL_STACK_USED(fw) ((void)(fw), onpu_core_stack_used())
#define ONPU_HAL_REG(fw, offset) (*onpu_reg_at(offset))
#define ONPU_HAL_SET_REG(fw, offset, value) ((void)(fw), *onpu_reg_at(offset) = (value))
#else
#define ONPU_HAL_READ(fw) ((fw)->hal.mem_read)
#define ONPU_HAL_WRITE(fw) ((fw)->hal.mem_write)
#define ONPU_HAL_READ_AHEAD(fw) ((fw)->hal.mem_read_ahead)
#define ONPU_HAL_CAN_READ_AHEAD(fw) ((fw)->hal.mem_read_ahead != NULL)
#define ONPU_HAL_BARRIER(fw) ((fw)->hal.barrier)
#define ONPU_HAL_STACK_USED(fw) ((void)(fw), 0u)
#define ONPU_HAL_REG(fw, offset) ((fw)->hal.reg_read((fw)->hal.ctx, offset))
#define ONPU_HAL_SET_REG(fw, offset, value) ((fw)->hal.reg_write((fw)->hal.ctx, offset, value))
#endif

static inline uint32_t onpu_reg(struct onpu_firmware *fw, uint32_t offset)
{
	(void)fw;
	return ONPU_HAL_REG(fw, offset);
}

static inline void onpu_set_reg(struct onpu_firmware *fw, uint32_t offset, uint32_t value)
{
	ONPU_HAL_SET_REG(fw, offset, value);
}

static inline int onpu_mem_read(struct onpu_firmware *fw, uint32_t va, void *data, uint32_t size)
{
	return ONPU_HAL_READ(fw)(fw->hal.ctx, va, data, size);
}

static inline int onpu_mem_write(struct onpu_firmware *fw, uint32_t va, const void *data,
				 uint32_t size)
{
	return ONPU_HAL_WRITE(fw)(fw->hal.ctx, va, data, size);
}

static inline void onpu_barrier(struct onpu_firmware *fw)
{
	ONPU_HAL_BARRIER(fw)(fw->hal.ctx);
}

/* Two reads whose latencies overlap; 0, or not 0 if one failed. */
static inline int onpu_read_two(struct onpu_firmware *fw, uint32_t va, void *data, uint32_t size,
				uint32_t va2, void *data2, uint32_t size2)
{
	if (ONPU_HAL_CAN_READ_AHEAD(fw))
		ONPU_HAL_READ_AHEAD(fw)(fw->hal.ctx, va, data, size);
	else if (onpu_mem_read(fw, va, data, size))
		return -1;
	return onpu_mem_read(fw, va2, data2, size2);
}

/* The number of the lowest bit of a set that is not empty; the core has no instruction for it. */
static inline uint32_t onpu_lowest(uint32_t bits)
{
	static const uint8_t number[32] = { 0, 1, 28, 2, 29, 14, 24, 3, 30, 22, 20, 15, 25, 17, 4, 8,
					    31, 27, 13, 23, 21, 19, 16, 7, 26, 12, 18, 6, 11, 5, 10, 9 };

	return number[(bits & -bits) * 0x077cb531u >> 27];
}

static inline void onpu_set_bit(uint32_t set[2], uint32_t slot, bool value)
{
	uint32_t bit = 1u << slot % 32;

	set[slot / 32] = value ? set[slot / 32] | bit : set[slot / 32] & ~bit;
}

/* hal.c */
void onpu_zero(void *data, uint32_t size);
/* A job, without what its regions do not use. */
void onpu_copy_job(struct onpu_job *to, const struct onpu_job *from);
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
/* Keeps fw->ready right; after every change of state, tail, head or of the job on the engines. */
void onpu_queue_update(struct onpu_firmware *fw, uint32_t slot);
/* Answers doorbells and looks for HALT; true if there was one. */
bool onpu_queue_doorbells(struct onpu_firmware *fw);
void onpu_queue_break(struct onpu_firmware *fw, uint32_t slot, uint32_t reason, uint32_t value);
void onpu_queue_publish(struct onpu_firmware *fw, uint32_t slot);
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
/* Where the job on the engines is, from its entry on, whichever stream it runs. */
uint32_t onpu_job_offset(struct onpu_firmware *fw);
/* When the job on the engines began. */
uint64_t onpu_job_start(struct onpu_firmware *fw);
/* Next cycle at which onpu_job_watch() must look, even without an event. */
uint64_t onpu_job_deadline(const struct onpu_firmware *fw);

/* preempt.c */
/* What a job that is read again is compared by: any one word that changed changes it. */
uint32_t onpu_preempt_sum(const struct onpu_job *job);
/* The job stands at a PREEMPT: saves it.  True if it is suspended now. */
bool onpu_preempt_save(struct onpu_firmware *fw);
/* Brings the suspended job of fw->job.slot back; false if it could not be. */
bool onpu_preempt_restore(struct onpu_firmware *fw);

#endif
