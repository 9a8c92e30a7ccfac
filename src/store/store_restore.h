#ifndef STORE_STORE_RESTORE_H
#define STORE_STORE_RESTORE_H

/* What becomes of the rows of a store that comes from a backup: many at once.
   Which, and why, is decided in queue/queue_restore.h. Within a
   transaction. */

#include "store/store_delivery.h"

/* Of a mailing (0: notices), all that is queued, leased or being sent: an
   attempt `unknown` with `text`, from `since` to `now`, and the state and
   reason that follow; first attempts are forgotten, so that nothing expires
   because the site was away. */
bool store_restore_doubt(struct store *store, int64_t mailing,
    enum delivery_state to, const char *reason, const char *text, int64_t since,
    int64_t now, int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* The runners of the time of the backup are gone. */
bool store_restore_end_runners(
    struct store *store, int64_t now, struct err *err) GM_MUST_CHECK;

/* Numbers that were given after the backup are in mails that are out: they
   are not given to others. */
bool store_restore_skip_ids(struct store *store, struct err *err) GM_MUST_CHECK;

#endif
