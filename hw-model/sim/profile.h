// SPDX-License-Identifier: MIT
// Follows onpu_top's profile port: what each command of a job did, and what the machine waited for.
#ifndef ONPU_SIM_PROFILE_H
#define ONPU_SIM_PROFILE_H

#include <cstdint>
#include <vector>

#include "machine_rtl.h"

class Vonpu_top;

namespace onpu {

class Profile {
public:
	void set_watch(onpu_iss_watch watch, void *ctx) { watch_ = watch; ctx_ = ctx; }
	// In the low phase of the clock, before the edge.
	void clock(const Vonpu_top &top);
	const onpu_rtl_cycles &cycles() const { return cycles_; }

private:
	void command_events(const Vonpu_top &top);
	onpu_command_time *current(int engine);
	void count_compute(onpu_command_time *compute, const Vonpu_top &top);
	void count_wait(const Vonpu_top &top);

	onpu_iss_watch watch_ = nullptr;
	void *ctx_ = nullptr;
	uint64_t now_ = 0;
	bool stopped_ = true;
	std::vector<onpu_command_time> times_;
	// Of each engine: the commands that have started and not completed, as indices of times_.
	std::vector<size_t> open_[3];
	// Cycles of the command processor, for the command that starts next.
	uint64_t commands_ = 0;
	onpu_rtl_cycles cycles_ = {};
};

} // namespace onpu

#endif
