// SPDX-License-Identifier: MIT
/* The driver and the device come and go while jobs are in flight. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "host.h"

#define DRIVER "/sys/bus/pci/drivers/onpu/"
#define WAIT_MS 20000u

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
	err = submit(bench->fd, bench->queue, &bench->job, running);
	if (!err)
		err = submit(bench->fd, bench->queue, &bench->job, waiting);
	usleep(50000);
	return err;
}

static void is_gone(struct __test_metadata *_metadata, struct bench *bench, uint64_t seqno)
{
	struct drm_onpu_job_wait end;
	int err = job_wait(bench->fd, bench->queue, seqno, WAIT_MS, &end);

	/* While the driver is there it tells how the job ended; unbound, it answers no more. */
	EXPECT_TRUE(err == -ENODEV || (!err && end.status == -ENODEV &&
				       end.fault == DRM_ONPU_FAULT_DEVICE_GONE)) {
		TH_LOG("errno %d, status %d, fault %u", err, end.status, end.fault);
	}
}

TEST_F_TIMEOUT(life, unbound_with_users, 120)
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

TEST_F_TIMEOUT(life, module_comes_and_goes, 120)
{
	struct bench bench;
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EWOULDBLOCK, module_unload("onpu"));
		bench_close(&self->bench);
		/* Files are closed, and the last fences freed, in the background. */
		EXPECT_TRUE(wait_for(module_unload("onpu") == 0, 5000));
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
		ASSERT_TRUE(wait_for(is_suspended(), 5000));
		ASSERT_TRUE(host_do("state", answer, sizeof(answer)));
		EXPECT_STREQ("ok d3", answer);
		EXPECT_TRUE(bench_works(&self->bench));
	}
	EXPECT_EQ(0, driver_stat("bad_records"));
}

/*
 * By every way that the kernel knows: the job that runs is lost, innocently, one that user space
 * allows to begin anew does, and one that has not begun runs.
 */
static void reset_with_jobs(struct __test_metadata *_metadata, struct bench *bench, int events)
{
	long long resets = driver_stat("resets");
	struct drm_onpu_queue_state state, before;
	struct drm_onpu_job_wait end;
	uint64_t running, waiting;
	bool again;

	for (again = false;; again = true) {
		bench->job.flags = again ? DRM_ONPU_JOB_RESTARTABLE : 0;
		ASSERT_EQ(0, queue_state(bench->fd, bench->queue, &before));
		ASSERT_EQ(0, submit_long(bench, 100, &running, &waiting));
		log_mark();
		ASSERT_EQ(0, device_write("reset", "1"));
		EXPECT_TRUE(uevent_has(events, "WEDGED=none", 5000));
		EXPECT_TRUE(log_has("reset: the PCI function is reset from outside"));
		ASSERT_EQ(0, job_wait(bench->fd, bench->queue, running, WAIT_MS, &end));
		EXPECT_EQ(again ? 0 : -ECANCELED, end.status);
		EXPECT_EQ(again ? 0 : DRM_ONPU_FAULT_INNOCENT, end.fault);
		ASSERT_EQ(0, job_wait(bench->fd, bench->queue, waiting, WAIT_MS, &end));
		EXPECT_EQ(0, end.status);
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

TEST_F_TIMEOUT(life, function_is_reset, 120)
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
	ASSERT_TRUE(wait_for(is_suspended(), 5000));
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
	ASSERT_TRUE(wait_for(is_suspended(), 5000));
	ASSERT_TRUE(host_do("inject corrupt-image 4000", NULL, 0));
	EXPECT_TRUE(bench_works(&self->bench));
	EXPECT_EQ(resets + 1, driver_stat("resets"));
}

/* One that stays bad is the end, until the driver loads it anew. */
TEST_F_TIMEOUT(life, image_stays_damaged, 120)
{
	struct bench *bench = &self->bench;
	struct drm_onpu_queue_state state;
	uint64_t first, second;
	int events;

	ASSERT_LE(0, (events = uevent_open()));
	log_mark();
	ASSERT_EQ(0, device_write("power/control", "auto"));
	ASSERT_TRUE(wait_for(is_suspended(), 5000));
	ASSERT_TRUE(host_do("inject bad-images 1", NULL, 0));
	bench_copy(bench, 4096, 1);
	ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &first));
	is_gone(_metadata, bench, first);
	EXPECT_TRUE(uevent_has(events, "WEDGED=rebind", 5000));
	EXPECT_EQ(-ENODEV, submit(bench->fd, bench->queue, &bench->job, &second));
	EXPECT_EQ(0, queue_state(bench->fd, bench->queue, &state));
	EXPECT_TRUE(state.state & DRM_ONPU_QUEUE_STATE_DEAD);
	EXPECT_TRUE(log_has("is damaged (CRC)"));
	EXPECT_TRUE(log_has("dead: it does not come back from a reset"));
	bench_close(bench);
	EXPECT_TRUE(wait_for(module_unload("onpu") == 0, 5000));
	ASSERT_TRUE(host_do("inject bad-images 0", NULL, 0));
	ASSERT_EQ(0, module_load("onpu.ko"));
	close(events);
}

TEST_HARNESS_MAIN
