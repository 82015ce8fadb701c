// SPDX-License-Identifier: GPL-2.0-only
#include <linux/devcoredump.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include <drm/drm_print.h>

#include "onpu_coredump.h"
#include "onpu_device.h"
#include "onpu_job.h"
#include "onpu_queue.h"
#include "onpu_slot.h"

/**
 * DOC: dumps
 *
 * The reset that takes a dump must not wait for memory: jobs whose fences it will signal may be
 * what frees it.  So the buffer is there before, at most one is filled, and a work item outside of
 * the reset hands it to devcoredump, which allocates, and gets the next buffer.
 */

/** struct onpu_coredump - the buffer */
struct onpu_coredump {
	/** @onpu: the device */
	struct onpu_device *onpu;
	/** @work: hands @full on */
	struct work_struct work;
	/** @empty: for the next dump; NULL while the last one is on its way, or without memory */
	struct onpu_dump_header *empty;
	/** @full: taken and not handed on */
	struct onpu_dump_header *full;
	/** @used: bytes of @full */
	size_t used;
};

static const u32 onpu_dump_registers[] = {
	ONPU_HOST_ID, ONPU_HOST_VERSION, ONPU_HOST_CONFIG, ONPU_HOST_SRAM_SIZE, ONPU_HOST_TCM_SIZE,
	ONPU_HOST_IRQ_STATUS, ONPU_HOST_IRQ_ENABLE, ONPU_HOST_CONTROL, ONPU_HOST_STATUS,
	ONPU_HOST_CTX_TABLE_LO, ONPU_HOST_CTX_TABLE_HI, ONPU_HOST_BOOT_VA, ONPU_HOST_BOOT_SIZE,
	ONPU_HOST_SHARED_VA, ONPU_HOST_TLB_STATUS, ONPU_HOST_CYCLE_LO, ONPU_HOST_CYCLE_HI,
	ONPU_HOST_FAULT_STATUS, ONPU_HOST_FAULT_VA, ONPU_HOST_FW_CRASH,
};

#define ONPU_DUMP_TEXT	sizeof_field(struct onpu_device, reset_reason)
#define ONPU_DUMP_BYTES							\
	(sizeof(struct onpu_dump_header) +				\
	 (ONPU_DUMP_JOB + ONPU_DUMP_JOBS) * (sizeof(struct onpu_dump_section) + 8) + \
	 ONPU_DUMP_TEXT +						\
	 ARRAY_SIZE(onpu_dump_registers) * sizeof(struct onpu_dump_register) + \
	 sizeof(struct onpu_fw_shared) +				\
	 sizeof(struct onpu_dump_completion) +				\
	 ONPU_DUMP_RECORDS * sizeof(struct onpu_fw_completion) +	\
	 ONPU_DUMP_JOBS * sizeof(struct onpu_dump_job))

/* ---- writing --------------------------------------------------------------------- */

/* Room for the bytes of a section, or NULL. */
static void *onpu_dump_section(struct onpu_coredump *dump, u32 type, u32 count, size_t size)
{
	struct onpu_dump_section *section = (void *)dump->full + dump->used;
	size_t end = dump->used + sizeof(*section) + round_up(size, 8);

	if (end > ONPU_DUMP_BYTES)
		return NULL;
	memset(section, 0, end - dump->used);
	section->type = cpu_to_le32(type);
	section->count = cpu_to_le32(count);
	section->size = cpu_to_le64(size);
	le32_add_cpu(&dump->full->sections, 1);
	dump->used = end;
	return section + 1;
}

static void onpu_dump_copy(struct onpu_coredump *dump, u32 type, u32 count, const void *from,
			   size_t size)
{
	void *to = onpu_dump_section(dump, type, count, size);

	if (to)
		memcpy(to, from, size);
}

static void onpu_dump_regs(struct onpu_coredump *dump)
{
	const size_t count = ARRAY_SIZE(onpu_dump_registers);
	struct onpu_dump_register *to;
	size_t i;

	to = onpu_dump_section(dump, ONPU_DUMP_REGISTERS, count, count * sizeof(*to));
	for (i = 0; to && i < count; i++) {
		to[i].offset = cpu_to_le32(onpu_dump_registers[i]);
		to[i].value = cpu_to_le32(onpu_read(dump->onpu, onpu_dump_registers[i]));
	}
}

static void onpu_dump_log(struct onpu_coredump *dump)
{
	struct onpu_fw_shared *shared = dump->onpu->shared;
	struct onpu_fw_log_head *head;

	head = onpu_dump_section(dump, ONPU_DUMP_LOG, 1, sizeof(*head) + sizeof(shared->log));
	if (!head)
		return;
	*head = shared->log_head;
	memcpy(head + 1, shared->log, sizeof(shared->log));
}

static void onpu_dump_records(struct onpu_coredump *dump)
{
	struct onpu_device *onpu = dump->onpu;
	struct onpu_fw_shared *shared = onpu->shared;
	u32 i, tail = le32_to_cpu(READ_ONCE(shared->completion_fw.tail));
	struct onpu_dump_completion *line;
	struct onpu_fw_completion *record;

	line = onpu_dump_section(dump, ONPU_DUMP_COMPLETION, 1, sizeof(*line));
	if (line) {
		line->host = shared->completion_host;
		line->fw = shared->completion_fw;
		line->head = cpu_to_le32(READ_ONCE(onpu->completion_head));
	}
	record = onpu_dump_section(dump, ONPU_DUMP_RECORD, ONPU_DUMP_RECORDS,
				   ONPU_DUMP_RECORDS * sizeof(*record));
	for (i = 0; record && i < ONPU_DUMP_RECORDS; i++)
		record[i] = onpu->records[(tail - ONPU_DUMP_RECORDS + i) % ONPU_COMPLETIONS];
}

static void onpu_dump_job(struct onpu_coredump *dump, const struct onpu_job *job, u32 slot,
			  u32 flags)
{
	struct onpu_dump_job *to;

	if (le32_to_cpu(dump->full->jobs) >= ONPU_DUMP_JOBS)
		goto count;
	to = onpu_dump_section(dump, ONPU_DUMP_JOB, 1, sizeof(*to));
	if (!to)
		goto count;
	to->seqno = cpu_to_le64(job->seqno);
	to->cookie = cpu_to_le64(job->cookie);
	to->slot = cpu_to_le32(slot);
	to->flags = cpu_to_le32(flags);
	to->job_flags = cpu_to_le32(job->flags);
	to->descriptor = job->desc;
	memcpy(to->region, job->region, sizeof(to->region));
count:
	le32_add_cpu(&dump->full->jobs, 1);
}

static void onpu_dump_slot(struct onpu_coredump *dump, struct onpu_slot *slot,
			   const struct onpu_job *guilty)
{
	const struct onpu_job *job;
	u32 i;

	spin_lock(&slot->lock);
	for (i = slot->head; i != slot->tail; i++) {
		job = slot->in_flight[i % ONPU_FW_DEPTH_MAX];
		if (job && job != guilty)
			onpu_dump_job(dump, job, slot->index, 0);
	}
	spin_unlock(&slot->lock);
}

static void onpu_dump_fill(struct onpu_coredump *dump, const char *reason,
			   const struct onpu_job *guilty)
{
	struct onpu_device *onpu = dump->onpu;
	struct onpu_fw_shared *shared = onpu->shared;
	size_t i;

	onpu_dump_copy(dump, ONPU_DUMP_REASON, 1, reason, strnlen(reason, ONPU_DUMP_TEXT));
	if (onpu->powered)
		onpu_dump_regs(dump);
	onpu_dump_copy(dump, ONPU_DUMP_HELLO, 1, &shared->hello, sizeof(shared->hello));
	onpu_dump_copy(dump, ONPU_DUMP_HEARTBEAT, 1, &shared->heartbeat,
		       sizeof(shared->heartbeat));
	onpu_dump_copy(dump, ONPU_DUMP_CRASH, 1, &shared->crash, sizeof(shared->crash));
	onpu_dump_copy(dump, ONPU_DUMP_QUEUES, ONPU_FW_SLOTS, shared->queue,
		       sizeof(shared->queue));
	onpu_dump_log(dump);
	onpu_dump_records(dump);
	if (guilty)
		onpu_dump_job(dump, guilty, guilty->queue->slot->index, ONPU_DUMP_JOB_GUILTY);
	for (i = 0; i < ONPU_FW_SLOTS; i++)
		onpu_dump_slot(dump, &onpu->slots[i], guilty);
}

/* ---- handing on ------------------------------------------------------------------ */

static void onpu_dump_publish(struct work_struct *work)
{
	struct onpu_coredump *dump = container_of(work, struct onpu_coredump, work);

	/* It takes the buffer; while user space has not fetched the last one it drops this one. */
	dev_coredumpv(dump->onpu->dev, dump->full, dump->used, GFP_KERNEL);
	dump->full = NULL;
	/* Who finds a buffer finds the last dump gone. */
	smp_store_release(&dump->empty, vmalloc(ONPU_DUMP_BYTES));
}

/**
 * onpu_coredump_capture() - keeps what is known of the device, for user space
 * @onpu: the device; power_lock held
 * @reason: of the reset
 * @guilty: the job that it is because of, or NULL
 *
 * Waits for no memory and no other job.  While the last dump is on its way there is no other.
 */
void onpu_coredump_capture(struct onpu_device *onpu, const char *reason,
			   const struct onpu_job *guilty)
{
	struct onpu_coredump *dump = onpu->coredump;
	struct onpu_dump_header *header;

	lockdep_assert_held(&onpu->power_lock);
	/* Pairs with onpu_dump_publish(). */
	header = smp_load_acquire(&dump->empty);
	if (!header)
		return;
	dump->empty = NULL;
	dump->full = header;
	dump->used = sizeof(*header);
	*header = (struct onpu_dump_header) {
		.magic = cpu_to_le64(ONPU_DUMP_MAGIC),
		.version = cpu_to_le32(ONPU_DUMP_VERSION),
		.header_size = cpu_to_le32(sizeof(*header)),
		.time = cpu_to_le64(ktime_get_real_ns()),
		.resets = cpu_to_le32(atomic_read(&onpu->resets)),
		.minor = cpu_to_le32(onpu->minor),
	};
	onpu_dump_fill(dump, reason, guilty);
	header->size = cpu_to_le64(dump->used);
	schedule_work(&dump->work);
}

int onpu_coredump_init(struct onpu_device *onpu)
{
	struct onpu_coredump *dump = kzalloc(sizeof(*dump), GFP_KERNEL);

	if (!dump)
		return -ENOMEM;
	dump->onpu = onpu;
	INIT_WORK(&dump->work, onpu_dump_publish);
	dump->empty = vmalloc(ONPU_DUMP_BYTES);
	if (!dump->empty) {
		kfree(dump);
		return -ENOMEM;
	}
	onpu->coredump = dump;
	return 0;
}

void onpu_coredump_fini(struct onpu_device *onpu)
{
	struct onpu_coredump *dump = onpu->coredump;

	flush_work(&dump->work);
	vfree(dump->empty);
	kfree(dump);
	onpu->coredump = NULL;
}
