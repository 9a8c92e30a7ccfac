#ifndef STORE_STORE_FOLLOW_H
#define STORE_STORE_FOLLOW_H

/* Inside store/: what many contacts say changes at once, because a tag or an
   organisation does; each of them gets a change of its own in the history.
   To be called before the tag's or organisation's row is written. Memory does
   not grow with their number. */

#include "store/store.h"

/* Everyone with the tag `from` will have `into` instead: because it is called
   so, or with `merge` because they get that one, which is there. */
bool store_follow_tag(struct store *store, const char *from, const char *into,
    bool merge, struct err *err) GM_MUST_CHECK;

/* Everyone of the organisation `id` will be of one with this name and
   municipality; *ret_count, NULL or not, says how many. */
bool store_follow_organisation(struct store *store, int64_t id,
    const char *name, const char *municipality, int64_t *ret_count,
    struct err *err) GM_MUST_CHECK;

#endif
