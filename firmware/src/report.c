// SPDX-License-Identifier: MIT
/* What firmware tells the host: HELLO, completions, heartbeat, log, crash. */
#include "fw.h"

/*
 * Nothing is known to work any more, so what cannot be written is not written; the register
 * and the interrupt are always there.
 */
void onpu_crash(struct onpu_firmware *fw, uint32_t code, uint32_t detail, uint32_t address)
{
	struct onpu_fw_crash crash = { .magic = ONPU_FW_CRASH_MAGIC, .code = code,
				       .detail = detail, .address = address };

	if (fw->state == ONPU_FW_STATE_CRASHED)
		return;
	fw->state = ONPU_FW_STATE_CRASHED;
	onpu_log(fw, ONPU_FW_LOG_CRASH, ONPU_FW_NO_SLOT, code, detail, address);
	crash.cycle = onpu_cycle(fw);
	crash.slot = fw->running ? fw->job.slot : ONPU_FW_NO_SLOT;
	crash.seq = fw->running ? fw->job.desc.seq : 0;
	crash.job_status = onpu_reg(fw, ONPU_CTL_JOB_STATUS);
	onpu_mem_write(fw, SHARED(fw, crash), &crash, sizeof(crash));
	onpu_set_state(fw, ONPU_FW_STATE_CRASHED);
	onpu_barrier(fw);
	onpu_set_reg(fw, ONPU_CTL_CRASH, code);
	onpu_set_reg(fw, ONPU_CTL_HOST_IRQ, ONPU_CTL_HOST_IRQ_FATAL);
}

void onpu_log(struct onpu_firmware *fw, uint32_t code, uint32_t slot, uint32_t a, uint32_t b,
	      uint32_t c)
{
	struct onpu_fw_log_entry entry = { .code = (uint16_t)code, .slot = (uint8_t)slot,
					   .arg = { a, b, c }, .index = fw->log_head };
	uint32_t at = SHARED(fw, log) +
		      fw->log_head % ONPU_FW_LOG_ENTRIES * (uint32_t)sizeof(entry);

	entry.cycle = onpu_cycle(fw);
	/* The log must not bring firmware down: an error here shows elsewhere. */
	if (onpu_mem_write(fw, at, &entry, sizeof(entry)))
		return;
	onpu_barrier(fw);
	fw->log_head++;
	onpu_mem_write(fw, SHARED(fw, log_head), &fw->log_head, sizeof(fw->log_head));
}

/* `state` is what makes the rest of HELLO valid, so it follows a barrier. */
void onpu_set_state(struct onpu_firmware *fw, uint32_t state)
{
	onpu_barrier(fw);
	fw->state = (uint8_t)state;
	onpu_mem_write(fw, SHARED(fw, hello.state), &state, sizeof(state));
}

void onpu_interrupt(struct onpu_firmware *fw)
{
	onpu_barrier(fw);
	onpu_set_reg(fw, ONPU_CTL_HOST_IRQ, ONPU_CTL_HOST_IRQ_FIRMWARE);
}

void onpu_heartbeat(struct onpu_firmware *fw)
{
	struct onpu_fw_heartbeat line = { .cycle = onpu_cycle(fw), .slot = ONPU_FW_NO_SLOT,
					  .beat = ++fw->beat };

	if (fw->running) {
		line.slot = fw->job.slot;
		line.seq = fw->job.desc.seq;
		line.stream_offset = onpu_job_offset(fw);
	}
	fw->next_beat = line.cycle + ONPU_FW_HEARTBEAT_CYCLES;
	onpu_shared_write(fw, SHARED(fw, heartbeat), &line, sizeof(line));
}

void onpu_hello(struct onpu_firmware *fw, const char *build)
{
	struct onpu_fw_hello hello = {
		.magic = ONPU_FW_HELLO_MAGIC,
		.major = ONPU_FW_MAJOR,
		.minor_min = ONPU_FW_MINOR_MIN,
		.minor_max = ONPU_FW_MINOR_MAX,
		.features = ONPU_FW_FEATURE_PREEMPT | ONPU_FW_FEATURE_TRACE,
		.shared_size_lines = sizeof(struct onpu_fw_shared) / 64,
		.descriptor_size = sizeof(struct onpu_fw_descriptor),
		.completion_size = sizeof(struct onpu_fw_completion),
		.queue_size = sizeof(struct onpu_fw_queue),
		.log_size = sizeof(struct onpu_fw_log_entry),
		.crash_size = sizeof(struct onpu_fw_crash),
	};
	uint32_t i;

	hello.preset = onpu_reg(fw, ONPU_CTL_CONFIG);
	hello.sram_bytes = onpu_reg(fw, ONPU_CTL_SRAM_SIZE);
	hello.save_bytes = ONPU_FW_SAVE_SIZE(fw->state_size, hello.sram_bytes);
	for (i = 0; i < sizeof(hello.build) && build[i]; i++)
		hello.build[i] = (uint8_t)build[i];
	onpu_shared_write(fw, SHARED(fw, hello), &hello, sizeof(hello));
}

/* In a host that keeps to the rules the ring is never full: depths add up to its size. */
bool onpu_completion_room(struct onpu_firmware *fw)
{
	uint32_t head;

	if (fw->completion_tail - fw->completion_head < fw->completion_count) {
		fw->ring_full = false;
		return true;
	}
	if (!onpu_shared_read(fw, SHARED(fw, completion_host.head), &head, sizeof(head)))
		return false;
	/* A head beyond the tail would make room that is not there. */
	if (fw->completion_tail - head <= fw->completion_count)
		fw->completion_head = head;
	if (fw->completion_tail - fw->completion_head < fw->completion_count) {
		fw->ring_full = false;
		return true;
	}
	if (!fw->ring_full)
		onpu_log(fw, ONPU_FW_LOG_RING_FULL, ONPU_FW_NO_SLOT, fw->completion_tail, 0, 0);
	fw->ring_full = true;
	return false;
}

void onpu_complete(struct onpu_firmware *fw, struct onpu_fw_completion *record)
{
	uint32_t before = fw->completion_tail;
	uint32_t at = before & (fw->completion_count - 1);
	uint32_t arm;

	record->index = before;
	record->done_cycle = onpu_cycle(fw);
	onpu_queue_publish(fw, record->slot);
	if (!onpu_shared_write(fw, fw->completion_va + at * (uint32_t)sizeof(*record), record,
			       sizeof(*record)))
		return;
	/* The host must not see the tail before the record. */
	onpu_barrier(fw);
	fw->completion_tail = before + 1;
	if (!onpu_shared_write(fw, SHARED(fw, completion_fw.tail), &fw->completion_tail,
			       sizeof(fw->completion_tail)))
		return;
	/*
	 * Either the host sees this tail when it looks again after arming, or we see its arm:
	 * only because both sides have written before they read.
	 */
	onpu_barrier(fw);
	if (!onpu_shared_read(fw, SHARED(fw, completion_host.arm), &arm, sizeof(arm)))
		return;
	if (arm == before)
		onpu_interrupt(fw);
}
