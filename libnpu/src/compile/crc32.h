/* SPDX-License-Identifier: MIT */
#ifndef NPU_COMPILE_CRC32_H
#define NPU_COMPILE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as Ethernet and zlib have it; crc is 0, or the result for the bytes before. */
uint32_t npu_crc32(uint32_t crc, const void *data, size_t size);

#endif
