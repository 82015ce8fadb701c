/* SPDX-License-Identifier: MIT */
/* Jobs with known results: whole networks, random legal streams, broken ones. */
#ifndef TESTS_JOB_POOL_H
#define TESTS_JOB_POOL_H

#include <stdio.h>

#include "onpu_fw.h"
#include "random_commands.h"
#include "runtime/session.h"

/* Between regions and behind the last one; nobody writes there. */
#define GUARD 0xc5
#define GUARD_BYTES 64u

/* Of a random stream: SRAM as it finds it, what it loads and stores, SRAM as it leaves it. */
enum { POOL_CODE, POOL_IMAGE, POOL_DATA, POOL_RESULT, POOL_REGIONS };
#define POOL_DATA_BYTES 8192u
#define POOL_RESULT_VA 0xb0000u	/* of the reference's memory */
#define POOL_SLACK 2048u	/* windows are read wider than they are used */
#define POOL_COMMANDS 3
/* More commands than an engine's queue takes, so that a PREEMPT behind them is late. */
#define POOL_FILLS 28
#define POOL_FILL_BYTES 4096u
/* SRAM that random commands have.  The largest one needs less than 30000 bytes. */
#define POOL_TOP 131072u

/* One image of memory, with the regions of a job in it. */
struct pool_job {
	char name[64];
	int regions;
	struct {
		uint32_t at, size;
		bool written;
	} region[ONPU_FW_REGIONS];
	int results;
	struct {
		uint32_t at, size;
	} result[ONPU_FW_REGIONS];	/* what it leaves; the rest of what is written is scratch */
	uint32_t bytes;			/* of the images */
	uint8_t *before, *after;
	uint32_t entry, stream_size;	/* in region 0 */
	uint64_t cycles;		/* what it took alone; 0: not known yet */
	struct onpu_fault_info fault;	/* what it ends with, or code 0 */
	uint32_t users;
};

static inline void *pool_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory) {
		printf("Bail out! out of memory\n");
		exit(1);
	}
	return memory;
}

static inline void pool_free(struct pool_job *job)
{
	free(job->before);
	free(job->after);
	memset(job, 0, sizeof(*job));
}

static inline void pool_add(struct pool_job *job, uint32_t size, bool written)
{
	int r = job->regions++;

	job->region[r].at = job->bytes;
	job->region[r].size = size;
	job->region[r].written = written;
	job->bytes += (size + 63) / 64 * 64 + GUARD_BYTES;
}

static inline void pool_result(struct pool_job *job, uint32_t at, uint32_t size)
{
	job->result[job->results].at = at;
	job->result[job->results++].size = size;
}

/* Both images, once all regions are known. */
static inline void pool_images(struct pool_job *job)
{
	job->before = pool_alloc(job->bytes);
	job->after = pool_alloc(job->bytes);
	memset(job->before, GUARD, job->bytes);
}

/* As it should be: what is never written, and after success the results. */
static inline bool pool_same(const struct pool_job *job, const uint8_t *got, bool success)
{
	uint32_t from = 0;

	for (int r = 0; r < job->regions; r++) {
		if (!job->region[r].written)
			continue;
		if (memcmp(got + from, job->before + from, job->region[r].at - from))
			return false;
		from = job->region[r].at + job->region[r].size;
	}
	if (memcmp(got + from, job->before + from, job->bytes - from))
		return false;
	for (int i = 0; i < job->results && success; i++)
		if (memcmp(got + job->result[i].at, job->after + job->result[i].at,
			   job->result[i].size))
			return false;
	return true;
}

/* ---- networks --------------------------------------------------------------------- */

/* Nothing behind the first job is one: the CPU ends what is left. */
static inline bool pool_begins_with_job(const npu_program *program)
{
	const struct npu_graph *graph = &program->graph;

	for (int i = 0; i < program->num_steps; i++)
		if ((program->steps[i].node < 0) != (i == 0))
			return false;
	return program->num_steps &&
	       NPU_REGION_IO + graph->num_inputs + graph->num_outputs <= ONPU_FW_REGIONS;
}

/* Whether the job leaves a tensor for somebody: it is an output, or the CPU goes on with it. */
static inline bool pool_leaves(const npu_program *program, int tensor)
{
	const struct npu_graph *graph = &program->graph;
	const struct npu_tensor *t = &graph->tensors[tensor];

	if (t->data || t->producer < 0 || program->binding[tensor].region < 0)
		return false;
	for (int i = 1; i < program->num_steps; i++)
		if (program->steps[i].node == t->producer)
			return false;
	for (int i = 0; i < graph->num_outputs; i++)
		if (graph->outputs[i] == tensor)
			return true;
	for (int i = 1; i < program->num_steps; i++) {
		const struct npu_node *node = &graph->nodes[program->steps[i].node];

		for (int k = 0; k < node->num_inputs; k++)
			if (node->inputs[k] == tensor)
				return true;
	}
	return false;
}

/* Results, from the kernels on the CPU. */
static inline void pool_reference(struct pool_job *job, const npu_program *program,
				  const char *preset)
{
	const struct npu_graph *graph = &program->graph;
	const void *inputs[ONPU_FW_REGIONS];
	void *outputs[ONPU_FW_REGIONS];
	npu_device *cpu = npu_device_open("cpu", preset);
	npu_session *session = cpu ? npu_session_create(cpu, program) : NULL;
	npu_status status;

	for (int i = 0; i < graph->num_inputs; i++)
		inputs[i] = job->before + job->region[NPU_REGION_IO + i].at;
	for (int i = 0; i < graph->num_outputs; i++)
		outputs[i] = job->after + job->region[NPU_REGION_IO + graph->num_inputs + i].at;
	status = session ? npu_session_run(session, inputs, outputs) : NPU_ERR_INTERNAL;
	for (int t = 0; t < graph->num_tensors && !status; t++) {
		const struct npu_binding *binding = &program->binding[t];

		if (!pool_leaves(program, t) || job->results == ONPU_FW_REGIONS)
			continue;
		pool_result(job, job->region[binding->region].at + binding->offset,
			    (uint32_t)npu_tensor_bytes(&graph->tensors[t]));
		status = npu_session_read_tensor(session, t, job->after +
						 job->result[job->results - 1].at);
	}
	if (status || !job->results) {
		printf("Bail out! %s: %s\n", job->name, status ? npu_error() : "no result");
		exit(1);
	}
	npu_session_free(session);
	npu_device_close(cpu);
}

/* Fills in the first job of a network.  False, with a word why, if there is none. */
static inline bool pool_network(struct pool_job *job, const char *path, const char *preset,
				uint64_t *random)
{
	npu_compile_options options = { .size = sizeof(options), .preset = preset };
	npu_model *model = npu_model_load(path);
	npu_program *program = model ? npu_compile(model, &options) : NULL;
	const struct npu_graph *graph = program ? &program->graph : NULL;
	bool usable = program && pool_begins_with_job(program);

	if (!usable)
		printf("# %s is left out: %s\n", path,
		       program ? "the NPU is not first, or more than once" : npu_error());
	if (usable) {
		const char *name = strrchr(path, '/');

		snprintf(job->name, sizeof(job->name), "%s", name ? name + 1 : path);
		pool_add(job, program->code_size, false);
		pool_add(job, program->scratch_size, true);
		for (int i = 0; i < graph->num_inputs; i++)
			pool_add(job, (uint32_t)npu_tensor_bytes(&graph->tensors[graph->inputs[i]]),
				 false);
		for (int i = 0; i < graph->num_outputs; i++)
			pool_add(job, (uint32_t)npu_tensor_bytes(&graph->tensors[graph->outputs[i]]),
				 true);
		pool_images(job);
		memcpy(job->before, program->code, program->code_size);
		for (int i = 0; i < graph->num_inputs; i++)
			iss_fill_random(random, job->before + job->region[NPU_REGION_IO + i].at,
					job->region[NPU_REGION_IO + i].size);
		job->entry = program->steps[0].entry;
		job->stream_size = program->steps[0].size;
		pool_reference(job, program, preset);
	}
	npu_program_free(program);
	npu_model_free(model);
	return usable;
}

/* ---- random streams --------------------------------------------------------------- */

/* The maker of random jobs: a core to ask for results, and SRAM to make commands in. */
struct pool_maker {
	struct iss iss;
	struct gen gen;
	uint8_t *sram;
	uint32_t count[3];
	uint32_t first[POOL_COMMANDS], commands;	/* offsets of the random ones */
	uint32_t preempt[POOL_FILLS + POOL_COMMANDS], preempts;
	uint32_t fill[POOL_FILLS], fills;
};

static inline void pool_open(struct pool_maker *m, const char *preset, uint64_t random)
{
	iss_init(&m->iss, preset);
	m->sram = pool_alloc(m->iss.preset->sram_bytes);
	m->gen = (struct gen){ .random = random, .preset = m->iss.preset, .sram = m->sram };
	iss_fill_random(&m->gen.random, m->sram, m->iss.preset->sram_bytes);
}

static inline void pool_close(struct pool_maker *m)
{
	free(m->sram);
	iss_free(&m->iss);
}

static inline void pool_move(struct pool_maker *m, uint8_t opcode, uint8_t region, uint32_t size)
{
	struct onpu_cmd_load c = {
		.head = { .opcode = opcode, .wait_load = m->count[ONPU_ENGINE_LOAD],
			  .wait_compute = m->count[ONPU_ENGINE_COMPUTE],
			  .wait_store = m->count[ONPU_ENGINE_STORE] },
		.region = region, .n0 = size, .n1 = 1, .n2 = 1,
	};

	iss_put(&m->iss, &c, sizeof(c));
	m->count[opcode == ONPU_OPCODE_STORE ? ONPU_ENGINE_STORE : ONPU_ENGINE_LOAD]++;
}

/* One that reads nothing above what is loaded; in memory, within POOL_DATA. */
static inline size_t pool_command(struct pool_maker *m, union command *c)
{
	uint32_t top = m->gen.top;
	size_t size;

	do {
		m->gen.top = top;
		size = random_command(&m->gen, c);
	} while (c->load.head.opcode == ONPU_OPCODE_CONV && c->conv.in.addr >= m->gen.top);
	if (c->load.head.opcode == ONPU_OPCODE_LOAD || c->load.head.opcode == ONPU_OPCODE_STORE) {
		c->load.region = POOL_DATA;
		c->load.offset %= POOL_DATA_BYTES / 2;
	}
	return size;
}

static inline void pool_preempt(struct pool_maker *m)
{
	struct onpu_cmd_preempt c = { .head = { .opcode = ONPU_OPCODE_PREEMPT } };

	m->preempt[m->preempts++] = m->iss.stream_size;
	iss_put(&m->iss, &c, sizeof(c));
}

/* Of SRAM that nobody uses. */
static inline void pool_fills(struct pool_maker *m)
{
	struct onpu_cmd_load c = { .head = { .opcode = ONPU_OPCODE_FILL }, .n1 = 1, .n2 = 1,
				   .n0 = POOL_FILL_BYTES, .value = GUARD };

	for (int i = 0; i < POOL_FILLS; i++) {
		m->fill[m->fills++] = m->iss.stream_size;
		m->count[ONPU_ENGINE_LOAD]++;
		iss_put(&m->iss, &c, sizeof(c));
		pool_preempt(m);
	}
}

static inline void pool_put(struct pool_maker *m)
{
	struct gen *g = &m->gen;
	union command c;
	size_t size = pool_command(m, &c);
	struct onpu_head *head = &c.load.head;
	bool memory = head->opcode == ONPU_OPCODE_LOAD || head->opcode == ONPU_OPCODE_STORE;
	uint32_t engine = head->opcode == ONPU_OPCODE_STORE ? ONPU_ENGINE_STORE :
			  memory || head->opcode == ONPU_OPCODE_FILL ? ONPU_ENGINE_LOAD :
			  ONPU_ENGINE_COMPUTE;

	/* SRAM is each command's own; memory they share.  The first LOAD brings everything. */
	head->wait_load = memory ? m->count[ONPU_ENGINE_LOAD] :
			  between(g, 1, m->count[ONPU_ENGINE_LOAD]);
	head->wait_store = memory ? m->count[ONPU_ENGINE_STORE] :
			   between(g, 0, m->count[ONPU_ENGINE_STORE]);
	head->wait_compute = between(g, 0, m->count[ONPU_ENGINE_COMPUTE]);
	m->count[engine]++;
	m->first[m->commands++] = m->iss.stream_size;
	iss_put(&m->iss, &c, size);
	if (chance(g, 50))
		pool_preempt(m);
}

/* Load SRAM, commands, store SRAM.  How much of it, is known last. */
static inline void pool_stream(struct pool_maker *m)
{
	uint8_t *stream = m->iss.memory + STREAM_VA;
	uint32_t commands = between(&m->gen, 1, POOL_COMMANDS), size, store;

	memset(m->count, 0, sizeof(m->count));
	m->commands = 0;
	m->preempts = 0;
	m->fills = 0;
	m->iss.stream_size = 0;
	m->gen.top = FIRST;
	pool_move(m, ONPU_OPCODE_LOAD, POOL_IMAGE, 1);
	if (chance(&m->gen, 50))
		pool_fills(m);
	while (m->commands < commands && m->gen.top < POOL_TOP - 40000)
		pool_put(m);
	store = m->iss.stream_size;
	pool_move(m, ONPU_OPCODE_STORE, POOL_RESULT, 1);
	iss_put_end(&m->iss);
	size = m->gen.top + POOL_SLACK;
	((struct onpu_cmd_load *)stream)->n0 = size;
	((struct onpu_cmd_load *)(stream + store))->n0 = size;
	for (uint32_t i = 0; i < m->fills; i++)
		((struct onpu_cmd_load *)(stream + m->fill[i]))->addr = size;
	for (uint32_t i = 0; i < m->preempts; i++)
		((struct onpu_cmd_preempt *)(stream + m->preempt[i]))->live[0] =
			(struct onpu_range){ 0, size };
	m->gen.top = size;
}

/* What dispatch refuses: an opcode, a length, a wait for what never comes, a region. */
static inline void pool_break(struct pool_maker *m)
{
	struct gen *g = &m->gen;
	struct onpu_cmd_load *c = (struct onpu_cmd_load *)
		(m->iss.memory + STREAM_VA + m->first[between(g, 0, m->commands - 1)]);
	bool memory = c->head.opcode == ONPU_OPCODE_LOAD || c->head.opcode == ONPU_OPCODE_STORE;

	switch (between(g, 0, memory ? 5 : 3)) {
	case 0:
		c->head.opcode = (uint8_t)between(g, 0x80, 0xff);
		break;
	case 1:
		c->head.length ^= (uint8_t)between(g, 1, 255);
		break;
	case 2:
		c->head.wait_compute += 1000 + between(g, 0, 9);
		break;
	case 3:
		m->iss.stream_size = 4 * between(g, 1, m->iss.stream_size / 4 - 5);
		break;
	case 4:
		c->region = (uint8_t)between(g, POOL_REGIONS, 255);
		break;
	default:
		c->offset = POOL_DATA_BYTES + between(g, 0, 3000);
	}
}

static inline void pool_random(struct pool_maker *m, struct pool_job *job, bool broken)
{
	static const uint32_t va[POOL_REGIONS] = { STREAM_VA, 0, DATA_VA, POOL_RESULT_VA };
	struct iss *iss = &m->iss;
	uint8_t *at[POOL_REGIONS];

	memset(job, 0, sizeof(*job));
	iss_fill_random(&m->gen.random, m->sram, m->iss.preset->sram_bytes);
	pool_stream(m);
	pool_add(job, iss->stream_size, false);
	pool_add(job, m->gen.top, false);
	pool_add(job, POOL_DATA_BYTES, true);
	pool_add(job, m->gen.top, true);
	for (int r = POOL_DATA; r < POOL_REGIONS; r++)
		pool_result(job, job->region[r].at, job->region[r].size);
	pool_images(job);
	if (broken)
		pool_break(m);
	for (int r = 0; r < POOL_REGIONS; r++) {
		at[r] = iss->memory + va[r];
		iss->job.region[r].va = va[r];
		iss->job.region[r].size = job->region[r].size;
	}
	memcpy(at[POOL_IMAGE], m->sram, m->gen.top);
	iss_fill_random(&m->gen.random, at[POOL_DATA], POOL_DATA_BYTES);
	memset(at[POOL_RESULT], 0, m->gen.top);
	for (int r = 0; r < POOL_REGIONS; r++)
		memcpy(job->before + job->region[r].at, at[r], job->region[r].size);
	onpu_core_scrub(iss->core);
	iss_run(iss);
	if (onpu_core_state(iss->core) != (broken ? ONPU_CORE_FAULT : ONPU_CORE_DONE)) {
		printf("Bail out! the reference %s\n", broken ? "accepts a broken stream" :
		       "refuses a random stream");
		exit(1);
	}
	if (broken)
		job->fault = *onpu_core_fault(iss->core);
	for (int r = 0; r < POOL_REGIONS; r++)
		memcpy(job->after + job->region[r].at, at[r], job->region[r].size);
	job->stream_size = iss->stream_size;
	snprintf(job->name, sizeof(job->name), "%s stream of %u commands",
		 broken ? "broken" : "random", m->commands);
}

#endif
