// SPDX-License-Identifier: MIT
/*
 * usage: beats PRESET NETWORK.tflite [RANDOM SEED]
 *
 * Every access that a network makes fails once: each is reported with the command, the layer and
 * the address that it was for, and the network runs right afterwards.  RANDOM: as many accesses and
 * pages instead, picked with SEED.
 */
#include "pair.h"

#include "command.h"
#include "isa_fields.h"
#include "iss/machine_mmu.h"
#include "network.h"

#define MAX_COMMANDS 256
#define MAX_BEATS 100000u
#define QUIET 16		/* accesses of the core without effect, then there are no more */

struct bench {
	struct pair pair;
	struct network network[2];
	struct npu_job job;
	const uint8_t *stream;		/* as it is in memory: with PROFILE set */
	uint32_t offset[MAX_COMMANDS];
	size_t commands;
	/* Of each command of the stream: that its fetch, accesses, trace failed; lowest address. */
	struct seen {
		bool fetch, access, trace;
		uint32_t va;
	} seen[2][MAX_COMMANDS];
};

static const char *preset, *path;
static unsigned int picks;
static uint64_t random_state;

static uint32_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 16) % n);
}

static struct party party_of(const struct bench *b, int k)
{
	return (struct party){ .queue = b->network[k].session->queue,
			       .vm = b->network[k].session->space };
}

static const union onpu_command *command_at(const struct bench *b, uint32_t offset)
{
	return (const void *)(b->stream + offset);
}

static void list_commands(struct bench *b)
{
	b->job = network_job(&b->network[0]);
	b->stream = b->network[0].session->region[NPU_REGION_CODE].memory.data +
		    b->network[0].program->steps[0].entry;
	for (uint32_t at = 0; at < b->job.stream_size; at += 4u * command_at(b, at)->head.length) {
		assert_true(picks || b->commands < MAX_COMMANDS);
		if (!picks)
			b->offset[b->commands++] = at;
	}
}

static bool in_region(const struct npu_job *job, uint32_t region, uint32_t va)
{
	return va - job->region[region].va < job->region[region].size;
}

/* The bytes of the region from its first access to behind its last. */
static bool touches(const struct npu_job *job, const struct onpu_cmd_load *c, uint32_t va)
{
	uint32_t at = va - job->region[c->region].va - c->offset;

	return in_region(job, c->region, va) &&
	       at < (c->n2 - 1u) * c->ext_stride2 + (c->n1 - 1u) * c->ext_stride1 + c->n0;
}

static struct seen *seen_at(struct bench *b, int k, uint32_t offset)
{
	for (size_t i = 0; i < b->commands; i++)
		if (b->offset[i] == offset)
			return &b->seen[k][i];
	fail_msg("no command is at offset %u", offset);
	return NULL;
}

/* The report names what this command does with memory, and a layer has it. */
static void check_report(struct bench *b, int k, const struct onpu_fw_completion *record)
{
	const struct network *n = &b->network[k];
	const union onpu_command *c = command_at(b, record->stream_offset);
	struct seen scratch = { 0 }, *seen = picks ? &scratch :
						    seen_at(b, k, record->stream_offset);

	assert_int_equal(record->status, ONPU_FW_FAULT);
	assert_int_equal(record->fault, ONPU_FAULT_BUS);
	assert_true(record->stream_offset < b->job.stream_size);
	if (record->engine != ONPU_ENGINE_CONTROL) {
		assert_int_equal(record->engine, onpu_isa_find(c->head.opcode)->engine);
		assert_int_equal(record->write, c->head.opcode == ONPU_OPCODE_STORE);
		assert_true(touches(&b->job, &c->load, record->va));
		if (!seen->access || record->va < seen->va)
			seen->va = record->va;
		seen->access = true;
		assert_true(npu_session_layer_at(n->program, 0, n->program->steps[0].entry +
						 record->stream_offset) >= 0);
	} else if (record->write) {
		assert_true(c->head.flags & ONPU_CMD_PROFILE);
		assert_true(record->va - b->job.trace < b->job.trace_size);
		seen->trace = true;
	} else {
		assert_true(record->va - b->job.entry < b->job.stream_size);
		seen->fetch = true;
	}
}

/* False: there was no such access. */
static bool fails_at(struct bench *b, int k, uint64_t n)
{
	struct party party = party_of(b, k);
	struct machine *m = machine_of(&b->pair, k);
	struct onpu_fw_completion record;

	inject(m, ONPU_INJECT_BUS_ERROR, n);
	record = run_job(&party, &b->job);
	inject(m, ONPU_INJECT_BUS_ERROR, 0);
	if (record.status == ONPU_FW_OK)
		return false;
	check_report(b, k, &record);
	check_latched(m, &party, &record, ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE);
	network_runs(&b->network[k]);
	return true;
}

/*
 * What the models count as accesses, and the order of what engines do at a time, is their own; of
 * which commands something fails, and where they begin, is not.
 */
static void same_commands(const struct bench *b)
{
	for (size_t i = 0; i < b->commands; i++) {
		const struct seen *x = &b->seen[0][i], *y = &b->seen[1][i];
		const union onpu_command *c = command_at(b, b->offset[i]);
		bool moves = c->head.opcode == ONPU_OPCODE_LOAD ||
			     c->head.opcode == ONPU_OPCODE_STORE;

		if (!x->fetch || !y->fetch || x->access != moves || y->access != moves ||
		    x->va != y->va || x->trace != y->trace ||
		    x->trace != !!(c->head.flags & ONPU_CMD_PROFILE))
			fail_msg("offset %u, opcode 0x%02x: fetch %d %d, access %d %d, trace %d %d, at 0x%08x 0x%08x",
				 b->offset[i], c->head.opcode, x->fetch, y->fetch, x->access,
				 y->access, x->trace, y->trace, x->va, y->va);
	}
}

static void every_beat(void **state)
{
	struct bench *b = *state;

	if (picks)
		skip();
	for (int k = 0; k < 2; k++) {
		unsigned int resets = machine_of(&b->pair, k)->host->resets;
		uint64_t n = 1;

		while (fails_at(b, k, n)) {
			assert_true(n < MAX_BEATS);
			n++;
		}
		print_message("# %s: %llu accesses of the engines\n",
			      machine_of(&b->pair, k)->device->name, (unsigned long long)n - 1);
		assert_true(n > b->commands);
		assert_int_equal(machine_of(&b->pair, k)->host->resets, resets);
	}
	same_commands(b);
}

/* Bytes that the last inference moved, and its commands. */
static uint64_t moved(const struct bench *b, int k)
{
	npu_profile profile;

	assert_int_equal(npu_session_profile(b->network[k].session, &profile), NPU_OK);
	return profile.read_bytes + profile.write_bytes + b->job.stream_size;
}

static void random_beats(void **state)
{
	struct bench *b = *state;

	if (!picks)
		skip();
	for (int k = 0; k < 2; k++) {
		uint64_t beats = moved(b, k) / b->pair.preset->lanes;
		unsigned int failed = 0;

		/* The functional model's accesses are larger; how large, it tells by what fails. */
		for (unsigned int tries = 0; failed < picks; tries++) {
			uint64_t n = 1 + random_below(beats);

			assert_true(tries < 40 + 2 * picks);
			if (fails_at(b, k, n))
				failed++;
			else if (beats > 64)
				beats = n;
		}
		print_message("# %s: %u of at most %llu accesses\n",
			      machine_of(&b->pair, k)->device->name, failed,
			      (unsigned long long)beats);
	}
}

/* The core's accesses in one job: firmware is lost, or its queue, and both come back. */
static void every_beat_of_the_core(void **state)
{
	struct bench *b = *state;

	if (picks)
		skip();
	for (int k = 0; k < 2; k++) {
		struct machine *m = machine_of(&b->pair, k);
		unsigned int lost = 0, quiet = 0;

		/* Lines of the log may get lost without a word. */
		for (uint64_t n = 1; quiet < QUIET; n++) {
			struct npu_queue *queue = b->network[k].session->queue;
			struct onpu_fw_completion record;
			npu_status status;
			uint32_t seq;

			assert_true(n < MAX_BEATS);
			inject(m, ONPU_INJECT_CORE_BUS_ERROR, n);
			assert_int_equal(npu_queue_submit(queue, &b->job, &seq), NPU_OK);
			status = npu_queue_wait(queue, seq, &record);
			inject(m, ONPU_INJECT_CORE_BUS_ERROR, 0);
			if (status) {
				assert_int_equal(status, NPU_ERR_DEVICE);
				assert_true(strstr(npu_error(), "the firmware crashed: code 1,") ||
					    strstr(npu_error(), "the firmware gave up queue"));
				lost++;
				quiet = 0;
			} else {
				assert_int_equal(record.status, ONPU_FW_OK);
				quiet++;
			}
			take_fault(m);
			network_runs(&b->network[k]);
		}
		print_message("# %s: %u accesses of the core\n", m->device->name, lost);
		assert_true(lost > 4);
	}
}

/* ---- pages without memory -------------------------------------------------------------------- */

static bool lose_page(struct bench *b, int k, uint32_t va, struct onpu_fw_completion *record)
{
	struct machine *m = machine_of(&b->pair, k);
	struct party party = party_of(b, k);
	struct npu_buffer *table = party.vm->l2[va / ONPU_LARGE_PAGE_SIZE];
	uint64_t old, bad;
	uint8_t *entry;

	if (!table)
		return false;
	entry = table->data + 8ull * (va / ONPU_PAGE_SIZE % ONPU_L2_ENTRIES);
	memcpy(&old, entry, 8);
	if (!(old & ONPU_PTE_VALID))
		return false;
	bad = (old & ~ONPU_PTE_ADDRESS) | 0x7ffff000ull;
	memcpy(entry, &bad, 8);
	npu_host_write(m->host, ONPU_HOST_TLB_INV, party.vm->ctx);
	npu_host_run(m->host, 200);
	*record = run_job(&party, &b->job);
	memcpy(entry, &old, 8);
	npu_host_write(m->host, ONPU_HOST_TLB_INV, party.vm->ctx);
	npu_host_run(m->host, 200);
	if (record->status != ONPU_FW_OK) {
		check_report(b, k, record);
		check_latched(m, &party, record, ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE);
	}
	network_runs(&b->network[k]);
	return true;
}

/* A page is the same to both models: so is all of the report. */
static unsigned int compare_page(struct bench *b, uint32_t va)
{
	struct onpu_fw_completion record[2];

	if (!lose_page(b, 0, va, &record[0]))
		return 0;
	assert_true(lose_page(b, 1, va, &record[1]));
	assert_true(same_report(&record[0], &record[1]));
	return record[0].status != ONPU_FW_OK;
}

static void pages_without_memory(void **state)
{
	struct bench *b = *state;
	const npu_session *session = b->network[0].session;
	unsigned int failed = 0;

	for (int r = 0; r < session->num_regions && !picks; r++)
		for (uint32_t at = 0; at < session->region[r].size; at += ONPU_PAGE_SIZE)
			failed += compare_page(b, session->region[r].va + at);
	for (unsigned int tries = 0; tries < picks; tries++) {
		const struct npu_session_region *region;

		do {
			region = &session->region[random_below((uint64_t)session->num_regions)];
		} while (!region->size);
		failed += compare_page(b, region->va + random_below(region->size) /
						       ONPU_PAGE_SIZE * ONPU_PAGE_SIZE);
	}
	if (!picks)
		failed += compare_page(b, b->job.trace);
	print_message("# %u pages are missed\n", failed);
	assert_true(failed > (picks ? 0 : 2));
}

/* What the user of the library reads: job, step, layer, fault, address, engine, offset. */
static void message_of_the_library(void **state)
{
	struct bench *b = *state;

	for (int k = 0; k < 2; k++) {
		struct machine *m = machine_of(&b->pair, k);
		struct onpu_fw_completion record;
		char text[256];
		uint64_t n = 0;
		struct party party = party_of(b, k);
		int layer;

		/* The first access of an engine. */
		do {
			inject(m, ONPU_INJECT_BUS_ERROR, ++n);
			record = run_job(&party, &b->job);
			assert_int_equal(record.status, ONPU_FW_FAULT);
		} while (record.engine != ONPU_ENGINE_LOAD);
		inject(m, ONPU_INJECT_BUS_ERROR, n);
		assert_int_equal(network_try(&b->network[k]), NPU_ERR_DEVICE);
		layer = npu_session_layer_at(b->network[k].program, 0,
					     b->network[k].program->steps[0].entry +
					     record.stream_offset);
		assert_true(layer >= 0);
		snprintf(text, sizeof(text),
			 "(step 0), layer '%s': fault BUS, reading address 0x%08x, engine LOAD, command at offset %u of the stream",
			 b->network[k].program->layers[layer].name, record.va,
			 record.stream_offset);
		if (!strstr(npu_error(), text))
			fail_msg("'%s' does not say '%s'", npu_error(), text);
		take_fault(m);
		network_runs(&b->network[k]);
	}
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	*state = b;
	open_pair(&b->pair, preset);
	for (int k = 0; k < 2; k++) {
		network_open(&b->network[k], machine_of(&b->pair, k)->device, preset, path);
		network_runs(&b->network[k]);
		take_fault(machine_of(&b->pair, k));
	}
	list_commands(b);
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	for (int k = 0; k < 2; k++) {
		check_victim(machine_of(&b->pair, k));
		network_close(&b->network[k]);
	}
	close_pair(&b->pair);
	free(b);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_of_the_library),
		cmocka_unit_test(every_beat),
		cmocka_unit_test(random_beats),
		cmocka_unit_test(every_beat_of_the_core),
		cmocka_unit_test(pages_without_memory),
	};

	if (argc != 3 && argc != 5) {
		fprintf(stderr, "usage: beats PRESET NETWORK.tflite [RANDOM SEED]\n");
		return 2;
	}
	preset = argv[1];
	path = argv[2];
	if (argc == 5) {
		picks = (unsigned int)atoi(argv[3]);
		random_state = strtoull(argv[4], NULL, 0) * 0x9e3779b97f4a7c15ull + 1;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
