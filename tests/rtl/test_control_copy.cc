// SPDX-License-Identifier: MIT
//
// The copy port alone: random commands of any alignment and length in both directions, random
// latency and back-pressure of bus and memory, errors of bus requests, commands that are flushed.
#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "Vonpu_control_copy.h"
#include "bench.h"

static const uint32_t MemSize = 1 << 16, TcmSize = 1 << 16;

struct Bench {
	std::unique_ptr<Vonpu_control_copy> top = std::make_unique<Vonpu_control_copy>();
	std::vector<uint8_t> mem = std::vector<uint8_t>(MemSize), tcm = std::vector<uint8_t>(TcmSize);
	uint64_t now = 0;
	unsigned error_percent = 0, busy_percent = 30, gap_percent = 30, latency = 100;
	struct Read { uint64_t when; uint32_t va, at, end, fail; };
	struct Write { uint32_t va, at, end; bool fail; };
	struct Answer { uint64_t when; uint32_t va; bool fail; };
	std::deque<Read> reads;
	std::deque<Write> writes;
	std::deque<Answer> answers;
	unsigned wrong = 0, load_errors = 0, store_errors = 0, failed_reads = 0, failed_writes = 0;
	uint32_t fault_va = 0;
	std::vector<std::pair<uint32_t, uint32_t>> failed;  // ranges of mem not transferred
	bool held = false, tcm_read = false;
	uint32_t tcm_data = 0;

	~Bench() { retire(*top); }

	void reset()
	{
		top->rst_ni = 0;
		for (int i = 0; i < 2; i++) {
			top->clk_i = 0;
			top->eval();
			top->clk_i = 1;
			top->eval();
		}
		top->rst_ni = 1;
	}

	void drive()
	{
		top->rd_gnt_i = reads.size() < 4 && !chance(gap_percent);
		top->wr_gnt_i = !chance(gap_percent);
		bool offer = !reads.empty() && now >= reads.front().when &&
			(held || !chance(gap_percent));

		if (offer && !held) {
			const Read &r = reads.front();
			bool fail = r.fail && std::max(r.at, r.va) >= r.fail;

			for (unsigned i = 0; i < V; i++)
				((uint8_t *)&top->rd_data_i)[i] = fail ? 0xdd : mem[(r.at + i) % MemSize];
			top->rd_err_i = fail;
			top->rd_va_i = r.fail;
			top->rd_last_i = fail || r.at + V >= r.end;
		}
		top->rd_valid_i = offer;
		top->wd_ready_i = !writes.empty() && !chance(gap_percent);
		top->wb_valid_i = !answers.empty() && now >= answers.front().when;
		if (top->wb_valid_i) {
			top->wb_err_i = answers.front().fail;
			top->wb_va_i = answers.front().va;
		}
		top->tcm_gnt_i = 0;
		tcm_wants = !chance(busy_percent);
	}
	bool tcm_wants = false;

	void tick()
	{
		top->clk_i = 0;
		top->eval();
		top->tcm_gnt_i = top->tcm_req_o && tcm_wants;
		top->eval();
		bool hold = top->rd_valid_i && !top->rd_ready_o;

		load_errors += top->load_error_o;
		store_errors += top->store_error_o;
		if (top->rd_req_o && top->rd_gnt_i) {
			uint32_t va = top->rd_va_o, bytes = top->rd_bytes_o, fail = 0;

			wrong += !bytes || bytes > 512 || va / 512 != (va + bytes - 1) / 512;
			if (chance(error_percent)) {
				fail = pick(va, va + bytes - 1) / V * V;
				fail = std::max(fail, va);
				failed_reads++;
				failed.push_back({ fail, va + bytes });
			}
			reads.push_back({ now + pick(1, latency), va, va / V * V, va + bytes, fail });
		}
		if (top->rd_valid_i && top->rd_ready_o) {
			reads.front().at += V;
			if (top->rd_last_i)
				reads.pop_front();
		}
		if (top->wd_valid_o && top->wd_ready_i) {
			Write &w = writes.front();

			for (unsigned i = 0; i < V; i++) {
				bool strobe = top->wd_strb_o >> i & 1;

				wrong += strobe != (w.at + i >= w.va && w.at + i < w.end);
				if (strobe && !w.fail)
					mem[w.at + i] = ((uint8_t *)&top->wd_data_o)[i];
			}
			w.at += V;
			wrong += top->wd_last_o != (w.at >= w.end);
			if (w.at >= w.end) {
				answers.push_back({ now + pick(1, latency), w.va, w.fail });
				writes.pop_front();
			}
		}
		if (top->wr_req_o && top->wr_gnt_i) {
			uint32_t va = top->wr_va_o, bytes = top->wr_bytes_o;
			bool fail = chance(error_percent);

			wrong += !bytes || bytes > 512 || va / 512 != (va + bytes - 1) / 512;
			failed_writes += fail;
			if (fail)
				failed.push_back({ va, va + bytes });
			writes.push_back({ va, va / V * V, va + bytes, fail });
		}
		if (top->wb_valid_i)
			answers.pop_front();
		tcm_read = top->tcm_gnt_i && !top->tcm_we_o;
		if (top->tcm_gnt_i) {
			uint32_t at = top->tcm_addr_o * 4;

			if (top->tcm_we_o) {
				for (int i = 0; i < 4; i++)
					if (top->tcm_be_o >> i & 1)
						tcm[at + i] = top->tcm_wdata_o >> 8 * i;
			} else {
				memcpy(&tcm_data, &tcm[at], 4);
			}
		}
		top->clk_i = 1;
		top->eval();
		now++;
		top->start_i = 0;
		top->tcm_rdata_i = tcm_read ? tcm_data : rng();
		held = hold;
		drive();
	}

	// The source of a store may change when this returns.
	void command(bool store, uint32_t va, uint32_t addr, uint32_t bytes)
	{
		while (!(store ? top->store_ready_o : top->load_ready_o))
			tick();
		top->start_i = 1;
		top->store_i = store;
		top->va_i = va;
		top->addr_i = addr;
		top->bytes_i = bytes;
		tick();
		top->va_i = rng();
		top->addr_i = rng();
		top->bytes_i = rng() & 0x1ffff;
		while (store && top->gathering_o)
			tick();
	}

	bool settle()
	{
		for (int i = 0; i < 100000; i++) {
			if (!top->loading_o && !top->storing_o) {
				tick();
				tick();
				return true;
			}
			tick();
		}
		return false;
	}
};

static uint32_t length() { return chance(50) ? pick(1, 40) : chance(70) ? pick(1, 600) : pick(1, 4096); }

// Halves of the memories, so that loads and stores do not meet.
static void run(Bench &b, int count, const char *name)
{
	std::vector<uint8_t> mem, tcm;
	bool good = true;

	b.load_errors = b.store_errors = b.failed_reads = b.failed_writes = 0;
	for (int round = 0; round < count && good; round++) {
		for (auto &c : b.mem)
			c = rng();
		for (auto &c : b.tcm)
			c = rng();
		mem = b.mem;
		tcm = b.tcm;
		b.failed.clear();
		// Each command has its own window of the destination.
		uint32_t load_at = pick(0, 64), store_at = 0x8000 + pick(0, 64);

		struct Load { uint32_t va, addr, bytes; };
		std::vector<Load> loads;
		std::vector<std::pair<uint32_t, std::vector<uint8_t>>> stores;
		for (int n = 0; n < 6; n++) {
			uint32_t bytes = length(), va, addr;

			if (chance(50)) {
				va = pick(0, 0x8000 - bytes);
				addr = load_at;
				load_at += bytes + pick(0, 9);
				loads.push_back({ va, addr, bytes });
				b.command(false, va, addr, bytes);
			} else {
				va = store_at;
				store_at += bytes + pick(0, 9);
				addr = 0x8000 + pick(0, 0x8000 - bytes);
				stores.push_back({ va, { tcm.begin() + addr, tcm.begin() + addr + bytes } });
				b.command(true, va, addr, bytes);
				// It has been taken: this must not show.
				for (uint32_t i = 0; i < bytes; i++)
					tcm[addr + i] = b.tcm[addr + i] = rng();
			}
		}
		good &= b.settle();
		// Where a request failed nothing is promised behind the failing byte.
		auto lost = [&](uint32_t va) {
			for (auto &f : b.failed)
				if (va >= f.first && va < f.second)
					return true;
			return false;
		};
		for (auto &l : loads)
			for (uint32_t i = 0; i < l.bytes; i++)
				if (b.error_percent && lost(l.va + i))
					tcm[l.addr + i] = b.tcm[l.addr + i];
				else
					tcm[l.addr + i] = mem[l.va + i];
		for (auto &s : stores)
			for (uint32_t i = 0; i < s.second.size(); i++)
				if (!lost(s.first + i))
					mem[s.first + i] = s.second[i];
		good &= b.mem == mem && b.tcm == tcm;
		good &= b.load_errors == b.failed_reads && b.store_errors == b.failed_writes;
	}
	ok(good && !b.wrong, "%s", name);
}

int main(int argc, char **argv)
{
	auto bench = std::make_unique<Bench>();
	Bench &b = *bench;

	begin(argc, argv);
	b.reset();
	b.drive();
	run(b, 300, "copies of any alignment and length");
	b.gap_percent = b.busy_percent = 0;
	run(b, 100, "without back-pressure");
	b.gap_percent = b.busy_percent = 70;
	run(b, 100, "with a lot of it");
	b.gap_percent = b.busy_percent = 20;
	b.error_percent = 20;
	run(b, 200, "bus errors: each is told once, and nothing else is touched");
	b.error_percent = 0;
	// Flush: ends early, cleanly.
	bool good = true;
	for (int i = 0; i < 100; i++) {
		b.command(false, pick(0, 0x4000), pick(0, 0x4000), 4096);
		for (unsigned n = pick(0, 300); n--; )
			b.tick();
		b.top->flush_i = 1;
		uint64_t from = b.now;
		good &= b.settle() && b.now - from < 3000;
		b.top->flush_i = 0;
	}
	ok(good && !b.wrong, "a flush ends commands");
	run(b, 50, "and the port works after it");
	b.gap_percent = b.busy_percent = 0;
	b.latency = 1;
	uint64_t from = b.now;
	b.command(false, 0x1000, 0x1000, 64);
	b.settle();
	ok(b.now - from <= 30, "64 bytes: 30 cycles at most beyond the latency");
	return end();
}
