// SPDX-License-Identifier: MIT
/* onpu-server: the NPU for a virtual machine, by the vfio-user protocol. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "connection.h"
#include "control.h"
#include "device.h"
#include "iss/preset.h"
#include "memory_option.h"
#include "pci.h"
#include "protocol.h"

struct options {
	const char *model, *preset, *control, *log, *socket;
	struct memory_option memory;
	uint64_t seed;
	bool msi;
};

struct server {
	struct options options;
	struct device device;
	struct pci pci;
	struct control control;
	struct connection connection;
	sigset_t waiting;		/* what is blocked while we wait: not our signals */
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* ---- command line ------------------------------------------------------------------- */

static const char usage[] =
	"usage: onpu-server [options] SOCKET\n"
	"\n"
	"Serves an NPU at the UNIX socket SOCKET to one client, such as QEMU:\n"
	"  -device '{\"driver\":\"vfio-user-pci\",\"socket\":{\"type\":\"unix\",\"path\":\"SOCKET\"}}'\n"
	"The guest's memory must be shared (memory-backend-memfd,share=on). Ends with its client.\n"
	"\n"
	"  --model iss|rtl          what the NPU is made of: the functional model (default),\n"
	"                           or the compiled hardware\n"
	"  --preset base|nano       configuration of the NPU (default: base)\n"
	"  --memory bw=B,latency=L  rtl: bytes a cycle, latency in cycles (default: 8, 100)\n"
	"  --seed N                 rtl: random latency, back-pressure and initial state\n"
	"  --msi                    one MSI instead of one MSI-X vector\n"
	"  --control SOCKET         faults and counters, see docs/device-server.md\n"
	"  --log FILE               writes every register access, mapping and interrupt\n"
	"  --help                   this text\n";

enum {
	OPTION_MODEL = 256, OPTION_PRESET, OPTION_MEMORY, OPTION_SEED, OPTION_MSI, OPTION_CONTROL,
	OPTION_LOG, OPTION_HELP
};

static const struct option long_options[] = {
	{ "model", required_argument, NULL, OPTION_MODEL },
	{ "preset", required_argument, NULL, OPTION_PRESET },
	{ "memory", required_argument, NULL, OPTION_MEMORY },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "msi", no_argument, NULL, OPTION_MSI },
	{ "control", required_argument, NULL, OPTION_CONTROL },
	{ "log", required_argument, NULL, OPTION_LOG },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 }
};

static bool parse_seed(const char *text, uint64_t *seed)
{
	char *end;

	errno = 0;
	*seed = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static bool parse_option(struct options *options, int code, const char *value)
{
	switch (code) {
	case OPTION_MODEL:
		options->model = value;
		return true;
	case OPTION_PRESET:
		options->preset = value;
		return true;
	case OPTION_MEMORY:
		if (parse_memory(value, &options->memory))
			return true;
		fprintf(stderr, "onpu-server: --memory: '%s' is not " MEMORY_SYNTAX "\n", value);
		return false;
	case OPTION_SEED:
		if (parse_seed(value, &options->seed))
			return true;
		fprintf(stderr, "onpu-server: --seed: '%s' is not a number\n", value);
		return false;
	case OPTION_MSI:
		options->msi = true;
		return true;
	case OPTION_CONTROL:
		options->control = value;
		return true;
	case OPTION_LOG:
		options->log = value;
		return true;
	case OPTION_HELP:
		fputs(usage, stdout);
		exit(0);
	}
	fputs("Try 'onpu-server --help'.\n", stderr);
	return false;
}

static bool parse(struct options *options, int argc, char **argv)
{
	int code;

	options->model = "iss";
	options->preset = "base";
	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (!parse_option(options, code, optarg))
			return false;
	if (optind != argc - 1) {
		fputs(optind == argc ? "onpu-server: where is the socket to be?\n" :
		      "onpu-server: one socket is enough\n", stderr);
		return false;
	}
	options->socket = argv[optind];
	if (strcmp(options->model, "iss") != 0 && strcmp(options->model, "rtl") != 0) {
		fprintf(stderr, "onpu-server: there is no model '%s': choose iss or rtl\n",
			options->model);
		return false;
	}
	if (strcmp(options->model, "rtl") != 0 &&
	    (options->seed || options->memory.bytes_per_cycle || options->memory.latency)) {
		fputs("onpu-server: --memory and --seed are for --model rtl\n", stderr);
		return false;
	}
	return true;
}

/* ---- setting up --------------------------------------------------------------------- */

/* A path that is there already is somebody else's, unless nobody listens on it any more. */
static void remove_stale(const struct sockaddr_un *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)name, sizeof(*name)) && errno == ECONNREFUSED)
		unlink(name->sun_path);
	close(fd);
}

static int listen_at(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(name.sun_path)) {
		fprintf(stderr, "onpu-server: %s: a socket's path has at most %zu bytes\n", path,
			sizeof(name.sun_path) - 1);
		return -1;
	}
	strcpy(name.sun_path, path);
	remove_stale(&name);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) || listen(fd, 4)) {
		fprintf(stderr, "onpu-server: %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static bool open_device(struct server *server)
{
	const struct options *options = &server->options;
	struct device *device = &server->device;
	npu_rtl_options rtl = {
		.size = sizeof(rtl), .memory_bytes = options->memory.bytes_per_cycle,
		.memory_latency = options->memory.latency, .seed = options->seed,
	};

	device->preset = onpu_preset_by_name(options->preset);
	if (!device->preset) {
		fprintf(stderr, "onpu-server: there is no preset '%s': choose base or nano\n",
			options->preset);
		return false;
	}
	if (options->log) {
		device->log = fopen(options->log, "we");
		if (!device->log) {
			fprintf(stderr, "onpu-server: %s: %s\n", options->log, strerror(errno));
			return false;
		}
	}
	if (strcmp(options->model, "rtl") == 0 && npu_rtl_open(device->preset, &rtl, &device->rtl)) {
		fprintf(stderr, "onpu-server: %s\n", npu_error());
		return false;
	}
	interrupt_init(&device->interrupt, options->msi ? VFIO_USER_IRQ_MSI : VFIO_USER_IRQ_MSIX);
	pci_init(&server->pci, device->preset->id, options->msi);
	return device_open(device);
}

/* Our signals come only while we wait: nothing is left in the middle. */
static bool catch_signals(struct server *server)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t ours;

	sigemptyset(&action.sa_mask);
	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	if (sigprocmask(SIG_BLOCK, &ours, &server->waiting) ||
	    sigaction(SIGTERM, &action, NULL) || sigaction(SIGINT, &action, NULL) ||
	    dma_catch_signals()) {
		perror("onpu-server: signals");
		return false;
	}
	sigdelset(&server->waiting, SIGTERM);
	sigdelset(&server->waiting, SIGINT);
	return true;
}

/* ---- serving ------------------------------------------------------------------------ */

#define MESSAGES_MAX 64

/* Until something comes or the device's time is to go on; fd: of the peer or its listener. */
static bool wait(struct server *server, int fd)
{
	struct pollfd watch[CONTROL_PEERS + 2] = { { .fd = fd, .events = POLLIN } };
	uint64_t ns = device_wait(&server->device);
	struct timespec limit = { .tv_sec = (time_t)(ns / 1000000000),
				  .tv_nsec = (long)(ns % 1000000000) };

	control_watch(&server->control, watch + 1);
	if (ppoll(watch, CONTROL_PEERS + 2, device_runs(&server->device) ? &limit : NULL,
		  &server->waiting) < 0 && errno != EINTR) {
		perror("onpu-server: poll");
		return false;
	}
	for (size_t i = 1; i < CONTROL_PEERS + 2; i++)
		if (watch[i].revents) {
			control_serve(&server->control, &server->device);
			break;
		}
	return !stopped;
}

/* Messages that are there, but not without end: the device's time and others wait meanwhile. */
static enum connection_event take_messages(struct server *server)
{
	struct connection *connection = &server->connection;
	enum connection_event event = CONNECTION_WAITS;
	int error;

	for (int i = 0; i < MESSAGES_MAX; i++) {
		event = connection_receive(connection);
		if (event != CONNECTION_MESSAGE)
			break;
		error = protocol_handle(connection, &server->device, &server->pci);
		if (error)
			fprintf(stderr, "onpu-server: command %u of %u bytes: %s\n",
				connection->header.command, connection->header.size,
				strerror(error));
		if (!connection_answer(connection, error))
			return CONNECTION_GONE;
	}
	return event;
}

/* The program's exit status. */
static int serve(struct server *server)
{
	struct device *device = &server->device;
	enum connection_event event;

	do {
		if (device_runs(device) && !device_wait(device))
			device_slice(device);
		event = take_messages(server);
		if (event == CONNECTION_GONE)
			return 0;
		if (event == CONNECTION_BROKEN)
			return 1;
	} while (wait(server, server->connection.fd));
	return 0;
}

static int accept_peer(struct server *server, int listener)
{
	int fd = -1;

	while (fd < 0) {
		if (!wait(server, listener))
			return -1;
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			perror("onpu-server: accept");
			return -1;
		}
	}
	return fd;
}

static int run(struct server *server)
{
	int listener = listen_at(server->options.socket), fd, status = 1;

	if (listener < 0)
		return 1;
	fd = accept_peer(server, listener);
	/* One peer: the next one finds nobody, and not a device in the middle of its work. */
	close(listener);
	unlink(server->options.socket);
	if (fd < 0)
		return !stopped;
	if (connection_open(&server->connection, fd))
		status = serve(server);
	else
		fputs("onpu-server: out of memory\n", stderr);
	connection_close(&server->connection);
	return status;
}

int main(int argc, char **argv)
{
	static struct server server;
	int listener = -1, status = 1;

	if (!parse(&server.options, argc, argv))
		return 2;
	if (!catch_signals(&server) || !open_device(&server))
		return 1;
	if (server.options.control) {
		listener = listen_at(server.options.control);
		if (listener < 0)
			return 1;
	}
	control_init(&server.control, listener);
	status = run(&server);
	control_close(&server.control);
	if (server.options.control)
		unlink(server.options.control);
	device_close(&server.device);
	npu_rtl_close(server.device.rtl);
	if (server.device.log && fclose(server.device.log)) {
		fprintf(stderr, "onpu-server: %s: %s\n", server.options.log, strerror(errno));
		status = 1;
	}
	return status;
}
