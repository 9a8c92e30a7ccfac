#include "secret/secret.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"

static_assert(crypto_auth_hmacsha256_BYTES == SECRET_HASH_BYTES,
    "HMAC-SHA-256 has 32 bytes");
static_assert(
    crypto_hash_sha256_BYTES == SECRET_HASH_BYTES, "SHA-256 has 32 bytes");

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

void
secret_random(void *ret_bytes, size_t count)
{
	if (sodium_init() < 0)
		abort();
	randombytes_buf(ret_bytes, count);
}

void
secret_sha256(
    const void *bytes, size_t count, unsigned char ret_hash[SECRET_HASH_BYTES])
{
	crypto_hash_sha256(ret_hash, bytes, count);
}

struct secret_sum {
	crypto_hash_sha256_state state;
};

struct secret_sum *
secret_sum_new(void)
{
	struct secret_sum *sum = mem_new(1, sizeof(*sum));

	crypto_hash_sha256_init(&sum->state);
	return sum;
}

void
secret_sum_add(struct secret_sum *sum, const void *bytes, size_t count)
{
	crypto_hash_sha256_update(&sum->state, bytes, count);
}

void
secret_sum_end(
    struct secret_sum *sum, unsigned char ret_hash[SECRET_HASH_BYTES])
{
	crypto_hash_sha256_final(&sum->state, ret_hash);
	free(sum);
}

void
secret_hmac(const void *key, size_t key_bytes, const void *bytes, size_t count,
    unsigned char ret_mac[SECRET_HASH_BYTES])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, key_bytes);
	crypto_auth_hmacsha256_update(&state, bytes, count);
	crypto_auth_hmacsha256_final(&state, ret_mac);
}

static_assert(
    sizeof(crypto_auth_hmacsha256_state) <= sizeof(struct secret_mac_state),
    "there is room for what libsodium keeps");

static crypto_auth_hmacsha256_state *
open_state(struct secret_mac_state *state)
{
	return (crypto_auth_hmacsha256_state *)(void *)state->bytes;
}

void
secret_mac_begin(
    const struct secret_key *key, struct secret_mac_state *ret_state)
{
	crypto_auth_hmacsha256_init(
	    open_state(ret_state), key->bytes, sizeof(key->bytes));
}

void
secret_mac_add_length(struct secret_mac_state *state, size_t count)
{
	unsigned char length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)((uint64_t)count >> (56 - 8 * i));
	crypto_auth_hmacsha256_update(
	    open_state(state), length, sizeof(length));
}

void
secret_mac_add(struct secret_mac_state *state, const void *bytes, size_t count)
{
	crypto_auth_hmacsha256_update(open_state(state), bytes, count);
}

void
secret_mac_end(
    struct secret_mac_state *state, unsigned char ret_mac[SECRET_HASH_BYTES])
{
	crypto_auth_hmacsha256_final(open_state(state), ret_mac);
}

void
secret_mac(const struct secret_key *key, const struct secret_part *parts,
    size_t part_count, unsigned char ret_mac[SECRET_HASH_BYTES])
{
	struct secret_mac_state state;

	secret_mac_begin(key, &state);
	for (size_t i = 0; i < part_count; i++) {
		secret_mac_add_length(&state, parts[i].count);
		secret_mac_add(&state, parts[i].bytes, parts[i].count);
	}
	secret_mac_end(&state, ret_mac);
}

bool
secret_equal(const void *a, const void *b, size_t count)
{
	return sodium_memcmp(a, b, count) == 0;
}

size_t
secret_base32_chars(size_t count)
{
	return (8 * count + 4) / 5;
}

void
secret_base32(const void *bytes, size_t count, char *ret_text)
{
	const unsigned char *p = bytes;
	unsigned window = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < count; i++) {
		window = (window << 8 | p[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			*ret_text++ = digits[window >> (bits - 5) & 31];
	}
	if (bits > 0)
		*ret_text++ = digits[window << (5 - bits) & 31];
	*ret_text = '\0';
}

static int
read_digit(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

bool
secret_base32_read(
    const char *text, size_t chars, unsigned char *ret_bytes, size_t count)
{
	unsigned window = 0;
	unsigned bits = 0;

	if (chars != secret_base32_chars(count))
		return false;
	for (size_t i = 0; i < chars; i++)
		if (read_digit(text[i]) < 0)
			return false;
	if (chars > 0 && 8 * count % 5 != 0) {
		unsigned spare = 5 - (unsigned)(8 * count % 5);

		if ((read_digit(text[chars - 1]) & ((1 << spare) - 1)) != 0)
			return false;
	}
	for (size_t i = 0; i < chars; i++) {
		window = (window << 5 | (unsigned)read_digit(text[i])) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			*ret_bytes++ = (unsigned char)(window >> bits & 0xff);
		}
	}
	return true;
}
