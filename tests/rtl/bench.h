// SPDX-License-Identifier: MIT
//
// What the tests of blocks share: random numbers, TAP, ports, begin and end.
#ifndef ONPU_TEST_BENCH_H
#define ONPU_TEST_BENCH_H

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include "verilated.h"
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

// The functional model and its headers are C; tests compile them as C++.
#define _Static_assert static_assert

inline std::mt19937 rng;
inline uint32_t below(uint32_t n) { return n ? (uint32_t)rng() % n : 0; }
inline uint32_t pick(uint32_t low, uint32_t high) { return low + (uint32_t)rng() % (high - low + 1); }
inline bool chance(uint32_t percent) { return rng() % 100 < percent; }

inline int tests, failures;

__attribute__((format(printf, 2, 3))) inline void ok(bool good, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("%s %d - ", good ? "ok" : "not ok", ++tests);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	failures += !good;
}

// Arguments: seed, and what a test has of its own behind it.  Returns the seed.
inline uint32_t begin(int argc, char **argv)
{
	uint32_t seed = argc > 1 ? (uint32_t)strtoul(argv[1], nullptr, 0) : 1;

	setvbuf(stdout, nullptr, _IOLBF, 0);
	Verilated::commandArgs(argc, argv);
	rng.seed(seed);
	printf("# preset %s, seed %u\n", PRESET_NAME, seed);
	return seed;
}

// What main returns.
inline int end()
{
	printf("1..%d\n", tests);
	return failures != 0;
}

// The end of a model.  If it counts coverage, that goes to a file of its own, COVERAGE and a number.
template <class Top> void retire(Top &top)
{
	top.final();
#if VM_COVERAGE
	static int models;
	const char *prefix = getenv("COVERAGE");
	std::string name = (prefix ? prefix : "") + std::to_string(models++) + ".dat";

	top.contextp()->coveragep()->write(name.c_str());
	top.contextp()->coveragep()->clear();	// its counters are in the model
#endif
}

// Ports of any Verilator type are little-endian bytes.
template <class T> void put(T &port, const void *data, size_t size)
{
	memset((void *)&port, 0, sizeof(port));
	memcpy((void *)&port, data, size);
}

template <class T> void get(const T &port, void *to, size_t size)
{
	memcpy(to, (const void *)&port, size);
}

// Fields of packed structures.
inline uint64_t get_bits(const void *port, unsigned low, unsigned width)
{
	auto *bytes = (const uint8_t *)port;
	uint64_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint64_t)(bytes[(low + i) / 8] >> (low + i) % 8 & 1) << i;
	return value;
}

inline void set_bits(void *port, unsigned low, unsigned width, uint64_t value)
{
	auto *bytes = (uint8_t *)port;

	for (unsigned i = 0; i < width; i++) {
		uint8_t bit = (uint8_t)(1u << (low + i) % 8);
		uint8_t &byte = bytes[(low + i) / 8];

		byte = (uint8_t)(value >> i & 1 ? byte | bit : byte & ~bit);
	}
}

#endif
