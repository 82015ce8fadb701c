// SPDX-License-Identifier: MIT
/* What the compiler calls.  Structures are multiples of four bytes; the rest is short. */
#include <stddef.h>
#include <stdint.h>

/* The compiler invents its calls after it has thrown away what nobody calls. */
#define KEEP __attribute__((used))

KEEP void *memcpy(void *to, const void *from, size_t size);
KEEP void *memset(void *to, int value, size_t size);

void *memcpy(void *to, const void *from, size_t size)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	if (!(((uintptr_t)t | (uintptr_t)f) & 3)) {
		for (; size >= 16; size -= 16, t += 16, f += 16) {
			uint32_t a = ((const uint32_t *)f)[0], b = ((const uint32_t *)f)[1];
			uint32_t c = ((const uint32_t *)f)[2], d = ((const uint32_t *)f)[3];

			((uint32_t *)t)[0] = a;
			((uint32_t *)t)[1] = b;
			((uint32_t *)t)[2] = c;
			((uint32_t *)t)[3] = d;
		}
		for (; size >= 4; size -= 4, t += 4, f += 4)
			*(uint32_t *)t = *(const uint32_t *)f;
	}
	while (size--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int value, size_t size)
{
	uint32_t word = (uint8_t)value * 0x01010101u;
	uint8_t *t = to;

	for (; size && ((uintptr_t)t & 3); size--)
		*t++ = (uint8_t)value;
	for (; size >= 16; size -= 16, t += 16) {
		((uint32_t *)t)[0] = word;
		((uint32_t *)t)[1] = word;
		((uint32_t *)t)[2] = word;
		((uint32_t *)t)[3] = word;
	}
	for (; size >= 4; size -= 4, t += 4)
		*(uint32_t *)t = word;
	while (size--)
		*t++ = (uint8_t)value;
	return to;
}
