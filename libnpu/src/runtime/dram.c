// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dram.h"
#include "ir/error.h"

npu_status npu_dram_open(struct npu_dram *dram)
{
	memset(dram, 0, sizeof(*dram));
	/* Address space only: pages come when they are touched. */
	dram->base = mmap(NULL, NPU_DRAM_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (dram->base == MAP_FAILED) {
		dram->base = NULL;
		return npu_fail(NPU_ERR_NOMEM,
				"no address space for the memory of the simulated device (%llu MiB)",
				NPU_DRAM_SIZE >> 20);
	}
	return NPU_OK;
}

void npu_dram_close(struct npu_dram *dram)
{
	while (dram->buffers) {
		struct npu_buffer *buffer = dram->buffers;

		dram->buffers = buffer->next;
		free(buffer);
	}
	if (dram->base)
		munmap(dram->base, NPU_DRAM_SIZE);
	dram->base = NULL;
}

npu_status npu_dram_alloc(struct npu_dram *dram, size_t size, struct npu_buffer **buffer)
{
	uint64_t align = size >= NPU_DRAM_LARGE ? NPU_DRAM_LARGE : NPU_DRAM_PAGE;
	uint64_t at = 0, wanted;
	struct npu_buffer **link = &dram->buffers, *new;

	*buffer = NULL;
	if (size > NPU_DRAM_SIZE)
		return npu_fail(NPU_ERR_LIMIT, "%zu bytes are more than the device's memory",
				size);
	wanted = ((uint64_t)size + NPU_DRAM_PAGE - 1) / NPU_DRAM_PAGE * NPU_DRAM_PAGE;
	if (!wanted)
		wanted = NPU_DRAM_PAGE;
	/* First fit. */
	for (; *link; link = &(*link)->next) {
		if ((*link)->bus - NPU_DRAM_BUS >= at + wanted)
			break;
		at = (*link)->bus - NPU_DRAM_BUS + (*link)->size;
		at = (at + align - 1) / align * align;
	}
	if (at + wanted > NPU_DRAM_SIZE)
		return npu_fail(NPU_ERR_LIMIT,
				"the device's memory (%llu MiB) is full: %zu bytes do not fit",
				NPU_DRAM_SIZE >> 20, size);
	new = calloc(1, sizeof(*new));
	if (!new)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a device buffer");
	new->bus = NPU_DRAM_BUS + at;
	new->size = wanted;
	new->data = dram->base + at;
	new->next = *link;
	*link = new;
	*buffer = new;
	return NPU_OK;
}

void npu_dram_free(struct npu_dram *dram, struct npu_buffer *buffer)
{
	struct npu_buffer **link = &dram->buffers;

	if (!buffer)
		return;
	while (*link != buffer)
		link = &(*link)->next;
	*link = buffer->next;
	/* Gives the pages back; the next user finds zeros, not these bytes. */
	if (madvise(buffer->data, buffer->size, MADV_DONTNEED))
		memset(buffer->data, 0, buffer->size);
	free(buffer);
}

uint8_t *npu_dram_at(const struct npu_dram *dram, uint64_t bus, size_t size)
{
	if (bus < NPU_DRAM_BUS || size > NPU_DRAM_SIZE || bus - NPU_DRAM_BUS > NPU_DRAM_SIZE - size)
		return NULL;
	return dram->base + (bus - NPU_DRAM_BUS);
}
