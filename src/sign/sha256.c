#include "sign/sha256.h"

#include <pthread.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "base/mem.h"

static EVP_MD *method;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static _Thread_local EVP_MD_CTX *at_hand; /* kept for the life of its thread */

struct sha256 {
	EVP_MD_CTX *context;
};

static void
fetch(void)
{
	method = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (method == NULL)
		mem_exhausted();
}

static void
begin(EVP_MD_CTX *context)
{
	pthread_once(&fetched, fetch);
	if (context == NULL || EVP_DigestInit_ex2(context, method, NULL) != 1)
		mem_exhausted();
}

static void
add(EVP_MD_CTX *context, const void *bytes, size_t count)
{
	if (EVP_DigestUpdate(context, bytes, count) != 1)
		mem_exhausted();
}

static void
end(EVP_MD_CTX *context, unsigned char ret_hash[SHA256_BYTES])
{
	if (EVP_DigestFinal_ex(context, ret_hash, NULL) != 1)
		mem_exhausted();
}

void
sha256_once(
    const void *bytes, size_t count, unsigned char ret_hash[SHA256_BYTES])
{
	if (at_hand == NULL)
		at_hand = EVP_MD_CTX_new();
	begin(at_hand);
	add(at_hand, bytes, count);
	end(at_hand, ret_hash);
}

void
sha256_parts(const struct iovec *parts, size_t part_count,
    unsigned char ret_hash[SHA256_BYTES])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	begin(context);
	for (size_t i = 0; i < part_count; i++)
		add(context, parts[i].iov_base, parts[i].iov_len);
	end(context, ret_hash);
	EVP_MD_CTX_free(context);
}

struct sha256 *
sha256_new(void)
{
	struct sha256 *sum = mem_new(1, sizeof(*sum));

	sum->context = EVP_MD_CTX_new();
	begin(sum->context);
	return sum;
}

void
sha256_add(struct sha256 *sum, const void *bytes, size_t count)
{
	add(sum->context, bytes, count);
}

void
sha256_end(struct sha256 *sum, unsigned char ret_hash[SHA256_BYTES])
{
	end(sum->context, ret_hash);
	EVP_MD_CTX_free(sum->context);
	free(sum);
}
