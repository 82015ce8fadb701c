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
#include <unistd.h>

#include <drm.h>

#include "drm/onpu_drm.h"
#include "isa/onpu_isa.h"

/*
 * The harness ends a test after 30 s, which a machine with much else to do needs for what takes one.
 * A limit is there for what hangs; it is no part of what is tested.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 600
/* Of a wait for something that comes soon, unless it does not at all: in milliseconds. */
#define SOON_MS 120000

/* Waits up to that many ms until the expression is true; whether it is. */
#define wait_for(condition, ms) ({					\
	int left_ = (ms);						\
	bool is_;							\
									\
	while (!(is_ = (condition)) && left_ > 0) {			\
		usleep(10000);						\
		left_ -= 10;						\
	}								\
	is_;								\
})

/* The node of the first NPU: a descriptor, or a negative errno. */
int client_open(void);
/* Its path, after client_open(). */
const char *client_node(void);
/* Its statistics in debugfs, for reading: a descriptor, or a negative errno. */
int client_stats(void);
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

/* ---- fences ------------------------------------------------------------------------ */

int sync_new(int fd, uint32_t *handle);
int sync_destroy(int fd, uint32_t handle);
/* point: of a timeline, or 0.  -ETIME after that many milliseconds, -EINVAL without a fence. */
int sync_wait(int fd, uint32_t handle, uint64_t point, unsigned int ms);
/* A sync_file's descriptor of its fence, or a negative errno. */
int sync_export(int fd, uint32_t handle);
int sync_import(int fd, uint32_t handle, int sync_file);
/* Whether a sync_file's fence, or a dma-buf's (POLLIN: writers, POLLOUT: all users) signals. */
bool fd_polls(int fd, short events, int ms);

/* ---- other devices ------------------------------------------------------------------ */

/* A dma-buf's descriptor, or a negative errno; flags: DRM_CLOEXEC, DRM_RDWR */
int prime_export(int fd, uint32_t handle, uint32_t flags);
int prime_import(int fd, int dmabuf, uint32_t *handle);
/* vgem: memory without a device, and fences that a test signals (they do by themselves in 10 s). */
int vgem_open(void);
int vgem_new(int vgem, uint32_t size, uint32_t *handle);
void *vgem_mmap(int vgem, uint32_t handle, size_t size);
int vgem_attach(int vgem, uint32_t handle, bool write, uint32_t *fence);
int vgem_signal(int vgem, uint32_t fence);
/* A dma-buf of size bytes of shared memory by udmabuf; *memory is its memfd. */
int udmabuf_new(size_t size, int *memory);

/* ---- what the driver counts --------------------------------------------------------- */

/* A line of debugfs' stats, or a negative errno. */
int64_t client_stat(const char *name);
struct usage {
	int64_t files, vms, bos, queues, jobs, mappings;
};
int usage_read(struct usage *usage);
/* Whether there is as much as then; what was given up a moment ago may take a while to go. */
bool usage_is(const struct usage *then);

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
/* Any other command: room of size bytes for it behind the head, which is filled in; all of it 0. */
void *stream_command(struct stream *stream, uint8_t opcode, size_t size, uint8_t engine);
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
/* The stream of the job: rounds times LOAD of 32 KiB, 65535 at most; 1000 take 2 M cycles. */
void bench_spin(struct bench *bench, uint16_t rounds);
/* Submits the job and waits for it: its status. */
int bench_run(struct bench *bench);

#endif
