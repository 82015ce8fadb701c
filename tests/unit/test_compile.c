// SPDX-License-Identifier: MIT
/* npu_compile(): options, what it refuses, and networks whose inputs and outputs are unusual. */
#include "program_fixture.h"

static npu_program *compile(const struct npu_graph *graph, int strict, int keep_all)
{
	struct npu_model model = { .graph = *graph };
	npu_compile_options options = NPU_COMPILE_OPTIONS_INIT;

	options.strict = strict;
	options.keep_all = keep_all;
	return npu_compile(&model, &options);
}

static void refuse(const struct npu_graph *graph, const npu_compile_options *options,
		   const char *message)
{
	struct npu_model model = { .graph = *graph };
	npu_program *program = npu_compile(&model, options);

	assert_null(program);
	if (!strstr(npu_error(), message))
		fail_msg("refused with '%s', not '%s'", npu_error(), message);
}

/* Compiled fused and with all tensors kept, it computes on the NPU what the kernels compute. */
static void assert_equal_results(const struct npu_graph *graph, const char *preset)
{
	struct npu_model model = { .graph = *graph };
	npu_device *device = npu_device_open("iss", preset);
	const void *inputs[32];
	npu_comparison result;
	uint32_t random = 1;
	size_t i, bytes;
	int k;

	assert_non_null(device);
	for (k = 0; k < graph->num_inputs; k++) {
		uint8_t *data;

		bytes = npu_tensor_bytes(&graph->tensors[graph->inputs[k]]);
		data = malloc(bytes);
		for (i = 0; i < bytes; i++) {
			random = random * 1664525 + 1013904223;
			data[i] = (uint8_t)(random >> 24);
		}
		inputs[k] = data;
	}
	for (k = 0; k <= 1; k++) {
		npu_compile_options options = NPU_COMPILE_OPTIONS_INIT;

		options.preset = preset;
		options.keep_all = k;
		if (npu_compare(device, &model, &options, inputs, &result))
			fail_msg("preset %s, keep_all %d: %s", preset, k, npu_error());
	}
	for (k = 0; k < graph->num_inputs; k++)
		free((void *)inputs[k]);
	npu_device_close(device);
}

static int placed_on_npu(const npu_program *program)
{
	npu_program_info info;

	assert_int_equal(npu_program_describe(program, &info), NPU_OK);
	return info.nodes_npu;
}

/* ---- options ---------------------------------------------------------------------- */

static void test_options(void **state)
{
	struct {
		npu_compile_options options;
		uint64_t later;
	} larger = { { sizeof(larger), "nano", 0, 0, 0, 0 }, 0 };
	npu_compile_options options = NPU_COMPILE_OPTIONS_INIT;
	struct npu_model model = { 0 };
	npu_program_info info;
	npu_program *program;

	(void)state;
	make_graph(&model.graph);
	assert_null(npu_compile(NULL, NULL));
	assert_non_null(strstr(npu_error(), "model is NULL"));

	program = npu_compile(&model, NULL);
	assert_non_null(program);
	npu_program_describe(program, &info);
	assert_string_equal(info.preset, "base");
	npu_program_free(program);

	program = npu_compile(&model, &larger.options);
	assert_non_null(program);
	npu_program_describe(program, &info);
	assert_string_equal(info.preset, "nano");
	npu_program_free(program);
	larger.later = 1;
	refuse(&model.graph, &larger.options, "does not know");

	options.size = 0;
	refuse(&model.graph, &options, "options have size 0");
	options.size = sizeof(options) - 1;
	refuse(&model.graph, &options, "options have size");
	options.size = sizeof(options);
	options.preset = "wide";
	refuse(&model.graph, &options, "no preset 'wide': choose base or nano");
	options.preset = "";
	refuse(&model.graph, &options, "no preset '': choose base or nano");
	npu_graph_clear(&model.graph);
}

static void test_strict(void **state)
{
	struct npu_graph graph = { 0 };
	npu_program *program;

	(void)state;
	make_graph(&graph);
	assert_null(compile(&graph, 1, 0));
	assert_non_null(strstr(npu_error(), "SOFTMAX node 12 (tensor 'out') does not run on the NPU: "));
	program = compile(&graph, 0, 0);
	assert_non_null(program);
	assert_int_equal(placed_on_npu(program), 2);
	npu_program_free(program);
	npu_graph_clear(&graph);
}

/* The program needs neither the model nor, once stripped, the weights. */
static void test_strip(void **state)
{
	npu_compile_options options = NPU_COMPILE_OPTIONS_INIT;
	struct npu_model model = { 0 };
	npu_program *program;
	npu_device *cpu;

	(void)state;
	make_graph(&model.graph);
	options.strip = 1;
	program = npu_compile(&model, &options);
	npu_graph_clear(&model.graph);
	assert_non_null(program);
	assert_null(program->graph.tensors[WEIGHTS].data);
	assert_null(program->graph.tensors[BIAS].data);
	cpu = npu_device_open("cpu", NULL);
	assert_non_null(cpu);
	assert_null(npu_session_create(cpu, program));
	assert_non_null(strstr(npu_error(), "strip"));
	npu_device_close(cpu);
	npu_program_free(program);
}

/* ---- graphs of ADD ---------------------------------------------------------------- */

/* num_inputs inputs "in<i>"; the nodes are ADD of two tensors each, the last ones outputs. */
static void start_adds(struct npu_graph *graph, int num_inputs, int num_nodes)
{
	char name[16];
	int i;

	graph->num_tensors = num_inputs + num_nodes;
	graph->tensors = calloc((size_t)graph->num_tensors, sizeof(*graph->tensors));
	graph->num_nodes = num_nodes;
	graph->nodes = calloc((size_t)num_nodes, sizeof(*graph->nodes));
	graph->num_inputs = num_inputs;
	graph->inputs = calloc((size_t)num_inputs + 1, sizeof(*graph->inputs));
	for (i = 0; i < graph->num_tensors; i++) {
		snprintf(name, sizeof(name), "%s%d", i < num_inputs ? "in" : "sum", i);
		tensor(&graph->tensors[i], name, NPU_INT8, i < num_inputs ? -1 : i - num_inputs,
		       DIMS(1, 3, 5, 7), 0.5f, i % 4, NULL);
		if (i < num_inputs)
			graph->inputs[i] = i;
	}
}

/* Eight inputs, seven sums of neighbours, all of them outputs: more than a job can reach. */
static void test_many_ports(void **state)
{
	struct npu_graph graph = { 0 };
	int outputs[7], i;
	npu_program *program;

	(void)state;
	start_adds(&graph, 8, 7);
	for (i = 0; i < 7; i++) {
		node(&graph, i, NPU_OP_ADD, INTS(i, i + 1), 8 + i);
		outputs[i] = 8 + i;
	}
	list(&graph.num_outputs, &graph.outputs, 7, outputs);
	assert_null(compile(&graph, 1, 0));
	assert_non_null(strstr(npu_error(), "15 inputs and outputs"));
	program = compile(&graph, 0, 0);
	assert_non_null(program);
	assert_int_equal(placed_on_npu(program), 0);
	npu_program_free(program);
	assert_equal_results(&graph, "base");

	/* One less is all that fits. */
	graph.num_outputs = 6;
	program = compile(&graph, 1, 0);
	assert_non_null(program);
	assert_int_equal(placed_on_npu(program), 7);
	npu_program_free(program);
	assert_equal_results(&graph, "base");
	assert_equal_results(&graph, "nano");
	npu_graph_clear(&graph);
}

/* Outputs that repeat, are inputs or are constants; an input that nothing reads. */
static void test_odd_outputs(void **state)
{
	struct npu_graph graph = { 0 };
	int8_t values[105];
	const void *inputs[2];
	int8_t first[105], second[105], out[5][105];
	void *outputs[5] = { out[0], out[1], out[2], out[3], out[4] };
	struct npu_model model;
	npu_program *program;
	npu_session *session;
	npu_device *device;
	int i;

	(void)state;
	for (i = 0; i < 105; i++) {
		values[i] = (int8_t)(3 * i);
		first[i] = (int8_t)(7 * i);
		second[i] = (int8_t)(11 * i);
	}
	start_adds(&graph, 3, 1);
	/* The third is a constant instead. */
	graph.num_inputs = 2;
	graph.tensors[2].data = copy_of(values, sizeof(values));
	node(&graph, 0, NPU_OP_ADD, INTS(0, 2), 3);
	list(&graph.num_outputs, &graph.outputs, INTS(3, 0, 3, 2, 1));
	assert_equal_results(&graph, "base");

	model.graph = graph;
	program = npu_compile(&model, NULL);
	assert_non_null(program);
	device = npu_device_open("iss", NULL);
	session = npu_session_create(device, program);
	assert_non_null(session);
	inputs[0] = first;
	inputs[1] = second;
	assert_int_equal(npu_session_run(session, inputs, outputs), NPU_OK);
	assert_memory_equal(out[0], out[2], 105);
	assert_memory_equal(out[1], first, 105);
	assert_memory_equal(out[3], values, 105);
	assert_memory_equal(out[4], second, 105);
	assert_memory_not_equal(out[0], first, 105);
	npu_session_free(session);
	npu_device_close(device);
	npu_program_free(program);
	npu_graph_clear(&graph);
}

/* Nothing to compute: the outputs are the input in another shape, twice. */
static void test_moves_only(void **state)
{
	static const int32_t shape[2] = { 15, 7 };
	struct npu_graph graph = { 0 };
	npu_program *program;

	(void)state;
	graph.num_tensors = 4;
	graph.tensors = calloc(4, sizeof(*graph.tensors));
	tensor(&graph.tensors[0], "in", NPU_INT8, -1, DIMS(1, 3, 5, 7), 0.5f, 3, NULL);
	tensor(&graph.tensors[1], "shape", NPU_INT32, -1, DIMS(2), 0, 0, shape);
	tensor(&graph.tensors[2], "once", NPU_INT8, 0, DIMS(15, 7), 0.5f, 3, NULL);
	tensor(&graph.tensors[3], "twice", NPU_INT8, 1, DIMS(15, 7), 0.5f, 3, NULL);
	graph.num_nodes = 2;
	graph.nodes = calloc(2, sizeof(*graph.nodes));
	list(&graph.num_inputs, &graph.inputs, INTS(0));
	node(&graph, 0, NPU_OP_RESHAPE, INTS(0, 1), 2);
	node(&graph, 1, NPU_OP_RESHAPE, INTS(2, 1), 3);
	list(&graph.num_outputs, &graph.outputs, INTS(3, 2));
	program = compile(&graph, 1, 0);
	if (!program)
		fail_msg("%s", npu_error());
	npu_program_free(program);
	assert_equal_results(&graph, "base");
	assert_equal_results(&graph, "nano");
	npu_graph_clear(&graph);
}

/* ---- what does not fit ------------------------------------------------------------ */

/* Sixty-four thousand inputs of one output channel do not fit the SRAM of nano at once. */
static void make_wide_layer(struct npu_graph *graph, int inputs, int outputs)
{
	size_t i, count = (size_t)inputs * (size_t)outputs;
	int8_t *weights = malloc(count);
	uint32_t random = 7;

	for (i = 0; i < count; i++) {
		random = random * 1664525 + 1013904223;
		weights[i] = (int8_t)((int)(random >> 25) - 64);
	}
	graph->num_tensors = 5;
	graph->tensors = calloc(5, sizeof(*graph->tensors));
	tensor(&graph->tensors[0], "in", NPU_INT8, -1, DIMS(1, inputs), 0.5f, 0, NULL);
	tensor(&graph->tensors[1], "w", NPU_INT8, -1, DIMS(outputs, inputs), 0.25f, 0, weights);
	tensor(&graph->tensors[2], "wide", NPU_INT8, 0, DIMS(1, outputs), 400.0f, 1, NULL);
	tensor(&graph->tensors[3], "out", NPU_INT8, 1, DIMS(1, outputs), 800.0f, 2, NULL);
	tensor(&graph->tensors[4], "other", NPU_INT8, 2, DIMS(1, outputs), 800.0f, 2, NULL);
	free(weights);
	graph->num_nodes = 3;
	graph->nodes = calloc(3, sizeof(*graph->nodes));
	node(graph, 0, NPU_OP_FULLY_CONNECTED, INTS(0, 1), 2);
	node(graph, 1, NPU_OP_ADD, INTS(2, 2), 3);
	node(graph, 2, NPU_OP_ADD, INTS(3, 2), 4);
	list(&graph->num_inputs, &graph->inputs, INTS(0));
	list(&graph->num_outputs, &graph->outputs, INTS(4));
}

static void test_node_that_does_not_fit(void **state)
{
	struct npu_graph graph = { 0 };
	npu_compile_options options = NPU_COMPILE_OPTIONS_INIT;
	struct npu_model model;
	npu_placement placement;
	npu_program *program;

	(void)state;
	make_wide_layer(&graph, 64000, 8);
	options.preset = "nano";
	model.graph = graph;
	program = npu_compile(&model, &options);
	if (!program)
		fail_msg("%s", npu_error());
	assert_int_equal(placed_on_npu(program), 2);
	assert_int_equal(npu_program_placement(program, 0, &placement), NPU_OK);
	assert_false(placement.on_npu);
	assert_non_null(strstr(placement.detail, "SRAM"));
	npu_program_free(program);
	options.strict = 1;
	refuse(&graph, &options, "FULLY_CONNECTED node 10 (tensor 'wide') does not run on the NPU: ");
	assert_equal_results(&graph, "nano");
	npu_graph_clear(&graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_many_ports),
		cmocka_unit_test(test_odd_outputs),
		cmocka_unit_test(test_moves_only),
		cmocka_unit_test(test_node_that_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
