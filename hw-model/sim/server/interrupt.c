// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"

/* Descriptors are checked and do not block: a full counter has been noticed anyway. */
static void notify(struct interrupt_index *index)
{
	uint64_t one = 1;

	if (write(index->fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		perror("onpu-server: an interrupt cannot be sent");
}

static void deliver(struct interrupt *interrupt)
{
	struct interrupt_index *vector = &interrupt->index[interrupt->vector];
	struct interrupt_index *intx = &interrupt->index[VFIO_USER_IRQ_INTX];

	if (vector->fd >= 0) {
		if (!interrupt->pending || vector->masked || !interrupt->master)
			return;
		interrupt->pending = false;
		interrupt->sent++;
		notify(vector);
	} else if (intx->fd >= 0 && interrupt->level && interrupt->wired && !intx->masked) {
		/* Until the peer has seen the guest's end of interrupt. */
		intx->masked = true;
		interrupt->sent++;
		notify(intx);
	}
}

void interrupt_init(struct interrupt *interrupt, uint32_t vector)
{
	memset(interrupt, 0, sizeof(*interrupt));
	interrupt->vector = vector;
	for (size_t i = 0; i < VFIO_USER_IRQS; i++)
		interrupt->index[i].fd = -1;
}

void interrupt_free(struct interrupt *interrupt)
{
	for (size_t i = 0; i < VFIO_USER_IRQS; i++)
		if (interrupt->index[i].fd >= 0)
			close(interrupt->index[i].fd);
	interrupt_init(interrupt, interrupt->vector);
}

void interrupt_set_level(struct interrupt *interrupt, bool level)
{
	if (level && !interrupt->level)
		interrupt->rises++;
	interrupt->pending = level && (interrupt->pending || !interrupt->level);
	interrupt->level = level;
	deliver(interrupt);
}

void interrupt_repeat(struct interrupt *interrupt)
{
	interrupt->pending = interrupt->level;
	deliver(interrupt);
}

void interrupt_enable(struct interrupt *interrupt, bool master, bool wired)
{
	interrupt->master = master;
	interrupt->wired = wired;
	deliver(interrupt);
}

static bool exists(const struct interrupt *interrupt, uint32_t index)
{
	return index == VFIO_USER_IRQ_INTX || index == interrupt->vector ||
	       index == VFIO_USER_IRQ_ERROR || index == VFIO_USER_IRQ_REQUEST;
}

void interrupt_info(const struct interrupt *interrupt, struct vfio_user_irq_info *info)
{
	info->count = exists(interrupt, info->index);
	info->flags = info->count ? VFIO_USER_IRQ_EVENTFD : 0;
	if (info->index == VFIO_USER_IRQ_INTX)
		info->flags |= VFIO_USER_IRQ_MASKABLE | VFIO_USER_IRQ_AUTOMASKED;
}

/* Writes to anything else could block or break this program. */
static bool is_eventfd(int fd)
{
	char path[32], target[32] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target) - 1) > 0 &&
	       strcmp(target, "anon_inode:[eventfd]") == 0;
}

static int set_eventfd(struct interrupt_index *index, uint32_t action, int *fd)
{
	if (action != VFIO_USER_IRQ_TRIGGER)
		return EOPNOTSUPP;
	if (fd && !is_eventfd(*fd))
		return EINVAL;
	if (fd && fcntl(*fd, F_SETFL, O_RDWR | O_NONBLOCK))
		return errno;
	if (index->fd >= 0)
		close(index->fd);
	index->fd = -1;
	index->masked = false;
	if (fd) {
		index->fd = *fd;
		*fd = -1;
	}
	return 0;
}

int interrupt_set(struct interrupt *interrupt, const struct vfio_user_set_irqs *request,
		  const uint8_t *data, size_t size, int *fds, size_t num_fds)
{
	uint32_t kind = request->flags & VFIO_USER_IRQ_DATA;
	uint32_t action = request->flags & VFIO_USER_IRQ_ACTION;
	struct interrupt_index *index;
	int error;

	if (request->flags & ~(VFIO_USER_IRQ_DATA | VFIO_USER_IRQ_ACTION) ||
	    !kind || kind & (kind - 1) || !action || action & (action - 1) ||
	    request->index >= VFIO_USER_IRQS || !exists(interrupt, request->index) ||
	    request->start > 1 || request->count > 1 - request->start)
		return EINVAL;
	index = &interrupt->index[request->index];
	if (!request->count) {
		/* Nobody listens any more. */
		if (kind != VFIO_USER_IRQ_DATA_NONE || action != VFIO_USER_IRQ_TRIGGER)
			return EINVAL;
		return set_eventfd(index, action, NULL);
	}
	switch (kind) {
	case VFIO_USER_IRQ_DATA_EVENTFD:
		if (num_fds > 1)
			return EINVAL;
		error = set_eventfd(index, action, num_fds ? fds : NULL);
		if (error)
			return error;
		break;
	case VFIO_USER_IRQ_DATA_BOOL:
		if (size < 1)
			return EINVAL;
		if (!data[0])
			return 0;
		/* fall through */
	default:
		if (action == VFIO_USER_IRQ_TRIGGER) {
			if (index->fd >= 0)
				notify(index);
			return 0;
		}
		index->masked = action == VFIO_USER_IRQ_MASK;
	}
	deliver(interrupt);
	return 0;
}
