#include "store/store_mailing.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/vec.h"
#include "store/db.h"

#define COLUMNS                                                        \
	"id, issue, state, pause_reason, audience, key_id,"            \
	" coalesce(release_through, 9223372036854775807), planned_ms," \
	" coalesce(finished_ms, 0), breaker_after, start_ms, version"

bool
store_mailing_add(struct store *store, const char *issue, const char *audience,
    int64_t key_id, int64_t now, int64_t *ret_id, struct err *err)
{
	if (!db_run(store_db(store), err,
		"INSERT INTO mailing (issue, state, pause_reason, audience,"
		" key_id, breaker_after, planned_ms)"
		" VALUES (?, 'planned', '', ?, ?, 0, ?)",
		"ssii", issue, audience, key_id, now))
		return false;
	*ret_id = db_last_id(store_db(store));
	return true;
}

bool
store_mailing_start(
    struct store *store, int64_t mailing, int64_t start_ms, struct err *err)
{
	return db_run(store_db(store), err,
	    "UPDATE mailing SET start_ms = ? WHERE id = ?", "ii", start_ms,
	    mailing);
}

static bool
read_list(struct arena *arena, struct db_query *query,
    struct store_mailing_list *ret, struct err *err)
{
	GM_VEC(struct store_mailing) mailings = { 0 };

	while (db_next(query)) {
		struct store_mailing mailing = {
			.id = db_int(query, 0),
			.issue = arena_strdup(arena, db_text(query, 1)),
			.pause_reason = arena_strdup(arena, db_text(query, 3)),
			.audience = arena_strdup(arena, db_text(query, 4)),
			.key_id = db_int(query, 5),
			.release_through = db_int(query, 6),
			.planned_ms = db_int(query, 7),
			.finished_ms = db_int(query, 8),
			.breaker_after = db_int(query, 9),
			.start_ms = db_int(query, 10),
			.version = db_int(query, 11),
		};

		if (!delivery_parse_mailing_state(
			db_text(query, 2), &mailing.state))
			abort();
		vec_push(&mailings, mailing);
	}
	ret->count = mailings.count;
	ret->items = arena_copy(
	    arena, mailings.items, mailings.count * sizeof(*mailings.items));
	vec_clear(&mailings);
	return db_end(query, err);
}

bool
store_mailing_ever(struct store *store, bool *ret_ever, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT EXISTS (SELECT 1 FROM mailing)"
	    " OR EXISTS (SELECT 1 FROM notice)"
	    " OR EXISTS (SELECT 1 FROM erasure)",
	    "");
	bool ever = db_next(query) && db_int(query, 0) != 0;

	if (!db_end(query, err))
		return false;
	*ret_ever = ever;
	return true;
}

bool
store_mailing_of_issue(struct arena *arena, struct store *store,
    const char *issue, struct store_mailing_list *ret, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT " COLUMNS " FROM mailing WHERE issue = ? OR ? IS NULL"
	    " ORDER BY id",
	    "ss", issue, issue);

	return read_list(arena, query, ret, err);
}

bool
store_mailing_find(struct arena *arena, struct store *store, int64_t id,
    struct store_mailing **ret_mailing, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT " COLUMNS " FROM mailing WHERE id = ?", "i", id);
	struct store_mailing_list list;

	if (!read_list(arena, query, &list, err))
		return false;
	*ret_mailing = list.count > 0 ? list.items : NULL;
	return true;
}

bool
store_mailing_active(struct arena *arena, struct store *store,
    struct store_mailing_list *ret, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT " COLUMNS " FROM mailing"
	    " WHERE state IN ('planned', 'sending')"
	    " OR (state = 'paused' AND pause_reason = 'limit') ORDER BY id",
	    "");

	return read_list(arena, query, ret, err);
}

bool
store_mailing_update(
    struct store *store, const struct store_mailing *mailing, struct err *err)
{
	return db_run(store_db(store), err,
	    "UPDATE mailing SET state = ?, pause_reason = ?,"
	    " release_through = nullif(?, 9223372036854775807),"
	    " breaker_after = ?, finished_ms = nullif(?, 0), start_ms = ?,"
	    " version = ? WHERE id = ?",
	    "ssiiiiii", delivery_mailing_state(mailing->state),
	    mailing->pause_reason, mailing->release_through,
	    mailing->breaker_after, mailing->finished_ms, mailing->start_ms,
	    mailing->version, mailing->id);
}

bool
store_mailing_blob(struct store *store, const unsigned char sha256[32],
    const void *bytes, size_t count, struct err *err)
{
	return db_run(store_db(store), err,
	    "INSERT INTO blob (sha256, bytes) VALUES (?, ?)"
	    " ON CONFLICT (sha256) DO NOTHING",
	    "bb", sha256, (size_t)32, count != 0 ? bytes : "", count);
}

bool
store_mailing_read_blob(struct arena *arena, struct store *store,
    const unsigned char sha256[32], const char **ret_bytes, size_t *ret_count,
    struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT bytes FROM blob WHERE sha256 = ?", "b", sha256, (size_t)32);
	const char *bytes = NULL;
	size_t count = 0;

	if (db_next(query)) {
		const void *row = db_bytes(query, 0, &count);

		bytes = arena_copy(arena, row, count);
	}
	if (!db_end(query, err))
		return false;
	if (bytes == NULL)
		return err_set(err, ERR_DATA, "the store lacks frozen bytes");
	*ret_bytes = bytes;
	*ret_count = count;
	return true;
}

bool
store_mailing_file(struct store *store, int64_t mailing, int64_t version,
    const char *path, const unsigned char sha256[32], struct err *err)
{
	return db_run(store_db(store), err,
	    "INSERT INTO mailing_file (mailing_id, version, path, sha256)"
	    " VALUES (?, ?, ?, ?)",
	    "iisb", mailing, version, path, sha256, (size_t)32);
}

bool
store_mailing_material(struct arena *arena, struct store *store,
    int64_t mailing, int64_t version, struct store_mailing_file **ret_files,
    size_t *ret_count, struct err *err)
{
	GM_VEC(struct store_mailing_file) files = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT f.path, b.bytes FROM mailing_file f"
	    " JOIN blob b ON b.sha256 = f.sha256"
	    " WHERE f.mailing_id = ? AND f.version = ? ORDER BY f.path",
	    "ii", mailing, version);

	while (db_next(query)) {
		struct store_mailing_file file = { 0 };
		const void *bytes = db_bytes(query, 1, &file.count);

		file.bytes = arena_copy(arena, bytes, file.count);
		file.path = arena_strdup(arena, db_text(query, 0));
		vec_push(&files, file);
	}
	*ret_count = files.count;
	*ret_files =
	    arena_copy(arena, files.items, files.count * sizeof(*files.items));
	vec_clear(&files);
	return db_end(query, err);
}

bool
store_mailing_edition(struct store *store, int64_t mailing, int64_t version,
    const char *spec, int64_t *ret_id, struct err *err)
{
	if (!db_run(store_db(store), err,
		"INSERT INTO edition (mailing_id, version, spec)"
		" VALUES (?, ?, ?)",
		"iis", mailing, version, spec))
		return false;
	*ret_id = db_last_id(store_db(store));
	return true;
}

bool
store_mailing_specs(struct arena *arena, struct store *store, int64_t mailing,
    int64_t version, struct text_list *ret_specs, struct err *err)
{
	GM_VEC(const char *) specs = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT spec FROM edition WHERE mailing_id = ? AND version = ?"
	    " AND id IN (SELECT edition_id FROM delivery WHERE mailing_id = ?)"
	    " ORDER BY spec",
	    "iii", mailing, version, mailing);

	while (db_next(query))
		vec_push(&specs, arena_strdup(arena, db_text(query, 0)));
	if (!db_end(query, err)) {
		vec_clear(&specs);
		return false;
	}
	ret_specs->count = specs.count;
	ret_specs->items =
	    arena_copy(arena, specs.items, specs.count * sizeof(*specs.items));
	vec_clear(&specs);
	return true;
}

bool
store_mailing_read_edition(struct arena *arena, struct store *store,
    int64_t edition, const char **ret_spec, int64_t *ret_version,
    struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT spec, version FROM edition WHERE id = ?", "i", edition);
	const char *spec = NULL;
	int64_t version = 0;

	if (db_next(query)) {
		spec = arena_strdup(arena, db_text(query, 0));
		version = db_int(query, 1);
	}
	if (!db_end(query, err))
		return false;
	if (spec == NULL)
		return err_set(
		    err, ERR_DATA, "the store lacks edition %" PRId64, edition);
	*ret_spec = spec;
	*ret_version = version;
	return true;
}
