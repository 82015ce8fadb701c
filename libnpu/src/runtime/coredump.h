/* SPDX-License-Identifier: MIT */
/*
 * A dump of the kernel's driver (onpu_coredump.h), taken apart and given names.  It comes from
 * another machine, and what firmware wrote into it may be anything: no value of it is an index or
 * a length before it was checked.
 */
#ifndef NPU_RUNTIME_COREDUMP_H
#define NPU_RUNTIME_COREDUMP_H

#include "compile/program.h"
#include "onpu_coredump.h"

struct npu_coredump {
	struct onpu_dump_header header;
	char *reason;			/* NULL: none, as with the others */
	struct onpu_fw_hello *hello;
	struct onpu_fw_heartbeat *heartbeat;
	struct onpu_fw_crash *crash;
	struct onpu_dump_completion *completion;
	struct onpu_fw_log_head *log_head;
	/* Copies, each with its number. */
	struct onpu_dump_register *registers;
	struct onpu_fw_queue *queues;
	struct onpu_fw_log_entry *log;		/* oldest first, without those that were overwritten */
	struct onpu_fw_completion *records;	/* oldest first, without those never written */
	struct onpu_dump_job *jobs;
	size_t num_registers, num_queues, num_log, num_records, num_jobs;
};

/*
 * Fills dump.  After an error it has the sections in front of the damage, all zeros if the header
 * is not one.  npu_coredump_clear() in any case.
 */
npu_status npu_coredump_read(struct npu_coredump *dump, const uint8_t *data, size_t size);
void npu_coredump_clear(struct npu_coredump *dump);

/* The job that the reset is because of, or NULL. */
const struct onpu_dump_job *npu_coredump_guilty(const struct npu_coredump *dump);

/* How far a job had come, and what went wrong with it. */
struct npu_coredump_stop {
	/* The parts of the dump that say so; NULL: none does. */
	const char *offset_source, *fault_source;
	uint32_t stream_offset;
	uint32_t fault;		/* enum onpu_fault */
	bool has_address;	/* of the access that failed */
	uint32_t address;
};

void npu_coredump_stop(const struct npu_coredump *dump, const struct onpu_dump_job *job,
		       struct npu_coredump_stop *stop);

/* The command of a program that a job was at. */
struct npu_coredump_place {
	int step;
	int layer;		/* -1: of none */
	uint32_t entry, size;	/* the stream that it ran, in the code */
	uint32_t offset;	/* of the command, in that stream */
};

/* NPU_ERR_INVALID if the job is not one of the program's. */
npu_status npu_coredump_locate(const npu_program *program, const struct onpu_dump_job *job,
			       uint32_t stream_offset, struct npu_coredump_place *place);

/* ---- names, coredump_names.c ------------------------------------------------------ */

/* All give "?" for what they do not know. */
const char *npu_coredump_register(uint32_t offset);
const char *npu_coredump_fw_state(uint32_t state);
const char *npu_coredump_queue_state(uint32_t state);
const char *npu_coredump_queue_reason(uint32_t reason);
const char *npu_coredump_crash_code(uint32_t code);
const char *npu_coredump_log_event(uint32_t code);
/* Of argument i of a log entry; NULL: it has none. */
const char *npu_coredump_log_arg(uint32_t code, int i);

#endif
