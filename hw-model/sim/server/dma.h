/* SPDX-License-Identifier: MIT */
/* The guest's memory, as the peer has mapped it for the device. */
#ifndef ONPU_SERVER_DMA_H
#define ONPU_SERVER_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DMA_REGIONS_MAX 4096

struct dma_region {
	uint64_t address, size;
	uint8_t *data;			/* NULL: no memory that can be reached from here */
	bool readable, writable;
	uint8_t *touched;		/* DMA_WAS_*, a byte a page; NULL while nothing is logged */
};

struct dma {
	struct dma_region *region;	/* by address */
	size_t count, room, last;
	bool logs;
	/* The n-th access from now on fails; 0: none. */
	uint64_t fail_read, fail_write;
	uint64_t read_bytes, write_bytes, errors;
};

/* 0 or an errno.  fd: of the file, or -1; it stays the caller's. */
int dma_map(struct dma *dma, uint64_t address, uint64_t size, int fd, uint64_t offset,
	    bool readable, bool writable);
/* Every region inside of the range; an errno if one is only partly in it. */
int dma_unmap(struct dma *dma, uint64_t address, uint64_t size);
void dma_unmap_all(struct dma *dma);
/* 0, or -1: a bus error. */
int dma_read(struct dma *dma, uint64_t address, void *data, size_t size);
int dma_write(struct dma *dma, uint64_t address, const void *data, size_t size);

/* Pages that the device has touched from now on; false if memory is short. */
bool dma_log(struct dma *dma, bool on);
/* " r:0x1000-0x3000 w:0x5000-0x6000": ends are behind the last page. */
void dma_print_log(const struct dma *dma, FILE *file);

/* Memory that a peer takes away under a mapping is a bus error, not this program's end. */
int dma_catch_signals(void);

#endif
