#ifndef QUEUE_QUEUE_BREAKER_H
#define QUEUE_QUEUE_BREAKER_H

/* Inside queue/: pauses a mailing when servers refuse what we are or send
   (reason "policy"), or when too many readers fail (reason "failures"). Within
   a transaction. */

#include "queue/queue.h"
#include "store/store_mailing.h"

/* To be asked after a failure was settled. Of the latest outcomes, two windows
   of `least` long, at least `least` and `share_pct` per cent must be refusals
   for policy; or of the latest `failed_least` ones `failed_pct` per cent
   failures, at which it looks now and then. Raises an alarm that says how to
   go on. */
bool queue_breaker(struct store *store, const struct breaker *breaker,
    const struct store_delivery *row, const struct verdict *last, int64_t now,
    struct err *err) GM_MUST_CHECK;

/* Whether it stands still for that. */
bool queue_breaker_holds(const struct store_mailing *mailing);

/* `resume`: what was refused so far does not count any more. */
bool queue_breaker_forgive(struct store *store, struct store_mailing *mailing,
    int64_t now, struct err *err) GM_MUST_CHECK;

#endif
