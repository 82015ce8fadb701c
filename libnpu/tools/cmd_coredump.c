// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "disasm.h"
#include "isa_fields.h"
#include "report.h"
#include "runtime/coredump.h"
#include "runtime/host.h"
#include "tool.h"

static const struct tool_option options_of_coredump[] = {
	{ OPTION_PROGRAM, 'p', "program", "NET.npu",
	  "the program of the guilty job: name the layer and\nprint the command that it was at" },
	{ OPTION_JSON, 0, "json", NULL, "print a JSON object instead of text" },
	{ 0 }
};

/* ---- the device ------------------------------------------------------------------- */

static void report_header(struct report *out, const struct npu_coredump *dump)
{
	time_t seconds = (time_t)(dump->header.time / 1000000000);
	char text[64] = "?";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	report_open(out, "driver", "driver");
	report_text(out, "time", text);
	report_number(out, "resets", dump->header.resets);
	report_number(out, "minor", dump->header.minor);
	report_number(out, "jobs", dump->header.jobs);
	report_close(out);
}

static void report_registers(struct report *out, const struct npu_coredump *dump)
{
	size_t i;

	report_open_list(out, "registers");
	for (i = 0; i < dump->num_registers; i++) {
		report_open(out, "register", "register");
		report_text(out, "name", npu_coredump_register(dump->registers[i].offset));
		report_hex(out, "offset", dump->registers[i].offset);
		report_hex(out, "value", dump->registers[i].value);
		report_close(out);
	}
	report_close(out);
}

static void report_hello(struct report *out, const struct onpu_fw_hello *hello)
{
	char build[sizeof(hello->build) + 1] = "";

	memcpy(build, hello->build, sizeof(hello->build));
	report_open(out, "firmware", "firmware");
	report_text(out, "build", build);
	report_text(out, "state", npu_coredump_fw_state(hello->state));
	report_hex(out, "magic", hello->magic);
	report_number(out, "major", hello->major);
	report_number(out, "minor_min", hello->minor_min);
	report_number(out, "minor_max", hello->minor_max);
	report_hex(out, "features", hello->features);
	report_hex(out, "preset", hello->preset);
	report_number(out, "sram_bytes", hello->sram_bytes);
	report_number(out, "save_bytes", hello->save_bytes);
	report_close(out);
}

static void report_heartbeat(struct report *out, const struct onpu_fw_heartbeat *beat)
{
	report_open(out, "heartbeat", "heartbeat");
	report_number(out, "cycle", beat->cycle);
	report_number(out, "beat", beat->beat);
	if (beat->slot != ONPU_FW_NO_SLOT) {
		report_number(out, "slot", beat->slot);
		report_number(out, "seq", beat->seq);
		report_number(out, "stream_offset", beat->stream_offset);
	}
	report_close(out);
}

/* Without the magic firmware has not written one. */
static void report_crash(struct report *out, const struct onpu_fw_crash *crash)
{
	if (crash->magic != ONPU_FW_CRASH_MAGIC)
		return;
	report_open(out, "crash", "crash");
	report_number(out, "code", crash->code);
	report_text(out, "what", npu_coredump_crash_code(crash->code));
	report_hex(out, "detail", crash->detail);
	report_hex(out, "address", crash->address);
	report_number(out, "cycle", crash->cycle);
	if (crash->slot != ONPU_FW_NO_SLOT) {
		report_number(out, "slot", crash->slot);
		report_number(out, "seq", crash->seq);
	}
	report_hex(out, "job_status", crash->job_status);
	report_close(out);
}

/* ---- jobs ------------------------------------------------------------------------- */

static void report_stop(struct report *out, const struct npu_coredump *dump,
			const struct onpu_dump_job *job)
{
	struct npu_coredump_stop stop;

	npu_coredump_stop(dump, job, &stop);
	if (!stop.offset_source && !stop.fault_source)
		return;
	report_open(out, "stop", "stopped");
	if (stop.offset_source) {
		report_number(out, "stream_offset", stop.stream_offset);
		report_text(out, "offset_source", stop.offset_source);
	}
	if (stop.fault_source) {
		report_number(out, "fault", stop.fault);
		report_text(out, "fault_name", onpu_isa_name(onpu_isa_fault_names, stop.fault));
		report_text(out, "fault_source", stop.fault_source);
	}
	if (stop.has_address)
		report_hex(out, "address", stop.address);
	report_close(out);
}

/* The layer and the command; nothing where there is no program. */
static void report_place(struct report *out, const npu_program *program,
			 const struct npu_coredump_place *place)
{
	char *text = NULL;
	size_t size;
	FILE *file;

	if (!program)
		return;
	file = open_memstream(&text, &size);
	if (file) {
		onpu_disasm(file, program->preset, program->code + place->entry, place->size,
			    place->offset);
		fclose(file);
	}
	report_open(out, "place", "layer");
	report_number(out, "step", (uint64_t)place->step);
	if (place->layer >= 0) {
		report_number(out, "layer", (uint64_t)place->layer);
		report_text(out, "name", program->layers[place->layer].name);
	}
	if (out->json)
		report_text(out, "command", text ? text : "");
	report_close(out);
	if (!out->json && text)
		printf("%s", text);
	free(text);
}

static void report_regions(struct report *out, const struct onpu_dump_job *job)
{
	int i;

	report_open_list(out, "regions");
	for (i = 0; i < job->descriptor.region_count && i < ONPU_FW_REGIONS; i++) {
		report_open(out, "region", "region");
		report_number(out, "index", (uint64_t)i);
		report_hex(out, "va", job->region[i].va);
		report_number(out, "size", job->region[i].size);
		report_close(out);
	}
	report_close(out);
}

static void report_job(struct report *out, const struct npu_coredump *dump,
		       const struct onpu_dump_job *job, const char *title,
		       const npu_program *program, const struct npu_coredump_place *place)
{
	const struct onpu_fw_descriptor *descriptor = &job->descriptor;

	report_open(out, "guilty", title);
	report_number(out, "slot", job->slot);
	if (job->slot < dump->num_queues)
		report_number(out, "priority", dump->queues[job->slot].host.priority);
	report_number(out, "seqno", job->seqno);
	report_hex(out, "cookie", job->cookie);
	report_number(out, "seq", descriptor->seq);
	report_number(out, "context", descriptor->ctx);
	report_hex(out, "entry", descriptor->entry);
	report_number(out, "stream_size", descriptor->stream_size);
	report_number(out, "max_cycles", descriptor->max_cycles);
	if (descriptor->warm_key) {
		report_hex(out, "warm_entry", descriptor->warm_entry);
		report_number(out, "warm_size", descriptor->warm_size);
		report_hex(out, "warm_key", descriptor->warm_key);
	}
	report_hex(out, "job_flags", job->job_flags);
	report_stop(out, dump, job);
	report_place(out, program, place);
	report_regions(out, job);
	report_close(out);
}

static void report_jobs(struct report *out, const struct npu_coredump *dump,
			const npu_program *program, const struct npu_coredump_place *place)
{
	const struct onpu_dump_job *guilty = npu_coredump_guilty(dump);
	size_t i;

	if (guilty)
		report_job(out, dump, guilty, "guilty job", program, place);
	report_open_list(out, "jobs");
	for (i = 0; i < dump->num_jobs; i++)
		if (&dump->jobs[i] != guilty)
			report_job(out, dump, &dump->jobs[i], "job", NULL, NULL);
	report_close(out);
}

/* ---- queues, records, log ----------------------------------------------------------- */

/* A slot that no queue has had since boot is all zeros. */
static void report_queues(struct report *out, const struct npu_coredump *dump)
{
	static const struct onpu_fw_queue unused;
	size_t i;

	report_open_list(out, "queues");
	for (i = 0; i < dump->num_queues; i++) {
		const struct onpu_fw_queue_host *host = &dump->queues[i].host;
		const struct onpu_fw_queue_fw *fw = &dump->queues[i].fw;

		if (!memcmp(&dump->queues[i], &unused, sizeof(unused)))
			continue;
		report_open(out, "queue", "queue");
		report_number(out, "slot", i);
		report_number(out, "priority", host->priority);
		report_number(out, "depth", host->depth);
		report_number(out, "enable", host->enable);
		report_number(out, "enable_ack", fw->enable_ack);
		report_text(out, "state", npu_coredump_queue_state(fw->state));
		report_text(out, "reason", npu_coredump_queue_reason(fw->reason));
		report_number(out, "head", fw->head);
		report_number(out, "started", fw->started);
		report_number(out, "tail", host->tail);
		if (host->kill)
			report_number(out, "kill_seq", host->kill_seq);
		report_number(out, "preempted", fw->preempted);
		report_number(out, "busy", fw->busy_cycles);
		report_number(out, "run", fw->run_cycles);
		report_close(out);
	}
	report_close(out);
}

static void report_records(struct report *out, const struct npu_coredump *dump)
{
	char text[192];
	size_t i;

	if (dump->completion) {
		report_open(out, "completion", "completion");
		report_number(out, "head", dump->completion->head);
		report_number(out, "tail", dump->completion->fw.tail);
		report_number(out, "arm", dump->completion->host.arm);
		report_close(out);
	}
	report_open_list(out, "records");
	for (i = 0; i < dump->num_records; i++) {
		const struct onpu_fw_completion *record = &dump->records[i];

		npu_host_describe(record, text, sizeof(text));
		report_open(out, "record", "record");
		report_number(out, "index", record->index);
		report_number(out, "slot", record->slot);
		report_number(out, "seq", record->seq);
		report_number(out, "status", record->status);
		report_text(out, "what", text);
		report_number(out, "queued", record->queued_cycle);
		report_number(out, "start", record->start_cycle);
		report_number(out, "end", record->end_cycle);
		report_close(out);
	}
	report_close(out);
}

static void report_log(struct report *out, const struct npu_coredump *dump)
{
	size_t i;
	int k;

	report_open_list(out, "log");
	for (i = 0; i < dump->num_log; i++) {
		const struct onpu_fw_log_entry *entry = &dump->log[i];

		report_open(out, "entry", "log");
		report_number(out, "cycle", entry->cycle);
		if (entry->slot != ONPU_FW_NO_SLOT)
			report_number(out, "slot", entry->slot);
		/* Not "code", which is an argument of one. */
		report_number(out, "event_code", entry->code);
		report_text(out, "event", npu_coredump_log_event(entry->code));
		for (k = 0; k < 3 && npu_coredump_log_arg(entry->code, k); k++)
			report_hex(out, npu_coredump_log_arg(entry->code, k), entry->arg[k]);
		report_close(out);
	}
	report_close(out);
}

/* ---- the command -------------------------------------------------------------------- */

static void print_dump(const struct npu_coredump *dump, bool json, const npu_program *program,
		       const struct npu_coredump_place *place)
{
	struct report out;

	report_begin(&out, json);
	report_open(&out, "reset", "reset");
	report_text(&out, "reason", dump->reason ? dump->reason : "");
	report_close(&out);
	report_header(&out, dump);
	report_registers(&out, dump);
	if (dump->hello)
		report_hello(&out, dump->hello);
	if (dump->heartbeat)
		report_heartbeat(&out, dump->heartbeat);
	if (dump->crash)
		report_crash(&out, dump->crash);
	report_jobs(&out, dump, program, place);
	report_queues(&out, dump);
	report_records(&out, dump);
	report_log(&out, dump);
	report_end(&out);
}

/* NULL after a message; the dump is printed nevertheless. */
static npu_program *find_place(const char *path, const struct npu_coredump *dump,
			       struct npu_coredump_place *place)
{
	const struct onpu_dump_job *guilty = npu_coredump_guilty(dump);
	npu_program *program = npu_program_load(path);
	struct npu_coredump_stop stop = { 0 };

	if (!program) {
		complain_npu();
		return NULL;
	}
	if (guilty)
		npu_coredump_stop(dump, guilty, &stop);
	if (!guilty)
		complain("%s: the dump has no guilty job", path);
	else if (!stop.offset_source)
		complain("%s: the dump does not say which command the guilty job was at", path);
	else if (npu_coredump_locate(program, guilty, stop.stream_offset, place))
		complain("%s: %s", path, npu_error());
	else
		return program;
	npu_program_free(program);
	return NULL;
}

static int decode(const struct options *options)
{
	struct npu_coredump_place place = { 0 };
	npu_program *program = NULL;
	struct npu_coredump dump;
	uint8_t *data;
	size_t size;
	bool ok;

	if (!file_read(options->network, &data, &size))
		return EXIT_FAILED;
	ok = npu_coredump_read(&dump, data, size) == NPU_OK;
	if (!ok)
		complain("%s: %s", options->network, npu_error());
	free(data);
	/* What is in front of the damage may be all that there is of this failure. */
	if (dump.header.magic) {
		if (options->program) {
			program = find_place(options->program, &dump, &place);
			ok = ok && program;
		}
		print_dump(&dump, options->json, program, &place);
	}
	npu_program_free(program);
	npu_coredump_clear(&dump);
	return ok ? EXIT_OK : EXIT_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct options options;
	int status;

	if (options_parse(command, argc, argv, &options, &status)) {
		if (!options.network)
			status = complain_usage(command, "which dump?");
		else
			status = decode(&options);
	}
	options_free(&options);
	return status;
}

const struct command command_coredump = {
	.name = "coredump",
	.usage = "FILE [OPTION]...",
	.summary = "decode what the driver left behind when it reset the device",
	.help = "Prints a dump of the kernel's driver, /sys/class/devcoredump/devcdN/data: why the device\n"
		"was reset, registers, firmware, the guilty job and the others, queues, records, log.\n"
		"Of a damaged dump it prints what comes before the damage, and fails.",
	.options = options_of_coredump,
	.run = run,
	.failure = EXIT_FAILED,
};
