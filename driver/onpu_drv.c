// SPDX-License-Identifier: GPL-2.0-only
/* Module, files, table of ioctls. */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>

#include "onpu_device.h"
#include "onpu_gem.h"
#include "onpu_queue.h"
#include "onpu_vm.h"

unsigned int onpu_param_boot_timeout_ms = 10000;
module_param_named(boot_timeout_ms, onpu_param_boot_timeout_ms, uint, 0644);
MODULE_PARM_DESC(boot_timeout_ms, "Time for firmware to boot, and to halt, in ms (default 10000)");

unsigned int onpu_param_hang_timeout_ms = 30000;
module_param_named(hang_timeout_ms, onpu_param_hang_timeout_ms, uint, 0644);
MODULE_PARM_DESC(hang_timeout_ms,
		 "Time without any progress after which the device is reset although it counts cycles, in ms (default 30000)");

unsigned int onpu_param_autosuspend_ms = 200;
module_param_named(autosuspend_ms, onpu_param_autosuspend_ms, uint, 0444);
MODULE_PARM_DESC(autosuspend_ms, "Time without a job after which power goes, in ms (default 200)");

unsigned long long onpu_param_max_cycles = 10000000000ull;
module_param_named(max_cycles, onpu_param_max_cycles, ullong, 0644);
MODULE_PARM_DESC(max_cycles, "Largest budget of a job in cycles, 0: no limit (default 10000000000)");

struct onpu_usage *onpu_usage_get(struct onpu_usage *usage)
{
	kref_get(&usage->refcount);
	return usage;
}

static void onpu_usage_release(struct kref *refcount)
{
	kfree(container_of(refcount, struct onpu_usage, refcount));
}

void onpu_usage_put(struct onpu_usage *usage)
{
	if (usage)
		kref_put(&usage->refcount, onpu_usage_release);
}

static int onpu_open(struct drm_device *drm, struct drm_file *file)
{
	struct onpu_device *onpu = to_onpu(drm);
	struct onpu_file *ofile = kzalloc(sizeof(*ofile), GFP_KERNEL);

	if (!ofile)
		return -ENOMEM;
	ofile->usage = kzalloc(sizeof(*ofile->usage), GFP_KERNEL);
	if (!ofile->usage) {
		kfree(ofile);
		return -ENOMEM;
	}
	kref_init(&ofile->usage->refcount);
	ofile->onpu = onpu;
	xa_init_flags(&ofile->vms, XA_FLAGS_ALLOC1);
	xa_init_flags(&ofile->queues, XA_FLAGS_ALLOC1);
	atomic_inc(&onpu->stats.files);
	file->driver_priv = ofile;
	return 0;
}

static void onpu_postclose(struct drm_device *drm, struct drm_file *file)
{
	struct onpu_file *ofile = file->driver_priv;

	onpu_queue_close_all(ofile);
	onpu_vm_close_all(ofile);
	xa_destroy(&ofile->queues);
	xa_destroy(&ofile->vms);
	onpu_usage_put(ofile->usage);
	atomic_dec(&ofile->onpu->stats.files);
	kfree(ofile);
}

/* Render nodes refuse what does not have DRM_RENDER_ALLOW; accel nodes do not care. */
#define ONPU_IOCTL(name, function) \
	DRM_IOCTL_DEF_DRV(ONPU_##name, onpu_ioctl_##function, DRM_RENDER_ALLOW)

static const struct drm_ioctl_desc onpu_ioctls[] = {
	ONPU_IOCTL(QUERY, query),
	ONPU_IOCTL(VM_CREATE, vm_create),
	ONPU_IOCTL(VM_DESTROY, vm_destroy),
	ONPU_IOCTL(BO_CREATE, bo_create),
	ONPU_IOCTL(BO_INFO, bo_info),
	ONPU_IOCTL(BO_SYNC, bo_sync),
	ONPU_IOCTL(VM_MAP, vm_map),
	ONPU_IOCTL(QUEUE_CREATE, queue_create),
	ONPU_IOCTL(QUEUE_DESTROY, queue_destroy),
	ONPU_IOCTL(SUBMIT, submit),
	ONPU_IOCTL(JOB_WAIT, job_wait),
	ONPU_IOCTL(QUEUE_STATE, queue_state),
};

static const struct file_operations onpu_fops = {
	.owner = THIS_MODULE,
#if IS_ENABLED(CONFIG_DRM_ACCEL)
	DRM_ACCEL_FOPS,
#else
	DRM_GEM_FOPS,
#endif
#ifdef CONFIG_PROC_FS
	.show_fdinfo = drm_show_fdinfo,
#endif
};

/*
 * No DRM_GEM_SHMEM_DRIVER_OPS: newer kernels' do without the sg table of an import, and its dumb
 * buffers are nothing for this device.
 */
const struct drm_driver onpu_drm_driver = {
	.driver_features = DRIVER_GEM | DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE |
			   (IS_ENABLED(CONFIG_DRM_ACCEL) ? DRIVER_COMPUTE_ACCEL : DRIVER_RENDER),
	.open = onpu_open,
	.postclose = onpu_postclose,
	.gem_create_object = onpu_gem_create_object,
	.prime_handle_to_fd = onpu_gem_prime_export,
	.gem_prime_import = onpu_gem_prime_import,
	.gem_prime_import_sg_table = onpu_gem_import_sg_table,
	.show_fdinfo = onpu_show_fdinfo,
	.ioctls = onpu_ioctls,
	.num_ioctls = ARRAY_SIZE(onpu_ioctls),
	.fops = &onpu_fops,
	.name = "onpu",
	.desc = "open neural processing unit",
	ONPU_DRIVER_DATE
	.major = 1,
	.minor = 1,
};

static int __init onpu_init(void)
{
	int ret;

	ret = onpu_vm_module_init();
	if (ret)
		return ret;
	ret = onpu_queue_module_init();
	if (ret)
		goto vm;
	if (IS_ENABLED(CONFIG_PCI)) {
		ret = pci_register_driver(&onpu_pci_driver);
		if (ret)
			goto queue;
	}
	ret = platform_driver_register(&onpu_platform_driver);
	if (ret)
		goto pci;
	return 0;

pci:
	if (IS_ENABLED(CONFIG_PCI))
		pci_unregister_driver(&onpu_pci_driver);
queue:
	onpu_queue_module_exit();
vm:
	onpu_vm_module_exit();
	return ret;
}
module_init(onpu_init);

static void __exit onpu_exit(void)
{
	platform_driver_unregister(&onpu_platform_driver);
	if (IS_ENABLED(CONFIG_PCI))
		pci_unregister_driver(&onpu_pci_driver);
	/* Queues let go of their VMs. */
	onpu_queue_module_exit();
	onpu_vm_module_exit();
}
module_exit(onpu_exit);

MODULE_DESCRIPTION("Driver of the open neural processing unit");
MODULE_AUTHOR("The onpu developers");
MODULE_LICENSE("GPL");
MODULE_FIRMWARE(ONPU_FIRMWARE);
ONPU_IMPORT_NS(DMA_BUF);
