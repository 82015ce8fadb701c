// SPDX-License-Identifier: MIT
/* From a plan to commands: fills, loads, stripes, tiles and stores, in the order of issue. */
#include "schedule.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

/* At a layer boundary with at most this much to save, a job may be preempted. */
#define PREEMPT_BYTES (64 * 1024)
/* Inputs and outputs of the network move in pieces of about this size. */
#define PIECE_BYTES 2048
#define MAX_PIECES 16
#define MAX_FIRST_PIECES 4
/* Pixels of a piece, at least, in lanes: less, and the array waits for the decoder. */
#define DECODING_PIXELS 2
/* Phases at the end of a job during which a result's first bytes are stored: they are short. */
#define LATE_PHASES 3
/* A warm job that takes longer by 1 / this than the shortest is as good, if it needs less in SRAM. */
#define NEARLY 1000
/* Rows that one LOAD, STORE or FILL can move. */
#define MAX_ROWS 65535

struct schedule {
	struct npu_plan plan;
	struct npu_emitter *emitter;
	int next_fetch;		/* next in *order */
	int piece_in, piece_out;	/* buffers that the current layer loads and stores row by row, or -1 */
	int loaded;		/* rows of piece_in that are there or on their way */
	int stored;		/* channels of the current layer's result that were stored early */
	struct npu_fetch **order;
	bool warm;		/* what is held is there already */
	int last_load;		/* phase behind which the job loads nothing more for itself */
	int held;		/* fetches for the next job */
	bool again;		/* also such as are fetched again for it */
};

static struct onpu_head head(enum onpu_opcode opcode)
{
	return (struct onpu_head){ .opcode = (uint8_t)opcode };
}

static uint32_t smallest(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static npu_status fill(struct schedule *s, int layer, uint8_t value, uint32_t addr, uint32_t n0,
		       uint32_t rows, uint32_t pitch)
{
	npu_status status = NPU_OK;
	uint32_t n;

	for (; !status && n0 && rows; rows -= n, addr += n * pitch) {
		struct onpu_cmd_fill c = { .head = head(ONPU_OPCODE_FILL), .value = value, .n1 = 1, .n0 = n0,
					   .addr = addr, .sram_stride2 = pitch };

		n = smallest(rows, MAX_ROWS);
		c.n2 = (uint16_t)n;
		status = npu_emit(s->emitter, layer, &c, NULL);
	}
	return status;
}

/* The halo of a buffer whose row 0 begins at addr: in front, between rows, behind. */
static npu_status fill_halo(struct schedule *s, int layer, int buf, uint32_t start)
{
	const struct npu_buf *b = &s->plan.lowered->bufs[buf];
	const struct npu_place *p = &s->plan.places[buf];
	uint32_t line = (uint32_t)b->w * b->c, front = (uint32_t)b->halo_l * b->c + b->halo_t * p->row_pitch;
	uint32_t row0 = start + front, gap = p->row_pitch - line;
	npu_status status;

	if (!npu_buf_has_halo(b))
		return NPU_OK;
	status = fill(s, layer, b->pad, start, front, 1, 0);
	if (!status && b->halo_l + b->halo_r)
		status = fill(s, layer, b->pad, row0 + line, gap, b->h - 1, p->row_pitch);
	if (!status)
		status = fill(s, layer, b->pad, row0 + (b->h - 1) * p->row_pitch + line,
			      p->size - front - (b->h - 1) * p->row_pitch - line, 1, 0);
	return status;
}

/* Address of element (y, x, c) of a view in a resident buffer. */
static uint32_t resident_addr(const struct schedule *s, const struct npu_view *v, int y, int x, int c)
{
	const struct npu_place *p = &s->plan.places[v->buf];
	const struct npu_buf *b = &s->plan.lowered->bufs[v->buf];

	if (v->flat)
		return p->alloc.addr + v->offset + y * v->row_pitch + x * v->pix_pitch + c;
	return p->alloc.addr + (b->halo_l + x + v->x) * b->c + (b->halo_t + y + v->y) * p->row_pitch +
		c + v->ch;
}

/* The map of an operand from element (y, x, c) of its view on. */
static struct onpu_fmap map(const struct schedule *s, const struct npu_window *w, int y, int x, int c)
{
	const struct npu_view *v = w->view;
	struct onpu_fmap m = { .row_pitch = w->row_pitch, .pix_pitch = w->pix_pitch };
	int row;

	if (!w->ring) {
		m.addr = resident_addr(s, v, y, x, c);
		return m;
	}
	m.addr = w->alloc.addr + w->lead + (v->flat ? x * w->pix_pitch + c :
					    (x + v->x) * w->pix_pitch + c + v->ch);
	row = (y + (v->flat ? 0 : v->y) - w->base) % w->rows;
	/* RESIZE counts from row 0, which may lie before the ring's first. */
	if (row < 0)
		row += w->rows;
	m.ring = (uint16_t)w->rows;
	m.row = (uint16_t)row;
	return m;
}

/* Rows of a ring that do not go around it are like others. */
static void unroll(struct onpu_fmap *m, uint32_t rows)
{
	if (m->ring && m->row + rows <= m->ring) {
		m->addr += m->row * m->row_pitch;
		m->ring = m->row = 0;
	}
}

/* Bytes from row to row of a view outside. */
static uint32_t home_pitch(const struct schedule *s, const struct npu_view *v)
{
	const struct npu_buf *b = &s->plan.lowered->bufs[v->buf];

	return v->flat ? v->row_pitch : (uint32_t)b->w * b->c;
}

/* Where element (y, x, c) of a view is outside, in its home's region. */
static uint32_t home_offset(const struct schedule *s, const struct npu_view *v, int y, int x, int c)
{
	uint32_t start = s->plan.places[v->buf].offset, row = home_pitch(s, v);
	uint32_t pixel = npu_view_pix_pitch(s->plan.lowered, v);

	if (v->flat)
		return start + v->offset + y * row + x * pixel + c;
	return start + (y + v->y) * row + (x + v->x) * pixel + c + v->ch;
}

/* Moves rows [y0, y1) of a view, at most MAX_ROWS, between its ring and its home outside. */
static npu_status move_some_rows(struct schedule *s, int layer, enum onpu_opcode opcode,
				 const struct npu_window *w, int y0, int y1)
{
	const struct npu_view *v = w->view;
	const struct npu_place *p = &s->plan.places[v->buf];
	const struct npu_buf *b = &s->plan.lowered->bufs[v->buf];
	struct onpu_cmd_load c = { .head = head(opcode), .region = (uint8_t)p->region };
	bool store = opcode == ONPU_OPCODE_STORE;
	/* Loads bring whole rows of the buffer, so that halos and neighbours are there; stores just the view. */
	int x = v->flat || store ? 0 : -v->x, ch = v->flat || store ? 0 : -v->ch;
	uint32_t width = v->flat || store ? v->w : b->w, depth = v->flat || store ? v->c : b->c;
	struct onpu_fmap m = map(s, w, y0, x, ch);

	c.offset = home_offset(s, v, y0, x, ch);
	c.n1 = 1;
	c.n0 = width * depth;
	if (depth != w->pix_pitch) {
		if (width > UINT16_MAX)
			return npu_fail(NPU_ERR_INTERNAL, "a row of %u pixels in one transfer", width);
		c.n0 = depth;
		c.n1 = (uint16_t)width;
		c.ext_stride1 = c.sram_stride1 = w->pix_pitch;
	}
	c.ext_stride2 = home_pitch(s, v);
	c.addr = m.addr;
	c.sram_stride2 = w->row_pitch;
	c.n2 = (uint16_t)(y1 - y0);
	c.ring = m.ring;
	c.row = m.row;
	return npu_emit(s->emitter, layer, &c, NULL);
}

static npu_status move_rows(struct schedule *s, int layer, enum onpu_opcode opcode,
			    const struct npu_window *w, int y0, int y1)
{
	npu_status status = NPU_OK;

	for (; !status && y0 < y1; y0 += MAX_ROWS)
		status = move_some_rows(s, layer, opcode, w, y0,
					y1 - y0 > MAX_ROWS ? y0 + MAX_ROWS : y1);
	return status;
}

/*
 * Brings input rows [y0, y1) of the view into its ring, if the layer before has not made them there; rows outside of
 * the buffer become its pad.
 */
static npu_status load_rows(struct schedule *s, int layer, const struct npu_window *w, int y0, int y1)
{
	const struct npu_view *v = w->view;
	const struct npu_buf *b = &s->plan.lowered->bufs[v->buf];
	int origin = v->flat ? 0 : v->y, lo = v->flat ? 0 : -origin, hi = v->flat ? v->h : b->h - origin, y;
	npu_status status = NPU_OK;

	for (y = y0; !status && y < y1; y++) {
		struct onpu_fmap m;

		if (y >= lo && y < hi)
			continue;
		m = map(s, w, y, -v->x, -v->ch);
		unroll(&m, 1);
		status = fill(s, layer, b->pad, m.addr, (uint32_t)b->w * b->c, 1, 0);
	}
	if (status || w->made)
		return status;
	return move_rows(s, layer, ONPU_OPCODE_LOAD, w, y0 > lo ? y0 : lo, y1 < hi ? y1 : hi);
}

/* A resident buffer's bytes from or to outside; of a vector, those from channel `from` on. */
static npu_status move_buffer(struct schedule *s, int layer, enum onpu_opcode opcode, int buf, int from)
{
	const struct npu_buf *b = &s->plan.lowered->bufs[buf];
	const struct npu_place *p = &s->plan.places[buf];
	struct npu_view v = { .buf = buf, .h = b->h, .w = b->w, .c = b->c };
	struct npu_window w = { .view = &v, .row_pitch = p->row_pitch, .pix_pitch = b->c };
	struct onpu_cmd_load c = { .head = head(opcode), .region = (uint8_t)p->region, .n1 = 1, .n2 = 1,
				   .offset = p->offset + from, .addr = resident_addr(s, &v, 0, 0, from) };

	if (p->row_pitch == (uint32_t)b->w * b->c) {
		c.n0 = (uint32_t)b->h * b->w * b->c - from;
		return npu_emit(s->emitter, layer, &c, NULL);
	}
	return move_rows(s, layer, opcode, &w, 0, b->h);
}

static npu_status load_fetch(struct schedule *s, const struct npu_fetch *f)
{
	struct onpu_cmd_load c = { .head = head(ONPU_OPCODE_LOAD), .region = NPU_REGION_CODE, .n0 = f->size,
				   .n1 = 1, .n2 = 1, .offset = f->offset, .addr = f->alloc.addr };

	return npu_emit(s->emitter, f->layer, &c, NULL);
}

static bool is_there(const struct schedule *s, const struct npu_fetch *f)
{
	return s->warm && f->hold.size;
}

/* Fetches whose time has come, those that phase itself needs first; at most `limit` of the later ones. */
static npu_status issue_fetches(struct schedule *s, int phase, bool now, int limit)
{
	npu_status status = NPU_OK;

	while (!status && s->next_fetch < s->plan.num_fetches) {
		struct npu_fetch *f = s->order[s->next_fetch];

		if (f->alloc.first > phase || (now && f->phase > phase))
			break;
		if (!is_there(s, f)) {
			if (!now && limit-- <= 0)
				break;
			status = load_fetch(s, f);
		}
		s->next_fetch++;
	}
	return status;
}

/* What the next job finds: behind all that this one loads for itself, and once the memory is free. */
static npu_status fetch_again(struct schedule *s, int phase)
{
	npu_status status = NPU_OK;
	int i;

	for (i = 0; !status && i < s->plan.num_fetches; i++) {
		const struct npu_fetch *f = s->order[i];

		if (npu_fetch_again(f) &&
		    phase == (f->hold.first > s->last_load ? f->hold.first : s->last_load))
			status = load_fetch(s, f);
	}
	return status;
}

/* ---- compute commands ---- */

/* Tiles of at most P_MAX pixels, as equal as can be. */
static void choose_tile(uint32_t h, uint32_t w, uint16_t *tile_h, uint16_t *tile_w)
{
	uint32_t n = (w + ONPU_P_MAX - 1) / ONPU_P_MAX, rows;

	*tile_w = (uint16_t)((w + n - 1) / n);
	rows = smallest(ONPU_P_MAX / *tile_w, h);
	n = (h + rows - 1) / rows;
	*tile_h = (uint16_t)((h + n - 1) / n);
}

struct operands {
	struct onpu_fmap in, out;
	struct onpu_post post;
};

/* Operands of rows [i0, i1) of a part, of out_c channels from `channel` on. */
static struct operands operands(const struct schedule *s, int layer, const struct npu_part *p, int i0,
				int i1, int channel, int out_c)
{
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	const struct npu_layer_plan *lp = &s->plan.layers[layer];
	bool array = lop->kind == ONPU_OPCODE_CONV || lop->kind == ONPU_OPCODE_DWCONV ||
		     lop->kind == ONPU_OPCODE_POOL;
	int in_c = p->in_c + (lop->kind == ONPU_OPCODE_CONV ? 0 : channel);
	struct operands o = { .post = lop->post };

	if (lop->kind == ONPU_OPCODE_RESIZE)
		o.in = map(s, &lp->in, 0, 0, channel);
	else
		o.in = map(s, &lp->in, p->in_y + i0 * p->in_ystep, p->in_x, in_c);
	if (!array && lop->kind != ONPU_OPCODE_RESIZE) {
		/* No strides in the command: pitches do it. */
		o.in.row_pitch *= p->in_ystep;
		o.in.pix_pitch *= p->in_xstep;
	}
	o.out = map(s, &lp->out, p->out_y + i0 * p->out_ystep, p->out_x, p->out_c + channel);
	/* What steps over rows is in stripes that do not go around. */
	unroll(&o.out, (i1 - i0 - 1) * p->out_ystep + 1);
	o.out.row_pitch *= p->out_ystep;
	o.out.pix_pitch *= p->out_xstep;
	if (lop->kind == ONPU_OPCODE_POOL && lop->post.round != ONPU_ROUND_N && p->mult) {
		o.post.mult = p->mult;
		o.post.shift = p->shift;
	}
	if (lp->op2.view) {
		bool one = lop->post.flags & ONPU_POST_OP2_ONE_CHANNEL;
		int y = lop->op2_ystep ? p->out_y + i0 * p->out_ystep : 0;
		int x = lop->op2_xstep ? p->out_x : 0, c = p->out_c + channel;

		o.post.op2 = map(s, &lp->op2, y, x, one || c >= lop->post.op2_channels ? 0 : c);
		unroll(&o.post.op2, lop->op2_ystep ? (i1 - i0 - 1) * p->out_ystep + 1 : 1);
		o.post.op2.row_pitch *= lop->op2_ystep * p->out_ystep;
		o.post.op2.pix_pitch *= lop->op2_xstep * p->out_xstep;
		if (!one)
			o.post.op2_channels = (uint16_t)(lop->post.op2_channels <= c ? 0 :
				smallest(lop->post.op2_channels - c, out_c));
	}
	if (lp->blob[NPU_BLOB_ACT] >= 0) {
		o.post.act_addr = s->plan.fetches[lp->blob[NPU_BLOB_ACT]].alloc.addr;
		if (lop->post.act == ONPU_ACT_PRELU)
			o.post.act_addr += p->out_c + channel;
	}
	return o;
}

/* How many of n equal runs of bytes can become one: n's largest divisor that the field for channels can hold. */
static uint32_t joinable(uint32_t n, uint32_t bytes)
{
	uint32_t k = smallest(n, UINT16_MAX / bytes);

	while (n % k)
		k--;
	return k;
}

/*
 * Joins pixels, and rows, that are contiguous on all sides, so that vectors are full, and so that few runs are left:
 * vectors at the same place of runs whose pitch is a multiple of all banks are in one bank.
 */
static void flatten(struct onpu_cmd_eltwise *c)
{
	struct onpu_post *p = &c->post;
	bool op2 = p->op2_op != ONPU_OP2_NONE;
	uint32_t k;

	if (p->act == ONPU_ACT_PRELU || p->flags & ONPU_POST_OP2_ONE_CHANNEL ||
	    (op2 && p->op2_channels != c->out_c))
		return;
	if (c->in.pix_pitch != c->out_c || c->out.pix_pitch != c->out_c ||
	    (op2 && c->out_w > 1 && p->op2.pix_pitch != c->out_c))
		return;
	k = joinable(c->out_w, c->out_c);
	c->out_w /= k;
	c->out_c *= k;
	c->in.pix_pitch *= k;
	c->out.pix_pitch *= k;
	p->op2.pix_pitch *= k;
	unroll(&c->in, c->out_h);
	if (c->out_w == 1 && !c->in.ring && !c->out.ring && !p->op2.ring &&
	    c->in.row_pitch == c->out_c && c->out.row_pitch == c->out_c &&
	    (!op2 || c->out_h == 1 || p->op2.row_pitch == c->out_c)) {
		k = joinable(c->out_h, c->out_c);
		c->out_h /= k;
		c->out_c *= k;
		c->in.row_pitch *= k;
		c->out.row_pitch *= k;
		p->op2.row_pitch *= k;
	}
	if (op2)
		p->op2_channels = c->out_c;
}

/* Rows [i0, i1) of a part, with channels of one fetch (CONV, DWCONV) or all. */
static npu_status emit_part(struct schedule *s, int layer, const struct npu_part *p, int i0, int i1,
			    const struct npu_fetch *f)
{
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	const struct npu_layer_plan *lp = &s->plan.layers[layer];
	uint16_t out_c = (uint16_t)(f ? f->count : p->c), out_h = (uint16_t)(i1 - i0), out_w = (uint16_t)p->w;
	struct operands o = operands(s, layer, p, i0, i1, f ? f->channel : 0, out_c);
	struct onpu_head h = head(lop->kind);

	h.flags = ONPU_CMD_PROFILE;
	switch (lop->kind) {
	case ONPU_OPCODE_CONV: {
		struct onpu_cmd_conv c = { .head = h, .out_h = out_h, .out_w = out_w, .out_c = out_c,
			.mode = lop->mode, .stride_h = (uint8_t)p->in_ystep, .stride_w = (uint8_t)p->in_xstep,
			.weight_zero = lop->weight_zero, .weights = f->alloc.addr, .weights_size = f->size,
			.in = o.in, .out = o.out, .post = o.post };

		choose_tile(out_h, out_w, &c.tile_h, &c.tile_w);
		return npu_emit(s->emitter, layer, &c, f->data);
	}
	case ONPU_OPCODE_DWCONV: {
		struct onpu_cmd_dwconv c = { .head = h, .out_h = out_h, .out_w = out_w, .out_c = out_c,
			.mode = lop->mode, .stride_h = (uint8_t)p->in_ystep, .stride_w = (uint8_t)p->in_xstep,
			.weight_zero = lop->weight_zero, .kernel_h = (uint8_t)p->kernel_h,
			.kernel_w = (uint8_t)p->kernel_w, .dilation_h = (uint8_t)lop->dilation_h,
			.dilation_w = (uint8_t)lop->dilation_w, .weights = f->alloc.addr,
			.weights_size = f->size, .in = o.in, .out = o.out, .post = o.post };

		choose_tile(out_h, out_w, &c.tile_h, &c.tile_w);
		return npu_emit(s->emitter, layer, &c, f->data);
	}
	case ONPU_OPCODE_POOL: {
		struct onpu_cmd_pool c = { .head = h, .out_h = out_h, .out_w = out_w, .out_c = out_c,
			.mode = lop->mode, .kernel_h = (uint16_t)p->kernel_h, .kernel_w = (uint16_t)p->kernel_w,
			.stride_h = (uint16_t)p->in_ystep, .stride_w = (uint16_t)p->in_xstep,
			.op = (uint16_t)lop->pool, .in = o.in, .out = o.out, .post = o.post };

		return npu_emit(s->emitter, layer, &c, NULL);
	}
	case ONPU_OPCODE_RESIZE: {
		struct onpu_cmd_resize c = { .head = h, .out_h = out_h, .out_w = out_w, .out_c = out_c,
			.mode = lop->mode, .in_h = (uint16_t)lop->in.h, .in_w = (uint16_t)lop->in.w,
			.rows = s->plan.fetches[lp->blob[NPU_BLOB_ROWS]].alloc.addr + 8 * i0,
			.columns = s->plan.fetches[lp->blob[NPU_BLOB_COLUMNS]].alloc.addr,
			.in = o.in, .out = o.out, .post = o.post };

		return npu_emit(s->emitter, layer, &c, NULL);
	}
	default: {
		struct onpu_cmd_eltwise c = { .head = h, .out_h = out_h, .out_w = out_w, .out_c = out_c,
			.mode = lop->mode, .in = o.in, .out = o.out, .post = o.post };

		flatten(&c);
		return npu_emit(s->emitter, layer, &c, NULL);
	}
	}
}

/* All commands of output rows [r0, r1) for the fetches [first, first + count). */
static npu_status emit_rows(struct schedule *s, int layer, int r0, int r1, int first, int count)
{
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	const struct npu_layer_plan *lp = &s->plan.layers[layer];
	npu_status status = NPU_OK;
	int i, i0, i1;

	if (lop->prefill) {
		struct onpu_fmap m = map(s, &lp->out, r0, 0, 0);

		unroll(&m, r1 - r0);
		if (lop->out.c == (int)m.pix_pitch) {
			status = fill(s, layer, lop->fill, m.addr, (uint32_t)lop->out.w * lop->out.c, r1 - r0,
				      m.row_pitch);
		} else {
			struct onpu_cmd_fill c = { .head = head(ONPU_OPCODE_FILL), .value = lop->fill,
				.n0 = lop->out.c, .n1 = (uint16_t)lop->out.w, .addr = m.addr,
				.sram_stride1 = m.pix_pitch, .sram_stride2 = m.row_pitch,
				.n2 = (uint16_t)(r1 - r0) };

			status = npu_emit(s->emitter, layer, &c, NULL);
		}
	}
	if (!lop->num_streams) {
		for (i = 0; !status && i < lop->num_parts; i++)
			if (npu_plan_part_rows(&lop->parts[i], r0, r1, &i0, &i1))
				status = emit_part(s, layer, &lop->parts[i], i0, i1, NULL);
		return status;
	}
	for (i = first; !status && i < first + count; i++) {
		struct npu_fetch *f = &s->plan.fetches[i];

		if (lp->streamed) {
			f->alloc.addr = lp->stream[i & 1].addr;
			status = load_fetch(s, f);
		}
		if (!status && npu_plan_part_rows(&lop->parts[f->part], r0, r1, &i0, &i1))
			status = emit_part(s, layer, &lop->parts[f->part], i0, i1, f);
	}
	return status;
}

/* What must be in place before the first phase of a layer. */
static npu_status open_layer(struct schedule *s, int layer)
{
	struct npu_plan *plan = &s->plan;
	struct npu_layer_plan *lp = &plan->layers[layer];
	const struct npu_window *inputs[2] = { &lp->in, &lp->op2 };
	npu_status status = NPU_OK;
	int i;

	for (i = 0; !status && i < 2; i++) {
		const struct npu_window *w = inputs[i];
		const struct npu_buf *b;

		if (!w->view || !w->ring || w->view->flat || (i && w->made) || (!i && lp->chunk))
			continue;
		b = &plan->lowered->bufs[w->view->buf];
		/* Side halos of all ring rows, once: loads do not touch them. */
		if (b->halo_l || b->halo_r)
			status = fill(s, layer, b->pad, w->alloc.addr, w->alloc.size, 1, 0);
	}
	return status;
}

/* Halos and loads of resident buffers whose memory is theirs from this phase on. */
static npu_status open_buffers(struct schedule *s, int phase)
{
	struct npu_plan *plan = &s->plan;
	npu_status status = NPU_OK;
	int i;

	for (i = 0; !status && i < plan->lowered->num_bufs; i++) {
		struct npu_place *p = &plan->places[i];

		if (!p->used || !p->resident || p->alloc.first != phase)
			continue;
		status = fill_halo(s, p->first, i, p->alloc.addr);
		if (!status && p->preset && i != s->piece_in)
			status = move_buffer(s, p->first, ONPU_OPCODE_LOAD, i, 0);
	}
	return status;
}

/* Resident buffers that must be visible outside, once their last writer is done. */
static npu_status store_results(struct schedule *s, int layer)
{
	struct npu_plan *plan = &s->plan;
	npu_status status = NPU_OK;
	int i;

	for (i = 0; !status && i < plan->lowered->num_bufs; i++) {
		const struct npu_place *p = &plan->places[i];

		if (p->used && p->resident && p->last_writer == layer && plan->lowered->bufs[i].home >= 0 &&
		    i != s->piece_out)
			status = move_buffer(s, layer, ONPU_OPCODE_STORE, i, s->stored);
	}
	return status;
}

/* All rows of channels [c, c + n) of a pool's input, dense, as its input of this moment. */
static npu_status load_chunk(struct schedule *s, int layer, struct npu_alloc *to, int c, int n)
{
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	struct npu_window *w = &s->plan.layers[layer].in;
	const struct npu_view *v = &lop->in;
	struct onpu_cmd_load load = { .head = head(ONPU_OPCODE_LOAD),
		.region = (uint8_t)s->plan.places[v->buf].region, .n0 = n, .n1 = (uint16_t)v->w,
		.n2 = (uint16_t)v->h, .offset = home_offset(s, v, 0, 0, c),
		.ext_stride1 = npu_view_pix_pitch(s->plan.lowered, v),
		.ext_stride2 = home_pitch(s, v), .addr = to->addr, .sram_stride1 = n,
		.sram_stride2 = (uint32_t)n * v->w };

	w->alloc = *to;
	w->rows = v->h;
	w->base = v->flat ? 0 : v->y;
	w->pix_pitch = n;
	w->row_pitch = (uint32_t)n * v->w;
	/* map() adds what lies in front of the chunk. */
	w->lead = -(uint32_t)(c + (v->flat ? 0 : v->x * n + v->ch));
	return npu_emit(s->emitter, layer, &load, NULL);
}

/* A pool whose input comes some channels at a time. */
static npu_status emit_chunks(struct schedule *s, int layer)
{
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	struct npu_layer_plan *lp = &s->plan.layers[layer];
	int height = lop->out.h, c, i, i0, i1;
	npu_status status = NPU_OK;

	if (lp->op2.view && lp->op2.ring)
		status = load_rows(s, layer, &lp->op2, 0, lop->op2_ystep ? height : 1);
	for (c = 0; !status && c < lop->in.c; c += lp->chunk) {
		int n = lp->chunk < lop->in.c - c ? lp->chunk : lop->in.c - c;
		struct npu_fetch channels = { .channel = c, .count = n };

		status = load_chunk(s, layer, &lp->stream[c / lp->chunk % 2], c, n);
		for (i = 0; !status && i < lop->num_parts; i++)
			if (npu_plan_part_rows(&lop->parts[i], 0, height, &i0, &i1))
				status = emit_part(s, layer, &lop->parts[i], i0, i1, &channels);
	}
	if (!status && lp->out.ring)
		status = move_rows(s, layer, ONPU_OPCODE_STORE, &lp->out, 0, height);
	return status;
}

/* Rows of a network's input that output rows [r, end) need and that are not there yet. */
static npu_status load_piece(struct schedule *s, int layer, int r, int end, int *loaded)
{
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	/* Rows of the view that are border were filled. */
	int lo = -lop->in.y, hi = s->plan.lowered->bufs[lop->in.buf].h - lop->in.y;
	int y0, y1 = 0, from = *loaded > lo ? *loaded : lo;

	npu_plan_input_rows(lop, r, end, &y0, &y1);
	if (end == lop->out.h || y1 > hi)
		y1 = hi;
	if (y1 <= from)
		return NPU_OK;
	*loaded = y1;
	return move_rows(s, layer, ONPU_OPCODE_LOAD, &s->plan.layers[layer].in, from, y1);
}

/* Output rows of the first stripe of a network's input that are computed while the next ones are loaded. */
static int first_piece(const struct schedule *s, int layer, int rows)
{
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	int unit = npu_plan_row_unit(lop), pieces = (int)((uint64_t)lop->in.w * lop->in.c * lop->in.h * rows /
							   lop->out.h / (2 * PIECE_BYTES));

	pieces = pieces < 1 ? 1 : pieces > MAX_FIRST_PIECES ? MAX_FIRST_PIECES : pieces;
	return ((rows + pieces - 1) / pieces + unit - 1) / unit * unit;
}

/* Layers whose operands stream through rings, in turns. */
struct stripes {
	struct schedule *s;
	int first, last;
	int loaded[NPU_CASCADE_LAYERS];		/* input rows of each layer that are there or on their way */
	bool begun[NPU_CASCADE_LAYERS];
	int share;				/* later fetches that are issued behind each stripe of the last layer */
};

static npu_status emit_stripe(void *context, int layer, int r, int end)
{
	struct stripes *stripes = context;
	struct schedule *s = stripes->s;
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	struct npu_layer_plan *lp = &s->plan.layers[layer];
	int k = layer - stripes->first, y0, y1, from = r, to = end;
	bool first = !stripes->begun[k], input = !k && s->piece_in >= 0;
	npu_status status = NPU_OK;

	stripes->begun[k] = true;
	if (lp->in.ring && npu_plan_input_rows(lop, r, end, &y0, &y1)) {
		int *loaded = &stripes->loaded[k];

		y0 = !first && y0 < *loaded ? *loaded : y0;
		*loaded = !first && *loaded > y1 ? *loaded : y1;
		status = load_rows(s, layer, &lp->in, y0, y1);
	}
	if (!status && lp->op2.view && lp->op2.ring && (first || lop->op2_ystep))
		status = load_rows(s, layer, &lp->op2, lop->op2_ystep ? r : 0, lop->op2_ystep ? end : 1);
	for (; !status && from < end; from = to) {
		to = input && first ? from + first_piece(s, layer, end - r) : end;
		to = to < end ? to : end;
		if (input)
			status = load_piece(s, layer, from, to, &s->loaded);
		if (!status)
			status = emit_rows(s, layer, from, to, lp->fetch, lp->num_fetches);
	}
	if (!status && layer == stripes->last && s->piece_out >= 0)
		status = move_rows(s, layer, ONPU_OPCODE_STORE, &lp->out, r, end);
	if (!status && lp->out.ring && !lp->out.made)
		status = move_rows(s, layer, ONPU_OPCODE_STORE, &lp->out, r, end);
	if (!status && layer == stripes->last)
		status = issue_fetches(s, lp->first_phase, false, stripes->share);
	return status;
}

static npu_status emit_stripes(struct schedule *s, int first, int last)
{
	const struct npu_plan *plan = &s->plan;
	int height = plan->lowered->lops[plan->first_lop + last].out.h, stripe = plan->layers[last].stripe;
	int count = (height + stripe - 1) / stripe, later = 0, i;
	struct stripes stripes = { .s = s, .first = first, .last = last };

	for (i = s->next_fetch; i < plan->num_fetches; i++)
		later += s->order[i]->alloc.first <= plan->layers[first].first_phase;
	stripes.share = (later + count - 1) / count;
	return npu_cascade_walk(plan, first, emit_stripe, &stripes);
}

static bool covers(const struct npu_lowered *l, const struct npu_view *v)
{
	const struct npu_buf *b = &l->bufs[v->buf];

	return !v->flat && !v->y && !v->x && !v->ch && v->h == b->h && v->w == b->w && v->c == b->c;
}

/*
 * A layer that brings in a network's input, or makes an output, in one go: then transfers and compute overlap if it
 * is done in pieces of rows.  Returns the number of pieces; a layer in stripes brings the input with them.
 */
static int choose_pieces(struct schedule *s, int layer, int last)
{
	const struct npu_plan *plan = &s->plan;
	const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + layer];
	const struct npu_layer_plan *lp = &plan->layers[layer];
	const struct npu_view *result = &plan->lowered->lops[plan->first_lop + last].out;
	const struct npu_place *in = &plan->places[lop->in.buf], *out = &plan->places[result->buf];
	uint32_t bytes = 0;

	s->piece_in = s->piece_out = -1;
	if (lp->num_phases != 1)
		return 1;
	/* A view may begin and end in the halo, but must have all rows.  In turns, what nobody asks for is not made. */
	if (in->resident && in->preset && in->first == layer && in->alloc.first == lp->first_phase && !lop->in.flat &&
	    lop->in.y <= 0 && lop->in.y + lop->in.h >= plan->lowered->bufs[lop->in.buf].h &&
	    lop->op2.buf != lop->in.buf && (last == layer || in->last == layer)) {
		s->piece_in = lop->in.buf;
		bytes = (uint32_t)lop->in.h * lop->in.w * lop->in.c;
	}
	if (out->resident && !lp->chunk && plan->lowered->bufs[result->buf].home >= 0 && out->last_writer == last &&
	    !out->preset && out->first == last && covers(plan->lowered, result)) {
		s->piece_out = result->buf;
		bytes += (uint32_t)result->h * result->w * result->c;
	}
	if (lp->striped)
		return 1;
	bytes /= PIECE_BYTES;
	return bytes < 2 ? 1 : bytes > MAX_PIECES ? MAX_PIECES : (int)bytes;
}

/*
 * A vector that leaves the network, made by several phases: what they made up to this one is stored before the
 * others.  Then the end waits neither for these bytes nor for the page's translation.
 */
static npu_status store_early(struct schedule *s, int layer, int phase)
{
	const struct npu_plan *plan = &s->plan;
	const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + layer];
	const struct npu_layer_plan *lp = &plan->layers[layer];
	const struct npu_place *out = &plan->places[lop->out.buf];
	int made = plan->fetches[lp->fetch + phase].channel + plan->fetches[lp->fetch + phase].count;
	struct npu_view early = lop->out;
	struct npu_window w = { .view = &early, .row_pitch = out->row_pitch, .pix_pitch = (uint32_t)lop->out.c };

	if (plan->lowered->bufs[lop->out.buf].home < 0 || out->last_writer != layer || out->first != layer ||
	    out->preset || !covers(plan->lowered, &lop->out) || lop->out.h * lop->out.w != 1 || lop->num_parts != 1)
		return NPU_OK;
	early.c = made;
	s->stored = made;
	return move_rows(s, layer, ONPU_OPCODE_STORE, &w, 0, 1);
}

/* Rows of a tile that is large enough: a block of weights is decoded while the one before is multiplied. */
static int rows_of_decoding(const struct schedule *s, const struct npu_lop *lop)
{
	int pixels = DECODING_PIXELS * (int)s->plan.lowered->preset->lanes;

	return (pixels + lop->out.w - 1) / lop->out.w;
}

/* Rows that a layer can compute while its weights, which nobody has fetched before, are loaded. */
static int first_rows(const struct schedule *s, int layer)
{
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	const struct npu_layer_plan *lp = &s->plan.layers[layer];
	uint64_t bytes = 0;
	int i;

	for (i = lp->fetch; i < lp->fetch + lp->num_fetches; i++)
		if (s->plan.fetches[i].alloc.first == lp->first_phase && !is_there(s, &s->plan.fetches[i]))
			bytes += s->plan.fetches[i].size;
	return lp->compute ? (int)(bytes / NPU_BYTES_PER_CYCLE * lop->out.h / lp->compute) : 0;
}

/* Rows of a layer's piece that begins at row r. */
static int piece_rows(const struct schedule *s, int layer, int pieces, int r)
{
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	int unit = npu_plan_row_unit(lop), rows = (lop->out.h + pieces - 1) / pieces, least = 0;

	if (pieces > 1 && lop->kind == ONPU_OPCODE_CONV)
		least = rows_of_decoding(s, lop);
	rows = rows < least ? least : rows;
	least = pieces > 1 && !r ? first_rows(s, layer) : 0;
	rows = rows < least ? least : rows;
	rows = (rows + unit - 1) / unit * unit;
	return rows < lop->out.h - r ? rows : lop->out.h - r;
}

static npu_status emit_pieces(struct schedule *s, int layer, int pieces)
{
	const struct npu_lop *lop = &s->plan.lowered->lops[s->plan.first_lop + layer];
	struct npu_layer_plan *lp = &s->plan.layers[layer];
	npu_status status = NPU_OK;
	int r, end;

	for (r = 0; !status && r < lop->out.h; r = end) {
		end = r + piece_rows(s, layer, pieces, r);
		if (s->piece_in >= 0)
			status = load_piece(s, layer, r, end, &s->loaded);
		if (!status)
			status = emit_rows(s, layer, r, end, lp->fetch, lp->num_fetches);
		if (!status && s->piece_out >= 0)
			status = move_rows(s, layer, ONPU_OPCODE_STORE, &lp->out, r, end);
	}
	return status;
}

/* A point at which little must be saved; ranges that touch each other are one. */
static npu_status emit_preempt(struct schedule *s, int layer)
{
	struct npu_plan *plan = &s->plan;
	struct onpu_cmd_preempt c = { .head = head(ONPU_OPCODE_PREEMPT) };
	int phase = plan->layers[layer].first_phase + plan->layers[layer].num_phases, i, n = 0;
	uint64_t total = 0;

	if (layer + 1 >= plan->num_lops)
		return NPU_OK;
	for (i = 0; i < plan->lowered->num_bufs + plan->num_fetches; i++) {
		const struct npu_alloc *a;

		if (i < plan->lowered->num_bufs) {
			const struct npu_place *p = &plan->places[i];

			if (!p->used || !p->resident || p->alloc.first >= phase)
				continue;
			a = &p->alloc;
		} else {
			const struct npu_fetch *f = s->order[i - plan->lowered->num_bufs];

			if (i - plan->lowered->num_bufs >= s->next_fetch && !is_there(s, f))
				continue;
			a = &f->alloc;
		}
		if (a->last < phase)
			continue;
		total += a->size;
		if (n && c.live[n - 1].addr + c.live[n - 1].size == a->addr) {
			c.live[n - 1].size += a->size;
			continue;
		}
		if (n == ONPU_PREEMPT_RANGES || total > PREEMPT_BYTES)
			return NPU_OK;
		c.live[n++] = (struct onpu_range){ a->addr, a->size };
	}
	return total > PREEMPT_BYTES ? NPU_OK : npu_emit(s->emitter, layer, &c, NULL);
}

/* A layer, or several that take turns: they have one phase. */
static npu_status emit_layers(struct schedule *s, int layer, int last)
{
	struct npu_plan *plan = &s->plan;
	const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + layer];
	struct npu_layer_plan *lp = &plan->layers[layer];
	npu_status status = NPU_OK;
	int i, k, pieces = choose_pieces(s, layer, last);

	s->stored = s->loaded = 0;
	for (i = 0; !status && i < lp->num_phases; i++) {
		int phase = lp->first_phase + i;

		/* Of many weights the first ones are enough to begin with, if there is something to work on. */
		if (lp->num_fetches > 1 && s->piece_in >= 0 && !lp->striped)
			status = load_piece(s, layer, 0, piece_rows(s, layer, pieces, 0), &s->loaded);
		if (!status)
			status = issue_fetches(s, phase, true, 0);
		for (k = layer; !status && i == 0 && k <= last; k++)
			status = open_layer(s, k);
		if (!status)
			status = open_buffers(s, phase);
		if (!status && lp->chunk)
			status = emit_chunks(s, layer);
		else if (!status && lp->striped)
			status = emit_stripes(s, layer, last);
		else if (!status && lp->num_phases == 1)
			status = emit_pieces(s, layer, pieces);
		else if (!status)
			status = emit_rows(s, layer, 0, lop->out.h, lp->fetch + i, 1);
		if (!status && i == lp->num_phases - 1 - LATE_PHASES)
			status = store_early(s, layer, i);
		/* Behind the phase's own commands: nothing of it waits for what is for later. */
		if (!status)
			status = issue_fetches(s, phase, false, plan->num_fetches);
		if (!status)
			status = fetch_again(s, phase);
	}
	for (k = layer; !status && k <= last; k++)
		status = store_results(s, k);
	if (!status)
		status = emit_preempt(s, last);
	return status;
}

static int by_issue(const void *a, const void *b)
{
	const struct npu_fetch *x = *(struct npu_fetch *const *)a, *y = *(struct npu_fetch *const *)b;

	if (x->alloc.first != y->alloc.first)
		return x->alloc.first < y->alloc.first ? -1 : 1;
	if (x->phase != y->phase)
		return x->phase < y->phase ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void *append(void *array, int count, int more, size_t size)
{
	void *p = realloc(array, (size_t)(count + more + 1) * size);

	if (!p)
		npu_fail(NPU_ERR_NOMEM, "out of memory");
	return p;
}

/* Adds a stream's parts; its first layer and its offset in the code come to theirs. */
static npu_status record_parts(struct npu_layer_part **parts, int *count, const struct npu_emitted *e, int layer,
			       uint32_t entry)
{
	void *p = append(*parts, *count, e->num_parts, sizeof(**parts));
	int i;

	if (!p)
		return NPU_ERR_NOMEM;
	*parts = p;
	for (i = 0; i < e->num_parts; i++)
		(*parts)[(*count)++] = (struct npu_layer_part){
			.layer = layer + e->parts[i].layer, .offset = entry + e->parts[i].offset };
	return NPU_OK;
}

/* Step, layers and parts of the finished job. */
static npu_status record(struct schedule *s, const struct npu_emitted *e)
{
	struct npu_program *program = s->plan.build->program;
	const struct npu_plan *plan = &s->plan;
	int i, step = program->num_steps;
	uint32_t entry, peak;
	npu_status status;
	void *p;

	status = npu_build_code(plan->build, e->stream, e->size, &entry);
	if (status)
		return status;
	p = append(program->steps, program->num_steps, 1, sizeof(*program->steps));
	if (!p)
		return NPU_ERR_NOMEM;
	program->steps = p;
	p = append(program->layers, program->num_layers, plan->num_lops, sizeof(*program->layers));
	if (!p)
		return NPU_ERR_NOMEM;
	program->layers = p;
	status = record_parts(&program->parts, &program->num_parts, e, program->num_layers, entry);
	if (status)
		return status;
	program->steps[program->num_steps++] = (struct npu_step){ .node = -1, .entry = entry, .size = e->size,
		.cycles = e->cycles, .max_cycles = 16 * e->cycles + 1000000 };
	for (i = 0; i < plan->num_lops; i++) {
		const struct npu_lop *lop = &plan->lowered->lops[plan->first_lop + i];
		struct npu_layer *layer = &program->layers[program->num_layers];

		*layer = (struct npu_layer){ .name = strdup(lop->name), .node = lop->node, .step = step,
			.macs = lop->macs, .start_cycle = e->layers[i].start_cycle,
			.end_cycle = e->layers[i].end_cycle, .read_bytes = e->layers[i].read_bytes,
			.write_bytes = e->layers[i].write_bytes };
		if (!layer->name)
			return npu_fail(NPU_ERR_NOMEM, "out of memory");
		program->num_layers++;
	}
	peak = npu_allocator_peak(plan->allocator);
	if (peak > program->sram_bytes)
		program->sram_bytes = peak;
	return NPU_OK;
}

/* The job's other stream, behind the first. */
static npu_status record_warm(struct schedule *s, const struct npu_emitted *e)
{
	struct npu_program *program = s->plan.build->program;
	npu_status status;
	uint64_t bytes = 0;
	uint32_t entry;
	int i;

	status = npu_build_code(s->plan.build, e->stream, e->size, &entry);
	if (status)
		return status;
	for (i = 0; i < s->plan.num_lops; i++)
		bytes += e->layers[i].read_bytes;
	program->warm = (struct npu_warm){ .step = program->num_steps - 1, .entry = entry, .size = e->size,
					   .cycles = e->cycles, .read_bytes = bytes };
	return record_parts(&program->warm.parts, &program->warm.num_parts, e,
			    program->num_layers - s->plan.num_lops, entry);
}

/* Emits the job; *emitted is valid until the next time. */
static npu_status emit_job(struct schedule *s, bool warm, struct npu_emitted *emitted)
{
	npu_status status = NPU_OK;
	int i, last;

	npu_emitter_free(s->emitter);
	s->emitter = npu_emitter_new(s->plan.lowered->preset);
	if (!s->emitter)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	s->warm = warm;
	s->next_fetch = 0;
	for (i = 0; !status && i < s->plan.num_lops; i = last + 1) {
		last = npu_cascade_last(&s->plan, i);
		status = emit_layers(s, i, last);
	}
	return status ? status : npu_emitter_finish(s->emitter, s->plan.num_lops, emitted);
}

/* The last phase in which something is loaded that is not for the next job. */
static int last_load(const struct npu_plan *plan)
{
	int i, last = 0;

	for (i = 0; i < plan->num_fetches; i++)
		if (npu_fetch_planned(&plan->fetches[i]) && plan->fetches[i].phase > last)
			last = plan->fetches[i].phase;
	for (i = 0; i < plan->num_lops; i++) {
		int end = plan->layers[i].first_phase + plan->layers[i].num_phases - 1;

		if (plan->layers[i].striped && end > last)
			last = end;
	}
	for (i = 0; i < plan->lowered->num_bufs; i++) {
		const struct npu_place *p = &plan->places[i];

		if (p->used && p->preset && plan->layers[p->first].first_phase > last)
			last = plan->layers[p->first].first_phase;
	}
	return last;
}

/*
 * Holds as many fetches as does not make the job longer than `cycles`: if those that are fetched again come too late,
 * fewer; if all do, those that stay.
 */
static npu_status hold_in_time(struct schedule *s, uint64_t cycles)
{
	struct npu_emitted emitted;
	npu_status status;
	int most = s->plan.num_fetches;

	s->again = true;
	while (most) {
		s->held = npu_warm_hold(&s->plan, s->order, most, s->again);
		status = emit_job(s, false, &emitted);
		if (status || emitted.cycles <= cycles)
			return status;
		most = s->held / 2;
		if (!most && s->again) {
			s->again = false;
			most = s->plan.num_fetches;
		}
	}
	s->held = 0;
	return NPU_OK;
}

/*
 * How many fetches a job, which takes `cycles` without, holds for the next one: as few as make that one as fast as it
 * can be, or nearly.  They are in what a preemption must save.
 */
static npu_status choose_held(struct schedule *s, uint64_t cycles)
{
	struct npu_emitted emitted = { .cycles = 0 };
	npu_status status;
	uint64_t best;
	int k;

	status = hold_in_time(s, cycles);
	if (status || !s->held)
		return status;
	status = emit_job(s, true, &emitted);
	best = emitted.cycles;
	/* Too little for what it costs: places that others might have, and a second stream. */
	if (best + best / NEARLY >= cycles)
		s->held = 0;
	for (k = 1; !status && k < s->held; k *= 2) {
		npu_warm_hold(&s->plan, s->order, k, s->again);
		status = emit_job(s, true, &emitted);
		if (status || emitted.cycles > best + best / NEARLY)
			continue;
		status = emit_job(s, false, &emitted);
		if (emitted.cycles <= cycles)
			s->held = k;
	}
	return status;
}

npu_status npu_schedule(struct npu_build *build, int level)
{
	struct schedule s = { .next_fetch = 0 };
	struct npu_emitted emitted;
	npu_status status;
	int i;

	status = npu_plan_make(&s.plan, build, level);
	if (!status) {
		s.order = malloc((s.plan.num_fetches + 1) * sizeof(*s.order));
		if (!s.order)
			status = npu_fail(NPU_ERR_NOMEM, "out of memory");
	}
	if (!status) {
		for (i = 0; i < s.plan.num_fetches; i++)
			s.order[i] = &s.plan.fetches[i];
		qsort(s.order, s.plan.num_fetches, sizeof(*s.order), by_issue);
		s.last_load = last_load(&s.plan);
		status = emit_job(&s, false, &emitted);
	}
	/* Between two inferences nothing but this job may use SRAM. */
	if (!status && s.plan.num_lops == build->lowered->num_lops)
		status = choose_held(&s, emitted.cycles);
	if (!status) {
		npu_warm_hold(&s.plan, s.order, s.held, s.again);
		status = emit_job(&s, false, &emitted);
	}
	if (!status)
		status = record(&s, &emitted);
	if (!status && s.held) {
		status = emit_job(&s, true, &emitted);
		if (!status)
			status = record_warm(&s, &emitted);
	}
	npu_emitter_free(s.emitter);
	free(s.order);
	npu_plan_clear(&s.plan);
	return status;
}
