// SPDX-License-Identifier: MIT
/*
 * What an inference cost.  Start and end of commands come from the job's trace buffer, which
 * every kind of device writes; the session sets the PROFILE flag in its resident copy of the
 * stream for that.  Counters of work, and cycles by what the hardware waited for, come from
 * the model: of each command, and some of the device as a whole.
 */
#include <string.h>

#include "ir/error.h"
#include "isa/onpu_isa.h"
#include "session.h"

int npu_session_layer_at(const npu_program *program, int step, uint32_t offset)
{
	const struct npu_warm *warm = &program->warm;
	bool in_warm = warm->size && offset >= warm->entry && offset - warm->entry < warm->size;
	const struct npu_layer_part *parts = in_warm ? warm->parts : program->parts;
	int low = 0, high = in_warm ? warm->num_parts : program->num_parts;

	/* The last part that begins at or before offset. */
	while (low < high) {
		int middle = low + (high - low) / 2;

		if (parts[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || program->layers[parts[low - 1].layer].step != step)
		return -1;
	return parts[low - 1].layer;
}

/* What the model has counted since it began; nothing where it does not count. */
static struct onpu_rtl_cycles cycles_now(const npu_session *session)
{
	const npu_device *device = session->device;
	struct onpu_rtl_cycles cycles = { 0 };

	if (device->backend && device->backend->cycles)
		device->backend->cycles(device->handle, &cycles);
	return cycles;
}

/* First with -1 and then with 1: what was counted in between. */
static void add_cycles(npu_profile *profile, const struct onpu_rtl_cycles *cycles, uint64_t sign)
{
	profile->busy_cycles += sign * cycles->busy;
	profile->active_cycles += sign * cycles->active;
	profile->stall_weights += sign * cycles->weights;
	profile->stall_accumulators += sign * cycles->accumulators;
	profile->stall_bank += sign * cycles->bank;
	profile->stall_write += sign * cycles->write;
	profile->stall_operand += sign * cycles->operand;
	profile->stall_mmu += sign * cycles->mmu;
	profile->mmu_walks += sign * cycles->walks;
}

void npu_session_profile_reset(npu_session *session)
{
	const npu_program *program = session->program;
	struct onpu_rtl_cycles cycles = cycles_now(session);
	int i;

	memset(&session->profile, 0, sizeof(session->profile));
	session->profile.cycles_estimated = session->device->host && !session->device->host->rtl;
	session->profile.work_counted = session->device->backend && session->device->backend->work;
	session->profile.layers = session->layers;
	session->profile.num_layers = program->num_layers;
	add_cycles(&session->profile, &cycles, -1);
	for (i = 0; i < program->num_layers; i++) {
		const struct npu_layer *layer = &program->layers[i];

		session->layers[i] = (npu_layer_profile){
			.name = layer->name,
			.node = program->graph.nodes[layer->node].index,
			.on_npu = session->device->backend && program->steps[layer->step].node < 0,
			.start_cycle = UINT64_MAX,
			.macs = layer->macs,
		};
	}
}

/* Cycles since the job was queued, without the switch from another session's memory. */
static uint64_t since(const struct onpu_fw_completion *record, uint64_t cycle)
{
	uint64_t origin = record->queued_cycle + record->switch_cycles;

	return cycle > origin ? cycle - origin : 0;
}

/*
 * A load may run far ahead of its layer: it is the layer's start only if nothing else is.
 * Records of one engine are in order, so the first that counts is the earliest.
 */
static void add_time(npu_layer_profile *layer, bool load, uint64_t start, uint64_t end)
{
	if (layer->start_cycle == UINT64_MAX || (!load && start < layer->start_cycle))
		layer->start_cycle = start;
	if (end > layer->end_cycle)
		layer->end_cycle = end;
}

/* Where the stream that the job ran is in the code; offsets of a warm one are told from the other's entry on. */
static uint32_t stream_entry(const npu_session *session, int s, const struct onpu_fw_completion *record)
{
	const struct npu_warm *warm = &session->program->warm;
	uint32_t entry = session->program->steps[s].entry;

	return warm->size && warm->step == s && entry + record->stream_offset > warm->entry ?
		warm->entry : entry;
}

static void add_times(npu_session *session, int s, const struct onpu_fw_completion *record,
		      bool loads)
{
	uint32_t entry = stream_entry(session, s, record);
	uint64_t base = session->profile.cycles, computed = 0;
	uint32_t at;

	for (at = 0; at + sizeof(struct onpu_trace_record) <= session->trace.size;
	     at += sizeof(struct onpu_trace_record)) {
		struct onpu_trace_record trace;
		uint64_t start, end;
		int layer;

		memcpy(&trace, session->trace.memory.data + at, sizeof(trace));
		start = (uint64_t)trace.start_hi << 32 | trace.start_lo;
		end = (uint64_t)trace.end_hi << 32 | trace.end_lo;
		/* A compute command is taken, and prepared, while the one before runs. */
		if (trace.engine == ONPU_ENGINE_COMPUTE) {
			start = start < computed ? computed : start;
			computed = end;
		}
		layer = npu_session_layer_at(session->program, s, entry + trace.stream_offset);
		/* Records of zeros were not written. */
		if (end && layer >= 0 && (trace.engine == ONPU_ENGINE_LOAD) == loads)
			add_time(&session->layers[layer], loads, base + since(record, start),
				 base + since(record, end));
	}
}

static void add_work(npu_layer_profile *layer, const struct onpu_counters *work)
{
	layer->read_bytes += work->read_bytes;
	layer->write_bytes += work->write_bytes;
	layer->steps_d += work->steps_d;
	layer->steps_g4 += work->steps_g4;
	layer->steps_g2 += work->steps_g2;
	layer->steps_pair += work->steps_pair;
	layer->steps_depthwise += work->steps_depthwise;
	layer->blocks += work->blocks_d + work->blocks_g2 + work->blocks_g4;
	layer->blocks_skipped += work->blocks_none;
}

/* What the command is for, if it is a DMA command that was waited for. */
static uint64_t *waited(npu_cycle_split *split, const struct onpu_cmd_load *command)
{
	if (command->head.opcode == ONPU_OPCODE_STORE)
		return &split->output;
	if (command->head.opcode == ONPU_OPCODE_LOAD && command->region == NPU_REGION_CODE)
		return &split->weights;
	return &split->input;
}

static void add_split(npu_cycle_split *split, const struct onpu_command_cycles *cycles,
		      const struct onpu_cmd_load *command)
{
	split->active += cycles->active;
	split->decoder += cycles->decoder;
	split->bank += cycles->bank;
	split->post += cycles->post;
	split->fill += cycles->fill;
	if (cycles->waited)
		*waited(split, command) += cycles->waited;
	split->walk += cycles->walk;
	split->commands += cycles->commands;
}

static uint64_t sum_of(const struct onpu_command_cycles *c)
{
	return c->active + c->decoder + c->bank + c->post + c->fill + c->waited + c->walk +
	       c->commands;
}

void npu_session_profile_job(npu_session *session, int s, const struct onpu_fw_completion *record)
{
	const struct npu_backend *backend = session->device->backend;
	uint32_t entry = stream_entry(session, s, record);
	const struct onpu_command_time *times = NULL;
	size_t count = backend->work ? backend->work(session->space, &times) : 0;
	const uint8_t *code = session->region[NPU_REGION_CODE].memory.data;
	uint64_t cycles = since(record, record->done_cycle), split = 0;
	size_t i;

	session->profile.warm |= entry != session->program->steps[s].entry;
	add_times(session, s, record, false);
	add_times(session, s, record, true);
	for (i = 0; i < count; i++) {
		const struct onpu_command_time *time = &times[i];
		int index = npu_session_layer_at(session->program, s, entry + time->stream_offset);
		const void *command = code + entry + time->stream_offset;

		session->profile.read_bytes += time->work.read_bytes;
		session->profile.write_bytes += time->work.write_bytes;
		add_split(&session->profile.split, &time->cycles, command);
		split += sum_of(&time->cycles);
		if (index < 0)
			continue;
		add_work(&session->layers[index], &time->work);
		add_split(&session->layers[index].split, &time->cycles, command);
	}
	session->profile.cycles += cycles;
	if (split && split < cycles)
		session->profile.split.firmware += cycles - split;
}

void npu_session_profile_cpu(npu_session *session, int s)
{
	int i;

	for (i = 0; i < session->program->num_layers; i++)
		if (session->program->layers[i].step == s)
			session->layers[i].start_cycle = session->profile.cycles;
}

void npu_session_profile_finish(npu_session *session)
{
	npu_profile *profile = &session->profile;
	double peak = (double)session->device->preset->lanes * session->device->preset->lanes;
	struct onpu_rtl_cycles cycles = cycles_now(session);
	int i;

	add_cycles(profile, &cycles, 1);
	for (i = 0; i < profile->num_layers; i++) {
		npu_layer_profile *layer = &session->layers[i];

		if (layer->start_cycle == UINT64_MAX)
			layer->start_cycle = 0;
		if (layer->end_cycle < layer->start_cycle)
			layer->end_cycle = layer->start_cycle;
		if (layer->on_npu)
			profile->macs += layer->macs;
	}
	if (profile->cycles)
		profile->utilisation = (double)profile->macs / (peak * (double)profile->cycles);
}

npu_status npu_session_profile(const npu_session *session, npu_profile *profile)
{
	if (!session || !profile)
		return npu_fail(NPU_ERR_INVALID, "npu_session_profile: session or profile is NULL");
	if (!session->ran)
		return npu_fail(NPU_ERR_INVALID, "no inference was run in this session");
	*profile = session->profile;
	return NPU_OK;
}
