/* SPDX-License-Identifier: MIT */
/*
 * The control socket: a line with a command, a line with the answer, "ok ..." or "error ...".
 * docs/device-server.md lists the commands.
 */
#ifndef ONPU_SERVER_CONTROL_H
#define ONPU_SERVER_CONTROL_H

#include <poll.h>

#include "device.h"

#define CONTROL_PEERS 4
#define CONTROL_LINE 256

struct control {
	int listener;			/* -1: there is none */
	struct {
		int fd;			/* -1: free */
		size_t have;
		char line[CONTROL_LINE];
	} peer[CONTROL_PEERS];
};

void control_init(struct control *control, int listener);
void control_close(struct control *control);
/* What to wait for: CONTROL_PEERS + 1 entries. */
void control_watch(const struct control *control, struct pollfd *watch);
/* Takes connections and commands. */
void control_serve(struct control *control, struct device *device);

#endif
