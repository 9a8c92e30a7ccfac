#include "sign/sign_key.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/mem.h"

enum {
	RSA_BITS_LEAST = 1024,    /* RFC 8301 section 3.2 */
	RSA_BITS_ADVISED = 2048,  /* the same, and what providers advise */
	RSA_BITS_MOST = 4096,     /* what verifiers have to understand */
	LARGEST_SIGNATURE = 2048, /* of RSA with 16384 bits */
};

struct sign_key {
	char *domain;
	char *selector;
	EVP_PKEY *pair;
	bool is_rsa;
	atomic_int owners;
};

static_assert(SIGN_KEY_HASH_BYTES == 256 / 8, "SHA-256 has 32 bytes");

/* Sets `err` with what OpenSSL says, and forgets that. */
static bool
set_error(struct err *err, enum err_code code, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	err_set(err, code, "%s%s%s", what, reason != NULL ? ": " : "",
	    reason != NULL ? reason : "");
	ERR_clear_error();
	return false;
}

/* Instead of a question on the terminal. */
static int
refuse_passphrase(char *to, int room, int writing, void *context)
{
	bool *asked = context;

	(void)to;
	(void)room;
	(void)writing;
	*asked = true;
	return -1;
}

static bool
read_pair(FILE *file, EVP_PKEY **ret_pair, struct err *err)
{
	struct stat info;
	bool asked = false;
	EVP_PKEY *pair;

	if (fstat(fileno(file), &info) < 0)
		return err_errno(err, ERR_OS, "fstat");
	if (!S_ISREG(info.st_mode))
		return err_set(err, ERR_CONFIG, "it is no file");
	if ((info.st_mode & 077) != 0)
		return err_set(err, ERR_NO_PERM,
		    "others may read it (mode %04o); make it 0600",
		    (unsigned)info.st_mode & 07777);
	pair = PEM_read_PrivateKey(file, NULL, refuse_passphrase, &asked);
	ERR_clear_error();
	if (pair == NULL)
		return err_set(err, ERR_CONFIG, "%s",
		    asked ? "the key is behind a passphrase; store it without"
			  : "it holds no private key in PEM");
	*ret_pair = pair;
	return true;
}

/* Is it a key for DKIM, and one that receivers like? */
static bool
check_pair(EVP_PKEY *pair, const char *path, struct complaints *complaints,
    bool *ret_is_rsa, struct err *err)
{
	int kind = EVP_PKEY_get_base_id(pair);
	int bits = EVP_PKEY_get_bits(pair);

	if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_ED25519)
		return err_set(err, ERR_CONFIG,
		    "the key is of the kind %s; DKIM knows RSA and Ed25519",
		    EVP_PKEY_get0_type_name(pair));
	*ret_is_rsa = kind == EVP_PKEY_RSA;
	if (kind != EVP_PKEY_RSA)
		return true;
	if (bits < RSA_BITS_LEAST)
		return err_set(err, ERR_CONFIG,
		    "an RSA key of %d bits is refused everywhere; it needs %d, "
		    "better %d",
		    bits, RSA_BITS_LEAST, RSA_BITS_ADVISED);
	if (bits < RSA_BITS_ADVISED)
		complaints_warn(complaints, path, 0,
		    "an RSA key of %d bits; receivers advise %d", bits,
		    RSA_BITS_ADVISED);
	if (bits > RSA_BITS_MOST)
		complaints_warn(complaints, path, 0,
		    "an RSA key of %d bits; receivers need not understand more "
		    "than %d",
		    bits, RSA_BITS_MOST);
	return true;
}

static bool
read_key(const char *path, struct complaints *complaints, EVP_PKEY **ret_pair,
    bool *ret_is_rsa, struct err *err)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *pair = NULL;
	bool ok;

	if (file == NULL)
		return err_errno(
		    err, errno == ENOENT ? ERR_NO_INPUT : ERR_NO_PERM, "open");

	/* Keep no copy of the key in the buffer of the stream. */
	setvbuf(file, NULL, _IONBF, 0);
	ok = read_pair(file, &pair, err) &&
	     check_pair(pair, path, complaints, ret_is_rsa, err);
	fclose(file);
	if (ok)
		*ret_pair = pair;
	else
		EVP_PKEY_free(pair);
	return ok;
}

bool
sign_key_open(const struct dkim_key *from, struct complaints *complaints,
    struct sign_key **ret_key, struct err *err)
{
	struct sign_key *key;
	EVP_PKEY *pair = NULL;
	bool is_rsa = false;

	if (!read_key(from->key_file, complaints, &pair, &is_rsa, err))
		return err_wrap(err, "%s", from->key_file);
	key = mem_new(1, sizeof(*key));
	key->domain = mem_strdup(from->domain);
	key->selector = mem_strdup(from->selector);
	key->pair = pair;
	key->is_rsa = is_rsa;
	atomic_init(&key->owners, 1);
	*ret_key = key;
	return true;
}

struct sign_key *
sign_key_share(struct sign_key *key)
{
	atomic_fetch_add(&key->owners, 1);
	return key;
}

void
sign_key_free(struct sign_key *key)
{
	if (key == NULL || atomic_fetch_sub(&key->owners, 1) > 1)
		return;
	EVP_PKEY_free(key->pair);
	free(key->domain);
	free(key->selector);
	free(key);
}

const char *
sign_key_domain(const struct sign_key *key)
{
	return key->domain;
}

const char *
sign_key_selector(const struct sign_key *key)
{
	return key->selector;
}

const char *
sign_key_algorithm(const struct sign_key *key)
{
	return key->is_rsa ? "rsa-sha256" : "ed25519-sha256";
}

void
sign_key_hash(const char *bytes, size_t count,
    unsigned char ret_hash[SIGN_KEY_HASH_BYTES])
{
	if (EVP_Digest(bytes, count, ret_hash, NULL, EVP_sha256(), NULL) != 1)
		mem_exhausted();
}

void
sign_key_add_base64(const unsigned char *bytes, size_t count, struct buf *out)
{
	char *to = buf_reserve(out, 4 * ((count + 2) / 3));

	/* EVP_EncodeBlock ends its text with a NUL, for which buf has room. */
	if (to != NULL)
		out->used += (size_t)EVP_EncodeBlock(
		    (unsigned char *)to, bytes, (int)count);
}

bool
sign_key_sign(const struct sign_key *key, const char *bytes, size_t count,
    struct buf *out, struct err *err)
{
	unsigned char signature[LARGEST_SIGNATURE];
	unsigned char hash[SIGN_KEY_HASH_BYTES];
	const unsigned char *signed_bytes = (const unsigned char *)bytes;
	size_t signature_count = sizeof(signature);
	EVP_MD_CTX *work = EVP_MD_CTX_new();
	bool ok;

	/* Ed25519 hashes in a way of its own: DKIM hands it a SHA-256. */
	if (!key->is_rsa) {
		sign_key_hash(bytes, count, hash);
		signed_bytes = hash;
		count = sizeof(hash);
	}
	ok = work != NULL &&
	     EVP_DigestSignInit(work, NULL, key->is_rsa ? EVP_sha256() : NULL,
		 NULL, key->pair) == 1 &&
	     EVP_DigestSign(
		 work, signature, &signature_count, signed_bytes, count) == 1;
	EVP_MD_CTX_free(work);
	if (!ok)
		return set_error(err, ERR_SOFTWARE, "signing");
	sign_key_add_base64(signature, signature_count, out);
	return true;
}
