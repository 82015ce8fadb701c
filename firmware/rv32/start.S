/* SPDX-License-Identifier: MIT */
/* Entry, and the only trap: whatever it is, it is the end. */
	.section .start, "ax"
	.globl _start
_start:
	la	sp, __stack_top
	la	t0, trap_entry
	csrw	mtvec, t0
	la	t0, __bss_start
	la	t1, __bss_end
1:	bgeu	t0, t1, 2f
	sw	zero, 0(t0)
	addi	t0, t0, 4
	j	1b
2:	call	main
3:	wfi
	j	3b

/* The base in mtvec is a multiple of 256; interrupts are never taken. */
	.balign 256
trap_entry:
	/* The stack may be what went wrong, and nobody returns to it. */
	la	sp, __stack_top
	csrr	a0, mcause
	csrr	a1, mepc
	call	onpu_trap
4:	csrw	mie, zero
	wfi
	j	4b
