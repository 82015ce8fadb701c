// SPDX-License-Identifier: MIT
/*
 * usage: random_streams PRESET STREAMS SEED [RTL_SEED]
 *
 * Random legal command streams on the compiled hardware and on the functional model: the whole
 * of SRAM and of external memory must be equal.  RTL_SEED makes the hardware's memory random.
 */
#include <stdio.h>
#include <stdlib.h>

#include "disasm.h"
#include "random_commands.h"
#include "runtime/host.h"

#define MAX_COMMANDS 8
#define PROGRESS 500

typedef void (*sram_fn)(struct onpu_model *model, uint32_t addr, void *data, uint32_t size,
			bool write);

struct bench {
	struct iss iss;
	struct npu_host *host;
	struct npu_vm *vm;
	struct npu_buffer *memory;
	struct npu_queue *queue;
	uint8_t *expected;
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
	b->expected = malloc(b->iss.preset->sram_bytes);
	if (!b->expected || npu_rtl_open(b->iss.preset, &options, &rtl) ||
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
	iss_free(&b->iss);
}

/* Commands use SRAM of their own, so any order is legal; memory they share. */
static void put_command(struct bench *b, struct gen *g, uint32_t count[3])
{
	union command c;
	size_t size = random_command(g, &c);
	struct onpu_head *head = (struct onpu_head *)&c;
	bool dma = head->opcode == ONPU_OPCODE_LOAD || head->opcode == ONPU_OPCODE_STORE;
	uint32_t engine = head->opcode == ONPU_OPCODE_STORE ? ONPU_ENGINE_STORE :
			  dma || head->opcode == ONPU_OPCODE_FILL ? ONPU_ENGINE_LOAD :
			  ONPU_ENGINE_COMPUTE;

	head->wait_load = dma ? count[ONPU_ENGINE_LOAD] : between(g, 0, count[ONPU_ENGINE_LOAD]);
	head->wait_store = dma ? count[ONPU_ENGINE_STORE] :
			   between(g, 0, count[ONPU_ENGINE_STORE]);
	head->wait_compute = between(g, 0, count[ONPU_ENGINE_COMPUTE]);
	count[engine]++;
	iss_put(&b->iss, &c, size);
}

static void make_stream(struct bench *b, struct gen *g)
{
	uint32_t count[3] = { 0 }, commands = between(g, 1, MAX_COMMANDS);

	g->sram = onpu_core_sram(b->iss.core);
	g->preset = b->iss.preset;
	g->top = FIRST;
	b->iss.stream_size = 0;
	/* The largest random command needs less than 30000 bytes. */
	for (uint32_t i = 0; i < commands && g->top < b->iss.preset->sram_bytes - 40000; i++)
		put_command(b, g, count);
	iss_put_end(&b->iss);
}

static bool run_rtl(struct bench *b)
{
	struct npu_job job = { .entry = STREAM_VA, .stream_size = b->iss.stream_size,
			       .region_count = 2 };
	struct onpu_fw_completion record;
	char text[128];
	uint32_t seq;

	for (int i = 0; i < 2; i++) {
		job.region[i].va = b->iss.job.region[i].va;
		job.region[i].size = b->iss.job.region[i].size;
	}
	if (npu_queue_submit(b->queue, &job, &seq) || npu_queue_wait(b->queue, seq, &record)) {
		printf("# %s\n", npu_error());
		return false;
	}
	if (record.status == ONPU_FW_OK)
		return true;
	npu_host_describe(&record, text, sizeof(text));
	printf("# %s\n", text);
	return false;
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

static bool check_stream(struct bench *b, struct gen *g, bool fresh)
{
	uint8_t *sram = onpu_core_sram(b->iss.core);
	uint32_t size = b->iss.preset->sram_bytes;
	bool good;

	/* What earlier streams left is as random; now and then all of it anew. */
	if (fresh)
		iss_fill_random(&g->random, sram, size);
	make_stream(b, g);
	memcpy(b->memory->data, b->iss.memory, MEMORY_BYTES);
	b->host->rtl->sram(b->host->model, 0, sram, size, true);
	good = run_rtl(b);
	iss_run(&b->iss);
	if (onpu_core_state(b->iss.core) != ONPU_CORE_DONE)
		die("the functional model refuses a random stream");
	b->host->rtl->sram(b->host->model, 0, b->expected, size, false);
	good = equal("SRAM", b->expected, sram, size) && good;
	good = equal("memory", b->memory->data, b->iss.memory, MEMORY_BYTES) && good;
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
	int streams, i;

	if (argc < 4 || argc > 5) {
		fprintf(stderr, "usage: random_streams PRESET STREAMS SEED [RTL_SEED]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	streams = atoi(argv[2]);
	g.random = strtoull(argv[3], NULL, 0) * 0x9e3779b97f4a7c15ull + 1;
	printf("# preset %s, %d streams, seed %s, seed of the hardware's memory %s\n", argv[1],
	       streams, argv[3], argc == 5 ? argv[4] : "none");
	open_bench(&b, argv[1], argc == 5 ? strtoull(argv[4], NULL, 0) : 0);
	iss_fill_random(&g.random, b.iss.memory, MEMORY_BYTES);
	/* The first job of a context clears SRAM. */
	iss_put_end(&b.iss);
	memcpy(b.memory->data, b.iss.memory, MEMORY_BYTES);
	if (!run_rtl(&b))
		die("an empty job fails");
	for (i = 0; i < streams; i++) {
		if (i % PROGRESS == 0)
			printf("# stream %d\n", i);
		if (!check_stream(&b, &g, i % 32 == 0)) {
			describe(&b);
			printf("not ok 1 - %s: stream %d of seed %s\n", argv[1], i, argv[3]);
			break;
		}
	}
	if (i == streams)
		printf("ok 1 - %s: %d random streams leave SRAM and memory equal\n", argv[1], i);
	printf("1..1\n");
	if (i == streams)
		close_bench(&b);
	return i != streams;
}
