/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_COMPAT_H_
#define _ONPU_COMPAT_H_

/**
 * DOC: kernels
 *
 * Kbuild looks into the kernel's headers and defines ONPU_HAVE_*; what is missing is made here,
 * with the names and the meaning that the newest kernel has, or under a name of onpu's own where
 * a declaration of the same name is in the way.  In a kernel tree this file would be empty.
 */

#include <linux/dma-fence.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <drm/drm_exec.h>
#include <drm/drm_gem.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/gpu_scheduler.h>

/* ---- scheduler ------------------------------------------------------------------- */

#ifdef ONPU_HAVE_SCHED_INIT_ARGS
#define onpu_sched_init drm_sched_init
#else
/** struct drm_sched_init_args - as newer kernels have it */
struct drm_sched_init_args {
	const struct drm_sched_backend_ops *ops;
	struct workqueue_struct *submit_wq;
	struct workqueue_struct *timeout_wq;
	u32 num_rqs;
	u32 credit_limit;
	unsigned int hang_limit;
	long timeout;
	atomic_t *score;
	const char *name;
	struct device *dev;
};

static inline int onpu_sched_init(struct drm_gpu_scheduler *sched,
				  const struct drm_sched_init_args *args)
{
	return drm_sched_init(sched, args->ops, args->submit_wq, args->num_rqs, args->credit_limit,
			      args->hang_limit, args->timeout, args->timeout_wq, args->score,
			      args->name, args->dev);
}
#endif

static inline int onpu_sched_job_init(struct drm_sched_job *job, struct drm_sched_entity *entity,
				      u32 credits, void *owner, u64 client_id)
{
#ifdef ONPU_HAVE_SCHED_CLIENT_ID
	return drm_sched_job_init(job, entity, credits, owner, client_id);
#else
	return drm_sched_job_init(job, entity, credits, owner);
#endif
}

static inline void onpu_sched_start(struct drm_gpu_scheduler *sched, int error)
{
#ifdef ONPU_HAVE_SCHED_START_ERRNO
	drm_sched_start(sched, error);
#else
	drm_sched_start(sched);
#endif
}

/*
 * ONPU_SCHED_NO_HANG: what timedout_job returns for a job that is fine.  Without that value the
 * job has to be put back by hand: ONPU_HAVE_SCHED_NO_HANG.
 */
#ifdef ONPU_HAVE_SCHED_NO_HANG
#define ONPU_SCHED_NO_HANG DRM_GPU_SCHED_STAT_NO_HANG
#else
#define ONPU_SCHED_NO_HANG DRM_GPU_SCHED_STAT_NOMINAL
#endif

/* ---- fences ---------------------------------------------------------------------- */

/* Without dma_fence_init64() the operations say it: ONPU_FENCE_OPS_SEQNO64 among them. */
#ifdef ONPU_HAVE_DMA_FENCE_INIT64
#define ONPU_FENCE_OPS_SEQNO64
#else
#define dma_fence_init64 dma_fence_init
#define ONPU_FENCE_OPS_SEQNO64 .use_64bit_seqno = true,
#endif

#ifndef ONPU_HAVE_DMA_FENCE_WAS_INITIALIZED
/* Of a fence in zeroed memory: dma_fence_init() is what sets the operations. */
static inline bool dma_fence_was_initialized(struct dma_fence *fence)
{
	return fence && fence->ops;
}
#endif

#ifndef ONPU_HAVE_DMA_FENCE_SPINLOCK
static inline spinlock_t *dma_fence_spinlock(struct dma_fence *fence)
{
	return fence->lock;
}
#endif

/* ---- objects --------------------------------------------------------------------- */

#ifndef ONPU_HAVE_GEM_IS_IMPORTED
static inline bool drm_gem_is_imported(const struct drm_gem_object *obj)
{
	return !!obj->import_attach;
}
#endif

#ifdef ONPU_HAVE_GEM_VMAP_UNLOCKED
#define onpu_gem_vmap drm_gem_vmap_unlocked
#define onpu_gem_vunmap drm_gem_vunmap_unlocked
#else
#define onpu_gem_vmap drm_gem_vmap
#define onpu_gem_vunmap drm_gem_vunmap
#endif

#ifdef ONPU_HAVE_EXEC_INDEX
#undef drm_exec_for_each_locked_object
#define drm_exec_for_each_locked_object(exec, obj) \
	for (unsigned long __index = 0; ((obj) = drm_exec_obj(exec, __index)); ++__index)
#endif

/* An attachment keeps its mapping; newer kernels do so without being asked. */
#ifdef ONPU_HAVE_DMA_BUF_CACHE_SGT
#define ONPU_DMA_BUF_CACHE_SGT .cache_sgt_mapping = true,
#else
#define ONPU_DMA_BUF_CACHE_SGT
#endif

/* ---- user memory ----------------------------------------------------------------- */

#ifndef ONPU_HAVE_COPY_STRUCT_TO_USER
static inline int copy_struct_to_user(void __user *dst, size_t usize, const void *src,
				      size_t ksize, bool *ignored_trailing)
{
	size_t size = min(ksize, usize);

	if (usize > ksize && clear_user(dst + size, usize - ksize))
		return -EFAULT;
	if (ignored_trailing)
		*ignored_trailing = usize < ksize && memchr_inv(src + size, 0, ksize - size);
	return copy_to_user(dst, src, size) ? -EFAULT : 0;
}
#endif

/* ---- driver ---------------------------------------------------------------------- */

/* Where it exists the kernel warns if it is not set. */
#ifdef ONPU_HAVE_DRIVER_DATE
#define ONPU_DRIVER_DATE .date = "0",
#else
#define ONPU_DRIVER_DATE
#endif

/* ---- module ---------------------------------------------------------------------- */

#ifdef ONPU_HAVE_MODULE_IMPORT_NS_BARE
#define ONPU_IMPORT_NS(ns) MODULE_IMPORT_NS(ns)
#else
#define ONPU_IMPORT_NS(ns) MODULE_IMPORT_NS(#ns)
#endif

#endif
