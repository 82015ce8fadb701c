// SPDX-License-Identifier: MIT
//
// STORE against the functional model: random transfers with random latency and back-pressure,
// faults, aborts, and the number of cycles of transfers that nothing holds up.
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "Vonpu_store.h"
#include "transfer.h"

// External memory, modulo 2^20.
static constexpr uint32_t ext_bytes = 1u << 20;
static std::vector<uint8_t> model(ext_bytes), ext(ext_bytes), sram(SRAM_BYTES);
static int model_write(void *, uint32_t va, const void *data, size_t size, uint32_t *fault_va)
{
	bool failed = first_poison(va, size, fault_va);

	for (size_t i = 0; i < size && !(failed && va + i >= *fault_va); i++)
		model[(va + i) % ext_bytes] = ((const uint8_t *)data)[i];
	if (!failed)
		return 0;
	return poison_is_bus(*fault_va) ? ONPU_FAULT_BUS : ONPU_FAULT_MMU;
}

static onpu_core_job job;
static onpu_core_bus bus = { nullptr, nullptr, model_write };

static onpu_fault run_model(const Command &command, onpu_access_fault *fault)
{
	onpu_machine machine = { nullptr, sram.data(), &bus, &job };

	job.region[0].va = 0;
	return onpu_exec_dma(&machine, &command.c, fault);
}

struct Conditions {
	unsigned latency = 20, limit = 64;  // cycles; requests that the port takes
	unsigned grant = 100, data = 100, read = 100, command = 100;  // percent
	unsigned early = 0;  // percent of failures that are answered before their data are taken
};

struct Request {
	uint32_t va, bytes;
	bool failed;
	uint64_t ready;  // of the response
};

struct Bench {
	VerilatedContext context;
	std::unique_ptr<Vonpu_store> top{new Vonpu_store(&context)};
	~Bench() { retire(*top); }
	uint64_t cycle = 0;
	std::deque<Request> data;  // data not all taken
	std::deque<Request> responses;  // data taken
	uint32_t beats = 0;  // of the first request, taken
	unsigned answered_early = 0;  // of `data`
	std::deque<Command> commands;
	bool command_shown = false;
	bool request_waits = false;
	uint8_t reads[2][V] = {};  // under way
	bool reads_valid[2] = {};
	std::string error;

	// What happened.
	unsigned done = 0, faults = 0, accepted = 0;
	uint64_t bytes = 0, first_write = 0, last_write = 0, writes = 0, requests = 0;
	uint64_t fault_info = 0;
	unsigned contexts_seen[2] = {};

	void clear_counts()
	{
		done = faults = accepted = 0;
		bytes = first_write = last_write = writes = requests = 0;
		contexts_seen[0] = contexts_seen[1] = 0;
	}

	void fail(const std::string &what)
	{
		if (error.empty())
			error = what + " in cycle " + std::to_string(cycle);
	}

	void reset()
	{
		top->abort_i = top->cmd_valid_i = top->wb_valid_i = top->st_rvalid_i = 0;
		top->st_gnt_i = top->wr_gnt_i = top->wd_ready_i = 0;
		top->rst_ni = 1;
		top->clk_i = 0;
		top->eval();
		top->rst_ni = 0;
		for (unsigned i = 0; i < 6; i++) {
			top->clk_i = i & 1;
			top->eval();
		}
		top->clk_i = 0;
		top->rst_ni = 1;
		top->eval();
	}

	// Reads under way come back nevertheless.
	void drop_bus()
	{
		data.clear();
		responses.clear();
		beats = 0;
		answered_early = 0;
		commands.clear();
		command_shown = false;
		request_waits = false;
	}

	void show_command(const Conditions &on)
	{
		Packer p;

		if (!command_shown && !commands.empty() && chance(on.command))
			command_shown = true;
		top->cmd_valid_i = command_shown;
		if (command_shown)
			pack(commands.front(), p);
		else
			for (uint8_t &byte : p.bytes)
				byte = (uint8_t)rng();
		p.bytes[35] &= 3;
		put(top->cmd_i, p.bytes, sizeof p.bytes);
	}

	void show_read()
	{
		uint8_t beat[V];

		top->st_rvalid_i = reads_valid[1];
		for (unsigned i = 0; i < V; i++)
			beat[i] = reads_valid[1] ? reads[1][i] : (uint8_t)rng();
		put(top->st_rdata_i, beat, V);
	}

	void show_response()
	{
		const Request *r = nullptr;

		if (!responses.empty()) {
			if (responses.front().ready <= cycle) {
				r = &responses.front();
			}
		} else if (!data.empty() && answered_early < data.size()) {
			// Only after all before it were answered.
			const Request &next = data[answered_early];

			if (next.failed && next.ready && next.ready <= cycle)
				r = &next;
		}
		top->wb_valid_i = r != nullptr;
		top->wb_err_i = r ? r->failed : rng() & 1;
		top->wb_bus_i = r && r->failed ? poison_is_bus(r->va) : rng() & 1;
		top->wb_va_i = r && r->failed ? r->va : (uint32_t)rng();
		if (!r)
			return;
		if (responses.empty())
			answered_early++;
		else
			responses.pop_front();
	}

	void tick(const Conditions &on, bool abort = false)
	{
		cycle++;
		context.timeInc(1);
		top->clk_i = 0;
		top->abort_i = abort;
		show_command(on);
		show_read();
		show_response();
		top->wr_gnt_i = 0;
		top->st_gnt_i = 0;
		top->wd_ready_i = chance(on.data);
		top->eval();
		top->wr_gnt_i = top->wr_req_o && data.size() + responses.size() < on.limit && chance(on.grant);
		top->st_gnt_i = top->st_req_o && chance(on.read);
		top->eval();
		observe(on);
		if (abort)
			drop_bus();
		top->clk_i = 1;
		top->eval();
	}

	void take_beat(const Conditions &on)
	{
		uint8_t bytes_of[V];
		uint64_t strb = 0;

		if (data.empty()) {
			fail("data without request");
			return;
		}
		Request &r = data.front();
		uint32_t va = (r.va & ~(V - 1)) + beats * V;

		get(top->wd_data_o, bytes_of, V);
		get(top->wd_strb_o, &strb, V / 8);
		for (unsigned i = 0; i < V; i++) {
			bool inside = va + i - r.va < r.bytes;

			if ((strb >> i & 1) != inside)
				fail("strobe");
			if (inside && !r.failed)
				ext[(va + i) % ext_bytes] = bytes_of[i];
		}
		beats++;
		if (top->wd_last_o != (va + V - r.va >= r.bytes))
			fail("last");
		writes++;
		if (!first_write)
			first_write = cycle;
		last_write = cycle;
		if (va + V - r.va < r.bytes)
			return;
		if (answered_early) {
			answered_early--;
		} else {
			r.ready = cycle + on.latency + (chance(50) ? 0 : on.latency / 8);
			responses.push_back(r);
		}
		data.pop_front();
		beats = 0;
	}

	void observe(const Conditions &on)
	{
		if (top->done_o)
			done++;
		if (top->fault_o) {
			faults++;
			fault_info = top->fault_info_o;
			if (!data.empty() || !responses.empty() || top->wr_req_o || top->wd_valid_o)
				fail("fault before the bus was idle");
		}
		bytes += top->bytes_o;
		if (request_waits && !top->wr_req_o)
			fail("request withdrawn");
		request_waits = top->wr_req_o && !top->wr_gnt_i;
		if (top->wr_req_o && (top->wr_bytes_o == 0 || top->wr_bytes_o > 512 ||
				      top->wr_va_o % 512 + top->wr_bytes_o > 512))
			fail("request crosses a block");
		if (top->wd_valid_o && top->wd_ready_i)
			take_beat(on);
		memcpy(reads[1], reads[0], V);
		reads_valid[1] = reads_valid[0];
		reads_valid[0] = top->st_req_o && top->st_gnt_i;
		for (unsigned i = 0; i < V; i++)
			reads[0][i] = sram[(top->st_addr_o + i) % SRAM_BYTES];
		if (top->wr_req_o && top->wr_gnt_i) {
			uint32_t va;
			bool failed = first_poison(top->wr_va_o, top->wr_bytes_o, &va);

			data.push_back({ top->wr_va_o, top->wr_bytes_o, failed,
					 chance(on.early) ? cycle + pick(1, 30) : 0 });
			contexts_seen[top->wr_ctx0_o] += top->wr_bytes_o;
			requests++;
		}
		if (command_shown && top->cmd_ready_o) {
			command_shown = false;
			commands.pop_front();
			accepted++;
		}
	}

	// Until `count` commands are done, or one failed.
	bool run(const Conditions &on, unsigned count)
	{
		for (unsigned i = 0; i < 400000; i++) {
			tick(on);
			if (done >= count || faults)
				return true;
		}
		fail("timeout");
		return false;
	}
};

static Conditions random_conditions()
{
	Conditions on;
	static const unsigned percent[] = { 100, 100, 70, 30 };

	on.latency = chance(50) ? pick(1, 10) : pick(10, 150);
	on.limit = chance(50) ? 64 : pick(1, 12);
	on.grant = percent[pick(0, 3)];
	on.data = percent[pick(0, 3)];
	on.read = percent[pick(0, 3)];
	on.early = chance(50) ? 0 : 50;
	on.command = percent[pick(0, 3)];
	return on;
}

static bool same(const char *what)
{
	for (size_t i = 0; i < ext_bytes; i++)
		if (model[i] != ext[i]) {
			printf("# %s: memory differs at %zu: %02x, model %02x\n", what, i, ext[i], model[i]);
			return false;
		}
	return true;
}

static void scramble()
{
	for (uint8_t &byte : sram)
		byte = (uint8_t)rng();
	for (size_t i = 0; i < ext_bytes; i++)
		model[i] = ext[i] = (uint8_t)rng();
}

static bool random_batch(Bench &b, bool quiet_after)
{
	unsigned count = pick(1, 6);
	Conditions on = random_conditions();
	uint64_t bytes = 0;
	uint64_t contexts[2] = {};
	bool good = true;

	b.clear_counts();
	for (unsigned i = 0; i < count; i++) {
		Command command = random_command(ONPU_OPCODE_STORE, 0, true);
		onpu_access_fault fault = {};

		run_model(command, &fault);
		bytes += command.bytes();
		contexts[command.ctx0] += command.bytes();
		b.commands.push_back(command);
	}
	good = b.run(on, count) && !b.faults && b.bytes == bytes;
	for (unsigned i = 0; quiet_after && i < 200; i++)
		b.tick(on);
	if (b.done != count || b.contexts_seen[0] != contexts[0] || b.contexts_seen[1] != contexts[1])
		good = false;
	if (!good)
		printf("# %u of %u done, %llu of %llu bytes\n", b.done, count,
		       (unsigned long long)b.bytes, (unsigned long long)bytes);
	return good && same("random");
}

static bool fault_batch(Bench &b)
{
	unsigned count = pick(1, 5), failing = pick(0, count - 1), finished = 0;
	Conditions on = random_conditions();
	std::vector<uint8_t> touched(ext_bytes);
	std::vector<Command> all;
	onpu_access_fault fault = {};
	onpu_fault code = ONPU_FAULT_NONE;
	bool good;

	b.clear_counts();
	poison.clear();
	for (unsigned i = 0; i < count; i++)
		all.push_back(random_command(ONPU_OPCODE_STORE, 0, false));
	const onpu_cmd_load &f = all[failing].c;
	for (unsigned i = pick(1, 3); i; i--)
		poison.insert((f.offset + pick(0, f.n2 - 1u) * f.ext_stride2 +
			       pick(0, f.n1 - 1u) * f.ext_stride1 + pick(0, f.n0 - 1)) >> 9);
	for (const Command &command : all) {
		b.commands.push_back(command);
		if (code == ONPU_FAULT_NONE) {
			std::vector<uint8_t> before = model;

			code = run_model(command, &fault);
			if (code == ONPU_FAULT_NONE) {
				finished++;
				continue;
			}
			model = before;
		}
		// Any part of the one that fails, and of the next ones, may be there.
		const onpu_cmd_load &c = command.c;
		for (uint32_t k = 0; k < c.n2; k++)
			for (uint32_t j = 0; j < c.n1; j++)
				for (uint32_t i = 0; i < c.n0; i++)
					touched[(c.offset + k * c.ext_stride2 + j * c.ext_stride1 + i) %
						ext_bytes] = 1;
	}
	good = b.run(on, count) && b.faults == 1 && b.done == finished;
	if (good && ((uint32_t)b.fault_info != fault.va ||
		     (b.fault_info >> 32 & 1) != (code == ONPU_FAULT_BUS)))
		good = false;
	if (!good)
		printf("# fault: %u done of %u, va %08x, model %08x\n", b.done, finished,
		       (uint32_t)b.fault_info, fault.va);
	b.commands.clear();
	b.command_shown = false;
	b.writes = b.requests = 0;
	for (unsigned i = 0; i < 200; i++)
		b.tick(on);
	if (b.faults != 1 || b.done != finished || b.writes || b.requests) {
		printf("# something arrived after the fault\n");
		good = false;
	}
	for (size_t i = 0; i < ext_bytes; i++)
		if (touched[i])
			model[i] = ext[i];
	poison.clear();
	return good && same("fault");
}

static bool abort_batch(Bench &b)
{
	Conditions on = random_conditions();
	unsigned done;

	b.clear_counts();
	for (unsigned i = pick(1, 4); i; i--)
		b.commands.push_back(random_command(ONPU_OPCODE_STORE, 0, true));
	for (unsigned i = pick(1, 400); i; i--)
		b.tick(on);
	b.tick(on, true);
	done = b.done;
	b.writes = b.requests = 0;
	for (unsigned i = chance(50) ? 0 : 50; i; i--)
		b.tick(on);
	if (b.done != done || b.writes || b.requests || b.faults) {
		printf("# something arrived after an abort\n");
		return false;
	}
	model = ext;
	return random_batch(b, false);
}

// Cycles from the first beat to the last one.
static bool timed(Bench &b, const std::vector<Command> &commands, unsigned latency, uint64_t limit,
		  const char *name)
{
	Conditions on;
	uint64_t cycles;
	bool good;

	on.latency = latency;
	b.clear_counts();
	for (const Command &command : commands) {
		onpu_access_fault fault = {};

		run_model(command, &fault);
		b.commands.push_back(command);
	}
	good = b.run(on, (unsigned)commands.size()) && same(name);
	cycles = b.last_write - b.first_write + 1;
	printf("# %s: %llu cycles, at most %llu\n", name, (unsigned long long)cycles,
	       (unsigned long long)limit);
	return good && cycles <= limit;
}

int main(int argc, char **argv)
{
	uint32_t seed = begin(argc, argv);
	Bench b;
	const auto store = ONPU_OPCODE_STORE;
	bool good = true;

	b.context.randReset(2);
	b.context.randSeed((int)(seed & 0x7fffffff) | 1);
	b.reset();
	scramble();

	for (unsigned i = 0; i < 400 && good; i++)
		good = random_batch(b, i % 8 == 0);
	ok(good, "random transfers");
	good = true;
	for (unsigned i = 0; i < 150 && good; i++)
		good = fault_batch(b) && (chance(50) || random_batch(b, false));
	ok(good, "faults");
	good = true;
	for (unsigned i = 0; i < 150 && good; i++)
		good = abort_batch(b);
	ok(good, "aborts");

	ok(timed(b, { transfer(store, 0xfff00000, 0, 4096, 256, 4096, 0) }, 20, 0x100000 / V,
		 "1 MiB up to the last address"), "merged only outside");
	ok(timed(b, { transfer(store, 0x10000, 0, SRAM_BYTES, 1, 0, 0) }, 20, SRAM_BYTES / V, "whole SRAM"),
	   "whole SRAM");
	ok(timed(b, { transfer(store, 0x1000, 0, 256 * V, 1, 0, 0) }, 20, 256, "aligned"),
	   "a beat a cycle, aligned");
	ok(timed(b, { transfer(store, 0x1003, 5, 256 * V, 1, 0, 0) }, 20, 257, "unaligned"),
	   "a beat a cycle, unaligned");
	ok(timed(b, { transfer(store, 0x1003, 5, 24, 64, 24, 24) }, 20, 24 * 64 / V + 1, "merged"),
	   "a beat a cycle, merged runs");
	// A read for each piece: V = 8: 3 reads in 3 beats; 16: 4 in 3; 32: 7 in 3 beats.
	ok(timed(b, { transfer(store, 0x2000, 5, 24, 64, 24, 64) }, 20, V == 8 ? 192 : 128, "gathered"),
	   "a piece a cycle");
	Command rows = transfer(store, 0x1000, 64, 3 * V + 1, 4, 3 * V + 1, 3 * V + 1);
	rows.c.n2 = 20;
	rows.c.ext_stride2 = rows.c.sram_stride2 = 12 * V + 4;
	rows.c.ring = 21;
	rows.c.row = 1;
	ok(timed(b, { rows }, 20, 240 + 79 / V + 1, "merged rows of a ring"),
	   "a beat a cycle, merged rows");
	ok(timed(b, { transfer(store, 0x1000, 0, 256 * V, 1, 0, 0), transfer(store, 0x91000, 8192, 256 * V, 1, 0, 0),
		      transfer(store, 0x81000, 16384, 256 * V, 1, 0, 0) }, 100, 3 * 256, "back to back"),
	   "response latency hidden from store to store");
	// 16 requests in a latency, if the runs bound it.
	ok(timed(b, { transfer(store, 0x1000, 0, 24, 256, 1024, 24) }, 100, 256 / 16 * 120, "short runs"),
	   "latency hidden in short runs");
	ok(b.error.empty(), "protocol: %s", b.error.empty() ? "no violation" : b.error.c_str());
	return end();
}
