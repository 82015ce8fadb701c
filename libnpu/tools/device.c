// SPDX-License-Identifier: MIT
#include <string.h>

#include "tool.h"

npu_device *device_open(const struct options *options, const char *preset)
{
	const char *name = options->device ? options->device : "iss";
	bool rtl = !strcmp(name, "rtl");
	npu_device *device;

	if (options->have_rtl && !rtl) {
		complain("--memory, --seed, --trace and --window are for --device rtl");
		return NULL;
	}
	device = rtl ? npu_device_open_rtl(preset, &options->rtl) : npu_device_open(name, preset);
	if (!device)
		complain_npu();
	return device;
}
