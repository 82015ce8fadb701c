// SPDX-License-Identifier: MIT
/*
 * usage: hostile PRESET
 *
 * A program that tries each way out of its address space: every field of every command, every
 * kind of bad address, translations that were taken away, tokens that wait for ever.  Both models
 * report the same, the victim's memory stays as it is, and the next job runs right.
 */
#include "pair.h"

#include "check.h"
#include "isa_fields.h"
#include "iss/machine_mmu.h"
#include "random_commands.h"
#include "stream.h"

#define PER_OPCODE 2		/* legal commands that are altered */
#define STREAM_BYTES 1024u	/* of one job of a batch */
#define MARK 0x40u		/* where in SRAM a FILL shows that what comes before was done */
#define MAX_CASES 20000
#define FINE 1u			/* where no access begins */

/* ---- every field of every command ------------------------------------------------------- */

struct stream_case {
	uint8_t bytes[STREAM_BYTES];
	uint32_t size, offset;		/* offset: of the command that is refused */
	const struct onpu_isa_command *isa;
	const char *field;
	enum onpu_fault expected;	/* of dispatch */
};

struct cases {
	struct pair *pair;
	struct gen gen;
	uint8_t *sram;			/* operands of the commands, a secret's pattern elsewhere */
	struct stream_case *list;
	size_t count;
	struct onpu_core_job job;	/* for the check: as in job_of() */
};

static void put_fill(struct stream *s, uint32_t addr, uint8_t value)
{
	struct onpu_cmd_load c = {
		.head = stream_head(s, ONPU_OPCODE_FILL, sizeof(c)),
		.value = value, .n1 = 1, .n0 = 16, .addr = addr, .n2 = 1,
	};

	stream_add(s, &c, sizeof(c));
	s->count[ONPU_ENGINE_LOAD]++;
}

/* A FILL, the command, END. */
static void add_case(struct cases *cases, const union onpu_command *c, uint32_t words,
		     const char *field)
{
	static const uint32_t dispatched[3] = { [ONPU_ENGINE_LOAD] = 1 };
	struct onpu_check check = { cases->pair->preset, dispatched, &cases->job };
	struct stream_case *made = &cases->list[cases->count];
	struct stream s = { .size = 0 };
	const char *what;

	assert_true(cases->count < MAX_CASES);
	cases->count++;
	put_fill(&s, MARK, (uint8_t)cases->count);
	made->offset = s.size;
	stream_add(&s, c, 4 * words);
	stream_end(&s);
	assert_true(s.size <= sizeof(made->bytes));
	memcpy(made->bytes, s.data, s.size);
	made->size = s.size;
	made->isa = onpu_isa_find(c->head.opcode);
	made->field = field;
	made->expected = onpu_check_header(c->words[0]);
	if (!made->expected)
		made->expected = onpu_check_command(&check, c, &what);
}

/* With what a field is replaced: ends of ranges, signs, and one beside what was there. */
static size_t bad_values(const struct onpu_preset *preset, unsigned int size, uint32_t old,
			 uint32_t values[12])
{
	uint32_t sram = preset->sram_bytes;
	size_t n = 0;

	values[n++] = 0;
	values[n++] = old + 1;
	values[n++] = old - 1;
	if (size == 1) {
		values[n++] = 0x80;
		values[n++] = 0xff;
	} else if (size == 2) {
		values[n++] = 0x8000;
		values[n++] = 0xffff;
		values[n++] = 0x7fff;
	} else {
		values[n++] = sram;
		values[n++] = sram - 1;
		values[n++] = 0x7fffffff;
		values[n++] = 0x80000000;
		values[n++] = 0xfffffff8;
		values[n++] = 0xffffffff;
		/* Times a small number it is a small number, if somebody forgets bits. */
		values[n++] = 0x80000000 + old;
		values[n++] = 0x40000000 + old;
	}
	return n;
}

static void alter_field(struct cases *cases, const union onpu_command *legal, uint32_t words,
			const char *name, uint32_t offset, unsigned int size)
{
	uint32_t old = 0, values[12];
	size_t n;

	memcpy(&old, (const uint8_t *)legal + offset, size);
	n = bad_values(cases->pair->preset, size, old, values);
	for (size_t i = 0; i < n; i++) {
		union onpu_command c = *legal;

		memcpy((uint8_t *)&c + offset, &values[i], size);
		if (memcmp(&c, legal, sizeof(c)))
			add_case(cases, &c, words, name);
	}
}

static void alter_command(struct cases *cases, const union onpu_command *legal)
{
	const struct onpu_isa_command *isa = onpu_isa_find(legal->head.opcode);

	for (size_t i = 0; i < isa->num_fields; i++)
		alter_field(cases, legal, isa->words, isa->fields[i].name, isa->fields[i].offset,
			    isa->fields[i].size);
	alter_field(cases, legal, isa->words, "length", offsetof(struct onpu_head, length), 1);
	alter_field(cases, legal, isa->words, "wait_load", offsetof(struct onpu_head, wait_load), 4);
	alter_field(cases, legal, isa->words, "wait_compute",
		    offsetof(struct onpu_head, wait_compute), 4);
	alter_field(cases, legal, isa->words, "wait_store", offsetof(struct onpu_head, wait_store),
		    4);
}

/* A random legal command of that opcode; its operands are in the pattern for SRAM. */
static void make_legal(struct cases *cases, uint8_t opcode, union onpu_command *c)
{
	union command random;
	size_t size;

	memset(c, 0, sizeof(*c));
	if (opcode == ONPU_OPCODE_END || opcode == ONPU_OPCODE_PREEMPT) {
		c->head.opcode = opcode;
		c->head.length = onpu_isa_find(opcode)->words;
		if (opcode == ONPU_OPCODE_PREEMPT)
			for (uint32_t i = 0; i < ONPU_PREEMPT_RANGES; i++)
				c->preempt.live[i] = (struct onpu_range){ 0x100 * i, 0x40 };
		return;
	}
	do {
		if (cases->gen.top > cases->pair->preset->sram_bytes - 40000)
			cases->gen.top = FIRST;
		size = random_command(&cases->gen, &random);
	} while (random.head.opcode != opcode);
	if (opcode == ONPU_OPCODE_LOAD || opcode == ONPU_OPCODE_STORE) {
		random.load.region = 0;
		random.load.offset %= OWN_DATA_BYTES / 2;
	}
	memcpy(c, &random, size);
	c->head.length = (uint8_t)(size / 4);
}

static void make_cases(struct cases *cases)
{
	union onpu_command c;

	for (size_t i = 0; i < onpu_isa_num_commands; i++)
		for (int n = 0; n < PER_OPCODE; n++) {
			make_legal(cases, onpu_isa_commands[i].opcode, &c);
			alter_command(cases, &c);
		}
	memset(&c, 0, sizeof(c));
	for (uint32_t opcode = 0; opcode < 256; opcode++)
		if (!onpu_isa_find((uint8_t)opcode)) {
			c.head.opcode = (uint8_t)opcode;
			c.head.length = 4;
			add_case(cases, &c, 4, "opcode");
		}
}

/* Up to DEPTH jobs one behind the other. */
static void run_batch(struct machine *m, const struct stream_case *const list[], size_t count,
		      struct onpu_fw_completion record[])
{
	uint32_t seq[DEPTH];

	for (size_t i = 0; i < count; i++) {
		struct npu_job job = job_of(&m->attacker, (uint32_t)i * STREAM_BYTES,
					    list[i]->bytes, list[i]->size);

		/* What the model thinks to be quick the hardware may take more time for. */
		if (m->host->rtl)
			job.max_cycles *= 10;
		assert_int_equal(npu_queue_submit(m->attacker.queue, &job, &seq[i]), NPU_OK);
	}
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(npu_queue_wait(m->attacker.queue, seq[i], &record[i]), NPU_OK);
		assert_int_equal(record[i].seq, seq[i]);
	}
	check_victim(m);
}

static void name_case(const struct stream_case *c)
{
	print_message("# %s, field %s\n", c->isa ? c->isa->name : "?", c->field);
}

/* What dispatch refuses has no effect, and what comes before has. */
static void check_sram(struct cases *cases, struct machine *m, uint8_t mark)
{
	uint8_t *got = malloc(cases->pair->preset->sram_bytes);

	get_sram(m, got);
	memset(cases->sram + MARK, mark, 16);
	assert_memory_equal(got, cases->sram, cases->pair->preset->sram_bytes);
	free(got);
}

/* The first job of a context clears SRAM; what is put there afterwards stays. */
static void warm_up(struct machine *m)
{
	struct stream s = { .size = 0 };
	struct npu_job job;

	stream_end(&s);
	job = job_of(&m->attacker, 0, s.data, s.size);
	assert_int_equal(run_job(&m->attacker, &job).status, ONPU_FW_OK);
}

static void run_refused(struct cases *cases, unsigned int seen[])
{
	const struct stream_case *batch[DEPTH];
	struct onpu_fw_completion record[2][DEPTH];
	size_t at = 0, total = 0;

	warm_up(&cases->pair->iss);
	warm_up(&cases->pair->rtl);
	put_sram(&cases->pair->iss, cases->sram);
	put_sram(&cases->pair->rtl, cases->sram);
	while (at < cases->count) {
		size_t n = 0;

		for (; at < cases->count && n < DEPTH; at++)
			if (cases->list[at].expected)
				batch[n++] = &cases->list[at];
		if (!n)
			break;
		run_batch(&cases->pair->iss, batch, n, record[0]);
		run_batch(&cases->pair->rtl, batch, n, record[1]);
		for (size_t i = 0; i < n; i++) {
			struct onpu_fw_completion *r = &record[1][i];

			if (!same_report(&record[0][i], r) || r->status != ONPU_FW_FAULT ||
			    r->fault != batch[i]->expected || r->engine != ONPU_ENGINE_CONTROL ||
			    r->stream_offset != batch[i]->offset) {
				name_case(batch[i]);
				fail_msg("not refused with fault %d", batch[i]->expected);
			}
			seen[r->fault]++;
		}
		total += n;
		check_sram(cases, &cases->pair->iss, (uint8_t)(batch[n - 1] - cases->list + 1));
		check_sram(cases, &cases->pair->rtl, (uint8_t)(batch[n - 1] - cases->list + 1));
	}
	print_message("# %zu commands refused\n", total);
}

/*
 * Where the output may have come to lie upon weights or tables, what is read there is not defined,
 * so neither is whether it is well formed.
 */
static bool may_overlap(const struct stream_case *c)
{
	return !strncmp(c->field, "out", 3) || !strcmp(c->field, "weights") ||
	       !strcmp(c->field, "rows") || !strcmp(c->field, "columns");
}

static bool runs_or_fails(const struct stream_case *c, const struct onpu_fw_completion *record)
{
	return record->status == ONPU_FW_OK ||
	       (record->status == ONPU_FW_FAULT && record->engine == ONPU_ENGINE_COMPUTE &&
		(record->fault == ONPU_FAULT_FIELD || record->fault == ONPU_FAULT_BAD_WEIGHTS) &&
		record->stream_offset == c->offset);
}

/*
 * The others are legal, or fail while they run.  Those that take long are left to the watchdog's
 * tests: which command it meets is the model's own.
 */
static void run_accepted(struct cases *cases)
{
	struct onpu_fw_completion record[2];
	unsigned int ok = 0, failed = 0, slow = 0;

	for (size_t i = 0; i < cases->count; i++) {
		const struct stream_case *c = &cases->list[i];

		if (c->expected)
			continue;
		put_sram(&cases->pair->iss, cases->sram);
		run_batch(&cases->pair->iss, &c, 1, &record[0]);
		if (record[0].fault == ONPU_FAULT_WATCHDOG) {
			slow++;
			continue;
		}
		put_sram(&cases->pair->rtl, cases->sram);
		run_batch(&cases->pair->rtl, &c, 1, &record[1]);
		if (may_overlap(c) ? !runs_or_fails(c, &record[1]) :
				     !same_report(&record[0], &record[1])) {
			name_case(c);
			fail_msg("case %zu differs", i);
		}
		ok += record[1].status == ONPU_FW_OK;
		failed += record[1].status != ONPU_FW_OK;
	}
	print_message("# %u commands run, %u failed while running, %u would take long\n", ok,
		      failed, slow);
	assert_true(ok && failed);
}

static void every_field_of_every_command(void **state)
{
	struct pair *pair = *state;
	struct cases cases = { .pair = pair };
	unsigned int seen[ONPU_FAULT_FIRMWARE + 1] = { 0 };

	cases.sram = malloc(pair->preset->sram_bytes);
	cases.list = calloc(MAX_CASES, sizeof(*cases.list));
	assert_true(cases.sram && cases.list);
	cases.gen = (struct gen){ .random = 77, .preset = pair->preset, .sram = cases.sram,
				  .top = FIRST };
	iss_fill_random(&cases.gen.random, cases.sram, pair->preset->sram_bytes);
	cases.job.region[0].va = OWN_DATA_VA;
	cases.job.region[0].size = OWN_DATA_BYTES;
	make_cases(&cases);
	run_refused(&cases, seen);
	for (int code = ONPU_FAULT_OPCODE; code < ONPU_FAULT_STREAM; code++) {
		print_message("# %s: %u\n", onpu_isa_name(onpu_isa_fault_names, (uint32_t)code),
			      seen[code]);
		assert_true(seen[code]);
	}
	run_accepted(&cases);
	free(cases.list);
	free(cases.sram);
}

/* The stream ends inside a command, or before END, or goes on behind it. */
static void cut_streams(void **state)
{
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };
	struct stream s = { .size = 0 };
	struct onpu_fw_completion record[2];
	uint32_t second, end;

	put_fill(&s, MARK, 3);
	second = s.size;
	stream_add_constant(&s, MARK, 2 * MARK, 16, 1);
	end = s.size;
	stream_end(&s);
	for (uint32_t size = 4; size <= s.size + 64; size += 4) {
		uint32_t at = size < second ? 0 : size < end ? second : end;

		for (int k = 0; k < 2; k++) {
			struct npu_job job = job_of(&machine[k]->attacker, 0, s.data, s.size);

			job.stream_size = size;
			record[k] = run_job(&machine[k]->attacker, &job);
			check_victim(machine[k]);
		}
		assert_true(same_report(&record[0], &record[1]));
		if (size == s.size) {
			assert_int_equal(record[1].status, ONPU_FW_OK);
			continue;
		}
		assert_int_equal(record[1].fault, ONPU_FAULT_STREAM);
		assert_int_equal(record[1].engine, ONPU_ENGINE_CONTROL);
		assert_int_equal(record[1].stream_offset, at);
	}
}

/* ---- addresses outside ------------------------------------------------------------------- */

static struct onpu_fw_completion run_as(struct party *party, const struct stream *s,
					struct onpu_fw_region region)
{
	struct npu_job job = job_of(party, 0, s->data, s->size);

	job.region[0] = region;
	return run_job(party, &job);
}

/* What is reported after an access to a bad place, on both models and in all registers. */
static void expect_fault(struct pair *pair, const struct stream *s, struct onpu_fw_region region,
			 uint32_t offset, uint32_t va, bool write)
{
	struct machine *machine[] = { &pair->iss, &pair->rtl };

	for (int i = 0; i < 2; i++) {
		struct machine *m = machine[i];
		struct onpu_fw_completion record = run_as(&m->attacker, s, region);

		if (record.status != ONPU_FW_FAULT || record.fault != ONPU_FAULT_MMU ||
		    record.va != va || record.write != write || record.stream_offset != offset) {
			print_record(m->device->name, &record);
			fail_msg("not an MMU fault at 0x%08x", va);
		}
		assert_int_equal(record.engine, write ? ONPU_ENGINE_STORE : ONPU_ENGINE_LOAD);
		check_latched(m, &m->attacker, &record, ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE);
		check_victim(m);
	}
}

/* size bytes at offset, in one run or in runs of 64. */
static void make_copy(struct stream *s, uint8_t opcode, uint32_t offset, uint32_t size, bool runs)
{
	struct onpu_cmd_load c = {
		.head = stream_head(s, opcode, sizeof(c)), .n1 = 1, .offset = offset,
		.n0 = size, .addr = 256, .n2 = 1,
	};

	if (runs) {
		c.n0 = 64;
		c.n1 = (uint16_t)(size / 64);
		c.ext_stride1 = 64;
		c.sram_stride1 = 80;
	}
	stream_add(s, &c, sizeof(c));
	s->count[opcode == ONPU_OPCODE_STORE ? ONPU_ENGINE_STORE : ONPU_ENGINE_LOAD]++;
}

static void addresses_of_others(void **state)
{
	static const struct {
		uint32_t va, size;	/* of the region */
		uint32_t offset, bytes;	/* of the copy in it */
		uint32_t reading, writing;	/* the first byte that cannot be had; FINE */
	} cases[] = {
		/* The victim's, at an address that only its own table has. */
		{ SECRET_VA, SECRET_BYTES, 0, 512, SECRET_VA, SECRET_VA },
		{ SECRET_VA, SECRET_BYTES, SECRET_BYTES - 64, 64,
		  SECRET_VA + SECRET_BYTES - 64, SECRET_VA + SECRET_BYTES - 64 },
		{ 0, 0xffffffff, SECRET_VA + 0x1234, 640, SECRET_VA + 0x1234, SECRET_VA + 0x1234 },
		/* Nobody's. */
		{ HOLE_VA, 4096, 0, 64, HOLE_VA, HOLE_VA },
		{ 0, 4096, 0, 64, 0, 0 },
		{ 0, 0xffffffff, 0x80000000, 64, 0x80000000, 0x80000000 },
		{ LAST_VA - 4096, 8192, 0, 64, LAST_VA - 4096, LAST_VA - 4096 },
		/* From what is mapped into what is not. */
		{ OWN_VA, OWN_BYTES + 4096, OWN_BYTES - 192, 640, OWN_VA + OWN_BYTES,
		  OWN_VA + OWN_BYTES },
		{ LARGE_VA, LARGE_BYTES + 4096, LARGE_BYTES - 64, 640, LARGE_VA + LARGE_BYTES,
		  LARGE_VA + LARGE_BYTES },
		/* Not to be written. */
		{ READONLY_VA, 8192, 4096 - 64, 128, READONLY_VA + 4096, READONLY_VA + 4032 },
		{ READONLY_VA, 4096, 0, 64, FINE, READONLY_VA },
		{ READONLY_VA, 4096, 4032, 64, FINE, READONLY_VA + 4032 },
		{ READONLY_VA - 4096, 8192, 4096, 512, FINE, READONLY_VA },
	};
	struct pair *pair = *state;

	take_fault(&pair->iss);
	take_fault(&pair->rtl);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int kind = 0; kind < 4; kind++) {
			bool write = kind & 1;
			struct stream s = { .size = 0 };
			uint32_t offset, bad = write ? cases[i].writing : cases[i].reading;

			if (bad == FINE)
				continue;
			put_fill(&s, MARK, 1);
			offset = s.size;
			make_copy(&s, write ? ONPU_OPCODE_STORE : ONPU_OPCODE_LOAD,
				  cases[i].offset, cases[i].bytes, kind & 2);
			stream_end(&s);
			expect_fault(pair, &s, (struct onpu_fw_region){ cases[i].va, cases[i].size },
				     offset, bad, write);
		}
}

/* The last byte of 32 bits is one like any other, and nothing is behind it. */
static void the_end_of_the_address_space(void **state)
{
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };
	struct onpu_fw_completion record;

	for (int i = 0; i < 2; i++) {
		struct machine *m = machine[i];
		struct stream s = { .size = 0 };

		for (uint32_t n = 0; n < 4096; n++)
			m->last->data[n] = (uint8_t)(n * 7);
		stream_load(&s, 0, 0, 0, 4095);
		stream_store(&s, 0, 0, 1, 4094);
		stream_end(&s);
		record = run_as(&m->attacker, &s,
				(struct onpu_fw_region){ LAST_VA, 4095 });
		assert_int_equal(record.status, ONPU_FW_OK);
		for (uint32_t n = 0; n < 4094; n++)
			assert_int_equal(m->last->data[n], (uint8_t)((n + 1) * 7));
		/* Around the end, by the region and by strides. */
		record = run_as(&m->attacker, &s, (struct onpu_fw_region){ LAST_VA, 4097 });
		assert_int_equal(record.status, ONPU_FW_BAD_DESCRIPTOR);
		assert_int_equal(record.reason, ONPU_FW_BAD_REGIONS);
		s.size = 0;
		s.count[0] = s.count[2] = 0;
		make_copy(&s, ONPU_OPCODE_LOAD, 64, 128, true);
		((struct onpu_cmd_load *)s.data)->ext_stride1 = 0xffffffc0;
		stream_end(&s);
		record = run_as(&m->attacker, &s, (struct onpu_fw_region){ LAST_VA, 4096 });
		assert_int_equal(record.status, ONPU_FW_FAULT);
		assert_int_equal(record.fault, ONPU_FAULT_REGION_RANGE);
	}
}

/* The stream itself and the trace buffer are addresses, too. */
static void streams_and_traces_of_others(void **state)
{
	static const uint32_t bad[] = { SECRET_VA, HOLE_VA, 0, LAST_VA - 4096, READONLY_VA };
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };
	struct onpu_fw_completion record[2];
	struct npu_job job;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (int k = 0; k < 2; k++) {
			struct machine *m = machine[k];
			struct stream s = { .size = 0 };

			stream_end(&s);
			job = job_of(&m->attacker, 0, s.data, s.size);
			job.entry = bad[i];
			if (bad[i] == READONLY_VA)
				memcpy(m->readonly->data, s.data, s.size);
			record[k] = run_job(&m->attacker, &job);
			check_latched(m, &m->attacker, &record[k],
				      ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE);
			check_victim(m);
		}
		assert_true(same_report(&record[0], &record[1]));
		if (bad[i] == READONLY_VA) {
			assert_int_equal(record[1].status, ONPU_FW_OK);
		} else {
			assert_int_equal(record[1].fault, ONPU_FAULT_MMU);
			assert_int_equal(record[1].engine, ONPU_ENGINE_CONTROL);
			assert_int_equal(record[1].va, bad[i]);
		}
		for (int k = 0; k < 2; k++) {
			struct machine *m = machine[k];
			struct stream s = { .size = 0 };

			put_fill(&s, MARK, 2);
			((struct onpu_head *)s.data)->flags = ONPU_CMD_PROFILE;
			stream_end(&s);
			job = job_of(&m->attacker, 0, s.data, s.size);
			job.trace = bad[i];
			job.trace_size = 256;
			record[k] = run_job(&m->attacker, &job);
			check_latched(m, &m->attacker, &record[k],
				      ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE);
			check_victim(m);
		}
		assert_true(same_report(&record[0], &record[1]));
		assert_int_equal(record[1].fault, ONPU_FAULT_MMU);
		assert_int_equal(record[1].va, bad[i]);
		assert_true(record[1].write);
	}
}

/* What a descriptor can say; the rest firmware's own tests have. */
static void descriptors(void **state)
{
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };
	struct stream s = { .size = 0 };
	struct onpu_fw_completion record[2];

	stream_end(&s);
	for (int kind = 0; kind < 10; kind++) {
		static const uint8_t reason[] = {
			ONPU_FW_BAD_STREAM, ONPU_FW_BAD_STREAM, ONPU_FW_BAD_STREAM,
			ONPU_FW_BAD_STREAM, ONPU_FW_BAD_TRACE, ONPU_FW_BAD_TRACE,
			ONPU_FW_BAD_REGIONS, ONPU_FW_BAD_REGIONS, ONPU_FW_BAD_FLAGS,
			ONPU_FW_BAD_FLAGS,
		};

		for (int k = 0; k < 2; k++) {
			struct npu_job job = job_of(&machine[k]->attacker, 0, s.data, s.size);

			job.entry += kind == 0 ? 2 : 0;
			job.stream_size += kind == 1 ? 1 : 0;
			job.stream_size = kind == 2 ? 0 : job.stream_size;
			if (kind == 3) {
				job.entry = 0xfffffff0;
				job.stream_size = 0x14;
			}
			job.trace_size = kind == 4 || kind == 5 ? 0x100 : 0;
			job.trace = kind == 4 ? OWN_DATA_VA + 4 : kind == 5 ? 0xffffff80 : 0;
			job.region_count = kind == 6 ? 17 : 1;
			job.region[0].size = kind == 7 ? 0u - OWN_DATA_VA + 1 : OWN_DATA_BYTES;
			job.flags = kind == 8 ? 2 : kind == 9 ? 0x8000 : 0;
			record[k] = run_job(&machine[k]->attacker, &job);
			check_victim(machine[k]);
		}
		assert_true(same_report(&record[0], &record[1]));
		assert_int_equal(record[1].status, ONPU_FW_BAD_DESCRIPTOR);
		assert_int_equal(record[1].reason, reason[kind]);
	}
}

/* ---- page tables that are wrong ------------------------------------------------------------ */

static uint64_t *entry_at(struct npu_buffer *table, uint32_t index)
{
	return (uint64_t *)(void *)(table->data + 8ull * index);
}

static void invalidate(struct machine *m, uint8_t ctx)
{
	npu_host_write(m->host, ONPU_HOST_TLB_INV, ctx);
	while (!(npu_host_read(m->host, ONPU_HOST_TLB_STATUS) & ONPU_HOST_TLB_STATUS_DONE))
		onpu_model_run(m->host->model, 10);
}

/* One entry of either level is replaced; both models find the same about it. */
static void broken_tables(void **state)
{
	static const struct {
		uint64_t entry;
		int fault;
	} page[] = {
		{ 0, ONPU_FAULT_MMU },
		{ ONPU_PTE_VALID, ONPU_FAULT_MMU },	/* no permission, at bus address 0 */
		{ ~0ull, ONPU_FAULT_MMU },
		{ ONPU_PTE_VALID | ONPU_PTE_READ | ONPU_PTE_WRITE | ONPU_PTE_LARGE, ONPU_FAULT_MMU },
		{ ONPU_PTE_READ | ONPU_PTE_WRITE, ONPU_FAULT_MMU },
		/* Where no memory is. */
		{ ONPU_PTE_VALID | ONPU_PTE_READ | ONPU_PTE_WRITE, ONPU_FAULT_BUS },
		{ ONPU_PTE_VALID | ONPU_PTE_READ | ONPU_PTE_WRITE | 0xffffffff000ull,
		  ONPU_FAULT_BUS },
	}, table[] = {
		{ 0, ONPU_FAULT_MMU },
		{ ~0ull, ONPU_FAULT_MMU },
		{ ONPU_PTE_VALID | ONPU_PTE_READ, ONPU_FAULT_MMU },
		{ ONPU_PTE_VALID | ONPU_PTE_LARGE | ONPU_PTE_READ | ONPU_PTE_WRITE | 0x1000,
		  ONPU_FAULT_MMU },
		{ ONPU_PTE_VALID, ONPU_FAULT_BUS },	/* no memory, so no table */
	};
	const size_t pages = sizeof(page) / sizeof(page[0]);
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };

	for (size_t i = 0; i < 2 * (pages + sizeof(table) / sizeof(table[0])); i++) {
		size_t n = i / 2;
		bool write = i % 2, in_table = n >= pages;
		struct stream s = { .size = 0 };
		struct onpu_fw_completion record[2];

		make_copy(&s, write ? ONPU_OPCODE_STORE : ONPU_OPCODE_LOAD, 0, 64, false);
		stream_end(&s);
		for (int k = 0; k < 2; k++) {
			struct machine *m = machine[k];
			struct npu_vm *vm = m->attacker.vm;
			uint32_t big = READONLY_VA / ONPU_LARGE_PAGE_SIZE;
			uint64_t *entry = in_table ? entry_at(vm->l1, big) :
						     entry_at(vm->l2[big], 0), old = *entry;

			*entry = in_table ? table[n - pages].entry : page[n].entry;
			invalidate(m, vm->ctx);
			record[k] = run_as(&m->attacker, &s,
					   (struct onpu_fw_region){ READONLY_VA, 4096 });
			*entry = old;
			invalidate(m, vm->ctx);
			check_latched(m, &m->attacker, &record[k],
				      in_table && table[n - pages].fault == ONPU_FAULT_BUS ?
				      ONPU_HOST_FAULT_STATUS_SOURCE_TABLE :
				      ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE);
			check_victim(m);
		}
		if (!same_report(&record[0], &record[1]) ||
		    record[1].fault != (in_table ? table[n - pages].fault : page[n].fault) ||
		    record[1].va != READONLY_VA || record[1].write != write)
			fail_msg("entry %zu, %s", n, write ? "writing" : "reading");
	}
}

/* ---- translations that were taken away ------------------------------------------------------ */

static void load_one(struct stream *s)
{
	s->size = 0;
	memset(s->count, 0, sizeof(s->count));
	stream_load(s, 0, 0, 0, 64);
	stream_store(s, 1, 0, 0, 64);
	stream_end(s);
}

/* Copies 64 bytes from va to the data. */
static struct onpu_fw_completion copy_from(struct party *party, uint32_t va)
{
	struct stream s;
	struct npu_job job;

	load_one(&s);
	job = job_of(party, 0, s.data, s.size);
	job.region_count = 2;
	job.region[1] = job.region[0];
	job.region[0] = (struct onpu_fw_region){ va, 64 };
	return run_job(party, &job);
}

static void expect_copy(struct party *party, uint32_t va, const uint8_t *from)
{
	assert_int_equal(copy_from(party, va).status, ONPU_FW_OK);
	assert_memory_equal(party->memory->data + OWN_DATA, from, 64);
}

static void expect_gone(struct machine *m, uint32_t va)
{
	struct onpu_fw_completion record = copy_from(&m->attacker, va);

	assert_int_equal(record.fault, ONPU_FAULT_MMU);
	assert_int_equal(record.va, va);
	check_latched(m, &m->attacker, &record, ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE);
}

static void take_away(struct machine *m)
{
	static const size_t sizes[] = { 4096, 3 * 4096, LARGE_BYTES };
	const uint32_t va = 0x01000000;
	struct npu_buffer *first, *second;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t at = va + (uint32_t)i * 2 * LARGE_BYTES;
		uint32_t last = at + (uint32_t)sizes[i] - 4096;

		map_new(m, m->attacker.vm, at, sizes[i], true, &first);
		assert_int_equal(npu_host_alloc(m->host, sizes[i], &second), NPU_OK);
		memset(first->data, 0x11, first->size);
		memset(second->data, 0x22, second->size);
		expect_copy(&m->attacker, at, first->data);
		expect_copy(&m->attacker, last, first->data);
		/* Another page at the same place. */
		assert_int_equal(npu_vm_map(m->attacker.vm, at, second, true), NPU_OK);
		expect_copy(&m->attacker, at, second->data);
		expect_copy(&m->attacker, last, second->data);
		npu_vm_unmap(m->attacker.vm, at, sizes[i]);
		expect_gone(m, at);
		expect_gone(m, last);
		/* Nothing either of a walk that found nothing. */
		assert_int_equal(npu_vm_map(m->attacker.vm, at, first, true), NPU_OK);
		expect_copy(&m->attacker, at, first->data);
		npu_vm_unmap(m->attacker.vm, at, sizes[i]);
		npu_host_free(m->host, first);
		npu_host_free(m->host, second);
	}
}

static void take_permission(struct machine *m)
{
	const uint32_t va = 0x01000000;
	struct npu_buffer *buffer;
	struct stream s = { .size = 0 };
	struct onpu_fw_region region = { va, 4096 };
	struct onpu_fw_completion record;

	map_new(m, m->attacker.vm, va, 4096, true, &buffer);
	stream_store(&s, 0, 0, 0, 64);
	stream_end(&s);
	assert_int_equal(run_as(&m->attacker, &s, region).status, ONPU_FW_OK);
	memset(buffer->data, 0x33, 4096);
	assert_int_equal(npu_vm_map(m->attacker.vm, va, buffer, false), NPU_OK);
	record = run_as(&m->attacker, &s, region);
	assert_int_equal(record.fault, ONPU_FAULT_MMU);
	assert_int_equal(record.va, va);
	assert_true(record.write);
	take_fault(m);
	assert_int_equal(buffer->data[0], 0x33);
	expect_copy(&m->attacker, va, buffer->data);
	npu_vm_unmap(m->attacker.vm, va, 4096);
	npu_host_free(m->host, buffer);
}

/* The same address in two address spaces, in turn. */
static void take_turns(struct machine *m)
{
	const uint32_t va = 0x01400000;
	struct npu_buffer *mine, *theirs;

	map_new(m, m->attacker.vm, va, 4096, true, &mine);
	map_new(m, m->victim.vm, va, 4096, true, &theirs);
	memset(mine->data, 0x44, 4096);
	memset(theirs->data, 0x55, 4096);
	for (int i = 0; i < 4; i++) {
		expect_copy(&m->attacker, va, mine->data);
		expect_copy(&m->victim, va, theirs->data);
	}
	npu_vm_unmap(m->attacker.vm, va, 4096);
	expect_copy(&m->victim, va, theirs->data);
	expect_gone(m, va);
	npu_vm_unmap(m->victim.vm, va, 4096);
	npu_host_free(m->host, mine);
	npu_host_free(m->host, theirs);
	hide_secret(m);
}

/* A page goes while a job writes to it: what comes after the unmap is somebody else's. */
static void take_while_used(struct machine *m)
{
	const uint32_t va = 0x01000000;
	const struct onpu_fw_region region = { va, 8192 };
	unsigned int failed = 0;

	for (uint32_t cycles = 800; cycles < 5600; cycles += 240) {
		struct npu_buffer *buffer;
		struct stream s = { .size = 0 };
		struct onpu_fw_completion record;
		struct npu_job job;
		uint32_t seq;

		map_new(m, m->attacker.vm, va, 8192, true, &buffer);
		for (int i = 0; i < 12; i++)
			stream_store(&s, 0, 0, 0, 8192);
		stream_end(&s);
		job = job_of(&m->attacker, 0, s.data, s.size);
		job.region[0] = region;
		assert_int_equal(npu_queue_submit(m->attacker.queue, &job, &seq), NPU_OK);
		npu_host_run(m->host, cycles);
		npu_vm_unmap(m->attacker.vm, va + 4096, 4096);
		memset(buffer->data + 4096, 0x66, 4096);
		assert_int_equal(npu_queue_wait(m->attacker.queue, seq, &record), NPU_OK);
		for (uint32_t i = 4096; i < 8192; i++)
			assert_int_equal(buffer->data[i], 0x66);
		if (record.status != ONPU_FW_OK) {
			failed++;
			assert_int_equal(record.fault, ONPU_FAULT_MMU);
			assert_int_equal(record.engine, ONPU_ENGINE_STORE);
			/* Whichever burst it was for which there was no translation any more. */
			assert_in_range(record.va, va + 4096, va + 8191);
			assert_true(record.write);
			assert_int_equal(record.stream_offset % sizeof(struct onpu_cmd_load), 0);
		}
		take_fault(m);
		npu_vm_unmap(m->attacker.vm, va, 8192);
		npu_host_free(m->host, buffer);
	}
	print_message("# %s: %u of 20 jobs met the change\n", m->device->name, failed);
	assert_true(failed >= 5);
}

/* An address space ends, and its number becomes another's. */
static void take_the_number(struct machine *m)
{
	const uint32_t va = 0x01000000;
	struct party old, new;
	struct npu_buffer *buffer;
	uint8_t ctx;

	open_party(m, &old);
	ctx = old.vm->ctx;
	map_new(m, old.vm, va, 4096, true, &buffer);
	expect_copy(&old, va, buffer->data);
	npu_queue_free(old.queue);
	npu_vm_free(old.vm);
	memset(buffer->data, 0x77, 4096);
	open_party(m, &new);
	assert_int_equal(new.vm->ctx, ctx);
	assert_int_equal(copy_from(&new, va).fault, ONPU_FAULT_MMU);
	take_fault(m);
	assert_false(memchr(new.memory->data + OWN_DATA, 0x77, 64));
	npu_queue_free(new.queue);
	npu_vm_free(new.vm);
	npu_host_free(m->host, old.memory);
	npu_host_free(m->host, new.memory);
	npu_host_free(m->host, buffer);
}

static void stale_translations(void **state)
{
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };

	for (int i = 0; i < 2; i++) {
		take_away(machine[i]);
		take_permission(machine[i]);
		take_turns(machine[i]);
		take_while_used(machine[i]);
		take_the_number(machine[i]);
		check_victim(machine[i]);
	}
}

/* ---- tokens that wait for ever --------------------------------------------------------------- */

static void put_waiting(struct stream *s, int engine, const uint32_t wait[3])
{
	struct onpu_head *head = (struct onpu_head *)(void *)(s->data + s->size);
	uint32_t place = s->size;

	if (engine == ONPU_ENGINE_LOAD)
		stream_load(s, 0, 0, 64 + place, 32);
	else if (engine == ONPU_ENGINE_STORE)
		stream_store(s, 0, 4096 + place, 0, 32);
	else
		stream_add_constant(s, 0, 4096 + place, 32, 1);
	head->wait_load = wait[0];
	head->wait_compute = wait[1];
	head->wait_store = wait[2];
}

static void add_tokens(struct stream_case *c, struct gen *g)
{
	struct stream s = { .size = 0 };
	uint32_t before[3] = { 0 }, wait[3], commands = between(g, 2, 5);
	bool bad = false;

	memset(c, 0, sizeof(*c));
	for (uint32_t i = 0; i < commands; i++) {
		uint32_t engine = between(g, 0, 2);

		if (!bad)
			c->offset = s.size;
		for (int e = 0; e < 3; e++) {
			wait[e] = between(g, 0, before[e]) + chance(g, 6);
			bad |= wait[e] > before[e];
		}
		put_waiting(&s, (int)engine, wait);
		before[engine]++;
	}
	stream_end(&s);
	assert_true(s.size <= sizeof(c->bytes));
	memcpy(c->bytes, s.data, s.size);
	c->size = s.size;
	c->expected = bad ? ONPU_FAULT_BAD_TOKEN : ONPU_FAULT_NONE;
}

/*
 * A stream waits only for what stands before it, or is refused: none of these is stopped by the
 * watchdog.
 */
static void tokens_cannot_deadlock(void **state)
{
	struct pair *pair = *state;
	struct gen g = { .random = 4711, .preset = pair->preset };
	unsigned int ok = 0, refused = 0;

	for (int round = 0; round < 40; round++) {
		struct stream_case list[DEPTH];
		const struct stream_case *batch[DEPTH];
		struct onpu_fw_completion record[2][DEPTH];

		for (int i = 0; i < DEPTH; i++) {
			add_tokens(&list[i], &g);
			batch[i] = &list[i];
		}
		run_batch(&pair->iss, batch, DEPTH, record[0]);
		run_batch(&pair->rtl, batch, DEPTH, record[1]);
		for (int i = 0; i < DEPTH; i++) {
			assert_true(same_report(&record[0][i], &record[1][i]));
			assert_int_equal(record[1][i].fault, list[i].expected);
			if (list[i].expected) {
				assert_int_equal(record[1][i].stream_offset, list[i].offset);
				assert_int_equal(record[1][i].engine, ONPU_ENGINE_CONTROL);
				refused++;
			} else {
				assert_int_equal(record[1][i].status, ONPU_FW_OK);
				ok++;
			}
		}
	}
	print_message("# %u streams run, %u refused\n", ok, refused);
	assert_true(ok > 100 && refused > 100);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_every_command),
		cmocka_unit_test(cut_streams),
		cmocka_unit_test(addresses_of_others),
		cmocka_unit_test(the_end_of_the_address_space),
		cmocka_unit_test(streams_and_traces_of_others),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(broken_tables),
		cmocka_unit_test(stale_translations),
		cmocka_unit_test(tokens_cannot_deadlock),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: hostile PRESET\n");
		return 2;
	}
	pair_preset = argv[1];
	return cmocka_run_group_tests(tests, setup_pair, teardown_pair);
}
