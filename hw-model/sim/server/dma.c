// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "dma.h"

#define PAGE 4096u
#define DMA_WAS_READ 1u
#define DMA_WAS_WRITTEN 2u

/* ---- regions ---------------------------------------------------------------------- */

/* The first region that ends behind an address. */
static size_t first_behind(const struct dma *dma, uint64_t address)
{
	size_t low = 0, high = dma->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (dma->region[mid].address + (dma->region[mid].size - 1) < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int map_file(struct dma_region *region, int fd, uint64_t offset)
{
	int prot = (region->readable ? PROT_READ : 0) | (region->writable ? PROT_WRITE : 0);
	struct stat stat;

	if (fstat(fd, &stat))
		return errno;
	if (!S_ISREG(stat.st_mode) || offset > INT64_MAX ||
	    region->size > (uint64_t)stat.st_size || offset > (uint64_t)stat.st_size - region->size)
		return EINVAL;
	region->data = mmap(NULL, region->size, prot, MAP_SHARED | MAP_NORESERVE, fd,
			    (off_t)offset);
	if (region->data == MAP_FAILED) {
		region->data = NULL;
		return errno;
	}
	return 0;
}

static bool log_region(struct dma_region *region)
{
	if (region->data && !region->touched)
		region->touched = calloc(1, (region->size + PAGE - 1) / PAGE);
	return !region->data || region->touched;
}

static void release(struct dma_region *region)
{
	if (region->data)
		munmap(region->data, region->size);
	free(region->touched);
}

int dma_map(struct dma *dma, uint64_t address, uint64_t size, int fd, uint64_t offset,
	    bool readable, bool writable)
{
	struct dma_region region = { .address = address, .size = size, .readable = readable,
				     .writable = writable };
	size_t at;
	int error;

	if (!size || size - 1 > UINT64_MAX - address)
		return EINVAL;
	at = first_behind(dma, address);
	if (at < dma->count && dma->region[at].address <= address + (size - 1))
		return EEXIST;
	if (dma->count == DMA_REGIONS_MAX)
		return ENOSPC;
	if (dma->count == dma->room) {
		size_t room = dma->room ? 2 * dma->room : 16;
		struct dma_region *grown = realloc(dma->region, room * sizeof(*grown));

		if (!grown)
			return ENOMEM;
		dma->region = grown;
		dma->room = room;
	}
	error = fd < 0 ? 0 : map_file(&region, fd, offset);
	if (!error && dma->logs && !log_region(&region))
		error = ENOMEM;
	if (error) {
		release(&region);
		return error;
	}
	memmove(dma->region + at + 1, dma->region + at,
		(dma->count - at) * sizeof(*dma->region));
	dma->region[at] = region;
	dma->count++;
	return 0;
}

int dma_unmap(struct dma *dma, uint64_t address, uint64_t size)
{
	uint64_t end = address + (size - 1);
	size_t from, to;

	if (!size || end < address)
		return EINVAL;
	from = first_behind(dma, address);
	for (to = from; to < dma->count && dma->region[to].address <= end; to++)
		if (dma->region[to].address < address ||
		    dma->region[to].address + (dma->region[to].size - 1) > end)
			return EINVAL;
	if (to == from)
		return ENOENT;
	for (size_t i = from; i < to; i++)
		release(&dma->region[i]);
	memmove(dma->region + from, dma->region + to, (dma->count - to) * sizeof(*dma->region));
	dma->count -= to - from;
	return 0;
}

void dma_unmap_all(struct dma *dma)
{
	for (size_t i = 0; i < dma->count; i++)
		release(&dma->region[i]);
	free(dma->region);
	dma->region = NULL;
	dma->count = 0;
	dma->room = 0;
}

/* ---- accesses --------------------------------------------------------------------- */

static sigjmp_buf lost_memory;
static volatile sig_atomic_t in_copy;

static void on_lost_memory(int number)
{
	if (in_copy)
		siglongjmp(lost_memory, 1);
	/* A fault of this program's own: it happens again, and ends it. */
	signal(number, SIG_DFL);
}

int dma_catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_lost_memory, .sa_flags = SA_NODEFER };

	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, NULL);
}

/*
 * The guest reads and writes at the same time: words of rings and page tables are moved in one
 * access, and earlier accesses of the device are seen before later ones.
 */
static void move(void *to, const void *from, size_t size)
{
	uintptr_t both = (uintptr_t)to | (uintptr_t)from;

	__atomic_thread_fence(__ATOMIC_ACQ_REL);
	if (size == 4 && both % 4 == 0) {
		uint32_t word = __atomic_load_n((const uint32_t *)from, __ATOMIC_RELAXED);

		__atomic_store_n((uint32_t *)to, word, __ATOMIC_RELAXED);
	} else if (size == 8 && both % 8 == 0) {
		uint64_t word = __atomic_load_n((const uint64_t *)from, __ATOMIC_RELAXED);

		__atomic_store_n((uint64_t *)to, word, __ATOMIC_RELAXED);
	} else {
		memcpy(to, from, size);
	}
	__atomic_thread_fence(__ATOMIC_ACQ_REL);
}

static int copy(void *to, const void *from, size_t size)
{
	if (sigsetjmp(lost_memory, 0)) {
		in_copy = 0;
		return -1;
	}
	in_copy = 1;
	move(to, from, size);
	in_copy = 0;
	return 0;
}

static struct dma_region *find(struct dma *dma, uint64_t address)
{
	struct dma_region *region;
	size_t at = dma->last;

	if (at >= dma->count || address < dma->region[at].address ||
	    address - dma->region[at].address >= dma->region[at].size)
		at = first_behind(dma, address);
	if (at == dma->count || address < dma->region[at].address)
		return NULL;
	dma->last = at;
	region = &dma->region[at];
	return region->data ? region : NULL;
}

static int transfer(struct dma *dma, uint64_t address, void *to, const void *from, size_t size)
{
	while (size) {
		struct dma_region *region = find(dma, address);
		uint64_t offset, span;

		if (!region || !(to ? region->readable : region->writable))
			return -1;
		offset = address - region->address;
		span = region->size - offset < size ? region->size - offset : size;
		if (to ? copy(to, region->data + offset, span) :
			 copy(region->data + offset, from, span))
			return -1;
		if (region->touched)
			for (uint64_t i = offset / PAGE; i <= (offset + span - 1) / PAGE; i++)
				region->touched[i] |= to ? DMA_WAS_READ : DMA_WAS_WRITTEN;
		if (to)
			to = (uint8_t *)to + span;
		else
			from = (const uint8_t *)from + span;
		address += span;
		size -= span;
		/* Behind the last address comes nothing, not the first one. */
		if (size && !address)
			return -1;
	}
	return 0;
}

int dma_read(struct dma *dma, uint64_t address, void *data, size_t size)
{
	if ((dma->fail_read && --dma->fail_read == 0) ||
	    transfer(dma, address, data, NULL, size)) {
		dma->errors++;
		return -1;
	}
	dma->read_bytes += size;
	return 0;
}

int dma_write(struct dma *dma, uint64_t address, const void *data, size_t size)
{
	if ((dma->fail_write && --dma->fail_write == 0) ||
	    transfer(dma, address, NULL, data, size)) {
		dma->errors++;
		return -1;
	}
	dma->write_bytes += size;
	return 0;
}

/* ---- log -------------------------------------------------------------------------- */

bool dma_log(struct dma *dma, bool on)
{
	bool good = true;

	for (size_t i = 0; i < dma->count; i++) {
		free(dma->region[i].touched);
		dma->region[i].touched = NULL;
		if (on && !log_region(&dma->region[i]))
			good = false;
	}
	dma->logs = on;
	return good;
}

static void print_region(const struct dma_region *region, uint8_t bit, FILE *file)
{
	uint64_t pages = (region->size + PAGE - 1) / PAGE, from;

	for (uint64_t i = 0; i < pages; i++) {
		if (!(region->touched[i] & bit))
			continue;
		for (from = i; i < pages && region->touched[i] & bit; i++)
			;
		fprintf(file, " %c:0x%" PRIx64 "-0x%" PRIx64, bit == DMA_WAS_READ ? 'r' : 'w',
			region->address + from * PAGE, region->address + i * PAGE);
	}
}

void dma_print_log(const struct dma *dma, FILE *file)
{
	for (size_t i = 0; i < dma->count; i++)
		if (dma->region[i].touched) {
			print_region(&dma->region[i], DMA_WAS_READ, file);
			print_region(&dma->region[i], DMA_WAS_WRITTEN, file);
		}
}
