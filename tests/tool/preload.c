// SPDX-License-Identifier: MIT
/*
 * Loaded into npu before the C library, so that things go wrong at a chosen moment.
 *
 *	FAIL_ALLOC=n	the n-th allocation of the process fails, none after it; 0: none
 *	FAIL_REPORT=f	the number of allocations is written to this file when the process ends
 *	FAIL_FSYNC=s	fsync() raises signal s: a file has been written, and is not in place yet
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own names: dlsym() would allocate. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t align, size_t size);

static long calls, fail_at;
static int armed;

static int fails(void)
{
	if (!armed || ++calls != fail_at)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __libc_memalign(align, size);
}

static long number(const char *name)
{
	const char *text = getenv(name);

	return text ? atol(text) : 0;
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	if (number("FAIL_FSYNC"))
		raise((int)number("FAIL_FSYNC"));
	return real(fd);
}

__attribute__((constructor))
static void begin(void)
{
	fail_at = number("FAIL_ALLOC");
	armed = 1;
}

__attribute__((destructor))
static void end(void)
{
	const char *path = getenv("FAIL_REPORT");
	char text[32];
	int fd;

	armed = 0;
	if (!path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	snprintf(text, sizeof(text), "%ld\n", calls);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(99);
	close(fd);
}
