/* SPDX-License-Identifier: MIT */
/* The calling thread's error message, behind npu_error(). */
#ifndef NPU_IR_ERROR_H
#define NPU_IR_ERROR_H

#include "npu.h"

/* Records the message and returns status, so that a caller can return npu_fail(...). */
npu_status npu_fail(npu_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Puts context in front of the message that is there: "context: message". */
npu_status npu_fail_context(npu_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Of the thread's last failure: for callers of functions that return an object or NULL. */
npu_status npu_error_status(void);

#endif
