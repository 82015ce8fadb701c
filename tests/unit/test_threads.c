// SPDX-License-Identifier: MIT
/* What npu.h says about threads: objects of one's own anywhere, one device for all, an error for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "npu.h"

#define SEED(name) "tests/fuzz/seeds/" name ".tflite"

enum { THREADS = 4, ROUNDS = 6, MAX_PORTS = 8 };

static const char *const seeds[THREADS] = {
	SEED("classifier_int8"), SEED("classifier_uint8"), SEED("moves"), SEED("activations"),
};

struct work {
	int number;
	npu_device *device;	/* everybody's; NULL: its own */
	const char *folder;
	uint64_t sum[ROUNDS];	/* of the outputs of each round */
	char trouble[256];	/* empty: none */
};

struct ports {
	int num;
	void *data[MAX_PORTS];
	size_t bytes[MAX_PORTS];
};

typedef npu_status describe_fn(const npu_program *program, int index, npu_tensor_info *info);

static int make_ports(struct ports *ports, const npu_program *program, int num, describe_fn *describe)
{
	npu_tensor_info info;

	memset(ports, 0, sizeof(*ports));
	for (; ports->num < num && num <= MAX_PORTS; ports->num++) {
		if (describe(program, ports->num, &info))
			return -1;
		ports->bytes[ports->num] = info.bytes;
		ports->data[ports->num] = calloc(1, info.bytes);
	}
	return ports->num == num ? 0 : -1;
}

static void free_ports(struct ports *ports)
{
	int i;

	for (i = 0; i < ports->num; i++)
		free(ports->data[i]);
}

static void fill(const struct ports *ports, unsigned int seed)
{
	size_t k;
	int i;

	for (i = 0; i < ports->num; i++) {
		for (k = 0; k < ports->bytes[i]; k++) {
			seed = seed * 1664525 + 1013904223;
			/* Fit for a flag, too. */
			((uint8_t *)ports->data[i])[k] = seed >> 31;
		}
	}
}

static uint64_t sum(const struct ports *ports)
{
	uint64_t result = 1;
	size_t k;
	int i;

	for (i = 0; i < ports->num; i++)
		for (k = 0; k < ports->bytes[i]; k++)
			result = result * 31 + ((const uint8_t *)ports->data[i])[k];
	return result;
}

/* An error is the calling thread's, whatever others do meanwhile. */
static int check_error(const struct work *work)
{
	char path[64];

	snprintf(path, sizeof(path), "/nowhere/network-%d.tflite", work->number);
	return npu_model_load(path) || !strstr(npu_error(), path) ? -1 : 0;
}

static npu_program *make_program(const struct work *work)
{
	npu_model *model = npu_model_load(seeds[work->number]);
	npu_program *program, *again;
	char path[96];

	program = model ? npu_compile(model, NULL) : NULL;
	npu_model_free(model);
	/* All write the same file: what is read back is one of theirs, whole. */
	snprintf(path, sizeof(path), "%s/program.npu", work->folder);
	if (!program || npu_program_save(program, path))
		return program;
	again = npu_program_load(path);
	if (!again) {
		npu_program_free(program);
		return NULL;
	}
	npu_program_free(again);
	return program;
}

static int run_rounds(struct work *work, npu_session *session, const npu_program *program)
{
	struct ports in, out;
	npu_profile profile;
	int bad, round;

	bad = make_ports(&in, program, npu_program_num_inputs(program), npu_program_input);
	bad |= make_ports(&out, program, npu_program_num_outputs(program), npu_program_output);
	for (round = 0; round < ROUNDS && !bad; round++) {
		fill(&in, (unsigned int)round);
		bad = npu_session_run(session, (const void *const *)in.data, out.data) ||
		      npu_session_profile(session, &profile) || !profile.cycles;
		work->sum[round] = sum(&out);
	}
	free_ports(&in);
	free_ports(&out);
	return bad;
}

static void *run(void *arg)
{
	struct work *work = arg;
	npu_program *program = make_program(work);
	npu_device *device = work->device ? work->device : npu_device_open("iss", NULL);
	npu_session *session = program && device ? npu_session_create(device, program) : NULL;

	if (!session || run_rounds(work, session, program))
		snprintf(work->trouble, sizeof(work->trouble), "thread %d: %.200s", work->number,
			 npu_error());
	else if (check_error(work))
		snprintf(work->trouble, sizeof(work->trouble), "thread %d has another's error: %.200s",
			 work->number, npu_error());
	npu_session_free(session);
	if (!work->device)
		npu_device_close(device);
	npu_program_free(program);
	return NULL;
}

static void run_all(struct work work[THREADS], npu_device *device, bool together)
{
	pthread_t threads[THREADS];
	char folder[] = "/tmp/onpu-threads-XXXXXX", path[64];
	int i;

	assert_non_null(mkdtemp(folder));
	for (i = 0; i < THREADS; i++) {
		work[i] = (struct work){ .number = i, .device = device, .folder = folder };
		if (together)
			assert_int_equal(pthread_create(&threads[i], NULL, run, &work[i]), 0);
		else
			run(&work[i]);
	}
	for (i = 0; i < THREADS && together; i++)
		pthread_join(threads[i], NULL);
	snprintf(path, sizeof(path), "%s/program.npu", folder);
	assert_int_equal(unlink(path), 0);
	/* Nothing else is in it. */
	assert_int_equal(rmdir(folder), 0);
	for (i = 0; i < THREADS; i++)
		if (work[i].trouble[0])
			fail_msg("%s", work[i].trouble);
}

static void compare(npu_device *device)
{
	struct work expected[THREADS], found[THREADS];
	int i, k;

	run_all(expected, device, false);
	run_all(found, device, true);
	for (i = 0; i < THREADS; i++)
		for (k = 0; k < ROUNDS; k++)
			assert_int_equal(found[i].sum[k], expected[i].sum[k]);
}

static void test_one_device_for_all(void **state)
{
	npu_device *device = npu_device_open("iss", NULL);

	(void)state;
	assert_non_null(device);
	compare(device);
	npu_device_close(device);
}

static void test_a_device_for_each(void **state)
{
	(void)state;
	compare(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_device_for_all),
		cmocka_unit_test(test_a_device_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
