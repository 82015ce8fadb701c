// SPDX-License-Identifier: MIT
/*
 * .npu programs.  Size and checksum of the header are put right first: nothing but
 * them would be tested otherwise.  What is taken must survive everything that can be
 * done with a program without a device, and must be the same program when it is read back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/program.h"
#include "compile/program_format.h"
#include "fuzz.h"

static void put(uint8_t *data, uint64_t value, int bytes)
{
	int i;

	for (i = 0; i < bytes; i++)
		data[i] = (uint8_t)(value >> 8 * i);
}

static void seal(uint8_t *data, size_t size)
{
	if (size < NPU_PROGRAM_HEADER_SIZE)
		return;
	put(data + NPU_PROGRAM_AT_SIZE, size, 8);
	put(data + NPU_PROGRAM_AT_CRC, npu_program_crc(data, size), 4);
}

static void must(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz_program: %s: %s\n", what, npu_error());
	abort();
}

/* Written and read back it must be what it was, byte for byte. */
static void check_round_trip(const struct npu_program *program)
{
	struct npu_program copy;
	uint8_t *first, *second;
	size_t first_size, second_size;

	must(npu_program_encode(program, &first, &first_size) == NPU_OK, "cannot be written");
	must(npu_program_decode(&copy, first, first_size) == NPU_OK, "cannot be read back");
	must(npu_program_encode(&copy, &second, &second_size) == NPU_OK, "cannot be written again");
	must(first_size == second_size && !memcmp(first, second, first_size), "has changed");
	npu_program_clear(&copy);
	free(first);
	free(second);
}

static void check_description(const struct npu_program *program)
{
	npu_program_info info;
	npu_placement placement;
	npu_tensor_info port;
	int i;

	must(npu_program_describe(program, &info) == NPU_OK, "has no description");
	for (i = 0; i < info.nodes; i++)
		must(npu_program_placement(program, i, &placement) == NPU_OK && placement.op &&
		     placement.name && placement.detail, "has no placement");
	for (i = 0; i < npu_program_num_inputs(program); i++)
		must(npu_program_input(program, i, &port) == NPU_OK && port.bytes, "input");
	for (i = 0; i < npu_program_num_outputs(program); i++)
		must(npu_program_output(program, i, &port) == NPU_OK && port.bytes, "output");
}

FUZZ_TARGET(program)
{
	uint8_t *copy = malloc(size ? size : 1);
	npu_program *program;
	FILE *out;

	must(copy != NULL, "out of memory");
	if (size)
		memcpy(copy, data, size);
	seal(copy, size);
	program = npu_program_load_memory(copy, size);
	free(copy);
	if (!program)
		return 0;
	check_round_trip(program);
	check_description(program);
	out = fopen("/dev/null", "w");
	must(out != NULL, "/dev/null");
	npu_program_disassemble(program, out);
	fclose(out);
	npu_program_free(program);
	return 1;
}
