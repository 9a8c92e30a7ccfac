#include "store/store_segment.h"

#include "base/now.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"

bool
store_segment_list(struct arena *arena, struct store *store,
    struct store_segments *ret_list, struct err *err)
{
	GM_VEC(struct store_segment) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT name, expression, changed_ms FROM segment ORDER BY name",
	    "");

	while (db_next(query)) {
		struct store_segment row = {
			.name = arena_strdup(arena, db_text(query, 0)),
			.expression = arena_strdup(arena, db_text(query, 1)),
			.changed_ms = db_int(query, 2),
		};

		vec_push(&rows, row);
	}
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

/* Puts an expression into the history beside the one that is stored; "" is
   none. */
static bool
record(struct store *store, const char *name, const char *expression,
    struct err *err)
{
	struct db_query *query;
	bool is_there;

	if (!store_pen_open(store, "segment", 0, "segment", name, err))
		return false;
	query = db_query(store_db(store),
	    "SELECT expression FROM segment WHERE name = ?", "s", name);
	is_there = db_next(query);
	store_pen_note(
	    store, "expression", is_there ? db_text(query, 0) : "", expression);
	return db_end(query, err);
}

bool
store_segment_put(struct store *store, const char *name, const char *expression,
    struct err *err)
{
	return record(store, name, expression, err) &&
	       db_run(store_db(store), err,
		   "INSERT INTO segment (name, expression, changed_ms)"
		   " VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
		   " expression = excluded.expression,"
		   " changed_ms = excluded.changed_ms",
		   "ssi", name, expression, now_ms());
}

bool
store_segment_remove(
    struct store *store, const char *name, bool *ret_removed, struct err *err)
{
	struct db *db = store_db(store);

	if (!record(store, name, "", err) ||
	    !db_run(db, err, "DELETE FROM segment WHERE name = ?", "s", name))
		return false;
	*ret_removed = db_changes(db) > 0;
	return true;
}
