// SPDX-License-Identifier: MIT
#include "frontend/flatbuffer.h"

#include <string.h>

/* A flatbuffer's scalars are little-endian at any address. */
static uint64_t load(const uint8_t *p, size_t bytes)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < bytes; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

static float float_of(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void fail(struct npu_fb *fb, const char *what, size_t at)
{
	if (!fb->bad) {
		fb->bad = what;
		fb->bad_at = at;
	}
}

static bool fits(const struct npu_fb *fb, size_t pos, size_t bytes)
{
	return pos <= fb->size && bytes <= fb->size - pos;
}

void npu_fb_init(struct npu_fb *fb, const void *data, size_t size)
{
	fb->data = data;
	fb->size = size;
	fb->bad = NULL;
	fb->bad_at = 0;
}

static struct npu_fb_table open_table(struct npu_fb *fb, size_t pos)
{
	struct npu_fb_table table = { 0 };
	int64_t vtable;
	size_t vtable_size;

	if (!fits(fb, pos, 4)) {
		fail(fb, "a table lies outside the file", pos);
		return table;
	}
	vtable = (int64_t)pos - (int32_t)load(fb->data + pos, 4);
	if (vtable < 0 || !fits(fb, (size_t)vtable, 4)) {
		fail(fb, "a table's vtable lies outside the file", pos);
		return table;
	}
	vtable_size = (size_t)load(fb->data + vtable, 2);
	if (vtable_size < 4 || vtable_size % 2 || !fits(fb, (size_t)vtable, vtable_size)) {
		fail(fb, "a vtable has a wrong size", (size_t)vtable);
		return table;
	}
	table.size = (uint16_t)load(fb->data + vtable + 2, 2);
	if (table.size < 4 || !fits(fb, pos, table.size)) {
		fail(fb, "a table runs past the end of the file", pos);
		return table;
	}
	table.pos = pos;
	table.vtable = (size_t)vtable;
	table.vtable_size = (uint16_t)vtable_size;
	return table;
}

/* The position of a field of so many bytes, 0 if the table does not store it. */
static size_t find(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		   size_t bytes)
{
	size_t entry = 4 + 2 * (size_t)field;
	size_t offset;

	if (!table->pos || entry + 2 > table->vtable_size)
		return 0;
	offset = (size_t)load(fb->data + table->vtable + entry, 2);
	if (!offset)
		return 0;
	if (offset < 4 || offset + bytes > table->size) {
		fail(fb, "a field lies outside its table", table->pos);
		return 0;
	}
	return table->pos + offset;
}

/* Follows the offset stored at pos; 0 on failure. */
static size_t follow(struct npu_fb *fb, size_t pos)
{
	uint64_t target = (uint64_t)pos + load(fb->data + pos, 4);

	if (target == pos || target > fb->size - 4) {
		fail(fb, "an offset leads out of the file", pos);
		return 0;
	}
	return (size_t)target;
}

struct npu_fb_table npu_fb_root(struct npu_fb *fb)
{
	struct npu_fb_table none = { 0 };
	size_t pos;

	if (fb->size < 8) {
		fail(fb, "the file is too short", 0);
		return none;
	}
	pos = follow(fb, 0);
	return pos ? open_table(fb, pos) : none;
}

struct npu_fb_table npu_fb_table(struct npu_fb *fb, const struct npu_fb_table *table,
				 unsigned int field)
{
	struct npu_fb_table none = { 0 };
	size_t pos = find(fb, table, field, 4);

	if (pos)
		pos = follow(fb, pos);
	return pos ? open_table(fb, pos) : none;
}

struct npu_fb_vec npu_fb_vec(struct npu_fb *fb, const struct npu_fb_table *table,
			     unsigned int field, size_t element_size)
{
	struct npu_fb_vec vec = { 0 };
	size_t pos = find(fb, table, field, 4);
	uint64_t count;

	if (pos)
		pos = follow(fb, pos);
	if (!pos)
		return vec;
	count = load(fb->data + pos, 4);
	if (count * element_size > fb->size - pos - 4) {
		fail(fb, "a vector runs past the end of the file", pos);
		return vec;
	}
	vec.pos = pos + 4;
	vec.count = (uint32_t)count;
	return vec;
}

bool npu_fb_has(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field)
{
	return find(fb, table, field, 1) != 0;
}

static uint64_t scalar(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		       size_t bytes, uint64_t otherwise)
{
	size_t pos = find(fb, table, field, bytes);

	return pos ? load(fb->data + pos, bytes) : otherwise;
}

int8_t npu_fb_i8(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		 int8_t otherwise)
{
	return (int8_t)scalar(fb, table, field, 1, (uint8_t)otherwise);
}

uint8_t npu_fb_u8(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		  uint8_t otherwise)
{
	return (uint8_t)scalar(fb, table, field, 1, otherwise);
}

int32_t npu_fb_i32(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		   int32_t otherwise)
{
	return (int32_t)scalar(fb, table, field, 4, (uint32_t)otherwise);
}

uint32_t npu_fb_u32(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		    uint32_t otherwise)
{
	return (uint32_t)scalar(fb, table, field, 4, otherwise);
}

uint64_t npu_fb_u64(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		    uint64_t otherwise)
{
	return scalar(fb, table, field, 8, otherwise);
}

float npu_fb_f32(struct npu_fb *fb, const struct npu_fb_table *table, unsigned int field,
		 float otherwise)
{
	size_t pos = find(fb, table, field, 4);

	return pos ? float_of((uint32_t)load(fb->data + pos, 4)) : otherwise;
}

struct npu_fb_table npu_fb_vec_table(struct npu_fb *fb, const struct npu_fb_vec *vec, uint32_t i)
{
	struct npu_fb_table none = { 0 };
	size_t pos = follow(fb, vec->pos + 4 * (size_t)i);

	return pos ? open_table(fb, pos) : none;
}

int32_t npu_fb_vec_i32(const struct npu_fb *fb, const struct npu_fb_vec *vec, uint32_t i)
{
	return (int32_t)load(fb->data + vec->pos + 4 * (size_t)i, 4);
}

int64_t npu_fb_vec_i64(const struct npu_fb *fb, const struct npu_fb_vec *vec, uint32_t i)
{
	return (int64_t)load(fb->data + vec->pos + 8 * (size_t)i, 8);
}

float npu_fb_vec_f32(const struct npu_fb *fb, const struct npu_fb_vec *vec, uint32_t i)
{
	return float_of((uint32_t)load(fb->data + vec->pos + 4 * (size_t)i, 4));
}
