// SPDX-License-Identifier: MIT
/* What is expected of every field of every command: it is refused as the check says, or runs. */
#include "hostile.h"

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

void every_field_of_every_command(void **state)
{
	struct cases cases;
	unsigned int seen[ONPU_FAULT_FIRMWARE + 1] = { 0 };

	cases_make(&cases, *state);
	run_refused(&cases, seen);
	for (int code = ONPU_FAULT_OPCODE; code < ONPU_FAULT_STREAM; code++) {
		print_message("# %s: %u\n", onpu_isa_name(onpu_isa_fault_names, (uint32_t)code),
			      seen[code]);
		assert_true(seen[code]);
	}
	run_accepted(&cases);
	cases_free(&cases);
}
