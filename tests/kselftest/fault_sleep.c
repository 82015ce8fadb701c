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

/* So many that some of them are in flight, however late the system sleeps; each is over soon. */
#define JOBS 16u
#define ROUNDS 40u

FIXTURE(sleep)
{
	struct bench bench;
};

FIXTURE_SETUP(sleep)
{
	ASSERT_EQ(0, device_write("power/control", "on"));
	/* On a busy machine, a job that runs may take longer than the driver waits by default. */
	ASSERT_EQ(0, file_write("/sys/module/onpu/parameters/boot_timeout_ms", "120000"));
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
			    int (*sleep_now)(void))
{
	struct drm_onpu_job_wait end;
	uint64_t first;
	uint32_t i;

	bench_spin_copy(bench, ROUNDS, 4096, 1);
	ASSERT_EQ(0, bench_begin(bench, JOBS, &first));
	ASSERT_EQ(0, sleep_now());
	for (i = 0; i < JOBS; i++) {
		ASSERT_EQ(0, job_wait(bench->fd, bench->queue, first + i, SOON_MS, &end));
		EXPECT_EQ(0, end.status);
	}
	EXPECT_TRUE(bench_copied(bench, 4096, 1));
}

static int test_devices(void)
{
	int err = file_write("/sys/power/pm_test", "devices");

	err = err ?: file_write("/sys/power/state", "freeze");
	return file_write("/sys/power/pm_test", "none") ?: err;
}

TEST_F(sleep, system_sleeps_with_jobs)
{
	sleep_with_jobs(_metadata, &self->bench, test_devices);
}

/* The host wakes it when it sleeps: no alarm that might come before. */
static int sleep_in_memory(void)
{
	int err = file_write("/sys/power/mem_sleep", "deep");

	host_tell("wake");
	return err ?: file_write("/sys/power/state", "mem");
}

/* All power goes but that of memory, and with it what the device was. */
TEST_F(sleep, machine_is_off)
{
	char before[32], after[32];

	ASSERT_TRUE(file_read("/sys/power/suspend_stats/success", before, sizeof(before)));
	sleep_with_jobs(_metadata, &self->bench, sleep_in_memory);
	ASSERT_TRUE(file_read("/sys/power/suspend_stats/success", after, sizeof(after)));
	EXPECT_EQ(atoi(before) + 1, atoi(after));
}

TEST_HARNESS_MAIN
