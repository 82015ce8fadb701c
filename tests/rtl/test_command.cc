// SPDX-License-Identifier: MIT
// The command processor against models of the memory and of the engines.  What the checks must
// find is what the functional model's check finds.
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "Vonpu_command.h"
#include "bench.h"

#include "check.h"
#include "isa_fields.h"
#include "preset.h"
// A constant without an initialiser is C only: so it is declared there and defined here.
extern const struct onpu_fmap none = {};
#define static extern
#include "check.c"
#undef static
#include "isa.c"
#include "isa_fields.c"
#include "preset.c"

enum { IDLE, RUNNING, DONE, FAULT, PREEMPTED };
enum { ACK = 1, NO_PREEMPT = 2, PREEMPT = 4, KILL = 8, RESUME = 16, START = 32 };
enum { RESTORE_STATE = 1, SAVE_STATE = 2, RESTORE = 4, SAVE = 8 };

static const struct onpu_preset *preset;
static bool test_bad;

static void complain(const char *format, ...)
{
	static int said;
	va_list args;

	test_bad = true;
	if (said++ > 60)
		return;
	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
}

#define EXPECT(cond, ...) do { if (!(cond)) complain(__VA_ARGS__); } while (0)

static void result(const char *name)
{
	ok(!test_bad, "%s", name);
	test_bad = false;
}

// ---- a job ------------------------------------------------------------------------------------

struct Command {
	union onpu_command c;
	uint32_t offset;
	int engine;
	uint32_t seq;		// among the engine's commands

	Command() { memset(&c, 0, sizeof(c)); }
	uint32_t words() const { return onpu_isa_find(c.head.opcode)->words; }
};

struct Stream {
	std::vector<Command> commands;
	std::vector<uint32_t> words;

	void lay_out()
	{
		uint32_t count[4] = {};

		words.clear();
		for (auto &c : commands) {
			c.offset = 4 * (uint32_t)words.size();
			c.engine = onpu_isa_find(c.c.head.opcode)->engine;
			c.seq = count[c.engine]++;
			words.insert(words.end(), c.c.words, c.c.words + c.words());
		}
	}
};

struct EngineFault {
	uint8_t code;
	uint32_t va;
};

struct Record {
	uint32_t offset, engine;
	uint64_t start, end;
};

struct Bench {
	Vonpu_command dut;
	~Bench() { retire(dut); }
	uint64_t cycle = 1000;
	struct onpu_core_job job = {};
	std::vector<uint8_t> mem = std::vector<uint8_t>(1 << 20);
	std::set<uint32_t> bad_pages;	// of 4 KiB
	int latency = 10, stall = 30;	// cycles, percent
	int bus_error_in = -1;		// reads until one fails
	bool bad_is_bus = false;	// what writes to a bad page say
	int engine_time = 30, engine_stall = 30;
	int depth[3] = { 3, 2, 3 };

	// Reads.
	struct Read { uint32_t va, bytes, at; uint64_t due; bool mmu, bus; };
	std::deque<Read> reads;

	// Writes.
	struct Write { uint32_t va; bool err, ctx0; };
	struct Answer { bool err; uint32_t va; uint64_t due; };
	std::deque<Write> writes;
	std::deque<Answer> answers;

	// Engines.
	struct Running { uint32_t offset; uint64_t start, due; bool move; };
	const Stream *stream = nullptr;
	std::deque<Running> running[3];
	std::map<uint32_t, EngineFault> faults;	// by offset
	uint32_t started[3] = {}, completed[3] = {};
	uint32_t min_fault = UINT32_MAX;	// of engines that failed
	uint64_t fault_cycle = 0;
	uint64_t busy = 0, read_bytes = 0, write_bytes = 0;
	std::vector<Record> records;
	std::vector<uint32_t> last_move;
	bool move_fails = false;
	uint64_t last_done = 0;
	bool reset_now = false;

	uint32_t command = 0, move = 0;		// of the next cycle
	uint32_t move_args[3] = {};

	Bench()
	{
		dut.rst_ni = 0;
		dut.clk_i = 0;
		dut.eval();
		dut.clk_i = 1;
		dut.eval();
		dut.clk_i = 0;
		dut.rst_ni = 1;
		dut.eval();
	}

	// ---- registers
	uint32_t status(int word) { return dut.status_o[word]; }
	int state() { return status(28) >> 12 & 7; }
	uint32_t fault() { return status(28) & 255; }
	uint32_t fault_engine() { return status(28) >> 8 & 7; }
	bool fault_write() { return status(28) >> 11 & 1; }
	uint32_t offset() { return status(27); }
	uint32_t fault_va() { return status(26); }
	uint64_t wide(int word) { return status(word) | (uint64_t)status(word + 1) << 32; }

	void set_job()
	{
		for (int i = 0; i < 16; i++) {
			dut.job_i[2 * i] = job.region[i].size;
			dut.job_i[2 * i + 1] = job.region[i].va;
		}
		dut.job_i[32] = (uint32_t)job.max_cycles;
		dut.job_i[33] = (uint32_t)(job.max_cycles >> 32);
		dut.job_i[34] = job.trace_size;
		dut.job_i[35] = job.trace_va;
		dut.job_i[36] = job.stream_size;
		dut.job_i[37] = job.entry;
	}

	bool page_bad(uint32_t va) { return bad_pages.count(va >> 12); }
	uint8_t &byte(uint32_t va) { return mem[va & (mem.size() - 1)]; }

	// ---- engines
	static uint64_t bits(const uint32_t *words, int &at, int count)
	{
		uint64_t value = 0;

		for (int i = 0; i < count; i++, at++)
			value |= (uint64_t)(words[at / 32] >> at % 32 & 1) << i;
		return value;
	}

	const Command *next_command(int engine)
	{
		for (auto &c : stream->commands)
			if (c.engine == engine && c.seq == started[engine])
				return &c;
		return nullptr;
	}

	void check_dma(const uint32_t *dma, const Command &cmd)
	{
		const struct onpu_cmd_load &c = cmd.c.load;
		bool fill = c.head.opcode == ONPU_OPCODE_FILL;
		int at = 0;
		uint32_t row = bits(dma, at, 16), ring = bits(dma, at, 16);
		uint32_t ring_bytes = bits(dma, at, 20), s2 = bits(dma, at, 20);
		uint32_t s1 = bits(dma, at, 20), addr = bits(dma, at, 20);
		uint32_t e2 = bits(dma, at, 32), e1 = bits(dma, at, 32);
		uint32_t n2 = bits(dma, at, 16), n1 = bits(dma, at, 16);
		uint32_t n0 = bits(dma, at, 32), va = bits(dma, at, 32);
		uint32_t ctx0 = bits(dma, at, 1), value = bits(dma, at, 8), is_fill = bits(dma, at, 1);
		const uint32_t mask = (1 << 20) - 1;

		EXPECT(row == c.row && ring == c.ring && n2 == c.n2 && n1 == c.n1 && n0 == c.n0 &&
		       ctx0 == 0 && is_fill == fill && s1 == (c.sram_stride1 & mask) &&
		       s2 == (c.sram_stride2 & mask), "DMA fields at 0x%x", cmd.offset);
		EXPECT(addr == ((c.addr + c.row * c.sram_stride2) & mask), "DMA addr");
		EXPECT(ring_bytes == ((c.ring * c.sram_stride2) & mask), "DMA ring_bytes");
		if (fill)
			EXPECT(value == c.value, "FILL value");
		else
			EXPECT(va == job.region[c.region].va + c.offset && e1 == c.ext_stride1 &&
			       e2 == c.ext_stride2, "DMA external side");
	}

	void start(int engine)
	{
		Running run = { 0, cycle, 0, false };
		uint64_t after = cycle;

		if (state() != RUNNING) {
			const uint32_t *dma = engine ? &dut.store_cmd_o[0] : &dut.load_cmd_o[0];
			int at = 92;	// after row, ring, ring_bytes, strides

			run.move = true;
			last_move.assign(1, engine == 2);
			last_move.push_back((uint32_t)bits(dma, at, 20));
			at += 96;
			last_move.push_back((uint32_t)bits(dma, at, 32));
			last_move.push_back((uint32_t)bits(dma, at, 32));
			last_move.push_back((uint32_t)bits(dma, at, 1));
		} else {
			const Command *c = next_command(engine);

			if (!c) {
				complain("engine %d starts a command that is not there", engine);
				return;
			}
			run.offset = c->offset;
			EXPECT(dut.evt_offset_o[engine] == c->offset, "evt_offset");
			EXPECT(c->c.head.wait_load <= completed[0] &&
			       c->c.head.wait_compute <= completed[1] &&
			       c->c.head.wait_store <= completed[2],
			       "command at 0x%x started before its tokens", c->offset);
			EXPECT(c->offset < min_fault || cycle <= fault_cycle + 1,
			       "command at 0x%x started behind a fault", c->offset);
			if (engine == 1)
				EXPECT(!memcmp(&dut.compute_cmd_o[0], c->c.words, 4 * c->words()),
				       "words of the command at 0x%x", c->offset);
			else
				check_dma(engine ? &dut.store_cmd_o[0] : &dut.load_cmd_o[0], *c);
			started[engine]++;
		}
		if (!running[engine].empty())
			after = std::max(after, running[engine].back().due);
		run.due = after + 1 + below((uint32_t)engine_time);
		running[engine].push_back(run);
	}

	// ---- one cycle
	void step()
	{
		uint8_t *done[3] = { &dut.load_done_i, &dut.compute_done_i, &dut.store_done_i };
		uint8_t *fail[3] = { &dut.load_fault_i, &dut.compute_fault_i, &dut.store_fault_i };
		uint8_t *ready[3] = { &dut.load_ready_i, &dut.compute_ready_i, &dut.store_ready_i };
		bool read_beat = false, read_last = false;
		bool answer = false;

		set_job();
		dut.cycle_i = cycle;
		dut.job_command_i = command;
		dut.move_i[0] = move_args[2];
		dut.move_i[1] = move_args[1];
		dut.move_i[2] = move_args[0];
		dut.move_i[3] = move;
		dut.reset_i = reset_now;

		// Engines.
		for (int e = 0; e < 3; e++) {
			*done[e] = *fail[e] = 0;
			*ready[e] = (int)running[e].size() < depth[e] && !chance(engine_stall);
			if (running[e].empty() || running[e].front().due > cycle)
				continue;
			Running &run = running[e].front();
			bool fails = run.move ? move_fails : faults.count(run.offset) != 0;
			EngineFault f = fails && !run.move ? faults[run.offset] : EngineFault{ 0, 0 };

			*(fails ? fail[e] : done[e]) = 1;
			if (e == 1) {
				dut.compute_fault_code_i = f.code;
			} else {
				uint64_t info = f.va | (uint64_t)(f.code == ONPU_FAULT_BUS) << 32;
				(e ? dut.store_fault_info_i : dut.load_fault_info_i) = info;
			}
		}
		dut.load_bytes_i = !running[0].empty() && chance(50) ? below(64) : 0;
		dut.store_bytes_i = !running[2].empty() && chance(50) ? below(64) : 0;
		dut.compute_busy_i = !running[1].empty() && !running[1].front().move;
		dut.engines_idle_i = running[0].empty() && running[1].empty() && running[2].empty() &&
				     !chance(20);

		// Reads.
		dut.rd_gnt_i = 0;
		dut.rd_valid_i = 0;
		dut.rd_last_i = dut.rd_err_i = dut.rd_bus_i = 0;
		if (!reads.empty() && reads.front().due <= cycle && !chance(stall)) {
			Read &r = reads.front();
			uint32_t base = r.at & ~(uint32_t)(V - 1);

			read_beat = true;
			read_last = r.at + V > r.va + r.bytes - 1 && base + V >= r.va + r.bytes;
			if (r.mmu || (r.bus && (read_last || chance(50)))) {
				dut.rd_err_i = 1;
				dut.rd_bus_i = !r.mmu;
				read_last = true;
			}
			dut.rd_va_i = r.va;
			dut.rd_valid_i = 1;
			dut.rd_last_i = read_last;
			for (int i = 0; i < V; i++)
				((uint8_t *)&dut.rd_data_i)[i] = byte(base + i);
		}

		// Writes.
		dut.wr_gnt_i = 0;
		dut.wd_ready_i = !writes.empty() && !chance(stall);
		dut.wb_valid_i = 0;
		if (!answers.empty() && answers.front().due <= cycle && !chance(stall)) {
			answer = true;
			dut.wb_valid_i = 1;
			dut.wb_err_i = answers.front().err;
			dut.wb_bus_i = dut.wb_err_i && bad_is_bus;
			dut.wb_va_i = answers.front().va;
		}
		dut.eval();
		dut.rd_gnt_i = dut.rd_req_o && !chance(stall);
		dut.wr_gnt_i = dut.wr_req_o && !chance(stall);
		dut.eval();

		// What happens at this edge.
		if (reset_now) {
			EXPECT(dut.abort_o, "abort_o at a reset");
			reads.clear();
			writes.clear();
			answers.clear();
			for (auto &r : running)
				r.clear();
		} else {
			if (read_beat) {
				Read &r = reads.front();

				r.at = (r.at & ~(uint32_t)(V - 1)) + V;
				if (read_last)
					reads.pop_front();
			}
			if (dut.rd_gnt_i) {
				Read r = { dut.rd_va_o, dut.rd_bytes_o, dut.rd_va_o,
					   cycle + 1 + (uint64_t)latency, false, false };

				EXPECT(r.bytes && r.va / 512 == (r.va + r.bytes - 1) / 512,
				       "read of %u at 0x%x", r.bytes, r.va);
				if (!dut.rd_ctx0_o)
					EXPECT(r.va - job.entry + r.bytes <= job.stream_size,
					       "read behind the stream");
				r.mmu = page_bad(r.va);
				if (bus_error_in >= 0 && bus_error_in-- == 0)
					r.bus = true;
				reads.push_back(r);
			}
			if (answer)
				answers.pop_front();
			if (dut.wd_valid_o && dut.wd_ready_i) {
				Write w = writes.front();
				uint32_t base = w.va & ~(uint32_t)(V - 1);

				writes.pop_front();
				EXPECT(dut.wd_last_o, "wd_last");
				for (int i = 0; i < V; i++) {
					bool strobe = dut.wd_strb_o >> i & 1;

					EXPECT(strobe == (base + i >= w.va && base + i < w.va + 8),
					       "strobes");
					if (strobe && !w.err)
						byte(base + i) = ((uint8_t *)&dut.wd_data_o)[i];
				}
				answers.push_back({ w.err, w.va, cycle + 1 + (uint64_t)latency });
			}
			if (dut.wr_gnt_i) {
				EXPECT(dut.wr_bytes_o == 8 && dut.wr_va_o % 8 == 0, "write request");
				writes.push_back({ dut.wr_va_o, page_bad(dut.wr_va_o),
						   (bool)dut.wr_ctx0_o });
				EXPECT(dut.wr_ctx0_o == (state() != RUNNING), "context of a write");
			}
			if (state() == RUNNING) {
				busy += dut.compute_busy_i;
				read_bytes += dut.load_bytes_i;
				write_bytes += dut.store_bytes_i;
			}
			for (int e = 0; e < 3; e++) {
				bool valid = e == 0 ? dut.load_valid_o : e == 1 ? dut.compute_valid_o :
					     dut.store_valid_o;
				bool taken = valid && *ready[e];

				EXPECT((dut.evt_start_o >> e & 1) ==
				       (taken && state() == RUNNING), "evt_start");
				EXPECT(e != 1 || !(dut.evt_start_o >> 1 & 1) ||
				       !(dut.evt_wait_load_o || dut.evt_wait_store_o),
				       "a compute command starts and waits");
				// Tokens of this cycle are seen in the next.
				if (taken)
					start(e);
			}
			for (int e = 0; e < 3; e++) {
				if (!*done[e] && !*fail[e])
					continue;
				Running run = running[e].front();

				running[e].pop_front();
				if (run.move)
					continue;
				EXPECT(dut.evt_done_offset_o[e] == run.offset, "evt_done_offset");
				last_done = cycle;
				if (*fail[e]) {
					if (run.offset < min_fault) {
						min_fault = run.offset;
						fault_cycle = cycle;
					}
					// Loads and stores drop what they hold behind it.
					if (e != 1)
						running[e].clear();
					continue;
				}
				completed[e]++;
				for (auto &c : stream->commands)
					if (c.offset == run.offset && c.c.head.flags & 1)
						records.push_back({ run.offset, (uint32_t)e, run.start,
								    cycle });
			}
		}
		dut.clk_i = 1;
		dut.eval();
		dut.clk_i = 0;
		dut.eval();
		command = 0;
		move = 0;
		reset_now = false;
		cycle++;
	}

	void place(const Stream &s, uint32_t entry)
	{
		stream = &s;
		job.entry = entry;
		job.stream_size = 4 * (uint32_t)s.words.size();
		for (size_t i = 0; i < 4 * s.words.size(); i++)
			byte(entry + (uint32_t)i) = ((const uint8_t *)s.words.data())[i];
		for (int e = 0; e < 3; e++)
			started[e] = completed[e] = 0;
		busy = read_bytes = write_bytes = 0;
		records.clear();
		faults.clear();
		min_fault = UINT32_MAX;
	}

	void ack()
	{
		command = ACK;
		step();
		EXPECT(state() == IDLE, "idle after ack");
	}

	bool wait(uint32_t limit = 200000)
	{
		while (state() == RUNNING && limit--)
			step();
		EXPECT(state() != RUNNING, "the job does not end");
		if (state() == RUNNING) {
			reset_now = true;
			step();
			return false;
		}
		return true;
	}

	bool run(uint32_t limit = 200000)
	{
		command = START;
		step();
		EXPECT(state() == RUNNING, "running after start");
		EXPECT(wide(24) == cycle - 1, "start cycle");
		return wait(limit);
	}

	void expect_fault(uint32_t code, uint32_t engine, uint32_t at, const char *what)
	{
		EXPECT(state() == FAULT && fault() == code && fault_engine() == engine &&
		       offset() == at,
		       "%s: state %d fault %u engine %u offset 0x%x, expected fault %u engine %u "
		       "offset 0x%x", what, state(), fault(), fault_engine(), offset(), code, engine,
		       at);
	}

	void expect_done(const char *what)
	{
		uint32_t count[4] = {};

		for (auto &c : stream->commands)
			count[c.engine]++;
		EXPECT(state() == DONE && fault() == 0, "%s: state %d fault %u offset 0x%x", what,
		       state(), fault(), offset());
		for (int e = 0; e < 3; e++)
			EXPECT(completed[e] == count[e], "%s: engine %d completed %u of %u", what, e,
			       completed[e], count[e]);
		EXPECT(wide(20) == busy && wide(18) == read_bytes && wide(16) == write_bytes,
		       "%s: counters", what);
		EXPECT(offset() == job.stream_size, "%s: offset", what);
	}

	// All before the offset have completed.
	void expect_completed_to(uint32_t at, const char *what)
	{
		uint32_t count[4] = {};

		for (auto &c : stream->commands)
			if (c.offset < at)
				count[c.engine]++;
		for (int e = 0; e < 3; e++)
			EXPECT(completed[e] >= count[e], "%s: engine %d completed %u, not %u", what, e,
			       completed[e], count[e]);
	}
};

// ---- random commands --------------------------------------------------------------------------

static void random_map(struct onpu_fmap *m)
{
	m->addr = below(SRAM_BYTES / 2);
	m->pix_pitch = below(64);
	m->row_pitch = below(1024);
	m->ring = chance(40) ? (uint16_t)(1 + below(20)) : 0;
	m->row = m->ring ? (uint16_t)below(m->ring) : (uint16_t)below(4);
}

static void random_post(struct onpu_post *p, uint32_t out_c, bool convolution)
{
	bool scaled, product;

	p->flags = convolution && chance(50) ? ONPU_POST_PER_CHANNEL : 0;
	p->round = (uint8_t)below(3);
	p->op2_op = (uint8_t)below(7);
	p->act = (uint8_t)below(3);
	scaled = p->op2_op >= ONPU_OP2_ADD && p->op2_op <= ONPU_OP2_RSUB;
	product = p->op2_op == ONPU_OP2_MUL;
	if (!(p->flags & ONPU_POST_PER_CHANNEL)) {
		p->bias = (int32_t)rng();
		if (p->round) {
			p->mult = (int32_t)(rng() & 0x7fffffff);
			p->shift = (int8_t)((int)below(62) - 31);
		}
	}
	p->zero = (int16_t)((int)below(256) - 128);
	p->min = (int16_t)(p->zero - (int)below(257));
	p->max = (int16_t)(p->zero + (int)below(256));
	if (scaled) {
		p->left_shift = (uint8_t)below(23);
		p->shift_v = (int8_t)-(int)below(32);
		p->shift_x = (int8_t)-(int)below(32);
		p->mult_v = (int32_t)(rng() & 0x7fffffff);
		p->mult_x = (int32_t)(rng() & 0x7fffffff);
	}
	if (scaled || product) {
		p->shift_o = (int8_t)((int)below(62) - 31);
		p->mult_o = (int32_t)(rng() & 0x7fffffff);
		p->zero_o = (int16_t)rng();
	}
	if (p->op2_op) {
		if (chance(50))
			p->flags |= ONPU_POST_OP2_UNSIGNED;
		p->op2_zero = (int16_t)((int)below(256) - (p->flags & ONPU_POST_OP2_UNSIGNED ? 0 : 128));
		p->op2_channels = (uint16_t)below(out_c + 1);
		if (chance(30)) {
			p->flags |= ONPU_POST_OP2_ONE_CHANNEL;
			p->op2_channels = 1;
		}
		p->min_o = (int16_t)((int)below(100) - 128);
		p->max_o = (int16_t)(p->min_o + (int)below(150));
		random_map(&p->op2);
	}
	if (p->act)
		p->act_addr = below(SRAM_BYTES / 2);
	if (p->act == ONPU_ACT_PRELU) {
		int low = p->op2_op ? p->min_o : p->min, high = p->op2_op ? p->max_o : p->max;
		int least = high - 255, most = low + 256;

		if (chance(50))
			p->flags |= ONPU_POST_ALPHA_UNSIGNED;
		p->shift_p = (int8_t)((int)below(62) - 31);
		p->shift_n = (int8_t)((int)below(62) - 31);
		p->mult_p = (int32_t)(rng() & 0x7fffffff);
		p->mult_n = (int32_t)(rng() & 0x7fffffff);
		p->act_zero = (int16_t)(least + (int)below((uint32_t)std::max(1, most - least + 1)));
		p->alpha_zero = (int16_t)((int)below(256) -
					  (p->flags & ONPU_POST_ALPHA_UNSIGNED ? 0 : 128));
		p->zero_a = (int16_t)rng();
		p->min_a = (int16_t)((int)below(100) - 128);
		p->max_a = (int16_t)(p->min_a + (int)below(150));
	}
}

static Command try_command(uint8_t opcode, bool big)
{
	Command cmd;
	union onpu_command &c = cmd.c;
	uint32_t most = big ? 300 : 12;

	c.head.opcode = opcode;
	c.head.length = onpu_isa_find(opcode)->words;
	c.head.flags = chance(30);
	switch (opcode) {
	case ONPU_OPCODE_PREEMPT:
		for (auto &l : c.preempt.live) {
			l.size = chance(60) ? 1 + below(SRAM_BYTES) : 0;
			l.addr = l.size ? below(SRAM_BYTES - l.size + 1) : 0;
		}
		break;
	case ONPU_OPCODE_LOAD:
	case ONPU_OPCODE_FILL:
	case ONPU_OPCODE_STORE:
		c.load.n0 = 1 + below(200);
		c.load.n1 = (uint16_t)(1 + below(most));
		c.load.n2 = (uint16_t)(1 + below(most));
		c.load.addr = below(SRAM_BYTES / 2);
		c.load.sram_stride1 = below(100);
		c.load.sram_stride2 = below(2000);
		c.load.ring = chance(50) ? (uint16_t)(1 + below(most)) : 0;
		c.load.row = (uint16_t)(c.load.ring ? below(c.load.ring) : below(10));
		if (opcode == ONPU_OPCODE_FILL) {
			c.load.value = (uint8_t)rng();
		} else {
			c.load.region = (uint8_t)below(16);
			c.load.offset = below(5000);
			c.load.ext_stride1 = below(300);
			c.load.ext_stride2 = below(5000);
		}
		break;
	case ONPU_OPCODE_CONV:
		c.conv.out_h = (uint16_t)(1 + below(most));
		c.conv.out_w = (uint16_t)(1 + below(most));
		c.conv.out_c = (uint16_t)(1 + below(64));
		c.conv.tile_h = (uint16_t)(1 + below(16));
		c.conv.tile_w = (uint16_t)(1 + below(256 / c.conv.tile_h));
		c.conv.mode = (uint16_t)below(8);
		c.conv.stride_h = (uint8_t)(1 + below(16));
		c.conv.stride_w = (uint8_t)(1 + below(16));
		c.conv.weight_zero = c.conv.mode & ONPU_CONV_WEIGHT_UNSIGNED ? (uint8_t)rng() : 0;
		c.conv.weights = 4 * below(SRAM_BYTES / 16);
		c.conv.weights_size = 4 * below(1000);
		random_map(&c.conv.in);
		random_map(&c.conv.out);
		random_post(&c.conv.post, c.conv.out_c, true);
		break;
	case ONPU_OPCODE_DWCONV:
		c.dwconv.out_h = (uint16_t)(1 + below(most));
		c.dwconv.out_w = (uint16_t)(1 + below(most));
		c.dwconv.out_c = (uint16_t)(1 + below(64));
		c.dwconv.tile_h = (uint16_t)(1 + below(16));
		c.dwconv.tile_w = (uint16_t)(1 + below(256 / c.dwconv.tile_h));
		c.dwconv.mode = (uint16_t)below(4);
		c.dwconv.stride_h = (uint8_t)(1 + below(16));
		c.dwconv.stride_w = (uint8_t)(1 + below(16));
		c.dwconv.weight_zero = c.dwconv.mode & ONPU_CONV_WEIGHT_UNSIGNED ? (uint8_t)rng() : 0;
		c.dwconv.kernel_h = (uint8_t)(1 + below(16));
		c.dwconv.kernel_w = (uint8_t)(1 + below(16));
		c.dwconv.dilation_h = (uint8_t)(1 + below(big ? 255 : 3));
		c.dwconv.dilation_w = (uint8_t)(1 + below(big ? 255 : 3));
		c.dwconv.weights = 4 * below(SRAM_BYTES / 16);
		c.dwconv.weights_size = 4 * below(1000);
		random_map(&c.dwconv.in);
		random_map(&c.dwconv.out);
		random_post(&c.dwconv.post, c.dwconv.out_c, true);
		break;
	case ONPU_OPCODE_ELTWISE:
		c.eltwise.out_h = (uint16_t)(1 + below(most));
		c.eltwise.out_w = (uint16_t)(1 + below(most));
		c.eltwise.out_c = (uint16_t)(1 + below(64));
		c.eltwise.mode = (uint16_t)below(2);
		random_map(&c.eltwise.in);
		random_map(&c.eltwise.out);
		random_post(&c.eltwise.post, c.eltwise.out_c, false);
		break;
	case ONPU_OPCODE_POOL:
		c.pool.out_h = (uint16_t)(1 + below(most));
		c.pool.out_w = (uint16_t)(1 + below(most));
		c.pool.out_c = (uint16_t)(1 + below(64));
		c.pool.mode = (uint16_t)below(2);
		c.pool.kernel_h = (uint16_t)(1 + below(big ? 300 : 8));
		c.pool.kernel_w = (uint16_t)(1 + below(big ? 300 : 8));
		c.pool.stride_h = (uint16_t)(1 + below(big ? 500 : 8));
		c.pool.stride_w = (uint16_t)(1 + below(big ? 500 : 8));
		c.pool.op = (uint16_t)below(2);
		random_map(&c.pool.in);
		random_map(&c.pool.out);
		random_post(&c.pool.post, c.pool.out_c, false);
		break;
	case ONPU_OPCODE_RESIZE:
		c.resize.out_h = (uint16_t)(1 + below(most));
		c.resize.out_w = (uint16_t)(1 + below(most));
		c.resize.out_c = (uint16_t)(1 + below(64));
		c.resize.mode = (uint16_t)below(2);
		c.resize.in_h = (uint16_t)(1 + below(most));
		c.resize.in_w = (uint16_t)(1 + below(most));
		c.resize.rows = 8 * below(SRAM_BYTES / 16);
		c.resize.columns = 8 * below(SRAM_BYTES / 16);
		random_map(&c.resize.in);
		random_map(&c.resize.out);
		random_post(&c.resize.post, c.resize.out_c, false);
		break;
	}
	return cmd;
}

static enum onpu_fault check(const Bench &b, const Command &cmd, const uint32_t *dispatched)
{
	struct onpu_check ch = { preset, dispatched, &b.job };
	const char *what;

	return onpu_check_command(&ch, &cmd.c, &what);
}

static const uint8_t opcodes[] = {
	ONPU_OPCODE_PREEMPT, ONPU_OPCODE_LOAD, ONPU_OPCODE_FILL, ONPU_OPCODE_STORE,
	ONPU_OPCODE_CONV, ONPU_OPCODE_DWCONV, ONPU_OPCODE_ELTWISE, ONPU_OPCODE_POOL,
	ONPU_OPCODE_RESIZE
};

static Command legal(const Bench &b, uint8_t opcode)
{
	for (int i = 0; i < 100000; i++) {
		Command c = try_command(opcode, i < 20 && chance(30));

		if (check(b, c, nullptr) == ONPU_FAULT_NONE)
			return c;
	}
	printf("Bail out! no legal command of opcode 0x%x\n", opcode);
	exit(1);
}

static void random_regions(Bench &b)
{
	for (auto &r : b.job.region) {
		r.va = (uint32_t)rng();
		r.size = 1000000 + below(1000000);
		if (r.va > 0xffff0000u)
			r.va = 0xfff00000u;
	}
}

// Tokens: some of what was dispatched before.
static Stream random_stream(const Bench &b, int count, int preempts = 10)
{
	uint32_t dispatched[4] = {};
	Stream s;

	for (int i = 0; i < count; i++) {
		uint8_t opcode = chance(preempts) ? ONPU_OPCODE_PREEMPT : opcodes[1 + below(8)];
		Command c = legal(b, opcode);
		uint32_t *wait[3] = { &c.c.head.wait_load, &c.c.head.wait_compute,
				      &c.c.head.wait_store };

		for (int e = 0; e < 3; e++)
			if (chance(50))
				*wait[e] = dispatched[e] - below(std::min(dispatched[e], 4u) + 1);
		dispatched[onpu_isa_find(opcode)->engine]++;
		s.commands.push_back(c);
	}
	Command end;
	end.c.head.opcode = ONPU_OPCODE_END;
	end.c.head.length = 4;
	end.c.head.flags = chance(50);
	s.commands.push_back(end);
	s.lay_out();
	return s;
}

static void random_timing(Bench &b)
{
	b.latency = chance(30) ? 100 : (int)below(20);
	b.stall = chance(50) ? 0 : (int)below(70);
	b.engine_time = 1 + (int)below(chance(50) ? 10 : 200);
	b.engine_stall = chance(50) ? 0 : (int)below(80);
	for (auto &d : b.depth)
		d = 1 + (int)below(4);
}

// ---- tests ------------------------------------------------------------------------------------

static void check_trace(Bench &b, const Stream &s, uint32_t used, bool control = true)
{
	std::vector<Record> got;
	uint64_t last = 0;
	size_t expected;

	for (uint32_t at = 0; at + 24 <= used; at += 24) {
		uint32_t w[6];

		for (int i = 0; i < 24; i++)
			((uint8_t *)w)[i] = b.byte(b.job.trace_va + at + i);
		got.push_back({ w[0], w[1], w[2] | (uint64_t)w[3] << 32, w[4] | (uint64_t)w[5] << 32 });
	}
	expected = b.records.size();
	if (control)
		for (auto &c : s.commands)
			expected += c.engine == 3 && c.c.head.flags & 1;
	EXPECT(got.size() == std::min<size_t>(expected, b.job.trace_size / 24), "%zu records",
	       got.size());
	for (auto &g : got) {
		bool found = g.engine == 3;

		EXPECT(g.end >= last && g.start <= g.end, "order of records");
		last = g.end;
		for (auto &r : b.records)
			found |= r.offset == g.offset && r.engine == g.engine && r.start == g.start &&
				 r.end == g.end;
		EXPECT(found, "record of 0x%x engine %u start %lu end %lu", g.offset, g.engine,
		       (unsigned long)g.start, (unsigned long)g.end);
	}
}

// As many bytes as records were written: the buffer was filled with ones.
static uint32_t trace_bytes(Bench &b)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < b.job.trace_size + 64; i += 8) {
		bool any = false;

		for (int k = 0; k < 8; k++)
			any |= b.byte(b.job.trace_va + i + k) != 0xff;
		if (any)
			used = i + 8;
	}
	return used;
}

static void clear_trace(Bench &b)
{
	for (uint32_t i = 0; i < b.job.trace_size + 128; i++)
		b.byte(b.job.trace_va + i) = 0xff;
}

static void test_legal(Bench &b)
{
	for (int i = 0; i < 60; i++) {
		random_regions(b);
		Stream s = random_stream(b, 1 + (int)below(i % 5 ? 40 : 200));

		random_timing(b);
		b.job.trace_va = 0x80000 + 8 * below(100);
		b.job.trace_size = chance(20) ? 0 : chance(50) ? 100000 : below(600);
		clear_trace(b);
		b.place(s, 4 * below(2000));
		if (!b.run())
			continue;
		b.expect_done("legal stream");
		EXPECT(b.wide(22) >= b.last_done || s.commands.size() == 1, "end");
		check_trace(b, s, trace_bytes(b));
		EXPECT(trace_bytes(b) <= b.job.trace_size, "trace beyond its buffer");
		b.ack();
	}
	b.job.trace_size = 0;
	result("random legal streams: order, tokens, DMA operands, counters, trace");
}

// One command after some others, with whatever is wrong with it.
static void try_one(Bench &b, const Command &c, const char *what)
{
	uint32_t dispatched[4] = {};
	Stream s;
	enum onpu_fault expected;
	uint32_t at;

	for (uint32_t n = below(3); n; n--) {
		s.commands.push_back(legal(b, ONPU_OPCODE_FILL));
		s.commands.back().c.head.flags = 0;
		dispatched[0]++;
	}
	expected = check(b, c, dispatched);
	s.commands.push_back(c);
	Command end;
	end.c.head.opcode = ONPU_OPCODE_END;
	end.c.head.length = 4;
	s.commands.push_back(end);
	s.lay_out();
	at = s.commands[s.commands.size() - 2].offset;
	b.place(s, 4 * below(2000));
	if (!b.run())
		return;
	if (expected == ONPU_FAULT_NONE) {
		b.expect_done(what);
	} else {
		b.expect_fault(expected, ONPU_ENGINE_CONTROL, at, what);
		EXPECT(b.fault_va() == 0 && !b.fault_write(), "va of a check");
		b.expect_completed_to(at, what);
	}
	b.ack();
}

static void put(Command &c, const struct onpu_isa_field *f, uint64_t value)
{
	memcpy((uint8_t *)&c.c + f->offset, &value, f->size);
}

static uint64_t get(const Command &c, const struct onpu_isa_field *f)
{
	uint64_t value = 0;

	memcpy(&value, (const uint8_t *)&c.c + f->offset, f->size);
	return value;
}

static void quick(Bench &b)
{
	b.latency = 2;
	b.stall = 0;
	b.engine_time = 3;
	b.engine_stall = 0;
	for (auto &d : b.depth)
		d = 2;
}

static uint32_t tally[16];

static void mutate(Bench &b, Command c, const struct onpu_isa_field *f)
{
	uint64_t old = get(c, f), mask = (1ull << 8 * f->size) - 1;
	uint64_t value[] = { 0, 1, old + 1, old - 1, (uint64_t)f->min - 1, (uint64_t)f->max + 1,
			     mask, mask >> 1, (mask >> 1) + 1, old ^ 1ull << below(8 * f->size), rng(),
			     256, 255 };
	char what[100];

	for (int i = 0; i < 4; i++) {
		uint64_t v = value[below(sizeof(value) / sizeof(value[0]))] & mask;
		uint32_t dispatched[3] = {};

		put(c, f, v);
		snprintf(what, sizeof(what), "%s.%s = 0x%lx (was 0x%lx)",
			 onpu_isa_find(c.c.head.opcode)->name, f->name, (unsigned long)v,
			 (unsigned long)old);
		tally[check(b, c, dispatched)]++;
		try_one(b, c, what);
	}
}

static void test_mutations(Bench &b)
{
	quick(b);
	random_regions(b);
	for (int round = 0; round < 3; round++) {
		for (uint8_t opcode : opcodes) {
			const struct onpu_isa_command *isa = onpu_isa_find(opcode);

			for (size_t i = 0; i < isa->num_fields; i++)
				mutate(b, legal(b, opcode), &isa->fields[i]);
			for (int word = 1; word < 4; word++) {
				Command c = legal(b, opcode);

				c.c.words[word] = below(5);
				try_one(b, c, "tokens");
			}
		}
	}
	printf("# expected: none %u, FLAGS %u, FIELD %u, SRAM_RANGE %u, REGION_RANGE %u\n", tally[0],
	       tally[3], tally[4], tally[6], tally[7]);
	result("mutations of every field of every command");
}

// The last value of a field that is good, and the first one that is not.
static void test_limits(Bench &b)
{
	uint32_t pairs = 0;

	quick(b);
	for (int round = 0; round < 3; round++) {
		random_regions(b);
		if (round == 2)
			for (auto &r : b.job.region)
				r.va = 0xffffffffu - below(2000000);
		for (uint8_t opcode : opcodes) {
			const struct onpu_isa_command *isa = onpu_isa_find(opcode);

			for (size_t i = 0; i < isa->num_fields; i++) {
				const struct onpu_isa_field *f = &isa->fields[i];
				uint64_t mask = (1ull << 8 * f->size) - 1;
				Command c = legal(b, opcode);
				uint64_t good = get(c, f), bad = chance(50) ? mask : rng() & mask;
				char what[100];

				put(c, f, bad);
				if (check(b, c, nullptr) == ONPU_FAULT_NONE)
					continue;
				while (good + f->multiple < bad || bad + f->multiple < good) {
					uint64_t middle = (good + bad) / 2 / f->multiple * f->multiple;

					if (middle == good || middle == bad)
						break;
					put(c, f, middle);
					(check(b, c, nullptr) == ONPU_FAULT_NONE ? good : bad) = middle;
				}
				for (uint64_t v : { good, bad }) {
					put(c, f, v);
					snprintf(what, sizeof(what), "%s.%s = 0x%lx", isa->name, f->name,
						 (unsigned long)v);
					try_one(b, c, what);
				}
				pairs++;
			}
		}
	}
	printf("# %u limits\n", pairs);
	result("limits of fields, exactly");
}

static void test_header(Bench &b)
{
	quick(b);
	for (int i = 0; i < 200; i++) {
		Stream s = random_stream(b, 3);
		uint32_t n = below((uint32_t)s.commands.size()), at = s.commands[n].offset;
		uint32_t word = s.words[at / 4];
		enum onpu_fault expected;

		word ^= 1u << below(16);
		expected = onpu_check_header(word);
		if (expected == ONPU_FAULT_NONE)
			continue;
		s.words[at / 4] = word;
		b.place(s, 4 * below(2000));
		if (!b.run())
			continue;
		b.expect_fault(expected, ONPU_ENGINE_CONTROL, at, "header");
		b.expect_completed_to(at, "header");
		b.ack();
	}
	result("headers: OPCODE, LENGTH");
}

static void test_stream(Bench &b)
{
	quick(b);
	for (int i = 0; i < 200; i++) {
		Stream s = random_stream(b, 3);
		uint32_t size = 4 * (uint32_t)s.words.size(), cut = below(size), at = 0;

		random_timing(b);
		b.place(s, 4 * below(2000));
		if (i % 4 == 3)
			cut &= ~3u;
		b.job.stream_size = cut;
		if (cut % 4 == 0)
			for (auto &c : s.commands)
				if (c.offset <= cut)
					at = c.offset;
		if (!b.run())
			continue;
		b.expect_fault(ONPU_FAULT_STREAM, ONPU_ENGINE_CONTROL, at, "cut stream");
		b.expect_completed_to(at, "cut stream");
		b.ack();
	}
	for (int i = 0; i < 40; i++) {
		Stream s = random_stream(b, 3);
		uint32_t at = s.commands.back().offset;

		for (uint32_t n = 1 + below(300); n; n--)
			s.words.push_back((uint32_t)rng());
		b.place(s, 4 * below(2000));
		if (!b.run())
			continue;
		b.expect_fault(ONPU_FAULT_STREAM, ONPU_ENGINE_CONTROL, at, "END before the end");
		b.ack();
	}
	for (int i = 1; i < 4; i++) {
		Stream s = random_stream(b, 3);

		b.place(s, 1000);
		b.job.entry += (uint32_t)i;
		if (!b.run())
			continue;
		b.expect_fault(ONPU_FAULT_STREAM, ONPU_ENGINE_CONTROL, 0, "entry");
		b.ack();
	}
	result("STREAM: cut anywhere, behind END, misaligned, empty");
}

static void test_fetch_faults(Bench &b)
{
	for (int i = 0; i < 60; i++) {
		Stream s = random_stream(b, 20);
		uint32_t entry = 0x1000 - 4 * below(400), at = 0;
		uint32_t page = i % 10 ? 0x1000 : entry & ~0xfffu;
		uint32_t va = std::max(page, entry);

		if (entry + 4 * s.words.size() <= va)
			continue;
		random_timing(b);
		b.place(s, entry);
		b.bad_pages = { page >> 12 };
		// The fault is of the first command that has a word there, unless its header is there.
		for (auto &c : s.commands)
			if (entry + c.offset + 4 * c.words() > va) {
				at = c.offset;
				break;
			}
		if (b.run()) {
			b.expect_fault(ONPU_FAULT_MMU, ONPU_ENGINE_CONTROL, at, "fetch");
			EXPECT(b.fault_va() == va && !b.fault_write(), "va 0x%x, not 0x%x",
			       b.fault_va(), va);
			b.expect_completed_to(at, "fetch");
			b.ack();
		}
		b.bad_pages.clear();
	}
	for (int i = 0; i < 40; i++) {
		Stream s = random_stream(b, 20);

		random_timing(b);
		b.place(s, 4 * below(2000));
		b.bus_error_in = (int)below(4);
		if (b.run()) {
			EXPECT(b.state() == FAULT && b.fault() == ONPU_FAULT_BUS, "bus error");
			b.expect_completed_to(b.offset(), "bus error");
			b.ack();
		}
		b.bus_error_in = -1;
	}
	result("faults of the fetch: MMU, BUS");
}

static void test_engine_faults(Bench &b)
{
	for (int i = 0; i < 200; i++) {
		random_regions(b);
		Stream s = random_stream(b, 5 + (int)below(60));
		EngineFault expected = { 0, 0 };
		uint32_t at = UINT32_MAX, engine = 0;

		random_timing(b);
		b.place(s, 4 * below(2000));
		for (uint32_t n = 1 + below(4); n; n--) {
			const Command &c = s.commands[below((uint32_t)s.commands.size())];
			EngineFault f = { (uint8_t)(c.engine == 1 ? chance(50) ? ONPU_FAULT_BAD_WEIGHTS :
						    ONPU_FAULT_FIELD : chance(50) ? ONPU_FAULT_MMU :
						    ONPU_FAULT_BUS),
					  c.engine == 1 ? 0 : (uint32_t)rng() };

			if (c.engine == 3)
				continue;
			b.faults[c.offset] = f;
		}
		if (b.faults.empty())
			continue;
		at = b.faults.begin()->first;
		expected = b.faults.begin()->second;
		for (auto &c : s.commands)
			if (c.offset == at)
				engine = (uint32_t)c.engine;
		// Sometimes a command that is refused, before or behind.
		if (chance(40)) {
			const Command &c = s.commands[below((uint32_t)s.commands.size())];

			b.byte(b.job.entry + c.offset) = 0xee;
			if (c.offset <= at) {
				at = c.offset;
				engine = ONPU_ENGINE_CONTROL;
				expected = { ONPU_FAULT_OPCODE, 0 };
			}
		}
		if (!b.run())
			continue;
		b.expect_fault(expected.code, engine, at, "engine's fault");
		EXPECT(b.fault_va() == expected.va && b.fault_write() == (engine == 2), "va, write");
		b.expect_completed_to(at, "engine's fault");
		b.ack();
	}
	result("faults of engines: the lowest offset, whatever comes first");
}

static void test_kill(Bench &b)
{
	uint32_t killed = 0;

	for (int i = 0; i < 120; i++) {
		Stream s = random_stream(b, 40);
		uint32_t started[3], next, wait = below(i % 2 ? 300 : 3000);

		random_timing(b);
		b.place(s, 4 * below(2000));
		if (i % 3 == 2)
			b.job.max_cycles = 1 + below(3000);
		b.command = START;
		b.step();
		if (b.job.max_cycles) {
			b.wait();
			if (b.state() == FAULT) {
				EXPECT(b.wide(22) - b.wide(24) >= b.job.max_cycles, "too early");
				EXPECT(b.wide(22) - b.wide(24) <=
				       b.job.max_cycles + 10 + 4u * (uint32_t)b.engine_time, "too late");
				b.expect_fault(ONPU_FAULT_WATCHDOG, ONPU_ENGINE_CONTROL, b.offset(),
					       "watchdog");
				killed++;
			} else {
				EXPECT(b.wide(22) - b.wide(24) <= b.job.max_cycles + 1, "no watchdog");
				b.expect_done("within its budget");
			}
		} else {
			while (wait-- && b.state() == RUNNING)
				b.step();
			b.command = KILL;
			b.step();
			memcpy(started, b.started, sizeof(started));
			next = b.offset();
			b.wait();
			if (b.state() == FAULT) {
				b.expect_fault(ONPU_FAULT_KILLED, ONPU_ENGINE_CONTROL, next, "kill");
				EXPECT(!memcmp(started, b.started, sizeof(started)),
				       "a command started after the kill");
				killed++;
			} else {
				b.expect_done("killed too late");
			}
		}
		EXPECT(!memcmp(b.started, b.completed, sizeof(b.started)), "what started completes");
		for (auto &c : s.commands)
			if (b.state() == FAULT && c.engine < 3 && c.seq < b.started[c.engine])
				EXPECT(c.offset < b.offset(), "offset of the next command");
		b.ack();
		b.job.max_cycles = 0;
	}
	printf("# %u stopped\n", killed);
	EXPECT(killed > 40, "hardly any was stopped");
	result("kill and watchdog");
}

static void do_move(Bench &b, uint32_t move, uint32_t va, uint32_t addr, uint32_t size, bool good)
{
	uint32_t limit = 20000;

	b.move_args[0] = va;
	b.move_args[1] = addr;
	b.move_args[2] = size;
	b.move = move;
	b.last_move.clear();
	b.step();
	while (b.dut.move_busy_o && limit--)
		b.step();
	EXPECT(limit != UINT32_MAX, "move %u does not end", move);
	EXPECT(b.dut.move_error_o == !good, "move %u: error %d", move, b.dut.move_error_o);
}

static void test_preempt(Bench &b)
{
	uint32_t stops = 0;
	const uint32_t state_va = 0xc0000;

	for (int i = 0; i < 60; i++) {
		random_regions(b);
		Stream s = random_stream(b, 60, 30), other = random_stream(b, 5);
		struct onpu_core_job job;
		bool resume_failed = false;

		random_timing(b);
		b.job.trace_va = 0x80000;
		b.job.trace_size = 100000;
		clear_trace(b);
		b.place(s, 4 * below(2000));
		b.command = START;
		b.step();
		while (b.state() == RUNNING) {
			uint32_t wait = below(1000);

			while (wait-- && b.state() == RUNNING)
				b.step();
			b.command = PREEMPT;
			b.step();
			if (chance(20)) {
				// Too late where it stands at a PREEMPT already.
				b.command = NO_PREEMPT;
				b.step();
				for (wait = 300; wait && b.state() == RUNNING; wait--)
					b.step();
				if (b.state() == RUNNING)
					continue;
			}
			if (!b.wait())
				break;
			if (b.state() != PREEMPTED)
				break;
			stops++;
			const Command *at = nullptr;
			for (auto &c : s.commands)
				if (c.offset + 4 * c.words() == b.offset())
					at = &c;
			EXPECT(at && at->c.head.opcode == ONPU_OPCODE_PREEMPT, "stops at 0x%x",
			       b.offset());
			b.expect_completed_to(b.offset(), "preempted");
			EXPECT(!memcmp(b.started, b.completed, sizeof(b.started)), "drained");
			if (at)
				EXPECT(!memcmp(&b.dut.status_o[0], at->c.preempt.live, 64), "live ranges");
			EXPECT(b.wide(22) >= b.last_done, "end of a preempted job");
			if (chance(40)) {
				// Goes on at once.
			} else {
				uint32_t size = below(SRAM_BYTES), addr = below(SRAM_BYTES - size);

				do_move(b, SAVE_STATE, state_va, 0, 0, true);
				do_move(b, SAVE, 0x1230, addr, size, true);
				if (size)
					EXPECT(b.last_move == (std::vector<uint32_t>{ 1, addr, size,
									0x1230, 1 }), "save");
				do_move(b, SAVE, 0, SRAM_BYTES - 3, 4, false);
				b.move_fails = true;
				do_move(b, RESTORE, 0, 0, 4, false);
				b.move_fails = false;
				b.ack();
				job = b.job;
				uint32_t started[3], completed[3];
				uint64_t busy = b.busy, rd = b.read_bytes, wr = b.write_bytes;
				std::vector<Record> records = b.records;

				memcpy(started, b.started, sizeof(started));
				memcpy(completed, b.completed, sizeof(completed));
				b.job.trace_size = 0;
				b.place(other, 0x40000);
				b.run();
				b.expect_done("job in between");
				do_move(b, SAVE_STATE, state_va, 0, 0, false);
				b.ack();
				b.command = RESUME;
				b.step();
				EXPECT(b.state() == IDLE, "nothing to resume");
				if (chance(30)) {
					uint32_t bit = below(192 * 8);

					b.byte(state_va + bit / 8) ^= 1 << bit % 8;
					do_move(b, RESTORE_STATE, state_va, 0, 0, false);
					b.command = RESUME;
					b.step();
					EXPECT(b.state() == IDLE, "resumed a broken state");
					b.byte(state_va + bit / 8) ^= 1 << bit % 8;
				}
				b.bad_pages = { state_va >> 12 };
				do_move(b, RESTORE_STATE, state_va, 0, 0, false);
				b.bad_pages.clear();
				do_move(b, RESTORE_STATE, state_va, 0, 0, true);
				b.job = job;
				b.place(s, job.entry);
				memcpy(b.started, started, sizeof(started));
				memcpy(b.completed, completed, sizeof(completed));
				b.busy = busy;
				b.read_bytes = rd;
				b.write_bytes = wr;
				b.records = records;
			}
			b.command = RESUME;
			b.step();
			EXPECT(b.state() == RUNNING, "resumed");
			resume_failed = b.state() != RUNNING;
		}
		if (resume_failed)
			continue;
		b.expect_done("preempted job");
		check_trace(b, s, trace_bytes(b));
		b.ack();
	}
	b.job.trace_size = 0;
	printf("# %u preemptions\n", stops);
	EXPECT(stops > 40, "hardly any preemption");
	result("preemption, save, restore, resumption");
}

static void test_taken_back(Bench &b)
{
	for (int i = 0; i < 10; i++) {
		Stream s = random_stream(b, 20, 60);

		quick(b);
		b.latency = 50;
		b.place(s, 0x1000);
		b.command = START;
		b.step();
		b.command = PREEMPT;
		b.step();
		if (i % 2) {
			b.command = NO_PREEMPT;
			b.step();
		}
		b.wait();
		if (i % 2) {
			b.expect_done("preemption taken back");
		} else if (b.state() == PREEMPTED) {
			// A refused move changes nothing.
			b.command = ACK;
			b.step();
			do_move(b, SAVE_STATE, 0xc0000, 0, 0, false);
			b.command = RESUME;
			b.step();
			b.move = SAVE;
			b.step();
			EXPECT(b.dut.move_error_o && !b.dut.move_busy_o, "move while a job runs");
			b.wait();
			b.expect_done("resumed after ack");
		}
		b.ack();
	}
	result("preemption taken back; moves while a job runs");
}

static void test_budget_over_preemption(Bench &b)
{
	for (int i = 0; i < 20; i++) {
		Stream s = random_stream(b, 30, 30);
		uint64_t used;

		random_timing(b);
		b.place(s, 4 * below(2000));
		b.command = START;
		b.step();
		b.command = PREEMPT;
		b.step();
		b.wait();
		if (b.state() == PREEMPTED) {
			used = b.wide(22) - b.wide(24);
			do_move(b, SAVE_STATE, 0xc0000, 0, 0, true);
			do_move(b, RESTORE_STATE, 0xc0000, 0, 0, true);
			b.job.max_cycles = used + 5;
			b.command = RESUME;
			b.step();
			b.wait();
			b.expect_fault(ONPU_FAULT_WATCHDOG, ONPU_ENGINE_CONTROL, b.offset(), "budget");
			EXPECT(b.wide(22) - b.wide(24) < 20 + 5u * (uint32_t)b.engine_time,
			       "the budget began anew");
			b.job.max_cycles = 0;
		}
		b.ack();
	}
	result("the budget counts over preemption");
}

static void test_trace_fault(Bench &b)
{
	for (int i = 0; i < 40; i++) {
		Stream s = random_stream(b, 20);
		uint32_t first = below(6);

		random_timing(b);
		b.place(s, 4 * below(2000));
		b.job.trace_va = 0x81000 - 24 * first;
		b.job.trace_size = 100000;
		b.bad_pages = { 0x81 };
		b.bad_is_bus = i % 3 == 2;
		if (i % 4 == 3)
			for (auto &c : s.commands)
				if (c.engine == 0)
					b.faults[c.offset] = { ONPU_FAULT_MMU, 0x1234 };
		if (b.run()) {
			if (!b.faults.empty()) {
				b.expect_fault(ONPU_FAULT_MMU, ONPU_ENGINE_LOAD, b.faults.begin()->first,
					       "a real fault wins");
			} else if (b.state() == FAULT) {
				uint32_t at = UINT32_MAX;

				b.expect_fault(b.bad_is_bus ? ONPU_FAULT_BUS : ONPU_FAULT_MMU,
					       ONPU_ENGINE_CONTROL, b.offset(), "trace");
				EXPECT(b.fault_va() == 0x81000 && b.fault_write(), "trace va");
				for (auto &c : s.commands)
					if (c.offset == b.offset() && c.c.head.flags & 1)
						at = c.offset;
				EXPECT(at != UINT32_MAX, "offset of a profiled command");
				// All of the job ran.
				for (int e = 0; e < 3; e++)
					EXPECT(b.running[e].empty(), "engines are idle");
			} else {
				b.expect_done("few records");
			}
			b.ack();
		}
		b.bad_pages.clear();
	}
	b.job.trace_size = 0;
	b.bad_is_bus = false;
	result("faults of trace writes: MMU, BUS");
}

// Moves of no bytes, with errors at every point, and reset under way.
static void test_moves(Bench &b)
{
	uint32_t fetching = 0;
	const uint32_t end = 0xc1000, bytes = 192;

	quick(b);
	for (uint32_t move : { SAVE, RESTORE }) {
		do_move(b, move, 0x1230, SRAM_BYTES, 0, true);
		EXPECT(b.last_move.empty(), "a move of nothing starts an engine");
		do_move(b, move, 0x1230, SRAM_BYTES, 1, false);
		EXPECT(b.last_move.empty(), "a refused move starts an engine");
		for (int taken = 0; taken < 2; taken++) {
			do_move(b, move, 0, 0, 4, true);
			b.engine_stall = taken ? 0 : 100;
			b.engine_time = 1000;
			b.move_args[0] = b.move_args[1] = 0;
			b.move_args[2] = 4;
			b.move = move;
			b.last_move.clear();
			for (int i = 0; i < 5; i++)
				b.step();
			EXPECT(b.dut.move_busy_o && b.last_move.empty() == !taken, "a move under way");
			b.reset_now = true;
			b.step();
			EXPECT(!b.dut.move_busy_o && b.dut.move_error_o, "a move cut off by a reset");
			quick(b);
			b.step();
			b.reset_now = true;
			b.step();
			EXPECT(b.dut.move_error_o, "a reset without a move changes nothing");
			do_move(b, move, 0, 0, 4, true);
		}
	}
	// The state of a job: any of its two pages may fail, at any time.
	for (int i = 0; i < 40; i++) {
		Stream s = random_stream(b, 20, 60);
		uint32_t va = end - 8 * (1 + below(bytes / 8 - 1));

		quick(b);
		b.place(s, 0x1000);
		b.command = START;
		b.step();
		b.command = PREEMPT;
		b.step();
		b.wait();
		if (b.state() != PREEMPTED) {
			b.ack();
			continue;
		}
		random_timing(b);
		b.bad_pages = { end / 4096 - i % 2 };
		do_move(b, SAVE_STATE, va, 0, 0, false);
		b.bad_pages.clear();
		do_move(b, SAVE_STATE, va, 0, 0, true);
		do_move(b, RESTORE_STATE, va, 0, 0, true);
		b.ack();
		b.bad_pages = { end / 4096 - i % 2 };
		do_move(b, RESTORE_STATE, va, 0, 0, false);
		b.bad_pages = { end / 4096 - 1, end / 4096 };
		// The first of two reads has failed, and the other is still to come.
		b.stall = 70;
		b.move_args[0] = va;
		b.move = RESTORE_STATE;
		b.step();
		for (uint32_t limit = 20000, had = 0; b.dut.move_busy_o && limit--; b.step()) {
			fetching += had == 2 && b.reads.size() == 1;
			had = b.reads.size();
		}
		EXPECT(!b.dut.move_busy_o && b.dut.move_error_o && b.reads.empty(),
		       "a restore ends with its last read");
		b.bad_pages.clear();
		do_move(b, RESTORE_STATE, va, 0, 0, true);
		b.command = RESUME;
		b.step();
		b.wait();
		EXPECT(b.state() == DONE, "resumed after the failures");
		b.ack();
	}
	EXPECT(fetching > 5, "hardly any read outstanding at a failure");
	quick(b);
	result("moves: nothing to move, refused, failing, cut off");
}

static void test_reset(Bench &b)
{
	for (int i = 0; i < 60; i++) {
		Stream s = random_stream(b, 20, 20);
		uint32_t wait = below(1000);

		random_timing(b);
		b.job.trace_va = 0x80000;
		b.job.trace_size = 10000;
		b.place(s, 4 * below(2000));
		b.command = START;
		b.step();
		while (wait--)
			b.step();
		b.reset_now = true;
		b.step();
		EXPECT(b.state() == IDLE, "idle after reset");
		b.command = RESUME;
		b.step();
		EXPECT(b.state() == IDLE, "nothing to resume after a reset");
		clear_trace(b);
		b.place(s, b.job.entry);
		if (b.run()) {
			b.expect_done("job after a reset");
			check_trace(b, s, trace_bytes(b));
			b.ack();
		}
	}
	b.job.trace_size = 0;
	result("engine reset at any time");
}

static void test_throughput(Bench &b)
{
	const uint8_t kinds[] = { ONPU_OPCODE_DWCONV, ONPU_OPCODE_POOL, ONPU_OPCODE_LOAD,
				  ONPU_OPCODE_FILL };
	const int count = 200;

	quick(b);
	b.latency = 100;
	b.engine_time = 1;
	for (uint8_t kind : kinds) {
		Stream s;
		uint64_t cycles;

		for (int i = 0; i < count; i++) {
			s.commands.push_back(legal(b, kind));
			s.commands.back().c.head.flags = 0;
		}
		Command end;
		end.c.head.opcode = ONPU_OPCODE_END;
		end.c.head.length = 4;
		s.commands.push_back(end);
		s.lay_out();
		b.place(s, 0x1000);
		if (!b.run())
			continue;
		b.expect_done("throughput");
		cycles = (b.wide(22) - b.wide(24) - 110) / count;
		printf("# %s: %lu cycles a command\n", onpu_isa_find(kind)->name, (unsigned long)cycles);
		EXPECT(cycles <= (kind >= 0x30 ? 24u + (V == 8 ? 6 : 0) : 16u), "too slow");
		b.ack();
	}
	result("dispatch, at 100 cycles of latency");
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	preset = onpu_preset_by_name(PRESET_NAME);
	Bench b;

	random_regions(b);
	test_legal(b);
	test_header(b);
	test_stream(b);
	test_fetch_faults(b);
	test_engine_faults(b);
	test_kill(b);
	test_preempt(b);
	test_taken_back(b);
	test_budget_over_preemption(b);
	test_trace_fault(b);
	test_reset(b);
	test_moves(b);
	test_mutations(b);
	test_limits(b);
	test_throughput(b);
	printf("# %lu cycles\n", (unsigned long)b.cycle);
	return end();
}
