// SPDX-License-Identifier: MIT
// The vector unit against the formulas of the functional model (hw-model/iss/vector.c): random
// geometry, grants and back-pressure; aborts, bad table entries, rates and latencies.

#include <deque>
#include <memory>
#include <vector>

#include "Vonpu_vector.h"
#include "bench.h"
#include "isa/onpu_isa.h"

namespace {

constexpr uint32_t kSram = SRAM_BYTES;

std::vector<uint8_t> sram(kSram);

struct Map {
	uint32_t addr = 0, row_pitch = 0, pix_pitch = 0, ring = 0, row = 0;
};

struct Entry {
	uint16_t first, second, fraction, zero;
};

struct Command {
	unsigned opcode = ONPU_OPCODE_ELTWISE;
	uint32_t out_h = 1, out_w = 1, out_c = 1;
	bool in_unsigned = false, sum = false;
	uint32_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
	uint32_t in_h = 1, in_w = 1, rows = 0, columns = 0;
	Map in;

	uint64_t vectors() const { return (uint64_t)out_h * out_w * ((out_c + V - 1) / V); }
};

// ---- what is expected ------------------------------------------------------------------

uint64_t row_addr(const Map &m, uint64_t y)
{
	uint64_t r = m.ring ? (m.row + y) % m.ring : m.row + y;

	return m.addr + r * m.row_pitch;
}

int32_t element(const Command &c, uint64_t addr)
{
	uint8_t byte = sram[addr % kSram];

	return c.in_unsigned ? byte : (int8_t)byte;
}

Entry entry_at(uint32_t table, uint32_t i)
{
	Entry e;

	memcpy(&e, &sram[table + i * sizeof(e)], sizeof(e));
	return e;
}

uint32_t reference(const Command &c, uint32_t y, uint32_t x, uint32_t channel)
{
	switch (c.opcode) {
	case ONPU_OPCODE_ELTWISE:
		return (uint32_t)element(c, row_addr(c.in, y) + (uint64_t)x * c.in.pix_pitch +
						    channel);
	case ONPU_OPCODE_POOL: {
		uint32_t acc = c.sum ? 0 : (uint32_t)INT32_MIN;

		for (uint32_t i = 0; i < c.kernel_h; i++)
			for (uint32_t j = 0; j < c.kernel_w; j++) {
				int32_t v = element(c, row_addr(c.in, (uint64_t)y * c.stride_h + i) +
							       ((uint64_t)x * c.stride_w + j) *
								       c.in.pix_pitch +
							       channel);

				if (c.sum)
					acc += (uint32_t)v;
				else if (v > (int32_t)acc)
					acc = (uint32_t)v;
			}
		return acc;
	}
	default: {
		Entry row = entry_at(c.rows, y), column = entry_at(c.columns, x);
		uint64_t upper = row_addr(c.in, row.first) + channel;
		uint64_t lower = row_addr(c.in, row.second) + channel;
		uint64_t left = (uint64_t)column.first * c.in.pix_pitch;
		uint64_t right = (uint64_t)column.second * c.in.pix_pitch;
		int32_t fx = column.fraction, fy = row.fraction;
		int32_t u = element(c, upper + left) * (1024 - fx) +
			    element(c, upper + right) * fx;
		int32_t l = element(c, lower + left) * (1024 - fx) +
			    element(c, lower + right) * fx;

		return (uint32_t)(u * (1024 - fy) + l * fy);
	}
	}
}

// ---- the unit ----------------------------------------------------------------------------

// Fields of a packed struct, from its last member to its first.
class Packer {
public:
	explicit Packer(uint32_t *words) : words(words) {}
	void add(unsigned bits, uint32_t value)
	{
		for (unsigned i = 0; i < bits; i++, at++) {
			words[at / 32] &= ~(1u << at % 32);
			words[at / 32] |= (value >> i & 1) << at % 32;
		}
	}
	unsigned at = 0;

private:
	uint32_t *words;
};

uint32_t modulo(uint32_t value, uint32_t ring) { return ring ? value % ring : value; }

void add_map(Packer &p, const Map &m)
{
	p.add(16, m.row);
	p.add(16, m.ring);
	p.add(20, m.ring * m.row_pitch);
	p.add(20, m.pix_pitch);
	p.add(20, m.row_pitch);
	p.add(20, m.addr + m.row * m.row_pitch);
}

template <class Port> void drive(Port &port, const Command &c)
{
	uint32_t words[sizeof(port) / 4];

	for (auto &w : words)
		w = rng();	// fields that do not matter
	Packer p(words);
	uint32_t stride_row = modulo(c.stride_h, c.in.ring), one = modulo(1, c.in.ring);

	p.at = 704 + 3 * 20 + 1;	// post, steps to the next tile, dilated
	p.add(20, c.in.pix_pitch);
	p.add(20, one * c.in.row_pitch);
	p.add(16, one);
	p.add(16, c.stride_w);
	p.add(20, c.stride_w * c.in.pix_pitch);
	p.add(20, stride_row * c.in.row_pitch);
	p.add(16, stride_row);
	p.at += 2 * 112;		// op2, out
	add_map(p, c.in);
	p.at += 21 + 20;		// weights
	p.add(20, c.columns);
	p.add(20, c.rows);
	p.add(16, c.in_w);
	p.add(16, c.in_h);
	if (c.opcode == ONPU_OPCODE_POOL) {
		p.add(16, c.kernel_w);
		p.add(16, c.kernel_h);
	} else {
		p.at += 32;
	}
	p.at += 8;			// weight_zero
	p.add(1, c.sum);
	p.at += 2;			// pair, weight_unsigned
	p.add(1, c.in_unsigned);
	p.at += 32;			// tile
	p.add(16, c.out_c);
	p.add(16, c.out_w);
	p.add(16, c.out_h);
	p.add(8, c.opcode);
	if ((p.at + 31) / 32 * 4 != sizeof(port)) {
		printf("Bail out! compute_t has other fields\n");
		exit(1);
	}
	memcpy((void *)&port, words, sizeof(port));
}

struct Pressure {
	unsigned win = 100, dec = 100, ready = 100;	// per cent
};

struct Result {
	bool done = false, fault = false;
	uint64_t vectors = 0, cycles = 0, first = 0, window = 0, stalls = 0;
};

class Bench {
public:
	Bench() : top(new Vonpu_vector)
	{
		top->rst_ni = 1;
		top->eval();
		top->rst_ni = 0;
		top->eval();
		for (int i = 0; i < 3; i++)
			tick();
		top->rst_ni = 1;
		tick();
	}
	~Bench() { retire(*top); }

	unsigned errors = 0;

	void fail(const char *what)
	{
		if (errors++ < 10)
			printf("# %s\n", what);
	}

	// Runs the command to its end, or aborts it in cycle abort_at.
	Result run(const Command &c, const Pressure &p, uint64_t abort_at = UINT64_MAX)
	{
		Result r;
		uint32_t y = 0, x = 0, block = 0;
		uint64_t limit = 1000000;

		drive(top->cmd_i, c);
		top->start_i = 1;
		for (;; r.cycles++) {
			top->abort_i = r.cycles == abort_at;
			cycle(p);
			top->start_i = 0;
			r.window += window_granted;
			r.stalls += stalled;
			if (taken) {
				if (!r.vectors)
					r.first = r.cycles;
				if (r.vectors == c.vectors()) {
					fail("more vectors than expected");
				} else {
					compare(c, y, x, block);
					r.vectors++;
					if (++x == c.out_w) {
						x = 0;
						if (++y == c.out_h) {
							y = 0;
							block++;
						}
					}
				}
			}
			r.done = done;
			r.fault = fault;
			if (r.done || r.fault || r.cycles == abort_at)
				break;
			if (r.cycles == limit) {
				fail("it hangs");
				break;
			}
		}
		top->abort_i = 0;
		if (r.done && r.vectors != c.vectors())
			fail("done too early");
		return r;
	}

	// Nothing may happen.
	void idle(unsigned cycles)
	{
		for (unsigned i = 0; i < cycles; i++) {
			cycle({});
			if (top_win_req || top_dec_req || valid || done || fault)
				fail("not idle");
		}
	}

private:
	struct Read {
		bool valid = false;
		unsigned vectors = 0;
		uint32_t addr[4] = {};
	};

	std::unique_ptr<Vonpu_vector> top;
	Read win[2], dec[2];	// granted one and two cycles ago
	bool done = false, fault = false, taken = false, valid = false;
	bool top_win_req = false, top_dec_req = false, window_granted = false, stalled = false;
	Read win_held, dec_held;	// asked for and not granted
	bool vec_held = false;
	uint32_t acc[V], acc_held[V];

	void tick()
	{
		top->clk_i = 1;
		top->eval();
		top->clk_i = 0;
		top->eval();
	}

	void reply(void *port, unsigned vectors, unsigned size, const Read &read)
	{
		uint8_t *bytes = (uint8_t *)port;

		for (unsigned k = 0; k < vectors; k++)
			for (unsigned i = 0; i < size; i++)
				bytes[k * size + i] = read.valid && (read.vectors >> k & 1) ?
					sram[(read.addr[k] + i) % kSram] : (uint8_t)rng();
	}

	static bool same(const Read &a, const Read &b)
	{
		if (a.vectors != b.vectors)
			return false;
		for (unsigned k = 0; k < 4; k++)
			if ((a.vectors >> k & 1) && a.addr[k] != b.addr[k])
				return false;
		return true;
	}

	void cycle(const Pressure &p)
	{
		Read w, d;
		const uint32_t *a = (const uint32_t *)&top->win_addr_o;

		top->win_rvalid_i = win[1].valid;
		reply(&top->win_rdata_i, 4, V, win[1]);
		top->dec_rvalid_i = dec[1].valid;
		reply(&top->dec_rdata_i, 1, 2 * V, dec[1]);
		top->vec_ready_i = chance(p.ready);
		top->win_gnt_i = 0;
		top->dec_gnt_i = 0;
		top->eval();
		top_win_req = top->win_req_o;
		top_dec_req = top->dec_req_o;
		top->win_gnt_i = top_win_req && chance(p.win);
		top->dec_gnt_i = top_dec_req && chance(p.dec);
		top->eval();
		w.vectors = top->win_valid_o;
		w.addr[0] = a[0] & 0xfffff;
		w.addr[1] = (a[0] >> 20 | a[1] << 12) & 0xfffff;
		w.addr[2] = a[1] >> 8 & 0xfffff;
		w.addr[3] = (a[1] >> 28 | a[2] << 4) & 0xfffff;
		w.valid = top->win_gnt_i;
		d.vectors = 1;
		d.addr[0] = top->dec_addr_o;
		d.valid = top->dec_gnt_i;
		if (top_dec_req && d.addr[0] % (2 * V))
			fail("decoder address not aligned");
		if (win_held.valid && top_win_req && !same(w, win_held))
			fail("window request changed");
		if (dec_held.valid && top_dec_req && !same(d, dec_held))
			fail("decoder request changed");
		if (win_held.valid && !top_win_req)
			fail("window request vanished");
		window_granted = w.valid;
		stalled = top->stall_bank_o;
		if (stalled != (top_win_req && !w.valid))
			fail("stall_bank");
		done = top->done_o;
		fault = top->fault_o;
		valid = top->vec_valid_o;
		taken = valid && top->vec_ready_i;
		memcpy(acc, (void *)&top->vec_acc_o, sizeof(acc));
		if (vec_held && (!valid || memcmp(acc, acc_held, sizeof(acc))))
			fail("vector changed");
		bool drop = top->abort_i || fault;
		vec_held = valid && !taken && !drop;
		memcpy(acc_held, acc, sizeof(acc));
		win_held = w;
		win_held.valid = top_win_req && !w.valid && !drop;
		dec_held = d;
		dec_held.valid = top_dec_req && !d.valid && !drop;
		win[1] = win[0];
		win[0] = w;
		dec[1] = dec[0];
		dec[0] = d;
		tick();
	}

	void compare(const Command &c, uint32_t y, uint32_t x, uint32_t block)
	{
		for (uint32_t i = 0; i < V && block * V + i < c.out_c; i++) {
			uint32_t want = reference(c, y, x, block * V + i);

			if (acc[i] != want) {
				char text[120];

				snprintf(text, sizeof(text),
					 "opcode %x: (%u, %u, %u) is %08x, expected %08x",
					 c.opcode, y, x, block * V + i, acc[i], want);
				fail(text);
				return;
			}
		}
	}
};

// ---- random commands -----------------------------------------------------------------------

Map random_map()
{
	Map m;

	m.addr = below(kSram);
	m.row_pitch = chance(10) ? 0 : chance(50) ? below(3000) : below(kSram);
	m.pix_pitch = chance(10) ? 0 : chance(70) ? below(100) : below(kSram);
	if (chance(50)) {
		m.ring = chance(20) ? 1 : chance(90) ? pick(1, 12) : pick(1, 65535);
		m.row = below(m.ring);
	} else {
		m.row = chance(80) ? below(8) : below(65536);
	}
	return m;
}

void make_table(uint32_t table, uint32_t count, uint32_t limit)
{
	for (uint32_t i = 0; i < count; i++) {
		Entry e;

		e.first = (uint16_t)(chance(10) ? limit - 1 : below(limit));
		e.second = (uint16_t)(chance(30) ? e.first : chance(20) ? limit - 1 : below(limit));
		e.fraction = (uint16_t)(chance(20) ? 0 : chance(20) ? 1024 : below(1025));
		e.zero = 0;
		memcpy(&sram[table + i * sizeof(e)], &e, sizeof(e));
	}
}

Command random_command(unsigned opcode, unsigned most)
{
	Command c;

	c.opcode = opcode;
	do {
		c.out_h = chance(30) ? 1 : pick(1, 12);
		c.out_w = chance(20) ? 1 : pick(1, 40);
		c.out_c = chance(40) ? pick(1, V) : pick(1, 6 * V);
	} while (c.vectors() > most);
	c.in_unsigned = below(2);
	c.in = random_map();
	if (opcode == ONPU_OPCODE_POOL) {
		c.sum = below(2);
		c.kernel_h = chance(80) ? pick(1, 4) : pick(1, 20);
		c.kernel_w = chance(80) ? pick(1, 5) : pick(1, 20);
		c.stride_h = chance(90) ? pick(1, 4) : pick(1, 65535);
		c.stride_w = chance(90) ? pick(1, 4) : pick(1, 65535);
	} else if (opcode == ONPU_OPCODE_RESIZE) {
		c.in_h = chance(80) ? pick(1, 20) : pick(1, 65535);
		c.in_w = chance(80) ? pick(1, 40) : pick(1, 65535);
		// Apart, and with something else around them.
		c.rows = below(kSram / 16 - 1000) * 8;
		c.columns = (below(kSram / 16 - 1000) + kSram / 16) * 8;
		make_table(c.rows, c.out_h, c.in_h);
		make_table(c.columns, c.out_w, c.in_w);
	}
	return c;
}

Pressure random_pressure()
{
	static const unsigned kLevels[] = {100, 100, 90, 50, 15};

	return {kLevels[below(5)], kLevels[below(5)], kLevels[below(5)]};
}

const unsigned kOpcodes[] = {ONPU_OPCODE_ELTWISE, ONPU_OPCODE_POOL, ONPU_OPCODE_RESIZE};

void report(Bench &b, const char *name)
{
	ok(!b.errors, "%s", name);
	b.errors = 0;
}

void random_commands(Bench &b, unsigned opcode, unsigned n)
{
	for (unsigned i = 0; i < n && !b.errors; i++) {
		Command c = random_command(opcode, 400);
		Result r = b.run(c, random_pressure());

		if (!r.done)
			b.fail("not done");
		if (chance(20))
			b.idle(pick(1, 10));
	}
}

void large_pools(Bench &b)
{
	for (unsigned i = 0; i < 6; i++) {
		Command c = random_command(ONPU_OPCODE_POOL, 4);
		static const unsigned kSizes[][2] = {{256, 256}, {1, 65535}, {65535, 1}, {3, 1000}};
		unsigned k = below(4);

		c.kernel_h = kSizes[k][0];
		c.kernel_w = kSizes[k][1];
		c.out_h = c.out_w = 1;
		c.out_c = V;
		c.sum = i < 4;
		if (i == 0) {	// the largest sum
			c.kernel_h = c.kernel_w = 256;
			c.in_unsigned = true;
			c.in.row_pitch = c.in.pix_pitch = 0;
			for (unsigned j = 0; j < V; j++)
				sram[(row_addr(c.in, 0) + j) % kSram] = 255;
		}
		if (!b.run(c, {}).done)
			b.fail("not done");
	}
}

void aborts(Bench &b)
{
	for (unsigned i = 0; i < 1500 && !b.errors; i++) {
		Command c = random_command(kOpcodes[below(3)], 100);

		b.run(c, random_pressure(), pick(1, 80));
		if (chance(50))
			b.idle(pick(1, 6));
	}
	b.idle(10);
}

void bad_entries(Bench &b)
{
	unsigned clean = 0;

	for (unsigned i = 0; i < 1500 && !b.errors; i++) {
		Command c = random_command(ONPU_OPCODE_RESIZE, 200);
		bool row = below(2);
		uint32_t at = row ? c.rows + 8 * below(c.out_h) : c.columns + 8 * below(c.out_w);
		uint32_t limit = row ? c.in_h : c.in_w;
		Entry e;

		memcpy(&e, &sram[at], sizeof(e));
		switch (below(4)) {
		case 0:
			e.first = (uint16_t)(chance(50) ? limit : pick(limit, 65535));
			break;
		case 1:
			e.second = (uint16_t)(chance(50) ? limit : pick(limit, 65535));
			break;
		case 2:
			e.fraction = (uint16_t)(chance(50) ? 1025 : pick(1025, 65535));
			break;
		default:
			e.zero = (uint16_t)(1u << below(16));
			break;
		}
		memcpy(&sram[at], &e, sizeof(e));
		Result r = b.run(c, random_pressure());

		if (!r.fault || r.done)
			b.fail("a bad entry is not reported");
		if (r.vectors)
			clean++;
		// Idle at once; the next command may follow.
		if (chance(50))
			b.idle(pick(1, 6));
	}
	if (!clean)
		b.fail("no fault in the middle of a command");
}

void rate(Bench &b, const char *name, const Command &c, uint64_t first, uint64_t most)
{
	Result r = b.run(c, {});

	printf("# %s: first vector after %llu cycles, %llu vectors in %llu cycles\n", name,
	       (unsigned long long)r.first, (unsigned long long)r.vectors,
	       (unsigned long long)r.cycles);
	if (r.first > first)
		b.fail("late");
	if (r.cycles > most)
		b.fail("slow");
}

void rates(Bench &b)
{
	Command c;

	c.out_h = 10;
	c.out_w = 50;
	c.out_c = 2 * V;
	c.in.row_pitch = 50 * V;
	c.in.pix_pitch = V;
	rate(b, "ELTWISE", c, 8, 1000 + 10);
	c.opcode = ONPU_OPCODE_POOL;
	c.kernel_h = c.kernel_w = 3;
	c.stride_h = c.stride_w = 2;
	rate(b, "POOL 3x3", c, 12, 3 * 1000 + 10);
	c.kernel_h = 1;
	rate(b, "POOL 1x3", c, 12, 1000 + 10);
	c.kernel_h = 7;
	c.kernel_w = 7;
	c.in.ring = 9;
	rate(b, "POOL 7x7", c, 20, 13 * 1000 + 10);
	c.opcode = ONPU_OPCODE_RESIZE;
	c.in.ring = 0;
	for (unsigned wide = 0; wide < 2; wide++) {
		c.out_w = wide ? 200 : 16;
		c.in_h = c.in_w = 30;
		c.rows = 8 * 1001;
		c.columns = 8 * 2003;
		for (unsigned ring = 0; ring < 2; ring++) {
			c.in.ring = ring ? 32 : 0;
			c.in.row = ring ? 20 : 0;
			make_table(c.rows, c.out_h, c.in_h);
			make_table(c.columns, c.out_w, c.in_w);
			rate(b, wide ? "RESIZE, 200 wide" : "RESIZE, 16 wide", c, 18,
			     20 * (c.out_w + (V == 8 ? 2 : 1)) + 20);
		}
	}
}

} // namespace

int main(int argc, char **argv)
{
	begin(argc, argv);
	for (auto &byte : sram)
		byte = (uint8_t)rng();

	Bench b;

	b.idle(5);
	report(b, "idle after reset");
	rates(b);
	report(b, "latencies and rates");
	random_commands(b, ONPU_OPCODE_ELTWISE, 300);
	report(b, "random ELTWISE");
	random_commands(b, ONPU_OPCODE_POOL, 300);
	report(b, "random POOL");
	random_commands(b, ONPU_OPCODE_RESIZE, 500);
	report(b, "random RESIZE");
	large_pools(b);
	report(b, "POOL with the largest kernels");
	aborts(b);
	report(b, "abort at any time");
	bad_entries(b);
	report(b, "bad entries in the tables of RESIZE");
	for (unsigned i = 0; i < 300 && !b.errors; i++)
		random_commands(b, kOpcodes[below(3)], 1);
	report(b, "mixed commands");
	return end();
}
