/* SPDX-License-Identifier: MIT */
/* The configurations of the hardware; software reads the same numbers from registers. */
#ifndef ONPU_PRESET_H
#define ONPU_PRESET_H

#include <stdint.h>

struct onpu_preset {
	const char *name;
	uint32_t id;			/* as the CONFIG register says it */
	uint32_t lanes;			/* V: lanes, taps a lane, bytes of a vector */
	uint32_t sram_bytes;
	uint32_t axi_bytes;		/* external data bus, bytes a cycle */
};

/* "nano", "base", "wide"; NULL if there is no such preset. */
const struct onpu_preset *onpu_preset_by_name(const char *name);
const struct onpu_preset *onpu_preset_by_id(uint32_t id);

#endif
