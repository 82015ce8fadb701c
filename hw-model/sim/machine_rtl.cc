// SPDX-License-Identifier: MIT
// The compiled RTL behind the machine interface: clock, registers, interrupt, memory, profile.
#include "machine_rtl.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "memory.h"
#include "profile.h"
#include "profile_port.h"
#include "regs/onpu_regs.h"
#include "verilated.h"
#include "verilated_fst_c.h"
#include "Vonpu_top.h"
#include "Vonpu_top__Dpi.h"

// Cycles that a register access may take before the device counts as broken.
constexpr int kMaxAccess = 1000;
// From the host's command to the end of a full reset, at most.
constexpr int kResetCycles = 8;
constexpr uint32_t kBanks = 32;

extern "C" const uint8_t onpu_rtl_image[];
extern "C" const size_t onpu_rtl_image_size;

namespace {

class Machine {
public:
	// First: the interface's functions see only this.
	onpu_model model;

	Machine(const onpu_model_host &host, const onpu_rtl_options &options);
	~Machine();
	bool open_trace(const onpu_rtl_options &options);

	uint32_t read(uint32_t offset);
	void write(uint32_t offset, uint32_t value);
	uint64_t run(uint64_t cycles);

	int inject(onpu_inject what, uint64_t n);
	void access_sram(uint32_t addr, uint8_t *data, uint32_t size, bool write);
	onpu::Profile profile;

private:
	void tick();
	void put_memory(const onpu::AxiSlave &slave);
	onpu::AxiMaster get_memory() const;
	void follow_interrupt();
	void follow_control(uint32_t value);

	onpu_model_host host_;
	std::unique_ptr<VerilatedContext> context_;
	std::unique_ptr<Vonpu_top> top_;
	std::unique_ptr<VerilatedFstC> trace_;
	onpu::Memory memory_;
	uint64_t trace_from_ = 0, trace_to_ = 0;
	uint64_t now_ = 0;
	bool line_ = false;
	svScope sram_scope_[kBanks], command_scope_, core_scope_;
	uint64_t lost_interrupt_ = 0;
	bool removed_ = false;
};

Machine::Machine(const onpu_model_host &host, const onpu_rtl_options &options)
	: host_(host), context_(new VerilatedContext),
	  memory_(host, ONPU_V, options.bytes_per_cycle ? options.bytes_per_cycle : 8,
		  options.latency ? options.latency : 100, options.seed)
{
	context_->randReset(options.seed ? 2 : 0);
	context_->randSeed(static_cast<int>(options.seed & 0x7fffffff));
	context_->traceEverOn(options.trace != nullptr);
	top_.reset(new Vonpu_top(context_.get(), "onpu"));
	for (uint32_t i = 0; i < kBanks; i++) {
		std::string name = "onpu.onpu_top.u_sram.gen_bank[" + std::to_string(i) + "].u_bank";

		sram_scope_[i] = svGetScopeFromName(name.c_str());
	}
	command_scope_ = svGetScopeFromName("onpu.onpu_top.u_command");
	core_scope_ = svGetScopeFromName("onpu.onpu_top.u_control.u_core");
	// Inputs are the harness's; only what is inside begins at random.
	top_->s_axil_awvalid_i = 0;
	top_->s_axil_wvalid_i = 0;
	top_->s_axil_bready_i = 0;
	top_->s_axil_arvalid_i = 0;
	top_->s_axil_rready_i = 0;
	top_->clk_i = 0;
	top_->rst_ni = 0;
	// What assertions remember of the cycle before is not reset.
	context_->assertOn(false);
	top_->eval();
	for (int i = 0; i < 4; i++)
		tick();
	context_->assertOn(true);
	top_->rst_ni = 1;
	now_ = 0;
}

Machine::~Machine()
{
	if (trace_)
		trace_->close();
	top_->final();
}

bool Machine::open_trace(const onpu_rtl_options &options)
{
	if (!options.trace)
		return true;
	trace_.reset(new VerilatedFstC);
	top_->trace(trace_.get(), 99);
	trace_->open(options.trace);
	trace_from_ = options.trace_from;
	trace_to_ = options.trace_to ? options.trace_to : UINT64_MAX;
	return trace_->isOpen();
}

void Machine::put_memory(const onpu::AxiSlave &slave)
{
	top_->axi_ar_ready_i = slave.ar_ready;
	top_->axi_aw_ready_i = slave.aw_ready;
	top_->axi_w_ready_i = slave.w_ready;
	top_->axi_r_valid_i = slave.r_valid;
	top_->axi_b_valid_i = slave.b_valid;
	if (slave.r_valid) {
		top_->axi_r_id_i = slave.r_id;
		top_->axi_r_resp_i = slave.r_resp;
		top_->axi_r_last_i = slave.r_last;
		std::memcpy(&top_->axi_r_data_i, slave.r_data, ONPU_V);
	}
	if (slave.b_valid) {
		top_->axi_b_id_i = slave.b_id;
		top_->axi_b_resp_i = slave.b_resp;
	}
}

onpu::AxiMaster Machine::get_memory() const
{
	onpu::AxiMaster m = {};

	m.ar_valid = top_->axi_ar_valid_o;
	m.ar_id = top_->axi_ar_id_o;
	m.ar_len = top_->axi_ar_len_o;
	m.ar_addr = top_->axi_ar_addr_o;
	m.r_ready = top_->axi_r_ready_o;
	m.aw_valid = top_->axi_aw_valid_o;
	m.aw_id = top_->axi_aw_id_o;
	m.aw_len = top_->axi_aw_len_o;
	m.aw_addr = top_->axi_aw_addr_o;
	m.w_valid = top_->axi_w_valid_o;
	m.w_strb = static_cast<uint32_t>(top_->axi_w_strb_o);
	m.w_last = top_->axi_w_last_o;
	// One word of 64 bits, or several of 32.
	m.w_data = reinterpret_cast<const uint8_t *>(&top_->axi_w_data_o);
	m.b_ready = top_->axi_b_ready_o;
	return m;
}

// One cycle: inputs after the last edge, then the next rising edge.
void Machine::tick()
{
	// For messages.
	context_->time(now_);
	put_memory(memory_.drive());
	top_->clk_i = 0;
	top_->eval();
	onpu::AxiMaster master = get_memory();
	uint8_t data[32];

	if (master.w_valid) {
		std::memcpy(data, master.w_data, ONPU_V);
		master.w_data = data;
	}
	profile.clock(*top_);
	memory_.booting = onpu::profile_bits(*top_) & onpu::kBoot;
	bool traced = trace_ && now_ >= trace_from_ && now_ < trace_to_;

	if (traced)
		trace_->dump(2 * now_);
	top_->clk_i = 1;
	top_->eval();
	if (traced)
		trace_->dump(2 * now_ + 1);
	// Before the reset has worked the master's outputs mean nothing.
	if (top_->rst_ni)
		memory_.clock(master);
	now_++;
}

void Machine::follow_interrupt()
{
	bool level = top_->irq_o;

	if (level == line_)
		return;
	line_ = level;
	if (level && lost_interrupt_ && --lost_interrupt_ == 0)
		return;
	host_.interrupt(host_.ctx, level);
}

uint32_t Machine::read(uint32_t offset)
{
	if (removed_)
		return UINT32_MAX;
	top_->s_axil_araddr_i = offset & 0xfff;
	top_->s_axil_arvalid_i = 1;
	top_->s_axil_rready_i = 1;
	bool accepted = false;

	for (int i = 0; i < kMaxAccess; i++) {
		top_->eval();
		bool ready = top_->s_axil_arready_o && top_->s_axil_arvalid_i;
		bool valid = top_->s_axil_rvalid_o;
		uint32_t value = top_->s_axil_rdata_o;

		tick();
		follow_interrupt();
		if (ready)
			accepted = true;
		if (accepted)
			top_->s_axil_arvalid_i = 0;
		if (valid) {
			top_->s_axil_rready_i = 0;
			return value;
		}
	}
	return UINT32_MAX;
}

// A full reset forgets what the master has open.  So does its port of the memory: answers that
// nobody waits for would come else, and nothing did where the host had drained it.
void Machine::follow_control(uint32_t value)
{
	if (value & ONPU_HOST_CONTROL_FULL_RESET) {
		memory_.close();
		for (int i = 0; i < kResetCycles; i++)
			tick();
		memory_.open();
		follow_interrupt();
	}
	if (value & ONPU_HOST_CONTROL_FULL_RESET || !(value & ONPU_HOST_CONTROL_RUN))
		memory_.stop_boot();
}

void Machine::write(uint32_t offset, uint32_t value)
{
	if (removed_)
		return;
	top_->s_axil_awaddr_i = offset & 0xfff;
	top_->s_axil_awvalid_i = 1;
	top_->s_axil_wdata_i = value;
	top_->s_axil_wstrb_i = 0xf;
	top_->s_axil_wvalid_i = 1;
	top_->s_axil_bready_i = 1;
	for (int i = 0; i < kMaxAccess; i++) {
		top_->eval();
		bool aw = top_->s_axil_awready_o && top_->s_axil_awvalid_i;
		bool w = top_->s_axil_wready_o && top_->s_axil_wvalid_i;
		bool valid = top_->s_axil_bvalid_o;

		tick();
		follow_interrupt();
		if (aw)
			top_->s_axil_awvalid_i = 0;
		if (w)
			top_->s_axil_wvalid_i = 0;
		if (valid)
			break;
	}
	top_->s_axil_bready_i = 0;
	if (offset == ONPU_HOST_CONTROL)
		follow_control(value);
}

uint64_t Machine::run(uint64_t cycles)
{
	uint64_t done = 0;

	if (removed_)
		return cycles;
	while (done < cycles) {
		bool line = line_;

		tick();
		done++;
		follow_interrupt();
		if (line_ && !line)
			break;
	}
	return done;
}

int Machine::inject(onpu_inject what, uint64_t n)
{
	switch (what) {
	case ONPU_INJECT_BUS_ERROR:
		memory_.fail_engine = n;
		return 0;
	case ONPU_INJECT_CORE_BUS_ERROR:
		memory_.fail_core = n;
		return 0;
	case ONPU_INJECT_LOST_INTERRUPT:
		lost_interrupt_ = n;
		return 0;
	case ONPU_INJECT_HANG:
		svSetScope(command_scope_);
		onpu_hang(n);
		return 0;
	case ONPU_INJECT_STUCK_BUS:
		memory_.stuck = n;
		return 0;
	case ONPU_INJECT_CORRUPT_IMAGE:
		memory_.corrupt = n;
		return 0;
	case ONPU_INJECT_STOPPED_FIRMWARE:
		svSetScope(core_scope_);
		onpu_stop_core(n != 0);
		return 0;
	case ONPU_INJECT_REMOVED:
		removed_ = n;
		return 0;
	case ONPU_INJECT_COUNT:
		break;
	}
	return -1;
}

void Machine::access_sram(uint32_t addr, uint8_t *data, uint32_t size, bool write)
{
	svBitVecVal row[ONPU_V / 4];
	uint32_t step;

	for (uint32_t i = 0; i < size; i += step) {
		uint32_t at = addr + i, bank = at / ONPU_V % kBanks, in_row = at % ONPU_V;

		step = std::min<uint32_t>(ONPU_V - in_row, size - i);
		svSetScope(sram_scope_[bank]);
		onpu_sram_peek(static_cast<int>(at / ONPU_V / kBanks), row);
		uint8_t *bytes = reinterpret_cast<uint8_t *>(row) + in_row;

		if (write) {
			std::memcpy(bytes, data + i, step);
			onpu_sram_poke(static_cast<int>(at / ONPU_V / kBanks), row);
		} else {
			std::memcpy(data + i, bytes, step);
		}
	}
}

Machine *machine_of(onpu_model *model)
{
	return reinterpret_cast<Machine *>(model);
}

void machine_free(onpu_model *model)
{
	delete machine_of(model);
}

uint32_t machine_read(onpu_model *model, uint32_t offset)
{
	return machine_of(model)->read(offset);
}

void machine_write(onpu_model *model, uint32_t offset, uint32_t value)
{
	machine_of(model)->write(offset, value);
}

uint64_t machine_run(onpu_model *model, uint64_t cycles)
{
	return machine_of(model)->run(cycles);
}

const onpu_model_ops ops = { "rtl", machine_free, machine_read, machine_write, machine_run };

} // namespace

onpu_model *onpu_rtl_new(const onpu_model_host *host, const onpu_rtl_options *options,
			 const char **error)
try {
	std::unique_ptr<Machine> machine;

	if (options->abi != ONPU_RTL_ABI) {
		*error = "the RTL model was built for another version of this library";
		return nullptr;
	}
	machine.reset(new (std::nothrow) Machine(*host, *options));
	if (!machine) {
		*error = "out of memory";
		return nullptr;
	}
	if (!machine->open_trace(*options)) {
		*error = "the trace file cannot be written";
		return nullptr;
	}
	machine->model.ops = &ops;
	return &machine.release()->model;
} catch (const std::bad_alloc &) {
	*error = "out of memory";
	return nullptr;
}

const void *onpu_rtl_firmware(size_t *size)
{
	*size = onpu_rtl_image_size;
	return onpu_rtl_image;
}

void onpu_rtl_set_watch(onpu_model *model, onpu_iss_watch watch, void *ctx)
{
	machine_of(model)->profile.set_watch(watch, ctx);
}

void onpu_rtl_get_cycles(const onpu_model *model, onpu_rtl_cycles *cycles)
{
	*cycles = reinterpret_cast<const Machine *>(model)->profile.cycles();
}

int onpu_rtl_inject(onpu_model *model, onpu_inject what, uint64_t n)
{
	return machine_of(model)->inject(what, n);
}

void onpu_rtl_sram(onpu_model *model, uint32_t addr, void *data, uint32_t size, bool write)
{
	machine_of(model)->access_sram(addr, static_cast<uint8_t *>(data), size, write);
}
