/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_SLOT_H_
#define _ONPU_SLOT_H_

#include <linux/spinlock.h>
#include <drm/gpu_scheduler.h>

#include "onpu_fw.h"

struct onpu_bo;
struct onpu_device;
struct onpu_job;
struct onpu_queue;

/* Where things are in context 0. */
#define ONPU_CTX0_IMAGE		0x01000000u
#define ONPU_CTX0_SHARED	0x02000000u
#define ONPU_CTX0_RINGS		0x10000000u	/* 64 KiB each */
#define ONPU_CTX0_SAVES		0x20000000u	/* 2 MiB each */

/* The completion ring holds the sum of all depths: no queue is refused for lack of room. */
#define ONPU_COMPLETIONS	(ONPU_FW_SLOTS * ONPU_FW_DEPTH_MAX)

/**
 * struct onpu_slot - one of firmware's queues
 *
 * Made at probe with its scheduler, which is never freed before the &struct drm_device: one that
 * went with a user's queue, or with the driver's binding, would be used after free by fences that
 * live on in sync files.
 */
struct onpu_slot {
	/** @onpu: the device */
	struct onpu_device *onpu;
	/** @index: firmware's number of it */
	u32 index;
	/** @sched: with one entity, that of @queue */
	struct drm_gpu_scheduler sched;
	/** @ring: of ONPU_FW_DEPTH_MAX; DMA memory, there while @live can be */
	void *ring;
	/** @ring_dma: of @ring */
	dma_addr_t ring_dma;

	/** @queue: who has it, or NULL; under &onpu_device.slot_lock, and @lock for writing */
	struct onpu_queue *queue;
	/** @lock: protects everything below, and writing the ring and the host line */
	spinlock_t lock;
	/** @live: firmware may be told of jobs: the device is on and no reset is under way */
	bool live;
	/** @enabled: firmware was told of the queue since it booted */
	bool enabled;
	/** @closing: its queue is being destroyed: no job of it begins any more */
	bool closing;
	/** @asked: firmware was asked to turn it off */
	bool asked;
	/** @killing: firmware was asked to end all jobs in the ring */
	bool killing;
	/** @enable: the number that was last stored */
	u32 enable;
	/** @next_seq: behind the last one that was told; runs on over queues and resets */
	u32 next_seq;
	/** @first_seq: of ring index 0 since it was last enabled */
	u32 first_seq;
	/** @head: jobs with a record; as @tail and @told a ring index, from 0 when it is enabled */
	u32 head;
	/** @tail: jobs taken by run_job */
	u32 tail;
	/** @told: jobs written to the ring; @tail if @live */
	u32 told;
	/** @in_flight: job of index i at i % ONPU_FW_DEPTH_MAX; held */
	struct onpu_job *in_flight[ONPU_FW_DEPTH_MAX];
};

int onpu_slots_init(struct onpu_device *onpu);
/* After the last job: schedulers. */
void onpu_slots_fini(struct onpu_device *onpu);
/* Gives the queue a free slot, with its save area; -ENOSPC: there is none. */
int onpu_slot_acquire(struct onpu_queue *queue);
/* Kills what runs, turns the slot off in firmware, waits (bounded; then a reset), frees it. */
void onpu_slot_release(struct onpu_slot *slot);
/*
 * From run_job: puts the job into the ring and rings the doorbell, or keeps it for later.
 * -ENODEV: the device is dead; -ECANCELED: its queue is lost, and no job is before it.
 */
int onpu_slot_push(struct onpu_slot *slot, struct onpu_job *job);
/* The oldest job leaves the ring, or NULL; slot->lock held. */
struct onpu_job *onpu_slot_take(struct onpu_slot *slot);
/* Takes records off the completion ring; threaded handler, health, reset. */
void onpu_slots_drain(struct onpu_device *onpu);
/* Health; power_lock held: resets if firmware has given up a slot whose jobs are waiting. */
void onpu_slots_check(struct onpu_device *onpu);
/* Around boot, halt, reset; power_lock held.  After a boot all jobs in rings are told again. */
void onpu_slots_stop(struct onpu_device *onpu);
void onpu_slots_start(struct onpu_device *onpu);

#endif
