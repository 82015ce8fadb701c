// SPDX-License-Identifier: MIT
/*
 * The boot hardware: copies the firmware image through context 0 and checks it.  What then
 * runs is the firmware that was compiled into this program; only the image's build text
 * is used.
 */
#include <stdlib.h>
#include <string.h>

#include "machine_state.h"

static uint32_t crc32(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static bool header_is_good(const struct onpu_iss *iss, const struct onpu_fw_image *image)
{
	return image->magic == ONPU_FW_IMAGE_MAGIC && image->version == ONPU_FW_IMAGE_VERSION &&
	       image->header_size == sizeof(*image) && image->size &&
	       image->size == iss->page.boot_size - sizeof(*image) && image->load % 4 == 0 &&
	       image->load <= ONPU_ISS_TCM_BYTES - image->size && image->entry >= image->load &&
	       image->entry - image->load < image->size;
}

static uint32_t check_image(const struct onpu_iss *iss, const uint8_t *bytes)
{
	struct onpu_fw_image image;

	memcpy(&image, bytes, sizeof(image));
	if (!header_is_good(iss, &image))
		return ONPU_HOST_STATUS_BOOT_BAD_HEADER;
	if (crc32(bytes + sizeof(image), image.size) != image.crc)
		return ONPU_HOST_STATUS_BOOT_BAD_CRC;
	return ONPU_HOST_STATUS_BOOT_RUNNING;
}

static uint32_t load_image(struct onpu_iss *iss, struct onpu_fw_image *image)
{
	uint32_t size = iss->page.boot_size, fault_va = 0, state;
	uint64_t flip = iss->inject[ONPU_INJECT_CORRUPT_IMAGE];
	uint8_t *bytes;
	int code;

	if (size < sizeof(*image) || size - sizeof(*image) > ONPU_ISS_TCM_BYTES ||
	    iss->page.boot_va % 64)
		return ONPU_HOST_STATUS_BOOT_BAD_HEADER;
	bytes = malloc(size);
	if (!bytes)
		return ONPU_HOST_STATUS_BOOT_BAD_MEMORY;
	iss->mmu.table_failed = false;
	code = onpu_mmu_read(&iss->mmu, 0, iss->page.boot_va, bytes, size, &fault_va);
	if (code) {
		onpu_iss_latch_fault(iss, iss->mmu.table_failed ?
				     ONPU_HOST_FAULT_STATUS_SOURCE_TABLE :
				     ONPU_HOST_FAULT_STATUS_SOURCE_BOOT, 0, code, fault_va, false);
		state = ONPU_HOST_STATUS_BOOT_BAD_MEMORY;
	} else {
		if (flip && flip <= 8ull * size)
			bytes[(flip - 1) / 8] ^= 1u << (flip - 1) % 8;
		iss->inject[ONPU_INJECT_CORRUPT_IMAGE] = 0;
		if (iss->inject[ONPU_INJECT_BAD_IMAGES])
			bytes[size - 1] ^= 1;
		state = check_image(iss, bytes);
		memcpy(image, bytes, sizeof(*image));
	}
	free(bytes);
	return state;
}

void onpu_iss_boot(struct onpu_iss *iss)
{
	struct onpu_fw_image image = { 0 };
	struct onpu_hal hal = onpu_iss_hal;
	char build[sizeof(image.build) + 1];

	iss->mmu.table = (uint64_t)iss->page.ctx_table_hi << 32 | iss->page.ctx_table_lo;
	onpu_mmu_invalidate(&iss->mmu, -1);
	iss->page.boot_state = load_image(iss, &image);
	if (iss->page.boot_state != ONPU_HOST_STATUS_BOOT_RUNNING) {
		onpu_iss_raise(iss, ONPU_HOST_IRQ_STATUS_FATAL);
		return;
	}
	memcpy(build, image.build, sizeof(image.build));
	build[sizeof(image.build)] = 0;
	hal.ctx = iss;
	iss->fw_up = true;
	onpu_firmware_init(&iss->fw, &hal, build);
}
