#ifndef SIGN_SIGN_KEY_H
#define SIGN_SIGN_KEY_H

/*
 * Inside sign/: one private key and what OpenSSL does with it. A key is
 * shared by counting and read-only, so that threads may sign with it at once.
 * No byte of a key is ever written anywhere, errors included.
 */

#include "base/buf.h"
#include "base/complaints.h"
#include "model/sender.h"
#include "sign/sha256.h"

struct sign_key;

/* Reads the key file. Warnings about keys that receivers may not like go to
   `complaints`, with the file's name. Errors: ERR_NO_INPUT; ERR_NO_PERM (it is
   not ours to read, or others than its owner may read or write it); ERR_CONFIG
   (no private key in PEM, one behind a passphrase, neither RSA nor Ed25519, RSA
   below 1024 bits). */
bool sign_key_open(const struct dkim_key *from, struct complaints *complaints,
    struct sign_key **ret_key, struct err *err) GM_MUST_CHECK;
struct sign_key *sign_key_share(struct sign_key *key); /* one more owner */
void sign_key_free(struct sign_key *key);

const char *sign_key_domain(const struct sign_key *key);
const char *sign_key_selector(const struct sign_key *key);
const char *sign_key_file(const struct sign_key *key);
const char *sign_key_fingerprint(const struct sign_key *key);
const char *sign_key_algorithm(const struct sign_key *key); /* of a= */

/* Adds bytes in base64, on one line. */
void sign_key_add_base64(
    const unsigned char *bytes, size_t count, struct buf *out);

/* Signs what has that SHA-256 and adds the signature in base64: PKCS #1 v1.5
   (RFC 6376 section 3.3.2), or PureEdDSA over the SHA-256 (RFC 8463 section 3).
   Both give the same signature for the same hash. ERR_SOFTWARE. */
bool sign_key_sign(const struct sign_key *key,
    const unsigned char hash[SHA256_BYTES], struct buf *out,
    struct err *err) GM_MUST_CHECK;

#endif
