/* SPDX-License-Identifier: MIT */
/* The firmware image, for who boots the model. */
	.section .rodata
	.globl onpu_rtl_image, onpu_rtl_image_size
	.balign 64
onpu_rtl_image:
	.incbin "onpu_fw.bin"
1:
	.balign 8
onpu_rtl_image_size:
	.quad 1b - onpu_rtl_image
	.section .note.GNU-stack, "", @progbits
