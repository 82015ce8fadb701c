/* SPDX-License-Identifier: MIT */
#ifndef NPU_RUNTIME_DRM_IOCTL_H
#define NPU_RUNTIME_DRM_IOCTL_H

#include <errno.h>
#include <sys/ioctl.h>

/* 0, or -1 with errno; a signal that has a handler does not end it. */
static inline int npu_drm_ioctl(int fd, unsigned long request, void *args)
{
	int result;

	do {
		result = ioctl(fd, request, args);
	} while (result && errno == EINTR);
	return result;
}

#endif
