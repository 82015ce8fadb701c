/* SPDX-License-Identifier: MIT */
/* A small program made by hand, and its file, for the tests of the program object. */
#ifndef TESTS_UNIT_PROGRAM_FIXTURE_H
#define TESTS_UNIT_PROGRAM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/program.h"
#include "compile/program_format.h"
#include "isa/onpu_isa.h"

enum { IN, WEIGHTS, BIAS, CONV, SHAPE, FLAT, OUT, NUM_TENSORS };

static inline void *copy_of(const void *data, size_t size)
{
	void *copy = malloc(size);

	assert_non_null(copy);
	return memcpy(copy, data, size);
}

static inline char *text(const char *string)
{
	return copy_of(string, strlen(string) + 1);
}

static inline void tensor(struct npu_tensor *t, const char *name, npu_dtype dtype, int producer, int rank,
		   const int32_t *dims, float scale, int32_t zero_point, const void *data)
{
	t->name = text(name);
	t->dtype = dtype;
	t->rank = rank;
	memcpy(t->dims, dims, (size_t)rank * sizeof(*dims));
	t->producer = producer;
	if (scale > 0) {
		t->quant.n = 1;
		t->quant.scale = copy_of(&scale, sizeof(scale));
		t->quant.zero_point = copy_of(&zero_point, sizeof(zero_point));
	}
	if (data)
		t->data = copy_of(data, npu_tensor_bytes(t));
}

#define DIMS(...) (int)(sizeof((int32_t[]){ __VA_ARGS__ }) / 4), (int32_t[]){ __VA_ARGS__ }
#define INTS(...) (int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)), (int[]){ __VA_ARGS__ }

static inline void list(int *num, int **items, int n, const int *from)
{
	*num = n;
	*items = copy_of(from, (size_t)n * sizeof(*from));
}

static inline void node(struct npu_graph *graph, int i, enum npu_op op, int num, const int *inputs,
		 int output)
{
	struct npu_node *n = &graph->nodes[i];

	n->op = op;
	n->index = 10 + i;
	list(&n->num_inputs, &n->inputs, num, inputs);
	list(&n->num_outputs, &n->outputs, 1, &output);
}

/* CONV_2D and RESHAPE on the NPU, SOFTMAX on the CPU. */
static inline void make_graph(struct npu_graph *graph)
{
	static const int8_t weights[6] = { 1, -2, 3, -4, 5, -6 };
	static const int32_t bias[3] = { 7, -8, 9 }, shape[2] = { 1, 12 };
	struct npu_tensor *t;

	graph->num_tensors = NUM_TENSORS;
	graph->tensors = t = calloc(NUM_TENSORS, sizeof(*t));
	tensor(&t[IN], "in", NPU_INT8, -1, DIMS(1, 2, 2, 2), 0.5f, 3, NULL);
	tensor(&t[WEIGHTS], "w", NPU_INT8, -1, DIMS(3, 1, 1, 2), 0.25f, 0, weights);
	tensor(&t[BIAS], "b", NPU_INT32, -1, DIMS(3), 0.125f, 0, bias);
	tensor(&t[CONV], "conv", NPU_INT8, 0, DIMS(1, 2, 2, 3), 0.5f, -4, NULL);
	tensor(&t[SHAPE], "shape", NPU_INT32, -1, DIMS(2), 0, 0, shape);
	tensor(&t[FLAT], "flat", NPU_INT8, 1, DIMS(1, 12), 0.5f, -4, NULL);
	tensor(&t[OUT], "out", NPU_INT8, 2, DIMS(1, 12), 1.0f / 256, -128, NULL);
	graph->num_nodes = 3;
	graph->nodes = calloc(3, sizeof(*graph->nodes));
	node(graph, 0, NPU_OP_CONV_2D, INTS(IN, WEIGHTS, BIAS), CONV);
	graph->nodes[0].p.conv.padding = NPU_PAD_VALID;
	graph->nodes[0].p.conv.act = NPU_ACT_RELU6;
	graph->nodes[0].p.conv.stride_h = graph->nodes[0].p.conv.stride_w = 1;
	graph->nodes[0].p.conv.dilation_h = graph->nodes[0].p.conv.dilation_w = 1;
	node(graph, 1, NPU_OP_RESHAPE, INTS(CONV, SHAPE), FLAT);
	node(graph, 2, NPU_OP_SOFTMAX, INTS(FLAT), OUT);
	graph->nodes[2].p.softmax.beta = 1;
	list(&graph->num_inputs, &graph->inputs, INTS(IN));
	list(&graph->num_outputs, &graph->outputs, INTS(OUT));
}

#define ENTRY 16
#define PREEMPT_WORDS 20
#define END_WORDS 4
#define STREAM_BYTES (4 * (PREEMPT_WORDS + END_WORDS))
#define WARM_ENTRY (ENTRY + STREAM_BYTES)
#define WARM_BYTES (4 * END_WORDS)
#define CODE_BYTES (WARM_ENTRY + WARM_BYTES)

static inline void make_program(struct npu_program *program)
{
	static const struct npu_binding bindings[NUM_TENSORS] = {
		[IN] = { NPU_REGION_IO, 0 }, [WEIGHTS] = { -1, 0 }, [BIAS] = { -1, 0 },
		[CONV] = { NPU_REGION_SCRATCH, 16 }, [SHAPE] = { -1, 0 },
		[FLAT] = { NPU_REGION_SCRATCH, 16 }, [OUT] = { NPU_REGION_IO + 1, 0 },
	};
	static const struct npu_step steps[] = {
		{ .node = -1, .entry = ENTRY, .size = STREAM_BYTES, .max_cycles = 1u << 20,
		  .cycles = 1234 },
		{ .node = 2 },
	};
	uint32_t code[CODE_BYTES / 4] = { 0xdeadbeef };

	memset(program, 0, sizeof(*program));
	program->preset = onpu_preset_by_name("base");
	make_graph(&program->graph);
	program->placement = calloc(3, sizeof(*program->placement));
	program->placement[0] = (struct npu_node_placement){ true, text("dense") };
	program->placement[1] = (struct npu_node_placement){ true, text("alias") };
	program->placement[2] = (struct npu_node_placement){ false, text("no hardware for it") };
	program->binding = copy_of(bindings, sizeof(bindings));
	code[ENTRY / 4] = ONPU_OPCODE_PREEMPT | PREEMPT_WORDS << 8;
	code[ENTRY / 4 + PREEMPT_WORDS] = ONPU_OPCODE_END | END_WORDS << 8;
	code[WARM_ENTRY / 4] = ONPU_OPCODE_END | END_WORDS << 8;
	program->code_size = sizeof(code);
	program->code = copy_of(code, sizeof(code));
	program->scratch_size = 32;
	program->sram_bytes = 4096;
	program->num_steps = 2;
	program->steps = copy_of(steps, sizeof(steps));
	program->num_layers = 2;
	program->layers = calloc(2, sizeof(*program->layers));
	program->layers[0] = (struct npu_layer){
		.name = text("CONV_2D conv\x1b[1m"), .node = 0, .step = 0, .macs = 24,
		.start_cycle = 500, .end_cycle = 1000, .read_bytes = 100, .write_bytes = 12,
	};
	program->layers[1] = (struct npu_layer){
		.name = text("SOFTMAX out"), .node = 2, .step = 1, .macs = 7, .read_bytes = 12,
	};
	program->num_parts = 2;
	program->parts = calloc(2, sizeof(*program->parts));
	program->parts[0] = (struct npu_layer_part){ 0, ENTRY };
	program->parts[1] = (struct npu_layer_part){ 0, ENTRY + 4 * PREEMPT_WORDS };
	program->warm = (struct npu_warm){ .entry = WARM_ENTRY, .size = WARM_BYTES, .cycles = 1000,
					   .read_bytes = 90, .num_parts = 1 };
	program->warm.parts = calloc(1, sizeof(*program->warm.parts));
	program->warm.parts[0] = (struct npu_layer_part){ 0, WARM_ENTRY };
}

static inline uint8_t *encode(const struct npu_program *program, size_t *size)
{
	uint8_t *data;

	if (npu_program_encode(program, &data, size))
		fail_msg("%s", npu_error());
	return data;
}

static inline uint8_t *make_file(size_t *size)
{
	struct npu_program program;
	uint8_t *data;

	make_program(&program);
	data = encode(&program, size);
	npu_program_clear(&program);
	return data;
}

static inline void put(uint8_t *data, uint64_t value, int bytes)
{
	int i;

	for (i = 0; i < bytes; i++)
		data[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t get(const uint8_t *data, int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | data[bytes];
	return value;
}

static inline void seal(uint8_t *data, size_t size)
{
	if (size < NPU_PROGRAM_HEADER_SIZE)
		return;
	put(data + NPU_PROGRAM_AT_SIZE, size, 8);
	put(data + NPU_PROGRAM_AT_CRC, npu_program_crc(data, size), 4);
}

/* Decodes a copy of exactly that size, so that the sanitizer sees an overrun. */
static inline npu_status decode(struct npu_program *program, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	npu_status status;

	assert_non_null(copy);
	memcpy(copy, data, size);
	status = npu_program_decode(program, copy, size);
	free(copy);
	return status;
}

static inline void assert_refused(const uint8_t *data, size_t size, npu_status expected,
			   const char *message)
{
	struct npu_program program;
	npu_status status = decode(&program, data, size);

	if (status == NPU_OK) {
		npu_program_clear(&program);
		fail_msg("accepted, not refused with '%s'", message);
	}
	if (status != expected || !strstr(npu_error(), message))
		fail_msg("refused with %s: '%s', not %s: '%s'", npu_status_name(status),
			 npu_error(), npu_status_name(expected), message);
}

#endif
