#include <stdlib.h>

#include "store/db.h"
#include "store/store_delivery.h"

/* Reads one number of a query with the mailing as its parameter. */
static bool
read_number(struct store *store, const char *sql, int64_t mailing, int64_t *ret,
    struct err *err)
{
	struct db_query *query = db_query(store_db(store), sql, "i", mailing);

	if (db_next(query))
		*ret = db_int(query, 0);
	return db_end(query, err);
}

bool
store_delivery_count_sending(
    struct store *store, int64_t *ret_count, struct err *err)
{
	int64_t *known = store_sending(store);
	struct db_query *query;

	if (*known >= 0 && db_is_writing(store_db(store))) {
		*ret_count = *known;
		return true;
	}
	query = db_query(store_db(store),
	    "SELECT (SELECT count(*) FROM delivery"
	    "  WHERE runner > 0 AND state = 'sending') +"
	    " (SELECT count(*) FROM notice WHERE state = 'sending'"
	    "  AND state IN ('queued', 'leased', 'sending'))",
	    "");

	if (db_next(query))
		*ret_count = db_int(query, 0);
	if (!db_end(query, err))
		return false;
	if (db_is_writing(store_db(store)))
		*known = *ret_count;
	return true;
}

bool
store_delivery_notice_waits(
    struct store *store, int64_t now, bool *ret_waits, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT EXISTS (SELECT 1 FROM notice"
	    " WHERE state IN ('queued', 'leased', 'sending')"
	    " AND state <> 'sending' AND next_ms <= ?)",
	    "i", now);

	if (db_next(query))
		*ret_waits = db_int(query, 0) != 0;
	return db_end(query, err);
}

bool
store_delivery_any_open(
    struct store *store, int64_t mailing, bool *ret_any, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT EXISTS (SELECT 1 FROM delivery"
	    "  WHERE mailing_id = ? AND state = 'queued')"
	    " OR EXISTS (SELECT 1 FROM delivery"
	    "  WHERE runner > 0 AND mailing_id = ?)",
	    "ii", mailing, mailing);

	if (db_next(query))
		*ret_any = db_int(query, 0) != 0;
	return db_end(query, err);
}

/* Counted, not grouped: to group a million rows the engine would sort them in
   memory. */
#define COUNT(state, name) " count(*) FILTER (WHERE state = '" name "'),"

static bool
read_states(struct store *store, int64_t mailing, struct store_books *books,
    struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT" GM_DELIVERY_STATES(
		COUNT) " count(*), coalesce(sum(attempts), 0)"
		       " FROM delivery WHERE mailing_id = ?",
	    "i", mailing);

	if (db_next(query)) {
		for (int state = 0; state < DELIVERY_STATES; state++)
			books->by_state[state] = db_int(query, state);
		books->planned = db_int(query, DELIVERY_STATES);
		books->attempts = db_int(query, DELIVERY_STATES + 1);
	}
	return db_end(query, err);
}

bool
store_delivery_books(struct store *store, int64_t mailing,
    struct store_books *ret_books, struct err *err)
{
	struct store_books books = { 0 };

	if (!read_states(store, mailing, &books, err) ||
	    !read_number(store,
		"SELECT count(*) FROM attempt a"
		" JOIN delivery d ON d.id = a.delivery_id"
		" WHERE a.outcome = 'unknown' AND d.mailing_id = ?",
		mailing, &books.unknown_attempts, err) ||
	    !read_number(store,
		"SELECT count(*) FROM delivery WHERE mailing_id = ?"
		" AND state = 'queued' AND attempts > 0",
		mailing, &books.deferred, err) ||
	    !read_number(store,
		"SELECT coalesce(min(next_ms), 0) FROM delivery"
		" WHERE mailing_id = ? AND state = 'queued'",
		mailing, &books.next_ms, err))
		return false;
	*ret_books = books;
	return true;
}

/* Adds what waits in one mailing (0: notices), which starts at `start`. */
static bool
add_waiting(struct store *store, int64_t mailing, int64_t start, int64_t now,
    struct store_waiting *sum, struct err *err)
{
	struct db_query *query;
	int64_t next = 0;

	if (mailing == 0)
		query = db_query(store_db(store),
		    "SELECT next_ms FROM notice WHERE state = 'queued'"
		    " AND state IN ('queued', 'leased', 'sending')"
		    " ORDER BY next_ms, id LIMIT 1",
		    "");
	else
		query = db_query(store_db(store),
		    "SELECT d.next_ms FROM delivery d"
		    " JOIN mailing m ON m.id = d.mailing_id"
		    " WHERE d.mailing_id = ? AND d.state = 'queued'"
		    " AND (m.state <> 'paused' OR d.id <= m.release_through)"
		    " ORDER BY d.next_ms, d.id LIMIT 1",
		    "i", mailing);
	if (db_next(query)) {
		next = db_int(query, 0);
		if (next < start)
			next = start;
		if (next <= now)
			sum->due = true;
		else if (sum->next_ms == 0 || next < sum->next_ms)
			sum->next_ms = next;
	}
	return db_end(query, err);
}

static bool
add_in_hand(struct store *store, int64_t mailing, struct store_waiting *sum,
    struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT (SELECT count(*) FROM delivery WHERE runner > 0"
	    "  AND (? = 0 OR mailing_id = ?)) +"
	    " (SELECT count(*) FROM notice WHERE ? <= 0"
	    "  AND state IN ('leased', 'sending')"
	    "  AND state IN ('queued', 'leased', 'sending'))",
	    "iii", mailing, mailing, mailing);

	if (db_next(query))
		sum->in_hand = db_int(query, 0);
	return db_end(query, err);
}

bool
store_delivery_waiting(struct store *store, int64_t mailing, int64_t now,
    struct store_waiting *ret, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT id, start_ms FROM mailing WHERE (? = 0 OR id = ?)"
	    " AND (state IN ('planned', 'sending')"
	    "  OR (state = 'paused' AND pause_reason = 'limit'))",
	    "ii", mailing, mailing);
	struct store_waiting sum = { 0 };
	bool ok = true;

	while (ok && db_next(query))
		ok = add_waiting(
		    store, db_int(query, 0), db_int(query, 1), now, &sum, err);
	if (!db_end(query, ok ? err : NULL) || !ok)
		return false;
	if (mailing <= 0 && !add_waiting(store, 0, 0, now, &sum, err))
		return false;
	if (!add_in_hand(store, mailing, &sum, err))
		return false;
	*ret = sum;
	return true;
}

bool
store_delivery_outcomes(struct store *store, int64_t mailing, int64_t after,
    int64_t window, struct store_outcomes *ret, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT count(*), coalesce(sum(failed), 0),"
	    " coalesce(sum(refused), 0) FROM ("
	    " SELECT CASE WHEN a.outcome = 'failed' THEN 1 ELSE 0 END"
	    "  AS failed,"
	    " CASE WHEN a.outcome = 'failed' AND a.blame = 'policy'"
	    "  THEN 1 ELSE 0 END AS refused"
	    " FROM attempt a JOIN delivery d ON d.id = a.delivery_id"
	    " WHERE d.mailing_id = ? AND a.id > ?"
	    " AND a.outcome IN ('sent', 'failed')"
	    " ORDER BY a.id DESC LIMIT ?) AS latest",
	    "iii", mailing, after, window);

	if (db_next(query))
		*ret = (struct store_outcomes){
			.count = db_int(query, 0),
			.failed = db_int(query, 1),
			.refused = db_int(query, 2),
		};
	return db_end(query, err);
}

bool
store_delivery_last_attempt(
    struct store *store, int64_t *ret_id, struct err *err)
{
	struct db_query *query = db_query(
	    store_db(store), "SELECT coalesce(max(id), 0) FROM attempt", "");

	if (db_next(query))
		*ret_id = db_int(query, 0);
	return db_end(query, err);
}
