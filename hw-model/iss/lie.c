// SPDX-License-Identifier: MIT
#include <stdbool.h>
#include <string.h>

#include "isa/onpu_isa.h"
#include "onpu_fw.h"
#include "lie.h"

#define TAIL (offsetof(struct onpu_fw_shared, completion_fw) + \
	      offsetof(struct onpu_fw_completion_fw, tail))

static void wrong_index(struct onpu_fw_completion *record)
{
	record->index += 1;
}

static void no_slot(struct onpu_fw_completion *record)
{
	record->slot = ONPU_FW_SLOTS;
}

/* One that exists, and has no job. */
static void foreign_slot(struct onpu_fw_completion *record)
{
	record->slot = ONPU_FW_SLOTS - 1;
}

static void old_seq(struct onpu_fw_completion *record)
{
	record->seq -= 1;
}

static void new_seq(struct onpu_fw_completion *record)
{
	record->seq += 1;
}

static void status(struct onpu_fw_completion *record)
{
	record->status = 0xff;
}

static void fault(struct onpu_fw_completion *record)
{
	record->status = ONPU_FW_FAULT;
	record->fault = 0xff;
}

/* Well done, and with a fault. */
static void contradiction(struct onpu_fw_completion *record)
{
	record->status = ONPU_FW_OK;
	record->fault = ONPU_FAULT_BUS;
}

static void engine(struct onpu_fw_completion *record)
{
	record->engine = 0xff;
}

static void reason(struct onpu_fw_completion *record)
{
	record->reason = 0xff;
}

static void cycles(struct onpu_fw_completion *record)
{
	record->start_cycle = record->end_cycle + 1;
}

static const struct {
	const char *name;
	void (*tell)(struct onpu_fw_completion *record);	/* NULL: it is about the tail */
	uint32_t tail;						/* added to it */
} lies[] = {
	{ .name = "index", .tell = wrong_index },
	{ .name = "no-slot", .tell = no_slot },
	{ .name = "foreign-slot", .tell = foreign_slot },
	{ .name = "old-seq", .tell = old_seq },
	{ .name = "new-seq", .tell = new_seq },
	{ .name = "status", .tell = status },
	{ .name = "fault", .tell = fault },
	{ .name = "contradiction", .tell = contradiction },
	{ .name = "engine", .tell = engine },
	{ .name = "reason", .tell = reason },
	{ .name = "cycles", .tell = cycles },
	/* The ring is full of records that nobody wrote; or fuller than full; or less than empty. */
	{ .name = "tail-full", .tail = ONPU_FW_COMPLETIONS_MAX - 1 },
	{ .name = "tail-beyond", .tail = ONPU_FW_COMPLETIONS_MAX },
	{ .name = "tail-behind", .tail = -2u },
};

#define LIES (sizeof(lies) / sizeof(lies[0]))

const char *onpu_lie_name(uint64_t lie)
{
	return lie && lie <= LIES ? lies[lie - 1].name : NULL;
}

uint64_t onpu_lie_by_name(const char *name)
{
	uint64_t i;

	for (i = 0; i < LIES; i++)
		if (strcmp(lies[i].name, name) == 0)
			return i + 1;
	return 0;
}

const void *onpu_lie_tell(uint64_t lie, uint32_t offset, const void *data, uint32_t size,
			  struct onpu_fw_completion *copy)
{
	bool is_tail = offset == TAIL && size == sizeof(onpu_le32);
	bool is_record = offset >= sizeof(struct onpu_fw_shared) && size == sizeof(*copy);
	uint32_t tail;

	if (!lie || lie > LIES)
		return NULL;
	if (lies[lie - 1].tell && is_record) {
		memcpy(copy, data, sizeof(*copy));
		lies[lie - 1].tell(copy);
		return copy;
	}
	if (!lies[lie - 1].tell && is_tail) {
		memcpy(&tail, data, sizeof(tail));
		tail += lies[lie - 1].tail;
		memcpy(copy, &tail, sizeof(tail));
		return copy;
	}
	return NULL;
}
