#ifndef ARCHIVE_ARCHIVE_PARTS_H
#define ARCHIVE_ARCHIVE_PARTS_H

/* Inside archive/: the parts that the pages of an issue are put together of. */

#include "archive/archive_run.h"
#include "digest/material.h"

/* Where a page is: how the archive and the issue's folder are reached. */
struct archive_place {
	const char *root;
	const char *issue; /* "", "../" */
};
extern const struct archive_place archive_in_issue, archive_in_edition;

/* One content of an issue that is being written. */
struct archive_source {
	struct archive_run *run;
	const struct material *material;
	const char *id;
};

/* The language of what readers of `wanted` get. */
enum language archive_parts_issue_language(
    const struct issue *issue, enum language wanted);
enum language archive_parts_story_language(
    const struct article *article, enum language wanted);

const char *archive_parts_label(
    const struct material *material, const char *tag, enum language language);

/* "en" for Japanese. */
const char *archive_parts_other(enum language language);

void archive_parts_flag(struct render_dict *dict, const char *name, bool holds);

/* A page with all that is the issue's. `own`: an edition; `other`: as in
   struct archive_head. Texts live in the run's page arena. */
struct render_dict *archive_parts_begin(struct archive_source *source,
    enum language language, const struct archive_place *place,
    const char *title, const char *other, bool own);

/* Title, language and address of a story. */
void archive_parts_heading(struct archive_source *source,
    struct render_dict *dict, const struct article *article,
    enum language language, const struct archive_place *place);

/* A story in full; `reason` is "" but in editions. `linked`: its title leads to
   its own page. */
void archive_parts_story(struct archive_source *source,
    struct render_dict *dict, const struct article *article,
    enum language language, const struct archive_place *place,
    const char *reason, bool linked);

#endif
