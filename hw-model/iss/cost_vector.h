/* SPDX-License-Identifier: MIT */
/* What ELTWISE, POOL and RESIZE cost: they read, post-process and write a vector at a time. */
#ifndef ONPU_COST_VECTOR_H
#define ONPU_COST_VECTOR_H

#include <stdint.h>

#include "command.h"
#include "preset.h"

/* Cycles from when the command is taken to its completion. */
uint64_t onpu_cost_vector(const struct onpu_preset *preset, const union onpu_command *command);

#endif
