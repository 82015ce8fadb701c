// SPDX-License-Identifier: MIT
#include "prune/magnitude.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"

/* The order of floats that are not negative is that of their bits, which are counted by halves. */
#define HALF 65536

/* Walks over the weights of a tensor and knows the channel of each. */
struct walk {
	const struct npu_prune_weights *weights;
	size_t elements, i;
	size_t inner, channels;		/* neighbours in one channel; channels after which they repeat */
	size_t left, channel;
};

static struct walk walk_start(const struct npu_prune_weights *weights)
{
	const struct npu_tensor *t = weights->tensor;
	struct walk walk = { .weights = weights, .elements = npu_tensor_elements(t) };
	int d;

	walk.inner = walk.elements;
	walk.channels = 1;
	if (t->quant.n > 1) {
		walk.channels = (size_t)t->quant.n;
		walk.inner = 1;
		for (d = t->quant.axis + 1; d < t->rank; d++)
			walk.inner *= (size_t)t->dims[d];
	}
	walk.left = walk.inner;
	return walk;
}

static void walk_next(struct walk *walk)
{
	walk->i++;
	if (--walk->left)
		return;
	walk->left = walk->inner;
	if (++walk->channel == walk->channels)
		walk->channel = 0;
}

/* How far a stored weight is from zero, in stored steps. */
static int distance(const struct npu_prune_weights *weights, size_t i, size_t channel)
{
	int byte = weights->bytes[i];

	if (weights->tensor->dtype == NPU_INT8)
		byte = (int8_t)weights->bytes[i];
	return abs(byte - weights->tensor->quant.zero_point[channel]);
}

static uint32_t magnitude(const struct walk *walk)
{
	float real = walk->weights->tensor->quant.scale[walk->channel] *
		     (float)distance(walk->weights, walk->i, walk->channel);
	uint32_t bits;

	memcpy(&bits, &real, sizeof(bits));
	return bits;
}

static void make_zero(const struct walk *walk)
{
	walk->weights->bytes[walk->i] =
		(uint8_t)walk->weights->tensor->quant.zero_point[walk->channel];
}

uint64_t npu_prune_zeros(const struct npu_prune_weights *weights)
{
	uint64_t zeros = 0;
	struct walk walk;

	for (walk = walk_start(weights); walk.i < walk.elements; walk_next(&walk))
		zeros += !distance(weights, walk.i, walk.channel);
	return zeros;
}

/*
 * In which of the counters the weight is that so many others precede in order: wanted becomes
 * how many of its counter come up to it.
 */
static uint32_t find(const uint64_t *counts, uint64_t *wanted)
{
	uint32_t i = 0;

	while (counts[i] < *wanted)
		*wanted -= counts[i++];
	return i;
}

/*
 * The magnitude of the weight that is number wanted (from 1) in order; wanted becomes its number
 * among the *equal ones that have it.
 */
static uint32_t select_magnitude(const struct npu_prune_weights *list, int num, uint64_t *counts,
				 uint64_t *wanted, uint64_t *equal)
{
	uint32_t high, low;
	struct walk walk;
	int w;

	memset(counts, 0, HALF * sizeof(*counts));
	for (w = 0; w < num; w++)
		for (walk = walk_start(&list[w]); walk.i < walk.elements; walk_next(&walk))
			counts[magnitude(&walk) / HALF]++;
	high = find(counts, wanted);
	memset(counts, 0, HALF * sizeof(*counts));
	for (w = 0; w < num; w++)
		for (walk = walk_start(&list[w]); walk.i < walk.elements; walk_next(&walk))
			if (magnitude(&walk) / HALF == high)
				counts[magnitude(&walk) % HALF]++;
	low = find(counts, wanted);
	*equal = counts[low];
	return high * HALF + low;
}

npu_status npu_prune_fraction(const struct npu_prune_weights *list, int num, double fraction)
{
	uint64_t wanted, equal, total = 0, seen = 0;
	uint32_t limit, bits;
	struct walk walk;
	uint64_t *counts;
	int w;

	for (w = 0; w < num; w++)
		total += npu_tensor_elements(list[w].tensor);
	wanted = (uint64_t)llround(fraction * (double)total);
	if (!wanted)
		return NPU_OK;
	counts = malloc(HALF * sizeof(*counts));
	if (!counts)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the magnitudes of weights");
	limit = select_magnitude(list, num, counts, &wanted, &equal);
	free(counts);
	for (w = 0; w < num; w++) {
		for (walk = walk_start(&list[w]); walk.i < walk.elements; walk_next(&walk)) {
			bits = magnitude(&walk);
			if (bits < limit)
				make_zero(&walk);
			if (bits != limit)
				continue;
			/*
			 * Wanted of equal ones, evenly: lanes of the array should be as full.
			 * A file has at most 2^30 bytes, so products fit.
			 */
			if ((seen + 1) * wanted / equal != seen * wanted / equal)
				make_zero(&walk);
			seen++;
		}
	}
	return NPU_OK;
}

void npu_prune_groups(const struct npu_prune_weights *weights, int keep, int group)
{
	const struct npu_tensor *t = weights->tensor;
	size_t row = (size_t)t->dims[t->rank - 1];
	struct walk walk = walk_start(weights);
	int sizes[NPU_PRUNE_MAX_GROUP];
	size_t at, n, k, m;

	while (walk.i < walk.elements) {
		at = walk.i % row;
		n = row - at < (size_t)group ? row - at : (size_t)group;
		for (k = 0; k < n; k++)
			sizes[k] = distance(weights, walk.i + k, walk.channel);
		for (k = 0; k < n; k++) {
			int before = 0;

			for (m = 0; m < n; m++)
				before += sizes[m] > sizes[k] || (sizes[m] == sizes[k] && m < k);
			if (before >= keep)
				make_zero(&walk);
			walk_next(&walk);
		}
	}
}
