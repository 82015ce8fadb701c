// SPDX-License-Identifier: MIT
/* What the operators' rules have in common. */
#include "ir/graph_check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

npu_status npu_check_fail(const struct npu_check *c, npu_status status, const char *format, ...)
{
	char label[256], text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return npu_fail(status, "%s: %s",
			npu_node_label(c->graph, c->node, label, sizeof(label)), text);
}

const struct npu_tensor *npu_check_in(const struct npu_check *c, int i)
{
	int t = i < c->node->num_inputs ? c->node->inputs[i] : -1;

	return t < 0 ? NULL : &c->graph->tensors[t];
}

const struct npu_tensor *npu_check_out(const struct npu_check *c, int i)
{
	return &c->graph->tensors[c->node->outputs[i]];
}

npu_status npu_check_type(const struct npu_check *c, const struct npu_tensor *t,
			  const char *what, unsigned int mask)
{
	char list[128] = "";
	int i;

	if (mask & NPU_T(t->dtype))
		return NPU_OK;
	for (i = 0; i < NPU_DTYPE_COUNT; i++)
		if (mask & NPU_T(i))
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
				 *list ? ", " : "", npu_dtype_name(i));
	return npu_check_fail(c, NPU_ERR_UNSUPPORTED, "%s (tensor '%.120s') has type %s, not %s",
			      what, t->name, npu_dtype_name(t->dtype), list);
}

npu_status npu_check_same_type(const struct npu_check *c, const struct npu_tensor *t,
			       const struct npu_tensor *like, const char *what)
{
	if (t->dtype == like->dtype)
		return NPU_OK;
	return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
			      "%s (tensor '%.120s') has type %s, which does not go with %s",
			      what, t->name, npu_dtype_name(t->dtype),
			      npu_dtype_name(like->dtype));
}

bool npu_check_quantized(const struct npu_tensor *t)
{
	return (NPU_T_QUANT & NPU_T(t->dtype)) != 0;
}

npu_status npu_check_activation(const struct npu_check *c, const struct npu_tensor *t,
				const char *what, unsigned int mask)
{
	NPU_TRY(npu_check_type(c, t, what, mask));
	if (!npu_check_quantized(t))
		return NPU_OK;
	if (!t->quant.n)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "%s (tensor '%.120s') has no quantization", what, t->name);
	if (t->quant.n != 1)
		return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
				      "%s (tensor '%.120s') is quantized per channel", what,
				      t->name);
	if (t->dtype == NPU_INT16 && t->quant.zero_point[0])
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "%s (tensor '%.120s') is int16 with zero point %d, not 0",
				      what, t->name, t->quant.zero_point[0]);
	return NPU_OK;
}

bool npu_check_same_quant(const struct npu_tensor *a, const struct npu_tensor *b)
{
	int i;

	/* The values decide, where both are moved; the axis may have moved with them. */
	if (a->quant.n != b->quant.n)
		return false;
	for (i = 0; i < a->quant.n; i++)
		if (a->quant.scale[i] != b->quant.scale[i] ||
		    a->quant.zero_point[i] != b->quant.zero_point[i])
			return false;
	return true;
}

npu_status npu_check_equal_quant(const struct npu_check *c, const struct npu_tensor *t,
				 const struct npu_tensor *like, const char *what)
{
	if (!npu_check_quantized(t) || npu_check_same_quant(t, like))
		return NPU_OK;
	return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
			      "%s (tensor '%.120s', scale %.9g, zero point %d) is quantized "
			      "differently from tensor '%.120s' (scale %.9g, zero point %d)",
			      what, t->name, t->quant.n ? (double)t->quant.scale[0] : 0.0,
			      t->quant.n ? t->quant.zero_point[0] : 0, like->name,
			      like->quant.n ? (double)like->quant.scale[0] : 0.0,
			      like->quant.n ? like->quant.zero_point[0] : 0);
}

npu_status npu_check_factor(const struct npu_check *c, double factor)
{
	if (isfinite(factor) && fabs(factor) < (double)(1 << 30))
		return NPU_OK;
	return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
			      "the scales ask for a multiplication by %g", factor);
}

npu_status npu_check_act(const struct npu_check *c, enum npu_act act, const struct npu_tensor *out)
{
	if ((unsigned int)act > NPU_ACT_RELU6)
		return npu_check_fail(c, NPU_ERR_FORMAT, "unknown activation %d", (int)act);
	if (act != NPU_ACT_NONE && npu_check_quantized(out) && out->quant.n &&
	    6.0 / (double)out->quant.scale[0] > 1e9)
		return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
				      "output scale %g is too small for its activation",
				      (double)out->quant.scale[0]);
	return NPU_OK;
}

npu_status npu_check_rank(const struct npu_check *c, const struct npu_tensor *t, const char *what,
			  int least, int most)
{
	if (t->rank >= least && t->rank <= most)
		return NPU_OK;
	return npu_check_fail(c, t->rank > most ? NPU_ERR_UNSUPPORTED : NPU_ERR_FORMAT,
			      "%s (tensor '%.120s') has %d dimensions", what, t->name, t->rank);
}

struct npu_shape npu_check_shape_of(const struct npu_tensor *t)
{
	struct npu_shape shape = { .rank = t->rank };
	int i;

	for (i = 0; i < t->rank; i++)
		shape.dims[i] = t->dims[i];
	return shape;
}

static void print_shape(char *buf, size_t size, const struct npu_shape *shape)
{
	size_t used = (size_t)snprintf(buf, size, "[");
	int i;

	for (i = 0; i < shape->rank && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%lld", i ? ", " : "",
					 (long long)shape->dims[i]);
	if (used < size)
		snprintf(buf + used, size - used, "]");
}

static npu_status set_shape(const struct npu_check *c, struct npu_tensor *t,
			    const struct npu_shape *shape)
{
	int64_t bytes = (int64_t)npu_dtype_size(t->dtype);
	int i;

	for (i = 0; i < shape->rank; i++) {
		if (shape->dims[i] > NPU_MAX_TENSOR_BYTES / bytes)
			return npu_check_fail(c, NPU_ERR_LIMIT,
					      "its result is larger than 2 GiB");
		bytes *= shape->dims[i];
	}
	t->rank = shape->rank;
	for (i = 0; i < shape->rank; i++)
		t->dims[i] = (int32_t)shape->dims[i];
	return NPU_OK;
}

npu_status npu_check_shape(const struct npu_check *c, int output, const struct npu_shape *shape)
{
	const struct npu_tensor *t = npu_check_out(c, output);
	struct npu_shape declared;
	char want[160], have[160];
	int i;

	print_shape(want, sizeof(want), shape);
	if (shape->rank > NPU_MAX_RANK)
		return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
				      "its result has shape %s; at most %d dimensions are supported",
				      want, NPU_MAX_RANK);
	for (i = 0; i < shape->rank; i++)
		if (shape->dims[i] <= 0)
			return npu_check_fail(c, NPU_ERR_FORMAT, "its result has shape %s", want);
	if (c->infer)
		return set_shape(c, &c->infer[c->node->outputs[output]], shape);
	declared = npu_check_shape_of(t);
	if (declared.rank == shape->rank &&
	    !memcmp(declared.dims, shape->dims, (size_t)shape->rank * sizeof(shape->dims[0])))
		return NPU_OK;
	print_shape(have, sizeof(have), &declared);
	return npu_check_fail(c, NPU_ERR_FORMAT,
			      "output %d (tensor '%.120s') has shape %s, but the operator computes %s",
			      output, t->name, have, want);
}

npu_status npu_check_broadcast(const struct npu_check *c, const struct npu_tensor *a,
			       const struct npu_tensor *b, struct npu_shape *shape)
{
	int i;

	shape->rank = a->rank > b->rank ? a->rank : b->rank;
	for (i = 0; i < shape->rank; i++) {
		int ia = i - (shape->rank - a->rank), ib = i - (shape->rank - b->rank);
		int32_t da = ia < 0 ? 1 : a->dims[ia], db = ib < 0 ? 1 : b->dims[ib];

		if (da != db && da != 1 && db != 1)
			return npu_check_fail(c, NPU_ERR_FORMAT,
					      "shapes of the inputs do not go together: "
					      "%d and %d along axis %d", da, db, i);
		shape->dims[i] = da > db ? da : db;
	}
	return NPU_OK;
}

npu_status npu_check_ints(const struct npu_check *c, int input, const char *what, int max,
			  int64_t *values, int *count)
{
	const struct npu_tensor *t = npu_check_in(c, input);
	size_t n, i;

	if (!t)
		return npu_check_fail(c, NPU_ERR_FORMAT, "%s: input %d is missing", what, input);
	NPU_TRY(npu_check_type(c, t, what, NPU_T_INDEX));
	if (!t->data)
		return npu_check_fail(c, NPU_ERR_UNSUPPORTED,
				      "%s (tensor '%.120s') must be constant", what, t->name);
	n = npu_tensor_elements(t);
	if (n > (size_t)max)
		return npu_check_fail(c, NPU_ERR_FORMAT,
				      "%s (tensor '%.120s'): %zu values, more than %d",
				      what, t->name, n, max);
	for (i = 0; i < n; i++) {
		int32_t narrow;

		if (t->dtype == NPU_INT64) {
			memcpy(&values[i], (const char *)t->data + 8 * i, 8);
		} else {
			memcpy(&narrow, (const char *)t->data + 4 * i, 4);
			values[i] = narrow;
		}
	}
	*count = (int)n;
	return NPU_OK;
}

npu_status npu_check_int(const struct npu_check *c, int input, const char *what, int64_t *value)
{
	int count;

	return npu_check_ints(c, input, what, 1, value, &count);
}
