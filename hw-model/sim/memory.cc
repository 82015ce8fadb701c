// SPDX-License-Identifier: MIT
#include "memory.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace onpu {

// Bursts that are accepted before their data have moved.
constexpr size_t kMaxBursts = 64;
constexpr uint8_t kSlaveError = 2;

Memory::Memory(const onpu_model_host &host, uint32_t beat, uint32_t bytes_per_cycle,
	       uint32_t latency, uint64_t seed)
	: host_(host), beat_(beat), rate_(bytes_per_cycle), latency_(latency),
	  state_(seed * 0x9e3779b97f4a7c15ull + 1), is_random_(seed != 0)
{
}

uint64_t Memory::random()
{
	state_ ^= state_ << 13;
	state_ ^= state_ >> 7;
	state_ ^= state_ << 17;
	return state_;
}

uint32_t Memory::random_latency()
{
	if (!is_random_)
		return latency_;
	return static_cast<uint32_t>(random() % (2 * latency_ + 1));
}

bool Memory::strikes(uint8_t id)
{
	uint64_t &n = id == 2 ? fail_core : fail_engine;

	return id < 3 && n && --n == 0;
}

// With a seed, bursts of different IDs overtake each other; of one ID they never do.
void Memory::pick_read()
{
	size_t at = 0;

	if (!is_random_ || reads_.size() < 2)
		return;
	at = random() % reads_.size();
	for (size_t i = 0; i < at; i++)
		if (reads_[i].id == reads_[at].id)
			return;
	if (reads_[at].ready_at > now_)
		return;
	Read read = reads_[at];
	reads_.erase(reads_.begin() + static_cast<long>(at));
	reads_.push_front(read);
}

template <typename Queue, typename Test> void to_front(Queue &queue, Test test)
{
	auto found = std::find_if(queue.begin(), queue.end(), test);

	if (found != queue.end() && found != queue.begin())
		std::rotate(queue.begin(), found, std::next(found));
}

// Others are served while the engines wait; the order of each ID stays.
void Memory::pass_stuck()
{
	to_front(reads_, [this](const Read &read) { return !waits(read.id); });
	to_front(answers_, [this](const Answer &answer) { return !waits(answer.id); });
}

// The boot hardware reads the image once, from its first byte on.
void Memory::damage_image()
{
	if (image_at_ == 0) {
		flip_ = corrupt;
		corrupt = 0;
	}
	if (flip_ && (flip_ - 1) / 8 >= image_at_ && (flip_ - 1) / 8 < image_at_ + beat_)
		out_.r_data[(flip_ - 1) / 8 - image_at_] ^= static_cast<uint8_t>(1u << (flip_ - 1) % 8);
	image_at_ += beat_;
}

void Memory::open()
{
	closed_ = false;
	reads_.clear();
	writes_.clear();
	answers_.clear();
	out_ = {};
	w_valid_ = false;
}

// The next beat of the first burst goes out; its bytes are read now.
void Memory::read_beat()
{
	Read &read = reads_.front();

	out_.r_valid = true;
	out_.r_id = read.id;
	out_.r_last = read.beats == 1;
	out_.r_resp = 0;
	if (strikes(read.id) || host_.read(host_.ctx, read.address, out_.r_data, beat_)) {
		out_.r_resp = kSlaveError;
		std::memset(out_.r_data, 0, sizeof(out_.r_data));
	} else if (booting && read.id == 2) {
		damage_image();
	}
	read.address += beat_;
	if (--read.beats == 0) {
		reads_.pop_front();
		pick_read();
	}
}

const AxiSlave &Memory::drive()
{
	bool read_waits, write_waits;

	if (closed_) {
		out_ = {};
		return out_;
	}
	if (stuck)
		pass_stuck();
	out_.ar_ready = reads_.size() < kMaxBursts && !(is_random_ && random() % 4 == 0);
	out_.aw_ready = writes_.size() < kMaxBursts && !(is_random_ && random() % 4 == 0);
	// Moving one beat costs its bytes; the budget does not grow beyond what one beat needs.
	budget_ += rate_;
	if (budget_ > beat_ + rate_ - 1)
		budget_ = beat_ + rate_ - 1;
	read_waits = !out_.r_valid && !reads_.empty() && !waits(reads_.front().id) &&
		     reads_.front().ready_at <= now_ && !(is_random_ && random() % 4 == 0);
	write_waits = w_valid_ && !writes_.empty() && !(is_random_ && random() % 4 == 0);
	out_.w_ready = false;
	if (budget_ >= beat_ && read_waits && !(write_waits && last_was_read_)) {
		read_beat();
		budget_ -= beat_;
		last_was_read_ = true;
	} else if (budget_ >= beat_ && write_waits) {
		out_.w_ready = true;
		last_was_read_ = false;
	} else if (budget_ >= beat_ && read_waits) {
		read_beat();
		budget_ -= beat_;
	}
	if (!out_.b_valid && !answers_.empty() && !waits(answers_.front().id) &&
	    answers_.front().ready_at <= now_) {
		out_.b_valid = true;
		out_.b_id = answers_.front().id;
		out_.b_resp = answers_.front().fail ? kSlaveError : 0;
		answers_.pop_front();
	}
	return out_;
}

void Memory::write_beat(const AxiMaster &master)
{
	Write &write = writes_.front();
	uint32_t i = 0;

	if (strikes(write.id))
		write.fail = true;
	// Runs of bytes that are enabled.
	while (i < beat_) {
		uint32_t end = i;

		while (end < beat_ && master.w_strb >> end & 1)
			end++;
		if (end > i && !write.fail &&
		    host_.write(host_.ctx, write.address + i, master.w_data + i, end - i))
			write.fail = true;
		i = end + 1;
	}
	write.address += beat_;
	if (--write.beats == 0 || master.w_last) {
		answers_.push_back({ write.id, write.fail, now_ + random_latency() });
		writes_.pop_front();
	}
}

void Memory::clock(const AxiMaster &master)
{
	if (master.ar_valid && out_.ar_ready)
		// Bytes travel on the lanes of their address.
		reads_.push_back({ master.ar_id, master.ar_addr & ~(beat_ - 1ull), master.ar_len + 1u,
				   now_ + random_latency() });
	if (out_.r_valid && master.r_ready)
		out_.r_valid = false;
	if (master.w_valid && out_.w_ready) {
		write_beat(master);
		budget_ -= beat_;
	}
	if (master.aw_valid && out_.aw_ready)
		writes_.push_back({ master.aw_id, false, master.aw_addr & ~(beat_ - 1ull),
				    master.aw_len + 1u });
	if (out_.b_valid && master.b_ready)
		out_.b_valid = false;
	w_valid_ = master.w_valid;
	now_++;
}

} // namespace onpu
