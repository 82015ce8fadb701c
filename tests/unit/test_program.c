// SPDX-License-Identifier: MIT
/*
 * The program object and its files: round trips, description, disassembly, saving.  The
 * networks of tests/fuzz/seeds bring every operator's parameters.
 */
#include "program_fixture.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- round trips ------------------------------------------------------ */

static void assert_same_tensor(const struct npu_tensor *a, const struct npu_tensor *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->dtype, b->dtype);
	assert_int_equal(a->rank, b->rank);
	assert_memory_equal(a->dims, b->dims, (size_t)a->rank * sizeof(*a->dims));
	assert_int_equal(a->producer, b->producer);
	assert_int_equal(a->quant.n, b->quant.n);
	assert_int_equal(a->quant.axis, b->quant.axis);
	if (a->quant.n) {
		size_t n = (size_t)a->quant.n;

		assert_memory_equal(a->quant.scale, b->quant.scale, n * sizeof(float));
		assert_memory_equal(a->quant.zero_point, b->quant.zero_point, n * sizeof(int32_t));
	}
	assert_int_equal(!a->data, !b->data);
	if (a->data)
		assert_memory_equal(a->data, b->data, npu_tensor_bytes(a));
}

static void assert_same_list(int num_a, const int *a, int num_b, const int *b)
{
	assert_int_equal(num_a, num_b);
	if (num_a)
		assert_memory_equal(a, b, (size_t)num_a * sizeof(*a));
}

static void assert_same_graph(const struct npu_graph *a, const struct npu_graph *b)
{
	int i;

	assert_int_equal(a->num_tensors, b->num_tensors);
	assert_int_equal(a->num_nodes, b->num_nodes);
	for (i = 0; i < a->num_tensors; i++)
		assert_same_tensor(&a->tensors[i], &b->tensors[i]);
	for (i = 0; i < a->num_nodes; i++) {
		const struct npu_node *m = &a->nodes[i], *n = &b->nodes[i];

		assert_int_equal(m->op, n->op);
		assert_int_equal(m->index, n->index);
		assert_same_list(m->num_inputs, m->inputs, n->num_inputs, n->inputs);
		assert_same_list(m->num_outputs, m->outputs, n->num_outputs, n->outputs);
		if (memcmp(&m->p, &n->p, sizeof(m->p)))
			fail_msg("parameters of %s differ", npu_op_name(m->op));
	}
	assert_same_list(a->num_inputs, a->inputs, b->num_inputs, b->inputs);
	assert_same_list(a->num_outputs, a->outputs, b->num_outputs, b->outputs);
}

static void assert_same_parts(const struct npu_layer_part *a, int num_a, const struct npu_layer_part *b,
			      int num_b)
{
	int i;

	assert_int_equal(num_a, num_b);
	for (i = 0; i < num_a; i++) {
		assert_int_equal(a[i].layer, b[i].layer);
		assert_int_equal(a[i].offset, b[i].offset);
	}
}

static void assert_same_program(const struct npu_program *a, const struct npu_program *b)
{
	int i;

	assert_ptr_equal(a->preset, b->preset);
	assert_int_equal(a->stripped, b->stripped);
	assert_int_equal(a->keep_all, b->keep_all);
	assert_same_graph(&a->graph, &b->graph);
	for (i = 0; i < a->graph.num_nodes; i++) {
		assert_int_equal(a->placement[i].on_npu, b->placement[i].on_npu);
		assert_string_equal(a->placement[i].detail, b->placement[i].detail);
	}
	assert_memory_equal(a->binding, b->binding,
			    (size_t)a->graph.num_tensors * sizeof(*a->binding));
	assert_int_equal(a->code_size, b->code_size);
	if (a->code_size)
		assert_memory_equal(a->code, b->code, a->code_size);
	assert_int_equal(a->scratch_size, b->scratch_size);
	assert_int_equal(a->sram_bytes, b->sram_bytes);
	assert_int_equal(a->num_steps, b->num_steps);
	for (i = 0; i < a->num_steps; i++) {
		assert_int_equal(a->steps[i].node, b->steps[i].node);
		assert_int_equal(a->steps[i].entry, b->steps[i].entry);
		assert_int_equal(a->steps[i].size, b->steps[i].size);
		assert_int_equal(a->steps[i].max_cycles, b->steps[i].max_cycles);
		assert_int_equal(a->steps[i].cycles, b->steps[i].cycles);
	}
	assert_int_equal(a->num_layers, b->num_layers);
	for (i = 0; i < a->num_layers; i++) {
		const struct npu_layer *k = &a->layers[i], *l = &b->layers[i];

		assert_string_equal(k->name, l->name);
		assert_int_equal(k->node, l->node);
		assert_int_equal(k->step, l->step);
		assert_int_equal(k->macs, l->macs);
		assert_int_equal(k->start_cycle, l->start_cycle);
		assert_int_equal(k->end_cycle, l->end_cycle);
		assert_int_equal(k->read_bytes, l->read_bytes);
		assert_int_equal(k->write_bytes, l->write_bytes);
	}
	assert_same_parts(a->parts, a->num_parts, b->parts, b->num_parts);
	assert_int_equal(a->warm.step, b->warm.step);
	assert_int_equal(a->warm.entry, b->warm.entry);
	assert_int_equal(a->warm.size, b->warm.size);
	assert_int_equal(a->warm.cycles, b->warm.cycles);
	assert_int_equal(a->warm.read_bytes, b->warm.read_bytes);
	assert_same_parts(a->warm.parts, a->warm.num_parts, b->warm.parts, b->warm.num_parts);
}

static void assert_round_trip(const struct npu_program *program)
{
	struct npu_program copy;
	size_t size, again;
	uint8_t *data = encode(program, &size), *data_again;

	if (decode(&copy, data, size))
		fail_msg("%s", npu_error());
	assert_same_program(program, &copy);
	data_again = encode(&copy, &again);
	assert_int_equal(size, again);
	assert_memory_equal(data, data_again, size);
	npu_program_clear(&copy);
	free(data);
	free(data_again);
}

static void test_round_trip(void **state)
{
	struct npu_program program;

	(void)state;
	make_program(&program);
	assert_round_trip(&program);
	program.keep_all = true;
	program.preset = onpu_preset_by_name("nano");
	assert_round_trip(&program);
	/* Without another stream. */
	free(program.warm.parts);
	program.warm = (struct npu_warm){ .size = 0 };
	assert_round_trip(&program);
	npu_program_clear(&program);
}

static void *read_whole(const char *path, size_t *size)
{
	char *data = malloc(1 << 20);
	FILE *file = fopen(path, "rb");

	if (!file)
		fail_msg("%s: cannot be opened (run from the top of the tree)", path);
	assert_non_null(data);
	*size = fread(data, 1, 1 << 20, file);
	fclose(file);
	return data;
}

/* Every node on the CPU, every tensor at a place of its own. */
static void all_on_cpu(struct npu_program *program)
{
	struct npu_graph *graph = &program->graph;
	int i;

	program->preset = onpu_preset_by_name("base");
	program->placement = calloc((size_t)graph->num_nodes, sizeof(*program->placement));
	program->binding = calloc((size_t)graph->num_tensors, sizeof(*program->binding));
	program->steps = calloc((size_t)graph->num_nodes, sizeof(*program->steps));
	program->num_steps = graph->num_nodes;
	for (i = 0; i < graph->num_nodes; i++) {
		program->placement[i].detail = text("for a test");
		program->steps[i].node = i;
	}
	for (i = 0; i < graph->num_tensors; i++) {
		program->binding[i] = (struct npu_binding){ -1, 0 };
		if (graph->tensors[i].producer < 0)
			continue;
		program->binding[i] = (struct npu_binding){ NPU_REGION_SCRATCH,
							    program->scratch_size };
		program->scratch_size += ((uint32_t)npu_tensor_bytes(&graph->tensors[i]) + 15) & ~15u;
	}
	for (i = 0; i < graph->num_inputs; i++)
		program->binding[graph->inputs[i]] = (struct npu_binding){ NPU_REGION_IO + i, 0 };
}

static void test_round_trip_of_every_operator(void **state)
{
	bool seen[NPU_OP_COUNT] = { false };
	struct dirent *entry;
	int i, files = 0, ops = 0;
	DIR *folder;

	(void)state;
	folder = opendir("tests/fuzz/seeds");
	if (!folder)
		fail_msg("tests/fuzz/seeds: cannot be opened (run from the top of the tree)");
	while ((entry = readdir(folder))) {
		struct npu_program program = { 0 };
		char path[512];
		size_t size;
		void *data;

		if (!strstr(entry->d_name, ".tflite"))
			continue;
		snprintf(path, sizeof(path), "tests/fuzz/seeds/%s", entry->d_name);
		data = read_whole(path, &size);
		if (npu_tflite_read(&program.graph, data, size))
			fail_msg("%s: %s", path, npu_error());
		free(data);
		all_on_cpu(&program);
		assert_round_trip(&program);
		for (i = 0; i < program.graph.num_nodes; i++)
			seen[program.graph.nodes[i].op] = true;
		npu_program_clear(&program);
		files++;
	}
	closedir(folder);
	for (i = 0; i < NPU_OP_COUNT; i++)
		ops += seen[i];
	print_message("# %d operators in %d files\n", ops, files);
	assert_in_range(ops, 40, NPU_OP_COUNT);
}

/* A job reaches inputs and outputs through its regions. */
static void test_too_many_ports(void **state)
{
	struct npu_program program;
	size_t size;
	uint8_t *data;
	int i, *outputs;

	(void)state;
	make_program(&program);
	outputs = malloc(ONPU_REGIONS * sizeof(*outputs));
	for (i = 0; i < ONPU_REGIONS; i++)
		outputs[i] = OUT;
	free(program.graph.outputs);
	program.graph.outputs = outputs;
	program.graph.num_outputs = ONPU_REGIONS - NPU_REGION_IO - 1;
	assert_round_trip(&program);
	program.graph.num_outputs++;
	data = encode(&program, &size);
	assert_refused(data, size, NPU_ERR_FORMAT, "a job can have 14");
	free(data);
	npu_program_clear(&program);
}

static void test_strip(void **state)
{
	struct npu_program program;
	size_t whole, size;
	uint8_t *data;

	(void)state;
	make_program(&program);
	data = encode(&program, &whole);
	free(data);
	assert_int_equal(npu_program_strip(&program), NPU_OK);
	assert_true(program.stripped);
	assert_null(program.graph.tensors[WEIGHTS].data);
	assert_null(program.graph.tensors[BIAS].data);
	assert_non_null(program.graph.tensors[SHAPE].data);
	assert_round_trip(&program);
	/* On the CPU they are needed. */
	program.placement[0].on_npu = false;
	data = encode(&program, &size);
	assert_refused(data, size, NPU_ERR_FORMAT, "CONV_2D node 10 (tensor 'conv') needs tensor 'w'");
	free(data);
	npu_program_clear(&program);
	make_program(&program);
	program.placement[0].on_npu = false;
	assert_int_equal(npu_program_strip(&program), NPU_OK);
	assert_non_null(program.graph.tensors[WEIGHTS].data);
	npu_program_clear(&program);
}

/* ---- the object -------------------------------------------------------- */

static void test_description(void **state)
{
	npu_program_info info;
	npu_placement placement;
	npu_tensor_info port;
	size_t size;
	uint8_t *data = make_file(&size);
	npu_program *program = npu_program_load_memory(data, size);

	(void)state;
	assert_non_null(program);
	free(data);
	assert_int_equal(npu_program_describe(program, &info), NPU_OK);
	assert_string_equal(info.preset, "base");
	assert_int_equal(info.macs, 24);	/* not those of the CPU's layer */
	assert_int_equal(info.cycles, 1234);
	assert_int_equal(info.sram_bytes, 4096);
	assert_int_equal(info.code_bytes, CODE_BYTES);
	assert_int_equal(info.scratch_bytes, 32);
	assert_int_equal(info.read_bytes, 100);
	assert_int_equal(info.write_bytes, 12);
	assert_int_equal(info.nodes, 3);
	assert_int_equal(info.nodes_npu, 2);
	assert_int_equal(info.nodes_cpu, 1);
	assert_int_equal(npu_program_placement(program, 2, &placement), NPU_OK);
	assert_int_equal(placement.node, 12);
	assert_string_equal(placement.op, "SOFTMAX");
	assert_string_equal(placement.name, "out");
	assert_false(placement.on_npu);
	assert_string_equal(placement.detail, "no hardware for it");
	assert_int_equal(npu_program_placement(program, 3, &placement), NPU_ERR_INVALID);
	assert_int_equal(npu_program_placement(program, -1, &placement), NPU_ERR_INVALID);
	assert_int_equal(npu_program_num_inputs(program), 1);
	assert_int_equal(npu_program_num_outputs(program), 1);
	assert_int_equal(npu_program_input(program, 0, &port), NPU_OK);
	assert_string_equal(port.name, "in");
	assert_int_equal(port.dtype, NPU_INT8);
	assert_int_equal(port.rank, 4);
	assert_int_equal(port.dims[3], 2);
	assert_int_equal(port.bytes, 8);
	assert_true(port.scale == 0.5f);
	assert_int_equal(port.zero_point, 3);
	assert_int_equal(npu_program_input(program, 1, &port), NPU_ERR_INVALID);
	assert_int_equal(npu_program_output(program, 0, &port), NPU_OK);
	assert_string_equal(port.name, "out");
	assert_int_equal(npu_program_output(program, -1, &port), NPU_ERR_INVALID);
	npu_program_free(program);
	npu_program_free(NULL);
}

static void test_disassembly(void **state)
{
	struct npu_program program;
	char *output = NULL;
	size_t size = 0;
	FILE *out;

	(void)state;
	make_program(&program);
	out = open_memstream(&output, &size);
	assert_non_null(out);
	assert_int_equal(npu_program_disassemble(&program, out), NPU_OK);
	fclose(out);
	assert_non_null(strstr(output, "step 0: job"));
	assert_non_null(strstr(output, "layer 0: CONV_2D conv?[1m\n"));
	assert_non_null(strstr(output, "preempt"));
	assert_non_null(strstr(output, "end"));
	assert_non_null(strstr(output, "step 1: CPU: SOFTMAX node 12 (tensor 'out')"));
	free(output);
	/* An opcode that does not exist ends it. */
	program.code[ENTRY + 4 * PREEMPT_WORDS] = 0xee;
	out = open_memstream(&output, &size);
	assert_non_null(out);
	assert_int_equal(npu_program_disassemble(&program, out), NPU_ERR_FORMAT);
	fclose(out);
	assert_non_null(strstr(npu_error(), "step 0: no command at code offset 96"));
	free(output);
	npu_program_clear(&program);
}

/* ---- files -------------------------------------------------------------- */

static char folder[] = "/tmp/onpu-test-program-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static const char *in_folder(const char *name)
{
	static char path[sizeof(folder) + 256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int count_files(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static int remove_folder(void **state)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);

	(void)state;
	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove(in_folder(entry->d_name));
	if (dir)
		closedir(dir);
	return rmdir(folder);
}

static void test_save_and_load(void **state)
{
	struct npu_program program;
	npu_program *loaded;
	char link[128];
	struct stat info;

	(void)state;
	make_program(&program);
	assert_int_equal(npu_program_save(&program, in_folder("a.npu")), NPU_OK);
	loaded = npu_program_load(in_folder("a.npu"));
	assert_non_null(loaded);
	assert_same_program(&program, loaded);
	npu_program_free(loaded);
	/* Over itself, and through a link, which stays one. */
	assert_int_equal(npu_program_save(&program, in_folder("a.npu")), NPU_OK);
	strcpy(link, in_folder("link.npu"));
	assert_int_equal(symlink("a.npu", link), 0);
	program.sram_bytes = 8192;
	assert_int_equal(npu_program_save(&program, link), NPU_OK);
	assert_int_equal(lstat(link, &info), 0);
	assert_true(S_ISLNK(info.st_mode));
	loaded = npu_program_load(in_folder("a.npu"));
	assert_non_null(loaded);
	assert_int_equal(loaded->sram_bytes, 8192);
	npu_program_free(loaded);
	assert_int_equal(npu_program_save(&program, "/dev/null"), NPU_OK);
	assert_int_equal(count_files(), 2);
	unlink(link);
	unlink(in_folder("a.npu"));
	npu_program_clear(&program);
}

static void test_load_failures(void **state)
{
	size_t size;
	uint8_t *data = make_file(&size);
	FILE *file;

	(void)state;
	assert_null(npu_program_load(in_folder("missing.npu")));
	assert_non_null(strstr(npu_error(), "missing.npu: No such file"));
	assert_null(npu_program_load(folder));
	assert_non_null(strstr(npu_error(), "Is a directory"));
	assert_null(npu_program_load("/dev/zero"));
	assert_non_null(strstr(npu_error(), "/dev/zero: not a .npu program"));
	assert_null(npu_program_load("/dev/null"));
	assert_non_null(strstr(npu_error(), "/dev/null: not a .npu program"));
	file = fopen(in_folder("short.npu"), "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size / 2, file), size / 2);
	fclose(file);
	assert_null(npu_program_load(in_folder("short.npu")));
	assert_non_null(strstr(npu_error(), "short.npu: malformed program"));
	assert_non_null(strstr(npu_error(), "cut off"));
	unlink(in_folder("short.npu"));
	assert_null(npu_program_load_memory(NULL, 0));
	assert_null(npu_program_load_memory(NULL, 100));
	free(data);
}

static void test_save_failures(void **state)
{
	struct rlimit limit, tight;
	struct npu_program program;
	npu_program *loaded;
	npu_status status;

	(void)state;
	make_program(&program);
	assert_int_equal(npu_program_save(&program, in_folder("none/a.npu")), NPU_ERR_IO);
	assert_non_null(strstr(npu_error(), "none/a.npu: "));
	assert_non_null(strstr(npu_error(), "No such file"));
	assert_int_equal(npu_program_save(&program, folder), NPU_ERR_IO);
	assert_non_null(strstr(npu_error(), "Is a directory"));
	assert_int_equal(npu_program_save(&program, "/dev/full"), NPU_ERR_IO);
	assert_non_null(strstr(npu_error(), "No space left"));
	assert_int_equal(npu_program_save(&program, ""), NPU_ERR_INVALID);
	/* Cut off in the middle: what was there before stays, and nothing else does. */
	assert_int_equal(npu_program_save(&program, in_folder("a.npu")), NPU_OK);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	tight = limit;
	tight.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	program.sram_bytes = 8192;
	status = npu_program_save(&program, in_folder("a.npu"));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(status, NPU_ERR_IO);
	assert_non_null(strstr(npu_error(), "File too large"));
	assert_int_equal(count_files(), 1);
	loaded = npu_program_load(in_folder("a.npu"));
	assert_non_null(loaded);
	assert_int_equal(loaded->sram_bytes, 4096);
	npu_program_free(loaded);
	unlink(in_folder("a.npu"));
	npu_program_clear(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_round_trip_of_every_operator),
		cmocka_unit_test(test_too_many_ports),
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_description),
		cmocka_unit_test(test_disassembly),
		cmocka_unit_test(test_save_and_load),
		cmocka_unit_test(test_load_failures),
		cmocka_unit_test(test_save_failures),
	};

	return cmocka_run_group_tests_name("program", tests, make_folder, remove_folder);
}
