#include "people/people_purge.h"

#include <stddef.h>

#include "people/people_history.h"
#include "store/store_purge.h"

typedef bool purge_fn(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err);

static const struct {
	size_t keep; /* in struct retention */
	purge_fn *run;
} classes[] = {
	[PURGE_DELIVERIES] = { offsetof(struct retention, delivery_ms),
	    store_purge_deliveries },
	[PURGE_NOTICES] = { offsetof(struct retention, delivery_ms),
	    store_purge_notices },
	[PURGE_ATTEMPTS] = { offsetof(struct retention, delivery_ms),
	    store_purge_attempts },
	[PURGE_CHANGES] = { offsetof(struct retention, history_ms),
	    store_purge_changes },
	[PURGE_ACTS] = { offsetof(struct retention, history_ms),
	    store_purge_acts },
	[PURGE_CONSENTS] = { offsetof(struct retention, consent_ms),
	    store_purge_consents },
	[PURGE_PENDING] = { offsetof(struct retention, pending_ms),
	    store_purge_pending },
	[PURGE_REPORTS] = { offsetof(struct retention, reports_ms),
	    store_purge_reports },
};

/* One step in a transaction of its own. */
static bool
take_step(struct store *store, purge_fn *run, int64_t before,
    const struct people_author *author, int64_t *ret_count, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;

	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	return run(store, before, false, ret_count, err) &&
	       store_commit(store, err);
}

static bool
purge_class(struct store *store, purge_fn *run, int64_t before, bool dry_run,
    const struct people_author *author, int64_t *ret_count, struct err *err)
{
	int64_t step = 0;

	if (dry_run)
		return run(store, before, true, ret_count, err);
	do {
		if (!take_step(store, run, before, author, &step, err))
			return false;
		*ret_count += step;
	} while (step > 0);
	return true;
}

bool
people_purge(struct store *store, const struct retention *rules, int64_t now,
    bool dry_run, const struct people_author *author,
    struct people_purged *ret_purged, struct err *err)
{
	*ret_purged = (struct people_purged){ 0 };
	for (size_t i = 0; i < PURGES; i++) {
		int64_t keep_ms =
		    *(const int64_t *)(const void *)((const char *)rules +
						     classes[i].keep);

		if (keep_ms == 0)
			continue;
		if (!purge_class(store, classes[i].run, now - keep_ms, dry_run,
			author, &ret_purged->counts[i], err))
			return false;
		ret_purged->total += ret_purged->counts[i];
	}
	return true;
}
