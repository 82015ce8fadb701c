// SPDX-License-Identifier: MIT
//
// The weight decoder against the functional model's reader of weight streams: well-formed streams of
// all kinds, broken ones, aborts, and the number of cycles of streams that nothing holds up.  SRAM,
// array and post-processor are played with random timing.
// Usage: test [seed [commands]]
#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "Vonpu_decoder.h"
#include "bench.h"

extern "C" {
#include "weights.c"
}

namespace {

constexpr uint32_t kAddrMask = (1u << 20) - 1;
constexpr uint8_t kConv = 0x30, kDwconv = 0x31;

std::vector<uint8_t> sram(SRAM_BYTES);
struct Command {
	uint8_t opcode = kConv;
	uint32_t out_h = 1, out_w = 1, out_c = V, tile_h = 1, tile_w = 1;
	uint32_t kernel_h = 1, kernel_w = 1;
	bool weight_unsigned = false, pair = false, per_channel = true;
	uint8_t weight_zero = 0;
	uint32_t row_pitch = 0, ring = 0;
	uint32_t weights = 0;	// address
	std::vector<uint8_t> stream;
	uint32_t size = 0;	// weights_size

	uint32_t tiles() const
	{
		return (out_h + tile_h - 1) / tile_h * ((out_w + tile_w - 1) / tile_w);
	}
	onpu_weight_shape shape() const
	{
		return { V, out_c, weight_unsigned, weight_zero, pair, per_channel };
	}
};

struct Slot {
	int16_t value[V][V];	// [lane][slot]
	uint8_t select[V][V];
};

struct Step {
	bool first, last, none;
	uint32_t mode, row, offset, n;
	bool taps;
	Slot slot;
	bool occupied[V][V];
};

struct Params {
	uint32_t n;
	std::vector<uint8_t> bias, mult, shift;
};

// What one pass over a stream delivers; of a broken one, what precedes the break.
struct Expected {
	bool good = false;
	std::vector<Step> steps;
	std::vector<Params> params;
};

// ---- Model -------------------------------------------------------------------------------------

// One step after the other, slot by slot; together they must be what the functional model makes.
bool block_steps(const Command &c, const onpu_weight_block &b, uint32_t n, bool first,
		 std::vector<Step> &steps)
{
	onpu_weight_shape shape = c.shape();
	uint32_t slots = b.steps * n * V, i = 0;
	const uint8_t *values = b.payload + (b.bitmap ? slots / 8 : 0);
	const uint8_t *selects = values + (b.nibble ? (b.occupied + 1) / 2 : b.occupied);
	std::vector<int16_t> dense(V * 4 * V), sum(V * 4 * V);
	Step step = {};

	step.row = c.ring ? b.row % c.ring : b.row;
	step.offset = (step.row * c.row_pitch + b.offset) & kAddrMask;
	step.mode = b.mode;
	step.n = n;
	step.none = b.mode == ONPU_BLOCK_NONE;
	if (step.none) {
		step.first = step.last = true;
		step.mode = ONPU_BLOCK_D;
		steps.push_back(step);
		return true;
	}
	for (uint32_t s = 0; s < b.steps; s++) {
		step.first = first && !s;
		step.last = b.last && s + 1 == b.steps;
		step.slot = {};
		for (uint32_t lane = 0; lane < n; lane++)
			for (uint32_t t = 0; t < V; t++) {
				uint32_t slot = (s * n + lane) * V + t, at = t;
				bool occupied = !b.bitmap || (b.payload[slot / 8] >> slot % 8 & 1);
				step.occupied[lane][t] = occupied;
				if (!occupied)
					continue;
				step.slot.value[lane][t] = value_at(&shape, &b, values, i);
				if (b.mode != ONPU_BLOCK_D) {
					step.slot.select[lane][t] = nibble_at(selects, i);
					at = (4 * t + step.slot.select[lane][t]) % (4 * V) % b.window;
				}
				sum[lane * 4 * V + at] += step.slot.value[lane][t];
				i++;
			}
		steps.push_back(step);
	}
	onpu_weights_expand(&shape, &b, n, dense.data(), 4 * V);
	return dense == sum;
}

void tap_steps(const Command &c, const uint8_t *bytes, uint32_t n, std::vector<Step> &steps)
{
	uint32_t group = std::max(1u, std::min(4u, V / c.kernel_w));

	for (uint32_t y = 0; y < c.kernel_h; y += group)
		for (uint32_t x = 0; x < c.kernel_w; x += V) {
			uint32_t rows = std::min(group, c.kernel_h - y);
			uint32_t columns = std::min<uint32_t>(V, c.kernel_w - x);
			Step step = {};
			step.first = !y && !x;
			step.last = y + rows == c.kernel_h && x + columns == c.kernel_w;
			step.mode = ONPU_BLOCK_D;
			step.n = n;
			step.taps = true;
			for (uint32_t i = 0; i < rows; i++)
				for (uint32_t j = 0; j < columns; j++)
					for (uint32_t l = 0; l < n; l++) {
						uint8_t w = bytes[((y + i) * c.kernel_w + x + j) * n + l];
						step.slot.value[l][j * rows + i] =
							c.weight_unsigned ? w - c.weight_zero : int8_t(w);
					}
			steps.push_back(step);
		}
}

Expected expect(const Command &c)
{
	onpu_weight_shape shape = c.shape();
	std::vector<uint8_t> data(c.stream);
	data.resize(c.size + 64);
	onpu_weight_reader reader = { data.data(), c.size, 0, V };
	onpu_weight_reach reach;
	Expected e;

	if (c.opcode == kConv)
		e.good = onpu_weights_check_conv(&shape, data.data(), c.size, &reach);
	else
		e.good = onpu_weights_check_dwconv(&shape, data.data(), c.size,
						   c.kernel_h * c.kernel_w);
	for (uint32_t at = 0; at < c.out_c; at += V) {
		uint32_t n = std::min<uint32_t>(V, c.out_c - at);
		onpu_weight_params p;
		if (!onpu_weights_params(&reader, n, &p) ||
		    (c.per_channel && !params_in_range(&p, n)))
			break;
		e.params.push_back({ n, { p.bias, p.bias + 4 * n }, { p.mult, p.mult + 4 * n },
				     { p.shift, p.shift + n } });
		if (c.opcode == kDwconv) {
			const uint8_t *taps = onpu_weights_taps(&reader, n, c.kernel_h * c.kernel_w);
			if (!taps)
				break;
			tap_steps(c, taps, n, e.steps);
			continue;
		}
		bool first = true, bad = false;
		onpu_weight_block b;
		do {
			bad = !onpu_weights_block(&reader, n, &b) ||
			      (b.mode == ONPU_BLOCK_NONE && !first) ||
			      (c.pair && n <= V / 2 && b.mode != ONPU_BLOCK_D &&
			       b.mode != ONPU_BLOCK_NONE);
			if (bad)
				break;
			if (!block_steps(c, b, n, first, e.steps)) {
				printf("Bail out! the models do not agree\n");
				exit(1);
			}
			first = false;
		} while (!b.last);
		if (bad)
			break;
	}
	return e;
}

// ---- Streams -----------------------------------------------------------------------------------

void put32(std::vector<uint8_t> &s, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		s.push_back(uint8_t(value >> 8 * i));
}

void pad(std::vector<uint8_t> &s)
{
	while (s.size() % 4)
		s.push_back(uint8_t(rng()));
}

void put_params(std::vector<uint8_t> &s, uint32_t n, bool in_range)
{
	for (uint32_t i = 0; i < n; i++)
		put32(s, rng());
	for (uint32_t i = 0; i < n; i++)
		put32(s, in_range ? rng() & 0x7fffffff : rng());
	for (uint32_t i = 0; i < n; i++)
		s.push_back(uint8_t(in_range ? int(pick(0, 61)) - 31 : int(rng() & 255)));
	pad(s);
}

struct Kind {
	uint32_t mode, steps;
	bool bitmap, nibble;
	uint32_t density;	// percent of slots
};

uint32_t header_word(const Kind &k, uint32_t row, uint32_t offset, bool last)
{
	return offset | row << 16 | k.mode << 24 | (k.steps - 1) << 26 |
	       uint32_t(k.bitmap) << 28 | uint32_t(k.nibble) << 29 | uint32_t(last) << 31;
}

void put_block(std::vector<uint8_t> &s, uint32_t n, const Kind &k, uint32_t row, uint32_t offset,
	       bool last)
{
	uint32_t slots = k.steps * n * V, occupied = k.bitmap ? 0 : slots;

	put32(s, header_word(k, row, offset, last));
	if (k.bitmap)
		for (uint32_t i = 0; i < slots / 8; i++) {
			uint8_t bits = 0;
			for (int j = 0; j < 8; j++)
				bits |= chance(k.density) << j;
			occupied += __builtin_popcount(bits);
			s.push_back(bits);
		}
	for (uint32_t i = 0; i < (k.nibble ? (occupied + 1) / 2 : occupied); i++)
		s.push_back(uint8_t(rng()));
	if (k.mode != ONPU_BLOCK_D)
		for (uint32_t i = 0; i < (occupied + 1) / 2; i++)
			s.push_back(uint8_t(rng()));
	pad(s);
}

void random_tiles(Command &c, uint32_t most)
{
	do {
		c.out_h = pick(1, chance(50) ? 9 : 1);
		c.out_w = pick(1, chance(50) ? 9 : 1);
		c.tile_h = chance(30) ? 65535 : pick(1, 4);
		c.tile_w = chance(30) ? 65535 : pick(1, 4);
	} while (c.tiles() > most);
}

void finish(Command &c)
{
	c.size = uint32_t(c.stream.size());
	c.weights = (rng() % (SRAM_BYTES - c.size - 1)) & ~3u;
	if (chance(10))
		c.weights = (SRAM_BYTES - c.size) & ~3u;
}

Command random_conv()
{
	Command c;
	uint32_t flavour = rng() % 8;
	uint32_t most = chance(20) ? 40 : 3;

	random_tiles(c, 4);
	c.out_c = chance(40) ? pick(1, V) : chance(50) ? V * pick(1, 6) : pick(1, 4 * V);
	c.per_channel = chance(50);
	c.weight_unsigned = chance(40);
	c.weight_zero = c.weight_unsigned ? uint8_t(rng()) : 0;
	c.pair = chance(20);
	c.row_pitch = chance(50) ? pick(0, kAddrMask) : pick(0, 5000);
	c.ring = chance(50) ? 0 : chance(30) ? pick(1, 65535) : pick(1, 40);
	for (uint32_t at = 0; at < c.out_c; at += V) {
		uint32_t n = std::min<uint32_t>(V, c.out_c - at);
		uint32_t blocks = pick(1, most);
		put_params(c.stream, n, c.per_channel);
		if (chance(flavour == 1 ? 90 : 10)) {
			put32(c.stream, 0x83000000);
			continue;
		}
		for (uint32_t b = 0; b < blocks; b++) {
			Kind k = { below(3), pick(1, 3), chance(50), chance(40), pick(0, 100) };
			if (c.pair && n <= V / 2)
				k.mode = ONPU_BLOCK_D;
			if (k.mode == ONPU_BLOCK_D)
				k.steps = 1;
			if (chance(20))
				k.density = chance(50) ? 0 : chance(50) ? 3 : 100;
			put_block(c.stream, n, k, chance(60) ? pick(0, 10) : pick(0, 255),
				  rng() & 0xffff, b + 1 == blocks);
		}
	}
	finish(c);
	return c;
}

Command random_dwconv(uint32_t kernel_h, uint32_t kernel_w)
{
	Command c;

	c.opcode = kDwconv;
	random_tiles(c, 3);
	c.out_c = chance(50) ? pick(1, V) : pick(1, 3 * V);
	c.kernel_h = kernel_h;
	c.kernel_w = kernel_w;
	c.per_channel = chance(50);
	c.weight_unsigned = chance(40);
	c.weight_zero = c.weight_unsigned ? uint8_t(rng()) : 0;
	c.ring = chance(50) ? 0 : pick(1, 40);	// of no account
	c.row_pitch = rng() & kAddrMask;
	for (uint32_t at = 0; at < c.out_c; at += V) {
		uint32_t n = std::min<uint32_t>(V, c.out_c - at);
		put_params(c.stream, n, c.per_channel);
		for (uint32_t i = 0; i < kernel_h * kernel_w * n; i++)
			c.stream.push_back(uint8_t(rng()));
		pad(c.stream);
	}
	finish(c);
	return c;
}

// ---- Machine -----------------------------------------------------------------------------------

struct Speed {	// percent
	uint32_t grant, step, slot, param;
};
constexpr Speed kFull = { 100, 100, 100, 100 };

Speed random_speed()
{
	auto one = [] { return chance(40) ? 100u : chance(30) ? pick(3, 15) : pick(20, 90); };
	return { one(), one(), one(), one() };
}

enum Outcome { kDone, kFault, kAborted, kHang };

struct Machine {
	Vonpu_decoder top;
	uint64_t cycles = 0;
	std::string error;

	Machine()
	{
		top.rst_ni = 0;
		quiet();
		for (int i = 0; i < 4; i++)
			tick();
		top.rst_ni = 1;
		tick();
	}
	~Machine() { retire(top); }

	Outcome run(const Command &c, const Expected &e, const Speed &speed, uint32_t abort_after);
	uint32_t run_cycles = 0;
	// Cycle in which step i was accepted.
	std::vector<uint32_t> accepted;

private:
	struct Read {
		bool valid = false;
		uint32_t addr = 0;
	} reads_[2];
	Slot slots_[4] = {};

	void fail(const std::string &what)
	{
		if (error.empty())
			error = what + " in cycle " + std::to_string(run_cycles);
	}
	void quiet()
	{
		top.start_i = top.abort_i = top.step_ready_i = 0;
		top.slot_free_i = top.param_free_i = top.dec_gnt_i = 0;
	}
	void set_command(const Command &c);
	void compare(const Slot &slot, const Step &step);
	void write_slots();

	// Outputs before the edge are those that a grant has had its effect on.
	void tick()
	{
		const Read &r = reads_[1];
		uint32_t asked = 0;
		bool granted;

		top.dec_rvalid_i = r.valid;
		if (r.valid)
			memcpy(&top.dec_rdata_i, &sram[r.addr], 2 * V);
		top.eval();
		granted = top.dec_req_o && top.dec_gnt_i;
		asked = top.dec_addr_o;
		if (granted && (asked % (2 * V) || asked >= SRAM_BYTES))
			fail("address");
		write_slots();
		top.clk_i = 1;
		top.eval();
		top.clk_i = 0;
		top.eval();
		reads_[1] = reads_[0];
		reads_[0] = { granted, granted ? asked & (SRAM_BYTES - 1) : 0 };
		cycles++;
		run_cycles++;
	}
};

void Machine::set_command(const Command &c)
{
	uint32_t at = 0;
	void *p = &top.cmd_i;
	auto put = [&](uint32_t width, uint64_t value) {
		set_bits(p, at, width, value);
		at += width;
	};
	auto put_map = [&](uint32_t ring, uint32_t row_pitch) {
		put(16, ring ? rng() % ring : rng());
		put(16, ring);
		put(20, ring * row_pitch);
		put(20, rng());
		put(20, row_pitch);
		put(20, rng());
	};

	// compute_t, from its last field on; what is not the decoder's is random.
	put(1, c.per_channel);
	put(15, rng());
	for (int i = 0; i < 43; i++)
		put(16, rng());
	for (int i = 0; i < 3; i++)
		put(20, rng());
	put(1, rng());
	for (int i = 0; i < 2; i++)
		put(20, rng());
	put(16, rng());
	put(16, rng());
	for (int i = 0; i < 2; i++)
		put(20, rng());
	put(16, rng());
	put_map(rng() & 0xffff, rng());
	put_map(rng() & 0xffff, rng());
	put_map(c.ring, c.row_pitch);
	put(21, c.size);
	put(20, c.weights);
	put(20, rng());
	put(20, rng());
	put(16, rng());
	put(16, rng());
	put(16, c.kernel_w);
	put(16, c.kernel_h);
	put(8, c.weight_zero);
	put(1, rng());
	put(1, c.pair);
	put(1, c.weight_unsigned);
	put(1, rng());
	put(16, c.tile_w);
	put(16, c.tile_h);
	put(16, c.out_c);
	put(16, c.out_w);
	put(16, c.out_h);
	put(8, c.opcode);
	if ((at + 31) / 32 * 4 != sizeof(top.cmd_i)) {
		printf("Bail out! compute_t has changed\n");
		exit(1);
	}
}

// What the array stores at the edge.
void Machine::write_slots()
{
	auto sign9 = [](uint64_t v) { return int16_t(v & 256 ? int(v) - 512 : int(v)); };

	if (top.w_clear_o)
		memset(slots_[top.w_clear_slot_o].value, 0, sizeof(slots_[0].value));
	for (uint32_t r = 0; r < 2; r++) {
		if (!(top.w_row_valid_o >> r & 1))
			continue;
		uint32_t slot = get_bits(&top.w_row_slot_o, 2 * r, 2) & 3;
		uint32_t lane = top.w_row_lane_o >> 6 * r & 63;
		if (lane >= V) {
			fail("lane of values");
			continue;
		}
		for (uint32_t t = 0; t < V; t++)
			slots_[slot].value[lane][t] =
				sign9(get_bits(&top.w_row_value_o, 9 * (V * r + t), 9));
	}
	for (uint32_t r = 0; r < 4; r++) {
		if (!(top.w_sel_valid_o >> r & 1))
			continue;
		uint32_t slot = top.w_sel_slot_o >> 2 * r & 3, lane = top.w_sel_lane_o >> 6 * r & 63;
		if (lane >= V) {
			fail("lane of selects");
			continue;
		}
		for (uint32_t t = 0; t < V; t++)
			slots_[slot].select[lane][t] =
				uint8_t(get_bits(&top.w_sel_value_o, 4 * (V * r + t), 4));
	}
	if (top.w_tap_valid_o) {
		if (top.w_tap_o >= V) {
			fail("tap");
			return;
		}
		for (uint32_t l = 0; l < V; l++)
			slots_[top.w_tap_slot_o].value[l][top.w_tap_o] =
				sign9(get_bits(&top.w_tap_value_o, 9 * l, 9));
	}
}

void Machine::compare(const Slot &slot, const Step &step)
{
	for (uint32_t l = 0; l < step.n; l++)
		for (uint32_t t = 0; t < V; t++) {
			if (slot.value[l][t] != step.slot.value[l][t])
				fail("value of lane " + std::to_string(l) + " slot " +
				     std::to_string(t));
			if (step.mode != ONPU_BLOCK_D && step.occupied[l][t] &&
			    slot.select[l][t] != step.slot.select[l][t])
				fail("select of lane " + std::to_string(l) + " slot " +
				     std::to_string(t));
		}
}

Outcome Machine::run(const Command &c, const Expected &e, const Speed &speed, uint32_t abort_after)
{
	// A broken stream does not get beyond its first pass.
	uint32_t passes = e.good ? c.tiles() : 1;
	uint32_t all_steps = uint32_t(e.steps.size()) * passes;
	uint32_t all_params = uint32_t(e.params.size()) * passes;
	uint32_t step = 0, param = 0, next_slot = 0, quiet_cycles = 0;
	std::deque<const Step *> held;	// accepted, their slots not freed
	uint32_t first_slot = 0;
	bool finished = false;
	Outcome outcome = kHang;
	auto at = [](uint32_t percent) { return percent >= 100 || chance(percent); };

	run_cycles = 0;
	accepted.clear();
	error.clear();
	for (size_t i = 0; i < c.size && i < c.stream.size(); i++)
		sram[c.weights + i] = c.stream[i];
	set_command(c);
	quiet();
	for (Slot &s : slots_)
		memset(&s, 0x55, sizeof(s));
	top.start_i = 1;
	top.dec_gnt_i = at(speed.grant);
	tick();
	top.start_i = 0;
	while (!finished || !held.empty() || param < all_params) {
		bool free_slot = !held.empty() && at(speed.slot), free_param, take, was_fault;

		if (abort_after && run_cycles >= abort_after) {
			outcome = kAborted;
			break;
		}
		top.dec_gnt_i = at(speed.grant);
		top.step_ready_i = at(speed.step);
		top.slot_free_i = 0;
		top.param_free_i = 0;
		top.eval();
		free_param = top.param_valid_o && at(speed.param);
		if (free_slot) {
			if (held.front())
				compare(slots_[first_slot], *held.front());
			held.pop_front();
			first_slot = (first_slot + 1) % 4;
		}
		top.slot_free_i = free_slot;
		top.param_free_i = free_param;
		if (free_param) {
			const Params *p = param < all_params ? &e.params[param % e.params.size()] :
				nullptr;
			if (!p && e.good)
				fail("more parameters than there are");
			if (p && memcmp(&top.bias_o, p->bias.data(), 4 * p->n))
				fail("bias");
			if (p && memcmp(&top.mult_o, p->mult.data(), 4 * p->n))
				fail("multiplier");
			if (p && memcmp(&top.shift_o, p->shift.data(), p->n))
				fail("shift");
			param++;
		}
		take = top.step_valid_o && top.step_ready_i;
		if (take && step < all_steps) {
			const Step &s = e.steps[step % e.steps.size()];
			uint64_t word = top.step_o;
			if ((word & kAddrMask) != s.offset)
				fail("offset");
			if ((word >> 20 & 0xffff) != s.row)
				fail("row");
			if ((word >> 38 & 1) != s.none || (word >> 39 & 1) != s.last ||
			    (word >> 40 & 1) != s.first || (!s.none && (word >> 36 & 3) != s.mode))
				fail("step");
			if (!s.none) {
				if (held.size() == 4)
					fail("a step without a slot");
				compare(slots_[next_slot], s);
				next_slot = (next_slot + 1) % 4;
				held.push_back(&s);
			}
		} else if (take && e.good) {
			fail("more steps than there are");
		} else if (take && !(top.step_o >> 38 & 1)) {
			// Of a block that is cut off, some steps may come; they are just taken.
			held.push_back(nullptr);
		}
		if (take) {
			step++;
			accepted.push_back(run_cycles);
		}
		tick();
		was_fault = top.fault_o;
		if (top.done_o) {
			if (finished || step != all_steps)
				fail("done too early, or twice");
			finished = true;
			outcome = kDone;
		}
		if (was_fault) {
			outcome = kFault;
			break;
		}
		quiet_cycles = take || free_slot || free_param ? 0 : quiet_cycles + 1;
		if (quiet_cycles > 100000 || !error.empty())
			break;
	}
	quiet();
	if (outcome == kFault) {
		for (uint32_t i = pick(0, 4); i; i--) {
			tick();
			if (top.step_valid_o || top.param_valid_o || top.dec_req_o || top.fault_o ||
			    top.done_o || top.w_row_valid_o || top.w_tap_valid_o)
				fail("not idle after a fault");
		}
	}
	if (outcome != kDone) {
		top.abort_i = 1;
		top.dec_gnt_i = 1;
		tick();
		quiet();
		if (top.step_valid_o || top.param_valid_o || top.dec_req_o)
			fail("not idle after an abort");
	}
	if (chance(50))
		for (uint32_t i = pick(1, 5); i; i--) {
			top.dec_gnt_i = 1;
			tick();
			if (top.done_o || top.step_valid_o || top.dec_req_o || top.w_row_valid_o)
				fail("not idle");
		}
	return outcome;
}

std::unique_ptr<Machine> machine;

bool check(const Command &c, const Speed &speed, const std::string &what)
{
	Expected e = expect(c);
	Outcome outcome = machine->run(c, e, speed, 0);

	if (machine->error.empty() && outcome == (e.good ? kDone : kFault))
		return true;
	printf("# %s: opcode %02x out %ux%ux%u tile %ux%u kernel %ux%u size %u ring %u%s: %s%s\n",
	       what.c_str(), c.opcode, c.out_h, c.out_w, c.out_c, c.tile_h, c.tile_w, c.kernel_h,
	       c.kernel_w, c.size, c.ring, e.good ? "" : " broken",
	       outcome == kDone ? "done" : outcome == kFault ? "fault" : "hangs, or stopped",
	       machine->error.empty() ? "" : (", " + machine->error).c_str());
	return false;
}

// ---- Tests -------------------------------------------------------------------------------------

void test_kinds()
{
	bool good = true;

	for (uint32_t mode = 0; mode < 3 && good; mode++)
		for (uint32_t steps = 1; steps <= (mode ? 3 : 1); steps++)
			for (uint32_t form = 0; form < 4; form++)
				for (uint32_t n = 1; n <= V && good; n++) {
					Command c;
					c.out_c = n;
					c.weight_unsigned = form & 1;
					c.weight_zero = c.weight_unsigned ? 200 : 0;
					c.row_pitch = 12345;
					put_params(c.stream, n, true);
					for (uint32_t b = 0; b < 3; b++) {
						Kind k = { mode, steps, bool(form & 1),
							   bool(form & 2), pick(5, 95) };
						put_block(c.stream, n, k, b, 77 * b, b == 2);
					}
					finish(c);
					good = check(c, chance(50) ? kFull : random_speed(), "kinds");
				}
	ok(good, "every mode, bitmap, nibble, number of steps and of lanes");
}

void test_random(uint32_t count)
{
	bool good = true;

	for (uint32_t i = 0; i < count && good; i++)
		good = check(random_conv(), chance(30) ? kFull : random_speed(), "random CONV");
	ok(good, "%u random CONV streams", count);
}

void test_kernels()
{
	bool good = true;

	for (uint32_t h = 1; h <= 16 && good; h++)
		for (uint32_t w = 1; w <= 16 && good; w++)
			good = check(random_dwconv(h, w), chance(30) ? kFull : random_speed(), "kernel");
	ok(good, "DWCONV: every kernel size");
}

void test_rings()
{
	bool good = true;

	for (uint32_t ring : { 1u, 2u, 3u, 7u, 100u, 254u, 255u, 256u, 257u, 65535u })
		for (uint32_t row : { 0u, 1u, 2u, 6u, 7u, 99u, 100u, 253u, 254u, 255u }) {
			Command c;
			c.ring = ring;
			c.row_pitch = pick(0, kAddrMask);
			put_params(c.stream, V, true);
			for (uint32_t b = 0; b < 2; b++)
				put_block(c.stream, V, { b, 1, false, false, 0 }, row, 65535 * b, b);
			finish(c);
			good = good && check(c, kFull, "rings");
		}
	ok(good, "rows modulo rings of all sizes");
}

void test_tiles()
{
	bool good = true;

	for (uint32_t i = 0; i < 60 && good; i++) {
		Command c;
		c.out_h = pick(1, 12);
		c.out_w = pick(1, 12);
		c.tile_h = pick(1, 13);
		c.tile_w = pick(1, 13);
		c.out_c = i % 3 ? V : 1;
		if (i == 0) {
			c.out_h = c.out_w = 65535;
			c.tile_h = 65535;
			c.tile_w = 32768;
		}
		put_params(c.stream, c.out_c, true);
		if (i % 2)
			put32(c.stream, 0x83000000);
		else
			put_block(c.stream, c.out_c, { 0, 1, false, false, 0 }, 0, 0, true);
		finish(c);
		good = check(c, i % 5 ? random_speed() : kFull, "tiles");
	}
	ok(good, "tiles: the whole stream for each");
}

// Steps without slots: nothing but the queue of steps holds them back; and a block whose second step
// finds the queue full.
void test_none()
{
	bool good = true;

	for (uint32_t steps : { 100u, 30u, 2u })
		for (uint32_t params : { 100u, 50u }) {
			Command c;
			c.out_c = 40 * V - 1;
			for (uint32_t b = 0; b < 40; b++) {
				uint32_t n = V - (b == 39);
				put_params(c.stream, n, true);
				if (b % 16 == 15)
					put_block(c.stream, n, { 2, 3, false, false, 0 }, 0, 0, true);
				else if (b % 8 == 7)
					put_block(c.stream, n, { 0, 1, false, false, 0 }, 0, 0, true);
				else
					put32(c.stream, 0x83000000);
			}
			finish(c);
			good = good && check(c, { 100, steps, 100, params }, "NONE");
		}
	ok(good, "blocks of mode NONE, up to a full queue of steps");
}

// One break for each rule, in a stream that would be good without the rule.
void test_rules()
{
	struct Rule {
		const char *name;
		uint32_t and_mask, or_mask;	// of the header
		uint32_t mode, steps;
		bool pair, alone;
	} rules[] = {
		{ "reserved header bit", ~0u, 1u << 30, 0, 1, false, true },
		{ "steps in D", ~0u, 0, 0, 2, false, true },
		{ "four steps in G2", ~0u, 0, 1, 4, false, true },
		{ "four steps in G4", ~0u, 0, 2, 4, false, true },
		{ "NONE that is not last", 0, 3u << 24, 0, 1, false, true },
		{ "NONE with an offset", 0, 0x83000001, 0, 1, false, true },
		{ "NONE with a row", 0, 0x83800000, 0, 1, false, true },
		{ "NONE with steps", 0, 0x87000000, 0, 1, false, true },
		{ "NONE with a bitmap", 0, 0x93000000, 0, 1, false, true },
		{ "NONE with nibbles", 0, 0xa3000000, 0, 1, false, true },
		{ "NONE behind another block", 0, 0x83000000, 0, 1, false, false },
		{ "G2 in a paired block", ~0u, 0, 1, 1, true, true },
		{ "G4 in a paired block", ~0u, 0, 2, 2, true, true },
	};

	for (const Rule &r : rules) {
		bool good = true;
		for (int i = 0; i < 12 && good; i++) {
			Command c;
			c.pair = r.pair;
			uint32_t before = rng() % 3, n = r.pair ? pick(1, V / 2) : pick(1, V);
			c.out_c = before * V + n;
			for (uint32_t b = 0; b < before; b++) {
				put_params(c.stream, V, true);
				put_block(c.stream, V, { 0, 1, chance(50), false, 50 }, 0, 0, true);
			}
			put_params(c.stream, n, true);
			if (!r.alone)
				put_block(c.stream, n, { 0, 1, false, false, 0 }, 1, 2, false);
			size_t at = c.stream.size();
			put_block(c.stream, n, { r.mode, r.steps, false, false, 0 }, 0, 0, true);
			uint32_t word = load_u32(&c.stream[at]);
			word = (word & r.and_mask) | r.or_mask;
			memcpy(&c.stream[at], &word, 4);
			if ((word >> 24 & 3) == ONPU_BLOCK_NONE)
				c.stream.resize(at + 4);
			if (!(word >> 31))
				put_block(c.stream, n, { 0, 1, false, false, 0 }, 0, 0, true);
			finish(c);
			if (expect(c).good) {
				printf("Bail out! %s is not broken\n", r.name);
				exit(1);
			}
			good = check(c, i % 2 ? random_speed() : kFull, r.name);
		}
		ok(good, "refused: %s", r.name);
	}
}

void test_parameters()
{
	bool good = true;
	uint32_t broken = 0;

	for (uint32_t lane = 0; lane < V; lane++)
		for (int what = 0; what < 6; what++)
			for (int used = 0; used < 2; used++) {
				static const int8_t shifts[] = { -32, 31, -128, 127 };
				Command c;
				uint32_t n = pick(lane + 1, V);
				c.out_c = n;
				c.per_channel = used;
				put_params(c.stream, n, true);
				if (what < 4)
					c.stream[8 * n + lane] = uint8_t(shifts[what]);
				else if (what == 4)
					c.stream[4 * n + 4 * lane + 3] |= 0x80;
				else
					c.stream[8 * n + lane] = uint8_t(lane & 1 ? -31 : 30);
				put_block(c.stream, n, { 0, 1, false, false, 0 }, 0, 0, true);
				finish(c);
				broken += !expect(c).good;
				good = good && check(c, kFull, "parameters");
			}
	ok(good && broken == 5 * V, "parameters out of range: refused with PER_CHANNEL only");
}

void test_sizes()
{
	bool good = true;

	for (int i = 0; i < 60 && good; i++) {
		Command c = i % 3 ? random_conv() : random_dwconv(pick(1, 6), pick(1, 6));
		if (c.stream.size() > 6000)
			continue;
		uint32_t full = uint32_t(c.stream.size());
		c.stream.resize(full + 64);
		for (uint32_t size : { 0u, 1u, 4u, full - 1, full - 4, full - 5, full + 1, full + 4,
				       full + 64, pick(0, full), pick(0, full), pick(0, full) & ~3u }) {
			c.size = size;
			c.weights = (rng() % (SRAM_BYTES - size)) & ~3u;
			good = good && check(c, chance(50) ? kFull : random_speed(), "sizes");
		}
	}
	ok(good, "streams that are too short or too long");
}

void test_flips(uint32_t count)
{
	bool good = true;
	uint32_t broken = 0;

	for (uint32_t i = 0; i < count && good; i++) {
		Command c = i % 4 ? random_conv() : random_dwconv(pick(1, 4), pick(1, 4));
		for (uint32_t flips = pick(1, 4); flips; flips--)
			c.stream[rng() % c.stream.size()] ^= 1 << rng() % 8;
		broken += !expect(c).good;
		good = check(c, chance(50) ? kFull : random_speed(), "flips");
	}
	ok(good && broken, "%u streams with flipped bits, %u broken", count, broken);
}

void test_aborts(uint32_t count)
{
	bool good = true;

	for (uint32_t i = 0; i < count && good; i++) {
		Command c = i % 3 ? random_conv() : random_dwconv(pick(1, 5), pick(1, 5));
		Expected e = expect(c);
		machine->run(c, e, random_speed(), pick(1, 300));
		good = machine->error.empty() && check(random_conv(), kFull, "after an abort");
		if (!machine->error.empty())
			printf("# %s\n", machine->error.c_str());
	}
	ok(good, "aborts at random, a command behind each");
}

// ---- Time --------------------------------------------------------------------------------------

// Cycles for each block, in the middle of a stream that nothing holds up.
void test_time(const std::string &name, uint32_t n, const Kind &k, double most)
{
	constexpr uint32_t kBlocks = 64;
	Command c;

	c.out_c = n;
	put_params(c.stream, n, true);
	for (uint32_t b = 0; b < kBlocks; b++)
		put_block(c.stream, n, k, 1, 2, b + 1 == kBlocks);
	finish(c);
	bool good = check(c, kFull, name);
	double cycles = 0;
	if (good)
		cycles = double(machine->accepted[(kBlocks - 8) * k.steps] -
				machine->accepted[8 * k.steps]) / (kBlocks - 16);
	char text[100];
	snprintf(text, sizeof(text), "%s: %.2f cycles a block, at most %.2f", name.c_str(), cycles, most);
	ok(good && cycles <= most, "%s", text);
}

void test_times()
{
	double rows = V / 2, selects = V / 4;

	test_time("D", V, { 0, 1, false, false, 0 }, rows + 1);
	test_time("D, half of the lanes", V / 2, { 0, 1, false, false, 0 }, rows / 2 + 1);
	test_time("D, nibbles", V, { 0, 1, false, true, 0 }, rows + 1);
	test_time("D, bitmap", V, { 0, 1, true, false, 50 }, rows + (V + 15) / 16 + 3);
	test_time("D, bitmap, full", V, { 0, 1, true, false, 100 }, rows + (V + 15) / 16 + 3);
	test_time("G4, one step", V, { 2, 1, false, false, 0 }, rows + selects + 1);
	test_time("G4, three steps", V, { 2, 3, false, false, 0 }, 3 * (rows + selects) + 1);
	test_time("G4, three steps, bitmap", V, { 2, 3, true, true, 50 },
		  3 * (rows + selects + (V + 15) / 16) + 3);

	// Many short passes, with parameters.
	Command c;
	c.out_h = 40;
	put_params(c.stream, V, true);
	put_block(c.stream, V, { 0, 1, false, false, 0 }, 1, 2, true);
	finish(c);
	bool good = check(c, kFull, "tiles");
	double cycles = good ? (machine->accepted[36] - machine->accepted[4]) / 32.0 : 0;
	char text[100];
	snprintf(text, sizeof(text), "a tile of one D block: %.2f cycles, at most %.2f", cycles,
		 rows + 7);
	ok(good && cycles <= rows + 7, "%s", text);

	c = Command();
	c.opcode = kDwconv;
	c.kernel_h = c.kernel_w = 3;
	c.out_c = 8 * V;
	for (uint32_t b = 0; b < 8; b++) {
		put_params(c.stream, V, true);
		for (uint32_t i = 0; i < 9 * V; i++)
			c.stream.push_back(uint8_t(rng()));
		pad(c.stream);
	}
	finish(c);
	good = check(c, kFull, "DWCONV");
	uint32_t passes = V >= 9 ? 1 : 2;
	cycles = good ? (machine->accepted[6 * passes] - machine->accepted[2 * passes]) / 4.0 : 0;
	snprintf(text, sizeof(text), "DWCONV 3 x 3: %.2f cycles a block, at most 14", cycles);
	ok(good && cycles <= 14, "%s", text);
}

void test_speed()
{
	Command c;

	c.out_h = 100;
	put_params(c.stream, V, true);
	for (uint32_t b = 0; b < 64; b++)
		put_block(c.stream, V, { b % 3, 1, b % 2 == 0, false, 50 }, 1, 2, b == 63);
	finish(c);
	Expected e = expect(c);
	auto start = std::chrono::steady_clock::now();
	uint64_t before = machine->cycles;
	machine->run(c, e, kFull, 0);
	std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
	printf("# %.0f k cycles/s with this harness\n",
	       double(machine->cycles - before) / time.count() / 1e3);
}

} // namespace

int main(int argc, char **argv)
{
	uint32_t count = argc > 2 ? strtoul(argv[2], nullptr, 0) : 1500;

	begin(argc, argv);
	for (uint8_t &b : sram)
		b = uint8_t(rng());
	machine = std::make_unique<Machine>();
	test_kinds();
	test_rings();
	test_tiles();
	test_none();
	test_kernels();
	test_random(count);
	test_rules();
	test_parameters();
	test_sizes();
	test_flips(count / 2);
	test_aborts(count / 5);
	test_times();
	test_speed();
	machine.reset();
	return end();
}
