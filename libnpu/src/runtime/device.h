/* SPDX-License-Identifier: MIT */
#ifndef NPU_RUNTIME_DEVICE_H
#define NPU_RUNTIME_DEVICE_H

#include "iss/preset.h"
#include "npu.h"
#include "runtime/host.h"

struct npu_device {
	const char *name;
	const struct onpu_preset *preset;
	struct npu_host *host;		/* NULL: "cpu" */
};

#endif
