/* SPDX-License-Identifier: MIT */
/*
 * The compiled RTL as a whole device.  It lives in a shared object of its own for each preset,
 * libonpu_rtl_base.so, because compiled RTL is large and C++; libnpu opens it when it is asked for.
 */
#ifndef ONPU_MACHINE_RTL_H
#define ONPU_MACHINE_RTL_H

#include <stddef.h>
#include <stdint.h>

#include "iss/core.h"
#include "iss/machine_iss.h"
#include "machine.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ONPU_RTL_ABI 3

/* Cycles of a job by what the machine waited for; several can be true in one cycle. */
struct onpu_rtl_cycles {
	uint64_t busy;			/* a compute command ran */
	uint64_t active;		/* the array or the vector reader took a window */
	uint64_t weights;		/* the array waited for decoded weights */
	uint64_t accumulators;		/* the post-processor was behind */
	uint64_t bank;			/* a window met a bank conflict */
	uint64_t write;			/* results waited for the SRAM */
	uint64_t operand;		/* the post-processor waited for second operands */
	uint64_t mmu;			/* somebody waited for a page-table walk */
	uint64_t walks;			/* page-table walks that somebody waited for */
};

struct onpu_rtl_options {
	uint32_t abi;			/* ONPU_RTL_ABI */
	uint32_t bytes_per_cycle;	/* of the memory, reads and writes together; 0: 8 */
	uint32_t latency;		/* of the memory, in cycles; 0: 100 */
	uint64_t seed;			/* not 0: random latency and back-pressure */
	const char *trace;		/* FST file of cycles [trace_from, trace_to), or NULL */
	uint64_t trace_from, trace_to;
};

/* host is copied.  NULL, with a reason, if the trace cannot be opened or memory is short. */
typedef struct onpu_model *(*onpu_rtl_new_fn)(const struct onpu_model_host *host,
					      const struct onpu_rtl_options *options,
					      const char **error);
struct onpu_model *onpu_rtl_new(const struct onpu_model_host *host,
				const struct onpu_rtl_options *options, const char **error);

/* The firmware that was built for it: an image with its header. */
typedef const void *(*onpu_rtl_firmware_fn)(size_t *size);
const void *onpu_rtl_firmware(size_t *size);

/* As onpu_iss_set_watch: each command since the job's start or resumption; cycles from the RTL. */
typedef void (*onpu_rtl_set_watch_fn)(struct onpu_model *model, onpu_iss_watch watch, void *ctx);
void onpu_rtl_set_watch(struct onpu_model *model, onpu_iss_watch watch, void *ctx);

/* Since the model began. */
typedef void (*onpu_rtl_cycles_fn)(const struct onpu_model *model, struct onpu_rtl_cycles *cycles);
void onpu_rtl_get_cycles(const struct onpu_model *model, struct onpu_rtl_cycles *cycles);

/* Reads or writes SRAM behind the hardware's back, for tests; while no job runs. */
typedef void (*onpu_rtl_sram_fn)(struct onpu_model *model, uint32_t addr, void *data,
				 uint32_t size, bool write);
void onpu_rtl_sram(struct onpu_model *model, uint32_t addr, void *data, uint32_t size, bool write);

/* As onpu_iss_inject. */
typedef int (*onpu_rtl_inject_fn)(struct onpu_model *model, enum onpu_inject what, uint64_t n);
int onpu_rtl_inject(struct onpu_model *model, enum onpu_inject what, uint64_t n);

#ifdef __cplusplus
}
#endif

#endif
