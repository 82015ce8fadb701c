// SPDX-License-Identifier: MIT
/*
 * What a job costs, in counts that are the same on every machine: "# cost NAME VALUE" lines,
 * which tests/bench/driver.py makes a table of.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
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

/* A job's own interrupt may be handled after its record was found: it is not the next one's. */
static void settle(void)
{
	int64_t interrupts;

	do {
		interrupts = client_stat("interrupts");
		usleep(100000);
	} while (interrupts != client_stat("interrupts"));
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
	settle();
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

/* How long the device is idle between jobs of which one waits when the other ends. */
struct idle {
	uint64_t most, sum;
	int pairs;
};

/* Queues JOBS jobs, of which the first one takes that many rounds, and waits for them. */
static void run_queue(struct __test_metadata *_metadata, FIXTURE_DATA(cost) *self, uint32_t queue,
		      uint16_t rounds, struct idle *idle, struct counts *after)
{
	struct drm_onpu_job jobs[JOBS];
	struct drm_onpu_submit args = { .queue_id = queue, .jobs = client_array(jobs, JOBS) };
	struct bench *bench = &self->bench;
	struct drm_onpu_job_wait last, end;
	struct stream long_one = { 0 };
	struct counts now;
	uint64_t first, cycles;
	int i;

	settle();
	self->begin = ms_now();
	self->before = counts_now();
	bench_spin(bench, 10);
	for (i = 0; i < JOBS; i++)
		jobs[i] = bench->job;
	long_one.bytes = bench->code + 4096;
	stream_spin(&long_one, 1, 32768, rounds);
	stream_end(&long_one);
	jobs[0].entry = BENCH_CODE + 4096;
	jobs[0].stream_size = long_one.size;
	ASSERT_EQ(0, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	first = args.first_seqno;
	ASSERT_EQ(0, job_wait(bench->fd, queue, first + JOBS - 1, SOON_MS, &end));
	now = counts_now();
	EXPECT_GE(JOBS, now.doorbells - self->before.doorbells);
	EXPECT_GE(3 * health_checks(self), now.reads - self->before.reads);
	EXPECT_GE(JOBS, now.interrupts - self->before.interrupts);
	EXPECT_GE(2 * JOBS + health_checks(self), now.writes - self->before.writes);
	EXPECT_EQ(self->before.ptes, now.ptes);
	*after = now;
	/* The first ones run while the host still writes the others. */
	ASSERT_EQ(0, job_wait(bench->fd, queue, first + JOBS / 2 - 1, 0, &last));
	*idle = (struct idle){ 0 };
	for (i = JOBS / 2; i < JOBS; i++) {
		ASSERT_EQ(0, job_wait(bench->fd, queue, first + i, 0, &end));
		EXPECT_EQ(0, end.status);
		/* On a busy host some are written when the one before has ended. */
		if (end.queued_cycle <= last.done_cycle) {
			cycles = end.start_cycle - last.end_cycle;
			idle->sum += cycles;
			if (cycles > idle->most)
				idle->most = cycles;
			idle->pairs++;
		}
		last = end;
	}
}

TEST_F(cost, queued)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job_wait end;
	struct idle idle = { 0 };
	struct counts now;
	uint32_t queue, rounds;
	uint64_t first;

	ASSERT_EQ(0, queue_new(bench->fd, bench->vm, 1, 0, JOBS, &queue));
	ASSERT_EQ(0, submit(bench->fd, queue, &bench->job, &first));
	ASSERT_EQ(0, job_wait(bench->fd, queue, first, SOON_MS, &end));
	/* Until the first one takes as long as this host needs to write the others. */
	for (rounds = 200; idle.pairs < JOBS / 4 && rounds <= UINT16_MAX; rounds *= 4)
		run_queue(_metadata, self, queue, rounds, &idle, &now);
	ASSERT_LE(JOBS / 4, idle.pairs);
	print_counts("a job, queued", &self->before, &now);
	printf("# cost between two queued jobs: idle cycles %.0f, at most %llu\n",
	       (double)idle.sum / idle.pairs, (unsigned long long)idle.most);
	fflush(stdout);
	EXPECT_GE(IDLE_CYCLES, idle.most);
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

/* ---- allocations ------------------------------------------------------------------------ */

#define TRACEFS "/sys/kernel/tracing"
/* A buffer of its own, with its own events. */
#define TRACE TRACEFS "/instances/onpu_cost/"
/* Of a SUBMIT of one job without fences, as docs/driver.md has them. */
#define SUBMIT_ALLOCATIONS 7

struct allocations {
	int submit[JOBS], wait[JOBS];
	/* By the driver, the scheduler or DRM in another task than ours. */
	int elsewhere;
	/* Who asked, in each SUBMIT. */
	char sites[JOBS][512];
};

static int trace_write(const char *name, const char *text)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), TRACE "%s", name);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int trace_event(const char *event)
{
	char path[128];
	int err;

	/* What an interrupt asks for is not ours, whomever it interrupts. */
	snprintf(path, sizeof(path), "events/kmem/%s/filter", event);
	err = trace_write(path, "!(common_flags & 24)");
	snprintf(path, sizeof(path), "events/kmem/%s/enable", event);
	return err ?: trace_write(path, "1");
}

static int trace_start(void)
{
	int err;

	if (access(TRACEFS "/instances", F_OK) && mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		return -errno;
	if (mkdir(TRACE, 0700))
		return -errno;
	err = trace_event("kmalloc");
	return err ?: trace_event("kmem_cache_alloc");
}

/* The allocator's own stock of objects, which it fills up once in dozens of times. */
static bool is_stock(const char *site)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(site, "+ "), site);
	return strstr(name, "__pcs_") || strstr(name, "sheaf") || strstr(name, "slab");
}

/* "  test_cost-123   [001] .....    17.190154: kmalloc: call_site=onpu_open+0x45/0x130 [onpu] ..." */
static void count_line(struct allocations *counts, const char *line, int pid, int job, bool waiting)
{
	const char *site = strstr(line, "call_site=");
	char task[32];
	size_t have;

	if (!site)
		return;
	site += strlen("call_site=");
	snprintf(task, sizeof(task), "-%d ", pid);
	if (!strstr(line, task)) {
		counts->elsewhere += strstr(site, "[onpu]") || strstr(site, "[gpu_sched]") ||
				     strstr(site, "[drm]");
		return;
	}
	if (job < 0 || job >= JOBS || is_stock(site))
		return;
	if (waiting) {
		counts->wait[job]++;
		return;
	}
	counts->submit[job]++;
	have = strlen(counts->sites[job]);
	snprintf(counts->sites[job] + have, sizeof(counts->sites[job]) - have, " %.*s",
		 (int)strcspn(site, "+ "), site);
}

static int trace_count(struct allocations *counts, int pid)
{
	FILE *file = fopen(TRACE "trace", "re");
	bool waiting = false;
	char line[512];
	/* Opening files is no job's business. */
	int job = -1;

	if (!file)
		return -errno;
	memset(counts, 0, sizeof(*counts));
	while (fgets(line, sizeof(line), file)) {
		if (strstr(line, ": submitted")) {
			waiting = true;
		} else if (strstr(line, ": ready") || strstr(line, ": ended")) {
			waiting = false;
			job++;
		} else {
			count_line(counts, line, pid, job, waiting);
		}
	}
	fclose(file);
	return job;
}

/* As many for each job, and nothing on its way to the device and back. */
TEST_F(cost, allocations)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job_wait end;
	static struct allocations counts;
	uint64_t seqno;
	int marks, i;

	if (!access("/sys/kernel/debug/debug_objects", F_OK))
		SKIP(return, "this kernel's debugging allocates as well");
	ASSERT_EQ(0, trace_start());
	marks = open(TRACE "trace_marker", O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, marks);
	ASSERT_LT(0, write(marks, "ready", 5));
	for (i = 0; i < JOBS; i++) {
		ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &seqno));
		ASSERT_LT(0, write(marks, "submitted", 9));
		ASSERT_EQ(0, job_wait(bench->fd, bench->queue, seqno, SOON_MS, &end));
		ASSERT_EQ(0, end.status);
		ASSERT_LT(0, write(marks, "ended", 5));
	}
	close(marks);
	ASSERT_EQ(0, trace_write("tracing_on", "0"));
	ASSERT_EQ(JOBS, trace_count(&counts, getpid()));
	EXPECT_EQ(0, rmdir(TRACE));
	printf("# cost allocations of a SUBMIT: %d,%s\n", counts.submit[0], counts.sites[0]);
	fflush(stdout);
	/* That the trace sees them. */
	EXPECT_TRUE(strstr(counts.sites[0], "onpu_job_new"));
	EXPECT_EQ(SUBMIT_ALLOCATIONS, counts.submit[0]);
	EXPECT_EQ(0, counts.elsewhere);
	for (i = 0; i < JOBS; i++) {
		EXPECT_STREQ(counts.sites[0], counts.sites[i]);
		EXPECT_EQ(0, counts.wait[i]);
	}
}

TEST_HARNESS_MAIN
