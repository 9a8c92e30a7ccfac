#include "store/store_municipality.h"

#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"

static struct store_municipality
read_row(struct arena *arena, struct db_query *query)
{
	return (struct store_municipality){
		.code = arena_strdup(arena, db_text(query, 0)),
		.prefecture = arena_strdup(arena, db_text(query, 1)),
		.name = arena_strdup(arena, db_text(query, 2)),
		.kana = arena_strdup(arena, db_text(query, 3)),
	};
}

bool
store_municipality_list(struct arena *arena, struct store *store,
    const char *prefecture, struct store_municipalities *ret_list,
    struct err *err)
{
	GM_VEC(struct store_municipality) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT code, prefecture, name, kana FROM municipality"
	    " WHERE ? IS NULL OR prefecture = ? ORDER BY code",
	    "ss", prefecture, prefecture);

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
store_municipality_find(struct arena *arena, struct store *store,
    const char *code, struct store_municipality **ret_row, struct err *err)
{
	struct store_municipality *row = NULL;
	struct db_query *query = db_query(store_db(store),
	    "SELECT code, prefecture, name, kana FROM municipality"
	    " WHERE code = ?",
	    "s", code);

	if (db_next(query)) {
		row = arena_take(arena, 1, sizeof(*row));
		*row = read_row(arena, query);
	}
	if (!db_end(query, err))
		return false;
	*ret_row = row;
	return true;
}

/* Puts the names into the history, beside those that are stored. */
static bool
record(
    struct store *store, const struct store_municipality *row, struct err *err)
{
	struct db_query *query;
	bool is_there;

	if (!store_pen_open(store, "municipality", 0, "code", row->code, err))
		return false;
	query = db_query(store_db(store),
	    "SELECT prefecture, name, kana FROM municipality WHERE code = ?",
	    "s", row->code);
	is_there = db_next(query);
	store_pen_note(store, "prefecture", is_there ? db_text(query, 0) : "",
	    row->prefecture);
	store_pen_note(
	    store, "name", is_there ? db_text(query, 1) : "", row->name);
	store_pen_note(
	    store, "kana", is_there ? db_text(query, 2) : "", row->kana);
	return db_end(query, err);
}

bool
store_municipality_put(
    struct store *store, const struct store_municipality *row, struct err *err)
{
	return record(store, row, err) &&
	       db_run(store_db(store), err,
		   "INSERT INTO municipality (code, prefecture, name, kana)"
		   " VALUES (?, ?, ?, ?)"
		   " ON CONFLICT (code) DO UPDATE SET"
		   " prefecture = excluded.prefecture, name = excluded.name,"
		   " kana = excluded.kana",
		   "ssss", row->code, row->prefecture, row->name, row->kana);
}
