// SPDX-License-Identifier: MIT
/*
 * Firmware on the control core: its HAL over registers and copy port, the loop, the trap.
 */
#include "../src/fw.h"
#include "stack.h"

extern uint32_t stack_words[ONPU_STACK_SIZE / 4] __asm__("__stack_bottom");

/* Where the boot hardware leaves the image's header; see link.ld. */
extern const struct onpu_fw_image header __asm__("__header");

static struct onpu_firmware fw;
/* A posted write failed; whoever writes next hears of it. */
static bool store_failed;
static bool trapped;

static uint32_t reg_read(void *ctx, uint32_t offset)
{
	(void)ctx;
	return *onpu_reg_at(offset);
}

static void reg_write(void *ctx, uint32_t offset, uint32_t value)
{
	(void)ctx;
	*onpu_reg_at(offset) = value;
}

/* The copy port reads and writes memory behind the compiler's back. */
static inline void copy(uint32_t va, uintptr_t tcm, uint32_t command)
{
	*onpu_reg_at(ONPU_CTL_COPY_VA) = va;
	*onpu_reg_at(ONPU_CTL_COPY_TCM) = (uint32_t)tcm;
	__asm__ volatile("" : : : "memory");
	*onpu_reg_at(ONPU_CTL_COPY_COMMAND) = command;
}

void onpu_core_read_ahead(void *ctx, uint32_t va, void *data, uint32_t size)
{
	(void)ctx;
	copy(va, (uintptr_t)data, size);
}

int onpu_core_read(void *ctx, uint32_t va, void *data, uint32_t size)
{
	bool failed;

	(void)ctx;
	copy(va, (uintptr_t)data, size);
	failed = *onpu_reg_at(ONPU_CTL_COPY_LOADED);
	__asm__ volatile("" : : : "memory");
	if (failed)
		*onpu_reg_at(ONPU_CTL_COPY_STATUS) = ONPU_CTL_COPY_STATUS_LOAD_ERROR;
	return failed;
}

int onpu_core_write(void *ctx, uint32_t va, const void *data, uint32_t size)
{
	bool failed = store_failed;

	(void)ctx;
	store_failed = false;
	copy(va, (uintptr_t)data, size | ONPU_CTL_COPY_COMMAND_STORE);
	return failed;
}

void onpu_core_barrier(void *ctx)
{
	(void)ctx;
	if (*onpu_reg_at(ONPU_CTL_COPY_STORED)) {
		*onpu_reg_at(ONPU_CTL_COPY_STATUS) = ONPU_CTL_COPY_STATUS_STORE_ERROR;
		store_failed = true;
	}
	__asm__ volatile("" : : : "memory");
}

/* From the far end: what start.S painted and nobody has overwritten is free. */
uint32_t onpu_core_stack_used(void)
{
	uint32_t i;

	for (i = 0; i < ONPU_STACK_SIZE / 4; i++)
		if (*(volatile uint32_t *)&stack_words[i] != ONPU_STACK_PAINT)
			break;
	return ONPU_STACK_SIZE - 4 * i;
}

void onpu_trap(uint32_t cause, uint32_t pc);

void onpu_trap(uint32_t cause, uint32_t pc)
{
	if (!trapped) {
		trapped = true;
		onpu_crash(&fw, ONPU_FW_CRASH_TRAP, cause, pc);
		return;
	}
	/* Even the crash record does not work. */
	*onpu_reg_at(ONPU_CTL_CRASH) = ONPU_FW_CRASH_TRAP;
	*onpu_reg_at(ONPU_CTL_HOST_IRQ) = ONPU_CTL_HOST_IRQ_FATAL;
}

/* Any event is pending as the external interrupt, which is never taken: it ends WFI. */
static void wait(uint32_t enable)
{
	__asm__ volatile("csrw mie, %0\n\twfi" : : "r"(enable) : "memory");
}

int main(void)
{
	static const struct onpu_hal hal = {
		.reg_read = reg_read, .reg_write = reg_write, .mem_read = onpu_core_read,
		.mem_write = onpu_core_write, .barrier = onpu_core_barrier,
		.mem_read_ahead = onpu_core_read_ahead,
	};
	char build[sizeof(header.build) + 1];

	/* Of an image that ran before. */
	*onpu_reg_at(ONPU_CTL_COPY_STATUS) =
		ONPU_CTL_COPY_STATUS_LOAD_ERROR | ONPU_CTL_COPY_STATUS_STORE_ERROR;
	__builtin_memcpy(build, header.build, sizeof(header.build));
	build[sizeof(header.build)] = 0;
	onpu_firmware_init(&fw, &hal, build);
	while (!onpu_firmware_stopped(&fw)) {
		bool idle = onpu_firmware_poll(&fw);

		/* What was posted and failed when nobody waited for it. */
		if (*onpu_reg_at(ONPU_CTL_COPY_STATUS) & ONPU_CTL_COPY_STATUS_STORE_ERROR) {
			onpu_crash(&fw, ONPU_FW_CRASH_SHARED, 1,
				   *onpu_reg_at(ONPU_CTL_COPY_FAULT_VA));
			break;
		}
		if (idle)
			wait(1u << 11);
	}
	for (;;)
		wait(0);
}
