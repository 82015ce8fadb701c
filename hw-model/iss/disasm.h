/* SPDX-License-Identifier: MIT */
#ifndef ONPU_DISASM_H
#define ONPU_DISASM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "preset.h"

/*
 * Prints the command at offset of a stream: its name and tokens, then its fields that are not
 * 0, a line for each struct.  Returns its length in bytes; -1 if it is malformed, after
 * a line that begins with '!' and says why.
 */
int onpu_disasm(FILE *out, const struct onpu_preset *preset, const uint8_t *stream, size_t size,
		size_t offset);

#endif
