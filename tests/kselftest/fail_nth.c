// SPDX-License-Identifier: MIT
/*
 * What may fail fails: of each call the first allocation, then the second, and so on, until a
 * call needs no more (fault-injection.rst, fail-nth).  A call either succeeds or says why not,
 * and leaves nothing behind.  For a kernel with fault injection and debugfs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "client.h"

/* More than any call needs; who gets there has not looked at what was used up. */
#define MOST 20000

/* ---- the kernel's knobs ------------------------------------------------------------- */

static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* GFP_KERNEL allocations and single pages fail too, and the log is not filled with it. */
static int let_all_fail(void)
{
	static const char *const knobs[][2] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_page_alloc/verbose", "0" },
		{ "fail_usercopy/verbose", "0" },
	};
	char path[80];
	size_t i;
	int err;

	for (i = 0; i < sizeof(knobs) / sizeof(*knobs); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", knobs[i][0]);
		err = put_text(path, knobs[i][1]);
		if (err)
			return err;
	}
	return 0;
}

/* ---- what exists --------------------------------------------------------------------- */

struct stock {
	long files, vms, bos, queues, jobs, mappings;
};

static int take_stock(struct stock *stock)
{
	char name[32];
	long value;
	int fd = client_stats();
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (!file)
		return fd < 0 ? fd : -ENOMEM;
	while (fscanf(file, "%31s %ld", name, &value) == 2) {
		if (!strcmp(name, "files"))
			stock->files = value;
		else if (!strcmp(name, "vms"))
			stock->vms = value;
		else if (!strcmp(name, "bos"))
			stock->bos = value;
		else if (!strcmp(name, "queues"))
			stock->queues = value;
		else if (!strcmp(name, "jobs"))
			stock->jobs = value;
		else if (!strcmp(name, "mappings"))
			stock->mappings = value;
	}
	fclose(file);
	return 0;
}

static bool back_to(const struct stock *before, struct stock *now)
{
	int i;

	for (i = 0; i < SOON_MS / 5; i++) {
		if (take_stock(now))
			return false;
		if (!memcmp(before, now, sizeof(*now)))
			return true;
		poll(NULL, 0, 5);
	}
	return false;
}

/* Nothing is left of the job and of the test before: what goes away late is not there to begin with. */
static bool is_alone(void)
{
	struct stock now = { 0 };
	int i;

	for (i = 0; i < SOON_MS / 5; i++) {
		if (take_stock(&now))
			return false;
		if (now.files == 1 && now.vms == 1 && now.queues == 1 && !now.jobs)
			return true;
		poll(NULL, 0, 5);
	}
	return false;
}

/* ---- one call, again and again -------------------------------------------------------- */

FIXTURE(fail)
{
	struct bench bench;
	uint32_t bo, queue, syncobj, timeline;
	uint64_t seqno;
	struct drm_onpu_region region[3];
};

/* 0 or a negative errno; undoes what it did, also while things fail. */
typedef int (*call_t)(FIXTURE_DATA(fail) *self);

/* EIO: fail-nth also reaches the driver's own fail_boot, and the firmware does not boot. */
static bool is_a_reason(int err)
{
	return err == -ENOMEM || err == -EFAULT || err == -ENOSPC || err == -EAGAIN ||
	       err == -EIO;
}

/* Copying the 0 from user space may be what fails, once. */
static bool stop_failing(int knob)
{
	return write(knob, "0", 1) == 1 || write(knob, "0", 1) == 1;
}

/* 1: what was asked to fail has failed; 0: the call needed less; else an error of this test. */
static int used_up(int knob)
{
	char text[16] = "";
	ssize_t n = pread(knob, text, sizeof(text) - 1, 0);

	/* Reading copies to user space too: if that is what failed, the call needed less. */
	if (n < 0 && errno == EFAULT)
		return 0;
	if (n <= 0)
		return n ? -errno : -EIO;
	return !atoi(text);
}

/*
 * clean_up() runs with nothing failing, after each call.  Returns how often something was made
 * to fail, or a negative number after having said what went wrong.
 */
static int fail_each(struct __test_metadata *_metadata, FIXTURE_DATA(fail) *self, call_t call,
		     void (*clean_up)(FIXTURE_DATA(fail) *self))
{
	int knob = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	int n, err, used, errors = 0;
	struct stock before = { 0 }, now = { 0 };

	if (knob < 0) {
		TH_LOG("fail-nth: %s", strerror(errno));
		return -1;
	}
	err = take_stock(&before);
	if (err) {
		TH_LOG("stats: %s", strerror(-err));
		return -1;
	}
	for (n = 1; n < MOST; n++) {
		char text[16];
		int length = snprintf(text, sizeof(text), "%d", n);

		if (write(knob, text, length) != length) {
			TH_LOG("fail-nth %d: %s", n, strerror(errno));
			return -1;
		}
		err = call(self);
		used = used_up(knob);
		if (!stop_failing(knob) || used < 0) {
			TH_LOG("fail-nth after %d: %d", n, used);
			return -1;
		}
		if (clean_up)
			clean_up(self);
		if (err && !(used && is_a_reason(err))) {
			TH_LOG("number %d: %s", n, strerror(-err));
			return -1;
		}
		if (!back_to(&before, &now)) {
			TH_LOG("number %d (%s), before and after:", n, strerror(-err));
			TH_LOG("files %ld %ld, vms %ld %ld, bos %ld %ld", before.files, now.files,
			       before.vms, now.vms, before.bos, now.bos);
			TH_LOG("queues %ld %ld, jobs %ld %ld, mappings %ld %ld", before.queues,
			       now.queues, before.jobs, now.jobs, before.mappings, now.mappings);
			return -1;
		}
		if (!used)
			break;
		errors += !!err;
	}
	close(knob);
	TH_LOG("%d injections, %d seen as errors", n - 1, errors);
	return n < MOST ? n - 1 : -1;
}

static int query(int fd, uint32_t type, void *data, uint32_t size)
{
	struct drm_onpu_query args = { .type = type, .size = size, .ptr = (uintptr_t)data };

	return client_ioctl(fd, DRM_IOCTL_ONPU_QUERY, &args);
}

static int new_syncobj(int fd, uint32_t *handle)
{
	struct drm_syncobj_create args = { .flags = DRM_SYNCOBJ_CREATE_SIGNALED };
	int err = client_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &args);

	*handle = args.handle;
	return err;
}

FIXTURE_SETUP(fail)
{
	if (access("/proc/thread-self/fail-nth", W_OK))
		SKIP(return, "no fault injection in this kernel");
	ASSERT_EQ(0, let_all_fail());
	ASSERT_EQ(0, bench_open(&self->bench));
	ASSERT_EQ(0, bo_new(self->bench.fd, BENCH_SIZE, 0, 0, &self->bo));
	ASSERT_EQ(0, new_syncobj(self->bench.fd, &self->syncobj));
	ASSERT_EQ(0, new_syncobj(self->bench.fd, &self->timeline));
	bench_copy(&self->bench, 64, 1);
	/* What is allocated once, at the first job, is not looked at again and again. */
	ASSERT_EQ(0, bench_run(&self->bench));
	ASSERT_TRUE(is_alone());
}

FIXTURE_TEARDOWN(fail)
{
	/* Whatever failed, the rest still works. */
	EXPECT_EQ(0, bench_run(&self->bench));
	EXPECT_TRUE(bench_copied(&self->bench, 64, 1));
	bench_close(&self->bench);
}

#define FAIL(name, clean_up, at_least) \
	TEST_F(fail, name) \
	{ \
		EXPECT_LE(at_least, fail_each(_metadata, self, call_##name, clean_up)); \
	}

static int call_open(FIXTURE_DATA(fail) *self)
{
	int fd = open(client_node(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return close(fd) ? -errno : 0;
}
FAIL(open, NULL, 5)

static int call_query(FIXTURE_DATA(fail) *self)
{
	struct drm_onpu_dev_info info;
	struct drm_onpu_fw_info fw;
	struct drm_onpu_limits limits;
	struct drm_onpu_counters counters;
	struct drm_onpu_bo_info bo = { .handle = self->bo };
	struct drm_onpu_bo_sync sync = { .handle = self->bo, .size = BENCH_SIZE };
	struct drm_onpu_queue_state state;
	int fd = self->bench.fd, err;

	err = query(fd, DRM_ONPU_QUERY_DEV_INFO, &info, sizeof(info));
	if (!err)
		err = query(fd, DRM_ONPU_QUERY_FW_INFO, &fw, sizeof(fw));
	if (!err)
		err = query(fd, DRM_ONPU_QUERY_LIMITS, &limits, sizeof(limits));
	if (!err)
		err = query(fd, DRM_ONPU_QUERY_COUNTERS, &counters, sizeof(counters));
	if (!err)
		err = client_ioctl(fd, DRM_IOCTL_ONPU_BO_INFO, &bo);
	if (!err)
		err = client_ioctl(fd, DRM_IOCTL_ONPU_BO_SYNC, &sync);
	if (!err)
		err = queue_state(fd, self->bench.queue, &state);
	return err;
}
FAIL(query, NULL, 10)

/*
 * A file of its own, which the clean-up closes: an id that did not reach user space cannot be
 * given back in another way.
 */
static int own_file = -1;

static int open_own(void)
{
	if (own_file < 0)
		own_file = open(client_node(), O_RDWR | O_CLOEXEC);
	return own_file < 0 ? -errno : 0;
}

static void close_own(FIXTURE_DATA(fail) *self)
{
	if (own_file >= 0)
		close(own_file);
	own_file = -1;
}

static int call_vm_create(FIXTURE_DATA(fail) *self)
{
	uint32_t vm;
	int err = open_own();

	if (!err)
		err = vm_new(own_file, &vm);
	if (!err)
		err = vm_destroy(own_file, vm);
	return err;
}
FAIL(vm_create, close_own, 5)

static int call_bo_create(FIXTURE_DATA(fail) *self)
{
	uint32_t vm, bo;
	void *data;
	int err = open_own();

	if (!err)
		err = bo_new(own_file, BENCH_SIZE, DRM_ONPU_BO_WC, 0, &bo);
	if (err)
		return err;
	data = bo_mmap(own_file, bo, BENCH_SIZE);
	if (!data)
		return -errno;
	munmap(data, BENCH_SIZE);
	err = bo_close(own_file, bo);
	if (!err)
		err = vm_new(own_file, &vm);
	if (!err)
		err = bo_new(own_file, BENCH_SIZE, DRM_ONPU_BO_NO_MMAP, vm, &bo);
	return err;
}
FAIL(bo_create, close_own, 20)

/* Across the border of two page tables, which have to be made. */
#define MAP_VA (0x10000000ull - BENCH_SIZE / 2)

static int call_vm_map(FIXTURE_DATA(fail) *self)
{
	int fd = self->bench.fd, err;
	uint32_t vm;

	err = vm_new(fd, &vm);
	if (err)
		return err;
	err = vm_map(fd, vm, self->bo, 0, MAP_VA, BENCH_SIZE, 0);
	if (!err)
		err = vm_unmap(fd, vm, MAP_VA, BENCH_SIZE);
	if (!err)
		err = vm_map(fd, vm, self->bo, 0, MAP_VA, BENCH_SIZE, DRM_ONPU_MAP_READONLY);
	return err;
}

/* The id may not have reached user space: any but the bench's. */
static void destroy_vms(FIXTURE_DATA(fail) *self)
{
	uint32_t vm;

	for (vm = 1; vm <= 8; vm++)
		if (vm != self->bench.vm)
			vm_destroy(self->bench.fd, vm);
}
FAIL(vm_map, destroy_vms, 5)

static int call_queue_create(FIXTURE_DATA(fail) *self)
{
	uint32_t queue;
	int err = queue_new(self->bench.fd, self->bench.vm, DRM_ONPU_PRIORITY_NORMAL, 0, 64,
			    &queue);

	return err ? err : queue_destroy(self->bench.fd, queue);
}

static void destroy_queues(FIXTURE_DATA(fail) *self)
{
	uint32_t queue;

	for (queue = 1; queue <= 8; queue++)
		if (queue != self->bench.queue)
			queue_destroy(self->bench.fd, queue);
}
FAIL(queue_create, destroy_queues, 5)

/* All that a SUBMIT can have; then its result. */
static int call_submit(FIXTURE_DATA(fail) *self)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job jobs[2] = { bench->job, bench->job };
	struct drm_onpu_sync waits[2] = { { .handle = self->syncobj } };
	struct drm_onpu_sync signals[2] = { { .handle = self->syncobj } };
	struct drm_onpu_bo_use uses[2] = {
		{ self->bo, DRM_ONPU_BO_USE_WRITE }, { bench->in_bo, DRM_ONPU_BO_USE_READ },
	};
	struct drm_onpu_submit args = {
		.queue_id = bench->queue, .jobs = client_array(jobs, 2),
		.waits = client_array(waits, 1), .signals = client_array(signals, 2),
		.bos = client_array(uses, 2),
	};
	struct drm_onpu_job_wait end;
	int err;

	signals[1] = (struct drm_onpu_sync){
		.handle = self->timeline, .flags = DRM_ONPU_SYNC_TIMELINE,
		.point = ++self->seqno,
	};
	err = client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args);
	if (!err)
		err = job_wait(bench->fd, bench->queue, args.first_seqno + 1, SOON_MS, &end);
	return err ? err : end.status;
}

/* Its number may not have reached user space: waits for all that was submitted. */
static void wait_for_all(FIXTURE_DATA(fail) *self)
{
	struct drm_onpu_queue_state state;
	struct drm_onpu_job_wait end;

	if (!queue_state(self->bench.fd, self->bench.queue, &state) && state.submitted)
		job_wait(self->bench.fd, self->bench.queue, state.submitted, SOON_MS, &end);
}
FAIL(submit, wait_for_all, 20)

/* Out by one file, in by another, by the same, and mapped there. */
static int call_prime(FIXTURE_DATA(fail) *self)
{
	struct drm_prime_handle out = { .handle = self->bo, .flags = DRM_CLOEXEC | DRM_RDWR };
	struct drm_prime_handle in = { 0 };
	uint32_t vm;
	int err = open_own();

	if (!err)
		err = client_ioctl(self->bench.fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &out);
	if (err)
		return err;
	in.fd = out.fd;
	err = client_ioctl(own_file, DRM_IOCTL_PRIME_FD_TO_HANDLE, &in);
	if (!err)
		err = vm_new(own_file, &vm);
	if (!err)
		err = vm_map(own_file, vm, in.handle, 0, MAP_VA, BENCH_SIZE, 0);
	if (!err)
		err = bo_close(own_file, in.handle);
	close(out.fd);
	return err;
}

FAIL(prime, close_own, 10)

/* What another driver's object needs: an attachment, a mapping. */
static int vgem = -1;
static uint32_t vgem_bo;

static int call_import(FIXTURE_DATA(fail) *self)
{
	struct drm_prime_handle out = { .handle = vgem_bo, .flags = DRM_CLOEXEC | DRM_RDWR };
	struct drm_prime_handle in = { 0 };
	uint32_t vm;
	int err = open_own();

	if (!err)
		err = client_ioctl(vgem, DRM_IOCTL_PRIME_HANDLE_TO_FD, &out);
	if (err)
		return err;
	in.fd = out.fd;
	err = client_ioctl(own_file, DRM_IOCTL_PRIME_FD_TO_HANDLE, &in);
	close(out.fd);
	if (!err)
		err = vm_new(own_file, &vm);
	if (!err)
		err = vm_map(own_file, vm, in.handle, 0, MAP_VA, BENCH_SIZE, 0);
	return err;
}

TEST_F(fail, import)
{
	struct drm_mode_create_dumb dumb = { .width = 64, .height = 256, .bpp = 32 };
	char path[32], name[16];
	int i;

	for (i = 0; i < 16 && vgem < 0; i++) {
		struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		vgem = open(path, O_RDWR | O_CLOEXEC);
		memset(name, 0, sizeof(name));
		if (vgem >= 0 && (client_ioctl(vgem, DRM_IOCTL_VERSION, &version) ||
				  strcmp(name, "vgem"))) {
			close(vgem);
			vgem = -1;
		}
	}
	if (vgem < 0)
		SKIP(return, "vgem is not loaded");
	ASSERT_EQ(0, client_ioctl(vgem, DRM_IOCTL_MODE_CREATE_DUMB, &dumb));
	vgem_bo = dumb.handle;
	EXPECT_LE(20, fail_each(_metadata, self, call_import, close_own));
	close(vgem);
}

/* Closing cannot fail, and leaves nothing, whatever is in the file. */
static int call_close(FIXTURE_DATA(fail) *self)
{
	close_own(self);
	return 0;
}

static void fill_own(FIXTURE_DATA(fail) *self)
{
	uint32_t vm, bo, queue;

	/* What it fills is counted: it is closed by the next call. */
	if (open_own() || vm_new(own_file, &vm) || bo_new(own_file, BENCH_SIZE, 0, vm, &bo) ||
	    vm_map(own_file, vm, bo, 0, MAP_VA, BENCH_SIZE, 0))
		return;
	queue_new(own_file, vm, DRM_ONPU_PRIORITY_LOW, 0, 4, &queue);
}

TEST_F(fail, close)
{
	fill_own(self);
	EXPECT_LE(0, fail_each(_metadata, self, call_close, fill_own));
	close_own(self);
}

/* ---- probe ------------------------------------------------------------------------------ */

/*
 * Hundreds of allocations each, and half a second a time: not each of them fails, but so many,
 * evenly spread.  FAIL_ALL in the environment: each.  Only what
 * the driver's onpu_device_init() asks for: before it, ACPI and DRM answer a refusal with a use
 * after free and a wrong pointer of their own.
 */
#define SOME 150

FIXTURE(bind)
{
	char device[16];
};

/* Nothing fails but below this function of the driver, which ends where another symbol begins. */
static int only_below(const char *function)
{
	static const char *const faults[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	unsigned long first = 0, next = ~0ul, address;
	char name[256], text[32], path[80];
	FILE *file = fopen("/proc/kallsyms", "re");
	int err = 0, i;

	if (!file)
		return -errno;
	while (fscanf(file, "%lx %*c %255s%*[^\n]", &address, name) == 2)
		if (!strcmp(name, function))
			first = address;
	rewind(file);
	while (fscanf(file, "%lx %*c %255s%*[^\n]", &address, name) == 2)
		if (address > first && address < next)
			next = address;
	fclose(file);
	if (!first)
		return -ENOENT;
	for (i = 0; i < 3 && !err; i++) {
		snprintf(text, sizeof(text), "%#lx", first);
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/require-start", faults[i]);
		err = put_text(path, text);
		snprintf(text, sizeof(text), "%#lx", next);
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/require-end", faults[i]);
		err = err ?: put_text(path, text);
	}
	return err;
}

static int bind_device(const char *device)
{
	return put_text("/sys/bus/pci/drivers/onpu/bind", device);
}

static int unbind_device(const char *device)
{
	return put_text("/sys/bus/pci/drivers/onpu/unbind", device);
}

static int find_device(char *name, size_t size)
{
	DIR *dir = opendir("/sys/bus/pci/drivers/onpu");
	struct dirent *entry;
	int err = -ENODEV;

	if (!dir)
		return -errno;
	while (err && (entry = readdir(dir))) {
		if (strchr(entry->d_name, ':')) {
			snprintf(name, size, "%.15s", entry->d_name);
			err = 0;
		}
	}
	closedir(dir);
	return err;
}

FIXTURE_SETUP(bind)
{
	if (access("/proc/thread-self/fail-nth", W_OK))
		SKIP(return, "no fault injection in this kernel");
	ASSERT_EQ(0, let_all_fail());
	ASSERT_EQ(0, only_below("onpu_device_init"));
	ASSERT_EQ(0, find_device(self->device, sizeof(self->device)));
}

FIXTURE_TEARDOWN(bind)
{
	struct bench bench;

	ASSERT_EQ(0, bench_open(&bench));
	bench_copy(&bench, 64, 1);
	EXPECT_EQ(0, bench_run(&bench));
	EXPECT_TRUE(bench_copied(&bench, 64, 1));
	bench_close(&bench);
}

/* make() succeeds, or fails for a reason; unmake() always succeeds. */
static void fail_some(struct __test_metadata *_metadata, const char *device,
		      int (*make)(const char *device), int (*unmake)(const char *device))
{
	int knob = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	int total, step, n, err, used, count = 0, errors = 0;
	const int many = 1000000;
	char text[16] = "";

	ASSERT_LE(0, knob);
	/* How many there are: what is left of many. */
	ASSERT_EQ(0, unmake(device));
	ASSERT_EQ(0, make(device));
	ASSERT_EQ(0, unmake(device));
	ASSERT_LT(0, dprintf(knob, "%d", many));
	err = make(device);
	ASSERT_LT(0, pread(knob, text, sizeof(text) - 1, 0));
	ASSERT_TRUE(stop_failing(knob));
	ASSERT_EQ(0, err);
	total = many - atoi(text);
	step = getenv("FAIL_ALL") ? 1 : 1 + total / SOME;
	for (n = 1; n <= total; n += step) {
		ASSERT_EQ(0, unmake(device));
		ASSERT_LT(0, dprintf(knob, "%d", n));
		err = make(device);
		used = used_up(knob);
		ASSERT_TRUE(stop_failing(knob));
		ASSERT_TRUE(!err || (used == 1 && is_a_reason(err)))
			TH_LOG("number %d of %d: %s", n, total, strerror(-err));
		/* Whatever failed, it works afterwards. */
		if (err)
			ASSERT_EQ(0, make(device));
		count += used;
		errors += !!err;
	}
	close(knob);
	TH_LOG("%d injections of %d, %d seen as errors", count, total, errors);
	EXPECT_LT(0, errors);
}

TEST_F_TIMEOUT(bind, probe, 1200)
{
	fail_some(_metadata, self->device, bind_device, unbind_device);
}

TEST_HARNESS_MAIN
