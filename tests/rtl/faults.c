// SPDX-License-Identifier: MIT
/*
 * usage: faults PRESET DEVICE NETWORK.tflite
 *
 * Everything that a model can be made to do wrong, on either of them: what the host sees is one
 * and the same, and after the recovery that the interface prescribes a network runs right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "network.h"
#include "regs/onpu_regs.h"
#include "stream.h"

#define MEMORY_VA 0x00200000u
#define MEMORY_BYTES (64u << 10)
#define DATA 0x8000u		/* of the memory: region 1; region 0, the stream, is below */
#define RESULT 0x1000u		/* of region 1 */
#define BYTES 64u
#define ADD 3
#define BUDGET 20000		/* cycles; the job takes less than a tenth */

struct bench {
	npu_device *device;
	struct npu_host *host;
	struct network network;
	struct npu_vm *vm;
	struct npu_buffer *memory;
	struct npu_queue *queue;
	struct npu_job job;
	uint32_t store;		/* offset of the STORE in the stream */
};

static const char *preset, *device_name, *path;

static int inject(struct bench *b, enum onpu_inject what, uint64_t n)
{
	return b->host->rtl ? b->host->rtl->inject(b->host->model, what, n) :
			      onpu_iss_inject(b->host->model, what, n);
}

/* ---- jobs, and a network ------------------------------------------------------------ */

/* LOAD, + ADD, STORE: commands that wait for each other. */
static void make_job(struct bench *b)
{
	struct stream s = { .size = 0 };

	stream_load(&s, 1, 0, 0, BYTES);
	stream_add_constant(&s, 0, 1024, BYTES, ADD);
	b->store = s.size;
	stream_store(&s, 1, RESULT, 1024, BYTES);
	stream_end(&s);
	memcpy(b->memory->data, s.data, s.size);
	b->job = (struct npu_job){
		.entry = MEMORY_VA, .stream_size = s.size, .max_cycles = BUDGET, .region_count = 2,
		.region = { { MEMORY_VA, DATA }, { MEMORY_VA + DATA, MEMORY_BYTES - DATA } },
	};
}

static int open_bench(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	*state = b;
	b->device = npu_device_open(device_name, preset);
	if (!b->device) {
		print_error("%s\n", npu_error());
		return -1;
	}
	b->host = b->device->host;
	network_open(&b->network, b->device, preset, path);
	assert_int_equal(npu_vm_new(b->host, &b->vm), NPU_OK);
	assert_int_equal(npu_host_alloc(b->host, MEMORY_BYTES, &b->memory), NPU_OK);
	assert_int_equal(npu_vm_map(b->vm, MEMORY_VA, b->memory, true), NPU_OK);
	assert_int_equal(npu_queue_new(b->vm, 1, 4, &b->queue), NPU_OK);
	make_job(b);
	return 0;
}

static int close_bench(void **state)
{
	struct bench *b = *state;

	npu_queue_free(b->queue);
	npu_vm_free(b->vm);
	npu_host_free(b->host, b->memory);
	network_close(&b->network);
	npu_device_close(b->device);
	free(b);
	return 0;
}

static npu_status run_job(struct bench *b, struct onpu_fw_completion *record)
{
	uint32_t seq;

	for (uint32_t i = 0; i < BYTES; i++) {
		b->memory->data[DATA + i] = (uint8_t)i;
		b->memory->data[DATA + RESULT + i] = 0xee;
	}
	assert_int_equal(npu_queue_submit(b->queue, &b->job, &seq), NPU_OK);
	return npu_queue_wait(b->queue, seq, record);
}

static bool result_is(const struct bench *b, bool written)
{
	for (uint32_t i = 0; i < BYTES; i++)
		if (b->memory->data[DATA + RESULT + i] != (written ? i + ADD : 0xee))
			return false;
	return true;
}

static void job_runs(struct bench *b)
{
	struct onpu_fw_completion record;

	if (run_job(b, &record))
		fail_msg("%s", npu_error());
	assert_int_equal(record.status, ONPU_FW_OK);
	assert_true(result_is(b, true));
}

/* ---- errors of the bus -------------------------------------------------------------- */

/* What the host's fault register latched agrees with the record. */
static void check_register(struct bench *b, const struct onpu_fw_completion *record)
{
	uint32_t status = npu_host_read(b->host, ONPU_HOST_FAULT_STATUS);

	assert_true(status & ONPU_HOST_FAULT_STATUS_VALID);
	assert_int_equal((status & ONPU_HOST_FAULT_STATUS_SOURCE) >>
			 ONPU_HOST_FAULT_STATUS_SOURCE_SHIFT, ONPU_HOST_FAULT_STATUS_SOURCE_ENGINE);
	assert_int_equal((status & ONPU_HOST_FAULT_STATUS_CODE) >>
			 ONPU_HOST_FAULT_STATUS_CODE_SHIFT, ONPU_FAULT_BUS);
	assert_int_equal((status & ONPU_HOST_FAULT_STATUS_CTX) >>
			 ONPU_HOST_FAULT_STATUS_CTX_SHIFT, b->vm->ctx);
	assert_int_equal(!!(status & ONPU_HOST_FAULT_STATUS_WRITE), record->write);
	assert_int_equal(npu_host_read(b->host, ONPU_HOST_FAULT_VA), record->va);
	npu_host_write(b->host, ONPU_HOST_FAULT_STATUS, ONPU_HOST_FAULT_STATUS_VALID);
	assert_false(npu_host_read(b->host, ONPU_HOST_FAULT_STATUS) & ONPU_HOST_FAULT_STATUS_VALID);
}

/* Which access of a job it is, the models count in their own ways; what can come of it not. */
static void bus_errors_of_the_engines(void **state)
{
	struct bench *b = *state;
	unsigned int loads = 0, stores = 0, fetches = 0, resets = b->host->resets;
	struct onpu_fw_completion record;

	for (unsigned int n = 1;; n++) {
		assert_true(n < 200);
		inject(b, ONPU_INJECT_BUS_ERROR, n);
		assert_int_equal(run_job(b, &record), NPU_OK);
		if (record.status == ONPU_FW_OK)
			break;
		assert_int_equal(record.status, ONPU_FW_FAULT);
		assert_int_equal(record.fault, ONPU_FAULT_BUS);
		if (record.engine == ONPU_ENGINE_LOAD) {
			loads++;
			assert_int_equal(record.stream_offset, 0);
			assert_int_equal(record.va, MEMORY_VA + DATA);
			assert_false(record.write);
		} else if (record.engine == ONPU_ENGINE_STORE) {
			stores++;
			assert_int_equal(record.stream_offset, b->store);
			assert_int_equal(record.va, MEMORY_VA + DATA + RESULT);
			assert_true(record.write);
		} else {
			fetches++;
			assert_int_equal(record.engine, ONPU_ENGINE_CONTROL);
			assert_in_range(record.va, MEMORY_VA, MEMORY_VA + b->job.stream_size - 1);
			assert_false(record.write);
		}
		/* What comes before the command has an effect, what comes behind it has none. */
		if (record.engine != ONPU_ENGINE_STORE)
			assert_true(result_is(b, record.stream_offset > b->store));
		check_register(b, &record);
		job_runs(b);
	}
	inject(b, ONPU_INJECT_BUS_ERROR, 0);
	print_message("# %u of LOAD, %u of STORE, %u of the fetch\n", loads, stores, fetches);
	assert_true(loads && stores && fetches);
	assert_int_equal(b->host->resets, resets);
	network_runs(&b->network);
}

static void bus_errors_of_the_core(void **state)
{
	struct bench *b = *state;
	unsigned int crashes = 0, rings = 0;

	for (unsigned int n = 1; n <= 4; n++) {
		unsigned int resets = b->host->resets;
		struct onpu_fw_completion record;

		inject(b, ONPU_INJECT_CORE_BUS_ERROR, n);
		assert_int_equal(run_job(b, &record), NPU_ERR_DEVICE);
		inject(b, ONPU_INJECT_CORE_BUS_ERROR, 0);
		/* The shared block, or a queue's ring. */
		crashes += !!strstr(npu_error(), "the firmware crashed: code 1,");
		rings += strstr(npu_error(), "the firmware gave up queue") &&
			 strstr(npu_error(), "reason 8");
		assert_int_equal(crashes + rings, n);
		assert_int_equal(b->host->resets, resets + 1);
		job_runs(b);
	}
	print_message("# %u crashes, %u broken queues\n", crashes, rings);
	assert_true(crashes);
	network_runs(&b->network);
}

/* ---- interrupts and engines ---------------------------------------------------------- */

static void lost_interrupt(void **state)
{
	struct bench *b = *state;
	unsigned int interrupts;

	/* What was raised before is acknowledged. */
	job_runs(b);
	interrupts = b->host->interrupts;
	job_runs(b);
	assert_int_equal(b->host->interrupts, interrupts + 1);
	/* The second one from now. */
	inject(b, ONPU_INJECT_LOST_INTERRUPT, 2);
	job_runs(b);
	assert_int_equal(b->host->interrupts, interrupts + 2);
	job_runs(b);
	assert_int_equal(b->host->interrupts, interrupts + 2);
	job_runs(b);
	assert_int_equal(b->host->interrupts, interrupts + 3);
	network_runs(&b->network);
}

/* The newest engine reset that firmware has in its log: whether the bus had drained. */
static bool drained_at_reset(const struct bench *b)
{
	const struct onpu_fw_shared *shared = b->host->shared;

	for (uint32_t i = 1; i <= ONPU_FW_LOG_ENTRIES; i++) {
		const struct onpu_fw_log_entry *entry =
			&shared->log[(shared->log_head.head - i) % ONPU_FW_LOG_ENTRIES];

		if (entry->code == ONPU_FW_LOG_ENGINE_RESET)
			return entry->arg[1];
	}
	fail_msg("no engine reset in the log");
	return false;
}

static void expect_engine_reset(struct bench *b, bool drained)
{
	struct onpu_fw_completion record;

	assert_int_equal(run_job(b, &record), NPU_OK);
	assert_int_equal(record.status, ONPU_FW_ENGINE_RESET);
	assert_int_equal(record.fault, ONPU_FAULT_ENGINE_HANG);
	assert_int_equal(record.reason, ONPU_FAULT_WATCHDOG);
	assert_true(result_is(b, false));
	assert_int_equal(drained_at_reset(b), drained);
}

static void hung_engine(void **state)
{
	struct bench *b = *state;
	unsigned int resets = b->host->resets;
	struct onpu_fw_completion record;
	uint32_t seq;

	/* LOAD, compute, STORE; and the first one of the second job. */
	for (unsigned int n = 1; n <= 4; n++) {
		inject(b, ONPU_INJECT_HANG, n);
		if (n == 4)
			job_runs(b);
		expect_engine_reset(b, true);
		job_runs(b);
	}
	/* Without a budget only the host knows. */
	b->job.max_cycles = 0;
	inject(b, ONPU_INJECT_HANG, 2);
	assert_int_equal(npu_queue_submit(b->queue, &b->job, &seq), NPU_OK);
	npu_host_run(b->host, 200000);
	assert_false(b->queue->result[seq % ONPU_FW_DEPTH_MAX].done);
	npu_queue_kill(b->queue, seq);
	assert_int_equal(npu_queue_wait(b->queue, seq, &record), NPU_OK);
	assert_int_equal(record.status, ONPU_FW_ENGINE_RESET);
	assert_int_equal(record.fault, ONPU_FAULT_ENGINE_HANG);
	assert_int_equal(record.reason, ONPU_FAULT_KILLED);
	b->job.max_cycles = BUDGET;
	/* What was taken back does not come. */
	inject(b, ONPU_INJECT_HANG, 2);
	inject(b, ONPU_INJECT_HANG, 0);
	job_runs(b);
	assert_int_equal(b->host->resets, resets);
	network_runs(&b->network);
}

static void stuck_bus(void **state)
{
	struct bench *b = *state;
	unsigned int resets = b->host->resets;

	inject(b, ONPU_INJECT_STUCK_BUS, 1);
	expect_engine_reset(b, false);
	/* Once more with what the first job left open. */
	expect_engine_reset(b, false);
	inject(b, ONPU_INJECT_STUCK_BUS, 0);
	job_runs(b);
	assert_int_equal(b->host->resets, resets);
	network_runs(&b->network);
}

/* ---- firmware -------------------------------------------------------------------------- */

static uint32_t boot_state(struct bench *b)
{
	uint32_t boot;

	npu_host_write(b->host, ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN);
	for (int i = 0; i < 100; i++) {
		onpu_model_run(b->host->model, 1000);
		boot = npu_host_read(b->host, ONPU_HOST_STATUS) & ONPU_HOST_STATUS_BOOT;
		if (boot != ONPU_HOST_STATUS_BOOT_LOADING)
			return boot;
	}
	fail_msg("the boot does not end");
	return 0;
}

static void corrupt_image(void **state)
{
	struct bench *b = *state;
	size_t header = sizeof(struct onpu_fw_image), size = b->host->image_size;
	const struct {
		size_t byte;
		uint32_t boot;
	} bits[] = {
		{ offsetof(struct onpu_fw_image, magic), ONPU_HOST_STATUS_BOOT_BAD_HEADER },
		{ offsetof(struct onpu_fw_image, version), ONPU_HOST_STATUS_BOOT_BAD_HEADER },
		{ offsetof(struct onpu_fw_image, header_size), ONPU_HOST_STATUS_BOOT_BAD_HEADER },
		{ offsetof(struct onpu_fw_image, size) + 1, ONPU_HOST_STATUS_BOOT_BAD_HEADER },
		{ offsetof(struct onpu_fw_image, load), ONPU_HOST_STATUS_BOOT_BAD_HEADER },
		{ offsetof(struct onpu_fw_image, entry) + 3, ONPU_HOST_STATUS_BOOT_BAD_HEADER },
		{ offsetof(struct onpu_fw_image, crc) + 2, ONPU_HOST_STATUS_BOOT_BAD_CRC },
		{ offsetof(struct onpu_fw_image, build), ONPU_HOST_STATUS_BOOT_RUNNING },
		{ header, ONPU_HOST_STATUS_BOOT_BAD_CRC },
		{ header + (size - header) / 2, ONPU_HOST_STATUS_BOOT_BAD_CRC },
		{ size - 1, ONPU_HOST_STATUS_BOOT_BAD_CRC },
	};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		bool good = bits[i].boot == ONPU_HOST_STATUS_BOOT_RUNNING;

		npu_host_write(b->host, ONPU_HOST_CONTROL, 0);
		npu_host_write(b->host, ONPU_HOST_IRQ_ACK, UINT32_MAX);
		inject(b, ONPU_INJECT_CORRUPT_IMAGE, 8 * bits[i].byte + i % 8 + 1);
		assert_int_equal(boot_state(b), bits[i].boot);
		assert_int_equal(!!(npu_host_read(b->host, ONPU_HOST_IRQ_STATUS) &
				    ONPU_HOST_IRQ_STATUS_FATAL), !good);
	}
	/* Only the next image. */
	inject(b, ONPU_INJECT_CORRUPT_IMAGE, 8 * header + 1);
	npu_host_write(b->host, ONPU_HOST_CONTROL, 0);
	assert_int_equal(boot_state(b), ONPU_HOST_STATUS_BOOT_BAD_CRC);
	npu_host_lost(b->host, "damaged on purpose");
	assert_false(b->host->dead);
	job_runs(b);
	network_runs(&b->network);
}

/* The host that cannot help gets another chance. */
static void repair(struct bench *b)
{
	assert_true(b->host->dead);
	b->host->dead = false;
	npu_host_lost(b->host, "repaired");
	assert_false(b->host->dead);
	job_runs(b);
	network_runs(&b->network);
}

static void stopped_firmware(void **state)
{
	struct bench *b = *state;
	unsigned int resets = b->host->resets;
	struct onpu_fw_completion record;
	uint32_t seq;

	/* For less than what counts as dead: late is all that it is. */
	inject(b, ONPU_INJECT_STOPPED_FIRMWARE, 1);
	assert_int_equal(npu_queue_submit(b->queue, &b->job, &seq), NPU_OK);
	npu_host_run(b->host, 14 * ONPU_FW_HEARTBEAT_CYCLES);
	assert_false(b->queue->result[seq % ONPU_FW_DEPTH_MAX].done);
	inject(b, ONPU_INJECT_STOPPED_FIRMWARE, 0);
	assert_int_equal(npu_queue_wait(b->queue, seq, &record), NPU_OK);
	assert_int_equal(record.status, ONPU_FW_OK);
	assert_int_equal(b->host->resets, resets);
	/* For good, with the engines' bus not draining: the full reset does not wait for ever. */
	inject(b, ONPU_INJECT_STOPPED_FIRMWARE, 1);
	inject(b, ONPU_INJECT_STUCK_BUS, 1);
	assert_int_equal(run_job(b, &record), NPU_ERR_DEVICE);
	assert_non_null(strstr(npu_error(), "heartbeat"));
	assert_non_null(strstr(npu_error(), "does not come back"));
	assert_int_equal(npu_host_read(b->host, ONPU_HOST_STATUS) & ONPU_HOST_STATUS_BOOT,
			 ONPU_HOST_STATUS_BOOT_RUNNING);
	assert_int_not_equal(b->host->shared->hello.state, ONPU_FW_STATE_RUNNING);
	inject(b, ONPU_INJECT_STOPPED_FIRMWARE, 0);
	inject(b, ONPU_INJECT_STUCK_BUS, 0);
	repair(b);
}

/* A full reset while the engines have accesses open that nobody has answered. */
static void reset_of_a_stuck_bus(void **state)
{
	struct bench *b = *state;
	uint32_t seq;

	inject(b, ONPU_INJECT_STUCK_BUS, 1);
	assert_int_equal(npu_queue_submit(b->queue, &b->job, &seq), NPU_OK);
	npu_host_run(b->host, 3000);
	npu_host_lost(b->host, "impatient");
	assert_false(b->host->dead);
	assert_true(b->queue->result[seq % ONPU_FW_DEPTH_MAX].lost);
	inject(b, ONPU_INJECT_STUCK_BUS, 0);
	job_runs(b);
	network_runs(&b->network);
}

/* ---- the rest ---------------------------------------------------------------------------- */

static void removed_device(void **state)
{
	struct bench *b = *state;
	struct onpu_fw_completion record;
	uint64_t before;

	job_runs(b);
	before = npu_host_cycle(b->host);
	inject(b, ONPU_INJECT_REMOVED, 1);
	assert_int_equal(npu_host_read(b->host, ONPU_HOST_ID), UINT32_MAX);
	assert_int_equal(run_job(b, &record), NPU_ERR_DEVICE);
	assert_non_null(strstr(npu_error(), "gone"));
	assert_true(result_is(b, false));
	inject(b, ONPU_INJECT_REMOVED, 0);
	/* Neither time passed nor was a write taken. */
	assert_int_equal(npu_host_cycle(b->host) / 1000, before / 1000);
	repair(b);
}

static void unknown_kinds_are_refused(void **state)
{
	struct bench *b = *state;

	assert_int_not_equal(inject(b, ONPU_INJECT_COUNT, 1), 0);
	assert_int_not_equal(inject(b, (enum onpu_inject)1000, 1), 0);
	for (int i = 0; i < ONPU_INJECT_COUNT; i++) {
		/* What firmware is made to do, where it is a program of its own, and versions, which are hardware's. */
		bool known = !b->host->rtl || (i != ONPU_INJECT_BAD_IMAGES && i < ONPU_INJECT_LIE);

		assert_int_equal(inject(b, (enum onpu_inject)i, 0) == 0, known);
	}
	network_runs(&b->network);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_kinds_are_refused),
		cmocka_unit_test(bus_errors_of_the_engines),
		cmocka_unit_test(bus_errors_of_the_core),
		cmocka_unit_test(lost_interrupt),
		cmocka_unit_test(hung_engine),
		cmocka_unit_test(stuck_bus),
		cmocka_unit_test(corrupt_image),
		cmocka_unit_test(stopped_firmware),
		cmocka_unit_test(reset_of_a_stuck_bus),
		cmocka_unit_test(removed_device),
	};

	if (argc != 4) {
		fprintf(stderr, "usage: faults PRESET DEVICE NETWORK.tflite\n");
		return 2;
	}
	preset = argv[1];
	device_name = argv[2];
	path = argv[3];
	return cmocka_run_group_tests(tests, open_bench, close_bench);
}
