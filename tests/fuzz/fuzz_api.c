// SPDX-License-Identifier: MIT
/*
 * The public functions in any order, with objects that are good, freed and NULL, and with numbers
 * in and out of range.  The input is a script, and behind it the network that it works with.
 * npu.h says what each call must do, and so does this.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "ir/error.h"
#include "ir/graph.h"
#include "npu.h"

/* Of all tensors: a script, which may run a network many times, should take milliseconds. */
#define MOST_BYTES (64 * 1024)
#define MOST_CALLS 100

enum { SLOTS = 2, SESSIONS = 3, MAX_PORTS = 32 };

static struct {
	const uint8_t *script, *end;
	const uint8_t *network;
	size_t network_size;
	npu_model *model[SLOTS];
	npu_program *program[SLOTS];
	npu_pruned *pruned[SLOTS];
	npu_device *device[SLOTS];
	npu_session *session[SESSIONS];
	/* What a session stands on must outlive it. */
	npu_device *session_device[SESSIONS];
	const npu_program *session_program[SESSIONS];
	int runs;		/* inferences that worked */
} api;

/* ---- the script ------------------------------------------------------------------- */

static unsigned int next(void)
{
	return api.script < api.end ? *api.script++ : 0;
}

static unsigned int below(unsigned int n)
{
	return next() % n;
}

/* Mostly small, sometimes anything. */
static int number(void)
{
	static const int odd[] = { -1, 0x7fffffff, -0x7fffffff - 1, 1000, 0x10000 };
	unsigned int byte = next();

	return byte < 240 ? (int)(byte % 8) : odd[byte % 5];
}

/* ---- what must hold ------------------------------------------------------------------ */

static void die(const char *call, const char *what)
{
	fprintf(stderr, "fuzz_api: %s: %s: '%s' (%s)\n", call, what, npu_error(),
		npu_status_name(npu_error_status()));
	abort();
}

/* Every call is watched by these two. */
#define STALE "nothing has failed yet"

static void begin(void)
{
	npu_fail(NPU_ERR_INTERNAL, STALE);
}

static npu_status check(const char *call, npu_status status)
{
	if (!status)
		return status;
	if (status > 0 || !strcmp(npu_status_name(status), "unknown status"))
		die(call, "returns no status");
	if (!npu_error()[0] || !strcmp(npu_error(), STALE) || npu_error_status() != status)
		die(call, "says nothing, or something else");
	if (status == NPU_ERR_INTERNAL || status == NPU_ERR_NOMEM)
		die(call, "fails by itself");
	return status;
}

static void check_object(const char *call, const void *object)
{
	if (!object)
		check(call, npu_error_status());
}

static void must_be(const char *call, npu_status status, npu_status expected)
{
	if (check(call, status) != expected)
		die(call, "returns another status");
}

#define CALL(call) (begin(), check(#call, call))
#define REFUSED(call) (begin(), must_be(#call, call, NPU_ERR_INVALID))
#define WORKS(call) (begin(), must_be(#call, call, NPU_OK))

/* In range it works, out of range it is refused. */
#define INDEXED(call, index, count) \
	(begin(), must_be(#call, call, (index) >= 0 && (index) < (count) ? NPU_OK : NPU_ERR_INVALID))

/* ---- objects ------------------------------------------------------------------------- */

static void load_model(void)
{
	npu_model **model = &api.model[below(SLOTS)];
	size_t size = api.network_size;
	unsigned int how = below(8);

	npu_model_free(*model);
	begin();
	if (how == 0)
		*model = npu_model_load_memory(NULL, 0);
	else if (how == 1)
		*model = npu_model_load_memory(NULL, 1);
	else if (how == 2)
		*model = npu_model_load(NULL);
	else if (how == 3)
		*model = npu_model_load("/nowhere/network.tflite");
	else if (how == 4)
		*model = npu_model_load_memory(api.network, size * next() / 256);
	else
		*model = npu_model_load_memory(api.network, size);
	check_object("npu_model_load", *model);
	if (how < 4 && *model)
		die("npu_model_load", "loads nothing");
}

static void free_model(void)
{
	npu_model **model = &api.model[below(SLOTS)];

	npu_model_free(*model);
	*model = NULL;
}

static void ask_model(void)
{
	const npu_model *model = next() & 7 ? api.model[below(SLOTS)] : NULL;
	int inputs = npu_model_num_inputs(model), outputs = npu_model_num_outputs(model);
	int i = number();
	npu_tensor_info info;

	if (!model && (inputs || outputs))
		die("npu_model_num_inputs", "NULL has some");
	INDEXED(npu_model_input(model, i, &info), i, inputs);
	INDEXED(npu_model_output(model, i, &info), i, outputs);
	REFUSED(npu_model_input(model, i, NULL));
	REFUSED(npu_model_output(model, i, NULL));
}

/* Room for what a later version may have appended. */
struct later {
	npu_compile_options options;
	uint8_t more[16];
};

static const npu_compile_options *some_options(struct later *later)
{
	static const char *const presets[] = { NULL, "base", "nano", "base", "", "no such preset" };
	unsigned int flags = next();

	memset(later, 0, sizeof(*later));
	later->options = (npu_compile_options)NPU_COMPILE_OPTIONS_INIT;
	later->options.preset = presets[below(6)];
	later->options.strict = flags >> 5 == 7;
	later->options.keep_all = flags & 1;
	later->options.dense = flags >> 1 & 1;
	later->options.strip = flags >> 2 & 1;
	if (!below(16))
		later->options.size = below(sizeof(*later) + 1);
	later->more[3] = !below(8);
	return flags == 255 ? NULL : &later->options;
}

static void end_sessions(const npu_device *device, const npu_program *program)
{
	int i;

	for (i = 0; i < SESSIONS; i++) {
		if (!api.session[i] || (api.session_device[i] != device &&
					api.session_program[i] != program))
			continue;
		npu_session_free(api.session[i]);
		api.session[i] = NULL;
	}
}

static void free_program(npu_program **program)
{
	end_sessions(NULL, *program);
	npu_program_free(*program);
	*program = NULL;
}

static void compile(void)
{
	const npu_model *model = next() & 15 ? api.model[below(SLOTS)] : NULL;
	npu_program **program = &api.program[below(SLOTS)];
	struct later later;

	free_program(program);
	begin();
	*program = npu_compile(model, some_options(&later));
	check_object("npu_compile", *program);
	if (!model && *program)
		die("npu_compile", "compiles NULL");
}

static void ask_program(void)
{
	const npu_program *program = next() & 7 ? api.program[below(SLOTS)] : NULL;
	int i = number(), nodes = 0;
	npu_tensor_info tensor;
	npu_program_info info;
	npu_placement placement;
	npu_layer_profile layer;

	if (program)
		WORKS(npu_program_describe(program, &info));
	else
		REFUSED(npu_program_describe(program, &info));
	nodes = program ? info.nodes : 0;
	INDEXED(npu_program_placement(program, i, &placement), i, nodes);
	INDEXED(npu_program_layer(program, i, &layer), i, npu_program_num_layers(program));
	INDEXED(npu_program_input(program, i, &tensor), i, npu_program_num_inputs(program));
	INDEXED(npu_program_output(program, i, &tensor), i, npu_program_num_outputs(program));
	REFUSED(npu_program_describe(program, NULL));
	REFUSED(npu_program_placement(program, i, NULL));
	REFUSED(npu_program_layer(program, i, NULL));
	REFUSED(npu_program_input(program, i, NULL));
	REFUSED(npu_program_output(program, i, NULL));
}

static void write_program(void)
{
	const npu_program *program = next() & 7 ? api.program[below(SLOTS)] : NULL;
	FILE *null = fopen("/dev/null", "w");

	if (!null)
		die("/dev/null", "cannot be opened");
	if (program) {
		WORKS(npu_program_disassemble(program, null));
		WORKS(npu_program_save(program, "/dev/null"));
		must_be("save", CALL(npu_program_save(program, "/nowhere/program.npu")), NPU_ERR_IO);
	} else {
		REFUSED(npu_program_disassemble(program, null));
		REFUSED(npu_program_save(program, "/dev/null"));
	}
	REFUSED(npu_program_disassemble(program, NULL));
	REFUSED(npu_program_save(program, NULL));
	REFUSED(npu_program_save(program, ""));
	fclose(null);
}

/* What is no program; fuzz_program.c has those that nearly are. */
static void load_program(void)
{
	static const char *const paths[] = { NULL, "", "/dev/null", "/nowhere/program.npu", "/" };
	const char *path = paths[below(5)];
	npu_program *program;

	begin();
	program = npu_program_load(path);
	check_object("npu_program_load", program);
	npu_program_free(program);
	begin();
	program = npu_program_load_memory(api.network, next() & 1 ? api.network_size : 0);
	check_object("npu_program_load_memory", program);
	npu_program_free(program);
	begin();
	if (npu_program_load_memory(NULL, below(2)))
		die("npu_program_load_memory", "loads NULL");
	check_object("npu_program_load_memory", NULL);
}

static void prune(void)
{
	npu_pruned **pruned = &api.pruned[below(SLOTS)];
	npu_prune_options options = NPU_PRUNE_OPTIONS_INIT;
	unsigned int how = next();

	npu_pruned_free(*pruned);
	options.fraction = how & 1 ? (double)next() / 255 : 0;
	options.keep = how & 2 ? number() : 0;
	options.group = how & 2 ? number() : 0;
	options.global = how >> 2 & 1;
	options.depthwise = how >> 3 & 1;
	options.skip_first = how & 16 ? number() : 0;
	options.skip_smaller = how & 32 ? next() : 0;
	if (!below(16))
		options.size = below(sizeof(options));
	begin();
	*pruned = npu_prune_memory(how < 250 ? api.network : NULL, api.network_size,
				   how == 249 ? NULL : &options);
	check_object("npu_prune_memory", *pruned);
	begin();
	if (npu_prune(how & 1 ? NULL : "/nowhere/network.tflite", &options))
		die("npu_prune", "prunes nothing");
	check_object("npu_prune", NULL);
}

static void ask_pruned(void)
{
	const npu_pruned *pruned = next() & 7 ? api.pruned[below(SLOTS)] : NULL;
	npu_pruned_layer layer;
	npu_model *model;
	size_t size = 1;
	int i = number();
	const void *data = npu_pruned_data(pruned, &size);

	if (npu_pruned_data(pruned, NULL) != data || !data != !pruned || !size != !pruned)
		die("npu_pruned_data", "is not what there is");
	INDEXED(npu_pruned_describe(pruned, i, &layer), i, npu_pruned_num_layers(pruned));
	REFUSED(npu_pruned_describe(pruned, i, NULL));
	REFUSED(npu_pruned_save(pruned, NULL));
	REFUSED(npu_pruned_save(pruned, ""));
	if (!pruned) {
		REFUSED(npu_pruned_save(pruned, "/dev/null"));
		return;
	}
	WORKS(npu_pruned_save(pruned, "/dev/null"));
	model = npu_model_load_memory(data, size);
	if (!model)
		die("npu_pruned_data", "cannot be loaded");
	npu_model_free(model);
}

/* ---- devices and sessions ------------------------------------------------------------- */

static void close_device(npu_device **device)
{
	end_sessions(*device, NULL);
	npu_device_close(*device);
	*device = NULL;
}

static void open_device(void)
{
	static const char *const names[] = { "iss", "cpu", "iss", "cpu", NULL, "", "gpu",
					     "drm:/nowhere" };
	static const char *const presets[] = { NULL, "base", "nano", "base", "", "huge" };
	npu_device **device = &api.device[below(SLOTS)];
	npu_rtl_options options = { .size = sizeof(options) };
	unsigned int name = below(8), preset = below(6);

	close_device(device);
	begin();
	*device = npu_device_open(names[name], presets[preset]);
	check_object("npu_device_open", *device);
	if (!*device == (name < 4 && preset < 4))
		die("npu_device_open", names[name] ? names[name] : "NULL");
	/* The hardware itself is too slow for this: only what it refuses. */
	options.size = below(sizeof(options));
	begin();
	if (npu_device_open_rtl(presets[preset], &options))
		die("npu_device_open_rtl", "takes options that are too short");
	check_object("npu_device_open_rtl", NULL);
}

static void ask_device(void)
{
	const npu_device *device = next() & 7 ? api.device[below(SLOTS)] : NULL;
	npu_device_info info;

	if (device)
		WORKS(npu_device_describe(device, &info));
	else
		REFUSED(npu_device_describe(device, &info));
	REFUSED(npu_device_describe(device, NULL));
}

static void create_session(void)
{
	npu_device *device = next() & 15 ? api.device[below(SLOTS)] : NULL;
	const npu_program *program = next() & 15 ? api.program[below(SLOTS)] : NULL;
	unsigned int i = below(SESSIONS);

	npu_session_free(api.session[i]);
	begin();
	api.session[i] = npu_session_create(device, program);
	check_object("npu_session_create", api.session[i]);
	if (api.session[i] && (!device || !program))
		die("npu_session_create", "works with NULL");
	api.session_device[i] = device;
	api.session_program[i] = program;
}

static void free_session(void)
{
	npu_session **session = &api.session[below(SESSIONS)];

	npu_session_free(*session);
	*session = NULL;
}

static void free_data(void **data, int count)
{
	int i;

	for (i = 0; i < count; i++)
		free(data[i]);
}

/* Of exactly the size that is described, so that more is an overrun. */
static void *make_data(const npu_tensor_info *info, int seed)
{
	uint8_t mask = info->dtype == NPU_BOOL ? 1 : 0xff, *bytes = malloc(info->bytes);
	size_t k;

	if (!bytes)
		die("malloc", "no memory");
	for (k = 0; k < info->bytes; k++)
		bytes[k] = (uint8_t)(k * 37 + (size_t)seed) & mask;
	return bytes;
}

static void run_session(void)
{
	unsigned int i = below(SESSIONS), how = below(8);
	npu_session *session = api.session[i];
	const npu_program *program = api.session_program[i];
	int num_inputs = session ? npu_program_num_inputs(program) : 0;
	int num_outputs = session ? npu_program_num_outputs(program) : 0;
	void *inputs[MAX_PORTS], *outputs[MAX_PORTS];
	npu_tensor_info info;
	npu_profile profile;
	int k;

	if (!session) {
		REFUSED(npu_session_run(session, NULL, NULL));
		REFUSED(npu_session_profile(session, &profile));
		return;
	}
	REFUSED(npu_session_profile(session, NULL));
	if (num_inputs > MAX_PORTS || num_outputs > MAX_PORTS)
		return;
	for (k = 0; k < num_inputs; k++) {
		WORKS(npu_program_input(program, k, &info));
		inputs[k] = make_data(&info, k);
	}
	for (k = 0; k < num_outputs; k++) {
		WORKS(npu_program_output(program, k, &info));
		outputs[k] = make_data(&info, k);
	}
	if (how == 0) {
		REFUSED(npu_session_run(session, (const void *const *)inputs, NULL));
	} else if (how == 1 && num_inputs) {
		REFUSED(npu_session_run(session, NULL, outputs));
	} else if (how == 2 && num_inputs) {
		free(inputs[num_inputs - 1]);
		inputs[num_inputs - 1] = NULL;
		REFUSED(npu_session_run(session, (const void *const *)inputs, outputs));
	} else if (!CALL(npu_session_run(session, (const void *const *)inputs, outputs))) {
		api.runs++;
		WORKS(npu_session_profile(session, &profile));
	} else {
		REFUSED(npu_session_profile(session, &profile));
	}
	free_data(outputs, num_outputs);
	free_data(inputs, num_inputs);
}

static void compare(void)
{
	npu_device *device = next() & 15 ? api.device[below(SLOTS)] : NULL;
	const npu_model *model = next() & 15 ? api.model[below(SLOTS)] : NULL;
	int num_inputs = npu_model_num_inputs(model), k;
	void *inputs[MAX_PORTS];
	npu_comparison result;
	npu_tensor_info info;
	struct later later;
	npu_status status;

	REFUSED(npu_compare(device, model, NULL, NULL, NULL));
	if (!device || !model) {
		REFUSED(npu_compare(device, model, NULL, NULL, &result));
		return;
	}
	if (num_inputs > MAX_PORTS)
		return;
	for (k = 0; k < num_inputs; k++) {
		WORKS(npu_model_input(model, k, &info));
		inputs[k] = make_data(&info, k);
	}
	status = CALL(npu_compare(device, model, some_options(&later),
				  (const void *const *)inputs, &result));
	if (status == NPU_ERR_MISMATCH)
		die("npu_compare", "the device computes something else");
	free_data(inputs, num_inputs);
}

static void ask_names(void)
{
	int n = number();

	if (!npu_status_name((npu_status)n) || !npu_version() || !npu_error())
		die("npu_status_name", "NULL");
	if (!npu_dtype_size((npu_dtype)n) != (n < 0 || n >= NPU_DTYPE_COUNT) ||
	    !strcmp(npu_dtype_name((npu_dtype)n), "?") != (n < 0 || n >= NPU_DTYPE_COUNT))
		die("npu_dtype_size", "is not that of a type");
}

static void free_one(void)
{
	switch (below(4)) {
	case 0:
		free_model();
		break;
	case 1:
		free_program(&api.program[below(SLOTS)]);
		break;
	case 2:
		close_device(&api.device[below(SLOTS)]);
		break;
	default:
		free_session();
		break;
	}
}

static void free_all(void)
{
	int i;

	for (i = 0; i < SESSIONS; i++)
		npu_session_free(api.session[i]);
	for (i = 0; i < SLOTS; i++) {
		npu_device_close(api.device[i]);
		npu_program_free(api.program[i]);
		npu_pruned_free(api.pruned[i]);
		npu_model_free(api.model[i]);
	}
	npu_session_free(NULL);
	npu_device_close(NULL);
	npu_program_free(NULL);
	npu_pruned_free(NULL);
	npu_model_free(NULL);
}

/* ---- the target --------------------------------------------------------------------------- */

static void (*const calls[])(void) = {
	load_model, ask_model, compile, compile, ask_program, write_program, load_program, prune,
	ask_pruned, open_device, ask_device, create_session, create_session, run_session,
	run_session, run_session, compare, ask_names, free_one,
};

/* A network begins four bytes before its identifier. */
static const uint8_t *find_network(const uint8_t *data, size_t size)
{
	size_t i;

	for (i = 4; i + 4 <= size; i++)
		if (!memcmp(data + i, "TFL3", 4))
			return data + i - 4;
	return data + size;
}

FUZZ_TARGET(api)
{
	const uint8_t *network = find_network(data, size);
	int n;

	memset(&api, 0, sizeof(api));
	api.script = data;
	api.end = api.network = network;
	api.network_size = size - (size_t)(network - data);
	/* What most calls need is there at first; the script may take it away again. */
	api.model[0] = npu_model_load_memory(api.network, api.network_size);
	if (api.model[0]) {
		const struct npu_graph *graph = &api.model[0]->graph;
		size_t bytes = 0;

		for (n = 0; n < graph->num_tensors; n++)
			bytes += npu_tensor_bytes(&graph->tensors[n]);
		if (bytes > MOST_BYTES) {
			free_all();
			return 0;
		}
		api.program[0] = npu_compile(api.model[0], NULL);
	}
	for (n = 0; n < MOST_CALLS && api.script < api.end; n++)
		calls[below(sizeof(calls) / sizeof(calls[0]))]();
	n = api.runs;
	free_all();
	return n > 0;
}
