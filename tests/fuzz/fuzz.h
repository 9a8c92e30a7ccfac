#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/*
 * What a fuzz target is: one function that takes any bytes and must neither
 * crash nor break a promise of the room it calls. Under `make fuzz` libFuzzer
 * calls it; under `make test` replay.c does, with the corpus.
 */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Ends the process with a message where a promise is broken. */
#define FUZZ_DEMAND(what)                                                \
	do {                                                             \
		if (!(what)) {                                           \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, \
			    __LINE__, #what);                            \
			abort();                                         \
		}                                                        \
	} while (0)

#endif
