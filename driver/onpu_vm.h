/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_VM_H_
#define _ONPU_VM_H_

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <drm/drm_gem.h>
#include <drm/drm_mm.h>

#include "onpu_mmu.h"

struct drm_exec;
struct onpu_bo;
struct onpu_device;
struct onpu_file;

/* Below it an address is most likely a mistake. */
#define ONPU_VM_START		0x00010000ull
#define ONPU_FILE_VMS		8
#define ONPU_DEVICE_VMS		255
#define ONPU_MAP_OPS		1024

/** struct onpu_vm - an address space that user space made */
struct onpu_vm {
	struct kref refcount;
	struct onpu_device *onpu;
	/** @lock: protects @mmu, @mm, @shared, @gone; the end of @mmu also &onpu_device.vm_lock */
	struct mutex lock;
	struct onpu_mmu mmu;
	struct drm_mm mm;
	/** @root: object whose dma_resv all private objects of this VM share */
	struct drm_gem_object *root;
	/** @shared: mappings of objects with a dma_resv of their own; under @lock */
	struct list_head shared;
	/** @gone: the device went, and the page tables with it */
	bool gone;
	/** @free_work: the last reference may go where nothing can sleep */
	struct work_struct free_work;
};

/** struct onpu_mapping - an object, or a part of it, in a VM */
struct onpu_mapping {
	struct drm_mm_node node;
	/** @bo: held */
	struct onpu_bo *bo;
	u64 bo_offset;
	/** @link: in &onpu_vm.shared, or empty */
	struct list_head link;
};

/* The workqueue where VMs are freed; module init and exit. */
int onpu_vm_module_init(void);
void onpu_vm_module_exit(void);

struct onpu_vm *onpu_vm_get(struct onpu_vm *vm);
void onpu_vm_put(struct onpu_vm *vm);
/* By id, with a reference, or NULL. */
struct onpu_vm *onpu_vm_lookup(struct onpu_file *ofile, u32 id);
/* At probe. */
void onpu_vms_init(struct onpu_device *onpu);
/* The device goes, and firmware and jobs went: frees all page tables. */
void onpu_vms_unplug(struct onpu_device *onpu);
/* File close: gives up all ids. */
void onpu_vm_close_all(struct onpu_file *ofile);
/*
 * Inside of drm_exec_until_all_locked(), with vm->lock held around all of it: locks the dma_resv
 * of everything that is mapped, and reserves num_fences in each.  The exec ignores duplicates.
 */
int onpu_vm_lock_resvs(struct onpu_vm *vm, struct drm_exec *exec, unsigned int num_fences);

int onpu_ioctl_vm_create(struct drm_device *drm, void *data, struct drm_file *file);
int onpu_ioctl_vm_destroy(struct drm_device *drm, void *data, struct drm_file *file);
int onpu_ioctl_vm_map(struct drm_device *drm, void *data, struct drm_file *file);

#endif
