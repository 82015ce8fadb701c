// SPDX-License-Identifier: MIT
/*
 * usage: fuzz_ioctl SEED COUNT|SECONDSs
 *
 * Calls that mostly make sense, in random order, with fields that sometimes do not: by several
 * threads on the same files, in processes of which some are killed in the middle.  Ends after
 * COUNT calls, or SECONDS.  Each thread's calls follow from the seed; how threads interleave
 * does not.  Afterwards nothing is left of it, and the device works.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define THREADS 3
#define FILES 2			/* that the threads of a process share */
#define KEPT 8			/* ids of a kind that a file remembers */
#define CALLS 400		/* of a thread, before its process ends */
#define ROOM 1024		/* bytes of an ioctl's argument */
/* More memory in one object tests only how the machine runs out of it. */
#define LARGEST (256u << 10)
#define STUCK 600		/* seconds in which a process ends, or does not at all */

/* What the processes share with the one that watches them. */
struct shared {
	uint64_t calls, good;
	uint64_t errors[256];		/* by errno */
};

static struct shared *shared;

/* ---- chance ------------------------------------------------------------------------- */

static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static uint32_t below(uint64_t *state, uint32_t limit)
{
	return (uint32_t)(next(state) >> 32) % limit;
}

static bool one_in(uint64_t *state, uint32_t n)
{
	return !below(state, n);
}

/* Where mistakes are made. */
static uint64_t odd_value(uint64_t *state)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 7, 8, 63, 64, 65, 0xff, 0xfff, 0x1000, 0x1001, 0xffff, 0x10000,
		0x1fffff, 0x200000, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff, 0x100000000,
		0xfffff000ull << 20, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX,
	};

	if (one_in(state, 4))
		return next(state) >> below(state, 64);
	return values[below(state, sizeof(values) / sizeof(*values))];
}

/* ---- what there is -------------------------------------------------------------------- */

/* Ids race between threads: that is the point. */
struct file {
	int fd;
	uint32_t vm[KEPT], bo[KEPT], queue[KEPT], syncobj[KEPT];
};

struct thread {
	pthread_t id;
	uint64_t random;
	struct file *files;
	uint8_t room[ROOM] __attribute__((aligned(16)));
};

static uint32_t load(uint32_t *ids, uint32_t i)
{
	return __atomic_load_n(&ids[i % KEPT], __ATOMIC_RELAXED);
}

/* One that may exist; sometimes one that does not. */
static uint32_t some(struct thread *t, uint32_t *ids)
{
	uint32_t i, first = below(&t->random, KEPT);

	if (one_in(&t->random, 40))
		return (uint32_t)odd_value(&t->random);
	for (i = 0; i < KEPT; i++)
		if (load(ids, first + i))
			return load(ids, first + i);
	return 0;
}

/* A place for a new id: what was there before is returned, to be given up. */
static uint32_t replace(struct thread *t, uint32_t *ids, uint32_t id)
{
	return __atomic_exchange_n(&ids[below(&t->random, KEPT)], id, __ATOMIC_RELAXED);
}

static uint32_t take(struct thread *t, uint32_t *ids)
{
	return __atomic_exchange_n(&ids[below(&t->random, KEPT)], 0, __ATOMIC_RELAXED);
}

/* ---- calls ------------------------------------------------------------------------------ */

static int count(int err)
{
	__atomic_fetch_add(&shared->calls, 1, __ATOMIC_RELAXED);
	if (!err)
		__atomic_fetch_add(&shared->good, 1, __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(&shared->errors[-err & 255], 1, __ATOMIC_RELAXED);
	return err;
}

/*
 * The argument, of size bytes, in the thread's room: some of its fields changed, its size too,
 * or the pointer itself.
 */
static int call(struct thread *t, int fd, unsigned long request, void *args, size_t size)
{
	uint64_t value;
	int err;

	memset(t->room, 0, sizeof(t->room));
	memcpy(t->room, args, size);
	while (one_in(&t->random, 6)) {
		value = odd_value(&t->random);
		if (one_in(&t->random, 2))
			memcpy(t->room + below(&t->random, size / 8) * 8, &value, 8);
		else
			memcpy(t->room + below(&t->random, size / 4) * 4, &value, 4);
	}
	if (request == DRM_IOCTL_ONPU_BO_CREATE) {
		struct drm_onpu_bo_create *create = (void *)t->room;

		if (create->size > LARGEST && create->size <= 1ull << 32)
			create->size %= LARGEST;
	}
	if (request == DRM_IOCTL_ONPU_JOB_WAIT) {
		struct drm_onpu_job_wait *wait = (void *)t->room;
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		wait->timeout_ns = now.tv_sec * 1000000000ll + now.tv_nsec +
				   below(&t->random, 20000000);
	}
	if (one_in(&t->random, 50))
		request = _IOC(_IOC_DIR(request), _IOC_TYPE(request), _IOC_NR(request),
			       below(&t->random, ROOM / 2));
	if (one_in(&t->random, 100))
		err = ioctl(fd, request, (void *)(uintptr_t)odd_value(&t->random)) ? -errno : 0;
	else
		err = ioctl(fd, request, t->room) ? -errno : 0;
	memcpy(args, t->room, size);
	return count(err);
}

#define CALL(t, fd, request, args) call(t, fd, request, args, sizeof(*(args)))

/* Arrays are changed here, since a call changes only what leads to them. */
static struct drm_onpu_array array(struct thread *t, void *elements, uint32_t n, uint32_t size)
{
	struct drm_onpu_array array = { (uintptr_t)elements, n, size };
	uint64_t value = odd_value(&t->random);

	if (n && one_in(&t->random, 10))
		memcpy((uint8_t *)elements + below(&t->random, n * size / 8) * 8, &value, 8);
	if (one_in(&t->random, 60))
		array.stride = value;
	if (one_in(&t->random, 60))
		array.count = value;
	return array;
}

static void do_query(struct thread *t, struct file *f)
{
	uint8_t data[128];
	struct drm_onpu_query args = {
		.type = below(&t->random, 5), .size = below(&t->random, sizeof(data) + 1),
		.ptr = one_in(&t->random, 8) ? odd_value(&t->random) : (uintptr_t)data,
	};

	/* It writes where it is told to: only where nothing else is, then. */
	if (args.ptr != (uintptr_t)data)
		args.ptr &= 0xfff;
	count(client_ioctl(f->fd, DRM_IOCTL_ONPU_QUERY, &args));
}

static void do_vm_create(struct thread *t, struct file *f)
{
	struct drm_onpu_vm_create args = { 0 };
	uint32_t old;

	if (CALL(t, f->fd, DRM_IOCTL_ONPU_VM_CREATE, &args))
		return;
	old = replace(t, f->vm, args.vm_id);
	if (old)
		vm_destroy(f->fd, old);
}

static void do_vm_destroy(struct thread *t, struct file *f)
{
	struct drm_onpu_vm_destroy args = { .vm_id = take(t, f->vm) };

	CALL(t, f->fd, DRM_IOCTL_ONPU_VM_DESTROY, &args);
}

static void keep_bo(struct thread *t, struct file *f, uint32_t handle)
{
	uint32_t old = replace(t, f->bo, handle);

	if (old)
		bo_close(f->fd, old);
}

static void do_bo_create(struct thread *t, struct file *f)
{
	struct drm_onpu_bo_create args = {
		.size = 1 + below(&t->random, LARGEST), .flags = below(&t->random, 4),
		.vm_id = one_in(&t->random, 3) ? some(t, f->vm) : 0,
	};

	if (one_in(&t->random, 3))
		args.flags = 0;
	if (!CALL(t, f->fd, DRM_IOCTL_ONPU_BO_CREATE, &args))
		keep_bo(t, f, args.handle);
}

static void do_bo_close(struct thread *t, struct file *f)
{
	struct drm_gem_close args = { .handle = take(t, f->bo) };

	CALL(t, f->fd, DRM_IOCTL_GEM_CLOSE, &args);
}

static void do_bo_info(struct thread *t, struct file *f)
{
	struct drm_onpu_bo_info args = { .handle = some(t, f->bo) };

	CALL(t, f->fd, DRM_IOCTL_ONPU_BO_INFO, &args);
}

static void do_bo_sync(struct thread *t, struct file *f)
{
	struct drm_onpu_bo_sync args = {
		.handle = some(t, f->bo), .dir = below(&t->random, 2),
		.offset = below(&t->random, LARGEST), .size = below(&t->random, LARGEST),
	};

	CALL(t, f->fd, DRM_IOCTL_ONPU_BO_SYNC, &args);
}

/* Objects are mapped at few places, so that jobs and UNMAP find them. */
static uint64_t place(struct thread *t)
{
	return 0x100000ull * (1 + below(&t->random, 24));
}

static void do_vm_map(struct thread *t, struct file *f)
{
	struct drm_onpu_vm_op ops[4] = { 0 };
	struct drm_onpu_vm_map args = { .vm_id = some(t, f->vm) };
	uint32_t i, n = 1 + below(&t->random, 4);

	for (i = 0; i < n; i++) {
		ops[i].op = one_in(&t->random, 3);
		ops[i].va = place(t);
		ops[i].size = 0x1000ull << below(&t->random, 5);
		if (!ops[i].op) {
			ops[i].handle = some(t, f->bo);
			ops[i].flags = below(&t->random, 2);
			ops[i].bo_offset = 0x1000ull * below(&t->random, 3);
		}
	}
	args.ops = array(t, ops, n, sizeof(*ops));
	CALL(t, f->fd, DRM_IOCTL_ONPU_VM_MAP, &args);
}

static void do_queue_create(struct thread *t, struct file *f)
{
	struct drm_onpu_queue_create args = {
		.vm_id = some(t, f->vm), .priority = below(&t->random, 3),
		.flags = below(&t->random, 2), .depth = 1 + below(&t->random, 64),
	};
	uint32_t old;

	if (CALL(t, f->fd, DRM_IOCTL_ONPU_QUEUE_CREATE, &args))
		return;
	old = replace(t, f->queue, args.queue_id);
	if (old)
		queue_destroy(f->fd, old);
}

static void do_queue_destroy(struct thread *t, struct file *f)
{
	struct drm_onpu_queue_destroy args = { .queue_id = take(t, f->queue) };

	CALL(t, f->fd, DRM_IOCTL_ONPU_QUEUE_DESTROY, &args);
}

static void do_queue_state(struct thread *t, struct file *f)
{
	struct drm_onpu_queue_state args = { .queue_id = some(t, f->queue) };

	CALL(t, f->fd, DRM_IOCTL_ONPU_QUEUE_STATE, &args);
}

static void do_job_wait(struct thread *t, struct file *f)
{
	struct drm_onpu_job_wait args = {
		.queue_id = some(t, f->queue), .seqno = 1 + below(&t->random, 20),
	};

	CALL(t, f->fd, DRM_IOCTL_ONPU_JOB_WAIT, &args);
}

static uint32_t get_syncs(struct thread *t, struct file *f, struct drm_onpu_sync *syncs)
{
	uint32_t i, n = below(&t->random, 3);

	for (i = 0; i < n; i++) {
		syncs[i] = (struct drm_onpu_sync){ .handle = some(t, f->syncobj) };
		if (one_in(&t->random, 2)) {
			syncs[i].flags = DRM_ONPU_SYNC_TIMELINE;
			syncs[i].point = 1 + below(&t->random, 4);
		}
	}
	return n;
}

static void do_submit(struct thread *t, struct file *f)
{
	struct drm_onpu_region regions[4] = { 0 };
	struct drm_onpu_job jobs[3] = { 0 };
	struct drm_onpu_sync waits[2], signals[2];
	struct drm_onpu_bo_use uses[2];
	struct drm_onpu_submit args = { .queue_id = some(t, f->queue) };
	uint32_t i, n = 1 + below(&t->random, 3), objects = below(&t->random, 3);

	for (i = 0; i < 4; i++) {
		regions[i].va = place(t);
		regions[i].size = 0x1000u << below(&t->random, 5);
	}
	for (i = 0; i < n; i++) {
		jobs[i] = (struct drm_onpu_job){
			.regions = array(t, regions, 4, sizeof(*regions)),
			.entry = place(t), .stream_size = 4 * (1 + below(&t->random, 256)),
			.trace_va = place(t), .trace_size = 8 * below(&t->random, 3),
			.max_cycles = 1 + below(&t->random, 200000), .cookie = i,
			.flags = below(&t->random, 4),
		};
		if (below(&t->random, 2))
			continue;
		jobs[i].warm_key = 1 + below(&t->random, 2);
		jobs[i].warm_entry = jobs[i].entry + 4 * below(&t->random, 512);
		jobs[i].warm_size = 4 * (1 + below(&t->random, 256));
	}
	for (i = 0; i < objects; i++)
		uses[i] = (struct drm_onpu_bo_use){ some(t, f->bo), 1 + below(&t->random, 3) };
	args.jobs = array(t, jobs, n, sizeof(*jobs));
	args.waits = array(t, waits, get_syncs(t, f, waits), sizeof(*waits));
	args.signals = array(t, signals, get_syncs(t, f, signals), sizeof(*signals));
	args.bos = array(t, uses, objects, sizeof(*uses));
	CALL(t, f->fd, DRM_IOCTL_ONPU_SUBMIT, &args);
}

/* Commands into an object: whole ones, damaged ones, or nothing but noise. */
static void do_write(struct thread *t, struct file *f)
{
	struct stream stream = { 0 };
	uint32_t i, n;
	uint8_t *data = bo_mmap(f->fd, some(t, f->bo), 4096);

	count(data ? 0 : -errno);
	if (!data)
		return;
	stream.bytes = data;
	n = below(&t->random, 8);
	for (i = 0; i < n; i++) {
		uint32_t size = 1 + below(&t->random, 4096), at = below(&t->random, 65536);

		switch (below(&t->random, 4)) {
		case 0:
			stream_load(&stream, below(&t->random, 4), 0, size, at);
			break;
		case 1:
			stream_store(&stream, below(&t->random, 4), 0, size, at);
			break;
		case 2:
			stream_fill(&stream, i, size, at);
			break;
		case 3:
			stream_spin(&stream, below(&t->random, 4), size, below(&t->random, 500));
			break;
		}
	}
	stream_end(&stream);
	if (one_in(&t->random, 3))
		for (i = 0; i < 8; i++)
			data[below(&t->random, stream.size)] ^= 1u << below(&t->random, 8);
	if (one_in(&t->random, 8))
		for (i = 0; i < 4096; i += 8)
			*(uint64_t *)(data + i) = next(&t->random);
	munmap(data, 4096);
}

static void do_syncobj(struct thread *t, struct file *f)
{
	struct drm_syncobj_create create = { .flags = below(&t->random, 2) };
	struct drm_syncobj_destroy destroy = { .handle = take(t, f->syncobj) };
	uint32_t handle = some(t, f->syncobj);
	struct drm_syncobj_array reset = { .handles = (uintptr_t)&handle, .count_handles = 1 };
	struct drm_syncobj_wait wait = {
		.handles = (uintptr_t)&handle, .count_handles = 1, .flags = below(&t->random, 4),
	};

	switch (below(&t->random, 4)) {
	case 0:
		if (!CALL(t, f->fd, DRM_IOCTL_SYNCOBJ_CREATE, &create))
			destroy.handle = replace(t, f->syncobj, create.handle);
		break;
	case 1:
		count(client_ioctl(f->fd, one_in(&t->random, 2) ? DRM_IOCTL_SYNCOBJ_RESET :
				   DRM_IOCTL_SYNCOBJ_SIGNAL, &reset));
		break;
	case 2:
		count(client_ioctl(f->fd, DRM_IOCTL_SYNCOBJ_WAIT, &wait));
		break;
	}
	if (destroy.handle)
		client_ioctl(f->fd, DRM_IOCTL_SYNCOBJ_DESTROY, &destroy);
}

/* To the other file, or to the same one. */
static void do_prime(struct thread *t, struct file *f)
{
	struct file *to = &t->files[below(&t->random, FILES)];
	struct drm_prime_handle out = {
		.handle = some(t, f->bo), .flags = DRM_CLOEXEC | (one_in(&t->random, 2) ? DRM_RDWR : 0),
	};
	struct drm_prime_handle in = { 0 };

	if (count(client_ioctl(f->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &out)))
		return;
	in.fd = out.fd;
	if (!count(client_ioctl(to->fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &in)))
		keep_bo(t, to, in.handle);
	close(out.fd);
}

/* The number stays, and what is behind it becomes another file, which knows none of the ids. */
static void do_reopen(struct thread *t, struct file *f)
{
	int fd;

	if (!one_in(&t->random, 10))
		return;
	fd = open(client_node(), O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	dup3(fd, f->fd, O_CLOEXEC);
	close(fd);
	count(0);
}

static void do_any(struct thread *t, struct file *f)
{
	unsigned int nr = below(&t->random, 0x60);

	memset(t->room, 0, sizeof(t->room));
	/* Names another device, or waits for ever, or opens what is not closed again: not these. */
	if (nr >= 0x0d)
		count(client_ioctl(f->fd, DRM_IOWR(DRM_COMMAND_BASE + nr, uint64_t[8]), t->room));
}

static void (*const calls[])(struct thread *t, struct file *f) = {
	do_query, do_vm_create, do_vm_create, do_vm_destroy, do_bo_create, do_bo_create,
	do_bo_create, do_bo_close, do_bo_info, do_bo_sync, do_vm_map, do_vm_map, do_vm_map,
	do_queue_create, do_queue_create, do_queue_destroy, do_queue_state, do_job_wait,
	do_job_wait, do_submit, do_submit, do_submit, do_submit, do_submit, do_submit, do_write,
	do_write, do_write, do_syncobj, do_syncobj, do_prime, do_reopen, do_any,
};

static void *run_thread(void *data)
{
	struct thread *t = data;
	int i;

	for (i = 0; i < CALLS; i++)
		calls[below(&t->random, sizeof(calls) / sizeof(*calls))]
			(t, &t->files[below(&t->random, FILES)]);
	return NULL;
}

/* ---- processes -------------------------------------------------------------------------- */

static void run_process(uint64_t seed)
{
	static struct file files[FILES];
	static struct thread threads[THREADS];
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < FILES; i++) {
		files[i].fd = client_open();
		if (files[i].fd < 0)
			_exit(1);
	}
	for (i = 0; i < THREADS; i++) {
		threads[i].random = seed + i;
		threads[i].files = files;
		if (pthread_create(&threads[i].id, NULL, run_thread, &threads[i]))
			_exit(1);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i].id, NULL);
	_exit(0);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

static void print_stacks(pid_t pid)
{
	char line[256];
	FILE *pipe;

	snprintf(line, sizeof(line), "cat /proc/%d/task/*/stack", pid);
	pipe = popen(line, "re");
	while (pipe && fgets(line, sizeof(line), pipe))
		printf("# %s", line);
	if (pipe)
		pclose(pipe);
}

/* Whether it ended as it should; after_ms: when it is killed, 0: not. */
static bool watch(pid_t pid, unsigned int after_ms)
{
	double begun = seconds();
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (after_ms && seconds() > begun + after_ms * 1e-3) {
			kill(pid, SIGKILL);
			after_ms = 0;
		}
		if (seconds() > begun + STUCK) {
			printf("# a process hangs:\n");
			print_stacks(pid);
			return false;
		}
		poll(NULL, 0, 2);
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		printf("# a process died of signal %d\n", WTERMSIG(status));
	else if (WIFEXITED(status) && WEXITSTATUS(status))
		printf("# a process could not start\n");
	else
		return true;
	return false;
}

/* ---- afterwards ----------------------------------------------------------------------------- */

/* What exists: the first lines, of which mappings is the last. */
static bool take_stock(char *text, size_t size)
{
	int fd = client_stats();
	ssize_t n;
	char *end;

	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	close(fd);
	text[n < 0 ? 0 : n] = 0;
	end = strstr(text, "submits");
	if (end)
		*end = 0;
	return end;
}

static bool nothing_left(const char *before)
{
	char now[512] = "";
	int i;

	for (i = 0; i < SOON_MS / 20; i++) {
		if (take_stock(now, sizeof(now)) && !strcmp(before, now))
			return true;
		poll(NULL, 0, 20);
	}
	for (i = 0; now[i]; i++)
		if (now[i] == '\n')
			now[i] = ' ';
	printf("# left over: %s\n", now);
	return false;
}

static bool still_works(void)
{
	struct bench bench;
	int err = bench_open(&bench);

	if (!err) {
		bench_copy(&bench, 1000, 7);
		err = bench_run(&bench);
		if (!err && !bench_copied(&bench, 1000, 7))
			err = -EILSEQ;
		bench_close(&bench);
	}
	if (err)
		printf("# the device does not work any more: %s\n", strerror(-err));
	return !err;
}

static void check(bool good, int number, const char *name, int *failed)
{
	printf("%sok %d %s\n", good ? "" : "not ", number, name);
	fflush(stdout);
	*failed |= !good;
}

static void report(uint64_t seed, double took)
{
	int i;

	printf("# seed %llu: %llu calls in %.1f s, %llu succeeded;", (unsigned long long)seed,
	       (unsigned long long)shared->calls, took, (unsigned long long)shared->good);
	for (i = 1; i < 256; i++)
		if (shared->errors[i])
			printf(" %s %llu", strerrorname_np(i) ?: "?",
			       (unsigned long long)shared->errors[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	char before[512] = "", *end;
	uint64_t seed, random, limit;
	bool timed, stock, good = true;
	int failed = 0, fd;
	double begun;

	if (argc != 3) {
		fprintf(stderr, "usage: fuzz_ioctl SEED COUNT|SECONDSs\n");
		return 2;
	}
	seed = random = strtoull(argv[1], NULL, 0);
	limit = strtoull(argv[2], &end, 0);
	timed = *end == 's';
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	fd = client_open();
	if (fd < 0 || shared == MAP_FAILED) {
		fprintf(stderr, "fuzz_ioctl: no device\n");
		return 2;
	}
	close(fd);
	printf("TAP version 13\n1..3\n# seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	stock = take_stock(before, sizeof(before));
	begun = seconds();
	while (good && (timed ? seconds() < begun + limit : shared->calls < limit)) {
		uint64_t process = next(&random);
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (!pid)
			run_process(process);
		good = pid > 0 && watch(pid, one_in(&process, 2) ? 1 + below(&process, 500) : 0);
	}
	report(seed, seconds() - begun);
	check(good, 1, "fuzz.every_process_ends", &failed);
	if (stock)
		check(nothing_left(before), 2, "fuzz.nothing_is_left", &failed);
	else
		printf("ok 2 fuzz.nothing_is_left # SKIP no statistics in debugfs\n");
	check(still_works(), 3, "fuzz.the_device_still_works", &failed);
	return failed;
}
