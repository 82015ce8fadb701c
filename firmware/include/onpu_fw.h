/* SPDX-License-Identifier: MIT */
/*
 * Where host and firmware meet: what lies in the shared memory block and what it means.
 * Driver, firmware and libnpu's in-process host include this one header; it is no user
 * interface.  docs/host-firmware-interface.md has the pictures.
 *
 * MEMORY
 *
 * One block of coherent host memory, mapped read-write in MMU context 0 at the VA in the
 * SHARED_VA register and in no other context.  Each 64-byte line has one writer, "host" or
 * "fw" in the comments below, so that nobody's cache writes back another's data.  All
 * values are little-endian; reserved bytes are 0 from the writer and ignored by the reader
 * unless said otherwise.  Rings have a power of two of entries; their indices run freely
 * through 32 bits, entry i is at i mod size.  Sequence numbers are compared modulo 2^32.
 *
 * Firmware copies each line that it reads once and checks the copy.  The host does the
 * same with what firmware wrote: any violation means a full reset, never a dereference.
 *
 * BOOT
 *
 * 1. The host clears the block, fills `config`, sets CTX_TABLE, BOOT_VA, BOOT_SIZE and
 *    SHARED_VA, enables interrupts, and sets CONTROL.run.
 * 2. Hardware copies the image (struct onpu_fw_image) through context 0 to the control
 *    core's memory, and checks header, length and CRC: STATUS.boot.
 * 3. Firmware checks `config`, fills `hello`, sets hello.state to HELLO as the last thing,
 *    and interrupts.
 * 4. The host checks magic, major, structure sizes; picks the highest minor that both know;
 *    stores it in `control.minor`, then control.request = RUN, and rings any doorbell.
 *    Firmware answers hello.state = RUNNING and interrupts, or REFUSED if it has no such minor.
 *
 * QUEUES
 *
 * The host fills a queue's host line and stores `enable`, a number other than the previous
 * one and other than 0, then rings its doorbell.  Firmware drops what it knew of the slot
 * (a running job is killed first, without a record if the queue was enabled anew), checks
 * the parameters, sets `state` and `reason`, stores `enable_ack` = enable, and interrupts.
 * enable = 0 turns the slot off in the same way.  The first job has seq `first_seq`, ring
 * index 0, tail = 0.
 *
 * Submission: the host writes descriptor and regions of index tail mod depth, a write
 * barrier, then stores tail + 1, a write barrier, then writes the slot to DOORBELL.  Firmware
 * clears the slot's bit, *then* reads the host line: a tail stored before the doorbell is
 * seen, and one stored after it has a doorbell of its own.  Before it sleeps it looks at the
 * bitmap again (the bits are a level that wakes the core).  A ring entry is free again when
 * its completion record is there, and not before.  A tail may be stored together with `enable`:
 * the first doorbell then is for both.
 *
 * Firmware runs the jobs of a queue in order; between queues the highest priority first,
 * then round-robin.  While a job runs it reads the next one.  Descriptors are read once;
 * a job that was preempted is read again when it resumes, and ends with SAVE_FAILED if it changed.
 *
 * Before it starts a job firmware writes `started`, the job's index plus one.  After the
 * engines' bus was fenced it is certain that jobs from `started` on have done nothing: the host
 * may give them to the next firmware.
 *
 * COMPLETION
 *
 * Every job of an enabled queue gets one record, in the order of its queue.  Firmware writes
 * the record, waits for the write response, stores completion tail + 1, waits for the write
 * response, and *then* reads `arm`; it interrupts if arm equals the tail before the increment.
 * The host acknowledges the interrupt, drains up to tail, stores head and arm = head, a full
 * barrier, and reads tail again; only if nothing came it may sleep.  Without either of the two
 * barriers a wake-up can be lost.  The ring must hold the sum of all enabled depths.
 *
 * KILL
 *
 * The host stores kill_seq, then kill = 1, and rings.  All jobs of the queue up to kill_seq
 * (at most 2^31 ahead) that have no record yet get one: KILLED without running, or after the
 * running one has stopped at its next command.  If it does not stop within
 * ONPU_FW_KILL_CYCLES, firmware fences the engines' AXI, resets the engines, and answers
 * ENGINE_RESET.  When the records are there the host stores kill = 0.  No answer: full reset.
 *
 * PREEMPTION
 *
 * When a job of higher priority waits, the running job stops at its next PREEMPT; firmware
 * saves processor state and live SRAM ranges to the queue's save area and restores them
 * later.  Without a save area that is large enough the job is not preempted.
 *
 * WARM START (minor 1)
 *
 * SRAM is kept between jobs of one context.  A job with a `warm_key` that is not 0 promises that,
 * when it has ended, SRAM holds what the stream at `warm_entry` finds there; firmware remembers
 * the key of the last job if it ended well and was not preempted.  It forgets it when any job
 * starts, and when SRAM may become another address space's.  A job whose key is the remembered
 * one runs the stream at `warm_entry` in place of the one at `entry`; stream_offset counts from
 * `entry` on all the same.  Only the owner of the address space is hurt by a promise that is
 * not kept.
 *
 * HEALTH
 *
 * At least every ONPU_FW_HEARTBEAT_CYCLES firmware writes the heartbeat line.  It is dead when
 * CYCLE has advanced by 16 periods without one.  On a failed self-check it writes `crash`, the
 * CRASH register, raises the fatal interrupt and stops.
 *
 * POWER-OFF
 *
 * control.request = HALT and any doorbell: firmware starts no more jobs, lets the running one
 * and preempted ones end (their budgets bound them) with their records, sets hello.state =
 * HALTED, interrupts, and touches memory no more.  Then clock and power may go; the next start
 * is a cold boot.  Queued jobs without a record have not begun.
 */
#ifndef ONPU_FW_H
#define ONPU_FW_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
typedef u8 onpu_u8;
typedef __le16 onpu_le16;
typedef __le32 onpu_le32;
typedef __le64 onpu_le64;
#else
#include <stddef.h>
#include <stdint.h>
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "user space and firmware access these structures as they are"
#endif
typedef uint8_t onpu_u8;
typedef uint16_t onpu_le16;
typedef uint32_t onpu_le32;
typedef uint64_t onpu_le64;
#endif

#define ONPU_FW_MAJOR 1			/* both sides must be equal */
#define ONPU_FW_MINOR_MIN 0		/* the oldest and the newest minor that this header knows */
#define ONPU_FW_MINOR_MAX 1

#define ONPU_FW_HELLO_MAGIC 0x4f4c4548	/* "HELO" */
#define ONPU_FW_IMAGE_MAGIC 0x4d495046	/* "FPIM" */
#define ONPU_FW_CONFIG_MAGIC 0x46434e4f	/* "ONCF" */
#define ONPU_FW_CRASH_MAGIC 0x48535243	/* "CRSH" */

#define ONPU_FW_SLOTS 64		/* queues */
#define ONPU_FW_DEPTH_MAX 64		/* jobs in a queue's ring */
#define ONPU_FW_PRIORITIES 4		/* 0 is the lowest */
#define ONPU_FW_REGIONS 16		/* as the command manual's REGIONS */
#define ONPU_FW_CONTEXTS 256
#define ONPU_FW_LOG_ENTRIES 128
#define ONPU_FW_COMPLETIONS_MIN 64	/* bounds of config.completion_count */
#define ONPU_FW_COMPLETIONS_MAX 4096
#define ONPU_FW_NO_SLOT 0xff		/* where a slot is named and there is none */

/* Cycles. */
#define ONPU_FW_HEARTBEAT_CYCLES 65536
#define ONPU_FW_HEARTBEATS_DEAD 16
#define ONPU_FW_KILL_CYCLES 20000	/* from kill to an engine reset */
#define ONPU_FW_DRAIN_CYCLES 20000	/* from fence to drained; then the reset goes ahead */
#define ONPU_FW_BUDGET_GRACE 20000	/* beyond max_cycles: what hardware did not kill */

/* hello.features, bits that may be absent */
#define ONPU_FW_FEATURE_PREEMPT (1u << 0)
#define ONPU_FW_FEATURE_TRACE (1u << 1)

/*
 * Firmware image in memory: this header, then `size` bytes.  crc is CRC-32 (reflected
 * polynomial 0xedb88320, initial and final inversion) of everything behind the header.
 */
struct onpu_fw_image {
	onpu_le32 magic;
	onpu_le16 version;		/* of this header: 1 */
	onpu_le16 header_size;		/* sizeof(struct onpu_fw_image) */
	onpu_le32 size;			/* bytes behind the header */
	onpu_le32 crc;
	onpu_le32 load;			/* offset in the control core's memory, a multiple of 4 */
	onpu_le32 entry;		/* offset in the control core's memory */
	onpu_le16 major;		/* interface that the firmware speaks */
	onpu_le16 minor;
	onpu_le32 reserved;
	onpu_u8 build[32];		/* text, padded with zeros */
};

#define ONPU_FW_IMAGE_VERSION 1

/* Written by the host before boot. */
struct onpu_fw_config {
	onpu_le32 magic;
	onpu_le32 size;			/* bytes of the whole block */
	onpu_le32 completion_count;	/* records of the completion ring */
	onpu_le32 reserved[13];
};

/* host line: requests while firmware runs */
struct onpu_fw_control {
	onpu_le32 request;		/* enum onpu_fw_request */
	onpu_le32 minor;		/* the minor that the host picked */
	onpu_le32 reserved[14];
};

enum onpu_fw_request {
	ONPU_FW_REQUEST_NONE = 0,
	ONPU_FW_REQUEST_RUN = 1,
	ONPU_FW_REQUEST_HALT = 2
};

enum onpu_fw_state {
	ONPU_FW_STATE_NONE = 0,		/* not up yet */
	ONPU_FW_STATE_HELLO = 1,	/* waits for control.request = RUN */
	ONPU_FW_STATE_RUNNING = 2,
	ONPU_FW_STATE_HALTED = 3,
	ONPU_FW_STATE_REFUSED = 4,	/* the host's minor or config is not acceptable */
	ONPU_FW_STATE_CRASHED = 5
};

/* fw, two lines */
struct onpu_fw_hello {
	onpu_le32 magic;
	onpu_le16 major;
	onpu_le16 minor_min, minor_max;
	onpu_le16 reserved0;
	onpu_le32 state;		/* enum onpu_fw_state, written last */
	onpu_le32 features;
	onpu_le32 preset;		/* CONFIG register */
	onpu_le32 sram_bytes;
	onpu_le32 save_bytes;		/* save area that any preemption fits into */
	/* sizes of structures, so that a mismatch has a name */
	onpu_le16 shared_size_lines;	/* of struct onpu_fw_shared, in 64-byte lines */
	onpu_le16 descriptor_size, completion_size, queue_size, log_size, crash_size;
	onpu_le32 reserved1[5];
	onpu_u8 build[32];		/* text, padded with zeros */
	onpu_le32 reserved2[8];
};

/* fw line */
struct onpu_fw_heartbeat {
	onpu_le64 cycle;		/* CYCLE when it was written */
	onpu_le32 slot;			/* of the running job, or ONPU_FW_NO_SLOT */
	onpu_le32 seq;			/* of the running job */
	onpu_le32 stream_offset;	/* command that it has come to, bytes from its entry */
	onpu_le32 beat;			/* counts heartbeats */
	onpu_le32 reserved[10];
};

/* host line: how far the host has read the completion ring, and when it wants to be woken */
struct onpu_fw_completion_host {
	onpu_le32 head;			/* records up to here are free again */
	onpu_le32 arm;			/* interrupt when the record with this index is written */
	onpu_le32 reserved[14];
};

/* fw line */
struct onpu_fw_completion_fw {
	onpu_le32 tail;			/* records up to here are written */
	onpu_le32 reserved[15];
};

/* fw line: newest log entry is at (head - 1) mod ONPU_FW_LOG_ENTRIES */
struct onpu_fw_log_head {
	onpu_le32 head;
	onpu_le32 reserved[15];
};

enum onpu_fw_log_code {
	ONPU_FW_LOG_BOOT = 1,		/* arg: major, minor_max */
	ONPU_FW_LOG_RUN = 2,		/* arg: minor */
	ONPU_FW_LOG_REFUSED = 3,	/* arg: what the host wanted */
	ONPU_FW_LOG_HALT = 4,		/* arg: most bytes of stack that were in use, 0: unknown */
	ONPU_FW_LOG_QUEUE_ON = 5,	/* arg: enable, depth */
	ONPU_FW_LOG_QUEUE_OFF = 6,	/* arg: enable */
	ONPU_FW_LOG_QUEUE_BROKEN = 7,	/* arg: reason, value */
	ONPU_FW_LOG_BAD_JOB = 8,	/* arg: seq, reason */
	ONPU_FW_LOG_FAULT = 9,		/* arg: seq, fault, stream offset */
	ONPU_FW_LOG_KILL = 10,		/* arg: seq */
	ONPU_FW_LOG_ENGINE_RESET = 11,	/* arg: seq, drained */
	ONPU_FW_LOG_PREEMPT = 12,	/* arg: seq, bytes saved */
	ONPU_FW_LOG_RESUME = 13,	/* arg: seq */
	ONPU_FW_LOG_NOT_PREEMPTED = 14,	/* arg: seq, bytes needed: the save area is too small */
	ONPU_FW_LOG_CRASH = 15,		/* arg: code, detail */
	ONPU_FW_LOG_RING_FULL = 16	/* arg: tail; the host does not read completions */
};

/* fw */
struct onpu_fw_log_entry {
	onpu_le64 cycle;
	onpu_le16 code;			/* enum onpu_fw_log_code */
	onpu_u8 slot;
	onpu_u8 reserved;
	onpu_le32 arg[3];
	onpu_le32 index;		/* of this entry, free-running */
	onpu_le32 pad;
};

enum onpu_fw_crash_code {
	ONPU_FW_CRASH_SHARED = 1,	/* the shared block cannot be read or written */
	ONPU_FW_CRASH_ENGINE = 2,	/* engines do not come back from a reset */
	ONPU_FW_CRASH_CONTEXT = 3,	/* a context switch does not end */
	ONPU_FW_CRASH_STATE = 4,	/* an impossible state; detail is the place */
	ONPU_FW_CRASH_TRAP = 5		/* exception of the control core; detail is mcause */
};

/* fw line */
struct onpu_fw_crash {
	onpu_le32 magic;		/* ONPU_FW_CRASH_MAGIC: the record is valid */
	onpu_le32 code;			/* enum onpu_fw_crash_code */
	onpu_le32 detail;
	onpu_le32 address;		/* VA that failed, or pc */
	onpu_le64 cycle;
	onpu_le32 slot;			/* of the running job, or ONPU_FW_NO_SLOT */
	onpu_le32 seq;
	onpu_le32 job_status;		/* JOB_STATUS register */
	onpu_le32 reserved[7];
};

/* host line */
struct onpu_fw_queue_host {
	onpu_le32 tail;			/* descriptors up to here are written */
	onpu_le32 kill;			/* 1: kill_seq counts */
	onpu_le32 kill_seq;
	onpu_le32 enable;
	onpu_le32 ring;			/* VA in context 0, multiple of 64; see RING_SIZE */
	onpu_le32 depth;		/* 1 to ONPU_FW_DEPTH_MAX, a power of two */
	onpu_le32 first_seq;
	onpu_le32 priority;		/* below ONPU_FW_PRIORITIES */
	onpu_le32 save;			/* VA in context 0 of the save area, multiple of 64 */
	onpu_le32 save_size;		/* bytes, a multiple of 64; 0: jobs are not preempted */
	onpu_le32 reserved[6];
};

enum onpu_fw_queue_state {
	ONPU_FW_QUEUE_OFF = 0,
	ONPU_FW_QUEUE_ON = 1,
	ONPU_FW_QUEUE_BROKEN = 2	/* see reason; turn it off and on again */
};

enum onpu_fw_queue_reason {
	ONPU_FW_QUEUE_GOOD = 0,
	ONPU_FW_QUEUE_BAD_DEPTH = 1,
	ONPU_FW_QUEUE_BAD_RING = 2,	/* misaligned */
	ONPU_FW_QUEUE_BAD_PRIORITY = 3,
	ONPU_FW_QUEUE_BAD_SAVE = 4,	/* misaligned, or it wraps around */
	ONPU_FW_QUEUE_BAD_RESERVED = 5,
	ONPU_FW_QUEUE_NO_ROOM = 6,	/* the completion ring cannot hold so many jobs */
	ONPU_FW_QUEUE_BAD_TAIL = 7,	/* more than depth jobs, or it went backwards */
	ONPU_FW_QUEUE_NO_MEMORY = 8	/* the ring cannot be read */
};

/* fw line */
struct onpu_fw_queue_fw {
	onpu_le32 enable_ack;
	onpu_le32 state;		/* enum onpu_fw_queue_state */
	onpu_le32 reason;		/* enum onpu_fw_queue_reason */
	onpu_le32 head;			/* jobs with a record */
	onpu_le32 preempted;		/* how often a job was */
	onpu_le32 started;		/* jobs that began to run, or have a record */
	onpu_le64 busy_cycles;		/* compute engine, of completed jobs */
	onpu_le64 run_cycles;		/* start to end, of completed jobs */
	onpu_le32 reserved1[6];
};

struct onpu_fw_queue {
	struct onpu_fw_queue_host host;
	struct onpu_fw_queue_fw fw;
};

/* Entry of a queue's ring; host. */
struct onpu_fw_descriptor {
	onpu_le32 seq;
	onpu_u8 ctx;			/* 1 to 255 */
	onpu_u8 region_count;		/* at most ONPU_FW_REGIONS */
	onpu_le16 flags;		/* ONPU_FW_JOB_* */
	onpu_le32 entry;		/* VA in ctx of the command stream, multiple of 4 */
	onpu_le32 stream_size;		/* bytes, multiple of 4, not 0 */
	onpu_le32 trace;		/* VA in ctx, multiple of 8 */
	onpu_le32 trace_size;		/* bytes, 0: no trace */
	onpu_le64 max_cycles;		/* budget while it runs, 0: no limit */
	onpu_le64 cookie;		/* the host's, for dumps */
	/* Minor 1; all 0: it never starts warm. */
	onpu_le32 warm_entry;		/* VA in ctx, multiple of 4, behind the stream at entry */
	onpu_le32 warm_size;		/* bytes, multiple of 4, not 0 */
	onpu_le32 warm_key;		/* what SRAM holds when the job has ended well; 0: nothing */
	onpu_le32 reserved[3];		/* 0, checked */
};

#define ONPU_FW_JOB_NO_PREEMPT (1u << 0)

/*
 * Regions of ring entry i: ONPU_FW_REGIONS of these at
 * ring + depth * sizeof(struct onpu_fw_descriptor) + i * ONPU_FW_REGIONS * sizeof(region).
 */
struct onpu_fw_region {
	onpu_le32 va;
	onpu_le32 size;			/* bytes; va + size does not wrap around */
};

enum onpu_fw_status {
	ONPU_FW_OK = 0,
	ONPU_FW_FAULT = 1,		/* see fault, engine, stream_offset, va, access */
	ONPU_FW_KILLED = 2,
	ONPU_FW_ENGINE_RESET = 3,	/* it did not stop; reason says why it should have */
	ONPU_FW_BAD_DESCRIPTOR = 4,	/* it did not run, see reason */
	ONPU_FW_BAD_CONTEXT = 5,	/* it did not run: ctx has no page table */
	ONPU_FW_SAVE_FAILED = 6,	/* preempted, and its state could not be restored */
	ONPU_FW_STATUS_COUNT
};

enum onpu_fw_bad {
	ONPU_FW_BAD_NOTHING = 0,
	ONPU_FW_BAD_SEQ = 1,
	ONPU_FW_BAD_CTX = 2,
	ONPU_FW_BAD_FLAGS = 3,
	ONPU_FW_BAD_REGIONS = 4,
	ONPU_FW_BAD_STREAM = 5,
	ONPU_FW_BAD_TRACE = 6,
	ONPU_FW_BAD_RESERVED = 7,
	ONPU_FW_BAD_COUNT
};

/* fw */
struct onpu_fw_completion {
	onpu_le32 seq;
	onpu_u8 slot;
	onpu_u8 status;			/* enum onpu_fw_status */
	onpu_u8 fault;			/* enum onpu_fault of the command set */
	onpu_u8 engine;			/* enum onpu_engine of the command set */
	onpu_le32 stream_offset;	/* of the last command, bytes from entry, also in a warm stream */
	onpu_le32 va;			/* of the failing access */
	onpu_u8 write;			/* 1: the failing access was a write */
	onpu_u8 reason;			/* enum onpu_fw_bad; with ENGINE_RESET: enum onpu_fault */
	onpu_le16 switch_cycles;	/* of the context switch that came first, saturated */
	onpu_le32 index;		/* of this record, free-running */
	onpu_le64 queued_cycle;		/* firmware first saw the job, or the previous one ended */
	onpu_le64 start_cycle;		/* first command fetched */
	onpu_le64 end_cycle;		/* last command completed */
	onpu_le64 done_cycle;		/* this record was written */
	onpu_le64 busy_cycles;		/* of the compute engine */
};

struct onpu_fw_shared {
	struct onpu_fw_config config;			/* host */
	struct onpu_fw_control control;			/* host */
	struct onpu_fw_hello hello;			/* fw */
	struct onpu_fw_heartbeat heartbeat;		/* fw */
	struct onpu_fw_completion_host completion_host;	/* host */
	struct onpu_fw_completion_fw completion_fw;	/* fw */
	struct onpu_fw_log_head log_head;		/* fw */
	struct onpu_fw_crash crash;			/* fw */
	struct onpu_fw_queue queue[ONPU_FW_SLOTS];
	struct onpu_fw_log_entry log[ONPU_FW_LOG_ENTRIES];	/* fw */
	/* Followed by config.completion_count records: struct onpu_fw_completion, fw. */
};

/* Bytes of the block, and of a queue's ring. */
#define ONPU_FW_SHARED_SIZE(completions) \
	(sizeof(struct onpu_fw_shared) + (completions) * sizeof(struct onpu_fw_completion))
#define ONPU_FW_RING_SIZE(depth) \
	((depth) * (sizeof(struct onpu_fw_descriptor) + \
		    ONPU_FW_REGIONS * sizeof(struct onpu_fw_region)))
/* Save area for everything: processor state, then the live ranges, each rounded up to 64. */
#define ONPU_FW_SAVE_SIZE(state, sram) ((state) + (sram) + 8 * 64)

#ifdef __KERNEL__
#define ONPU_FW_ASSERT(what) static_assert(what)
#else
#define ONPU_FW_ASSERT(what) _Static_assert(what, #what)
#endif

ONPU_FW_ASSERT(sizeof(struct onpu_fw_image) == 64);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_config) == 64);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_control) == 64);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_hello) == 128);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_hello, state) == 12);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_hello, build) == 64);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_heartbeat) == 64);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_completion_host) == 64);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_completion_fw) == 64);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_log_head) == 64);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_log_entry) == 32);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_crash) == 64);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_queue_host) == 64);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_queue_fw) == 64);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_queue_fw, busy_cycles) == 24);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_queue) == 128);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_descriptor) == 64);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_descriptor, max_cycles) == 24);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_descriptor, warm_entry) == 40);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_region) == 8);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_completion) == 64);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_completion, queued_cycle) == 24);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_shared, control) == 0x040);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_shared, hello) == 0x080);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_shared, heartbeat) == 0x100);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_shared, completion_host) == 0x140);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_shared, completion_fw) == 0x180);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_shared, log_head) == 0x1c0);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_shared, crash) == 0x200);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_shared, queue) == 0x240);
ONPU_FW_ASSERT(offsetof(struct onpu_fw_shared, log) == 0x2240);
ONPU_FW_ASSERT(sizeof(struct onpu_fw_shared) == 0x3240);

#endif
