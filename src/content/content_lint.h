#ifndef CONTENT_CONTENT_LINT_H
#define CONTENT_CONTENT_LINT_H

/*
 * What an author would want to hear before readers do, beyond what makes an
 * issue wrong (content.h): subjects that are cut off, words and links that
 * filters take for spam, town names that could be several towns, pictures
 * that come out small. All of it is warnings, each with its place; `file` is
 * within the issue folder.
 */

#include "content/content.h"

enum {
	CONTENT_SUBJECT_COLUMNS = 72, /* more is cut off in most inboxes */
};

/* Warns about the issue as far as it could be understood. `files` is what it
   was read from, with pictures made ready. */
void content_lint(struct arena *arena, const struct issue *issue,
    const struct content_files *files, const struct content_vocabulary *known,
    struct complaints *complaints);

/* A link of the issue's texts. */
struct content_link {
	const char *file;
	const char *url;
	const char *text; /* as a reader sees it */
	size_t line, column;
};

struct content_links {
	struct content_link *items; /* file by file, as they stand there */
	size_t count;
};

void content_links(struct arena *arena, const struct issue *issue,
    struct content_links *ret_links);

#endif
