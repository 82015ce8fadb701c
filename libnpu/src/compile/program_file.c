// SPDX-License-Identifier: MIT
/* Programs in files and in memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/error.h"
#include "ir/save.h"
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
		npu_fail(NPU_ERR_NOMEM, "out of memory for a program");
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
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a program");
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

	if (!path) {
		npu_fail(NPU_ERR_INVALID, "npu_program_load: path is NULL");
		return NULL;
	}
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
		npu_fail_context(npu_error_status(), "%s", path);
	return program;
}

/* ---- writing --------------------------------------------------------- */

npu_status npu_program_save(const npu_program *program, const char *path)
{
	npu_status status;
	uint8_t *data;
	size_t size;

	if (!program || !path)
		return npu_fail(NPU_ERR_INVALID, "npu_program_save: program or path is NULL");
	if (!*path)
		return npu_fail(NPU_ERR_INVALID, "the name of the program file is empty");
	status = npu_program_encode(program, &data, &size);
	if (status)
		return status;
	status = npu_save(path, data, size);
	free(data);
	return status;
}
