/* SPDX-License-Identifier: MIT */
/* "bw=8,latency=100", either part alone too: of --memory, and of `slow`. */
#ifndef ONPU_SERVER_MEMORY_OPTION_H
#define ONPU_SERVER_MEMORY_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#define MEMORY_SYNTAX "bw=1..256 and latency=1..100000, with a comma"

/* What is not named stays as it is. */
struct memory_option {
	uint32_t bytes_per_cycle, latency;
};

bool parse_memory(const char *text, struct memory_option *memory);

#endif
