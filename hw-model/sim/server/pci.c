// SPDX-License-Identifier: MIT
#include <linux/pci_regs.h>
#include <string.h>

#include "onpu_pci.h"
#include "pci.h"

/* Where the capabilities are. */
#define PM 0x40
#define MSI 0x50
#define EXP 0x70

static void set16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void set32(uint8_t *at, uint32_t value)
{
	set16(at, value);
	set16(at + 2, value >> 16);
}

static uint32_t get16(const struct pci *pci, uint32_t offset)
{
	return pci->config[offset] | (uint32_t)pci->config[offset + 1] << 8;
}

static void put16(struct pci *pci, uint32_t offset, uint32_t value)
{
	set16(pci->config + offset, value);
}

static void put32(struct pci *pci, uint32_t offset, uint32_t value)
{
	set32(pci->config + offset, value);
}

static void let16(struct pci *pci, uint32_t offset, uint32_t bits)
{
	set16(pci->writable + offset, bits);
}

static void let32(struct pci *pci, uint32_t offset, uint32_t bits)
{
	set32(pci->writable + offset, bits);
}

static void put_header(struct pci *pci, uint32_t preset)
{
	put16(pci, PCI_VENDOR_ID, ONPU_PCI_VENDOR);
	put16(pci, PCI_DEVICE_ID, ONPU_PCI_DEVICE);
	let16(pci, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	put16(pci, PCI_STATUS, PCI_STATUS_CAP_LIST);
	/* The class, above the revision. */
	put32(pci, PCI_CLASS_REVISION, (uint32_t)ONPU_PCI_CLASS << 8 | 1);
	let32(pci, PCI_BASE_ADDRESS_0, ~(ONPU_PCI_BAR_SIZE - 1u));
	put16(pci, PCI_SUBSYSTEM_VENDOR_ID, ONPU_PCI_VENDOR);
	put16(pci, PCI_SUBSYSTEM_ID, preset);
	pci->config[PCI_CAPABILITY_LIST] = PM;
	pci->writable[PCI_INTERRUPT_LINE] = 0xff;
	pci->config[PCI_INTERRUPT_PIN] = 1;
}

/* D0 and D3hot; without PCI_PM_CTRL_NO_SOFT_RESET D3hot loses everything. */
static void put_power(struct pci *pci)
{
	pci->config[PM] = PCI_CAP_ID_PM;
	pci->config[PM + PCI_CAP_LIST_NEXT] = MSI;
	put16(pci, PM + PCI_PM_PMC, 3);
	let16(pci, PM + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
}

static void put_messages(struct pci *pci, bool msi)
{
	pci->config[MSI + PCI_CAP_LIST_NEXT] = EXP;
	if (msi) {
		pci->config[MSI] = PCI_CAP_ID_MSI;
		put16(pci, MSI + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT);
		let16(pci, MSI + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE);
		let32(pci, MSI + PCI_MSI_ADDRESS_LO, ~3u);
		let32(pci, MSI + PCI_MSI_ADDRESS_HI, ~0u);
		let16(pci, MSI + PCI_MSI_DATA_64, 0xffff);
	} else {
		pci->config[MSI] = PCI_CAP_ID_MSIX;
		put16(pci, MSI + PCI_MSIX_FLAGS, ONPU_PCI_VECTORS - 1);
		let16(pci, MSI + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
		put32(pci, MSI + PCI_MSIX_TABLE, ONPU_PCI_MSIX_TABLE | ONPU_PCI_BAR);
		put32(pci, MSI + PCI_MSIX_PBA, ONPU_PCI_MSIX_PBA | ONPU_PCI_BAR);
	}
}

static void put_express(struct pci *pci)
{
	uint32_t link = PCI_EXP_LNKCAP_SLS_2_5GB | 1u << 4;

	pci->config[EXP] = PCI_CAP_ID_EXP;
	put16(pci, EXP + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4);
	put32(pci, EXP + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR);
	let16(pci, EXP + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_PAYLOAD |
					 PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ);
	put16(pci, EXP + PCI_EXP_DEVCTL, 0x2000 | PCI_EXP_DEVCTL_RELAX_EN |
					 PCI_EXP_DEVCTL_NOSNOOP_EN);
	put32(pci, EXP + PCI_EXP_LNKCAP, link);
	put16(pci, EXP + PCI_EXP_LNKSTA, link);
	put32(pci, EXP + PCI_EXP_LNKCAP2, PCI_EXP_LNKCAP2_SLS_2_5GB);
}

void pci_init(struct pci *pci, uint32_t preset, bool msi)
{
	memset(pci, 0, sizeof(*pci));
	put_header(pci, preset);
	put_power(pci);
	put_messages(pci, msi);
	put_express(pci);
	memcpy(pci->initial, pci->config, sizeof(pci->initial));
}

void pci_reset(struct pci *pci, bool keep_power)
{
	uint8_t power = pci->config[PM + PCI_PM_CTRL];

	memcpy(pci->config, pci->initial, sizeof(pci->config));
	if (keep_power)
		pci->config[PM + PCI_PM_CTRL] = power;
}

static uint32_t power_state(const struct pci *pci)
{
	return pci->config[PM + PCI_PM_CTRL] & PCI_PM_CTRL_STATE_MASK;
}

unsigned int pci_write(struct pci *pci, uint32_t offset, const uint8_t *data, uint32_t size)
{
	uint32_t command = get16(pci, PCI_COMMAND), power = power_state(pci);
	unsigned int wants = 0;

	for (uint32_t i = 0; i < size; i++) {
		uint32_t at = offset + i;
		uint8_t bits = pci->writable[at];

		pci->config[at] = (uint8_t)((pci->config[at] & ~bits) | (data[i] & bits));
		if (at == EXP + PCI_EXP_DEVCTL + 1 && data[i] & PCI_EXP_DEVCTL_BCR_FLR >> 8)
			wants |= PCI_WANTS_RESET;
	}
	/* A state that is not there is not entered. */
	if (power_state(pci) != 0 && power_state(pci) != 3)
		pci->config[PM + PCI_PM_CTRL] = (uint8_t)
			((pci->config[PM + PCI_PM_CTRL] & ~PCI_PM_CTRL_STATE_MASK) | power);
	if (power_state(pci) == 3 && power != 3)
		wants |= PCI_LOST_POWER;
	if (command != get16(pci, PCI_COMMAND) || power != power_state(pci))
		wants |= PCI_CHANGED;
	return wants;
}

bool pci_is_powered(const struct pci *pci)
{
	return power_state(pci) == 0;
}

bool pci_is_master(const struct pci *pci)
{
	return get16(pci, PCI_COMMAND) & PCI_COMMAND_MASTER;
}

bool pci_has_memory(const struct pci *pci)
{
	return get16(pci, PCI_COMMAND) & PCI_COMMAND_MEMORY;
}

bool pci_is_wired(const struct pci *pci)
{
	return !(get16(pci, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE);
}

void pci_set_interrupt(struct pci *pci, bool level)
{
	put16(pci, PCI_STATUS, PCI_STATUS_CAP_LIST | (level ? PCI_STATUS_INTERRUPT : 0));
}
