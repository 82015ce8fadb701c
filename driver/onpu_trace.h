/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM onpu

#if !defined(_ONPU_TRACE_H_) || defined(TRACE_HEADER_MULTI_READ)
#define _ONPU_TRACE_H_

#include <linux/tracepoint.h>

#include "onpu_job.h"
#include "onpu_queue.h"
#include "onpu_slot.h"

/* A stage of a job's life, in the order of the events below. */
DECLARE_EVENT_CLASS(onpu_job,
	TP_PROTO(const struct onpu_job *job),
	TP_ARGS(job),
	TP_STRUCT__entry(
		__field(u32, slot)
		__field(u64, context)
		__field(u64, seqno)
		__field(u64, cookie)
	),
	TP_fast_assign(
		__entry->slot = job->queue->slot->index;
		__entry->context = job->queue->fence_context;
		__entry->seqno = job->seqno;
		__entry->cookie = job->cookie;
	),
	TP_printk("slot=%u context=%llu seqno=%llu cookie=%#llx", __entry->slot,
		  __entry->context, __entry->seqno, __entry->cookie)
);

/* User space gave it to the kernel. */
DEFINE_EVENT(onpu_job, onpu_job_submit,
	TP_PROTO(const struct onpu_job *job),
	TP_ARGS(job)
);

/* Its fences are there: it goes to the ring, or waits for a device that boots. */
DEFINE_EVENT(onpu_job, onpu_job_run,
	TP_PROTO(const struct onpu_job *job),
	TP_ARGS(job)
);

/* Firmware reported it, or it ended without having been there.  In cycles of the device. */
TRACE_EVENT(onpu_job_done,
	TP_PROTO(const struct onpu_job *job, s32 status),
	TP_ARGS(job, status),
	TP_STRUCT__entry(
		__field(u32, slot)
		__field(u64, context)
		__field(u64, seqno)
		__field(u64, cookie)
		__field(s32, status)
		__field(u64, queued)
		__field(u64, start)
		__field(u64, end)
		__field(u64, done)
		__field(u64, busy)
	),
	TP_fast_assign(
		__entry->slot = job->queue->slot->index;
		__entry->context = job->queue->fence_context;
		__entry->seqno = job->seqno;
		__entry->cookie = job->cookie;
		__entry->status = status;
		__entry->queued = le64_to_cpu(job->record.queued_cycle);
		__entry->start = le64_to_cpu(job->record.start_cycle);
		__entry->end = le64_to_cpu(job->record.end_cycle);
		__entry->done = le64_to_cpu(job->record.done_cycle);
		__entry->busy = le64_to_cpu(job->record.busy_cycles);
	),
	TP_printk("slot=%u context=%llu seqno=%llu cookie=%#llx status=%d cycles=%llu,%llu,%llu,%llu busy=%llu",
		  __entry->slot, __entry->context, __entry->seqno, __entry->cookie,
		  __entry->status, __entry->queued, __entry->start, __entry->end, __entry->done,
		  __entry->busy)
);

TRACE_EVENT(onpu_job_fault,
	TP_PROTO(const struct onpu_job *job, u32 code),
	TP_ARGS(job, code),
	TP_STRUCT__entry(
		__field(u32, slot)
		__field(u64, context)
		__field(u64, seqno)
		__field(u64, cookie)
		__field(u32, code)
		__field(u32, engine)
		__field(u32, stream_offset)
		__field(u32, va)
		__field(u32, write)
	),
	TP_fast_assign(
		__entry->slot = job->queue->slot->index;
		__entry->context = job->queue->fence_context;
		__entry->seqno = job->seqno;
		__entry->cookie = job->cookie;
		__entry->code = code;
		__entry->engine = job->record.engine;
		__entry->stream_offset = le32_to_cpu(job->record.stream_offset);
		__entry->va = le32_to_cpu(job->record.va);
		__entry->write = job->record.write;
	),
	TP_printk("slot=%u context=%llu seqno=%llu cookie=%#llx code=%u engine=%u stream_offset=%u va=%#x write=%u",
		  __entry->slot, __entry->context, __entry->seqno, __entry->cookie,
		  __entry->code, __entry->engine, __entry->stream_offset, __entry->va,
		  __entry->write)
);

/* Firmware was asked to end all jobs of a slot up to @seq. */
TRACE_EVENT(onpu_kill,
	TP_PROTO(u32 slot, u32 seq, u32 jobs),
	TP_ARGS(slot, seq, jobs),
	TP_STRUCT__entry(
		__field(u32, slot)
		__field(u32, seq)
		__field(u32, jobs)
	),
	TP_fast_assign(
		__entry->slot = slot;
		__entry->seq = seq;
		__entry->jobs = jobs;
	),
	TP_printk("slot=%u seq=%u jobs=%u", __entry->slot, __entry->seq, __entry->jobs)
);

TRACE_EVENT(onpu_reset,
	TP_PROTO(const char *reason, u32 ended, int result),
	TP_ARGS(reason, ended, result),
	TP_STRUCT__entry(
		__string(reason, reason)
		__field(u32, ended)
		__field(int, result)
	),
	TP_fast_assign(
		__assign_str(reason);
		__entry->ended = ended;
		__entry->result = result;
	),
	TP_printk("reason=\"%s\" ended=%u result=%d", __get_str(reason), __entry->ended,
		  __entry->result)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE onpu_trace
#include <trace/define_trace.h>
