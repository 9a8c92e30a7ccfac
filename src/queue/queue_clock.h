#ifndef QUEUE_QUEUE_CLOCK_H
#define QUEUE_QUEUE_CLOCK_H

/* Inside queue/: what the wall clock may do to waiting rows. It tells when a
   deferred delivery is due, and it can be set back. */

#include "queue/queue.h"
#include "store/store_mailing.h"

/* Makes due what waits for longer than the rules ever ask: its time was
   reckoned by a clock that has been set back since. Cheap when there is
   nothing of the kind. `active` are the mailings to look at; notices are
   looked at too. */
bool queue_clock_hasten(struct store *store, const struct backoff *retry,
    const struct store_mailing_list *active, struct err *err) GM_MUST_CHECK;

#endif
