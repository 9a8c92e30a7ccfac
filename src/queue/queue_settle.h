#ifndef QUEUE_QUEUE_SETTLE_H
#define QUEUE_QUEUE_SETTLE_H

/* Inside queue/: what a result makes of a row. Within a transaction. */

#include "queue/queue.h"

/* Writes the attempt and makes the move that follows from it, with all its
   consequences (suppression, end of the mailing). A row that is not ours any
   more gets the attempt in its log all the same, and becomes the truth if it
   was in doubt. */
bool queue_settle(struct store *store, const struct queue_rules *rules,
    const struct queue_settle *settle, struct err *err) GM_MUST_CHECK;

/* The same for the results of a commit, in their order: what was sent, as
   nearly all is, costs one update and a share of an insert. */
bool queue_settle_all(struct store *store, const struct queue_rules *rules,
    const struct queue_settle *settles, size_t count,
    struct err *err) GM_MUST_CHECK;

/* Why a row may not be sent (again): the reason of its SKIPPED; NULL: it
   may. */
const char *queue_settle_obstacle(const struct store_delivery *row);

/* Ends the mailing when nothing of it is open any more. */
bool queue_settle_mailing(struct store *store, int64_t mailing, int64_t now,
    struct err *err) GM_MUST_CHECK;

#endif
