// SPDX-License-Identifier: MIT
#include "crc32.h"

uint32_t npu_crc32(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *byte = data;
	uint32_t table[256];	/* quicker to make than to share between threads */
	uint32_t i;
	int bit;

	for (i = 0; i < 256; i++) {
		table[i] = i;
		for (bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xEDB88320u : 0);
	}
	crc = ~crc;
	while (size--)
		crc = crc >> 8 ^ table[(crc ^ *byte++) & 0xff];
	return ~crc;
}
