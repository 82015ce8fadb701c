// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "device.h"
#include "onpu_fw.h"
#include "onpu_pci.h"
#include "regs/onpu_regs.h"

/* Quiet for so long, and asleep at its end, is idle.  Above what any access to memory takes. */
#define QUIET_CYCLES 16384
/* Firmware that does not look after a doorbell is given time to be found dead. */
#define RUNG_CYCLES ((ONPU_FW_HEARTBEATS_DEAD + 4ull) * ONPU_FW_HEARTBEAT_CYCLES)
/* Who looks at the clock sees it move, and firmware's heart beat. */
#define LOOK_CYCLES ((uint64_t)ONPU_FW_HEARTBEAT_CYCLES)

#define SLICE_MIN 64
#define SLICE_MAX 65536
#define SLICE_NS 500000
/* Clock of 200 MHz: waiting costs the functional model nothing, and would run away. */
#define CYCLE_NS 5

/* Cycles after which the line has followed a write. */
#define LINE_CYCLES 16

void device_log(const struct device *device, const char *format, ...)
{
	va_list args;

	if (!device->log)
		return;
	fprintf(device->log, "%" PRIu64 " ", device->cycles);
	va_start(args, format);
	vfprintf(device->log, format, args);
	va_end(args);
	fputc('\n', device->log);
	fflush(device->log);
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void stay_awake(struct device *device, uint64_t cycles)
{
	if (device->awake_until < device->cycles + cycles)
		device->awake_until = device->cycles + cycles;
}

/* ---- what the model sees ---------------------------------------------------------- */

static void accessed(struct device *device)
{
	if (device->rung) {
		device->rung = false;
		device->awake_until = device->cycles;
	}
	stay_awake(device, QUIET_CYCLES);
}

static int bus_read(void *ctx, uint64_t address, void *data, size_t size)
{
	struct device *device = ctx;

	accessed(device);
	if (!device->master) {
		device->dma.errors++;
		return -1;
	}
	return dma_read(&device->dma, address, data, size);
}

static int bus_write(void *ctx, uint64_t address, const void *data, size_t size)
{
	struct device *device = ctx;

	accessed(device);
	if (!device->master) {
		device->dma.errors++;
		return -1;
	}
	return dma_write(&device->dma, address, data, size);
}

static void line(void *ctx, bool level)
{
	struct device *device = ctx;

	device_log(device, "interrupt %d", level);
	interrupt_set_level(&device->interrupt, level);
}

/* ---- life ------------------------------------------------------------------------- */

static bool new_model(struct device *device)
{
	struct onpu_model_host host = { .ctx = device, .read = bus_read, .write = bus_write,
					.interrupt = line };
	const char *error = "out of memory";

	if (device->rtl)
		device->model = device->rtl->new_model(&host, &device->rtl->options, &error);
	else
		device->model = onpu_iss_new(device->preset, &host);
	if (!device->model)
		fprintf(stderr, "onpu-server: the model of the device cannot be made: %s\n", error);
	device->rung = false;
	device->due = 0;
	device->awake_until = device->cycles + QUIET_CYCLES;
	return device->model;
}

bool device_open(struct device *device)
{
	device->slice = SLICE_MIN;
	device->powered = true;
	return new_model(device);
}

void device_close(struct device *device)
{
	onpu_model_free(device->model);
	device->model = NULL;
	dma_unmap_all(&device->dma);
	interrupt_free(&device->interrupt);
}

bool device_reset(struct device *device)
{
	onpu_model_free(device->model);
	interrupt_set_level(&device->interrupt, false);
	device_log(device, "reset");
	return new_model(device);
}

void device_enable(struct device *device, bool powered, bool master, bool wired)
{
	device->powered = powered;
	device->master = powered && master;
	interrupt_enable(&device->interrupt, device->master, powered && wired);
}

static bool is_there(const struct device *device)
{
	return device->model && device->powered && !device->removed;
}

/* ---- registers -------------------------------------------------------------------- */

static uint32_t read_register(struct device *device, uint32_t offset)
{
	uint32_t value;

	device->mmio_reads++;
	if (offset >= ONPU_PCI_HOST_PAGE + ONPU_PCI_HOST_PAGE_SIZE)
		return 0;
	value = onpu_model_read(device->model, offset - ONPU_PCI_HOST_PAGE);
	if (offset == ONPU_HOST_CYCLE_LO || offset == ONPU_HOST_CYCLE_HI)
		stay_awake(device, LOOK_CYCLES);
	device_log(device, "read 0x%03x = 0x%08x", offset, value);
	return value;
}

/*
 * A message is sent when the line rises.  A cause that stays, or came between the interrupt and
 * its acknowledgement, keeps the line high, and nothing would rise any more.
 */
static void follow_line(struct device *device, uint64_t rises)
{
	device->cycles += onpu_model_run(device->model, LINE_CYCLES);
	if (device->interrupt.level && device->interrupt.rises == rises)
		interrupt_repeat(&device->interrupt);
}

static void write_register(struct device *device, uint32_t offset, uint32_t value)
{
	uint64_t rises = device->interrupt.rises;

	device->mmio_writes++;
	if (offset >= ONPU_PCI_HOST_PAGE + ONPU_PCI_HOST_PAGE_SIZE)
		return;
	device_log(device, "write 0x%03x = 0x%08x", offset, value);
	stay_awake(device, QUIET_CYCLES);
	if (offset == ONPU_HOST_DOORBELL) {
		device->doorbells++;
		device->rung = true;
		stay_awake(device, RUNG_CYCLES);
	}
	onpu_model_write(device->model, offset - ONPU_PCI_HOST_PAGE, value);
	if (offset == ONPU_HOST_IRQ_ACK || offset == ONPU_HOST_IRQ_ENABLE)
		follow_line(device, rises);
}

void device_read(struct device *device, uint32_t offset, void *data, uint32_t size)
{
	uint8_t *to = data;

	/* The host page has 32-bit accesses only; nobody answers others. */
	memset(to, 0xff, size);
	if (!is_there(device)) {
		device->mmio_reads++;
		return;
	}
	if (offset % 4 || size % 4) {
		device_log(device, "read 0x%03x of %u bytes: not of 32 bits", offset, size);
		return;
	}
	for (uint32_t i = 0; i < size; i += 4) {
		uint32_t value = read_register(device, offset + i);

		memcpy(to + i, &value, sizeof(value));
	}
}

void device_write(struct device *device, uint32_t offset, const void *data, uint32_t size)
{
	const uint8_t *from = data;

	if (!is_there(device)) {
		device->mmio_writes++;
		return;
	}
	if (offset % 4 || size % 4) {
		device_log(device, "write 0x%03x of %u bytes: not of 32 bits", offset, size);
		return;
	}
	for (uint32_t i = 0; i < size; i += 4) {
		uint32_t value;

		memcpy(&value, from + i, sizeof(value));
		write_register(device, offset + i, value);
	}
}

/* ---- time ------------------------------------------------------------------------- */

static bool is_active(struct device *device)
{
	uint32_t status = onpu_model_read(device->model, ONPU_HOST_STATUS);
	uint32_t boot = status & ONPU_HOST_STATUS_BOOT;

	return status & ONPU_HOST_STATUS_BUSY || boot == ONPU_HOST_STATUS_BOOT_LOADING ||
	       (boot == ONPU_HOST_STATUS_BOOT_RUNNING && !(status & ONPU_HOST_STATUS_ASLEEP));
}

bool device_runs(const struct device *device)
{
	return is_there(device) && device->cycles < device->awake_until;
}

uint64_t device_wait(const struct device *device)
{
	uint64_t now = clock_ns();

	return now < device->due ? device->due - now : 0;
}

/* As many cycles as take SLICE_NS, by how long the last ones took. */
static void adapt(struct device *device, uint64_t took)
{
	if (took < SLICE_NS / 2)
		device->slice *= 2;
	else if (took > SLICE_NS)
		device->slice /= 2;
	if (device->slice < SLICE_MIN)
		device->slice = SLICE_MIN;
	if (device->slice > SLICE_MAX)
		device->slice = SLICE_MAX;
}

void device_slice(struct device *device)
{
	uint64_t begin = clock_ns(), wanted = device->slice, done;

	done = onpu_model_run(device->model, wanted);
	device->cycles += done;
	if (done >= wanted)
		adapt(device, clock_ns() - begin);
	device->due = begin + done * CYCLE_NS;
	if (device->cycles >= device->awake_until) {
		device->rung = false;
		if (is_active(device))
			stay_awake(device, QUIET_CYCLES);
	}
}

uint64_t device_cycle(struct device *device)
{
	uint32_t hi, lo, again;

	if (!is_there(device))
		return UINT64_MAX;
	do {
		hi = onpu_model_read(device->model, ONPU_HOST_CYCLE_HI);
		lo = onpu_model_read(device->model, ONPU_HOST_CYCLE_LO);
		again = onpu_model_read(device->model, ONPU_HOST_CYCLE_HI);
	} while (hi != again);
	return (uint64_t)hi << 32 | lo;
}

void device_inject(struct device *device, enum onpu_inject what, uint64_t n)
{
	if (!device->model)
		return;
	if (device->rtl)
		device->rtl->inject(device->model, what, n);
	else
		onpu_iss_inject(device->model, what, n);
	stay_awake(device, QUIET_CYCLES);
}
