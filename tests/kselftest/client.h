/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the driver need of it: its ioctls, bare, and small command streams.  Not
 * libnpu, which would not send what a test has to send.  Functions return 0 or a negative errno
 * unless said otherwise.
 */
#ifndef ONPU_KSELFTEST_CLIENT_H
#define ONPU_KSELFTEST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drm.h>

#include "drm/onpu_drm.h"
#include "isa/onpu_isa.h"

/* The node of the first NPU: a descriptor, or a negative errno. */
int client_open(void);
/* Its path, after client_open(). */
const char *client_node(void);
int client_ioctl(int fd, unsigned long request, void *args);
#define client_array(elements, n) \
	((struct drm_onpu_array){ (uintptr_t)(elements), n, sizeof(*(elements)) })

int vm_new(int fd, uint32_t *vm);
int vm_destroy(int fd, uint32_t vm);
/* flags: DRM_ONPU_MAP_* */
int vm_map(int fd, uint32_t vm, uint32_t handle, uint64_t offset, uint64_t va, uint64_t size,
	   uint32_t flags);
int vm_unmap(int fd, uint32_t vm, uint64_t va, uint64_t size);
/* vm: 0 for a shareable one */
int bo_new(int fd, uint64_t size, uint32_t flags, uint32_t vm, uint32_t *handle);
int bo_close(int fd, uint32_t handle);
/* NULL on failure, with errno */
void *bo_mmap(int fd, uint32_t handle, size_t size);
int queue_new(int fd, uint32_t vm, uint32_t priority, uint32_t flags, uint32_t depth,
	      uint32_t *queue);
int queue_destroy(int fd, uint32_t queue);
int queue_state(int fd, uint32_t queue, struct drm_onpu_queue_state *state);
/* One job, no fences. */
int submit(int fd, uint32_t queue, const struct drm_onpu_job *job, uint64_t *seqno);
/* -ETIME after that many milliseconds; else how it ended is in *end. */
int job_wait(int fd, uint32_t queue, uint64_t seqno, unsigned int ms,
	     struct drm_onpu_job_wait *end);

/* ---- command streams --------------------------------------------------------------- */

/* Each command waits for all before it. */
struct stream {
	uint8_t *bytes;			/* where it is written; not checked for room */
	uint32_t size;
	uint32_t loads, computes, stores;
};

void stream_load(struct stream *stream, uint8_t region, uint32_t offset, uint32_t size,
		 uint32_t addr);
void stream_store(struct stream *stream, uint8_t region, uint32_t offset, uint32_t size,
		  uint32_t addr);
void stream_fill(struct stream *stream, uint8_t value, uint32_t size, uint32_t addr);
/* rounds times the same LOAD of size bytes: it takes at least rounds * size / 16 cycles. */
void stream_spin(struct stream *stream, uint8_t region, uint32_t size, uint16_t rounds);
void stream_end(struct stream *stream);

/* ---- everything that a job needs ---------------------------------------------------- */

#define BENCH_SIZE 65536u
#define BENCH_CODE 0x00100000u
#define BENCH_IN 0x00200000u
#define BENCH_OUT 0x00300000u

/* A file with a VM, a queue, and objects of BENCH_SIZE each: code, in (read-only), out. */
struct bench {
	int fd;
	uint32_t vm, queue;
	uint32_t code_bo, in_bo, out_bo;
	uint8_t *code, *in, *out;
	struct drm_onpu_region region[3];	/* code, in, out */
	struct drm_onpu_job job;		/* over these */
};

int bench_open(struct bench *bench);
void bench_close(struct bench *bench);
/* The stream of the job: copies size bytes of in to out; in has a pattern of seed. */
void bench_copy(struct bench *bench, uint32_t size, uint32_t seed);
/* Whether out is what the copy makes; clears out. */
bool bench_copied(struct bench *bench, uint32_t size, uint32_t seed);
/* Submits the job and waits for it: its status. */
int bench_run(struct bench *bench);

#endif
