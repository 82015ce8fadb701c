// SPDX-License-Identifier: MIT
/*
 * Memory of others, and ours for others, used where it is.  The frames of the first test's pages
 * are printed: tests/guest/test_zero_copy.py compares them with what the device touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "kselftest_harness.h"

#include "client.h"

#define VA_IN 0x00400000u
#define VA_OUT 0x00500000u

/* Where bench's regions are, for it to read and write something else. */
static void use_instead(struct bench *bench, uint32_t in, uint32_t out)
{
	bench->region[1].va = in;
	bench->region[2].va = out;
}

static void print_frames(const char *what, const uint8_t *data, size_t size)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;
	size_t i;

	for (i = 0; i < size; i += page)
		if (pread(fd, &entry, 8, (uintptr_t)(data + i) / page * 8) == 8)
			printf("# frame %s %#llx\n", what,
			       (unsigned long long)(entry & ((1ull << 55) - 1)) * page);
	fflush(stdout);
	close(fd);
}

TEST(udmabufs_are_used_in_place)
{
	int memory_in, memory_out, buf_in, buf_out;
	struct drm_onpu_bo_sync bo_sync;
	struct drm_onpu_bo_info info;
	uint8_t *in, *out, *old_in;
	uint32_t handle_in, handle_out;
	struct bench bench;

	ASSERT_EQ(0, bench_open(&bench));
	buf_in = udmabuf_new(BENCH_SIZE, &memory_in);
	buf_out = udmabuf_new(BENCH_SIZE, &memory_out);
	ASSERT_LE(0, buf_in);
	ASSERT_LE(0, buf_out);
	in = mmap(NULL, BENCH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_in, 0);
	out = mmap(NULL, BENCH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_out, 0);
	ASSERT_NE(MAP_FAILED, in);
	ASSERT_NE(MAP_FAILED, out);
	ASSERT_EQ(0, prime_import(bench.fd, buf_in, &handle_in));
	ASSERT_EQ(0, prime_import(bench.fd, buf_out, &handle_out));
	ASSERT_EQ(0, vm_map(bench.fd, bench.vm, handle_in, 0, VA_IN, BENCH_SIZE,
			    DRM_ONPU_MAP_READONLY));
	ASSERT_EQ(0, vm_map(bench.fd, bench.vm, handle_out, 0, VA_OUT, BENCH_SIZE, 0));
	info = (struct drm_onpu_bo_info){ .handle = handle_in };
	ASSERT_EQ(0, client_ioctl(bench.fd, DRM_IOCTL_ONPU_BO_INFO, &info));
	EXPECT_EQ(BENCH_SIZE, info.size);
	EXPECT_EQ(0, info.sync_needed);
	bo_sync = (struct drm_onpu_bo_sync){ .handle = handle_in, .size = 64 };
	EXPECT_EQ(-EOPNOTSUPP, client_ioctl(bench.fd, DRM_IOCTL_ONPU_BO_SYNC, &bo_sync));

	/* bench's own objects stay what they were. */
	old_in = bench.in;
	memset(bench.out, 0xa5, BENCH_SIZE);
	bench.in = in;
	bench_copy(&bench, BENCH_SIZE, 9);
	use_instead(&bench, VA_IN, VA_OUT);
	EXPECT_EQ(0, bench_run(&bench));
	EXPECT_EQ(0, memcmp(in, out, BENCH_SIZE));
	EXPECT_NE(0, out[1] | out[2] | out[3]);
	EXPECT_EQ(0xa5, bench.out[0]);
	EXPECT_EQ(0, memcmp(bench.out, bench.out + 1, BENCH_SIZE - 1));
	print_frames("read", in, BENCH_SIZE);
	print_frames("written", out, BENCH_SIZE);
	bench.in = old_in;
	bench_close(&bench);
}

TEST(a_dma_buf_comes_back_as_itself)
{
	struct bench bench;
	uint32_t handle;
	int buf, again;

	ASSERT_EQ(0, bench_open(&bench));
	buf = prime_export(bench.fd, bench.out_bo, DRM_CLOEXEC | DRM_RDWR);
	ASSERT_LE(0, buf);
	ASSERT_EQ(0, prime_import(bench.fd, buf, &handle));
	EXPECT_EQ(bench.out_bo, handle);
	close(buf);
	/* One of others', too. */
	buf = udmabuf_new(BENCH_SIZE, &(int){ -1 });
	ASSERT_LE(0, buf);
	ASSERT_EQ(0, prime_import(bench.fd, buf, &handle));
	EXPECT_NE(bench.out_bo, handle);
	again = prime_export(bench.fd, handle, DRM_CLOEXEC | DRM_RDWR);
	ASSERT_LE(0, again);
	ASSERT_EQ(0, prime_import(bench.fd, again, &(uint32_t){ 0 }));
	EXPECT_EQ(0, bo_close(bench.fd, handle));
	/* The second import was the same handle: it is gone. */
	EXPECT_NE(0, bo_close(bench.fd, handle));
	close(again);
	close(buf);
	bench_close(&bench);
}

TEST(another_process_writes_into_ours)
{
	struct bench bench;
	int buf, status;
	pid_t child;

	ASSERT_EQ(0, bench_open(&bench));
	buf = prime_export(bench.fd, bench.out_bo, DRM_CLOEXEC | DRM_RDWR);
	ASSERT_LE(0, buf);
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		struct bench far;
		uint32_t handle;

		if (bench_open(&far) || prime_import(far.fd, buf, &handle) ||
		    vm_map(far.fd, far.vm, handle, 0, VA_OUT, BENCH_SIZE, 0))
			_exit(1);
		bench_copy(&far, 4096, 5);
		use_instead(&far, BENCH_IN, VA_OUT);
		_exit(bench_run(&far) ? 2 : 0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(bench_copied(&bench, 4096, 5));
	close(buf);
	bench_close(&bench);
}

/* Both ways: ours there, theirs here. */
TEST(vgem_shares)
{
	struct bench bench;
	uint32_t theirs, ours, handle;
	int vgem = vgem_open(), buf;
	uint8_t *data;

	ASSERT_LE(0, vgem);
	ASSERT_EQ(0, bench_open(&bench));
	buf = prime_export(bench.fd, bench.out_bo, DRM_CLOEXEC | DRM_RDWR);
	ASSERT_LE(0, buf);
	ASSERT_EQ(0, prime_import(vgem, buf, &theirs));
	close(buf);
	/* From there it comes back to us as what it is. */
	buf = prime_export(vgem, theirs, DRM_CLOEXEC | DRM_RDWR);
	ASSERT_LE(0, buf);
	ASSERT_EQ(0, prime_import(bench.fd, buf, &handle));
	EXPECT_EQ(bench.out_bo, handle);
	close(buf);
	ASSERT_EQ(0, bo_close(vgem, theirs));

	ASSERT_EQ(0, vgem_new(vgem, BENCH_SIZE, &theirs));
	data = vgem_mmap(vgem, theirs, BENCH_SIZE);
	ASSERT_NE(NULL, data);
	buf = prime_export(vgem, theirs, DRM_CLOEXEC | DRM_RDWR);
	ASSERT_LE(0, buf);
	ASSERT_EQ(0, prime_import(bench.fd, buf, &ours));
	ASSERT_EQ(0, vm_map(bench.fd, bench.vm, ours, 0, VA_OUT, BENCH_SIZE, 0));
	bench_copy(&bench, 4096, 8);
	use_instead(&bench, BENCH_IN, VA_OUT);
	EXPECT_EQ(0, bench_run(&bench));
	EXPECT_EQ(0, memcmp(data, bench.in, 4096));
	munmap(data, BENCH_SIZE);
	close(buf);
	close(vgem);
	bench_close(&bench);
}

/* bench's file has imported an object for reading only: neither its NPU nor its CPU writes it. */
static void is_read_only(struct __test_metadata *_metadata, struct bench *bench, uint32_t handle)
{
	struct drm_onpu_bo_info info = { .handle = handle };
	uint8_t *data;

	EXPECT_EQ(-EACCES, vm_map(bench->fd, bench->vm, handle, 0, VA_IN, BENCH_SIZE, 0));
	EXPECT_EQ(0, vm_map(bench->fd, bench->vm, handle, 0, VA_IN, BENCH_SIZE,
			    DRM_ONPU_MAP_READONLY));
	bench_copy(bench, 4096, 8);
	memset(bench->out, 0xa5, 4096);
	use_instead(bench, VA_IN, BENCH_OUT);
	EXPECT_EQ(0, bench_run(bench));
	EXPECT_EQ(0, bench->out[0]);
	use_instead(bench, BENCH_IN, VA_IN);
	EXPECT_EQ(-EFAULT, bench_run(bench));

	EXPECT_EQ(NULL, bo_mmap(bench->fd, handle, BENCH_SIZE));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, client_ioctl(bench->fd, DRM_IOCTL_ONPU_BO_INFO, &info));
	data = mmap(NULL, BENCH_SIZE, PROT_READ, MAP_SHARED, bench->fd, (off_t)info.mmap_offset);
	ASSERT_NE(MAP_FAILED, data);
	EXPECT_EQ(0, data[0]);
	EXPECT_EQ(-1, mprotect(data, BENCH_SIZE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	munmap(data, BENCH_SIZE);
	/* What it hands on has no more rights. */
	EXPECT_EQ(-EACCES, prime_export(bench->fd, handle, DRM_CLOEXEC | DRM_RDWR));
}

TEST(theirs_stays_read_only)
{
	int vgem = vgem_open(), buf;
	uint32_t theirs, handle;
	struct bench bench;

	ASSERT_LE(0, vgem);
	ASSERT_EQ(0, bench_open(&bench));
	ASSERT_EQ(0, vgem_new(vgem, BENCH_SIZE, &theirs));
	buf = prime_export(vgem, theirs, DRM_CLOEXEC);
	ASSERT_LE(0, buf);
	ASSERT_EQ(0, prime_import(bench.fd, buf, &handle));
	is_read_only(_metadata, &bench, handle);
	close(buf);
	close(vgem);
	bench_close(&bench);
}

/* Also for another file of the same device, which finds the object behind the dma-buf. */
TEST(ours_stays_read_only)
{
	struct bench owner, other;
	uint32_t bo, handle;
	int buf, again;
	uint8_t *data;

	ASSERT_EQ(0, bench_open(&owner));
	ASSERT_EQ(0, bench_open(&other));
	ASSERT_EQ(0, bo_new(owner.fd, BENCH_SIZE, 0, 0, &bo));
	data = bo_mmap(owner.fd, bo, BENCH_SIZE);
	ASSERT_NE(NULL, data);
	buf = prime_export(owner.fd, bo, DRM_CLOEXEC);
	ASSERT_LE(0, buf);
	ASSERT_EQ(0, prime_import(other.fd, buf, &handle));
	is_read_only(_metadata, &other, handle);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, BENCH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, buf, 0));
	EXPECT_EQ(EACCES, errno);
	/* It is that memory. */
	data[4095] = 42;
	use_instead(&other, VA_IN, BENCH_OUT);
	EXPECT_EQ(0, bench_run(&other));
	EXPECT_EQ(42, other.out[4095]);

	/* Its owner loses nothing, but does not get another dma-buf than the one that there is. */
	ASSERT_EQ(0, prime_import(owner.fd, buf, &handle));
	EXPECT_EQ(bo, handle);
	EXPECT_EQ(0, vm_map(owner.fd, owner.vm, bo, 0, VA_OUT, BENCH_SIZE, 0));
	bench_copy(&owner, 4096, 3);
	use_instead(&owner, BENCH_IN, VA_OUT);
	EXPECT_EQ(0, bench_run(&owner));
	EXPECT_EQ(0, memcmp(owner.in, data, 4096));
	EXPECT_EQ(-EACCES, prime_export(owner.fd, bo, DRM_CLOEXEC | DRM_RDWR));
	again = prime_export(owner.fd, bo, DRM_CLOEXEC);
	EXPECT_LE(0, again);
	close(again);
	munmap(data, BENCH_SIZE);
	close(buf);
	bench_close(&other);
	bench_close(&owner);
}

/* The other way round: nobody is handed more than was asked for. */
TEST(rights_are_those_of_the_first_export)
{
	struct bench bench;
	int buf;

	ASSERT_EQ(0, bench_open(&bench));
	buf = prime_export(bench.fd, bench.out_bo, DRM_CLOEXEC | DRM_RDWR);
	ASSERT_LE(0, buf);
	EXPECT_EQ(-EACCES, prime_export(bench.fd, bench.out_bo, DRM_CLOEXEC));
	close(buf);
	bench_close(&bench);
}

/* A udmabuf may be written, whatever is asked of it. */
TEST(udmabufs_are_writable)
{
	struct bench bench;
	uint32_t handle;
	int buf, memory;

	ASSERT_EQ(0, bench_open(&bench));
	buf = udmabuf_new(BENCH_SIZE, &memory);
	ASSERT_LE(0, buf);
	ASSERT_EQ(0, prime_import(bench.fd, buf, &handle));
	EXPECT_EQ(-EACCES, prime_export(bench.fd, handle, DRM_CLOEXEC));
	EXPECT_EQ(0, vm_map(bench.fd, bench.vm, handle, 0, VA_OUT, BENCH_SIZE, 0));
	bench_copy(&bench, 4096, 3);
	use_instead(&bench, BENCH_IN, VA_OUT);
	EXPECT_EQ(0, bench_run(&bench));
	close(memory);
	close(buf);
	bench_close(&bench);
}

TEST(cpu_access_is_announced)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW };
	struct bench bench;
	int buf;

	ASSERT_EQ(0, bench_open(&bench));
	buf = prime_export(bench.fd, bench.out_bo, DRM_CLOEXEC | DRM_RDWR);
	ASSERT_LE(0, buf);
	bench_copy(&bench, 4096, 8);
	EXPECT_EQ(0, bench_run(&bench));
	EXPECT_EQ(0, client_ioctl(buf, DMA_BUF_IOCTL_SYNC, &sync));
	EXPECT_TRUE(bench_copied(&bench, 4096, 8));
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
	EXPECT_EQ(0, client_ioctl(buf, DMA_BUF_IOCTL_SYNC, &sync));
	sync.flags = 1u << 10;
	EXPECT_EQ(-EINVAL, client_ioctl(buf, DMA_BUF_IOCTL_SYNC, &sync));
	close(buf);
	bench_close(&bench);
}

TEST_HARNESS_MAIN
