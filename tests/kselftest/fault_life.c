// SPDX-License-Identifier: MIT
/* The driver and the device come and go while jobs are in flight. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "kselftest_harness.h"

#include "host.h"

#define DRIVER "/sys/bus/pci/drivers/onpu/"

FIXTURE(life)
{
	struct bench bench;
};

FIXTURE_SETUP(life)
{
	ASSERT_EQ(0, device_write("power/control", "on"));
	ASSERT_EQ(0, bench_open(&self->bench));
	ASSERT_TRUE(bench_works(&self->bench));
}

FIXTURE_TEARDOWN(life)
{
	struct bench again;

	bench_close(&self->bench);
	ASSERT_EQ(0, bench_open(&again));
	EXPECT_TRUE(bench_works(&again));
	bench_close(&again);
}

static int submit_long(struct bench *bench, uint32_t rounds, uint64_t *running, uint64_t *waiting)
{
	int err;

	bench_spin_copy(bench, rounds, 4096, 1);
	err = bench_begin(bench, 2, running);
	*waiting = *running + 1;
	return err;
}

static void is_gone(struct __test_metadata *_metadata, struct bench *bench, uint64_t seqno)
{
	struct drm_onpu_job_wait end;
	int err = job_wait(bench->fd, bench->queue, seqno, SOON_MS, &end);

	/* While the driver is there it tells how the job ended; unbound, it answers no more. */
	EXPECT_TRUE(err == -ENODEV || (!err && end.status == -ENODEV &&
				       end.fault == DRM_ONPU_FAULT_DEVICE_GONE)) {
		TH_LOG("errno %d, status %d, fault %u", err, end.status, end.fault);
	}
}

TEST_F(life, unbound_with_users)
{
	uint64_t running, waiting;
	struct bench bench;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, bench_open(&bench));
		ASSERT_EQ(0, submit_long(&bench, BENCH_ROUNDS_MAX, &running, &waiting));
		ASSERT_EQ(0, file_write(DRIVER "unbind", device_name()));
		is_gone(_metadata, &bench, running);
		is_gone(_metadata, &bench, waiting);
		EXPECT_EQ(-ENODEV, submit(bench.fd, bench.queue, &bench.job, &running));
		ASSERT_EQ(0, file_write(DRIVER "bind", device_name()));
		bench_close(&bench);
		ASSERT_EQ(0, device_write("power/control", "on"));
		ASSERT_EQ(0, bench_open(&bench));
		EXPECT_TRUE(bench_works(&bench));
		bench_close(&bench);
	}
}

/* A file of the driver in debugfs, for reading: a descriptor, or a negative errno. */
static int debugfs_open(const char *name)
{
	char path[64];
	glob_t found;
	int fd = -ENOENT;

	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/*/%s", name);
	if (!glob(path, 0, NULL, &found)) {
		fd = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	globfree(&found);
	return fd;
}

/* What is mapped for the device, in every way there is, but by the bench's own objects and queue. */
struct mapped {
	int fd, memory, ours, theirs;	/* file; of the udmabuf; exported read-only; udmabuf */
	uint32_t vm, ours_bo, theirs_bo;
	const uint8_t *view;		/* of ours */
	uint8_t *far;			/* of the udmabuf's memory */
};

static int map_everything(struct mapped *mapped, struct bench *bench)
{
	int err;

	mapped->ours = prime_export(bench->fd, bench->in_bo, DRM_CLOEXEC);
	mapped->theirs = udmabuf_new(BENCH_SIZE, &mapped->memory);
	mapped->fd = client_open();
	if (mapped->ours < 0 || mapped->theirs < 0 || mapped->fd < 0)
		return -ENODEV;
	mapped->view = mmap(NULL, BENCH_SIZE, PROT_READ, MAP_SHARED, mapped->ours, 0);
	mapped->far = mmap(NULL, BENCH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, mapped->memory, 0);
	if (mapped->view == MAP_FAILED || mapped->far == MAP_FAILED)
		return -errno;
	err = vm_new(mapped->fd, &mapped->vm);
	/* Read-only, so that it is an object of its own, with an attachment of its own. */
	err = err ?: prime_import(mapped->fd, mapped->ours, &mapped->ours_bo);
	err = err ?: prime_import(mapped->fd, mapped->theirs, &mapped->theirs_bo);
	err = err ?: vm_map(mapped->fd, mapped->vm, mapped->ours_bo, 0, BENCH_IN, BENCH_SIZE,
			    DRM_ONPU_MAP_READONLY);
	return err ?: vm_map(mapped->fd, mapped->vm, mapped->theirs_bo, 0, BENCH_OUT, BENCH_SIZE, 0);
}

static bool all_bytes(const uint8_t *bytes, uint8_t value)
{
	return bytes[0] == value && !memcmp(bytes, bytes + 1, BENCH_SIZE - 1);
}

/* Memory is user space's as before; nothing can be had of a device that is not there. */
static void lives_on(struct __test_metadata *_metadata, struct mapped *mapped, struct bench *bench)
{
	struct dma_buf_sync begin = { .flags = DMA_BUF_SYNC_READ | DMA_BUF_SYNC_START };
	struct dma_buf_sync end = { .flags = DMA_BUF_SYNC_READ | DMA_BUF_SYNC_END };
	uint32_t id;

	memset(bench->in, 0xa5, BENCH_SIZE);
	EXPECT_EQ(0, client_ioctl(mapped->ours, DMA_BUF_IOCTL_SYNC, &begin));
	EXPECT_TRUE(all_bytes(mapped->view, 0xa5));
	EXPECT_EQ(0, client_ioctl(mapped->ours, DMA_BUF_IOCTL_SYNC, &end));
	memset(mapped->far, 0x3c, BENCH_SIZE);
	EXPECT_TRUE(all_bytes(mapped->far, 0x3c));
	EXPECT_EQ(-ENODEV, vm_new(mapped->fd, &id));
	EXPECT_EQ(-ENODEV, bo_new(mapped->fd, BENCH_SIZE, 0, 0, &id));
	EXPECT_EQ(-ENODEV, prime_import(bench->fd, mapped->ours, &id));
	EXPECT_EQ(-ENODEV, vm_unmap(mapped->fd, mapped->vm, BENCH_IN, BENCH_SIZE));
}

static void unmap_everything(struct mapped *mapped)
{
	munmap((void *)mapped->view, BENCH_SIZE);
	munmap(mapped->far, BENCH_SIZE);
	close(mapped->ours);
	close(mapped->theirs);
	close(mapped->memory);
	close(mapped->fd);
}

TEST_F(life, unbound_with_buffers)
{
	uint64_t running, waiting;
	struct mapped mapped;
	struct bench bench;
	uint32_t handle, vm;
	int log, queues;
	char byte;

	ASSERT_EQ(0, bench_open(&bench));
	ASSERT_EQ(0, map_everything(&mapped, &bench));
	ASSERT_LE(0, (log = debugfs_open("fw_log")));
	ASSERT_LE(0, (queues = debugfs_open("queues")));
	ASSERT_EQ(1, read(log, &byte, 1));
	ASSERT_EQ(0, submit_long(&bench, BENCH_ROUNDS_MAX, &running, &waiting));
	ASSERT_EQ(0, file_write(DRIVER "unbind", device_name()));
	is_gone(_metadata, &bench, running);
	is_gone(_metadata, &bench, waiting);
	EXPECT_EQ(-1, pread(log, &byte, 1, 0));
	EXPECT_EQ(-1, pread(queues, &byte, 1, 0));
	lives_on(_metadata, &mapped, &bench);

	/* A buffer of before is good for the device as it is now, and is there as long as wanted. */
	ASSERT_EQ(0, file_write(DRIVER "bind", device_name()));
	bench_close(&self->bench);
	ASSERT_EQ(0, device_write("power/control", "on"));
	ASSERT_EQ(0, bench_open(&self->bench));
	ASSERT_EQ(0, prime_import(self->bench.fd, mapped.ours, &handle));
	ASSERT_EQ(0, vm_new(self->bench.fd, &vm));
	EXPECT_EQ(0, vm_map(self->bench.fd, vm, handle, 0, BENCH_IN, BENCH_SIZE,
			    DRM_ONPU_MAP_READONLY));
	bench_close(&bench);
	EXPECT_TRUE(all_bytes(mapped.view, 0xa5));
	unmap_everything(&mapped);
	EXPECT_TRUE(bench_works(&self->bench));
	close(log);
	close(queues);
}

/* Asks for everything that the driver maps for the device, again and again; failing is allowed. */
static void ask_for_ever(void)
{
	uint32_t vm, queue, handle, again;
	int fd, buf;

	for (;;) {
		fd = client_open();
		vm = 0;
		queue = 0;
		handle = 0;
		vm_new(fd, &vm);
		/* So large that it is under way when the driver goes. */
		bo_new(fd, 8u << 20, 0, 0, &handle);
		queue_new(fd, vm, DRM_ONPU_PRIORITY_NORMAL, 0, 1, &queue);
		vm_map(fd, vm, handle, 0, BENCH_IN, BENCH_SIZE, 0);
		buf = prime_export(fd, handle, DRM_CLOEXEC);
		prime_import(fd, buf, &again);
		close(buf);
		bo_close(fd, handle);
		queue_destroy(fd, queue);
		vm_destroy(fd, vm);
		close(fd);
	}
}

TEST_F(life, unbound_in_the_middle)
{
	pid_t children[4];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(children); i++) {
		children[i] = fork();
		ASSERT_LE(0, children[i]);
		if (!children[i])
			ask_for_ever();
	}
	for (i = 0; i < 10; i++) {
		usleep(100000 + 7000 * i);
		EXPECT_EQ(0, file_write(DRIVER "unbind", device_name()));
		EXPECT_EQ(0, file_write(DRIVER "bind", device_name()));
	}
	for (i = 0; i < ARRAY_SIZE(children); i++) {
		kill(children[i], SIGKILL);
		EXPECT_EQ(children[i], waitpid(children[i], NULL, 0));
	}
	ASSERT_EQ(0, device_write("power/control", "on"));
}

TEST_F(life, module_comes_and_goes)
{
	struct bench bench;
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EWOULDBLOCK, module_unload("onpu"));
		bench_close(&self->bench);
		/* Files are closed, and the last fences freed, in the background. */
		EXPECT_TRUE(wait_for(module_unload("onpu") == 0, SOON_MS));
		ASSERT_EQ(0, module_load("onpu.ko"));
		ASSERT_EQ(0, bench_open(&self->bench));
		EXPECT_TRUE(bench_works(&self->bench));
	}
	ASSERT_EQ(0, bench_open(&bench));
	bench_close(&bench);
}

static bool is_suspended(void)
{
	char status[32];

	return device_read("power/runtime_status", status, sizeof(status)) &&
	       !strcmp(status, "suspended");
}

/* D3hot loses everything in the device. */
TEST_F(life, power_goes_when_idle)
{
	char answer[64];
	int i;

	ASSERT_EQ(0, device_write("power/control", "auto"));
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(wait_for(is_suspended(), SOON_MS));
		ASSERT_TRUE(host_do("state", answer, sizeof(answer)));
		EXPECT_STREQ("ok d3", answer);
		EXPECT_TRUE(bench_works(&self->bench));
	}
	EXPECT_EQ(0, driver_stat("bad_records"));
}

/* So many that one of them runs, however late the reset comes. */
#define RESET_JOBS 8u

/*
 * By every way that the kernel knows: the job that runs is lost, innocently, one that user space
 * allows to begin anew does, and one that has not begun runs.
 */
static void reset_with_jobs(struct __test_metadata *_metadata, struct bench *bench, int events)
{
	long long resets = driver_stat("resets");
	struct drm_onpu_queue_state state, before;
	struct drm_onpu_job_wait end;
	unsigned int i, jobs, lost;
	uint64_t first;
	bool again;

	for (again = false;; again = true) {
		bench->job.flags = again ? DRM_ONPU_JOB_RESTARTABLE : 0;
		ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &before));
		bench_spin_copy(bench, 100, 4096, 1);
		jobs = again ? 2 : RESET_JOBS;
		ASSERT_EQ(0, bench_begin(bench, jobs, &first));
		log_mark();
		ASSERT_EQ(0, device_write("reset", "1"));
		EXPECT_TRUE(uevent_has(events, "WEDGED=none", SOON_MS));
		EXPECT_TRUE(log_has("reset: the PCI function is reset from outside"));
		for (i = 0, lost = 0; i < jobs; i++) {
			ASSERT_EQ(0, job_wait(bench->fd, bench->queue, first + i, SOON_MS, &end));
			if (end.status) {
				EXPECT_EQ(-ECANCELED, end.status);
				EXPECT_EQ(DRM_ONPU_FAULT_INNOCENT, end.fault);
				lost++;
			}
		}
		EXPECT_EQ(again ? 0 : 1, lost);
		EXPECT_TRUE(bench_copied(bench, 4096, 1));
		EXPECT_EQ(++resets, driver_stat("resets"));
		ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
		EXPECT_EQ(before.resets + 1, state.resets);
		EXPECT_TRUE(state.state & DRM_ONPU_QUEUE_STATE_INNOCENT);
		EXPECT_FALSE(state.state & DRM_ONPU_QUEUE_STATE_GUILTY);
		if (again)
			break;
	}
	bench->job.flags = 0;
}

TEST_F(life, function_is_reset)
{
	char methods[128], *method, *rest;
	int events, count = 0;

	ASSERT_LE(0, (events = uevent_open()));
	ASSERT_TRUE(device_read("reset_method", methods, sizeof(methods)));
	printf("# reset methods: %s\n", methods);
	for (method = strtok_r(methods, " ", &rest); method; method = strtok_r(NULL, " ", &rest)) {
		ASSERT_EQ(0, device_write("reset_method", method));
		reset_with_jobs(_metadata, &self->bench, events);
		count++;
	}
	EXPECT_LE(1, count);
	/* Without jobs and without power, too. */
	ASSERT_EQ(0, device_write("power/control", "auto"));
	ASSERT_TRUE(wait_for(is_suspended(), SOON_MS));
	ASSERT_EQ(0, device_write("reset", "1"));
	EXPECT_TRUE(bench_works(&self->bench));
	EXPECT_EQ(0, driver_stat("bad_records"));
	close(events);
}

/* A single bad image is what the second try is for. */
TEST_F(life, image_is_damaged_once)
{
	long long resets = driver_stat("resets");

	ASSERT_EQ(0, device_write("power/control", "auto"));
	ASSERT_TRUE(wait_for(is_suspended(), SOON_MS));
	ASSERT_TRUE(host_do("inject corrupt-image 4000", NULL, 0));
	EXPECT_TRUE(bench_works(&self->bench));
	EXPECT_EQ(resets + 1, driver_stat("resets"));
}

/* One that stays bad is the end, until the driver loads it anew. */
TEST_F(life, image_stays_damaged)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_queue_state state;
	uint64_t first, second;
	int events;

	ASSERT_LE(0, (events = uevent_open()));
	log_mark();
	ASSERT_EQ(0, device_write("power/control", "auto"));
	ASSERT_TRUE(wait_for(is_suspended(), SOON_MS));
	ASSERT_TRUE(host_do("inject bad-images 1", NULL, 0));
	bench_copy(bench, 4096, 1);
	ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &first));
	is_gone(_metadata, bench, first);
	EXPECT_TRUE(uevent_has(events, "WEDGED=rebind", SOON_MS));
	EXPECT_EQ(-ENODEV, submit(bench->fd, bench->queue, &bench->job, &second));
	EXPECT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	EXPECT_TRUE(state.state & DRM_ONPU_QUEUE_STATE_DEAD);
	EXPECT_TRUE(log_has("is damaged (CRC)"));
	EXPECT_TRUE(log_has("dead: it does not come back from a reset"));
	bench_close(bench);
	EXPECT_TRUE(wait_for(module_unload("onpu") == 0, SOON_MS));
	ASSERT_TRUE(host_do("inject bad-images 0", NULL, 0));
	ASSERT_EQ(0, module_load("onpu.ko"));
	close(events);
}

/* Loads the driver anew, for a device that is of another version. */
static void load_with(struct __test_metadata *_metadata, const char *fault)
{
	ASSERT_TRUE(wait_for(module_unload("onpu") == 0, 5000));
	ASSERT_TRUE(host_do(fault, NULL, 0));
	log_mark();
	ASSERT_EQ(0, module_load("onpu.ko"));
}

/* What is of a version that the driver does not know is refused, by name, and nothing else tried. */
TEST_F_TIMEOUT(life, version_is_not_known, 120)
{
	bench_close(&self->bench);
	load_with(_metadata, "inject registers 2");
	EXPECT_TRUE(log_has("registers of version 2, this driver knows 1: update it"));
	EXPECT_EQ(-ENODEV, bench_open(&self->bench));
	load_with(_metadata, "inject registers 0");
	ASSERT_EQ(0, bench_open(&self->bench));
	EXPECT_TRUE(bench_works(&self->bench));
	bench_close(&self->bench);
	load_with(_metadata, "inject interface 3");
	EXPECT_TRUE(log_has("firmware speaks interface 3.0 to 3.1, this driver 1.0 to 1.1: update the older one"));
	EXPECT_EQ(-ENODEV, bench_open(&self->bench));
	load_with(_metadata, "inject interface 0");
}

/* Commands are user space's: the driver tells their version, and the library refuses. */
TEST_F_TIMEOUT(life, commands_are_not_known, 120)
{
	struct drm_onpu_dev_info info = { 0 };
	struct drm_onpu_query query = {
		.type = DRM_ONPU_QUERY_DEV_INFO, .size = sizeof(info), .ptr = (uintptr_t)&info,
	};
	char said[512] = "";
	FILE *npu;

	bench_close(&self->bench);
	load_with(_metadata, "inject commands 9");
	ASSERT_EQ(0, bench_open(&self->bench));
	EXPECT_EQ(0, client_ioctl(self->bench.fd, DRM_IOCTL_ONPU_QUERY, &query));
	EXPECT_EQ(9, info.isa_major);
	npu = popen("./npu run --device drm --random 1 classifier_int8.tflite 2>&1", "r");
	ASSERT_NE(NULL, npu);
	EXPECT_LT(0, fread(said, 1, sizeof(said) - 1, npu));
	EXPECT_EQ(1, WEXITSTATUS(pclose(npu)));
	EXPECT_NE(NULL, strstr(said, " has commands of version 9, this library knows 1\n")) {
		TH_LOG("%s", said);
	}
	bench_close(&self->bench);
	load_with(_metadata, "inject commands 0");
}

TEST_HARNESS_MAIN
