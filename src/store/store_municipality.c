#include "store/store_municipality.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"
#include "store/store_subscriber_row.h"

static struct store_municipality
read_row(struct arena *arena, struct db_query *query)
{
	return (struct store_municipality){
		.code = arena_strdup(arena, db_text(query, 0)),
		.prefecture = arena_strdup(arena, db_text(query, 1)),
		.name = arena_strdup(arena, db_text(query, 2)),
		.kana = arena_strdup(arena, db_text(query, 3)),
		.romaji = arena_strdup(arena, db_text(query, 4)),
	};
}

bool
store_municipality_list(struct arena *arena, struct store *store,
    const char *prefecture, struct store_municipalities *ret_list,
    struct err *err)
{
	GM_VEC(struct store_municipality) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT code, prefecture, name, kana, romaji FROM municipality"
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
	    "SELECT code, prefecture, name, kana, romaji FROM municipality"
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
	    "SELECT prefecture, name, kana, romaji FROM municipality"
	    " WHERE code = ?",
	    "s", row->code);
	is_there = db_next(query);
	store_pen_note(store, "prefecture", is_there ? db_text(query, 0) : "",
	    row->prefecture);
	store_pen_note(
	    store, "name", is_there ? db_text(query, 1) : "", row->name);
	store_pen_note(
	    store, "kana", is_there ? db_text(query, 2) : "", row->kana);
	store_pen_note(
	    store, "romaji", is_there ? db_text(query, 3) : "", row->romaji);
	return db_end(query, err);
}

bool
store_municipality_put(
    struct store *store, const struct store_municipality *row, struct err *err)
{
	return record(store, row, err) &&
	       db_run(store_db(store), err,
		   "INSERT INTO municipality (code, prefecture, name, kana,"
		   " romaji) VALUES (?, ?, ?, ?, ?)"
		   " ON CONFLICT (code) DO UPDATE SET"
		   " prefecture = excluded.prefecture, name = excluded.name,"
		   " kana = excluded.kana, romaji = excluded.romaji",
		   "sssss", row->code, row->prefecture, row->name, row->kana,
		   row->romaji);
}

/* Contacts by the first five digits of their code, which say it all: sorting a
   million of them would take far more memory. */
enum { PLACES_MOST = 100000 };

struct counting {
	struct store_place *slots[PLACES_MOST]; /* NULL: nobody there */
	struct arena *arena;
	size_t count;
};

static void
count_contact(struct counting *counting, struct db_query *query)
{
	const char *code = db_text(query, 0);
	size_t slot = strtoul(code, NULL, 10) / 10 % PLACES_MOST;
	struct store_place *place = counting->slots[slot];

	if (place == NULL) {
		place = arena_take(counting->arena, 1, sizeof(*place));
		place->code = arena_strdup(counting->arena, code);
		counting->slots[slot] = place;
		counting->count++;
	}
	place->contacts++;
	if (db_int(query, 1) != 0)
		place->reachable++;
	else if (strcmp(db_text(query, 2), "active") != 0)
		place->inactive++;
	else if (strcmp(db_text(query, 3), "none") == 0)
		place->without_basis++;
	else
		place->suppressed++;
}

bool
store_municipality_places(struct arena *arena, struct store *store,
    struct store_places *ret_places, struct err *err)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	struct counting *counting = arena_take(scratch, 1, sizeof(*counting));
	struct db_query *query = db_query(store_db(store),
	    "SELECT o.municipality, CASE WHEN " GM_STORE_SUBSCRIBER_REACHABLE
	    "  THEN 1 ELSE 0 END, s.state, s.basis" GM_STORE_SUBSCRIBER_FROM
	    " WHERE s.state <> 'erased' AND o.municipality <> ''",
	    "");

	counting->arena = arena;
	while (db_next(query))
		count_contact(counting, query);
	if (!db_end(query, err))
		return false;
	ret_places->count = 0;
	ret_places->items =
	    arena_take(arena, counting->count + 1, sizeof(*ret_places->items));
	for (size_t i = 0; i < PLACES_MOST; i++)
		if (counting->slots[i] != NULL)
			ret_places->items[ret_places->count++] =
			    *counting->slots[i];
	return true;
}
