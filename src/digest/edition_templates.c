#include "digest/edition_templates.h"

#include <assert.h>
#include <string.h>

#include "base/complaints.h"
#include "base/mem.h"
#include "base/text.h"
#include "digest/edition_proof.h"
#include "digest/wording.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* What templates may use besides words, colours and personal fields. */
static const struct render_marker markers[] = {
	{ "LANG", RENDER_TEXT },        /* "ja" */
	{ "ISSUE_ID", RENDER_TEXT },    /* "2026-04" */
	{ "ISSUE_TITLE", RENDER_TEXT }, /* of the front matter */
	{ "ISSUE_MONTH", RENDER_TEXT }, /* "April 2026" */
	{ "SUBJECT", RENDER_TEXT },     /* of one of whom nothing is known */
	{ "PREHEADER", RENDER_TEXT },
	{ "HAS_PREHEADER", RENDER_SECTION },
	{ "GREETING", RENDER_TEXT }, /* the editor's, as text */
	{ "GREETING_HTML", RENDER_HTML },
	{ "HAS_GREETING", RENDER_SECTION },
	{ "ARCHIVE_URL", RENDER_TEXT }, /* the issue on the web */
	{ "VIEW_URL", RENDER_TEXT },    /* the edition on the web */
	{ "HAS_VIEW", RENDER_SECTION },
	{ "LEAD", RENDER_SECTION },      /* the first story */
	{ "STORIES", RENDER_SECTION },   /* each of the others */
	{ "STORY_NUMBER", RENDER_TEXT }, /* from 1 */
	{ "STORY_TITLE", RENDER_TEXT },
	{ "TITLE_PART", RENDER_SECTION }, /* of it, between wide spaces */
	{ "TITLE_TEXT", RENDER_TEXT },
	{ "HAS_NEXT", RENDER_SECTION }, /* another part follows */
	{ "STORY_SUMMARY", RENDER_TEXT },
	{ "HAS_SUMMARY", RENDER_SECTION },
	{ "STORY_BODY", RENDER_TEXT }, /* as text */
	{ "STORY_BODY_HTML", RENDER_HTML },
	{ "STORY_REASON", RENDER_TEXT }, /* why the reader gets it */
	{ "HAS_REASON", RENDER_SECTION },
	{ "IMAGES", RENDER_SECTION },     /* each image of a story */
	{ "MAIN_IMAGE", RENDER_SECTION }, /* its first one */
	{ "GALLERY", RENDER_SECTION },    /* the others, row by row */
	{ "GALLERY_IMAGE", RENDER_SECTION },
	{ "IMAGE_URL", RENDER_TEXT },
	{ "IMAGE_ALT", RENDER_TEXT },
	{ "IMAGE_CAPTION", RENDER_TEXT },
	{ "HAS_CAPTION", RENDER_SECTION },
	{ "IMAGE_WIDTH", RENDER_TEXT }, /* pixels on the page */
	{ "IMAGE_HEIGHT", RENDER_TEXT },
	{ "IMAGE_MOST", RENDER_TEXT }, /* pixels that it has: no wider */
	{ "CELL_WIDTH", RENDER_TEXT }, /* in a row: pixels with the gap */
	{ "CELL_SHARE", RENDER_TEXT }, /* of the row: "50%" */
	{ "HAS_HEIGHT", RENDER_SECTION },
	{ "HAS_ALSO", RENDER_SECTION },
	{ "ALSO", RENDER_SECTION }, /* each story not chosen */
	{ "ALSO_TITLE", RENDER_TEXT },
	{ "ALSO_URL", RENDER_TEXT },
	{ "SENDER_NAME", RENDER_TEXT },
	{ "SENDER_POSTAL", RENDER_TEXT },
	{ "SENDER_CONTACT", RENDER_TEXT },
	{ "SENDER_CONTACT_HTML", RENDER_HTML }, /* with its links */
	{ "T_FONT", RENDER_TEXT },              /* of the language */
	{ "T_LINE_HEIGHT", RENDER_TEXT },
};

#define X(key) #key,
static const char *const word_keys[] = { GM_EDITION_WORDS(X) };
static const char *const theme_keys[] = { GM_EDITION_COLOURS(X)
	    GM_EDITION_STYLES(X) };
#undef X
/* Words that sets frozen by older programs do not have. */
static const char *const later_words[] = { "view_page", NULL };

static_assert(COUNT(word_keys) == EDITION_WORDS, "one key for each word");
static_assert(COUNT(theme_keys) == EDITION_THEMES, "one key for each style");

#define X(name, marker) marker,
const char *const edition_templates_personals[PERSONALS] = { GM_PERSONALS(X) };
#undef X

/* "W_" and "newsletter" to "W_NEWSLETTER". */
static char *
make_marker(struct arena *arena, const char *prefix, const char *key)
{
	char *marker = arena_format(arena, "%s%s", prefix, key);

	for (char *p = marker; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return marker;
}

struct render_marker *
edition_templates_markers(struct edition_templates *set, size_t *ret_count)
{
	size_t most =
	    COUNT(markers) + EDITION_WORDS + EDITION_COLOURS + PERSONALS;
	struct render_marker *all = arena_take(set->arena, most, sizeof(*all));
	size_t count = COUNT(markers);

	memcpy(all, markers, sizeof(markers));
	for (size_t i = 0; i < EDITION_WORDS; i++) {
		set->word_markers[i] =
		    make_marker(set->arena, "W_", word_keys[i]);
		all[count++].name = set->word_markers[i];
	}
	for (size_t i = 0; i < EDITION_COLOURS; i++) {
		set->colour_markers[i] =
		    make_marker(set->arena, "T_", theme_keys[i]);
		all[count++].name = set->colour_markers[i];
	}
	for (size_t i = PERSONAL_NONE + 1; i < PERSONALS; i++)
		all[count++].name = edition_templates_personals[i];
	*ret_count = count;
	return all;
}

static const struct render_file *
find_file(const struct render_file *files, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(files[i].name, name))
			return &files[i];
	return NULL;
}

static bool
read_words(struct edition_templates *set, const struct render_file *files,
    size_t count, const char *name, const char *const *keys, size_t key_count,
    struct complaints *complaints, const char ***ret_values)
{
	const struct render_file *file = find_file(files, count, name);

	if (file)
		return wording_read(set->arena, name, file->bytes, file->count,
		    keys, key_count, later_words, complaints, ret_values);
	complaints_add(complaints, name, 0, "the file is missing");
	return false;
}

static bool
is_colour(const char *colour)
{
	size_t digits = strspn(colour + 1, "0123456789abcdefABCDEF");

	return colour[0] == '#' && (digits == 3 || digits == 6) &&
	       !colour[1 + digits];
}

/* Checks the colours and makes fields of them. */
static struct wording_field *
make_fields(struct arena *arena, const struct render_file *file,
    const char *const *theme, struct complaints *complaints)
{
	struct wording_field *fields =
	    arena_take(arena, EDITION_COLOURS, sizeof(*fields));

	for (size_t i = 0; i < EDITION_COLOURS; i++) {
		fields[i].name = arena_format(arena, "{%s}", theme_keys[i]);
		fields[i].value = theme[i];
		if (!is_colour(theme[i]))
			complaints_add(complaints, file->name,
			    wording_line(file->bytes, theme_keys[i]),
			    "%s: '%s' is no colour such as #1f3a5f",
			    theme_keys[i], theme[i]);
	}
	return fields;
}

/* Checks the colours and puts them into the styles. */
static void
finish_theme(struct edition_templates *set, const struct render_file *file,
    struct complaints *complaints)
{
	const struct wording_field *fields =
	    make_fields(set->arena, file, set->theme, complaints);

	for (size_t i = EDITION_COLOURS; i < EDITION_THEMES; i++)
		set->theme[i] = wording_put(
		    set->arena, set->theme[i], fields, EDITION_COLOURS);
}

bool
edition_colours(struct arena *arena, const struct render_file *theme,
    struct complaints *complaints, struct wording_field **ret_fields,
    size_t *ret_count)
{
	size_t errors = complaints->errors;
	const char **values;

	if (!wording_read(arena, theme->name, theme->bytes, theme->count,
		theme_keys, EDITION_THEMES, NULL, complaints, &values))
		return false;
	*ret_fields = make_fields(arena, theme, values, complaints);
	*ret_count = EDITION_COLOURS;
	return complaints->errors == errors;
}

static struct markdown_style
pick_style(const struct edition_templates *set, enum language language)
{
	const char **theme = set->theme;

	return (struct markdown_style){
		.paragraph = theme[EDITION_THEME_style_paragraph],
		.heading = theme[EDITION_THEME_style_heading],
		.list = theme[EDITION_THEME_style_list],
		.item = theme[EDITION_THEME_style_item],
		.quote = theme[EDITION_THEME_style_quote],
		.link = theme[EDITION_THEME_style_link],
		.code = theme[EDITION_THEME_style_code],
		.code_block = theme[EDITION_THEME_style_code_block],
		.rule = theme[EDITION_THEME_style_rule],
		.signature = theme[EDITION_THEME_style_signature],
		.emphasis = theme[language == LANGUAGE_JA
				      ? EDITION_THEME_style_emphasis_ja
				      : EDITION_THEME_style_emphasis_en],
	};
}

static struct greeting_words
pick_greeting(const char *const *words)
{
	return (struct greeting_words){
		.office = words[EDITION_WORD_office],
		.person = words[EDITION_WORD_greeting_person],
		.unit = words[EDITION_WORD_greeting_unit],
		.titled = words[EDITION_WORD_greeting_titled],
		.nameless = words[EDITION_WORD_greeting_nameless],
		.nobody = words[EDITION_WORD_greeting_nobody],
		.unit_endings = words[EDITION_WORD_unit_endings],
		.title_endings = words[EDITION_WORD_title_endings],
	};
}

bool
edition_templates_words(struct edition_templates *set,
    const struct render_file *files, size_t count,
    struct complaints *complaints)
{
	size_t errors = complaints->errors;

	for (size_t i = 0; i < LANGUAGES; i++) {
		const char *name = arena_format(set->arena, "strings.%s.yaml",
		    subscriber_language((enum language)i));

		if (read_words(set, files, count, name, word_keys,
			EDITION_WORDS, complaints, &set->words[i]))
			set->greeting[i] = pick_greeting(set->words[i]);
	}
	if (read_words(set, files, count, "theme.yaml", theme_keys,
		EDITION_THEMES, complaints, &set->theme)) {
		finish_theme(
		    set, find_file(files, count, "theme.yaml"), complaints);
		for (size_t i = 0; i < LANGUAGES; i++)
			set->style[i] = pick_style(set, (enum language)i);
	}
	return complaints->errors == errors;
}

bool
edition_templates_load(struct edition_templates *set,
    const struct render_file *files, size_t count, struct err *err)
{
	struct render_file *templates =
	    arena_take(set->arena, count, sizeof(*templates));
	size_t template_count = 0, marker_count;
	struct render_marker *known =
	    edition_templates_markers(set, &marker_count);

	for (size_t i = 0; i < count; i++)
		if (text_ends(files[i].name, ".html") ||
		    text_ends(files[i].name, ".txt"))
			templates[template_count++] = files[i];
	if (!render_new(templates, template_count, known, marker_count,
		&set->render, err))
		return false;
	for (size_t i = 0; i < 2; i++) {
		const char *name = i ? "digest.txt" : "digest.html";

		if (!render_has(set->render, name))
			return err_set(
			    err, ERR_DATA, "%s: the file is missing", name);
	}
	return true;
}

/* What the proof shows as one error. */
static bool
prove(struct edition_templates *set, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct complaints complaints = { 0 };
	bool ok;

	for (struct edition_fault *fault = edition_proof(arena, set); fault;
	     fault = fault->next)
		complaints_add(&complaints, fault->file, 0, "%s", fault->text);
	ok = complaints_none(&complaints, ERR_DATA, err);
	complaints_clear(&complaints);
	return ok;
}

struct edition_templates *
edition_templates_begin(void)
{
	enum { MEMO_MOST = 4 << 20 };
	struct edition_templates *set = mem_new(1, sizeof(*set));

	set->arena = arena_new();
	set->memo = memo_new(MEMO_MOST);
	return set;
}

bool
edition_templates_new(const struct render_file *files, size_t count,
    struct edition_templates **ret, struct err *err)
{
	struct edition_templates *set = edition_templates_begin();
	struct complaints complaints = { 0 };
	bool ok;

	(void)!edition_templates_words(set, files, count, &complaints);
	ok = complaints_none(&complaints, ERR_DATA, err) &&
	     edition_templates_load(set, files, count, err) && prove(set, err);
	complaints_clear(&complaints);
	if (!ok) {
		edition_templates_free(set);
		return false;
	}
	*ret = set;
	return true;
}

void
edition_templates_free(struct edition_templates *templates)
{
	if (!templates)
		return;
	render_free(templates->render);
	memo_free(templates->memo);
	arena_free(templates->arena);
	free(templates);
}
