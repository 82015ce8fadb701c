// SPDX-License-Identifier: MIT
/* Tokens that wait for ever. */
#include "hostile.h"

#include "iss_util.h"

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

static void add_tokens(struct stream_case *c, uint64_t *random)
{
	struct stream s = { .size = 0 };
	uint32_t before[3] = { 0 }, wait[3], commands = iss_between(random, 2, 5);
	bool bad = false;

	memset(c, 0, sizeof(*c));
	for (uint32_t i = 0; i < commands; i++) {
		uint32_t engine = iss_between(random, 0, 2);

		if (!bad)
			c->offset = s.size;
		for (int e = 0; e < 3; e++) {
			wait[e] = iss_between(random, 0, before[e]) + (iss_between(random, 0, 99) < 6);
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
void tokens_cannot_deadlock(void **state)
{
	struct pair *pair = *state;
	uint64_t random = 4711;
	unsigned int ok = 0, refused = 0;

	for (int round = 0; round < 40; round++) {
		struct stream_case list[DEPTH];
		const struct stream_case *batch[DEPTH];
		struct onpu_fw_completion record[2][DEPTH];

		for (int i = 0; i < DEPTH; i++) {
			add_tokens(&list[i], &random);
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
