#include "store/store_runner.h"

#include "base/vec.h"
#include "store/db.h"

bool
store_runner_add(struct store *store, const char *name, const char *kind,
    const char *host, int64_t pid, int64_t now, int64_t *ret_id,
    struct err *err)
{
	if (!db_run(store_db(store), err,
		"INSERT INTO runner (name, kind, host, pid, started_ms)"
		" VALUES (?, ?, ?, ?, ?)",
		"sssii", name, kind, host, pid, now))
		return false;
	*ret_id = db_last_id(store_db(store));
	return true;
}

bool
store_runner_touch(struct store *store, int64_t id, struct err *err)
{
	return db_run(store_db(store), err,
	    "UPDATE runner SET pid = pid WHERE id = ?", "i", id);
}

bool
store_runner_end(struct store *store, int64_t id, int64_t now, struct err *err)
{
	return db_run(store_db(store), err,
	    "UPDATE runner SET ended_ms = ? WHERE id = ?", "ii", now, id);
}

bool
store_runner_open(struct arena *arena, struct store *store,
    struct store_runner **ret_runners, size_t *ret_count, struct err *err)
{
	GM_VEC(struct store_runner) runners = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT id, name, kind, pid, started_ms FROM runner"
	    " WHERE ended_ms IS NULL ORDER BY id",
	    "");

	while (db_next(query)) {
		struct store_runner runner = {
			.id = db_int(query, 0),
			.name = arena_strdup(arena, db_text(query, 1)),
			.kind = arena_strdup(arena, db_text(query, 2)),
			.pid = db_int(query, 3),
			.started_ms = db_int(query, 4),
		};

		vec_push(&runners, runner);
	}
	*ret_count = runners.count;
	*ret_runners = arena_copy(
	    arena, runners.items, runners.count * sizeof(*runners.items));
	vec_clear(&runners);
	return db_end(query, err);
}

bool
store_runner_holds(
    struct store *store, int64_t id, bool *ret_holds, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT EXISTS (SELECT 1 FROM delivery"
	    "  WHERE runner = ? AND runner > 0)"
	    " OR EXISTS (SELECT 1 FROM notice"
	    "  WHERE runner = ? AND state IN ('queued', 'leased', 'sending'))",
	    "ii", id, id);
	bool holds = db_next(query) && db_int(query, 0) != 0;

	if (!db_end(query, err))
		return false;
	*ret_holds = holds;
	return true;
}

bool
store_runner_raise(struct store *store, const char *kind, const char *subject,
    const char *text, int64_t now, struct err *err)
{
	return db_run(store_db(store), err,
	    "INSERT INTO alarm (kind, subject, text, raised_ms)"
	    " VALUES (?, ?, ?, ?)"
	    " ON CONFLICT (kind, subject) WHERE cleared_ms IS NULL"
	    " DO UPDATE SET text = excluded.text",
	    "sssi", kind, subject, text, now);
}

bool
store_runner_clear(struct store *store, const char *kind, const char *subject,
    int64_t now, struct err *err)
{
	return db_run(store_db(store), err,
	    "UPDATE alarm SET cleared_ms = ?"
	    " WHERE kind = ? AND subject = ? AND cleared_ms IS NULL",
	    "iss", now, kind, subject);
}

bool
store_runner_alarms(struct arena *arena, struct store *store,
    struct store_alarm **ret_alarms, size_t *ret_count, struct err *err)
{
	GM_VEC(struct store_alarm) alarms = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT kind, subject, text, raised_ms FROM alarm"
	    " WHERE cleared_ms IS NULL ORDER BY id",
	    "");

	while (db_next(query)) {
		struct store_alarm alarm = {
			.kind = arena_strdup(arena, db_text(query, 0)),
			.subject = arena_strdup(arena, db_text(query, 1)),
			.text = arena_strdup(arena, db_text(query, 2)),
			.raised_ms = db_int(query, 3),
		};

		vec_push(&alarms, alarm);
	}
	*ret_count = alarms.count;
	*ret_alarms = arena_copy(
	    arena, alarms.items, alarms.count * sizeof(*alarms.items));
	vec_clear(&alarms);
	return db_end(query, err);
}
