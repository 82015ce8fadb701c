/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_MMU_H_
#define _ONPU_MMU_H_

#include <linux/bits.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct onpu_device;

/**
 * DOC: page tables
 *
 * A context has one table of 2048 entries, each 2 MiB of VA: a large page, or the address of a
 * table of 512 entries of 4 KiB each.  Entries, little-endian:
 *
 *	bit 0		valid
 *	bit 1		may be read
 *	bit 2		may be written
 *	bit 3		large page (first level only)
 *	bits 51:12	bus address of page or table
 *
 * Bits that are not named are 0, as are bits 1 to 3 of an entry that names a table and bits
 * 20:12 of a large page.  The device never caches an entry that is not valid, so that mapping
 * needs no TLB command.
 */
#define ONPU_PTE_VALID		BIT_ULL(0)
#define ONPU_PTE_READ		BIT_ULL(1)
#define ONPU_PTE_WRITE		BIT_ULL(2)
#define ONPU_PTE_LARGE		BIT_ULL(3)
#define ONPU_PAGE_SIZE		4096u
#define ONPU_LARGE_PAGE_SIZE	(2u << 20)
#define ONPU_L1_ENTRIES		2048u
#define ONPU_L2_ENTRIES		512u

/* What user space and context 0 map in: at least what both MMUs can do. */
#define ONPU_GRANULE		max_t(u64, ONPU_PAGE_SIZE, PAGE_SIZE)
#define ONPU_VA_END		BIT_ULL(32)

struct onpu_l2 {
	__le64 *entries;
	dma_addr_t dma;
	/** @used: valid entries */
	u32 used;
};

/** struct onpu_mmu - page tables of one context; its owner serialises calls */
struct onpu_mmu {
	struct onpu_device *onpu;
	u8 ctx;
	__le64 *l1;
	dma_addr_t l1_dma;
	struct onpu_l2 *l2[ONPU_L1_ENTRIES];
};

/* Makes empty tables and enters them into the context table. */
int onpu_mmu_init(struct onpu_mmu *mmu, struct onpu_device *onpu, u8 ctx);
/* Leaves the context table, waits for the TLB, frees the tables. */
void onpu_mmu_fini(struct onpu_mmu *mmu);
/*
 * va, size, offset: multiples of ONPU_GRANULE.  Maps size bytes of sgt (DMA-mapped) from offset
 * on.  All or nothing.  -EFBIG: a bus address beyond 52 bits.
 */
int onpu_mmu_map_sgt(struct onpu_mmu *mmu, u64 va, struct sg_table *sgt, u64 offset, u64 size,
		     bool writable);
int onpu_mmu_map_dma(struct onpu_mmu *mmu, u64 va, dma_addr_t dma, u64 size, bool writable);
/* When it returns the device cannot reach the pages; empty tables are freed after that. */
void onpu_mmu_unmap(struct onpu_mmu *mmu, u64 va, u64 size);
/*
 * Drops what the device knows of a context, and waits until writes under old translations are
 * done, or the device was reset or is off.  Takes power_lock.
 */
void onpu_mmu_invalidate(struct onpu_mmu *mmu);

#endif
