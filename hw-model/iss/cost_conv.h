/* SPDX-License-Identifier: MIT */
/* What CONV costs where accesses to SRAM get into each other's way. */
#ifndef ONPU_COST_CONV_H
#define ONPU_COST_CONV_H

#include <stdint.h>

#include "command.h"
#include "preset.h"

/*
 * Cycles from when the command is taken to its completion, simulated for as many windows as that
 * takes and then as before; windows: all of the command.  weights: its stream, well formed.
 */
uint64_t onpu_cost_conv(const struct onpu_preset *preset, const struct onpu_cmd_conv *c,
			const uint8_t *weights, uint64_t windows);

#endif
