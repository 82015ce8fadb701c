/* SPDX-License-Identifier: MIT */
/* The functional model as a whole device, with the firmware compiled natively. */
#ifndef ONPU_MACHINE_ISS_H
#define ONPU_MACHINE_ISS_H

#include "core.h"
#include "machine.h"
#include "preset.h"

/* NULL if out of memory.  host is copied. */
struct onpu_model *onpu_iss_new(const struct onpu_preset *preset,
				const struct onpu_model_host *host);

/*
 * Everything that can go wrong, on purpose.  An access is what a model does at once: a beat on
 * the RTL's bus, with what it reads ahead; contiguous bytes in the functional model.
 */
enum onpu_inject {
	ONPU_INJECT_BUS_ERROR,		/* the n-th access of the engines from now on fails */
	ONPU_INJECT_CORE_BUS_ERROR,	/* the n-th access of the control core from now on fails */
	ONPU_INJECT_LOST_INTERRUPT,	/* the n-th rise of the line is not delivered */
	ONPU_INJECT_HANG,		/* the n-th command from now on that an engine begins hangs */
	ONPU_INJECT_STUCK_BUS,		/* n = 1: the engines get no answers, no fence drains; 0: they do */
	ONPU_INJECT_CORRUPT_IMAGE,	/* bit n - 1 of the next image that is booted flips */
	ONPU_INJECT_STOPPED_FIRMWARE,	/* n = 1: the control core does nothing any more; 0: it does */
	ONPU_INJECT_REMOVED,		/* n = 1: the device is gone, reads give all ones */
	ONPU_INJECT_BAD_IMAGES,		/* n = 1: every image that is booted is damaged; 0: it is not */
	ONPU_INJECT_LIE,		/* the next completion record is wrong in that way, see lie.h */
	ONPU_INJECT_REGISTERS,		/* registers say that they are of version n; 0: of their own */
	ONPU_INJECT_COMMANDS,		/* the same of commands */
	ONPU_INJECT_INTERFACE,		/* the same of the interface of firmware that boots */
	ONPU_INJECT_COUNT
};

/* n counts from 1; 0 takes it back.  Not 0: there is no such kind. */
int onpu_iss_inject(struct onpu_model *model, enum onpu_inject what, uint64_t n);

/*
 * For profiles and tests, where hardware has counters and trace records at most: called
 * when the command processor stops (DONE, FAULT or PREEMPTED) with what each command since
 * the job's start or resumption cost.
 */
typedef void (*onpu_iss_watch)(void *ctx, uint8_t context, const struct onpu_command_time *times,
			       size_t count);
void onpu_iss_set_watch(struct onpu_model *model, onpu_iss_watch watch, void *ctx);

/* For tests. */
struct onpu_core *onpu_iss_core(struct onpu_model *model);

#endif
