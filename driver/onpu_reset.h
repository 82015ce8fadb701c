/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_RESET_H_
#define _ONPU_RESET_H_

#include <linux/compiler_attributes.h>

struct onpu_device;

void onpu_reset_init(struct onpu_device *onpu);
/* No more resets and health checks after it returns. */
void onpu_reset_fini(struct onpu_device *onpu);
/* Asks for a full reset, from any context but hard interrupts; the first reason is kept. */
__printf(2, 3) void onpu_reset(struct onpu_device *onpu, const char *format, ...);
/* Until resets that were asked for are done. */
void onpu_reset_flush(struct onpu_device *onpu);
/*
 * Somebody else is about to reset the device; power_lock held: from ONPU_ON to ONPU_OFF, with jobs
 * ended or kept as in a reset of our own.  Whether there was something to hold.
 */
bool onpu_reset_hold(struct onpu_device *onpu, const char *reason);
/* A ring is not empty any more: watch the heartbeat. */
void onpu_health_start(struct onpu_device *onpu);
/* The device is gone or does not come back: ends all jobs, refuses new ones. */
void onpu_device_dead(struct onpu_device *onpu, const char *why);

#endif
