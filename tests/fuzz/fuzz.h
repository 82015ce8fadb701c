/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target is one function in one file, fuzz_<name>.c:
 *
 *	FUZZ_TARGET(name)
 *	{
 *		...	data and size are the input
 *		return 1 if the input was taken, 0 if it was refused;
 *	}
 *
 * For libFuzzer, compile the file alone with -DFUZZ_LIBFUZZER:
 *
 *	clang -g -O1 -fsanitize=fuzzer,address,undefined -DFUZZ_LIBFUZZER \
 *		-Ilibnpu/include -Ilibnpu/src tests/fuzz/fuzz_tflite.c LIBRARY -lm
 *
 * For bounded, repeatable runs, all targets are linked into one program with
 * mutate.c; a new one is added to FUZZ_TARGETS below.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* X(name) for each target. */
#define FUZZ_TARGETS(X) \
	X(tflite) \
	X(program) \
	X(compile) \
	X(api)

#ifdef FUZZ_LIBFUZZER
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#define FUZZ_TARGET(name) \
	static int fuzz_##name(const uint8_t *data, size_t size); \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) \
	{ \
		fuzz_##name(data, size); \
		return 0; \
	} \
	static int fuzz_##name(const uint8_t *data, size_t size)
#else
#define X(name) int fuzz_##name(const uint8_t *data, size_t size);
FUZZ_TARGETS(X)
#undef X
#define FUZZ_TARGET(name) int fuzz_##name(const uint8_t *data, size_t size)
#endif

#endif
