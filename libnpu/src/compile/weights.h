/* SPDX-License-Identifier: MIT */
/*
 * The weight encoder: from a convolution's weights to the weight stream of
 * docs/command-manual.md, each block in the mode that costs the fewest cycles, and
 * among equals the fewest bytes.
 */
#ifndef NPU_COMPILE_WEIGHTS_H
#define NPU_COMPILE_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iss/preset.h"
#include "npu.h"

/* Per output channel: what the post-processor takes from the stream. */
struct npu_channel_params {
	int32_t bias;
	int32_t mult;
	int8_t shift;
};

/*
 * One contiguous run of window bytes of a pixel: a kernel row (kernel_w * channels bytes) where the
 * input is dense and not dilated, else one run for each tap.
 */
struct npu_weight_run {
	uint8_t row;		/* as in the block header: kernel row * dilation */
	uint16_t offset;	/* byte offset of the run's first byte from the pixel's first byte */
	uint32_t length;	/* bytes */
	uint32_t first;		/* index of its first weight in a channel's weights; they are contiguous */
};

struct npu_weight_job {
	const struct onpu_preset *preset;
	int out_c;
	const int16_t *weights;		/* [out_c][per_channel], zero point removed: -255 .. 255 */
	size_t per_channel;
	const struct npu_channel_params *params;	/* out_c */
	int num_runs;
	const struct npu_weight_run *runs;
	bool weight_unsigned;		/* bytes hold weight + weight_zero */
	uint8_t weight_zero;
	bool pair;			/* PAIR is set: output-channel blocks of <= V/2 lanes use mode D only */
	bool dense;			/* D only, nothing skipped, no bitmap, no nibbles */
	uint32_t pixels;		/* of a tile, for the trade between steps and bytes */
	uint32_t load_rate;		/* external bytes a cycle that bring the weights, 0: no matter */
};

/* An encoded stream, splittable at output-channel blocks. */
struct npu_weight_stream {
	uint8_t *data;
	uint32_t size;			/* multiple of 4 */
	int num_blocks;			/* output-channel blocks: ceil(out_c / V) */
	uint32_t *block_offset;		/* num_blocks + 1 entries; block b is data[offset[b] .. offset[b + 1]) */
	uint32_t *block_steps;		/* array steps a pixel (a pair) of each; DWCONV: 0 */
};

/* NPU_ERR_NOMEM; NPU_ERR_LIMIT if a run does not fit the header, or a weight 8 bits. */
npu_status npu_weights_encode(const struct npu_weight_job *job, struct npu_weight_stream *stream);
/* Depthwise: weights [kernel_h * kernel_w][out_c], zero point removed. */
npu_status npu_weights_encode_depthwise(const struct npu_weight_job *job, int taps,
					struct npu_weight_stream *stream);
void npu_weights_clear(struct npu_weight_stream *stream);

/*
 * Decodes a stream back into weights [out_c][per_channel] and params, by the manual and not by the
 * encoder's code; for tests and the disassembler.  NPU_ERR_FORMAT if malformed.
 */
npu_status npu_weights_decode(const struct npu_weight_job *shape, const uint8_t *data,
			      uint32_t size, int16_t *weights, struct npu_channel_params *params);
/* Likewise of npu_weights_encode_depthwise(): weights [taps][out_c]. */
npu_status npu_weights_decode_depthwise(const struct npu_weight_job *shape, int taps,
					const uint8_t *data, uint32_t size, int16_t *weights,
					struct npu_channel_params *params);

#endif
