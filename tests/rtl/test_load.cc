// SPDX-License-Identifier: MIT
//
// LOAD and FILL against the functional model: random transfers with random latency and
// back-pressure, faults, aborts, and the number of cycles of transfers that nothing holds up.
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "Vonpu_load.h"
#include "transfer.h"

// External memory: bytes are a hash of their address.
static uint8_t ext_byte(uint32_t va) { return (uint8_t)((va * 2654435761u) >> 23) ^ (uint8_t)va; }

static int model_read(void *, uint32_t va, void *data, size_t size, uint32_t *fault_va)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)data)[i] = ext_byte(va + (uint32_t)i);
	if (!first_poison(va, size, fault_va))
		return 0;
	return poison_is_bus(*fault_va) ? ONPU_FAULT_BUS : ONPU_FAULT_MMU;
}

static std::vector<uint8_t> model(SRAM_BYTES), sram(SRAM_BYTES);
static onpu_core_job job;
static onpu_core_bus bus = { nullptr, model_read, nullptr };

static onpu_fault run_model(const Command &command, onpu_access_fault *fault)
{
	onpu_machine machine = { nullptr, model.data(), &bus, &job };

	job.region[0].va = 0;
	return onpu_exec_dma(&machine, &command.c, fault);
}

struct Conditions {
	unsigned latency = 20, limit = 64;  // cycles; requests that the port takes
	unsigned grant = 100, data = 100, write = 100, command = 100;  // percent
};

struct Request {
	uint32_t va, bytes;
	uint64_t ready;
	bool failed;
	uint32_t good;  // of one that fails: bytes of the beats before the error
};

struct Bench {
	VerilatedContext context;
	std::unique_ptr<Vonpu_load> top{new Vonpu_load(&context)};
	~Bench() { retire(*top); }
	uint64_t cycle = 0;
	std::deque<Request> requests;
	uint32_t beat_va = 0;  // next beat of the first request, 0: not begun
	bool held = false;  // a beat is shown
	std::deque<Command> commands;
	bool command_shown = false;
	bool request_waits = false;
	std::string error;

	// What happened.
	unsigned done = 0, faults = 0, accepted = 0;
	uint64_t bytes = 0, first_write = 0, last_write = 0, writes = 0, fills = 0;
	uint64_t fault_info = 0;
	unsigned contexts_seen[2] = {};

	void clear_counts()
	{
		done = faults = accepted = 0;
		bytes = first_write = last_write = writes = fills = 0;
		contexts_seen[0] = contexts_seen[1] = 0;
	}

	void fail(const std::string &what)
	{
		if (error.empty())
			error = what + " in cycle " + std::to_string(cycle);
	}

	void reset()
	{
		top->abort_i = top->cmd_valid_i = top->rd_valid_i = 0;
		top->rd_gnt_i = top->ld_gnt_i = top->fill_gnt_i = 0;
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

	void drop_bus()
	{
		requests.clear();
		held = false;
		beat_va = 0;
		commands.clear();
		command_shown = false;
		request_waits = false;
	}

	void wrote()
	{
		if (!first_write)
			first_write = cycle;
		last_write = cycle;
	}

	void show_data(const Conditions &on)
	{
		uint8_t beat[V];

		if (!held && !requests.empty() && requests.front().ready <= cycle && chance(on.data))
			held = true;
		top->rd_valid_i = held;
		for (unsigned i = 0; i < V; i++)
			beat[i] = (uint8_t)rng();
		top->rd_last_i = rng() & 1;
		top->rd_err_i = rng() & 1;
		top->rd_bus_i = rng() & 1;
		top->rd_va_i = rng();
		if (held) {
			const Request &r = requests.front();
			uint32_t va = beat_va ? beat_va : r.va & ~(V - 1);

			for (unsigned i = 0; i < V; i++)
				beat[i] = va + i - r.va < r.bytes ? ext_byte(va + i) : (uint8_t)~ext_byte(va + i);
			bool error = r.failed && va - (r.va & ~(V - 1)) >= r.good;

			top->rd_err_i = error;
			top->rd_last_i = error || va + V - r.va >= r.bytes;
			if (error) {
				top->rd_va_i = r.va;
				top->rd_bus_i = poison_is_bus(r.va);
			}
		}
		put(top->rd_data_i, beat, V);
	}

	void tick(const Conditions &on, bool abort = false)
	{
		cycle++;
		context.timeInc(1);
		top->clk_i = 0;
		top->abort_i = abort;
		show_data(on);
		if (!command_shown && !commands.empty() && chance(on.command))
			command_shown = true;
		top->cmd_valid_i = command_shown;
		if (command_shown) {
			Packer p;

			pack(commands.front(), p);
			put(top->cmd_i, p.bytes, sizeof p.bytes);
		} else {
			uint8_t junk[36];

			for (uint8_t &byte : junk)
				byte = (uint8_t)rng();
			junk[35] &= 3;
			put(top->cmd_i, junk, sizeof junk);
		}
		top->rd_gnt_i = 0;
		top->ld_gnt_i = 0;
		top->fill_gnt_i = 0;
		top->eval();
		top->rd_gnt_i = top->rd_req_o && requests.size() < on.limit && chance(on.grant);
		top->ld_gnt_i = top->ld_req_o && chance(on.write);
		top->fill_gnt_i = top->fill_req_o && chance(on.write);
		top->eval();
		observe(on, abort);
		top->clk_i = 1;
		top->eval();
	}

	void observe(const Conditions &on, bool abort)
	{
		bool taken = top->rd_valid_i && top->rd_ready_o;

		if (top->done_o)
			done++;
		if (top->fault_o) {
			faults++;
			fault_info = top->fault_info_o;
			if (!requests.empty() || top->rd_req_o)
				fail("fault before the bus was idle");
		}
		bytes += top->bytes_o;
		if (request_waits && !top->rd_req_o)
			fail("request withdrawn");
		request_waits = top->rd_req_o && !top->rd_gnt_i;
		if (top->rd_req_o && (top->rd_bytes_o == 0 || top->rd_bytes_o > 512 ||
				      top->rd_va_o % 512 + top->rd_bytes_o > 512))
			fail("request crosses a block");
		if (top->ld_req_o && top->fill_req_o)
			fail("load and fill at once");
		if (top->ld_req_o && top->ld_gnt_i) {
			uint8_t data[V];
			uint64_t strb = 0;

			get(top->ld_data_o, data, V);
			get(top->ld_strb_o, &strb, V / 8);
			for (unsigned i = 0; i < V; i++)
				if (strb >> i & 1)
					sram[(top->ld_addr_o + i) % SRAM_BYTES] = data[i];
			if (!strb)
				fail("empty write");
			writes++;
			wrote();
		}
		if (top->fill_req_o && top->fill_gnt_i) {
			uint8_t strb[V / 2];

			get(top->fill_strb_o, strb, V / 2);
			if (top->fill_addr_o % V)
				fail("unaligned fill");
			for (unsigned i = 0; i < 4 * V; i++)
				if (strb[i / 8] >> i % 8 & 1)
					sram[(top->fill_addr_o + i) % SRAM_BYTES] = top->fill_value_o;
			fills++;
			wrote();
		}
		if (taken) {
			Request &r = requests.front();

			held = false;
			if (top->rd_last_i) {
				requests.pop_front();
				beat_va = 0;
			} else {
				beat_va = (beat_va ? beat_va : r.va & ~(V - 1)) + V;
			}
		}
		if (top->rd_req_o && top->rd_gnt_i) {
			uint32_t va;
			bool failed = first_poison(top->rd_va_o, top->rd_bytes_o, &va);

			uint32_t beats = (top->rd_va_o % V + top->rd_bytes_o + V - 1) / V;

			// A translation fails as a whole, a burst at any beat.
			requests.push_back({ top->rd_va_o, top->rd_bytes_o,
					     cycle + on.latency + (chance(50) ? 0 : on.latency / 8),
					     failed,
					     failed && poison_is_bus(top->rd_va_o) ? pick(0, beats - 1) * V : 0 });
			contexts_seen[top->rd_ctx0_o] += top->rd_bytes_o;
		}
		if (command_shown && top->cmd_ready_o) {
			command_shown = false;
			commands.pop_front();
			accepted++;
		}
		if (abort)
			drop_bus();
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
	on.write = percent[pick(0, 3)];
	on.command = percent[pick(0, 3)];
	return on;
}

static bool same(const char *what)
{
	for (size_t i = 0; i < SRAM_BYTES; i++)
		if (model[i] != sram[i]) {
			printf("# %s: SRAM differs at %zu: %02x, model %02x\n", what, i, sram[i], model[i]);
			return false;
		}
	return true;
}

static void scramble()
{
	for (size_t i = 0; i < SRAM_BYTES; i++)
		model[i] = sram[i] = (uint8_t)(i * 7 + rng());
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
		Command command = random_command(ONPU_OPCODE_LOAD, 25, true);
		onpu_access_fault fault = {};

		run_model(command, &fault);
		if (!command.fill()) {
			bytes += command.bytes();
			contexts[command.ctx0] += command.bytes();
		}
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
	std::vector<uint8_t> touched(SRAM_BYTES);
	std::vector<Command> all;
	onpu_access_fault fault = {};
	onpu_fault code = ONPU_FAULT_NONE;
	bool good;

	b.clear_counts();
	poison.clear();
	for (unsigned i = 0; i < count; i++)
		all.push_back(random_command(ONPU_OPCODE_LOAD, 25, false));
	all[failing].c.head.opcode = ONPU_OPCODE_LOAD;
	if (ext_end(all[failing].c) > 0x100000000u)
		all[failing].c.offset = 0;
	const onpu_cmd_load &f = all[failing].c;
	for (unsigned i = pick(1, 3); i; i--)
		poison.insert((f.offset + pick(0, f.n2 - 1u) * f.ext_stride2 +
			       pick(0, f.n1 - 1u) * f.ext_stride1 + pick(0, f.n0 - 1)) >> 9);
	for (const Command &command : all) {
		b.commands.push_back(command);
		if (code != ONPU_FAULT_NONE)
			continue;
		std::vector<uint8_t> before = model;
		code = run_model(command, &fault);
		if (code == ONPU_FAULT_NONE) {
			finished++;
			continue;
		}
		// Any part of the one that fails may be there.
		const onpu_cmd_load &c = command.c;
		model = before;
		for (uint32_t k = 0; k < c.n2; k++) {
			uint32_t r = c.ring ? (c.row + k) % c.ring : c.row + k;

			for (uint32_t j = 0; j < c.n1; j++)
				memset(&touched[c.addr + r * c.sram_stride2 + j * c.sram_stride1], 1, c.n0);
		}
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
	b.writes = b.fills = 0;
	for (unsigned i = 0; i < 200; i++)
		b.tick(on);
	if (b.faults != 1 || b.done != finished || b.writes || b.fills) {
		printf("# something arrived after the fault\n");
		good = false;
	}
	for (size_t i = 0; i < SRAM_BYTES; i++)
		if (touched[i])
			model[i] = sram[i];
	poison.clear();
	return good && same("fault");
}

static bool abort_batch(Bench &b)
{
	Conditions on = random_conditions();
	unsigned done;

	b.clear_counts();
	for (unsigned i = pick(1, 4); i; i--)
		b.commands.push_back(random_command(ONPU_OPCODE_LOAD, 25, true));
	for (unsigned i = pick(1, 400); i; i--)
		b.tick(on);
	b.tick(on, true);
	done = b.done;
	b.writes = b.fills = 0;
	for (unsigned i = chance(50) ? 0 : 50; i; i--)
		b.tick(on);
	if (b.done != done || b.writes || b.fills || b.faults) {
		printf("# something arrived after an abort\n");
		return false;
	}
	model = sram;
	return random_batch(b, false);
}

// Cycles from the first write to the last one.
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

	const auto load = ONPU_OPCODE_LOAD;
	const auto fill = ONPU_OPCODE_FILL;

	ok(timed(b, { transfer(load, 0xfff00000, 0, 4096, 256, 4096, 0) }, 20, 0x100000 / V,
		 "1 MiB up to the last address, over itself"), "merged only outside");
	ok(timed(b, { transfer(load, 0x10000, 0, SRAM_BYTES, 1, 0, 0) }, 20, SRAM_BYTES / V, "whole SRAM"),
	   "whole SRAM");
	ok(timed(b, { transfer(load, 0x1000, 0, 256 * V, 1, 0, 0) }, 20, 256, "aligned"),
	   "a write a cycle, aligned");
	ok(timed(b, { transfer(load, 0x1003, 5, 256 * V, 1, 0, 0) }, 20, 257, "unaligned"),
	   "a write a cycle, unaligned");
	ok(timed(b, { transfer(load, 0x1003, 5, 24, 64, 24, 24) }, 20, 24 * 64 / V + 1, "merged"),
	   "a write a cycle, merged runs");
	Command rows = transfer(load, 0x1000, 64, 3 * V + 1, 4, 3 * V + 1, 3 * V + 1);
	rows.c.n2 = 20;
	rows.c.ext_stride2 = rows.c.sram_stride2 = 12 * V + 4;
	rows.c.ring = 21;
	rows.c.row = 1;
	ok(timed(b, { rows }, 20, 240 + 79 / V + 1, "merged rows of a ring"),
	   "a write a cycle, merged rows");
	ok(timed(b, { transfer(load, 0x1000, 0, 256 * V, 1, 0, 0),
		      transfer(load, 0x91000, 8192, 256 * V, 1, 0, 0),
		      transfer(load, 0x81000, 16384, 256 * V, 1, 0, 0) }, 100, 3 * 256, "back to back"),
	   "latency hidden from load to load");
	// 16 requests in a latency, if the runs bound it.
	ok(timed(b, { transfer(load, 0x1000, 0, 24, 256, 1024, 24) }, 100, 256 / 16 * 120, "short runs"),
	   "latency hidden in short runs");
	ok(timed(b, { transfer(fill, 0, 3 * V, 64 * V, 1, 0, 0) }, 20, 16, "fill"), "fill, 4V a cycle");
	ok(timed(b, { transfer(fill, 0, 3 * V + 1, V, 64, 0, V) }, 20, 17, "merged fill"),
	   "fill, merged runs");
	ok(timed(b, { transfer(fill, 0, 7, 3, 100, 0, 5 * V) }, 20, 100, "fill of columns"),
	   "fill, a run a cycle");
	ok(b.error.empty(), "protocol: %s", b.error.empty() ? "no violation" : b.error.c_str());
	return end();
}
