/* SPDX-License-Identifier: MIT */
/* The configuration space of the function. */
#ifndef ONPU_SERVER_PCI_H
#define ONPU_SERVER_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_CONFIG_SIZE 4096

struct pci {
	uint8_t config[PCI_CONFIG_SIZE];
	uint8_t writable[PCI_CONFIG_SIZE];	/* bits that the host may change */
	uint8_t initial[PCI_CONFIG_SIZE];
};

/* What a write asks for beyond new values; the caller does it. */
#define PCI_WANTS_RESET (1u << 0)	/* FLR */
#define PCI_LOST_POWER (1u << 1)	/* D3hot was entered */
#define PCI_CHANGED (1u << 2)		/* command or power state */

void pci_init(struct pci *pci, uint32_t preset, bool msi);
/* As after power-on; the power state stays when only it was what lost the rest. */
void pci_reset(struct pci *pci, bool keep_power);
/* The caller has checked the range. */
unsigned int pci_write(struct pci *pci, uint32_t offset, const uint8_t *data, uint32_t size);

bool pci_is_powered(const struct pci *pci);
bool pci_is_master(const struct pci *pci);
bool pci_has_memory(const struct pci *pci);
bool pci_is_wired(const struct pci *pci);
void pci_set_interrupt(struct pci *pci, bool level);

#endif
