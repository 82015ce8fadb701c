// SPDX-License-Identifier: MIT
/*
 * The system sleeps while jobs are in flight.  In a guest of its own: the folder that is shared with
 * the host does not survive it, so that nothing can be asked afterwards.
 */
#include <stdio.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "host.h"

#define WAIT_MS 20000u

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

TEST_F_TIMEOUT(sleep, system_sleeps_with_jobs, 120)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job_wait end;
	uint64_t running, waiting;

	bench_spin_copy(bench, BENCH_ROUNDS_MAX, 4096, 1);
	ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &running));
	ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &waiting));
	usleep(50000);
	ASSERT_EQ(0, file_write("/sys/power/pm_test", "devices"));
	EXPECT_EQ(0, file_write("/sys/power/state", "freeze"));
	EXPECT_EQ(0, file_write("/sys/power/pm_test", "none"));
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, running, WAIT_MS, &end));
	EXPECT_EQ(0, end.status);
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, waiting, WAIT_MS, &end));
	EXPECT_EQ(0, end.status);
	EXPECT_TRUE(bench_copied(bench, 4096, 1));
}

TEST_HARNESS_MAIN
