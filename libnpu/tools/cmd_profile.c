// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const struct tool_option options_of_profile[] = {
	{ OPTION_DEVICE, 'd', "device", "NAME",
	  DEVICE_HELP },
	RTL_OPTIONS,
	{ OPTION_JSON, 0, "json", NULL, "print a JSON object instead of a table" },
	{ OPTION_INPUT, 'i', "input", "FILE",
	  "data of an input: .npy, or else raw; - is raw from\nstandard input; in order, or NAME=FILE" },
	{ OPTION_RANDOM, 0, "random", "SEED", "random inputs (default, with seed 1)" },
	{ OPTION_QUANTIZE, 0, "quantize", NULL, "convert float32 .npy data for a quantized input" },
	{ OPTION_WARM, 0, "warm", NULL, "of an inference right behind another, which left weights in\nSRAM" },
	{ OPTION_CLOCK, 0, "clock", "MHZ", "clock for the time that is printed (default: 500)" },
	{ OPTION_PRESET, 'p', "preset", "NAME",
	  "hardware to compile a .tflite for: base (default)\nor nano" },
	{ OPTION_STRICT, 0, "strict", NULL, "fail if a node would run on the CPU" },
	{ OPTION_DENSE, 0, "dense", NULL, "do not make use of zeros in the weights of a .tflite" },
	{ 0 }
};

struct context {
	const struct options *options;
	const char *device, *preset;
	uint64_t peak;		/* MACs a cycle */
	npu_profile profile;
};

static double utilisation(const struct context *context, uint64_t macs, uint64_t cycles)
{
	return cycles && context->peak ?
	       (double)macs / ((double)context->peak * (double)cycles) : 0;
}

static uint64_t layer_cycles(const npu_layer_profile *layer)
{
	return layer->end_cycle - layer->start_cycle;
}

/* ---- table ----------------------------------------------------------- */

static void print_share(const npu_profile *profile, const char *what, uint64_t cycles)
{
	printf("  %-46s %12" PRIu64 " %5.1f %%\n", what, cycles,
	       profile->cycles ? 100 * (double)cycles / (double)profile->cycles : 0);
}

/* Every member of a split, in its order. */
static const struct {
	const char *json, *text;
	size_t offset;
} causes[] = {
#define CAUSE(member, text) { #member, text, offsetof(npu_cycle_split, member) }
	CAUSE(active, "operands were read"),
	CAUSE(decoder, "the array waited for the weight decoder"),
	CAUSE(bank, "operands waited for SRAM banks"),
	CAUSE(post, "the post-processor was behind"),
	CAUSE(fill, "fill and drain of a compute command"),
	CAUSE(weights, "waited for weights"),
	CAUSE(input, "waited for activations in"),
	CAUSE(output, "waited for activations out"),
	CAUSE(walk, "DMA that was waited for walked page tables"),
	CAUSE(commands, "waited for the command processor"),
	CAUSE(firmware, "no job ran: firmware"),
#undef CAUSE
};

#define NUM_CAUSES (sizeof(causes) / sizeof(causes[0]))

static uint64_t cycles_of(const npu_cycle_split *split, size_t cause)
{
	uint64_t cycles;

	memcpy(&cycles, (const char *)split + causes[cause].offset, sizeof(cycles));
	return cycles;
}

/* Shares of the inference that add up to it, and then what went on beside them. */
static void print_stalls(const npu_profile *profile)
{
	size_t i;

	printf("\nwhere the cycles went\n");
	for (i = 0; i < NUM_CAUSES; i++)
		print_share(profile, causes[i].text, cycles_of(&profile->split, i));
	printf("at the same time\n");
	print_share(profile, "results waited for the SRAM", profile->stall_write);
	print_share(profile, "the post-processor waited for second operands",
		    profile->stall_operand);
	print_share(profile, "external accesses waited for page-table walks",
		    profile->stall_mmu);
	printf("  %-46s %12" PRIu64 "\n", "page-table walks", profile->mmu_walks);
}

static void print_work(const npu_layer_profile *l)
{
	printf(" %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64
	       " %10" PRIu64 " %8" PRIu64 " %8" PRIu64, l->read_bytes, l->write_bytes, l->steps_d,
	       l->steps_g4, l->steps_g2, l->steps_pair, l->steps_depthwise, l->blocks,
	       l->blocks_skipped);
}

static void print_layers(const struct context *context)
{
	const npu_profile *profile = &context->profile;
	int i;

	printf("%4s %-3s %11s %12s %6s", "node", "on",
	       profile->cycles_estimated ? "est. cycles" : "cycles", "MACs", "util.");
	if (profile->work_counted)
		printf(" %10s %10s %10s %10s %10s %10s %10s %8s %8s", "read", "written", "D", "G4",
		       "G2", "pair", "depthwise", "blocks", "skipped");
	printf("  %s\n", "layer");
	for (i = 0; i < profile->num_layers; i++) {
		const npu_layer_profile *l = &profile->layers[i];

		printf("%4d %-3s %11" PRIu64 " %12" PRIu64 " %4.0f %%", l->node,
		       l->on_npu ? "NPU" : "CPU", layer_cycles(l), l->macs,
		       100 * utilisation(context, l->macs, layer_cycles(l)));
		if (profile->work_counted)
			print_work(l);
		printf("  %s\n", shortened(l->name, 60));
	}
}

static void print_table(const struct context *context)
{
	const npu_profile *profile = &context->profile;
	const char *estimate = profile->cycles_estimated ? " (estimate)" : "";

	print_layers(context);
	printf("\ndevice       %s, preset %s\n", printable(context->device), context->preset);
	printf("cycles       %" PRIu64 "%s, %.3f ms at %g MHz; layers overlap\n", profile->cycles,
	       estimate, (double)profile->cycles / context->options->clock_mhz / 1000,
	       context->options->clock_mhz);
	printf("MACs         %" PRIu64 "\n", profile->macs);
	printf("utilisation  %.1f %%\n", 100 * profile->utilisation);
	if (profile->work_counted)
		printf("bytes        %" PRIu64 " read, %" PRIu64 " written\n", profile->read_bytes,
		       profile->write_bytes);
	if (profile->busy_cycles)
		print_stalls(profile);
}

/* ---- JSON ------------------------------------------------------------ */

static void print_integer(const char *name, uint64_t value)
{
	printf("\"%s\": %" PRIu64 ", ", name, value);
}

/* JSON has no word for what is not a number. */
static void print_real(const char *name, double value, const char *end)
{
	printf("\"%s\": %.6g%s", name, isfinite(value) ? value : 0, end);
}

/* "split": {...} */
static void print_json_split(const npu_cycle_split *split)
{
	size_t i;

	printf("\"split\": {");
	for (i = 0; i < NUM_CAUSES; i++)
		printf("%s\"%s\": %" PRIu64, i ? ", " : "", causes[i].json, cycles_of(split, i));
	printf("}");
}

static void print_json_layer(const struct context *context, const npu_layer_profile *l)
{
	printf("    {\"name\": ");
	print_json_string(l->name);
	printf(", \"node\": %d, \"on_npu\": %s, ", l->node, l->on_npu ? "true" : "false");
	print_integer("start_cycle", l->start_cycle);
	print_integer("end_cycle", l->end_cycle);
	print_integer("cycles", layer_cycles(l));
	print_integer("macs", l->macs);
	print_real("utilisation", utilisation(context, l->macs, layer_cycles(l)), ", ");
	print_integer("bytes", l->read_bytes + l->write_bytes);
	print_integer("read_bytes", l->read_bytes);
	print_integer("write_bytes", l->write_bytes);
	printf("\"modes\": {");
	print_integer("d", l->steps_d);
	print_integer("g4", l->steps_g4);
	print_integer("g2", l->steps_g2);
	print_integer("pair", l->steps_pair);
	print_integer("depthwise", l->steps_depthwise);
	print_integer("blocks", l->blocks);
	printf("\"blocks_skipped\": %" PRIu64 "}, ", l->blocks_skipped);
	print_json_split(&l->split);
	printf("}");
}

static void print_json_stalls(const npu_profile *profile)
{
	printf("  \"stalls\": {");
	print_integer("busy", profile->busy_cycles);
	print_integer("active", profile->active_cycles);
	print_integer("weights", profile->stall_weights);
	print_integer("accumulators", profile->stall_accumulators);
	print_integer("bank", profile->stall_bank);
	print_integer("write", profile->stall_write);
	print_integer("operand", profile->stall_operand);
	print_integer("mmu", profile->stall_mmu);
	printf("\"walks\": %" PRIu64 "},\n", profile->mmu_walks);
}

static void print_json(const struct context *context)
{
	const npu_profile *profile = &context->profile;
	int i;

	printf("{\n  \"network\": ");
	print_json_string(context->options->network);
	printf(",\n  \"device\": ");
	print_json_string(context->device);
	printf(",\n  \"preset\": ");
	print_json_string(context->preset);
	printf(",\n  \"cycles\": %" PRIu64 ",\n  \"cycles_estimated\": %s,\n", profile->cycles,
	       profile->cycles_estimated ? "true" : "false");
	printf("  \"work_counted\": %s,\n", profile->work_counted ? "true" : "false");
	printf("  \"warm\": %s,\n", profile->warm ? "true" : "false");
	printf("  \"macs\": %" PRIu64 ",\n  ", profile->macs);
	print_real("utilisation", profile->utilisation, ",\n");
	printf("  \"read_bytes\": %" PRIu64 ",\n  \"write_bytes\": %" PRIu64 ",\n",
	       profile->read_bytes, profile->write_bytes);
	print_json_stalls(profile);
	printf("  ");
	print_json_split(&profile->split);
	printf(",\n  \"layers\": [");
	for (i = 0; i < profile->num_layers; i++) {
		printf("%s\n", i ? "," : "");
		print_json_layer(context, &profile->layers[i]);
	}
	printf("\n  ]\n}\n");
}

/* ---- the command ------------------------------------------------------ */

static bool profile_session(struct context *context, npu_session *session,
			    const struct ports *inputs, const struct ports *outputs)
{
	static const uint64_t default_seed = 1;
	struct data in = { 0 }, out = { 0 };
	void **from = NULL, **to = NULL;
	bool ok;

	ok = data_load(&in, inputs, context->options, &default_seed) &&
	     data_allocate(&out, outputs, 1) &&
	     (from = data_pointers(&in, inputs, 0)) && (to = data_pointers(&out, outputs, 0));
	if (ok && in.batches != 1) {
		complain("%zu inferences, one is profiled", in.batches);
		ok = false;
	}
	if (ok && ((context->options->warm && npu_session_run(session, (const void *const *)from, to)) ||
		   npu_session_run(session, (const void *const *)from, to) ||
		   npu_session_profile(session, &context->profile))) {
		complain_npu();
		ok = false;
	}
	if (ok && context->options->json)
		print_json(context);
	else if (ok)
		print_table(context);
	free(from);
	free(to);
	data_free(&in);
	data_free(&out);
	return ok;
}

static int profile(const struct options *options)
{
	struct ports inputs = { 0 }, outputs = { 0 };
	struct context context = {
		.options = options,
		.device = options->device ? options->device : "iss",
	};
	npu_session *session = NULL;
	npu_device *device = NULL;
	struct network network;
	npu_program_info info;
	bool ok;

	ok = network_load(&network, options) &&
	     ports_of_program(&inputs, &outputs, network.program);
	if (ok && !npu_program_describe(network.program, &info)) {
		context.preset = info.preset;
		context.peak = macs_per_cycle(info.preset);
		device = device_open(options, info.preset);
		if (device) {
			session = npu_session_create(device, network.program);
			if (!session)
				complain_npu();
		}
	}
	ok = ok && session;
	ok = ok && profile_session(&context, session, &inputs, &outputs);
	npu_session_free(session);
	ok = device_close(options, device) && ok;
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
		else
			status = device_choose_preset(&options) ? profile(&options) : EXIT_FAILED;
	}
	options_free(&options);
	return status;
}

const struct command command_profile = {
	.name = "profile",
	.usage = "NETWORK.{npu,tflite} [OPTION]...",
	.summary = "show what each layer of an inference costs",
	.help = "Runs one inference and prints for each layer its cycles, multiplications, share of\n"
		"the array's peak, external bytes, and array steps by mode.  On the iss device the\n"
		"cycles are an estimate; on the rtl device they are measured, and it prints what the\n"
		"hardware waited for.",
	.options = options_of_profile,
	.run = run,
	.failure = EXIT_FAILED,
};
