#include "archive/archive_pages.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "base/mem.h"
#include "base/num.h"
#include "digest/edition.h"
#include "digest/material.h"
#include "digest/template_lint.h"
#include "digest/wording.h"

enum { PAGE_MOST = 16 * 1000 * 1000 };

struct archive_pages {
	struct arena *arena;
	const struct sender *sender;
	struct render *render;
	const char **words[LANGUAGES];
	const char *markers[ARCHIVE_WORDS]; /* "W_NEWSLETTER" */
	const char *style;                  /* of style.css */
};

#define X(key) #key,
static const char *const word_keys[] = { GM_ARCHIVE_WORDS(X) };
#undef X
static_assert(sizeof(word_keys) / sizeof(*word_keys) == ARCHIVE_WORDS,
    "one key for each word");

static const struct render_marker markers[] = {
	{ "LANG", RENDER_TEXT },
	{ "ROOT", RENDER_TEXT }, /* "../../" */
	{ "PAGE_TITLE", RENDER_TEXT },
	{ "IS_OWN", RENDER_SECTION }, /* an edition */
	{ "HAS_OTHER", RENDER_SECTION },
	{ "OTHER_LANG", RENDER_TEXT },
	{ "OTHER_NAME", RENDER_TEXT },
	{ "OTHER_URL", RENDER_TEXT },
	{ "SENDER_NAME", RENDER_TEXT },
	{ "SENDER_POSTAL", RENDER_TEXT },
	{ "SENDER_CONTACT", RENDER_TEXT },
	{ "ISSUE", RENDER_SECTION }, /* each issue of the list */
	{ "ISSUE_ID", RENDER_TEXT },
	{ "ISSUE_TITLE", RENDER_TEXT },
	{ "ISSUE_LANG", RENDER_TEXT }, /* of its title and greeting */
	{ "ISSUE_DATE", RENDER_TEXT }, /* 2026-04-01 */
	{ "ISSUE_DAY", RENDER_TEXT },  /* 1 April 2026 */
	{ "HAS_GREETING", RENDER_SECTION },
	{ "GREETING_HTML", RENDER_HTML },
	{ "CONTENTS", RENDER_SECTION }, /* each story of a list */
	{ "STORY", RENDER_SECTION },    /* each story in full */
	{ "STORY_SLUG", RENDER_TEXT },
	{ "STORY_LANG", RENDER_TEXT },
	{ "STORY_URL", RENDER_TEXT }, /* its own page */
	{ "HAS_STORY_URL", RENDER_SECTION },
	{ "NO_STORY_URL", RENDER_SECTION }, /* where it is the page */
	{ "STORY_TITLE", RENDER_TEXT },
	{ "STORY_SUMMARY", RENDER_TEXT },
	{ "HAS_SUMMARY", RENDER_SECTION },
	{ "STORY_REASON", RENDER_TEXT },
	{ "HAS_REASON", RENDER_SECTION },
	{ "STORY_BODY_HTML", RENDER_HTML },
	{ "HAS_IMAGES", RENDER_SECTION },
	{ "IMAGE", RENDER_SECTION },
	{ "IMAGE_URL", RENDER_TEXT },
	{ "IMAGE_ALT", RENDER_TEXT },
	{ "IMAGE_CAPTION", RENDER_TEXT },
	{ "IMAGE_COLUMNS", RENDER_TEXT }, /* that fill its row: 1 to 3 */
	{ "HAS_CAPTION", RENDER_SECTION },
	{ "HAS_SIZE", RENDER_SECTION },
	{ "IMAGE_WIDTH", RENDER_TEXT },
	{ "IMAGE_HEIGHT", RENDER_TEXT },
	{ "HAS_TAGS", RENDER_SECTION },
	{ "STORY_TAG", RENDER_SECTION },
	{ "TAG", RENDER_TEXT },
	{ "TAG_LABEL", RENDER_TEXT },
	{ "TAG_TITLE", RENDER_TEXT },
	{ "HAS_ALSO", RENDER_SECTION },
	{ "ALSO", RENDER_SECTION }, /* each story that is not in the edition */
	{ "CHOICE", RENDER_SECTION },
	{ "CHOICE_LANG", RENDER_TEXT },
	{ "CHOICE_URL", RENDER_TEXT },
	{ "CHOICE_NAME", RENDER_TEXT },
	{ "CHOICE_TITLE", RENDER_TEXT },
};
enum { MARKERS = sizeof(markers) / sizeof(*markers) };

/* What the program expands or reads. */
static const char *const needed[] = { "archive_issue.html",
	"archive_story.html", "archive_edition.html", "archive_home.html",
	"archive_tag.html", "archive_choose.html", "archive_style.css", NULL };

/* Which markers have a value within which sections. */
static const struct template_scope scopes[] = {
	{ "HAS_OTHER", "OTHER_LANG OTHER_NAME OTHER_URL" },
	{ "CONTENTS STORY ALSO",
	    "STORY_SLUG STORY_LANG STORY_URL STORY_TITLE" },
	{ "CONTENTS STORY", "STORY_SUMMARY HAS_SUMMARY" },
	{ "STORY", "HAS_STORY_URL NO_STORY_URL STORY_REASON HAS_REASON "
		   "STORY_BODY_HTML HAS_IMAGES IMAGE" },
	{ "IMAGE", "IMAGE_URL IMAGE_ALT IMAGE_CAPTION HAS_CAPTION HAS_SIZE "
		   "IMAGE_WIDTH IMAGE_HEIGHT IMAGE_COLUMNS" },
	{ "STORY_TAG", "TAG TAG_LABEL" },
	{ "CHOICE", "CHOICE_LANG CHOICE_URL CHOICE_NAME CHOICE_TITLE" },
};

static const struct wording_rule word_rules[] = {
	{ "day", "year month day" },
	{ "tag_title", "tag" },
};

static const char style_name[] = "archive_style.css";

static const char *
name_of(const struct material_file *file)
{
	return file->path + strlen("templates/");
}

static const struct material_file *
find_file(const struct material_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (text_equal(name_of(&files->items[i]), name))
			return &files->items[i];
	return NULL;
}

static bool
read_words(struct archive_pages *pages, const struct material_files *files,
    struct err *err)
{
	struct complaints complaints = { 0 };
	bool ok;

	for (size_t i = 0; i < LANGUAGES; i++) {
		const char *name = arena_format(pages->arena, "archive_%s.yaml",
		    subscriber_language((enum language)i));
		const struct material_file *file = find_file(files, name);

		if (file == NULL)
			complaints_add(
			    &complaints, name, 0, "the file is missing");
		else
			(void)!wording_read(pages->arena, name, file->bytes,
			    file->count, word_keys, ARCHIVE_WORDS, NULL,
			    &complaints, &pages->words[i]);
	}
	ok = complaints_none(&complaints, ERR_DATA, err);
	complaints_clear(&complaints);
	return ok;
}

/* "W_" and a key in capitals. */
static char *
make_marker(struct arena *arena, const char *key)
{
	char *marker = arena_format(arena, "W_%s", key);

	for (char *p = marker; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return marker;
}

/* Those of the table and the words. */
static struct render_marker *
list_markers(struct arena *arena)
{
	struct render_marker *known =
	    arena_take(arena, MARKERS + ARCHIVE_WORDS, sizeof(*known));

	memcpy(known, markers, sizeof(markers));
	for (size_t i = 0; i < ARCHIVE_WORDS; i++)
		known[MARKERS + i].name = make_marker(arena, word_keys[i]);
	return known;
}

static bool
read_colours(struct arena *arena, const struct template_folder *folder,
    struct complaints *complaints, struct wording_field **ret_colours,
    size_t *ret_count)
{
	const struct template_file *theme =
	    template_folder_find(folder, "theme.yaml");
	const struct render_file file = { "theme.yaml",
		theme != NULL ? theme->bytes : "",
		theme != NULL ? theme->count : 0 };

	return edition_colours(
	    arena, &file, complaints, ret_colours, ret_count);
}

static bool
load_templates(struct archive_pages *pages, const struct material_files *files,
    struct err *err)
{
	struct render_file *list =
	    arena_take(pages->arena, files->count, sizeof(*list));
	struct render_marker *known = list_markers(pages->arena);
	size_t count = 0;

	for (size_t i = 0; i < ARCHIVE_WORDS; i++)
		pages->markers[i] = known[MARKERS + i].name;
	for (size_t i = 0; i < files->count; i++)
		if (text_ends(files->items[i].path, ".html"))
			list[count++] = (struct render_file){
				.name = name_of(&files->items[i]),
				.bytes = files->items[i].bytes,
				.count = files->items[i].count,
			};
	for (size_t i = 0; needed[i] != NULL; i++)
		if (find_file(files, needed[i]) == NULL)
			return err_set(err, ERR_DATA, "%s: the file is missing",
			    needed[i]);
	return render_new(
	    list, count, known, MARKERS + ARCHIVE_WORDS, &pages->render, err);
}

/* The theme's colours stand in braces in the style sheet. */
static bool
load_style(
    struct archive_pages *pages, const struct site *site, struct err *err)
{
	struct complaints complaints = { 0 };
	struct template_folder folder;
	struct wording_field *colours;
	size_t count;
	bool ok;

	if (!template_folder_read(pages->arena, site, &folder, err))
		return false;
	ok = read_colours(pages->arena, &folder, &complaints, &colours, &count);
	if (ok)
		pages->style = wording_put(pages->arena,
		    template_folder_find(&folder, style_name)->bytes, colours,
		    count);
	ok = complaints_none(&complaints, ERR_DATA, err);
	complaints_clear(&complaints);
	return ok;
}

bool
archive_pages_open(
    const struct site *site, struct archive_pages **ret_pages, struct err *err)
{
	struct archive_pages *pages = mem_new(1, sizeof(*pages));
	struct material_files files;

	pages->arena = arena_new();
	pages->sender = &site->sender;
	if (!material_gather_pages(
		pages->arena, site, "archive_", &files, err) ||
	    !read_words(pages, &files, err) ||
	    !load_templates(pages, &files, err) ||
	    !load_style(pages, site, err)) {
		archive_pages_close(pages);
		return err_wrap(err, "templates");
	}
	*ret_pages = pages;
	return true;
}

void
archive_pages_close(struct archive_pages *pages)
{
	if (pages == NULL)
		return;
	render_free(pages->render);
	arena_free(pages->arena);
	free(pages);
}

const char *
archive_pages_word(const struct archive_pages *pages, enum language language,
    enum archive_word word)
{
	return pages->words[language][word];
}

char *
archive_pages_day(struct arena *arena, const struct archive_pages *pages,
    enum language language, const char *date)
{
	const char *const *words = pages->words[language];
	struct text_list months =
	    text_split(arena, words[ARCHIVE_WORD_months], ' ');
	int64_t month, day;
	struct wording_field fields[3] = {
		{ "{year}", NULL },
		{ "{month}", NULL },
		{ "{day}", NULL },
	};

	if (strlen(date) != strlen("2026-04-01") || months.count != 12 ||
	    !num_parse(arena_strndup(arena, date + 5, 2), 1, 12, &month) ||
	    !num_parse(date + 8, 1, 31, &day))
		return arena_strdup(arena, date);
	fields[0].value = arena_strndup(arena, date, 4);
	fields[1].value = months.items[month - 1];
	fields[2].value = arena_format(arena, "%d", (int)day);
	return wording_put(arena, words[ARCHIVE_WORD_day], fields, 3);
}

static enum language
other_language(enum language language)
{
	return language == LANGUAGE_EN ? LANGUAGE_JA : LANGUAGE_EN;
}

struct render_dict *
archive_pages_begin(
    const struct archive_pages *pages, const struct archive_head *head)
{
	struct render_dict *dict = render_dict_new();
	enum language other = other_language(head->language);

	for (size_t i = 0; i < ARCHIVE_WORDS; i++)
		render_dict_set(
		    dict, pages->markers[i], pages->words[head->language][i]);
	render_dict_set(dict, "LANG", subscriber_language(head->language));
	render_dict_set(dict, "ROOT", head->root);
	render_dict_set(dict, "PAGE_TITLE", head->title);
	render_dict_set(dict, "SENDER_NAME", pages->sender->name);
	render_dict_set(dict, "SENDER_POSTAL", pages->sender->postal);
	render_dict_set(dict, "SENDER_CONTACT", pages->sender->contact);
	if (head->own)
		render_dict_show(dict, "IS_OWN");
	if (head->other == NULL)
		return dict;
	render_dict_set(dict, "OTHER_LANG", subscriber_language(other));
	render_dict_set(dict, "OTHER_NAME",
	    pages->words[other][ARCHIVE_WORD_language_name]);
	render_dict_set(dict, "OTHER_URL", head->other);
	render_dict_show(dict, "HAS_OTHER");
	return dict;
}

bool
archive_pages_write(const struct archive_pages *pages, const char *template,
    struct render_dict *dict, struct folder_draft *draft, const char *name,
    struct err *err)
{
	struct buf out GM_BUF_AT_EXIT;
	bool ok;

	buf_init(&out, PAGE_MOST);
	ok = render_expand(pages->render, template, dict, &out, err) &&
	     folder_draft_write(draft, name, buf_str(&out), out.used, err);
	render_dict_free(dict);
	return ok;
}

bool
archive_pages_extras(const struct archive_pages *pages,
    struct folder_draft *draft, struct err *err)
{
	return folder_draft_write(
	    draft, "style.css", pages->style, strlen(pages->style), err);
}

static void
check_colour(const struct template_file *style, const char *at,
    const char *field, const char *const *known, struct complaints *complaints)
{
	const char *nearest = text_nearest(field, known);
	size_t line = 1;

	for (const char *const *name = known; *name != NULL; name++)
		if (text_equal(*name, field))
			return;
	for (const char *p = style->bytes; p < at; p++)
		line += *p == '\n';
	if (nearest != NULL)
		complaints_add(complaints, style->name, line,
		    "unknown colour '%s' (did you mean '%s'?)", field, nearest);
	else
		complaints_add(complaints, style->name, line,
		    "unknown colour '%s'", field);
}

/* Complains about "{word}" in the style sheet when it is no colour: such a
   block means nothing in CSS. */
static void
check_style(struct arena *arena, const struct template_folder *folder,
    struct complaints *complaints)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	const struct template_file *style =
	    template_folder_find(folder, style_name);
	struct complaints ignored = { 0 };
	struct wording_field *colours;
	const char **names;
	size_t count;

	/* What is wrong with the theme is told with the digests. */
	if (style != NULL &&
	    read_colours(arena, folder, &ignored, &colours, &count)) {
		names = arena_take(arena, count + 1, sizeof(*names));
		for (size_t i = 0; i < count; i++)
			names[i] = colours[i].name;
		for (const char *p = style->bytes; (p = strchr(p, '{')) != NULL;
		     p++) {
			size_t bytes = strspn(p + 1, letters);

			if (bytes > 0 && p[bytes + 1] == '}')
				check_colour(style, p,
				    arena_strndup(arena, p, bytes + 2), names,
				    complaints);
		}
	}
	complaints_clear(&ignored);
}

void
archive_lint(
    const struct template_folder *folder, struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct template_lint lint = {
		.folder = folder,
		.family = TEMPLATE_ARCHIVE,
		.known = list_markers(arena),
		.known_count = MARKERS + ARCHIVE_WORDS,
		.roots = needed,
		.scopes = scopes,
		.scope_count = sizeof(scopes) / sizeof(*scopes),
	};

	template_lint(&lint, complaints);
	check_style(arena, folder, complaints);
	for (size_t i = 0; i < LANGUAGES; i++) {
		const char *name = arena_format(arena, "archive_%s.yaml",
		    subscriber_language((enum language)i));
		const struct template_file *file =
		    template_folder_find(folder, name);
		const char **values;

		if (file == NULL)
			complaints_add(
			    complaints, name, 0, "the file is missing");
		else if (wording_read(arena, name, file->bytes, file->count,
			     word_keys, ARCHIVE_WORDS, NULL, complaints,
			     &values))
			wording_lint(arena, name, file->bytes, file->count,
			    word_rules,
			    sizeof(word_rules) / sizeof(*word_rules),
			    complaints);
	}
}
