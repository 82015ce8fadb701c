/* SPDX-License-Identifier: MIT */
/* The memory of a simulated device: one range of bus addresses, touched lazily. */
#ifndef NPU_RUNTIME_DRAM_H
#define NPU_RUNTIME_DRAM_H

#include <stdbool.h>

#include "npu.h"

/* Above 4 GiB, so that 64-bit addresses are really used. */
#define NPU_DRAM_BUS 0x100000000ull
#define NPU_DRAM_SIZE (4ull << 30)
#define NPU_DRAM_PAGE 4096u
#define NPU_DRAM_LARGE (2u << 20)

/* Whole pages; zero when allocated. */
struct npu_buffer {
	struct npu_buffer *next;
	uint64_t bus;
	size_t size;			/* rounded up to pages */
	uint8_t *data;
};

struct npu_dram {
	uint8_t *base;
	struct npu_buffer *buffers;	/* by address */
};

npu_status npu_dram_open(struct npu_dram *dram);
/* Buffers that are still there are freed. */
void npu_dram_close(struct npu_dram *dram);
/* Of at least one page; aligned to 2 MiB if it is that large. */
npu_status npu_dram_alloc(struct npu_dram *dram, size_t size, struct npu_buffer **buffer);
/* NULL is fine. */
void npu_dram_free(struct npu_dram *dram, struct npu_buffer *buffer);
/* Where a bus address is; NULL unless all of the bytes exist. */
uint8_t *npu_dram_at(const struct npu_dram *dram, uint64_t bus, size_t size);

#endif
