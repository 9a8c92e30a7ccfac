#include "sign/sha256_pair.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TARGET __attribute__((target("sha,sse4.1")))

enum { BLOCK = 64, GROUPS = 16, LENGTH_AT = 56 };

/* Four rounds to a row; FIPS 180-4 section 4.2.2. */
static const uint32_t constants[GROUPS][4] __attribute__((aligned(16))) = {
	{ 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5 },
	{ 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5 },
	{ 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3 },
	{ 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174 },
	{ 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc },
	{ 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da },
	{ 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7 },
	{ 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967 },
	{ 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13 },
	{ 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85 },
	{ 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3 },
	{ 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070 },
	{ 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5 },
	{ 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3 },
	{ 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208 },
	{ 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2 },
};

/* The eight words of the state as the instructions want them. */
struct state {
	__m128i abef, cdgh;
};

/* A message on its way: what is not hashed yet, in whole blocks. */
struct stream {
	struct state state;
	const struct iovec *parts, *end;
	size_t at;      /* in the first part */
	uint64_t bytes; /* hashed, or in the block */
	const unsigned char *blocks;
	size_t count; /* of them */
	unsigned char block[2 * BLOCK];
	bool padded;
	bool over;
};

static bool works;

static void
look(void)
{
	enum { SHA = 1 << 29 }; /* leaf 7, ebx */
	unsigned a, b, c, d;

	works = __builtin_cpu_supports("sse4.1") &&
		__get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & SHA) != 0;
}

/* Asking costs more than a hash where the machine is a virtual one. */
bool
sha256_pair_works(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (pthread_once(&once, look) != 0)
		abort();
	return works;
}

/* Initial value, FIPS 180-4 section 5.3.3. */
static TARGET struct state
first_state(void)
{
	return (struct state){
		.abef = _mm_set_epi32(
		    0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
		.cdgh = _mm_set_epi32(
		    0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19),
	};
}

static inline TARGET __m128i
read_words(const unsigned char *from)
{
	const __m128i swap =
	    _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);

	return _mm_shuffle_epi8(
	    _mm_loadu_si128((const __m128i *)(const void *)from), swap);
}

/* The four words of the schedule that come 16 behind those of `w0`. */
static inline TARGET __m128i
extend(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
	__m128i sum = _mm_add_epi32(
	    _mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));

	return _mm_sha256msg2_epu32(sum, w3);
}

static inline TARGET void
four_rounds(struct state *state, __m128i words)
{
	state->cdgh = _mm_sha256rnds2_epu32(state->cdgh, state->abef, words);
	state->abef = _mm_sha256rnds2_epu32(
	    state->abef, state->cdgh, _mm_shuffle_epi32(words, 0x0e));
}

/* Hashes `count` blocks of each, in step. */
static TARGET void
hash_blocks(struct stream *one, struct stream *two, size_t count)
{
	struct state a = one->state, b = two->state;

	for (; count > 0; count--) {
		struct state a_before = a, b_before = b;
		__m128i u[4], v[4];

#pragma GCC unroll 16
		for (size_t i = 0; i < GROUPS; i++) {
			__m128i k = _mm_load_si128(
			    (const __m128i *)(const void *)constants[i]);

			if (i < 4) {
				u[i] = read_words(one->blocks + 16 * i);
				v[i] = read_words(two->blocks + 16 * i);
			} else {
				u[i % 4] = extend(u[i % 4], u[(i + 1) % 4],
				    u[(i + 2) % 4], u[(i + 3) % 4]);
				v[i % 4] = extend(v[i % 4], v[(i + 1) % 4],
				    v[(i + 2) % 4], v[(i + 3) % 4]);
			}
			four_rounds(&a, _mm_add_epi32(u[i % 4], k));
			four_rounds(&b, _mm_add_epi32(v[i % 4], k));
		}
		a.abef = _mm_add_epi32(a.abef, a_before.abef);
		a.cdgh = _mm_add_epi32(a.cdgh, a_before.cdgh);
		b.abef = _mm_add_epi32(b.abef, b_before.abef);
		b.cdgh = _mm_add_epi32(b.cdgh, b_before.cdgh);
		one->blocks += BLOCK;
		two->blocks += BLOCK;
	}
	one->state = a;
	two->state = b;
}

/* FIPS 180-4 section 5.1.1: a one bit, zeros, the length in bits. */
static void
pad(struct stream *stream, size_t used)
{
	size_t blocks = used < LENGTH_AT ? 1 : 2;
	unsigned char *length =
	    stream->block + (blocks - 1) * BLOCK + LENGTH_AT;

	stream->block[used++] = 0x80;
	memset(stream->block + used, 0, blocks * BLOCK - used);
	for (size_t i = 0; i < 8; i++)
		length[i] = (unsigned char)(stream->bytes * 8 >> (56 - 8 * i));
	stream->blocks = stream->block;
	stream->count = blocks;
	stream->padded = true;
}

/* Finds the next whole blocks: where they stand, or, where a block reaches
   over the end of a part, in a copy. */
static void
find_blocks(struct stream *stream)
{
	size_t used = 0;

	while (stream->parts < stream->end) {
		const unsigned char *from =
		    (const unsigned char *)stream->parts->iov_base + stream->at;
		size_t left = stream->parts->iov_len - stream->at;
		size_t wanted = used == 0 ? left / BLOCK * BLOCK : BLOCK - used;

		if (used == 0 && wanted > 0) {
			stream->blocks = from;
			stream->count = wanted / BLOCK;
			stream->at += wanted;
			stream->bytes += wanted;
			return;
		}
		if (used == 0 || wanted > left)
			wanted = left;
		if (wanted > 0)
			memcpy(stream->block + used, from, wanted);
		used += wanted;
		stream->at += wanted;
		stream->bytes += wanted;
		if (stream->at == stream->parts->iov_len) {
			stream->parts++;
			stream->at = 0;
		}
		if (used == BLOCK) {
			stream->blocks = stream->block;
			stream->count = 1;
			return;
		}
	}
	if (stream->padded)
		stream->over = true;
	else
		pad(stream, used);
}

static TARGET void
begin(struct stream *stream, const struct sha256_item *item)
{
	stream->state = first_state();
	stream->parts = item->parts;
	stream->end = item->parts + item->part_count;
	stream->at = stream->count = 0;
	stream->bytes = 0;
	stream->padded = stream->over = false;
	find_blocks(stream);
}

static TARGET void
finish(const struct stream *stream, unsigned char *ret_hash)
{
	uint32_t words[8];

	_mm_storeu_si128((__m128i *)(void *)words, stream->state.abef);
	_mm_storeu_si128((__m128i *)(void *)(words + 4), stream->state.cdgh);

	/* As stored: f e b a, h g d c. */
	static const unsigned char order[8] = { 3, 2, 7, 6, 1, 0, 5, 4 };

	for (size_t i = 0; i < 8; i++) {
		uint32_t word = __builtin_bswap32(words[order[i]]);

		memcpy(ret_hash + 4 * i, &word, sizeof(word));
	}
}

void
sha256_pair(const struct sha256_item pair[2])
{
	/* Keeps the longer one company when the other is over. */
	static const unsigned char idle[BLOCK];
	struct stream one, two, none = { .blocks = idle };

	begin(&one, &pair[0]);
	begin(&two, &pair[1]);
	while (!one.over || !two.over) {
		struct stream *a = one.over ? &none : &one;
		struct stream *b = two.over ? &none : &two;
		size_t count = 1;

		if (!one.over && !two.over)
			count = a->count < b->count ? a->count : b->count;
		hash_blocks(a, b, count);
		none.blocks = idle;
		a->count -= a != &none ? count : 0;
		b->count -= b != &none ? count : 0;
		if (a != &none && a->count == 0)
			find_blocks(a);
		if (b != &none && b->count == 0)
			find_blocks(b);
	}
	finish(&one, pair[0].ret_hash);
	finish(&two, pair[1].ret_hash);
}

#else

bool
sha256_pair_works(void)
{
	return false;
}

void
sha256_pair(const struct sha256_item pair[2])
{
	(void)pair;
}

#endif
