// SPDX-License-Identifier: MIT
/* Fences: what a batch waits for, what waits for it, and what a refused one leaves behind. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "kselftest_harness.h"

#include "client.h"

#define SYNCS 64
#define OBJECTS 64
/* Long enough for a job that does not wait to have ended many times over. */
#define WHILE_MS 150

/* A bench, and an object of vgem in it whose fences the test signals. */
FIXTURE(sync)
{
	struct bench bench;
	struct usage before;
	int vgem, gate_buf;
	uint32_t gate_vgem, gate;
	uint32_t other;			/* a second queue */
};

FIXTURE_SETUP(sync)
{
	struct bench *bench = &self->bench;

	/* What another test had goes in the background, and would be counted. */
	ASSERT_TRUE(usage_is(&(struct usage){ 0 }));
	ASSERT_EQ(0, bench_open(bench));
	self->vgem = vgem_open();
	ASSERT_LE(0, self->vgem);
	ASSERT_EQ(0, vgem_new(self->vgem, BENCH_SIZE, &self->gate_vgem));
	self->gate_buf = prime_export(self->vgem, self->gate_vgem, DRM_CLOEXEC | DRM_RDWR);
	ASSERT_LE(0, self->gate_buf);
	ASSERT_EQ(0, prime_import(bench->fd, self->gate_buf, &self->gate));
	ASSERT_EQ(0, queue_new(bench->fd, bench->vm, DRM_ONPU_PRIORITY_NORMAL, 0, 16,
			       &self->other));
	bench_copy(bench, 64, 1);
	ASSERT_EQ(0, usage_read(&self->before));
}

FIXTURE_TEARDOWN(sync)
{
	EXPECT_TRUE(usage_is(&self->before));
	EXPECT_EQ(0, bench_run(&self->bench));
	EXPECT_TRUE(bench_copied(&self->bench, 64, 1));
	close(self->gate_buf);
	close(self->vgem);
	bench_close(&self->bench);
}

static struct drm_onpu_submit one_job(struct bench *bench)
{
	return (struct drm_onpu_submit){
		.queue_id = bench->queue, .jobs = client_array(&bench->job, 1),
	};
}

static int do_submit(struct bench *bench, struct drm_onpu_submit *args)
{
	return client_ioctl(bench->fd, DRM_IOCTL_ONPU_SUBMIT, args);
}

static int ended(struct bench *bench, uint32_t queue, uint64_t seqno, unsigned int ms)
{
	struct drm_onpu_job_wait end;
	int err = job_wait(bench->fd, queue, seqno, ms, &end);

	return err ? err : end.status;
}

/* A syncobj that signals when the gate's fence does. */
static int gated_sync(struct _test_data_sync *self, uint32_t *sync, uint32_t *fence)
{
	struct dma_buf_export_sync_file args = { .flags = DMA_BUF_SYNC_RW };
	int err = vgem_attach(self->vgem, self->gate_vgem, true, fence);

	if (!err)
		err = client_ioctl(self->gate_buf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &args);
	if (!err)
		err = sync_new(self->bench.fd, sync);
	if (!err)
		err = sync_import(self->bench.fd, *sync, args.fd);
	close(args.fd);
	return err;
}

/* ---- syncobjs ---------------------------------------------------------------------- */

TEST_F(sync, binary)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_submit args = one_job(bench);
	struct drm_onpu_job_wait first, second;
	struct drm_onpu_sync sync = { 0 };
	struct drm_onpu_queue_state state;
	int err;

	ASSERT_EQ(0, sync_new(bench->fd, &sync.handle));
	EXPECT_EQ(-EINVAL, sync_wait(bench->fd, sync.handle, 0, 0));
	bench_spin(bench, 2000);
	args.signals = client_array(&sync, 1);
	ASSERT_EQ(0, do_submit(bench, &args));
	err = sync_wait(bench->fd, sync.handle, 0, 0);
	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	/* Unless it was over before it was looked at. */
	if (!state.completed) {
		EXPECT_EQ(-ETIME, err);
	}
	/* Another queue waits for it, and signals the same one anew. */
	bench->job.entry = BENCH_CODE;
	args.queue_id = self->other;
	args.waits = client_array(&sync, 1);
	ASSERT_EQ(0, do_submit(bench, &args));
	ASSERT_EQ(0, sync_wait(bench->fd, sync.handle, 0, SOON_MS));
	ASSERT_EQ(0, job_wait(bench->fd, self->other, 1, 0, &second));
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, 1, 0, &first));
	EXPECT_EQ(0, first.status);
	EXPECT_EQ(0, second.status);
	EXPECT_LE(first.end_cycle, second.start_cycle);
	EXPECT_EQ(0, sync_destroy(bench->fd, sync.handle));
	bench_copy(bench, 64, 1);
}

TEST_F(sync, timeline)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_submit args = one_job(bench);
	struct drm_onpu_sync point = { .flags = DRM_ONPU_SYNC_TIMELINE };
	struct drm_onpu_job_wait first, second;

	ASSERT_EQ(0, sync_new(bench->fd, &point.handle));
	args.signals = client_array(&point, 1);
	bench_spin(bench, 1000);
	for (point.point = 1; point.point <= 3; point.point++)
		ASSERT_EQ(0, do_submit(bench, &args));
	/* Point 4 has no fence yet, point 0 is none, and a point needs its flag. */
	args = one_job(bench);
	args.queue_id = self->other;
	args.waits = client_array(&point, 1);
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	point.point = 0;
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	point.point = 2;
	point.flags = 0;
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	point.flags = DRM_ONPU_SYNC_TIMELINE;
	ASSERT_EQ(0, do_submit(bench, &args));
	ASSERT_EQ(0, ended(bench, self->other, 1, SOON_MS));
	ASSERT_EQ(0, job_wait(bench->fd, self->other, 1, 0, &second));
	/* It had to wait for the second job of the other queue. */
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, 2, 0, &first));
	EXPECT_LE(first.end_cycle, second.start_cycle);
	EXPECT_EQ(0, sync_wait(bench->fd, point.handle, 3, SOON_MS));
	EXPECT_EQ(0, sync_destroy(bench->fd, point.handle));
	bench_copy(bench, 64, 1);
}

TEST_F(sync, waits_and_signals_are_checked)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_submit args = one_job(bench);
	struct drm_onpu_sync sync = { 0 };
	struct drm_onpu_queue_state state;

	args.waits = client_array(&sync, 1);
	EXPECT_EQ(-ENOENT, do_submit(bench, &args));
	ASSERT_EQ(0, sync_new(bench->fd, &sync.handle));
	/* No fence. */
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	sync.flags = 1u << 31;
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	args.waits.count = 0;
	args.signals = client_array(&sync, 1);
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	sync.flags = DRM_ONPU_SYNC_TIMELINE;
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	sync.flags = 0;
	EXPECT_EQ(0, sync_destroy(bench->fd, sync.handle));
	EXPECT_EQ(-ENOENT, do_submit(bench, &args));
	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	EXPECT_EQ(0, state.submitted);
}

TEST_F(sync, as_many_as_there_may_be)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_submit args = one_job(bench);
	struct drm_onpu_sync sync[SYNCS + 1] = { 0 };
	struct drm_onpu_bo_use use[OBJECTS + 1];
	uint32_t i;

	for (i = 0; i <= SYNCS; i++)
		ASSERT_EQ(0, sync_new(bench->fd, &sync[i].handle));
	for (i = 0; i <= OBJECTS; i++) {
		use[i].flags = DRM_ONPU_BO_USE_WRITE;
		ASSERT_EQ(0, bo_new(bench->fd, 4096, 0, 0, &use[i].handle));
	}
	args.signals = client_array(sync, SYNCS + 1);
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	args.signals.count = SYNCS;
	args.bos = client_array(use, OBJECTS + 1);
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	args.bos.count = OBJECTS;
	EXPECT_EQ(0, do_submit(bench, &args));
	args.waits = args.signals;
	args.waits.count = SYNCS + 1;
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	args.waits.count = SYNCS;
	EXPECT_EQ(0, do_submit(bench, &args));
	/* Those named twice, too. */
	for (i = 0; i < SYNCS; i++) {
		sync[i] = sync[0];
		use[i] = use[0];
	}
	EXPECT_EQ(0, do_submit(bench, &args));
	EXPECT_EQ(0, ended(bench, bench->queue, 3, SOON_MS));
	EXPECT_EQ(0, sync_wait(bench->fd, sync[0].handle, 0, SOON_MS));
	/* sync[] was overwritten: the file takes the others with it.  Objects are counted. */
	for (i = use[0].handle; i <= use[0].handle + OBJECTS; i++)
		EXPECT_EQ(0, bo_close(bench->fd, i));
}

TEST_F(sync, sync_files)
{
	struct bench *bench = &self->bench, far;
	struct drm_onpu_submit args = one_job(bench);
	struct drm_onpu_job_wait first, second;
	struct drm_onpu_sync sync = { 0 };
	struct drm_onpu_queue_state state;
	bool early;
	int file;

	ASSERT_EQ(0, sync_new(bench->fd, &sync.handle));
	args.signals = client_array(&sync, 1);
	bench_spin(bench, 2000);
	ASSERT_EQ(0, do_submit(bench, &args));
	file = sync_export(bench->fd, sync.handle);
	ASSERT_LE(0, file);
	early = fd_polls(file, POLLIN, 0);
	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	/* Unless it was over before it was looked at. */
	if (!state.completed)
		EXPECT_FALSE(early);
	ASSERT_EQ(0, sync_destroy(bench->fd, sync.handle));

	/* Another file's job waits for it. */
	ASSERT_EQ(0, bench_open(&far));
	bench_copy(&far, 64, 2);
	args = one_job(&far);
	ASSERT_EQ(0, sync_new(far.fd, &sync.handle));
	ASSERT_EQ(0, sync_import(far.fd, sync.handle, file));
	args.waits = client_array(&sync, 1);
	ASSERT_EQ(0, do_submit(&far, &args));
	EXPECT_EQ(0, ended(&far, far.queue, 1, SOON_MS));
	EXPECT_TRUE(fd_polls(file, POLLIN, 0));
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, 1, 0, &first));
	ASSERT_EQ(0, job_wait(far.fd, far.queue, 1, 0, &second));
	EXPECT_LE(first.end_cycle, second.start_cycle);
	close(file);
	bench_close(&far);
	bench_copy(bench, 64, 1);
}

/* ---- when they signal ---------------------------------------------------------------- */

TEST_F(sync, signals_fire_after_the_last_job)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job jobs[3];
	struct drm_onpu_submit args = { .queue_id = bench->queue, .jobs = client_array(jobs, 3) };
	struct drm_onpu_queue_state state;
	struct drm_onpu_sync sync = { 0 };
	struct drm_onpu_job_wait end;
	int i;

	ASSERT_EQ(0, sync_new(bench->fd, &sync.handle));
	args.signals = client_array(&sync, 1);
	bench_spin(bench, 2000);
	for (i = 0; i < 3; i++)
		jobs[i] = bench->job;
	ASSERT_EQ(0, do_submit(bench, &args));
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, 1, SOON_MS, &end));
	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	/* Unless all was over before it was looked at. */
	if (state.completed < 3) {
		int err = sync_wait(bench->fd, sync.handle, 0, 0);

		ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
		if (state.completed < 3) {
			EXPECT_EQ(-ETIME, err);
		}
	}
	ASSERT_EQ(0, sync_wait(bench->fd, sync.handle, 0, SOON_MS));
	EXPECT_EQ(0, ended(bench, bench->queue, 3, 0));
	EXPECT_EQ(0, sync_destroy(bench->fd, sync.handle));
	bench_copy(bench, 64, 1);
}

TEST_F(sync, signals_fire_when_a_job_fails)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job jobs[2] = { bench->job, bench->job };
	struct drm_onpu_submit args = { .queue_id = bench->queue, .jobs = client_array(jobs, 2) };
	struct drm_onpu_sync sync[2] = { 0 };

	ASSERT_EQ(0, sync_new(bench->fd, &sync[0].handle));
	ASSERT_EQ(0, sync_new(bench->fd, &sync[1].handle));
	sync[1].flags = DRM_ONPU_SYNC_TIMELINE;
	sync[1].point = 5;
	args.signals = client_array(sync, 2);
	jobs[1].entry = 0x7000000;
	ASSERT_EQ(0, do_submit(bench, &args));
	EXPECT_EQ(0, sync_wait(bench->fd, sync[0].handle, 0, SOON_MS));
	EXPECT_EQ(0, sync_wait(bench->fd, sync[1].handle, 5, SOON_MS));
	EXPECT_EQ(0, ended(bench, bench->queue, 1, 0));
	EXPECT_EQ(-EFAULT, ended(bench, bench->queue, 2, 0));
	/* Who waits for a batch that failed runs. */
	args = one_job(bench);
	args.queue_id = self->other;
	args.waits = client_array(sync, 1);
	ASSERT_EQ(0, do_submit(bench, &args));
	EXPECT_EQ(0, ended(bench, self->other, 1, SOON_MS));
	EXPECT_EQ(0, sync_destroy(bench->fd, sync[0].handle));
	EXPECT_EQ(0, sync_destroy(bench->fd, sync[1].handle));
}

TEST_F(sync, signals_fire_when_the_queue_goes)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_submit args = one_job(bench);
	struct drm_onpu_sync sync = { 0 }, gated = { 0 };
	uint32_t fence;

	ASSERT_EQ(0, gated_sync(self, &gated.handle, &fence));
	ASSERT_EQ(0, sync_new(bench->fd, &sync.handle));
	args.queue_id = self->other;
	args.waits = client_array(&gated, 1);
	args.signals = client_array(&sync, 1);
	ASSERT_EQ(0, do_submit(bench, &args));
	EXPECT_EQ(-ETIME, sync_wait(bench->fd, sync.handle, 0, WHILE_MS));
	ASSERT_EQ(0, queue_destroy(bench->fd, self->other));
	/* What comes behind it was promised to come behind the gate as well. */
	EXPECT_EQ(-ETIME, sync_wait(bench->fd, sync.handle, 0, WHILE_MS));
	EXPECT_EQ(0, vgem_signal(self->vgem, fence));
	EXPECT_EQ(0, sync_wait(bench->fd, sync.handle, 0, SOON_MS));
	EXPECT_EQ(0, sync_destroy(bench->fd, sync.handle));
	EXPECT_EQ(0, sync_destroy(bench->fd, gated.handle));
	ASSERT_EQ(0, queue_new(bench->fd, bench->vm, 1, 0, 16, &self->other));
}

TEST_F(sync, waits_gate_the_first_job)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_job jobs[3] = { bench->job, bench->job, bench->job };
	struct drm_onpu_submit args = { .queue_id = bench->queue, .jobs = client_array(jobs, 3) };
	struct drm_onpu_queue_state state;
	struct drm_onpu_sync gated = { 0 };
	uint32_t fence;

	ASSERT_EQ(0, gated_sync(self, &gated.handle, &fence));
	args.waits = client_array(&gated, 1);
	ASSERT_EQ(0, do_submit(bench, &args));
	/* A batch without waits is behind it in its queue; another queue is not. */
	args = one_job(bench);
	ASSERT_EQ(0, do_submit(bench, &args));
	args.queue_id = self->other;
	ASSERT_EQ(0, do_submit(bench, &args));
	EXPECT_EQ(0, ended(bench, self->other, 1, SOON_MS));
	EXPECT_EQ(-ETIME, ended(bench, bench->queue, 1, WHILE_MS));
	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	EXPECT_EQ(4, state.submitted);
	EXPECT_EQ(0, state.completed);
	ASSERT_EQ(0, vgem_signal(self->vgem, fence));
	EXPECT_EQ(0, ended(bench, bench->queue, 4, SOON_MS));
	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	EXPECT_EQ(4, state.completed);
	EXPECT_EQ(0, sync_destroy(bench->fd, gated.handle));
}

/* ---- implicit synchronisation --------------------------------------------------------- */

/* Whether a job that names the object so waits for vgem's fence, as it should or should not. */
static int waits_for(struct _test_data_sync *self, bool others_write, uint32_t flags, bool should)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_submit args = one_job(bench);
	struct drm_onpu_bo_use use = { .handle = self->gate, .flags = flags };
	uint32_t fence;
	int waited;

	/* The fence of the job before may signal a moment after its result is there. */
	if (!fd_polls(self->gate_buf, POLLOUT, SOON_MS) ||
	    vgem_attach(self->vgem, self->gate_vgem, others_write, &fence))
		return -1;
	if (flags)
		args.bos = client_array(&use, 1);
	if (do_submit(bench, &args))
		return -1;
	/* Should it wait, against our wish, vgem ends that in 10 s, and has no fence to signal. */
	waited = ended(bench, bench->queue, args.first_seqno, should ? WHILE_MS : SOON_MS) ==
		 -ETIME;
	if (vgem_signal(self->vgem, fence))
		return -1;
	return ended(bench, bench->queue, args.first_seqno, SOON_MS) ? -1 : waited;
}

TEST_F(sync, readers_wait_for_writers_and_writers_for_all)
{
	EXPECT_EQ(0, waits_for(self, false, DRM_ONPU_BO_USE_READ, false));
	EXPECT_EQ(1, waits_for(self, false, DRM_ONPU_BO_USE_WRITE, true));
	EXPECT_EQ(1, waits_for(self, false, DRM_ONPU_BO_USE_READ | DRM_ONPU_BO_USE_WRITE, true));
	EXPECT_EQ(1, waits_for(self, true, DRM_ONPU_BO_USE_READ, true));
	EXPECT_EQ(1, waits_for(self, true, DRM_ONPU_BO_USE_WRITE, true));
	/* Mapped, but not named: nothing is waited for. */
	ASSERT_EQ(0, vm_map(self->bench.fd, self->bench.vm, self->gate, 0, 0x400000, BENCH_SIZE, 0));
	EXPECT_EQ(0, waits_for(self, true, 0, false));
	EXPECT_EQ(0, vm_unmap(self->bench.fd, self->bench.vm, 0x400000, BENCH_SIZE));
}

/* What others see of a batch in flight: bit 0: readers wait for it, bit 1: writers do. */
static int others_wait(struct _test_data_sync *self, uint32_t flags)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_submit args = one_job(bench);
	struct drm_onpu_bo_use use = { .flags = flags };
	struct drm_onpu_sync gated = { 0 };
	uint32_t fence, bo, vgem_bo;
	int buf, seen;

	if (vgem_new(self->vgem, 4096, &vgem_bo))
		return -1;
	buf = prime_export(self->vgem, vgem_bo, DRM_CLOEXEC | DRM_RDWR);
	if (buf < 0 || prime_import(bench->fd, buf, &bo) ||
	    vm_map(bench->fd, bench->vm, bo, 0, 0x400000, 4096, 0) ||
	    gated_sync(self, &gated.handle, &fence))
		return -1;
	args.waits = client_array(&gated, 1);
	use.handle = bo;
	if (flags)
		args.bos = client_array(&use, 1);
	if (do_submit(bench, &args))
		return -1;
	seen = (fd_polls(buf, POLLIN, 0) ? 0 : 1) | (fd_polls(buf, POLLOUT, 0) ? 0 : 2);
	if (vgem_signal(self->vgem, fence) ||
	    ended(bench, bench->queue, args.first_seqno, SOON_MS) ||
	    !fd_polls(buf, POLLIN, SOON_MS) || !fd_polls(buf, POLLOUT, SOON_MS))
		return -1;
	close(buf);
	if (vm_unmap(bench->fd, bench->vm, 0x400000, 4096) || bo_close(bench->fd, bo) ||
	    sync_destroy(bench->fd, gated.handle))
		return -1;
	return seen;
}

TEST_F(sync, others_wait_for_what_a_batch_does)
{
	EXPECT_EQ(2, others_wait(self, DRM_ONPU_BO_USE_READ));
	EXPECT_EQ(3, others_wait(self, DRM_ONPU_BO_USE_WRITE));
	EXPECT_EQ(0, others_wait(self, 0));
}

TEST_F(sync, objects_are_checked)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_submit args = one_job(bench);
	struct drm_onpu_bo_use use[2] = { { bench->in_bo, DRM_ONPU_BO_USE_READ }, { 0 } };

	args.bos = client_array(use, 2);
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	use[1].flags = 1u << 31;
	EXPECT_EQ(-EINVAL, do_submit(bench, &args));
	use[1].flags = DRM_ONPU_BO_USE_WRITE;
	EXPECT_EQ(-ENOENT, do_submit(bench, &args));
	use[1].handle = bench->out_bo;
	EXPECT_EQ(0, do_submit(bench, &args));
	EXPECT_EQ(0, ended(bench, bench->queue, 1, SOON_MS));
}

/* ---- arrays that end where memory does ------------------------------------------------- */

/* A copy of the first of two elements at the end of a page; behind it there is nothing. */
static void *at_the_edge(const void *element, size_t size)
{
	long page = sysconf(_SC_PAGESIZE);
	uint8_t *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	if (at == MAP_FAILED || mprotect(at + page, page, PROT_NONE))
		return NULL;
	return memcpy(at + page - size, element, size);
}

TEST_F(sync, a_batch_half_read_is_none)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_submit args, whole;
	struct drm_onpu_sync signalled = { 0 }, fresh = { 0 };
	struct drm_onpu_bo_use use = { bench->out_bo, DRM_ONPU_BO_USE_WRITE };
	struct drm_onpu_job job;
	struct drm_onpu_queue_state state;
	void *edge[5];
	int i;

	/* One with a fence to wait for, one without. */
	ASSERT_EQ(0, sync_new(bench->fd, &signalled.handle));
	ASSERT_EQ(0, sync_new(bench->fd, &fresh.handle));
	args = one_job(bench);
	args.signals = client_array(&signalled, 1);
	ASSERT_EQ(0, do_submit(bench, &args));
	ASSERT_EQ(0, ended(bench, bench->queue, 1, SOON_MS));

	whole = one_job(bench);
	whole.waits = client_array(&signalled, 1);
	whole.signals = client_array(&fresh, 1);
	whole.bos = client_array(&use, 1);
	edge[0] = at_the_edge(&bench->job, sizeof(bench->job));
	edge[1] = at_the_edge(&signalled, sizeof(signalled));
	edge[2] = at_the_edge(&fresh, sizeof(fresh));
	edge[3] = at_the_edge(&use, sizeof(use));
	edge[4] = at_the_edge(bench->region, sizeof(bench->region));
	for (i = 0; i < 5; i++)
		ASSERT_NE(NULL, edge[i]);
	for (i = 0; i < 5; i++) {
		args = whole;
		if (i == 0)
			args.jobs = client_array((struct drm_onpu_job *)edge[i], 2);
		else if (i == 1)
			args.waits = client_array((struct drm_onpu_sync *)edge[i], 2);
		else if (i == 2)
			args.signals = client_array((struct drm_onpu_sync *)edge[i], 2);
		else if (i == 3)
			args.bos = client_array((struct drm_onpu_bo_use *)edge[i], 2);
		job = bench->job;
		if (i == 4) {
			job.regions = client_array((struct drm_onpu_region *)edge[i], 4);
			args.jobs = client_array(&job, 1);
		}
		EXPECT_EQ(-EFAULT, do_submit(bench, &args)) TH_LOG("array %d", i);
		EXPECT_TRUE(usage_is(&self->before)) TH_LOG("array %d", i);
		EXPECT_EQ(-EINVAL, sync_wait(bench->fd, fresh.handle, 0, 0));
	}
	ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	EXPECT_EQ(1, state.submitted);
	/* The fence of what was submitted before is the only one at the object. */
	ASSERT_EQ(0, do_submit(bench, &whole));
	EXPECT_EQ(0, sync_wait(bench->fd, fresh.handle, 0, SOON_MS));
	EXPECT_EQ(0, ended(bench, bench->queue, 2, 0));
}

TEST_HARNESS_MAIN
