#ifndef PEOPLE_PEOPLE_CONFIRM_H
#define PEOPLE_PEOPLE_CONFIRM_H

/*
 * Double opt-in: who was added with `confirm` (people_add) is pending, and gets
 * nothing but one mail with a personal link; whoever has that link can read the
 * mail of the address, and so may say yes. The link is good for a while, for
 * that address, and only while it is pending.
 */

#include "people/links.h"
#include "people/people.h"

/* Completes it: the contact is active from now on, and consent is on record
   with the wording that was shown. *ret_address lives in the arena.
   *ret_verdict is changed, or unchanged when it was confirmed before. Errors:
   ERR_DATA (no token of ours, out of date, or the contact has unsubscribed,
   was suppressed, removed or erased since). */
bool people_confirm(struct arena *arena, struct store *store,
    const struct secret_keys *keys, const char *token,
    const struct people_withdrawal *how, const struct people_author *author,
    const char **ret_address, enum people_verdict *ret_verdict,
    struct err *err) GM_MUST_CHECK;

#endif
