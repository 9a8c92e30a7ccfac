#ifndef CONTENT_CONTENT_DRAFT_H
#define CONTENT_CONTENT_DRAFT_H

/*
 * The folder of an issue that is to be written: front matter for the month, and
 * two stories to fill in, in each language, with notes that say what goes
 * where. Passes content_parse only once it is filled in.
 */

#include "content/content.h"

/* True for a month such as "2026-05", which a draft needs for a name. */
bool content_draft_is_month(const char *id);

/* Makes issues_folder/id. `last`, the issue before (NULL: there is none), lends
   its title, with the month put right, and its languages. All of the folder is
   made or nothing. *ret_paths names the files. Errors: ERR_CANT_CREATE (there
   is one already), ERR_IO, ERR_NO_PERM. */
bool content_draft(struct arena *arena, const char *issues_folder,
    const char *id, const struct issue *last, struct text_list *ret_paths,
    struct err *err) GM_MUST_CHECK;

#endif
