// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/onpu_isa.h"
#include "iss/preset.h"
#include "tool.h"

static const struct tool_option options_of_info[] = {
	{ OPTION_DEVICE, 'd', "device", "NAME",
	  "describe a device instead: iss, rtl, drm or drm:PATH,\nor cpu; with --preset, which one" },
	{ OPTION_PRESET, 'p', "preset", "NAME",
	  "hardware for which the placement of a .tflite is\nshown: base (default) or nano" },
	{ 0 }
};

static int info_of_device(const struct options *options)
{
	npu_device *device = npu_device_open(options->device, options->preset);
	npu_device_info info;
	npu_status status;

	if (!device) {
		complain_npu();
		return EXIT_FAILED;
	}
	status = npu_device_describe(device, &info);
	if (status) {
		complain_npu();
	} else {
		printf("device    %s\n", info.name);
		if (info.node[0])
			printf("node      %s\n", info.node);
		printf("preset    %s: %u MACs a cycle, %u KiB of SRAM\n", info.preset,
		       info.macs_per_cycle, info.sram_bytes / 1024);
		if (info.firmware[0])
			printf("firmware  %s\n", printable(info.firmware));
	}
	npu_device_close(device);
	return status ? EXIT_FAILED : EXIT_OK;
}

/* One line, if there is one at all. */
static void print_driver(void)
{
	npu_device *device = npu_device_open("drm", NULL);
	npu_device_info info;

	if (device && !npu_device_describe(device, &info))
		printf("driver       %s: preset %s, %s\n", info.node, info.preset,
		       printable(info.firmware));
	npu_device_close(device);
}

static void print_library(void)
{
	static const char *const presets[] = { "nano", "base", "wide" };
	static const char *const devices[] = { "iss", "rtl", "cpu" };
	size_t i, k;

	printf("libnpu       %s\n", npu_version());
	printf("command set  %d.%d\n", ONPU_ISA_MAJOR, ONPU_ISA_MINOR);
	for (i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		const struct onpu_preset *preset = onpu_preset_by_name(presets[i]);
		bool any = false;

		if (!preset)
			continue;
		printf("preset       %s: %u MACs a cycle, %u KiB of SRAM, bus of %u bytes; devices:",
		       preset->name, preset->lanes * preset->lanes, preset->sram_bytes / 1024,
		       preset->axi_bytes);
		for (k = 0; k < sizeof(devices) / sizeof(devices[0]); k++) {
			npu_device *device = npu_device_open(devices[k], presets[i]);

			if (!device)
				continue;
			npu_device_close(device);
			printf("%s %s", any ? "," : "", devices[k]);
			any = true;
		}
		printf("%s\n", any ? "" : " none");
	}
	print_driver();
}

struct op_count {
	const char *op;
	int nodes, npu;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct op_count *)a)->op, ((const struct op_count *)b)->op);
}

static bool print_operators(const npu_program *program, int nodes)
{
	struct op_count *counts = calloc((size_t)nodes + 1, sizeof(*counts));
	npu_placement placement;
	int i, k, n = 0;

	if (!counts) {
		complain("out of memory for the list of operators");
		return false;
	}
	for (i = 0; i < nodes; i++) {
		if (npu_program_placement(program, i, &placement)) {
			complain_npu();
			free(counts);
			return false;
		}
		for (k = 0; k < n && strcmp(counts[k].op, placement.op); k++)
			;
		if (k == n)
			counts[n++].op = placement.op;
		counts[k].nodes++;
		counts[k].npu += placement.on_npu;
	}
	qsort(counts, (size_t)n, sizeof(*counts), by_name);
	for (i = 0; i < n; i++)
		printf("operator  %-23s %5d: %d on the NPU, %d on the CPU\n", counts[i].op,
		       counts[i].nodes, counts[i].npu, counts[i].nodes - counts[i].npu);
	free(counts);
	return true;
}

static bool print_program(const npu_program *program, bool whole)
{
	npu_program_info info;

	if (npu_program_describe(program, &info)) {
		complain_npu();
		return false;
	}
	printf("preset    %s\n", info.preset);
	if (whole) {
		printf("cycles    %" PRIu64 " (estimate)\n", info.cycles);
		if (info.warm_cycles != info.cycles)
			printf("warm      %" PRIu64 " cycles (estimate), %" PRIu64
			       " bytes read: an inference right behind another\n",
			       info.warm_cycles, info.warm_read_bytes);
		printf("MACs      %" PRIu64 "\n", info.macs);
		printf("SRAM      %" PRIu64 " bytes\n", info.sram_bytes);
		printf("scratch   %" PRIu64 " bytes\n", info.scratch_bytes);
		printf("read      %" PRIu64 " bytes an inference\n", info.read_bytes);
		printf("written   %" PRIu64 " bytes an inference\n", info.write_bytes);
		printf("code      %" PRIu64 " bytes\n", info.code_bytes);
	}
	printf("nodes     %d: %d on the NPU, %d on the CPU\n", info.nodes, info.nodes_npu,
	       info.nodes_cpu);
	return print_operators(program, info.nodes);
}

static int info_of_program(const struct options *options)
{
	struct ports inputs = { 0 }, outputs = { 0 };
	struct network network;
	bool ok;

	ok = network_load(&network, options) &&
	     ports_of_program(&inputs, &outputs, network.program);
	if (ok) {
		printf("file      %s, a program\n", printable(options->network));
		print_ports(&inputs);
		print_ports(&outputs);
		ok = print_program(network.program, true);
	}
	ports_free(&inputs);
	ports_free(&outputs);
	network_free(&network);
	return ok ? EXIT_OK : EXIT_FAILED;
}

static int info_of_model(const struct options *options)
{
	struct ports inputs = { 0 }, outputs = { 0 };
	npu_compile_options compile = compile_options(options);
	npu_model *model = model_load(options->network);
	npu_program *program;
	bool ok = model && ports_of_model(&inputs, &outputs, model);

	if (ok) {
		printf("file      %s, a network\n", printable(options->network));
		print_ports(&inputs);
		print_ports(&outputs);
		program = npu_compile(model, &compile);
		if (program) {
			ok = print_program(program, false);
		} else {
			complain("%s: cannot be compiled: %s", options->network, npu_error());
			ok = false;
		}
		npu_program_free(program);
	}
	ports_free(&inputs);
	ports_free(&outputs);
	npu_model_free(model);
	return ok ? EXIT_OK : EXIT_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct options options;
	int status;

	if (options_parse(command, argc, argv, &options, &status)) {
		if (options.network && options.device)
			status = complain_usage(command, "both a network and --device");
		else if (options.device)
			status = info_of_device(&options);
		else if (options.network)
			status = is_program_file(options.network) ? info_of_program(&options) :
								    info_of_model(&options);
		else if (options.preset)
			status = complain_usage(command, "--preset without a network");
		else {
			print_library();
			status = EXIT_OK;
		}
	}
	options_free(&options);
	return status;
}

const struct command command_info = {
	.name = "info",
	.usage = "[NETWORK.{npu,tflite}] [OPTION]...",
	.summary = "describe a network, a program, or this installation",
	.help = "Prints inputs, outputs and operators of a network or program, or what a device is;\n"
		"without one, the versions, presets and devices of this installation.",
	.options = options_of_info,
	.run = run,
	.failure = EXIT_FAILED,
};
