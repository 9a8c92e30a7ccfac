#include "digest/placename.h"

#include <string.h>

#include "base/text.h"
#include "model/kana.h"

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
	const char *letters = kana_syllable(kana, strlen(kana), ret_bytes);
	size_t used = strlen(out);

	if (letters == NULL)
		return false;
	if (!is_lengthening(out, used, letters))
		strcpy(out + used, letters);
	return true;
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
