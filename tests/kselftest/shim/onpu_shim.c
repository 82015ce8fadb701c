// SPDX-License-Identifier: MIT
/*
 * For tests of the driver's platform front-end where there is no board: takes the PCI function
 * and shows it as the platform device "onpu", with the host page and the message-signalled
 * interrupt for resources.  Loaded before onpu.ko, whose PCI front-end then finds nothing.
 *
 * The device has no node in a device tree, so that arm64 takes it for one that does not see the
 * CPU's caches.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "onpu_pci.h"

static int shim_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct platform_device_info info = {
		.parent = &pci->dev,
		.name = "onpu",
		.id = PLATFORM_DEVID_NONE,
		.dma_mask = DMA_BIT_MASK(64),
	};
	struct resource resources[2];
	struct platform_device *device;
	int ret;

	ret = pcim_enable_device(pci);
	if (ret)
		return ret;
	pci_set_master(pci);
	ret = pci_alloc_irq_vectors(pci, 1, 1, PCI_IRQ_MSI | PCI_IRQ_MSIX);
	if (ret < 0)
		return ret;
	/* The BAR is not requested: the platform driver does that with its part of it. */
	resources[0] = DEFINE_RES_MEM(pci_resource_start(pci, ONPU_PCI_BAR) + ONPU_PCI_HOST_PAGE,
				      ONPU_PCI_HOST_PAGE_SIZE);
	resources[1] = DEFINE_RES_IRQ(pci_irq_vector(pci, 0));
	info.res = resources;
	info.num_res = ARRAY_SIZE(resources);
	device = platform_device_register_full(&info);
	if (IS_ERR(device)) {
		pci_free_irq_vectors(pci);
		return PTR_ERR(device);
	}
	pci_set_drvdata(pci, device);
	return 0;
}

static void shim_remove(struct pci_dev *pci)
{
	platform_device_unregister(pci_get_drvdata(pci));
	pci_free_irq_vectors(pci);
}

static const struct pci_device_id shim_ids[] = {
	{ PCI_DEVICE(ONPU_PCI_VENDOR, ONPU_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, shim_ids);

static struct pci_driver shim_driver = {
	.name = "onpu_shim",
	.id_table = shim_ids,
	.probe = shim_probe,
	.remove = shim_remove,
};
module_pci_driver(shim_driver);

MODULE_DESCRIPTION("The NPU's PCI function as a platform device, for tests");
MODULE_AUTHOR("The onpu developers");
MODULE_LICENSE("Dual MIT/GPL");
