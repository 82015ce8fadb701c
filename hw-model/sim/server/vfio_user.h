/* SPDX-License-Identifier: MIT */
/* The vfio-user protocol, version 0.0: what goes over the socket.  Host byte order. */
#ifndef ONPU_SERVER_VFIO_USER_H
#define ONPU_SERVER_VFIO_USER_H

#include <stdint.h>

enum vfio_user_command {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP = 2,
	VFIO_USER_DMA_UNMAP = 3,
	VFIO_USER_DEVICE_GET_INFO = 4,
	VFIO_USER_REGION_INFO = 5,
	VFIO_USER_IRQ_INFO = 7,
	VFIO_USER_SET_IRQS = 8,
	VFIO_USER_REGION_READ = 9,
	VFIO_USER_REGION_WRITE = 10,
	VFIO_USER_DEVICE_RESET = 13
};

struct vfio_user_header {
	uint16_t id;
	uint16_t command;
	uint32_t size;			/* with this header */
	uint32_t flags;
	uint32_t error;			/* errno, in replies with VFIO_USER_ERROR */
};

#define VFIO_USER_TYPE 0xfu
#define VFIO_USER_TYPE_COMMAND 0u
#define VFIO_USER_TYPE_REPLY 1u
#define VFIO_USER_NO_REPLY (1u << 4)
#define VFIO_USER_ERROR (1u << 5)

/* Followed by JSON, with its 0. */
struct vfio_user_version {
	uint16_t major, minor;
};

struct vfio_user_dma_map {
	uint32_t argsz, flags;
	uint64_t offset;		/* in the file whose descriptor comes along */
	uint64_t address, size;
};

#define VFIO_USER_DMA_READ (1u << 0)
#define VFIO_USER_DMA_WRITE (1u << 1)

struct vfio_user_dma_unmap {
	uint32_t argsz, flags;
	uint64_t address, size;
};

#define VFIO_USER_UNMAP_ALL (1u << 1)

struct vfio_user_device_info {
	uint32_t argsz, flags, regions, irqs;
};

#define VFIO_USER_DEVICE_RESETS (1u << 0)
#define VFIO_USER_DEVICE_PCI (1u << 1)

struct vfio_user_region_info {
	uint32_t argsz, flags, index, capabilities;
	uint64_t size, offset;
};

#define VFIO_USER_REGION_READABLE (1u << 0)
#define VFIO_USER_REGION_WRITABLE (1u << 1)

/* Indices of a PCI device's regions. */
#define VFIO_USER_REGION_BAR0 0u
#define VFIO_USER_REGION_CONFIG 7u
#define VFIO_USER_REGIONS 9u

struct vfio_user_irq_info {
	uint32_t argsz, flags, index, count;
};

#define VFIO_USER_IRQ_EVENTFD (1u << 0)
#define VFIO_USER_IRQ_MASKABLE (1u << 1)
#define VFIO_USER_IRQ_AUTOMASKED (1u << 2)

enum vfio_user_irq {
	VFIO_USER_IRQ_INTX = 0,
	VFIO_USER_IRQ_MSI = 1,
	VFIO_USER_IRQ_MSIX = 2,
	VFIO_USER_IRQ_ERROR = 3,
	VFIO_USER_IRQ_REQUEST = 4,
	VFIO_USER_IRQS
};

/* Followed by bytes if the data are booleans; descriptors come along with the message. */
struct vfio_user_set_irqs {
	uint32_t argsz, flags, index, start, count;
};

#define VFIO_USER_IRQ_DATA_NONE (1u << 0)
#define VFIO_USER_IRQ_DATA_BOOL (1u << 1)
#define VFIO_USER_IRQ_DATA_EVENTFD (1u << 2)
#define VFIO_USER_IRQ_DATA 7u
#define VFIO_USER_IRQ_MASK (1u << 3)
#define VFIO_USER_IRQ_UNMASK (1u << 4)
#define VFIO_USER_IRQ_TRIGGER (1u << 5)
#define VFIO_USER_IRQ_ACTION (7u << 3)

/* Followed by the bytes that are written, or, in the reply, were read. */
struct vfio_user_access {
	uint64_t offset;
	uint32_t region, count;
};

_Static_assert(sizeof(struct vfio_user_header) == 16, "header");
_Static_assert(sizeof(struct vfio_user_dma_map) == 32, "DMA_MAP");
_Static_assert(sizeof(struct vfio_user_dma_unmap) == 24, "DMA_UNMAP");
_Static_assert(sizeof(struct vfio_user_region_info) == 32, "REGION_INFO");
_Static_assert(sizeof(struct vfio_user_set_irqs) == 20, "SET_IRQS");
_Static_assert(sizeof(struct vfio_user_access) == 16, "REGION_READ, REGION_WRITE");

#endif
