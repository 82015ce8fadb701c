/* SPDX-License-Identifier: MIT */
/* A program while it is being built: what compile.c, schedule.c and emit.c share. */
#ifndef NPU_COMPILE_BUILD_H
#define NPU_COMPILE_BUILD_H

#include "lower.h"

struct npu_build {
	struct npu_program *program;	/* graph, placement and bindings are there before npu_schedule() */
	struct npu_lowered *lowered;
	uint32_t code_capacity;
};

/* compile.c: appends size bytes to the code region, aligned to 64; *offset in it. */
npu_status npu_build_code(struct npu_build *build, const void *data, uint32_t size, uint32_t *offset);
/* compile.c: reserves size bytes of the scratch region, aligned to 64. */
npu_status npu_build_scratch(struct npu_build *build, uint32_t size, uint32_t *offset);

/*
 * schedule.c: all layers of one (even) level become one job: appends its constants and its command
 * stream to the code, and its step, layers and parts to the program.  NPU_ERR_LIMIT with
 * lowered->failed_node set: that node does not fit and must go to the CPU.
 */
npu_status npu_schedule(struct npu_build *build, int level);

/* ---- emit.c: a command stream with the waits that it needs ---- */

struct npu_emitter;

/* NULL if out of memory. */
struct npu_emitter *npu_emitter_new(const struct onpu_preset *preset);
void npu_emitter_free(struct npu_emitter *emitter);
/*
 * Appends a command (struct onpu_cmd_*, head.opcode and head.flags set).  Sets its length, and the waits
 * that order it behind every earlier command of another engine that touches the same SRAM or external
 * bytes, one of the two writing.  layer: index that npu_emitter_finish() reports.  weights: as for
 * onpu_cost_command(), stays valid until finish.
 */
npu_status npu_emit(struct npu_emitter *emitter, int layer, const void *command, const uint8_t *weights);
/* End of the last emitted command's layer, by the cycle model. */
struct npu_emitted_layer {
	uint64_t start_cycle, end_cycle;
	uint64_t read_bytes, write_bytes;
	uint64_t busy;		/* compute cycles */
};
/*
 * Appends END and runs the cycle model (starting at ONPU_JOB_START_CYCLES).  Outputs owned by the emitter: the
 * stream; parts (layer, offset in the stream) where the layer changes; per-layer figures [num_layers].
 */
struct npu_emitted {
	const uint8_t *stream;
	uint32_t size;
	int num_parts;
	const struct npu_layer_part *parts;
	const struct npu_emitted_layer *layers;
	uint64_t cycles;	/* including ONPU_JOB_END_CYCLES */
};
npu_status npu_emitter_finish(struct npu_emitter *emitter, int num_layers, struct npu_emitted *emitted);

/* ---- alloc.c: SRAM by intervals of time ---- */

struct npu_alloc {
	uint32_t size;		/* bytes */
	/* Phases in which it is live, inclusive; first > last: from first to the job's end, and from its start on. */
	int first, last;
	uint32_t addr;		/* result */
};

struct npu_allocator;

/* Space [0, size), phases [0, phases). NULL if out of memory. */
struct npu_allocator *npu_allocator_new(uint32_t size, int phases);
void npu_allocator_free(struct npu_allocator *allocator);
/* Lowest address (aligned to 64) that is free in all of the interval; false if there is none. Records it. */
bool npu_allocator_place(struct npu_allocator *allocator, struct npu_alloc *alloc);
/* The same, but the highest address. */
bool npu_allocator_place_high(struct npu_allocator *allocator, struct npu_alloc *alloc);
/* Whether there was ever no host memory to record one: then false did not mean that none is free. */
bool npu_allocator_failed(const struct npu_allocator *allocator);
/* Records an allocation at its address, if that is free in all of the interval. */
bool npu_allocator_claim(struct npu_allocator *allocator, const struct npu_alloc *alloc);
/* Forgets a recorded allocation. */
void npu_allocator_remove(struct npu_allocator *allocator, const struct npu_alloc *alloc);
/* Makes a recorded allocation begin one phase earlier, if its place is free then. */
bool npu_allocator_extend(struct npu_allocator *allocator, struct npu_alloc *alloc);
/* Largest free gap in all of [first, last]. */
uint32_t npu_allocator_largest(const struct npu_allocator *allocator, int first, int last);
/* Highest address in use + 1. */
uint32_t npu_allocator_peak(const struct npu_allocator *allocator);

#endif
