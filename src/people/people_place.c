#include "people/people_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "store/store_merger.h"
#include "store/store_municipality.h"

/* What the names of prefectures end in; 北海道 is no 北海. */
static const char *const kinds[] = { "都", "府", "県", NULL };

enum { SHOWN_MOST = 6 };

/* A prefecture's name without its kind. */
static const char *
short_name(struct arena *arena, const char *name)
{
	for (size_t i = 0; kinds[i] != NULL; i++)
		if (text_ends(name, kinds[i]))
			return arena_strndup(
			    arena, name, strlen(name) - strlen(kinds[i]));
	return name;
}

/* A name in letters without its kind: "Shimane" of "Shimane-ken". */
static const char *
short_letters(struct arena *arena, const char *romaji)
{
	const char *hyphen = strrchr(romaji, '-');

	return hyphen == NULL
		   ? romaji
		   : arena_strndup(arena, romaji, (size_t)(hyphen - romaji));
}

/* Whether letters name a place. */
static bool
is_in_letters(struct arena *arena, const char *romaji, const char *text)
{
	return *romaji != '\0' &&
	       (text_equal_nocase(romaji, text) ||
		   text_equal_nocase(short_letters(arena, romaji), text));
}

static bool
refuse(const char *what, const char *text, const char *const *words,
    struct err *err)
{
	const char *nearest = text_nearest(text, words);

	if (nearest != NULL)
		return err_set(err, ERR_USAGE,
		    "unknown %s '%.80s' (did you mean '%s'?)", what, text,
		    nearest);
	return err_set(err, ERR_USAGE, "unknown %s '%.80s'", what, text);
}

static bool
is_digits(const char *text)
{
	return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* Digits: a prefecture's number, or its code. */
static bool
read_prefecture_digits(const char *text,
    char ret_digits[PEOPLE_PLACE_PREFECTURE_BYTES], struct err *err)
{
	struct err fault = { 0 };
	char whole[MUNICIPALITY_CODE_BYTES];
	char code[MUNICIPALITY_CODE_BYTES];
	const char *given = text;

	if (strlen(text) <= 2) {
		snprintf(whole, sizeof(whole), "%02d000", atoi(text));
		whole[5] = municipality_check_digit(whole);
		whole[6] = '\0';
		text = whole;
	}
	if (!municipality_code_parse(text, code, &fault) ||
	    !municipality_is_prefecture(code))
		return err_set(err, ERR_USAGE,
		    "'%.40s' is no prefecture, expected 01 to 47, a code or a "
		    "name",
		    given);
	snprintf(ret_digits, PEOPLE_PLACE_PREFECTURE_BYTES, "%.2s", code);
	return true;
}

bool
people_place_prefecture(struct arena *arena, struct store *store,
    const char *text, char ret_digits[PEOPLE_PLACE_PREFECTURE_BYTES],
    struct err *err)
{
	struct store_municipalities all;
	GM_VEC(const char *) words = { 0 };
	bool ok = false;

	if (is_digits(text))
		return read_prefecture_digits(text, ret_digits, err);
	if (!store_municipality_list(arena, store, NULL, &all, err))
		return false;
	for (size_t i = 0; i < all.count && !ok; i++) {
		const struct store_municipality *row = &all.items[i];
		const char *brief = short_name(arena, row->name);

		if (!municipality_is_prefecture(row->code))
			continue;
		ok = text_equal(text, row->name) || text_equal(text, brief) ||
		     is_in_letters(arena, row->romaji, text);
		if (ok)
			snprintf(ret_digits, PEOPLE_PLACE_PREFECTURE_BYTES,
			    "%.2s", row->code);
		vec_push(&words, row->name);
		vec_push(&words, brief);
		vec_push(&words, short_letters(arena, row->romaji));
	}
	vec_push(&words, NULL);
	if (!ok)
		refuse("prefecture", text, words.items, err);
	vec_clear(&words);
	return ok;
}

/* Where a code is now. */
static const char *
follow(const struct store_mergers *mergers, const char *code)
{
	const struct store_merger *merger = store_merger_find(mergers, code);

	return merger != NULL ? merger->into : code;
}

static bool
is_named(
    struct arena *arena, const struct store_municipality *row, const char *text)
{
	size_t bytes = strlen(row->prefecture);

	return text_equal(text, row->name) ||
	       (text_starts(text, row->prefecture) &&
		   text_equal(text + bytes, row->name)) ||
	       is_in_letters(arena, row->romaji, text);
}

/* Those that a name may mean, each once though old ones were merged into it.
 */
struct meant {
	const char *codes[SHOWN_MOST];
	size_t count;
};

static void
add_meant(struct meant *meant, const char *code)
{
	size_t kept = meant->count < SHOWN_MOST ? meant->count : SHOWN_MOST;

	for (size_t i = 0; i < kept; i++)
		if (text_equal(meant->codes[i], code))
			return;
	if (meant->count < SHOWN_MOST)
		meant->codes[meant->count] = code;
	meant->count++;
}

static bool
refuse_several(struct arena *arena, const char *text, const struct meant *meant,
    const struct store_municipalities *all, struct err *err)
{
	char *list = arena_strdup(arena, "");

	for (size_t i = 0; i < meant->count && i < SHOWN_MOST; i++)
		for (size_t j = 0; j < all->count; j++)
			if (text_equal(meant->codes[i], all->items[j].code))
				list = arena_format(arena, "%s%s%s (%s)", list,
				    i > 0 ? ", " : "", meant->codes[i],
				    all->items[j].prefecture);
	return err_set(err, ERR_USAGE,
	    "there are %zu places called '%.80s': %s%s; give the code",
	    meant->count, text, list, meant->count > SHOWN_MOST ? " …" : "");
}

static bool
find_by_name(struct arena *arena, struct store *store,
    const struct store_mergers *mergers, const char *text,
    const char **ret_code, struct err *err)
{
	struct store_municipalities all;
	struct meant meant = { .count = 0 };
	const char **names;

	if (!store_municipality_list(arena, store, NULL, &all, err))
		return false;
	names = arena_take(arena, all.count + 1, sizeof(*names));
	for (size_t i = 0; i < all.count; i++) {
		names[i] = all.items[i].name;
		if (is_named(arena, &all.items[i], text))
			add_meant(&meant, follow(mergers, all.items[i].code));
	}
	if (meant.count == 0)
		return refuse("municipality", text, names, err);
	if (meant.count > 1)
		return refuse_several(arena, text, &meant, &all, err);
	*ret_code = meant.codes[0];
	return true;
}

bool
people_place_municipality(struct arena *arena, struct store *store,
    const char *text, char ret_code[MUNICIPALITY_CODE_BYTES], struct err *err)
{
	struct store_mergers mergers;
	char code[MUNICIPALITY_CODE_BYTES];
	const char *found = code;

	if (!store_merger_list(arena, store, &mergers, err))
		return false;
	if (is_digits(text)) {
		if (!municipality_code_parse(text, code, err)) {
			err->code = ERR_USAGE;
			return false;
		}
		found = follow(&mergers, code);
	} else if (!find_by_name(arena, store, &mergers, text, &found, err)) {
		return false;
	}
	snprintf(ret_code, MUNICIPALITY_CODE_BYTES, "%s", found);
	return true;
}
