// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "drm.h"
#include "ir/error.h"

static npu_device *new_device(const char *name, const struct onpu_preset *preset)
{
	npu_device *device = calloc(1, sizeof(*device));

	if (!device) {
		npu_fail(NPU_ERR_NOMEM, "out of memory for a device");
		return NULL;
	}
	device->name = name;
	device->preset = preset;
	return device;
}

static npu_device *open_cpu(const struct onpu_preset *preset)
{
	return new_device("cpu", preset);
}

/* rtl: NULL for the functional model; closed with the device, or on failure. */
static npu_device *open_host(const char *name, const struct onpu_preset *preset,
			     struct npu_rtl *rtl)
{
	npu_device *device = new_device(name, preset);

	if (!device) {
		npu_rtl_close(rtl);
		return NULL;
	}
	if (npu_host_open(preset, rtl, &device->host)) {
		npu_fail_context(npu_error_status(), "device %s", name);
		free(device);
		return NULL;
	}
	device->backend = &npu_host_backend;
	device->handle = device->host;
	return device;
}

static npu_device *open_iss(const struct onpu_preset *preset)
{
	return open_host("iss", preset, NULL);
}

static const struct onpu_preset *find_preset(const char *name)
{
	const struct onpu_preset *preset = onpu_preset_by_name(name ? name : "base");

	if (!preset)
		npu_fail(NPU_ERR_INVALID, "there is no preset '%s': choose base or nano", name);
	return preset;
}

npu_device *npu_device_open_rtl(const char *preset, const npu_rtl_options *options)
{
	const struct onpu_preset *found = find_preset(preset);
	struct npu_rtl *rtl;

	if (!found || npu_rtl_open(found, options, &rtl))
		return NULL;
	return open_host("rtl", found, rtl);
}

/* wanted: NULL for whatever it is. */
static const struct onpu_preset *drm_preset(const struct npu_drm *drm, const char *wanted)
{
	const struct onpu_preset *is = onpu_preset_by_id(drm->info.preset);

	if (!is) {
		npu_fail(NPU_ERR_VERSION, "%s is of preset %u, which this library does not know",
			 drm->path, drm->info.preset);
		return NULL;
	}
	if (wanted && strcmp(wanted, is->name)) {
		npu_fail(NPU_ERR_INVALID,
			 "the program is for preset %s, %s is %s: compile it with --preset %s",
			 wanted, drm->path, is->name, is->name);
		return NULL;
	}
	return is;
}

/* path: NULL for the first one that there is. */
static npu_device *open_drm(const char *path, const char *preset)
{
	const struct onpu_preset *found;
	npu_device *device = NULL;
	struct npu_drm *drm;

	if (npu_drm_open(path, &drm))
		return NULL;
	found = drm_preset(drm, preset);
	if (found)
		device = new_device("drm", found);
	if (!device) {
		npu_drm_backend.close(drm);
		return NULL;
	}
	device->backend = &npu_drm_backend;
	device->handle = drm;
	return device;
}

npu_device *npu_device_open(const char *name, const char *preset)
{
	const struct onpu_preset *found;

	if (name && strcmp(name, "rtl") == 0)
		return npu_device_open_rtl(preset, NULL);
	if (name && strcmp(name, "drm") == 0)
		return open_drm(NULL, preset);
	if (name && strncmp(name, "drm:", 4) == 0)
		return open_drm(name + 4, preset);
	if (!name || (strcmp(name, "iss") && strcmp(name, "cpu"))) {
		npu_fail(NPU_ERR_INVALID, "there is no device '%s': choose iss, rtl, drm or cpu",
			 name ? name : "(null)");
		return NULL;
	}
	found = find_preset(preset);
	if (!found)
		return NULL;
	return strcmp(name, "cpu") ? open_iss(found) : open_cpu(found);
}

npu_status npu_device_describe(const npu_device *device, npu_device_info *info)
{
	if (!device || !info)
		return npu_fail(NPU_ERR_INVALID, "npu_device_describe: device or info is NULL");
	*info = (npu_device_info){
		.name = device->name,
		.preset = device->preset->name,
		.macs_per_cycle = device->preset->lanes * device->preset->lanes,
		.sram_bytes = device->preset->sram_bytes,
	};
	return device->backend ? device->backend->describe(device->handle, info) : NPU_OK;
}

void npu_device_close(npu_device *device)
{
	if (!device)
		return;
	if (device->backend)
		device->backend->close(device->handle);
	free(device);
}
