// SPDX-License-Identifier: MIT
// The profile port's bits (profile_t in onpu_pkg.sv, from the low end).
#ifndef ONPU_SIM_PROFILE_PORT_H
#define ONPU_SIM_PROFILE_PORT_H

#include <cstdint>

#include "Vonpu_top.h"

namespace onpu {

enum : uint32_t {
	kStallOp2 = 1u << 0,
	kStallWrite = 1u << 1,
	kStallBank = 1u << 2,
	kStallAcc = 1u << 3,
	kStallWeights = 1u << 4,
	kActive = 1u << 8,
	kStallMmu = 1u << 9,
	kWalk = 1u << 10,
	kBoot = 1u << 11,
	kStopped = 1u << 12,
};

// Words of 32 bits.
inline uint32_t profile_field(const Vonpu_top &top, unsigned int low, unsigned int bits)
{
	unsigned int word = low / 32, shift = low % 32;
	uint64_t value = top.profile_o[word];

	if (shift + bits > 32)
		value |= static_cast<uint64_t>(top.profile_o[word + 1]) << 32;
	return static_cast<uint32_t>(value >> shift & ((1ull << bits) - 1));
}

inline uint32_t profile_bits(const Vonpu_top &top) { return top.profile_o[0] & 0x1fff; }
inline uint32_t profile_mode(const Vonpu_top &top) { return top.profile_o[0] >> 5 & 7; }
inline uint8_t profile_ctx(const Vonpu_top &top)
{
	return static_cast<uint8_t>(profile_field(top, 13, 8));
}
inline uint32_t profile_store_bytes(const Vonpu_top &top) { return profile_field(top, 21, 10); }
inline uint32_t profile_load_bytes(const Vonpu_top &top) { return profile_field(top, 31, 10); }
inline uint32_t profile_done(const Vonpu_top &top) { return profile_field(top, 41, 3); }
inline uint32_t profile_start(const Vonpu_top &top) { return profile_field(top, 44, 3); }
inline uint32_t profile_offset(const Vonpu_top &top, unsigned int engine)
{
	return profile_field(top, 47 + 32 * engine, 32);
}
// The next compute command waits for DMA commands.
inline bool profile_wait_load(const Vonpu_top &top) { return profile_field(top, 146, 1); }
inline bool profile_wait_store(const Vonpu_top &top) { return profile_field(top, 147, 1); }
// Of a weight block whose header is taken.
inline uint32_t profile_block_mode(const Vonpu_top &top) { return profile_field(top, 143, 2); }
inline bool profile_block(const Vonpu_top &top) { return profile_field(top, 145, 1); }

} // namespace onpu

#endif
