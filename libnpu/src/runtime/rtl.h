/* SPDX-License-Identifier: MIT */
/* The compiled RTL, from its shared object. */
#ifndef NPU_RUNTIME_RTL_H
#define NPU_RUNTIME_RTL_H

#include "iss/preset.h"
#include "npu.h"
#include "sim/machine_rtl.h"

struct npu_rtl {
	void *library;
	onpu_rtl_new_fn new_model;
	onpu_rtl_firmware_fn firmware;
	onpu_rtl_set_watch_fn set_watch;
	onpu_rtl_cycles_fn cycles;
	onpu_rtl_inject_fn inject;
	onpu_rtl_sram_fn sram;
	struct onpu_rtl_options options;
};

npu_status npu_rtl_open(const struct onpu_preset *preset, const npu_rtl_options *options,
			struct npu_rtl **rtl);
/* Models made from it must be gone. */
void npu_rtl_close(struct npu_rtl *rtl);

#endif
