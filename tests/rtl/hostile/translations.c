// SPDX-License-Identifier: MIT
/* Translations that were taken away. */
#include "hostile.h"

static void load_one(struct stream *s)
{
	s->size = 0;
	memset(s->count, 0, sizeof(s->count));
	stream_load(s, 0, 0, 0, 64);
	stream_store(s, 1, 0, 0, 64);
	stream_end(s);
}

/* Copies 64 bytes from va to the data. */
static struct onpu_fw_completion copy_from(struct party *party, uint32_t va)
{
	struct stream s;
	struct npu_job job;

	load_one(&s);
	job = job_of(party, 0, s.data, s.size);
	job.region_count = 2;
	job.region[1] = job.region[0];
	job.region[0] = (struct onpu_fw_region){ va, 64 };
	return run_job(party, &job);
}

static void expect_copy(struct party *party, uint32_t va, const uint8_t *from)
{
	assert_int_equal(copy_from(party, va).status, ONPU_FW_OK);
	assert_memory_equal(party->memory->data + OWN_DATA, from, 64);
}

static void expect_gone(struct machine *m, uint32_t va)
{
	struct onpu_fw_completion record = copy_from(&m->attacker, va);

	assert_int_equal(record.fault, ONPU_FAULT_MMU);
	assert_int_equal(record.va, va);
	check_latched(m, &m->attacker, &record, ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE);
}

static void take_away(struct machine *m)
{
	static const size_t sizes[] = { 4096, 3 * 4096, LARGE_BYTES };
	const uint32_t va = 0x01000000;
	struct npu_buffer *first, *second;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t at = va + (uint32_t)i * 2 * LARGE_BYTES;
		uint32_t last = at + (uint32_t)sizes[i] - 4096;

		map_new(m, m->attacker.vm, at, sizes[i], true, &first);
		assert_int_equal(npu_host_alloc(m->host, sizes[i], &second), NPU_OK);
		memset(first->data, 0x11, first->size);
		memset(second->data, 0x22, second->size);
		expect_copy(&m->attacker, at, first->data);
		expect_copy(&m->attacker, last, first->data);
		/* Another page at the same place. */
		assert_int_equal(npu_vm_map(m->attacker.vm, at, second, true), NPU_OK);
		expect_copy(&m->attacker, at, second->data);
		expect_copy(&m->attacker, last, second->data);
		npu_vm_unmap(m->attacker.vm, at, sizes[i]);
		expect_gone(m, at);
		expect_gone(m, last);
		/* Nothing either of a walk that found nothing. */
		assert_int_equal(npu_vm_map(m->attacker.vm, at, first, true), NPU_OK);
		expect_copy(&m->attacker, at, first->data);
		npu_vm_unmap(m->attacker.vm, at, sizes[i]);
		npu_host_free(m->host, first);
		npu_host_free(m->host, second);
	}
}

static void take_permission(struct machine *m)
{
	const uint32_t va = 0x01000000;
	struct npu_buffer *buffer;
	struct stream s = { .size = 0 };
	struct onpu_fw_region region = { va, 4096 };
	struct onpu_fw_completion record;

	map_new(m, m->attacker.vm, va, 4096, true, &buffer);
	stream_store(&s, 0, 0, 0, 64);
	stream_end(&s);
	assert_int_equal(run_as(&m->attacker, &s, region).status, ONPU_FW_OK);
	memset(buffer->data, 0x33, 4096);
	assert_int_equal(npu_vm_map(m->attacker.vm, va, buffer, false), NPU_OK);
	record = run_as(&m->attacker, &s, region);
	assert_int_equal(record.fault, ONPU_FAULT_MMU);
	assert_int_equal(record.va, va);
	assert_true(record.write);
	take_fault(m);
	assert_int_equal(buffer->data[0], 0x33);
	expect_copy(&m->attacker, va, buffer->data);
	npu_vm_unmap(m->attacker.vm, va, 4096);
	npu_host_free(m->host, buffer);
}

/* The same address in two address spaces, in turn. */
static void take_turns(struct machine *m)
{
	const uint32_t va = 0x01400000;
	struct npu_buffer *mine, *theirs;

	map_new(m, m->attacker.vm, va, 4096, true, &mine);
	map_new(m, m->victim.vm, va, 4096, true, &theirs);
	memset(mine->data, 0x44, 4096);
	memset(theirs->data, 0x55, 4096);
	for (int i = 0; i < 4; i++) {
		expect_copy(&m->attacker, va, mine->data);
		expect_copy(&m->victim, va, theirs->data);
	}
	npu_vm_unmap(m->attacker.vm, va, 4096);
	expect_copy(&m->victim, va, theirs->data);
	expect_gone(m, va);
	npu_vm_unmap(m->victim.vm, va, 4096);
	npu_host_free(m->host, mine);
	npu_host_free(m->host, theirs);
	hide_secret(m);
}

/* A page goes while a job writes to it: what comes after the unmap is somebody else's. */
static void take_while_used(struct machine *m)
{
	const uint32_t va = 0x01000000;
	const struct onpu_fw_region region = { va, 8192 };
	unsigned int failed = 0;

	for (uint32_t cycles = 800; cycles < 5600; cycles += 240) {
		struct npu_buffer *buffer;
		struct stream s = { .size = 0 };
		struct onpu_fw_completion record;
		struct npu_job job;
		uint32_t seq;

		map_new(m, m->attacker.vm, va, 8192, true, &buffer);
		for (int i = 0; i < 12; i++)
			stream_store(&s, 0, 0, 0, 8192);
		stream_end(&s);
		job = job_of(&m->attacker, 0, s.data, s.size);
		job.region[0] = region;
		assert_int_equal(npu_queue_submit(m->attacker.queue, &job, &seq), NPU_OK);
		npu_host_run(m->host, cycles);
		npu_vm_unmap(m->attacker.vm, va + 4096, 4096);
		memset(buffer->data + 4096, 0x66, 4096);
		assert_int_equal(npu_queue_wait(m->attacker.queue, seq, &record), NPU_OK);
		for (uint32_t i = 4096; i < 8192; i++)
			assert_int_equal(buffer->data[i], 0x66);
		if (record.status != ONPU_FW_OK) {
			failed++;
			assert_int_equal(record.fault, ONPU_FAULT_MMU);
			assert_int_equal(record.engine, ONPU_ENGINE_STORE);
			/* Whichever burst it was for which there was no translation any more. */
			assert_in_range(record.va, va + 4096, va + 8191);
			assert_true(record.write);
			assert_int_equal(record.stream_offset % sizeof(struct onpu_cmd_load), 0);
		}
		take_fault(m);
		npu_vm_unmap(m->attacker.vm, va, 8192);
		npu_host_free(m->host, buffer);
	}
	print_message("# %s: %u of 20 jobs met the change\n", m->device->name, failed);
	assert_true(failed >= 5);
}

/* An address space ends, and its number becomes another's. */
static void take_the_number(struct machine *m)
{
	const uint32_t va = 0x01000000;
	struct party old, new;
	struct npu_buffer *buffer;
	uint8_t ctx;

	open_party(m, &old);
	ctx = old.vm->ctx;
	map_new(m, old.vm, va, 4096, true, &buffer);
	expect_copy(&old, va, buffer->data);
	npu_queue_free(old.queue);
	npu_vm_free(old.vm);
	memset(buffer->data, 0x77, 4096);
	open_party(m, &new);
	assert_int_equal(new.vm->ctx, ctx);
	assert_int_equal(copy_from(&new, va).fault, ONPU_FAULT_MMU);
	take_fault(m);
	assert_false(memchr(new.memory->data + OWN_DATA, 0x77, 64));
	npu_queue_free(new.queue);
	npu_vm_free(new.vm);
	npu_host_free(m->host, old.memory);
	npu_host_free(m->host, new.memory);
	npu_host_free(m->host, buffer);
}

void stale_translations(void **state)
{
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };

	for (int i = 0; i < 2; i++) {
		take_away(machine[i]);
		take_permission(machine[i]);
		take_turns(machine[i]);
		take_while_used(machine[i]);
		take_the_number(machine[i]);
		check_victim(machine[i]);
	}
}
