/* digest/: how a reader is addressed, and the names of places. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "digest/greeting.h"
#include "digest/placename.h"

static const struct greeting_words english = {
	.office = "{department}, {organisation}",
	.person = "Dear {name},",
	.unit = "Dear {name},",
	.titled = "Dear {name},",
	.nameless = "Dear colleagues of the {office},",
	.nobody = "Dear reader,",
	.unit_endings = "",
	.title_endings = "",
};

static const struct greeting_words japanese = {
	.office = "{organisation} {department}",
	.person = "{office} {name} 様",
	.unit = "{office} {name} 御中",
	.titled = "{office} {name}",
	.nameless = "{office} 御中",
	.nobody = "読者の皆様",
	.unit_endings = "課 係 担当",
	.title_endings = "様 先生",
};

static void
test_greeting(void **state)
{
	static const struct {
		const struct greeting_words *words;
		const char *name, *organisation, *department;
		const char *line;
	} cases[] = {
		{ &english, "", "", "", "Dear reader," },
		{ &english, "Maria Papadaki", "Embassy of Greece in Japan", "",
		    "Dear Maria Papadaki," },
		{ &english, "", "Embassy of Greece in Japan",
		    "Cultural Section",
		    "Dear colleagues of the Cultural Section, Embassy of "
		    "Greece in Japan," },
		{ &english, "", "Embassy of Greece in Japan", "",
		    "Dear colleagues of the Embassy of Greece in Japan," },
		/* a name that repeats the office is none */
		{ &english, "City of Kyoto", "City of Kyoto", "",
		    "Dear colleagues of the City of Kyoto," },
		{ &japanese, "", "", "", "読者の皆様" },
		{ &japanese, "佐藤花子", "墨田区", "文化芸術振興課",
		    "墨田区 文化芸術振興課 佐藤花子 様" },
		{ &japanese, "佐藤花子", "", "", "佐藤花子 様" },
		{ &japanese, "国際交流担当", "北海道", "国際課",
		    "北海道 国際課 国際交流担当 御中" },
		{ &japanese, "", "北海道", "国際課", "北海道 国際課 御中" },
		{ &japanese, "", "", "国際課", "国際課 御中" },
		{ &japanese, "国際課", "北海道", "国際課",
		    "北海道 国際課 御中" },
		/* an honorific is not doubled */
		{ &japanese, "佐藤花子様", "墨田区", "", "墨田区 佐藤花子様" },
		{ &japanese, "佐藤 先生", "", "", "佐藤 先生" },
		/* what is no text vanishes, what looks like a phrase stays */
		{ &english, "A\r\nBcc: x\x01\x7f\xff\ufdd0", "", "",
		    "Dear A Bcc: x," },
		{ &english, "{office} {name}", "", "",
		    "Dear {office} {name}," },
		{ &english, " \t ", "", "\n", "Dear reader," },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct person person = {
			.name = cases[i].name,
			.organisation = cases[i].organisation,
			.department = cases[i].department,
			.address = "x@a.example",
		};

		assert_string_equal(
		    greeting_line(arena, cases[i].words, &person),
		    cases[i].line);
	}
	arena_free(arena);
}

static void
test_placename(void **state)
{
	static const struct {
		const char *name, *kana, *city_kana, *english;
	} cases[] = {
		{ "北海道", "ほっかいどう", "", "Hokkaido" },
		{ "東京都", "とうきょうと", "", "Tokyo" },
		{ "京都府", "きょうとふ", "", "Kyoto Prefecture" },
		{ "島根県", "しまねけん", "", "Shimane Prefecture" },
		{ "富山県", "とやまけん", "", "Toyama Prefecture" },
		{ "大阪市", "おおさかし", "", "Osaka City" },
		{ "墨田区", "すみだく", "", "Sumida City" },
		{ "美郷町", "みさとちょう", "", "Misato Town" },
		{ "美里町", "みさとまち", "", "Misato Town" },
		{ "檜原村", "ひのはらむら", "", "Hinohara Village" },
		{ "松浦市", "まつうらし", "", "Matsuura City" },
		{ "夕張市", "ゆうばりし", "", "Yubari City" },
		{ "四日市市", "よっかいちし", "", "Yokkaichi City" },
		{ "新潟県", "にいがたけん", "", "Niigata Prefecture" },
		{ "札幌市中央区", "さっぽろしちゅうおうく", "さっぽろし",
		    "Chuo Ward, Sapporo" },
		/* what does not fit stays as it is */
		{ "札幌市中央区", "さっぽろしちゅうおうく", "",
		    "札幌市中央区" },
		{ "美郷町", "Misato", "", "美郷町" },
		{ "美郷町", "", "", "美郷町" },
		{ "町", "ちょう", "", "町" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_string_equal(
		    placename(arena, cases[i].name, cases[i].kana,
			cases[i].city_kana, LANGUAGE_EN),
		    cases[i].english);
		assert_string_equal(
		    placename(arena, cases[i].name, cases[i].kana,
			cases[i].city_kana, LANGUAGE_JA),
		    cases[i].name);
	}
	assert_string_equal(placename_romanise(arena, "まっちゃ"), "matcha");
	assert_string_equal(placename_romanise(arena, "ざっし"), "zasshi");
	assert_null(placename_romanise(arena, "abc"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_greeting),
		cmocka_unit_test(test_placename),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
