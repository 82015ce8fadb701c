// SPDX-License-Identifier: MIT
/*
 * Faults of a device that stays: each is provoked by the host while jobs are there, the guilty one
 * gets its error, the others their results, and the device serves again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "host.h"
#include "onpu_fw.h"

/* Cycles; a copy of some kilobytes takes a few thousand. */
#define BUDGET 100000u

/* Two users of the device. */
FIXTURE(fault)
{
	struct bench a, b;
	long long resets;
};

FIXTURE_SETUP(fault)
{
	/* Dead firmware is found by its heart, which takes as many looks as a busy machine takes. */
	ASSERT_EQ(0, file_write("/sys/module/onpu/parameters/hang_timeout_ms", "0"));
	/* Off, the model is made anew, and what was provoked in it is gone. */
	ASSERT_EQ(0, device_write("power/control", "on"));
	ASSERT_EQ(0, bench_open(&self->a));
	ASSERT_EQ(0, bench_open(&self->b));
	ASSERT_TRUE(bench_works(&self->a));
	self->resets = driver_stat("resets");
	ASSERT_LE(0, self->resets);
}

FIXTURE_TEARDOWN(fault)
{
	EXPECT_TRUE(bench_works(&self->a));
	EXPECT_TRUE(bench_works(&self->b));
	bench_close(&self->a);
	bench_close(&self->b);
}

static uint64_t submit_copy(struct bench *bench, uint32_t seed, uint64_t max_cycles)
{
	uint64_t seqno = 0;

	bench_copy(bench, 4096, seed);
	bench->job.max_cycles = max_cycles;
	bench->job.cookie = 0xc00c1e00 + seed;
	if (submit(bench->fd, bench->queue, &bench->job, &seqno))
		return 0;
	return seqno;
}

/* How a job ended: 0 or an errno; -ETIME and fault 0: it has not. */
static int result(struct bench *bench, uint64_t seqno, struct drm_onpu_job_wait *end)
{
	int err = job_wait(bench->fd, bench->queue, seqno, SOON_MS, end);

	return err ? err : end->status;
}

TEST_F(fault, a_stream_that_does_not_end)
{
	struct drm_onpu_job_wait end;
	uint64_t seqno, behind, other;

	bench_spin_copy(&self->a, BENCH_ROUNDS_MAX, 64, 1);
	self->a.job.max_cycles = BUDGET;
	ASSERT_EQ(0, submit(self->a.fd, self->a.queue, &self->a.job, &seqno));
	self->a.job.max_cycles = 0;
	other = submit_copy(&self->b, 2, 0);
	EXPECT_EQ(-ETIME, result(&self->a, seqno, &end));
	EXPECT_EQ(ONPU_FAULT_WATCHDOG, end.fault);
	/* It ends with the command that it was at: one round. */
	EXPECT_GE(BUDGET + (2u << 20), end.end_cycle - end.start_cycle);
	behind = submit_copy(&self->a, 3, 0);
	EXPECT_EQ(0, result(&self->a, behind, &end));
	EXPECT_TRUE(bench_copied(&self->a, 4096, 3));
	EXPECT_EQ(0, result(&self->b, other, &end));
	EXPECT_TRUE(bench_copied(&self->b, 4096, 2));
	EXPECT_EQ(self->resets, driver_stat("resets"));
}

TEST_F(fault, an_engine_hangs)
{
	struct drm_onpu_queue_state state;
	struct drm_onpu_job_wait end;
	uint64_t guilty, behind, other;

	/* It is not the one that goes first. */
	ASSERT_EQ(0, bench_set_priority(&self->b, DRM_ONPU_PRIORITY_LOW));
	ASSERT_TRUE(host_do("inject hang 1", NULL, 0));
	guilty = submit_copy(&self->a, 1, BUDGET);
	self->a.job.max_cycles = 0;
	/* The same stream and data; it runs behind the guilty one. */
	ASSERT_EQ(0, submit(self->a.fd, self->a.queue, &self->a.job, &behind));
	other = submit_copy(&self->b, 2, 0);
	EXPECT_EQ(-ETIME, result(&self->a, guilty, &end));
	EXPECT_EQ(DRM_ONPU_FAULT_ENGINE_RESET, end.fault);
	EXPECT_GE(BUDGET + ONPU_FW_BUDGET_GRACE + ONPU_FW_KILL_CYCLES + ONPU_FW_DRAIN_CYCLES,
		  end.done_cycle - end.start_cycle);
	EXPECT_EQ(0, result(&self->a, behind, &end));
	EXPECT_TRUE(bench_copied(&self->a, 4096, 1));
	EXPECT_EQ(0, result(&self->b, other, &end));
	EXPECT_TRUE(bench_copied(&self->b, 4096, 2));
	/* Firmware did it alone. */
	EXPECT_EQ(self->resets, driver_stat("resets"));
	ASSERT_EQ(0, queue_state(self->a.fd, self->a.queue, &state));
	EXPECT_EQ(0, state.resets);
	EXPECT_EQ(guilty, state.fault.seqno);
	EXPECT_EQ(0xc00c1e01, state.fault.cookie);
}

TEST_F(fault, the_bus_is_stuck)
{
	struct drm_onpu_job_wait end;
	uint64_t guilty;
	int status;

	ASSERT_TRUE(host_do("inject hang 1", NULL, 0));
	ASSERT_TRUE(host_do("inject stuck-bus 1", NULL, 0));
	guilty = submit_copy(&self->a, 1, BUDGET);
	status = result(&self->a, guilty, &end);
	EXPECT_EQ(-ETIME, status);
	EXPECT_TRUE(end.fault == DRM_ONPU_FAULT_ENGINE_RESET ||
		    end.fault == DRM_ONPU_FAULT_GUILTY);
	ASSERT_TRUE(host_do("inject stuck-bus 0", NULL, 0));
	ASSERT_TRUE(host_do("inject hang 0", NULL, 0));
}

TEST_F(fault, an_interrupt_is_lost)
{
	struct drm_onpu_job_wait end;
	uint64_t seqno;
	long long before;
	int i;

	ASSERT_TRUE(host_do("inject lost-interrupt 1", NULL, 0));
	seqno = submit_copy(&self->a, 1, 0);
	EXPECT_EQ(0, result(&self->a, seqno, &end));
	EXPECT_TRUE(bench_copied(&self->a, 4096, 1));
	/* The line is let go: interrupts come again, and nobody has to look by the clock. */
	before = driver_stat("interrupts");
	for (i = 0; i < 5; i++) {
		seqno = submit_copy(&self->a, 2 + i, 0);
		EXPECT_EQ(0, result(&self->a, seqno, &end));
	}
	/* One may be handled a moment after its job's record was found. */
	EXPECT_TRUE(wait_for(driver_stat("interrupts") >= before + 5, SOON_MS));
	EXPECT_EQ(self->resets, driver_stat("resets"));
}

/* So many that one of them runs, however late its end comes. */
#define GUILTY_JOBS 8u

/*
 * Firmware is stopped until the driver noticed: the dump is there when the bus has been fenced.
 * What it looks at is a heart that stands still, which takes some seconds.
 */
TEST_F(fault, firmware_is_dead)
{
	struct bench low, normal, high;
	uint64_t low_started, low_behind, normal_started, normal_behind, guilty, last;
	struct drm_onpu_queue_state state;
	struct drm_onpu_job_wait end;
	int events;

	ASSERT_LE(0, (events = uevent_open()));
	while (dump_save("dropped") >= 0)
		;
	ASSERT_EQ(0, bench_open(&low));
	ASSERT_EQ(0, bench_open(&normal));
	ASSERT_EQ(0, bench_open(&high));
	ASSERT_EQ(0, bench_set_priority(&low, DRM_ONPU_PRIORITY_LOW));
	ASSERT_EQ(0, bench_set_priority(&high, DRM_ONPU_PRIORITY_HIGH));

	/* Each is preempted by the next: all three have started when firmware dies. */
	bench_spin_copy(&low, 100, 4096, 1);
	low.job.flags = DRM_ONPU_JOB_RESTARTABLE;
	ASSERT_EQ(0, bench_begin(&low, 1, &low_started));
	ASSERT_EQ(0, submit(low.fd, low.queue, &low.job, &low_behind));
	bench_spin_copy(&normal, BENCH_ROUNDS_MAX, 4096, 2);
	ASSERT_EQ(0, bench_begin(&normal, 1, &normal_started));
	ASSERT_EQ(0, submit(normal.fd, normal.queue, &normal.job, &normal_behind));
	bench_spin_copy(&high, BENCH_ROUNDS_MAX, 4096, 3);
	high.job.cookie = 0xbadc0de;
	ASSERT_EQ(0, bench_begin(&high, GUILTY_JOBS, &guilty));
	last = guilty + GUILTY_JOBS - 1;
	ASSERT_TRUE(host_do("inject stop-firmware 1", NULL, 0));
	EXPECT_TRUE(wait_for(dump_save("firmware_is_dead.dump") > 0, SOON_MS));
	ASSERT_TRUE(host_do("inject stop-firmware 0", NULL, 0));

	/* On a busy machine some have ended before firmware was stopped. */
	while (guilty < last && result(&high, guilty, &end) == 0)
		guilty++;
	EXPECT_EQ(-ETIME, result(&high, guilty, &end));
	EXPECT_EQ(DRM_ONPU_FAULT_GUILTY, end.fault);
	ASSERT_LT(guilty, last);
	EXPECT_EQ(0, result(&high, guilty + 1, &end));
	EXPECT_TRUE(bench_copied(&high, 4096, 3));
	EXPECT_EQ(0, queue_state(high.fd, high.queue, &state));
	EXPECT_EQ(DRM_ONPU_QUEUE_STATE_GUILTY, state.state);
	EXPECT_EQ(1, state.resets);
	EXPECT_EQ(guilty, state.fault.seqno);
	EXPECT_EQ(0xbadc0de, state.fault.cookie);
	ASSERT_EQ(0, queue_destroy(high.fd, high.queue));
	EXPECT_EQ(-ECANCELED, result(&normal, normal_started, &end));
	EXPECT_EQ(DRM_ONPU_FAULT_INNOCENT, end.fault);
	EXPECT_EQ(0, result(&low, low_started, &end));
	EXPECT_EQ(0, result(&normal, normal_behind, &end));
	EXPECT_TRUE(bench_copied(&normal, 4096, 2));
	EXPECT_EQ(0, result(&low, low_behind, &end));
	EXPECT_TRUE(bench_copied(&low, 4096, 1));

	EXPECT_EQ(0, queue_state(normal.fd, normal.queue, &state));
	EXPECT_EQ(DRM_ONPU_QUEUE_STATE_INNOCENT, state.state);
	EXPECT_EQ(0, queue_state(low.fd, low.queue, &state));
	EXPECT_EQ(0, state.state);
	EXPECT_EQ(self->resets + 1, driver_stat("resets"));
	EXPECT_TRUE(uevent_has(events, "WEDGED=none", SOON_MS));
	close(events);
	bench_close(&low);
	bench_close(&normal);
	bench_close(&high);
}

/* Whoever's access it is, the job ends, and not well unless the result is right. */
static void bus_error(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self, const char *kind,
		      unsigned int n, unsigned int *failed)
{
	struct drm_onpu_job_wait end;
	char command[64];
	uint64_t seqno;
	int status;

	snprintf(command, sizeof(command), "inject %s %u", kind, n);
	ASSERT_TRUE(host_do(command, NULL, 0));
	seqno = submit_copy(&self->a, n, BUDGET);
	status = result(&self->a, seqno, &end);
	EXPECT_TRUE(status == 0 || status == -EIO || status == -ETIME) {
		TH_LOG("%s: status %d fault %u", command, status, end.fault);
	}
	EXPECT_FALSE(status == -ETIME && !end.fault) {
		TH_LOG("%s: the job did not end", command);
	}
	if (status)
		++*failed;
	else
		EXPECT_TRUE(bench_copied(&self->a, 4096, n));
	snprintf(command, sizeof(command), "inject %s 0", kind);
	ASSERT_TRUE(host_do(command, NULL, 0));
	EXPECT_TRUE(bench_works(&self->a)) {
		TH_LOG("behind %s %u", kind, n);
	}
}

#define BUS_ERRORS(kind, text, most)						\
	TEST_F(fault, kind##_error)						\
	{									\
		unsigned int n, failed = 0;					\
										\
		for (n = 1; n <= (most); n++)					\
			bus_error(_metadata, self, text, n, &failed);		\
		EXPECT_LT(0, failed);						\
	}

BUS_ERRORS(engine_bus, "engine-bus", 4)
BUS_ERRORS(core_bus, "core-bus", 12)
BUS_ERRORS(bus_read, "bus-read", 12)
BUS_ERRORS(bus_write, "bus-write", 8)

/* Engines say it to firmware, and it to the driver, without a reset. */
TEST_F(fault, an_engine_meets_a_bus_error)
{
	struct drm_onpu_queue_state state;
	struct drm_onpu_job_wait end;
	uint64_t seqno;

	ASSERT_TRUE(host_do("inject engine-bus 1", NULL, 0));
	seqno = submit_copy(&self->a, 1, 0);
	EXPECT_EQ(-EIO, result(&self->a, seqno, &end));
	EXPECT_EQ(ONPU_FAULT_BUS, end.fault);
	ASSERT_EQ(0, queue_state(self->a.fd, self->a.queue, &state));
	EXPECT_EQ(seqno, state.fault.seqno);
	EXPECT_EQ(self->resets, driver_stat("resets"));
}

TEST_F(fault, an_address_that_is_not_mapped)
{
	struct drm_onpu_job_wait end;
	uint64_t guilty, behind;

	bench_copy(&self->a, 4096, 1);
	self->a.region[2].va = BENCH_OUT + BENCH_SIZE;
	ASSERT_EQ(0, submit(self->a.fd, self->a.queue, &self->a.job, &guilty));
	self->a.region[2].va = BENCH_OUT;
	ASSERT_EQ(0, submit(self->a.fd, self->a.queue, &self->a.job, &behind));
	EXPECT_EQ(-EFAULT, result(&self->a, guilty, &end));
	EXPECT_EQ(0, result(&self->a, behind, &end));
	EXPECT_TRUE(bench_copied(&self->a, 4096, 1));
	EXPECT_EQ(self->resets, driver_stat("resets"));
}

TEST_HARNESS_MAIN
