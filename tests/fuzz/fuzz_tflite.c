// SPDX-License-Identifier: MIT
/* The TFLite front-end: whatever it takes must be a good graph, and copy as one. */
#include <stdlib.h>

#include "fuzz.h"
#include "ir/graph.h"

FUZZ_TARGET(tflite)
{
	struct npu_graph graph, copy;

	if (npu_tflite_read(&graph, data, size) != NPU_OK)
		return 0;
	if (npu_graph_check(&graph) != NPU_OK || npu_graph_copy(&copy, &graph) != NPU_OK)
		abort();
	npu_graph_clear(&graph);
	if (npu_graph_check(&copy) != NPU_OK)
		abort();
	npu_graph_clear(&copy);
	return 1;
}
