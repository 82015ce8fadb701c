/* SPDX-License-Identifier: MIT */
/*
 * What the driver leaves behind when it had to reset the device:
 * /sys/class/devcoredump/devcdN/data.
 *
 * A header, then sections one after another, each a struct onpu_dump_section and its bytes,
 * padded with zeros to a multiple of 8.  A reader skips types that it does not know, and of those that it
 * knows, bytes beyond what it knows.  All values are little-endian.  Nothing of user space's
 * memory is in it but what was said at SUBMIT: addresses, sizes, the cookie.
 */
#ifndef ONPU_COREDUMP_H
#define ONPU_COREDUMP_H

#include "onpu_fw.h"

#define ONPU_DUMP_MAGIC 0x504d554455504e4full	/* "ONPUDUMP" */
#define ONPU_DUMP_VERSION 1		/* another one: the header itself has changed */

#define ONPU_DUMP_JOBS 256		/* at most so many jobs; the header has their number */
#define ONPU_DUMP_RECORDS 64		/* the newest records of the completion ring */

struct onpu_dump_header {
	onpu_le64 magic;
	onpu_le32 version;
	onpu_le32 header_size;		/* where the first section begins */
	onpu_le64 size;			/* bytes of the dump */
	onpu_le64 time;			/* CLOCK_REALTIME, nanoseconds */
	onpu_le32 sections;
	onpu_le32 jobs;			/* in flight, also those that the dump has no room for */
	onpu_le32 resets;		/* full resets before this one */
	onpu_le32 minor;		/* of the host-firmware interface, as agreed */
};

enum onpu_dump_type {
	ONPU_DUMP_REASON = 1,		/* text, not ended by 0 */
	ONPU_DUMP_REGISTERS = 2,	/* struct onpu_dump_register; absent without power */
	ONPU_DUMP_HELLO = 3,		/* struct onpu_fw_hello */
	ONPU_DUMP_HEARTBEAT = 4,	/* struct onpu_fw_heartbeat */
	ONPU_DUMP_CRASH = 5,		/* struct onpu_fw_crash */
	ONPU_DUMP_QUEUES = 6,		/* ONPU_FW_SLOTS of struct onpu_fw_queue */
	ONPU_DUMP_LOG = 7,		/* struct onpu_fw_log_head, then the entries */
	ONPU_DUMP_COMPLETION = 8,	/* struct onpu_dump_completion */
	ONPU_DUMP_RECORD = 9,		/* struct onpu_fw_completion, oldest first */
	ONPU_DUMP_JOB = 10		/* struct onpu_dump_job, the guilty one first */
};

struct onpu_dump_section {
	onpu_le32 type;			/* enum onpu_dump_type */
	onpu_le32 count;		/* of equal parts; 1 if it is one */
	onpu_le64 size;			/* bytes that follow, without padding */
};

struct onpu_dump_register {
	onpu_le32 offset;		/* in the host page */
	onpu_le32 value;
};

struct onpu_dump_completion {
	struct onpu_fw_completion_host host;
	struct onpu_fw_completion_fw fw;
	onpu_le32 head;			/* records that the driver has taken */
	onpu_le32 pad[15];
};

#define ONPU_DUMP_JOB_GUILTY (1u << 0)	/* the reset is because of it */

struct onpu_dump_job {
	onpu_le64 seqno;		/* of its queue, as user space knows it */
	onpu_le64 cookie;		/* of user space */
	onpu_le32 slot;
	onpu_le32 flags;		/* ONPU_DUMP_JOB_* */
	onpu_le32 job_flags;		/* DRM_ONPU_JOB_* */
	onpu_le32 pad;
	struct onpu_fw_descriptor descriptor;
	struct onpu_fw_region region[ONPU_FW_REGIONS];
};

ONPU_FW_ASSERT(sizeof(struct onpu_dump_header) == 48);
ONPU_FW_ASSERT(sizeof(struct onpu_dump_section) == 16);
ONPU_FW_ASSERT(sizeof(struct onpu_dump_completion) == 192);
ONPU_FW_ASSERT(sizeof(struct onpu_dump_job) == 224);

#endif
