#include "store/store_pace.h"

#include "base/vec.h"
#include "store/db.h"

bool
store_pace_changes(struct arena *arena, struct store *store,
    struct pace_change **ret_changes, size_t *ret_count, struct err *err)
{
	GM_VEC(struct pace_change) changes = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT destination, limit_key, limit_value FROM pace_limit"
	    " ORDER BY destination, limit_key",
	    "");

	while (db_next(query)) {
		struct pace_change change = {
			.group = arena_strdup(arena, db_text(query, 0)),
			.key = arena_strdup(arena, db_text(query, 1)),
			.value = db_real(query, 2),
		};

		vec_push(&changes, change);
	}
	*ret_count = changes.count;
	*ret_changes = arena_copy(
	    arena, changes.items, changes.count * sizeof(*changes.items));
	vec_clear(&changes);
	return db_end(query, err);
}

bool
store_pace_change(struct store *store, const struct pace_change *change,
    int64_t now, struct err *err)
{
	return db_run(store_db(store), err,
	    "INSERT INTO pace_limit"
	    " (destination, limit_key, limit_value, changed_ms)"
	    " VALUES (?, ?, ?, ?) ON CONFLICT (destination, limit_key)"
	    " DO UPDATE SET limit_value = excluded.limit_value,"
	    "  changed_ms = excluded.changed_ms",
	    "ssri", change->group, change->key, change->value, now);
}

bool
store_pace_reset(struct store *store, int64_t *ret_count, struct err *err)
{
	if (!db_run(store_db(store), err, "DELETE FROM pace_limit", ""))
		return false;
	*ret_count = db_changes(store_db(store));
	return true;
}

bool
store_pace_holds(struct arena *arena, struct store *store,
    struct store_pace_hold **ret_holds, size_t *ret_count, struct err *err)
{
	GM_VEC(struct store_pace_hold) holds = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT destination, reason, until_ms FROM pace_hold"
	    " ORDER BY destination",
	    "");

	while (db_next(query)) {
		struct store_pace_hold hold = {
			.group = arena_strdup(arena, db_text(query, 0)),
			.text = arena_strdup(arena, db_text(query, 1)),
			.until_ms =
			    db_is_null(query, 2) ? INT64_MAX : db_int(query, 2),
		};

		vec_push(&holds, hold);
	}
	*ret_count = holds.count;
	*ret_holds =
	    arena_copy(arena, holds.items, holds.count * sizeof(*holds.items));
	vec_clear(&holds);
	return db_end(query, err);
}

bool
store_pace_hold(
    struct store *store, const struct store_pace_hold *hold, struct err *err)
{
	return db_run(store_db(store), err,
	    "INSERT INTO pace_hold (destination, reason, until_ms)"
	    " VALUES (?, ?, ?) ON CONFLICT (destination)"
	    " DO UPDATE SET reason = excluded.reason,"
	    "  until_ms = excluded.until_ms",
	    "ssz", hold->group, hold->text,
	    hold->until_ms == INT64_MAX ? 0 : hold->until_ms);
}

bool
store_pace_free(
    struct store *store, const char *group, int64_t *ret_count, struct err *err)
{
	if (!db_run(store_db(store), err,
		"DELETE FROM pace_hold"
		" WHERE ? IS NULL OR lower(destination) = lower(?)",
		"ss", group, group))
		return false;
	*ret_count = db_changes(store_db(store));
	return true;
}
