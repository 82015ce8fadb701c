// SPDX-License-Identifier: MIT
/* Messages, and text from files on its way to a terminal or into JSON. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"

static char *next_buffer(size_t *size)
{
	static char buffers[8][4096];
	static unsigned int next;

	*size = sizeof(buffers[0]);
	return buffers[next++ % 8];
}

/* Bytes of the UTF-8 character at text, 0 if there is none. */
static int utf8_length(const unsigned char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code;
	int n, i;

	if (text[0] < 0x80)
		return 1;
	n = text[0] >= 0xf0 && text[0] < 0xf8 ? 4 : text[0] >= 0xe0 && text[0] < 0xf0 ? 3 :
	    text[0] >= 0xc0 && text[0] < 0xe0 ? 2 : 0;
	if (!n)
		return 0;
	code = text[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fu);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return n;
}

const char *shortened(const char *text, int width)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t size, n = 0, cut = 0;
	char *out = next_buffer(&size);
	int columns = 0;

	while (*in && n + 8 < size) {
		int bytes = utf8_length(in);
		int wide = 1;

		/* The controls beyond ASCII are two bytes in UTF-8. */
		if (!bytes || *in < ' ' || *in == 0x7f || (*in == 0xc2 && in[1] < 0xa0))
			wide = 4;
		if (columns + wide > width) {
			strcpy(out + cut, "...");
			return out;
		}
		if (wide == 4) {
			n += (size_t)sprintf(out + n, "\\x%02x", *in++);
		} else {
			memcpy(out + n, in, (size_t)bytes);
			n += (size_t)bytes;
			in += bytes;
		}
		columns += wide;
		if (columns <= width - 3)
			cut = n;
	}
	out[n] = 0;
	return out;
}

const char *printable(const char *text)
{
	return shortened(text, 4000);
}

static void report(const char *prefix, const char *name, const char *format, va_list args)
{
	char text[3072];

	vsnprintf(text, sizeof(text), format, args);
	/* What was printed so far comes first, also where both go into one file. */
	fflush(stdout);
	fprintf(stderr, "npu%s%s: %s\n", prefix, name, printable(text));
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report("", "", format, args);
	va_end(args);
}

int complain_usage(const struct command *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(" ", command->name, format, args);
	va_end(args);
	fprintf(stderr, "Try 'npu %s --help'.\n", command->name);
	return EXIT_USAGE;
}

void complain_npu(void)
{
	complain("%s", npu_error());
}

const char *shape_text(npu_dtype dtype, int rank, const uint64_t *dims)
{
	size_t size, n;
	char *out = next_buffer(&size);
	int i;

	n = (size_t)snprintf(out, size, "%s [", npu_dtype_name(dtype));
	for (i = 0; i < rank; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%" PRIu64, i ? ", " : "", dims[i]);
	snprintf(out + n, size - n, "]");
	return out;
}

const char *tensor_text(const npu_tensor_info *info)
{
	uint64_t dims[NPU_MAX_RANK];
	int i;

	for (i = 0; i < info->rank; i++)
		dims[i] = (uint64_t)info->dims[i];
	return shape_text(info->dtype, info->rank, dims);
}

void print_json_string(const char *text)
{
	const unsigned char *in = (const unsigned char *)text;

	putchar('"');
	while (*in) {
		int bytes = utf8_length(in);

		if (!bytes) {		/* JSON is UTF-8: the replacement character */
			fputs("\\ufffd", stdout);
			in++;
		} else if (*in == '"' || *in == '\\') {
			printf("\\%c", *in++);
		} else if (*in < ' ' || *in == 0x7f) {
			printf("\\u%04x", *in++);
		} else {
			fwrite(in, 1, (size_t)bytes, stdout);
			in += bytes;
		}
	}
	putchar('"');
}
