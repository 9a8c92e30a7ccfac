#include "content/article_file.h"

#include <string.h>

#include "base/num.h"
#include "content/front.h"
#include "markdown/markdown.h"
#include "model/country.h"
#include "model/municipality.h"

enum {
	MOST_WORDS = 100,
	MOST_IMAGES = 20,
	LONGEST_SLUG = 64,
	LARGE_PICTURE = 1000 * 1000,
};

static const char *const article_keys[] = { "title", "summary", "tags",
	"places", "countries", "images", "lead", NULL };
static const char *const image_keys[] = { "file", "alt", "caption", NULL };

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
	nearest = text_nearest(word, known->tags);
	if (nearest == NULL)
		return arena_format(arena, "unknown tag '%s'", word);
	return arena_format(
	    arena, "unknown tag '%s' (did you mean '%s'?)", word, nearest);
}

static const char *
judge_place(struct arena *arena, const char *word,
    const struct content_vocabulary *known)
{
	bool is_six = strlen(word) == 6 && strspn(word, "0123456789") == 6;
	char meant[MUNICIPALITY_CODE_BYTES];

	(void)known;
	if (municipality_code_holds(word))
		return NULL;
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
	return arena_format(
	    arena, "'%s' is no six-digit local-government code", word);
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

/* Reads a list of words; those that are wrong are left out. */
static struct text_list
read_words(const struct front *front, const char *key, judge_word *judge,
    const struct content_vocabulary *known)
{
	const struct yaml_node *node = front_words(front, key);
	size_t count = node != NULL ? node->count : 0;
	struct text_list list = { 0 };

	if (count > MOST_WORDS) {
		complaints_add(front->complaints, front->file, node->line,
		    "%s has more than %d entries", key, MOST_WORDS);
		return list;
	}
	list.items = arena_take(front->arena, count, sizeof(*list.items));
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *word = node->entries[i].node;
		const char *wrong = judge(front->arena, word->text, known);

		if (wrong != NULL)
			complaints_add(front->complaints, front->file,
			    word->line, "%s: %s", key, wrong);
		else if (has_word(&list, word->text))
			complaints_warn(front->complaints, front->file,
			    word->line, "%s: '%s' is given twice", key,
			    word->text);
		else
			list.items[list.count++] = word->text;
	}
	return list;
}

/* ---- pictures */

static const struct article_picture *
find_picture(const struct article_pictures *pictures, const char *path)
{
	for (size_t i = 0; i < pictures->count; i++)
		if (strcmp(pictures->items[i].path, path) == 0)
			return &pictures->items[i];
	return NULL;
}

static void
complain_missing(const struct front *front, size_t line,
    const struct article_pictures *pictures, const char *path)
{
	const char **paths =
	    arena_take(front->arena, pictures->count + 1, sizeof(*paths));
	const char *nearest;

	for (size_t i = 0; i < pictures->count; i++)
		paths[i] = pictures->items[i].path;
	nearest = text_nearest(path, paths);
	if (nearest != NULL)
		complaints_add(front->complaints, front->file, line,
		    "there is no picture '%s' (did you mean '%s'?)", path,
		    nearest);
	else
		complaints_add(front->complaints, front->file, line,
		    "there is no picture '%s'", path);
}

static void
read_image(const struct front *front, const struct yaml_node *node,
    const struct article_pictures *pictures, struct article_image *image)
{
	const struct article_picture *picture;

	yaml_check_keys(node, "images", image_keys, front->complaints);
	image->file = front_text(front, node, "file", true);
	image->alt = front_text(front, node, "alt", true);
	image->caption = front_text(front, node, "caption", false);
	if (*image->file == '\0')
		return;
	picture = find_picture(pictures, image->file);
	if (picture == NULL) {
		complain_missing(front, node->line, pictures, image->file);
		return;
	}
	if (picture->width == 0)
		complaints_add(front->complaints, front->file, node->line,
		    "'%s' is neither a PNG nor a JPEG picture", image->file);
	if (picture->bytes > LARGE_PICTURE)
		complaints_warn(front->complaints, front->file, node->line,
		    "'%s' is large (%lld KB); readers on the road wait for "
		    "it",
		    image->file, (long long)picture->bytes / 1000);
	image->width = picture->width;
	image->height = picture->height;
}

static void
read_images(const struct front *front, const struct article_pictures *pictures,
    struct article_text *text)
{
	const struct yaml_node *list = yaml_find(front->root, "images");

	if (list == NULL)
		return;
	if (list->kind != YAML_LIST || list->count > MOST_IMAGES) {
		complaints_add(front->complaints, front->file, list->line,
		    "images must be a list of at most %d maps (file, alt, "
		    "caption)",
		    MOST_IMAGES);
		return;
	}
	text->images =
	    arena_take(front->arena, list->count, sizeof(*text->images));
	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *node = list->entries[i].node;

		if (node->kind != YAML_MAP)
			complaints_add(front->complaints, front->file,
			    node->line,
			    "an image must be a map of file, alt and "
			    "caption, not %s",
			    yaml_kind_name(node->kind));
		else
			read_image(front, node, pictures,
			    &text->images[text->image_count++]);
	}
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
	if (*text->body == '\0')
		complaints_add(complaints, source->path, front.body_line,
		    "the story is empty");
	if (known != NULL)
		markdown_check(
		    text->file, text->body_line, text->body, complaints);
	read_images(&front, pictures, text);

	file->text = text;
	file->lead = front_flag(&front, "lead");
	file->tags = read_words(&front, "tags", judge_tag, known);
	file->places = read_words(&front, "places", judge_place, NULL);
	file->countries = read_words(&front, "countries", judge_country, NULL);
	file->line[0] = front_line(&front, "lead");
	file->line[1] = front_line(&front, "tags");
	file->line[2] = front_line(&front, "places");
	file->line[3] = front_line(&front, "countries");
	file->flawed = complaints->errors > before;
	return true;
}
