/* SPDX-License-Identifier: MIT */
/* A functional core with flat external memory, and streams for it. */
#ifndef ISS_UTIL_H
#define ISS_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core.h"
#include "timing.h"

#define MEMORY_BYTES (1u << 20)
#define STREAM_VA 0x40000u	/* streams; below it is region 0, above region 1 */
#define TRACE_VA 0x80000u
#define DATA_VA 0x90000u
#define DATA_BYTES (MEMORY_BYTES - DATA_VA)

struct iss {
	const struct onpu_preset *preset;
	struct onpu_core *core;
	uint8_t *memory;
	uint32_t stream_size;
	uint32_t bus_error;	/* VA that answers with an error; 0: none */
	struct onpu_core_job job;
};

static inline int iss_access(struct iss *iss, uint32_t va, size_t size, uint32_t *fault_va)
{
	if (va >= MEMORY_BYTES || size > MEMORY_BYTES - va) {
		*fault_va = va >= MEMORY_BYTES ? va : MEMORY_BYTES;
		return ONPU_FAULT_MMU;
	}
	if (iss->bus_error >= va && iss->bus_error < va + size && iss->bus_error) {
		*fault_va = iss->bus_error;
		return ONPU_FAULT_BUS;
	}
	return 0;
}

static inline int iss_read(void *ctx, uint32_t va, void *data, size_t size, uint32_t *fault_va)
{
	struct iss *iss = ctx;
	int code = iss_access(iss, va, size, fault_va);

	if (!code)
		memcpy(data, iss->memory + va, size);
	return code;
}

static inline int iss_write(void *ctx, uint32_t va, const void *data, size_t size,
			    uint32_t *fault_va)
{
	struct iss *iss = ctx;
	int code = iss_access(iss, va, size, fault_va);

	if (!code)
		memcpy(iss->memory + va, data, size);
	return code;
}

static inline void iss_init(struct iss *iss, const char *preset)
{
	struct onpu_core_bus bus = { iss, iss_read, iss_write };

	memset(iss, 0, sizeof(*iss));
	iss->preset = onpu_preset_by_name(preset);
	assert_non_null(iss->preset);
	iss->memory = calloc(MEMORY_BYTES, 1);
	assert_non_null(iss->memory);
	iss->core = onpu_core_new(iss->preset, &bus);
	assert_non_null(iss->core);
	iss->job.entry = STREAM_VA;
	iss->job.region[0].va = 0;
	iss->job.region[0].size = STREAM_VA;
	iss->job.region[1].va = DATA_VA;
	iss->job.region[1].size = DATA_BYTES;
}

static inline void iss_free(struct iss *iss)
{
	onpu_core_free(iss->core);
	free(iss->memory);
}

/* Appends a command; its length is filled in. */
static inline void iss_put(struct iss *iss, void *command, size_t size)
{
	struct onpu_head *head = command;

	head->length = (uint8_t)(size / 4);
	assert_true(STREAM_VA + iss->stream_size + size <= TRACE_VA);
	memcpy(iss->memory + STREAM_VA + iss->stream_size, command, size);
	iss->stream_size += (uint32_t)size;
}

static inline void iss_put_end(struct iss *iss)
{
	struct onpu_cmd_end end = { .head = { .opcode = ONPU_OPCODE_END } };

	iss_put(iss, &end, sizeof(end));
}

static inline void iss_start(struct iss *iss)
{
	iss->job.stream_size = iss->stream_size;
	onpu_core_start(iss->core, &iss->job, 0);
}

static inline enum onpu_core_state iss_go(struct iss *iss)
{
	while (onpu_core_state(iss->core) == ONPU_CORE_RUNNING)
		onpu_core_step(iss->core);
	return onpu_core_state(iss->core);
}

static inline enum onpu_core_state iss_run(struct iss *iss)
{
	iss_start(iss);
	return iss_go(iss);
}

/* xorshift */
static inline uint32_t iss_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32);
}

/* In [low, high]. */
static inline uint32_t iss_between(uint64_t *state, uint32_t low, uint32_t high)
{
	return low + iss_random(state) % (high - low + 1);
}

static inline void iss_fill_random(uint64_t *state, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i + 4 <= size; i += 4) {
		uint32_t value = iss_random(state);

		memcpy(bytes + i, &value, sizeof(value));
	}
}

#endif
