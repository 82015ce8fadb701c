// SPDX-License-Identifier: MIT
#include "isa_fields.h"

const struct onpu_isa_command *onpu_isa_find(uint8_t opcode)
{
	for (size_t i = 0; i < onpu_isa_num_commands; i++)
		if (onpu_isa_commands[i].opcode == opcode)
			return &onpu_isa_commands[i];
	return NULL;
}

const char *onpu_isa_name(const struct onpu_isa_name *names, uint32_t value)
{
	for (; names->name; names++)
		if (names->value == value)
			return names->name;
	return "?";
}
