#ifndef PEOPLE_PEOPLE_PURGE_H
#define PEOPLE_PEOPLE_PURGE_H

/* Taking out personal data that was kept long enough (store/store_purge.h). */

#include "model/retention.h"
#include "people/people.h"

/* What was, or would be, taken out of each class. */
#define GM_PURGES(X)                                        \
	X(PURGE_DELIVERIES, "delivery", "deliveries")       \
	X(PURGE_NOTICES, "delivery", "notices")             \
	X(PURGE_ATTEMPTS, "delivery", "replies of servers") \
	X(PURGE_CHANGES, "history", "changes")              \
	X(PURGE_ACTS, "history", "sources of changes")      \
	X(PURGE_CONSENTS, "consent", "consents")            \
	X(PURGE_PENDING, "pending", "unconfirmed contacts") \
	X(PURGE_REPORTS, "reports", "reports")

#define X(name, rule, what) name,
enum people_purge { GM_PURGES(X) PURGES };
#undef X

struct people_purged {
	int64_t counts[PURGES];
	int64_t total;
};

/* Purges all classes as of `now`, in transactions of some thousand rows, so
   that what is done stays done when it is interrupted. With `dry_run` it only
   counts. The books of mailings and the chain of the history hold as before. */
bool people_purge(struct store *store, const struct retention *rules,
    int64_t now, bool dry_run, const struct people_author *author,
    struct people_purged *ret_purged, struct err *err) GM_MUST_CHECK;

#endif
