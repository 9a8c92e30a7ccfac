#ifndef DIGEST_EDITION_TEMPLATES_H
#define DIGEST_EDITION_TEMPLATES_H

/* The inside of a template set: tables of words and colours, and the words in
   each language. For the edition files alone. */

#include "base/memo.h"
#include "digest/edition.h"
#include "digest/greeting.h"
#include "markdown/markdown.h"

/* clang-format off */
/* Keys of strings.LANGUAGE.yaml; each is the marker W_KEY as well. */
#define GM_EDITION_WORDS(X)                                                    \
	X(newsletter)                                                          \
	X(publisher)                                                           \
	X(issue_month) X(months) X(office) X(greeting_person) X(greeting_unit) \
	    X(greeting_titled) X(greeting_nameless) X(greeting_nobody)         \
		X(unit_endings) X(title_endings) X(reason) X(reason_separator) \
		    X(reason_lead) X(reason_fill) X(lead_story) X(picture)     \
			X(also_heading) X(also_hint) X(view_online) X(why)     \
			    X(sent_to) X(unsubscribe) X(unsubscribe_link)      \
				X(preferences) X(preferences_link) X(sender)   \
				    X(contact) X(view_page)

/* clang-format on */

/* Keys of theme.yaml that are colours; each is the marker T_KEY as well. */
#define GM_EDITION_COLOURS(X) \
	X(page)               \
	X(sheet)              \
	X(tint)               \
	X(ink)                \
	X(muted)              \
	X(line)               \
	X(brand)              \
	X(brand_pale)         \
	X(accent)             \
	X(link)               \
	X(on_brand)           \
	X(dark_page)          \
	X(dark_sheet)         \
	X(dark_tint)          \
	X(dark_ink)           \
	X(dark_muted)         \
	X(dark_line)          \
	X(dark_title)         \
	X(dark_link) X(dark_accent)

/* The other keys of theme.yaml. */
#define GM_EDITION_STYLES(X) \
	X(font_en)           \
	X(font_ja)           \
	X(line_height_en)    \
	X(line_height_ja)    \
	X(style_paragraph)   \
	X(style_heading)     \
	X(style_list)        \
	X(style_item)        \
	X(style_quote)       \
	X(style_link)        \
	X(style_code)        \
	X(style_code_block)  \
	X(style_rule)        \
	X(style_emphasis_en) \
	X(style_emphasis_ja) \
	X(style_signature)

/* What a set remembers: texts that stand in many editions. */
enum edition_memo {
	EDITION_MEMO_FOLD, /* a line, folded */
	EDITION_MEMO_TEXT, /* Markdown as text */
	EDITION_MEMO_HTML, /* Markdown as HTML, + the language */
};

#define X(key) EDITION_WORD_##key,
enum edition_word { GM_EDITION_WORDS(X) EDITION_WORDS };
#undef X

/* Colours first: enum edition_theme up to EDITION_COLOURS. */
#define X(key) EDITION_THEME_##key,
enum edition_theme {
	GM_EDITION_COLOURS(X) GM_EDITION_STYLES(X) EDITION_THEMES,
	EDITION_COLOURS = EDITION_THEME_font_en,
};
#undef X

struct edition_templates {
	struct arena *arena; /* of everything below */
	struct render *render;
	const char **words[LANGUAGES];               /* by enum edition_word */
	const char **theme;                          /* by enum edition_theme */
	const char *word_markers[EDITION_WORDS];     /* "W_NEWSLETTER" */
	const char *colour_markers[EDITION_COLOURS]; /* "T_PAGE" */
	struct greeting_words greeting[LANGUAGES];
	struct markdown_style style[LANGUAGES];
	struct memo *memo; /* by enum edition_memo */
};

/* The marker of each personal field: "UNSUBSCRIBE_URL". */
extern const char *const edition_templates_personals[PERSONALS];

/* Steps of edition_templates_new: an empty set. */
struct edition_templates *edition_templates_begin(void);

/* All markers there are: those of the table, words, colours, personal ones. */
struct render_marker *edition_templates_markers(
    struct edition_templates *set, size_t *ret_count);

/* Reads the languages and the theme; true when there is no complaint. */
bool edition_templates_words(struct edition_templates *set,
    const struct render_file *files, size_t count,
    struct complaints *complaints) GM_MUST_CHECK;

/* Loads the templates among the files. */
bool edition_templates_load(struct edition_templates *set,
    const struct render_file *files, size_t count,
    struct err *err) GM_MUST_CHECK;

#endif
