// SPDX-License-Identifier: MIT
/* The bytes of a .npu file, docs/program-format.md. */
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "crc32.h"
#include "ir/error.h"
#include "isa/onpu_isa.h"
#include "program.h"
#include "program_format.h"

/* How a tensor's data are kept. */
enum { DATA_NONE, DATA_CONSTANT, DATA_COUNT };

static void info_section(struct npu_archive *a, struct npu_program *program)
{
	uint16_t isa_major = ONPU_ISA_MAJOR, isa_minor = ONPU_ISA_MINOR;
	uint32_t id = a->reading ? 0 : program->preset->id;
	char *name = a->reading ? NULL : (char *)program->preset->name;

	npu_archive_u32(a, &id);
	npu_archive_string(a, &name);
	npu_archive_u16(a, &isa_major);
	npu_archive_u16(a, &isa_minor);
	npu_archive_bool(a, &program->stripped);
	npu_archive_bool(a, &program->keep_all);
	npu_archive_u32(a, &program->scratch_size);
	npu_archive_u64(a, &program->sram_bytes);
	if (!a->reading)
		return;
	if (!a->status) {
		program->preset = onpu_preset_by_id(id);
		if (!program->preset || strcmp(program->preset->name, name)) {
			program->preset = NULL;
			a->status = npu_fail(NPU_ERR_VERSION,
					     "compiled for preset '%.40s' (id 0x%x), which libnpu %s does "
					     "not know: compile the network again with a preset "
					     "that 'npu info' lists",
					     name, id, npu_version());
		} else if (isa_major != ONPU_ISA_MAJOR ||
			   isa_minor > ONPU_ISA_MINOR) {
			a->status = npu_fail(NPU_ERR_VERSION,
					     "uses version %u.%u of the command set, libnpu %s "
					     "has %d.%d: compile the network again with this libnpu",
					     isa_major, isa_minor, npu_version(),
					     ONPU_ISA_MAJOR, ONPU_ISA_MINOR);
		}
	}
	free(name);
}

/* Whether the size fits what libnpu represents; rank and dtype are in range. */
static bool size_is_sane(const struct npu_tensor *tensor)
{
	uint64_t bytes = npu_dtype_size(tensor->dtype);
	int i;

	for (i = 0; i < tensor->rank; i++) {
		if (tensor->dims[i] <= 0)
			return false;
		bytes *= (uint64_t)tensor->dims[i];
		if (bytes > INT32_MAX)
			return false;
	}
	return true;
}

static void tensor_record(struct npu_archive *a, struct npu_tensor *tensor)
{
	struct npu_quant *quant = &tensor->quant;
	int i;

	npu_archive_string(a, &tensor->name);
	tensor->dtype = (npu_dtype)npu_archive_enum(a, tensor->dtype, NPU_DTYPE_COUNT, "type");
	tensor->rank = (int)npu_archive_enum(a, (uint32_t)tensor->rank, NPU_MAX_RANK + 1, "rank");
	for (i = 0; i < tensor->rank; i++)
		npu_archive_i32(a, &tensor->dims[i]);
	if (a->reading && !a->status && !size_is_sane(tensor))
		npu_archive_fail(a, "dimensions of tensor '%.80s' are not positive or too large",
				 tensor->name);
	quant->n = npu_archive_count(a, quant->n, 8);
	npu_archive_int(a, &quant->axis);
	if (!quant->n)
		return;
	quant->scale = npu_archive_array(a, quant->scale, quant->n, sizeof(*quant->scale));
	quant->zero_point = npu_archive_array(a, quant->zero_point, quant->n,
					      sizeof(*quant->zero_point));
	for (i = 0; i < quant->n && !a->status; i++) {
		npu_archive_f32(a, &quant->scale[i]);
		npu_archive_i32(a, &quant->zero_point[i]);
	}
}

static void tensor_section(struct npu_archive *a, struct npu_program *program)
{
	struct npu_graph *graph = &program->graph;
	int n = npu_archive_count(a, graph->num_tensors, 20);
	int i;

	graph->tensors = npu_archive_array(a, graph->tensors, n, sizeof(*graph->tensors));
	if (!graph->tensors)
		return;
	graph->num_tensors = n;
	for (i = 0; i < n && !a->status; i++) {
		a->record = i;
		if (a->reading)
			graph->tensors[i].producer = -1;
		tensor_record(a, &graph->tensors[i]);
	}
}

static void constant_section(struct npu_archive *a, struct npu_program *program)
{
	struct npu_graph *graph = &program->graph;
	int i;

	for (i = 0; i < graph->num_tensors && !a->status; i++) {
		struct npu_tensor *tensor = &graph->tensors[i];
		size_t bytes = npu_tensor_bytes(tensor);
		uint32_t kind = tensor->data ? DATA_CONSTANT : DATA_NONE;

		a->record = i;
		if (npu_archive_enum(a, kind, DATA_COUNT, "kind of data") != DATA_CONSTANT)
			continue;
		if (a->reading) {
			if (bytes > a->end - a->pos) {
				npu_archive_fail(a, "constant '%.80s' of %zu bytes is not all there",
						 tensor->name, bytes);
				return;
			}
			tensor->data = npu_archive_array(a, NULL, (int)bytes, 1);
			if (!tensor->data)
				return;
		}
		npu_archive_bytes(a, tensor->data, bytes);
	}
}

/* A list of tensor indices, -1 among them where absent is allowed. */
static void tensor_list(struct npu_archive *a, const struct npu_graph *graph, int *num, int **list,
			int lowest)
{
	int n = npu_archive_count(a, *num, 4);
	int i;

	*list = npu_archive_array(a, *list, n, sizeof(**list));
	if (a->status)
		return;
	*num = n;
	for (i = 0; i < n && !a->status; i++) {
		npu_archive_int(a, &(*list)[i]);
		if ((*list)[i] < lowest || (*list)[i] >= graph->num_tensors)
			npu_archive_fail(a, "tensor %d of %d", (*list)[i], graph->num_tensors);
	}
}

static void act_field(struct npu_archive *a, enum npu_act *act)
{
	*act = (enum npu_act)npu_archive_enum(a, *act, NPU_ACT_RELU6 + 1, "activation");
}

static void padding_field(struct npu_archive *a, enum npu_padding *padding)
{
	*padding = (enum npu_padding)npu_archive_enum(a, *padding, NPU_PAD_VALID + 1, "padding");
}

static void params_record(struct npu_archive *a, enum npu_op op, union npu_params *p)
{
	switch (op) {
	case NPU_OP_CONV_2D:
	case NPU_OP_DEPTHWISE_CONV_2D:
	case NPU_OP_TRANSPOSE_CONV:
		padding_field(a, &p->conv.padding);
		act_field(a, &p->conv.act);
		npu_archive_i32(a, &p->conv.stride_h);
		npu_archive_i32(a, &p->conv.stride_w);
		npu_archive_i32(a, &p->conv.dilation_h);
		npu_archive_i32(a, &p->conv.dilation_w);
		break;
	case NPU_OP_AVERAGE_POOL_2D:
	case NPU_OP_MAX_POOL_2D:
		padding_field(a, &p->pool.padding);
		act_field(a, &p->pool.act);
		npu_archive_i32(a, &p->pool.filter_h);
		npu_archive_i32(a, &p->pool.filter_w);
		npu_archive_i32(a, &p->pool.stride_h);
		npu_archive_i32(a, &p->pool.stride_w);
		break;
	case NPU_OP_FULLY_CONNECTED:
		act_field(a, &p->fc.act);
		npu_archive_bool(a, &p->fc.keep_num_dims);
		break;
	case NPU_OP_ADD:
	case NPU_OP_SUB:
	case NPU_OP_MUL:
	case NPU_OP_DIV:
		act_field(a, &p->arith.act);
		break;
	case NPU_OP_MEAN:
	case NPU_OP_SUM:
	case NPU_OP_REDUCE_MAX:
	case NPU_OP_REDUCE_MIN:
		npu_archive_bool(a, &p->reduce.keep_dims);
		break;
	case NPU_OP_CONCATENATION:
	case NPU_OP_PACK:
	case NPU_OP_UNPACK:
	case NPU_OP_GATHER:
	case NPU_OP_ARG_MAX:
	case NPU_OP_ARG_MIN:
	case NPU_OP_SPLIT:
	case NPU_OP_SPLIT_V:
		npu_archive_i32(a, &p->axis.axis);
		act_field(a, &p->axis.act);
		npu_archive_i32(a, &p->axis.batch_dims);
		break;
	case NPU_OP_STRIDED_SLICE:
		npu_archive_i32(a, &p->strided_slice.begin_mask);
		npu_archive_i32(a, &p->strided_slice.end_mask);
		npu_archive_i32(a, &p->strided_slice.ellipsis_mask);
		npu_archive_i32(a, &p->strided_slice.new_axis_mask);
		npu_archive_i32(a, &p->strided_slice.shrink_axis_mask);
		npu_archive_bool(a, &p->strided_slice.offset);
		break;
	case NPU_OP_DEPTH_TO_SPACE:
	case NPU_OP_SPACE_TO_DEPTH:
		npu_archive_i32(a, &p->block.block_size);
		break;
	case NPU_OP_RESIZE_BILINEAR:
	case NPU_OP_RESIZE_NEAREST_NEIGHBOR:
		npu_archive_bool(a, &p->resize.align_corners);
		npu_archive_bool(a, &p->resize.half_pixel_centers);
		break;
	case NPU_OP_SOFTMAX:
		npu_archive_f32(a, &p->softmax.beta);
		break;
	case NPU_OP_LEAKY_RELU:
		npu_archive_f32(a, &p->leaky.alpha);
		break;
	case NPU_OP_MIRROR_PAD:
		npu_archive_bool(a, &p->mirror.reflect);
		break;
	case NPU_OP_GELU:
		npu_archive_bool(a, &p->gelu.approximate);
		break;
	default:		/* everything about them is in their tensors */
		break;
	}
}

static void set_producers(struct npu_archive *a, struct npu_graph *graph, int node)
{
	int i;

	for (i = 0; i < graph->nodes[node].num_outputs && !a->status; i++) {
		struct npu_tensor *tensor = &graph->tensors[graph->nodes[node].outputs[i]];

		if (tensor->producer >= 0)
			npu_archive_fail(a, "tensor '%.80s' is an output of two nodes",
					 tensor->name);
		tensor->producer = node;
	}
}

static void node_section(struct npu_archive *a, struct npu_program *program)
{
	struct npu_graph *graph = &program->graph;
	int n = npu_archive_count(a, graph->num_nodes, 16);
	int i;

	graph->nodes = npu_archive_array(a, graph->nodes, n, sizeof(*graph->nodes));
	if (!graph->nodes)
		return;
	graph->num_nodes = n;
	for (i = 0; i < n && !a->status; i++) {
		struct npu_node *node = &graph->nodes[i];

		a->record = i;
		node->op = (enum npu_op)npu_archive_enum(a, node->op, NPU_OP_COUNT, "operator");
		npu_archive_int(a, &node->index);
		tensor_list(a, graph, &node->num_inputs, &node->inputs, -1);
		tensor_list(a, graph, &node->num_outputs, &node->outputs, 0);
		params_record(a, node->op, &node->p);
		if (a->reading && !a->status)
			set_producers(a, graph, i);
	}
}

static void port_section(struct npu_archive *a, struct npu_program *program)
{
	struct npu_graph *graph = &program->graph;

	tensor_list(a, graph, &graph->num_inputs, &graph->inputs, 0);
	tensor_list(a, graph, &graph->num_outputs, &graph->outputs, 0);
}

static void placement_section(struct npu_archive *a, struct npu_program *program)
{
	int n = program->graph.num_nodes;
	int i;

	program->placement = npu_archive_array(a, program->placement, n,
					       sizeof(*program->placement));
	for (i = 0; i < n && !a->status; i++) {
		a->record = i;
		npu_archive_bool(a, &program->placement[i].on_npu);
		npu_archive_string(a, &program->placement[i].detail);
	}
}

static void binding_section(struct npu_archive *a, struct npu_program *program)
{
	int n = program->graph.num_tensors;
	int i;

	program->binding = npu_archive_array(a, program->binding, n, sizeof(*program->binding));
	for (i = 0; i < n && !a->status; i++) {
		a->record = i;
		npu_archive_i32(a, &program->binding[i].region);
		npu_archive_u32(a, &program->binding[i].offset);
	}
}

static void step_section(struct npu_archive *a, struct npu_program *program)
{
	int n = npu_archive_count(a, program->num_steps, 28);
	int i;

	program->steps = npu_archive_array(a, program->steps, n, sizeof(*program->steps));
	if (!program->steps)
		return;
	program->num_steps = n;
	for (i = 0; i < n && !a->status; i++) {
		struct npu_step *step = &program->steps[i];

		a->record = i;
		npu_archive_i32(a, &step->node);
		npu_archive_u32(a, &step->entry);
		npu_archive_u32(a, &step->size);
		npu_archive_u64(a, &step->max_cycles);
		npu_archive_u64(a, &step->cycles);
	}
}

static void layer_section(struct npu_archive *a, struct npu_program *program)
{
	int n = npu_archive_count(a, program->num_layers, 52);
	int i;

	program->layers = npu_archive_array(a, program->layers, n, sizeof(*program->layers));
	if (!program->layers)
		return;
	program->num_layers = n;
	for (i = 0; i < n && !a->status; i++) {
		struct npu_layer *layer = &program->layers[i];

		a->record = i;
		npu_archive_string(a, &layer->name);
		npu_archive_i32(a, &layer->node);
		npu_archive_i32(a, &layer->step);
		npu_archive_u64(a, &layer->macs);
		npu_archive_u64(a, &layer->start_cycle);
		npu_archive_u64(a, &layer->end_cycle);
		npu_archive_u64(a, &layer->read_bytes);
		npu_archive_u64(a, &layer->write_bytes);
	}
}

static void run_parts(struct npu_archive *a, struct npu_layer_part **parts, int *count)
{
	int n = npu_archive_count(a, *count, 8);
	int i;

	*parts = npu_archive_array(a, *parts, n, sizeof(**parts));
	if (!*parts)
		return;
	*count = n;
	for (i = 0; i < n && !a->status; i++) {
		a->record = i;
		npu_archive_i32(a, &(*parts)[i].layer);
		npu_archive_u32(a, &(*parts)[i].offset);
	}
}

static void part_section(struct npu_archive *a, struct npu_program *program)
{
	run_parts(a, &program->parts, &program->num_parts);
}

static void warm_section(struct npu_archive *a, struct npu_program *program)
{
	struct npu_warm *warm = &program->warm;

	npu_archive_i32(a, &warm->step);
	npu_archive_u32(a, &warm->entry);
	npu_archive_u32(a, &warm->size);
	npu_archive_u64(a, &warm->cycles);
	npu_archive_u64(a, &warm->read_bytes);
	if (!a->status && !warm->size)
		npu_archive_fail(a, "the stream is empty");
	run_parts(a, &warm->parts, &warm->num_parts);
}

static void code_section(struct npu_archive *a, struct npu_program *program)
{
	int n = npu_archive_count(a, (int)program->code_size, 1);

	program->code = npu_archive_array(a, program->code, n, 1);
	if (!program->code)
		return;
	program->code_size = (uint32_t)n;
	npu_archive_bytes(a, program->code, program->code_size);
}

/* In the order in which they are read: later ones need the counts of earlier ones. */
static const struct section {
	char tag[5];
	void (*run)(struct npu_archive *archive, struct npu_program *program);
	uint32_t flags;
} sections[] = {
	{ "INFO", info_section, NPU_PROGRAM_REQUIRED },
	{ "TENS", tensor_section, NPU_PROGRAM_REQUIRED },
	{ "CONS", constant_section, NPU_PROGRAM_REQUIRED },
	{ "NODE", node_section, NPU_PROGRAM_REQUIRED },
	{ "PORT", port_section, NPU_PROGRAM_REQUIRED },
	{ "PLAC", placement_section, NPU_PROGRAM_REQUIRED },
	{ "BIND", binding_section, NPU_PROGRAM_REQUIRED },
	{ "STEP", step_section, NPU_PROGRAM_REQUIRED },
	{ "LAYR", layer_section, NPU_PROGRAM_REQUIRED },
	{ "PART", part_section, NPU_PROGRAM_REQUIRED },
	{ "CODE", code_section, NPU_PROGRAM_REQUIRED },
	/* Who does not know it does without. */
	{ "WARM", warm_section, 0 },
};

enum { NUM_SECTIONS = sizeof(sections) / sizeof(sections[0]) };

uint32_t npu_program_crc(const uint8_t *data, size_t size)
{
	static const uint8_t zeros[4];
	uint32_t crc = npu_crc32(0, data, NPU_PROGRAM_AT_CRC);

	crc = npu_crc32(crc, zeros, sizeof(zeros));
	return npu_crc32(crc, data + NPU_PROGRAM_AT_CRC + 4, size - NPU_PROGRAM_AT_CRC - 4);
}

static uint64_t get(const uint8_t *data, int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | data[bytes];
	return value;
}

static void put(uint8_t *data, uint64_t value, int bytes)
{
	int i;

	for (i = 0; i < bytes; i++)
		data[i] = (uint8_t)(value >> 8 * i);
}

/* ---- writing --------------------------------------------------------- */

static void pad(struct npu_archive *a)
{
	static const uint8_t zeros[NPU_PROGRAM_ALIGN];
	size_t over = a->pos % NPU_PROGRAM_ALIGN;

	if (over)
		npu_archive_bytes(a, (void *)zeros, NPU_PROGRAM_ALIGN - over);
}

npu_status npu_program_encode(const struct npu_program *program, uint8_t **data, size_t *size)
{
	struct npu_archive a = { .where = "header", .record = -1 };
	/* The descriptions serve both directions; writing stores each field as it was. */
	struct npu_program *source = (struct npu_program *)program;
	uint8_t head[NPU_PROGRAM_HEADER_SIZE + NUM_SECTIONS * NPU_PROGRAM_ENTRY_SIZE] = { 0 };
	/* The optional one is the last. */
	int i, count = program->warm.size ? NUM_SECTIONS : NUM_SECTIONS - 1;
	size_t head_size = NPU_PROGRAM_HEADER_SIZE + (size_t)count * NPU_PROGRAM_ENTRY_SIZE;

	*data = NULL;
	*size = 0;
	if (program->code_size > INT32_MAX)
		return npu_fail(NPU_ERR_LIMIT, "code of %u bytes, a program can hold %d",
				program->code_size, INT32_MAX);
	npu_archive_bytes(&a, head, head_size);
	for (i = 0; i < count; i++) {
		uint8_t *entry = head + NPU_PROGRAM_HEADER_SIZE + i * NPU_PROGRAM_ENTRY_SIZE;
		size_t start;

		pad(&a);
		start = a.pos;
		a.where = sections[i].tag;
		a.record = -1;
		sections[i].run(&a, source);
		memcpy(entry, sections[i].tag, 4);
		put(entry + 4, sections[i].flags, 4);
		put(entry + 8, start, 8);
		put(entry + 16, a.pos - start, 8);
	}
	if (a.status) {
		free(a.out);
		return a.status;
	}
	memcpy(head, NPU_PROGRAM_MAGIC, NPU_PROGRAM_MAGIC_SIZE);
	put(head + NPU_PROGRAM_AT_MAJOR, NPU_PROGRAM_MAJOR, 2);
	put(head + NPU_PROGRAM_AT_MINOR, NPU_PROGRAM_MINOR, 2);
	put(head + NPU_PROGRAM_AT_SIZE, a.pos, 8);
	put(head + NPU_PROGRAM_AT_SECTIONS, (uint64_t)count, 4);
	memcpy(a.out, head, head_size);
	put(a.out + NPU_PROGRAM_AT_CRC, npu_program_crc(a.out, a.pos), 4);
	*data = a.out;
	*size = a.pos;
	return NPU_OK;
}

/* ---- reading --------------------------------------------------------- */

static npu_status check_header(const uint8_t *data, size_t size)
{
	unsigned int major, minor;
	uint64_t stated;

	if (size < NPU_PROGRAM_MAGIC_SIZE ||
	    memcmp(data, NPU_PROGRAM_MAGIC, NPU_PROGRAM_MAGIC_SIZE))
		return npu_fail(NPU_ERR_FORMAT, "not a .npu program");
	if (size < NPU_PROGRAM_HEADER_SIZE)
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: ends inside the header; copy it again");
	major = (unsigned int)get(data + NPU_PROGRAM_AT_MAJOR, 2);
	minor = (unsigned int)get(data + NPU_PROGRAM_AT_MINOR, 2);
	if (major != NPU_PROGRAM_MAJOR)
		return npu_fail(NPU_ERR_VERSION,
				"program format %u.%u, libnpu %s reads %d.x: "
				"compile the network again with this libnpu%s",
				major, minor, npu_version(), NPU_PROGRAM_MAJOR,
				major > NPU_PROGRAM_MAJOR ? ", or install a newer one" : "");
	stated = get(data + NPU_PROGRAM_AT_SIZE, 8);
	if (stated != size)
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: %zu bytes long, the header says %llu: "
				"it was cut off or something was appended; copy it again",
				size, (unsigned long long)stated);
	if (get(data + NPU_PROGRAM_AT_CRC, 4) != npu_program_crc(data, size))
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: the checksum is wrong, the file was damaged; "
				"copy it again");
	if (get(data + NPU_PROGRAM_AT_ZERO, 4))
		return npu_fail(NPU_ERR_FORMAT, "malformed program: reserved word is not 0");
	return NPU_OK;
}

struct range {
	size_t start, size;
	bool found;
};

static npu_status check_entry(const uint8_t *entry, size_t first, size_t size,
			      struct range ranges[NUM_SECTIONS])
{
	uint64_t start = get(entry + 8, 8), bytes = get(entry + 16, 8);
	int i;

	for (i = 0; i < NUM_SECTIONS; i++)
		if (!memcmp(entry, sections[i].tag, 4))
			break;
	if (start < first || start > size || bytes > size - start)
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: section %s lies outside of the file",
				i < NUM_SECTIONS ? sections[i].tag : "of an unknown kind");
	if (i < NUM_SECTIONS && ranges[i].found)
		return npu_fail(NPU_ERR_FORMAT, "malformed program: two sections %s",
				sections[i].tag);
	if (i < NUM_SECTIONS)
		ranges[i] = (struct range){ (size_t)start, (size_t)bytes, true };
	else if (get(entry + 4, 4) & NPU_PROGRAM_REQUIRED)
		return npu_fail(NPU_ERR_VERSION,
				"program needs section 0x%02x%02x%02x%02x, which format "
				"%d.%d of libnpu %s does not have: compile the network again with "
				"this libnpu, or install a newer one",
				entry[0], entry[1], entry[2], entry[3], NPU_PROGRAM_MAJOR,
				NPU_PROGRAM_MINOR, npu_version());
	return NPU_OK;
}

static npu_status find_sections(const uint8_t *data, size_t size,
				struct range ranges[NUM_SECTIONS])
{
	uint64_t n = get(data + NPU_PROGRAM_AT_SECTIONS, 4);
	npu_status status;
	size_t first;
	uint64_t i;

	if (n > (size - NPU_PROGRAM_HEADER_SIZE) / NPU_PROGRAM_ENTRY_SIZE)
		return npu_fail(NPU_ERR_FORMAT,
				"malformed program: section table is longer than the file");
	first = NPU_PROGRAM_HEADER_SIZE + (size_t)n * NPU_PROGRAM_ENTRY_SIZE;
	for (i = 0; i < n; i++) {
		status = check_entry(data + NPU_PROGRAM_HEADER_SIZE + i * NPU_PROGRAM_ENTRY_SIZE,
				     first, size, ranges);
		if (status)
			return status;
	}
	for (i = 0; i < NUM_SECTIONS; i++)
		if (!ranges[i].found && sections[i].flags & NPU_PROGRAM_REQUIRED)
			return npu_fail(NPU_ERR_FORMAT, "malformed program: no section %s",
					sections[i].tag);
	return NPU_OK;
}

npu_status npu_program_decode(struct npu_program *program, const uint8_t *data, size_t size)
{
	struct range ranges[NUM_SECTIONS] = { { 0 } };
	npu_status status;
	int i;

	memset(program, 0, sizeof(*program));
	status = check_header(data, size);
	if (!status)
		status = find_sections(data, size, ranges);
	for (i = 0; i < NUM_SECTIONS && !status; i++) {
		struct npu_archive a = {
			.reading = true, .where = sections[i].tag, .record = -1,
			.in = data, .pos = ranges[i].start,
			.end = ranges[i].start + ranges[i].size,
		};

		if (!ranges[i].found)
			continue;
		sections[i].run(&a, program);
		a.record = -1;
		if (!a.status && a.pos != a.end)
			npu_archive_fail(&a, "%zu bytes too many", a.end - a.pos);
		status = a.status;
	}
	if (!status)
		status = npu_program_check(program);
	if (status)
		npu_program_clear(program);
	return status;
}
