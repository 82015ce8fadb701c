/* SPDX-License-Identifier: MIT */
/* Every command's fields as data, for the checker and the disassembler. */
#ifndef ONPU_ISA_FIELDS_H
#define ONPU_ISA_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "isa/onpu_isa.h"

/* Lists of these end with a NULL name. */
struct onpu_isa_name {
	uint32_t value;		/* of an enumerator, or the bit of a flag */
	const char *name;
};

enum onpu_isa_kind {
	ONPU_ISA_PLAIN,
	ONPU_ISA_ENUM,
	ONPU_ISA_FLAGS,
	ONPU_ISA_RESERVED
};

struct onpu_isa_field {
	const char *name;	/* "in.row_pitch" */
	uint16_t offset;	/* in the command, bytes */
	uint8_t size;		/* 1, 2 or 4 bytes */
	uint8_t is_signed;
	uint8_t kind;		/* enum onpu_isa_kind */
	uint8_t multiple;	/* 1: of anything */
	int64_t min, max;
	uint32_t mask;		/* bits that may be set */
	const struct onpu_isa_name *names;
};

struct onpu_isa_command {
	const char *name;
	uint8_t opcode;
	uint8_t engine;
	uint8_t words;
	size_t num_fields;	/* the head counts with its flags only */
	const struct onpu_isa_field *fields;
};

/* Made by hw-model/isa/gen.py. */
extern const struct onpu_isa_command onpu_isa_commands[];
extern const size_t onpu_isa_num_commands;
extern const struct onpu_isa_name *const onpu_isa_fault_names;
extern const struct onpu_isa_name *const onpu_isa_engine_names;

/* NULL if there is no such opcode. */
const struct onpu_isa_command *onpu_isa_find(uint8_t opcode);
/* "?" if value is not in names. */
const char *onpu_isa_name(const struct onpu_isa_name *names, uint32_t value);

#endif
