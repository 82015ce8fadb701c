/* SPDX-License-Identifier: MIT */
/* Which bytes a command touches (emit_ranges.c), and who touched them before (emit_hazards.c). */
#ifndef NPU_COMPILE_EMIT_H
#define NPU_COMPILE_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iss/command.h"
#include "iss/preset.h"
#include "npu.h"

#define NPU_ENGINES 3

struct npu_range {
	uint64_t from, to;
};

struct npu_ranges {
	struct npu_range *list;
	size_t count, max;
	bool unsorted;		/* by `from`, or some overlap */
	bool failed;		/* no memory */
};

/* What one command touches, at least; gaps that it leaves may count as touched. */
struct npu_touches {
	struct npu_ranges read, write;	/* SRAM */
	struct npu_ranges external;	/* of one region, which LOAD reads and STORE writes */
};

void npu_ranges_clear(struct npu_ranges *ranges);
/* Sorts and joins. */
void npu_ranges_sort(struct npu_ranges *ranges);

/* A box around the window bytes that a weight stream has weights other than 0 for. */
struct npu_reach {
	uint32_t first_row, rows;	/* rows 0: none */
	uint32_t from, to;		/* bytes of a row */
};

npu_status npu_reach_of(const struct onpu_preset *preset, const struct onpu_cmd_conv *c,
			const uint8_t *weights, struct npu_reach *reach);

/* The command is well formed.  reach: of a CONV.  Replaces what was in touches, sorted. */
npu_status npu_touches_of(const struct onpu_preset *preset, const union onpu_command *c,
			  const struct npu_reach *reach, struct npu_touches *touches);

/* History of a space of bytes: pieces that the same commands touched. */
struct npu_hazards {
	struct npu_hazard_piece *pieces, *spare;
	size_t count, max, max_spare;
};

void npu_hazards_clear(struct npu_hazards *hazards);
/*
 * Command seq (counted from 1) of an engine reads or writes the sorted ranges: raises wait[e], for
 * every other engine e, to the last command that this must come after.
 */
npu_status npu_hazards_touch(struct npu_hazards *hazards, const struct npu_ranges *ranges,
			     bool write, uint32_t engine, uint32_t seq,
			     uint32_t wait[NPU_ENGINES]);

#endif
