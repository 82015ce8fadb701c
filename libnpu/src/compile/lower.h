/* SPDX-License-Identifier: MIT */
/*
 * Lowered graph: what the scheduler works on.  Nodes of the graph have become layers
 * (operations of the compute engine, several nodes fused into one), and tensors
 * have become views of buffers, so that a pad, slice, concatenation or reshape that is
 * only a matter of addresses costs nothing.
 */
#ifndef NPU_COMPILE_LOWER_H
#define NPU_COMPILE_LOWER_H

#include "isa/onpu_isa.h"
#include "program.h"
#include "weights.h"

/* Of external memory, as the compiler expects it. */
#define NPU_BYTES_PER_CYCLE 8

/* A feature map of h x w x c bytes.  In SRAM it may have a halo of `pad` bytes around it. */
struct npu_buf {
	int h, w, c;
	int halo_t, halo_b, halo_l, halo_r;
	uint8_t pad;
	bool dense;		/* some view is flat: rows must be contiguous, no halo */
	int tensor;		/* the root tensor, which it holds whole */
	int home;		/* tensor whose external binding holds the same bytes, or -1 */
	bool given;		/* home holds data from outside: graph input, CPU result, constant */
};

/* A box of a buffer, or (flat) bytes of a dense buffer with pitches of their own. */
struct npu_view {
	int buf;		/* -1: none */
	int h, w, c;
	int y, x, ch;		/* where it begins; negative: in the halo */
	bool flat;
	uint32_t offset, row_pitch, pix_pitch;
};

/* One command's worth of a layer, before stripes and weight chunks split it further. */
struct npu_part {
	int h, w, c;			/* output */
	int out_y, out_x, out_c;	/* its element (0, 0, 0) in the layer's output view */
	int out_ystep, out_xstep;	/* view rows and pixels from one to the next */
	int in_y, in_x, in_c;		/* window of output (0, 0), in the layer's input view */
	int in_ystep, in_xstep;		/* strides */
	int win_h, win_w;		/* input rows and pixels that one output reads */
	int kernel_h, kernel_w;		/* DWCONV, POOL */
	int32_t mult;			/* POOL: rescale of this part */
	int8_t shift;
	int stream;			/* CONV, DWCONV: index of its weight stream */
};

enum npu_blob_use { NPU_BLOB_ACT, NPU_BLOB_ROWS, NPU_BLOB_COLUMNS, NPU_BLOB_USES };

/* Small read-only data of a layer: table or slopes, RESIZE's tables. */
struct npu_blob {
	uint8_t *data;
	uint32_t size;
};

struct npu_lop {
	enum onpu_opcode kind;		/* CONV, DWCONV, ELTWISE, POOL, RESIZE */
	int node;			/* first graph node */
	int level;			/* even; CPU nodes have odd levels; levels run in order */
	int tensor;			/* that it writes, for its name */
	char *name;
	uint64_t macs;
	struct npu_view in, op2, out;	/* op2.buf -1: none */
	int op2_ystep, op2_xstep;	/* 0: broadcast */
	uint16_t mode;			/* conv flags */
	uint8_t weight_zero;
	int dilation_h, dilation_w;
	enum onpu_pool pool;
	struct onpu_post post;		/* without addresses */
	int num_parts, cap_parts;
	struct npu_part *parts;
	int num_streams, cap_streams;
	struct npu_weight_stream *streams;
	struct npu_blob blob[NPU_BLOB_USES];
	bool prefill;			/* the output view is filled with `fill` first */
	uint8_t fill;
};

struct npu_lowered {
	const struct npu_graph *graph;
	const struct npu_graph *source;	/* the network as it is, with the same nodes and tensors */
	const struct onpu_preset *preset;
	bool keep_all, dense;
	int num_bufs, cap_bufs;
	struct npu_buf *bufs;
	int num_lops, cap_lops;
	struct npu_lop *lops;		/* sorted by level, then so that data are written before they are read */
	int *level;			/* of each node; odd: CPU */
	bool *external;			/* of each tensor: must have a binding */
	struct npu_node_placement *placement;	/* of each node */
	int failed_node;		/* when npu_lower() returns NPU_ERR_LIMIT: the node that must go to the CPU */
};

/* Whether the NPU runs this node by itself; if not, the reason is written to buf. */
bool npu_place_node(const struct npu_graph *graph, const struct npu_node *node, char *buf,
		    size_t size);

/*
 * source: what graph was made from, for the multiplications of its layers.
 * forced[n]: a reason to place node n on the CPU although it could run, or NULL.  Fills lowered, which
 * npu_lowered_clear() frees, also after a failure.  NPU_ERR_LIMIT: try again with failed_node forced.
 */
npu_status npu_lower(struct npu_lowered *lowered, const struct npu_graph *graph,
		     const struct npu_graph *source, const struct onpu_preset *preset, bool keep_all, bool dense,
		     char *const *forced);
void npu_lowered_clear(struct npu_lowered *lowered);
/* Adds to what is said of a node. */
npu_status npu_placement_add(struct npu_node_placement *placement, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Height, width and channels of a tensor, leading dimensions folded into the height. */
struct npu_hwc {
	int h, w, c;
};

struct npu_hwc npu_tensor_hwc(const struct npu_tensor *tensor);
/* Bytes from pixel to pixel of a view in SRAM and in external memory: the same. */
uint32_t npu_view_pix_pitch(const struct npu_lowered *lowered, const struct npu_view *view);

#endif
