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

typedef npu_status describe_fn(const void *object, int index, npu_tensor_info *info);

static npu_status program_input(const void *object, int index, npu_tensor_info *info)
{
	return npu_program_input(object, index, info);
}

static npu_status program_output(const void *object, int index, npu_tensor_info *info)
{
	return npu_program_output(object, index, info);
}

static npu_status model_input(const void *object, int index, npu_tensor_info *info)
{
	return npu_model_input(object, index, info);
}

static npu_status model_output(const void *object, int index, npu_tensor_info *info)
{
	return npu_model_output(object, index, info);
}

static bool describe_ports(struct ports *ports, const char *what, const void *object, int num,
			   describe_fn *describe)
{
	int i;

	*ports = (struct ports){ .what = what, .num = num };
	ports->info = calloc((size_t)num + 1, sizeof(*ports->info));
	if (!ports->info) {
		complain("out of memory for the description of %ss", what);
		return false;
	}
	for (i = 0; i < num; i++) {
		if (describe(object, i, &ports->info[i])) {
			complain_npu();
			return false;
		}
	}
	return true;
}

bool ports_of_program(struct ports *inputs, struct ports *outputs, const npu_program *program)
{
	*inputs = *outputs = (struct ports){ 0 };
	return describe_ports(inputs, "input", program, npu_program_num_inputs(program),
			      program_input) &&
	       describe_ports(outputs, "output", program, npu_program_num_outputs(program),
			      program_output);
}

bool ports_of_model(struct ports *inputs, struct ports *outputs, const npu_model *model)
{
	*inputs = *outputs = (struct ports){ 0 };
	return describe_ports(inputs, "input", model, npu_model_num_inputs(model),
			      model_input) &&
	       describe_ports(outputs, "output", model, npu_model_num_outputs(model),
			      model_output);
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
