// SPDX-License-Identifier: MIT
/*
 * Evaluates integer arithmetic on shapes.  Converters write it for networks whose
 * batch is open, SHAPE -> STRIDED_SLICE -> PACK -> RESHAPE; in a graph, where every
 * shape is known, its results are constants.  What is not a shape in disguise (more
 * elements, other types, network outputs) stays for the kernels.
 */
#include "ir/graph_check.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 64

struct values {
	int64_t v[MAX_VALUES];
	int n;
};

static bool is_index(const struct npu_tensor *t)
{
	return t->dtype == NPU_INT32 || t->dtype == NPU_INT64;
}

static bool small_index(const struct npu_tensor *t)
{
	return is_index(t) && npu_tensor_elements(t) <= MAX_VALUES;
}

static bool foldable(const struct npu_check *c)
{
	const struct npu_node *node = c->node;
	int i;

	for (i = 0; i < node->num_outputs; i++)
		if (!small_index(npu_check_out(c, i)) || c->is_output[node->outputs[i]])
			return false;
	if (node->op == NPU_OP_SHAPE)
		return true;
	for (i = 0; i < node->num_inputs; i++) {
		const struct npu_tensor *t = npu_check_in(c, i);

		if (!t || !t->data || !small_index(t))
			return false;
	}
	return true;
}

static npu_status load(const struct npu_check *c, int input, struct values *out)
{
	return npu_check_ints(c, input, "an input", MAX_VALUES, out->v, &out->n);
}

/* Gives output i its values; false if they do not fit into its type. */
static npu_status store(const struct npu_check *c, int i, const struct values *values, bool *ok)
{
	struct npu_tensor *t = &c->infer[c->node->outputs[i]];
	size_t n = npu_tensor_elements(t), k;

	*ok = n == (size_t)values->n;
	for (k = 0; k < n && *ok; k++)
		if (t->dtype == NPU_INT32 && values->v[k] != (int32_t)values->v[k])
			*ok = false;
	if (!*ok)
		return NPU_OK;
	t->data = malloc(npu_tensor_bytes(t));
	if (!t->data)
		return npu_fail(NPU_ERR_NOMEM, "out of memory for tensor '%s'", t->name);
	for (k = 0; k < n; k++) {
		if (t->dtype == NPU_INT32)
			((int32_t *)t->data)[k] = (int32_t)values->v[k];
		else
			((int64_t *)t->data)[k] = values->v[k];
	}
	return NPU_OK;
}

/* Elementwise, where one side may be a single value; false beyond 32-bit operands. */
static bool arith(enum npu_op op, const struct values *a, const struct values *b,
		  struct values *out)
{
	int i;

	if (a->n != b->n && a->n != 1 && b->n != 1)
		return false;
	out->n = a->n > b->n ? a->n : b->n;
	for (i = 0; i < out->n; i++) {
		int64_t x = a->v[a->n == 1 ? 0 : i], y = b->v[b->n == 1 ? 0 : i];

		if (x != (int32_t)x || y != (int32_t)y)
			return false;
		switch (op) {
		case NPU_OP_ADD: out->v[i] = x + y; break;
		case NPU_OP_SUB: out->v[i] = x - y; break;
		case NPU_OP_MUL: out->v[i] = x * y; break;
		case NPU_OP_MAXIMUM: out->v[i] = x > y ? x : y; break;
		default: out->v[i] = x < y ? x : y; break;
		}
	}
	return true;
}

/* The slice of a vector. */
static bool slice(const struct npu_check *c, const struct values *in, struct values *out)
{
	struct npu_slice_axis axes[2 * NPU_MAX_RANK + 2];
	int64_t begin = 0, stride = 1;
	int count, i, n;

	if (npu_check_in(c, 0)->rank != 1)
		return false;
	if (c->node->op == NPU_OP_SLICE) {
		if (npu_check_ints(c, 1, "the begins", 1, &begin, &n) != NPU_OK)
			return false;
	} else {
		if (npu_check_strided_slice_axes(c, axes, &count) != NPU_OK)
			return false;
		for (i = 0; i < count; i++) {
			if (!axes[i].added) {
				begin = axes[i].begin;
				stride = axes[i].stride;
			}
		}
	}
	out->n = (int)npu_tensor_elements(npu_check_out(c, 0));
	for (i = 0; i < out->n; i++)
		out->v[i] = in->v[begin + i * stride];
	return true;
}

static bool gather(const struct npu_check *c, const struct values *in,
		   const struct values *indices, struct values *out)
{
	int i;

	if (npu_check_in(c, 0)->rank != 1)
		return false;
	out->n = indices->n;
	for (i = 0; i < out->n; i++)
		out->v[i] = in->v[indices->v[i]];
	return true;
}

/* The inputs one after the other: PACK of scalars, CONCATENATION of vectors. */
static npu_status join(const struct npu_check *c, int rank, struct values *out, bool *ok)
{
	struct values in;
	int i;

	out->n = 0;
	for (i = 0; i < c->node->num_inputs; i++) {
		if (npu_check_in(c, i)->rank != rank)
			return NPU_OK;
		NPU_TRY(load(c, i, &in));
		if (in.n > MAX_VALUES - out->n)
			return NPU_OK;
		memcpy(&out->v[out->n], in.v, (size_t)in.n * sizeof(in.v[0]));
		out->n += in.n;
	}
	*ok = true;
	return NPU_OK;
}

npu_status npu_graph_fold(const struct npu_check *c, bool *folded)
{
	const struct npu_tensor *first = npu_check_in(c, 0);
	struct values a = { .n = 0 }, b = { .n = 0 }, out = { .n = 0 };
	bool ok = false;
	int i;

	*folded = false;
	if (!foldable(c))
		return NPU_OK;
	if (c->node->op != NPU_OP_SHAPE)
		NPU_TRY(load(c, 0, &a));
	switch (c->node->op) {
	case NPU_OP_SHAPE:
		out.n = first->rank;
		for (i = 0; i < first->rank; i++)
			out.v[i] = first->dims[i];
		ok = true;
		break;
	case NPU_OP_ADD:
	case NPU_OP_SUB:
	case NPU_OP_MUL:
		if (c->node->p.arith.act != NPU_ACT_NONE)
			break;
		/* fall through */
	case NPU_OP_MAXIMUM:
	case NPU_OP_MINIMUM:
		NPU_TRY(load(c, 1, &b));
		ok = arith(c->node->op, &a, &b, &out);
		break;
	case NPU_OP_SLICE:
	case NPU_OP_STRIDED_SLICE:
		ok = slice(c, &a, &out);
		break;
	case NPU_OP_GATHER:
		NPU_TRY(load(c, 1, &b));
		ok = gather(c, &a, &b, &out);
		break;
	case NPU_OP_PACK:
		NPU_TRY(join(c, 0, &out, &ok));
		break;
	case NPU_OP_CONCATENATION:
		NPU_TRY(join(c, 1, &out, &ok));
		break;
	case NPU_OP_CAST:
	case NPU_OP_RESHAPE:
	case NPU_OP_SQUEEZE:
	case NPU_OP_EXPAND_DIMS:
		out = a;
		ok = true;
		break;
	default:
		break;
	}
	if (!ok)
		return NPU_OK;
	return store(c, 0, &out, folded);
}
