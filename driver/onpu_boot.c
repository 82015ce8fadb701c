// SPDX-License-Identifier: GPL-2.0-only
/* Firmware: loading, booting, halting it.  The protocol is in onpu_fw.h. */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/firmware.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "onpu_device.h"
#include "onpu_mmu.h"
#include "onpu_reset.h"
#include "onpu_slot.h"

static_assert(ONPU_COMPLETIONS <= ONPU_FW_COMPLETIONS_MAX);
static_assert(!(ONPU_COMPLETIONS & (ONPU_COMPLETIONS - 1)));

#define ONPU_SHARED_BYTES	ONPU_FW_SHARED_SIZE(ONPU_COMPLETIONS)

/* How often a wait looks by itself, should an interrupt be lost. */
#define ONPU_LOOK_MS		50

/* ---- memory ---------------------------------------------------------------------- */

static size_t onpu_granules(size_t size)
{
	return round_up(size, ONPU_GRANULE);
}

static void onpu_image_free(void *data)
{
	struct onpu_device *onpu = data;

	dma_free_coherent(onpu->dev, onpu_granules(onpu->image_size), onpu->image,
			  onpu->image_dma);
}

static void onpu_shared_free(void *data)
{
	struct onpu_device *onpu = data;
	struct onpu_fw_shared *shared = onpu->shared;

	/* A queue that is destroyed looks for records. */
	mutex_lock(&onpu->completion_lock);
	onpu->shared = NULL;
	onpu->records = NULL;
	mutex_unlock(&onpu->completion_lock);
	dma_free_coherent(onpu->dev, onpu_granules(ONPU_SHARED_BYTES), shared, onpu->shared_dma);
}

/* What hardware would refuse too, but without saying so much about it. */
static int onpu_image_check(struct onpu_device *onpu, const struct firmware *fw)
{
	const struct onpu_fw_image *image = (const void *)fw->data;
	size_t size;

	if (fw->size < sizeof(*image) || le32_to_cpu(image->magic) != ONPU_FW_IMAGE_MAGIC) {
		dev_err(onpu->dev, "%s is not firmware for an onpu\n", ONPU_FIRMWARE);
		return -ENOEXEC;
	}
	size = fw->size - sizeof(*image);
	if (le16_to_cpu(image->version) != ONPU_FW_IMAGE_VERSION ||
	    le16_to_cpu(image->header_size) != sizeof(*image)) {
		dev_err(onpu->dev, "%s has a header of version %u, this driver knows %u\n",
			ONPU_FIRMWARE, le16_to_cpu(image->version), ONPU_FW_IMAGE_VERSION);
		return -ENOEXEC;
	}
	if (le32_to_cpu(image->size) != size || size > onpu->info.tcm_bytes) {
		dev_err(onpu->dev,
			"%s is damaged: %zu bytes, its header says %u, and the device takes %u\n",
			ONPU_FIRMWARE, size, le32_to_cpu(image->size), onpu->info.tcm_bytes);
		return -ENOEXEC;
	}
	if (le16_to_cpu(image->major) != ONPU_FW_MAJOR) {
		dev_err(onpu->dev,
			"%s speaks interface %u.%u, this driver %u.%u: update the older one\n",
			ONPU_FIRMWARE, le16_to_cpu(image->major), le16_to_cpu(image->minor),
			ONPU_FW_MAJOR, ONPU_FW_MINOR_MAX);
		return -ENOEXEC;
	}
	return 0;
}

static int onpu_image_copy(struct onpu_device *onpu, const struct firmware *fw)
{
	size_t bytes = onpu_granules(fw->size);
	int ret;

	onpu->image = dma_alloc_coherent(onpu->dev, bytes, &onpu->image_dma, GFP_KERNEL);
	if (!onpu->image)
		return -ENOMEM;
	onpu->image_size = fw->size;
	memcpy(onpu->image, fw->data, fw->size);
	ret = devm_add_action_or_reset(onpu->dev, onpu_image_free, onpu);
	if (!ret)
		ret = onpu_mmu_map_dma(&onpu->ctx0, ONPU_CTX0_IMAGE, onpu->image_dma, bytes, false);
	return ret;
}

static int onpu_image_load(struct onpu_device *onpu)
{
	const struct firmware *fw;
	int ret = firmware_request_nowarn(&fw, ONPU_FIRMWARE, onpu->dev);

	if (ret) {
		dev_err(onpu->dev,
			"no firmware: %s is not in /lib/firmware, nor where firmware_class.path says (%d)\n",
			ONPU_FIRMWARE, ret);
		return ret;
	}
	ret = onpu_image_check(onpu, fw);
	if (!ret)
		ret = onpu_image_copy(onpu, fw);
	release_firmware(fw);
	return ret;
}

int onpu_boot_init(struct onpu_device *onpu)
{
	size_t bytes = onpu_granules(ONPU_SHARED_BYTES);
	int ret = onpu_image_load(onpu);

	if (ret)
		return ret;
	onpu->shared = dma_alloc_coherent(onpu->dev, bytes, &onpu->shared_dma, GFP_KERNEL);
	if (!onpu->shared)
		return -ENOMEM;
	onpu->records = (struct onpu_fw_completion *)(onpu->shared + 1);
	ret = devm_add_action_or_reset(onpu->dev, onpu_shared_free, onpu);
	if (!ret)
		ret = onpu_mmu_map_dma(&onpu->ctx0, ONPU_CTX0_SHARED, onpu->shared_dma, bytes,
				       true);
	return ret;
}

/* ---- waiting --------------------------------------------------------------------- */

static u32 onpu_fw_state_now(struct onpu_device *onpu)
{
	return le32_to_cpu(READ_ONCE(onpu->shared->hello.state));
}

static u32 onpu_boot_status(struct onpu_device *onpu)
{
	return onpu_read(onpu, ONPU_HOST_STATUS) & ONPU_HOST_STATUS_BOOT;
}

/* Pulled out: reads give all ones, or behind some bridges and in some emulators 0. */
static bool onpu_gone(struct onpu_device *onpu)
{
	return onpu_read(onpu, ONPU_HOST_ID) != ONPU_HOST_ID_VALUE;
}

/* Whether firmware will not get any further. */
static bool onpu_fw_lost(struct onpu_device *onpu, u32 state)
{
	return onpu_boot_status(onpu) > ONPU_HOST_STATUS_BOOT_RUNNING ||
	       state == ONPU_FW_STATE_REFUSED || state == ONPU_FW_STATE_CRASHED ||
	       onpu_read(onpu, ONPU_HOST_FW_CRASH);
}

static int onpu_wait_state(struct onpu_device *onpu, u32 wanted)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(onpu_param_boot_timeout_ms);
	u32 state;

	for (;;) {
		wait_event_timeout(onpu->fw_wait, onpu_fw_state_now(onpu) == wanted,
				   msecs_to_jiffies(ONPU_LOOK_MS));
		state = onpu_fw_state_now(onpu);
		if (state == wanted) {
			/* What firmware wrote before its state is read after it. */
			dma_rmb();
			return 0;
		}
		if (onpu_gone(onpu))
			return -ENODEV;
		if (onpu_fw_lost(onpu, state))
			return -EIO;
		if (time_after(jiffies, deadline))
			return -ETIMEDOUT;
	}
}

/* ---- boot ------------------------------------------------------------------------ */

static void onpu_boot_explain(struct onpu_device *onpu, int ret)
{
	struct drm_device *drm = &onpu->drm;
	u32 crash;

	if (ret == -ENODEV) {
		drm_err(drm, "boot: the device does not answer\n");
		return;
	}
	switch (onpu_boot_status(onpu)) {
	case ONPU_HOST_STATUS_BOOT_BAD_HEADER:
		drm_err(drm, "boot: the device refused the header of %s\n", ONPU_FIRMWARE);
		return;
	case ONPU_HOST_STATUS_BOOT_BAD_CRC:
		drm_err(drm, "boot: %s is damaged (CRC)\n", ONPU_FIRMWARE);
		return;
	case ONPU_HOST_STATUS_BOOT_BAD_MEMORY:
		drm_err(drm, "boot: the device cannot read memory, fault %#x at %#x\n",
			onpu_read(onpu, ONPU_HOST_FAULT_STATUS),
			onpu_read(onpu, ONPU_HOST_FAULT_VA));
		return;
	}
	crash = onpu_read(onpu, ONPU_HOST_FW_CRASH);
	if (crash)
		drm_err(drm, "boot: firmware crashed, code %u, detail %#x, address %#x\n", crash,
			le32_to_cpu(onpu->shared->crash.detail),
			le32_to_cpu(onpu->shared->crash.address));
	else if (onpu_fw_state_now(onpu) == ONPU_FW_STATE_REFUSED)
		drm_err(drm, "boot: firmware refused interface %u.%u\n", ONPU_FW_MAJOR,
			onpu->minor);
	else
		drm_err(drm, "boot: firmware is in state %u after %u ms (%d)\n",
			onpu_fw_state_now(onpu), onpu_param_boot_timeout_ms, ret);
}

static int onpu_hello_sizes(struct onpu_device *onpu, const struct onpu_fw_hello *hello)
{
	const struct {
		const char *name;
		size_t theirs, ours;
	} sizes[] = {
		{ "block", le16_to_cpu(hello->shared_size_lines) * 64,
		  sizeof(struct onpu_fw_shared) },
		{ "descriptor", le16_to_cpu(hello->descriptor_size),
		  sizeof(struct onpu_fw_descriptor) },
		{ "record", le16_to_cpu(hello->completion_size),
		  sizeof(struct onpu_fw_completion) },
		{ "queue", le16_to_cpu(hello->queue_size), sizeof(struct onpu_fw_queue) },
		{ "log entry", le16_to_cpu(hello->log_size), sizeof(struct onpu_fw_log_entry) },
		{ "crash record", le16_to_cpu(hello->crash_size), sizeof(struct onpu_fw_crash) },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (sizes[i].theirs == sizes[i].ours)
			continue;
		drm_err(&onpu->drm, "boot: firmware's %s has %zu bytes, this driver's %zu\n",
			sizes[i].name, sizes[i].theirs, sizes[i].ours);
		return -EPROTO;
	}
	return 0;
}

static int onpu_hello_check(struct onpu_device *onpu)
{
	struct onpu_fw_hello *hello = &onpu->hello;
	unsigned int major, oldest, newest;

	memcpy(hello, &onpu->shared->hello, sizeof(*hello));
	if (le32_to_cpu(hello->magic) != ONPU_FW_HELLO_MAGIC) {
		drm_err(&onpu->drm, "boot: firmware's HELLO is none (%#x)\n",
			le32_to_cpu(hello->magic));
		return -EPROTO;
	}
	major = le16_to_cpu(hello->major);
	oldest = le16_to_cpu(hello->minor_min);
	newest = le16_to_cpu(hello->minor_max);
	if (major != ONPU_FW_MAJOR || oldest > ONPU_FW_MINOR_MAX ||
	    newest < ONPU_FW_MINOR_MIN || newest < oldest) {
		drm_err(&onpu->drm,
			"boot: firmware speaks interface %u.%u to %u.%u, this driver %u.%u to %u.%u: update the older one\n",
			major, oldest, major, newest, ONPU_FW_MAJOR, ONPU_FW_MINOR_MIN,
			ONPU_FW_MAJOR, ONPU_FW_MINOR_MAX);
		return -EPROTO;
	}
	onpu->minor = min_t(unsigned int, newest, ONPU_FW_MINOR_MAX);
	return onpu_hello_sizes(onpu, hello);
}

static void onpu_shared_clear(struct onpu_device *onpu)
{
	struct onpu_fw_config *config = &onpu->shared->config;

	mutex_lock(&onpu->completion_lock);
	memset(onpu->shared, 0, ONPU_SHARED_BYTES);
	WRITE_ONCE(onpu->completion_head, 0);
	config->magic = cpu_to_le32(ONPU_FW_CONFIG_MAGIC);
	config->size = cpu_to_le32(ONPU_SHARED_BYTES);
	config->completion_count = cpu_to_le32(ONPU_COMPLETIONS);
	mutex_unlock(&onpu->completion_lock);
}

static void onpu_run(struct onpu_device *onpu)
{
	onpu_write(onpu, ONPU_HOST_CTX_TABLE_LO, lower_32_bits(onpu->ctx_table_dma));
	onpu_write(onpu, ONPU_HOST_CTX_TABLE_HI, upper_32_bits(onpu->ctx_table_dma));
	onpu_write(onpu, ONPU_HOST_BOOT_VA, ONPU_CTX0_IMAGE);
	onpu_write(onpu, ONPU_HOST_BOOT_SIZE, onpu->image_size);
	onpu_write(onpu, ONPU_HOST_SHARED_VA, ONPU_CTX0_SHARED);
	onpu_write(onpu, ONPU_HOST_IRQ_ENABLE,
		   ONPU_HOST_IRQ_ENABLE_FIRMWARE | ONPU_HOST_IRQ_ENABLE_FATAL);
	onpu_write(onpu, ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN);
}

/* A request that firmware reads when a doorbell wakes it. */
static void onpu_request(struct onpu_device *onpu, u32 request)
{
	WRITE_ONCE(onpu->shared->control.request, cpu_to_le32(request));
	dma_wmb();
	onpu_write(onpu, ONPU_HOST_DOORBELL, 0);
}

/**
 * onpu_boot() - from a device with power to firmware that runs
 * @onpu: the device, in ONPU_OFF or ONPU_RESETTING; nothing of it may be on the bus
 *
 * Allocates nothing, so that a reset can use it.
 *
 * Return: 0, and the state is ONPU_ON; or a negative errno, after a message, with the device held
 * in reset.
 */
int onpu_boot(struct onpu_device *onpu)
{
	int ret;

	lockdep_assert_held(&onpu->power_lock);
	if (onpu_gone(onpu)) {
		onpu_boot_explain(onpu, -ENODEV);
		return -ENODEV;
	}
	onpu_write(onpu, ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_FULL_RESET);
	onpu_shared_clear(onpu);
	if (onpu_fail(ONPU_FAIL_BOOT)) {
		drm_err(&onpu->drm, "boot: fails because fault injection wants it to\n");
		return -EIO;
	}
	onpu_run(onpu);
	ret = onpu_wait_state(onpu, ONPU_FW_STATE_HELLO);
	if (!ret) {
		ret = onpu_hello_check(onpu);
		if (ret)
			goto hold;
		onpu->shared->control.minor = cpu_to_le32(onpu->minor);
		dma_wmb();
		onpu_request(onpu, ONPU_FW_REQUEST_RUN);
		ret = onpu_wait_state(onpu, ONPU_FW_STATE_RUNNING);
	}
	if (ret) {
		onpu_boot_explain(onpu, ret);
		goto hold;
	}
	WRITE_ONCE(onpu->progress, jiffies);
	WRITE_ONCE(onpu->state, ONPU_ON);
	return 0;

hold:
	onpu_stop(onpu);
	return ret;
}

/* ---- halt ------------------------------------------------------------------------ */

int onpu_halt(struct onpu_device *onpu)
{
	int ret;

	lockdep_assert_held(&onpu->power_lock);
	onpu_request(onpu, ONPU_FW_REQUEST_HALT);
	ret = onpu_wait_state(onpu, ONPU_FW_STATE_HALTED);
	if (ret == -ENODEV) {
		onpu_reset(onpu, "the device does not answer");
		return -EBUSY;
	}
	if (ret) {
		drm_warn(&onpu->drm, "firmware does not halt (%d), job %u of slot %u runs\n", ret,
			 le32_to_cpu(READ_ONCE(onpu->shared->heartbeat.seq)),
			 le32_to_cpu(READ_ONCE(onpu->shared->heartbeat.slot)));
		onpu_request(onpu, ONPU_FW_REQUEST_RUN);
		return -EBUSY;
	}
	/* The records of what has ended; the next boot clears them. */
	onpu_slots_drain(onpu);
	onpu_write(onpu, ONPU_HOST_IRQ_ENABLE, 0);
	onpu_write(onpu, ONPU_HOST_CONTROL, 0);
	WRITE_ONCE(onpu->state, ONPU_OFF);
	return 0;
}

int onpu_fence_bus(struct onpu_device *onpu)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(onpu_param_boot_timeout_ms);
	u32 control;
	u64 start;

	lockdep_assert_held(&onpu->power_lock);
	if (onpu_gone(onpu))
		return -ENODEV;
	control = onpu_read(onpu, ONPU_HOST_CONTROL);
	start = onpu_cycle(onpu);
	onpu_write(onpu, ONPU_HOST_CONTROL,
		   (control & ONPU_HOST_CONTROL_RUN) | ONPU_HOST_CONTROL_FENCE);
	for (;;) {
		if (onpu_read(onpu, ONPU_HOST_STATUS) & ONPU_HOST_STATUS_DRAINED)
			return onpu_gone(onpu) ? -ENODEV : 0;
		if (onpu_gone(onpu))
			return -ENODEV;
		if (onpu_cycle(onpu) - start > ONPU_FW_DRAIN_CYCLES ||
		    time_after(jiffies, deadline))
			return -ETIMEDOUT;
		usleep_range(10, 100);
	}
}

void onpu_stop(struct onpu_device *onpu)
{
	int ret = onpu_fence_bus(onpu);

	if (ret == -ENODEV)
		return;
	if (ret)
		drm_err(&onpu->drm, "the bus does not drain, resetting the device nevertheless\n");
	onpu_write(onpu, ONPU_HOST_IRQ_ENABLE, 0);
	onpu_write(onpu, ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_FULL_RESET);
	/* Posted: it is done when this has been read. */
	onpu_read(onpu, ONPU_HOST_STATUS);
}

u64 onpu_cycle(struct onpu_device *onpu)
{
	u32 hi, lo, again = onpu_read(onpu, ONPU_HOST_CYCLE_HI);

	lockdep_assert_held(&onpu->power_lock);
	do {
		hi = again;
		lo = onpu_read(onpu, ONPU_HOST_CYCLE_LO);
		again = onpu_read(onpu, ONPU_HOST_CYCLE_HI);
	} while (hi != again);
	return (u64)hi << 32 | lo;
}
