// SPDX-License-Identifier: MIT
//
// The weight decoder against the functional model's reader of weight streams: random streams of all
// modes, malformed ones, aborts, and the number of cycles of streams that nothing holds up.  SRAM,
// array and post-processor are played with random timing, or as fast as possible.
// Usage: test [seed [streams]]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "Vonpu_decoder.h"
#include "verilated.h"

extern "C" {
#include "weights.c"
}

namespace {

constexpr uint32_t kAddrMask = (1u << 20) - 1;
constexpr uint32_t kBlock = 2 * V;	// bytes of a read
constexpr uint8_t kConv = 0x30, kDwconv = 0x31;

std::mt19937 rng;
uint32_t pick(uint32_t low, uint32_t high) { return low + rng() % (high - low + 1); }
bool chance(uint32_t percent) { return rng() % 100 < percent; }

std::vector<uint8_t> sram(SRAM_BYTES);
int tests = 0, failures = 0;
void report(bool ok, const std::string &name)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, name.c_str());
	failures += !ok;
}

uint64_t get_bits(const void *port, uint32_t low, uint32_t width)
{
	auto *bytes = static_cast<const uint8_t *>(port);
	uint64_t value = 0;

	for (uint32_t i = 0; i < width; i++)
		value |= static_cast<uint64_t>(bytes[(low + i) / 8] >> (low + i) % 8 & 1) << i;
	return value;
}

int sign9(uint32_t value) { return static_cast<int>(value ^ 256) - 256; }

// ---- commands and streams ------------------------------------------------------------------------

struct Command {
	uint8_t opcode = kConv;
	uint32_t out_h = 1, out_w = 1, out_c = V, tile_h = 1, tile_w = 1;
	uint32_t kernel_h = 1, kernel_w = 1;	// DWCONV
	bool is_unsigned = false, pair = false, per_channel = false;
	uint8_t zero = 0;
	uint32_t ring = 0, row_pitch = 0;
	uint32_t weights = 0, size = 0;
	std::vector<uint8_t> stream;	// size bytes, and possibly more
	std::vector<uint32_t> headers, params;	// where they are in the stream

	bool dw() const { return opcode == kDwconv; }
	uint32_t tiles() const
	{
		return (out_h + tile_h - 1) / tile_h * ((out_w + tile_w - 1) / tile_w);
	}
	uint32_t lanes(uint32_t c) const { return std::min<uint32_t>(out_c - c, V); }
	onpu_weight_shape shape() const
	{
		return { V, out_c, is_unsigned, is_unsigned ? zero : 0, pair, per_channel };
	}
	void word(uint32_t value)
	{
		for (int i = 0; i < 4; i++)
			stream.push_back(static_cast<uint8_t>(value >> 8 * i));
	}
	// Padding is ignored, so it is not always zeros.
	void pad()
	{
		bool zeros = chance(50);

		while (stream.size() % 4)
			stream.push_back(zeros ? 0 : static_cast<uint8_t>(rng()));
	}
};

uint32_t header_of(uint32_t mode, uint32_t steps, bool bitmap, bool nibble, bool last, uint32_t row,
		   uint32_t offset)
{
	return offset | row << 16 | mode << 24 | (steps - 1) << 26 | bitmap << 28 | nibble << 29 |
	       static_cast<uint32_t>(last) << 31;
}

void add_params(Command &c, uint32_t n)
{
	bool legal = c.per_channel || chance(50);

	c.params.push_back(static_cast<uint32_t>(c.stream.size()));
	for (uint32_t i = 0; i < n; i++)
		c.word(rng());
	for (uint32_t i = 0; i < n; i++) {
		static const uint32_t edge[] = { 0, 1, 0x7fffffff, 0x40000000 };
		uint32_t mult = chance(20) ? edge[pick(0, 3)] : rng();

		c.word(legal ? mult & 0x7fffffff : mult);
	}
	for (uint32_t i = 0; i < n; i++) {
		int shift = chance(20) ? (chance(50) ? -31 : 30) : static_cast<int>(pick(0, 61)) - 31;

		c.stream.push_back(static_cast<uint8_t>(legal ? static_cast<uint32_t>(shift) : rng()));
	}
	c.pad();
}

void add_block(Command &c, uint32_t n, uint32_t mode, uint32_t steps, bool bitmap, uint32_t density,
	       bool nibble, bool last)
{
	uint32_t slots = steps * n * V, occupied = slots, at;

	c.headers.push_back(static_cast<uint32_t>(c.stream.size()));
	c.word(header_of(mode, steps, bitmap, nibble, last, chance(70) ? pick(0, 8) : pick(0, 255),
			 chance(50) ? pick(0, 200) : pick(0, 65535)));
	if (bitmap) {
		at = static_cast<uint32_t>(c.stream.size());
		c.stream.resize(at + slots / 8);
		occupied = 0;
		for (uint32_t i = 0; i < slots; i++)
			if (chance(density)) {
				c.stream[at + i / 8] |= static_cast<uint8_t>(1 << i % 8);
				occupied++;
			}
	}
	at = nibble ? (occupied + 1) / 2 : occupied;
	if (mode != ONPU_BLOCK_D)
		at += (occupied + 1) / 2;
	while (at--)
		c.stream.push_back(static_cast<uint8_t>(rng()));
	c.pad();
}

void add_random_blocks(Command &c, uint32_t n)
{
	bool paired = c.pair && n <= V / 2;

	if (chance(10)) {
		c.headers.push_back(static_cast<uint32_t>(c.stream.size()));
		c.word(ONPU_BLOCK_NONE << 24 | 1u << 31);
		return;
	}
	for (uint32_t count = pick(1, 5); count; count--) {
		static const uint32_t densities[] = { 0, 5, 50, 90, 100 };
		uint32_t mode = paired ? +ONPU_BLOCK_D : pick(ONPU_BLOCK_D, ONPU_BLOCK_G4);
		uint32_t steps = mode == ONPU_BLOCK_D ? 1 : pick(1, 3);

		add_block(c, n, mode, steps, chance(60), densities[pick(0, 4)], chance(40), count == 1);
	}
}

void add_taps(Command &c, uint32_t n)
{
	for (uint32_t i = c.kernel_h * c.kernel_w * n; i; i--)
		c.stream.push_back(static_cast<uint8_t>(rng()));
	c.pad();
}

void finish(Command &c)
{
	c.size = static_cast<uint32_t>(c.stream.size());
	c.weights = chance(10) ? SRAM_BYTES - c.size : pick(0, (SRAM_BYTES - c.size) / 4) * 4;
}

Command random_command(uint8_t opcode)
{
	Command c;

	c.opcode = opcode;
	c.out_c = chance(40) ? pick(1, V) : chance(50) ? pick(1, 3) * V : pick(1, 4 * V);
	c.out_h = pick(1, 5);
	c.out_w = pick(1, 5);
	c.tile_h = chance(70) ? c.out_h + pick(0, 3) : pick(1, 4);
	c.tile_w = chance(70) ? c.out_w + pick(0, 3) : pick(1, 4);
	c.kernel_h = chance(50) ? pick(1, 5) : pick(1, 16);
	c.kernel_w = chance(50) ? pick(1, 5) : pick(1, 16);
	c.is_unsigned = chance(40);
	c.pair = opcode == kConv && chance(40);
	c.per_channel = chance(60);
	c.zero = static_cast<uint8_t>(rng());
	c.ring = chance(30) ? 0 : chance(60) ? pick(1, 12) : pick(1, 65535);
	c.row_pitch = chance(60) ? pick(0, 5000) : rng() & kAddrMask;
	for (uint32_t first = 0; first < c.out_c; first += V) {
		add_params(c, c.lanes(first));
		if (c.dw())
			add_taps(c, c.lanes(first));
		else
			add_random_blocks(c, c.lanes(first));
	}
	finish(c);
	return c;
}

// ---- model -----------------------------------------------------------------------------------------

struct Params {
	uint32_t n;
	uint32_t bias[V], mult[V];
	uint8_t shift[V];
};

struct Step {
	bool first = false, last = false, none = false, occupied[V][V] = {};
	uint32_t mode = ONPU_BLOCK_D, row = 0, offset = 0, n = 0;
	int16_t value[V][V] = {};	// [lane][slot of the step]
	uint8_t select[V][V] = {};
};

struct Expected {
	bool fault = false, consistent = true;
	std::vector<Params> params;
	std::vector<Step> steps;
};

// What a step adds to the weights of its window's bytes.
void add_dense(const Step &s, int16_t *dense)
{
	for (uint32_t lane = 0; lane < s.n; lane++)
		for (uint32_t t = 0; t < V; t++) {
			uint32_t at = s.mode == ONPU_BLOCK_D ? t : (4 * t + s.select[lane][t]) % (4 * V);

			if (s.mode == ONPU_BLOCK_G2)
				at %= 2 * V;
			if (s.occupied[lane][t])
				dense[lane * 4 * V + at] = static_cast<int16_t>(dense[lane * 4 * V + at] +
										s.value[lane][t]);
		}
}

// The steps of a block, and whether they sum up to what the functional model makes of it.
bool expand(const Command &c, const onpu_weight_block &b, uint32_t n, bool *first,
	    std::vector<Step> &steps)
{
	std::vector<int16_t> dense(n * 4 * V), other(n * 4 * V);
	onpu_weight_shape shape = c.shape();
	const uint8_t *values = b.payload + (b.bitmap ? b.steps * n * V / 8 : 0);
	const uint8_t *selects = values + (b.nibble ? (b.occupied + 1) / 2 : b.occupied);
	uint32_t row = c.ring ? b.row % c.ring : b.row, at = 0, slot = 0;

	for (uint32_t k = 0; k < b.steps; k++) {
		Step s;

		s.first = *first;
		*first = false;
		s.last = b.last && k == b.steps - 1;
		s.mode = b.mode;
		s.row = row;
		s.offset = (row * c.row_pitch + b.offset) & kAddrMask;
		s.n = n;
		for (uint32_t lane = 0; lane < n; lane++)
			for (uint32_t t = 0; t < V; t++, slot++) {
				if (b.bitmap && !(b.payload[slot / 8] >> slot % 8 & 1))
					continue;
				s.occupied[lane][t] = true;
				s.value[lane][t] = value_at(&shape, &b, values, at);
				if (b.mode != ONPU_BLOCK_D)
					s.select[lane][t] = static_cast<uint8_t>(nibble_at(selects, at));
				at++;
			}
		add_dense(s, dense.data());
		steps.push_back(s);
	}
	onpu_weights_expand(&shape, &b, n, other.data(), 4 * V);
	return dense == other;
}

void add_passes(const Command &c, const uint8_t *bytes, uint32_t n, std::vector<Step> &steps)
{
	uint32_t g = std::max(1u, std::min(4u, V / c.kernel_w));

	for (uint32_t r = 0; r < c.kernel_h; r += g)
		for (uint32_t k = 0; k < c.kernel_w; k += V) {
			uint32_t rows = std::min(g, c.kernel_h - r);
			uint32_t columns = std::min<uint32_t>(V, c.kernel_w - k);
			Step s;

			s.n = n;
			s.first = !r && !k;
			s.last = r + rows == c.kernel_h && k + columns == c.kernel_w;
			memset(s.occupied, 1, sizeof s.occupied);
			for (uint32_t i = 0; i < rows * columns * n; i++) {
				uint32_t lane = i % n, column = i / n % columns, row = i / n / columns;
				uint8_t byte = bytes[((r + row) * c.kernel_w + k + column) * n + lane];

				s.value[lane][column * rows + row] = static_cast<int16_t>(
					c.is_unsigned ? byte - c.zero : static_cast<int8_t>(byte));
			}
			steps.push_back(s);
		}
}

bool read_blocks(const Command &c, onpu_weight_reader *reader, uint32_t n, Expected &e)
{
	onpu_weight_block b;
	bool first = true;

	do {
		if (!onpu_weights_block(reader, n, &b))
			return false;
		if (b.mode == ONPU_BLOCK_NONE) {
			Step s;

			s.first = s.last = s.none = true;
			if (first)
				e.steps.push_back(s);
			return first;
		}
		if (c.pair && n <= V / 2 && b.mode != ONPU_BLOCK_D)
			return false;
		e.consistent &= expand(c, b, n, &first, e.steps);
	} while (!b.last);
	return true;
}

bool read_stream(const Command &c, Expected &e)
{
	onpu_weight_reader reader = { c.stream.data(), c.size, 0, V };
	onpu_weight_params p;

	for (uint32_t first = 0; first < c.out_c; first += V) {
		uint32_t n = c.lanes(first);
		Params params = { n, {}, {}, {} };

		if (!onpu_weights_params(&reader, n, &p) || (c.per_channel && !params_in_range(&p, n)))
			return false;
		memcpy(params.bias, p.bias, 4 * n);
		memcpy(params.mult, p.mult, 4 * n);
		memcpy(params.shift, p.shift, n);
		e.params.push_back(params);
		if (c.dw()) {
			const uint8_t *taps = onpu_weights_taps(&reader, n, c.kernel_h * c.kernel_w);

			if (!taps)
				return false;
			add_passes(c, taps, n, e.steps);
		} else if (!read_blocks(c, &reader, n, e)) {
			return false;
		}
	}
	return reader.pos == c.size;
}

// Of one tile; what precedes a fault.
Expected model(const Command &c)
{
	onpu_weight_shape shape = c.shape();
	onpu_weight_reach reach;
	Expected e;
	bool good;

	e.fault = !read_stream(c, e);
	good = c.dw() ? onpu_weights_check_dwconv(&shape, c.stream.data(), c.size,
						  c.kernel_h * c.kernel_w) :
			onpu_weights_check_conv(&shape, c.stream.data(), c.size, &reach);
	e.consistent &= good != e.fault;
	return e;
}

// ---- bench -----------------------------------------------------------------------------------------

// Percent of the cycles.
struct Timing {
	uint32_t grant = 100, ready = 100, slot = 100, param = 100;
};

Timing random_timing()
{
	static const uint32_t percent[] = { 100, 100, 60, 15 };

	if (chance(15))
		return {};
	return { percent[pick(0, 3)], percent[pick(0, 3)], percent[pick(0, 3)], percent[pick(0, 3)] };
}

enum End { kDone, kFault, kAborted, kHang };

class Bench {
public:
	Bench() : top(std::make_unique<Vonpu_decoder>(&context)) {}

	VerilatedContext context;
	std::unique_ptr<Vonpu_decoder> top;
	std::string error;
	uint64_t cycle = 0, begin = 0, first_step = 0, last_step = 0;
	size_t steps = 0, params = 0;	// taken, freed

	void reset()
	{
		top->start_i = top->abort_i = top->dec_gnt_i = top->dec_rvalid_i = 0;
		top->param_free_i = top->step_ready_i = top->slot_free_i = 0;
		top->rst_ni = 1;
		top->clk_i = 0;
		top->eval();
		top->rst_ni = 0;
		for (int i = 0; i < 6; i++) {
			top->clk_i = i & 1;
			top->eval();
		}
		top->clk_i = 0;
		top->rst_ni = 1;
		top->eval();
	}

	// From start to the end of all that belongs to it; abort_at: cycles.
	End run(const Command &c, const Expected &e, const Timing &timing, uint64_t abort_at = 0)
	{
		size_t all_steps = e.steps.size() * c.tiles(), all_params = e.params.size() * c.tiles();
		bool done = false, start = true;
		uint64_t quiet = 0;

		cmd_ = &c;
		expected_ = &e;
		steps = params = 0;
		used_ = 0;
		shown_ = false;
		owned_.clear();
		memcpy(&sram[c.weights], c.stream.data(),
		       std::min<size_t>(c.stream.size(), SRAM_BYTES - c.weights));
		for (Slot &slot : slots_)
			slot.poison();
		set_command(c);
		begin = cycle;
		while (error.empty()) {
			bool abort = abort_at && cycle - begin == abort_at;
			bool moved = tick(timing, start, abort);

			start = false;
			quiet = moved ? 0 : quiet + 1;
			if (abort)
				return kAborted;
			if (fault_) {
				if (done)
					fail("fault after done");
				return kFault;
			}
			if (done_) {
				if (done)
					fail("done twice");
				done = true;
			}
			// Slots may still be in use by the array when the next command starts.
			if (done && steps == all_steps && params == all_params && owned_.empty())
				return kDone;
			if (steps > all_steps || params > all_params)
				fail("too much");
			if (quiet > 4000)
				return kHang;
		}
		return kHang;
	}

	// Nothing happens.
	void idle(uint32_t cycles)
	{
		for (uint32_t i = 0; i < cycles && error.empty(); i++) {
			expected_ = nullptr;
			tick({}, false, false);
		}
	}

	// Whether nothing was wrong; begins anew if something was.
	bool settled(const char *what)
	{
		if (error.empty())
			return true;
		printf("# %s: %s\n", what, error.c_str());
		error.clear();
		reads_[0] = reads_[1] = {};
		reset();
		return false;
	}

	void fail(const std::string &what)
	{
		if (error.empty())
			error = what + " in cycle " + std::to_string(cycle) + ", " +
				std::to_string(cycle - begin) + " behind start";
	}

private:
	struct Slot {
		int16_t value[V][V];
		uint8_t select[V][V];
		void poison()
		{
			for (auto &row : value)
				std::fill(row, row + V, static_cast<int16_t>(0x5555));
			memset(select, 0x55, sizeof select);
		}
	};
	struct Read {
		bool valid = false;
		uint32_t addr = 0;
	};
	struct Owned {
		uint32_t slot;
		size_t step;
	};

	const Command *cmd_ = nullptr;
	const Expected *expected_ = nullptr;	// none: idle
	Slot slots_[4];
	std::deque<Owned> owned_;	// steps that were taken, slots not freed
	uint32_t used_ = 0;	// slots so far
	bool shown_ = false;	// a step that is not taken
	uint64_t step_shown_ = 0;
	bool params_checked_ = false;
	bool request_waits_ = false;
	uint32_t request_addr_ = 0;
	bool fault_ = false, done_ = false;
	Read reads_[2];

	void set_command(const Command &c)
	{
		auto *bytes = reinterpret_cast<uint8_t *>(&top->cmd_i);
		uint32_t at = 0;
		auto put = [&](uint32_t width, uint64_t value) {
			for (uint32_t i = 0; i < width; i++, at++) {
				uint8_t bit = static_cast<uint8_t>(1 << at % 8);

				bytes[at / 8] = static_cast<uint8_t>(value >> i & 1 ? bytes[at / 8] | bit :
										      bytes[at / 8] & ~bit);
			}
		};
		auto junk = [&](uint32_t width) {
			for (; width; width--)
				put(1, rng());
		};

		// compute_t, from its last field on.
		put(1, c.per_channel);
		junk(703);	// post
		junk(3 * 20);	// tile_*
		junk(1 + 20 + 20 + 16 + 16 + 20 + 20 + 16);	// dilation, stride
		junk(2 * 112);	// op2, out
		junk(16);	// in.row
		put(16, c.ring);
		junk(20 + 20);	// in.ring_bytes, in.pix_pitch
		put(20, c.row_pitch);
		junk(20);	// in.base
		put(21, c.size);
		put(20, c.weights);
		junk(20 + 20 + 16 + 16);	// columns, rows, in_w, in_h
		if (c.dw()) {
			put(16, c.kernel_w);
			put(16, c.kernel_h);
		} else {
			junk(32);
		}
		put(8, c.zero);
		junk(1);	// pool_sum
		put(1, c.pair);
		put(1, c.is_unsigned);
		junk(1);	// in_unsigned
		put(16, c.tile_w);
		put(16, c.tile_h);
		put(16, c.out_c);
		put(16, c.out_w);
		put(16, c.out_h);
		put(8, c.opcode);
		if ((at + 31) / 32 * 4 != sizeof(top->cmd_i)) {
			printf("Bail out! compute_t has changed\n");
			exit(1);
		}
		while (at % 32)
			put(1, 0);
	}

	// A cycle; whether anything moved.
	bool tick(const Timing &timing, bool start, bool abort)
	{
		auto *data = reinterpret_cast<uint8_t *>(&top->dec_rdata_i);
		bool moved = false;

		cycle++;
		context.timeInc(1);
		top->clk_i = 0;
		top->start_i = start;
		top->abort_i = abort;
		top->dec_rvalid_i = reads_[1].valid;
		for (uint32_t i = 0; i < kBlock; i++)
			data[i] = reads_[1].valid ? sram[(reads_[1].addr + i) % SRAM_BYTES] :
						    static_cast<uint8_t>(rng());
		reads_[1] = reads_[0];
		reads_[0] = {};
		top->step_ready_i = chance(timing.ready);
		top->slot_free_i = expected_ && !owned_.empty() && chance(timing.slot);
		top->dec_gnt_i = 0;
		top->param_free_i = 0;
		top->eval();
		top->dec_gnt_i = top->dec_req_o && chance(timing.grant);
		top->param_free_i = expected_ && top->param_valid_o && chance(timing.param);
		top->eval();
		fault_ = top->fault_o;
		done_ = top->done_o;
		moved |= observe_reads(abort);
		if (expected_ && !start && !abort)
			moved |= observe_params() | observe_steps() | observe_writes();
		else if (expected_ ? start : !abort)
			expect_idle();
		if (start || abort || fault_ || !expected_) {
			shown_ = params_checked_ = false;
			if (!start)
				request_waits_ = false;
		}
		top->clk_i = 1;
		top->eval();
		return moved;
	}

	void expect_idle()
	{
		if (top->done_o || top->fault_o || top->step_valid_o || top->param_valid_o ||
		    top->w_row_valid_o || top->w_sel_valid_o || top->w_clear_o || top->w_tap_valid_o)
			fail("not idle");
		if (top->dec_req_o)
			fail("a read while idle");
	}

	bool observe_reads(bool abort)
	{
		if (request_waits_ && !abort && !fault_ &&
		    (!top->dec_req_o || top->dec_addr_o != request_addr_))
			fail("request withdrawn or changed");
		request_waits_ = top->dec_req_o && !top->dec_gnt_i;
		request_addr_ = top->dec_addr_o;
		if (!top->dec_req_o)
			return false;
		if (top->dec_addr_o % kBlock)
			fail("address not aligned");
		if (expected_ && (top->dec_addr_o + kBlock <= cmd_->weights ||
				  top->dec_addr_o >= cmd_->weights + cmd_->size))
			fail("read outside the stream");
		if (top->dec_gnt_i)
			reads_[0] = { true, top->dec_addr_o };
		return top->dec_gnt_i;
	}

	bool observe_params()
	{
		if (!top->param_valid_o)
			return false;
		if (expected_->params.empty()) {
			fail("parameters of nothing");
			return false;
		}
		// When they appear and when they are freed.
		if (!params_checked_ || top->param_free_i) {
			const Params &p = expected_->params[params % expected_->params.size()];

			if (memcmp(&top->bias_o, p.bias, 4 * p.n) || memcmp(&top->mult_o, p.mult, 4 * p.n) ||
			    memcmp(&top->shift_o, p.shift, p.n))
				fail("parameters " + std::to_string(params));
		}
		params_checked_ = !top->param_free_i;
		params += top->param_free_i;
		return top->param_free_i;
	}

	void check_slot(uint32_t slot, size_t step, const char *when)
	{
		const Step &s = expected_->steps[step % expected_->steps.size()];

		for (uint32_t lane = 0; lane < s.n; lane++)
			for (uint32_t t = 0; t < V; t++) {
				bool select = s.occupied[lane][t] && s.mode != ONPU_BLOCK_D;

				if (slots_[slot].value[lane][t] == s.value[lane][t] &&
				    (!select || slots_[slot].select[lane][t] == s.select[lane][t]))
					continue;
				fail("step " + std::to_string(step) + " " + when + ", lane " +
				     std::to_string(lane) + ", slot " + std::to_string(t) + ": " +
				     std::to_string(slots_[slot].value[lane][t]) + " select " +
				     std::to_string(slots_[slot].select[lane][t]) + ", expected " +
				     std::to_string(s.value[lane][t]) + " select " +
				     std::to_string(s.select[lane][t]));
				return;
			}
	}

	bool observe_steps()
	{
		if (top->slot_free_i) {
			check_slot(owned_.front().slot, owned_.front().step, "in the array");
			slots_[owned_.front().slot].poison();
			owned_.pop_front();
		}
		if (shown_ && !top->step_valid_o)
			fail("step withdrawn");
		if (shown_ && top->step_valid_o && top->step_o != step_shown_)
			fail("step changed");
		if (!top->step_valid_o)
			return top->slot_free_i;
		if (expected_->steps.empty()) {
			fail("step of nothing");
			return true;
		}
		const Step &s = expected_->steps[steps % expected_->steps.size()];
		if (!shown_) {
			bool good = get_bits(&top->step_o, 40, 1) == s.first &&
				    get_bits(&top->step_o, 39, 1) == s.last &&
				    get_bits(&top->step_o, 38, 1) == s.none;

			if (good && !s.none)
				good = get_bits(&top->step_o, 36, 2) == s.mode &&
				       get_bits(&top->step_o, 20, 16) == s.row &&
				       get_bits(&top->step_o, 0, 20) == s.offset;
			if (!good)
				fail("step " + std::to_string(steps) + " is not the expected one");
			if (!s.none)
				check_slot(used_ % 4, steps, "shown");
		}
		shown_ = !top->step_ready_i;
		step_shown_ = top->step_o;
		if (!top->step_ready_i)
			return top->slot_free_i;
		if (!steps)
			first_step = cycle;
		last_step = cycle;
		if (!s.none)
			owned_.push_back({ used_++ % 4, steps });
		steps++;
		return true;
	}

	Slot *writable(uint64_t slot, uint64_t lane)
	{
		for (const Owned &owned : owned_)
			if (owned.slot == slot)
				fail("write to a slot in use");
		if (lane >= V)
			fail("lane beyond V");
		return &slots_[slot];
	}

	bool observe_writes()
	{
		bool moved = false;

		if (top->w_clear_o)
			memset(writable(top->w_clear_slot_o, 0), 0, sizeof(Slot));
		for (uint32_t r = 0; r < 2; r++)
			if (top->w_row_valid_o >> r & 1) {
				uint64_t lane = get_bits(&top->w_row_lane_o, 6 * r, 6);
				Slot *slot = writable(get_bits(&top->w_row_slot_o, 2 * r, 2), lane);

				for (uint32_t t = 0; t < V && lane < V; t++)
					slot->value[lane][t] = static_cast<int16_t>(sign9(
						static_cast<uint32_t>(get_bits(&top->w_row_value_o,
									       9 * (r * V + t), 9))));
				moved = true;
			}
		for (uint32_t r = 0; r < 4; r++)
			if (top->w_sel_valid_o >> r & 1) {
				uint64_t lane = get_bits(&top->w_sel_lane_o, 6 * r, 6);
				Slot *slot = writable(get_bits(&top->w_sel_slot_o, 2 * r, 2), lane);

				for (uint32_t t = 0; t < V && lane < V; t++)
					slot->select[lane][t] = static_cast<uint8_t>(
						get_bits(&top->w_sel_value_o, 4 * (r * V + t), 4));
				moved = true;
			}
		if (top->w_tap_valid_o) {
			Slot *slot = writable(top->w_tap_slot_o, top->w_tap_o);

			for (uint32_t lane = 0; lane < V && top->w_tap_o < V; lane++)
				slot->value[lane][top->w_tap_o] = static_cast<int16_t>(sign9(
					static_cast<uint32_t>(get_bits(&top->w_tap_value_o, 9 * lane, 9))));
			moved = true;
		}
		return moved;
	}
};

// ---- tests -----------------------------------------------------------------------------------------

const char *end_name(End end)
{
	static const char *const names[] = { "done", "fault", "aborted", "hang" };

	return names[end];
}

// A stream with what the model expects of it; must_fault: the test made it malformed.
bool run_stream(Bench &b, const Command &c, bool must_fault, const Timing &timing, const char *what)
{
	Expected e = model(c);
	End end = b.run(c, e, timing);
	bool good = b.error.empty() && e.consistent && end == (e.fault ? kFault : kDone) &&
		    (!must_fault || e.fault);

	// A fault drops steps and parameters that were not taken; those that were are of one tile.
	if (e.fault && (b.steps > e.steps.size() || b.params > e.params.size()))
		good = false;
	if (!good)
		printf("# %s: %s, model: %s%s; %zu steps of %zu x %u; opcode %02x, out_c %u, "
		       "kernel %ux%u, size %u\n", what, end_name(end), e.fault ? "fault" : "good",
		       e.consistent ? "" : ", inconsistent", b.steps, e.steps.size(), c.tiles(), c.opcode,
		       c.out_c, c.kernel_h, c.kernel_w, c.size);
	b.idle(chance(50) ? 0 : pick(1, 20));
	return b.settled(what) && good;
}

bool random_streams(Bench &b, uint8_t opcode, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!run_stream(b, random_command(opcode), false, random_timing(), "random"))
			return false;
	return true;
}

// The payload of all kinds of blocks, with every n.
bool all_blocks(Bench &b)
{
	for (uint32_t n = 1; n <= V; n++)
		for (uint32_t kind = 0; kind < 28; kind++) {
			bool bitmap = kind & 1, nibble = kind & 2;
			uint32_t steps = kind / 4 ? (kind / 4 - 1) % 3 + 1 : 1;
			uint32_t mode = kind / 4 ? (kind / 4 - 1) / 3 + 1 : 0;
			Command c;

			c.out_c = n;
			c.ring = pick(0, 9);
			c.row_pitch = pick(0, 3000);
			c.is_unsigned = chance(50);
			c.zero = static_cast<uint8_t>(rng());
			add_params(c, n);
			for (uint32_t i = 0; i < 3; i++)
				add_block(c, n, mode, steps, bitmap, pick(0, 100), nibble, i == 2);
			finish(c);
			if (!run_stream(b, c, false, random_timing(), "all blocks"))
				return false;
		}
	return true;
}

bool all_kernels(Bench &b)
{
	for (uint32_t h = 1; h <= 16; h++)
		for (uint32_t w = 1; w <= 16; w++) {
			Command c;

			c.opcode = kDwconv;
			c.kernel_h = h;
			c.kernel_w = w;
			c.out_c = chance(50) ? V + pick(1, V) : pick(1, V);
			c.out_h = pick(1, 2);
			c.is_unsigned = chance(50);
			c.zero = static_cast<uint8_t>(rng());
			for (uint32_t first = 0; first < c.out_c; first += V) {
				add_params(c, c.lanes(first));
				add_taps(c, c.lanes(first));
			}
			finish(c);
			if (!run_stream(b, c, false, random_timing(), "all kernels"))
				return false;
		}
	return true;
}

// Every ring at every row is much: rows around multiples of small rings, and the largest ones.
bool rings(Bench &b)
{
	for (uint32_t i = 0; i < 150; i++) {
		Command c;

		c.ring = i < 40 ? i : chance(50) ? pick(200, 300) : pick(1, 65535);
		c.row_pitch = chance(50) ? rng() & kAddrMask : pick(0, 9999);
		c.out_c = 1;
		add_params(c, 1);
		for (uint32_t k = 0; k < 12; k++) {
			uint32_t row = c.ring && chance(70) ? pick(0, 255 / c.ring) * c.ring + pick(0, 1) :
							      pick(0, 255);
			size_t at = c.stream.size();

			add_block(c, 1, ONPU_BLOCK_D, 1, true, 10, false, k == 11);
			c.stream[at + 2] = static_cast<uint8_t>(row);
		}
		finish(c);
		if (!run_stream(b, c, false, random_timing(), "rings"))
			return false;
	}
	return true;
}

uint32_t load(const Command &c, uint32_t at)
{
	uint32_t value;

	memcpy(&value, &c.stream[at], 4);
	return value;
}

// Changes a random header that `fits`; false: there is none.
template <class Fits, class Change>
bool change_header(Command &c, const Fits &fits, const Change &change)
{
	std::vector<uint32_t> found;

	for (uint32_t at : c.headers)
		if (fits(load(c, at), at))
			found.push_back(at);
	if (found.empty())
		return false;
	uint32_t at = found[pick(0, static_cast<uint32_t>(found.size()) - 1)];
	uint32_t header = change(load(c, at));
	memcpy(&c.stream[at], &header, 4);
	return true;
}

uint32_t mode_of(uint32_t header) { return header >> 24 & 3; }

// Number of channels of the output-channel block that `at` is in.
uint32_t block_of(const Command &c, uint32_t at)
{
	uint32_t b = 0;

	while (b + 1 < c.params.size() && c.params[b + 1] <= at)
		b++;
	return b;
}

struct Malformation {
	const char *name;
	bool (*apply)(Command &c);	// false: does not apply
};

auto any = [](uint32_t, uint32_t) { return true; };
auto is_none = [](uint32_t h, uint32_t) { return mode_of(h) == ONPU_BLOCK_NONE; };

// Ends the stream behind `end`, with or without what is there in memory.
bool shorten(Command &c, uint32_t bytes)
{
	if (bytes > c.size)
		return false;
	c.size -= bytes;
	return true;
}

const Malformation malformations[] = {
	{ "reserved header bit", [](Command &c) {
		return change_header(c, any, [](uint32_t h) { return h | 1u << 30; }); } },
	{ "steps 4 in G2 or G4", [](Command &c) {
		return change_header(c, [](uint32_t h, uint32_t) {
			return mode_of(h) == ONPU_BLOCK_G2 || mode_of(h) == ONPU_BLOCK_G4; },
			[](uint32_t h) { return h | 3u << 26; }); } },
	{ "steps in D", [](Command &c) {
		return change_header(c, [](uint32_t h, uint32_t) { return mode_of(h) == ONPU_BLOCK_D; },
			[](uint32_t h) { return h | pick(1, 3) << 26; }); } },
	{ "NONE without last", [](Command &c) {
		return change_header(c, is_none, [](uint32_t h) { return h & ~(1u << 31); }); } },
	{ "NONE with bitmap", [](Command &c) {
		return change_header(c, is_none, [](uint32_t h) { return h | 1u << 28; }); } },
	{ "NONE with nibble", [](Command &c) {
		return change_header(c, is_none, [](uint32_t h) { return h | 1u << 29; }); } },
	{ "NONE with steps", [](Command &c) {
		return change_header(c, is_none, [](uint32_t h) { return h | pick(1, 3) << 26; }); } },
	{ "NONE with a row", [](Command &c) {
		return change_header(c, is_none, [](uint32_t h) { return h | 1u << pick(16, 23); }); } },
	{ "NONE with an offset", [](Command &c) {
		return change_header(c, is_none, [](uint32_t h) { return h | 1u << pick(0, 15); }); } },
	{ "NONE behind another block", [](Command &c) {
		// In place of a block that is last, but not the first of its output channels.
		for (size_t i = 1; i < c.headers.size(); i++) {
			uint32_t at = c.headers[i];

			if (load(c, at) >> 31 && block_of(c, c.headers[i - 1]) == block_of(c, at)) {
				size_t b = block_of(c, at);
				auto from = c.stream.begin() + at;
				auto to = b + 1 < c.params.size() ? c.stream.begin() + c.params[b + 1] :
								    c.stream.end();
				uint32_t none = ONPU_BLOCK_NONE << 24 | 1u << 31;

				c.stream.erase(from + 4, to);
				memcpy(&c.stream[at], &none, 4);
				c.size = static_cast<uint32_t>(c.stream.size());
				return true;
			}
		}
		return false; } },
	{ "G2 or G4 in pairs", [](Command &c) {
		for (uint32_t at : c.headers) {
			uint32_t mode = mode_of(load(c, at));

			if (c.lanes(block_of(c, at) * V) <= V / 2 && !c.pair &&
			    (mode == ONPU_BLOCK_G2 || mode == ONPU_BLOCK_G4))
				return c.pair = true;
		}
		return false; } },
	{ "negative multiplier", [](Command &c) {
		uint32_t b = pick(0, static_cast<uint32_t>(c.params.size()) - 1), n = c.lanes(b * V);

		c.stream[c.params[b] + 4 * n + 4 * pick(0, n - 1) + 3] |= 0x80;
		return c.per_channel; } },
	{ "shift below -31", [](Command &c) {
		uint32_t b = pick(0, static_cast<uint32_t>(c.params.size()) - 1), n = c.lanes(b * V);

		c.stream[c.params[b] + 8 * n + pick(0, n - 1)] =
			static_cast<uint8_t>(chance(50) ? -32 : -static_cast<int>(pick(32, 128)));
		return c.per_channel; } },
	{ "shift above 30", [](Command &c) {
		uint32_t b = pick(0, static_cast<uint32_t>(c.params.size()) - 1), n = c.lanes(b * V);

		c.stream[c.params[b] + 8 * n + pick(0, n - 1)] =
			static_cast<uint8_t>(chance(50) ? 31 : pick(31, 127));
		return c.per_channel; } },
	{ "a word too short", [](Command &c) { return shorten(c, 4); } },
	{ "too short", [](Command &c) { return shorten(c, pick(1, c.size / 4) * 4); } },
	{ "nothing", [](Command &c) { return shorten(c, c.size); } },
	{ "too long", [](Command &c) {
		uint32_t more = (chance(50) ? 1 : pick(1, 100)) * 4;

		if (c.weights + c.size + more > SRAM_BYTES)
			return false;
		c.size += more;
		while (c.stream.size() < c.size)
			c.stream.push_back(static_cast<uint8_t>(rng()));
		return true; } },
	{ "another channel", [](Command &c) {
		c.out_c++;
		return c.out_c % V == 1; } },
};

bool malformed(Bench &b, const Malformation &m, uint32_t count)
{
	for (uint32_t i = 0, tries = 0; i < count && tries < 10000; tries++) {
		Command c = random_command(chance(75) ? kConv : kDwconv);

		if (!m.apply(c))
			continue;
		i++;
		if (!run_stream(b, c, true, random_timing(), m.name))
			return false;
		// The next one must not be affected.
		if (chance(30) && !random_streams(b, chance(50) ? kConv : kDwconv, 1))
			return false;
	}
	return true;
}

// Ends of the stream everywhere: in the last output-channel block every word matters.
bool all_ends(Bench &b)
{
	for (uint32_t i = 0; i < 6; i++) {
		Command c = random_command(i % 3 ? kConv : kDwconv);

		while (c.stream.size() > 1500)
			c = random_command(i % 3 ? kConv : kDwconv);
		for (c.size = 0; c.size < c.stream.size(); c.size += 4)
			if (!run_stream(b, c, true, {}, "all ends"))
				return false;
		if (!run_stream(b, c, false, {}, "all ends"))
			return false;
	}
	return true;
}

// Whatever the bytes are, model and decoder agree.
bool damaged(Bench &b, uint32_t count, uint32_t *faults)
{
	for (uint32_t i = 0; i < count; i++) {
		Command c = random_command(kConv);

		for (uint32_t k = pick(1, 3); k; k--) {
			uint32_t at = chance(70) ? c.headers[pick(0, static_cast<uint32_t>(c.headers.size()) - 1)] +
						   pick(0, 3) : pick(0, c.size - 1);

			c.stream[at] ^= static_cast<uint8_t>(1 << pick(0, 7));
		}
		*faults += model(c).fault;
		if (!run_stream(b, c, false, random_timing(), "damaged"))
			return false;
	}
	return true;
}

bool aborts(Bench &b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint8_t opcode = chance(70) ? kConv : kDwconv;
		Command c = random_command(opcode);
		Expected e = model(c);
		End end = b.run(c, e, random_timing(), chance(30) ? pick(1, 12) : pick(1, 500));

		b.idle(chance(50) ? 0 : pick(1, 20));
		if (!b.settled("abort") || (end != kAborted && end != kDone)) {
			printf("# abort: %s\n", end_name(end));
			return false;
		}
		if (!random_streams(b, chance(70) ? kConv : kDwconv, 1))
			return false;
	}
	return true;
}

// Cycles of a block between its steps and those of the next one, nothing holding up the decoder.
void timed_block(Bench &b, const char *name, uint32_t mode, uint32_t steps, bool bitmap,
		 uint32_t density, bool nibble, uint32_t limit)
{
	constexpr uint32_t kBlocks = 65;
	double cycles, worst = 0;
	uint32_t bytes = 0;
	bool good = true;

	for (uint32_t align = 0; align < kBlock; align += 4) {
		Command c;

		add_params(c, V);
		for (uint32_t i = 0; i < kBlocks; i++) {
			size_t at = c.stream.size();

			add_block(c, V, mode, steps, bitmap, density, nibble, i == kBlocks - 1);
			c.stream[at + 2] = 0;
			bytes = static_cast<uint32_t>(c.stream.size() - at);
		}
		c.size = static_cast<uint32_t>(c.stream.size());
		c.weights = align;
		good = good && run_stream(b, c, false, {}, name);
		cycles = static_cast<double>(b.last_step - b.first_step - (steps - 1)) / (kBlocks - 1);
		worst = std::max(worst, cycles);
	}
	printf("# %s: %.2f cycles a block of %u bytes (2V a cycle: %.1f), at most %u\n", name, worst, bytes,
	       static_cast<double>(bytes) / kBlock, limit);
	report(good && worst <= limit, std::string("speed: ") + name);
}

void timed_taps(Bench &b)
{
	constexpr uint32_t kBlocks = 32;
	Command c;
	bool good;

	c.opcode = kDwconv;
	c.out_c = kBlocks * V;
	c.kernel_h = c.kernel_w = V == 8 ? 2 : 3;
	for (uint32_t i = 0; i < kBlocks; i++) {
		add_params(c, V);
		add_taps(c, V);
	}
	finish(c);
	good = run_stream(b, c, false, {}, "taps");
	double cycles = static_cast<double>(b.last_step - b.first_step) / (kBlocks - 1);
	// Parameters in five pieces, a tap a cycle.
	uint32_t limit = 5 + c.kernel_h * c.kernel_w + 5;
	printf("# taps: %.2f cycles an output-channel block, at most %u\n", cycles, limit);
	report(good && cycles <= limit, "speed: taps");
}

} // namespace

int main(int argc, char **argv)
{
	uint32_t seed = argc > 1 ? static_cast<uint32_t>(strtoul(argv[1], nullptr, 0)) : 1u;
	uint32_t streams = argc > 2 ? static_cast<uint32_t>(strtoul(argv[2], nullptr, 0)) : 400;
	uint32_t faults = 0;
	Bench b;

	setvbuf(stdout, nullptr, _IOLBF, 0);
	printf("# seed %u, V %d\n", seed, V);
	rng.seed(seed);
	b.context.randReset(2);
	b.context.randSeed(static_cast<int>(seed & 0x7fffffff) | 1);
	b.reset();
	for (uint8_t &byte : sram)
		byte = static_cast<uint8_t>(rng());

	report(random_streams(b, kConv, streams), "random streams of CONV");
	report(random_streams(b, kDwconv, streams / 2), "random streams of DWCONV");
	report(all_blocks(b), "all kinds of blocks, all numbers of lanes");
	report(all_kernels(b), "all kernel sizes of DWCONV");
	report(rings(b), "rows in rings");
	for (const Malformation &m : malformations)
		report(malformed(b, m, 25), std::string("malformed: ") + m.name);
	report(all_ends(b), "streams cut off at each word");
	report(damaged(b, streams, &faults) && faults > streams / 10, "damaged streams");
	printf("# %u of %u damaged streams are malformed\n", faults, streams);
	report(aborts(b, streams / 2), "aborts");
	// The queue of four reads sustains about four fifths of 2V bytes a cycle where pieces are unaligned.
	timed_block(b, "D", ONPU_BLOCK_D, 1, false, 100, false, V / 2 + 3);
	timed_block(b, "D, nibbles", ONPU_BLOCK_D, 1, false, 100, true, V / 2 + 2);
	timed_block(b, "D, full bitmap", ONPU_BLOCK_D, 1, true, 100, false, V / 2 + V / 16 + 4);
	timed_block(b, "G4, 3 steps", ONPU_BLOCK_G4, 3, false, 100, false, 3 * (V / 2 + V / 4) + V + 2);
	timed_block(b, "G2, 3 steps, nibbles, half bitmap", ONPU_BLOCK_G2, 3, true, 50, true,
		    3 * (V / 2 + V / 4) + 3 * V / 16 + 8);
	timed_taps(b);
	printf("1..%d\n", tests);
	b.top->final();
	return failures != 0;
}
