/* SPDX-License-Identifier: MIT */
/* Firmware that writes nonsense into the completion ring: what a host has to withstand. */
#ifndef ONPU_LIE_H
#define ONPU_LIE_H

#include <stddef.h>
#include <stdint.h>

#include "onpu_fw.h"

/* Names in the order of their numbers, which count from 1; NULL behind the last one. */
const char *onpu_lie_name(uint64_t lie);
/* The number of a name; 0: there is none. */
uint64_t onpu_lie_by_name(const char *name);

/*
 * What is written instead of data, in copy, if the write at that offset of the shared block is the
 * one that the lie is about; else NULL.
 */
const void *onpu_lie_tell(uint64_t lie, uint32_t offset, const void *data, uint32_t size,
			  struct onpu_fw_completion *copy);

#endif
