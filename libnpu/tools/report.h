/* SPDX-License-Identifier: MIT */
/*
 * Something described once, printed as text or as JSON.  As text each object is a line: its title,
 * then "name=value"s; objects inside it are lines below, indented.
 */
#ifndef NPU_TOOL_REPORT_H
#define NPU_TOOL_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#define REPORT_DEPTH 8

struct report {
	bool json;
	bool in_line;		/* text: a line has begun */
	int depth;
	struct {
		bool list;	/* members have no names */
		bool any;	/* it has a member */
	} level[REPORT_DEPTH];
};

void report_begin(struct report *report, bool json);
void report_end(struct report *report);

/* name is the member's in JSON, title begins the line of text. */
void report_open(struct report *report, const char *name, const char *title);
void report_open_list(struct report *report, const char *name);
void report_close(struct report *report);

void report_number(struct report *report, const char *name, uint64_t value);
/* Hexadecimal in text. */
void report_hex(struct report *report, const char *name, uint64_t value);
void report_text(struct report *report, const char *name, const char *value);

#endif
