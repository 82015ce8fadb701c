// SPDX-License-Identifier: MIT
/* Reading a whole file, and writing one so that it appears whole or not at all. */
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

/* A pipe or a device cannot be replaced by a file: it is written as the data come. */
static bool open_special(struct output *output)
{
	output->fd = open(output->path, O_WRONLY | O_CLOEXEC);
	if (output->fd < 0)
		complain("%s: %s", output->path, strerror(errno));
	return output->fd >= 0;
}

bool output_open(struct output *output, const char *path)
{
	static unsigned int serial;
	struct stat info;
	size_t room;
	int tries;

	*output = (struct output){ .path = path, .fd = -1 };
	if (!strcmp(path, "-")) {
		output->path = "standard output";
		output->fd = STDOUT_FILENO;
		return true;
	}
	if (!stat(path, &info) && !S_ISREG(info.st_mode))
		return open_special(output);
	/* A symbolic link stays, what it points to is replaced. */
	output->target = realpath(path, NULL);
	if (!output->target)
		output->target = strdup(path);
	room = output->target ? strlen(output->target) + 64 : 0;
	output->temporary = malloc(room ? room : 1);
	if (!output->target || !output->temporary) {
		complain("out of memory");
		free(output->temporary);
		output->temporary = NULL;
		return false;
	}
	for (tries = 0; tries < 100 && output->fd < 0; tries++) {
		snprintf(output->temporary, room, "%s.%ld-%u.tmp", output->target,
			 (long)getpid(), serial++);
		output->fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				  0666);
		if (output->fd < 0 && errno != EEXIST)
			break;
	}
	if (output->fd >= 0)
		return true;
	complain("%s: cannot create a file in its folder: %s", path, strerror(errno));
	free(output->temporary);
	output->temporary = NULL;	/* nothing to remove */
	return false;
}

bool output_write(struct output *output, const void *data, size_t size)
{
	const uint8_t *next = data;

	while (size) {
		ssize_t n = write(output->fd, next, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			complain("%s: cannot write: %s", output->path, strerror(errno));
			return false;
		}
		next += n;
		size -= (size_t)n;
	}
	return true;
}

bool output_commit(struct output *output)
{
	bool ok = true;
	int fd = output->fd;

	if (output->temporary && fsync(fd)) {
		complain("%s: %s", output->path, strerror(errno));
		ok = false;
	}
	output->fd = -1;
	if (fd != STDOUT_FILENO && close(fd) && ok) {
		complain("%s: %s", output->path, strerror(errno));
		ok = false;
	}
	if (ok && output->temporary && rename(output->temporary, output->target)) {
		complain("%s: %s", output->path, strerror(errno));
		ok = false;
	}
	if (ok) {
		free(output->temporary);
		output->temporary = NULL;
	}
	return ok;
}

void output_abort(struct output *output)
{
	if (output->fd >= 0 && output->fd != STDOUT_FILENO)
		close(output->fd);
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
	free(output->target);
	*output = (struct output){ .fd = -1 };
}
