/* SPDX-License-Identifier: MIT */
/* NumPy's .npy files: little-endian, C order. */
#ifndef NPU_TOOL_NPY_H
#define NPU_TOOL_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npu.h"

#define NPY_MAX_RANK 16

struct npy {
	npu_dtype dtype;
	int rank;
	uint64_t dims[NPY_MAX_RANK];
	size_t offset;		/* of the data in the file */
	size_t bytes;
};

bool npy_has_magic(const uint8_t *data, size_t size);
/* Survives any input.  False, with the reason in error, if it cannot be used. */
bool npy_parse(const uint8_t *data, size_t size, struct npy *npy, char *error, size_t error_size);
/* Writes the header of a file into out; returns its size, at most NPY_HEADER_MAX. */
#define NPY_HEADER_MAX 1024
size_t npy_header(uint8_t out[NPY_HEADER_MAX], npu_dtype dtype, int rank, const uint64_t *dims);

#endif
