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
store_runner_note(struct store *store, const char *kind, const char *subject,
    const char *text, int64_t now, struct err *err)
{
	return db_run(store_db(store), err,
	    "INSERT INTO alarm (kind, subject, text, raised_ms, cleared_ms)"
	    " VALUES (?, ?, ?, ?, ?)",
	    "sssii", kind, subject, text, now, now);
}

static struct store_alarm
read_alarm(struct arena *arena, struct db_query *query)
{
	return (struct store_alarm){
		.id = db_int(query, 0),
		.kind = arena_strdup(arena, db_text(query, 1)),
		.subject = arena_strdup(arena, db_text(query, 2)),
		.text = arena_strdup(arena, db_text(query, 3)),
		.raised_ms = db_int(query, 4),
	};
}

bool
store_runner_untold(struct arena *arena, struct store *store, int64_t since,
    struct store_alarm *ret_alarm, bool *ret_found, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT id, kind, subject, text, raised_ms FROM alarm a"
	    " WHERE told_ms IS NULL"
	    " AND (cleared_ms IS NULL OR (kind = 'store' AND cleared_ms > ?))"
	    " AND (kind IN ('policy', 'failures') OR NOT EXISTS (SELECT 1 FROM "
	    "alarm b"
	    "  WHERE b.kind = a.kind AND b.subject = a.subject"
	    "  AND b.told_ms > ?))"
	    " ORDER BY id LIMIT 1",
	    "ii", since, since);

	*ret_found = db_next(query);
	if (*ret_found)
		*ret_alarm = read_alarm(arena, query);
	return db_end(query, err);
}

bool
store_runner_tell(struct store *store, int64_t alarm, int64_t now,
    bool *ret_ours, struct err *err)
{
	if (!db_run(store_db(store), err,
		"UPDATE alarm SET told_ms = ?"
		" WHERE id = ? AND told_ms IS NULL",
		"ii", now, alarm))
		return false;
	*ret_ours = db_changes(store_db(store)) == 1;
	return db_run(store_db(store), err,
	    "UPDATE alarm SET told_ms = 0 WHERE told_ms IS NULL"
	    " AND cleared_ms IS NOT NULL AND kind <> 'store'",
	    "");
}

bool
store_runner_alarms(struct arena *arena, struct store *store,
    struct store_alarm **ret_alarms, size_t *ret_count, struct err *err)
{
	GM_VEC(struct store_alarm) alarms = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT id, kind, subject, text, raised_ms FROM alarm"
	    " WHERE cleared_ms IS NULL ORDER BY id",
	    "");

	while (db_next(query)) {
		struct store_alarm alarm = read_alarm(arena, query);

		vec_push(&alarms, alarm);
	}
	*ret_count = alarms.count;
	*ret_alarms = arena_copy(
	    arena, alarms.items, alarms.count * sizeof(*alarms.items));
	vec_clear(&alarms);
	return db_end(query, err);
}
