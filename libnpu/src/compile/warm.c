// SPDX-License-Identifier: MIT
/*
 * What a job leaves in SRAM for the next one of its program: for that one's first fetches a place that nobody else
 * needs from some phase on, round the job's end, to their last use.  Where that is a whole round they need never be
 * fetched again; else they are fetched again at the job's end.
 */
#include "schedule.h"

/* Places a fetch from that phase on; one phase behind its last use is a whole round.  False: there is no room. */
static bool place_from(struct npu_plan *plan, struct npu_fetch *f, int from)
{
	int end = plan->num_phases - 1;
	bool round = from == f->alloc.last + 1;

	f->hold = (struct npu_alloc){ .size = f->size, .first = round ? 0 : from,
				      .last = round ? end : f->alloc.last };
	if (npu_allocator_place_high(plan->allocator, &f->hold))
		return true;
	f->hold.size = 0;
	return false;
}

static void let_go(struct npu_plan *plan, struct npu_fetch *f)
{
	npu_allocator_remove(plan->allocator, &f->hold);
	f->hold.size = 0;
}

/* Holds a fetch, from the earliest phase that is possible. */
static bool hold(struct npu_plan *plan, struct npu_fetch *f, bool again)
{
	int low = f->alloc.last + 1, high = plan->num_phases - 1;

	/* One that is used up to the end can only stay. */
	if (high < low || !again)
		high = low;
	npu_allocator_remove(plan->allocator, &f->alloc);
	while (low < high) {
		int middle = low + (high - low) / 2;

		if (place_from(plan, f, middle)) {
			let_go(plan, f);
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	if (!place_from(plan, f, high)) {
		npu_allocator_claim(plan->allocator, &f->alloc);
		return false;
	}
	f->alone = f->alloc.addr;
	f->alloc.addr = f->hold.addr;
	return true;
}

/* As the plan was made. */
static void release_all(struct npu_plan *plan)
{
	int i;

	for (i = 0; i < plan->num_fetches; i++)
		if (plan->fetches[i].hold.size)
			npu_allocator_remove(plan->allocator, &plan->fetches[i].hold);
	for (i = 0; i < plan->num_fetches; i++) {
		struct npu_fetch *f = &plan->fetches[i];

		if (!f->hold.size)
			continue;
		f->hold.size = 0;
		f->alloc.addr = f->alone;
		npu_allocator_claim(plan->allocator, &f->alloc);
	}
}

int npu_warm_hold(struct npu_plan *plan, struct npu_fetch *const *order, int most, bool again)
{
	int i, n = 0;

	release_all(plan);
	for (i = 0; i < plan->num_fetches && n < most; i++)
		if (npu_fetch_planned(order[i]) && order[i]->size)
			n += hold(plan, order[i], again);
	return n;
}
