#ifndef SIGN_SHA256_PAIR_H
#define SIGN_SHA256_PAIR_H

/*
 * SHA-256 (FIPS 180-4) of two messages side by side. One alone waits for each
 * of its rounds; where the processor has instructions for SHA-256, the rounds
 * of the other fit into these waits, and two take little longer than one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Whether this processor has the instructions. */
bool sha256_pair_works(void);

/* One message: its parts, and where its hash goes. */
struct sha256_item {
	const struct iovec *parts;
	size_t part_count;
	unsigned char *ret_hash; /* 32 bytes */
};

/* Only where sha256_pair_works. */
void sha256_pair(const struct sha256_item pair[2]);

#endif
