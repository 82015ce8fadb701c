/* SPDX-License-Identifier: MIT */
/*
 * The cycle model: what a command costs, and when commands of concurrent engines
 * start and end.  Used by the functional model and, on the stream that it emits, by
 * the compiler.  The hardware is the authority; docs/cycle-model.md says what is modelled.
 */
#ifndef ONPU_TIMING_H
#define ONPU_TIMING_H

#include <stdbool.h>
#include <stdint.h>

#include "core.h"

struct onpu_memory_model {
	uint32_t bytes_per_cycle;	/* reads and writes together; 8 */
	uint32_t latency;		/* cycles; 100 */
};

#define ONPU_MEMORY_DEFAULT ((struct onpu_memory_model){ .bytes_per_cycle = 8, .latency = 100 })

/* Firmware and command processor around the commands of a job. */
#define ONPU_JOB_START_CYCLES 835	/* doorbell to the first command fetch */
#define ONPU_JOB_END_CYCLES 396		/* last completion to the completion record */

struct onpu_cost {
	enum onpu_engine engine;
	uint64_t busy;			/* compute: from when it is taken to its completion; FILL */
	uint64_t prepare;		/* compute: more cycles than others to be prepared in */
	uint64_t bytes;			/* load, store: external bytes, rounded up to bus beats */
	uint64_t pieces;		/* load, store: accesses to SRAM */
	uint64_t requests;		/* load, store: bursts */
	uint32_t region;		/* load, store */
	uint64_t offset, extent;	/* load, store: bytes in the region from the first to the last */
	uint32_t fetch_bytes;		/* of the command itself */
	bool traced;			/* leaves a record */
	struct onpu_counters work;	/* counters that the command adds to */
};

/*
 * Cost of one well-formed command.  weights: the command's weight stream (CONV and
 * DWCONV; weights_size bytes, well formed), else NULL.
 */
void onpu_cost_command(const struct onpu_preset *preset, const uint32_t *command,
		       const uint8_t *weights, struct onpu_cost *cost);

struct onpu_timeline;

/* NULL if out of memory. */
struct onpu_timeline *onpu_timeline_new(const struct onpu_memory_model *memory, uint64_t start);
void onpu_timeline_free(struct onpu_timeline *timeline);
/* Commands in stream order.  wait[e]: commands of engine e that must have completed.  0 or -1 (memory). */
int onpu_timeline_add(struct onpu_timeline *timeline, const struct onpu_cost *cost,
		      const uint32_t wait[3]);
/* Runs everything that was added to its end; returns the cycle of the last completion. */
uint64_t onpu_timeline_finish(struct onpu_timeline *timeline);
/* A lower bound of that, cheap, while commands are being added: for budgets. */
uint64_t onpu_timeline_now(const struct onpu_timeline *timeline);
/* Of command i in stream order, after finish. */
void onpu_timeline_times(const struct onpu_timeline *timeline, size_t i, uint64_t *start,
			 uint64_t *end);

#endif
