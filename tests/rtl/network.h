/* SPDX-License-Identifier: MIT */
/* A network on a device, and what it must compute. */
#ifndef TESTS_NETWORK_H
#define TESTS_NETWORK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "npu.h"
#include "runtime/session.h"

#define NETWORK_MAX 4			/* inputs, outputs */

struct network {
	npu_device *device;
	npu_model *model;
	npu_program *program;
	npu_session *session;
	int inputs, outputs;
	uint8_t *input[NETWORK_MAX], *output[NETWORK_MAX], *expected[NETWORK_MAX];
	size_t output_bytes[NETWORK_MAX];
};

static inline npu_status network_try(struct network *n)
{
	return npu_session_run(n->session, (const void *const *)n->input, (void *const *)n->output);
}

/* It computes what it must. */
static inline void network_runs(struct network *n)
{
	for (int i = 0; i < n->outputs; i++)
		memset(n->output[i], 0, n->output_bytes[i]);
	if (network_try(n))
		fail_msg("%s", npu_error());
	for (int i = 0; i < n->outputs; i++)
		assert_memory_equal(n->output[i], n->expected[i], n->output_bytes[i]);
}

static inline void network_expect(struct network *n, const char *preset)
{
	npu_device *cpu = npu_device_open("cpu", preset);
	npu_session *session = npu_session_create(cpu, n->program);

	assert_non_null(session);
	if (npu_session_run(session, (const void *const *)n->input, (void *const *)n->expected))
		fail_msg("%s", npu_error());
	npu_session_free(session);
	npu_device_close(cpu);
}

static inline void network_open(struct network *n, npu_device *device, const char *preset,
				const char *path)
{
	npu_compile_options options = { .size = sizeof(options), .preset = preset };
	npu_tensor_info info;

	n->device = device;
	n->model = npu_model_load(path);
	if (!n->model)
		fail_msg("%s", npu_error());
	n->program = npu_compile(n->model, &options);
	assert_non_null(n->program);
	n->inputs = npu_model_num_inputs(n->model);
	n->outputs = npu_model_num_outputs(n->model);
	assert_true(n->inputs <= NETWORK_MAX && n->outputs <= NETWORK_MAX);
	for (int i = 0; i < n->inputs; i++) {
		npu_model_input(n->model, i, &info);
		n->input[i] = malloc(info.bytes);
		assert_non_null(n->input[i]);
		for (size_t k = 0; k < info.bytes; k++)
			n->input[i][k] = (uint8_t)(37 * k + k / 16);
	}
	for (int i = 0; i < n->outputs; i++) {
		npu_model_output(n->model, i, &info);
		n->output_bytes[i] = info.bytes;
		n->output[i] = malloc(info.bytes);
		n->expected[i] = malloc(info.bytes);
		assert_true(n->output[i] && n->expected[i]);
	}
	network_expect(n, preset);
	n->session = npu_session_create(device, n->program);
	if (!n->session)
		fail_msg("%s", npu_error());
}

static inline void network_close(struct network *n)
{
	npu_session_free(n->session);
	npu_program_free(n->program);
	npu_model_free(n->model);
	for (int i = 0; i < NETWORK_MAX; i++) {
		free(n->input[i]);
		free(n->output[i]);
		free(n->expected[i]);
	}
}

/* Its first step on the device, over the tensors that the last inference left. */
static inline struct npu_job network_job(const struct network *n)
{
	const npu_session *session = n->session;
	const struct npu_step *step = &n->program->steps[0];
	struct npu_job job = {
		.entry = session->region[NPU_REGION_CODE].va + step->entry,
		.stream_size = step->size, .trace = session->trace.va,
		.trace_size = session->trace.size, .max_cycles = 10000000,
		.region_count = session->num_regions,
	};

	assert_true(step->node < 0);
	for (int i = 0; i < session->num_regions; i++)
		job.region[i] = (struct onpu_fw_region){ session->region[i].va,
							 session->region[i].size };
	return job;
}

#endif
