/* SPDX-License-Identifier: MIT */
/* The device behind the kernel's driver. */
#ifndef NPU_RUNTIME_DRM_H
#define NPU_RUNTIME_DRM_H

#include "drm/onpu_drm.h"
#include "iss/preset.h"
#include "runtime/backend.h"

struct npu_drm {
	int fd;
	char path[64];			/* of the node */
	int minor;			/* of the driver's interface */
	struct drm_onpu_dev_info info;
	struct drm_onpu_limits limits;
};

/*
 * path: the node, or NULL for the first one that is an onpu.  NPU_ERR_VERSION: the driver or the
 * hardware is of a version that this library does not know.
 */
npu_status npu_drm_open(const char *path, struct npu_drm **drm);
/* QUERY; type is enum drm_onpu_query_type. */
npu_status npu_drm_query(const struct npu_drm *drm, uint32_t type, void *data, uint32_t size);

#endif
