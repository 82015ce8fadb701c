/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note OR MIT */
/*
 * Kernel interface of the open NPU: /dev/accel/accelN, or a render node where the kernel has no
 * accel subsystem.
 */
#ifndef _UAPI_ONPU_DRM_H_
#define _UAPI_ONPU_DRM_H_

#include "drm.h"

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: rules
 *
 * The interface only grows.  Structures get members at their end, each with a default of 0 that
 * means what an older kernel did; enumerations get values; flags get bits.  The driver's minor
 * version (DRM_IOCTL_VERSION) counts additions.  A flag, enumerator or padding that the kernel
 * does not know is refused with EINVAL, never ignored.
 *
 * Arrays are passed as &struct drm_onpu_array with the size of the caller's elements, so that
 * elements can grow too: what the caller's element lacks is 0, and what the kernel's lacks must
 * be 0 (E2BIG otherwise).
 *
 * Timeouts are absolute, of CLOCK_MONOTONIC.  Cycles are the device's.  Handles and ids are of
 * the file that made them; 0 is none.
 *
 * Errors that every call can give: EFAULT (a pointer), EINVAL (a value, a flag, padding), ENOENT
 * (no such handle or id), ENOMEM, E2BIG, ENODEV (the device is gone or dead), EINTR.
 */

/**
 * DOC: addresses
 *
 * A virtual memory (VM) is a 32-bit address space of the device, with the addresses that user
 * space picks.  A queue runs its jobs in one VM.  A command stream names external memory as
 * (region, offset); a job says where its regions are in the VM.  The device checks region bounds
 * and page permissions; the kernel never reads a command stream.
 */

/**
 * DOC: jobs
 *
 * A queue runs its jobs one after another, in the order of submission.  A batch (one SUBMIT) is
 * taken as a whole or not at all; its first job waits for the fences named, its signals fire
 * after its last job.  A syncobj cannot say that a job failed: JOB_WAIT and QUEUE_STATE can.
 *
 * A job that faults or exceeds its budget of cycles ends with an error, and the queue goes on
 * with the next one, unless the queue was made with LOST_ON_FAULT.  After a reset of the device
 * the job that caused it is GUILTY; jobs that had not started run; another one that had started
 * runs again if it is RESTARTABLE, and otherwise ends with ECANCELED: it was INNOCENT.
 */

#define DRM_ONPU_QUERY			0x00
#define DRM_ONPU_VM_CREATE		0x01
#define DRM_ONPU_VM_DESTROY		0x02
#define DRM_ONPU_BO_CREATE		0x03
#define DRM_ONPU_BO_INFO		0x04
#define DRM_ONPU_BO_SYNC		0x05
#define DRM_ONPU_VM_MAP			0x06
#define DRM_ONPU_QUEUE_CREATE		0x07
#define DRM_ONPU_QUEUE_DESTROY		0x08
#define DRM_ONPU_SUBMIT			0x09
#define DRM_ONPU_JOB_WAIT		0x0a
#define DRM_ONPU_QUEUE_STATE		0x0b

/**
 * struct drm_onpu_array - an array of structures in user space
 */
struct drm_onpu_array {
	/** @ptr: address of the first element */
	__u64 ptr;
	/** @count: number of elements; with 0 the rest does not matter */
	__u32 count;
	/** @stride: bytes of an element, as the caller knows it; a multiple of 8 */
	__u32 stride;
};

/**
 * enum drm_onpu_query_type - what QUERY tells
 */
enum drm_onpu_query_type {
	/** @DRM_ONPU_QUERY_DEV_INFO: &struct drm_onpu_dev_info */
	DRM_ONPU_QUERY_DEV_INFO = 0,
	/** @DRM_ONPU_QUERY_FW_INFO: &struct drm_onpu_fw_info */
	DRM_ONPU_QUERY_FW_INFO = 1,
	/** @DRM_ONPU_QUERY_LIMITS: &struct drm_onpu_limits */
	DRM_ONPU_QUERY_LIMITS = 2,
	/** @DRM_ONPU_QUERY_COUNTERS: &struct drm_onpu_counters */
	DRM_ONPU_QUERY_COUNTERS = 3,
};

/**
 * struct drm_onpu_query - DRM_IOCTL_ONPU_QUERY
 *
 * Copies at most @size bytes; a structure shorter than the kernel's is cut, the rest of a longer
 * one is cleared.
 */
struct drm_onpu_query {
	/** @type: &enum drm_onpu_query_type */
	__u32 type;
	/** @size: bytes at @ptr; out: bytes that the kernel knows of */
	__u32 size;
	/** @ptr: where to; 0 asks for the size only */
	__u64 ptr;
};

/**
 * struct drm_onpu_dev_info - the hardware, from its registers
 */
struct drm_onpu_dev_info {
	/** @version: VERSION register: major in bits 31:16, minor in 15:0 */
	__u32 version;
	/** @preset: 1 nano, 2 base, 3 wide */
	__u32 preset;
	/** @lanes: lanes of the array, and bytes of a vector */
	__u32 lanes;
	/** @axi_bytes: bytes of the memory bus */
	__u32 axi_bytes;
	/** @isa_major: version of the command stream */
	__u32 isa_major;
	/** @sram_bytes: size of the SRAM */
	__u32 sram_bytes;
	/** @page_size: granule of VM_MAP: addresses, sizes and offsets are multiples of it */
	__u32 page_size;
	/** @large_page_size: mappings aligned to this in VA, object and bus address are faster */
	__u32 large_page_size;
	/** @flags: DRM_ONPU_DEV_* */
	__u64 flags;
};

/**
 * define DRM_ONPU_DEV_COHERENT - the device sees the caches of the CPU: BO_SYNC does nothing
 */
#define DRM_ONPU_DEV_COHERENT		(1ull << 0)

/**
 * struct drm_onpu_fw_info - the firmware that runs
 */
struct drm_onpu_fw_info {
	/** @major: of the host-firmware interface */
	__u32 major;
	/** @minor: the one in use */
	__u32 minor;
	/** @features: bits, see docs/host-firmware-interface.md */
	__u32 features;
	/** @pad: 0 */
	__u32 pad;
	/** @build: text, ended by 0 */
	__u8 build[40];
};

/**
 * struct drm_onpu_limits - how much there can be
 */
struct drm_onpu_limits {
	/** @vms: VMs of a file */
	__u32 vms;
	/** @queues: queues of a file */
	__u32 queues;
	/** @device_vms: VMs of all files together */
	__u32 device_vms;
	/** @device_queues: queues of all files together */
	__u32 device_queues;
	/** @depth: jobs in a queue that have not ended */
	__u32 depth;
	/** @regions: of a job */
	__u32 regions;
	/** @syncs: waits, and also signals, of a SUBMIT */
	__u32 syncs;
	/** @objects: objects that a SUBMIT names */
	__u32 objects;
	/** @map_ops: operations of a VM_MAP */
	__u32 map_ops;
	/** @results: jobs back from the newest whose result JOB_WAIT still knows */
	__u32 results;
	/** @max_cycles: largest budget that a job may ask for; 0: no limit */
	__u64 max_cycles;
};

/**
 * struct drm_onpu_counters - of this file, since it was opened, but for @cycle and @resets
 */
struct drm_onpu_counters {
	/** @cycle: the device's clock now; it stands still, and begins anew, when power is off */
	__u64 cycle;
	/** @submitted: jobs taken */
	__u64 submitted;
	/** @completed: jobs ended, well or not */
	__u64 completed;
	/** @failed: of these, with an error */
	__u64 failed;
	/** @run_cycles: cycles from start to end of jobs */
	__u64 run_cycles;
	/** @busy_cycles: of these, with the compute engine busy */
	__u64 busy_cycles;
	/** @resets: full resets of the device since the driver was bound */
	__u64 resets;
};

/**
 * struct drm_onpu_vm_create - DRM_IOCTL_ONPU_VM_CREATE
 *
 * ENOSPC: the file or the device has no more VMs.
 */
struct drm_onpu_vm_create {
	/** @flags: 0 */
	__u32 flags;
	/** @vm_id: out */
	__u32 vm_id;
	/** @va_start: out: first address that can be mapped */
	__u64 va_start;
	/** @va_end: out: address behind the last one */
	__u64 va_end;
};

/**
 * struct drm_onpu_vm_destroy - DRM_IOCTL_ONPU_VM_DESTROY
 *
 * Queues that run in it keep it alive.
 */
struct drm_onpu_vm_destroy {
	/** @vm_id: whose id is given up */
	__u32 vm_id;
	/** @pad: 0 */
	__u32 pad;
};

/**
 * define DRM_ONPU_BO_WC - write-combined in user space: for what the CPU only writes
 */
#define DRM_ONPU_BO_WC			(1u << 0)

/**
 * define DRM_ONPU_BO_NO_MMAP - user space never maps it
 */
#define DRM_ONPU_BO_NO_MMAP		(1u << 1)

/**
 * struct drm_onpu_bo_create - DRM_IOCTL_ONPU_BO_CREATE: memory, zeroed
 */
struct drm_onpu_bo_create {
	/** @size: bytes, rounded up to pages; out: the rounded size */
	__u64 size;
	/** @flags: DRM_ONPU_BO_* */
	__u32 flags;
	/** @vm_id: the only VM that it may be mapped in, and it cannot be exported; 0: shareable */
	__u32 vm_id;
	/** @handle: out */
	__u32 handle;
	/** @pad: 0 */
	__u32 pad;
};

/**
 * struct drm_onpu_bo_info - DRM_IOCTL_ONPU_BO_INFO
 */
struct drm_onpu_bo_info {
	/** @handle: of the object */
	__u32 handle;
	/** @flags: out: DRM_ONPU_BO_* */
	__u32 flags;
	/** @size: out: bytes */
	__u64 size;
	/** @mmap_offset: out: for mmap(); 0 if it cannot be mapped */
	__u64 mmap_offset;
	/** @sync_needed: out: 1: BO_SYNC is needed between accesses of CPU and device */
	__u32 sync_needed;
	/** @pad: 0 */
	__u32 pad;
};

/**
 * enum drm_onpu_sync_dir - who comes next
 */
enum drm_onpu_sync_dir {
	/** @DRM_ONPU_SYNC_TO_DEVICE: the CPU has written, the device will read */
	DRM_ONPU_SYNC_TO_DEVICE = 0,
	/** @DRM_ONPU_SYNC_FROM_DEVICE: the device has written, the CPU will read */
	DRM_ONPU_SYNC_FROM_DEVICE = 1,
};

/**
 * struct drm_onpu_bo_sync - DRM_IOCTL_ONPU_BO_SYNC: cache maintenance
 *
 * Waits for nothing; EOPNOTSUPP for an imported object (DMA_BUF_IOCTL_SYNC is for these).
 */
struct drm_onpu_bo_sync {
	/** @handle: of the object */
	__u32 handle;
	/** @dir: &enum drm_onpu_sync_dir */
	__u32 dir;
	/** @offset: first byte */
	__u64 offset;
	/** @size: bytes */
	__u64 size;
};

/**
 * enum drm_onpu_vm_op_type - what to do with a range of a VM
 */
enum drm_onpu_vm_op_type {
	/** @DRM_ONPU_VM_OP_MAP: map an object; the range must be free (EEXIST) */
	DRM_ONPU_VM_OP_MAP = 0,
	/**
	 * @DRM_ONPU_VM_OP_UNMAP: undo one MAP: address and size are that MAP's (ENOENT).  When
	 * the call returns the device cannot touch the pages any more.
	 */
	DRM_ONPU_VM_OP_UNMAP = 1,
};

/**
 * define DRM_ONPU_MAP_READONLY - the device may not write
 */
#define DRM_ONPU_MAP_READONLY		(1u << 0)

/**
 * struct drm_onpu_vm_op - one operation of VM_MAP
 */
struct drm_onpu_vm_op {
	/** @op: &enum drm_onpu_vm_op_type */
	__u32 op;
	/** @flags: DRM_ONPU_MAP_*, for MAP */
	__u32 flags;
	/** @handle: object, for MAP; else 0 */
	__u32 handle;
	/** @pad: 0 */
	__u32 pad;
	/** @bo_offset: where in the object, for MAP; else 0 */
	__u64 bo_offset;
	/** @va: where in the VM */
	__u64 va;
	/** @size: bytes */
	__u64 size;
};

/**
 * struct drm_onpu_vm_map - DRM_IOCTL_ONPU_VM_MAP
 *
 * Operations are done in their order; the first that fails ends the call, and those before it
 * stay done.  Mappings are seen by jobs that are submitted afterwards.
 */
struct drm_onpu_vm_map {
	/** @vm_id: the VM */
	__u32 vm_id;
	/** @done: out: operations that were done, also when the call fails */
	__u32 done;
	/** @ops: of &struct drm_onpu_vm_op */
	struct drm_onpu_array ops;
};

/**
 * enum drm_onpu_priority - which queue goes first
 */
enum drm_onpu_priority {
	/** @DRM_ONPU_PRIORITY_LOW: when nothing else is to do */
	DRM_ONPU_PRIORITY_LOW = 0,
	/** @DRM_ONPU_PRIORITY_NORMAL: the usual one */
	DRM_ONPU_PRIORITY_NORMAL = 1,
	/** @DRM_ONPU_PRIORITY_HIGH: preempts the others; needs CAP_SYS_NICE (EACCES) */
	DRM_ONPU_PRIORITY_HIGH = 2,
};

/**
 * define DRM_ONPU_QUEUE_LOST_ON_FAULT - after a job's fault the later ones are cancelled
 */
#define DRM_ONPU_QUEUE_LOST_ON_FAULT	(1u << 0)

/**
 * struct drm_onpu_queue_create - DRM_IOCTL_ONPU_QUEUE_CREATE
 *
 * ENOSPC: the file or the device has no more queues.
 */
struct drm_onpu_queue_create {
	/** @vm_id: where its jobs run */
	__u32 vm_id;
	/** @priority: &enum drm_onpu_priority */
	__u32 priority;
	/** @flags: DRM_ONPU_QUEUE_* */
	__u32 flags;
	/** @depth: jobs that it can hold, 1 to the limit; rounded up to a power of two */
	__u32 depth;
	/** @queue_id: out */
	__u32 queue_id;
	/** @pad: 0 */
	__u32 pad;
};

/**
 * struct drm_onpu_queue_destroy - DRM_IOCTL_ONPU_QUEUE_DESTROY
 *
 * Jobs that have not ended are cancelled; the running one is killed.
 */
struct drm_onpu_queue_destroy {
	/** @queue_id: the queue */
	__u32 queue_id;
	/** @pad: 0 */
	__u32 pad;
};

/**
 * struct drm_onpu_region - where a region of a job is; size 0: absent
 */
struct drm_onpu_region {
	/** @va: address in the VM */
	__u32 va;
	/** @size: bytes; it does not wrap around */
	__u32 size;
};

/**
 * define DRM_ONPU_JOB_RESTARTABLE - it may run twice: it overwrites nothing that it reads
 */
#define DRM_ONPU_JOB_RESTARTABLE	(1u << 0)

/**
 * define DRM_ONPU_JOB_NO_PREEMPT - it does not make way for queues of higher priority
 */
#define DRM_ONPU_JOB_NO_PREEMPT		(1u << 1)

/**
 * struct drm_onpu_job - one job of a SUBMIT
 *
 * Since 1.1 a job may have a second command stream, which leaves out loading what the same job has
 * left in the device's memory: with a @warm_key it says that, when it has ended well, that memory
 * is as the stream at @warm_entry needs it at its beginning.  If nothing else has used the device
 * since a job of the VM with the same key ended, and that one was never preempted, the job runs
 * this stream, else the one at @entry.  Nobody but the VM is hurt if this is not true.
 */
struct drm_onpu_job {
	/** @regions: of &struct drm_onpu_region, in the order of their numbers */
	struct drm_onpu_array regions;
	/** @entry: address in the VM of the command stream, a multiple of 4 */
	__u32 entry;
	/** @stream_size: bytes of the command stream, a multiple of 4 */
	__u32 stream_size;
	/** @trace_va: where trace records go, a multiple of 8 */
	__u32 trace_va;
	/** @trace_size: bytes there; 0: no trace */
	__u32 trace_size;
	/** @max_cycles: budget; 0: the largest that is allowed */
	__u64 max_cycles;
	/** @cookie: user space's name for it, in faults, tracepoints and dumps */
	__u64 cookie;
	/** @flags: DRM_ONPU_JOB_* */
	__u32 flags;
	/** @pad: 0 */
	__u32 pad;
	/** @warm_key: since 1.1: name of what the job leaves; 0: it has no second stream */
	__u32 warm_key;
	/** @warm_entry: since 1.1: address of the second stream, behind the first */
	__u32 warm_entry;
	/** @warm_size: since 1.1: bytes of the second stream, a multiple of 4 */
	__u32 warm_size;
	/** @warm_pad: 0 */
	__u32 warm_pad;
};

/**
 * define DRM_ONPU_SYNC_TIMELINE - @point is one of a timeline
 */
#define DRM_ONPU_SYNC_TIMELINE		(1u << 0)

/**
 * struct drm_onpu_sync - a syncobj
 */
struct drm_onpu_sync {
	/** @handle: of the syncobj */
	__u32 handle;
	/** @flags: DRM_ONPU_SYNC_* */
	__u32 flags;
	/** @point: of the timeline; else 0 */
	__u64 point;
};

/**
 * define DRM_ONPU_BO_USE_READ - waits for writers that other drivers know of
 */
#define DRM_ONPU_BO_USE_READ		(1u << 0)

/**
 * define DRM_ONPU_BO_USE_WRITE - waits for readers too; others wait for the batch
 */
#define DRM_ONPU_BO_USE_WRITE		(1u << 1)

/**
 * struct drm_onpu_bo_use - implicit synchronisation with an object
 */
struct drm_onpu_bo_use {
	/** @handle: of the object */
	__u32 handle;
	/** @flags: DRM_ONPU_BO_USE_*, at least one */
	__u32 flags;
};

/**
 * struct drm_onpu_submit - DRM_IOCTL_ONPU_SUBMIT
 *
 * EAGAIN: the queue has no room for all of @jobs now.  EINVAL: it never has; or a wait's syncobj
 * has no fence yet.  EIO: the queue is lost.
 */
struct drm_onpu_submit {
	/** @queue_id: the queue */
	__u32 queue_id;
	/** @flags: 0 */
	__u32 flags;
	/** @jobs: of &struct drm_onpu_job, at least one */
	struct drm_onpu_array jobs;
	/** @waits: of &struct drm_onpu_sync */
	struct drm_onpu_array waits;
	/** @signals: of &struct drm_onpu_sync */
	struct drm_onpu_array signals;
	/** @bos: of &struct drm_onpu_bo_use */
	struct drm_onpu_array bos;
	/** @first_seqno: out: of the first job; the others follow, one by one */
	__u64 first_seqno;
};

/**
 * enum drm_onpu_fault_code - why a job failed; a job's status says it as an errno
 */
enum drm_onpu_fault_code {
	/** @DRM_ONPU_FAULT_NONE: it did not fail */
	DRM_ONPU_FAULT_NONE = 0,
	/*
	 * 1 to 127: the device's own codes, see docs/command-manual.md: illegal command, MMU
	 * (EFAULT), bus (EIO), watchdog (ETIME), killed (ECANCELED).
	 */
	/** @DRM_ONPU_FAULT_ENGINE_RESET: it did not stop, the engines were reset: ETIME */
	DRM_ONPU_FAULT_ENGINE_RESET = 128,
	/** @DRM_ONPU_FAULT_REFUSED: firmware refused its descriptor: EINVAL */
	DRM_ONPU_FAULT_REFUSED = 129,
	/** @DRM_ONPU_FAULT_RESTORE: it was preempted and could not be resumed: EIO */
	DRM_ONPU_FAULT_RESTORE = 130,
	/** @DRM_ONPU_FAULT_GUILTY: the device had to be reset because of it: ETIME */
	DRM_ONPU_FAULT_GUILTY = 131,
	/** @DRM_ONPU_FAULT_INNOCENT: a reset because of another job ended it: ECANCELED */
	DRM_ONPU_FAULT_INNOCENT = 132,
	/** @DRM_ONPU_FAULT_QUEUE_LOST: an earlier job of its queue failed: ECANCELED */
	DRM_ONPU_FAULT_QUEUE_LOST = 133,
	/** @DRM_ONPU_FAULT_DEVICE_GONE: the device is dead or was removed: ENODEV */
	DRM_ONPU_FAULT_DEVICE_GONE = 134,
	/** @DRM_ONPU_FAULT_CANCELLED: its queue was destroyed: ECANCELED */
	DRM_ONPU_FAULT_CANCELLED = 135,
};

/**
 * struct drm_onpu_job_wait - DRM_IOCTL_ONPU_JOB_WAIT: waits for a job, and tells how it ended
 *
 * ETIME: not yet.  ENODATA: its result is not known any more.
 */
struct drm_onpu_job_wait {
	/** @queue_id: the queue */
	__u32 queue_id;
	/** @flags: 0 */
	__u32 flags;
	/** @seqno: of the job */
	__u64 seqno;
	/** @timeout_ns: CLOCK_MONOTONIC; in the past: looks, and does not wait */
	__s64 timeout_ns;
	/** @status: out: 0, or a negative errno */
	__s32 status;
	/** @fault: out: &enum drm_onpu_fault_code */
	__u32 fault;
	/** @queued_cycle: out: when the device saw it, or the job before it had ended */
	__u64 queued_cycle;
	/** @start_cycle: out: when its first command was fetched */
	__u64 start_cycle;
	/** @end_cycle: out: when its last command had completed */
	__u64 end_cycle;
	/** @done_cycle: out: when the device reported it */
	__u64 done_cycle;
	/** @busy_cycles: out: cycles in which the compute engine was busy */
	__u64 busy_cycles;
	/** @switch_cycles: out: cycles that the switch to its VM took, 0 if there was none */
	__u32 switch_cycles;
	/** @pad: 0 */
	__u32 pad;
	/**
	 * @stream_offset: since 1.1: out: where it ended, in bytes from its entry, whichever
	 * stream it ran; above warm_entry - entry: it ended well, and had run the second one
	 */
	__u32 stream_offset;
	/** @end_pad: 0 */
	__u32 end_pad;
};

/**
 * struct drm_onpu_fault - the last fault of a queue
 */
struct drm_onpu_fault {
	/** @seqno: of the job; 0: there was none yet */
	__u64 seqno;
	/** @cookie: of the job */
	__u64 cookie;
	/** @va: address in the VM, of MMU and bus faults */
	__u64 va;
	/** @cycle: when */
	__u64 cycle;
	/** @code: &enum drm_onpu_fault_code */
	__u32 code;
	/** @engine: see docs/command-manual.md */
	__u32 engine;
	/** @stream_offset: of the command, in bytes */
	__u32 stream_offset;
	/** @access: 0 reading, 1 writing */
	__u32 access;
};

/**
 * define DRM_ONPU_QUEUE_STATE_LOST - it takes no more jobs
 */
#define DRM_ONPU_QUEUE_STATE_LOST	(1u << 0)

/**
 * define DRM_ONPU_QUEUE_STATE_GUILTY - a job of it made the device be reset
 */
#define DRM_ONPU_QUEUE_STATE_GUILTY	(1u << 1)

/**
 * define DRM_ONPU_QUEUE_STATE_INNOCENT - a job of it was lost by another queue's reset
 */
#define DRM_ONPU_QUEUE_STATE_INNOCENT	(1u << 2)

/**
 * define DRM_ONPU_QUEUE_STATE_DEAD - the device does not come back
 */
#define DRM_ONPU_QUEUE_STATE_DEAD	(1u << 3)

/**
 * struct drm_onpu_queue_state - DRM_IOCTL_ONPU_QUEUE_STATE
 */
struct drm_onpu_queue_state {
	/** @queue_id: the queue */
	__u32 queue_id;
	/** @state: out: DRM_ONPU_QUEUE_STATE_* */
	__u32 state;
	/** @submitted: out: sequence number of the newest job */
	__u64 submitted;
	/** @completed: out: all jobs up to this one have ended */
	__u64 completed;
	/** @resets: out: full resets of the device since the queue was made */
	__u32 resets;
	/** @pad: 0 */
	__u32 pad;
	/** @fault: out */
	struct drm_onpu_fault fault;
};

#define DRM_IOCTL_ONPU(n, type) DRM_IOWR(DRM_COMMAND_BASE + DRM_ONPU_##n, struct drm_onpu_##type)

#define DRM_IOCTL_ONPU_QUERY		DRM_IOCTL_ONPU(QUERY, query)
#define DRM_IOCTL_ONPU_VM_CREATE	DRM_IOCTL_ONPU(VM_CREATE, vm_create)
#define DRM_IOCTL_ONPU_VM_DESTROY	DRM_IOCTL_ONPU(VM_DESTROY, vm_destroy)
#define DRM_IOCTL_ONPU_BO_CREATE	DRM_IOCTL_ONPU(BO_CREATE, bo_create)
#define DRM_IOCTL_ONPU_BO_INFO		DRM_IOCTL_ONPU(BO_INFO, bo_info)
#define DRM_IOCTL_ONPU_BO_SYNC		DRM_IOCTL_ONPU(BO_SYNC, bo_sync)
#define DRM_IOCTL_ONPU_VM_MAP		DRM_IOCTL_ONPU(VM_MAP, vm_map)
#define DRM_IOCTL_ONPU_QUEUE_CREATE	DRM_IOCTL_ONPU(QUEUE_CREATE, queue_create)
#define DRM_IOCTL_ONPU_QUEUE_DESTROY	DRM_IOCTL_ONPU(QUEUE_DESTROY, queue_destroy)
#define DRM_IOCTL_ONPU_SUBMIT		DRM_IOCTL_ONPU(SUBMIT, submit)
#define DRM_IOCTL_ONPU_JOB_WAIT		DRM_IOCTL_ONPU(JOB_WAIT, job_wait)
#define DRM_IOCTL_ONPU_QUEUE_STATE	DRM_IOCTL_ONPU(QUEUE_STATE, queue_state)

#if defined(__cplusplus)
}
#endif

#endif
