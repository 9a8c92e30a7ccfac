#ifndef DIGEST_MATERIAL_H
#define DIGEST_MATERIAL_H

/*
 * What all digests of an issue are made of: its articles, the templates, who
 * sends, and the words for tags and places. Gathering and opening are two
 * steps, so that a mailing can freeze what was gathered and open it again at
 * each delivery, with the same result as a preview made that day:
 *
 *	site, store -- material_gather --> files -- material_open --> material
 *	                                     |  ^
 *	                              publish/  deliver/   (frozen in the store)
 *
 * The files: content/… (content/content.h), templates/…, sender.txt, dkim.txt,
 * tags.tsv, places.tsv; and tailoring.txt, by which the stories were chosen,
 * for the record.
 */

#include "base/complaints.h"
#include "config/site.h"
#include "digest/edition.h"
#include "digest/tailor.h"
#include "model/article.h"
#include "secret/secret.h"
#include "store/store.h"

/* Where pictures that were made ready are kept, within the site. */
#define MATERIAL_PICTURES "state/pictures"

struct material_file {
	const char *path;
	const char *bytes;
	size_t count;
};

struct material_files {
	struct material_file *items;
	size_t count;
};

struct material {
	const struct issue *issue;
	struct sender sender;
	const struct dkim_key *dkim; /* who signs, in order; no key_file */
	size_t dkim_count;
	struct edition_templates *templates;
	const struct edition_tag *tags;
	size_t tag_count;
	const struct edition_place *places; /* by code */
	size_t place_count;
	const struct edition_picture *pictures; /* that mails carry; none: they
						   are hosted */
	size_t picture_count;
	const char *image_base;   /* of hosted images */
	const char *archive_base; /* of the issue's web pages */

	/* Of a mailing: whose editions have pages of their own. NULL, 0, 0
	   after opening: of no mailing. */
	const struct secret_key *key;
	int64_t mailing;
	int64_t version;
};

/* Reads the issue folder, the templates (shipped ones, each replaced by the
   site's own of the same name), and the words from the store. Everything wrong
   with the issue is in `complaints`; false when there is an error. */
bool material_gather(struct arena *arena, const struct site *site,
    struct store *store, const char *issue, struct complaints *complaints,
    struct material_files *ret_files, struct err *err) GM_MUST_CHECK;

/* The templates of pages that are no digests: all whose names begin with
   `family`, "archive_" or "preview_". They are not frozen. */
bool material_gather_pages(struct arena *arena, const struct site *site,
    const char *family, struct material_files *ret_files,
    struct err *err) GM_MUST_CHECK;

/* Understands gathered files; lives in the arena but for the templates: free
   with material_close. */
bool material_open(struct arena *arena, const char *issue,
    const struct material_files *files, struct material **ret_material,
    struct err *err) GM_MUST_CHECK;
void material_close(struct material *material); /* NULL is allowed */

/* The edition that `spec` names (digest/tailor.h), ready to be rendered: what
   edition_render takes. */
bool material_input(struct arena *arena, const struct material *material,
    const char *spec, struct edition_input *ret_input,
    struct err *err) GM_MUST_CHECK;

/* Renders the edition that `spec` names (digest/tailor.h). `image_base` NULL:
   images as in mails, hosted or carried; else they are found there. */
bool material_edition(struct arena *arena, const struct material *material,
    const char *spec, const char *image_base, struct edition **ret_edition,
    struct err *err) GM_MUST_CHECK;

#endif
