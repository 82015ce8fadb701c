// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <drm/drm_drv.h>

#include "onpu_device.h"
#include "onpu_pci.h"

#if IS_ENABLED(CONFIG_PCI)
static int onpu_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct onpu_device *onpu;
	int ret;

	onpu = devm_drm_dev_alloc(dev, &onpu_drm_driver, struct onpu_device, drm);
	if (IS_ERR(onpu))
		return PTR_ERR(onpu);
	onpu->dev = dev;
	pci_set_drvdata(pdev, onpu);

	ret = pcim_enable_device(pdev);
	if (ret)
		return dev_err_probe(dev, ret, "the function cannot be enabled\n");
	onpu->regs = pcim_iomap_region(pdev, ONPU_PCI_BAR, "onpu");
	if (IS_ERR(onpu->regs))
		return dev_err_probe(dev, PTR_ERR(onpu->regs), "BAR %d cannot be mapped\n",
				     ONPU_PCI_BAR);
	if (pci_resource_len(pdev, ONPU_PCI_BAR) < ONPU_PCI_HOST_PAGE + ONPU_PCI_HOST_PAGE_SIZE)
		return dev_err_probe(dev, -ENODEV, "BAR %d is too small\n", ONPU_PCI_BAR);
	onpu->regs += ONPU_PCI_HOST_PAGE;
	pci_set_master(pdev);
	/* Wired interrupts of PCI are shared, which would cost a read for each. */
	ret = pci_alloc_irq_vectors(pdev, 1, ONPU_PCI_VECTORS, PCI_IRQ_MSI | PCI_IRQ_MSIX);
	if (ret < 0)
		return dev_err_probe(dev, ret, "no message-signalled interrupt\n");
	onpu->irq = pci_irq_vector(pdev, 0);

	ret = onpu_device_init(onpu);
	if (ret) {
		pci_free_irq_vectors(pdev);
		return ret;
	}
	/* PCI's runtime PM is off until a driver or an administrator allows it. */
	pm_runtime_allow(dev);
	return 0;
}

static void onpu_pci_remove(struct pci_dev *pdev)
{
	onpu_device_fini(pci_get_drvdata(pdev));
	pm_runtime_forbid(&pdev->dev);
	pci_free_irq_vectors(pdev);
}

static void onpu_pci_shutdown(struct pci_dev *pdev)
{
	onpu_device_shutdown(pci_get_drvdata(pdev));
}

/* Through sysfs, or because a function that shares our bus needs one. */
static void onpu_pci_reset_prepare(struct pci_dev *pdev)
{
	onpu_device_reset_prepare(pci_get_drvdata(pdev), "the PCI function is reset from outside");
}

static void onpu_pci_reset_done(struct pci_dev *pdev)
{
	onpu_device_reset_done(pci_get_drvdata(pdev));
}

/*
 * Nothing for errors that a root port reports (AER): what such an error does to the device is found
 * out as any other failure is, by registers that read ones or firmware that does not answer.
 */
static const struct pci_error_handlers onpu_pci_err_handler = {
	.reset_prepare = onpu_pci_reset_prepare,
	.reset_done = onpu_pci_reset_done,
};

static const struct pci_device_id onpu_pci_ids[] = {
	{ PCI_DEVICE(ONPU_PCI_VENDOR, ONPU_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, onpu_pci_ids);

struct pci_driver onpu_pci_driver = {
	.name = "onpu",
	.id_table = onpu_pci_ids,
	.probe = onpu_pci_probe,
	.remove = onpu_pci_remove,
	.shutdown = onpu_pci_shutdown,
	.err_handler = &onpu_pci_err_handler,
	.driver.pm = pm_ptr(&onpu_pm_ops),
};
#endif
