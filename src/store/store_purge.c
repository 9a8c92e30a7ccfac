#include "store/store_purge.h"

#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"
#include "store/store_person.h"

/* Rows in one transaction: those who send wait meanwhile. */
#define STEP "2000"

enum { PENDING_STEP = 50 }; /* each takes a while */

#define IS_OPEN "state IN ('queued', 'leased', 'sending', 'unknown')"

#define OLD_MAILINGS                                         \
	"SELECT id FROM mailing WHERE state IN ('finished'," \
	" 'cancelled') AND coalesce(finished_ms, planned_ms) < ?"
#define OLD_DELIVERIES                                \
	"SELECT id FROM delivery WHERE address <> ''" \
	" AND mailing_id IN (" OLD_MAILINGS ") AND NOT " IS_OPEN
#define OLD_NOTICES                                                    \
	"SELECT id FROM notice WHERE address <> '' AND created_ms < ?" \
	" AND NOT " IS_OPEN
#define OLD_ATTEMPTS                                                     \
	"SELECT id FROM attempt WHERE text <> '' AND ended_ms < ?"       \
	" AND NOT EXISTS (SELECT 1 FROM delivery WHERE id = delivery_id" \
	"  AND " IS_OPEN ")"                                             \
	" AND NOT EXISTS (SELECT 1 FROM notice WHERE id = notice_id"     \
	"  AND " IS_OPEN ")"
#define OLD_CHANGES                                               \
	"SELECT c.id FROM change c JOIN act a ON a.id = c.act_id" \
	" WHERE a.at_ms < ? AND c.payload IS NOT NULL"
#define OLD_ACTS                                                  \
	"SELECT id FROM act WHERE at_ms < ? AND salt IS NOT NULL" \
	" AND source <> ''"
#define OLD_CONSENTS                                   \
	"SELECT c.id FROM consent c JOIN subscriber s" \
	" ON s.id = c.subscriber_id WHERE c.at_ms < ?" \
	" AND s.state NOT IN ('active', 'pending')"    \
	" AND NOT EXISTS (SELECT 1 FROM delivery d"    \
	"  WHERE d.subscriber_id = s.id"               \
	"  AND d.issue IN (SELECT issue FROM mailing) AND d.begun_ms >= ?)"
#define OLD_PENDING                                       \
	"SELECT id, address_key, name FROM subscriber s"  \
	" WHERE s.state = 'pending' AND s.changed_ms < ?" \
	" AND NOT EXISTS (SELECT 1 FROM suppression p"    \
	"  WHERE p.address_key = s.address_key)"
#define OLD_REPORTS                                   \
	"SELECT id FROM report WHERE received_ms < ?" \
	" AND (recipient <> '' OR reply <> '' OR reason <> '')"

/* The number that a query gives, of rows or as changed by it. */
static bool
count_rows(struct db *db, struct db_query *query, bool counts,
    int64_t *ret_count, struct err *err)
{
	int64_t number = 0;

	while (db_next(query))
		number = db_int(query, 0);
	if (!db_end(query, err))
		return false;
	*ret_count = counts ? number : db_changes(db);
	return true;
}

/* The two statements of a class that is one UPDATE, which differ in what is
   done with the rows. */
#define CLASS(name, rows, what)                                              \
	bool name(struct store *store, int64_t before, bool dry_run,         \
	    int64_t *ret_count, struct err *err)                             \
	{                                                                    \
		struct db *db = store_db(store);                             \
		struct db_query *query = db_query(db,                        \
		    dry_run ? "SELECT count(*) FROM (" rows ")"              \
			    : what " WHERE id IN (" rows " LIMIT " STEP ")", \
		    "i", before);                                            \
                                                                             \
		return count_rows(db, query, dry_run, ret_count, err);       \
	}

CLASS(store_purge_deliveries, OLD_DELIVERIES,
    "UPDATE delivery SET address = '', name = '', organisation = '',"
    " department = ''")
CLASS(store_purge_attempts, OLD_ATTEMPTS, "UPDATE attempt SET text = ''")
CLASS(store_purge_reports, OLD_REPORTS,
    "UPDATE report SET recipient = '', reply = '', reason = ''")

/* The bytes first: afterwards nobody knows which they were. */
bool
store_purge_notices(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err)
{
	struct db *db = store_db(store);

	if (dry_run)
		return count_rows(db,
		    db_query(db, "SELECT count(*) FROM (" OLD_NOTICES ")", "i",
			before),
		    true, ret_count, err);
	return db_run(db, err,
		   "UPDATE blob SET bytes = substr(bytes, 1, 0)"
		   " WHERE sha256 IN (SELECT sha256 FROM notice WHERE id IN"
		   "  (" OLD_NOTICES " ORDER BY id LIMIT " STEP "))"
		   " AND sha256 NOT IN (SELECT sha256 FROM mailing_file)",
		   "i", before) &&
	       count_rows(db,
		   db_query(db,
		       "UPDATE notice SET address = '' WHERE id IN"
		       " (" OLD_NOTICES " ORDER BY id LIMIT " STEP ")",
		       "i", before),
		   false, ret_count, err);
}

bool
store_purge_consents(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err)
{
	struct db *db = store_db(store);
	struct db_query *query = db_query(db,
	    dry_run ? "SELECT count(*) FROM (" OLD_CONSENTS ")"
		    : "DELETE FROM consent WHERE id IN (" OLD_CONSENTS
		      " LIMIT " STEP ")",
	    "ii", before, before);

	return count_rows(db, query, dry_run, ret_count, err);
}

/* What the history erases itself. */
static bool
purge_sealed(struct store *store, struct db_query *query,
    bool (*erase)(
	struct store *, const struct store_seal *, int64_t, struct err *),
    int64_t *ret_count, struct err *err)
{
	const struct store_seal *seal = store_pen_author(store)->seal;
	GM_VEC(int64_t) ids = { 0 };
	bool ok;

	while (db_next(query))
		vec_push(&ids, db_int(query, 0));
	ok = db_end(query, err);
	for (size_t i = 0; ok && i < ids.count; i++)
		ok = erase(store, seal, ids.items[i], err);
	*ret_count = (int64_t)ids.count;
	vec_clear(&ids);
	return ok;
}

bool
store_purge_changes(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err)
{
	struct db *db = store_db(store);

	return dry_run
		   ? count_rows(db,
			 db_query(db, "SELECT count(*) FROM (" OLD_CHANGES ")",
			     "i", before),
			 true, ret_count, err)
		   : purge_sealed(store,
			 db_query(db, OLD_CHANGES " LIMIT " STEP, "i", before),
			 store_history_erase, ret_count, err);
}

bool
store_purge_acts(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err)
{
	struct db *db = store_db(store);

	return dry_run ? count_rows(db,
			     db_query(db, "SELECT count(*) FROM (" OLD_ACTS ")",
				 "i", before),
			     true, ret_count, err)
		       : purge_sealed(store,
			     db_query(db, OLD_ACTS " LIMIT " STEP, "i", before),
			     store_history_erase_act, ret_count, err);
}

/* Those whose time is up, in the arena. */
static bool
list_pending(struct arena *arena, struct store *store, int64_t before,
    struct store_person *persons, size_t *ret_count, struct err *err)
{
	struct db_query *query =
	    db_query(store_db(store), OLD_PENDING " ORDER BY s.id LIMIT ?",
		"ii", before, (int64_t)PENDING_STEP);
	size_t count = 0;

	while (db_next(query))
		persons[count++] = (struct store_person){
			.subscriber = db_int(query, 0),
			.address_key = arena_strdup(arena, db_text(query, 1)),
			.name = arena_strdup(arena, db_text(query, 2)),
			.only_theirs = true,
		};
	*ret_count = count;
	return db_end(query, err);
}

bool
store_purge_pending(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_person persons[PENDING_STEP];
	size_t count = 0;
	int64_t notices;

	if (dry_run)
		return count_rows(store_db(store),
		    db_query(store_db(store),
			"SELECT count(*) FROM (" OLD_PENDING ")", "i", before),
		    true, ret_count, err);
	if (!list_pending(arena, store, before, persons, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!store_person_skip_notices(
			store, persons[i].address_key, &notices, err) ||
		    !store_person_erase(
			store, &persons[i], "(never confirmed)", err))
			return false;
	*ret_count = (int64_t)count;
	return true;
}
