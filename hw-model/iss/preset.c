// SPDX-License-Identifier: MIT
#include <stddef.h>
#include <string.h>

#include "preset.h"

static const struct onpu_preset presets[] = {
	{ .name = "nano", .id = 1, .lanes = 8, .sram_bytes = 128 << 10, .axi_bytes = 8 },
	{ .name = "base", .id = 2, .lanes = 16, .sram_bytes = 512 << 10, .axi_bytes = 16 },
	{ .name = "wide", .id = 3, .lanes = 32, .sram_bytes = 1024 << 10, .axi_bytes = 32 },
};

const struct onpu_preset *onpu_preset_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (strcmp(presets[i].name, name) == 0)
			return &presets[i];
	return NULL;
}

const struct onpu_preset *onpu_preset_by_id(uint32_t id)
{
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (presets[i].id == id)
			return &presets[i];
	return NULL;
}
