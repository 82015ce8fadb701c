/* SPDX-License-Identifier: MIT */
/* What a fault_*.c needs beyond client.h: the host's hand on the device, and the system's files. */
#ifndef ONPU_KSELFTEST_HOST_H
#define ONPU_KSELFTEST_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "client.h"

/*
 * Asks tests/guest/hand.py, on the host, to do something: a line for the device server's control
 * socket ("inject hang 1"), or "qmp COMMAND {ARGUMENTS}".  Returns when it is done;
 * false, with a message, if it was refused or is not done soon.  answer may be NULL.
 */
bool host_do(const char *command, char *answer, size_t size);
/* The same without an answer, for which the folder is needed that hand.py and the guest share. */
void host_tell(const char *command);

/* A file of sysfs, debugfs: its text without the newline; false if it cannot be read. */
bool file_read(const char *path, char *text, size_t size);
/* 0 or a negative errno. */
int file_write(const char *path, const char *text);
/* The same below the device's directory in sysfs. */
bool device_read(const char *name, char *text, size_t size);
int device_write(const char *name, const char *text);
/* "0000:00:03.0" */
const char *device_name(void);
/* A counter of the driver's statistics in debugfs, or -1. */
long long driver_stat(const char *name);
/* Whether the kernel has said that, since log_mark(). */
void log_mark(void);
bool log_has(const char *text);

/* Uevents, from now on: a socket, or a negative errno. */
int uevent_open(void);
/* Whether one with that text ("WEDGED=none") comes within that many ms; others are dropped. */
bool uevent_has(int fd, const char *text, unsigned int ms);

/* Copies the dump, if there is one, to /host/NAME and removes it; its bytes, or -1. */
long dump_save(const char *name);

/* Runs a shell command: its exit status. */
int shell(const char *command);

/* Loads /modules/FILE or unloads a module: 0 or a negative errno. */
int module_load(const char *file);
int module_unload(const char *name);

/* ---- jobs -------------------------------------------------------------------------- */

/*
 * As bench_copy(), behind that many rounds of about a million cycles, each with a point where the job
 * can be preempted.  They take 5 ms each at least, however quick the machine is.
 */
void bench_spin_copy(struct bench *bench, uint32_t rounds, uint32_t size, uint32_t seed);
#define BENCH_ROUNDS_MAX 400u
/* Submits n such jobs; returns when the first one, which gets that number, is on the engines. */
int bench_begin(struct bench *bench, uint32_t n, uint64_t *first);
/* Its queue becomes one of that priority. */
int bench_set_priority(struct bench *bench, uint32_t priority);
/* Whether a copy by the bench's queue is done, and right. */
bool bench_works(struct bench *bench);

#endif
