// SPDX-License-Identifier: MIT
/* Many processes, queues and jobs at once, every result checked; who goes first. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "client.h"

#define PROCESSES 8
#define JOBS 500
#define BATCH 10		/* of which each of two queues gets half */
#define COPY 1024u

static void write_job(struct bench *bench, struct drm_onpu_job *job, uint32_t i)
{
	struct stream stream = { .bytes = bench->code + i * 256 };

	stream_load(&stream, 1, i * COPY, COPY, i * COPY);
	stream_store(&stream, 2, i * COPY, COPY, i * COPY);
	stream_end(&stream);
	*job = bench->job;
	job->entry = BENCH_CODE + i * 256;
	job->stream_size = stream.size;
}

/* JOBS small copies by two queues: 0, or what went wrong. */
static int work(uint32_t process)
{
	struct drm_onpu_job jobs[BATCH];
	struct drm_onpu_job_wait end;
	uint32_t queue[2], round, i, q;
	struct bench bench;

	if (bench_open(&bench))
		return 1;
	queue[0] = bench.queue;
	/* LOW, NORMAL and HIGH are all among the processes. */
	if (queue_new(bench.fd, bench.vm, process % 3, 0, 8, &queue[1]))
		return 2;
	for (i = 0; i < BATCH; i++)
		write_job(&bench, &jobs[i], i);
	for (round = 0; round < JOBS / BATCH; round++) {
		struct drm_onpu_submit args[2];

		for (i = 0; i < BATCH * COPY; i++)
			bench.in[i] = (uint8_t)(i * 7 + (i >> 8) + round * 31 + process * 101);
		memset(bench.out, ~bench.in[0], BATCH * COPY);
		for (q = 0; q < 2; q++) {
			args[q] = (struct drm_onpu_submit){
				.queue_id = queue[q],
				.jobs = client_array(&jobs[q * BATCH / 2], BATCH / 2),
			};
			if (client_ioctl(bench.fd, DRM_IOCTL_ONPU_SUBMIT, &args[q]))
				return 3;
		}
		for (q = 0; q < 2; q++)
			for (i = 0; i < BATCH / 2; i++)
				if (job_wait(bench.fd, queue[q], args[q].first_seqno + i, SOON_MS,
					     &end) || end.status)
					return 4;
		if (memcmp(bench.in, bench.out, BATCH * COPY))
			return 5;
	}
	bench_close(&bench);
	return 0;
}

TEST(eight_processes)
{
	int64_t resets = client_stat("resets"), faults = client_stat("faults");
	pid_t child[PROCESSES];
	struct usage none = { 0 };
	int i, status;

	for (i = 0; i < PROCESSES; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (!child[i])
			_exit(work(i));
	}
	for (i = 0; i < PROCESSES; i++) {
		ASSERT_EQ(child[i], waitpid(child[i], &status, 0));
		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(0, WEXITSTATUS(status)) TH_LOG("process %d", i);
	}
	EXPECT_EQ(resets, client_stat("resets"));
	EXPECT_EQ(faults, client_stat("faults"));
	EXPECT_TRUE(usage_is(&none));
}

/*
 * A queue of higher priority overtakes the jobs that wait in another one.  false: on a busy machine
 * these were over before.
 */
static bool overtakes(struct __test_metadata *_metadata, struct bench *bench, const uint32_t pair[2])
{
	struct drm_onpu_job_wait first, before_last, last;
	struct drm_onpu_job jobs[16];
	struct drm_onpu_submit args;
	uint32_t lower, higher, i;
	uint64_t seqno;

	for (i = 0; i < 16; i++)
		jobs[i] = bench->job;
	ASSERT_EQ(0, queue_new(bench->fd, bench->vm, pair[0], 0, 16, &lower));
	ASSERT_EQ(0, queue_new(bench->fd, bench->vm, pair[1], 0, 16, &higher));
	args = (struct drm_onpu_submit){ .queue_id = lower, .jobs = client_array(jobs, 16) };
	ASSERT_EQ(0, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, submit(bench->fd, higher, &bench->job, &seqno));
		ASSERT_EQ(0, job_wait(bench->fd, higher, seqno, SOON_MS, &first));
		EXPECT_EQ(0, first.status);
	}
	ASSERT_EQ(0, job_wait(bench->fd, lower, 16, SOON_MS, &last));
	EXPECT_EQ(0, last.status);
	ASSERT_EQ(0, job_wait(bench->fd, lower, 15, 0, &before_last));
	ASSERT_EQ(0, queue_destroy(bench->fd, lower));
	ASSERT_EQ(0, queue_destroy(bench->fd, higher));
	if (first.queued_cycle >= before_last.start_cycle)
		return false;
	EXPECT_LE(first.end_cycle, last.start_cycle);
	return true;
}

TEST(the_higher_goes_first)
{
	static const uint32_t pairs[][2] = {
		{ DRM_ONPU_PRIORITY_LOW, DRM_ONPU_PRIORITY_NORMAL },
		{ DRM_ONPU_PRIORITY_LOW, DRM_ONPU_PRIORITY_HIGH },
		{ DRM_ONPU_PRIORITY_NORMAL, DRM_ONPU_PRIORITY_HIGH },
	};
	struct bench bench;
	uint32_t i, tries;

	ASSERT_EQ(0, bench_open(&bench));
	bench_spin(&bench, 3000);
	for (i = 0; i < 3; i++) {
		for (tries = 0; tries < 20 && !overtakes(_metadata, &bench, pairs[i]); tries++)
			;
		EXPECT_GT(20, tries) TH_LOG("pair %u", i);
	}
	bench_close(&bench);
}

TEST_HARNESS_MAIN
