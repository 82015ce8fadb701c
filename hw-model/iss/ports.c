// SPDX-License-Identifier: MIT
#include "ports.h"

/* Results that have been refused so often go first, until so seldom. */
#define PATIENCE_END 15
#define PATIENCE_BACK 7

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* ---- addresses ---------------------------------------------------------------------- */

uint32_t onpu_walk_row(const struct onpu_walk *walk, uint32_t row)
{
	return onpu_row_addr(walk->map, (walk->tile_y + walk->y) * walk->stride + row) +
	       (walk->tile_x + walk->x) * walk->pixel + walk->block * walk->channels;
}

struct onpu_walk onpu_walk_begin(const struct onpu_area *area, const struct onpu_fmap *map,
				 uint32_t channels)
{
	struct onpu_walk walk = { .area = area, .map = map, .pixel = map->pix_pitch, .stride = 1,
				  .channels = channels };

	walk.addr = onpu_walk_row(&walk, 0);
	return walk;
}

bool onpu_walk_pixel(struct onpu_walk *walk)
{
	const struct onpu_area *area = walk->area;
	bool end = false;

	walk->addr += walk->pixel;
	if (++walk->x < min_u32(area->tile_w, area->w - walk->tile_x))
		return false;
	walk->x = 0;
	if (++walk->y == min_u32(area->tile_h, area->h - walk->tile_y)) {
		walk->y = 0;
		end = true;
	}
	walk->addr = onpu_walk_row(walk, 0);
	return end;
}

void onpu_walk_block(struct onpu_walk *walk)
{
	const struct onpu_area *area = walk->area;

	if (++walk->block == area->blocks) {
		walk->block = 0;
		walk->tile_x += area->tile_w;
		if (walk->tile_x >= area->w) {
			walk->tile_x = 0;
			walk->tile_y += area->tile_h;
		}
	}
	walk->addr = onpu_walk_row(walk, 0);
}

uint32_t onpu_ports_banks(const struct onpu_ports *p, uint32_t addr, uint32_t bytes)
{
	uint32_t bank = addr / p->lanes % ONPU_BANKS, two = addr % p->lanes + bytes > p->lanes;

	return 1u << bank | two << (bank + 1) % ONPU_BANKS;
}

/* ---- window -------------------------------------------------------------------------- */

void onpu_window_add(struct onpu_window *w, uint32_t addr)
{
	uint32_t k = w->count++, bank = addr / w->lanes % ONPU_BANKS;

	w->vector[k] = addr;
	w->mask[k] = 1u << bank | (uint32_t)(addr % w->lanes != 0) << (bank + 1) % ONPU_BANKS;
	w->clash[k] = 0;
	for (uint32_t j = 0; j < k; j++)
		w->clash[k] |= (uint32_t)onpu_banks_clash(w->lanes, addr, w->vector[j]) << j;
	w->left |= 1u << k;
	w->asked = true;
}

/* Banks that windows take in this cycle, in order, without those of who goes first. */
static uint32_t serve_window(struct onpu_window *w, uint32_t first)
{
	uint32_t served = 0, mask = 0;

	for (uint32_t k = 0; k < w->count; k++) {
		if (!(w->left >> k & 1) || w->mask[k] & first || w->clash[k] & served)
			continue;
		served |= 1u << k;
		mask |= w->mask[k];
	}
	w->left &= ~served;
	return mask;
}

/* ---- post-processor -------------------------------------------------------------------- */

static uint32_t lanes_of(const struct onpu_ports *p, const struct onpu_walk *walk)
{
	return min_u32(p->channels - walk->block * p->lanes, p->lanes);
}

/* A vector's part is taken from the queue, if the pipeline moves; true with the vector's last. */
static bool take(struct onpu_ports *p, bool moves)
{
	bool go = p->head && moves && !p->phase && (p->conv || p->ready);
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
static void enter(struct onpu_ports *p)
{
	p->head = true;
	p->two = p->lanes <= 8 && lanes_of(p, &p->enter) > p->lanes / 2;
	p->to_enter--;
	p->block_end = onpu_walk_pixel(&p->enter);
	if (p->block_end)
		onpu_walk_block(&p->enter);
}

/* True if a vector leaves what it waited in. */
static bool step_entry(struct onpu_ports *p, bool moves)
{
	bool was_end = p->head && p->block_end, taken = take(p, moves);
	bool can = p->to_enter && p->now >= p->enter_at;

	if (taken)
		p->head = false;
	/* With the last vector of a block the accumulators are freed only now. */
	if (p->conv) {
		if (!p->head && can && p->ready && !was_end)
			enter(p);
		return taken && was_end;
	}
	if (!p->head && can)
		enter(p);
	return taken;
}

static void ask_operand(struct onpu_ports *p)
{
	bool any = p->post->flags & ONPU_POST_OP2_ONE_CHANNEL ||
		   p->op2.block * p->lanes < p->post->op2_channels;

	p->op2_asked = true;
	p->op2_mask = any ? onpu_ports_banks(p, p->op2.addr, p->lanes) : 0;
	p->operands--;
	p->credit--;
	if (onpu_walk_pixel(&p->op2))
		onpu_walk_block(&p->op2);
}

static void step_operands(struct onpu_ports *p, bool granted, bool used)
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

static void step_results(struct onpu_ports *p, bool granted)
{
	if (!p->results)
		return;
	if (granted) {
		if (p->waits <= PATIENCE_BACK)
			p->results_first = false;
		p->waits -= p->waits > 0;
		p->result_at = (p->result_at + 1) % ONPU_RESULTS;
		p->results--;
		p->written++;
	} else if (p->waits + 2 >= PATIENCE_END) {
		p->waits = PATIENCE_END;
		p->results_first = true;
	} else {
		p->waits += 2;
	}
}

static void push_result(struct onpu_ports *p)
{
	p->result[(p->result_at + p->results) % ONPU_RESULTS] =
		onpu_ports_banks(p, p->out.addr, lanes_of(p, &p->out));
	p->results++;
	if (onpu_walk_pixel(&p->out))
		onpu_walk_block(&p->out);
}

/* ---- a command's begin, and a cycle ----------------------------------------------------------- */

void onpu_ports_begin(struct onpu_ports *p, const struct onpu_post *post,
		      const struct onpu_fmap *out)
{
	uint32_t passes = onpu_post_passes(post);

	p->post = post;
	p->window.lanes = p->lanes;
	p->area.blocks = onpu_div_up(p->channels, p->lanes);
	p->to_enter = (uint64_t)p->area.h * p->area.w * p->area.blocks;
	p->operands = p->to_enter;
	p->enter = onpu_walk_begin(&p->area, out, p->lanes);
	p->out = p->enter;
	p->op2 = onpu_walk_begin(&p->area, &post->op2,
				 post->flags & ONPU_POST_OP2_ONE_CHANNEL ? 0 : p->lanes);
	p->last_phase = passes ? passes - 1 : 0;
	p->operand_age = post->round == ONPU_ROUND_N ? 1 : 7;
	p->result_age = post->round == ONPU_ROUND_N ? 3 + 13 * passes : 13 * passes - 4;
	p->has_op2 = post->op2_op != ONPU_OP2_NONE;
	p->credit = ONPU_OPERANDS;
	if (post->act == ONPU_ACT_TABLE) {
		p->operands_at = 256 / p->lanes;
		p->enter_at = p->operands_at + 3;
	} else if (post->act == ONPU_ACT_PRELU) {
		p->enter_at = 4;
	}
}

struct onpu_granted onpu_ports_step(struct onpu_ports *p)
{
	uint32_t result = p->results ? p->result[p->result_at] : 0;
	uint32_t first = p->results_first ? result : 0;
	uint32_t busy = serve_window(&p->window, first);
	bool op2_done = p->op2_asked && !(p->op2_mask & (busy | first));
	bool needs = p->has_op2 && p->pipe >> p->operand_age & 1;
	bool leaves = p->pipe >> p->result_age & 1;
	bool moves = !(leaves && p->results == ONPU_RESULTS) && !(needs && !p->op2_count);
	bool used = needs && moves && p->pipe_last >> p->operand_age & 1;
	bool pushed = leaves && moves && p->pipe_last >> p->result_age & 1;
	struct onpu_granted granted = { .window = p->window.asked && !p->window.left };
	bool result_done;

	if (op2_done)
		busy |= p->op2_mask;
	result_done = p->results && !(result & busy);
	if (result_done)
		busy |= result;
	granted.dec = p->dec && !(p->dec & (busy | first));
	granted.taken = step_entry(p, moves);
	step_results(p, result_done);
	if (pushed)
		push_result(p);
	if (p->has_op2 && p->now >= p->operands_at)
		step_operands(p, op2_done, used);
	if (granted.window) {
		p->window.asked = false;
		p->window.count = 0;
	}
	p->now++;
	return granted;
}
