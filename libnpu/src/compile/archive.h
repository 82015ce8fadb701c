/* SPDX-License-Identifier: MIT */
/*
 * A byte stream that one description of a structure both writes and reads, so that the
 * two cannot part: each npu_archive_*() writes *value, or reads into it.  Little-endian,
 * no padding.  The first failure sticks: later calls do nothing, and read zeros.
 */
#ifndef NPU_COMPILE_ARCHIVE_H
#define NPU_COMPILE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npu.h"

struct npu_archive {
	bool reading;
	npu_status status;
	const char *where;	/* section, for messages */
	int record;		/* in the section, for messages; -1 for none */
	const uint8_t *in;	/* reading: [pos, end) of in is left */
	size_t pos, end;
	uint8_t *out;		/* writing: pos bytes of room are written */
	size_t room;
};

/* Records NPU_ERR_FORMAT, with section and record in front of the message. */
void npu_archive_fail(struct npu_archive *archive, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void npu_archive_u16(struct npu_archive *archive, uint16_t *value);
void npu_archive_u32(struct npu_archive *archive, uint32_t *value);
void npu_archive_u64(struct npu_archive *archive, uint64_t *value);
void npu_archive_i32(struct npu_archive *archive, int32_t *value);
void npu_archive_int(struct npu_archive *archive, int *value);
void npu_archive_f32(struct npu_archive *archive, float *value);
void npu_archive_bool(struct npu_archive *archive, bool *value);
/* An enumeration's value as 32 bits, at least 0 and below count. */
uint32_t npu_archive_enum(struct npu_archive *archive, uint32_t value, uint32_t count,
			  const char *what);
void npu_archive_bytes(struct npu_archive *archive, void *data, size_t size);
/* Length and bytes, without the terminating zero; reading allocates. */
void npu_archive_string(struct npu_archive *archive, char **text);
/*
 * A count of records that follow, each of at least record_bytes: reading refuses counts
 * that what is left cannot hold, so that memory is only allocated for what is there.
 */
int npu_archive_count(struct npu_archive *archive, int count, size_t record_bytes);
/* Reading: zeroed memory for count elements; writing: array itself. NULL only on failure. */
void *npu_archive_array(struct npu_archive *archive, void *array, int count, size_t size);

#endif
