/* SPDX-License-Identifier: MIT */
/* Execution of one command that onpu_check_command() accepted. */
#ifndef ONPU_ENGINES_H
#define ONPU_ENGINES_H

#include "command.h"
#include "core.h"
#include "weights.h"

struct onpu_machine {
	const struct onpu_preset *preset;
	uint8_t *sram;
	const struct onpu_core_bus *bus;
	const struct onpu_core_job *job;
};

/* Memory fault of a LOAD or STORE. */
struct onpu_access_fault {
	uint32_t va;
	bool write;
};

/* Each returns ONPU_FAULT_NONE or why it stopped; FIRMWARE if the host has no memory. */
enum onpu_fault onpu_exec_conv(struct onpu_machine *machine, const struct onpu_cmd_conv *c);
enum onpu_fault onpu_exec_dwconv(struct onpu_machine *machine, const struct onpu_cmd_dwconv *c);
enum onpu_fault onpu_exec_eltwise(struct onpu_machine *machine,
				  const struct onpu_cmd_eltwise *c);
enum onpu_fault onpu_exec_pool(struct onpu_machine *machine, const struct onpu_cmd_pool *c);
enum onpu_fault onpu_exec_resize(struct onpu_machine *machine, const struct onpu_cmd_resize *c);
enum onpu_fault onpu_exec_dma(struct onpu_machine *machine, const struct onpu_cmd_load *c,
			      struct onpu_access_fault *fault);

/* What a command reads of its own tables: BAD_WEIGHTS or FIELD if it cannot run. */
enum onpu_fault onpu_check_contents(const struct onpu_machine *machine,
				    const union onpu_command *command);

struct onpu_weight_shape onpu_conv_shape(const struct onpu_preset *preset,
					 const struct onpu_cmd_conv *c);
struct onpu_weight_shape onpu_dwconv_shape(const struct onpu_preset *preset,
					   const struct onpu_cmd_dwconv *c);

#endif
