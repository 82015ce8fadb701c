// SPDX-License-Identifier: MIT
#include "archive.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

void npu_archive_fail(struct npu_archive *archive, const char *format, ...)
{
	char text[512];
	va_list args;

	if (archive->status)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (archive->record >= 0)
		archive->status = npu_fail(NPU_ERR_FORMAT,
					   "malformed program: section %s, record %d: %s",
					   archive->where, archive->record, text);
	else
		archive->status = npu_fail(NPU_ERR_FORMAT, "malformed program: section %s: %s",
					   archive->where, text);
}

static void out_of_memory(struct npu_archive *archive)
{
	if (!archive->status)
		archive->status = npu_fail(NPU_ERR_NOMEM, "out of memory for a program");
}

static bool make_room(struct npu_archive *archive, size_t size)
{
	size_t room = archive->room;
	uint8_t *out;

	if (size <= room - archive->pos)
		return true;
	while (size > room - archive->pos) {
		if (room > SIZE_MAX / 2) {
			out_of_memory(archive);
			return false;
		}
		room = room ? 2 * room : 4096;
	}
	out = realloc(archive->out, room);
	if (!out) {
		out_of_memory(archive);
		return false;
	}
	archive->out = out;
	archive->room = room;
	return true;
}

void npu_archive_bytes(struct npu_archive *archive, void *data, size_t size)
{
	if (archive->reading) {
		if (!archive->status && size > archive->end - archive->pos)
			npu_archive_fail(archive, "%zu bytes needed, %zu are left", size,
					 archive->end - archive->pos);
		if (archive->status) {
			if (size)
				memset(data, 0, size);
			return;
		}
		if (size)
			memcpy(data, archive->in + archive->pos, size);
		archive->pos += size;
	} else if (!archive->status && make_room(archive, size)) {
		if (size)
			memcpy(archive->out + archive->pos, data, size);
		archive->pos += size;
	}
}

static uint64_t integer(struct npu_archive *archive, uint64_t value, size_t size)
{
	uint8_t bytes[8];
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	npu_archive_bytes(archive, bytes, size);
	value = 0;
	for (i = 0; i < size; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

void npu_archive_u16(struct npu_archive *archive, uint16_t *value)
{
	*value = (uint16_t)integer(archive, *value, 2);
}

void npu_archive_u32(struct npu_archive *archive, uint32_t *value)
{
	*value = (uint32_t)integer(archive, *value, 4);
}

void npu_archive_u64(struct npu_archive *archive, uint64_t *value)
{
	*value = integer(archive, *value, 8);
}

void npu_archive_i32(struct npu_archive *archive, int32_t *value)
{
	*value = (int32_t)(uint32_t)integer(archive, (uint32_t)*value, 4);
}

void npu_archive_int(struct npu_archive *archive, int *value)
{
	int32_t wide = *value;

	npu_archive_i32(archive, &wide);
	*value = wide;
}

void npu_archive_f32(struct npu_archive *archive, float *value)
{
	uint32_t bits;

	memcpy(&bits, value, sizeof(bits));
	npu_archive_u32(archive, &bits);
	memcpy(value, &bits, sizeof(bits));
}

uint32_t npu_archive_enum(struct npu_archive *archive, uint32_t value, uint32_t count,
			  const char *what)
{
	npu_archive_u32(archive, &value);
	if (archive->reading && value >= count) {
		npu_archive_fail(archive, "%s is %u, the last that is known is %u", what, value,
				 count - 1);
		value = 0;
	}
	return value;
}

void npu_archive_bool(struct npu_archive *archive, bool *value)
{
	*value = npu_archive_enum(archive, *value, 2, "flag");
}

void npu_archive_string(struct npu_archive *archive, char **text)
{
	int length = 0;

	if (!archive->reading && *text) {
		size_t size = strlen(*text);

		if (size > INT_MAX) {
			npu_archive_fail(archive, "name of %zu bytes", size);
			return;
		}
		length = (int)size;
	}
	length = npu_archive_count(archive, length, 1);
	if (!archive->reading) {
		npu_archive_bytes(archive, *text, (size_t)length);
		return;
	}
	*text = NULL;
	if (archive->status)
		return;
	*text = calloc((size_t)length + 1, 1);
	if (!*text) {
		out_of_memory(archive);
		return;
	}
	npu_archive_bytes(archive, *text, (size_t)length);
	if (strlen(*text) != (size_t)length)
		npu_archive_fail(archive, "zero byte in a name");
}

int npu_archive_count(struct npu_archive *archive, int count, size_t record_bytes)
{
	uint32_t value = (uint32_t)count;
	size_t left;

	npu_archive_u32(archive, &value);
	/* What is written stays as it is, also where writing fails. */
	if (!archive->reading)
		return count;
	if (archive->status)
		return 0;
	left = archive->end - archive->pos;
	if (value > left / record_bytes || value > INT_MAX) {
		npu_archive_fail(archive, "%u records of at least %zu bytes, %zu bytes are left",
				 value, record_bytes, left);
		return 0;
	}
	return (int)value;
}

void *npu_archive_array(struct npu_archive *archive, void *array, int count, size_t size)
{
	if (!archive->reading)
		return array;
	if (archive->status)
		return NULL;
	array = calloc(count ? (size_t)count : 1, size);
	if (!array)
		out_of_memory(archive);
	return array;
}
