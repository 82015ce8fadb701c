// SPDX-License-Identifier: MIT
/* usage: random_hosts SEED COUNT: so many random inputs of the fuzz target; aborts at what is wrong. */
#include "../fuzz/fuzz_firmware.c"

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s SEED COUNT\n", argv[0]);
		return 2;
	}
	fuzz_random((uint32_t)strtoul(argv[1], NULL, 0), atoi(argv[2]));
	printf("%lu jobs started, %lu of them warm, %lu resumed, %lu records, at most %lu accesses a poll\n",
	       fuzz_did.started, fuzz_did.warm, fuzz_did.resumed, fuzz_did.records, fuzz_did.most);
	return 0;
}
