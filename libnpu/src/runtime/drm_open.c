// SPDX-License-Identifier: MIT
/* Finding the driver's node, and whether this library and what is behind it fit. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drm.h"
#include "drm_ioctl.h"
#include "ir/error.h"
#include "isa/onpu_isa.h"
#include "regs/onpu_regs.h"

struct version {
	int major, minor;
};

/* 1: it is ours, of that *interface; 0: another driver's; -1: no DRM device. */
static int whose(int fd, struct version *interface)
{
	char name[16] = "";
	struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

	if (npu_drm_ioctl(fd, DRM_IOCTL_VERSION, &version))
		return -1;
	interface->major = version.version_major;
	interface->minor = version.version_minor;
	return !strcmp(name, "onpu");
}

/*
 * Opens folder/prefix* until one is an onpu.  The reason why not, if there is one to tell, goes
 * to *error: an errno of a node that could not be opened.
 */
static int search(const char *folder, const char *prefix, char *path, size_t size,
		  struct version *interface, int *error)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, versionsort), found = -1, i;

	for (i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		int fd;

		if (found < 0 && !strncmp(name, prefix, strlen(prefix)) &&
		    (size_t)snprintf(path, size, "%s/%s", folder, name) < size) {
			fd = open(path, O_RDWR | O_CLOEXEC);
			if (fd < 0 && (errno == EACCES || errno == EPERM))
				*error = errno;
			if (fd >= 0 && whose(fd, interface) == 1)
				found = fd;
			else if (fd >= 0)
				close(fd);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return found;
}

static npu_status open_first(struct npu_drm *drm, struct version *interface)
{
	int error = 0;

	drm->fd = search("/dev/accel", "accel", drm->path, sizeof(drm->path), interface, &error);
	if (drm->fd < 0)
		drm->fd = search("/dev/dri", "renderD", drm->path, sizeof(drm->path), interface,
				 &error);
	if (drm->fd >= 0)
		return NPU_OK;
	if (error)
		return npu_fail(NPU_ERR_DEVICE,
				"there may be an NPU, but its node cannot be opened: %s; a member of "
				"its group (ls -l /dev/accel /dev/dri) can", strerror(error));
	return npu_fail(NPU_ERR_DEVICE,
			"no NPU found in /dev/accel or /dev/dri: is the onpu driver loaded "
			"(lsmod), and did it find a device (dmesg)?");
}

static npu_status open_node(struct npu_drm *drm, const char *path, struct version *interface)
{
	if ((size_t)snprintf(drm->path, sizeof(drm->path), "%s", path) >= sizeof(drm->path))
		return npu_fail(NPU_ERR_INVALID, "the device's path is too long: %s", path);
	drm->fd = open(path, O_RDWR | O_CLOEXEC);
	if (drm->fd < 0)
		return npu_fail(NPU_ERR_DEVICE, "%s cannot be opened: %s", path, strerror(errno));
	if (whose(drm->fd, interface) != 1)
		return npu_fail(NPU_ERR_DEVICE, "%s is not an onpu", path);
	return NPU_OK;
}

npu_status npu_drm_query(const struct npu_drm *drm, uint32_t type, void *data, uint32_t size)
{
	struct drm_onpu_query args = { .type = type, .size = size, .ptr = (uintptr_t)data };

	if (npu_drm_ioctl(drm->fd, DRM_IOCTL_ONPU_QUERY, &args))
		return npu_fail(NPU_ERR_DEVICE, "%s does not tell what it is: %s", drm->path,
				strerror(errno));
	return NPU_OK;
}

static npu_status check(const struct npu_drm *drm)
{
	uint32_t version = drm->info.version >> ONPU_HOST_VERSION_MAJOR_SHIFT;

	if (version != ONPU_HOST_VERSION_MAJOR_VALUE)
		return npu_fail(NPU_ERR_VERSION, "%s has registers of version %u, this library knows %u",
				drm->path, version, (unsigned int)ONPU_HOST_VERSION_MAJOR_VALUE);
	if (drm->info.isa_major != ONPU_ISA_MAJOR)
		return npu_fail(NPU_ERR_VERSION, "%s has commands of version %u, this library knows %u",
				drm->path, drm->info.isa_major, (unsigned int)ONPU_ISA_MAJOR);
	return NPU_OK;
}

npu_status npu_drm_open(const char *path, struct npu_drm **result)
{
	struct npu_drm *drm = calloc(1, sizeof(*drm));
	struct version interface = { 0 };
	npu_status status;

	*result = NULL;
	if (!drm)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a device");
	drm->fd = -1;
	status = path ? open_node(drm, path, &interface) : open_first(drm, &interface);
	drm->minor = interface.minor;
	if (!status && interface.major != 1)
		status = npu_fail(NPU_ERR_VERSION,
				  "the driver of %s speaks interface %d, this library 1: update the older one",
				  drm->path, interface.major);
	if (!status)
		status = npu_drm_query(drm, DRM_ONPU_QUERY_DEV_INFO, &drm->info, sizeof(drm->info));
	if (!status)
		status = npu_drm_query(drm, DRM_ONPU_QUERY_LIMITS, &drm->limits, sizeof(drm->limits));
	if (!status)
		status = check(drm);
	if (status) {
		npu_drm_backend.close(drm);
		return status;
	}
	*result = drm;
	return NPU_OK;
}
