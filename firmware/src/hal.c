// SPDX-License-Identifier: MIT
/* Small helpers over the HAL. */
#include "fw.h"

void onpu_zero(void *data, uint32_t size)
{
	__builtin_memset(data, 0, size);
}

void onpu_copy_job(struct onpu_job *to, const struct onpu_job *from)
{
	uint32_t i;

	to->desc = from->desc;
	for (i = 0; i < from->desc.region_count && i < ONPU_FW_REGIONS; i++)
		to->region[i] = from->region[i];
	to->slot = from->slot;
	to->reason = from->reason;
	to->switch_cycles = from->switch_cycles;
	to->queued = from->queued;
}

/* HI, LO, HI: the low word may wrap in between, but not twice. */
uint64_t onpu_reg64(struct onpu_firmware *fw, uint32_t lo)
{
	uint32_t hi = onpu_reg(fw, lo + 4);
	uint32_t low = onpu_reg(fw, lo);
	uint32_t again = onpu_reg(fw, lo + 4);

	if (hi != again)
		low = onpu_reg(fw, lo);
	return (uint64_t)again << 32 | low;
}

uint64_t onpu_cycle(struct onpu_firmware *fw)
{
	return onpu_reg64(fw, ONPU_CTL_CYCLE_LO);
}

bool onpu_shared_read(struct onpu_firmware *fw, uint32_t va, void *data, uint32_t size)
{
	if (!onpu_mem_read(fw, va, data, size))
		return true;
	onpu_zero(data, size);
	onpu_crash(fw, ONPU_FW_CRASH_SHARED, 0, va);
	return false;
}

bool onpu_shared_write(struct onpu_firmware *fw, uint32_t va, const void *data, uint32_t size)
{
	if (!onpu_mem_write(fw, va, data, size))
		return true;
	onpu_crash(fw, ONPU_FW_CRASH_SHARED, 1, va);
	return false;
}
