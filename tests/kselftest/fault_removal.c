// SPDX-License-Identifier: MIT
/* The device is pulled out: registers and configuration space read ones, writes are lost. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "host.h"

TEST(pulled_out)
{
	struct drm_onpu_job_wait end;
	uint64_t running, waiting, more;
	struct bench bench;
	int err;

	ASSERT_EQ(0, device_write("power/control", "on"));
	ASSERT_EQ(0, bench_open(&bench));
	ASSERT_TRUE(bench_works(&bench));
	bench_spin_copy(&bench, BENCH_ROUNDS_MAX, 4096, 1);
	ASSERT_EQ(0, bench_begin(&bench, 2, &running));
	waiting = running + 1;
	ASSERT_TRUE(host_do("remove", NULL, 0));
	ASSERT_EQ(0, device_write("remove", "1"));
	/* Nobody waits for ever; unbound, the driver answers no more. */
	err = job_wait(bench.fd, bench.queue, running, SOON_MS, &end);
	EXPECT_TRUE(err == -ENODEV || (!err && end.status == -ENODEV));
	err = job_wait(bench.fd, bench.queue, waiting, SOON_MS, &end);
	EXPECT_TRUE(err == -ENODEV || (!err && end.status == -ENODEV));
	EXPECT_EQ(-ENODEV, submit(bench.fd, bench.queue, &bench.job, &more));
	bench_close(&bench);
	EXPECT_TRUE(wait_for(module_unload("onpu") == 0, SOON_MS));
}

TEST_HARNESS_MAIN
