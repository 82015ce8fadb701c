// SPDX-License-Identifier: MIT
/* Programs in files and in memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/error.h"
#include "program.h"
#include "program_format.h"

npu_program *npu_program_load_memory(const void *data, size_t size)
{
	struct npu_program *program;

	if (!data && size) {
		npu_fail(NPU_ERR_INVALID, "npu_program_load_memory: data is NULL");
		return NULL;
	}
	program = malloc(sizeof(*program));
	if (!program) {
		npu_fail(NPU_ERR_NOMEM, "out of memory");
		return NULL;
	}
	if (npu_program_decode(program, data, size)) {
		free(program);
		return NULL;
	}
	return program;
}

/* ---- reading --------------------------------------------------------- */

/* Everything up to the end; a file of another kind is not read further than its start. */
static npu_status read_all(int fd, uint8_t **data, size_t *size)
{
	size_t room = 1 << 16, used = 0;
	uint8_t *buffer = malloc(room), *larger;
	npu_status status = NPU_OK;

	while (buffer) {
		ssize_t n = read(fd, buffer + used, room - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			status = npu_fail(NPU_ERR_IO, "%s", strerror(errno));
		if (n > 0)
			used += (size_t)n;
		if (!status && used >= NPU_PROGRAM_MAGIC_SIZE &&
		    memcmp(buffer, NPU_PROGRAM_MAGIC, NPU_PROGRAM_MAGIC_SIZE))
			status = npu_fail(NPU_ERR_FORMAT, "not a .npu program");
		if (status) {
			free(buffer);
			return status;
		}
		if (!n)
			break;
		if (used < room)
			continue;
		larger = room <= SIZE_MAX / 2 ? realloc(buffer, 2 * room) : NULL;
		if (!larger)
			free(buffer);
		buffer = larger;
		room *= 2;
	}
	if (!buffer)
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
	*data = buffer;
	*size = used;
	return NPU_OK;
}

npu_program *npu_program_load(const char *path)
{
	npu_program *program = NULL;
	npu_status status;
	uint8_t *data = NULL;
	size_t size = 0;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		npu_fail(NPU_ERR_IO, "%s: %s", path, strerror(errno));
		return NULL;
	}
	status = read_all(fd, &data, &size);
	close(fd);
	if (!status) {
		program = npu_program_load_memory(data, size);
		free(data);
	}
	if (!program)
		npu_fail_context(status, "%s", path);
	return program;
}

/* ---- writing --------------------------------------------------------- */

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
		return npu_fail(NPU_ERR_NOMEM, "out of memory");
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

npu_status npu_program_save(const npu_program *program, const char *path)
{
	struct stat info;
	npu_status status;
	char *target;
	uint8_t *data;
	size_t size;

	if (!*path)
		return npu_fail(NPU_ERR_INVALID, "the name of the program file is empty");
	status = npu_program_encode(program, &data, &size);
	if (status)
		return status;
	if (!stat(path, &info) && !S_ISREG(info.st_mode)) {
		status = save_special(path, data, size);
	} else {
		/* A symbolic link stays, what it points to is replaced. */
		target = realpath(path, NULL);
		status = save_atomically(target ? target : path, data, size);
		free(target);
	}
	free(data);
	return status;
}
