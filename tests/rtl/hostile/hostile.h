/* SPDX-License-Identifier: MIT */
/* What the parts of the hostile program share; each of its tests is in a file of its own subject. */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include "isa_fields.h"
#include "pair.h"
#include "stream.h"

#define STREAM_BYTES 1024u	/* of one job of a batch */
#define MARK 0x40u		/* where in SRAM a FILL shows that what comes before was done */

/* ---- stream.c ---- */

/* A FILL of 16 bytes. */
void put_fill(struct stream *s, uint32_t addr, uint8_t value);
/* size bytes at offset, in one run or in runs of 64. */
void make_copy(struct stream *s, uint8_t opcode, uint32_t offset, uint32_t size, bool runs);
/* The stream as a job with this region 0. */
struct onpu_fw_completion run_as(struct party *party, const struct stream *s,
				 struct onpu_fw_region region);

/* ---- cases.c ---- */

struct stream_case {
	uint8_t bytes[STREAM_BYTES];
	uint32_t size, offset;		/* offset: of the command that is refused */
	const struct onpu_isa_command *isa;
	const char *field;
	enum onpu_fault expected;	/* of dispatch */
};

struct cases {
	struct pair *pair;
	uint8_t *sram;			/* operands of the commands, a secret's pattern elsewhere */
	struct stream_case *list;
	size_t count;
	struct onpu_core_job job;	/* for the check: as in job_of() */
};

void cases_make(struct cases *cases, struct pair *pair);
void cases_free(struct cases *cases);

/* ---- batch.c ---- */

/* Up to DEPTH jobs one behind the other. */
void run_batch(struct machine *m, const struct stream_case *const list[], size_t count,
	       struct onpu_fw_completion record[]);

/* ---- the tests ---- */

void every_field_of_every_command(void **state);
void cut_streams(void **state);
void addresses_of_others(void **state);
void the_end_of_the_address_space(void **state);
void streams_and_traces_of_others(void **state);
void descriptors(void **state);
void broken_tables(void **state);
void stale_translations(void **state);
void tokens_cannot_deadlock(void **state);

#endif
