// SPDX-License-Identifier: MIT
/*
 * ELTWISE, POOL and RESIZE want a window, an operand and a place for a result in most cycles, and
 * what has to wait depends on where these lie in the SRAM's banks.  No formula says that, so the
 * ports are simulated, cycle by cycle, as hw-model/rtl/onpu_vector, onpu_post and onpu_sram work;
 * of a long command only some rows, and the rest as fast as they are at last.
 */
#include "cost_vector.h"

#include <string.h>

#include "ports.h"

/* Cycles after which the rate is settled, and windows that are simulated. */
#define SETTLED 512
#define LONGEST 4096
/* So many blocks of channels are few. */
#define FEW_BLOCKS 8
/* Vectors that can wait for the post-processor. */
#define QUEUE 8
/* Of RESIZE: chunks of its tables, columns, rows, and cycles from a row's entry to its addresses. */
#define CHUNKS 4
#define COLUMNS 4
#define ROWS 3
#define ROW_DELAY 3

/* ---- tables of RESIZE ---------------------------------------------------------------- */

struct table {
	uint32_t addr, columns, per_chunk;
	uint32_t mask, room;
	bool asked, ask_row;
	uint32_t lead, at;		/* rows that were asked for ahead; next column */
	/* Entries: of the chunk that is asked for, on the way, waiting. */
	uint32_t asked_count, way[2], chunk[CHUNKS], head, chunks, taken;
	uint32_t asked_row, way_row[2], chunk_row[CHUNKS];
	uint32_t entry, product;	/* 0: none, 1: column, 2: row */
	uint32_t row_way, rows_ready, columns_ready;
};

static void ask_table(struct table *t)
{
	uint32_t left = t->columns - t->at, chunk = t->addr / 8 + t->at;
	uint32_t most = t->per_chunk - chunk % t->per_chunk;

	t->asked = true;
	t->room--;
	t->asked_row = t->ask_row;
	t->mask = 3u << chunk / t->per_chunk * 2 % ONPU_BANKS;
	if (t->ask_row) {
		/* Where the entries of rows lie does not matter: one access a row. */
		t->asked_count = 1;
		t->ask_row = !t->lead;
		t->lead++;
		return;
	}
	t->asked_count = left < most ? left : most;
	t->at += t->asked_count;
	if (t->at < t->columns)
		return;
	t->at = 0;
	t->lead--;
	t->ask_row = true;
}

static void step_table(struct table *t, bool granted, bool row_used, bool column_used)
{
	bool taken = false, popped = false;
	/* The row before has been taken from where its address is made. */
	bool row_room = !(t->row_way & 3) && t->rows_ready < ROWS;

	t->rows_ready += (t->row_way >> (ROW_DELAY - 1) & 1) - row_used;
	t->row_way <<= 1;
	if (t->product == 2 ? row_room : t->product == 1 && t->columns_ready < COLUMNS) {
		t->row_way |= t->product == 2;
		t->columns_ready += t->product == 1;
		t->product = 0;
	}
	t->columns_ready -= column_used;
	if (!t->product) {
		t->product = t->entry;
		t->entry = 0;
	}
	if (!t->entry && t->chunks) {
		t->entry = 1 + t->chunk_row[t->head];
		taken = true;
		popped = ++t->taken == t->chunk[t->head];
	}
	if (t->way[1]) {
		uint32_t tail = (t->head + t->chunks) % CHUNKS;

		t->chunk[tail] = t->way[1];
		t->chunk_row[tail] = t->way_row[1];
		t->chunks++;
	}
	if (taken && popped) {
		t->head = (t->head + 1) % CHUNKS;
		t->chunks--;
		t->taken = 0;
	}
	t->way[1] = t->way[0];
	t->way_row[1] = t->way_row[0];
	t->way[0] = granted ? t->asked_count : 0;
	t->way_row[0] = t->asked_row;
	if (t->room && (!t->asked || granted))
		ask_table(t);
	else if (granted)
		t->asked = false;
	t->room += popped;
}

/* ---- windows ------------------------------------------------------------------------- */

struct vectors {
	const union onpu_command *command;
	struct onpu_ports ports;
	struct onpu_walk in;
	uint32_t kernel_h, kernel_w, i, j;	/* and the next tap */
	uint32_t requests_each;		/* windows of a vector */
	uint64_t requests, asked, granted;
	uint32_t places, way;		/* in the queue, and vectors on their way to it */
	bool first, last;		/* of its vector: the next window; the one that is asked for */
	bool resize;
	struct table table;
};

/* Columns of RESIZE are taken as spread evenly. */
static void ask_resize(struct vectors *v)
{
	const struct onpu_cmd_resize *c = &v->command->resize;
	uint32_t x0 = v->in.x * c->in_w / c->out_w, y0 = v->in.y * c->in_h / c->out_h;
	uint32_t x1 = x0 + 1 < c->in_w ? x0 + 1 : x0, y1 = y0 + 1 < c->in_h ? y0 + 1 : y0;
	uint32_t block = v->in.block * v->in.channels;
	uint32_t row0 = onpu_row_addr(&c->in, y0) + block, row1 = onpu_row_addr(&c->in, y1) + block;

	onpu_window_add(&v->ports.window, row0 + x0 * c->in.pix_pitch);
	onpu_window_add(&v->ports.window, row0 + x1 * c->in.pix_pitch);
	onpu_window_add(&v->ports.window, row1 + x0 * c->in.pix_pitch);
	onpu_window_add(&v->ports.window, row1 + x1 * c->in.pix_pitch);
	v->last = true;
}

/* Up to four taps in raster order; i and j are the next one's place. */
static void ask_taps(struct vectors *v)
{
	uint32_t row = v->i ? onpu_walk_row(&v->in, v->i) : v->in.addr;

	v->last = false;
	while (v->ports.window.count < 4 && !v->last) {
		onpu_window_add(&v->ports.window, row + v->j * v->in.map->pix_pitch);
		if (++v->j < v->kernel_w)
			continue;
		v->j = 0;
		if (++v->i < v->kernel_h) {
			row = onpu_walk_row(&v->in, v->i);
			continue;
		}
		v->i = 0;
		v->last = true;
	}
}

static void ask_window(struct vectors *v)
{
	if (v->resize)
		ask_resize(v);
	else
		ask_taps(v);
	v->asked++;
	v->first = v->last;
	if (v->last && onpu_walk_pixel(&v->in))
		onpu_walk_block(&v->in);
}

static void step(struct vectors *v)
{
	struct onpu_granted granted;
	bool walks, row_used;

	v->ports.dec = v->table.asked ? v->table.mask : 0;
	granted = onpu_ports_step(&v->ports);
	walks = v->asked < v->requests && !(v->first && !v->places) && !v->ports.window.asked &&
		(!v->resize || (v->table.rows_ready && v->table.columns_ready));
	row_used = walks && v->in.x + 1 == v->command->eltwise.out_w;
	v->ports.ready += (v->way >> 2 & 1) - granted.taken;
	v->way = v->way << 1 | (granted.window && v->last);
	v->granted += granted.window;
	v->places += granted.taken - (walks && v->first);
	if (walks)
		ask_window(v);
	if (v->resize)
		step_table(&v->table, granted.dec, row_used, walks);
}

/* ---- a command --------------------------------------------------------------------------- */

static void begin_table(struct table *t, const struct onpu_cmd_resize *c, uint32_t lanes)
{
	*t = (struct table){ .addr = c->columns, .columns = c->out_w, .per_chunk = lanes / 4,
			     .room = CHUNKS, .ask_row = true };
}

/* Of the first rows of a command; sizes are at the same place in all of them. */
static void begin(struct vectors *v, const struct onpu_preset *preset,
		  const union onpu_command *c, uint32_t height)
{
	const struct onpu_cmd_eltwise *sizes = &c->eltwise;
	const struct onpu_fmap *in = &c->eltwise.in, *out = &c->eltwise.out;
	const struct onpu_post *post = &c->eltwise.post;
	struct onpu_ports *p = &v->ports;

	memset(v, 0, sizeof(*v));
	v->command = c;
	v->kernel_h = 1;
	v->kernel_w = 1;
	p->lanes = preset->lanes;
	p->channels = sizes->out_c;
	p->area = (struct onpu_area){ .h = height, .w = sizes->out_w, .tile_h = height,
				      .tile_w = sizes->out_w };
	if (c->head.opcode == ONPU_OPCODE_POOL) {
		v->kernel_h = c->pool.kernel_h;
		v->kernel_w = c->pool.kernel_w;
		in = &c->pool.in;
		out = &c->pool.out;
		post = &c->pool.post;
	} else if (c->head.opcode == ONPU_OPCODE_RESIZE) {
		v->resize = true;
		in = &c->resize.in;
		out = &c->resize.out;
		post = &c->resize.post;
		begin_table(&v->table, &c->resize, p->lanes);
	}
	onpu_ports_begin(p, post, out);
	v->in = onpu_walk_begin(&p->area, in, p->lanes);
	if (c->head.opcode == ONPU_OPCODE_POOL) {
		v->in.pixel *= c->pool.stride_w;
		v->in.stride = c->pool.stride_h;
	}
	v->requests_each = onpu_div_up(v->kernel_h * v->kernel_w, 4);
	v->requests = p->to_enter * v->requests_each;
	v->first = true;
	v->places = QUEUE;
}

uint64_t onpu_cost_vector(const struct onpu_preset *preset, const union onpu_command *c)
{
	uint64_t all, settled = 0, granted_at = 0;
	struct vectors v;
	struct onpu_ports *p = &v.ports;

	begin(&v, preset, c, c->eltwise.out_h);
	all = v.requests;
	if (all > LONGEST) {
		/* Of few blocks the last one counts, which may have fewer lanes. */
		if (p->area.blocks <= FEW_BLOCKS)
			begin(&v, preset, c, (uint32_t)(c->eltwise.out_h * LONGEST / all) + 1);
		if (v.requests > LONGEST)
			v.requests = (v.requests_each < LONGEST ? LONGEST / v.requests_each : 1) *
				     v.requests_each;
	}
	while (p->written * v.requests_each < v.requests) {
		step(&v);
		if (p->now == SETTLED)
			settled = v.granted;
		if (!granted_at && v.granted == v.requests)
			granted_at = p->now;
	}
	if (all > v.requests)
		p->now += (all - v.requests) * (granted_at - SETTLED) / (v.requests - settled);
	return ONPU_PORTS_START + p->now;
}
