/* SPDX-License-Identifier: MIT */
/* Command streams made by hand, for tests of what is around the engines. */
#ifndef TESTS_STREAM_H
#define TESTS_STREAM_H

#include <assert.h>
#include <string.h>

#include "isa/onpu_isa.h"

struct stream {
	uint8_t data[4096];
	uint32_t size;
	uint32_t count[3];		/* commands per engine so far */
};

/* Every command waits for everything before it. */
static inline struct onpu_head stream_head(const struct stream *s, uint8_t opcode, size_t size)
{
	return (struct onpu_head){
		.opcode = opcode, .length = (uint8_t)(size / 4), .wait_load = s->count[0],
		.wait_compute = s->count[1], .wait_store = s->count[2],
	};
}

static inline void stream_add(struct stream *s, const void *command, size_t size)
{
	assert(s->size + size <= sizeof(s->data));
	memcpy(s->data + s->size, command, size);
	s->size += (uint32_t)size;
}

static inline void stream_move(struct stream *s, uint8_t opcode, uint8_t region, uint32_t offset,
			       uint32_t addr, uint32_t size)
{
	struct onpu_cmd_load c = {
		.head = stream_head(s, opcode, sizeof(c)),
		.region = region, .n1 = 1, .offset = offset, .n0 = size, .addr = addr, .n2 = 1,
	};

	stream_add(s, &c, sizeof(c));
	s->count[opcode == ONPU_OPCODE_STORE ? ONPU_ENGINE_STORE : ONPU_ENGINE_LOAD]++;
}

static inline void stream_load(struct stream *s, uint8_t region, uint32_t offset, uint32_t addr,
			       uint32_t size)
{
	stream_move(s, ONPU_OPCODE_LOAD, region, offset, addr, size);
}

static inline void stream_store(struct stream *s, uint8_t region, uint32_t offset, uint32_t addr,
				uint32_t size)
{
	stream_move(s, ONPU_OPCODE_STORE, region, offset, addr, size);
}

/* to[i] = clamp(from[i] + add), size bytes in channels of 16 at most */
static inline void stream_add_constant(struct stream *s, uint32_t from, uint32_t to, uint32_t size,
				       int16_t add)
{
	struct onpu_cmd_eltwise c = {
		.head = stream_head(s, ONPU_OPCODE_ELTWISE, sizeof(c)),
		.out_h = 1, .out_w = (uint16_t)(size / 8), .out_c = 8,
		.in = { .addr = from, .row_pitch = size, .pix_pitch = 8 },
		.out = { .addr = to, .row_pitch = size, .pix_pitch = 8 },
		.post = { .round = ONPU_ROUND_N, .zero = add, .min = -128, .max = 127 },
	};

	stream_add(s, &c, sizeof(c));
	s->count[ONPU_ENGINE_COMPUTE]++;
}

static inline void stream_preempt(struct stream *s, uint32_t addr, uint32_t size)
{
	struct onpu_cmd_preempt c = {
		.head = stream_head(s, ONPU_OPCODE_PREEMPT, sizeof(c)),
		.live = { { .addr = addr, .size = size } },
	};

	stream_add(s, &c, sizeof(c));
}

static inline void stream_end(struct stream *s)
{
	struct onpu_cmd_end c = { .head = stream_head(s, ONPU_OPCODE_END, sizeof(c)) };

	stream_add(s, &c, sizeof(c));
}

#endif
