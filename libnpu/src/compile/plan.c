// SPDX-License-Identifier: MIT
/*
 * The plan of a job: which buffers stay in SRAM from their first use to their last, which are streamed in
 * row stripes, and when weights are fetched.
 *
 * Every buffer is resident until something does not fit; then the buffer that holds SRAM longest for each of
 * its uses is spilled, and the plan is made again; in the end, what fits after all is taken back, and plans that keep
 * one of the spilled buffers are tried.  Weights are fetched as early as memory allows and bandwidth is left over.
 */
#include "schedule.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

/*
 * Fetches that may wait for the load engine at the end of a phase, as parts of SRAM: little where computing takes
 * longer than loading, since a halo's fill would wait behind them; more where loading takes longer.
 */
#define BACKLOG_SHARE 128
#define BACKLOG_SHARE_LOADING 16
/* Weights that take longer to load than to compute come in pieces larger by this. */
#define LOADING_CHUNKS 2
/* At the end of a job the next piece has at most as many bytes as this times all that follow. */
#define TAPER 2
/* Fetches that a phase may issue ahead; the engine's queue holds 16 commands. */
#define MAX_FETCHES 10
/* Cycles of a command in which nothing is read yet, or any more: with weights, and without. */
#define COMMAND_CYCLES 140
#define SHORT_COMMAND_CYCLES 20

bool npu_plan_part_rows(const struct npu_part *p, int r0, int r1, int *i0, int *i1)
{
	*i0 = r0 <= p->out_y ? 0 : (r0 - p->out_y + p->out_ystep - 1) / p->out_ystep;
	*i1 = r1 <= p->out_y ? 0 : (r1 - p->out_y + p->out_ystep - 1) / p->out_ystep;
	if (*i1 > p->h)
		*i1 = p->h;
	return *i0 < *i1;
}

bool npu_plan_input_rows(const struct npu_lop *lop, int r0, int r1, int *y0, int *y1)
{
	bool any = false;
	int i, i0, i1;

	for (i = 0; i < lop->num_parts; i++) {
		const struct npu_part *p = &lop->parts[i];
		int a, b;

		if (!npu_plan_part_rows(p, r0, r1, &i0, &i1))
			continue;
		if (lop->kind == ONPU_OPCODE_RESIZE) {
			const uint8_t *rows = lop->blob[NPU_BLOB_ROWS].data;
			int k;

			a = 65535;
			b = 0;
			for (k = i0; k < i1; k++) {
				int lo = rows[8 * k] | rows[8 * k + 1] << 8;
				int hi = rows[8 * k + 2] | rows[8 * k + 3] << 8;

				a = lo < a ? lo : a;
				a = hi < a ? hi : a;
				b = lo + 1 > b ? lo + 1 : b;
				b = hi + 1 > b ? hi + 1 : b;
			}
		} else {
			a = p->in_y + i0 * p->in_ystep;
			b = p->in_y + (i1 - 1) * p->in_ystep + p->win_h;
		}
		*y0 = any && *y0 < a ? *y0 : a;
		*y1 = any && *y1 > b ? *y1 : b;
		any = true;
	}
	return any;
}

/* Sizes that no SRAM has stay that. */
static uint32_t bytes32(uint64_t bytes)
{
	return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

static int max_int(int a, int b)
{
	return a > b ? a : b;
}

int npu_plan_row_unit(const struct npu_lop *lop)
{
	int unit = 1, k;

	for (k = 0; k < lop->num_parts; k++)
		unit = max_int(unit, lop->parts[k].out_ystep);
	return unit;
}

/* Grows the halo of a view's buffer to what columns [x0, x1) and rows [y0, y1) of the view reach. */
static void reach(struct npu_lowered *lowered, const struct npu_view *v, int y0, int y1, int x0, int x1)
{
	struct npu_buf *b = &lowered->bufs[v->buf];

	if (v->flat)
		return;
	b->halo_t = max_int(b->halo_t, -(v->y + y0));
	b->halo_b = max_int(b->halo_b, v->y + y1 - b->h);
	b->halo_l = max_int(b->halo_l, -(v->x + x0));
	b->halo_r = max_int(b->halo_r, v->x + x1 - b->w);
}

static void find_halos(struct npu_plan *plan)
{
	int i, k;

	for (i = 0; i < plan->num_lops; i++) {
		struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + i];

		for (k = 0; k < lop->num_parts; k++) {
			const struct npu_part *p = &lop->parts[k];

			if (lop->kind == ONPU_OPCODE_RESIZE)
				reach(plan->lowered, &lop->in, 0, lop->in.h, 0, lop->in.w);
			else
				reach(plan->lowered, &lop->in, p->in_y,
				      p->in_y + (p->h - 1) * p->in_ystep + max_int(p->win_h, p->kernel_h),
				      p->in_x, p->in_x + (p->w - 1) * p->in_xstep +
				      max_int(p->win_w, p->kernel_w));
		}
		if (lop->op2.buf >= 0)
			reach(plan->lowered, &lop->op2, 0, lop->op2.h, 0, lop->op2.w);
	}
}

/* Bytes from row to row in SRAM: right halo and the next row's left halo are the same bytes. */
static uint32_t row_pitch(const struct npu_plan *plan, int buf)
{
	const struct npu_buf *b = &plan->lowered->bufs[buf];
	uint32_t pitch = (uint32_t)(b->w + max_int(b->halo_l, b->halo_r)) * b->c;

	return b->dense ? pitch : npu_bank_pitch(plan, buf, pitch);
}

static void touch(struct npu_plan *plan, const struct npu_view *v, int layer, bool write)
{
	struct npu_place *p;

	if (v->buf < 0)
		return;
	p = &plan->places[v->buf];
	if (!p->used) {
		p->used = true;
		p->first = layer;
		p->preset = !write;
		p->last_writer = -1;
	}
	p->last = layer;
	if (write)
		p->last_writer = layer;
	else
		p->reads++;
}

static void find_lifetimes(struct npu_plan *plan)
{
	struct npu_lowered *l = plan->lowered;
	int i;

	for (i = 0; i < plan->num_lops; i++) {
		const struct npu_lop *lop = &l->lops[plan->first_lop + i];

		touch(plan, &lop->in, i, false);
		touch(plan, &lop->op2, i, false);
		touch(plan, &lop->out, i, true);
	}
	for (i = 0; i < l->num_bufs; i++) {
		struct npu_place *p = &plan->places[i];
		const struct npu_buf *b = &l->bufs[i];

		if (!p->used)
			continue;
		p->resident = true;
		p->row_pitch = row_pitch(plan, i);
		p->size = bytes32((uint64_t)(b->halo_l + b->halo_r) * b->c +
				  (uint64_t)(b->halo_t + b->h + b->halo_b) * p->row_pitch);
		p->region = -1;
	}
}

/* Where a buffer is outside: its home tensor's binding, a constant in the code, or scratch. */
static npu_status find_home(struct npu_plan *plan, int buf)
{
	struct npu_place *p = &plan->places[buf];
	const struct npu_buf *b = &plan->lowered->bufs[buf];
	const struct npu_tensor *t = &plan->lowered->graph->tensors[b->tensor];

	if (p->region >= 0)
		return NPU_OK;
	if (t->data) {
		p->region = NPU_REGION_CODE;
		return npu_build_code(plan->build, t->data, (uint32_t)npu_tensor_bytes(t), &p->offset);
	}
	if (b->home >= 0) {
		p->region = plan->build->program->binding[b->home].region;
		p->offset = plan->build->program->binding[b->home].offset;
		return NPU_OK;
	}
	p->region = NPU_REGION_SCRATCH;
	return npu_build_scratch(plan->build, (uint32_t)b->h * b->w * b->c, &p->offset);
}

static npu_status add_fetch(struct npu_plan *plan, int layer, const uint8_t *data, uint32_t size, int part,
			    int channel, int count)
{
	struct npu_fetch *f;

	if (plan->num_fetches == plan->cap_fetches) {
		int wanted = plan->cap_fetches ? 2 * plan->cap_fetches : 64;

		f = realloc(plan->fetches, wanted * sizeof(*f));
		if (!f)
			return npu_fail(NPU_ERR_NOMEM, "out of memory");
		plan->fetches = f;
		plan->cap_fetches = wanted;
	}
	f = &plan->fetches[plan->num_fetches++];
	memset(f, 0, sizeof(*f));
	f->data = data;
	f->size = size;
	f->layer = layer;
	f->part = part;
	f->channel = channel;
	f->count = count;
	return npu_build_code(plan->build, data, size, &f->offset);
}

/* Cycles that the array takes for a pixel of a part. */
static uint64_t pixel_steps(const struct npu_plan *plan, const struct npu_lop *lop, const struct npu_part *p)
{
	const struct npu_weight_stream *s = &lop->streams[p->stream];
	int v = (int)plan->lowered->preset->lanes, b;
	uint64_t steps = 0;

	for (b = 0; b < s->num_blocks; b++)
		steps += lop->kind == ONPU_OPCODE_DWCONV ? (uint64_t)p->in_xstep *
			((p->kernel_h * p->kernel_w + v - 1) / v) : s->block_steps[b] ? s->block_steps[b] : 1;
	return steps;
}

/*
 * Cuts weight streams into pieces of about chunk bytes, at output-channel blocks.  Where loading takes longer than
 * computing, pieces are larger, since each has its commands; but not the last ones of a job: nothing is left to load
 * while they are computed.
 */
static npu_status cut_weights(struct npu_plan *plan, int layer, uint32_t chunk)
{
	const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + layer];
	struct npu_layer_plan *lp = &plan->layers[layer];
	int v = (int)plan->lowered->preset->lanes, i;
	npu_status status = NPU_OK;

	lp->fetch = plan->num_fetches;
	for (i = 0; !status && i < lop->num_parts; i++) {
		const struct npu_part *p = &lop->parts[i];
		const struct npu_weight_stream *s;
		uint64_t cycles;
		uint32_t most = chunk;
		int b = 0, e;
		bool loading;

		if (!lop->num_streams) {
			lp->compute += (uint64_t)p->h * p->w * ((p->c + v - 1) / v) *
				(lop->kind == ONPU_OPCODE_POOL ? (p->kernel_h * p->kernel_w + 3) / 4 : 1);
			continue;
		}
		s = &lop->streams[p->stream];
		cycles = pixel_steps(plan, lop, p) * p->h * p->w;
		lp->compute += cycles;
		loading = cycles * NPU_BYTES_PER_CYCLE < s->size;
		if (loading)
			most *= LOADING_CHUNKS;
		while (!status && b < s->num_blocks) {
			for (e = b + 1; e < s->num_blocks; e++) {
				uint32_t size = s->block_offset[e + 1] - s->block_offset[b];
				uint32_t rest = s->size - s->block_offset[e + 1];

				if (size > most || (loading && layer == plan->num_lops - 1 &&
						    size > TAPER * rest))
					break;
			}
			status = add_fetch(plan, layer, s->data + s->block_offset[b],
					   s->block_offset[e] - s->block_offset[b], i, b * v,
					   (e * v < p->c ? e * v : p->c) - b * v);
			b = e;
		}
	}
	lp->num_fetches = plan->num_fetches - lp->fetch;
	for (i = 0; !status && i < NPU_BLOB_USES; i++) {
		lp->blob[i] = -1;
		if (!lop->blob[i].size)
			continue;
		lp->blob[i] = plan->num_fetches;
		status = add_fetch(plan, layer, lop->blob[i].data, lop->blob[i].size, -1, 0, 0);
	}
	return status;
}

static bool spilled(const struct npu_plan *plan, const struct npu_view *v)
{
	return v->buf >= 0 && !plan->places[v->buf].resident;
}

static void set_window(struct npu_plan *plan, struct npu_window *w, const struct npu_view *v)
{
	const struct npu_place *p;

	memset(w, 0, sizeof(*w));
	if (v->buf < 0)
		return;
	p = &plan->places[v->buf];
	w->view = v;
	w->ring = !p->resident;
	w->pix_pitch = npu_view_pix_pitch(plan->lowered, v);
	w->row_pitch = v->flat ? v->row_pitch : p->row_pitch;
	w->lead = v->flat ? 0 : (uint32_t)plan->lowered->bufs[v->buf].halo_l * w->pix_pitch;
}

uint32_t npu_plan_ring_size(const struct npu_plan *plan, const struct npu_window *w)
{
	const struct npu_buf *b = &plan->lowered->bufs[w->view->buf];

	return bytes32((uint64_t)w->rows * w->row_pitch + (w->view->flat ? 0 :
		       (uint64_t)(b->halo_l + b->halo_r) * w->pix_pitch));
}

static npu_status does_not_fit(struct npu_plan *plan, int layer)
{
	plan->lowered->failed_node = plan->lowered->lops[plan->first_lop + layer].node;
	return npu_fail(NPU_ERR_LIMIT, "does not fit into %u KiB of SRAM", plan->sram / 1024);
}

static uint32_t largest_fetch(const struct npu_plan *plan, const struct npu_layer_plan *lp)
{
	uint32_t largest = 0;
	int i;

	for (i = 0; i < lp->num_fetches; i++)
		if (plan->fetches[lp->fetch + i].size > largest)
			largest = plan->fetches[lp->fetch + i].size;
	return largest;
}

struct wanted {
	struct npu_alloc *alloc;
	uint32_t size;
};

/*
 * Rings of a layer that has spilled operands, for stripes of `stripe` rows; deep: twice as much, so that
 * transfers overlap with compute.  False if they do not fit.
 */
static bool place_rings(struct npu_plan *plan, int layer, int stripe, bool deep)
{
	const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + layer];
	struct npu_layer_plan *lp = &plan->layers[layer];
	struct npu_window *all[3] = { &lp->in, &lp->op2, &lp->out };
	struct wanted needed[5];
	uint32_t buffer = lp->chunk ? (uint32_t)lop->in.h * lop->in.w * lp->chunk : largest_fetch(plan, lp);
	int n = 0, i, r, y0, y1, most = 1, step = 0, last = 0;
	bool first = true;

	lp->stripe = stripe;
	for (r = 0; r < lop->out.h; r += stripe) {
		if (!npu_plan_input_rows(lop, r, r + stripe, &y0, &y1))
			continue;
		if (first)
			lp->in.base = y0;
		lp->in.base = y0 < lp->in.base ? y0 : lp->in.base;
		most = max_int(most, y1 - y0);
		if (!first)
			step = max_int(step, y1 - last);
		last = y1;
		first = false;
	}
	lp->in.base += lop->in.flat ? 0 : lop->in.y;
	lp->op2.base = lop->op2.buf < 0 || lop->op2.flat ? 0 : lop->op2.y;
	lp->out.base = lop->out.flat ? 0 : lop->out.y;
	lp->in.rows = most + (deep ? step : 0);
	lp->out.rows = lp->op2.rows = stripe * (deep ? 2 : 1);
	if (!lop->op2_ystep)
		lp->op2.rows = 1;
	for (i = 0; i < 3; i++) {
		struct npu_window *w = all[i];

		if (w->view && w->ring && !(w == &lp->in && lp->chunk))
			needed[n++] = (struct wanted){ &w->alloc, npu_plan_ring_size(plan, w) };
	}
	for (i = 0; (lp->streamed || lp->chunk) && i < 2; i++)
		needed[n++] = (struct wanted){ &lp->stream[i], buffer };
	for (i = 0; i < n; i++) {
		*needed[i].alloc = (struct npu_alloc){ .size = needed[i].size, .first = lp->first_phase,
						       .last = lp->first_phase + lp->num_phases - 1 };
		if (npu_allocator_place(plan->allocator, needed[i].alloc))
			continue;
		while (i-- > 0)
			npu_allocator_remove(plan->allocator, needed[i].alloc);
		return false;
	}
	return true;
}

/* Whether all of a view is in its buffer: nothing of it is border. */
static bool inside(const struct npu_plan *plan, const struct npu_view *v)
{
	const struct npu_buf *b = &plan->lowered->bufs[v->buf];

	return v->flat || (v->y >= 0 && v->x >= 0 && v->ch >= 0 && v->y + v->h <= b->h &&
			   v->x + v->w <= b->w && v->ch + v->c <= b->c);
}

/* A pool over more rows than fit, as global ones are: all rows of some channels at a time. */
static bool place_chunks(struct npu_plan *plan, int layer)
{
	const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + layer];
	struct npu_layer_plan *lp = &plan->layers[layer];
	int v = (int)plan->lowered->preset->lanes, blocks = (lop->in.c + v - 1) / v;

	if (lop->kind != ONPU_OPCODE_POOL || !lp->in.ring || lop->in.h > 65535 || lop->in.w > 65535 ||
	    !inside(plan, &lop->in))
		return false;
	while (blocks > 1) {
		blocks = (blocks + 1) / 2;
		lp->chunk = blocks * v;
		if ((uint64_t)lop->in.h * lop->in.w * lp->chunk <= plan->sram &&
		    place_rings(plan, layer, lop->out.h, false))
			return true;
	}
	lp->chunk = 0;
	return false;
}

/* Rings for stripes of about budget bytes, or smaller ones. */
static bool place_stripes(struct npu_plan *plan, int layer)
{
	const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + layer];
	uint64_t row = 1, budget = plan->sram / 32;
	int stripe, unit = npu_plan_row_unit(lop), height, k;

	if (npu_cascade_last(plan, layer) > layer)
		return npu_cascade_place(plan, layer);
	for (k = 0; k < lop->num_parts; k++) {
		uint64_t out = (uint64_t)lop->out.w * lop->out.c;
		uint64_t in = (uint64_t)lop->in.w * lop->in.c * lop->parts[k].in_ystep;

		row = out > row ? out : row;
		row = in > row ? in : row;
	}
	height = (lop->out.h + unit - 1) / unit * unit;
	stripe = (int)(budget / row);
	stripe = max_int(unit, stripe / unit * unit);
	if (stripe > height)
		stripe = height;
	/* Few stripes where each loads all weights. */
	for (k = height; plan->layers[layer].streamed && k > stripe; k = (k / 2 + unit - 1) / unit * unit)
		if (place_rings(plan, layer, k, false))
			return true;
	return place_rings(plan, layer, stripe, true) || place_rings(plan, layer, unit, true) ||
	       place_rings(plan, layer, unit, false) || place_chunks(plan, layer);
}

/* Bytes that a layer moves for itself: spilled operands, and what it must load or store. */
static uint64_t layer_bytes(const struct npu_plan *plan, int layer)
{
	const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + layer];
	const struct npu_view *all[3] = { &lop->in, &lop->op2, &lop->out };
	const struct npu_layer_plan *lp = &plan->layers[layer];
	bool made[3] = { lp->in.made, lp->op2.made, lp->out.made };
	uint64_t bytes = 0;
	int i;

	for (i = 0; i < 3; i++) {
		const struct npu_view *v = all[i];
		const struct npu_place *p = v->buf >= 0 ? &plan->places[v->buf] : NULL;

		if (p && ((!p->resident && !made[i]) || (i == 2 && plan->lowered->bufs[v->buf].home >= 0) ||
			  (i < 2 && p->preset && p->first == layer)))
			bytes += (uint64_t)v->h * v->w * v->c;
	}
	return bytes;
}

/* What the fetches have queued up on the load engine, as phases go by. */
struct backlog {
	int phase;
	int64_t bytes;		/* queued in or before phase */
	int count;		/* issued in phase */
	int64_t issued;		/* in all */
	int64_t *room;		/* bytes that can be brought in each phase beside what it moves itself */
	int64_t *used;		/* bytes of all fetches that this phase or an earlier one needs */
};

static void next_phase(struct backlog *b)
{
	int64_t later;

	b->bytes -= b->room[b->phase] < b->bytes ? b->room[b->phase] : b->bytes;
	b->phase++;
	b->count = 0;
	/* A phase begins when what it needs is there: only what is for later can still be queued. */
	later = b->issued - b->used[b->phase];
	if (b->bytes > later)
		b->bytes = later > 0 ? later : 0;
}

/* Whether the current phase should issue no more. */
static bool backlog_full(const struct npu_plan *plan, const struct backlog *b)
{
	int p = b->phase;
	bool loading = b->used[p] - (p ? b->used[p - 1] : 0) > b->room[p];

	return b->count >= MAX_FETCHES || b->bytes - b->room[p] >
		plan->sram / (loading ? BACKLOG_SHARE_LOADING : BACKLOG_SHARE);
}

/*
 * Decides when each fetch is issued: in order, and as early as memory allows, but not so early that more than a
 * few wait for the load engine, which would hold up what other layers load and the command processor.
 * False: one does not fit into SRAM in the phase that needs it, that of layer *failed; -1: no memory.
 */
static bool place_fetches(struct npu_plan *plan, int *failed)
{
	struct backlog backlog = { .room = calloc(plan->num_phases + 1, sizeof(int64_t)),
				   .used = calloc(plan->num_phases + 1, sizeof(int64_t)) };
	bool ok = backlog.room && backlog.used;
	int layer, i, k;

	*failed = -1;
	for (layer = 0; ok && layer < plan->num_lops; layer++) {
		struct npu_layer_plan *lp = &plan->layers[layer];
		int64_t need = (int64_t)layer_bytes(plan, layer);
		int64_t bytes = (int64_t)lp->compute * NPU_BYTES_PER_CYCLE;

		for (i = 0; i < lp->num_phases; i++)
			backlog.room[lp->first_phase + i] += (bytes - need) / lp->num_phases;
		for (i = 0; i < lp->num_fetches; i++) {
			struct npu_fetch *f = &plan->fetches[lp->fetch + i];

			f->phase = lp->first_phase + (lp->num_phases > 1 ? i : 0);
			f->alloc.first = f->alloc.last = INT_MAX;	/* not by itself, if streamed */
			if (lp->streamed)
				continue;
			backlog.used[f->phase] += f->size;
		}
		for (i = 0; i < NPU_BLOB_USES; i++)
			if (lp->blob[i] >= 0) {
				plan->fetches[lp->blob[i]].phase = lp->first_phase;
				backlog.used[lp->first_phase] += plan->fetches[lp->blob[i]].size;
			}
	}
	for (i = 0; ok && i < plan->num_phases; i++) {
		backlog.room[i] = backlog.room[i] > 0 ? backlog.room[i] : 0;
		backlog.used[i] += i ? backlog.used[i - 1] : 0;
	}
	for (layer = 0; ok && layer < plan->num_lops; layer++) {
		struct npu_layer_plan *lp = &plan->layers[layer];

		/* Tables first: all of the layer's phases need them. */
		for (k = 0; ok && k < lp->num_fetches + NPU_BLOB_USES; k++) {
			int index = k < NPU_BLOB_USES ? lp->blob[k] : lp->fetch + k - NPU_BLOB_USES;
			struct npu_fetch *f;
			int last = lp->first_phase + lp->num_phases - 1, at;

			if (index < 0 || (lp->streamed && k >= NPU_BLOB_USES))
				continue;
			f = &plan->fetches[index];
			if (k >= NPU_BLOB_USES && lp->num_phases > 1)
				last = f->phase;
			f->alloc = (struct npu_alloc){ .size = f->size, .last = last };
			while (backlog.phase < f->phase && backlog_full(plan, &backlog))
				next_phase(&backlog);
			for (at = backlog.phase; at <= f->phase; at++) {
				f->alloc.first = at;
				if (npu_allocator_place_high(plan->allocator, &f->alloc))
					break;
			}
			if (at > f->phase) {
				*failed = layer;
				ok = false;
				break;
			}
			while (backlog.phase < at)
				next_phase(&backlog);
			backlog.bytes += f->size;
			backlog.issued += f->size;
			backlog.count++;
		}
	}
	free(backlog.room);
	free(backlog.used);
	return ok;
}

static int by_size(const void *a, const void *b)
{
	const struct npu_place *x = *(struct npu_place *const *)a, *y = *(struct npu_place *const *)b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Whether a buffer is live in a layer, or in one that takes turns with it. */
static bool is_live(const struct npu_plan *plan, const struct npu_place *p, int layer)
{
	int phase = plan->layers[layer].first_phase;

	return plan->layers[p->first].first_phase <= phase && plan->layers[p->last].first_phase >= phase;
}

/* Bytes of the resident buffers that are live in a layer. */
static uint64_t live_bytes(const struct npu_plan *plan, int layer)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < plan->lowered->num_bufs; i++) {
		const struct npu_place *p = &plan->places[i];

		if (p->used && p->resident && is_live(plan, p, layer))
			sum += p->size;
	}
	return sum;
}

/* The layer in a buffer's life at which resident buffers need most. */
static int fullest_layer(const struct npu_plan *plan, const struct npu_place *buf)
{
	uint64_t most = 0;
	int layer, fullest = buf->first;

	for (layer = buf->first; layer <= buf->last; layer++) {
		uint64_t sum = live_bytes(plan, layer);

		if (sum > most) {
			most = sum;
			fullest = layer;
		}
	}
	return fullest;
}

/*
 * One attempt; *failed is the layer at which something did not fit, or -1; working_set: it was the layer's own
 * rings or weights.
 */
static npu_status attempt(struct npu_plan *plan, int *failed, bool *working_set)
{
	struct npu_lowered *l = plan->lowered;
	struct npu_place **order;
	int i, n = 0, phase = 0;

	*failed = -1;
	*working_set = false;
	for (i = 0; i < plan->num_lops; i++) {
		struct npu_layer_plan *lp = &plan->layers[i];
		const struct npu_lop *lop = &l->lops[plan->first_lop + i];
		uint32_t total = 0;
		int k;

		lp->striped = spilled(plan, &lop->in) || spilled(plan, &lop->op2) || spilled(plan, &lop->out);
		lp->chained = npu_cascade_chains(plan, i);
		/* Layers that take turns have all their weights there. */
		lp->streamed &= lp->striped && !lp->chained &&
			(i + 1 == plan->num_lops || !npu_cascade_chains(plan, i + 1));
		lp->chunk = 0;
		for (k = 0; k < lp->num_fetches; k++)
			total += plan->fetches[lp->fetch + k].size;
		lp->first_phase = lp->chained ? lp[-1].first_phase : phase;
		lp->num_phases = lp->striped || total <= plan->sram / 8 || !lp->num_fetches ? 1 :
			lp->num_fetches;
		phase = lp->first_phase + lp->num_phases;
		set_window(plan, &lp->in, &lop->in);
		set_window(plan, &lp->op2, &lop->op2);
		set_window(plan, &lp->out, &lop->out);
	}
	npu_cascade_link(plan);
	plan->num_phases = phase;
	npu_allocator_free(plan->allocator);
	plan->allocator = npu_allocator_new(plan->sram, phase);
	order = calloc(l->num_bufs + 1, sizeof(*order));
	if (!plan->allocator || !order) {
		free(order);
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	}
	for (i = 0; i < l->num_bufs; i++) {
		struct npu_place *p = &plan->places[i];

		if (!p->used || !p->resident)
			continue;
		p->alloc = (struct npu_alloc){ .size = p->size,
			.first = plan->layers[p->first].first_phase,
			.last = plan->layers[p->last].first_phase + plan->layers[p->last].num_phases - 1 };
		order[n++] = p;
	}
	qsort(order, n, sizeof(*order), by_size);
	for (i = 0; i < n && *failed < 0; i++)
		if (!npu_allocator_place(plan->allocator, &order[i]->alloc))
			*failed = fullest_layer(plan, order[i]);
	free(order);
	for (i = 0; i < plan->num_lops && *failed < 0; i++) {
		if (plan->layers[i].striped && !plan->layers[i].chained && !place_stripes(plan, i)) {
			*failed = i;
			*working_set = true;
		}
	}
	/* What comes from outside is loaded, and halos are filled, one phase ahead where there is room. */
	for (i = 0; i < l->num_bufs && *failed < 0; i++) {
		struct npu_place *p = &plan->places[i];

		if (p->used && p->resident && (p->preset || npu_buf_has_halo(&l->bufs[i])))
			npu_allocator_extend(plan->allocator, &p->alloc);
	}
	if (*failed < 0 && !place_fetches(plan, failed)) {
		*working_set = true;
		if (*failed < 0)
			return npu_fail(NPU_ERR_NOMEM, "out of memory");
	}
	return npu_allocator_failed(plan->allocator) ? npu_fail(NPU_ERR_NOMEM, "out of memory") : NPU_OK;
}

/* A layer that steps over rows of its input by pitch cannot read a ring. */
static bool must_be_resident(const struct npu_plan *plan, int buf)
{
	int i, k;

	for (i = plan->places[buf].first; i <= plan->places[buf].last; i++) {
		const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + i];

		if (lop->in.buf == buf && lop->kind == ONPU_OPCODE_ELTWISE)
			for (k = 0; k < lop->num_parts; k++)
				if (lop->parts[k].in_ystep != 1)
					return true;
	}
	return false;
}

/* Spills a buffer that is live in `layer`, not `keep`: the one that occupies most for what it saves. -1: none. */
static int choose_victim(const struct npu_plan *plan, int layer, int keep)
{
	double best = 0;
	int i, victim = -1;

	for (i = 0; i < plan->lowered->num_bufs; i++) {
		const struct npu_place *p = &plan->places[i];
		double score;

		if (!p->used || !p->resident || !is_live(plan, p, layer) || i == keep ||
		    must_be_resident(plan, i))
			continue;
		/* Small ones free nothing. */
		if (p->size < plan->sram / 64)
			continue;
		score = (double)(p->last - p->first + 1) / (p->reads + (p->last_writer >= 0));
		if (victim < 0 || score > best ||
		    (score == best && p->size > plan->places[victim].size)) {
			best = score;
			victim = i;
		}
	}
	return victim;
}

/* Spills until everything fits, but never `keep`; *failed is the layer where that is impossible, or -1. */
static npu_status fit(struct npu_plan *plan, int keep, int *failed)
{
	bool working_set;
	int victim;

	for (;;) {
		struct npu_layer_plan *lp;
		npu_status status = attempt(plan, failed, &working_set);

		if (status || *failed < 0)
			return status;
		lp = &plan->layers[*failed];
		if (working_set && lp->striped && !lp->streamed && lp->num_fetches > 1 && !lp->chained &&
		    npu_cascade_last(plan, *failed) == *failed) {
			lp->streamed = true;
			continue;
		}
		victim = choose_victim(plan, *failed, keep);
		if (victim < 0)
			return NPU_OK;
		plan->places[victim].full_layer = *failed;
		plan->places[victim].live = live_bytes(plan, *failed);
		plan->places[victim].for_work = working_set;
		plan->places[victim].resident = false;
		plan->places[victim].cascade = plan->cascades && !plan->places[victim].alone &&
			npu_cascade_can(plan, victim);
	}
}

/* Makes the plan again for what is resident, which has fit before. */
static npu_status remake(struct npu_plan *plan)
{
	bool working_set;
	int failed;
	npu_status status = attempt(plan, &failed, &working_set);

	return !status && failed >= 0 ? does_not_fit(plan, failed) : status;
}

/*
 * Takes back what need not have been spilled, as others were after it, and then what need not be a cascade; the plan is
 * then made for what remains.
 */
static npu_status restore(struct npu_plan *plan)
{
	bool *streamed = calloc(plan->num_lops + 1, sizeof(*streamed)), work, stale = false;
	npu_status status = streamed ? NPU_OK : npu_fail(NPU_ERR_NOMEM, "out of memory");
	int i, k, n = plan->lowered->num_bufs, failed = -1;

	for (i = 0; !status && i < 2 * n; i++) {
		struct npu_place *p = &plan->places[i % n];

		if (!p->used || p->resident || p->cascade != (i >= n) || p->size > plan->sram)
			continue;
		for (k = 0; k < plan->num_lops; k++)
			streamed[k] = plan->layers[k].streamed;
		p->resident = true;
		status = attempt(plan, &failed, &work);
		stale = failed >= 0;
		if (!stale)
			continue;
		p->resident = false;
		for (k = 0; k < plan->num_lops; k++)
			plan->layers[k].streamed = streamed[k];
	}
	free(streamed);
	return !status && stale ? remake(plan) : status;
}

/* Cycles for beginnings and ends of commands, if those of a layer are in `stripes` stripes. */
static uint64_t command_cycles(const struct npu_plan *plan, int layer, int stripes)
{
	int fetches = plan->layers[layer].num_fetches;

	return (uint64_t)stripes * (fetches ? COMMAND_CYCLES * fetches : SHORT_COMMAND_CYCLES *
				    plan->lowered->lops[plan->first_lop + layer].num_parts);
}

/* What a plan takes, if each layer computes and moves its operands at the same time, and waits for nothing else. */
struct price {
	uint64_t cycles, bytes;
};

static struct price price_of(const struct npu_plan *plan)
{
	struct price sum = { 0 };
	int i, last;

	for (i = 0; i < plan->num_lops; i = last + 1) {
		uint64_t bytes = 0, computing = 0, moving;
		int stripes = 1;

		last = npu_cascade_last(plan, i);
		if (plan->layers[last].striped)
			stripes = (plan->lowered->lops[plan->first_lop + last].out.h + plan->layers[last].stripe - 1) /
				plan->layers[last].stripe;
		for (int k = i; k <= last; k++) {
			bytes += layer_bytes(plan, k);
			computing += plan->layers[k].compute + command_cycles(plan, k, stripes);
		}
		moving = bytes / NPU_BYTES_PER_CYCLE;
		sum.cycles += moving > computing ? moving : computing;
		sum.bytes += bytes;
	}
	return sum;
}

static bool is_cheaper(struct price a, struct price b)
{
	return a.cycles != b.cycles ? a.cycles < b.cycles : a.bytes < b.bytes;
}

/* The best plan so far. */
struct best {
	struct price price;
	struct npu_place *places;
	struct npu_layer_plan *layers;
	int keep;			/* buffer that it had to keep, -1: none */
	bool current;			/* it is the one in npu_plan */
};

static void keep_plan(const struct npu_plan *plan, int keep, struct best *best)
{
	best->keep = keep;
	best->price = price_of(plan);
	memcpy(best->places, plan->places, plan->lowered->num_bufs * sizeof(*plan->places));
	memcpy(best->layers, plan->layers, plan->num_lops * sizeof(*plan->layers));
	best->current = true;
}

/* Makes the plan from the start, with `keep` resident (-1: none); it becomes the best one, if it is. */
static npu_status try_plan(struct npu_plan *plan, int keep, struct best *best)
{
	int i, failed = -1;
	npu_status status;

	for (i = 0; i < plan->lowered->num_bufs; i++)
		plan->places[i].resident = plan->places[i].used;
	for (i = 0; i < plan->num_lops; i++)
		plan->layers[i].streamed = false;
	best->current = false;
	status = fit(plan, keep, &failed);
	if (!status && failed < 0)
		status = restore(plan);
	if (!status && failed < 0 && is_cheaper(price_of(plan), best->price))
		keep_plan(plan, keep, best);
	return status;
}

/*
 * A large buffer is spilled for the sake of small ones, or the other way round, whichever came first.  So each
 * spilled one is kept for a trial, with all others as they come; then all of this with cascades, and then without
 * each of these.  What takes fewer cycles stays.
 */
static npu_status improve(struct npu_plan *plan)
{
	int i, n = plan->lowered->num_bufs;
	struct best best = { .places = malloc((n + 1) * sizeof(*best.places)),
			     .layers = malloc((plan->num_lops + 1) * sizeof(*best.layers)) };
	npu_status status = best.places && best.layers ? NPU_OK : npu_fail(NPU_ERR_NOMEM, "out of memory");
	bool any = false;

	if (!status)
		keep_plan(plan, -1, &best);
	for (i = 0; i < n; i++)
		any |= plan->places[i].used && !plan->places[i].resident;
	for (i = 0; !status && any && i <= 2 * n; i++) {
		int keep = i < n ? i : i - n - 1;

		plan->cascades = i >= n;
		if (keep < 0 || (best.places[keep].used && !best.places[keep].resident &&
				 best.places[keep].size <= plan->sram))
			status = try_plan(plan, keep, &best);
	}
	for (i = 0; !status && any && i < n; i++) {
		if (!best.places[i].used || best.places[i].resident || !best.places[i].cascade)
			continue;
		plan->places[i].alone = true;
		status = try_plan(plan, best.keep, &best);
		plan->places[i].alone = best.places[i].alone;
	}
	if (!status && !best.current) {
		memcpy(plan->places, best.places, n * sizeof(*plan->places));
		memcpy(plan->layers, best.layers, plan->num_lops * sizeof(*plan->layers));
		status = remake(plan);
	}
	free(best.places);
	free(best.layers);
	return status;
}

/* Says in the placement of the node that makes a spilled buffer how large it is, and why it was spilled. */
static npu_status tell_spill(struct npu_plan *plan, const struct npu_place *p)
{
	struct npu_lowered *l = plan->lowered;
	struct npu_node_placement *placement;

	if (p->last_writer < 0)
		return NPU_OK;
	placement = &l->placement[l->lops[plan->first_lop + p->last_writer].node];
	if (p->cascade) {
		npu_status status = npu_placement_add(placement, "; %d of %d rows at once, in turns with node %d",
			plan->layers[p->first + 1].in.rows, l->bufs[p - plan->places].h,
			l->graph->nodes[l->lops[plan->first_lop + p->first + 1].node].index);

		if (status || !p->stored)
			return status;
	}
	if (p->size > plan->sram)
		return npu_placement_add(placement, "; spilled: %u KiB, more than SRAM", p->size / 1024);
	return npu_placement_add(placement, "; spilled: %u KiB of %u KiB live at node %d%s", p->size / 1024,
				 (uint32_t)(p->live / 1024),
				 l->graph->nodes[l->lops[plan->first_lop + p->full_layer].node].index,
				 p->for_work ? ", beside which its rows or weights did not fit" : "");
}

npu_status npu_plan_make(struct npu_plan *plan, struct npu_build *build, int level)
{
	struct npu_lowered *l = build->lowered;
	npu_status status = NPU_OK;
	int i, failed;

	memset(plan, 0, sizeof(*plan));
	plan->build = build;
	plan->lowered = l;
	plan->sram = l->preset->sram_bytes;
	while (plan->first_lop < l->num_lops && l->lops[plan->first_lop].level < level)
		plan->first_lop++;
	while (plan->first_lop + plan->num_lops < l->num_lops &&
	       l->lops[plan->first_lop + plan->num_lops].level == level)
		plan->num_lops++;
	plan->places = calloc(l->num_bufs + 1, sizeof(*plan->places));
	plan->layers = calloc(plan->num_lops + 1, sizeof(*plan->layers));
	if (!plan->places || !plan->layers)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	find_halos(plan);
	find_lifetimes(plan);
	for (i = 0; !status && i < plan->num_lops; i++)
		status = cut_weights(plan, i, plan->sram / 32);
	if (!status)
		status = fit(plan, -1, &failed);
	if (!status && failed >= 0)
		return does_not_fit(plan, failed);
	if (!status)
		status = restore(plan);
	if (!status)
		status = improve(plan);
	for (i = 0; !status && i < l->num_bufs; i++)
		if (plan->places[i].used && !plan->places[i].resident)
			status = tell_spill(plan, &plan->places[i]);
	for (i = 0; !status && i < l->num_bufs; i++)
		if (plan->places[i].used && (plan->places[i].preset || l->bufs[i].home >= 0 ||
					     (!plan->places[i].resident &&
					      (!plan->places[i].cascade || plan->places[i].stored))))
			status = find_home(plan, i);
	return status;
}

void npu_plan_clear(struct npu_plan *plan)
{
	npu_allocator_free(plan->allocator);
	free(plan->places);
	free(plan->layers);
	free(plan->fetches);
	memset(plan, 0, sizeof(*plan));
}
