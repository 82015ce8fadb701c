/* SPDX-License-Identifier: MIT */
/* The weight stream as the command manual describes it; shares nothing with the encoder. */
#include <string.h>

#include "compile/weights.h"
#include "ir/error.h"
#include "isa/onpu_isa.h"

struct input {
	const uint8_t *data;
	uint32_t size, at;
	bool bad;			/* read beyond the end, or padding that is not zero */
};

static uint32_t get8(struct input *in)
{
	if (in->at >= in->size) {
		in->bad = true;
		return 0;
	}
	return in->data[in->at++];
}

static uint32_t get32(struct input *in)
{
	uint32_t value = get8(in);

	value |= get8(in) << 8;
	value |= get8(in) << 16;
	return value | get8(in) << 24;
}

static void skip_padding(struct input *in)
{
	while (in->at % 4 && !in->bad)
		in->bad = get8(in) != 0 || in->bad;
}

/* Nibbles, low half first; a half byte that is left over at the end must be zero. */
struct nibbles {
	struct input *in;
	uint32_t byte;
	bool half;
};

static uint32_t get_nibble(struct nibbles *n)
{
	n->half = !n->half;
	if (n->half) {
		n->byte = get8(n->in);
		return n->byte & 15;
	}
	return n->byte >> 4;
}

static void end_nibbles(struct nibbles *n)
{
	if (n->half && n->byte >> 4)
		n->in->bad = true;
}

static void get_params(struct input *in, struct npu_channel_params *params, uint32_t lanes)
{
	for (uint32_t l = 0; l < lanes; l++)
		params[l].bias = (int32_t)get32(in);
	for (uint32_t l = 0; l < lanes; l++)
		params[l].mult = (int32_t)get32(in);
	for (uint32_t l = 0; l < lanes; l++)
		params[l].shift = (int8_t)get8(in);
	skip_padding(in);
}

static const char bad_input[] = "the end, or padding that is not zero,";

static npu_status malformed(const struct input *in, const char *what)
{
	return npu_fail(NPU_ERR_FORMAT, "weight stream: %s before byte %u", what, in->at);
}

/* The weight that meets a byte of a row: its index in a channel, or -1. */
static int64_t weight_at(const struct npu_weight_job *shape, uint32_t row, uint32_t offset)
{
	for (int i = 0; i < shape->num_runs; i++) {
		const struct npu_weight_run *run = &shape->runs[i];

		if (run->row == row && offset >= run->offset && offset - run->offset < run->length)
			return (int64_t)run->first + (offset - run->offset);
	}
	return -1;
}

#define MAX_V 32
#define MAX_SLOTS (3 * MAX_V * MAX_V)

/* One block's payload into the weights of its lanes.  header's fields are checked. */
static npu_status get_block(const struct npu_weight_job *shape, struct input *in, uint32_t header,
			    uint32_t lanes, int16_t *weights)
{
	uint32_t v = shape->preset->lanes;
	uint32_t offset = (header & ONPU_BLOCK_OFFSET_MASK) >> ONPU_BLOCK_OFFSET_SHIFT;
	uint32_t row = (header & ONPU_BLOCK_ROW_MASK) >> ONPU_BLOCK_ROW_SHIFT;
	uint32_t mode = (header & ONPU_BLOCK_MODE_MASK) >> ONPU_BLOCK_MODE_SHIFT;
	uint32_t steps = ((header & ONPU_BLOCK_STEPS_MASK) >> ONPU_BLOCK_STEPS_SHIFT) + 1;
	uint32_t slots = steps * lanes * v;
	struct nibbles nibbles = { .in = in };
	uint8_t occupied[MAX_SLOTS / 8];
	int16_t value[MAX_SLOTS] = { 0 };

	memset(occupied, 0xff, sizeof(occupied));
	if (header & ONPU_BLOCK_BITMAP_MASK) {
		for (uint32_t i = 0; i < (slots + 7) / 8; i++)
			occupied[i] = (uint8_t)get8(in);
	}
	for (uint32_t i = 0; i < slots; i++) {
		if (!(occupied[i / 8] >> i % 8 & 1))
			continue;
		if (header & ONPU_BLOCK_NIBBLE_MASK)
			value[i] = (int16_t)((int16_t)(get_nibble(&nibbles) ^ 8) - 8);
		else if (shape->weight_unsigned)
			value[i] = (int16_t)((int)get8(in) - shape->weight_zero);
		else
			value[i] = (int8_t)get8(in);
	}
	end_nibbles(&nibbles);
	nibbles = (struct nibbles){ .in = in };
	for (uint32_t i = 0; i < slots; i++) {
		uint32_t lane = i / v % lanes, t = i % v, byte = t, select;
		int16_t *weight;
		int64_t index;

		if (!(occupied[i / 8] >> i % 8 & 1))
			continue;
		if (mode != ONPU_BLOCK_D) {
			select = get_nibble(&nibbles);
			byte = (4 * t + select) % (4 * v) % (mode == ONPU_BLOCK_G2 ? 2 * v : 4 * v);
		}
		if (!value[i])
			continue;
		index = weight_at(shape, row, offset + byte);
		if (index < 0)
			return malformed(in, "a weight for a byte outside of all runs");
		weight = &weights[lane * shape->per_channel + (size_t)index];
		if (*weight + value[i] > 255 || *weight + value[i] < -255)
			return malformed(in, "weights of one byte that add up to more than 8 bits");
		*weight = (int16_t)(*weight + value[i]);
	}
	end_nibbles(&nibbles);
	skip_padding(in);
	return NPU_OK;
}

static npu_status get_channels(const struct npu_weight_job *shape, struct input *in, uint32_t lanes,
			       int16_t *weights)
{
	bool pair = shape->pair && lanes <= shape->preset->lanes / 2;
	bool first = true;

	for (;;) {
		uint32_t header = get32(in);
		uint32_t mode = (header & ONPU_BLOCK_MODE_MASK) >> ONPU_BLOCK_MODE_SHIFT;
		uint32_t steps = (header & ONPU_BLOCK_STEPS_MASK) >> ONPU_BLOCK_STEPS_SHIFT;
		bool last = header & ONPU_BLOCK_LAST_MASK;

		if (in->bad)
			return malformed(in, bad_input);
		if (header & ONPU_BLOCK_RESERVED_MASK)
			return malformed(in, "a reserved bit");
		if (steps > (mode == ONPU_BLOCK_G2 || mode == ONPU_BLOCK_G4 ? 2 : 0))
			return malformed(in, "too many steps");
		if (mode == ONPU_BLOCK_NONE && (!first || !last))
			return malformed(in, "an empty block that is not alone");
		if (pair && mode != ONPU_BLOCK_D && mode != ONPU_BLOCK_NONE)
			return malformed(in, "a block for pairs that gathers");
		if (mode != ONPU_BLOCK_NONE) {
			npu_status status = get_block(shape, in, header, lanes, weights);

			if (status)
				return status;
			if (in->bad)
				return malformed(in, bad_input);
		}
		if (last)
			return NPU_OK;
		first = false;
	}
}

static npu_status check_end(const struct input *in)
{
	if (in->bad)
		return malformed(in, bad_input);
	if (in->at != in->size)
		return npu_fail(NPU_ERR_FORMAT, "weight stream: %u bytes too many",
				in->size - in->at);
	return NPU_OK;
}

npu_status npu_weights_decode(const struct npu_weight_job *shape, const uint8_t *data,
			      uint32_t size, int16_t *weights, struct npu_channel_params *params)
{
	struct input in = { .data = data, .size = size };
	uint32_t v = shape->preset->lanes, out_c = (uint32_t)shape->out_c;

	memset(weights, 0, out_c * shape->per_channel * sizeof(*weights));
	for (uint32_t channel = 0; channel < out_c; channel += v) {
		uint32_t lanes = out_c - channel < v ? out_c - channel : v;
		npu_status status;

		get_params(&in, params + channel, lanes);
		status = get_channels(shape, &in, lanes, weights + channel * shape->per_channel);
		if (status)
			return status;
	}
	return check_end(&in);
}

npu_status npu_weights_decode_depthwise(const struct npu_weight_job *shape, int taps,
					const uint8_t *data, uint32_t size, int16_t *weights,
					struct npu_channel_params *params)
{
	struct input in = { .data = data, .size = size };
	uint32_t v = shape->preset->lanes, out_c = (uint32_t)shape->out_c;

	for (uint32_t channel = 0; channel < out_c && !in.bad; channel += v) {
		uint32_t lanes = out_c - channel < v ? out_c - channel : v;

		get_params(&in, params + channel, lanes);
		for (uint32_t t = 0; t < (uint32_t)taps; t++) {
			for (uint32_t l = 0; l < lanes; l++) {
				int byte = (int)get8(&in);

				weights[(size_t)t * out_c + channel + l] = (int16_t)
					(shape->weight_unsigned ? byte - shape->weight_zero :
					 (int8_t)byte);
			}
		}
		skip_padding(&in);
	}
	return check_end(&in);
}
