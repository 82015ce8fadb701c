/* SPDX-License-Identifier: MIT */
/*
 * Reference kernels: what every operator means, bit for bit as TFLite's own
 * reference kernels compute it (docs/numerics.md).  They are the "cpu" device and
 * the golden of everything below, so they are written to be read, and share no
 * code with the compiler or the models of the hardware.
 */
#ifndef NPU_KERNELS_H
#define NPU_KERNELS_H

#include "ir/graph.h"

/*
 * Whether a kernel exists for this node of a checked graph, with these types.
 * NPU_ERR_UNSUPPORTED, naming node, operator and tensor, if not.
 */
npu_status npu_kernel_supports(const struct npu_graph *graph, const struct npu_node *node);

/*
 * Executes one node.  data[t] is the buffer of tensor t (npu_tensor_bytes()
 * bytes, aligned to 16); buffers of constants are the graph's own.  Inputs are
 * only read.  NPU_ERR_NOMEM and NPU_ERR_UNSUPPORTED are the only failures.
 */
npu_status npu_kernel_run(const struct npu_graph *graph, const struct npu_node *node,
			  void *const *data);

/*
 * Executes a whole graph.  data as above, for every tensor; graph inputs are
 * filled by the caller, everything else is written.
 */
npu_status npu_kernel_run_graph(const struct npu_graph *graph, void *const *data);

#endif
