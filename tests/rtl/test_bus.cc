// SPDX-License-Identifier: MIT
//
// onpu_bus against a memory with random latency, order and back-pressure, and against the
// functional model's MMU on the same tables.
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "Vonpu_bus.h"
#include "bench.h"

// The functional model, compiled as C++, where void pointers want a function of their own.
#include "machine_mmu.h"

static int transfer(onpu_mmu *mmu, uint8_t ctx, uint32_t va, void *to, const void *from, size_t size,
		    uint32_t *fault_va);

#include "machine_mmu.c"

static int transfer(onpu_mmu *mmu, uint8_t ctx, uint32_t va, void *to, const void *from, size_t size,
		    uint32_t *fault_va)
{
	return transfer(mmu, ctx, va, static_cast<uint8_t *>(to),
			static_cast<const uint8_t *>(from), size, fault_va);
}

static int test_errors;
static uint64_t now;

static void error(const char *format, ...)
{
	va_list args;

	if (++test_errors > 10)
		return;
	printf("# cycle %llu: ", (unsigned long long)now);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static void report(const char *name)
{
	ok(!test_errors, "%s", name);
	test_errors = 0;
}

// ---- memory -------------------------------------------------------------------------------

// Where tables are, readable pages, and what answers with errors.
static constexpr uint64_t kTables = 0x4'0000'0000;
static constexpr uint64_t kBad = 1ull << 44;	// some beats of it fail
static constexpr uint64_t kDead = 1ull << 45;	// all do

static std::unordered_map<uint64_t, uint64_t> tables;	// by address / 8

static uint64_t hash(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15ull;
	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ull;
	return x ^ x >> 32;
}

static uint8_t content(uint64_t address) { return (uint8_t)hash(address); }

static bool beat_fails(uint64_t address)
{
	return address & kDead || (address & kBad && hash(address / V) % 8 == 0);
}

static uint64_t table_word(uint64_t address)
{
	auto it = tables.find(address / 8);

	return it == tables.end() ? 0 : it->second;
}

static int host_read(void *, uint64_t address, void *data, size_t size)
{
	uint64_t word = table_word(address);

	if (address & kDead)
		return -1;
	memcpy(data, &word, size);
	return 0;
}

static onpu_model_host host = { nullptr, host_read, nullptr, nullptr };

struct Outcome {
	int code;
	bool table;
	uint64_t address;
	bool operator==(const Outcome &) const = default;
};

// What the functional model finds in the tables as they are.
static Outcome translate(uint8_t ctx, uint32_t va, bool write)
{
	static uint64_t seen;
	static onpu_model_host probe = { nullptr,
		[](void *, uint64_t a, void *d, size_t n) {
			if (a >= kTables && a < 2 * kTables)
				return host_read(nullptr, a, d, n);
			if (a & kDead && n == 8)
				return -1;
			seen = a;
			return 0;
		},
		[](void *, uint64_t a, const void *, size_t) { seen = a; return 0; }, nullptr };
	static onpu_mmu mmu;
	uint32_t fault_va;
	uint8_t byte = 0;

	mmu.host = &probe;
	mmu.table = kTables;
	onpu_mmu_invalidate(&mmu, -1);
	int code = write ? onpu_mmu_write(&mmu, ctx, va, &byte, 1, &fault_va) :
			   onpu_mmu_read(&mmu, ctx, va, &byte, 1, &fault_va);
	if (code && fault_va != va)
		error("the model's fault is elsewhere");
	return { code, code && mmu.table_failed, code ? 0 : seen };
}

// ---- the design and its surroundings --------------------------------------------------------

struct Burst {
	int id;
	uint64_t address;
	int beats, done;
	uint64_t due;
	uint64_t entry;		// a table's, as it was when it was asked for
};

struct Request {
	bool write;
	uint8_t ctx;
	bool ctx0;
	uint32_t va;
	int bytes;
	Outcome outcome;
	int beats, beat;	// delivered so far
	bool other;		// `second` is as good
	Outcome second;
	bool dead;
	std::vector<uint8_t> data, strobes;
	uint64_t granted;
};

struct Client {
	// What it wants to do; empty: random.
	std::deque<Request> todo;
	bool asking = false;
	Request ask;
	std::deque<Request> outstanding;	// granted, not answered
	std::deque<Request> filling;		// granted, data not all given
	bool data_valid = false;
	uint64_t grants = 0, answers = 0, errors = 0, bytes = 0;
};

struct Fault {
	bool write;
	int source;
	bool bus;
	uint8_t ctx;
	uint32_t va;
	bool operator==(const Fault &) const = default;
};

struct Knobs {
	int latency = 0, jitter = 0;
	int ar_ready = 100, aw_ready = 100, w_ready = 100, r_valid = 100, b_valid = 100;
	int rd_ready = 100, wd_valid = 100;
	int ask[2][3] = {};	// percent, random requests
	bool interleave = false;
};

struct Bench {
	std::unique_ptr<Vonpu_bus> dut = std::make_unique<Vonpu_bus>();
	Knobs knobs;
	Client client[2][3];
	std::function<Request(bool write, int c)> make;
	std::function<bool(const Request &, Outcome *)> alternative;

	std::deque<Burst> reads[4];
	std::deque<Burst> writes;		// addresses whose data are not complete
	std::deque<Burst> responses[3];
	std::deque<std::pair<int, Request>> w_order;
	std::deque<std::array<std::vector<uint8_t>, 2>> early;
	int r_now = -1;
	bool b_now = false;
	int b_id = 0;
	uint32_t fault_wait = 0;
	std::deque<Fault> faults_due;
	std::vector<Fault> faults;
	uint64_t table_reads = 0, walks = 0, stalls = 0, root_done = 0, ar_count = 0, aw_count = 0;
	uint64_t r_beats[3] = {}, w_beats = 0;
	uint64_t first_beat[3] = {}, last_beat[3] = {}, first_w = 0, last_w = 0;
	bool root_error = false;
	bool resetting = false, reset_on_answer = false;

	Bench()
	{
		dut->clk_i = 0;
		dut->rst_ni = 0;
		dut->ctx_table_i = kTables;
		dut->eval();
		for (int i = 0; i < 3; i++) {
			dut->clk_i = 1;
			dut->eval();
			dut->clk_i = 0;
			dut->eval();
		}
		dut->rst_ni = 1;
	}
	~Bench() { retire(*dut); }

	template <typename T> static uint8_t *raw(T &port)
	{
		return reinterpret_cast<uint8_t *>(&port);
	}
	template <typename T> static void put32(T &port, int i, uint32_t value)
	{
		memcpy(raw(port) + 4 * i, &value, 4);
	}
	template <typename T> static void put10(T &port, int i, uint32_t value)
	{
		port = (T)((port & ~(1023u << 10 * i)) | value << 10 * i);
	}

	static int beats_of(uint32_t va, int bytes) { return (int)((va % V + bytes - 1) / V + 1); }

	void finish_request(Request &r)
	{
		r.beats = beats_of(r.va, r.bytes);
		r.beat = 0;
		r.dead = false;
		if (r.write) {
			r.data.resize(r.beats * V);
			r.strobes.assign(r.beats * V, 0);
			for (auto &b : r.data)
				b = (uint8_t)below(256);
			for (int i = 0; i < r.bytes; i++)
				r.strobes[r.va % V + i] = 1;
		}
	}

	uint8_t ctx_of(int c, const Request &r) { return c == 2 || r.ctx0 ? 0 : dut->active_ctx_i; }

	Fault fault_of(int c, const Request &r, bool table, bool bus)
	{
		return { r.write, table ? 3 : c < 2 ? 0 : dut->boot_i ? 2 : 1, bus, r.ctx, r.va };
	}

	void drive()
	{
		int rd_req = 0, wr_req = 0, rd_ctx0 = 0, wr_ctx0 = 0;

		for (int w = 0; w < 2; w++)
			for (int c = 0; c < 3; c++) {
				Client &k = client[w][c];

				if (!k.asking) {
					if (!k.todo.empty()) {
						k.ask = k.todo.front();
						k.todo.pop_front();
						k.asking = true;
					} else if (chance(knobs.ask[w][c])) {
						k.ask = make(w, c);
						k.asking = true;
					}
					if (k.asking) {
						k.ask.write = w;
						finish_request(k.ask);
					}
				}
				if (!k.asking)
					continue;
				(w ? wr_req : rd_req) |= 1 << c;
				(w ? wr_ctx0 : rd_ctx0) |= k.ask.ctx0 << c;
				if (w) {
					put32(dut->wr_va_i, c, k.ask.va);
					put10(dut->wr_bytes_i, c, k.ask.bytes);
				} else {
					put32(dut->rd_va_i, c, k.ask.va);
					put10(dut->rd_bytes_i, c, k.ask.bytes);
				}
			}
		dut->rd_req_i = rd_req;
		dut->wr_req_i = wr_req;
		dut->rd_ctx0_i = rd_ctx0;
		dut->wr_ctx0_i = wr_ctx0;
		dut->rd_ready_i = 0;
		for (int c = 0; c < 3; c++)
			dut->rd_ready_i |= chance(knobs.rd_ready) << c;

		int valid = 0, last = 0;

		for (int c = 0; c < 3; c++) {
			Client &k = client[1][c];

			if (k.filling.empty())
				k.data_valid = false;
			else if (!k.data_valid)
				k.data_valid = chance(knobs.wd_valid);
			if (!k.data_valid)
				continue;
			Request &r = k.filling.front();
			valid |= 1 << c;
			last |= (r.beat + 1 == r.beats) << c;
			memcpy(raw(dut->wd_data_i) + c * V, &r.data[r.beat * V], V);
			for (int i = 0; i < V; i++) {
				uint8_t *p = raw(dut->wd_strb_i) + (c * V + i) / 8;
				int bit = (c * V + i) % 8;

				*p = (uint8_t)((*p & ~(1 << bit)) | r.strobes[r.beat * V + i] << bit);
			}
		}
		dut->wd_valid_i = valid;
		dut->wd_last_i = last;

		dut->axi_ar_ready_i = chance(knobs.ar_ready);
		dut->axi_aw_ready_i = chance(knobs.aw_ready);
		dut->axi_w_ready_i = chance(knobs.w_ready);

		// R: stays until it is taken.
		if (r_now < 0 && chance(knobs.r_valid)) {
			int start = (int)below(4);

			for (int i = 0; i < 4; i++) {
				int id = (start + i) % 4;

				if (!reads[id].empty() && reads[id].front().due <= now) {
					r_now = id;
					break;
				}
			}
			// Without interleaving a burst goes on to its end, and then the oldest begins.
			if (r_now >= 0 && !knobs.interleave)
				for (int id = 0; id < 4; id++) {
					if (reads[id].empty() || reads[id].front().due > now)
						continue;
					if (reads[id].front().done) {
						r_now = id;
						break;
					}
					if (reads[id].front().due < reads[r_now].front().due)
						r_now = id;
				}
		}
		dut->axi_r_valid_i = r_now >= 0;
		if (r_now >= 0) {
			Burst &b = reads[r_now].front();
			uint64_t at = b.id == 3 ? b.address & ~(uint64_t)(V - 1) : b.address + b.done * V;
			bool bad = b.id == 3 ? !!(b.address & kDead) : beat_fails(at);

			dut->axi_r_id_i = b.id;
			dut->axi_r_last_i = b.done + 1 == b.beats;
			dut->axi_r_resp_i = bad ? 1 + (at / V) % 3 : 0;
			for (int i = 0; i < V; i++)
				raw(dut->axi_r_data_i)[i] = b.id == 3 ?
					((at + i) & ~7ull) != b.address ? (uint8_t)below(256) :
						(uint8_t)(b.entry >> i % 8 * 8) :
					content(at + i);
		}
		if (!b_now && chance(knobs.b_valid)) {
			int start = (int)below(3);

			for (int i = 0; i < 3 && !b_now; i++) {
				b_id = (start + i) % 3;
				b_now = !responses[b_id].empty() && responses[b_id].front().due <= now;
			}
		}
		dut->axi_b_valid_i = b_now;
		if (b_now) {
			uint64_t at = responses[b_id].front().address;

			dut->axi_b_id_i = b_id;
			dut->axi_b_resp_i = beat_fails(at) ? 1 + (at / V) % 3 : 0;
		}
	}

	void granted(bool w, int c)
	{
		Client &k = client[w][c];
		Request r = k.ask;

		if (!k.asking) {
			error("grant without request");
			return;
		}
		k.asking = false;
		k.grants++;
		r.ctx = ctx_of(c, r);
		r.outcome = translate(r.ctx, r.va, w);
		r.other = alternative && alternative(r, &r.second);
		r.granted = now;
		k.outstanding.push_back(r);
		if (w)
			k.filling.push_back(r);
		if (r.outcome.code)
			faults_due.push_back(fault_of(c, r, r.outcome.table,
						      r.outcome.code == ONPU_FAULT_BUS));
		if (r.other && r.second.code)
			faults_due.push_back(fault_of(c, r, r.second.table,
						      r.second.code == ONPU_FAULT_BUS));
		if (w)
			w_order.push_back({ c, r });
		if (r.other)
			unsure = { w, c };
	}

	std::pair<int, int> unsure = { -1, 0 };
	// Of two outcomes the right one: the address of a burst is there in the cycle after the grant.
	void decide()
	{
		auto [w, c] = unsure;

		unsure.first = -1;
		if (w < 0)
			return;
		Request &r = client[w][c].outstanding.back();
		bool burst = w ? dut->axi_aw_valid_o && dut->axi_aw_id_o == c :
				 dut->axi_ar_valid_o && dut->axi_ar_id_o == c;
		uint64_t at = (w ? dut->axi_aw_addr_o : dut->axi_ar_addr_o) + r.va % V;

		if (burst ? r.outcome.code || r.outcome.address != at : !r.outcome.code)
			r.outcome = r.second;
		if (burst ? r.outcome.code || r.outcome.address != at : !r.outcome.code)
			error("client %d va %x: neither old nor new", c, r.va);
		r.other = false;
		if (w)
			w_order.back().second.outcome = r.outcome;
	}

	// The burst of the oldest request of the client that has none yet.
	void address(bool w, int id, uint64_t at, int len, int size, int burst)
	{
		if (id == 3) {
			if (w || len || size != 3)
				error("odd table read");
			if (at & kDead ? 0 : at < kTables || at >= 2 * kTables)
				error("table read at %llx", (unsigned long long)at);
			table_reads++;
			reads[3].push_back({ 3, at, 1, 0, now + knobs.latency + below(knobs.jitter + 1),
					     table_word(at) });
			return;
		}
		Burst b = { id, at, len + 1, 0, now + knobs.latency + below(knobs.jitter + 1), 0 };
		bool found = false;

		(w ? aw_count : ar_count)++;
		if ((1 << size) != V || burst != 1 || id > 2 || at % V)
			error("odd burst: id %d size %d burst %d", id, size, burst);
		for (Request &r : client[w][id].outstanding) {
			if (r.outcome.code || r.granted == UINT64_MAX)
				continue;
			if ((r.outcome.address & ~(uint64_t)(V - 1)) != at)
				error("%s client %d va %x: burst at %llx, not %llx", w ? "write" : "read", id,
				      r.va, (unsigned long long)at, (unsigned long long)r.outcome.address);
			if (r.beats != len + 1)
				error("burst of %d beats, not %d", len + 1, r.beats);
			r.granted = UINT64_MAX;	// has its burst
			found = true;
			break;
		}
		if (!found)
			error("burst of nobody at %llx", (unsigned long long)at);
		if (w) {
			b.address = at;
			writes.push_back(b);
			match_data();
		} else {
			reads[id].push_back(b);
		}
	}

	// Data may come before the address.
	void match_data()
	{
		while (!writes.empty() && !early.empty()) {
			Burst &b = writes.front();

			early.pop_front();
			if (++b.done == b.beats) {
				b.due = now + knobs.latency + below(knobs.jitter + 1);
				responses[b.id].push_back(b);
				writes.pop_front();
			}
		}
	}

	void write_data()
	{
		std::vector<uint8_t> data(V), strobes(V);

		memcpy(data.data(), raw(dut->axi_w_data_o), V);
		for (int i = 0; i < V; i++)
			strobes[i] = raw(dut->axi_w_strb_o)[i / 8] >> i % 8 & 1;
		if (!w_beats++)
			first_w = now;
		last_w = now;
		if (sent.empty()) {
			error("data of nobody");
			return;
		}
		auto [want, want_strobes, last] = sent.front();
		sent.pop_front();
		if (strobes != want_strobes || last != dut->axi_w_last_o)
			error("strobes or last of a beat differ");
		for (int i = 0; i < V; i++)
			if (strobes[i] && data[i] != want[i]) {
				error("data of a beat differ");
				break;
			}
		early.push_back({ data, strobes });
		match_data();
	}

	struct Beat {
		std::vector<uint8_t> data, strobes;
		bool last;
	};
	std::deque<Beat> sent;	// what must come out

	// Made-up beats of requests that were dropped.
	void make_up()
	{
		while (!w_order.empty() && w_order.front().second.dead) {
			auto &[c, r] = w_order.front();

			// On the bus or not: its burst tells, or its failure.
			if (!fails(r))
				for (; r.beat < r.beats; r.beat++)
					sent.push_back({ std::vector<uint8_t>(V), std::vector<uint8_t>(V),
							 r.beat + 1 == r.beats });
			w_order.pop_front();
		}
	}
	static bool fails(const Request &r) { return r.outcome.code != 0; }

	void take_beat(int c)
	{
		Client &k = client[1][c];
		Request &f = k.filling.front();

		k.data_valid = false;
		// Dead requests before it are made up by the bus first.
		make_up();
		if (w_order.empty() || w_order.front().first != c) {
			error("data of client %d out of order", c);
			return;
		}
		Request &r = w_order.front().second;
		bool last = f.beat + 1 == f.beats;

		if (!fails(r)) {
			Beat beat = { std::vector<uint8_t>(&f.data[f.beat * V], &f.data[f.beat * V] + V),
				      std::vector<uint8_t>(&f.strobes[f.beat * V],
							   &f.strobes[f.beat * V] + V), last };
			sent.push_back(beat);
		}
		f.beat++;
		r.beat = f.beat;
		if (last) {
			k.filling.pop_front();
			w_order.pop_front();
			make_up();
		}
	}

	void read_beat(int c)
	{
		Client &k = client[0][c];

		while (!k.outstanding.empty() && k.outstanding.front().dead)
			k.outstanding.pop_front();
		if (k.outstanding.empty()) {
			error("data for client %d, who asked for nothing", c);
			return;
		}
		Request &r = k.outstanding.front();
		bool err = dut->rd_err_o;

		if (!r_beats[c]++)
			first_beat[c] = now;
		last_beat[c] = now;
		if (r.granted != UINT64_MAX) {
			// No burst: it failed.
			if (!r.outcome.code)
				error("client %d va %x: beat without a burst", c, r.va);
			if (!err || !dut->rd_last_o || dut->rd_va_o != r.va ||
			    dut->rd_bus_o != (r.outcome.code == ONPU_FAULT_BUS))
				error("client %d va %x: err %d last %d va %x bus %d", c, r.va, err,
				      dut->rd_last_o, dut->rd_va_o, dut->rd_bus_o);
			k.errors++;
			k.answers++;
			k.outstanding.pop_front();
			return;
		}
		uint64_t at = (r.outcome.address & ~(uint64_t)(V - 1)) + r.beat * V;
		int bad = -1;

		for (int i = 0; i < r.beats && bad < 0; i++)
			if (beat_fails((r.outcome.address & ~(uint64_t)(V - 1)) + i * V))
				bad = i;
		if (bad >= 0 && r.beat == bad) {
			Fault fault = fault_of(c, r, false, true);

			if (!err || !dut->rd_last_o || !dut->rd_bus_o || dut->rd_va_o != r.va)
				error("client %d va %x: bus error, but err %d last %d", c, r.va, err,
				      dut->rd_last_o);
			faults_due.push_back(fault);
			k.errors++;
			k.answers++;
			k.outstanding.pop_front();
			return;
		}
		if (err || dut->rd_last_o != (r.beat + 1 == r.beats))
			error("client %d va %x beat %d of %d: err %d last %d", c, r.va, r.beat, r.beats, err,
			      dut->rd_last_o);
		for (int i = 0; i < V; i++)
			if (raw(dut->rd_data_o)[i] != content(at + i)) {
				error("client %d va %x: wrong data", c, r.va);
				break;
			}
		k.bytes += V;
		if (++r.beat == r.beats) {
			k.answers++;
			k.outstanding.pop_front();
		}
	}

	void answer(int c)
	{
		Client &k = client[1][c];

		while (!k.outstanding.empty() && k.outstanding.front().dead)
			k.outstanding.pop_front();
		if (k.outstanding.empty()) {
			error("response for client %d, who wrote nothing", c);
			return;
		}
		Request r = k.outstanding.front();
		bool bus = false;

		k.outstanding.pop_front();
		k.answers++;
		for (const Request &f : k.filling)
			if (f.va == r.va && k.filling.size() > k.outstanding.size())
				error("response before the data");
		if (r.granted != UINT64_MAX) {
			if (!r.outcome.code)
				error("write client %d va %x: response without a burst", c, r.va);
			bus = r.outcome.code == ONPU_FAULT_BUS;
		} else if (beat_fails(r.outcome.address & ~(uint64_t)(V - 1))) {
			bus = true;
			faults_due.push_back(fault_of(c, r, false, true));
		} else {
			if (dut->wb_err_o)
				error("write client %d va %x: err", c, r.va);
			return;
		}
		k.errors++;
		if (!dut->wb_err_o || dut->wb_bus_o != bus || dut->wb_va_o != r.va)
			error("write client %d va %x: err %d bus %d va %x", c, r.va, dut->wb_err_o,
			      dut->wb_bus_o, dut->wb_va_o);
	}

	bool stable_ar = false, stable_aw = false, stable_w = false;
	uint64_t held_ar = 0, held_aw = 0;

	void step()
	{
		drive();
		if (reset_on_answer && b_now && b_id < 2) {
			resetting = true;
			reset_on_answer = false;
		}
		dut->engines_reset_i = resetting;
		dut->eval();
		decide();

		// AXI: what is valid stays.
		if (stable_ar && (!dut->axi_ar_valid_o || dut->axi_ar_addr_o != held_ar))
			error("ar changed");
		if (stable_aw && (!dut->axi_aw_valid_o || dut->axi_aw_addr_o != held_aw))
			error("aw changed");
		if (stable_w && !dut->axi_w_valid_o)
			error("w changed");
		stable_ar = dut->axi_ar_valid_o && !dut->axi_ar_ready_i;
		stable_aw = dut->axi_aw_valid_o && !dut->axi_aw_ready_i;
		stable_w = dut->axi_w_valid_o && !dut->axi_w_ready_i;
		held_ar = dut->axi_ar_addr_o;
		held_aw = dut->axi_aw_addr_o;

		if (dut->rd_valid_o & (dut->rd_valid_o - 1) || dut->wb_valid_o & (dut->wb_valid_o - 1))
			error("two clients at once");
		for (int c = 0; c < 3; c++) {
			if (dut->rd_valid_o & dut->rd_ready_i & 1 << c && !(resetting && c < 2))
				read_beat(c);
			if (dut->wb_valid_o & 1 << c)
				answer(c);
			if (dut->wd_valid_i & dut->wd_ready_o & 1 << c)
				take_beat(c);
		}
		if (dut->axi_w_valid_o && dut->axi_w_ready_i)
			write_data();
		if (dut->axi_ar_valid_o && dut->axi_ar_ready_i)
			address(false, dut->axi_ar_id_o, dut->axi_ar_addr_o, dut->axi_ar_len_o,
				dut->axi_ar_size_o, dut->axi_ar_burst_o);
		if (dut->axi_aw_valid_o && dut->axi_aw_ready_i)
			address(true, dut->axi_aw_id_o, dut->axi_aw_addr_o, dut->axi_aw_len_o,
				dut->axi_aw_size_o, dut->axi_aw_burst_o);
		if (dut->axi_r_valid_i && dut->axi_r_ready_o) {
			Burst &b = reads[r_now].front();

			if (++b.done == b.beats)
				reads[r_now].pop_front();
			r_now = -1;
		}
		if (b_now && dut->axi_b_ready_o) {
			responses[b_id].pop_front();
			b_now = false;
		}
		for (int c = 0; c < 3; c++) {
			if (dut->rd_gnt_o & 1 << c)
				granted(false, c);
			if (dut->wr_gnt_o & 1 << c)
				granted(true, c);
		}
		if (dut->mem_fault_o) {
			uint64_t info = dut->mem_fault_info_o;

			faults.push_back({ !!(info >> 43 & 1), (int)(info >> 41 & 3), !!(info >> 40 & 1),
					   (uint8_t)(info >> 32), (uint32_t)info });
		}
		walks += dut->walks_o;
		stalls += dut->stall_mmu_o;
		if (dut->root_done_o) {
			root_done++;
			root_error = dut->root_error_o;
		}
		if (resetting)
			drop_engines();
		resetting = false;
		dut->clk_i = 1;
		dut->eval();
		dut->root_req_i = 0;
		dut->inv_i = 0;
		dut->inv_all_i = 0;
		dut->clk_i = 0;
		dut->eval();
		now++;
	}

	// Clients 0 and 1 start anew.
	void drop_engines()
	{
		for (int w = 0; w < 2; w++)
			for (int c = 0; c < 2; c++) {
				Client &k = client[w][c];

				k.asking = false;
				k.data_valid = false;
				k.filling.clear();
				for (Request &r : k.outstanding) {
					r.dead = true;
					// It may be on its way to the client, and reported.
					faults_due.push_back(fault_of(c, r, false, true));
				}
			}
		for (auto &[c, r] : w_order)
			if (c < 2)
				r.dead = true;
		make_up();
	}

	bool quiet()
	{
		for (int w = 0; w < 2; w++)
			for (int c = 0; c < 3; c++) {
				Client &k = client[w][c];

				if (k.asking || !k.todo.empty() || !k.filling.empty())
					return false;
				for (Request &r : k.outstanding)
					if (!r.dead)
						return false;
			}
		return dut->idle_o;
	}

	// Until everybody has what he asked for.
	void settle(int limit = 100000)
	{
		Knobs before = knobs;

		memset(knobs.ask, 0, sizeof(knobs.ask));
		step();
		step();
		step();
		while (!quiet() && limit--)
			step();
		if (limit < 0)
			error("does not come to rest");
		step();
		step();
		for (int w = 0; w < 2; w++)
			for (int c = 0; c < 3; c++)
				client[w][c].outstanding.clear();
		if (!sent.empty() || !writes.empty() || !early.empty() || !w_order.empty())
			error("data are missing at rest");
		knobs = before;
		check_faults();
	}

	// Pulses are of faults that there were; two in one cycle make one pulse.
	void check_faults()
	{
		for (const Fault &f : faults) {
			bool found = false;

			for (auto it = faults_due.begin(); it != faults_due.end(); ++it)
				if (*it == f) {
					faults_due.erase(it);
					found = true;
					break;
				}
			if (!found)
				error("reported fault: write %d source %d bus %d ctx %d va %x", f.write,
				      f.source, f.bus, f.ctx, f.va);
		}
		lost_faults += faults_due.size();
		seen_faults += faults.size();
		faults.clear();
		faults_due.clear();
	}
	uint64_t lost_faults = 0, seen_faults = 0;

	void run(int cycles)
	{
		while (cycles--)
			step();
	}

	void add(bool w, int c, uint32_t va, int bytes, bool ctx0 = false)
	{
		Request r = {};

		r.va = va;
		r.bytes = bytes;
		r.ctx0 = ctx0;
		client[w][c].todo.push_back(r);
	}
	void stream(bool w, int c, uint32_t va, uint32_t bytes, bool ctx0 = false)
	{
		while (bytes) {
			uint32_t n = std::min(bytes, 512 - va % 512);

			add(w, c, va, (int)n, ctx0);
			va += n;
			bytes -= n;
		}
	}

	void root(uint8_t ctx)
	{
		uint64_t before = root_done;

		dut->active_ctx_i = ctx;
		dut->root_req_i = 1;
		step();
		for (int i = 0; i < 5000 && root_done == before; i++)
			step();
		if (root_done == before)
			error("no root");
	}
	void invalidate(uint8_t ctx)
	{
		dut->inv_i = 1;
		dut->inv_ctx_i = ctx;
		dut->eval();
		if (dut->inv_done_o)
			error("invalidation is done before it began");
		step();
		for (int i = 0; i < 5000 && !dut->inv_done_o; i++)
			step();
		if (!dut->inv_done_o)
			error("invalidation has no end");
	}
};

// ---- tables -------------------------------------------------------------------------------

static uint64_t next_table;
static void word(uint64_t address, uint64_t value) { tables[address / 8] = value; }
static uint64_t new_table(int pages)
{
	uint64_t at = next_table;

	next_table += 4096ull * pages;
	return at;
}

static constexpr uint64_t kRW = ONPU_PTE_VALID | ONPU_PTE_READ | ONPU_PTE_WRITE;

// A context with an empty L1 table.
static void make_context(uint8_t ctx) { word(kTables + 8 * ctx, new_table(4) | 1); }
static uint64_t l1_of(uint8_t ctx, uint32_t va)
{
	return (table_word(kTables + 8 * ctx) & ONPU_PTE_ADDRESS) + 8 * (va >> 21);
}
static uint64_t l2_of(uint8_t ctx, uint32_t va)
{
	if (!(table_word(l1_of(ctx, va)) & 1))
		word(l1_of(ctx, va), new_table(1) | 1);
	return (table_word(l1_of(ctx, va)) & ONPU_PTE_ADDRESS) + 8 * (va >> 12 & 511);
}
static void map(uint8_t ctx, uint32_t va, uint64_t entry) { word(l2_of(ctx, va), entry); }
static void map_range(uint8_t ctx, uint32_t va, uint32_t bytes, uint64_t to)
{
	for (uint32_t i = 0; i < bytes; i += 4096)
		map(ctx, va + i, (to + i) | kRW);
}

// Bus addresses of mapped pages: anywhere but among the tables.
static uint64_t random_page()
{
	uint64_t at = (uint64_t)rng() << 12 | (uint64_t)(rng() & 15) << 40;

	at = (at & 0x0000'0fff'ffff'f000ull) | 1ull << 43;
	if (chance(10))
		at |= kBad;
	else if (chance(5))
		at |= kDead;
	return at;
}

static uint64_t random_pte()
{
	uint64_t entry = random_page() | ONPU_PTE_VALID;

	entry |= chance(85) ? ONPU_PTE_READ | ONPU_PTE_WRITE : below(4) << 1;
	if (chance(4))
		entry &= ~1ull;
	if (chance(4)) {
		int bit = (int)below(21);

		entry |= 1ull << (bit < 9 ? 3 + bit : 52 + bit - 9);
	}
	return entry;
}

static const uint32_t region[] = { 0x00000000, 0x00200000, 0x10000000, 0x7fe00000, 0xffe00000,
				   0x40000000, 0x40200000, 0x50000000, 0x80000000, 0x90000000,
				   0x12000000 };

static void random_tables(uint8_t ctx)
{
	make_context(ctx);
	for (uint32_t r : region) {
		int kind = (int)below(25);

		if (kind < 14) {
			for (int i = 0; i < 512; i++)
				map(ctx, r + i * 4096, random_pte());
		} else if (kind < 23) {
			uint64_t entry = random_pte();

			if (chance(90))
				entry &= ~0x1ff000ull;
			word(l1_of(ctx, r), entry | ONPU_PTE_LARGE);
		} else if (kind < 24) {
			word(l1_of(ctx, r), chance(50) ? kDead | 0x5000 | 1 : 0);
		} else {
			word(l1_of(ctx, r), (new_table(1) | 1) | 1ull << (1 + below(3)));
		}
	}
}

static void new_tables()
{
	tables.clear();
	next_table = kTables + 4096;
}

static Request random_request(bool write, int c)
{
	Request r = {};
	uint32_t at = region[below(std::size(region))];

	at += below(4) ? below(12) * 4096 : below(512) * 4096;
	at += below(8) * 512;
	uint32_t offset = chance(50) ? 0 : below(512);
	r.va = at + offset;
	r.bytes = 1 + (int)(chance(40) ? 511 - offset : below(512 - offset));
	r.write = write;
	r.ctx0 = c == 2 ? chance(50) : chance(25);
	return r;
}

static Knobs random_knobs()
{
	static const int percents[] = { 100, 100, 90, 50, 20 };
	auto percent = [] { return percents[below(5)]; };
	Knobs k;

	k.latency = below(2) ? (int)below(10) : (int)below(150);
	k.jitter = below(2) ? 0 : (int)below(60);
	k.ar_ready = percent();
	k.aw_ready = percent();
	k.w_ready = percent();
	k.r_valid = percent();
	k.b_valid = percent();
	k.rd_ready = percent();
	k.wd_valid = percent();
	k.interleave = below(2);
	for (auto &w : k.ask)
		for (int &c : w)
			c = below(3) ? 100 : (int)below(30);
	return k;
}

// ---- tests --------------------------------------------------------------------------------

static void test_traffic(int rounds)
{
	uint64_t grants = 0, errors = 0, lost = 0, seen = 0;

	for (int round = 0; round < rounds; round++) {
		new_tables();
		for (uint8_t ctx : { 0, 5, 255 })
			random_tables(ctx);
		Bench b;

		b.make = random_request;
		b.dut->boot_i = round & 1;
		for (uint8_t ctx : { 0, 5, 255, 0 }) {
			b.root(ctx);
			b.knobs = random_knobs();
			b.run(4000);
			b.settle();
		}
		for (int w = 0; w < 2; w++)
			for (int c = 0; c < 3; c++) {
				Client &k = b.client[w][c];

				if (!k.grants || k.grants != k.answers)
					error("client %d: %llu requests, %llu answers", c,
					      (unsigned long long)k.grants, (unsigned long long)k.answers);
				grants += k.grants;
				errors += k.errors;
			}
		lost += b.lost_faults;
		seen += b.seen_faults;
	}
	printf("# %llu requests, %llu failed; %llu faults reported, %llu in the same cycle\n",
	       (unsigned long long)grants, (unsigned long long)errors, (unsigned long long)seen,
	       (unsigned long long)lost);
	if (lost * 4 > seen)
		error("too few faults were reported");
	report("random traffic of all clients, as the functional model's MMU has it");
}

static void test_roots()
{
	new_tables();
	random_tables(0);
	make_context(5);
	map_range(5, 0x10000, 0x10000, 0x123450000);
	word(kTables + 8 * 6, 0);
	word(kTables + 8 * 7, table_word(kTables + 8 * 5) | 2);
	Bench b;

	b.knobs.latency = 20;
	b.make = random_request;
	b.root(6);
	if (!b.root_error)
		error("context 6 has no root");
	b.root(7);
	if (!b.root_error)
		error("context 7 has a malformed root");
	b.add(false, 0, 0x10000, 64);
	b.add(true, 1, 0x10000, 64);
	b.settle();
	if (b.client[0][0].errors != 1 || b.client[1][1].errors != 1)
		error("accesses without a root");
	b.root(5);
	if (b.root_error)
		error("context 5 has a root");
	if (b.seen_faults != 2)
		error("%llu faults", (unsigned long long)b.seen_faults);
	b.add(false, 0, 0x10000, 64);
	b.settle();
	if (b.client[0][0].errors != 1)
		error("access after the root");
	// Another context's translations are gone, even without a new root.
	word(kTables + 8 * 9, new_table(4) | 1);
	map_range(9, 0x10000, 0x10000, 0x77770000);
	b.dut->active_ctx_i = 9;
	b.step();
	b.add(false, 0, 0x10000, 64);
	b.settle();
	b.dut->active_ctx_i = 5;
	b.step();
	b.add(false, 0, 0x10000, 64);
	b.settle();
	report("roots and context switches");

	b.dut->ctx_table_i = kDead;
	b.root(5);
	b.run(3);
	if (!b.root_error || b.faults.size() != 1 ||
	    !(b.faults[0] == Fault{ false, 3, true, 5, 0 }))
		error("unreadable root: error %d, %zu faults", b.root_error, b.faults.size());
	b.faults.clear();
	b.dut->ctx_table_i = kTables;
	report("unreadable context table");
}

static void test_walks()
{
	new_tables();
	make_context(0);
	make_context(3);
	map_range(3, 0, 4 << 20, 0x800000000);
	word(l1_of(3, 0x40000000), 0x900000000 | kRW | ONPU_PTE_LARGE);
	Bench b;

	b.knobs.latency = 30;
	b.root(3);
	auto reads = [&](uint32_t va, int want, const char *what) {
		uint64_t before = b.table_reads;

		b.add(false, 1, va, 64);
		b.settle();
		if (b.table_reads - before != (uint64_t)want)
			error("%s: %d table reads, not %d", what, (int)(b.table_reads - before), want);
	};
	if (b.table_reads != 1)
		error("a root costs one read");
	reads(0x1000, 2, "first page");
	reads(0x1200, 0, "same page");
	reads(0x5000, 1, "page of the same table");
	reads(0x200000, 2, "page of another table");
	reads(0x202000, 1, "page of that table");
	reads(0x7000, 1, "page of the first table");
	reads(0x40000000, 1, "large page");
	reads(0x401ff000, 0, "same large page");
	reads(0x41000, 1, "takes the place of another");
	reads(0x1000, 1, "which was lost");
	if (b.walks != 8)
		error("%llu walks", (unsigned long long)b.walks);
	b.invalidate(4);
	reads(0x1000, 0, "invalidation of another context");
	b.invalidate(3);
	reads(0x1000, 3, "after an invalidation");
	map_range(0, 0, 0x1000, 0xb00000000);
	b.add(false, 2, 0, 64);
	b.settle();
	b.dut->inv_all_i = 1;
	b.step();
	if (!b.dut->inv_done_o)
		error("an invalidation waits for nothing");
	reads(0x1000, 3, "after an invalidation of all");
	uint64_t before_core = b.table_reads;
	b.add(false, 2, 0, 64);
	b.settle();
	if (b.table_reads != before_core + 3)
		error("context 0 survived an invalidation of all");
	report("walks cost the reads that they must");

	// What failed before an invalidation, but could not be said, is tried again after it.
	for (int i = 0; i < 2; i++) {
		b.add(i, 0, 0x480000, 64);
		b.run(10);
		b.dut->fence_engines_i = 1;
		b.run(400);
		map_range(3, 0x400000, 0x100000, 0x900000000);
		b.invalidate(3);
		b.dut->fence_engines_i = 0;
		b.settle();
		if (b.client[i][0].errors || b.client[i][0].answers != 1)
			error("a failure outlived an invalidation");
		word(l1_of(3, 0x400000), 0);
		b.invalidate(3);
		b.add(i, 0, 0x480000, 64);
		b.settle();
		if (b.client[i][0].errors != 1 || b.seen_faults != (uint64_t)i + 1)
			error("no failure after the invalidation");
	}
	b.add(false, 1, 0x1000, 64);
	b.settle();
	report("failures and invalidation");

	// A walk that has not got its read when its context is dropped begins anew, with new tables.
	for (int ctx0 = 0; ctx0 < 2; ctx0++) {
		uint64_t tables_before, walks;

		map_range(0, 0, 0x1000, 0xb00000000);
		b.add(false, 2, 0, 64);
		b.settle();
		b.invalidate(3);
		b.knobs.ar_ready = 0;
		b.add(false, 2, 0, 64);
		b.run(10);
		tables_before = b.table_reads;
		walks = b.walks;
		b.add(true, 0, 0x1000, 64);
		b.run(10);
		if (b.walks != walks + 1 || b.table_reads != tables_before)
			error("the walk does not wait for the address channel");
		map_range(3, 0x1000, 0x1000, 0xc00000000 + 0x1000 * (uint64_t)ctx0);
		b.invalidate((uint8_t)(ctx0 ? 0 : 3));
		b.knobs.ar_ready = 100;
		b.settle();
		// The other context's invalidation does not concern it.
		if (b.walks != walks + (ctx0 ? 1 : 2) || b.table_reads != tables_before + 3)
			error("%llu walks and %llu table reads around an invalidation",
			      (unsigned long long)(b.walks - walks),
			      (unsigned long long)(b.table_reads - tables_before));
	}
	report("invalidation of a context whose walk waits for the bus");

	// Who hits goes on while another waits for a walk.
	b.knobs.latency = 300;
	b.add(false, 0, 0x80000, 64);
	b.add(true, 0, 0x88000, 64);
	b.step();
	uint64_t before = b.client[0][1].grants;

	for (int i = 0; i < 4; i++)
		b.add(false, 1, 0x1000 + 64 * i, 64);
	b.run(30);
	if (b.client[0][1].grants != before + 4 || b.client[0][0].asking != 1)
		error("hits wait for a miss");
	if (!b.dut->stall_mmu_o)
		error("nobody waits");
	b.settle();
	report("hits go on under a miss");
}

static void test_throughput()
{
	for (int latency : { 4, 100 }) {
		new_tables();
		make_context(0);
		make_context(3);
		map_range(3, 0x1f0000, 0x80000, 0x800000000);
		map_range(3, 0x5f0000, 0x80000, 0xa00000000);
		Bench b;

		b.knobs.latency = latency;
		b.root(3);
		uint32_t bytes = 0x28000, beats = bytes / V;

		// Tables' entries come over the same channel, one for each page.  At the border of
		// 2 MiB there is one more, and both wait behind the data that were asked for before.
		for (uint32_t border : { 0, 3 }) {
			b.invalidate(3);
			b.r_beats[0] = b.stalls = b.walks = 0;
			b.stream(false, 0, border ? 0x1f0000 : 0x200000, bytes);
			b.settle();
			uint64_t took = b.last_beat[0] - b.first_beat[0] + 1;
			uint64_t limit = beats + bytes / 4096 + 5 + border * latency;

			printf("# read%s, latency %d: %u beats in %llu cycles, %llu stalled, %llu walks\n",
			       border ? " over 2 MiB" : "", latency, beats, (unsigned long long)took,
			       (unsigned long long)b.stalls, (unsigned long long)b.walks);
			// What is in flight waits for the walk, too.
			if (took > limit && (4096 / V > latency + 40 || took > limit * 9 / 8))
				error("a stream is slow");
			if (b.stalls > (border ? 5u : 3u) * latency + 30)
				error("%llu cycles stalled", (unsigned long long)b.stalls);
			if (b.walks != 1)
				error("%llu walks for a stream", (unsigned long long)b.walks);
		}
		b.stream(true, 0, 0x5f0000, bytes);
		b.settle();
		uint64_t took = b.last_w - b.first_w + 1;
		printf("# write, latency %d: %u beats in %llu cycles\n", latency, beats,
		       (unsigned long long)took);
		// The first page's end is met while the second is still walked.
		if (8192 / V > latency + 20 ? took > beats + 3 * latency + 4 : took > beats * 3 / 2)
			error("a stream of writes is slow");
		if (b.walks != 2)
			error("%llu walks for two streams", (unsigned long long)b.walks);
		report(latency == 4 ? "streams, short latency" : "streams, latency 100");
	}
	// Both at once, and other clients.
	new_tables();
	make_context(0);
	make_context(3);
	map_range(0, 0x100000, 0x4000, 0xc00000000);
	map_range(3, 0x1f0000, 0x80000, 0x800000000);
	map_range(3, 0x5e8000, 0x80000, 0xa00000000);
	Bench b;

	b.knobs.latency = 100;
	b.knobs.interleave = true;
	b.root(3);
	b.stream(false, 0, 0x1f0000, 0x28000);
	b.stream(true, 0, 0x5e8000, 0x28000);
	for (int i = 0; i < 60; i++) {
		b.add(false, 1, 0x1f0000 + 64 * i, 64);
		b.add(false, 2, 0x100000 + 64 * i, 64);
		b.add(true, 1, 0x5e8000 + 32 * i, 24);
		b.add(true, 2, 0x102000 + 64 * i, 64);
	}
	uint64_t begin = now;

	b.settle();
	printf("# all at once: %u beats of a stream in %llu cycles\n", 0x28000 / V,
	       (unsigned long long)(now - begin));
	if (V <= 16 && now - begin > 0x28000 / V * 11 / 10 + 1200)
		error("slow");
	report("streams in both directions and the other clients");

	// A page's successor that does not exist is no fault.
	b.invalidate(3);
	map(3, 0x1f4000, 0);
	b.stream(false, 0, 0x1f0000, 0x4000);
	b.settle();
	if (b.client[0][0].errors || b.seen_faults)
		error("a prefetch failed aloud");
	b.stream(false, 0, 0x1f4000, 0x200);
	b.settle();
	if (b.client[0][0].errors != 1 || b.seen_faults != 1)
		error("no fault after a prefetch that failed");
	report("prefetch of an invalid page is silent");
}

static void test_invalidate(int rounds)
{
	for (int round = 0; round < rounds; round++) {
		new_tables();
		for (uint8_t ctx : { 0, 5 })
			random_tables(ctx);
		std::unordered_map<uint64_t, uint64_t> old;
		bool changing = false;
		Bench b;

		// Between a change and its invalidation either is right.
		b.alternative = [&](const Request &r, Outcome *second) {
			if (!changing)
				return false;
			Outcome first = translate(r.ctx, r.va, r.write);

			std::swap(old, tables);
			*second = translate(r.ctx, r.va, r.write);
			std::swap(old, tables);
			return !(first == *second);
		};
		b.make = [](bool write, int c) {
			Request r = random_request(write, c);

			// Few pages, so that most lookups hit.
			if (!(r.va >> 12 & 511) || chance(80))
				r.va &= ~0x1fc000u;
			return r;
		};
		b.root(5);
		b.knobs = random_knobs();
		for (int i = 0; i < 25; i++) {
			b.run(200);
			// Walks that began before may hold what was, requests that wait too.
			old = tables;
			changing = true;
			uint8_t ctx = below(2) ? 5 : 0;
			for (uint32_t r : region)
				if ((table_word(l1_of(ctx, r)) & 15) == 1 &&
				    !(table_word(l1_of(ctx, r)) & kDead))
					for (int p = 0; p < 4; p++)
						if (below(2))
							map(ctx, r + 4096 * p, random_pte());
			b.run((int)below(40));
			uint64_t wait = 0;

			b.dut->inv_i = 1;
			b.dut->inv_ctx_i = ctx;
			// What is granted from here on is of the new tables.
			changing = false;
			std::array<size_t, 3> writes;
			for (int c = 0; c < 3; c++)
				writes[c] = b.client[1][c].answers + b.client[1][c].outstanding.size();
			b.step();
			while (!b.dut->inv_done_o && wait++ < 20000)
				b.step();
			for (int c = 0; c < 3; c++)
				if (b.client[1][c].answers + (b.dut->wb_valid_o >> c & 1) < writes[c])
					error("invalidation done before the writes");
		}
		b.settle();
	}
	report("invalidation while tables change under traffic");
}

static void test_fences()
{
	for (int round = 0; round < 12; round++) {
		new_tables();
		for (uint8_t ctx : { 0, 5 })
			random_tables(ctx);
		Bench b;

		b.make = random_request;
		b.root(5);
		b.knobs = random_knobs();
		b.run(1000);
		for (int all = 0; all < 2; all++) {
			(all ? b.dut->fence_all_i : b.dut->fence_engines_i) = 1;
			int limit = 20000;

			b.step();
			while (!(all ? b.dut->drained_all_o : b.dut->drained_engines_o) && limit--)
				b.step();
			if (limit < 0)
				error("does not drain");
			uint64_t ar = 0, aw = 0, core = b.client[0][2].grants + b.client[1][2].grants;

			for (int c = 0; c < 2; c++)
				ar += b.client[0][c].grants, aw += b.client[1][c].grants;
			uint64_t all_ar = b.ar_count, tables_before = b.table_reads;
			for (int c = 0; c < 2; c++)
				if (!b.reads[c].empty() || !b.responses[c].empty())
					error("drained, but not");
			b.knobs.ask[0][2] = 100;
			b.run(500);
			for (int i = 0; i < 20000 && !all &&
			     core == b.client[0][2].grants + b.client[1][2].grants; i++)
				b.step();
			for (int c = 0; c < 2; c++)
				ar -= b.client[0][c].grants, aw -= b.client[1][c].grants;
			if (ar || aw)
				error("a burst behind the fence");
			if (all && (all_ar != b.ar_count || tables_before != b.table_reads))
				error("a burst behind the fence of all");
			if (!all && core == b.client[0][2].grants + b.client[1][2].grants)
				error("the core is fenced, too");
			b.dut->fence_engines_i = 0;
			b.dut->fence_all_i = 0;
			b.run(1000);
		}
		b.settle();
	}
	report("fences");
}

static void test_reset(int rounds)
{
	for (int round = 0; round < rounds; round++) {
		new_tables();
		for (uint8_t ctx : { 0, 5 })
			random_tables(ctx);
		Bench b;

		b.make = random_request;
		b.root(5);
		for (int i = 0; i < 100; i++) {
			b.knobs = random_knobs();
			if (below(2))
				b.knobs.latency = 0;
			// A client that takes and gives nothing must not be able to hold it up.
			if (below(4) == 0)
				b.knobs.rd_ready = b.knobs.wd_valid = 0;
			b.run((int)below(300));
			// With an answer in the same cycle, if there is one.
			b.reset_on_answer = below(2);
			for (int j = 0; j < 100 && b.reset_on_answer; j++)
				b.step();
			b.reset_on_answer = false;
			b.resetting = true;
			b.step();
			// Again, while the first is still being cleaned up.
			if (below(2)) {
				b.run((int)below(20));
				b.resetting = true;
				b.step();
			}
			if (!b.knobs.rd_ready || !b.knobs.wd_valid) {
				// Client 2 goes on.
				b.knobs.rd_ready = b.knobs.wd_valid = 100;
			}
			if (below(4) == 0)
				b.settle();
		}
		b.settle();
		for (int w = 0; w < 2; w++) {
			Client &k = b.client[w][2];

			if (k.grants != k.answers)
				error("client 2 lost an answer");
		}
		b.add(false, 0, 0, 512);
		b.add(true, 0, 0, 512);
		b.settle();
	}
	report("engine resets under traffic");

	new_tables();
	make_context(0);
	make_context(3);
	map_range(3, 0, 0x10000, 0x800000000);
	Bench b;

	b.knobs.latency = 50;
	b.knobs.rd_ready = b.knobs.wd_valid = 0;
	b.root(3);
	b.stream(false, 0, 0, 0x2000);
	b.stream(true, 0, 0x8000, 0x2000);
	b.run(400);
	b.client[0][0].todo.clear();
	b.client[1][0].todo.clear();
	b.dut->fence_engines_i = 1;
	b.run(2000);
	if (b.dut->drained_engines_o)
		error("drained, with clients that hang");
	b.resetting = true;
	b.step();
	b.run(8192 / V + 8192 / V + 200);
	if (!b.dut->drained_engines_o || !b.dut->idle_o)
		error("a reset does not free the bus");
	report("a reset frees the bus of clients that hang");
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 12;

	begin(argc, argv);
	test_walks();
	test_throughput();
	test_roots();
	test_traffic(rounds);
	test_invalidate(rounds);
	test_fences();
	test_reset(rounds);
	return end();
}
