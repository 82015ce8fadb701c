// SPDX-License-Identifier: MIT
/*
 * The compiler and the simulated NPU: whatever network the front-end takes compiles or is refused with a
 * reason, and what compiles gives the reference kernels' results.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "ir/error.h"
#include "ir/graph.h"

/* Larger networks are compiled, but not run: a mutant should take milliseconds. */
#define RUN_BYTES (64 * 1024)

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, npu_error());
	abort();
}

/* A network whose kernels refuse its values when it runs (a division by zero) has no result to compare. */
static int runs(const npu_model *model, const void *const *inputs)
{
	npu_comparison result;
	npu_device *cpu = npu_device_open("cpu", NULL);
	npu_status status;

	if (!cpu)
		die("device");
	status = npu_compare(cpu, model, NULL, inputs, &result);
	npu_device_close(cpu);
	return status == NPU_OK;
}

static void compare(const npu_model *model, const char *preset)
{
	const struct npu_graph *g = &model->graph;
	npu_compile_options options = NPU_COMPILE_OPTIONS_INIT;
	const void **inputs = calloc(g->num_inputs + 1, sizeof(*inputs));
	npu_device *device;
	npu_comparison result;
	uint32_t random = 1;
	size_t k;
	int i;

	for (i = 0; i < g->num_inputs; i++) {
		size_t bytes = npu_tensor_bytes(&g->tensors[g->inputs[i]]);
		uint8_t *data = malloc(bytes);

		for (k = 0; k < bytes; k++) {
			random = random * 1664525 + 1013904223;
			data[k] = (uint8_t)(random >> 24) & (g->tensors[g->inputs[i]].dtype == NPU_BOOL ? 1 : 0xff);
		}
		inputs[i] = data;
	}
	if (runs(model, inputs)) {
		options.preset = preset;
		device = npu_device_open("iss", preset);
		if (!device)
			die("device");
		if (npu_compare(device, model, &options, inputs, &result) != NPU_OK)
			die("compare");
		npu_device_close(device);
	}
	for (i = 0; i < g->num_inputs; i++)
		free((void *)inputs[i]);
	free(inputs);
}

FUZZ_TARGET(compile)
{
	npu_model *model = npu_model_load_memory(data, size);
	npu_compile_options options = NPU_COMPILE_OPTIONS_INIT;
	npu_program *program;
	size_t bytes = 0;
	int i;

	if (!model)
		return 0;
	options.preset = size & 4 ? "nano" : "base";
	options.keep_all = data[size / 2] & 1;
	program = npu_compile(model, &options);
	if (!program) {
		if (npu_error_status() == NPU_ERR_INTERNAL)
			die("compile");
		npu_model_free(model);
		return 0;
	}
	for (i = 0; i < model->graph.num_tensors; i++)
		bytes += npu_tensor_bytes(&model->graph.tensors[i]);
	npu_program_free(program);
	if (bytes <= RUN_BYTES)
		compare(model, options.preset);
	npu_model_free(model);
	return 1;
}
