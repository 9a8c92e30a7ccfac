#ifndef PEOPLE_PEOPLE_WORDING_H
#define PEOPLE_PEOPLE_WORDING_H

/* The versions of what people are shown when they agree. */

#include "people/people.h"
#include "store/store_wording.h"

/* Adds a version of a wording, valid from `from_ms` on (0: from now).
   *ret_verdict is new, changed (it takes the place of another) or unchanged
   (the text in use is the same). ERR_DATA: the name is none (lower-case
   letters, digits and hyphens), the text is empty or no UTF-8, or begins to
   hold before the one in use did. */
bool people_add_wording(struct store *store, const char *name,
    enum language language, const char *text, int64_t from_ms,
    const struct people_author *author, enum people_verdict *ret_verdict,
    struct err *err) GM_MUST_CHECK;

/* The version that somebody reading this language is shown now; ERR_DATA when
   there is none. */
bool people_find_wording(struct arena *arena, struct store *store,
    const char *name, enum language language, int64_t *ret_id,
    struct err *err) GM_MUST_CHECK;

#endif
