// SPDX-License-Identifier: MIT
/* Page tables that are wrong. */
#include "hostile.h"

#include "iss/machine_mmu.h"

static uint64_t *entry_at(struct npu_buffer *table, uint32_t index)
{
	return (uint64_t *)(void *)(table->data + 8ull * index);
}

static void invalidate(struct machine *m, uint8_t ctx)
{
	npu_host_write(m->host, ONPU_HOST_TLB_INV, ctx);
	while (!(npu_host_read(m->host, ONPU_HOST_TLB_STATUS) & ONPU_HOST_TLB_STATUS_DONE))
		onpu_model_run(m->host->model, 10);
}

/* One entry of either level is replaced; both models find the same about it. */
void broken_tables(void **state)
{
	static const struct {
		uint64_t entry;
		int fault;
	} page[] = {
		{ 0, ONPU_FAULT_MMU },
		{ ONPU_PTE_VALID, ONPU_FAULT_MMU },	/* no permission, at bus address 0 */
		{ ~0ull, ONPU_FAULT_MMU },
		{ ONPU_PTE_VALID | ONPU_PTE_READ | ONPU_PTE_WRITE | ONPU_PTE_LARGE, ONPU_FAULT_MMU },
		{ ONPU_PTE_READ | ONPU_PTE_WRITE, ONPU_FAULT_MMU },
		/* Where no memory is. */
		{ ONPU_PTE_VALID | ONPU_PTE_READ | ONPU_PTE_WRITE, ONPU_FAULT_BUS },
		{ ONPU_PTE_VALID | ONPU_PTE_READ | ONPU_PTE_WRITE | 0xffffffff000ull,
		  ONPU_FAULT_BUS },
	}, table[] = {
		{ 0, ONPU_FAULT_MMU },
		{ ~0ull, ONPU_FAULT_MMU },
		{ ONPU_PTE_VALID | ONPU_PTE_READ, ONPU_FAULT_MMU },
		{ ONPU_PTE_VALID | ONPU_PTE_LARGE | ONPU_PTE_READ | ONPU_PTE_WRITE | 0x1000,
		  ONPU_FAULT_MMU },
		{ ONPU_PTE_VALID, ONPU_FAULT_BUS },	/* no memory, so no table */
	};
	const size_t pages = sizeof(page) / sizeof(page[0]);
	struct pair *pair = *state;
	struct machine *machine[] = { &pair->iss, &pair->rtl };

	for (size_t i = 0; i < 2 * (pages + sizeof(table) / sizeof(table[0])); i++) {
		size_t n = i / 2;
		bool write = i % 2, in_table = n >= pages;
		struct stream s = { .size = 0 };
		struct onpu_fw_completion record[2];

		make_copy(&s, write ? ONPU_OPCODE_STORE : ONPU_OPCODE_LOAD, 0, 64, false);
		stream_end(&s);
		for (int k = 0; k < 2; k++) {
			struct machine *m = machine[k];
			struct npu_vm *vm = m->attacker.vm;
			uint32_t big = READONLY_VA / ONPU_LARGE_PAGE_SIZE;
			uint64_t *entry = in_table ? entry_at(vm->l1, big) :
						     entry_at(vm->l2[big], 0), old = *entry;

			*entry = in_table ? table[n - pages].entry : page[n].entry;
			invalidate(m, vm->ctx);
			record[k] = run_as(&m->attacker, &s,
					   (struct onpu_fw_region){ READONLY_VA, 4096 });
			*entry = old;
			invalidate(m, vm->ctx);
			check_latched(m, &m->attacker, &record[k],
				      in_table && table[n - pages].fault == ONPU_FAULT_BUS ?
				      ONPU_HOST_FAULT_STATUS_SOURCE_TABLE :
				      ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE);
			check_victim(m);
		}
		if (!same_report(&record[0], &record[1]) ||
		    record[1].fault != (in_table ? table[n - pages].fault : page[n].fault) ||
		    record[1].va != READONLY_VA || record[1].write != write)
			fail_msg("entry %zu, %s", n, write ? "writing" : "reading");
	}
}
