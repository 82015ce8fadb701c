// SPDX-License-Identifier: MIT
/* Addresses outside: of copies, of the stream itself and of traces. */
#include "hostile.h"

#define FINE 1u			/* where no access begins */

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

void addresses_of_others(void **state)
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
void the_end_of_the_address_space(void **state)
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
void streams_and_traces_of_others(void **state)
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
