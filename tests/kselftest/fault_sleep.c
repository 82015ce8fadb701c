// SPDX-License-Identifier: MIT
/*
 * The system sleeps while jobs are in flight.  In a guest of its own: the folder that is shared with
 * the host does not survive it, so that nothing can be asked afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "host.h"

#define WAIT_MS 20000u
#define ALARM_SECONDS "15"

FIXTURE(sleep)
{
	struct bench bench;
};

FIXTURE_SETUP(sleep)
{
	ASSERT_EQ(0, device_write("power/control", "on"));
	ASSERT_EQ(0, bench_open(&self->bench));
	ASSERT_TRUE(bench_works(&self->bench));
}

FIXTURE_TEARDOWN(sleep)
{
	EXPECT_TRUE(bench_works(&self->bench));
	bench_close(&self->bench);
}

/* sleep_now: 0 when the system has slept and is awake again. */
static void sleep_with_jobs(struct __test_metadata *_metadata, struct bench *bench,
			    uint32_t rounds, int (*sleep_now)(void))
{
	struct drm_onpu_job_wait end;
	uint64_t running, waiting;

	bench_spin_copy(bench, rounds, 4096, 1);
	ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &running));
	ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &waiting));
	usleep(50000);
	ASSERT_EQ(0, sleep_now());
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, running, WAIT_MS, &end));
	EXPECT_EQ(0, end.status);
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, waiting, WAIT_MS, &end));
	EXPECT_EQ(0, end.status);
	EXPECT_TRUE(bench_copied(bench, 4096, 1));
}

static int test_devices(void)
{
	int err = file_write("/sys/power/pm_test", "devices");

	err = err ?: file_write("/sys/power/state", "freeze");
	return file_write("/sys/power/pm_test", "none") ?: err;
}

TEST_F_TIMEOUT(sleep, system_sleeps_with_jobs, 120)
{
	sleep_with_jobs(_metadata, &self->bench, BENCH_ROUNDS_MAX, test_devices);
}

/* Until the clock's alarm; it has to be long enough for what comes before sleep. */
static int sleep_in_memory(void)
{
	int err = file_write("/sys/power/mem_sleep", "deep");

	err = err ?: file_write("/sys/class/rtc/rtc0/wakealarm", "+" ALARM_SECONDS);
	return err ?: file_write("/sys/power/state", "mem");
}

/* All power goes but that of memory, and with it what the device was. */
TEST_F_TIMEOUT(sleep, machine_is_off, 180)
{
	char before[32], after[32];

	ASSERT_TRUE(file_read("/sys/power/suspend_stats/success", before, sizeof(before)));
	sleep_with_jobs(_metadata, &self->bench, 20, sleep_in_memory);
	ASSERT_TRUE(file_read("/sys/power/suspend_stats/success", after, sizeof(after)));
	EXPECT_EQ(atoi(before) + 1, atoi(after));
}

TEST_HARNESS_MAIN
