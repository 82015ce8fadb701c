/* SPDX-License-Identifier: MIT */
#ifndef NPU_RUNTIME_DEVICE_H
#define NPU_RUNTIME_DEVICE_H

#include "iss/preset.h"
#include "npu.h"
#include "runtime/backend.h"
#include "runtime/host.h"

struct npu_device {
	const char *name;
	const struct onpu_preset *preset;
	/* NULL: "cpu" */
	const struct npu_backend *backend;
	void *handle;			/* the backend's */
	struct npu_host *host;		/* the same, of "iss" and "rtl"; else NULL */
};

#endif
