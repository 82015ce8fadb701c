// SPDX-License-Identifier: MIT
/*
 * The waveform of --trace.  Its writer, which is Verilator's, reports no error: where the disk is
 * full it ends the process by SIGBUS or leaves a damaged file, and both are found here.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

/* For the signal's handler, which can do little but write() and unlink(). */
static struct {
	char message[4500], path[4096], hierarchy[4104];
	int failure;
} trace;

static void remove_trace(void)
{
	unlink(trace.path);
	unlink(trace.hierarchy);
}

static void full_disk(int number)
{
	(void)number;
	if (write(STDERR_FILENO, trace.message, strlen(trace.message)) < 0)
		trace.failure = EXIT_FAILED;	/* nobody to tell */
	remove_trace();
	npu_file_remove_temporaries();
	_exit(trace.failure);
}

bool trace_begin(const struct options *options)
{
	struct sigaction action = { .sa_handler = full_disk };
	const char *path = options->rtl.trace;

	if (!path)
		return true;
	if (is_same_file(options->network, path)) {
		complain("%s: is the network itself: give the trace another name", path);
		return false;
	}
	if (strlen(path) >= sizeof(trace.path)) {
		complain("--trace: the name is longer than %zu bytes", sizeof(trace.path) - 1);
		return false;
	}
	strcpy(trace.path, path);
	snprintf(trace.hierarchy, sizeof(trace.hierarchy), "%s.hier", path);
	snprintf(trace.message, sizeof(trace.message),
		 "npu: %s: the trace cannot be written: the disk is full, or the file too large; "
		 "--window makes it smaller\n", printable(path));
	trace.failure = options->failure;
	sigaction(SIGBUS, &action, NULL);
	return true;
}

/* Blocks with their lengths up to the end, the hierarchy among them, which is written last. */
static bool is_whole(const char *path)
{
	enum { HIERARCHY = 4, HIERARCHY_LZ4 = 6, HIERARCHY_LZ4_TWICE = 7 };
	FILE *file = fopen(path, "rb");
	bool whole = false;
	unsigned char head[9];
	struct stat info;
	uint64_t at = 0;

	if (!file || fstat(fileno(file), &info))
		info.st_size = 0;
	while (file && !fseeko(file, (off_t)at, SEEK_SET) && fread(head, sizeof(head), 1, file)) {
		uint64_t length = 0;
		int i;

		for (i = 1; i < 9; i++)
			length = length << 8 | head[i];
		if (length < 8 || length > (uint64_t)info.st_size - at - 1)
			break;
		at += 1 + length;
		whole = at == (uint64_t)info.st_size &&
			(head[0] == HIERARCHY || head[0] == HIERARCHY_LZ4 ||
			 head[0] == HIERARCHY_LZ4_TWICE);
	}
	if (file)
		fclose(file);
	return whole;
}

bool trace_end(const struct options *options)
{
	const char *path = options->rtl.trace;

	if (!path)
		return true;
	signal(SIGBUS, SIG_DFL);
	if (is_whole(path))
		return true;
	fflush(stdout);
	fputs(trace.message, stderr);
	remove_trace();
	return false;
}
