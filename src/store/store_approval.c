#include "store/store_approval.h"

#include <string.h>

#include "base/vec.h"
#include "store/db.h"

bool
store_approval_add(
    struct store *store, const struct store_approval *approval, struct err *err)
{
	return db_run(store_db(store), err,
	    "INSERT INTO approval (issue, sha256, manifest, operator, at_ms)"
	    " VALUES (?, ?, ?, ?, ?)",
	    "sbssi", approval->issue, approval->sha256,
	    sizeof(approval->sha256), approval->manifest, approval->operator,
	    approval->at_ms);
}

bool
store_approval_list(struct arena *arena, struct store *store, const char *issue,
    struct store_approvals *ret_list, struct err *err)
{
	GM_VEC(struct store_approval) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT id, issue, sha256, manifest, operator, at_ms,"
	    " coalesce(withdrawn_ms, 0), withdrawn_by FROM approval"
	    " WHERE issue = ? ORDER BY id DESC",
	    "s", issue);

	while (db_next(query)) {
		struct store_approval row = {
			.id = db_int(query, 0),
			.issue = arena_strdup(arena, db_text(query, 1)),
			.manifest = arena_strdup(arena, db_text(query, 3)),
			.operator= arena_strdup(arena, db_text(query, 4)),
			.at_ms = db_int(query, 5),
			.withdrawn_ms = db_int(query, 6),
			.withdrawn_by = arena_strdup(arena, db_text(query, 7)),
		};
		size_t count;
		const void *sha256 = db_bytes(query, 2, &count);

		if (count == sizeof(row.sha256))
			memcpy(row.sha256, sha256, count);
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

bool
store_approval_withdraw(struct store *store, const char *issue,
    const char *operator, int64_t now, int64_t *ret_count, struct err *err)
{
	if (!db_run(store_db(store), err,
		"UPDATE approval SET withdrawn_ms = ?, withdrawn_by = ?"
		" WHERE issue = ? AND withdrawn_ms IS NULL",
		"iss", now, operator, issue))
		return false;
	*ret_count = db_changes(store_db(store));
	return true;
}
