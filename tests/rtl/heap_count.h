/* SPDX-License-Identifier: MIT */
/* Blocks of the heap that the library and a test hold; the linker brings their calls here. */
#ifndef TESTS_HEAP_COUNT_H
#define TESTS_HEAP_COUNT_H

#include <stdlib.h>

/* Linked with -Wl,--wrap=malloc and so on for each of these. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
void __wrap_free(void *block);

static long heap_blocks;

static void *heap_counted(void *block)
{
	heap_blocks += !!block;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return heap_counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return heap_counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	return block ? __real_realloc(block, size) : heap_counted(__real_realloc(NULL, size));
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	return heap_counted(__real_aligned_alloc(align, size));
}

void __wrap_free(void *block)
{
	heap_blocks -= !!block;
	__real_free(block);
}

#endif
