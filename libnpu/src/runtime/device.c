// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "ir/error.h"

static const char *const names[] = { "iss", "cpu" };

npu_device *npu_device_open(const char *name, const char *preset)
{
	const struct onpu_preset *found = onpu_preset_by_name(preset ? preset : "base");
	npu_device *device;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name && strcmp(name, names[i]) == 0)
			break;
	if (i == sizeof(names) / sizeof(names[0])) {
		npu_fail(NPU_ERR_INVALID, "there is no device '%s': choose iss or cpu",
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
	if (strcmp(name, "iss") == 0 && npu_host_open(found, &device->host)) {
		npu_fail_context(npu_error_status(), "device iss");
		free(device);
		return NULL;
	}
	return device;
}

void npu_device_close(npu_device *device)
{
	if (!device)
		return;
	npu_host_close(device->host);
	free(device);
}
