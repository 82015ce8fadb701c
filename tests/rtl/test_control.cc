// SPDX-License-Identifier: MIT
//
// The control core with the real firmware image: boot and bad images, the conversation with the
// host, jobs on an engine that is a stand-in, context switches, preemption, kills, engine reset, time,
// TLB commands, fences, faults, crashes and resets.  Memory answers after 100 cycles, with random
// grants and gaps.
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "Vonpu_control.h"
#include "bench.h"

extern "C" {
#include "isa/onpu_isa.h"
#include "onpu_fw.h"
#include "regs/onpu_regs.h"
}

enum { IDLE, RUNNING, DONE, FAULT, PREEMPTED };

struct Region { uint32_t va, size; };

static const uint32_t Base = 0x01000000, Size = 0x03000000;
static const uint32_t ImageVa = 0x01000000, SharedVa = 0x02000000, RingVa = 0x03000000,
	SaveVa = 0x03800000;
static const unsigned Completions = 256, Latency = 100;

struct Device {
	std::unique_ptr<Vonpu_control> top = std::make_unique<Vonpu_control>();
	uint64_t now = 0;
	bool random = true;

	// ---- memory, in context 0 ----
	std::vector<uint8_t> memory = std::vector<uint8_t>(Size);
	Region unmapped = { 0, 0 }, read_only = { 0, 0 }, bus_error = { 0, 0 };
	struct Read { uint64_t when; uint32_t va, at, end; bool boot; };
	struct Write { uint32_t va, at, end; bool error; };
	struct Answer { uint64_t when; uint32_t va; bool error, bus; };
	std::deque<Read> reads;
	std::deque<Write> writes;
	std::deque<Answer> answers;
	unsigned write_bytes_wrong = 0, span_wrong = 0;
	bool stuck = false;

	uint8_t *at(uint32_t va) { return &memory[va - Base]; }
	static bool in(const Region &r, uint32_t va) { return va - r.va < r.size; }
	bool mapped(uint32_t va) { return va - Base < Size && !in(unmapped, va); }

	// ---- engines ----
	int state = IDLE;
	uint64_t start = 0, ending = 0, busy = 0, start_pulse = 0, run_until = 0;
	uint64_t busy_for = 0;	// after the end of a job
	uint32_t fault = 0, engine = 0, offset = 0, fault_va = 0;
	bool kill = false, preempt = false, hang = false, saved = false;
	unsigned starts = 0, resumes = 0, resets = 0, moves = 0;
	std::function<uint32_t()> job_cycles = [] { return pick(50, 2000); };
	uint32_t next_fault = 0;
	uint32_t job_size = 0, job_entry = 0;
	std::vector<Region> regions = std::vector<Region>(16);
	uint64_t max_cycles = 0;
	uint32_t trace_va = 0, trace_size = 0;
	unsigned job_ctx = 0;
	uint64_t move_until = 0;
	unsigned live = 0;
	uint64_t last_end = 0, gap_sum = 0, gaps = 0, gap_max = 0;

	// ---- MMU and context ----
	uint64_t inv_until = 0, root_at = 0, scrub_until = 0;
	unsigned invs = 0, inv_alls = 0, roots = 0, scrubs = 0;
	std::vector<unsigned> inv_ctx;
	bool bad_root[256] = {};
	unsigned full_resets = 0, engine_resets = 0;

	struct HostBus { bool aw = false, w = false, ar = false, b = false, r = false;
			 uint32_t data = 0; unsigned resp = 0; } host;

	Device() { memset(memory.data(), 0xee, memory.size()); }
	~Device() { retire(*top); }

	void status()
	{
		auto &s = top->job_status_i;

		memset((void *)&s, 0, sizeof(s));
		set_bits(&s, 908, 3, state);
		set_bits(&s, 904, 3, engine);
		set_bits(&s, 896, 8, fault);
		set_bits(&s, 864, 32, offset);
		set_bits(&s, 832, 32, fault_va);
		set_bits(&s, 768, 64, start);
		set_bits(&s, 704, 64, ending);
		set_bits(&s, 640, 64, busy);
		for (unsigned i = 0; i < live; i++) {
			set_bits(&s, 64 * i, 32, 4096 * i);
			set_bits(&s, 64 * i + 32, 32, 100 + i);
		}
	}

	void end_job(int what, uint32_t code)
	{
		state = what;
		fault = code;
		ending = top->cycle_o;
		busy = ending - start;
		last_end = now;
		kill = false;
		preempt = false;
		status();
	}

	void engines()
	{
		uint32_t c = top->job_command_o;
		bool start_it = c >> 5 & 1, resume = c >> 4 & 1;

		if (top->engines_reset_o) {
			state = IDLE;
			engine_resets++;
			hang = kill = preempt = false;
			status();
		}
		if (c & 1 && state != RUNNING)
			state = IDLE, status();
		if ((start_it && state == IDLE) ||
		    (resume && (state == IDLE || state == PREEMPTED) && saved)) {
			uint64_t gap = now - last_end;

			state = RUNNING;
			start_pulse = now;
			start = top->cycle_o;
			saved = false;
			preempt = kill = false;
			starts += start_it;
			resumes += resume;
			gaps++;
			gap_sum += gap;
			gap_max = std::max(gap_max, gap);
			run_until = now + job_cycles();
			job_entry = get_bits(&top->job_o, 1184, 32);
			job_size = get_bits(&top->job_o, 1152, 32);
			trace_va = get_bits(&top->job_o, 1120, 32);
			trace_size = get_bits(&top->job_o, 1088, 32);
			max_cycles = get_bits(&top->job_o, 1024, 64);
			for (unsigned i = 0; i < 16; i++)
				regions[i] = { (uint32_t)get_bits(&top->job_o, 64 * i + 32, 32),
					       (uint32_t)get_bits(&top->job_o, 64 * i, 32) };
			job_ctx = top->active_ctx_o;
			status();
		}
		if (state == RUNNING) {
			kill |= c >> 3 & 1;
			if (c >> 2 & 1)
				preempt = true;
			if (c >> 1 & 1)
				preempt = false;
			if (!hang) {
				if (kill)
					end_job(FAULT, ONPU_FAULT_KILLED);
				else if (preempt) {
					end_job(PREEMPTED, 0);
					saved = true;
				} else if (now >= run_until) {
					end_job(next_fault ? FAULT : DONE, next_fault);
					next_fault = 0;
				}
			}
		}
		// SAVE, RESTORE and the state.
		uint32_t m = get_bits(&top->move_o, 96, 4);

		if (m) {
			moves++;
			move_until = now + 300;
			if (m & 1)
				saved = true;
		}
		top->move_busy_i = now < move_until;
		top->move_error_i = 0;
		top->engines_busy_i = state == RUNNING || now < last_end + busy_for;
	}

	void mmu()
	{
		if (top->inv_o || top->inv_all_o) {
			inv_until = now + pick(1, 40);
			invs += top->inv_o;
			inv_alls += top->inv_all_o;
			if (top->inv_o)
				inv_ctx.push_back(top->inv_ctx_o);
		}
		top->inv_done_i = now >= inv_until;
		if (top->root_req_o) {
			roots++;
			root_at = now + 60;
		}
		top->root_done_i = root_at && now == root_at;
		top->root_error_i = bad_root[top->active_ctx_o];
		if (top->scrub_o) {
			scrubs++;
			scrub_until = now + pick(2, 200);
		}
		top->scrub_busy_i = now < scrub_until;
	}

	void report(bool write, unsigned source, bool bus, uint32_t va)
	{
		set_bits(&top->mem_fault_info_i, 0, 32, va);
		set_bits(&top->mem_fault_info_i, 32, 8, 0);
		set_bits(&top->mem_fault_info_i, 40, 1, bus);
		set_bits(&top->mem_fault_info_i, 41, 2, source);
		set_bits(&top->mem_fault_info_i, 43, 1, write);
		top->mem_fault_i = 1;
	}

	// What happens at the edge, from what the ports were before it.
	bool was_rd_valid = false;
	void bus_edge()
	{
		bool boot = top->boot_o;

		if (top->rd_req_o && top->rd_gnt_i) {
			uint32_t va = top->rd_va_o, bytes = top->rd_bytes_o;

			span_wrong += !bytes || bytes > 512 || va / 512 != (va + bytes - 1) / 512;
			reads.push_back({ now + Latency, va, va / V * V, va + bytes, boot });
		}
		if (top->rd_valid_i && top->rd_ready_o) {
			Read &r = reads.front();

			r.at += V;
			if (top->rd_last_i)
				reads.pop_front();
		}
		if (top->wr_req_o && top->wr_gnt_i) {
			uint32_t va = top->wr_va_o, bytes = top->wr_bytes_o;

			span_wrong += !bytes || bytes > 512 || va / 512 != (va + bytes - 1) / 512;
			writes.push_back({ va, va / V * V, va + bytes,
					   !mapped(va) || in(read_only, va) });
		}
		if (top->wd_valid_o && top->wd_ready_i) {
			Write &w = writes.front();
			const uint8_t *data = (const uint8_t *)&top->wd_data_o;
			bool last = w.at + V >= w.end;

			for (unsigned i = 0; i < V; i++) {
				bool strobe = top->wd_strb_o >> i & 1;

				write_bytes_wrong += strobe != (w.at + i >= w.va && w.at + i < w.end);
				if (strobe && !w.error)
					*at(w.at + i) = data[i];
			}
			write_bytes_wrong += last != top->wd_last_o;
			w.at += V;
			if (last) {
				answers.push_back({ now + Latency, w.va, w.error, false });
				writes.pop_front();
			}
		}
		if (top->wb_valid_i)
			answers.pop_front();
	}

	// What the ports are until the next edge.
	void bus_drive()
	{
		top->mem_fault_i = 0;
		top->rd_gnt_i = !top->fence_all_o && !stuck && reads.size() < 4 &&
			(!random || chance(50));
		top->wr_gnt_i = !top->fence_all_o && !stuck && writes.size() + answers.size() < 8 &&
			(!random || chance(50));
		// A beat that was offered stays.
		bool offer = !reads.empty() && now >= reads.front().when && !stuck &&
			(was_rd_valid || !random || chance(80));
		if (offer && !was_rd_valid) {
			const Read &r = reads.front();
			uint32_t first = std::max(r.at, r.va);
			bool bus = in(bus_error, first);
			bool error = !mapped(first) || bus;

			memset((void *)&top->rd_data_i, rng(), V);
			if (!error)
				memcpy((void *)&top->rd_data_i, at(r.at), V);
			top->rd_err_i = error;
			top->rd_bus_i = bus;
			top->rd_va_i = first;
			top->rd_last_i = error || r.at + V >= r.end;
			if (error)
				report(false, r.boot ? 2 : 1, bus, first);
		}
		top->rd_valid_i = offer;
		top->wd_ready_i = !writes.empty() && (!random || chance(70));
		top->wb_valid_i = !answers.empty() && now >= answers.front().when && !stuck;
		if (top->wb_valid_i) {
			top->wb_err_i = answers.front().error;
			top->wb_bus_i = 0;
			top->wb_va_i = answers.front().va;
			if (answers.front().error)
				report(true, 1, false, answers.front().va);
		}
		top->drained_engines_i = 1;
		top->drained_all_i = top->fence_all_o && reads.empty() && writes.empty() &&
			answers.empty();
	}

	void tick()
	{
		bool reset = top->full_reset_o, hold;

		top->clk_i = 0;
		top->eval();
		hold = top->rd_valid_i && !top->rd_ready_o;
		host.aw = top->s_axil_awvalid && top->s_axil_awready;
		host.w = top->s_axil_wvalid && top->s_axil_wready;
		host.ar = top->s_axil_arvalid && top->s_axil_arready;
		host.b = top->s_axil_bvalid && top->s_axil_bready;
		host.r = top->s_axil_rvalid && top->s_axil_rready;
		host.data = top->s_axil_rdata;
		host.resp = host.b ? top->s_axil_bresp : top->s_axil_rresp;
		bus_edge();
		top->clk_i = 1;
		top->eval();
		now++;
		if (host.aw)
			top->s_axil_awvalid = 0;
		if (host.w)
			top->s_axil_wvalid = 0;
		if (host.ar)
			top->s_axil_arvalid = 0;
		was_rd_valid = hold;
		engines();
		mmu();
		bus_drive();
		if (reset) {
			full_resets++;
			power();
		}
	}

	void run(uint64_t cycles) { for (uint64_t i = 0; i < cycles; i++) tick(); }

	// What the top level does at a full reset.
	void power()
	{
		reads.clear();
		writes.clear();
		answers.clear();
		state = IDLE;
		hang = kill = preempt = saved = false;
		was_rd_valid = false;
		top->rd_valid_i = top->wb_valid_i = top->mem_fault_i = 0;
		status();
		top->rst_ni = 0;
		for (int i = 0; i < 3; i++) {
			top->clk_i = 0;
			top->eval();
			top->clk_i = 1;
			top->eval();
		}
		top->clk_i = 0;
		top->eval();
		top->rst_ni = 1;
	}

	// ---- host's accesses ----
	void write(uint32_t offset, uint32_t value)
	{
		top->s_axil_awaddr = top->s_axil_wdata = 0;
		top->s_axil_awaddr = offset;
		top->s_axil_wdata = value;
		top->s_axil_wstrb = 15;
		top->s_axil_awvalid = 1;
		top->s_axil_wvalid = random ? chance(50) : 1;
		for (int i = 0; i < 1000; i++) {
			bool wait = !top->s_axil_wvalid && !host.w;

			top->s_axil_bready = !random || chance(50);
			tick();
			if (wait && !host.w && i < 3)
				top->s_axil_wvalid = 1;
			if (host.b) {
				top->s_axil_bready = 0;
				return;
			}
			if (host.w)
				i = 100;
		}
		ok(false, "host write 0x%x is answered", offset);
	}

	uint32_t read(uint32_t offset)
	{
		top->s_axil_araddr = offset;
		top->s_axil_arvalid = 1;
		for (int i = 0; i < 1000; i++) {
			top->s_axil_rready = !random || chance(50);
			tick();
			if (host.r) {
				top->s_axil_rready = 0;
				return host.data;
			}
		}
		ok(false, "host read 0x%x is answered", offset);
		return 0;
	}

	bool until(const std::function<bool()> &what, uint64_t cycles)
	{
		for (uint64_t i = 0; i < cycles; i++) {
			if (what())
				return true;
			tick();
		}
		return what();
	}

	// ---- host's protocol ----
	std::vector<uint8_t> image;
	onpu_fw_shared *shared() { return (onpu_fw_shared *)at(SharedVa); }
	onpu_fw_completion *record(uint32_t i)
	{
		return (onpu_fw_completion *)at(SharedVa + sizeof(onpu_fw_shared)) + i % Completions;
	}
	unsigned boot() { return read(ONPU_HOST_STATUS) & ONPU_HOST_STATUS_BOOT; }

	void begin(uint32_t size, uint32_t image_va = ImageVa)
	{
		memcpy(at(ImageVa), image.data(), std::min<size_t>(image.size(), 0x100000));
		memset(at(SharedVa), 0, ONPU_FW_SHARED_SIZE(Completions));
		shared()->config.magic = ONPU_FW_CONFIG_MAGIC;
		shared()->config.size = ONPU_FW_SHARED_SIZE(Completions);
		shared()->config.completion_count = Completions;
		write(ONPU_HOST_CTX_TABLE_LO, 0x12345fff);
		write(ONPU_HOST_CTX_TABLE_HI, 0xab);
		write(ONPU_HOST_BOOT_VA, image_va);
		write(ONPU_HOST_BOOT_SIZE, size);
		write(ONPU_HOST_SHARED_VA, SharedVa);
		write(ONPU_HOST_IRQ_ENABLE, 3);
		write(ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN);
	}

	bool hello()
	{
		begin(image.size());
		return until([&] { return shared()->hello.state == ONPU_FW_STATE_HELLO; }, 200000) &&
			until([&] { return top->irq_o; }, 1000);
	}

	bool request_run()
	{
		write(ONPU_HOST_IRQ_ACK, 3);
		shared()->control.minor = 0;
		shared()->control.request = ONPU_FW_REQUEST_RUN;
		write(ONPU_HOST_DOORBELL, 0);
		bool good = until([&] {
			return shared()->hello.state == ONPU_FW_STATE_RUNNING && top->irq_o;
		}, 20000);
		write(ONPU_HOST_IRQ_ACK, 3);
		head = 0;
		for (auto &q : queue)
			q = {};
		return good;
	}

	void reset()
	{
		unsigned before = full_resets;

		write(ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_FULL_RESET);
		until([&] { return full_resets != before; }, 100);
	}

	struct Queue { uint32_t tail = 0, done = 0, depth = 1, first = 0; } queue[64];
	uint32_t head = 0, enables = 0;

	onpu_fw_queue *line(unsigned slot) { return &shared()->queue[slot]; }
	static uint32_t ring(unsigned slot) { return RingVa + slot * 0x10000; }
	onpu_fw_descriptor *descriptor(unsigned slot, uint32_t index)
	{
		return (onpu_fw_descriptor *)at(ring(slot)) + index % queue[slot].depth;
	}
	onpu_fw_region *region(unsigned slot, uint32_t index)
	{
		return (onpu_fw_region *)at(ring(slot) + queue[slot].depth * 64) +
			16 * (index % queue[slot].depth);
	}

	bool enable(unsigned slot, uint32_t depth, uint32_t priority, uint32_t save_size = 0)
	{
		onpu_fw_queue_host *h = &line(slot)->host;

		queue[slot] = { 0, 0, depth, (uint32_t)rng() };
		h->tail = h->kill = 0;
		h->ring = ring(slot);
		h->depth = depth;
		h->first_seq = queue[slot].first;
		h->priority = priority;
		h->save = SaveVa + slot * 0x10000;
		h->save_size = save_size;
		h->enable = ++enables;
		write(ONPU_HOST_DOORBELL, slot);
		bool good = until([&] { return line(slot)->fw.enable_ack == enables && top->irq_o; },
				  5000);
		write(ONPU_HOST_IRQ_ACK, 3);
		return good && line(slot)->fw.state == ONPU_FW_QUEUE_ON;
	}

	uint32_t add(unsigned slot, unsigned ctx, unsigned regions_used, uint64_t budget = 0)
	{
		Queue &q = queue[slot];
		onpu_fw_descriptor *d = descriptor(slot, q.tail);

		memset(d, 0, sizeof(*d));
		d->seq = q.first + q.tail;
		d->ctx = ctx;
		d->region_count = regions_used;
		d->entry = 0x1000 * pick(1, 1000);
		d->stream_size = 4 * pick(1, 1000);
		d->max_cycles = budget;
		if (chance(30)) {
			d->trace = 8 * pick(1, 1000);
			d->trace_size = pick(1, 1000);
		}
		for (unsigned i = 0; i < 16; i++)
			region(slot, q.tail)[i] = { (uint32_t)rng() % 0x80000000,
						    (uint32_t)rng() % 0x10000 };
		line(slot)->host.tail = ++q.tail;
		return q.tail - 1;
	}

	void ring_bell(unsigned slot) { write(ONPU_HOST_DOORBELL, slot); }

	// The next record; false if there is none in time.
	bool next(onpu_fw_completion *result, uint64_t cycles = 50000)
	{
		auto *h = &shared()->completion_host;

		h->head = head;
		h->arm = head;
		if (!until([&] { return shared()->completion_fw.tail != head; }, cycles))
			return false;
		*result = *record(head++);
		queue[result->slot].done++;
		return true;
	}

	// The engine got what the descriptor says.
	bool same(unsigned slot, uint32_t index)
	{
		onpu_fw_descriptor *d = descriptor(slot, index);
		bool good = job_entry == d->entry && job_size == d->stream_size &&
			max_cycles == d->max_cycles && job_ctx == d->ctx &&
			trace_size == d->trace_size && (!trace_size || trace_va == d->trace);

		for (unsigned i = 0; i < 16; i++) {
			onpu_fw_region r = i < d->region_count ? region(slot, index)[i] :
								 onpu_fw_region{ 0, 0 };
			good &= regions[i].va == r.va && regions[i].size == r.size;
		}
		return good;
	}
};

static std::vector<uint8_t> load_image()
{
	std::vector<uint8_t> bytes;
	FILE *f = fopen(FW_IMAGE, "rb");
	int c;

	if (!f) {
		printf("Bail out! no firmware image\n");
		exit(1);
	}
	while ((c = fgetc(f)) != EOF)
		bytes.push_back((uint8_t)c);
	fclose(f);
	return bytes;
}

static onpu_fw_image *header(std::vector<uint8_t> &image) { return (onpu_fw_image *)image.data(); }

static uint32_t crc32(const uint8_t *data, size_t size)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int b = 0; b < 8; b++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void seal(std::vector<uint8_t> &image)
{
	header(image)->size = image.size() - 64;
	header(image)->crc = crc32(image.data() + 64, image.size() - 64);
}

// ---- the tests ------------------------------------------------------------------------------

static void test_registers(Device &d)
{
	ok(d.read(ONPU_HOST_ID) == ONPU_HOST_ID_VALUE, "ID");
	ok(d.read(ONPU_HOST_VERSION) >> 16 == ONPU_HOST_VERSION_MAJOR_VALUE, "VERSION");
	ok(d.read(ONPU_HOST_CONFIG) == ((V == 8 ? 1u : V == 16 ? 2u : 3u) | V << 8 | V << 16 |
					(uint32_t)ONPU_ISA_MAJOR << 24), "CONFIG");
	ok(d.read(ONPU_HOST_SRAM_SIZE) == SRAM_BYTES && d.read(ONPU_HOST_TCM_SIZE) == 65536, "sizes");
	d.write(ONPU_HOST_CTX_TABLE_LO, 0x98765fff);
	d.write(ONPU_HOST_CTX_TABLE_HI, 0x55aa);
	ok(d.read(ONPU_HOST_CTX_TABLE_LO) == 0x98765800 && d.top->ctx_table_o == 0x55aa98765800ull,
	   "CTX_TABLE is a multiple of 2048");
	ok(d.boot() == ONPU_HOST_STATUS_BOOT_HELD && !d.top->irq_o, "held after reset");
	uint64_t a = d.read(ONPU_HOST_CYCLE_LO), t = d.now;
	uint64_t b = d.read(ONPU_HOST_CYCLE_LO), u = d.now;
	ok(b > a && b - a <= u - t + 8, "CYCLE counts");
	d.reset();
	ok(d.full_resets == 1 && d.read(ONPU_HOST_CTX_TABLE_LO) == 0 &&
	   d.read(ONPU_HOST_CYCLE_LO) < 100, "full reset resets the registers, after the answer");
}

static void expect_boot(Device &d, uint32_t state, const char *name, uint32_t size = 0,
			uint32_t va = ImageVa)
{
	d.begin(size ? size : d.image.size(), va);
	d.until([&] { return d.top->irq_o; }, 100000);
	unsigned got = d.boot();
	bool good = got == state && d.read(ONPU_HOST_IRQ_STATUS) == ONPU_HOST_IRQ_STATUS_FATAL;

	d.write(ONPU_HOST_IRQ_ACK, 2);
	d.run(3);
	good &= !d.top->irq_o;
	d.write(ONPU_HOST_CONTROL, 0);
	d.run(5);
	ok(good && d.boot() == ONPU_HOST_STATUS_BOOT_HELD, "boot: %s (state %u)", name, got);
}

static void test_bad_images(Device &d, const std::vector<uint8_t> &good)
{
	struct { const char *name; std::function<void(onpu_fw_image *)> change; } bad[] = {
		{ "magic", [](onpu_fw_image *i) { i->magic ^= 1; } },
		{ "version", [](onpu_fw_image *i) { i->version++; } },
		{ "header size", [](onpu_fw_image *i) { i->header_size = 60; } },
		{ "size", [](onpu_fw_image *i) { i->size += 4; } },
		{ "load not aligned", [](onpu_fw_image *i) { i->load += 2; } },
		{ "load too high", [](onpu_fw_image *i) { i->load = (65536 - i->size + 4) & ~3u; } },
		{ "load beyond everything", [](onpu_fw_image *i) { i->load = 0xfffffff0; } },
		{ "entry below load", [](onpu_fw_image *i) { i->entry = i->load - 2; } },
		{ "entry at the end", [](onpu_fw_image *i) { i->entry = i->load + i->size; } },
	};

	for (auto &b : bad) {
		d.image = good;
		b.change(header(d.image));
		expect_boot(d, ONPU_HOST_STATUS_BOOT_BAD_HEADER, b.name);
	}
	d.image = good;
	expect_boot(d, ONPU_HOST_STATUS_BOOT_BAD_HEADER, "BOOT_SIZE too small", 60);
	expect_boot(d, ONPU_HOST_STATUS_BOOT_BAD_HEADER, "BOOT_SIZE too large", 65536 + 64 + 4);
	expect_boot(d, ONPU_HOST_STATUS_BOOT_BAD_HEADER, "BOOT_VA not aligned", 0, ImageVa + 32);
	for (int i = 0; i < 3; i++) {
		d.image = good;
		unsigned bit = i == 2 ? 8 * d.image.size() - 1 : pick(8 * 64, 8 * d.image.size() - 1);
		d.image[bit / 8] ^= 1 << bit % 8;
		expect_boot(d, ONPU_HOST_STATUS_BOOT_BAD_CRC, "a flipped bit");
	}
	d.image = good;
	d.read(ONPU_HOST_FAULT_STATUS);
	d.unmapped = { ImageVa, 64 };
	expect_boot(d, ONPU_HOST_STATUS_BOOT_BAD_MEMORY, "header not mapped");
	ok(d.read(ONPU_HOST_FAULT_STATUS) == (1u | 2u << 4 | (uint32_t)ONPU_FAULT_MMU << 8) &&
	   d.read(ONPU_HOST_FAULT_VA) == ImageVa, "FAULT_STATUS says so");
	d.unmapped = { 0, 0 };
	d.bus_error = { ImageVa + 4096, 64 };
	expect_boot(d, ONPU_HOST_STATUS_BOOT_BAD_MEMORY, "bus error in the image");
	ok(d.read(ONPU_HOST_FAULT_VA) == ImageVa, "the first fault stays");
	d.write(ONPU_HOST_FAULT_STATUS, 1);
	ok(d.read(ONPU_HOST_FAULT_STATUS) == 0, "until it is cleared");
	expect_boot(d, ONPU_HOST_STATUS_BOOT_BAD_MEMORY, "bus error again");
	ok(d.read(ONPU_HOST_FAULT_STATUS) == (1u | 2u << 4 | (uint32_t)ONPU_FAULT_BUS << 8) &&
	   d.read(ONPU_HOST_FAULT_VA) == ImageVa + 4096, "the next one is latched");
	d.write(ONPU_HOST_FAULT_STATUS, 1);
	d.bus_error = { 0, 0 };
}

static void test_boot(Device &d, const std::vector<uint8_t> &good)
{
	unsigned alls = d.inv_alls;
	uint64_t begin;

	d.image = good;
	begin = d.now;
	bool up = d.hello();
	ok(up, "HELLO, %llu cycles after the start", (unsigned long long)(d.now - begin));
	auto &h = d.shared()->hello;
	ok(h.magic == ONPU_FW_HELLO_MAGIC && h.preset == d.read(ONPU_HOST_CONFIG) &&
	   h.sram_bytes == SRAM_BYTES && !memcmp(h.build, header(d.image)->build, 32), "its contents");
	ok(d.inv_alls == alls + 1, "boot drops all translations");
	ok(d.boot() == ONPU_HOST_STATUS_BOOT_RUNNING, "STATUS says that firmware runs");
	ok(d.until([&] { return d.read(ONPU_HOST_STATUS) & ONPU_HOST_STATUS_ASLEEP; }, 1000),
	   "the core sleeps");
	ok(d.request_run(), "RUNNING");
}

static void test_one_job(Device &d)
{
	onpu_fw_completion r;

	ok(d.enable(3, 8, 1) && d.enable(40, 8, 1), "queues on, in both doorbell words");
	for (unsigned slot : { 3u, 40u, 3u }) {
		uint32_t index = d.add(slot, 5, pick(0, 16));
		unsigned irq = 0;

		d.shared()->completion_host.head = d.shared()->completion_host.arm = d.head;
		d.ring_bell(slot);
		bool good = d.next(&r) && d.same(slot, index);
		d.until([&] { return irq = d.top->irq_o; }, 2000);
		ok(good && irq && r.slot == slot && r.seq == d.queue[slot].first + index &&
		   r.status == ONPU_FW_OK && r.end_cycle > r.start_cycle &&
		   r.busy_cycles == r.end_cycle - r.start_cycle && r.index == d.head - 1,
		   "a job on slot %u, its record and interrupt", slot);
		d.write(ONPU_HOST_IRQ_ACK, 1);
		d.run(500);
	}
}

static void test_latency(Device &d)
{
	onpu_fw_completion r;
	uint64_t worst = 0;

	d.random = false;
	d.enable(7, 64, 2);
	d.add(7, 5, 5);
	d.ring_bell(7);
	d.next(&r);
	for (int i = 0; i < 5; i++) {
		uint64_t bell;

		d.run(3000);
		d.add(7, 5, 5);
		d.ring_bell(7);
		bell = d.now;
		d.next(&r);
		worst = std::max(worst, d.start_pulse - bell);
	}
	ok(worst <= 900, "doorbell to start, two trips to memory: %llu cycles at most, of 900",
	   (unsigned long long)worst);
	// Two or more queued: the gap between them.
	for (int i = 0; i < 20; i++)
		d.add(7, 5, 5);
	d.job_cycles = [] { return 3000; };
	d.ring_bell(7);
	d.next(&r);
	d.gaps = d.gap_sum = d.gap_max = 0;
	for (int i = 1; i < 20; i++)
		d.next(&r);
	d.job_cycles = [] { return pick(50, 2000); };
	// A heartbeat may come in between.
	uint64_t mean = d.gaps ? d.gap_sum / d.gaps : ~0ull;
	ok(mean <= 375 && d.gap_max <= 700,
	   "from end to start of the next: %llu cycles on average, of 375; %llu at most, of 700",
	   (unsigned long long)mean, (unsigned long long)d.gap_max);
	d.random = true;
}

static void test_many(Device &d)
{
	static const unsigned slots[] = { 1, 9, 31, 32, 63 };
	std::deque<uint32_t> pending[64];
	unsigned good = 0, total = 150, submitted = 0, completed = 0, contexts = d.roots;
	onpu_fw_completion r;

	for (unsigned slot : slots)
		d.enable(slot, 8, pick(0, 3));
	while (completed < total) {
		if (submitted < total && chance(60)) {
			unsigned slot = slots[pick(0, 4)];
			auto &q = d.queue[slot];

			if (q.tail - q.done < 8) {
				pending[slot].push_back(d.add(slot, pick(1, 3), pick(0, 16)));
				submitted++;
				d.ring_bell(slot);
			}
			d.run(pick(0, 300));
		} else if (submitted > completed) {
			if (!d.next(&r, 30000))
				break;
			auto &p = pending[r.slot];

			if (!p.empty() && r.seq == d.queue[r.slot].first + p.front() &&
			    r.status == ONPU_FW_OK)
				good++;
			if (!p.empty())
				p.pop_front();
			completed++;
		}
	}
	ok(good == total, "%u of %u jobs on five queues, in order", good, total);
	ok(d.roots > contexts && d.scrubs == d.roots, "context switches scrub (%u)", d.roots - contexts);
}

static void test_ends(Device &d)
{
	onpu_fw_completion r;
	uint32_t index;

	d.enable(3, 8, 1);
	d.next_fault = ONPU_FAULT_OPCODE;
	d.add(3, 5, 2);
	d.ring_bell(3);
	ok(d.next(&r) && r.status == ONPU_FW_FAULT && r.fault == ONPU_FAULT_OPCODE, "a job that faults");
	d.add(3, 5, 17);
	d.ring_bell(3);
	ok(d.next(&r) && r.status == ONPU_FW_BAD_DESCRIPTOR && r.reason == ONPU_FW_BAD_REGIONS,
	   "a malformed descriptor");
	d.bad_root[77] = true;
	d.add(3, 77, 1);
	d.ring_bell(3);
	ok(d.next(&r) && r.status == ONPU_FW_BAD_CONTEXT, "a context without root");
	// Kill.
	d.job_cycles = [] { return 1000000; };
	index = d.add(3, 5, 1);
	d.ring_bell(3);
	d.until([&] { return d.state == RUNNING; }, 5000);
	d.line(3)->host.kill_seq = d.queue[3].first + index;
	d.line(3)->host.kill = 1;
	d.ring_bell(3);
	ok(d.next(&r) && r.status == ONPU_FW_KILLED, "a kill");
	d.line(3)->host.kill = 0;
	d.ring_bell(3);
	d.run(2000);
	// A job that does not stop.
	unsigned resets = d.engine_resets;

	index = d.add(3, 5, 1);
	d.ring_bell(3);
	d.until([&] { return d.state == RUNNING; }, 5000);
	d.hang = true;
	d.line(3)->host.kill_seq = d.queue[3].first + index;
	d.line(3)->host.kill = 1;
	d.ring_bell(3);
	bool fenced = d.until([&] { return d.top->fence_engines_o; }, 30000);
	ok(d.next(&r) && fenced && r.status == ONPU_FW_ENGINE_RESET && d.engine_resets == resets + 1 &&
	   !d.top->fence_engines_o, "an engine that hangs: fence, reset");
	d.line(3)->host.kill = 0;
	d.ring_bell(3);
	d.run(2000);
	// Budget, by firmware: the stand-in does not know one.
	d.add(3, 5, 1, 5000);
	d.ring_bell(3);
	ok(d.next(&r) && r.fault == ONPU_FAULT_WATCHDOG && r.end_cycle - r.start_cycle > 5000,
	   "a budget that is exceeded");
	d.job_cycles = [] { return pick(50, 2000); };
	d.add(3, 5, 3);
	d.ring_bell(3);
	ok(d.next(&r) && r.status == ONPU_FW_OK, "and the queue goes on");
	// The old context stays until the engines have nothing of it any more.
	uint64_t ended = d.last_end;
	unsigned roots = d.roots;

	d.busy_for = d.now - ended + 5000;
	d.add(3, 6, 3);
	d.ring_bell(3);
	d.until([&] { return d.now == ended + d.busy_for; }, 10000);
	bool waited = d.roots == roots && d.top->active_ctx_o == 5 && d.state != RUNNING;
	d.busy_for = 0;
	ok(d.next(&r) && waited && r.status == ONPU_FW_OK && d.job_ctx == 6 && d.roots == roots + 1,
	   "a context switch waits for the engines");
	unsigned before = d.engine_resets;
	d.write(ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN | ONPU_HOST_CONTROL_ENGINE_RESET);
	d.run(3);
	ok(d.engine_resets == before + 1, "the host resets the engines");
}

static void test_preempt(Device &d)
{
	onpu_fw_completion r;
	unsigned moves = d.moves;

	d.enable(3, 8, 0, 0x10000);
	d.enable(4, 8, 3);
	d.live = 3;
	d.job_cycles = [] { return 20000; };
	d.add(3, 5, 2);
	d.ring_bell(3);
	d.until([&] { return d.state == RUNNING; }, 5000);
	d.run(1000);
	d.add(4, 6, 2);
	d.ring_bell(4);
	ok(d.next(&r) && r.slot == 4 && r.status == ONPU_FW_OK, "the urgent job is first");
	d.job_cycles = [] { return 500; };
	ok(d.next(&r) && r.slot == 3 && r.status == ONPU_FW_OK && d.resumes == 1 &&
	   d.line(3)->fw.preempted == 1 && d.moves == moves + 8, "the other one is resumed");
	d.live = 0;
	d.status();
	d.job_cycles = [] { return pick(50, 2000); };
}

static void test_time(Device &d)
{
	uint32_t beat = d.shared()->heartbeat.beat;
	uint64_t asleep = 0, cycles = 4 * ONPU_FW_HEARTBEAT_CYCLES + 5000;

	auto begin = std::chrono::steady_clock::now();
	for (uint64_t i = 0; i < cycles; i++)
		d.tick();
	double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
	for (int i = 0; i < 100; i++)
		asleep += !!(d.read(ONPU_HOST_STATUS) & ONPU_HOST_STATUS_ASLEEP);
	beat = d.shared()->heartbeat.beat - beat;
	ok(beat == 4 || beat == 5, "a heartbeat in each period (%u in 4.1)", beat);
	ok(asleep >= 95, "and sleep in between");
	printf("# asleep: %.0f k cycles/s\n", cycles / seconds / 1e3);
}

static void test_tlb(Device &d)
{
	unsigned before = d.inv_ctx.size();

	d.write(ONPU_HOST_TLB_INV, 123);
	bool waits = !(d.read(ONPU_HOST_TLB_STATUS) & 1) || d.now >= d.inv_until;
	d.until([&] { return d.read(ONPU_HOST_TLB_STATUS) & 1; }, 200);
	ok(waits && d.now >= d.inv_until && d.inv_ctx.size() == before + 1 && d.inv_ctx.back() == 123,
	   "TLB_INV and its status");
	bool early = false;
	for (int i = 0; i < 20; i++) {
		d.write(ONPU_HOST_TLB_INV, i);
		while (!(d.read(ONPU_HOST_TLB_STATUS) & 1))
			;
		early |= d.inv_ctx.back() != (unsigned)i;
	}
	ok(!early, "status waits for its own");
	d.random = false;
	unsigned all = d.inv_alls;
	for (int i = 0; i < 6; i++)
		d.write(ONPU_HOST_TLB_INV, 100 + i);
	while (!(d.read(ONPU_HOST_TLB_STATUS) & 1))
		;
	bool seen = true;
	if (d.inv_alls == all)
		for (int i = 0; i < 6; i++)
			seen &= d.inv_ctx[d.inv_ctx.size() - 6 + i] == 100u + i;
	ok(seen, "commands without waiting: each is done, or all is dropped");
	d.random = true;
}

static void test_fence(Device &d)
{
	onpu_fw_completion r;

	d.enable(3, 8, 1);
	ok(!(d.read(ONPU_HOST_STATUS) & ONPU_HOST_STATUS_DRAINED), "not drained without a fence");
	d.write(ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN | ONPU_HOST_CONTROL_FENCE);
	d.add(3, 5, 1);
	d.ring_bell(3);
	bool drained = d.until([&] { return d.read(ONPU_HOST_STATUS) & ONPU_HOST_STATUS_DRAINED; }, 1000);
	d.run(3000);
	ok(drained && d.state != RUNNING, "behind the host's fence nothing begins");
	d.write(ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN);
	ok(d.next(&r) && r.status == ONPU_FW_OK, "and goes on without it");
}

static void test_restart(Device &d, const std::vector<uint8_t> &good)
{
	onpu_fw_completion r;

	for (int i = 0; i < 6; i++) {
		// In the midst of things: run to 0, and at once or later to 1.
		d.enable(3, 8, 1);
		for (int k = 0; k < 6; k++)
			d.add(3, pick(1, 2), 4);
		d.ring_bell(3);
		d.run(pick(0, 1200));
		d.write(ONPU_HOST_CONTROL, 0);
		d.run(chance(50) ? 0 : pick(0, 300));
		d.state = IDLE;
		d.status();
		d.image = good;
		bool up = d.hello() && d.request_run() && d.enable(3, 8, 1);

		d.add(3, 5, 4);
		d.ring_bell(3);
		if (!up || !d.next(&r) || r.status != ONPU_FW_OK) {
			ok(false, "held and booted again (%d)", i);
			return;
		}
	}
	ok(true, "held and booted again");
	// A read of the core is under way: booting waits for its end.
	d.add(3, 5, 4);
	d.ring_bell(3);
	bool reading = d.until([&] { return !d.reads.empty(); }, 5000);
	unsigned alls = d.inv_alls;
	d.stuck = true;
	d.image = good;
	d.write(ONPU_HOST_CONTROL, 0);
	d.write(ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN);
	d.run(2000);
	bool waits = d.inv_alls == alls && d.boot() == ONPU_HOST_STATUS_BOOT_LOADING;
	d.stuck = false;
	d.shared()->hello.state = 0;
	ok(reading && waits &&
	   d.until([&] { return d.shared()->hello.state == ONPU_FW_STATE_HELLO; }, 200000) &&
	   d.inv_alls == alls + 1 && d.request_run() && d.enable(3, 8, 1),
	   "booting waits for what the core had under way");
	for (int i = 0; i < 3; i++) {
		d.enable(3, 8, 1);
		d.add(3, 5, 4);
		d.ring_bell(3);
		d.run(pick(0, 600));
		d.stuck = i == 2;
		d.run(100);
		d.reset();
		d.stuck = false;
		bool up = d.read(ONPU_HOST_IRQ_ENABLE) == 0 && d.hello() && d.request_run() &&
			d.enable(3, 8, 1);

		d.add(3, 5, 4);
		d.ring_bell(3);
		ok(up && d.next(&r) && r.status == ONPU_FW_OK, "full reset%s, and boot",
		   i == 2 ? " with a bus that hangs" : "");
	}
	d.shared()->control.request = ONPU_FW_REQUEST_HALT;
	d.ring_bell(0);
	// It looks for the stack's paint first, from the far end.
	ok(d.until([&] { return d.shared()->hello.state == ONPU_FW_STATE_HALTED; }, 20000), "HALT");
	d.run(2000);
	d.ring_bell(0);
	d.run(2000);
	ok(d.read(ONPU_HOST_STATUS) & ONPU_HOST_STATUS_ASLEEP, "halted firmware sleeps for good");
	d.reset();
}

static void test_crashes(Device &d, const std::vector<uint8_t> &good)
{
	// Shared block not readable.
	d.image = good;
	d.unmapped = { SharedVa, 0x100000 };
	d.begin(d.image.size());
	ok(d.until([&] { return d.top->irq_o; }, 100000) &&
	   d.read(ONPU_HOST_FW_CRASH) == ONPU_FW_CRASH_SHARED && d.read(ONPU_HOST_IRQ_STATUS) & 2 &&
	   (d.read(ONPU_HOST_FAULT_STATUS) & 0x31) == 0x11, "the shared block is not there");
	d.unmapped = { 0, 0 };
	d.reset();
	// Posted writes fail.
	ok(d.hello() && d.request_run(), "boots again");
	d.read_only = { SharedVa, 0x100000 };
	ok(d.until([&] { return d.top->irq_o && d.read(ONPU_HOST_FW_CRASH) != 0; },
		   ONPU_FW_HEARTBEAT_CYCLES * 2) && d.read(ONPU_HOST_FW_CRASH) == ONPU_FW_CRASH_SHARED,
	   "the shared block cannot be written");
	d.read_only = { 0, 0 };
	d.reset();
	// A ring that cannot be read breaks its queue, no more.
	ok(d.hello() && d.request_run() && d.enable(3, 8, 1), "boots again");
	d.unmapped = { Device::ring(3), 0x1000 };
	d.add(3, 5, 1);
	d.ring_bell(3);
	ok(d.until([&] { return d.line(3)->fw.reason == ONPU_FW_QUEUE_NO_MEMORY; }, 5000) &&
	   d.line(3)->fw.state == ONPU_FW_QUEUE_BROKEN, "a ring that cannot be read");
	d.unmapped = { 0, 0 };
	ok(d.enable(3, 8, 1), "the queue is turned on again");
	d.reset();
	// Illegal instructions where the core would sleep.
	d.image = good;
	for (size_t i = 64 + 512; i + 4 <= d.image.size(); i += 2) {
		uint32_t word;

		memcpy(&word, &d.image[i], 4);
		if (word == 0x10500073)
			memset(&d.image[i], 0, 4);
	}
	seal(d.image);
	d.begin(d.image.size());
	ok(d.until([&] { return d.top->irq_o && d.read(ONPU_HOST_FW_CRASH); }, 100000) &&
	   d.read(ONPU_HOST_FW_CRASH) == ONPU_FW_CRASH_TRAP &&
	   d.shared()->crash.magic == ONPU_FW_CRASH_MAGIC && d.shared()->crash.detail == 2,
	   "an illegal instruction");
	d.reset();
	// A tiny image at the very end of the memory, entry in its midst: says so and stops.
	d.image.assign(64, 0);
	*header(d.image) = *header(const_cast<std::vector<uint8_t> &>(good));
	for (uint32_t word : { 0u, 0u, 0x100002b7u /* lui t0, 0x10000 */, 0x04d00313u /* li t1, 77 */,
			       0x1262ac23u /* sw t1, 0x138(t0) */, 0x00200313u /* li t1, 2 */,
			       0x0062ae23u /* sw t1, 0x1c(t0) */, 0x0000006fu /* j . */ })
		for (int i = 0; i < 4; i++)
			d.image.push_back(word >> 8 * i);
	header(d.image)->load = 65536 - 32;
	header(d.image)->entry = 65536 - 24;
	seal(d.image);
	d.begin(d.image.size());
	ok(d.until([&] { return d.top->irq_o; }, 5000) && d.read(ONPU_HOST_FW_CRASH) == 77,
	   "an image at the end of the memory");
	auto begin = std::chrono::steady_clock::now();
	d.run(100000);
	double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
	printf("# awake: %.0f k cycles/s\n", 100000 / seconds / 1e3);
	d.reset();
	// The largest image: all of the memory; a length that is no multiple of four.
	d.image.resize(64 + 65536, 0);
	header(d.image)->load = 0;
	header(d.image)->entry = 8;
	seal(d.image);
	d.begin(d.image.size());
	ok(d.until([&] { return d.top->irq_o; }, 100000) && d.read(ONPU_HOST_FW_CRASH) == 77,
	   "an image that fills the memory");
	d.reset();
	for (int cut = 1; cut < 4; cut++) {
		d.image.resize(64 + 1001 + cut, 0x5a);
		seal(d.image);
		d.begin(d.image.size());
		ok(d.until([&] { return d.top->irq_o; }, 100000) && d.read(ONPU_HOST_FW_CRASH) == 77,
		   "an image of %u bytes", 1001 + cut);
		d.reset();
	}
}

int main(int argc, char **argv)
{
	std::vector<uint8_t> good = load_image();

	begin(argc, argv);
	auto device = std::make_unique<Device>();
	Device &d = *device;

	d.power();
	test_registers(d);
	test_bad_images(d, good);
	test_boot(d, good);
	test_one_job(d);
	test_latency(d);
	test_many(d);
	test_ends(d);
	test_preempt(d);
	test_time(d);
	test_tlb(d);
	test_fence(d);
	test_restart(d, good);
	test_crashes(d, good);
	ok(!d.write_bytes_wrong && !d.span_wrong, "every bus access had the right shape");
	return end();
}
