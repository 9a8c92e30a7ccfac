/* The numbers of notices; planning is seen from outside, by the scenarios. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "publish/publish.h"

/* Many within one millisecond are all different, and small enough for every
   reader of JSON. */
static void
test_notice_numbers(void **state)
{
	int64_t last = 0;
	int64_t widest = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t number = publish_notice_number();

		assert_true(number >= 0 && number < INT64_C(1) << 53);
		assert_int_not_equal(number, last);
		widest |= number;
		last = number;
	}
	assert_int_equal(widest, (INT64_C(1) << 53) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notice_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
