// SPDX-License-Identifier: MIT
/* The device server dies; to the guest, the device answers nothing any more. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "host.h"

/* A fixture, for the time limit. */
FIXTURE(gone) {};
FIXTURE_SETUP(gone) {}
FIXTURE_TEARDOWN(gone) {}

TEST_F_TIMEOUT(gone, server_died, 120)
{
	struct drm_onpu_job_wait end;
	uint64_t running, waiting, more;
	struct bench bench;
	int err;

	ASSERT_EQ(0, device_write("power/control", "on"));
	ASSERT_EQ(0, bench_open(&bench));
	ASSERT_TRUE(bench_works(&bench));
	bench_spin_copy(&bench, BENCH_ROUNDS_MAX, 4096, 1);
	ASSERT_EQ(0, submit(bench.fd, bench.queue, &bench.job, &running));
	ASSERT_EQ(0, submit(bench.fd, bench.queue, &bench.job, &waiting));
	ASSERT_TRUE(host_do("die", NULL, 0));
	ASSERT_EQ(0, device_write("remove", "1"));
	/* Nobody waits for ever; unbound, the driver answers no more. */
	err = job_wait(bench.fd, bench.queue, running, 20000, &end);
	EXPECT_TRUE(err == -ENODEV || (!err && end.status == -ENODEV));
	err = job_wait(bench.fd, bench.queue, waiting, 20000, &end);
	EXPECT_TRUE(err == -ENODEV || (!err && end.status == -ENODEV));
	EXPECT_EQ(-ENODEV, submit(bench.fd, bench.queue, &bench.job, &more));
	bench_close(&bench);
	EXPECT_TRUE(wait_for(module_unload("onpu") == 0, 5000));
}

TEST_HARNESS_MAIN
