#ifndef ARCHIVE_ARCHIVE_PAGES_H
#define ARCHIVE_ARCHIVE_PAGES_H

/* Inside archive/: the templates and words of the pages (templates/archive_*),
   those of the site as they are now, and the part that all pages share. */

#include "base/folder.h"
#include "config/site.h"
#include "render/render.h"

/* clang-format off */
/* Keys of archive_LANGUAGE.yaml; each is the marker W_KEY as well. */
#define GM_ARCHIVE_WORDS(X) \
	X(newsletter) X(publisher) X(language_name) X(languages) X(day) \
	X(months) X(skip) X(all_issues) X(feed) X(topics) X(tag_title) \
	X(in_this_issue) X(greeting) X(own_edition) X(also) X(whole_issue) \
	X(contact)
/* clang-format on */

#define X(key) ARCHIVE_WORD_##key,
enum archive_word { GM_ARCHIVE_WORDS(X) ARCHIVE_WORDS };
#undef X

struct archive_pages;

/* Reads and checks them; what is wrong names file and line. */
bool archive_pages_open(const struct site *site,
    struct archive_pages **ret_pages, struct err *err) GM_MUST_CHECK;
void archive_pages_close(struct archive_pages *pages); /* NULL is allowed */

const char *archive_pages_word(const struct archive_pages *pages,
    enum language language, enum archive_word word);

/* "1 April 2026" of "2026-04-01". */
char *archive_pages_day(struct arena *arena, const struct archive_pages *pages,
    enum language language, const char *date);

/* Of one page. */
struct archive_head {
	enum language language;
	const char *title;
	const char *root;  /* from the page to the archive: "../../", "" */
	const char *other; /* from the page to itself in the other language;
			      NULL: there is none */
	bool own;          /* one reader's edition: not to be found by others */
};

/* A dictionary with head and foot filled in, for archive_pages_write, which
   frees it. */
struct render_dict *archive_pages_begin(
    const struct archive_pages *pages, const struct archive_head *head);

/* Expands a template ("archive_issue.html") into a file of the draft. */
bool archive_pages_write(const struct archive_pages *pages,
    const char *template, struct render_dict *dict, struct folder_draft *draft,
    const char *name, struct err *err) GM_MUST_CHECK;

/* Writes the files that are not pages: style.css. */
bool archive_pages_extras(const struct archive_pages *pages,
    struct folder_draft *draft, struct err *err) GM_MUST_CHECK;

#endif
