// SPDX-License-Identifier: MIT
/*
 * Firmware against a host that does anything: ring contents, doorbells and register values
 * from the input, also in the middle of firmware's work.
 *
 *	make fuzz FUZZ=firmware
 *
 * tests/unit/test_firmware.c runs a bounded number of random inputs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fake_npu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			abort(); \
		} \
	} while (0)

/* Registers and memory that one poll may touch, when no status bit hangs. */
#define MAX_ACCESSES 4000

struct fuzz {
	struct fake fake;
	const uint8_t *data;
	size_t size;
	unsigned int countdown;		/* accesses until the host writes in between */
	unsigned int started;		/* jobs; for the bounded run's statistics */
	unsigned int records;
};

static uint32_t take(struct fuzz *z, unsigned int bytes)
{
	uint32_t value = 0;

	while (bytes-- && z->size) {
		value = value << 8 | *z->data++;
		z->size--;
	}
	return value;
}

/* A number that is often small, or at an edge. */
static uint32_t number(struct fuzz *z)
{
	uint32_t kind = take(z, 1);

	switch (kind & 7) {
	case 0:
		return take(z, 4);
	case 1:
		return 0xffffffff - take(z, 1);
	case 2:
		return 1u << (kind >> 3);
	case 3:
		return FAKE_RING(kind >> 3 & 3);
	default:
		return kind >> 3;
	}
}

/* What only the host writes: its lines, rings and save areas. */
static void host_write(struct fuzz *z)
{
	struct fake *f = &z->fake;
	uint32_t what = take(z, 1), slot = what >> 3 & 3, word = take(z, 1), value = number(z);
	uint32_t *to;

	switch (what & 7) {
	case 0:
		to = (uint32_t *)&fake_shared(f)->control + word % 16;
		break;
	case 1:
		to = (uint32_t *)&fake_shared(f)->completion_host + word % 16;
		break;
	case 2:
	case 3:
		to = (uint32_t *)&fake_shared(f)->queue[slot].host + word % 16;
		break;
	case 4:
		to = (uint32_t *)&fake_shared(f)->queue[take(z, 1) & 63].host + word % 16;
		break;
	default:
		to = (uint32_t *)fake_at(f, FAKE_RING(slot)) + (word | (take(z, 1) & 3) << 8);
		break;
	}
	*to = value;
	if (what & 0x80)
		fake_ring(f, slot);
}

/* Firmware writes to its own lines, and never starts a job in context 0. */
static void check_access(struct fake *f, enum fake_access access, uint32_t address)
{
	struct fuzz *z = f->hook_ctx;
	uint32_t at = address - FAKE_SHARED;

	if (z->countdown && --z->countdown == 0)
		host_write(z);
	if (access == FAKE_MEM_WRITE) {
		bool fw = (at >= offsetof(struct onpu_fw_shared, hello) &&
			   at < offsetof(struct onpu_fw_shared, completion_host)) ||
			  (at >= offsetof(struct onpu_fw_shared, completion_fw) &&
			   at < offsetof(struct onpu_fw_shared, queue)) ||
			  (at >= offsetof(struct onpu_fw_shared, log) &&
			   at < fake_shared(f)->config.size);
		uint32_t in_queue = (at - (uint32_t)offsetof(struct onpu_fw_shared, queue)) % 128;

		if (at >= offsetof(struct onpu_fw_shared, queue) &&
		    at < offsetof(struct onpu_fw_shared, log))
			fw = in_queue >= 64;
		CHECK(fw);
	}
	if (access == FAKE_REG_WRITE && address == ONPU_CTL_JOB_COMMAND &&
	    f->job_state == ONPU_CTL_JOB_STATUS_STATE_IDLE)
		CHECK(f->active_ctx != 0);
}

static void check_state(struct fuzz *z)
{
	struct fake *f = &z->fake;
	struct onpu_firmware *fw = &f->fw;

	CHECK(fw->state <= ONPU_FW_STATE_CRASHED);
	CHECK(fw->running <= ONPU_RUN_DRAINING);
	for (int i = 0; i < ONPU_FW_SLOTS; i++) {
		const struct onpu_queue *q = &fw->queue[i];

		CHECK(q->state <= ONPU_FW_QUEUE_BROKEN);
		if (q->state == ONPU_FW_QUEUE_ON) {
			CHECK(q->depth && q->depth <= ONPU_FW_DEPTH_MAX);
			CHECK(q->tail - q->head <= q->depth);
			CHECK(q->priority < ONPU_FW_PRIORITIES);
		}
	}
	if (fw->completion_tail != z->records && fw->state == ONPU_FW_STATE_RUNNING) {
		const struct onpu_fw_completion *r = fake_record(f, fw->completion_tail - 1);

		CHECK(r->index == fw->completion_tail - 1);
		CHECK(r->slot < ONPU_FW_SLOTS && r->status < ONPU_FW_STATUS_COUNT);
		CHECK(r->reason < ONPU_FW_BAD_COUNT || r->status == ONPU_FW_ENGINE_RESET);
		CHECK(r->done_cycle >= r->end_cycle);
		z->records = fw->completion_tail;
	}
}

static void poll(struct fuzz *z)
{
	struct fake *f = &z->fake;

	for (int i = 0; i < 16; i++) {
		bool asleep;

		f->accesses = 0;
		asleep = onpu_firmware_poll(&f->fw);
		CHECK(f->ctx_stuck || f->accesses < MAX_ACCESSES);
		check_state(z);
		if (asleep)
			break;
	}
}

static void stop_job(struct fuzz *z)
{
	struct fake *f = &z->fake;
	uint32_t how = take(z, 1);

	if (f->job_state != ONPU_CTL_JOB_STATUS_STATE_RUNNING)
		return;
	f->job_offset = number(z);
	if (how % 4 == 0)
		fake_stop(f, ONPU_CTL_JOB_STATUS_STATE_FAULT, how >> 4);
	else if (how % 4 == 1 && f->preempt)
		fake_stop(f, ONPU_CTL_JOB_STATUS_STATE_PREEMPTED, 0);
	else
		fake_finish(f);
}

static void step(struct fuzz *z)
{
	struct fake *f = &z->fake;
	uint32_t op = take(z, 1), slot = op >> 4 & 3;
	struct onpu_fw_queue_host *line = &fake_shared(f)->queue[slot].host;
	uint32_t depth, priority, cycles;

	switch (op & 15) {
	case 0:
		depth = 1u << (take(z, 1) & 7);
		priority = take(z, 1) & 3;
		fake_enable(f, slot, depth, priority, number(z));
		break;
	case 1:
	case 2:
	case 3:
		/* A good job, where the ring's parameters are such that the host can write it. */
		if (line->depth && line->depth <= ONPU_FW_DEPTH_MAX &&
		    !(line->depth & (line->depth - 1)) && line->ring == FAKE_RING(slot))
			fake_submit(f, slot, 1);
		break;
	case 4:
	case 5:
		host_write(z);
		break;
	case 6:
		z->countdown = 1 + take(z, 1);
		break;
	case 7:
		fake_ring(f, take(z, 1) & 63);
		break;
	case 8:
	case 9:
	case 10:
		stop_job(z);
		break;
	case 11:
		cycles = take(z, 2);
		f->now += (uint64_t)cycles << (take(z, 1) & 15);
		break;
	case 12:
		f->hung = op & 16;
		f->undrained = op & 32;
		f->dma_error = op & 64;
		f->ctx_error = op & 128;
		f->live_size = number(z);
		break;
	case 13:
		fake_shared(f)->completion_host.head = fake_shared(f)->completion_fw.tail;
		fake_shared(f)->completion_host.arm = fake_shared(f)->completion_fw.tail;
		break;
	case 14:
		line->kill_seq = number(z);
		line->kill = 1;
		fake_ring(f, slot);
		break;
	case 15:
		/* Rarely, or nothing else would be tested. */
		if (take(z, 1) == 0) {
			f->bad_va = FAKE_BASE + (take(z, 3) & (FAKE_SIZE - 1));
			f->bad_size = 64;
		}
		break;
	}
}

static unsigned int fuzz_started, fuzz_records;	/* of the last input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz *z = calloc(1, sizeof(*z));

	if (!z)
		return 0;
	z->data = data;
	z->size = size;
	fake_reset(&z->fake, 64u << (take(z, 1) & 1));
	fake_init(&z->fake);
	z->fake.hook = check_access;
	z->fake.hook_ctx = z;
	fake_shared(&z->fake)->control.request = ONPU_FW_REQUEST_RUN;
	fake_ring(&z->fake, 0);
	poll(z);
	for (uint32_t i = 0; i < 3; i++)
		fake_enable(&z->fake, i, 4, i, i);
	while (z->size && !onpu_firmware_stopped(&z->fake.fw)) {
		step(z);
		poll(z);
	}
	fuzz_started = z->fake.starts;
	fuzz_records = z->records;
	free(z);
	return 0;
}
