// SPDX-License-Identifier: MIT
/* Firmware that writes what cannot be: the driver notices every time, resets, and goes on. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "host.h"

FIXTURE(lie)
{
	struct bench bench;
};

FIXTURE_VARIANT(lie)
{
	const char *name;
};

#define LIE(variant, text)						\
	FIXTURE_VARIANT_ADD(lie, variant) { .name = text }

LIE(index, "index");
LIE(no_slot, "no-slot");
LIE(foreign_slot, "foreign-slot");
LIE(old_seq, "old-seq");
LIE(new_seq, "new-seq");
LIE(status, "status");
LIE(fault, "fault");
LIE(contradiction, "contradiction");
LIE(engine, "engine");
LIE(reason, "reason");
LIE(cycles, "cycles");
LIE(tail_full, "tail-full");
LIE(tail_beyond, "tail-beyond");
LIE(tail_behind, "tail-behind");

FIXTURE_SETUP(lie)
{
	ASSERT_EQ(0, device_write("power/control", "on"));
	ASSERT_EQ(0, bench_open(&self->bench));
	ASSERT_TRUE(bench_works(&self->bench));
}

FIXTURE_TEARDOWN(lie)
{
	EXPECT_TRUE(bench_works(&self->bench));
	bench_close(&self->bench);
}

TEST_F(lie, is_not_believed)
{
	struct bench *bench = &self->bench;
	long long resets = driver_stat("resets"), bad = driver_stat("bad_records");
	struct drm_onpu_job_wait end;
	uint64_t named, behind;
	char command[64];
	int events;

	ASSERT_LE(0, (events = uevent_open()));
	snprintf(command, sizeof(command), "inject lie %s", variant->name);
	ASSERT_TRUE(host_do(command, NULL, 0));
	bench_copy(bench, 4096, 1);
	ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &named));
	/* The next record's tail would mend a wrong one, perhaps before it was seen. */
	if (!strncmp(variant->name, "tail", 4))
		ASSERT_TRUE(wait_for(driver_stat("resets") > resets, SOON_MS));
	ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &behind));
	/* What the record was of is unknown: the job is taken for guilty, or ran once more. */
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, named, SOON_MS, &end));
	EXPECT_TRUE(end.status == 0 || end.fault == DRM_ONPU_FAULT_GUILTY ||
		    end.fault == DRM_ONPU_FAULT_INNOCENT) {
		TH_LOG("status %d, fault %u", end.status, end.fault);
	}
	ASSERT_EQ(0, job_wait(bench->fd, bench->queue, behind, SOON_MS, &end));
	EXPECT_EQ(0, end.status);
	EXPECT_TRUE(bench_copied(bench, 4096, 1));
	/* A wrong tail behind right records does not keep these from ending. */
	EXPECT_TRUE(wait_for(driver_stat("resets") > resets, SOON_MS));
	EXPECT_EQ(resets + 1, driver_stat("resets"));
	EXPECT_EQ(bad + 1, driver_stat("bad_records"));
	EXPECT_TRUE(uevent_has(events, "WEDGED=none", SOON_MS));
	close(events);
}

TEST_HARNESS_MAIN
