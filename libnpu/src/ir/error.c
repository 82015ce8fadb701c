// SPDX-License-Identifier: MIT
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[1024];
static _Thread_local npu_status last;

npu_status npu_fail(npu_status status, const char *format, ...)
{
	char text[sizeof(message)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(message, text, sizeof(message));
	last = status;
	return status;
}

npu_status npu_fail_context(npu_status status, const char *format, ...)
{
	char text[sizeof(message)];
	va_list args;
	size_t used;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	used = strlen(text);
	/* The precision says that cutting it off is meant. */
	snprintf(text + used, sizeof(text) - used, ": %.*s", (int)(sizeof(text) - used), message);
	memcpy(message, text, sizeof(message));
	last = status;
	return status;
}

npu_status npu_error_status(void)
{
	return last;
}

const char *npu_error(void)
{
	return message;
}

const char *npu_status_name(npu_status status)
{
	switch (status) {
	case NPU_OK: return "success";
	case NPU_ERR_NOMEM: return "out of memory";
	case NPU_ERR_IO: return "input/output error";
	case NPU_ERR_FORMAT: return "malformed file";
	case NPU_ERR_VERSION: return "version not supported";
	case NPU_ERR_UNSUPPORTED: return "not supported";
	case NPU_ERR_INVALID: return "invalid argument";
	case NPU_ERR_STRICT: return "refused by strict";
	case NPU_ERR_LIMIT: return "limit exceeded";
	case NPU_ERR_DEVICE: return "device fault";
	case NPU_ERR_MISMATCH: return "results differ";
	case NPU_ERR_INTERNAL: return "internal error";
	}
	return "unknown status";
}

const char *npu_version(void)
{
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
	return TEXT(NPU_VERSION_MAJOR) "." TEXT(NPU_VERSION_MINOR) "." TEXT(NPU_VERSION_PATCH);
}
