// SPDX-License-Identifier: MIT
/*
 * A job reaches what its own address space shows, and nothing else: not by an address, not by
 * what another job left in the device, not by what was taken away from it.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "client.h"

#define FAR_VA 0x00800000u
#define SECRET 0x5e

/* Two files. */
FIXTURE(isolation)
{
	struct bench mine, theirs;
	uint32_t sram;
	uint32_t lanes;
};

FIXTURE_SETUP(isolation)
{
	struct drm_onpu_dev_info info;
	struct drm_onpu_query query = {
		.type = DRM_ONPU_QUERY_DEV_INFO, .size = sizeof(info), .ptr = (uintptr_t)&info,
	};

	/* What another test had goes in the background, and would be counted. */
	ASSERT_TRUE(usage_is(&(struct usage){ 0 }));
	ASSERT_EQ(0, bench_open(&self->mine));
	ASSERT_EQ(0, bench_open(&self->theirs));
	ASSERT_EQ(0, client_ioctl(self->mine.fd, DRM_IOCTL_ONPU_QUERY, &query));
	self->sram = info.sram_bytes;
	self->lanes = info.lanes;
	memset(self->theirs.in, SECRET, BENCH_SIZE);
	memset(self->theirs.out, SECRET, BENCH_SIZE);
	memset(self->mine.in, 0x11, BENCH_SIZE);
}

static bool all(const uint8_t *data, size_t size, uint8_t value)
{
	return data[0] == value && !memcmp(data, data + 1, size - 1);
}

FIXTURE_TEARDOWN(isolation)
{
	EXPECT_TRUE(all(self->theirs.in, BENCH_SIZE, SECRET));
	EXPECT_TRUE(all(self->theirs.out, BENCH_SIZE, SECRET));
	bench_copy(&self->mine, 4096, 7);
	EXPECT_EQ(0, bench_run(&self->mine));
	EXPECT_TRUE(bench_copied(&self->mine, 4096, 7));
	bench_close(&self->mine);
	bench_close(&self->theirs);
}

/* The fault code of a job of this stream. */
static int fault_of(struct bench *bench, const struct stream *stream, uint64_t *va)
{
	struct drm_onpu_job_wait end;
	struct drm_onpu_queue_state state;
	uint64_t seqno;

	bench->job.stream_size = stream->size;
	if (submit(bench->fd, bench->queue, &bench->job, &seqno) ||
	    job_wait(bench->fd, bench->queue, seqno, SOON_MS, &end) ||
	    queue_state(bench->fd, bench->queue, &state))
		return -1;
	if (va)
		*va = state.fault.va;
	return end.fault;
}

/* ---- addresses outside of regions ------------------------------------------------------ */

/* LOAD or STORE of one shape. */
static int fault_of_copy(struct bench *bench, uint8_t opcode, const struct onpu_cmd_load *shape)
{
	struct stream stream = { .bytes = bench->code };
	struct onpu_cmd_load *load = stream_command(&stream, opcode, sizeof(*load),
						    opcode == ONPU_OPCODE_STORE ?
						    ONPU_ENGINE_STORE : ONPU_ENGINE_LOAD);
	struct onpu_head head = load->head;

	*load = *shape;
	load->head = head;
	stream_end(&stream);
	return fault_of(bench, &stream, NULL);
}

TEST_F(isolation, copies_stay_in_their_regions)
{
	const struct onpu_cmd_load good = { .region = 2, .n0 = 64, .n1 = 2, .n2 = 2,
					    .ext_stride1 = 64, .ext_stride2 = 128,
					    .sram_stride1 = 64, .sram_stride2 = 128 };
	static const uint8_t opcodes[] = { ONPU_OPCODE_LOAD, ONPU_OPCODE_STORE };
	struct bench *bench = &self->mine;
	struct onpu_cmd_load bad;
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, fault_of_copy(bench, opcodes[i], &good));
		bad = good;
		bad.offset = BENCH_SIZE - 256;
		EXPECT_EQ(0, fault_of_copy(bench, opcodes[i], &bad));
		bad.offset++;
		EXPECT_EQ(ONPU_FAULT_REGION_RANGE, fault_of_copy(bench, opcodes[i], &bad));
		bad.offset = 0xffffffff;
		EXPECT_EQ(ONPU_FAULT_REGION_RANGE, fault_of_copy(bench, opcodes[i], &bad));
		/* Around the end of 32 bits, back into the region. */
		bad = good;
		bad.ext_stride1 = 0xffffffc0;
		EXPECT_EQ(ONPU_FAULT_REGION_RANGE, fault_of_copy(bench, opcodes[i], &bad));
		bad = good;
		bad.ext_stride2 = BENCH_SIZE;
		EXPECT_EQ(ONPU_FAULT_REGION_RANGE, fault_of_copy(bench, opcodes[i], &bad));
		bad = good;
		bad.region = 3;
		EXPECT_EQ(ONPU_FAULT_REGION_RANGE, fault_of_copy(bench, opcodes[i], &bad));
		bad.region = 15;
		EXPECT_EQ(ONPU_FAULT_REGION_RANGE, fault_of_copy(bench, opcodes[i], &bad));
		bad.region = 16;
		EXPECT_EQ(ONPU_FAULT_FIELD, fault_of_copy(bench, opcodes[i], &bad));
		bad = good;
		bad.addr = self->sram - 64;
		EXPECT_EQ(ONPU_FAULT_SRAM_RANGE, fault_of_copy(bench, opcodes[i], &bad));
		bad = good;
		bad.sram_stride2 = 0xffffff80;
		EXPECT_EQ(ONPU_FAULT_SRAM_RANGE, fault_of_copy(bench, opcodes[i], &bad));
	}
	bad = good;
	bad.region = 0;
	bad.ext_stride1 = 0;
	bad.ext_stride2 = 0;
	bad.addr = 0xffffffc0;
	EXPECT_EQ(ONPU_FAULT_SRAM_RANGE, fault_of_copy(bench, ONPU_OPCODE_FILL, &bad));
}

/* What a region says is no right either: the address space has the last word. */
TEST_F(isolation, regions_show_what_is_mapped)
{
	static const struct {
		uint32_t va, size;
	} bad[] = {
		{ FAR_VA, BENCH_SIZE },			/* in their address space only */
		{ 0, BENCH_SIZE },
		{ 0xffff0000, 0x10000 },
		{ BENCH_OUT + BENCH_SIZE, BENCH_SIZE },
		{ 0x10000, 0xfffe0000 },		/* all that there is */
	};
	struct bench *bench = &self->mine;
	struct stream stream;
	uint64_t va;
	uint32_t i;

	ASSERT_EQ(0, vm_map(self->theirs.fd, self->theirs.vm, self->theirs.out_bo, 0, FAR_VA,
			    BENCH_SIZE, 0));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bench->region[2] = (struct drm_onpu_region){ bad[i].va, bad[i].size };
		stream = (struct stream){ .bytes = bench->code };
		stream_load(&stream, 2, 0, 4096, 0);
		stream_end(&stream);
		EXPECT_EQ(ONPU_FAULT_MMU, fault_of(bench, &stream, &va)) TH_LOG("region %u", i);
		EXPECT_EQ(bad[i].va, va);
		stream = (struct stream){ .bytes = bench->code };
		stream_fill(&stream, 0, 4096, 0);
		stream_store(&stream, 2, 0, 4096, 0);
		stream_end(&stream);
		EXPECT_EQ(ONPU_FAULT_MMU, fault_of(bench, &stream, &va)) TH_LOG("region %u", i);
		EXPECT_EQ(bad[i].va, va);
	}
	/* Into the page behind one's own. */
	bench->region[2] = (struct drm_onpu_region){ BENCH_OUT, 2 * BENCH_SIZE };
	stream = (struct stream){ .bytes = bench->code };
	stream_fill(&stream, 0x77, 4096, 0);
	stream_store(&stream, 2, BENCH_SIZE - 2048, 4096, 0);
	stream_end(&stream);
	EXPECT_EQ(ONPU_FAULT_MMU, fault_of(bench, &stream, &va));
	EXPECT_EQ(BENCH_OUT + BENCH_SIZE, va);
	bench->region[2] = (struct drm_onpu_region){ BENCH_OUT, BENCH_SIZE };
	/* The stream itself. */
	bench->job.entry = FAR_VA;
	EXPECT_EQ(ONPU_FAULT_MMU, fault_of(bench, &stream, &va));
	EXPECT_EQ(FAR_VA, va);
	bench->job.entry = BENCH_CODE;
}

TEST_F(isolation, read_only_is_not_written)
{
	struct bench *bench = &self->mine;
	struct stream stream = { .bytes = bench->code };
	uint64_t va;

	stream_fill(&stream, 0x77, 4096, 0);
	stream_store(&stream, 1, 4096, 4096, 0);
	stream_end(&stream);
	EXPECT_EQ(ONPU_FAULT_MMU, fault_of(bench, &stream, &va));
	EXPECT_EQ(BENCH_IN + 4096, va);
	EXPECT_TRUE(all(bench->in, BENCH_SIZE, 0x11));
	/* Nor by trace records. */
	stream = (struct stream){ .bytes = bench->code };
	stream_load(&stream, 1, 0, 64, 0);
	((struct onpu_head *)bench->code)->flags = ONPU_CMD_PROFILE;
	stream_end(&stream);
	bench->job.trace_va = BENCH_IN;
	bench->job.trace_size = 4096;
	EXPECT_EQ(ONPU_FAULT_MMU, fault_of(bench, &stream, &va));
	bench->job.trace_size = 0;
	EXPECT_TRUE(all(bench->in, BENCH_SIZE, 0x11));
}

/* ---- addresses outside of SRAM ----------------------------------------------------------- */

/* Which address of a command leaves SRAM. */
enum operand { NOTHING, INPUT, OUTPUT, SECOND, TABLE, WEIGHTS, ROWS, COLUMNS };

static void fill_post(struct onpu_post *post, enum operand bad, uint32_t beyond)
{
	post->min = -128;
	post->max = 127;
	if (bad == SECOND) {
		post->op2_op = ONPU_OP2_MAX;
		post->min_o = -128;
		post->max_o = 127;
		post->op2_channels = 8;
		post->op2.addr = beyond;
	}
	if (bad == TABLE) {
		post->act = ONPU_ACT_TABLE;
		post->act_addr = beyond;
	}
}

static int fault_of_compute(struct bench *bench, uint8_t opcode, enum operand bad, uint32_t beyond)
{
	struct stream stream = { .bytes = bench->code };
	struct onpu_fmap in = { .addr = bad == INPUT ? beyond : 4096 };
	struct onpu_fmap out = { .addr = bad == OUTPUT ? beyond : 8192 };
	uint32_t weights = bad == WEIGHTS ? beyond : 16384;

	/* Weights that are malformed, and tables that are right. */
	stream_fill(&stream, 0xff, 16384, 0);
	stream_fill(&stream, 0, 4096, 4096);
	if (opcode == ONPU_OPCODE_CONV) {
		struct onpu_cmd_conv *c = stream_command(&stream, opcode, sizeof(*c),
							 ONPU_ENGINE_COMPUTE);
		c->out_h = c->out_w = c->tile_h = c->tile_w = 1;
		c->stride_h = c->stride_w = 1;
		c->out_c = 8;
		c->weights = weights;
		c->weights_size = 64;
		c->in = in;
		c->out = out;
		fill_post(&c->post, bad, beyond);
	} else if (opcode == ONPU_OPCODE_DWCONV) {
		struct onpu_cmd_dwconv *c = stream_command(&stream, opcode, sizeof(*c),
							   ONPU_ENGINE_COMPUTE);
		c->out_h = c->out_w = c->tile_h = c->tile_w = 1;
		c->stride_h = c->stride_w = c->kernel_h = c->kernel_w = 1;
		c->dilation_h = c->dilation_w = 1;
		c->out_c = 8;
		c->weights = weights;
		c->weights_size = 64;
		c->in = in;
		c->out = out;
		fill_post(&c->post, bad, beyond);
	} else if (opcode == ONPU_OPCODE_ELTWISE) {
		struct onpu_cmd_eltwise *c = stream_command(&stream, opcode, sizeof(*c),
							    ONPU_ENGINE_COMPUTE);
		c->out_h = c->out_w = 1;
		c->out_c = 8;
		c->in = in;
		c->out = out;
		fill_post(&c->post, bad, beyond);
	} else if (opcode == ONPU_OPCODE_POOL) {
		struct onpu_cmd_pool *c = stream_command(&stream, opcode, sizeof(*c),
							 ONPU_ENGINE_COMPUTE);
		c->out_h = c->out_w = 1;
		c->kernel_h = c->kernel_w = c->stride_h = c->stride_w = 1;
		c->out_c = 8;
		c->in = in;
		c->out = out;
		fill_post(&c->post, bad, beyond);
	} else {
		struct onpu_cmd_resize *c = stream_command(&stream, opcode, sizeof(*c),
							   ONPU_ENGINE_COMPUTE);
		c->out_h = c->out_w = c->in_h = c->in_w = 1;
		c->out_c = 8;
		c->rows = bad == ROWS ? beyond : 4096;
		c->columns = bad == COLUMNS ? beyond : 4104;
		c->in = in;
		c->out = out;
		fill_post(&c->post, bad, beyond);
	}
	stream_end(&stream);
	return fault_of(bench, &stream, NULL);
}

TEST_F(isolation, operands_stay_in_sram)
{
	static const struct {
		uint8_t opcode;
		enum operand operand;
	} cases[] = {
		/* CONV takes its input modulo the size of SRAM: it is the one that cannot. */
		{ ONPU_OPCODE_CONV, OUTPUT }, { ONPU_OPCODE_CONV, WEIGHTS },
		{ ONPU_OPCODE_CONV, SECOND }, { ONPU_OPCODE_CONV, TABLE },
		{ ONPU_OPCODE_DWCONV, INPUT }, { ONPU_OPCODE_DWCONV, OUTPUT },
		{ ONPU_OPCODE_DWCONV, WEIGHTS }, { ONPU_OPCODE_DWCONV, SECOND },
		{ ONPU_OPCODE_DWCONV, TABLE },
		{ ONPU_OPCODE_ELTWISE, INPUT }, { ONPU_OPCODE_ELTWISE, OUTPUT },
		{ ONPU_OPCODE_ELTWISE, SECOND }, { ONPU_OPCODE_ELTWISE, TABLE },
		{ ONPU_OPCODE_POOL, INPUT }, { ONPU_OPCODE_POOL, OUTPUT },
		{ ONPU_OPCODE_POOL, SECOND }, { ONPU_OPCODE_POOL, TABLE },
		{ ONPU_OPCODE_RESIZE, INPUT }, { ONPU_OPCODE_RESIZE, OUTPUT },
		{ ONPU_OPCODE_RESIZE, ROWS }, { ONPU_OPCODE_RESIZE, COLUMNS },
		{ ONPU_OPCODE_RESIZE, SECOND }, { ONPU_OPCODE_RESIZE, TABLE },
	};
	uint32_t beyond[] = { self->sram, 0xffffff00 };
	uint32_t i, j;

	for (i = ONPU_OPCODE_CONV; i <= ONPU_OPCODE_RESIZE; i++)
		EXPECT_NE(ONPU_FAULT_SRAM_RANGE, fault_of_compute(&self->mine, i, NOTHING, 0));
	EXPECT_EQ(0, fault_of_compute(&self->mine, ONPU_OPCODE_ELTWISE, NOTHING, 0));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (j = 0; j < 2; j++)
			EXPECT_EQ(ONPU_FAULT_SRAM_RANGE,
				  fault_of_compute(&self->mine, cases[i].opcode, cases[i].operand,
						   beyond[j]))
				TH_LOG("opcode %#x operand %u", cases[i].opcode, cases[i].operand);
}

/* ---- what others left ---------------------------------------------------------------------- */

/* Fills SRAM in one address space, and stores all of it in another: 0, or what went wrong. */
static int leftovers(struct bench *bench, int fd, uint32_t vm, uint32_t queue, uint32_t sram)
{
	struct stream stream = { .bytes = bench->code };
	struct drm_onpu_region region[2];
	struct drm_onpu_job job;
	struct drm_onpu_job_wait end;
	uint32_t bo, code_bo, i;
	uint8_t *data, *code;
	uint64_t seqno;
	int bad = 0;

	for (i = 0; i < sram; i += BENCH_SIZE)
		stream_load(&stream, 1, 0, BENCH_SIZE, i);
	stream_end(&stream);
	if (fault_of(bench, &stream, NULL))
		return 1;

	if (bo_new(fd, sram, 0, 0, &bo) || bo_new(fd, 4096, 0, 0, &code_bo) ||
	    vm_map(fd, vm, bo, 0, 0x10000000, sram, 0) ||
	    vm_map(fd, vm, code_bo, 0, 0x20000000, 4096, 0))
		return 2;
	data = bo_mmap(fd, bo, sram);
	code = bo_mmap(fd, code_bo, 4096);
	if (!data || !code)
		return 3;
	memset(data, 0xa5, sram);
	stream = (struct stream){ .bytes = code };
	stream_store(&stream, 1, 0, sram, 0);
	stream_end(&stream);
	region[0] = (struct drm_onpu_region){ 0x20000000, 4096 };
	region[1] = (struct drm_onpu_region){ 0x10000000, sram };
	job = (struct drm_onpu_job){ .regions = client_array(region, 2), .entry = 0x20000000,
				     .stream_size = stream.size };
	if (submit(fd, queue, &job, &seqno) || job_wait(fd, queue, seqno, SOON_MS, &end) ||
	    end.status)
		bad = 4;
	else if (!all(data, sram, 0))
		bad = 5;
	munmap(data, sram);
	munmap(code, 4096);
	return bad;
}

TEST_F(isolation, sram_is_empty_for_another_file)
{
	EXPECT_EQ(0, leftovers(&self->theirs, self->mine.fd, self->mine.vm, self->mine.queue,
			       self->sram));
}

TEST_F(isolation, sram_is_empty_for_another_vm)
{
	uint32_t vm, queue;
	int i;

	ASSERT_EQ(0, vm_new(self->theirs.fd, &vm));
	ASSERT_EQ(0, queue_new(self->theirs.fd, vm, 1, 0, 4, &queue));
	EXPECT_EQ(0, leftovers(&self->theirs, self->theirs.fd, vm, queue, self->sram));
	/* A new one gets the old one's number, perhaps, but not what it had. */
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, queue_destroy(self->theirs.fd, queue));
		ASSERT_EQ(0, vm_destroy(self->theirs.fd, vm));
		ASSERT_EQ(0, vm_new(self->theirs.fd, &vm));
		ASSERT_EQ(0, queue_new(self->theirs.fd, vm, 1, 0, 4, &queue));
		EXPECT_EQ(0, leftovers(&self->theirs, self->theirs.fd, vm, queue, self->sram));
	}
}

/* The file goes, and the next one gets the number of its address space. */
TEST_F(isolation, sram_is_empty_for_a_successor)
{
	struct stream stream;
	struct bench old, new;
	int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, bench_open(&old));
		memset(old.in, SECRET, BENCH_SIZE);
		stream = (struct stream){ .bytes = old.code };
		stream_load(&stream, 1, 0, BENCH_SIZE, 0);
		stream_end(&stream);
		EXPECT_EQ(0, fault_of(&old, &stream, NULL));
		bench_close(&old);
		ASSERT_EQ(0, bench_open(&new));
		memset(new.out, 0xa5, BENCH_SIZE);
		stream = (struct stream){ .bytes = new.code };
		stream_store(&stream, 2, 0, BENCH_SIZE, 0);
		stream_end(&stream);
		EXPECT_EQ(0, fault_of(&new, &stream, NULL));
		EXPECT_TRUE(all(new.out, BENCH_SIZE, 0));
		bench_close(&new);
	}
}

TEST_F(isolation, sram_is_empty_after_a_fault)
{
	struct stream stream = { .bytes = self->theirs.code };

	/* A job that dies while it has a secret there. */
	stream_load(&stream, 1, 0, BENCH_SIZE, 0);
	stream_store(&stream, 9, 0, 64, 0);
	stream_end(&stream);
	ASSERT_EQ(ONPU_FAULT_REGION_RANGE, fault_of(&self->theirs, &stream, NULL));
	EXPECT_EQ(0, leftovers(&self->theirs, self->mine.fd, self->mine.vm, self->mine.queue,
			       self->sram));
}

/*
 * A job of the queue, which is of high priority and in another address space, interrupts one of
 * theirs.  Whether it did: on a busy machine the one of theirs may have ended before.
 */
static bool preempts(struct __test_metadata *_metadata, FIXTURE_DATA(isolation) *self, uint32_t high)
{
	struct bench *low = &self->theirs;
	struct stream stream = { .bytes = low->code };
	struct onpu_cmd_preempt *preempt;
	struct drm_onpu_job_wait end;
	uint64_t seqno, last_end = 0;
	int i;

	stream_load(&stream, 1, 0, BENCH_SIZE, 0);
	stream_store(&stream, 2, 0, 64, 0);
	for (i = 0; i < 300; i++) {
		struct onpu_cmd_load *load;

		load = stream_command(&stream, ONPU_OPCODE_LOAD, sizeof(*load), ONPU_ENGINE_LOAD);
		load->region = 1;
		load->n0 = 32768;
		load->n1 = 50;
		load->n2 = 1;
		load->addr = 2 * BENCH_SIZE;
		preempt = stream_command(&stream, ONPU_OPCODE_PREEMPT, sizeof(*preempt),
					 ONPU_ENGINE_CONTROL);
		preempt->live[0].addr = 0;
		preempt->live[0].size = BENCH_SIZE;
	}
	stream_store(&stream, 2, 0, BENCH_SIZE, 0);
	stream_end(&stream);
	ASSERT_GE(BENCH_SIZE, stream.size);
	low->job.stream_size = stream.size;
	memset(low->out, 0, BENCH_SIZE);
	ASSERT_EQ(0, submit(low->fd, low->queue, &low->job, &seqno));

	/* Each stores what it finds in SRAM. */
	stream = (struct stream){ .bytes = self->mine.code };
	stream_store(&stream, 2, 0, BENCH_SIZE, 0);
	stream_end(&stream);
	self->mine.job.stream_size = stream.size;
	/* It has begun. */
	ASSERT_TRUE(wait_for(*(volatile uint8_t *)low->out == SECRET, SOON_MS));
	for (i = 0; i < 3; i++) {
		uint64_t mine;

		memset(self->mine.out, 0xa5, BENCH_SIZE);
		ASSERT_EQ(0, submit(self->mine.fd, high, &self->mine.job, &mine));
		ASSERT_EQ(0, job_wait(self->mine.fd, high, mine, SOON_MS, &end));
		EXPECT_EQ(0, end.status);
		EXPECT_TRUE(all(self->mine.out, BENCH_SIZE, 0));
		last_end = end.end_cycle;
	}
	ASSERT_EQ(0, job_wait(low->fd, low->queue, seqno, SOON_MS, &end));
	EXPECT_EQ(0, end.status);
	EXPECT_TRUE(all(low->out, BENCH_SIZE, SECRET));
	return last_end < end.end_cycle;
}

TEST_F(isolation, preemption_keeps_both_apart)
{
	uint32_t high;
	int i;

	ASSERT_EQ(0, queue_new(self->mine.fd, self->mine.vm, DRM_ONPU_PRIORITY_HIGH, 0, 4, &high));
	for (i = 0; i < 20 && !preempts(_metadata, self, high); i++)
		;
	EXPECT_GT(20, i);
}

TEST_F(isolation, trace_records_are_the_jobs_own)
{
	struct bench *bench = &self->mine;
	struct stream stream = { .bytes = bench->code };
	struct onpu_trace_record *record = (struct onpu_trace_record *)bench->out;
	uint32_t i;

	for (i = 0; i < 3; i++) {
		struct onpu_head *head = (struct onpu_head *)(bench->code + stream.size);

		stream_load(&stream, 1, 0, 64, 0);
		head->flags = ONPU_CMD_PROFILE;
	}
	stream_end(&stream);
	bench->job.trace_va = BENCH_OUT;
	bench->job.trace_size = sizeof(*record) * 2;
	memset(bench->out, 0xa5, BENCH_SIZE);
	/* Theirs runs at the same time, and has a trace of its own. */
	memcpy(self->theirs.code, bench->code, stream.size);
	self->theirs.job.stream_size = stream.size;
	self->theirs.job.trace_va = BENCH_OUT + 4096;
	self->theirs.job.trace_size = 4096;
	ASSERT_EQ(0, bench_run(&self->theirs));
	ASSERT_EQ(0, fault_of(bench, &stream, NULL));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(i * sizeof(struct onpu_cmd_load), record[i].stream_offset);
		EXPECT_EQ(ONPU_ENGINE_LOAD, record[i].engine);
	}
	/* No more than there is room for. */
	EXPECT_TRUE(all(bench->out + 2 * sizeof(*record), BENCH_SIZE - 2 * sizeof(*record), 0xa5));
	EXPECT_EQ(0, ((struct onpu_trace_record *)(self->theirs.out + 4096))->stream_offset);
	memset(self->theirs.out, SECRET, BENCH_SIZE);
	/* Where nothing is mapped. */
	bench->job.trace_va = FAR_VA;
	EXPECT_EQ(ONPU_FAULT_MMU, fault_of(bench, &stream, NULL));
	bench->job.trace_size = 0;
}

static struct drm_onpu_counters counters(int fd)
{
	struct drm_onpu_counters now = { 0 };
	struct drm_onpu_query query = {
		.type = DRM_ONPU_QUERY_COUNTERS, .size = sizeof(now), .ptr = (uintptr_t)&now,
	};

	client_ioctl(fd, DRM_IOCTL_ONPU_QUERY, &query);
	return now;
}

TEST_F(isolation, counters_do_not_tell_of_others)
{
	struct drm_onpu_counters before = counters(self->mine.fd), after;

	bench_spin(&self->theirs, 1000);
	ASSERT_EQ(0, bench_run(&self->theirs));
	self->theirs.job.entry = FAR_VA;
	ASSERT_EQ(-EFAULT, bench_run(&self->theirs));
	after = counters(self->mine.fd);
	EXPECT_EQ(before.submitted, after.submitted);
	EXPECT_EQ(before.completed, after.completed);
	EXPECT_EQ(before.failed, after.failed);
	EXPECT_EQ(before.run_cycles, after.run_cycles);
	EXPECT_EQ(before.busy_cycles, after.busy_cycles);
	after = counters(self->theirs.fd);
	EXPECT_EQ(2, after.submitted);
	EXPECT_EQ(1, after.failed);
}

/* ---- what was taken away ------------------------------------------------------------------- */

/* LOAD of a page at an address, by region 2, and STORE of it to out. */
static int fetch(struct bench *bench, uint32_t va)
{
	struct drm_onpu_region region[] = {
		bench->region[0], { va, 4096 }, { BENCH_OUT, BENCH_SIZE },
	};
	struct stream stream = { .bytes = bench->code };
	int fault;

	stream_load(&stream, 1, 0, 4096, 0);
	stream_store(&stream, 2, 0, 4096, 0);
	stream_end(&stream);
	bench->job.regions = client_array(region, 3);
	fault = fault_of(bench, &stream, NULL);
	bench->job.regions = client_array(bench->region, 3);
	return fault;
}

TEST_F(isolation, no_translation_outlives_its_mapping)
{
	struct bench *bench = &self->mine;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, vm_map(bench->fd, bench->vm, bench->in_bo, 0, FAR_VA, BENCH_SIZE, 0));
		EXPECT_EQ(0, fetch(bench, FAR_VA));
		EXPECT_TRUE(all(bench->out, 4096, 0x11));
		ASSERT_EQ(0, vm_unmap(bench->fd, bench->vm, FAR_VA, BENCH_SIZE));
		EXPECT_EQ(ONPU_FAULT_MMU, fetch(bench, FAR_VA));
		/* Another object there is seen at once. */
		memset(bench->code + 4096, 0x22, 4096);
		ASSERT_EQ(0, vm_map(bench->fd, bench->vm, bench->code_bo, 4096, FAR_VA, 4096, 0));
		EXPECT_EQ(0, fetch(bench, FAR_VA));
		EXPECT_TRUE(all(bench->out, 4096, 0x22));
		ASSERT_EQ(0, vm_unmap(bench->fd, bench->vm, FAR_VA, 4096));
	}
}

/* A mapping made read-only again is: the permission is not remembered either. */
TEST_F(isolation, no_permission_outlives_its_mapping)
{
	struct bench *bench = &self->mine;
	struct stream stream = { .bytes = bench->code };

	ASSERT_EQ(0, vm_map(bench->fd, bench->vm, bench->in_bo, 0, FAR_VA, BENCH_SIZE, 0));
	bench->region[2] = (struct drm_onpu_region){ FAR_VA, BENCH_SIZE };
	stream_load(&stream, 1, 0, 4096, 0);
	stream_store(&stream, 2, 0, 4096, 0);
	stream_end(&stream);
	EXPECT_EQ(0, fault_of(bench, &stream, NULL));
	ASSERT_EQ(0, vm_unmap(bench->fd, bench->vm, FAR_VA, BENCH_SIZE));
	ASSERT_EQ(0, vm_map(bench->fd, bench->vm, bench->in_bo, 0, FAR_VA, BENCH_SIZE,
			    DRM_ONPU_MAP_READONLY));
	EXPECT_EQ(ONPU_FAULT_MMU, fault_of(bench, &stream, NULL));
	ASSERT_EQ(0, vm_unmap(bench->fd, bench->vm, FAR_VA, BENCH_SIZE));
	bench->region[2] = (struct drm_onpu_region){ BENCH_OUT, BENCH_SIZE };
}

TEST_F(isolation, a_new_file_inherits_nothing)
{
	struct bench old, new;
	int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, bench_open(&old));
		memset(old.in, SECRET, BENCH_SIZE);
		ASSERT_EQ(0, vm_map(old.fd, old.vm, old.in_bo, 0, FAR_VA, BENCH_SIZE, 0));
		EXPECT_EQ(0, fetch(&old, FAR_VA));
		bench_close(&old);
		/* Most likely in the same context of the MMU. */
		ASSERT_EQ(0, bench_open(&new));
		EXPECT_EQ(ONPU_FAULT_MMU, fetch(&new, FAR_VA));
		EXPECT_TRUE(all(new.out, BENCH_SIZE, 0));
		bench_close(&new);
	}
}

TEST_F(isolation, an_object_lives_while_it_is_mapped)
{
	struct bench *bench = &self->mine;
	int64_t objects = client_stat("bos");
	uint32_t bo, i;
	uint8_t *data;

	ASSERT_EQ(0, bo_new(bench->fd, 4096, 0, 0, &bo));
	data = bo_mmap(bench->fd, bo, 4096);
	ASSERT_NE(NULL, data);
	memset(data, 0x33, 4096);
	munmap(data, 4096);
	ASSERT_EQ(0, vm_map(bench->fd, bench->vm, bo, 0, FAR_VA, 4096, 0));
	ASSERT_EQ(0, bo_close(bench->fd, bo));
	EXPECT_EQ(objects + 1, client_stat("bos"));
	/* Its pages are nobody else's. */
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, bo_new(bench->fd, 1 << 20, 0, 0, &bo));
	EXPECT_EQ(0, fetch(bench, FAR_VA));
	EXPECT_TRUE(all(bench->out, 4096, 0x33));
	ASSERT_EQ(0, vm_unmap(bench->fd, bench->vm, FAR_VA, 4096));
	EXPECT_EQ(objects + 8, client_stat("bos"));
	EXPECT_EQ(ONPU_FAULT_MMU, fetch(bench, FAR_VA));
}

/* When UNMAP returns the device cannot touch the pages any more, whatever runs. */
TEST_F(isolation, unmapped_while_a_job_writes)
{
	struct bench *bench = &self->mine;
	struct drm_onpu_job_wait end;
	struct stream stream;
	uint64_t seqno;
	int i, round, early = 0;

	/* Once at least it is unmapped while the job runs, which a busy machine may miss. */
	for (round = 0; round < 4 || (!early && round < 40); round++) {
		stream = (struct stream){ .bytes = bench->code };
		stream_fill(&stream, 0x77, 32768, 0);
		for (i = 0; i < 1000; i++) {
			struct onpu_cmd_store *store;

			store = stream_command(&stream, ONPU_OPCODE_STORE, sizeof(*store),
					       ONPU_ENGINE_STORE);
			store->region = 2;
			store->n0 = 32768;
			store->n1 = 20;
			store->n2 = 1;
		}
		stream_end(&stream);
		ASSERT_GE(BENCH_SIZE, stream.size);
		bench->job.stream_size = stream.size;
		ASSERT_EQ(0, submit(bench->fd, bench->queue, &bench->job, &seqno));
		/* It has begun. */
		for (i = 0; i < SOON_MS * 10 && *(volatile uint8_t *)bench->out != 0x77; i++)
			usleep(100);
		ASSERT_EQ(0x77, *(volatile uint8_t *)bench->out);
		ASSERT_EQ(0, vm_unmap(bench->fd, bench->vm, BENCH_OUT, BENCH_SIZE));
		memset(bench->out, 0x44, BENCH_SIZE);
		ASSERT_EQ(0, job_wait(bench->fd, bench->queue, seqno, SOON_MS, &end));
		EXPECT_TRUE(end.status == 0 || end.status == -EFAULT);
		early += end.status == -EFAULT;
		EXPECT_TRUE(all(bench->out, BENCH_SIZE, 0x44));
		ASSERT_EQ(0, vm_map(bench->fd, bench->vm, bench->out_bo, 0, BENCH_OUT, BENCH_SIZE,
				    0));
		memset(bench->out, 0, BENCH_SIZE);
	}
	EXPECT_LT(0, early);
}

TEST_HARNESS_MAIN
