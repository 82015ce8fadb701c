// SPDX-License-Identifier: MIT
/* Who runs altered streams: many jobs of the attacker's, one behind the other. */
#include "hostile.h"

void run_batch(struct machine *m, const struct stream_case *const list[], size_t count,
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
