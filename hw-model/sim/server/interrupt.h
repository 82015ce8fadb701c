/* SPDX-License-Identifier: MIT */
/*
 * From the level of the device's line to the peer's eventfds: MSI-X or MSI, a message when the
 * line rises, or INTx, the level itself.  What cannot be sent is kept while the line is high.
 */
#ifndef ONPU_SERVER_INTERRUPT_H
#define ONPU_SERVER_INTERRUPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfio_user.h"

struct interrupt_index {
	int fd;				/* -1: the peer does not listen */
	bool masked;
};

struct interrupt {
	struct interrupt_index index[VFIO_USER_IRQS];
	uint32_t vector;		/* VFIO_USER_IRQ_MSI or VFIO_USER_IRQ_MSIX */
	bool level;
	bool pending;			/* a message that was not sent yet */
	bool master;			/* messages are writes: the function may master the bus */
	bool wired;			/* INTx is not disabled */
	uint64_t rises, sent;
};

void interrupt_init(struct interrupt *interrupt, uint32_t vector);
void interrupt_free(struct interrupt *interrupt);
void interrupt_set_level(struct interrupt *interrupt, bool level);
/* The line is still high after causes were acknowledged or enabled: as if it had risen. */
void interrupt_repeat(struct interrupt *interrupt);
void interrupt_enable(struct interrupt *interrupt, bool master, bool wired);

void interrupt_info(const struct interrupt *interrupt, struct vfio_user_irq_info *info);
/*
 * 0 or an errno.  data: what follows the request; a descriptor that is kept is taken out of fds,
 * by -1.
 */
int interrupt_set(struct interrupt *interrupt, const struct vfio_user_set_irqs *request,
		  const uint8_t *data, size_t size, int *fds, size_t num_fds);

#endif
