/* SPDX-License-Identifier: MIT */
/* What each message of the peer does. */
#ifndef ONPU_SERVER_PROTOCOL_H
#define ONPU_SERVER_PROTOCOL_H

#include "connection.h"
#include "device.h"
#include "pci.h"

/* 0 or an errno; the answer is in the connection. */
int protocol_handle(struct connection *connection, struct device *device, struct pci *pci);

#endif
