#ifndef CONTENT_CONTENT_H
#define CONTENT_CONTENT_H

/*
 * The issue folder: issue.md, one file per story and language
 * (10-sumida-study-tour.en.md: number, slug, language), images/. Reading and
 * understanding are two steps, so that what was read can be frozen into the
 * store when a mailing is planned and understood again at each delivery:
 *
 *	folder -- content_read --> files -- content_parse --> struct issue
 *
 * A file begins with front matter (YAML between two lines "---"); behind it
 * stands Markdown. In issue.md a line "<!-- en -->" or "<!-- ja -->" begins
 * each language's greeting. Everything wrong becomes a complaint with file
 * and line; a version of a story that is missing is a warning. This room
 * knows nothing of readers, and does not render.
 */

#include "base/complaints.h"
#include "base/text.h"
#include "model/article.h"

/* The file of a set that stands for the pictures: a line per file below
   images/, "PATH WIDTH HEIGHT BYTES SHA256", width and height 0 for what is
   no PNG, JPEG or WebP. Where pictures were made ready, the line ends in a
   sixth word, the path of what readers get instead, and the numbers are of
   that. */
#define CONTENT_IMAGES "images.txt"

struct content_file {
	const char *path; /* within the issue folder: "issue.md" */
	const char *bytes;
	size_t count;
	const char *fault; /* why it could not be read; NULL: it could */
};

/* Sorted by path, images.txt last; the same folder gives the same set. */
struct content_files {
	struct content_file *items;
	size_t count;
};

/* A row of the register of municipalities. */
struct content_town {
	const char *code;
	const char *prefecture; /* 島根県 */
	const char *name;       /* 美郷町 */
	const char *kana;       /* みさとちょう */
};

/* What stories may refer to. */
struct content_vocabulary {
	const char *const *tags;          /* their slugs, NULL-terminated */
	const char *const *tag_labels;    /* what each slug is called, in as
					     many languages as there are, one
					     after the other; NULL: not known */
	const struct content_town *towns; /* by code; none: not looked at */
	size_t town_count;
};

/* How the pictures of an issue are made ready for readers. */
struct content_pictures {
	const char *cache; /* the folder where they are kept; made if missing */
	bool inside;       /* mails carry them: the set holds them as files, and
			      all together they fit into one message */
};

/* True for a name that may be an issue's: letters, digits, '.', '_', '-', not
   first a dot or hyphen, at most 64 bytes ("2026-04"). It is a folder's name
   and a part of URLs. */
bool content_id_holds(const char *id);

/* Reads all Markdown files of an issue and makes those of its pictures ready
   that they name; NULL `pictures`: looks at all of them as they are. A text
   that is too large is in the set with its fault, which understanding it
   complains of. Errors:
   ERR_NO_INPUT (no such folder), ERR_IO, ERR_NO_PERM, ERR_UNAVAILABLE (no
   libvips). */
bool content_read(struct arena *arena, const char *issue_folder,
    const struct content_pictures *pictures, struct content_files *ret_files,
    struct err *err) GM_MUST_CHECK;

/* Makes an issue of a set of files; it refers to no memory of the set. With
   `known`, tags are checked against it and the Markdown for what would be
   lost; NULL is for a set that was accepted before. False, with the first
   complaint in `err` (ERR_DATA), when there is an error among the
   complaints that it added. */
bool content_parse(struct arena *arena, const char *id,
    const struct content_files *files, const struct content_vocabulary *known,
    struct complaints *complaints, struct issue **ret_issue,
    struct err *err) GM_MUST_CHECK;

/* As content_parse, but gives what could be understood even where there are
   errors: texts may be empty, stories missing. */
struct issue *content_understand(struct arena *arena, const char *id,
    const struct content_files *files, const struct content_vocabulary *known,
    struct complaints *complaints);

/* The pictures that the stories of an issue show, each once, in their order,
   as readers get them and as URLs name them: "images/x-0123456789abcdef.jpg".
   picture_path (picture_ready.h) tells where the file of one is. */
struct text_list content_images(struct arena *arena, const struct issue *issue);

#endif
