/* SPDX-License-Identifier: MIT */
/* What the two halves of the scheduler share: the plan (plan.c) and its commands (schedule.c). */
#ifndef NPU_COMPILE_SCHEDULE_H
#define NPU_COMPILE_SCHEDULE_H

#include <limits.h>

#include "build.h"

static inline bool npu_buf_has_halo(const struct npu_buf *b)
{
	return b->halo_t || b->halo_b || b->halo_l || b->halo_r;
}

/* How a buffer is laid out in SRAM, and where its bytes are outside. */
struct npu_place {
	bool used, resident;
	bool cascade;			/* not resident: rows go from their writer to the next layer, in SRAM */
	bool stored;			/* a cascade whose rows go outside, too: for others that read them */
	bool alone;			/* never a cascade */
	int first, last;		/* layers of this job that touch it */
	int last_writer;		/* layer, -1: none writes it in this job */
	int reads;
	bool preset;			/* has contents before this job: must be loaded */
	uint32_t row_pitch, size;
	struct npu_alloc alloc;
	int32_t region;			/* external home; -1: none yet */
	uint32_t offset;
	/* Spilled: the layer at which something did not fit, and what was live there with this buffer. */
	int full_layer;
	uint64_t live;
	bool for_work;			/* it was rows of a ring or weights that did not fit beside that */
};

/* An operand of a layer: resident, or the rows of a ring that stripes stream through. */
struct npu_window {
	const struct npu_view *view;	/* NULL: no such operand */
	bool ring;
	bool made;			/* its rows are made there, by a layer that takes turns with this one */
	int rows;			/* of the ring */
	int base;			/* buffer row (flat: view row) that is ring row 0 */
	uint32_t row_pitch, pix_pitch, lead;
	struct npu_alloc alloc;
};

/* A load that can be issued early: weights, tables. */
struct npu_fetch {
	const uint8_t *data;
	uint32_t size, offset;		/* in the code region */
	int layer, phase;		/* first in which it is used */
	struct npu_alloc alloc;		/* alloc.first: phase in which it is issued */
	int part, channel, count;	/* weights: of which part, which channels */
	/*
	 * Where it is from the end of one job into the next, with alloc's address; size 0: nowhere.  If it does not
	 * last from one use to the next, it is fetched again in phase hold.first or later.
	 */
	struct npu_alloc hold;
	uint32_t alone;			/* alloc's address otherwise */
};

/* Streamed weights are not: each stripe fetches them. */
static inline bool npu_fetch_planned(const struct npu_fetch *f)
{
	return f->alloc.first != INT_MAX;
}

static inline bool npu_fetch_again(const struct npu_fetch *f)
{
	return f->hold.size && f->hold.first > f->hold.last;
}

struct npu_layer_plan {
	bool striped;
	bool chained;			/* its input comes from the layer before by rows: both have one phase */
	int stripe;			/* output rows */
	/* Striped, and the weights do not fit either: each stripe loads them anew, through two buffers. */
	bool streamed;
	struct npu_alloc stream[2];
	/* A pool whose rows do not fit: its input comes by so many channels, through the same two; else 0. */
	int chunk;
	struct npu_window in, op2, out;
	int first_phase, num_phases;
	int fetch, num_fetches;		/* weights, in order of use */
	int blob[NPU_BLOB_USES];	/* fetch, -1: none */
	uint64_t compute;		/* cycles, roughly */
};

struct npu_plan {
	struct npu_build *build;
	struct npu_lowered *lowered;
	uint32_t sram;
	int first_lop, num_lops;
	struct npu_place *places;	/* of each buffer */
	struct npu_layer_plan *layers;
	struct npu_fetch *fetches;
	int num_fetches, cap_fetches;
	int num_phases;
	struct npu_allocator *allocator;
	bool cascades;			/* a buffer that does not fit may become a cascade */
};

/* NPU_ERR_LIMIT with lowered->failed_node set if a layer cannot fit. */
npu_status npu_plan_make(struct npu_plan *plan, struct npu_build *build, int level);
void npu_plan_clear(struct npu_plan *plan);
/* Input rows [*y0, *y1), in the input view, of output rows [r0, r1) of the output view; false: none. */
bool npu_plan_input_rows(const struct npu_lop *lop, int r0, int r1, int *y0, int *y1);
/* Output rows that stripes and pieces must be a multiple of: no part is cut between its steps. */
int npu_plan_row_unit(const struct npu_lop *lop);
/* Part rows [*i0, *i1) that lie in output rows [r0, r1); false: none. */
bool npu_plan_part_rows(const struct npu_part *part, int r0, int r1, int *i0, int *i1);

/*
 * warm.c: holds the first `most` fetches, in that order, for which there is a place, with `again` also at the price of
 * another fetch; lets go what was held before.  Returns how many those are.
 */
int npu_warm_hold(struct npu_plan *plan, struct npu_fetch *const *order, int most, bool again);

/*
 * banks.c: the pitch of a buffer's rows, at least `pitch`, with which the layers that read it find the fewest of
 * their vectors in one bank.
 */
uint32_t npu_bank_pitch(const struct npu_plan *plan, int buf, uint32_t pitch);

/* ---- cascade.c: layers that are computed in turns, some rows at a time ---- */

#define NPU_CASCADE_LAYERS 8

/* Last of the layers that are computed in turns with `layer`, the first of them. */
int npu_cascade_last(const struct npu_plan *plan, int layer);
/* Whether a layer takes turns with the one before it. */
bool npu_cascade_chains(const struct npu_plan *plan, int layer);
/* Whether a buffer's rows can go from one layer to the next one without ever being there all at once. */
bool npu_cascade_can(const struct npu_plan *plan, int buf);
/* Called for output rows [r0, r1) of a layer, when the rows that they are made of have been made. */
typedef npu_status (*npu_cascade_visit)(void *context, int layer, int r0, int r1);
/* Goes through layers [first, npu_cascade_last()], in stripes of the last one; a layer of its own is a cascade, too. */
npu_status npu_cascade_walk(const struct npu_plan *plan, int first, npu_cascade_visit visit, void *context);
/* Of layers that take turns: which operands one of them makes for another; what else goes outside. */
void npu_cascade_link(struct npu_plan *plan);
/* Stripes and rings of the layers from `first` on; false if they do not fit. */
bool npu_cascade_place(struct npu_plan *plan, int first);

/* plan.c: bytes of a window's ring. */
uint32_t npu_plan_ring_size(const struct npu_plan *plan, const struct npu_window *window);

#endif
