// SPDX-License-Identifier: MIT
/* Every ioctl with every field: valid, at its limits, beyond; and what user space can get wrong. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "client.h"

/* Nothing is mapped there. */
#define BAD_POINTER 0x10ull

FIXTURE(uapi)
{
	struct bench bench;
	uint32_t page;
	struct drm_onpu_limits limits;
};

static int query(int fd, uint32_t type, void *data, uint32_t size)
{
	struct drm_onpu_query args = { .type = type, .size = size, .ptr = (uintptr_t)data };

	return client_ioctl(fd, DRM_IOCTL_ONPU_QUERY, &args);
}

FIXTURE_SETUP(uapi)
{
	struct drm_onpu_dev_info info;

	ASSERT_EQ(0, bench_open(&self->bench));
	ASSERT_EQ(0, query(self->bench.fd, DRM_ONPU_QUERY_DEV_INFO, &info, sizeof(info)));
	ASSERT_EQ(0, query(self->bench.fd, DRM_ONPU_QUERY_LIMITS, &self->limits,
			   sizeof(self->limits)));
	self->page = info.page_size;
	bench_copy(&self->bench, 64, 1);
}

FIXTURE_TEARDOWN(uapi)
{
	/* Whatever was refused, the rest still works. */
	EXPECT_EQ(0, bench_run(&self->bench));
	EXPECT_TRUE(bench_copied(&self->bench, 64, 1));
	bench_close(&self->bench);
}

/* ---- QUERY ------------------------------------------------------------------------ */

TEST_F(uapi, query_is_cut_and_padded)
{
	struct drm_onpu_query args = { .type = DRM_ONPU_QUERY_DEV_INFO };
	struct drm_onpu_dev_info info;
	uint8_t longer[sizeof(info) + 16];
	int fd = self->bench.fd;

	ASSERT_EQ(0, client_ioctl(fd, DRM_IOCTL_ONPU_QUERY, &args));
	EXPECT_EQ(sizeof(info), args.size);

	ASSERT_EQ(0, query(fd, DRM_ONPU_QUERY_DEV_INFO, &info, sizeof(info)));
	memset(longer, 0xa5, sizeof(longer));
	ASSERT_EQ(0, query(fd, DRM_ONPU_QUERY_DEV_INFO, longer, sizeof(longer)));
	EXPECT_EQ(0, memcmp(longer, &info, sizeof(info)));
	EXPECT_EQ(0, longer[sizeof(info)]);
	EXPECT_EQ(0, longer[sizeof(longer) - 1]);

	memset(longer, 0xa5, sizeof(longer));
	ASSERT_EQ(0, query(fd, DRM_ONPU_QUERY_DEV_INFO, longer, 8));
	EXPECT_EQ(0, memcmp(longer, &info, 8));
	EXPECT_EQ(0xa5, longer[8]);
}

TEST_F(uapi, query_refuses)
{
	struct drm_onpu_query args = {
		.type = DRM_ONPU_QUERY_COUNTERS + 1, .size = 8, .ptr = BAD_POINTER,
	};
	int fd = self->bench.fd;

	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_QUERY, &args));
	args.type = DRM_ONPU_QUERY_LIMITS;
	EXPECT_EQ(-EFAULT, client_ioctl(fd, DRM_IOCTL_ONPU_QUERY, &args));
	EXPECT_EQ(-EFAULT, client_ioctl(fd, DRM_IOCTL_ONPU_QUERY, (void *)BAD_POINTER));
}

TEST_F(uapi, query_tells)
{
	struct drm_onpu_fw_info fw;
	struct drm_onpu_counters before, after;
	int fd = self->bench.fd;

	ASSERT_EQ(0, query(fd, DRM_ONPU_QUERY_FW_INFO, &fw, sizeof(fw)));
	EXPECT_EQ(1, fw.major);
	EXPECT_NE(0, fw.build[0]);
	EXPECT_EQ(0, fw.build[sizeof(fw.build) - 1]);

	EXPECT_EQ(8, self->limits.vms);
	EXPECT_EQ(8, self->limits.queues);
	EXPECT_EQ(64, self->limits.depth);
	EXPECT_EQ(16, self->limits.regions);
	EXPECT_LE(64, self->limits.syncs);
	EXPECT_LE(64, self->limits.objects);
	EXPECT_LE(256, self->limits.results);

	ASSERT_EQ(0, query(fd, DRM_ONPU_QUERY_COUNTERS, &before, sizeof(before)));
	ASSERT_EQ(0, bench_run(&self->bench));
	ASSERT_EQ(0, query(fd, DRM_ONPU_QUERY_COUNTERS, &after, sizeof(after)));
	EXPECT_EQ(before.submitted + 1, after.submitted);
	EXPECT_EQ(before.completed + 1, after.completed);
	EXPECT_EQ(before.failed, after.failed);
	EXPECT_LT(before.run_cycles, after.run_cycles);
	ASSERT_TRUE(bench_copied(&self->bench, 64, 1));
}

/* Nobody else's work shows in a file's counters. */
TEST_F(uapi, counters_are_of_the_file)
{
	struct drm_onpu_counters counters;
	int other = client_open();

	ASSERT_LE(0, other);
	ASSERT_EQ(0, bench_run(&self->bench));
	ASSERT_EQ(0, query(other, DRM_ONPU_QUERY_COUNTERS, &counters, sizeof(counters)));
	EXPECT_EQ(0, counters.submitted);
	EXPECT_EQ(0, counters.completed);
	EXPECT_EQ(0, counters.run_cycles);
	EXPECT_EQ(0, counters.busy_cycles);
	close(other);
}

/* ---- structures of other sizes ------------------------------------------------------ */

/* The ioctl's number has the size of its structure: older and newer callers. */
static unsigned long sized(unsigned long request, size_t size)
{
	return _IOC(_IOC_DIR(request), _IOC_TYPE(request), _IOC_NR(request), size);
}

TEST_F(uapi, shorter_and_longer_structures)
{
	struct {
		struct drm_onpu_bo_create args;
		uint64_t more;
	} longer = { .args = { .size = self->page }, .more = 0 };
	struct drm_onpu_vm_create create = { 0 };
	int fd = self->bench.fd;

	ASSERT_EQ(0, client_ioctl(fd, sized(DRM_IOCTL_ONPU_BO_CREATE, sizeof(longer)), &longer));
	EXPECT_EQ(0, bo_close(fd, longer.args.handle));
	/* Cut behind flags: there is no room for an answer, but the call is not refused. */
	EXPECT_EQ(0, client_ioctl(fd, sized(DRM_IOCTL_ONPU_VM_CREATE, 8), &create));
	EXPECT_NE(0, create.vm_id);
	EXPECT_EQ(0, create.va_end);
	EXPECT_EQ(0, vm_destroy(fd, create.vm_id));
}

TEST_F(uapi, elements_of_arrays_have_a_stride)
{
	struct {
		struct drm_onpu_vm_op op;
		uint64_t more;
	} longer = { .op = { .op = DRM_ONPU_VM_OP_MAP, .handle = self->bench.in_bo,
			     .va = 0x400000, .size = self->page } };
	struct drm_onpu_vm_map args = {
		.vm_id = self->bench.vm,
		.ops = { .ptr = (uintptr_t)&longer, .count = 1, .stride = sizeof(longer) },
	};
	int fd = self->bench.fd;

	longer.more = 1;
	EXPECT_EQ(-E2BIG, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	longer.more = 0;
	EXPECT_EQ(0, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	EXPECT_EQ(1, args.done);
	/* Elements that end before their last field: it is 0, and so is the size. */
	args.ops.stride = sizeof(longer.op) - 8;
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	args.ops.stride = 0;
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	args.ops.stride = 12;
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	args.ops.stride = 1u << 31;
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	args.ops = (struct drm_onpu_array){ BAD_POINTER, 1, sizeof(longer.op) };
	EXPECT_EQ(-EFAULT, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	args.ops = (struct drm_onpu_array){ (uintptr_t)&longer, 0xffffffff, sizeof(longer.op) };
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	EXPECT_EQ(0, vm_unmap(fd, self->bench.vm, 0x400000, self->page));
}

/* ---- objects ------------------------------------------------------------------------ */

TEST_F(uapi, bo_create_refuses)
{
	struct drm_onpu_bo_create args = { .size = self->page, .flags = 1u << 31 };
	uint32_t handle;
	int fd = self->bench.fd;

	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_BO_CREATE, &args));
	args = (struct drm_onpu_bo_create){ .size = self->page, .pad = 1 };
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_BO_CREATE, &args));
	EXPECT_EQ(-EINVAL, bo_new(fd, 0, 0, 0, &handle));
	EXPECT_EQ(-EINVAL, bo_new(fd, (1ull << 32) + 1, 0, 0, &handle));
	EXPECT_EQ(-EINVAL, bo_new(fd, UINT64_MAX, 0, 0, &handle));
	EXPECT_EQ(-ENOENT, bo_new(fd, self->page, 0, 99, &handle));
}

TEST_F(uapi, bo_is_rounded_zeroed_and_mapped)
{
	struct drm_onpu_bo_create args = { .size = self->page + 1 };
	struct drm_onpu_bo_info info = { 0 };
	uint8_t *data;
	int fd = self->bench.fd;
	size_t i;

	ASSERT_EQ(0, client_ioctl(fd, DRM_IOCTL_ONPU_BO_CREATE, &args));
	EXPECT_EQ(2 * self->page, args.size);
	info.handle = args.handle;
	ASSERT_EQ(0, client_ioctl(fd, DRM_IOCTL_ONPU_BO_INFO, &info));
	EXPECT_EQ(args.size, info.size);
	EXPECT_EQ(0, info.flags);
	EXPECT_NE(0, info.mmap_offset);
	data = bo_mmap(fd, args.handle, args.size);
	ASSERT_NE(NULL, data);
	for (i = 0; i < args.size; i++)
		ASSERT_EQ(0, data[i]);
	munmap(data, args.size);
	EXPECT_EQ(0, bo_close(fd, args.handle));
	EXPECT_EQ(-ENOENT, client_ioctl(fd, DRM_IOCTL_ONPU_BO_INFO, &info));
}

TEST_F(uapi, bo_without_mmap)
{
	struct drm_onpu_bo_info info = { 0 };
	uint32_t handle;
	int fd = self->bench.fd;

	ASSERT_EQ(0, bo_new(fd, self->page, DRM_ONPU_BO_NO_MMAP, 0, &handle));
	info.handle = handle;
	ASSERT_EQ(0, client_ioctl(fd, DRM_IOCTL_ONPU_BO_INFO, &info));
	EXPECT_EQ(DRM_ONPU_BO_NO_MMAP, info.flags);
	EXPECT_EQ(0, info.mmap_offset);
	EXPECT_EQ(0, bo_close(fd, handle));
}

TEST_F(uapi, bo_sync_checks_its_range)
{
	struct drm_onpu_bo_sync args = { .handle = self->bench.in_bo, .size = BENCH_SIZE };
	int fd = self->bench.fd;

	EXPECT_EQ(0, client_ioctl(fd, DRM_IOCTL_ONPU_BO_SYNC, &args));
	args.dir = DRM_ONPU_SYNC_FROM_DEVICE;
	EXPECT_EQ(0, client_ioctl(fd, DRM_IOCTL_ONPU_BO_SYNC, &args));
	args.offset = BENCH_SIZE;
	args.size = 0;
	EXPECT_EQ(0, client_ioctl(fd, DRM_IOCTL_ONPU_BO_SYNC, &args));
	args.size = 1;
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_BO_SYNC, &args));
	args.size = UINT64_MAX;
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_BO_SYNC, &args));
	args.offset = 0;
	args.size = 1;
	args.dir = DRM_ONPU_SYNC_FROM_DEVICE + 1;
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_BO_SYNC, &args));
	args.dir = 0;
	args.handle = 0;
	EXPECT_EQ(-ENOENT, client_ioctl(fd, DRM_IOCTL_ONPU_BO_SYNC, &args));
}

/* ---- address spaces ------------------------------------------------------------------ */

TEST_F(uapi, vm_create_refuses_and_ends)
{
	struct drm_onpu_vm_create args = { .flags = 1 };
	struct drm_onpu_vm_destroy destroy = { .vm_id = self->bench.vm, .pad = 1 };
	uint32_t vm[8];
	int fd = self->bench.fd;
	uint32_t i;

	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_VM_CREATE, &args));
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_VM_DESTROY, &destroy));
	EXPECT_EQ(-ENOENT, vm_destroy(fd, 0));
	EXPECT_EQ(-ENOENT, vm_destroy(fd, 99));
	/* The fixture has one. */
	for (i = 0; i < self->limits.vms - 1; i++)
		ASSERT_EQ(0, vm_new(fd, &vm[i]));
	EXPECT_EQ(-ENOSPC, vm_new(fd, &vm[7]));
	for (i = 0; i < self->limits.vms - 1; i++)
		EXPECT_EQ(0, vm_destroy(fd, vm[i]));
	EXPECT_EQ(-ENOENT, vm_destroy(fd, vm[0]));
	EXPECT_EQ(0, vm_new(fd, &vm[0]));
	EXPECT_EQ(0, vm_destroy(fd, vm[0]));
}

TEST_F(uapi, vm_map_checks_its_range)
{
	uint32_t vm = self->bench.vm, bo = self->bench.in_bo, page = self->page;
	int fd = self->bench.fd;
	const uint64_t va = 0x400000, end = 1ull << 32;

	EXPECT_EQ(-ENOENT, vm_map(fd, 99, bo, 0, va, page, 0));
	EXPECT_EQ(-ENOENT, vm_map(fd, vm, 0, 0, va, page, 0));
	EXPECT_EQ(-ENOENT, vm_map(fd, vm, 12345, 0, va, page, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, 0, va, page, 1u << 31));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, 0, va, 0, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, 0, va + 1, page, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, 0, va, page + 1, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, 1, va, page, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, 0, 0, page, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, 0, end, page, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, 0, end - page, 2 * page, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, 0, -(uint64_t)page, 2 * page, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, 0, va, BENCH_SIZE + page, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, BENCH_SIZE, va, page, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, vm, bo, -(uint64_t)page, va, 2 * page, 0));
	/* The last page of all, and the first that may be. */
	EXPECT_EQ(0, vm_map(fd, vm, bo, 0, end - page, page, 0));
	EXPECT_EQ(0, vm_unmap(fd, vm, end - page, page));
	EXPECT_EQ(0, vm_map(fd, vm, bo, 0, 0x10000, page, 0));
	EXPECT_EQ(0, vm_unmap(fd, vm, 0x10000, page));
}

TEST_F(uapi, vm_map_overlaps_nothing)
{
	uint32_t vm = self->bench.vm, bo = self->bench.in_bo, page = self->page;
	int fd = self->bench.fd;
	const uint64_t va = 0x400000;

	ASSERT_EQ(0, vm_map(fd, vm, bo, 0, va, 2 * page, 0));
	EXPECT_EQ(-EEXIST, vm_map(fd, vm, bo, 0, va, page, 0));
	EXPECT_EQ(-EEXIST, vm_map(fd, vm, bo, 0, va + page, 2 * page, 0));
	EXPECT_EQ(-EEXIST, vm_map(fd, vm, bo, 0, va - page, 2 * page, 0));
	EXPECT_EQ(-EEXIST, vm_map(fd, vm, bo, 0, va - page, 8 * page, 0));
	EXPECT_EQ(0, vm_map(fd, vm, bo, 0, va + 2 * page, page, 0));
	/* UNMAP undoes one MAP, as it was. */
	EXPECT_EQ(-ENOENT, vm_unmap(fd, vm, va, page));
	EXPECT_EQ(-ENOENT, vm_unmap(fd, vm, va + page, page));
	EXPECT_EQ(-ENOENT, vm_unmap(fd, vm, va, 3 * page));
	EXPECT_EQ(0, vm_unmap(fd, vm, va, 2 * page));
	EXPECT_EQ(-ENOENT, vm_unmap(fd, vm, va, 2 * page));
	EXPECT_EQ(0, vm_unmap(fd, vm, va + 2 * page, page));
}

TEST_F(uapi, vm_map_says_how_far_it_came)
{
	uint32_t bo = self->bench.in_bo, page = self->page;
	struct drm_onpu_vm_op ops[3] = {
		{ .op = DRM_ONPU_VM_OP_MAP, .handle = bo, .va = 0x400000, .size = page },
		{ .op = DRM_ONPU_VM_OP_MAP, .handle = bo, .va = 0x500000, .size = page },
		{ .op = DRM_ONPU_VM_OP_MAP, .handle = bo, .va = 0x500000, .size = page },
	};
	struct drm_onpu_vm_map args = { .vm_id = self->bench.vm, .ops = client_array(ops, 3) };
	int fd = self->bench.fd;

	EXPECT_EQ(-EEXIST, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	EXPECT_EQ(2, args.done);
	EXPECT_EQ(0, vm_unmap(fd, self->bench.vm, 0x400000, page));
	EXPECT_EQ(0, vm_unmap(fd, self->bench.vm, 0x500000, page));
	ops[0].op = DRM_ONPU_VM_OP_UNMAP + 1;
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	EXPECT_EQ(0, args.done);
	ops[0].op = DRM_ONPU_VM_OP_MAP;
	ops[0].pad = 1;
	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
	args.ops.count = 0;
	EXPECT_EQ(0, client_ioctl(fd, DRM_IOCTL_ONPU_VM_MAP, &args));
}

/* A private object is of its VM alone, and no other process gets it. */
TEST_F(uapi, private_objects_stay_private)
{
	struct drm_prime_handle prime = { .flags = DRM_CLOEXEC };
	uint32_t vm, bo;
	int fd = self->bench.fd;

	ASSERT_EQ(0, vm_new(fd, &vm));
	ASSERT_EQ(0, bo_new(fd, self->page, 0, vm, &bo));
	EXPECT_EQ(0, vm_map(fd, vm, bo, 0, 0x400000, self->page, 0));
	EXPECT_EQ(-EINVAL, vm_map(fd, self->bench.vm, bo, 0, 0x400000, self->page, 0));
	prime.handle = bo;
	EXPECT_EQ(-EPERM, client_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime));
	/* It outlives its VM's id. */
	EXPECT_EQ(0, vm_destroy(fd, vm));
	EXPECT_EQ(0, bo_close(fd, bo));
}

/* Handles and ids are of the file that made them. */
TEST_F(uapi, other_files_have_nothing)
{
	struct drm_onpu_bo_info info = { .handle = self->bench.in_bo };
	struct drm_onpu_queue_state state;
	uint64_t seqno;
	int other = client_open();

	ASSERT_LE(0, other);
	EXPECT_EQ(-ENOENT, client_ioctl(other, DRM_IOCTL_ONPU_BO_INFO, &info));
	EXPECT_EQ(-ENOENT, vm_map(other, self->bench.vm, self->bench.in_bo, 0, 0x400000,
				  self->page, 0));
	EXPECT_EQ(-ENOENT, vm_destroy(other, self->bench.vm));
	EXPECT_EQ(-ENOENT, queue_destroy(other, self->bench.queue));
	EXPECT_EQ(-ENOENT, queue_state(other, self->bench.queue, &state));
	EXPECT_EQ(-ENOENT, submit(other, self->bench.queue, &self->bench.job, &seqno));
	close(other);
}

/* ---- queues ---------------------------------------------------------------------------- */

TEST_F(uapi, queue_create_refuses_and_ends)
{
	struct drm_onpu_queue_create args = { .vm_id = self->bench.vm, .depth = 1, .pad = 1 };
	uint32_t queue[8], vm = self->bench.vm;
	int fd = self->bench.fd;
	uint32_t i;

	EXPECT_EQ(-EINVAL, client_ioctl(fd, DRM_IOCTL_ONPU_QUEUE_CREATE, &args));
	EXPECT_EQ(-ENOENT, queue_new(fd, 99, 1, 0, 1, &queue[0]));
	EXPECT_EQ(-EINVAL, queue_new(fd, vm, 3, 0, 1, &queue[0]));
	EXPECT_EQ(-EINVAL, queue_new(fd, vm, 1, 1u << 31, 1, &queue[0]));
	EXPECT_EQ(-EINVAL, queue_new(fd, vm, 1, 0, 0, &queue[0]));
	EXPECT_EQ(-EINVAL, queue_new(fd, vm, 1, 0, 65, &queue[0]));
	EXPECT_EQ(-ENOENT, queue_destroy(fd, 99));
	for (i = 0; i < self->limits.queues - 1; i++)
		ASSERT_EQ(0, queue_new(fd, vm, i % 3, i % 2, 1 + 9 * i, &queue[i]));
	EXPECT_EQ(-ENOSPC, queue_new(fd, vm, 1, 0, 1, &queue[7]));
	for (i = 0; i < self->limits.queues - 1; i++)
		EXPECT_EQ(0, queue_destroy(fd, queue[i]));
	EXPECT_EQ(-ENOENT, queue_destroy(fd, queue[0]));
}

TEST_F(uapi, high_priority_is_a_privilege)
{
	uint32_t queue;
	int fd = self->bench.fd;
	pid_t child = fork();
	int status;

	ASSERT_LE(0, child);
	if (!child) {
		if (setuid(65534))
			_exit(2);
		_exit(queue_new(fd, self->bench.vm, DRM_ONPU_PRIORITY_HIGH, 0, 1, &queue) == -EACCES ?
		      0 : 1);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* A queue keeps its VM alive. */
TEST_F(uapi, vm_lives_as_long_as_its_queues)
{
	EXPECT_EQ(0, vm_destroy(self->bench.fd, self->bench.vm));
	EXPECT_EQ(0, bench_run(&self->bench));
	ASSERT_TRUE(bench_copied(&self->bench, 64, 1));
}

/* ---- jobs ------------------------------------------------------------------------------- */

static int submit_job(struct bench *bench, const struct drm_onpu_job *job)
{
	uint64_t seqno;

	return submit(bench->fd, bench->queue, job, &seqno);
}

TEST_F(uapi, submit_refuses)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job job = bench->job;
	struct drm_onpu_region many[17] = { 0 };
	struct drm_onpu_region wraps = { 0xfffff000, 0x2000 };
	struct drm_onpu_submit args = { .queue_id = bench->queue };
	struct drm_onpu_queue_state state;

	/* No job at all, and what has no array of jobs. */
	EXPECT_EQ(-EINVAL, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	args.jobs = client_array(&job, 1);
	args.flags = 1;
	EXPECT_EQ(-EINVAL, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	args.flags = 0;
	args.jobs.ptr = BAD_POINTER;
	EXPECT_EQ(-EFAULT, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));

	job.flags = 1u << 31;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job = bench->job;
	job.pad = 1;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job = bench->job;
	job.entry += 2;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job = bench->job;
	job.stream_size = 0;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job.stream_size = 6;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job = bench->job;
	job.trace_va = 4;
	job.trace_size = 24;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job = bench->job;
	job.warm_pad = 1;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job.warm_pad = 0;
	job.warm_size = 4;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job.warm_key = 1;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job.warm_entry = job.entry + job.stream_size - 4;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job.warm_entry += 6;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job.warm_entry = 0xfffffffc;
	job.warm_size = 8;
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job = bench->job;
	job.regions = client_array(many, 17);
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job.regions = client_array(&wraps, 1);
	EXPECT_EQ(-EINVAL, submit_job(bench, &job));
	job.regions = client_array(many, 3);
	job.regions.ptr = BAD_POINTER;
	EXPECT_EQ(-EFAULT, submit_job(bench, &job));

	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	EXPECT_EQ(0, state.submitted);
}

/* A batch is taken as a whole or not at all. */
TEST_F(uapi, a_batch_is_all_or_nothing)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job jobs[3] = { bench->job, bench->job, bench->job };
	struct drm_onpu_submit args = {
		.queue_id = bench->queue, .jobs = client_array(jobs, 3),
	};
	struct drm_onpu_job_wait end;
	struct drm_onpu_queue_state state;

	jobs[2].stream_size = 2;
	EXPECT_EQ(-EINVAL, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	EXPECT_EQ(0, state.submitted);
	jobs[2] = bench->job;
	ASSERT_EQ(0, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	EXPECT_EQ(1, args.first_seqno);
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, 3, SOON_MS, &end));
	EXPECT_EQ(0, end.status);
	EXPECT_LT(end.start_cycle, end.end_cycle);
	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	EXPECT_EQ(3, state.submitted);
	EXPECT_EQ(3, state.completed);
	EXPECT_EQ(0, state.state);
}

TEST_F(uapi, a_full_queue_says_so)
{
	struct bench *bench = &self->bench;
	struct stream stream = { .bytes = bench->code };
	struct drm_onpu_queue_state state;
	struct drm_onpu_job_wait end;
	struct drm_onpu_job jobs[3];
	struct drm_onpu_submit args;
	int i, full, looked;
	uint32_t queue;
	uint64_t seqno;

	ASSERT_EQ(0, queue_new(bench->fd, bench->vm, 1, 0, 2, &queue));
	stream_spin(&stream, 1, 32768, 60000);
	stream_end(&stream);
	bench->job.stream_size = stream.size;
	for (i = 0; i < 3; i++)
		jobs[i] = bench->job;
	args = (struct drm_onpu_submit){ .queue_id = queue, .jobs = client_array(jobs, 3) };
	/* More than it can ever hold. */
	EXPECT_EQ(-EINVAL, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	args.jobs.count = 2;
	EXPECT_EQ(0, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	full = submit(bench->fd, queue, jobs, &seqno);
	/* Looking is not waiting. */
	looked = job_wait(bench->fd, queue, 2, 0, &end);
	ASSERT_EQ(0, queue_state(bench->fd, queue, &state));
	/* Unless they were over before that. */
	if (!state.completed) {
		EXPECT_EQ(-EAGAIN, full);
		EXPECT_EQ(-ETIME, looked);
	}
	ASSERT_EQ(0, queue_destroy(bench->fd, queue));
	EXPECT_EQ(-ENOENT, job_wait(bench->fd, queue, 2, 0, &end));
	bench_copy(bench, 64, 1);
}

TEST_F(uapi, job_wait_checks)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job_wait args = { .queue_id = bench->queue, .seqno = 1, .flags = 1 }, end;
	int i;

	EXPECT_EQ(-EINVAL, client_ioctl(bench->fd, DRM_IOCTL_ONPU_JOB_WAIT, &args));
	EXPECT_EQ(-ENOENT, job_wait(bench->fd, 99, 1, 0, &end));
	/* A job that was never submitted is not waited for. */
	EXPECT_EQ(-ENOENT, job_wait(bench->fd, bench->queue, 1, 1000, &end));
	EXPECT_EQ(-ENOENT, job_wait(bench->fd, bench->queue, 0, 1000, &end));
	for (i = 0; i < 260; i++)
		ASSERT_EQ(0, bench_run(bench));
	EXPECT_EQ(-ENODATA, job_wait(bench->fd, bench->queue, 1, 0, &end));
	EXPECT_EQ(0, job_wait(bench->fd, bench->queue, 5, 0, &end));
	EXPECT_EQ(0, end.status);
	EXPECT_EQ(-ENOENT, job_wait(bench->fd, bench->queue, 261, 1000, &end));
}

/* Runs the job with other input than the last time: whether it came out says if the first stream ran. */
static int runs_warm(struct bench *bench, uint8_t value)
{
	struct drm_onpu_job_wait end;
	bool fresh, behind;
	uint64_t seqno;
	int err;

	memset(bench->in, value, 256);
	err = submit(bench->fd, bench->queue, &bench->job, &seqno);
	if (!err)
		err = job_wait(bench->fd, bench->queue, seqno, 60000, &end);
	if (err || end.status)
		return err ? err : end.status;
	fresh = bench->out[0] == value && bench->out[255] == value;
	behind = end.stream_offset > bench->job.warm_entry - bench->job.entry;
	return fresh == behind ? -EPROTO : behind;
}

/* One stream loads and stores, the other stores what was loaded before. */
static void make_warm(struct bench *bench, uint32_t key)
{
	struct stream cold = { .bytes = bench->code }, warm = { .bytes = bench->code + 4096 };

	stream_load(&cold, 1, 0, 256, 0);
	stream_store(&cold, 2, 0, 256, 0);
	stream_end(&cold);
	stream_store(&warm, 2, 0, 256, 0);
	stream_end(&warm);
	bench->job.stream_size = cold.size;
	bench->job.warm_entry = bench->job.entry + 4096;
	bench->job.warm_size = warm.size;
	bench->job.warm_key = key;
}

TEST_F(uapi, a_job_starts_warm_behind_its_like)
{
	struct bench *bench = &self->bench, other;
	struct drm_onpu_job first = bench->job, job;

	make_warm(bench, 7);
	EXPECT_EQ(0, runs_warm(bench, 1));
	EXPECT_EQ(1, runs_warm(bench, 2));
	EXPECT_EQ(1, runs_warm(bench, 3));
	/* Behind one that calls it otherwise. */
	bench->job.warm_key = 8;
	EXPECT_EQ(0, runs_warm(bench, 4));
	EXPECT_EQ(1, runs_warm(bench, 5));
	/* Behind one that fails. */
	job = bench->job;
	bench->job.max_cycles = 1;
	EXPECT_EQ(-ETIME, runs_warm(bench, 6));
	bench->job = job;
	EXPECT_EQ(0, runs_warm(bench, 7));
	/* Behind another address space's, of the same key. */
	ASSERT_EQ(0, bench_open(&other));
	make_warm(&other, 8);
	EXPECT_EQ(0, runs_warm(&other, 8));
	EXPECT_EQ(0, runs_warm(bench, 9));
	EXPECT_EQ(0, runs_warm(&other, 10));
	EXPECT_EQ(1, runs_warm(&other, 11));
	bench_close(&other);
	EXPECT_EQ(0, runs_warm(bench, 12));
	EXPECT_EQ(1, runs_warm(bench, 13));
	bench->job = first;
	bench_copy(bench, 64, 1);
}

/* A program that was made for 1.0 has shorter structures. */
TEST_F(uapi, version_1_0_is_served)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_submit args = {
		.queue_id = bench->queue, .jobs = client_array(&bench->job, 1),
	};
	struct drm_onpu_job_wait end = { .queue_id = bench->queue, .seqno = 1,
					 .timeout_ns = INT64_MAX, .stream_offset = 0xdead };
	const size_t job = offsetof(struct drm_onpu_job, warm_key);
	const size_t wait = offsetof(struct drm_onpu_job_wait, stream_offset);

	EXPECT_EQ(56, job);
	EXPECT_EQ(80, wait);
	/* What lies behind is not looked at. */
	bench->job.warm_pad = 1;
	args.jobs.stride = (uint32_t)job;
	ASSERT_EQ(0, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	ASSERT_EQ(0, client_ioctl(bench->fd, sized(DRM_IOCTL_ONPU_JOB_WAIT, wait), &end));
	EXPECT_EQ(0, end.status);
	EXPECT_EQ(0xdead, end.stream_offset);
	bench->job.warm_pad = 0;
}

TEST_F(uapi, a_budget_is_kept)
{
	struct bench *bench = &self->bench;
	struct stream stream = { .bytes = bench->code };
	struct drm_onpu_job_wait end;
	struct drm_onpu_queue_state state;
	uint64_t seqno;

	stream_spin(&stream, 1, 32768, 20000);
	stream_end(&stream);
	bench->job.stream_size = stream.size;
	bench->job.max_cycles = 50000;
	bench->job.cookie = 0x1234567890abcdef;
	ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &seqno));
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, seqno, SOON_MS, &end));
	EXPECT_EQ(-ETIME, end.status);
	EXPECT_LE(50000, end.end_cycle - end.start_cycle);
	EXPECT_GE(150000, end.end_cycle - end.start_cycle);
	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	EXPECT_EQ(seqno, state.fault.seqno);
	EXPECT_EQ(0x1234567890abcdef, state.fault.cookie);
	EXPECT_EQ(0, state.state);
	bench_copy(bench, 64, 1);
	bench->job.max_cycles = 0;
}

TEST_F(uapi, a_lost_queue_takes_no_more)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job jobs[2] = { bench->job, bench->job };
	struct drm_onpu_submit args;
	struct drm_onpu_job_wait end;
	struct drm_onpu_queue_state state;
	struct drm_onpu_region region[3];
	uint32_t queue;
	uint64_t seqno;

	memcpy(region, bench->region, sizeof(region));
	region[2].va = 0x7000000;
	jobs[0].regions = client_array(region, 3);
	ASSERT_EQ(0, queue_new(bench->fd, bench->vm, 1, DRM_ONPU_QUEUE_LOST_ON_FAULT, 8, &queue));
	args = (struct drm_onpu_submit){ .queue_id = queue, .jobs = client_array(jobs, 2) };
	ASSERT_EQ(0, client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, &args));
	ASSERT_EQ(0, job_wait(bench->fd, queue, 1, SOON_MS, &end));
	EXPECT_EQ(-EFAULT, end.status);
	ASSERT_EQ(0, job_wait(bench->fd, queue, 2, SOON_MS, &end));
	/* It may have run before firmware was told. */
	if (end.status) {
		EXPECT_EQ(-ECANCELED, end.status);
	}
	ASSERT_EQ(0, queue_state(bench->fd, queue, &state));
	EXPECT_EQ(DRM_ONPU_QUEUE_STATE_LOST, state.state);
	EXPECT_EQ(-EIO, submit(bench->fd, queue, &bench->job, &seqno));
	EXPECT_EQ(0, queue_destroy(bench->fd, queue));
}

/* ---- the file ------------------------------------------------------------------------------ */

TEST_F(uapi, unknown_ioctls)
{
	int fd = self->bench.fd;
	uint64_t data[32] = { 0 };
	unsigned int n;

	for (n = DRM_ONPU_QUEUE_STATE + 1; n < 0x60; n++)
		EXPECT_GT(0, client_ioctl(fd, DRM_IOWR(DRM_COMMAND_BASE + n, data), data));
}

TEST_F(uapi, closed_while_jobs_run)
{
	struct bench bench;
	struct stream stream;
	uint64_t seqno;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, bench_open(&bench));
		stream = (struct stream){ .bytes = bench.code };
		stream_spin(&stream, 1, 32768, 20000);
		stream_end(&stream);
		bench.job.stream_size = stream.size;
		ASSERT_EQ(0, submit(bench.fd, bench.queue, &bench.job, &seqno));
		ASSERT_EQ(0, submit(bench.fd, bench.queue, &bench.job, &seqno));
		bench_close(&bench);
	}
}

TEST_HARNESS_MAIN
