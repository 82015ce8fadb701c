/* SPDX-License-Identifier: MIT */
/*
 * Compiles networks in several ways, runs each on the simulated NPU with the checker of
 * the order of its commands on, and compares every tensor with the reference kernels.
 *
 *	cosim PRESET jobs
 *		each line of jobs: a .tflite file and the bytes of its inputs, one behind the
 *		other, with a tab between them; prints for each a line of "ok" and name=value
 *		pairs, or "error " and what is wrong
 *
 * Values: tensors and elements that were compared; nodes, and how many of them are on the
 * NPU; and, with the prefix dense. for weights without sparse modes, the counters of work,
 * and whether a second inference, whose results must be the same, found weights in SRAM.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/program.h"
#include "runtime/device.h"

struct job {
	const char *preset;
	npu_device *device;
	npu_model *model;
	uint8_t *bytes;		/* of all inputs */
	const void **inputs;
	void **outputs, **again;	/* of an inference, and of one right behind it */
};

static const struct way {
	const char *name;
	int keep_all, dense;
} ways[] = {
	{ "fused", 0, 0 },
	{ "keep-all", 1, 0 },
	{ "dense", 0, 1 },
	{ "keep-all, dense", 1, 1 },
};

struct totals {
	int tensors;
	uint64_t elements;
};

static int fail(const char *what, const char *why)
{
	printf("error %s: %s\n", what, why);
	return -1;
}

/* What the NPU's own checker says is more than the status that the job got. */
static int fail_run(const struct job *job, const char *what)
{
	const char *hazard = onpu_core_hazard(onpu_iss_core(job->device->host->model));

	if (!*hazard)
		return fail(what, npu_error());
	printf("error %s: %s: %s\n", what, npu_error(), hazard);
	return -1;
}

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long length;

	if (!file)
		return NULL;
	if (!fseek(file, 0, SEEK_END)) {
		length = ftell(file);
		rewind(file);
		data = length >= 0 ? malloc((size_t)length + 1) : NULL;
		*size = data ? fread(data, 1, (size_t)length, file) : 0;
	}
	fclose(file);
	return data;
}

static int open_device(struct job *job)
{
	if (job->device)
		return 0;
	job->device = npu_device_open("iss", job->preset);
	if (!job->device)
		return fail("device", npu_error());
	onpu_core_check_order(onpu_iss_core(job->device->host->model), true);
	return 0;
}

static int read_job(struct job *job, const char *net, const char *inputs)
{
	int num_inputs, num_outputs, i;
	size_t size, at = 0;

	job->model = npu_model_load(net);
	if (!job->model)
		return fail("model", npu_error());
	job->bytes = read_file(inputs, &size);
	if (!job->bytes)
		return fail(inputs, "cannot be read");
	num_inputs = npu_model_num_inputs(job->model);
	num_outputs = npu_model_num_outputs(job->model);
	job->inputs = calloc((size_t)num_inputs + 1, sizeof(*job->inputs));
	job->outputs = calloc((size_t)num_outputs + 1, sizeof(*job->outputs));
	job->again = calloc((size_t)num_outputs + 1, sizeof(*job->again));
	if (!job->inputs || !job->outputs || !job->again)
		return fail(net, "out of memory");
	for (i = 0; i < num_inputs; i++) {
		npu_tensor_info info;

		npu_model_input(job->model, i, &info);
		job->inputs[i] = job->bytes + at;
		at += info.bytes;
	}
	if (at != size)
		return fail(inputs, "is not as large as the network's inputs");
	for (i = 0; i < num_outputs; i++) {
		npu_tensor_info info;

		npu_model_output(job->model, i, &info);
		job->outputs[i] = malloc(info.bytes);
		job->again[i] = malloc(info.bytes);
		if (!job->outputs[i] || !job->again[i])
			return fail(net, "out of memory");
	}
	return 0;
}

static npu_compile_options options_of(const struct job *job, const struct way *way)
{
	return (npu_compile_options){ .size = sizeof(npu_compile_options), .preset = job->preset,
				      .keep_all = way->keep_all, .dense = way->dense };
}

static int compare(const struct job *job, const struct way *way, struct totals *totals)
{
	npu_compile_options options = options_of(job, way);
	npu_comparison result;

	if (npu_compare(job->device, job->model, &options, job->inputs, &result))
		return fail_run(job, way->name);
	if (!result.tensors)
		return fail(way->name, "no tensor was compared");
	totals->tensors += result.tensors;
	totals->elements += result.elements;
	return 0;
}

static void print_counters(const char *prefix, const npu_profile *profile)
{
	npu_layer_profile sum = { 0 };
	int i;

	for (i = 0; i < profile->num_layers; i++) {
		const npu_layer_profile *layer = &profile->layers[i];

		sum.steps_d += layer->steps_d;
		sum.steps_g4 += layer->steps_g4;
		sum.steps_g2 += layer->steps_g2;
		sum.steps_pair += layer->steps_pair;
		sum.steps_depthwise += layer->steps_depthwise;
		sum.blocks += layer->blocks;
		sum.blocks_skipped += layer->blocks_skipped;
	}
	printf(" %scycles=%" PRIu64 " %sd=%" PRIu64 " %sg4=%" PRIu64 " %sg2=%" PRIu64 " %spair=%" PRIu64
	       " %sdepthwise=%" PRIu64 " %sblocks=%" PRIu64 " %sskipped=%" PRIu64, prefix,
	       profile->cycles, prefix, sum.steps_d, prefix, sum.steps_g4, prefix, sum.steps_g2, prefix,
	       sum.steps_pair, prefix, sum.steps_depthwise, prefix, sum.blocks, prefix,
	       sum.blocks_skipped);
}

/* A second inference, which may find weights in SRAM, has the same results; what they are was compared before. */
static int repeat(const struct job *job, npu_session *session, npu_profile *profile)
{
	int i;

	if (npu_session_run(session, job->inputs, job->again) || npu_session_profile(session, profile))
		return -1;
	for (i = 0; i < npu_model_num_outputs(job->model); i++) {
		npu_tensor_info info;

		npu_model_output(job->model, i, &info);
		if (memcmp(job->again[i], job->outputs[i], info.bytes))
			return -1;
	}
	return 0;
}

/* The counters of one way; before the first the line is begun. */
static int measure(const struct job *job, const struct way *way, const struct totals *totals)
{
	npu_compile_options options = options_of(job, way);
	npu_program *program = npu_compile(job->model, &options);
	npu_session *session = program ? npu_session_create(job->device, program) : NULL;
	npu_profile profile, second;
	npu_program_info info;
	int status = -1, again = 0;

	if (session && !npu_session_run(session, job->inputs, job->outputs) &&
	    !npu_session_profile(session, &profile) && !npu_program_describe(program, &info)) {
		if (totals)
			printf("ok tensors=%d elements=%" PRIu64 " nodes=%d npu=%d", totals->tensors,
			       totals->elements, info.nodes, info.nodes_npu);
		print_counters(way->dense ? "dense." : "", &profile);
		again = 1;
		status = repeat(job, session, &second);
		if (!status)
			printf(" %swarm=%d", way->dense ? "dense." : "", second.warm);
	}
	if (status) {
		if (!totals || again)
			puts("");
		fail_run(job, again ? "second inference" : "profile");
	}
	npu_session_free(session);
	npu_program_free(program);
	return status;
}

static int run(struct job *job, const char *net, const char *inputs)
{
	struct totals totals = { 0 };
	size_t i;

	if (open_device(job) || read_job(job, net, inputs))
		return -1;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (compare(job, &ways[i], &totals))
			return -1;
	if (measure(job, &ways[0], &totals) || measure(job, &ways[2], NULL))
		return -1;
	puts("");
	return 0;
}

/* A device on which a job failed is not used again. */
static void clean_up(struct job *job, int failed)
{
	int i;

	for (i = 0; job->model && i < npu_model_num_outputs(job->model); i++) {
		free(job->outputs ? job->outputs[i] : NULL);
		free(job->again ? job->again[i] : NULL);
	}
	free(job->outputs);
	free(job->again);
	free(job->inputs);
	free(job->bytes);
	npu_model_free(job->model);
	job->outputs = NULL;
	job->again = NULL;
	job->inputs = NULL;
	job->bytes = NULL;
	job->model = NULL;
	if (failed) {
		npu_device_close(job->device);
		job->device = NULL;
	}
}

int main(int argc, char **argv)
{
	struct job job = { 0 };
	char line[8192];
	int bad = 0;
	FILE *jobs;

	if (argc != 3) {
		fprintf(stderr, "usage: cosim PRESET JOBS\n");
		return 2;
	}
	job.preset = argv[1];
	jobs = fopen(argv[2], "r");
	if (!jobs) {
		fprintf(stderr, "cosim: %s cannot be read\n", argv[2]);
		return 2;
	}
	while (fgets(line, sizeof(line), jobs)) {
		char *net = strtok(line, "\t\n"), *inputs = strtok(NULL, "\t\n");
		int failed;

		failed = net && inputs ? run(&job, net, inputs) : fail(argv[2], "has a line without two names");
		clean_up(&job, failed);
		bad |= failed;
		/* If the next job ends this process, what was done is known. */
		fflush(stdout);
	}
	fclose(jobs);
	clean_up(&job, 1);
	return bad ? 1 : 0;
}
