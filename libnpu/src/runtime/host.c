// SPDX-License-Identifier: MIT
/* Boot, health, and reset of the in-process device. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/crc32.h"
#include "host.h"
#include "ir/error.h"
#include "isa_fields.h"
#include "regs/onpu_regs.h"

/* Where things are in context 0. */
#define IMAGE_VA 0x01000000u
#define SHARED_VA 0x02000000u

/* What runs is compiled in; the image makes the boot hardware do its work. */
static const char build_text[] = "onpu native firmware";

uint32_t npu_host_read(struct npu_host *host, uint32_t offset)
{
	return onpu_model_read(host->model, offset);
}

void npu_host_write(struct npu_host *host, uint32_t offset, uint32_t value)
{
	onpu_model_write(host->model, offset, value);
}

static int bus_read(void *ctx, uint64_t address, void *data, size_t size)
{
	const struct npu_host *host = ctx;
	const uint8_t *from = npu_dram_at(&host->dram, address, size);

	if (!from)
		return -1;
	memcpy(data, from, size);
	return 0;
}

static int bus_write(void *ctx, uint64_t address, const void *data, size_t size)
{
	const struct npu_host *host = ctx;
	uint8_t *to = npu_dram_at(&host->dram, address, size);

	if (!to)
		return -1;
	memcpy(to, data, size);
	return 0;
}

static void interrupt(void *ctx, bool level)
{
	struct npu_host *host = ctx;

	if (level) {
		host->interrupted = true;
		host->interrupts++;
	}
}

/* The model tells what each command cost; whose job it was, the context says. */
static void watch(void *ctx, uint8_t context, const struct onpu_command_time *times, size_t count)
{
	struct npu_host *host = ctx;
	struct npu_vm *vm = host->vm[context];
	struct onpu_command_time *grown;

	if (!vm || !count)
		return;
	if (vm->num_times + count > vm->max_times) {
		size_t max = vm->num_times + count;

		grown = realloc(vm->times, max * sizeof(*grown));
		if (!grown) {
			vm->times_lost = true;
			return;
		}
		vm->times = grown;
		vm->max_times = max;
	}
	memcpy(vm->times + vm->num_times, times, count * sizeof(*times));
	vm->num_times += count;
}

static uint64_t cycle(struct npu_host *host)
{
	uint32_t hi, lo, again;

	do {
		hi = npu_host_read(host, ONPU_HOST_CYCLE_HI);
		lo = npu_host_read(host, ONPU_HOST_CYCLE_LO);
		again = npu_host_read(host, ONPU_HOST_CYCLE_HI);
	} while (hi != again);
	return (uint64_t)hi << 32 | lo;
}

uint64_t npu_host_cycle(struct npu_host *host)
{
	uint64_t now;

	pthread_mutex_lock(&host->lock);
	now = cycle(host);
	pthread_mutex_unlock(&host->lock);
	return now;
}

/* ---- boot ------------------------------------------------------------------------- */

/* For the control core of the RTL: what was built with it. */
static npu_status copy_image(struct npu_host *host)
{
	const void *image = host->rtl->firmware(&host->image_size);
	npu_status status = npu_dram_alloc(&host->dram, host->image_size, &host->image);

	if (status)
		return status;
	memcpy(host->image->data, image, host->image_size);
	return npu_vm_map_locked(host->vm[0], IMAGE_VA, host->image, false);
}

static npu_status make_image(struct npu_host *host)
{
	struct onpu_fw_image image = {
		.magic = ONPU_FW_IMAGE_MAGIC, .version = ONPU_FW_IMAGE_VERSION,
		.header_size = sizeof(image), .size = sizeof(build_text),
		.major = ONPU_FW_MAJOR, .minor = ONPU_FW_MINOR_MAX,
	};
	npu_status status = npu_dram_alloc(&host->dram, sizeof(image) + sizeof(build_text),
					   &host->image);

	if (status)
		return status;
	host->image_size = sizeof(image) + sizeof(build_text);
	image.crc = npu_crc32(0, build_text, sizeof(build_text));
	memcpy(image.build, build_text, sizeof(build_text) < sizeof(image.build) ?
	       sizeof(build_text) : sizeof(image.build));
	memcpy(host->image->data, &image, sizeof(image));
	memcpy(host->image->data + sizeof(image), build_text, sizeof(build_text));
	return npu_vm_map_locked(host->vm[0], IMAGE_VA, host->image, false);
}

/* Runs until firmware is in one of two states; what it says otherwise is the error. */
static npu_status wait_state(struct npu_host *host, uint32_t state)
{
	uint32_t boot = 0, now = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		onpu_model_run(host->model, 1000);
		npu_host_write(host, ONPU_HOST_IRQ_ACK, ONPU_HOST_IRQ_ACK_FIRMWARE);
		now = host->shared->hello.state;
		boot = npu_host_read(host, ONPU_HOST_STATUS) & ONPU_HOST_STATUS_BOOT;
		if (now == state)
			return NPU_OK;
		if (boot > ONPU_HOST_STATUS_BOOT_RUNNING || now == ONPU_FW_STATE_REFUSED ||
		    now == ONPU_FW_STATE_CRASHED)
			break;
	}
	switch (boot) {
	case ONPU_HOST_STATUS_BOOT_BAD_HEADER:
		return npu_fail(NPU_ERR_DEVICE, "the device refused the firmware image: header");
	case ONPU_HOST_STATUS_BOOT_BAD_CRC:
		return npu_fail(NPU_ERR_DEVICE,
				"the device refused the firmware image: it is damaged (CRC)");
	case ONPU_HOST_STATUS_BOOT_BAD_MEMORY:
		/* No access failed: it is the functional model that had no memory. */
		if (!host->rtl && !npu_host_read(host, ONPU_HOST_FAULT_STATUS))
			return npu_fail(NPU_ERR_NOMEM, "out of memory for the firmware image");
		return npu_fail(NPU_ERR_DEVICE,
				"the device could not read the firmware image (fault register 0x%08x, address 0x%08x)",
				npu_host_read(host, ONPU_HOST_FAULT_STATUS),
				npu_host_read(host, ONPU_HOST_FAULT_VA));
	}
	return npu_fail(NPU_ERR_DEVICE, "the firmware is in state %u instead of %u", now, state);
}

static npu_status check_hello(struct npu_host *host)
{
	struct onpu_fw_hello hello = host->shared->hello;
	unsigned int oldest = ONPU_FW_MINOR_MIN, newest = ONPU_FW_MINOR_MAX;

	if (hello.magic != ONPU_FW_HELLO_MAGIC)
		return npu_fail(NPU_ERR_DEVICE, "the firmware's HELLO is not one (0x%08x)",
				hello.magic);
	if (hello.major != ONPU_FW_MAJOR || hello.minor_min > newest || hello.minor_max < oldest)
		return npu_fail(NPU_ERR_VERSION,
				"firmware speaks interface %u.%u to %u.%u, this library %u.%u to %u.%u: "
				"update the older one",
				hello.major, hello.minor_min, hello.major, hello.minor_max,
				ONPU_FW_MAJOR, oldest, ONPU_FW_MAJOR, newest);
	if (hello.shared_size_lines != sizeof(*host->shared) / 64 ||
	    hello.descriptor_size != sizeof(struct onpu_fw_descriptor) ||
	    hello.completion_size != sizeof(struct onpu_fw_completion) ||
	    hello.queue_size != sizeof(struct onpu_fw_queue))
		return npu_fail(NPU_ERR_VERSION,
				"firmware %.32s and this library lay out memory differently",
				(const char *)hello.build);
	return NPU_OK;
}

static npu_status boot(struct npu_host *host)
{
	uint64_t table = host->contexts->bus;
	unsigned int newest = ONPU_FW_MINOR_MAX;
	npu_status status;

	npu_host_write(host, ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_FULL_RESET);
	memset(host->shared_memory->data, 0, host->shared_memory->size);
	host->completion_head = 0;
	host->interrupted = false;
	host->shared->config.magic = ONPU_FW_CONFIG_MAGIC;
	host->shared->config.size = (uint32_t)host->shared_memory->size;
	host->shared->config.completion_count = NPU_HOST_COMPLETIONS;
	npu_host_write(host, ONPU_HOST_CTX_TABLE_LO, (uint32_t)table);
	npu_host_write(host, ONPU_HOST_CTX_TABLE_HI, (uint32_t)(table >> 32));
	npu_host_write(host, ONPU_HOST_BOOT_VA, IMAGE_VA);
	npu_host_write(host, ONPU_HOST_BOOT_SIZE, (uint32_t)host->image_size);
	npu_host_write(host, ONPU_HOST_SHARED_VA, SHARED_VA);
	npu_host_write(host, ONPU_HOST_IRQ_ENABLE,
		       ONPU_HOST_IRQ_ENABLE_FIRMWARE | ONPU_HOST_IRQ_ENABLE_FATAL);
	npu_host_write(host, ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN);
	status = wait_state(host, ONPU_FW_STATE_HELLO);
	if (!status)
		status = check_hello(host);
	if (status)
		return status;
	if (newest > host->shared->hello.minor_max)
		newest = host->shared->hello.minor_max;
	host->shared->control.minor = newest;
	host->shared->control.request = ONPU_FW_REQUEST_RUN;
	npu_host_write(host, ONPU_HOST_DOORBELL, 0);
	return wait_state(host, ONPU_FW_STATE_RUNNING);
}

static npu_status check_device(struct npu_host *host)
{
	uint32_t id = npu_host_read(host, ONPU_HOST_ID);
	uint32_t version = npu_host_read(host, ONPU_HOST_VERSION);
	uint32_t isa = npu_host_read(host, ONPU_HOST_CONFIG) >> ONPU_HOST_CONFIG_ISA_MAJOR_SHIFT;

	if (id != ONPU_HOST_ID_VALUE)
		return npu_fail(NPU_ERR_DEVICE, "this is not an onpu (ID 0x%08x)", id);
	if (version >> ONPU_HOST_VERSION_MAJOR_SHIFT != ONPU_HOST_VERSION_MAJOR_VALUE)
		return npu_fail(NPU_ERR_VERSION, "the device has registers of version %u, this library knows %u",
				version >> ONPU_HOST_VERSION_MAJOR_SHIFT,
				(unsigned int)ONPU_HOST_VERSION_MAJOR_VALUE);
	if (isa != ONPU_ISA_MAJOR)
		return npu_fail(NPU_ERR_VERSION, "the device has commands of version %u, this library knows %u",
				isa, (unsigned int)ONPU_ISA_MAJOR);
	return NPU_OK;
}

static npu_status new_model(struct npu_host *host, const struct onpu_model_host *callbacks)
{
	const char *error = "out of memory";
	npu_status status = NPU_ERR_NOMEM;

	if (host->rtl) {
		status = NPU_ERR_DEVICE;
		host->model = host->rtl->new_model(callbacks, &host->rtl->options, &error);
		if (host->model)
			host->rtl->set_watch(host->model, watch, host);
	} else {
		host->model = onpu_iss_new(host->preset, callbacks);
		if (host->model)
			onpu_iss_set_watch(host->model, watch, host);
	}
	return host->model ? NPU_OK :
	       npu_fail(status, "the model of the device cannot be made: %s", error);
}

static npu_status open_host(struct npu_host *host)
{
	struct onpu_model_host callbacks = { .ctx = host, .read = bus_read, .write = bus_write,
					     .interrupt = interrupt };
	struct npu_vm *vm;
	npu_status status = npu_dram_open(&host->dram);

	if (status)
		return status;
	status = new_model(host, &callbacks);
	if (status)
		return status;
	status = check_device(host);
	if (!status)
		status = npu_dram_alloc(&host->dram, 8 * ONPU_FW_CONTEXTS, &host->contexts);
	if (!status)
		status = npu_vm_new_locked(host, 0, &vm);
	if (!status)
		status = npu_dram_alloc(&host->dram, ONPU_FW_SHARED_SIZE(NPU_HOST_COMPLETIONS),
					&host->shared_memory);
	if (status)
		return status;
	host->shared = (struct onpu_fw_shared *)host->shared_memory->data;
	status = npu_vm_map_locked(vm, SHARED_VA, host->shared_memory, true);
	if (!status)
		status = host->rtl ? copy_image(host) : make_image(host);
	if (!status)
		status = boot(host);
	return status;
}

npu_status npu_host_open(const struct onpu_preset *preset, struct npu_rtl *rtl,
			 struct npu_host **result)
{
	struct npu_host *host = calloc(1, sizeof(*host));
	npu_status status;

	*result = NULL;
	if (!host) {
		npu_rtl_close(rtl);
		return npu_fail(NPU_ERR_NOMEM, "out of memory for a device");
	}
	host->preset = preset;
	host->rtl = rtl;
	pthread_mutex_init(&host->lock, NULL);
	status = open_host(host);
	if (status) {
		npu_host_close(host);
		return status;
	}
	*result = host;
	return NPU_OK;
}

void npu_host_close(struct npu_host *host)
{
	if (!host)
		return;
	onpu_model_free(host->model);
	host->model = NULL;
	npu_rtl_close(host->rtl);
	if (host->vm[0])
		npu_vm_free_locked(host->vm[0]);
	npu_dram_close(&host->dram);
	pthread_mutex_destroy(&host->lock);
	free(host);
}

npu_status npu_host_alloc(struct npu_host *host, size_t size, struct npu_buffer **buffer)
{
	npu_status status;

	pthread_mutex_lock(&host->lock);
	status = npu_dram_alloc(&host->dram, size, buffer);
	pthread_mutex_unlock(&host->lock);
	return status;
}

void npu_host_free(struct npu_host *host, struct npu_buffer *buffer)
{
	pthread_mutex_lock(&host->lock);
	npu_dram_free(&host->dram, buffer);
	pthread_mutex_unlock(&host->lock);
}

/* ---- health ----------------------------------------------------------------------- */

/* Jobs in flight are lost, queues live on; nothing of theirs is in the device. */
static npu_status reset(struct npu_host *host)
{
	npu_status status;
	uint32_t i;

	host->resets++;
	for (i = 0; i < ONPU_FW_SLOTS; i++) {
		struct npu_queue *queue = host->queue[i];

		if (!queue)
			continue;
		for (; queue->head != queue->tail; queue->head++)
			queue->result[(queue->first_seq + queue->head) % ONPU_FW_DEPTH_MAX] =
				(struct npu_job_result){ .done = true, .lost = true };
	}
	/* Bursts in flight while the fabric's master goes away would hang a real bus. */
	npu_host_write(host, ONPU_HOST_CONTROL, ONPU_HOST_CONTROL_RUN | ONPU_HOST_CONTROL_FENCE);
	for (i = 0; i < 100; i++) {
		if (npu_host_read(host, ONPU_HOST_STATUS) & ONPU_HOST_STATUS_DRAINED)
			break;
		onpu_model_run(host->model, 1000);
	}
	status = boot(host);
	for (i = 0; i < ONPU_FW_SLOTS && !status; i++)
		if (host->queue[i])
			status = npu_queue_enable(host->queue[i]);
	if (status)
		host->dead = true;
	return status;
}

npu_status npu_host_lost(struct npu_host *host, const char *format, ...)
{
	bool gone = host->dead;
	va_list args;
	size_t used;

	va_start(args, format);
	vsnprintf(host->trouble, sizeof(host->trouble), format, args);
	va_end(args);
	used = strlen(host->trouble);
	if (!gone) {
		reset(host);
		snprintf(host->trouble + used, sizeof(host->trouble) - used,
			 host->dead ? "; the device was reset and does not come back" :
				      "; the device was reset");
	}
	return npu_fail(NPU_ERR_DEVICE, "%s", host->trouble);
}

/* Acknowledge first: what comes after it interrupts again. */
static void take_interrupt(struct npu_host *host)
{
	uint32_t causes = npu_host_read(host, ONPU_HOST_IRQ_STATUS);

	host->interrupted = false;
	npu_host_write(host, ONPU_HOST_IRQ_ACK, causes);
	if (causes == UINT32_MAX) {
		host->dead = true;
		npu_host_lost(host, "the device is gone");
	} else if (causes & ONPU_HOST_IRQ_STATUS_FATAL) {
		npu_host_lost(host, "the firmware crashed: code %u, detail %u, address 0x%08x",
			      npu_host_read(host, ONPU_HOST_FW_CRASH), host->shared->crash.detail,
			      host->shared->crash.address);
	}
}

void npu_host_step(struct npu_host *host, uint64_t cycles)
{
	uint64_t beat, now;

	if (host->dead)
		return;
	onpu_model_run(host->model, cycles);
	/* A line that is high although no edge was seen is a lost interrupt: look anyway. */
	take_interrupt(host);
	if (host->dead)
		return;
	npu_queue_drain(host);
	beat = host->shared->heartbeat.cycle;
	now = cycle(host);
	if (!host->dead && now > beat &&
	    now - beat > (uint64_t)ONPU_FW_HEARTBEATS_DEAD * ONPU_FW_HEARTBEAT_CYCLES &&
	    host->shared->hello.state == ONPU_FW_STATE_RUNNING)
		npu_host_lost(host, "the firmware stopped: no heartbeat for %llu cycles",
			      (unsigned long long)(now - beat));
}

void npu_host_run(struct npu_host *host, uint64_t cycles)
{
	uint64_t target;

	pthread_mutex_lock(&host->lock);
	target = cycle(host) + cycles;
	while (!host->dead && cycle(host) < target)
		npu_host_step(host, target - cycle(host));
	pthread_mutex_unlock(&host->lock);
}

npu_status npu_host_halt(struct npu_host *host)
{
	npu_status status;

	pthread_mutex_lock(&host->lock);
	host->shared->control.request = ONPU_FW_REQUEST_HALT;
	npu_host_write(host, ONPU_HOST_DOORBELL, 0);
	status = wait_state(host, ONPU_FW_STATE_HALTED);
	npu_queue_drain(host);
	pthread_mutex_unlock(&host->lock);
	return status;
}

void npu_host_describe(const struct onpu_fw_completion *record, char *text, size_t size)
{
	static const char *const bad[ONPU_FW_BAD_COUNT] = {
		"nothing", "sequence number", "context", "flags", "regions", "stream", "trace",
		"reserved field",
	};
	const char *fault = onpu_isa_name(onpu_isa_fault_names, record->fault);
	const char *engine = onpu_isa_name(onpu_isa_engine_names, record->engine);

	switch (record->status) {
	case ONPU_FW_OK:
		snprintf(text, size, "no fault");
		break;
	case ONPU_FW_FAULT:
		if (record->fault == ONPU_FAULT_MMU || record->fault == ONPU_FAULT_BUS)
			snprintf(text, size,
				 "fault %s, %s address 0x%08x, engine %s, command at offset %u of the stream",
				 fault, record->write ? "writing" : "reading", record->va, engine,
				 record->stream_offset);
		else
			snprintf(text, size,
				 "fault %s, engine %s, command at offset %u of the stream", fault,
				 engine, record->stream_offset);
		break;
	case ONPU_FW_KILLED:
		snprintf(text, size, "fault %s, command at offset %u of the stream", fault,
			 record->stream_offset);
		break;
	case ONPU_FW_ENGINE_RESET:
		snprintf(text, size,
			 "fault %s, the engines were reset (after %s), command at offset %u of the stream",
			 fault, onpu_isa_name(onpu_isa_fault_names, record->reason),
			 record->stream_offset);
		break;
	case ONPU_FW_BAD_DESCRIPTOR:
		snprintf(text, size, "the firmware refused the job: %s",
			 record->reason < ONPU_FW_BAD_COUNT ? bad[record->reason] : "?");
		break;
	case ONPU_FW_BAD_CONTEXT:
		snprintf(text, size, "the job's context has no page table");
		break;
	case ONPU_FW_SAVE_FAILED:
		snprintf(text, size, "the preempted job could not be restored");
		break;
	default:
		snprintf(text, size, "status %u", record->status);
		break;
	}
}
