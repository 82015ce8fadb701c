/* SPDX-License-Identifier: MIT */
#ifndef NPU_IR_SAVE_H
#define NPU_IR_SAVE_H

#include <stddef.h>

#include "npu.h"

/*
 * Writes a file so that either all of it appears under path, or nothing does.  What is there and
 * is no regular file is written to.  path must not be empty.
 */
npu_status npu_save(const char *path, const void *data, size_t size);

#endif
