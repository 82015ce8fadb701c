// SPDX-License-Identifier: MIT
/* What the attacker's streams are made of, and how one alone is run. */
#include "hostile.h"

void put_fill(struct stream *s, uint32_t addr, uint8_t value)
{
	struct onpu_cmd_load c = {
		.head = stream_head(s, ONPU_OPCODE_FILL, sizeof(c)),
		.value = value, .n1 = 1, .n0 = 16, .addr = addr, .n2 = 1,
	};

	stream_add(s, &c, sizeof(c));
	s->count[ONPU_ENGINE_LOAD]++;
}

void make_copy(struct stream *s, uint8_t opcode, uint32_t offset, uint32_t size, bool runs)
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

struct onpu_fw_completion run_as(struct party *party, const struct stream *s,
				 struct onpu_fw_region region)
{
	struct npu_job job = job_of(party, 0, s->data, s->size);

	job.region[0] = region;
	return run_job(party, &job);
}
