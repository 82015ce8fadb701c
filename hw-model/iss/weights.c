// SPDX-License-Identifier: MIT
#include <string.h>

#include "isa/onpu_isa.h"
#include "weights.h"

static uint32_t field(uint32_t header, uint32_t mask, unsigned int shift)
{
	return (header & mask) >> shift;
}

#define HEADER_FIELD(header, name) \
	field(header, ONPU_BLOCK_##name##_MASK, ONPU_BLOCK_##name##_SHIFT)

static uint32_t load_u32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* size bytes and padding to a word; NULL if the stream has less. */
static const uint8_t *take(struct onpu_weight_reader *reader, uint64_t size)
{
	const uint8_t *p = reader->data + reader->pos;
	uint64_t padded = (size + 3) & ~3ull;

	if (padded > reader->size - reader->pos)
		return NULL;
	reader->pos += (uint32_t)padded;
	return p;
}

bool onpu_weights_params(struct onpu_weight_reader *reader, uint32_t n,
			 struct onpu_weight_params *params)
{
	const uint8_t *p = take(reader, 9ull * n);

	if (!p)
		return false;
	params->bias = p;
	params->mult = p + 4 * n;
	params->shift = p + 8 * n;
	return true;
}

const uint8_t *onpu_weights_taps(struct onpu_weight_reader *reader, uint32_t n, uint32_t taps)
{
	return take(reader, (uint64_t)n * taps);
}

static uint32_t count_bits(const uint8_t *bytes, uint32_t size)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < size; i++)
		count += (uint32_t)__builtin_popcount(bytes[i]);
	return count;
}

bool onpu_weights_block(struct onpu_weight_reader *reader, uint32_t n,
			struct onpu_weight_block *block)
{
	const uint8_t *p = take(reader, 4);
	uint32_t header, slots, map_bytes, left;
	uint64_t size;
	bool sparse;

	if (!p)
		return false;
	header = load_u32(p);
	block->offset = HEADER_FIELD(header, OFFSET);
	block->row = HEADER_FIELD(header, ROW);
	block->mode = HEADER_FIELD(header, MODE);
	block->steps = HEADER_FIELD(header, STEPS) + 1;
	block->bitmap = HEADER_FIELD(header, BITMAP);
	block->nibble = HEADER_FIELD(header, NIBBLE);
	block->last = HEADER_FIELD(header, LAST);
	block->payload = reader->data + reader->pos;
	block->size = 0;
	block->occupied = 0;
	block->window = 0;
	if (header & ONPU_BLOCK_RESERVED_MASK)
		return false;
	if (block->mode == ONPU_BLOCK_NONE) {
		block->steps = 0;
		return (header & ~ONPU_BLOCK_MODE_MASK) == ONPU_BLOCK_LAST_MASK;
	}
	sparse = block->mode != ONPU_BLOCK_D;
	if (block->steps > (sparse ? 3 : 1))
		return false;
	block->window = reader->lanes << (block->mode == ONPU_BLOCK_G4 ? 2 :
					  block->mode == ONPU_BLOCK_G2 ? 1 : 0);
	slots = block->steps * n * reader->lanes;
	map_bytes = block->bitmap ? slots / 8 : 0;
	left = reader->size - reader->pos;
	if (map_bytes > left)
		return false;
	block->occupied = block->bitmap ? count_bits(block->payload, map_bytes) : slots;
	size = map_bytes;
	size += block->nibble ? (block->occupied + 1) / 2 : block->occupied;
	size += sparse ? (block->occupied + 1) / 2 : 0;
	if (!take(reader, size))
		return false;
	block->size = (uint32_t)(reader->data + reader->pos - block->payload);
	return true;
}

static bool params_in_range(const struct onpu_weight_params *params, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int8_t shift = (int8_t)params->shift[i];

		if ((int32_t)load_u32(params->mult + 4 * i) < 0 || shift < -31 || shift > 30)
			return false;
	}
	return true;
}

/* Weight blocks of one output-channel block. */
static bool check_blocks(struct onpu_weight_reader *reader, const struct onpu_weight_shape *shape,
			 uint32_t n, struct onpu_weight_reach *reach)
{
	bool paired = shape->pair && n <= shape->lanes / 2;
	struct onpu_weight_block block;
	bool first = true;

	do {
		if (!onpu_weights_block(reader, n, &block))
			return false;
		if (block.mode == ONPU_BLOCK_NONE)
			return first;
		if (paired && block.mode != ONPU_BLOCK_D)
			return false;
		if (block.row + 1 > reach->rows)
			reach->rows = block.row + 1;
		if (block.offset + block.window > reach->bytes)
			reach->bytes = block.offset + block.window;
		first = false;
	} while (!block.last);
	return true;
}

bool onpu_weights_check_conv(const struct onpu_weight_shape *shape, const uint8_t *data,
			     uint32_t size, struct onpu_weight_reach *reach)
{
	struct onpu_weight_reader reader = { .data = data, .size = size, .lanes = shape->lanes };
	struct onpu_weight_params params;

	*reach = (struct onpu_weight_reach){ 0 };
	for (uint32_t c = 0; c < shape->out_c; c += shape->lanes) {
		uint32_t n = shape->out_c - c < shape->lanes ? shape->out_c - c : shape->lanes;

		if (!onpu_weights_params(&reader, n, &params) ||
		    (shape->per_channel && !params_in_range(&params, n)) ||
		    !check_blocks(&reader, shape, n, reach))
			return false;
	}
	return reader.pos == size;
}

bool onpu_weights_check_dwconv(const struct onpu_weight_shape *shape, const uint8_t *data,
			       uint32_t size, uint32_t taps)
{
	struct onpu_weight_reader reader = { .data = data, .size = size, .lanes = shape->lanes };
	struct onpu_weight_params params;

	for (uint32_t c = 0; c < shape->out_c; c += shape->lanes) {
		uint32_t n = shape->out_c - c < shape->lanes ? shape->out_c - c : shape->lanes;

		if (!onpu_weights_params(&reader, n, &params) ||
		    (shape->per_channel && !params_in_range(&params, n)) ||
		    !onpu_weights_taps(&reader, n, taps))
			return false;
	}
	return reader.pos == size;
}

static uint32_t nibble_at(const uint8_t *bytes, uint32_t i)
{
	return bytes[i / 2] >> (4 * (i % 2)) & 15;
}

static int16_t value_at(const struct onpu_weight_shape *shape,
			const struct onpu_weight_block *block, const uint8_t *values, uint32_t i)
{
	if (block->nibble)
		return (int16_t)((int16_t)(nibble_at(values, i) ^ 8) - 8);
	if (shape->is_unsigned)
		return (int16_t)(values[i] - shape->zero);
	return (int8_t)values[i];
}

/* The common case, without a test for each slot. */
static void expand_plain(const struct onpu_weight_shape *shape, const uint8_t *values, uint32_t n,
			 int16_t *dense, size_t stride)
{
	for (uint32_t lane = 0; lane < n; lane++, dense += stride, values += shape->lanes) {
		if (shape->is_unsigned)
			for (uint32_t t = 0; t < shape->lanes; t++)
				dense[t] = (int16_t)(dense[t] + values[t] - shape->zero);
		else
			for (uint32_t t = 0; t < shape->lanes; t++)
				dense[t] = (int16_t)(dense[t] + (int8_t)values[t]);
	}
}

void onpu_weights_expand(const struct onpu_weight_shape *shape,
			 const struct onpu_weight_block *block, uint32_t n, int16_t *dense,
			 size_t stride)
{
	uint32_t lanes = shape->lanes, slots = block->steps * n * lanes;
	const uint8_t *map = block->payload;
	const uint8_t *values = map + (block->bitmap ? slots / 8 : 0);
	const uint8_t *selects = values +
		(block->nibble ? (block->occupied + 1) / 2 : block->occupied);
	uint32_t i = 0;

	if (block->mode == ONPU_BLOCK_D && !block->bitmap && !block->nibble) {
		expand_plain(shape, values, n, dense, stride);
		return;
	}
	for (uint32_t slot = 0; slot < slots; slot++) {
		uint32_t t = slot % lanes, lane = slot / lanes % n;
		int16_t *at;

		if (block->bitmap && !(map[slot / 8] >> slot % 8 & 1))
			continue;
		if (block->mode != ONPU_BLOCK_D)
			t = (4 * t + nibble_at(selects, i)) % (4 * lanes) % block->window;
		at = &dense[lane * stride + t];
		*at = (int16_t)(*at + value_at(shape, block, values, i));
		i++;
	}
}
