#ifndef STORE_STORE_REPLAN_H
#define STORE_STORE_REPLAN_H

/* Planning the content of deliveries anew. Only of those that no server can
   have: never begun, and without an attempt that ended in doubt. */

#include "store/store_subscriber.h"

/* The condition, for a delivery `d`. */
#define GM_STORE_UNBEGUN                                          \
	" d.state IN ('queued', 'leased') AND d.dated_ms IS NULL" \
	" AND d.edition_id IS NOT NULL"                           \
	" AND NOT EXISTS (SELECT 1 FROM attempt a"                \
	"  WHERE a.delivery_id = d.id AND a.outcome = 'unknown')"

/* Calls `each`, by id, for the readers of such deliveries of a mailing, as they
   are now; it may call store_replan_edition for its member. As
   store_subscriber_audience else. */
bool store_replan_members(struct store *store, int64_t mailing,
    const char *issue, store_member_each_fn *each, void *context,
    struct err *err) GM_MUST_CHECK;

/* Gives such a delivery another edition; 0: skips it, for `reason`. Whoever has
   leased it loses it. */
bool store_replan_edition(struct store *store, int64_t mailing,
    const char *issue, int64_t subscriber, int64_t edition, const char *reason,
    int64_t now, struct err *err) GM_MUST_CHECK;

/* How many deliveries of a mailing stay as they are though they are open. */
bool store_replan_kept(struct store *store, int64_t mailing, int64_t *ret_count,
    struct err *err) GM_MUST_CHECK;

#endif
