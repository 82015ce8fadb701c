// SPDX-License-Identifier: MIT
#include <string.h>

#include "tool.h"

bool device_choose_preset(struct options *options)
{
	npu_device *device;
	npu_device_info info;
	bool ok;

	if (options->preset || !options->device || strncmp(options->device, "drm", 3))
		return true;
	device = npu_device_open(options->device, NULL);
	ok = device && !npu_device_describe(device, &info);
	if (ok)
		options->preset = info.preset;
	else
		complain_npu();
	npu_device_close(device);
	return ok;
}

npu_device *device_open(const struct options *options, const char *preset)
{
	const char *name = options->device ? options->device : "iss";
	bool rtl = !strcmp(name, "rtl");
	npu_device *device;

	if (options->have_rtl && !rtl) {
		complain("--memory, --seed, --trace and --window are for --device rtl");
		return NULL;
	}
	if (!trace_begin(options))
		return NULL;
	device = rtl ? npu_device_open_rtl(preset, &options->rtl) : npu_device_open(name, preset);
	if (!device)
		complain_npu();
	return device;
}

bool device_close(const struct options *options, npu_device *device)
{
	if (!device)
		return true;
	npu_device_close(device);
	return trace_end(options);
}
