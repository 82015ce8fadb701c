// SPDX-License-Identifier: MIT
/* Preemption, saving and restoring a job, the trace. */
#include "iss_commands.h"

/* load; ELTWISE; PREEMPT; ELTWISE waiting for both; store */
static void put_preemptible(struct iss *iss, uint16_t flags)
{
	struct onpu_cmd_load load = dma(ONPU_OPCODE_LOAD, ADDR_IN, 0, 64);
	struct onpu_cmd_eltwise first = eltwise(1, 4, 16), second = first;
	struct onpu_cmd_preempt preempt = { .head = { .opcode = ONPU_OPCODE_PREEMPT },
					    .live = { { ADDR_OUT, 64 }, { ADDR_IN, 8 } } };
	struct onpu_cmd_load store = dma(ONPU_OPCODE_STORE, ADDR_OUT + 0x1000, 4096, 64);

	load.head.flags = flags;
	first.head.flags = flags;
	first.head.wait_load = 1;
	first.post.bias = 1;
	preempt.head.flags = flags;
	second.head.flags = flags;
	second.head.wait_load = 1;
	second.head.wait_compute = 1;
	second.in = first.out;
	second.out.addr += 0x1000;
	second.post.bias = 1;
	store.head.flags = flags;
	store.head.wait_compute = 2;
	iss->stream_size = 0;
	iss_put(iss, &load, sizeof(load));
	iss_put(iss, &first, sizeof(first));
	iss_put(iss, &preempt, sizeof(preempt));
	iss_put(iss, &second, sizeof(second));
	iss_put(iss, &store, sizeof(store));
	iss_put_end(iss);
	for (int i = 0; i < 64; i++)
		iss->memory[DATA_VA + i] = (uint8_t)(3 * i);
}

static void check_preemptible(struct iss *iss)
{
	assert_int_equal(onpu_core_state(iss->core), ONPU_CORE_DONE);
	for (int i = 0; i < 64; i++)
		assert_int_equal(iss->memory[DATA_VA + 4096 + i], (uint8_t)(3 * i + 2));
}

static void test_preempt(void **state)
{
	struct onpu_cmd_load other = dma(ONPU_OPCODE_FILL, 0, 0, 0x10000);
	const struct onpu_range *live;
	struct onpu_core_job first;
	uint64_t whole;
	struct iss iss;
	uint8_t *sram, saved[72];
	void *kept;

	(void)state;
	iss_init(&iss, "base");
	onpu_core_check_order(iss.core, true);
	sram = onpu_core_sram(iss.core);
	/* Without a request nothing happens. */
	put_preemptible(&iss, 0);
	iss_run(&iss);
	check_preemptible(&iss);
	whole = onpu_core_cycle(iss.core);
	memset(iss.memory + DATA_VA + 4096, 0, 64);

	onpu_core_request_preempt(iss.core, true);
	assert_int_equal(iss_run(&iss), ONPU_CORE_PREEMPTED);
	assert_int_equal(onpu_core_stream_offset(iss.core), 56 + 144 + 80);
	assert_true(onpu_core_cycle(iss.core) < whole);
	live = onpu_core_live_ranges(iss.core);
	assert_int_equal(live[0].addr, ADDR_OUT);
	assert_int_equal(live[1].size, 8);
	assert_int_equal(live[2].size, 0);
	memcpy(saved, sram + live[0].addr, live[0].size);
	memcpy(saved + 64, sram + live[1].addr, live[1].size);
	kept = malloc(onpu_core_state_size());
	onpu_core_save(iss.core, kept);

	/* Another job in between, with SRAM scrubbed, and nothing asks for preemption now. */
	first = iss.job;
	onpu_core_reset(iss.core);
	onpu_core_scrub(iss.core);
	other.value = 0xaa;
	iss.stream_size = 0;
	iss_put(&iss, &other, sizeof(other));
	iss_put_end(&iss);
	assert_int_equal(iss_run(&iss), ONPU_CORE_DONE);
	onpu_core_reset(iss.core);
	onpu_core_scrub(iss.core);

	put_preemptible(&iss, 0);
	memcpy(sram + ADDR_OUT, saved, 64);
	memcpy(sram + ADDR_IN, saved + 64, 8);
	memset(&iss.job, 0, sizeof(iss.job));
	onpu_core_restore(iss.core, kept);
	assert_int_equal(onpu_core_state(iss.core), ONPU_CORE_PREEMPTED);
	onpu_core_resume(iss.core, 100000);
	iss_go(&iss);
	check_preemptible(&iss);
	assert_true(onpu_core_cycle(iss.core) > 100000);

	/* The budget is one for both parts. */
	iss.job = first;
	iss.job.max_cycles = 900;
	onpu_core_request_preempt(iss.core, true);
	assert_int_equal(iss_run(&iss), ONPU_CORE_PREEMPTED);
	onpu_core_resume(iss.core, 100000);
	assert_int_equal(iss_go(&iss), ONPU_CORE_FAULT);
	assert_int_equal(onpu_core_fault(iss.core)->code, ONPU_FAULT_WATCHDOG);
	free(kept);
	iss_free(&iss);
}

/* A range that later commands read is not named as live. */
static void test_preempt_live_is_checked(void **state)
{
	struct onpu_cmd_preempt *preempt;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	onpu_core_check_order(iss.core, true);
	put_preemptible(&iss, 0);
	preempt = (struct onpu_cmd_preempt *)(iss.memory + STREAM_VA + 56 + 144);
	preempt->live[0].size = 63;
	onpu_core_request_preempt(iss.core, true);
	assert_int_equal(iss_run(&iss), ONPU_CORE_PREEMPTED);
	onpu_core_resume(iss.core, 0);
	assert_int_equal(iss_go(&iss), ONPU_CORE_FAULT);
	assert_non_null(strstr(onpu_core_hazard(iss.core), "nothing has written"));
	assert_non_null(strstr(onpu_core_hazard(iss.core), "0x403f"));
	iss_free(&iss);
}

static void test_trace(void **state)
{
	struct onpu_trace_record records[8];
	const struct onpu_command_time *times;
	struct iss iss;

	(void)state;
	iss_init(&iss, "base");
	iss.job.trace_va = TRACE_VA;
	iss.job.trace_size = sizeof(records);
	put_preemptible(&iss, ONPU_CMD_PROFILE);
	iss_run(&iss);
	check_preemptible(&iss);
	memcpy(records, iss.memory + TRACE_VA, sizeof(records));
	/* Times as docs/cycle-model.md has them; PREEMPT waits for no engine. */
	assert_int_equal(records[0].stream_offset, 200);
	assert_int_equal(records[0].engine, ONPU_ENGINE_CONTROL);
	assert_int_equal(records[0].start_lo, 427);
	assert_int_equal(records[0].end_lo, 427);
	assert_int_equal(records[1].stream_offset, 0);
	assert_int_equal(records[1].engine, ONPU_ENGINE_LOAD);
	assert_int_equal(records[1].start_lo, 392);
	assert_int_equal(records[1].end_lo, 618);
	assert_int_equal(records[2].stream_offset, 56);
	assert_int_equal(records[2].engine, ONPU_ENGINE_COMPUTE);
	assert_int_equal(records[2].start_lo, 619);
	assert_int_equal(records[2].end_lo, 649);
	assert_int_equal(records[3].stream_offset, 280);
	assert_int_equal(records[3].start_lo, 650);
	assert_int_equal(records[4].engine, ONPU_ENGINE_STORE);
	assert_int_equal(records[4].start_lo, 681);
	assert_int_equal(records[4].end_lo, 807);
	assert_int_equal(records[5].end_hi, 0);
	assert_int_equal(records[5].stream_offset, 0);	/* END has no PROFILE */
	assert_int_equal(onpu_core_cycle(iss.core), 807);
	assert_int_equal(onpu_core_command_times(iss.core, &times), 6);
	assert_int_equal(times[1].start, 619);
	assert_int_equal(times[1].work.steps_vector, 4);
	assert_int_equal(times[5].end, 807);

	/* A buffer with room for two and a half; preempted, so that it fills in two parts. */
	memset(iss.memory + TRACE_VA, 0x55, sizeof(records));
	iss.job.trace_size = 60;
	onpu_core_request_preempt(iss.core, true);
	assert_int_equal(iss_run(&iss), ONPU_CORE_PREEMPTED);
	onpu_core_resume(iss.core, 1000);
	assert_int_equal(iss_go(&iss), ONPU_CORE_DONE);
	memcpy(records, iss.memory + TRACE_VA, sizeof(records));
	assert_int_equal(records[0].stream_offset, 0);
	assert_int_equal(records[1].stream_offset, 56);
	assert_int_equal(records[2].stream_offset, 0x55555555);

	/* A trace that cannot be written is a fault. */
	iss.bus_error = TRACE_VA + 24;
	assert_int_equal(iss_run(&iss), ONPU_CORE_FAULT);
	assert_int_equal(onpu_core_fault(iss.core)->code, ONPU_FAULT_BUS);
	assert_int_equal(onpu_core_fault(iss.core)->va, iss.bus_error);
	assert_true(onpu_core_fault(iss.core)->write);
	iss_free(&iss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_preempt),
		cmocka_unit_test(test_preempt_live_is_checked),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
