/* SPDX-License-Identifier: MIT */
/* The library without its locks, for tests/unit/test_races.py: -include it. */
#ifndef TESTS_PLANTED_RACES_H
#define TESTS_PLANTED_RACES_H

#include <pthread.h>

#define pthread_mutex_lock(mutex) ((void)(mutex))
#define pthread_mutex_unlock(mutex) ((void)(mutex))

#endif
