/* SPDX-License-Identifier: MIT */
/*
 * What firmware sees of a device, without one: registers, a command processor that does
 * what the test says, and context 0 with posted writes.
 */
#ifndef TESTS_FAKE_NPU_H
#define TESTS_FAKE_NPU_H

#include <stdlib.h>
#include <string.h>

#include "isa/onpu_isa.h"
#include "onpu_firmware.h"
#include "regs/onpu_regs.h"

#define FAKE_BASE 0x1000u		/* VA of the first byte of memory */
#define FAKE_SIZE 0x40000u
#define FAKE_SHARED 0x1000u		/* the shared block */
#define FAKE_RING(slot) (0x10000u + (slot) * 0x4000u)	/* of the first few slots */
#define FAKE_SAVE(slot) (FAKE_RING(slot) + 0x3400u)
#define FAKE_SAVE_SIZE 0xc00u
#define FAKE_POSTED 64
#define FAKE_STATE_SIZE 128

enum fake_access { FAKE_REG_READ, FAKE_REG_WRITE, FAKE_MEM_READ, FAKE_MEM_WRITE, FAKE_BARRIER };

struct fake {
	struct onpu_firmware fw;
	uint32_t reg[1024];		/* what was last written to each register */
	uint32_t shared_va;
	uint32_t enable;		/* of the queue that was enabled last */
	uint8_t memory[FAKE_SIZE];
	uint64_t now;
	uint64_t doorbells;
	uint64_t clear;			/* of doorbells: posted */
	uint64_t timer;
	uint32_t timer_hi;
	uint32_t active_ctx, switches;
	bool ctx_stuck, ctx_error;
	uint32_t job_state, job_fault, job_offset;
	uint64_t start, end;
	bool hung;			/* KILL does nothing */
	bool reset_fails;
	bool undrained;
	bool fence;
	bool preempt;
	uint32_t live_size;
	bool dma_error, dma_stuck;
	uint32_t dma_count, dma_error_at;
	bool instant;			/* jobs are done as soon as they are started */
	unsigned int interrupts, fatal;
	bool irq;			/* an interrupt that the host has not taken */
	uint32_t crash;
	uint32_t entry[4096];		/* JOB_ENTRY of every START and RESUME */
	unsigned int starts, resumes, resets, kills;
	uint32_t bad_va, bad_size;	/* memory that answers with an error */

	/* Writes that are under way, oldest first. */
	bool lazy;			/* until a barrier, or a read of the same bytes */
	bool no_barrier;		/* barriers do nothing: a mutant */
	struct {
		uint32_t va, size;
		uint8_t data[128];
	} posted[FAKE_POSTED];
	unsigned int num_posted;

	/* A read that was begun and ends with the next one. */
	bool can_read_ahead;
	struct {
		void *data;
		uint32_t va, size;
	} ahead;

	unsigned long accesses;
	uint32_t touched;		/* bytes of the access of memory that the hook is called for */
	/* Called before each access. */
	void (*hook)(struct fake *fake, enum fake_access access, uint32_t address);
	void *hook_ctx;
};

static inline void *fake_at(struct fake *f, uint32_t va)
{
	return f->memory + (va - FAKE_BASE);
}

static inline struct onpu_fw_shared *fake_shared(struct fake *f)
{
	return fake_at(f, FAKE_SHARED);
}

static inline bool fake_bad(const struct fake *f, uint32_t va, uint32_t size)
{
	if (va < FAKE_BASE || size > FAKE_SIZE || va - FAKE_BASE > FAKE_SIZE - size)
		return true;
	return f->bad_size && va < f->bad_va + f->bad_size && f->bad_va < va + size;
}

static inline void fake_flush(struct fake *f)
{
	for (unsigned int i = 0; i < f->num_posted; i++)
		memcpy(fake_at(f, f->posted[i].va), f->posted[i].data, f->posted[i].size);
	f->num_posted = 0;
	f->doorbells &= ~f->clear;
	f->clear = 0;
}

static inline void fake_hook(struct fake *f, enum fake_access access, uint32_t address)
{
	f->accesses++;
	if (f->hook)
		f->hook(f, access, address);
}

static inline int fake_load(struct fake *f, uint32_t va, void *data, uint32_t size)
{
	if (fake_bad(f, va, size))
		return -1;
	for (unsigned int i = 0; i < f->num_posted; i++)
		if (f->posted[i].va < va + size && va < f->posted[i].va + f->posted[i].size) {
			fake_flush(f);
			break;
		}
	memcpy(data, fake_at(f, va), size);
	return 0;
}

static inline void fake_touch(struct fake *f, enum fake_access access, uint32_t va, uint32_t size)
{
	f->touched = size;
	fake_hook(f, access, va);
}

static inline void fake_mem_read_ahead(void *ctx, uint32_t va, void *data, uint32_t size)
{
	struct fake *f = ctx;

	fake_touch(f, FAKE_MEM_READ, va, size);
	f->ahead.data = data;
	f->ahead.va = va;
	f->ahead.size = size;
	/* Whoever looks too early sees it. */
	memset(data, 0xa5, size);
}

static inline int fake_mem_read(void *ctx, uint32_t va, void *data, uint32_t size)
{
	struct fake *f = ctx;
	int failed = 0;

	fake_touch(f, FAKE_MEM_READ, va, size);
	if (f->ahead.data)
		failed = fake_load(f, f->ahead.va, f->ahead.data, f->ahead.size);
	f->ahead.data = NULL;
	return fake_load(f, va, data, size) | failed;
}

static inline int fake_mem_write(void *ctx, uint32_t va, const void *data, uint32_t size)
{
	struct fake *f = ctx;

	fake_touch(f, FAKE_MEM_WRITE, va, size);
	if (fake_bad(f, va, size))
		return -1;
	if (!f->lazy || size > sizeof(f->posted[0].data)) {
		fake_flush(f);
		memcpy(fake_at(f, va), data, size);
		return 0;
	}
	if (f->num_posted == FAKE_POSTED)
		fake_flush(f);
	f->posted[f->num_posted].va = va;
	f->posted[f->num_posted].size = size;
	memcpy(f->posted[f->num_posted].data, data, size);
	f->num_posted++;
	return 0;
}

static inline void fake_barrier(void *ctx)
{
	struct fake *f = ctx;

	fake_hook(f, FAKE_BARRIER, 0);
	if (!f->no_barrier)
		fake_flush(f);
}

static inline void fake_stop(struct fake *f, uint32_t state, uint32_t fault)
{
	f->job_state = state;
	f->job_fault = fault;
	f->end = f->now;
}

static inline void fake_finish(struct fake *f)
{
	fake_stop(f, ONPU_CTL_JOB_STATUS_STATE_DONE, 0);
}

static inline void fake_job_command(struct fake *f, uint32_t value)
{
	switch (value) {
	case ONPU_CTL_JOB_COMMAND_START:
	case ONPU_CTL_JOB_COMMAND_RESUME:
		f->job_state = ONPU_CTL_JOB_STATUS_STATE_RUNNING;
		f->job_fault = 0;
		f->job_offset = 0;
		f->start = f->now;
		f->preempt = false;
		f->resumes += value == ONPU_CTL_JOB_COMMAND_RESUME;
		if (f->starts < 4096)
			f->starts++;
		if (f->instant)
			fake_finish(f);
		break;
	case ONPU_CTL_JOB_COMMAND_KILL:
		f->kills++;
		if (!f->hung && f->job_state == ONPU_CTL_JOB_STATUS_STATE_RUNNING)
			fake_stop(f, ONPU_CTL_JOB_STATUS_STATE_FAULT, ONPU_FAULT_KILLED);
		break;
	case ONPU_CTL_JOB_COMMAND_PREEMPT:
		f->preempt = true;
		break;
	case ONPU_CTL_JOB_COMMAND_ACK:
		f->job_state = ONPU_CTL_JOB_STATUS_STATE_IDLE;
		break;
	case ONPU_CTL_JOB_COMMAND_RESET:
		f->resets++;
		if (!f->reset_fails)
			f->job_state = ONPU_CTL_JOB_STATUS_STATE_IDLE;
		break;
	}
}

static inline uint32_t fake_reg_read(void *ctx, uint32_t offset)
{
	struct fake *f = ctx;

	fake_hook(f, FAKE_REG_READ, offset);
	switch (offset) {
	case ONPU_CTL_CONFIG:
		return 0x01101002;
	case ONPU_CTL_SRAM_SIZE:
		return 512 << 10;
	case ONPU_CTL_SHARED_VA:
		return f->shared_va;
	case ONPU_CTL_STATE_SIZE:
		return FAKE_STATE_SIZE;
	case ONPU_CTL_DOORBELL_LO:
		return (uint32_t)f->doorbells;
	case ONPU_CTL_DOORBELL_HI:
		return (uint32_t)(f->doorbells >> 32);
	case ONPU_CTL_CYCLE_LO:
		return (uint32_t)f->now;
	case ONPU_CTL_CYCLE_HI:
		return (uint32_t)(f->now >> 32);
	case ONPU_CTL_CTX_STATUS:
		return (f->ctx_stuck ? ONPU_CTL_CTX_STATUS_BUSY : 0) |
		       (f->ctx_error ? ONPU_CTL_CTX_STATUS_ERROR : 0);
	case ONPU_CTL_JOB_STATUS:
		return f->job_state | f->job_fault << ONPU_CTL_JOB_STATUS_FAULT_SHIFT;
	case ONPU_CTL_JOB_OFFSET:
		return f->job_offset;
	case ONPU_CTL_JOB_START_LO:
		return (uint32_t)f->start;
	case ONPU_CTL_JOB_START_HI:
		return (uint32_t)(f->start >> 32);
	case ONPU_CTL_JOB_END_LO:
		return (uint32_t)f->end;
	case ONPU_CTL_JOB_END_HI:
		return (uint32_t)(f->end >> 32);
	case ONPU_CTL_LIVE_SIZE(0):
		return f->live_size;
	case ONPU_CTL_DMA_STATUS:
		return (f->dma_error || (f->dma_error_at && f->dma_error_at == f->dma_count) ?
				ONPU_CTL_DMA_STATUS_ERROR : 0) |
		       (f->dma_stuck ? ONPU_CTL_DMA_STATUS_BUSY : 0);
	case ONPU_CTL_FENCE:
		return f->fence && !f->undrained ? ONPU_CTL_FENCE_DRAINED : 0;
	}
	return 0;
}

static inline void fake_reg_write(void *ctx, uint32_t offset, uint32_t value)
{
	struct fake *f = ctx;

	f->reg[offset / 4 % 1024] = value;
	fake_hook(f, FAKE_REG_WRITE, offset);
	switch (offset) {
	case ONPU_CTL_DOORBELL_LO:
		f->clear |= value;
		break;
	case ONPU_CTL_DOORBELL_HI:
		f->clear |= (uint64_t)value << 32;
		break;
	case ONPU_CTL_HOST_IRQ:
		f->interrupts += !!(value & ONPU_CTL_HOST_IRQ_FIRMWARE);
		f->fatal += !!(value & ONPU_CTL_HOST_IRQ_FATAL);
		f->irq = true;
		break;
	case ONPU_CTL_TIMER_HI:
		f->timer_hi = value;
		break;
	case ONPU_CTL_TIMER_LO:
		f->timer = (uint64_t)f->timer_hi << 32 | value;
		break;
	case ONPU_CTL_ACTIVE_CTX:
		f->active_ctx = value;
		f->switches++;
		break;
	case ONPU_CTL_JOB_ENTRY:
		f->entry[f->starts % 4096] = value;
		break;
	case ONPU_CTL_JOB_COMMAND:
		fake_job_command(f, value);
		break;
	case ONPU_CTL_DMA_COMMAND:
		f->dma_count++;
		break;
	case ONPU_CTL_FENCE:
		f->fence = value & ONPU_CTL_FENCE_SET;
		break;
	case ONPU_CTL_CRASH:
		f->crash = value;
		break;
	}
	if (!f->lazy) {
		f->doorbells &= ~f->clear;
		f->clear = 0;
	}
}

static inline struct onpu_hal fake_hal(struct fake *f)
{
	return (struct onpu_hal){
		.ctx = f, .reg_read = fake_reg_read, .reg_write = fake_reg_write,
		.mem_read = fake_mem_read, .mem_write = fake_mem_write, .barrier = fake_barrier,
		.mem_read_ahead = f->can_read_ahead ? fake_mem_read_ahead : NULL,
	};
}

static inline void fake_reset(struct fake *f, uint32_t completions)
{
	memset(f, 0, sizeof(*f));
	f->timer = UINT64_MAX;
	f->shared_va = FAKE_SHARED;
	f->now = 1000;
	fake_shared(f)->config.magic = ONPU_FW_CONFIG_MAGIC;
	fake_shared(f)->config.size = ONPU_FW_SHARED_SIZE(completions);
	fake_shared(f)->config.completion_count = completions;
}

static inline void fake_init(struct fake *f)
{
	struct onpu_hal hal = fake_hal(f);

	onpu_firmware_init(&f->fw, &hal, "fake");
}

/* Polls until firmware would sleep; the number of polls, or -1 if it never does. */
static inline int fake_poll(struct fake *f)
{
	for (int i = 0; i < 10000; i++) {
		bool asleep = onpu_firmware_poll(&f->fw);

		/* What is posted arrives in the end. */
		fake_flush(f);
		/* A level that is on wakes it at once. */
		if (asleep && (onpu_firmware_stopped(&f->fw) || !f->doorbells))
			return i;
	}
	return -1;
}

static inline void fake_ring(struct fake *f, uint32_t slot)
{
	f->doorbells |= 1ull << slot;
}

static inline void fake_enable(struct fake *f, uint32_t slot, uint32_t depth, uint32_t priority,
			       uint32_t first_seq)
{
	struct onpu_fw_queue_host *line = &fake_shared(f)->queue[slot].host;

	*line = (struct onpu_fw_queue_host){
		.enable = ++f->enable, .ring = FAKE_RING(slot), .depth = depth,
		.first_seq = first_seq, .priority = priority, .save = FAKE_SAVE(slot),
		.save_size = FAKE_SAVE_SIZE,
	};
	fake_ring(f, slot);
}

/* A good descriptor for ring index `index`; the caller stores the tail. */
static inline struct onpu_fw_descriptor *fake_descriptor(struct fake *f, uint32_t slot,
							  uint32_t index)
{
	const struct onpu_fw_queue_host *line = &fake_shared(f)->queue[slot].host;
	uint32_t at = index & (line->depth - 1);
	struct onpu_fw_descriptor *desc = fake_at(f, line->ring + at * 64);
	struct onpu_fw_region *region = fake_at(f, line->ring + line->depth * 64 + at * 128);

	*desc = (struct onpu_fw_descriptor){
		.seq = line->first_seq + index, .ctx = (uint8_t)(slot + 1), .region_count = 1,
		.entry = 0x10000 * (slot + 1) + 4 * index, .stream_size = 64, .max_cycles = 1000000,
	};
	region[0] = (struct onpu_fw_region){ 0x1000, 0x1000 };
	return desc;
}

/* Gives a job a second stream, which finds in SRAM what one of that key has left. */
static inline void fake_warm(struct onpu_fw_descriptor *desc, uint32_t key)
{
	desc->warm_entry = desc->entry + 0x8000;
	desc->warm_size = 32;
	desc->warm_key = key;
}

static inline void fake_submit(struct fake *f, uint32_t slot, uint32_t count)
{
	struct onpu_fw_queue_host *line = &fake_shared(f)->queue[slot].host;

	for (uint32_t i = 0; i < count; i++)
		fake_descriptor(f, slot, line->tail + i);
	line->tail += count;
	fake_ring(f, slot);
}

static inline struct onpu_fw_completion *fake_record(struct fake *f, uint32_t index)
{
	struct onpu_fw_completion *ring = (void *)(fake_shared(f) + 1);

	return &ring[index % fake_shared(f)->config.completion_count];
}

/* Up to RUNNING. */
static inline void fake_boot(struct fake *f, uint32_t completions)
{
	fake_reset(f, completions);
	fake_init(f);
	fake_shared(f)->control.minor = ONPU_FW_MINOR_MAX;
	fake_shared(f)->control.request = ONPU_FW_REQUEST_RUN;
	fake_ring(f, 0);
	fake_poll(f);
	f->interrupts = 0;
	f->irq = false;
}

#endif
