// SPDX-License-Identifier: MIT
/*
 * usage: leftovers PRESET
 *
 * What a job leaves in the device nobody else finds: SRAM, accumulators, counters, records, however
 * the job ended.  SRAM is cleared at a change of the address space, within 1 100 cycles, and only
 * then.
 */
#include "pair.h"

#include "isa_fields.h"
#include "random_commands.h"
#include "stream.h"

#define PROBE_COMMANDS 20
#define PIECES 24		/* of the job that is preempted */
#define TRACE 0x4000u		/* of the attacker's memory */
#define TRACE_BYTES 1024u
#define STORED LARGE_VA

/* ---- the victim ------------------------------------------------------------------------- */

/* How the victim's job ends. */
enum end { WELL, IN_A_FAULT, KILLED, HUNG, OVER_BUDGET, ENDS };

static void put_add(struct stream *s, uint32_t from, uint32_t to, uint16_t h, uint16_t w,
		    uint16_t c)
{
	struct onpu_cmd_eltwise e = {
		.head = stream_head(s, ONPU_OPCODE_ELTWISE, sizeof(e)),
		.out_h = h, .out_w = w, .out_c = c,
		.in = { .addr = from, .row_pitch = (uint32_t)w * c, .pix_pitch = c },
		.out = { .addr = to, .row_pitch = (uint32_t)w * c, .pix_pitch = c },
		.post = { .round = ONPU_ROUND_N, .zero = 1, .min = -128, .max = 127 },
	};

	stream_add(s, &e, sizeof(e));
	s->count[ONPU_ENGINE_COMPUTE]++;
}

/* All sums of the array become large: the secret against itself as weights, bias and all. */
static void put_conv(struct stream *s, const struct onpu_preset *preset, uint32_t weights,
		     uint32_t size)
{
	struct onpu_cmd_conv c = {
		.head = stream_head(s, ONPU_OPCODE_CONV, sizeof(c)),
		.out_h = 8, .out_w = 16, .out_c = (uint16_t)preset->lanes, .tile_h = 8, .tile_w = 16,
		.stride_h = 1, .stride_w = 1, .weights = weights, .weights_size = size,
		.in = { .addr = 0, .row_pitch = 16 * preset->lanes, .pix_pitch = preset->lanes },
		.out = { .addr = preset->sram_bytes / 2, .row_pitch = 16 * preset->lanes,
			 .pix_pitch = preset->lanes },
		.post = { .round = ONPU_ROUND_N, .min = -128, .max = 127 },
	};

	stream_add(s, &c, sizeof(c));
	s->count[ONPU_ENGINE_COMPUTE]++;
}

/* Parameters and one dense block, of 0x7f. */
static uint32_t write_weights(uint8_t *to, uint32_t lanes)
{
	uint32_t header = ONPU_BLOCK_D << ONPU_BLOCK_MODE_SHIFT | ONPU_BLOCK_LAST_MASK;
	uint32_t params = (9 * lanes + 3) / 4 * 4;

	memset(to, 0, params);
	memcpy(to + params, &header, 4);
	memset(to + params + 4, 0x7f, lanes * lanes);
	return params + 4 + lanes * lanes;
}

/* Fills SRAM and the array with the secret; what makes it end otherwise than well comes last. */
static void make_victim(struct machine *m, enum end how, struct npu_job *job)
{
	const struct onpu_preset *preset = m->host->preset;
	struct stream s = { .size = 0 };
	uint32_t weights = preset->sram_bytes - 4096, size;

	for (uint32_t at = 0; at < preset->sram_bytes; at += SECRET_BYTES)
		stream_load(&s, 0, 0, at, SECRET_BYTES);
	size = write_weights(m->victim.memory->data + OWN_DATA, preset->lanes);
	stream_load(&s, 1, 0, weights, size);
	put_conv(&s, preset, weights, size);
	put_add(&s, 0, preset->sram_bytes / 2, 8, 16, 16);
	if (how == KILLED || how == OVER_BUDGET)
		for (int i = 0; i < 6; i++)
			put_add(&s, 0, preset->sram_bytes / 2, 64, 64, 16);
	if (how == IN_A_FAULT)
		stream_load(&s, 2, 0, 0, 64);
	stream_end(&s);
	*job = job_of(&m->victim, 0, s.data, s.size);
	job->max_cycles = how == OVER_BUDGET ? preset->sram_bytes / 8 + 6000 : 1000000;
	job->region_count = 3;
	job->region[0] = (struct onpu_fw_region){ SECRET_VA, SECRET_BYTES };
	job->region[1] = (struct onpu_fw_region){ OWN_DATA_VA, OWN_DATA_BYTES };
	job->region[2] = (struct onpu_fw_region){ HOLE_VA, 4096 };
}

static struct onpu_fw_completion run_victim(struct machine *m, enum end how)
{
	struct onpu_fw_completion record;
	struct npu_job job;
	uint32_t seq;

	make_victim(m, how, &job);
	if (how == HUNG) {
		/* The first one behind all of the loads. */
		inject(m, ONPU_INJECT_HANG, m->host->preset->sram_bytes / SECRET_BYTES + 2);
		job.max_cycles = m->host->preset->sram_bytes / 8 + 10000;
	}
	assert_int_equal(npu_queue_submit(m->victim.queue, &job, &seq), NPU_OK);
	if (how == KILLED) {
		npu_host_run(m->host, m->host->preset->sram_bytes / 8 + 8000);
		npu_queue_kill(m->victim.queue, seq);
	}
	assert_int_equal(npu_queue_wait(m->victim.queue, seq, &record), NPU_OK);
	take_fault(m);
	return record;
}

static void check_end(enum end how, const struct onpu_fw_completion *record)
{
	static const uint8_t status[ENDS] = { ONPU_FW_OK, ONPU_FW_FAULT, ONPU_FW_KILLED,
					      ONPU_FW_ENGINE_RESET, ONPU_FW_FAULT };
	static const uint8_t fault[ENDS] = { ONPU_FAULT_NONE, ONPU_FAULT_MMU, ONPU_FAULT_KILLED,
					     ONPU_FAULT_ENGINE_HANG, ONPU_FAULT_WATCHDOG };

	if (record->status != status[how] || record->fault != fault[how]) {
		print_record("victim", record);
		fail_msg("the victim ended otherwise than in way %d", how);
	}
}

/* Something of the secret is really there. */
static void check_dirty(struct machine *m)
{
	uint8_t *sram = malloc(m->host->preset->sram_bytes);
	uint32_t zeros = 0;

	get_sram(m, sram);
	for (uint32_t i = 0; i < m->host->preset->sram_bytes / 2; i++)
		zeros += !sram[i];
	free(sram);
	assert_int_equal(zeros, 0);
}

/* ---- SRAM --------------------------------------------------------------------------------- */

static struct onpu_fw_completion dump_sram(struct machine *m, struct party *party)
{
	struct stream s = { .size = 0 };
	struct npu_job job;

	stream_store(&s, 0, 0, 0, m->host->preset->sram_bytes);
	stream_end(&s);
	job = job_of(party, 0, s.data, s.size);
	job.max_cycles = 1000000;
	job.region[0] = (struct onpu_fw_region){ STORED, LARGE_BYTES };
	return run_job(party, &job);
}

static void check_zero(struct machine *m)
{
	for (uint32_t i = 0; i < m->host->preset->sram_bytes; i++)
		if (m->large->data[i])
			fail_msg("byte 0x%x of SRAM is 0x%02x", i, m->large->data[i]);
}

static void sram_is_clear(void **state)
{
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };

	for (int k = 0; k < 2; k++)
		for (int how = 0; how < ENDS; how++) {
			struct machine *m = machine[k];
			struct onpu_fw_completion record = run_victim(m, (enum end)how);

			check_end((enum end)how, &record);
			check_dirty(m);
			memset(m->large->data, 0xee, m->host->preset->sram_bytes);
			record = dump_sram(m, &m->attacker);
			assert_int_equal(record.status, ONPU_FW_OK);
			assert_int_equal(record.busy_cycles, 0);
			assert_in_range(record.switch_cycles, 1, SCRUB_CYCLES);
			check_zero(m);
			hide_secret(m);
		}
}

/* Of its own the next job of an address space finds everything. */
static void keeps_sram(struct machine *m)
{
	uint32_t size = m->host->preset->sram_bytes;
	uint8_t *mine = malloc(size);

	dump_sram(m, &m->attacker);
	memset(mine, 0x5a, size);
	put_sram(m, mine);
	assert_int_equal(dump_sram(m, &m->attacker).switch_cycles, 0);
	assert_memory_equal(m->large->data, mine, size);
	free(mine);
}

/* The cost of a change, one by one and in a row of jobs that are there already. */
static void scrub_cycles(void **state)
{
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };

	for (int k = 0; k < 2; k++) {
		struct machine *m = machine[k];
		struct party *party[] = { &m->attacker, &m->victim };
		struct onpu_fw_completion record;
		uint32_t most = 0, seq[2][4];
		struct stream s = { .size = 0 };
		struct npu_job job;
		struct npu_queue *other;

		stream_end(&s);
		for (int i = 0; i < 8; i++) {
			job = job_of(party[i / 2 % 2], 0, s.data, s.size);
			record = run_job(party[i / 2 % 2], &job);
			assert_int_equal(record.status, ONPU_FW_OK);
			assert_int_equal(!!record.switch_cycles, i % 2 == 0);
			if (record.switch_cycles > most)
				most = record.switch_cycles;
		}
		for (int i = 0; i < 8; i++) {
			job = job_of(party[i % 2], 0, s.data, s.size);
			assert_int_equal(npu_queue_submit(party[i % 2]->queue, &job, &seq[i % 2][i / 2]),
					 NPU_OK);
		}
		for (int i = 0; i < 8; i++) {
			assert_int_equal(npu_queue_wait(party[i % 2]->queue, seq[i % 2][i / 2],
							&record), NPU_OK);
			if (record.switch_cycles > most)
				most = record.switch_cycles;
		}
		keeps_sram(m);
		print_message("# %s: a change takes %u cycles at most\n", m->device->name, most);
		assert_in_range(most, m->host->preset->sram_bytes / (32 * m->host->preset->lanes),
				SCRUB_CYCLES);
		/* Two queues of one address space. */
		assert_int_equal(npu_queue_new(m->attacker.vm, 1, 2, &other), NPU_OK);
		job = job_of(&m->attacker, 0, s.data, s.size);
		run_job(&m->attacker, &job);
		for (int i = 0; i < 4; i++) {
			struct party same = m->attacker;

			same.queue = i % 2 ? m->attacker.queue : other;
			assert_int_equal(run_job(&same, &job).switch_cycles, 0);
		}
		npu_queue_free(other);
		hide_secret(m);
	}
}

/* ---- accumulators, counters, records -------------------------------------------------------- */

struct probe {
	struct onpu_fw_completion record;
	struct onpu_trace_record trace[TRACE_BYTES / sizeof(struct onpu_trace_record)];
	uint8_t *sram;			/* as the job stored it */
};

/* Every opcode, over an SRAM that the job fills; the same at each call. */
static void make_probe(struct machine *m, struct stream *s, uint8_t *sram)
{
	struct gen g = { .random = 99, .preset = m->host->preset, .sram = sram, .top = FIRST };
	unsigned int seen = 0;

	iss_fill_random(&g.random, sram, m->host->preset->sram_bytes);
	s->size = 0;
	memset(s->count, 0, sizeof(s->count));
	stream_load(s, 0, 0, 0, m->host->preset->sram_bytes);
	for (int i = 0; i < PROBE_COMMANDS && g.top < m->host->preset->sram_bytes - 40000; i++) {
		union command c;
		size_t size = random_command(&g, &c);
		struct onpu_head head = stream_head(s, c.head.opcode, size);

		if (onpu_isa_find(c.head.opcode)->engine != ONPU_ENGINE_COMPUTE)
			continue;
		head.flags = ONPU_CMD_PROFILE;
		c.head = head;
		stream_add(s, &c, size);
		s->count[ONPU_ENGINE_COMPUTE]++;
		seen |= 1u << (c.head.opcode - ONPU_OPCODE_CONV);
	}
	assert_int_equal(seen & 0x13, 0x13);	/* with weights, and without */
	stream_store(s, 0, m->host->preset->sram_bytes, 0, m->host->preset->sram_bytes);
	stream_end(s);
	memcpy(m->large->data, sram, m->host->preset->sram_bytes);
}

static void run_probe(struct machine *m, struct probe *probe)
{
	uint32_t size = m->host->preset->sram_bytes;
	struct npu_job job;
	struct stream s;

	probe->sram = malloc(size);
	make_probe(m, &s, probe->sram);
	job = job_of(&m->attacker, 0, s.data, s.size);
	job.max_cycles = 1000000;
	job.region[0] = (struct onpu_fw_region){ LARGE_VA, LARGE_BYTES };
	job.trace = OWN_VA + TRACE;
	job.trace_size = TRACE_BYTES;
	memset(m->attacker.memory->data + TRACE, 0, TRACE_BYTES);
	probe->record = run_job(&m->attacker, &job);
	if (probe->record.status != ONPU_FW_OK)
		print_record("probe", &probe->record);
	assert_int_equal(probe->record.status, ONPU_FW_OK);
	memcpy(probe->sram, m->large->data + size, size);
	memcpy(probe->trace, m->attacker.memory->data + TRACE, sizeof(probe->trace));
}

static uint64_t cycle_of(uint32_t lo, uint32_t hi)
{
	return (uint64_t)hi << 32 | lo;
}

/* Bytes, the engine's cycles, and how long each command took. */
static void compare_probes(const struct machine *m, const struct probe *a, const struct probe *b)
{
	assert_memory_equal(a->sram, b->sram, m->host->preset->sram_bytes);
	assert_int_equal(a->record.busy_cycles, b->record.busy_cycles);
	for (size_t i = 0; i < sizeof(a->trace) / sizeof(a->trace[0]); i++) {
		const struct onpu_trace_record *x = &a->trace[i], *y = &b->trace[i];

		assert_int_equal(x->stream_offset, y->stream_offset);
		assert_int_equal(x->engine, y->engine);
		assert_int_equal(cycle_of(x->end_lo, x->end_hi) - cycle_of(x->start_lo, x->start_hi),
				 cycle_of(y->end_lo, y->end_hi) - cycle_of(y->start_lo, y->start_hi));
	}
	assert_int_not_equal(a->trace[0].end_lo, 0);
}

/* As if the machine were new, on which nobody has run: first the probe, then whatever. */
static void nothing_shows_in_results(void **state)
{
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };
	struct probe first[2], later;

	for (int k = 0; k < 2; k++) {
		struct machine *m = machine[k];

		run_probe(m, &first[k]);
		for (int how = 0; how < ENDS; how++) {
			struct onpu_fw_completion record = run_victim(m, (enum end)how);

			check_end((enum end)how, &record);
			hide_secret(m);
			run_probe(m, &later);
			compare_probes(m, &later, &first[k]);
			free(later.sram);
			check_victim(m);
		}
	}
	assert_memory_equal(first[0].sram, first[1].sram, pair->preset->sram_bytes);
	free(first[0].sram);
	free(first[1].sram);
}

/* ---- preempted ------------------------------------------------------------------------------ */

/*
 * Loads the secret, and may make way behind each piece: more pieces than the hardware's queue
 * takes, for a PREEMPT is passed when it is dispatched.
 */
static void make_patient(struct machine *m, struct npu_job *job)
{
	uint32_t size = m->host->preset->sram_bytes;
	struct stream s = { .size = 0 };

	for (uint32_t i = 0; i < PIECES; i++) {
		stream_load(&s, 0, 0, i * SECRET_BYTES % size, SECRET_BYTES);
		stream_preempt(&s, 0, size);
	}
	stream_store(&s, 1, 0, 0, SECRET_BYTES);
	stream_end(&s);
	*job = job_of(&m->victim, 0, s.data, s.size);
	job->max_cycles = 10000000;
	job->region_count = 2;
	job->region[0] = (struct onpu_fw_region){ SECRET_VA, SECRET_BYTES };
	job->region[1] = (struct onpu_fw_region){ OWN_DATA_VA, OWN_DATA_BYTES };
	memset(m->victim.memory->data + OWN_DATA, 0, SECRET_BYTES);
}

/* The victim makes way in the middle: its SRAM is saved where nobody comes, and comes back. */
static unsigned int interrupt_victim(struct machine *m, uint64_t cycles)
{
	uint32_t size = m->host->preset->sram_bytes, seq, preempted;
	struct party urgent = m->attacker;
	struct onpu_fw_completion record;
	struct npu_job job;

	assert_int_equal(npu_queue_new(m->attacker.vm, 3, 2, &urgent.queue), NPU_OK);
	make_patient(m, &job);
	preempted = m->host->shared->queue[m->victim.queue->slot].fw.preempted;
	assert_int_equal(npu_queue_submit(m->victim.queue, &job, &seq), NPU_OK);
	npu_host_run(m->host, cycles);
	memset(m->large->data, 0xee, size);
	record = dump_sram(m, &urgent);
	assert_int_equal(record.status, ONPU_FW_OK);
	assert_int_equal(record.busy_cycles, 0);
	assert_in_range(record.switch_cycles, 1, SCRUB_CYCLES);
	check_zero(m);
	assert_int_equal(npu_queue_wait(m->victim.queue, seq, &record), NPU_OK);
	assert_int_equal(record.status, ONPU_FW_OK);
	assert_memory_equal(m->victim.memory->data + OWN_DATA, m->secret->data, SECRET_BYTES);
	npu_queue_free(urgent.queue);
	hide_secret(m);
	return m->host->shared->queue[m->victim.queue->slot].fw.preempted - preempted;
}

/* At several times: the functional model is ahead of its own clock. */
static void preempted_victim(void **state)
{
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };

	for (int k = 0; k < 2; k++) {
		uint64_t all = PIECES * SECRET_BYTES / 8;
		unsigned int times = 0;

		for (uint64_t cycles = 1000; cycles < all; cycles += all / 6)
			times += interrupt_victim(machine[k], cycles);
		print_message("# %s: preempted %u times\n", machine[k]->device->name, times);
		assert_true(times);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_shows_in_results),
		cmocka_unit_test(sram_is_clear),
		cmocka_unit_test(preempted_victim),
		cmocka_unit_test(scrub_cycles),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: leftovers PRESET\n");
		return 2;
	}
	pair_preset = argv[1];
	return cmocka_run_group_tests(tests, setup_pair, teardown_pair);
}
