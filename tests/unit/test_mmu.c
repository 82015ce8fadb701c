// SPDX-License-Identifier: MIT
/* The MMU of the functional model, alone and behind jobs of two address spaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "isa/onpu_isa.h"
#include "machine_mmu.h"
#include "regs/onpu_regs.h"
#include "runtime/host.h"
#include "stream.h"

/* ---- alone -------------------------------------------------------------------------- */

#define MEMORY (16u << 20)
#define BUS 0x8f00000000ull
#define TABLE 0x0000u		/* context table */
#define L1(ctx) (0x10000u + 0x4000u * (ctx))
#define L2(ctx) (0x80000u + 0x1000u * (ctx))
#define PAGE(n) (0x100000u + 0x1000u * (n))
#define LARGE(n) (0x400000u + 0x200000u * (n))

struct machine {
	uint8_t *memory;
	struct onpu_model_host host;
	struct onpu_mmu mmu;
	uint64_t bad;		/* a bus address that answers with an error */
};

static int bus_read(void *ctx, uint64_t address, void *data, size_t size)
{
	struct machine *m = ctx;

	if (address < BUS || address + size > BUS + MEMORY ||
	    (m->bad >= address && m->bad < address + size))
		return -1;
	memcpy(data, m->memory + (address - BUS), size);
	return 0;
}

static int bus_write(void *ctx, uint64_t address, const void *data, size_t size)
{
	struct machine *m = ctx;

	if (address < BUS || address + size > BUS + MEMORY ||
	    (m->bad >= address && m->bad < address + size))
		return -1;
	memcpy(m->memory + (address - BUS), data, size);
	return 0;
}

static void set(struct machine *m, uint32_t at, uint64_t entry)
{
	memcpy(m->memory + at, &entry, sizeof(entry));
}

static void set_page(struct machine *m, int ctx, uint32_t va, uint64_t entry)
{
	set(m, L2(ctx) + va / 4096 % 512 * 8, entry);
}

#define RO (ONPU_PTE_VALID | ONPU_PTE_READ)
#define WO (ONPU_PTE_VALID | ONPU_PTE_WRITE)
#define RW (RO | ONPU_PTE_WRITE)

static int setup(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	m->memory = calloc(1, MEMORY);
	m->host = (struct onpu_model_host){ .ctx = m, .read = bus_read, .write = bus_write };
	m->mmu.host = &m->host;
	m->mmu.table = BUS + TABLE;
	for (int ctx = 0; ctx < 4; ctx++) {
		set(m, TABLE + 8u * ctx, (BUS + L1(ctx)) | ONPU_PTE_VALID);
		set(m, L1(ctx), (BUS + L2(ctx)) | ONPU_PTE_VALID);
	}
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct machine *m = *state;

	free(m->memory);
	free(m);
	return 0;
}

static int get(struct machine *m, uint8_t ctx, uint32_t va, uint8_t *value, uint32_t *fault)
{
	*fault = 0xdeadbeef;
	return onpu_mmu_read(&m->mmu, ctx, va, value, 1, fault);
}

static int put(struct machine *m, uint8_t ctx, uint32_t va, uint8_t value, uint32_t *fault)
{
	*fault = 0xdeadbeef;
	return onpu_mmu_write(&m->mmu, ctx, va, &value, 1, fault);
}

static void permissions_are_kept(void **state)
{
	struct machine *m = *state;
	uint32_t fault;
	uint8_t value;

	set_page(m, 1, 0x1000, (BUS + PAGE(1)) | RO);
	set_page(m, 1, 0x2000, (BUS + PAGE(2)) | WO);
	set_page(m, 1, 0x3000, (BUS + PAGE(3)) | RW);
	set_page(m, 1, 0x4000, (BUS + PAGE(4)) | ONPU_PTE_VALID);
	m->memory[PAGE(1) + 5] = 77;
	assert_int_equal(get(m, 1, 0x1005, &value, &fault), 0);
	assert_int_equal(value, 77);
	assert_int_equal(put(m, 1, 0x1005, 1, &fault), ONPU_FAULT_MMU);
	assert_int_equal(fault, 0x1005);
	assert_int_equal(m->memory[PAGE(1) + 5], 77);
	assert_int_equal(put(m, 1, 0x2fff, 9, &fault), 0);
	assert_int_equal(m->memory[PAGE(2) + 4095], 9);
	assert_int_equal(get(m, 1, 0x2fff, &value, &fault), ONPU_FAULT_MMU);
	assert_int_equal(put(m, 1, 0x3000, 8, &fault), 0);
	assert_int_equal(get(m, 1, 0x3000, &value, &fault), 0);
	assert_int_equal(value, 8);
	assert_int_equal(get(m, 1, 0x4000, &value, &fault), ONPU_FAULT_MMU);
	assert_int_equal(put(m, 1, 0x4000, 1, &fault), ONPU_FAULT_MMU);
	/* No entry, no table, no root. */
	assert_int_equal(get(m, 1, 0x5000, &value, &fault), ONPU_FAULT_MMU);
	assert_int_equal(fault, 0x5000);
	assert_int_equal(get(m, 1, 0x700000, &value, &fault), ONPU_FAULT_MMU);
	assert_int_equal(get(m, 200, 0x1000, &value, &fault), ONPU_FAULT_MMU);
}

static void malformed_entries_are_invalid(void **state)
{
	struct machine *m = *state;
	uint8_t value;
	uint32_t fault;

	for (int bit = 3; bit < 64; bit++) {
		if (bit >= 12 && bit < 52)
			continue;
		set_page(m, 1, 0x1000, (BUS + PAGE(1)) | RW | 1ull << bit);
		assert_int_equal(get(m, 1, 0x1000, &value, &fault), ONPU_FAULT_MMU);
	}
	set_page(m, 1, 0x1000, (BUS + PAGE(1)) | RW);
	for (int bit = 1; bit < 64; bit++) {
		if (bit >= 12 && bit < 52)
			continue;
		set(m, L1(1), (BUS + L2(1)) | ONPU_PTE_VALID | 1ull << bit);
		if (bit == 3)	/* a large page without permissions */
			set(m, L1(1), (BUS + L2(1)) | RW | ONPU_PTE_LARGE);
		assert_int_equal(get(m, 1, 0x1000, &value, &fault), ONPU_FAULT_MMU);
	}
	set(m, L1(1), (BUS + L2(1)) | ONPU_PTE_VALID);
	for (int bit = 1; bit < 64; bit++) {
		if (bit >= 12 && bit < 52)
			continue;
		set(m, TABLE + 8, (BUS + L1(1)) | ONPU_PTE_VALID | 1ull << bit);
		onpu_mmu_invalidate(&m->mmu, 1);
		assert_int_equal(get(m, 1, 0x1000, &value, &fault), ONPU_FAULT_MMU);
	}
	set(m, TABLE + 8, (BUS + L1(1)) | ONPU_PTE_VALID);
	assert_int_equal(get(m, 1, 0x1000, &value, &fault), 0);
}

static void large_pages_reach_two_mebibytes(void **state)
{
	struct machine *m = *state;
	uint8_t *data = malloc(3 << 20);
	uint32_t fault;
	uint8_t value;

	/* Two neighbours, in the other order in memory. */
	set(m, L1(1) + 8 * 5, (BUS + LARGE(2)) | RW | ONPU_PTE_LARGE);
	set(m, L1(1) + 8 * 6, (BUS + LARGE(1)) | RW | ONPU_PTE_LARGE);
	for (int i = 0; i < 3 << 20; i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	assert_int_equal(onpu_mmu_write(&m->mmu, 1, 0xa80000, data, 3 << 20, &fault), 0);
	assert_memory_equal(m->memory + LARGE(2) + 0x80000, data, 0x180000);
	assert_memory_equal(m->memory + LARGE(1), data + 0x180000, 0x180000);
	/* Beyond them there is nothing; what came before the fault is there. */
	memset(data, 0xee, 3 << 20);
	assert_int_equal(onpu_mmu_write(&m->mmu, 1, 0xd80000, data, 3 << 20, &fault),
			 ONPU_FAULT_MMU);
	assert_int_equal(fault, 0xe00000);
	assert_int_equal(m->memory[LARGE(1) + (2 << 20) - 1], 0xee);
	/* Entries at the end of the address space, and beyond it. */
	set(m, L1(1) + 8 * 2047, (BUS + LARGE(3)) | RW | ONPU_PTE_LARGE);
	assert_int_equal(put(m, 1, 0xffffffff, 5, &fault), 0);
	assert_int_equal(m->memory[LARGE(3) + (2 << 20) - 1], 5);
	assert_int_equal(onpu_mmu_read(&m->mmu, 1, 0xfffffffe, data, 4, &fault), ONPU_FAULT_MMU);
	assert_int_equal(fault, 0);
	assert_int_equal(get(m, 1, 0xffe00000, &value, &fault), 0);
	free(data);
}

static void stale_until_invalidated(void **state)
{
	struct machine *m = *state;
	uint32_t fault;
	uint8_t value;

	set_page(m, 1, 0x1000, (BUS + PAGE(1)) | RW);
	m->memory[PAGE(1)] = 1;
	m->memory[PAGE(2)] = 2;
	assert_int_equal(get(m, 1, 0x1000, &value, &fault), 0);
	/* The table says something else now; the TLB does not. */
	set_page(m, 1, 0x1000, (BUS + PAGE(2)) | RW);
	assert_int_equal(get(m, 1, 0x1000, &value, &fault), 0);
	assert_int_equal(value, 1);
	set_page(m, 1, 0x1000, 0);
	assert_int_equal(get(m, 1, 0x1000, &value, &fault), 0);
	/* Another context's invalidation does not help. */
	onpu_mmu_invalidate(&m->mmu, 2);
	assert_int_equal(get(m, 1, 0x1000, &value, &fault), 0);
	onpu_mmu_invalidate(&m->mmu, 1);
	assert_int_equal(get(m, 1, 0x1000, &value, &fault), ONPU_FAULT_MMU);
	/* Invalid entries are not cached: no invalidation after the first MAP. */
	set_page(m, 1, 0x1000, (BUS + PAGE(2)) | RW);
	assert_int_equal(get(m, 1, 0x1000, &value, &fault), 0);
	assert_int_equal(value, 2);
	/* A root is cached like an entry. */
	set(m, TABLE + 8, (BUS + L1(2)) | ONPU_PTE_VALID);
	set_page(m, 1, 0x3000, (BUS + PAGE(3)) | RW);
	assert_int_equal(get(m, 1, 0x3000, &value, &fault), 0);
	onpu_mmu_invalidate(&m->mmu, 1);
	assert_int_equal(get(m, 1, 0x3000, &value, &fault), ONPU_FAULT_MMU);
}

static void contexts_are_apart(void **state)
{
	struct machine *m = *state;
	uint32_t fault;
	uint8_t value;

	for (int ctx = 0; ctx < 4; ctx++) {
		set_page(m, ctx, 0x1000, (BUS + PAGE(ctx)) | RW);
		m->memory[PAGE(ctx)] = (uint8_t)(10 + ctx);
	}
	set_page(m, 2, 0x9000, (BUS + PAGE(9)) | RW);
	for (int round = 0; round < 3; round++)
		for (int ctx = 3; ctx >= 0; ctx--) {
			assert_int_equal(get(m, (uint8_t)ctx, 0x1000, &value, &fault), 0);
			assert_int_equal(value, 10 + ctx);
			assert_int_equal(get(m, (uint8_t)ctx, 0x9000, &value, &fault),
					 ctx == 2 ? 0 : ONPU_FAULT_MMU);
		}
}

static void bus_errors_are_told_apart(void **state)
{
	struct machine *m = *state;
	uint8_t data[8192];
	uint32_t fault;

	set_page(m, 1, 0x1000, (BUS + PAGE(1)) | RW);
	set_page(m, 1, 0x2000, (BUS + PAGE(7)) | RW);
	set_page(m, 1, 0x3000, (0x1000ull << 20) | RW);	/* nothing is there */
	m->bad = BUS + PAGE(7) + 16;
	assert_int_equal(onpu_mmu_read(&m->mmu, 1, 0x1800, data, 0x1000, &fault), ONPU_FAULT_BUS);
	assert_int_equal(fault, 0x2000);
	assert_false(m->mmu.table_failed);
	assert_int_equal(onpu_mmu_read(&m->mmu, 1, 0x3000, data, 1, &fault), ONPU_FAULT_BUS);
	m->bad = BUS + L2(1) + 8 * 4;
	assert_int_equal(onpu_mmu_read(&m->mmu, 1, 0x4000, data, 1, &fault), ONPU_FAULT_BUS);
	assert_true(m->mmu.table_failed);
}

/* Random maps and accesses against a plain array of pages. */
static void random_maps(void **state)
{
	struct machine *m = *state;
	struct { bool read, write; int page; } model[4][64];
	uint32_t seed = 12345;

	print_message("seed %u\n", seed);
	memset(model, 0, sizeof(model));
	for (int i = 0; i < 20000; i++) {
		uint32_t r = seed = seed * 1664525 + 1013904223, fault;
		int ctx = r >> 8 & 3, page = r >> 10 & 63, to = r >> 16 & 127;
		uint8_t value;
		bool ok;

		switch (r >> 28) {
		case 0:
			model[ctx][page].read = r >> 24 & 1;
			model[ctx][page].write = r >> 25 & 1;
			model[ctx][page].page = to;
			set_page(m, ctx, (uint32_t)page << 12, (BUS + PAGE(to)) | ONPU_PTE_VALID |
				 (r >> 24 & 1 ? ONPU_PTE_READ : 0) |
				 (r >> 25 & 1 ? ONPU_PTE_WRITE : 0));
			onpu_mmu_invalidate(&m->mmu, ctx);
			break;
		case 1:
			model[ctx][page].read = model[ctx][page].write = false;
			set_page(m, ctx, (uint32_t)page << 12, 0);
			onpu_mmu_invalidate(&m->mmu, ctx);
			break;
		case 2: case 3: case 4: case 5: case 6: case 7: case 8:
			ok = !put(m, (uint8_t)ctx, ((uint32_t)page << 12) + 3, (uint8_t)i, &fault);
			assert_int_equal(ok, model[ctx][page].write);
			if (ok)
				assert_int_equal(m->memory[PAGE(model[ctx][page].page) + 3],
						 (uint8_t)i);
			break;
		default:
			ok = !get(m, (uint8_t)ctx, ((uint32_t)page << 12) + 3, &value, &fault);
			assert_int_equal(ok, model[ctx][page].read);
			if (ok)
				assert_int_equal(value,
						 m->memory[PAGE(model[ctx][page].page) + 3]);
			break;
		}
	}
	/* The TLB does something. */
	assert_true(m->mmu.walks < 20000);
}

/* ---- behind jobs -------------------------------------------------------------------- */

#define VA 0x00400000u

static void run(struct npu_queue *queue, struct npu_buffer *memory, const struct stream *s,
		struct onpu_fw_completion *record)
{
	struct npu_job job = {
		.entry = VA, .stream_size = s->size, .max_cycles = 1000000, .region_count = 2,
		.region = { { VA, 4096 }, { VA + 4096, 4096 } },
	};
	uint32_t seq;

	memcpy(memory->data, s->data, s->size);
	assert_int_equal(npu_queue_submit(queue, &job, &seq), NPU_OK);
	assert_int_equal(npu_queue_wait(queue, seq, record), NPU_OK);
}

struct space {
	struct npu_vm *vm;
	struct npu_queue *queue;
	struct npu_buffer *memory;
};

static void open_space(struct npu_host *host, struct space *s)
{
	assert_int_equal(npu_vm_new(host, &s->vm), NPU_OK);
	assert_int_equal(npu_host_alloc(host, 16384, &s->memory), NPU_OK);
	assert_int_equal(npu_vm_map(s->vm, VA, s->memory, true), NPU_OK);
	assert_int_equal(npu_queue_new(s->vm, 1, 8, &s->queue), NPU_OK);
}

static void close_space(struct npu_host *host, struct space *s)
{
	npu_queue_free(s->queue);
	npu_host_free(host, s->memory);
	npu_vm_free(s->vm);
}

/* One space leaves a secret in SRAM; the other one looks for it. */
static void sram_is_scrubbed_between_contexts(void **state)
{
	struct npu_host *host;
	struct space a, b, c;
	struct stream leave = { .size = 0 }, look = { .size = 0 };
	struct onpu_fw_completion record;

	(void)state;
	assert_int_equal(npu_host_open(onpu_preset_by_name("nano"), NULL, &host), NPU_OK);
	open_space(host, &a);
	open_space(host, &b);
	stream_load(&leave, 1, 0, 777, 1000);
	stream_end(&leave);
	stream_store(&look, 1, 0, 777, 1000);
	stream_end(&look);
	memset(a.memory->data + 4096, 0x5a, 1000);
	memset(b.memory->data + 4096, 0x11, 1000);
	run(a.queue, a.memory, &leave, &record);
	assert_int_equal(record.status, ONPU_FW_OK);
	assert_true(record.switch_cycles > 0);
	run(b.queue, b.memory, &look, &record);
	assert_int_equal(record.status, ONPU_FW_OK);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(b.memory->data[4096 + i], 0);
	/* The same context keeps its SRAM, and another queue of it does not switch. */
	c = a;
	assert_int_equal(npu_queue_new(a.vm, 1, 8, &c.queue), NPU_OK);
	run(a.queue, a.memory, &leave, &record);
	assert_true(record.switch_cycles > 0);
	memset(a.memory->data + 4096, 0, 1000);
	run(c.queue, a.memory, &look, &record);
	assert_int_equal(record.switch_cycles, 0);
	assert_int_equal(a.memory->data[4096 + 999], 0x5a);
	npu_queue_free(c.queue);
	close_space(host, &a);
	close_space(host, &b);
	npu_host_close(host);
}

/* What a forgotten TLB_INV does is visible, and what it should do is, too. */
static void missing_invalidation_is_visible(void **state)
{
	struct npu_host *host;
	struct space s;
	struct npu_buffer *other;
	struct stream load = { .size = 0 };
	struct onpu_fw_completion record;
	uint64_t entry;

	(void)state;
	assert_int_equal(npu_host_open(onpu_preset_by_name("nano"), NULL, &host), NPU_OK);
	open_space(host, &s);
	assert_int_equal(npu_host_alloc(host, 4096, &other), NPU_OK);
	/* Copies the first byte of region 1 to its last. */
	stream_load(&load, 1, 0, 0, 1);
	stream_store(&load, 1, 4095, 0, 1);
	stream_end(&load);
	s.memory->data[4096] = 1;
	run(s.queue, s.memory, &load, &record);
	assert_int_equal(s.memory->data[4096 + 4095], 1);
	/* Another page under the same address, without TLB_INV. */
	other->data[0] = 2;
	entry = other->bus | RW;
	memcpy(s.vm->l2[VA >> 21]->data + 8 * ((VA + 4096) >> 12 & 511), &entry, 8);
	s.memory->data[4096] = 3;
	run(s.queue, s.memory, &load, &record);
	assert_int_equal(record.status, ONPU_FW_OK);
	assert_int_equal(s.memory->data[4096 + 4095], 3);
	assert_int_equal(other->data[4095], 0);
	npu_host_write(host, ONPU_HOST_TLB_INV, s.vm->ctx);
	run(s.queue, s.memory, &load, &record);
	assert_int_equal(other->data[4095], 2);
	/* Unmapped as it should be: the next job faults, and says where. */
	npu_vm_unmap(s.vm, VA + 4096, 4096);
	run(s.queue, s.memory, &load, &record);
	assert_int_equal(record.status, ONPU_FW_FAULT);
	assert_int_equal(record.fault, ONPU_FAULT_MMU);
	assert_int_equal(record.va, VA + 4096);
	assert_int_equal(record.write, 0);
	assert_int_equal((npu_host_read(host, ONPU_HOST_FAULT_STATUS) &
			  ONPU_HOST_FAULT_STATUS_CTX) >> ONPU_HOST_FAULT_STATUS_CTX_SHIFT,
			 s.vm->ctx);
	npu_host_free(host, other);
	close_space(host, &s);
	npu_host_close(host);
}

/* No root: the job does not run, and says so. */
static void context_without_table(void **state)
{
	struct npu_host *host;
	struct space s, t;
	struct stream stream = { .size = 0 };
	struct onpu_fw_completion record;
	uint64_t root;

	(void)state;
	assert_int_equal(npu_host_open(onpu_preset_by_name("nano"), NULL, &host), NPU_OK);
	open_space(host, &s);
	open_space(host, &t);
	stream_end(&stream);
	memcpy(&root, host->contexts->data + 8 * s.vm->ctx, 8);
	memset(host->contexts->data + 8 * s.vm->ctx, 0, 8);
	run(s.queue, s.memory, &stream, &record);
	assert_int_equal(record.status, ONPU_FW_BAD_CONTEXT);
	run(t.queue, t.memory, &stream, &record);
	assert_int_equal(record.status, ONPU_FW_OK);
	memcpy(host->contexts->data + 8 * s.vm->ctx, &root, 8);
	run(s.queue, s.memory, &stream, &record);
	assert_int_equal(record.status, ONPU_FW_OK);
	close_space(host, &s);
	close_space(host, &t);
	npu_host_close(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(permissions_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed_entries_are_invalid, setup, teardown),
		cmocka_unit_test_setup_teardown(large_pages_reach_two_mebibytes, setup, teardown),
		cmocka_unit_test_setup_teardown(stale_until_invalidated, setup, teardown),
		cmocka_unit_test_setup_teardown(contexts_are_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(bus_errors_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(random_maps, setup, teardown),
		cmocka_unit_test(sram_is_scrubbed_between_contexts),
		cmocka_unit_test(missing_invalidation_is_visible),
		cmocka_unit_test(context_without_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
