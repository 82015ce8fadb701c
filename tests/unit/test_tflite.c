// SPDX-License-Identifier: MIT
/*
 * The TFLite front-end and the rules of graphs.  Files are those of tests/fuzz,
 * which make_seeds.py writes; rules are tested on their graphs, changed in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir/graph.h"

#define FOLDER "tests/fuzz/"

static const char *const seeds[] = {
	"activations", "arithmetic", "classifier_int8", "classifier_uint8", "float_edges",
	"int16_and_float", "moves", "old_and_new", "open_batch", "reductions", "space", "upscale",
};
#define NUM_SEEDS (sizeof(seeds) / sizeof(seeds[0]))

static unsigned char *read_file(const char *folder, const char *name, size_t *size)
{
	static unsigned char buf[65536];
	unsigned char *copy;
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), FOLDER "%s/%s.tflite", folder, name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s: cannot be opened (run from the top of the tree)", path);
	*size = fread(buf, 1, sizeof(buf), file);
	fclose(file);
	assert_in_range(*size, 1, 8192);
	/* On the heap and of the exact size, so that the sanitizer sees an overrun. */
	copy = malloc(*size);
	assert_non_null(copy);
	memcpy(copy, buf, *size);
	return copy;
}

static npu_model *load_seed(const char *name)
{
	size_t size;
	unsigned char *data = read_file("seeds", name, &size);
	npu_model *model = npu_model_load_memory(data, size);

	if (!model)
		fail_msg("%s: %s", name, npu_error());
	free(data);
	return model;
}

static struct npu_node *find_node(struct npu_graph *graph, enum npu_op op)
{
	int i;

	for (i = 0; i < graph->num_nodes; i++)
		if (graph->nodes[i].op == op)
			return &graph->nodes[i];
	fail_msg("the network has no %s", npu_op_name(op));
	return NULL;
}

static void assert_shape(const struct npu_tensor *t, int rank, const int32_t *dims)
{
	assert_int_equal(t->rank, rank);
	assert_memory_equal(t->dims, dims, (size_t)rank * sizeof(*dims));
}

#define DIMS(...) (int)(sizeof((int32_t[]){ __VA_ARGS__ }) / 4), (int32_t[]){ __VA_ARGS__ }

/* ---- files that load ------------------------------------------------------ */

static void test_seeds_load(void **state)
{
	bool seen[NPU_OP_COUNT] = { false };
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < NUM_SEEDS; i++) {
		npu_model *model = load_seed(seeds[i]);

		assert_int_equal(npu_graph_check(&model->graph), NPU_OK);
		for (n = 0; n < model->graph.num_nodes; n++)
			seen[model->graph.nodes[n].op] = true;
		npu_model_free(model);
	}
	/* SHAPE is folded away wherever a network has a use for it. */
	for (n = 0; n < NPU_OP_COUNT; n++)
		if (!seen[n] && n != NPU_OP_SHAPE)
			fail_msg("no seed has %s", npu_op_name((enum npu_op)n));
}

static void test_parameters(void **state)
{
	npu_model *model = load_seed("classifier_int8");
	struct npu_graph *g = &model->graph;
	const struct npu_node *conv = &g->nodes[0];
	const struct npu_tensor *w = &g->tensors[conv->inputs[1]];

	(void)state;
	assert_int_equal(conv->op, NPU_OP_CONV_2D);
	assert_int_equal(conv->index, 0);
	assert_int_equal(conv->num_inputs, 3);
	assert_int_equal(conv->p.conv.padding, NPU_PAD_SAME);
	assert_int_equal(conv->p.conv.act, NPU_ACT_RELU6);
	assert_int_equal(conv->p.conv.stride_h, 2);
	assert_int_equal(conv->p.conv.stride_w, 2);
	assert_int_equal(conv->p.conv.dilation_h, 1);
	assert_int_equal(w->dtype, NPU_INT8);
	assert_shape(w, DIMS(4, 3, 3, 3));
	assert_int_equal(w->quant.n, 4);
	assert_int_equal(w->quant.axis, 0);
	assert_true(w->quant.scale[3] == 0.013f);
	assert_int_equal(w->producer, -1);
	assert_non_null(w->data);
	assert_int_equal(g->tensors[conv->outputs[0]].producer, 0);
	assert_string_equal(g->tensors[conv->outputs[0]].name, "conv_2d");
	assert_null(g->tensors[conv->outputs[0]].data);
	assert_shape(&g->tensors[conv->outputs[0]], DIMS(1, 4, 4, 4));
	assert_true(find_node(g, NPU_OP_SOFTMAX)->p.softmax.beta == 1.0f);
	assert_int_equal(find_node(g, NPU_OP_AVERAGE_POOL_2D)->p.pool.filter_w, 4);
	assert_int_equal(find_node(g, NPU_OP_AVERAGE_POOL_2D)->p.pool.padding, NPU_PAD_VALID);
	assert_int_equal(find_node(g, NPU_OP_DEPTHWISE_CONV_2D)->p.conv.act, NPU_ACT_RELU);
	npu_model_free(model);

	model = load_seed("space");
	g = &model->graph;
	assert_true(find_node(g, NPU_OP_RESIZE_BILINEAR)->p.resize.half_pixel_centers);
	assert_false(find_node(g, NPU_OP_RESIZE_BILINEAR)->p.resize.align_corners);
	assert_true(find_node(g, NPU_OP_RESIZE_NEAREST_NEIGHBOR)->p.resize.align_corners);
	assert_int_equal(find_node(g, NPU_OP_DEPTH_TO_SPACE)->p.block.block_size, 2);
	npu_model_free(model);
}

static void test_axes_are_normalised(void **state)
{
	npu_model *model = load_seed("moves");

	(void)state;
	assert_int_equal(find_node(&model->graph, NPU_OP_PACK)->p.axis.axis, 1);
	assert_int_equal(find_node(&model->graph, NPU_OP_SPLIT)->p.axis.axis, 0);
	assert_int_equal(find_node(&model->graph, NPU_OP_SPLIT_V)->p.axis.axis, 1);
	npu_model_free(model);
	model = load_seed("reductions");
	assert_int_equal(find_node(&model->graph, NPU_OP_ARG_MAX)->p.axis.axis, 3);
	assert_int_equal(find_node(&model->graph, NPU_OP_ARG_MIN)->p.axis.axis, 1);
	npu_model_free(model);
	model = load_seed("classifier_uint8");
	assert_int_equal(find_node(&model->graph, NPU_OP_CONCATENATION)->p.axis.axis, 3);
	npu_model_free(model);
}

/* Four operators compute a shape; two are left, and the placeholder has its real shape. */
static void test_shapes_are_folded(void **state)
{
	npu_model *model = load_seed("open_batch");
	struct npu_graph *g = &model->graph;
	const struct npu_tensor *shape;

	(void)state;
	assert_int_equal(g->num_nodes, 2);
	assert_int_equal(g->nodes[0].op, NPU_OP_RESHAPE);
	assert_int_equal(g->nodes[0].index, 3);
	assert_shape(&g->tensors[g->nodes[0].outputs[0]], DIMS(1, 16));
	shape = &g->tensors[g->nodes[0].inputs[1]];
	assert_non_null(shape->data);
	assert_int_equal(shape->producer, -1);
	assert_int_equal(((const int32_t *)shape->data)[0], 1);
	assert_int_equal(((const int32_t *)shape->data)[1], -1);
	assert_int_equal(g->nodes[1].op, NPU_OP_FULLY_CONNECTED);
	assert_int_equal(g->tensors[g->nodes[1].outputs[0]].producer, 1);
	npu_model_free(model);
}

static void test_old_and_new_files(void **state)
{
	npu_model *model = load_seed("old_and_new");
	struct npu_graph *g = &model->graph;
	const struct npu_tensor *w = &g->tensors[g->nodes[0].inputs[1]];
	size_t size;
	unsigned char *data = read_file("seeds", "old_and_new", &size);

	(void)state;
	assert_int_equal(g->nodes[0].op, NPU_OP_CONV_2D);
	assert_int_equal(w->quant.n, 1);
	/* The weights are the file's last bytes. */
	assert_int_equal(npu_tensor_bytes(w), 36);
	assert_memory_equal(w->data, data + size - 36, 36);
	assert_string_equal(g->tensors[g->num_tensors - 1].name, "leftover");
	free(data);
	npu_model_free(model);
}

static void test_names_are_printable(void **state)
{
	static const char bad[] = "a\x1b\xff\xc3\xa9\xc3";
	size_t size, i;
	unsigned char *data = read_file("seeds", "classifier_int8", &size);
	npu_model *model;
	bool found = false;

	(void)state;
	for (i = 0; i + 7 < size; i++) {
		if (!memcmp(data + i, "conv_2d", 7)) {
			memcpy(data + i, bad, 6);
			data[i + 6] = '\0';
		}
	}
	model = npu_model_load_memory(data, size);
	assert_non_null(model);
	for (i = 0; i < (size_t)model->graph.num_tensors; i++)
		if (!strcmp(model->graph.tensors[i].name, "a??\xc3\xa9??"))
			found = true;
	assert_true(found);
	npu_model_free(model);
	free(data);
}

static void test_copy(void **state)
{
	size_t s;
	int i;

	(void)state;
	for (s = 0; s < NUM_SEEDS; s++) {
		npu_model *model = load_seed(seeds[s]);
		struct npu_graph copy;

		assert_int_equal(npu_graph_copy(&copy, &model->graph), NPU_OK);
		assert_int_equal(copy.num_tensors, model->graph.num_tensors);
		assert_int_equal(copy.num_nodes, model->graph.num_nodes);
		for (i = 0; i < copy.num_tensors; i++) {
			const struct npu_tensor *a = &copy.tensors[i];
			const struct npu_tensor *b = &model->graph.tensors[i];

			assert_string_equal(a->name, b->name);
			assert_ptr_not_equal(a->name, b->name);
			assert_int_equal(!a->data, !b->data);
			if (a->data) {
				assert_ptr_not_equal(a->data, b->data);
				assert_memory_equal(a->data, b->data, npu_tensor_bytes(a));
			}
		}
		npu_model_free(model);
		assert_int_equal(npu_graph_check(&copy), NPU_OK);
		npu_graph_clear(&copy);
	}
}

/* ---- files that do not ---------------------------------------------------- */

static void test_refused_files(void **state)
{
	static const struct {
		const char *name;
		npu_status status;
		const char *message;
	} cases[] = {
		{ "stride_0", NPU_ERR_FORMAT, "CONV_2D node 0 (tensor 'conv_2d'): stride_h is 0" },
		{ "custom_operator", NPU_ERR_UNSUPPORTED,
		  "CUSTOM operator 'TFLite_Detection_PostProcess' (node 0, tensor 'result') is not supported" },
		{ "control_flow", NPU_ERR_UNSUPPORTED, "WHILE operator (node 0, tensor 'result'" },
		{ "recurrent", NPU_ERR_UNSUPPORTED, "UNIDIRECTIONAL_SEQUENCE_LSTM operator (node 0" },
		{ "state", NPU_ERR_UNSUPPORTED, "READ_VARIABLE operator" },
		{ "future_operator", NPU_ERR_VERSION, "operator number 1000 (node 0, tensor 'result')" },
		{ "future_version", NPU_ERR_VERSION, "has version 99" },
		{ "schema_version", NPU_ERR_VERSION, "version 4" },
		{ "float16", NPU_ERR_UNSUPPORTED, "tensor 1 't1': type float16" },
		{ "int4", NPU_ERR_UNSUPPORTED, "tensor 1 't1': type int4" },
		{ "strings", NPU_ERR_UNSUPPORTED, "tensor 0 't0': type string" },
		{ "variable", NPU_ERR_UNSUPPORTED, "tensor 0 't0' is a variable" },
		{ "sparse", NPU_ERR_UNSUPPORTED, "tensor 1 't1' is stored sparse" },
		{ "open_dimension", NPU_ERR_UNSUPPORTED, "dimension 0 is open" },
		{ "empty_dimension", NPU_ERR_UNSUPPORTED, "dimension 0 is 0" },
		{ "huge_tensor", NPU_ERR_LIMIT, "larger than 2 GiB" },
		{ "rank_7", NPU_ERR_UNSUPPORTED, "7 dimensions" },
		{ "scale_0", NPU_ERR_FORMAT, "tensor 0 't0': scale 0 is 0" },
		{ "scale_nan", NPU_ERR_FORMAT, "tensor 1 'result': scale 0 is nan" },
		{ "zero_point_200", NPU_ERR_FORMAT, "zero point 200 is out of range for int8" },
		{ "three_scales", NPU_ERR_FORMAT, "3 scales along axis 0 of size 2" },
		{ "no_quantization", NPU_ERR_FORMAT, "has no quantization" },
		{ "dynamic_range", NPU_ERR_UNSUPPORTED, "dynamic-range" },
		{ "short_data", NPU_ERR_FORMAT, "3 bytes of data, but its shape needs 4" },
		{ "data_outside", NPU_ERR_FORMAT, "lie outside the file" },
		{ "no_buffer", NPU_ERR_FORMAT, "there is no buffer 77" },
		{ "not_computed", NPU_ERR_FORMAT, "'t0') is not computed before it is used" },
		{ "wrong_order", NPU_ERR_FORMAT, "'relu') is not computed before it is used" },
		{ "computed_twice", NPU_ERR_FORMAT, "is computed twice" },
		{ "no_tensor", NPU_ERR_FORMAT, "there is no tensor 9" },
		{ "no_output", NPU_ERR_UNSUPPORTED, "no outputs" },
		{ "fused_tanh", NPU_ERR_UNSUPPORTED, "(tensor 'conv_2d'): fused activation TANH" },
		{ "computed_shape", NPU_ERR_UNSUPPORTED, "the shape (tensor 't2') must be constant" },
		{ "softmax_scale", NPU_ERR_FORMAT, "zero point is 0, not -128" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size;
		unsigned char *data = read_file("refused", cases[i].name, &size);
		struct npu_graph graph;
		npu_status status = npu_tflite_read(&graph, data, size);

		if (status != cases[i].status || !strstr(npu_error(), cases[i].message))
			fail_msg("%s: status %d, message \"%s\"", cases[i].name, (int)status,
				 status ? npu_error() : "");
		free(data);
	}
}

static void test_not_tflite(void **state)
{
	static const char text[] = "\x10\0\0\0PK\3\4 this is no flatbuffer at all";
	static const char older[] = "\x10\0\0\0TFL2 and this is too old a one....";
	struct npu_graph graph;

	(void)state;
	assert_int_equal(npu_tflite_read(&graph, text, 0), NPU_ERR_FORMAT);
	assert_int_equal(npu_tflite_read(&graph, text, 7), NPU_ERR_FORMAT);
	assert_int_equal(npu_tflite_read(&graph, text, sizeof(text)), NPU_ERR_FORMAT);
	assert_int_equal(npu_tflite_read(&graph, older, sizeof(older)), NPU_ERR_VERSION);
	assert_non_null(strstr(npu_error(), "version 2"));
}

/* Whatever comes out of a damaged file has to be a good graph. */
static int try_damaged(const unsigned char *data, size_t size)
{
	struct npu_graph graph;

	if (npu_tflite_read(&graph, data, size) != NPU_OK) {
		assert_true(*npu_error());
		return 0;
	}
	assert_int_equal(npu_graph_check(&graph), NPU_OK);
	npu_graph_clear(&graph);
	return 1;
}

static void test_truncated(void **state)
{
	size_t s, n;

	(void)state;
	for (s = 0; s < NUM_SEEDS; s++) {
		size_t size;
		unsigned char *data = read_file("seeds", seeds[s], &size);

		for (n = 0; n < size; n++) {
			unsigned char *part = malloc(n ? n : 1);

			assert_non_null(part);
			memcpy(part, data, n);
			if (n < size / 2)
				assert_int_equal(try_damaged(part, n), 0);
			else
				try_damaged(part, n);
			free(part);
		}
		free(data);
	}
}

static void test_every_byte_damaged(void **state)
{
	static const unsigned char values[] = { 0, 0x7f, 0x80, 0xff };
	int passed = 0, tried = 0;
	size_t s, i, v;

	(void)state;
	for (s = 0; s < NUM_SEEDS; s++) {
		size_t size;
		unsigned char *data = read_file("seeds", seeds[s], &size);

		for (i = 0; i < size; i++) {
			unsigned char kept = data[i];

			for (v = 0; v < sizeof(values); v++) {
				data[i] = values[v];
				passed += try_damaged(data, size);
				tried++;
			}
			data[i] = kept;
		}
		free(data);
	}
	/* A reader that refuses everything would pass, too. */
	assert_in_range(passed, tried / 5, tried - tried / 5);
}

/* ---- rules ---------------------------------------------------------------- */

static void set_int(const struct npu_graph *g, const struct npu_node *n, int input, int i,
		    int value)
{
	((int32_t *)g->tensors[n->inputs[input]].data)[i] = value;
}

#define CHANGE(name) static void name(struct npu_graph *g, struct npu_node *n)
#define IN(i) g->tensors[n->inputs[i]]
#define OUT(i) g->tensors[n->outputs[i]]

CHANGE(stride_negative) { (void)g; n->p.conv.stride_w = -1; }
CHANGE(dilation_0) { (void)g; n->p.conv.dilation_h = 0; }
CHANGE(padding_unknown) { (void)g; n->p.conv.padding = (enum npu_padding)7; }
CHANGE(act_unknown) { (void)g; n->p.conv.act = (enum npu_act)9; }
CHANGE(output_shape) { OUT(0).dims[1]++; (void)n; }
CHANGE(output_rank) { OUT(0).rank--; }
CHANGE(weights_channels) { IN(1).dims[3] = 2; }
CHANGE(bias_type) { IN(2).dtype = NPU_FLOAT32; IN(2).quant.n = 0; }
CHANGE(bias_length) { IN(2).dims[0] = 2; IN(2).quant.n = 1; }
CHANGE(weights_axis) { IN(1).quant.n = 3; IN(1).quant.axis = 3; }
CHANGE(weights_zero) { (void)g; IN(1).quant.zero_point[1] = 1; }
CHANGE(output_type) { OUT(0).dtype = NPU_UINT8; OUT(0).quant.zero_point[0] = 0; }
CHANGE(no_input_quant) { IN(0).quant.n = 0; }
CHANGE(factor) { OUT(0).quant.scale[0] = 1e-30f; n->p.conv.act = NPU_ACT_NONE; }
CHANGE(input_missing) { (void)g; n->inputs[1] = -1; }
CHANGE(input_wrong) { (void)g; n->inputs[0] = 1 << 30; }
CHANGE(too_few) { (void)g; n->num_inputs = 1; }
CHANGE(output_is_input) { (void)g; n->outputs[0] = n->inputs[0]; }
CHANGE(depth_first) { IN(1).dims[0] = 3; IN(1).dims[1] = 1; }
CHANGE(broadcast) { (void)g; IN(0).dims[3] = 3; }
CHANGE(pool_filter) { (void)g; n->p.pool.filter_h = 0; }
CHANGE(pool_too_large) { (void)g; n->p.pool.filter_h = 5; }
CHANGE(softmax_zero) { OUT(0).quant.zero_point[0] = 0; }
CHANGE(softmax_beta) { (void)g; n->p.softmax.beta = -1; }
CHANGE(pad_negative) { set_int(g, n, 1, 2, -1); }
CHANGE(reshape_open) { set_int(g, n, 1, 0, 5); }
CHANGE(perm_twice) { set_int(g, n, 1, 0, 2); }
CHANGE(slice_begin) { set_int(g, n, 1, 1, 7); }
CHANGE(slice_size) { set_int(g, n, 2, 1, 7); }
CHANGE(stride_zero) { set_int(g, n, 3, 1, 0); }
CHANGE(shrink_outside) { set_int(g, n, 1, 0, 4); }
CHANGE(slice_empty) { set_int(g, n, 3, 1, 2); n->p.strided_slice.end_mask = 0; }
CHANGE(split_axis) { (void)g; n->p.axis.axis = 1; }
CHANGE(split_sizes) { set_int(g, n, 1, 1, 5); }
CHANGE(gather_index) { set_int(g, n, 1, 1, 4); }
CHANGE(axis_high) { (void)g; n->p.axis.axis = 4; }
CHANGE(block_3) { (void)g; n->p.block.block_size = 3; }
CHANGE(block_shape) { set_int(g, n, 1, 0, 3); }
CHANGE(resize_0) { set_int(g, n, 1, 0, 0); }
CHANGE(resize_both) { (void)g; n->p.resize.align_corners = true; }
CHANGE(reduce_axis) { set_int(g, n, 1, 0, 4); }
CHANGE(tile_0) { set_int(g, n, 1, 1, 0); }
CHANGE(logistic_scale) { OUT(0).quant.scale[0] = 1.0f / 255; }
CHANGE(hard_swish_scale) { IN(0).quant.scale[0] = 128.0f * OUT(0).quant.scale[0]; }
CHANGE(prelu_alpha) { IN(1).rank = 4; IN(1).dims[3] = 2; IN(1).dims[2] = 2; IN(1).dims[1] = 1; }
CHANGE(leaky_alpha) { (void)g; n->p.leaky.alpha = 1.0f / 0.0f; }
CHANGE(concat_axis) { (void)g; n->p.axis.axis = 0; }
CHANGE(unequal_quant) { IN(1).quant.zero_point[0]++; }
CHANGE(transpose_conv_size) { set_int(g, n, 0, 1, 8); }
CHANGE(mirror_large) { ((int64_t *)IN(1).data)[4] = 8; }
CHANGE(fc_depth) { IN(1).dims[0] = 8; IN(1).dims[1] = 3; IN(2).dims[0] = 8; }
CHANGE(dims_0) { OUT(0).dims[0] = 0; (void)n; }
CHANGE(rank_9) { OUT(0).rank = 9; (void)n; }
CHANGE(producer) { OUT(0).producer = 99; (void)n; }

static void test_rules(void **state)
{
	static const struct {
		const char *seed;
		enum npu_op op;
		void (*change)(struct npu_graph *g, struct npu_node *n);
		const char *message;
	} cases[] = {
		{ "classifier_int8", NPU_OP_CONV_2D, stride_negative, "stride_w is -1" },
		{ "classifier_int8", NPU_OP_CONV_2D, dilation_0, "dilation_h is 0" },
		{ "classifier_int8", NPU_OP_CONV_2D, padding_unknown, "unknown padding 7" },
		{ "classifier_int8", NPU_OP_CONV_2D, act_unknown, "unknown activation 9" },
		{ "classifier_int8", NPU_OP_CONV_2D, output_shape,
		  "(tensor 'conv_2d') has shape [1, 5, 4, 4], but the operator computes [1, 4, 4, 4]" },
		{ "classifier_int8", NPU_OP_CONV_2D, output_rank, "has shape [1, 4, 4]" },
		{ "classifier_int8", NPU_OP_CONV_2D, weights_channels, "do not go with weights for 2" },
		{ "classifier_int8", NPU_OP_CONV_2D, bias_type, "the bias" },
		{ "classifier_int8", NPU_OP_CONV_2D, bias_length, "has 2 values for 4 channels" },
		{ "classifier_int8", NPU_OP_CONV_2D, weights_axis, "quantized along axis 3, not 0" },
		{ "classifier_int8", NPU_OP_CONV_2D, weights_zero, "zero point 1, not 0" },
		{ "classifier_int8", NPU_OP_CONV_2D, output_type, "has type uint8" },
		{ "classifier_int8", NPU_OP_CONV_2D, no_input_quant, "has no quantization" },
		{ "classifier_int8", NPU_OP_CONV_2D, factor, "multiplication by" },
		{ "classifier_int8", NPU_OP_CONV_2D, input_missing, "input 1 is missing" },
		{ "classifier_int8", NPU_OP_CONV_2D, input_wrong, "there is no tensor" },
		{ "classifier_int8", NPU_OP_CONV_2D, too_few, "has 1 inputs" },
		{ "classifier_int8", NPU_OP_CONV_2D, output_is_input, "is a network input" },
		{ "classifier_int8", NPU_OP_CONV_2D, dims_0, "dimension 0 is 0" },
		{ "classifier_int8", NPU_OP_CONV_2D, rank_9, "9 dimensions" },
		{ "classifier_int8", NPU_OP_CONV_2D, producer, "another producer" },
		{ "classifier_int8", NPU_OP_DEPTHWISE_CONV_2D, depth_first, "is 3, not 1" },
		{ "arithmetic", NPU_OP_MUL, broadcast, "do not go together" },
		{ "arithmetic", NPU_OP_MAXIMUM, unequal_quant, "quantized differently" },
		{ "classifier_int8", NPU_OP_AVERAGE_POOL_2D, pool_filter, "filter_h is 0" },
		{ "classifier_int8", NPU_OP_AVERAGE_POOL_2D, pool_too_large, "does not fit" },
		{ "classifier_int8", NPU_OP_SOFTMAX, softmax_zero, "not -128" },
		{ "classifier_int8", NPU_OP_SOFTMAX, softmax_beta, "beta is -1" },
		{ "classifier_int8", NPU_OP_RESHAPE, reshape_open, "does not make" },
		{ "classifier_int8", NPU_OP_FULLY_CONNECTED, fc_depth, "does not go with weights for 3" },
		{ "moves", NPU_OP_PAD, pad_negative, "value 2 is -1" },
		{ "moves", NPU_OP_PADV2, pad_negative, "value 2 is -1" },
		{ "moves", NPU_OP_MIRROR_PAD, mirror_large, "mirrored paddings of 8" },
		{ "moves", NPU_OP_TRANSPOSE, perm_twice, "entry 2 of the permutation is 2" },
		{ "moves", NPU_OP_SLICE, slice_begin, "outside axis 1 of size 7" },
		{ "moves", NPU_OP_SLICE, slice_size, "size 7 from 1 on" },
		{ "moves", NPU_OP_STRIDED_SLICE, stride_zero, "stride 1 is 0" },
		{ "moves", NPU_OP_STRIDED_SLICE, shrink_outside, "outside an axis of size 1" },
		{ "moves", NPU_OP_STRIDED_SLICE, slice_empty, "is empty" },
		{ "moves", NPU_OP_SPLIT, split_axis, "its axis is 1, its input says 0" },
		{ "moves", NPU_OP_SPLIT_V, split_sizes, "size 1 is 5, with 2 of 3 left" },
		{ "moves", NPU_OP_CONCATENATION, concat_axis, "along axis 1" },
		{ "moves", NPU_OP_CONCATENATION, unequal_quant, "quantized differently" },
		{ "moves", NPU_OP_UNPACK, axis_high, "axis 4 of 3 dimensions" },
		{ "space", NPU_OP_GATHER, gather_index, "index 4" },
		{ "space", NPU_OP_GATHER, axis_high, "axis 4 of 4 dimensions" },
		{ "space", NPU_OP_DEPTH_TO_SPACE, block_3, "do not divide into blocks" },
		{ "space", NPU_OP_SPACE_TO_DEPTH, block_3, "do not divide into blocks" },
		{ "space", NPU_OP_SPACE_TO_BATCH_ND, block_shape, "does not divide into blocks of 3" },
		{ "space", NPU_OP_BATCH_TO_SPACE_ND, block_shape, "does not divide into blocks of 3" },
		{ "space", NPU_OP_RESIZE_BILINEAR, resize_0, "resizes to 0 x 6" },
		{ "space", NPU_OP_RESIZE_BILINEAR, resize_both, "both align_corners" },
		{ "space", NPU_OP_TILE, tile_0, "multiple 1 is 0" },
		{ "space", NPU_OP_REVERSE_V2, reduce_axis, "axis 4 of a tensor with 4" },
		{ "reductions", NPU_OP_MEAN, reduce_axis, "axis 4 of a tensor with 4" },
		{ "activations", NPU_OP_LOGISTIC, logistic_scale, "scale is" },
		{ "activations", NPU_OP_HARD_SWISH, hard_swish_scale, "too large" },
		{ "activations", NPU_OP_PRELU, prelu_alpha, "do not go together" },
		{ "activations", NPU_OP_LEAKY_RELU, leaky_alpha, "alpha is inf" },
		{ "upscale", NPU_OP_TRANSPOSE_CONV, transpose_conv_size, "does not come from an input of 3" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		npu_model *model = load_seed(cases[i].seed);
		npu_status status;

		cases[i].change(&model->graph, find_node(&model->graph, cases[i].op));
		status = npu_graph_check(&model->graph);
		if (status == NPU_OK || !strstr(npu_error(), cases[i].message))
			fail_msg("case %zu, %s: status %d, message \"%s\", not \"%s\"", i,
				 npu_op_name(cases[i].op), (int)status, npu_error(),
				 cases[i].message);
		npu_model_free(model);
	}
}

/* ---- models --------------------------------------------------------------- */

static void test_model_interface(void **state)
{
	npu_tensor_info info;
	npu_model *model;

	(void)state;
	model = npu_model_load(FOLDER "seeds/arithmetic.tflite");
	assert_non_null(model);
	assert_int_equal(npu_model_num_inputs(model), 3);
	assert_int_equal(npu_model_num_outputs(model), 3);
	assert_int_equal(npu_model_input(model, 0, &info), NPU_OK);
	assert_string_equal(info.name, "in");
	assert_int_equal(info.dtype, NPU_INT8);
	assert_int_equal(info.rank, 4);
	assert_int_equal(info.dims[1], 3);
	assert_int_equal(info.bytes, 36);
	assert_true(info.scale == 0.5f);
	assert_int_equal(info.zero_point, -3);
	assert_int_equal(npu_model_input(model, 1, &info), NPU_OK);
	assert_int_equal(info.dtype, NPU_INT32);
	assert_int_equal(info.bytes, 24);
	assert_true(info.scale == 0);
	assert_int_equal(npu_model_output(model, 1, &info), NPU_OK);
	assert_int_equal(info.dtype, NPU_FLOAT32);
	assert_int_equal(npu_model_input(model, 3, &info), NPU_ERR_INVALID);
	assert_int_equal(npu_model_output(model, -1, &info), NPU_ERR_INVALID);
	assert_int_equal(npu_model_output(NULL, 0, &info), NPU_ERR_INVALID);
	npu_model_free(model);
	npu_model_free(NULL);
}

static void test_files(void **state)
{
	(void)state;
	assert_null(npu_model_load("tests/fuzz"));
	assert_string_equal(npu_error(), "tests/fuzz: is a directory");
	assert_null(npu_model_load("tests/there-is-no-such-file"));
	assert_non_null(strstr(npu_error(), "tests/there-is-no-such-file: No such file"));
	assert_null(npu_model_load("/dev/null"));
	assert_non_null(strstr(npu_error(), "/dev/null: not a TFLite file"));
	assert_null(npu_model_load("tests/unit/test_tflite.c"));
	assert_non_null(strstr(npu_error(), "test_tflite.c: not a TFLite file"));
	assert_null(npu_model_load(NULL));
	assert_null(npu_model_load_memory(NULL, 1));
}

static void test_types(void **state)
{
	(void)state;
	assert_int_equal(npu_dtype_size(NPU_INT8), 1);
	assert_int_equal(npu_dtype_size(NPU_INT16), 2);
	assert_int_equal(npu_dtype_size(NPU_FLOAT32), 4);
	assert_int_equal(npu_dtype_size(NPU_INT64), 8);
	assert_int_equal(npu_dtype_size((npu_dtype)99), 0);
	assert_string_equal(npu_dtype_name(NPU_UINT8), "uint8");
	assert_string_equal(npu_dtype_name((npu_dtype)-1), "?");
	assert_string_equal(npu_op_name(NPU_OP_REVERSE_V2), "REVERSE_V2");
	assert_string_equal(npu_op_name(NPU_OP_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds_load),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_axes_are_normalised),
		cmocka_unit_test(test_shapes_are_folded),
		cmocka_unit_test(test_old_and_new_files),
		cmocka_unit_test(test_names_are_printable),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_not_tflite),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_every_byte_damaged),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_model_interface),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests_name("tflite", tests, NULL, NULL);
}
