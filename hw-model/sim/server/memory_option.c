// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "memory_option.h"

static bool parse_part(const char **text, const char *name, unsigned long most, uint32_t *value)
{
	size_t length = strlen(name);
	unsigned long number;
	char *end;

	if (strncmp(*text, name, length) != 0 || (*text)[length] < '0' || (*text)[length] > '9')
		return false;
	number = strtoul(*text + length, &end, 10);
	if (!number || number > most)
		return false;
	*value = (uint32_t)number;
	*text = end;
	return true;
}

bool parse_memory(const char *text, struct memory_option *memory)
{
	for (;;) {
		if (!parse_part(&text, "bw=", 256, &memory->bytes_per_cycle) &&
		    !parse_part(&text, "latency=", 100000, &memory->latency))
			return false;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}
