// SPDX-License-Identifier: MIT
/*
 * What a job costs, in counts that are the same on every machine: "# cost NAME VALUE" lines,
 * which tests/bench/driver.py makes a table of.
 */
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "client.h"

#define JOBS 64
/* Between two jobs that wait in a queue. */
#define IDLE_CYCLES 500
/* While jobs are in flight the driver looks at the clock so often, by three reads. */
#define HEALTH_MS 500

struct counts {
	int64_t doorbells, reads, writes, interrupts, ptes, invalidations;
};

static struct counts counts_now(void)
{
	return (struct counts){
		client_stat("doorbells"), client_stat("mmio_reads"), client_stat("mmio_writes"),
		client_stat("interrupts"), client_stat("pte_writes"), client_stat("tlb_invs"),
	};
}

static uint64_t ms_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static void print_counts(const char *what, const struct counts *before, const struct counts *now)
{
	printf("# cost %s: doorbells %.2f, MMIO reads %.2f, MMIO writes %.2f, interrupts %.2f, "
	       "page-table writes %.2f\n", what,
	       (double)(now->doorbells - before->doorbells) / JOBS,
	       (double)(now->reads - before->reads) / JOBS,
	       (double)(now->writes - before->writes) / JOBS,
	       (double)(now->interrupts - before->interrupts) / JOBS,
	       (double)(now->ptes - before->ptes) / JOBS);
	fflush(stdout);
}

/* Power stays, so that no boot is among the counts. */
static int set_power(const char *word)
{
	glob_t found;
	int fd, err = -1;

	if (glob("/sys/class/accel/accel*/device/power/control", 0, NULL, &found))
		return -1;
	fd = open(found.gl_pathv[0], O_WRONLY);
	globfree(&found);
	if (fd >= 0) {
		err = write(fd, word, strlen(word)) < 0 ? -1 : 0;
		close(fd);
	}
	return err;
}

FIXTURE(cost)
{
	struct bench bench;
	struct counts before;
	uint64_t begin;
};

FIXTURE_SETUP(cost)
{
	ASSERT_EQ(0, set_power("on"));
	ASSERT_EQ(0, bench_open(&self->bench));
	/* A new queue's interrupt is not a job's: a first job comes behind it. */
	bench_copy(&self->bench, 1024, 1);
	ASSERT_EQ(0, bench_run(&self->bench));
	self->begin = ms_now();
	self->before = counts_now();
}

FIXTURE_TEARDOWN(cost)
{
	bench_close(&self->bench);
	EXPECT_EQ(0, set_power("auto"));
}

/* Of the health check, which jobs do not account for: reads of the clock, and an acknowledgement. */
static int64_t health_checks(struct _test_data_cost *self)
{
	return 1 + (ms_now() - self->begin) / HEALTH_MS;
}

TEST_F(cost, one_by_one)
{
	const struct counts *before = &self->before;
	struct counts now;
	int i;

	for (i = 0; i < JOBS; i++)
		ASSERT_EQ(0, bench_run(&self->bench));
	now = counts_now();
	print_counts("a job, one by one", before, &now);
	EXPECT_EQ(JOBS, now.doorbells - before->doorbells);
	EXPECT_GE(3 * health_checks(self), now.reads - before->reads);
	EXPECT_GE(JOBS, now.interrupts - before->interrupts);
	/* A message's handler acknowledges, which is the other write. */
	EXPECT_GE(2 * JOBS + health_checks(self), now.writes - before->writes);
	/* Binding other memory to a job is no business of the page table's. */
	EXPECT_EQ(before->ptes, now.ptes);
	EXPECT_EQ(before->invalidations, now.invalidations);
}

TEST_F(cost, queued)
{
	struct drm_onpu_job jobs[JOBS];
	struct drm_onpu_submit args = { .jobs = client_array(jobs, JOBS) };
	struct bench *bench = &self->bench;
	struct drm_onpu_job_wait last, end;
	struct stream long_one = { 0 };
	uint64_t first, idle, most = 0, sum = 0;
	struct counts now;
	int i;

	ASSERT_EQ(0, queue_new(bench->fd, bench->vm, 1, 0, JOBS, &args.queue_id));
	ASSERT_EQ(0, submit(bench->fd, args.queue_id, &bench->job, &first));
	ASSERT_EQ(0, job_wait(bench->fd, args.queue_id, first, 60000, &end));
	self->before = counts_now();
	bench_spin(bench, 10);
	for (i = 0; i < JOBS; i++)
		jobs[i] = bench->job;
	/* The first one takes as long as the host needs to write the others. */
	long_one.bytes = bench->code + 4096;
	stream_spin(&long_one, 1, 32768, 200);
	stream_end(&long_one);
	jobs[0].entry = BENCH_CODE + 4096;
	jobs[0].stream_size = long_one.size;
	ASSERT_EQ(0, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	first = args.first_seqno;
	ASSERT_EQ(0, job_wait(bench->fd, args.queue_id, first + JOBS - 1, 60000, &end));
	now = counts_now();
	print_counts("a job, queued", &self->before, &now);
	EXPECT_GE(JOBS, now.doorbells - self->before.doorbells);
	EXPECT_GE(3 * health_checks(self), now.reads - self->before.reads);
	EXPECT_GE(JOBS, now.interrupts - self->before.interrupts);
	EXPECT_GE(2 * JOBS + health_checks(self), now.writes - self->before.writes);
	EXPECT_EQ(self->before.ptes, now.ptes);
	/* The first ones run while the host still writes the others. */
	ASSERT_EQ(0, job_wait(bench->fd, args.queue_id, first + JOBS / 2 - 1, 0, &last));
	for (i = JOBS / 2; i < JOBS; i++) {
		ASSERT_EQ(0, job_wait(bench->fd, args.queue_id, first + i, 0, &end));
		EXPECT_EQ(0, end.status);
		idle = end.start_cycle - last.end_cycle;
		sum += idle;
		if (idle > most)
			most = idle;
		last = end;
	}
	printf("# cost between two queued jobs: idle cycles %.0f, at most %llu\n",
	       (double)sum / (JOBS - JOBS / 2), (unsigned long long)most);
	fflush(stdout);
	EXPECT_GE(IDLE_CYCLES, most);
}

TEST_F(cost, mapping)
{
	struct bench *bench = &self->bench;
	struct counts before = self->before, now;
	uint32_t bo;
	int i;

	ASSERT_EQ(0, bo_new(bench->fd, 1 << 20, 0, 0, &bo));
	for (i = 0; i < JOBS; i++) {
		ASSERT_EQ(0, vm_map(bench->fd, bench->vm, bo, 0, 0x10000000, 1 << 20, 0));
		ASSERT_EQ(0, vm_unmap(bench->fd, bench->vm, 0x10000000, 1 << 20));
	}
	now = counts_now();
	print_counts("MAP and UNMAP of 1 MiB", &before, &now);
	/* An entry for a page, once set and once cleared; and one for the table, at most. */
	EXPECT_GE(JOBS * 2 * 257, now.ptes - before.ptes);
	EXPECT_EQ(JOBS, now.invalidations - before.invalidations);
}

TEST_HARNESS_MAIN
