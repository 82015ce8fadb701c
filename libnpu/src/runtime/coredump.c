// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "coredump.h"
#include "ir/error.h"
#include "isa/onpu_isa.h"
#include "regs/onpu_regs.h"
#include "session.h"

/* A section: count parts, stride bytes from one to the next. */
struct section {
	uint32_t number, type, count;
	size_t at, size, stride;
	const uint8_t *bytes;
};

/* What a reader of this header knows of a type. */
static const struct {
	const char *name;
	size_t part;		/* bytes of a part, at least */
	bool many;		/* more parts than one, or none */
} types[] = {
	[ONPU_DUMP_REASON] = { "reason", 0, false },
	[ONPU_DUMP_REGISTERS] = { "registers", sizeof(struct onpu_dump_register), true },
	[ONPU_DUMP_HELLO] = { "hello", sizeof(struct onpu_fw_hello), false },
	[ONPU_DUMP_HEARTBEAT] = { "heartbeat", sizeof(struct onpu_fw_heartbeat), false },
	[ONPU_DUMP_CRASH] = { "crash record", sizeof(struct onpu_fw_crash), false },
	[ONPU_DUMP_QUEUES] = { "queues", sizeof(struct onpu_fw_queue), true },
	[ONPU_DUMP_LOG] = { "log", sizeof(struct onpu_fw_log_head), false },
	[ONPU_DUMP_COMPLETION] = { "completion ring", sizeof(struct onpu_dump_completion), false },
	[ONPU_DUMP_RECORD] = { "completion records", sizeof(struct onpu_fw_completion), true },
	[ONPU_DUMP_JOB] = { "job", sizeof(struct onpu_dump_job), true },
};

enum { NUM_TYPES = sizeof(types) / sizeof(types[0]) };

static npu_status no_memory(void)
{
	return npu_fail(NPU_ERR_NOMEM, "out of memory for a dump");
}

/* ---- sections --------------------------------------------------------------------- */

/*
 * Appends the parts of a section to an array, of each the bytes that this header knows.  Memory is
 * bounded by the file: every part is larger than nothing, and was found to be there.
 */
static npu_status append(void *array, size_t *num, const struct section *section)
{
	size_t part = types[section->type].part, i;
	uint8_t *larger;
	void *old;

	memcpy(&old, array, sizeof(old));
	larger = realloc(old, (*num + section->count) * part + 1);
	if (!larger)
		return no_memory();
	memcpy(array, &larger, sizeof(larger));
	for (i = 0; i < section->count; i++)
		memcpy(larger + (*num + i) * part, section->bytes + i * section->stride, part);
	*num += section->count;
	return NPU_OK;
}

static npu_status take_one(void *pointer, const struct section *section)
{
	size_t num = 0;

	return append(pointer, &num, section);
}

static npu_status take_reason(struct npu_coredump *dump, const struct section *section)
{
	dump->reason = malloc(section->size + 1);
	if (!dump->reason)
		return no_memory();
	memcpy(dump->reason, section->bytes, section->size);
	dump->reason[section->size] = 0;
	return NPU_OK;
}

/* As in the ring: an entry whose index is not the one expected there has been overwritten. */
static npu_status take_log(struct npu_coredump *dump, const struct section *section)
{
	const uint8_t *entries = section->bytes + sizeof(*dump->log_head);
	size_t room = (section->size - sizeof(*dump->log_head)) / sizeof(*dump->log);
	npu_status status = take_one(&dump->log_head, section);
	struct onpu_fw_log_entry entry;
	uint32_t head, i;

	if (status)
		return status;
	dump->log = calloc(ONPU_FW_LOG_ENTRIES, sizeof(*dump->log));
	if (!dump->log)
		return no_memory();
	head = dump->log_head->head;
	for (i = head > ONPU_FW_LOG_ENTRIES ? head - ONPU_FW_LOG_ENTRIES : 0; i != head; i++) {
		if (i % ONPU_FW_LOG_ENTRIES >= room)
			continue;
		memcpy(&entry, entries + i % ONPU_FW_LOG_ENTRIES * sizeof(entry), sizeof(entry));
		if (entry.index == i)
			dump->log[dump->num_log++] = entry;
	}
	return NPU_OK;
}

/* The ring was cleared before boot: what is zeros was not written since. */
static npu_status take_records(struct npu_coredump *dump, const struct section *section)
{
	static const struct onpu_fw_completion nothing;
	npu_status status = append(&dump->records, &dump->num_records, section);
	size_t i, kept = 0;

	for (i = 0; i < dump->num_records; i++)
		if (memcmp(&dump->records[i], &nothing, sizeof(nothing)))
			dump->records[kept++] = dump->records[i];
	dump->num_records = kept;
	return status;
}

static npu_status take(struct npu_coredump *dump, const struct section *section)
{
	switch (section->type) {
	case ONPU_DUMP_REASON:
		return take_reason(dump, section);
	case ONPU_DUMP_REGISTERS:
		return append(&dump->registers, &dump->num_registers, section);
	case ONPU_DUMP_HELLO:
		return take_one(&dump->hello, section);
	case ONPU_DUMP_HEARTBEAT:
		return take_one(&dump->heartbeat, section);
	case ONPU_DUMP_CRASH:
		return take_one(&dump->crash, section);
	case ONPU_DUMP_QUEUES:
		return append(&dump->queues, &dump->num_queues, section);
	case ONPU_DUMP_LOG:
		return take_log(dump, section);
	case ONPU_DUMP_COMPLETION:
		return take_one(&dump->completion, section);
	case ONPU_DUMP_RECORD:
		return take_records(dump, section);
	default:
		return append(&dump->jobs, &dump->num_jobs, section);
	}
}

static npu_status malformed(const struct section *section, const char *what)
{
	return npu_fail(NPU_ERR_FORMAT, "section %u (%s) at byte %zu: %s", section->number,
			types[section->type].name, section->at, what);
}

/* Only of types that are known; seen has a bit for each that there was. */
static npu_status check_section(struct section *section, uint32_t *seen)
{
	bool many = types[section->type].many;
	size_t part = types[section->type].part;

	if (section->type != ONPU_DUMP_JOB && *seen & 1u << section->type)
		return malformed(section, "there are two of them");
	*seen |= 1u << section->type;
	if (!many && section->count != 1)
		return malformed(section, "its count is not 1");
	if (section->count && section->size % section->count)
		return malformed(section, "its size is not a multiple of its count");
	if (!section->count && section->size)
		return malformed(section, "its count is 0, its size is not");
	section->stride = section->count ? section->size / section->count : part;
	if (section->stride < part)
		return malformed(section, "it is too small for its count");
	return NPU_OK;
}

static uint64_t padded(uint64_t size)
{
	return (size + 7) & ~7ull;
}

/* Finds the section at *at and moves behind it.  False: it does not end before limit. */
static bool next_section(struct section *section, const uint8_t *data, size_t limit, size_t *at)
{
	struct onpu_dump_section head;
	size_t room;

	if (limit - *at < sizeof(head))
		return false;
	memcpy(&head, data + *at, sizeof(head));
	room = limit - *at - sizeof(head);
	if (head.size > room || padded(head.size) > room)
		return false;
	section->type = head.type;
	section->count = head.count;
	section->at = *at;
	section->size = (size_t)head.size;
	section->bytes = data + *at + sizeof(head);
	*at += sizeof(head) + (size_t)padded(head.size);
	return true;
}

static npu_status read_sections(struct npu_coredump *dump, const uint8_t *data, size_t size)
{
	const struct onpu_dump_header *header = &dump->header;
	size_t limit = header->size < size ? (size_t)header->size : size;
	size_t at = header->header_size;
	struct section section = { 0 };
	npu_status status = NPU_OK;
	uint32_t seen = 0;

	while (section.number < header->sections && !status) {
		section.number++;
		if (!next_section(&section, data, limit, &at)) {
			if (header->size > size)
				break;
			return npu_fail(NPU_ERR_FORMAT,
					"section %u of %u at byte %zu goes beyond the end at byte %zu",
					section.number, header->sections, at, limit);
		}
		if (section.type == 0 || section.type >= NUM_TYPES)
			continue;
		status = check_section(&section, &seen);
		if (!status)
			status = take(dump, &section);
	}
	if (status)
		return status;
	if (header->size > size)
		return npu_fail(NPU_ERR_FORMAT, "cut off: it has %zu of %" PRIu64 " bytes", size,
				(uint64_t)header->size);
	if (at != size)
		return npu_fail(NPU_ERR_FORMAT, "its %u sections end at byte %zu, it has %zu",
				header->sections, at, size);
	if (header->jobs < dump->num_jobs)
		return npu_fail(NPU_ERR_FORMAT, "its header says %u jobs, it has %zu",
				header->jobs, dump->num_jobs);
	return NPU_OK;
}

npu_status npu_coredump_read(struct npu_coredump *dump, const uint8_t *data, size_t size)
{
	const uint64_t magic = ONPU_DUMP_MAGIC;
	struct onpu_dump_header header;

	memset(dump, 0, sizeof(*dump));
	if (!size)
		return npu_fail(NPU_ERR_FORMAT, "empty");
	if (memcmp(data, &magic, size < sizeof(magic) ? size : sizeof(magic)))
		return npu_fail(NPU_ERR_FORMAT, "not a dump of the driver");
	if (size < sizeof(header))
		return npu_fail(NPU_ERR_FORMAT, "a dump that ends inside the header");
	memcpy(&header, data, sizeof(header));
	if (header.version != ONPU_DUMP_VERSION)
		return npu_fail(NPU_ERR_FORMAT, "a dump of version %u, this reads version %u",
				header.version, ONPU_DUMP_VERSION);
	if (header.header_size < sizeof(header) || header.header_size % 8 ||
	    header.header_size > header.size)
		return npu_fail(NPU_ERR_FORMAT, "a header of %u bytes in a dump of %" PRIu64,
				header.header_size, (uint64_t)header.size);
	if (header.header_size > size)
		return npu_fail(NPU_ERR_FORMAT, "a dump that ends inside the header");
	dump->header = header;
	return read_sections(dump, data, size);
}

void npu_coredump_clear(struct npu_coredump *dump)
{
	free(dump->reason);
	free(dump->hello);
	free(dump->heartbeat);
	free(dump->crash);
	free(dump->completion);
	free(dump->log_head);
	free(dump->registers);
	free(dump->queues);
	free(dump->log);
	free(dump->records);
	free(dump->jobs);
	memset(dump, 0, sizeof(*dump));
}

/* ---- the guilty job --------------------------------------------------------------- */

const struct onpu_dump_job *npu_coredump_guilty(const struct npu_coredump *dump)
{
	size_t i;

	for (i = 0; i < dump->num_jobs; i++)
		if (dump->jobs[i].flags & ONPU_DUMP_JOB_GUILTY)
			return &dump->jobs[i];
	return NULL;
}

static bool stop_by_record(const struct npu_coredump *dump, const struct onpu_dump_job *job,
			   struct npu_coredump_stop *stop)
{
	size_t i;

	for (i = 0; i < dump->num_records && dump->completion; i++) {
		const struct onpu_fw_completion *record = &dump->records[i];

		/* One that the driver has taken is of another job, of the slot's previous queue. */
		if (record->slot != job->slot || record->seq != job->descriptor.seq ||
		    record->index - dump->completion->head >= 1u << 31)
			continue;
		*stop = (struct npu_coredump_stop){
			.offset_source = "completion record",
			.fault_source = "completion record",
			.stream_offset = record->stream_offset,
			.fault = record->fault,
			.has_address = record->fault == ONPU_FAULT_MMU ||
				       record->fault == ONPU_FAULT_BUS,
			.address = record->va,
		};
		return true;
	}
	return false;
}

static uint32_t register_of(const struct npu_coredump *dump, uint32_t offset)
{
	size_t i;

	for (i = 0; i < dump->num_registers; i++)
		if (dump->registers[i].offset == offset)
			return dump->registers[i].value;
	return 0;
}

/* What hardware has latched counts if it was an engine that worked for the job's context. */
static void add_latched(const struct npu_coredump *dump, const struct onpu_dump_job *job,
			struct npu_coredump_stop *stop)
{
	uint32_t latched = register_of(dump, ONPU_HOST_FAULT_STATUS);

	if (!(latched & ONPU_HOST_FAULT_STATUS_VALID) ||
	    (latched & ONPU_HOST_FAULT_STATUS_SOURCE) >> ONPU_HOST_FAULT_STATUS_SOURCE_SHIFT !=
	    ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE ||
	    (latched & ONPU_HOST_FAULT_STATUS_CTX) >> ONPU_HOST_FAULT_STATUS_CTX_SHIFT !=
	    job->descriptor.ctx)
		return;
	stop->fault_source = "FAULT_STATUS register";
	stop->fault = (latched & ONPU_HOST_FAULT_STATUS_CODE) >> ONPU_HOST_FAULT_STATUS_CODE_SHIFT;
	stop->has_address = true;
	stop->address = register_of(dump, ONPU_HOST_FAULT_VA);
}

void npu_coredump_stop(const struct npu_coredump *dump, const struct onpu_dump_job *job,
		       struct npu_coredump_stop *stop)
{
	const struct onpu_fw_heartbeat *beat = dump->heartbeat;
	const struct onpu_fw_crash *crash = dump->crash;

	*stop = (struct npu_coredump_stop){ 0 };
	if (stop_by_record(dump, job, stop))
		return;
	if (crash && crash->magic == ONPU_FW_CRASH_MAGIC && crash->slot == job->slot &&
	    crash->seq == job->descriptor.seq) {
		stop->fault_source = "crash record";
		stop->fault = (crash->job_status & ONPU_CTL_JOB_STATUS_FAULT) >>
			      ONPU_CTL_JOB_STATUS_FAULT_SHIFT;
	}
	if (beat && beat->slot == job->slot && beat->seq == job->descriptor.seq) {
		stop->offset_source = "heartbeat";
		stop->stream_offset = beat->stream_offset;
	}
	if (!stop->fault)
		add_latched(dump, job, stop);
}

/* Whether a command begins there: the heartbeat of firmware that died may say anything. */
static bool begins_command(const uint8_t *stream, uint32_t size, uint32_t offset)
{
	uint32_t at = 0;

	while (at < offset && size - at >= sizeof(struct onpu_head)) {
		struct onpu_head head;

		memcpy(&head, stream + at, sizeof(head));
		if (!head.length || head.length * 4u > size - at)
			return false;
		at += head.length * 4u;
	}
	return at == offset && at < size;
}

npu_status npu_coredump_locate(const npu_program *program, const struct onpu_dump_job *job,
			       uint32_t stream_offset, struct npu_coredump_place *place)
{
	const struct onpu_fw_region *code = &job->region[NPU_REGION_CODE];
	const struct onpu_fw_descriptor *descriptor = &job->descriptor;
	const struct npu_warm *warm = &program->warm;
	uint32_t entry = descriptor->entry - code->va;
	struct npu_coredump_place at;
	int s;

	if (!descriptor->region_count || descriptor->entry < code->va ||
	    code->size < program->code_size)
		return npu_fail(NPU_ERR_INVALID,
				"the job is not of this program: its code is %u bytes at %#x, entry %#x, the program's %u bytes",
				descriptor->region_count ? code->size : 0,
				descriptor->region_count ? code->va : 0, descriptor->entry,
				program->code_size);
	for (s = 0; s < program->num_steps; s++)
		if (program->steps[s].node < 0 && program->steps[s].entry == entry &&
		    program->steps[s].size == descriptor->stream_size)
			break;
	if (s == program->num_steps)
		return npu_fail(NPU_ERR_INVALID,
				"the job is not of this program: none of its streams is %u bytes at %u of the code",
				descriptor->stream_size, entry);
	at = (struct npu_coredump_place){ .step = s, .entry = entry, .size = program->steps[s].size };
	/* Offsets in a warm stream are told from the other one's entry on. */
	if (warm->size && warm->step == s && descriptor->warm_key &&
	    stream_offset >= warm->entry - entry) {
		at.entry = warm->entry;
		at.size = warm->size;
	}
	at.offset = stream_offset - (at.entry - entry);
	if (!begins_command(program->code + at.entry, at.size, at.offset))
		return npu_fail(NPU_ERR_INVALID,
				"no command begins at byte %u of the job's stream (step %d)",
				stream_offset, s);
	at.layer = npu_session_layer_at(program, s, at.entry + at.offset);
	*place = at;
	return NPU_OK;
}
