// SPDX-License-Identifier: MIT
/* Whatever ends first - job, queue, VM, object, file, process - the rest ends well, and all of it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "client.h"

#define SEED 20240607
#define KILLS 50

/* Nothing there before, nothing there after. */
FIXTURE(lifetime)
{
	struct usage none;
};

FIXTURE_SETUP(lifetime)
{
	memset(&self->none, 0, sizeof(self->none));
	ASSERT_TRUE(usage_is(&self->none));
}

FIXTURE_TEARDOWN(lifetime)
{
	struct bench bench;

	EXPECT_TRUE(usage_is(&self->none));
	ASSERT_EQ(0, bench_open(&bench));
	bench_copy(&bench, 4096, 3);
	EXPECT_EQ(0, bench_run(&bench));
	EXPECT_TRUE(bench_copied(&bench, 4096, 3));
	bench_close(&bench);
	EXPECT_TRUE(usage_is(&self->none));
}

/* The status of a child, which runs the rest of the statement; 99: it did not exit. */
static int status_of(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return 99;
	return WEXITSTATUS(status);
}

/* ---- descriptors ------------------------------------------------------------------------ */

static int send_fd(int socket, int fd)
{
	char data = 'x', control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { &data, 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	return sendmsg(socket, &message, 0) == 1 ? 0 : -errno;
}

static int receive_fd(int socket)
{
	char data, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &data, 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

/* Whoever has the descriptor has the queues; the last one ends them. */
TEST_F(lifetime, passed_to_another_process)
{
	struct bench bench;
	int pair[2];
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		close(pair[0]);
		/* From one who ends at once. */
		child = fork();
		if (!child) {
			if (bench_open(&bench))
				_exit(1);
			bench_copy(&bench, 4096, 1);
			_exit(send_fd(pair[1], bench.fd) ? 2 : 0);
		}
		_exit(status_of(child));
	}
	ASSERT_EQ(0, status_of(child));
	close(pair[1]);
	memset(&bench, 0, sizeof(bench));
	bench.fd = receive_fd(pair[0]);
	ASSERT_LE(0, bench.fd);
	close(pair[0]);
	/* Ids are numbers that both know: the first of each kind. */
	bench.queue = 1;
	bench.region[0] = (struct drm_onpu_region){ BENCH_CODE, BENCH_SIZE };
	bench.region[1] = (struct drm_onpu_region){ BENCH_IN, BENCH_SIZE };
	bench.region[2] = (struct drm_onpu_region){ BENCH_OUT, BENCH_SIZE };
	bench.job = (struct drm_onpu_job){
		.regions = client_array(bench.region, 3), .entry = BENCH_CODE,
		.stream_size = 2 * sizeof(struct onpu_cmd_load) + sizeof(struct onpu_cmd_end),
	};
	EXPECT_EQ(0, bench_run(&bench));
	bench.out = bo_mmap(bench.fd, 3, BENCH_SIZE);
	ASSERT_NE(NULL, bench.out);
	EXPECT_TRUE(bench_copied(&bench, 4096, 1));
	bench_close(&bench);
}

TEST_F(lifetime, fork_and_duplicates)
{
	struct bench bench;
	pid_t child;
	int copy;

	ASSERT_EQ(0, bench_open(&bench));
	bench_copy(&bench, 4096, 2);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(bench_run(&bench) || !bench_copied(&bench, 4096, 2));
	EXPECT_EQ(0, status_of(child));
	/* The child's end took nothing along. */
	EXPECT_EQ(0, bench_run(&bench));
	copy = dup(bench.fd);
	ASSERT_LE(0, copy);
	ASSERT_EQ(0, close(bench.fd));
	bench.fd = copy;
	EXPECT_EQ(0, bench_run(&bench));
	EXPECT_TRUE(bench_copied(&bench, 4096, 2));
	bench_close(&bench);
}

TEST_F(lifetime, exec_closes)
{
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		struct bench bench;
		uint64_t seqno;
		int i;

		if (bench_open(&bench))
			_exit(1);
		bench_spin(&bench, 60000);
		for (i = 0; i < 8; i++)
			if (submit(bench.fd, bench.queue, &bench.job, &seqno))
				_exit(2);
		execl("/bin/sleep", "sleep", "0.2", (char *)NULL);
		_exit(3);
	}
	EXPECT_EQ(0, status_of(child));
}

/* ---- with jobs in flight ------------------------------------------------------------------ */

static void submit_long(struct __test_metadata *_metadata, struct bench *bench, int n)
{
	uint64_t seqno;
	int i;

	bench_spin(bench, 60000);
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &seqno));
}

TEST_F(lifetime, closed_with_jobs_in_flight)
{
	struct bench bench[3];
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, bench_open(&bench[i]));
		submit_long(_metadata, &bench[i], 10);
	}
	for (i = 0; i < 3; i++)
		bench_close(&bench[i]);
}

struct waiter {
	struct bench *bench;
	uint64_t seqno;
	int result;
	_Atomic pid_t thread;		/* 0: not there yet */
};

static void *wait_in_thread(void *data)
{
	struct waiter *waiter = data;
	struct drm_onpu_job_wait end;
	int err;

	waiter->thread = (pid_t)syscall(SYS_gettid);
	err = job_wait(waiter->bench->fd, waiter->bench->queue, waiter->seqno, SOON_MS, &end);
	waiter->result = err ? err : end.status;
	return NULL;
}

/* It sleeps in the call, or has come back. */
static bool waits(const struct waiter *waiter)
{
	char path[64], state = 0;
	FILE *stat;

	if (!waiter->thread)
		return false;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)waiter->thread);
	stat = fopen(path, "r");
	if (!stat)
		return true;
	if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(stat);
	return state == 'S';
}

TEST_F(lifetime, waiters_wake_when_the_queue_goes)
{
	struct waiter waiters[4];
	pthread_t threads[4];
	struct bench bench;
	int i;

	ASSERT_EQ(0, bench_open(&bench));
	/* For the first one and for the last ones, which do not end before a busy machine is there. */
	submit_long(_metadata, &bench, 16);
	for (i = 0; i < 4; i++) {
		waiters[i] = (struct waiter){ &bench, i ? 12 + i : 1, 1, 0 };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, wait_in_thread, &waiters[i]));
	}
	for (i = 0; i < 4; i++)
		while (!waits(&waiters[i]))
			usleep(1000);
	ASSERT_EQ(0, queue_destroy(bench.fd, bench.queue));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		/* The first one may have ended by itself. */
		if (i || waiters[i].result) {
			EXPECT_EQ(-ECANCELED, waiters[i].result) TH_LOG("waiter %d", i);
		}
	}
	bench_close(&bench);
}

TEST_F(lifetime, vm_goes_before_its_queue)
{
	struct bench bench;
	struct drm_onpu_job_wait end;
	uint64_t seqno;

	ASSERT_EQ(0, bench_open(&bench));
	bench_copy(&bench, 4096, 4);
	ASSERT_EQ(0, vm_destroy(bench.fd, bench.vm));
	EXPECT_EQ(1, client_stat("vms"));
	ASSERT_EQ(0, submit(bench.fd, bench.queue, &bench.job, &seqno));
	ASSERT_EQ(0, job_wait(bench.fd, bench.queue, seqno, SOON_MS, &end));
	EXPECT_EQ(0, end.status);
	EXPECT_TRUE(bench_copied(&bench, 4096, 4));
	/* And with it its mappings, although the file is still open. */
	ASSERT_EQ(0, queue_destroy(bench.fd, bench.queue));
	EXPECT_TRUE(usage_is(&(struct usage){ .files = 1, .bos = 3 }));
	bench_close(&bench);
}

TEST_F(lifetime, sync_file_outlives_everything)
{
	struct drm_onpu_sync sync = { 0 };
	struct drm_onpu_submit args;
	struct bench bench;
	int file[2], i;

	ASSERT_EQ(0, bench_open(&bench));
	ASSERT_EQ(0, sync_new(bench.fd, &sync.handle));
	bench_copy(&bench, 64, 1);
	for (i = 0; i < 2; i++) {
		args = (struct drm_onpu_submit){
			.queue_id = bench.queue, .jobs = client_array(&bench.job, 1),
			.signals = client_array(&sync, 1),
		};
		ASSERT_EQ(0, client_ioctl(bench.fd, DRM_IOCTL_ONPU_SUBMIT, &args));
		file[i] = sync_export(bench.fd, sync.handle);
		ASSERT_LE(0, file[i]);
		/* One has signalled before the queue goes, the other one has to. */
		if (!i)
			ASSERT_TRUE(fd_polls(file[0], POLLIN, SOON_MS));
		bench_spin(&bench, 60000);
	}
	ASSERT_EQ(0, queue_destroy(bench.fd, bench.queue));
	bench_close(&bench);
	EXPECT_TRUE(fd_polls(file[0], POLLIN, 0));
	EXPECT_TRUE(fd_polls(file[1], POLLIN, SOON_MS));
	/* Fences are all that is left. */
	EXPECT_TRUE(usage_is(&self->none));
	close(file[0]);
	close(file[1]);
}

TEST_F(lifetime, dma_buf_keeps_its_object)
{
	struct bench bench;
	uint32_t handle;
	uint8_t *data;
	int buf;

	ASSERT_EQ(0, bench_open(&bench));
	bench_copy(&bench, 4096, 6);
	ASSERT_EQ(0, bench_run(&bench));
	buf = prime_export(bench.fd, bench.out_bo, DRM_CLOEXEC | DRM_RDWR);
	ASSERT_LE(0, buf);
	bench_close(&bench);
	EXPECT_TRUE(usage_is(&(struct usage){ .bos = 1 }));
	data = mmap(NULL, BENCH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, buf, 0);
	ASSERT_NE(MAP_FAILED, data);
	close(buf);
	/* By its mapping only. */
	EXPECT_TRUE(usage_is(&(struct usage){ .bos = 1 }));
	bench.out = data;
	EXPECT_TRUE(bench_copied(&bench, 4096, 6));
	munmap(data, BENCH_SIZE);
	EXPECT_TRUE(usage_is(&self->none));

	/* One that is not ours, closed while it is mapped and a job uses it. */
	ASSERT_EQ(0, bench_open(&bench));
	buf = udmabuf_new(BENCH_SIZE, &(int){ -1 });
	ASSERT_LE(0, buf);
	ASSERT_EQ(0, prime_import(bench.fd, buf, &handle));
	close(buf);
	ASSERT_EQ(0, vm_map(bench.fd, bench.vm, handle, 0, 0x400000, BENCH_SIZE, 0));
	ASSERT_EQ(0, bo_close(bench.fd, handle));
	bench.region[1].va = 0x400000;
	submit_long(_metadata, &bench, 2);
	bench_close(&bench);
}

/* ---- at any time ---------------------------------------------------------------------------- */

static void live_until_killed(unsigned int seed)
{
	struct bench bench;
	uint32_t queue, vm, bo, sync;
	uint64_t seqno;

	for (;;) {
		if (bench_open(&bench))
			_exit(1);
		bench_spin(&bench, 1 + rand_r(&seed) % 3000);
		if (queue_new(bench.fd, bench.vm, rand_r(&seed) % 3, 0, 8, &queue) ||
		    vm_new(bench.fd, &vm) || bo_new(bench.fd, 1 << 20, 0, vm, &bo) ||
		    vm_map(bench.fd, vm, bo, 0, 0x400000, 1 << 20, 0) ||
		    sync_new(bench.fd, &sync))
			_exit(2);
		submit(bench.fd, bench.queue, &bench.job, &seqno);
		submit(bench.fd, queue, &bench.job, &seqno);
		submit(bench.fd, queue, &bench.job, &seqno);
		prime_export(bench.fd, bench.out_bo, DRM_CLOEXEC);
		if (rand_r(&seed) % 2)
			queue_destroy(bench.fd, queue);
		if (rand_r(&seed) % 2)
			vm_destroy(bench.fd, vm);
		bench_close(&bench);
	}
}

TEST_F(lifetime, killed_at_random)
{
	unsigned int seed = SEED;
	int i, status;

	TH_LOG("seed %u", seed);
	for (i = 0; i < KILLS; i++) {
		pid_t child = fork();

		ASSERT_LE(0, child);
		if (!child)
			live_until_killed(seed);
		usleep(rand_r(&seed) % 60000);
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status)) TH_LOG("round %d: it ended, %#x", i, status);
	}
	EXPECT_TRUE(usage_is(&self->none));
}

TEST_HARNESS_MAIN
