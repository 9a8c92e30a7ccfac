#include "sign/sha256.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "secret/secret.h"

/* Two libraries must say the same, of texts of all lengths around the blocks,
   at once and in pieces. */
static void
test_same_as_the_other(void **state)
{
	unsigned char bytes[300], ours[SHA256_BYTES], theirs[SHA256_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7);
	for (size_t count = 0; count <= sizeof(bytes); count++) {
		struct sha256 *sum = sha256_new();

		secret_sha256(bytes, count, theirs);
		sha256_once(bytes, count, ours);
		assert_memory_equal(ours, theirs, SHA256_BYTES);
		memset(ours, 0, sizeof(ours));
		sha256_add(sum, bytes, count / 3);
		sha256_add(sum, bytes + count / 3, count - count / 3);
		sha256_end(sum, ours);
		assert_memory_equal(ours, theirs, SHA256_BYTES);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
