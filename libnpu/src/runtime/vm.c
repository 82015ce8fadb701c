// SPDX-License-Identifier: MIT
/* Address spaces of the device: page tables in its memory. */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "ir/error.h"
#include "iss/machine_mmu.h"
#include "regs/onpu_regs.h"

/* Tables are little-endian in memory; so is everything that this runs on (onpu_fw.h). */
static void set_entry(const struct npu_buffer *table, uint32_t index, uint64_t entry)
{
	memcpy(table->data + 8ull * index, &entry, sizeof(entry));
}

static uint64_t get_entry(const struct npu_buffer *table, uint32_t index)
{
	uint64_t entry;

	memcpy(&entry, table->data + 8ull * index, sizeof(entry));
	return entry;
}

/* After this no translation that was taken out before is in use. */
static void invalidate(struct npu_vm *vm)
{
	int i;

	npu_host_write(vm->host, ONPU_HOST_TLB_INV, vm->ctx);
	for (i = 0; i < 1000; i++) {
		if (npu_host_read(vm->host, ONPU_HOST_TLB_STATUS) & ONPU_HOST_TLB_STATUS_DONE)
			return;
		npu_host_step(vm->host, 100);
	}
	npu_host_lost(vm->host, "TLB invalidation does not end");
}

npu_status npu_vm_new_locked(struct npu_host *host, uint8_t ctx, struct npu_vm **result)
{
	struct npu_vm *vm = calloc(1, sizeof(*vm));
	npu_status status;

	*result = NULL;
	if (!vm)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for an address space");
	vm->host = host;
	vm->ctx = ctx;
	status = npu_dram_alloc(&host->dram, 8 * ONPU_L1_ENTRIES, &vm->l1);
	if (status) {
		free(vm);
		return status;
	}
	host->vm[ctx] = vm;
	set_entry(host->contexts, ctx, vm->l1->bus | ONPU_PTE_VALID);
	*result = vm;
	return NPU_OK;
}

void npu_vm_free_locked(struct npu_vm *vm)
{
	struct npu_host *host = vm->host;
	int i;

	set_entry(host->contexts, vm->ctx, 0);
	if (host->model)
		invalidate(vm);
	for (i = 0; i < 2048; i++)
		npu_dram_free(&host->dram, vm->l2[i]);
	npu_dram_free(&host->dram, vm->l1);
	host->vm[vm->ctx] = NULL;
	free(vm->times);
	free(vm);
}

npu_status npu_vm_new(struct npu_host *host, struct npu_vm **vm)
{
	npu_status status;
	int ctx;

	pthread_mutex_lock(&host->lock);
	for (ctx = 1; ctx < ONPU_FW_CONTEXTS; ctx++)
		if (!host->vm[ctx])
			break;
	if (ctx == ONPU_FW_CONTEXTS) {
		*vm = NULL;
		status = npu_fail(NPU_ERR_LIMIT, "the device has %d address spaces, all in use",
				  ONPU_FW_CONTEXTS - 1);
	} else {
		status = npu_vm_new_locked(host, (uint8_t)ctx, vm);
	}
	pthread_mutex_unlock(&host->lock);
	return status;
}

void npu_vm_free(struct npu_vm *vm)
{
	struct npu_host *host;

	if (!vm)
		return;
	host = vm->host;
	pthread_mutex_lock(&host->lock);
	npu_vm_free_locked(vm);
	pthread_mutex_unlock(&host->lock);
}

static npu_status map_page(struct npu_vm *vm, uint32_t va, uint64_t bus, uint64_t bits)
{
	uint32_t big = va / ONPU_LARGE_PAGE_SIZE;
	npu_status status;

	if (get_entry(vm->l1, big) & ONPU_PTE_LARGE)
		return npu_fail(NPU_ERR_INTERNAL, "page at 0x%08x is part of a large one", va);
	if (!vm->l2[big]) {
		status = npu_dram_alloc(&vm->host->dram, 8 * ONPU_L2_ENTRIES, &vm->l2[big]);
		if (status)
			return status;
		set_entry(vm->l1, big, vm->l2[big]->bus | ONPU_PTE_VALID);
	}
	set_entry(vm->l2[big], va / ONPU_PAGE_SIZE % ONPU_L2_ENTRIES, bus | bits);
	return NPU_OK;
}

npu_status npu_vm_map_locked(struct npu_vm *vm, uint32_t va, const struct npu_buffer *buffer,
			     bool writable)
{
	uint64_t bits = ONPU_PTE_VALID | ONPU_PTE_READ | (writable ? ONPU_PTE_WRITE : 0);
	size_t done = 0;
	npu_status status = NPU_OK;

	if (va % ONPU_PAGE_SIZE || buffer->size > 0x100000000ull - va)
		return npu_fail(NPU_ERR_INVALID, "%zu bytes cannot be mapped at 0x%08x",
				buffer->size, va);
	while (done < buffer->size && !status) {
		uint32_t at = va + (uint32_t)done;
		uint64_t bus = buffer->bus + done;
		uint32_t big = at / ONPU_LARGE_PAGE_SIZE;

		if (at % ONPU_LARGE_PAGE_SIZE == 0 && bus % ONPU_LARGE_PAGE_SIZE == 0 &&
		    buffer->size - done >= ONPU_LARGE_PAGE_SIZE && !vm->l2[big]) {
			set_entry(vm->l1, big, bus | bits | ONPU_PTE_LARGE);
			done += ONPU_LARGE_PAGE_SIZE;
		} else {
			status = map_page(vm, at, bus, bits);
			done += ONPU_PAGE_SIZE;
		}
	}
	/* A page may have been there before. */
	invalidate(vm);
	return status;
}

npu_status npu_vm_map(struct npu_vm *vm, uint32_t va, const struct npu_buffer *buffer,
		      bool writable)
{
	npu_status status;

	pthread_mutex_lock(&vm->host->lock);
	status = npu_vm_map_locked(vm, va, buffer, writable);
	pthread_mutex_unlock(&vm->host->lock);
	return status;
}

void npu_vm_unmap_locked(struct npu_vm *vm, uint32_t va, size_t size)
{
	uint64_t at, end = (uint64_t)va + size;

	for (at = va; at < end; ) {
		uint32_t big = (uint32_t)(at / ONPU_LARGE_PAGE_SIZE);

		if (get_entry(vm->l1, big) & ONPU_PTE_LARGE) {
			set_entry(vm->l1, big, 0);
			at += ONPU_LARGE_PAGE_SIZE;
			continue;
		}
		if (vm->l2[big])
			set_entry(vm->l2[big], at / ONPU_PAGE_SIZE % ONPU_L2_ENTRIES, 0);
		at += ONPU_PAGE_SIZE;
	}
	/* Tables stay until the address space goes. */
	invalidate(vm);
}

void npu_vm_unmap(struct npu_vm *vm, uint32_t va, size_t size)
{
	pthread_mutex_lock(&vm->host->lock);
	npu_vm_unmap_locked(vm, va, size);
	pthread_mutex_unlock(&vm->host->lock);
}
