// SPDX-License-Identifier: MIT
/*
 * usage: moments PRESET NETWORK.tflite STEP
 *
 * A network is killed, preempted, or runs out of its budget after every STEP cycles of its way
 * (on the functional model after each), and the next one runs right.
 */
#include "pair.h"

#include "network.h"
#include "stream.h"

#define URGENT_PRIORITY 3
#define PIECES 24u
#define PIECE 256u

struct bench {
	struct pair pair;
	struct network network[2];
	uint64_t cycles;		/* from the doorbell to the record */
};

static const char *preset, *path;
static uint32_t step;

static uint32_t step_of(int k)
{
	return k ? step : 1;
}

/* How long the network's first job takes, in cycles of that model. */
static uint64_t measure(struct bench *b, int k)
{
	struct party party = { .queue = b->network[k].session->queue };
	struct npu_job job = network_job(&b->network[k]);
	struct onpu_fw_completion record;
	uint64_t begin;

	network_runs(&b->network[k]);
	begin = npu_host_cycle(machine_of(&b->pair, k)->host);
	record = run_job(&party, &job);
	assert_int_equal(record.status, ONPU_FW_OK);
	return record.done_cycle - begin;
}

static void killed_at(struct bench *b, int k, uint64_t cycles, unsigned int ended[2])
{
	struct machine *m = machine_of(&b->pair, k);
	struct npu_queue *queue = b->network[k].session->queue;
	struct npu_job job = network_job(&b->network[k]);
	struct onpu_fw_completion record;
	uint32_t seq;

	assert_int_equal(npu_queue_submit(queue, &job, &seq), NPU_OK);
	npu_host_run(m->host, cycles);
	npu_queue_kill(queue, seq);
	assert_int_equal(npu_queue_wait(queue, seq, &record), NPU_OK);
	if (record.status == ONPU_FW_KILLED) {
		ended[0]++;
		assert_int_equal(record.fault, ONPU_FAULT_KILLED);
		assert_true(record.stream_offset < job.stream_size);
	} else {
		ended[1]++;
		assert_int_equal(record.status, ONPU_FW_OK);
	}
	network_runs(&b->network[k]);
}

static void killed_at_any_moment(void **state)
{
	struct bench *b = *state;

	for (int k = 0; k < 2; k++) {
		unsigned int resets = machine_of(&b->pair, k)->host->resets, ended[2] = { 0 };
		uint64_t all = measure(b, k);

		for (uint64_t cycles = 0; cycles < all + step; cycles += step_of(k))
			killed_at(b, k, cycles, ended);
		print_message("# %s: %u killed, %u had ended, in %llu cycles\n",
			      machine_of(&b->pair, k)->device->name, ended[0], ended[1],
			      (unsigned long long)all);
		assert_true(ended[0] && ended[1]);
		assert_int_equal(machine_of(&b->pair, k)->host->resets, resets);
		check_victim(machine_of(&b->pair, k));
	}
}

/* What the first step leaves for the next one, on the CPU. */
static struct npu_session_region *results_of(const struct network *n)
{
	return &n->session->region[NPU_REGION_SCRATCH];
}

static void forget_results(const struct network *n)
{
	memset(results_of(n)->memory.data, 0xee, results_of(n)->size);
}

/* An urgent job of another address space arrives; both run right. */
static void preempted_at(struct bench *b, int k, uint64_t cycles, struct party *urgent)
{
	struct machine *m = machine_of(&b->pair, k);
	struct network *n = &b->network[k];
	struct npu_queue *queue = n->session->queue;
	struct npu_job job = network_job(n), other;
	struct onpu_fw_completion record;
	struct stream s = { .size = 0 };
	uint32_t seq, other_seq;

	/* What the network computes has to be computed again. */
	forget_results(n);
	stream_load(&s, 0, 0, 0, 64);
	stream_store(&s, 0, 64, 0, 64);
	stream_end(&s);
	other = job_of(urgent, 0, s.data, s.size);
	memset(urgent->memory->data + OWN_DATA, (uint8_t)cycles, 64);
	assert_int_equal(npu_queue_submit(queue, &job, &seq), NPU_OK);
	npu_host_run(m->host, cycles);
	assert_int_equal(npu_queue_submit(urgent->queue, &other, &other_seq), NPU_OK);
	assert_int_equal(npu_queue_wait(queue, seq, &record), NPU_OK);
	assert_int_equal(record.status, ONPU_FW_OK);
	assert_int_equal(npu_queue_wait(urgent->queue, other_seq, &record), NPU_OK);
	assert_int_equal(record.status, ONPU_FW_OK);
	assert_memory_equal(urgent->memory->data + OWN_DATA + 64,
			    urgent->memory->data + OWN_DATA, 64);
}

static void preempted_at_any_moment(void **state)
{
	struct bench *b = *state;

	for (int k = 0; k < 2; k++) {
		struct machine *m = machine_of(&b->pair, k);
		struct npu_queue *queue = b->network[k].session->queue;
		struct party urgent = m->attacker;
		uint64_t all = measure(b, k);
		struct npu_job job = network_job(&b->network[k]);
		struct party alone = { .queue = queue };
		const struct npu_session_region *results = results_of(&b->network[k]);
		uint8_t *expected = malloc(results->size);
		uint32_t times;

		forget_results(&b->network[k]);
		run_job(&alone, &job);
		memcpy(expected, results->memory.data, results->size);
		assert_int_equal(npu_queue_new(m->attacker.vm, URGENT_PRIORITY, 2, &urgent.queue),
				 NPU_OK);
		times = m->host->shared->queue[queue->slot].fw.preempted;
		for (uint64_t cycles = 0; cycles < all + step; cycles += step_of(k)) {
			preempted_at(b, k, cycles, &urgent);
			assert_memory_equal(results->memory.data, expected, results->size);
		}
		times = m->host->shared->queue[queue->slot].fw.preempted - times;
		print_message("# %s: preempted %u times\n", m->device->name, times);
		network_runs(&b->network[k]);
		npu_queue_free(urgent.queue);
		free(expected);
		check_victim(m);
	}
}

/*
 * The hardware passes a PREEMPT when it dispatches it, which in a small network is soon: more pieces
 * than its queues take, each with a PREEMPT behind it.
 */
static struct npu_job make_pieces(struct party *party)
{
	struct stream s = { .size = 0 };

	for (uint32_t i = 0; i < PIECES; i++) {
		stream_load(&s, 0, i * PIECE, i * PIECE, PIECE);
		stream_preempt(&s, 0, (i + 1) * PIECE);
	}
	stream_store(&s, 0, PIECES * PIECE, 0, PIECES * PIECE);
	stream_end(&s);
	for (uint32_t i = 0; i < PIECES * PIECE; i++)
		party->memory->data[OWN_DATA + i] = (uint8_t)(i * 11 + i / 64);
	return job_of(party, 0, s.data, s.size);
}

static void pieces_at(struct machine *m, struct party *slow, struct party *urgent,
		      const struct npu_job *job, uint64_t cycles)
{
	uint8_t *data = slow->memory->data + OWN_DATA;
	struct onpu_fw_completion record;
	struct stream s = { .size = 0 };
	struct npu_job other;
	uint32_t seq;

	memset(data + PIECES * PIECE, 0xee, PIECES * PIECE);
	stream_store(&s, 0, 0, 0, PIECES * PIECE);
	stream_end(&s);
	other = job_of(urgent, 0, s.data, s.size);
	assert_int_equal(npu_queue_submit(slow->queue, job, &seq), NPU_OK);
	npu_host_run(m->host, cycles);
	assert_int_equal(run_job(urgent, &other).status, ONPU_FW_OK);
	for (uint32_t i = 0; i < PIECES * PIECE; i++)
		assert_int_equal(urgent->memory->data[OWN_DATA + i], 0);
	assert_int_equal(npu_queue_wait(slow->queue, seq, &record), NPU_OK);
	assert_int_equal(record.status, ONPU_FW_OK);
	assert_memory_equal(data + PIECES * PIECE, data, PIECES * PIECE);
}

static void preempted_between_any_pieces(void **state)
{
	struct bench *b = *state;

	for (int k = 0; k < 2; k++) {
		struct machine *m = machine_of(&b->pair, k);
		struct party slow, urgent = m->attacker;
		struct onpu_fw_completion record;
		struct npu_job job;
		uint64_t all;
		uint32_t times;

		open_party(m, &slow);
		assert_int_equal(npu_queue_new(m->attacker.vm, URGENT_PRIORITY, 2, &urgent.queue),
				 NPU_OK);
		job = make_pieces(&slow);
		record = run_job(&slow, &job);
		all = record.done_cycle - record.queued_cycle;
		for (uint64_t cycles = 0; cycles < all + step; cycles += step_of(k))
			pieces_at(m, &slow, &urgent, &job, cycles);
		times = m->host->shared->queue[slow.queue->slot].fw.preempted;
		print_message("# %s: preempted %u times, in %llu cycles\n", m->device->name, times,
			      (unsigned long long)all);
		assert_true(times > 3);
		npu_queue_free(urgent.queue);
		npu_queue_free(slow.queue);
		npu_vm_free(slow.vm);
		npu_host_free(m->host, slow.memory);
		network_runs(&b->network[k]);
		check_victim(m);
	}
}

/* Budgets of all sizes below what it takes: over, and the next one with more. */
static void over_budget_at_any_moment(void **state)
{
	struct bench *b = *state;

	for (int k = 0; k < 2; k++) {
		struct party party = { .queue = b->network[k].session->queue };
		struct npu_job job = network_job(&b->network[k]);
		uint64_t all = measure(b, k);
		unsigned int over = 0, enough = 0;

		for (uint64_t cycles = 1; cycles < all; cycles += step_of(k)) {
			struct onpu_fw_completion record;

			job.max_cycles = cycles;
			record = run_job(&party, &job);
			if (record.status == ONPU_FW_OK) {
				assert_true(record.end_cycle - record.start_cycle <= cycles);
				enough++;
				continue;
			}
			over++;
			assert_int_equal(record.status, ONPU_FW_FAULT);
			assert_int_equal(record.fault, ONPU_FAULT_WATCHDOG);
			assert_int_equal(record.engine, ONPU_ENGINE_CONTROL);
			assert_true(record.stream_offset < job.stream_size);
			assert_false(enough);
			if (over % 8 == 0)
				network_runs(&b->network[k]);
		}
		print_message("# %s: %u over, %u within\n", machine_of(&b->pair, k)->device->name, over,
			      enough);
		assert_true(over && enough);
		network_runs(&b->network[k]);
	}
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	*state = b;
	open_pair(&b->pair, preset);
	for (int k = 0; k < 2; k++)
		network_open(&b->network[k], machine_of(&b->pair, k)->device, preset, path);
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	for (int k = 0; k < 2; k++)
		network_close(&b->network[k]);
	close_pair(&b->pair);
	free(b);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_any_moment),
		cmocka_unit_test(preempted_at_any_moment),
		cmocka_unit_test(preempted_between_any_pieces),
		cmocka_unit_test(over_budget_at_any_moment),
	};

	if (argc != 4 || atoi(argv[3]) < 1) {
		fprintf(stderr, "usage: moments PRESET NETWORK.tflite STEP\n");
		return 2;
	}
	preset = argv[1];
	path = argv[2];
	step = (uint32_t)atoi(argv[3]);
	return cmocka_run_group_tests(tests, setup, teardown);
}
