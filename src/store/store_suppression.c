#include "store/store_suppression.h"

#include "base/vec.h"
#include "store/db.h"

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

bool
store_suppression_add(
    struct store *store, const struct store_suppression *row, struct err *err)
{
	return db_run(store_db(store), err,
	    "INSERT INTO suppression (address_key, reason, at_ms, evidence)"
	    " VALUES (?, ?, ?, ?) ON CONFLICT (address_key) DO NOTHING",
	    "ssis", row->address_key, row->reason, row->at_ms, row->evidence);
}

bool
store_suppression_remove(struct store *store, const char *address_key,
    bool *ret_removed, struct err *err)
{
	struct db *db = store_db(store);

	if (!db_run(db, err, "DELETE FROM suppression WHERE address_key = ?",
		"s", address_key))
		return false;
	*ret_removed = db_changes(db) > 0;
	return true;
}
