// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>

#include "tool.h"

static const struct tool_option options_of_compile[] = {
	{ OPTION_OUTPUT, 'o', "output", "FILE", "write the program to FILE (.npu)" },
	{ OPTION_PRESET, 'p', "preset", "NAME", "hardware to compile for: base (default) or nano" },
	{ OPTION_STRICT, 0, "strict", NULL, "fail if a node would run on the CPU" },
	{ OPTION_KEEP_ALL, 0, "keep-all", NULL, "no fusion: keep every tensor in memory" },
	{ OPTION_DENSE, 0, "dense", NULL, "do not make use of zeros in weights" },
	{ OPTION_STRIP, 0, "strip", NULL,
	  "leave out what only --device cpu needs; the file\nbecomes smaller" },
	{ OPTION_CLOCK, 0, "clock", "MHZ", "clock for the time that is printed (default: 500)" },
	{ OPTION_QUIET, 'q', "quiet", NULL, "print nothing" },
	{ 0 }
};

static bool print_placement(const npu_program *program, const npu_program_info *info)
{
	npu_placement placement;
	int i;

	printf("%5s  %-23s  %-3s  %-40s  %s\n", "node", "operator", "on", "output", "how, or why not");
	for (i = 0; i < info->nodes; i++) {
		if (npu_program_placement(program, i, &placement)) {
			complain_npu();
			return false;
		}
		printf("%5d  %-23s  %-3s  %-40s  %s\n", placement.node, placement.op,
		       placement.on_npu ? "NPU" : "CPU", shortened(placement.name, 40),
		       printable(placement.detail));
	}
	putchar('\n');
	return true;
}

static void print_costs(const npu_program_info *info, double clock_mhz)
{
	uint64_t peak = macs_per_cycle(info->preset);

	printf("preset           %s\n", info->preset);
	printf("nodes            %d: %d on the NPU, %d on the CPU\n", info->nodes, info->nodes_npu,
	       info->nodes_cpu);
	printf("cycles           %" PRIu64 " (estimate), %.3f ms at %g MHz\n", info->cycles,
	       (double)info->cycles / clock_mhz / 1000, clock_mhz);
	if (info->warm_cycles != info->cycles)
		printf("warm             %" PRIu64 " cycles (estimate), %" PRIu64
		       " bytes read: an inference right behind another\n",
		       info->warm_cycles, info->warm_read_bytes);
	printf("MACs             %" PRIu64, info->macs);
	if (info->cycles && peak)
		printf(", utilisation %.1f %%",
		       100 * (double)info->macs / ((double)peak * (double)info->cycles));
	printf("\nSRAM             %" PRIu64 " bytes\n", info->sram_bytes);
	printf("external memory  %" PRIu64 " bytes of scratch; %" PRIu64 " bytes read, %" PRIu64
	       " written by an inference\n", info->scratch_bytes, info->read_bytes,
	       info->write_bytes);
	printf("code             %" PRIu64 " bytes of commands and weights\n", info->code_bytes);
}

static int compile(const struct options *options)
{
	npu_compile_options compile = compile_options(options);
	npu_model *model = model_load(options->network);
	npu_program *program = NULL;
	npu_program_info info;
	int status = EXIT_FAILED;

	if (!model)
		return EXIT_FAILED;
	if (options->outputs.num && is_same_file(options->network, options->outputs.items[0])) {
		complain("%s: is the network itself: give the program another name",
			 options->outputs.items[0]);
		npu_model_free(model);
		return EXIT_FAILED;
	}
	program = npu_compile(model, &compile);
	npu_model_free(model);
	if (!program) {
		complain("%s: %s", options->network, npu_error());
		return EXIT_FAILED;
	}
	if (npu_program_describe(program, &info) ||
	    (options->outputs.num && npu_program_save(program, options->outputs.items[0]))) {
		complain_npu();
	} else if (options->quiet) {
		status = EXIT_OK;
	} else if (print_placement(program, &info)) {
		print_costs(&info, options->clock_mhz);
		status = EXIT_OK;
	}
	npu_program_free(program);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct options options;
	int status;

	if (options_parse(command, argc, argv, &options, &status)) {
		if (!options.network)
			status = complain_usage(command, "which network?");
		else if (options.outputs.num > 1)
			status = complain_usage(command, "more than one --output");
		else
			status = compile(&options);
	}
	options_free(&options);
	return status;
}

const struct command command_compile = {
	.name = "compile",
	.usage = "NETWORK.tflite [-o PROGRAM.npu] [OPTION]...",
	.summary = "compile a .tflite network to a .npu program",
	.help = "Compiles a network, and prints where each of its nodes runs, and what an inference\n"
		"is estimated to cost.",
	.options = options_of_compile,
	.run = run,
	.failure = EXIT_FAILED,
};
