// SPDX-License-Identifier: MIT
/*
 * usage: long_run PRESET DEVICE JOBS SEED [NETWORK.tflite...]
 *
 * Many jobs of several contexts at once, and meanwhile everything that can happen to them: kills,
 * budgets that are too small, broken streams, refused descriptors, pages that go away, errors of
 * the bus, hung engines, lost interrupts, queues and contexts that end with jobs in them, crashes
 * of the firmware.  A job that ends well has every byte right; one that does not has a reason that
 * is known here; nothing is written where nothing may be, nor after the end; and in the end
 * nothing is left: no queue, no context, no memory, and the firmware has counted as we have.
 */
#include <stdarg.h>

#include "fault_alloc.h"
#include "job_pool.h"
#include "runtime/device.h"

#define CLIENTS 5
#define LANES 2			/* queues of a client */
#define DEPTH 8			/* of a queue, at most */
#define RANDOM_JOBS 16		/* of the pool; a quarter is broken */
#define NETWORKS 8
#define RENEW 40		/* jobs after which one of the pool is replaced */
#define PLACE_VA 0x00200000u
#define PLACE_SPACE 0x00200000u	/* of addresses, for each */
#define PAGE 4096u
#define BLOCKS_SLACK 16		/* arrays that depend on what the model ran last */
#define RESIDENT_SLACK 65536	/* KiB: what the C library keeps of freed blocks */
#define QUIET 0x77		/* where the device has no business any more */

enum outcome {
	GOOD, BROKEN, REFUSED, KILLED, LATE, PAGE_GONE, BUS_ERROR, ENGINE_RESET, DROPPED, LOST, OUTCOMES
};

static const char *const outcome_names[OUTCOMES] = {
	"well", "fault of a broken stream", "descriptor refused", "killed", "budget spent",
	"fault of a page that went", "bus error", "engine reset", "dropped with its queue",
	"lost with the firmware",
};

/* Memory for one job at a time. */
struct place {
	struct npu_buffer *memory;
	uint32_t va;
	struct pool_job *job;		/* NULL: none */
	uint32_t seq;
	bool killed, late;		/* what may end it early */
	uint32_t refused;		/* enum onpu_fw_bad that it must end with */
	uint32_t gone, gone_bytes;	/* pages that were unmapped under it */
	uint8_t *then;			/* what they held */
	uint32_t quiet;			/* bytes that must stay QUIET */
};

struct lane {
	struct npu_queue *queue;
	struct place place[DEPTH];
	uint32_t depth, submitted, collected;
	/* What firmware should have counted since the queue was turned on; not after a reset. */
	unsigned int resets;
	uint64_t run_cycles, busy_cycles;
};

struct client {
	struct npu_vm *vm;
	struct lane lane[LANES];
};

struct run {
	const char *preset, *seed;
	npu_device *device;
	struct npu_host *host;
	struct pool_maker maker;
	struct pool_job job[NETWORKS + RANDOM_JOBS];
	uint32_t networks, jobs, place_bytes;
	struct client client[CLIENTS];
	uint64_t random;
	uint32_t submitted, outcome[OUTCOMES];
	uint64_t compared;		/* bytes */
	/* What was done on purpose. */
	uint32_t bus_errors, hangs, lost_interrupts, crashes, kills, unmapped, restarts, preempted;
};

/* What would be more after a leak. */
struct held {
	long blocks;			/* of the heap */
	uint32_t buffers;		/* of the device's memory */
	long resident;			/* KiB */
};

static struct run run;

__attribute__((format(printf, 1, 2), noreturn)) static void wrong(const char *format, ...)
{
	va_list args;

	printf("# job %u: ", run.submitted);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\nnot ok 1 - %s: long run of seed %s\n1..1\n", run.preset, run.seed);
	exit(1);
}

static uint32_t upto(uint32_t low, uint32_t high)
{
	return iss_between(&run.random, low, high);
}

static bool rarely(uint32_t one_in)
{
	return upto(1, one_in) == 1;
}

static void check(npu_status status)
{
	if (status)
		wrong("%s", npu_error());
}

static void inject(enum onpu_inject what, uint64_t n)
{
	struct npu_host *host = run.host;

	if (host->rtl ? host->rtl->inject(host->model, what, n) :
			onpu_iss_inject(host->model, what, n))
		wrong("injection %d is not known", what);
}

/* ---- queues and contexts ------------------------------------------------------------ */

static void open_lane(struct client *client, struct lane *lane)
{
	lane->depth = 1u << upto(1, 3);
	lane->submitted = 0;
	lane->collected = 0;
	lane->resets = run.host->resets;
	lane->run_cycles = 0;
	lane->busy_cycles = 0;
	check(npu_queue_new(client->vm, upto(0, ONPU_FW_PRIORITIES - 1), lane->depth, &lane->queue));
}

static void map_place(const struct client *client, struct place *place)
{
	check(npu_vm_map(client->vm, place->va, place->memory, true));
}

static void open_client(struct client *client)
{
	check(npu_vm_new(run.host, &client->vm));
	for (uint32_t i = 0; i < LANES * DEPTH; i++) {
		struct place *place = &client->lane[i / DEPTH].place[i % DEPTH];

		place->va = PLACE_VA + i * PLACE_SPACE;
		place->quiet = 0;
		check(npu_host_alloc(run.host, run.place_bytes, &place->memory));
		map_place(client, place);
	}
	for (int i = 0; i < LANES; i++)
		open_lane(client, &client->lane[i]);
}

/* The device has no business here until the next job. */
static void hush(const struct client *client, struct place *place)
{
	if (place->gone_bytes) {
		if (memcmp(place->memory->data + place->gone, place->then, place->gone_bytes))
			wrong("%s: written after it was unmapped", place->job->name);
		free(place->then);
		place->gone_bytes = 0;
		map_place(client, place);
	}
	place->quiet = place->job->bytes;
	memset(place->memory->data, QUIET, place->quiet);
	place->job->users--;
	place->job = NULL;
}

static void check_quiet(struct place *place)
{
	for (uint32_t i = 0; i < place->quiet; i++)
		if (place->memory->data[i] != QUIET)
			wrong("byte %u of a place at 0x%08x was written after its job", i, place->va);
	place->quiet = 0;
}

/* What firmware has counted, of a queue whose jobs have all ended. */
static void check_counters(const struct lane *lane)
{
	const struct onpu_fw_queue_fw *line = &run.host->shared->queue[lane->queue->slot].fw;

	if (lane->collected != lane->submitted || lane->resets != run.host->resets)
		return;
	if (line->state != ONPU_FW_QUEUE_ON || line->head != lane->collected ||
	    line->started != lane->collected || line->run_cycles != lane->run_cycles ||
	    line->busy_cycles != lane->busy_cycles)
		wrong("queue %u: firmware counted %u jobs, %u started, %llu cycles, %llu busy; "
		     "it had %u, %llu, %llu", lane->queue->slot, line->head, line->started,
		     (unsigned long long)line->run_cycles, (unsigned long long)line->busy_cycles,
		     lane->collected, (unsigned long long)lane->run_cycles,
		     (unsigned long long)lane->busy_cycles);
}

static void close_lane(struct client *client, struct lane *lane)
{
	check_counters(lane);
	run.preempted += run.host->shared->queue[lane->queue->slot].fw.preempted;
	npu_queue_free(lane->queue);
	for (; lane->collected != lane->submitted; lane->collected++) {
		hush(client, &lane->place[lane->collected % lane->depth]);
		run.outcome[DROPPED]++;
	}
}

static void close_client(struct client *client)
{
	for (int i = 0; i < LANES; i++)
		close_lane(client, &client->lane[i]);
	for (uint32_t i = 0; i < LANES * DEPTH; i++) {
		struct place *place = &client->lane[i / DEPTH].place[i % DEPTH];

		check_quiet(place);
		npu_vm_unmap(client->vm, place->va, place->memory->size);
		npu_host_free(run.host, place->memory);
	}
	npu_vm_free(client->vm);
}

/* ---- jobs --------------------------------------------------------------------------- */

/* One rule for each refusal of a descriptor. */
static uint32_t spoil(struct npu_job *job)
{
	switch (upto(0, 5)) {
	case 0:
		job->flags = 2u << upto(0, 14);
		return ONPU_FW_BAD_FLAGS;
	case 1:
		job->region_count = (int)upto(ONPU_FW_REGIONS + 1, 255);
		return ONPU_FW_BAD_REGIONS;
	case 2:
		job->region[0].va = UINT32_MAX - upto(0, job->region[0].size - 2);
		return ONPU_FW_BAD_REGIONS;
	case 3:
		job->stream_size += upto(1, 3);
		return ONPU_FW_BAD_STREAM;
	case 4:
		job->entry += upto(1, 3);
		return ONPU_FW_BAD_STREAM;
	default:
		job->trace = 4;
		job->trace_size = upto(1, 9999);
		return ONPU_FW_BAD_TRACE;
	}
}

static void submit(struct lane *lane, struct pool_job *job)
{
	struct place *place = &lane->place[lane->submitted % lane->depth];
	struct npu_job what = { .entry = place->va + job->region[0].at + job->entry,
				.stream_size = job->stream_size, .region_count = job->regions };

	if (lane->submitted - lane->collected == lane->depth) {
		uint32_t seq;

		if (lane->queue->tail - lane->queue->head == lane->depth &&
		    npu_queue_submit(lane->queue, &what, &seq) != NPU_ERR_LIMIT)
			wrong("a full queue takes a job");
		return;
	}
	check_quiet(place);
	memcpy(place->memory->data, job->before, job->bytes);
	for (int r = 0; r < job->regions; r++)
		what.region[r] = (struct onpu_fw_region){ place->va + job->region[r].at,
							  job->region[r].size };
	place->killed = false;
	place->late = job->cycles && rarely(25);
	place->refused = 0;
	what.max_cycles = place->late ? upto(1, (uint32_t)job->cycles) : 4 * job->cycles + 20000;
	if (!job->cycles)
		what.max_cycles = 0;
	what.flags = rarely(5) ? ONPU_FW_JOB_NO_PREEMPT : 0;
	if (rarely(50))
		place->refused = spoil(&what);
	check(npu_queue_submit(lane->queue, &what, &place->seq));
	place->job = job;
	job->users++;
	lane->submitted++;
	run.submitted++;
}

static bool is_fault_of_stream(const struct pool_job *job, const struct onpu_fw_completion *record)
{
	return job->fault.code && record->status == ONPU_FW_FAULT &&
	       record->fault == job->fault.code && record->engine == job->fault.engine &&
	       record->stream_offset == job->fault.stream_offset;
}

/* What the record says, if there is a reason for it; OUTCOMES: there is none. */
static enum outcome judge(const struct place *place, const struct onpu_fw_completion *record)
{
	uint32_t in = record->va - place->va;

	switch (record->status) {
	case ONPU_FW_OK:
		return place->job->fault.code || place->refused ? OUTCOMES : GOOD;
	case ONPU_FW_BAD_DESCRIPTOR:
		return place->refused && record->reason == place->refused ? REFUSED : OUTCOMES;
	case ONPU_FW_KILLED:
		return place->killed ? KILLED : OUTCOMES;
	case ONPU_FW_ENGINE_RESET:
		return run.hangs ? ENGINE_RESET : OUTCOMES;
	case ONPU_FW_SAVE_FAILED:
	case ONPU_FW_BAD_CONTEXT:
		return run.bus_errors ? BUS_ERROR : OUTCOMES;
	}
	if (place->refused)
		return OUTCOMES;
	if (is_fault_of_stream(place->job, record))
		return BROKEN;
	switch (record->fault) {
	case ONPU_FAULT_WATCHDOG:
		return place->late ? LATE : OUTCOMES;
	case ONPU_FAULT_BUS:
		return run.bus_errors && in < place->job->bytes ? BUS_ERROR : OUTCOMES;
	case ONPU_FAULT_MMU:
		return in >= place->gone && in - place->gone < place->gone_bytes ? PAGE_GONE :
		       OUTCOMES;
	}
	return OUTCOMES;
}

/* The oldest job of a queue, once it has ended. */
static void collect(const struct client *client, struct lane *lane)
{
	struct place *place = &lane->place[lane->collected % lane->depth];
	struct pool_job *job = place->job;
	struct onpu_fw_completion record;
	enum outcome outcome = LOST;
	char text[192];

	if (!npu_queue_wait(lane->queue, place->seq, &record)) {
		outcome = judge(place, &record);
		if (outcome == OUTCOMES) {
			npu_host_describe(&record, text, sizeof(text));
			wrong("%s at 0x%08x, queue %u, ended without a reason: %s (fault %u)", job->name,
			     place->va, record.slot, text, record.fault);
		}
		lane->run_cycles += record.end_cycle - record.start_cycle;
		lane->busy_cycles += record.busy_cycles;
	} else if (run.host->resets == lane->resets || run.host->resets == run.crashes) {
		wrong("%s is lost, and the device was not reset: %s", job->name, npu_error());
	}
	if (!pool_same(job, place->memory->data, outcome == GOOD))
		wrong("%s, ended %s, left something wrong", job->name, outcome_names[outcome]);
	run.compared += outcome == GOOD ? job->bytes : 0;
	if (outcome == GOOD && !job->cycles)
		job->cycles = record.end_cycle - record.start_cycle + 1;
	run.outcome[outcome]++;
	lane->collected++;
	hush(client, place);
}

static void collect_all(void)
{
	for (int i = 0; i < CLIENTS * LANES; i++) {
		struct client *client = &run.client[i / LANES];
		struct lane *lane = &client->lane[i % LANES];

		while (lane->collected != lane->submitted)
			collect(client, lane);
		check_counters(lane);
	}
	if (run.host->shared->completion_fw.tail != run.host->completion_head)
		wrong("firmware has written %u records, %u were read",
		     run.host->shared->completion_fw.tail, run.host->completion_head);
}

/* ---- the pool ----------------------------------------------------------------------- */

/* Alone, so that its time is known, and good before anything else happens. */
static void try_job(struct pool_job *job)
{
	struct client *client = &run.client[0];
	struct lane *lane = &client->lane[0];
	uint32_t good = run.outcome[GOOD] + run.outcome[BROKEN];

	inject(ONPU_INJECT_BUS_ERROR, 0);
	inject(ONPU_INJECT_HANG, 0);
	job->cycles = 0;
	do {
		submit(lane, job);
		collect(client, lane);
	} while (run.outcome[REFUSED] && run.outcome[GOOD] + run.outcome[BROKEN] == good);
	if (run.outcome[GOOD] + run.outcome[BROKEN] != good + 1)
		wrong("%s does not run alone", job->name);
	if (!job->cycles)
		job->cycles = 100000;
}

static void renew(struct pool_job *job)
{
	collect_all();
	pool_free(job);
	pool_random(&run.maker, job, (job - run.job - run.networks) % 4 == 3);
	try_job(job);
}

static void make_pool(char **paths, int count)
{
	for (int i = 0; i < count && run.networks < NETWORKS; i++)
		run.networks += pool_network(&run.job[run.networks], paths[i], run.preset, &run.random);
	run.jobs = run.networks + RANDOM_JOBS;
	/* What a random job may need at most. */
	run.place_bytes = 2 * POOL_TOP + POOL_DATA_BYTES + 5 * PAGE;
	for (uint32_t i = 0; i < run.networks; i++)
		if (run.job[i].bytes > run.place_bytes)
			run.place_bytes = run.job[i].bytes;
	if (run.place_bytes > PLACE_SPACE - PAGE)
		wrong("a network needs %u bytes of memory, more than %u", run.place_bytes,
		     PLACE_SPACE - PAGE);
}

/* ---- what happens to them ----------------------------------------------------------- */

static void kill_some(struct lane *lane)
{
	uint32_t count = lane->submitted - lane->collected, last;

	if (!count)
		return;
	last = lane->collected + upto(0, count - 1);
	for (uint32_t i = lane->collected; i != last + 1; i++)
		lane->place[i % lane->depth].killed = true;
	npu_queue_kill(lane->queue, lane->place[last % lane->depth].seq);
	run.kills++;
}

/* Some pages of a job that may be running: when that returns, nobody writes there. */
static void unmap(const struct client *client, struct lane *lane)
{
	uint32_t count = lane->submitted - lane->collected, pages;
	struct place *place;

	if (!count)
		return;
	place = &lane->place[(lane->collected + upto(0, count - 1)) % lane->depth];
	if (place->gone_bytes)
		return;
	pages = (place->job->bytes + PAGE - 1) / PAGE;
	place->gone = PAGE * upto(0, pages - 1);
	place->gone_bytes = PAGE * upto(1, pages - place->gone / PAGE);
	place->then = pool_alloc(place->gone_bytes);
	npu_vm_unmap(client->vm, place->va + place->gone, place->gone_bytes);
	memcpy(place->then, place->memory->data + place->gone, place->gone_bytes);
	run.unmapped++;
}

/*
 * The firmware cannot read what it must: all that is there is lost.  Only what it cannot write into
 * its log it does without.
 */
static void crash(struct client *client, struct lane *lane)
{
	unsigned int resets = run.host->resets;

	for (int i = 0; i < 20 && run.host->resets == resets; i++) {
		while (lane->submitted - lane->collected == lane->depth)
			collect(client, lane);
		inject(ONPU_INJECT_CORE_BUS_ERROR, upto(1, 4));
		submit(lane, &run.job[upto(0, run.jobs - 1)]);
		collect_all();
		inject(ONPU_INJECT_CORE_BUS_ERROR, 0);
	}
	if (run.host->resets != resets + 1 || run.host->dead)
		wrong("%u resets after a crash: %s", run.host->resets - resets, run.host->trouble);
	run.crashes++;
	/* Counters begin anew. */
	for (int i = 0; i < CLIENTS * LANES; i++) {
		client = &run.client[i / LANES];
		close_lane(client, &client->lane[i % LANES]);
		open_lane(client, &client->lane[i % LANES]);
	}
}

static void happen(void)
{
	struct client *client = &run.client[upto(0, CLIENTS - 1)];
	struct lane *lane = &client->lane[upto(0, LANES - 1)];
	uint32_t what = upto(0, 9999);

	if (what < 5600) {
		/* Networks are a quarter of all. */
		submit(lane, &run.job[rarely(4) && run.networks ? upto(0, run.networks - 1) :
				      upto(run.networks, run.jobs - 1)]);
	} else if (what < 8400) {
		if (lane->collected != lane->submitted)
			collect(client, lane);
	} else if (what < 9400) {
		npu_host_run(run.host, upto(1, 8000));
	} else if (what < 9600) {
		kill_some(lane);
	} else if (what < 9750) {
		unmap(client, lane);
	} else if (what < 9830) {
		inject(ONPU_INJECT_BUS_ERROR, upto(1, 3000));
		run.bus_errors++;
	} else if (what < 9900) {
		close_lane(client, lane);
		open_lane(client, lane);
		run.restarts++;
	} else if (what < 9920) {
		close_client(client);
		open_client(client);
		run.restarts++;
	} else if (what < 9950) {
		inject(ONPU_INJECT_HANG, upto(1, 10));
		run.hangs++;
	} else if (what < 9970) {
		inject(ONPU_INJECT_LOST_INTERRUPT, upto(1, 3));
		run.lost_interrupts++;
	} else if (what < 9980) {
		crash(client, lane);
	} else {
		collect_all();
	}
}

/* ---- what is left ------------------------------------------------------------------- */

/* Pages of this process, in KiB: what the compiled hardware holds is in no other count. */
static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, pages;

	if (!file || fscanf(file, "%ld %ld", &size, &pages) != 2)
		wrong("/proc/self/statm cannot be read");
	fclose(file);
	return pages * (long)(PAGE / 1024);
}

static uint32_t buffers(void)
{
	uint32_t count = 0;

	for (const struct npu_buffer *b = run.host->dram.buffers; b; b = b->next)
		count++;
	return count;
}

static struct held held(void)
{
	return (struct held){ fault.live, buffers(), resident() };
}

static void check_nothing_left(const struct held *before)
{
	struct held now = held();
	uint32_t sum = 0;

	for (int i = 1; i < ONPU_FW_CONTEXTS; i++)
		if (run.host->vm[i])
			wrong("context %d is still there", i);
	for (int i = 0; i < ONPU_FW_SLOTS; i++)
		if (run.host->queue[i] || run.host->shared->queue[i].fw.state == ONPU_FW_QUEUE_ON)
			wrong("queue %d is still there", i);
	if (now.buffers != before->buffers)
		wrong("%u buffers of the device are left, there were %u", now.buffers,
		      before->buffers);
	if (now.blocks > before->blocks + BLOCKS_SLACK)
		wrong("%ld blocks of the heap are left, there were %ld", now.blocks, before->blocks);
	if (now.resident > before->resident + RESIDENT_SLACK)
		wrong("%ld KiB of memory are in use, there were %ld", now.resident,
		      before->resident);
	printf("# held before and after: %u buffers and %u; %ld and %ld blocks of the heap, "
	       "%ld and %ld KiB of memory\n", before->buffers, now.buffers, before->blocks,
	       now.blocks, before->resident, now.resident);
	for (int i = 0; i < OUTCOMES; i++)
		sum += run.outcome[i];
	if (sum != run.submitted)
		wrong("%u jobs were submitted, %u ended", run.submitted, sum);
	/* No more than were made: nothing else makes an engine hang, no error of the bus either. */
	if (run.outcome[ENGINE_RESET] > run.hangs)
		wrong("%u engine resets, %u hangs were made", run.outcome[ENGINE_RESET], run.hangs);
	if (run.outcome[BUS_ERROR] > run.bus_errors)
		wrong("%u errors of the bus, %u were made", run.outcome[BUS_ERROR], run.bus_errors);
}

static void report(void)
{
	for (int i = 0; i < OUTCOMES; i++)
		printf("# %u %s\n", run.outcome[i], outcome_names[i]);
	printf("# %u preemptions, %u kills, %u times pages went, %u bus errors, %u hangs, "
	       "%u lost interrupts, %u queues or contexts ended, %u crashes\n", run.preempted,
	       run.kills, run.unmapped, run.bus_errors, run.hangs, run.lost_interrupts, run.restarts,
	       run.crashes);
	printf("# %llu MiB compared\n", (unsigned long long)(run.compared >> 20));
}

static void open_run(char **argv, int argc)
{
	run.preset = argv[1];
	run.seed = argv[4];
	run.random = strtoull(argv[4], NULL, 0) * 0x9e3779b97f4a7c15ull + 1;
	run.device = npu_device_open(argv[2], run.preset);
	if (!run.device || !run.device->host)
		wrong("%s", run.device ? "the device has no host in this process" : npu_error());
	run.host = run.device->host;
	pool_open(&run.maker, run.preset, iss_random(&run.random));
	make_pool(argv + 5, argc - 5);
}

static void begin(void)
{
	for (uint32_t i = run.networks; i < run.jobs; i++)
		pool_random(&run.maker, &run.job[i], (i - run.networks) % 4 == 3);
	for (int i = 0; i < CLIENTS; i++)
		open_client(&run.client[i]);
	for (uint32_t i = 0; i < run.jobs; i++)
		try_job(&run.job[i]);
}

static void end(void)
{
	collect_all();
	for (int i = 0; i < CLIENTS; i++)
		close_client(&run.client[i]);
	for (uint32_t i = run.networks; i < run.jobs; i++)
		pool_free(&run.job[i]);
	inject(ONPU_INJECT_BUS_ERROR, 0);
	inject(ONPU_INJECT_HANG, 0);
	inject(ONPU_INJECT_LOST_INTERRUPT, 0);
}

static void go(uint32_t jobs)
{
	while (run.submitted < jobs) {
		uint32_t before = run.submitted;

		happen();
		if (run.host->resets != run.crashes)
			wrong("a reset that nobody asked for: %s", run.host->trouble);
		if (before / RENEW != run.submitted / RENEW)
			renew(&run.job[upto(run.networks, run.jobs - 1)]);
		if (before / 5000 != run.submitted / 5000)
			printf("# %u jobs\n", run.submitted);
	}
}

int main(int argc, char **argv)
{
	struct held before = { 0 };
	uint32_t jobs;

	if (argc < 5 || argc > 5 + NETWORKS) {
		fprintf(stderr, "usage: long_run PRESET DEVICE JOBS SEED [NETWORK.tflite...]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	jobs = (uint32_t)strtoul(argv[3], NULL, 0);
	printf("# preset %s, device %s, %u jobs, seed %s\n", argv[1], argv[2], jobs, argv[4]);
	open_run(argv, argc);
	/* The first round also brings what stays: tables for the queues' rings, the model's buffers. */
	for (int round = 0; round < 2; round++) {
		if (round)
			before = held();
		begin();
		go(round ? jobs : jobs / 10);
		end();
	}
	check_nothing_left(&before);
	report();
	printf("ok 1 - %s on %s: %u jobs, nothing wrong, nothing left\n1..1\n", run.preset, argv[2],
	       run.submitted);
	for (uint32_t i = 0; i < run.networks; i++)
		pool_free(&run.job[i]);
	pool_close(&run.maker);
	npu_device_close(run.device);
	return 0;
}
