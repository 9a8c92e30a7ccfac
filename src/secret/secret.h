#ifndef SECRET_SECRET_H
#define SECRET_SECRET_H

/*
 * What must not be guessed: HMAC-SHA-256, random bytes, comparison in
 * constant time, and the site keys that sign links, return paths and
 * Message-IDs. Also SHA-256 and the lower-case base32 that all of these are
 * written in. Knows nothing of what is signed. The only room with libsodium.
 */

#include <stdint.h>

#include "base/arena.h"

enum {
	SECRET_HASH_BYTES = 32, /* of SHA-256 and of HMAC-SHA-256 */
	SECRET_KEY_BYTES = 32,
	SECRET_KEY_ID_LAST = 1023, /* ids are 1 to this */
};

void secret_random(void *ret_bytes, size_t count);
void secret_sha256(
    const void *bytes, size_t count, unsigned char ret_hash[SECRET_HASH_BYTES]);

/* SHA-256 of what comes in pieces; `end` gives the hash and frees. */
struct secret_sum;
struct secret_sum *secret_sum_new(void);
void secret_sum_add(struct secret_sum *sum, const void *bytes, size_t count);
void secret_sum_end(
    struct secret_sum *sum, unsigned char ret_hash[SECRET_HASH_BYTES]);

/* HMAC-SHA-256 (RFC 2104) with a key of any length. */
void secret_hmac(const void *key, size_t key_bytes, const void *bytes,
    size_t count, unsigned char ret_mac[SECRET_HASH_BYTES]);

/* One field of what a MAC covers. */
struct secret_part {
	const void *bytes;
	size_t count;
};

struct secret_key {
	int id;
	unsigned char bytes[SECRET_KEY_BYTES];
};

/* HMAC-SHA-256 over the fields, each behind its length as eight bytes with
   the highest first, so that no two lists of fields are the same input. */
void secret_mac(const struct secret_key *key, const struct secret_part *parts,
    size_t part_count, unsigned char ret_mac[SECRET_HASH_BYTES]);

/* The same field by field: each is its length, then its bytes. What is begun
   may be copied and gone on with, so that MACs with the same first fields share
   the work for those. It holds what the key is worth. */
struct secret_mac_state {
	_Alignas(16) unsigned char bytes[208];
};
void secret_mac_begin(
    const struct secret_key *key, struct secret_mac_state *ret_state);
void secret_mac_add_length(struct secret_mac_state *state, size_t count);
void secret_mac_add(
    struct secret_mac_state *state, const void *bytes, size_t count);

/* The state cannot be gone on with. */
void secret_mac_end(
    struct secret_mac_state *state, unsigned char ret_mac[SECRET_HASH_BYTES]);

/* Takes the same time wherever the bytes differ. */
bool secret_equal(const void *a, const void *b, size_t count);

/* Base32 with a-z2-7 and without padding (RFC 4648 section 6, in lower case).
   `count` bytes become secret_base32_chars(count) characters. */
size_t secret_base32_chars(size_t count);

/* Writes the characters and a NUL. */
void secret_base32(const void *bytes, size_t count, char *ret_text);

/* Reads exactly `chars` characters, in either case, into `count` bytes. False
   when they are not the text of `count` bytes (leftover bits must be 0). */
bool secret_base32_read(
    const char *text, size_t chars, unsigned char *ret_bytes, size_t count);

/* The keys of a site: the newest signs, all verify. Read-only once open; freed
   with secret_keys_free (which wipes them). */
struct secret_keys;

/* Reads the key file; with `create`, makes it with one random key (mode 0600)
   when it is missing. Errors: ERR_NO_INPUT (missing), ERR_NO_PERM (others than
   the owner may read or write it), ERR_DATA (malformed), and of the system. */
bool secret_keys_open(const char *path, bool create,
    struct secret_keys **ret_keys, struct err *err) GM_MUST_CHECK;
void secret_keys_free(struct secret_keys *keys);

/* Adds a random key to the file, which from then on signs for whoever opens
   the file. The file must exist. */
bool secret_keys_rotate(const char *path, struct err *err) GM_MUST_CHECK;

/* Keys in memory alone, from bytes given: for what belongs to no site. */
struct secret_keys *secret_keys_new(
    const struct secret_key *keys, size_t count);

const struct secret_key *secret_keys_newest(const struct secret_keys *keys);

/* NULL when there is no key with that id. */
const struct secret_key *secret_keys_find(
    const struct secret_keys *keys, int id);

#endif
