/* SPDX-License-Identifier: MIT */
/* What the command processor checks of a command before it has any effect. */
#ifndef ONPU_CHECK_H
#define ONPU_CHECK_H

#include "command.h"
#include "core.h"

struct onpu_check {
	const struct onpu_preset *preset;
	const uint32_t *dispatched;	/* commands before, of each of 3 engines; NULL: any */
	const struct onpu_core_job *job; /* for regions; NULL: any */
};

/*
 * The header word alone: OPCODE, LENGTH or NONE.
 */
enum onpu_fault onpu_check_header(uint32_t word);

/*
 * A command whose header is right.  *what: NULL, or the field that is wrong, or what about it.
 */
enum onpu_fault onpu_check_command(const struct onpu_check *check,
				   const union onpu_command *command, const char **what);

#endif
