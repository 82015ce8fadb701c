// SPDX-License-Identifier: MIT
/* /proc/PID/fdinfo: what a file has used, and what it has. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "client.h"

/* The number behind a key, memory in bytes; -1 without one. */
static long long number(int fd, const char *key)
{
	char path[40], line[160], name[64], unit[64];
	long long value, found = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		unit[0] = 0;
		if (sscanf(line, "%63[^:]: %lld %63s", name, &value, unit) < 2 ||
		    strcmp(name, key))
			continue;
		found = value;
		if (!strcmp(unit, "KiB"))
			found <<= 10;
		if (!strcmp(unit, "MiB"))
			found <<= 20;
	}
	fclose(file);
	return found;
}

TEST(cycles_and_jobs_grow)
{
	long long cycles, busy, before;
	struct bench bench, idle;
	int i;

	ASSERT_EQ(0, bench_open(&bench));
	ASSERT_EQ(0, bench_open(&idle));
	EXPECT_EQ(0, number(bench.fd, "drm-cycles-npu"));
	EXPECT_EQ(0, number(bench.fd, "onpu-submitted"));
	bench_spin(&bench, 100);
	for (i = 1; i <= 3; i++) {
		before = number(bench.fd, "drm-cycles-npu");
		ASSERT_EQ(0, bench_run(&bench));
		cycles = number(bench.fd, "drm-cycles-npu");
		/* 32 KiB a round, at 16 bytes a cycle at most. */
		EXPECT_LE(before + 100 * 2048, cycles);
		EXPECT_EQ(i, number(bench.fd, "onpu-submitted"));
		EXPECT_EQ(i, number(bench.fd, "onpu-completed"));
		EXPECT_EQ(0, number(bench.fd, "onpu-failed"));
	}
	busy = number(bench.fd, "onpu-busy-cycles");
	EXPECT_LE(0, busy);
	EXPECT_GE(cycles, busy);
	bench.job.entry = 0x7000000;
	EXPECT_NE(0, bench_run(&bench));
	EXPECT_EQ(1, number(bench.fd, "onpu-failed"));
	EXPECT_EQ(0, number(idle.fd, "drm-cycles-npu"));
	EXPECT_EQ(0, number(idle.fd, "onpu-submitted"));
	/* In time only where the kernel knows the clock, and then both. */
	EXPECT_EQ(number(bench.fd, "drm-engine-npu") < 0, number(bench.fd, "drm-maxfreq-npu") < 0);
	bench_close(&idle);
	bench_close(&bench);
}

TEST(memory_grows_and_shrinks)
{
	const char *total = "drm-total-memory", *shared = "drm-shared-memory";
	const char *resident = "drm-resident-memory";
	long long before[3];
	const long long size = 1 << 20;
	struct bench bench;
	uint32_t bo;
	int buf;

	ASSERT_EQ(0, bench_open(&bench));
	before[0] = number(bench.fd, total);
	before[1] = number(bench.fd, shared);
	before[2] = number(bench.fd, resident);
	/* Three objects of 64 KiB. */
	EXPECT_EQ(3 * BENCH_SIZE, before[0]);
	EXPECT_EQ(before[0], before[2]);
	ASSERT_EQ(0, bo_new(bench.fd, size, 0, 0, &bo));
	EXPECT_EQ(before[0] + size, number(bench.fd, total));
	EXPECT_EQ(before[1], number(bench.fd, shared));
	EXPECT_EQ(before[2] + size, number(bench.fd, resident));
	buf = prime_export(bench.fd, bo, 0);
	ASSERT_LE(0, buf);
	EXPECT_EQ(before[1] + size, number(bench.fd, shared));
	close(buf);
	ASSERT_EQ(0, bo_close(bench.fd, bo));
	EXPECT_EQ(before[0], number(bench.fd, total));
	bench_close(&bench);
}

TEST_HARNESS_MAIN
