// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "tool.h"

static const struct tool_option options_of_disasm[] = {
	{ OPTION_PRESET, 'p', "preset", "NAME",
	  "hardware to compile a .tflite for: base (default)\nor nano" },
	{ OPTION_KEEP_ALL, 0, "keep-all", NULL, "compile a .tflite without fusion" },
	{ OPTION_DENSE, 0, "dense", NULL, "do not make use of zeros in the weights of a .tflite" },
	{ 0 }
};

static int disassemble(const struct options *options)
{
	struct network network;
	bool ok = network_load(&network, options);

	if (ok && npu_program_disassemble(network.program, stdout)) {
		/* What is wrong with standard output is said in the end. */
		if (!ferror(stdout))
			complain_npu();
		ok = false;
	}
	network_free(&network);
	return ok ? EXIT_OK : EXIT_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct options options;
	int status;

	if (options_parse(command, argc, argv, &options, &status)) {
		if (!options.network)
			status = complain_usage(command, "which program?");
		else
			status = disassemble(&options);
	}
	options_free(&options);
	return status;
}

const struct command command_disasm = {
	.name = "disasm",
	.usage = "NETWORK.{npu,tflite} [OPTION]...",
	.summary = "print the command stream of a program as text",
	.help = "Prints the steps of a program, and the commands of its NPU jobs under the names of\n"
		"the layers that they belong to.",
	.options = options_of_disasm,
	.run = run,
	.failure = EXIT_FAILED,
};
