// SPDX-License-Identifier: GPL-2.0-only
/* Page tables, and the commands that make the device forget what it knows of them. */
#include <linux/dma-mapping.h>
#include <linux/iopoll.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "onpu_device.h"
#include "onpu_mmu.h"
#include "onpu_reset.h"

/* A slow model of the device needs milliseconds for it. */
#define TLB_TIMEOUT_US		(2 * USEC_PER_SEC)

/* The device walks while we write: each entry is one store. */
static void set_entry(struct onpu_mmu *mmu, __le64 *entry, u64 value)
{
	WRITE_ONCE(*entry, cpu_to_le64(value));
	atomic64_inc(&mmu->onpu->stats.pte_writes);
}

static u64 get_entry(const __le64 *entry)
{
	return le64_to_cpu(READ_ONCE(*entry));
}

static u32 l1_index(u64 va)
{
	return va / ONPU_LARGE_PAGE_SIZE;
}

static u32 l2_index(u64 va)
{
	return va / ONPU_PAGE_SIZE % ONPU_L2_ENTRIES;
}

int onpu_mmu_init(struct onpu_mmu *mmu, struct onpu_device *onpu, u8 ctx)
{
	mmu->onpu = onpu;
	mmu->ctx = ctx;
	mmu->l1 = dma_alloc_coherent(onpu->dev, ONPU_L1_ENTRIES * sizeof(__le64), &mmu->l1_dma,
				     GFP_KERNEL);
	if (!mmu->l1)
		return -ENOMEM;

	dma_wmb();
	set_entry(mmu, &onpu->ctx_table[ctx], mmu->l1_dma | ONPU_PTE_VALID);
	return 0;
}

static void free_l2(struct onpu_mmu *mmu, struct onpu_l2 *l2)
{
	dma_free_coherent(mmu->onpu->dev, ONPU_PAGE_SIZE, l2->entries, l2->dma);
	kfree(l2);
}

void onpu_mmu_fini(struct onpu_mmu *mmu)
{
	struct onpu_device *onpu = mmu->onpu;
	u32 i;

	if (!mmu->l1)
		return;

	set_entry(mmu, &onpu->ctx_table[mmu->ctx], 0);
	onpu_mmu_invalidate(mmu);
	for (i = 0; i < ONPU_L1_ENTRIES; i++) {
		if (mmu->l2[i])
			free_l2(mmu, mmu->l2[i]);
		mmu->l2[i] = NULL;
	}
	dma_free_coherent(onpu->dev, ONPU_L1_ENTRIES * sizeof(__le64), mmu->l1, mmu->l1_dma);
	mmu->l1 = NULL;
}

static struct onpu_l2 *get_l2(struct onpu_mmu *mmu, u32 index)
{
	struct onpu_l2 *l2 = mmu->l2[index];

	if (l2)
		return l2;

	l2 = kzalloc(sizeof(*l2), GFP_KERNEL);
	if (!l2)
		return NULL;
	l2->entries = dma_alloc_coherent(mmu->onpu->dev, ONPU_PAGE_SIZE, &l2->dma, GFP_KERNEL);
	if (!l2->entries) {
		kfree(l2);
		return NULL;
	}

	/* Its zeros before the way to it. */
	dma_wmb();
	mmu->l2[index] = l2;
	set_entry(mmu, &mmu->l1[index], l2->dma | ONPU_PTE_VALID);
	return l2;
}

/* Maps what one entry can hold; returns its bytes, or a negative errno. */
static ssize_t map_one(struct onpu_mmu *mmu, u64 va, dma_addr_t dma, u64 left, u64 bits)
{
	u32 index = l1_index(va);
	struct onpu_l2 *l2;

	if (!mmu->l2[index] && left >= ONPU_LARGE_PAGE_SIZE &&
	    IS_ALIGNED(va, ONPU_LARGE_PAGE_SIZE) && IS_ALIGNED(dma, ONPU_LARGE_PAGE_SIZE)) {
		set_entry(mmu, &mmu->l1[index], dma | bits | ONPU_PTE_LARGE);
		return ONPU_LARGE_PAGE_SIZE;
	}

	l2 = get_l2(mmu, index);
	if (!l2)
		return -ENOMEM;
	set_entry(mmu, &l2->entries[l2_index(va)], dma | bits);
	l2->used++;
	return ONPU_PAGE_SIZE;
}

/* Returns bytes that were mapped; less than size means *err. */
static u64 map_range(struct onpu_mmu *mmu, u64 va, dma_addr_t dma, u64 size, bool writable,
		     int *err)
{
	u64 bits = ONPU_PTE_VALID | ONPU_PTE_READ | (writable ? ONPU_PTE_WRITE : 0);
	u64 done = 0;

	if (!IS_ALIGNED(dma, ONPU_PAGE_SIZE) || (dma + size - 1) >> 52) {
		*err = -EFBIG;
		return 0;
	}
	while (done < size) {
		ssize_t n = map_one(mmu, va + done, dma + done, size - done, bits);

		if (n < 0) {
			*err = n;
			return done;
		}
		done += n;
	}
	return done;
}

int onpu_mmu_map_dma(struct onpu_mmu *mmu, u64 va, dma_addr_t dma, u64 size, bool writable)
{
	int err = 0;
	u64 done = map_range(mmu, va, dma, size, writable, &err);

	if (err && done)
		onpu_mmu_unmap(mmu, va, done);
	return err;
}

int onpu_mmu_map_sgt(struct onpu_mmu *mmu, u64 va, struct sg_table *sgt, u64 offset, u64 size,
		     bool writable)
{
	struct scatterlist *sg;
	u64 done = 0;
	int i, err = 0;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		u64 length = sg_dma_len(sg);

		if (offset >= length) {
			offset -= length;
			continue;
		}
		length = min(length - offset, size - done);
		done += map_range(mmu, va + done, sg_dma_address(sg) + offset, length, writable,
				  &err);
		offset = 0;
		if (err || done == size)
			break;
	}
	/* Shorter than the object that it belongs to: an exporter that lied. */
	if (!err && done < size)
		err = -EINVAL;
	if (err && done)
		onpu_mmu_unmap(mmu, va, done);
	return err;
}

void onpu_mmu_unmap(struct onpu_mmu *mmu, u64 va, u64 size)
{
	u64 first = l1_index(va), last = l1_index(va + size - 1), end = va + size;
	u64 i;

	while (va < end) {
		u32 index = l1_index(va);
		struct onpu_l2 *l2 = mmu->l2[index];

		if (!l2) {
			WARN_ON_ONCE(!(get_entry(&mmu->l1[index]) & ONPU_PTE_LARGE));
			set_entry(mmu, &mmu->l1[index], 0);
			va = (u64)(index + 1) * ONPU_LARGE_PAGE_SIZE;
			continue;
		}
		set_entry(mmu, &l2->entries[l2_index(va)], 0);
		if (!--l2->used)
			set_entry(mmu, &mmu->l1[index], 0);
		va += ONPU_PAGE_SIZE;
	}

	/* Pages and tables are nobody else's before the device has forgotten them. */
	onpu_mmu_invalidate(mmu);

	for (i = first; i <= last; i++) {
		if (mmu->l2[i] && !mmu->l2[i]->used) {
			free_l2(mmu, mmu->l2[i]);
			mmu->l2[i] = NULL;
		}
	}
}

void onpu_mmu_invalidate(struct onpu_mmu *mmu)
{
	struct onpu_device *onpu = mmu->onpu;
	bool lost = false;
	u32 status;

	mutex_lock(&onpu->power_lock);
	if (onpu->state == ONPU_ON) {
		/* Entries before the command, see memory-barriers on writel(). */
		onpu_write(onpu, ONPU_HOST_TLB_INV, mmu->ctx);
		atomic64_inc(&onpu->stats.tlb_invs);
		lost = read_poll_timeout(onpu_read, status,
					 status & ONPU_HOST_TLB_STATUS_DONE, 10,
					 TLB_TIMEOUT_US, false, onpu, ONPU_HOST_TLB_STATUS);
		if (onpu_fail(ONPU_FAIL_TLB))
			lost = true;
	}
	mutex_unlock(&onpu->power_lock);

	if (lost) {
		onpu_reset(onpu, "TLB command for context %u does not end", mmu->ctx);
		onpu_reset_flush(onpu);
	}
}
