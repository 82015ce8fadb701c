// SPDX-License-Identifier: MIT
/*
 * usage: hostile PRESET
 *
 * A program that tries each way out of its address space: every field of every command, every
 * kind of bad address, translations that were taken away, tokens that wait for ever.  Both models
 * report the same, the victim's memory stays as it is, and the next job runs right.
 */
#include "hostile.h"

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_every_command),
		cmocka_unit_test(cut_streams),
		cmocka_unit_test(addresses_of_others),
		cmocka_unit_test(the_end_of_the_address_space),
		cmocka_unit_test(streams_and_traces_of_others),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(broken_tables),
		cmocka_unit_test(stale_translations),
		cmocka_unit_test(tokens_cannot_deadlock),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: hostile PRESET\n");
		return 2;
	}
	pair_preset = argv[1];
	return cmocka_run_group_tests(tests, setup_pair, teardown_pair);
}
