#ifndef CONTENT_LINT_H
#define CONTENT_LINT_H

/* For the lints of this room: the texts of an issue, one by one, and where
   something stands in their files. */

#include "content/content_lint.h"
#include "markdown/markdown.h"

/* A text of one language in one file: a story, or the editor's greeting. */
struct lint_text {
	const char *file;
	enum language language;
	const struct article *article; /* NULL: the greeting */
	const char *title, *summary;   /* "" where there is none */
	struct article_place at_title, at_summary;
	struct markdown_sight body;
};

struct lint_texts {
	struct lint_text *items;
	size_t count;
};

struct lint_texts lint_texts(struct arena *arena, const struct issue *issue);

/* Where `needle` stands in the file, from `at` on and within a few lines; `at`
   itself when it does not. */
struct article_place lint_find(const struct content_files *files,
    const char *file, struct article_place at, const char *needle);

/* Counts a tab as one character in the columns of complaints about `files`:
   what reads them sees blanks instead. */
void lint_count_tabs(
    const struct content_files *files, struct complaints *complaints);

#endif
