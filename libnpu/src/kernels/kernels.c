/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "kernels/kernel.h"
#include "kernels/kernels.h"

static const struct kernel_ops *const operators[NPU_OP_COUNT] = {
#define X(name) [NPU_OP_##name] = &npu_kernel_##name,
	NPU_OPS(X)
#undef X
};

const struct kernel_ops *npu_kernel_ops(enum npu_op op)
{
	return (unsigned int)op < NPU_OP_COUNT ? operators[op] : NULL;
}

static npu_status check_scale(const struct kernel *k, const struct npu_tensor *t)
{
	struct kernel_clamp limits = npu_kernel_limits(t->dtype);

	if (t->quant.n < 1)
		return npu_kernel_refuse(k, "%s tensor '%s' has no scale",
					 npu_dtype_name(t->dtype), t->name);
	for (int i = 0; i < t->quant.n; i++)
		if (!isfinite(t->quant.scale[i]) || t->quant.scale[i] <= 0.0f)
			return npu_kernel_refuse(k, "tensor '%s' has a scale of %g", t->name,
						 (double)t->quant.scale[i]);
	for (int i = 0; i < t->quant.n; i++)
		if (t->quant.zero_point[i] < limits.lo || t->quant.zero_point[i] > limits.hi)
			return npu_kernel_refuse(k, "tensor '%s' has a zero point of %d", t->name,
						 (int)t->quant.zero_point[i]);
	return NPU_OK;
}

/* One tensor of the node against the type of its main input. */
static npu_status check_tensor(const struct kernel *k, const struct kernel_ops *ops,
			       const struct npu_tensor *t, npu_dtype type, bool same)
{
	if (same && t->dtype != type)
		return npu_kernel_refuse(k, "tensor '%s' is %s, not %s", t->name,
					 npu_dtype_name(t->dtype), npu_dtype_name(type));
	if (ops->quantized & KERNEL_BYTES & KERNEL_TYPE(t->dtype))
		return check_scale(k, t);
	return NPU_OK;
}

npu_status npu_kernel_supports(const struct npu_graph *graph, const struct npu_node *node)
{
	struct kernel k = { graph, node, NULL };
	const struct kernel_ops *ops = npu_kernel_ops(node->op);
	const struct npu_tensor *t;
	npu_status status;
	npu_dtype type;

	if (!ops)
		return npu_kernel_refuse(&k, "no operator has this number");
	t = npu_kernel_in(&k, ops->main_input);
	if (!t)
		return npu_kernel_refuse(&k, "input %d is absent", ops->main_input);
	type = t->dtype;
	if (!(ops->types & KERNEL_TYPE(type)))
		return npu_kernel_refuse(&k, "its input '%s' is %s", t->name,
					 npu_dtype_name(type));
	for (int i = 0; i < node->num_inputs; i++) {
		t = npu_kernel_in(&k, i);
		if (!t)
			continue;
		status = check_tensor(&k, ops, t, type, ops->agree == KERNEL_SAME_ALL);
		if (status != NPU_OK)
			return status;
	}
	for (int i = 0; i < node->num_outputs; i++) {
		status = check_tensor(&k, ops, npu_kernel_out(&k, i), type,
				      ops->agree != KERNEL_ANY);
		if (status != NPU_OK)
			return status;
	}
	return ops->check ? ops->check(&k) : NPU_OK;
}

npu_status npu_kernel_run(const struct npu_graph *graph, const struct npu_node *node,
			  void *const *data)
{
	struct kernel k = { graph, node, data };
	npu_status status = npu_kernel_supports(graph, node);

	return status == NPU_OK ? npu_kernel_ops(node->op)->run(&k) : status;
}

npu_status npu_kernel_run_graph(const struct npu_graph *graph, void *const *data)
{
	for (int i = 0; i < graph->num_nodes; i++) {
		npu_status status = npu_kernel_run(graph, &graph->nodes[i], data);

		if (status != NPU_OK)
			return status;
	}
	return NPU_OK;
}
