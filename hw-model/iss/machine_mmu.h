/* SPDX-License-Identifier: MIT */
/*
 * MMU: a 32-bit VA in one of 256 contexts to a bus address.
 *
 * Context table: 256 entries of 64 bits, {valid, address of the L1 table}.  L1 table: 2048
 * entries, each 2 MiB of VA: a large page, or the address of an L2 table.  L2 table: 512
 * entries, each a page of 4 KiB.  An entry:
 *
 *	bit 0		valid
 *	bit 1		may be read
 *	bit 2		may be written
 *	bit 3		large page (L1 only)
 *	bits 51:12	bus address of page or table
 *
 * Bits that are not named must be 0, as must bits 1 to 3 where the entry names a table, and
 * bits 20:12 of a large page: else the entry is not valid.
 *
 * Valid translations and roots are cached until onpu_mmu_invalidate(): who changes a table
 * without it sees the old one, or the new one.
 */
#ifndef ONPU_MACHINE_MMU_H
#define ONPU_MACHINE_MMU_H

#include "machine.h"

#define ONPU_PTE_VALID (1ull << 0)
#define ONPU_PTE_READ (1ull << 1)
#define ONPU_PTE_WRITE (1ull << 2)
#define ONPU_PTE_LARGE (1ull << 3)
#define ONPU_PTE_ADDRESS 0x000ffffffffff000ull

#define ONPU_PAGE_SIZE 4096u
#define ONPU_LARGE_PAGE_SIZE (2u << 20)
#define ONPU_L1_ENTRIES 2048u
#define ONPU_L2_ENTRIES 512u
#define ONPU_CTX_ENTRIES 256u

#define ONPU_TLB_PAGES 64u
#define ONPU_TLB_LARGE 32u

struct onpu_tlb_entry {
	bool valid;
	uint8_t ctx;
	uint32_t page;
	uint64_t pte;
};

struct onpu_root {
	bool valid;
	uint8_t ctx;
	uint64_t address;
};

struct onpu_mmu {
	const struct onpu_model_host *host;
	uint64_t table;			/* bus address of the context table */
	struct onpu_root root[2];	/* of context 0, and of another one */
	struct onpu_tlb_entry pages[ONPU_TLB_PAGES];
	struct onpu_tlb_entry large[ONPU_TLB_LARGE];
	/* Of the last access that failed: */
	bool table_failed;		/* it was a table that could not be read */
	uint64_t walks;			/* statistics: table walks so far */
};

/* Drops everything that is known of a context; of all with ctx < 0. */
void onpu_mmu_invalidate(struct onpu_mmu *mmu, int ctx);
/* 0, ONPU_FAULT_MMU if the context has no root, ONPU_FAULT_BUS if the table cannot be read. */
int onpu_mmu_root(struct onpu_mmu *mmu, uint8_t ctx, uint64_t *address);
/* 0, ONPU_FAULT_MMU or ONPU_FAULT_BUS, with *fault_va the first byte that failed. */
int onpu_mmu_read(struct onpu_mmu *mmu, uint8_t ctx, uint32_t va, void *data, size_t size,
		  uint32_t *fault_va);
int onpu_mmu_write(struct onpu_mmu *mmu, uint8_t ctx, uint32_t va, const void *data, size_t size,
		   uint32_t *fault_va);

#endif
