#include "base/arena.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdalign.h>
#include <stdint.h>

/* Pieces of all sizes are aligned, zeroed, and do not overlap. */
static void
test_pieces(void **state)
{
	enum { PIECES = 500 };
	struct arena *arena = arena_new();
	unsigned char *pieces[PIECES];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < PIECES; i++) {
			size_t bytes = (size_t)i * (size_t)i / 7;

			pieces[i] = arena_take(arena, 1, bytes);
			assert_int_equal(
			    (uintptr_t)pieces[i] % alignof(max_align_t), 0);
			for (size_t b = 0; b < bytes; b++)
				assert_int_equal(pieces[i][b], 0);
			memset(pieces[i], i % 251 + 1, bytes);
		}
		for (int i = 0; i < PIECES; i++)
			for (int b = 0; b < i * i / 7; b++)
				if (pieces[i][b] != i % 251 + 1)
					fail_msg("piece %d", i);
		arena_reset(arena);
	}
	arena_free(arena);
	arena_free(NULL);
}

static void
test_texts(void **state)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	char *big;

	(void)state;
	assert_string_equal(arena_strdup(arena, "日本"), "日本");
	assert_string_equal(arena_strndup(arena, "abc", 2), "ab");
	assert_string_equal(arena_strndup(arena, "abc", 9), "abc");
	assert_memory_equal(arena_copy(arena, "a\0b", 3), "a\0b\0", 4);
	assert_string_equal(arena_copy(arena, NULL, 0), "");
	assert_string_equal(arena_format(arena, "%d-%s", 7, "x"), "7-x");
	big = arena_format(arena, "%0100000d", 7);
	assert_int_equal(strlen(big), 100000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
