/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_GEM_H_
#define _ONPU_GEM_H_

#include <linux/dma-buf.h>
#include <drm/drm_gem_shmem_helper.h>

struct onpu_device;

/**
 * struct onpu_bo - memory: shmem pages, or an imported dma-buf
 *
 * DMA-mapped from creation on until it ends, or the device goes.
 */
struct onpu_bo {
	/** @base: what DRM's helpers know of it */
	struct drm_gem_shmem_object base;
	/** @sgt: pages as the device sees them; NULL when they are not mapped any more */
	struct sg_table *sgt;
	/** @attach: of an imported one, as long as it is mapped */
	struct dma_buf_attachment *attach;
	/**
	 * @origin: of an imported one, names its dma-buf (held).  It is what DRM takes for the
	 * attachment, because DRM wants to have one for ever.
	 */
	struct dma_buf_attachment origin;
	/** @flags: DRM_ONPU_BO_* */
	u32 flags;
	/** @root: of the VM that it is private to (held), or NULL */
	struct drm_gem_object *root;
	/** @link: in &onpu_device.bos */
	struct list_head link;
};

static inline struct onpu_bo *to_onpu_bo(struct drm_gem_object *obj)
{
	return container_of(to_drm_gem_shmem_obj(obj), struct onpu_bo, base);
}

struct drm_gem_object *onpu_gem_create_object(struct drm_device *drm, size_t size);
struct drm_gem_object *onpu_gem_import_sg_table(struct drm_device *drm,
						struct dma_buf_attachment *attach,
						struct sg_table *sgt);
/* Whether CPU and NPU may write it: not if it was imported for reading only. */
bool onpu_gem_is_writable(const struct drm_gem_object *obj);
int onpu_gem_prime_export(struct drm_device *drm, struct drm_file *file, u32 handle, u32 flags,
			  int *fd);
struct drm_gem_object *onpu_gem_prime_import(struct drm_device *drm, struct dma_buf *buf);
/* The device goes: pages are not mapped for it any more. */
void onpu_gem_unplug(struct onpu_device *onpu);
/* Kernel's own memory, mapped nowhere; drm_gem_object_put() frees it. */
struct onpu_bo *onpu_bo_new(struct onpu_device *onpu, size_t size, u32 flags);

int onpu_ioctl_bo_create(struct drm_device *drm, void *data, struct drm_file *file);
int onpu_ioctl_bo_info(struct drm_device *drm, void *data, struct drm_file *file);
int onpu_ioctl_bo_sync(struct drm_device *drm, void *data, struct drm_file *file);

#endif
