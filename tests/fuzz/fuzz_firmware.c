// SPDX-License-Identifier: MIT
/*
 * Firmware against a host that does anything, at any time: every word that the host may write
 * changes between any two accesses of firmware, as the input says.  Also on a device that fails;
 * one that lies is not tried, firmware has to trust the hardware that it runs on.
 *
 *	make fuzz FUZZ=firmware
 *
 * tests/unit/test_firmware.c runs a bounded number of random inputs; tests/firmware/ measures what
 * they reach, and that they find what is broken on purpose.
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

/* Registers and memory that one poll may touch; docs/firmware.md has the sum. */
#define MAX_ACCESSES 1600
/* More, when a status bit hangs. */
#define MAX_SPIN 100000
/* Reads of the host's memory in one poll. */
#define MAX_READS 256

static struct {
	unsigned long started, warm, resumed, records, most;
} fuzz_did;

struct commands {
	uint32_t ctx, entry, size;
	struct onpu_fw_region region[ONPU_FW_REGIONS];
};

struct fuzz {
	struct fake fake;
	const uint8_t *data;
	size_t size;
	uint32_t countdown;		/* accesses until the host writes in between */
	uint32_t pace;			/* cycles of an access */
	uint32_t often;			/* and again within so many; 0: only once */
	unsigned int records;
	unsigned long most;		/* accesses of a poll */
	struct {
		uint32_t va, size;
	} read[MAX_READS];		/* of the host's memory, in this poll */
	unsigned int num_reads;
	struct commands running, saved[ONPU_FW_SLOTS];
	bool resumed;			/* what runs was */
	uint32_t key;			/* of what runs, or ran last */
	bool clean;			/* and SRAM is as a job that was not resumed has left it */
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

/* The ring entry of the job that many behind the first one without a record. */
static uint32_t *descriptor(struct fuzz *z, uint32_t slot, uint32_t behind)
{
	const struct onpu_queue *q = &z->fake.fw.queue[slot];
	uint32_t index = q->head + behind;

	return fake_at(&z->fake, FAKE_RING(slot) + (q->depth ? index % q->depth : 0) * 64);
}

/* What only the host writes: its lines and rings. */
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
		to = (uint32_t *)(word & 16 ? (void *)&fake_shared(f)->config :
					      &fake_shared(f)->completion_host) + word % 16;
		break;
	case 2:
	case 3:
		to = (uint32_t *)&fake_shared(f)->queue[slot].host + word % 16;
		break;
	case 4:
		to = (uint32_t *)&fake_shared(f)->queue[take(z, 1) & 63].host + word % 16;
		break;
	case 5:
		/* Of the job that is running, suspended, or next. */
		to = descriptor(z, slot, word >> 4 & 1) + word % 16;
		break;
	default:
		to = (uint32_t *)fake_at(f, FAKE_RING(slot)) + (word | (take(z, 1) & 3) << 8);
		break;
	}
	*to = value;
	if (what & 0x80)
		fake_ring(f, slot);
}

/* What the command processor has been given. */
static struct commands commands(const struct fake *f)
{
	struct commands c = { .ctx = f->active_ctx, .entry = f->reg[ONPU_CTL_JOB_ENTRY / 4],
			      .size = f->reg[ONPU_CTL_JOB_SIZE / 4] };

	for (uint32_t i = 0; i < ONPU_FW_REGIONS; i++) {
		c.region[i].va = f->reg[ONPU_CTL_REGION_VA(i) / 4];
		c.region[i].size = f->reg[ONPU_CTL_REGION_SIZE(i) / 4];
	}
	return c;
}

static bool wraps(uint32_t va, uint32_t size)
{
	return size && va + (size - 1) < va;
}

/* A job starts warm only where SRAM still is what one of its key, which was never resumed, has left. */
static void check_warm(struct fuzz *z, uint32_t value)
{
	const struct onpu_firmware *fw = &z->fake.fw;
	const struct onpu_job *job = fw->next_valid ? &fw->next : &fw->job;
	uint32_t entry = z->fake.reg[ONPU_CTL_JOB_ENTRY / 4];

	if (value == ONPU_CTL_JOB_COMMAND_START) {
		CHECK(entry == (fw->warm ? job->desc.warm_entry : job->desc.entry));
		CHECK(!fw->warm || (z->clean && z->key && job->desc.warm_key == z->key));
		z->key = job->desc.warm_key;
		z->resumed = false;
		fuzz_did.warm += fw->warm;
	}
	if (value == ONPU_CTL_JOB_COMMAND_RESUME &&
	    z->fake.job_state == ONPU_CTL_JOB_STATUS_STATE_IDLE)
		z->resumed = true;
	z->clean = value == ONPU_CTL_JOB_COMMAND_ACK && !z->resumed &&
		   z->fake.job_state == ONPU_CTL_JOB_STATUS_STATE_DONE;
}

/* Whatever the rings held, and whenever: engines only get what the rules allow. */
static void check_command(struct fuzz *z, uint32_t value)
{
	struct fake *f = &z->fake;
	struct commands now = commands(f);
	uint32_t slot = f->fw.job.slot;

	check_warm(z, value);
	if (value == ONPU_CTL_JOB_COMMAND_ACK &&
	    f->job_state == ONPU_CTL_JOB_STATUS_STATE_PREEMPTED)
		z->saved[slot] = z->running;
	if (value != ONPU_CTL_JOB_COMMAND_START && value != ONPU_CTL_JOB_COMMAND_RESUME)
		return;
	CHECK(f->fw.state == ONPU_FW_STATE_RUNNING);
	if (f->job_state == ONPU_CTL_JOB_STATUS_STATE_PREEMPTED) {
		CHECK(value == ONPU_CTL_JOB_COMMAND_RESUME);
		return;
	}
	CHECK(f->job_state == ONPU_CTL_JOB_STATUS_STATE_IDLE);
	CHECK(now.ctx && now.ctx < ONPU_FW_CONTEXTS);
	CHECK(now.entry % 4 == 0 && now.size && now.size % 4 == 0 && !wraps(now.entry, now.size));
	CHECK(!wraps(f->reg[ONPU_CTL_TRACE_VA / 4], f->reg[ONPU_CTL_TRACE_SIZE / 4]));
	for (uint32_t i = 0; i < ONPU_FW_REGIONS; i++)
		CHECK(!wraps(now.region[i].va, now.region[i].size));
	/* What was preempted goes on as what it was, and in its own address space. */
	if (value == ONPU_CTL_JOB_COMMAND_RESUME)
		CHECK(memcmp(&now, &z->saved[slot], sizeof(now)) == 0);
	z->running = now;
}

/* What leaves SRAM goes to the save area of the queue whose it is, and nowhere else. */
static void check_dma(const struct fuzz *z)
{
	const struct fake *f = &z->fake;
	const struct onpu_queue *q = &f->fw.queue[f->fw.job.slot];
	uint32_t at = f->reg[ONPU_CTL_DMA_VA / 4] - q->save, size = f->reg[ONPU_CTL_DMA_SIZE / 4];

	CHECK(at <= q->save_size && size <= q->save_size - at);
}

/* The host may say that its ring is where the shared block is. */
static bool is_both(const struct fake *f, uint32_t va)
{
	if (va - f->shared_va >= sizeof(struct onpu_fw_shared))
		return false;
	for (int i = 0; i < ONPU_FW_SLOTS; i++) {
		const struct onpu_queue *q = &f->fw.queue[i];

		if (q->state == ONPU_FW_QUEUE_ON && va - q->ring < ONPU_FW_RING_SIZE(q->depth))
			return true;
	}
	return false;
}

/* A word that the host may write is read once in a poll: there is no second, other value. */
static void check_read(struct fuzz *z, uint32_t va, uint32_t size)
{
	struct fake *f = &z->fake;

	/* A fresh look is what `arm` is for. */
	if (va == f->shared_va + offsetof(struct onpu_fw_shared, completion_host.arm) ||
	    is_both(f, va))
		return;
	for (unsigned int i = 0; i < z->num_reads; i++)
		CHECK(z->read[i].va - va >= size && va - z->read[i].va >= z->read[i].size);
	CHECK(z->num_reads < MAX_READS);
	z->read[z->num_reads].va = va;
	z->read[z->num_reads].size = size;
	z->num_reads++;
}

/* Firmware writes to its own lines and nowhere else. */
static void check_write(const struct fuzz *z, uint32_t va, uint32_t size)
{
	const struct onpu_firmware *fw = &z->fake.fw;
	uint32_t at = va - z->fake.shared_va;
	uint32_t end = (uint32_t)ONPU_FW_SHARED_SIZE(fw->state == ONPU_FW_STATE_RUNNING ?
						     fw->completion_count : 0);
	uint32_t queue = at - (uint32_t)offsetof(struct onpu_fw_shared, queue);

	CHECK(size && size <= sizeof(struct onpu_fw_hello));
	if (queue < sizeof(((struct onpu_fw_shared *)0)->queue))
		CHECK(queue % 128 >= 64 && queue % 128 + size <= 128);
	else if (at >= offsetof(struct onpu_fw_shared, log))
		CHECK((at < end && size <= end - at) || fw->state == ONPU_FW_STATE_CRASHED);
	else if (at >= offsetof(struct onpu_fw_shared, completion_fw))
		CHECK(size <= offsetof(struct onpu_fw_shared, queue) - at);
	else
		CHECK(at >= offsetof(struct onpu_fw_shared, hello) &&
		      size <= offsetof(struct onpu_fw_shared, completion_host) - at);
}

static void check_access(struct fake *f, enum fake_access access, uint32_t address)
{
	struct fuzz *z = f->hook_ctx;

	f->now += z->pace;
	if (access == FAKE_MEM_READ)
		check_read(z, address, f->touched);
	if (access == FAKE_MEM_WRITE)
		check_write(z, address, f->touched);
	if (access == FAKE_REG_WRITE || access == FAKE_REG_READ)
		CHECK(address % 4 == 0 && address < sizeof(f->reg));
	if (access == FAKE_REG_WRITE && address == ONPU_CTL_JOB_COMMAND)
		check_command(z, f->reg[ONPU_CTL_JOB_COMMAND / 4]);
	if (access == FAKE_REG_WRITE && address == ONPU_CTL_DMA_COMMAND)
		check_dma(z);
	if (access == FAKE_REG_WRITE &&
	    (address == ONPU_CTL_ACTIVE_CTX || address == ONPU_CTL_DMA_COMMAND))
		z->clean = false;
	if (z->countdown && --z->countdown == 0) {
		host_write(z);
		if (z->often && z->size)
			z->countdown = 1 + take(z, 1) % z->often;
	}
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
	/* What an earlier job had is not there any more. */
	for (uint32_t i = fw->job.desc.region_count; fw->running && i < ONPU_FW_REGIONS; i++)
		CHECK(!z->running.region[i].va && !z->running.region[i].size);
	if (fw->completion_tail != z->records && fw->state == ONPU_FW_STATE_RUNNING) {
		uint32_t index = fw->completion_tail - 1;
		const struct onpu_fw_completion *r =
			fake_at(f, fw->completion_va +
				   index % fw->completion_count * (uint32_t)sizeof(*r));

		CHECK(r->index == index);
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
		z->num_reads = 0;
		asleep = onpu_firmware_poll(&f->fw);
		CHECK(f->accesses < MAX_ACCESSES + (f->ctx_stuck || f->dma_stuck ? MAX_SPIN : 0));
		if (f->accesses > z->most)
			z->most = f->accesses;
		fake_flush(f);
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

/* Good jobs, as many as fit, where the ring's parameters are such that the host can write them. */
static void submit(struct fuzz *z, uint32_t slot, uint32_t count)
{
	struct onpu_fw_queue_host *line = &fake_shared(&z->fake)->queue[slot].host;
	uint32_t room = z->fake.fw.queue[slot].head + line->depth - line->tail;

	if (line->depth && line->depth <= ONPU_FW_DEPTH_MAX &&
	    !(line->depth & (line->depth - 1)) && line->ring == FAKE_RING(slot) &&
	    room <= line->depth) {
		uint32_t key = z->fake.starts >> 2 & 3;

		count = count < room ? count : room;
		fake_submit(&z->fake, slot, count);
		for (uint32_t i = 1; i <= count && key && z->fake.fw.minor; i++)
			fake_warm(fake_at(&z->fake, line->ring +
					  ((line->tail - i) & (line->depth - 1)) * 64), key);
	}
}

/* One word of the newest job's descriptor or regions. */
static void spoil_job(struct fuzz *z, uint32_t slot)
{
	const struct onpu_fw_queue_host *line = &fake_shared(&z->fake)->queue[slot].host;
	uint32_t at = (line->tail - 1) & (line->depth - 1), word = take(z, 1), value = number(z);

	if (!line->depth || line->depth > ONPU_FW_DEPTH_MAX || line->ring != FAKE_RING(slot))
		return;
	if (word & 1)
		at = at * 64 + (word >> 1) % 16 * 4;
	else
		at = line->depth * 64 + at * 128 + (word >> 1) % 4 * 4;
	if (word & 64)
		value = *(uint32_t *)fake_at(&z->fake, FAKE_RING(slot) + at) ^ 1u << value % 32;
	*(uint32_t *)fake_at(&z->fake, FAKE_RING(slot) + at) = value;
}

/* What only rarely comes about by itself. */
static void break_device(struct fuzz *z, uint32_t slot)
{
	struct fake *f = &z->fake;
	const uint32_t queue = FAKE_SHARED + offsetof(struct onpu_fw_shared, queue);

	switch (take(z, 1) & 15) {
	case 0:
		/* A line of the shared block: those of the first queues most often. */
		f->bad_va = FAKE_SHARED + 64 * (take(z, 1) & 31);
		f->bad_size = 64;
		break;
	case 2:
		f->bad_va = queue + 128 * slot + 64;
		f->bad_size = 64;
		break;
	case 3:
		f->bad_va = FAKE_SHARED + offsetof(struct onpu_fw_shared, completion_host);
		f->bad_size = take(z, 1) & 1 ? 64 : 4;
		break;
	case 4:
		/* Where firmware asks only when nobody else does. */
		f->bad_va = FAKE_SHARED + offsetof(struct onpu_fw_shared, control);
		f->bad_size = 64;
		if (f->fw.running && f->fw.drop)
			fake_ring(f, f->fw.job.slot);
		break;
	case 5:
		f->bad_va = FAKE_SHARED + 64 * take(z, 2);
		f->bad_size = 64 * take(z, 2);
		break;
	case 6:
		f->bad_va = FAKE_RING(slot);
		f->bad_size = 0x3000;
		break;
	case 7:
		f->ctx_stuck = take(z, 1) & 1;
		break;
	case 8:
		f->dma_stuck = take(z, 1) & 1;
		break;
	case 9:
		f->reset_fails = true;
		break;
	case 10:
		/* The engines forgot it. */
		if (f->fw.running)
			f->job_state = ONPU_CTL_JOB_STATUS_STATE_IDLE;
		break;
	case 11:
		fake_shared(f)->control.request = ONPU_FW_REQUEST_HALT;
		fake_ring(f, slot);
		break;
	}
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
		submit(z, slot, 1);
		break;
	case 2:
		submit(z, slot, 1 + (take(z, 1) & 63));
		break;
	case 3:
		submit(z, slot, 1);
		spoil_job(z, slot);
		break;
	case 4:
	case 5:
		host_write(z);
		break;
	case 6:
		z->often = take(z, 1);
		z->countdown = 1 + take(z, 1) % (z->often + 1);
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
		/* Its low word wraps soon. */
		if (op & 16)
			f->now |= 0xfffffff0;
		z->pace = op >> 5;
		break;
	case 12:
		f->hung = op & 16;
		f->undrained = op & 32;
		f->dma_error_at = op & 64 ? f->dma_count + 1 + (take(z, 1) & 3) : 0;
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
		if (take(z, 1) < 64)
			break_device(z, slot);
		break;
	}
}

/* A host that is wrong from the beginning. */
static void bad_start(struct fuzz *z)
{
	struct fake *f = &z->fake;
	uint32_t what = take(z, 1);

	if (what & 1)
		((uint32_t *)&fake_shared(f)->config)[take(z, 1) & 3] = number(z);
	if (what & 2)
		f->shared_va = FAKE_SHARED + number(z);
	if (what & 4)
		fake_shared(f)->control.minor = number(z);
	if (what & 8)
		fake_shared(f)->control.request = number(z);
	if (what & 16) {
		f->bad_va = FAKE_SHARED + 64 * (take(z, 1) & 15);
		f->bad_size = 64;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz fuzz;
	struct fuzz *z = &fuzz;
	struct fake *f = &z->fake;
	uint32_t how;

	memset(z, 0, sizeof(*z));
	z->data = data;
	z->size = size;
	how = take(z, 1);
	fake_reset(f, 64u << (how & 1));
	f->lazy = how & 2;
	f->can_read_ahead = how & 4;
	f->instant = (how & 0x82) == 0x80;
	fake_shared(f)->control.request = ONPU_FW_REQUEST_RUN;
	fake_shared(f)->control.minor = how >> 3 & 1;
	if ((how & 0x38) == 0x38)
		bad_start(z);
	if (how & 0x40)
		z->countdown = 1 + take(z, 1) % 32;
	f->hook = check_access;
	f->hook_ctx = z;
	fake_init(f);
	fake_flush(f);
	fake_ring(f, 0);
	poll(z);
	for (uint32_t i = 0; i < 3; i++)
		fake_enable(f, i, 4, i, i);
	while (z->size && !onpu_firmware_stopped(&f->fw)) {
		step(z);
		poll(z);
	}
	fuzz_did.started += f->starts;
	fuzz_did.resumed += f->resumes;
	fuzz_did.records += z->records;
	if (z->most > fuzz_did.most && z->most < MAX_ACCESSES)
		fuzz_did.most = z->most;
	return 0;
}

/* The same random inputs for the same seed. */
__attribute__((unused)) static void fuzz_random(uint32_t seed, int count)
{
	uint8_t data[600];

	for (int i = 0; i < count; i++) {
		size_t size = 50 + (size_t)(i * 7 % 550);

		for (size_t k = 0; k < size; k++) {
			seed = seed * 1664525 + 1013904223;
			data[k] = (uint8_t)(seed >> 24);
		}
		LLVMFuzzerTestOneInput(data, size);
	}
}
