/* SPDX-License-Identifier: MIT */
/* What the subcommands of npu share. */
#ifndef NPU_TOOL_H
#define NPU_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ir/save.h"
#include "npu.h"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	/* npu compare, like cmp: equal is EXIT_OK. */
	EXIT_DIFFERENT = 1,
	EXIT_TROUBLE = 2,
};

/* ---- options --------------------------------------------------------- */

enum option_id {
	OPTION_HELP = 256,
	OPTION_OUTPUT, OPTION_INPUT, OPTION_RANDOM, OPTION_PRESET, OPTION_DEVICE, OPTION_STRICT,
	OPTION_KEEP_ALL, OPTION_DENSE, OPTION_WARM, OPTION_STRIP, OPTION_QUIET, OPTION_CLOCK, OPTION_QUANTIZE,
	OPTION_DEQUANTIZE, OPTION_JSON, OPTION_MEMORY, OPTION_SEED, OPTION_TRACE, OPTION_WINDOW,
	OPTION_PROGRAM,
	OPTION_SPARSITY, OPTION_GLOBAL, OPTION_DEPTHWISE, OPTION_SKIP_FIRST, OPTION_SKIP_SMALLER,
};

struct tool_option {
	enum option_id id;
	char letter;		/* 0: none */
	const char *name;
	const char *arg;	/* NULL: takes none */
	const char *help;
};

struct list {
	const char **items;
	int num;
};

struct command {
	const char *name;
	const char *usage;	/* behind the name */
	const char *summary;	/* a line in npu --help */
	const char *help;	/* paragraphs between usage and options */
	const struct tool_option *options;	/* ends with a name of NULL */
	int (*run)(const struct command *command, int argc, char **argv);
	int failure;		/* exit status where anything failed */
};

struct options {
	const char *network;	/* the first argument that is no option; NULL: none */
	struct list inputs, outputs;
	bool have_seed;
	uint64_t seed;
	const char *preset, *device, *program;	/* NULL: not given */
	bool strict, keep_all, dense, warm, strip, quiet, quantize, dequantize, json;
	double clock_mhz;
	int failure;		/* exit status where anything failed */
	npu_rtl_options rtl;	/* --memory, --seed, --trace, --window */
	bool have_rtl;		/* one of them was given */
	npu_prune_options prune;	/* --sparsity and what else only npu prune has */
};

/* How cycles become time where --clock says nothing. */
#define DEFAULT_CLOCK_MHZ 500

/*
 * Fills options.  False: the command ends with *status, after --help or because of
 * something that was reported.  options_free() is needed in any case.
 */
bool options_parse(const struct command *command, int argc, char **argv, struct options *options,
		   int *status);
void options_free(struct options *options);
void print_help(const struct command *command);

/* ---- messages -------------------------------------------------------- */

/* "npu: message" to standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "npu COMMAND: message" and where to find help; returns EXIT_USAGE. */
int complain_usage(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The library's last failure. */
void complain_npu(void);

/*
 * Text from a file made fit for a terminal: control characters and what is not UTF-8 as
 * \xNN.  The result lives until the eighth call from here.
 */
const char *printable(const char *text);
/* The same, cut to a number of characters. */
const char *shortened(const char *text, int width);
/* "int8 [1, 224, 224, 3]"; lifetime as above. */
const char *shape_text(npu_dtype dtype, int rank, const uint64_t *dims);
const char *tensor_text(const npu_tensor_info *info);
/* A JSON string with its quotes. */
void print_json_string(const char *text);

/* ---- networks -------------------------------------------------------- */

struct network {
	npu_model *model;	/* of a .tflite, else NULL */
	npu_program *program;
};

/* Loads a .npu, or loads and compiles a .tflite.  False after a message. */
bool network_load(struct network *network, const struct options *options);
/* Only the model, of a .tflite. */
npu_model *model_load(const char *path);
/* Whether the file starts as a .npu does; false if it cannot be read. */
bool is_program_file(const char *path);
void network_free(struct network *network);
npu_compile_options compile_options(const struct options *options);
/* MACs of the array in a cycle; 0 if the preset is not known. */
uint64_t macs_per_cycle(const char *preset);

/* Inputs or outputs of a network. */
struct ports {
	const char *what;	/* "input", "output" */
	int num;
	npu_tensor_info *info;
};

bool ports_of_program(struct ports *inputs, struct ports *outputs, const npu_program *program);
bool ports_of_model(struct ports *inputs, struct ports *outputs, const npu_model *model);
void ports_free(struct ports *ports);
void print_ports(const struct ports *ports);

/* ---- devices --------------------------------------------------------- */

/* What run, compare and profile say of a device; part of their tables. */
#define DEVICE_HELP \
	"iss, the model of the NPU (default), rtl, the\ncompiled hardware, drm, the one behind the " \
	"kernel's\ndriver (drm:PATH: this one), or cpu, the reference\nkernels"
#define RTL_OPTIONS \
	{ OPTION_MEMORY, 0, "memory", "MODEL", \
	  "memory of rtl: bytes a cycle and latency in cycles\n(default: bw=8,latency=100)" }, \
	{ OPTION_SEED, 0, "seed", "SEED", \
	  "rtl: random latency, back-pressure, initial state" }, \
	{ OPTION_TRACE, 0, "trace", "FILE.fst", "rtl: write a waveform" }, \
	{ OPTION_WINDOW, 0, "window", "FROM:TO", "cycles of --trace, since reset (default: all)" }

/*
 * What the kernel's driver has found is of one preset: it is what to compile for if nothing else
 * was asked for.  False after a complaint.
 */
bool device_choose_preset(struct options *options);
/* The device that the options name, for a preset or NULL.  NULL after a message. */
npu_device *device_open(const struct options *options, const char *preset);
/* False after a message: what was to be written meanwhile is not there.  NULL is fine. */
bool device_close(const struct options *options, npu_device *device);

/* ---- trace.c: around the life of a device that writes --trace -------- */

/* Both false after a message. */
bool trace_begin(const struct options *options);
bool trace_end(const struct options *options);

/* ---- data ------------------------------------------------------------ */

/* Data of all inputs or outputs: batches times info.bytes each. */
struct data {
	int num;
	size_t batches;
	uint8_t **bytes;
};

/*
 * Pairs arguments, "FILE" in order or "NAME=FILE", with ports: files[i] points into the
 * argument, or is NULL.  False after a message.
 */
bool match_files(const struct ports *ports, const struct list *list, const char **files);
/* From --input, or --random, or else from default_seed if that is not NULL. */
bool data_load(struct data *data, const struct ports *ports, const struct options *options,
	       const uint64_t *default_seed);
bool data_allocate(struct data *data, const struct ports *ports, size_t batches);
/* Every output that files[] has, all of them or none; dequantize: as float32. */
bool data_save(const struct data *data, const struct ports *ports, const char *const *files,
	       bool dequantize);
void data_free(struct data *data);
/* A stored value of a tensor. */
double data_element(const npu_tensor_info *info, const void *data, size_t i);
/* Pointers for inference b, as npu_session_run() takes them; to be freed. NULL after a message. */
void **data_pointers(const struct data *data, const struct ports *ports, size_t b);

/* ---- files ----------------------------------------------------------- */

/* Reads all of a file, or of standard input for "-".  False after a message. */
bool file_read(const char *path, uint8_t **data, size_t *size);

/* Whether both are there and are one file, under whatever names. */
bool is_same_file(const char *one, const char *other);

/* A file that appears whole or not at all; "-" is standard output. */
struct output {
	struct npu_file file;
	bool standard;
};

/* False after a message. */
bool output_open(struct output *output, const char *path);
bool output_write(struct output *output, const void *data, size_t size);
bool output_commit(struct output *output);
/* What was not committed is gone; in any case. */
void output_close(struct output *output);

extern const struct command command_compile, command_run, command_compare, command_profile,
	command_info, command_disasm, command_coredump, command_prune;

#endif
