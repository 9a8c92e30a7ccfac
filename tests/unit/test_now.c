#include "base/now.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

static void
set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void
test_formats(void **state)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	int64_t ms = INT64_C(1775034000123); /* 2026-04-01 09:00 UTC */

	(void)state;
	set_zone("Asia/Tokyo");
	assert_string_equal(
	    now_format_rfc3339(arena, ms), "2026-04-01T09:00:00.123Z");
	assert_string_equal(now_format_local(arena, ms), "2026-04-01 18:00:00");
	assert_string_equal(now_format_rfc5322(arena, ms, 540),
	    "Wed, 01 Apr 2026 18:00:00 +0900");
	assert_int_equal(now_offset_min(ms), 540);
	set_zone("America/St_Johns");
	assert_int_equal(now_offset_min(ms), -150);
	assert_string_equal(now_format_rfc5322(arena, ms, -150),
	    "Wed, 01 Apr 2026 06:30:00 -0230");
	assert_string_equal(
	    now_format_rfc3339(arena, -1), "1969-12-31T23:59:59.999Z");
	assert_string_equal(now_format_rfc3339(arena, INT64_C(253402300799999)),
	    "9999-12-31T23:59:59.999Z");
}

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "2026-04-01T09:00:00Z", 1775034000000 },
		{ "2026-04-01t09:00:00z", 1775034000000 },
		{ "2026-04-01 09:00:00.5Z", 1775034000500 },
		{ "2026-04-01T09:00:00.123987Z", 1775034000123 },
		{ "2026-04-01T18:00:00+09:00", 1775034000000 },
		{ "2026-04-01T06:30:00-02:30", 1775034000000 },
		{ "2026-04-01", 1774969200000 }, /* midnight in Tokyo */
		{ "2024-02-29", 1709132400000 },
		{ "1970-01-01", -32400000 },
	};
	static const char *const wrong[] = { "", "2026", "2026-4-1",
		"2026-13-01", "2026-02-29", "2026-04-31", "2026-00-10",
		"2026-04-00", "2026-04-01T", "2026-04-01T09:00Z",
		"2026-04-01T24:00:00Z", "2026-04-01T09:60:00Z",
		"2026-04-01T09:00:00", "2026-04-01T09:00:00.Z",
		"2026-04-01T09:00:00+9", "2026-04-01T09:00:00Zx", "2026-04-01x",
		" 2026-04-01", "-2026-04-01" };

	(void)state;
	set_zone("Asia/Tokyo");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = 0;

		if (!now_parse(rows[i].text, &ms) || ms != rows[i].ms)
			fail_msg("'%s': %lld", rows[i].text, (long long)ms);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int64_t ms = 7;

		if (now_parse(wrong[i], &ms) || ms != 7)
			fail_msg("'%s'", wrong[i]);
	}
}

/* What a person types, at noon of 1 April in Tokyo. */
static void
test_parse_local(void **state)
{
	static const struct {
		const char *zone, *text, *wanted;
	} rows[] = {
		{ "Asia/Tokyo", "2026-04-01T09:00:00+09:00",
		    "2026-04-01T00:00:00.000Z" },
		{ "Asia/Tokyo", "2026-04-02 09:00",
		    "2026-04-02T00:00:00.000Z" },
		{ "Asia/Tokyo", "2026-04-02T09:00:30",
		    "2026-04-02T00:00:30.000Z" },
		{ "Asia/Tokyo", "12:01", "2026-04-01T03:01:00.000Z" },
		{ "Asia/Tokyo", "12:00", "2026-04-02T03:00:00.000Z" },
		{ "Asia/Tokyo", "09:30", "2026-04-02T00:30:00.000Z" },

		/* Comes twice. */
		{ "Europe/Berlin", "2026-10-25 02:30",
		    "2026-10-25T00:30:00.000Z" },

		/* Is not there. */
		{ "Europe/Berlin", "2026-03-29 02:30", NULL },
		{ "Asia/Tokyo", "2026-04-02", NULL },
		{ "Asia/Tokyo", "2026-02-30 09:00", NULL },
		{ "Asia/Tokyo", "9:00", NULL },
		{ "Asia/Tokyo", "24:00", NULL },
		{ "Asia/Tokyo", "09:00x", NULL },
		{ "Asia/Tokyo", "2026-04-02 09:00 JST", NULL },
		{ "Asia/Tokyo", "tomorrow", NULL },
		{ "Asia/Tokyo", "", NULL },
	};
	struct arena *arena = arena_new();
	int64_t noon;

	(void)state;
	assert_true(now_parse("2026-04-01T12:00:00+09:00", &noon));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = 0;
		bool ok;

		set_zone(rows[i].zone);
		ok = now_parse_local(rows[i].text, noon, &ms);
		if (ok != (rows[i].wanted != NULL) ||
		    (ok && strcmp(now_format_rfc3339(arena, ms),
			       rows[i].wanted) != 0))
			fail_msg("'%s': %s", rows[i].text,
			    ok ? now_format_rfc3339(arena, ms) : "refused");
	}
	arena_free(arena);
}

static void
test_clocks(void **state)
{
	int64_t mono = now_mono_us();

	(void)state;
	assert_true(now_ms() > INT64_C(1700000000000));
	assert_true(now_mono_us() >= mono);
	assert_in_range(now_mono_ms() - mono / 1000, 0, 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_local),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
