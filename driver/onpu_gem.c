// SPDX-License-Identifier: GPL-2.0-only
/* Memory: objects, their way to other devices, and the caches between CPU and NPU. */
#include <linux/dma-mapping.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <drm/drm_drv.h>
#include <drm/drm_prime.h>

#include "onpu_device.h"
#include "onpu_gem.h"
#include "onpu_vm.h"

/**
 * DOC: caches
 *
 * Pages are mapped for the device when an object is made, before a write-combined mapping of
 * user space can exist: cleaning a cached alias later would write stale lines back.  Where the
 * device does not see the CPU's caches, user space says with BO_SYNC who comes next; another
 * device's users say it with DMA_BUF_IOCTL_SYNC, which ends in our own dma-buf operations.
 */

/* ---- mapped for the device ------------------------------------------------------- */

static void gem_map(struct onpu_device *onpu, struct onpu_bo *bo, struct sg_table *sgt)
{
	mutex_lock(&onpu->bos_lock);
	bo->sgt = sgt;
	list_add_tail(&bo->link, &onpu->bos);
	mutex_unlock(&onpu->bos_lock);
}

/* The object lives on, and its pages in mappings of user space, and for other devices. */
static void gem_unmap(struct onpu_device *onpu, struct onpu_bo *bo)
{
	struct sg_table *sgt = bo->sgt;

	lockdep_assert_held(&onpu->bos_lock);
	if (!sgt)
		return;
	mutex_lock(&onpu->bo_lock);
	bo->sgt = NULL;
	mutex_unlock(&onpu->bo_lock);
	bo->base.sgt = NULL;
	if (bo->attach) {
		dma_buf_unmap_attachment_unlocked(bo->attach, sgt, DMA_BIDIRECTIONAL);
		/* The exporter may keep the mapping until then. */
		dma_buf_detach(bo->origin.dmabuf, bo->attach);
		bo->attach = NULL;
	} else {
		dma_unmap_sgtable(onpu->dev, sgt, DMA_BIDIRECTIONAL, 0);
		sg_free_table(sgt);
		kfree(sgt);
	}
}

void onpu_gem_unplug(struct onpu_device *onpu)
{
	struct onpu_bo *bo;

	mutex_lock(&onpu->bos_lock);
	list_for_each_entry(bo, &onpu->bos, link)
		gem_unmap(onpu, bo);
	mutex_unlock(&onpu->bos_lock);
}

static void gem_free(struct drm_gem_object *obj)
{
	struct onpu_device *onpu = to_onpu(obj->dev);
	struct onpu_bo *bo = to_onpu_bo(obj);
	struct drm_gem_object *root = bo->root;
	struct dma_buf *buf = bo->origin.dmabuf;

	mutex_lock(&onpu->bos_lock);
	gem_unmap(onpu, bo);
	list_del(&bo->link);
	mutex_unlock(&onpu->bos_lock);
	/* It is detached already, and the helper would do it again. */
	obj->import_attach = NULL;
	drm_gem_shmem_free(&bo->base);
	/* Behind the object: its dma_resv is the dma-buf's, or the root's. */
	if (buf)
		dma_buf_put(buf);
	if (root)
		drm_gem_object_put(root);
	atomic_dec(&onpu->stats.bos);
}

/* A process sees what it may not write. */
static int only_read(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	/* Nor by mprotect() later. */
	vm_flags_clear(vma, VM_MAYWRITE);
	return 0;
}

static int gem_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	int ret = 0;

	if (to_onpu_bo(obj)->flags & DRM_ONPU_BO_NO_MMAP)
		return -EPERM;
	if (!onpu_gem_is_writable(obj))
		ret = only_read(vma);
	return ret ?: drm_gem_shmem_object_mmap(obj, vma);
}

/* ---- PRIME ----------------------------------------------------------------------- */

/**
 * DOC: rights
 *
 * A dma-buf that was exported for reading only is one that neither CPU nor NPU writes through it.
 * The kernel keeps that right in the mode of the dma-buf's file and looks at it for mmap() of
 * that file, and nowhere else: DRM's helpers give importers the memory, and an importer in another
 * file of the same device even the object itself.  So here
 *
 * - a dma-buf of ours that is read-only gets no writable mapping, through whose node ever;
 * - what comes from a read-only dma-buf is an object of its own, ours included, whose mappings
 *   in a VM and in a process are read-only;
 * - an object has one dma-buf, whose rights are those of its first export.  While it lives, an
 *   export that wants more or less is refused: the helper would hand out the one that there is.
 */

bool onpu_gem_is_writable(const struct drm_gem_object *obj)
{
	return !obj->import_attach || obj->import_attach->dmabuf->file->f_mode & FMODE_WRITE;
}

static int dmabuf_begin_cpu_access(struct dma_buf *buf, enum dma_data_direction dir)
{
	struct drm_gem_object *obj = buf->priv;
	struct onpu_device *onpu = to_onpu(obj->dev);
	struct onpu_bo *bo = to_onpu_bo(obj);

	mutex_lock(&onpu->bo_lock);
	if (bo->sgt)
		dma_sync_sgtable_for_cpu(onpu->dev, bo->sgt, dir);
	mutex_unlock(&onpu->bo_lock);
	return 0;
}

static int dmabuf_end_cpu_access(struct dma_buf *buf, enum dma_data_direction dir)
{
	struct drm_gem_object *obj = buf->priv;
	struct onpu_device *onpu = to_onpu(obj->dev);
	struct onpu_bo *bo = to_onpu_bo(obj);

	mutex_lock(&onpu->bo_lock);
	if (bo->sgt)
		dma_sync_sgtable_for_device(onpu->dev, bo->sgt, dir);
	mutex_unlock(&onpu->bo_lock);
	return 0;
}

/* Of the dma-buf itself, or of another device's object that was imported from it. */
static int dmabuf_mmap(struct dma_buf *buf, struct vm_area_struct *vma)
{
	int ret = 0;

	if (!(buf->file->f_mode & FMODE_WRITE))
		ret = only_read(vma);
	return ret ?: drm_gem_dmabuf_mmap(buf, vma);
}

/* The helpers', with what they lack: cache maintenance for the CPU, and rights. */
static const struct dma_buf_ops dmabuf_ops = {
	ONPU_DMA_BUF_CACHE_SGT
	.attach = drm_gem_map_attach,
	.detach = drm_gem_map_detach,
	.map_dma_buf = drm_gem_map_dma_buf,
	.unmap_dma_buf = drm_gem_unmap_dma_buf,
	.release = drm_gem_dmabuf_release,
	.mmap = dmabuf_mmap,
	.vmap = drm_gem_dmabuf_vmap,
	.vunmap = drm_gem_dmabuf_vunmap,
	.begin_cpu_access = dmabuf_begin_cpu_access,
	.end_cpu_access = dmabuf_end_cpu_access,
};

static struct dma_buf *gem_export(struct drm_gem_object *obj, int flags)
{
	struct drm_device *drm = obj->dev;
	struct dma_buf_export_info info = {
		.exp_name = KBUILD_MODNAME,
		.owner = drm->driver->fops->owner,
		.ops = &dmabuf_ops,
		.size = obj->size,
		.flags = flags,
		.priv = obj,
		.resv = obj->resv,
	};

	if (to_onpu_bo(obj)->root)
		return ERR_PTR(-EPERM);
	return drm_gem_dmabuf_export(drm, &info);
}

int onpu_gem_prime_export(struct drm_device *drm, struct drm_file *file, u32 handle, u32 flags,
			  int *fd)
{
	struct dma_buf *buf = drm_gem_prime_handle_to_dmabuf(drm, file, handle, flags);
	int ret;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	if (!(buf->file->f_mode & FMODE_WRITE) != !(flags & DRM_RDWR))
		ret = -EACCES;
	else
		ret = dma_buf_fd(buf, flags);
	if (ret < 0) {
		dma_buf_put(buf);
		return ret;
	}
	*fd = ret;
	return 0;
}

static struct drm_gem_object *gem_import(struct drm_device *drm, struct dma_buf *buf)
{
	struct drm_gem_object *obj = drm_gem_prime_import(drm, buf);
	struct onpu_bo *bo;

	if (IS_ERR(obj))
		return obj;
	bo = to_onpu_bo(obj);
	bo->attach = obj->import_attach;
	bo->origin.dmabuf = buf;
	obj->import_attach = &bo->origin;
	gem_map(to_onpu(drm), bo, bo->base.sgt);
	return obj;
}

/*
 * The helper knows its own operations only; ours come back as the object they are, if that is not
 * more than the dma-buf allows.
 */
struct drm_gem_object *onpu_gem_prime_import(struct drm_device *drm, struct dma_buf *buf)
{
	struct drm_gem_object *obj = buf->priv;
	int idx;

	if (buf->ops == &dmabuf_ops && obj->dev == drm && buf->file->f_mode & FMODE_WRITE) {
		drm_gem_object_get(obj);
		return obj;
	}
	if (!drm_dev_enter(drm, &idx))
		return ERR_PTR(-ENODEV);
	obj = gem_import(drm, buf);
	drm_dev_exit(idx);
	return obj;
}

struct drm_gem_object *onpu_gem_import_sg_table(struct drm_device *drm,
						struct dma_buf_attachment *attach,
						struct sg_table *sgt)
{
	struct drm_gem_object *obj = drm_gem_shmem_prime_import_sg_table(drm, attach, sgt);

	if (!IS_ERR(obj))
		atomic_inc(&to_onpu(drm)->stats.bos);
	return obj;
}

static enum drm_gem_object_status gem_status(struct drm_gem_object *obj)
{
	return DRM_GEM_OBJECT_RESIDENT;
}

static const struct drm_gem_object_funcs gem_funcs = {
	.free = gem_free,
	.print_info = drm_gem_shmem_object_print_info,
	.export = gem_export,
	.pin = drm_gem_shmem_object_pin,
	.unpin = drm_gem_shmem_object_unpin,
	.get_sg_table = drm_gem_shmem_object_get_sg_table,
	.vmap = drm_gem_shmem_object_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = gem_mmap,
	.status = gem_status,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/* ---- life ------------------------------------------------------------------------ */

struct drm_gem_object *onpu_gem_create_object(struct drm_device *drm, size_t size)
{
	struct onpu_bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL);

	if (!bo)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&bo->link);
	bo->base.base.funcs = &gem_funcs;
	return &bo->base.base;
}

/* root: of the VM that it is private to, or NULL. */
static struct onpu_bo *bo_new(struct onpu_device *onpu, size_t size, u32 flags,
			      struct drm_gem_object *root)
{
	struct drm_gem_shmem_object *shmem;
	struct sg_table *sgt;
	struct onpu_bo *bo;

	shmem = drm_gem_shmem_create(&onpu->drm, size);
	if (IS_ERR(shmem))
		return ERR_CAST(shmem);

	/* For gem_free(), which the helper does not call for one that it did not finish. */
	atomic_inc(&onpu->stats.bos);
	bo = to_onpu_bo(&shmem->base);
	bo->flags = flags;
	shmem->map_wc = flags & DRM_ONPU_BO_WC;
	if (root) {
		drm_gem_object_get(root);
		bo->root = root;
		shmem->base.resv = root->resv;
	}

	sgt = drm_gem_shmem_get_pages_sgt(shmem);
	if (IS_ERR(sgt)) {
		drm_gem_object_put(&shmem->base);
		return ERR_CAST(sgt);
	}
	gem_map(onpu, bo, sgt);
	return bo;
}

struct onpu_bo *onpu_bo_new(struct onpu_device *onpu, size_t size, u32 flags)
{
	return bo_new(onpu, size, flags, NULL);
}

/* ---- ioctls ---------------------------------------------------------------------- */

int onpu_ioctl_bo_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_bo_create *args = data;
	struct onpu_file *ofile = file->driver_priv;
	struct onpu_vm *vm = NULL;
	struct onpu_bo *bo;
	int err, idx;

	if (args->flags & ~(DRM_ONPU_BO_WC | DRM_ONPU_BO_NO_MMAP) || args->pad)
		return -EINVAL;
	if (READ_ONCE(ofile->onpu->state) == ONPU_DEAD)
		return -ENODEV;
	/* More could not be mapped. */
	if (!args->size || args->size > ONPU_VA_END)
		return -EINVAL;
	if (args->vm_id) {
		vm = onpu_vm_lookup(ofile, args->vm_id);
		if (!vm)
			return -ENOENT;
	}

	if (drm_dev_enter(drm, &idx)) {
		bo = bo_new(ofile->onpu, ALIGN(args->size, ONPU_GRANULE), args->flags,
			    vm ? vm->root : NULL);
		drm_dev_exit(idx);
	} else {
		bo = ERR_PTR(-ENODEV);
	}
	onpu_vm_put(vm);
	if (IS_ERR(bo))
		return PTR_ERR(bo);

	args->size = bo->base.base.size;
	err = drm_gem_handle_create(file, &bo->base.base, &args->handle);
	drm_gem_object_put(&bo->base.base);
	return err;
}

int onpu_ioctl_bo_info(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_bo_info *args = data;
	struct drm_gem_object *obj;
	struct onpu_bo *bo;

	if (args->pad)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;

	bo = to_onpu_bo(obj);
	args->flags = bo->flags;
	args->size = obj->size;
	args->mmap_offset = bo->flags & DRM_ONPU_BO_NO_MMAP ? 0 :
			    drm_vma_node_offset_addr(&obj->vma_node);
	args->sync_needed = !to_onpu(drm)->coherent && !obj->import_attach;
	drm_gem_object_put(obj);
	return 0;
}

/* The entries of the CPU's side that hold [offset, offset + size). */
static void sync_range(struct onpu_device *onpu, struct sg_table *sgt, u64 offset, u64 size,
		       bool to_device)
{
	struct scatterlist *sg, *first = NULL;
	u64 at = 0;
	int i, n = 0;

	for_each_sgtable_sg(sgt, sg, i) {
		if (at + sg->length > offset && at < offset + size) {
			first = first ?: sg;
			n++;
		}
		at += sg->length;
	}
	if (!n)
		return;
	if (to_device)
		dma_sync_sg_for_device(onpu->dev, first, n, DMA_TO_DEVICE);
	else
		dma_sync_sg_for_cpu(onpu->dev, first, n, DMA_FROM_DEVICE);
}

int onpu_ioctl_bo_sync(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_onpu_bo_sync *args = data;
	struct onpu_device *onpu = to_onpu(drm);
	struct drm_gem_object *obj;
	struct onpu_bo *bo;
	int err = 0;
	u64 end;

	if (args->dir > DRM_ONPU_SYNC_FROM_DEVICE)
		return -EINVAL;
	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;

	bo = to_onpu_bo(obj);
	if (obj->import_attach) {
		err = -EOPNOTSUPP;
	} else if (check_add_overflow(args->offset, args->size, &end) || end > obj->size) {
		err = -EINVAL;
	} else {
		mutex_lock(&onpu->bo_lock);
		if (!bo->sgt)
			err = -ENODEV;
		else if (args->size)
			sync_range(onpu, bo->sgt, args->offset, args->size,
				   args->dir == DRM_ONPU_SYNC_TO_DEVICE);
		mutex_unlock(&onpu->bo_lock);
	}
	drm_gem_object_put(obj);
	return err;
}
