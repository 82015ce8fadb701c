// SPDX-License-Identifier: MIT
/* What numbers of a dump are called: in onpu_fw.h, in the register manual, in debugfs's fw_log. */
#include "coredump.h"
#include "regs/onpu_regs.h"

#define NAME_OF(table, index) \
	((index) < sizeof(table) / sizeof((table)[0]) && (table)[index] ? (table)[index] : "?")

const char *npu_coredump_register(uint32_t offset)
{
#define REGISTER(name) { ONPU_HOST_##name, #name }
	static const struct {
		uint32_t offset;
		const char *name;
	} registers[] = {
		REGISTER(ID), REGISTER(VERSION), REGISTER(CONFIG), REGISTER(SRAM_SIZE),
		REGISTER(TCM_SIZE), REGISTER(DOORBELL), REGISTER(IRQ_STATUS), REGISTER(IRQ_ENABLE),
		REGISTER(IRQ_ACK), REGISTER(CONTROL), REGISTER(STATUS), REGISTER(CTX_TABLE_LO),
		REGISTER(CTX_TABLE_HI), REGISTER(BOOT_VA), REGISTER(BOOT_SIZE),
		REGISTER(SHARED_VA), REGISTER(TLB_INV), REGISTER(TLB_STATUS), REGISTER(CYCLE_LO),
		REGISTER(CYCLE_HI), REGISTER(FAULT_STATUS), REGISTER(FAULT_VA), REGISTER(FW_CRASH),
	};
#undef REGISTER
	size_t i;

	for (i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (registers[i].offset == offset)
			return registers[i].name;
	return "?";
}

const char *npu_coredump_fw_state(uint32_t state)
{
	static const char *const states[] = {
		[ONPU_FW_STATE_NONE] = "none", [ONPU_FW_STATE_HELLO] = "hello",
		[ONPU_FW_STATE_RUNNING] = "running", [ONPU_FW_STATE_HALTED] = "halted",
		[ONPU_FW_STATE_REFUSED] = "refused", [ONPU_FW_STATE_CRASHED] = "crashed",
	};

	return NAME_OF(states, state);
}

const char *npu_coredump_queue_state(uint32_t state)
{
	static const char *const states[] = {
		[ONPU_FW_QUEUE_OFF] = "off", [ONPU_FW_QUEUE_ON] = "on",
		[ONPU_FW_QUEUE_BROKEN] = "broken",
	};

	return NAME_OF(states, state);
}

const char *npu_coredump_queue_reason(uint32_t reason)
{
	static const char *const reasons[] = {
		[ONPU_FW_QUEUE_GOOD] = "good", [ONPU_FW_QUEUE_BAD_DEPTH] = "bad depth",
		[ONPU_FW_QUEUE_BAD_RING] = "bad ring", [ONPU_FW_QUEUE_BAD_PRIORITY] = "bad priority",
		[ONPU_FW_QUEUE_BAD_SAVE] = "bad save area",
		[ONPU_FW_QUEUE_BAD_RESERVED] = "bad reserved bytes",
		[ONPU_FW_QUEUE_NO_ROOM] = "no room in the completion ring",
		[ONPU_FW_QUEUE_BAD_TAIL] = "bad tail",
		[ONPU_FW_QUEUE_NO_MEMORY] = "the ring cannot be read",
	};

	return NAME_OF(reasons, reason);
}

const char *npu_coredump_crash_code(uint32_t code)
{
	static const char *const codes[] = {
		[ONPU_FW_CRASH_SHARED] = "shared memory cannot be accessed",
		[ONPU_FW_CRASH_ENGINE] = "engines do not come back from a reset",
		[ONPU_FW_CRASH_CONTEXT] = "a context switch does not end",
		[ONPU_FW_CRASH_STATE] = "an impossible state",
		[ONPU_FW_CRASH_TRAP] = "an exception of the control core",
	};

	return NAME_OF(codes, code);
}

/* ---- firmware's log ---------------------------------------------------------------- */

static const struct {
	const char *event;
	const char *arg[3];
} log_texts[] = {
	[ONPU_FW_LOG_BOOT] = { "boot", { "major", "minor" } },
	[ONPU_FW_LOG_RUN] = { "run", { "minor" } },
	[ONPU_FW_LOG_REFUSED] = { "refused", { "wanted" } },
	[ONPU_FW_LOG_HALT] = { "halt", { NULL } },
	[ONPU_FW_LOG_QUEUE_ON] = { "queue on", { "enable", "depth" } },
	[ONPU_FW_LOG_QUEUE_OFF] = { "queue off", { "enable" } },
	[ONPU_FW_LOG_QUEUE_BROKEN] = { "queue broken", { "reason", "value" } },
	[ONPU_FW_LOG_BAD_JOB] = { "bad job", { "seq", "reason" } },
	[ONPU_FW_LOG_FAULT] = { "fault", { "seq", "fault", "offset" } },
	[ONPU_FW_LOG_KILL] = { "kill", { "seq" } },
	[ONPU_FW_LOG_ENGINE_RESET] = { "engine reset", { "seq", "drained" } },
	[ONPU_FW_LOG_PREEMPT] = { "preempt", { "seq", "bytes" } },
	[ONPU_FW_LOG_RESUME] = { "resume", { "seq" } },
	[ONPU_FW_LOG_NOT_PREEMPTED] = { "not preempted", { "seq", "bytes" } },
	[ONPU_FW_LOG_CRASH] = { "crash", { "code", "detail" } },
	[ONPU_FW_LOG_RING_FULL] = { "completion ring full", { "tail" } },
};

enum { NUM_LOG_TEXTS = sizeof(log_texts) / sizeof(log_texts[0]) };

static bool log_known(uint32_t code)
{
	return code < NUM_LOG_TEXTS && log_texts[code].event;
}

const char *npu_coredump_log_event(uint32_t code)
{
	return log_known(code) ? log_texts[code].event : "?";
}

const char *npu_coredump_log_arg(uint32_t code, int i)
{
	static const char *const unknown[] = { "a", "b", "c" };

	return log_known(code) ? log_texts[code].arg[i] : unknown[i];
}
