#include "content/article_file.h"

#include <string.h>

#include "base/num.h"
#include "content/article_images.h"
#include "content/front.h"
#include "content/town.h"
#include "markdown/markdown.h"
#include "model/country.h"
#include "model/municipality.h"

enum {
	MOST_WORDS = 100,
	LONGEST_SLUG = 64,
};

static const char *const article_keys[] = { "title", "summary", "tags",
	"places", "countries", "images", "lead", NULL };

/* ---- the name */

/* True for words of small letters and digits joined by single hyphens. */
static bool
is_slug(const char *s)
{
	size_t bytes = strlen(s);

	return bytes > 0 && bytes <= LONGEST_SLUG && s[0] != '-' &&
	       s[bytes - 1] != '-' && strstr(s, "--") == NULL &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == bytes;
}

bool
article_file_name(struct arena *arena, const char *path,
    struct complaints *complaints, struct article_file *ret_file)
{
	char *name = arena_strndup(arena, path, strlen(path) - strlen(".md"));
	char *dash = strchr(name, '-');
	char *dot = strrchr(name, '.');
	int64_t number;

	if (dash == NULL || dot == NULL || dot < dash) {
		complaints_add(complaints, path, 0,
		    "a story's file is named NUMBER-SLUG.LANGUAGE.md, such "
		    "as 10-study-tour.en.md");
		return false;
	}
	*dash = '\0';
	*dot = '\0';
	if (!num_parse(name, 0, 999999, &number) || !is_slug(dash + 1)) {
		complaints_add(complaints, path, 0,
		    "a story's file is named NUMBER-SLUG.LANGUAGE.md; the "
		    "slug has small letters, digits and single hyphens");
		return false;
	}
	if (!subscriber_parse_language(dot + 1, &ret_file->language)) {
		complaints_add(complaints, path, 0,
		    "no such language '%s'; there are en and ja", dot + 1);
		return false;
	}
	ret_file->path = arena_strdup(arena, path);
	ret_file->number = (int)number;
	ret_file->slug = dash + 1;
	return true;
}

/* ---- words that refer to something */

/* What is wrong with a word, as a text of the arena; NULL when nothing is. */
typedef const char *judge_word(struct arena *arena, const char *word,
    const struct content_vocabulary *known);

/* The slug of the tag that is called so in some language; NULL for none. */
static const char *
find_labelled(const struct content_vocabulary *known, const char *word)
{
	for (size_t i = 0; known->tag_labels && known->tags[i] != NULL; i++)
		for (size_t j = 0; j < LANGUAGES; j++)
			if (text_equal_nocase(
				known->tag_labels[LANGUAGES * i + j], word))
				return known->tags[i];
	return NULL;
}

static const char *
judge_tag(struct arena *arena, const char *word,
    const struct content_vocabulary *known)
{
	const char *nearest;

	if (known == NULL)
		return NULL;
	for (size_t i = 0; known->tags[i] != NULL; i++)
		if (strcmp(word, known->tags[i]) == 0)
			return NULL;
	nearest = find_labelled(known, word);
	if (nearest == NULL)
		nearest = text_nearest(word, known->tags);
	if (nearest == NULL)
		return arena_format(arena,
		    "unknown tag '%s'; `glocal-mail tag list` shows those "
		    "there are",
		    word);
	return arena_format(
	    arena, "unknown tag '%s' (did you mean '%s'?)", word, nearest);
}

static const char *
judge_place(struct arena *arena, const char *word,
    const struct content_vocabulary *known)
{
	bool is_six = strlen(word) == 6 && strspn(word, "0123456789") == 6;
	char meant[MUNICIPALITY_CODE_BYTES];
	const char *named;

	if (municipality_code_holds(word))
		return NULL;
	named = known != NULL ? town_list_named(arena, known, word) : NULL;
	if (named != NULL)
		return arena_format(
		    arena, "'%s' is a name; write its code: %s", word, named);
	if (is_six && word[5] != municipality_check_digit(word))
		return arena_format(arena,
		    "bad code '%s': the check digit behind %.5s is %c", word,
		    word, municipality_check_digit(word));
	if (is_six)
		return arena_format(
		    arena, "bad code '%s': prefectures are 01 to 47", word);
	if (municipality_code_parse(word, meant, NULL))
		return arena_format(arena,
		    "'%s' is no six-digit code (did you mean '%s'?)", word,
		    meant);
	if (known != NULL)
		named = town_list_near(arena, known, word);
	return arena_format(arena,
	    "'%s' is no six-digit local-government code%s%s%s", word,
	    named != NULL ? " (did you mean " : "", named != NULL ? named : "",
	    named != NULL ? "?)" : "");
}

static const char *
judge_country(struct arena *arena, const char *word,
    const struct content_vocabulary *known)
{
	const char *meant;

	(void)known;
	if (country_known(word))
		return NULL;
	meant = country_meant(word);
	if (meant == NULL)
		return arena_format(arena,
		    "unknown country '%s'; write two capitals as in ISO 3166",
		    word);
	return arena_format(
	    arena, "unknown country '%s' (did you mean '%s'?)", word, meant);
}

static bool
has_word(const struct text_list *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], word) == 0)
			return true;
	return false;
}

/* A code that holds but that the register has not is taken all the same. */
static void
warn_unlisted(const struct front *front, const struct yaml_node *word,
    const struct content_vocabulary *known)
{
	const char **codes;
	const char *nearest;

	if (known == NULL || known->town_count == 0)
		return;
	codes = arena_take(front->arena, known->town_count + 1, sizeof(*codes));
	for (size_t i = 0; i < known->town_count; i++) {
		if (strcmp(known->towns[i].code, word->text) == 0)
			return;
		codes[i] = known->towns[i].code;
	}
	nearest = text_nearest(word->text, codes);
	for (size_t i = 0; nearest != NULL && i < known->town_count; i++)
		if (strcmp(known->towns[i].code, nearest) == 0)
			nearest = town_label(front->arena, &known->towns[i]);
	front_warn_node(front, word, "places: the register has no '%s'%s%s%s",
	    word->text, nearest != NULL ? " (did you mean " : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "?)" : "");
}

/* Reads a list of words; those that are wrong are left out. */
static struct text_list
read_words(const struct front *front, const char *key, judge_word *judge,
    const struct content_vocabulary *known)
{
	const struct yaml_node *node = front_words(front, key);
	size_t count = node != NULL ? node->count : 0;
	struct text_list list = { 0 };

	if (count > MOST_WORDS) {
		front_complain_node(front, node, "%s has more than %d entries",
		    key, MOST_WORDS);
		return list;
	}
	list.items = arena_take(front->arena, count, sizeof(*list.items));
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *word = node->entries[i].node;
		const char *wrong = judge(front->arena, word->text, known);

		if (wrong != NULL)
			front_complain_node(front, word, "%s: %s", key, wrong);
		else if (has_word(&list, word->text))
			front_warn_node(front, word, "%s: '%s' is given twice",
			    key, word->text);
		else {
			list.items[list.count++] = word->text;
			if (judge == judge_place)
				warn_unlisted(front, word, known);
		}
	}
	return list;
}

/* ---- the file */

bool
article_file_read(struct arena *arena, const struct content_file *source,
    const struct content_vocabulary *known,
    const struct article_pictures *pictures, struct complaints *complaints,
    struct article_file *file)
{
	struct article_text *text = arena_take(arena, 1, sizeof(*text));
	size_t before = complaints->errors;
	struct front front;

	if (!front_read(arena, source->path, source->bytes, source->count,
		complaints, &front))
		return false;
	yaml_check_keys(front.root, "", article_keys, complaints);
	text->file = front.file;
	text->title = front_text(&front, front.root, "title", true);
	text->summary = front_text(&front, front.root, "summary", true);
	text->body = front.body;
	text->body_line = front.body_line;
	text->at_title = front_value_place(&front, "title", LANGUAGE_EN);
	text->at_summary = front_value_place(&front, "summary", LANGUAGE_EN);
	text->at_tags = front_place(&front, "tags");
	if (*markdown_to_text(arena, text->body) == '\0')
		complaints_add_at(complaints, source->path, front.body_line, 1,
		    "the story is empty");
	if (known != NULL)
		markdown_check(
		    text->file, text->body_line, text->body, complaints);
	article_images_read(&front, pictures, text);

	file->text = text;
	file->lead = front_flag(&front, "lead");
	file->tags = read_words(&front, "tags", judge_tag, known);
	file->places = read_words(&front, "places", judge_place, known);
	file->countries = read_words(&front, "countries", judge_country, NULL);
	file->at[0] = front_place(&front, "lead");
	file->at[1] = front_place(&front, "tags");
	file->at[2] = front_place(&front, "places");
	file->at[3] = front_place(&front, "countries");
	file->flawed = complaints->errors > before;
	return true;
}
