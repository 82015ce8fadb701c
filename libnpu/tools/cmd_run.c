// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const struct tool_option options_of_run[] = {
	{ OPTION_DEVICE, 'd', "device", "NAME",
	  DEVICE_HELP },
	RTL_OPTIONS,
	{ OPTION_INPUT, 'i', "input", "FILE",
	  "data of an input: .npy, or else raw; - is raw from\nstandard input; in order, or NAME=FILE" },
	{ OPTION_OUTPUT, 'o', "output", "FILE",
	  "where an output goes, likewise; without any,\na summary is printed" },
	{ OPTION_RANDOM, 0, "random", "SEED", "random inputs instead of --input" },
	{ OPTION_QUANTIZE, 0, "quantize", NULL, "convert float32 .npy data for a quantized input" },
	{ OPTION_DEQUANTIZE, 0, "dequantize", NULL, "write quantized outputs as float32" },
	{ OPTION_PRESET, 'p', "preset", "NAME",
	  "hardware to compile a .tflite for: base (default)\nor nano" },
	{ OPTION_STRICT, 0, "strict", NULL, "fail if a node would run on the CPU" },
	{ 0 }
};

static void print_summary(const struct data *data, const struct ports *ports)
{
	size_t b, i;
	int o;

	for (b = 0; b < data->batches; b++) {
		for (o = 0; o < ports->num; o++) {
			const npu_tensor_info *info = &ports->info[o];
			const uint8_t *bytes = data->bytes[o] + b * info->bytes;
			size_t n = info->bytes / npu_dtype_size(info->dtype), at = 0;
			double low = data_element(info, bytes, 0), high = low;

			for (i = 1; i < n; i++) {
				double value = data_element(info, bytes, i);

				if (value < low)
					low = value;
				if (value > high) {
					high = value;
					at = i;
				}
			}
			if (data->batches > 1)
				printf("inference %zu: ", b);
			printf("output %d  %s  %s: %.9g to %.9g, greatest at element %zu\n", o,
			       printable(info->name), tensor_text(info), low, high, at);
		}
	}
}

static bool infer(npu_session *session, const struct data *in, const struct ports *inputs,
		  const struct data *out, const struct ports *outputs)
{
	bool ok = true;
	size_t b;

	for (b = 0; b < in->batches && ok; b++) {
		void **from = data_pointers(in, inputs, b);
		void **to = data_pointers(out, outputs, b);

		ok = from && to;
		if (ok && npu_session_run(session, (const void *const *)from, to)) {
			complain_npu();
			ok = false;
		}
		free(from);
		free(to);
	}
	return ok;
}

static bool run_session(const struct options *options, const npu_program *program,
			const struct data *in, const struct ports *inputs, struct data *out,
			const struct ports *outputs)
{
	npu_session *session = NULL;
	npu_device *device = NULL;
	npu_program_info info;
	bool ok = false;

	if (!npu_program_describe(program, &info))
		device = device_open(options, info.preset);
	else
		complain_npu();
	if (device) {
		session = npu_session_create(device, program);
		if (!session)
			complain_npu();
	}
	if (session)
		ok = infer(session, in, inputs, out, outputs);
	npu_session_free(session);
	return device_close(options, device) && ok;
}

/* Results never replace what made them. */
static bool spares_network(const struct ports *outputs, const char *const *files,
			   const char *network)
{
	int i;

	for (i = 0; i < outputs->num; i++) {
		if (files[i] && strcmp(files[i], "-") && is_same_file(files[i], network)) {
			complain("%s: is the network itself: give the output another name",
				 files[i]);
			return false;
		}
	}
	return true;
}

static int run_network(const struct options *options)
{
	struct ports inputs = { 0 }, outputs = { 0 };
	struct data in = { 0 }, out = { 0 };
	struct network network;
	const char **files = NULL;
	bool ok;

	ok = network_load(&network, options) &&
	     ports_of_program(&inputs, &outputs, network.program);
	if (ok) {
		files = calloc((size_t)outputs.num + 1, sizeof(*files));
		ok = files && match_files(&outputs, &options->outputs, files) &&
		     spares_network(&outputs, files, options->network);
		if (!files)
			complain("out of memory for the names of outputs");
	}
	ok = ok && data_load(&in, &inputs, options, NULL) &&
	     data_allocate(&out, &outputs, in.batches) &&
	     run_session(options, network.program, &in, &inputs, &out, &outputs);
	if (ok && options->outputs.num)
		ok = data_save(&out, &outputs, files, options->dequantize);
	else if (ok)
		print_summary(&out, &outputs);
	free(files);
	data_free(&in);
	data_free(&out);
	ports_free(&inputs);
	ports_free(&outputs);
	network_free(&network);
	return ok ? EXIT_OK : EXIT_FAILED;
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
		else if (!options.have_seed && !options.inputs.num)
			status = complain_usage(command, "no --input, and no --random either");
		else
			status = device_choose_preset(&options) ? run_network(&options) :
								  EXIT_FAILED;
	}
	options_free(&options);
	return status;
}

const struct command command_run = {
	.name = "run",
	.usage = "NETWORK.{npu,tflite} --input FILE... --output FILE... [OPTION]...",
	.summary = "run a network on data from files",
	.help = "Runs a program, or a network, which is then compiled first.  Data whose first\n"
		"dimension is N times the network's are N inferences, and so are the outputs.",
	.options = options_of_run,
	.run = run,
	.failure = EXIT_FAILED,
};
