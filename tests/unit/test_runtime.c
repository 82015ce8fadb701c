// SPDX-License-Identifier: MIT
/* Devices and sessions, with programs made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>

#include "ir/error.h"
#include "iss/timing.h"
#include "regs/onpu_regs.h"
#include "machine_iss.h"
#include "runtime/session.h"
#include "stream.h"

#define BYTES 128
#define CODE_STREAM 64		/* the stream is not at the start of the code */

/*
 * input -> [job: + 5] -> middle (in scratch) -> [CPU: RESHAPE] -> output
 * and the job leaves middle + 1 in scratch, too: tensor "other".
 */
struct fixture {
	struct npu_program program;
	struct npu_tensor tensors[5];
	struct npu_node nodes[2];
	struct npu_node_placement placement[2];
	struct npu_binding binding[5];
	struct npu_step steps[2];
	struct npu_layer layers[3];
	struct npu_layer_part parts[2];
	int inputs[1], outputs[1], node0[1], node0_out[2], node1[1], node1_out[1];
	struct stream stream;
	uint8_t code[CODE_STREAM + sizeof(((struct stream *)0)->data)];
};

enum { INPUT, MIDDLE, OTHER, OUTPUT, ALL };

static void set_code(struct fixture *f)
{
	memcpy(f->code + CODE_STREAM, f->stream.data, f->stream.size);
	f->program.code_size = CODE_STREAM + f->stream.size;
	f->steps[0].size = f->stream.size;
}

static void make(struct fixture *f)
{
	static char *const names[ALL] = { "input", "middle", "other", "output" };
	struct npu_program *p = &f->program;
	uint32_t second;

	memset(f, 0, sizeof(*f));
	for (int i = 0; i < ALL; i++) {
		f->tensors[i] = (struct npu_tensor){
			.name = names[i], .dtype = NPU_INT8, .rank = 2,
			.dims = { 1, BYTES }, .producer = i == INPUT ? -1 : i == OUTPUT,
		};
		f->binding[i] = (struct npu_binding){ NPU_REGION_SCRATCH, 0 };
	}
	f->binding[INPUT] = (struct npu_binding){ NPU_REGION_IO, 0 };
	f->binding[OTHER].offset = 4096;
	f->binding[OUTPUT] = (struct npu_binding){ NPU_REGION_IO + 1, 0 };
	f->inputs[0] = INPUT;
	f->outputs[0] = OUTPUT;
	f->node0[0] = INPUT;
	f->node0_out[0] = MIDDLE;
	f->node0_out[1] = OTHER;
	f->node1[0] = MIDDLE;
	f->node1_out[0] = OUTPUT;
	f->nodes[0] = (struct npu_node){ .op = NPU_OP_SPLIT, .index = 7, .num_inputs = 1,
					 .inputs = f->node0, .num_outputs = 2,
					 .outputs = f->node0_out };
	f->nodes[1] = (struct npu_node){ .op = NPU_OP_RESHAPE, .index = 8, .num_inputs = 1,
					 .inputs = f->node1, .num_outputs = 1,
					 .outputs = f->node1_out };

	stream_load(&f->stream, NPU_REGION_IO, 0, 256, BYTES);
	stream_add_constant(&f->stream, 256, 1024, BYTES, 5);
	stream_store(&f->stream, NPU_REGION_SCRATCH, 0, 1024, BYTES);
	second = f->stream.size;
	stream_add_constant(&f->stream, 1024, 2048, BYTES, 1);
	stream_store(&f->stream, NPU_REGION_SCRATCH, 4096, 2048, BYTES);
	stream_end(&f->stream);

	f->steps[0] = (struct npu_step){ .node = -1, .entry = CODE_STREAM, .max_cycles = 100000 };
	f->steps[1] = (struct npu_step){ .node = 1 };
	f->layers[0] = (struct npu_layer){ .name = "first layer", .node = 0, .macs = 10 };
	f->layers[1] = (struct npu_layer){ .name = "second layer", .node = 0, .step = 0 };
	f->layers[2] = (struct npu_layer){ .name = "RESHAPE output", .node = 1, .step = 1 };
	f->parts[0] = (struct npu_layer_part){ 0, CODE_STREAM };
	f->parts[1] = (struct npu_layer_part){ 1, CODE_STREAM + second };
	*p = (struct npu_program){
		.preset = onpu_preset_by_name("base"),
		.graph = { .num_tensors = ALL, .tensors = f->tensors, .num_nodes = 2,
			   .nodes = f->nodes, .num_inputs = 1, .inputs = f->inputs,
			   .num_outputs = 1, .outputs = f->outputs },
		.placement = f->placement, .binding = f->binding, .code = f->code,
		.scratch_size = 8192, .num_steps = 2, .steps = f->steps, .num_layers = 3,
		.layers = f->layers, .num_parts = 2, .parts = f->parts,
	};
	set_code(f);
}

static void fill(int8_t *data, unsigned int seed)
{
	for (int i = 0; i < BYTES; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = (int8_t)(seed >> 16);
	}
}

static int8_t plus(int8_t value, int add)
{
	return value + add > 127 ? 127 : (int8_t)(value + add);
}

static void run_and_check(npu_session *session, unsigned int seed)
{
	int8_t in[BYTES], out[BYTES], tensor[BYTES];
	const void *inputs[] = { in };
	void *outputs[] = { out };

	fill(in, seed);
	memset(out, 0x55, sizeof(out));
	if (npu_session_run(session, inputs, outputs))
		fail_msg("%s", npu_error());
	for (int i = 0; i < BYTES; i++)
		assert_int_equal(out[i], plus(in[i], 5));
	assert_int_equal(npu_session_read_tensor(session, OTHER, tensor), NPU_OK);
	for (int i = 0; i < BYTES; i++)
		assert_int_equal(tensor[i], plus(plus(in[i], 5), 1));
}

static npu_status run_once(npu_session *session)
{
	int8_t in[BYTES] = { 0 }, out[BYTES];
	const void *inputs[] = { in };
	void *outputs[] = { out };

	return npu_session_run(session, inputs, outputs);
}

static npu_device *open_iss(void)
{
	npu_device *device = npu_device_open("iss", NULL);

	if (!device)
		fail_msg("%s", npu_error());
	return device;
}

static npu_session *open_session(npu_device *device, const struct fixture *f)
{
	npu_session *session = npu_session_create(device, &f->program);

	if (!session)
		fail_msg("%s", npu_error());
	return session;
}

static void names_are_checked(void **state)
{
	(void)state;
	assert_null(npu_device_open("gpu", NULL));
	assert_non_null(strstr(npu_error(), "'gpu'"));
	assert_non_null(strstr(npu_error(), "iss, rtl, drm or cpu"));
	assert_null(npu_device_open("iss", "huge"));
	assert_non_null(strstr(npu_error(), "'huge'"));
	assert_null(npu_device_open("drm:/dev/null", NULL));
	assert_non_null(strstr(npu_error(), "/dev/null is not an onpu"));
	assert_null(npu_device_open("drm:/nonexistent", NULL));
	assert_non_null(strstr(npu_error(), "/nonexistent cannot be opened"));
}

static void two_sessions_share_a_device(void **state)
{
	struct fixture a, b;
	npu_device *device = open_iss();
	npu_session *x, *y;

	(void)state;
	make(&a);
	make(&b);
	x = open_session(device, &a);
	y = open_session(device, &b);
	for (unsigned int i = 0; i < 5; i++) {
		run_and_check(x, i);
		run_and_check(y, 100 + i);
	}
	npu_session_free(x);
	run_and_check(y, 9);
	npu_session_free(y);
	npu_device_close(device);
}

static void preset_must_match(void **state)
{
	struct fixture f;
	npu_device *device = npu_device_open("iss", "nano");

	(void)state;
	assert_non_null(device);
	make(&f);
	assert_null(npu_session_create(device, &f.program));
	assert_non_null(strstr(npu_error(), "base"));
	assert_non_null(strstr(npu_error(), "nano"));
	npu_device_close(device);
}

static void profile_adds_up(void **state)
{
	struct fixture f;
	npu_device *device = open_iss();
	npu_session *session;
	npu_profile cold, p;
	const npu_layer_profile *l;

	(void)state;
	make(&f);
	session = open_session(device, &f);
	assert_int_equal(npu_session_profile(session, &p), NPU_ERR_INVALID);
	run_and_check(session, 1);
	assert_int_equal(npu_session_profile(session, &cold), NPU_OK);
	run_and_check(session, 2);
	assert_int_equal(npu_session_profile(session, &p), NPU_OK);
	/* The switch to this session's context came first, and is not counted. */
	assert_int_equal(cold.cycles, p.cycles);
	assert_int_equal(p.cycles_estimated, 1);
	assert_int_equal(p.num_layers, 3);
	l = p.layers;
	assert_string_equal(l[0].name, "first layer");
	assert_int_equal(l[0].node, 7);
	assert_true(l[0].on_npu && l[1].on_npu && !l[2].on_npu);
	assert_int_equal(l[0].read_bytes, BYTES);
	assert_int_equal(l[0].write_bytes, BYTES);
	assert_int_equal(l[1].read_bytes, 0);
	assert_int_equal(l[1].write_bytes, BYTES);
	assert_int_equal(p.read_bytes, BYTES);
	assert_int_equal(p.write_bytes, 2 * BYTES);
	assert_true(l[0].start_cycle >= ONPU_JOB_START_CYCLES);
	assert_true(l[0].end_cycle > l[0].start_cycle);
	assert_true(l[1].start_cycle >= l[0].start_cycle && l[1].end_cycle > l[0].end_cycle);
	assert_true(l[2].start_cycle == p.cycles && l[2].end_cycle == p.cycles);
	/* From the doorbell to the record: nothing but the two constants around the commands. */
	assert_int_equal(l[1].end_cycle + ONPU_JOB_END_CYCLES, p.cycles);
	assert_int_equal(p.macs, 10);
	assert_true(p.utilisation > 0 && p.utilisation < 1);
	npu_session_free(session);
	npu_device_close(device);
}

/* The trace buffer and the model's own books must agree. */
static void trace_equals_model(void **state)
{
	struct fixture f;
	npu_device *device = open_iss();
	npu_session *session;
	const struct onpu_trace_record *trace;
	const struct npu_vm *vm;
	size_t found = 0;

	(void)state;
	make(&f);
	session = open_session(device, &f);
	vm = session->space;
	run_and_check(session, 1);
	assert_int_equal(session->trace.size, 5 * sizeof(*trace));
	trace = (const void *)session->trace.memory.data;
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < vm->num_times; k++)
			if (vm->times[k].stream_offset == trace[i].stream_offset) {
				assert_int_equal(vm->times[k].start, trace[i].start_lo);
				assert_int_equal(vm->times[k].end, trace[i].end_lo);
				found++;
			}
	assert_int_equal(found, 5);
	npu_session_free(session);
	npu_device_close(device);
}

static void expect_fault(npu_session *session, const char *const *words)
{
	assert_int_equal(run_once(session), NPU_ERR_DEVICE);
	for (; *words; words++)
		if (!strstr(npu_error(), *words))
			fail_msg("no '%s' in: %s", *words, npu_error());
	assert_int_equal(npu_session_read_tensor(session, OTHER, NULL), NPU_ERR_INVALID);
}

static void faults_are_named(void **state)
{
	struct fixture good, f;
	npu_device *device = open_iss();
	npu_session *session, *other;
	struct onpu_head *head;
	char offset[32];

	(void)state;
	make(&good);
	other = open_session(device, &good);

	/* An unknown opcode, in the second layer. */
	make(&f);
	head = (struct onpu_head *)(f.code + f.parts[1].offset);
	head->opcode = 0x77;
	session = open_session(device, &f);
	snprintf(offset, sizeof(offset), "offset %u ", f.parts[1].offset - CODE_STREAM);
	expect_fault(session, (const char *const[]){ "OPCODE", "second layer", "step 0", "job 1",
						     offset, NULL });
	run_and_check(other, 3);
	/* The queue goes on. */
	expect_fault(session, (const char *const[]){ "OPCODE", "job 2", NULL });
	npu_session_free(session);

	/* Writes to read-only memory. */
	make(&f);
	f.stream.size = 0;
	memset(f.stream.count, 0, sizeof(f.stream.count));
	stream_load(&f.stream, NPU_REGION_IO, 0, 256, BYTES);
	stream_store(&f.stream, NPU_REGION_CODE, 32, 256, 8);
	stream_end(&f.stream);
	f.program.num_parts = 1;
	set_code(&f);
	session = open_session(device, &f);
	expect_fault(session, (const char *const[]){ "MMU", "writing", "0x00100020", "STORE",
						     "first layer", NULL });
	run_and_check(other, 4);
	npu_session_free(session);

	/* Past the end of its region. */
	make(&f);
	f.stream.size = 0;
	memset(f.stream.count, 0, sizeof(f.stream.count));
	stream_load(&f.stream, NPU_REGION_IO, 1, 256, BYTES);
	stream_end(&f.stream);
	f.program.num_parts = 1;
	set_code(&f);
	session = open_session(device, &f);
	expect_fault(session, (const char *const[]){ "REGION_RANGE", "first layer", NULL });
	npu_session_free(session);

	/* Budget. */
	make(&f);
	f.steps[0].max_cycles = 50;
	session = open_session(device, &f);
	expect_fault(session, (const char *const[]){ "WATCHDOG", "layer", NULL });
	npu_session_free(session);
	run_and_check(other, 5);
	npu_session_free(other);
	npu_device_close(device);
}

static void injected_faults_are_survived(void **state)
{
	struct fixture f;
	npu_device *device = open_iss();
	struct onpu_model *model = device->host->model;
	npu_session *session;

	(void)state;
	make(&f);
	session = open_session(device, &f);
	run_and_check(session, 0);

	/* The third access of the engines: the head and the rest of the first command, its data. */
	onpu_iss_inject(model, ONPU_INJECT_BUS_ERROR, 3);
	expect_fault(session, (const char *const[]){ "BUS", "reading", "LOAD", NULL });
	run_and_check(session, 1);

	onpu_iss_inject(model, ONPU_INJECT_LOST_INTERRUPT, 1);
	run_and_check(session, 2);
	run_and_check(session, 3);

	/* No budget is left: firmware notices, kills, and in the end resets the engines. */
	onpu_iss_inject(model, ONPU_INJECT_HANG, 2);
	expect_fault(session, (const char *const[]){ "ENGINE_HANG", "WATCHDOG", "reset", NULL });
	run_and_check(session, 4);
	assert_int_equal(device->host->resets, 0);

	/* Memory answers no more, so that the fence does not drain: the same, some cycles later. */
	onpu_iss_inject(model, ONPU_INJECT_STUCK_BUS, 1);
	expect_fault(session, (const char *const[]){ "ENGINE_HANG", NULL });
	onpu_iss_inject(model, ONPU_INJECT_STUCK_BUS, 0);
	run_and_check(session, 5);
	assert_int_equal(device->host->resets, 0);

	/* Firmware loses its memory: crash, full reset, and on. */
	onpu_iss_inject(model, ONPU_INJECT_CORE_BUS_ERROR, 1);
	expect_fault(session, (const char *const[]){ "crashed", "reset", NULL });
	assert_int_equal(device->host->resets, 1);
	run_and_check(session, 6);

	/* Firmware stops: noticed by its heartbeat. */
	onpu_iss_inject(model, ONPU_INJECT_STOPPED_FIRMWARE, 1);
	assert_int_equal(run_once(session), NPU_ERR_DEVICE);
	assert_non_null(strstr(npu_error(), "heartbeat"));
	onpu_iss_inject(model, ONPU_INJECT_STOPPED_FIRMWARE, 0);
	npu_session_free(session);
	npu_device_close(device);
}

static void stopped_firmware_comes_back(void **state)
{
	struct fixture f;
	npu_device *device = open_iss();
	struct onpu_model *model = device->host->model;
	npu_session *session;
	struct npu_host *host = device->host;

	(void)state;
	make(&f);
	session = open_session(device, &f);
	onpu_iss_inject(model, ONPU_INJECT_STOPPED_FIRMWARE, 1);
	npu_host_run(host, 15 * ONPU_FW_HEARTBEAT_CYCLES);
	assert_int_equal(host->resets, 0);
	onpu_iss_inject(model, ONPU_INJECT_STOPPED_FIRMWARE, 0);
	run_and_check(session, 1);
	npu_session_free(session);
	npu_device_close(device);
}

static void removal_is_an_error(void **state)
{
	struct fixture f;
	npu_device *device = open_iss();
	npu_session *session;

	(void)state;
	make(&f);
	session = open_session(device, &f);
	run_and_check(session, 1);
	onpu_iss_inject(device->host->model, ONPU_INJECT_REMOVED, 1);
	expect_fault(session, (const char *const[]){ "gone", NULL });
	expect_fault(session, (const char *const[]){ "gone", NULL });
	npu_session_free(session);
	npu_device_close(device);
}


/* Boots a second time with an image that one bit was flipped in. */
static void damaged_image_is_refused(void **state)
{
	npu_device *device = open_iss();
	struct npu_host *host = device->host;
	unsigned int header = 0, crc = 0, fine = 0;
	uint32_t size = ((struct onpu_fw_image *)host->image->data)->size;
	uint32_t bits = 8 * ((uint32_t)sizeof(struct onpu_fw_image) + size);

	(void)state;
	assert_true(size > 10);
	for (uint32_t bit = 0; bit < bits; bit++) {
		uint32_t boot;

		/* What the last boot had set survives only a mere halt of the core. */
		npu_host_write(host, ONPU_HOST_CONTROL, 0);
		onpu_iss_inject(host->model, ONPU_INJECT_CORRUPT_IMAGE, bit + 1);
		npu_host_write(host, ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN);
		onpu_model_run(host->model, 100);
		boot = npu_host_read(host, ONPU_HOST_STATUS) & ONPU_HOST_STATUS_BOOT;
		header += boot == ONPU_HOST_STATUS_BOOT_BAD_HEADER;
		crc += boot == ONPU_HOST_STATUS_BOOT_BAD_CRC;
		fine += boot == ONPU_HOST_STATUS_BOOT_RUNNING;
	}
	/* Every bit of the contents, and of the CRC itself. */
	assert_true(crc >= 32 + 8 * size);
	assert_true(header >= 8 * 8);
	/* Interface version, reserved and build text are not the hardware's business. */
	assert_true(fine <= 8 * (4 + 4 + 32 + 8));
	npu_device_close(device);
}

static void context_zero_faults_are_fatal(void **state)
{
	npu_device *device = open_iss();
	struct npu_host *host = device->host;

	(void)state;
	npu_host_write(host, ONPU_HOST_CONTROL, 0);
	npu_host_write(host, ONPU_HOST_BOOT_VA, 0x50000000);
	npu_host_write(host, ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN);
	onpu_model_run(host->model, 100);
	assert_int_equal(npu_host_read(host, ONPU_HOST_STATUS) & ONPU_HOST_STATUS_BOOT,
			 ONPU_HOST_STATUS_BOOT_BAD_MEMORY);
	assert_int_equal(npu_host_read(host, ONPU_HOST_FAULT_VA), 0x50000000);
	assert_true(npu_host_read(host, ONPU_HOST_IRQ_STATUS) & ONPU_HOST_IRQ_STATUS_FATAL);
	npu_device_close(device);
}

/* ---- queues below the sessions ------------------------------------------------------ */

struct bench {
	struct npu_host *host;
	struct npu_vm *vm;
	struct npu_buffer *memory;
	struct stream stream;
};

#define BENCH_VA 0x00200000u
#define BENCH_DATA 0x8000u		/* region 1 */

/* One megabyte: streams, then data. */
static void open_bench(struct bench *b, struct npu_host *host)
{
	memset(b, 0, sizeof(*b));
	b->host = host;
	assert_int_equal(npu_vm_new(host, &b->vm), NPU_OK);
	assert_int_equal(npu_host_alloc(host, 1 << 20, &b->memory), NPU_OK);
	assert_int_equal(npu_vm_map(b->vm, BENCH_VA, b->memory, true), NPU_OK);
}

static void close_bench(struct bench *b)
{
	npu_vm_unmap(b->vm, BENCH_VA, b->memory->size);
	npu_host_free(b->host, b->memory);
	npu_vm_free(b->vm);
}

static struct npu_job bench_job(struct bench *b, uint32_t at)
{
	memcpy(b->memory->data + at, b->stream.data, b->stream.size);
	return (struct npu_job){
		.entry = BENCH_VA + at, .stream_size = b->stream.size, .max_cycles = 1000000,
		.region_count = 2, .region = { { BENCH_VA, BENCH_DATA },
					       { BENCH_VA + BENCH_DATA, 0x80000 } },
	};
}

/* Adds 1 to the bytes at BENCH_DATA, n times; each takes 1000 cycles and ends in a PREEMPT. */
#define BENCH_BYTES 8192
static void make_rounds(struct bench *b, int n)
{
	b->stream.size = 0;
	memset(b->stream.count, 0, sizeof(b->stream.count));
	stream_load(&b->stream, 1, 0, 512, BENCH_BYTES);
	for (int i = 0; i < n; i++) {
		stream_add_constant(&b->stream, 512, 512, BENCH_BYTES, 1);
		stream_preempt(&b->stream, 512, BENCH_BYTES);
	}
	stream_store(&b->stream, 1, 0, 512, BENCH_BYTES);
	stream_end(&b->stream);
}

static void queues_are_fifo_and_complete(void **state)
{
	struct npu_host *host;
	struct bench b;
	struct npu_queue *queue;
	uint32_t seq[8];
	struct onpu_fw_completion record, before = { 0 };
	struct npu_job job;

	(void)state;
	assert_int_equal(npu_host_open(onpu_preset_by_name("base"), NULL, &host), NPU_OK);
	open_bench(&b, host);
	assert_int_equal(npu_queue_new(b.vm, 1, 8, &queue), NPU_OK);
	make_rounds(&b, 3);
	job = bench_job(&b, 0);
	/* More than the ring has, several times around. */
	for (int round = 0; round < 20; round++) {
		unsigned int interrupts = host->interrupts;

		for (int i = 0; i < 8; i++)
			assert_int_equal(npu_queue_submit(queue, &job, &seq[i]), NPU_OK);
		assert_int_equal(npu_queue_submit(queue, &job, &seq[0]), NPU_ERR_LIMIT);
		for (int i = 0; i < 8; i++) {
			assert_int_equal(npu_queue_wait(queue, seq[i], &record), NPU_OK);
			assert_int_equal(record.status, ONPU_FW_OK);
			if (i) {
				assert_true(record.start_cycle >= before.end_cycle);
				/* The job gap, DESIGN: at most 500 cycles. */
				assert_true(record.start_cycle - before.end_cycle <= 500);
			}
			before = record;
		}
		/* Coalesced: at most one a job. */
		assert_true(host->interrupts - interrupts <= 8);
	}
	assert_int_equal(b.memory->data[BENCH_DATA], 127);
	npu_queue_free(queue);
	close_bench(&b);
	npu_host_close(host);
}

static void high_priority_preempts(void **state)
{
	struct npu_host *host;
	struct bench low, high;
	struct npu_queue *slow, *fast;
	struct onpu_fw_completion first, second;
	struct npu_job job;
	uint32_t a, c;

	(void)state;
	assert_int_equal(npu_host_open(onpu_preset_by_name("base"), NULL, &host), NPU_OK);
	open_bench(&low, host);
	open_bench(&high, host);
	assert_int_equal(npu_queue_new(low.vm, 0, 4, &slow), NPU_OK);
	assert_int_equal(npu_queue_new(high.vm, 3, 4, &fast), NPU_OK);
	make_rounds(&low, 12);
	job = bench_job(&low, 0);
	assert_int_equal(npu_queue_submit(slow, &job, &a), NPU_OK);
	/* Far enough to be on the engines. */
	npu_host_run(host, 6000);
	assert_false(slow->result[a % ONPU_FW_DEPTH_MAX].done);
	make_rounds(&high, 2);
	job = bench_job(&high, 0);
	assert_int_equal(npu_queue_submit(fast, &job, &c), NPU_OK);
	assert_int_equal(npu_queue_wait(fast, c, &first), NPU_OK);
	assert_int_equal(npu_queue_wait(slow, a, &second), NPU_OK);
	assert_int_equal(first.status, ONPU_FW_OK);
	assert_int_equal(second.status, ONPU_FW_OK);
	assert_true(first.end_cycle < second.end_cycle);
	assert_true(first.start_cycle > second.start_cycle);
	assert_int_equal(host->shared->queue[slow->slot].fw.preempted, 1);
	/* Both SRAM contents were their own. */
	for (int i = 0; i < BENCH_BYTES; i++) {
		assert_int_equal(low.memory->data[BENCH_DATA + i], 12);
		assert_int_equal(high.memory->data[BENCH_DATA + i], 2);
	}
	npu_queue_free(slow);
	npu_queue_free(fast);
	close_bench(&low);
	close_bench(&high);
	npu_host_close(host);
}

static void killed_jobs_say_so(void **state)
{
	struct npu_host *host;
	struct bench b;
	struct npu_queue *queue;
	struct onpu_fw_completion record;
	struct npu_job job;
	uint32_t seq[4];

	(void)state;
	assert_int_equal(npu_host_open(onpu_preset_by_name("base"), NULL, &host), NPU_OK);
	open_bench(&b, host);
	assert_int_equal(npu_queue_new(b.vm, 1, 8, &queue), NPU_OK);
	make_rounds(&b, 12);
	job = bench_job(&b, 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(npu_queue_submit(queue, &job, &seq[i]), NPU_OK);
	npu_host_run(host, 6000);
	npu_queue_kill(queue, seq[1]);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(npu_queue_wait(queue, seq[i], &record), NPU_OK);
		assert_int_equal(record.status, i < 2 ? ONPU_FW_KILLED : ONPU_FW_OK);
		if (i == 0)
			assert_true(record.stream_offset > 0);
	}
	assert_int_equal(b.memory->data[BENCH_DATA], 24);
	/* A hung job of which only the host knows that it is one. */
	job.max_cycles = 0;
	onpu_iss_inject(host->model, ONPU_INJECT_HANG, 3);
	assert_int_equal(npu_queue_submit(queue, &job, &seq[0]), NPU_OK);
	npu_host_run(host, 3000000);
	assert_false(queue->result[seq[0] % ONPU_FW_DEPTH_MAX].done);
	npu_queue_kill(queue, seq[0]);
	assert_int_equal(npu_queue_wait(queue, seq[0], &record), NPU_OK);
	assert_int_equal(record.status, ONPU_FW_ENGINE_RESET);
	assert_int_equal(record.reason, ONPU_FAULT_KILLED);
	assert_int_equal(npu_queue_submit(queue, &job, &seq[0]), NPU_OK);
	assert_int_equal(npu_queue_wait(queue, seq[0], &record), NPU_OK);
	assert_int_equal(record.status, ONPU_FW_OK);
	npu_queue_free(queue);
	close_bench(&b);
	npu_host_close(host);
}

/* Turning a queue off must stop its job before its memory goes. */
static void freed_queue_stops_its_job(void **state)
{
	struct npu_host *host;
	struct bench b;
	struct npu_queue *queue;
	struct npu_job job;
	uint32_t seq;
	uint8_t before;

	(void)state;
	assert_int_equal(npu_host_open(onpu_preset_by_name("base"), NULL, &host), NPU_OK);
	open_bench(&b, host);
	assert_int_equal(npu_queue_new(b.vm, 1, 8, &queue), NPU_OK);
	make_rounds(&b, 12);
	job = bench_job(&b, 0);
	assert_int_equal(npu_queue_submit(queue, &job, &seq), NPU_OK);
	npu_host_run(host, 6000);
	assert_false(queue->result[seq % ONPU_FW_DEPTH_MAX].done);
	npu_queue_free(queue);
	before = b.memory->data[BENCH_DATA];
	npu_host_run(host, 1000000);
	assert_int_equal(b.memory->data[BENCH_DATA], before);
	assert_int_equal(before, 0);
	assert_int_equal(host->resets, 0);
	close_bench(&b);
	npu_host_close(host);
}

/* Its job ended before, and its record is read after it: by then the slot is nobody's. */
static void freed_queue_leaves_no_record(void **state)
{
	struct npu_host *host;
	struct npu_queue *ends, *stays;
	struct bench b;
	struct onpu_fw_completion record;
	struct npu_job job;
	uint32_t seq;

	(void)state;
	assert_int_equal(npu_host_open(onpu_preset_by_name("base"), NULL, &host), NPU_OK);
	open_bench(&b, host);
	assert_int_equal(npu_queue_new(b.vm, 1, 4, &ends), NPU_OK);
	assert_int_equal(npu_queue_new(b.vm, 1, 4, &stays), NPU_OK);
	make_rounds(&b, 1);
	job = bench_job(&b, 0);
	assert_int_equal(npu_queue_submit(ends, &job, &seq), NPU_OK);
	for (int i = 0; i < 10; i++)
		onpu_model_run(host->model, 2000);
	assert_int_equal(host->shared->completion_fw.tail, host->completion_head + 1);
	npu_queue_free(ends);
	assert_int_equal(npu_queue_submit(stays, &job, &seq), NPU_OK);
	if (npu_queue_wait(stays, seq, &record))
		fail_msg("%s", npu_error());
	assert_int_equal(record.status, ONPU_FW_OK);
	assert_int_equal(host->resets, 0);
	npu_queue_free(stays);
	close_bench(&b);
	npu_host_close(host);
}

static void halt_is_orderly(void **state)
{
	struct npu_host *host;
	struct bench b;
	struct npu_queue *queue;
	struct npu_job job;
	uint32_t seq[2];

	(void)state;
	assert_int_equal(npu_host_open(onpu_preset_by_name("base"), NULL, &host), NPU_OK);
	open_bench(&b, host);
	assert_int_equal(npu_queue_new(b.vm, 1, 8, &queue), NPU_OK);
	make_rounds(&b, 12);
	job = bench_job(&b, 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(npu_queue_submit(queue, &job, &seq[i]), NPU_OK);
	npu_host_run(host, 6000);
	assert_int_equal(npu_host_halt(host), NPU_OK);
	/* The one that ran ended, the other did not begin. */
	assert_true(queue->result[seq[0] % ONPU_FW_DEPTH_MAX].done);
	assert_false(queue->result[seq[1] % ONPU_FW_DEPTH_MAX].done);
	assert_int_equal(b.memory->data[BENCH_DATA], 12);
	host->dead = true;	/* nobody is there to turn the queue off */
	npu_queue_free(queue);
	close_bench(&b);
	npu_host_close(host);
}

#define THREADS 4
#define RUNS 25

static void *thread(void *arg)
{
	npu_device *device = arg;
	struct fixture *f = malloc(sizeof(*f));
	npu_session *session;
	int8_t in[BYTES], out[BYTES];
	const void *inputs[] = { in };
	void *outputs[] = { out };
	intptr_t wrong = 0;

	make(f);
	for (unsigned int i = 0; i < RUNS; i++) {
		session = npu_session_create(device, &f->program);
		if (!session)
			return (void *)(intptr_t)1000;
		for (unsigned int k = 0; k < 4; k++) {
			fill(in, i * 4 + k);
			wrong += npu_session_run(session, inputs, outputs) != NPU_OK;
			for (int n = 0; n < BYTES; n++)
				wrong += out[n] != plus(in[n], 5);
		}
		npu_session_free(session);
	}
	free(f);
	return (void *)wrong;
}

static void threads_share_a_device(void **state)
{
	npu_device *device = open_iss();
	pthread_t threads[THREADS];
	void *wrong;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, thread, device), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(device->host->resets, 0);
	npu_device_close(device);
}

static void slots_are_limited(void **state)
{
	npu_device *device = open_iss();
	struct fixture f;
	npu_session *session[ONPU_FW_SLOTS];

	(void)state;
	make(&f);
	for (int i = 0; i < ONPU_FW_SLOTS; i++)
		session[i] = open_session(device, &f);
	assert_null(npu_session_create(device, &f.program));
	assert_non_null(strstr(npu_error(), "64 queues"));
	run_and_check(session[63], 1);
	for (int i = 0; i < ONPU_FW_SLOTS; i++)
		npu_session_free(session[i]);
	session[0] = open_session(device, &f);
	run_and_check(session[0], 2);
	npu_session_free(session[0]);
	npu_device_close(device);
}

/* Kernels see aligned, separate buffers whatever the bindings are. */
static void cpu_steps_cope_with_bindings(void **state)
{
	npu_device *device = open_iss();
	struct fixture f;
	npu_session *session;
	int8_t in[BYTES], out[BYTES], middle[BYTES];
	const void *inputs[] = { in };
	void *outputs[] = { out };

	(void)state;
	make(&f);
	f.outputs[0] = OUTPUT;
	f.binding[OUTPUT] = (struct npu_binding){ NPU_REGION_SCRATCH, 3 };
	session = open_session(device, &f);
	fill(in, 1);
	assert_int_equal(npu_session_run(session, inputs, outputs), NPU_OK);
	for (int i = 0; i < BYTES; i++)
		assert_int_equal(out[i], plus(in[i], 5));
	/* The output lies over most of it now. */
	assert_int_equal(npu_session_read_tensor(session, MIDDLE, middle), NPU_OK);
	assert_int_equal(middle[3], out[0]);
	npu_session_free(session);
	npu_device_close(device);
}

static void cpu_device_keeps_all_tensors(void **state)
{
	npu_device *device = npu_device_open("cpu", NULL);
	struct fixture f;
	npu_session *session;
	int8_t in[BYTES], out[BYTES], tensor[BYTES];
	const void *inputs[] = { in };
	void *outputs[] = { out };
	npu_profile profile;

	(void)state;
	assert_non_null(device);
	make(&f);
	/* input -> RESHAPE -> middle -> RESHAPE -> output */
	f.nodes[0].op = NPU_OP_RESHAPE;
	f.nodes[0].num_outputs = 1;
	session = open_session(device, &f);
	fill(in, 1);
	assert_int_equal(npu_session_run(session, inputs, outputs), NPU_OK);
	assert_memory_equal(in, out, BYTES);
	assert_int_equal(npu_session_read_tensor(session, MIDDLE, tensor), NPU_OK);
	assert_memory_equal(in, tensor, BYTES);
	assert_int_equal(npu_session_profile(session, &profile), NPU_OK);
	assert_int_equal(profile.cycles, 0);
	assert_int_equal(profile.layers[0].on_npu, 0);
	npu_session_free(session);
	f.program.stripped = true;
	assert_null(npu_session_create(device, &f.program));
	assert_non_null(strstr(npu_error(), "strip"));
	npu_device_close(device);
}

/* The job adds 5 where the network only copies: every tensor differs, until it adds 0. */
static void comparison_finds_the_first_difference(void **state)
{
	npu_device *device = open_iss();
	struct fixture f;
	npu_session *session;
	npu_comparison result;
	int8_t in[BYTES];
	const void *inputs[] = { in };

	(void)state;
	make(&f);
	f.nodes[0].op = NPU_OP_RESHAPE;
	f.nodes[0].num_outputs = 1;
	fill(in, 1);
	in[0] = in[1] = 127;		/* where + 5 makes no difference */
	in[2] = -3;
	session = open_session(device, &f);
	assert_int_equal(npu_compare_session(session, &f.program.graph, inputs, &result),
			 NPU_ERR_MISMATCH);
	assert_int_equal(result.tensors, 2);
	assert_int_equal(result.tensors_different, 2);
	assert_int_equal(result.elements, 2 * BYTES);
	assert_string_equal(result.first_tensor, "middle");
	assert_int_equal(result.first_element, 2);
	assert_true(result.expected == -3 && result.actual == 2);
	assert_non_null(strstr(npu_error(), "'middle', element 2: expected -3, got 2"));
	npu_session_free(session);

	f.stream.size = 0;
	memset(f.stream.count, 0, sizeof(f.stream.count));
	stream_load(&f.stream, NPU_REGION_IO, 0, 256, BYTES);
	stream_store(&f.stream, NPU_REGION_SCRATCH, 0, 256, BYTES);
	stream_end(&f.stream);
	f.program.num_parts = 1;
	set_code(&f);
	session = open_session(device, &f);
	assert_int_equal(npu_compare_session(session, &f.program.graph, inputs, &result), NPU_OK);
	assert_int_equal(result.tensors, 2);
	assert_int_equal(result.tensors_different, 0);
	npu_session_free(session);

	/* A place that the later tensor took over says nothing about the earlier one. */
	f.binding[OUTPUT] = f.binding[MIDDLE];
	session = open_session(device, &f);
	assert_int_equal(npu_compare_session(session, &f.program.graph, inputs, &result), NPU_OK);
	assert_int_equal(result.tensors, 1);
	npu_session_free(session);
	npu_device_close(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(two_sessions_share_a_device),
		cmocka_unit_test(preset_must_match),
		cmocka_unit_test(profile_adds_up),
		cmocka_unit_test(trace_equals_model),
		cmocka_unit_test(faults_are_named),
		cmocka_unit_test(injected_faults_are_survived),
		cmocka_unit_test(stopped_firmware_comes_back),
		cmocka_unit_test(removal_is_an_error),
		cmocka_unit_test(damaged_image_is_refused),
		cmocka_unit_test(context_zero_faults_are_fatal),
		cmocka_unit_test(queues_are_fifo_and_complete),
		cmocka_unit_test(high_priority_preempts),
		cmocka_unit_test(killed_jobs_say_so),
		cmocka_unit_test(freed_queue_stops_its_job),
		cmocka_unit_test(freed_queue_leaves_no_record),
		cmocka_unit_test(halt_is_orderly),
		cmocka_unit_test(threads_share_a_device),
		cmocka_unit_test(slots_are_limited),
		cmocka_unit_test(cpu_steps_cope_with_bindings),
		cmocka_unit_test(cpu_device_keeps_all_tensors),
		cmocka_unit_test(comparison_finds_the_first_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
