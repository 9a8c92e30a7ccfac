#ifndef ARCHIVE_ARCHIVE_RUN_H
#define ARCHIVE_ARCHIVE_RUN_H

/* Inside archive/: one run, and what of the issues the lists need. */

#include "archive/archive.h"
#include "archive/archive_pages.h"

/* A text and the language it is in. */
struct archive_text {
	const char *title;
	const char *summary; /* "" when there is none, or of an issue */
	enum language language;
};

struct archive_story {
	const char *slug;
	struct archive_text text[LANGUAGES]; /* for readers of each */
	struct text_list tags;
};

struct archive_issue {
	const char *id;
	const char *date;   /* "2026-04-01" */
	int utc_offset_min; /* of that day's midnight */
	struct archive_text text[LANGUAGES];
	struct archive_story *stories;
	size_t count;
};

struct archive_tag {
	const char *slug;
	const char *label[LANGUAGES];
};

struct archive_run {
	struct arena *arena; /* of the run */
	struct arena *page;  /* of one page */
	const struct site *site;
	struct store *store;
	const struct secret_keys *keys;
	struct archive_pages *pages;
	struct folder_draft *draft;
	struct complaints *complaints;
	struct archive_issue *issues; /* newest first */
	size_t issue_count;
	struct archive_tag *tags; /* of all stories, by slug */
	size_t tag_count, tag_room;
	size_t editions;
};

/* Writes the pages, editions and pictures of an issue, and tells what lists
   need to know of it. */
bool archive_issue_write(struct archive_run *run, const char *id,
    struct archive_issue *ret_issue, struct err *err) GM_MUST_CHECK;

/* Writes the lists: of issues, of languages, of stories by topic. */
bool archive_lists_write(
    struct archive_run *run, struct err *err) GM_MUST_CHECK;

/* Writes the feed of each language. */
bool archive_feed_write(struct archive_run *run, struct err *err) GM_MUST_CHECK;

#endif
