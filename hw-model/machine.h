/* SPDX-License-Identifier: MIT */
/*
 * One device, whatever it is made of: the functional model, compiled RTL.  What drives it
 * (the in-process host of libnpu, a server for a virtual machine, tests) is written once.
 *
 * A model is used by one thread at a time.
 */
#ifndef ONPU_MACHINE_H
#define ONPU_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the device reaches: memory by bus address, and the interrupt line. */
struct onpu_model_host {
	void *ctx;
	/* 0, or not 0: the bus answers with an error. */
	int (*read)(void *ctx, uint64_t address, void *data, size_t size);
	int (*write)(void *ctx, uint64_t address, const void *data, size_t size);
	/* The level of the line has changed. */
	void (*interrupt)(void *ctx, bool level);
};

struct onpu_model;

struct onpu_model_ops {
	const char *name;
	void (*free)(struct onpu_model *model);
	uint32_t (*read)(struct onpu_model *model, uint32_t offset);
	void (*write)(struct onpu_model *model, uint32_t offset, uint32_t value);
	uint64_t (*run)(struct onpu_model *model, uint64_t cycles);
};

/* First member of every model. */
struct onpu_model {
	const struct onpu_model_ops *ops;
};

static inline void onpu_model_free(struct onpu_model *model)
{
	if (model)
		model->ops->free(model);
}

/* The host page, ONPU_HOST_*. */
static inline uint32_t onpu_model_read(struct onpu_model *model, uint32_t offset)
{
	return model->ops->read(model, offset);
}

static inline void onpu_model_write(struct onpu_model *model, uint32_t offset, uint32_t value)
{
	model->ops->write(model, offset, value);
}

/*
 * Lets about that many cycles pass; less if the interrupt line rose.  Nothing happens in
 * the device outside of this call.  Returns the cycles that passed.
 */
static inline uint64_t onpu_model_run(struct onpu_model *model, uint64_t cycles)
{
	return model->ops->run(model, cycles);
}

#endif
