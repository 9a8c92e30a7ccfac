#include "digest/placename.h"

#include <string.h>

#include "base/text.h"

/* Kana and letters; two kana come before their first one alone. */
static const struct {
	const char *kana, *letters;
} syllables[] = {
	{ "きゃ", "kya" },
	{ "きゅ", "kyu" },
	{ "きょ", "kyo" },
	{ "しゃ", "sha" },
	{ "しゅ", "shu" },
	{ "しょ", "sho" },
	{ "ちゃ", "cha" },
	{ "ちゅ", "chu" },
	{ "ちょ", "cho" },
	{ "にゃ", "nya" },
	{ "にゅ", "nyu" },
	{ "にょ", "nyo" },
	{ "ひゃ", "hya" },
	{ "ひゅ", "hyu" },
	{ "ひょ", "hyo" },
	{ "みゃ", "mya" },
	{ "みゅ", "myu" },
	{ "みょ", "myo" },
	{ "りゃ", "rya" },
	{ "りゅ", "ryu" },
	{ "りょ", "ryo" },
	{ "ぎゃ", "gya" },
	{ "ぎゅ", "gyu" },
	{ "ぎょ", "gyo" },
	{ "じゃ", "ja" },
	{ "じゅ", "ju" },
	{ "じょ", "jo" },
	{ "びゃ", "bya" },
	{ "びゅ", "byu" },
	{ "びょ", "byo" },
	{ "ぴゃ", "pya" },
	{ "ぴゅ", "pyu" },
	{ "ぴょ", "pyo" },
	{ "あ", "a" },
	{ "い", "i" },
	{ "う", "u" },
	{ "え", "e" },
	{ "お", "o" },
	{ "か", "ka" },
	{ "き", "ki" },
	{ "く", "ku" },
	{ "け", "ke" },
	{ "こ", "ko" },
	{ "さ", "sa" },
	{ "し", "shi" },
	{ "す", "su" },
	{ "せ", "se" },
	{ "そ", "so" },
	{ "た", "ta" },
	{ "ち", "chi" },
	{ "つ", "tsu" },
	{ "て", "te" },
	{ "と", "to" },
	{ "な", "na" },
	{ "に", "ni" },
	{ "ぬ", "nu" },
	{ "ね", "ne" },
	{ "の", "no" },
	{ "は", "ha" },
	{ "ひ", "hi" },
	{ "ふ", "fu" },
	{ "へ", "he" },
	{ "ほ", "ho" },
	{ "ま", "ma" },
	{ "み", "mi" },
	{ "む", "mu" },
	{ "め", "me" },
	{ "も", "mo" },
	{ "や", "ya" },
	{ "ゆ", "yu" },
	{ "よ", "yo" },
	{ "ら", "ra" },
	{ "り", "ri" },
	{ "る", "ru" },
	{ "れ", "re" },
	{ "ろ", "ro" },
	{ "わ", "wa" },
	{ "ゐ", "i" },
	{ "ゑ", "e" },
	{ "を", "o" },
	{ "ん", "n" },
	{ "が", "ga" },
	{ "ぎ", "gi" },
	{ "ぐ", "gu" },
	{ "げ", "ge" },
	{ "ご", "go" },
	{ "ざ", "za" },
	{ "じ", "ji" },
	{ "ず", "zu" },
	{ "ぜ", "ze" },
	{ "ぞ", "zo" },
	{ "だ", "da" },
	{ "ぢ", "ji" },
	{ "づ", "zu" },
	{ "で", "de" },
	{ "ど", "do" },
	{ "ば", "ba" },
	{ "び", "bi" },
	{ "ぶ", "bu" },
	{ "べ", "be" },
	{ "ぼ", "bo" },
	{ "ぱ", "pa" },
	{ "ぴ", "pi" },
	{ "ぷ", "pu" },
	{ "ぺ", "pe" },
	{ "ぽ", "po" },
};

/* How the name of a place ends, how that reads, and what it is in English. */
static const struct {
	const char *name, *kana, *english;
} kinds[] = {
	{ "都", "と", "" }, /* Tokyo has no other name */
	{ "道", "どう", "do" },
	{ "府", "ふ", " Prefecture" },
	{ "県", "けん", " Prefecture" },
	{ "市", "し", " City" },
	{ "区", "く", " City" },
	{ "町", "ちょう", " Town" },
	{ "町", "まち", " Town" },
	{ "村", "むら", " Village" },
	{ "村", "そん", " Village" },
};

/* True when the vowel only lengthens what stands before it, and is left out
   as on maps: ou, oo, and uu behind yu, chu, shu, ju. */
static bool
is_lengthening(const char *out, size_t used, const char *letters)
{
	char before = used > 0 ? out[used - 1] : '\0';
	char second = used > 1 ? out[used - 2] : '\0';

	if (text_equal(letters, "o"))
		return before == 'o';
	return text_equal(letters, "u") &&
	       (before == 'o' ||
		   (before == 'u' && second && strchr("yhj", second)));
}

/* Adds the letters of the syllable at `kana`; false when it is none. */
static bool
add_syllable(char *out, const char *kana, size_t *ret_bytes)
{
	size_t used = strlen(out);
	size_t count = sizeof(syllables) / sizeof(*syllables);

	for (size_t i = 0; i < count; i++) {
		if (!text_starts(kana, syllables[i].kana))
			continue;
		*ret_bytes = strlen(syllables[i].kana);
		if (!is_lengthening(out, used, syllables[i].letters))
			strcpy(out + used, syllables[i].letters);
		return true;
	}
	return false;
}

char *
placename_romanise(struct arena *arena, const char *kana)
{
	static const char doubled[] = "っ";
	char *out = arena_take(arena, 2 * strlen(kana) + 1, 1);

	while (*kana) {
		bool twice = text_starts(kana, doubled);
		size_t at = strlen(out), bytes;

		if (twice)
			kana += strlen(doubled);
		if (!add_syllable(out, kana, &bytes))
			return NULL;
		kana += bytes;

		/* っ doubles the consonant behind it; "ch" becomes "tch". */
		if (twice && out[at]) {
			memmove(out + at + 1, out + at, strlen(out + at) + 1);
			if (out[at] == 'c')
				out[at] = 't';
		}
	}
	return out;
}

/* The name without its kind, in Latin letters with a capital. */
static char *
romanise_stem(struct arena *arena, const char *kana, size_t bytes)
{
	char *stem =
	    placename_romanise(arena, arena_strndup(arena, kana, bytes));

	if (!stem || !*stem)
		return NULL;
	if (stem[0] >= 'a' && stem[0] <= 'z')
		stem[0] = (char)(stem[0] - 'a' + 'A');
	return stem;
}

/* "Chuo Ward, Sapporo"; NULL when the kana do not fit. */
static char *
name_ward(struct arena *arena, const char *kana, const char *city_kana)
{
	size_t city_bytes = strlen(city_kana);
	size_t bytes = strlen(kana), end = strlen("く");
	char *city, *ward;

	if (!text_starts(kana, city_kana) || !text_ends(city_kana, "し") ||
	    !text_ends(kana, "く") || bytes < city_bytes + end)
		return NULL;
	city = romanise_stem(arena, kana, city_bytes - strlen("し"));
	ward =
	    romanise_stem(arena, kana + city_bytes, bytes - city_bytes - end);
	return city && ward ? arena_format(arena, "%s Ward, %s", ward, city)
			    : NULL;
}

char *
placename(struct arena *arena, const char *name, const char *kana,
    const char *city_kana, enum language language)
{
	const char *city = strstr(name, "市");
	char *english = NULL;

	if (language == LANGUAGE_JA)
		return arena_strdup(arena, name);
	if (city && text_ends(name, "区")) {
		english = name_ward(arena, kana, city_kana);
		return english ? english : arena_strdup(arena, name);
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char *stem;

		if (!text_ends(name, kinds[i].name) ||
		    !text_ends(kana, kinds[i].kana))
			continue;
		stem = romanise_stem(
		    arena, kana, strlen(kana) - strlen(kinds[i].kana));
		if (!stem)
			break;
		return arena_format(arena, "%s%s", stem, kinds[i].english);
	}
	return arena_strdup(arena, name);
}
