// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/fdinfo, see Documentation/gpu/drm-usage-stats.rst. */
#include <linux/math64.h>
#include <linux/time64.h>
#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include "onpu_device.h"

static void onpu_print_counter(struct drm_printer *p, const char *name, const atomic64_t *counter)
{
	drm_printf(p, "onpu-%s:\t%lld\n", name, atomic64_read(counter));
}

void onpu_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct onpu_file *ofile = file->driver_priv;
	const struct onpu_usage *usage = ofile->usage;
	u64 cycles = atomic64_read(&usage->run_cycles);
	unsigned long hz = ofile->onpu->clk_hz;

	/* The device counts cycles; what these are in time only the kernel's clock can tell. */
	drm_printf(p, "drm-cycles-npu:\t%llu\n", cycles);
	if (hz) {
		drm_printf(p, "drm-engine-npu:\t%llu ns\n",
			   mul_u64_u64_div_u64(cycles, NSEC_PER_SEC, hz));
		drm_printf(p, "drm-maxfreq-npu:\t%lu Hz\n", hz);
	}
	onpu_print_counter(p, "busy-cycles", &usage->busy_cycles);
	onpu_print_counter(p, "submitted", &usage->submitted);
	onpu_print_counter(p, "completed", &usage->completed);
	onpu_print_counter(p, "failed", &usage->failed);
	drm_show_memory_stats(p, file);
}
