// SPDX-License-Identifier: GPL-2.0-only
#include <linux/debugfs.h>
#include <linux/fault-inject.h>
#include <linux/seq_file.h>
#include <drm/drm_debugfs.h>
#include <drm/drm_drv.h>

#include "onpu_device.h"
#include "onpu_queue.h"
#include "onpu_slot.h"

static struct onpu_device *onpu_of(struct seq_file *m)
{
	struct drm_debugfs_entry *entry = m->private;

	return to_onpu(entry->dev);
}

static const char *onpu_name(const char *const names[], size_t count, u32 value)
{
	return value < count && names[value] ? names[value] : "?";
}

static int onpu_show_info(struct seq_file *m, void *data)
{
	static const char *const states[] = {
		[ONPU_OFF] = "off", [ONPU_ON] = "on", [ONPU_RESETTING] = "resetting",
		[ONPU_DEAD] = "dead",
	};
	struct onpu_device *onpu = onpu_of(m);
	const struct onpu_info *info = &onpu->info;
	const struct onpu_fw_hello *hello = &onpu->hello;
	int ret = mutex_lock_interruptible(&onpu->power_lock);

	if (ret)
		return ret;
	seq_printf(m, "state:\t\t%s\n", onpu_name(states, ARRAY_SIZE(states), onpu->state));
	seq_printf(m, "registers:\t%u.%u\n", info->version >> ONPU_HOST_VERSION_MAJOR_SHIFT,
		   info->version & ONPU_HOST_VERSION_MINOR);
	seq_printf(m, "commands:\t%u\n", info->isa_major);
	seq_printf(m, "preset:\t\t%u\n", info->preset);
	seq_printf(m, "lanes:\t\t%u\n", info->lanes);
	seq_printf(m, "bus:\t\t%u bytes\n", info->axi_bytes);
	seq_printf(m, "sram:\t\t%u bytes\n", info->sram_bytes);
	seq_printf(m, "coherent:\t%s\n", str_yes_no(onpu->coherent));
	seq_printf(m, "firmware:\t%.*s\n", (int)sizeof(hello->build), hello->build);
	seq_printf(m, "interface:\t%u.%u\n", le16_to_cpu(hello->major), onpu->minor);
	seq_printf(m, "features:\t%#x\n", le32_to_cpu(hello->features));
	seq_printf(m, "resets:\t\t%d\n", atomic_read(&onpu->resets));
	seq_printf(m, "in flight:\t%d\n", atomic_read(&onpu->in_flight));
	if (onpu->state == ONPU_ON)
		seq_printf(m, "cycle:\t\t%llu\n", onpu_cycle(onpu));
	mutex_unlock(&onpu->power_lock);
	return 0;
}

static int onpu_show_stats(struct seq_file *m, void *data)
{
	struct onpu_stats *stats = &onpu_of(m)->stats;
	const struct {
		const char *name;
		const atomic_t *now;
		const atomic64_t *ever;
	} lines[] = {
		{ "files", .now = &stats->files },
		{ "vms", .now = &stats->vms },
		{ "bos", .now = &stats->bos },
		{ "queues", .now = &stats->queues },
		{ "jobs", .now = &stats->jobs },
		{ "mappings", .ever = &stats->mappings },
		{ "submits", .ever = &stats->submits },
		{ "doorbells", .ever = &stats->doorbells },
		{ "interrupts", .ever = &stats->interrupts },
		{ "mmio_reads", .ever = &stats->mmio_reads },
		{ "mmio_writes", .ever = &stats->mmio_writes },
		{ "tlb_invs", .ever = &stats->tlb_invs },
		{ "pte_writes", .ever = &stats->pte_writes },
		{ "bad_records", .ever = &stats->bad_records },
		{ "faults", .ever = &stats->faults },
		{ "resets", .ever = &stats->resets },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		seq_printf(m, "%s %lld\n", lines[i].name,
			   lines[i].now ? (s64)atomic_read(lines[i].now) :
			   (s64)atomic64_read(lines[i].ever));
	return 0;
}

/* ---- firmware's log -------------------------------------------------------------- */

struct onpu_log_text {
	const char *name;
	const char *arg[3];
};

static const struct onpu_log_text onpu_log_texts[] = {
	[ONPU_FW_LOG_BOOT] = { "boot", { "major", "minor" } },
	[ONPU_FW_LOG_RUN] = { "run", { "minor" } },
	[ONPU_FW_LOG_REFUSED] = { "refused", { "wanted" } },
	[ONPU_FW_LOG_HALT] = { "halt", { "stack" } },
	[ONPU_FW_LOG_QUEUE_ON] = { "queue on", { "enable", "depth" } },
	[ONPU_FW_LOG_QUEUE_OFF] = { "queue off", { "enable" } },
	[ONPU_FW_LOG_QUEUE_BROKEN] = { "queue broken", { "reason", "value" } },
	[ONPU_FW_LOG_BAD_JOB] = { "bad job", { "seq", "reason" } },
	[ONPU_FW_LOG_FAULT] = { "fault", { "seq", "fault", "offset" } },
	[ONPU_FW_LOG_KILL] = { "kill", { "seq" } },
	[ONPU_FW_LOG_ENGINE_RESET] = { "engine reset", { "seq", "drained" } },
	[ONPU_FW_LOG_PREEMPT] = { "preempt", { "seq", "bytes" } },
	[ONPU_FW_LOG_RESUME] = { "resume", { "seq" } },
	[ONPU_FW_LOG_NOT_PREEMPTED] = { "not preempted", { "seq", "bytes" } },
	[ONPU_FW_LOG_CRASH] = { "crash", { "code", "detail" } },
	[ONPU_FW_LOG_RING_FULL] = { "completion ring full", { "tail" } },
};

static void onpu_show_log_entry(struct seq_file *m, const struct onpu_fw_log_entry *entry)
{
	static const struct onpu_log_text unknown = { "?", { "a", "b", "c" } };
	u32 code = le16_to_cpu(entry->code);
	const struct onpu_log_text *text = &unknown;
	size_t i;

	if (code < ARRAY_SIZE(onpu_log_texts) && onpu_log_texts[code].name)
		text = &onpu_log_texts[code];
	seq_printf(m, "%12llu ", le64_to_cpu(entry->cycle));
	if (entry->slot != ONPU_FW_NO_SLOT)
		seq_printf(m, "slot %u ", entry->slot);
	seq_puts(m, text->name);
	if (text == &unknown)
		seq_printf(m, " %u", code);
	for (i = 0; i < ARRAY_SIZE(text->arg) && text->arg[i]; i++)
		seq_printf(m, " %s=%#x", text->arg[i], le32_to_cpu(entry->arg[i]));
	seq_putc(m, '\n');
}

/* Firmware goes on writing: an entry that is not the one expected has been overwritten. */
static void onpu_show_log(struct seq_file *m, struct onpu_fw_shared *shared)
{
	struct onpu_fw_log_entry entry;
	u32 i, head = le32_to_cpu(READ_ONCE(shared->log_head.head));

	for (i = head > ONPU_FW_LOG_ENTRIES ? head - ONPU_FW_LOG_ENTRIES : 0; i != head; i++) {
		memcpy(&entry, &shared->log[i % ONPU_FW_LOG_ENTRIES], sizeof(entry));
		if (le32_to_cpu(entry.index) == i)
			onpu_show_log_entry(m, &entry);
	}
}

static int onpu_show_fw_log(struct seq_file *m, void *data)
{
	struct onpu_device *onpu = onpu_of(m);
	int idx;

	if (!drm_dev_enter(&onpu->drm, &idx))
		return -ENODEV;
	onpu_show_log(m, onpu->shared);
	drm_dev_exit(idx);
	return 0;
}

/* ---- queues ---------------------------------------------------------------------- */

static void onpu_show_slot(struct seq_file *m, struct onpu_slot *slot)
{
	static const char *const states[] = {
		[ONPU_FW_QUEUE_OFF] = "off", [ONPU_FW_QUEUE_ON] = "on",
		[ONPU_FW_QUEUE_BROKEN] = "broken",
	};
	const struct onpu_fw_queue_fw *fw = &slot->onpu->shared->queue[slot->index].fw;
	const struct onpu_queue *queue = slot->queue;

	seq_printf(m, "slot %u: client %llu priority %u depth %u flags %#x\n", slot->index,
		   queue->client_id, queue->priority, queue->depth, queue->flags);
	spin_lock(&slot->lock);
	seq_printf(m, "  driver: %s %s enable %u next_seq %u head %u told %u tail %u\n",
		   slot->live ? "live" : "stopped", slot->enabled ? "enabled" : "disabled",
		   slot->enable, slot->next_seq, slot->head, slot->told, slot->tail);
	spin_unlock(&slot->lock);
	seq_printf(m, "  firmware: %s reason %u enable %u head %u preempted %u busy %llu run %llu\n",
		   onpu_name(states, ARRAY_SIZE(states), le32_to_cpu(READ_ONCE(fw->state))),
		   le32_to_cpu(READ_ONCE(fw->reason)), le32_to_cpu(READ_ONCE(fw->enable_ack)),
		   le32_to_cpu(READ_ONCE(fw->head)), le32_to_cpu(READ_ONCE(fw->preempted)),
		   le64_to_cpu(READ_ONCE(fw->busy_cycles)), le64_to_cpu(READ_ONCE(fw->run_cycles)));
}

static int onpu_show_queues(struct seq_file *m, void *data)
{
	struct onpu_device *onpu = onpu_of(m);
	size_t i;
	int ret, idx;

	if (!drm_dev_enter(&onpu->drm, &idx))
		return -ENODEV;
	ret = mutex_lock_interruptible(&onpu->slot_lock);
	if (ret)
		goto out;
	for (i = 0; i < ONPU_FW_SLOTS; i++)
		if (onpu->slots[i].queue)
			onpu_show_slot(m, &onpu->slots[i]);
	mutex_unlock(&onpu->slot_lock);
out:
	drm_dev_exit(idx);
	return ret;
}

static const struct drm_debugfs_info onpu_files[] = {
	{ "info", onpu_show_info },
	{ "stats", onpu_show_stats },
	{ "fw_log", onpu_show_fw_log },
	{ "queues", onpu_show_queues },
};

/* ---- failures on purpose --------------------------------------------------------- */

#ifdef CONFIG_FAULT_INJECTION
static DECLARE_FAULT_ATTR(onpu_fail_boot);
static DECLARE_FAULT_ATTR(onpu_fail_tlb);
static DECLARE_FAULT_ATTR(onpu_fail_record);

static const struct {
	const char *name;
	struct fault_attr *attr;
} onpu_fails[] = {
	[ONPU_FAIL_BOOT] = { "fail_boot", &onpu_fail_boot },
	[ONPU_FAIL_TLB] = { "fail_tlb", &onpu_fail_tlb },
	[ONPU_FAIL_RECORD] = { "fail_record", &onpu_fail_record },
};

bool onpu_fail(enum onpu_fail what)
{
	return should_fail(onpu_fails[what].attr, 1);
}

/* The knobs are the module's, and appear below each device. */
static void onpu_fails_init(struct onpu_device *onpu)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(onpu_fails); i++)
		fault_create_debugfs_attr(onpu_fails[i].name, onpu->drm.debugfs_root,
					  onpu_fails[i].attr);
}
#else
static void onpu_fails_init(struct onpu_device *onpu)
{
}
#endif

/* Before drm_dev_register(). */
void onpu_debugfs_init(struct onpu_device *onpu)
{
	drm_debugfs_add_files(&onpu->drm, onpu_files, ARRAY_SIZE(onpu_files));
	onpu_fails_init(onpu);
}
