// SPDX-License-Identifier: MIT
/* Boot, the agreement with the host, and the loop's body. */
#include "fw.h"

void onpu_firmware_init(struct onpu_firmware *fw, const struct onpu_hal *hal, const char *build)
{
	struct onpu_fw_config config;

	onpu_zero(fw, sizeof(*fw));
	fw->hal = *hal;
	fw->shared = onpu_reg(fw, ONPU_CTL_SHARED_VA);
	fw->state_size = onpu_reg(fw, ONPU_CTL_STATE_SIZE);
	fw->completion_va = fw->shared + (uint32_t)sizeof(struct onpu_fw_shared);
	fw->timer = UINT64_MAX;
	fw->regions_set = ONPU_FW_REGIONS;
	if (!onpu_shared_read(fw, SHARED(fw, config), &config, sizeof(config)))
		return;
	onpu_hello(fw, build);
	if (fw->state == ONPU_FW_STATE_CRASHED)
		return;
	fw->completion_count = config.completion_count;
	if (config.magic != ONPU_FW_CONFIG_MAGIC || fw->shared % 64 ||
	    fw->shared > UINT32_MAX - config.size ||
	    fw->completion_count < ONPU_FW_COMPLETIONS_MIN ||
	    fw->completion_count > ONPU_FW_COMPLETIONS_MAX ||
	    fw->completion_count & (fw->completion_count - 1) ||
	    config.size < ONPU_FW_SHARED_SIZE(fw->completion_count)) {
		onpu_log(fw, ONPU_FW_LOG_REFUSED, ONPU_FW_NO_SLOT, config.magic,
			 config.completion_count, config.size);
		onpu_set_state(fw, ONPU_FW_STATE_REFUSED);
		onpu_interrupt(fw);
		return;
	}
	onpu_log(fw, ONPU_FW_LOG_BOOT, ONPU_FW_NO_SLOT, ONPU_FW_MAJOR, ONPU_FW_MINOR_MAX, 0);
	onpu_heartbeat(fw);
	onpu_set_state(fw, ONPU_FW_STATE_HELLO);
	onpu_interrupt(fw);
}

static void halt(struct onpu_firmware *fw)
{
	onpu_log(fw, ONPU_FW_LOG_HALT, ONPU_FW_NO_SLOT, ONPU_HAL_STACK_USED(fw), 0, 0);
	onpu_set_state(fw, ONPU_FW_STATE_HALTED);
	onpu_interrupt(fw);
}

/* A doorbell in HELLO: has the host made up its mind? */
static bool wait_for_host(struct onpu_firmware *fw)
{
	struct onpu_fw_control control;
	uint32_t lo = onpu_reg(fw, ONPU_CTL_DOORBELL_LO);
	uint32_t hi = onpu_reg(fw, ONPU_CTL_DOORBELL_HI);

	if (!lo && !hi)
		return false;
	onpu_set_reg(fw, ONPU_CTL_DOORBELL_LO, lo);
	onpu_set_reg(fw, ONPU_CTL_DOORBELL_HI, hi);
	onpu_barrier(fw);
	if (!onpu_shared_read(fw, SHARED(fw, control), &control, sizeof(control)))
		return true;
	if (control.request == ONPU_FW_REQUEST_HALT) {
		halt(fw);
	} else if (control.request == ONPU_FW_REQUEST_RUN) {
		if (control.minor > ONPU_FW_MINOR_MAX) {
			onpu_log(fw, ONPU_FW_LOG_REFUSED, ONPU_FW_NO_SLOT, control.minor, 0, 0);
			onpu_set_state(fw, ONPU_FW_STATE_REFUSED);
			onpu_interrupt(fw);
			return true;
		}
		fw->minor = (uint8_t)control.minor;
		onpu_log(fw, ONPU_FW_LOG_RUN, ONPU_FW_NO_SLOT, control.minor, 0, 0);
		/* Queues may have been turned on before, by this very doorbell. */
		fw->dirty[0] = lo;
		fw->dirty[1] = hi;
		onpu_set_state(fw, ONPU_FW_STATE_RUNNING);
		onpu_interrupt(fw);
	}
	return true;
}

static bool serve(struct onpu_firmware *fw)
{
	bool busy = onpu_queue_doorbells(fw);

	if (fw->state != ONPU_FW_STATE_RUNNING)
		return true;
	busy |= onpu_job_watch(fw);
	if (fw->state != ONPU_FW_STATE_RUNNING)
		return true;
	busy |= onpu_job_schedule(fw);
	if (fw->state == ONPU_FW_STATE_RUNNING && fw->halting && !busy && !fw->running) {
		halt(fw);
		return true;
	}
	return busy;
}

/* One timer for everything that must happen without an event. */
static void set_timer(struct onpu_firmware *fw)
{
	uint64_t timer = onpu_job_deadline(fw);

	if (timer > fw->next_beat)
		timer = fw->next_beat;
	if (timer == fw->timer)
		return;
	fw->timer = timer;
	onpu_set_reg(fw, ONPU_CTL_TIMER_HI, (uint32_t)(timer >> 32));
	onpu_set_reg(fw, ONPU_CTL_TIMER_LO, (uint32_t)timer);
}

bool onpu_firmware_poll(struct onpu_firmware *fw)
{
	bool busy;

	switch (fw->state) {
	case ONPU_FW_STATE_HELLO:
		busy = wait_for_host(fw);
		break;
	case ONPU_FW_STATE_RUNNING:
		busy = serve(fw);
		break;
	default:
		return true;
	}
	if (fw->state != ONPU_FW_STATE_HELLO && fw->state != ONPU_FW_STATE_RUNNING)
		return true;
	if (onpu_cycle(fw) >= fw->next_beat)
		onpu_heartbeat(fw);
	set_timer(fw);
	return !busy;
}
