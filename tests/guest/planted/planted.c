// SPDX-License-Identifier: MIT
/* Bugs on purpose: that the debug kernel reports them is what a clean log is worth. */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *bug = "";
module_param(bug, charp, 0444);
MODULE_PARM_DESC(bug, "use-after-free, lock-order, sleep, dma, or leak");

static void use_after_free(void)
{
	volatile char *p = kmalloc(64, GFP_KERNEL);

	if (!p)
		return;
	kfree((void *)p);
	p[8] = 1;
}

static DEFINE_MUTEX(lock_a);
static DEFINE_MUTEX(lock_b);

static void lock_order(void)
{
	mutex_lock(&lock_a);
	mutex_lock(&lock_b);
	mutex_unlock(&lock_b);
	mutex_unlock(&lock_a);
	mutex_lock(&lock_b);
	mutex_lock(&lock_a);
	mutex_unlock(&lock_a);
	mutex_unlock(&lock_b);
}

static DEFINE_SPINLOCK(spin);

static void sleep_in_atomic(void)
{
	spin_lock(&spin);
	mutex_lock(&lock_a);
	mutex_unlock(&lock_a);
	spin_unlock(&spin);
}

/* A mapping of one size, undone with another. */
static void wrong_size(void)
{
	struct pci_dev *pdev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, NULL);
	void *data = kmalloc(256, GFP_KERNEL);
	dma_addr_t addr;

	if (pdev && data && !dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32))) {
		addr = dma_map_single(&pdev->dev, data, 256, DMA_TO_DEVICE);
		if (!dma_mapping_error(&pdev->dev, addr))
			dma_unmap_single(&pdev->dev, addr, 128, DMA_TO_DEVICE);
	}
	kfree(data);
	pci_dev_put(pdev);
}

/* Many: allocators keep the addresses that they gave last, and kmemleak finds these there. */
static void leak(void)
{
	int i;

	for (i = 0; i < 400; i++) {
		void *volatile lost = kmalloc(100, GFP_KERNEL);

		if (lost)
			lost = NULL;
	}
}

static const struct {
	const char *name;
	void (*plant)(void);
} bugs[] = {
	{ "use-after-free", use_after_free },
	{ "lock-order", lock_order },
	{ "sleep", sleep_in_atomic },
	{ "dma", wrong_size },
	{ "leak", leak },
};

static int __init planted_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (!strcmp(bug, bugs[i].name)) {
			bugs[i].plant();
			return 0;
		}
	}
	return -EINVAL;
}
module_init(planted_init);

static void __exit planted_exit(void)
{
}
module_exit(planted_exit);

MODULE_DESCRIPTION("Bugs on purpose");
MODULE_LICENSE("Dual MIT/GPL");
