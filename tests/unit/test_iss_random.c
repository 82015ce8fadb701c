// SPDX-License-Identifier: MIT
/*
 * Random legal commands on the functional core and on the evaluator: the whole of SRAM
 * and of external memory must be equal.  Random illegal streams: no crash.
 */
#include <stdbool.h>
#include <stdio.h>

#include "disasm.h"
#include "iss_eval.h"
#include "random_commands.h"

#define SEED 0x6f6e7075u
#define LEGAL_STREAMS 1500
#define MUTANTS 6000
/* ---- tests --------------------------------------------------------------------------- */

static const char *const preset_names[] = { "nano", "base", "wide" };

static void report_difference(const struct iss *iss, const uint8_t *sram, const uint8_t *expected,
			      int stream, const union command *c)
{
	uint32_t at = 0;

	while (sram[at] == expected[at])
		at++;
	onpu_disasm(stderr, iss->preset, (const uint8_t *)c, sizeof(*c), 0);
	fail_msg("stream %d, preset %s: SRAM byte 0x%x is %d, not %d", stream, iss->preset->name,
		 (unsigned int)at, sram[at], expected[at]);
}

/* Runs a stream of one random command; compares everything. */
static void check_stream(struct iss *iss, struct gen *g, int stream, uint8_t *expected,
			 uint8_t *memory)
{
	uint8_t *sram = onpu_core_sram(iss->core);
	struct eval e = { expected, memory, iss->preset->sram_bytes, iss->preset->lanes,
			  &iss->job };
	union command c;
	size_t size;

	iss_fill_random(&g->random, sram, iss->preset->sram_bytes);
	g->sram = sram;
	g->preset = iss->preset;
	g->top = FIRST;
	size = random_command(g, &c);
	iss->stream_size = 0;
	iss_put(iss, &c, size);
	iss_put_end(iss);
	memcpy(expected, sram, iss->preset->sram_bytes);
	memcpy(memory, iss->memory, MEMORY_BYTES);
	evaluate(&e, &c);
	iss_run(iss);
	if (onpu_core_state(iss->core) != ONPU_CORE_DONE) {
		onpu_disasm(stderr, iss->preset, (const uint8_t *)&c, sizeof(c), 0);
		fail_msg("stream %d: fault %d", stream, onpu_core_fault(iss->core)->code);
	}
	if (memcmp(sram, expected, iss->preset->sram_bytes))
		report_difference(iss, sram, expected, stream, &c);
	assert_memory_equal(iss->memory, memory, MEMORY_BYTES);
}

static void test_legal(void **state)
{
	struct gen g = { .random = SEED };
	uint8_t *expected = malloc(1 << 20), *memory = malloc(MEMORY_BYTES);
	struct iss iss[3];

	(void)state;
	print_message("seed 0x%x\n", SEED);
	for (int i = 0; i < 3; i++) {
		iss_init(&iss[i], preset_names[i]);
		iss_fill_random(&g.random, iss[i].memory, MEMORY_BYTES);
	}
	for (int i = 0; i < LEGAL_STREAMS; i++)
		check_stream(&iss[i % 8 == 0 ? 2 : i % 4 == 1], &g, i, expected, memory);
	for (int i = 0; i < 3; i++)
		iss_free(&iss[i]);
	free(expected);
	free(memory);
}

/* Bytes of the stream and of the weights and tables that it names are altered. */
static void mutate(struct gen *g, struct iss *iss)
{
	uint8_t *stream = iss->memory + STREAM_VA;
	uint32_t count = between(g, 1, 3);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = between(g, 0, iss->stream_size - 1);

		switch (between(g, 0, 3)) {
		case 0:
			stream[at] = (uint8_t)between(g, 0, 255);
			break;
		case 1:
			stream[at] ^= (uint8_t)(1u << between(g, 0, 7));
			break;
		case 2:
			/* A field of two bytes, small. */
			at = at / 2 * 2;
			stream[at] = (uint8_t)between(g, 0, 20);
			stream[at + 1] = 0;
			break;
		default:
			g->sram[between(g, FIRST, g->top)] ^= (uint8_t)(1u << between(g, 0, 7));
			break;
		}
	}
	if (chance(g, 5))
		iss->stream_size = between(g, 0, iss->stream_size + 8);
}

static void disassemble(FILE *out, const struct iss *iss)
{
	const uint8_t *stream = iss->memory + STREAM_VA;
	uint8_t *exact = malloc(iss->stream_size + 1u);
	size_t offset = 0;

	/* An allocation of the stream's size, so that a sanitizer sees what is read beyond. */
	memcpy(exact, stream, iss->stream_size);
	for (;;) {
		int length = onpu_disasm(out, iss->preset, exact, iss->stream_size, offset);

		if (length < 0)
			break;
		assert_true(length >= 16 && length % 4 == 0);
		offset += (size_t)length;
	}
	free(exact);
}

static void test_illegal(void **state)
{
	struct gen g = { .random = SEED + 1 };
	uint32_t faults[16] = { 0 }, done = 0;
	FILE *out = tmpfile();
	struct iss iss[3];

	(void)state;
	print_message("seed 0x%x\n", SEED + 1);
	assert_non_null(out);
	for (int i = 0; i < 3; i++) {
		iss_init(&iss[i], preset_names[i]);
		iss[i].job.max_cycles = 20000;
		/* Partly outside of memory. */
		iss[i].job.region[1].va = MEMORY_BYTES - 50000;
		iss[i].job.region[1].size = 200000;
		onpu_core_check_order(iss[i].core, i == 1);
	}
	for (int i = 0; i < MUTANTS; i++) {
		struct iss *machine = &iss[i % 16 == 0 ? 2 : i % 4 == 1];
		union command c;
		size_t size;

		g.sram = onpu_core_sram(machine->core);
		g.preset = machine->preset;
		g.top = FIRST;
		machine->stream_size = 0;
		size = random_command(&g, &c);
		iss_put(machine, &c, size);
		iss_put_end(machine);
		mutate(&g, machine);
		rewind(out);
		disassemble(out, machine);
		if (iss_run(machine) == ONPU_CORE_DONE)
			done++;
		else
			faults[onpu_core_fault(machine->core)->code]++;
		assert_true(onpu_core_state(machine->core) == ONPU_CORE_DONE ||
			    onpu_core_fault(machine->core)->code != ONPU_FAULT_NONE);
	}
	print_message("%d mutants: %u done", MUTANTS, (unsigned int)done);
	for (int i = 0; i < 16; i++)
		if (faults[i])
			print_message(", fault %d: %u", i, (unsigned int)faults[i]);
	print_message("\n");
	for (int i = ONPU_FAULT_OPCODE; i <= ONPU_FAULT_BAD_WEIGHTS; i++)
		assert_true(faults[i] > 0);
	assert_true(faults[ONPU_FAULT_MMU] > 0);
	assert_true(faults[ONPU_FAULT_WATCHDOG] > 0);
	assert_true(done > MUTANTS / 10);
	for (int i = 0; i < 3; i++)
		iss_free(&iss[i]);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_legal),
		cmocka_unit_test(test_illegal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
