/* SPDX-License-Identifier: MIT */
/* The model behind BAR 0: its registers, its time, and what can be made to go wrong. */
#ifndef ONPU_SERVER_DEVICE_H
#define ONPU_SERVER_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "dma.h"
#include "interrupt.h"
#include "runtime/rtl.h"

struct device {
	const struct onpu_preset *preset;
	struct npu_rtl *rtl;		/* NULL: the functional model */
	struct onpu_model *model;
	struct dma dma;
	struct interrupt interrupt;
	FILE *log;			/* or NULL */
	bool master;			/* bus mastering */
	bool powered;			/* D0 */
	bool removed;
	/* Time, in cycles that have passed; it goes on when the model is made anew. */
	uint64_t cycles;
	uint64_t awake_until;		/* idle or not */
	bool rung;			/* a doorbell, and no access to memory since */
	uint64_t slice;			/* cycles between two looks at the socket */
	uint64_t due;			/* ns; the next slice not before this */
	uint64_t mmio_reads, mmio_writes, doorbells;
	uint64_t cycles_base;		/* when the counters were last reset */
};

/* False, with a message on stderr: the model cannot be made. */
bool device_open(struct device *device);
void device_close(struct device *device);

/*
 * All state is lost, as when power was; the peer's memory and eventfds stay.  False, with a
 * message, if there is no new model; the device then answers as if it was removed.
 */
bool device_reset(struct device *device);
/* From the function's command and power registers. */
void device_enable(struct device *device, bool powered, bool master, bool wired);

/* BAR 0; the caller has checked the range. */
void device_read(struct device *device, uint32_t offset, void *data, uint32_t size);
void device_write(struct device *device, uint32_t offset, const void *data, uint32_t size);

/* Whether time should pass at all. */
bool device_runs(const struct device *device);
/* ns until it should; 0: now. */
uint64_t device_wait(const struct device *device);
void device_slice(struct device *device);
/* The register; UINT64_MAX of a device that is gone. */
uint64_t device_cycle(struct device *device);

void device_inject(struct device *device, enum onpu_inject what, uint64_t n);

void device_log(const struct device *device, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
