// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "ir/error.h"

static const char *const names[] = { "iss", "rtl", "cpu" };

/* The device without what it runs on. */
static npu_device *new_device(const char *name, const char *preset)
{
	const struct onpu_preset *found = onpu_preset_by_name(preset ? preset : "base");
	npu_device *device;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name && strcmp(name, names[i]) == 0)
			break;
	if (i == sizeof(names) / sizeof(names[0])) {
		npu_fail(NPU_ERR_INVALID, "there is no device '%s': choose iss, rtl or cpu",
			 name ? name : "(null)");
		return NULL;
	}
	if (!found) {
		npu_fail(NPU_ERR_INVALID, "there is no preset '%s': choose base or nano", preset);
		return NULL;
	}
	device = calloc(1, sizeof(*device));
	if (!device) {
		npu_fail(NPU_ERR_NOMEM, "out of memory for a device");
		return NULL;
	}
	device->name = names[i];
	device->preset = found;
	return device;
}

static npu_device *open_host(npu_device *device, struct npu_rtl *rtl)
{
	if (device && npu_host_open(device->preset, rtl, &device->host)) {
		npu_fail_context(npu_error_status(), "device %s", device->name);
		free(device);
		return NULL;
	}
	return device;
}

npu_device *npu_device_open_rtl(const char *preset, const npu_rtl_options *options)
{
	npu_device *device = new_device("rtl", preset);
	struct npu_rtl *rtl;

	if (!device)
		return NULL;
	if (npu_rtl_open(device->preset, options, &rtl)) {
		free(device);
		return NULL;
	}
	return open_host(device, rtl);
}

npu_device *npu_device_open(const char *name, const char *preset)
{
	npu_device *device;

	if (name && strcmp(name, "rtl") == 0)
		return npu_device_open_rtl(preset, NULL);
	device = new_device(name, preset);
	if (device && strcmp(name, "iss") == 0)
		return open_host(device, NULL);
	return device;
}

void npu_device_close(npu_device *device)
{
	if (!device)
		return;
	npu_host_close(device->host);
	free(device);
}
