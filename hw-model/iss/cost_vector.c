// SPDX-License-Identifier: MIT
/*
 * ELTWISE, POOL and RESIZE want a window, an operand and a place for a result in most cycles, and
 * what has to wait depends on where these lie in the SRAM's banks.  No formula says that, so the
 * ports are simulated, cycle by cycle, as hw-model/rtl/onpu_vector, onpu_post and onpu_sram work;
 * of a long command only some rows, and the rest as fast as they are at last.
 */
#include "cost_vector.h"

#include <string.h>

/* Cycles after which the rate is settled, and windows that are simulated. */
#define SETTLED 512
#define LONGEST 4096

/* So many blocks of channels are few. */
#define FEW_BLOCKS 8

/* From when the command is taken to the first cycle here, and from the last write to completion. */
#define START 2
/* Queues' vectors: those of onpu_vector, and operands and results of onpu_post. */
#define QUEUE 8
#define OPERANDS 8
#define RESULTS 4
/* Of RESIZE: chunks of its tables, columns, rows, and cycles from a row's entry to its addresses. */
#define CHUNKS 4
#define COLUMNS 4
#define ROWS 3
#define ROW_DELAY 3
/* Results that have been refused so often go first, until so seldom. */
#define PATIENCE_END 15
#define PATIENCE_BACK 7

/* ---- addresses ---------------------------------------------------------------------- */

/* The first pixel of each row in turn, and then those behind it. */
struct walk {
	const struct onpu_fmap *map;
	uint32_t height, width, pixel, stride;	/* bytes and rows from pixel to pixel */
	uint32_t channels;		/* bytes from block to block */
	uint32_t x, row, block;
	uint32_t addr;
};

static void walk_row(struct walk *walk)
{
	walk->x = 0;
	walk->addr = walk->block * walk->channels +
		     onpu_row_addr(walk->map, walk->row * walk->stride);
}

static void walk_next(struct walk *walk)
{
	walk->addr += walk->pixel;
	if (++walk->x < walk->width)
		return;
	if (++walk->row == walk->height) {
		walk->row = 0;
		walk->block++;
	}
	walk_row(walk);
}

static uint32_t bank_mask(uint32_t lanes, uint32_t addr, uint32_t bytes)
{
	uint32_t bank = addr / lanes % ONPU_BANKS;

	return 1u << bank | (uint32_t)(addr % lanes + bytes > lanes) << (bank + 1) % ONPU_BANKS;
}

/* ---- state -------------------------------------------------------------------------- */

struct window {
	uint32_t vector[4], mask[4];
	uint32_t clash[4];		/* of earlier ones, those that need another row of a bank */
	uint32_t count, left;
	bool asked, last;		/* of its output vector */
};

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

struct ports {
	const union onpu_command *command;
	const struct onpu_post *post;
	uint32_t lanes, channels, height;
	uint64_t requests;		/* all of the windows */
	uint32_t requests_each;		/* of a vector */

	struct walk in, op2, out;
	uint32_t kernel_h, kernel_w, i, j;
	struct window window;
	uint64_t asked, granted;
	uint32_t places, way;
	bool first, resize;
	uint32_t queue;
	struct table table;

	uint64_t now;
	uint64_t enter;			/* vectors that have not entered the post-processor */
	uint32_t pixels, enter_left, enter_block;
	uint32_t enter_at, operands_at;	/* the first can, when there is a table of values */
	bool head, two, part;
	uint32_t phase, last_phase;
	uint64_t pipe, pipe_last;	/* parts by their age, and which are their vectors' last */
	uint32_t operand_age, result_age;

	uint64_t operands;		/* vectors that have not been asked for */
	uint32_t op2_mask, op2_way, op2_count, credit;
	bool has_op2, op2_asked;

	uint32_t result[RESULTS], result_at, results, waits;
	uint64_t written;
	bool results_first;
};

/* ---- window -------------------------------------------------------------------------- */

static void add_vector(struct ports *p, uint32_t addr)
{
	struct window *w = &p->window;
	uint32_t k = w->count++;

	w->vector[k] = addr;
	w->mask[k] = bank_mask(p->lanes, addr, p->lanes);
	w->clash[k] = 0;
	for (uint32_t j = 0; j < k; j++)
		w->clash[k] |= (uint32_t)onpu_banks_clash(p->lanes, addr, w->vector[j]) << j;
}

/* Columns of RESIZE are taken as spread evenly. */
static void ask_resize(struct ports *p)
{
	const struct onpu_cmd_resize *c = &p->command->resize;
	uint32_t y = p->in.row;
	uint32_t x0 = p->in.x * c->in_w / c->out_w, y0 = y * c->in_h / c->out_h;
	uint32_t x1 = x0 + 1 < c->in_w ? x0 + 1 : x0, y1 = y0 + 1 < c->in_h ? y0 + 1 : y0;
	uint32_t block = p->in.block * p->lanes;
	uint32_t row0 = onpu_row_addr(&c->in, y0) + block, row1 = onpu_row_addr(&c->in, y1) + block;

	add_vector(p, row0 + x0 * c->in.pix_pitch);
	add_vector(p, row0 + x1 * c->in.pix_pitch);
	add_vector(p, row1 + x0 * c->in.pix_pitch);
	add_vector(p, row1 + x1 * c->in.pix_pitch);
	p->window.last = true;
}

/* Up to four taps in raster order; i and j are the next one's place. */
static void ask_taps(struct ports *p)
{
	const struct onpu_fmap *map = p->in.map;
	uint32_t y = p->in.row * p->in.stride;
	uint32_t row = p->kernel_h == 1 ? p->in.addr :
		       onpu_row_addr(map, y + p->i) + p->in.x * p->in.pixel +
		       p->in.block * p->in.channels;

	p->window.last = false;
	while (p->window.count < 4 && !p->window.last) {
		add_vector(p, row + p->j * map->pix_pitch);
		if (++p->j < p->kernel_w)
			continue;
		p->j = 0;
		if (++p->i < p->kernel_h) {
			row = onpu_row_addr(map, y + p->i) + p->in.x * p->in.pixel +
			      p->in.block * p->in.channels;
			continue;
		}
		p->i = 0;
		p->window.last = true;
	}
}

static void ask_window(struct ports *p)
{
	p->window.count = 0;
	if (p->resize)
		ask_resize(p);
	else
		ask_taps(p);
	p->window.asked = true;
	p->window.left = (1u << p->window.count) - 1;
	p->asked++;
	p->first = p->window.last;
	if (p->window.last)
		walk_next(&p->in);
}

/* Banks that windows take in this cycle, in order, without those of who goes first. */
static uint32_t serve_window(struct ports *p, uint32_t first)
{
	struct window *w = &p->window;
	uint32_t served = 0, mask = 0;

	if (!w->asked)
		return 0;
	for (uint32_t k = 0; k < w->count; k++) {
		if (!(w->left >> k & 1) || w->mask[k] & first || w->clash[k] & served)
			continue;
		served |= 1u << k;
		mask |= w->mask[k];
	}
	w->left &= ~served;
	return mask;
}

/* ---- tables of RESIZE ---------------------------------------------------------------- */

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

/* ---- post-processor -------------------------------------------------------------------- */

static uint32_t lanes_of(const struct ports *p, uint32_t block)
{
	uint32_t left = p->channels - block * p->lanes;

	return left < p->lanes ? left : p->lanes;
}

/* A vector's part is taken from the queue, if the pipeline moves; true with the vector's last. */
static bool take(struct ports *p, bool moves)
{
	bool go = p->head && moves && !p->phase && p->queue;
	bool last = go && (!p->two || p->part);

	if (!moves)
		return false;
	p->phase = p->phase == p->last_phase ? 0 : p->phase + 1;
	p->pipe = p->pipe << 1 | go;
	p->pipe_last = p->pipe_last << 1 | last;
	if (go)
		p->part = !last;
	return last;
}

/* Where there are lanes for half of a vector it may have two parts. */
static void enter(struct ports *p)
{
	p->head = true;
	p->two = p->lanes <= 8 && lanes_of(p, p->enter_block) > p->lanes / 2;
	p->enter--;
	if (--p->enter_left)
		return;
	p->enter_left = p->pixels;
	p->enter_block++;
}

static void ask_operand(struct ports *p)
{
	bool one = p->post->flags & ONPU_POST_OP2_ONE_CHANNEL;
	bool any = one || p->op2.block * p->lanes < p->post->op2_channels;

	p->op2_asked = true;
	p->op2_mask = any ? bank_mask(p->lanes, p->op2.addr, p->lanes) : 0;
	p->operands--;
	p->credit--;
	walk_next(&p->op2);
}

static void step_operands(struct ports *p, bool granted, bool used)
{
	bool ask = (!p->op2_asked || granted) && p->operands && p->credit;

	p->op2_count += (p->op2_way >> 1 & 1) - used;
	p->op2_way = p->op2_way << 1 | granted;
	if (granted)
		p->op2_asked = false;
	if (ask)
		ask_operand(p);
	p->credit += used;
}

static void step_results(struct ports *p, bool granted)
{
	if (!p->results)
		return;
	if (granted) {
		if (p->waits <= PATIENCE_BACK)
			p->results_first = false;
		p->waits -= p->waits > 0;
		p->result_at = (p->result_at + 1) % RESULTS;
		p->results--;
		p->written++;
	} else if (p->waits + 2 >= PATIENCE_END) {
		p->waits = PATIENCE_END;
		p->results_first = true;
	} else {
		p->waits += 2;
	}
}

static void push_result(struct ports *p)
{
	p->result[(p->result_at + p->results) % RESULTS] =
		bank_mask(p->lanes, p->out.addr, lanes_of(p, p->out.block));
	p->results++;
	walk_next(&p->out);
}

/* ---- a cycle --------------------------------------------------------------------------- */

static void step(struct ports *p)
{
	uint32_t first = p->results && p->results_first ? p->result[p->result_at] : 0;
	uint32_t window = serve_window(p, first);
	bool window_done = p->window.asked && !p->window.left;
	bool op2_done = p->op2_asked && !(p->op2_mask & (window | first));
	uint32_t busy = window | (op2_done ? p->op2_mask : 0);
	bool result_done = p->results && !(p->result[p->result_at] & busy);
	bool table_done = p->table.asked && !(p->table.mask & (busy | first)) &&
			  !(result_done && p->table.mask & p->result[p->result_at]);
	bool walks = p->asked < p->requests && !(p->first && !p->places) &&
		     (!p->window.asked || window_done) &&
		     (!p->resize || (p->table.rows_ready && p->table.columns_ready));
	bool needs = p->has_op2 && p->pipe >> p->operand_age & 1;
	bool leaves = p->pipe >> p->result_age & 1;
	bool moves = !(leaves && p->results == RESULTS) && !(needs && !p->op2_count);
	bool used = needs && moves && p->pipe_last >> p->operand_age & 1;
	bool pushed = leaves && moves && p->pipe_last >> p->result_age & 1;
	bool taken = take(p, moves), row_used;

	if (taken)
		p->head = false;
	if (!p->head && p->enter && p->now >= p->enter_at)
		enter(p);
	step_results(p, result_done);
	if (pushed)
		push_result(p);
	if (p->has_op2 && p->now >= p->operands_at)
		step_operands(p, op2_done, used);
	p->queue += (p->way >> 2 & 1) - taken;
	p->way = p->way << 1 | (window_done && p->window.last);
	p->granted += window_done;
	if (window_done)
		p->window.asked = false;
	p->places += taken - (walks && p->first);
	row_used = walks && p->in.x + 1 == p->in.width;
	if (walks)
		ask_window(p);
	if (p->resize)
		step_table(&p->table, table_done, row_used, walks);
	p->now++;
}

/* ---- a command --------------------------------------------------------------------------- */

static void begin_walk(struct walk *walk, const struct ports *p, const struct onpu_fmap *map,
		       uint32_t channels)
{
	*walk = (struct walk){ .map = map, .height = p->height,
			       .width = p->command->eltwise.out_w,
			       .pixel = map->pix_pitch, .stride = 1, .channels = channels };
	walk_row(walk);
}

static void begin_table(struct table *t, const struct onpu_cmd_resize *c, uint32_t lanes)
{
	*t = (struct table){ .addr = c->columns, .columns = c->out_w, .per_chunk = lanes / 4,
			     .room = CHUNKS, .ask_row = true };
}

static void begin_post(struct ports *p, uint64_t vectors)
{
	const struct onpu_post *post = p->post;
	uint32_t passes = onpu_post_passes(post);

	p->last_phase = passes ? passes - 1 : 0;
	p->operand_age = post->round == ONPU_ROUND_N ? 1 : 7;
	p->result_age = post->round == ONPU_ROUND_N ? 3 + 13 * passes : 13 * passes - 4;
	p->enter = vectors;
	p->enter_left = p->pixels;
	if (post->act == ONPU_ACT_TABLE) {
		p->operands_at = 256 / p->lanes;
		p->enter_at = p->operands_at + 3;
	} else if (post->act == ONPU_ACT_PRELU) {
		p->enter_at = 4;
	}
	p->has_op2 = post->op2_op != ONPU_OP2_NONE;
	p->operands = vectors;
	p->credit = OPERANDS;
}

/* Of the first rows of a command; sizes are at the same place in all of them. */
static void begin(struct ports *p, const struct onpu_preset *preset, const union onpu_command *c,
		  uint32_t height)
{
	const struct onpu_cmd_eltwise *sizes = &c->eltwise;
	const struct onpu_fmap *in = &c->eltwise.in, *out = &c->eltwise.out;
	uint64_t vectors;

	memset(p, 0, sizeof(*p));
	p->command = c;
	p->lanes = preset->lanes;
	p->channels = sizes->out_c;
	p->height = height;
	p->pixels = height * sizes->out_w;
	vectors = (uint64_t)p->pixels * onpu_div_up(p->channels, p->lanes);
	p->kernel_h = 1;
	p->kernel_w = 1;
	p->post = &c->eltwise.post;
	if (c->head.opcode == ONPU_OPCODE_POOL) {
		p->kernel_h = c->pool.kernel_h;
		p->kernel_w = c->pool.kernel_w;
		p->post = &c->pool.post;
		in = &c->pool.in;
		out = &c->pool.out;
	} else if (c->head.opcode == ONPU_OPCODE_RESIZE) {
		p->resize = true;
		p->post = &c->resize.post;
		in = &c->resize.in;
		out = &c->resize.out;
		begin_table(&p->table, &c->resize, p->lanes);
	}
	p->requests_each = onpu_div_up(p->kernel_h * p->kernel_w, 4);
	p->requests = vectors * p->requests_each;
	begin_walk(&p->in, p, in, p->lanes);
	if (c->head.opcode == ONPU_OPCODE_POOL) {
		p->in.pixel *= c->pool.stride_w;
		p->in.stride = c->pool.stride_h;
		walk_row(&p->in);
	}
	begin_walk(&p->out, p, out, p->lanes);
	begin_walk(&p->op2, p, &p->post->op2,
		   p->post->flags & ONPU_POST_OP2_ONE_CHANNEL ? 0 : p->lanes);
	p->first = true;
	p->places = QUEUE;
	begin_post(p, vectors);
}

uint64_t onpu_cost_vector(const struct onpu_preset *preset, const union onpu_command *c)
{
	uint64_t all, settled = 0, settled_at = 0, granted_at = 0;
	struct ports p;

	begin(&p, preset, c, c->eltwise.out_h);
	all = p.requests;
	if (all > LONGEST) {
		/* Of few blocks the last one counts, which may have fewer lanes. */
		if (p.channels <= FEW_BLOCKS * p.lanes)
			begin(&p, preset, c, (uint32_t)(c->eltwise.out_h * LONGEST / all) + 1);
		if (p.requests > LONGEST)
			p.requests = (p.requests_each < LONGEST ? LONGEST / p.requests_each : 1) *
				     p.requests_each;
	}
	while (p.written * p.requests_each < p.requests) {
		step(&p);
		if (p.now == SETTLED) {
			settled = p.granted;
			settled_at = p.now;
		}
		if (!granted_at && p.granted == p.requests)
			granted_at = p.now;
	}
	if (all > p.requests)
		p.now += (all - p.requests) * (granted_at - settled_at) / (p.requests - settled);
	return START + p.now;
}
