/* SPDX-License-Identifier: MIT */
#ifndef NPU_IR_SAVE_H
#define NPU_IR_SAVE_H

#include <stddef.h>

#include "npu.h"

/*
 * A file that appears whole under its path or not at all: what is written goes to a temporary one
 * beside it, npu_file_commit() puts that in place.  What is there already and is no regular file,
 * a pipe or a device, cannot be replaced and is written as the data come.
 */
struct npu_file {
	const char *path;	/* the caller's */
	char *target;		/* what a symbolic link points to */
	char *temporary;	/* NULL: none, or not any more */
	int fd;
};

/* path must not be empty.  npu_file_close() is needed in any case, and more often does no harm. */
npu_status npu_file_create(struct npu_file *file, const char *path);
npu_status npu_file_write(struct npu_file *file, const void *data, size_t size);
npu_status npu_file_commit(struct npu_file *file);
/* What was not committed is gone. */
void npu_file_close(struct npu_file *file);

/* All of this at once. */
npu_status npu_save(const char *path, const void *data, size_t size);

/*
 * For a signal that ends the process: removes the temporary files that are being written.  It may
 * be called from a signal's handler.
 */
void npu_file_remove_temporaries(void);

#endif
