// SPDX-License-Identifier: MIT
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"

static void end_line(struct report *report)
{
	if (report->in_line)
		putchar('\n');
	report->in_line = false;
}

static void begin_member(struct report *report, const char *name)
{
	if (!report->json)
		return;
	if (report->level[report->depth].any)
		printf(", ");
	report->level[report->depth].any = true;
	if (!report->level[report->depth].list) {
		print_json_string(name);
		printf(": ");
	}
}

static void descend(struct report *report, bool list)
{
	report->depth++;
	report->level[report->depth].list = list;
	report->level[report->depth].any = false;
	if (report->json)
		putchar(list ? '[' : '{');
}

void report_begin(struct report *report, bool json)
{
	memset(report, 0, sizeof(*report));
	report->json = json;
	if (json)
		putchar('{');
}

void report_end(struct report *report)
{
	end_line(report);
	if (report->json)
		printf("}\n");
}

void report_open(struct report *report, const char *name, const char *title)
{
	begin_member(report, name);
	end_line(report);
	if (!report->json)
		printf("%*s%-*s", 2 * report->depth, "", 12 - 2 * report->depth, title);
	report->in_line = !report->json;
	descend(report, false);
}

void report_open_list(struct report *report, const char *name)
{
	begin_member(report, name);
	end_line(report);
	descend(report, true);
}

void report_close(struct report *report)
{
	end_line(report);
	if (report->json)
		putchar(report->level[report->depth].list ? ']' : '}');
	report->depth--;
}

static void begin_value(struct report *report, const char *name)
{
	begin_member(report, name);
	if (!report->json)
		printf(" %s=", name);
}

void report_number(struct report *report, const char *name, uint64_t value)
{
	begin_value(report, name);
	printf("%" PRIu64, value);
}

void report_hex(struct report *report, const char *name, uint64_t value)
{
	begin_value(report, name);
	printf(report->json ? "%" PRIu64 : "0x%" PRIx64, value);
}

void report_text(struct report *report, const char *name, const char *value)
{
	bool bare = *value && !strpbrk(value, " =\"");

	begin_value(report, name);
	if (report->json)
		print_json_string(value);
	else
		printf(bare ? "%s" : "\"%s\"", printable(value));
}
