// SPDX-License-Identifier: MIT
/*
 * usage: random_streams PRESET STREAMS SEED [RTL_SEED [illegal]]
 *
 * Random command streams on the compiled hardware and on the functional model: the whole of SRAM
 * and of external memory must be equal.  RTL_SEED that is not 0 makes the hardware's memory
 * random.  With "illegal" one command of every second stream is broken: the fault must be the
 * same, and so must be what the stream did before it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "disasm.h"
#include "isa_fields.h"
#include "random_commands.h"
#include "runtime/host.h"

#define MAX_COMMANDS 8
#define PROGRESS 500
#define UNMAPPED 0x8000u

typedef void (*sram_fn)(struct onpu_model *model, uint32_t addr, void *data, uint32_t size,
			bool write);

struct bench {
	struct iss iss;
	struct npu_host *host;
	struct npu_vm *vm;
	struct npu_buffer *memory;
	struct npu_queue *queue;
	uint8_t *expected;
	struct onpu_fw_completion record;
	/* Of the stream's commands, and behind the last one of END. */
	uint32_t offset[MAX_COMMANDS + 2], commands;
	/* What the command that fails may have written in part, as bytes of SRAM and of memory. */
	uint8_t *partial, *partial_memory;
};

static void die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

static void open_bench(struct bench *b, const char *preset, uint64_t rtl_seed)
{
	npu_rtl_options options = { .size = sizeof(options), .seed = rtl_seed };
	struct npu_rtl *rtl;

	iss_init(&b->iss, preset);
	/* Of region 1 the last pages are not mapped. */
	b->iss.job.region[1].size += UNMAPPED;
	b->expected = malloc(b->iss.preset->sram_bytes);
	b->partial = malloc(b->iss.preset->sram_bytes);
	b->partial_memory = malloc(MEMORY_BYTES);
	if (!b->expected || !b->partial || !b->partial_memory || npu_rtl_open(b->iss.preset, &options, &rtl) ||
	    npu_host_open(b->iss.preset, rtl, &b->host) || npu_vm_new(b->host, &b->vm) ||
	    npu_host_alloc(b->host, MEMORY_BYTES, &b->memory) ||
	    npu_vm_map(b->vm, 0, b->memory, true) || npu_queue_new(b->vm, 1, 2, &b->queue))
		die(npu_error());
}

static void close_bench(struct bench *b)
{
	npu_queue_free(b->queue);
	npu_vm_free(b->vm);
	npu_host_free(b->host, b->memory);
	npu_host_close(b->host);
	free(b->expected);
	free(b->partial);
	free(b->partial_memory);
	iss_free(&b->iss);
}

/*
 * Commands use SRAM of their own, so any order is legal; memory they share.  In a serial stream
 * each waits for all before it.
 */
static void put_command(struct bench *b, struct gen *g, uint32_t count[3], bool serial)
{
	union command c;
	size_t size = random_command(g, &c);
	struct onpu_head *head = (struct onpu_head *)&c;
	bool dma = head->opcode == ONPU_OPCODE_LOAD || head->opcode == ONPU_OPCODE_STORE;
	uint32_t engine = head->opcode == ONPU_OPCODE_STORE ? ONPU_ENGINE_STORE :
			  dma || head->opcode == ONPU_OPCODE_FILL ? ONPU_ENGINE_LOAD :
			  ONPU_ENGINE_COMPUTE;

	dma |= serial;
	head->wait_load = dma ? count[ONPU_ENGINE_LOAD] : between(g, 0, count[ONPU_ENGINE_LOAD]);
	head->wait_store = dma ? count[ONPU_ENGINE_STORE] :
			   between(g, 0, count[ONPU_ENGINE_STORE]);
	head->wait_compute = serial ? count[ONPU_ENGINE_COMPUTE] :
			     between(g, 0, count[ONPU_ENGINE_COMPUTE]);
	count[engine]++;
	b->offset[b->commands++] = b->iss.stream_size;
	iss_put(&b->iss, &c, size);
}

static void make_stream(struct bench *b, struct gen *g, bool serial)
{
	uint32_t count[3] = { 0 }, commands = between(g, 1, MAX_COMMANDS);

	g->sram = onpu_core_sram(b->iss.core);
	g->preset = b->iss.preset;
	g->top = FIRST;
	b->iss.stream_size = 0;
	b->commands = 0;
	/* The largest random command needs less than 30000 bytes. */
	for (uint32_t i = 0; i < commands && g->top < b->iss.preset->sram_bytes - 40000; i++)
		put_command(b, g, count, serial);
	b->offset[b->commands] = b->iss.stream_size;
	iss_put_end(&b->iss);
	b->offset[b->commands + 1] = b->iss.stream_size;
}

static bool run_rtl(struct bench *b)
{
	struct npu_job job = { .entry = STREAM_VA, .stream_size = b->iss.stream_size,
			       .region_count = 2 };
	uint32_t seq;

	for (int i = 0; i < 2; i++) {
		job.region[i].va = b->iss.job.region[i].va;
		job.region[i].size = b->iss.job.region[i].size;
	}
	if (npu_queue_submit(b->queue, &job, &seq) || npu_queue_wait(b->queue, seq, &b->record)) {
		printf("# %s\n", npu_error());
		return false;
	}
	return true;
}

static void print_record(const struct bench *b)
{
	char text[160];

	npu_host_describe(&b->record, text, sizeof(text));
	printf("# %s\n", text);
}

static bool equal(const char *what, const uint8_t *got, const uint8_t *expected, uint32_t size)
{
	uint32_t at = 0;

	if (!memcmp(got, expected, size))
		return true;
	while (got[at] == expected[at])
		at++;
	printf("# %s byte 0x%x is 0x%02x, not 0x%02x\n", what, at, got[at], expected[at]);
	return false;
}

/* The stream on both. */
static bool run_both(struct bench *b)
{
	uint8_t *sram = onpu_core_sram(b->iss.core);
	uint32_t size = b->iss.preset->sram_bytes;
	bool good;

	memcpy(b->memory->data, b->iss.memory, MEMORY_BYTES);
	b->host->rtl->sram(b->host->model, 0, sram, size, true);
	good = run_rtl(b);
	iss_run(&b->iss);
	b->host->rtl->sram(b->host->model, 0, b->expected, size, false);
	return good;
}

static bool same_bytes(const struct bench *b)
{
	bool good = equal("SRAM", b->expected, onpu_core_sram(b->iss.core), b->iss.preset->sram_bytes);

	return equal("memory", b->memory->data, b->iss.memory, MEMORY_BYTES) && good;
}

static bool check_stream(struct bench *b, struct gen *g)
{
	make_stream(b, g, false);
	if (!run_both(b))
		return false;
	if (onpu_core_state(b->iss.core) != ONPU_CORE_DONE)
		die("the functional model refuses a random stream");
	if (b->record.status != ONPU_FW_OK) {
		print_record(b);
		return false;
	}
	return same_bytes(b);
}

/* ---- illegal streams ---------------------------------------------------------------- */

static union onpu_command *command_at(struct bench *b, uint32_t n)
{
	return (union onpu_command *)(b->iss.memory + STREAM_VA + b->offset[n]);
}

static bool is_dma(const union onpu_command *c)
{
	return c->head.opcode == ONPU_OPCODE_LOAD || c->head.opcode == ONPU_OPCODE_STORE;
}

static bool has_weights(const union onpu_command *c)
{
	return c->head.opcode == ONPU_OPCODE_CONV || c->head.opcode == ONPU_OPCODE_DWCONV;
}

/* What dispatch says of command n of the stream. */
static enum onpu_fault refused(struct bench *b, uint32_t n)
{
	uint32_t dispatched[3] = { 0 };
	struct onpu_check check = { b->iss.preset, dispatched, &b->iss.job };
	const union onpu_command *c = command_at(b, n);
	enum onpu_fault code = onpu_check_header(c->words[0]);
	const char *what;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t opcode = command_at(b, i)->head.opcode;

		dispatched[opcode == ONPU_OPCODE_STORE ? ONPU_ENGINE_STORE :
			   opcode == ONPU_OPCODE_LOAD || opcode == ONPU_OPCODE_FILL ?
			   ONPU_ENGINE_LOAD : ONPU_ENGINE_COMPUTE]++;
	}
	return code ? code : onpu_check_command(&check, c, &what);
}

/* Changes bits of a command, words of it, or single fields, until dispatch refuses it. */
static void break_command(struct bench *b, struct gen *g, uint32_t n)
{
	union onpu_command *c = command_at(b, n), legal = { .words = { 0 } };
	uint32_t words = c->head.length;

	memcpy(&legal, c, 4 * words);
	do {
		memcpy(c, &legal, 4 * words);
		switch (between(g, 0, 8)) {
		case 0:
			c->head.opcode = (uint8_t)between(g, 0, 255);
			break;
		case 1:
			c->head.length = (uint8_t)between(g, 0, 255);
			break;
		case 2:
			c->words[between(g, 1, 3)] += between(g, 1, 9);
			break;
		case 3:
			if (is_dma(c))
				c->load.region = (uint8_t)between(g, 0, 255);
			break;
		case 4:
			if (is_dma(c))
				c->load.offset = b->iss.job.region[1].size - between(g, 0, 300);
			break;
		case 5:
			c->words[between(g, 4, words - 1)] = b->iss.preset->sram_bytes -
							     between(g, 0, 100);
			break;
		case 6:
			c->words[between(g, 0, words - 1)] = iss_random(&g->random);
			break;
		default:
			for (uint32_t i = between(g, 1, 3); i; i--)
				c->words[between(g, 0, words - 1)] ^= 1u << between(g, 0, 31);
		}
	} while (!refused(b, n));
}

/* The stream ends early, or does not end at END. */
static void break_end(struct bench *b, struct gen *g)
{
	uint32_t end = b->offset[b->commands + 1];

	if (chance(g, 30)) {
		memcpy(b->iss.memory + STREAM_VA + end, b->iss.memory + STREAM_VA, 64);
		b->iss.stream_size = end + 4 * between(g, 1, 16);
	} else {
		b->iss.stream_size = 4 * between(g, 1, end / 4 - 1);
	}
}

static void mark_map(uint8_t *bytes, const struct onpu_fmap *map, uint32_t h, uint32_t w,
		     uint32_t c)
{
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			memset(bytes + onpu_row_addr(map, y) + x * map->pix_pitch, 1, c);
}

static void mark_dma(struct bench *b, const struct onpu_cmd_load *c)
{
	for (uint32_t k = 0; k < c->n2; k++) {
		uint32_t row = c->ring ? (c->row + k) % c->ring : c->row + k;

		for (uint32_t j = 0; j < c->n1; j++) {
			uint32_t va = DATA_VA + c->offset + k * c->ext_stride2 + j * c->ext_stride1;

			if (c->head.opcode == ONPU_OPCODE_LOAD)
				memset(b->partial + c->addr + row * c->sram_stride2 +
				       j * c->sram_stride1, 1, c->n0);
			else if (va < MEMORY_BYTES)
				memset(b->partial_memory + va, 1,
				       va + c->n0 > MEMORY_BYTES ? MEMORY_BYTES - va : c->n0);
		}
	}
}

/* A LOAD or STORE that leaves what is mapped; weights that end early; a table that is wrong. */
static bool break_running(struct bench *b, struct gen *g, uint32_t n)
{
	union onpu_command *c = command_at(b, n);
	uint32_t cut;

	if (is_dma(c)) {
		cut = (c->load.n2 - 1u) * c->load.ext_stride2 +
		      (c->load.n1 - 1u) * c->load.ext_stride1 + c->load.n0;
		c->load.region = 1;
		c->load.offset = DATA_BYTES - between(g, 0, cut - 1);
		mark_dma(b, &c->load);
		return true;
	}
	if (has_weights(c)) {
		cut = between(g, 1, c->conv.weights_size / 4 - 1) * 4;
		if (c->head.opcode == ONPU_OPCODE_CONV) {
			c->conv.weights_size -= cut;
			mark_map(b->partial, &c->conv.out, c->conv.out_h, c->conv.out_w,
				 c->conv.out_c);
		} else {
			c->dwconv.weights_size -= cut;
			mark_map(b->partial, &c->dwconv.out, c->dwconv.out_h, c->dwconv.out_w,
				 c->dwconv.out_c);
		}
		return true;
	}
	if (c->head.opcode == ONPU_OPCODE_RESIZE) {
		uint8_t *sram = onpu_core_sram(b->iss.core);
		uint32_t entry = between(g, 0, c->resize.out_h - 1u);

		memset(sram + c->resize.rows + 8 * entry, 0xff, 2);
		mark_map(b->partial, &c->resize.out, c->resize.out_h, c->resize.out_w,
			 c->resize.out_c);
		return true;
	}
	return false;
}

static void forget_partial(uint8_t *got, const uint8_t *expected, const uint8_t *partial, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (partial[i])
			got[i] = expected[i];
}

static bool same_fault(const struct bench *b)
{
	const struct onpu_fault_info *fault = onpu_core_fault(b->iss.core);
	const struct onpu_fw_completion *record = &b->record;
	bool access = fault->code == ONPU_FAULT_MMU;

	if (onpu_core_state(b->iss.core) != ONPU_CORE_FAULT)
		die("the functional model accepts a broken stream");
	if (record->status == ONPU_FW_FAULT && record->fault == fault->code &&
	    record->engine == fault->engine && record->stream_offset == fault->stream_offset &&
	    (!access || (record->va == fault->va && record->write == fault->write)))
		return true;
	print_record(b);
	printf("# not fault %u, engine %u, offset %u, address 0x%x\n", fault->code, fault->engine,
	       fault->stream_offset, fault->va);
	return false;
}

static bool check_illegal(struct bench *b, struct gen *g, unsigned int seen[])
{
	bool running = chance(g, 30);
	uint32_t n;

	memset(b->partial, 0, b->iss.preset->sram_bytes);
	memset(b->partial_memory, 0, MEMORY_BYTES);
	make_stream(b, g, running);
	n = between(g, 0, b->commands - 1);
	if (!running || !break_running(b, g, n)) {
		if (chance(g, 20))
			break_end(b, g);
		else
			break_command(b, g, n);
	}
	if (!run_both(b) || !same_fault(b))
		return false;
	seen[onpu_core_fault(b->iss.core)->code]++;
	forget_partial(b->expected, onpu_core_sram(b->iss.core), b->partial,
		       b->iss.preset->sram_bytes);
	forget_partial(b->memory->data, b->iss.memory, b->partial_memory, MEMORY_BYTES);
	return same_bytes(b);
}

/* Every fault that a stream can have came up. */
static bool all_seen(const unsigned int seen[])
{
	bool good = true;

	for (int code = ONPU_FAULT_OPCODE; code <= ONPU_FAULT_MMU; code++) {
		printf("# %s: %u\n", onpu_isa_name(onpu_isa_fault_names, (uint32_t)code), seen[code]);
		good &= seen[code] != 0;
	}
	return good;
}

static void describe(const struct bench *b)
{
	size_t offset = 0;
	int length;

	while ((length = onpu_disasm(stderr, b->iss.preset, b->iss.memory + STREAM_VA,
				     b->iss.stream_size, offset)) > 0)
		offset += (size_t)length;
}

int main(int argc, char **argv)
{
	struct gen g = { 0 };
	struct bench b = { 0 };
	unsigned int seen[ONPU_FAULT_FIRMWARE + 1] = { 0 };
	bool illegal = argc == 6 && !strcmp(argv[5], "illegal"), good = true;
	int streams, i;

	if (argc < 4 || argc > 6 || (argc == 6 && !illegal)) {
		fprintf(stderr, "usage: random_streams PRESET STREAMS SEED [RTL_SEED [illegal]]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	streams = atoi(argv[2]);
	g.random = strtoull(argv[3], NULL, 0) * 0x9e3779b97f4a7c15ull + 1;
	printf("# preset %s, %d streams, seed %s, seed of the hardware's memory %s\n", argv[1],
	       streams, argv[3], argc > 4 ? argv[4] : "0");
	open_bench(&b, argv[1], argc > 4 ? strtoull(argv[4], NULL, 0) : 0);
	iss_fill_random(&g.random, b.iss.memory, MEMORY_BYTES);
	/* The first job of a context clears SRAM. */
	iss_put_end(&b.iss);
	memcpy(b.memory->data, b.iss.memory, MEMORY_BYTES);
	if (!run_rtl(&b) || b.record.status != ONPU_FW_OK)
		die("an empty job fails");
	for (i = 0; i < streams; i++) {
		if (i % PROGRESS == 0)
			printf("# stream %d\n", i);
		/* What earlier streams left is as random; now and then all of it anew. */
		if (i % 32 == 0)
			iss_fill_random(&g.random, onpu_core_sram(b.iss.core),
					b.iss.preset->sram_bytes);
		good = illegal && i % 2 == 0 ? check_illegal(&b, &g, seen) : check_stream(&b, &g);
		if (!good) {
			describe(&b);
			printf("not ok 1 - %s: stream %d of seed %s\n", argv[1], i, argv[3]);
			break;
		}
	}
	if (good && illegal && !all_seen(seen)) {
		good = false;
		printf("not ok 1 - %s: a fault did not come up\n", argv[1]);
	}
	if (good)
		printf("ok 1 - %s: %d random streams leave SRAM and memory equal\n", argv[1], i);
	printf("1..1\n");
	if (good)
		close_bench(&b);
	return !good;
}
