// SPDX-License-Identifier: MIT
/* Dumps of the driver: whole, damaged and hostile ones, built after the header's layout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "isa/onpu_isa.h"
#include "npu.h"
#include "regs/onpu_regs.h"
#include "runtime/coredump.h"

#define ROOM 32768
#define HEADER sizeof(struct onpu_dump_header)

struct built {
	uint8_t bytes[ROOM];
	size_t size;
};

static struct onpu_dump_header *header_of(struct built *built)
{
	return (struct onpu_dump_header *)built->bytes;
}

static void *add(struct built *built, uint32_t type, uint32_t count, const void *data, size_t size)
{
	struct onpu_dump_section head = { type, count, size };
	uint8_t *to = built->bytes + built->size;

	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), data, size);
	built->size += sizeof(head) + ((size + 7) & ~(size_t)7);
	header_of(built)->sections++;
	header_of(built)->size = built->size;
	return to + sizeof(head);
}

static void add_log(struct built *built)
{
	struct {
		struct onpu_fw_log_head head;
		struct onpu_fw_log_entry entry[ONPU_FW_LOG_ENTRIES];
	} log = { .head.head = 130 };
	uint32_t i;

	/* The ring went round; the entry that would be the oldest is damaged. */
	for (i = 2; i < 130; i++)
		log.entry[i % ONPU_FW_LOG_ENTRIES] = (struct onpu_fw_log_entry){
			.cycle = 1000 + i, .code = ONPU_FW_LOG_KILL, .index = i == 2 ? 77 : i,
		};
	add(built, ONPU_DUMP_LOG, 1, &log, sizeof(log));
}

static void build(struct built *built)
{
	static const struct onpu_dump_register registers[] = {
		{ ONPU_HOST_ID, ONPU_HOST_ID_VALUE }, { ONPU_HOST_STATUS, 0x702 },
	};
	struct onpu_fw_hello hello = { .magic = ONPU_FW_HELLO_MAGIC, .build = "test" };
	struct onpu_fw_heartbeat beat = { .slot = 3, .seq = 9, .stream_offset = 40 };
	struct onpu_fw_crash crash = { 0 };
	struct onpu_fw_queue queues[ONPU_FW_SLOTS] = { [3].host.priority = 2 };
	struct onpu_dump_completion completion = { .fw.tail = 2, .head = 1 };
	/* The first is not written, the second was taken: of another job, of the same number. */
	struct onpu_fw_completion records[] = {
		{ .index = 0 },
		{ .index = 0, .slot = 3, .seq = 9, .fault = ONPU_FAULT_BUS, .stream_offset = 4,
		  .done_cycle = 1 },
	};
	struct onpu_dump_job job = {
		.seqno = 5, .cookie = 0xbadc0de, .slot = 3, .flags = ONPU_DUMP_JOB_GUILTY,
		.descriptor = { .seq = 9, .ctx = 6, .region_count = 1 },
	};

	memset(built, 0, sizeof(*built));
	*header_of(built) = (struct onpu_dump_header){
		.magic = ONPU_DUMP_MAGIC, .version = ONPU_DUMP_VERSION, .header_size = HEADER,
		.jobs = 3,
	};
	built->size = HEADER;
	add(built, ONPU_DUMP_REASON, 1, "because", 7);
	add(built, ONPU_DUMP_REGISTERS, 2, registers, sizeof(registers));
	add(built, ONPU_DUMP_HELLO, 1, &hello, sizeof(hello));
	add(built, ONPU_DUMP_HEARTBEAT, 1, &beat, sizeof(beat));
	add(built, ONPU_DUMP_CRASH, 1, &crash, sizeof(crash));
	add(built, ONPU_DUMP_QUEUES, ONPU_FW_SLOTS, queues, sizeof(queues));
	add_log(built);
	add(built, ONPU_DUMP_COMPLETION, 1, &completion, sizeof(completion));
	add(built, ONPU_DUMP_RECORD, 2, records, sizeof(records));
	add(built, ONPU_DUMP_JOB, 1, &job, sizeof(job));
	job.flags = 0;
	job.slot = 0xffffffff;
	add(built, ONPU_DUMP_JOB, 1, &job, sizeof(job));
}

/* From an allocation of exactly that size, so that a sanitizer sees what is read beyond. */
static npu_status read_exactly(struct npu_coredump *dump, const void *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	npu_status status;

	memcpy(copy, data, size);
	status = npu_coredump_read(dump, copy, size);
	free(copy);
	return status;
}

static void assert_refused(const struct built *built, const char *says)
{
	struct npu_coredump dump;

	assert_int_equal(read_exactly(&dump, built->bytes, built->size), NPU_ERR_FORMAT);
	if (!strstr(npu_error(), says))
		fail_msg("'%s' does not say '%s'", npu_error(), says);
	npu_coredump_clear(&dump);
}

/* ---- whole ones ------------------------------------------------------------------- */

static void test_whole(void **state)
{
	struct npu_coredump_stop stop;
	struct npu_coredump dump;
	struct built built;

	(void)state;
	build(&built);
	assert_int_equal(read_exactly(&dump, built.bytes, built.size), NPU_OK);
	assert_string_equal(dump.reason, "because");
	assert_int_equal(dump.num_registers, 2);
	assert_string_equal(npu_coredump_register(dump.registers[1].offset), "STATUS");
	assert_int_equal(dump.num_queues, ONPU_FW_SLOTS);
	assert_int_equal(dump.queues[3].host.priority, 2);
	assert_int_equal(dump.num_log, ONPU_FW_LOG_ENTRIES - 1);
	assert_int_equal(dump.log[0].cycle, 1003);
	assert_int_equal(dump.num_records, 1);
	assert_int_equal(dump.num_jobs, 2);
	assert_ptr_equal(npu_coredump_guilty(&dump), &dump.jobs[0]);
	npu_coredump_stop(&dump, &dump.jobs[0], &stop);
	assert_string_equal(stop.offset_source, "heartbeat");
	assert_int_equal(stop.stream_offset, 40);
	assert_null(stop.fault_source);
	/* One that was not taken is the job's. */
	dump.completion->head = 0;
	npu_coredump_stop(&dump, &dump.jobs[0], &stop);
	assert_string_equal(stop.offset_source, "completion record");
	assert_int_equal(stop.stream_offset, 4);
	assert_int_equal(stop.fault, ONPU_FAULT_BUS);
	assert_true(stop.has_address);
	npu_coredump_stop(&dump, &dump.jobs[1], &stop);
	assert_null(stop.offset_source);
	npu_coredump_clear(&dump);
}

/* What a later driver may add is skipped: sections of other types, longer parts and headers. */
static void test_later(void **state)
{
	struct onpu_fw_heartbeat longer[2] = { { .beat = 7 }, { .beat = 8 } };
	struct npu_coredump dump;
	struct built built = { .size = HEADER + 8 };

	(void)state;
	*header_of(&built) = (struct onpu_dump_header){
		.magic = ONPU_DUMP_MAGIC, .version = ONPU_DUMP_VERSION, .header_size = HEADER + 8,
	};
	add(&built, 77, 0xffffffff, "new", 3);
	add(&built, ONPU_DUMP_HEARTBEAT, 1, longer, sizeof(longer));
	add(&built, ONPU_DUMP_REGISTERS, 2, (uint32_t[]){ 0, 5, 9, 4, 6, 9 }, 24);
	assert_int_equal(read_exactly(&dump, built.bytes, built.size), NPU_OK);
	assert_int_equal(dump.heartbeat->beat, 7);
	assert_int_equal(dump.registers[1].offset, 4);
	assert_int_equal(dump.registers[1].value, 6);
	assert_null(npu_coredump_guilty(&dump));
	npu_coredump_clear(&dump);
}

/* ---- damaged ones ----------------------------------------------------------------- */

static void test_truncated(void **state)
{
	struct npu_coredump dump;
	struct built built;
	size_t n;

	(void)state;
	build(&built);
	for (n = 0; n < built.size; n++) {
		assert_int_equal(read_exactly(&dump, built.bytes, n), NPU_ERR_FORMAT);
		assert_true(n < HEADER || strstr(npu_error(), "cut off"));
		/* What is whole is there. */
		assert_int_equal(dump.reason != NULL, n >= HEADER + 24);
		npu_coredump_clear(&dump);
	}
}

static void test_headers(void **state)
{
	struct built built;

	(void)state;
	build(&built);
	header_of(&built)->magic++;
	assert_refused(&built, "not a dump");
	build(&built);
	header_of(&built)->version = 2;
	assert_refused(&built, "version 2, this reads version 1");
	build(&built);
	header_of(&built)->header_size = 40;
	assert_refused(&built, "header of 40 bytes");
	header_of(&built)->header_size = 0xfffffff8;
	assert_refused(&built, "header of 4294967288 bytes");
	build(&built);
	header_of(&built)->sections++;
	assert_refused(&built, "section 12 of 12 at byte");
	header_of(&built)->sections = 3;
	assert_refused(&built, "its 3 sections end at byte");
	build(&built);
	header_of(&built)->jobs = 1;
	assert_refused(&built, "says 1 jobs, it has 2");
	build(&built);
	built.size += 8;
	assert_refused(&built, "end at byte");
}

static void refuse_section(uint32_t type, uint32_t count, uint64_t size, const char *says)
{
	struct built built;
	struct onpu_dump_section *head;
	size_t at = HEADER;

	build(&built);
	for (head = (void *)(built.bytes + at); head->type != type; head = (void *)(built.bytes + at))
		at += sizeof(*head) + ((head->size + 7) & ~7ull);
	head->count = count;
	head->size = size;
	assert_refused(&built, says);
}

static void test_sections(void **state)
{
	struct built built;

	(void)state;
	refuse_section(ONPU_DUMP_REASON, 1, UINT64_MAX, "section 1 of 11 at byte 48 goes beyond");
	refuse_section(ONPU_DUMP_REASON, 1, UINT64_MAX - 40, "goes beyond");
	refuse_section(ONPU_DUMP_REASON, 1, ROOM, "goes beyond");
	refuse_section(ONPU_DUMP_REASON, 2, 8, "(reason) at byte 48: its count is not 1");
	refuse_section(ONPU_DUMP_REGISTERS, 0xffffffff, 16, "not a multiple of its count");
	refuse_section(ONPU_DUMP_REGISTERS, 4, 16, "too small for its count");
	refuse_section(ONPU_DUMP_REGISTERS, 0, 16, "count is 0");
	refuse_section(ONPU_DUMP_HELLO, 1, 64, "(hello) at byte 104: it is too small");
	refuse_section(ONPU_DUMP_LOG, 1, 8, "(log)");
	refuse_section(ONPU_DUMP_JOB, 1, 216, "(job)");
	build(&built);
	add(&built, ONPU_DUMP_REASON, 1, "again", 5);
	assert_refused(&built, "there are two of them");
}

/* Everything that may be asked of what was read. */
static void use(const struct npu_coredump *dump)
{
	struct npu_coredump_stop stop;
	size_t i;
	int k;

	for (i = 0; i < dump->num_jobs; i++)
		npu_coredump_stop(dump, &dump->jobs[i], &stop);
	for (i = 0; i < dump->num_log; i++) {
		assert_non_null(npu_coredump_log_event(dump->log[i].code));
		for (k = 0; k < 3; k++)
			npu_coredump_log_arg(dump->log[i].code, k);
	}
	for (i = 0; i < dump->num_queues; i++) {
		assert_non_null(npu_coredump_queue_state(dump->queues[i].fw.state));
		assert_non_null(npu_coredump_queue_reason(dump->queues[i].fw.reason));
	}
	for (i = 0; i < dump->num_registers; i++)
		assert_non_null(npu_coredump_register(dump->registers[i].offset));
	if (dump->crash)
		assert_non_null(npu_coredump_crash_code(dump->crash->code));
	if (dump->hello)
		assert_non_null(npu_coredump_fw_state(dump->hello->state));
}

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*seed >> 33);
}

/* Half of the changes hit heads of sections, where they hurt most. */
static void mutate(struct built *built, uint64_t *seed)
{
	uint32_t changes = 1 + next_random(seed) % 4;
	struct onpu_dump_section head;

	while (changes--) {
		size_t at = next_random(seed) % built->size, stop = next_random(seed) % 11;

		if (next_random(seed) % 2) {
			for (at = HEADER; stop-- && at + sizeof(head) < built->size;) {
				memcpy(&head, built->bytes + at, sizeof(head));
				if (head.size > built->size - at - sizeof(head))
					break;
				at += sizeof(head) + ((head.size + 7) & ~7ull);
			}
			at += next_random(seed) % sizeof(head);
		}
		if (at < built->size)
			built->bytes[at] = (uint8_t)next_random(seed);
	}
}

static void test_mutated(void **state)
{
	struct npu_coredump dump;
	struct built good, built;
	uint64_t seed = 1;
	int i, refused = 0;

	(void)state;
	build(&good);
	for (i = 0; i < 20000; i++) {
		built = good;
		mutate(&built, &seed);
		if (read_exactly(&dump, built.bytes, built.size)) {
			assert_true(strlen(npu_error()) > 0);
			refused++;
		}
		use(&dump);
		npu_coredump_clear(&dump);
	}
	/* Of changes some are seen, and some are to contents that may be anything. */
	assert_in_range(refused, 4000, 16000);
}

static void test_random(void **state)
{
	struct npu_coredump dump;
	struct built built;
	uint64_t seed = 2;
	size_t i, k, size;

	(void)state;
	for (i = 0; i < 2000; i++) {
		build(&built);
		size = HEADER + next_random(&seed) % 512;
		/* With a header as it should be in every other one. */
		for (k = i % 2 ? HEADER : 0; k < size; k++)
			built.bytes[k] = (uint8_t)(next_random(&seed) % (i % 4 ? 256 : 12));
		if (i % 2)
			header_of(&built)->size = size;
		assert_int_equal(read_exactly(&dump, built.bytes, size), NPU_ERR_FORMAT);
		use(&dump);
		npu_coredump_clear(&dump);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
