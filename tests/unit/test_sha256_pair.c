/* sign/sha256_pair: the hashes of libsodium, whatever the parts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "secret/secret.h"
#include "sign/sha256_pair.h"
#include "sign/sign.h"

enum { LONGEST = 400, MOST_PARTS = 6 };

/* A message of random bytes in parts that are cut anywhere, also to nothing. */
struct sample {
	unsigned char bytes[MOST_PARTS * LONGEST];
	struct iovec parts[MOST_PARTS];
	size_t part_count;
	size_t count;
	unsigned char hash[SIGN_HASH_BYTES];
	unsigned char expected[SECRET_HASH_BYTES];
};

static void
make_sample(struct sample *sample, unsigned *seed)
{
	sample->count = 0;
	sample->part_count = (size_t)rand_r(seed) % (MOST_PARTS + 1);
	for (size_t i = 0; i < sample->part_count; i++) {
		size_t most = rand_r(seed) % 3 == 0 ? LONGEST : 66;
		size_t count = (size_t)rand_r(seed) % most;

		sample->parts[i].iov_base = sample->bytes + sample->count;
		sample->parts[i].iov_len = count;
		sample->count += count;
	}
	for (size_t i = 0; i < sample->count; i++)
		sample->bytes[i] = (unsigned char)rand_r(seed);
	secret_sha256(sample->bytes, sample->count, sample->expected);
}

static void
test_pairs(void **state)
{
	static struct sample a, b;
	unsigned seed = 1;

	(void)state;
	if (!sha256_pair_works())
		skip();
	for (int i = 0; i < 3000; i++) {
		make_sample(&a, &seed);
		make_sample(&b, &seed);
		sha256_pair((struct sha256_item[2]){
		    { a.parts, a.part_count, a.hash },
		    { b.parts, b.part_count, b.hash },
		});
		assert_memory_equal(a.hash, a.expected, sizeof(a.hash));
		assert_memory_equal(b.hash, b.expected, sizeof(b.hash));
	}
}

/* Any number of messages, with or without pairs. */
static void
test_sums(void **state)
{
	enum { MOST = 7 };
	static struct sample samples[MOST];
	struct sign_sum sums[MOST];
	unsigned seed = 2;

	(void)state;
	for (size_t count = 0; count <= MOST; count++) {
		for (size_t i = 0; i < count; i++) {
			make_sample(&samples[i], &seed);
			sums[i] = (struct sign_sum){ samples[i].parts,
				samples[i].part_count, samples[i].hash };
		}
		sign_sha256(sums, count);
		for (size_t i = 0; i < count; i++)
			assert_memory_equal(samples[i].hash,
			    samples[i].expected, sizeof(samples[i].hash));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
