// SPDX-License-Identifier: GPL-2.0-only
/* Address spaces that user space makes, and what is mapped in them. */
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <drm/drm_drv.h>
#include <drm/drm_exec.h>

#include "onpu_array.h"
#include "onpu_device.h"
#include "onpu_gem.h"
#include "onpu_vm.h"

static struct workqueue_struct *free_wq;

int onpu_vm_module_init(void)
{
	free_wq = alloc_workqueue("onpu_vm", WQ_UNBOUND, 0);
	return free_wq ? 0 : -ENOMEM;
}

void onpu_vm_module_exit(void)
{
	destroy_workqueue(free_wq);
}

void onpu_vms_init(struct onpu_device *onpu)
{
	xa_init_flags(&onpu->ctxs, XA_FLAGS_ALLOC1);
	mutex_init(&onpu->vm_lock);
	mutex_init(&onpu->bos_lock);
	mutex_init(&onpu->bo_lock);
	INIT_LIST_HEAD(&onpu->bos);
}

/* ---- life ------------------------------------------------------------------------ */

static void root_free(struct drm_gem_object *root)
{
	drm_gem_object_release(root);
	kfree(root);
}

static const struct drm_gem_object_funcs root_funcs = {
	.free = root_free,
};

/* An object of no memory: private objects share its dma_resv, so that a SUBMIT locks one. */
static struct drm_gem_object *root_new(struct onpu_device *onpu)
{
	struct drm_gem_object *root = kzalloc(sizeof(*root), GFP_KERNEL);

	if (!root)
		return NULL;
	root->funcs = &root_funcs;
	drm_gem_private_object_init(&onpu->drm, root, PAGE_SIZE);
	return root;
}

static void free_mappings(struct onpu_vm *vm)
{
	struct drm_mm_node *node, *next;

	drm_mm_for_each_node_safe(node, next, &vm->mm) {
		struct onpu_mapping *mapping = container_of(node, struct onpu_mapping, node);

		drm_mm_remove_node(node);
		drm_gem_object_put(&mapping->bo->base.base);
		kfree(mapping);
		atomic64_dec(&vm->onpu->stats.mappings);
	}
}

static void vm_free(struct work_struct *work)
{
	struct onpu_vm *vm = container_of(work, struct onpu_vm, free_work);
	struct onpu_device *onpu = vm->onpu;

	mutex_lock(&onpu->vm_lock);
	/* The context is somebody else's only after the device has forgotten ours. */
	if (!vm->gone)
		onpu_mmu_fini(&vm->mmu);
	xa_erase(&onpu->ctxs, vm->mmu.ctx);
	mutex_unlock(&onpu->vm_lock);
	free_mappings(vm);
	drm_mm_takedown(&vm->mm);
	drm_gem_object_put(vm->root);
	mutex_destroy(&vm->lock);
	kvfree(vm);
	atomic_dec(&onpu->stats.vms);
	drm_dev_put(&onpu->drm);
}

static void vm_release(struct kref *ref)
{
	struct onpu_vm *vm = container_of(ref, struct onpu_vm, refcount);

	queue_work(free_wq, &vm->free_work);
}

struct onpu_vm *onpu_vm_get(struct onpu_vm *vm)
{
	kref_get(&vm->refcount);
	return vm;
}

void onpu_vm_put(struct onpu_vm *vm)
{
	if (vm)
		kref_put(&vm->refcount, vm_release);
}

struct onpu_vm *onpu_vm_lookup(struct onpu_file *ofile, u32 id)
{
	struct onpu_vm *vm;

	xa_lock(&ofile->vms);
	vm = xa_load(&ofile->vms, id);
	if (vm)
		onpu_vm_get(vm);
	xa_unlock(&ofile->vms);
	return vm;
}

static struct onpu_vm *vm_new(struct onpu_device *onpu)
{
	struct onpu_vm *vm = kvzalloc(sizeof(*vm), GFP_KERNEL);
	int err = -ENOMEM;
	u32 ctx;

	if (!vm)
		return ERR_PTR(-ENOMEM);
	kref_init(&vm->refcount);
	vm->onpu = onpu;
	mutex_init(&vm->lock);
	INIT_LIST_HEAD(&vm->shared);
	INIT_WORK(&vm->free_work, vm_free);
	vm->root = root_new(onpu);
	if (!vm->root)
		goto err_free;

	/* Not found by onpu_vms_unplug() before it is complete. */
	err = xa_alloc(&onpu->ctxs, &ctx, XA_ZERO_ENTRY, XA_LIMIT(1, ONPU_DEVICE_VMS),
		       GFP_KERNEL);
	if (err) {
		err = err == -EBUSY ? -ENOSPC : err;
		goto err_root;
	}
	err = onpu_mmu_init(&vm->mmu, onpu, ctx);
	if (err)
		goto err_ctx;
	drm_mm_init(&vm->mm, ONPU_VM_START, ONPU_VA_END - ONPU_VM_START);
	drm_dev_get(&onpu->drm);
	atomic_inc(&onpu->stats.vms);
	/* The entry is reserved: no allocation, no failure. */
	xa_store(&onpu->ctxs, ctx, vm, GFP_KERNEL);
	return vm;

err_ctx:
	xa_erase(&onpu->ctxs, ctx);
err_root:
	drm_gem_object_put(vm->root);
err_free:
	mutex_destroy(&vm->lock);
	kvfree(vm);
	return ERR_PTR(err);
}

int onpu_ioctl_vm_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_vm_create *args = data;
	struct onpu_file *ofile = file->driver_priv;
	struct onpu_vm *vm;
	int err, idx;
	u32 id;

	if (args->flags)
		return -EINVAL;
	if (READ_ONCE(ofile->onpu->state) == ONPU_DEAD || !drm_dev_enter(drm, &idx))
		return -ENODEV;
	vm = vm_new(ofile->onpu);
	drm_dev_exit(idx);
	if (IS_ERR(vm))
		return PTR_ERR(vm);

	args->va_start = ONPU_VM_START;
	args->va_end = ONPU_VA_END;
	/* From here on another thread can destroy it: nothing touches vm any more. */
	err = xa_alloc(&ofile->vms, &id, vm, XA_LIMIT(1, ONPU_FILE_VMS), GFP_KERNEL);
	if (err) {
		onpu_vm_put(vm);
		return err == -EBUSY ? -ENOSPC : err;
	}
	args->vm_id = id;
	return 0;
}

int onpu_ioctl_vm_destroy(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_vm_destroy *args = data;
	struct onpu_file *ofile = file->driver_priv;
	struct onpu_vm *vm;

	if (args->pad)
		return -EINVAL;

	vm = xa_erase(&ofile->vms, args->vm_id);
	if (!vm)
		return -ENOENT;
	onpu_vm_put(vm);
	return 0;
}

void onpu_vm_close_all(struct onpu_file *ofile)
{
	struct onpu_vm *vm;
	unsigned long id;

	xa_for_each(&ofile->vms, id, vm)
		onpu_vm_put(vm);
	xa_destroy(&ofile->vms);
}

void onpu_vms_unplug(struct onpu_device *onpu)
{
	struct onpu_vm *vm;
	unsigned long ctx;

	/* A VM without references is still whole, as long as it is found here. */
	mutex_lock(&onpu->vm_lock);
	xa_for_each(&onpu->ctxs, ctx, vm) {
		mutex_lock(&vm->lock);
		onpu_mmu_fini(&vm->mmu);
		vm->gone = true;
		mutex_unlock(&vm->lock);
	}
	mutex_unlock(&onpu->vm_lock);
}

/* ---- mappings -------------------------------------------------------------------- */

static bool fits(u64 start, u64 size, u64 limit)
{
	u64 end;

	return !check_add_overflow(start, size, &end) && end <= limit;
}

static int check_range(u64 va, u64 size)
{
	if (!size || !IS_ALIGNED(va | size, ONPU_GRANULE))
		return -EINVAL;
	return va >= ONPU_VM_START && fits(va, size, ONPU_VA_END) ? 0 : -EINVAL;
}

static int check_object(const struct onpu_vm *vm, const struct onpu_bo *bo,
			const struct drm_onpu_vm_op *op)
{
	const struct drm_gem_object *obj = &bo->base.base;

	if (!IS_ALIGNED(op->bo_offset, ONPU_GRANULE) ||
	    !fits(op->bo_offset, op->size, obj->size))
		return -EINVAL;
	if (bo->root && bo->root != vm->root)
		return -EINVAL;
	/* Who exported it for reading only meant it. */
	if (!(op->flags & DRM_ONPU_MAP_READONLY) && !onpu_gem_is_writable(obj))
		return -EACCES;
	return 0;
}

static int map_object(struct onpu_vm *vm, struct onpu_bo *bo, const struct drm_onpu_vm_op *op)
{
	struct onpu_mapping *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);
	int err;

	if (!mapping)
		return -ENOMEM;
	mapping->bo = bo;
	mapping->bo_offset = op->bo_offset;
	INIT_LIST_HEAD(&mapping->link);
	mapping->node.start = op->va;
	mapping->node.size = op->size;
	err = drm_mm_reserve_node(&vm->mm, &mapping->node);
	if (err) {
		kfree(mapping);
		return err == -ENOSPC ? -EEXIST : err;
	}
	err = onpu_mmu_map_sgt(&vm->mmu, op->va, bo->sgt, op->bo_offset, op->size,
			       !(op->flags & DRM_ONPU_MAP_READONLY));
	if (err) {
		drm_mm_remove_node(&mapping->node);
		kfree(mapping);
		return err;
	}
	if (!bo->root)
		list_add_tail(&mapping->link, &vm->shared);
	drm_gem_object_get(&bo->base.base);
	atomic64_inc(&vm->onpu->stats.mappings);
	return 0;
}

static int op_map(struct onpu_vm *vm, struct drm_file *file, const struct drm_onpu_vm_op *op)
{
	struct drm_gem_object *obj;
	int err;

	if (op->flags & ~DRM_ONPU_MAP_READONLY)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, op->handle);
	if (!obj)
		return -ENOENT;
	err = check_object(vm, to_onpu_bo(obj), op);
	if (!err)
		err = map_object(vm, to_onpu_bo(obj), op);
	drm_gem_object_put(obj);
	return err;
}

static int op_unmap(struct onpu_vm *vm, const struct drm_onpu_vm_op *op)
{
	struct onpu_mapping *mapping;
	struct drm_mm_node *node;

	if (op->flags || op->handle || op->bo_offset)
		return -EINVAL;
	node = __drm_mm_interval_first(&vm->mm, op->va, op->va);
	if (!drm_mm_node_allocated(node) || node->start != op->va || node->size != op->size)
		return -ENOENT;

	mapping = container_of(node, struct onpu_mapping, node);
	onpu_mmu_unmap(&vm->mmu, op->va, op->size);
	drm_mm_remove_node(node);
	list_del(&mapping->link);
	drm_gem_object_put(&mapping->bo->base.base);
	kfree(mapping);
	atomic64_dec(&vm->onpu->stats.mappings);
	return 0;
}

static int do_op(struct onpu_vm *vm, struct drm_file *file, const struct drm_onpu_vm_op *op)
{
	int err;

	if (op->pad)
		return -EINVAL;
	err = check_range(op->va, op->size);
	if (err)
		return err;
	switch (op->op) {
	case DRM_ONPU_VM_OP_MAP:
		return op_map(vm, file, op);
	case DRM_ONPU_VM_OP_UNMAP:
		return op_unmap(vm, op);
	}
	return -EINVAL;
}

int onpu_ioctl_vm_map(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_vm_map *args = data;
	struct onpu_file *ofile = file->driver_priv;
	struct drm_onpu_vm_op *ops;
	struct onpu_vm *vm;
	int err = 0;

	args->done = 0;
	ops = onpu_array_copy(&args->ops, sizeof(*ops), ONPU_MAP_OPS);
	if (IS_ERR(ops))
		return PTR_ERR(ops);
	vm = onpu_vm_lookup(ofile, args->vm_id);
	if (!vm) {
		err = -ENOENT;
		goto out;
	}

	mutex_lock(&vm->lock);
	if (vm->gone)
		err = -ENODEV;
	while (!err && args->done < args->ops.count) {
		err = do_op(vm, file, &ops[args->done]);
		if (!err)
			args->done++;
	}
	mutex_unlock(&vm->lock);
	onpu_vm_put(vm);
out:
	kvfree(ops);
	return err;
}

int onpu_vm_lock_resvs(struct onpu_vm *vm, struct drm_exec *exec, unsigned int num_fences)
{
	struct onpu_mapping *mapping;
	int err;

	lockdep_assert_held(&vm->lock);
	err = drm_exec_prepare_obj(exec, vm->root, num_fences);
	if (err)
		return err;
	list_for_each_entry(mapping, &vm->shared, link) {
		err = drm_exec_prepare_obj(exec, &mapping->bo->base.base, num_fences);
		if (err)
			return err;
	}
	return 0;
}
