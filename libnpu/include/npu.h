/* SPDX-License-Identifier: MIT */
/*
 * libnpu: compile quantized networks for the onpu NPU and run them.
 *
 * Life of an inference:
 *
 *	npu_model_load()     a .tflite file becomes a graph
 *	npu_compile()        a graph becomes a program (.npu)
 *	npu_device_open()    "iss" (functional model), "rtl" (compiled hardware) or
 *	                     "cpu" (reference kernels)
 *	npu_session_create() a program, or a graph, made resident on a device
 *	npu_session_run()    inputs in, outputs out
 *
 * Every function that can fail returns an npu_status (0 is success, failures
 * are negative), or NULL where it returns an object, and then describes the
 * failure for the calling thread in npu_error(): what failed, which tensor or
 * node, and which limit.  No function prints.
 *
 * Threads: different objects may be used from different threads at once; one
 * object must not, except that one npu_device may serve sessions of several
 * threads.
 *
 * NULL for an object that is worked on, or for where a result goes, is NPU_ERR_INVALID; it has no
 * inputs, outputs and layers; and to free or close it does nothing.
 *
 * Ownership: every object is freed by the function of the same prefix
 * (npu_model_free() for npu_model_load()); strings and descriptions that an
 * object returns live as long as the object.
 */
#ifndef NPU_H
#define NPU_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is declared here is exported; everything else in the library is hidden. */
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

#define NPU_VERSION_MAJOR 0
#define NPU_VERSION_MINOR 1
#define NPU_VERSION_PATCH 0

/* The highest tensor rank that libnpu represents. */
#define NPU_MAX_RANK 6

typedef enum npu_status {
	NPU_OK = 0,
	NPU_ERR_NOMEM = -1,		/* out of host memory */
	NPU_ERR_IO = -2,		/* a file could not be read or written */
	NPU_ERR_FORMAT = -3,		/* malformed or corrupted input file */
	NPU_ERR_VERSION = -4,		/* well formed, but of a version not supported here */
	NPU_ERR_UNSUPPORTED = -5,	/* an operator, type or shape that nothing here runs */
	NPU_ERR_INVALID = -6,		/* the caller passed something wrong */
	NPU_ERR_STRICT = -7,		/* strict compilation found a node for the CPU */
	NPU_ERR_LIMIT = -8,		/* a documented limit was exceeded */
	NPU_ERR_DEVICE = -9,		/* the device reported a fault, or is gone */
	NPU_ERR_MISMATCH = -10,		/* results differ (npu_compare) */
	NPU_ERR_INTERNAL = -11		/* an invariant of libnpu was violated: a bug */
} npu_status;

/* A short English name of a status, never NULL. */
const char *npu_status_name(npu_status status);

/* The calling thread's last failure, "" if there was none; valid until its next call. */
const char *npu_error(void);

/* "MAJOR.MINOR.PATCH" of the library that is running. */
const char *npu_version(void);

typedef enum npu_dtype {
	NPU_INT8 = 0,
	NPU_UINT8 = 1,
	NPU_INT16 = 2,
	NPU_INT32 = 3,
	NPU_INT64 = 4,
	NPU_FLOAT32 = 5,
	NPU_BOOL = 6,
	NPU_DTYPE_COUNT
} npu_dtype;

/* Bytes of one element; 0 for a value outside the enumeration. */
size_t npu_dtype_size(npu_dtype dtype);
/* "int8", "uint8", ...; "?" for a value outside the enumeration. */
const char *npu_dtype_name(npu_dtype dtype);

/*
 * Description of an input or output.  Data are row-major without padding; an
 * image is NHWC.  real = scale * (stored - zero_point); scale is 0 for a tensor
 * that is not quantized.
 */
typedef struct npu_tensor_info {
	const char *name;
	npu_dtype dtype;
	int rank;
	int dims[NPU_MAX_RANK];
	size_t bytes;
	float scale;
	int zero_point;
} npu_tensor_info;

/* ---- models ---------------------------------------------------------- */

typedef struct npu_model npu_model;

/* Reads a .tflite file.  NULL on failure. */
npu_model *npu_model_load(const char *path);
/* The same from memory; data is copied and may be freed afterwards. */
npu_model *npu_model_load_memory(const void *data, size_t size);
void npu_model_free(npu_model *model);

int npu_model_num_inputs(const npu_model *model);
int npu_model_num_outputs(const npu_model *model);
/* NPU_ERR_INVALID if index is out of range. */
npu_status npu_model_input(const npu_model *model, int index, npu_tensor_info *info);
npu_status npu_model_output(const npu_model *model, int index, npu_tensor_info *info);

/* ---- pruning --------------------------------------------------------- */

/* The largest group of npu_prune_options. */
#define NPU_PRUNE_MAX_GROUP 16

/*
 * Options of npu_prune(): either a fraction, or groups of which some weights are kept.  Set size
 * to sizeof(npu_prune_options) (or use NPU_PRUNE_OPTIONS_INIT).
 */
typedef struct npu_prune_options {
	size_t size;
	double fraction;	/* of the weights that are zero then, between 0 and 1 */
	int keep, group;	/* so many weights at most of each group of input channels are not */
	int global;		/* the fraction is that of all layers together, not of each */
	int depthwise;		/* DEPTHWISE_CONV_2D too; a fraction only */
	int skip_first;		/* so many layers that could be pruned first are left as they are */
	uint64_t skip_smaller;	/* so are layers with fewer weights */
} npu_prune_options;

#define NPU_PRUNE_OPTIONS_INIT { sizeof(npu_prune_options), 0, 0, 0, 0, 0, 0, 0 }

typedef struct npu_pruned npu_pruned;

/*
 * Makes the smallest weights of CONV_2D and FULLY_CONNECTED zero in a copy of an int8 or uint8
 * .tflite file, as training with pruning would, but without any training.  Only bytes of weights
 * change.  In a layer, or with global in all, weights are compared as real values; zero is the
 * weights' zero point.  NULL on failure, also where nothing can be pruned.
 */
npu_pruned *npu_prune(const char *path, const npu_prune_options *options);
/* The same from memory; data is copied and may be freed afterwards. */
npu_pruned *npu_prune_memory(const void *data, size_t size, const npu_prune_options *options);
void npu_pruned_free(npu_pruned *pruned);

/* The pruned file's bytes, as npu_model_load_memory() takes them.  size may be NULL. */
const void *npu_pruned_data(const npu_pruned *pruned, size_t *size);
/* Writes the file: either all of it appears under path, or nothing does. */
npu_status npu_pruned_save(const npu_pruned *pruned, const char *path);

/* What happened to a layer that has weights; layers are in execution order. */
typedef struct npu_pruned_layer {
	int node;			/* index in the .tflite file */
	const char *op;			/* "CONV_2D" */
	const char *name;		/* of the node's output tensor */
	uint64_t weights;
	uint64_t zeros_before, zeros_after;	/* of int8 and uint8 weights */
	int same_as;			/* the first node that has the same weights: itself if alone */
	const char *kept;		/* why the layer was left as it is, NULL: it was pruned */
} npu_pruned_layer;

int npu_pruned_num_layers(const npu_pruned *pruned);
/* index in [0, npu_pruned_num_layers()). */
npu_status npu_pruned_describe(const npu_pruned *pruned, int index, npu_pruned_layer *layer);

/* ---- compilation ----------------------------------------------------- */

typedef struct npu_program npu_program;

/*
 * Options of npu_compile().  Set size to sizeof(npu_compile_options) (or use
 * NPU_COMPILE_OPTIONS_INIT) so that later versions can append fields.
 */
typedef struct npu_compile_options {
	size_t size;
	const char *preset;	/* "base" (NULL means base) or "nano" */
	int strict;		/* fail with NPU_ERR_STRICT instead of placing a node on the CPU */
	int keep_all;		/* no fusion, and every tensor is kept in memory for npu_compare */
	int dense;		/* encode all weights dense (for comparison) */
	int strip;		/* leave out the constants that only --device cpu would need */
} npu_compile_options;

#define NPU_COMPILE_OPTIONS_INIT { sizeof(npu_compile_options), 0, 0, 0, 0, 0 }

/* options may be NULL.  The model is not needed afterwards.  NULL on failure. */
npu_program *npu_compile(const npu_model *model, const npu_compile_options *options);
/* Reads a .npu file: version, checksum and every reference are verified. */
npu_program *npu_program_load(const char *path);
npu_program *npu_program_load_memory(const void *data, size_t size);
/* Writes a .npu file: either all of it appears under path, or nothing does. */
npu_status npu_program_save(const npu_program *program, const char *path);
void npu_program_free(npu_program *program);

int npu_program_num_inputs(const npu_program *program);
int npu_program_num_outputs(const npu_program *program);
npu_status npu_program_input(const npu_program *program, int index, npu_tensor_info *info);
npu_status npu_program_output(const npu_program *program, int index, npu_tensor_info *info);

/* What compilation decided for the whole network. */
typedef struct npu_program_info {
	const char *preset;
	uint64_t macs;			/* multiplications of the dense network, NPU nodes only */
	uint64_t cycles;		/* estimated by the cycle model */
	uint64_t sram_bytes;		/* highest SRAM address in use + 1 */
	uint64_t code_bytes;		/* command streams and weights */
	uint64_t scratch_bytes;		/* external memory for spilled and exchanged tensors */
	uint64_t read_bytes;		/* external bytes read and written by one inference */
	uint64_t write_bytes;
	int nodes;			/* of the network */
	int nodes_npu;
	int nodes_cpu;
	/*
	 * Of an inference right behind one in the same session: it finds weights in SRAM.  The same as above where
	 * nothing is gained by that.
	 */
	uint64_t warm_cycles;
	uint64_t warm_read_bytes;
} npu_program_info;

npu_status npu_program_describe(const npu_program *program, npu_program_info *info);

/* Where one node of the network runs, and if not on the NPU, why. */
typedef struct npu_placement {
	int node;			/* index in the .tflite file */
	const char *op;			/* "CONV_2D" */
	const char *name;		/* of the node's first output tensor */
	int on_npu;
	const char *detail;		/* how it runs on the NPU, or the reason why it does not */
} npu_placement;

/* index in [0, info.nodes). */
npu_status npu_program_placement(const npu_program *program, int index, npu_placement *placement);

/* Command streams as text, with layer names. */
npu_status npu_program_disassemble(const npu_program *program, FILE *out);

/* ---- devices and sessions -------------------------------------------- */

typedef struct npu_device npu_device;
typedef struct npu_session npu_session;

/*
 * Opens a device: "iss", the functional model of the NPU with its firmware; "rtl",
 * the hardware itself, compiled by Verilator, with the firmware on its control core;
 * "drm", the first NPU that the kernel's driver has found, or "drm:PATH", the one behind
 * that node; or "cpu", the reference kernels.  preset: NULL or "base", "nano"; a program
 * runs only on the preset that it was compiled for.  What "drm" finds has its own:
 * NULL takes it, another name fails.  NULL on failure.
 *
 * "rtl" needs libonpu_rtl_PRESET.so: in the folder that the environment variable
 * ONPU_RTL_DIR names, beside the program or library that contains this function, or
 * where the dynamic loader looks.
 */
npu_device *npu_device_open(const char *name, const char *preset);

/* How the compiled hardware runs; members that are 0 have the default. */
typedef struct {
	size_t size;			/* of this struct, in bytes */
	uint32_t memory_bytes;		/* that memory moves in a cycle, reads and writes together; 8, at most 256 */
	uint32_t memory_latency;	/* cycles; 100, at most 100000 */
	uint64_t seed;			/* not 0: random latency, back-pressure and initial state */
	/*
	 * Name of an FST file to write, or NULL.  Its writer reports no errors: a disk that is full
	 * ends the process by SIGBUS, or leaves a damaged file.
	 */
	const char *trace;
	uint64_t trace_from, trace_to;	/* its cycles since reset; 0: from the start, to the end */
} npu_rtl_options;

/* As npu_device_open() with "rtl".  options may be NULL. */
npu_device *npu_device_open_rtl(const char *preset, const npu_rtl_options *options);
void npu_device_close(npu_device *device);

/* What a device is. */
typedef struct npu_device_info {
	const char *name;		/* "iss", "rtl", "drm", "cpu" */
	const char *preset;		/* what programs have to be compiled for */
	uint32_t macs_per_cycle;
	uint32_t sram_bytes;
	char node[64];			/* of "drm": the path of its node; else empty */
	char firmware[64];		/* version that the firmware says, or empty */
} npu_device_info;

/* name and preset are constants of the library. */
npu_status npu_device_describe(const npu_device *device, npu_device_info *info);

/*
 * Makes a program resident; it and the device must outlive the session.  On "cpu" the program
 * must not have been compiled with strip.  NULL on failure.
 */
npu_session *npu_session_create(npu_device *device, const npu_program *program);
void npu_session_free(npu_session *session);

/*
 * One inference.  inputs[i] and outputs[i] point to exactly the bytes that
 * npu_program_input(i) and npu_program_output(i) say; they are only used during
 * the call.
 */
npu_status npu_session_run(npu_session *session, const void *const *inputs,
			   void *const *outputs);

/*
 * Where cycles went, each counted once: measured on "rtl", 0 on other devices.  Of layers: while
 * commands of theirs ran, or the next compute command waited for them.
 */
typedef struct npu_cycle_split {
	/* A compute command ran: */
	uint64_t active;		/* operands were read */
	uint64_t decoder;		/* the array waited for decoded weights */
	uint64_t bank;			/* operands waited for SRAM banks */
	uint64_t post;			/* the post-processor was behind */
	uint64_t fill;			/* none of these: its begin and its end */
	/* None ran, and the next one, or the end of the job, waited for: */
	uint64_t weights;		/* weights and other constants, loaded */
	uint64_t input;			/* activations, loaded, and halos, filled */
	uint64_t output;		/* activations, stored */
	uint64_t walk;			/* one of these three, which waited for a page-table walk */
	uint64_t commands;		/* the command processor */
	/* No job of the inference ran.  0 in layers. */
	uint64_t firmware;
} npu_cycle_split;

/* What one layer of the last inference cost. */
typedef struct npu_layer_profile {
	const char *name;		/* operators and output tensor of the layer */
	int node;			/* first node of the layer in the .tflite file */
	int on_npu;
	/* From the doorbell.  A compute command begins when it runs, not when it is prepared. */
	uint64_t start_cycle;
	uint64_t end_cycle;
	uint64_t macs;			/* of the dense layer */
	uint64_t read_bytes;		/* external */
	uint64_t write_bytes;
	/* Array steps times pixels, by block mode; see the command manual. */
	uint64_t steps_d, steps_g4, steps_g2, steps_pair, steps_depthwise;
	uint64_t blocks, blocks_skipped;
	npu_cycle_split split;
} npu_layer_profile;

/* What the last inference cost. */
typedef struct npu_profile {
	int cycles_estimated;		/* 1 where cycles come from the cycle model */
	uint64_t cycles;		/* doorbell to completion, NPU jobs only */
	uint64_t macs;
	double utilisation;		/* macs / (MACs per cycle * cycles) */
	uint64_t read_bytes;
	uint64_t write_bytes;
	int num_layers;
	const npu_layer_profile *layers;
	/*
	 * What the device did meanwhile, for other sessions too: measured on "rtl", 0 on other
	 * devices.
	 */
	uint64_t busy_cycles;		/* a compute command ran; of these, at most one of: */
	uint64_t active_cycles;		/* operands were read */
	uint64_t stall_weights;		/* the array waited for decoded weights */
	uint64_t stall_accumulators;	/* the post-processor was behind */
	uint64_t stall_bank;		/* operands waited for SRAM banks */
	/* At the same time as any of the above: */
	uint64_t stall_write;		/* results waited for the SRAM */
	uint64_t stall_operand;		/* the post-processor waited for second operands */
	uint64_t stall_mmu;		/* an external access waited for a page-table walk */
	uint64_t mmu_walks;		/* page-table walks */
	/*
	 * 1 on "iss" and "rtl", whose models count bytes, steps and blocks; on other devices
	 * these are 0 here and in the layers.
	 */
	int work_counted;
	/* Adds up to cycles, where it is measured; of this session's jobs alone. */
	npu_cycle_split split;
	int warm;			/* 1: it found weights in SRAM that the inference before has left */
} npu_profile;

/*
 * A program's layers, as the cycle model estimates them; no steps and blocks.  start_cycle is that
 * of the layer's own job.
 */
int npu_program_num_layers(const npu_program *program);
npu_status npu_program_layer(const npu_program *program, int index, npu_layer_profile *layer);

/* Of the session's last npu_session_run(); valid until the next. */
npu_status npu_session_profile(const npu_session *session, npu_profile *profile);

/* ---- comparison ------------------------------------------------------ */

/* The first difference that npu_compare() found, and how much it looked at. */
typedef struct npu_comparison {
	int tensors;			/* compared */
	uint64_t elements;
	int tensors_different;
	char first_tensor[128];		/* in execution order */
	uint64_t first_element;
	double expected, actual;	/* stored values */
} npu_comparison;

/*
 * Runs model on the device, as options say, and on the reference kernels with
 * the same inputs, and compares every tensor that the program leaves in memory.
 * NPU_ERR_MISMATCH if any differs.
 */
npu_status npu_compare(npu_device *device, const npu_model *model,
		       const npu_compile_options *options, const void *const *inputs,
		       npu_comparison *result);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
