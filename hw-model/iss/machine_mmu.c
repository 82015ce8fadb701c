// SPDX-License-Identifier: MIT
#include <string.h>

#include "isa/onpu_isa.h"
#include "machine_mmu.h"

void onpu_mmu_invalidate(struct onpu_mmu *mmu, int ctx)
{
	for (size_t i = 0; i < ONPU_TLB_PAGES; i++)
		if (ctx < 0 || mmu->pages[i].ctx == ctx)
			mmu->pages[i].valid = false;
	for (size_t i = 0; i < ONPU_TLB_LARGE; i++)
		if (ctx < 0 || mmu->large[i].ctx == ctx)
			mmu->large[i].valid = false;
	for (size_t i = 0; i < 2; i++)
		if (ctx < 0 || mmu->root[i].ctx == ctx)
			mmu->root[i].valid = false;
}

/* An entry of a table; 0 or ONPU_FAULT_BUS. */
static int read_entry(struct onpu_mmu *mmu, uint64_t address, uint64_t *entry)
{
	uint8_t raw[8];

	if (mmu->host->read(mmu->host->ctx, address, raw, sizeof(raw))) {
		mmu->table_failed = true;
		return ONPU_FAULT_BUS;
	}
	*entry = 0;
	for (int i = 7; i >= 0; i--)
		*entry = *entry << 8 | raw[i];
	return 0;
}

static bool names_table(uint64_t entry)
{
	return entry & ONPU_PTE_VALID && !(entry & ~(ONPU_PTE_VALID | ONPU_PTE_ADDRESS));
}

static bool names_page(uint64_t entry, bool large)
{
	uint64_t size = large ? ONPU_LARGE_PAGE_SIZE : ONPU_PAGE_SIZE;
	uint64_t bits = ONPU_PTE_VALID | ONPU_PTE_READ | ONPU_PTE_WRITE | ONPU_PTE_ADDRESS |
			(large ? ONPU_PTE_LARGE : 0);

	return entry & ONPU_PTE_VALID && !(entry & ~bits) &&
	       !!(entry & ONPU_PTE_LARGE) == large && !(entry & ONPU_PTE_ADDRESS & (size - 1));
}

int onpu_mmu_root(struct onpu_mmu *mmu, uint8_t ctx, uint64_t *address)
{
	struct onpu_root *root = &mmu->root[ctx != 0];
	uint64_t entry;
	int code;

	if (root->valid && root->ctx == ctx) {
		*address = root->address;
		return 0;
	}
	code = read_entry(mmu, mmu->table + 8u * ctx, &entry);
	if (code)
		return code;
	if (!names_table(entry))
		return ONPU_FAULT_MMU;
	root->valid = true;
	root->ctx = ctx;
	root->address = entry & ONPU_PTE_ADDRESS;
	*address = root->address;
	return 0;
}

static int walk(struct onpu_mmu *mmu, uint8_t ctx, uint32_t va, struct onpu_tlb_entry **found)
{
	struct onpu_tlb_entry *tlb;
	uint64_t address, entry;
	bool large;
	int code;

	mmu->walks++;
	code = onpu_mmu_root(mmu, ctx, &address);
	if (!code)
		code = read_entry(mmu, address + 8ull * (va >> 21), &entry);
	if (code)
		return code;
	large = entry & ONPU_PTE_LARGE;
	if (!large) {
		if (!names_table(entry))
			return ONPU_FAULT_MMU;
		code = read_entry(mmu, (entry & ONPU_PTE_ADDRESS) + 8ull * (va >> 12 & 511),
				  &entry);
		if (code)
			return code;
	}
	if (!names_page(entry, large))
		return ONPU_FAULT_MMU;
	tlb = large ? &mmu->large[(va >> 21) % ONPU_TLB_LARGE] :
		      &mmu->pages[(va >> 12) % ONPU_TLB_PAGES];
	*tlb = (struct onpu_tlb_entry){ true, ctx, large ? va >> 21 : va >> 12, entry };
	*found = tlb;
	return 0;
}

static int lookup(struct onpu_mmu *mmu, uint8_t ctx, uint32_t va, struct onpu_tlb_entry **found)
{
	struct onpu_tlb_entry *tlb = &mmu->pages[(va >> 12) % ONPU_TLB_PAGES];

	if (!tlb->valid || tlb->page != va >> 12 || tlb->ctx != ctx) {
		tlb = &mmu->large[(va >> 21) % ONPU_TLB_LARGE];
		if (!tlb->valid || tlb->page != va >> 21 || tlb->ctx != ctx)
			return walk(mmu, ctx, va, found);
	}
	*found = tlb;
	return 0;
}

/* Bus address of va, and how many bytes from there have the same translation. */
static int translate(struct onpu_mmu *mmu, uint8_t ctx, uint32_t va, bool write,
		     uint64_t *address, size_t *left)
{
	struct onpu_tlb_entry *tlb;
	uint32_t size;
	int code = lookup(mmu, ctx, va, &tlb);

	if (code)
		return code;
	if (!(tlb->pte & (write ? ONPU_PTE_WRITE : ONPU_PTE_READ)))
		return ONPU_FAULT_MMU;
	size = tlb->pte & ONPU_PTE_LARGE ? ONPU_LARGE_PAGE_SIZE : ONPU_PAGE_SIZE;
	*address = (tlb->pte & ONPU_PTE_ADDRESS) + va % size;
	*left = size - va % size;
	return 0;
}

/* Either from or to is NULL. */
static int transfer(struct onpu_mmu *mmu, uint8_t ctx, uint32_t va, uint8_t *to,
		    const uint8_t *from, size_t size, uint32_t *fault_va)
{
	const struct onpu_model_host *host = mmu->host;
	uint64_t at = va;

	mmu->table_failed = false;
	while (size) {
		uint64_t address;
		size_t left;
		int code = at <= UINT32_MAX ?
			   translate(mmu, ctx, (uint32_t)at, !to, &address, &left) :
			   ONPU_FAULT_MMU;

		if (code) {
			*fault_va = (uint32_t)at;
			return code;
		}
		if (left > size)
			left = size;
		if (to ? host->read(host->ctx, address, to, left) :
			 host->write(host->ctx, address, from, left)) {
			*fault_va = (uint32_t)at;
			return ONPU_FAULT_BUS;
		}
		if (to)
			to += left;
		else
			from += left;
		at += left;
		size -= left;
	}
	return 0;
}

int onpu_mmu_read(struct onpu_mmu *mmu, uint8_t ctx, uint32_t va, void *data, size_t size,
		  uint32_t *fault_va)
{
	return transfer(mmu, ctx, va, data, NULL, size, fault_va);
}

int onpu_mmu_write(struct onpu_mmu *mmu, uint8_t ctx, uint32_t va, const void *data, size_t size,
		   uint32_t *fault_va)
{
	return transfer(mmu, ctx, va, NULL, data, size, fault_va);
}
