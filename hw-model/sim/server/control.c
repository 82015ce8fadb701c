// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "iss/lie.h"
#include "memory_option.h"

/* Exit status of `die`. */
#define DIED 3

static const struct {
	const char *name;
	enum onpu_inject what;
} faults[] = {
	{ "engine-bus", ONPU_INJECT_BUS_ERROR },
	{ "core-bus", ONPU_INJECT_CORE_BUS_ERROR },
	{ "lost-interrupt", ONPU_INJECT_LOST_INTERRUPT },
	{ "hang", ONPU_INJECT_HANG },
	{ "stuck-bus", ONPU_INJECT_STUCK_BUS },
	{ "corrupt-image", ONPU_INJECT_CORRUPT_IMAGE },
	{ "stop-firmware", ONPU_INJECT_STOPPED_FIRMWARE },
	{ "removal", ONPU_INJECT_REMOVED },
	{ "bad-images", ONPU_INJECT_BAD_IMAGES },
	{ "registers", ONPU_INJECT_REGISTERS },
	{ "commands", ONPU_INJECT_COMMANDS },
	{ "interface", ONPU_INJECT_INTERFACE },
};

#define FAULTS (sizeof(faults) / sizeof(faults[0]))

/* ---- commands: the rest of the line, and where the answer goes ---------------------- */

static bool parse_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static void inject_lie(struct device *device, const char *name, FILE *out)
{
	uint64_t lie = onpu_lie_by_name(name);
	const char *known;

	if (device->rtl) {
		fputs("error the firmware of compiled hardware is no liar: use --model iss", out);
	} else if (lie) {
		device_inject(device, ONPU_INJECT_LIE, lie);
		device_log(device, "inject lie %s", name);
		fputs("ok", out);
	} else {
		fprintf(out, "error there is no lie '%s':", name);
		for (lie = 1; (known = onpu_lie_name(lie)); lie++)
			fprintf(out, " %s", known);
	}
}

static void inject(struct device *device, char *rest, FILE *out)
{
	char *number = strchr(rest, ' ');
	uint64_t n = 1;
	size_t i;

	if (number)
		*number++ = 0;
	if (strcmp(rest, "lie") == 0) {
		inject_lie(device, number ? number : "", out);
		return;
	}
	if (number && !parse_number(number, &n)) {
		fprintf(out, "error inject %s: '%s' is not a number", rest, number);
		return;
	}
	if (strcmp(rest, "bus-read") == 0) {
		device->dma.fail_read = n;
	} else if (strcmp(rest, "bus-write") == 0) {
		device->dma.fail_write = n;
	} else {
		for (i = 0; i < FAULTS; i++)
			if (strcmp(rest, faults[i].name) == 0)
				break;
		if (i == FAULTS) {
			fprintf(out, "error there is no fault '%s': bus-read, bus-write, lie", rest);
			for (i = 0; i < FAULTS; i++)
				fprintf(out, ", %s", faults[i].name);
			return;
		}
		device_inject(device, faults[i].what, n);
	}
	device_log(device, "inject %s %" PRIu64, rest, n);
	fputs("ok", out);
}

static void slow(struct device *device, char *rest, FILE *out)
{
	struct memory_option memory = { 0 };

	if (!device->rtl)
		fputs("error the functional model has no memory that could be slow: use --model rtl",
		      out);
	else if (!parse_memory(rest, &memory))
		fprintf(out, "error '%s' is not " MEMORY_SYNTAX, rest);
	else {
		if (memory.bytes_per_cycle)
			device->rtl->options.bytes_per_cycle = memory.bytes_per_cycle;
		if (memory.latency)
			device->rtl->options.latency = memory.latency;
		fputs("ok from the next function reset on", out);
	}
}

static void remove_device(struct device *device, char *rest, FILE *out)
{
	(void)rest;
	device->removed = true;
	device_log(device, "removed");
	fputs("ok", out);
}

static void die(struct device *device, char *rest, FILE *out)
{
	(void)device;
	(void)rest;
	(void)out;
	_exit(DIED);
}

static void counters(struct device *device, char *rest, FILE *out)
{
	(void)rest;
	fprintf(out, "ok mmio-reads=%" PRIu64 " mmio-writes=%" PRIu64 " doorbells=%" PRIu64
		" interrupts=%" PRIu64 " dma-read-bytes=%" PRIu64 " dma-write-bytes=%" PRIu64
		" bus-errors=%" PRIu64 " cycles=%" PRIu64,
		device->mmio_reads, device->mmio_writes, device->doorbells,
		device->interrupt.sent, device->dma.read_bytes, device->dma.write_bytes,
		device->dma.errors, device->cycles - device->cycles_base);
}

static void reset_counters(struct device *device, char *rest, FILE *out)
{
	(void)rest;
	device->mmio_reads = 0;
	device->mmio_writes = 0;
	device->doorbells = 0;
	device->interrupt.sent = 0;
	device->dma.read_bytes = 0;
	device->dma.write_bytes = 0;
	device->dma.errors = 0;
	device->cycles_base = device->cycles;
	fputs("ok", out);
}

static void log_dma(struct device *device, char *rest, FILE *out)
{
	bool on = strcmp(rest, "on") == 0;

	if (!on && strcmp(rest, "off") != 0)
		fprintf(out, "error log-dma: '%s' is neither on nor off", rest);
	else if (!dma_log(&device->dma, on))
		fputs("error out of memory for the log", out);
	else
		fputs("ok", out);
}

static void print_dma(struct device *device, char *rest, FILE *out)
{
	(void)rest;
	if (!device->dma.logs) {
		fputs("error nothing is logged: log-dma on", out);
		return;
	}
	fputs("ok", out);
	dma_print_log(&device->dma, out);
}

static void cycle(struct device *device, char *rest, FILE *out)
{
	(void)rest;
	fprintf(out, "ok %" PRIu64, device_cycle(device));
}

static void state(struct device *device, char *rest, FILE *out)
{
	(void)rest;
	fputs(device->removed ? "ok removed" : !device->powered ? "ok d3" :
	      device_runs(device) ? "ok running" : "ok idle", out);
}

static const struct {
	const char *name;
	bool takes;			/* something behind the name */
	void (*run)(struct device *device, char *rest, FILE *out);
} commands[] = {
	{ "inject", true, inject },
	{ "slow", true, slow },
	{ "remove", false, remove_device },
	{ "die", false, die },
	{ "counters", false, counters },
	{ "reset-counters", false, reset_counters },
	{ "log-dma", true, log_dma },
	{ "dma", false, print_dma },
	{ "cycles", false, cycle },
	{ "state", false, state },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void run_line(struct device *device, char *line, FILE *out)
{
	char *rest = strchr(line, ' ');
	size_t i;

	if (rest)
		*rest++ = 0;
	for (i = 0; i < COMMANDS; i++)
		if (strcmp(line, commands[i].name) == 0)
			break;
	if (i == COMMANDS) {
		fprintf(out, "error there is no command '%s':", line);
		for (i = 0; i < COMMANDS; i++)
			fprintf(out, " %s", commands[i].name);
	} else if (commands[i].takes != (rest && *rest)) {
		fprintf(out, "error %s takes %s", line, commands[i].takes ? "an argument" :
			"no argument");
	} else {
		commands[i].run(device, rest, out);
	}
	fputc('\n', out);
}

/* ---- the socket --------------------------------------------------------------------- */

/* A peer that does not read its answers is dropped. */
static bool answer_line(int fd, struct device *device, char *line)
{
	char *text = NULL;
	size_t size = 0, sent = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return false;
	run_line(device, line, out);
	if (fclose(out) == 0)
		while (sent < size) {
			ssize_t n = send(fd, text + sent, size - sent, MSG_NOSIGNAL);

			if (n <= 0)
				break;
			sent += (size_t)n;
		}
	free(text);
	return sent && sent == size;
}

/* False: the peer is gone, or talks nonsense. */
static bool serve_peer(struct control *control, size_t i, struct device *device)
{
	char *line = control->peer[i].line, *end;
	size_t have = control->peer[i].have;
	ssize_t got = recv(control->peer[i].fd, line + have, CONTROL_LINE - have, MSG_DONTWAIT);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!got)
		return false;
	have += (size_t)got;
	while ((end = memchr(line, '\n', have))) {
		*end = 0;
		if (!answer_line(control->peer[i].fd, device, line))
			return false;
		have -= (size_t)(end + 1 - line);
		memmove(line, end + 1, have);
	}
	control->peer[i].have = have;
	return have < CONTROL_LINE;
}

static void take_peer(struct control *control)
{
	int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
	struct timeval limit = { .tv_sec = 1 };

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	for (size_t i = 0; i < CONTROL_PEERS; i++)
		if (control->peer[i].fd < 0) {
			control->peer[i].fd = fd;
			control->peer[i].have = 0;
			return;
		}
	close(fd);
}

void control_init(struct control *control, int listener)
{
	control->listener = listener;
	for (size_t i = 0; i < CONTROL_PEERS; i++)
		control->peer[i].fd = -1;
}

static void drop(struct control *control, size_t i)
{
	close(control->peer[i].fd);
	control->peer[i].fd = -1;
}

void control_close(struct control *control)
{
	for (size_t i = 0; i < CONTROL_PEERS; i++)
		if (control->peer[i].fd >= 0)
			drop(control, i);
	if (control->listener >= 0)
		close(control->listener);
	control->listener = -1;
}

void control_watch(const struct control *control, struct pollfd *watch)
{
	for (size_t i = 0; i < CONTROL_PEERS; i++)
		watch[i] = (struct pollfd){ .fd = control->peer[i].fd, .events = POLLIN };
	watch[CONTROL_PEERS] = (struct pollfd){ .fd = control->listener, .events = POLLIN };
}

void control_serve(struct control *control, struct device *device)
{
	for (size_t i = 0; i < CONTROL_PEERS; i++)
		if (control->peer[i].fd >= 0 && !serve_peer(control, i, device))
			drop(control, i);
	if (control->listener >= 0)
		take_peer(control);
}
