// SPDX-License-Identifier: MIT
/* Networks as the command line names them, and their inputs and outputs. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iss/preset.h"
#include "tool.h"

bool is_program_file(const char *path)
{
	char start[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is;

	if (fd < 0)
		return false;
	is = pread(fd, start, 4, 0) == 4 && !memcmp(start, "\x89NPU", 4);
	close(fd);
	return is;
}

npu_model *model_load(const char *path)
{
	npu_model *model = npu_model_load(path);

	if (!model)
		complain_npu();
	return model;
}

npu_compile_options compile_options(const struct options *options)
{
	npu_compile_options result = NPU_COMPILE_OPTIONS_INIT;

	result.preset = options->preset;
	result.strict = options->strict;
	result.keep_all = options->keep_all;
	result.dense = options->dense;
	result.strip = options->strip;
	return result;
}

/* What compilation would have seen to, of a program that was compiled before. */
static bool check_program(const npu_program *program, const struct options *options)
{
	npu_program_info info;
	npu_placement placement;
	int i;

	if (npu_program_describe(program, &info)) {
		complain_npu();
		return false;
	}
	if (options->preset && strcmp(options->preset, info.preset)) {
		complain("%s: compiled for preset %s, not %s: compile the network again with --preset %s",
			 options->network, info.preset, options->preset, options->preset);
		return false;
	}
	for (i = 0; options->strict && i < info.nodes; i++) {
		if (npu_program_placement(program, i, &placement)) {
			complain_npu();
			return false;
		}
		if (!placement.on_npu) {
			complain("%s: %s node %d (tensor '%s') runs on the CPU, --strict refuses that: %s",
				 options->network, placement.op, placement.node, placement.name,
				 placement.detail);
			return false;
		}
	}
	return true;
}

bool network_load(struct network *network, const struct options *options)
{
	npu_compile_options compile = compile_options(options);

	memset(network, 0, sizeof(*network));
	if (is_program_file(options->network)) {
		network->program = npu_program_load(options->network);
		if (!network->program) {
			complain_npu();
			return false;
		}
		return check_program(network->program, options);
	}
	network->model = model_load(options->network);
	if (!network->model)
		return false;
	network->program = npu_compile(network->model, &compile);
	if (!network->program) {
		complain("%s: %s", options->network, npu_error());
		return false;
	}
	return true;
}

void network_free(struct network *network)
{
	npu_program_free(network->program);
	npu_model_free(network->model);
}

uint64_t macs_per_cycle(const char *preset)
{
	const struct onpu_preset *found = onpu_preset_by_name(preset);

	return found ? (uint64_t)found->lanes * found->lanes : 0;
}

/* ---- inputs and outputs ---------------------------------------------- */

static bool ports_make(struct ports *ports, const char *what, int num)
{
	*ports = (struct ports){ .what = what, .num = num };
	ports->info = calloc((size_t)num + 1, sizeof(*ports->info));
	if (!ports->info)
		complain("out of memory for the description of %ss", what);
	return ports->info;
}

static bool is_described(npu_status status)
{
	if (status)
		complain_npu();
	return !status;
}

bool ports_of_program(struct ports *inputs, struct ports *outputs, const npu_program *program)
{
	npu_status status = NPU_OK;
	int i;

	*outputs = (struct ports){ 0 };
	if (!ports_make(inputs, "input", npu_program_num_inputs(program)) ||
	    !ports_make(outputs, "output", npu_program_num_outputs(program)))
		return false;
	for (i = 0; i < inputs->num && !status; i++)
		status = npu_program_input(program, i, &inputs->info[i]);
	for (i = 0; i < outputs->num && !status; i++)
		status = npu_program_output(program, i, &outputs->info[i]);
	return is_described(status);
}

bool ports_of_model(struct ports *inputs, struct ports *outputs, const npu_model *model)
{
	npu_status status = NPU_OK;
	int i;

	*outputs = (struct ports){ 0 };
	if (!ports_make(inputs, "input", npu_model_num_inputs(model)) ||
	    !ports_make(outputs, "output", npu_model_num_outputs(model)))
		return false;
	for (i = 0; i < inputs->num && !status; i++)
		status = npu_model_input(model, i, &inputs->info[i]);
	for (i = 0; i < outputs->num && !status; i++)
		status = npu_model_output(model, i, &outputs->info[i]);
	return is_described(status);
}

void ports_free(struct ports *ports)
{
	free(ports->info);
}

void print_ports(const struct ports *ports)
{
	int i;

	for (i = 0; i < ports->num; i++) {
		const npu_tensor_info *info = &ports->info[i];

		printf("%-6s %d  %s  %s", ports->what, i, printable(info->name),
		       tensor_text(info));
		if (info->scale > 0)
			printf("  scale %.9g, zero point %d", (double)info->scale,
			       info->zero_point);
		putchar('\n');
	}
}
