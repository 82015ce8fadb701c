// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core.h"
#include "engines.h"
#include "isa_fields.h"
#include "order.h"
#include "timing.h"

#define ENGINES 3

/* What a trace record says beside its times. */
struct traced {
	uint8_t engine;
	bool profile;
};

/* A job between two commands; what onpu_core_save() keeps. */
struct progress {
	struct onpu_core_job job;
	uint32_t offset;		/* next command */
	uint32_t dispatched[ENGINES];
	uint32_t trace_used;		/* bytes */
	uint64_t cycles;		/* used before the last start or resumption */
	struct onpu_range live[ONPU_PREEMPT_RANGES];
};

struct onpu_core {
	const struct onpu_preset *preset;
	struct onpu_core_bus bus;
	uint8_t *sram;
	enum onpu_core_state state;
	struct progress job;
	struct onpu_fault_info fault;
	struct onpu_counters counters;
	bool preempt;

	/* Since the last start or resumption: */
	uint64_t start_cycle, cycle;
	uint32_t wait_base[ENGINES];	/* commands that had completed before */
	struct onpu_timeline *timeline;
	struct onpu_command_time *times;
	struct traced *traced;
	size_t num_times, max_times;

	struct onpu_order *order;	/* NULL: not checked */
};

struct onpu_core *onpu_core_new(const struct onpu_preset *preset, const struct onpu_core_bus *bus)
{
	struct onpu_core *core = calloc(1, sizeof(*core));

	if (!core)
		return NULL;
	core->preset = preset;
	core->bus = *bus;
	core->sram = calloc(preset->sram_bytes, 1);
	if (!core->sram) {
		free(core);
		return NULL;
	}
	return core;
}

void onpu_core_free(struct onpu_core *core)
{
	if (!core)
		return;
	onpu_timeline_free(core->timeline);
	onpu_order_free(core->order);
	free(core->times);
	free(core->traced);
	free(core->sram);
	free(core);
}

void onpu_core_reset(struct onpu_core *core)
{
	core->state = ONPU_CORE_IDLE;
	core->preempt = false;
	core->num_times = 0;
	memset(&core->fault, 0, sizeof(core->fault));
}

void onpu_core_scrub(struct onpu_core *core)
{
	memset(core->sram, 0, core->preset->sram_bytes);
	memset(&core->counters, 0, sizeof(core->counters));
	if (core->order)
		onpu_order_scrub(core->order);
}

/* ---- ends ------------------------------------------------------------------------- */

static enum onpu_core_state fail_at(struct onpu_core *core, enum onpu_fault code,
				    enum onpu_engine engine, uint32_t offset)
{
	core->state = ONPU_CORE_FAULT;
	core->fault.code = code;
	core->fault.engine = engine;
	core->fault.stream_offset = offset;
	return core->state;
}

/* Ends of all commands so far, in the order in which they came. */
static int by_end(const void *a, const void *b)
{
	const struct onpu_command_time *x = *(const struct onpu_command_time *const *)a;
	const struct onpu_command_time *y = *(const struct onpu_command_time *const *)b;

	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return x->stream_offset < y->stream_offset ? -1 : x->stream_offset > y->stream_offset;
}

static int write_record(struct onpu_core *core, const struct onpu_command_time *time,
			uint32_t *va)
{
	struct progress *job = &core->job;
	struct onpu_trace_record record = {
		.stream_offset = time->stream_offset,
		.engine = core->traced[time - core->times].engine,
		.start_lo = (uint32_t)time->start, .start_hi = (uint32_t)(time->start >> 32),
		.end_lo = (uint32_t)time->end, .end_hi = (uint32_t)(time->end >> 32),
	};
	int code;

	if (job->job.trace_size - job->trace_used < sizeof(record))
		return 0;
	*va = job->job.trace_va + job->trace_used;
	code = core->bus.write(core->bus.ctx, *va, &record, sizeof(record), va);
	if (!code)
		job->trace_used += sizeof(record);
	return code;
}

/* Records of what has completed since the last start or resumption. */
static void write_trace(struct onpu_core *core)
{
	const struct onpu_command_time **sorted;
	size_t n = 0;

	sorted = malloc((core->num_times + 1) * sizeof(*sorted));
	if (!sorted) {
		fail_at(core, ONPU_FAULT_FIRMWARE, ONPU_ENGINE_CONTROL, core->job.offset);
		return;
	}
	for (size_t i = 0; i < core->num_times; i++)
		if (core->traced[i].profile)
			sorted[n++] = &core->times[i];
	qsort(sorted, n, sizeof(*sorted), by_end);
	for (size_t i = 0; i < n; i++) {
		uint32_t va = 0;
		int code = write_record(core, sorted[i], &va);

		if (!code)
			continue;
		/* The first fault of a job stays. */
		if (core->state != ONPU_CORE_FAULT) {
			fail_at(core, (enum onpu_fault)code, ONPU_ENGINE_CONTROL,
				sorted[i]->stream_offset);
			core->fault.va = va;
			core->fault.write = true;
		}
		break;
	}
	free(sorted);
}

/* Everything dispatched so far completes. */
static void drain(struct onpu_core *core)
{
	core->cycle = onpu_timeline_finish(core->timeline);
	for (size_t i = 0; i < core->num_times; i++)
		onpu_timeline_times(core->timeline, i, &core->times[i].start,
				    &core->times[i].end);
}

static bool over_budget(const struct onpu_core *core, uint64_t cycle)
{
	uint64_t used = core->job.cycles + (cycle - core->start_cycle);

	return core->job.job.max_cycles && used > core->job.job.max_cycles;
}

static enum onpu_core_state expire(struct onpu_core *core, uint32_t offset)
{
	fail_at(core, ONPU_FAULT_WATCHDOG, ONPU_ENGINE_CONTROL, offset);
	core->cycle = core->start_cycle + core->job.job.max_cycles - core->job.cycles;
	return core->state;
}

static enum onpu_core_state fail(struct onpu_core *core, enum onpu_fault code,
				 enum onpu_engine engine)
{
	fail_at(core, code, engine, core->job.offset);
	drain(core);
	write_trace(core);
	return core->state;
}

/* END, or PREEMPT where the job stops: the command's own end is that of the others. */
static enum onpu_core_state finish(struct onpu_core *core, enum onpu_core_state state,
				   uint32_t offset)
{
	drain(core);
	core->times[core->num_times - 1].end = core->cycle;
	if (over_budget(core, core->cycle))
		return expire(core, offset);
	core->state = state;
	write_trace(core);
	return core->state;
}

/* ---- start ------------------------------------------------------------------------- */

static void run_from(struct onpu_core *core, uint64_t start_cycle)
{
	struct onpu_memory_model memory = ONPU_MEMORY_DEFAULT;

	onpu_timeline_free(core->timeline);
	core->timeline = onpu_timeline_new(&memory, start_cycle);
	core->start_cycle = start_cycle;
	core->cycle = start_cycle;
	core->num_times = 0;
	memcpy(core->wait_base, core->job.dispatched, sizeof(core->wait_base));
	memset(&core->fault, 0, sizeof(core->fault));
	core->state = ONPU_CORE_RUNNING;
	if (!core->timeline)
		fail_at(core, ONPU_FAULT_FIRMWARE, ONPU_ENGINE_CONTROL, core->job.offset);
}

void onpu_core_start(struct onpu_core *core, const struct onpu_core_job *job, uint64_t start_cycle)
{
	memset(&core->job, 0, sizeof(core->job));
	core->job.job = *job;
	run_from(core, start_cycle);
	if (core->order)
		onpu_order_start(core->order);
}

void onpu_core_request_preempt(struct onpu_core *core, bool request)
{
	core->preempt = request;
}

void onpu_core_resume(struct onpu_core *core, uint64_t start_cycle)
{
	if (core->state != ONPU_CORE_PREEMPTED)
		return;
	run_from(core, start_cycle);
	if (core->order)
		onpu_order_resume(core->order, core->job.live);
}

size_t onpu_core_state_size(void)
{
	return sizeof(struct progress);
}

void onpu_core_save(const struct onpu_core *core, void *state)
{
	memcpy(state, &core->job, sizeof(core->job));
}

void onpu_core_restore(struct onpu_core *core, const void *state)
{
	memcpy(&core->job, state, sizeof(core->job));
	core->state = ONPU_CORE_PREEMPTED;
}

/* ---- one command --------------------------------------------------------------------- */

static bool has_weights(const union onpu_command *c)
{
	return c->head.opcode == ONPU_OPCODE_CONV || c->head.opcode == ONPU_OPCODE_DWCONV;
}

/* Words [from, from + count) of the next command; the fault is recorded. */
static bool fetch(struct onpu_core *core, union onpu_command *command, uint32_t from,
		  uint32_t count)
{
	uint32_t va = core->job.job.entry + core->job.offset + 4 * from, fault_va = va;
	int code;

	if (4 * (from + count) > core->job.job.stream_size - core->job.offset) {
		fail(core, ONPU_FAULT_STREAM, ONPU_ENGINE_CONTROL);
		return false;
	}
	code = core->bus.read(core->bus.ctx, va, command->words + from, 4 * count, &fault_va);
	if (code) {
		fail(core, (enum onpu_fault)code, ONPU_ENGINE_CONTROL);
		core->fault.va = fault_va;
		return false;
	}
	return true;
}

static bool fetch_and_check(struct onpu_core *core, union onpu_command *command)
{
	struct onpu_check check = { core->preset, core->job.dispatched, &core->job.job };
	enum onpu_fault code = ONPU_FAULT_NONE;
	const char *what;

	if (core->job.job.entry % 4 || core->job.job.stream_size % 4) {
		fail(core, ONPU_FAULT_STREAM, ONPU_ENGINE_CONTROL);
		return false;
	}
	if (!fetch(core, command, 0, 1))
		return false;
	code = onpu_check_header(command->words[0]);
	if (code == ONPU_FAULT_NONE) {
		if (!fetch(core, command, 1, command->head.length - 1u))
			return false;
		code = onpu_check_command(&check, command, &what);
	}
	if (code == ONPU_FAULT_NONE && command->head.opcode == ONPU_OPCODE_END &&
	    core->job.offset + 4u * command->head.length != core->job.job.stream_size)
		code = ONPU_FAULT_STREAM;
	if (code != ONPU_FAULT_NONE)
		fail(core, code, ONPU_ENGINE_CONTROL);
	return code == ONPU_FAULT_NONE;
}

static bool grow_times(struct onpu_core *core)
{
	size_t max = core->max_times ? 2 * core->max_times : 64;
	struct onpu_command_time *times;
	struct traced *traced;

	if (core->num_times < core->max_times)
		return true;
	times = realloc(core->times, max * sizeof(*times));
	if (!times)
		return false;
	core->times = times;
	traced = realloc(core->traced, max * sizeof(*traced));
	if (!traced)
		return false;
	core->traced = traced;
	core->max_times = max;
	return true;
}

/* Prices the command and puts it into the timeline; false if there is no memory. */
static bool schedule(struct onpu_core *core, const union onpu_command *c)
{
	const uint32_t wait[ENGINES] = { c->head.wait_load, c->head.wait_compute,
					 c->head.wait_store };
	uint32_t at = c->head.opcode == ONPU_OPCODE_CONV ? c->conv.weights :
		      c->head.opcode == ONPU_OPCODE_DWCONV ? c->dwconv.weights : 0;
	struct onpu_command_time *time;
	struct onpu_cost cost;
	uint32_t left[ENGINES];

	if (!grow_times(core))
		return false;
	onpu_cost_command(core->preset, c->words, has_weights(c) ? core->sram + at : NULL, &cost);
	for (int e = 0; e < ENGINES; e++)
		left[e] = wait[e] > core->wait_base[e] ? wait[e] - core->wait_base[e] : 0;
	if (onpu_timeline_add(core->timeline, &cost, left))
		return false;
	core->traced[core->num_times] = (struct traced){
		(uint8_t)cost.engine, c->head.flags & ONPU_CMD_PROFILE
	};
	time = &core->times[core->num_times++];
	*time = (struct onpu_command_time){ .stream_offset = core->job.offset,
					    .work = cost.work };
	core->cycle = onpu_timeline_now(core->timeline);
	return true;
}

/* The command did not complete: it leaves no record. */
static enum onpu_core_state fail_running(struct onpu_core *core, enum onpu_fault code,
					 enum onpu_engine engine)
{
	fail_at(core, code, engine, core->job.offset);
	drain(core);
	core->num_times--;
	write_trace(core);
	return core->state;
}

static enum onpu_fault execute(struct onpu_core *core, const union onpu_command *c)
{
	struct onpu_machine machine = { core->preset, core->sram, &core->bus, &core->job.job };
	struct onpu_access_fault access = { 0 };
	enum onpu_fault code;

	switch (c->head.opcode) {
	case ONPU_OPCODE_CONV:
		return onpu_exec_conv(&machine, &c->conv);
	case ONPU_OPCODE_DWCONV:
		return onpu_exec_dwconv(&machine, &c->dwconv);
	case ONPU_OPCODE_ELTWISE:
		return onpu_exec_eltwise(&machine, &c->eltwise);
	case ONPU_OPCODE_POOL:
		return onpu_exec_pool(&machine, &c->pool);
	case ONPU_OPCODE_RESIZE:
		return onpu_exec_resize(&machine, &c->resize);
	default:
		code = onpu_exec_dma(&machine, &c->load, &access);
		if (code != ONPU_FAULT_NONE) {
			core->fault.va = access.va;
			core->fault.write = access.write;
		}
		return code;
	}
}

static bool check_hazards(struct onpu_core *core, const union onpu_command *c, uint32_t engine)
{
	struct onpu_machine machine = { core->preset, core->sram, &core->bus, &core->job.job };

	if (!core->order)
		return true;
	onpu_order_begin(core->order, engine, core->job.offset, &c->head);
	onpu_touch_command(core->order, &machine, c);
	return onpu_order_end(core->order);
}

static enum onpu_core_state run_engine(struct onpu_core *core, const union onpu_command *c,
				       enum onpu_engine engine)
{
	struct onpu_machine machine = { core->preset, core->sram, &core->bus, &core->job.job };
	enum onpu_fault code = onpu_check_contents(&machine, c);

	if (code != ONPU_FAULT_NONE)
		return fail(core, code, engine);
	if (!schedule(core, c))
		return fail(core, ONPU_FAULT_FIRMWARE, engine);
	/* Before it runs, for what a hostile stream asks for may take the model years. */
	if (over_budget(core, core->cycle))
		return expire(core, core->job.offset);
	if (!check_hazards(core, c, engine))
		return fail_running(core, ONPU_FAULT_BAD_TOKEN, engine);
	code = execute(core, c);
	if (code != ONPU_FAULT_NONE)
		return fail_running(core, code, engine);
	core->job.dispatched[engine]++;
	return core->state;
}

static enum onpu_core_state run_control(struct onpu_core *core, const union onpu_command *c)
{
	uint32_t offset = core->job.offset;

	if (!schedule(core, c))
		return fail(core, ONPU_FAULT_FIRMWARE, ONPU_ENGINE_CONTROL);
	if (c->head.opcode == ONPU_OPCODE_END)
		return finish(core, ONPU_CORE_DONE, offset);
	if (!core->preempt)
		return core->state;
	core->preempt = false;
	memcpy(core->job.live, c->preempt.live, sizeof(core->job.live));
	if (finish(core, ONPU_CORE_PREEMPTED, offset) == ONPU_CORE_PREEMPTED)
		core->job.cycles += core->cycle - core->start_cycle;
	return core->state;
}

/* Counters are sums of uint64_t. */
static void count(struct onpu_counters *to, const struct onpu_counters *work)
{
	uint64_t *a = (uint64_t *)to;
	const uint64_t *b = (const uint64_t *)work;

	for (size_t i = 0; i < sizeof(*to) / sizeof(*a); i++)
		a[i] += b[i];
}

enum onpu_core_state onpu_core_step(struct onpu_core *core)
{
	union onpu_command command = { { 0 } };
	enum onpu_engine engine;

	if (core->state != ONPU_CORE_RUNNING || !fetch_and_check(core, &command))
		return core->state;
	engine = (enum onpu_engine)onpu_isa_find(command.head.opcode)->engine;
	if (engine == ONPU_ENGINE_CONTROL)
		run_control(core, &command);
	else
		run_engine(core, &command, engine);
	if (core->state == ONPU_CORE_FAULT)
		return core->state;
	core->job.offset += 4u * command.head.length;
	count(&core->counters, &core->times[core->num_times - 1].work);
	return core->state;
}

/* ---- what others look at -------------------------------------------------------------- */

enum onpu_core_state onpu_core_state(const struct onpu_core *core)
{
	return core->state;
}

const struct onpu_fault_info *onpu_core_fault(const struct onpu_core *core)
{
	return &core->fault;
}

uint64_t onpu_core_cycle(const struct onpu_core *core)
{
	return core->cycle;
}

uint32_t onpu_core_stream_offset(const struct onpu_core *core)
{
	return core->job.offset;
}

const struct onpu_counters *onpu_core_counters(const struct onpu_core *core)
{
	return &core->counters;
}

size_t onpu_core_command_times(const struct onpu_core *core,
			       const struct onpu_command_time **times)
{
	*times = core->times;
	return core->num_times;
}

uint8_t *onpu_core_sram(struct onpu_core *core)
{
	return core->sram;
}

const struct onpu_range *onpu_core_live_ranges(const struct onpu_core *core)
{
	return core->job.live;
}

void onpu_core_check_order(struct onpu_core *core, bool on)
{
	if (!on) {
		onpu_order_free(core->order);
		core->order = NULL;
	} else if (!core->order) {
		core->order = onpu_order_new(core->preset->sram_bytes);
	}
}

const char *onpu_core_hazard(const struct onpu_core *core)
{
	return core->order ? onpu_order_hazard(core->order) : "";
}
