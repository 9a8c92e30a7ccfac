#include "store/store_domain.h"

#include "store/db.h"

bool
store_domain_find(struct arena *arena, struct store *store, const char *domain,
    int64_t since_ms, struct store_domain **ret_row, struct err *err)
{
	struct store_domain *row = NULL;
	struct db_query *query = db_query(store_db(store),
	    "SELECT domain, answer, detail, asked_ms FROM mail_domain"
	    " WHERE domain = ? AND asked_ms >= ?",
	    "si", domain, since_ms);

	if (db_next(query)) {
		row = arena_take(arena, 1, sizeof(*row));
		row->domain = arena_strdup(arena, db_text(query, 0));
		row->answer = arena_strdup(arena, db_text(query, 1));
		row->detail = arena_strdup(arena, db_text(query, 2));
		row->asked_ms = db_int(query, 3);
	}
	if (!db_end(query, err))
		return false;
	*ret_row = row;
	return true;
}

bool
store_domain_put(
    struct store *store, const struct store_domain *row, struct err *err)
{
	return db_run(store_db(store), err,
	    "INSERT INTO mail_domain (domain, answer, detail, asked_ms)"
	    " VALUES (?, ?, ?, ?) ON CONFLICT (domain) DO UPDATE SET"
	    " answer = excluded.answer, detail = excluded.detail,"
	    " asked_ms = excluded.asked_ms",
	    "sssi", row->domain, row->answer, row->detail, row->asked_ms);
}

bool
store_domain_forget(struct store *store, int64_t before_ms, struct err *err)
{
	return db_run(store_db(store), err,
	    "DELETE FROM mail_domain WHERE asked_ms < ?", "i", before_ms);
}
