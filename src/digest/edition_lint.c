#include "digest/edition_lint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "digest/edition_proof.h"
#include "digest/edition_templates.h"
#include "digest/template_lint.h"
#include "digest/wording.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const roots[] = { "digest.html", "digest.txt", NULL };

/* Which markers have a value within which sections (edition_page.c). */
static const struct template_scope scopes[] = {
	{ "LEAD STORIES",
	    "STORY_NUMBER STORY_TITLE STORY_SUMMARY HAS_SUMMARY STORY_BODY "
	    "STORY_BODY_HTML STORY_REASON HAS_REASON IMAGES MAIN_IMAGE "
	    "GALLERY TITLE_PART" },
	{ "TITLE_PART", "TITLE_TEXT HAS_NEXT" },
	{ "GALLERY", "GALLERY_IMAGE" },
	{ "IMAGES MAIN_IMAGE GALLERY_IMAGE",
	    "IMAGE_URL IMAGE_ALT IMAGE_CAPTION HAS_CAPTION IMAGE_WIDTH "
	    "IMAGE_HEIGHT IMAGE_MOST HAS_HEIGHT" },
	{ "GALLERY_IMAGE", "CELL_WIDTH CELL_SHARE" },
	{ "ALSO", "ALSO_TITLE ALSO_URL" },
};

static const struct wording_rule word_rules[] = {
	{ "issue_month", "year month" },
	{ "office", "organisation department" },
	{ "greeting_", "name office" },
	{ "reason", "list" },
};

#define X(key) " " #key
static const struct wording_rule theme_rules[] = {
	{ "style_", GM_EDITION_COLOURS(X) },
};
#undef X

#define X(key) #key,
static const char *const theme_keys[] = { GM_EDITION_COLOURS(X)
	    GM_EDITION_STYLES(X) };
#undef X

/* ---- the theme */

static void
blame_theme(const struct template_file *theme, const char *key,
    const char *text, struct complaints *complaints)
{
	complaints_add_at(complaints, theme->name,
	    wording_line(theme->bytes, key), 1, "%s: %s", key, text);
}

/* Names with commas between; the last one is of a kind that every machine
   has. */
static void
check_fonts(const struct template_file *theme, const char *key,
    const char *fonts, struct complaints *complaints)
{
	static const char *const general[] = { "sans-serif", "serif",
		"monospace", "system-ui" };
	bool ends = false;

	for (size_t i = 0; i < COUNT(general); i++)
		ends |= text_ends(fonts, general[i]);
	if (strpbrk(fonts, "\"'<>{}();:\\/&") != NULL)
		blame_theme(theme, key,
		    "names of fonts are letters, digits, blanks and '-', with "
		    "commas between, without quotes",
		    complaints);
	else if (!ends)
		blame_theme(theme, key,
		    "the last font must be one that every machine has, such "
		    "as sans-serif",
		    complaints);
}

static void
check_height(const struct template_file *theme, const char *key,
    const char *height, struct complaints *complaints)
{
	enum { LEAST = 1, MOST = 3 };
	char *end;
	double value = strtod(height, &end);

	if (end == height || *end != '\0' || isnan(value) || value < LEAST ||
	    value > MOST)
		blame_theme(theme, key,
		    "a line's height is a number such as 1.6, from 1 to 3",
		    complaints);
}

static void
check_style(const struct template_file *theme, const char *key,
    const char *style, struct complaints *complaints)
{
	static const char *const forbidden[] = { "url(", "expression(",
		"@import", "@font-face", "javascript:", "</" };

	for (size_t i = 0; i < COUNT(forbidden); i++)
		if (strcasestr(style, forbidden[i]) != NULL)
			blame_theme(theme, key,
			    "a style of a mail fetches nothing: no url(), no "
			    "@import, no script",
			    complaints);
}

static bool
is_colour_used(struct arena *arena, const struct template_folder *folder,
    const struct template_file *theme, const char *colour)
{
	const char *field = arena_format(arena, "{%s}", colour);
	char *marker = arena_format(arena, "{{T_%s}}", colour);

	for (char *p = marker + 4; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	for (size_t i = 0; i < folder->count; i++)
		if (strstr(folder->items[i].bytes, marker) != NULL ||
		    (text_ends(folder->items[i].name, ".css") &&
			strstr(folder->items[i].bytes, field) != NULL))
			return true;
	return strstr(theme->bytes, field) != NULL;
}

static void
check_theme(struct arena *arena, const struct edition_templates *set,
    const struct template_folder *folder, struct complaints *complaints)
{
	const struct template_file *theme =
	    template_folder_find(folder, "theme.yaml");

	for (size_t i = EDITION_COLOURS; i < EDITION_THEMES; i++) {
		const char *value = set->theme[i];

		if (value == NULL)
			continue;
		if (text_starts(theme_keys[i], "font_"))
			check_fonts(theme, theme_keys[i], value, complaints);
		else if (text_starts(theme_keys[i], "line_height_"))
			check_height(theme, theme_keys[i], value, complaints);
		else
			check_style(theme, theme_keys[i], value, complaints);
	}
	wording_lint(arena, theme->name, theme->bytes, theme->count,
	    theme_rules, COUNT(theme_rules), complaints);
	for (size_t i = 0; i < EDITION_COLOURS; i++)
		if (!is_colour_used(arena, folder, theme, theme_keys[i]))
			complaints_warn_at(complaints, theme->name,
			    wording_line(theme->bytes, theme_keys[i]), 1,
			    "%s: no template uses this colour any more",
			    theme_keys[i]);
}

/* ---- all of it */

static void
check_words(struct arena *arena, const struct template_folder *folder,
    struct complaints *complaints)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		const struct template_file *file = template_folder_find(
		    folder, arena_format(arena, "strings.%s.yaml",
				subscriber_language((enum language)i)));

		if (file != NULL)
			wording_lint(arena, file->name, file->bytes,
			    file->count, word_rules, COUNT(word_rules),
			    complaints);
	}
}

static void
tell_faults(struct arena *arena, const struct edition_templates *set,
    const struct template_lint *lint, struct complaints *complaints)
{
	for (struct edition_fault *fault = edition_proof(arena, set);
	     fault != NULL; fault = fault->next) {
		if (fault->marker != NULL)
			template_lint_at_marker(lint, fault->file,
			    fault->marker, fault->text, complaints);
		else if (fault->word != NULL)
			template_lint_at_word(lint, fault->file, fault->word,
			    fault->text, complaints);
		else
			complaints_add(
			    complaints, fault->file, 0, "%s", fault->text);
	}
}

void
edition_lint(
    const struct template_folder *folder, struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct edition_templates *set = edition_templates_begin();
	struct template_lint lint = {
		.folder = folder,
		.family = TEMPLATE_DIGEST,
		.roots = roots,
		.scopes = scopes,
		.scope_count = COUNT(scopes),
	};
	struct complaints again = { 0 };
	struct render_file *files, *shipped;
	size_t count, shipped_count;
	struct err ignored = { 0 };
	bool proves;

	files =
	    template_folder_pick(arena, folder, TEMPLATE_DIGEST, false, &count);
	lint.known = edition_templates_markers(set, &lint.known_count);
	template_lint(&lint, complaints);
	proves = edition_templates_words(set, files, count, complaints);
	check_words(arena, folder, complaints);
	if (set->theme != NULL)
		check_theme(arena, set, folder, complaints);
	if (!proves) {
		/* The templates are judged with the words that were shipped. */
		shipped = template_folder_pick(
		    arena, folder, TEMPLATE_DIGEST, true, &shipped_count);
		proves = edition_templates_words(
		    set, shipped, shipped_count, &again);
	}

	/* Why they cannot be loaded has been said. */
	if (proves && edition_templates_load(set, files, count, &ignored))
		tell_faults(arena, set, &lint, complaints);
	complaints_clear(&again);
	edition_templates_free(set);
}
