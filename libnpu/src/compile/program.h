/* SPDX-License-Identifier: MIT */
/*
 * A compiled network, as the compiler makes it, the file holds it and the runtime
 * executes it: a sequence of steps, each an NPU job or one node on the CPU, over
 * tensors that live in external memory between steps.
 */
#ifndef NPU_COMPILE_PROGRAM_H
#define NPU_COMPILE_PROGRAM_H

#include "iss/preset.h"
#include "ir/graph.h"

/* Regions of every job of a program. */
#define NPU_REGION_CODE 0	/* command streams and weights, read-only */
#define NPU_REGION_SCRATCH 1	/* spilled and exchanged tensors */
#define NPU_REGION_IO 2		/* first of the inputs and outputs, in that order, one each */

/* Where a tensor is in external memory (dense NHWC); region -1: nowhere. */
struct npu_binding {
	int32_t region;
	uint32_t offset;
};

struct npu_step {
	int32_t node;		/* graph node to run on the CPU, or -1: an NPU job */
	uint32_t entry;		/* job: offset of the command stream in the code region */
	uint32_t size;		/* job: bytes */
	uint64_t max_cycles;	/* job: budget */
	uint64_t cycles;	/* job: estimate */
};

/* A contiguous part of a stream that belongs to one layer; parts are in stream order. */
struct npu_layer_part {
	int32_t layer;
	uint32_t offset;	/* of its first command, in the code region; ends where the next begins */
};

/*
 * The stream of a job that begins where the same job has ended, in the same address space and with nothing in between:
 * it finds some of its weights in SRAM.
 */
struct npu_warm {
	int32_t step;		/* whose job it is */
	uint32_t entry;		/* offset in the code region, behind the job's other stream */
	uint32_t size;		/* bytes; 0: there is none, in the whole program */
	uint64_t cycles;	/* estimate */
	uint64_t read_bytes;
	int num_parts;
	struct npu_layer_part *parts;
};

struct npu_layer {
	char *name;		/* "CONV_2D+ADD block3/add" */
	int32_t node;		/* first graph node */
	int32_t step;
	uint64_t macs;		/* of the dense layer */
	/* By the cycle model: */
	uint64_t start_cycle, end_cycle;
	uint64_t read_bytes, write_bytes;
};

struct npu_node_placement {
	bool on_npu;
	char *detail;		/* never NULL */
};

struct npu_program {
	const struct onpu_preset *preset;
	bool stripped;		/* constants that only the CPU device needs are absent */
	bool keep_all;
	struct npu_graph graph;	/* the whole network */
	struct npu_node_placement *placement;	/* graph.num_nodes */
	struct npu_binding *binding;		/* graph.num_tensors */
	uint8_t *code;
	uint32_t code_size;
	uint32_t scratch_size;
	int num_steps;
	struct npu_step *steps;
	struct npu_warm warm;
	int num_layers;
	struct npu_layer *layers;
	int num_parts;
	struct npu_layer_part *parts;
	uint64_t sram_bytes;
};

/* Frees what the program owns, not the struct. */
void npu_program_clear(struct npu_program *program);
/*
 * Checks a program from outside against everything that the runtime relies on: indices, ranges of
 * bindings within regions (I/O regions have the size of their tensor), order of parts, the graph itself.
 */
npu_status npu_program_check(const struct npu_program *program);

/* Whether an input of a node is a weight or bias that, as a constant, the NPU job holds itself. */
bool npu_program_may_strip(const struct npu_program *program, int node, int input);
/* Drops the data of constants that nothing but the CPU device needs; sets stripped. */
npu_status npu_program_strip(struct npu_program *program);

/* .npu file format, docs/program-format.md. */
npu_status npu_program_encode(const struct npu_program *program, uint8_t **data, size_t *size);
npu_status npu_program_decode(struct npu_program *program, const uint8_t *data, size_t size);

#endif
