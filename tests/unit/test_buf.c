#include "base/buf.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_grow(void **state)
{
	struct buf buf GM_BUF_AT_EXIT;
	char *given;

	(void)state;
	buf_init(&buf, 100000);
	assert_string_equal(buf_str(&buf), "");
	for (int i = 0; i < 1000; i++)
		buf_add_format(&buf, "%03d,", i);
	assert_int_equal(buf.used, 4000);
	assert_memory_equal(buf_str(&buf) + 3992, "998,999,", 9);
	buf_consume(&buf, 3996);
	assert_string_equal(buf_str(&buf), "999,");
	buf_consume(&buf, 4);
	assert_string_equal(buf_str(&buf), "");
	buf_add_str(&buf, "a");
	buf_add_char(&buf, 'b');
	buf_add(&buf, "", 0);
	given = buf_give(&buf);
	assert_string_equal(given, "ab");
	free(given);
	assert_int_equal(buf.used, 0);
	given = buf_give(&buf);
	assert_string_equal(given, "");
	free(given);
}

/* A text longer than any buffer on the stack. */
static void
test_long_format(void **state)
{
	struct buf buf GM_BUF_AT_EXIT;

	(void)state;
	buf_init(&buf, 100000);
	buf_add_format(&buf, "%0511d", 1);
	buf_add_format(&buf, "%0512d", 2);
	buf_add_format(&buf, "%05000d", 3);
	assert_int_equal(buf.used, 511 + 512 + 5000);
	assert_int_equal(buf.bytes[511 + 511], '2');
	assert_int_equal(strlen(buf.bytes), buf.used);
}

/* What passes the ceiling is left out whole, and so is all that follows. */
static void
test_ceiling(void **state)
{
	struct buf buf GM_BUF_AT_EXIT;

	(void)state;
	buf_init(&buf, 10);
	buf_add_str(&buf, "12345");
	assert_null(buf_reserve(&buf, 6));
	assert_true(buf.overflowed);
	buf_add_str(&buf, "x");
	assert_string_equal(buf_str(&buf), "12345");
	buf_reset(&buf);
	assert_false(buf.overflowed);
	buf_add_str(&buf, "1234567890");
	assert_false(buf.overflowed);
	assert_null(buf_reserve(&buf, SIZE_MAX));
	assert_string_equal(buf_str(&buf), "1234567890");
}

static void
test_reserve(void **state)
{
	struct buf buf GM_BUF_AT_EXIT;
	char *to;

	(void)state;
	buf_init(&buf, 2000);
	to = buf_reserve(&buf, 1000);
	memset(to, 'x', 1000);
	buf.used += 1000;
	buf_add_str(&buf, "y");
	assert_int_equal(strlen(buf_str(&buf)), 1001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_long_format),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_reserve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
