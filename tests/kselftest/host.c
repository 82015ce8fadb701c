// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

/* ---- the host ---------------------------------------------------------------------- */

/* path: of the answer.  Programs, and children of one, share the folder. */
static void ask(const char *command, char *path, size_t size)
{
	static unsigned int count;

	snprintf(path, size, "/host/%d-%u", getpid(), count++);
	printf("# host %s: %s\n", path + strlen("/host/"), command);
	fflush(stdout);
}

void host_tell(const char *command)
{
	char path[64];

	ask(command, path, sizeof(path));
}

bool host_do(const char *command, char *answer, size_t size)
{
	char path[64], text[512];

	ask(command, path, sizeof(path));
	if (!wait_for(file_read(path, text, sizeof(text)), SOON_MS)) {
		printf("# the host did not answer to '%s'\n", command);
		return false;
	}
	if (answer)
		snprintf(answer, size, "%s", text);
	if (!strncmp(text, "ok", 2))
		return true;
	printf("# the host answered to '%s': %s\n", command, text);
	return false;
}

/* ---- files ------------------------------------------------------------------------- */

bool file_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t got;

	if (fd < 0)
		return false;
	while (have < size - 1) {
		got = read(fd, text + have, size - 1 - have);
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	close(fd);
	text[have] = 0;
	if (have && text[have - 1] == '\n')
		text[have - 1] = 0;
	return have;
}

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* The only PCI function with the device's ids, bound or not. */
const char *device_name(void)
{
	static char name[256];
	char path[320], id[16];
	struct dirent *entry;
	DIR *all;

	if (*name)
		return name;
	all = opendir("/sys/bus/pci/devices");
	while (all && (entry = readdir(all))) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vendor", entry->d_name);
		if (file_read(path, id, sizeof(id)) && !strcmp(id, "0x1d1d"))
			snprintf(name, sizeof(name), "%s", entry->d_name);
	}
	if (all)
		closedir(all);
	return name;
}

static void device_path(const char *name, char *path, size_t size)
{
	snprintf(path, size, "/sys/bus/pci/devices/%s/%s", device_name(), name);
}

bool device_read(const char *name, char *text, size_t size)
{
	char path[400];

	device_path(name, path, sizeof(path));
	return file_read(path, text, size);
}

int device_write(const char *name, const char *text)
{
	char path[400];

	device_path(name, path, sizeof(path));
	return file_write(path, text);
}

long long driver_stat(const char *name)
{
	/* By name on newer kernels, by number on older ones. */
	const char *const folders[] = { device_name(), "0" };
	char path[320], text[1024], *line, *rest;
	size_t i, size = strlen(name);

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/stats", folders[i]);
		if (!file_read(path, text, sizeof(text)))
			continue;
		for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
			if (!strncmp(line, name, size) && line[size] == ' ')
				return atoll(line + size);
	}
	return -1;
}

/* ---- what the kernel says ----------------------------------------------------------- */

static char mark[64];

void log_mark(void)
{
	snprintf(mark, sizeof(mark), "onpu test mark %d.%ld", getpid(), (long)time(NULL));
	file_write("/dev/kmsg", mark);
}

bool log_has(const char *text)
{
	int size = klogctl(10 /* size of the buffer */, NULL, 0);
	char *log = malloc((size_t)size + 1), *from;
	bool found;
	int got;

	if (!log)
		return false;
	got = klogctl(3 /* all of it */, log, size);
	log[got > 0 ? got : 0] = 0;
	from = strstr(log, mark);
	found = from && strstr(from, text);
	free(log);
	return found;
}

int uevent_open(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -errno;
	}
	return fd;
}

bool uevent_has(int fd, const char *text, unsigned int ms)
{
	struct pollfd watch = { .fd = fd, .events = POLLIN };
	char event[4096], *at;
	ssize_t got;

	while (poll(&watch, 1, (int)ms) > 0) {
		got = recv(fd, event, sizeof(event) - 1, 0);
		if (got <= 0)
			return false;
		event[got] = 0;
		for (at = event; at < event + got; at += strlen(at) + 1)
			if (!strcmp(at, text))
				return true;
	}
	return false;
}

/* ---- dumps ------------------------------------------------------------------------- */

static bool find_dump(char *path, size_t size)
{
	DIR *all = opendir("/sys/class/devcoredump");
	struct dirent *entry;
	bool found = false;

	while (all && !found && (entry = readdir(all))) {
		found = !strncmp(entry->d_name, "devcd", 5);
		if (found)
			snprintf(path, size, "/sys/class/devcoredump/%s/data", entry->d_name);
	}
	if (all)
		closedir(all);
	return found;
}

long dump_save(const char *name)
{
	char from[300], to[64], data[4096];
	long bytes = 0;
	ssize_t got;
	int in, out;

	if (!find_dump(from, sizeof(from)))
		return -1;
	snprintf(to, sizeof(to), "/host/%s", name);
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	while (in >= 0 && out >= 0 && (got = read(in, data, sizeof(data))) > 0) {
		if (write(out, data, (size_t)got) != got)
			break;
		bytes += got;
	}
	close(in);
	close(out);
	/* Anything written means that it was taken. */
	file_write(from, "1");
	return bytes;
}

/* ---- modules ----------------------------------------------------------------------- */

int shell(const char *command)
{
	int status;

	/* It prints into the same stream. */
	fflush(stdout);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int module_load(const char *file)
{
	char path[400];
	int fd, err;

	snprintf(path, sizeof(path), "/modules/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return err;
}

int module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/* ---- jobs -------------------------------------------------------------------------- */

#define SPIN_BYTES 4096u
#define SPIN_RUNS 4096u

static void append_preempt(struct stream *stream)
{
	struct onpu_cmd_preempt *preempt = (void *)(stream->bytes + stream->size);

	memset(preempt, 0, sizeof(*preempt));
	preempt->head.opcode = ONPU_OPCODE_PREEMPT;
	preempt->head.length = sizeof(*preempt) / 4;
	preempt->head.wait_load = stream->loads;
	preempt->head.wait_store = stream->stores;
	stream->size += sizeof(*preempt);
}

/* What a job says when it begins, at the end of what it writes. */
#define BEGUN 0x5bu
#define BEGUN_BYTES 64u
#define BEGUN_AT (BENCH_SIZE - BEGUN_BYTES)

void bench_spin_copy(struct bench *bench, uint32_t rounds, uint32_t size, uint32_t seed)
{
	struct stream stream = { .bytes = bench->code };
	uint32_t i;

	bench_copy(bench, size, seed);
	stream_fill(&stream, BEGUN, BEGUN_BYTES, 0);
	stream_store(&stream, 2, BEGUN_AT, BEGUN_BYTES, 0);
	for (i = 0; i < rounds; i++) {
		stream_spin(&stream, 1, SPIN_BYTES, SPIN_RUNS);
		append_preempt(&stream);
	}
	stream_load(&stream, 1, 0, size, 0);
	stream_store(&stream, 2, 0, size, 0);
	stream_end(&stream);
	bench->job.stream_size = stream.size;
}

int bench_begin(struct bench *bench, uint32_t n, uint64_t *first)
{
	volatile uint8_t *begun = bench->out + BEGUN_AT;
	uint64_t seqno;
	uint32_t i;
	int err;

	*begun = 0;
	for (i = 0; i < n; i++) {
		err = submit(bench->fd, bench->queue, &bench->job, &seqno);
		if (err)
			return err;
		*first = i ? *first : seqno;
	}
	return wait_for(*begun == BEGUN, SOON_MS) ? 0 : -ETIME;
}

int bench_set_priority(struct bench *bench, uint32_t priority)
{
	int err = queue_destroy(bench->fd, bench->queue);

	return err ? err : queue_new(bench->fd, bench->vm, priority, 0, 16, &bench->queue);
}

bool bench_works(struct bench *bench)
{
	static uint32_t seed = 1000;

	bench_copy(bench, 4096, ++seed);
	return bench_run(bench) == 0 && bench_copied(bench, 4096, seed);
}
