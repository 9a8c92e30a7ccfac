#include "store/store_merger.h"

#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"

bool
store_merger_list(struct arena *arena, struct store *store,
    struct store_mergers *ret_list, struct err *err)
{
	GM_VEC(struct store_merger) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT code, into_code, merged_ms FROM municipality_merger"
	    " ORDER BY code",
	    "");

	while (db_next(query)) {
		struct store_merger row = {
			.code = arena_strdup(arena, db_text(query, 0)),
			.into = arena_strdup(arena, db_text(query, 1)),
			.merged_ms = db_int(query, 2),
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

static int
compare(const void *code, const void *merger)
{
	return strcmp(code, ((const struct store_merger *)merger)->code);
}

const struct store_merger *
store_merger_find(const struct store_mergers *list, const char *code)
{
	if (list->count == 0)
		return NULL;
	return bsearch(
	    code, list->items, list->count, sizeof(*list->items), compare);
}

bool
store_merger_add(
    struct store *store, const char *code, const char *into, struct err *err)
{
	struct db *db = store_db(store);

	if (!store_pen_open(store, "municipality", 0, "code", code, err))
		return false;
	store_pen_note(store, "merged_into", "", into);
	return db_run(db, err,
		   "UPDATE municipality_merger SET into_code = ?"
		   " WHERE into_code = ?",
		   "ss", into, code) &&
	       db_run(db, err,
		   "INSERT INTO municipality_merger"
		   " (code, into_code, merged_ms) VALUES (?, ?, ?)",
		   "ssi", code, into, now_ms());
}
