#include "store/store_suppression.h"

#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"

static struct store_suppression
read_row(struct arena *arena, struct db_query *query)
{
	return (struct store_suppression){
		.address_key = arena_strdup(arena, db_text(query, 0)),
		.reason = arena_strdup(arena, db_text(query, 1)),
		.at_ms = db_int(query, 2),
		.evidence = arena_strdup(arena, db_text(query, 3)),
	};
}

bool
store_suppression_find(struct arena *arena, struct store *store,
    const char *address_key, struct store_suppression **ret_row,
    struct err *err)
{
	struct store_suppression *row = NULL;
	struct db_query *query = db_query(store_db(store),
	    "SELECT address_key, reason, at_ms, evidence FROM suppression"
	    " WHERE address_key = ?",
	    "s", address_key);

	if (db_next(query)) {
		row = arena_take(arena, 1, sizeof(*row));
		*row = read_row(arena, query);
	}
	if (!db_end(query, err))
		return false;
	*ret_row = row;
	return true;
}

bool
store_suppression_list(struct arena *arena, struct store *store,
    struct store_suppressions *ret_list, struct err *err)
{
	GM_VEC(struct store_suppression) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT address_key, reason, at_ms, evidence FROM suppression"
	    " ORDER BY address_key",
	    "");

	while (db_next(query))
		vec_push(&rows, read_row(arena, query));
	if (!db_end(query, err)) {
		vec_clear(&rows);
		return false;
	}
	ret_list->count = rows.count;
	ret_list->items =
	    arena_copy(arena, rows.items, rows.count * sizeof(*rows.items));
	vec_clear(&rows);
	return true;
}

/* Opens the change of the address: of its subscriber, if there is one. */
static bool
open_change(struct store *store, const char *address_key, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT id FROM subscriber WHERE address_key = ?", "s",
	    address_key);
	int64_t subscriber = db_next(query) ? db_int(query, 0) : 0;

	if (!db_end(query, err))
		return false;
	return subscriber != 0 ? store_pen_open(store, "subscriber", subscriber,
				     NULL, NULL, err)
			       : store_pen_open(store, "suppression", 0,
				     "address", address_key, err);
}

bool
store_suppression_keys(struct store *store,
    void (*each)(const char *address_key, void *context), void *context,
    struct err *err)
{
	struct db_query *query = db_query(
	    store_db(store), "SELECT address_key FROM suppression", "");

	while (db_next(query))
		each(db_text(query, 0), context);
	return db_end(query, err);
}

bool
store_suppression_add(
    struct store *store, const struct store_suppression *row, struct err *err)
{
	struct db *db = store_db(store);

	if (!db_run(db, err,
		"INSERT INTO suppression"
		" (address_key, reason, at_ms, evidence)"
		" VALUES (?, ?, ?, ?) ON CONFLICT (address_key) DO NOTHING",
		"ssis", row->address_key, row->reason, row->at_ms,
		row->evidence))
		return false;
	if (db_changes(db) == 0)
		return true;
	if (!open_change(store, row->address_key, err))
		return false;
	store_pen_note(store, "suppression", "", row->reason);
	store_pen_note(store, "evidence", "", row->evidence);
	return true;
}

bool
store_suppression_remove(struct store *store, const char *address_key,
    bool *ret_removed, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_suppression *old;

	if (!store_suppression_find(arena, store, address_key, &old, err))
		return false;
	*ret_removed = old != NULL;
	if (old == NULL)
		return true;
	if (!db_run(store_db(store), err,
		"DELETE FROM suppression WHERE address_key = ?", "s",
		address_key) ||
	    !open_change(store, address_key, err))
		return false;
	store_pen_note(store, "suppression", old->reason, "");
	store_pen_note(store, "evidence", old->evidence, "");
	return true;
}
