#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "content/town.h"

static const struct content_town towns[] = {
	{ "010006", "北海道", "北海道", "ほっかいどう" },
	{ "011029", "北海道", "札幌市北区", "さっぽろしきたく" },
	{ "112372", "埼玉県", "三郷市", "みさとし" },
	{ "324485", "島根県", "美郷町", "みさとちょう" },
	{ "325252", "島根県", "海士町", "あまちょう" },
};

static const struct content_vocabulary known = {
	.towns = towns,
	.town_count = sizeof(towns) / sizeof(towns[0]),
};

static const struct {
	const char *name, *kana, *latin;
} names[] = {
	{ "三郷市", "みさとし", "Misato" },
	{ "美郷町", "みさとちょう", "Misato" },
	{ "大町市", "おおまちし", "Omachi" },
	{ "津市", "つし", "Tsu" },
	{ "日光市", "にっこうし", "Nikko" },
	{ "八丈町", "はちじょうまち", "Hachijo" },
	{ "国頭村", "くにがみそん", "Kunigami" },
	{ "湧別町", "ゆうべつちょう", "Yubetsu" },
	{ "発知", "はっちし", "Hatchishi" },
	{ "東京都", "とうきょうと", "Tokyo" },
	{ "北海道", "ほっかいどう", "Hokkaido" },
	{ "甲賀市", "こうかし", "Koka" },
	{ "札幌市北区", "さっぽろしきたく", "" },
	{ "墨田区", "すみだく", "Sumida" },
	{ "x", "カタカナ", "" },
	{ "x", "", "" },
};

static void
test_latin(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct content_town town = { "000000", "", names[i].name,
			names[i].kana };
		char latin[TOWN_LATIN_BYTES] = "?";

		town_latin(&town, latin);
		assert_string_equal(latin, names[i].latin);
	}
}

static const struct {
	const char *word, *listed; /* NULL: nobody's name */
} words[] = {
	{ "Misato", "112372 埼玉県 三郷市, 324485 島根県 美郷町" },
	{ "misato town", "112372 埼玉県 三郷市, 324485 島根県 美郷町" },
	{ "Misato-cho", "112372 埼玉県 三郷市, 324485 島根県 美郷町" },
	{ "美郷町", "324485 島根県 美郷町" },
	{ "島根県美郷町", "324485 島根県 美郷町" },
	{ "埼玉県美郷町", NULL },
	{ "みさとし", "112372 埼玉県 三郷市" },
	{ "Ama", "325252 島根県 海士町" },
	{ "Hokkaido", "010006 北海道" },
	{ "Amazon", NULL },
	{ "", NULL },
};

static void
test_named(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *listed =
		    town_list_named(arena, &known, words[i].word);

		if (words[i].listed == NULL)
			assert_null(listed);
		else
			assert_string_equal(listed, words[i].listed);
	}
	arena_free(arena);
}

static void
test_near(void **state)
{
	static const struct {
		const char *word, *listed; /* NULL: nobody is near */
	} near[] = {
		{ "三郷町", "112372 埼玉県 三郷市" },
		{ "海士", "325252 島根県 海士町" },
		{ "Misaot Town", "112372 埼玉県 三郷市, 324485 島根県 美郷町" },
		{ "hokaido", "010006 北海道" },
		{ "町", NULL },
		{ "津和野町", NULL },
		{ "Reykjavik", NULL },
		{ "", NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		const char *listed =
		    town_list_near(arena, &known, near[i].word);

		if (near[i].listed == NULL)
			assert_null(listed);
		else
			assert_string_equal(listed, near[i].listed);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_latin),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
