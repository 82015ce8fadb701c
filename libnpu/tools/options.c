// SPDX-License-Identifier: MIT
/* The options of all subcommands, from one table each: parsed and printed. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define MAX_OPTIONS 32

static void print_option(const struct tool_option *option)
{
	char left[64], letter[8] = "    ";
	const char *text = option->help;

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name, option->arg ? " " : "",
		 option->arg ? option->arg : "");
	printf("  %-26s", left);
	if (strlen(left) > 25)
		printf("\n%28s", "");
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			printf("%28s", "");
	}
	putchar('\n');
}

void print_help(const struct command *command)
{
	static const struct tool_option help = {
		OPTION_HELP, 'h', "help", NULL, "print this and exit"
	};
	const struct tool_option *option;

	printf("Usage: npu %s %s\n\n%s\n\n", command->name, command->usage, command->help);
	for (option = command->options; option->name; option++)
		print_option(option);
	print_option(&help);
}

static void append(struct list *list, const char *item)
{
	/* The room is as long as the command line, from options_parse(). */
	list->items[list->num++] = item;
}

static bool parse_seed(const char *text, uint64_t *seed)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*seed = strtoull(text, &end, 0);
	return !errno && !*end;
}

static bool parse_clock(const char *text, double *clock)
{
	char *end;

	*clock = strtod(text, &end);
	return end != text && !*end && isfinite(*clock) && *clock > 0;
}

/* A value that a later option of the same name would silently replace is a mistake. */
static bool set_once(const struct command *command, const char **where, const char *name,
		     const char *value)
{
	if (*where) {
		complain_usage(command, "--%s is given twice", name);
		return false;
	}
	*where = value;
	return true;
}

/* Digits only, below a limit; moves text behind them. */
static bool parse_count(const char **text, uint64_t limit, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	*value = strtoull(*text, &end, 10);
	*text = end;
	return !errno && *value <= limit;
}

/* "bw=8,latency=100", either part alone too. */
static bool parse_memory(const char *text, npu_rtl_options *rtl)
{
	do {
		bool bandwidth = !strncmp(text, "bw=", 3);
		uint64_t value;

		if (!bandwidth && strncmp(text, "latency=", 8))
			return false;
		text += bandwidth ? 3 : 8;
		if (!parse_count(&text, bandwidth ? 256 : 100000, &value) || !value)
			return false;
		if (bandwidth)
			rtl->memory_bytes = (uint32_t)value;
		else
			rtl->memory_latency = (uint32_t)value;
		if (*text != ',')
			return !*text;
		text++;
	} while (true);
}

/* "FROM:TO"; either may be empty. */
static bool parse_window(const char *text, npu_rtl_options *rtl)
{
	if (*text != ':' && !parse_count(&text, UINT64_MAX, &rtl->trace_from))
		return false;
	if (*text++ != ':')
		return false;
	if (*text && !parse_count(&text, UINT64_MAX, &rtl->trace_to))
		return false;
	return !*text && (!rtl->trace_to || rtl->trace_from < rtl->trace_to);
}

static bool store_rtl(const struct command *command, struct options *options, int id,
		      const char *value)
{
	options->have_rtl = true;
	switch (id) {
	case OPTION_MEMORY:
		if (parse_memory(value, &options->rtl))
			return true;
		complain_usage(command,
			       "--memory: '%s' is not bw=1..256 and latency=1..100000, with a comma",
			       value);
		return false;
	case OPTION_SEED:
		if (parse_seed(value, &options->rtl.seed) && options->rtl.seed)
			return true;
		complain_usage(command, "--seed: '%s' is not a number from 1 to 2^64 - 1", value);
		return false;
	case OPTION_TRACE:
		return set_once(command, &options->rtl.trace, "trace", value);
	default:
		if (parse_window(value, &options->rtl))
			return true;
		complain_usage(command, "--window: '%s' is not FROM:TO in cycles", value);
		return false;
	}
}

/* "0.7", or "2:4": two of four are not zero. */
static bool parse_sparsity(const char *text, npu_prune_options *prune)
{
	uint64_t keep, group;
	char *end;

	if (!strchr(text, ':')) {
		/* Neither signs nor the words that strtod() knows. */
		if (!isdigit((unsigned char)*text) && *text != '.')
			return false;
		prune->fraction = strtod(text, &end);
		return end != text && !*end && prune->fraction > 0 && prune->fraction < 1;
	}
	if (!parse_count(&text, NPU_PRUNE_MAX_GROUP, &keep) || *text++ != ':' ||
	    !parse_count(&text, NPU_PRUNE_MAX_GROUP, &group) || *text || !keep || keep >= group)
		return false;
	prune->keep = (int)keep;
	prune->group = (int)group;
	return true;
}

static bool store_prune(const struct command *command, struct options *options, int id,
			const char *value)
{
	npu_prune_options *prune = &options->prune;
	uint64_t count;

	switch (id) {
	case OPTION_SPARSITY:
		if (prune->fraction > 0 || prune->group) {
			complain_usage(command, "--sparsity is given twice");
			return false;
		}
		if (parse_sparsity(value, prune))
			return true;
		complain_usage(command,
			       "--sparsity: '%s' is neither a fraction between 0 and 1 nor N:M, N below M, M at most %d",
			       value, NPU_PRUNE_MAX_GROUP);
		return false;
	case OPTION_GLOBAL:
		prune->global = 1;
		return true;
	case OPTION_DEPTHWISE:
		prune->depthwise = 1;
		return true;
	default:
		if (!parse_count(&value, INT32_MAX, &count) || *value) {
			complain_usage(command, "--skip-%s: not a number up to %d",
				       id == OPTION_SKIP_FIRST ? "first" : "smaller", INT32_MAX);
			return false;
		}
		if (id == OPTION_SKIP_FIRST)
			prune->skip_first = (int)count;
		else
			prune->skip_smaller = count;
		return true;
	}
}

static bool store(const struct command *command, struct options *options, int id,
		  const char *value)
{
	switch (id) {
	case OPTION_OUTPUT:
		append(&options->outputs, value);
		return true;
	case OPTION_INPUT:
		append(&options->inputs, value);
		return true;
	case OPTION_PRESET:
		return set_once(command, &options->preset, "preset", value);
	case OPTION_DEVICE:
		return set_once(command, &options->device, "device", value);
	case OPTION_PROGRAM:
		return set_once(command, &options->program, "program", value);
	case OPTION_RANDOM:
		options->have_seed = true;
		if (parse_seed(value, &options->seed))
			return true;
		complain_usage(command, "--random: '%s' is not a number from 0 to 2^64 - 1", value);
		return false;
	case OPTION_CLOCK:
		if (parse_clock(value, &options->clock_mhz))
			return true;
		complain_usage(command, "--clock: '%s' is not a frequency in MHz", value);
		return false;
	case OPTION_STRICT:
		options->strict = true;
		return true;
	case OPTION_KEEP_ALL:
		options->keep_all = true;
		return true;
	case OPTION_WARM:
		options->warm = true;
		return true;
	case OPTION_DENSE:
		options->dense = true;
		return true;
	case OPTION_STRIP:
		options->strip = true;
		return true;
	case OPTION_QUIET:
		options->quiet = true;
		return true;
	case OPTION_QUANTIZE:
		options->quantize = true;
		return true;
	case OPTION_DEQUANTIZE:
		options->dequantize = true;
		return true;
	case OPTION_JSON:
		options->json = true;
		return true;
	case OPTION_MEMORY:
	case OPTION_SEED:
	case OPTION_TRACE:
	case OPTION_WINDOW:
		return store_rtl(command, options, id, value);
	case OPTION_SPARSITY:
	case OPTION_GLOBAL:
	case OPTION_DEPTHWISE:
	case OPTION_SKIP_FIRST:
	case OPTION_SKIP_SMALLER:
		return store_prune(command, options, id, value);
	}
	return false;
}

/* The network comes first; files that follow belong to the --input or --output before them. */
static bool positional(const struct command *command, struct options *options, struct list *last,
		       const char *value)
{
	if (!options->network)
		options->network = value;
	else if (last)
		append(last, value);
	else {
		complain_usage(command, "one file too many: '%s'", value);
		return false;
	}
	return true;
}

bool options_parse(const struct command *command, int argc, char **argv, struct options *options,
		   int *status)
{
	struct option long_options[MAX_OPTIONS] = { { "help", no_argument, NULL, OPTION_HELP } };
	char letters[2 * MAX_OPTIONS + 4] = "-h";	/* "-": everything in its order */
	char name[64];
	struct list *last = NULL;
	int i, n = 1, code;

	memset(options, 0, sizeof(*options));
	options->failure = command->failure;
	options->clock_mhz = DEFAULT_CLOCK_MHZ;
	options->prune = (npu_prune_options)NPU_PRUNE_OPTIONS_INIT;
	options->rtl.size = sizeof(options->rtl);
	options->inputs.items = calloc((size_t)argc + 1, sizeof(char *));
	options->outputs.items = calloc((size_t)argc + 1, sizeof(char *));
	*status = command->failure;
	if (!options->inputs.items || !options->outputs.items) {
		complain("out of memory for the command line");
		return false;
	}
	for (i = 0; command->options[i].name; i++) {
		const struct tool_option *option = &command->options[i];

		long_options[n++] = (struct option){
			option->name, option->arg ? required_argument : no_argument, NULL,
			option->id
		};
		if (option->letter) {
			char letter[] = { option->letter, option->arg ? ':' : 0, 0 };

			strcat(letters, letter);
		}
	}
	/* getopt_long() begins its own messages with this. */
	snprintf(name, sizeof(name), "npu %s", command->name);
	argv[0] = name;
	*status = EXIT_USAGE;
	while ((code = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		if (code == '?') {
			fprintf(stderr, "Try 'npu %s --help'.\n", command->name);
			return false;
		}
		if (code == 'h' || code == OPTION_HELP) {
			print_help(command);
			*status = EXIT_OK;
			return false;
		}
		if (code == 1) {
			if (!positional(command, options, last, optarg))
				return false;
			continue;
		}
		for (i = 0; command->options[i].name; i++)
			if (code < 256 && command->options[i].letter == code)
				code = command->options[i].id;
		last = code == OPTION_INPUT ? &options->inputs :
		       code == OPTION_OUTPUT ? &options->outputs : NULL;
		if (!store(command, options, code, optarg))
			return false;
	}
	for (i = optind; i < argc; i++)
		if (!positional(command, options, last, argv[i]))
			return false;
	return true;
}

void options_free(struct options *options)
{
	free(options->inputs.items);
	free(options->outputs.items);
}
