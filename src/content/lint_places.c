#include "content/lint_places.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "content/town.h"

/* Shorter words in Latin letters ("Date", "Mori") are too often others. */
enum { LEAST_LETTERS = 5 };

static const char *const english_kinds[] = { "City", "Town", "Village",
	"Ward" };
static const char *const places_follow[] = { "in ", "In ", "to ", "from ",
	"From ", "at ", "At ", "near ", "visit ", "visited " };
static const char *const titles[] = { "Mr. ", "Ms. ", "Mrs. ", "Dr. ",
	"Prof. " };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A name, and a town that has it. */
struct named_town {
	char *name;
	const struct content_town *town;
	const char *prefecture; /* in the same letters: "Shimane", "島根" */
};

struct names {
	struct named_town *items; /* by name */
	size_t count;
};

/* ---- the names that towns share */

static bool
is_prefecture(const struct content_town *town)
{
	return strcmp(town->name, town->prefecture) == 0;
}

/* "島根" of 島根県; 北海道 stays whole. */
static char *
cut_prefecture(struct arena *arena, const char *prefecture)
{
	static const char *const kinds[] = { "県", "府", "都" };

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (text_ends(prefecture, kinds[i]))
			return arena_strndup(arena, prefecture,
			    strlen(prefecture) - strlen(kinds[i]));
	return arena_strdup(arena, prefecture);
}

static char *
prefecture_latin(struct arena *arena, const struct content_vocabulary *known,
    const char *prefecture)
{
	char latin[TOWN_LATIN_BYTES] = "";

	for (size_t i = 0; i < known->town_count; i++)
		if (is_prefecture(&known->towns[i]) &&
		    strcmp(known->towns[i].prefecture, prefecture) == 0)
			town_latin(&known->towns[i], latin);
	return arena_strdup(arena, latin);
}

static bool
is_prefecture_latin(const struct content_vocabulary *known, const char *latin)
{
	char other[TOWN_LATIN_BYTES];

	for (size_t i = 0; i < known->town_count; i++) {
		if (!is_prefecture(&known->towns[i]))
			continue;
		town_latin(&known->towns[i], other);
		if (strcmp(other, latin) == 0)
			return true;
	}
	return false;
}

static int
compare_names(const void *a, const void *b)
{
	const struct named_town *x = a;
	const struct named_town *y = b;
	int names = strcmp(x->name, y->name);

	return names != 0 ? names : strcmp(x->town->code, y->town->code);
}

/* How many from number `at` on have its name. */
static size_t
count_same(const struct names *names, size_t at)
{
	size_t count = 1;

	while (
	    at + count < names->count &&
	    strcmp(names->items[at + count].name, names->items[at].name) == 0)
		count++;
	return count;
}

/* All names that two towns or more have. */
static struct names
find_shared(struct arena *arena, const struct content_vocabulary *known,
    enum language language)
{
	struct names all = {
		.items =
		    arena_take(arena, known->town_count, sizeof(*all.items)),
	};
	size_t kept = 0;

	for (size_t i = 0; i < known->town_count; i++) {
		const struct content_town *town = &known->towns[i];
		char latin[TOWN_LATIN_BYTES];
		struct named_town *named = &all.items[all.count];

		if (is_prefecture(town))
			continue;
		named->town = town;
		named->name = arena_strdup(arena, town->name);
		if (language == LANGUAGE_EN) {
			town_latin(town, latin);
			named->name = arena_strdup(arena, latin);
		}
		all.count += *named->name != '\0';
	}
	if (all.count > 0)
		qsort(all.items, all.count, sizeof(*all.items), compare_names);
	for (size_t i = 0, same; i < all.count; i += same) {
		same = count_same(&all, i);
		if (same < 2 ||
		    (language == LANGUAGE_EN &&
			is_prefecture_latin(known, all.items[i].name)))
			continue;
		for (size_t j = 0; j < same; j++)
			all.items[kept++] = all.items[i + j];
	}
	all.count = kept;
	for (size_t i = 0; i < kept; i++)
		all.items[i].prefecture =
		    language == LANGUAGE_EN
			? prefecture_latin(
			      arena, known, all.items[i].town->prefecture)
			: cut_prefecture(arena, all.items[i].town->prefecture);
	return all;
}

/* ---- where a text has one */

/* True when one of the words stands right before `at`. */
static bool
stands_behind(
    const char *text, const char *at, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((size_t)(at - text) >= strlen(words[i]) &&
		    text_starts(at - strlen(words[i]), words[i]))
			return true;
	return false;
}

/* In Latin letters, is the word at `at` meant as a town? `sure`: the story is
   about one of that name, or about no town at all. */
static bool
means_town(const char *text, const char *at, const char *name, bool sure)
{
	const char *behind = at + strlen(name);

	if ((at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '-')) ||
	    isalnum((unsigned char)*behind))
		return false;
	if (stands_behind(text, at, titles, COUNT(titles)))
		return false;
	if (*behind == '-')
		return true;
	for (size_t i = 0; i < COUNT(english_kinds); i++)
		if (*behind == ' ' && text_starts(behind + 1, english_kinds[i]))
			return true;
	if (*behind == ' ' && isupper((unsigned char)behind[1]))
		return false;
	return sure || (strlen(name) >= LEAST_LETTERS &&
			   stands_behind(
			       text, at, places_follow, COUNT(places_follow)));
}

/* In Japanese, is it the end of a longer town's name? */
static bool
ends_longer(const struct content_vocabulary *known, const char *text,
    const char *at, const char *name)
{
	for (size_t i = 0; i < known->town_count; i++) {
		const char *longer = known->towns[i].name;
		size_t more = strlen(longer) - strlen(name);

		if (strlen(longer) > strlen(name) && text_ends(longer, name) &&
		    (size_t)(at - text) >= more &&
		    text_starts(at - more, longer))
			return true;
	}
	return false;
}

static const char *
find_name(const struct content_vocabulary *known, const char *text,
    const char *name, enum language language, bool sure)
{
	for (const char *p = strstr(text, name); p != NULL;
	     p = strstr(p + 1, name))
		if (language == LANGUAGE_EN
			? means_town(text, p, name, sure)
			: !ends_longer(known, text, p, name))
			return p;
	return NULL;
}

/* True when a text, wherever in it, has the word. */
static bool
has_word(const struct lint_text *text, const char *word)
{
	if (*word == '\0')
		return false;
	if (strstr(text->title, word) != NULL ||
	    strstr(text->summary, word) != NULL)
		return true;
	for (size_t i = 0; i < text->body.run_count; i++)
		if (strstr(text->body.runs[i].text, word) != NULL)
			return true;
	return false;
}

/* The first place where the text has the name; false when it has not. */
static bool
find_mention(const struct lint_text *text, const struct content_files *files,
    const struct content_vocabulary *known, const char *name, bool sure,
    struct article_place *ret_at)
{
	if (find_name(known, text->title, name, text->language, sure)) {
		*ret_at = lint_find(files, text->file, text->at_title, name);
		return true;
	}
	if (find_name(known, text->summary, name, text->language, sure)) {
		*ret_at = lint_find(files, text->file, text->at_summary, name);
		return true;
	}
	for (size_t i = 0; i < text->body.run_count; i++) {
		const struct markdown_run *run = &text->body.runs[i];
		const char *found =
		    find_name(known, run->text, name, text->language, sure);

		if (found == NULL)
			continue;
		ret_at->line = run->line;
		ret_at->column = markdown_run_column(run, found, strlen(name));
		return true;
	}
	return false;
}

/* ---- the judgement */

static bool
is_listed(const struct article *article, const char *code)
{
	for (size_t i = 0; article != NULL && i < article->places.count; i++)
		if (strcmp(article->places.items[i], code) == 0)
			return true;
	return false;
}

static char *
list_towns(struct arena *arena, const struct named_town *towns, size_t count)
{
	char *list = town_label(arena, towns[0].town);

	for (size_t i = 1; i < count; i++)
		list = arena_format(
		    arena, "%s, %s", list, town_label(arena, towns[i].town));
	return list;
}

/* Warns when `count` towns of one name leave open which one is meant. */
static void
judge_name(struct arena *arena, const struct lint_text *text,
    const struct content_files *files, const struct content_vocabulary *known,
    const struct named_town *towns, size_t count, struct complaints *complaints)
{
	const struct named_town *listed = NULL;
	const struct named_town *told = NULL;
	struct article_place at;
	bool both = false;
	bool sure = false;

	for (size_t i = 0; i < count; i++) {
		bool is_told = has_word(text, towns[i].prefecture);
		bool listed_too = is_listed(text->article, towns[i].town->code);

		told = is_told && told == NULL ? &towns[i] : told;
		listed = listed_too ? &towns[i] : listed;
		both = both || (is_told && listed_too);
	}
	sure = listed != NULL ||
	       (text->article != NULL && text->article->places.count == 0 &&
		   strlen(towns[0].name) >= LEAST_LETTERS);
	if (both || (told != NULL && listed == NULL) ||
	    !find_mention(text, files, known, towns[0].name, sure, &at))
		return;
	if (told != NULL)
		complaints_warn_at(complaints, text->file, at.line, at.column,
		    "'%s' is told to be in %s (%s), but places has %s: one of "
		    "the two is wrong",
		    towns[0].name, told->prefecture,
		    town_label(arena, told->town),
		    town_label(arena, listed->town));
	else if (listed != NULL)
		complaints_warn_at(complaints, text->file, at.line, at.column,
		    "'%s' is the name of several towns (%s): say in the text "
		    "that it is the one in %s",
		    towns[0].name, list_towns(arena, towns, count),
		    listed->prefecture);
	else
		complaints_warn_at(complaints, text->file, at.line, at.column,
		    "'%s' is the name of several towns (%s): name the "
		    "prefecture in the text%s",
		    towns[0].name, list_towns(arena, towns, count),
		    text->article != NULL ? ", and the code under places" : "");
}

void
lint_places(struct arena *arena, const struct lint_texts *texts,
    const struct content_files *files, const struct content_vocabulary *known,
    struct complaints *complaints)
{
	struct names shared[LANGUAGES];

	for (size_t i = 0; i < LANGUAGES; i++)
		shared[i] = find_shared(arena, known, (enum language)i);
	for (size_t i = 0; i < texts->count; i++) {
		const struct lint_text *text = &texts->items[i];
		const struct names *names = &shared[text->language];

		for (size_t j = 0, same; j < names->count; j += same) {
			same = count_same(names, j);
			if (has_word(text, names->items[j].name))
				judge_name(arena, text, files, known,
				    &names->items[j], same, complaints);
		}
	}
}
