/* SPDX-License-Identifier: MIT */
/*
 * An allocator that fails when it is told to.  The program is linked with --wrap for each function
 * here (see the Makefile), so that the library's calls come here first, under sanitizers too; what
 * the C library allocates for itself does not.  It also counts what lives, so that each operation
 * is found to leak, and not only the whole program.  For one thread.
 */
#ifndef TESTS_UNIT_FAULT_ALLOC_H
#define TESTS_UNIT_FAULT_ALLOC_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strdup(const char *text);
char *__real_realpath(const char *path, char *resolved);
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t size);
void __real_free(void *memory);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_realpath(const char *path, char *resolved);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *at, size_t size);
void __wrap_free(void *memory);

static struct {
	bool armed;
	long calls;		/* since it was armed */
	long fail_at;		/* this call fails, and none after it; 0: none */
	bool failed;
	long live;
} fault;

static inline void fault_arm(long fail_at)
{
	fault.armed = true;
	fault.calls = 0;
	fault.fail_at = fail_at;
	fault.failed = false;
}

/* Whether an allocation failed since it was armed. */
static inline bool fault_disarm(void)
{
	fault.armed = false;
	return fault.failed;
}

static inline bool fault_now(void)
{
	if (!fault.armed || ++fault.calls != fault.fail_at)
		return false;
	fault.failed = true;
	errno = ENOMEM;
	return true;
}

static inline void *fault_count(void *memory)
{
	fault.live += memory != NULL;
	return memory;
}

void *__wrap_malloc(size_t size)
{
	return fault_now() ? NULL : fault_count(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fault_now() ? NULL : fault_count(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	void *new = fault_now() ? NULL : __real_realloc(old, size);

	return old ? new : fault_count(new);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	return fault_now() ? NULL : fault_count(__real_aligned_alloc(align, size));
}

char *__wrap_strdup(const char *text)
{
	return fault_now() ? NULL : fault_count(__real_strdup(text));
}

char *__wrap_realpath(const char *path, char *resolved)
{
	return fault_now() ? NULL : fault_count(__real_realpath(path, resolved));
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	void *memory = fault_now() ? MAP_FAILED : __real_mmap(at, size, prot, flags, fd, offset);

	fault.live += memory != MAP_FAILED;
	return memory;
}

int __wrap_munmap(void *at, size_t size)
{
	fault.live--;
	return __real_munmap(at, size);
}

void __wrap_free(void *memory)
{
	fault.live -= memory != NULL;
	__real_free(memory);
}

#endif
