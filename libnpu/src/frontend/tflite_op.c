// SPDX-License-Identifier: MIT
/* Operators of a TFLite file: which they are, and what connects them. */
#include "frontend/tflite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/error.h"
#include "ir/graph_check.h"

/*
 * Every operator that a graph can have: its number in the schema, the type of its
 * options table there, and the highest version whose meaning is known.  A version
 * mostly says which types it takes, which the operator's rule checks anyway.
 */
static const struct known {
	enum npu_op op;
	uint8_t code, options, version;
} known[] = {
	{ NPU_OP_ADD, 0, 11, 5 },
	{ NPU_OP_AVERAGE_POOL_2D, 1, 5, 3 },
	{ NPU_OP_CONCATENATION, 2, 10, 7 },
	{ NPU_OP_CONV_2D, 3, 1, 8 },
	{ NPU_OP_DEPTHWISE_CONV_2D, 4, 2, 7 },
	{ NPU_OP_DEPTH_TO_SPACE, 5, 94, 2 },
	{ NPU_OP_DEQUANTIZE, 6, 38, 9 },
	{ NPU_OP_FULLY_CONNECTED, 9, 8, 14 },
	{ NPU_OP_LOGISTIC, 14, 0, 3 },
	{ NPU_OP_MAX_POOL_2D, 17, 5, 3 },
	{ NPU_OP_MUL, 18, 21, 7 },
	{ NPU_OP_RELU, 19, 0, 3 },
	{ NPU_OP_RELU_N1_TO_1, 20, 0, 3 },
	{ NPU_OP_RELU6, 21, 0, 3 },
	{ NPU_OP_RESHAPE, 22, 17, 2 },
	{ NPU_OP_RESIZE_BILINEAR, 23, 15, 4 },
	{ NPU_OP_SOFTMAX, 25, 9, 3 },
	{ NPU_OP_SPACE_TO_DEPTH, 26, 19, 2 },
	{ NPU_OP_TANH, 28, 0, 3 },
	{ NPU_OP_PAD, 34, 22, 6 },
	{ NPU_OP_GATHER, 36, 23, 8 },
	{ NPU_OP_BATCH_TO_SPACE_ND, 37, 24, 4 },
	{ NPU_OP_SPACE_TO_BATCH_ND, 38, 25, 4 },
	{ NPU_OP_TRANSPOSE, 39, 26, 8 },
	{ NPU_OP_MEAN, 40, 27, 3 },
	{ NPU_OP_SUB, 41, 28, 5 },
	{ NPU_OP_DIV, 42, 29, 2 },
	{ NPU_OP_SQUEEZE, 43, 30, 2 },
	{ NPU_OP_STRIDED_SLICE, 45, 32, 8 },
	{ NPU_OP_EXP, 47, 33, 2 },
	{ NPU_OP_SPLIT, 49, 35, 5 },
	{ NPU_OP_LOG_SOFTMAX, 50, 36, 2 },
	{ NPU_OP_CAST, 53, 37, 9 },
	{ NPU_OP_PRELU, 54, 0, 2 },
	{ NPU_OP_MAXIMUM, 55, 39, 4 },
	{ NPU_OP_ARG_MAX, 56, 40, 3 },
	{ NPU_OP_MINIMUM, 57, 39, 4 },
	{ NPU_OP_NEG, 59, 42, 2 },
	{ NPU_OP_PADV2, 60, 43, 6 },
	{ NPU_OP_SLICE, 65, 48, 8 },
	{ NPU_OP_TRANSPOSE_CONV, 67, 49, 5 },
	{ NPU_OP_TILE, 69, 51, 3 },
	{ NPU_OP_EXPAND_DIMS, 70, 52, 2 },
	{ NPU_OP_SUM, 74, 27, 2 },
	{ NPU_OP_RSQRT, 76, 0, 3 },
	{ NPU_OP_SHAPE, 77, 55, 2 },
	{ NPU_OP_ARG_MIN, 79, 57, 3 },
	{ NPU_OP_REDUCE_MAX, 82, 27, 3 },
	{ NPU_OP_PACK, 83, 59, 5 },
	{ NPU_OP_UNPACK, 88, 64, 6 },
	{ NPU_OP_REDUCE_MIN, 89, 27, 3 },
	{ NPU_OP_RESIZE_NEAREST_NEIGHBOR, 97, 74, 4 },
	{ NPU_OP_LEAKY_RELU, 98, 75, 2 },
	{ NPU_OP_SQUARED_DIFFERENCE, 99, 76, 2 },
	{ NPU_OP_MIRROR_PAD, 100, 77, 3 },
	{ NPU_OP_ABS, 101, 78, 5 },
	{ NPU_OP_SPLIT_V, 102, 79, 3 },
	{ NPU_OP_REVERSE_V2, 105, 81, 4 },
	{ NPU_OP_ELU, 111, 0, 2 },
	{ NPU_OP_QUANTIZE, 114, 89, 6 },
	{ NPU_OP_HARD_SWISH, 117, 91, 2 },
	{ NPU_OP_BROADCAST_TO, 130, 104, 4 },
	{ NPU_OP_GELU, 150, 116, 2 },
	{ NPU_OP_RELU_0_TO_1, 152, 0, 2 },
};

#define CODE_CUSTOM	32
/* Numbers that did not fit into the first field of an operator's code have this there. */
#define CODE_ESCAPE	127

/* Why an operator is not supported, where there is more to say than that. */
static const char *reason(int32_t code)
{
	switch (code) {
	case 31: case 118: case 119: case 129: case 209:
		return ": control flow between subgraphs";
	case 142: case 143: case 144:
		return ": it keeps state";
	case 16: case 24: case 27: case 35: case 44: case 46: case 52:
		return ": a recurrent layer";
	case 124:
		return "; convert the network with dense weights, zeros are found here";
	default:
		return "";
	}
}

/* "node 12, tensor 'x'", read early, when there is no graph to take it from. */
static npu_status node_name(struct npu_tflite *f, uint32_t node, const struct npu_fb_table *table,
			    char *buf, size_t size)
{
	struct npu_fb_vec outputs = npu_fb_vec(&f->fb, table, OPERATOR_OUTPUTS, 4);
	struct npu_fb_table tensor = { 0 };
	struct npu_fb_vec text;
	char *name;

	if (outputs.count) {
		uint32_t t = (uint32_t)npu_fb_vec_i32(&f->fb, &outputs, 0);

		if (t < f->tensors.count)
			tensor = npu_fb_vec_table(&f->fb, &f->tensors, t);
	}
	text = npu_fb_vec(&f->fb, &tensor, TENSOR_NAME, 1);
	NPU_TRY(npu_tflite_ok(f, "operator", (int)node));
	NPU_TRY(npu_tflite_string(f, &text, &name));
	if (*name)
		snprintf(buf, size, "node %u, tensor '%.120s'", node, name);
	else
		snprintf(buf, size, "node %u", node);
	free(name);
	return NPU_OK;
}

static npu_status refuse(struct npu_tflite *f, uint32_t node, const struct npu_fb_table *table,
			 const struct npu_fb_table *opcode, int32_t code)
{
	const char *name = npu_tflite_operator_name(code);
	struct npu_fb_vec text = npu_fb_vec(&f->fb, opcode, OPCODE_CUSTOM, 1);
	char where[200], *custom;
	npu_status status;

	NPU_TRY(npu_tflite_ok(f, "operator code of node", (int)node));
	NPU_TRY(node_name(f, node, table, where, sizeof(where)));
	if (!name)
		return npu_fail(NPU_ERR_VERSION,
				"operator number %d (%s) is not known: the file is newer than libnpu",
				code, where);
	if (code != CODE_CUSTOM)
		return npu_fail(NPU_ERR_UNSUPPORTED, "%s operator (%s, code %d) is not supported%s",
				name, where, code, reason(code));
	NPU_TRY(npu_tflite_string(f, &text, &custom));
	status = npu_fail(NPU_ERR_UNSUPPORTED, "CUSTOM operator '%.200s' (%s) is not supported",
			  custom, where);
	free(custom);
	return status;
}

static npu_status find_op(struct npu_tflite *f, uint32_t node, struct npu_tflite_op *found)
{
	struct npu_fb_table table = npu_fb_vec_table(&f->fb, &f->operators, node);
	uint32_t index = npu_fb_u32(&f->fb, &table, OPERATOR_OPCODE, 0);
	struct npu_fb_table opcode;
	int32_t code, version;
	int8_t deprecated;
	char where[200];
	size_t i;

	NPU_TRY(npu_tflite_ok(f, "operator", (int)node));
	if (index >= f->opcodes.count)
		return npu_fail(NPU_ERR_FORMAT, "operator %u: there is no operator code %u", node,
				index);
	opcode = npu_fb_vec_table(&f->fb, &f->opcodes, index);
	deprecated = npu_fb_i8(&f->fb, &opcode, OPCODE_DEPRECATED, 0);
	code = npu_fb_i32(&f->fb, &opcode, OPCODE_BUILTIN, 0);
	version = npu_fb_i32(&f->fb, &opcode, OPCODE_VERSION, 1);
	NPU_TRY(npu_tflite_ok(f, "operator code", (int)index));
	if (code < deprecated)
		code = deprecated;
	if (code == CODE_ESCAPE || code < 0)
		return npu_fail(NPU_ERR_FORMAT, "operator %u has code %d", node, code);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == code)
			break;
	if (i == sizeof(known) / sizeof(known[0]))
		return refuse(f, node, &table, &opcode, code);
	if (version < 1 || version > known[i].version) {
		NPU_TRY(node_name(f, node, &table, where, sizeof(where)));
		return npu_fail(NPU_ERR_VERSION,
				"%s operator (%s) has version %d; 1 to %d are supported",
				npu_op_name(known[i].op), where, version, known[i].version);
	}
	found->op = known[i].op;
	found->options = known[i].options;
	return NPU_OK;
}

npu_status npu_tflite_find_ops(struct npu_tflite *f, struct npu_tflite_op *ops)
{
	uint32_t i;

	for (i = 0; i < f->operators.count; i++)
		NPU_TRY(find_op(f, i, &ops[i]));
	return NPU_OK;
}

npu_status npu_tflite_read_nodes(struct npu_tflite *f, const struct npu_tflite_op *ops)
{
	struct npu_graph *graph = f->graph;
	uint32_t i;

	graph->nodes = calloc((size_t)f->operators.count + 1, sizeof(*graph->nodes));
	if (!graph->nodes)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for the network");
	graph->num_nodes = (int)f->operators.count;
	for (i = 0; i < f->operators.count; i++) {
		struct npu_fb_table table = npu_fb_vec_table(&f->fb, &f->operators, i);
		struct npu_node *node = &graph->nodes[i];
		struct npu_fb_vec inputs, outputs;

		node->op = ops[i].op;
		node->index = (int)i;
		inputs = npu_fb_vec(&f->fb, &table, OPERATOR_INPUTS, 4);
		outputs = npu_fb_vec(&f->fb, &table, OPERATOR_OUTPUTS, 4);
		NPU_TRY(npu_tflite_ok(f, "operator", (int)i));
		NPU_TRY(npu_tflite_indices(f, &inputs, &node->inputs, &node->num_inputs));
		NPU_TRY(npu_tflite_indices(f, &outputs, &node->outputs, &node->num_outputs));
	}
	return NPU_OK;
}

npu_status npu_tflite_read_params(struct npu_tflite *f, const struct npu_tflite_op *ops)
{
	uint32_t i;

	for (i = 0; i < f->operators.count; i++) {
		struct npu_fb_table table = npu_fb_vec_table(&f->fb, &f->operators, i);
		struct npu_fb_table options = { 0 };

		/* Options of another type count as none, as in TFLite. */
		if (ops[i].options &&
		    npu_fb_u8(&f->fb, &table, OPERATOR_OPTIONS_TYPE, 0) == ops[i].options)
			options = npu_fb_table(&f->fb, &table, OPERATOR_OPTIONS);
		NPU_TRY(npu_tflite_ok(f, "operator", (int)i));
		NPU_TRY(npu_tflite_read_options(f, &options, &f->graph->nodes[i]));
	}
	return NPU_OK;
}
