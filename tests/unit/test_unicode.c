/* unicode/: widths, folding with kinsoku, clusters, NFKC, domains. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "unicode/unicode.h"

#define FAMILY "\U0001f469\u200d\U0001f469\u200d\U0001f467"

static void
test_width(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} cases[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "墨田区", 6 },
		{ "ｶﾀｶﾅ", 4 },
		{ "ＡＢ", 4 },
		{ "か\u3099", 2 },             /* combining dakuten */
		{ "e\u0301", 1 },              /* e with acute */
		{ "\u200b", 0 },               /* zero width space */
		{ FAMILY, 2 },                 /* one picture */
		{ "\U0001f1ef\U0001f1f5", 2 }, /* one flag */
		{ "ｶﾞ", 2 }, /* a mark with a column of its own */
		{ "あﾞ", 3 },
		{ "1\ufe0f\u20e3", 2 }, /* a key, shown as an emoji */
		{ "\u2764\ufe0f", 2 },
		{ "\u2764", 1 },
		{ "、。「」", 8 },
		{ "a\tb", 2 },
		{ "\xff\xfe", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(
		    unicode_width(cases[i].text), cases[i].columns);
}

static void
test_fit(void **state)
{
	(void)state;
	assert_int_equal(unicode_fit("abc", 2), 2);
	assert_int_equal(unicode_fit("墨田区", 5), 6);
	assert_int_equal(unicode_fit("墨田区", 9), 9);
	assert_int_equal(unicode_fit("か\u3099き", 2), 6);
}

static void
test_fold(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *indent;
		const char *folded;
	} cases[] = {
		{ "", 10, "", "" },
		{ "one two three", 7, "", "one two\nthree" },
		{ "one two   ", 7, "", "one two" },
		{ "one four", 7, "", "one\nfour" },
		{ "a\n\nb  \n", 7, "", "a\n\nb\n" },
		{ "あいうえお", 6, "", "あいう\nえお" },
		/* 。 and 」 never begin a line */
		{ "あいう。えお", 6, "", "あい\nう。え\nお" },
		{ "あい「う」えお", 8, "", "あい\n「う」え\nお" },
		/* 「 never ends one */
		{ "ああ「いい」", 6, "", "ああ\n「い\nい」" },
		/* nor do small kana and the long vowel begin one */
		{ "ストリーモッ", 6, "", "スト\nリー\nモッ" },
		{ "あいうえ、お", 8, "", "あいう\nえ、お" },
		/* neither per cent signs nor dots behind a blank do */
		{ "あい％％う", 6, "", "あ\nい％％\nう" },
		{ "あい う・え", 8, "", "あい\nう・え" },
		{ "あいう ・え", 8, "", "あい\nう ・え" },
		/* a word of Latin letters stays whole */
		{ "墨田STRIEMO試乗", 8, "", "墨田\nSTRIEMO\n試乗" },
		/* a URL is never broken, even where it sticks out */
		{ "see https://news.example/a-b/c?d=e&f=g for more", 12, "",
		    "see\nhttps://news.example/a-b/c?d=e&f=g\nfor more" },
		{ "詳細<https://news.example/x/y/>です", 8, "",
		    "詳細\n<https://news.example/x/y/>\nです" },
		{ "こちらhttps://news.example/x/yをご覧ください", 16, "",
		    "こちら\nhttps://news.example/x/y\nをご覧ください" },
		{ "- one two three", 9, "  ", "- one two\n  three" },
		{ "一二三\u3000", 6, "", "一二三" },
		{ "か\u3099か\u3099か\u3099", 4, "",
		    "か\u3099か\u3099\nか\u3099" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(unicode_fold(arena, cases[i].text,
					cases[i].columns, cases[i].indent),
		    cases[i].folded);
	arena_free(arena);
}

/* Whatever the width, nothing but line feeds is added, nothing but blanks is
   lost. */
static void
test_fold_keeps_all(void **state)
{
	static const char text[] =
	    "墨田区は、「Old Meet New Authenticity Sumida in "
	    "TOKYO」をテーマに、https://news.example/a/b/c "
	    "で20名の大使を迎えた。（2026年4月）" FAMILY "終";
	struct arena *arena = arena_new();

	(void)state;
	for (size_t columns = 1; columns < 120; columns++) {
		const char *p = text;

		for (const char *q = unicode_fold(arena, text, columns, ""); *q;
		     q++) {
			if (*q == '\n')
				continue;
			while (*p == ' ' && *q != ' ')
				p++;
			assert_int_equal(*p, *q);
			p++;
		}
		assert_int_equal(*p, 0);
	}
	arena_free(arena);
}

static void
test_grapheme(void **state)
{
	(void)state;
	assert_int_equal(unicode_grapheme(""), 0);
	assert_int_equal(unicode_grapheme("ab"), 1);
	assert_int_equal(unicode_grapheme("墨田"), 3);
	assert_int_equal(unicode_grapheme("か\u3099き"), 6);
	assert_int_equal(unicode_grapheme("葛\U000e0100飾"), 7);
	assert_int_equal(unicode_grapheme(FAMILY "x"), strlen(FAMILY));
}

static void
test_nfkc(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(unicode_nfkc(arena, "ＡＢ１２　ｶﾞ"), "AB12 ガ");
	assert_string_equal(unicode_nfkc(arena, "か\u3099"), "が");
	assert_string_equal(unicode_nfkc(arena, "\xff"), "\xff");
	arena_free(arena);
}

static void
test_domain(void **state)
{
	static const struct {
		const char *domain;
		const char *ascii; /* NULL: refused */
	} cases[] = {
		{ "city.sumida.example", "city.sumida.example" },
		{ "City.SUMIDA.Example", "city.sumida.example" },
		{ "例え.example", "xn--r8jz45g.example" },
		{ "例え。example", "xn--r8jz45g.example" },
		{ "straße.example", "xn--strae-oqa.example" },
		{ "ｎｅｗｓ.example", "news.example" },
		{ "a..example", NULL },
		{ "", NULL },
		{ ".example", NULL },
		{ "-a.example", NULL },
		{ "a_b.example", NULL },
		{ "a b.example", NULL },
		{ "xn--\u3042.example", NULL },
		{ "a23456789012345678901234567890123456789012345678901234567890"
		  "1234.example",
		    NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = { 0 };
		char *ascii = NULL;
		bool done = unicode_domain_to_ascii(
		    arena, cases[i].domain, &ascii, &err);

		if (done != (cases[i].ascii != NULL))
			fail_msg("'%s': %s", cases[i].domain,
			    done ? ascii : err.text);
		if (done)
			assert_string_equal(ascii, cases[i].ascii);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_fold_keeps_all),
		cmocka_unit_test(test_grapheme),
		cmocka_unit_test(test_nfkc),
		cmocka_unit_test(test_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
