#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

/*
 * The issues as a folder of pages that any web server can hold at public_url:
 * what mails link to. No scripts, no cookies, nothing about readers.
 *
 *	en.html ja.html              all issues (index.html: which language?)
 *	feed.en.xml feed.ja.xml      the newest stories (Atom, RFC 4287)
 *	tags/TAG.en.html …           the stories of a topic
 *	issues/2026-04/en.html …     an issue, each story at #SLUG
 *	issues/2026-04/SLUG.en.html  a story
 *	issues/2026-04/images/…      its pictures
 *	issues/2026-04/e/1….html     an edition (people/links.h): what "view in
 *	                             browser" of a mail opens
 *
 * Every page is in both languages, as mails link to the one of their reader;
 * what is there in one language only says so by its lang attribute. An issue
 * that is planned is written from its frozen content, the newest, and each
 * edition that somebody has from the content it was made of; one that is not,
 * from its folder, without editions. The same state gives the same bytes.
 */

#include "base/complaints.h"
#include "config/site.h"
#include "digest/template_folder.h"
#include "secret/secret.h"
#include "store/store.h"

struct archive_done {
	const char *place; /* where it is */
	size_t issues;
	size_t stories;
	size_t editions;
	bool changed; /* false: it was the same already */
};

/* Makes the archive in `folder` anew, in one step (base/folder.h): the issues
   that it holds already, and `issue`, or all that are planned where that is
   NULL. Complaints are warnings, and faults of an issue that is not planned.
   Errors: ERR_NO_INPUT (no such issue, a picture is gone), ERR_DATA,
   ERR_CANT_CREATE. */
bool archive_write(struct arena *arena, const struct site *site,
    struct store *store, const struct secret_keys *keys, const char *issue,
    const char *folder, struct complaints *complaints,
    struct archive_done *ret_done, struct err *err) GM_MUST_CHECK;

/* All that is wrong with the templates of the pages, with its place
   (digest/template_lint.h). */
void archive_lint(
    const struct template_folder *folder, struct complaints *complaints);

#endif
