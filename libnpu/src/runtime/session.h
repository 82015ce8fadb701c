/* SPDX-License-Identifier: MIT */
/* A program on a device; what npu_compare() and tests need beyond <npu.h>. */
#ifndef NPU_RUNTIME_SESSION_H
#define NPU_RUNTIME_SESSION_H

#include "compile/program.h"
#include "runtime/device.h"

/* Regions of a job, and where they are. */
struct npu_session_region {
	struct npu_memory memory;	/* none if it is empty */
	uint32_t va, size;
};

struct npu_session {
	npu_device *device;
	const npu_program *program;
	bool ran;			/* the last inference succeeded */
	/* Where each tensor is between steps, or NULL. */
	void **data;
	void **step_data;		/* for one CPU step */
	/* "cpu" */
	void *memory;
	/* on a device */
	void *space, *queue;
	int num_regions;
	struct npu_session_region *region;
	struct npu_session_region trace;
	/* Of the last inference: */
	npu_layer_profile *layers;
	npu_profile profile;
};

/*
 * The bytes of a tensor after an inference: on "cpu" of every one, else of those that have a
 * binding, and of constants.  NPU_ERR_INVALID if it is nowhere.  A place that several tensors
 * share in turn has the last one's.
 */
npu_status npu_session_read_tensor(const npu_session *session, int tensor, void *buf);

/*
 * npu_compare() without the compilation: what the session leaves in memory against the
 * reference kernels over model.
 */
npu_status npu_compare_session(npu_session *session, const struct npu_graph *model,
			       const void *const *inputs, npu_comparison *result);

/* Cache maintenance of a region, where it takes any: who comes next. */
npu_status npu_session_sync(const npu_session *session, const struct npu_session_region *region,
			    bool to_device);

/* session_job.c: one step of the program; both fill in the profile. */
npu_status npu_session_job(npu_session *session, int step);
npu_status npu_session_cpu_step(npu_session *session, int step);
/* Sets the PROFILE flag in the resident commands; returns the largest number in one job. */
uint32_t npu_session_mark_commands(const npu_program *program, uint8_t *code);

/* session_profile.c */
void npu_session_profile_reset(npu_session *session);
/* After a job: from its record, its trace and the model's counters. */
void npu_session_profile_job(npu_session *session, int step,
			     const struct onpu_fw_completion *record);
void npu_session_profile_cpu(npu_session *session, int step);
void npu_session_profile_finish(npu_session *session);
/* The layer to which the command at an offset in the code belongs, or -1. */
int npu_session_layer_at(const npu_program *program, int step, uint32_t offset);

#endif
