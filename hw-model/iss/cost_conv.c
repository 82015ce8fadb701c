// SPDX-License-Identifier: MIT
/*
 * CONV at the SRAM's ports, cycle by cycle: the decoder fetches and spreads weights, the array asks
 * for windows, and the post-processor follows a block of channels behind.
 */
#include "cost_conv.h"

#include <string.h>

#include "ports.h"
#include "weights.h"

/* Windows after which the pace is settled, and after which it is taken for the rest. */
#define SETTLED 2048
#define LONGEST 8192

/* The decoder's first cycle; from a step's last piece to its first window. */
#define BEGIN 3
#define SHOWN 2
/* Weight slots, and from a step's first window to where its slot is free. */
#define SLOTS 4
#define SLOT_FREE 5
/* From the last window of a block to where the post-processor can read it. */
#define READY 7
#define BANKS 2
#define PARAMS 4
#define STEPS 8
/* Lines of the stream that are held, and cycles from one's grant to its use. */
#define LINES 8
#define LINE_WAY 3
#define HEADER_BYTES 4
#define NEVER UINT64_MAX

/* What the array is to do: windows of some vectors; none where a block of channels has no weights. */
struct step {
	uint32_t row, offset, vectors;
	bool pair, first, last, tile_last;
	uint64_t at;
};

enum piece {
	PIECE_PARAMS,
	PIECE_HEADER,
	PIECE_BITMAP,
	PIECE_VALUES,
	PIECE_SELECTS,
	PIECE_END,		/* of the tile */
};

struct decoder {
	struct onpu_weight_reader reader;
	struct onpu_weight_block block;
	enum piece piece;
	uint32_t left, s;		/* cycles of the piece, and its step of the block */
	uint32_t channel, tiles;
	bool first;			/* of the channels' blocks */
	uint64_t at, tile_at;		/* bytes of lines that were taken; before the tile */
	uint32_t each;			/* bytes that a cycle of the piece takes */
	uint64_t blocks, slots;		/* of channels, and of weights, that were begun */
	uint64_t slot_free[SLOTS];
	/* Lines of the stream: granted, there, all; the one that is next. */
	uint64_t fetched, there, all;
	uint32_t line, first_line, last_line;
	uint32_t way;
};

struct conv {
	const struct onpu_cmd_conv *command;
	uint32_t lanes, line_shift;	/* a line is 2V bytes */
	struct onpu_ports ports;
	struct onpu_area tiles;		/* whose blocks are all walked alike */
	struct onpu_walk in;
	struct decoder decoder;
	struct step steps[STEPS];
	uint64_t made, used, loaded;	/* steps; those of them with weights */
	bool started;			/* windows of the first one were asked for */
	uint64_t begun, freed;		/* blocks of channels, by array and post-processor */
	uint64_t ready_at[BANKS];
	uint64_t filled;		/* blocks that are complete in the accumulators */
	uint64_t granted;
};

static uint32_t lanes_at(const struct conv *c, uint32_t channel)
{
	uint32_t left = c->command->out_c - channel;

	return left < c->lanes ? left : c->lanes;
}

/* ---- decoder -------------------------------------------------------------------------- */

static void push_step(struct conv *c, uint32_t s, uint32_t vectors)
{
	struct decoder *d = &c->decoder;
	uint32_t n = lanes_at(c, d->channel);
	bool last = d->block.last && s + 1 >= d->block.steps;

	c->steps[c->made++ % STEPS] = (struct step){
		.row = d->block.row, .offset = d->block.offset + s * d->block.window,
		.vectors = vectors, .first = d->first, .last = last,
		.pair = c->command->mode & ONPU_CONV_PAIR && n <= c->lanes / 2,
		.tile_last = last && d->channel + n == c->command->out_c, .at = c->ports.now + SHOWN,
	};
	d->first = false;
}

static void begin_block(struct conv *c)
{
	struct decoder *d = &c->decoder;
	uint32_t n = lanes_at(c, d->channel);

	onpu_weights_block(&d->reader, n, &d->block);
	d->piece = PIECE_HEADER;
	d->left = 1;
	d->each = HEADER_BYTES;
	d->s = 0;
}

static void begin_channels(struct conv *c)
{
	struct decoder *d = &c->decoder;
	struct onpu_weight_params params;
	uint32_t n = lanes_at(c, d->channel), at = d->reader.pos;

	onpu_weights_params(&d->reader, n, &params);
	d->piece = PIECE_PARAMS;
	d->left = n > c->lanes / 2 ? 5 : 3;
	d->each = (d->reader.pos - at) / d->left;
	d->first = true;
}

/* Behind the last piece of a block. */
static void end_block(struct conv *c)
{
	struct decoder *d = &c->decoder;

	d->at = d->tile_at + d->reader.pos;
	if (!d->block.last) {
		begin_block(c);
		return;
	}
	d->channel += lanes_at(c, d->channel);
	if (d->channel < c->command->out_c) {
		begin_channels(c);
		return;
	}
	d->piece = PIECE_END;
	d->left = 1;
	d->each = 0;
}

/* The payload is taken as spread evenly over its cycles. */
static void begin_payload(struct conv *c, uint32_t n)
{
	struct decoder *d = &c->decoder;
	uint32_t bitmap = d->block.bitmap ? d->block.steps * (n > 16 ? 2 : 1) + 2 : 0;
	uint32_t select = d->block.mode == ONPU_BLOCK_D ? 0 : (n + 3) / 4;

	d->piece = bitmap ? PIECE_BITMAP : PIECE_VALUES;
	d->left = bitmap ? bitmap : (n + 1) / 2;
	d->each = d->block.size / (bitmap + d->block.steps * ((n + 1) / 2 + select));
}

static void next_piece(struct conv *c)
{
	struct decoder *d = &c->decoder;
	uint32_t n = lanes_at(c, d->channel);
	bool dense = d->block.mode == ONPU_BLOCK_D;

	switch (d->piece) {
	case PIECE_PARAMS:
		d->blocks++;
		begin_block(c);
		return;
	case PIECE_HEADER:
		if (d->block.mode == ONPU_BLOCK_NONE) {
			push_step(c, 0, 0);
			end_block(c);
			return;
		}
		begin_payload(c, n);
		return;
	case PIECE_BITMAP:
		d->piece = PIECE_VALUES;
		d->left = (n + 1) / 2;
		return;
	case PIECE_VALUES:
		d->slots++;
		if (dense)
			push_step(c, d->s, 1);
		if (++d->s < d->block.steps) {
			d->left = (n + 1) / 2;
		} else if (dense) {
			end_block(c);
		} else {
			d->s = 0;
			d->piece = PIECE_SELECTS;
			d->left = (n + 3) / 4;
		}
		return;
	case PIECE_SELECTS:
		push_step(c, d->s, d->block.mode == ONPU_BLOCK_G2 ? 2 : 4);
		if (++d->s < d->block.steps)
			d->left = (n + 3) / 4;
		else
			end_block(c);
		return;
	default:
		d->reader.pos = 0;
		d->channel = 0;
		d->tile_at += (uint64_t)(d->last_line - d->first_line + 1) << c->line_shift;
		d->at = d->tile_at;
		if (--d->tiles)
			begin_channels(c);
		return;
	}
}

static void step_decoder(struct conv *c)
{
	struct decoder *d = &c->decoder;

	if (!d->tiles || c->ports.now < BEGIN || c->made - c->used >= STEPS)
		return;
	if (d->piece == PIECE_PARAMS && d->blocks - c->freed >= PARAMS)
		return;
	if (d->piece == PIECE_VALUES && d->slot_free[d->slots % SLOTS] > c->ports.now)
		return;
	if (d->at + d->each > d->there << c->line_shift)
		return;
	d->at += d->each;
	if (d->piece == PIECE_VALUES && d->left == 1)
		d->slot_free[d->slots % SLOTS] = NEVER;
	if (!--d->left)
		next_piece(c);
}

static void step_fetch(struct conv *c, bool granted)
{
	struct decoder *d = &c->decoder;

	d->there += d->way >> (LINE_WAY - 1) & 1;
	d->way = d->way << 1 | granted;
	if (granted) {
		d->fetched++;
		d->line = d->line == d->last_line ? d->first_line : d->line + 1;
	}
	c->ports.dec = 0;
	if (d->fetched < d->all && d->fetched - (d->at >> c->line_shift) < LINES)
		c->ports.dec = 3u << d->line * 2 % ONPU_BANKS;
}

/* ---- array ------------------------------------------------------------------------------- */

static void end_step(struct conv *c, const struct step *step)
{
	c->used++;
	c->started = false;
	if (!step->last)
		return;
	c->ready_at[c->begun % BANKS] = c->ports.now + READY;
	c->begun++;
	if (step->tile_last)
		onpu_walk_block(&c->in);
}

static void ask_window(struct conv *c, const struct step *step, bool *end)
{
	uint32_t at = (step->row ? onpu_walk_row(&c->in, step->row) : c->in.addr) + step->offset;

	for (uint32_t k = 0; k < step->vectors; k++)
		onpu_window_add(&c->ports.window, at + k * c->lanes);
	*end = onpu_walk_pixel(&c->in);
	if (!step->pair || *end)
		return;
	at = (step->row ? onpu_walk_row(&c->in, step->row) : c->in.addr) + step->offset;
	onpu_window_add(&c->ports.window, at);
	*end = onpu_walk_pixel(&c->in);
}

static void step_array(struct conv *c)
{
	const struct step *step = &c->steps[c->used % STEPS];
	bool end = false;

	if (c->used == c->made || c->ports.now < step->at || c->ports.window.asked)
		return;
	if (c->begun - c->freed >= BANKS)
		return;
	if (!step->vectors) {
		end_step(c, step);
		return;
	}
	if (!c->started) {
		c->decoder.slot_free[c->loaded++ % SLOTS] = c->ports.now + SLOT_FREE;
		c->started = true;
	}
	ask_window(c, step, &end);
	if (end)
		end_step(c, step);
}

/* ---- command ------------------------------------------------------------------------------- */

static void begin(struct conv *v, const struct onpu_preset *preset, const struct onpu_cmd_conv *c,
		  const uint8_t *weights)
{
	struct decoder *d = &v->decoder;
	struct onpu_ports *p = &v->ports;
	uint32_t line = 2 * preset->lanes;

	memset(v, 0, sizeof(*v));
	v->command = c;
	v->lanes = preset->lanes;
	v->line_shift = (uint32_t)__builtin_ctz(line);
	p->lanes = preset->lanes;
	p->channels = c->out_c;
	p->conv = true;
	p->area = (struct onpu_area){ .h = c->out_h, .w = c->out_w, .tile_h = c->tile_h,
				      .tile_w = c->tile_w };
	onpu_ports_begin(p, &c->post, &c->out);
	v->tiles = p->area;
	v->tiles.blocks = 1;
	v->in = onpu_walk_begin(&v->tiles, &c->in, 0);
	v->in.pixel *= c->stride_w;
	v->in.stride = c->stride_h;
	d->reader = (struct onpu_weight_reader){ .data = weights, .size = c->weights_size,
						 .lanes = v->lanes };
	d->tiles = onpu_div_up(c->out_h, c->tile_h) * onpu_div_up(c->out_w, c->tile_w);
	d->first_line = c->weights / line;
	d->last_line = (c->weights + c->weights_size - 1) / line;
	d->line = d->first_line;
	d->all = (uint64_t)d->tiles * (d->last_line - d->first_line + 1);
	d->tile_at = c->weights % line;
	d->at = d->tile_at;
	begin_channels(v);
}

static void step_conv(struct conv *c)
{
	struct onpu_ports *p = &c->ports;
	struct onpu_granted granted = onpu_ports_step(p);

	c->granted += granted.window;
	p->ready -= granted.taken;
	c->freed += granted.taken;
	if (c->filled < c->begun && c->ready_at[c->filled % BANKS] <= p->now) {
		c->filled++;
		p->ready++;
	}
	step_fetch(c, granted.dec);
	step_array(c);
	step_decoder(c);
}

/* From a block's last window to its last result: the block before may not be done, either. */
static uint64_t behind(const struct conv *c, uint64_t windows)
{
	const struct onpu_cmd_conv *command = c->command;
	uint32_t h = command->out_h < command->tile_h ? command->out_h : command->tile_h;
	uint32_t w = command->out_w < command->tile_w ? command->out_w : command->tile_w;
	uint32_t parts = c->lanes <= 8 && command->out_c > c->lanes / 2 ? 2 : 1;
	uint64_t cycles = (uint64_t)h * w * (c->ports.last_phase + 1) * parts;

	return READY + cycles + (cycles > windows ? cycles - windows : 0) + c->ports.result_age;
}

uint64_t onpu_cost_conv(const struct onpu_preset *preset, const struct onpu_cmd_conv *command,
			const uint8_t *weights, uint64_t windows)
{
	uint64_t settled = 0, settled_at = 0, first = 0, begun = 0, vectors;
	struct onpu_ports *p;
	struct conv c;

	begin(&c, preset, command, weights);
	p = &c.ports;
	vectors = p->to_enter;
	while (p->written < vectors) {
		/* Without any weights results are all that there is. */
		uint64_t done = windows ? c.granted : p->written;

		if (c.begun == begun || done < SETTLED) {
			step_conv(&c);
			continue;
		}
		/* The array is at another block of channels. */
		begun = c.begun;
		if (!settled) {
			settled = done;
			settled_at = p->now;
			first = begun;
		} else if (done >= LONGEST) {
			p->now += ((windows ? windows : vectors) - done) * (p->now - settled_at) /
				  (done - settled) +
				  behind(&c, (done - settled) / (begun - first));
			break;
		}
	}
	return ONPU_PORTS_START + p->now;
}
