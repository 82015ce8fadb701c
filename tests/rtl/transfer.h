// SPDX-License-Identifier: MIT
//
// What the tests of LOAD and STORE share: commands, and the external memory that fails.
#ifndef ONPU_TEST_TRANSFER_H
#define ONPU_TEST_TRANSFER_H

#include <algorithm>
#include <set>

#include "bench.h"

extern "C" {
#include "dma.c"
}

// Blocks of 512 bytes of the external memory that fail.
inline std::set<uint32_t> poison;

inline bool poison_is_bus(uint32_t va) { return va >> 9 & 1; }

inline bool first_poison(uint32_t va, size_t size, uint32_t *fault_va)
{
	auto it = poison.lower_bound(va >> 9);

	if (it == poison.end() || *it > (va + size - 1) >> 9)
		return false;
	*fault_va = std::max(va, *it << 9);
	return true;
}

struct Command {
	onpu_cmd_load c = {};
	bool ctx0 = false;
	bool fill() const { return c.head.opcode == ONPU_OPCODE_FILL; }
	uint64_t bytes() const { return (uint64_t)c.n0 * c.n1 * c.n2; }
};

// Appends fields from the lowest bit on.
struct Packer {
	uint8_t bytes[36] = {};
	unsigned at = 0;
	void add(uint64_t value, unsigned width)
	{
		for (unsigned i = 0; i < width; i++, at++)
			bytes[at / 8] |= (uint8_t)((value >> i & 1) << at % 8);
	}
};

inline void pack(const Command &command, Packer &p)
{
	const onpu_cmd_load &c = command.c;

	p.add(c.row, 16);
	p.add(c.ring, 16);
	p.add((uint64_t)c.ring * c.sram_stride2, 20);
	p.add(c.sram_stride2, 20);
	p.add(c.sram_stride1, 20);
	p.add(c.addr + c.row * c.sram_stride2, 20);
	p.add(c.ext_stride2, 32);
	p.add(c.ext_stride1, 32);
	p.add(c.n2, 16);
	p.add(c.n1, 16);
	p.add(c.n0, 32);
	p.add(c.offset, 32);
	p.add(command.ctx0, 1);
	p.add(c.value, 8);
	p.add(command.fill(), 1);
}

// Rows that a transfer reaches, from `addr` on.
inline uint64_t sram_end(const onpu_cmd_load &c)
{
	uint64_t r = c.row + c.n2 - 1u;

	if (c.ring && c.ring - 1u < r)
		r = c.ring - 1u;
	return c.addr + r * c.sram_stride2 + (uint64_t)(c.n1 - 1) * c.sram_stride1 + c.n0;
}

inline uint64_t ext_end(const onpu_cmd_load &c)
{
	return c.offset + (uint64_t)(c.n2 - 1) * c.ext_stride2 +
	       (uint64_t)(c.n1 - 1) * c.ext_stride1 + c.n0;
}

// LOAD or STORE, or FILL with a chance of `fills` percent.
inline Command random_command(onpu_opcode opcode, uint32_t fills, bool may_overlap)
{
	for (;;) {
		Command command;
		onpu_cmd_load &c = command.c;
		unsigned shape = pick(0, 3);

		c.head.opcode = (uint8_t)(fills && chance(fills) ? ONPU_OPCODE_FILL : opcode);
		c.n0 = shape == 0 ? pick(1, 9) : shape == 1 ? pick(1, 4 * V) : shape == 2 ?
		       pick(1, 6) * V : pick(200, 1600);
		c.n1 = (uint16_t)(chance(30) ? 1 : pick(1, 12));
		c.n2 = (uint16_t)(chance(30) ? 1 : pick(1, 9));
		c.sram_stride1 = chance(40) ? c.n0 : c.n0 + pick(0, 70);
		c.sram_stride2 = chance(40) ? c.n0 * c.n1 : c.sram_stride1 * c.n1 + pick(0, 90);
		c.ext_stride1 = chance(40) ? c.n0 : c.n0 + pick(0, 700);
		c.ext_stride2 = chance(40) ? c.n0 * c.n1 : c.ext_stride1 * c.n1 + pick(0, 700);
		if (may_overlap && chance(10))
			c.sram_stride1 = pick(0, c.n0);
		if (may_overlap && chance(10))
			c.ext_stride1 = pick(0, c.n0);
		if (chance(50)) {
			c.ring = (uint16_t)pick(1, c.n2 + 3u);
			c.row = (uint16_t)pick(0, c.ring - 1u);
			if (!may_overlap && c.ring < c.n2)
				continue;
		} else if (chance(50)) {
			c.row = (uint16_t)pick(0, 5);
		}
		c.value = command.fill() ? (uint8_t)rng() : 0;
		command.ctx0 = chance(20);
		if (chance(15))
			c.addr = (uint32_t)(SRAM_BYTES - std::min<uint64_t>(sram_end(c), SRAM_BYTES));
		else
			c.addr = chance(30) ? pick(0, SRAM_BYTES / V - 1) * V : pick(0, SRAM_BYTES - 1);
		if (command.fill()) {
			c.ext_stride1 = c.ext_stride2 = 0;
		} else {
			c.offset = chance(30) ? rng() & ~511u : rng();
			if (chance(10))
				c.offset = (uint32_t)(0x100000000u - ext_end(c) + c.offset);
		}
		if (sram_end(c) <= SRAM_BYTES && ext_end(c) <= 0x100000000u && command.bytes() <= 12000)
			return command;
	}
}

inline Command transfer(onpu_opcode opcode, uint32_t offset, uint32_t addr, uint32_t n0,
			uint16_t n1, uint32_t ext_stride1, uint32_t sram_stride1)
{
	Command command;

	command.c.head.opcode = (uint8_t)opcode;
	command.c.offset = offset;
	command.c.addr = addr;
	command.c.n0 = n0;
	command.c.n1 = n1;
	command.c.n2 = 1;
	command.c.ext_stride1 = ext_stride1;
	command.c.sram_stride1 = sram_stride1;
	command.c.value = opcode == ONPU_OPCODE_FILL ? 0x5a : 0;
	return command;
}

#endif
