#include "base/text.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_compare(void **state)
{
	(void)state;
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_false(text_equal("a", "A"));
	assert_true(text_equal_nocase("Tokyo", "tOKYO"));
	assert_true(text_starts("sqlite:x", "sqlite:"));
	assert_false(text_starts("sql", "sqlite:"));
	assert_true(text_ends("a.en.md", ".md"));
	assert_false(text_ends("md", ".md"));
}

static void
test_cut(void **state)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct text_list list;

	(void)state;
	assert_string_equal(text_lower(arena, "ABCxyzÄ日"), "abcxyzÄ日");
	assert_string_equal(
	    text_trim(arena, "\xe3\x80\x80 \t日本 語\r\n\xe3\x80\x80"),
	    "日本 語");
	assert_string_equal(text_trim(arena, " \n"), "");
	assert_string_equal(text_trim(arena, ""), "");

	/* U+3001 begins like the wide blank. */
	assert_string_equal(text_trim(arena, "、a、"), "、a、");
	list = text_split(arena, " tourism; ;sister-city ;", ';');
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0], "tourism");
	assert_string_equal(list.items[1], "sister-city");
	assert_int_equal(text_split(arena, "", ';').count, 0);
}

static void
test_utf8(void **state)
{
	static const char *const right[] = { "", "a", "é", "日本", "😀",
		"\xef\xbf\xbd", "\xf4\x8f\xbf\xbd" };
	static const char *const wrong[] = { "\x80", "\xc0\x80", "\xc1\xbf",
		"\xe3\x81", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe3" };

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		if (!text_is_utf8(right[i], strlen(right[i])))
			fail_msg("%zu", i);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (text_is_utf8(wrong[i], strlen(wrong[i])))
			fail_msg("%zu", i);
	assert_false(text_is_utf8("a\0b", 3));
}

static void
test_control(void **state)
{
	static const char *const bad[] = { "a\nb", "\x1b[2J", "\x7f",
		"\xc2\x85",         /* C1 */
		"\xe2\x80\xa8",     /* U+2028 */
		"\xe2\x80\xa9",     /* U+2029 */
		"\xe2\x80\xaa",     /* U+202A */
		"\xe2\x80\xae",     /* U+202E */
		"\xe2\x81\xa6",     /* U+2066 */
		"\xe2\x81\xa9",     /* U+2069 */
		"\xef\xb7\x90",     /* U+FDD0 */
		"\xef\xbf\xbe",     /* U+FFFE */
		"\xf0\x9f\xbf\xbf", /* U+1FFFF */
		"\xf4\x8f\xbf\xbe", /* U+10FFFE */
		"\xff" };
	static const char *const good[] = { "", "日本 語", "😀", "\xc2\xa0",
		"\xe2\x80\xa7", "\xe2\x80\xaf", "\xe2\x81\xa5", "\xe2\x81\xaa",
		"\xf0\x9f\xbe\xbe" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!text_has_control(bad[i]))
			fail_msg("%zu", i);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (text_has_control(good[i]))
			fail_msg("%zu", i);
}

static void
test_printable(void **state)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	(void)state;
	assert_string_equal(text_printable(arena, "日本"), "日本");
	assert_string_equal(text_printable(arena, "a\x1b[1m\r\n\xff"),
	    "a\\x1b[1m\\x0d\\x0a\\xff");
	assert_false(text_has_control(
	    text_printable(arena, "\xc2\x85\xef\xb7\x90\x01")));
}

/* What is well-formed stays; the rest, and what a limit cut, is marked. */
static void
test_mend(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "島根 ok", "島根 ok" },
		{ "'島\xe6\xa0' is no tag", "'島?' is no tag" },
		{ "\xe6", "?" },
		{ "a\xff\xfe\x80z", "a??z" },
		{ "caf\xe9.csv", "caf?.csv" },
		{ "\x80\x80島", "?島" },
		{ "\xed\xa0\x80", "?" },
		{ "😀\xf0\x9f\x98", "😀?" },
	};
	char text[64];
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(text, cases[i][0]);
		text_mend(text);
		assert_string_equal(text, cases[i][1]);
	}
	err_set(&err, ERR_DATA, "'%.4s' is no town", "島根");
	assert_string_equal(err.text, "'島?' is no town");
	err_wrap(&err, "%.2s", "町");
	assert_string_equal(err.text, "?: '島?' is no town");
}

static void
test_nearest(void **state)
{
	static const char *const words[] = { "title", "date", "tags", "summary",
		NULL };
	static const char *const towns[] = { "sumita", "sumida", NULL };

	(void)state;
	assert_string_equal(text_nearest("titel", words), "title");
	assert_string_equal(text_nearest("tag", words), "tags");
	assert_string_equal(text_nearest("date", words), "date");
	assert_string_equal(text_nearest("sumdia", towns), "sumida");
	assert_null(text_nearest("preheader", words));
	assert_null(text_nearest("x", words));
	assert_null(text_nearest(
	    "a word that is far longer than all that anybody could mean",
	    words));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_mend),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
