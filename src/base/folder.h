#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

/*
 * Folders that are made anew as a whole: a draft is written beside its place
 * and put there in one step, so that whoever looks sees all of the old one or
 * all of the new one. A folder that is not ours is never replaced: what a draft
 * may take the place of is missing, empty, or has the mark of its kind, an
 * empty file whose name begins with a dot.
 *
 *	folder_draft_new -- folder_draft_write … -- folder_draft_publish
 *	                                        \-- folder_draft_drop
 */

#include <stdint.h>

#include "base/arena.h"

struct folder_draft;

/* Begins a draft of the folder `path`; `mark` is the name of its mark. Errors:
   ERR_CANT_CREATE. */
bool folder_draft_new(const char *path, const char *mark,
    struct folder_draft **ret_draft, struct err *err) GM_MUST_CHECK;

/* Writes one file of it, "issues/2026-04/en.html", and the folders that it
   needs. Not yet durable. */
bool folder_draft_write(struct folder_draft *draft, const char *name,
    const void *bytes, size_t count, struct err *err) GM_MUST_CHECK;

/* Where it takes its place, without links and a slash behind. */
const char *folder_draft_place(const struct folder_draft *draft);

/* Makes it durable and puts it in its place, or drops it where the same is
   there already; *ret_changed says which. The draft is freed either way, also
   after an error, which leaves the place as it was. */
bool folder_draft_publish(struct folder_draft *draft, bool *ret_changed,
    struct err *err) GM_MUST_CHECK;

/* Removes what was written; NULL is allowed. */
void folder_draft_drop(struct folder_draft *draft);

/* Whether both hold the same files with the same bytes. */
bool folder_same(const char *a, const char *b);

/* Removes a folder with all that is in it; what cannot be removed stays. */
void folder_remove(const char *path);

#endif
