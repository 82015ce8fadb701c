// SPDX-License-Identifier: MIT
/* The firmware's side of the host-firmware interface, on a fake device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../fuzz/fuzz_firmware.c"

static struct fake fake;

#define shared fake_shared(&fake)

/* Lets jobs end one after the other until nothing happens any more; how many did. */
static unsigned int finish_all(void)
{
	unsigned int count = 0;

	while (fake_poll(&fake) >= 0 && fake.job_state == ONPU_CTL_JOB_STATUS_STATE_RUNNING) {
		fake.now += 100;
		fake_finish(&fake);
		count++;
	}
	return count;
}

static void host_drains(void)
{
	shared->completion_host.head = shared->completion_fw.tail;
	shared->completion_host.arm = shared->completion_fw.tail;
}

/* ---- boot ---------------------------------------------------------------------------- */

static void hello_is_complete(void **state)
{
	(void)state;
	fake_reset(&fake, 64);
	fake_init(&fake);
	assert_int_equal(shared->hello.magic, ONPU_FW_HELLO_MAGIC);
	assert_int_equal(shared->hello.major, ONPU_FW_MAJOR);
	assert_int_equal(shared->hello.minor_max, ONPU_FW_MINOR_MAX);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_HELLO);
	assert_int_equal(shared->hello.preset, 0x01101002);
	assert_int_equal(shared->hello.sram_bytes, 512 << 10);
	assert_int_equal(shared->hello.save_bytes, 128 + (512 << 10) + 512);
	assert_int_equal(shared->hello.completion_size, 64);
	assert_string_equal((const char *)shared->hello.build, "fake");
	assert_int_equal(fake.interrupts, 1);
	/* Queues do not live before the host has agreed. */
	fake_enable(&fake, 3, 4, 1, 1);
	assert_true(fake_poll(&fake) >= 0);
	assert_int_equal(shared->queue[3].fw.enable_ack, 0);
	shared->control.request = ONPU_FW_REQUEST_RUN;
	fake_ring(&fake, 3);
	fake_poll(&fake);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_RUNNING);
	assert_int_equal(shared->queue[3].fw.state, ONPU_FW_QUEUE_ON);
}

static void wrong_minor_is_refused(void **state)
{
	(void)state;
	fake_reset(&fake, 64);
	fake_init(&fake);
	shared->control.minor = ONPU_FW_MINOR_MAX + 1;
	shared->control.request = ONPU_FW_REQUEST_RUN;
	fake_ring(&fake, 0);
	fake_poll(&fake);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_REFUSED);
	assert_int_equal(fake.interrupts, 2);
}

static void wrong_config_is_refused(void **state)
{
	static const uint32_t counts[] = { 0, 32, 63, 96, 8192, 0x80000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		fake_reset(&fake, 64);
		shared->config.completion_count = counts[i];
		fake_init(&fake);
		assert_int_equal(shared->hello.state, ONPU_FW_STATE_REFUSED);
	}
	fake_reset(&fake, 64);
	shared->config.size--;
	fake_init(&fake);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_REFUSED);
	fake_reset(&fake, 64);
	shared->config.magic++;
	fake_init(&fake);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_REFUSED);
	assert_true(onpu_firmware_poll(&fake.fw));
	/* A block that wraps around: it ends at 2^32, or would end behind it. */
	for (uint32_t more = 0; more < 2; more++) {
		fake_reset(&fake, 64);
		shared->config.size = 0u - FAKE_SHARED + more - 1;
		fake_init(&fake);
		assert_int_equal(shared->hello.state, more ? ONPU_FW_STATE_REFUSED :
							     ONPU_FW_STATE_HELLO);
	}
}

/* ---- rings --------------------------------------------------------------------------- */

static void rings_wrap(void **state)
{
	uint32_t seq = 0xffffffc0;
	uint32_t done = 0;

	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 2, 4, 1, seq);
	fake_poll(&fake);
	for (int round = 0; round < 300; round++) {
		uint32_t count = 1 + (uint32_t)round % 4;

		fake_submit(&fake, 2, count);
		assert_int_equal(finish_all(), count);
		assert_int_equal(shared->completion_fw.tail, done + count);
		for (uint32_t i = 0; i < count; i++, done++, seq++) {
			const struct onpu_fw_completion *r = fake_record(&fake, done);

			assert_int_equal(r->index, done);
			assert_int_equal(r->seq, seq);
			assert_int_equal(r->slot, 2);
			assert_int_equal(r->status, ONPU_FW_OK);
			assert_int_equal(fake.entry[done], 0x30000 + 4 * done);
			assert_true(r->queued_cycle <= r->start_cycle &&
				    r->start_cycle < r->end_cycle && r->end_cycle <= r->done_cycle);
		}
		assert_int_equal(shared->queue[2].fw.head, done);
		host_drains();
	}
	assert_int_equal(shared->queue[2].fw.run_cycles, 100 * done);
	/* Only the first job needed a context. */
	assert_int_equal(fake.switches, 1);
}

static void interrupts_are_coalesced(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 8, 1, 1);
	fake_poll(&fake);
	fake.interrupts = 0;
	/* Armed at 0: one interrupt for the first record, none until armed again. */
	fake_submit(&fake, 0, 8);
	finish_all();
	assert_int_equal(shared->completion_fw.tail, 8);
	assert_int_equal(fake.interrupts, 1);
	fake_submit(&fake, 0, 1);
	finish_all();
	assert_int_equal(fake.interrupts, 1);
	host_drains();
	fake_submit(&fake, 0, 2);
	finish_all();
	assert_int_equal(fake.interrupts, 2);
}

/* A host that does not read is waited for: no record is lost or overwritten. */
static void full_completion_ring_holds_jobs_back(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 64, 1, 1);
	fake_poll(&fake);
	fake_submit(&fake, 0, 64);
	assert_int_equal(finish_all(), 64);
	fake_submit(&fake, 0, 10);
	assert_int_equal(finish_all(), 0);
	assert_int_equal(shared->completion_fw.tail, 64);
	assert_int_equal(fake_record(&fake, 0)->seq, 1);
	/* A head that lies makes no room. */
	shared->completion_host.head = 1000;
	fake.now += ONPU_FW_HEARTBEAT_CYCLES;
	assert_int_equal(finish_all(), 0);
	shared->completion_host.head = 7;
	fake.now += ONPU_FW_HEARTBEAT_CYCLES;
	assert_int_equal(finish_all(), 7);
	host_drains();
	fake.now += ONPU_FW_HEARTBEAT_CYCLES;
	assert_int_equal(finish_all(), 3);
}

/* ---- what comes first ---------------------------------------------------------------- */

static void priorities_then_round_robin(void **state)
{
	static const uint32_t priority[4] = { 1, 3, 1, 0 };
	static const uint8_t order[] = { 1, 1, 1, 0, 2, 0, 2, 0, 2, 3, 3, 3 };

	(void)state;
	fake_boot(&fake, 64);
	for (uint32_t slot = 0; slot < 4; slot++)
		fake_enable(&fake, slot, 4, priority[slot], 1);
	fake_poll(&fake);
	for (uint32_t slot = 0; slot < 4; slot++) {
		shared->queue[slot].host.save_size = 0;
		fake_submit(&fake, slot, 3);
	}
	/* Round-robin begins behind the slot that was served last: none, so at 1. */
	fake.fw.last_slot[1] = 63;
	assert_int_equal(finish_all(), 12);
	for (uint32_t i = 0; i < 12; i++)
		assert_int_equal(fake_record(&fake, i)->slot, order[i]);
}

/* The next job's descriptor is in firmware's hands while the current one runs. */
static uint32_t watched;
static unsigned int reads;

static void count_reads(struct fake *f, enum fake_access access, uint32_t address)
{
	(void)f;
	if (access == FAKE_MEM_READ && address == watched)
		reads++;
}

static void next_job_is_read_ahead(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 4, 1, 1);
	fake_poll(&fake);
	watched = FAKE_RING(0) + 64;
	reads = 0;
	fake.hook = count_reads;
	fake_submit(&fake, 0, 2);
	fake_poll(&fake);
	assert_int_equal(fake.starts, 1);
	assert_int_equal(reads, 1);
	/* What the host does to it now comes too late, and is never half seen. */
	memset(fake_at(&fake, watched), 0xff, 64);
	assert_int_equal(finish_all(), 2);
	assert_int_equal(reads, 1);
	assert_int_equal(fake_record(&fake, 1)->status, ONPU_FW_OK);
}

/* A host turns a slot on with the first push, and waits for nothing. */
static void enable_and_tail_share_a_doorbell(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	for (uint32_t life = 0; life < 3; life++) {
		uint32_t seq = 10 * life + 1;

		fake_enable(&fake, 5, 4, 1, seq);
		fake_submit(&fake, 5, 4);
		assert_int_equal(finish_all(), 4);
		assert_int_equal(shared->queue[5].fw.state, ONPU_FW_QUEUE_ON);
		assert_int_equal(shared->queue[5].fw.enable_ack, shared->queue[5].host.enable);
		assert_int_equal(shared->completion_fw.tail, 4 * life + 4);
		assert_int_equal(fake_record(&fake, 4 * life)->seq, seq);
		assert_int_equal(fake_record(&fake, 4 * life + 3)->seq, seq + 3);
		host_drains();
	}
	/* Before RUN too, as after a reset. */
	fake_reset(&fake, 64);
	fake_init(&fake);
	fake_enable(&fake, 5, 4, 1, 7);
	fake_submit(&fake, 5, 2);
	fake_poll(&fake);
	assert_int_equal(fake.starts, 0);
	shared->control.request = ONPU_FW_REQUEST_RUN;
	fake_ring(&fake, 5);
	assert_int_equal(finish_all(), 2);
	assert_int_equal(fake_record(&fake, 1)->seq, 8);
	/* Too many at once are refused as ever. */
	fake_enable(&fake, 5, 4, 1, 7);
	fake_submit(&fake, 5, 5);
	fake_poll(&fake);
	assert_int_equal(shared->queue[5].fw.reason, ONPU_FW_QUEUE_BAD_TAIL);
}

static unsigned int started_too_late;

/* When START or RESUME is written, `started` must have arrived or be on its way. */
static void check_started(struct fake *f, enum fake_access access, uint32_t address)
{
	uint32_t entry = f->entry[f->starts % 4096];
	uint32_t slot = entry / 0x10000 - 1, index = entry % 0x10000 / 4;

	if (access != FAKE_REG_WRITE || address != ONPU_CTL_JOB_COMMAND ||
	    f->job_state != ONPU_CTL_JOB_STATUS_STATE_IDLE)
		return;
	fake_flush(f);
	if ((int32_t)(fake_shared(f)->queue[slot].fw.started - index) <= 0)
		started_too_late++;
}

/* A job of slot 0 is in its save area, the first of `urgent` of slot 1 runs. */
static void suspend(int urgent)
{
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 4, 0, 1);
	fake_enable(&fake, 1, 4, 2, 1);
	fake_poll(&fake);
	fake_submit(&fake, 0, 2);
	fake_poll(&fake);
	fake_submit(&fake, 1, urgent);
	fake_poll(&fake);
	fake.live_size = 64;
	fake_stop(&fake, ONPU_CTL_JOB_STATUS_STATE_PREEMPTED, 0);
}

static void started_is_written_before_start(void **state)
{
	unsigned int starts;

	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 8, 1, 100);
	fake_enable(&fake, 1, 8, 1, 1);
	fake_poll(&fake);
	assert_int_equal(shared->queue[0].fw.started, 0);
	started_too_late = 0;
	fake.hook = check_started;
	fake.lazy = true;
	fake_submit(&fake, 0, 5);
	fake_submit(&fake, 1, 5);
	fake_poll(&fake);
	/* One runs; those behind it, read ahead or not, have not begun. */
	assert_int_equal(shared->queue[0].fw.started + shared->queue[1].fw.started, 1);
	for (unsigned int done = 0; done < 9; done++) {
		fake.now += 100;
		fake_finish(&fake);
		fake_poll(&fake);
		starts = shared->queue[0].fw.started + shared->queue[1].fw.started;
		assert_int_equal(starts, done + 2);
		assert_int_equal(shared->queue[0].fw.head + shared->queue[1].fw.head, done + 1);
	}
	finish_all();
	/* Of one context: the next starts before the record of the last. */
	fake_submit(&fake, 0, 4);
	finish_all();
	assert_int_equal(started_too_late, 0);
	assert_int_equal(fake.starts, 14);

	/* A job that is refused counts when it has its record, one behind it does not. */
	fake_submit(&fake, 0, 3);
	fake_descriptor(&fake, 0, 9)->ctx = 0;
	fake_poll(&fake);
	assert_int_equal(shared->queue[0].fw.head, 10);
	assert_int_equal(shared->queue[0].fw.started, 11);
	finish_all();

	/* A preempted job stays started, and so does the count when it resumes. */
	suspend(1);
	fake_poll(&fake);
	assert_int_equal(shared->queue[0].fw.started, 1);
	assert_int_equal(shared->queue[1].fw.started, 1);
	fake.now += 100;
	fake_finish(&fake);
	fake_poll(&fake);
	assert_int_equal(fake.resumes, 1);
	assert_int_equal(shared->queue[0].fw.started, 1);
}

static void preemption_saves_and_resumes(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 4, 0, 1);
	fake_enable(&fake, 1, 4, 2, 1);
	fake_poll(&fake);
	fake_submit(&fake, 0, 2);
	fake_poll(&fake);
	assert_false(fake.preempt);
	fake_submit(&fake, 1, 1);
	fake_poll(&fake);
	assert_true(fake.preempt);
	fake.live_size = 1000;
	fake_stop(&fake, ONPU_CTL_JOB_STATUS_STATE_PREEMPTED, 0);
	fake_poll(&fake);
	/* State and one range are out, the other queue's job runs. */
	assert_int_equal(fake.dma_count, 2);
	assert_int_equal(fake.active_ctx, 2);
	assert_int_equal(shared->queue[0].fw.preempted, 1);
	fake.now += 100;
	fake_finish(&fake);
	fake_poll(&fake);
	assert_int_equal(fake_record(&fake, 0)->slot, 1);
	assert_int_equal(fake.dma_count, 4);
	assert_int_equal(fake.resumes, 1);
	assert_int_equal(fake.active_ctx, 1);
	assert_int_equal(finish_all(), 2);
	assert_int_equal(fake_record(&fake, 1)->seq, 1);
	assert_int_equal(fake_record(&fake, 2)->seq, 2);
	/* It began before the one that overtook it. */
	assert_true(fake_record(&fake, 1)->start_cycle <= fake_record(&fake, 0)->start_cycle);

	/* Too much is live for the save area: it goes on. */
	fake_submit(&fake, 0, 1);
	fake_poll(&fake);
	fake_submit(&fake, 1, 1);
	fake_poll(&fake);
	fake.live_size = 64 << 10;
	fake_stop(&fake, ONPU_CTL_JOB_STATUS_STATE_PREEMPTED, 0);
	fake_poll(&fake);
	assert_int_equal(fake.dma_count, 4);
	assert_int_equal(fake.resumes, 2);
	assert_int_equal(fake.job_state, ONPU_CTL_JOB_STATUS_STATE_RUNNING);
	assert_false(fake.preempt);
	finish_all();
	assert_int_equal(fake_record(&fake, 3)->slot, 0);
	assert_int_equal(fake_record(&fake, 4)->slot, 1);

	/* What cannot be restored is told. */
	fake_submit(&fake, 0, 1);
	fake_poll(&fake);
	fake_submit(&fake, 1, 1);
	fake_poll(&fake);
	fake.live_size = 64;
	fake_stop(&fake, ONPU_CTL_JOB_STATUS_STATE_PREEMPTED, 0);
	fake_poll(&fake);
	fake.dma_error = true;
	finish_all();
	assert_int_equal(fake_record(&fake, 6)->status, ONPU_FW_SAVE_FAILED);
}

/* What is in the save area goes back to the job, and the address space, that it was of. */
static void suspended_job_must_not_change(void **state)
{
	(void)state;
	for (uint32_t word = 0; word <= 18; word++) {
		struct onpu_fw_completion *r;
		uint32_t *at = fake_at(&fake, FAKE_RING(0) + (word < 16 ? 4 * word : 256 + 4 * (word - 16)));

		suspend(1);
		fake_poll(&fake);
		/* The last one is of a region that the job does not have. */
		*at ^= word == 1 ? 2 : 128;
		fake.now += 100;
		fake_finish(&fake);
		fake_poll(&fake);
		r = fake_record(&fake, 1);
		if (word == 18) {
			assert_int_equal(fake.resumes, 1);
			continue;
		}
		assert_int_equal(fake.resumes, 0);
		assert_int_equal(r->seq, 1);
		/* Sequence number, flags, reserved words: the descriptor is malformed besides. */
		assert_true(r->status == ONPU_FW_SAVE_FAILED || r->status == ONPU_FW_BAD_DESCRIPTOR);
		assert_int_equal(r->status == ONPU_FW_BAD_DESCRIPTOR, word == 0 || (word >= 10 && word < 16));
		/* The queue goes on. */
		assert_int_equal(finish_all(), 1);
		assert_int_equal(fake_record(&fake, 2)->status, ONPU_FW_OK);
	}
}

/* Nothing is started by firmware that has said that it is dead. */
static void crash_starts_nothing(void **state)
{
	(void)state;
	suspend(1);
	fake.dma_stuck = true;
	fake_poll(&fake);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_CRASHED);
	assert_int_equal(fake.job_state, ONPU_CTL_JOB_STATUS_STATE_PREEMPTED);
	assert_int_equal(shared->completion_fw.tail, 0);

	suspend(1);
	fake_poll(&fake);
	fake.now += 100;
	fake_finish(&fake);
	fake.dma_stuck = true;
	fake_poll(&fake);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_CRASHED);
	assert_int_equal(fake.resumes, 0);
	assert_int_equal(fake.job_state, ONPU_CTL_JOB_STATUS_STATE_IDLE);
}

static void no_preemption_where_it_is_not_wanted(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 4, 0, 1);
	shared->queue[0].host.save_size = 0;
	fake_enable(&fake, 1, 4, 2, 1);
	fake_enable(&fake, 2, 4, 2, 1);
	fake_poll(&fake);
	fake_submit(&fake, 0, 1);
	fake_poll(&fake);
	fake_submit(&fake, 1, 1);
	fake_poll(&fake);
	assert_false(fake.preempt);	/* no save area */
	finish_all();
	fake_submit(&fake, 1, 1);
	fake_poll(&fake);
	fake_submit(&fake, 2, 1);
	fake_poll(&fake);
	assert_false(fake.preempt);	/* not of higher priority */
	finish_all();
	fake_enable(&fake, 0, 4, 0, 1);
	fake_poll(&fake);
	fake_descriptor(&fake, 0, 0)->flags = ONPU_FW_JOB_NO_PREEMPT;
	shared->queue[0].host.tail = 1;
	fake_ring(&fake, 0);
	fake_poll(&fake);
	fake_submit(&fake, 1, 1);
	fake_poll(&fake);
	assert_false(fake.preempt);	/* the job's own wish */
}

/* ---- kill ---------------------------------------------------------------------------- */

static void kill_to(uint32_t slot, uint32_t seq)
{
	shared->queue[slot].host.kill_seq = seq;
	shared->queue[slot].host.kill = 1;
	fake_ring(&fake, slot);
}

static void kill_takes_running_and_waiting(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 8, 1, 0xfffffffe);
	fake_poll(&fake);
	fake_submit(&fake, 0, 5);
	fake_poll(&fake);
	fake.job_offset = 48;
	kill_to(0, 0);		/* the third: 0xfffffffe, 0xffffffff, 0 */
	fake_poll(&fake);
	assert_int_equal(fake.kills, 1);
	assert_int_equal(shared->completion_fw.tail, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(fake_record(&fake, i)->status, ONPU_FW_KILLED);
		assert_int_equal(fake_record(&fake, i)->fault, ONPU_FAULT_KILLED);
		assert_int_equal(fake_record(&fake, i)->seq, 0xfffffffe + i);
	}
	assert_int_equal(fake_record(&fake, 0)->stream_offset, 48);
	assert_int_equal(fake.starts, 2);
	assert_int_equal(finish_all(), 2);
	assert_int_equal(fake_record(&fake, 4)->status, ONPU_FW_OK);
}

/* From timer to timer, until the engines were reset or it takes too long. */
static void wait_reset(unsigned int resets)
{
	uint64_t end = fake.now + 4 * ONPU_FW_KILL_CYCLES;

	while (fake.resets < resets && fake.now < end) {
		assert_true(fake.timer > fake.now);
		fake.now = fake.timer;
		fake_poll(&fake);
	}
	assert_int_equal(fake.resets, resets);
}

static void hung_engine_is_reset(void **state)
{
	uint64_t begin;

	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 8, 1, 1);
	fake_poll(&fake);
	fake_submit(&fake, 0, 2);
	fake_poll(&fake);
	fake.hung = true;
	fake.undrained = true;
	begin = fake.now;
	kill_to(0, 1);
	fake_poll(&fake);
	assert_int_equal(fake.timer, begin + ONPU_FW_KILL_CYCLES);
	assert_int_equal(shared->completion_fw.tail, 0);
	fake.now = fake.timer;
	fake_poll(&fake);
	/* Fenced, and no reset while bursts are on the way. */
	assert_true(fake.fence);
	assert_int_equal(fake.resets, 0);
	wait_reset(1);
	assert_in_range(fake.now, begin + ONPU_FW_KILL_CYCLES + ONPU_FW_DRAIN_CYCLES,
			begin + ONPU_FW_KILL_CYCLES + ONPU_FW_DRAIN_CYCLES + 256);
	assert_false(fake.fence);
	assert_int_equal(fake_record(&fake, 0)->status, ONPU_FW_ENGINE_RESET);
	assert_int_equal(fake_record(&fake, 0)->fault, ONPU_FAULT_ENGINE_HANG);
	assert_int_equal(fake_record(&fake, 0)->reason, ONPU_FAULT_KILLED);
	/* The queue goes on. */
	fake.hung = false;
	assert_int_equal(finish_all(), 1);

	/* A fence that drains at once. */
	fake.undrained = false;
	fake.hung = true;
	fake_submit(&fake, 0, 1);
	fake_poll(&fake);
	kill_to(0, 3);
	fake_poll(&fake);
	wait_reset(2);

	/* Engines that do not come back are the end. */
	fake.hung = true;
	fake.reset_fails = true;
	shared->queue[0].host.kill = 0;
	fake_submit(&fake, 0, 1);
	fake_poll(&fake);
	kill_to(0, 4);
	fake_poll(&fake);
	wait_reset(3);
	assert_int_equal(shared->crash.code, ONPU_FW_CRASH_ENGINE);
	assert_int_equal(shared->completion_fw.tail, 3);
}

/* Hardware that forgets the budget is noticed. */
static void budget_is_enforced_by_firmware_too(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 8, 1, 1);
	fake_poll(&fake);
	fake_submit(&fake, 0, 1);
	fake_poll(&fake);
	fake.now += 1000000;
	fake_poll(&fake);
	assert_int_equal(fake.kills, 0);
	fake.now += ONPU_FW_BUDGET_GRACE;
	fake_poll(&fake);
	assert_int_equal(fake.kills, 1);
	assert_int_equal(fake_record(&fake, 0)->status, ONPU_FW_FAULT);
	assert_int_equal(fake_record(&fake, 0)->fault, ONPU_FAULT_WATCHDOG);
}

static void faults_are_reported(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 8, 1, 1);
	fake_poll(&fake);
	fake_submit(&fake, 0, 2);
	fake_poll(&fake);
	fake.job_offset = 96;
	fake_stop(&fake, ONPU_CTL_JOB_STATUS_STATE_FAULT, ONPU_FAULT_SRAM_RANGE);
	assert_int_equal(finish_all(), 1);
	assert_int_equal(fake_record(&fake, 0)->status, ONPU_FW_FAULT);
	assert_int_equal(fake_record(&fake, 0)->fault, ONPU_FAULT_SRAM_RANGE);
	assert_int_equal(fake_record(&fake, 0)->stream_offset, 96);
	assert_int_equal(fake_record(&fake, 1)->status, ONPU_FW_OK);
}

/* ---- warm starts ---------------------------------------------------------------------- */

/* Submits a job with that key to slot, and lets it run; whether it started warm. */
static bool runs_warm(uint32_t slot, uint32_t key)
{
	struct onpu_fw_queue_host *line = &shared->queue[slot].host;
	struct onpu_fw_descriptor *desc = fake_descriptor(&fake, slot, line->tail);
	uint32_t cold = desc->entry, started;

	if (key)
		fake_warm(desc, key);
	line->tail++;
	fake_ring(&fake, slot);
	fake_poll(&fake);
	started = fake.reg[ONPU_CTL_JOB_ENTRY / 4];
	assert_true(started == cold || (key && started == cold + 0x8000));
	assert_int_equal(fake.reg[ONPU_CTL_JOB_SIZE / 4], started == cold ? 64 : 32);
	return started != cold;
}

static void end_with(uint32_t job_state, uint32_t fault)
{
	fake.now += 100;
	fake_stop(&fake, job_state, fault);
	fake_poll(&fake);
	host_drains();
}

static void end_good(void)
{
	end_with(ONPU_CTL_JOB_STATUS_STATE_DONE, 0);
}

static void same_key_starts_warm(void **state)
{
	uint32_t tail;

	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 8, 1, 1);
	fake_enable(&fake, 1, 8, 1, 1);
	fake_poll(&fake);
	assert_false(runs_warm(0, 7));
	end_good();
	assert_true(runs_warm(0, 7));
	fake.job_offset = 12;
	end_good();
	/* Its place is told from its first stream on. */
	assert_int_equal(fake_record(&fake, 1)->stream_offset, 0x8000 + 12);
	assert_true(runs_warm(0, 7));
	end_good();
	/* Another key, and none, and what came before them. */
	assert_false(runs_warm(0, 8));
	end_good();
	assert_false(runs_warm(0, 0));
	end_good();
	assert_false(runs_warm(0, 7));
	end_good();
	/* Another context: both begin with nothing. */
	assert_false(runs_warm(1, 7));
	end_good();
	assert_false(runs_warm(0, 7));
	end_good();
	/* One that waits behind the running one starts before that one's record. */
	tail = shared->queue[0].host.tail;
	for (uint32_t i = 0; i < 3; i++)
		fake_warm(fake_descriptor(&fake, 0, tail + i), 7);
	shared->queue[0].host.tail = tail + 3;
	fake_ring(&fake, 0);
	for (uint32_t i = 0; i < 3; i++) {
		fake_poll(&fake);
		assert_int_equal(fake.reg[ONPU_CTL_JOB_ENTRY / 4] % 0x10000, 0x8000 + 4 * (tail + i));
		end_good();
	}
}

static void what_ends_badly_is_not_kept(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 8, 1, 1);
	fake_poll(&fake);
	assert_false(runs_warm(0, 7));
	end_with(ONPU_CTL_JOB_STATUS_STATE_FAULT, ONPU_FAULT_SRAM_RANGE);
	assert_false(runs_warm(0, 7));
	end_good();
	/* A fault in a job without a key. */
	assert_false(runs_warm(0, 0));
	end_with(ONPU_CTL_JOB_STATUS_STATE_FAULT, ONPU_FAULT_SRAM_RANGE);
	assert_false(runs_warm(0, 7));
	kill_to(0, shared->queue[0].host.tail);
	fake_poll(&fake);
	assert_int_equal(fake_record(&fake, 3)->status, ONPU_FW_KILLED);
	host_drains();
	shared->queue[0].host.kill = 0;
	assert_false(runs_warm(0, 7));
	end_good();
	/* Refused: SRAM is as it was. */
	shared->queue[0].host.tail++;
	fake_descriptor(&fake, 0, shared->queue[0].host.tail - 1)->ctx = 0;
	fake_ring(&fake, 0);
	fake_poll(&fake);
	host_drains();
	assert_true(runs_warm(0, 7));
	end_good();
	/* The slot is given away, its context's number with it. */
	fake_enable(&fake, 0, 8, 1, 1);
	fake_poll(&fake);
	assert_false(runs_warm(0, 7));
	end_good();
}

static void suspended_job_goes_on_in_its_stream(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 8, 0, 1);
	fake_enable(&fake, 1, 8, 2, 1);
	fake_poll(&fake);
	assert_false(runs_warm(0, 7));
	end_good();
	assert_true(runs_warm(0, 7));
	/* One of its own address space comes in between, so that no switch cleans up. */
	fake_descriptor(&fake, 1, 0)->ctx = 1;
	shared->queue[1].host.tail = 1;
	fake_ring(&fake, 1);
	fake_poll(&fake);
	fake.live_size = 64;
	end_with(ONPU_CTL_JOB_STATUS_STATE_PREEMPTED, 0);
	assert_int_equal(fake.reg[ONPU_CTL_JOB_ENTRY / 4], 0x20000);
	end_good();
	assert_int_equal(fake.resumes, 1);
	assert_int_equal(fake.reg[ONPU_CTL_JOB_ENTRY / 4], 0x10000 + 4 + 0x8000);
	assert_int_equal(fake.reg[ONPU_CTL_JOB_SIZE / 4], 32);
	end_good();
	/* Only its live ranges came back. */
	assert_false(runs_warm(0, 7));
	end_good();
	assert_true(runs_warm(0, 7));
	end_good();
}

static void older_host_has_no_warm_starts(void **state)
{
	(void)state;
	fake_reset(&fake, 64);
	fake_init(&fake);
	shared->control.minor = 0;
	shared->control.request = ONPU_FW_REQUEST_RUN;
	fake_enable(&fake, 0, 8, 1, 1);
	fake_poll(&fake);
	fake_warm(fake_descriptor(&fake, 0, 0), 7);
	shared->queue[0].host.tail = 1;
	fake_ring(&fake, 0);
	fake_poll(&fake);
	assert_int_equal(fake_record(&fake, 0)->status, ONPU_FW_BAD_DESCRIPTOR);
	assert_int_equal(fake_record(&fake, 0)->reason, ONPU_FW_BAD_RESERVED);
}

/* ---- hosts that err ------------------------------------------------------------------ */

static void spoil(struct onpu_fw_descriptor *desc, struct onpu_fw_region *region, int how)
{
	switch (how) {
	case 0: desc->seq++; break;
	case 1: desc->ctx = 0; break;
	case 2: desc->flags = 2; break;
	case 3: desc->flags = 0x8000; break;
	case 4: desc->region_count = 17; break;
	case 5: region->va = 0xfffff001; break;
	case 6: desc->entry |= 2; break;
	case 7: desc->stream_size = 0; break;
	case 8: desc->stream_size = 66; break;
	case 9: desc->entry = 0xfffffffc; break;
	case 10: desc->trace_size = 24; desc->trace = 4; break;
	case 11: desc->trace_size = 24; desc->trace = 0xfffffff8; break;
	case 12: desc->reserved[0] = 1; break;
	case 13: desc->reserved[2] = 1; break;
	case 14: desc->warm_entry = desc->entry + 64; break;
	case 15: desc->warm_size = 64; break;
	case 16: fake_warm(desc, 1); desc->warm_entry = desc->entry + 60; break;
	case 17: fake_warm(desc, 1); desc->warm_entry = desc->entry - 4; break;
	case 18: fake_warm(desc, 1); desc->warm_entry |= 2; break;
	case 19: fake_warm(desc, 1); desc->warm_size = 0; break;
	case 20: fake_warm(desc, 1); desc->warm_size = 6; break;
	case 21: fake_warm(desc, 1); desc->warm_size = 0 - desc->warm_entry + 4; break;
	}
}

static void malformed_descriptors_have_their_status(void **state)
{
	static const uint8_t reason[] = {
		ONPU_FW_BAD_SEQ, ONPU_FW_BAD_CTX, ONPU_FW_BAD_FLAGS, ONPU_FW_BAD_FLAGS,
		ONPU_FW_BAD_REGIONS, ONPU_FW_BAD_REGIONS, ONPU_FW_BAD_STREAM, ONPU_FW_BAD_STREAM,
		ONPU_FW_BAD_STREAM, ONPU_FW_BAD_STREAM, ONPU_FW_BAD_TRACE, ONPU_FW_BAD_TRACE,
		ONPU_FW_BAD_RESERVED, ONPU_FW_BAD_RESERVED, ONPU_FW_BAD_RESERVED,
		ONPU_FW_BAD_RESERVED, ONPU_FW_BAD_STREAM, ONPU_FW_BAD_STREAM, ONPU_FW_BAD_STREAM,
		ONPU_FW_BAD_STREAM, ONPU_FW_BAD_STREAM, ONPU_FW_BAD_STREAM,
	};
	uint32_t tail = 0;

	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 4, 1, 1);
	fake_poll(&fake);
	for (int how = 0; how < 22; how++) {
		struct onpu_fw_descriptor *desc;
		struct onpu_fw_region *region;
		const struct onpu_fw_completion *r;

		desc = fake_descriptor(&fake, 0, tail);
		region = fake_at(&fake, FAKE_RING(0) + 4 * 64 + tail % 4 * 128);
		spoil(desc, region, how);
		fake_descriptor(&fake, 0, tail + 1);
		shared->queue[0].host.tail = tail + 2;
		fake_ring(&fake, 0);
		/* The bad one is answered and not started, the good one behind it runs. */
		assert_int_equal(finish_all(), 1);
		r = fake_record(&fake, tail);
		assert_int_equal(r->status, ONPU_FW_BAD_DESCRIPTOR);
		assert_int_equal(r->reason, reason[how]);
		assert_int_equal(r->seq, 1 + tail);
		r = fake_record(&fake, tail + 1);
		assert_int_equal(r->status, ONPU_FW_OK);
		host_drains();
		tail += 2;
	}
	assert_int_equal(fake.starts, 22);
}

static void malformed_queues_break_alone(void **state)
{
	static const uint8_t reason[] = {
		ONPU_FW_QUEUE_BAD_DEPTH, ONPU_FW_QUEUE_BAD_DEPTH, ONPU_FW_QUEUE_BAD_DEPTH,
		ONPU_FW_QUEUE_BAD_RING, ONPU_FW_QUEUE_BAD_RING, ONPU_FW_QUEUE_BAD_PRIORITY,
		ONPU_FW_QUEUE_BAD_SAVE, ONPU_FW_QUEUE_BAD_SAVE, ONPU_FW_QUEUE_BAD_RESERVED,
		ONPU_FW_QUEUE_NO_ROOM,
	};

	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 8, 1, 1);
	fake_poll(&fake);
	for (int how = 0; how < 10; how++) {
		struct onpu_fw_queue_host *line = &shared->queue[1].host;

		fake_enable(&fake, 1, 4, 1, 1);
		switch (how) {
		case 0: line->depth = 0; break;
		case 1: line->depth = 3; break;
		case 2: line->depth = 128; break;
		case 3: line->ring += 4; break;
		case 4: line->ring = 0xffffffc0; break;
		case 5: line->priority = ONPU_FW_PRIORITIES; break;
		case 6: line->save += 8; break;
		case 7: line->save = 0xfffffc00; break;
		case 8: line->reserved[2] = 1; break;
		case 9: line->depth = 64; break;
		}
		fake.interrupts = 0;
		fake_poll(&fake);
		assert_int_equal(shared->queue[1].fw.state, ONPU_FW_QUEUE_BROKEN);
		assert_int_equal(shared->queue[1].fw.reason, reason[how]);
		assert_int_equal(shared->queue[1].fw.enable_ack, line->enable);
		assert_int_equal(fake.interrupts, 1);
		/* Nothing runs there, the other queue does not care. */
		line->tail = 2;
		fake_ring(&fake, 1);
		fake_submit(&fake, 0, 1);
		assert_int_equal(finish_all(), 1);
	}
	/* On again, with sense. */
	fake_enable(&fake, 1, 4, 1, 1);
	fake_poll(&fake);
	assert_int_equal(shared->queue[1].fw.state, ONPU_FW_QUEUE_ON);
	/* Tails that cannot be. */
	fake_submit(&fake, 1, 3);
	finish_all();
	shared->queue[1].host.tail = 1;
	fake_ring(&fake, 1);
	fake_poll(&fake);
	assert_int_equal(shared->queue[1].fw.reason, ONPU_FW_QUEUE_BAD_TAIL);
	fake_enable(&fake, 1, 4, 1, 1);
	fake_poll(&fake);
	shared->queue[1].host.tail = 5;
	fake_ring(&fake, 1);
	fake_poll(&fake);
	assert_int_equal(shared->queue[1].fw.reason, ONPU_FW_QUEUE_BAD_TAIL);
	/* A ring that is not in memory. */
	fake_enable(&fake, 1, 4, 1, 1);
	shared->queue[1].host.ring = 0x80000000;
	shared->queue[1].host.tail = 1;
	fake_poll(&fake);
	assert_int_equal(shared->queue[1].fw.reason, ONPU_FW_QUEUE_NO_MEMORY);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_RUNNING);
}

static void turned_off_queue_is_let_go(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 4, 1, 1);
	fake_poll(&fake);
	fake_submit(&fake, 0, 3);
	fake_poll(&fake);
	fake.hung = true;
	shared->queue[0].host.enable = 0;
	fake_ring(&fake, 0);
	fake_poll(&fake);
	/* Not before its job has left the engines. */
	assert_int_equal(fake.kills, 1);
	assert_int_not_equal(shared->queue[0].fw.enable_ack, 0);
	fake_stop(&fake, ONPU_CTL_JOB_STATUS_STATE_FAULT, ONPU_FAULT_KILLED);
	fake_poll(&fake);
	assert_int_equal(shared->queue[0].fw.enable_ack, 0);
	assert_int_equal(shared->queue[0].fw.state, ONPU_FW_QUEUE_OFF);
	assert_int_equal(shared->completion_fw.tail, 0);
	/* Its second life starts with nothing of the first. */
	fake.hung = false;
	fake_enable(&fake, 0, 4, 1, 50);
	fake_poll(&fake);
	fake_submit(&fake, 0, 1);
	assert_int_equal(finish_all(), 1);
	assert_int_equal(fake_record(&fake, 0)->seq, 50);
}

/* ---- health -------------------------------------------------------------------------- */

static void heartbeat_beats(void **state)
{
	uint32_t beat;

	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 5, 4, 1, 9);
	fake_poll(&fake);
	beat = shared->heartbeat.beat;
	assert_int_equal(shared->heartbeat.slot, ONPU_FW_NO_SLOT);
	for (uint32_t i = 1; i <= 20; i++) {
		uint64_t last = shared->heartbeat.cycle;

		assert_true(fake.timer <= last + ONPU_FW_HEARTBEAT_CYCLES);
		fake.now = fake.timer;
		fake_poll(&fake);
		assert_int_equal(shared->heartbeat.beat, beat + i);
		assert_int_equal(shared->heartbeat.cycle, fake.now);
	}
	fake_submit(&fake, 5, 1);
	fake_poll(&fake);
	fake.job_offset = 1234;
	fake.now = fake.timer;
	fake_poll(&fake);
	assert_int_equal(shared->heartbeat.slot, 5);
	assert_int_equal(shared->heartbeat.seq, 9);
	assert_int_equal(shared->heartbeat.stream_offset, 1234);
	/* The low word of the clock wraps. */
	fake_finish(&fake);
	fake_poll(&fake);
	fake.now = 0xfffffff0;
	fake_poll(&fake);
	assert_true(fake.timer > 0xfffffff0ull + 60000);
	fake.now = fake.timer;
	fake_poll(&fake);
	assert_true(shared->heartbeat.cycle == fake.now);
}

static void log_goes_round(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	for (int i = 0; i < 200; i++) {
		fake_enable(&fake, 0, 4, 1, 1);
		fake_poll(&fake);
	}
	assert_true(shared->log_head.head > ONPU_FW_LOG_ENTRIES);
	for (uint32_t i = 0; i < ONPU_FW_LOG_ENTRIES; i++) {
		uint32_t index = shared->log_head.head - 1 - i;
		const struct onpu_fw_log_entry *e = &shared->log[index % ONPU_FW_LOG_ENTRIES];

		assert_int_equal(e->index, index);
		assert_int_equal(e->code, ONPU_FW_LOG_QUEUE_ON);
		assert_int_equal(e->arg[1], 4);
	}
}

static void crash_leaves_a_record(void **state)
{
	(void)state;
	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 4, 1, 1);
	fake_poll(&fake);
	fake_submit(&fake, 0, 1);
	fake_poll(&fake);
	/* The queue's line cannot be read any more. */
	fake.bad_va = FAKE_SHARED + offsetof(struct onpu_fw_shared, queue);
	fake.bad_size = 4;
	fake_ring(&fake, 0);
	assert_true(fake_poll(&fake) >= 0);
	assert_int_equal(shared->crash.magic, ONPU_FW_CRASH_MAGIC);
	assert_int_equal(shared->crash.code, ONPU_FW_CRASH_SHARED);
	assert_int_equal(shared->crash.address, fake.bad_va);
	assert_int_equal(shared->crash.seq, 1);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_CRASHED);
	assert_int_equal(fake.crash, ONPU_FW_CRASH_SHARED);
	assert_int_equal(fake.fatal, 1);
	assert_true(onpu_firmware_stopped(&fake.fw));

	fake_boot(&fake, 64);
	fake_enable(&fake, 0, 4, 1, 1);
	fake_poll(&fake);
	fake.ctx_stuck = true;
	fake_submit(&fake, 0, 1);
	fake_poll(&fake);
	assert_int_equal(shared->crash.code, ONPU_FW_CRASH_CONTEXT);
	assert_int_equal(fake.starts, 0);
}

static void halt_drains(void **state)
{
	unsigned long accesses;

	(void)state;
	suspend(2);
	fake_poll(&fake);
	/* One runs, one is preempted, one of each queue has not begun. */
	shared->control.request = ONPU_FW_REQUEST_HALT;
	fake_ring(&fake, 33);
	fake_poll(&fake);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_RUNNING);
	assert_int_equal(finish_all(), 2);
	assert_int_equal(shared->hello.state, ONPU_FW_STATE_HALTED);
	assert_int_equal(shared->completion_fw.tail, 2);
	assert_int_equal(fake_record(&fake, 0)->slot, 1);
	assert_int_equal(fake_record(&fake, 1)->slot, 0);
	accesses = fake.accesses;
	fake.now += 10 * ONPU_FW_HEARTBEAT_CYCLES;
	fake_ring(&fake, 0);
	assert_true(onpu_firmware_poll(&fake.fw));
	assert_int_equal(fake.accesses, accesses);
}

/* ---- nothing is lost, however the two sides interleave ------------------------------- */

/*
 * The host as two threads of small steps, each one memory access: one submits a job, the
 * other serves interrupts.  Its store of `arm` is posted until its full barrier.
 */
struct explorer {
	int submit;			/* next step of the submitter, -1: done */
	int serve;			/* next step of the server, -1: asleep */
	uint32_t tail;			/* what the server last read */
	uint32_t seen;			/* records it has read */
	bool armed;			/* the store of arm is posted */
	uint32_t arm;
	bool no_host_barrier;		/* a mutant */
	/* When to run the host: at the how manieth access, so many steps of which thread. */
	unsigned long accesses;
	unsigned long at[3];
	int steps[3], thread[3];
};

static struct explorer ex;

static void flush_arm(void)
{
	if (ex.armed)
		shared->completion_host.arm = ex.arm;
	ex.armed = false;
}

static bool submit_step(void)
{
	struct onpu_fw_queue_host *line = &shared->queue[0].host;

	switch (ex.submit) {
	case 0:
		fake_descriptor(&fake, 0, line->tail);
		ex.submit = 1;
		return true;
	case 1:
		line->tail++;
		ex.submit = 2;
		return true;
	case 2:
		fake_ring(&fake, 0);
		ex.submit = -1;
		return true;
	}
	return false;
}

static bool serve_step(void)
{
	switch (ex.serve) {
	case -1:
		if (!fake.irq)
			return false;
		fake.irq = false;	/* acknowledged */
		ex.serve = 0;
		return true;
	case 0:
		ex.tail = shared->completion_fw.tail;
		ex.serve = 1;
		return true;
	case 1:
		ex.seen = ex.tail;
		shared->completion_host.head = ex.seen;
		ex.arm = ex.seen;
		ex.armed = true;
		ex.serve = 2;
		return true;
	case 2:
		if (!ex.no_host_barrier)
			flush_arm();
		ex.serve = 3;
		return true;
	case 3:
		ex.tail = shared->completion_fw.tail;
		ex.serve = ex.tail != ex.seen ? 1 : 4;
		return true;
	case 4:
		/* What is posted does not stay so for ever. */
		flush_arm();
		ex.serve = -1;
		return true;
	}
	return false;
}

static void interleave(struct fake *f, enum fake_access access, uint32_t address)
{
	(void)f;
	/* Only what the other side can see, or could change. */
	if (access == FAKE_REG_READ && address != ONPU_CTL_DOORBELL_LO)
		return;
	if (access == FAKE_REG_WRITE && address != ONPU_CTL_DOORBELL_LO &&
	    address != ONPU_CTL_HOST_IRQ)
		return;
	ex.accesses++;
	for (int i = 0; i < 3; i++)
		if (ex.accesses == ex.at[i])
			for (int k = 0; k < ex.steps[i]; k++)
				if (!(ex.thread[i] ? serve_step() : submit_step()))
					break;
}

/* True if, when neither side has anything to do any more, nothing is left undone. */
static bool schedule_is_good(bool lazy, bool no_barrier)
{
	const size_t after = offsetof(struct fake, now);
	static struct fake booted;
	static bool ready;

	if (!ready) {
		fake_boot(&booted, 64);
		fake_enable(&booted, 0, 4, 1, 1);
		fake_poll(&booted);
		booted.instant = true;
		fake_submit(&booted, 0, 1);
		booted.irq = false;
		ready = true;
	}
	/* All but the memory behind the first ring: there are many schedules. */
	memcpy(&fake.fw, &booted.fw, sizeof(fake.fw));
	memcpy(fake.memory, booted.memory, FAKE_RING(1) - FAKE_BASE);
	memcpy((uint8_t *)&fake + after, (uint8_t *)&booted + after, sizeof(fake) - after);
	fake.fw.hal.ctx = &fake;
	fake.lazy = lazy;
	fake.no_barrier = no_barrier;
	fake.hook = interleave;
	ex.submit = 0;
	ex.serve = -1;
	ex.seen = 0;
	ex.armed = false;
	ex.accesses = 0;
	for (int i = 0; i < 100; i++) {
		fake_poll(&fake);
		if (!submit_step() && !serve_step() && !fake.doorbells)
			break;
	}
	return ex.seen == 2 && shared->completion_fw.tail == 2;
}

static unsigned long explore(bool lazy, bool no_barrier, bool no_host_barrier, unsigned long *bad)
{
	unsigned long schedules = 0, last;

	ex.no_host_barrier = no_host_barrier;
	memset(ex.at, 0, sizeof(ex.at));
	schedule_is_good(lazy, no_barrier);
	last = ex.accesses;
	*bad = 0;
	/* The submitter comes whole or in two parts; the server anywhere, in one run of steps. */
	for (unsigned long a = 1; a <= last; a++)
		for (int part = 1; part <= 3; part++)
			for (unsigned long b = a; b <= last; b++) {
				for (int steps = 1; steps <= 6; steps++) {
					ex.at[0] = a;
					ex.steps[0] = part;
					ex.thread[0] = 0;
					ex.at[1] = b;
					ex.steps[1] = steps;
					ex.thread[1] = 1;
					ex.at[2] = b + 3;
					ex.steps[2] = 3;
					ex.thread[2] = 0;
					schedules++;
					*bad += !schedule_is_good(lazy, no_barrier);
				}
			}
	return schedules;
}

static void no_wakeup_is_lost(void **state)
{
	unsigned long bad, schedules;

	(void)state;
	schedules = explore(true, false, false, &bad);
	print_message("%lu schedules, posted writes: %lu bad\n", schedules, bad);
	assert_int_equal(bad, 0);
	assert_true(schedules > 10000);
	explore(false, false, false, &bad);
	assert_int_equal(bad, 0);
	/* Each of the two barriers is needed, and the explorer would see it. */
	explore(true, true, false, &bad);
	print_message("without firmware's barriers: %lu bad\n", bad);
	assert_true(bad > 0);
	explore(true, false, true, &bad);
	print_message("without the host's barrier: %lu bad\n", bad);
	assert_true(bad > 0);
}

/* ---- a poll is bounded --------------------------------------------------------------- */

/*
 * All that can come together does: each slot is turned on, with a tail that breaks it; the running
 * job's slot is turned on anew, which kills it; a heartbeat is due.
 */
static void poll_is_bounded(void **state)
{
	(void)state;
	for (int end = 0; end < 4; end++) {
		fake_boot(&fake, 256);
		fake.can_read_ahead = true;
		fake_enable(&fake, 0, 4, 1, 1);
		fake_poll(&fake);
		fake_submit(&fake, 0, 4);
		fake_poll(&fake);
		assert_int_equal(fake.starts, 1);
		for (uint32_t slot = end < 2; slot < ONPU_FW_SLOTS; slot++) {
			shared->queue[slot].host = (struct onpu_fw_queue_host){
				.enable = 1000 + slot, .ring = FAKE_RING(0), .depth = 1, .tail = 9,
			};
			fake_ring(&fake, slot);
		}
		fake.now += 2 * ONPU_FW_HEARTBEAT_CYCLES;
		if (end % 2)
			fake_finish(&fake);
		fake.accesses = 0;
		onpu_firmware_poll(&fake.fw);
		print_message("%lu accesses\n", fake.accesses);
		assert_int_equal(shared->queue[63].fw.state, ONPU_FW_QUEUE_BROKEN);
		assert_int_equal(shared->queue[63].fw.enable_ack, 1063);
		assert_true(fake.accesses > 1000 && fake.accesses < MAX_ACCESSES);
	}
}

/* ---- anything ------------------------------------------------------------------------ */

static void random_hosts_do_no_harm(void **state)
{
	uint32_t seed = 20240101;

	(void)state;
	print_message("seed %u\n", seed);
	fuzz_random(seed, 20000);
	print_message("%lu jobs started, %lu of them warm, %lu resumed, %lu records, at most %lu accesses a poll\n",
		      fuzz_did.started, fuzz_did.warm, fuzz_did.resumed, fuzz_did.records,
		      fuzz_did.most);
	/* It must get past the checks often, or nothing behind them is tested. */
	assert_true(fuzz_did.started > 50000 && fuzz_did.records > 100000 &&
		    fuzz_did.resumed > 300 && fuzz_did.warm > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_is_complete),
		cmocka_unit_test(wrong_minor_is_refused),
		cmocka_unit_test(wrong_config_is_refused),
		cmocka_unit_test(rings_wrap),
		cmocka_unit_test(interrupts_are_coalesced),
		cmocka_unit_test(full_completion_ring_holds_jobs_back),
		cmocka_unit_test(priorities_then_round_robin),
		cmocka_unit_test(next_job_is_read_ahead),
		cmocka_unit_test(enable_and_tail_share_a_doorbell),
		cmocka_unit_test(started_is_written_before_start),
		cmocka_unit_test(preemption_saves_and_resumes),
		cmocka_unit_test(suspended_job_must_not_change),
		cmocka_unit_test(crash_starts_nothing),
		cmocka_unit_test(no_preemption_where_it_is_not_wanted),
		cmocka_unit_test(kill_takes_running_and_waiting),
		cmocka_unit_test(hung_engine_is_reset),
		cmocka_unit_test(budget_is_enforced_by_firmware_too),
		cmocka_unit_test(faults_are_reported),
		cmocka_unit_test(same_key_starts_warm),
		cmocka_unit_test(what_ends_badly_is_not_kept),
		cmocka_unit_test(suspended_job_goes_on_in_its_stream),
		cmocka_unit_test(older_host_has_no_warm_starts),
		cmocka_unit_test(malformed_descriptors_have_their_status),
		cmocka_unit_test(malformed_queues_break_alone),
		cmocka_unit_test(turned_off_queue_is_let_go),
		cmocka_unit_test(heartbeat_beats),
		cmocka_unit_test(log_goes_round),
		cmocka_unit_test(crash_leaves_a_record),
		cmocka_unit_test(halt_drains),
		cmocka_unit_test(no_wakeup_is_lost),
		cmocka_unit_test(poll_is_bounded),
		cmocka_unit_test(random_hosts_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
