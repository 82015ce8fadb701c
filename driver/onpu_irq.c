// SPDX-License-Identifier: GPL-2.0-only
#include <linux/interrupt.h>
#include <drm/drm_print.h>

#include "onpu_device.h"
#include "onpu_reset.h"
#include "onpu_slot.h"

/**
 * DOC: interrupts
 *
 * Firmware raises FIRMWARE, hardware and a crashing firmware raise FATAL; both are levels until
 * they are acknowledged, and a message is sent when the line rises.  The handler acknowledges
 * FIRMWARE and then looks at memory: what was written before the acknowledgment is seen, and
 * what comes later interrupts again.  That is one posted write, and nothing is read.
 *
 * FATAL is not acknowledged with it, so the line stays up, and the next interrupt finds nothing
 * in memory.  An interrupt that brings nothing may also be an early one, whose record was taken
 * already; two of them in a row are not, and only then is the register read.  All ones there
 * mean that the device has been pulled out.
 */

static void onpu_irq_look(struct onpu_device *onpu)
{
	u32 status = onpu_read(onpu, ONPU_HOST_IRQ_STATUS);

	if (status == U32_MAX) {
		onpu_reset(onpu, "the registers read all ones: the device is gone");
		return;
	}
	if (!(status & ONPU_HOST_IRQ_STATUS_FATAL))
		return;
	onpu_write(onpu, ONPU_HOST_IRQ_ACK, ONPU_HOST_IRQ_ACK_FATAL);
	/* While it boots, the one who boots it finds out by himself. */
	if (READ_ONCE(onpu->state) == ONPU_ON)
		onpu_reset(onpu, "firmware crashed: code %u, detail %#x, address %#x",
			   onpu_read(onpu, ONPU_HOST_FW_CRASH),
			   le32_to_cpu(READ_ONCE(onpu->shared->crash.detail)),
			   le32_to_cpu(READ_ONCE(onpu->shared->crash.address)));
}

/*
 * Threaded only: the line is masked until it is done, or, of messages, none follows before the
 * acknowledgment.
 */
static irqreturn_t onpu_irq_thread(int irq, void *data)
{
	struct onpu_device *onpu = data;
	u32 head = READ_ONCE(onpu->completion_head);

	atomic64_inc(&onpu->stats.interrupts);
	onpu_write(onpu, ONPU_HOST_IRQ_ACK, ONPU_HOST_IRQ_ACK_FIRMWARE);
	onpu_slots_drain(onpu);
	wake_up_all(&onpu->fw_wait);
	if (READ_ONCE(onpu->completion_head) != head)
		onpu->irq_empty = 0;
	else if (++onpu->irq_empty >= 2)
		onpu_irq_look(onpu);
	return IRQ_HANDLED;
}

/* It is enabled when power comes. */
int onpu_irq_init(struct onpu_device *onpu)
{
	int ret = request_threaded_irq(onpu->irq, NULL, onpu_irq_thread,
				       IRQF_ONESHOT | IRQF_NO_AUTOEN, "onpu", onpu);

	if (ret)
		dev_err(onpu->dev, "interrupt %d cannot be had: %d\n", onpu->irq, ret);
	return ret;
}

void onpu_irq_fini(struct onpu_device *onpu)
{
	free_irq(onpu->irq, onpu);
}
