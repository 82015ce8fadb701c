// SPDX-License-Identifier: MIT
/* Writing a file so that it appears whole or not at all. */
#include "ir/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/error.h"

/* Temporary files that exist or soon will; more than these at once stay behind after a signal. */
static const char *temporaries[64];

enum { NUM_TEMPORARIES = sizeof(temporaries) / sizeof(temporaries[0]) };

static void exchange_temporary(const char *old, const char *new)
{
	int i;

	for (i = 0; i < NUM_TEMPORARIES; i++) {
		const char *expected = old;

		if (__atomic_compare_exchange_n(&temporaries[i], &expected, new, 0,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return;
	}
}

void npu_file_remove_temporaries(void)
{
	int i;

	for (i = 0; i < NUM_TEMPORARIES; i++) {
		const char *name = __atomic_load_n(&temporaries[i], __ATOMIC_SEQ_CST);

		if (name)
			unlink(name);
	}
}

static npu_status cannot(const struct npu_file *file, const char *what)
{
	return npu_fail(errno == ENOMEM ? NPU_ERR_NOMEM : NPU_ERR_IO, "%s: %s%s%s", file->path,
			what, *what ? ": " : "", strerror(errno));
}

/* The temporary file's name is known before it exists, so that no signal finds one without. */
static npu_status open_beside(struct npu_file *file)
{
	static unsigned int serial;
	size_t room = strlen(file->target) + 64;
	int tries;

	file->temporary = malloc(room);
	if (!file->temporary)
		return npu_fail(NPU_ERR_NOMEM, "%s: out of memory for its name", file->path);
	for (tries = 0; tries < 100; tries++) {
		snprintf(file->temporary, room, "%s.%ld-%u.tmp", file->target, (long)getpid(),
			 __atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED));
		exchange_temporary(NULL, file->temporary);
		file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (file->fd >= 0)
			return NPU_OK;
		exchange_temporary(file->temporary, NULL);
		if (errno != EEXIST)
			break;
	}
	/* Nothing that is ours to remove. */
	free(file->temporary);
	file->temporary = NULL;
	return cannot(file, "cannot create a file in its folder");
}

npu_status npu_file_create(struct npu_file *file, const char *path)
{
	struct stat info;

	*file = (struct npu_file){ .path = path, .fd = -1 };
	if (!stat(path, &info) && !S_ISREG(info.st_mode)) {
		file->fd = open(path, O_WRONLY | O_CLOEXEC);
		return file->fd < 0 ? cannot(file, "") : NPU_OK;
	}
	/* A symbolic link stays, what it points to is replaced. */
	file->target = realpath(path, NULL);
	if (!file->target && errno != ENOENT)
		return cannot(file, "");
	if (!file->target)
		file->target = strdup(path);
	if (!file->target)
		return npu_fail(NPU_ERR_NOMEM, "%s: out of memory for its name", path);
	return open_beside(file);
}

npu_status npu_file_write(struct npu_file *file, const void *data, size_t size)
{
	const uint8_t *next = data;

	while (size) {
		ssize_t n = write(file->fd, next, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot(file, "cannot write");
		next += n;
		size -= (size_t)n;
	}
	return NPU_OK;
}

static void forget_temporary(struct npu_file *file)
{
	if (file->temporary)
		exchange_temporary(file->temporary, NULL);
	free(file->temporary);
	file->temporary = NULL;
}

npu_status npu_file_commit(struct npu_file *file)
{
	npu_status status = NPU_OK;

	/* What rename() puts in place must be on the disk before it is. */
	if (file->temporary && fsync(file->fd))
		status = cannot(file, "cannot write");
	if (close(file->fd) && !status)
		status = cannot(file, "cannot write");
	file->fd = -1;
	if (!status && file->temporary && rename(file->temporary, file->target))
		status = cannot(file, "cannot be put in place");
	if (!status)
		forget_temporary(file);
	return status;
}

void npu_file_close(struct npu_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->temporary)
		unlink(file->temporary);
	forget_temporary(file);
	free(file->target);
	*file = (struct npu_file){ .fd = -1 };
}

npu_status npu_save(const char *path, const void *data, size_t size)
{
	struct npu_file file;
	npu_status status = npu_file_create(&file, path);

	if (!status)
		status = npu_file_write(&file, data, size);
	if (!status)
		status = npu_file_commit(&file);
	npu_file_close(&file);
	return status;
}
