#ifndef DELIVER_HERALD_H
#define DELIVER_HERALD_H

/*
 * Inside deliver/: tells the operator of alarms, by a mail that is queued as a
 * notice (before bulk, retried as any, by whichever relay works) and by a
 * hook. Of several runners one tells. The same alarm is told once when it is
 * raised, and again at most once an hour.
 */

#include "config/site.h"
#include "deliver/committer.h"
#include "secret/secret.h"
#include "sign/sign.h"

struct herald;

/* All are the caller's and stay. NULL when nobody is to be told. */
struct herald *herald_new(const struct site *site,
    const struct secret_keys *keys, const struct sign *sign);
void herald_free(struct herald *herald); /* NULL is allowed */

/* Looks for alarms now and then; at once with `now`. NULL is allowed. What
   goes wrong is logged, and tried again. */
void herald_tick(struct herald *herald, struct committer *committer, bool now);

#endif
