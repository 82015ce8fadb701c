/* SPDX-License-Identifier: MIT */
/* Views as plain bytes: how a tensor is written or read in another shape than its own. */
#ifndef NPU_COMPILE_LOWER_MOVE_H
#define NPU_COMPILE_LOWER_MOVE_H

#include "lower_state.h"

/* Whether the view's bytes are contiguous, in order, once its buffer is dense. */
bool npu_view_contiguous(const struct npu_lower *s, const struct npu_view *view);
/* The bytes of a contiguous view as h x w x c; makes its buffer dense. */
struct npu_view npu_view_reshape(struct npu_lower *s, const struct npu_view *view, struct npu_hwc shape);

#endif
