// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tool.h"

static const struct tool_option options_of_prune[] = {
	{ OPTION_SPARSITY, 's', "sparsity", "HOW",
	  "0.7: this fraction of a layer's weights becomes\nzero; 2:4: two of four input channels stay" },
	{ OPTION_OUTPUT, 'o', "output", "FILE", "write the pruned network to FILE (.tflite)" },
	{ OPTION_GLOBAL, 0, "global", NULL, "the fraction is that of all layers together" },
	{ OPTION_DEPTHWISE, 0, "depthwise", NULL, "prune depthwise convolutions too; a fraction only" },
	{ OPTION_SKIP_FIRST, 0, "skip-first", "COUNT", "leave so many layers at the start as they are" },
	{ OPTION_SKIP_SMALLER, 0, "skip-smaller", "COUNT", "leave layers with fewer weights as they are" },
	{ OPTION_PRESET, 'p', "preset", "NAME", "hardware to estimate cycles for: base (default)\nor nano" },
	{ OPTION_INPUT, 'i', "input", "FILE",
	  "data of an input: .npy, or else raw; - is raw from\nstandard input; in order, or NAME=FILE" },
	{ OPTION_RANDOM, 0, "random", "SEED", "random inputs instead of --input" },
	{ OPTION_QUANTIZE, 0, "quantize", NULL, "convert float32 .npy data for a quantized input" },
	{ OPTION_JSON, 0, "json", NULL, "print a JSON object instead of a table" },
	{ OPTION_QUIET, 'q', "quiet", NULL, "print nothing" },
	{ 0 }
};

/* The network before pruning, or after. */
struct version {
	npu_model *model;
	npu_program *program;
	npu_program_info info;
	struct data outputs;
};

/* How far an output moved, over all inferences. */
struct move {
	bool quantized;
	uint64_t elements, changed;
	double max, sum;	/* of absolute differences of real values */
	double max_steps, sum_steps;	/* of stored ones */
};

struct context {
	const struct options *options;
	npu_pruned *pruned;
	struct version before, after;
	struct ports inputs, outputs;
	struct data data;	/* of the inputs */
	struct move *moves;	/* of each output; NULL: nothing was run */
};

/* ---- what it costs ---------------------------------------------------- */

static bool estimate(struct version *version, const struct options *options)
{
	npu_compile_options compile = compile_options(options);

	version->program = npu_compile(version->model, &compile);
	if (!version->program) {
		complain("%s: %s", options->network, npu_error());
		return false;
	}
	if (npu_program_describe(version->program, &version->info)) {
		complain_npu();
		return false;
	}
	return true;
}

/* Cycles of the layers that begin with a node; 0 if it is a CPU's, or part of another layer. */
static uint64_t cycles_of(const npu_program *program, int node)
{
	npu_layer_profile layer;
	uint64_t cycles = 0;
	int i;

	for (i = 0; i < npu_program_num_layers(program); i++)
		if (!npu_program_layer(program, i, &layer) && layer.node == node && layer.on_npu)
			cycles += layer.end_cycle - layer.start_cycle;
	return cycles;
}

/* ---- what it does to the outputs -------------------------------------- */

static bool infer(struct context *context, struct version *version)
{
	npu_device *device = npu_device_open("cpu", version->info.preset);
	npu_session *session = device ? npu_session_create(device, version->program) : NULL;
	bool ok = session;
	size_t b;

	if (!session)
		complain_npu();
	ok = ok && data_allocate(&version->outputs, &context->outputs, context->data.batches);
	for (b = 0; b < context->data.batches && ok; b++) {
		void **from = data_pointers(&context->data, &context->inputs, b);
		void **to = data_pointers(&version->outputs, &context->outputs, b);

		ok = from && to;
		if (ok && npu_session_run(session, (const void *const *)from, to)) {
			complain_npu();
			ok = false;
		}
		free(from);
		free(to);
	}
	npu_session_free(session);
	npu_device_close(device);
	return ok;
}

static void add_move(struct move *move, const npu_tensor_info *info, double before, double after)
{
	double steps = fabs(after - before);
	double real = move->quantized ? steps * (double)info->scale : steps;

	move->elements++;
	/* What is not a number in both is no difference; in one, it is an infinite one. */
	if (isnan(before) && isnan(after))
		return;
	if (before == after)
		return;
	if (isnan(real))
		real = steps = INFINITY;
	move->changed++;
	move->max = fmax(move->max, real);
	move->sum += real;
	move->max_steps = fmax(move->max_steps, steps);
	move->sum_steps += steps;
}

static bool compare_outputs(struct context *context)
{
	size_t elements, i;
	int o;

	context->moves = calloc((size_t)context->outputs.num + 1, sizeof(*context->moves));
	if (!context->moves) {
		complain("out of memory for what the outputs moved");
		return false;
	}
	for (o = 0; o < context->outputs.num; o++) {
		const npu_tensor_info *info = &context->outputs.info[o];
		const void *before = context->before.outputs.bytes[o];
		const void *after = context->after.outputs.bytes[o];

		context->moves[o].quantized = info->scale > 0;
		elements = context->data.batches * info->bytes / npu_dtype_size(info->dtype);
		for (i = 0; i < elements; i++)
			add_move(&context->moves[o], info, data_element(info, before, i),
				 data_element(info, after, i));
	}
	return true;
}

/* ---- table ----------------------------------------------------------- */

static void print_cycles(uint64_t before, uint64_t after, int width)
{
	if (before)
		printf(" %*" PRIu64 " %*" PRIu64 " %5.2f", width, before, width, after,
		       after ? (double)before / (double)after : 0);
	else
		printf(" %*s %*s %5s", width, "-", width, "-", "-");
}

static void print_layers(const struct context *context)
{
	npu_pruned_layer layer;
	int i;

	printf("%4s  %-17s %10s %7s %7s %10s %10s %5s  %s\n", "node", "operator", "weights", "zero",
	       "pruned", "cycles", "pruned", "gain", "layer");
	for (i = 0; i < npu_pruned_num_layers(context->pruned); i++) {
		double all;

		if (npu_pruned_describe(context->pruned, i, &layer))
			continue;
		all = (double)layer.weights / 100;
		printf("%4d  %-17s %10" PRIu64 " %5.1f %% %5.1f %%", layer.node, layer.op,
		       layer.weights, (double)layer.zeros_before / all,
		       (double)layer.zeros_after / all);
		print_cycles(cycles_of(context->before.program, layer.node),
			     cycles_of(context->after.program, layer.node), 10);
		printf("  %s", shortened(layer.name, 40));
		if (layer.kept)
			printf(" (left: %s)", printable(layer.kept));
		else if (layer.same_as != layer.node)
			printf(" (same weights as node %d)", layer.same_as);
		putchar('\n');
	}
}

static void print_moves(const struct context *context)
{
	int o;

	for (o = 0; o < context->outputs.num; o++) {
		const npu_tensor_info *info = &context->outputs.info[o];
		const struct move *move = &context->moves[o];
		double mean = move->sum / (double)move->elements;

		printf("output %d   %s  %s: moved by %.6g at most, %.6g on average", o,
		       printable(info->name), tensor_text(info), move->max, mean);
		if (move->quantized)
			printf(" (%.0f and %.3g steps)", move->max_steps,
			       move->sum_steps / (double)move->elements);
		putchar('\n');
	}
}

/* Weights and zeros of the network; those of several layers count once. */
static void total(const struct context *context, npu_pruned_layer *sum)
{
	npu_pruned_layer layer;
	int i;

	*sum = (npu_pruned_layer){ 0 };
	for (i = 0; i < npu_pruned_num_layers(context->pruned); i++) {
		if (npu_pruned_describe(context->pruned, i, &layer) || layer.same_as != layer.node)
			continue;
		sum->weights += layer.weights;
		sum->zeros_before += layer.zeros_before;
		sum->zeros_after += layer.zeros_after;
	}
}

static void print_table(const struct context *context)
{
	const npu_program_info *before = &context->before.info, *after = &context->after.info;
	npu_pruned_layer sum;

	print_layers(context);
	total(context, &sum);
	printf("\npreset     %s\n", before->preset);
	printf("weights    %" PRIu64 ": %" PRIu64 " zeros before, %" PRIu64 " after (%.1f %%)\n",
	       sum.weights, sum.zeros_before, sum.zeros_after,
	       100 * (double)sum.zeros_after / (double)sum.weights);
	printf("cycles     %" PRIu64 " before, %" PRIu64 " after (estimates; layers overlap)",
	       before->cycles, after->cycles);
	if (after->cycles)
		printf(": %.2f times as fast", (double)before->cycles / (double)after->cycles);
	printf("\ncode       %" PRIu64 " bytes of commands and weights before, %" PRIu64 " after\n",
	       before->code_bytes, after->code_bytes);
	if (context->moves)
		print_moves(context);
}

/* ---- JSON ------------------------------------------------------------ */

static void print_integer(const char *name, uint64_t value)
{
	printf(", \"%s\": %" PRIu64, name, value);
}

/* JSON has no word for what is infinite. */
static void print_real(const char *name, double value)
{
	if (isfinite(value))
		printf(", \"%s\": %.9g", name, value);
	else
		printf(", \"%s\": null", name);
}

static void print_json_layer(const struct context *context, const npu_pruned_layer *layer)
{
	printf("    {\"node\": %d, \"op\": \"%s\", \"name\": ", layer->node, layer->op);
	print_json_string(layer->name);
	print_integer("weights", layer->weights);
	print_integer("zeros_before", layer->zeros_before);
	print_integer("zeros_after", layer->zeros_after);
	print_integer("cycles_before", cycles_of(context->before.program, layer->node));
	print_integer("cycles_after", cycles_of(context->after.program, layer->node));
	print_integer("same_as", (uint64_t)layer->same_as);
	printf(", \"kept\": ");
	if (layer->kept)
		print_json_string(layer->kept);
	else
		printf("null");
	putchar('}');
}

static void print_json_moves(const struct context *context)
{
	int o;

	printf(",\n  \"inferences\": %zu,\n  \"outputs\": [", context->data.batches);
	for (o = 0; o < context->outputs.num; o++) {
		const struct move *move = &context->moves[o];

		printf("%s\n    {\"name\": ", o ? "," : "");
		print_json_string(context->outputs.info[o].name);
		print_integer("elements", move->elements);
		print_integer("changed", move->changed);
		print_real("max", move->max);
		print_real("mean", move->sum / (double)move->elements);
		if (move->quantized) {
			print_real("max_steps", move->max_steps);
			print_real("mean_steps", move->sum_steps / (double)move->elements);
		}
		putchar('}');
	}
	printf("\n  ]");
}

static void print_json(const struct context *context)
{
	npu_pruned_layer layer;
	int i;

	printf("{\n  \"network\": ");
	print_json_string(context->options->network);
	printf(",\n  \"preset\": \"%s\"", context->before.info.preset);
	total(context, &layer);
	print_integer("weights", layer.weights);
	print_integer("zeros_before", layer.zeros_before);
	print_integer("zeros_after", layer.zeros_after);
	print_integer("cycles_before", context->before.info.cycles);
	print_integer("cycles_after", context->after.info.cycles);
	print_integer("code_bytes_before", context->before.info.code_bytes);
	print_integer("code_bytes_after", context->after.info.code_bytes);
	printf(",\n  \"layers\": [");
	for (i = 0; i < npu_pruned_num_layers(context->pruned); i++) {
		if (npu_pruned_describe(context->pruned, i, &layer))
			continue;
		printf("%s\n", i ? "," : "");
		print_json_layer(context, &layer);
	}
	printf("\n  ]");
	if (context->moves)
		print_json_moves(context);
	printf("\n}\n");
}

/* ---- the command ------------------------------------------------------ */

static bool load(struct context *context)
{
	const struct options *options = context->options;
	const void *data;
	size_t size;

	if (is_program_file(options->network)) {
		complain("%s: is a program; pruning needs the .tflite that it was made from",
			 options->network);
		return false;
	}
	/* Pruning cannot be undone, so it never happens to the only copy. */
	if (options->outputs.num && is_same_file(options->network, options->outputs.items[0])) {
		complain("%s: is the network itself: give the pruned one another name",
			 options->outputs.items[0]);
		return false;
	}
	context->pruned = npu_prune(options->network, &options->prune);
	if (!context->pruned) {
		complain_npu();
		return false;
	}
	context->before.model = model_load(options->network);
	if (!context->before.model)
		return false;
	data = npu_pruned_data(context->pruned, &size);
	context->after.model = npu_model_load_memory(data, size);
	if (!context->after.model)
		complain("%s: pruned: %s", options->network, npu_error());
	return context->after.model && ports_of_model(&context->inputs, &context->outputs,
						      context->before.model);
}

static bool evaluate(struct context *context)
{
	const struct options *options = context->options;

	if (!estimate(&context->before, options) || !estimate(&context->after, options))
		return false;
	if (!options->inputs.num && !options->have_seed)
		return true;
	return data_load(&context->data, &context->inputs, options, NULL) &&
	       infer(context, &context->before) && infer(context, &context->after) &&
	       compare_outputs(context);
}

static void clear(struct version *version)
{
	data_free(&version->outputs);
	npu_program_free(version->program);
	npu_model_free(version->model);
}

static int prune(const struct options *options)
{
	struct context context = { .options = options };
	bool ok = load(&context) && evaluate(&context);

	if (ok && options->outputs.num && npu_pruned_save(context.pruned, options->outputs.items[0])) {
		complain_npu();
		ok = false;
	}
	if (ok && options->json)
		print_json(&context);
	else if (ok && !options->quiet)
		print_table(&context);
	free(context.moves);
	data_free(&context.data);
	ports_free(&context.inputs);
	ports_free(&context.outputs);
	clear(&context.before);
	clear(&context.after);
	npu_pruned_free(context.pruned);
	return ok ? EXIT_OK : EXIT_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct options options;
	int status;

	if (options_parse(command, argc, argv, &options, &status)) {
		if (!options.network)
			status = complain_usage(command, "which network?");
		else if (!(options.prune.fraction > 0) && !options.prune.group)
			status = complain_usage(command, "no --sparsity: how much?");
		else if (options.prune.group && options.prune.global)
			status = complain_usage(command, "--global is for a fraction: N:M holds in each group");
		else if (options.prune.group && options.prune.depthwise)
			status = complain_usage(command, "--depthwise is for a fraction: N:M is of input channels");
		else if (options.outputs.num > 1)
			status = complain_usage(command, "more than one --output");
		else if (options.have_seed && options.inputs.num)
			status = complain_usage(command, "both --input and --random");
		else if (options.json && options.quiet)
			status = complain_usage(command, "both --json and --quiet");
		else
			status = prune(&options);
	}
	options_free(&options);
	return status;
}

const struct command command_prune = {
	.name = "prune",
	.usage = "NETWORK.tflite --sparsity HOW [-o PRUNED.tflite] [OPTION]...",
	.summary = "make small weights of a network zero, to see what that brings",
	.help = "Makes the smallest weights of convolutions and fully connected layers zero, without\n"
		"any training, and prints for each layer the zeros and the estimated cycles before and\n"
		"after; with inputs, also how far the outputs moved.",
	.options = options_of_prune,
	.run = run,
	.failure = EXIT_FAILED,
};
