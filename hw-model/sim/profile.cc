// SPDX-License-Identifier: MIT
#include "profile.h"

#include "profile_port.h"

namespace onpu {

onpu_command_time *Profile::current(int engine)
{
	return open_[engine].empty() ? nullptr : &times_[open_[engine].front()];
}

void Profile::command_events(const Vonpu_top &top)
{
	uint32_t start = profile_start(top), done = profile_done(top);

	for (int e = 0; e < 3; e++) {
		if (done >> e & 1 && !open_[e].empty()) {
			times_[open_[e].front()].end = now_;
			open_[e].erase(open_[e].begin());
		}
		if (start >> e & 1) {
			onpu_command_time time = {};

			time.stream_offset = profile_offset(top, e);
			time.start = now_;
			time.work.commands = 1;
			if (e == ONPU_ENGINE_COMPUTE) {
				time.cycles.commands = commands_;
				commands_ = 0;
			}
			open_[e].push_back(times_.size());
			times_.push_back(time);
		}
	}
}

// Array steps by mode, as the functional model counts them.
static void count_step(onpu_counters *work, uint32_t mode)
{
	switch (mode) {
	case 0: work->steps_d++; break;
	case 1: work->steps_g2++; break;
	case 2: work->steps_g4++; break;
	case 4: work->steps_pair++; break;
	case 5: work->steps_depthwise++; break;
	case 6: work->steps_vector++; break;
	}
}

// Weight blocks by mode, as block_e numbers them.
static void count_block(onpu_counters *work, uint32_t mode)
{
	switch (mode) {
	case ONPU_BLOCK_D: work->blocks_d++; break;
	case ONPU_BLOCK_G2: work->blocks_g2++; break;
	case ONPU_BLOCK_G4: work->blocks_g4++; break;
	case ONPU_BLOCK_NONE: work->blocks_none++; break;
	}
}

void Profile::count_compute(onpu_command_time *compute, const Vonpu_top &top)
{
	uint32_t bits = profile_bits(top);

	cycles_.busy++;
	compute->work.compute_cycles++;
	if (bits & kActive) {
		count_step(&compute->work, profile_mode(top));
		compute->cycles.active++;
		cycles_.active++;
	} else if (bits & kStallWeights) {
		compute->cycles.decoder++;
		cycles_.weights++;
	} else if (bits & kStallAcc) {
		compute->cycles.post++;
		cycles_.accumulators++;
	} else if (bits & kStallBank) {
		compute->cycles.bank++;
		cycles_.bank++;
	} else {
		compute->cycles.fill++;
	}
	if (profile_block(top))
		count_block(&compute->work, profile_block_mode(top));
	cycles_.write += !!(bits & kStallWrite);
	cycles_.operand += !!(bits & kStallOp2);
}

// No compute command runs.  Which DMA command is waited for: the oldest of an engine, as they complete in
// order.  If the one that is waited for has not started, it may wait for the other engine itself.
void Profile::count_wait(const Vonpu_top &top)
{
	bool load = profile_wait_load(top), store = profile_wait_store(top);
	onpu_command_time *dma = nullptr;

	if (load)
		dma = current(ONPU_ENGINE_LOAD);
	if (!dma && (load || store))
		dma = current(ONPU_ENGINE_STORE);
	if (!dma && store)
		dma = current(ONPU_ENGINE_LOAD);
	if (!dma)
		commands_++;
	else if (profile_bits(top) & kStallMmu)
		dma->cycles.walk++;
	else
		dma->cycles.waited++;
}

void Profile::clock(const Vonpu_top &top)
{
	uint32_t bits = profile_bits(top);
	bool stopped = bits & kStopped;

	if (!stopped || !stopped_) {
		// A command's last bytes come no later than its completion.
		if (onpu_command_time *load = current(ONPU_ENGINE_LOAD))
			load->work.read_bytes += profile_load_bytes(top);
		if (onpu_command_time *store = current(ONPU_ENGINE_STORE))
			store->work.write_bytes += profile_store_bytes(top);
		command_events(top);
		if (onpu_command_time *compute = current(ONPU_ENGINE_COMPUTE))
			count_compute(compute, top);
		else if (!stopped)
			count_wait(top);
		cycles_.mmu += !!(bits & kStallMmu);
		cycles_.walks += !!(bits & kWalk);
	}
	if (stopped && !stopped_) {
		if (!times_.empty())
			times_.back().cycles.commands += commands_;
		commands_ = 0;
		if (watch_)
			watch_(ctx_, profile_ctx(top), times_.data(), times_.size());
		times_.clear();
		for (auto &open : open_)
			open.clear();
	}
	stopped_ = stopped;
	now_++;
}

} // namespace onpu
