/* SPDX-License-Identifier: MIT */
/* The control core's stack: link.ld places it, start.S paints it, main.c measures it. */
#ifndef ONPU_RV32_STACK_H
#define ONPU_RV32_STACK_H

#define ONPU_STACK_SIZE 0x1000
#define ONPU_STACK_PAINT 0x5ac3a53c

#endif
