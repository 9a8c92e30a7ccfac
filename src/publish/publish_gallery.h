#ifndef PUBLISH_PUBLISH_GALLERY_H
#define PUBLISH_PUBLISH_GALLERY_H

/*
 * All editions of an issue as they would be today, as one folder to look
 * through: index.html with a line per edition (readers, stories, reasons,
 * size) beside a frame that shows it, and for each edition the HTML and the
 * text of one of its readers. The folder is made anew as a whole
 * (base/folder.h). Nothing of it is for the public: readers are named.
 */

#include "base/complaints.h"
#include "config/site.h"
#include "digest/template_folder.h"
#include "secret/secret.h"
#include "store/store.h"

struct publish_gallery {
	const char *index; /* path of index.html */
	size_t editions;
	int64_t readers;
};

/* The message of an edition that cannot be rendered is in its place; what is
   wrong with the issue itself is complained about. */
bool publish_gallery(struct arena *arena, const struct site *site,
    struct store *store, const struct secret_keys *keys, const char *issue,
    const char *folder, struct complaints *complaints,
    struct publish_gallery *ret_gallery, struct err *err) GM_MUST_CHECK;

/* All that is wrong with the template of its page, with its place
   (digest/template_lint.h). */
void publish_gallery_lint(
    const struct template_folder *folder, struct complaints *complaints);

#endif
