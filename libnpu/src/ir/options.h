/* SPDX-License-Identifier: MIT */
#ifndef NPU_IR_OPTIONS_H
#define NPU_IR_OPTIONS_H

#include <stddef.h>

#include "npu.h"

/*
 * Whether options, which begin with their size, are ones of this version: the known ones of them
 * take that many bytes.  function is for the message.
 */
npu_status npu_options_check(const char *function, const void *options, size_t known);

#endif
