/* SPDX-License-Identifier: MIT */
/*
 * The NPU as a PCI function: what its driver matches and maps.  The ids are provisional, they
 * belong to no vendor of NPUs; subsystem id is the preset, as the CONFIG register says it.
 */
#ifndef ONPU_PCI_H
#define ONPU_PCI_H

#define ONPU_PCI_VENDOR 0x1d1d
#define ONPU_PCI_DEVICE 0x4e50
#define ONPU_PCI_CLASS 0x120000		/* processing accelerator */

/* BAR 0, 32-bit memory: the host page, and far from it what MSI-X needs. */
#define ONPU_PCI_BAR 0
#define ONPU_PCI_BAR_SIZE 0x4000
#define ONPU_PCI_HOST_PAGE 0x0000	/* ONPU_HOST_* */
#define ONPU_PCI_HOST_PAGE_SIZE 0x1000
#define ONPU_PCI_MSIX_TABLE 0x2000
#define ONPU_PCI_MSIX_PBA 0x3000
#define ONPU_PCI_VECTORS 1		/* MSI-X or MSI */

#endif
