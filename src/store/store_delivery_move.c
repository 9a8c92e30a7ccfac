#include <assert.h>

#include "base/now.h"
#include "store/db.h"
#include "store/store_delivery.h"
#include "store/store_delivery_row.h"

/* Keeps the number of rows that are SENDING right, while it is known. */
static void
count_move(
    struct store *store, enum delivery_state from, enum delivery_state to)
{
	int64_t *sending = store_sending(store);

	if (*sending >= 0)
		*sending +=
		    (to == DELIVERY_SENDING) - (from == DELIVERY_SENDING);
}

static bool
move_notice(struct store *store, const struct store_delivery *from,
    const struct store_delivery *to, struct err *err)
{
	return db_run(store_db(store), err,
	    "UPDATE notice SET state = ?, attempts = ?, failures = ?,"
	    " next_ms = ?, first_ms = ?, runner = ?,"
	    " generation = ?, begun_ms = ?"
	    " WHERE id = ? AND state = ? AND runner = ? AND generation = ?",
	    "siiiziizisii", delivery_state(to->state), to->attempts,
	    to->failures, to->next_ms, to->first_ms, to->runner, to->generation,
	    to->begun_ms, from->id, delivery_state(from->state), from->runner,
	    from->generation);
}

static bool
move_delivery(struct store *store, const struct store_delivery *from,
    const struct store_delivery *to, const char *reason, struct err *err)
{
	return db_run(store_db(store), err,
	    "UPDATE delivery SET state = ?, reason = ?, attempts = ?,"
	    " failures = ?, next_ms = ?, first_ms = ?,"
	    " runner = ?, generation = ?, begun_ms = ?,"
	    " dated_ms = ?, sha256 = ?,"
	    " message_id = nullif(?, '')"
	    " WHERE id = ? AND state = ? AND runner = ? AND generation = ?",
	    "ssiiiziizzbsisii", delivery_state(to->state), reason, to->attempts,
	    to->failures, to->next_ms, to->first_ms, to->runner, to->generation,
	    to->begun_ms, to->dated_ms, to->has_sha256 ? to->sha256 : NULL,
	    sizeof(to->sha256), to->message_id, from->id,
	    delivery_state(from->state), from->runner, from->generation);
}

/* Rare enough for a statement of its own. */
static bool
note_skipped(struct store *store, int64_t id, struct err *err)
{
	return db_run(store_db(store), err,
	    "UPDATE delivery SET skipped_ms = ? WHERE id = ?", "ii", now_ms(),
	    id);
}

bool
store_delivery_move(struct store *store, const struct store_delivery *from,
    const struct store_delivery *to, const char *reason, bool *ret_moved,
    struct err *err)
{
	bool ok;

	assert(from->id == to->id && from->is_notice == to->is_notice);
	assert(delivery_may_move(from->state, to->state));
	ok = from->is_notice ? move_notice(store, from, to, err)
			     : move_delivery(store, from, to, reason, err);
	*ret_moved = ok && db_changes(store_db(store)) == 1;
	if (*ret_moved)
		count_move(store, from->state, to->state);
	return ok && (!*ret_moved || to->state != DELIVERY_SKIPPED ||
			 to->is_notice || note_skipped(store, to->id, err));
}

bool
store_delivery_lease(struct store *store, const struct store_delivery *first,
    size_t count, int64_t runner, size_t *ret_leased, struct err *err)
{
	assert(first->state == DELIVERY_QUEUED);
	assert(!first->is_notice || count == 1);
	if (!db_run(store_db(store), err,
		first->is_notice
		    ? "UPDATE notice SET state = 'leased', runner = ?,"
		      " generation = generation + 1"
		      " WHERE id BETWEEN ? AND ? AND state = 'queued'"
		    : "UPDATE delivery SET state = 'leased', runner = ?,"
		      " generation = generation + 1"
		      " WHERE id BETWEEN ? AND ? AND state = 'queued'",
		"iii", runner, first->id, first->id + (int64_t)count - 1))
		return false;
	*ret_leased = (size_t)db_changes(store_db(store));
	return true;
}

bool
store_delivery_begin(struct store *store, const struct store_delivery *row,
    const struct store_begin *begin, bool *ret_begun, struct err *err)
{
	bool ok;

	assert(!row->is_notice);
	ok = db_run(store_db(store), err,
	    "UPDATE delivery SET state = 'sending', begun_ms = ?,"
	    " dated_ms = ?, sha256 = ?, message_id = ?"
	    " WHERE id = ? AND state = 'leased' AND runner = ?"
	    " AND generation = ?"
	    " AND EXISTS (SELECT 1 FROM mailing m"
	    "  WHERE m.id = delivery.mailing_id"
	    "  AND (m.state IN ('planned', 'sending')"
	    "   OR (m.state = 'paused' AND m.pause_reason = 'limit'"
	    "    AND delivery.id <= m.release_through)))"
	    " AND " GM_STORE_DELIVERY_MAILABLE,
	    "iibsiii", begin->begun_ms, begin->dated_ms, begin->sha256,
	    sizeof(begin->sha256), begin->message_id, row->id, row->runner,
	    row->generation);
	*ret_begun = ok && db_changes(store_db(store)) == 1;
	if (*ret_begun)
		count_move(store, DELIVERY_LEASED, DELIVERY_SENDING);
	return ok;
}

bool
store_delivery_sent(struct store *store, const struct store_delivery *row,
    int64_t started_ms, bool *ret_sent, struct err *err)
{
	bool ok;

	assert(!row->is_notice);
	ok = db_run(store_db(store), err,
	    "UPDATE delivery SET state = 'sent', runner = 0, failures = 0,"
	    " attempts = attempts + 1, first_ms = coalesce(first_ms, ?)"
	    " WHERE id = ? AND state = 'sending' AND runner = ?"
	    " AND generation = ? AND attempts = ? AND address <> ''",
	    "iiiii", started_ms, row->id, row->runner, row->generation,
	    row->attempts);
	*ret_sent = ok && db_changes(store_db(store)) == 1;
	if (*ret_sent)
		count_move(store, DELIVERY_SENDING, DELIVERY_SENT);
	return ok;
}

bool
store_delivery_count(
    struct store *store, const struct store_delivery *row, struct err *err)
{
	return db_run(store_db(store), err,
	    row->is_notice
		? "UPDATE notice SET attempts = attempts + 1 WHERE id = ?"
		: "UPDATE delivery SET attempts = attempts + 1 WHERE id = ?",
	    "i", row->id);
}
