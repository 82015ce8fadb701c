// SPDX-License-Identifier: MIT
/* Reading and writing whole files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

bool file_read(const char *path, uint8_t **data, size_t *size)
{
	const bool standard = !strcmp(path, "-");
	const char *name = standard ? "standard input" : path;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 1 << 16, used = 0;
	uint8_t *buffer = malloc(room), *larger;
	ssize_t n = -1;

	while (fd >= 0 && buffer) {
		n = read(fd, buffer + used, room - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
		if (used < room)
			continue;
		larger = room <= SIZE_MAX / 2 ? realloc(buffer, 2 * room) : NULL;
		if (!larger)
			free(buffer);
		buffer = larger;
		room *= 2;
	}
	if (!buffer)
		complain("%s: out of memory", name);
	else if (fd < 0 || n < 0)
		complain("%s: %s", name, strerror(errno));
	if (fd >= 0 && !standard)
		close(fd);
	if (!buffer || fd < 0 || n < 0) {
		free(buffer);
		return false;
	}
	*data = buffer;
	*size = used;
	return true;
}

bool is_same_file(const char *one, const char *other)
{
	struct stat a, b;

	return !stat(one, &a) && !stat(other, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool succeeded(npu_status status)
{
	if (status)
		complain_npu();
	return !status;
}

bool output_open(struct output *output, const char *path)
{
	*output = (struct output){ .standard = !strcmp(path, "-"), .file.fd = -1 };
	if (!output->standard)
		return succeeded(npu_file_create(&output->file, path));
	output->file.path = "standard output";
	output->file.fd = STDOUT_FILENO;
	return true;
}

bool output_write(struct output *output, const void *data, size_t size)
{
	return succeeded(npu_file_write(&output->file, data, size));
}

bool output_commit(struct output *output)
{
	return output->standard || succeeded(npu_file_commit(&output->file));
}

void output_close(struct output *output)
{
	if (output->standard)
		output->file.fd = -1;
	npu_file_close(&output->file);
}
