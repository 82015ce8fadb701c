// SPDX-License-Identifier: MIT
// The SRAM against a model of bytes and of arbitration: every grant of every cycle is predicted, and
// every byte that is read.

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "Vonpu_sram.h"
#include "bench.h"

namespace {

constexpr unsigned kBanks = 32, kSram = SRAM_BYTES, kRows = kSram / (kBanks * V);
constexpr unsigned kAddrMask = (1u << 20) - 1;

enum Client { kWin, kOp2, kWr, kDec, kLd, kSt, kFill, kClients };
const char *const kName[] = {"win", "op2", "wr", "dec", "ld", "st", "fill"};

struct Request {
	bool valid = false;
	unsigned vectors = 0;		// window: bits
	uint32_t addr[4] = {};
	uint8_t strb[4 * V] = {};	// one byte a strobe
	uint8_t data[V] = {};
	uint8_t value = 0;
};

struct Reply {
	uint64_t due;
	unsigned vectors;
	uint8_t data[4][2 * V];
};

class Bench {
public:
	Bench() : top(new Vonpu_sram), mem(kSram)
	{
		top->rst_ni = 1;
		top->clk_i = 0;
		top->eval();
		top->rst_ni = 0;
		top->eval();
		for (int i = 0; i < 3; i++)
			tick();
		top->rst_ni = 1;
		top->scrub_i = 1;
		tick();
		top->scrub_i = 0;
		while (top->scrub_busy_o)
			tick();
	}
	~Bench() { retire(*top); }

	Request request[kClients];
	bool granted[kClients] = {};
	uint64_t cycle = 0, grants[kClients] = {}, waits[kClients] = {};
	uint64_t firsts[2] = {};	// results, loads: cycles in which they went first
	unsigned errors = 0;
	bool scrub = false;
	unsigned scrub_left = 0;
	std::vector<uint8_t> &memory() { return mem; }

	// One cycle: drives the requests, compares grants and replies, executes what was granted.
	void step()
	{
		drive();
		top->eval();
		predict();
		check_grants();
		check_replies();
		execute();
		tick();
		if (scrub) {
			std::fill(mem.begin(), mem.end(), 0);
			scrub_left = kRows;
			scrub = false;
		} else if (scrub_left) {
			scrub_left--;
		}
		cycle++;
		for (unsigned c = 0; c < kClients; c++)
			if (granted[c])
				request[c].valid = false;
	}

	void drain()
	{
		for (unsigned i = 0; i < 200; i++) {
			bool idle = true;

			for (auto &r : request)
				idle = idle && !r.valid;
			for (auto &q : replies)
				idle = idle && q.empty();
			if (idle && !scrub_left)
				return;
			step();
			if (scrub_left)
				i--;
		}
		fail("requests are stuck");
	}

	void fail(const char *what)
	{
		if (errors++ < 10)
			printf("# cycle %llu: %s\n", (unsigned long long)cycle, what);
	}

	std::unique_ptr<Vonpu_sram> top;

private:
	std::vector<uint8_t> mem;
	std::deque<Reply> replies[kClients];
	unsigned served = 0;		// vectors of the window request in earlier cycles
	unsigned serve = 0;		// in this cycle
	Reply window = {};
	bool expect[kClients];

	void tick()
	{
		top->clk_i = 1;
		top->eval();
		top->clk_i = 0;
		top->eval();
	}

	void drive()
	{
		uint8_t bits[10] = {};
		const Request *r = &request[kWin];

		for (unsigned i = 0; i < 80; i++)
			bits[i / 8] |= ((r->addr[i / 20] >> i % 20) & 1) << i % 8;
		top->win_req_i = r->valid;
		top->win_valid_i = r->vectors;
		put(top->win_addr_i, bits, sizeof(bits));
		r = &request[kOp2];
		top->op2_req_i = r->valid;
		top->op2_addr_i = r->addr[0];
		r = &request[kDec];
		top->dec_req_i = r->valid;
		top->dec_addr_i = r->addr[0];
		r = &request[kSt];
		top->st_req_i = r->valid;
		top->st_addr_i = r->addr[0];
		r = &request[kWr];
		top->wr_req_i = r->valid;
		top->wr_addr_i = r->addr[0];
		strobes(top->wr_strb_i, *r, V);
		put(top->wr_data_i, r->data, V);
		r = &request[kLd];
		top->ld_req_i = r->valid;
		top->ld_addr_i = r->addr[0];
		strobes(top->ld_strb_i, *r, V);
		put(top->ld_data_i, r->data, V);
		r = &request[kFill];
		top->fill_req_i = r->valid;
		top->fill_addr_i = r->addr[0];
		strobes(top->fill_strb_i, *r, 4 * V);
		top->fill_value_i = r->value;
		top->scrub_i = scrub;
	}

	template <class T> void strobes(T &port, const Request &r, unsigned n)
	{
		uint8_t bits[V / 2] = {};

		for (unsigned i = 0; i < n; i++)
			bits[i / 8] |= r.strb[i] << i % 8;
		put(port, bits, n / 8);
	}

	// Row of each bank that bytes [addr, addr + size) need, -1: none.
	struct Banks {
		int row[kBanks];
		Banks() { for (int &r : row) r = -1; }
		void use(uint32_t addr)
		{
			addr %= kSram;
			row[addr / V % kBanks] = (int)(addr / V / kBanks);
		}
		bool meets(const Banks &other, bool share) const
		{
			for (unsigned b = 0; b < kBanks; b++)
				if (row[b] >= 0 && other.row[b] >= 0 &&
				    !(share && row[b] == other.row[b]))
					return true;
			return false;
		}
		void add(const Banks &other)
		{
			for (unsigned b = 0; b < kBanks; b++)
				if (other.row[b] >= 0)
					row[b] = other.row[b];
		}
	};

	Banks needed(unsigned c, unsigned vector = 0)
	{
		const Request &r = request[c];
		unsigned size = c == kDec ? 2 * V : c == kFill ? 4 * V : V;
		bool write = c == kWr || c == kLd || c == kFill;
		Banks banks;

		for (unsigned i = 0; i < size; i++)
			if (!write || r.strb[i])
				banks.use(r.addr[vector] + i);
		return banks;
	}

	// Results and loads that were refused too often go before those that are asked before them.
	struct Patience {
		bool first = false;
		int waits = 0;
		void request(bool granted)
		{
			if (granted) {
				first = first && waits > 7;
				waits -= waits > 0;
			} else {
				waits = waits + 2 < 15 ? waits + 2 : 15;
				first = first || waits == 15;
			}
		}
	};

	Patience patience[2];		// of results and of loads

	Banks ahead(unsigned c, const Patience &p)
	{
		return request[c].valid && p.first ? needed(c) : Banks();
	}

	void predict()
	{
		Banks busy, results = ahead(kWr, patience[0]), loads = ahead(kLd, patience[1]);

		serve = 0;
		for (unsigned c = 0; c < kClients; c++) {
			expect[c] = request[c].valid && !scrub_left;
			if (!expect[c])
				continue;
			if (c == kWin) {
				for (unsigned k = 0; k < 4; k++) {
					if (!(request[c].vectors >> k & 1) || (served >> k & 1))
						continue;
					Banks banks = needed(c, k);
					if (banks.meets(busy, true) || banks.meets(results, false) ||
					    banks.meets(loads, false))
						continue;
					busy.add(banks);
					serve |= 1 << k;
				}
				expect[c] = (served | serve) == request[c].vectors;
			} else {
				Banks banks = needed(c);
				expect[c] = !banks.meets(busy, false);
				if (c == kOp2 || c == kDec)
					expect[c] = expect[c] && !banks.meets(results, false);
				if (c == kOp2 || c == kDec || (c == kWr && !patience[0].first))
					expect[c] = expect[c] && !banks.meets(loads, false);
				if (expect[c])
					busy.add(banks);
			}
		}
	}

	void check_grants()
	{
		bool got[kClients] = {
			(bool)top->win_gnt_o, (bool)top->op2_gnt_o, (bool)top->wr_gnt_o,
			(bool)top->dec_gnt_o, (bool)top->ld_gnt_o, (bool)top->st_gnt_o,
			(bool)top->fill_gnt_o,
		};

		for (unsigned c = 0; c < kClients; c++) {
			granted[c] = got[c];
			grants[c] += got[c];
			waits[c] += request[c].valid && !got[c];
			if (request[c].valid && (c == kWr || c == kLd)) {
				firsts[c == kLd] += patience[c == kLd].first;
				patience[c == kLd].request(got[c]);
			}
			if (got[c] != expect[c]) {
				char text[80];

				snprintf(text, sizeof(text), "%s: grant %d, expected %d", kName[c],
					 got[c], expect[c]);
				fail(text);
			}
		}
		if ((bool)top->scrub_busy_o != (scrub_left != 0))
			fail("scrub_busy");
	}

	void check_reply(unsigned c, bool valid, const void *data, unsigned size)
	{
		auto &q = replies[c];
		bool due = !q.empty() && q.front().due == cycle;
		char text[80];

		if (valid != due) {
			snprintf(text, sizeof(text), "%s: rvalid %d, expected %d", kName[c], valid,
				 due);
			fail(text);
		} else if (due) {
			for (unsigned k = 0; k < 4; k++)
				if ((q.front().vectors >> k & 1) &&
				    memcmp((const uint8_t *)data + k * size, q.front().data[k],
					   size)) {
					snprintf(text, sizeof(text), "%s: vector %u differs",
						 kName[c], k);
					fail(text);
				}
		}
		if (due)
			q.pop_front();
	}

	void check_replies()
	{
		check_reply(kWin, top->win_rvalid_o, (void *)&top->win_rdata_o, V);
		check_reply(kOp2, top->op2_rvalid_o, (void *)&top->op2_rdata_o, V);
		check_reply(kDec, top->dec_rvalid_o, (void *)&top->dec_rdata_o, 2 * V);
		check_reply(kSt, top->st_rvalid_o, (void *)&top->st_rdata_o, V);
	}

	void read(uint8_t *to, uint32_t addr, unsigned size)
	{
		for (unsigned i = 0; i < size; i++)
			to[i] = mem[(addr + i) % kSram];
	}

	void execute()
	{
		// Reads first: no read of this cycle sees a write of this cycle.
		for (unsigned k = 0; k < 4; k++)
			if (serve >> k & 1)
				read(window.data[k], request[kWin].addr[k], V);
		served = request[kWin].valid && !granted[kWin] ? served | serve : 0;
		if (granted[kWin]) {
			window.due = cycle + 2;
			window.vectors = request[kWin].vectors;
			replies[kWin].push_back(window);
		}
		for (unsigned c : {kOp2, kDec, kSt}) {
			Reply reply = {};

			if (!granted[c])
				continue;
			reply.due = cycle + 2;
			reply.vectors = 1;
			read(reply.data[0], request[c].addr[0], c == kDec ? 2 * V : V);
			replies[c].push_back(reply);
		}
		for (unsigned c : {kWr, kLd, kFill}) {
			const Request &r = request[c];

			if (!granted[c])
				continue;
			for (unsigned i = 0; i < (c == kFill ? 4 * V : V); i++)
				if (r.strb[i])
					mem[(r.addr[0] + i) % kSram] =
						c == kFill ? r.value : r.data[i];
		}
	}
};

// How tests choose addresses: few of them, so that clients meet, or all.
struct Space {
	uint32_t base, size;
	uint32_t pick() const { return (base + below(size)) & kAddrMask; }
};

void fill_request(Bench &b, unsigned c, const Space &space)
{
	Request &r = b.request[c];

	r = Request();
	r.valid = true;
	r.addr[0] = space.pick();
	switch (c) {
	case kWin:
		r.vectors = chance(60) ? 15 : below(16);
		for (auto &a : r.addr)
			a = space.pick();
		switch (below(4)) {
		case 0:	// one run
			for (unsigned k = 1; k < 4; k++)
				r.addr[k] = (r.addr[0] + k * V) & kAddrMask;
			break;
		case 1: { // equally spaced, often into the same banks
			uint32_t pitch = chance(50) ? kBanks * V * below(8) : below(kSram);

			for (unsigned k = 1; k < 4; k++)
				r.addr[k] = (r.addr[0] + k * pitch) & kAddrMask;
			break;
		}
		default:
			break;
		}
		break;
	case kDec:
		r.addr[0] &= ~(2 * V - 1);
		break;
	case kFill:
		r.addr[0] &= ~(V - 1);
		r.value = (uint8_t)rng();
		for (unsigned i = 0; i < 4 * V; i++)
			r.strb[i] = 1;
		if (chance(60)) {
			unsigned from = below(4 * V), to = below(4 * V + 1);

			for (unsigned i = 0; i < 4 * V; i++)
				r.strb[i] = i >= from && i < to;
		}
		break;
	case kWr:
	case kLd: {
		unsigned mode = below(4);

		for (unsigned i = 0; i < V; i++) {
			r.data[i] = (uint8_t)rng();
			r.strb[i] = mode == 0 || (mode == 1 ? below(2) : i < below(V + 1));
		}
		if (mode == 2)	// part of a vector
			for (unsigned i = 0, n = below(V + 1); i < V; i++)
				r.strb[i] = i < n;
		break;
	}
	default:
		break;
	}
}

void random_memory(Bench &b)
{
	for (uint32_t a = 0; a < kSram; a += V) {
		Request &r = b.request[kLd];

		r = Request();
		r.valid = true;
		r.addr[0] = a;
		for (unsigned i = 0; i < V; i++) {
			r.strb[i] = 1;
			r.data[i] = (uint8_t)rng();
		}
		b.step();
	}
	b.drain();
}

void report(Bench &b, const char *name)
{
	ok(!b.errors, "%s", name);
	b.errors = 0;
}

void require(Bench &b, bool ok, const char *what)
{
	if (!ok)
		b.fail(what);
}

void contiguous(Bench &b)
{
	// Every address modulo 32V, at the beginning, somewhere, and over the end of the SRAM.
	for (uint32_t base : {0u, kBanks * V * (kRows / 3), kSram - kBanks * V})
		for (uint32_t a = 0; a < kBanks * V; a++) {
			Request &r = b.request[kWin];

			r = Request();
			r.valid = true;
			r.vectors = 15;
			for (unsigned k = 0; k < 4; k++)
				r.addr[k] = (base + a + k * V) & kAddrMask;
			b.step();
			require(b, b.granted[kWin], "a run is not granted at once");
		}
	b.drain();
}

void conflicts(Bench &b)
{
	// Vectors that lie in the same bank, in different rows: a cycle each.
	for (unsigned n = 1; n <= 4; n++)
		for (uint32_t off : {0u, 1u, V - 1u}) {
			Request &r = b.request[kWin];
			unsigned cycles = 0;

			r = Request();
			r.valid = true;
			r.vectors = (1u << n) - 1;
			for (unsigned k = 0; k < 4; k++)
				r.addr[k] = 5 * V + off + k * kBanks * V * 3;
			do {
				b.step();
				cycles++;
			} while (!b.granted[kWin] && cycles < 10);
			require(b, cycles == n, "cycles of a window with conflicts");
		}
	// A request that is withdrawn half-way leaves nothing behind.
	for (unsigned i = 0; i < 200; i++) {
		fill_request(b, kWin, {0, kSram});
		b.step();
		b.request[kWin].valid = false;
		b.step();
	}
	b.drain();
}

void priorities(Bench &b)
{
	// All clients for one bank: they are served in the order of the enumeration.
	for (unsigned i = 0; i < 200; i++) {
		uint32_t bank = below(kBanks / 2) * 2;

		for (unsigned c = 0; c < kClients; c++) {
			uint32_t a = (below(kRows) * kBanks + bank) * V;

			fill_request(b, c, {a, 1});
			b.request[c].addr[0] = a;
			memset(b.request[c].strb, 1, sizeof(b.request[c].strb));
			b.request[kWin].vectors = 1;
		}
		for (unsigned turn = 0; turn < kClients; turn++) {
			b.step();
			for (unsigned c = 0; c < kClients; c++)
				require(b, b.granted[c] == (c == turn), "order of clients");
		}
		// Grants without waiting, until the patience of both writers is whole again.
		for (unsigned k = 0; k < 16; k++) {
			fill_request(b, kWr, {0, 1});
			b.step();
			fill_request(b, kLd, {0, 1});
			b.step();
		}
	}
	b.drain();
}

void read_after_write(Bench &b)
{
	// Write, and in the next cycle read the same bytes through another port.
	for (unsigned i = 0; i < 3000; i++) {
		unsigned writer = (unsigned[]){kWr, kLd, kFill}[below(3)];
		unsigned reader = (unsigned[]){kWin, kOp2, kDec, kSt}[below(4)];
		Space space = {below(kSram), 1};

		fill_request(b, writer, space);
		b.step();
		require(b, b.granted[writer], "a lone write is granted at once");
		fill_request(b, reader, space);
		if (reader == kWin)
			b.request[reader].vectors |= 1;
		do {
			b.step();
		} while (!b.granted[reader]);
	}
	b.drain();
}

void everybody(Bench &b, const Space &space, unsigned load, unsigned cycles)
{
	for (unsigned i = 0; i < cycles; i++) {
		for (unsigned c = 0; c < kClients; c++) {
			if (!b.request[c].valid && chance(load))
				fill_request(b, c, space);
			else if (b.request[c].valid && below(200) == 0)
				b.request[c].valid = false;	// aborted
		}
		b.step();
	}
	for (unsigned c = 0; c < kClients; c++)
		b.request[c].valid = false;
	b.step();
	b.drain();
}

void scrub(Bench &b)
{
	for (unsigned i = 0; i < 3; i++) {
		random_memory(b);
		// With replies on their way, and with requests waiting.
		for (unsigned j = 0; j < 5; j++) {
			for (unsigned c = 0; c < kClients; c++)
				if (!b.request[c].valid)
					fill_request(b, c, {0, kSram});
			b.scrub = j == 4;
			b.step();
		}
		uint64_t begin = b.cycle;
		while (b.scrub_left)
			b.step();
		require(b, b.cycle - begin == kRows, "cycles of scrubbing");
		b.drain();
		for (uint32_t a = 0; a < kSram; a += 4 * V) {
			Request &r = b.request[kWin];

			r = Request();
			r.valid = true;
			r.vectors = 15;
			for (unsigned k = 0; k < 4; k++)
				r.addr[k] = a + k * V;
			b.step();
		}
		b.drain();
	}
}

// Not a test: simulation speed with a run of 4V bytes and a write in each cycle.
void speed(Bench &b)
{
	auto *top = b.top.get();
	auto begin = std::chrono::steady_clock::now();
	const unsigned n = 1000000;
	uint64_t grants = 0;

	top->op2_req_i = top->dec_req_i = top->ld_req_i = top->st_req_i = top->fill_req_i = 0;
	top->win_req_i = 1;
	top->win_valid_i = 15;
	top->wr_req_i = 1;
	put(top->wr_strb_i, "\xff\xff\xff\xff", V / 8);
	for (unsigned i = 0; i < n; i++) {
		uint32_t a[4];

		for (unsigned k = 0; k < 4; k++)
			a[k] = (i * 13 + k * V) & kAddrMask;
		// Four numbers of 20 bits.
		((uint32_t *)&top->win_addr_i)[0] = a[0] | a[1] << 20;
		((uint32_t *)&top->win_addr_i)[1] = a[1] >> 12 | a[2] << 8 | a[3] << 28;
		((uint32_t *)&top->win_addr_i)[2] = a[3] >> 4;
		top->wr_addr_i = (i * 13 + 16 * V) & kAddrMask;
		((uint32_t *)&top->wr_data_i)[0] = i;
		top->clk_i = 0;
		top->eval();
		grants += top->win_gnt_o + top->wr_gnt_o;
		top->clk_i = 1;
		top->eval();
	}
	double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
	printf("# %.2f M cycles/s, %.2f grants a cycle\n", n / s / 1e6, (double)grants / n);
}

} // namespace

int main(int argc, char **argv)
{
	begin(argc, argv);

	Bench b;

	random_memory(b);
	report(b, "write and hold all of the memory");
	contiguous(b);
	report(b, "runs of 4V bytes at every alignment");
	conflicts(b);
	report(b, "windows with conflicts; withdrawn windows");
	priorities(b);
	report(b, "clients in order of priority");
	read_after_write(b);
	report(b, "a read sees the write of the cycle before");
	everybody(b, {0, kSram}, 100, 60000);
	report(b, "all clients, all of the memory, saturated");
	everybody(b, {kSram - 20 * V, 40 * V}, 40, 60000);
	report(b, "all clients, few bytes around the end of the memory");
	everybody(b, {0, kAddrMask + 1}, 15, 60000);
	report(b, "all clients, addresses beyond the memory, light load");
	scrub(b);
	report(b, "scrub");
	for (unsigned c = 0; c < kClients; c++) {
		printf("# %s: %llu grants, %llu cycles of waiting\n", kName[c],
		       (unsigned long long)b.grants[c], (unsigned long long)b.waits[c]);
		require(b, b.grants[c] > 1000 && b.waits[c] > 1000, "a client was not exercised");
	}
	require(b, b.firsts[0] > 1000 && b.firsts[1] > 1000, "results or loads never went first");
	report(b, "every client was granted and made to wait");
	speed(b);
	return end();
}
