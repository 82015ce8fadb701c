/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ONPU_DEVICE_H_
#define _ONPU_DEVICE_H_

#include <linux/atomic.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <drm/drm_device.h>
#include <drm/drm_file.h>

#include "drm/onpu_drm.h"
#include "onpu_fw.h"
#include "onpu_isa.h"
#include "onpu_regs.h"

#include "onpu_compat.h"
#include "onpu_mmu.h"
#include "onpu_slot.h"

struct clk_bulk_data;
struct onpu_coredump;
struct reset_control;

/**
 * DOC: structure
 *
 * Front-ends (PCI, platform) find registers, interrupt, clocks, and call onpu_device_init().
 * Everything else is behind these:
 *
 * &struct onpu_mmu      page tables of one context
 * &struct onpu_vm       address space of user space: an onpu_mmu, and what is mapped
 * &struct onpu_bo       memory
 * &struct onpu_slot     one of firmware's 64 queues: ring, scheduler, jobs in flight
 * &struct onpu_queue    what user space calls a queue; borrows a slot
 * &struct onpu_job      a job, from SUBMIT until nobody looks at it any more
 *
 * A file, a queue and a job hold the VM; the VM's mappings hold objects; an object never holds
 * a VM.  A job holds its queue, and the module as long as its fence lives.
 */

/**
 * DOC: locks
 *
 * In this order, the outer one first:
 *
 * 1. &onpu_queue.lock (mutex): SUBMIT and destroy of one queue
 * 2. &onpu_device.vm_lock (mutex): the end of VMs
 * 3. &onpu_vm.lock (mutex): mappings and page tables
 * 4. &onpu_device.bos_lock (mutex): the end of objects; and below it &onpu_device.bo_lock
 * 5. dma_resv locks of objects and VMs
 * 6. &onpu_device.power_lock (mutex): whether the device can be reached; TLB commands, boot,
 *    reset, power-off.  Nothing is allocated with GFP_KERNEL below it.
 * 7. &onpu_device.completion_lock (mutex): draining the completion ring
 * 8. &onpu_slot.lock (spinlock): ring and jobs in flight
 *
 * Fences are signalled with none of 6 to 8 held but power_lock in a reset.
 */

/* Records of the completion ring: the sum of all depths, so that no queue is refused for room. */
#define ONPU_COMPLETIONS	(ONPU_FW_SLOTS * ONPU_FW_DEPTH_MAX)

/** enum onpu_state - what can be asked of the device; under &onpu_device.power_lock */
enum onpu_state {
	/** @ONPU_OFF: no firmware runs; registers may not be there */
	ONPU_OFF,
	/** @ONPU_ON: firmware runs */
	ONPU_ON,
	/** @ONPU_RESETTING: between two firmwares; run_job only queues */
	ONPU_RESETTING,
	/** @ONPU_DEAD: it does not come back, or was removed */
	ONPU_DEAD,
};

/** struct onpu_info - what the registers say; constant after probe */
struct onpu_info {
	u32 version, preset, lanes, axi_bytes, isa_major, sram_bytes, tcm_bytes;
};

/**
 * struct onpu_stats - what debugfs shows; for tests, and for whoever looks for a leak
 *
 * The first six are what exists now, the others only grow.
 */
struct onpu_stats {
	/** @files: open */
	atomic_t files;
	/** @vms: address spaces, without firmware's */
	atomic_t vms;
	/** @bos: objects */
	atomic_t bos;
	/** @queues: of all files */
	atomic_t queues;
	/** @jobs: whose memory is not freed */
	atomic_t jobs;
	/** @mappings: of objects in VMs */
	atomic64_t mappings;
	/** @submits: calls of SUBMIT that were taken */
	atomic64_t submits;
	/** @doorbells: written */
	atomic64_t doorbells;
	/** @interrupts: handled */
	atomic64_t interrupts;
	/** @mmio_reads: of registers */
	atomic64_t mmio_reads;
	/** @mmio_writes: of registers */
	atomic64_t mmio_writes;
	/** @tlb_invs: TLB commands */
	atomic64_t tlb_invs;
	/** @pte_writes: entries of page tables that were written */
	atomic64_t pte_writes;
	/** @bad_records: completion records that no honest firmware writes */
	atomic64_t bad_records;
	/** @faults: jobs that failed by a fault of their own */
	atomic64_t faults;
	/** @resets: full resets */
	atomic64_t resets;
};

/** struct onpu_device - one NPU */
struct onpu_device {
	/** @drm: first, so that drmm_ and container_of work as everywhere */
	struct drm_device drm;
	/** @dev: whose memory it reaches */
	struct device *dev;
	/** @regs: host page */
	void __iomem *regs;
	/** @irq: Linux's number; enabled from the first boot on while the device has power */
	int irq;
	/** @irq_empty: interrupts in a row that brought nothing; only of the threaded handler */
	unsigned int irq_empty;
	/** @info: constant after probe */
	struct onpu_info info;
	/** @coherent: the device sees the CPU's caches */
	bool coherent;
	/** @clks: of the platform front-end */
	struct clk_bulk_data *clks;
	/** @num_clks: of @clks */
	int num_clks;
	/** @clk_hz: rate of the device's cycles, 0 if nobody knows */
	unsigned long clk_hz;
	/** @rst: of the platform front-end, or NULL */
	struct reset_control *rst;

	/** @power_lock: see above; protects @state, and registers but for DOORBELL and IRQ */
	struct mutex power_lock;
	/** @state: written under @power_lock; run_job has &onpu_slot.live */
	enum onpu_state state;
	/** @powered: clocks run; under @power_lock */
	bool powered;
	/** @irq_on: the interrupt is enabled; under @power_lock */
	bool irq_on;

	/** @ctx0: firmware's own address space; under @slot_lock after probe */
	struct onpu_mmu ctx0;
	/** @ctx_table: 256 roots */
	__le64 *ctx_table;
	/** @ctx_table_dma: of @ctx_table */
	dma_addr_t ctx_table_dma;
	/** @ctxs: onpu_vm of each context in use, 1 to 255 */
	struct xarray ctxs;
	/** @vm_lock: page tables of VMs are freed: when they end, or the device goes */
	struct mutex vm_lock;
	/** @bos_lock: protects @bos; objects are unmapped: when they end, or the device goes */
	struct mutex bos_lock;
	/** @bos: objects that are DMA-mapped, imported ones too */
	struct list_head bos;
	/** @bo_lock: protects &onpu_bo.sgt against those who synchronise caches by it */
	struct mutex bo_lock;

	/** @image: firmware, as loaded; DMA memory */
	void *image;
	/** @image_dma: of @image */
	dma_addr_t image_dma;
	/** @image_size: bytes */
	size_t image_size;
	/** @shared: where host and firmware meet; DMA memory, NULL once the driver is unbound */
	struct onpu_fw_shared *shared;
	/** @shared_dma: of @shared */
	dma_addr_t shared_dma;
	/** @records: completion ring, behind @shared */
	struct onpu_fw_completion *records;
	/** @hello: checked copy of firmware's */
	struct onpu_fw_hello hello;
	/** @minor: of the interface, as agreed */
	u32 minor;
	/** @fw_wait: firmware interrupted */
	wait_queue_head_t fw_wait;

	/** @completion_lock: protects @completion_head, and the order in which records are taken */
	struct mutex completion_lock;
	/** @completion_head: records read */
	u32 completion_head;

	/** @slots: firmware's queues */
	struct onpu_slot slots[ONPU_FW_SLOTS];
	/** @slot_lock: protects who has which slot */
	struct mutex slot_lock;
	/** @submit_wq: of all schedulers: run_job and free_job */
	struct workqueue_struct *submit_wq;
	/** @reset_wq: ordered: kill, reset, health */
	struct workqueue_struct *reset_wq;
	/** @reset_work: full reset */
	struct work_struct reset_work;
	/** @reset_lock: protects @reset_reason, @reset_pending */
	spinlock_t reset_lock;
	/** @reset_reason: text */
	char reset_reason[128];
	/** @reset_pending: asked for and not begun */
	bool reset_pending;
	/** @reset_off: there will be no more; under @reset_lock */
	bool reset_off;
	/** @fruitless: resets since a job last ended well */
	atomic_t fruitless;
	/** @resets: full resets since probe; slots' jobs compare it */
	atomic_t resets;
	/** @health_work: looks at the heartbeat while jobs are in flight */
	struct delayed_work health_work;
	/** @in_flight: jobs in rings */
	atomic_t in_flight;
	/** @progress: jiffies at which a record last came, or a ring stopped being empty */
	unsigned long progress;

	/** @coredump: buffer for the next dump, and who hands it on */
	struct onpu_coredump *coredump;

	/** @stats: see there */
	struct onpu_stats stats;
};

/** struct onpu_file - an open file */
struct onpu_file {
	/** @onpu: the device */
	struct onpu_device *onpu;
	/** @vms: onpu_vm by id, from 1 */
	struct xarray vms;
	/** @queues: onpu_queue by id, from 1 */
	struct xarray queues;
	/** @num_vms: of @vms; reserved before creation, so that limits hold */
	atomic_t num_vms;
	/** @num_queues: of @queues */
	atomic_t num_queues;
	/** @submitted: jobs; the counters live on in jobs' own reference, see &struct onpu_usage */
	struct onpu_usage *usage;
};

/** struct onpu_usage - counters of a file; jobs hold it, and may outlive the file */
struct onpu_usage {
	struct kref refcount;
	atomic64_t submitted, completed, failed, run_cycles, busy_cycles;
};

static inline struct onpu_device *to_onpu(struct drm_device *drm)
{
	return container_of(drm, struct onpu_device, drm);
}

/* Registers.  Counted: tests hold the counts against what is promised. */
static inline u32 onpu_read(struct onpu_device *onpu, u32 reg)
{
	atomic64_inc(&onpu->stats.mmio_reads);
	return readl(onpu->regs + reg);
}

static inline void onpu_write(struct onpu_device *onpu, u32 reg, u32 value)
{
	atomic64_inc(&onpu->stats.mmio_writes);
	writel(value, onpu->regs + reg);
}

/* Module parameters, onpu_drv.c. */
extern unsigned int onpu_param_boot_timeout_ms;
extern unsigned int onpu_param_hang_timeout_ms;
extern unsigned int onpu_param_autosuspend_ms;
extern unsigned long long onpu_param_max_cycles;

/* onpu_drv.c */
extern const struct drm_driver onpu_drm_driver;
struct onpu_usage *onpu_usage_get(struct onpu_usage *usage);
void onpu_usage_put(struct onpu_usage *usage);

/* onpu_device.c: called by front-ends, which fill in dev, regs, irq, clks, rst before. */
int onpu_device_init(struct onpu_device *onpu);
void onpu_device_fini(struct onpu_device *onpu);
void onpu_device_shutdown(struct onpu_device *onpu);
/* Around a reset that the bus makes; both from the same task, the driver bound meanwhile. */
void onpu_device_reset_prepare(struct onpu_device *onpu, const char *reason);
void onpu_device_reset_done(struct onpu_device *onpu);
/* Tells user space of a reset: "none", nothing to do, or "rebind", the device is lost. */
void onpu_device_wedged(struct onpu_device *onpu, const char *method);
extern const struct dev_pm_ops onpu_pm_ops;

/* onpu_pci.c, onpu_platform.c */
extern struct pci_driver onpu_pci_driver;
extern struct platform_driver onpu_platform_driver;

/* onpu_boot.c */
#define ONPU_FIRMWARE "onpu/onpu_fw.bin"
/* Loads firmware, makes the memory that it and the host share; maps both in context 0. */
int onpu_boot_init(struct onpu_device *onpu);
/* From ONPU_OFF or ONPU_RESETTING to ONPU_ON; power_lock held; allocates nothing. */
int onpu_boot(struct onpu_device *onpu);
/* From ONPU_ON to ONPU_OFF in an orderly way; power_lock held; -EBUSY if firmware does not halt. */
int onpu_halt(struct onpu_device *onpu);
/* No new bursts, outstanding ones drained (bounded); power_lock held. */
int onpu_fence_bus(struct onpu_device *onpu);
/* From any powered state: everything in the device stops and is lost; power_lock held. */
void onpu_stop(struct onpu_device *onpu);
/* The device's clock; power_lock held, and the device powered. */
u64 onpu_cycle(struct onpu_device *onpu);

/* onpu_irq.c */
int onpu_irq_init(struct onpu_device *onpu);
void onpu_irq_fini(struct onpu_device *onpu);

/* onpu_query.c */
int onpu_ioctl_query(struct drm_device *drm, void *data, struct drm_file *file);

/* onpu_fdinfo.c */
void onpu_show_fdinfo(struct drm_printer *p, struct drm_file *file);

/* onpu_debugfs.c */
void onpu_debugfs_init(struct onpu_device *onpu);

/** enum onpu_fail - what CONFIG_FAULT_INJECTION can make fail, see docs/driver.md */
enum onpu_fail {
	/** @ONPU_FAIL_BOOT: firmware does not come up */
	ONPU_FAIL_BOOT,
	/** @ONPU_FAIL_TLB: a TLB command does not end */
	ONPU_FAIL_TLB,
	/** @ONPU_FAIL_RECORD: a completion record is not what firmware wrote */
	ONPU_FAIL_RECORD,
};

#ifdef CONFIG_FAULT_INJECTION
/* Whether it shall fail now. */
bool onpu_fail(enum onpu_fail what);
#else
static inline bool onpu_fail(enum onpu_fail what)
{
	return false;
}
#endif

/* onpu_coredump.c */
int onpu_coredump_init(struct onpu_device *onpu);
void onpu_coredump_fini(struct onpu_device *onpu);
/* In a reset, before registers and memory are cleared; allocates nothing that could wait. */
void onpu_coredump_capture(struct onpu_device *onpu, const char *reason,
			   const struct onpu_job *guilty);

#endif
