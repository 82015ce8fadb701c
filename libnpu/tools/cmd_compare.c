// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tool.h"

static const struct tool_option options_of_compare[] = {
	{ OPTION_DEVICE, 'd', "device", "NAME", DEVICE_HELP },
	RTL_OPTIONS,
	{ OPTION_PRESET, 'p', "preset", "NAME", "hardware to compile for: base (default) or nano" },
	{ OPTION_INPUT, 'i', "input", "FILE",
	  "data of an input: .npy, or else raw; - is raw from\nstandard input; in order, or NAME=FILE" },
	{ OPTION_RANDOM, 0, "random", "SEED", "random inputs (default, with seed 1)" },
	{ OPTION_QUANTIZE, 0, "quantize", NULL, "convert float32 .npy data for a quantized input" },
	{ OPTION_STRICT, 0, "strict", NULL, "fail if a node would run on the CPU" },
	{ OPTION_DENSE, 0, "dense", NULL, "do not make use of zeros in weights" },
	{ 0 }
};

/* Status of one comparison; the worst of all is the command's. */
static int compare_once(npu_device *device, const npu_model *model, const struct options *options,
			bool keep_all, void *const *inputs)
{
	const char *how = keep_all ? "keep-all" : "fused";
	npu_compile_options compile = compile_options(options);
	npu_comparison result;
	npu_status status;

	compile.keep_all = keep_all;
	status = npu_compare(device, model, &compile, (const void *const *)inputs, &result);
	if (status == NPU_OK && !result.tensors) {
		complain("%s: %s: no tensor could be compared", options->network, how);
		return EXIT_TROUBLE;
	}
	if (status == NPU_OK) {
		printf("%-8s  %d tensors, %" PRIu64 " elements: equal\n", how, result.tensors,
		       result.elements);
		return EXIT_OK;
	}
	if (status == NPU_ERR_MISMATCH) {
		printf("%-8s  %d of %d tensors differ; first '%s', element %" PRIu64
		       ": %.9g expected, %.9g found\n", how, result.tensors_different,
		       result.tensors, printable(result.first_tensor), result.first_element,
		       result.expected, result.actual);
		return EXIT_DIFFERENT;
	}
	complain("%s: %s: %s", options->network, how, npu_error());
	return EXIT_TROUBLE;
}

static int compare_all(npu_device *device, const npu_model *model, const struct options *options,
		       const struct data *data, const struct ports *inputs)
{
	int worst = EXIT_OK;
	int keep_all;
	size_t b;

	for (b = 0; b < data->batches; b++) {
		void **pointers = data_pointers(data, inputs, b);

		if (!pointers)
			return EXIT_TROUBLE;
		if (data->batches > 1)
			printf("inference %zu\n", b);
		for (keep_all = 0; keep_all <= 1; keep_all++) {
			int status = compare_once(device, model, options, keep_all, pointers);

			if (status > worst)
				worst = status;
		}
		free(pointers);
	}
	return worst;
}

static int compare(const struct options *options)
{
	static const uint64_t default_seed = 1;
	struct ports inputs = { 0 }, outputs = { 0 };
	struct data data = { 0 };
	npu_device *device = NULL;
	npu_model *model;
	int status = EXIT_TROUBLE;

	if (is_program_file(options->network)) {
		complain("%s: is a program; the comparison needs the .tflite that it was made from",
			 options->network);
		return EXIT_TROUBLE;
	}
	model = model_load(options->network);
	if (model && ports_of_model(&inputs, &outputs, model) &&
	    data_load(&data, &inputs, options, &default_seed)) {
		device = device_open(options, options->preset);
		if (device)
			status = compare_all(device, model, options, &data, &inputs);
	}
	if (!device_close(options, device))
		status = EXIT_TROUBLE;
	data_free(&data);
	ports_free(&inputs);
	ports_free(&outputs);
	npu_model_free(model);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct options options;
	int status;

	if (options_parse(command, argc, argv, &options, &status)) {
		if (!options.network)
			status = complain_usage(command, "which network?");
		else if (options.have_seed && options.inputs.num)
			status = complain_usage(command, "both --input and --random");
		else
			status = device_choose_preset(&options) ? compare(&options) :
								  EXIT_TROUBLE;
	}
	options_free(&options);
	return status;
}

const struct command command_compare = {
	.name = "compare",
	.usage = "NETWORK.tflite [OPTION]...",
	.summary = "check that every tensor of a network is exact on a device",
	.help = "Runs a network on a device and on the reference kernels, and compares every tensor:\n"
		"once as it is compiled for speed, once so that all tensors are kept in memory.\n"
		"Exit status: 0 all are equal, 1 some differ, 2 anything failed.",
	.options = options_of_compare,
	.run = run,
	.failure = EXIT_TROUBLE,
};
