// SPDX-License-Identifier: MIT
/* .npu files that are damaged, hostile, or of other versions. */
#include "program_fixture.h"

#include "compile/crc32.h"

/* CRC-32 bit by bit, so that the library's is not checked against itself. */
static uint32_t slow_crc(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xffffffff;
	size_t i;
	int bit;

	for (i = 0; i < size; i++) {
		bool zero = i >= NPU_PROGRAM_AT_CRC && i < NPU_PROGRAM_AT_CRC + 4;

		crc ^= zero ? 0 : data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

/* ---- damage ----------------------------------------------------------- */

static void test_crc(void **state)
{
	static const char digits[] = "123456789";
	size_t size;
	uint8_t *data = make_file(&size);

	(void)state;
	/* The check value of this CRC in every catalogue. */
	assert_int_equal(npu_crc32(0, digits, 9), 0xcbf43926);
	assert_int_equal(npu_crc32(npu_crc32(0, digits, 4), digits + 4, 5), 0xcbf43926);
	assert_int_equal(get(data + NPU_PROGRAM_AT_CRC, 4), slow_crc(data, size));
	free(data);
}

static void test_truncation(void **state)
{
	struct npu_program program;
	size_t size, i;
	uint8_t *data = make_file(&size);

	(void)state;
	for (i = 0; i < size; i++)
		if (decode(&program, data, i) == NPU_OK)
			fail_msg("the first %zu of %zu bytes are accepted", i, size);
	/* Also when size and checksum were made to fit. */
	for (i = 0; i < size; i++) {
		uint8_t *copy = copy_of(data, size);

		seal(copy, i);
		if (decode(&program, copy, i) == NPU_OK)
			fail_msg("the first %zu of %zu bytes are accepted, sealed", i, size);
		free(copy);
	}
	free(data);
}

static void test_appended(void **state)
{
	size_t size;
	uint8_t *data = make_file(&size);

	(void)state;
	data = realloc(data, size + 1);
	data[size] = 0;
	assert_refused(data, size + 1, NPU_ERR_FORMAT, "something was appended");
	free(data);
}

static void test_every_byte_damaged(void **state)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	struct npu_program program;
	size_t size, i, k;
	uint8_t *data = make_file(&size);

	(void)state;
	for (i = 0; i < size; i++) {
		for (k = 0; k < sizeof(flips); k++) {
			data[i] ^= flips[k];
			if (decode(&program, data, size) == NPU_OK)
				fail_msg("accepted with byte %zu changed", i);
			data[i] ^= flips[k];
		}
	}
	free(data);
}

/* What is done with a program that was accepted must be safe, too. */
static void use(struct npu_program *program)
{
	npu_program_info info;
	npu_tensor_info port;
	npu_placement placement;
	size_t size;
	uint8_t *data = encode(program, &size);
	FILE *out = fopen("/dev/null", "w");
	int i;

	assert_non_null(out);
	free(data);
	assert_int_equal(npu_program_describe(program, &info), NPU_OK);
	for (i = 0; i < info.nodes; i++)
		assert_int_equal(npu_program_placement(program, i, &placement), NPU_OK);
	for (i = 0; i < npu_program_num_inputs(program); i++)
		assert_int_equal(npu_program_input(program, i, &port), NPU_OK);
	for (i = 0; i < npu_program_num_outputs(program); i++)
		assert_int_equal(npu_program_output(program, i, &port), NPU_OK);
	npu_program_disassemble(program, out);
	fclose(out);
}

static void test_every_byte_changed_and_sealed(void **state)
{
	static const uint8_t flips[] = { 0x01, 0x02, 0x04, 0x10, 0x40, 0x80, 0x7f, 0xff };
	struct npu_program program;
	int taken = 0, refused = 0;
	size_t size, i, k;
	uint8_t *data = make_file(&size);

	(void)state;
	for (i = 0; i < size; i++) {
		for (k = 0; k < sizeof(flips); k++) {
			data[i] ^= flips[k];
			put(data + NPU_PROGRAM_AT_CRC, npu_program_crc(data, size), 4);
			if (decode(&program, data, size) == NPU_OK) {
				use(&program);
				npu_program_clear(&program);
				taken++;
			} else {
				refused++;
			}
			data[i] ^= flips[k];
		}
	}
	print_message("# %d taken, %d refused\n", taken, refused);
	assert_true(taken > 0 && refused > 0);
	free(data);
}

/* Every aligned and unaligned word becomes an extreme count, size or index. */
static void test_every_word_extreme_and_sealed(void **state)
{
	static const uint32_t values[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000 };
	struct npu_program program;
	size_t size, i, k;
	uint8_t *data = make_file(&size);

	(void)state;
	for (i = 0; i + 4 <= size; i++) {
		uint32_t before = (uint32_t)get(data + i, 4);

		for (k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			npu_status status;

			put(data + i, values[k], 4);
			put(data + NPU_PROGRAM_AT_CRC, npu_program_crc(data, size), 4);
			status = decode(&program, data, size);
			/* A size that the file cannot hold must not even be asked for. */
			assert_int_not_equal(status, NPU_ERR_NOMEM);
			if (status == NPU_OK) {
				use(&program);
				npu_program_clear(&program);
			}
			put(data + i, before, 4);
		}
	}
	free(data);
}

/* ---- versions and sections -------------------------------------------- */

#define MAX_SECTIONS 16

struct part {
	uint8_t entry[NPU_PROGRAM_ENTRY_SIZE];
	const uint8_t *data;
	size_t size;
};

static int split(const uint8_t *data, struct part *parts)
{
	int n = (int)get(data + NPU_PROGRAM_AT_SECTIONS, 4);
	int i;

	for (i = 0; i < n; i++) {
		memcpy(parts[i].entry,
		       data + NPU_PROGRAM_HEADER_SIZE + i * NPU_PROGRAM_ENTRY_SIZE,
		       NPU_PROGRAM_ENTRY_SIZE);
		parts[i].data = data + get(parts[i].entry + 8, 8);
		parts[i].size = (size_t)get(parts[i].entry + 16, 8);
	}
	return n;
}

static uint8_t *join(const uint8_t *head, const struct part *parts, int n, size_t *size)
{
	size_t pos = NPU_PROGRAM_HEADER_SIZE + (size_t)n * NPU_PROGRAM_ENTRY_SIZE;
	uint8_t *data;
	int i;

	*size = pos;
	for (i = 0; i < n; i++)
		*size += parts[i].size;
	data = calloc(*size, 1);
	memcpy(data, head, NPU_PROGRAM_HEADER_SIZE);
	put(data + NPU_PROGRAM_AT_SECTIONS, (uint64_t)n, 4);
	for (i = 0; i < n; i++) {
		uint8_t *entry = data + NPU_PROGRAM_HEADER_SIZE + i * NPU_PROGRAM_ENTRY_SIZE;

		memcpy(entry, parts[i].entry, 8);
		put(entry + 8, pos, 8);
		put(entry + 16, parts[i].size, 8);
		memcpy(data + pos, parts[i].data, parts[i].size);
		pos += parts[i].size;
	}
	seal(data, *size);
	return data;
}

static void add_section(struct part *part, const char *tag, uint32_t flags, const void *data,
			size_t size)
{
	memcpy(part->entry, tag, 4);
	put(part->entry + 4, flags, 4);
	part->data = data;
	part->size = size;
}

static void test_other_versions(void **state)
{
	struct part parts[MAX_SECTIONS];
	struct npu_program program;
	char version[32];
	size_t size, joined_size;
	uint8_t *data = make_file(&size), *joined;
	int n = split(data, parts);

	(void)state;
	/* A newer minor version, with something that may be ignored. */
	add_section(&parts[n], "ZZZZ", 0, "later", 5);
	joined = join(data, parts, n + 1, &joined_size);
	put(joined + NPU_PROGRAM_AT_MINOR, NPU_PROGRAM_MINOR + 1, 2);
	seal(joined, joined_size);
	if (decode(&program, joined, joined_size))
		fail_msg("%s", npu_error());
	npu_program_clear(&program);
	free(joined);
	/* The same, with something that may not. */
	add_section(&parts[n], "ZZZZ", NPU_PROGRAM_REQUIRED, "later", 5);
	joined = join(data, parts, n + 1, &joined_size);
	assert_refused(joined, joined_size, NPU_ERR_VERSION, "compile the network again");
	free(joined);
	/* Another major version; its checksum may be anywhere. */
	put(data + NPU_PROGRAM_AT_MAJOR, NPU_PROGRAM_MAJOR + 1, 2);
	snprintf(version, sizeof(version), "format %d.%d,", NPU_PROGRAM_MAJOR + 1,
		 NPU_PROGRAM_MINOR);
	assert_refused(data, size, NPU_ERR_VERSION, version);
	snprintf(version, sizeof(version), "reads %d.x", NPU_PROGRAM_MAJOR);
	assert_refused(data, size, NPU_ERR_VERSION, version);
	assert_refused(data, size, NPU_ERR_VERSION, npu_version());
	assert_refused(data, size, NPU_ERR_VERSION, "compile the network again");
	put(data + NPU_PROGRAM_AT_MAJOR, NPU_PROGRAM_MAJOR - 1, 2);
	assert_refused(data, size, NPU_ERR_VERSION, "compile the network again");
	free(data);
}

static void test_command_set_and_preset(void **state)
{
	struct part parts[MAX_SECTIONS];
	size_t size, at;
	uint8_t *data = make_file(&size);

	(void)state;
	split(data, parts);
	/* INFO: preset id, length and text of its name, version of the command set. */
	at = (size_t)(parts[0].data - data);
	put(data + at, 0x1234, 4);
	seal(data, size);
	assert_refused(data, size, NPU_ERR_VERSION, "preset 'base' (id 0x1234)");
	free(data);
	data = make_file(&size);
	data[at + 8] = 'c';
	seal(data, size);
	assert_refused(data, size, NPU_ERR_VERSION, "preset 'case'");
	free(data);
	data = make_file(&size);
	put(data + at + 12, ONPU_ISA_MAJOR + 1, 2);
	seal(data, size);
	assert_refused(data, size, NPU_ERR_VERSION, "of the command set");
	put(data + at + 12, ONPU_ISA_MAJOR, 2);
	put(data + at + 14, ONPU_ISA_MINOR + 1, 2);
	seal(data, size);
	assert_refused(data, size, NPU_ERR_VERSION, "of the command set");
	free(data);
}

static void test_sections(void **state)
{
	struct part parts[MAX_SECTIONS], fewer[MAX_SECTIONS];
	size_t size, joined_size;
	uint8_t *data = make_file(&size), *joined;
	int n = split(data, parts);
	char message[64];
	int i, k;

	(void)state;
	for (i = 0; i < n; i++) {
		int m = 0;

		for (k = 0; k < n; k++)
			if (k != i)
				fewer[m++] = parts[k];
		joined = join(data, fewer, m, &joined_size);
		if (memcmp(parts[i].entry, "WARM", 4)) {
			snprintf(message, sizeof(message), "no section %.4s", (char *)parts[i].entry);
			assert_refused(joined, joined_size, NPU_ERR_FORMAT, message);
		} else {
			struct npu_program program;

			if (decode(&program, joined, joined_size))
				fail_msg("%s", npu_error());
			assert_int_equal(program.warm.size, 0);
			npu_program_clear(&program);
		}
		free(joined);
		parts[n] = parts[i];
		joined = join(data, parts, n + 1, &joined_size);
		snprintf(message, sizeof(message), "two sections %.4s", (char *)parts[i].entry);
		assert_refused(joined, joined_size, NPU_ERR_FORMAT, message);
		free(joined);
		/* A section that is longer than its content, or shorter. */
		memcpy(fewer, parts, sizeof(fewer));
		fewer[i].size += i < n - 1 ? 1 : 0;
		fewer[i].size -= i < n - 1 ? 0 : 1;
		joined = join(data, fewer, n, &joined_size);
		assert_refused(joined, joined_size, NPU_ERR_FORMAT, "malformed program: section");
		free(joined);
	}
	/* The order of sections in the file does not matter. */
	for (i = 0; i < n; i++)
		fewer[i] = parts[n - 1 - i];
	joined = join(data, fewer, n, &joined_size);
	{
		struct npu_program program;

		if (decode(&program, joined, joined_size))
			fail_msg("%s", npu_error());
		npu_program_clear(&program);
	}
	put(joined + NPU_PROGRAM_HEADER_SIZE + 8, joined_size + 1, 8);
	seal(joined, joined_size);
	assert_refused(joined, joined_size, NPU_ERR_FORMAT, "outside of the file");
	put(joined + NPU_PROGRAM_HEADER_SIZE + 8, 40, 8);
	seal(joined, joined_size);
	assert_refused(joined, joined_size, NPU_ERR_FORMAT, "outside of the file");
	put(joined + NPU_PROGRAM_AT_SECTIONS, 0xffffffff, 4);
	seal(joined, joined_size);
	assert_refused(joined, joined_size, NPU_ERR_FORMAT, "section table");
	free(joined);
	free(data);
}

/* ---- what the runtime relies on ---------------------------------------- */

/* Makes one thing wrong. */
typedef void spoil_fn(struct npu_program *program);

#define SPOIL(name, ...) \
	static void spoil_##name(struct npu_program *p) { __VA_ARGS__; }

static struct npu_binding at(int region, uint32_t offset)
{
	return (struct npu_binding){ region, offset };
}

SPOIL(binding_region, p->binding[CONV].region = NPU_REGION_IO + 2)
SPOIL(binding_negative, p->binding[CONV].region = -2)
SPOIL(binding_end, p->binding[CONV].offset = 21)
SPOIL(binding_wrap, p->binding[CONV].offset = 0xfffffff8)
SPOIL(binding_code, p->binding[CONV] = at(NPU_REGION_CODE, 0))
SPOIL(binding_input, p->binding[OUT] = at(NPU_REGION_IO, 0))
SPOIL(binding_align, p->binding[BIAS] = at(NPU_REGION_SCRATCH, 2))
SPOIL(input_elsewhere, p->binding[IN] = at(NPU_REGION_SCRATCH, 0))
SPOIL(input_output, p->binding[IN] = at(NPU_REGION_IO + 1, 0))
SPOIL(output_nowhere, p->binding[OUT].region = -1)
SPOIL(flat_nowhere, p->binding[FLAT].region = -1)
SPOIL(step_node, p->steps[1].node = 3)
SPOIL(step_negative, p->steps[1].node = -2)
SPOIL(step_on_npu, p->steps[1].node = 0)
SPOIL(step_size, p->steps[0].size += 4)
SPOIL(step_empty, p->steps[0].size = 0)
SPOIL(step_odd, p->steps[0].size -= 2)
SPOIL(step_wrap, p->steps[0].entry = 0xfffffffc)
SPOIL(layer_node, p->layers[0].node = 3)
SPOIL(layer_no_node, p->layers[0].node = -1)
SPOIL(layer_step, p->layers[1].step = 2)
SPOIL(layer_time, p->layers[0].end_cycle = 1)
SPOIL(part_layer, p->parts[0].layer = 2)
SPOIL(part_cpu, p->parts[0].layer = 1)
SPOIL(part_before, p->parts[0].offset = ENTRY - 4)
SPOIL(part_behind, p->parts[1].offset = ENTRY + STREAM_BYTES)
SPOIL(part_odd, p->parts[1].offset += 2)
SPOIL(part_order, p->parts[1].offset = ENTRY)
SPOIL(warm_step, p->warm.step = 2)
SPOIL(warm_negative, p->warm.step = -1)
SPOIL(warm_cpu, p->warm.step = 1)
SPOIL(warm_before, p->warm.entry -= 4)
SPOIL(warm_end, p->warm.size += 4)
SPOIL(warm_odd, p->warm.entry += 2; p->warm.size -= 4)
SPOIL(warm_wrap, p->warm.size = 0xfffffffc)
SPOIL(warm_part_before, p->warm.parts[0].offset -= 4)
SPOIL(warm_part_behind, p->warm.parts[0].offset += WARM_BYTES)
SPOIL(warm_part_odd, p->warm.parts[0].offset += 2)
SPOIL(warm_part_layer, p->warm.parts[0].layer = 2)
SPOIL(warm_part_cpu, p->warm.parts[0].layer = 1)
SPOIL(sram, p->sram_bytes = 1 + (uint64_t)p->preset->sram_bytes)
SPOIL(graph_dims, p->graph.tensors[CONV].dims[3] = 4)
SPOIL(graph_scale, p->graph.tensors[IN].quant.scale[0] = -1)
SPOIL(graph_huge, p->graph.tensors[OUT].dims[0] = 0x7fffffff)
SPOIL(graph_stride, p->graph.nodes[0].p.conv.stride_w = 0)
SPOIL(graph_order, p->graph.nodes[0].inputs[0] = FLAT)
SPOIL(graph_twice, p->graph.nodes[2].outputs[0] = FLAT)
SPOIL(graph_ports, p->graph.inputs[0] = OUT)
SPOIL(absent_constant, free(p->graph.tensors[WEIGHTS].data); p->graph.tensors[WEIGHTS].data = NULL)
SPOIL(stripped_shape, p->stripped = true; free(p->graph.tensors[SHAPE].data);
      p->graph.tensors[SHAPE].data = NULL)

static const struct {
	spoil_fn *spoil;
	npu_status status;
	const char *message;
} spoils[] = {
	{ spoil_binding_region, NPU_ERR_FORMAT, "'conv' is not inside region 4" },
	{ spoil_binding_negative, NPU_ERR_FORMAT, "'conv' is not inside region -2" },
	{ spoil_binding_end, NPU_ERR_FORMAT, "'conv' is not inside region 1" },
	{ spoil_binding_wrap, NPU_ERR_FORMAT, "'conv' is not inside region 1" },
	{ spoil_binding_code, NPU_ERR_FORMAT, "read-only" },
	{ spoil_binding_input, NPU_ERR_FORMAT, "'out'" },
	{ spoil_binding_align, NPU_ERR_FORMAT, "not aligned" },
	{ spoil_input_elsewhere, NPU_ERR_FORMAT, "input 0 is bound to region 1" },
	{ spoil_input_output, NPU_ERR_FORMAT, "input 0 is bound to region 3" },
	{ spoil_output_nowhere, NPU_ERR_FORMAT, "bound nowhere" },
	{ spoil_flat_nowhere, NPU_ERR_FORMAT, "input 0 of SOFTMAX node 12 (tensor 'out')" },
	{ spoil_step_node, NPU_ERR_FORMAT, "step 1 runs node 3 of 3" },
	{ spoil_step_negative, NPU_ERR_FORMAT, "step 1 runs node -2" },
	{ spoil_step_on_npu, NPU_ERR_FORMAT, "its placement says NPU" },
	{ spoil_step_size, NPU_ERR_FORMAT, "stream of step 0" },
	{ spoil_step_empty, NPU_ERR_FORMAT, "stream of step 0" },
	{ spoil_step_odd, NPU_ERR_FORMAT, "stream of step 0" },
	{ spoil_step_wrap, NPU_ERR_FORMAT, "stream of step 0" },
	{ spoil_layer_node, NPU_ERR_FORMAT, "layer 0 has node 3 of 3" },
	{ spoil_layer_no_node, NPU_ERR_FORMAT, "layer 0 has node -1" },
	{ spoil_layer_step, NPU_ERR_FORMAT, "layer 1 has node 2 of 3 and step 2 of 2" },
	{ spoil_layer_time, NPU_ERR_FORMAT, "layer 0 ends before it starts" },
	{ spoil_part_layer, NPU_ERR_FORMAT, "part 0 belongs to layer 2 of 2" },
	{ spoil_part_cpu, NPU_ERR_FORMAT, "part 0 is not in the stream" },
	{ spoil_part_before, NPU_ERR_FORMAT, "part 0 is not in the stream" },
	{ spoil_part_behind, NPU_ERR_FORMAT, "part 1 is not in the stream" },
	{ spoil_part_odd, NPU_ERR_FORMAT, "part 1 is not in the stream" },
	{ spoil_part_order, NPU_ERR_FORMAT, "part 1 is out of order" },
	{ spoil_warm_step, NPU_ERR_FORMAT, "step 2 has a warm stream" },
	{ spoil_warm_negative, NPU_ERR_FORMAT, "step -1 has a warm stream" },
	{ spoil_warm_cpu, NPU_ERR_FORMAT, "step 1 has a warm stream" },
	{ spoil_warm_before, NPU_ERR_FORMAT, "warm stream of step 0" },
	{ spoil_warm_end, NPU_ERR_FORMAT, "warm stream of step 0" },
	{ spoil_warm_odd, NPU_ERR_FORMAT, "warm stream of step 0" },
	{ spoil_warm_wrap, NPU_ERR_FORMAT, "warm stream of step 0" },
	{ spoil_warm_part_before, NPU_ERR_FORMAT, "part 0 of the warm stream" },
	{ spoil_warm_part_behind, NPU_ERR_FORMAT, "part 0 of the warm stream" },
	{ spoil_warm_part_odd, NPU_ERR_FORMAT, "part 0 of the warm stream" },
	{ spoil_warm_part_layer, NPU_ERR_FORMAT, "part 0 of the warm stream" },
	{ spoil_warm_part_cpu, NPU_ERR_FORMAT, "part 0 of the warm stream" },
	{ spoil_sram, NPU_ERR_FORMAT, "bytes of SRAM, preset base has" },
	{ spoil_graph_dims, NPU_ERR_FORMAT, "CONV_2D node 10" },
	{ spoil_graph_scale, NPU_ERR_FORMAT, "scale 0 is -1" },
	{ spoil_graph_huge, NPU_ERR_FORMAT, "dimensions of tensor 'out'" },
	{ spoil_graph_stride, NPU_ERR_FORMAT, "CONV_2D node 10" },
	{ spoil_graph_order, NPU_ERR_FORMAT, "not computed before it is used" },
	{ spoil_graph_twice, NPU_ERR_FORMAT, "'flat' is an output of two nodes" },
	{ spoil_graph_ports, NPU_ERR_FORMAT, "" },
	{ spoil_absent_constant, NPU_ERR_FORMAT, "'w'" },
	{ spoil_stripped_shape, NPU_ERR_FORMAT, "'shape', which was stripped" },
};

static void test_inconsistent_programs(void **state)
{
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		struct npu_program program;
		uint8_t *data;

		make_program(&program);
		spoils[i].spoil(&program);
		data = encode(&program, &size);
		assert_refused(data, size, spoils[i].status, spoils[i].message);
		free(data);
		npu_program_clear(&program);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_appended),
		cmocka_unit_test(test_every_byte_damaged),
		cmocka_unit_test(test_every_byte_changed_and_sealed),
		cmocka_unit_test(test_every_word_extreme_and_sealed),
		cmocka_unit_test(test_other_versions),
		cmocka_unit_test(test_command_set_and_preset),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_inconsistent_programs),
	};

	return cmocka_run_group_tests_name("program_hostile", tests, NULL, NULL);
}
