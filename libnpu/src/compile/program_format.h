/* SPDX-License-Identifier: MIT */
/* Frame of a .npu file; docs/program-format.md says what is in it. */
#ifndef NPU_COMPILE_PROGRAM_FORMAT_H
#define NPU_COMPILE_PROGRAM_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define NPU_PROGRAM_MAGIC "\x89NPU\r\n\x1a\n"
#define NPU_PROGRAM_MAGIC_SIZE 8

/*
 * Major: readers of another major refuse the file.  Minor: grows with each section that
 * is added; readers skip sections that they do not know, unless they are marked required.
 */
#define NPU_PROGRAM_MAJOR 1
#define NPU_PROGRAM_MINOR 1

/* Offsets in the header. */
#define NPU_PROGRAM_AT_MAJOR 8		/* u16 */
#define NPU_PROGRAM_AT_MINOR 10		/* u16 */
#define NPU_PROGRAM_AT_CRC 12		/* u32, of the file with zeros here */
#define NPU_PROGRAM_AT_SIZE 16		/* u64, of the file */
#define NPU_PROGRAM_AT_SECTIONS 24	/* u32, entries of the table */
#define NPU_PROGRAM_AT_ZERO 28		/* u32, 0 */
#define NPU_PROGRAM_HEADER_SIZE 32	/* the section table begins here */

/* An entry: char tag[4], u32 flags, u64 offset, u64 size. */
#define NPU_PROGRAM_ENTRY_SIZE 24
#define NPU_PROGRAM_REQUIRED 1u		/* flag: refuse the file if the tag is unknown */

#define NPU_PROGRAM_ALIGN 64		/* of sections in the file */

/* CRC of a file image of at least NPU_PROGRAM_HEADER_SIZE bytes. */
uint32_t npu_program_crc(const uint8_t *data, size_t size);

#endif
