#include "content/town.h"

#include <string.h>

#include "base/buf.h"
#include "model/kana.h"

/* What says town or city, in the three ways of writing. */
static const struct {
	const char *kanji, *kana;
} kinds[] = {
	{ "市", "し" },
	{ "町", "ちょう" },
	{ "町", "まち" },
	{ "村", "むら" },
	{ "村", "そん" },
	{ "区", "く" },
	{ "県", "けん" },
	{ "府", "ふ" },
	{ "都", "と" },
};
static const char *const latin_kinds[] = { " city", " town", " village",
	" ward", " prefecture", "-shi", "-cho", "-machi", "-mura", "-son",
	"-ku", "-ken", "-fu", "-to" };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define SMALL_TSU    "っ"

/* The bytes of the kana that say what it is; 0 when there are none. */
static size_t
kind_bytes(const struct content_town *town)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (text_ends(town->name, kinds[i].kanji) &&
		    text_ends(town->kana, kinds[i].kana))
			return strlen(kinds[i].kana);
	return 0;
}

/* Adds a syllable; a long vowel is written once. */
static bool
add_syllable(struct buf *out, const char *latin, bool doubled)
{
	char last = out->used > 0 ? buf_str(out)[out->used - 1] : '\0';

	if (doubled)
		buf_add_char(out, *latin == 'c' ? 't' : *latin);
	else if ((strcmp(latin, "u") == 0 && (last == 'o' || last == 'u')) ||
		 (strcmp(latin, "o") == 0 && last == 'o'))
		return true;
	buf_add_str(out, latin);
	return !out->overflowed;
}

void
town_latin(const struct content_town *town, char ret_latin[TOWN_LATIN_BYTES])
{
	size_t left = strlen(town->kana) - kind_bytes(town);
	const char *p = town->kana;
	struct buf out GM_BUF_AT_EXIT;
	bool doubled = false;

	*ret_latin = '\0';
	buf_init(&out, TOWN_LATIN_BYTES - 1);

	/* A ward of a city goes by both names. */
	if (text_ends(town->name, "区") && strstr(town->name, "市") != NULL)
		return;
	while (left > 0) {
		const char *latin;
		size_t bytes;

		if (text_starts(p, SMALL_TSU)) {
			doubled = true;
			p += strlen(SMALL_TSU);
			left -= strlen(SMALL_TSU);
			continue;
		}
		latin = kana_syllable(p, left, &bytes);
		if (latin == NULL || !add_syllable(&out, latin, doubled))
			return;
		doubled = false;
		p += bytes;
		left -= bytes;
	}
	if (out.used == 0)
		return;
	memcpy(ret_latin, buf_str(&out), out.used + 1);
	ret_latin[0] = (char)(ret_latin[0] - 'a' + 'A');
}

char *
town_label(struct arena *arena, const struct content_town *town)
{
	if (strcmp(town->prefecture, town->name) == 0)
		return arena_format(arena, "%s %s", town->code, town->name);
	return arena_format(
	    arena, "%s %s %s", town->code, town->prefecture, town->name);
}

/* A word in Latin letters without what says town or city, in lower case. */
static char *
strip_kind(struct arena *arena, const char *word)
{
	char *bare = text_lower(arena, word);

	for (size_t i = 0; i < COUNT(latin_kinds); i++)
		if (text_ends(bare, latin_kinds[i]) &&
		    strlen(bare) > strlen(latin_kinds[i])) {
			bare[strlen(bare) - strlen(latin_kinds[i])] = '\0';
			break;
		}
	return bare;
}

static bool
is_named(const struct content_town *town, const char *word, const char *bare)
{
	char latin[TOWN_LATIN_BYTES];
	size_t prefecture = strlen(town->prefecture);

	if (strcmp(word, town->name) == 0 || strcmp(word, town->kana) == 0)
		return true;
	if (text_starts(word, town->prefecture) &&
	    strcmp(word + prefecture, town->name) == 0)
		return true;
	town_latin(town, latin);
	return *latin != '\0' && text_equal_nocase(latin, bare);
}

const char *
town_list_named(struct arena *arena, const struct content_vocabulary *known,
    const char *word)
{
	const char *bare = strip_kind(arena, word);
	char *list = NULL;

	for (size_t i = 0; i < known->town_count; i++) {
		const struct content_town *town = &known->towns[i];

		if (!is_named(town, word, bare))
			continue;
		list = list == NULL ? town_label(arena, town)
				    : arena_format(arena, "%s, %s", list,
					  town_label(arena, town));
	}
	return list;
}

/* The bytes of a name without 市, 町 and the like. */
static size_t
stem_bytes(const char *name)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (text_ends(name, kinds[i].kanji))
			return strlen(name) - strlen(kinds[i].kanji);
	return strlen(name);
}

/* The first town that has the word's stem: 墨田区 for 墨田市. */
static const char *
find_stem(const struct content_vocabulary *known, const char *word)
{
	size_t bytes = stem_bytes(word);

	for (size_t i = 0; bytes > 0 && i < known->town_count; i++) {
		const char *name = known->towns[i].name;

		if (stem_bytes(name) == bytes &&
		    strncmp(name, word, bytes) == 0)
			return name;
	}
	return NULL;
}

const char *
town_list_near(struct arena *arena, const struct content_vocabulary *known,
    const char *word)
{
	const char **names =
	    arena_take(arena, known->town_count + 1, sizeof(*names));
	const char *nearest = find_stem(known, word);
	size_t count = 0;

	for (size_t i = 0; i < known->town_count; i++) {
		char latin[TOWN_LATIN_BYTES];

		town_latin(&known->towns[i], latin);
		if (*latin != '\0')
			names[count++] = text_lower(arena, latin);
	}
	if (nearest == NULL)
		nearest = text_nearest(strip_kind(arena, word), names);
	return nearest != NULL ? town_list_named(arena, known, nearest) : NULL;
}
