/* SPDX-License-Identifier: MIT */
/* The parts of the TFLite front-end; npu_tflite_read() in ir/graph.h is its entry. */
#ifndef NPU_FRONTEND_TFLITE_H
#define NPU_FRONTEND_TFLITE_H

#include "frontend/flatbuffer.h"
#include "ir/graph.h"

/* A file larger than this is refused: its offsets are 32-bit. */
#define NPU_TFLITE_MAX_FILE	((size_t)1 << 30)

struct npu_tflite {
	struct npu_fb fb;
	struct npu_graph *graph;
	/* Of the model, and of its first subgraph. */
	struct npu_fb_vec opcodes, buffers, subgraphs, tensors, operators;
	unsigned char *used;		/* by tensor: something names it */
	/* Tensors may share what they refer to, so what is copied for them is limited. */
	uint64_t constant_bytes, constant_limit;
	uint64_t scales, scale_limit;
	uint64_t edges;
};

/* An operator's kind, found from its entry in the operators' table. */
struct npu_tflite_op {
	enum npu_op op;
	uint8_t options;		/* the type of its options, in the schema's numbering */
};

/* NULL if TFLite's schema does not know the number. */
const char *npu_tflite_operator_name(int32_t code);
const char *npu_tflite_type_name(int8_t type);

/* Copies a string of the file: always printable UTF-8, cut where it is very long. */
npu_status npu_tflite_string(struct npu_tflite *f, const struct npu_fb_vec *text, char **copy);
/* Reads a file; messages begin with its path. */
npu_status npu_tflite_read_file(const char *path, void **data, size_t *size);
/* Finds the model's vectors, and those of its first subgraph. */
npu_status npu_tflite_open(struct npu_tflite *f, const void *data, size_t size,
			   struct npu_fb_table *subgraph);
/*
 * Where a buffer's bytes are: inside its table, or behind the flatbuffer; bytes is 0 if it has
 * none.  Name and index of a tensor are for messages.
 */
npu_status npu_tflite_find_data(struct npu_tflite *f, uint32_t buffer, const char *name, int index,
				size_t *pos, uint64_t *bytes);

/* Bytes of the file that are a tensor's constant. */
struct npu_tflite_place {
	int tensor;			/* -1: of another subgraph */
	size_t pos;
	uint64_t bytes;
};

/* The constants of a graph that this file became, in the order of their positions. */
npu_status npu_tflite_find_places(const struct npu_graph *graph, const void *data, size_t size,
				  struct npu_tflite_place **places, size_t *count);

/* Failure of the flatbuffer reader, if there was one, as a status. */
npu_status npu_tflite_ok(const struct npu_tflite *f, const char *what, int index);

/* The operators' kinds: the first one that nothing here runs is an error. */
npu_status npu_tflite_find_ops(struct npu_tflite *f, struct npu_tflite_op *ops);
npu_status npu_tflite_read_tensors(struct npu_tflite *f);
/* Operators and what they connect; then, for messages that name tensors, their parameters. */
npu_status npu_tflite_read_nodes(struct npu_tflite *f, const struct npu_tflite_op *ops);
npu_status npu_tflite_read_params(struct npu_tflite *f, const struct npu_tflite_op *ops);
/* A vector of tensor indices; absent ones are -1. */
npu_status npu_tflite_indices(struct npu_tflite *f, const struct npu_fb_vec *vec, int **indices,
			      int *count);
/* Parameters of a node from its options table. */
npu_status npu_tflite_read_options(struct npu_tflite *f, const struct npu_fb_table *options,
				   struct npu_node *node);

/* Fields of the schema's tables. */
enum {
	MODEL_VERSION = 0, MODEL_OPCODES = 1, MODEL_SUBGRAPHS = 2, MODEL_BUFFERS = 4,
	OPCODE_DEPRECATED = 0, OPCODE_CUSTOM = 1, OPCODE_VERSION = 2, OPCODE_BUILTIN = 3,
	SUBGRAPH_TENSORS = 0, SUBGRAPH_INPUTS = 1, SUBGRAPH_OUTPUTS = 2, SUBGRAPH_OPERATORS = 3,
	TENSOR_SHAPE = 0, TENSOR_TYPE = 1, TENSOR_BUFFER = 2, TENSOR_NAME = 3,
	TENSOR_QUANTIZATION = 4, TENSOR_IS_VARIABLE = 5, TENSOR_SPARSITY = 6,
	TENSOR_EXTERNAL_BUFFER = 10,
	BUFFER_DATA = 0, BUFFER_OFFSET = 1, BUFFER_SIZE = 2,
	QUANT_SCALE = 2, QUANT_ZERO_POINT = 3, QUANT_DETAILS = 4, QUANT_AXIS = 6,
	OPERATOR_OPCODE = 0, OPERATOR_INPUTS = 1, OPERATOR_OUTPUTS = 2,
	OPERATOR_OPTIONS_TYPE = 3, OPERATOR_OPTIONS = 4,
};

#endif
