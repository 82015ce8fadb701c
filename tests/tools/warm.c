// SPDX-License-Identifier: MIT
/*
 * A program's inferences one behind the other: which of them found weights in SRAM, and that
 * this changes no result.
 *
 *	warm DEVICE PRESET NETWORK
 *		a line for each inference: what happened before it, whether it began warm, its cycles
 *		and the bytes that it read, and "equal" or what is wrong
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/program.h"
#include "runtime/session.h"

#define MAX_PORTS 16
/* Enough to begin, and not to end. */
#define FEW_CYCLES 1500

struct ports {
	int count;
	size_t bytes[MAX_PORTS];
	void *data[MAX_PORTS];
};

struct test {
	const char *preset;
	npu_device *device;
	npu_program *program;
	npu_session *session;
	struct ports in, other, out, expected;
};

static bool fail(const char *what)
{
	printf("error: %s: %s\n", what, npu_error());
	return false;
}

static bool make_ports(struct ports *ports, const int *tensors, int count, const struct npu_graph *graph,
		       uint32_t random)
{
	int i;

	if (count > MAX_PORTS)
		return false;
	ports->count = count;
	for (i = 0; i < count; i++) {
		size_t size = npu_tensor_bytes(&graph->tensors[tensors[i]]), k;
		uint8_t *data = malloc(size + 1);

		if (!data)
			return false;
		for (k = 0; k < size; k++) {
			random = random * 1664525 + 1013904223;
			data[k] = (uint8_t)(random >> 24);
		}
		ports->bytes[i] = size;
		ports->data[i] = data;
	}
	return true;
}

static void free_ports(struct ports *ports)
{
	int i;

	for (i = 0; i < ports->count; i++)
		free(ports->data[i]);
}

static bool equal(const struct ports *a, const struct ports *b)
{
	int i;

	for (i = 0; i < a->count; i++)
		if (memcmp(a->data[i], b->data[i], a->bytes[i]))
			return false;
	return true;
}

static bool run(npu_session *session, const struct ports *in, const struct ports *out)
{
	return !npu_session_run(session, (const void *const *)in->data, (void *const *)out->data) ||
	       fail("inference");
}

/* An inference that is looked at. */
static bool look(struct test *t, const char *before)
{
	npu_profile profile;

	if (!run(t->session, &t->in, &t->out))
		return false;
	if (npu_session_profile(t->session, &profile))
		return fail("profile");
	printf("%s: %s, %" PRIu64 " cycles, %" PRIu64 " bytes read, %s\n", before,
	       profile.warm ? "warm" : "cold", profile.cycles, profile.read_bytes,
	       equal(&t->out, &t->expected) ? "equal" : "not equal");
	return true;
}

/* The session's own job, as it is. */
static struct npu_job own_job(const struct test *t)
{
	const struct npu_session *s = t->session;
	const struct npu_step *step = &t->program->steps[t->program->warm.step];
	struct npu_job job = { .max_cycles = step->max_cycles, .region_count = s->num_regions };
	int i;

	job.entry = s->region[NPU_REGION_CODE].va + step->entry;
	job.stream_size = step->size;
	job.warm_entry = s->region[NPU_REGION_CODE].va + t->program->warm.entry;
	job.warm_size = t->program->warm.size;
	job.warm_key = 1;
	for (i = 0; i < s->num_regions; i++)
		job.region[i] = (struct onpu_fw_region){ s->region[i].va, s->region[i].size };
	return job;
}

/* Runs a job in the session's address space; it must end like that. */
static bool ends(struct test *t, const struct npu_job *job, uint32_t status, uint32_t fault)
{
	struct onpu_fw_completion record;
	uint32_t seq;

	if (npu_queue_submit(t->session->queue, job, &seq) ||
	    npu_queue_wait(t->session->queue, seq, &record))
		return fail("job");
	if (record.status == status && record.fault == fault)
		return true;
	printf("error: a job ended with status %u, fault %u\n", record.status, record.fault);
	return false;
}

/* The job begins, warm, and runs out of its budget. */
static bool out_of_budget(struct test *t)
{
	struct npu_job job = own_job(t);

	job.max_cycles = FEW_CYCLES;
	return ends(t, &job, ONPU_FW_FAULT, ONPU_FAULT_WATCHDOG);
}

/* Its code, and so its weights, are somewhere where nothing is. */
static bool no_weights(struct test *t)
{
	struct npu_job job = own_job(t);

	job.region[NPU_REGION_CODE].va = 0xf0000000;
	return ends(t, &job, ONPU_FW_FAULT, ONPU_FAULT_MMU);
}

static bool killed(struct test *t)
{
	struct npu_job job = own_job(t);
	struct npu_queue *queue = t->session->queue;
	struct onpu_fw_completion record;
	uint32_t seq;

	if (npu_queue_submit(queue, &job, &seq))
		return fail("job");
	npu_host_run(t->device->host, FEW_CYCLES);
	npu_queue_kill(queue, seq);
	if (npu_queue_wait(queue, seq, &record))
		return fail("job");
	if (record.status == ONPU_FW_KILLED)
		return true;
	printf("error: a job that was killed ended with status %u\n", record.status);
	return false;
}

/* One of a higher priority in the same address space stops it, if it has a point for that, and runs in between. */
static bool preempted(struct test *t)
{
	struct npu_job job = own_job(t), high = job;
	struct npu_queue *queue = t->session->queue, *first;
	struct onpu_fw_completion record, of_high;
	uint32_t seq, seq_of_high;
	bool ok = false;

	high.warm_key = high.warm_entry = high.warm_size = 0;
	high.flags = ONPU_FW_JOB_NO_PREEMPT;
	if (npu_queue_new(queue->vm, 3, 1, &first))
		return fail("queue");
	/* A new queue is a switch of the address space: what is to be stopped must be warm. */
	if (!ends(t, &job, ONPU_FW_OK, 0) || npu_queue_submit(queue, &job, &seq)) {
		fail("job");
	} else {
		npu_host_run(t->device->host, FEW_CYCLES);
		ok = !npu_queue_submit(first, &high, &seq_of_high) &&
		     !npu_queue_wait(queue, seq, &record) &&
		     !npu_queue_wait(first, seq_of_high, &of_high);
		if (!ok)
			fail("job");
		else
			printf("preempted %u, began %s\n",
			       t->device->host->shared->queue[queue->slot].fw.preempted,
			       record.stream_offset > job.warm_entry - job.entry ? "warm" : "cold");
	}
	npu_queue_free(first);
	return ok;
}

/* Another session of the same program: its key is the same, its address space is not. */
static bool other_session(struct test *t)
{
	npu_session *other = npu_session_create(t->device, t->program);
	bool ok = other && run(other, &t->other, &t->out) && run(other, &t->other, &t->out);

	npu_session_free(other);
	return ok;
}

static bool inferences(struct test *t)
{
	if (!run(t->session, &t->in, &t->expected))
		return false;
	/* Other activations must leave nothing behind. */
	return look(t, "one") && run(t->session, &t->other, &t->out) && look(t, "another") &&
	       other_session(t) && look(t, "other session") && look(t, "one") &&
	       out_of_budget(t) && look(t, "out of budget") && look(t, "one") &&
	       no_weights(t) && look(t, "no weights") && look(t, "one") &&
	       killed(t) && look(t, "killed") && look(t, "one") &&
	       preempted(t) && look(t, "preempted") && look(t, "one");
}

static bool open_all(struct test *t, const char *device, const char *network)
{
	npu_compile_options options = NPU_COMPILE_OPTIONS_INIT;
	npu_model *model = npu_model_load(network);
	const struct npu_graph *graph;

	if (!model)
		return fail("model");
	options.preset = t->preset;
	t->program = npu_compile(model, &options);
	npu_model_free(model);
	if (!t->program)
		return fail("compile");
	if (!t->program->warm.size) {
		printf("no warm stream\n");
		return false;
	}
	t->device = npu_device_open(device, t->preset);
	if (!t->device)
		return fail("device");
	if (!t->device->host->rtl)
		onpu_core_check_order(onpu_iss_core(t->device->host->model), true);
	t->session = npu_session_create(t->device, t->program);
	if (!t->session)
		return fail("session");
	graph = &t->program->graph;
	return make_ports(&t->in, graph->inputs, graph->num_inputs, graph, 1) &&
	       make_ports(&t->other, graph->inputs, graph->num_inputs, graph, 2) &&
	       make_ports(&t->out, graph->outputs, graph->num_outputs, graph, 3) &&
	       make_ports(&t->expected, graph->outputs, graph->num_outputs, graph, 4);
}

int main(int argc, char **argv)
{
	struct test t = { .preset = argc == 4 ? argv[2] : NULL };
	bool ok;

	if (argc != 4) {
		fprintf(stderr, "usage: %s DEVICE PRESET NETWORK\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	ok = open_all(&t, argv[1], argv[3]) && inferences(&t);
	npu_session_free(t.session);
	npu_device_close(t.device);
	npu_program_free(t.program);
	free_ports(&t.in);
	free_ports(&t.other);
	free_ports(&t.out);
	free_ports(&t.expected);
	return !ok;
}
