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

static int write_all(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* A new file beside path, open for writing; its name is *temporary, to be freed. */
static int open_beside(const char *path, char **temporary)
{
	static unsigned int serial;
	size_t room = strlen(path) + 64;
	int fd, tries;

	*temporary = malloc(room);
	for (tries = 0; *temporary && tries < 100; tries++) {
		snprintf(*temporary, room, "%s.%ld-%u.tmp", path, (long)getpid(),
			 __atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED));
		fd = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

static npu_status save_atomically(const char *path, const uint8_t *data, size_t size)
{
	npu_status status = NPU_OK;
	char *temporary;
	int fd = open_beside(path, &temporary);

	if (!temporary)
		return npu_fail(NPU_ERR_NOMEM, "%s: out of memory for its name", path);
	if (fd < 0) {
		status = npu_fail(NPU_ERR_IO, "%s: cannot create a file in its folder: %s", path,
				  strerror(errno));
		free(temporary);
		return status;
	}
	/* What rename() puts in place must be on the disk before it is. */
	if (write_all(fd, data, size) || fsync(fd))
		status = npu_fail(NPU_ERR_IO, "%s: cannot write %zu bytes: %s", path, size,
				  strerror(errno));
	if (close(fd) && !status)
		status = npu_fail(NPU_ERR_IO, "%s: %s", path, strerror(errno));
	if (!status && rename(temporary, path))
		status = npu_fail(NPU_ERR_IO, "%s: %s", path, strerror(errno));
	if (status)
		unlink(temporary);
	free(temporary);
	return status;
}

/* A pipe or a device cannot be replaced by a file. */
static npu_status save_special(const char *path, const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	npu_status status = NPU_OK;

	if (fd < 0)
		return npu_fail(NPU_ERR_IO, "%s: %s", path, strerror(errno));
	if (write_all(fd, data, size))
		status = npu_fail(NPU_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
	if (close(fd) && !status)
		status = npu_fail(NPU_ERR_IO, "%s: %s", path, strerror(errno));
	return status;
}

npu_status npu_save(const char *path, const void *data, size_t size)
{
	struct stat info;
	npu_status status;
	char *target;

	if (!stat(path, &info) && !S_ISREG(info.st_mode))
		return save_special(path, data, size);
	/* A symbolic link stays, what it points to is replaced. */
	target = realpath(path, NULL);
	if (!target && errno != ENOENT)
		return npu_fail(errno == ENOMEM ? NPU_ERR_NOMEM : NPU_ERR_IO, "%s: %s", path,
				strerror(errno));
	status = save_atomically(target ? target : path, data, size);
	free(target);
	return status;
}
