/* SPDX-License-Identifier: MIT */
/*
 * The functional model and the compiled hardware side by side, each with two address spaces: the
 * victim's and the attacker's.  A job runs on both, and both must report the same; the victim's
 * memory must stay what it was.
 */
#ifndef TESTS_PAIR_H
#define TESTS_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "npu.h"
#include "regs/onpu_regs.h"
#include "runtime/device.h"

/* Of both address spaces: streams from the start, data behind them. */
#define OWN_VA 0x00200000u
#define OWN_BYTES (64u << 10)
#define OWN_DATA 0x8000u
#define OWN_DATA_VA (OWN_VA + OWN_DATA)
#define OWN_DATA_BYTES (OWN_BYTES - OWN_DATA)
/* Of the attacker's only. */
#define READONLY_VA 0x00400000u
#define LAST_VA 0xfffff000u
/* A large page: as much as all of SRAM, and more. */
#define LARGE_VA 0x00a00000u
#define LARGE_BYTES (2u << 20)
/* Of the victim's only. */
#define SECRET_VA 0x00600000u
#define SECRET_BYTES 0x4000u
/* Of nobody. */
#define HOLE_VA 0x00800000u

#define DEPTH 16
#define BUDGET 20000u
#define SCRUB_CYCLES 1100		/* of the largest preset, at most */

struct party {
	struct npu_vm *vm;
	struct npu_buffer *memory;
	struct npu_queue *queue;
};

struct machine {
	npu_device *device;
	struct npu_host *host;
	struct party attacker, victim;
	struct npu_buffer *readonly, *last, *large, *secret;
};

struct pair {
	struct machine iss, rtl;
	const struct onpu_preset *preset;
};

static inline uint8_t secret_byte(uint32_t i)
{
	return (uint8_t)(0x80 | (i * 29 + i / 256));
}

static inline void map_new(struct machine *m, struct npu_vm *vm, uint32_t va, size_t size,
			   bool writable, struct npu_buffer **buffer)
{
	assert_int_equal(npu_host_alloc(m->host, size, buffer), NPU_OK);
	assert_int_equal(npu_vm_map(vm, va, *buffer, writable), NPU_OK);
}

static inline void open_party(struct machine *m, struct party *party)
{
	assert_int_equal(npu_vm_new(m->host, &party->vm), NPU_OK);
	map_new(m, party->vm, OWN_VA, OWN_BYTES, true, &party->memory);
	assert_int_equal(npu_queue_new(party->vm, 1, DEPTH, &party->queue), NPU_OK);
}

static inline void hide_secret(struct machine *m)
{
	for (uint32_t i = 0; i < SECRET_BYTES; i++)
		m->secret->data[i] = secret_byte(i);
	for (uint32_t i = 0; i < OWN_BYTES; i++)
		m->victim.memory->data[i] = secret_byte(i);
}

static inline void open_machine(struct machine *m, const char *device, const char *preset)
{
	m->device = npu_device_open(device, preset);
	if (!m->device)
		fail_msg("%s", npu_error());
	m->host = m->device->host;
	open_party(m, &m->victim);
	open_party(m, &m->attacker);
	map_new(m, m->victim.vm, SECRET_VA, SECRET_BYTES, true, &m->secret);
	map_new(m, m->attacker.vm, READONLY_VA, 4096, false, &m->readonly);
	map_new(m, m->attacker.vm, LAST_VA, 4096, true, &m->last);
	map_new(m, m->attacker.vm, LARGE_VA, LARGE_BYTES, true, &m->large);
	hide_secret(m);
}

static inline void close_machine(struct machine *m)
{
	npu_queue_free(m->attacker.queue);
	npu_queue_free(m->victim.queue);
	npu_vm_free(m->attacker.vm);
	npu_vm_free(m->victim.vm);
	npu_device_close(m->device);
}

static inline void open_pair(struct pair *pair, const char *preset)
{
	open_machine(&pair->iss, "iss", preset);
	open_machine(&pair->rtl, "rtl", preset);
	pair->preset = pair->iss.host->preset;
}

static inline void close_pair(struct pair *pair)
{
	close_machine(&pair->iss);
	close_machine(&pair->rtl);
}

static inline struct machine *machine_of(struct pair *pair, int k)
{
	return k ? &pair->rtl : &pair->iss;
}

/* Set up and tear down a group of tests whose state is a pair of this preset. */
static const char *pair_preset;

static inline int setup_pair(void **state)
{
	*state = calloc(1, sizeof(struct pair));
	open_pair(*state, pair_preset);
	return 0;
}

static inline int teardown_pair(void **state)
{
	close_pair(*state);
	free(*state);
	return 0;
}

static inline int inject(struct machine *m, enum onpu_inject what, uint64_t n)
{
	return m->host->rtl ? m->host->rtl->inject(m->host->model, what, n) :
			      onpu_iss_inject(m->host->model, what, n);
}

static inline void put_sram(struct machine *m, const uint8_t *bytes)
{
	uint32_t size = m->host->preset->sram_bytes;

	if (m->host->rtl)
		m->host->rtl->sram(m->host->model, 0, (uint8_t *)bytes, size, true);
	else
		memcpy(onpu_core_sram(onpu_iss_core(m->host->model)), bytes, size);
}

static inline void get_sram(struct machine *m, uint8_t *bytes)
{
	uint32_t size = m->host->preset->sram_bytes;

	if (m->host->rtl)
		m->host->rtl->sram(m->host->model, 0, bytes, size, false);
	else
		memcpy(bytes, onpu_core_sram(onpu_iss_core(m->host->model)), size);
}

static inline void check_victim(const struct machine *m)
{
	for (uint32_t i = 0; i < SECRET_BYTES; i++)
		if (m->secret->data[i] != secret_byte(i))
			fail_msg("byte 0x%x of the victim's secret changed", i);
	for (uint32_t i = 0; i < OWN_BYTES; i++)
		if (m->victim.memory->data[i] != secret_byte(i))
			fail_msg("byte 0x%x of the victim's memory changed", i);
}

/* A stream at `at` of the memory, with region 0 the data. */
static inline struct npu_job job_of(struct party *party, uint32_t at, const void *stream,
				    uint32_t size)
{
	memcpy(party->memory->data + at, stream, size);
	return (struct npu_job){
		.entry = OWN_VA + at, .stream_size = size, .max_cycles = BUDGET,
		.region_count = 1, .region = { { OWN_DATA_VA, OWN_DATA_BYTES } },
	};
}

static inline struct onpu_fw_completion run_job(struct party *party, const struct npu_job *job)
{
	struct onpu_fw_completion record;
	uint32_t seq;

	if (npu_queue_submit(party->queue, job, &seq) ||
	    npu_queue_wait(party->queue, seq, &record))
		fail_msg("%s", npu_error());
	assert_int_equal(record.seq, seq);
	assert_int_equal(record.slot, party->queue->slot);
	return record;
}

static inline void print_record(const char *who, const struct onpu_fw_completion *record)
{
	char text[192];

	npu_host_describe(record, text, sizeof(text));
	print_message("# %s: %s (va 0x%08x, write %u, reason %u)\n", who, text, record->va,
		      record->write, record->reason);
}

/* All that a record says but times, which are each model's own. */
static inline bool same_report(const struct onpu_fw_completion *a,
			       const struct onpu_fw_completion *b)
{
	if (a->status == b->status && a->fault == b->fault && a->engine == b->engine &&
	    a->stream_offset == b->stream_offset && a->va == b->va && a->write == b->write &&
	    a->reason == b->reason && !a->switch_cycles == !b->switch_cycles)
		return true;
	print_record("functional model", a);
	print_record("hardware", b);
	return false;
}

/* The host's fault register, which is cleared. */
struct latched {
	uint32_t status, va;
};

static inline struct latched take_fault(struct machine *m)
{
	struct latched latched = { npu_host_read(m->host, ONPU_HOST_FAULT_STATUS),
				   npu_host_read(m->host, ONPU_HOST_FAULT_VA) };

	npu_host_write(m->host, ONPU_HOST_FAULT_STATUS, ONPU_HOST_FAULT_STATUS_VALID);
	return latched;
}

/* What the register says agrees with the record, with the context that the record's queue has. */
static inline void check_latched(struct machine *m, const struct party *party,
				 const struct onpu_fw_completion *record, uint32_t source)
{
	struct latched latched = take_fault(m);
	bool access = record->status == ONPU_FW_FAULT &&
		      (record->fault == ONPU_FAULT_MMU || record->fault == ONPU_FAULT_BUS);
	uint32_t expected = ONPU_HOST_FAULT_STATUS_VALID |
			    (record->write ? ONPU_HOST_FAULT_STATUS_WRITE : 0) |
			    source << ONPU_HOST_FAULT_STATUS_SOURCE_SHIFT |
			    (uint32_t)record->fault << ONPU_HOST_FAULT_STATUS_CODE_SHIFT |
			    (uint32_t)party->vm->ctx << ONPU_HOST_FAULT_STATUS_CTX_SHIFT;

	assert_int_equal(latched.status & ONPU_HOST_FAULT_STATUS_VALID,
			 access ? ONPU_HOST_FAULT_STATUS_VALID : 0);
	if (!access)
		return;
	assert_int_equal(latched.status, expected);
	assert_int_equal(latched.va, record->va);
}

#endif
