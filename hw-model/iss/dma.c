// SPDX-License-Identifier: MIT
/* LOAD, FILL, STORE. */
#include <string.h>

#include "engines.h"

struct transfer {
	struct onpu_machine *machine;
	const struct onpu_cmd_load *c;
	struct onpu_access_fault *fault;
};

/* size contiguous bytes on both sides */
static enum onpu_fault move(const struct transfer *t, uint32_t offset, uint32_t addr,
			    uint32_t size)
{
	const struct onpu_core_bus *bus = t->machine->bus;
	uint8_t *sram = t->machine->sram + addr;
	uint32_t va;
	int code;

	if (t->c->head.opcode == ONPU_OPCODE_FILL) {
		memset(sram, t->c->value, size);
		return ONPU_FAULT_NONE;
	}
	va = t->machine->job->region[t->c->region].va + offset;
	t->fault->va = va;
	t->fault->write = t->c->head.opcode == ONPU_OPCODE_STORE;
	code = t->fault->write ? bus->write(bus->ctx, va, sram, size, &t->fault->va) :
	       bus->read(bus->ctx, va, sram, size, &t->fault->va);
	return (enum onpu_fault)code;
}

enum onpu_fault onpu_exec_dma(struct onpu_machine *machine, const struct onpu_cmd_load *c,
			      struct onpu_access_fault *fault)
{
	struct transfer t = { machine, c, fault };
	bool external = c->head.opcode != ONPU_OPCODE_FILL;
	/* Runs that touch each other on both sides move as one. */
	bool joined = c->sram_stride1 == c->n0 && (!external || c->ext_stride1 == c->n0);
	uint32_t runs = joined ? 1 : c->n1, size = joined ? c->n0 * c->n1 : c->n0;

	for (uint32_t k = 0; k < c->n2; k++) {
		uint32_t row = c->row + k;
		uint32_t offset = c->offset + k * c->ext_stride2, addr;

		if (c->ring)
			row %= c->ring;
		addr = c->addr + row * c->sram_stride2;
		for (uint32_t j = 0; j < runs; j++) {
			enum onpu_fault code = move(&t, offset + j * c->ext_stride1,
						    addr + j * c->sram_stride1, size);

			if (code != ONPU_FAULT_NONE)
				return code;
		}
	}
	return ONPU_FAULT_NONE;
}
