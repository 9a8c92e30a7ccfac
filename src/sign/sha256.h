#ifndef SIGN_SHA256_H
#define SIGN_SHA256_H

/* SHA-256 by the machine's own instructions where it has them: for who hashes
   a million things. Same values as secret_sha256. */

#include <stddef.h>
#include <sys/uio.h>

enum { SHA256_BYTES = 32 };

void sha256_once(
    const void *bytes, size_t count, unsigned char ret_hash[SHA256_BYTES]);

/* Of parts, one behind the other. */
void sha256_parts(const struct iovec *parts, size_t part_count,
    unsigned char ret_hash[SHA256_BYTES]);

/* Of what comes in pieces; `end` gives the hash and frees. */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *sum, const void *bytes, size_t count);
void sha256_end(struct sha256 *sum, unsigned char ret_hash[SHA256_BYTES]);

#endif
