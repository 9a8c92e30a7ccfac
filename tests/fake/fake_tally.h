/*
 * A tally counts how often each 64-bit key was seen.  Keys are hashes, so two
 * addresses share a key once in about 2^64 pairs; nothing checks for that.
 */
#ifndef FAKE_TALLY_H
#define FAKE_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct fake_tally {
	uint64_t *keys; /* 0 = free slot */
	uint32_t *counts;
	size_t slots; /* a power of two, or 0 before the first key */
	size_t used;
};

/* FNV-1a, 64 bits, of TEXT: easy to compute again in any test's language. */
uint64_t fake_tally_hash(const char *text);

/* Spread the bits of X, so that any of them may choose a slot or a lot. */
uint64_t fake_tally_mix(uint64_t x);

/* Count KEY once more and return how often it was seen, this time included. */
uint32_t fake_tally_add(struct fake_tally *t, uint64_t key);

void fake_tally_clear(struct fake_tally *t);

#endif
