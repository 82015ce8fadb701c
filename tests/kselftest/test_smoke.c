// SPDX-License-Identifier: MIT
/* The shortest way through everything: open, memory, job, result. */
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "client.h"

TEST(the_device_says_what_it_is)
{
	struct drm_onpu_dev_info info = { 0 };
	struct drm_onpu_query query = {
		.type = DRM_ONPU_QUERY_DEV_INFO, .size = sizeof(info), .ptr = (uintptr_t)&info,
	};
	int fd = client_open();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, client_ioctl(fd, DRM_IOCTL_ONPU_QUERY, &query));
	EXPECT_EQ(sizeof(info), query.size);
	EXPECT_EQ(1, info.version >> 16);
	EXPECT_TRUE(info.preset == 1 || info.preset == 2);
	EXPECT_EQ(ONPU_ISA_MAJOR, info.isa_major);
	EXPECT_EQ(info.preset == 1 ? 128 << 10 : 512 << 10, info.sram_bytes);
	close(fd);
}

TEST(a_job_copies)
{
	struct bench bench;
	uint32_t seed;

	ASSERT_EQ(0, bench_open(&bench));
	for (seed = 1; seed <= 5; seed++) {
		bench_copy(&bench, 1000 * seed, seed);
		EXPECT_EQ(0, bench_run(&bench));
		EXPECT_TRUE(bench_copied(&bench, 1000 * seed, seed));
	}
	bench_close(&bench);
}

TEST(a_fault_has_an_address)
{
	struct drm_onpu_queue_state state;
	struct bench bench;

	ASSERT_EQ(0, bench_open(&bench));
	bench_copy(&bench, 64, 1);
	/* The output is mapped elsewhere: writing meets nothing. */
	bench.region[2].va = BENCH_OUT + BENCH_SIZE;
	EXPECT_EQ(-EFAULT, bench_run(&bench));
	ASSERT_EQ(0, queue_state(bench.fd, bench.queue, &state));
	EXPECT_EQ(1, state.fault.seqno);
	EXPECT_EQ(ONPU_FAULT_MMU, state.fault.code);
	EXPECT_EQ(ONPU_ENGINE_STORE, state.fault.engine);
	EXPECT_EQ(BENCH_OUT + BENCH_SIZE, state.fault.va);
	EXPECT_EQ(1, state.fault.access);
	EXPECT_EQ(sizeof(struct onpu_cmd_load), state.fault.stream_offset);
	/* The queue goes on. */
	bench.region[2].va = BENCH_OUT;
	EXPECT_EQ(0, bench_run(&bench));
	EXPECT_TRUE(bench_copied(&bench, 64, 1));
	bench_close(&bench);
}

TEST_HARNESS_MAIN
