// SPDX-License-Identifier: MIT
/* What a job's descriptor says: a stream that is cut, sizes and flags that cannot be. */
#include "hostile.h"

/* The stream ends inside a command, or before END, or goes on behind it. */
void cut_streams(void **state)
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

/* What a descriptor can say; the rest firmware's own tests have. */
void descriptors(void **state)
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
