#include "model/backoff.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct backoff usual = {
	.first_ms = 300000,
	.factor = 2,
	.longest_ms = 8 * 3600000,
};

static void
test_growth(void **state)
{
	static const struct {
		int failures;
		int64_t plain_ms;
	} rows[] = {
		{ 1, 300000 },
		{ 2, 600000 },
		{ 3, 1200000 },
		{ 7, 19200000 },
		{ 8, 28800000 }, /* the longest */
		{ 9, 28800000 },
		{ 1000000000, 28800000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t plain = rows[i].plain_ms;
		int64_t least = backoff_delay_ms(&usual, rows[i].failures, 0);
		int64_t most =
		    backoff_delay_ms(&usual, rows[i].failures, UINT32_MAX);
		int64_t half =
		    backoff_delay_ms(&usual, rows[i].failures, UINT32_MAX / 2);

		assert_in_range(least, plain * 8 / 10 - 1, plain * 8 / 10 + 1);
		assert_in_range(most, plain * 12 / 10 - 1, plain * 12 / 10 + 1);
		assert_in_range(half, plain - 1, plain + 1);
	}
}

static void
test_edges(void **state)
{
	struct backoff even = { .first_ms = 10, .factor = 1, .longest_ms = 10 };
	struct backoff none = { .first_ms = 0, .factor = 3, .longest_ms = 0 };

	(void)state;
	assert_in_range(backoff_delay_ms(&even, 50, 7), 8, 12);

	/* Never at once: that would be a hot loop. */
	assert_int_equal(backoff_delay_ms(&none, 5, 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
