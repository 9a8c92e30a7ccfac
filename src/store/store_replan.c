#include "store/store_replan.h"

#include "store/db.h"

bool
store_replan_edition(struct store *store, int64_t mailing, const char *issue,
    int64_t subscriber, int64_t edition, const char *reason, int64_t now,
    struct err *err)
{
	/* Another generation: a runner that composes it now cannot begin. */
	return db_run(store_db(store), err,
	    "UPDATE delivery AS d SET edition_id = coalesce(nullif(?, 0),"
	    " edition_id), state = CASE ? WHEN 0 THEN 'skipped'"
	    "  ELSE 'queued' END, reason = ?,"
	    " skipped_ms = CASE ? WHEN 0 THEN ? ELSE NULL END, runner = 0,"
	    " generation = generation + 1"
	    " WHERE d.issue = ? AND d.subscriber_id = ?"
	    " AND d.mailing_id = ? AND" GM_STORE_UNBEGUN,
	    "iisiisii", edition, edition, reason, edition, now, issue,
	    subscriber, mailing);
}

bool
store_replan_kept(
    struct store *store, int64_t mailing, int64_t *ret_count, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT count(*) FROM delivery d WHERE d.mailing_id = ?"
	    " AND d.state IN ('queued', 'leased', 'sending')"
	    " AND NOT (" GM_STORE_UNBEGUN ")",
	    "i", mailing);

	if (db_next(query))
		*ret_count = db_int(query, 0);
	return db_end(query, err);
}
