#include "store/store_wording.h"

#include <stdio.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"

#define COLUMNS                                             \
	"SELECT id, name, language, text, sha256, from_ms," \
	" coalesce(to_ms, 0) FROM wording "

static struct store_wording
read_row(struct arena *arena, struct db_query *query)
{
	struct store_wording row = {
		.id = db_int(query, 0),
		.name = arena_strdup(arena, db_text(query, 1)),
		.language = LANGUAGE_JA,
		.text = arena_strdup(arena, db_text(query, 3)),
		.from_ms = db_int(query, 5),
		.to_ms = db_int(query, 6),
	};
	size_t count;
	const void *sha256 = db_bytes(query, 4, &count);

	subscriber_parse_language(db_text(query, 2), &row.language);
	if (count == sizeof(row.sha256))
		memcpy(row.sha256, sha256, count);
	return row;
}

bool
store_wording_list(struct arena *arena, struct store *store,
    struct store_wordings *ret_list, struct err *err)
{
	GM_VEC(struct store_wording) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    COLUMNS "ORDER BY name, language, from_ms, id", "");

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

static bool
read_one(struct arena *arena, struct db_query *query,
    struct store_wording **ret_row, struct err *err)
{
	struct store_wording *row = NULL;

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
store_wording_current(struct arena *arena, struct store *store,
    const char *name, enum language language, struct store_wording **ret_row,
    struct err *err)
{
	return read_one(arena,
	    db_query(store_db(store),
		COLUMNS "WHERE name = ? AND language = ? AND to_ms IS NULL",
		"ss", name, subscriber_language(language)),
	    ret_row, err);
}

bool
store_wording_find(struct arena *arena, struct store *store, int64_t id,
    struct store_wording **ret_row, struct err *err)
{
	return read_one(arena,
	    db_query(store_db(store), COLUMNS "WHERE id = ?", "i", id), ret_row,
	    err);
}

static void
record(struct store *store, const struct store_wording *row)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	char hex[2 * STORE_SHA256_BYTES + 1];

	for (size_t i = 0; i < STORE_SHA256_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", row->sha256[i]);
	store_pen_note(
	    store, "language", "", subscriber_language(row->language));
	store_pen_note(store, "sha256", "", hex);
	store_pen_note(
	    store, "from", "", now_format_rfc3339(arena, row->from_ms));
}

bool
store_wording_add(struct store *store, const struct store_wording *row,
    int64_t *ret_id, struct err *err)
{
	struct db *db = store_db(store);

	if (!db_run(db, err,
		"UPDATE wording SET to_ms = ? WHERE name = ? AND language = ?"
		" AND to_ms IS NULL",
		"iss", row->from_ms, row->name,
		subscriber_language(row->language)) ||
	    !db_run(db, err,
		"INSERT INTO wording (name, language, text, sha256, from_ms)"
		" VALUES (?, ?, ?, ?, ?)",
		"sssbi", row->name, subscriber_language(row->language),
		row->text, row->sha256, sizeof(row->sha256), row->from_ms))
		return false;
	*ret_id = db_last_id(db);
	if (!store_pen_open(store, "wording", 0, "wording", row->name, err))
		return false;
	record(store, row);
	return true;
}
