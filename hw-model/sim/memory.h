// SPDX-License-Identifier: MIT
// External memory behind the AXI4 master: bytes a cycle for reads and writes together, a latency,
// and, with a seed, random latency, order between IDs, and back-pressure.
#ifndef ONPU_SIM_MEMORY_H
#define ONPU_SIM_MEMORY_H

#include <cstdint>
#include <deque>
#include <vector>

#include "machine.h"

namespace onpu {

// What the master drives, and what it sees, in a cycle.  Data are `beat` bytes.
struct AxiMaster {
	bool ar_valid, r_ready, aw_valid, w_valid, b_ready;
	uint8_t ar_id, ar_len, aw_id, aw_len;
	uint64_t ar_addr, aw_addr;
	const uint8_t *w_data;
	uint32_t w_strb;
	bool w_last;
};

struct AxiSlave {
	bool ar_ready, r_valid, aw_ready, w_ready, b_valid;
	uint8_t r_id, r_resp, b_id, b_resp;
	bool r_last;
	uint8_t r_data[32];
};

class Memory {
public:
	Memory(const onpu_model_host &host, uint32_t beat, uint32_t bytes_per_cycle,
	       uint32_t latency, uint64_t seed);

	// What the slave drives in the coming cycle.
	const AxiSlave &drive();
	// The clock edge: the master's outputs of that cycle.
	void clock(const AxiMaster &master);

	// The n-th beat of data of the engines (IDs 0, 1), or of the control core (2), fails; 0: none.
	uint64_t fail_engine = 0, fail_core = 0;
	// The engines get no more answers; what they have open waits.
	bool stuck = false;
	// Bit n - 1 of the next firmware image is read wrong; 0: none.
	uint64_t corrupt = 0;
	// The control core's reads are those of the boot hardware, which has stopped in between.
	bool booting = false;
	void stop_boot() { image_at_ = 0; }
	// While it is closed nothing moves; then all that was under way is forgotten.
	void close() { closed_ = true; }
	void open();

private:
	struct Read {
		uint8_t id;
		uint64_t address;
		uint32_t beats;
		uint64_t ready_at;
	};
	struct Write {
		uint8_t id;
		bool fail;
		uint64_t address;
		uint32_t beats;
	};
	struct Answer {
		uint8_t id;
		bool fail;
		uint64_t ready_at;
	};

	bool strikes(uint8_t id);
	bool waits(uint8_t id) const { return stuck && id < 2; }
	uint64_t random();
	uint32_t random_latency();
	void pick_read();
	void pass_stuck();
	void damage_image();
	void read_beat();
	void write_beat(const AxiMaster &master);

	onpu_model_host host_;
	uint32_t beat_, rate_, latency_;
	uint64_t state_;
	bool is_random_;
	uint64_t now_ = 0;
	// Bytes that may move now.
	uint32_t budget_ = 0;
	bool last_was_read_ = false;
	// Data were offered in the last cycle: a beat's room is kept for them.
	bool w_valid_ = false;
	bool closed_ = false;
	// Bytes of the image that were read, and the bit of it that flips.
	uint64_t image_at_ = 0, flip_ = 0;
	std::deque<Read> reads_;
	std::deque<Write> writes_;
	std::deque<Answer> answers_;
	AxiSlave out_ = {};
};

} // namespace onpu

#endif
