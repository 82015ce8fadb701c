// SPDX-License-Identifier: MIT
/* The disassembler of single commands. */
#include <stdio.h>

#include "disasm.h"
#include "iss_commands.h"

static int disassemble(const void *stream, size_t size, size_t offset, char *text, size_t room)
{
	FILE *out = fmemopen(text, room, "w");
	int length;

	assert_non_null(out);
	length = onpu_disasm(out, onpu_preset_by_name("base"), stream, size, offset);
	fclose(out);
	return length;
}

static void test_disasm(void **state)
{
	struct iss iss;
	union any c;
	size_t size;
	char text[2048];

	(void)state;
	iss_init(&iss, "base");
	size = legal(&iss, ONPU_OPCODE_CONV, &c);
	c.head.length = (uint8_t)(size / 4);
	c.head.flags = ONPU_CMD_PROFILE;
	c.head.wait_load = 3;
	c.head.wait_store = 1;
	c.conv.mode = ONPU_CONV_IN_UNSIGNED | ONPU_CONV_PAIR;
	c.conv.post.round = ONPU_ROUND_D;
	assert_int_equal(disassemble(&c, size, 0, text, sizeof(text)), size);
	assert_non_null(strstr(text, "00000000 conv  after load 3, store 1\n"));
	assert_non_null(strstr(text, " flags=PROFILE out_h=2 out_w=3 out_c=4"));
	assert_non_null(strstr(text, " mode=IN_UNSIGNED|PAIR "));
	assert_non_null(strstr(text, "in: addr=0x1000 row_pitch=48 pix_pitch=16\n"));
	assert_non_null(strstr(text, "post: round=D min=-32768 max=32767\n"));
	assert_null(strstr(text, "op2"));
	/* Every truncation is named; nothing behind the end of the allocation is read. */
	for (size_t n = 0; n < size; n++) {
		uint8_t *part = malloc(n ? n : 1);

		memcpy(part, &c, n);
		assert_int_equal(disassemble(part, n, 0, text, sizeof(text)), -1);
		assert_non_null(strstr(text, "! the stream ends inside a command"));
		free(part);
	}
	assert_int_equal(disassemble(&c, size, size + 1, text, sizeof(text)), -1);
	c.conv.post.max = -32768;
	c.conv.post.min = 5;
	assert_int_equal(disassemble(&c, size, 0, text, sizeof(text)), -1);
	assert_non_null(strstr(text, "! FIELD: post.max\n"));
	c.head.length--;
	assert_int_equal(disassemble(&c, size, 0, text, sizeof(text)), -1);
	assert_non_null(strstr(text, "! length 39 words, not 40\n"));
	c.head.opcode = 0x77;
	assert_int_equal(disassemble(&c, size, 0, text, sizeof(text)), -1);
	assert_non_null(strstr(text, "! unknown opcode 0x77\n"));
	iss_free(&iss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disasm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
