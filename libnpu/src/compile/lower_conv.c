// SPDX-License-Identifier: MIT
/* Layers of the MAC array: convolutions of all kinds as kernel rows over contiguous window bytes. */
#include "lower_state.h"

#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

/* Weights of grouped convolutions with their structural zeros, two bytes each while compiling. */
#define MAX_EXPANDED (64 * 1024 * 1024)

/* Weights and channel parameters on their way into the encoder. */
struct kernel {
	int out_c;
	size_t per_channel;
	int16_t *weights;		/* [out_c][per_channel] */
	struct npu_channel_params *params;
};

static npu_status kernel_alloc(struct kernel *k, int out_c, size_t per_channel)
{
	k->out_c = out_c;
	k->per_channel = per_channel;
	k->weights = calloc((size_t)out_c * per_channel, sizeof(*k->weights));
	k->params = calloc(out_c, sizeof(*k->params));
	return k->weights && k->params ? NPU_OK : npu_fail(NPU_ERR_NOMEM, "out of memory");
}

static void kernel_free(struct kernel *k)
{
	free(k->weights);
	free(k->params);
}

/* What the reading of stored weights needs. */
struct weight_format {
	const struct npu_tensor *tensor;
	int zero;		/* subtracted */
	bool as_unsigned;	/* the stream holds bytes minus weight_zero */
	uint8_t weight_zero;
};

static struct weight_format weight_format(const struct npu_tensor *w, bool zero_counts)
{
	struct weight_format f = { .tensor = w };

	if (zero_counts && w->quant.n == 1)
		f.zero = w->quant.zero_point[0];
	if (w->dtype == NPU_UINT8) {
		f.as_unsigned = true;
		f.weight_zero = (uint8_t)f.zero;
	} else if (f.zero) {
		f.as_unsigned = true;
		f.weight_zero = (uint8_t)(f.zero + 128);
	}
	return f;
}

/* Multiplications of the layer in the network as it is. */
static uint64_t layer_macs(const struct npu_lower *s, const struct npu_node *n, int input)
{
	const struct npu_tensor *all = s->out->source->tensors;
	const struct npu_tensor *in = &all[n->inputs[input]], *w = &all[n->inputs[1]];
	const struct npu_tensor *out = &all[n->outputs[0]];

	/* Each weight once for each pixel: of the input where it is the smaller one, as for FULLY_CONNECTED. */
	if (n->op == NPU_OP_FULLY_CONNECTED)
		return npu_tensor_elements(in) / w->dims[1] * npu_tensor_elements(w);
	if (n->op == NPU_OP_TRANSPOSE_CONV)
		return npu_tensor_elements(in) / in->dims[3] * npu_tensor_elements(w);
	return npu_tensor_elements(out) / out->dims[3] * npu_tensor_elements(w);
}

static int weight_at(const struct weight_format *f, size_t i)
{
	int v = f->tensor->dtype == NPU_UINT8 ? ((const uint8_t *)f->tensor->data)[i] :
						((const int8_t *)f->tensor->data)[i];

	return v - f->zero;
}

static int32_t bias_at(const struct npu_lower *s, const struct npu_node *n, int input, int c)
{
	if (input >= n->num_inputs || n->inputs[input] < 0)
		return 0;
	return ((const int32_t *)npu_in(s, n, input)->data)[c];
}

/* bias - input zero point * sum of weights, modulo 2^32: exact, because the accumulator wraps. */
static int32_t fold_bias(const struct kernel *k, int c, int32_t bias, int in_zero)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < k->per_channel; i++)
		sum += k->weights[(size_t)c * k->per_channel + i];
	return (int32_t)(uint32_t)((uint64_t)bias - (uint64_t)((int64_t)in_zero * sum));
}

static double channel_scale(const struct npu_tensor *in, const struct npu_tensor *w,
			    const struct npu_tensor *out, int c)
{
	float sw = w->quant.n > 1 ? w->quant.scale[c] : npu_scale(w);

	if (in->dtype == NPU_UINT8)	/* the product in float32, ARITHMETIC of uint8 */
		return (double)(npu_scale(in) * sw) / (double)npu_scale(out);
	return (double)npu_scale(in) * (double)sw / (double)npu_scale(out);
}

/* Common end of a convolution's post-processor. */
static void set_post(struct npu_lop *lop, const struct npu_tensor *in, const struct npu_tensor *out,
		     enum npu_act act, const struct weight_format *f)
{
	int min, max;

	npu_act_range(act, out, &min, &max);
	lop->post.flags |= ONPU_POST_PER_CHANNEL;
	lop->post.round = ONPU_ROUND_D;
	lop->post.zero = (int16_t)npu_zero(out);
	lop->post.min = (int16_t)min;
	lop->post.max = (int16_t)max;
	if (in->dtype == NPU_UINT8)
		lop->mode |= ONPU_CONV_IN_UNSIGNED;
	if (f->as_unsigned) {
		lop->mode |= ONPU_CONV_WEIGHT_UNSIGNED;
		lop->weight_zero = f->weight_zero;
	}
}

static uint32_t tile_pixels(int h, int w)
{
	int64_t pixels = (int64_t)h * w;

	return pixels < ONPU_P_MAX ? (uint32_t)pixels : ONPU_P_MAX;
}

static struct npu_weight_stream *new_stream(struct npu_lop *lop)
{
	if (lop->num_streams == lop->cap_streams) {
		int wanted = lop->cap_streams ? 2 * lop->cap_streams : 4;
		struct npu_weight_stream *p = realloc(lop->streams, wanted * sizeof(*p));

		if (!p) {
			npu_fail(NPU_ERR_NOMEM, "out of memory");
			return NULL;
		}
		lop->streams = p;
		lop->cap_streams = wanted;
	}
	memset(&lop->streams[lop->num_streams], 0, sizeof(*lop->streams));
	return &lop->streams[lop->num_streams++];
}

/* Whether blocks that fill at most half of the lanes should take two pixels at a time. */
static bool use_pairs(const struct npu_lower *s, int out_c, int pixels)
{
	int rest = out_c % (int)s->out->preset->lanes;

	return rest && rest <= (int)s->out->preset->lanes / 2 && pixels > 1;
}

/* Bytes that the weights of a kernel's channels take at least, about: values and selects. */
static uint64_t sparse_bytes(const struct npu_weight_job *job)
{
	uint64_t all = (uint64_t)job->out_c * job->per_channel, set = 0;

	for (size_t i = 0; i < all; i++)
		set += job->weights[i] != 0;
	set += set / 2 + all / 16;
	return set < all ? set : all;
}

/* What a layer's weights take from, and its computing adds to, what can be loaded ahead of time. */
static void note_ahead(struct npu_lower *s, const struct npu_lop *lop, const struct npu_part *part,
		       uint64_t steps, uint64_t bytes)
{
	uint64_t sram = s->out->preset->sram_bytes;
	uint64_t maps = (uint64_t)lop->in.h * lop->in.w * lop->in.c + (uint64_t)part->h * part->w * part->c;

	s->ahead += steps * part->h * part->w * NPU_BYTES_PER_CYCLE;
	s->ahead -= bytes < s->ahead ? bytes : s->ahead;
	if (s->ahead > sram - (maps < sram ? maps : sram))
		s->ahead = sram - (maps < sram ? maps : sram);
}

/* Encodes channels [first, first + count) of a kernel for a part. */
static npu_status encode(struct npu_lower *s, const struct npu_node *n, struct npu_lop *lop,
			 struct npu_part *part, const struct kernel *k, int first, int count,
			 const struct npu_weight_run *runs, int num_runs)
{
	struct npu_weight_job job = {
		.preset = s->out->preset, .out_c = count,
		.weights = k->weights + (size_t)first * k->per_channel, .per_channel = k->per_channel,
		.params = k->params + first, .num_runs = num_runs, .runs = runs,
		.weight_unsigned = lop->mode & ONPU_CONV_WEIGHT_UNSIGNED, .weight_zero = lop->weight_zero,
		.pair = lop->mode & ONPU_CONV_PAIR, .dense = s->out->dense,
		.pixels = tile_pixels(part->h, part->w),
	};
	struct npu_weight_stream *stream = new_stream(lop);
	uint64_t steps = 0;
	npu_status status;

	if (!stream)
		return NPU_ERR_NOMEM;
	/* Weights that are there in time may take more bytes, if that makes fewer cycles. */
	job.load_rate = s->ahead < sparse_bytes(&job) ? NPU_BYTES_PER_CYCLE : 0;
	part->stream = lop->num_streams - 1;
	status = npu_weights_encode(&job, stream);
	for (int b = 0; !status && b < stream->num_blocks; b++)
		steps += stream->block_steps[b];
	if (!status)
		note_ahead(s, lop, part, steps, stream->size);
	if (status == NPU_ERR_LIMIT)
		return npu_limit(s, n, "the window of a pixel spans more than 64 KiB of a row");
	return status;
}

/*
 * Runs of window bytes: one for each kernel row where pixels are contiguous, else one for each tap.
 * NULL if out of memory.
 */
static struct npu_weight_run *make_runs(int kh, int kw, int channels, uint32_t pix_pitch, int dil_h,
					int dil_w, int *num, bool *fits)
{
	bool rows = dil_w == 1 && pix_pitch == (uint32_t)channels;
	struct npu_weight_run *runs;
	int y, x, i = 0;

	*fits = (uint64_t)(kw - 1) * dil_w * pix_pitch + channels <= 65535 && (kh - 1) * dil_h <= 255;
	*num = rows ? kh : kh * kw;
	runs = calloc(*num, sizeof(*runs));
	if (!runs) {
		npu_fail(NPU_ERR_NOMEM, "out of memory");
		return NULL;
	}
	for (y = 0; y < kh; y++) {
		if (rows) {
			runs[i++] = (struct npu_weight_run){ .row = (uint8_t)(y * dil_h),
				.length = (uint32_t)kw * channels, .first = (uint32_t)y * kw * channels };
			continue;
		}
		for (x = 0; x < kw; x++)
			runs[i++] = (struct npu_weight_run){ .row = (uint8_t)(y * dil_h),
				.offset = (uint16_t)(x * dil_w * pix_pitch), .length = (uint32_t)channels,
				.first = (uint32_t)(y * kw + x) * channels };
	}
	return runs;
}

/* Parts of a layer whose output goes through DEPTH_TO_SPACE: one for each row of a block. */
static npu_status d2s_parts(struct npu_lower *s, const struct npu_node *n, struct npu_lop *lop,
			    const struct kernel *k, const struct npu_part *shape, int block,
			    const struct npu_weight_run *runs, int num_runs)
{
	int out_c = k->out_c / (block * block), dy, dx;
	bool joined = npu_view_pix_pitch(s->out, &lop->out) == (uint32_t)out_c;
	npu_status status = NPU_OK;

	for (dy = 0; !status && dy < block; dy++) {
		for (dx = 0; !status && dx < (joined ? 1 : block); dx++) {
			struct npu_part *part = npu_part_new(lop);

			if (!part)
				return NPU_ERR_NOMEM;
			*part = *shape;
			part->c = joined ? block * out_c : out_c;
			part->out_y = dy;
			part->out_x = dx;
			part->out_ystep = part->out_xstep = block;
			status = encode(s, n, lop, part, k, (dy * block + dx) * out_c, part->c, runs,
					num_runs);
		}
	}
	return status;
}

/*
 * The end of every dense convolution: fuses what follows, makes parts and streams.  shape holds the geometry of
 * the whole output.
 */
static npu_status finish_conv(struct npu_lower *s, const struct npu_node *n, struct npu_lop *lop,
			      const struct kernel *k, const struct npu_part *shape,
			      const struct npu_weight_run *runs, int num_runs)
{
	const struct npu_node *d2s = NULL;
	npu_status status;
	int result;

	status = npu_fuse_tail(s, lop, n->outputs[0], true, &result, &d2s);
	if (status)
		return status;
	if (use_pairs(s, k->out_c, shape->h * shape->w) && !d2s)
		lop->mode |= ONPU_CONV_PAIR;
	lop->out = npu_tensor_view(s, result);
	if (d2s)
		return d2s_parts(s, n, lop, k, shape, d2s->p.block.block_size, runs, num_runs);
	{
		struct npu_part *part = npu_part_new(lop);

		if (!part)
			return NPU_ERR_NOMEM;
		*part = *shape;
		return encode(s, n, lop, part, k, 0, k->out_c, runs, num_runs);
	}
}

/*
 * CONV_2D and DEPTHWISE_CONV_2D with a multiplier: structural zeros (other groups, other channels) are
 * zero weights, which the encoder skips.
 */
static npu_status lower_grouped(struct npu_lower *s, const struct npu_node *n, bool depthwise)
{
	const struct npu_tensor *in = npu_in(s, n, 0), *w = npu_in(s, n, 1), *out = npu_out(s, n);
	struct npu_hwc is = npu_tensor_hwc(in), os = npu_tensor_hwc(out);
	struct weight_format f = weight_format(w, in->dtype == NPU_UINT8);
	int kh = w->dims[1], kw = w->dims[2], group_c = depthwise ? 1 : w->dims[3];
	int groups = is.c / group_c, group_out = os.c / groups, c, y, x, i, num_runs = 0;
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_CONV, n);
	struct npu_weight_run *runs = NULL;
	struct npu_part shape = { 0 };
	struct kernel k = { 0 };
	npu_status status;
	bool fits;

	if (!lop)
		return NPU_ERR_NOMEM;
	lop->macs = layer_macs(s, n, 0);
	if ((uint64_t)os.c * kh * kw * is.c > MAX_EXPANDED)
		return npu_limit(s, n, "too many weights once the zeros of other groups are written out");
	set_post(lop, in, out, n->p.conv.act, &f);
	status = kernel_alloc(&k, os.c, (size_t)kh * kw * is.c);
	for (c = 0; !status && c < os.c; c++) {
		int16_t *to = k.weights + (size_t)c * k.per_channel;
		struct npu_rescale r;

		for (y = 0; y < kh; y++)
			for (x = 0; x < kw; x++)
				for (i = 0; i < group_c; i++) {
					size_t from = depthwise ? ((size_t)y * kw + x) * os.c + c :
						(((size_t)c * kh + y) * kw + x) * group_c + i;

					to[((size_t)y * kw + x) * is.c + c / group_out * group_c + i] =
						(int16_t)weight_at(&f, from);
				}
		if (!npu_rescale_from_double(channel_scale(in, w, out, c), &r)) {
			status = npu_limit(s, n, "a ratio of scales is too large for the post-processor");
			break;
		}
		k.params[c] = (struct npu_channel_params){ fold_bias(&k, c, bias_at(s, n, 2, c),
						npu_zero(in)), r.mult, r.shift };
	}
	if (!status) {
		lop->in = npu_tensor_view(s, n->inputs[0]);
		runs = make_runs(kh, kw, is.c, npu_view_pix_pitch(s->out, &lop->in), n->p.conv.dilation_h,
				 n->p.conv.dilation_w, &num_runs, &fits);
		if (!runs)
			status = NPU_ERR_NOMEM;
		else if (!fits)
			status = npu_limit(s, n, "the window of a pixel spans more than 64 KiB of a row");
	}
	if (!status) {
		shape = (struct npu_part){ .h = os.h, .w = os.w, .c = os.c, .out_ystep = 1, .out_xstep = 1,
			.in_y = -npu_pad_before(n->p.conv.padding, is.h, os.h, kh, n->p.conv.stride_h,
						n->p.conv.dilation_h),
			.in_x = -npu_pad_before(n->p.conv.padding, is.w, os.w, kw, n->p.conv.stride_w,
						n->p.conv.dilation_w),
			.in_ystep = n->p.conv.stride_h, .in_xstep = n->p.conv.stride_w,
			.win_h = (kh - 1) * n->p.conv.dilation_h + 1,
			.win_w = (kw - 1) * n->p.conv.dilation_w + 1, .kernel_h = kh, .kernel_w = kw };
		status = finish_conv(s, n, lop, &k, &shape, runs, num_runs);
	}
	free(runs);
	kernel_free(&k);
	return status;
}

npu_status npu_lower_conv(struct npu_lower *s, const struct npu_node *n)
{
	return lower_grouped(s, n, false);
}

npu_status npu_lower_depthwise(struct npu_lower *s, const struct npu_node *n)
{
	const struct npu_tensor *in = npu_in(s, n, 0), *w = npu_in(s, n, 1), *out = npu_out(s, n);
	struct npu_hwc is = npu_tensor_hwc(in), os = npu_tensor_hwc(out);
	struct weight_format f = weight_format(w, in->dtype == NPU_UINT8);
	int taps = w->dims[1] * w->dims[2], c, i, result;
	struct npu_weight_job job = { .preset = s->out->preset, .out_c = os.c };
	struct npu_lop *lop;
	struct npu_part *part;
	struct npu_weight_stream *stream;
	struct kernel k = { 0 };
	npu_status status;

	if (os.c != is.c)
		return lower_grouped(s, n, true);
	lop = npu_lop_new(s, ONPU_OPCODE_DWCONV, n);
	if (!lop)
		return NPU_ERR_NOMEM;
	lop->macs = layer_macs(s, n, 0);
	lop->dilation_h = n->p.conv.dilation_h;
	lop->dilation_w = n->p.conv.dilation_w;
	set_post(lop, in, out, n->p.conv.act, &f);
	/* The encoder takes [tap][channel]; sums over taps are easier the other way round. */
	status = kernel_alloc(&k, os.c, taps);
	for (c = 0; !status && c < os.c; c++) {
		struct npu_rescale r;

		for (i = 0; i < taps; i++)
			k.weights[(size_t)c * taps + i] = (int16_t)weight_at(&f, (size_t)i * os.c + c);
		if (!npu_rescale_from_double(channel_scale(in, w, out, c), &r))
			status = npu_limit(s, n, "a ratio of scales is too large for the post-processor");
		else
			k.params[c] = (struct npu_channel_params){ fold_bias(&k, c, bias_at(s, n, 2, c),
							npu_zero(in)), r.mult, r.shift };
	}
	if (!status) {
		for (c = 0; c < os.c; c++)
			for (i = 0; i < taps; i++)
				k.weights[(size_t)i * os.c + c] = (int16_t)weight_at(&f, (size_t)i * os.c + c);
		job.weights = k.weights;
		job.per_channel = taps;
		job.params = k.params;
		job.weight_unsigned = lop->mode & ONPU_CONV_WEIGHT_UNSIGNED;
		job.weight_zero = lop->weight_zero;
		status = npu_fuse_tail(s, lop, n->outputs[0], false, &result, NULL);
	}
	stream = status ? NULL : new_stream(lop);
	if (!status)
		status = stream ? npu_weights_encode_depthwise(&job, taps, stream) : NPU_ERR_NOMEM;
	kernel_free(&k);
	if (status)
		return status;
	lop->in = npu_tensor_view(s, n->inputs[0]);
	lop->out = npu_tensor_view(s, result);
	part = npu_part_whole(lop);
	if (!part)
		return NPU_ERR_NOMEM;
	part->kernel_h = w->dims[1];
	part->kernel_w = w->dims[2];
	part->in_y = -npu_pad_before(n->p.conv.padding, is.h, os.h, part->kernel_h, n->p.conv.stride_h,
				     lop->dilation_h);
	part->in_x = -npu_pad_before(n->p.conv.padding, is.w, os.w, part->kernel_w, n->p.conv.stride_w,
				     lop->dilation_w);
	part->in_ystep = n->p.conv.stride_h;
	part->in_xstep = n->p.conv.stride_w;
	part->win_h = (part->kernel_h - 1) * lop->dilation_h + 1;
	part->win_w = (part->kernel_w - 1) * lop->dilation_w + 1;
	note_ahead(s, lop, part, (uint64_t)part->in_xstep * stream->num_blocks, stream->size);
	return NPU_OK;
}

/* Smallest and largest accumulator that any input can give. */
static void acc_bounds(const struct kernel *k, int c, const struct npu_tensor *in, int64_t *min,
		       int64_t *max)
{
	size_t i;

	*min = *max = k->params[c].bias;
	for (i = 0; i < k->per_channel; i++) {
		int w = k->weights[(size_t)c * k->per_channel + i];

		*min += (int64_t)w * (w > 0 ? npu_type_min(in) : npu_type_max(in));
		*max += (int64_t)w * (w > 0 ? npu_type_max(in) : npu_type_min(in));
	}
}

npu_status npu_lower_fully_connected(struct npu_lower *s, const struct npu_node *n)
{
	const struct npu_tensor *in = npu_in(s, n, 0), *w = npu_in(s, n, 1), *out = npu_out(s, n);
	struct weight_format f = weight_format(w, true);
	int out_c = w->dims[0], in_c = w->dims[1], rows, c, num_runs = 0, min, max;
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_CONV, n);
	struct npu_weight_run *runs = NULL;
	struct npu_part shape;
	struct kernel k = { 0 };
	npu_status status;
	bool fits;
	size_t i;

	if (!lop)
		return NPU_ERR_NOMEM;
	rows = (int)(npu_tensor_elements(in) / in_c);
	if (rows > 65535 || out_c > 65535)
		return npu_limit(s, n, "dimension above 65535");
	lop->macs = layer_macs(s, n, 0);
	set_post(lop, in, out, n->p.fc.act, &f);
	npu_act_range(n->p.fc.act, out, &min, &max);
	lop->post.round = ONPU_ROUND_A;
	status = kernel_alloc(&k, out_c, in_c);
	for (c = 0; !status && c < out_c; c++) {
		double scale = (double)npu_scale(in) *
			(double)(w->quant.n > 1 ? w->quant.scale[c] : npu_scale(w)) / (double)npu_scale(out);
		int64_t acc_min, acc_max;
		struct npu_rescale r;

		for (i = 0; i < (size_t)in_c; i++)
			k.weights[(size_t)c * in_c + i] = (int16_t)weight_at(&f, (size_t)c * in_c + i);
		k.params[c].bias = fold_bias(&k, c, bias_at(s, n, 2, c), npu_zero(in));
		/* TFLite rounds the product with a double here, for uint8 as well. */
		acc_bounds(&k, c, in, &acc_min, &acc_max);
		if (acc_min < INT32_MIN || acc_max > INT32_MAX)
			status = npu_limit(s, n, "sums may exceed 32 bits");
		else if (!npu_rescale_prove_away(scale, acc_min, acc_max, npu_zero(out), min, max, &r))
			status = npu_limit(s, n, "no multiplier rounds exactly as TFLite's double");
		if (!status) {
			k.params[c].mult = r.mult;
			k.params[c].shift = r.shift;
		}
	}
	if (!status) {
		struct npu_hwc os = npu_tensor_hwc(out), is = npu_tensor_hwc(in);
		struct npu_view v = npu_tensor_view(s, n->inputs[0]);

		/* Rows of in_c bytes, whatever the input's shape was. */
		if (is.c != in_c) {
			struct npu_buf *b = &s->out->bufs[v.buf];

			if (v.flat ? v.pix_pitch != (uint32_t)v.c || v.row_pitch != (uint32_t)v.w * v.c :
				     s->alias[b->tensor].halo || v.y < 0 || v.x || v.ch ||
				     v.y + v.h > b->h || v.w != b->w || v.c != b->c)
				status = npu_limit(s, n, "the input's bytes are not contiguous");
			if (!v.flat)
				v.offset = (uint32_t)v.y * v.w * v.c;
			b->dense = true;
			v.flat = true;
			v.h = 1;
			v.w = rows;
			v.c = in_c;
			v.pix_pitch = in_c;
			v.row_pitch = (uint32_t)rows * in_c;
		}
		lop->in = v;
		shape = (struct npu_part){ .h = os.h, .w = os.w, .c = os.c, .out_ystep = 1, .out_xstep = 1,
					   .in_ystep = 1, .in_xstep = 1, .win_h = 1, .win_w = 1,
					   .kernel_h = 1, .kernel_w = 1 };
		if (!status && (os.c != out_c || (is.c == in_c && (is.h != os.h || is.w != os.w)) ||
				(is.c != in_c && (os.h != 1 || os.w != rows))))
			status = npu_limit(s, n, "the output's shape is not rows of the input");
	}
	if (!status) {
		runs = make_runs(1, 1, in_c, in_c, 1, 1, &num_runs, &fits);
		if (!runs)
			status = NPU_ERR_NOMEM;
		else if (!fits)
			status = npu_limit(s, n, "more than 65535 inputs");
	}
	if (!status)
		status = finish_conv(s, n, lop, &k, &shape, runs, num_runs);
	free(runs);
	kernel_free(&k);
	return status;
}

/* What one phase of a transposed convolution is: a convolution with every stride-th tap, mirrored. */
struct phase {
	int first;		/* kernel tap of the window's last element */
	int taps;
	int out;		/* first output of the phase */
	int count;		/* outputs */
	int in;			/* input at which the first output's window begins */
};

static struct phase make_phase(int d, int kernel, int stride, int pad, int out)
{
	struct phase p = { .first = d, .taps = kernel > d ? (kernel - d + stride - 1) / stride : 0 };

	/* Outputs o with (o + pad) mod stride == d. */
	p.out = (d - pad) % stride;
	if (p.out < 0)
		p.out += stride;
	p.count = p.out < out ? (out - p.out + stride - 1) / stride : 0;
	p.in = (p.out + pad - d) / stride - (p.taps ? p.taps - 1 : 0);
	return p;
}

npu_status npu_lower_transpose_conv(struct npu_lower *s, const struct npu_node *n)
{
	const struct npu_tensor *in = npu_in(s, n, 2), *w = npu_in(s, n, 1), *out = npu_out(s, n);
	struct npu_hwc is = npu_tensor_hwc(in), os = npu_tensor_hwc(out);
	struct weight_format f = weight_format(w, false);
	int kh = w->dims[1], kw = w->dims[2], sh = n->p.conv.stride_h, sw = n->p.conv.stride_w;
	int total_h = (is.h - 1) * sh + kh - os.h, total_w = (is.w - 1) * sw + kw - os.w;
	int pt = n->p.conv.padding == NPU_PAD_SAME && total_h > 0 ? total_h / 2 : 0;
	int pl = n->p.conv.padding == NPU_PAD_SAME && total_w > 0 ? total_w / 2 : 0;
	int dy, dx, c, y, x, i, result, joined;
	struct npu_lop *lop = npu_lop_new(s, ONPU_OPCODE_CONV, n);
	npu_status status = NPU_OK;

	if (!lop)
		return NPU_ERR_NOMEM;
	lop->macs = layer_macs(s, n, 2);
	set_post(lop, in, out, n->p.conv.act, &f);
	/* Several outputs in a row are one run of channels where every window begins at the same input. */
	joined = pl == 0 && os.w % sw == 0;
	status = npu_fuse_tail(s, lop, n->outputs[0], false, &result, NULL);
	if (status)
		return status;
	lop->in = npu_tensor_view(s, n->inputs[2]);
	lop->out = npu_tensor_view(s, result);
	if (npu_view_pix_pitch(s->out, &lop->out) != (uint32_t)os.c || lop->post.op2_op != ONPU_OP2_NONE ||
	    lop->post.act == ONPU_ACT_PRELU || sw * os.c > 65535)
		joined = 0;
	for (dy = 0; !status && dy < sh; dy++) {
		struct phase py = make_phase(dy, kh, sh, pt, os.h);

		for (dx = 0; !status && py.count && dx < (joined ? 1 : sw); dx++) {
			struct phase px = make_phase(dx, kw, sw, pl, os.w);
			int wide = joined ? (kw + sw - 1) / sw : px.taps, num = 0, channels = joined ? sw * os.c : os.c;
			struct npu_weight_run *runs = NULL;
			struct kernel k = { 0 };
			struct npu_part *part;
			bool fits;

			if (!px.count)
				continue;
			if (joined)
				px.in = -(wide - 1);
			part = npu_part_new(lop);
			if (!part)
				return NPU_ERR_NOMEM;
			part->h = py.count;
			part->w = px.count;
			part->c = channels;
			part->out_y = py.out;
			part->out_x = px.out;
			part->out_ystep = sh;
			part->out_xstep = sw;
			part->in_y = py.in;
			part->in_x = px.in;
			part->win_h = py.taps ? py.taps : 1;
			part->win_w = wide ? wide : 1;
			status = kernel_alloc(&k, channels, (size_t)part->win_h * part->win_w * is.c);
			for (c = 0; !status && c < channels; c++) {
				int phase_x = joined ? c / os.c : dx, oc = joined ? c % os.c : c;
				struct npu_rescale r;

				for (y = 0; y < py.taps; y++)
					for (x = 0; x < wide; x++) {
						int ky = py.first + sh * (py.taps - 1 - y);
						int kx = phase_x + sw * (wide - 1 - x);

						for (i = 0; kx < kw && i < is.c; i++)
							k.weights[(size_t)c * k.per_channel +
								  ((size_t)y * part->win_w + x) * is.c + i] =
								(int16_t)weight_at(&f, (((size_t)oc * kh + ky) *
											kw + kx) * is.c + i);
					}
				if (!npu_rescale_from_double(channel_scale(in, w, out, oc), &r))
					status = npu_limit(s, n,
							   "a ratio of scales is too large for the post-processor");
				else
					k.params[c] = (struct npu_channel_params){
						fold_bias(&k, c, bias_at(s, n, 3, oc), npu_zero(in)), r.mult, r.shift };
			}
			if (!status) {
				if (use_pairs(s, channels, part->h * part->w))
					lop->mode |= ONPU_CONV_PAIR;
				runs = make_runs(part->win_h, part->win_w, is.c,
						 npu_view_pix_pitch(s->out, &lop->in), 1, 1, &num, &fits);
				if (!runs)
					status = NPU_ERR_NOMEM;
				else if (!fits)
					status = npu_limit(s, n,
							   "the window of a pixel spans more than 64 KiB of a row");
				else
					status = encode(s, n, lop, part, &k, 0, channels, runs, num);
			}
			free(runs);
			kernel_free(&k);
		}
	}
	return status;
}
