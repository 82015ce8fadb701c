// SPDX-License-Identifier: MIT
/* Pruning: which weights become zero, and what npu_prune() refuses and reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ir/graph.h"
#include "prune/magnitude.h"

#define SEED(name) "tests/fuzz/seeds/" name ".tflite"

/* Weights [channels][inputs] with a scale for each channel, or one for all. */
struct sample {
	struct npu_tensor tensor;
	float scales[8];
	int32_t zeros[8];
	uint8_t bytes[512];
	struct npu_prune_weights weights;
};

static void make(struct sample *s, npu_dtype dtype, int channels, int inputs, int n, int zero)
{
	int i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < n; i++) {
		s->scales[i] = 1;
		s->zeros[i] = zero;
	}
	s->tensor = (struct npu_tensor){
		.dtype = dtype, .rank = 2, .dims = { channels, inputs },
		.quant = { s->scales, s->zeros, n, 0 },
	};
	s->weights = (struct npu_prune_weights){ &s->tensor, s->bytes };
}

static void set(struct sample *s, const int *values, int n)
{
	int i;

	for (i = 0; i < n; i++)
		s->bytes[i] = (uint8_t)values[i];
}

static void expect(const struct sample *s, const int *values, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (s->bytes[i] != (uint8_t)values[i])
			fail_msg("weight %d is %d, not %d", i, s->bytes[i], (uint8_t)values[i]);
}

#define VALUES(...) (int[]){ __VA_ARGS__ }, (int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int))

static void test_fraction_takes_the_smallest(void **state)
{
	struct sample s;

	(void)state;
	make(&s, NPU_INT8, 2, 4, 1, 0);
	set(&s, VALUES(-128, 5, -1, 3, 127, -4, 2, 0));
	assert_int_equal(npu_prune_fraction(&s.weights, 1, 0.5), NPU_OK);
	expect(&s, VALUES(-128, 5, 0, 0, 127, -4, 0, 0));
	/* What is zero counts. */
	assert_int_equal(npu_prune_fraction(&s.weights, 1, 0.25), NPU_OK);
	expect(&s, VALUES(-128, 5, 0, 0, 127, -4, 0, 0));
	assert_int_equal(npu_prune_zeros(&s.weights), 4);
}

static void test_zero_is_the_zero_point(void **state)
{
	struct sample s;

	(void)state;
	make(&s, NPU_UINT8, 1, 6, 1, 130);
	set(&s, VALUES(0, 255, 129, 132, 120, 130));
	assert_int_equal(npu_prune_zeros(&s.weights), 1);
	assert_int_equal(npu_prune_fraction(&s.weights, 1, 0.5), NPU_OK);
	expect(&s, VALUES(0, 255, 130, 130, 120, 130));
	assert_int_equal(npu_prune_zeros(&s.weights), 3);
}

static void test_channels_are_compared_as_real_values(void **state)
{
	struct sample s;

	(void)state;
	make(&s, NPU_INT8, 2, 3, 2, 0);
	s.scales[1] = 0.125f;
	set(&s, VALUES(3, 1, 2, 127, -20, 16));		/* 3 1 2, 15.9 -2.5 2 */
	assert_int_equal(npu_prune_fraction(&s.weights, 1, 0.4), NPU_OK);	/* 2.4: 2 */
	/* Of the equal ones, 2 and 16 / 8, one goes: the second. */
	expect(&s, VALUES(3, 0, 2, 127, -20, 0));
}

static void test_equal_ones_are_spread(void **state)
{
	struct sample s;
	int i, quarter[4] = { 0 };

	(void)state;
	make(&s, NPU_INT8, 4, 100, 1, 0);
	for (i = 0; i < 400; i++)
		s.bytes[i] = 7;
	assert_int_equal(npu_prune_fraction(&s.weights, 1, 0.3), NPU_OK);
	for (i = 0; i < 400; i++)
		quarter[i / 100] += !s.bytes[i];
	for (i = 0; i < 4; i++)
		assert_int_equal(quarter[i], 30);
}

static void test_fraction_over_several(void **state)
{
	struct npu_prune_weights list[2];
	struct sample a, b;

	(void)state;
	make(&a, NPU_INT8, 1, 4, 1, 0);
	make(&b, NPU_INT8, 1, 4, 1, 0);
	set(&a, VALUES(1, 2, 3, 4));
	set(&b, VALUES(100, 110, 90, 2));
	list[0] = a.weights;
	list[1] = b.weights;
	assert_int_equal(npu_prune_fraction(list, 2, 0.625), NPU_OK);
	expect(&a, VALUES(0, 0, 0, 0));
	expect(&b, VALUES(100, 110, 90, 0));
}

static void test_groups(void **state)
{
	struct sample s;

	(void)state;
	make(&s, NPU_INT8, 2, 7, 2, 0);
	s.scales[1] = 100;
	set(&s, VALUES(1, -2, 3, -4, 9, 8, 7,		5, 5, 5, 5, 0, 1, 0));
	npu_prune_groups(&s.weights, 2, 4);
	expect(&s, VALUES(0, 0, 3, -4, 9, 8, 0,		5, 5, 0, 0, 0, 1, 0));
	npu_prune_groups(&s.weights, 1, 4);
	expect(&s, VALUES(0, 0, 0, -4, 9, 0, 0,		5, 0, 0, 0, 0, 1, 0));
}

/* ---- npu_prune() ------------------------------------------------------ */

static void refuse(npu_prune_options options, const char *path, const char *says)
{
	npu_pruned *p = npu_prune(path, &options);

	assert_null(p);
	if (!strstr(npu_error(), says))
		fail_msg("'%s' does not say '%s'", npu_error(), says);
}

#define OPTIONS(...) (npu_prune_options){ sizeof(npu_prune_options), __VA_ARGS__ }

static void test_options_are_checked(void **state)
{
	const char *good = SEED("classifier_int8");

	(void)state;
	refuse(OPTIONS(.fraction = 0), good, "the fraction is 0");
	refuse(OPTIONS(.fraction = 1), good, "the fraction is 1");
	refuse(OPTIONS(.fraction = -0.5), good, "the fraction is -0.5");
	refuse(OPTIONS(.fraction = 0.0 / 0.0), good, "nan");
	refuse(OPTIONS(.keep = 2), good, "of how many");
	refuse(OPTIONS(.keep = 4, .group = 4), good, "4 of 4");
	refuse(OPTIONS(.keep = 0, .group = 4), good, "0 of 4");
	refuse(OPTIONS(.keep = 1, .group = NPU_PRUNE_MAX_GROUP + 1), good, "1 of 17");
	refuse(OPTIONS(.keep = 1, .group = -4), good, "1 of -4");
	refuse(OPTIONS(.keep = 2, .group = 4, .fraction = 0.5), good, "both");
	refuse(OPTIONS(.keep = 2, .group = 4, .global = 1), good, "each group");
	refuse(OPTIONS(.keep = 2, .group = 4, .depthwise = 1), good, "depthwise");
	refuse(OPTIONS(.fraction = 0.5, .skip_first = -1), good, "skip_first");
	refuse((npu_prune_options){ .size = 8, .fraction = 0.5 }, good, "size 8");
	assert_null(npu_prune(good, NULL));
	assert_null(npu_prune(NULL, &OPTIONS(.fraction = 0.5)));
	refuse(OPTIONS(.fraction = 0.5), "tests/fuzz", "is a directory");
	refuse(OPTIONS(.fraction = 0.5), "Makefile", "Makefile: not a TFLite file");
	refuse(OPTIONS(.fraction = 0.5), SEED("moves"), "no CONV_2D and no FULLY_CONNECTED");
	refuse(OPTIONS(.fraction = 0.5, .skip_first = 1000), good, "one of the first layers");
}

static npu_pruned *prune(const char *path, npu_prune_options options)
{
	npu_pruned *p = npu_prune(path, &options);

	if (!p)
		fail_msg("%s: %s", path, npu_error());
	return p;
}

static void check_layers(const char *path, double fraction)
{
	npu_pruned *p = prune(path, OPTIONS(.fraction = fraction));
	int i, pruned = 0, last = -1;
	npu_pruned_layer layer;

	for (i = 0; i < npu_pruned_num_layers(p); i++) {
		uint64_t want;

		assert_int_equal(npu_pruned_describe(p, i, &layer), NPU_OK);
		assert_true(layer.node > last);
		last = layer.node;
		assert_int_equal(layer.same_as, layer.node);
		if (layer.kept) {
			assert_string_equal(layer.op, "DEPTHWISE_CONV_2D");
			assert_int_equal(layer.zeros_after, layer.zeros_before);
			continue;
		}
		pruned++;
		want = (uint64_t)(fraction * (double)layer.weights + 0.5);
		assert_int_equal(layer.zeros_after,
				 want > layer.zeros_before ? want : layer.zeros_before);
	}
	assert_true(pruned >= 2);
	assert_int_equal(npu_pruned_describe(p, i, &layer), NPU_ERR_INVALID);
	assert_int_equal(npu_pruned_describe(p, -1, &layer), NPU_ERR_INVALID);
	npu_pruned_free(p);
}

static void test_layers(void **state)
{
	(void)state;
	check_layers(SEED("classifier_int8"), 0.01);
	check_layers(SEED("classifier_int8"), 0.7);
	check_layers(SEED("classifier_uint8"), 0.7);
}

static void test_save(void **state)
{
	char name[] = "/tmp/onpu-prune-XXXXXX", path[64];
	npu_pruned *p = prune(SEED("classifier_uint8"), OPTIONS(.keep = 2, .group = 4));
	const void *data;
	npu_model *model;
	size_t size;
	FILE *file;
	char *back;

	(void)state;
	assert_non_null(mkdtemp(name));
	snprintf(path, sizeof(path), "%s/out.tflite", name);
	assert_int_equal(npu_pruned_save(p, path), NPU_OK);
	data = npu_pruned_data(p, &size);
	back = malloc(size + 1);
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fread(back, 1, size + 1, file), size);
	fclose(file);
	assert_memory_equal(back, data, size);
	free(back);
	model = npu_model_load(path);
	assert_non_null(model);
	npu_model_free(model);
	unlink(path);
	assert_int_equal(npu_pruned_save(p, ""), NPU_ERR_INVALID);
	assert_int_equal(npu_pruned_save(p, "/dev/full"), NPU_ERR_IO);
	snprintf(path, sizeof(path), "%s/none/out", name);
	assert_int_equal(npu_pruned_save(p, path), NPU_ERR_IO);
	assert_int_equal(rmdir(name), 0);	/* and nothing is left in it */
	npu_pruned_free(p);
}

static void test_layers_of_a_program(void **state)
{
	npu_model *model = npu_model_load(SEED("classifier_int8"));
	npu_program *program = npu_compile(model, NULL);
	npu_layer_profile layer;
	npu_program_info info;
	uint64_t end = 0;
	int i;

	(void)state;
	assert_non_null(program);
	assert_int_equal(npu_program_describe(program, &info), NPU_OK);
	assert_true(npu_program_num_layers(program) > 0);
	for (i = 0; i < npu_program_num_layers(program); i++) {
		assert_int_equal(npu_program_layer(program, i, &layer), NPU_OK);
		assert_non_null(layer.name);
		assert_true(layer.end_cycle >= layer.start_cycle);
		if (layer.end_cycle > end)
			end = layer.end_cycle;
	}
	assert_in_range(end, 1, info.cycles);
	assert_int_equal(npu_program_layer(program, i, &layer), NPU_ERR_INVALID);
	assert_int_equal(npu_program_layer(program, -1, &layer), NPU_ERR_INVALID);
	npu_program_free(program);
	npu_model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fraction_takes_the_smallest),
		cmocka_unit_test(test_zero_is_the_zero_point),
		cmocka_unit_test(test_channels_are_compared_as_real_values),
		cmocka_unit_test(test_equal_ones_are_spread),
		cmocka_unit_test(test_fraction_over_several),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_options_are_checked),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_layers_of_a_program),
	};

	return cmocka_run_group_tests_name("prune", tests, NULL, NULL);
}
