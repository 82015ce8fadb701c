// SPDX-License-Identifier: MIT
/*
 * Out of memory at every allocation: each operation of the library is repeated with its first
 * allocation failing, then its second, and so on until none is left.  Each time it must fail,
 * say that memory was lacking and for what, leak nothing, leave no file, and work when tried
 * again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_alloc.h"
#include "ir/error.h"
#include "npu.h"

#define SEED(name) "tests/fuzz/seeds/" name ".tflite"

/* Layers of every kind that compile differently: each brings code of its own that allocates. */
static const char *const seeds[] = {
	SEED("classifier_int8"), SEED("classifier_uint8"), SEED("moves"), SEED("activations"),
	SEED("arithmetic"), SEED("reductions"), SEED("space"), SEED("upscale"),
	SEED("open_batch"), SEED("float_edges"), SEED("old_and_new"),
};

enum { NUM_SEEDS = sizeof(seeds) / sizeof(seeds[0]), MAX_PORTS = 16 };

/* What an operation works on; made, while nothing fails, before it starts. */
static struct {
	const char *path;
	npu_model *model;
	npu_program *program;
	npu_compile_options options;
	npu_device *device;
	npu_session *session;
	const char *device_name;
	const void *inputs[MAX_PORTS];
	void *outputs[MAX_PORTS];
	size_t output_bytes[MAX_PORTS];
	uint32_t expected;	/* checksum of outputs; 0: not known yet */
	char folder[32], file[64];
	FILE *null;
	int problems;
} world;

struct operation {
	const char *name;
	/* Does it and takes it back.  False: it failed. */
	bool (*run)(void);
};

static int files_in_folder(void)
{
	DIR *folder = opendir(world.folder);
	int n = 0;

	assert_non_null(folder);
	while (readdir(folder))
		n++;
	closedir(folder);
	return n - 2;
}

static uint32_t sum_of(const uint8_t *data, size_t size, uint32_t sum)
{
	size_t i;

	for (i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	return sum;
}

/* Of what a program or network is saved as; 0 if there is none. */
static uint32_t sum_of_file(void)
{
	FILE *file = fopen(world.file, "rb");
	uint8_t data[4096];
	uint32_t sum = 1;
	size_t n;

	while (file && (n = fread(data, 1, sizeof(data), file)))
		sum = sum_of(data, n, sum);
	if (file)
		fclose(file);
	return file ? sum : 0;
}

/* The lowest descriptor that is free: higher than before if one was not closed. */
static int free_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

/* The first few of an operation are shown. */
__attribute__((format(printf, 3, 4)))
static void problem(const struct operation *operation, long n, const char *format, ...)
{
	va_list args;

	if (++world.problems > 5)
		return;
	print_error("%s: %s: allocation %ld: ", world.path, operation->name, n);
	va_start(args, format);
	vprint_error(format, args);
	va_end(args);
	print_error("\n");
}

/* Once, with allocation n failing, 0: none.  False: there were fewer. */
static bool attempt(const struct operation *operation, long n)
{
	int descriptor = free_descriptor(), files = files_in_folder();
	uint32_t content = sum_of_file();
	const char *error = npu_error();
	bool ok, failed;

	npu_fail(NPU_ERR_INTERNAL, "stale");
	fault_arm(n);
	ok = operation->run();
	failed = fault_disarm();
	if (ok && failed)
		problem(operation, n, "succeeds although it failed");
	if (!ok && !failed)
		problem(operation, n, "fails although no allocation did: %s", error);
	if (!ok && npu_error_status() != NPU_ERR_NOMEM)
		problem(operation, n, "status is '%s', message '%s'",
			npu_status_name(npu_error_status()), error);
	/* "out of memory" alone does not say for what. */
	else if (!ok && (!strstr(error, "memory") || !strcmp(error, "out of memory")))
		problem(operation, n, "the message is '%s'", error);
	if (free_descriptor() != descriptor)
		problem(operation, n, "a file stays open");
	if (files_in_folder() != files)
		problem(operation, n, "a file is left behind");
	if (!ok && sum_of_file() != content)
		problem(operation, n, "what was in the file before is lost");
	return failed;
}

static void fail_each(const struct operation *operation)
{
	long total, live, n;

	/* What is made once for the whole process, by the C library too, is no leak. */
	operation->run();
	world.problems = 0;
	attempt(operation, 0);
	total = fault.calls;
	live = fault.live;
	for (n = 1; attempt(operation, n); n++) {
		attempt(operation, 0);
		/* Not right after the failure: a device keeps memory from job to job. */
		if (fault.live != live)
			problem(operation, n, "%ld allocations leak", fault.live - live);
		live = fault.live;
	}
	assert_int_equal(n, total + 1);
	print_message("%s: %s: %ld allocations\n", world.path, operation->name, total);
	if (world.problems)
		fail_msg("%s: %s: %d problems", world.path, operation->name, world.problems);
}

/* ---- operations ----------------------------------------------------------------- */

static bool load_model(void)
{
	npu_model *model = npu_model_load(world.path);

	npu_model_free(model);
	return model;
}

static bool compile(void)
{
	npu_program *program = npu_compile(world.model, &world.options);

	npu_program_free(program);
	return program;
}

/* Over a file that is there. */
static bool save_program(void)
{
	return npu_program_save(world.program, world.file) == NPU_OK;
}

static bool load_program(void)
{
	npu_program *program = npu_program_load(world.file);

	npu_program_free(program);
	return program;
}

static bool disassemble(void)
{
	return npu_program_disassemble(world.program, world.null) == NPU_OK;
}

static bool open_device(void)
{
	npu_device *device = npu_device_open(world.device_name, world.options.preset);

	npu_device_close(device);
	return device;
}

static bool create_session(void)
{
	npu_session *session = npu_session_create(world.device, world.program);

	npu_session_free(session);
	return session;
}

/* Of all outputs; never 0. */
static uint32_t checksum(void)
{
	uint32_t sum = 1;
	int i;

	for (i = 0; i < MAX_PORTS && world.outputs[i]; i++)
		sum = sum_of(world.outputs[i], world.output_bytes[i], sum);
	return sum ? sum : 1;
}

static bool run_session(void)
{
	if (npu_session_run(world.session, world.inputs, world.outputs))
		return false;
	/* A failure before must not change the results after it. */
	if (!world.expected)
		world.expected = checksum();
	assert_int_equal(checksum(), world.expected);
	return true;
}

/* A session's first inference keeps memory for the next ones. */
static bool create_and_run(void)
{
	npu_session *session = npu_session_create(world.device, world.program);
	npu_profile profile;
	bool ok = session && npu_session_run(session, world.inputs, world.outputs) == NPU_OK &&
		  npu_session_profile(session, &profile) == NPU_OK;

	npu_session_free(session);
	return ok;
}

static bool compare(void)
{
	npu_comparison result;

	return npu_compare(world.device, world.model, &world.options, world.inputs, &result) ==
	       NPU_OK;
}

static bool prune(const npu_prune_options *options)
{
	npu_pruned *pruned = npu_prune(world.path, options);
	bool ok = pruned && npu_pruned_save(pruned, world.file) == NPU_OK;

	npu_pruned_free(pruned);
	return ok;
}

static bool prune_each(void)
{
	npu_prune_options options = NPU_PRUNE_OPTIONS_INIT;

	options.fraction = 0.5;
	return prune(&options);
}

static bool prune_together(void)
{
	npu_prune_options options = NPU_PRUNE_OPTIONS_INIT;

	options.fraction = 0.5;
	options.global = 1;
	return prune(&options);
}

static bool prune_groups(void)
{
	npu_prune_options options = NPU_PRUNE_OPTIONS_INIT;

	options.keep = 1;
	options.group = 2;
	return prune(&options);
}

/* ---- the world --------------------------------------------------------------------- */

static int enter(void **state)
{
	(void)state;
	strcpy(world.folder, "/tmp/onpu-oom-XXXXXX");
	if (!mkdtemp(world.folder))
		return -1;
	snprintf(world.file, sizeof(world.file), "%s/file", world.folder);
	world.null = fopen("/dev/null", "w");
	return world.null ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	unlink(world.file);
	fclose(world.null);
	return rmdir(world.folder);
}

static void load(const char *path)
{
	world.path = path;
	world.options = (npu_compile_options)NPU_COMPILE_OPTIONS_INIT;
	world.model = npu_model_load(path);
	if (!world.model)
		fail_msg("%s", npu_error());
}

static void *random_bytes(const npu_tensor_info *info)
{
	uint8_t *data = malloc(info->bytes);
	uint32_t random = 1;
	size_t i;

	assert_non_null(data);
	for (i = 0; i < info->bytes; i++) {
		random = random * 1664525 + 1013904223;
		data[i] = (uint8_t)(random >> 24) & (info->dtype == NPU_BOOL ? 1 : 0xff);
	}
	return data;
}

static void compile_and_fill(const char *preset)
{
	npu_tensor_info info;
	int i;

	world.options.preset = preset;
	world.program = npu_compile(world.model, &world.options);
	if (!world.program)
		fail_msg("%s: %s", world.path, npu_error());
	assert_true(npu_program_num_inputs(world.program) <= MAX_PORTS &&
		    npu_program_num_outputs(world.program) <= MAX_PORTS);
	for (i = 0; i < npu_program_num_inputs(world.program); i++) {
		assert_int_equal(npu_program_input(world.program, i, &info), NPU_OK);
		world.inputs[i] = random_bytes(&info);
	}
	for (i = 0; i < npu_program_num_outputs(world.program); i++) {
		assert_int_equal(npu_program_output(world.program, i, &info), NPU_OK);
		world.outputs[i] = malloc(info.bytes);
		world.output_bytes[i] = info.bytes;
		assert_non_null(world.outputs[i]);
	}
}

static void unload(void)
{
	int i;

	for (i = 0; i < MAX_PORTS; i++) {
		free((void *)world.inputs[i]);
		free(world.outputs[i]);
		world.inputs[i] = world.outputs[i] = NULL;
	}
	world.expected = 0;
	npu_program_free(world.program);
	npu_model_free(world.model);
	world.program = NULL;
	world.model = NULL;
}

/* ---- tests -------------------------------------------------------------------------- */

static void test_the_allocator_fails(void **state)
{
	void *memory;

	(void)state;
	fault_arm(2);
	memory = malloc(8);
	assert_non_null(memory);
	assert_null(calloc(2, 4));
	assert_true(fault_disarm());
	free(memory);
}

static void test_models(void **state)
{
	static const struct operation operation = { "load a model", load_model };
	int i;

	(void)state;
	for (i = 0; i < NUM_SEEDS; i++) {
		world.path = seeds[i];
		fail_each(&operation);
	}
}

static void test_compilation(void **state)
{
	static const struct operation each[] = {
		{ "compile for base", compile }, { "compile for nano", compile },
		{ "compile, keep all", compile }, { "compile, dense and strip", compile },
	};
	int i, k;

	(void)state;
	for (i = 0; i < NUM_SEEDS; i++) {
		load(seeds[i]);
		for (k = 0; k < 4; k++) {
			world.options.preset = k == 1 ? "nano" : "base";
			world.options.keep_all = k == 2;
			world.options.dense = world.options.strip = k == 3;
			fail_each(&each[k]);
		}
		unload();
	}
}

static void test_programs(void **state)
{
	static const struct operation save = { "save a program", save_program };
	static const struct operation read = { "load a program", load_program };
	static const struct operation print = { "disassemble", disassemble };
	int i;

	(void)state;
	for (i = 0; i < NUM_SEEDS; i++) {
		load(seeds[i]);
		compile_and_fill("base");
		fail_each(&save);
		fail_each(&read);
		fail_each(&print);
		unload();
	}
}

static void test_devices(void **state)
{
	static const struct operation operation = { "open a device", open_device };
	static const char *const names[] = { "iss", "cpu" };
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		world.path = world.device_name = names[i];
		fail_each(&operation);
	}
}

static void test_sessions(const char *name, const char *preset)
{
	static const struct operation create = { "create a session", create_session };
	static const struct operation run = { "run", run_session };
	static const struct operation first = { "first run and profile", create_and_run };
	int i;

	world.device = npu_device_open(name, preset);
	assert_non_null(world.device);
	for (i = 0; i < NUM_SEEDS; i++) {
		load(seeds[i]);
		compile_and_fill(preset);
		fail_each(&create);
		fail_each(&first);
		world.session = npu_session_create(world.device, world.program);
		assert_non_null(world.session);
		fail_each(&run);
		npu_session_free(world.session);
		unload();
	}
	npu_device_close(world.device);
}

static void test_sessions_on_the_model(void **state)
{
	(void)state;
	test_sessions("iss", "base");
}

static void test_sessions_on_the_small_model(void **state)
{
	(void)state;
	test_sessions("iss", "nano");
}

static void test_sessions_on_the_kernels(void **state)
{
	(void)state;
	test_sessions("cpu", "base");
}

static void test_comparison(void **state)
{
	static const struct operation operation = { "compare", compare };

	(void)state;
	world.device = npu_device_open("iss", NULL);
	assert_non_null(world.device);
	load(SEED("classifier_int8"));
	compile_and_fill("base");
	fail_each(&operation);
	unload();
	npu_device_close(world.device);
}

static void test_pruning(void **state)
{
	static const struct operation each[] = {
		{ "prune layers", prune_each }, { "prune all together", prune_together },
		{ "prune groups", prune_groups },
	};
	int k;

	(void)state;
	world.path = SEED("classifier_int8");
	for (k = 0; k < 3; k++)
		fail_each(&each[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_allocator_fails),
		cmocka_unit_test(test_models),
		cmocka_unit_test(test_compilation),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_sessions_on_the_model),
		cmocka_unit_test(test_sessions_on_the_small_model),
		cmocka_unit_test(test_sessions_on_the_kernels),
		cmocka_unit_test(test_comparison),
		cmocka_unit_test(test_pruning),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
