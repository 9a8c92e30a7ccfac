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
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/mem.h"

enum {
	RSA_BITS_LEAST = 1024,    /* RFC 8301 section 3.2 */
	RSA_BITS_ADVISED = 2048,  /* the same, and what providers advise */
	RSA_BITS_MOST = 4096,     /* what verifiers have to understand */
	LARGEST_SIGNATURE = 2048, /* of RSA with 16384 bits */
};

/* Setting up what signs takes OpenSSL longer than copying it, and only a copy
   may sign while others do. */
struct sign_key {
	char *domain;
	char *selector;
	char *file;
	char fingerprint[2 * SHA256_BYTES + 1];
	EVP_PKEY *pair;
	EVP_PKEY_CTX *rsa;   /* ready to sign a hash; NULL: it is Ed25519 */
	EVP_MD_CTX *ed25519; /* the same; NULL: it is RSA */
	atomic_int owners;
};

static_assert(SHA256_BYTES == 256 / 8, "SHA-256 has 32 bytes");

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

static bool
make_ready(struct sign_key *key, bool is_rsa)
{
	if (!is_rsa) {
		key->ed25519 = EVP_MD_CTX_new();
		return key->ed25519 != NULL &&
		       EVP_DigestSignInit(
			   key->ed25519, NULL, NULL, NULL, key->pair) == 1;
	}
	key->rsa = EVP_PKEY_CTX_new(key->pair, NULL);
	return key->rsa != NULL && EVP_PKEY_sign_init(key->rsa) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(key->rsa, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(key->rsa, EVP_sha256()) == 1;
}

/* Of what DNS publishes: the public key as SubjectPublicKeyInfo. */
static bool
take_fingerprint(struct sign_key *key)
{
	unsigned char hash[SHA256_BYTES];
	unsigned char *der = NULL;
	int count = i2d_PUBKEY(key->pair, &der);

	if (count <= 0)
		return false;
	sha256_once(der, (size_t)count, hash);
	OPENSSL_free(der);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(key->fingerprint + 2 * i, 3, "%02x", hash[i]);
	return true;
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
	key->file = mem_strdup(from->key_file);
	key->pair = pair;
	atomic_init(&key->owners, 1);
	if (!make_ready(key, is_rsa) || !take_fingerprint(key)) {
		sign_key_free(key);
		set_error(err, ERR_SOFTWARE, "signing");
		return err_wrap(err, "%s", from->key_file);
	}
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
	EVP_PKEY_CTX_free(key->rsa);
	EVP_MD_CTX_free(key->ed25519);
	EVP_PKEY_free(key->pair);
	free(key->domain);
	free(key->selector);
	free(key->file);
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
sign_key_file(const struct sign_key *key)
{
	return key->file;
}

const char *
sign_key_fingerprint(const struct sign_key *key)
{
	return key->fingerprint;
}

const char *
sign_key_algorithm(const struct sign_key *key)
{
	return key->rsa != NULL ? "rsa-sha256" : "ed25519-sha256";
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

static bool
sign_with_rsa(const struct sign_key *key, const unsigned char *hash,
    unsigned char *signature, size_t *count)
{
	EVP_PKEY_CTX *work = EVP_PKEY_CTX_dup(key->rsa);
	bool ok = work != NULL && EVP_PKEY_sign(work, signature, count, hash,
				      SHA256_BYTES) == 1;

	EVP_PKEY_CTX_free(work);
	return ok;
}

/* Ed25519 hashes in a way of its own: DKIM hands it a SHA-256. */
static bool
sign_with_ed25519(const struct sign_key *key, const unsigned char *hash,
    unsigned char *signature, size_t *count)
{
	EVP_MD_CTX *work = EVP_MD_CTX_new();
	bool ok =
	    work != NULL && EVP_MD_CTX_copy_ex(work, key->ed25519) == 1 &&
	    EVP_DigestSign(work, signature, count, hash, SHA256_BYTES) == 1;

	EVP_MD_CTX_free(work);
	return ok;
}

bool
sign_key_sign(const struct sign_key *key,
    const unsigned char hash[SHA256_BYTES], struct buf *out, struct err *err)
{
	unsigned char signature[LARGEST_SIGNATURE];
	size_t count = sizeof(signature);
	bool ok = key->rsa != NULL
		      ? sign_with_rsa(key, hash, signature, &count)
		      : sign_with_ed25519(key, hash, signature, &count);

	if (!ok)
		return set_error(err, ERR_SOFTWARE, "signing");
	sign_key_add_base64(signature, count, out);
	return true;
}
