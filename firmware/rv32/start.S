/* SPDX-License-Identifier: MIT */
/* Entry, and the only trap: whatever it is, it is the end. */
#include "stack.h"

	/* For link.ld to compare with. */
	.globl __stack_size
	.set __stack_size, ONPU_STACK_SIZE

	.section .start, "ax"
	.globl _start
_start:
	/* What of the stack was used is what is not this any more: onpu_core_stack_used(). */
	la	t0, __stack_bottom
	la	sp, __stack_top
	li	t2, ONPU_STACK_PAINT
0:	sw	t2, 0(t0)
	sw	t2, 4(t0)
	sw	t2, 8(t0)
	sw	t2, 12(t0)
	addi	t0, t0, 16
	bltu	t0, sp, 0b
	la	t0, trap_entry
	csrw	mtvec, t0
	la	t0, __bss_start
	la	t1, __bss_end
1:	sw	zero, 0(t0)
	sw	zero, 4(t0)
	sw	zero, 8(t0)
	sw	zero, 12(t0)
	addi	t0, t0, 16
	bltu	t0, t1, 1b
	call	main
2:	wfi
	j	2b

/* The base in mtvec is a multiple of 256; interrupts are never taken. */
	.balign 256
trap_entry:
	/* The stack may be what went wrong, and nobody returns to it. */
	la	sp, __stack_top
	csrr	a0, mcause
	csrr	a1, mepc
	call	onpu_trap
3:	csrw	mie, zero
	wfi
	j	3b
