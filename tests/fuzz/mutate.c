// SPDX-License-Identifier: MIT
/*
 * Runs a fuzz target on many damaged copies of good files, always the same ones for
 * the same seed.  Most copies are damaged lightly, so that many get past the first
 * checks and reach the code behind them; how many is reported, and too few is a
 * failure, as is a copy that takes too long or too much memory.
 */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

static const struct target {
	const char *name;
	int (*run)(const uint8_t *data, size_t size);
} targets[] = {
#define X(name) { #name, fuzz_##name },
	FUZZ_TARGETS(X)
#undef X
};

/* Room for what insertions add. */
#define MAX_FILE	(1 << 20)
#define MAX_FILES	1024

struct file {
	const char *path;
	uint8_t *data;
	size_t size;
};

static struct file files[MAX_FILES];
static int num_files;

/* What is running now, for the last words of a crash. */
static struct {
	const char *target, *save;
	uint64_t seed;
	long long number;
	const uint8_t *data;
	size_t size;
} now;

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("mutate: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

/* ---- random numbers ------------------------------------------------------- */

/* splitmix64: a state can be set to anything, so every mutant has its own start. */
static uint64_t state;

static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static size_t below(size_t n)
{
	return n ? (size_t)(next() % n) : 0;
}

/* ---- mutations ------------------------------------------------------------ */

static const uint32_t interesting[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 31, 32, 64, 127, 128, 255, 256, 1000, 4096,
	32767, 32768, 65535, 65536, 1 << 20, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000,
	0xffffffff, 0xfffffffe, 0xffffff80, 0xffff8000, 0x7f800000, 0x7fc00000, 0x00000001,
	0x3f800000, 0x33800000, 0x4b000000,
};

static void mutate_byte(uint8_t *data, size_t size)
{
	uint8_t *p = &data[below(size)];

	switch (below(3)) {
	case 0: *p ^= (uint8_t)(1u << below(8)); break;
	case 1: *p = (uint8_t)next(); break;
	default: *p = (uint8_t)(*p + 1 - 2 * below(2)); break;
	}
}

/* Numbers in files are mostly aligned words: sizes, offsets, floats. */
static void mutate_word(uint8_t *data, size_t size)
{
	size_t pos = 4 * below(size / 4);
	uint32_t word;

	if (size < 4)
		return;
	memcpy(&word, data + pos, 4);
	switch (below(5)) {
	case 0:
		word = interesting[below(sizeof(interesting) / sizeof(interesting[0]))];
		break;
	case 1:
		word += (uint32_t)below(33) - 16;
		break;
	case 2:
		word = below(2) ? word << below(4) : word >> below(4);
		break;
	case 3:	/* a float's exponent, or a large number's middle */
		word += (uint32_t)((below(17) - 8) << 23);
		break;
	default: /* a word from elsewhere in the file */
		memcpy(&word, data + 4 * below(size / 4), 4);
		break;
	}
	memcpy(data + pos, &word, 4);
}

/* A word that already looks like a small number: a size, an axis, an index, a flag. */
static void mutate_small(uint8_t *data, size_t size)
{
	int tries;

	if (size < 4)
		return;
	for (tries = 0; tries < 50; tries++) {
		size_t pos = 4 * below(size / 4);
		int32_t word;

		memcpy(&word, data + pos, 4);
		if (word < -1 || word > 16)
			continue;
		word = (int32_t)below(18) - 1;
		memcpy(data + pos, &word, 4);
		return;
	}
}

/* A run of random bytes: weights. */
static void mutate_run(uint8_t *data, size_t size)
{
	size_t length = 1 + below(5), pos = below(size), i;

	for (i = pos; i < size && i < pos + length; i++)
		data[i] = (uint8_t)next();
}

static void mutate_copy(uint8_t *data, size_t size)
{
	size_t length = 4 * (1 + below(8)), from, to;

	if (size < length)
		return;
	from = 4 * below((size - length) / 4 + 1);
	to = 4 * below((size - length) / 4 + 1);
	memmove(data + to, data + from, length);
}

/* The head of one file and the tail of another. */
static size_t mutate_splice(uint8_t *data, size_t size)
{
	const struct file *other = &files[below((size_t)num_files)];
	size_t head = below(size), from = below(other->size), tail = other->size - from;

	if (tail > MAX_FILE - head)
		tail = MAX_FILE - head;
	memcpy(data + head, other->data + from, tail);
	return head + tail;
}

static size_t mutate_size(uint8_t *data, size_t size)
{
	size_t pos = below(size), length = 4 * (1 + below(4));

	if (below(2))
		return below(8) ? size - below(size < 64 ? size : 64) : pos;
	if (size + length > MAX_FILE)
		return size;
	memmove(data + pos + length, data + pos, size - pos);
	return size + length;
}

static size_t mutate_once(uint8_t *data, size_t size)
{
	size_t kind = below(100);

	if (!size)
		return 0;
	if (kind < 35)
		mutate_byte(data, size);
	else if (kind < 60)
		mutate_word(data, size);
	else if (kind < 83)
		mutate_small(data, size);
	else if (kind < 93)
		mutate_run(data, size);
	else if (kind < 97)
		mutate_copy(data, size);
	else if (kind < 98)
		return mutate_splice(data, size);
	else
		return mutate_size(data, size);
	return size;
}

/* Mutant number n; the buffer has room for MAX_FILE bytes. */
static size_t make_mutant(uint64_t seed, long long n, uint8_t *buf)
{
	const struct file *file;
	size_t size;
	int times = 1;

	state = seed * 0x9e3779b97f4a7c15 + (uint64_t)n;
	next();
	file = &files[below((size_t)num_files)];
	size = file->size;
	memcpy(buf, file->data, size);
	while (times < 16 && below(4) == 0)
		times++;
	while (times--)
		size = mutate_once(buf, size);
	return size;
}

/* ---- running -------------------------------------------------------------- */

static void last_words(void)
{
	char path[4096];
	FILE *file;

	fprintf(stderr, "mutate: --target %s --seed %llu --first %lld --count 1 repeats this\n",
		now.target, (unsigned long long)now.seed, now.number);
	if (!now.save || !now.data)
		return;
	snprintf(path, sizeof(path), "%s/%s-%llu-%lld", now.save, now.target,
		 (unsigned long long)now.seed, now.number);
	file = fopen(path, "wb");
	if (file) {
		fwrite(now.data, 1, now.size, file);
		fclose(file);
		fprintf(stderr, "mutate: its input is in %s\n", path);
	}
}

/* The sanitizers end the process without a signal; without them this is not there. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void on_signal(int number)
{
	signal(number, SIG_DFL);
	if (number == SIGALRM)
		fputs("mutate: the target does not come to an end\n", stderr);
	last_words();
	if (number == SIGALRM)
		_exit(1);
	raise(number);
}

/* Of processors, which others that run here do not take from it. */
static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static long peak_mib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

/* Runs on a copy of exactly the input's size, so that an overrun is seen. */
static int run(const struct target *target, const uint8_t *data, size_t size, double *took)
{
	uint8_t *copy = malloc(size ? size : 1);
	double start;
	int taken;

	if (!copy)
		die("out of memory");
	memcpy(copy, data, size);
	now.data = copy;
	now.size = size;
	alarm(600);
	start = seconds();
	taken = target->run(copy, size);
	*took = seconds() - start;
	alarm(0);
	now.data = NULL;
	free(copy);
	return taken;
}

static void read_seed(const char *path)
{
	struct file *f = &files[num_files];
	uint8_t *data = malloc(MAX_FILE);
	FILE *in = fopen(path, "rb");

	if (num_files == MAX_FILES)
		die("too many files");
	if (!in || !data)
		die("%s cannot be read", path);
	f->path = path;
	f->data = data;
	f->size = fread(data, 1, MAX_FILE, in);
	fclose(in);
	if (!f->size || f->size == MAX_FILE)
		die("%s: empty, or larger than %d bytes", path, MAX_FILE);
	num_files++;
}

static void usage(void)
{
	size_t i;

	fputs("usage: mutate --target NAME [--seed N] [--first N] [--count N] [--least PERCENT]\n"
	      "              [--seconds S] [--memory MIB] [--save FOLDER] FILE...\n"
	      "targets:", stderr);
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		fprintf(stderr, " %s", targets[i].name);
	fputc('\n', stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "target", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' },
		{ "first", required_argument, NULL, 'f' },
		{ "count", required_argument, NULL, 'c' },
		{ "least", required_argument, NULL, 'l' },
		{ "seconds", required_argument, NULL, 'x' },
		{ "memory", required_argument, NULL, 'm' },
		{ "save", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	const struct target *target = NULL;
	long long first = 0, count = 10000, n, taken = 0, slow = 0;
	double limit = 1, took, longest = 0, least = 20, share;
	long memory = 2048, before;
	uint8_t *buf;
	size_t i;
	int c;

	now.seed = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 't':
			for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
				if (!strcmp(targets[i].name, optarg))
					target = &targets[i];
			break;
		case 's': now.seed = strtoull(optarg, NULL, 0); break;
		case 'f': first = atoll(optarg); break;
		case 'c': count = atoll(optarg); break;
		case 'l': least = atof(optarg); break;
		case 'x': limit = atof(optarg); break;
		case 'm': memory = atol(optarg); break;
		case 'o': now.save = optarg; break;
		default: usage();
		}
	}
	if (!target || optind == argc || count < 1)
		usage();
	for (; optind < argc; optind++)
		read_seed(argv[optind]);
	now.target = target->name;
	signal(SIGALRM, on_signal);
	signal(SIGABRT, on_signal);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(last_words);

	for (i = 0; i < (size_t)num_files; i++)
		if (!run(target, files[i].data, files[i].size, &took))
			die("%s: the target refuses it undamaged", files[i].path);
	before = peak_mib();
	buf = malloc(MAX_FILE + 64);
	if (!buf)
		die("out of memory");
	for (n = first; n < first + count; n++) {
		size_t size = make_mutant(now.seed, n, buf);

		now.number = n;
		taken += run(target, buf, size, &took);
		if (took > longest)
			longest = took;
		if (took > limit) {
			slow++;
			fprintf(stderr, "mutate: number %lld took %.1f s\n", n, took);
			last_words();
		}
		if (peak_mib() > before + memory) {
			fprintf(stderr, "mutate: number %lld needs more than %ld MiB\n", n, memory);
			last_words();
			return 1;
		}
	}
	share = 100.0 * (double)taken / (double)count;
	printf("%s: seed %llu, %lld mutants of %d files, %lld taken (%.1f %%), longest %.3f s, "
	       "%ld MiB\n", target->name, (unsigned long long)now.seed, count, num_files, taken,
	       share, longest, peak_mib());
	free(buf);
	for (i = 0; i < (size_t)num_files; i++)
		free(files[i].data);
	if (count >= 100 && share < least)
		fprintf(stderr, "mutate: less than %.0f %% got past the reader\n", least);
	return slow || (count >= 100 && share < least);
}
