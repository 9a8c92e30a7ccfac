#ifndef PEOPLE_PEOPLE_CHANGE_H
#define PEOPLE_PEOPLE_CHANGE_H

/* Correcting one contact, and taking corrections back. */

#include "people/people.h"

/* Changes what is given of one contact (`email` may only be another spelling
   of the same address) and skips no mail: what is frozen stays. A basis that
   changes is put on record with `evidence` ("" when there is none).
   *ret_verdict is changed or unchanged. Refuses (ERR_DATA, ERR_NO_USER) what is
   wrong in any value, and a basis for who unsubscribed. */
bool people_edit(struct store *store, const char *address,
    const struct people_contact *contact, const char *evidence,
    const struct people_author *author, enum people_verdict *ret_verdict,
    struct err *err) GM_MUST_CHECK;

/* Takes a change of one contact back by a new one: `change`, or, when that is
   0, the last that was not taken back; *ret_change is its number.
   Refuses (ERR_DATA): the addition of a contact, consent, unsubscriptions and
   suppressions, which are only ever added to; what was erased; and a field
   that was changed again since. */
bool people_undo(struct store *store, const char *address, int64_t change,
    const struct people_author *author, int64_t *ret_change,
    struct err *err) GM_MUST_CHECK;

#endif
