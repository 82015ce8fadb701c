// SPDX-License-Identifier: GPL-2.0-only
/* Life of the device: probe to removal, power, sleep. */
#include <linux/clk.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/kobject.h>
#include <linux/pm_runtime.h>
#include <linux/reset.h>
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "onpu_device.h"
#include "onpu_gem.h"
#include "onpu_mmu.h"
#include "onpu_reset.h"
#include "onpu_slot.h"
#include "onpu_vm.h"

/* What a page table entry can hold. */
#define ONPU_DMA_BITS 52

/**
 * DOC: lifetimes
 *
 * Open files and exported buffers hold the &struct drm_device, and live on when the driver is
 * unbound.  What the device has does not: registers, interrupt, clocks, and all memory that is
 * mapped for it, its own (context table, firmware, rings), the pages of objects, imported buffers.
 * DMA is the bus's and the IOMMU's to arrange for, for a bound driver only.
 *
 * Ioctls that map something do so between drm_dev_enter() and drm_dev_exit().  What undoes it can
 * come later, from a file that is closed, and finds, under the lock that it needs anyway, that
 * there is nothing left: &onpu_vm.gone, an &onpu_bo without pages, &onpu_device.ctx0 without
 * tables, &onpu_device.shared that is NULL, slots that are not live.
 */

/**
 * DOC: the device's own memory
 *
 * devm_ frees it, after remove() or a probe that failed, the context table last.  The device is
 * stopped then: nothing is taken out of page tables before they are freed as a whole.
 */

/* ---- power ----------------------------------------------------------------------- */

static int onpu_power_on(struct onpu_device *onpu)
{
	int ret;

	lockdep_assert_held(&onpu->power_lock);
	if (onpu->powered)
		return 0;
	ret = clk_bulk_prepare_enable(onpu->num_clks, onpu->clks);
	if (ret)
		return ret;
	ret = reset_control_deassert(onpu->rst);
	if (ret) {
		clk_bulk_disable_unprepare(onpu->num_clks, onpu->clks);
		return ret;
	}
	onpu->powered = true;
	return 0;
}

/* When there is something that the handler can look at. */
static void onpu_irq_on(struct onpu_device *onpu)
{
	lockdep_assert_held(&onpu->power_lock);
	if (!onpu->irq_on)
		enable_irq(onpu->irq);
	onpu->irq_on = true;
}

/* The threaded handler never takes power_lock, so that it can be waited for here. */
static void onpu_power_off(struct onpu_device *onpu)
{
	lockdep_assert_held(&onpu->power_lock);
	if (!onpu->powered)
		return;
	if (onpu->irq_on)
		disable_irq(onpu->irq);
	onpu->irq_on = false;
	onpu->powered = false;
	reset_control_assert(onpu->rst);
	clk_bulk_disable_unprepare(onpu->num_clks, onpu->clks);
}

/*
 * From ONPU_ON to ONPU_OFF: no more jobs reach firmware, the one that runs ends, the others stay
 * in the rings and run after the next boot.  -EBUSY: it goes on as if nobody had asked.
 */
static int onpu_quiesce(struct onpu_device *onpu)
{
	int ret;

	lockdep_assert_held(&onpu->power_lock);
	onpu_slots_stop(onpu);
	ret = onpu_halt(onpu);
	if (ret)
		onpu_slots_start(onpu);
	return ret;
}

static int onpu_runtime_suspend(struct device *dev)
{
	struct onpu_device *onpu = dev_get_drvdata(dev);
	int ret = 0;

	mutex_lock(&onpu->power_lock);
	if (onpu->state == ONPU_RESETTING)
		ret = -EBUSY;
	else if (onpu->state == ONPU_ON)
		ret = atomic_read(&onpu->in_flight) ? -EBUSY : onpu_quiesce(onpu);
	if (!ret)
		onpu_power_off(onpu);
	mutex_unlock(&onpu->power_lock);
	return ret;
}

/*
 * A boot that fails is left to the reset, which tries again, keeps a dump, and in the end declares
 * the device dead: jobs wait for that and learn of it in the same way as after any other failure.
 */
static int onpu_runtime_resume(struct device *dev)
{
	struct onpu_device *onpu = dev_get_drvdata(dev);
	int ret = 0;

	mutex_lock(&onpu->power_lock);
	if (onpu->state != ONPU_OFF)
		goto unlock;
	ret = onpu_power_on(onpu);
	if (ret) {
		drm_err(&onpu->drm, "clocks or resets do not come on: %d\n", ret);
		goto unlock;
	}
	onpu_irq_on(onpu);
	ret = onpu_boot(onpu);
	if (ret) {
		WRITE_ONCE(onpu->state, ONPU_RESETTING);
		onpu_reset(onpu, "boot after power-on failed: %d", ret);
		ret = 0;
	} else {
		onpu_slots_start(onpu);
	}
unlock:
	mutex_unlock(&onpu->power_lock);
	return ret;
}

/*
 * Jobs may be in flight here: firmware is halted, and they go on after the boot of onpu_resume().
 * Not pm_runtime_force_suspend(): it goes through the bus, and PCI would save and restore its
 * registers in another order than it does for system sleep; bus mastering was off then.
 */
static int onpu_suspend(struct device *dev)
{
	struct onpu_device *onpu = dev_get_drvdata(dev);
	int ret = 0;

	onpu_reset_flush(onpu);
	mutex_lock(&onpu->power_lock);
	if (onpu->state == ONPU_ON)
		ret = onpu_quiesce(onpu);
	else if (onpu->state == ONPU_RESETTING)
		ret = -EBUSY;
	if (!ret)
		onpu_power_off(onpu);
	mutex_unlock(&onpu->power_lock);
	return ret;
}

static int onpu_resume(struct device *dev)
{
	if (pm_runtime_suspended(dev))
		return 0;
	pm_runtime_mark_last_busy(dev);
	return onpu_runtime_resume(dev);
}

const struct dev_pm_ops onpu_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(onpu_suspend, onpu_resume)
	RUNTIME_PM_OPS(onpu_runtime_suspend, onpu_runtime_resume, NULL)
};

/* ---- probe ----------------------------------------------------------------------- */

static int onpu_identify(struct onpu_device *onpu)
{
	u32 id = onpu_read(onpu, ONPU_HOST_ID);
	u32 config = onpu_read(onpu, ONPU_HOST_CONFIG);
	struct onpu_info *info = &onpu->info;

	if (id != ONPU_HOST_ID_VALUE) {
		dev_err(onpu->dev, "this is not an onpu: ID register %#x instead of %#x\n", id,
			ONPU_HOST_ID_VALUE);
		return -ENODEV;
	}
	info->version = onpu_read(onpu, ONPU_HOST_VERSION);
	if (info->version >> ONPU_HOST_VERSION_MAJOR_SHIFT != ONPU_HOST_VERSION_MAJOR_VALUE) {
		dev_err(onpu->dev, "registers of version %u, this driver knows %u: update it\n",
			info->version >> ONPU_HOST_VERSION_MAJOR_SHIFT,
			ONPU_HOST_VERSION_MAJOR_VALUE);
		return -ENODEV;
	}
	info->preset = config & ONPU_HOST_CONFIG_PRESET;
	info->lanes = (config & ONPU_HOST_CONFIG_LANES) >> ONPU_HOST_CONFIG_LANES_SHIFT;
	info->axi_bytes = (config & ONPU_HOST_CONFIG_AXI_BYTES) >> ONPU_HOST_CONFIG_AXI_BYTES_SHIFT;
	/* Not the kernel's business but user space's, which compiles for it. */
	info->isa_major = config >> ONPU_HOST_CONFIG_ISA_MAJOR_SHIFT;
	info->sram_bytes = onpu_read(onpu, ONPU_HOST_SRAM_SIZE);
	info->tcm_bytes = onpu_read(onpu, ONPU_HOST_TCM_SIZE);
	return 0;
}

static void onpu_ctx_table_free(void *data)
{
	struct onpu_device *onpu = data;

	dma_free_coherent(onpu->dev, ONPU_FW_CONTEXTS * sizeof(*onpu->ctx_table), onpu->ctx_table,
			  onpu->ctx_table_dma);
}

static void onpu_ctx0_fini(void *data)
{
	struct onpu_device *onpu = data;

	/* A queue may be letting go of its save area. */
	mutex_lock(&onpu->slot_lock);
	onpu_mmu_fini(&onpu->ctx0);
	mutex_unlock(&onpu->slot_lock);
}

static void onpu_release_slots(struct drm_device *drm, void *data)
{
	onpu_slots_fini(to_onpu(drm));
}

static void onpu_release_coredump(struct drm_device *drm, void *data)
{
	onpu_coredump_fini(to_onpu(drm));
}

static void onpu_release_ctxs(struct drm_device *drm, void *data)
{
	xa_destroy(&to_onpu(drm)->ctxs);
}

static int onpu_init_locks(struct onpu_device *onpu)
{
	struct drm_device *drm = &onpu->drm;
	int ret;

	init_waitqueue_head(&onpu->fw_wait);
	spin_lock_init(&onpu->reset_lock);
	onpu_vms_init(onpu);
	ret = drmm_add_action_or_reset(drm, onpu_release_ctxs, NULL);
	if (!ret)
		ret = drmm_mutex_init(drm, &onpu->power_lock);
	if (!ret)
		ret = drmm_mutex_init(drm, &onpu->completion_lock);
	if (!ret)
		ret = drmm_mutex_init(drm, &onpu->slot_lock);
	return ret;
}

static int onpu_init_contexts(struct onpu_device *onpu)
{
	int ret;

	ret = dma_set_mask_and_coherent(onpu->dev, DMA_BIT_MASK(ONPU_DMA_BITS));
	if (ret)
		return dev_err_probe(onpu->dev, ret, "no DMA\n");
	dma_set_max_seg_size(onpu->dev, UINT_MAX);
	onpu->coherent = dev_is_dma_coherent(onpu->dev);

	/* Coherent memory is aligned to its size, rounded up to pages: CTX_TABLE wants 2048. */
	onpu->ctx_table = dma_alloc_coherent(onpu->dev, ONPU_FW_CONTEXTS * sizeof(*onpu->ctx_table),
					     &onpu->ctx_table_dma, GFP_KERNEL);
	if (!onpu->ctx_table)
		return -ENOMEM;
	ret = devm_add_action_or_reset(onpu->dev, onpu_ctx_table_free, onpu);
	if (!ret)
		ret = onpu_mmu_init(&onpu->ctx0, onpu, 0);
	if (!ret)
		ret = devm_add_action_or_reset(onpu->dev, onpu_ctx0_fini, onpu);
	return ret;
}

/* Memory, schedulers, firmware: nothing that runs yet; devm and drmm undo it. */
static int onpu_init_software(struct onpu_device *onpu)
{
	int ret = onpu_init_contexts(onpu);

	if (!ret)
		ret = onpu_boot_init(onpu);
	if (!ret)
		ret = onpu_slots_init(onpu);
	if (!ret)
		ret = drmm_add_action_or_reset(&onpu->drm, onpu_release_slots, NULL);
	if (!ret)
		ret = onpu_coredump_init(onpu);
	if (!ret)
		ret = drmm_add_action_or_reset(&onpu->drm, onpu_release_coredump, NULL);
	return ret;
}

static int onpu_first_boot(struct onpu_device *onpu)
{
	int ret;

	mutex_lock(&onpu->power_lock);
	onpu_irq_on(onpu);
	ret = onpu_boot(onpu);
	if (!ret)
		onpu_slots_start(onpu);
	mutex_unlock(&onpu->power_lock);
	return ret;
}

/* Whatever happens to run is stopped; the device can be had again by a new probe. */
static void onpu_shut_off(struct onpu_device *onpu, enum onpu_state state)
{
	mutex_lock(&onpu->power_lock);
	onpu_slots_stop(onpu);
	if (onpu->powered)
		onpu_stop(onpu);
	onpu_power_off(onpu);
	if (onpu->state != ONPU_DEAD)
		WRITE_ONCE(onpu->state, state);
	mutex_unlock(&onpu->power_lock);
}

static void onpu_start_pm(struct onpu_device *onpu)
{
	pm_runtime_set_autosuspend_delay(onpu->dev, onpu_param_autosuspend_ms);
	pm_runtime_use_autosuspend(onpu->dev);
	pm_runtime_mark_last_busy(onpu->dev);
	/* The reference that PCI, or the platform front-end, took for probe. */
	pm_runtime_put_autosuspend(onpu->dev);
}

static int onpu_power_and_identify(struct onpu_device *onpu)
{
	int ret;

	mutex_lock(&onpu->power_lock);
	ret = onpu_power_on(onpu);
	if (!ret) {
		ret = onpu_identify(onpu);
		if (ret)
			onpu_power_off(onpu);
	}
	mutex_unlock(&onpu->power_lock);
	return ret;
}

/**
 * onpu_device_init() - from a front-end's probe
 * @onpu: of devm_drm_dev_alloc(), with dev, regs, irq, clks, rst, clk_hz filled in
 *
 * The front-end's device has power, and a runtime PM reference that is given up here.
 *
 * Return: 0, or a negative errno; then everything is undone, and the reference is still held.
 */
int onpu_device_init(struct onpu_device *onpu)
{
	int ret;

	ret = onpu_init_locks(onpu);
	if (ret)
		return ret;
	ret = onpu_irq_init(onpu);
	if (ret)
		return ret;
	ret = onpu_power_and_identify(onpu);
	if (ret)
		goto free_irq;
	ret = onpu_init_software(onpu);
	if (ret)
		goto power_off;
	onpu_reset_init(onpu);
	ret = onpu_first_boot(onpu);
	if (ret)
		goto stop;
	onpu_debugfs_init(onpu);
	ret = drm_dev_register(&onpu->drm, 0);
	if (ret)
		goto stop;
	drm_info(&onpu->drm, "%u lanes, %u KiB SRAM, firmware %.*s, interface %u.%u\n",
		 onpu->info.lanes, onpu->info.sram_bytes >> 10, (int)sizeof(onpu->hello.build),
		 onpu->hello.build, le16_to_cpu(onpu->hello.major), onpu->minor);
	onpu_start_pm(onpu);
	return 0;

stop:
	onpu_reset_fini(onpu);
	onpu_shut_off(onpu, ONPU_OFF);
	onpu_irq_fini(onpu);
	return ret;
power_off:
	mutex_lock(&onpu->power_lock);
	onpu_power_off(onpu);
	mutex_unlock(&onpu->power_lock);
free_irq:
	onpu_irq_fini(onpu);
	return ret;
}

/**
 * onpu_device_fini() - from a front-end's remove
 * @onpu: the device; it may not be there any more
 *
 * Jobs end with ENODEV.  Takes the runtime PM reference back that init gave up.
 */
void onpu_device_fini(struct onpu_device *onpu)
{
	drm_dev_unplug(&onpu->drm);
	pm_runtime_get_noresume(onpu->dev);
	pm_runtime_barrier(onpu->dev);
	pm_runtime_dont_use_autosuspend(onpu->dev);
	onpu_reset_fini(onpu);
	/* The device writes no more, then its jobs end.  It is nobody's mishap, and no message. */
	onpu_shut_off(onpu, ONPU_DEAD);
	onpu_device_dead(onpu, "the driver was unbound");
	/* Nobody reaches memory through it any more. */
	onpu_vms_unplug(onpu);
	onpu_gem_unplug(onpu);
	onpu_irq_fini(onpu);
}

/**
 * onpu_device_shutdown() - the machine goes down, or boots another kernel
 * @onpu: the device
 */
void onpu_device_shutdown(struct onpu_device *onpu)
{
	if (!onpu)
		return;
	pm_runtime_get_noresume(onpu->dev);
	pm_runtime_barrier(onpu->dev);
	onpu_reset_fini(onpu);
	onpu_shut_off(onpu, ONPU_OFF);
}

/**
 * onpu_device_reset_prepare() - the bus is going to reset the device
 * @onpu: the device
 * @reason: for the log
 *
 * Afterwards its registers and interrupt are left alone until onpu_device_reset_done(), and a
 * reference of runtime PM keeps it from being powered off, and booted, meanwhile.
 */
void onpu_device_reset_prepare(struct onpu_device *onpu, const char *reason)
{
	/* If it cannot be powered nothing runs; the boot afterwards tells. */
	pm_runtime_get_sync(onpu->dev);
	onpu_reset_flush(onpu);
	mutex_lock(&onpu->power_lock);
	if (onpu_reset_hold(onpu, reason))
		onpu_power_off(onpu);
	mutex_unlock(&onpu->power_lock);
}

/**
 * onpu_device_reset_done() - the bus has reset the device, and registers are there again
 * @onpu: the device
 */
void onpu_device_reset_done(struct onpu_device *onpu)
{
	onpu_runtime_resume(onpu->dev);
	wake_up_all(&onpu->fw_wait);
	if (READ_ONCE(onpu->state) == ONPU_ON)
		onpu_device_wedged(onpu, "none");
	pm_runtime_mark_last_busy(onpu->dev);
	pm_runtime_put_autosuspend(onpu->dev);
}

/**
 * onpu_device_wedged() - uevent WEDGED=
 * @onpu: the device
 * @method: what user space has to do: "none", or "rebind"
 */
void onpu_device_wedged(struct onpu_device *onpu, const char *method)
{
	struct drm_minor *minor = onpu->drm.accel ? onpu->drm.accel : onpu->drm.render;
	char event[32];
	char *env[] = { event, NULL };
	int idx;

	if (!drm_dev_enter(&onpu->drm, &idx))
		return;
	snprintf(event, sizeof(event), "WEDGED=%s", method);
	if (minor && minor->kdev)
		kobject_uevent_env(&minor->kdev->kobj, KOBJ_CHANGE, env);
	drm_dev_exit(idx);
}
