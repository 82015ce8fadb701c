// SPDX-License-Identifier: MIT
//
// The MAC array against the formulas of the command manual: random and directed commands; the
// decoder, the SRAM and the post-processor are played with random timing, or as fast as possible.
// Usage: test [seed [commands]]
#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "Vonpu_mac.h"
#include "bench.h"

namespace {

constexpr uint32_t kAddrMask = (1u << 20) - 1;
enum { kD, kG2, kG4, kNone };
constexpr uint8_t kConv = 0x30, kDwconv = 0x31;

std::vector<uint8_t> sram(SRAM_BYTES);
struct Map {
	uint32_t addr, row_pitch, pix_pitch, ring, row;
};

struct Step {
	bool first = false, last = false, none = false;
	uint32_t mode = kD, row = 0, offset = 0;	// row: not modulo ring
	uint32_t n = V;
	bool taps = false;
	int16_t w[V * V] = {};	// [tap * V + lane]
	uint8_t sel[V * V] = {};
	std::vector<uint32_t> used;	// taps
};

struct Command {
	uint8_t opcode;
	uint32_t out_h, out_w, out_c, tile_h, tile_w, stride_h, stride_w;
	uint32_t kernel_h, kernel_w, dilation_h, dilation_w;
	bool in_unsigned, pair;
	Map in;
	std::vector<std::vector<Step>> blocks;	// of each output-channel block
	std::vector<int16_t> kernel;	// DWCONV [row][column][channel]
};

struct Bank {
	bool zero, pair;
	uint32_t rows, pixels;
	std::vector<uint32_t> acc;	// [pixel][lane]
};

// ---- model ---------------------------------------------------------------------------------

int element(const Command &c, uint32_t addr)
{
	uint8_t byte = sram[addr & (SRAM_BYTES - 1)];
	return c.in_unsigned ? byte : static_cast<int8_t>(byte);
}

uint32_t row_addr(const Map &m, uint32_t y)
{
	uint32_t r = m.row + y;
	return m.addr + (m.ring ? r % m.ring : r) * m.row_pitch;
}

bool in_pairs(const Command &c, uint32_t b)
{
	return c.opcode == kConv && c.pair && c.out_c - b * V <= V / 2;
}

uint32_t accumulate(const Command &c, uint32_t b, uint32_t y, uint32_t x, uint32_t lane)
{
	uint32_t sum = 0;

	if (c.opcode == kDwconv) {
		if (b * V + lane >= c.out_c)
			return 0;
		for (uint32_t i = 0; i < c.kernel_h; i++)
			for (uint32_t j = 0; j < c.kernel_w; j++)
				sum += element(c, row_addr(c.in, y * c.stride_h + i * c.dilation_h) +
					       (x * c.stride_w + j * c.dilation_w) * c.in.pix_pitch +
					       b * V + lane) *
				       c.kernel[(i * c.kernel_w + j) * c.out_c + b * V + lane];
		return sum;
	}
	for (const Step &s : c.blocks[b]) {
		if (s.none)
			continue;
		uint32_t addr = row_addr(c.in, y * c.stride_h + s.row) +
				x * c.stride_w * c.in.pix_pitch + s.offset;
		for (uint32_t t = 0; t < V; t++) {
			uint32_t k = t * V + lane;
			uint32_t at = s.mode == kD ? t : (4 * t + s.sel[k]) % (4 * V);
			if (s.mode == kG2)
				at %= 2 * V;
			sum += element(c, addr + at) * s.w[k];
		}
	}
	return sum;
}

// Passes of DWCONV: kernel rows [r0, r0 + gr), columns [c0, c0 + gc).
struct Pass {
	uint32_t r0, gr, c0, gc;
};

std::vector<Pass> passes_of(const Command &c)
{
	std::vector<Pass> passes;
	uint32_t g = std::max(1u, std::min(4u, V / c.kernel_w));
	for (uint32_t r = 0; r < c.kernel_h; r += g)
		for (uint32_t k = 0; k < c.kernel_w; k += V)
			passes.push_back({ r, std::min(g, c.kernel_h - r), k,
					   std::min<uint32_t>(V, c.kernel_w - k) });
	return passes;
}

// The windows, by docs/cycle-model.md; in DWCONV pass by pass.
uint64_t windows_of(const Command &c, uint32_t b, uint32_t h, uint32_t w)
{
	uint64_t sum = 0;
	if (c.opcode == kDwconv) {
		for (const Pass &p : passes_of(c)) {
			if (c.dilation_w > 1)
				sum += uint64_t(h) * w * p.gc;
			else
				sum += h * (uint64_t(w) * std::min(c.stride_w, p.gc) +
					    (p.gc > c.stride_w ? p.gc - c.stride_w : 0));
		}
		return sum;
	}
	for (const Step &s : c.blocks[b])
		if (!s.none)
			sum += in_pairs(c, b) ? (h * w + 1) / 2 : h * w;
	return sum;
}

void fill_passes(Command &c)
{
	uint32_t num = (c.out_c + V - 1) / V;
	auto passes = passes_of(c);
	c.blocks.assign(num, {});
	for (uint32_t b = 0; b < num; b++) {
		uint32_t n = std::min<uint32_t>(V, c.out_c - b * V);
		for (size_t k = 0; k < passes.size(); k++) {
			const Pass &p = passes[k];
			Step s;
			s.first = k == 0;
			s.last = k + 1 == passes.size();
			s.n = n;
			s.taps = true;
			for (uint32_t j = 0; j < p.gc; j++)
				for (uint32_t i = 0; i < p.gr; i++) {
					uint32_t tap = j * p.gr + i;
					s.used.push_back(tap);
					for (uint32_t l = 0; l < n; l++)
						s.w[tap * V + l] = c.kernel[((p.r0 + i) * c.kernel_w +
							p.c0 + j) * c.out_c + b * V + l];
				}
			c.blocks[b].push_back(s);
		}
	}
}

void random_weights(Step &s)
{
	for (uint32_t t = 0; t < V; t++)
		for (uint32_t l = 0; l < s.n; l++) {
			s.w[t * V + l] = chance(10) ? (chance(50) ? -256 : 255) :
						      int(pick(0, 511)) - 256;
			s.sel[t * V + l] = pick(0, 15);
		}
}

// ---- machine -------------------------------------------------------------------------------

struct Speed {
	uint32_t grant = 100, weights = 100, read = 100;	// percent
	bool slow_free = false, check = true;
	int64_t abort_at = -1;
};

struct Counts {
	uint64_t cycles, active, stall_weights, stall_acc, stall_bank, first, last, latency, freed;
	bool ok, done;
};

class Machine {
public:
	VerilatedContext context;
	Vonpu_mac top{ &context };
	uint64_t total = 0;
	bool no_clear = false;

	Machine()
	{
		top.rst_ni = 0;
		top.clk_i = 0;
		top.eval();
		for (int i = 0; i < 4; i++)
			tick();
		top.rst_ni = 1;
	}
	~Machine() { retire(top); }

	void tick()
	{
		top.clk_i = 1;
		top.eval();
		top.clk_i = 0;
		total++;
	}

	void set_command(const Command &c)
	{
		uint32_t at = 0;
		void *p = &top.cmd_i;
		auto put = [&](uint32_t width, uint64_t value) {
			set_bits(p, at, width, value);
			at += width;
		};
		auto put_map = [&](const Map &m) {
			put(16, m.row);
			put(16, m.ring);
			put(20, m.ring * m.row_pitch);
			put(20, m.pix_pitch);
			put(20, m.row_pitch);
			put(20, m.addr + m.row * m.row_pitch);
		};
		auto modulo = [&](uint32_t rows) { return c.in.ring ? rows % c.in.ring : rows; };
		Map none = {};

		// compute_t, from its last field on.
		for (int i = 0; i < 11; i++)
			put(64, 0);
		put(20, 0);
		put(20, 0);
		put(20, c.tile_w * c.stride_w * c.in.pix_pitch);
		put(1, c.dilation_w > 1);
		put(20, c.dilation_w * c.in.pix_pitch);
		put(20, modulo(c.dilation_h) * c.in.row_pitch);
		put(16, modulo(c.dilation_h));
		put(16, c.stride_w);
		put(20, c.stride_w * c.in.pix_pitch);
		put(20, modulo(c.stride_h) * c.in.row_pitch);
		put(16, modulo(c.stride_h));
		put_map(none);
		put_map(none);
		put_map(c.in);
		put(21, 0);
		put(20, 0);
		put(20, 0);
		put(20, 0);
		put(16, 0);
		put(16, 0);
		put(16, c.kernel_w);
		put(16, c.kernel_h);
		put(8, 0);
		put(1, 0);
		put(1, c.pair);
		put(1, 0);
		put(1, c.in_unsigned);
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

	void idle(int cycles)
	{
		top.start_i = top.abort_i = top.step_valid_i = top.acc_rd_en_i = top.acc_free_i = 0;
		top.w_clear_i = top.w_row_valid_i = top.w_sel_valid_i = top.w_tap_valid_i = 0;
		for (int i = 0; i < cycles; i++) {
			answer_windows(0);
			top.eval();
			tick();
		}
	}

	Counts run(const Command &c, const Speed &speed);

private:
	struct Read {
		bool valid = false;
		uint32_t addr[4], vectors;
	} reads_[2];

	// Data of the window that was granted two cycles before; grants at random.
	void answer_windows(uint32_t grant)
	{
		const Read &r = reads_[1];
		auto *data = reinterpret_cast<uint8_t *>(&top.win_rdata_i);

		top.win_rvalid_i = r.valid;
		if (r.valid)
			for (int i = 0; i < 4; i++) {
				uint32_t a = r.addr[i] & (SRAM_BYTES - 1);
				if (!(r.vectors >> i & 1)) {
					data[i * V] ^= 0x5a;
					continue;
				}
				if (a + V <= SRAM_BYTES)
					memcpy(data + i * V, &sram[a], V);
				else
					for (uint32_t k = 0; k < V; k++)
						data[i * V + k] = sram[(a + k) & (SRAM_BYTES - 1)];
			}
		reads_[1] = reads_[0];
		reads_[0].valid = false;
		top.win_gnt_i = grant >= 100 || chance(grant);
	}

	void take_window()
	{
		if (!top.win_req_o || !top.win_gnt_i)
			return;
		reads_[0].valid = true;
		reads_[0].vectors = top.win_valid_o;
		uint64_t low = top.win_addr_o[0] | uint64_t(top.win_addr_o[1]) << 32;
		reads_[0].addr[0] = low & kAddrMask;
		reads_[0].addr[1] = low >> 20 & kAddrMask;
		reads_[0].addr[2] = low >> 40 & kAddrMask;
		reads_[0].addr[3] = (low >> 60 | uint64_t(top.win_addr_o[2]) << 4) & kAddrMask;
	}

	// The decoder.
	struct Decode {
		const Step *step;
		uint32_t slot;
		bool clear;
		std::vector<uint32_t> rows, sels, taps;
	};
	std::deque<Decode> todo_;
	void decode(const Speed &speed);
	std::deque<const Step *> ready_;
	uint32_t in_use_ = 0, slot_ = 0;
};

void Machine::decode(const Speed &speed)
{
	top.w_clear_i = top.w_row_valid_i = top.w_sel_valid_i = top.w_tap_valid_i = 0;
	if (todo_.empty() || !(speed.weights >= 100 || chance(speed.weights)))
		return;
	Decode &d = todo_.front();
	if (d.step->none) {
		ready_.push_back(d.step);
		todo_.pop_front();
		return;
	}
	if (d.slot == ~0u) {
		if (in_use_ == 4)
			return;
		in_use_++;
		d.slot = slot_;
		slot_ = (slot_ + 1) % 4;
	}
	bool more = true;
	if (d.clear) {
		top.w_clear_i = 1;
		top.w_clear_slot_i = d.slot;
		d.clear = false;
		more = speed.weights >= 100 || chance(50);
	}
	for (int i = 0; more && i < 2 && !d.rows.empty(); i++) {
		uint32_t l = d.rows.back();
		d.rows.pop_back();
		top.w_row_valid_i |= 1 << i;
		set_bits(&top.w_row_slot_i, 2 * i, 2, d.slot);
		set_bits(&top.w_row_lane_i, 6 * i, 6, l);
		for (uint32_t t = 0; t < V; t++)
			set_bits(&top.w_row_value_i, 9 * (i * V + t), 9, d.step->w[t * V + l]);
	}
	for (int i = 0; more && i < 4 && !d.sels.empty(); i++) {
		uint32_t l = d.sels.back();
		d.sels.pop_back();
		top.w_sel_valid_i |= 1 << i;
		set_bits(&top.w_sel_slot_i, 2 * i, 2, d.slot);
		set_bits(&top.w_sel_lane_i, 6 * i, 6, l);
		for (uint32_t t = 0; t < V; t++)
			set_bits(&top.w_sel_value_i, 4 * (i * V + t), 4, d.step->sel[t * V + l]);
	}
	if (more && !d.taps.empty()) {
		uint32_t t = d.taps.back();
		d.taps.pop_back();
		top.w_tap_valid_i = 1;
		top.w_tap_slot_i = d.slot;
		top.w_tap_i = t;
		for (uint32_t l = 0; l < V; l++)
			set_bits(&top.w_tap_value_i, 9 * l, 9, d.step->w[t * V + l]);
	}
	if (!d.clear && d.rows.empty() && d.sels.empty() && d.taps.empty()) {
		ready_.push_back(d.step);
		todo_.pop_front();
	}
}

Counts Machine::run(const Command &c, const Speed &speed)
{
	Counts n = {};
	std::deque<Bank> banks;
	uint64_t windows = 0, steps = 0;
	int64_t step_seen = -1;

	n.ok = true;
	todo_.clear();
	ready_.clear();
	in_use_ = slot_ = 0;
	auto fail = [&](const char *what) {
		if (n.ok)
			printf("# %s in cycle %llu\n", what, (unsigned long long)n.cycles);
		n.ok = false;
	};
	for (uint32_t y = 0; y < c.out_h; y += c.tile_h)
		for (uint32_t x = 0; x < c.out_w; x += c.tile_w)
			for (uint32_t b = 0; b < c.blocks.size(); b++) {
				uint32_t h = std::min(c.tile_h, c.out_h - y);
				uint32_t w = std::min(c.tile_w, c.out_w - x);
				Bank bank = {};
				windows += windows_of(c, b, h, w);
				bank.zero = c.blocks[b][0].none;
				bank.pair = in_pairs(c, b);
				bank.pixels = h * w;
				bank.rows = bank.pair ? (h * w + 1) / 2 : h * w;
				if (speed.check && !bank.zero)
					for (uint32_t i = 0; i < h * w; i++)
						for (uint32_t l = 0; l < V; l++)
							bank.acc.push_back(accumulate(c, b, y + i / w,
										      x + i % w, l));
				banks.push_back(bank);
				for (const Step &s : c.blocks[b]) {
					Decode d = { &s, ~0u, !no_clear && (s.n < V || s.taps), {}, {}, {} };
					if (!s.none && !s.taps)
						for (uint32_t l = 0; l < s.n; l++)
							d.rows.push_back(l);
					if (!s.none && (s.mode == kG2 || s.mode == kG4))
						d.sels = d.rows;
					d.taps = s.used;
					std::shuffle(d.rows.begin(), d.rows.end(), rng);
					std::shuffle(d.sels.begin(), d.sels.end(), rng);
					std::shuffle(d.taps.begin(), d.taps.end(), rng);
					todo_.push_back(d);
					steps += !s.none;
				}
			}
	set_command(c);

	std::vector<uint8_t> expect(4 * V), mask(4 * V);
	bool expecting = false, freed_last = false, valid = false;
	uint32_t next_row = 0, wait = 0;
	uint64_t limit = 1000 + 100 * (windows + 4 * V * (steps + 4));

	for (;; n.cycles++) {
		bool starting = n.cycles == 0;
		if (int64_t(n.cycles) == speed.abort_at) {
			top.abort_i = 1;
			top.start_i = 0;
			answer_windows(50);
			top.eval();
			take_window();
			tick();
			top.abort_i = 0;
			top.eval();
			if (top.win_req_o || top.acc_ready_o)
				fail("not idle behind abort");
			idle(pick(0, 4));
			return n;
		}
		top.start_i = starting;
		answer_windows(speed.grant);
		if (starting)
			top.w_clear_i = top.w_row_valid_i = top.w_sel_valid_i = top.w_tap_valid_i = 0;
		// What was ready before this cycle's writes.
		size_t offered = ready_.size();
		if (!starting)
			decode(speed);
		valid = valid || (offered && (speed.weights >= 100 || chance(speed.weights)));
		top.step_valid_i = valid;
		if (valid) {
			const Step &s = *ready_.front();
			uint32_t row = c.in.ring ? s.row % c.in.ring : s.row;
			uint64_t offset = (row * c.in.row_pitch + s.offset) & kAddrMask;
			uint64_t mode = s.none ? kNone : s.mode;
			top.step_i = offset | uint64_t(row) << 20 | mode << 36 |
				     uint64_t(s.none) << 38 | uint64_t(s.last) << 39 |
				     uint64_t(s.first) << 40;
			if (step_seen < 0)
				step_seen = n.cycles;
		}
		// The post-processor.
		top.acc_rd_en_i = top.acc_free_i = 0;
		bool next_expecting = expecting;
		std::vector<uint8_t> next_expect, next_mask;
		if (top.acc_ready_o && !banks.empty() && !starting) {
			Bank &bank = banks.front();
			if (top.acc_zero_o != bank.zero || (!bank.zero && top.acc_pair_o != bank.pair))
				fail("acc_zero or acc_pair");
			if (!bank.zero && next_row < bank.rows &&
			    (speed.read >= 100 || chance(speed.read))) {
				top.acc_rd_en_i = 1;
				top.acc_rd_addr_i = next_row;
				if (speed.check) {
					next_expect.resize(4 * V);
					next_mask.assign(4 * V, 0xff);
					for (uint32_t l = 0; l < V; l++) {
						uint32_t p = next_row, lane = l;
						if (bank.pair) {
							p = 2 * next_row + (l >= V / 2);
							lane = l % (V / 2);
						}
						if (p >= bank.pixels)
							memset(&next_mask[4 * l], 0, 4);
						else
							memcpy(&next_expect[4 * l],
							       &bank.acc[p * V + lane], 4);
					}
					next_expecting = true;
				}
				next_row++;
				wait = speed.slow_free ? pick(0, 20) : 0;
			}
			if (bank.zero || next_row == bank.rows) {
				if (wait)
					wait--;
				else if (speed.read >= 100 || chance(speed.read)) {
					top.acc_free_i = 1;
					freed_last = banks.size() == 1;
					banks.pop_front();
					next_row = 0;
				}
			}
		}
		top.eval();

		take_window();
		if (expecting) {
			auto *data = reinterpret_cast<const uint8_t *>(&top.acc_rd_data_o);
			for (uint32_t i = 0; i < 4 * V; i++)
				if ((data[i] ^ expect[i]) & mask[i]) {
					fail("accumulator");
					break;
				}
		}
		if (!next_expect.empty()) {
			expect = next_expect;
			mask = next_mask;
		}
		expecting = next_expecting;
		if (top.active_o + top.stall_weights_o + top.stall_acc_o + top.stall_bank_o > 1)
			fail("two events in a cycle");
		if (top.active_o && !n.active) {
			n.first = n.cycles;
			n.latency = n.cycles - std::max<int64_t>(step_seen, 0);
		}
		if (top.active_o)
			n.last = n.cycles;
		n.active += top.active_o;
		if (n.active) {
			n.stall_weights += top.stall_weights_o;
			n.stall_acc += top.stall_acc_o;
			n.stall_bank += top.stall_bank_o;
		}
		n.freed += top.slot_free_o;
		in_use_ -= top.slot_free_o;
		if (valid && top.step_ready_o) {
			ready_.pop_front();
			valid = false;
		}
		if (top.done_o) {
			if (n.done)
				fail("done twice");
			n.done = true;
			if (n.active != windows || !ready_.empty() || !todo_.empty())
				fail("done too early");
			if (banks.size() > 2 || (!banks.empty() && !top.acc_ready_o))
				fail("accumulators not complete");
		}
		tick();
		if (n.done && freed_last && banks.empty())
			break;
		if (n.cycles > limit) {
			fail("hangs");
			top.abort_i = 1;
			top.eval();
			tick();
			break;
		}
	}
	n.cycles++;
	idle(3);
	if (n.active != windows)
		fail("number of windows");
	if (n.freed != steps)
		fail("number of slots");
	return n;
}

// ---- commands ------------------------------------------------------------------------------

Command random_command(bool depthwise)
{
	Command c = {};
	c.opcode = depthwise ? kDwconv : kConv;
	c.out_h = pick(1, chance(20) ? 40 : 9);
	c.out_w = pick(1, chance(20) ? 40 : 9);
	c.out_c = chance(20) ? V * pick(1, 3) : pick(1, 3 * V);
	do {
		c.tile_h = chance(30) ? c.out_h : pick(1, 20);
		c.tile_w = chance(30) ? c.out_w : pick(1, 20);
	} while (c.tile_h * c.tile_w > 256);
	c.stride_h = chance(70) ? pick(1, 2) : pick(1, 16);
	c.stride_w = chance(70) ? pick(1, 2) : pick(1, 16);
	c.in_unsigned = chance(50);
	c.in.addr = chance(50) ? rng() & kAddrMask : rng();
	c.in.row_pitch = chance(50) ? pick(0, 3000) : rng() & kAddrMask;
	c.in.pix_pitch = chance(80) ? pick(1, 100) : rng() & kAddrMask;
	c.in.ring = chance(50) ? 0 : pick(1, 30);
	c.in.row = c.in.ring ? pick(0, c.in.ring - 1) : pick(0, 20);
	c.kernel_h = c.kernel_w = c.dilation_h = c.dilation_w = 1;
	uint32_t num = (c.out_c + V - 1) / V;
	if (depthwise) {
		c.kernel_h = chance(70) ? pick(1, 5) : pick(1, 16);
		c.kernel_w = chance(70) ? pick(1, 5) : pick(1, 16);
		c.dilation_h = chance(70) ? 1 : pick(1, 40);
		c.dilation_w = chance(70) ? 1 : pick(1, 5);
		for (uint32_t i = 0; i < c.kernel_h * c.kernel_w * c.out_c; i++)
			c.kernel.push_back(int(pick(0, 511)) - 256);
		fill_passes(c);
		return c;
	}
	c.pair = chance(60);
	if (c.pair && chance(70))
		c.out_c = pick(1, V / 2) + V * pick(0, 1);
	num = (c.out_c + V - 1) / V;
	for (uint32_t b = 0; b < num; b++) {
		std::vector<Step> steps;
		uint32_t count = chance(15) ? 0 : pick(1, 4);
		for (uint32_t i = 0; i < std::max(count, 1u); i++) {
			Step s;
			s.first = i == 0;
			s.last = i + 1 >= count;
			s.none = count == 0;
			s.n = std::min<uint32_t>(V, c.out_c - b * V);
			s.mode = in_pairs(c, b) ? uint32_t(kD) : pick(kD, kG4);
			s.row = chance(50) ? pick(0, 5) : pick(0, 255);
			s.offset = chance(50) ? pick(0, 100) : pick(0, 65535);
			if (s.none)
				s.row = s.offset = 0;
			else
				random_weights(s);
			steps.push_back(s);
		}
		c.blocks.push_back(steps);
	}
	return c;
}

// A command whose steps follow each other without a wait.
Command dense(uint32_t h, uint32_t w, uint32_t th, uint32_t tw, uint32_t out_c, uint32_t steps,
	      uint32_t mode, bool pair)
{
	Command c = {};
	c.opcode = kConv;
	c.out_h = h;
	c.out_w = w;
	c.tile_h = th;
	c.tile_w = tw;
	c.out_c = out_c;
	c.stride_h = c.stride_w = 1;
	c.kernel_h = c.kernel_w = c.dilation_h = c.dilation_w = 1;
	c.pair = pair;
	c.in = { 64, w * 3 * V, 3 * V, 0, 0 };
	for (uint32_t b = 0; b * V < out_c; b++) {
		std::vector<Step> list;
		for (uint32_t i = 0; i < steps; i++) {
			Step s;
			s.first = i == 0;
			s.last = i + 1 == steps;
			s.n = std::min<uint32_t>(V, out_c - b * V);
			s.mode = mode;
			s.row = i % 3;
			s.offset = i / 3 * V;
			random_weights(s);
			list.push_back(s);
		}
		c.blocks.push_back(list);
	}
	return c;
}

Command depthwise(uint32_t h, uint32_t w, uint32_t th, uint32_t tw, uint32_t out_c, uint32_t kh,
		  uint32_t kw, uint32_t stride, uint32_t dilation)
{
	Command c = dense(h, w, th, tw, out_c, 1, kD, false);
	c.opcode = kDwconv;
	c.stride_h = c.stride_w = stride;
	c.kernel_h = kh;
	c.kernel_w = kw;
	c.dilation_h = c.dilation_w = dilation;
	for (uint32_t i = 0; i < kh * kw * out_c; i++)
		c.kernel.push_back(int(pick(0, 511)) - 256);
	fill_passes(c);
	return c;
}

void random_commands(Machine &m, uint32_t count, bool dw, bool abort, const char *name)
{
	bool good = true;
	for (uint32_t i = 0; i < count && good; i++) {
		Command c = random_command(dw);
		Speed speed;
		if (chance(75)) {
			speed.grant = chance(30) ? 100 : pick(20, 90);
			speed.weights = chance(30) ? 100 : pick(20, 90);
			speed.read = chance(30) ? 100 : pick(10, 90);
		}
		speed.slow_free = chance(30);
		if (abort)
			speed.abort_at = pick(0, 200);
		Counts n = m.run(c, speed);
		good = n.ok;
		if (!good)
			printf("# command %u: out %ux%ux%u tile %ux%u stride %ux%u kernel %ux%u dilation "
			       "%ux%u ring %u pair %d\n", i, c.out_h, c.out_w, c.out_c, c.tile_h, c.tile_w,
			       c.stride_h, c.stride_w, c.kernel_h, c.kernel_w, c.dilation_h,
			       c.dilation_w, c.in.ring, c.pair);
	}
	ok(good, "%s", name);
}

// All windows, one behind the other.
void no_bubbles(Machine &m, const Command &c, const char *name)
{
	Counts n = m.run(c, {});
	bool good = n.ok && n.last - n.first + 1 == n.active && n.latency <= 6;
	if (!good)
		printf("# windows %llu in %llu cycles, waits: weights %llu, acc %llu, first after %llu\n",
		       (unsigned long long)n.active, (unsigned long long)(n.last - n.first + 1),
		       (unsigned long long)n.stall_weights, (unsigned long long)n.stall_acc,
		       (unsigned long long)n.latency);
	ok(good, "%s", name);
}

void wraps(Machine &m)
{
	Command c = dense(1, 1, 1, 1, 1, 5000, kD, false);
	std::fill(sram.begin(), sram.begin() + 4096, 255);
	c.in_unsigned = true;
	c.in.row_pitch = 0;
	for (Step &s : c.blocks[0]) {
		s.offset = 0;
		for (uint32_t t = 0; t < V; t++)
			s.w[t * V] = -256;
	}
	Counts n = m.run(c, {});
	ok(n.ok, "32-bit sums wrap; one pixel uses the result of the cycle before");
	for (uint8_t &byte : sram)
		byte = rng();
}

void scrub(Machine &m)
{
	bool good = true;
	uint32_t cycles = 0, same = 0;

	m.run(dense(16, 16, 16, 16, 2 * V, 4, kG4, false), {});
	m.top.abort_i = 1;	// bank 0 is next
	m.top.eval();
	m.tick();
	m.idle(1);
	m.top.scrub_i = 1;
	m.top.eval();
	m.tick();
	m.top.scrub_i = 0;
	for (m.top.eval(); m.top.scrub_busy_o && cycles < 2000; cycles++, m.top.eval())
		m.tick();
	good = cycles >= 256 && cycles <= 1100;
	for (int bank = 0; bank < 2; bank++) {
		for (uint32_t row = 0; row < 256; row++) {
			m.top.acc_rd_en_i = 1;
			m.top.acc_rd_addr_i = row;
			m.top.eval();
			m.tick();
			m.top.acc_rd_en_i = 0;
			m.top.eval();
			for (uint32_t l = 0; l < V; l++)
				same += get_bits(&m.top.acc_rd_data_o, 32 * l, 32) == 0;
		}
		// A block that is all zero turns to the other bank.
		Command c = dense(1, 1, 1, 1, 1, 1, kD, false);
		c.blocks[0][0].none = true;
		c.blocks[0][0].row = c.blocks[0][0].offset = 0;
		good = m.run(c, {}).ok && good;
	}
	ok(good && same == 2 * 256 * V, "scrub clears the accumulators");

	// Four steps that write no weights.
	Command c = dense(2, 2, 2, 2, V, 4, kG4, false);
	for (Step &s : c.blocks[0]) {
		s.n = 0;
		memset(s.w, 0, sizeof(s.w));
	}
	m.no_clear = true;
	Counts n = m.run(c, {});
	m.no_clear = false;
	ok(n.ok, "scrub clears the weight slots");
}

void measure(Machine &m, const Command &c, const char *name)
{
	Speed speed;
	speed.check = false;
	auto start = std::chrono::steady_clock::now();
	uint64_t before = m.total;
	m.run(c, speed);
	std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
	printf("# %s: %.0f k cycles/s\n", name, (m.total - before) / took.count() / 1000);
}

}  // namespace

int main(int argc, char **argv)
{
	uint32_t count = argc > 2 ? strtoul(argv[2], nullptr, 0) : 150;

	begin(argc, argv);
	for (uint8_t &byte : sram)
		byte = rng();
	Machine m;

	no_bubbles(m, dense(9, 11, 9, 11, 2 * V, 4, kD, false), "dense: a window a cycle");
	// A step's weights take V / 2 cycles, so the smallest tiles have enough pixels for the lanes.
	uint32_t rest = V > 16 ? 5 : 1;
	no_bubbles(m, dense(16 + rest, 18 + rest, 8, 8, V, 4, kD, false), "tiles: a window a cycle");
	no_bubbles(m, dense(12, 12, 6, 6, 2 * V, 3, kG2, false), "G2: a window a cycle");
	no_bubbles(m, dense(12, 12, 12, 12, 2 * V, 3, kG4, false), "G4: a window a cycle");
	no_bubbles(m, dense(13, 11, 13, 11, V + V / 2, 4, kD, true), "pairs: a window a cycle");
	no_bubbles(m, dense(120, 1, 120, 1, 3, 5, kD, true), "pairs in a column");
	no_bubbles(m, dense(1, 5, 1, 5, 2, 200, kD, false), "steps of five pixels");
	no_bubbles(m, depthwise(12, 12, 12, 12, 2 * V, 3, 3, 1, 1), "depthwise 3x3");
	no_bubbles(m, depthwise(12, 12, 12, 12, 2 * V, 3, 3, 2, 1), "depthwise 3x3, stride 2");
	no_bubbles(m, depthwise(12, 12, 12, 12, V, 5, 5, 1, 1), "depthwise 5x5");
	no_bubbles(m, depthwise(12, 12, 12, 12, V, 7, 7, 4, 1), "depthwise 7x7, stride 4");
	no_bubbles(m, depthwise(9, 9, 9, 9, V, 3, 3, 1, 2), "depthwise 3x3, dilated");
	no_bubbles(m, depthwise(9, 9, 4, 9, V, 1, 16, 1, 1), "depthwise 1x16");
	no_bubbles(m, depthwise(9, 9, 9, 9, V, 2, 2, 5, 1), "depthwise 2x2, stride 5");
	random_commands(m, count, false, false, "random CONV");
	random_commands(m, count, true, false, "random DWCONV");
	random_commands(m, count, false, true, "CONV, aborted");
	random_commands(m, count / 3, false, false, "CONV behind aborts");
	random_commands(m, count, true, true, "DWCONV, aborted");
	random_commands(m, count / 3, true, false, "DWCONV behind aborts");
	wraps(m);
	scrub(m);
	measure(m, dense(96, 96, 16, 16, 2 * V, 36, kD, false), "dense");
	measure(m, dense(96, 96, 16, 16, 2 * V, 36, kG4, false), "G4");
	measure(m, dense(96, 96, 16, 16, V / 2, 36, kD, true), "pairs");
	measure(m, depthwise(96, 96, 16, 16, 8 * V, 3, 3, 1, 1), "depthwise 3x3");
	return end();
}
