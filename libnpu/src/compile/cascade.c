// SPDX-License-Identifier: MIT
/*
 * Layers that are computed in turns, some rows at a time: what one makes, the next one uses up at once, so that a
 * tensor which SRAM has no room for needs only as many rows of it as a window has.
 */
#include "schedule.h"

/* What rings may take, as a part of SRAM: fewer, taller stripes are fewer commands, but weights to come need room. */
#define RINGS_SHARE 4

int npu_cascade_last(const struct npu_plan *plan, int layer)
{
	while (layer + 1 < plan->num_lops && plan->layers[layer + 1].chained)
		layer++;
	return layer;
}

bool npu_cascade_chains(const struct npu_plan *plan, int layer)
{
	const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + layer];
	const struct npu_place *p = lop->in.buf < 0 ? NULL : &plan->places[lop->in.buf];

	return p && !p->resident && p->cascade && p->first == layer - 1;
}

void npu_cascade_link(struct npu_plan *plan)
{
	const struct npu_lop *lops = &plan->lowered->lops[plan->first_lop];
	int first = 0, i;

	for (i = 0; i < plan->num_lops; i++) {
		struct npu_layer_plan *lp = &plan->layers[i];
		struct npu_place *p = &plan->places[lops[i].out.buf];
		const struct npu_view *v = &lops[i].op2;
		struct npu_place *op2 = v->buf < 0 ? NULL : &plan->places[v->buf];

		if (!lp->chained)
			first = i;
		if (npu_cascade_last(plan, i) > i)
			p->stored = plan->lowered->bufs[lops[i].out.buf].home >= 0;
		lp->in.made = lp->chained;
		if (!op2 || op2->resident || !op2->cascade)
			continue;
		lp->op2.made = op2->first >= first && !v->flat && v->y >= 0 &&
			v->y + v->h <= plan->lowered->bufs[v->buf].h;
		/* Who comes back to it later reads it from outside. */
		op2->stored |= !lp->op2.made;
	}
	for (i = 0; i < plan->num_lops; i++) {
		struct npu_place *in = &plan->places[lops[i].in.buf];

		if (!in->resident && in->cascade && !plan->layers[i].chained)
			in->stored = true;
	}
	for (i = 0; i < plan->num_lops; i++) {
		const struct npu_place *p = &plan->places[lops[i].out.buf];

		plan->layers[i].out.made = !p->resident && p->cascade && !p->stored;
	}
}

/* Layers that would take turns if the buffer between `layer` and the next one were a cascade. */
static int length_with(const struct npu_plan *plan, int layer)
{
	int first = layer, last = layer + 1;

	while (npu_cascade_chains(plan, first))
		first--;
	while (last + 1 < plan->num_lops && npu_cascade_chains(plan, last + 1))
		last++;
	return last - first + 1;
}

bool npu_cascade_can(const struct npu_plan *plan, int buf)
{
	const struct npu_place *p = &plan->places[buf];
	const struct npu_buf *b = &plan->lowered->bufs[buf];
	const struct npu_lop *writer = &plan->lowered->lops[plan->first_lop + p->first], *reader = writer + 1;
	const struct npu_view *v = &writer->out;

	/* One layer writes all of it in order, and the next one reads it, row by row. */
	if (p->preset || p->last == p->first || p->last_writer != p->first || reader->in.buf != buf ||
	    reader->op2.buf == buf || reader->in.flat || v->flat || v->y || v->x || v->ch || v->h != b->h ||
	    v->w != b->w || v->c != b->c || writer->prefill || npu_plan_row_unit(writer) != 1)
		return false;
	return length_with(plan, p->first) <= NPU_CASCADE_LAYERS;
}

struct walk {
	const struct npu_plan *plan;
	int first;
	int made[NPU_CASCADE_LAYERS];		/* output rows of each layer */
	int most[NPU_CASCADE_LAYERS];		/* of these, at once */
	npu_cascade_visit visit;
	void *context;
};

static npu_status make_rows(struct walk *w, int layer, int end)
{
	const struct npu_lop *lop = &w->plan->lowered->lops[w->plan->first_lop + layer];
	int *made = &w->made[layer - w->first], *most = &w->most[layer - w->first], y0, y1, height;
	npu_status status = NPU_OK;

	if (end > lop->out.h)
		end = lop->out.h;
	if (end <= *made)
		return NPU_OK;
	if (layer > w->first && npu_plan_input_rows(lop, *made, end, &y0, &y1)) {
		height = w->plan->lowered->bufs[lop->in.buf].h;
		y1 += lop->in.y;
		status = make_rows(w, layer - 1, y1 < height ? y1 : height);
	}
	if (!status && w->plan->layers[layer].op2.made)
		status = make_rows(w, w->plan->places[lop->op2.buf].first,
				   lop->op2.y + (lop->op2_ystep ? end : 1));
	if (!status)
		status = w->visit(w->context, layer, *made, end);
	*most = end - *made > *most ? end - *made : *most;
	*made = end;
	return status;
}

npu_status npu_cascade_walk(const struct npu_plan *plan, int first, npu_cascade_visit visit, void *context)
{
	struct walk w = { .plan = plan, .first = first, .visit = visit, .context = context };
	const struct npu_lop *lops = &plan->lowered->lops[plan->first_lop];
	int last = npu_cascade_last(plan, first), r, i;
	npu_status status = NPU_OK;

	for (r = 0; !status && r < lops[last].out.h; r += plan->layers[last].stripe)
		status = make_rows(&w, last, r + plan->layers[last].stripe);
	/* Rows that the next layer does not ask for, but others do. */
	for (i = first; i < last; i++)
		while (!status && plan->places[lops[i].out.buf].stored && w.made[i - first] < lops[i].out.h)
			status = make_rows(&w, i, w.made[i - first] + (w.most[i - first] ? w.most[i - first] : 1));
	return status;
}

/* Rows that the rings of a cascade need. */
struct sizes {
	struct npu_plan *plan;
	int first, last;
	int made[NPU_CASCADE_LAYERS];		/* output rows of each layer */
	int low[NPU_CASCADE_LAYERS];		/* first input row that the visit before used */
	bool begun[NPU_CASCADE_LAYERS];
};

/* What one of the layers makes, and a later one uses as its second operand, from row r on. */
static void keep_operand(struct sizes *s, int layer, int r)
{
	const struct npu_lop *lop = &s->plan->lowered->lops[s->plan->first_lop + layer];
	int writer = s->plan->places[lop->op2.buf].first, rows;
	struct npu_window *ring = &s->plan->layers[writer + 1].in;

	rows = s->made[writer - s->first] - (lop->op2.y + (lop->op2_ystep ? r : 0));
	if (ring->rows < rows)
		ring->rows = rows;
}

static npu_status add_rows(void *context, int layer, int r0, int r1)
{
	struct sizes *s = context;
	const struct npu_lop *lop = &s->plan->lowered->lops[s->plan->first_lop + layer];
	struct npu_layer_plan *lp = &s->plan->layers[layer];
	int k = layer - s->first, y0, y1, origin = lop->in.flat ? 0 : lop->in.y, from;

	s->made[k] = r1;
	/* Rows that nobody uses are written, too. */
	if (layer != s->last)
		lp[1].in.rows = lp[1].in.rows > r1 - r0 ? lp[1].in.rows : r1 - r0;
	if (lp->op2.made)
		keep_operand(s, layer, r0);
	else if (lop->op2_ystep && lp->op2.rows < 2 * (r1 - r0))
		lp->op2.rows = 2 * (r1 - r0);
	if (!npu_plan_input_rows(lop, r0, r1, &y0, &y1))
		return NPU_OK;
	y0 += origin;
	y1 += origin;
	if (k && y1 < s->made[k - 1])
		y1 = s->made[k - 1];
	/* Loads come while rows before them are in use, and rows are made while those before them are stored. */
	from = s->begun[k] && (!k || s->plan->places[lop->in.buf].stored) ? s->low[k] : y0;
	if (!s->begun[k] || y0 < lp->in.base)
		lp->in.base = y0;
	if (lp->in.rows < y1 - from)
		lp->in.rows = y1 - from;
	s->begun[k] = true;
	s->low[k] = y0;
	return NPU_OK;
}

/* The rings of layers [first, last] for stripes of so many rows of the last one: how large, in bytes. */
static uint64_t size_rings(struct npu_plan *plan, int first, int last, int stripe)
{
	struct sizes sizes = { .plan = plan, .first = first, .last = last };
	uint64_t sum = 0;
	int i;

	for (i = first; i <= last; i++) {
		const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + i];
		struct npu_layer_plan *lp = &plan->layers[i];

		lp->in.rows = lp->out.rows = lp->op2.rows = 1;
		lp->op2.base = lop->op2.buf < 0 || lop->op2.flat ? 0 : lop->op2.y;
		lp->out.base = lop->out.flat ? 0 : lop->out.y;
	}
	plan->layers[last].stripe = stripe;
	plan->layers[last].out.rows = 2 * stripe;
	npu_cascade_walk(plan, first, add_rows, &sizes);
	for (i = first; i <= last; i++) {
		struct npu_layer_plan *lp = &plan->layers[i];

		if (lp->in.ring)
			sum += npu_plan_ring_size(plan, &lp->in);
		if (lp->op2.view && lp->op2.ring && !lp->op2.made)
			sum += npu_plan_ring_size(plan, &lp->op2);
	}
	return sum + (plan->layers[last].out.ring ? npu_plan_ring_size(plan, &plan->layers[last].out) : 0);
}

static bool place_ring(struct npu_plan *plan, int phase, struct npu_window *w)
{
	if (!w->view || !w->ring)
		return true;
	w->alloc = (struct npu_alloc){ .size = npu_plan_ring_size(plan, w), .first = phase, .last = phase };
	return npu_allocator_place(plan->allocator, &w->alloc);
}

static void share_ring(struct npu_window *to, const struct npu_window *from)
{
	to->rows = from->rows;
	to->base = from->base;
	to->alloc = from->alloc;
}

bool npu_cascade_place(struct npu_plan *plan, int first)
{
	int last = npu_cascade_last(plan, first), phase = plan->layers[first].first_phase, i;
	const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + last];
	int unit = npu_plan_row_unit(lop), stripe = (lop->out.h + unit - 1) / unit * unit;

	while (stripe > unit && size_rings(plan, first, last, stripe) > plan->sram / RINGS_SHARE)
		stripe = (stripe / 2 + unit - 1) / unit * unit;
	size_rings(plan, first, last, stripe);
	for (i = first; i <= last; i++) {
		struct npu_layer_plan *lp = &plan->layers[i];

		if (!place_ring(plan, phase, &lp->in))
			return false;
		if (lp->chained)
			share_ring(&lp[-1].out, &lp->in);
		if (lp->op2.made)
			share_ring(&lp->op2, &plan->layers[plan->places[lp->op2.view->buf].first].out);
		else if (!place_ring(plan, phase, &lp->op2))
			return false;
	}
	return place_ring(plan, phase, &plan->layers[last].out);
}
