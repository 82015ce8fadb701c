/* SPDX-License-Identifier: MIT */
/*
 * All that firmware knows of the machine that it runs on.  On the control core these are
 * loads and stores; the functional model and the tests bring their own.
 */
#ifndef ONPU_HAL_H
#define ONPU_HAL_H

#include <stdint.h>

struct onpu_hal {
	void *ctx;
	/* Registers of the control core's page (ONPU_CTL_*). */
	uint32_t (*reg_read)(void *ctx, uint32_t offset);
	void (*reg_write)(void *ctx, uint32_t offset, uint32_t value);
	/* Memory in context 0; 0, or not 0 if there is none.  Writes may be posted. */
	int (*mem_read)(void *ctx, uint32_t va, void *data, uint32_t size);
	int (*mem_write)(void *ctx, uint32_t va, const void *data, uint32_t size);
	/*
	 * May be NULL.  Begins a read whose data are there when the next mem_read() returns; its
	 * failure is that mem_read()'s.
	 */
	void (*mem_read_ahead)(void *ctx, uint32_t va, void *data, uint32_t size);
	/*
	 * What was written before is in memory, and register writes have taken effect, before
	 * anything after it happens.
	 */
	void (*barrier)(void *ctx);
};

#endif
