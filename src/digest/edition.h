#ifndef DIGEST_EDITION_H
#define DIGEST_EDITION_H

/*
 * What the readers of an edition share, rendered once: the HTML and the text
 * of a digest, split where personal bytes stand. Promises that splicing in the
 * personal values gives exactly what rendering the templates with them would
 * have given; that both parts carry the same stories and links; that both
 * carry what the law asks for (who sends, postal address, contact, how to
 * unsubscribe). Knows nothing of mail headers, of the store or of files.
 *
 * Personal fields travel through the templates as markers that no content can
 * hold (noncharacters), so hostile names meet no template engine.
 *
 * A template set is immutable after edition_templates_new() and may be used
 * by several threads; editions live in the arena they were rendered into.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/complaints.h"
#include "digest/greeting.h"
#include "mime/mime.h"
#include "model/article.h"
#include "model/reader.h"
#include "model/sender.h"
#include "render/render.h"

struct tailored; /* digest/tailor.h */

/* name, marker in templates */
#define GM_PERSONALS(X)                                 \
	X(PERSONAL_NONE, "")                            \
	X(PERSONAL_GREETING, "READER_GREETING")         \
	X(PERSONAL_NAME, "READER_NAME")                 \
	X(PERSONAL_ORGANISATION, "READER_ORGANISATION") \
	X(PERSONAL_DEPARTMENT, "READER_DEPARTMENT")     \
	X(PERSONAL_ADDRESS, "READER_ADDRESS")           \
	X(PERSONAL_UNSUBSCRIBE_URL, "UNSUBSCRIBE_URL")  \
	X(PERSONAL_PREFERENCES_URL, "PREFERENCES_URL")

#define X(name, marker) name,
enum personal { GM_PERSONALS(X) PERSONALS };
#undef X

/* Shared bytes, and the personal field behind them (PERSONAL_NONE: nothing;
   only the last segment has it). */
struct edition_segment {
	const char *bytes;
	size_t count;
	enum personal then;
};

/* A picture that mails carry with them, encoded once for all of them. */
struct edition_picture {
	const char *path; /* as article_image.ready: "images/x-0123….png" */
	struct mime_picture mime;
};

/* UTF-8, lines end in LF. The text part is folded at 70 columns. */
struct edition_part {
	struct edition_segment *segments;
	size_t count;
};

struct edition {
	enum language language;
	enum format format;
	const char *subject;      /* one line, not encoded; may have fields */
	struct edition_part html; /* no segments when format is text */
	struct edition_part text;
	/* Those that the HTML shows, of the input. */
	const struct mime_picture **pictures;
	size_t picture_count;
	const struct greeting_words *greeting; /* for edition_values */
};

enum {
	EDITION_HTML_MOST = 102400, /* with what is personal */
	EDITION_HTML_WARN = 90 * 1000,
	EDITION_MESSAGE_MOST = 1000 * 1000,
	EDITION_MESSAGE_WARN = 256 * 1000,
	EDITION_PICTURES_MOST = 32, /* that a mail carries */
};

/* The bytes of a part with personal fields of the usual length: what is held
   against the limits. */
size_t edition_part_bytes(const struct edition_part *part);

/* About the bytes of a mail, its pictures with it. */
size_t edition_message_bytes(const struct edition *edition);

/* Languages, words, colours and templates, checked. */
struct edition_templates;

/* Builds the set from the files of templates/ (a site's own ones already in
   place of the shipped ones): digest.html, digest.txt, what they include,
   strings.en.yaml, strings.ja.yaml, theme.yaml; others are not looked at. Every
   complaint names file and line. Refuses a set that leaves out what the law
   asks for in either part, or that puts personal text where escaping for HTML
   does not make it harmless. The bytes of `files` are not needed afterwards. */
bool edition_templates_new(const struct render_file *files, size_t count,
    struct edition_templates **ret, struct err *err) GM_MUST_CHECK;
void edition_templates_free(struct edition_templates *templates);

/* The colours of theme.yaml as fields ("{ink}"), for pages that are no digests;
   in `arena`. False with complaints of what is wrong with the file. */
struct wording_field;
bool edition_colours(struct arena *arena, const struct render_file *theme,
    struct complaints *complaints, struct wording_field **ret_fields,
    size_t *ret_count) GM_MUST_CHECK;

/* A tag of the vocabulary with its label in each language. */
struct edition_tag {
	const char *slug;
	const char *label[LANGUAGES]; /* NULL: the slug is shown */
};

/* A row of the register of municipalities. */
struct edition_place {
	const char *code;       /* six digits */
	const char *prefecture; /* 島根県 */
	const char *name;       /* 美郷町; of a prefecture: its own name */
	const char *kana;       /* みさとちょう */
};

struct edition_input {
	const struct edition_templates *templates;
	const struct issue *issue;
	const struct tailored *tailored;
	enum language language;
	enum format format;
	const struct sender *sender;
	const struct edition_tag *tags; /* in any order */
	size_t tag_count;
	const struct edition_place
	    *places; /* sorted by code; prefectures too */
	size_t place_count;
	/* Put before an image's file name:
	   "https://news.example/issues/2026-04/",
	   "" for a preview beside the images. */
	const char *image_base;
	/* Shown from the mail itself, whatever the base; none: hosted. */
	const struct edition_picture *pictures;
	size_t picture_count;
	/* Folder of the issue on the web, with a slash behind; its pages are
	   "en.html" and "ja.html", a story's place is "#SLUG". */
	const char *archive_base;
	/* The page of this very edition; NULL: it has none, so the issue's. */
	const char *view_url;
};

/* Renders both parts (a text reader: the text alone). Errors: ERR_DATA when
   the HTML passes EDITION_HTML_MOST bytes, where Gmail would cut off the
   footer; when a mail that carries its pictures would pass
   EDITION_MESSAGE_MOST. */
bool edition_render(struct arena *arena, const struct edition_input *in,
    struct edition **ret, struct err *err) GM_MUST_CHECK;

/* The personal links of one reader. */
struct edition_links {
	const char *unsubscribe_url;
	const char *preferences_url;
};

/* The values for edition_fill, of one reader: names without control characters,
   the greeting in the edition's language (greeting.h), on one line each.
   Strings live in `arena` or are those given. */
void edition_values(struct arena *arena, const struct edition *edition,
    const struct person *person, const struct edition_links *links,
    const char *ret_values[PERSONALS]);

/* The subject of one reader (model/subject.h), on one line; the edition's own
   where it has no fields. */
const char *edition_subject(struct arena *arena, const struct edition *edition,
    const struct person *person);

/* Makes them those of the text part, where lines are folded. */
void edition_values_fold(struct arena *arena, const char *values[PERSONALS]);

/* Appends the part with the values in their places, escaped when `html`.
   `values[PERSONAL_NONE]` is not looked at; no other may be NULL. */
void edition_fill(const struct edition_part *part,
    const char *const values[PERSONALS], bool html, struct buf *out);

/* Appends a value as it stands in HTML: & < > " ' as references, white space
   other than the blank as a blank. What edition_fill does per value. */
void edition_escape(const char *value, struct buf *out);

#endif
