#ifndef SIGN_SIGN_H
#define SIGN_SIGN_H

/*
 * DKIM signatures (RFC 6376, 8301, 8463). Promises: relaxed/relaxed over the
 * whole body; every field that a reader or a provider acts on is covered, and
 * those that may stand once are named once more than they stand, so that
 * adding a second one breaks the signature; the same message, keys and time
 * give the same bytes. Never rsa-sha1, never l=. Knows nothing of DNS: whether
 * the public key is published, and is ours, only a receiver can tell.
 *
 * A `struct sign` is read-only once open; threads may sign with it at once.
 * NULL stands for "no keys" everywhere.
 */

#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/complaints.h"
#include "model/sender.h"

struct sign;

/* Opens the keys, in the order in which they sign; none give NULL. A key that
   receivers may not like is a warning in `complaints`. Errors name the file:
   ERR_NO_INPUT; ERR_NO_PERM (others than the owner may read or write it);
   ERR_CONFIG (no PEM, a passphrase, neither RSA nor Ed25519, RSA below 1024
   bits). */
bool sign_open(const struct dkim_key *keys, size_t count,
    struct complaints *complaints, struct sign **ret_sign,
    struct err *err) GM_MUST_CHECK;
void sign_free(struct sign *sign);

/* Writes what tells the key in the file from any other under the same name: its
   fingerprint (struct dkim_key). Errors: those of sign_open. */
enum { SIGN_FINGERPRINT = 65 };
bool sign_fingerprint(const struct dkim_key *key,
    char ret_text[SIGN_FINGERPRINT], struct err *err) GM_MUST_CHECK;

/* Those keys of `sign` that `names` has, in its order (its key_file is not
   looked at); none give NULL. The result lives by itself. ERR_CONFIG when one
   of them is not there, or is another than its fingerprint says. */
bool sign_pick(const struct sign *sign, const struct dkim_key *names,
    size_t count, struct sign **ret_sign, struct err *err) GM_MUST_CHECK;

enum { SIGN_HASH_BYTES = 32 };

/* A message with CRLF line ends, in parts. */
struct sign_message {
	const struct iovec *parts; /* header, empty line, body */
	size_t part_count;
	size_t header_count; /* bytes of the fields, all in the first part;
				the empty line begins there too */

	/* The body is known to be in the relaxed canonical form (RFC 6376
	   section 3.4.4) but for empty lines at its end. */
	bool is_relaxed;

	/* Of the canonical body, by sign_hash_bodies; else it is made when the
	   message is signed. */
	bool has_body_hash;
	unsigned char body_hash[SIGN_HASH_BYTES];
};

/* Hashes the bodies of messages that are relaxed, two at a time. */
void sign_hash_bodies(struct sign_message *const *messages, size_t count);

/* Adds to `out` one DKIM-Signature field a key, folded, each with CRLF, to be
   put before the first field of the message. `at_ms` becomes t=, in seconds.
   Errors: ERR_DATA (no From, a header that is none), ERR_SOFTWARE. On failure
   `out` is as before. */
bool sign_message(const struct sign *sign, const struct sign_message *message,
    int64_t at_ms, struct buf *out, struct err *err) GM_MUST_CHECK;

/* True when a signature of `domain` speaks for the From address: its domain is
   that one or lies below it (relaxed alignment, RFC 7489 section 3.1.1). ASCII
   case does not matter. */
bool sign_aligned(const char *domain, const char *address);

/* SHA-256 of whole messages, several times faster than that of secret/: with
   what the processor has for it, and two at a time where that helps. */
struct sign_sum {
	const struct iovec *parts;
	size_t part_count;
	unsigned char *ret_hash; /* SIGN_HASH_BYTES */
};
void sign_sha256(const struct sign_sum *sums, size_t count);

#endif
