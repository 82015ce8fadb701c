/* SPDX-License-Identifier: MIT */
/* Messages of the vfio-user protocol, one after the other, with their descriptors. */
#ifndef ONPU_SERVER_CONNECTION_H
#define ONPU_SERVER_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfio_user.h"

#define CONNECTION_FDS 8
#define CONNECTION_DATA (1u << 20)	/* bytes of a read or write */
#define CONNECTION_BODY (CONNECTION_DATA + sizeof(struct vfio_user_access))

enum connection_event {
	CONNECTION_WAITS,		/* for the rest of a message */
	CONNECTION_MESSAGE,
	CONNECTION_GONE,		/* the peer */
	CONNECTION_BROKEN		/* not a message; said on stderr */
};

struct connection {
	int fd;
	size_t have;			/* bytes of header and body */
	struct vfio_user_header header;
	uint8_t *body, *answer;		/* CONNECTION_BODY bytes each */
	size_t body_size, answer_size;
	int fds[CONNECTION_FDS];	/* who keeps one puts -1 there */
	size_t num_fds;
};

/* False: out of memory.  fd becomes the connection's. */
bool connection_open(struct connection *connection, int fd);
void connection_close(struct connection *connection);
enum connection_event connection_receive(struct connection *connection);
/* Answers the message with answer, or an errno, unless none is wanted; false: no use to go on. */
bool connection_answer(struct connection *connection, int error);

#endif
