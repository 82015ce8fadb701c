/* SPDX-License-Identifier: MIT */
/*
 * Proves, for tests, that the tokens of a stream order its commands: every byte that a
 * command touches is compared with what earlier commands of other engines did to it.
 */
#ifndef ONPU_ORDER_H
#define ONPU_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "engines.h"

struct onpu_order;

/* NULL if out of memory. */
struct onpu_order *onpu_order_new(uint32_t sram_bytes);
void onpu_order_free(struct onpu_order *order);

/* A job begins: in SRAM is what jobs have written since it was scrubbed. */
void onpu_order_start(struct onpu_order *order);
/* SRAM holds nothing that a job has written. */
void onpu_order_scrub(struct onpu_order *order);
/* A job goes on: its earlier commands have completed, and only live ranges are in SRAM. */
void onpu_order_resume(struct onpu_order *order, const struct onpu_range *live);

/* Around the accesses of one command of an engine. */
void onpu_order_begin(struct onpu_order *order, uint32_t engine, uint32_t stream_offset,
		      const struct onpu_head *head);
void onpu_order_read(struct onpu_order *order, uint32_t addr, uint32_t size);
void onpu_order_write(struct onpu_order *order, uint32_t addr, uint32_t size);
/* External bytes, which LOAD reads and STORE writes. */
void onpu_order_external(struct onpu_order *order, uint32_t va, uint32_t size);
/* There was no memory to tell all accesses: the command counts as wrong. */
void onpu_order_fail(struct onpu_order *order);
/* False: onpu_order_hazard() says what is wrong. */
bool onpu_order_end(struct onpu_order *order);

/* "" if nothing is wrong. */
const char *onpu_order_hazard(const struct onpu_order *order);

/* All accesses of a command that is right in itself. */
void onpu_touch_command(struct onpu_order *order, const struct onpu_machine *machine,
			const union onpu_command *command);

#endif
