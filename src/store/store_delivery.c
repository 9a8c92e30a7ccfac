#include "store/store_delivery.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_delivery_row.h"

/* Columns of a delivery with what decides about it. */
#define DELIVERY_COLUMNS                                                  \
	"SELECT 0, d.id, d.mailing_id, d.subscriber_id,"                  \
	" coalesce(d.edition_id, 0), d.issue, d.address, d.name,"         \
	" d.organisation, d.department, d.state, d.attempts, d.failures," \
	" d.next_ms, coalesce(d.first_ms, 0), d.runner, d.generation,"    \
	" coalesce(d.begun_ms, 0), coalesce(d.dated_ms, 0), d.sha256,"    \
	" coalesce(d.message_id, ''), '', m.state,"                       \
	" m.state IN ('planned', 'sending') OR (m.state = 'paused'"       \
	"  AND m.pause_reason = 'limit' AND d.id <= m.release_through),"  \
	" s.state = 'active',"                                            \
	" EXISTS (SELECT 1 FROM suppression p"                            \
	"  WHERE p.address_key = s.address_key)"                          \
	" FROM delivery d JOIN mailing m ON m.id = d.mailing_id"          \
	" JOIN subscriber s ON s.id = d.subscriber_id "

#define NOTICE_COLUMNS                                                        \
	"SELECT 1, id, 0, 0, 0, issue, address, '', '', '', state, attempts," \
	" failures, next_ms, coalesce(first_ms, 0), runner, generation,"      \
	" coalesce(begun_ms, 0), created_ms, sha256, message_id, mail_from,"  \
	" 'sending', 1, 1, 0 FROM notice "

/* Order of the columns above. */
static void
read_row(
    struct arena *arena, struct db_query *query, struct store_delivery *row)
{
	size_t count;
	const void *sha256 = db_bytes(query, 19, &count);

	*row = (struct store_delivery){
		.is_notice = db_int(query, 0) != 0,
		.id = db_int(query, 1),
		.mailing = db_int(query, 2),
		.subscriber = db_int(query, 3),
		.edition = db_int(query, 4),
		.has_sha256 = count == sizeof(row->sha256),
	};
	if (row->has_sha256)
		memcpy(row->sha256, sha256, sizeof(row->sha256));
	row->issue = arena_strdup(arena, db_text(query, 5));
	row->address = arena_strdup(arena, db_text(query, 6));
	row->name = arena_strdup(arena, db_text(query, 7));
	row->organisation = arena_strdup(arena, db_text(query, 8));
	row->department = arena_strdup(arena, db_text(query, 9));
	if (!delivery_parse_state(db_text(query, 10), &row->state) ||
	    !delivery_parse_mailing_state(
		db_text(query, 22), &row->mailing_state))
		abort();
	row->attempts = db_int(query, 11);
	row->failures = db_int(query, 12);
	row->next_ms = db_int(query, 13);
	row->first_ms = db_int(query, 14);
	row->runner = db_int(query, 15);
	row->generation = db_int(query, 16);
	row->begun_ms = db_int(query, 17);
	row->dated_ms = db_int(query, 18);
	row->message_id = arena_strdup(arena, db_text(query, 20));
	row->mail_from = arena_strdup(arena, db_text(query, 21));
	row->mailing_open = db_int(query, 23) != 0;
	row->subscriber_active = db_int(query, 24) != 0;
	row->suppressed = db_int(query, 25) != 0;
}

static bool
read_rows(struct arena *arena, struct db_query *query,
    struct store_delivery **ret_rows, size_t *ret_count, struct err *err)
{
	GM_VEC(struct store_delivery) rows = { 0 };

	while (db_next(query)) {
		struct store_delivery row;

		read_row(arena, query, &row);
		vec_push(&rows, row);
	}
	*ret_count = rows.count;
	*ret_rows =
	    arena_copy(arena, rows.items, rows.count * sizeof(*rows.items));
	vec_clear(&rows);
	return db_end(query, err);
}

/* Due rows of a mailing that come behind a moment; those that come at one
   moment behind an id. In two statements, for an index leads each of them to
   its first row, but not the two in one. Parameters: mailing, both bounds,
   limit. */
#define DUE(range)                                                \
	DELIVERY_COLUMNS                                          \
	"WHERE d.mailing_id = ? AND d.state = 'queued'" range     \
	" AND (m.state <> 'paused' OR d.id <= m.release_through)" \
	" ORDER BY d.next_ms, d.id LIMIT ?"
static const char due_later[] = DUE(" AND d.next_ms > ? AND d.next_ms <= ?");
static const char due_then[] = DUE(" AND d.next_ms = ? AND d.id > ?");

/* Rows that a sieve lets through. */
struct sift {
	struct arena *arena;
	struct store_delivery_sieve *sieve;
	size_t limit;
	size_t looked;
	GM_VEC(struct store_delivery) rows;
};

/* Goes on with what the query finds. */
static bool
sift_rows(struct sift *sift, struct db_query *query, struct err *err)
{
	enum { ID = 1, ADDRESS = 6, NEXT_MS = 13 };
	struct store_delivery_sieve *sieve = sift->sieve;

	while (db_next(query)) {
		struct store_delivery row;

		if (sift->rows.count == sift->limit ||
		    sift->looked == sieve->look) {
			sieve->ended = false;
			break;
		}
		sift->looked++;
		sieve->begun = true;
		sieve->next_ms = db_int(query, NEXT_MS);
		sieve->id = db_int(query, ID);
		if (!sieve->wants(sieve->context, db_text(query, ADDRESS))) {
			sieve->passed++;
			continue;
		}
		read_row(sift->arena, query, &row);
		vec_push(&sift->rows, row);
	}
	return db_end(query, err);
}

/* One row more than may be looked at tells whether there are more. */
static int64_t
rows_to_ask(const struct sift *sift)
{
	return (int64_t)(sift->sieve->look - sift->looked + 1);
}

static bool
sift_mailing(struct sift *sift, struct store *store, int64_t mailing,
    int64_t now, struct err *err)
{
	struct store_delivery_sieve *sieve = sift->sieve;
	int64_t after = sieve->begun ? sieve->next_ms : INT64_MIN;

	sieve->ended = true;
	if (sieve->begun && after <= now &&
	    !sift_rows(sift,
		db_query(store_db(store), due_then, "iiii", mailing, after,
		    sieve->id, rows_to_ask(sift)),
		err))
		return false;
	return !sieve->ended || sift_rows(sift,
				    db_query(store_db(store), due_later, "iiii",
					mailing, after, now, rows_to_ask(sift)),
				    err);
}

bool
store_delivery_due(struct arena *arena, struct store *store, int64_t mailing,
    int64_t now, size_t limit, struct store_delivery_sieve *sieve,
    struct store_delivery **ret_rows, size_t *ret_count, struct err *err)
{
	struct sift sift = { .arena = arena, .sieve = sieve, .limit = limit };
	bool ok;

	if (mailing == 0)
		return read_rows(arena,
		    db_query(store_db(store),
			NOTICE_COLUMNS "WHERE state = 'queued' AND next_ms <= ?"
				       " AND state IN"
				       " ('queued', 'leased', 'sending')"
				       " ORDER BY next_ms, id LIMIT ?",
			"ii", now, (int64_t)limit),
		    ret_rows, ret_count, err);
	if (sieve == NULL)
		return read_rows(arena,
		    db_query(store_db(store), due_later, "iiii", mailing,
			INT64_MIN, now, (int64_t)limit),
		    ret_rows, ret_count, err);
	ok = sift_mailing(&sift, store, mailing, now, err);
	*ret_count = sift.rows.count;
	*ret_rows = arena_copy(
	    arena, sift.rows.items, sift.rows.count * sizeof(**ret_rows));
	vec_clear(&sift.rows);
	return ok;
}

bool
store_delivery_read(struct arena *arena, struct store *store, bool is_notice,
    int64_t id, struct store_delivery *ret_row, bool *ret_found,
    struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    is_notice ? NOTICE_COLUMNS "WHERE id = ?"
		      : DELIVERY_COLUMNS "WHERE d.id = ?",
	    "i", id);

	*ret_found = db_next(query);
	if (*ret_found)
		read_row(arena, query, ret_row);
	return db_end(query, err);
}

bool
store_delivery_held_by(struct arena *arena, struct store *store, int64_t runner,
    enum delivery_state state, struct store_delivery **ret_rows,
    size_t *ret_count, struct err *err)
{
	struct store_delivery *rows;
	struct store_delivery *notices;
	size_t count;
	size_t notice_count;
	struct store_delivery *all;

	assert(state == DELIVERY_LEASED || state == DELIVERY_SENDING);
	if (!read_rows(arena,
		db_query(store_db(store),
		    DELIVERY_COLUMNS "WHERE d.runner = ? AND d.runner > 0"
				     " AND d.state = ? ORDER BY d.id",
		    "is", runner, delivery_state(state)),
		&rows, &count, err) ||
	    !read_rows(arena,
		db_query(store_db(store),
		    NOTICE_COLUMNS "WHERE runner = ? AND state = ?"
				   " ORDER BY id",
		    "is", runner, delivery_state(state)),
		&notices, &notice_count, err))
		return false;
	all = arena_take(arena, count + notice_count, sizeof(*all));
	if (count > 0)
		memcpy(all, rows, count * sizeof(*all));
	if (notice_count > 0)
		memcpy(all + count, notices, notice_count * sizeof(*all));
	*ret_rows = all;
	*ret_count = count + notice_count;
	return true;
}

bool
store_delivery_nth_fresh(struct store *store, int64_t mailing, int64_t count,
    int64_t *ret_id, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT coalesce(max(id), 0) FROM (SELECT id FROM delivery"
	    " WHERE mailing_id = ? AND state IN ('queued', 'leased')"
	    " AND attempts = 0 ORDER BY id LIMIT ?)",
	    "ii", mailing, count);

	if (db_next(query))
		*ret_id = db_int(query, 0);
	return db_end(query, err);
}

bool
store_delivery_skip_mailing(struct store *store, int64_t mailing,
    const char *reason, int64_t *ret_count, struct err *err)
{
	if (!db_run(store_db(store), err,
		"UPDATE delivery SET state = 'skipped', reason = ?,"
		" skipped_ms = ?, runner = 0 WHERE mailing_id = ?"
		" AND state IN ('queued', 'leased')",
		"sii", reason, now_ms(), mailing))
		return false;
	*ret_count = db_changes(store_db(store));
	return true;
}

/* Rows of a mailing in one state, of all or of one address. */
#define RETRIED                                         \
	" WHERE mailing_id = ? AND state = ?"           \
	" AND (? IS NULL OR subscriber_id = (SELECT id" \
	"  FROM subscriber WHERE address_key = ?))"

bool
store_delivery_barred(struct store *store, int64_t mailing,
    enum delivery_state from, const char *address_key, int64_t *ret_count,
    struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT count(*) FROM delivery" RETRIED
	    " AND NOT " GM_STORE_DELIVERY_MAILABLE,
	    "isss", mailing, delivery_state(from), address_key, address_key);

	if (db_next(query))
		*ret_count = db_int(query, 0);
	return db_end(query, err);
}

bool
store_delivery_retry(struct store *store, int64_t mailing,
    enum delivery_state from, enum delivery_state to, const char *address_key,
    int64_t now, int64_t *ret_count, struct err *err)
{
	assert(delivery_may_move(from, to));
	if (!db_run(store_db(store), err,
		"UPDATE delivery SET state = ?, reason = '', failures = 0,"
		" first_ms = NULL, next_ms = ?" RETRIED
		" AND (? = 'sent' OR " GM_STORE_DELIVERY_MAILABLE ")",
		"siissss", delivery_state(to), now, mailing,
		delivery_state(from), address_key, address_key,
		delivery_state(to)))
		return false;
	*ret_count = db_changes(store_db(store));
	return true;
}

bool
store_delivery_hurry(struct store *store, int64_t mailing,
    const char *address_key, int64_t now, int64_t *ret_count, struct err *err)
{
	if (!db_run(store_db(store), err,
		"UPDATE delivery SET next_ms = ? WHERE mailing_id = ?"
		" AND state = 'queued' AND next_ms > ?"
		" AND (? IS NULL OR subscriber_id = (SELECT id"
		"  FROM subscriber WHERE address_key = ?))",
		"iiiss", now, mailing, now, address_key, address_key))
		return false;
	*ret_count = db_changes(store_db(store));
	return true;
}

bool
store_delivery_any_after(struct store *store, int64_t mailing, int64_t latest,
    bool *ret_any, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT EXISTS (SELECT 1 FROM delivery WHERE mailing_id = ?"
	    "  AND state = 'queued' AND next_ms > ?)"
	    " OR (? = 0 AND EXISTS (SELECT 1 FROM notice"
	    "  WHERE state IN ('queued', 'leased', 'sending')"
	    "  AND state = 'queued' AND next_ms > ?))",
	    "iiii", mailing, latest, mailing, latest);
	bool any = db_next(query) && db_int(query, 0) != 0;

	if (!db_end(query, err))
		return false;
	*ret_any = any;
	return true;
}

bool
store_delivery_hasten(struct store *store, int64_t mailing, int64_t latest,
    int64_t now, struct err *err)
{
	if (mailing == 0)
		return db_run(store_db(store), err,
		    "UPDATE notice SET next_ms = ?"
		    " WHERE state IN ('queued', 'leased', 'sending')"
		    " AND state = 'queued' AND next_ms > ?",
		    "ii", now, latest);
	return db_run(store_db(store), err,
	    "UPDATE delivery SET next_ms = ? WHERE mailing_id = ?"
	    " AND state = 'queued' AND next_ms > ?",
	    "iii", now, mailing, latest);
}

bool
store_delivery_add_notice(struct store *store,
    const struct store_notice_plan *plan, int64_t *ret_id, struct err *err)
{
	if (!db_run(store_db(store), err,
		"INSERT INTO notice (kind, issue, address, mail_from,"
		" message_id, sha256, state, attempts, failures, next_ms,"
		" runner, generation, created_ms) VALUES"
		" (?, ?, ?, ?, ?, ?, 'queued', 0, 0, 0, 0, 0, ?)",
		"sssssbi", plan->kind, plan->issue, plan->address,
		plan->mail_from, plan->message_id, plan->sha256,
		sizeof(plan->sha256), plan->now))
		return false;
	*ret_id = db_last_id(store_db(store));
	return true;
}
