// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "connection.h"

/* Who does not take an answer for so long is not a peer. */
#define ANSWER_MS 5000

bool connection_open(struct connection *connection, int fd)
{
	memset(connection, 0, sizeof(*connection));
	connection->fd = fd;
	connection->body = malloc(CONNECTION_BODY);
	connection->answer = malloc(CONNECTION_BODY);
	return connection->body && connection->answer;
}

static void close_fds(struct connection *connection)
{
	for (size_t i = 0; i < connection->num_fds; i++)
		if (connection->fds[i] >= 0)
			close(connection->fds[i]);
	connection->num_fds = 0;
}

void connection_close(struct connection *connection)
{
	close_fds(connection);
	free(connection->body);
	free(connection->answer);
	close(connection->fd);
}

/* Those that came with a part of the message; false if there are too many. */
static bool take_fds(struct connection *connection, struct msghdr *msg)
{
	bool good = !(msg->msg_flags & MSG_CTRUNC);
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
			if (connection->num_fds < CONNECTION_FDS) {
				connection->fds[connection->num_fds++] = fd;
			} else {
				close(fd);
				good = false;
			}
		}
	}
	return good;
}

/* What is missing of header or body, and no byte more: descriptors come with a message's first. */
static enum connection_event receive_part(struct connection *connection, void *to, size_t size)
{
	union {
		char room[CMSG_SPACE(CONNECTION_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = to, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(connection->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? CONNECTION_WAITS : CONNECTION_GONE;
	if (!take_fds(connection, &msg)) {
		fprintf(stderr, "onpu-server: more than %d descriptors in a message\n",
			CONNECTION_FDS);
		return CONNECTION_BROKEN;
	}
	if (!got)
		return CONNECTION_GONE;
	connection->have += (size_t)got;
	return (size_t)got == size ? CONNECTION_MESSAGE : CONNECTION_WAITS;
}

static enum connection_event check_header(struct connection *connection)
{
	const struct vfio_user_header *header = &connection->header;

	if (header->size < sizeof(*header) || header->size - sizeof(*header) > CONNECTION_BODY) {
		fprintf(stderr, "onpu-server: a message of %u bytes (command %u): 16 to %zu are possible\n",
			header->size, header->command, CONNECTION_BODY + sizeof(*header));
		return CONNECTION_BROKEN;
	}
	if ((header->flags & VFIO_USER_TYPE) != VFIO_USER_TYPE_COMMAND) {
		fprintf(stderr, "onpu-server: a message that is no command (flags 0x%x)\n",
			header->flags);
		return CONNECTION_BROKEN;
	}
	connection->body_size = header->size - sizeof(*header);
	return CONNECTION_MESSAGE;
}

enum connection_event connection_receive(struct connection *connection)
{
	enum connection_event event;
	size_t in_body;

	if (connection->have < sizeof(connection->header)) {
		event = receive_part(connection, (uint8_t *)&connection->header + connection->have,
				     sizeof(connection->header) - connection->have);
		if (event == CONNECTION_MESSAGE)
			event = check_header(connection);
		if (event != CONNECTION_MESSAGE)
			return event;
	}
	in_body = connection->have - sizeof(connection->header);
	if (in_body < connection->body_size) {
		event = receive_part(connection, connection->body + in_body,
				     connection->body_size - in_body);
		if (event != CONNECTION_MESSAGE)
			return event;
	}
	connection->have = 0;
	return CONNECTION_MESSAGE;
}

static bool send_all(int fd, struct iovec *iov, size_t count)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = count };

	while (msg.msg_iovlen) {
		ssize_t sent = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		struct pollfd ready = { .fd = fd, .events = POLLOUT };

		if (sent < 0 && errno == EAGAIN && poll(&ready, 1, ANSWER_MS) == 1)
			continue;
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		while (msg.msg_iovlen && (size_t)sent >= msg.msg_iov->iov_len) {
			sent -= (ssize_t)msg.msg_iov->iov_len;
			msg.msg_iov++;
			msg.msg_iovlen--;
		}
		if (msg.msg_iovlen) {
			msg.msg_iov->iov_base = (uint8_t *)msg.msg_iov->iov_base + sent;
			msg.msg_iov->iov_len -= (size_t)sent;
		}
	}
	return true;
}

bool connection_answer(struct connection *connection, int error)
{
	size_t size = error ? 0 : connection->answer_size;
	struct vfio_user_header header = {
		.id = connection->header.id,
		.command = connection->header.command,
		.size = (uint32_t)(sizeof(header) + size),
		.flags = VFIO_USER_TYPE_REPLY | (error ? VFIO_USER_ERROR : 0),
		.error = (uint32_t)error,
	};
	struct iovec iov[2] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = connection->answer, .iov_len = size },
	};

	/* Of the next message's descriptors none may be mistaken for one of these. */
	close_fds(connection);
	if (connection->header.flags & VFIO_USER_NO_REPLY)
		return true;
	return send_all(connection->fd, iov, 2);
}
