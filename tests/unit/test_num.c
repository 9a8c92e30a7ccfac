#include "base/num.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_integers(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t n;
	} rows[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "100", true, 100 },
		{ "-100", true, -100 },
		{ "101", false, 0 },
		{ "-101", false, 0 },
		{ "007", true, 7 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "--1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "1x", false, 0 },
		{ "0x1", false, 0 },
		{ "1.0", false, 0 },
		{ "99999999999999999999", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t n = 0;

		if (num_parse(rows[i].text, -100, 100, &n) != rows[i].ok)
			fail_msg("'%s'", rows[i].text);
		assert_int_equal(n, rows[i].n);
	}
}

static void
test_reals(void **state)
{
	static const char *const wrong[] = { "", ".5", "-1", "1e3", "1.2.3",
		"1,5", "nan", "inf", "0x1", "1000000000", " 1" };
	double n = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (num_parse_real(wrong[i], &n))
			fail_msg("'%s'", wrong[i]);
	assert_true(n == 7);
	assert_true(num_parse_real("1.5", &n) && n == 1.5);
	assert_true(num_parse_real("2", &n) && n == 2);
}

static void
test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
		const char *shortest;
	} rows[] = {
		{ "500ms", 500, "500ms" },
		{ "1s", 1000, "1s" },
		{ "90s", 90000, "90s" },
		{ "60s", 60000, "1m" },
		{ "5m", 300000, "5m" },
		{ "2h", 7200000, "2h" },
		{ "48h", 172800000, "2d" },
		{ "4d", 345600000, "4d" },
		{ "0s", 0, "0s" },
		{ "3660d", 316224000000, "3660d" },
		{ "3661d", -1, NULL },
		{ "5", -1, NULL },
		{ "5 m", -1, NULL },
		{ "5M", -1, NULL },
		{ "-5m", -1, NULL },
		{ "1.5h", -1, NULL },
		{ "m", -1, NULL },
		{ "9999999999999999d", -1, NULL },
	};
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = -1;

		if (num_parse_duration(rows[i].text, &ms) != (rows[i].ms >= 0))
			fail_msg("'%s'", rows[i].text);
		assert_int_equal(ms, rows[i].ms);
		if (ms >= 0)
			assert_string_equal(
			    num_format_duration(arena, ms), rows[i].shortest);
	}
}

static void
test_sizes(void **state)
{
	int64_t n = -1;

	(void)state;
	assert_true(num_parse_size("500", &n) && n == 500);
	assert_true(num_parse_size("500KB", &n) && n == 500000);
	assert_true(num_parse_size("2GB", &n) && n == INT64_C(2000000000));
	assert_false(num_parse_size("1kb", &n));
	assert_false(num_parse_size("KB", &n));
	assert_false(num_parse_size("99999999999GB", &n));
	assert_int_equal(n, INT64_C(2000000000));
}

static void
test_grouped(void **state)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	(void)state;
	assert_string_equal(num_format_grouped(arena, 0), "0");
	assert_string_equal(num_format_grouped(arena, 999), "999");
	assert_string_equal(num_format_grouped(arena, 1741), "1,741");
	assert_string_equal(num_format_grouped(arena, -1000000), "-1,000,000");
	assert_string_equal(
	    num_format_grouped(arena, INT64_MIN), "-9,223,372,036,854,775,808");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_reals),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_grouped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
