// SPDX-License-Identifier: MIT
/* Where the device does not see the CPU's caches, user space is told, and BO_SYNC is enough. */
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "client.h"

static int sync_range(struct bench *bench, uint32_t handle, uint32_t dir, uint32_t size)
{
	struct drm_onpu_bo_sync args = { .handle = handle, .dir = dir, .size = size };

	return client_ioctl(bench->fd, DRM_IOCTL_ONPU_BO_SYNC, &args);
}

TEST(object_and_device_say_the_same)
{
	struct drm_onpu_dev_info dev = { 0 };
	struct drm_onpu_query query = {
		.type = DRM_ONPU_QUERY_DEV_INFO, .size = sizeof(dev), .ptr = (uintptr_t)&dev,
	};
	struct drm_onpu_bo_info bo;
	struct bench bench;

	ASSERT_EQ(0, bench_open(&bench));
	bo = (struct drm_onpu_bo_info){ .handle = bench.in_bo };
	ASSERT_EQ(0, client_ioctl(bench.fd, DRM_IOCTL_ONPU_QUERY, &query));
	ASSERT_EQ(0, client_ioctl(bench.fd, DRM_IOCTL_ONPU_BO_INFO, &bo));
	EXPECT_EQ(!(dev.flags & DRM_ONPU_DEV_COHERENT), bo.sync_needed);
	TH_LOG("sync_needed %u", bo.sync_needed);
	bench_close(&bench);
}

TEST(synced_jobs_copy)
{
	struct bench bench;
	uint32_t seed;

	ASSERT_EQ(0, bench_open(&bench));
	for (seed = 1; seed <= 5; seed++) {
		uint32_t size = 7001 * seed;

		bench_copy(&bench, size, seed);
		ASSERT_EQ(0, sync_range(&bench, bench.code_bo, DRM_ONPU_SYNC_TO_DEVICE, BENCH_SIZE));
		ASSERT_EQ(0, sync_range(&bench, bench.in_bo, DRM_ONPU_SYNC_TO_DEVICE, size));
		/* What the CPU cleared must not be written back over what the device writes. */
		ASSERT_EQ(0, sync_range(&bench, bench.out_bo, DRM_ONPU_SYNC_TO_DEVICE, BENCH_SIZE));
		EXPECT_EQ(0, bench_run(&bench));
		ASSERT_EQ(0, sync_range(&bench, bench.out_bo, DRM_ONPU_SYNC_FROM_DEVICE, size));
		EXPECT_TRUE(bench_copied(&bench, size, seed));
	}
	bench_close(&bench);
}

TEST_HARNESS_MAIN
