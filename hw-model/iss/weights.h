/* SPDX-License-Identifier: MIT */
/* Reads weight streams, as the command manual defines them. */
#ifndef ONPU_WEIGHTS_H
#define ONPU_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct onpu_weight_reader {
	const uint8_t *data;
	uint32_t size, pos;
	uint32_t lanes;		/* V */
};

struct onpu_weight_params {
	const uint8_t *bias, *mult, *shift;	/* n little-endian i32, n i32, n i8 */
};

struct onpu_weight_block {
	uint32_t offset, row;
	uint32_t mode, steps;
	bool bitmap, nibble, last;
	uint32_t window;		/* bytes: V, 2V or 4V */
	uint32_t occupied;		/* slots */
	const uint8_t *payload;
	uint32_t size;			/* of the payload */
};

/* What all of a CONV's stream needs to know of a command. */
struct onpu_weight_shape {
	uint32_t lanes;			/* V */
	uint32_t out_c;
	bool is_unsigned;
	int32_t zero;			/* 0 unless is_unsigned */
	bool pair, per_channel;
};

/* Farthest that the windows of a stream reach. */
struct onpu_weight_reach {
	uint32_t rows;			/* largest row of a window, plus 1; 0: no window */
	uint32_t bytes;			/* largest end of a window in its row */
};

/* False: malformed.  Parameters of an output-channel block of n channels. */
bool onpu_weights_params(struct onpu_weight_reader *reader, uint32_t n,
			 struct onpu_weight_params *params);
/* The next weight block; false: malformed. */
bool onpu_weights_block(struct onpu_weight_reader *reader, uint32_t n,
			struct onpu_weight_block *block);
/* Bytes of a DWCONV's output-channel block; NULL: malformed. */
const uint8_t *onpu_weights_taps(struct onpu_weight_reader *reader, uint32_t n, uint32_t taps);

/* Whole streams; false: BAD_WEIGHTS. */
bool onpu_weights_check_conv(const struct onpu_weight_shape *shape, const uint8_t *data,
			     uint32_t size, struct onpu_weight_reach *reach);
bool onpu_weights_check_dwconv(const struct onpu_weight_shape *shape, const uint8_t *data,
			       uint32_t size, uint32_t taps);

/* Adds weights to dense[lane * stride + window byte]. */
void onpu_weights_expand(const struct onpu_weight_shape *shape,
			 const struct onpu_weight_block *block, uint32_t n, int16_t *dense,
			 size_t stride);

#endif
