// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "onpu_pci.h"
#include "protocol.h"

/* The fixed part of a request; EINVAL if it is not all there. */
static int take(const struct connection *connection, void *request, size_t size)
{
	if (connection->body_size < size)
		return EINVAL;
	memcpy(request, connection->body, size);
	return 0;
}

static void answer(struct connection *connection, const void *data, size_t size)
{
	memcpy(connection->answer + connection->answer_size, data, size);
	connection->answer_size += size;
}

/* The function's registers have changed: what the device may do follows. */
static void apply(struct device *device, const struct pci *pci)
{
	device_enable(device, pci_is_powered(pci), pci_is_master(pci), pci_is_wired(pci));
}

static int reset(struct device *device, struct pci *pci, bool keep_power)
{
	bool good;

	pci_reset(pci, keep_power);
	good = device_reset(device);
	apply(device, pci);
	return good ? 0 : EIO;
}

static int do_version(struct connection *connection)
{
	static const char capabilities[] =
		"{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,"
		"\"pgsizes\":4096,\"max_dma_maps\":4096}}";
	struct vfio_user_version version;
	int error = take(connection, &version, sizeof(version));

	_Static_assert(CONNECTION_FDS == 8 && CONNECTION_DATA == 1048576 &&
		       DMA_REGIONS_MAX == 4096, "what the capabilities say");
	if (error)
		return error;
	if (version.major != 0) {
		fprintf(stderr, "onpu-server: the peer speaks vfio-user %u.%u, this server 0.0\n",
			version.major, version.minor);
		return EPROTONOSUPPORT;
	}
	/* What the peer can do is of no interest: this side sends no requests. */
	version.minor = 0;
	answer(connection, &version, sizeof(version));
	answer(connection, capabilities, sizeof(capabilities));
	return 0;
}

static int do_dma_map(struct connection *connection, struct device *device)
{
	struct vfio_user_dma_map map;
	int fd = connection->num_fds ? connection->fds[0] : -1;
	int error = take(connection, &map, sizeof(map));

	if (!error && (map.flags & ~(VFIO_USER_DMA_READ | VFIO_USER_DMA_WRITE) ||
		       connection->num_fds > 1))
		error = EINVAL;
	if (error)
		return error;
	error = dma_map(&device->dma, map.address, map.size, fd, map.offset,
			map.flags & VFIO_USER_DMA_READ, map.flags & VFIO_USER_DMA_WRITE);
	device_log(device, "map 0x%" PRIx64 " 0x%" PRIx64 " bytes%s: %s", map.address, map.size,
		   fd < 0 ? ", no memory" : "", strerror(error));
	return error;
}

static int do_dma_unmap(struct connection *connection, struct device *device)
{
	struct vfio_user_dma_unmap unmap;
	int error = take(connection, &unmap, sizeof(unmap));

	if (error)
		return error;
	if (unmap.flags == VFIO_USER_UNMAP_ALL && !unmap.address && !unmap.size)
		dma_unmap_all(&device->dma);
	else
		error = unmap.flags ? EINVAL :
			dma_unmap(&device->dma, unmap.address, unmap.size);
	device_log(device, "unmap 0x%" PRIx64 " 0x%" PRIx64 " bytes: %s", unmap.address,
		   unmap.size, strerror(error));
	if (!error)
		answer(connection, &unmap, sizeof(unmap));
	return error;
}

static int do_device_info(struct connection *connection)
{
	struct vfio_user_device_info info;
	int error = take(connection, &info, sizeof(info));

	if (error)
		return error;
	if (info.argsz < sizeof(info))
		return EINVAL;
	info = (struct vfio_user_device_info){
		.argsz = sizeof(info), .flags = VFIO_USER_DEVICE_RESETS | VFIO_USER_DEVICE_PCI,
		.regions = VFIO_USER_REGIONS, .irqs = VFIO_USER_IRQS,
	};
	answer(connection, &info, sizeof(info));
	return 0;
}

static uint32_t region_size(uint32_t region)
{
	switch (region) {
	case VFIO_USER_REGION_BAR0:
		return ONPU_PCI_BAR_SIZE;
	case VFIO_USER_REGION_CONFIG:
		return PCI_CONFIG_SIZE;
	}
	return 0;
}

static int do_region_info(struct connection *connection)
{
	struct vfio_user_region_info info;
	int error = take(connection, &info, sizeof(info));

	if (error)
		return error;
	if (info.argsz < sizeof(info) || info.index >= VFIO_USER_REGIONS)
		return EINVAL;
	info = (struct vfio_user_region_info){
		.argsz = sizeof(info), .index = info.index, .size = region_size(info.index),
		.offset = (uint64_t)info.index << 40,
	};
	if (info.size)
		info.flags = VFIO_USER_REGION_READABLE | VFIO_USER_REGION_WRITABLE;
	answer(connection, &info, sizeof(info));
	return 0;
}

static int do_irq_info(struct connection *connection, const struct device *device)
{
	struct vfio_user_irq_info info;
	int error = take(connection, &info, sizeof(info));

	if (error)
		return error;
	if (info.argsz < sizeof(info) || info.index >= VFIO_USER_IRQS)
		return EINVAL;
	info.argsz = sizeof(info);
	interrupt_info(&device->interrupt, &info);
	answer(connection, &info, sizeof(info));
	return 0;
}

static int do_set_irqs(struct connection *connection, struct device *device)
{
	struct vfio_user_set_irqs request;
	int error = take(connection, &request, sizeof(request));

	if (error)
		return error;
	error = interrupt_set(&device->interrupt, &request, connection->body + sizeof(request),
			      connection->body_size - sizeof(request), connection->fds,
			      connection->num_fds);
	device_log(device, "interrupts %u: flags 0x%x, %u from %u, %zu descriptors: %s",
		   request.index, request.flags, request.count, request.start,
		   connection->num_fds, strerror(error));
	return error;
}

static int take_access(const struct connection *connection, struct vfio_user_access *access)
{
	int error = take(connection, access, sizeof(*access));
	uint32_t size;

	if (error)
		return error;
	size = region_size(access->region);
	if (!access->count || access->count > size || access->offset > size - access->count)
		return EINVAL;
	return 0;
}

static int do_read(struct connection *connection, struct device *device, struct pci *pci)
{
	struct vfio_user_access access;
	int error = take_access(connection, &access);
	uint8_t *to = connection->answer + sizeof(access);

	if (error)
		return error;
	if (access.region == VFIO_USER_REGION_CONFIG && !device->removed) {
		pci_set_interrupt(pci, device->interrupt.level);
		memcpy(to, pci->config + access.offset, access.count);
		device_log(device, "config read 0x%03x, %u bytes", (unsigned int)access.offset,
			   access.count);
	} else if (access.region == VFIO_USER_REGION_BAR0 && pci_has_memory(pci)) {
		device_read(device, (uint32_t)access.offset, to, access.count);
	} else {
		memset(to, 0xff, access.count);
	}
	answer(connection, &access, sizeof(access));
	connection->answer_size += access.count;
	return 0;
}

static int write_config(struct device *device, struct pci *pci, uint32_t offset,
			const uint8_t *data, uint32_t size)
{
	unsigned int wants;

	device_log(device, "config write 0x%03x, %u bytes, 0x%02x ...", offset, size, data[0]);
	wants = pci_write(pci, offset, data, size);
	if (wants & (PCI_WANTS_RESET | PCI_LOST_POWER))
		return reset(device, pci, !(wants & PCI_WANTS_RESET));
	if (wants & PCI_CHANGED)
		apply(device, pci);
	return 0;
}

static int do_write(struct connection *connection, struct device *device, struct pci *pci)
{
	const uint8_t *from = connection->body + sizeof(struct vfio_user_access);
	struct vfio_user_access access;
	int error = take_access(connection, &access);

	if (error)
		return error;
	if (connection->body_size - sizeof(access) != access.count)
		return EINVAL;
	if (access.region == VFIO_USER_REGION_BAR0 && pci_has_memory(pci))
		device_write(device, (uint32_t)access.offset, from, access.count);
	else if (access.region == VFIO_USER_REGION_CONFIG && !device->removed)
		error = write_config(device, pci, (uint32_t)access.offset, from, access.count);
	if (!error)
		answer(connection, &access, sizeof(access));
	return error;
}

int protocol_handle(struct connection *connection, struct device *device, struct pci *pci)
{
	connection->answer_size = 0;
	switch (connection->header.command) {
	case VFIO_USER_VERSION:
		return do_version(connection);
	case VFIO_USER_DMA_MAP:
		return do_dma_map(connection, device);
	case VFIO_USER_DMA_UNMAP:
		return do_dma_unmap(connection, device);
	case VFIO_USER_DEVICE_GET_INFO:
		return do_device_info(connection);
	case VFIO_USER_REGION_INFO:
		return do_region_info(connection);
	case VFIO_USER_IRQ_INFO:
		return do_irq_info(connection, device);
	case VFIO_USER_SET_IRQS:
		return do_set_irqs(connection, device);
	case VFIO_USER_REGION_READ:
		return do_read(connection, device, pci);
	case VFIO_USER_REGION_WRITE:
		return do_write(connection, device, pci);
	case VFIO_USER_DEVICE_RESET:
		return reset(device, pci, false);
	}
	return EOPNOTSUPP;
}
