// SPDX-License-Identifier: MIT
/*
 * Compiled networks survive preemption: at every PREEMPT the job is stopped, only the ranges that the command
 * names are kept, everything else in SRAM is overwritten, and the job goes on; the outputs stay the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compile/program.h"
#include "iss/core.h"

#define MAX_REGIONS 16

/* External memory: each region at a VA of its own. */
struct memory {
	uint8_t *data[MAX_REGIONS];
	uint32_t size[MAX_REGIONS];
};

static uint32_t region_va(int region)
{
	return (uint32_t)(region + 1) << 27;
}

static uint8_t *locate(struct memory *m, uint32_t va, size_t size)
{
	int region = (int)(va >> 27) - 1;

	assert_true(region >= 0 && region < MAX_REGIONS);
	assert_true((va & ((1u << 27) - 1)) + size <= m->size[region]);
	return m->data[region] + (va & ((1u << 27) - 1));
}

static int bus_read(void *ctx, uint32_t va, void *data, size_t size, uint32_t *fault_va)
{
	(void)fault_va;
	memcpy(data, locate(ctx, va, size), size);
	return 0;
}

static int bus_write(void *ctx, uint32_t va, const void *data, size_t size, uint32_t *fault_va)
{
	(void)fault_va;
	memcpy(locate(ctx, va, size), data, size);
	return 0;
}

/* Keeps what the point names, destroys the rest, as another context's job in between would. */
static void disturb(struct onpu_core *core, uint32_t sram_bytes)
{
	const struct onpu_range *live = onpu_core_live_ranges(core);
	uint8_t *sram = onpu_core_sram(core), *saved = malloc(sram_bytes);
	void *state = malloc(onpu_core_state_size());
	int i;

	memcpy(saved, sram, sram_bytes);
	onpu_core_save(core, state);
	onpu_core_scrub(core);
	memset(sram, 0xa5, sram_bytes);
	for (i = 0; i < ONPU_PREEMPT_RANGES; i++)
		memcpy(sram + live[i].addr, saved + live[i].addr, live[i].size);
	onpu_core_restore(core, state);
	free(state);
	free(saved);
}

static int warm_times;

static int run_stream(const npu_program *p, struct memory *m, struct onpu_core *core, uint32_t entry,
		      uint32_t size, bool preempt)
{
	struct onpu_core_job job = { .entry = region_va(0) + entry, .stream_size = size };
	int r, times = 0;

	for (r = 0; r < MAX_REGIONS; r++) {
		job.region[r].va = region_va(r);
		job.region[r].size = m->size[r];
	}
	onpu_core_start(core, &job, 0);
	onpu_core_request_preempt(core, preempt);
	for (;;) {
		enum onpu_core_state state = onpu_core_step(core);

		if (state == ONPU_CORE_PREEMPTED) {
			disturb(core, p->preset->sram_bytes);
			onpu_core_resume(core, onpu_core_cycle(core));
			onpu_core_request_preempt(core, preempt);
			times++;
		} else if (state != ONPU_CORE_RUNNING) {
			assert_int_equal(state, ONPU_CORE_DONE);
			return times;
		}
	}
}

static bool is_result(const npu_program *p, int region)
{
	return region == NPU_REGION_SCRATCH || region >= NPU_REGION_IO + p->graph.num_inputs;
}

static void clear_results(const npu_program *p, struct memory *m)
{
	int r;

	for (r = 0; r < MAX_REGIONS; r++)
		if (is_result(p, r))
			memset(m->data[r], 0, m->size[r]);
}

/* What the job of the warm stream, undisturbed, has left begins that stream, which makes the same results. */
static int run_warm(const npu_program *p, struct memory *m, struct onpu_core *core, bool preempt)
{
	const struct npu_step *step = &p->steps[p->warm.step];
	uint8_t *results[MAX_REGIONS] = { NULL };
	int r, times;

	clear_results(p, m);
	assert_int_equal(run_stream(p, m, core, step->entry, step->size, false), 0);
	for (r = 0; r < MAX_REGIONS; r++) {
		if (!is_result(p, r))
			continue;
		results[r] = malloc(m->size[r] + 1);
		memcpy(results[r], m->data[r], m->size[r]);
	}
	clear_results(p, m);
	times = run_stream(p, m, core, p->warm.entry, p->warm.size, preempt);
	for (r = 0; r < MAX_REGIONS; r++) {
		if (results[r])
			assert_memory_equal(results[r], m->data[r], m->size[r]);
		free(results[r]);
	}
	warm_times += times;
	return times;
}

/*
 * Runs the program's jobs, and the warm stream behind the one whose it is; returns how often it was preempted.
 * CPU steps are left out: what they would have written is zero, in every run.
 */
static int run(const npu_program *p, struct memory *m, bool preempt)
{
	struct onpu_core_bus bus = { m, bus_read, bus_write };
	struct onpu_core *core = onpu_core_new(p->preset, &bus);
	int i, times = 0;

	assert_non_null(core);
	for (i = 0; i < p->num_steps; i++)
		if (p->steps[i].node < 0)
			times += run_stream(p, m, core, p->steps[i].entry, p->steps[i].size, preempt);
	if (p->warm.size)
		times += run_warm(p, m, core, preempt);
	onpu_core_free(core);
	return times;
}

static void set_memory(const npu_program *p, struct memory *m)
{
	uint32_t random = 1;
	int t, k;

	memset(m, 0, sizeof(*m));
	m->size[NPU_REGION_CODE] = p->code_size;
	m->size[NPU_REGION_SCRATCH] = p->scratch_size;
	for (t = 0; t < p->graph.num_tensors; t++)
		if (p->binding[t].region >= NPU_REGION_IO)
			m->size[p->binding[t].region] = (uint32_t)npu_tensor_bytes(&p->graph.tensors[t]);
	for (k = 0; k < MAX_REGIONS; k++) {
		uint32_t i;

		m->data[k] = calloc(1, m->size[k] + 1);
		for (i = 0; k >= NPU_REGION_IO && i < m->size[k]; i++) {
			random = random * 1664525 + 1013904223;
			m->data[k][i] = (uint8_t)(random >> 24);
		}
	}
	memcpy(m->data[NPU_REGION_CODE], p->code, p->code_size);
}

/* Preemptions of a network on a preset. */
static int check_network(const char *path, const char *preset)
{
	npu_compile_options options = NPU_COMPILE_OPTIONS_INIT;
	npu_model *model = npu_model_load(path);
	npu_program *p;
	struct memory plain, disturbed;
	int i, times = 0;

	assert_non_null(model);
	options.preset = preset;
	p = npu_compile(model, &options);
	npu_model_free(model);
	assert_non_null(p);
	set_memory(p, &plain);
	set_memory(p, &disturbed);
	assert_int_equal(run(p, &plain, false), 0);
	times = run(p, &disturbed, true);
	for (i = 0; i < MAX_REGIONS; i++) {
		assert_memory_equal(plain.data[i], disturbed.data[i], plain.size[i]);
		free(plain.data[i]);
		free(disturbed.data[i]);
	}
	npu_program_free(p);
	return times;
}

static void test_preempted_networks(void **state)
{
	/* Seeds, and larger networks where they have been made. */
	static const char *const paths[] = {
		"tests/fuzz/seeds/activations.tflite", "tests/fuzz/seeds/arithmetic.tflite",
		"tests/fuzz/seeds/classifier_int8.tflite", "tests/fuzz/seeds/classifier_uint8.tflite",
		"tests/fuzz/seeds/moves.tflite", "tests/fuzz/seeds/space.tflite",
		"tests/fuzz/seeds/upscale.tflite", "build/models/face_short_128_int8.tflite",
		"build/models/face_full_sparse_192_int8.tflite",
	};
	int total = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		FILE *file = fopen(paths[i], "rb");

		if (!file)
			continue;
		fclose(file);
		total += check_network(paths[i], "base");
		total += check_network(paths[i], "nano");
	}
	print_message("# %d preemptions, %d of them in warm streams\n", total, warm_times);
	assert_true(total > 20 && warm_times > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_preempted_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
